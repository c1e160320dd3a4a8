"""What Sphinx needs in order to show the declarations of isoill; nothing about a type is written down twice.

``.. declared:: isoill.types.common`` documents all that a module declares, in its order, under the public names.
Of each type it shows the signature in Python and, below the docstring, the notation in ASN.1; both come from
`isoill.asn1.fields_of`.  Of a payload it says the object identifier as well.  A reference to ``isoill.errors.Limits``,
or just to ``Limits``, finds ``isoill.Limits``.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import re
from dataclasses import replace
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

import isoill
from isoill import payloads
from isoill.asn1 import (
    Alphabet,
    Component,
    Constraint,
    Enumerated,
    Kind,
    Null,
    Range,
    Size,
    Type,
    fields_of,
    type_of,
)
from isoill.conformance import as_text, registered_payloads
from isoill.dialects import DIALECTS
from isoill.oids import OID_NAMES, registered_as
from isoill.profiles import PROFILES
from isoill.testing.reference import module_text

#: Where names are documented, the most public place first.
_PLACES = (
    "isoill.",
    "isoill.payloads.",
    "isoill.asn1.",
    "isoill.dialects.",
    "isoill.profiles.",
    "isoill.profiles.rules.",
    "isoill.services.",
    "isoill.connection.",
    "isoill.aio.",
    "isoill.store.",
    "isoill.conformance.",
    "isoill.testing.",
    "isoill.testing.reference.",
)

#: What the modules give a name to.
_NAMES = frozenset(re.findall(r"^([A-Z][\w-]*) ::=", module_text(), re.MULTILINE))


# ── ASN.1 ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _has_name(type_: Type) -> bool:
    """Whether a module names the type; they write some inside others."""
    return type_.name in _NAMES or type_.name == "EXTERNAL"


@functools.cache
def _uses() -> tuple[tuple[Type, str], ...]:
    """Every type that messages and payloads are made of, with the place where it is written."""
    found: list[tuple[Type, str]] = []
    seen: set[type] = set()

    def visit(type_: Type, place: str) -> None:
        found.append((type_, place))
        for alternative in type_.alternatives:
            visit(alternative, "")
        if type_.element is not None:
            visit(type_.element, type_.name if _has_name(type_) else place)
        if type_.python is not None and type_.kind is not Kind.ENUMERATED and type_.python not in seen:
            seen.add(type_.python)
            for component in fields_of(type_.python):
                visit(component.type, f"{type_.name.removesuffix(' element')}.{component.asn1_name}")

    for root in (isoill.ILLAPDU, *(entry.type for entry in registered_payloads())):
        visit(type_of(root), "")
    return tuple(found)


def _places(cls: type) -> str:
    """The components whose type a class is; of an INTEGER with names, which all messages begin with, the first."""
    named = next((place for type_, place in _uses() if type_.named is cls), None)
    return named or ", ".join(dict.fromkeys(place for type_, place in _uses() if type_.python is cls))


def _word(type_: Type) -> str:
    """A type where it is used."""
    if type_.kind is Kind.SEQUENCE_OF and type_.name.startswith("SEQUENCE OF") and type_.element is not None:
        sizes = "".join(f" ({each})" for each in type_.constraints)
        return f"SEQUENCE{sizes} OF {_word(type_.element)}"
    if type_.named is not None:
        names = ", ".join(f"{member.asn1_name} ({int(member)})" for member in type_.named)
        return f"INTEGER {{ {names} }}"
    if type_.python is not None and not _has_name(type_):
        return f"{type_.kind.asn1_name} {{ ... }}"
    limits = [each for each in type_.constraints if isinstance(each, Size | Range)]
    return type_.name + "".join(f" ({each})" for each in limits)


def _line(component: Component, *, alternative: bool, last: bool, widths: tuple[int, int]) -> str:
    """One component, in columns."""
    tag = str(component.tag or "")
    words = [_word(component.type)]
    if not component.optional and component.has_default:
        words += str(component).rpartition(" DEFAULT ")[1:]
    elif component.optional and not alternative:
        words.append(" OPTIONAL")
    line = f"  {component.asn1_name:{widths[0]}}  {tag:{widths[1]}}  {''.join(words)}" + ("" if last else ",")
    inside = component.type.element or component.type
    if inside.python is not None and not _has_name(inside):
        line += f"  -- {inside.python.__name__}"
    return line


def _notation(cls: type) -> list[str]:
    """The ASN.1 of a declared class or an enumeration."""
    type_ = type_of(cls)
    if cls is isoill.Apdu:
        head = "-- what every APDU begins with"
    elif _has_name(type_):
        head = f"{type_.name} ::= " + (f"{type_.tag} " if type_.tag else "")
    else:
        head = f"-- written inside {_places(cls)}"
    keyword = type_.kind.asn1_name
    if type_.kind is Kind.ENUMERATED:
        if any(type_.named is cls for type_, _ in _uses()):
            keyword = "INTEGER"
        lines = [f"  {member.asn1_name} ({int(member)})" for member in cls]  # type: ignore[attr-defined]
        lines = [line + "," for line in lines[:-1]] + lines[-1:]
    else:
        components = fields_of(cls)
        chosen = type_.kind is Kind.CHOICE
        widths = (max(len(c.asn1_name) for c in components), max(len(str(c.tag or "")) for c in components))
        lines = [_line(c, alternative=chosen, last=c is components[-1], widths=widths) for c in components]
    if cls is isoill.Apdu:
        return [head, *(line.strip() for line in lines)]
    opening = f"{keyword} {{"
    return ([head + opening] if head.endswith(" ") else [head, opening]) + lines + ["}"]


def _constraint(constraint: Constraint) -> str:
    """ASN.1 writes a quotation mark in a string twice."""
    if isinstance(constraint, Alphabet):
        return str(Alphabet(constraint.characters.replace('"', '""')))
    return str(constraint)


def _alias_notation(annotation: Any) -> list[str]:
    """The ASN.1 of a type that is an alias in Python; none where it is no more than that."""
    type_ = type_of(annotation)
    if type_.kind is Kind.UNION:
        lines = [f"  {each}," for each in type_.alternatives]
        return ["ILL-APDU ::= CHOICE {", *lines[:-1], lines[-1].rstrip(","), "}"]
    if not _has_name(type_):
        return []
    head = f"{type_.name} ::= "
    if type_.kind is Kind.SEQUENCE_OF and type_.element is not None:
        comment = "" if _has_name(type_.element) else f"  -- {type_.element.python.__name__}"  # type: ignore[union-attr]
        return [head + _word(replace(type_, name=f"SEQUENCE OF {type_.element}")) + comment]
    if type_.name == "ILL-String":
        base = "CHOICE { GeneralString, EDIFACTString }"
    elif type_.strings:
        base = type_.strings[0] if len(type_.strings) == 1 else "ILL-String"
    else:
        base = type_of(type_.python).name
    return [head + base + "".join(f" ({_constraint(each)})" for each in type_.constraints)]


def _below(described: Any, notation: list[str]) -> list[str]:
    """What stands below the words about a type: its object identifier, if it is registered, and its notation."""
    lines = [""]
    try:
        entry = registered_as(described)
    except LookupError:
        pass
    else:
        lines += [f"Registered as ``{entry.oid}``{'; an extension of it is critical' if entry.critical else ''}.", ""]
    if notation:
        lines += [".. code-block:: asn1", "", *["   " + line for line in notation], ""]
    return lines


def _add_notation(*event: Any) -> None:
    """Append the notation to a class's docstring."""
    _app, _what, _name, obj, _options, lines = event
    if inspect.isclass(obj) and obj.__module__.startswith(("isoill.types", "isoill.payloads")):
        lines.extend(_below(obj, _notation(obj)))


# ── Python ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _public(module: str) -> str:
    """Where the names that a module declares are documented."""
    return "isoill.payloads" if module.startswith("isoill.payloads") else "isoill"


def _python(type_: Type) -> str:
    """The type of a value, as a person writes it."""
    match type_.kind:
        case Kind.SEQUENCE_OF if type_.element is not None:
            return f"tuple[{_python(type_.element)}, ...]"
        case Kind.SEQUENCE | Kind.CHOICE | Kind.ENUMERATED if type_.python is not None:
            return f"{_public(type_.python.__module__)}.{type_.python.__name__}"
        case Kind.UNION:
            return "isoill.ILLAPDU"
        case Kind.STRING | Kind.OBJECT_IDENTIFIER:
            return "str"
        case Kind.ANY | Kind.OCTET_STRING:
            return "bytes"
        case Kind.BIT_STRING:
            return "isoill.BitString"
        case Kind.NULL:
            return f"isoill.asn1.{Null.__name__}"
        case kind:
            return {Kind.BOOLEAN: "bool", Kind.INTEGER: "int"}[kind]


def _parameter(component: Component) -> str:
    text = f"{component.name}: {_python(component.type)}"
    if component.optional:
        return text + " | None = None"
    return f"{text} = {component.default!r}" if component.has_default else text


def _plainly(text: str) -> str:
    """A signature without what autodoc leaves of an alias inside brackets, and with what is opened for its opening."""
    text = re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", text)
    return re.sub(r"[~\w.]*_Opening\[([~\w.]+)\]", r"\1", text)


def _sign(*event: Any) -> tuple[str, str | None] | None:
    """The signature of a declared class from its components; none for an enumeration."""
    _app, _what, _name, obj, _options, signature, returns = event
    told = _plainly(signature or ""), None if returns is None else _plainly(returns)
    if told != (signature or "", returns):
        return told
    if not inspect.isclass(obj):
        return None
    if issubclass(obj, enum.Enum):
        return "", None
    if "__components__" in vars(obj):
        return f"(*, {', '.join(map(_parameter, fields_of(obj)))})", None
    return None


def _show_bases(app: Sphinx, name: str, obj: Any, options: Any, bases: list[Any]) -> None:
    """The public bases, in place of a private one."""
    bases[:] = [public for base in bases for public in (base.__bases__ if base.__name__.startswith("_") else [base])]


class Declared(SphinxDirective):
    """Documents all that a module of isoill exports, in the order in which it stands there."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module = importlib.import_module(self.arguments[0])
        comments = ModuleAnalyzer.for_module(module.__name__).find_attr_docs()
        lines: list[str] = []
        for name, value in vars(module).items():
            if name not in module.__all__:
                continue
            public = f"{_public(module.__name__)}.{name}"
            if inspect.isclass(value):
                lines += ["", f".. autoclass:: {public}"]
                lines += [] if issubclass(value, Enumerated) else ["   :members:"]
            elif inspect.isfunction(value):
                lines += ["", f".. autofunction:: {public}"]
            else:
                lines += ["", f".. py:type:: {name}", ""]
                below = [*comments[("", name)], *_below(value, _alias_notation(value))]
                lines += ["   " + line for line in below]
        return self.parse_text_to_nodes("\n".join(lines))


def _table(widths: str, *rows: tuple[str, ...]) -> str:
    """A table, the first row its heading."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in rows:
        lines += [f"   {'* ' if not index else '  '}- {cell}" for index, cell in enumerate(row)]
    return "\n".join(lines)


class Dialects(SphinxDirective):
    """The table of dialects, from `isoill.dialects`."""

    def run(self) -> list[nodes.Node]:
        rows = [(each.speaker or "—", each.what, each.source, f"``{each.reason.name}``") for each in DIALECTS]
        head = ("Who", "What", "How it is known", "Reported as")
        return self.parse_text_to_nodes(_table("18 44 20 18", head, *rows))


class Payloads(SphinxDirective):
    """The table of the payloads that are registered, from `isoill.conformance`."""

    def run(self) -> list[nodes.Node]:
        rows = []
        for entry in registered_payloads():
            python = next(name for name in payloads.__all__ if getattr(payloads, name) is entry.type)
            rows.append((f"``{entry.oid}``", OID_NAMES[entry.oid], f"`~isoill.payloads.{python}`"))
        return self.parse_text_to_nodes(_table("24 38 38", ("Object identifier", "Name", "Type"), *rows))


class _Page(SphinxDirective):
    """A page that isoill writes; what it says in quotation marks, it means to the letter."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        parsed = self.parse_text_to_nodes(self.text(), allow_section_headings=True)
        for node in parsed:
            if isinstance(node, nodes.Element):
                node["support_smartquotes"] = False
        return parsed


class Profiles(_Page):
    """The profiles that isoill brings, a section each, as they describe themselves."""

    def text(self) -> str:
        return "\n".join(profile.describe() for profile in PROFILES.values())


class Conformance(_Page):
    """The statement of what is implemented, from `isoill.conformance`."""

    def text(self) -> str:
        return as_text()


# ── references ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element) -> nodes.reference | None:
    """A name of isoill, documented in another place than the one where it is defined."""
    if node.get("refdomain") != "py":
        return None
    objects = env.domains.python_domain.objects
    target: str = node["reftarget"]
    ends = [target, target.rpartition(".")[2]] if target.startswith("isoill.") else [target]
    for place in _PLACES:
        for end in ends:
            if found := objects.get(place + end):
                return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, contnode)
    return None


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("declared", Declared)
    app.add_directive("dialects", Dialects)
    app.add_directive("payloads", Payloads)
    app.add_directive("profiles", Profiles)
    app.add_directive("conformance", Conformance)
    app.connect("autodoc-process-docstring", _add_notation)
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-process-bases", _show_bases)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

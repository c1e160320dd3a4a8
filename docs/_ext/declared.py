"""What Sphinx needs in order to show the declarations of isoill; nothing about a type is written down twice.

``.. declared:: isoill.types.common`` documents all that a module declares, in its order, under the public names.
Of each type it shows the signature in Python and, below the docstring, the notation in ASN.1; both come from
`isoill.asn1.fields_of`.  A reference to ``isoill.errors.Limits``, or just to ``Limits``, finds ``isoill.Limits``.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

import isoill
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
from isoill.dialects import DIALECTS
from isoill.testing.reference import module_text

#: Where names are documented, the most public place first.
_PLACES = ("isoill.", "isoill.asn1.", "isoill.dialects.", "isoill.testing.", "isoill.testing.reference.")

#: What the module gives a name to, by that name in lower case and without hyphens.
_NAMED = {name.replace("-", "").lower(): name for name in re.findall(r"^([A-Z][\w-]*) ::=", module_text(), re.M)}


# ── ASN.1 ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _has_name(type_: Type) -> bool:
    """Whether the module names the type; it writes some inside others."""
    return type_.name in _NAMED.values() or type_.name == "EXTERNAL"


@functools.cache
def _places() -> dict[type, list[str]]:
    """For each class, the components whose type it is."""
    found: dict[type, list[str]] = {}

    def visit(type_: Type, where: str) -> None:
        if type_.named is not None:
            found.setdefault(type_.named, [where])
        if type_.python is not None and where and where not in found.setdefault(type_.python, []):
            found[type_.python].append(where)
            if len(found[type_.python]) > 1:
                return
        for alternative in type_.alternatives:
            visit(alternative, "")
        if type_.element is not None:
            visit(type_.element, where)
        if type_.python is not None and type_.kind is not Kind.ENUMERATED:
            for component in fields_of(type_.python):
                visit(component.type, f"{type_.name}.{component.asn1_name}")

    visit(type_of(isoill.ILLAPDU), "")
    return found


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
        head = f"-- written inside {', '.join(_places()[cls])}"
    keyword = type_.kind.asn1_name
    if type_.kind is Kind.ENUMERATED:
        if any(component.type.named is cls for component in fields_of(isoill.Apdu)):
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


def _alias_notation(name: str, annotation: Any) -> list[str]:
    """The ASN.1 of a type that is an alias in Python."""
    type_ = type_of(annotation)
    named = _NAMED.get(name.lower())
    if named is None:
        return []
    if type_.kind is Kind.UNION:
        return [f"{named} ::= CHOICE {{", *[f"  {each}," for each in type_.alternatives[:-1]],
                f"  {type_.alternatives[-1]}", "}"]  # fmt: skip
    if type_.kind is Kind.SEQUENCE_OF and type_.element is not None:
        comment = "" if _has_name(type_.element) else f"  -- {type_.element.python.__name__}"  # type: ignore[union-attr]
        return [f"{named} ::= SEQUENCE OF {_word(type_.element)}{comment}"]
    if len(type_.strings) > 1:
        return [f"{named} ::= " + ("CHOICE { GeneralString, EDIFACTString }" if name == "ILLString" else "ILL-String")]
    base = type_.strings[0] if type_.strings else type_.python.__name__  # type: ignore[union-attr]
    base = _NAMED.get(base.lower(), base)
    return [f"{named} ::= {base}" + "".join(f" ({_constraint(each)})" for each in type_.constraints)]


def _block(lines: list[str]) -> list[str]:
    return ["", ".. code-block:: asn1", "", *["   " + line for line in lines], ""]


def _add_notation(*event: Any) -> None:
    """Append the notation to a class's docstring."""
    _app, _what, _name, obj, _options, lines = event
    if inspect.isclass(obj) and obj.__module__.startswith("isoill.types"):
        lines.extend(_block(_notation(obj)))


# ── Python ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _python(type_: Type) -> str:
    """The type of a value, as a person writes it."""
    match type_.kind:
        case Kind.SEQUENCE_OF if type_.element is not None:
            return f"tuple[{_python(type_.element)}, ...]"
        case Kind.SEQUENCE | Kind.CHOICE | Kind.ENUMERATED if type_.python is not None:
            return f"isoill.{type_.python.__name__}"
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


def _sign(*event: Any) -> tuple[str, str | None] | None:
    """The signature of a declared class from its components; none for an enumeration."""
    _app, _what, _name, obj, _options, signature, returns = event
    if returns is not None and "TypeAliasForwardRef" in returns:  # left there where an alias stands inside brackets
        return signature or "", re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", returns)
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
            public = f"isoill.{name}"
            if inspect.isclass(value):
                lines += ["", f".. autoclass:: {public}"]
                lines += [] if issubclass(value, Enumerated) else ["   :members:"]
            elif inspect.isfunction(value):
                lines += ["", f".. autofunction:: {public}"]
            else:
                lines += ["", f".. py:type:: {name}", ""]
                below = [*comments[("", name)], *_block(_alias_notation(name, value))]
                lines += ["   " + line for line in below]
        return self.parse_text_to_nodes("\n".join(lines))


class Dialects(SphinxDirective):
    """The table of dialects, from `isoill.dialects`."""

    def run(self) -> list[nodes.Node]:
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 18 44 20 18", ""]
        rows = [("Who", "What", "How it is known", "Reported as")]
        rows += [(each.speaker or "—", each.what, each.source, f"``{each.reason.name}``") for each in DIALECTS]
        for row in rows:
            lines += [f"   {'* ' if not index else '  '}- {cell}" for index, cell in enumerate(row)]
        return self.parse_text_to_nodes("\n".join(lines))


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
    app.connect("autodoc-process-docstring", _add_notation)
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-process-bases", _show_bases)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

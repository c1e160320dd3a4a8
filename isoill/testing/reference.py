"""The second opinion: the same octets, read and written by asn1tools from the modules in ``specs/``.

It shares no code with the compiled core and agrees with it on every value that both can read.  Where they part:

*Legal, and refused here.*  An ANY whose own length is indefinite (definite on the outside and indefinite within is
read); a constructed string whose segments carry its own tag (``3b .. 1b ..``; those tagged ``04`` are read); an
ILL-String in another string type than the two of the module, as `isoill.decode` takes with ``strict=False``.

*Broken, and taken here without a word.*  Unknown or repeated components, and all that comes after them in their
SEQUENCE; a value that runs over the end of the one around it, or stops short of it; more than one value under an
explicit tag, an ANY's among them; an INTEGER of no octets, which is read as 0, or of more than needed;
an OBJECT IDENTIFIER that is empty or cut off, which is read on into the octets that follow.

*Written otherwise.*  The unused bits of a BIT STRING are written as zeros.

So what is read here is not thereby right; but what is read here *otherwise* than by `isoill.decode` is wrong in one of
the two.  It is slow: hundreds of times as slow as the core.
"""

from __future__ import annotations

import copy
import functools
import importlib
import importlib.resources
import re
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeAlias

from isoill.asn1 import (
    NULL,
    BitString,
    Kind,
    Latin1String,
    Latin1VisibleString,
    Type,
    VisibleString,
    fields_of,
    type_of,
)
from isoill.errors import ILLError
from isoill.payloads import registered
from isoill.types import ILLAPDU

__all__ = ["Refused", "decode", "encode", "module_text"]

#: A type, or a component, as asn1tools' parser describes it.
Described: TypeAlias = dict[str, Any]


class Refused(ILLError):  # noqa: N818 - an answer of the reference, not an error of the caller
    """The reference cannot read, or cannot write, this; ``__cause__`` says why."""


def decode(octets: bytes, type: Any = None) -> Any:
    """The APDU, or the value of ``type``, that the octets are.

    ``type`` is a class or an annotation of `isoill.types` or `isoill.payloads`: anything that has a name in a module,
    and the classes of what the modules write inside other types.  Raises `Refused`, for octets after the value too.

    >>> from isoill.types import SystemId
    >>> decode(bytes.fromhex("300ca00aa1081b064f4f4e3a4f4e"), SystemId).symbol
    'OON:ON'
    """
    wanted = type_of(ILLAPDU if type is None else type)
    specification, name, errors = _specification(True, wanted)
    octets = bytes(octets)
    try:
        found, end = specification.decode_with_length(name, octets)
        if end != len(octets):
            raise ValueError(f"expected {end} octets, found {len(octets)}")
        return _ours(wanted, found)
    except errors as error:
        raise Refused(f"the reference cannot read {name}: {error}"[:200]) from error


def encode(value: Any, *, type: Any = None, defaults: bool = True) -> bytes:
    """The octets of a value, as `isoill.encode` writes them; ``type`` is wanted where its class does not tell.

    >>> from isoill.types import SystemId
    >>> encode(SystemId.of("OON:ON")).hex()
    '300ca00aa1081b064f4f4e3a4f4e'
    """
    wanted = type_of(value.__class__ if type is None else type)
    specification, name, errors = _specification(not defaults, wanted)
    try:
        return bytes(specification.encode(name, _theirs(wanted, value)))
    except errors as error:
        raise Refused(f"the reference cannot write {name}: {error}"[:200]) from error


# ── the modules ────────────────────────────────────────────────────────────────────────────────────────────────────


def module_text() -> str:
    """The modules as text: ISO-10161-ILL-1 and those of the payloads, one after another."""
    folder: Traversable
    try:
        folder = importlib.resources.files("isoill.testing.specs")
    except ModuleNotFoundError:  # a source checkout
        folder = Path(__file__).parents[2] / "specs"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".asn")), key=lambda file: file.name)
    return "\n".join([file.read_text("utf-8") for file in files])


#: What asn1tools leaks beside its own errors.
_LEAKED = (TypeError, IndexError, ValueError, KeyError, AttributeError, RecursionError, OverflowError)


def _specification(fill_defaults: bool, wanted: Type) -> tuple[Any, str, tuple[type[Exception], ...]]:
    """The compiled modules, the name of the wanted type in them, and the errors they may raise."""
    asn1tools = _asn1tools()
    names = _parsed()[1]
    name = names.get(wanted.name) or names.get(wanted.python)
    if wanted.kind is Kind.UNION:
        name = "ILL-APDU"
    if name is None:
        raise Refused(f"the modules have no type {wanted}")
    return _compiled(fill_defaults), name, (asn1tools.Error, *_LEAKED)


def _asn1tools() -> Any:
    try:
        return importlib.import_module("asn1tools")
    except ImportError as error:
        raise ImportError("isoill.testing.reference needs asn1tools: pip install 'isoill[testing]'") from error


@functools.cache
def _compiled(fill_defaults: bool) -> Any:
    """With ``fill_defaults`` asn1tools leaves defaults out when it writes and puts them in when it reads."""
    module = copy.deepcopy(_parsed()[0])
    if not fill_defaults:
        for described in _all_described(list(_types(module).values())):
            if described.pop("default", None) is not None:
                described["optional"] = True
    return _asn1tools().compile_dict(module, "ber", numeric_enums=True)


@functools.cache
def _parsed() -> tuple[Described, dict[Any, str]]:
    """One module with all types, as asn1tools parses them, and the names of types in it by name and by class.

    No two modules have a type of the same name, so that what one imports from another is found without looking there.
    """
    text = module_text()
    modules: Described = _asn1tools().parse_string(text)
    module = {_ILL: modules[_ILL]}
    types = _types(module)
    for other in modules.values():
        types.update(other["types"])
    names: dict[Any, str] = {name: name for name in types}
    _name_inline_types(type_of(ILLAPDU), {"type": "ILL-APDU"}, types, names)
    for oid in re.findall(r"^[\w-]+ \{([\d ]+)\} DEFINITIONS", text, re.MULTILINE):
        if payload := registered(oid.replace(" ", ".")):
            type_ = type_of(payload.type)
            _name_inline_types(type_, {"type": type_.name}, types, names)
    _widen_strings(types)
    return module, names


#: The module that the others import from.
_ILL = "ISO-10161-ILL-1"


def _types(module: Described) -> dict[str, Described]:
    types: dict[str, Described] = module[_ILL]["types"]
    return types


def _name_inline_types(type_: Type, here: Described, types: dict[str, Described], names: dict[Any, str]) -> None:
    """Give a name to what the modules write inside other types, so that it can be asked for; and find each class's."""
    if type_.python is not None:
        if type_.python in names:
            return
        if here["type"] not in types:
            types[type_.name] = {key: here[key] for key in ("type", "members", "values") if key in here}
            here = {"type": type_.name}
        names[type_.python] = here["type"]
    while here["type"] in types:
        here = types[here["type"]]
    if type_.element is not None:
        _name_inline_types(type_.element, here["element"], types, names)
    elif type_.python is not None and type_.kind is not Kind.ENUMERATED:
        members = {member["name"]: member for member in here["members"]}
        for component in fields_of(type_.python):
            _name_inline_types(component.type, members[component.asn1_name], types, names)
    for alternative in type_.alternatives:
        _name_inline_types(alternative, {"type": alternative.name}, types, names)


#: String types that asn1tools reads as ASCII, and their tags: the field has other octets in them.
_ASCII_ONLY = {"VisibleString": 26, "PrintableString": 19}


def _widen_strings(types: dict[str, Described]) -> None:
    """Make a type of octets out of each string type; asn1tools would refuse those above 7f."""
    for described in _all_described(list(types.values())):
        if described["type"] in _ASCII_ONLY:
            described["type"] += " in octets"
    for name, number in _ASCII_ONLY.items():
        tag = {"class": "UNIVERSAL", "number": number, "kind": "IMPLICIT"}
        types[f"{name} in octets"] = {"type": "GeneralString", "tag": tag}


def _all_described(inside: list[Described]) -> list[Described]:
    """All types and components, at any depth."""
    found = []
    for described in inside:
        below = [*described.get("members", ()), *([described["element"]] if "element" in described else ())]
        found += [described, *_all_described(below)]
    return found


# ── their values and ours ──────────────────────────────────────────────────────────────────────────────────────────


def _ours(type_: Type, found: Any) -> Any:
    """A value of asn1tools as one of the declared classes."""
    kind, python = type_.kind, type_.python
    if kind is Kind.SEQUENCE and python is not None:
        present = [component for component in fields_of(python) if component.asn1_name in found]
        return python(**{component.name: _ours(component.type, found[component.asn1_name]) for component in present})
    if kind is Kind.CHOICE and python is not None:
        name, value = found
        chosen = next(component for component in fields_of(python) if component.asn1_name == name)
        return python(**{chosen.name: _ours(chosen.type, value)})
    if kind is Kind.UNION:
        name, value = found
        return _ours(next(arm for arm in type_.alternatives if arm.name.lower() == name), value)
    if kind is Kind.SEQUENCE_OF and type_.element is not None:
        return tuple([_ours(type_.element, element) for element in found])
    if kind is Kind.ENUMERATED and python is not None:
        return python(found)
    if kind is Kind.STRING:
        name, text = found if len(type_.strings) > 1 else ("", found)
        return _text(text.encode("latin-1"), visible=name == "edifact-string")
    if kind is Kind.OBJECT_IDENTIFIER:
        return _oid(found)
    if kind is Kind.BIT_STRING:
        octets, bits = found
        return BitString(bytes(octets), 8 * len(octets) - bits)
    if kind in (Kind.ANY, Kind.OCTET_STRING):
        return bytes(found)
    return NULL if kind is Kind.NULL else found


def _theirs(type_: Type, value: Any) -> Any:
    """A value of a declared class as asn1tools wants it."""
    kind, python = type_.kind, type_.python
    if kind is Kind.SEQUENCE and python is not None:
        given = [(c, getattr(value, c.name)) for c in fields_of(python)]
        return {c.asn1_name: _theirs(c.type, member) for c, member in given if member is not None}
    if kind is Kind.CHOICE and python is not None:
        [chosen] = [c for c in fields_of(python) if getattr(value, c.name) is not None]
        return chosen.asn1_name, _theirs(chosen.type, getattr(value, chosen.name))
    if kind is Kind.UNION:
        arm = next(arm for arm in type_.alternatives if arm.python is value.__class__)
        return arm.name.lower(), _theirs(arm, value)
    if kind is Kind.SEQUENCE_OF and type_.element is not None:
        return [_theirs(type_.element, element) for element in value]
    if kind is Kind.ENUMERATED:
        return int(value)
    if kind is Kind.STRING:
        text = value.encode("latin-1" if isinstance(value, Latin1String) else "utf-8").decode("latin-1")
        if len(type_.strings) == 1:
            return text
        return "edifact-string" if isinstance(value, VisibleString) else "general-string", text
    if kind is Kind.BIT_STRING:
        return value.octets, 8 * len(value.octets) - value.unused
    return None if kind is Kind.NULL else value


def _text(octets: bytes, *, visible: bool) -> str:
    """UTF-8 where the octets are that, else Latin-1: the module leaves the character set to the two sides."""
    try:
        text = octets.decode("utf-8")
        return VisibleString(text) if visible else text
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
        return Latin1VisibleString(text) if visible else Latin1String(text)


def _oid(dotted: str) -> str:
    """asn1tools divides the first number by 40 also where it is 80 or more, and the root arc is 2."""
    first, second, *rest = dotted.split(".")
    number = 40 * int(first) + int(second)
    return dotted if number < 80 else ".".join(["2", str(number - 80), *rest])

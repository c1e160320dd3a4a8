"""Messages for people: the octets as an annotated list of tag-length-values, the values as a tree.

Both use the names of the standard.  Texts are quoted and what does not print is escaped, so that no message can write
to a terminal what its reader would take for something else.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import MISSING, replace
from typing import Annotated, Any

from isoill import _ber
from isoill.asn1 import (
    OID,
    STRING_TAGS,
    UNIVERSAL_NAMES,
    BitString,
    Component,
    Enumerated,
    Kind,
    TagClass,
    Type,
    TypeName,
    fields_of,
    type_of,
)
from isoill.codec import Octets
from isoill.errors import DEFAULT_LIMITS, DecodeError, Limits
from isoill.notations import notation_of
from isoill.oids import OID_NAMES, registered
from isoill.records import record
from isoill.types import ILLAPDU, External

__all__ = ["dump", "tree"]

_EXCERPT = 32  # octets shown of what is not understood
_EXTERNAL = type_of(External)


def _quoted(text: str) -> str:
    """A text between quotation marks, every character of which prints."""
    if not text.isprintable() or '"' in text or "\\" in text:
        text = re.sub(r"\W", _escaped, text)
    return f'"{text}"'


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _hex(octets: bytes) -> str:
    shown = octets[:_EXCERPT].hex(" ")
    left = len(octets) - _EXCERPT
    return f"{shown} … and {left} more octets" if left > 0 else shown or "(no octets)"


def _word(value: Any, described: Type) -> str:
    """A primitive value, in one line."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case Enumerated():
            return f"{value.asn1_name} ({int(value)})"
        case int():
            name = next((member.asn1_name for member in described.named or () if member == value), None)
            note = name or ("unlisted" if described.kind is Kind.ENUMERATED else None)
            return f"{value} ({note})" if note else str(value)
        case str() if described.kind is Kind.OBJECT_IDENTIFIER:
            return f"{value} ({OID_NAMES[value]})" if value in OID_NAMES else value
        case str():
            return _quoted(value)
        case bytes():
            return _hex(value)
        case BitString():
            return f"{_hex(value.octets)}, {value.unused} bits unused"
        case _:
            return "NULL"


# ── values ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def tree(value: object, /) -> str:
    """A value of a declared class as an indented tree, with the names of the standard.

    What an EXTERNAL or an ANY holds is shown as the BER values that it is made of.

    >>> import isoill
    >>> print(tree(isoill.SystemId.of("als:BVAS")))
    System-Id
      person-or-institution-symbol
        institution-symbol: "als:BVAS"
    """
    described: Type = type_of(type(value))
    return "\n".join([described.name, *_branches(value, 1)])


def _branches(value: Any, depth: int) -> Iterator[str]:
    """The lines below a value of a declared class."""
    for component in fields_of(type(value)):
        item = getattr(value, component.name)
        if item is not None:
            yield from _branch(component.asn1_name, component.type, item, depth)


def _branch(label: str, described: Type, value: Any, depth: int) -> Iterator[str]:
    """The lines of one component, the first with its name."""
    indent = "  " * depth
    if isinstance(value, External) and (payload := _payload(value)) is not None:
        yield f"{indent}{label}"
        yield f"{indent}  direct-reference: {_word(value.direct_reference, type_of(OID))}"
        yield from _branch(payload[0].name, *payload, depth + 1)
        return
    match described.kind:
        case Kind.SEQUENCE | Kind.CHOICE:
            yield f"{indent}{label}"
            yield from _branches(value, depth + 1)
        case Kind.SEQUENCE_OF:
            yield f"{indent}{label}" if value else f"{indent}{label}: (none)"
            assert described.element is not None
            for index, item in enumerate(value, 1):
                yield from _branch(str(index), described.element, item, depth + 1)
        case Kind.ANY:
            yield f"{indent}{label}"
            yield from _any_lines(value, depth + 1)
        case _:
            yield f"{indent}{label}: {_word(value, described)}"


def _any_lines(octets: bytes, depth: int) -> Iterator[str]:
    """What an ANY holds: an EXTERNAL by its components, anything else by its tags."""
    if depth > DEFAULT_LIMITS.depth:  # an EXTERNAL in an EXTERNAL in an EXTERNAL ...
        yield f"{'  ' * depth}{_hex(octets)}"
        return
    try:
        external = _ber.read(_ber.table(External), octets, None, DEFAULT_LIMITS)
    except DecodeError:
        for element in _elements(octets, (), DEFAULT_LIMITS):
            yield f"{'  ' * (depth + element.depth)}{element.text}"
    else:
        yield from _branch("EXTERNAL", type_of(External), external, depth)


def _payload(external: External) -> tuple[Type, Any] | None:
    """The type and the value that an EXTERNAL holds, where there is nothing else in it and the type is registered."""
    import isoill.payloads  # noqa: F401, PLC0415 - they register themselves; most messages hold none

    entry = registered(external.direct_reference)
    if entry is None or external.indirect_reference is not None or external.data_value_descriptor is not None:
        return None
    try:
        return type_of(entry.type), external.value(entry.type)
    except DecodeError:
        return None


# ── octets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@record
class _Element:
    """One tag-length-value, or the break after which nothing can be told."""

    offset: int
    octets: str  # identifier and length, in hexadecimal
    depth: int
    text: str


@record
class _Header:
    """Identifier and length of a tag-length-value."""

    tag_class: TagClass
    number: int
    constructed: bool
    start: int  # of the contents
    end: int  # of the contents, as far as there are octets
    indefinite: bool
    problem: str  # what is wrong with it, or nothing


def dump(data: Octets, /, *, type: Any = None, limits: Limits = DEFAULT_LIMITS) -> str:
    """The octets as a list of tag-length-values: offset, identifier and length, tag, name, value.

    Nothing is refused: what is not in the module is marked ``?``, and broken octets are shown up to the break.

    >>> import isoill
    >>> print(isoill.dump(bytes.fromhex("300ca00aa1081b064f4f4e3a4f4e"), type=isoill.SystemId))
         0  30 0c  SEQUENCE System-Id
         2  a0 0a    [0] person-or-institution-symbol
         4  a1 08      [1] institution-symbol
         6  1b 06        GeneralString ILL-String "OON:ON"
    >>> print(isoill.dump(bytes.fromhex("300ca00a"), type=isoill.SystemId))
         0  30 0c  SEQUENCE System-Id
                   ! expected 10 more octets, found the end of the data
         2  a0 0a    [0] person-or-institution-symbol
                     ! expected 10 more octets, found the end of the data
    """
    octets = bytes(memoryview(data))
    wanted = _APDUS if type is None else _inside(type_of(type))
    elements = list(_elements(octets, wanted, limits))
    width = min(max((len(element.octets) for element in elements), default=0), 24)
    notation = notation_of(octets) if wanted is _APDUS else None
    lines = [f"        ! {notation}, which is no BER"] if notation else []
    for element in elements:
        offset = f"{element.offset:6}" if element.octets else " " * 6
        lines.append(f"{offset}  {element.octets:{width}}  {'  ' * element.depth}{element.text}".rstrip())
    return "\n".join(lines)


def _unnamed(described: Type) -> Component:
    """A type where a component is looked for: the elements of a list, what is inside an explicit tag."""
    return Component(name="", asn1_name="", type=described, tag=None, default=MISSING)


def _inside(described: Type) -> tuple[Component, ...]:
    """What is looked for where a value of a type stands alone; nothing in particular for an ANY."""
    if described.kind is Kind.UNION:
        return tuple(map(_unnamed, described.alternatives))
    return () if described.kind is Kind.ANY else (_unnamed(described),)


_APDUS = _inside(type_of(Annotated[ILLAPDU, TypeName("ILL-APDU")]))


def _header(data: bytes, at: int, limit: int) -> _Header:
    """Read identifier and length at an offset; what is wrong is said in the result."""
    first = data[at]
    tag_class, number, constructed = TagClass(first >> 6), first & 0x1F, bool(first & 0x20)
    position = at + 1
    if number == 0x1F:
        number = 0
        while True:
            if position >= limit or position - at > 5:
                problem = "expected the end of the tag"
                return _Header(tag_class, number, constructed, position, position, False, problem)
            number = number << 7 | data[position] & 0x7F
            position += 1
            if not data[position - 1] & 0x80:
                break
    if position >= limit:
        return _Header(tag_class, number, constructed, position, position, False, "expected a length, found the end")
    length, position = data[position], position + 1
    if length == 0x80 and constructed:
        return _Header(tag_class, number, constructed, position, limit, True, "")
    if length >= 0x80:
        count = length & 0x7F
        if count in (0, 0x7F) or count > limit - position:
            problem = f"expected a length, found {length:02x}"
            return _Header(tag_class, number, constructed, position, position, False, problem)
        length, position = int.from_bytes(data[position : position + count], "big"), position + count
    missing = length - (limit - position)
    if missing > 0:
        found = "the end of the data" if limit == len(data) else "the end of the value around it"
        problem = f"expected {_many(missing)} more octets, found {found}"
        return _Header(tag_class, number, constructed, position, limit, False, problem)
    return _Header(tag_class, number, constructed, position, position + length, False, "")


def _many(number: int) -> str:
    return str(number) if number < 1 << 63 else "very many"


class _Walk:
    """A walk through octets: where it stands, and how many tag-length-values it may still show."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.position = 0
        self.left = limits.elements

    def element(self, end: int, depth: int, wanted: tuple[Component, ...]) -> Generator[_Element, None, bool]:
        """The tag-length-value at the position and those inside it; returns whether something was broken."""
        at = self.position
        header = _header(self.data, at, end)
        self.left -= 1
        if self.left < 0:
            yield _Element(at, "", depth, f"! more than {self.limits.elements} tag-length-values: not shown")
            return True
        tag, number = header.tag_class, header.number
        label, inside, described = _match(wanted, tag, number)
        name = (
            UNIVERSAL_NAMES.get(number, f"[UNIVERSAL {number}]")
            if tag is TagClass.UNIVERSAL
            else _bracketed(tag, number)
        )
        if wanted and described is None and inside is None:
            label = "?"
        if described is None and inside is None and (tag, number) == (TagClass.UNIVERSAL, 8):
            described = _EXTERNAL
        value = ""
        if header.indefinite:
            value = "(indefinite length)"
        elif not header.constructed and not header.problem:
            value = _primitive(header, self.data[header.start : header.end], described)
        yield _Element(at, self.data[at : header.start].hex(" "), depth, " ".join(filter(None, [name, label, value])))
        self.position = header.start
        if header.problem:
            yield _Element(header.start, "", depth, f"! {header.problem}")
        if not header.constructed:
            self.position = header.end
            return bool(header.problem)
        return (yield from self.contents(header, depth, _below(described) if inside is None else inside))

    def contents(self, header: _Header, depth: int, wanted: tuple[Component, ...]) -> Generator[_Element, None, bool]:
        """What is inside a constructed value; returns whether something was broken."""
        if depth >= self.limits.depth:
            yield _Element(header.start, "", depth + 1, f"! more than {self.limits.depth} levels: not shown")
            self.position = header.end
            return header.indefinite or bool(header.problem)
        while self.position < header.end:
            if header.indefinite and self.data[self.position : self.position + 2] == b"\0\0":
                yield _Element(self.position, "00 00", depth, "end-of-contents")
                self.position += 2
                return False
            broken = yield from self.element(header.end, depth + 1, wanted)
            if broken:
                return True
        if header.indefinite:
            yield _Element(self.position, "", depth, "! expected end-of-contents, found the end")
            return True
        return bool(header.problem)


def _elements(data: bytes, wanted: tuple[Component, ...], limits: Limits) -> Iterator[_Element]:
    """The tag-length-values of the octets, those inside them included, until the first break."""
    walk = _Walk(data, limits)
    while walk.position < len(data):
        if wanted is _APDUS and (padding := _padding(data, walk.position)):
            shown = data[walk.position : walk.position + min(padding, 4)].hex(" ")
            yield _Element(walk.position, shown, 0, f"padding, {padding} octet{'s' * (padding > 1)}")
            walk.position += padding
            continue
        broken = yield from walk.element(len(data), 0, wanted)
        if broken:
            return


def _padding(data: bytes, at: int) -> int:
    """The number of octets that are 00, CR or LF, from there on."""
    found = re.compile(rb"[\0\r\n]*").match(data, at)
    return 0 if found is None else found.end() - at


def _bracketed(tag: TagClass, number: int) -> str:
    return f"[{number}]" if tag is TagClass.CONTEXT else f"[{tag.name} {number}]"


def _match(
    wanted: tuple[Component, ...], tag: TagClass, number: int
) -> tuple[str, tuple[Component, ...] | None, Type | None]:
    """Among components, the one that begins with a tag: its label, what is inside an explicit tag, or its type."""
    for component in wanted:
        described = component.type
        if component.tag is not None:
            if (component.tag.tag_class, component.tag.number) == (tag, number):
                if component.tag.explicit:
                    return component.asn1_name, _inside(described), None
                return component.asn1_name, None, described
        elif described.kind is Kind.CHOICE:
            assert described.python is not None
            label, inside, found = _match(fields_of(described.python), tag, number)
            if label or inside is not None or found is not None:
                return ".".join(filter(None, [component.asn1_name, label])), inside, found
        elif (tag, number) in described.leading_tags:
            label = component.asn1_name or ("" if described.name in UNIVERSAL_NAMES.values() else described.name)
            if described.tag is not None and described.tag.explicit:
                return label, (_unnamed(replace(described, tag=None)),), None
            return label, None, described
    return "", None, None


def _below(described: Type | None) -> tuple[Component, ...]:
    """The components that are looked for inside a value of a type."""
    if described is None:
        return ()
    if described.kind is Kind.SEQUENCE and described.python is not None:
        return fields_of(described.python)
    if described.kind is Kind.SEQUENCE_OF and described.element is not None:
        return _inside(described.element)
    return ()


def _primitive(header: _Header, octets: bytes, described: Type | None) -> str:
    """A primitive value in words: by its declared type, else by its universal tag, else in hexadecimal."""
    if described is None and header.tag_class is TagClass.UNIVERSAL:
        described = _BY_TAG.get(header.number)
    if described is None or described.kind in (Kind.SEQUENCE, Kind.SEQUENCE_OF, Kind.CHOICE, Kind.ANY):
        text = f" {_quoted(octets.decode('ascii'))}" if len(octets) > 1 and all(32 <= o < 127 for o in octets) else ""
        return _hex(octets) + text
    number = header.number if header.tag_class is TagClass.UNIVERSAL else described.leading_tags[0][1]
    length = b"\x84" + len(octets).to_bytes(4, "big")
    try:
        value = _ber.read(_ber.table(described), bytes([number]) + length + octets, [], _LARGEST)
    except DecodeError as error:
        return f"{_hex(octets)} ! {error.detail}"
    return _word(value, described)


_LARGEST = Limits(octets=16 << 20, integer_octets=1024)

#: How primitive values are read of which only the universal tag is known.
_BY_TAG = {
    kind: Type(kind=kind, name=kind.asn1_name)
    for kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.BIT_STRING, Kind.NULL, Kind.OBJECT_IDENTIFIER)
} | {number: Type(kind=Kind.STRING, name=name, strings=(name,)) for name, number in STRING_TAGS.items()}

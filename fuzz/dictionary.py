"""The words of the messages for libFuzzer: every tag of the declarations, values worth trying, shapes of BER."""

from __future__ import annotations

import isoill.types
from isoill.asn1 import Component, Enumerated, Kind, Tag, TagClass, Type, fields_of, type_of

__all__ = ["text"]

#: What BER can say in more than one way, or not at all.
_SHAPES = {
    "end of contents": b"\0\0",
    "SEQUENCE, indefinite": b"\x30\x80",
    "length in 1 octet": b"\x81\x01",
    "length in 2 octets": b"\x82\0\x01",
    "length in 4 octets": b"\x84\0\0\0\x01",
    "length in 8 octets": b"\x88\0\0\0\0\0\0\0\x01",
    "reserved length": b"\xff",
    "largest length": b"\x84\xff\xff\xff\xff",
    "tag in 3 octets": b"\x1f\x81\0",
    "tag with a leading zero": b"\x1f\x80\x1f",
    "EXTERNAL": b"\x28",
    "OCTET STRING segments": b"\x24\x80\x04\x01A\0\0",
    "GeneralString segments": b"\x3b\x80\x04\x01A\0\0",
    "segment": b"\x04\x01A",
    "TRUE": b"\x01\x01\xff",
    "NULL": b"\x05\0",
    "INTEGER of 20 octets": b"\x02\x14" + b"\x7f" * 20,
    "INTEGER of 8 octets": b"\x02\x08\x80" + b"\0" * 7,
    "OBJECT IDENTIFIER": b"\x06\x04\x28\xcf\x31\x0d",
    "UTF-8": "\u20ac".encode(),
    "Latin-1": b"\xfc",
}


def text() -> str:
    """The dictionary, as libFuzzer reads it; the same declarations give the same text."""
    words: dict[bytes, str] = {}
    seen: set[str] = set()
    waiting: list[Type] = list(type_of(isoill.types.ILLAPDU).alternatives)
    waiting.append(type_of(isoill.types.External))
    while waiting:
        described = waiting.pop(0)
        if described.kind is Kind.SEQUENCE_OF and described.element is not None:
            waiting.append(described.element)
        if described.tag is not None:
            words.setdefault(_identifier(described.tag, constructed=True), described.name)
        if described.python is None or described.name in seen:
            continue
        seen.add(described.name)
        if issubclass(described.python, Enumerated):
            for member in described.python:
                words.setdefault(b"\x0a\x01" + bytes([member]), f"{described.name} {member.asn1_name}")
            continue
        for component in fields_of(described.python):
            if component.tag is not None:
                where = f"{described.name}.{component.asn1_name}"
                words.setdefault(_identifier(component.tag, constructed=_is_constructed(component)), where)
            waiting.append(component.type)
    for name, octets in _SHAPES.items():
        words.setdefault(octets, name)
    lines = [f'w{number}="{_escaped(octets)}"' for number, octets in enumerate(words)]
    notes = [f"# {name}" for name in words.values()]
    head = "# Made by `python -m fuzz dictionary` from the declarations; not to be edited."
    return "\n".join([head, *(line for pair in zip(notes, lines, strict=True) for line in pair), ""])


def _is_constructed(component: Component) -> bool:
    kinds = (Kind.SEQUENCE, Kind.SEQUENCE_OF, Kind.CHOICE)
    return component.tag is not None and (component.tag.explicit or component.type.kind in kinds)


def _identifier(tag: Tag, *, constructed: bool) -> bytes:
    """The identifier octets of a tag; numbers are below 128."""
    first = tag.tag_class << 6 | (0x20 if constructed else 0)
    if tag.tag_class is TagClass.UNIVERSAL or tag.number < 31:
        return bytes([first | tag.number])
    return bytes([first | 0x1F, tag.number])


def _escaped(octets: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in octets)

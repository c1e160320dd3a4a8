"""msgspec: another format, MessagePack, into the same tree of typed objects.

It shows what it costs in CPython to make these objects at all, in well-kept C.  Each SEQUENCE and each CHOICE is a
frozen Struct written as an array; enumerations are the same classes; so both trees have the same number of objects.
The Struct that a message is decoded into is given, where isoill finds out which of the twenty APDUs it has.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec

from benchmarks.messages import Message
from benchmarks.peers import Measured, Peer
from benchmarks.timing import repeated
from isoill.asn1 import BitString, Component, Kind, Null, Type, fields_of, type_of

__all__ = ["load", "of_isoill", "struct_of", "to_isoill"]

_PLAIN: dict[Kind, Any] = {
    Kind.BOOLEAN: bool,
    Kind.INTEGER: int,
    Kind.BIT_STRING: BitString,
    Kind.OCTET_STRING: bytes,
    Kind.NULL: Null,
    Kind.OBJECT_IDENTIFIER: str,
    Kind.STRING: str,
    Kind.ANY: bytes,
}


def _annotation(of: Type) -> Any:
    """What msgspec reads a type from."""
    if of.kind is Kind.SEQUENCE_OF:
        assert of.element is not None
        return tuple[_annotation(of.element), ...]  # type: ignore[misc]
    if of.kind is Kind.ENUMERATED:
        return of.python
    if of.python is not None:
        return struct_of(of.python)
    return _PLAIN[of.kind]


_STRUCTS: dict[type[Any], type[msgspec.Struct]] = {}


def struct_of(declared: type[Any]) -> type[msgspec.Struct]:
    """The Struct with the components of a declared class; the same one each time."""
    if declared not in _STRUCTS:
        fields = [_field(component) for component in fields_of(declared)]
        _STRUCTS[declared] = msgspec.defstruct(declared.__name__, fields, array_like=True, frozen=True, kw_only=True)
    return _STRUCTS[declared]


def _field(component: Component) -> tuple[str, Any] | tuple[str, Any, Any]:
    """A component as `msgspec.defstruct` wants it."""
    annotation = _annotation(component.type)
    if component.optional:
        return component.name, annotation | None, None
    if component.has_default:
        return component.name, annotation, component.default
    return component.name, annotation


def of_isoill(value: Any) -> Any:
    """A value of isoill's as one of Structs."""
    if isinstance(value, tuple):
        return tuple(map(of_isoill, value))
    if not hasattr(value, "__components__"):
        return value
    declared = type(value)
    return struct_of(declared)(**{c.name: of_isoill(getattr(value, c.name)) for c in fields_of(declared)})


def to_isoill(value: Any, of: Type) -> Any:
    """A value of Structs as isoill's, of the type that is given."""
    if value is not None and of.element is not None:
        return tuple(to_isoill(item, of.element) for item in value)
    if isinstance(value, msgspec.Struct):
        assert of.python is not None
        return of.python(**{c.name: to_isoill(getattr(value, c.name), c.type) for c in fields_of(of.python)})
    return value


class _Msgspec:
    """One decoder for each APDU, one encoder for all."""

    def __init__(self) -> None:
        self.version = version("msgspec")
        self._encoder = msgspec.msgpack.Encoder()

    def at(self, message: Message) -> Measured:
        declared = type(message.value)
        decoder = msgspec.msgpack.Decoder(struct_of(declared))
        value = of_isoill(message.value)
        octets = self._encoder.encode(value)
        return Measured(
            repeated(decoder.decode, octets),
            repeated(self._encoder.encode, value),
            lambda: to_isoill(decoder.decode(self._encoder.encode(decoder.decode(octets))), type_of(declared)),
            lambda: decoder.decode(octets),
        )


def load() -> Peer:
    """msgspec."""
    return _Msgspec()

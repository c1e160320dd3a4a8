"""pyasn1: BER in Python, objects of its own; its types are made here from isoill's declarations.

Encoding is timed as it is called by default.  It then writes an empty SEQUENCE for an absent one all of whose
components are optional (etingof/pyasn1, issue 186), so for the round trip it is asked to omit what is empty, which
takes it longer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pyasn1.type import char, namedtype, tag, univ, useful  # type: ignore[import-untyped]

from benchmarks.messages import Message
from benchmarks.peers import Measured, Peer
from benchmarks.timing import repeated
from isoill.asn1 import Component, Kind, Tag, Type, fields_of, type_of
from isoill.codec import decode
from isoill.types import ILLAPDU

__all__ = ["load"]

_PLAIN = {
    Kind.BOOLEAN: univ.Boolean,
    Kind.INTEGER: univ.Integer,
    Kind.BIT_STRING: univ.BitString,
    Kind.OCTET_STRING: univ.OctetString,
    Kind.NULL: univ.Null,
    Kind.OBJECT_IDENTIFIER: univ.ObjectIdentifier,
    Kind.ENUMERATED: univ.Enumerated,
    Kind.ANY: univ.Any,
}


def _tagged(untagged: Any, with_tag: Tag | None) -> Any:
    """A type under a tag."""
    if with_tag is None:
        return untagged
    constructed = with_tag.explicit or isinstance(untagged, univ.SequenceAndSetBase | univ.SequenceOfAndSetOfBase)
    form = tag.tagFormatConstructed if constructed else tag.tagFormatSimple
    wanted = tag.Tag(with_tag.tag_class << 6, form, with_tag.number)
    return untagged.subtype(explicitTag=wanted) if with_tag.explicit else untagged.subtype(implicitTag=wanted)


def _named(component: Component) -> Any:
    """A component, by its name and in its place."""
    made = _tagged(_type(component.type), component.tag)
    if component.optional:
        return namedtype.OptionalNamedType(component.asn1_name, made)
    if component.has_default:
        return namedtype.DefaultedNamedType(component.asn1_name, made.clone(int(component.default)))
    return namedtype.NamedType(component.asn1_name, made)


@functools.cache
def _type(of: Type) -> Any:
    """pyasn1's type for one of isoill's."""
    if of.kind is Kind.STRING:
        strings = [getattr(useful if name == "ObjectDescriptor" else char, name)() for name in of.strings]
        if len(strings) == 1:
            return strings[0]
        arms = [namedtype.NamedType(name, string) for name, string in zip(of.strings, strings, strict=True)]
        return univ.Choice(componentType=namedtype.NamedTypes(*arms))
    if of.kind is Kind.SEQUENCE_OF:
        assert of.element is not None
        return univ.SequenceOf(componentType=_type(of.element))
    if of.kind is Kind.UNION:
        arms = [namedtype.NamedType(arm.name, _type(arm)) for arm in of.alternatives]
        return univ.Choice(componentType=namedtype.NamedTypes(*arms))
    if of.kind in (Kind.SEQUENCE, Kind.CHOICE):
        assert of.python is not None
        make = univ.Sequence if of.kind is Kind.SEQUENCE else univ.Choice
        arms = [
            namedtype.NamedType(c.asn1_name, _tagged(_type(c.type), c.tag)) if of.kind is Kind.CHOICE else _named(c)
            for c in fields_of(of.python)
        ]
        return _tagged(make(componentType=namedtype.NamedTypes(*arms)), of.tag)
    return _PLAIN[of.kind]()


class _Pyasn1:
    """The APDU as a CHOICE of twenty."""

    def __init__(self) -> None:
        self.version = version("pyasn1")
        apdu = _type(type_of(ILLAPDU))
        self._decode: Callable[[bytes], Any] = lambda octets: decoder.decode(octets, asn1Spec=apdu)[0]

    def at(self, message: Message) -> Measured:
        value = self._decode(message.octets)
        return Measured(
            repeated(self._decode, message.octets),
            repeated(encoder.encode, value),
            lambda: decode(encoder.encode(value, omitEmptyOptionals=True)),
            lambda: self._decode(message.octets),
        )


def load() -> Peer:
    """pyasn1."""
    return _Pyasn1()

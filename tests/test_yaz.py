"""libyaz reads what we write, and we read what it writes."""

from typing import Any

import pytest
from hypothesis import assume, given, settings

import isoill
from isoill.asn1 import Kind, Type, fields_of, type_of
from isoill.testing import apdus
from tests.conftest import need
from tests.vectors.make import MESSAGES
from tests.yaz import program, through_yaz


@pytest.fixture(autouse=True, scope="module")
def libyaz() -> None:
    need(program(), "a C compiler or libyaz (Debian packages build-essential and libyaz-dev)")


def is_bent(described: Type, value: Any) -> bool:
    """Whether a value holds what libyaz 5.34 is known not to carry (each was measured with ``fuzz/yaz.c``).

    A text is a C string to it, an INTEGER has 64 bits, an OBJECT IDENTIFIER at most 19 arcs of 15 bits (of which the
    first two share a number; it crashes on 0.0.32768); a BIT STRING loses its count of unused bits; the descriptor of
    an EXTERNAL is wanted under GraphicString's tag.
    """
    if value is None:
        return False
    match described.kind:
        case Kind.STRING:
            return "\0" in value or "ObjectDescriptor" in described.strings
        case Kind.INTEGER:
            return not -(2**63) <= value < 2**63
        case Kind.OBJECT_IDENTIFIER:
            arcs = [int(arc) for arc in value.split(".")]
            return len(arcs) > 19 or max(arcs) > 2**15 - 1 - 80
        case Kind.BIT_STRING:
            return bool(value.unused)
        case Kind.SEQUENCE_OF:
            assert described.element is not None
            return any(is_bent(described.element, item) for item in value)
        case Kind.SEQUENCE | Kind.CHOICE:
            return any(is_bent(component.type, getattr(value, component.name)) for component in fields_of(type(value)))
        case _:
            return False


@settings(max_examples=150, deadline=None)
@given(apdus())
def test_libyaz_reads_what_we_write_and_writes_what_we_read(apdu: isoill.ILLAPDU) -> None:
    assume(not is_bent(type_of(type(apdu)), apdu))
    octets = isoill.encode(apdu)
    [by_yaz] = through_yaz([octets])
    assert by_yaz, "libyaz refuses what we wrote"
    assert isoill.decode(by_yaz) == apdu
    assert isoill.encode(isoill.decode(by_yaz)) == octets


def test_the_vectors_by_libyaz() -> None:
    octets = [isoill.encode(message) for message in MESSAGES]
    assert [isoill.decode(by_yaz) for by_yaz in through_yaz(octets)] == MESSAGES


def test_libyaz_wants_defaults_written() -> None:
    """The reason why `isoill.encode` writes them."""
    with_default = next(message for message in MESSAGES if isinstance(message, isoill.RenewAnswer))
    assert through_yaz([isoill.encode(with_default, defaults=False)]) == [b""]
    assert through_yaz([isoill.encode(with_default)]) != [b""]

"""Families of hostile input: octets of any size that try to cost a reader more than their size explains.

Each stands where the reader has to go into it: inside an APDU that is otherwise good, wherever that is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from isoill.codec import encode
from isoill.errors import Reason
from isoill.types import DateTimeOfService, Lost, ServiceDateTime, TransactionId

__all__ = ["FAMILIES", "STREAMS", "Family"]

#: An APDU around hostile octets.
Place = Callable[[bytes], bytes]

_ROOM = 256  # for an APDU around hostile octets
_SPARE = 32  # for the lengths in it, which grow


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of hostile input."""

    name: str
    #: at most so many octets, and not many fewer
    make: Callable[[int], bytes]
    #: what lenient reading lists again and again, if it is that of which there is much
    deviation: Reason | None = None


# ── good APDUs, and places in them ─────────────────────────────────────────────────────────────────────────────────


def _value(identifier: str, contents: bytes) -> bytes:
    """A tag-length-value with the shortest length."""
    size = len(contents)
    length = bytes([size]) if size < 0x80 else _long(size)
    return bytes.fromhex(identifier) + length + contents


def _long(size: int) -> bytes:
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


_LOST = encode(
    Lost(
        protocol_version_num=2,
        transaction_id=TransactionId(transaction_group_qualifier="1", transaction_qualifier="1"),
        service_date_time=ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20260101")),
    )
)
_BEGIN = _LOST[4:]  # with which every APDU begins: what is inside 6f LL 30 LL


def _apdu(number: int, contents: bytes) -> bytes:
    return _value(f"{0x60 | number:x}", _value("30", _BEGIN + contents))


def _note(value: bytes) -> bytes:
    """An APDU whose note is this tag-length-value."""
    return _apdu(15, _value("bf2e", value))


def _text(octets: bytes) -> bytes:
    return _note(_value("1b", octets))


def _segments(octets: bytes) -> bytes:
    """In a text that is a constructed string."""
    return _note(_value("3b", octets))


def _item(value: bytes) -> bytes:
    """As the ANY in an extension."""
    return _apdu(15, _value("bf31", _value("30", b"\x80\x01\x01" + _value("a2", value))))


def _in_item(octets: bytes) -> bytes:
    """Inside one value of indefinite length, which is the ANY in an extension."""
    return _item(b"\x30\x80" + octets + b"\0\0")


def _item_unclosed(octets: bytes) -> bytes:
    return _item(b"\x30\x80" + octets)


def _answer(contents: bytes) -> bytes:
    return _apdu(4, b"\x9f\x1f\x01\x01" + contents)


def _locations(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF Location-Info."""
    return _answer(_value("bf20", _value("a4", _value("30", _value("a1", octets)))))


def _location(octets: bytes) -> bytes:
    """As the last components of a Location-Info."""
    return _locations(_value("30", b"\xa0\0" + octets))


def _location_id(octets: bytes) -> bytes:
    """As the components of a System-Id deep inside an APDU, so that the path to each is long."""
    return _locations(_value("30", _value("a0", octets)))


def _systems(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF System-Id."""
    return _answer(_value("bf22", octets))


def _systems_in_sequence(octets: bytes) -> bytes:
    """As these elements, in a SEQUENCE too many."""
    return _systems(_value("30", octets))


def _externals(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF EXTERNAL."""
    return _answer(_value("b1", octets))


def _extensions(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF Extension."""
    return _apdu(15, _value("bf31", octets))


def _oid(octets: bytes) -> bytes:
    return _externals(_value("28", _value("06", octets) + b"\x81\0"))


def _bits(octets: bytes) -> bytes:
    """In an EXTERNAL's BIT STRING of segments."""
    return _externals(_value("28", _value("a2", octets)))


def _units(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF INTEGER."""
    return _apdu(16, _value("a5", _value("a2", octets)))


def _request(services: bytes, media: bytes = b"") -> bytes:
    messages = _value("ab", bytes.fromhex("800100 810100 820101 830101"))
    return _apdu(1, _value("a9", services or b"\x0a\x01\x01") + messages + (media and _value("ad", media)) + b"\xb0\0")


def _services(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF ENUMERATED."""
    return _request(octets)


def _media(octets: bytes) -> bytes:
    """As the elements of a SEQUENCE OF SEQUENCE that has an ENUMERATED and a text."""
    return _request(b"", octets)


def _alone(octets: bytes) -> bytes:
    """Not in an APDU at all."""
    return octets


# ── families ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _times(octets: bytes, size: int) -> bytes:
    """The same octets again and again."""
    return octets * (size // len(octets))


def _many(
    name: str, element: str | bytes, place: Place, deviation: Reason | None = None, *, end: bytes = b""
) -> Family:
    """The same octets, hexadecimal if they are written as text, as often as they fit, and something at the end."""
    octets = bytes.fromhex(element) if isinstance(element, str) else element

    def make(size: int) -> bytes:
        return place(_times(octets, size - len(place(end)) - _SPARE) + end)

    return Family(name, make, deviation)


def _nested(name: str, identifier: str, place: Place) -> Family:
    """Values of definite length, one inside the other."""
    first = bytes.fromhex(identifier)

    def make(size: int) -> bytes:
        headers: list[bytes] = []
        inside = 0
        while inside < size - _ROOM - 8:
            headers.append(first + (bytes([inside]) if inside < 0x80 else _long(inside)))
            inside += len(headers[-1])
        return place(b"".join(reversed(headers)))

    return Family(name, make)


def _closed(header: str, depth: int) -> str:
    return header * depth + "0000" * depth


def _long_arcs(size: int) -> bytes:
    """An OBJECT IDENTIFIER of 1,000 arcs that are all of one length."""
    arc = b"\xff" * max((size - _ROOM) // 1000 - 1, 0) + b"\x7f"
    return _oid(b"\x2a" + _times(arc, size - _ROOM - 1)[: 1000 * len(arc)])


def _cut_off(size: int) -> bytes:
    return _locations(_times(b"\x30\x02\xa0\0", size - _ROOM))[:-1]


def _indefinite(contents: bytes) -> bytes:
    """An answer whose lengths are all indefinite, down to the elements of a SEQUENCE OF Location-Info."""
    inward = bytes.fromhex("6480 3080") + _BEGIN + bytes.fromhex("9f1f0101 bf2080 a480 3080 a180")
    return inward + contents + b"\0\0" * 6


def _indefinite_cut_off(size: int) -> bytes:
    return _indefinite(_times(b"\x30\x02\xa0\0", size - _ROOM))[:-1]


def _inner(length: int) -> Place:
    """Inside a component that says it is so long, where what is around it does not say how long that is."""
    return lambda octets: bytes.fromhex("6f80 3080 800102 a188") + length.to_bytes(8, "big") + octets


def _length_of_many_octets(size: int) -> bytes:
    return b"\x64\xfe" + bytes(size - 2)


def _tag(octet: int) -> Callable[[int], bytes]:
    return lambda size: b"\x3f" + bytes([octet]) * (size - 1)


def _nesting() -> Iterable[Family]:
    yield _many("30 80 and no APDU", "3080", _alone)
    yield _many("ANY: indefinite, nested, never closed", "3080", _item_unclosed)
    yield _many("ANY: indefinite, nested, closed", _closed("3080", 250), _in_item)
    yield _nested("ANY: definite, nested", "30", _item)
    yield _many("ANY: NULLs in an indefinite one", "0500", _in_item)
    yield _many("ANY: NULLs, 200 deep", "0500", lambda o: _item(b"\x30\x80" * 200 + o), end=b"\0\0" * 200)
    yield _many("unknown components, indefinite, nested", _closed("be80", 100), _location_id)
    yield _many("SEQUENCEs around SEQUENCEs", _closed("3080", 100), _systems)


def _strings() -> Iterable[Family]:
    yield _many("text: one octet a segment", "040141", _segments)
    yield _many("text: empty segments", "0400", _segments)
    yield _many("text: segments nested, never closed", "2480", _segments)
    yield _many("text: segments nested, closed", _closed("2480", 60), _segments)
    yield _nested("text: segments nested, definite", "24", _segments)
    yield _many("BIT STRING: one octet a segment", "03020041", _bits)
    yield _many("BIT STRING: empty segments", "030100", _bits)
    yield _many("text: ASCII", b"a", _text)
    yield _many("text: two octets a character", "é".encode(), _text)
    yield _many("text: four octets a character", "😀".encode(), _text)
    yield _many("text: ASCII but for a last character of four", b"a", _text, end="😀".encode())
    yield _many("text: Latin-1", b"\xe9", _text)
    yield _many("text: ASCII but for a last octet of Latin-1", b"a", _text, end=b"\xe9")
    yield _many("text: UTF-8, its end cut off", "é".encode(), _text, end=b"\xc3")
    yield _many("text: UTF-8 of four octets, its end cut off", "😀".encode(), _text, end="😀".encode()[:3])
    yield _many("text: ESC and NUL", b"\x1b\0", _text)
    yield _many("text: VisibleString", b"a", lambda octets: _note(_value("1a", octets)))


def _numbers() -> Iterable[Family]:
    yield _many("INTEGER: one", b"\x7f", lambda octets: _units(_value("02", octets)))
    yield _many("INTEGER: 1,000 octets each", _value("02", b"\x7f" * 1000), _units)
    yield _many("OBJECT IDENTIFIER: one, short arcs", "01", _oid)
    yield _many("OBJECT IDENTIFIER: one, one arc", b"\xff", _oid, end=b"\x7f")
    yield Family("OBJECT IDENTIFIER: one, 1,000 long arcs", _long_arcs)
    yield _many("OBJECT IDENTIFIER: many, of one octet", "280506012a8100", _externals)
    yield _many(
        "OBJECT IDENTIFIER: many, of 128 arcs", _value("28", _value("06", b"\x2a" * 127) + b"\x81\0"), _externals
    )


def _lists() -> Iterable[Family]:
    yield _many("list: NULLs", "0500", _units)
    yield _many("list: INTEGERs", "020105", _units)
    yield _many("list: ENUMERATEDs", "0a0101", _services)
    yield _many("list: empty SEQUENCEs", "3000", _systems)
    yield _many("list: empty SEQUENCEs, indefinite", "30800000", _systems)
    yield _many("list: SEQUENCEs in SEQUENCEs", "3002a000", _locations)
    yield _many("list: Extensions", "30078001 01a2020500", _extensions)
    yield _many("list: EXTERNALs of octets", "28028100", _externals)
    yield _many("list: EXTERNALs of bits", "2803820100", _externals)
    yield _many("list: VisibleStrings", "3006a004a0021a00", _systems)
    yield _many("list: texts of Latin-1", "3007a005a0031b01e9", _systems)
    yield _many("list: VisibleStrings of Latin-1", "3007a005a0031a01e9", _systems)


def _deviations() -> Iterable[Family]:
    """Of what strict reading refuses at once, and lenient reading lists."""
    odd = _value("0a", b"\x7f" * 1000)
    yield _many("unknown components", "9e00", _location_id, Reason.UNKNOWN_COMPONENT)
    yield _many("unknown component: one", b"\x9e", lambda octets: _location_id(_value("9e", octets)))
    yield _many("duplicated components", "a000", _location, Reason.DUPLICATE_COMPONENT)
    yield _many("components out of order", "3004a100a000", _locations, Reason.OUT_OF_ORDER)
    yield _many("lengths not minimal", "308100", _systems, Reason.NON_MINIMAL)
    yield _many("lengths not minimal, a SEQUENCE too many", "308100", _systems_in_sequence, Reason.NON_MINIMAL)
    yield _many("lengths not minimal, in an ANY", "058100", _in_item)  # which is kept as it came
    yield _many("INTEGERs not minimal", "02020001", _units, Reason.NON_MINIMAL)
    yield _many("unlisted values", "0a0163", _services, Reason.UNLISTED_VALUE)
    yield _many("unlisted values, 1,000 octets each", odd, _services, Reason.UNLISTED_VALUE)
    yield _many("a SEQUENCE too many in each element", "30023000", _systems, Reason.EXTRA_SEQUENCE)
    yield _many("texts of another string type", "3006a004a0020c00", _systems, Reason.OTHER_STRING_TYPE)
    yield _many("implicit tags for explicit ones", "3004a0008200", _locations, Reason.IMPLICIT_TAG)
    yield _many("explicit tags for implicit ones", "3005a0030a0101", _media, Reason.EXPLICIT_TAG)


def _wholes() -> Iterable[Family]:
    yield _many("protocol-version-num again and again", "800102", lambda o: _value("6f", _value("30", o + _BEGIN)))
    yield _many("tiny APDUs", _LOST, _alone)
    yield Family("one octet is missing", _cut_off)
    yield Family("one octet is missing, indefinite", _indefinite_cut_off)
    yield Family("a length of 126 octets", _length_of_many_octets)
    yield Family("a tag that never ends: ff", _tag(0xFF))
    yield Family("a tag that never ends: 80", _tag(0x80))
    yield _many("an APDU, then zeros", b"\0", lambda octets: _LOST + octets)
    yield _many("zeros", "00", _alone)
    yield _many("ff", "ff", _alone)
    yield _many("prose", b"hello, world ", _alone)


#: Of one APDU, or of what is taken for one.
FAMILIES: tuple[Family, ...] = (*_nesting(), *_strings(), *_numbers(), *_lists(), *_deviations(), *_wholes())

#: Of what comes in pieces.
STREAMS: tuple[Family, ...] = (
    _many("tiny APDUs", _LOST, _alone),
    _many("one APDU, definite", b"a", _text),
    _many("one APDU, indefinite", "3002a000", _indefinite),
    _many("an inner length of 1 GiB", b"\0", _inner(1 << 30)),
    _many("an inner length of 4 EiB", b"\0", _inner(1 << 62)),
)

"""The attack list: what others' decoders fell to, by number, and the right answer to each.

The octets are generated here; more that fit on a line are in ``malformed/cases.toml``.  Where a row says that strict
and lenient reading differ, both are tested.

Rows 26 to 29 are about connections, transactions, ISO 18626 and mail, of which isoill has none yet; what is tested of
them is what reading octets has to answer for.
"""

import io
import tracemalloc
from typing import Annotated, Any

import pytest

import isoill
from isoill.asn1 import ANY, OID, BitString, Explicit, OctetString, sequence
from isoill.errors import MESSAGE_CHARACTERS

LOST = bytes.fromhex("6f1f301d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
HEADER = "800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231"


def item_of(octets: bytes) -> bytes:
    """The item of the first extension."""
    apdu = isoill.decode(octets)
    assert isinstance(apdu, isoill.Lost)
    assert apdu.extensions
    return apdu.extensions[0].item


def refused(octets: bytes, type_: Any = None, *, strict: bool = True) -> tuple[str, str, int]:
    """Reason, or the limit, and path and offset with which octets are refused."""
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(octets, type=type_, strict=strict)
    error = caught.value
    assert len(error.detail) <= MESSAGE_CHARACTERS
    return getattr(error, "limit", error.reason.name), error.path, error.offset


def both(octets: bytes, type_: Any = None) -> tuple[str, str, int]:
    """`refused`, in the same way by strict and lenient reading."""
    strict, lenient = refused(octets, type_), refused(octets, type_, strict=False)
    assert strict == lenient
    return strict


def listed(octets: str) -> list[tuple[str, str, int]]:
    """What lenient reading lists of an APDU that strict reading refuses."""
    data = bytes.fromhex(octets)
    with pytest.raises(isoill.DecodeError):
        isoill.decode(data)
    return [(each.reason.name, each.path, each.offset) for each in isoill.examine(data).deviations]


def tlv(tag: str, *parts: bytes) -> bytes:
    contents = b"".join(parts)
    return bytes.fromhex(tag) + b"\x84" + len(contents).to_bytes(4, "big") + contents


def extension(item: bytes) -> bytes:
    """A Lost that holds an extension with that item; its lengths are all of four octets."""
    around = tlv("bf31", tlv("30", bytes.fromhex("800101"), tlv("a2", item)))
    return tlv("6f", tlv("30", bytes.fromhex(HEADER), around))


#: Where the item begins in `extension`.
ITEM = len(extension(b""))
ITEM_PATH = "Lost.extensions[0].item"
WIDE = isoill.Limits(elements=1 << 30, segments=1 << 30, octets=16 << 20)


# ── nesting and lengths ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [100, 10_000, 100_000])
@pytest.mark.parametrize("closed", [False, True])
def test_01_indefinite_lengths_nested_without_end(times: int, closed: bool) -> None:
    nested = b"\x30\x80" * times + b"\0\0" * times * closed
    # the item is at depth 6: two tags of the APDU, extensions, the extension and the item's own tag are around it
    assert both(extension(nested)) == ("depth", ITEM_PATH, ITEM + 2 * 59)
    # a SEQUENCE too many is put up with in lenient reading, and so is the next, but not for ever
    assert refused(nested, isoill.SystemId) == ("UNKNOWN_COMPONENT", "System-Id", 2)
    assert refused(nested, isoill.SystemId, strict=False) == ("depth", "System-Id", 2 * 64)


@pytest.mark.parametrize("times", [100, 20_000])
def test_02_definite_lengths_nested_without_end(times: int) -> None:
    nested = b""
    for _ in range(min(times, 250)):
        nested = tlv("30", nested)
    # what an ANY holds is not looked into where its length is definite, so it costs nothing and is kept
    assert item_of(extension(nested)) == nested
    # a type that nests itself: strings in strings
    nested = b""
    for _ in range(times if times < 1000 else 2000):
        nested = b"\x24" + tlv("00", nested)[1:]
    assert both(tlv("3b", nested), isoill.ILLString) == ("string_depth", "ILL-String", 6 + 7 * 6)


@pytest.mark.parametrize("tag", ["30", "61", "6f", "04", "bf31"])
def test_03_a_length_that_is_not_there(tag: str) -> None:
    octets = bytes.fromhex(tag + "84ffffffff")
    if tag in ("61", "6f"):
        with pytest.raises(isoill.TruncatedError) as caught:
            isoill.decode(octets)
        assert caught.value.needed == 0xFFFFFFFF
    for frames in (isoill.FrameBuffer(), isoill.FrameBuffer(strict=True)):
        with pytest.raises(isoill.LimitError) as limited:
            list(frames.feed(octets))
        assert (limited.value.limit, limited.value.offset) == ("octets", 0)
    for read in (isoill.decode_from, isoill.examine_from, isoill.peek):
        with pytest.raises(isoill.LimitError) as limited:
            read(octets)
        assert limited.value.limit == "octets"


@pytest.mark.parametrize("octets", ["0489" + "ff" * 9, "04fe" + "ff" * 126, "0488" + "ff" * 8])
def test_04_a_length_of_too_many_octets(octets: str) -> None:
    assert both(bytes.fromhex(octets), OctetString) == ("length_octets", "OCTET STRING", 0)
    assert both(bytes.fromhex("6f" + octets[2:])) == ("length_octets", "Lost", 0)


def test_05_the_reserved_length() -> None:
    assert both(b"\x04\xff", OctetString) == ("MALFORMED_LENGTH", "OCTET STRING", 0)


def test_06_a_length_that_is_not_minimal_is_legal() -> None:
    octets = bytes.fromhex(f"6f840000001f 301d {HEADER}")
    assert isoill.decode(octets) == isoill.decode(LOST)
    [deviation] = isoill.examine(octets).deviations
    assert (deviation.reason.name, deviation.path, deviation.offset) == ("NON_MINIMAL", "Lost", 0)
    assert deviation.octets == bytes.fromhex("6f840000001f")
    assert isoill.encode(isoill.decode(octets)) == LOST


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_07_a_tag_of_a_million_octets() -> None:
    tag = b"\x3f" + b"\xff" * 1_000_000 + b"\x01"
    assert both(tag, isoill.SystemId) == ("tag_octets", "System-Id", 0)
    assert both(b"\x7f" + tag[1:]) == ("tag_octets", "ILL-APDU", 0)
    assert both(extension(tag)) == ("tag_octets", ITEM_PATH, ITEM)
    with pytest.raises(isoill.LimitError):
        list(isoill.FrameBuffer().feed(b"\x7f" + tag[1:6]))


def test_08_tags_that_are_not_in_their_one_form() -> None:
    assert both(bytes.fromhex("1f801f00"), OctetString) == ("MALFORMED_TAG", "OCTET STRING", 0)
    assert both(bytes.fromhex(f"6f21 301f {HEADER} bf8000")) == ("MALFORMED_TAG", "Lost", 33)
    # the high form for a tag below 31
    assert listed("6f20301e 9f000102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231") == [
        ("MALFORMED_TAG", "Lost", 4)
    ]
    assert listed(f"7f0f1f301d {HEADER}") == [("MALFORMED_TAG", "ILL-APDU", 0)]
    assert refused(bytes.fromhex(f"7f0f1f301d {HEADER}")) == ("MALFORMED_TAG", "ILL-APDU", 0)


# ── primitive values ─────────────────────────────────────────────────────────────────────────────────────────────


def test_09_integers() -> None:
    assert both(bytes.fromhex("0200"), int) == ("MALFORMED_VALUE", "INTEGER", 0)
    assert refused(bytes.fromhex("02020001"), int) == ("NON_MINIMAL", "INTEGER", 0)
    assert refused(bytes.fromhex("0202ff80"), int) == ("NON_MINIMAL", "INTEGER", 0)
    assert isoill.decode(bytes.fromhex("0202ff80"), type=int, strict=False) == -128
    assert listed(f"6f20301e 80020002 {HEADER[6:]}") == [("NON_MINIMAL", "Lost.protocol_version_num", 4)]
    assert both(tlv("02", b"\x7f" * 1_000_000), int) == ("integer_octets", "INTEGER", 0)


def test_10_object_identifiers() -> None:
    for octets in ("0600", "06022a81", "06032a8001"):
        assert both(bytes.fromhex(octets), OID) == ("MALFORMED_VALUE", "OBJECT IDENTIFIER", 0)
    assert both(tlv("06", b"\x01" * 200_000), OID) == ("oid_arcs", "OBJECT IDENTIFIER", 0)
    assert both(tlv("06", b"\x81" * 200_000 + b"\1"), OID) == ("oid_arc_octets", "OBJECT IDENTIFIER", 0)


def test_11_constructed_strings() -> None:
    assert both(tlv("3b", b"\x04\x01A" * 200_000), isoill.ILLString) == ("segments", "ILL-String", 6 + 3 * 4096)
    assert both(tlv("3b", b"\x04\x00" * 500_000), isoill.ILLString) == ("segments", "ILL-String", 6 + 2 * 4096)
    assert both(b"\x3b\x80" + b"\x24\x80" * 2_000, isoill.ILLString) == ("string_depth", "ILL-String", 2 + 2 * 7)
    assert both(bytes.fromhex("2403020100"), OctetString) == ("MALFORMED_VALUE", "OCTET STRING", 2)
    text = isoill.decode(tlv("3b", b"\x04\x01A" * 200_000), type=isoill.ILLString, limits=WIDE)
    assert text == "A" * 200_000


def test_12_a_million_elements() -> None:
    octets = tlv("a2", b"\x02\x01\x07" * 340_000)
    assert both(octets, isoill.DamagedPortion)[0] == "elements"
    assert both(tlv("6f", tlv("30", bytes.fromhex(HEADER), tlv("bf31", b"\x05\0" * 500_000)))) == (
        "UNEXPECTED_TAG",
        "Lost.extensions[0]",
        len(HEADER.replace(" ", "")) // 2 + 6 + 6 + 7,
    )
    # of indefinite length, an ANY has to be looked through
    any_of_nulls = b"\x30\x80" + b"\x05\0" * 500_000 + b"\0\0"
    assert both(extension(any_of_nulls)) == ("elements", ITEM_PATH, ITEM + 2 + 2 * 19_990)


def test_13_end_of_contents_where_it_does_not_belong() -> None:
    assert both(bytes.fromhex("1b800000"), isoill.ILLString) == ("MALFORMED_LENGTH", "ILL-String", 0)
    assert both(bytes.fromhex(f"6f21301f {HEADER} 0000")) == ("END_OF_CONTENTS", "Lost", 33)
    assert both(b"\0\0") == ("END_OF_CONTENTS", "ILL-APDU", 0)
    # between messages, a stream passes over zeros, counts them, and does not do so for ever
    frames = isoill.FrameBuffer()
    assert list(frames.feed(LOST + b"\0" * 4096 + LOST)) == [LOST, LOST]
    assert frames.padding == 4096
    with pytest.raises(isoill.LimitError) as caught:
        list(frames.feed(b"\0" * 4097))
    assert (caught.value.limit, frames.can_continue) == ("padding", False)
    assert refused(b"\0" * 4097 + LOST) == ("END_OF_CONTENTS", "ILL-APDU", 0)
    assert refused(b"\0" * 4097 + LOST, strict=False) == ("padding", "ILL-APDU", 0)
    assert isoill.decode(b"\0" * 4096 + LOST, strict=False) == isoill.decode(LOST)


def test_14_every_vector_cut_at_every_octet(request_octets: bytes) -> None:
    for message in (LOST, request_octets):
        for end in range(len(message)):
            for strict in (True, False):
                with pytest.raises(isoill.TruncatedError):
                    isoill.decode(message[:end], strict=strict)
            frames = isoill.FrameBuffer()
            assert list(frames.feed(message[:end])) == []


def test_15_trailing_octets() -> None:
    assert both(LOST + b"\x05") == ("TRAILING_OCTETS", "Lost", len(LOST))
    assert isoill.decode_from(LOST + b"\x05") == (isoill.decode(LOST), len(LOST))


def test_16_bit_strings() -> None:
    for octets in ("030209ff", "0300", "030107"):
        assert both(bytes.fromhex(octets), BitString) == ("MALFORMED_VALUE", "BIT STRING", 0)
    assert both(bytes.fromhex("2308 030201fe 030200ff"), BitString) == ("MALFORMED_VALUE", "BIT STRING", 8)


def test_17_booleans() -> None:
    for octets in ("0100", "0102ffff"):
        assert both(bytes.fromhex(octets), bool) == ("MALFORMED_VALUE", "BOOLEAN", 0)
    assert isoill.decode(bytes.fromhex("010105"), type=bool) is True


# ── components ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_18_components_twice_or_out_of_order() -> None:
    twice = "6f2d302b 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 a20ca00a80083230323631313330"
    assert refused(bytes.fromhex(twice)) == ("DUPLICATE_COMPONENT", "Lost.service_date_time", 33)
    assert listed(twice) == [("DUPLICATE_COMPONENT", "Lost.service_date_time", 33)]
    assert isoill.decode(bytes.fromhex(twice), strict=False) == isoill.decode(LOST)  # the first wins
    late = "6f1f301d 800102 a20ca00a80083230323631313231 a10aa1031b0131a2031b0132"
    # strictly it is the component that should have come first that is missing
    assert refused(bytes.fromhex(late)) == ("MISSING_COMPONENT", "Lost.transaction_id", 7)
    assert listed(late) == [("OUT_OF_ORDER", "Lost.transaction_id", 21)]


def test_19_an_unknown_context_tag() -> None:
    unknown = f"6f243022 {HEADER} bf3c020500"
    with pytest.raises(isoill.DecodeError, match=r"expected a component of Lost, found \[60\]") as caught:
        isoill.decode(bytes.fromhex(unknown))
    assert (caught.value.reason.name, caught.value.offset) == ("UNKNOWN_COMPONENT", 33)
    [deviation] = isoill.examine(bytes.fromhex(unknown)).deviations
    assert (deviation.reason.name, deviation.octets.hex()) == ("UNKNOWN_COMPONENT", "bf3c020500")


@sequence
class Wrapped:
    text: Annotated[OctetString | None, Explicit(0)] = None


def test_20_the_constructed_bit_flipped() -> None:
    assert both(bytes.fromhex("1000"), isoill.SystemAddress) == ("WRONG_FORM", "System-Address", 0)
    assert both(bytes.fromhex(f"4f1f301d {HEADER}"))[0] == "UNEXPECTED_TAG"
    assert refused(bytes.fromhex(f"6f21301f a0030201 02 {HEADER[6:]}")) == (
        "WRONG_FORM",
        "Lost.protocol_version_num",
        4,
    )
    assert refused(bytes.fromhex("3002 8000"), isoill.SystemAddress)[0] == "WRONG_FORM"
    assert both(bytes.fromhex("3002 a000"), Wrapped) == ("MALFORMED_VALUE", "Wrapped.text", 2)
    assert both(bytes.fromhex("3006 a00404000400"), Wrapped) == ("MALFORMED_VALUE", "Wrapped.text", 6)


# ── what is kept as it came ──────────────────────────────────────────────────────────────────────────────────────


def test_21_an_external_in_an_external_and_a_critical_extension() -> None:
    inner = isoill.encode(isoill.External.of("1.2.3", bytes.fromhex("0500")))
    item = isoill.encode(isoill.External.of("1.2.4", inner))
    apdu = isoill.decode(extension(item))
    assert item_of(extension(item)) == item
    unknown = isoill.Extension(identifier=1, critical=True, item=item)
    known = isoill.Extension(
        identifier=1, critical=True, item=isoill.encode(isoill.External.of("1.0.10161.13.3", b"\x30\0"))
    )
    lost = isoill.Lost(
        protocol_version_num=2,
        transaction_id=apdu.transaction_id,
        service_date_time=apdu.service_date_time,
        extensions=(known, unknown),
    )
    examination = isoill.examine(isoill.encode(lost))
    assert examination.deviations == ()
    assert examination.unknown_critical == (unknown,)
    assert isoill.decode(isoill.encode(lost)) == lost


def test_22_an_any_of_ten_thousand_levels() -> None:
    deep = b"\x30\x80" * 10_000 + b"\0\0" * 10_000
    assert both(extension(deep)) == ("depth", ITEM_PATH, ITEM + 2 * 59)
    assert both(deep, ANY) == ("depth", "ANY", 2 * 64)
    shallow = b"\x30\x80" * 50 + b"\0\0" * 50
    assert item_of(extension(shallow)) == shallow


def test_23_text_of_every_sort() -> None:
    for text in (b"\x1b$B0!\x1b(B", b"\xff\xfe", b"a\0b", "é".encode("latin-1"), "é".encode()):
        octets = b"\x1b" + bytes([len(text)]) + text
        value = isoill.decode(octets, type=isoill.ILLString)
        assert isoill.encode(value, type=isoill.ILLString) == octets
    with pytest.raises(isoill.EncodeError) as caught:
        isoill.encode("\ud800", type=isoill.ILLString)
    assert caught.value.reason is isoill.Reason.UNWRITABLE_VALUE


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (b"19991332", "month must be in 1..12"),
        (b"00000000", "year 0 is out of range"),
        (b"\xff" * 8, "expected a date as YYYYMMDD"),
    ],
)
def test_24_dates_that_are_none(date: bytes, words: str) -> None:
    octets = LOST.replace(b"20261121", date)
    apdu = isoill.decode(octets)
    assert isoill.encode(apdu) == octets
    with pytest.raises(ValueError, match=words):
        apdu.service_date_time.date_time_of_this_service.moment  # noqa: B018 - asking is the test


def test_25_one_octet_at_a_time(request_octets: bytes) -> None:
    """That the cost is linear is for ``python -m benchmarks limits`` to say; here, that no octet is lost."""
    stream = request_octets * 20
    frames = isoill.FrameBuffer()
    found = [octets for at in range(len(stream)) for octets in frames.feed(stream[at : at + 1])]
    assert found == [request_octets] * 20
    assert list(isoill.iter_apdus(io.BytesIO(stream))) == [isoill.decode(request_octets)] * 20


# ── what other layers will have to answer as well ────────────────────────────────────────────────────────────────


def test_26_ten_thousand_streams_that_end_in_the_middle() -> None:
    """Each holds what has come, and nothing for what was announced."""
    half = bytes.fromhex("6f830ffff0 30830fffea")
    tracemalloc.start()
    try:
        streams = [isoill.FrameBuffer().feed(half) for _ in range(10_000)]
        assert [next(frames, None) for frames in streams] == [None] * 10_000
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 10_000 * 1_024
    with pytest.raises(isoill.TruncatedError) as caught:
        streams[0].finish()
    assert (caught.value.path, caught.value.offset) == ("Lost", 0)


def test_27_very_many_small_messages() -> None:
    tracemalloc.start()
    try:
        count = sum(apdu.protocol_version_num == 2 for apdu in isoill.iter_apdus(LOST * 50_000))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 50_000
    assert most < (1 << 20) + 50_000 * len(LOST)


def test_28_an_entity_bomb() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{lol}]><ISO18626Message>&l9;</ISO18626Message>'
    assert both(bomb.encode()) == ("NOT_BER", "ILL-APDU", 0)
    with pytest.raises(isoill.DecodeError, match="found XML"):
        isoill.decode(bomb.encode())


def test_29_mail_in_mail() -> None:
    part = 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
    assert both((part * 1_000).encode()) == ("NOT_BER", "ILL-APDU", 0)
    assert both(b"YYICATCCAf2AAQKhGKAKoQ=!") == ("NOT_BER", "ILL-APDU", 0)

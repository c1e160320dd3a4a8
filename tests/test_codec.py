"""decode, encode, decode_from, iter_apdus, peek and examine, as a program calls them."""

import dataclasses
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import isoill
from tests.conftest import ROOT

SHORT = isoill.Message(
    protocol_version_num=2,
    transaction_id=isoill.TransactionId(transaction_group_qualifier="G", transaction_qualifier="1"),
    service_date_time=isoill.ServiceDateTime(date_time_of_this_service=isoill.DateTimeOfService(date="20261121")),
    note="Hello",
)
OCTETS = bytes.fromhex("7129 3027 800102 a10a a1031b0147 a2031b0131 a20ca00a80083230323631313231 bf2e07 1b0548656c6c6f")


def test_octets_written_by_hand() -> None:
    assert isoill.decode(OCTETS) == SHORT
    assert isoill.encode(SHORT) == OCTETS


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: memoryview(data + b"..")[:-2]])
def test_anything_that_holds_octets_is_read(kind: Any) -> None:
    assert isoill.decode(kind(OCTETS)) == SHORT
    assert isoill.examine(kind(OCTETS)).apdu == SHORT
    assert isoill.decode_from(kind(OCTETS)) == (SHORT, len(OCTETS))
    assert isoill.peek(kind(OCTETS)).length == len(OCTETS)
    assert list(isoill.iter_apdus(kind(OCTETS))) == [SHORT]


def test_every_prefix_is_truncated() -> None:
    for end in range(len(OCTETS)):
        with pytest.raises(isoill.TruncatedError) as caught:
            isoill.decode(OCTETS[:end])
        assert 1 <= caught.value.needed <= len(OCTETS) - end


def test_every_prefix_of_indefinite_lengths_is_truncated(request_octets: bytes) -> None:
    for end in range(len(request_octets)):
        with pytest.raises(isoill.TruncatedError) as caught:
            isoill.decode(request_octets[:end])
        assert 1 <= caught.value.needed <= len(request_octets) - end


# ── defaults ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_defaults_are_written_unless_asked_not_to() -> None:
    search = isoill.SearchType()
    assert isoill.encode(search).hex() == "3003820103"
    assert isoill.encode(search, defaults=False).hex() == "3000"
    assert isoill.decode(b"\x30\x00", type=isoill.SearchType) == search
    assert isoill.decode(b"\x30\x00", type=isoill.SearchType).expiry_flag is isoill.ExpiryFlag.NO_EXPIRY


def test_what_is_not_the_default_is_always_written() -> None:
    due = isoill.DateDue(date_due_field="20261224", renewable=False)
    assert isoill.encode(due, defaults=False) == isoill.encode(due)


# ── encoding what cannot be written ──────────────────────────────────────────────────────────────────────────────


def request_with(**components: Any) -> Any:
    return dataclasses.replace(SHORT, **components)


@pytest.mark.parametrize(
    ("value", "reason", "path", "detail"),
    [
        (request_with(note=7), "WRONG_TYPE", "Message.note", "expected str, found int"),
        (request_with(note=None), "MISSING_COMPONENT", "Message.note", "expected str, found None"),
        (request_with(note="\ud800"), "UNWRITABLE_VALUE", "Message.note", "lone surrogates"),
        (
            request_with(protocol_version_num=True),
            "WRONG_TYPE",
            "Message.protocol_version_num",
            "expected int, found bool",
        ),
        (request_with(requester_id="als:BVAS"), "WRONG_TYPE", "Message.requester_id", "expected SystemId, found str"),
        (request_with(extensions=[]), "WRONG_TYPE", "Message.extensions", "expected tuple, found list"),
        (
            request_with(extensions=(None,)),
            "MISSING_COMPONENT",
            "Message.extensions[0]",
            "expected Extension, found None",
        ),
        (
            request_with(
                extensions=(
                    isoill.Extension(identifier=1, item=b"\x05\x00"),
                    isoill.Extension(identifier=1, item=b"\5"),
                )
            ),
            "UNWRITABLE_VALUE",
            "Message.extensions[1].item",
            "expected the octets of one whole BER value, found 05",
        ),
        (isoill.Extension(identifier=1, item=b""), "UNWRITABLE_VALUE", "Extension.item", "found none"),
        (isoill.Extension(identifier=1, item=b"\x05\x00\x05\x00"), "UNWRITABLE_VALUE", "Extension.item", "05000500"),
        (
            isoill.Extension(identifier=1, critical=1, item=b"\x05\x00"),  # type: ignore[arg-type]
            "WRONG_TYPE",
            "Extension.critical",
            "expected bool",
        ),
        (isoill.External.of("1.0.x", b"\x05\x00"), "UNWRITABLE_VALUE", "EXTERNAL.direct_reference", "found '1.0.x'"),
        (isoill.External.of("1.40", b"\x05\x00"), "UNWRITABLE_VALUE", "EXTERNAL.direct_reference", "found '1.40'"),
        (isoill.External.of("3.1", b"\x05\x00"), "UNWRITABLE_VALUE", "EXTERNAL.direct_reference", "found '3.1'"),
        (isoill.External.of("1", b"\x05\x00"), "UNWRITABLE_VALUE", "EXTERNAL.direct_reference", "found '1'"),
        (isoill.External.of("1.01", b"\x05\x00"), "UNWRITABLE_VALUE", "EXTERNAL.direct_reference", "found '1.01'"),
        (
            isoill.UnfilledResults(reason_unfilled=isoill.ReasonLocsProvided.LOST),  # type: ignore[arg-type]
            "WRONG_TYPE",
            "Unfilled-Results.reason_unfilled",
            "expected ReasonUnfilled, found ReasonLocsProvided",
        ),
        (
            isoill.ExternalEncoding(arbitrary=isoill.BitString(b"", 3)),
            "UNWRITABLE_VALUE",
            "EXTERNAL.encoding.arbitrary",
            "0 to 7 unused bits",
        ),
        (
            isoill.DamagedPortion(complete_document=True),  # type: ignore[arg-type]
            "WRONG_TYPE",
            "Damaged-Details.damaged-portion.complete_document",
            "NULL",
        ),
        ("a letter", "WRONG_TYPE", "", "expected a value of a declared type, found str"),
    ],
)
def test_what_cannot_be_written_is_said(value: object, reason: str, path: str, detail: str) -> None:
    with pytest.raises(isoill.EncodeError) as caught:
        isoill.encode(value)
    assert (caught.value.reason.name, caught.value.path) == (reason, path)
    assert detail in str(caught.value)


def test_a_choice_forced_empty_cannot_be_written() -> None:
    empty = object.__new__(isoill.DamagedPortion)
    with pytest.raises(isoill.EncodeError, match="exactly one member"):
        isoill.encode(empty)


def test_values_of_subclasses_are_written() -> None:
    class Ours(isoill.Message):
        """Somebody's own class, with attributes of its own."""

    ours = Ours(**{name: getattr(SHORT, name) for name in SHORT.__dataclass_fields__})
    assert isoill.encode(ours) == OCTETS


def test_a_listed_number_may_stand_for_its_member() -> None:
    assert isoill.encode(isoill.UnfilledResults(reason_unfilled=17)) == isoill.encode(  # type: ignore[arg-type]
        isoill.UnfilledResults(reason_unfilled=isoill.ReasonUnfilled.NOT_FOUND_AS_CITED)
    )


def test_large_values_are_written() -> None:
    note = "é" * 300_000
    octets = isoill.encode(request_with(note=note))
    assert isoill.decode(octets).note == note  # type: ignore[union-attr]
    assert len(octets) > 600_000


# ── several in a row ─────────────────────────────────────────────────────────────────────────────────────────────


def test_decode_from_says_where_it_ended() -> None:
    assert isoill.decode_from(b"??" + OCTETS + b"??", 2) == (SHORT, 2 + len(OCTETS))
    with pytest.raises(ValueError, match="offset: expected 0 to 43, found 44"):
        isoill.decode_from(OCTETS, 44)
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode_from(b"??" + OCTETS[:4] + b"\x8f" + OCTETS[5:], 2)
    assert caught.value.offset == 2 + 4


@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 20])
def test_iter_apdus_reads_files_in_pieces(piece: int, request_octets: bytes) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(piece, size or piece))

    stream = (OCTETS + request_octets) * 5
    wanted = [SHORT, isoill.decode(request_octets)] * 5
    assert list(isoill.iter_apdus(Slow(stream))) == wanted
    assert list(isoill.iter_apdus(stream)) == wanted


def test_iter_apdus_says_where_in_the_file_it_broke(request_octets: bytes) -> None:
    stream = OCTETS * 3000 + b"\x7f\x01" + OCTETS
    for source in (stream, io.BytesIO(stream)):
        got: list[isoill.ILLAPDU] = []
        with pytest.raises(isoill.DecodeError) as caught:
            got.extend(isoill.iter_apdus(source))
        assert (len(got), caught.value.offset) == (3000, 3000 * len(OCTETS))
    for source in (OCTETS + request_octets[:50], io.BytesIO(OCTETS + request_octets[:50])):
        with pytest.raises(isoill.TruncatedError):
            list(isoill.iter_apdus(source))


@pytest.mark.parametrize("source", ["text", 7, None, io.StringIO("text"), memoryview(OCTETS)[::2]])
def test_iter_apdus_wants_octets(source: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        list(isoill.iter_apdus(source))


def test_iter_apdus_bounds_one_apdu() -> None:
    large = isoill.encode(request_with(note="x" * 5000))
    limits = isoill.Limits(octets=1000)
    assert len(list(isoill.iter_apdus(io.BytesIO(OCTETS * 100), limits=limits))) == 100
    for source in (OCTETS + large, io.BytesIO(OCTETS + large[:20])):
        with pytest.raises(isoill.LimitError) as caught:
            list(isoill.iter_apdus(source, limits=limits))
        assert (caught.value.limit, caught.value.offset) == ("octets", len(OCTETS))
    endless = b"\x71\x80\x30\x80" + b"\xbf\x31\x80" * 1000
    with pytest.raises(isoill.DecodeError):
        list(isoill.iter_apdus(io.BytesIO(endless), limits=limits))


def test_examine_from_counts_offsets_from_the_start() -> None:
    odd = bytes.fromhex(f"7127 {HEADER} bf2e07 1b0548656c6c6f")
    examination, end = isoill.examine_from(OCTETS + odd + OCTETS, len(OCTETS))
    assert (examination.apdu, end) == (SHORT, len(OCTETS) + len(odd))
    assert [deviation.offset for deviation in examination.deviations] == [len(OCTETS)]


# ── peek ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_peek_looks_no_further_than_it_must(request_octets: bytes) -> None:
    assert isoill.peek(OCTETS + b"more") == isoill.Envelope(
        isoill.ILLAPDUType.MESSAGE, SHORT.transaction_id, len(OCTETS)
    )
    spoilt = OCTETS[:20] + b"\xff" * (len(OCTETS) - 20)
    assert isoill.peek(spoilt).transaction_id == SHORT.transaction_id
    assert isoill.peek(request_octets).length == len(request_octets)


@pytest.mark.parametrize("octets", [OCTETS[:-1], OCTETS[:1], b""])
def test_peek_wants_the_whole_apdu(octets: bytes) -> None:
    with pytest.raises(isoill.TruncatedError):
        isoill.peek(octets)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("68656c6c6f", "NOT_BER"),
        ("7500", "UNEXPECTED_TAG"),
        ("71028000", "UNEXPECTED_TAG"),
        ("71053003800102", "MISSING_COMPONENT"),
    ],
)
def test_peek_refuses_what_has_no_transaction(octets: str, reason: str) -> None:
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.peek(bytes.fromhex(octets))
    assert caught.value.reason.name == reason


# ── lenient reading ──────────────────────────────────────────────────────────────────────────────────────────────

HEADER = "800102 a10a a1031b0147 a2031b0131 a20ca00a80083230323631313231"


@pytest.mark.parametrize(
    ("octets", "deviations"),
    [
        # the APPLICATION tag used implicitly
        (f"7127 {HEADER} bf2e07 1b0548656c6c6f", [("IMPLICIT_TAG", "Message", 0)]),
        # a SEQUENCE inside an implicitly tagged one
        (
            "712b 3029 800102 a10c 300a a1031b0147 a2031b0131 a20ca00a80083230323631313231 bf2e07 1b0548656c6c6f",
            [("EXTRA_SEQUENCE", "Message.transaction_id", 9)],
        ),
        # out of order
        (
            "7129 3027 a10a a1031b0147 a2031b0131 800102 a20ca00a80083230323631313231 bf2e07 1b0548656c6c6f",
            [("OUT_OF_ORDER", "Message.protocol_version_num", 16)],
        ),
        # twice: the first wins
        (
            "712c 302a 800102 800103 a10a a1031b0147 a2031b0131 a20ca00a80083230323631313231 bf2e07 1b0548656c6c6f",
            [("DUPLICATE_COMPONENT", "Message.protocol_version_num", 7)],
        ),
        # unknown, kept aside
        (
            f"712e 302c {HEADER} bf2e07 1b0548656c6c6f bf60020500",
            [("UNKNOWN_COMPONENT", "Message", 43)],
        ),
        # an ILL-String implicit, and one under UTF8String
        (f"7127 3025 {HEADER} 9f2e05 48656c6c6f", [("IMPLICIT_TAG", "Message.note", 33)]),
        (f"7129 3027 {HEADER} bf2e07 0c0548656c6c6f", [("OTHER_STRING_TYPE", "Message.note", 36)]),
        # an ILL-String implicit and in segments
        (f"712b 3029 {HEADER} bf2e09 040248650403 6c6c6f", [("IMPLICIT_TAG", "Message.note", 33)]),
        (f"712f 302d {HEADER} bf2e80 24020400 0405 48656c6c6f 0000", [("IMPLICIT_TAG", "Message.note", 33)]),
        # a tag around the text of a date, where it should replace its tag
        (
            "712b 3029 800102 a10a a1031b0147 a2031b0131 a20ea00ca00a1a083230323631313231 bf2e07 1b0548656c6c6f",
            [("EXPLICIT_TAG", "Message.service_date_time.date_time_of_this_service.date", 23)],
        ),
        # an unknown component before all others, under the APPLICATION tag itself
        (
            f"7129 c500 {HEADER} bf2e07 1b0548656c6c6f",
            [("IMPLICIT_TAG", "Message", 0), ("UNKNOWN_COMPONENT", "Message", 2)],
        ),
        # an unknown component that is a SEQUENCE is none too many
        (f"712c 302a 3001ff {HEADER} bf2e07 1b0548656c6c6f", [("UNKNOWN_COMPONENT", "Message", 4)]),
        # a length in more octets than it needs
        (f"712b 30820027 {HEADER} bf2e07 1b0548656c6c6f", [("NON_MINIMAL", "Message", 2)]),
    ],
)
def test_deviations_are_put_up_with_and_listed(octets: str, deviations: list[tuple[str, str, int]]) -> None:
    data = bytes.fromhex(octets)
    examination = isoill.examine(data)
    assert examination.apdu == SHORT
    assert [(d.reason.name, d.path, d.offset) for d in examination.deviations] == deviations
    assert isoill.decode(data, strict=False) == SHORT
    for deviation in examination.deviations:
        assert data[deviation.offset :].startswith(deviation.octets)
        assert deviation.path in str(deviation)
    if deviations[0][0] not in ("NON_MINIMAL", "EXPLICIT_TAG"):  # these are, or may be, other forms of BER
        with pytest.raises(isoill.DecodeError):
            isoill.decode(data)


def test_a_descriptor_as_libyaz_writes_it() -> None:
    octets = bytes.fromhex("280c 06022a03 190164 8103616263")  # GraphicString for ObjectDescriptor
    wanted = isoill.External(
        direct_reference="1.2.3",
        data_value_descriptor="d",
        encoding=isoill.ExternalEncoding(octet_aligned=b"abc"),
    )
    with pytest.raises(isoill.DecodeError, match="expected ObjectDescriptor, found GraphicString") as caught:
        isoill.decode(octets, type=isoill.External)
    assert (caught.value.path, caught.value.offset) == ("EXTERNAL.data_value_descriptor", 6)
    assert isoill.decode(octets, strict=False, type=isoill.External) == wanted


def test_a_malformed_tag_that_is_kept_is_listed_and_goes_as_it_came() -> None:
    lost = (
        "6f31 302f 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf310f300d800101 8101ffa2053f08020107"
    )
    examination = isoill.examine(bytes.fromhex(lost))
    assert [(d.reason.name, d.offset) for d in examination.deviations] == [
        ("MALFORMED_TAG", 46),
        ("MISSING_EXTERNAL", 46),
    ]
    assert isoill.encode(examination.apdu) == bytes.fromhex(lost)


def test_what_is_cut_off_is_truncated_in_lenient_reading_too() -> None:
    """Where it looks ahead, for a SEQUENCE too many, nothing else may come of octets that are not there."""
    whole = bytes.fromhex(f"64803080 {HEADER} 9f1f0105 bf22803080 3000 3000 0000 0000 0000 0000")
    assert isoill.examine(whole).apdu.already_tried_list == (isoill.SystemId(),) * 2  # type: ignore[union-attr]
    for end in range(len(whole)):
        with pytest.raises(isoill.TruncatedError):
            isoill.examine(whole[:end])


def test_padding_is_no_part_of_what_is_limited() -> None:
    limits = isoill.Limits(octets=len(OCTETS))
    for octets in (OCTETS + b"\r\n", b"\0" + OCTETS, b"\n" + OCTETS + b"\0" * 9):
        assert isoill.examine(octets, limits=limits).apdu == SHORT
        assert list(isoill.iter_apdus(octets, limits=limits, strict=False)) == [SHORT]
    with pytest.raises(isoill.LimitError):
        isoill.examine(OCTETS, limits=isoill.Limits(octets=len(OCTETS) - 1))


def test_unlisted_values_are_kept_as_numbers() -> None:
    octets = bytes.fromhex("3003800163")
    with pytest.raises(isoill.DecodeError):
        isoill.decode(octets, type=isoill.UnfilledResults)
    kept = isoill.decode(octets, strict=False, type=isoill.UnfilledResults)
    assert kept.reason_unfilled == 99
    assert isoill.encode(kept) == octets


def test_lenient_reading_makes_nothing_up() -> None:
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(bytes.fromhex("3000"), strict=False, type=isoill.UnfilledResults)
    assert caught.value.reason is isoill.Reason.MISSING_COMPONENT


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_threads_do_not_disturb_each_other(request_octets: bytes) -> None:
    wanted = isoill.decode(request_octets)
    octets = isoill.encode(wanted)
    examination, envelope = isoill.examine(request_octets), isoill.peek(request_octets)
    wrong: list[str] = []

    def work() -> None:
        for _ in range(300):
            if isoill.decode(request_octets) != wanted or isoill.encode(wanted) != octets:
                wrong.append("a value or its octets differ")
            if isoill.examine(request_octets) != examination or isoill.peek(request_octets) != envelope:
                wrong.append("an examination or an envelope differs")

    in_threads(work)
    assert wrong == []


def in_threads(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_may_share_a_frame_buffer() -> None:
    """Whichever takes a frame takes it whole; what order they come in is for the threads to agree on."""
    frames = isoill.FrameBuffer()
    found: list[bytes] = []

    def work() -> None:
        for _ in range(300):
            frames.feed(OCTETS * 3)
            while (octets := next(frames, None)) is not None:
                found.append(octets)

    in_threads(work)
    found += frames
    assert found == [OCTETS] * (8 * 300 * 3)
    assert frames.held == 0


def test_examples_are_where_the_documentation_says() -> None:
    assert (ROOT / "examples" / "messages" / "README.rst").is_file()
    assert Path("examples/messages/ill-request.ber").is_file()

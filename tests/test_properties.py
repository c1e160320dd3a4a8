"""What holds of every message: hypothesis writes the messages, and breaks them."""

import copy
import dataclasses
import pickle
from collections import Counter
from random import Random
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from isoill.asn1 import BitString, Kind, type_of
from isoill.codec import decode, encode, examine
from isoill.dump import dump, tree
from isoill.errors import MESSAGE_CHARACTERS, DecodeError, Reason, TruncatedError
from isoill.plain import from_json, to_json
from isoill.testing import apdus, reference, rewritten, values
from isoill.types import ILLAPDU, DateTimeOfService, Lost, ServiceDateTime, TransactionId
from tests.test_strategies import DECLARED, parts

MODEST = settings(max_examples=150, deadline=None)
MANY = settings(max_examples=400, deadline=None)


def exactly(value: Any) -> Any:
    """A value with the class of each part of it: a ``str`` equals a VisibleString, and a member its number."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value), [exactly(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return [exactly(element) for element in value]
    return type(value), value


@st.composite
def declared_values(draw: DrawFn, *, constrained: bool = False) -> tuple[Any, Any]:
    """A value of any class, enumeration or alias that is declared, and its type."""
    annotation = draw(st.sampled_from(list(DECLARED.values())))
    return annotation, draw(values(annotation, constrained=constrained))


# ── what is written is read again ──────────────────────────────────────────────────────────────────────────────────


@MODEST
@given(apdus(constrained=False), st.booleans())
def test_an_apdu_is_read_as_it_was_written(apdu: ILLAPDU, defaults: bool) -> None:
    octets = encode(apdu, defaults=defaults)
    again = decode(octets)
    assert again == apdu
    assert exactly(again) == exactly(apdu)
    assert repr(again) == repr(apdu)
    assert encode(again, defaults=defaults) == encode(apdu, defaults=defaults) == octets


@MANY
@given(declared_values(), st.booleans())
def test_a_value_of_any_type_is_read_as_it_was_written(typed: tuple[Any, Any], defaults: bool) -> None:
    annotation, value = typed
    octets = encode(value, type=annotation, defaults=defaults)
    again = decode(octets, type=annotation)
    assert exactly(again) == exactly(value)
    assert repr(again) == repr(value)
    assert encode(again, type=annotation, defaults=defaults) == octets


@MODEST
@given(apdus())
def test_what_is_written_has_no_deviations(apdu: ILLAPDU) -> None:
    for defaults in (True, False):
        examination = examine(encode(apdu, defaults=defaults))
        assert exactly(examination.apdu) == exactly(apdu)
        assert examination.deviations == ()


@MODEST
@given(apdus())
def test_any_octets_will_do(apdu: ILLAPDU) -> None:
    octets = encode(apdu)
    assert decode(bytearray(octets)) == decode(memoryview(octets)) == apdu


# ── what others write is read as well ──────────────────────────────────────────────────────────────────────────────


@MODEST
@given(apdus(constrained=False), st.integers(0, 2**32), st.sampled_from((0.02, 0.1, 0.4)))
def test_every_legal_form_is_read(apdu: ILLAPDU, seed: int, rate: float) -> None:
    written = rewritten(apdu, Random(seed), rate=rate)
    assert exactly(decode(written.octets)) == exactly(apdu)
    assert exactly(examine(written.octets).apdu) == exactly(apdu)
    assert encode(decode(written.octets)) == encode(apdu)


@MANY
@given(apdus(constrained=False), st.integers(0, 2**32), st.sampled_from((0.02, 0.1, 0.4)))
def test_every_dialect_is_read_and_each_deviation_listed(apdu: ILLAPDU, seed: int, rate: float) -> None:
    written = rewritten(apdu, Random(seed), rate=rate, dialects=True)
    examination = examine(written.octets)
    assert examination.apdu == apdu
    assert exactly(decode(written.octets, strict=False)) == exactly(examination.apdu)
    listed = Counter((each.reason, each.path) for each in examination.deviations if each.reason not in FURTHER_OUT)
    wanted = Counter((reason, path) for reason, path in written.deviations if reason not in FURTHER_OUT)
    assert listed == wanted
    reasons = Counter(each.reason for each in examination.deviations)
    assert reasons == Counter(reason for reason, _ in written.deviations)
    again = encode(examination.apdu)
    assert decode(again) == apdu
    assert {each.reason for each in examine(again).deviations} <= {Reason.MISSING_EXTERNAL}


#: What is met before the component is known that it is about: the path is that of what is around it.
FURTHER_OUT = {Reason.MALFORMED_TAG, Reason.NON_MINIMAL}


@MODEST
@given(st.data())
def test_text_in_every_charset_keeps_its_octets(data: st.DataObject) -> None:
    """ISO 646, ISO 2022 with its escapes, Latin-1, UTF-8 whole and broken, NUL: GeneralString may be any of them."""
    escapes = [b"\x1b$B", b"\x1b(B", b"\x1b.A", b"\x0e\x0f"]
    pieces = [*escapes, b"plain", b"\0", "\u00e9\u4e2d\U0001f4d6".encode(), b"\xe9", b"\xff"]
    octets = b"".join(data.draw(st.lists(st.sampled_from(pieces) | st.binary(max_size=5), max_size=6)))
    tag = data.draw(st.sampled_from((b"\x1b", b"\x1a")))
    written = tag + bytes([len(octets)]) + octets
    text = decode(written, type=DECLARED["ILLString"])
    assert encode(text, type=DECLARED["ILLString"]) == written
    assert exactly(decode(written, type=DECLARED["ILLString"], strict=False)) == exactly(text)
    note = Lost(
        protocol_version_num=2,
        transaction_id=TransactionId(transaction_group_qualifier=text, transaction_qualifier=""),
        service_date_time=ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261121")),
    )
    assert written in encode(note)
    assert exactly(from_json(to_json(note))) == exactly(note)
    assert dump(encode(note))
    assert tree(note)
    assert repr(note)


# ── the second opinion ─────────────────────────────────────────────────────────────────────────────────────────────


def is_beyond_the_reference(type_: Any, value: Any) -> bool:
    """Whether there is an ANY of indefinite length, which asn1tools cannot read."""

    def is_indefinite(octets: bytes) -> bool:
        identifier = 1
        if octets[0] & 0x1F == 0x1F:
            identifier += 1 + next(i for i, octet in enumerate(octets[1:]) if octet < 0x80)
        return octets[identifier] == 0x80

    return any(part.kind is Kind.ANY and is_indefinite(octets) for part, octets in parts(type_of(type_), value))


def has_loose_bits(type_: Any, value: Any) -> bool:
    """Whether there is a BIT STRING whose unused bits are not zeros, as which asn1tools writes them."""
    bits = [part for _, part in parts(type_of(type_), value) if isinstance(part, BitString)]
    return any(part.unused and part.octets[-1] % (1 << part.unused) for part in bits)


@MODEST
@given(apdus(constrained=False), st.booleans())
def test_the_reference_reads_the_same(apdu: ILLAPDU, defaults: bool) -> None:
    octets = encode(apdu, defaults=defaults)
    if is_beyond_the_reference(ILLAPDU, apdu):
        with pytest.raises(reference.Refused, match="definite"):
            reference.decode(octets)
    else:
        assert exactly(reference.decode(octets)) == exactly(apdu)


@MODEST
@given(apdus(constrained=False), st.booleans())
def test_the_reference_writes_the_same(apdu: ILLAPDU, defaults: bool) -> None:
    octets = reference.encode(apdu, defaults=defaults)
    if has_loose_bits(ILLAPDU, apdu):
        assert len(octets) == len(encode(apdu, defaults=defaults))
    else:
        assert octets == encode(apdu, defaults=defaults)
        assert exactly(decode(octets)) == exactly(apdu)


#: Apdu is the base class of the twenty, PrintableString a type of ASN.1's own, ProtocolVersionNum the names of numbers:
#: the module has none of them.
NOT_IN_MODULE = ("Apdu", "PrintableString", "ProtocolVersionNum")
IN_MODULE = [annotation for name, annotation in DECLARED.items() if name not in NOT_IN_MODULE]


@MANY
@given(st.data(), st.sampled_from(IN_MODULE))
def test_the_reference_agrees_on_every_type(data: st.DataObject, annotation: Any) -> None:
    value = data.draw(values(annotation))
    octets = encode(value, type=annotation)
    if not is_beyond_the_reference(annotation, value):
        assert exactly(reference.decode(octets, annotation)) == exactly(value)
    if not has_loose_bits(annotation, value):
        assert reference.encode(value, type=annotation) == octets


@pytest.mark.parametrize(
    "octets", [b"", b"\x30", b"\x30\x00\x00", b"\x31\x00", b"\x30\x05", b"\x30\x04\xa0\x02\xa5\x00"]
)
def test_the_reference_refuses_in_one_way(octets: bytes) -> None:
    with pytest.raises(reference.Refused):
        reference.decode(octets, DECLARED["SystemId"])


LEGAL_AND_REFUSED = {
    "segments of a string with its own tag": ("SystemId", "30 0e a0 0c a1 0a 3b 08 1b 06 4f 4f 4e 3a 4f 4e"),
    "ANY of indefinite length": ("Extension", "30 0b 80 01 01 a2 06 30 80 05 00 00 00"),
}

BROKEN_AND_TAKEN = {
    "unknown component": ("SystemId", "30 02 85 00"),
    "repeated component": ("SystemId", "30 10 a0 06 a1 04 1b 02 4f 4e a0 06 a1 04 1b 02 4f 4f"),
    "a length too short": ("SystemId", "30 0c a0 09 a1 08 1b 06 4f 4f 4e 3a 4f 4e"),
    "two values under an explicit tag": ("SystemId", "30 0e a0 0c a1 08 1b 06 4f 4f 4e 3a 4f 4e 05 00"),
    "octets after an ANY": ("Extension", "30 08 80 01 01 a2 03 05 00 00"),
    "INTEGER of no octets": ("UnitsPerMediumType", "30 09 a0 03 0a 01 01 a1 02 02 00"),
    "INTEGER of more octets than needed": ("UnitsPerMediumType", "30 0b a0 03 0a 01 01 a1 04 02 02 00 01"),
    "OBJECT IDENTIFIER of no octets": ("External", "28 07 06 00 81 03 01 02 03"),
}


@pytest.mark.parametrize(("name", "octets"), LEGAL_AND_REFUSED.values(), ids=LEGAL_AND_REFUSED)
def test_the_reference_refuses_what_is_legal(name: str, octets: str) -> None:
    decode(bytes.fromhex(octets), type=DECLARED[name])
    with pytest.raises(reference.Refused):
        reference.decode(bytes.fromhex(octets), DECLARED[name])


@pytest.mark.parametrize(("name", "octets"), BROKEN_AND_TAKEN.values(), ids=BROKEN_AND_TAKEN)
def test_the_reference_takes_what_is_broken(name: str, octets: str) -> None:
    reference.decode(bytes.fromhex(octets), DECLARED[name])
    with pytest.raises(DecodeError):
        decode(bytes.fromhex(octets), type=DECLARED[name])


def test_the_reference_knows_the_types_of_the_module_only() -> None:
    with pytest.raises(reference.Refused, match="the modules have no type"):
        reference.decode(b"", int)
    with pytest.raises(reference.Refused, match="cannot write"):
        reference.encode("loan", type=DECLARED["ILLServiceType"])


# ── what is cut off, broken or made up ─────────────────────────────────────────────────────────────────────────────


@MODEST
@given(apdus(constrained=False))
def test_every_part_that_ends_too_early_is_truncated(apdu: ILLAPDU) -> None:
    octets = encode(apdu)
    for end in range(0, len(octets), 1 + len(octets) // 500):
        with pytest.raises(TruncatedError) as raised:
            decode(octets[:end])
        assert raised.value.reason is Reason.TRUNCATED
        assert 0 < raised.value.needed <= len(octets) - end


@st.composite
def broken(draw: DrawFn) -> bytes:
    """A message with something done to it."""
    octets = bytearray(encode(draw(apdus()), defaults=draw(st.booleans())))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, min(len(octets), 4_000) - 1)))
        size = draw(st.integers(1, 6))
        match draw(st.sampled_from(("flip", "set", "delete", "insert", "repeat", "splice"))):
            case "flip" if octets:
                octets[at] ^= 1 << draw(st.integers(0, 7))
            case "set" if octets:
                octets[at] = draw(st.sampled_from((0x00, 0x1F, 0x20, 0x24, 0x28, 0x30, 0x3B, 0x7F, 0x80, 0x81, 0xFF)))
            case "delete":
                del octets[at : at + size]
            case "insert":
                octets[at:at] = draw(st.binary(max_size=6))
            case "repeat":
                octets[at:at] = octets[at : at + draw(st.integers(1, 60))]
            case "splice":
                other = encode(draw(apdus()))
                start = draw(st.integers(0, min(len(other), 4_000) - 1))
                octets[at : at + size] = other[start : start + draw(st.integers(1, 60))]
    return bytes(octets)


def check_error(error: DecodeError, octets: bytes) -> None:
    """An error says what and where, within bounds."""
    assert isinstance(error.reason, Reason)
    assert 0 <= error.offset <= len(octets)
    assert len(error.detail) <= MESSAGE_CHARACTERS
    assert error.detail in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def check_reading(octets: bytes) -> None:
    """Whatever the octets: an APDU that can be written, shown and read again, or a DecodeError."""
    strict: Any = None
    try:
        strict = decode(octets)
    except DecodeError as error:
        check_error(error, octets)
    else:
        for defaults in (True, False):
            assert exactly(decode(encode(strict, defaults=defaults))) == exactly(strict)
        assert repr(strict)
        assert pickle.loads(pickle.dumps(strict)) == strict
    try:
        examination = examine(octets)
    except DecodeError as error:
        check_error(error, octets)
        assert strict is None
        return
    lenient = examination.apdu
    assert exactly(decode(encode(lenient), strict=False)) == exactly(lenient)
    assert repr(lenient)
    assert exactly(decode(octets, strict=False)) == exactly(lenient)
    assert dump(octets)
    assert tree(lenient)
    assert exactly(from_json(to_json(lenient))) == exactly(lenient)
    if strict is not None:
        assert exactly(lenient) == exactly(strict)
    else:
        assert examination.deviations
    for deviation in examination.deviations:
        end = deviation.offset + len(deviation.octets)
        assert octets[deviation.offset : end] == deviation.octets
        assert len(deviation.detail) <= MESSAGE_CHARACTERS


@settings(max_examples=700, deadline=None)
@given(broken())
def test_a_broken_message_is_read_or_refused(octets: bytes) -> None:
    check_reading(octets)


@MANY
@given(st.binary(max_size=200))
def test_octets_of_no_meaning_are_read_or_refused(octets: bytes) -> None:
    check_reading(octets)


ANY = Annotated[bytes, Kind.ANY]


@MANY
@given(st.integers(1, 20), st.lists(values(ANY), max_size=6))
def test_ber_of_no_meaning_is_read_or_refused(number: int, inside: list[bytes]) -> None:
    contents = b"".join(inside)
    check_reading(bytes([0x60 | number]) + b"\x80\x30\x80" + contents + b"\0\0\0\0")


@MANY
@given(values(ANY))
def test_any_is_kept_octet_for_octet(octets: bytes) -> None:
    assert decode(octets, type=ANY) == encode(octets, type=ANY) == octets


# ── values are values ──────────────────────────────────────────────────────────────────────────────────────────────


@MODEST
@given(apdus())
def test_a_message_is_a_value(written: ILLAPDU) -> None:
    """Whether made in Python or read from octets, which makes objects by another way."""
    read = decode(encode(written))
    assert hash(read) == hash(written)
    for apdu in (written, read):
        copies = [copy.copy(apdu), copy.deepcopy(apdu), dataclasses.replace(apdu)]
        copies += [pickle.loads(pickle.dumps(apdu, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for again in copies:
            assert exactly(again) == exactly(apdu)
            assert (again, hash(again), repr(again)) == (apdu, hash(apdu), repr(apdu))
            assert encode(again) == encode(apdu)


@MODEST
@given(apdus(), apdus())
def test_messages_are_equal_where_their_octets_are(one: ILLAPDU, other: ILLAPDU) -> None:
    assert (encode(one) == encode(other)) == (exactly(one) == exactly(other))

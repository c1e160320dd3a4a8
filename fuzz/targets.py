"""What is called with any octets: each target returns, or raises `AssertionError` for what is not documented.

They know nothing of who calls them: atheris, libFuzzer over the compiled core, or a test with the corpus.  Whatever
other exception escapes is a finding too.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

import isoill
from isoill import mail
from isoill.conformance import registered_payloads
from isoill.connection import ApduReceived, Connection, ConnectionEnded, ProtocolViolation
from isoill.dialects import speakers_of
from isoill.errors import MESSAGE_CHARACTERS
from isoill.payloads import APDUDeliveryParameters, PromptObject
from isoill.profiles import PROFILES, Contact

__all__ = [
    "TARGETS",
    "connect",
    "converse",
    "decode",
    "exactly",
    "examine",
    "frames",
    "from_json",
    "judge",
    "lean",
    "letter",
    "payloads",
    "show",
]

T = TypeVar("T")

#: What is written again may be larger and deeper than what was read: DEFAULTs and SEQUENCEs that were left out come in.
_AMPLE = isoill.Limits(octets=16 << 20, depth=256, elements=1_000_000)
#: The profiles, for two sides that are known: then there is most to put right.
_PROFILES = [
    replace(
        profile,
        contact=Contact(
            own_id=isoill.SystemId.of("EX:MSL"),
            partner_id=isoill.SystemId.of("EX:HIL"),
            own_addresses=(
                APDUDeliveryParameters.of("SMTP", "ill@example.org", aliases=[isoill.SystemId.of("EX:MSL")]),
            ),
            logon=PromptObject.logon("100-000-001", "example"),
        ),
    )
    for profile in PROFILES.values()
]
_LENDER = isoill.SystemId.of("EX:HIL")
#: The request with which the transactions begin; it permits everything.
_ASKED = isoill.ILLRequest(
    protocol_version_num=2,
    transaction_id=isoill.TransactionId(
        initial_requester_id=isoill.SystemId.of("EX:MSL"), transaction_group_qualifier="7", transaction_qualifier="1"
    ),
    service_date_time=isoill.ServiceDateTime(
        date_time_of_this_service=isoill.DateTimeOfService(date="20261122", time="093000")
    ),
    ill_service_type=(isoill.ILLServiceType.LOAN,),
    requester_optional_messages=isoill.RequesterOptionalMessagesType(
        can_send_received=True,
        can_send_returned=True,
        requester_shipped=isoill.MessageRequirement.DESIRES,
        requester_checked_in=isoill.MessageRequirement.DESIRES,
    ),
    item_id=isoill.ItemId(title="The wind in the willows"),
    third_party_info_type=isoill.ThirdPartyInfoType(permission_to_chain=True, permission_to_forward=True),
)
#: What is in the value itself, and goes out as it came in: numbers, and tags in what an ANY holds.
_KEPT = {isoill.Reason.UNLISTED_VALUE, isoill.Reason.MALFORMED_TAG}
#: What lenient reading lists and strict reading takes: legal BER, any ANY, a string in one segment with its own tag.
_LEGAL = {isoill.Reason.NON_MINIMAL, isoill.Reason.MISSING_EXTERNAL, isoill.Reason.EXPLICIT_TAG}


def decode(data: bytes) -> None:
    """Every way to read octets gives a value or a `DecodeError`, and all of them agree; what is read can be written."""
    strict = _read(lambda: isoill.decode(data), data)
    lenient = _read(lambda: isoill.decode(data, strict=False), data)
    if strict is not None:
        assert exactly(lenient) == exactly(strict), "lenient reading gives another value"
        _check_value(strict)
    elif lenient is not None:
        _check_value(lenient)
    for is_strict, alone in ((True, strict), (False, lenient)):
        _check_first(data, alone, strict=is_strict)
        _check_all(data, strict=is_strict)
    _check_peek(data, strict)


def examine(data: bytes) -> None:
    """`examine` lists what strict reading refuses, with its octets, and no more than that where it refuses nothing."""
    strict = _read(lambda: isoill.decode(data), data)
    examination = _read(lambda: isoill.examine(data), data)
    first = _read(lambda: isoill.examine_from(data), data)
    if examination is None:
        assert strict is None, "lenient reading refuses what strict reading takes"
        return
    assert first == (examination, len(data)), "examine and examine_from differ"
    reasons = {deviation.reason for deviation in examination.deviations}
    if strict is None:
        assert reasons, "refused strictly, and no deviation is listed"
    else:
        assert exactly(examination.apdu) == exactly(strict), "lenient reading gives another value"
        assert reasons <= _LEGAL, "taken strictly, and a deviation is listed"
    assert all(extension.critical for extension in examination.unknown_critical)
    assert len(examination.deviations) <= isoill.DEFAULT_LIMITS.deviations
    for deviation in examination.deviations:
        assert data.startswith(deviation.octets, deviation.offset), "the octets of a deviation are not at its offset"
        assert 0 <= deviation.offset <= len(data)
        _check_words(deviation.reason, deviation.detail)
        assert deviation.wanted
        assert deviation.found
    assert isinstance(speakers_of(examination.deviations), tuple)
    repaired = isoill.encode(examination.apdu)
    if not _KEPT & reasons:
        assert exactly(isoill.decode(repaired, limits=_AMPLE)) == exactly(examination.apdu), "what is repaired is not"


def frames(data: bytes) -> None:
    """A stream gives the same frames, and the same error, whatever its pieces; `iter_apdus` reads what they hold."""
    for strict in (True, False):
        whole = _frames(data, [len(data)], strict)
        sizes = [1 + octet % 7 for octet in data[:64]] or [1]
        assert _frames(data, sizes, strict) == whole, "other frames from other pieces"
        assert _frames(data, [1], strict) == whole, "other frames from single octets"
        found, _ = whole
        end = 0
        for octets in found:
            end = data.index(octets, end) + len(octets)
            assert strict is False or data.startswith(octets, end - len(octets))
            envelope = _read(lambda octets=octets: isoill.peek(octets), octets)  # type: ignore[misc]
            assert envelope is None or envelope.length == len(octets)
        apdus = [_read(lambda octets=octets: isoill.decode(octets, strict=strict), octets) for octets in found]  # type: ignore[misc] # noqa: B023
        read = []
        with contextlib.suppress(isoill.DecodeError):
            for apdu in isoill.iter_apdus(data, strict=strict):
                read.append(apdu)
        wanted = list(itertools.takewhile(lambda apdu: apdu is not None, apdus))
        assert read == wanted, "iter_apdus gives something else than its frames hold"


def _frames(data: bytes, sizes: Sequence[int], strict: bool) -> tuple[list[bytes], Any]:
    """The frames, and what is wrong behind them, of a stream fed in pieces of these sizes, again and again."""
    buffer, found, at = isoill.FrameBuffer(strict=strict), [], 0
    pieces = itertools.cycle(sizes)
    try:
        while at < len(data):
            size = next(pieces)
            for octets in buffer.feed(data[at : at + size]):
                found.append(octets)
            at += size
            assert buffer.offset + buffer.held == min(at, len(data)), "octets are lost"
            assert buffer.needed > 0
        buffer.finish()
    except isoill.TruncatedError as error:
        _check_error(error, data)
        return found, (error.reason, error.path, error.offset, error.needed)
    except isoill.DecodeError as error:
        _check_error(error, data)
        # what notation it is that is no BER can be told better of more octets; then the error is another, at the start
        told = error.reason in (isoill.Reason.NOT_BER, isoill.Reason.UNEXPECTED_TAG) or error.offset == buffer.offset
        return found, (buffer.can_continue, None if told else (error.reason, error.path, error.offset))
    size = sizes[0] or 1
    cut = [data[at : at + size] for at in range(0, len(data), size)]
    assert list(isoill.FrameBuffer(strict=strict).feed_from(cut)) == found, "feed_from gives other frames than feed"
    return found, None


def show(data: bytes) -> None:
    """Any octets have a dump, and any value a tree and a repr; none of them can write to a terminal."""
    texts = [isoill.dump(data)]
    examination = _read(lambda: isoill.examine(data), data)
    if examination is not None:
        texts += [isoill.tree(examination.apdu), repr(examination), str(examination.apdu)]
        texts += map(str, examination.deviations)
    for text in texts:
        assert all(line.isprintable() for line in text.split("\n")), "a character that does not print"


def from_json(data: bytes) -> None:
    """Any octets as JSON text give a value, which has a JSON text again, or a `PlainError`.

    What has a JSON text need not have octets: an object identifier is any text until it is written.
    """
    try:
        apdu = isoill.from_json(data)
    except isoill.PlainError as error:
        _check_words(error.reason, str(error), 3 * MESSAGE_CHARACTERS)  # it has a path as well
        return
    assert exactly(isoill.from_json(isoill.to_json(apdu))) == exactly(apdu), "another value by way of JSON"
    assert repr(apdu)
    try:
        octets = isoill.encode(apdu)
    except isoill.EncodeError as error:
        _check_words(error.reason, error.detail)
        return
    again = _read(lambda: isoill.decode(octets, strict=False), octets)
    if again is not None:  # more arcs, digits or octets than are read by default can be written
        assert again == apdu, "another value by way of octets"


def payloads(data: bytes) -> None:
    """As each registered payload the octets are a value that is written and read again, or refused."""
    for entry in registered_payloads():
        strict = _read(lambda type_=entry.type: isoill.decode(data, type=type_), data)  # type: ignore[misc]
        lenient = _read(lambda type_=entry.type: isoill.decode(data, strict=False, type=type_), data)  # type: ignore[misc]
        if strict is not None:
            assert exactly(lenient) == exactly(strict), "lenient reading gives another value"
        if lenient is not None:
            again = isoill.External.holding(lenient, type=entry.type).value(entry.type, strict=False)
            assert exactly(again) == exactly(lenient), "another value is written"


def judge(data: bytes) -> None:
    """Each profile has something to say of whatever can be read, in bounds, and keeps its promises in mending it."""
    examination = _read(lambda: isoill.examine(data), data)
    if examination is None:
        return
    apdu = examination.apdu
    for profile in _PROFILES:
        said: dict[str, Any] = {"today": datetime.date(2026, 11, 22), "transport": "mail", "history": [apdu]}
        findings = profile.check(apdu, **said)
        for finding in findings:
            assert finding.message.isprintable(), "a character that does not print"
            assert len(finding.message) <= MESSAGE_CHARACTERS + 600
        prepared = profile.prepare(apdu, **said)
        before, after = (
            {(each.rule, each.path) for each in found} for found in (findings, profile.check(prepared.apdu, **said))
        )
        promised = {(change.rule, change.path) for change in prepared.changes}
        assert promised <= before - after, "what is mended is not what is said to be"
        assert after <= before, "mending breaks something"
        assert exactly(isoill.decode(isoill.encode(prepared.apdu), strict=False, limits=_AMPLE)) == exactly(
            prepared.apdu
        )


def lean(data: bytes) -> None:
    """The core alone, at high speed: read both ways, write again, read that."""
    strict: isoill.ILLAPDU | None = None
    with contextlib.suppress(isoill.DecodeError):
        strict = isoill.decode(data)
    try:
        examination = isoill.examine(data)
    except isoill.DecodeError:
        assert strict is None, "lenient reading refuses what strict reading takes"
        return
    apdu = examination.apdu
    assert strict is None or strict == apdu, "lenient reading gives another value"
    octets = isoill.encode(apdu)
    assert isoill.decode(octets, strict=False, limits=_AMPLE) == apdu, "another value is written"


def converse(data: bytes) -> None:
    """Whatever messages come, in whatever order: a transaction takes or refuses them, and what it answers is legal.

    Each message goes to the ledger as it is, and as one of their own to a transaction of each kind.
    """
    ledger = isoill.Ledger(open_per_partner=3, messages_per_transaction=12)
    sides = [isoill.Transaction(role=role, strict=strict) for role in isoill.Role for strict in (True, False)]
    for side in sides:
        if side.role is isoill.Role.REQUESTER:
            side.send(_ASKED)
    between = isoill.Intermediary(identity=isoill.SystemId.of("EX:BET"))
    between.receive(_ASKED)
    between.chain(_LENDER)
    offset = 0
    for _ in range(12):
        if offset >= len(data):
            break
        try:
            examination, offset = isoill.examine_from(data, offset)
        except isoill.DecodeError as error:
            report = isoill.report_of(error, data[offset:])
            begins = data[offset:].lstrip(b"\0\r\n")[:1]
            assert (report is None) is (begins == b"\x73"), "an answer where there is none, or none"
            _check_answer(report)
            return
        apdu = examination.apdu
        _take(lambda apdu=apdu: ledger.receive(apdu).step.reply, apdu)  # type: ignore[misc]
        ours = replace(apdu, transaction_id=_ASKED.transaction_id)
        for side in sides:
            before = (side.state, len(side.history))
            if not _take(lambda side=side, ours=ours: side.receive(ours).reply, ours):  # type: ignore[misc]
                assert (side.state, len(side.history)) == before, "something was refused, and is there"
            assert isoill.Transaction.from_json(side.to_json()) == side, "what is stored is something else"
            _check_menu(side)
        sub_transaction = replace(_ASKED.transaction_id, sub_transaction_qualifier="1")
        for passed in (ours, replace(apdu, transaction_id=sub_transaction)):
            with contextlib.suppress(isoill.RemoteProtocolError):
                for outgoing in between.receive(passed).outgoing:
                    _check_answer(outgoing.apdu)


def connect(data: bytes) -> None:
    """A connection gives the same events whatever the pieces; what answers them can be written and is legal."""
    for strict in (True, False):
        whole = _events(data, [len(data)], strict)
        sizes = [1 + octet % 7 for octet in data[:64]] or [1]
        assert _events(data, sizes, strict) == whole, "other events from other pieces"
        assert _events(data, [1], strict) == whole, "other events from single octets"


def _events(data: bytes, sizes: Sequence[int], strict: bool) -> list[Any]:
    """What comes of a stream in pieces of these sizes: messages, why the others are none, how it ends."""
    connection, simplex = Connection(strict=strict), Connection(strict=strict, duplex=False, connecting=True)
    found: list[Any] = []
    at, pieces = 0, itertools.cycle(sizes)
    while True:
        piece = data[at : at + next(pieces)]
        at += len(piece)
        for each in (connection, simplex):
            if not each.ended:
                each.receive_data(piece)
        for event in connection.events():
            assert not (found and isinstance(found[-1], ConnectionEnded)), "something behind the end"
            if isinstance(event, ProtocolViolation):
                _check_answer(event.report)
                assert event.report is None or connection.send(event.report)
                # of octets that are no BER it can be told better of more what they are instead
                found.append((type(event.error), event.octets, event.octets and event.error.args))
            else:
                found.append(event if isinstance(event, ApduReceived) else ConnectionEnded())
        assert not any(isinstance(event, ApduReceived) for event in simplex.events()), "an answer on a simplex one"
        if not piece:
            break
    assert isinstance(found[-1], ConnectionEnded), "no end"
    return found


def letter(data: bytes) -> None:
    """Any octets are a letter, if not a good one; and any octets may be a message in one."""
    head = b"Content-Type: application/iso-10161-ill-1; transfer-encoding=iso-8825-ber\r\n"
    for octets in (data, head + b"Content-Transfer-Encoding: binary\r\n\r\n" + data, head + data):
        read = mail.parse(octets)
        again = [(part.octets, part.apdu, part.report) for part in mail.parse(octets).parts]
        assert again == [(part.octets, part.apdu, part.report) for part in read.parts], "another letter the next time"
        assert len(read.parts) <= mail.DEFAULT_CAPS.parts
        for problem in read.problems:
            assert str(problem).isprintable(), "a character that does not print"
            assert len(str(problem)) < 1_000
        for part in read.parts:
            assert part.apdu is None or part.error is None
            assert len(part.octets) <= len(octets)
            _check_answer(part.report)


def _take(receive: Callable[[], isoill.Apdu | None], apdu: isoill.Apdu) -> bool:
    """Whether a message was taken; what answers it can be written, and is no report where it is one."""
    refusal = ""
    try:
        answer = receive()
    except isoill.RemoteProtocolError as error:
        answer, refusal = error.report, str(error)
    assert refusal.isprintable(), "an error that does not print"
    assert len(refusal) < 1_000
    assert not (isinstance(apdu, isoill.StatusOrErrorReport) and answer), "a report is answered by a report"
    _check_answer(answer)
    return not refusal


def _check_answer(answer: isoill.Apdu | None) -> None:
    if answer is not None:
        octets = isoill.encode(answer)
        assert exactly(isoill.examine(octets, limits=_AMPLE).apdu) == exactly(answer), (
            "an answer that says something else"
        )


def _check_menu(side: isoill.Transaction) -> None:
    """What is said of a transaction can be said in every state."""
    assert set(side.repeats) <= set(side.allowed)
    assert side.expiry is None or not side.gone
    assert "\n" not in repr(side)
    if side.request is not None:
        _check_answer(side.status_report())
        assert {isoill.Event.MESSAGE, isoill.Event.STATUS_QUERY} <= set(side.allowed)


#: By name, for the command line.  A new target is a function above and a line here.
TARGETS: dict[str, Callable[[bytes], None]] = {
    "connect": connect,
    "converse": converse,
    "decode": decode,
    "examine": examine,
    "frames": frames,
    "from_json": from_json,
    "judge": judge,
    "lean": lean,
    "letter": letter,
    "payloads": payloads,
    "show": show,
}


def exactly(value: Any) -> Any:
    """A value with the class of each part of it: a ``str`` equals a VisibleString, and a member its number."""
    cls: Any = type(value)
    if cls is tuple:
        return [exactly(element) for element in value]
    if is_dataclass(cls):
        return cls, [exactly(getattr(value, name)) for name in cls.__dataclass_fields__]
    return cls, value


def _read(read: Callable[[], T], data: bytes) -> T | None:
    """What reading gives, None where it refuses; a refusal says what and where, within bounds."""
    try:
        return read()
    except isoill.DecodeError as error:
        _check_error(error, data)
        return None


def _check_error(error: isoill.DecodeError, data: bytes) -> None:
    """An error says what, why and where, within bounds."""
    _check_words(error.reason, error.detail)
    assert isinstance(error.path, str)
    assert 0 <= error.offset <= len(data), "an offset outside the data"
    assert error.detail in str(error)
    assert isinstance(error, isoill.TruncatedError) == (error.reason is isoill.Reason.TRUNCATED)
    assert isinstance(error, isoill.LimitError) == (error.reason is isoill.Reason.LIMIT)
    if isinstance(error, isoill.TruncatedError):
        assert error.needed > 0
    if isinstance(error, isoill.LimitError):
        assert hasattr(isoill.DEFAULT_LIMITS, error.limit)


def _check_words(reason: object, words: str, most: int = MESSAGE_CHARACTERS) -> None:
    assert isinstance(reason, isoill.Reason)
    assert words
    assert len(words) <= most, "an error message grows with the input"


def _check_value(apdu: isoill.ILLAPDU) -> None:
    """What was accepted comes back from its octets and from JSON."""
    assert hash(apdu) == hash(apdu)
    wanted = exactly(apdu)
    for defaults in (True, False):
        octets = isoill.encode(apdu, defaults=defaults)
        again = isoill.decode(octets, strict=False, limits=_AMPLE)
        assert exactly(again) == wanted, "another value is written"
        assert isoill.encode(again, defaults=defaults) == octets, "other octets the second time"
    assert exactly(isoill.from_dict(isoill.to_dict(apdu))) == wanted, "another value by way of a dict"
    assert exactly(isoill.from_json(isoill.to_json(apdu))) == wanted, "another value by way of JSON"


def _check_first(data: bytes, alone: isoill.ILLAPDU | None, *, strict: bool) -> None:
    """`decode_from` finds what `decode` finds, and where it ends."""
    first = _read(lambda: isoill.decode_from(data, strict=strict), data)
    if first is None:
        assert alone is None, "decode_from refuses what decode takes"
        return
    apdu, end = first
    assert 0 < end <= len(data)
    if end == len(data):
        assert exactly(alone) == exactly(apdu), "decode and decode_from differ"
    else:
        assert alone is None, "decode takes trailing octets"
        assert exactly(isoill.decode(data[:end], strict=strict)) == exactly(apdu), "what follows changes the value"
    shifted, shifted_end = isoill.decode_from(b"\0\0\0" + data, 3, strict=strict)
    assert (shifted, shifted_end) == (apdu, end + 3), "the offset changes the value"


def _check_all(data: bytes, *, strict: bool) -> None:
    """`iter_apdus` finds the same in octets as in a file, and breaks at the same place."""

    def outcome(source: Any) -> tuple[list[Any], Any]:
        found: list[Any] = []
        try:
            for apdu in isoill.iter_apdus(source, strict=strict):
                found.append(apdu)
        except isoill.DecodeError as error:
            _check_error(error, data)
            return found, (error.reason, error.path, error.offset)
        return found, None

    assert outcome(data) == outcome(io.BytesIO(data)), "a file is read otherwise"


def _check_peek(data: bytes, apdu: isoill.ILLAPDU | None) -> None:
    """`peek` says of a message what reading it says."""
    envelope = _read(lambda: isoill.peek(data), data)
    if apdu is not None:
        assert envelope is not None, "peek refuses what decode takes"
        assert envelope.transaction_id == apdu.transaction_id
        assert envelope.length == len(data)
        assert repr(envelope)

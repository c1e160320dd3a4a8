"""A connection without its socket: whatever the pieces, the same events; whatever the octets, a documented one."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isoill
from isoill.connection import ApduReceived, Connection, ConnectionEnded, Event, ProtocolViolation
from isoill.testing import apdus, rewritten
from tests.conftest import ROOT

REQUEST = (ROOT / "examples" / "messages" / "ill-request.ber").read_bytes()
SHORT = bytes.fromhex("6f1f301d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
#: As some systems write it: without the SEQUENCE inside the APPLICATION tag.
LENIENT = bytes.fromhex("6f1d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
#: Frames that are no APDU: of an unknown kind, and without what is required.
UNKNOWN, EMPTY = bytes.fromhex("7f210430020500"), bytes.fromhex("6f0430020500")
#: A report, of which a component is missing.
BAD_REPORT = bytes.fromhex("73193017800102a10aa1031b0131a2031b0132820630043102 0500")
#: A message of a thousand octets.
LARGE = bytes.fromhex("6f8203ec308203e8") + bytes(1000)
GARBAGE = b"GET / HTTP/1.1\r\n\r\n"
VECTORS = [path.read_bytes() for path in sorted((ROOT / "tests" / "vectors").rglob("*.ber"))]


def events_of(stream: bytes, sizes: Iterable[int], connection: Connection | None = None) -> list[Event]:
    """What comes of a stream that is cut so, and then ends."""
    connection = connection or Connection()
    found: list[Event] = []
    at = 0
    for size in sizes:
        connection.receive_data(stream[at : at + size] or b"")
        found += connection.events()
        at += size
        if at >= len(stream):
            break
    if not connection.ended:
        connection.receive_eof()
    return found + list(connection.events())


def told(events: Iterable[Event]) -> list[tuple[object, ...]]:
    """Events as what can be compared: errors are not equal to each other.

    Of what cannot be an APDU, an error shows as much as had come: it is the place that is the same.
    """
    result: list[tuple[object, ...]] = []
    for event in events:
        if isinstance(event, ApduReceived):
            result.append((event.apdu, event.octets, event.deviations))
        elif isinstance(event, ProtocolViolation) and event.octets:
            result.append((type(event.error), event.error.args, event.octets, event.report))
        else:
            error = event.error
            result.append((type(event), type(error), isinstance(error, isoill.DecodeError) and error.offset))
    return result


def test_messages_come_as_they_were_sent() -> None:
    events = events_of(REQUEST + LENIENT, [10_000])
    assert [type(event) for event in events] == [ApduReceived, ApduReceived, ConnectionEnded]
    first, second, end = events
    assert first == ApduReceived(isoill.decode(REQUEST), REQUEST, ())
    assert isinstance(second, ApduReceived)
    assert second.octets == LENIENT
    assert second.deviations == isoill.examine(LENIENT).deviations != ()
    assert end == ConnectionEnded(None)


def test_strict_reading() -> None:
    connection = Connection(strict=True)
    found = events_of(REQUEST + LENIENT, [10_000], connection)
    assert [type(event) for event in found] == [ApduReceived, ProtocolViolation, ConnectionEnded]
    assert connection.received == 1


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_pieces_do_not_matter(size: int) -> None:
    for stream in (
        REQUEST * 3,
        REQUEST + UNKNOWN + SHORT + EMPTY + b"\r\n" + LENIENT + BAD_REPORT + REQUEST[:200],
        SHORT + LARGE + SHORT,
        SHORT + GARBAGE + SHORT,
        LARGE[:50],
        b"GET",
    ):
        limits = isoill.Limits(octets=900)
        whole = events_of(stream, [len(stream)], Connection(limits=limits))
        pieces = events_of(stream, [size] * len(stream), Connection(limits=limits))
        assert told(pieces) == told(whole)
        assert isinstance(whole[-1], ConnectionEnded)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(0, 2**32))
def test_any_messages_in_any_pieces(data: st.DataObject, seed: int) -> None:
    """Vectors and drawn messages in any form, with what is wrong between them."""
    random = Random(seed)
    drawn = data.draw(st.lists(apdus(), max_size=2))
    parts = [rewritten(apdu, random, dialects=True).octets for apdu in drawn]
    parts += data.draw(st.lists(st.sampled_from([*VECTORS, UNKNOWN, EMPTY, b"\0", LARGE]), max_size=4))
    random.shuffle(parts)
    stream = b"".join(parts)
    if stream and data.draw(st.booleans()):
        stream = stream[: data.draw(st.integers(0, len(stream)))]
    sizes = data.draw(st.lists(st.sampled_from((1, 2, 5, 40, 300, 5000)), min_size=1, max_size=30))
    whole = events_of(stream, [max(1, len(stream))])
    assert told(events_of(stream, [*sizes, len(stream)])) == told(whole)
    assert [isinstance(event, ConnectionEnded) for event in whole].count(True) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 50), st.booleans(), st.booleans())
def test_garbage_is_events(stream: bytes, size: int, strict: bool, mixed: bool) -> None:
    """Nothing is raised, every error is a documented one, and every report can be written."""
    found = events_of((REQUEST if mixed else b"") + stream, [size] * 1000, Connection(strict=strict))
    assert isinstance(found[-1], ConnectionEnded)
    for event in found[:-1]:
        assert not isinstance(event, ConnectionEnded)
        if isinstance(event, ProtocolViolation):
            assert isinstance(event.error, isoill.DecodeError)
            if event.report is not None:
                assert isoill.decode(isoill.encode(event.report)) == event.report


def test_a_violation_does_not_disturb_the_next_message() -> None:
    events = events_of(UNKNOWN + SHORT + EMPTY + REQUEST, [10_000])
    kinds = [ProtocolViolation, ApduReceived, ProtocolViolation, ApduReceived, ConnectionEnded]
    assert [type(event) for event in events] == kinds
    _, _, empty, _, _ = events
    assert isinstance(empty, ProtocolViolation)
    assert isinstance(empty.error, isoill.DecodeError)
    assert (empty.octets, empty.error.offset) == (EMPTY, 6)
    assert empty.report == isoill.problems.report_of(empty.error, EMPTY)


def test_a_report_that_cannot_be_read_is_not_answered() -> None:
    violation, _ = events_of(BAD_REPORT, [100])
    assert isinstance(violation, ProtocolViolation)
    assert (violation.octets, violation.report) == (BAD_REPORT, None)
    large = bytes.fromhex("738203ec308203e8") + bytes(1000)
    violation, _ = events_of(large, [5000], Connection(limits=isoill.Limits(octets=100)))
    assert isinstance(violation, ProtocolViolation)
    assert violation.report is None


def test_what_is_too_large_is_a_violation_and_the_next_comes() -> None:
    connection = Connection(limits=isoill.Limits(octets=100))
    violation, short, end = events_of(LARGE + SHORT, [60] * 100, connection)
    assert isinstance(violation, ProtocolViolation)
    assert isinstance(violation.error, isoill.LimitError)
    assert (violation.octets, violation.error.offset) == (b"", 0)
    assert violation.report is not None
    assert isinstance(short, ApduReceived)
    assert end == ConnectionEnded(None)


def test_what_cannot_be_gone_on_after() -> None:
    """It is answered, and then nothing is read, not even what comes later."""
    connection = Connection()
    connection.receive_data(SHORT + GARBAGE)
    _, violation, end = connection.events()
    assert isinstance(violation, ProtocolViolation)
    assert isinstance(violation.error, isoill.DecodeError)
    assert (violation.error.reason, violation.error.offset) == (isoill.Reason.NOT_BER, len(SHORT))
    assert violation.report is not None
    assert isinstance(end, ConnectionEnded)
    assert end.error is violation.error
    assert (connection.ended, connection.received, connection.held) == (True, 1, 0)
    connection.receive_data(SHORT)
    connection.receive_eof()
    assert list(connection.events()) == []


def test_an_end_inside_a_message() -> None:
    connection = Connection()
    connection.receive_data(REQUEST[:100])
    assert list(connection.events()) == []
    assert (connection.in_message, connection.ended) == (True, False)
    connection.receive_eof()
    [end] = connection.events()
    assert isinstance(end, ConnectionEnded)
    assert isinstance(end.error, isoill.TruncatedError)
    assert list(connection.events()) == []


def test_in_message() -> None:
    """Not in padding, of which the first octet waits for another; but in what is passed over."""
    connection = Connection(limits=isoill.Limits(octets=100))
    states = []
    for octets in (b"", b"\n", b"\n", SHORT[:1], SHORT[1:], b"\0", LARGE[:10], LARGE[10:-10], LARGE[-10:]):
        if octets:
            connection.receive_data(octets)
        for _ in connection.events():
            pass
        states.append(connection.in_message)
    assert states == [False, False, False, True, False, False, True, True, False]


def test_a_loop_left_early_loses_nothing() -> None:
    connection = Connection()
    connection.receive_data(SHORT * 3)
    for event in connection.events():
        assert isinstance(event, ApduReceived)
        break
    assert (connection.received, connection.held) == (1, 2 * len(SHORT))
    assert len(list(connection.events())) == 2


def test_sending() -> None:
    connection = Connection()
    assert connection.send(isoill.decode(REQUEST)) == isoill.encode(isoill.decode(REQUEST))
    assert connection.send(memoryview(REQUEST)) == REQUEST
    assert connection.sent == 2
    with pytest.raises(isoill.EncodeError):
        connection.send("text")  # type: ignore[arg-type]
    connection.close()
    assert (connection.closed, connection.sent) == (True, 2)
    with pytest.raises(
        isoill.LocalProtocolError, match="expected nothing after the end of our side, found ILL-Request"
    ):
        connection.send(isoill.decode(REQUEST))
    connection.receive_data(SHORT)
    assert len(list(connection.events())) == 1


@pytest.mark.parametrize("told_so", [True, False])
def test_simplex_receiving(told_so: bool) -> None:
    connection = Connection(duplex=False, connecting=False if told_so else None)
    connection.receive_data(SHORT + EMPTY)
    received, violation = connection.events()
    assert isinstance(received, ApduReceived)
    assert isinstance(violation, ProtocolViolation)
    assert violation.report is not None  # for a connection of its own
    with pytest.raises(isoill.LocalProtocolError, match="expected no answer on a simplex connection, found Lost"):
        connection.send(isoill.decode(SHORT))
    assert connection.sent == 0


@pytest.mark.parametrize("told_so", [True, False])
def test_simplex_sending(told_so: bool) -> None:
    connection = Connection(duplex=False, connecting=True if told_so else None)
    if not told_so:
        connection.send(REQUEST)
    connection.receive_data(SHORT)
    [violation] = connection.events()
    assert isinstance(violation, ProtocolViolation)
    assert isinstance(violation.error, isoill.RemoteProtocolError)
    assert (violation.octets, violation.report) == (SHORT, None)
    assert violation.error.apdu == isoill.decode(SHORT)
    assert connection.received == 0
    connection.send(REQUEST)


def test_wrong_values() -> None:
    connection = Connection()
    with pytest.raises(TypeError, match="expected bytes, bytearray or memoryview, found str"):
        connection.receive_data("text")  # type: ignore[arg-type]
    connection.receive_data(bytearray(SHORT))
    connection.receive_data(memoryview(SHORT))
    connection.receive_eof()
    connection.receive_eof()
    with pytest.raises(ValueError, match="expected nothing behind the end, found octets"):
        connection.receive_data(SHORT)
    assert len(list(connection.events())) == 3

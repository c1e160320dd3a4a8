"""Whole APDUs out of a stream: whatever the pieces, the same APDUs; whatever the octets, a documented outcome."""

import io
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isoill
from isoill.testing import apdus, rewritten

SHORT = bytes.fromhex("6f1f301d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
INDEFINITE = bytes.fromhex("6f803080800102a10aa1031b0131a2031b0132a280a00a80083230323631313231000000000000")
#: A message that announces a thousand octets, and has them.
LARGE = bytes.fromhex("6f8203ec 308203e8") + bytes(1000)


def in_pieces(frames: isoill.FrameBuffer, stream: bytes, size: int) -> list[bytes]:
    """What comes out when a stream is fed so many octets at a time."""
    found: list[bytes] = []
    for at in range(0, len(stream), size):
        found += frames.feed(stream[at : at + size])
        assert frames.offset + frames.held == min(at + size, len(stream))
    frames.finish()
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
def test_pieces_do_not_matter(size: int, request_octets: bytes) -> None:
    messages = [SHORT, request_octets, INDEFINITE, SHORT] * 3
    frames = isoill.FrameBuffer()
    assert in_pieces(frames, b"".join(messages), size) == messages
    assert (frames.held, frames.padding, frames.can_continue) == (0, 0, True)
    stream = b"".join(messages)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert list(isoill.FrameBuffer().feed_from(pieces)) == messages
    assert list(isoill.iter_apdus(pieces)) == list(isoill.iter_apdus(stream))


@settings(max_examples=100, deadline=None)
@given(st.lists(apdus(), max_size=4), st.integers(0, 2**32), st.booleans(), st.data())
def test_any_messages_in_any_pieces(
    messages: list[isoill.ILLAPDU], seed: int, dialects: bool, data: st.DataObject
) -> None:
    """In any form, of any dialect, with padding between them."""
    random = Random(seed)
    written = [rewritten(message, random, dialects=dialects).octets for message in messages]
    stream = b"".join(octets + random.choice([b"", b"", b"\r\n", b"\0"]) for octets in written)
    frames, at = isoill.FrameBuffer(), 0
    found: list[bytes] = []
    while at < len(stream):
        size = data.draw(st.sampled_from((1, 2, 5, 40, 300, 5000)))
        found += frames.feed(stream[at : at + size])
        at += size
    frames.finish()
    assert [octets.rstrip(b"\r\n\0") for octets in found] == [octets.rstrip(b"\r\n\0") for octets in written]
    assert [isoill.decode(octets, strict=False) for octets in found] == messages
    assert list(isoill.iter_apdus(io.BytesIO(stream), strict=False)) == messages
    assert list(isoill.iter_apdus(stream, strict=False)) == messages


def test_a_loop_left_early_loses_nothing() -> None:
    frames = isoill.FrameBuffer()
    for octets in frames.feed(SHORT * 3):
        assert octets == SHORT
        break
    assert frames.held == 2 * len(SHORT)
    assert list(frames) == [SHORT, SHORT]


def test_pieces_are_taken_when_they_are_wanted(request_octets: bytes) -> None:
    """One message and one piece are held, however many there are; what is left stays where it is."""
    taken: list[int] = []

    def pieces() -> Iterator[bytes]:
        for at in range(0, 3 * len(request_octets), 100):
            taken.append(at)
            yield (request_octets * 3)[at : at + 100]

    frames, rest = isoill.FrameBuffer(), pieces()
    assert next(frames.feed_from(rest)) == request_octets
    assert (len(taken), frames.offset) == (7, 697)
    assert list(frames) == []
    assert list(frames.feed_from(rest)) == [request_octets] * 2


def test_pieces_that_fail(request_octets: bytes) -> None:
    """What an iterator raises comes through; what it gave before is kept.  What is no octets is said."""

    def pieces() -> Iterator[bytes]:
        yield request_octets[:100]
        raise ConnectionResetError("gone")

    frames = isoill.FrameBuffer()
    with pytest.raises(ConnectionResetError, match="gone"):
        next(frames.feed_from(pieces()))
    assert frames.held == 100
    with pytest.raises(TypeError, match="expected bytes, bytearray or memoryview, found str"):
        next(frames.feed_from(["text"]))  # type: ignore[list-item]
    with pytest.raises(TypeError, match="not iterable"):
        frames.feed_from(5)  # type: ignore[arg-type]
    assert list(frames.feed_from([bytearray(request_octets[100:]), b""])) == [request_octets]
    with pytest.raises(TypeError, match="asked of feed_from"):
        next(type(frames.feed_from([]))())


@pytest.mark.parametrize("size", [1, 7])
def test_pieces_of_what_cannot_be_read(size: int) -> None:
    """Behind an error there is nothing more, whether pieces come by feed or by feed_from."""
    stream = SHORT + b"\x30\x03" + SHORT
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    frames = isoill.FrameBuffer()
    feeding = frames.feed_from(pieces)
    assert next(feeding) == SHORT
    for again in (feeding, feeding, frames.feed_from([b"", SHORT])):
        with pytest.raises(isoill.DecodeError) as caught:
            next(again)
        assert (caught.value.offset, frames.can_continue, frames.held) == (len(SHORT), False, 0)


def test_needed_is_never_too_much(request_octets: bytes) -> None:
    """A reader that waits for ``needed`` octets each time gets the message, and not an octet of the next."""
    for message in (request_octets, SHORT, INDEFINITE):
        frames, at = isoill.FrameBuffer(), 0
        found: list[bytes] = []
        while not found:
            needed = frames.needed
            found = list(frames.feed(message[at : at + needed]))
            at += needed
        assert (found, at) == ([message], len(message))


def test_a_frame_that_is_refused_does_not_disturb_the_next() -> None:
    unknown, wrong = bytes.fromhex("7f210430020500"), bytes.fromhex("6f0430020500")
    frames = isoill.FrameBuffer()
    found = list(frames.feed(unknown + SHORT + wrong + SHORT))
    assert found == [unknown, SHORT, wrong, SHORT]
    for octets in (unknown, wrong):
        with pytest.raises(isoill.DecodeError):
            isoill.decode(octets, strict=False)


@pytest.mark.parametrize("size", [1, 50, 5000])
def test_what_is_too_large_is_passed_over(size: int) -> None:
    frames = isoill.FrameBuffer(limits=isoill.Limits(octets=100))
    stream = SHORT + LARGE + SHORT + LARGE + SHORT
    found: list[bytes] = []
    errors: list[tuple[str, int, str]] = []
    for at in range(0, len(stream), size):
        frames.feed(stream[at : at + size])
        while True:
            try:
                found += frames
                break
            except isoill.LimitError as error:
                errors.append((error.limit, error.offset, error.path))
                assert frames.can_continue
        assert frames.held < 100 + size
    frames.finish()
    assert found == [SHORT] * 3
    assert errors == [("octets", len(SHORT), "Lost"), ("octets", 2 * len(SHORT) + len(LARGE), "Lost")]


def test_a_stream_that_ends_while_something_is_passed_over() -> None:
    frames = isoill.FrameBuffer(limits=isoill.Limits(octets=100))
    with pytest.raises(isoill.LimitError):
        next(frames.feed(LARGE[:50]))
    assert list(frames) == []
    with pytest.raises(isoill.TruncatedError) as caught:
        frames.finish()
    assert caught.value.needed == frames.needed == len(LARGE) - 50


@pytest.mark.parametrize(
    ("octets", "reason", "path", "offset"),
    [
        ("6f84ffffffff", "LIMIT", "Lost", 0),  # more than any limit: not believed
        ("6f88ffffffffffffffff", "LIMIT", "Lost", 0),
        ("6f890000000000000000", "LIMIT", "Lost", 0),
        ("6fff", "MALFORMED_LENGTH", "Lost", 0),
        ("7fffffffffff01", "LIMIT", "ILL-APDU", 0),
        ("3003020100", "UNEXPECTED_TAG", "ILL-APDU", 0),
        ("6f0302010005", "UNEXPECTED_TAG", "Lost", 2),
        ("6f8030800001", "END_OF_CONTENTS", "Lost", 4),
        ("6f8030808280", "MALFORMED_LENGTH", "Lost", 4),
        ("6f803083ffffff", "LIMIT", "Lost", 0),
        ("6f80" + "3080" * 64, "LIMIT", "Lost", 128),
        ("6f80" + "3000" * 20_001, "LIMIT", "Lost", 2 + 2 * 19_999),
        (b"UNB+UNOB:1+OON".hex(), "NOT_BER", "ILL-APDU", 0),
        (b"hello, world".hex(), "NOT_BER", "ILL-APDU", 0),
        ("0d0a" * 2049, "LIMIT", "ILL-APDU", 0),
    ],
)
def test_what_a_stream_cannot_go_on_after(octets: str, reason: str, path: str, offset: int) -> None:
    stream = bytes.fromhex(octets)
    for size in (1, len(stream)):
        frames = isoill.FrameBuffer()
        with pytest.raises(isoill.DecodeError) as caught:
            in_pieces(frames, SHORT + stream, size)
        assert (caught.value.reason.name, caught.value.path) == (reason, path)
        assert caught.value.offset == len(SHORT) + offset
        assert not frames.can_continue
        for again in (lambda: next(frames.feed(SHORT)), frames.finish):  # noqa: B023 - called at once
            with pytest.raises(type(caught.value)) as once_more:
                again()
            assert str(once_more.value) == str(caught.value)


def test_every_prefix_needs_more(request_octets: bytes) -> None:
    for message in (SHORT, INDEFINITE, request_octets):
        for end in range(1, len(message)):
            frames = isoill.FrameBuffer()
            assert list(frames.feed(message[:end])) == []
            assert 0 < frames.needed <= len(message) - end
            with pytest.raises(isoill.TruncatedError):
                frames.finish()


def test_strict_frames_have_nothing_between_them() -> None:
    for stream in (b"\r\n" + SHORT, SHORT + b"\0", bytes.fromhex("6f03800102")):
        frames = isoill.FrameBuffer(strict=True)
        with pytest.raises(isoill.DecodeError):
            in_pieces(frames, stream, 3)
        lenient = isoill.FrameBuffer()
        assert len(in_pieces(lenient, stream, 3)) == 1
        assert lenient.padding == stream.count(b"\r") * 2 + stream.endswith(b"\0")


def test_memory_is_bounded_by_the_limit_and_the_piece() -> None:
    frames = isoill.FrameBuffer(limits=isoill.Limits(octets=1 << 20))
    endless = bytes.fromhex("6f803080") + b"\xbf\x31\x83\x04\x00\x00" + bytes(1 << 18)
    tracemalloc.start()
    try:
        for _ in range(100):
            frames.feed(endless[: 1 << 16])
            with suppress(isoill.LimitError):
                assert list(frames) == []
        assert not frames.can_continue
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held < 4 << 20


def test_a_file_of_many_messages_takes_constant_memory() -> None:
    class Endless(io.RawIOBase):
        """So many messages, made as they are read."""

        left = 100_000

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            n = min(self.left, max(1, size // len(SHORT)))
            self.left -= n
            return SHORT * n

    tracemalloc.start()
    try:
        count = len([None for _ in isoill.iter_apdus(Endless())])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert peak < 1 << 20


def test_what_is_known_to_be_there_is_not_asked_for() -> None:
    """A message that is too large and is all there is left behind at once."""
    frames = isoill.FrameBuffer(limits=isoill.Limits(octets=len(SHORT)))
    frames.feed(LARGE + SHORT)
    with pytest.raises(isoill.LimitError):
        next(frames)
    assert (frames.held, frames.needed) == (len(SHORT), 1)
    assert list(frames) == [SHORT]


def test_finishing_loses_nothing() -> None:
    frames = isoill.FrameBuffer().feed(SHORT + SHORT)
    frames.finish()  # there is nothing wrong so far
    assert list(frames) == [SHORT, SHORT]
    frames.finish()
    wrong = bytes.fromhex("6f0530030c0141")
    frames.feed(wrong).finish()
    assert list(frames) == [wrong]
    frames.feed(b"\0" * 5000)
    for _ in range(2):
        with pytest.raises(isoill.LimitError) as caught:
            frames.finish()
        assert (caught.value.limit, caught.value.offset) == ("padding", 2 * len(SHORT) + len(wrong))
    assert not frames.can_continue


def test_a_tag_in_the_high_form_is_framed() -> None:
    odd = bytes.fromhex("6f203f10") + SHORT[3:]
    assert list(isoill.FrameBuffer().feed(odd)) == [odd]
    assert isoill.decode(odd, strict=False) == isoill.decode(SHORT)


def test_a_buffer_that_was_not_made_properly() -> None:
    class Unmade(isoill.FrameBuffer):
        def __init__(self) -> None:
            """Forgets its base."""

    for frames in (Unmade(), isoill.FrameBuffer.__new__(isoill.FrameBuffer)):
        with pytest.raises(TypeError, match="made by calling its class"):
            list(frames.feed(SHORT))
        with pytest.raises(TypeError, match="made by calling its class"):
            frames.finish()
    with pytest.raises(TypeError, match="made once"):
        isoill.FrameBuffer().__init__()  # type: ignore[misc]


def test_it_wants_octets_and_limits() -> None:
    with pytest.raises(TypeError, match="data: expected bytes, bytearray or memoryview, found str"):
        isoill.FrameBuffer().feed("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="limits: expected Limits, found int"):
        isoill.FrameBuffer(limits=7)  # type: ignore[arg-type]
    frames = isoill.FrameBuffer()
    assert list(frames.feed(bytearray(SHORT[:5]))) == []
    assert list(frames.feed(memoryview(SHORT)[5:])) == [SHORT]
    assert repr(frames) == f"<FrameBuffer at offset {len(SHORT)}, 0 octets held>"

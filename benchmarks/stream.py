"""``stream``: messages that come in pieces, beside the same messages that come at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import Run, interleave, repeated
from isoill.codec import decode
from isoill.framing import FrameBuffer

__all__ = ["run"]

_COPIES = 20  # of a message, back to back
_SEGMENT = 1460  # octets of a TCP segment


def _read(pieces: Sequence[bytes]) -> None:
    """Feed the pieces, and decode what is whole."""
    feed = FrameBuffer().feed
    for piece in pieces:
        for octets in feed(piece):
            decode(octets)


def _read_from(pieces: Sequence[bytes]) -> None:
    """The same, without a call for each piece."""
    for octets in FrameBuffer().feed_from(pieces):
        decode(octets)


def run(messages: Sequence[Message], *, quick: bool) -> Table:
    """Time them."""
    rows, figures = [], {}
    for message in messages:
        stream = message.octets * _COPIES

        def cut(size: int, stream: bytes = stream) -> list[bytes]:
            return [stream[at : at + size] for at in range(0, len(stream), size)]

        read: Callable[[Sequence[bytes]], None] = _read
        singles = cut(1)
        runs: dict[str, Run] = {
            "at once": repeated(read, [stream]),
            "segments": repeated(read, cut(_SEGMENT)),
            "single from": repeated(_read_from, singles),
            "single": repeated(read, singles),
            "calls": repeated(read, [b""] * len(stream)),  # as many calls that bring nothing
        }
        timings = interleave(runs, rounds=5 if quick else 60)
        octets = len(stream)
        once, segments, single_from, single, calls = (timings.median(name) / octets for name in runs)
        parts = {
            "segments": timings.ratio("segments", "at once"),
            "single from": timings.ratio("single from", "at once"),
            "single": timings.ratio("single", "at once"),
        }
        figures[message.name] = {
            "octets": len(message.octets),
            "nanoseconds": {name: timings.median(name) / octets for name in runs},
            "by_at_once": parts,
        }
        cells = [
            significant(once),
            f"{significant(segments)} ({ratio(parts['segments'])})",
            f"{significant(single_from)} ({ratio(parts['single from'])})",
            f"{significant(single)} ({ratio(parts['single'])})",
            significant(calls),
        ]
        rows.append([message.name, str(len(message.octets)), *cells])
    return Table(
        "stream",
        "nanoseconds an octet to find messages in a stream and decode them (in brackets: by that of all at once)",
        ["", "octets", "at once", f"{_SEGMENT} at a time", "1, by feed_from", "1, by feed", "calls alone"],
        rows,
        figures,
    )

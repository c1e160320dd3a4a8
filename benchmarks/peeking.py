"""``peek``: finding the kind, transaction and length of a message, beside decoding all of it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import interleave, repeated
from isoill.codec import decode, peek

__all__ = ["run"]


def run(messages: Sequence[Message], *, quick: bool) -> Table:
    """Time both."""
    rows, figures = [], {}
    for message in messages:
        runs = {"peek": repeated(peek, message.octets), "decode": repeated(decode, message.octets)}
        timings = interleave(runs, rounds=10 if quick else 300)
        part = timings.ratio("peek", "decode")
        figures[message.name] = {
            "octets": len(message.octets),
            "nanoseconds": {name: timings.median(name) for name in runs},
            "peek_by_decode": part,
        }
        nanoseconds = [significant(timings.median(name)) for name in runs]
        rows.append([message.name, str(len(message.octets)), *nanoseconds, ratio(part)])
    return Table(
        "peek",
        "nanoseconds to peek into one message, and to decode it",
        ["", "octets", "peek", "decode", "peek / decode"],
        rows,
        figures,
    )

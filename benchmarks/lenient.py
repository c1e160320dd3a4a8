"""``lenient``: what it costs to read leniently what deviates in nothing."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import Run, interleave, repeated
from isoill.codec import decode, examine

__all__ = ["run"]


def run(messages: Sequence[Message], *, quick: bool) -> Table:
    """Time them."""
    rows, figures = [], {}
    for message in messages:
        runs: dict[str, Run] = {
            "strict": repeated(lambda octets: decode(octets, strict=True), message.octets),
            "lenient": repeated(lambda octets: decode(octets, strict=False), message.octets),
            "decode": repeated(decode, message.octets),
            "examine": repeated(examine, message.octets),
        }
        timings = interleave(runs, rounds=10 if quick else 300)
        parts = {"lenient": timings.ratio("lenient", "strict"), "examine": timings.ratio("examine", "decode")}
        figures[message.name] = {
            "octets": len(message.octets),
            "nanoseconds": {name: timings.median(name) for name in runs},
            "by_strict": parts,
        }
        cells = [f"{significant(timings.median(name))} ({ratio(part)})" for name, part in parts.items()]
        rows.append([message.name, str(len(message.octets)), significant(timings.median("strict")), *cells])
    return Table(
        "lenient",
        "nanoseconds to read one message that deviates in nothing (in brackets: as a part of strict reading)",
        ["", "octets", "strict", "strict=False", "examine"],
        rows,
        figures,
    )

"""``peek``: finding the kind, transaction and length of a message, beside decoding all of it: isoill, and libyaz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.messages import Message
from benchmarks.peers import Peer
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import Run, interleave, repeated
from isoill.codec import decode, peek

__all__ = ["run"]


def run(messages: Sequence[Message], peers: Mapping[str, Peer], *, quick: bool) -> Table:
    """Time them."""
    yaz = peers.get("libyaz")
    rows, figures = [], {}
    for message in messages:
        runs: dict[str, Run] = {
            "peek": repeated(peek, message.octets),
            "isoill decode": repeated(decode, message.octets),
        }
        if yaz is not None:
            runs["libyaz decode"] = yaz.at(message).decode
        timings = interleave(runs, rounds=10 if quick else 300)
        parts = {name: timings.ratio("peek", name) for name in runs if name != "peek"}
        figures[message.name] = {
            "octets": len(message.octets),
            "nanoseconds": {name: timings.median(name) for name in runs},
            "peek_by": parts,
        }
        peeked, *decoded = (significant(timings.median(name)) for name in runs)
        beside = [f"{taken} ({ratio(part)})" for taken, part in zip(decoded, parts.values(), strict=True)]
        rows.append([message.name, str(len(message.octets)), peeked, *beside])
    return Table(
        "peek",
        "nanoseconds to peek into one message, and to decode it (in brackets: peek's time as a part of that)",
        ["", "octets", "peek", "isoill decode", *(["libyaz decode"] if yaz is not None else [])],
        rows,
        figures,
    )

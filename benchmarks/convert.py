"""``decode`` and ``encode``: each message, isoill beside each peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from benchmarks.messages import Message
from benchmarks.peers import Peer, load
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import Timings, interleave

__all__ = ["run"]


def run(
    direction: Literal["decode", "encode"], messages: Sequence[Message], peers: Mapping[str, Peer], *, quick: bool
) -> Table:
    """Time one direction."""
    competitors = {"isoill": load("isoill"), **peers}
    rows, figures = [], {}
    for message in messages:
        measured = {name: peer.at(message) for name, peer in competitors.items()}
        runs = {name: getattr(at, direction) for name, at in measured.items()}
        timings = interleave(runs, rounds=10 if quick else 300)
        figures[message.name] = _figures(message, timings, peers)
        rows.append(
            [
                message.name,
                str(len(message.octets)),
                str(message.objects),
                significant(timings.median("isoill")),
                *(f"{significant(timings.median(p))} ({ratio(timings.ratio('isoill', p))})" for p in peers),
            ]
        )
    return Table(
        direction,
        f"nanoseconds to {direction} one message (in brackets: isoill's time as a part of the peer's)",
        ["", "octets", "objects", "isoill", *peers],
        rows,
        figures,
    )


def _figures(message: Message, timings: Timings, peers: Mapping[str, Peer]) -> dict[str, object]:
    return {
        "octets": len(message.octets),
        "objects": message.objects,
        "nanoseconds": {name: timings.median(name) for name in timings.rounds},
        "isoill_by_peer": {peer: timings.ratio("isoill", peer) for peer in peers},
        "peer_by_isoill": {peer: timings.ratio(peer, "isoill") for peer in peers},
    }

"""``memory``: how many octets of memory a decoded message takes while it is held."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.children import measure, serve
from benchmarks.messages import Message
from benchmarks.table import Table, ratio

__all__ = ["possible", "run"]

_STATM = Path("/proc/self/statm")
#: How many messages each holds, and how many with --quick; a slow one holds fewer.
_COUNTS = {"isoill": (100_000, 10_000), "msgspec": (100_000, 10_000), "asn1tools": (2_000, 2_000)}


def possible() -> bool:
    """Whether the system tells a process how much memory it has."""
    return _STATM.exists()


def run(message: Message, peers: Iterable[str], *, quick: bool) -> Table:
    """Each in a process of its own."""
    codecs = [name for name in _COUNTS if name == "isoill" or name in peers]
    counts = {name: _COUNTS[name][quick] for name in codecs}
    each = {name: measure(__name__, name, message, counts[name])["octets"] for name in codecs}
    parts = {name: each["isoill"] / each[name] for name in codecs}
    return Table(
        "memory",
        f"octets of memory for each {message.name} that is held",
        ["", "held", "octets each", "isoill's part"],
        [[name, f"{counts[name]:,}", f"{each[name]:,.0f}", ratio(parts[name])] for name in codecs],
        {name: {"held": counts[name], "octets": each[name], "isoill_by_peer": parts[name]} for name in codecs},
    )


def _hold(once: Callable[[], object], count: int) -> Mapping[str, float]:
    """Resident memory before and after, by the number held; the list that holds them is there before."""
    held: list[object] = [None] * count
    for _ in range(200):
        once()
    gc.collect()
    before = _resident()
    for place in range(count):
        held[place] = once()
    return {"octets": (_resident() - before) / count}


def _resident() -> int:
    """Octets of this process that are in memory."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    serve(_hold)

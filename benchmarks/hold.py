"""``hold``: decoding one message at a time; loading a list of them; and one at a time again while that list is held.

The garbage collector looks at what is held again and again, unless it need not know of it; it is left as users have it.
Loading also asks the system for new memory, page by page, whoever decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from statistics import median
from time import perf_counter_ns

from benchmarks.children import measure, serve
from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant

__all__ = ["run"]

_CODECS = ("isoill", "msgspec")
_STATES = ("alone", "loading", "held")


def run(message: Message, peers: Iterable[str], *, quick: bool) -> Table:
    """In turn, each time in a process of its own."""
    codecs = [name for name in _CODECS if name == "isoill" or name in peers]
    count, rounds = (10_000, 1) if quick else (100_000, 7)
    found: dict[str, list[Mapping[str, float]]] = {name: [] for name in codecs}
    for _ in range(rounds):
        for name in codecs:
            found[name].append(measure(__name__, name, message, count))
    rows, figures = [], {}
    for name in codecs:
        nanoseconds = {what: median(each[what] for each in found[name]) for what in _STATES}
        dearer = {what: median(each[what] / each["alone"] for each in found[name]) for what in _STATES[1:]}
        pairs = zip(found["isoill"], found[name], strict=True)
        part = median(ours["loading"] / theirs["loading"] for ours, theirs in pairs)
        rows.append(
            [name, significant(nanoseconds["alone"])]
            + [f"{significant(nanoseconds[what])} ({ratio(dearer[what])})" for what in _STATES[1:]]
            + [ratio(part)]
        )
        figures[name] = {"held": count, "nanoseconds": nanoseconds, "by_alone": dearer, "loading_isoill_by_peer": part}
    return Table(
        "hold",
        f"nanoseconds to decode one {message.name}: with none held; into a list of {count:,}; with that list held"
        " (in brackets: by the first)",
        ["", "none held", "loading", "held", "isoill's part, loading"],
        rows,
        figures,
    )


def _decode(once: Callable[[], object], count: int) -> Mapping[str, float]:
    """One at a time, then into a list, then one at a time beside the list."""
    alone = _timed(lambda _: None, once, count // 5, warm_up=1_000)
    held: list[object] = []
    loading = _timed(held.append, once, count)
    return {"alone": alone, "loading": loading, "held": _timed(lambda _: None, once, count // 5)}


def _timed(keep: Callable[[object], None], once: Callable[[], object], count: int, *, warm_up: int = 0) -> float:
    """Nanoseconds of one decoding whose result goes to ``keep``."""
    for _ in repeat(None, warm_up):
        once()
    begin = perf_counter_ns()
    for _ in repeat(None, count):
        keep(once())
    return (perf_counter_ns() - begin) / count


if __name__ == "__main__":
    serve(_decode)

"""``limits``: what hostile input costs: how time grows with its size, and time and memory for each of its octets.

Memory is what tracemalloc sees from the call to its return: the most that is allocated at one time, the result among
it, the input not.  The core asks Python's allocators for all that it takes, so nothing is hidden from it.
"""

from __future__ import annotations

import io
import tracemalloc
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import thread_time_ns
from typing import Any

from benchmarks.hostile import FAMILIES, STREAMS, Family
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import SLICE, Run, repeated
from isoill.codec import decode, decode_from, examine, iter_apdus, peek
from isoill.dump import dump
from isoill.errors import DEFAULT_LIMITS, DecodeError, LimitError, Limits
from isoill.framing import FrameBuffer

__all__ = ["LIMITS", "WIDEST", "Cost", "run"]

#: The goals: t(2n)/t(n), microseconds an octet, octets of memory an octet.
GROWTH, MICROSECONDS, MEMORY = 2.3, 0.5, 48

#: All that `Limits` allows: with its defaults most families end early, and little is seen of what goes on until then.
WIDEST = Limits(
    octets=16 << 20,
    depth=256,
    string_depth=64,
    elements=(1 << 31) - 1,
    tag_octets=8,
    length_octets=8,
    integer_octets=1024,
    oid_arcs=1024,
    oid_arc_octets=128,
    segments=(1 << 31) - 1,
    deviations=4096,
    padding=(1 << 31) - 1,
)
LIMITS = {"widest": WIDEST, "default": DEFAULT_LIMITS}

_SIZES = tuple(1 << power for power in range(16, 21))
_SMALL_SIZES = tuple(1 << power for power in range(12, 21))  # for what grows too fast, or is too slow, to get far
_QUICK_SIZES = (1 << 8, 1 << 9)
_MEMORY_SIZE = 1 << 18  # memory grows as time does; tracing it takes long
_LEAST = 200_000  # nanoseconds below which caches and allocators are all that a ratio shows
_PATIENCE = 300_000_000  # nanoseconds of one reading after which nothing larger is tried: more than the goals allow
_TOGETHER = 2_000_000_000  # nanoseconds after which one family, read in one way, is not tried once more
_MOST_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class _Way:
    """A way of reading octets, and if something takes time there that is not isoill's, the same without isoill."""

    read: Callable[[bytes, Limits], object]
    besides: Callable[[bytes], object] | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one family costs, read in one way."""

    outcome: str
    #: the least of several readings, by the number of octets
    nanoseconds: Mapping[int, float]
    #: for each octet of input
    memory: float
    #: the worst t(2n)/t(n), with what is not isoill's, or None where all is too quick to tell
    growth: float | None

    @property
    def microseconds(self) -> float:
        """The most for each octet of input."""
        return max(taken / octets / 1000 for octets, taken in self.nanoseconds.items())

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "outcome": self.outcome,
            "growth": self.growth,
            "microseconds": self.microseconds,
            "memory": self.memory,
            "nanoseconds": dict(self.nanoseconds),
        }


def growth(taken: Sequence[float]) -> float | None:
    """The worst t(2n)/t(n) among times for sizes that double, or None where all are too short to tell."""
    return max((b / a for a, b in pairwise(taken) if a > 0 and b >= _LEAST), default=None)


# ── ways of reading ────────────────────────────────────────────────────────────────────────────────────────────────


class _Pieces(io.BytesIO):
    """A file that gives no more than so many octets at once, as a connection may."""

    def __init__(self, octets: bytes, most: int) -> None:
        super().__init__(octets)
        self.most = most

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self.most)


def _iterate(source: Any, limits: Limits) -> object:
    """Take all the APDUs and keep none."""
    return deque(iter_apdus(source, limits=limits), maxlen=0)


def _in_pieces(most: int) -> _Way:
    def besides(octets: bytes) -> None:
        source = _Pieces(octets, most)
        while source.read1():
            pass

    return _Way(lambda octets, limits: _iterate(_Pieces(octets, most), limits), besides)


def _feed(frames: Any, octets: bytes, size: int) -> object:
    """Take all the frames and keep none; the loop over the pieces is in C."""
    feed = frames.feed
    pieces = (octets[at : at + size] for at in range(0, len(octets), size))
    deque((frame for piece in pieces for frame in feed(piece)), maxlen=0)
    return frames.finish()


class _Nothing:
    """What takes octets and gives nothing: what a loop over pieces costs by itself."""

    def feed(self, octets: bytes) -> tuple[()]:
        return ()

    def finish(self) -> None:
        return None


def _fed(size: int) -> _Way:
    return _Way(
        lambda octets, limits: _feed(FrameBuffer(limits=limits), octets, size),
        lambda octets: _feed(_Nothing(), octets, size),
    )


#: One APDU, whole.
_WHOLE = {
    "decode": _Way(lambda octets, limits: decode(octets, limits=limits)),
    "examine": _Way(lambda octets, limits: examine(octets, limits=limits)),
    "decode_from": _Way(lambda octets, limits: decode_from(octets, limits=limits)),
    "peek": _Way(lambda octets, limits: peek(octets)),
}
_DUMP = {"dump": _Way(lambda octets, limits: dump(octets, limits=limits))}
#: APDUs as they come; a further way in which octets may be fed has its line here.
_STREAMED = {
    "iter_apdus": _Way(_iterate),
    "of a file": _Way(lambda octets, limits: _iterate(io.BufferedReader(io.BytesIO(octets)), limits)),  # type: ignore[arg-type, unused-ignore]
    "64 KiB at a time": _in_pieces(1 << 16),
    "100 at a time": _in_pieces(100),
    "1 at a time": _in_pieces(1),
    "frames, 64 KiB": _fed(1 << 16),
    "frames, 100": _fed(100),
    "frames, 1": _fed(1),
}


# ── measuring ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _outcome(read: Callable[[bytes], object], octets: bytes) -> str:
    try:
        read(octets)
    except LimitError as error:
        return f"limit: {error.limit}"
    except DecodeError as error:
        return error.reason.value
    except Exception as error:  # what no reader may raise
        return f"{type(error).__name__}!"
    return "accepted"


def _measure(family: Family, way: _Way, limits: Limits, sizes: Sequence[int], *, quick: bool) -> Cost:
    """All sizes in turn, again and again, so that n and 2n meet the same machine.

    The least of each counts.  What seems to grow too fast is tried more often: noise goes, growth stays.
    """

    def read(octets: bytes) -> object:
        return way.read(octets, limits)

    def attempt(octets: bytes) -> object:
        try:
            return way.read(octets, limits)
        except Exception as error:
            return error

    inputs: list[bytes] = []
    taken: list[float] = []
    for size in sizes:
        inputs.append(family.make(size))
        taken.append(_timed(attempt, inputs[-1])(1))
        if taken[-1] > _PATIENCE:
            break
    traced = [octets for octets in inputs if len(octets) <= _MEMORY_SIZE] or inputs[:1]
    memory = _memory(attempt, traced[-1] if taken[len(traced) - 1] <= _PATIENCE else inputs[0])
    outcome = _outcome(read, inputs[0])
    loops = [1 if quick else max(1, round(SLICE / max(each, 1))) for each in taken]
    begin = thread_time_ns()
    for round_ in range(1 if quick else _MOST_ROUNDS):
        for index, octets in enumerate(inputs):
            taken[index] = min(taken[index], _timed(attempt, octets)(loops[index]))
        worst = growth(taken)
        kept = worst is None or worst <= GROWTH
        if (round_ and kept) or thread_time_ns() - begin > _TOGETHER:
            break
    worst = growth(taken)
    if way.besides is not None:
        for index, octets in enumerate(inputs):
            taken[index] = max(0.0, taken[index] - min(_timed(way.besides, octets)(1) for _ in range(3)))
    return Cost(outcome, dict(zip(map(len, inputs), taken, strict=True)), memory, worst)


def _timed(attempt: Callable[[bytes], object], octets: bytes) -> Run:
    """By the clock of this thread, which stands still while others have the processor."""
    return repeated(attempt, octets, clock=thread_time_ns)


def _memory(attempt: Callable[[bytes], object], octets: bytes) -> float:
    """Octets for each octet of input: the most that there is at one time of what reading has made."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    made = attempt(octets)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return (most - before) / len(octets)


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────────

#: By the names of the limits and of the way.
_Costs = Mapping[tuple[str, str], Cost]


def run(*, quick: bool) -> Table:
    """Each family in each way, under the widest limits and under those that are the default."""
    rows, figures = [], {}
    ballast = _ballast()
    for family in FAMILIES:
        read = _costs(family, _WHOLE, _QUICK_SIZES if quick else _SIZES, quick=quick)
        dumped = _costs(family, _DUMP, _QUICK_SIZES if quick else _SIZES, quick=quick, only="default")
        rows.append([family.name, *_worst(read), *_outcomes(read, "decode", "examine"), *_worst(dumped, goals=False)])
        figures[family.name] = _figures({**read, **dumped})
    for family in STREAMS:
        for name, way in _STREAMED.items():
            found = _costs(family, {name: way}, _QUICK_SIZES if quick else _SMALL_SIZES, quick=quick)
            row = f"{family.name}: {name}"
            rows.append([row, *_worst(found), *_outcomes(found, name), "", "", ""])
            figures[row] = _figures(found)
    del ballast
    return Table(
        "limits",
        f"hostile input; the goals are t(2n)/t(n) <= {GROWTH}, < {MICROSECONDS} microseconds an octet,"
        f" < {MEMORY} octets of memory an octet (* where one is missed)",
        ["", "t(2n)/t(n)", "us", "memory", "widest limits", "default limits", "dump: t(2n)/t(n)", "us", "memory"],
        rows,
        figures,
    )


def _ballast() -> list[bytes]:
    """One small object in each of many arenas of Python's allocator, so that it keeps them.

    Else it gives them back to the system after each reading and takes them again for the next, a page fault for each
    4 KiB, which makes a step in all times at the size at which it begins.
    """
    return [bytes(400) for _ in range(600_000)][::2_000]


def _costs(family: Family, ways: Mapping[str, _Way], sizes: Sequence[int], *, quick: bool, only: str = "") -> _Costs:
    return {
        (bounds, name): _measure(family, way, limits, sizes, quick=quick)
        for bounds, limits in LIMITS.items()
        if only in ("", bounds)
        for name, way in ways.items()
    }


def _worst(costs: _Costs, *, goals: bool = True) -> list[str]:
    """Cells for the worst of each figure."""
    growths = [cost.growth for cost in costs.values() if cost.growth is not None]
    microseconds = max(cost.microseconds for cost in costs.values())
    memory = max(cost.memory for cost in costs.values())
    if growths:
        growth = ratio(max(growths)) + _mark(goals and max(growths) > GROWTH)
    else:  # peek does not look at most of what it accepts
        accepted = any(cost.outcome == "accepted" for (_, way), cost in costs.items() if way != "peek")
        growth = "quick" if accepted else "stops"
    return [
        growth,
        f"{microseconds:.3f}" + _mark(goals and microseconds >= MICROSECONDS),
        significant(memory) + _mark(goals and memory >= MEMORY),
    ]


def _mark(missed: bool) -> str:
    return "*" if missed else " "


def _outcomes(costs: _Costs, *ways: str) -> list[str]:
    """Cells for what comes of it under each limits: strict, and lenient where that is another."""
    return [" / ".join(dict.fromkeys(costs[bounds, way].outcome for way in ways)) for bounds in LIMITS]


def _figures(costs: _Costs) -> dict[str, dict[str, Any]]:
    found = dict.fromkeys(bounds for bounds, _ in costs)
    return {bounds: {way: cost.figures() for (b, way), cost in costs.items() if b == bounds} for bounds in found}

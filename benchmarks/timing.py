"""Competitors timed in turn, in slices of about 2 ms, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import repeat
from statistics import median
from time import perf_counter_ns
from typing import TypeAlias, TypeVar

__all__ = ["SLICE", "Run", "Timings", "interleave", "repeated"]

#: Do it so many times; how many nanoseconds did one take?
Run: TypeAlias = Callable[[int], float]

#: Nanoseconds for which a competitor runs before the next one's turn.
SLICE = 2_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timings:
    """Nanoseconds of one operation, for each competitor, round by round."""

    rounds: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        """The median of a competitor's rounds."""
        return median(self.rounds[name])

    def ratio(self, name: str, other: str) -> float:
        """How many times as long as ``other`` ``name`` takes: the ratio within each round, then their median.

        >>> Timings({"ours": (10.0, 30.0, 11.0), "theirs": (20.0, 60.0, 20.0)}).ratio("ours", "theirs")
        0.5
        """
        return median(a / b for a, b in zip(self.rounds[name], self.rounds[other], strict=True))


def repeated(function: Callable[[T], object], argument: T, *, clock: Callable[[], int] = perf_counter_ns) -> Run:
    """A run of a Python function of one argument; what it returns is dropped at once."""

    def run(loops: int) -> float:
        begin = clock()
        for _ in repeat(None, loops):
            function(argument)
        return (clock() - begin) / loops

    return run


def interleave(competitors: Mapping[str, Run], rounds: int, slice_ns: int = SLICE) -> Timings:
    """Give each competitor a slice in each round, in an order shuffled anew: none always follows the same one."""
    loops = {name: _loops(run, slice_ns) for name, run in competitors.items()}
    taken: dict[str, list[float]] = {name: [] for name in competitors}
    order = list(competitors)
    shuffle = random.Random(0).shuffle
    for _ in repeat(None, rounds):
        shuffle(order)
        for name in order:
            taken[name].append(competitors[name](loops[name]))
    return Timings({name: tuple(values) for name, values in taken.items()})


def _loops(run: Run, slice_ns: int) -> int:
    """How often a run fits into a slice, at least once; finding out warms it up."""
    loops = 1
    while (each := run(loops)) * loops < slice_ns / 2:
        loops *= 2
    return max(1, round(slice_ns / each))

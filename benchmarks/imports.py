"""``import``: how long ``import isoill`` takes in a new process, beside ``import asyncio``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from statistics import median

from benchmarks.children import environment
from benchmarks.table import Table, ratio, significant

__all__ = ["run"]

#: isoill.codec is all that decoding needs, whether or not ``import isoill`` brings it along.
_MODULES = ("isoill", "isoill.codec", "asyncio")


def run(*, quick: bool) -> Table:
    """Import each in turn, with .pyc files that a first, discarded round has written."""
    taken: dict[str, list[int]] = {module: [] for module in _MODULES}
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(1 + (5 if quick else 60)):
            for module in _MODULES:
                nanoseconds = _import(module, folder)
                if round_:
                    taken[module].append(nanoseconds)
    medians = {module: median(values) for module, values in taken.items()}
    parts = {module: medians[module] / medians["asyncio"] for module in _MODULES}
    return Table(
        "import",
        "milliseconds to import a module in a new process",
        ["", "ms", "/ asyncio"],
        [[module, significant(medians[module] / 1e6), ratio(parts[module])] for module in _MODULES],
        {module: {"nanoseconds": medians[module], "by_asyncio": parts[module]} for module in _MODULES},
    )


def _import(module: str, folder: str) -> int:
    """Nanoseconds of the import statement alone, in an interpreter that has started as it always does."""
    code = f"from time import perf_counter_ns as now; begin = now(); import {module}; print(now() - begin)"
    command = [sys.executable, "-X", f"pycache_prefix={folder}", "-c", code]
    result = subprocess.run(command, stdout=subprocess.PIPE, env=environment(), cwd=folder, check=True)
    return int(result.stdout)

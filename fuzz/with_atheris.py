"""atheris over isoill's Python: what reads JSON, shows messages and makes errors is guided by coverage, not the core.

``python -m fuzz.with_atheris PROGRAM TARGET [libFuzzer's options]`` is what `fuzz.launch` makes a program of.
"""

from __future__ import annotations

import random
import sys

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

from fuzz.mutate import mutated

with atheris.instrument_imports(include=["isoill"], exclude=["isoill._ber"]):
    from fuzz.targets import TARGETS

__all__ = ["main"]


def _mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the time in libFuzzer's own way, half of the time as a tree of tag-length-values."""
    if seed & 1:
        changed: bytes = atheris.Mutate(data, max_size)
        return changed
    return mutated(data, random.Random(seed))[:max_size]


def main() -> None:
    """Fuzz; does not return."""
    _, program, target, *options = sys.argv
    mutator = {} if target == "from_json" else {"custom_mutator": _mutated}
    atheris.Setup([program, *options], TARGETS[target], **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

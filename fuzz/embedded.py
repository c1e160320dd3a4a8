"""What ``driver.c`` imports: isoill over the core that is built to be fuzzed, and the target that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

CORE = "isoill._ber"


class _Finder(MetaPathFinder):
    """Finds one module, the core, in its own place; asked before all others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        return spec_from_file_location(CORE, os.environ["FUZZ_CORE"]) if fullname == CORE else None


sys.meta_path.insert(0, _Finder())

from fuzz.targets import TARGETS, lean  # noqa: E402 - not before the core can be found
from isoill import _ber  # noqa: E402

assert _ber.DEBUG, f"another core than the one for fuzzing was found: {_ber}"

_target = TARGETS[os.environ["FUZZ_TARGET"]]


def target(view: memoryview) -> None:
    """One input.  `lean` reads the view itself, so that the core is seen to read beyond it; the others want bytes."""
    _target(view if _target is lean else bytes(view))  # type: ignore[arg-type] # any octets will do for the core

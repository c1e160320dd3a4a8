"""Doctests of the package and the documentation name files from the project's root."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

#: Files whose examples need what an extra brings.
_NEEDED = {
    "isoill/marc.py": ("pymarc",),
    "isoill/ids.py": ("stdnum",),
    "docs/howto/marc.rst": ("pymarc", "stdnum"),
}
#: Without it they are left alone, and tests/test_marc.py and test_ids.py say so; continuous integration wants it.
collect_ignore = [
    path
    for path, modules in _NEEDED.items()
    if os.environ.get("CI") != "true" and not all(find_spec(module) for module in modules)
]


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)

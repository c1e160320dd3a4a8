"""Doctests of the package and the documentation name files from the project's root."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import isoill.payloads  # noqa: F401 - these stay registered, whichever example comes first
from isoill import oids

#: Files whose examples need what an extra brings.
_NEEDED = {
    "isoill/marc.py": ("pymarc",),
    "isoill/ids.py": ("stdnum",),
    "docs/howto/marc.rst": ("pymarc", "stdnum"),
    "docs/howto/web.rst": ("sqlalchemy",),
    **dict.fromkeys(
        [f"isoill/{name}.py" for name in ("store", "desk", "writing", "courier", "node", "serving")], ("sqlalchemy",)
    ),
    "tests/killed.py": ("sqlalchemy",),
    "tests/postgresql.py": ("psycopg",),
}
#: Without it they are left alone, and tests/test_marc.py and test_ids.py say so; continuous integration wants it.
collect_ignore = [
    path
    for path, modules in _NEEDED.items()
    if os.environ.get("CI") != "true" and not all(find_spec(module) for module in modules)
]


@pytest.fixture(autouse=True)
def _own_types_only_here() -> Iterator[None]:
    """What an example registers is of no concern to the next."""
    kept = [(known, dict(known)) for known in (oids.OID_NAMES, oids._BY_OID, oids._BY_TYPE, oids._KNOWN)]
    yield
    for known, before in kept:
        known.clear()
        known.update(before)


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)

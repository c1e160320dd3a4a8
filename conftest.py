"""Doctests of the package and the documentation name files from the project's root."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)

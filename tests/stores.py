"""Databases for the tests of what keeps: ``where`` is the URL of an empty one, of SQLite and of PostgreSQL in turn.

A test module has them by importing the fixtures: ``from tests.stores import cluster, postgresql, where``.
"""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import need

if TYPE_CHECKING:
    from tests.postgresql import Cluster

_CLUSTER = pytest.StashKey["Cluster"]()

__all__ = ["cluster", "need_store", "postgresql", "where"]


def need_store() -> None:
    """Skip a module that cannot be imported without the extra."""
    need(importlib.util.find_spec("sqlalchemy") and importlib.util.find_spec("psycopg"), "isoill[store]")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """A PostgreSQL, started once, whichever modules import this; it ends when all tests have."""
    need_store()
    from tests.postgresql import running  # noqa: PLC0415 - it needs the extra

    found = request.config.stash.get(_CLUSTER, None)
    if found is None:
        stack = ExitStack()
        request.config.add_cleanup(stack.close)
        found = request.config.stash[_CLUSTER] = stack.enter_context(running())
    return found


@pytest.fixture
def postgresql(cluster: Cluster) -> str:
    """The URL of an empty database on PostgreSQL; ``cluster.database()`` makes more of them."""
    return cluster.emptied()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        need_store()
        return f"sqlite:///{tmp_path}/ill.db"
    url: str = request.getfixturevalue("postgresql")
    return url

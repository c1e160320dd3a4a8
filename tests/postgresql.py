"""A PostgreSQL of our own for the tests: Debian's, in a temporary directory, reached by a socket there alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.conftest import need

#: What makes it fast, and loses all where the power fails: the tests lose nothing that they need.
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "deadlock_timeout=200ms",
)


class Cluster:
    """A running PostgreSQL, which makes databases."""

    def __init__(self, folder: str, user: str) -> None:
        self.folder, self._user = folder, user
        self._numbers = count(1)
        self._shared: str | None = None

    def url(self, name: str) -> str:
        """The URL of a database, as `isoill.store.Store` takes it."""
        return f"postgresql://{self._user}@/{name}?host={self.folder}"

    def execute(self, *statements: str, name: str = "postgres") -> None:
        """Do something as the administrator, by default outside of the databases that are tested."""
        url = self.url(name).replace("postgresql:", "postgresql+psycopg:")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def database(self) -> str:
        """The URL of a fresh and empty database."""
        name = f"ill{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def emptied(self) -> str:
        """The URL of a database that is always the same, and empty again: that is faster than another one."""
        if self._shared is None:
            self.execute("CREATE DATABASE shared")
            self._shared = self.url("shared")
        else:
            self.hang_up("shared")
            self.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", name="shared")
        return self._shared

    def hang_up(self, name: str) -> None:
        """End all connections to a database."""
        self.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


def _programs() -> Path | None:
    """Where Debian has the newest PostgreSQL's programs, which are on no path."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: [int(x) for x in each.parts[4].split(".")]
    )
    return found[-1].parent if found else None


@contextmanager
def running() -> Iterator[Cluster]:
    """A PostgreSQL that ends with the block."""
    programs = _programs()
    need(programs, "PostgreSQL (Debian package postgresql)")
    assert programs is not None
    as_user: dict[str, Any] = {}
    user = pwd.getpwuid(os.geteuid()).pw_name
    # the path of a socket is 107 octets long at most, which those of pytest's directories may be
    folder = tempfile.mkdtemp(prefix="ill-pg-")
    try:
        if os.geteuid() == 0:  # as which it does not run
            user = "postgres"
            account = pwd.getpwnam(user)
            as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(folder, account.pw_uid, account.pw_gid)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": folder}
        begin = [f"{programs}/initdb", "-D", f"{folder}/data", "-U", user, "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(begin, check=True, capture_output=True, cwd=folder, env=environment, **as_user)
        settings = [word for each in _SETTINGS for word in ("-c", each)]
        serve = [f"{programs}/postgres", "-D", f"{folder}/data", "-k", folder, "-c", "listen_addresses=", *settings]
        with (
            open(f"{folder}/log", "wb") as log,
            subprocess.Popen(serve, stdout=log, stderr=log, cwd=folder, env=environment, **as_user) as server,
        ):
            try:
                cluster = Cluster(folder, user)
                _wait(cluster, server, f"{folder}/log")
                yield cluster
            finally:
                server.terminate()
                try:
                    server.wait(2)
                except subprocess.TimeoutExpired:  # it lets connections end that nobody has closed: not here
                    server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(cluster: Cluster, server: subprocess.Popen[bytes], log: str) -> None:
    """Wait until it answers."""
    until = time.monotonic() + 60
    while True:
        try:
            cluster.execute("SELECT 1")
        except sa.exc.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"expected a PostgreSQL, found {Path(log).read_text()[-2000:]}") from None
            time.sleep(0.02)
        else:
            return

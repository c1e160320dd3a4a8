"""Nodes that die by SIGKILL at a chosen write: ``python -m tests.killed`` forks one for each line that it reads.

A line is the JSON of a `Life`.  What it prints is JSON as well: ``{"pid": ...}`` when a node is born, ``{"listening":
true}`` when it listens, and ``{"exit": ..., "points": ...}`` when it is dead.  To fork is much faster than to import.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from multiprocessing import Value
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import isoill
from isoill import courier
from isoill.addresses import Address
from isoill.link import Link
from isoill.node import Asked, Node
from isoill.store import Store, key_of_id
from tests.conftest import ROOT
from tests.nodes import request

_CHANGES = ("INSERT", "UPDATE", "DELETE", "CREATE")
#: Seconds between tries: many and short, as nobody is away for long here.
RETRIES = (0.02,) * 500
#: Seconds between looks at the outbox.
POLL = 0.1


@dataclass(frozen=True)
class Life:
    """What a node is to do, and when it is to die."""

    store: str
    port: int
    duplex: bool
    #: its name in the table of hooks
    hook: str
    #: at the how many-th write it dies; 0 for never
    dies_at: int = 0
    #: where to send a request of its own, and its group
    to: str | None = None
    group: str = ""


def lends(asked: Asked) -> Iterable[isoill.Apdu]:
    """A whole loan, on either side."""
    transaction, event = asked.transaction, asked.step.event
    if event is isoill.Event.ILL_REQUEST:
        return [transaction.shipped()]
    if event is isoill.Event.SHIPPED:
        return [transaction.received(), transaction.returned()]
    return [transaction.checked_in()] if event is isoill.Event.RETURNED else []


def refuses(asked: Asked) -> isoill.Apdu | None:
    """A whole refusal."""
    if asked.step.event is not isoill.Event.ILL_REQUEST:
        return None
    return asked.transaction.unfilled(isoill.ReasonUnfilled.NOT_OWNED)


HOOKS = {"lends": lends, "refuses": refuses}


def begin(store: Store, group: str, to: str, answers_to: str | None = None) -> None:
    """Have a request in the outbox, unless it is there."""
    from isoill.desk import Desk  # noqa: PLC0415

    apdu = request(group, answers_to=answers_to)
    with contextlib.suppress(ValueError), store.writing([key_of_id(apdu.transaction_id)]) as rows:
        Desk().begin(rows, apdu, to=Address.of(to), now=datetime.datetime.now())


class _Points:
    """Counts the writes, and dies at one of them."""

    def __init__(self, dies_at: int, passed: Any) -> None:
        self._dies_at, self._passed = dies_at, passed
        self._numbers = itertools.count(1)
        self._changed = False

    def point(self) -> None:
        number = self._passed.value = next(self._numbers)
        if number == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Make points of all statements that write, of every commit, and of all that is sent: before and after."""
        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        sa.event.listen(sa.Engine, "after_cursor_execute", self._statement)
        sa.event.listen(sa.Engine, "engine_connect", self._connected)
        for name in ("send", "finish", "aclose"):
            setattr(Link, name, self._around(getattr(Link, name)))

    def _statement(self, connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(_CHANGES):
            self._changed = True
            self.point()

    def _connected(self, connection: sa.Connection) -> None:
        dialect: Any = connection.dialect
        commit = dialect.do_commit
        if getattr(commit, "is_watched", False):
            return

        def do_commit(*given: Any) -> None:
            changed, self._changed = self._changed, False
            if changed:  # to look costs nothing
                self.point()
            commit(*given)
            if changed:
                self.point()

        do_commit.is_watched = True  # type: ignore[attr-defined]
        dialect.do_commit = do_commit

    def _around(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def watched(*given: Any) -> Any:
            self.point()
            result = await method(*given)
            self.point()
            return result

        return watched


async def _live(life: Life) -> None:
    with Store(life.store) as store:
        if life.to is not None:
            begin(store, life.group, life.to, f"127.0.0.1:{life.port}")
        async with Node(store, decide=HOOKS[life.hook], name="killed", retries=RETRIES) as node:
            await node.listen("127.0.0.1", life.port, duplex=life.duplex)
            _tell(listening=True)
            await node.serve_forever()


def _tell(**what: object) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")  # at once, and whole


def main() -> None:
    """Give each node its life."""
    passed = Value("i", 0)
    courier._POLL = POLL
    for line in sys.stdin:
        life = Life(**json.loads(line))
        passed.value = 0
        pid = os.fork()
        if pid == 0:
            signal.alarm(60)  # if nobody is there any more to kill it
            with Path(f"{life.store}.log").open("a") as log:
                logging.basicConfig(level=logging.WARNING, stream=log)
                _Points(life.dies_at, passed).watch()
                try:
                    asyncio.run(_live(life))
                finally:
                    logging.exception("expected to be killed")
                    log.flush()
                    os._exit(1)
        _tell(pid=pid)
        _, status = os.waitpid(pid, 0)
        _tell(exit=os.waitstatus_to_exitcode(status), points=passed.value)


class Nursery:
    """The program in which nodes live and die, one at a time; an asynchronous context manager."""

    #: ends with the node, and has its exit code and how many points it has passed
    dead: asyncio.Task[tuple[int, int]]

    async def __aenter__(self) -> Nursery:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # whoever lives of its session, which is none of ours
        await asyncio.gather(self.dead, return_exceptions=True)
        await self._process.communicate()

    async def bear(self, life: Life) -> bool:
        """Begin a life; whether it comes as far as to listen."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(life)).encode() + b"\n")
        await self._process.stdin.drain()
        self._pid = (await self._hear())["pid"]
        listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.dead = asyncio.create_task(self._follow(listening))
        first: list[asyncio.Future[Any]] = [listening, self.dead]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        return listening.done()

    async def kill(self) -> tuple[int, int]:
        """Kill it, if it is not dead."""
        if not self.dead.done():
            with contextlib.suppress(ProcessLookupError):  # it may have died by itself just now
                os.kill(self._pid, signal.SIGKILL)
        return await self.dead

    async def _follow(self, listening: asyncio.Future[None]) -> tuple[int, int]:
        while "exit" not in (told := await self._hear()):
            listening.set_result(None)
        return told["exit"], told["points"]

    async def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "expected news of a node, found the end of all of them"
        told: dict[str, Any] = json.loads(line)
        return told


if __name__ == "__main__":
    main()

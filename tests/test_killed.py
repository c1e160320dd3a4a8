"""A node is killed at every write of a whole loan, and at random moments under load: nothing is lost, or done twice."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import isoill
from isoill import Direction, Event, aio
from isoill.agreement import compatible
from tests.conftest import IN_CI, need
from tests.nodes import request
from tests.stores import need_store

need_store()

from isoill.node import Node  # noqa: E402 - which needs what is there now
from isoill.store import Kept, Store  # noqa: E402
from tests.killed import POLL, RETRIES, Life, Nursery, begin, lends  # noqa: E402

need(sys.platform == "linux", "SIGKILL, and processes that fork")

SEND, RECEIVE = Direction.SEND, Direction.RECEIVE
#: A whole loan as its responder sees it.
LOAN = [
    (RECEIVE, Event.ILL_REQUEST),
    (SEND, Event.SHIPPED),
    (RECEIVE, Event.RECEIVED),
    (RECEIVE, Event.RETURNED),
    (SEND, Event.CHECKED_IN),
]
#: So many nodes die at the same time.
LANES = 4
#: All of it where it is asked for, once: the other versions of Python would have the same.
ALL = IN_CI and sys.version_info[:2] == (3, 11)
#: At so many moments a busy node is killed; and at each write, or at every so many.
MOMENTS, EVERY = (200, 1) if ALL else (20, 11)


def free_port() -> int:
    """A port on which nobody listens, and that no connection gets by chance."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))
            return port


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait for what must become true, as two processes and a disk do it."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


def all_of(store: Store) -> dict[str, Kept]:
    """All transactions by their groups; each is what its messages make, when these are gone through again."""
    found: dict[str, Kept] = {}
    with store.reading() as rows:
        for row in rows.transactions():
            kept = rows.kept(row.number)
            assert kept is not None
            transaction = kept.transaction
            again = isoill.Transaction.replay(transaction.messages, role=transaction.role, **transaction.options)
            assert again == transaction
            assert (row.state, row.steps, row.ended) == (transaction.state, len(transaction.history), transaction.ended)
            octets = [each.octets for each in rows.messages(row.number)]
            assert len(set(octets)) == len(octets), "a message is there twice"
            assert row.group_qualifier not in found, "a transaction is there twice"
            found[row.group_qualifier] = kept
    return found


class Watch:
    """Looks at two stores, often, and without much ado."""

    def __init__(self, *paths: Path) -> None:
        self._databases = [sqlite3.connect(path) for path in paths]

    def sum(self, table: str, where: str = "1") -> int:
        """How many rows there are in all."""
        query = f"SELECT count(*) FROM {table} WHERE {where}"
        return sum(database.execute(query).fetchone()[0] for database in self._databases)

    def close(self) -> None:
        for database in self._databases:
            database.close()


def events(kept: Kept) -> list[tuple[Direction, Event]]:
    """What has happened, without the acknowledgements: of these there is one more for each request that is repeated."""
    return [
        (step.direction, step.event)
        for step in kept.transaction.history
        if step.event is not Event.STATUS_OR_ERROR_REPORT
    ]


def mirrored(history: list[tuple[Direction, Event]]) -> list[tuple[Direction, Event]]:
    """As the other side sees it."""
    return [(RECEIVE if direction is SEND else SEND, event) for direction, event in history]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Clients pump requests into a node that answers each, and dies: all that it has acknowledged is there, once."""
    path, port = tmp_path / "ill.db", free_port()
    random_of = random.Random(2026)
    acknowledged: set[str] = set()
    answers: dict[str, set[bytes]] = {}
    lives, stop = asyncio.Event(), asyncio.Event()

    async def has_both(group: str, octets: bytes) -> bool:
        """Send a request on a connection of its own, and wait until it is acknowledged and answered, or that breaks."""
        async with aio.connect("127.0.0.1", port) as link:
            await link.send(octets)
            async for received in link:
                assert received.apdu.transaction_id.transaction_group_qualifier == group
                if isinstance(received.apdu, isoill.StatusOrErrorReport):
                    assert received.apdu.error_report is None, received.apdu
                    acknowledged.add(group)
                else:
                    assert isinstance(received.apdu, isoill.ILLAnswer)
                    answers.setdefault(group, set()).add(received.octets)
                if group in acknowledged and group in answers:
                    return True
        return False

    async def pump(name: str) -> None:
        for number in itertools.count():
            group = f"{name}-{number}"
            octets = isoill.encode(request(group))
            while True:
                try:
                    if await has_both(group, octets):
                        break
                except OSError:
                    await lives.wait()
            if stop.is_set():
                return

    async def kill_it() -> None:
        with Store(path) as store:
            async with Nursery() as nursery, asyncio.TaskGroup() as pumps:
                for name in "abcd":
                    pumps.create_task(pump(name))
                for moment in range(MOMENTS + 1):
                    assert await nursery.bear(Life(store=str(path), port=port, duplex=True, hook="refuses"))
                    lives.set()
                    if moment == MOMENTS:
                        stop.set()
                        break
                    await asyncio.sleep(random_of.uniform(0.0, 0.12))
                    lives.clear()
                    code, _ = await nursery.kill()
                    assert code == -9, Path(f"{path}.log").read_text()
                    before = set(acknowledged)  # those of which we have not yet read are not among these
                    with store.reading() as rows:
                        groups = Counter(row.group_qualifier for row in rows.transactions())
                    assert before <= set(groups), "what was acknowledged is lost"
                    assert set(groups.values()) <= {1}, "a request has opened two transactions"
                # the task group waits here for the last answers

    asyncio.run(kill_it())
    with Store(path) as store:
        found = all_of(store)
    assert set(found) == acknowledged == set(answers)
    for group, kept in found.items():
        assert events(kept) == [(RECEIVE, Event.ILL_REQUEST), (SEND, Event.ANSWER_UNFILLED)]
        [octets] = answers[group]  # though it may have come twice
        assert isoill.decode(octets) in [apdu for _, apdu in kept.transaction.messages]
    print(f"killed at {MOMENTS} moments of {len(found)} requests")


@pytest.mark.parametrize("way", ["simplex", "duplex"])
def test_killed_at_every_write(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two loans, one in each direction: wherever one of the nodes dies, both sides end as if it had not."""
    monkeypatch.setattr("isoill.courier._POLL", POLL)
    monkeypatch.setattr("isoill.courier._SILENCE", POLL)
    duplex = way == "duplex"

    async def loan(nursery: Nursery, dies_at: int) -> int:
        """How many points the node came to that was to die at this one."""
        path, port = tmp_path / f"{dies_at}.db", free_port()
        peer_path = tmp_path / f"peer-{dies_at}.db"
        with Store(peer_path) as peer_store, Store(path) as store, closing(Watch(path, peer_path)) as watch:
            async with Node(peer_store, decide=lends, name="peer", retries=RETRIES) as peer:
                server = await peer.listen(duplex=duplex)
                begin(peer_store, "theirs", f"127.0.0.1:{port} {way}", f"127.0.0.1:{server.port}")
                to = f"127.0.0.1:{server.port} {way}"
                life = Life(store=str(path), port=port, duplex=duplex, hook="lends", to=to, group="ours")

                def is_over() -> bool:
                    # in this order: what is in no outbox now may have been put there before the last look
                    ended = watch.sum("isoill_messages", f"event = '{Event.CHECKED_IN}'")
                    return ended == 4 and watch.sum("isoill_outbox") == 0

                await nursery.bear(replace(life, dies_at=dies_at))
                over = asyncio.create_task(until(is_over, f"point {dies_at}: the loans have not ended"))
                await asyncio.wait([over, nursery.dead], return_when=asyncio.FIRST_COMPLETED)
                code, points = await nursery.kill()
                assert code == -9, (tmp_path / f"{dies_at}.db.log").read_text()
                if not over.done():
                    assert await nursery.bear(life)
                    await over
                    await nursery.kill()
            theirs, ours = all_of(peer_store), all_of(store)
        assert set(ours) == set(theirs) == {"ours", "theirs"}
        for group, requester, responder in (("ours", ours, theirs), ("theirs", theirs, ours)):
            assert events(responder[group]) == LOAN, f"point {dies_at}"
            assert events(requester[group]) == mirrored(LOAN), f"point {dies_at}"
            states = requester[group].transaction.state, responder[group].transaction.state
            assert compatible(*states, settled=True), f"point {dies_at}"
        return points

    async def lane(numbers: Iterator[int], lived: set[int]) -> None:
        async with Nursery() as nursery:
            while not lived:
                dies_at = next(numbers)
                if (points := await loan(nursery, dies_at)) < dies_at:
                    lived.add(points)

    async def all_points() -> set[int]:
        # on a duplex connection there is one thing more, what is answered there, and the rest is the same
        numbers, lived = itertools.count(1, EVERY * (16 if duplex else 1)), set[int]()
        async with asyncio.TaskGroup() as lanes:
            for _ in range(LANES):
                lanes.create_task(lane(numbers, lived))
        return lived

    points = max(asyncio.run(all_points()))
    print(f"killed at {points} points")
    assert points > 100

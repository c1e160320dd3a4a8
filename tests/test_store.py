"""What is kept: on SQLite and on PostgreSQL, with whatever is in messages, and whatever happens to the disk."""

from __future__ import annotations

import datetime
import os
import random
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import isoill
from isoill import ItemId, ReasonUnfilled, ReasonWillSupply, Role, Transaction, TransactionId
from tests.parties import Parties, asked, known, moves
from tests.stores import cluster, need_store, postgresql, where

need_store()

import sqlalchemy as sa  # noqa: E402

from isoill.store import (  # noqa: E402
    DROPPED,
    FAILED,
    LAYOUT,
    REFUSED_OCTETS,
    WAITING,
    Kept,
    Queued,
    Rows,
    Store,
    StoreError,
    key_of_id,
)
from tests.postgresql import Cluster  # noqa: E402

__all__ = ["cluster", "postgresql", "where"]

NOW = 1_000.0
NODE, OTHER = "node:1611", "other:1611"
WAITS = (5.0, 20.0, 60.0)


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    with Store(where) as found:
        yield found


def came(group: str = "7", **components: Any) -> tuple[Transaction, bytes]:
    """A request that has come, and its octets."""
    name = TransactionId(transaction_group_qualifier=group, transaction_qualifier="1")
    octets = isoill.encode(asked(transaction_id=name, **components))
    transaction = Transaction(role=Role.RESPONDER)
    transaction.receive(isoill.decode(octets))
    return transaction, octets


def keep(rows: Rows, transaction: Transaction, *octets: bytes, number: int | None = None, **told: Any) -> int:
    kept = Kept(number=number, transaction=transaction, partner="hill", counted="hill", address=None)
    return rows.keep(kept, octets, now=NOW, **told)[0]


def begun(rows: Rows, group: str = "7") -> int:
    return keep(rows, *came(group))


def put(rows: Rows, transaction: int | None = None, **told: Any) -> int:
    """A message in the outbox."""
    values: dict[str, Any] = {"partner": "hill", "address": "192.0.2.7:1611 simplex", "message": None, "now": NOW}
    return rows.queue("Shipped", b"octets", transaction=transaction, **{**values, **told}).number


def claim(rows: Rows, *, node: str = NODE, now: float = NOW, **told: Any) -> list[int]:
    return [each.number for each in rows.claim(node, now=now, **{"lease": 300.0, "limit": 200, **told})]


def state_of(rows: Rows, number: int) -> Queued:
    return next(each for each in rows.outbox() if each.number == number)


# ── opening ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_made_is_found_again(where: str) -> None:
    with Store(where) as store, store.writing() as rows:
        number = begun(rows)
    with Store(where) as store, store.reading() as rows:
        assert [row.number for row in rows.transactions()] == [number]
        assert store.name in repr(store)


def test_another_layout_is_not_touched(where: str) -> None:
    with Store(where) as store, store.writing() as rows:
        begun(rows)
    url = where.replace("postgresql:", "postgresql+psycopg:")
    for change, found in (
        (f"UPDATE isoill_layout SET number = {LAYOUT + 1}", LAYOUT + 1),
        ("DELETE FROM isoill_layout", 0),
    ):
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text(change))
        engine.dispose()
        with pytest.raises(StoreError, match=f"^expected a store of layout {LAYOUT}, found {found} - at "):
            Store(where)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://user:secret@host/ill", "^expected sqlite or postgresql, found 'mysql'$"),
        ("postgresql://user:secret@host:port/ill", "^expected a file or a URL, found 'host:port/ill'$"),
        ("://", "^expected a file or a URL, found '://'$"),
        (":memory:", "^expected a file, found ':memory:'$"),
        ("sqlite://", "^expected a file, found 'sqlite://'$"),
        ("", "^expected a file, found ''$"),
        ("/nowhere/at/all/ill.db", "unable to open database file - at /nowhere/at/all/ill.db$"),
        (
            "postgresql://user:secret@127.0.0.1:1/ill?password=secret",
            r"^expected a database that works, found .*refused.* - at postgresql://user:\*\*\*@127.0.0.1:1/ill$",
        ),
        ("postgres://user@/ill?host=/nowhere", "No such file or directory.* - at postgresql://user@/ill"),
        ("postgresql+psycopg2://user@/ill?host=/nowhere", "No such file or directory.* - at postgresql://user@/ill"),
    ],
)
def test_what_is_no_store(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as caught:
        Store(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "ill.db"
    path.write_bytes(b"a letter to somebody, which is no database at all" * 100)
    with pytest.raises(StoreError, match=f"found file is not a database - at {path}"):
        Store(path)
    assert path.read_bytes().startswith(b"a letter")


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter there")
def test_only_its_owner_reads_a_file_that_is_made(tmp_path: Path) -> None:
    path, before = tmp_path / "ill.db", os.umask(0)
    try:
        with Store(path) as store:
            with store.writing() as rows:
                begun(rows)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
            assert modes == dict.fromkeys(("ill.db", "ill.db-wal", "ill.db-shm"), 0o600)
        path.chmod(0o640)  # somebody wants it so
        with Store(path) as store, store.reading() as rows:
            assert len(list(rows.transactions())) == 1
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    finally:
        os.umask(before)


def test_many_may_open_it_at_the_same_time(where: str) -> None:
    at_once = threading.Barrier(8)

    def open_it(number: int) -> int:
        at_once.wait()
        with Store(where) as store, store.writing() as rows:
            return begun(rows, str(number))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_it, range(8)))) == 8


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A directory for everybody, and nobody's rights."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(folder, 0o755)


def write(path: Path) -> None:
    with Store(path) as store, store.writing() as rows:
        begun(rows, "8")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="rights are another matter there")
def test_a_directory_or_file_in_which_nobody_may_write(tmp_path: Path) -> None:
    with unprivileged() as folder:
        if os.getuid() != 0:  # otherwise it is root's
            folder.chmod(0o555)
        with pytest.raises(StoreError, match=r"unable to open database file - at .*ill\.db"):
            Store(folder / "ill.db")
    with tempfile.TemporaryDirectory() as outer:
        os.chmod(outer, 0o755)
        path = Path(outer) / "ill.db"
        write(path)
        path.chmod(0o444)
        with unprivileged(), pytest.raises(StoreError, match=r"expected a database that works, found .* - at "):
            write(path)
        with Store(path) as store, store.reading() as rows:
            assert len(list(rows.transactions())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of that kind")
def test_a_full_disk(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not everywhere

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    done: list[int] = []
    with Store(tmp_path / "ill.db") as store:
        transaction, octets = came(requester_note="x" * 20_000)

        def write_on() -> None:
            for _ in range(100):
                with store.writing() as rows:
                    number = keep(rows, transaction, octets)
                    put(rows, number)
                done.append(number)

        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))  # a file cannot become larger
        try:
            with pytest.raises(StoreError, match="expected a database that works, found ") as caught:
                write_on()
            assert str(tmp_path) in str(caught.value)
            with store.reading() as rows:  # what there was can still be read
                assert [row.number for row in rows.transactions()] == done
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert len(done) > 3
        with store.writing() as rows:
            done.append(keep(rows, transaction, octets))
    with Store(tmp_path / "ill.db") as store, store.reading() as rows:
        assert [row.number for row in rows.transactions()] == done
        assert [each.transaction for each in rows.outbox()] == done[:-1]
        assert all(rows.kept(number) is not None for number in done)


LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
"""


def test_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "ill.db"
    with (
        Store(f"sqlite:///{path}?timeout=0.1") as store,
        subprocess.Popen(
            [sys.executable, "-c", LOCKING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other,
    ):
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(StoreError, match="database is locked"), store.writing() as rows:
            begun(rows)
        with Store(path) as patient, ThreadPoolExecutor(1) as pool:  # reading needs no lock
            with patient.reading() as rows:
                assert list(rows.transactions()) == []

            def write() -> int:
                with patient.writing() as rows:
                    return begun(rows)

            waiting = pool.submit(write)
            other.stdin.close()
            assert waiting.result() == 1


def test_sqlite_is_as_safe_as_it_can_be(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def look(connection: sa.Connection, *_: object) -> None:
        cursor = connection.connection.cursor()
        for name in ("journal_mode", "synchronous", "foreign_keys"):
            seen[name] = cursor.execute(f"PRAGMA {name}").fetchone()[0]

    with Store(tmp_path / "ill.db") as store, store.writing() as rows, listening("before_cursor_execute", look):
        begun(rows)
    assert seen == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@contextmanager
def listening(event: str, do: Callable[..., None]) -> Iterator[None]:
    sa.event.listen(sa.Engine, event, do)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, event, do)


def test_a_connection_that_is_lost(cluster: Cluster, postgresql: str) -> None:
    with Store(postgresql) as store:

        def write_on() -> None:
            with store.writing() as rows:
                begun(rows)
                cluster.hang_up("shared")
                begun(rows, "8")

        with pytest.raises(StoreError, match=r"terminating connection|server closed"):
            write_on()
        with store.writing() as rows:
            assert list(rows.transactions()) == []
            begun(rows)
        cluster.hang_up("shared")
        with store.reading() as rows:  # one that was lost while nobody needed it
            assert len(list(rows.transactions())) == 1


def test_what_fails_has_not_happened(store: Store) -> None:
    def be_wrong(rows: Rows) -> None:
        put(rows, begun(rows))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.writing() as rows:
        be_wrong(rows)
    with store.writing() as rows:
        put(rows)
        with pytest.raises(ZeroDivisionError), rows.attempt():
            be_wrong(rows)
    with store.reading() as rows:
        assert list(rows.transactions()) == []
        assert len(list(rows.outbox())) == 1


def test_a_message_belongs_to_a_transaction(store: Store) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key") as caught, store.writing() as rows:
        put(rows, 99)
    assert "isoill_outbox" in str(caught.value.__cause__)
    assert "192.0.2.7" not in str(caught.value.__cause__)  # what is in a message is in no log


def test_a_look_is_of_one_moment(store: Store) -> None:
    with store.reading() as reader:
        assert list(reader.transactions()) == []
        with store.writing() as rows:
            begun(rows)
        assert list(reader.transactions()) == []
    with store.reading() as reader:
        assert len(list(reader.transactions())) == 1


# ── transactions ───────────────────────────────────────────────────────────────────────────────────────────────────

_NOISE = random.Random(7).randbytes(50_000).hex()


@pytest.mark.parametrize(
    "text",
    ["a\0b", "\0", "café ÿ", "漢字 \U0001f4da", "x" * 100_000, _NOISE, "'; DROP TABLE isoill_messages; --", "%s :x"],
)
def test_whatever_is_in_a_text(store: Store, text: str) -> None:
    transaction, octets = came(text, requester_note=text, item_id=ItemId(title=text))
    assert transaction.request is not None
    key = key_of_id(transaction.request.transaction_id)
    with store.writing([key]) as rows:
        number = keep(rows, transaction, octets)
        rows.refuse(octets, text, None, source=text, partner=None, now=NOW)
        rows.not_gone([put(rows, number)], text, now=NOW, waits=WAITS)
    with store.reading() as rows:
        [kept] = rows.alike(key)
        assert known(kept.transaction) == known(transaction)
        assert rows.key(number) == key
        assert [row.octets for row in rows.messages(number)] == [octets]
        [refused] = rows.refused()
        assert refused.octets == octets[:REFUSED_OCTETS]


def test_octets_that_are_no_utf8_and_not_as_the_standard_has_them(store: Store, request_octets: bytes) -> None:
    odd = request_octets.replace(b"Anne", b"\xff\xe9\0e").replace(b"\x80\x01\x02", b"\x80\x81\x01\x02", 1)
    assert len(odd) == len(request_octets) + 1  # a length that is longer than need be
    apdu = isoill.decode(odd, strict=False)
    transaction = Transaction(role=Role.RESPONDER)
    transaction.receive(apdu)
    assert transaction.request is not None
    assert isoill.encode(transaction.request) != odd
    key = key_of_id(transaction.request.transaction_id)
    with store.writing([key]) as rows:
        number = keep(rows, transaction, odd)
    with store.reading() as rows:
        assert [row.octets for row in rows.messages(number)] == [odd]
        [kept] = rows.alike(key)
    assert kept.transaction == transaction


def test_lone_surrogates() -> None:
    name = TransactionId(transaction_group_qualifier="\udce9", transaction_qualifier=" 1\0 ")
    assert key_of_id(name) == ("?", "1�")


@pytest.mark.parametrize("seed", range(15))
def test_transactions_are_what_they_were(store: Store, seed: int) -> None:
    """Whatever two sides say over a channel that loses, repeats and reorders."""
    draw = random.Random(seed)
    parties = Parties(asked(), copy=seed % 3 == 0)
    numbers: dict[Role, int] = {}
    steps = dict.fromkeys((Role.REQUESTER, Role.RESPONDER), 0)
    for _ in range(12):
        role = draw.choice([Role.REQUESTER, Role.RESPONDER])
        menu = moves(parties.side(role))
        what = draw.randrange(10)
        if what < 5 and menu:
            parties.send(role, draw.choice(menu))
        elif what == 5:
            parties.repeat(role, draw.randrange(9))
        elif what == 6:
            parties.lose(draw.randrange(9))
        parties.deliver(draw.randrange(9), keep=what == 7)
        for each, before in steps.items():
            side = parties.side(each)
            if side.request is not None and len(side.history) > before:
                written = [isoill.encode(step.apdu) for step in side.history[before:] if step.apdu is not None]
                with store.writing() as rows:
                    numbers[each] = keep(rows, side, *written, number=numbers.get(each))
                steps[each] = len(side.history)
    assert numbers
    with store.reading() as rows:
        for each, number in numbers.items():
            kept, row = rows.kept(number), rows.row(number)
            assert kept is not None
            assert row is not None
            assert kept.transaction == parties.side(each)
            assert known(kept.transaction) == known(parties.side(each))
            assert (row.state, row.ended) == (kept.transaction.state.value, kept.transaction.ended)
            assert (row.steps, row.role) == (len(kept.transaction.history), each.value)


def test_a_history_that_somebody_has_changed(store: Store, where: str) -> None:
    with store.writing() as rows:
        number = begun(rows)
    engine = sa.create_engine(where.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE isoill_messages SET before = 'SHIPPED'"))
    engine.dispose()
    told = f"expected transaction {number} as it was written, found"
    with pytest.raises(StoreError, match=told), store.reading() as rows:
        rows.kept(number)


def test_how_many_are_open(store: Store) -> None:
    with store.writing() as rows:
        for group in "12":
            begun(rows, group)
        ended, octets = came("3")
        answer = ended.unfilled(ReasonUnfilled.LOST)
        ended.send(answer)
        keep(rows, ended, octets, isoill.encode(answer))
        ours = Transaction(role=Role.REQUESTER)
        request = asked()
        ours.send(request)
        keep(rows, ours, isoill.encode(request))
        assert (rows.count_open("hill", 9), rows.count_open("lake", 9), rows.count_open("hill", 1)) == (2, 0, 1)


# ── what is to be decided ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_undecided_is_one_nodes(store: Store) -> None:
    with store.writing() as rows:
        first, second = (keep(rows, *came(group), undecided=True) for group in "12")
        begun(rows, "3")

        def claimed(node: str, now: float, limit: int = 9) -> list[int]:
            return [number for _, number in rows.claim_undecided(node, now=now, lease=10, limit=limit)]

        assert claimed(NODE, NOW, limit=1) == [first]
        assert claimed(OTHER, NOW) == [second]
        assert claimed(NODE, NOW + 9) == []
        [(message, number)] = rows.claim_undecided(NODE, now=NOW + 10, lease=10, limit=1)
        assert number == first
        assert rows.decided(message)
        assert not rows.decided(message)  # the node that was too slow
        rows.release(NODE)
        assert claimed(NODE, NOW + 10) == [second]
        rows.release(OTHER)
        assert claimed(OTHER, NOW + 11) == []
        rows.release(NODE)
        assert claimed(OTHER, NOW + 11) == [second]


# ── the outbox ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_each_transaction_the_first(store: Store) -> None:
    with store.writing() as rows:
        one, two = begun(rows, "1"), begun(rows, "2")
        first, second, other, report = put(rows, one), put(rows, one), put(rows, two), put(rows)
        assert claim(rows) == [first, other, report]
        assert claim(rows, node=OTHER) == []
        rows.gone([first, report], now=NOW)
        assert claim(rows, node=OTHER) == [second]
        rows.gone([second, first], now=NOW)  # more than once is nothing
        assert [each.number for each in rows.outbox()] == [other]
        assert [each.number for each in rows.outbox(two)] == [other]
        assert list(rows.outbox(one)) == []


def test_what_has_gone_is_noted(store: Store) -> None:
    transaction, octets = came()
    answer = transaction.will_supply(ReasonWillSupply.IN_PROCESS)
    transaction.send(answer)
    with store.writing() as rows:
        kept = Kept(transaction=transaction, partner=None, counted="", address=None)
        number, messages = rows.keep(kept, [octets, isoill.encode(answer)], now=NOW)
        rows.gone([put(rows, number, message=messages[1])], now=NOW + 3)
        assert [row.sent for row in rows.messages(number)] == [None, NOW + 3]


def test_numbers_are_not_given_again(store: Store) -> None:
    with store.writing() as rows:
        sent = put(rows)
        rows.gone([sent], now=NOW)
        assert put(rows) > sent
        rows.gone([sent], now=NOW)  # says a node that was slow
        assert len(list(rows.outbox())) == 1


def test_limit_and_due_and_address(store: Store) -> None:
    with store.writing() as rows:
        numbers = [put(rows, now=NOW + place) for place in (0, 0, 0, 5)]
        assert claim(rows, limit=2) == numbers[:2]
        assert claim(rows) == [numbers[2]]
        assert claim(rows, now=NOW + 5) == [numbers[3]]
        homeless = begun(rows)
        number = put(rows, homeless, address=None)
        assert claim(rows) == []
        assert claim(rows, partners=["lake"], transactions=[99]) == []
        assert claim(rows, transactions=[homeless]) == [number]
        rows.let_go([number])
        assert claim(rows, partners=["lake", "hill"]) == [number]


def test_a_claim_ends(store: Store) -> None:
    with store.writing() as rows:
        number = put(rows)
        assert claim(rows, lease=10) == [number]
        assert state_of(rows, number).is_going(NOW + 9)
        assert claim(rows, node=OTHER, now=NOW + 9) == []
        assert not state_of(rows, number).is_going(NOW + 10)
        assert claim(rows, node=OTHER, now=NOW + 10) == [number]
        assert state_of(rows, number).claimed_by == OTHER


def test_a_claim_is_renewed(store: Store) -> None:
    with store.writing() as rows:
        number, free = put(rows), put(rows)
        assert claim(rows, lease=10, limit=1) == [number]
        rows.renew([number, free, 99], until=NOW + 20)
        rows.renew([], until=NOW + 900)
        assert claim(rows, node=OTHER, now=NOW + 10) == [free]  # of which there was no claim
        assert claim(rows, node=OTHER, now=NOW + 19) == []
        assert state_of(rows, number).claimed_by == NODE
        assert claim(rows, node=OTHER, now=NOW + 20) == [number]


def test_four_tries_and_then_a_person(store: Store) -> None:
    with store.writing() as rows:
        transaction = begun(rows)
        number, later = put(rows, transaction), put(rows, transaction)
        now = NOW
        for tries, wait in enumerate(WAITS, 1):
            assert claim(rows, now=now) == [number]
            assert rows.not_gone([number], "nobody there", now=now, waits=WAITS) == []
            queued = state_of(rows, number)
            assert (queued.state, queued.tries, queued.due, queued.error) == (
                WAITING,
                tries,
                now + wait,
                "nobody there",
            )
            assert claim(rows, now=now + wait - 1) == []
            now += wait
        assert claim(rows, now=now) == [number]
        assert rows.not_gone([number, 99], "still nobody", now=now, waits=WAITS) == [number]
        assert state_of(rows, number).state == FAILED
        assert claim(rows, now=now + 1_000) == []  # what comes after waits: order is kept
        assert rows.retry(None, now=now + 1_000) == [number, later]
        assert claim(rows, now=now + 1_000) == [number]
        assert state_of(rows, number).tries == 0


def test_a_person_gives_up_and_thinks_better_of_it(store: Store) -> None:
    with store.writing() as rows:
        transaction = begun(rows)
        first, second, third = put(rows, transaction), put(rows, transaction), put(rows)
        assert rows.drop([first, 99], now=NOW) == [first]
        assert state_of(rows, first).state == DROPPED
        assert rows.drop([first], now=NOW) == []
        assert claim(rows) == [second, third]
        assert rows.drop([second], now=NOW) == rows.retry([second], now=NOW) == []  # a node is at it
        assert rows.retry(None, now=NOW) == []
        assert rows.retry([], now=NOW) == []
        assert rows.retry([first], now=NOW) == [first]
        assert state_of(rows, first).state == WAITING
        # the claim ran out, a person dropped it, and then the node that had it says that it failed
        assert rows.drop([third], now=NOW + 300) == [third]
        assert rows.not_gone([third], "too late", now=NOW + 301, waits=()) == []
        assert state_of(rows, third).state == DROPPED


def test_what_is_written_is_followed_in_order(store: Store) -> None:
    with store.writing() as rows:
        one, two = begun(rows, "1"), begun(rows, "2")
        first, second, third = (put(rows, one) for _ in range(3))
        other = put(rows, two)
        assert claim(rows) == [first, other]
        assert claim(rows, node=OTHER) == []  # where it is not known that it was written
        assert claim(rows, written=[first]) == [second]
        assert claim(rows, written=[second]) == []  # the first may still fail
        rows.gone([first], now=NOW)
        assert claim(rows, written=[first, second]) == [third]
        rows.let_go([third])
        rows.not_gone([second], "broken", now=NOW, waits=())
        assert claim(rows) == []  # a failed one blocks what comes after it
        rows.drop([second], now=NOW)
        assert claim(rows) == [third]


def test_nothing_is_claimed_for_a_way_that_is_busy(store: Store) -> None:
    here, there = "192.0.2.7:1611 simplex", "192.0.2.8:1611 simplex"
    with store.writing() as rows:
        one, two, three = (begun(rows, group) for group in "123")
        ways: dict[int, tuple[str, str, int | None]] = {
            put(rows, address=here): ("hill", here, None),
            put(rows, address=there): ("hill", there, None),
            put(rows, partner="lake", address=here): ("lake", here, None),
            put(rows, partner=None, address=here): ("", here, None),
            put(rows, one, address=None): ("hill", "", None),
            put(rows, two, partner=None, address=None): ("", "", two),
            put(rows, three, partner=None, address=None): ("", "", three),
        }

        def claimed(*busy: tuple[str, str, int | None], limit: int = 9) -> list[int]:
            found = claim(rows, partners=["hill"], transactions=[two, three], busy=busy, limit=limit)
            rows.let_go(found)
            return found

        assert claimed() == [*ways]
        for number, way in ways.items():
            assert claimed(way) == [each for each in ways if each != number], way
        first, second, *_ = ways
        assert claimed(ways[first], limit=1) == [second]  # what is not wanted takes nobody's place
        assert claimed(*ways.values()) == []


def test_a_partner_that_is_there_is_tried_at_once(store: Store) -> None:
    with store.writing() as rows:
        number, lakes = put(rows), put(rows, partner="lake")
        rows.not_gone([number, lakes], "nobody there", now=NOW, waits=WAITS)
        assert claim(rows, now=NOW + 1) == []
        rows.wake("hill", now=NOW + 1)
        assert claim(rows, now=NOW + 1) == [number]


def test_a_try_that_woke_nobody_counts_and_another_does_not(store: Store) -> None:
    with store.writing() as rows:
        number, lakes, new = put(rows), put(rows, partner="lake"), put(rows, now=NOW + 9)
        for _ in range(len(WAITS)):
            assert rows.not_gone([number, lakes], "broken", now=NOW, waits=WAITS) == []
            rows.wake("hill", now=NOW + 1)
        assert [state_of(rows, each).tries for each in (number, lakes, new)] == [0, len(WAITS), 0]
        assert rows.not_gone([number, lakes], "broken", now=NOW, waits=WAITS) == [lakes]
        rows.not_gone([number], "broken", now=NOW, waits=WAITS)
        for partner in ("hill", "hill", "lake"):  # what is due has none taken off
            rows.wake(partner, now=NOW + 1)
        assert [state_of(rows, each).tries for each in (number, lakes)] == [1, len(WAITS) + 1]
        assert state_of(rows, lakes).state == FAILED


def test_what_a_dead_node_had_is_taken_up(store: Store) -> None:
    with store.writing() as rows:
        mine, others = put(rows), put(rows)
        assert claim(rows, limit=1) == [mine]
        assert claim(rows, node=OTHER) == [others]
        rows.release(NODE)
        assert claim(rows) == [mine]
        rows.let_go([others])
        rows.let_go([])
        assert claim(rows) == [others]


def test_what_was_refused_fills_no_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isoill.store.REFUSED_KEPT", 50)
    with store.writing() as rows:
        for number in range(400):
            rows.refuse(b"?", str(number), None, source="192.0.2.7", partner=None, now=NOW)
        assert [each.error for each in rows.refused()] == [str(number) for number in range(350, 400)]
        rows.refuse(b"?", "last", b"report", source="192.0.2.7", partner="hill", now=NOW)
        rows.prune()
        assert [each.error for each in rows.refused()][-2:] == ["399", "last"]
        assert len(list(rows.refused())) == 50


def test_nor_does_one_that_is_long(store: Store) -> None:
    octets = random.Random(7).randbytes(3 * REFUSED_OCTETS)
    with store.writing() as rows:
        for length in (REFUSED_OCTETS, REFUSED_OCTETS + 1, len(octets)):
            rows.refuse(octets[:length], "?", None, source="192.0.2.7", partner=None, now=NOW)
    assert REFUSED_OCTETS == 65_536
    with store.reading() as rows:
        assert [each.octets for each in rows.refused()] == [octets[:REFUSED_OCTETS]] * 3


# ── several nodes ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_claimed_twice_and_order_stays(where: str) -> None:
    """Four threads over two connections to each of two stores, as two nodes."""
    seen: list[int] = []
    order: dict[int, list[int]] = {}
    lock = threading.Lock()
    with Store(where) as one, Store(where) as two:
        with one.writing() as rows:
            transactions = [begun(rows, str(group)) for group in range(20)]
            numbers = {put(rows, transaction): transaction for _ in range(4) for transaction in transactions}

        def work(store: Store, node: str) -> None:
            while True:
                with store.writing() as rows:
                    claimed = claim(rows, node=node, limit=3)
                if not claimed:
                    with store.reading() as rows:
                        if not list(rows.outbox()):
                            return
                    continue
                with lock:
                    seen.extend(claimed)
                    for number in claimed:
                        order.setdefault(numbers[number], []).append(number)
                with store.writing() as rows:
                    rows.gone(claimed, now=NOW)

        with ThreadPoolExecutor(4) as pool:
            for done in [
                pool.submit(work, store, node) for store, node in [(one, NODE), (two, OTHER), (one, "c"), (two, "d")]
            ]:
                done.result()
    assert sorted(seen) == sorted(numbers)
    assert all(each == sorted(each) for each in order.values())


def test_what_another_node_has_in_its_hands(postgresql: str) -> None:
    with Store(postgresql) as one, Store(postgresql) as two:
        with one.writing() as rows:
            transaction = begun(rows)
            first, second = put(rows, transaction), put(rows, transaction)
            rows.not_gone([first], "nobody there", now=NOW, waits=WAITS)
        with one.writing() as here, two.writing() as there:
            assert claim(here, now=NOW + 5) == [first]
            # neither is the second sent before it, nor does anybody wait
            assert claim(there, node=OTHER, now=NOW + 5) == []
            there.wake("hill", now=NOW)
        with two.writing() as rows:
            assert (state_of(rows, first).due, state_of(rows, first).tries) == (NOW + 5, 1)
            assert claim(rows, node=OTHER, now=NOW + 5) == []
            rows.gone([first], now=NOW)
            assert claim(rows, node=OTHER) == [second]


def test_changes_of_one_transaction_wait_for_each_other(postgresql: str) -> None:
    key, entered = ("7", "1"), threading.Event()
    with Store(postgresql) as one, Store(postgresql) as two, ThreadPoolExecutor(1) as pool:

        def second() -> int:
            entered.set()
            with two.writing([("8", "1"), key]) as rows:
                return len(rows.alike(key))

        with one.writing([key, ("9", "1")]) as rows:
            waiting = pool.submit(second)
            entered.wait()
            begun(rows)
        assert waiting.result() == 1


def test_a_change_that_is_about_many_ids(postgresql: str) -> None:
    with Store(postgresql) as store, store.writing([(str(group), "1") for group in range(20_000)]) as rows:
        locks = rows._connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").scalar()
        assert locks == 1024  # as there is no room for one each


# ── how it is found ────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_question_looks_at_everything(store: Store) -> None:
    """Of a million transactions: each has to be found by an index."""
    plans: dict[str, str] = {}

    def explain(connection: sa.Connection, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")) and "isoill_" in statement:
            asking = connection.connection.cursor()
            asking.execute(f"EXPLAIN {'QUERY PLAN ' if store.is_sqlite else ''}{statement}", parameters)
            plans[statement] = "\n".join(str(row[-1]) for row in asking.fetchall())
            asking.close()

    with store.writing() as rows:
        if not store.is_sqlite:  # for so few it would rather look at all
            rows._connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        number = begun(rows)
        message = put(rows, number)
        with listening("before_cursor_execute", explain):
            rows.alike(("7", "1"))
            rows.row(number)
            rows.count_open("hill", 9)
            rows.expiring(datetime.date(2026, 1, 1))
            rows.claim_undecided(NODE, now=NOW, lease=1, limit=5)
            rows.decided(1)
            claim(rows, partners=["hill"], transactions=[number], written=[message], busy=[("hill", "", None)])
            rows.renew([message], until=NOW)
            rows.not_gone([message], "?", now=NOW, waits=WAITS)
            rows.let_go([message])
            rows.gone([message], now=NOW)
            rows.release(NODE)
            rows.wake("hill", now=NOW)
            rows.prune()
    assert len(plans) > 12
    for statement, plan in plans.items():
        everything = "SCAN isoill_" if store.is_sqlite else "Seq Scan on isoill_"
        looks = [line for line in plan.splitlines() if everything in line and "USING INDEX" not in line]
        # of the outbox, which has only what has not gone, a node that begins may see all
        assert [line for line in looks if "isoill_outbox" not in line] == [], statement

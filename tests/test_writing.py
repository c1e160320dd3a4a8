"""The thread that writes: what waits shares a change, and what fails fails alone."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import isoill
from isoill import Role, Transaction, TransactionId
from tests.parties import asked
from tests.stores import cluster, need_store, postgresql, where

need_store()

import sqlalchemy as sa  # noqa: E402

from isoill.store import Kept, Rows, Store, StoreError  # noqa: E402
from isoill.writing import Writer  # noqa: E402

__all__ = ["cluster", "postgresql", "where"]


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    with Store(where) as found:
        yield found


def refuse(rows: Rows, text: str = "?") -> str:
    """The smallest change that there is."""
    rows.refuse(b"?", text, None, source="192.0.2.7", partner=None, now=0)
    return text


def refused(store: Store) -> list[str]:
    with store.reading() as rows:
        return [each.error for each in rows.refused()]


@contextmanager
def held(writer: Writer) -> Iterator[Callable[[], None]]:
    """A writer that is at a piece of work until it is told that it may go on: what comes meanwhile waits."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Rows) -> None:
        begun.set()
        go_on.wait()

    holding = writer.submit(hold)
    begun.wait()
    try:
        yield go_on.set
    finally:
        go_on.set()
        holding.result()


@contextmanager
def commits() -> Iterator[list[object]]:
    """The changes that get to the disk."""
    seen: list[object] = []

    def see(connection: sa.Connection) -> None:
        seen.append(connection)

    sa.event.listen(sa.Engine, "commit", see)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "commit", see)


def test_what_waits_shares_a_change(store: Store) -> None:
    with Writer(store) as writer, commits() as seen:
        with held(writer) as go_on:
            waiting = [writer.submit(lambda rows, n=n: refuse(rows, str(n))) for n in range(50)]  # type: ignore[misc]
            assert not any(each.done() for each in waiting)
            go_on()
            assert [each.result() for each in waiting] == [str(n) for n in range(50)]
        assert len(seen) == 2
        for _ in range(3):
            writer.submit(refuse).result()
        assert len(seen) == 5
    assert refused(store) == [*map(str, range(50)), "?", "?", "?"]


def test_a_result_is_on_disk(store: Store) -> None:
    with Writer(store) as writer:
        for number in range(5):
            writer.submit(refuse).result()
            assert len(refused(store)) == number + 1


def break_a_rule(rows: Rows) -> None:
    """A statement that the database refuses."""
    refuse(rows, "never")
    rows._connection.exec_driver_sql("SELECT * FROM nothing_of_that_name")


def break_a_rule_late(rows: Rows) -> None:
    """What the database finds out when the change is made."""
    refuse(rows, "never")
    if rows._connection.dialect.name == "sqlite":
        rows._connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        rows.queue("Shipped", b"", transaction=99, message=None, partner=None, address=None, now=0)
    else:
        constraint = "n integer UNIQUE DEFERRABLE INITIALLY DEFERRED"
        rows._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE twice ({constraint}) ON COMMIT DROP")
        rows._connection.exec_driver_sql("INSERT INTO twice VALUES (1), (1)")


def be_wrong(rows: Rows) -> None:
    refuse(rows, "never")
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("poison", "error"), [(break_a_rule, StoreError), (break_a_rule_late, StoreError), (be_wrong, ZeroDivisionError)]
)
def test_what_fails_fails_alone(store: Store, poison: Callable[[Rows], None], error: type[Exception]) -> None:
    with Writer(store) as writer:
        with held(writer) as go_on:
            before = [writer.submit(lambda rows, n=n: refuse(rows, str(n))) for n in range(3)]  # type: ignore[misc]
            bad = writer.submit(poison)
            after = [writer.submit(lambda rows, n=n: refuse(rows, str(n))) for n in range(3, 6)]  # type: ignore[misc]
            go_on()
        assert [each.result() for each in (*before, *after)] == [str(n) for n in range(6)]
        with pytest.raises(error):
            bad.result()
        with pytest.raises(error):  # nor does it do better without company
            writer.submit(poison).result()
        writer.submit(refuse).result()
    assert refused(store) == [*(str(n) for n in range(6)), "?"]  # each of them once


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/ill.db?timeout=0.2") as store, Writer(store) as writer:
        other = sqlite3.connect(tmp_path / "ill.db", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            waiting = [writer.submit(refuse) for _ in range(20)]
            errors = [each.exception() for each in waiting]
        finally:
            other.close()
        for error in errors:
            assert isinstance(error, StoreError)
            assert "database is locked" in str(error)
        assert len({*map(id, errors)}) < 20  # they did not wait one after the other
        writer.submit(refuse).result()
        assert refused(store) == ["?"]


def test_the_end_does_what_waits(store: Store) -> None:
    writer = Writer(store)
    with held(writer) as go_on:
        waiting = [writer.submit(refuse) for _ in range(100)]  # more than share a change
        closing = threading.Thread(target=writer.close)
        closing.start()
        go_on()
    closing.join()
    writer.close()  # again is nothing
    assert [each.result(0) for each in waiting] == ["?"] * 100
    assert len(refused(store)) == 100
    with pytest.raises(RuntimeError, match="expected a writer at work, found one that is closed"):
        writer.submit(refuse)


def test_what_nobody_waits_for_any_more_is_not_done(store: Store) -> None:
    with Writer(store) as writer:
        with held(writer) as go_on:
            first, second = writer.submit(refuse), writer.submit(refuse)
            assert first.cancel()
            go_on()
        assert second.result() == "?"
        assert not second.cancel()
    assert len(refused(store)) == 1


def test_it_goes_on_whatever_happens(postgresql: str) -> None:
    with Store(postgresql) as store, Writer(store) as writer:
        with pytest.raises(UnicodeEncodeError):
            writer.submit(refuse, [("\udce9", "1")]).result()
        assert writer.submit(refuse, [("7", "1")]).result() == "?"


def open_once(rows: Rows, key: tuple[str, str]) -> bool:
    """What a desk does: look whether there is a transaction of an id, and open it if there is none."""
    if rows.alike(key):
        return False
    name = TransactionId(transaction_group_qualifier=key[0], transaction_qualifier=key[1])
    octets = isoill.encode(asked(transaction_id=name))
    transaction = Transaction(role=Role.RESPONDER)
    transaction.receive(isoill.decode(octets))
    rows.keep(Kept(transaction=transaction, partner=None, counted="", address=None), [octets], now=0)
    return True


def test_two_nodes_with_the_same_transactions_in_other_orders(where: str) -> None:
    keys = [(str(number), "1") for number in range(30)]
    with Store(where) as one, Store(where) as two, Writer(one) as first, Writer(two) as second:

        def submit(writer: Writer, seed: int) -> list[Future[bool]]:
            order = random.Random(seed).sample(keys, len(keys))
            return [writer.submit(lambda rows, key=key: open_once(rows, key), [key]) for key in order]  # type: ignore[misc]

        with ThreadPoolExecutor(4) as pool:
            submitted = [*pool.map(submit, [first, second] * 4, range(8))]
        assert sum(each.result() for futures in submitted for each in futures) == len(keys)
        with one.reading() as rows:
            assert sorted((row.group_qualifier, row.qualifier) for row in rows.transactions()) == sorted(keys)

"""Transactions, messages and the outbox on disk: SQLite, or PostgreSQL by URL.

What is here is rows and nothing else: who may do what is `isoill.desk`'s.  Times are seconds since 1970.  Needs the
extra: ``pip install 'isoill[store]'``.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql
except ImportError as error:
    raise ImportError("isoill.store needs SQLAlchemy: pip install 'isoill[store]'") from error

from isoill.codec import decode
from isoill.errors import ILLError, Limits
from isoill.facts import Step
from isoill.records import record
from isoill.services import Direction, Event, Role
from isoill.transaction import Options, Transaction
from isoill.transitions import State
from isoill.types import Apdu, TransactionId

__all__ = ["Kept", "Queued", "Refused", "Rows", "Store", "StoreError", "key_of_id"]

#: The number of this layout; a store of another one is not touched.
LAYOUT = 1
#: What was on disk once is read again whatever its size: it was within limits when it came.
_STORED = Limits(
    octets=16 << 20,
    depth=256,
    string_depth=64,
    elements=(1 << 31) - 1,
    tag_octets=8,
    integer_octets=1024,
    oid_arcs=1024,
    oid_arc_octets=128,
    segments=(1 << 31) - 1,
    padding=(1 << 31) - 1,
)
#: How many refused messages are kept, the latest: so that who sends nonsense fills no disk.  More often than each so
#: many they are not counted.
REFUSED_KEPT, _REFUSED_COUNTED = 10_000, 100
#: And how many octets of each.
REFUSED_OCTETS = 1 << 16
#: Seconds for which somebody else may make a file what we want it to be.
_MAKING = 5.0
#: Characters of an id by which it is looked for; PostgreSQL has no more than 2,704 octets of both parts in an index.
_KEY = 200

#: 2,147,483,647 messages are few for who sends nonsense day and night.
_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_metadata = sa.MetaData()
_layout = sa.Table(
    "isoill_layout",
    _metadata,
    sa.Column("number", sa.Integer, nullable=False),
    # the file with the partners that the node on this store was last started with
    sa.Column("partners", sa.Text),
)
_transactions = sa.Table(
    "isoill_transactions",
    _metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("role", sa.String, nullable=False),
    # the two parts of the id by which it is looked for; all of it is in the messages
    sa.Column("group_qualifier", sa.Text, nullable=False),
    sa.Column("qualifier", sa.Text, nullable=False),
    # the name of the partner in the file, whom it counts to, and where it said that it is reached
    sa.Column("partner", sa.Text),
    sa.Column("counted", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("ended", sa.Boolean, nullable=False),
    # the last day on which it may be answered, as long as its timer runs
    sa.Column("expiry", sa.Date),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("changed", sa.Float, nullable=False),
    sa.Index("isoill_transactions_by_id", "group_qualifier", "qualifier"),
    sa.Index("isoill_transactions_open", "counted", "ended", "role"),
    sa.Index("isoill_transactions_expiry", "expiry"),
)
_messages = sa.Table(
    "isoill_messages",
    _metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("transaction", sa.ForeignKey("isoill_transactions.number", ondelete="CASCADE"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("before", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("after", sa.String, nullable=False),
    sa.Column("lenient", sa.Boolean, nullable=False),
    sa.Column("remark", sa.Text, nullable=False),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    # when it was received, or composed; and when what we sent had gone
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("sent", sa.Float),
    # whether it is still to be answered by the hook, and which node is at it until when
    sa.Column("undecided", sa.Boolean, nullable=False),
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", sa.Float),
    sa.UniqueConstraint("transaction", "place"),
    sa.Index(
        "isoill_messages_undecided",
        "number",
        sqlite_where=sa.text("undecided = 1"),
        postgresql_where=sa.text("undecided"),
    ),
)
_outbox = sa.Table(
    "isoill_outbox",
    _metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("transaction", sa.ForeignKey("isoill_transactions.number", ondelete="CASCADE")),
    sa.Column("message", sa.ForeignKey("isoill_messages.number", ondelete="CASCADE")),
    sa.Column("apdu", sa.String, nullable=False),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    sa.Column("partner", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", sa.Float),
    sa.Index("isoill_outbox_due", "state", "due"),
    sa.Index("isoill_outbox_transaction", "transaction"),
    sa.Index("isoill_outbox_message", "message"),
    # a number that was deleted is not given again: who still has it would take another message for sent
    sqlite_autoincrement=True,
)
_refused = sa.Table(
    "isoill_refused",
    _metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("partner", sa.Text),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    # what its sender was told, if it was told anything
    sa.Column("report", sa.LargeBinary),
)

# What is asked with every message is put into words once: that takes longer than to ask it.
_ALIKE = (
    sa.select(_transactions)
    .where(
        _transactions.c.group_qualifier == sa.bindparam("group"),
        _transactions.c.qualifier == sa.bindparam("qualifier"),
    )
    .order_by(_transactions.c.number)
)
_TRANSACTION = sa.select(_transactions).where(_transactions.c.number == sa.bindparam("of"))
_MESSAGES = sa.select(_messages).where(_messages.c.transaction == sa.bindparam("of")).order_by(_messages.c.place)
_OPEN = ~_transactions.c.ended & (_transactions.c.role != Role.REQUESTER.value)
_COUNT_OPEN = sa.select(sa.func.count()).select_from(
    sa.select(_transactions.c.number)
    .where(_transactions.c.counted == sa.bindparam("counted"), _OPEN)
    .limit(sa.bindparam("most"))
    .subquery()
)
_NEW_TRANSACTION, _NEW_MESSAGE = _transactions.insert(), _messages.insert()
_CHANGED_TRANSACTION = (
    _transactions.update()
    .where(_transactions.c.number == sa.bindparam("of"))
    .values(
        {
            each: sa.bindparam(each)
            for each in ("partner", "counted", "address", "state", "ended", "expiry", "steps", "changed")
        }
    )
)

#: The first of the numbers by which nodes lock what they change.
_LOCKS = 0x69736F_00000000

WAITING, FAILED, DROPPED = "waiting", "failed", "dropped"


class StoreError(ILLError):
    """What the database could not do; the message says what, and where.

    Nothing of it has happened, but where the connection to a PostgreSQL broke as it was told to make it so: then it is
    not known whether it has.
    """


@record(kw_only=True)
class Kept:
    """A transaction as it is kept."""

    #: its number in the store; None as long as it has none
    number: int | None = None
    transaction: Transaction
    #: the partner's name in the file, if it has one
    partner: str | None
    #: whom it counts to: the partner, or where it came from
    counted: str
    #: where the partner said that it is reached
    address: str | None
    #: when it changed
    changed: float = 0.0


@record(kw_only=True)
class Queued:
    """A message that is to be sent, and how that stands."""

    number: int
    transaction: int | None
    apdu: str
    octets: bytes
    partner: str | None
    address: str | None
    #: ``waiting``, ``failed`` (a person is told), ``dropped`` (by a person)
    state: str
    tries: int
    due: float
    error: str | None
    at: float
    claimed_by: str | None
    claimed_until: float | None

    def is_going(self, now: float) -> bool:
        """Whether a node is at it."""
        return self.state == WAITING and self.claimed_until is not None and self.claimed_until > now


@record(kw_only=True)
class Refused:
    """What came, and was no message for us."""

    number: int
    at: float
    source: str
    partner: str | None
    octets: bytes
    error: str
    #: what its sender was told, if it was told anything
    report: bytes | None


def key_of_id(transaction_id: TransactionId) -> tuple[str, str]:
    """The part of an id by which transactions are looked for."""
    # what PostgreSQL cannot have in a text, or in an index, is told apart well enough without
    parts = transaction_id.transaction_group_qualifier, transaction_id.transaction_qualifier
    group, qualifier = (_storable(part.strip()) for part in parts)
    return _short(group), _short(qualifier)


def _short(text: str) -> str:
    return text if len(text) <= _KEY else hashlib.sha256(text.encode()).hexdigest()


def _url(where: str) -> sa.URL:
    """A URL as it stands, or a file for SQLite."""
    try:
        url = sa.engine.make_url(where) if "://" in where else sa.URL.create("sqlite", database=where)
    except (sa.exc.ArgumentError, ValueError):  # of a port that is no number
        raise StoreError(f"expected a file or a URL, found {where.rsplit('@', maxsplit=1)[-1]!r:.80}") from None
    drivers = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    driver = drivers.get(url.get_backend_name())
    if driver is None:
        raise StoreError(f"expected sqlite or postgresql, found {url.get_backend_name()!r:.40}")
    if driver == "sqlite" and url.database in (None, "", ":memory:"):  # each connection would have another one
        raise StoreError(f"expected a file, found {where!r:.80}")
    return url.set(drivername=driver)


class Store:
    """A database with transactions in it; it is made where there is none.

    ``where`` is a file for SQLite, or a URL: ``postgresql://user@host/name``.  `writing` is one change, all of it or
    nothing, that is on disk when it is left; changes are made one after the other.  Raises `StoreError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/ill.db") as store:
    ...     with store.reading() as rows:
    ...         print(list(rows.transactions()), list(rows.outbox()))
    [] []
    """

    def __init__(self, where: str | Path) -> None:
        url = _url(str(where))
        self.is_sqlite = url.get_backend_name() == "sqlite"
        # a URL may have a password in its query, too
        shown = url.set(drivername="postgresql").difference_update_query(["password", "sslpassword"])
        self.name = str(url.database) if self.is_sqlite else shown.render_as_string(hide_password=True)
        with self._errors():
            if self.is_sqlite:
                _make_private(str(url.database))
                # an error of the database must not show what is in messages
                self._engine = sa.create_engine(
                    url.update_query_dict({"timeout": "30", **url.query}), hide_parameters=True
                )
                sa.event.listen(self._engine, "connect", _prepare_sqlite)
                sa.event.listen(self._engine, "begin", _begin_sqlite)
            else:
                url = url.update_query_dict({"connect_timeout": "10", **url.query})
                # who has waited for a lock has to see what was done meanwhile
                self._engine = sa.create_engine(
                    url, pool_pre_ping=True, isolation_level="READ COMMITTED", hide_parameters=True
                )
        try:
            self._make()
        except StoreError:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"<Store {self.name}>"

    @contextmanager
    def writing(self, keys: Iterable[tuple[str, str]] = ()) -> Iterator[Rows]:
        """A change; ``keys`` are of the ids that it is about (`key_of_id`), which no other node then changes."""
        with self._errors(), self._engine.begin() as connection:
            if not self.is_sqlite:  # of which there is one writer at a time
                # in one order for everybody, so that no two wait for each other
                numbers = sorted({_lock_number(key) for key in keys})
                if numbers:
                    each = sa.func.unnest(sa.literal(numbers, postgresql.ARRAY(sa.BigInteger)))
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(each)))
            yield Rows(connection)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """A look at what is there, at one moment."""
        snapshot: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._errors(), self._engine.connect() as connection:
            yield Rows(connection.execution_options(isoill_reading=True, **snapshot))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            told = getattr(error, "orig", None) or error
            words = " ".join(str(told).split())
            raise StoreError(f"expected a database that works, found {words:.160} - at {self.name}") from error

    def _make(self) -> None:
        with self.reading() as rows:
            found = rows.layout()
        if found is None:
            with self.writing([("isoill", "layout")]) as rows:
                found = rows.layout() or rows.make()
        if found != LAYOUT:
            raise StoreError(f"expected a store of layout {LAYOUT}, found {found} - at {self.name}")


def _make_private(file: str) -> None:
    """Make a file that only its owner reads, if there is none: what is in messages is for nobody else."""
    if file.startswith("file:"):  # a URI of SQLite
        return
    with contextlib.suppress(OSError):  # what is wrong with it is said when it is opened
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _lock_number(key: tuple[str, str]) -> int:
    """A number of 63 bits for a key, the same on every node."""
    digest = hashlib.sha256("\0".join(key).encode()).digest()
    # few enough, as a PostgreSQL has room for some thousand locks of all that is going on
    return _LOCKS + int.from_bytes(digest[:8], "big") % 1024


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: see below
    cursor = connection.cursor()
    until = time.monotonic() + _MAKING
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:  # of several that make it at once, SQLite lets one wait, not all
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # who writes says so at once: SQLite cannot make a reader a writer while another writes
    reading = connection.get_execution_options().get("isoill_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Rows:
    """What can be read and changed within one change of a `Store`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the change that may fail alone."""
        with self._connection.begin_nested():
            yield

    def layout(self) -> int | None:
        """The number of the layout; None where there are no tables."""
        if not sa.inspect(self._connection).has_table(_layout.name):
            return None
        return self._connection.execute(sa.select(_layout.c.number)).scalar() or 0

    def make(self) -> int:
        """Make all tables, and give the number of their layout; not in a file of another program."""
        if self._connection.dialect.name == "sqlite" and (found := sa.inspect(self._connection).get_table_names()):
            raise StoreError(f"expected a store, or an empty file, found a database with a table {found[0]!r:.40}")
        _metadata.create_all(self._connection)
        self._connection.execute(_layout.insert().values(number=LAYOUT))
        return LAYOUT

    def remember_partners(self, path: str | None) -> None:
        """Note which file has the partners, for those who act in the transactions of this store."""
        self._connection.execute(_layout.update().values(partners=None if path is None else _storable(path)))

    def remembered_partners(self) -> str | None:
        """The file that has the partners, if there is one."""
        return self._connection.execute(sa.select(_layout.c.partners)).scalar()

    # ── transactions ───────────────────────────────────────────────────────────────────────────────────────────────

    def alike(self, key: tuple[str, str]) -> list[Kept]:
        """The transactions that a message with an id of this key may belong to."""
        found = self._connection.execute(_ALIKE, {"group": key[0], "qualifier": key[1]}).all()
        return [self._kept(row) for row in found]

    def kept(self, number: int) -> Kept | None:
        """The transaction of that number."""
        row = self.row(number)
        return None if row is None else self._kept(row)

    def key(self, number: int) -> tuple[str, str] | None:
        """By what the transaction of that number is looked for: needed to change it."""
        table = _transactions
        query = sa.select(table.c.group_qualifier, table.c.qualifier).where(table.c.number == number)
        row = self._connection.execute(query).first()
        return None if row is None else (row.group_qualifier, row.qualifier)

    def transactions(self) -> Iterator[sa.Row[Any]]:
        """A row of each transaction, the oldest first: what a list shows."""
        yield from self._each(sa.select(_transactions).order_by(_transactions.c.number))

    def row(self, number: int) -> sa.Row[Any] | None:
        """The row of that transaction."""
        return self._connection.execute(_TRANSACTION, {"of": number}).first()

    def messages(self, number: int) -> Iterator[sa.Row[Any]]:
        """A row of each message of a transaction, the oldest first."""
        yield from self._connection.execute(_MESSAGES, {"of": number}).all()

    def count_open(self, counted: str, most: int) -> int:
        """How many transactions count to a partner that have not ended, in which it is the requester; or ``most``."""
        return int(self._connection.execute(_COUNT_OPEN, {"counted": counted, "most": most}).scalar_one())

    def expiring(self, today: datetime.date) -> list[int]:
        """The numbers of transactions whose last day is over."""
        query = sa.select(_transactions.c.number).where(_transactions.c.expiry < today, _OPEN)
        return list(self._connection.execute(query).scalars())

    def keep(
        self, kept: Kept, octets: Sequence[bytes], *, now: float, undecided: bool = False, answered: bool = False
    ) -> tuple[int, list[int]]:
        """Write a transaction whose last steps are new: ``octets`` has those of their messages, as they came or go.

        ``undecided`` says that what came is to be answered by the hook, ``answered`` that reports go at once.
        Gives the number of the transaction, and those of the messages.
        """
        transaction = kept.transaction
        history = transaction.history
        assert transaction.request is not None
        values = {
            "partner": kept.partner,
            "counted": kept.counted,
            "address": kept.address,
            "state": transaction.state.value,
            "ended": transaction.ended,
            "expiry": transaction.expiry,
            "steps": len(history),
            "changed": now,
        }
        number = kept.number
        if number is None:
            group, qualifier = key_of_id(transaction.request.transaction_id)
            values |= {
                "role": transaction.role.value,
                "group_qualifier": group,
                "qualifier": qualifier,
                "options": _options(transaction),
                "title": _text(transaction.request.item_id.title),
            }
            made = self._connection.execute(_NEW_TRANSACTION, values).inserted_primary_key
            assert made is not None
            number = int(made[0])
        else:
            self._connection.execute(_CHANGED_TRANSACTION, {"of": number, **values})
        numbers = []
        first = len(history) - len(octets)
        for index, (step, written) in enumerate(zip(history[first:], octets, strict=True)):
            received = step.direction is Direction.RECEIVE
            message = {
                "transaction": number,
                "place": first + index + 1,
                "direction": step.direction.value,
                "before": step.before.value,
                "event": step.event.value,
                "after": step.after.value,
                "lenient": step.lenient,
                "remark": step.remark,
                "octets": written,
                "at": now,
                "sent": now if answered and not received and step.event is Event.STATUS_OR_ERROR_REPORT else None,
                "undecided": undecided and received,
            }
            made = self._connection.execute(_NEW_MESSAGE, message).inserted_primary_key
            assert made is not None
            numbers.append(int(made[0]))
        return number, numbers

    def _kept(self, row: sa.Row[Any]) -> Kept:
        steps = (
            Step(
                before=State(each.before),
                event=Event(each.event),
                after=State(each.after),
                direction=Direction(each.direction),
                apdu=_apdu(each.octets),
                lenient=each.lenient,
                remark=each.remark,
            )
            for each in self.messages(row.number)
        )
        try:
            transaction = Transaction.resume(steps, role=row.role, **_options_from(row.options))
        except ValueError as error:  # a DecodeError is one, too
            raise StoreError(f"expected transaction {row.number} as it was written, found another: {error}") from error
        return Kept(
            number=row.number,
            transaction=transaction,
            partner=row.partner,
            counted=row.counted,
            address=row.address,
            changed=row.changed,
        )

    # ── what is to be decided ──────────────────────────────────────────────────────────────────────────────────────

    def claim_undecided(self, node: str, *, now: float, lease: float, limit: int) -> list[tuple[int, int]]:
        """Messages that are still to be answered, as (message, transaction), from now on by this node."""
        table = _messages
        free = sa.or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)
        query = sa.select(table.c.number, table.c.transaction).where(table.c.undecided & free)
        found = self._all(query.order_by(table.c.number).limit(limit).with_for_update(skip_locked=True))
        numbers = [row.number for row in found]
        self._claim(table, numbers, node, now + lease)
        return [(row.number, row.transaction) for row in found]

    def decided(self, message: int) -> bool:
        """Note that a message needs no answer any more; False where that was so before."""
        done = _messages.update().where(_messages.c.number == message, _messages.c.undecided).values(undecided=False)
        return self._connection.execute(done).rowcount == 1

    # ── the outbox ─────────────────────────────────────────────────────────────────────────────────────────────────

    def queue(
        self,
        apdu: str,
        octets: bytes,
        *,
        transaction: int | None,
        message: int | None,
        partner: str | None,
        address: str | None,
        now: float,
    ) -> Queued:
        """Put a message into the outbox."""
        values: dict[str, Any] = {
            "transaction": transaction,
            "apdu": apdu,
            "octets": octets,
            "partner": partner,
            "address": address,
            "state": WAITING,
            "tries": 0,
            "due": now,
            "error": None,
            "at": now,
            "claimed_by": None,
            "claimed_until": None,
        }
        made = self._connection.execute(_outbox.insert().values(message=message, **values)).inserted_primary_key
        assert made is not None
        return Queued(number=int(made[0]), **values)

    def claim(
        self,
        node: str,
        *,
        now: float,
        lease: float,
        limit: int,
        partners: Iterable[str] = (),
        transactions: Iterable[int] = (),
        written: Iterable[int] = (),
        busy: Iterable[tuple[str, str, int | None]] = (),
    ) -> list[Queued]:
        """Messages that are due, from now on this node's to send: of each transaction only the first that waits.

        What has no address is only claimed for ``partners`` and ``transactions`` that can be reached.  ``written`` are
        messages on their way whose successors may follow them, ``busy`` ways of which nothing is wanted now: partner,
        address, and where there is neither the transaction.
        """
        table, earlier = _outbox, _outbox.alias()
        free = sa.or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)
        before = (
            sa.select(earlier.c.number)
            .where(
                earlier.c.transaction == table.c.transaction,
                earlier.c.number < table.c.number,
                earlier.c.state.in_((WAITING, FAILED)),
                earlier.c.number.not_in(list(written)),
            )
            .exists()
        )
        reached = sa.or_(
            table.c.address.is_not(None),
            table.c.partner.in_(list(partners)),
            table.c.transaction.in_(list(transactions)),
        )
        partner, address = sa.func.coalesce(table.c.partner, ""), sa.func.coalesce(table.c.address, "")
        idle = [
            sa.or_(partner != each[0], address != each[1])
            if each[2] is None
            else sa.or_(table.c.transaction.is_(None), table.c.transaction != each[2])
            for each in busy
        ]
        query = (
            sa.select(table)
            .where(table.c.state == WAITING, table.c.due <= now, free, ~before, reached, *idle)
            .order_by(table.c.number)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [_queued(row) for row in self._all(query)]
        self._claim(table, [each.number for each in found], node, now + lease)
        return found

    def renew(self, numbers: Iterable[int], *, until: float) -> None:
        """Keep messages that are on their way claimed."""
        held = _outbox.c.number.in_(list(numbers)) & _outbox.c.claimed_until.is_not(None)
        self._connection.execute(_outbox.update().where(held).values(claimed_until=until))

    def gone(self, numbers: Iterable[int], *, now: float) -> None:
        """Note that messages were sent: they leave the outbox."""
        numbers = list(numbers)
        if not numbers:
            return
        table = _outbox
        messages = sa.select(table.c.message).where(table.c.number.in_(numbers))
        self._connection.execute(_messages.update().where(_messages.c.number.in_(messages)).values(sent=now))
        self._connection.execute(table.delete().where(table.c.number.in_(numbers)))

    def not_gone(self, numbers: Iterable[int], error: str, *, now: float, waits: Sequence[float]) -> list[int]:
        """Note that messages could not be sent.  They are tried again after the ``waits``; after the last they failed.

        Gives the numbers of those.
        """
        failed = []
        for number in numbers:
            waits_still = (_outbox.c.number == number) & (_outbox.c.state == WAITING)
            query = sa.select(_outbox.c.tries).where(waits_still).with_for_update()
            tries = self._connection.execute(query).scalar()
            if tries is None:  # another node has sent it, or a person has dropped it
                continue
            values: dict[str, Any] = {"tries": tries + 1, "error": _text(error[:500]), "claimed_by": None}
            values["claimed_until"] = None
            if tries < len(waits):
                values["due"] = now + waits[tries]
            else:
                values["state"] = FAILED
                failed.append(number)
            self._connection.execute(_outbox.update().where(_outbox.c.number == number).values(values))
        return failed

    def let_go(self, numbers: Iterable[int]) -> None:
        """Note that the connection has gone on which messages were sent, who knows how far: they wait again."""
        numbers = list(numbers)
        if numbers:
            free = {"claimed_by": None, "claimed_until": None}
            self._connection.execute(_outbox.update().where(_outbox.c.number.in_(numbers)).values(free))

    def release(self, node: str) -> None:
        """Take back all that a node had claimed: it has just been started, so that the one before it is dead."""
        free = {"claimed_by": None, "claimed_until": None}
        self._connection.execute(_outbox.update().where(_outbox.c.claimed_by == node).values(free))
        undecided = _messages.c.undecided & (_messages.c.claimed_by == node)
        self._connection.execute(_messages.update().where(undecided).values(free))

    def prune(self) -> None:
        """Remove the oldest of what was refused."""
        last = self._connection.execute(sa.select(sa.func.max(_refused.c.number))).scalar() or 0
        self._connection.execute(_refused.delete().where(_refused.c.number <= last - REFUSED_KEPT))

    def wake(self, partner: str, *, now: float) -> None:
        """A partner shows that it is there: what waits for another try is due, and that try does not count."""
        table = _outbox
        where = (table.c.partner == partner) & (table.c.state == WAITING) & (table.c.due > now)
        asleep = sa.select(table.c.number).where(where).with_for_update(skip_locked=True)  # what is locked is awake
        self._connection.execute(
            table.update()
            .where(table.c.number.in_(asleep))
            .values(due=now, tries=sa.case((table.c.tries > 0, table.c.tries - 1), else_=0))
        )

    def retry(self, numbers: Iterable[int] | None, *, now: float) -> list[int]:
        """Have messages tried anew, all that wait or have failed where no numbers are given; gives their numbers."""
        states = (WAITING, FAILED, DROPPED) if numbers is not None else (WAITING, FAILED)
        return self._put(numbers, states, now=now, state=WAITING, due=now, tries=0)

    def drop(self, numbers: Iterable[int], *, now: float) -> list[int]:
        """Give messages up; gives the numbers of those that waited or had failed."""
        return self._put(numbers, (WAITING, FAILED), now=now, state=DROPPED)

    def _put(self, numbers: Iterable[int] | None, states: tuple[str, ...], *, now: float, **values: Any) -> list[int]:
        table = _outbox
        where = [table.c.state.in_(states), sa.or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)]
        if numbers is not None:
            where.append(table.c.number.in_(list(numbers)))
        free = {"claimed_by": None, "claimed_until": None}
        changed = table.update().where(*where).values(**values, **free).returning(table.c.number)
        return sorted(self._connection.execute(changed).scalars())

    def outbox(self, transaction: int | None = None) -> Iterator[Queued]:
        """What is to be sent, or could not be, in order; of one transaction, or all."""
        query = sa.select(_outbox).order_by(_outbox.c.number)
        for row in self._each(query if transaction is None else query.where(_outbox.c.transaction == transaction)):
            yield _queued(row)

    # ── what was refused ───────────────────────────────────────────────────────────────────────────────────────────

    def refuse(
        self, octets: bytes, error: str, report: bytes | None, *, source: str, partner: str | None, now: float
    ) -> None:
        """Keep what came and was no message for us, and the report that its sender gets on the same connection."""
        values = {
            "octets": octets[:REFUSED_OCTETS],
            "error": _text(error),
            "source": _text(source),
            "partner": partner,
            "at": now,
        }
        made = self._connection.execute(_refused.insert().values(report=report, **values)).inserted_primary_key
        assert made is not None
        if made[0] % _REFUSED_COUNTED == 0:
            self.prune()

    def refused(self) -> Iterator[Refused]:
        """What was refused, the oldest first."""
        for row in self._each(sa.select(_refused).order_by(_refused.c.number)):
            yield Refused(**row._mapping)

    # ── inside ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        return self._connection.execute(query).all()

    def _each(self, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
        """Row after row, of which there may be more than fit into memory."""
        with self._connection.execute(query, execution_options={"yield_per": 500}) as found:
            yield from found

    def _claim(self, table: sa.Table, numbers: list[int], node: str, until: float) -> None:
        if numbers:
            values = {"claimed_by": node, "claimed_until": until}
            self._connection.execute(table.update().where(table.c.number.in_(numbers)).values(values))


def _queued(row: sa.Row[Any]) -> Queued:
    values = dict(row._mapping)
    del values["message"]
    return Queued(**values)


def _apdu(octets: bytes) -> Apdu:
    return decode(octets, strict=False, limits=_STORED)


def _text(text: str | None) -> str | None:
    """A text that every database takes."""
    return None if text is None else _storable(text)


def _storable(text: str) -> str:
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


def _options(transaction: Transaction) -> str:
    """A transaction in which nothing has happened yet."""
    return Transaction(role=transaction.role, **transaction.options).to_json()


@lru_cache(maxsize=64)  # there are as many as a node has had settings
def _options_from(text: str) -> Options:
    return Transaction.from_json(text).options

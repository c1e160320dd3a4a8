"""A library system's end of ISO ILL: it listens, keeps, answers and sends, and what it was told survives it.

The store has all that is true; what is in memory here may be lost at any time.  Several nodes may share a PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import inspect
import ipaddress
import os
import socket
import ssl as tls
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeAlias, TypeVar

from isoill import aio, mail, post
from isoill.admission import address_of
from isoill.connection import ApduReceived, ConnectionEnded, Event, ProtocolViolation
from isoill.courier import LEASE, RETRIES, Courier
from isoill.desk import Desk, Origin, Taken
from isoill.errors import DEFAULT_LIMITS, Limits, LocalProtocolError, RemoteProtocolError
from isoill.facts import Step
from isoill.logs import Log
from isoill.partners import Network, Partner, Partners, in_networks
from isoill.present import Present
from isoill.records import record
from isoill.store import Rows, Store, StoreError, key_of_id
from isoill.transaction import Transaction
from isoill.types import Apdu
from isoill.writing import Writer

__all__ = ["Asked", "Decide", "Node", "Tally"]

_log = Log(__name__)

T = TypeVar("T")

#: Seconds between looks at letters, at timers, and at what a hook has still to answer.
_LETTERS, _TIMERS, _UNDECIDED = 5.0, 60.0, 2.0
#: Seconds after which a partner that says something has what waits for it tried once more.
_WOKEN = 10.0
#: Messages of one connection that are taken in one change.
_TOGETHER = 32
#: Hooks that run at once.
_HOOKS = 16
_CAPS, _DEADLINES = aio.Caps(), aio.Deadlines()
_LOOPBACK = tuple(ipaddress.ip_network(each) for each in ("127.0.0.0/8", "::1/128"))


@record(kw_only=True)
class Asked:
    """What a hook is asked: what to answer to a message that has come."""

    #: of the transaction in the store
    number: int
    #: as it is now; make the answer with it, and send nothing
    transaction: Transaction
    #: what has come
    step: Step
    #: the name of the partner, if it is in the file
    partner: str | None


Answers: TypeAlias = Apdu | Iterable[Apdu] | None
#: Called for each message that has come and changed something, at least once; what it returns is sent, once.
Decide: TypeAlias = Callable[[Asked], Answers | Awaitable[Answers]]


@dataclass(slots=True)
class Tally:
    """What a node has done, in numbers that only grow."""

    #: messages that have come, and of these: which opened a transaction, had come before, or were refused
    taken: int = 0
    opened: int = 0
    repeated: int = 0
    refused: int = 0
    #: messages that the hook has answered, and requests whose time ran out
    decided: int = 0
    expired: int = 0

    def as_dict(self) -> dict[str, int]:
        """The numbers by name."""
        return asdict(self)


class Node:
    """Takes messages from partners into a store, and sends what is in its outbox.

    Use it as an asynchronous context manager, and call `listen` in it.  ``partners`` are those that may send; without
    them anybody may, from this machine alone.  ``decide`` answers what comes (`Decide`); without it a person does,
    with ``isoill act``.  ``retries`` are the seconds between tries to send.  ``name`` is that of the node among those
    that share a store: what was under way when a node of that name died is taken up when it starts again.  ``ssl`` is
    for the connections that it opens to partners with TLS.

    A message counts as received once it is on disk: the connection is ended in order only then, and nothing is
    answered before.  Where the store cannot write, connections are reset, and their peers have to send again.
    """

    def __init__(
        self,
        store: Store,
        *,
        partners: Partners | None = None,
        decide: Decide | None = None,
        name: str | None = None,
        retries: Sequence[float] = RETRIES,
        ssl: tls.SSLContext | None = None,
        open_per_partner: int = 1_000,
        messages_per_transaction: int = 1_000,
        limits: Limits = DEFAULT_LIMITS,
        caps: aio.Caps = _CAPS,
        deadlines: aio.Deadlines = _DEADLINES,
        clock: Callable[[], datetime.datetime] = datetime.datetime.now,
    ) -> None:
        self.store = store
        self.partners = partners
        self.counters = aio.Counters()
        self.tally = Tally()
        self._desk = Desk(
            partners,
            decides=decide is not None,
            open_per_partner=open_per_partner,
            messages_per_transaction=messages_per_transaction,
        )
        self._decide = decide
        self._name = name
        self._retries, self._ssl = tuple(retries), ssl
        self._limits, self._caps, self._deadlines = limits, caps, deadlines
        self._clock = clock
        self._servers: list[aio.Server] = []
        self._networks: dict[str, tuple[Network, ...]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._deciding: set[asyncio.Task[None]] = set()
        self._undecided = asyncio.Event()
        self._ended = asyncio.Event()
        self._present = Present()
        self._woken: dict[str, float] = {}
        self._hooks = ThreadPoolExecutor(_HOOKS, "isoill-hook")  # others need theirs while hooks wait
        self._writer: Writer
        self._courier: Courier

    async def __aenter__(self) -> Self:
        self._writer = Writer(self.store)
        self._courier = Courier(
            self._commit,
            self._hear,
            self._present,
            name=self._name or f"{socket.gethostname()}/{os.getpid()}",
            partners=self.partners,
            retries=self._retries,
            limits=self._limits,
            deadlines=self._deadlines,
            counters=self.counters,
            ssl=self._ssl,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # ── its life ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def listen(
        self, host: str = "127.0.0.1", port: int = 0, *, duplex: bool = True, ssl: tls.SSLContext | None = None
    ) -> aio.Server:
        """Take connections at an address, and begin with all else that a node does.

        With an ``ssl`` context that asks for certificates, partners are known by these; otherwise by their networks.
        Raises OSError where it cannot listen, `StoreError` where the store cannot write.
        """
        certificates = None
        if self.partners is not None and ssl is not None and ssl.verify_mode is not tls.CERT_NONE:
            certificates = {each.certificate: each.name for each in self.partners if each.certificate is not None}
        await self._find_networks()
        networks = _LOOPBACK if self.partners is None else None
        if self.partners is not None and certificates is None:
            networks = tuple(network for each in self.partners for network in self._networks[each.name])
        server = await aio.serve(
            self._attend,
            host,
            port,
            duplex=duplex,
            ssl=ssl,
            networks=None if networks is None else map(str, networks),
            certificates=certificates,
            limits=self._limits,
            caps=self._caps,
            deadlines=self._deadlines,
            counters=self.counters,
        )
        self._servers.append(server)
        if self._name is None and not self._tasks:  # nobody else can listen there: it is a good name
            address, bound = server.addresses[0]
            self._courier.name = f"{socket.gethostname()}/{address}:{bound}"
        await self.start()
        return server

    async def start(self) -> None:
        """Begin to send, to decide, to look at letters and timers; `listen` does it."""
        if self._tasks:
            return
        name = self._courier.name
        released = self._commit(lambda rows: rows.release(name))
        self._tasks = [
            asyncio.create_task(self._again(do, pause))
            for do, pause in (
                (self._courier.run, 0.0),
                (self._expire, _TIMERS),
                *([(self._decide_all, 0.0)] if self._decide is not None else []),
                *([(self._read_letters, _LETTERS)] if self._maildir is not None else []),
            )
        ]
        await released

    async def serve_forever(self) -> None:
        """Wait until the node is stopped."""
        await self._ended.wait()

    async def stop(self, grace: float = 10) -> None:
        """Listen no more, end what is under way, for so many seconds at most; what is left waits in the store."""
        if self._ended.is_set():
            return
        self._ended.set()
        await asyncio.gather(*(server.shutdown(grace) for server in self._servers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._courier.stop(grace)
        for task in self._deciding:
            task.cancel()
        await asyncio.gather(*self._deciding, return_exceptions=True)
        self._hooks.shutdown(wait=False, cancel_futures=True)
        self._servers, self._tasks = [], []
        name = self._courier.name
        with contextlib.suppress(StoreError):
            await self._commit(lambda rows: rows.release(name))
        await asyncio.to_thread(self._writer.close)

    def figures(self) -> dict[str, int]:
        """All that it counts, by name."""
        courier = self._courier
        sent = {"outbox_sent": courier.sent, "outbox_tries_failed": courier.tries_failed}
        return {**self.counters.as_dict(), **self.tally.as_dict(), **sent, "outbox_failed": courier.failed}

    async def _again(self, do: Callable[[], Awaitable[None]], pause: float) -> None:
        """Do something over and over; what goes wrong is told, and tried again."""
        while not self._ended.is_set():
            try:
                await do()
                await asyncio.sleep(pause)
            except StoreError as error:
                _log.error("store", what=error)
                await asyncio.sleep(max(pause, 2.0))
            except Exception:
                _log.exception("unexpected")
                await asyncio.sleep(max(pause, 2.0))

    def _commit(self, do: Callable[[Rows], T], keys: Iterable[tuple[str, str]] = ()) -> Awaitable[T]:
        return asyncio.wrap_future(self._writer.submit(do, keys))

    # ── what comes ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _find_networks(self) -> None:
        """From where partners may connect: what the file says, or else where they are reached."""
        loop = asyncio.get_running_loop()
        for partner in self.partners or ():
            if partner.networks is not None:
                self._networks[partner.name] = partner.networks
                continue
            self._networks[partner.name] = ()
            if partner.certificate is None and partner.address is not None and not partner.address.is_mail:
                try:
                    found = await loop.getaddrinfo(partner.address.host, None, type=socket.SOCK_STREAM)
                except OSError as error:
                    _log.warning("no network", partner=partner.name, address=partner.address, why=error)
                    continue
                hosts = {address_of(str(each[4][0])) for each in found}
                self._networks[partner.name] = tuple(map(ipaddress.ip_network, sorted(hosts)))

    def _may_be(self, link: aio.Link) -> tuple[Partner, ...] | None:
        """Who may be at the other end of a connection that was accepted; None for anybody."""
        if self.partners is None:
            return None
        if link.partner is not None:
            return (self.partners[link.partner],)
        return tuple(
            each
            for each in self.partners
            if each.certificate is None and in_networks(link.address, self._networks[each.name])
        )

    async def _attend(self, link: aio.Link) -> None:
        """Take all that comes on a connection that was accepted."""
        may = self._may_be(link)
        in_order = False
        if may is not None and len(may) == 1 and link.duplex:
            self._present.come(link, may[0].name)
            self._courier.wake.set()
        try:
            while (found := await self._take(link, events := await link.batch(), may)) is not None:
                if link.duplex:
                    await self._courier.gone(self._present.heard(link, found))
                if isinstance(events[-1], ConnectionEnded) and events[-1].error is not None:
                    link.abort()  # it has ended inside a message, or makes no sense: nobody waits for the end
            in_order = await link.finish()
        except StoreError as error:  # nothing was taken: whoever sent it sees that, and has to send it again
            _log.error("store", what=error)
            link.abort()
        finally:
            with contextlib.suppress(StoreError):  # what is claimed is free again when the claim is over
                await self._courier.left(link, in_order=in_order)

    async def _hear(
        self, link: aio.Link, partner: Partner | None, about: frozenset[int], events: list[Event]
    ) -> set[int] | None:
        """Take what has come on a connection that we have opened.

        Whoever is at an address that is in no file is heard of what was sent there, and nothing else.
        """
        if partner is not None:
            return await self._take(link, events, (partner,))
        return await self._take(link, events, None, None if self.partners is None else about)

    async def _take(
        self,
        link: aio.Link,
        events: list[Event],
        may: tuple[Partner, ...] | None,
        about: frozenset[int] | None = None,
    ) -> set[int] | None:
        """Take a batch into the store, and answer it; gives the transactions, or None at the end of the connection."""
        if not events:
            return None
        answers = link.duplex and not link.connection.closed
        origin = Origin(source=address_of(link.address), partners=may, answers=answers, about=about)
        found: set[int] = set()
        for first in range(
            0, len(events), _TOGETHER
        ):  # a partner that has much to say does not keep the others waiting
            taken = await self._store(events[first : first + _TOGETHER], origin)
            reports = [octets for each in taken for octets in each.answers]
            if reports:
                await link.send(*reports)
            found |= {each.transaction for each in taken if each.transaction is not None}
        return found

    async def _store(self, events: Iterable[Event], origin: Origin) -> list[Taken]:
        """Have the desk take what has come, all of it in one change."""
        now = self._clock()
        keys = {key_of_id(each.apdu.transaction_id) for each in events if isinstance(each, ApduReceived)}

        def take(rows: Rows) -> list[Taken]:
            taken = []
            for each in events:
                if isinstance(each, ApduReceived):
                    taken.append(self._desk.receive(rows, each.apdu, each.octets, origin, now=now))
                elif isinstance(each, ProtocolViolation):
                    answers = self._desk.refuse(rows, each.octets, each.error, each.report, origin, now=now)
                    taken.append(Taken(error=each.error, answers=answers))
            return taken

        if not keys and not any(isinstance(each, ProtocolViolation) for each in events):
            return []
        taken = await self._commit(take, keys)
        for each in taken:
            self.tally.taken += 1
            self.tally.opened += each.new
            self.tally.repeated += each.step is not None and each.step.duplicate
            self.tally.refused += each.error is not None
            if each.step is not None:
                _log.info("message", peer=origin.source, transaction=each.transaction, step=each.step)
            elif isinstance(each.error, RemoteProtocolError):
                _log.warning("refused", peer=origin.source, why=each.error)
        self._courier.wake.set()
        self._undecided.set()
        if any(each.step is not None for each in taken):
            await self._wake(origin.partners or ())
        return taken

    async def _wake(self, partners: Iterable[Partner]) -> None:
        """A partner that has said something is there: what could not be sent to it is tried, now and then."""
        for partner in partners:
            now = time.monotonic()
            if now > self._woken.get(partner.name, 0.0) + _WOKEN:
                self._woken[partner.name] = now
                await self._commit(lambda rows, name=partner.name: rows.wake(name, now=time.time()))  # type: ignore[misc]

    @property
    def _maildir(self) -> str | None:
        return None if self.partners is None or self.partners.mail is None else self.partners.mail.maildir

    async def _read_letters(self) -> None:
        """Take the letters that have come; each is moved away when all of it is in the store."""
        assert self.partners is not None
        assert self._maildir is not None
        waiting = post.letters(self._maildir)
        while (found := await asyncio.to_thread(self._next_letter, waiting)) is not None:
            letter, read = found
            sender = (read.sender or "").lower()
            may = tuple(
                each
                for each in self.partners
                if each.address is not None and each.address.is_mail and each.address.host.lower() == sender
            )
            events: list[Event] = []
            for part in read.parts:
                if part.apdu is not None and not part.enclosed:
                    events.append(ApduReceived(part.apdu, part.octets, part.deviations))
                elif part.error is not None:
                    events.append(ProtocolViolation(part.error, part.octets, part.report))
            await self._store(events, Origin(source=read.sender or "mail without a sender", partners=may))
            try:
                await asyncio.to_thread(letter.take)
            except OSError as error:  # it comes again, and is known then
                _log.error("letter not moved", file=letter.path, why=error)

    def _next_letter(self, waiting: Iterator[post.Waiting]) -> tuple[post.Waiting, mail.Letter] | None:
        """The next letter, read."""
        try:
            letter = next(waiting, None)
        except OSError as error:
            _log.error("letter not read", why=error)
            return None
        return None if letter is None else (letter, mail.parse(letter.octets, limits=self._limits))

    # ── what follows ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _expire(self) -> None:
        """Let the timers of requests run."""
        now = self._clock()
        await self._commit(lambda rows: rows.prune())
        due = await self._commit(lambda rows: [(each, rows.key(each)) for each in rows.expiring(now.date())])
        for number, key in due:
            try:
                sent = await self._commit(
                    lambda rows, number=number: self._desk.expire(rows, number, now=now),  # type: ignore[misc]
                    [key] if key is not None else [],
                )
            except StoreError as error:  # the others have their time, too
                _log.error("store", transaction=number, what=error)
                continue
            self.tally.expired += len(sent)
        self._courier.wake.set()

    async def _decide_all(self) -> None:
        """Ask the hook about what has come, as long as there is anything."""
        self._undecided.clear()
        name, room = self._courier.name, _HOOKS - len(self._deciding)

        def claim(rows: Rows) -> list[tuple[int, Asked, tuple[str, str]]]:
            found = rows.claim_undecided(name, now=time.time(), lease=LEASE, limit=room) if room else []
            return [asked for each in found for asked in _asked(rows, *each)]

        claimed = await self._commit(claim)
        for message, asked, key in claimed:
            task = asyncio.create_task(self._decide_one(message, asked, key))
            self._deciding.add(task)
            task.add_done_callback(self._deciding.discard)
            task.add_done_callback(lambda _: self._undecided.set())
        if not claimed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_UNDECIDED):
                    await self._undecided.wait()

    async def _decide_one(self, message: int, asked: Asked, key: tuple[str, str]) -> None:
        assert self._decide is not None
        number = asked.number
        try:
            answers: Any
            if inspect.iscoroutinefunction(self._decide):
                answers = await self._decide(asked)
            else:
                answers = await asyncio.get_running_loop().run_in_executor(self._hooks, self._decide, asked)
                if inspect.isawaitable(answers):
                    answers = await answers
            made = [] if answers is None else [answers] if isinstance(answers, Apdu) else list(answers)

            def answer(rows: Rows) -> None:
                if rows.decided(message) and made:
                    self._desk.send(rows, number, lambda _: made, now=self._clock())

            await self._commit(answer, [key])
            self.tally.decided += 1
            self._courier.wake.set()
        except LocalProtocolError as error:
            _log.error("answer of the hook may not be sent", transaction=number, why=error)
            with contextlib.suppress(StoreError):  # then it is asked again
                await self._commit(lambda rows: rows.decided(message))
        except StoreError as error:
            _log.error("store", transaction=number, what=error)
        except (Exception, SystemExit):  # it is the hook's; it is asked again when the claim is over
            _log.exception("hook failed", transaction=number)


def _asked(rows: Rows, message: int, number: int) -> Iterator[tuple[int, Asked, tuple[str, str]]]:
    """What the hook is asked about a message, and the key of its transaction; nothing if that cannot be read."""
    try:
        kept, key = rows.kept(number), rows.key(number)
    except StoreError as error:
        _log.error("store", transaction=number, what=error)
        return
    places = [each.place for each in rows.messages(number) if each.number == message]
    if kept is not None and key is not None and places:
        step = kept.transaction.history[places[0] - 1]
        yield message, Asked(number=number, transaction=kept.transaction, step=step, partner=kept.partner), key

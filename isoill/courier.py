"""Takes messages from the outbox to their partners, over TCP or by mail; what does not get there, a person is told."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import logging
import ssl as tls
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from email.utils import parseaddr
from itertools import groupby
from typing import Protocol, TypeVar

from isoill import aio, mail, post
from isoill.addresses import Address, host_and_port
from isoill.connection import Event
from isoill.errors import ILLError, Limits
from isoill.partners import Partner, Partners
from isoill.store import Queued, Rows

__all__ = ["LEASE", "RETRIES", "Courier"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds between the tries to send a message: four in an hour, and then a person is told, as ILLiad does.
RETRIES = (300.0, 900.0, 2400.0)
#: Seconds for which a message is one node's; if that dies, another one takes it up afterwards.
LEASE = 300.0
#: Seconds between looks at the outbox, into which other programs write, too.
_POLL = 0.5
#: Messages claimed at once; and connections open at once, for what was claimed.
_CLAIMED, _CONNECTIONS = 200, 32
#: Seconds after which what was written to a connection that is still open counts as sent.
_SETTLED = 30.0
#: Seconds that a duplex connection of ours waits for the answer to a question, and the messages that are one.
_PATIENCE = 10.0
_QUESTIONS = frozenset({"ILL-Request", "Status-Query"})
#: Seconds of silence after which it takes the answers for complete: who ends its side first cannot be told what came
#: too late, and would get it once more.
_SILENCE = 0.5
#: Transactions whose partner is known to be on a connection right now, at most.
_HERE = 1_000


class Commit(Protocol):
    """Has something done to the store, and waits until it is on disk."""

    def __call__(self, do: Callable[[Rows], T], keys: Iterable[tuple[str, str]] = ()) -> Awaitable[T]: ...


#: Takes a batch that has come on a connection, and gives the numbers of its transactions; None at the end.
Hear = Callable[[aio.Link, Partner | None, list[Event]], Awaitable[set[int] | None]]


class Courier:
    """Sends what is in the outbox; `run` does until it is cancelled.

    ``hear`` takes what comes back on a connection.  ``failed`` counts what a person has to look at.
    """

    def __init__(
        self,
        commit: Commit,
        hear: Hear,
        *,
        name: str,
        partners: Partners | None,
        retries: Sequence[float],
        limits: Limits,
        deadlines: aio.Deadlines,
        counters: aio.Counters,
        ssl: tls.SSLContext | None,
    ) -> None:
        self.name = name
        self.sent = self.tries_failed = self.failed = 0
        self.wake = asyncio.Event()
        self._commit = commit
        self._hear = hear
        self._partners = partners
        self._retries = tuple(retries)
        self._limits, self._deadlines, self._counters, self._ssl = limits, deadlines, counters, ssl
        self._links: OrderedDict[int, aio.Link] = OrderedDict()
        self._written: dict[aio.Link, list[tuple[float, int]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(_CONNECTIONS)
        self._lanes: dict[tuple[int, str, str], tuple[asyncio.Lock, int]] = {}  # and how many want each

    # ── connections that partners have opened ──────────────────────────────────────────────────────────────────────

    def note(self, link: aio.Link, transaction: int) -> None:
        """The partner of a transaction is on a connection on which it can be answered."""
        self._links[transaction] = link
        self._links.move_to_end(transaction)
        if len(self._links) > _HERE:
            self._links.popitem(last=False)

    async def write(self, link: aio.Link, octets: Sequence[bytes], numbers: Sequence[int]) -> None:
        """Send messages on a connection that a partner has opened; ``numbers`` are those of the outbox among them."""
        self._written.setdefault(link, []).extend((time.monotonic(), number) for number in numbers)
        await link.send(*octets)

    async def left(self, link: aio.Link, *, in_order: bool) -> None:
        """A connection has ended: what was written to it has gone, or waits again where it broke off."""
        for transaction in [each for each, other in self._links.items() if other is link]:
            del self._links[transaction]
        numbers = [number for _, number in self._written.pop(link, [])]
        if numbers and in_order:
            await self._gone(numbers)
        elif numbers:
            await self._commit(lambda rows: rows.let_go(numbers))

    async def _settle(self) -> None:
        """What was written a while ago to connections that are still open has gone."""
        before = time.monotonic() - _SETTLED
        for link, written in list(self._written.items()):
            numbers = [number for moment, number in written if moment < before]
            if numbers:
                self._written[link] = [each for each in written if each[0] >= before]
                await self._gone(numbers)

    # ── the outbox ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Send what is due, look again when woken or after a moment."""
        reached = [each.name for each in self._partners or () if each.address is not None]
        while True:
            self.wake.clear()
            here = [number for number, link in self._links.items() if not link.connection.closed]
            claimed = await self._commit(
                lambda rows, here=here: rows.claim(  # type: ignore[misc]
                    self.name, now=time.time(), lease=LEASE, limit=_CLAIMED, here=here, partners=reached
                )
            )
            await self._settle()
            for _, group in groupby(sorted(claimed, key=self._way), key=self._way):  # sorted keeps their order
                self._begin(self._take_along(list(group)))
            if len(claimed) < _CLAIMED:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), _POLL)

    async def stop(self, grace: float) -> None:
        """Let what is under way come to its end for so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, sending: Awaitable[None]) -> None:
        task = asyncio.ensure_future(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _way(self, queued: Queued) -> tuple[int, str, str]:
        """What messages share that go together: a connection that is open, or else a partner and an address."""
        link = self._links.get(queued.transaction or 0)
        return (0 if link is None else id(link), queued.partner or "", queued.address or "")

    @contextlib.asynccontextmanager
    async def _lane(self, way: tuple[int, str, str]) -> AsyncIterator[None]:
        """One at a time for each way."""
        lock, users = self._lanes.get(way) or (asyncio.Lock(), 0)
        self._lanes[way] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._lanes.pop(way)
            if users > 1:
                self._lanes[way] = lock, users - 1

    def _partner(self, queued: Queued) -> Partner | None:
        return None if self._partners is None else self._partners.get(queued.partner)

    def _address(self, queued: Queued) -> Address | None:
        """Where the file says that the partner is now, or else where it has said so itself."""
        partner = self._partner(queued)
        if partner is not None and partner.address is not None:
            return partner.address
        return None if queued.address is None else Address.of(queued.address)

    async def _take_along(self, group: list[Queued]) -> None:
        numbers = [each.number for each in group]
        link = self._links.get(group[0].transaction or 0)
        if link is not None and not link.connection.closed:
            with contextlib.suppress(OSError, ILLError):  # what becomes of it is said when the link ends
                await self.write(link, [each.octets for each in group], numbers)
            return
        begun = time.monotonic()
        try:
            address, partner = self._address(group[0]), self._partner(group[0])
            # one connection to each: who hangs keeps nobody else waiting
            async with self._lane(self._way(group[0])), self._free:
                if address is None or time.monotonic() > begun + LEASE / 2:
                    await self._commit(lambda rows: rows.let_go(numbers))
                elif address.is_mail:
                    await self._post(address, group)
                    await self._gone(numbers)
                else:
                    await self._call(address, partner, group)
                    await self._gone(numbers)
        except (OSError, ILLError, ImportError, ValueError) as error:
            await self._failed(group, str(error) or type(error).__name__)

    async def _call(self, address: Address, partner: Partner | None, group: list[Queued]) -> None:
        """Send messages on a connection of their own, and take what is answered on it."""
        assert address.port is not None
        async with aio.connect(
            address.host,
            address.port,
            duplex=address.duplex,
            ssl=(self._ssl or tls.create_default_context()) if address.tls else None,
            limits=self._limits,
            deadlines=self._deadlines,
            counters=self._counters,
        ) as link:
            await link.send(*(each.octets for each in group))
            if address.duplex:
                await self._listen(link, partner, {each.transaction for each in group if each.apdu in _QUESTIONS})
            if not await link.finish():
                raise ConnectionError(f"expected an end in order, found none - at {address.place}")
            while address.duplex and await self._hear(link, partner, await link.batch()) is not None:
                pass

    async def _listen(self, link: aio.Link, partner: Partner | None, asked: set[int | None]) -> None:
        """Take what is answered to questions, and whatever else comes, until there is silence."""
        until = time.monotonic() + _PATIENCE
        while True:
            left = until - time.monotonic()
            try:
                async with asyncio.timeout(left if asked else min(left, _SILENCE)):
                    events = await link.batch()
            except TimeoutError:
                return
            told = await self._hear(link, partner, events)
            if told is None:
                return
            asked -= told

    async def _post(self, address: Address, group: list[Queued]) -> None:
        settings = None if self._partners is None else self._partners.mail
        if settings is None:
            raise ConnectionError("expected settings for mail, found none")
        host, port = host_and_port(settings.smtp, port=25)
        octets = [each.octets for each in group]
        # the same messages have the same id, so that who gets them twice can tell
        digest = hashlib.sha256(b"".join(octets)).hexdigest()[:32]
        domain = parseaddr(settings.sender)[1].partition("@")[2]
        letter = mail.build(
            octets,
            sender=settings.sender,
            recipients=[address.host],
            message_id=f"<{digest}@{domain}>",
            date=datetime.datetime.now(datetime.UTC),
        )
        await post.deliver(letter, host=host, port=port)

    async def _gone(self, numbers: list[int]) -> None:
        await self._commit(lambda rows: rows.gone(numbers, now=time.time()))
        self.sent += len(numbers)

    async def _failed(self, group: list[Queued], why: str) -> None:
        numbers = [each.number for each in group]
        failed = await self._commit(
            lambda rows: rows.not_gone(numbers, why, now=time.time(), waits=self._retries),
        )
        self.tries_failed += len(numbers)
        self.failed += len(failed)
        for each in group:
            level, then = (
                (logging.ERROR, "given up, isoill outbox retry tries again")
                if each.number in failed
                else (logging.WARNING, f"try {each.tries + 1} of {len(self._retries) + 1}")
            )
            _log.log(level, "outbox %d: %s not sent: %s (%s)", each.number, each.apdu, why, then)

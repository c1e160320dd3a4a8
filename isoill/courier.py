"""Takes messages from the outbox to their partners, over TCP or by mail; what does not get there, a person is told."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import ssl as tls
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from email.utils import parseaddr
from itertools import groupby
from typing import Protocol, TypeVar

from isoill import aio, mail, post
from isoill.addresses import Address, host_and_port
from isoill.connection import Event
from isoill.errors import ILLError, Limits
from isoill.logs import Log
from isoill.partners import Partner, Partners
from isoill.present import Present
from isoill.store import Queued, Rows, StoreError

__all__ = ["LEASE", "RETRIES", "Commit", "Courier", "Hear"]

_log = Log(__name__)

T = TypeVar("T")
#: What messages share that go together: a partner and an address; or where there is neither, the transaction.
Way = tuple[str, str, int | None]

#: Seconds between the tries to send a message: four in an hour, and then a person is told, as ILLiad does.
RETRIES = (300.0, 900.0, 2400.0)
#: Seconds for which a message is one node's; if that dies, another one takes it up afterwards.
LEASE = 300.0
#: Seconds that sending a group may take in all, so that it is over long before another node would take it up.
_SENDING = LEASE / 2 - 10
#: Seconds between looks at the outbox, into which other programs write, too.
_POLL = 0.5
#: Messages claimed at once; and connections open at once.
_CLAIMED, _CONNECTIONS = 200, 32
#: Seconds that a connection of ours waits for the answer to a question, and the messages that are one.
_PATIENCE = 10.0
_QUESTIONS = frozenset({"ILL-Request", "Status-Query"})
#: Seconds of silence after which it takes the answers for complete.
_SILENCE = 0.5


class Commit(Protocol):
    """Has something done to the store, and waits until it is on disk."""

    def __call__(self, do: Callable[[Rows], T], keys: Iterable[tuple[str, str]] = ()) -> Awaitable[T]: ...


#: Takes a batch that has come on a connection of ours, from a partner or in answer to what is about transactions; gives
#: the transactions, None at the end.
Hear = Callable[[aio.Link, Partner | None, frozenset[int], list[Event]], Awaitable[set[int] | None]]


class _AwayError(ConnectionError):
    """Nobody listens: all that was to go there has had its try."""


class Courier:
    """Sends what is in the outbox; `run` does until it is cancelled.

    To each partner there is one connection at a time: who hangs keeps nobody else waiting.  ``hear`` takes what comes
    back on it.
    """

    def __init__(
        self,
        commit: Commit,
        hear: Hear,
        present: Present,
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
        self._present = present
        self._partners = partners
        self._retries = tuple(retries)
        self._limits, self._deadlines, self._counters, self._ssl = limits, deadlines, counters, ssl
        self._busy: dict[Way, asyncio.Task[None]] = {}
        self._renewed = 0.0

    async def run(self) -> None:
        """Send what is due, look again when woken or after a moment."""
        while True:
            self.wake.clear()
            await self._renew()
            claimed = await self._claim() if len(self._busy) < _CONNECTIONS else []
            for way, group in groupby(sorted(claimed, key=_order), key=_way):  # sorted keeps their order
                self._busy[way] = asyncio.create_task(self._take_along(way, list(group)))
            if len(claimed) < _CLAIMED:
                with contextlib.suppress(TimeoutError):  # asyncio.wait_for of 3.11 may swallow a cancellation
                    async with asyncio.timeout(_POLL):
                        await self.wake.wait()

    async def _claim(self) -> list[Queued]:
        """What is due, and goes another way than what is under way."""
        reached = [each.name for each in self._partners or () if each.address is not None]
        partners, transactions = [*reached, *self._present.partners], self._present.transactions
        name, written, busy = self.name, self._present.written, list(self._busy)
        return await self._commit(
            lambda rows: rows.claim(
                name,
                now=time.time(),
                lease=LEASE,
                limit=_CLAIMED,
                partners=partners,
                transactions=transactions,
                written=written,
                busy=busy,
            )
        )

    async def stop(self, grace: float) -> None:
        """Let what is under way come to its end for so many seconds."""
        tasks = list(self._busy.values())
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def left(self, link: aio.Link, *, in_order: bool) -> None:
        """A connection of a partner has ended: what was written to it has gone, or waits again where it broke off."""
        numbers = self._present.left(link)
        if numbers and in_order:
            await self.gone(numbers)
        elif numbers:
            await self._commit(lambda rows: rows.let_go(numbers))

    async def gone(self, numbers: list[int]) -> None:
        """Messages are where they should be: they leave the outbox."""
        if numbers:
            await self._commit(lambda rows: rows.gone(numbers, now=time.time()))
            self.sent += len(numbers)

    async def _renew(self) -> None:
        """What was written to connections that go on stays this node's."""
        if time.monotonic() > self._renewed + LEASE / 4:
            self._renewed = time.monotonic()
            if written := self._present.written:
                await self._commit(lambda rows: rows.renew(written, until=time.time() + LEASE))

    async def _take_along(self, way: Way, group: list[Queued]) -> None:
        """Send messages that have the same way; whatever becomes of it, that is noted."""
        try:
            await self._send(group)
        except StoreError as error:  # the partner has done nothing wrong: the claim will be over
            _log.error("store", what=error)
        except Exception:
            _log.exception("unexpected")
        finally:
            del self._busy[way]
            self.wake.set()

    async def _send(self, group: list[Queued]) -> None:
        address = None
        partner = None if self._partners is None else self._partners.get(group[0].partner)
        try:
            if partner is not None and partner.address is not None:
                address = partner.address  # where the file says that it is now
            elif group[0].address is not None:
                address = Address.of(group[0].address)  # where it has said so itself
        except ILLError as error:
            await self._failed(group, str(error))
            return
        if address is None:
            await self._answer(group)
            return
        # what could not be sent goes alone: it may be what is wrong; and each letter has one message, and its id
        fresh = [each for each in group if not each.tries and not address.is_mail]
        parts = [fresh] if fresh else []
        parts += [[each] for each in group if each not in fresh]
        until = time.monotonic() + LEASE - _SENDING
        for index, part in enumerate(parts):
            if time.monotonic() > until:  # there is no time left to send more before another node may
                left = [each.number for rest in parts[index:] for each in rest]
                await self._commit(lambda rows, left=left: rows.let_go(left))  # type: ignore[misc]
                return
            answered: set[int] = set()
            try:
                async with asyncio.timeout(_SENDING):
                    if address.is_mail:
                        await self._post(address, part)
                    else:
                        await self._call(address, partner, part, answered)
            except StoreError:
                raise
            except _AwayError as error:
                await self._failed([each for rest in parts[index:] for each in rest], str(error))
                return
            except (OSError, ILLError, ImportError, ValueError) as error:
                there = [each for each in part if each.apdu in _QUESTIONS and each.transaction in answered]
                await self.gone([each.number for each in there])
                await self._failed([each for each in part if each not in there], str(error) or type(error).__name__)
            else:
                await self.gone([each.number for each in part])

    async def _answer(self, group: list[Queued]) -> None:
        """Send messages on the connections that their partners have opened, as no address of them is known."""
        for queued in group:
            link = self._present.link_of(queued.transaction, queued.partner)
            if link is None:
                await self._commit(lambda rows, number=queued.number: rows.let_go([number]))  # type: ignore[misc]
                await asyncio.sleep(_POLL)  # its connection is just ending
                continue
            self._present.wrote(link, [queued.number])
            with contextlib.suppress(OSError, ILLError):  # what becomes of it is said when the connection ends
                await link.send(queued.octets)

    async def _call(self, address: Address, partner: Partner | None, group: list[Queued], answered: set[int]) -> None:
        """Send messages on a connection of ours, and take what is answered on it, in the transactions noted.

        An answer on a simplex connection is against its rule, and is not thrown away for that.
        """
        assert address.port is not None
        about = frozenset(each.transaction for each in group if each.transaction is not None)
        try:
            link = await aio.connect(
                address.host,
                address.port,
                ssl=(self._ssl or tls.create_default_context()) if address.tls else None,
                limits=self._limits,
                deadlines=self._deadlines,
                counters=self._counters,
            )
        except OSError as error:
            raise _AwayError(str(error)) from None
        async with link:
            await link.send(*(each.octets for each in group))
            if address.duplex:
                asked = {each.transaction for each in group if each.apdu in _QUESTIONS and each.transaction is not None}
                until = time.monotonic() + _PATIENCE
                while (left := until - time.monotonic()) > 0:
                    try:
                        async with asyncio.timeout(min(left, _SILENCE) if asked <= answered else left):
                            events = await link.batch()
                    except TimeoutError:
                        break
                    told = await self._hear(link, partner, about, events)
                    if told is None:
                        break
                    answered |= told
            in_order = await link.finish()
            while (told := await self._hear(link, partner, about, await link.batch())) is not None:
                answered |= told
            if not in_order:
                raise ConnectionError(f"expected an end in order, found none - at {address.place}")

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

    async def _failed(self, group: list[Queued], why: str) -> None:
        if not group:
            return
        numbers = [each.number for each in group]
        failed = await self._commit(
            lambda rows: rows.not_gone(numbers, why, now=time.time(), waits=self._retries),
        )
        self.tries_failed += len(numbers)
        self.failed += len(failed)
        for each in group:
            said = {"message": each.number, "transaction": each.transaction, "apdu": each.apdu, "why": why}
            if each.number in failed:
                _log.error("not sent, given up", tries=each.tries + 1, **said)
            else:
                _log.warning("not sent", tries=each.tries + 1, **said)


def _order(queued: Queued) -> tuple[str, str, int]:
    partner, address, transaction = _way(queued)
    return partner, address, transaction or 0


def _way(queued: Queued) -> Way:
    nowhere = queued.partner is None and queued.address is None
    return queued.partner or "", queued.address or "", (queued.transaction or 0) if nowhere else None

"""A mock peer: an endpoint that plays a kind of partner, for those who test a system of their own against it."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar
from weakref import WeakSet

from isoill import aio, connection
from isoill.addresses import Address, host_and_port
from isoill.asn1 import type_of
from isoill.codec import encode
from isoill.connection import ApduReceived, ProtocolViolation
from isoill.errors import DecodeError, LocalProtocolError, RemoteProtocolError
from isoill.ledger import Ledger
from isoill.matching import shown
from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters
from isoill.problems import refusal
from isoill.profiles import Contact, Profile, get_profile
from isoill.records import record
from isoill.services import Direction, Event, Transport, event_of
from isoill.testing.manners import REFUSED, Manner
from isoill.testing.script import Action, Say, Script, Wait, Word, read_action, takes
from isoill.transaction import Transaction
from isoill.types import Apdu, ILLRequest, SystemId

__all__ = ["MockPeer", "RunningPeer", "Watch"]

_log = logging.getLogger(__name__)

A = TypeVar("A", bound=Apdu)
T = TypeVar("T")
#: Called with ``received``, ``sent``, ``refused`` or ``failed``, and what was.
Watch: TypeAlias = Callable[[str, Any], None]

_GARBAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@record(kw_only=True)
class _Task:
    """What is to be done about a message, or in a transaction."""

    actions: tuple[Action, ...] = ()
    #: what has come; None where nothing has
    apdu: Apdu | None = None
    #: to which it belongs, whether it was taken or not
    transaction: Transaction | None = None
    #: that it was there, if it was taken
    event: Event | None = None
    #: what the protocol answers
    reply: Apdu | None = None


class _Line:
    """The way to the other side: a connection that is open, or one that is opened once it is wanted."""

    def __init__(self, link: aio.Link | None, connect: Callable[[], Coroutine[Any, Any, aio.Link]]) -> None:
        self.link = link
        self._connect = connect

    async def open(self) -> aio.Link:
        if self.link is None:
            self.link = await self._connect()
        return self.link

    def abort(self) -> None:
        if self.link is not None:
            self.link.abort()


class _EndedError(Exception):
    """The peer has ended the connection, as it was told."""


class _Account:
    """What a peer has seen and done."""

    def __init__(self, told: dict[str, list[Any]], ledger: Ledger) -> None:
        self._told = told
        self._ledger = ledger

    @property
    def received(self) -> tuple[Apdu, ...]:
        """The messages that have come, in order, those that were not taken among them."""
        return tuple(self._told["received"])

    @property
    def sent(self) -> tuple[Apdu, ...]:
        """The messages that were sent, in order: whole ones."""
        return tuple(self._told["sent"])

    @property
    def refused(self) -> tuple[Exception, ...]:
        """Why messages were refused: `isoill.RemoteProtocolError`, of octets that are none `isoill.DecodeError`."""
        return tuple(self._told["refused"])

    @property
    def failures(self) -> tuple[str, ...]:
        """What the peer could not do: answers that could not be made, or sent."""
        return tuple(self._told["failed"])

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """Its transactions, as it sees them."""
        return tuple(self._ledger)


class MockPeer(_Account):
    """A partner of a kind, which listens, and answers by itself.

    ``profile`` is the name of one that isoill brings, or any other; what it refuses is refused.  ``script`` says what
    is done otherwise than usual (`isoill.testing.Script`): a script, what `Script.of` takes, or the name of a file.
    Without ``duplex`` it is as such partners usually are.  On a simplex connection it answers on a new one: to
    ``answer_to`` as ``HOST:PORT``, or else to the address in the APDU-Delivery-Info of the message or of its request.
    ``identity`` is who it is, where the messages do not say so.

    >>> from pathlib import Path
    >>> import asyncio, isoill
    >>> from isoill.aio import connect
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> async def conversation():
    ...     async with MockPeer(duplex=True) as peer, connect(peer.host, peer.port) as link:
    ...         await link.send(request)
    ...         shipped = (await link.receive(timeout=10)).apdu
    ...         print(type(shipped).__name__, shipped.supply_details.date_due.date_due_field)
    ...         print(peer.transactions)
    >>> asyncio.run(conversation())
    Shipped 20261219
    (<Transaction 2026-00142/1: responder in SHIPPED>,)

    It has no clock: its messages are dated a second after the latest of the transaction.
    """

    def __init__(
        self,
        profile: str | Profile = "standard",
        *,
        script: Script | Mapping[str, Sequence[Any]] | str | os.PathLike[str] | None = None,
        duplex: bool | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        answer_to: str | None = None,
        identity: SystemId | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.profile = get_profile(profile) if isinstance(profile, str) else profile
        ledger = Ledger(identity=identity or self.profile.contact.partner_id)
        super().__init__({word: [] for word in ("received", "sent", "refused", "failed")}, ledger)
        if script is None or isinstance(script, Mapping):
            script = Script.of(script or {})
        self.script = script if isinstance(script, Script) else Script.load(script)
        usual = self.profile.listeners[:1]
        self.duplex = any(each.duplex for each in usual) if duplex is None else duplex
        self._listen = (host, port)
        self._answer_to = None if answer_to is None else host_and_port(answer_to)
        self._watch = watch
        self._manner = Manner(self.profile, duplex=self.duplex)
        self._numbers: dict[Event, int] = {}  # of messages to which the script was applied
        self._last: dict[str, bytes] = {}  # by transaction
        self._held: dict[int, list[Say]] = {}  # Received, by transaction, until Shipped has come
        self._links: dict[int, aio.Link] = {}  # on which transactions go on
        self._asked: dict[int, tuple[str, int]] = {}  # of our requests, where they went
        self._greeted: WeakSet[aio.Link] = WeakSet()  # on which a request has come
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # so that what goes on connections of its own goes one after the other
        self._changed = asyncio.Event()
        self._server: aio.Server | None = None

    def __repr__(self) -> str:
        where = "" if self._server is None else f" at {self.host} port {self.port}"
        return f"<MockPeer {self.profile.name}{where}>"

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._running.addresses[0][0]

    @property
    def port(self) -> int:
        """And on which port."""
        return self._running.port

    async def ask(self, request: ILLRequest, /, *, to: str) -> Transaction:
        """Send a request as requester, to ``HOST:PORT``; gives the transaction.

        What comes is answered as the requester does.  Raises ValueError for an id that there is already, OSError where
        nobody takes the request.
        """
        host, port = host_and_port(to)
        apdu = self._prepared(request)
        transaction = self._ledger.begin(apdu)
        try:
            link = await aio.connect(host, port, duplex=self.duplex)
        except OSError:
            self._ledger.remove(transaction)
            raise
        self._asked[id(transaction)] = (host, port)
        if self.duplex:
            self._attend_to(link, transaction)
        await self._write(link, apdu)
        if not self.duplex:
            await self._finish(link)
        return transaction

    async def act(self, transaction: Transaction, /, *actions: str) -> None:
        """Do something in a transaction now: actions as in a script, such as ``"recall"``.

        It goes on the connection on which the transaction is, or on a new one.
        """
        read = tuple(read_action(text, f"action {number}") for number, text in enumerate(actions))
        for text, action in zip(actions, read, strict=True):
            if action is Word.USUAL or not takes([action]):
                raise ValueError(f"expected what needs no message that has come, found {text!r:.60}")
        async with self._turn:
            with suppress(_EndedError):
                await self._do(_Task(actions=read, transaction=transaction), self._links.get(id(transaction)))

    async def wait(self, *, received: int = 0, sent: int = 0, timeout: float = 10) -> None:
        """Wait until so many messages have been received and sent.  Raises TimeoutError with what there was."""
        try:
            async with asyncio.timeout(timeout):
                while len(self.received) < received or len(self.sent) < sent:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            wanted = f"{received} received and {sent} sent within {timeout:g} s"
            found = f"{_names(self.received)} received and {_names(self.sent)} sent"
            raise TimeoutError("; ".join([f"expected {wanted}, found {found}", *self.failures])) from None

    @contextmanager
    def running(self) -> Iterator[RunningPeer]:
        """The peer in a thread of its own, for programs without asyncio.

        >>> from pathlib import Path
        >>> from isoill import blocking
        >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
        >>> with MockPeer("oclc").running() as peer, blocking.connect(peer.host, peer.port) as link:
        ...     link.send(octets)
        ...     print([type(link.receive().apdu).__name__ for _ in range(2)])
        ['StatusOrErrorReport', 'Shipped']
        """
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="isoill-mock", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.__aenter__(), loop).result()
            try:
                yield RunningPeer(self, loop)
            finally:
                asyncio.run_coroutine_threadsafe(self.__aexit__(None, None, None), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def __aenter__(self) -> Self:
        self._server = await aio.serve(self._attend, *self._listen, duplex=self.duplex)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks, server = tuple(self._tasks), self._running
        for task in tasks:
            task.cancel()
        await server.shutdown(grace=0)
        self._server = None
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    # ── what comes ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _running(self) -> aio.Server:
        if self._server is None:
            raise RuntimeError("expected a peer that listens, found one that was not entered, or was left")
        return self._server

    async def _attend(self, link: aio.Link) -> None:
        try:
            while events := await link.batch():
                for event in events:
                    if isinstance(event, ApduReceived):
                        self._tell("received", event.apdu)
                    if self.duplex:
                        await self._deal_with(event, link)
                        continue
                    # the sender does not wait for answers that it may not be able to take yet
                    task = self._begin(self._deal_in_turn(event, link))
                    if self.script.drops:
                        await asyncio.wait([task])
        except _EndedError:
            pass
        finally:
            self._links = {name: each for name, each in self._links.items() if each is not link}

    async def _attend_to_ours(self, link: aio.Link) -> None:
        try:
            async with link:
                await self._attend(link)
        except ConnectionError as error:
            self._tell("failed", str(error))

    def _judged(self, apdu: Apdu, link: aio.Link) -> _Task:
        """What is to be done about a message that has come."""
        known = self._ledger.find(apdu)
        task = _Task(apdu=apdu, transaction=known[0] if known else None)
        history = [each for transaction in known for _, each in transaction.messages]
        try:
            task = self._taken(task, apdu, history, link)
        except RemoteProtocolError as error:
            self._tell("refused", error)
            task = replace(task, actions=(Word.USUAL,), reply=error.report)
        if task.transaction is not None and self.duplex:
            self._links[id(task.transaction)] = link
        return task

    def _taken(self, task: _Task, apdu: Apdu, history: Sequence[Apdu], link: aio.Link) -> _Task:
        objection = self._manner.objection(apdu, history, first=link not in self._greeted)
        if objection is not None:
            raise objection
        try:
            event = event_of(apdu, Direction.RECEIVE)
        except ValueError:  # an answer of no known kind: it is refused below
            actions: tuple[Action, ...] = ()
        else:
            number = self._numbers.get(event, 0)
            actions = self.script.actions(event, number)
            if not takes(actions):
                self._numbers[event] = number + 1
                return replace(task, actions=actions)
        receipt = self._ledger.receive(apdu, partner=link.address)
        if isinstance(apdu, ILLRequest):
            self._greeted.add(link)
        step, transaction = receipt.step, receipt.transaction
        if step.remark == "duplicate":  # what the protocol does not answer a second time is not answered
            actions = () if step.reply is None else (Word.USUAL,)
        else:
            self._numbers[step.event] = self._numbers.get(step.event, 0) + 1
        if step.event is Event.SHIPPED:
            actions = (*self._held.pop(id(transaction), ()), *actions)
        return replace(task, actions=actions, transaction=transaction, event=step.event, reply=step.reply)

    # ── what is done ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _deal_with(self, event: connection.Event, link: aio.Link) -> None:
        if isinstance(event, ApduReceived):
            await self._do(self._judged(event.apdu, link), link)
        elif isinstance(event, ProtocolViolation):
            self._tell("refused", event.error)
            await self._do(_Task(actions=(Word.USUAL,), reply=event.report), link)

    async def _deal_in_turn(self, event: connection.Event, link: aio.Link) -> None:
        async with self._turn:
            with suppress(_EndedError):
                await self._deal_with(event, link)

    async def _do(self, task: _Task, link: aio.Link | None) -> None:
        line = _Line(link if self.duplex else None, partial(self._connect, task))
        try:
            for action in task.actions:
                if action is Word.DROP:
                    assert link is not None
                    link.abort()
                    raise _EndedError
                await self._perform(action, task, line)
            if not self.duplex and line.link is not None:
                await self._finish(line.link)
        except _EndedError:
            if line.link is not None:
                await line.link.aclose()
            raise
        except (OSError, LocalProtocolError) as error:
            line.abort()
            self._tell("failed", str(error))
        except asyncio.CancelledError:
            line.abort()
            raise

    async def _perform(self, action: Action, task: _Task, line: _Line) -> None:
        match action:
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Word.USUAL:
                for apdu in self._usual(task):
                    await self._send(apdu, line)
            case Word.REFUSE:
                assert task.apdu is not None
                error = refusal(task.apdu, "expected nothing of the kind, as the script has it", REFUSED, None)
                self._tell("refused", error)
                if error.report is not None:
                    await self._send(self._prepared(error.report, task), line)
            case Word.DUPLICATE:
                octets = self._last.get(_name(task))
                if octets is None:
                    self._tell("failed", "expected a message that was sent, to send it once more, found none")
                else:
                    await (await line.open()).send(octets)
            case Word.GARBAGE:
                await (await line.open()).send(_GARBAGE)
            case Say():
                await self._say(action, task, line)
            case Word.IGNORE:
                pass

    async def _say(self, say: Say, task: _Task, line: _Line) -> None:
        assert task.transaction is not None
        transaction = task.transaction
        if self._manner.holds_received and say.service.name == "received" and not _shipped(transaction):
            self._held.setdefault(id(transaction), []).append(say)
            return
        try:
            apdu = self._prepared(say.message(transaction), task)
        except ValueError as error:
            self._tell("failed", str(error))
            return
        if say.half:
            octets = encode(apdu)
            link = await line.open()
            await link.send(octets[: len(octets) // 2])
            raise _EndedError
        try:
            transaction.send(apdu)
        except LocalProtocolError as error:  # it is what the script wants
            _log.info("sent all the same: %s", error)
        await self._send(apdu, line)

    def _usual(self, task: _Task) -> Iterator[Apdu]:
        """What such partners answer, as far as the state table allows it."""
        if task.reply is not None:
            yield self._prepared(task.reply, task)
            return
        if task.transaction is None or task.event is None:
            return
        for answer in self._manner.answers(task.event, task.transaction):
            apdu = self._prepared(answer, task)
            task.transaction.send(apdu)
            yield apdu

    async def _send(self, apdu: Apdu, line: _Line) -> None:
        await self._write(await line.open(), apdu)

    async def _write(self, link: aio.Link, apdu: Apdu) -> None:
        octets = encode(apdu)
        self._last[_name_of(apdu)] = octets
        self._tell("sent", apdu)  # before it goes: who has it may ask for it
        await link.send(octets)

    async def _connect(self, task: _Task) -> aio.Link:
        """A connection to whom a task is about."""
        transaction = task.transaction
        asked = None if transaction is None else self._asked.get(id(transaction))
        where = self._answer_to or asked or _told(task)
        if where is None:
            raise ConnectionError(
                "expected answer_to, or an APDU-Delivery-Info that says where answers go by TCP, found neither"
            )
        link = await aio.connect(*where, duplex=self.duplex)
        if self.duplex and transaction is not None:
            self._attend_to(link, transaction)
        return link

    def _attend_to(self, link: aio.Link, transaction: Transaction) -> None:
        self._links[id(transaction)] = link
        self._begin(self._attend_to_ours(link))

    async def _finish(self, link: aio.Link) -> None:
        taken = await link.finish()
        await link.aclose()
        if not taken:
            self._tell("failed", f"expected what was sent to be taken, found no end in order - at {link.where}")

    def _begin(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:  # others are raised at the end
            self._tasks.discard(task)

    def _prepared(self, apdu: A, task: _Task | None = None) -> A:
        """A message as such partners write it: with our address, where they have one in."""
        ours = APDUDeliveryParameters.of("TCP/IP", Address(self.host, self.port).place)
        info = None if task is None else _info(task)
        contact = Contact(
            own_addresses=(ours,),
            partner_addresses=() if info is None else info.sender_info,
            logon=self.profile.contact.logon,
        )
        return replace(self.profile, contact=contact).prepare(apdu, transport=Transport.CONNECTION).apdu

    def _tell(self, word: str, what: Any) -> None:
        self._told[word].append(what)
        self._changed.set()
        if word == "failed":
            _log.warning("%s", what)
        if self._watch is not None:
            self._watch(word, what)


class RunningPeer(_Account):
    """A `MockPeer` that runs in a thread: made by `MockPeer.running`.  Its methods wait until they are done."""

    def __init__(self, peer: MockPeer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(peer._told, peer._ledger)
        self._peer = peer
        self._loop = loop

    def __repr__(self) -> str:
        return repr(self._peer)

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._peer.host

    @property
    def port(self) -> int:
        """And on which port."""
        return self._peer.port

    def ask(self, request: ILLRequest, /, *, to: str) -> Transaction:
        """`MockPeer.ask`."""
        return self._result(self._peer.ask(request, to=to))

    def act(self, transaction: Transaction, /, *actions: str) -> None:
        """`MockPeer.act`."""
        self._result(self._peer.act(transaction, *actions))

    def wait(self, *, received: int = 0, sent: int = 0, timeout: float = 10) -> None:
        """`MockPeer.wait`."""
        self._result(self._peer.wait(received=received, sent=sent, timeout=timeout))

    def _result(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()


def _shipped(transaction: Transaction) -> bool:
    return any(step.event is Event.SHIPPED and step.direction is Direction.RECEIVE for step in transaction.history)


def _name(task: _Task) -> str:
    """Whose last message is meant by the last."""
    about = task.apdu or (None if task.transaction is None else task.transaction.request)
    return "" if about is None else _name_of(about)


def _name_of(apdu: Apdu) -> str:
    return shown(apdu.transaction_id)


def _info(task: _Task) -> APDUDeliveryInfo | None:
    """Where the other side has said that it is, last."""
    theirs: list[Apdu] = [] if task.apdu is None else [task.apdu]
    if task.transaction is not None:
        messages = reversed(task.transaction.messages)
        theirs += [apdu for direction, apdu in messages if direction is Direction.RECEIVE]
    for apdu in theirs:
        try:
            info = apdu.extension(APDUDeliveryInfo, strict=False)
        except DecodeError:
            continue
        if info is not None and info.sender_info:
            return info
    return None


def _told(task: _Task) -> tuple[str, int] | None:
    info = _info(task)
    for each in () if info is None else info.sender_info:
        address = Address.named_by(each.transport)
        if address is not None and address.port is not None:
            return address.host, address.port
    return None


def _names(apdus: Sequence[Apdu]) -> str:
    return ", ".join(type_of(type(each)).name for each in apdus) or "none"

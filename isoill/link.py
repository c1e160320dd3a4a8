"""One connection with asyncio: it reads no faster than is taken, keeps deadlines, and ends in order or breaks off."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from types import TracebackType
from typing import Any, Self

from isoill.admission import Admission
from isoill.codec import Octets, encode
from isoill.connection import ApduReceived, Connection, ConnectionEnded, Event, ProtocolViolation
from isoill.errors import DecodeError, LimitError, Limits, Reason, RemoteProtocolError, TruncatedError
from isoill.logs import Log
from isoill.records import record
from isoill.types import Apdu

__all__ = ["ORDERLY", "READ", "RESET", "Counters", "Deadlines", "Link", "Pool"]

_log = Log("isoill.aio")

READ = 1 << 16  # octets read at once, and buffered by the stream
_EVENTS = 256  # of one batch: two octets may be a message that is answered by five hundred
#: For SO_LINGER: closing the socket resets the connection (RST) instead of ending it.
RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
ORDERLY = struct.pack("hh" if os.name == "nt" else "ii", 0, 0)


@record(kw_only=True)
class Deadlines:
    """How long a peer may take, in seconds.

    >>> Deadlines(idle=60).idle
    60
    """

    #: to accept a connection
    connect: float = 10
    #: to agree on TLS
    handshake: float = 10
    #: from the first octet of a message to its last; what we do in between does not count
    message: float = 30
    #: between messages
    idle: float = 300
    #: to take what we send
    write: float = 30
    #: to end its side after we have ended ours
    close: float = 10

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if type(value) not in (int, float) or not 0 < value < float("inf"):
                raise ValueError(f"Deadlines.{field.name}: expected a number of seconds, found {value!r:.40}")


@dataclass(slots=True)
class Counters:
    """What has happened, in numbers that only grow, but for ``open``; one instance may serve several.

    >>> Counters(accepted=3).as_dict()["accepted"]
    3
    """

    #: connections of a server, and of clients
    accepted: int = 0
    connected: int = 0
    #: of both, those that are open now
    open: int = 0
    #: connections that were closed at once, and why
    refused_network: int = 0
    refused_cap: int = 0
    refused_certificate: int = 0
    #: connections with which TLS could not be agreed on
    failed_handshakes: int = 0
    octets_in: int = 0
    octets_out: int = 0
    #: APDUs
    received: int = 0
    sent: int = 0
    violations: int = 0
    #: deadlines that passed, all kinds
    deadlines: int = 0
    #: handlers that raised
    failures: int = 0

    def as_dict(self) -> dict[str, int]:
        """The numbers by name."""
        return asdict(self)


class Pool:
    """The octets that all connections of a server hold together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0


class Link:
    """One connection, open.  It is made by `connect`, or for the handler of `serve`."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        connection: Connection,
        *,
        address: str,
        port: int,
        accepted: bool,
        deadlines: Deadlines,
        counters: Counters,
        limits: Limits,
        partner: str | None = None,
        admission: Admission | None = None,
        pool: Pool | None = None,
    ) -> None:
        self.connection = connection
        self.counters = counters
        #: the other side's host, its address as text
        self.address = address
        self.port = port
        #: who has shown a certificate that `serve` knows
        self.partner = partner
        #: whether the other side has broken off, or we have because it did not read or held too much
        self.broken = False
        self._reader, self._writer = streams
        self._tls = self._writer.get_extra_info("sslcontext") is not None
        self._accepted = accepted
        self._deadlines = deadlines
        self._limits = limits
        self._admission = admission or Admission()
        self._pool = pool
        self._held = 0  # octets, as the pool counts them
        self._loop = asyncio.get_running_loop()
        self._kept: deque[Event] = deque()  # taken out of the connection, not given yet
        self._over = False  # there are no events but those that are kept
        self._error: DecodeError | None = None  # with which the connection ended
        self._eof = False  # the other side has ended in order
        self._cut = False  # we have ended its side, by a deadline or to shut down
        self._missed = False  # octets came after that
        self._left = False  # the socket is closed, or about to be
        self._stopping = False
        self._reading = asyncio.Lock()  # one task may finish while another receives
        self._waiting: asyncio.Timeout | None = None  # of what is read now
        self._waited = 0.0  # seconds, for the rest of the message that has begun
        # Whatever closes the socket before all has been taken, be it the end of the process, resets the connection; so
        # that an end in order tells the sender that its messages have arrived where they are cared for.
        self._linger(RESET)
        counters.open += 1
        _log.info("accepted" if accepted else "connected", peer=self.address, port=self.port)

    def __repr__(self) -> str:
        return f"<Link with {self.where}>"

    @property
    def duplex(self) -> bool:
        """Whether both sides may send."""
        return self.connection.duplex

    @property
    def where(self) -> str:
        """The other side's address, as messages for people give it."""
        return f"{self.address} port {self.port}"

    async def batch(self) -> list[Event]:
        """The events of what has come, at least one: it waits.  Behind `ConnectionEnded` an empty list.

        Nothing is read from the other side before what came has been taken: who sends faster than that has to wait.  A
        deadline that passes ends the connection: with `ConnectionEnded`, its error a `TruncatedError` inside a message.
        Raises ConnectionError where the other side breaks off.
        """
        await asyncio.sleep(0)  # who has much to say does not keep the others waiting
        async with self._reading:
            while not self._kept and not self._over:
                self._kept.extend(self._take())
                if not self._kept:
                    await self._read()
        events = list(self._kept)
        self._kept.clear()
        return events

    async def receive(self, timeout: float | None = None) -> ApduReceived | None:
        """The next message; None at the end.

        A violation on a duplex connection is answered with its report.  Raises TimeoutError where nothing comes for
        ``timeout`` seconds, after which nothing is lost; ConnectionError as `batch` and `send` do.
        """
        async with asyncio.timeout(timeout):
            while True:
                if not self._kept:
                    self._kept.extend(await self.batch())
                    if not self._kept:
                        return None
                event = self._kept.popleft()
                if isinstance(event, ApduReceived):
                    return event
                report = event.report if isinstance(event, ProtocolViolation) else None
                if report is not None and self.duplex and not self.connection.closed:
                    await self.send(report)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ApduReceived:
        received = await self.receive()
        if received is None:
            raise StopAsyncIteration
        return received

    async def send(self, *messages: Apdu | Octets) -> None:
        """Write messages, or octets that were encoded before, and wait until there is room for more.

        All are encoded before the first is written.  Raises `LocalProtocolError` and `EncodeError` as
        `Connection.send` does; ConnectionError where the other side does not read in time, or has broken off, and then
        we do so too.  Where nothing is raised, that does not mean that it has them: see `finish`.
        """
        whole = [bytes(each) if isinstance(each, Octets) else encode(each) for each in messages]
        octets = b"".join(map(self.connection.send, whole))
        if self._left:
            raise ConnectionResetError(f"expected an open connection, found a closed one - at {self.where}")
        self._writer.write(octets)
        self.counters.octets_out += len(octets)
        self.counters.sent += len(messages)
        waiting = asyncio.timeout(self._deadlines.write)
        try:
            async with waiting:
                await self._writer.drain()
        except OSError as error:
            lost = self._lost(error)
            if isinstance(error, TimeoutError) and waiting.expired():
                lost = ConnectionAbortedError(self._passed("write", "the other side to read"))
            self.abort()
            raise lost from error

    async def finish(self) -> bool:
        """End our side, and wait until the other one ends too: whether it did so in order.

        False means that it broke off, or did not end in time: what was sent may have to be sent again.  What still
        comes is kept for `batch`.

        True, from a server of isoill and without TLS, means that its handler has taken all that was sent, and returned:
        such a server resets every connection of which that is not so, even when its process is killed, and does not end
        one first (but where a handler returns early, on a duplex connection).  From other servers, and with TLS, which
        ends both directions at once, it means that the other side's system has it.
        """
        self.connection.close()
        if self._left:
            return self._eof and not self.broken
        waiting = asyncio.timeout(self._deadlines.close)
        try:
            async with waiting:
                await self._end()
        except OSError as error:
            if isinstance(error, TimeoutError) and waiting.expired():
                self._passed("close", "the other side to end")
            else:
                self._lost(error)
            return False
        return self._eof and not self.broken

    async def aclose(self) -> None:
        """End the connection in order, or break it off where the other side does not `finish`.

        The side that accepted it ends it in order only if all that came has been taken.
        """
        try:
            if await self.finish() and (not self._accepted or self._took_all()):
                self._linger(ORDERLY)
                self._writer.close()
                self._leave()
        finally:
            self.abort()
        await self._wait_closed()

    def abort(self) -> None:
        """Break the connection off, so that the other side sees it."""
        if not self._left:
            self._linger(RESET)
            self._writer.transport.abort()
            self._leave()

    def stop(self) -> None:
        """Take no message that has not begun: `batch` gives what there is, and then the end."""
        self._stopping = True
        if self._waiting is not None and not self._waiting.expired() and not self.connection.in_message:
            self._waiting.reschedule(self._loop.time())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            await self.aclose()
        else:
            self.abort()
            await self._wait_closed()

    def _take(self) -> list[Event]:
        """Some of the events of what has been read."""
        events = [self._admission.judge(each) for each in islice(self.connection.events(), _EVENTS)]
        self._hold(self.connection.held)
        if not events:
            return events
        self._waited = 0.0
        self.counters.received += sum(isinstance(each, ApduReceived) for each in events)
        wrong: list[DecodeError | RemoteProtocolError] = [
            each.error for each in events if isinstance(each, ProtocolViolation)
        ]
        if isinstance(last := events[-1], ConnectionEnded):
            self._over, self._error = True, last.error
            if isinstance(last.error, TruncatedError):
                wrong.append(last.error)
        self._violated(wrong)
        return events

    async def _read(self) -> None:
        """Wait for octets, and give them to the connection."""
        begun, inside = self._loop.time(), self.connection.in_message
        if inside:
            seconds = max(0.0, self._deadlines.message - self._waited)
        else:
            seconds = 0.0 if self._stopping else self._deadlines.idle
        waiting = asyncio.timeout(seconds)
        try:
            async with waiting:
                self._waiting = waiting
                data = await self._reader.read(READ)
        except OSError as error:
            if not (isinstance(error, TimeoutError) and waiting.expired()):
                raise self._lost(error) from error
            if inside:
                self._passed("message", "the rest of a message")
            elif not self._stopping:
                self._passed("idle", "a message")
            self._cut = True
            data = b""
        else:
            self._eof = not data
        finally:
            self._waiting = None
        if inside:
            self._waited += self._loop.time() - begun
        self._came(data)

    def _may_end_first(self) -> bool:
        """Whether ours may be the first end: theirs must not seem answered by it where something was not taken."""
        if not self._accepted:
            return True
        if not self._over:
            self._kept.extend(self._take())
        return self.duplex and not self._cut and self._error is None and not self._kept

    async def _rest(self) -> bytes:
        """What still comes after the end of our side, once nobody else reads."""
        async with self._reading:
            data = b"" if self._eof else await self._reader.read(READ)
            self._eof = not data
        return data

    def _came(self, data: bytes) -> None:
        self.counters.octets_in += len(data)
        self.connection.receive_data(data)
        self._hold(self.connection.held)
        pool = self._pool
        if pool is not None and pool.held > pool.most:
            detail = f"expected at most {pool.most} octets held by all connections, found more"
            error = LimitError(Reason.LIMIT, detail, limit="octets")
            self._violated([error])
            self._over = self.broken = True
            self._kept.append(ConnectionEnded(error))
            self.abort()

    def _hold(self, octets: int) -> None:
        if self._pool is not None:
            self._pool.held += octets - self._held
            self._held = octets

    async def _end(self) -> None:
        if self._tls:  # has no end of one direction
            self._writer.close()
            await self._writer.wait_closed()
        elif self._may_end_first():
            self._writer.write_eof()
        if not self.duplex and not self._accepted:  # nothing may come, and nobody will look
            while await self.batch():
                pass
        room = self._limits.octets
        while not self._eof and not self._left and room > 0:
            data = await self._rest()
            room -= len(data)
            if self.connection.ended:
                self._missed = self._missed or bool(data)
            else:
                self._came(data)

    def _took_all(self) -> bool:
        """Whether all that came has been given out, to an end in order."""
        left = [*self._kept, *([] if self._over else self._take())]
        taken = all(isinstance(each, ConnectionEnded) for each in left)
        return taken and self._error is None and not self._missed

    def _linger(self, how: bytes) -> None:
        if not self._tls:
            with contextlib.suppress(OSError):  # it may be closed already
                self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)

    def _leave(self) -> None:
        self._left = self._over = True
        self._hold(0)
        self._pool = None
        self.counters.open -= 1
        received, sent = self.connection.received, self.connection.sent
        _log.info("closed", peer=self.address, port=self.port, received=received, sent=sent)

    async def _wait_closed(self) -> None:
        try:
            async with asyncio.timeout(self._deadlines.close):
                await self._writer.wait_closed()
        except OSError:
            pass  # how it was closed has been said
        finally:
            self._writer.transport.abort()

    def _lost(self, error: OSError) -> ConnectionError:
        self.broken = self._over = True
        found = error.strerror or str(error) or type(error).__name__
        return ConnectionResetError(f"expected an end in order, found a broken connection ({found}) - at {self.where}")

    def _passed(self, deadline: str, wanted: str) -> str:
        self.counters.deadlines += 1
        seconds = getattr(self._deadlines, deadline)
        text = f"expected {wanted} within {seconds:g} s, found nothing - at {self.where}"
        _log.info("deadline", peer=self.address, port=self.port, which=deadline, seconds=seconds)
        return text

    def _violated(self, wrong: Sequence[DecodeError | RemoteProtocolError]) -> None:
        """Count and log; the texts of errors may show what is in a message, which is nobody's business in a log."""
        if wrong:
            self.counters.violations += len(wrong)
            first = wrong[0]
            told = first.detail  # ours, or numbers
            if isinstance(first, DecodeError) and not isinstance(first, LimitError):
                told = f"{first.reason.value} - at {first.path or 'the start'}, offset {first.offset}"
            more = {"more": len(wrong) - 1} if len(wrong) > 1 else {}
            _log.warning("violation", peer=self.address, port=self.port, what=told, **more)

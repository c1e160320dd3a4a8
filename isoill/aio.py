"""A client and a server with asyncio, which holds out against what comes to an open port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl as tls
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from isoill.admission import Admission, address_of
from isoill.connection import Connection
from isoill.errors import DEFAULT_LIMITS, Limits
from isoill.link import ORDERLY, READ, RESET, Counters, Deadlines, Link, Pool
from isoill.logs import Log
from isoill.records import record

__all__ = ["Caps", "Counters", "Deadlines", "Handler", "Link", "Server", "connect", "serve"]

_log = Log(__name__)

_BACKLOG = 1 << 10  # connections that wait to be accepted, or refused
_RETRY = 1.0  # seconds until the next try to accept where the system has no more files


@record(kw_only=True)
class Caps:
    """The most that a server takes on."""

    #: open at a time
    connections: int = 256
    #: open at a time from one address
    per_address: int = 32
    #: octets held of messages that are not whole, by all connections together
    octets: int = 64 << 20

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if type(value) is not int or value < 1:
                raise ValueError(f"Caps.{field.name}: expected 1 or more, found {value!r:.40}")


async def _accept(listening: socket.socket) -> tuple[socket.socket, Any]:
    """The next connection.  Cancelled, it loses none: ``sock_accept`` does on loops that wait for sockets."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return listening.accept()
        except BlockingIOError:
            ready: asyncio.Future[None] = loop.create_future()
        try:
            loop.add_reader(listening, _tell, ready)
        except NotImplementedError:  # the loop of Windows waits for connections instead
            return await loop.sock_accept(listening)
        try:
            await ready
        finally:
            loop.remove_reader(listening)


def _tell(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _close(listening: socket.socket, task: asyncio.Task[None]) -> None:
    """The task that listened is done; it may not even have begun."""
    listening.close()


#: What `serve` calls for each connection.
Handler = Callable[[Link], Awaitable[None]]


class Server:
    """Listens, and calls a handler for each connection.  It is made by `serve`."""

    def __init__(
        self,
        handler: Handler,
        sockets: Sequence[socket.socket],
        *,
        duplex: bool,
        ssl: tls.SSLContext | None,
        admission: Admission,
        strict: bool,
        limits: Limits,
        caps: Caps,
        deadlines: Deadlines,
        counters: Counters,
    ) -> None:
        self.counters = counters
        #: where it listens: host and port
        self.addresses: tuple[tuple[str, int], ...] = tuple(each.getsockname()[:2] for each in sockets)
        self._handler = handler
        self._duplex = duplex
        self._ssl = ssl
        self._admission = admission
        self._strict = strict
        self._limits = limits
        self._caps = caps
        self._deadlines = deadlines
        self._pool = Pool(caps.octets)
        self._links: set[Link] = set()
        self._per_address: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()
        self._listening = []
        for each in sockets:
            task = asyncio.create_task(self._listen(each))
            task.add_done_callback(partial(_close, each))
            self._listening.append(task)

    def __repr__(self) -> str:
        return f"<Server at {', '.join(f'{host} port {port}' for host, port in self.addresses)}>"

    @property
    def port(self) -> int:
        """The first port on which it listens."""
        return self.addresses[0][1]

    @property
    def links(self) -> frozenset[Link]:
        """The connections that are open."""
        return frozenset(self._links)

    def close(self) -> None:
        """Listen no more; connections that are open go on."""
        self._closed.set()
        for task in self._listening:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait for `close`, and for the end of all connections."""
        await self._closed.wait()
        await asyncio.wait(self._listening)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def serve_forever(self) -> None:
        """Wait until the server is closed."""
        await self.wait_closed()

    async def shutdown(self, grace: float = 10) -> None:
        """Listen no more, let the handlers finish what has come, and after ``grace`` seconds break off what is left.

        What has come are whole messages, and the one that has begun; behind these the handlers see the end.
        """
        self.close()
        await asyncio.wait(self._listening)
        for link in self._links:
            link.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await self.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await (self.shutdown() if kind is None else self.shutdown(grace=0))

    async def _listen(self, listening: socket.socket) -> None:
        while True:
            try:
                accepted, (host, port, *_) = await _accept(listening)
            except ConnectionAbortedError:
                continue  # it has gone again
            except OSError as error:  # no more files, or no memory
                _log.warning("cannot accept", why=error.strerror)
                await asyncio.sleep(_RETRY)
                continue
            self._admit(accepted, address_of(host), port)
            await asyncio.sleep(0)  # many that come do not keep those waiting that are here

    def _admit(self, accepted: socket.socket, address: str, port: int) -> None:
        """Begin to attend to a connection, or close it at once."""
        if not self._admission.admits(address):
            self.counters.refused_network += 1
            refused = "its network is not listed"
        elif len(self._tasks) >= self._caps.connections:
            self.counters.refused_cap += 1
            refused = f"{self._caps.connections} connections are open"
        elif self._per_address[address] >= self._caps.per_address:
            self.counters.refused_cap += 1
            refused = f"{self._caps.per_address} connections from there are open"
        else:
            task = asyncio.create_task(self._attend(accepted, address, port))
            self._tasks.add(task)
            self._per_address[address] += 1
            task.add_done_callback(partial(self._done, address))
            return
        _log.warning("refused", peer=address, port=port, why=refused)
        with accepted, contextlib.suppress(OSError):  # it may have gone again
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _done(self, address: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._per_address[address] -= 1
        if not self._per_address[address]:
            del self._per_address[address]

    async def _attend(self, accepted: socket.socket, address: str, port: int) -> None:
        link = await self._open(accepted, address, port)
        if link is None:
            return
        self._links.add(link)
        if self._closed.is_set():
            link.stop()
        try:
            async with link:
                await self._handler(link)
        except Exception as error:
            if link.broken and isinstance(error, ConnectionError):
                _log.info("broken", peer=link.address, port=link.port, why=error)
            else:
                self.counters.failures += 1
                _log.exception("handler failed", peer=link.address, port=link.port)
        finally:
            self._links.discard(link)

    async def _open(self, accepted: socket.socket, address: str, port: int) -> Link | None:
        """The connection, once TLS is agreed on; None where it is not, or where the certificate is not known."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=READ)
        protocol = asyncio.StreamReaderProtocol(reader)
        seconds = None if self._ssl is None else self._deadlines.handshake
        # whoever is not let in, or speaks no TLS, sees no end in order, which would say that all was taken
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=self._ssl,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=None if self._ssl is None else self._deadlines.close,
            )
        except OSError as error:  # the errors of ssl are
            self.counters.failed_handshakes += 1
            self.counters.deadlines += isinstance(error, ConnectionAbortedError)
            _log.warning("no TLS handshake", peer=address, port=port, why=error)
            return None
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self.counters.accepted += 1
        partner = None
        if self._admission.wants_certificates:
            shown = transport.get_extra_info("ssl_object")
            der = shown.getpeercert(binary_form=True)
            partner = None if der is None else self._admission.partner_of(shown.getpeercert(), der)
            if partner is None:
                self.counters.refused_certificate += 1
                _log.warning("refused", peer=address, port=port, why="its certificate is not known")
                transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
                return None
        if self._ssl is not None:  # from now on TLS has an end of its own
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ORDERLY)
        return Link(
            (reader, writer),
            Connection(duplex=self._duplex, connecting=False, strict=self._strict, limits=self._limits),
            address=address,
            port=port,
            accepted=True,
            deadlines=self._deadlines,
            counters=self.counters,
            limits=self._limits,
            partner=partner,
            admission=self._admission,
            pool=self._pool,
        )


_DEADLINES, _CAPS = Deadlines(), Caps()

Opened = TypeVar("Opened", bound="Link | Server")


class _Opening(Generic[Opened]):
    """What is opened when it is awaited, or entered."""

    _opened: Opened

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, Opened]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Opened]:
        return self._begin().__await__()

    async def __aenter__(self) -> Opened:
        self._opened = await self._begin()
        return self._opened

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._opened.__aexit__(kind, error, traceback)


def connect(
    host: str,
    port: int,
    *,
    duplex: bool = True,
    ssl: tls.SSLContext | None = None,
    server_hostname: str | None = None,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    deadlines: Deadlines = _DEADLINES,
    counters: Counters | None = None,
) -> _Opening[Link]:
    """Connect to a server of ILL: ``await connect(...)`` or ``async with connect(...) as link``.

    ``duplex=False`` is for port 1611 of the IPIG profile, on which nothing comes back.  Raises ConnectionError, or
    TimeoutError.

    >>> async def conversation():
    ...     request = Path("examples/messages/ill-request.ber").read_bytes()
    ...     async def handler(link):
    ...         async for received in link:
    ...             print(type(received.apdu).__name__)
    ...     async with serve(handler) as server, connect("127.0.0.1", server.port) as link:
    ...         await link.send(request)
    ...         print(await link.finish())
    >>> import asyncio
    >>> from pathlib import Path
    >>> asyncio.run(conversation())
    ILLRequest
    True
    """

    async def begin() -> Link:
        handshake = None if ssl is None else deadlines.handshake
        seconds = deadlines.connect + (handshake or 0)
        waiting = asyncio.timeout(seconds)
        try:
            async with waiting:
                reader, writer = await asyncio.open_connection(
                    host,
                    port,
                    limit=READ,
                    ssl=ssl,
                    server_hostname=server_hostname,
                    ssl_handshake_timeout=handshake,
                    ssl_shutdown_timeout=None if ssl is None else deadlines.close,
                )
        except OSError as error:
            wanted = f"expected {host}:{port} to accept a connection"
            if isinstance(error, TimeoutError) and waiting.expired():
                raise TimeoutError(f"{wanted} within {seconds:g} s, found no answer") from None
            if ssl is not None and isinstance(error, ConnectionAbortedError):
                raise TimeoutError(f"expected {host}:{port} to agree on TLS, found that {error}") from None
            raise ConnectionError(f"{wanted}, found {error}") from error
        address, there, *_ = writer.get_extra_info("peername") or (host, port)  # none where it has gone again
        shared = Counters() if counters is None else counters
        shared.connected += 1
        return Link(
            (reader, writer),
            Connection(duplex=duplex, connecting=True, strict=strict, limits=limits),
            address=address,
            port=there,
            accepted=False,
            deadlines=deadlines,
            counters=shared,
            limits=limits,
        )

    return _Opening(begin)


def serve(
    handler: Handler,
    host: str | None = "127.0.0.1",
    port: int = 0,
    *,
    duplex: bool = True,
    ssl: tls.SSLContext | None = None,
    networks: Iterable[str] | None = None,
    symbols: Iterable[str] | None = None,
    certificates: Mapping[str, str] | None = None,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    caps: Caps = _CAPS,
    deadlines: Deadlines = _DEADLINES,
    counters: Counters | None = None,
) -> _Opening[Server]:
    """Listen for connections: ``await serve(...)`` or ``async with serve(...) as server``.

    ``handler`` is called with the `Link` of each connection, which is closed when it returns, and aborted when it
    raises.  Port 0 is one that is free; ``host=None`` is every address of this system.  ``networks``, ``symbols`` and
    ``certificates`` say who is let in, as `isoill.admission.Admission` has it; for certificates ``ssl`` must ask for
    them.  A message from a symbol that is not listed is a `ProtocolViolation`.  See `connect` for an example.

    To end in order is to acknowledge: see `Link.finish`.  Raises OSError where it cannot listen.
    """
    admission = Admission(networks=networks, symbols=symbols, certificates=certificates)
    if admission.wants_certificates and (ssl is None or ssl.verify_mode is tls.CERT_NONE):
        raise ValueError("certificates: expected an ssl context that asks clients for theirs, found none")

    async def begin() -> Server:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        with contextlib.ExitStack() as unless_all:
            sockets = []
            for family, address in dict.fromkeys((each[0], each[4]) for each in found):
                listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
                sockets.append(unless_all.enter_context(listening))
                listening.setblocking(False)
            unless_all.pop_all()
        return Server(
            handler,
            sockets,
            duplex=duplex,
            ssl=ssl,
            admission=admission,
            strict=strict,
            limits=limits,
            caps=caps,
            deadlines=deadlines,
            counters=Counters() if counters is None else counters,
        )

    return _Opening(begin)

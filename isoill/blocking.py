"""A client for scripts: it sends, and waits for answers, without asyncio."""

from __future__ import annotations

import socket
import ssl as tls
import time
from types import TracebackType
from typing import Self

from isoill.codec import Octets, encode
from isoill.connection import ApduReceived, Connection, ProtocolViolation
from isoill.errors import DEFAULT_LIMITS, Limits
from isoill.types import Apdu

__all__ = ["Peer", "connect"]

_READ = 1 << 16  # octets read at once


class Peer:
    """The other side of a connection, made by `connect`.  To iterate over it is to `receive` until its end."""

    def __init__(
        self, opened: socket.socket, connection: Connection, *, timeout: float, limits: Limits, where: str
    ) -> None:
        self.connection = connection
        self._socket = opened
        self._timeout = timeout
        self._limits = limits
        self._where = where
        self._eof = False  # the other side has ended in order

    def __repr__(self) -> str:
        return f"<Peer at {self._where}>"

    def send(self, *messages: Apdu | Octets) -> None:
        """Send messages, or octets that were encoded before; all are encoded before the first is sent.

        Raises `LocalProtocolError` and `EncodeError` as `Connection.send` does; TimeoutError where the other side does
        not read, or another OSError.
        """
        whole = [bytes(each) if isinstance(each, Octets) else encode(each) for each in messages]
        octets = b"".join(map(self.connection.send, whole))
        self._socket.settimeout(self._timeout)
        try:
            self._socket.sendall(octets)
        except TimeoutError:
            raise self._late("the other side to read", self._timeout) from None

    def receive(self, timeout: float | None = None) -> ApduReceived | None:
        """The next message; None at the end.

        A violation on a duplex connection is answered with its report.  Raises TimeoutError where none is whole after
        ``timeout`` seconds (None is the timeout of the connection), after which nothing is lost; another OSError where
        the other side breaks off.
        """
        seconds = self._timeout if timeout is None else timeout
        until = time.monotonic() + seconds
        while True:
            for event in self.connection.events():
                if isinstance(event, ApduReceived):
                    return event
                report = event.report if isinstance(event, ProtocolViolation) else None
                if report is not None and self.connection.duplex and not self.connection.closed:
                    self.send(report)
            if self.connection.ended:
                return None
            try:
                self._read(until)
            except TimeoutError:
                raise self._late("a message", seconds) from None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ApduReceived:
        received = self.receive()
        if received is None:
            raise StopIteration
        return received

    def finish(self) -> bool:
        """End our side, and wait until the other one ends too: whether it did so in order.

        What that means `isoill.aio.Link.finish` says.  What still comes is there to `receive`, but not with TLS, which
        ends both directions at once.
        """
        self.connection.close()
        until = time.monotonic() + self._timeout
        room = self._limits.octets
        try:
            if isinstance(self._socket, tls.SSLSocket):
                self._socket.settimeout(self._timeout)
                self._socket = self._socket.unwrap()
                self.connection.receive_eof()
                self._eof = True
            elif not self._eof:
                self._socket.shutdown(socket.SHUT_WR)
            while not self._eof and room > 0:
                room -= self._read(until)
        except OSError:
            return False
        return self._eof

    def close(self) -> None:
        """Close the connection, whatever is on the way."""
        self.connection.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None and not self.connection.closed:
                self.finish()
        finally:
            self.close()

    def _read(self, until: float) -> int:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(_READ)
        self._eof = not data
        self.connection.receive_data(data)
        return len(data)

    def _late(self, wanted: str, seconds: float) -> TimeoutError:
        return TimeoutError(f"expected {wanted} within {seconds:g} s, found nothing - at {self._where}")


def connect(
    host: str,
    port: int,
    *,
    duplex: bool = True,
    ssl: tls.SSLContext | None = None,
    server_hostname: str | None = None,
    timeout: float = 30,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Peer:
    """Connect to a server of ILL.  ``timeout`` is how long anything may take, in seconds.

    ``duplex=False`` is for port 1611 of the IPIG profile, on which nothing comes back.  At the end of a ``with`` the
    connection is ended in order, as `Peer.finish` does it.  Raises ConnectionError, or TimeoutError.

    >>> from pathlib import Path
    >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
    >>> with socket.create_server(("127.0.0.1", 0)) as listening:
    ...     with connect("127.0.0.1", listening.getsockname()[1]) as peer:
    ...         peer.send(octets)
    ...         there, _ = listening.accept()
    ...         there.sendall(there.recv(1000))  # a server that sends back what comes
    ...         print(peer.receive(timeout=10).apdu.item_id.title)
    ...         there.close()
    Anne of Green Gables
    """
    wanted = f"expected {host}:{port} to accept a connection"
    opened: socket.socket | None = None
    try:
        opened = socket.create_connection((host, port), timeout)
        if ssl is not None:
            opened = ssl.wrap_socket(opened, server_hostname=server_hostname or host)
    except OSError as error:
        if opened is not None:
            opened.close()
        if isinstance(error, TimeoutError):
            raise TimeoutError(f"{wanted} within {timeout:g} s, found no answer") from None
        raise ConnectionError(f"{wanted}, found {error}") from error
    connection = Connection(duplex=duplex, connecting=True, strict=strict, limits=limits)
    return Peer(opened, connection, timeout=timeout, limits=limits, where=f"{host} port {port}")

"""The client for scripts, against a real server in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import isoill
from isoill.aio import Handler, Link, Server, serve
from isoill.blocking import connect
from tests.links import EMPTY, LOST, REQUEST, certificates, run


async def echo(link: Link) -> None:
    async for received in link:
        await link.send(received.octets)


@contextlib.contextmanager
def served(handler: Handler, **options: Any) -> Iterator[Server]:
    """A server, running in another thread."""
    ready = threading.Event()
    servers: list[tuple[Server, asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        async with serve(handler, **options) as server:
            servers.append((server, asyncio.get_running_loop()))
            ready.set()
            await server.serve_forever()

    thread = threading.Thread(target=lambda: run(main()))
    thread.start()
    assert ready.wait(20)
    [(server, loop)] = servers
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(server.close)
        thread.join(20)
        assert not thread.is_alive()


def test_a_conversation() -> None:
    with served(echo) as server, connect("127.0.0.1", server.port) as peer:
        peer.send(isoill.decode(REQUEST), LOST)
        first = peer.receive(timeout=20)
        assert first is not None
        assert first.apdu == isoill.decode(REQUEST)
        peer.send(EMPTY, REQUEST)
        assert peer.finish()
        assert [type(received.apdu) for received in peer] == [
            isoill.Lost,
            isoill.StatusOrErrorReport,
            isoill.ILLRequest,
        ]
        assert peer.receive() is None
        with pytest.raises(isoill.LocalProtocolError):
            peer.send(REQUEST)


def test_violations_are_answered() -> None:
    answers: list[isoill.Apdu] = []

    async def handler(link: Link) -> None:
        await link.send(EMPTY, LOST)
        answers.extend([received.apdu async for received in link])

    with served(handler) as server:
        with connect("127.0.0.1", server.port) as peer:
            received = peer.receive()
            assert received is not None
            assert received.octets == LOST
            assert peer.finish()
        assert [type(answer) for answer in answers] == [isoill.StatusOrErrorReport]


def test_simplex() -> None:
    came: list[bytes] = []

    async def handler(link: Link) -> None:
        async for received in link:
            came.append(received.octets)

    with served(handler, duplex=False) as server, connect("127.0.0.1", server.port, duplex=False) as peer:
        peer.send(REQUEST, LOST)
        assert peer.finish()
        assert came == [REQUEST, LOST]


def test_who_does_not_answer_and_who_breaks_off() -> None:
    async def handler(link: Link) -> None:
        await link.receive()
        raise ConnectionError("ours")

    with served(handler) as server, connect("127.0.0.1", server.port) as peer:
        with pytest.raises(TimeoutError, match=r"expected a message within 0\.05 s, found nothing - at 127\.0\.0\.1"):
            peer.receive(timeout=0.05)
        with pytest.raises(TimeoutError):
            peer.receive(timeout=0)
        peer.send(REQUEST)
        with pytest.raises(ConnectionResetError):
            peer.receive(timeout=20)
        assert not peer.finish()


def test_tls() -> None:
    known = certificates()
    with served(echo, ssl=known.server, certificates={"ill.example.org": "OON"}) as server:
        with connect("127.0.0.1", server.port, ssl=known.client) as peer:
            peer.send(REQUEST)
            received = peer.receive(timeout=20)
            assert received is not None
            assert received.octets == REQUEST
            with pytest.raises(TimeoutError):
                peer.receive(timeout=0.05)
            assert peer.finish()
            assert peer.receive() is None
        with pytest.raises(ConnectionError, match="to accept a connection, found"):
            connect("127.0.0.1", server.port, ssl=ssl.create_default_context())


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TimeoutError, match=r"within 0\.1 s, found no answer"):
            connect("127.0.0.1", port, ssl=ssl.create_default_context(), timeout=0.1)
        with connect("127.0.0.1", port, timeout=0.1) as peer:
            with pytest.raises(TimeoutError, match=r"expected the other side to read within 0\.1 s"):
                peer.send(bytes(64 << 20))
            assert not peer.finish()
    with pytest.raises(ConnectionError, match=f"expected 127.0.0.1:{port} to accept a connection, found"):
        connect("127.0.0.1", port)


def test_leaving_by_an_exception_waits_for_nothing() -> None:
    with served(echo) as server:
        peers = []
        with contextlib.suppress(KeyError), connect("127.0.0.1", server.port) as peer:
            peers.append(peer)
            raise KeyError("ours")
        with pytest.raises(isoill.LocalProtocolError):
            peers[0].send(REQUEST)

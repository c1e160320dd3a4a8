"""Connections with asyncio, over real sockets: what is promised to a peer, and what one cannot do to us."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import signal
import socket
import ssl
import subprocess
import sys
from typing import Any

import pytest

import isoill
from isoill.aio import Caps, Counters, Deadlines, Link, Server, connect, serve
from isoill.connection import ApduReceived, ConnectionEnded, Event, ProtocolViolation
from tests.conftest import ROOT
from tests.links import EMPTY, GARBAGE, LOST, REQUEST, UNKNOWN, certificates, run, soon

QUICK = Deadlines(message=0.1, idle=0.1, write=0.1, close=0.1)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Collector:
    """A handler that keeps what came, and says when."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.links: list[Link] = []
        self.changed = asyncio.Condition()

    async def __call__(self, link: Link) -> None:
        self.links.append(link)
        await self._notify()
        while events := await link.batch():
            self.events += events
            await self._notify()

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def has(self, number: int) -> None:
        """Wait for so many events."""
        async with self.changed:
            await soon(self.changed.wait_for(lambda: len(self.events) >= number))

    async def attends(self, number: int) -> None:
        """Wait for so many connections."""
        async with self.changed:
            await soon(self.changed.wait_for(lambda: len(self.links) >= number))

    @property
    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.events]


async def echo(link: Link) -> None:
    """Send back what comes."""
    async for received in link:
        await link.send(received.octets)


async def ignore(link: Link) -> None:
    """Never read."""
    await asyncio.Event().wait()


async def flood(link: Link) -> None:
    """Send without an end."""
    while True:
        await link.send(*[REQUEST] * 100)


@contextlib.asynccontextmanager
async def raw(server: Server) -> Any:
    """A peer that is no isoill."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def broken(reader: asyncio.StreamReader) -> bool:
    """Whether the other side resets the connection, rather than ending it in order."""
    try:
        while await soon(reader.read(1 << 16)):
            pass
    except ConnectionResetError:
        return True
    return False


async def refused(server: Server) -> bool:
    """Whether a connection is reset as soon as it is there."""
    try:
        async with raw(server) as (reader, _):
            return await broken(reader)
    except ConnectionResetError:
        return True


def test_a_conversation() -> None:
    async def main() -> None:
        counters, ours = Counters(), Counters()
        async with serve(echo, counters=counters) as server:
            async with connect("127.0.0.1", server.port, counters=ours) as link:
                assert (link.address, link.port, link.partner, link.duplex) == ("127.0.0.1", server.port, None, True)
                await link.send(isoill.decode(REQUEST), LOST)
                first, second = await link.receive(), await link.receive(timeout=20)
                assert first is not None
                assert first.apdu == isoill.decode(REQUEST)
                assert second == ApduReceived(isoill.decode(LOST), LOST)
                [mine] = server.links
                assert mine.connection.received == 2
                assert await link.finish()
                assert await link.receive() is None
                assert await link.batch() == []
            await server.shutdown()
            assert server.links == frozenset()
        assert (counters.accepted, counters.open, counters.received, counters.sent) == (1, 0, 2, 2)
        assert (ours.connected, ours.open, ours.octets_in, ours.octets_out) == (
            1,
            0,
            counters.octets_out,
            counters.octets_in,
        )
        assert counters.as_dict()["violations"] == counters.failures == 0

    run(main())


def test_opened_by_await() -> None:
    async def main() -> None:
        server = await serve(echo)
        link = await connect("127.0.0.1", server.port)
        await link.send(REQUEST)
        received = await link.receive()
        assert received is not None
        assert received.octets == REQUEST
        await link.aclose()
        await link.aclose()
        with pytest.raises(isoill.LocalProtocolError, match="after the end of our side"):
            await link.send(REQUEST)
        server.close()
        await soon(server.serve_forever())

    run(main())


@pytest.mark.parametrize("size", [1, 100])
def test_pieces(size: int) -> None:
    async def main() -> None:
        collector = Collector()
        async with serve(collector) as server, raw(server) as (_, writer):
            for at in range(0, len(REQUEST), size):
                writer.write(REQUEST[at : at + size])
                await writer.drain()
                await asyncio.sleep(0)
            await collector.has(1)
            writer.write(LOST * 1000)
            writer.write_eof()
            await collector.has(1002)
            assert collector.kinds == [ApduReceived] * 1001 + [ConnectionEnded]

    run(main())


def test_a_batch_is_bounded() -> None:
    """Of two octets may come a violation that is answered by five hundred."""

    async def main() -> None:
        sizes: list[int] = []

        async def handler(link: Link) -> None:
            while events := await link.batch():
                sizes.append(len(events))

        async with serve(handler) as server, raw(server) as (_, writer):
            writer.write(bytes.fromhex("6900") * 2000)
            writer.write_eof()
            await soon(server_idle(server, 1))
        assert sum(sizes) == 2001
        assert max(sizes) <= 256
        assert server.counters.violations == 2000

    run(main())


async def server_idle(server: Server, accepted: int) -> None:
    """Wait until so many connections have come, and gone."""
    while server.counters.accepted < accepted or server.links:
        await asyncio.sleep(0.001)


def test_violations_are_answered() -> None:
    """On a duplex connection that is read as messages; what can be read comes."""

    async def main() -> None:
        async with serve(echo) as server, connect("127.0.0.1", server.port) as link:
            await link.send(UNKNOWN, LOST, EMPTY, GARBAGE)
            answers = [await link.receive() for _ in range(4)]
            assert [type(answer and answer.apdu) for answer in answers] == [
                isoill.StatusOrErrorReport,
                isoill.Lost,
                isoill.StatusOrErrorReport,
                isoill.StatusOrErrorReport,
            ]
            assert not await link.finish()  # it did not take what is behind the garbage, for all we know
        assert server.counters.violations == 3

    run(main())


def test_simplex() -> None:
    async def main() -> None:
        collector = Collector()

        async def handler(link: Link) -> None:
            with pytest.raises(isoill.LocalProtocolError, match="expected no answer on a simplex connection"):
                await link.send(REQUEST)
            await collector(link)

        async with serve(handler, duplex=False) as server:
            async with connect("127.0.0.1", server.port, duplex=False) as link:
                await link.send(REQUEST, EMPTY, LOST)
                assert await link.finish()
            await collector.has(4)
        assert server.counters.failures == 0
        _, violation, _, end = collector.events
        assert isinstance(violation, ProtocolViolation)
        assert violation.report is not None
        assert end == ConnectionEnded(None)

    run(main())


def test_an_answer_on_a_simplex_connection_is_counted() -> None:
    async def main() -> None:
        async with serve(echo) as server:  # it believes that this is duplex
            link = await connect("127.0.0.1", server.port, duplex=False)
            await link.send(REQUEST)
            assert await link.finish()
            assert (link.counters.violations, link.counters.received) == (1, 0)
            await link.aclose()

    run(main())


def test_finish_tells_whether_all_was_taken() -> None:
    """The server ends in order only when its handler has taken everything, and returned."""

    async def fails(link: Link) -> None:
        await link.receive()
        raise RuntimeError("the disk is full")

    async def first_only(link: Link) -> None:
        await link.receive()

    async def all_of_it(link: Link) -> None:
        async for _ in link:
            pass

    async def ends(handler: Any, *, duplex: bool) -> bool:
        async with serve(handler, duplex=duplex) as server, connect("127.0.0.1", server.port, duplex=duplex) as link:
            with contextlib.suppress(ConnectionError):
                await link.send(*[REQUEST] * 10)
            return await link.finish()

    async def main() -> None:
        for duplex in (True, False):
            assert await ends(all_of_it, duplex=duplex) is True
            assert await ends(first_only, duplex=duplex) is False
            assert await ends(fails, duplex=duplex) is False

    run(main())


def test_a_killed_server_resets() -> None:
    """Not even the end of its process looks like an end in order."""
    program = """
import asyncio
from isoill.aio import serve
async def handler(link):
    await link.receive()
    print("taken", flush=True)
    await asyncio.Event().wait()
async def main():
    async with serve(handler) as server:
        print(server.port, flush=True)
        await server.serve_forever()
asyncio.run(main())
"""

    async def main() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=subprocess.PIPE, cwd=ROOT, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        link = await connect("127.0.0.1", int(await soon(process.stdout.readline())))
        await link.send(REQUEST)
        assert await soon(process.stdout.readline()) == b"taken\n"
        finishing = asyncio.create_task(link.finish())
        await asyncio.sleep(0)
        process.send_signal(signal.SIGKILL)
        assert await soon(finishing) is False
        await link.aclose()
        await process.wait()

    if sys.platform == "win32":
        pytest.skip("processes are killed otherwise there")
    run(main())


def test_a_handler_that_returns_early_has_sent_its_answer() -> None:
    async def handler(link: Link) -> None:
        received = await link.receive()
        assert received is not None
        await link.send(received.octets)

    async def main() -> None:
        async with serve(handler) as server, connect("127.0.0.1", server.port) as link:
            await link.send(REQUEST)
            assert [received.octets async for received in link] == [REQUEST]

    run(main())


def test_a_handler_that_fails_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(link: Link) -> None:
        async for received in link:
            if received.octets == LOST:
                raise RuntimeError("lost")
            await link.send(received.octets)

    async def main() -> None:
        async with serve(handler) as server, connect("127.0.0.1", server.port) as good:
            await good.send(REQUEST)
            assert await good.receive()
            async with connect("127.0.0.1", server.port) as bad:
                await bad.send(LOST)
                with pytest.raises(ConnectionResetError, match="expected an end in order, found a broken connection"):
                    await bad.receive()
                assert await bad.receive() is None
                with pytest.raises(ConnectionError):
                    await flood(bad)
            await good.send(REQUEST)
            assert await good.receive()
        assert server.counters.failures == 1

    run(main())
    assert [record.exc_info is not None for record in caplog.records if record.levelno >= logging.ERROR] == [True]


def test_who_breaks_off_is_no_failure_of_the_handler(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        collector = Collector()
        async with serve(collector) as server:
            link = await connect("127.0.0.1", server.port)
            await link.send(REQUEST)
            await collector.has(1)
            link.abort()
            await soon(server_idle(server, 1))
        assert collector.kinds == [ApduReceived]
        assert server.counters.failures == 0

    caplog.set_level(logging.INFO)
    run(main())
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_an_end_inside_a_message() -> None:
    async def main() -> None:
        collector = Collector()
        async with serve(collector) as server, raw(server) as (reader, writer):
            writer.write(LOST + REQUEST[:300])
            writer.write_eof()
            assert await broken(reader)
            _, end = collector.events
            assert isinstance(end, ConnectionEnded)
            assert isinstance(end.error, isoill.TruncatedError)
            assert server.counters.violations == 1

    run(main())


def test_half_a_message() -> None:
    """Who stops in the middle, and who sends an octet now and then, have the same time for a message."""

    async def trickle(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for octet in REQUEST:
                writer.write(bytes([octet]))
                await writer.drain()
                await asyncio.sleep(0.01)

    async def main() -> None:
        collector = Collector()
        deadlines = Deadlines(message=0.2, close=0.1)
        async with serve(collector, deadlines=deadlines) as server:
            async with raw(server) as (reader, writer):
                writer.write(LOST + REQUEST[:300])
                assert await broken(reader)
            async with raw(server) as (reader, writer):
                await asyncio.gather(broken(reader), trickle(writer))
            await soon(server_idle(server, 2))
            ends = [event for event in collector.events if isinstance(event, ConnectionEnded)]
            assert [type(end.error) for end in ends] == [isoill.TruncatedError] * 2
            assert server.counters.received == 1
            assert server.counters.deadlines >= 2

    run(main())


def test_a_silent_peer() -> None:
    async def main() -> None:
        collector = Collector()
        async with serve(collector, deadlines=QUICK) as server:
            async with raw(server) as (reader, _):
                assert await broken(reader)
            assert collector.events == [ConnectionEnded(None)]
            assert server.counters.deadlines == 2  # idle, and then it did not end either
            link = await connect("127.0.0.1", server.port, deadlines=Deadlines(idle=0.01))
            assert await link.receive() is None
            await link.aclose()

    run(main())


def test_what_we_do_does_not_count_as_their_time() -> None:
    """A message whose octets have come is whole, however long the handler took for the one before it."""

    async def main() -> None:
        done = asyncio.Event()
        kinds: list[type[Event]] = []

        async def slow(link: Link) -> None:
            while events := await link.batch():
                kinds.extend(map(type, events))
                await asyncio.sleep(0.3)
            done.set()

        async with serve(slow, deadlines=Deadlines(message=0.2)) as server, raw(server) as (_, writer):
            stream = REQUEST * 200  # of which a part of one is read at first
            writer.write(stream)
            writer.write_eof()
            await soon(done.wait())
        assert kinds == [ApduReceived] * 200 + [ConnectionEnded]

    run(main())


def test_a_peer_that_never_reads() -> None:
    async def main() -> None:
        failed: asyncio.Future[OSError] = asyncio.get_running_loop().create_future()

        async def handler(link: Link) -> None:
            try:
                await flood(link)
            except OSError as error:
                failed.set_result(error)
                raise

        async with serve(handler, deadlines=QUICK) as server, raw(server):
            error = await soon(failed)
            assert isinstance(error, ConnectionAbortedError)
            assert str(error).startswith("expected the other side to read within 0.1 s, found nothing - at 127.0.0.1")
            await soon(server_idle(server, 1))
            assert (server.counters.deadlines, server.counters.failures) == (1, 0)

    run(main())


def test_who_sends_faster_than_the_handler_takes_has_to_wait() -> None:
    async def main() -> None:
        collector = asyncio.Event()

        async def handler(link: Link) -> None:
            await collector.wait()
            async for _ in link:
                pass

        async with serve(handler) as server:
            link = await connect("127.0.0.1", server.port, deadlines=Deadlines(write=0.2))
            with pytest.raises(ConnectionAbortedError):
                await flood(link)
            [theirs] = server.links
            assert theirs.connection.held == 0
            assert link.counters.octets_out < 64 << 20  # what the system keeps for both, and no more
            collector.set()
            await link.aclose()
            await soon(server_idle(server, 1))

    run(main())


def test_octets_held_by_all_connections() -> None:
    """Each keeps within its limits; all of them together do not."""

    async def main() -> None:
        collector = Collector()
        half = bytes.fromhex("6f8203ec308203e8") + bytes(900)
        async with (
            serve(collector, caps=Caps(octets=1500)) as server,
            raw(server) as (_, one),
            raw(server) as (reader, other),
        ):
            one.write(half)
            await collector.attends(2)
            while not any(link.connection.held for link in server.links):
                await asyncio.sleep(0.001)
            other.write(half)
            assert await broken(reader)
            [end] = collector.events
            assert isinstance(end, ConnectionEnded)
            assert isinstance(end.error, isoill.LimitError)
            assert (server.counters.violations, server.counters.failures) == (1, 0)
            one.write(bytes(100))
            one.write_eof()
            await collector.has(3)  # the other one goes on: a violation, and the end
        assert server._pool.held == 0

    run(main())


def test_three_hundred_connections() -> None:
    async def main() -> None:
        collector = Collector()
        async with serve(collector, caps=Caps(connections=40, per_address=40)) as server:
            everybody = [asyncio.create_task(refused(server)) for _ in range(300)]
            while server.counters.accepted + server.counters.refused_cap < 300:
                await asyncio.sleep(0.001)
            assert (server.counters.accepted, len(server.links), server.counters.open) == (40, 40, 40)
            assert server.counters.refused_cap == 260
            while sum(each.done() for each in everybody) < 260:
                await asyncio.sleep(0.001)
            for each in everybody:
                each.cancel()
            results = await asyncio.gather(*everybody, return_exceptions=True)
            assert results.count(True) == 260
            await soon(server_idle(server, 40))
            async with connect("127.0.0.1", server.port) as link:  # there is room again
                await link.send(REQUEST)
                assert await link.finish()
            assert server.counters.open == 0

    run(main())


def test_connections_from_one_address() -> None:
    async def main() -> None:
        async with serve(echo, caps=Caps(per_address=1)) as server, connect("127.0.0.1", server.port) as link:
            await link.send(REQUEST)
            assert await link.receive()
            assert await refused(server)
            assert server.counters.refused_cap == 1
            await link.send(REQUEST)
            assert await link.receive()

    run(main())


def test_networks() -> None:
    async def main() -> None:
        async with serve(echo, networks=["192.0.2.0/24", "2001:db8::/32"]) as server:
            assert await refused(server)
            assert (server.counters.refused_network, server.counters.accepted) == (1, 0)
        async with serve(echo, networks=["127.0.0.0/8"]) as server, connect("127.0.0.1", server.port) as link:
            await link.send(REQUEST)
            assert await link.receive()

    run(main())


def test_symbols(caplog: pytest.LogCaptureFixture) -> None:
    """A message of a stranger is answered, and one that names nobody passes."""

    async def main() -> None:
        collector = Collector()
        async with serve(collector, symbols=["isoill:OTHER"]) as server, connect("127.0.0.1", server.port) as link:
            await link.send(REQUEST, LOST)
            assert await link.finish()
        violation, lost, _ = collector.events
        assert isinstance(violation, ProtocolViolation)
        assert isinstance(violation.error, isoill.RemoteProtocolError)
        assert violation.octets == REQUEST
        assert violation.report is not None
        assert violation.error.problem == isoill.UserErrorReport(security_problem="the sender is not known here")
        assert isinstance(lost, ApduReceived)
        async with serve(echo, symbols=["isoill:MAIN"]) as server, connect("127.0.0.1", server.port) as link:
            await link.send(REQUEST)
            received = await link.receive()
            assert received is not None
            assert received.octets == REQUEST

    run(main())
    assert "expected a sender that is known, found 'isoill:MAIN'" in caplog.text


def test_tls_and_partners() -> None:
    known = certificates()

    async def main() -> None:
        partners: list[str | None] = []

        async def handler(link: Link) -> None:
            partners.append(link.partner)
            await echo(link)

        async def talk(context: ssl.SSLContext, port: int) -> bool:
            link = await connect("127.0.0.1", port, ssl=context)
            try:
                await link.send(REQUEST)
                return await link.receive() is not None and await link.finish()
            except ConnectionError:
                return False
            finally:
                await link.aclose()

        digest = hashlib.sha256(known.der).hexdigest().upper()
        for name in ("ILL.example.org", f"sha256:{digest}"):
            async with serve(handler, ssl=known.server, certificates={name: "OON"}) as server:
                assert await talk(known.client, server.port)
                assert not await talk(known.stranger, server.port)
                await soon(server_idle(server, 2))
                assert (server.counters.refused_certificate, server.counters.failed_handshakes) == (1, 0)
                assert not await talk(known.anonymous, server.port)
                while not server.counters.failed_handshakes:
                    await asyncio.sleep(0.001)
        assert partners == ["OON", "OON"]

    run(main())


def test_tls_handshakes_that_fail(caplog: pytest.LogCaptureFixture) -> None:
    """Silence, and what is no TLS: logged and counted, without a traceback, and the next one is served."""
    known = certificates()

    async def main() -> None:
        async with serve(echo, ssl=known.server, deadlines=Deadlines(handshake=0.5)) as server:
            async with raw(server) as (reader, writer):
                writer.write(REQUEST)
                await broken(reader)
            async with raw(server) as (reader, _):
                await broken(reader)
            while server.counters.failed_handshakes < 2:
                await asyncio.sleep(0.001)
            assert server.counters.deadlines == 1
            assert server.counters.accepted == 0
            async with connect("127.0.0.1", server.port, ssl=known.client) as link:
                await link.send(REQUEST)
                assert await link.receive()

    run(main())
    assert not [record for record in caplog.records if record.exc_info]
    assert caplog.text.count("no TLS handshake") == 2


def test_certificates_want_tls_that_asks_for_them() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for without in (None, context):
        with pytest.raises(ValueError, match="expected an ssl context that asks clients for theirs, found none"):
            serve(echo, ssl=without, certificates={})


def test_shutdown_while_busy() -> None:
    """What has come is finished, and the message that has begun; nothing else is taken."""

    async def main() -> None:
        collector, go = Collector(), asyncio.Event()

        async def handler(link: Link) -> None:
            await go.wait()
            await collector(link)

        server = await serve(handler)
        async with raw(server) as (reader, writer), raw(server) as (_, idle):
            writer.write(REQUEST * 3 + LOST[:10])
            await writer.drain()
            while len(server.links) < 2:
                await asyncio.sleep(0.001)
            stopping = asyncio.create_task(server.shutdown(grace=20))
            await asyncio.sleep(0)
            go.set()
            await collector.has(3)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(LOST[10:])
            await collector.has(4)
            writer.write_eof()
            idle.write_eof()
            assert not await broken(reader)
            await soon(stopping)
        assert collector.kinds.count(ApduReceived) == 4
        assert collector.kinds.count(ConnectionEnded) == 2
        assert server.links == frozenset()

    run(main())


def test_shutdown_wakes_who_waits_and_breaks_off_what_is_left() -> None:
    async def main() -> None:
        collector = Collector()
        server = await serve(collector)
        stuck = await serve(ignore)
        link, other = await connect("127.0.0.1", server.port), await connect("127.0.0.1", stuck.port)
        await link.send(REQUEST)
        await other.send(REQUEST)
        await collector.has(1)
        while not stuck.links:
            await asyncio.sleep(0.001)
        stopping = asyncio.create_task(server.shutdown(grace=20))
        await collector.has(2)  # who waited for a message sees the end
        assert collector.kinds == [ApduReceived, ConnectionEnded]
        await link.send(LOST)  # this one comes too late,
        assert not await link.finish()  # and we get to know it
        await soon(stopping)
        await stuck.shutdown(grace=0)
        with pytest.raises(ConnectionResetError):
            await other.receive()
        await link.aclose()
        await other.aclose()
        assert (server.counters.open, stuck.counters.open) == (0, 0)

    run(main())


def test_cancellation_and_timeouts_lose_nothing() -> None:
    async def main() -> None:
        async with serve(echo) as server, connect("127.0.0.1", server.port) as link:
            with pytest.raises(TimeoutError):
                await link.receive(timeout=0.01)
            waiting = asyncio.create_task(link.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await link.send(REQUEST, LOST)
            got = [await link.receive(timeout=20), await link.receive(timeout=20)]
            assert [received and received.octets for received in got] == [REQUEST, LOST]

    run(main())


def test_leaving_by_an_exception_breaks_off() -> None:
    async def gives_up_on(server: Server, collector: Collector) -> None:
        with contextlib.suppress(KeyError):
            async with connect("127.0.0.1", server.port) as link:
                await link.send(REQUEST)
                await collector.has(1)
                raise KeyError("ours")

    async def main() -> None:
        collector = Collector()
        async with serve(collector) as server:
            await gives_up_on(server, collector)
            await soon(server_idle(server, 1))
        assert collector.kinds == [ApduReceived]

        links: list[Link] = []
        with contextlib.suppress(KeyError):
            async with serve(ignore) as server:
                links.append(await connect("127.0.0.1", server.port))
                while not server.links:
                    await asyncio.sleep(0.001)
                raise KeyError("ours")
        assert not await links[0].finish()
        await links[0].aclose()

    run(main())


def test_one_task_receives_while_another_finishes() -> None:
    async def main() -> None:
        async with serve(echo) as server, connect("127.0.0.1", server.port) as link:

            async def received() -> list[bytes]:
                return [each.octets async for each in link]

            receiving = asyncio.create_task(received())
            await asyncio.sleep(0)
            await link.send(*[REQUEST, LOST] * 50)
            assert await link.finish()
            assert await soon(receiving) == [REQUEST, LOST] * 50

    run(main())


def test_a_server_that_is_not_there() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        with pytest.raises(ConnectionError, match=f"expected 127.0.0.1:{port} to accept a connection, found"):
            await connect("127.0.0.1", port)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            context = ssl.create_default_context()
            with pytest.raises(TimeoutError, match=r"to agree on TLS, found that SSL handshake is taking longer"):
                await connect("127.0.0.1", port, ssl=context, deadlines=Deadlines(connect=0.1, handshake=0.1))

    run(main())


def test_all_addresses_of_a_host() -> None:
    async def main() -> None:
        async with serve(echo, "localhost") as server:
            assert len(server.addresses) >= 1
            host, port = server.addresses[-1]
            async with connect(host, port) as link:
                await link.send(REQUEST)
                assert await link.receive()
        closed = await serve(echo)
        closed.close()  # before it has begun to listen
        await soon(closed.wait_closed())

    run(main())


def test_connections_that_come_while_it_closes() -> None:
    """None of them is left open by anybody, whoever has it just then."""

    async def main() -> None:
        for turns in range(40):
            server = await serve(echo)
            with socket.create_connection(("127.0.0.1", server.port)) as one:
                for _ in range(turns % 8):
                    await asyncio.sleep(0)
                server.close()
                one.shutdown(socket.SHUT_WR)
                await soon(server.wait_closed())
            assert server.counters.open == 0

    run(main())


def test_logs_show_no_titles(caplog: pytest.LogCaptureFixture) -> None:
    """Excerpts of messages are in the texts of errors, and stay there."""
    octets = REQUEST.replace(b"Anne of Green", b"Anne of Gre\xff\x00").replace(
        bytes.fromhex("8001"), bytes.fromhex("8201")
    )

    async def main() -> None:
        async with serve(echo) as server, connect("127.0.0.1", server.port) as link:
            await link.send(octets, REQUEST[:300])
            await link.finish()
        assert server.counters.violations

    caplog.set_level(logging.INFO)
    run(main())
    assert "violation" in caplog.text
    assert "Anne" not in caplog.text
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Deadlines(idle=0), "Deadlines.idle: expected a number of seconds, found 0"),
        (lambda: Deadlines(write=float("inf")), "Deadlines.write: expected a number of seconds, found inf"),
        (lambda: Caps(octets=0), "Caps.octets: expected 1 or more, found 0"),
        (lambda: Caps(connections=True), "Caps.connections: expected 1 or more, found True"),
        (lambda: serve(echo, networks=["nowhere"]), "'nowhere' does not appear to be an IPv4 or IPv6 network"),
        (lambda: serve(echo, ssl=None, certificates={"sha256:00": "x"}), "expected sha256: and 64 hexadecimal digits"),
    ],
)
def test_wrong_values(make: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()
    with pytest.raises(TypeError, match="symbols: expected several texts, found 'OON'"):
        serve(echo, symbols="OON")

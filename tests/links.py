"""What the tests of connections share: a loop that tells what was left behind, messages, and certificates."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.conftest import ROOT, need

T = TypeVar("T")

REQUEST = (ROOT / "examples" / "messages" / "ill-request.ber").read_bytes()
LOST = bytes.fromhex("6f1f301d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
#: Frames that are no APDU.
UNKNOWN, EMPTY = bytes.fromhex("7f210430020500"), bytes.fromhex("6f0430020500")
GARBAGE = b"GET / HTTP/1.1\r\n\r\n"


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end; a task, an exception or a socket that is left behind is a failure."""
    left: list[object] = []

    async def watched() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: left.append(context))
        async with asyncio.timeout(60):
            result = await main
        await asyncio.sleep(0)
        left.extend(asyncio.all_tasks() - {asyncio.current_task()})
        return result

    result = asyncio.run(watched())
    gc.collect()
    assert not left, left
    return result


async def soon(what: Awaitable[T]) -> T:
    """What must come, and not after long."""
    async with asyncio.timeout(20):
        return await what


@dataclass
class Certificates:
    """Contexts of a server that asks for certificates, of a client that has one, of one whose name is not known,
    and of one that has none; and the certificate of the first, in DER."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    stranger: ssl.SSLContext
    anonymous: ssl.SSLContext
    der: bytes


def certificates() -> Certificates:
    try:
        import trustme  # noqa: PLC0415 - an optional part
    except ImportError:
        need(None, "trustme")
        raise  # `need` has said so already
    authority = trustme.CA()

    def context(purpose: ssl.Purpose, *names: str) -> ssl.SSLContext:
        made = ssl.create_default_context(purpose)
        authority.configure_trust(made)
        if names:
            authority.issue_cert(*names).configure_cert(made)
        return made

    server = context(ssl.Purpose.CLIENT_AUTH, "127.0.0.1", "localhost")
    server.verify_mode = ssl.CERT_REQUIRED
    issued = authority.issue_cert("ill.example.org")
    client = context(ssl.Purpose.SERVER_AUTH)
    issued.configure_cert(client)
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    stranger = context(ssl.Purpose.SERVER_AUTH, "stranger.example.org")
    return Certificates(server, client, stranger, context(ssl.Purpose.SERVER_AUTH), der)

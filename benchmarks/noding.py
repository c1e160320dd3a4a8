"""``node``: a hundred thousand APDUs through one node and its store, beside a bare asyncio echo of the same octets.

Each request is stored, acknowledged, put to a hook, and refused; both answers are stored before they go, on the
connection on which the request came.  Node and echo are processes of their own, to see their memory and files.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import isoill
from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant
from isoill import aio
from isoill.types import ILLRequest

__all__ = ["possible", "run"]

_APDUS = 3  # of each transaction: the request, its acknowledgement, the answer
_WINDOW = 100  # transactions under way
_LOOKS = 5


@dataclass
class _Run:
    """What was seen of a process: APDUs a second, and its memory and files over time."""

    rate: float
    kib: list[int]
    files: list[int]


def possible() -> bool:
    """Whether there is what the store needs, and a system that tells of processes."""
    return find_spec("sqlalchemy") is not None and Path("/proc/self/fd").exists()


def run(messages: Sequence[Message], *, quick: bool) -> Table:
    """Once each: it takes minutes, and its figures are of a whole run."""
    request = next(message.value for message in messages if isinstance(message.value, ILLRequest))
    transactions = 200 if quick else 33_334
    octets = [_numbered(request, number) for number in range(transactions)]
    found = {}
    for name in ("node", "echo"):
        with _serving(name) as (port, process):
            found[name] = asyncio.run(_pump(port, process, octets, 1 if name == "echo" else _APDUS - 1))
    rows, figures = [], {}
    for name, each in found.items():
        part = each.rate / found["echo"].rate
        memory = " ".join(f"{kib / 1024:.0f}" for kib in each.kib)
        rows.append([name, significant(each.rate), ratio(part), memory, " ".join(map(str, each.files))])
        figures[name] = {"apdus_a_second": each.rate, "by_echo": part, "kib": each.kib, "files": each.files}
    return Table(
        "node",
        f"{transactions * _APDUS:,} APDUs through a node (SQLite, each on disk before it is answered), beside an echo:"
        " APDUs a second; MiB and files of the process after each fifth",
        ["", "APDUs/s", "/ echo", "MiB", "files"],
        rows,
        figures,
    )


def _numbered(request: ILLRequest, number: int) -> bytes:
    name = replace(request.transaction_id, transaction_group_qualifier=f"benchmark-{number}")
    # its time would run out under way
    return isoill.encode(replace(request, transaction_id=name, search_type=None, extensions=None))


async def _pump(port: int, process: int, octets: Sequence[bytes], answers: int) -> _Run:
    """Send requests, so many at a time, and wait until each has all of its answers."""
    kib, files = [], []
    sent = done = 0
    steps = [len(octets) * look // _LOOKS for look in range(1, _LOOKS + 1)]
    async with aio.connect("127.0.0.1", port) as link:
        begin = time.perf_counter()
        while done < len(octets) * answers:
            room = min(_WINDOW - (sent - done // answers), len(octets) - sent)
            if room > 0:
                await link.send(*octets[sent : sent + room])
                sent += room
            done += sum(isinstance(each, isoill.connection.ApduReceived) for each in await link.batch())
            while steps and done >= steps[0] * answers:
                steps.pop(0)
                kib.append(_resident(process))
                files.append(len(list(Path(f"/proc/{process}/fd").iterdir())))
        seconds = time.perf_counter() - begin
    return _Run((len(octets) + done) / seconds, kib, files)


def _resident(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@contextmanager
def _serving(name: str) -> Iterator[tuple[int, int]]:
    """The port and the number of a process that serves."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", __name__, name, f"{folder}/ill.db"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.stdin.close()
            process.wait(timeout=60)


async def _echo() -> None:
    """What comes goes back, as the asyncio documentation does it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


async def _node(where: str) -> None:
    """Every request is refused."""
    from isoill.node import Asked, Node  # noqa: PLC0415
    from isoill.store import Store  # noqa: PLC0415

    def refuse(asked: Asked) -> isoill.ILLAnswer | None:
        if isinstance(asked.step.apdu, ILLRequest):
            return asked.transaction.unfilled(isoill.ReasonUnfilled.NOT_OWNED)
        return None

    with Store(where) as store:
        async with Node(store, decide=refuse) as node:
            server = await node.listen()
            print(server.port, flush=True)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_echo() if sys.argv[1] == "echo" else _node(sys.argv[2]))

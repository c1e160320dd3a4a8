"""Nodes for tests: ``isoill serve`` as a process of its own, commands beside it, and requests."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import isoill
from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters
from tests.conftest import ROOT

_REQUEST = isoill.decode((ROOT / "examples" / "messages" / "ill-request.ber").read_bytes())


def request(group: str, *, answers_to: str | None = None) -> isoill.ILLRequest:
    """A request of that group, as if it had just been made; ``answers_to`` is host and port for simplex answers."""
    assert isinstance(_REQUEST, isoill.ILLRequest)
    apdu = replace(
        _REQUEST,
        transaction_id=replace(_REQUEST.transaction_id, transaction_group_qualifier=group),
        service_date_time=isoill.ServiceDateTime.of(datetime.datetime.now()),
        search_type=None,  # whose last day may be over
        extensions=None,
    )
    if answers_to is None:
        return apdu
    sender = APDUDeliveryParameters.of("TCP/IP", answers_to)
    return apdu.with_extension(APDUDeliveryInfo(sender_info=(sender,), recipient_info=()))


def eventually(true: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Wait for what becomes true by the work of another process; it is given."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return found


def command(*arguments: object, cwd: Path = ROOT, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """``isoill`` with these arguments; there is never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "isoill", *map(str, arguments)],
        input=given,
        capture_output=True,
        check=False,
        cwd=cwd,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    told = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in told.stderr, told.stderr
    return told


def objects(*arguments: object) -> list[dict[str, Any]]:
    """What a command prints with ``--json``, which must go well."""
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Served:
    """``isoill serve`` on a store; a context manager that ends it, and again begins it after `kill`."""

    def __init__(self, store: object, *options: object, port: int = 0, log: Path) -> None:
        self.store, self.options, self.port, self.log = store, options, port, log
        self.begin()

    def begin(self) -> None:
        """Start it, at the port at which it was before."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "isoill", "serve", "--json"),
                    *("--listen", f"127.0.0.1:{self.port}", "--store", str(self.store)),
                    *map(str, self.options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.log.parent,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log.read_text()
        self.told = json.loads(line)
        self.port = self.told["port"]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Have it end; gives its exit code."""
        self._process.send_signal(how)
        code = self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def kill(self) -> None:
        """As the power does, or somebody in a hurry."""
        assert self.end(signal.SIGKILL) == -signal.SIGKILL

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            code = self.end()
            assert code == 0, self.log.read_text()

"""Measuring in a fresh process: one that has imported nothing else and holds nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import isoill
from benchmarks.messages import Message
from benchmarks.peers import load
from isoill.codec import decode

__all__ = ["environment", "measure", "serve"]

_ROOT = Path(__file__).parents[1]
_ISOILL = Path(isoill.__file__).parents[1]


def environment() -> dict[str, str]:
    """The environment of a child, in which it finds this isoill and may write and read .pyc files."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(_ISOILL), str(_ROOT)]))}


def measure(module: str, peer: str, message: Message, count: int) -> Mapping[str, float]:
    """What ``python -m benchmarks.<module>``, which calls `serve`, finds in a process of its own."""
    command = [sys.executable, "-m", module, peer, str(count)]
    result = subprocess.run(command, input=message.octets, stdout=subprocess.PIPE, env=environment(), check=True)
    figures: Mapping[str, float] = json.loads(result.stdout)
    return figures


def serve(task: Callable[[Callable[[], object], int], Mapping[str, float]]) -> None:
    """In the child: do the task with one decoding by the peer that is named, so many times, and print what it found."""
    peer, count = sys.argv[1:]
    octets = sys.stdin.buffer.read()
    value: Any = decode(octets)
    once = load(peer).at(Message("", value, octets)).once
    assert once is not None, f"{peer} has no values that Python could hold"
    print(json.dumps(task(once, int(count))))

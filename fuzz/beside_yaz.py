"""libyaz's answers to many messages, from a process that may crash on any of them (``yaz.c``)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from enum import Enum
from functools import cache
from pathlib import Path

from fuzz.work import BUILD, MissingError, program

__all__ = ["CRASHED", "Crash", "answers"]


class Crash(Enum):
    """The answer that is none.  Its one value is `CRASHED`."""

    CRASHED = "crashed"


CRASHED = Crash.CRASHED
_CRASHED = 0xFFFFFFFF  # its length


@cache
def _filter() -> Path:
    """The filter, compiled."""
    compiler = program("cc", "build-essential libyaz-dev")
    BUILD.mkdir(parents=True, exist_ok=True)
    source, made = Path(__file__).with_name("yaz.c"), BUILD / "yaz"
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        words = [compiler, "-O2", str(source), "-o", str(made), "-lyaz"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            first = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
            raise MissingError(f"libyaz cannot be built with ({first}; Debian: apt-get install libyaz-dev)")
    return made


def answers(messages: Sequence[bytes]) -> list[bytes | Crash]:
    """For each message the octets that libyaz makes of it, none where it refuses it, or that it crashed."""
    given = b"".join(len(message).to_bytes(4, "big") + message for message in messages)
    octets = subprocess.run([str(_filter())], input=given, stdout=subprocess.PIPE, check=True, timeout=600).stdout
    found: list[bytes | Crash] = []
    at = 0
    while at < len(octets):
        size = int.from_bytes(octets[at : at + 4], "big")
        at += 4
        if size == _CRASHED:
            found.append(CRASHED)
        else:
            found.append(octets[at : at + size])
            at += size
    return found

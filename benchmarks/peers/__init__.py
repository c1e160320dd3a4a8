"""The others: one module each, with a function ``load`` that gives a `Peer` or raises `MissingPeerError`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from benchmarks.messages import Message
from benchmarks.timing import Run

__all__ = ["NAMES", "Measured", "MissingPeerError", "Peer", "available", "load", "required"]

#: The peers, the fastest first; each is a module of this package.
NAMES = ("libyaz", "msgspec", "asn1tools", "pyasn1", "pycrate")


class MissingPeerError(Exception):
    """A peer that is not installed, or cannot be built here."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One peer at one message."""

    #: octets to the peer's own values
    decode: Run
    #: the peer's own values to octets
    encode: Run
    #: the message, decoded and encoded by the peer and read again as the value that isoill has for it
    round_trip: Callable[[], object]
    #: the message decoded once, to be kept; None where the result is not Python's to keep
    once: Callable[[], object] | None = None


class Peer(Protocol):
    """A codec beside which isoill is measured."""

    @property
    def version(self) -> str:
        """Its version, for the record."""
        ...

    def at(self, message: Message) -> Measured:
        """Everything prepared to measure it at a message."""
        ...


def load(name: str) -> Peer:
    """The peer of that name; `MissingPeerError` where it is not to be had."""
    try:
        peer: Peer = importlib.import_module(f"{__name__}.{name}").load()
    except ImportError as error:
        raise MissingPeerError(f"{name} is not installed ({error})") from None
    return peer


def required() -> bool:
    """Whether a missing peer is an error: in continuous integration, where nobody would see that it was left out."""
    return os.environ.get("CI") == "true"


def available(names: Iterable[str] = NAMES) -> dict[str, Peer]:
    """The peers that are to be had; the others are named on stderr, or an error where they are required."""
    found = {}
    for name in names:
        try:
            found[name] = load(name)
        except MissingPeerError as missing:
            if required():
                raise SystemExit(f"benchmarks: {missing}; with CI=true every peer must be there") from None
            print(f"benchmarks: {name} is left out: {missing}", file=sys.stderr)
    return found

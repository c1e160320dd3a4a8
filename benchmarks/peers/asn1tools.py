"""asn1tools: BER in Python, dicts and tuples out of a compiled ASN.1 module.

It leaves DEFAULTs out when it writes, keeps ANY as octets, and drops components that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asn1tools  # type: ignore[import-untyped]

from benchmarks.messages import Message
from benchmarks.peers import Measured, Peer
from benchmarks.timing import repeated
from isoill.codec import decode

__all__ = ["MODULE", "load"]

#: The ASN.1 module, as this repository writes it for today's ASN.1.
MODULE = Path(__file__).parents[2] / "specs" / "iso-10161-ill-1.asn"


class _Asn1tools:
    """The module, compiled for BER."""

    def __init__(self) -> None:
        self.version = version("asn1tools")
        compiled = asn1tools.compile_files(str(MODULE), "ber")
        self._decode: Callable[[bytes], Any] = lambda octets: compiled.decode("ILL-APDU", octets)
        self._encode: Callable[[Any], bytearray] = lambda value: compiled.encode("ILL-APDU", value)

    def at(self, message: Message) -> Measured:
        value = self._decode(message.octets)
        return Measured(
            repeated(self._decode, message.octets),
            repeated(self._encode, value),
            lambda: decode(bytes(self._encode(value))),
            lambda: self._decode(message.octets),
        )


def load() -> Peer:
    """asn1tools."""
    return _Asn1tools()

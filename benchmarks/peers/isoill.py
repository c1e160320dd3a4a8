"""isoill itself, measured as its peers are."""

from __future__ import annotations

from benchmarks.messages import Message
from benchmarks.peers import Measured, Peer
from benchmarks.timing import repeated
from isoill.codec import decode, encode

__all__ = ["load"]


class _Isoill:
    """`isoill.decode` and `isoill.encode`, as users call them."""

    version = "this checkout"

    def at(self, message: Message) -> Measured:
        return Measured(
            repeated(decode, message.octets),
            repeated(encode, message.value),
            lambda: decode(encode(decode(message.octets))),
            lambda: decode(message.octets),
        )


def load() -> Peer:
    """isoill."""
    return _Isoill()

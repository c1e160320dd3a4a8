"""Valid inputs to begin with: the vectors and examples of the project."""

from __future__ import annotations

import isoill
from fuzz.work import ROOT

__all__ = ["documents", "messages"]


def messages() -> list[bytes]:
    """Messages in BER, the shortest first."""
    folders = (ROOT / "tests" / "vectors", ROOT / "examples" / "messages")
    found = {path.read_bytes() for folder in folders for path in folder.glob("*.ber")}
    return sorted(found, key=lambda octets: (len(octets), octets))


def documents() -> list[bytes]:
    """The same messages as JSON."""
    found = {isoill.to_json(isoill.decode(octets)).encode() for octets in messages()}
    return sorted(found, key=lambda text: (len(text), text))

"""For those who test what they build on isoill: any message as a hypothesis strategy, a second decoder, a mock peer.

>>> from hypothesis import given
>>> import isoill.codec
>>> from isoill.testing import apdus
>>> @given(apdus())
... def test_reads_what_it_writes(apdu):
...     assert isoill.codec.decode(isoill.codec.encode(apdu)) == apdu

``isoill.testing.reference`` reads and writes the same octets by another road, asn1tools.  Strategies and reference need
the extra: ``pip install 'isoill[testing]'``.  `MockPeer` plays a partner, and needs nothing but isoill.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isoill.testing import reference
    from isoill.testing.forms import Written, rewritten
    from isoill.testing.mock import MockPeer, RunningPeer
    from isoill.testing.script import Script
    from isoill.testing.strategies import apdus, values

__all__ = ["MockPeer", "RunningPeer", "Script", "Written", "apdus", "reference", "rewritten", "values"]

#: All are imported when they are wanted: a mock peer needs no hypothesis, and strategies no asyncio.
_LATER = {
    "MockPeer": "mock",
    "RunningPeer": "mock",
    "Script": "script",
    "Written": "forms",
    "apdus": "strategies",
    "rewritten": "forms",
    "values": "strategies",
}


def __getattr__(name: str) -> Any:
    if name == "reference":
        return import_module("isoill.testing.reference")
    if name not in _LATER:
        raise AttributeError(f"module 'isoill.testing' has no attribute {name!r}")
    try:
        value = getattr(import_module(f"isoill.testing.{_LATER[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise ImportError("isoill.testing needs hypothesis: pip install 'isoill[testing]'") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

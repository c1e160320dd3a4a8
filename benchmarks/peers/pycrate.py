"""pycrate: BER in Python, dicts and tuples out of an ASN.1 module that it turns into a Python module.

Its checks of values and sizes are turned off: they cost time that no one else here spends, and it misreads the
alphabet of EDIFACTString (specs/README.rst, 7).
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pycrate_asn1c.asnproc import PycrateGenerator, compile_text, generate_modules  # type: ignore[import-untyped]
from pycrate_asn1rt.asnobj import ASN1Obj  # type: ignore[import-untyped]

from benchmarks.messages import Message
from benchmarks.peers import Measured, MissingPeerError, Peer
from benchmarks.peers.asn1tools import MODULE
from benchmarks.timing import repeated
from isoill.codec import decode

__all__ = ["load"]


def _compiled() -> Any:
    """The type ILL-APDU, in a Python module that is generated, imported and thrown away."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        compile_text(MODULE.read_text())
        path = Path(folder) / "ill.py"
        generate_modules(PycrateGenerator, str(path))
        spec = importlib.util.spec_from_file_location("ill", path)
        if spec is None or spec.loader is None:
            raise MissingPeerError("what pycrate generated cannot be imported")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module.ISO_10161_ILL_1.ILL_APDU


class _Pycrate:
    """The type ILL-APDU: its decoder leaves the value in the type."""

    def __init__(self) -> None:
        self.version = version("pycrate")
        ASN1Obj._SAFE_VAL = False
        ASN1Obj._SAFE_BND = False
        self._type = _compiled()

    def at(self, message: Message) -> Measured:
        self._type.from_ber(message.octets)
        value = self._type.get_val()
        return Measured(
            repeated(self._type.from_ber, message.octets),
            repeated(self._type.to_ber, value),
            lambda: decode(self._type.to_ber(value)),
        )


def load() -> Peer:
    """pycrate."""
    return _Pycrate()

"""libyaz: ILL in C, octets to C structures and back.

It is compiled with the driver yaz.c on the spot, so a C compiler and libyaz's headers are wanted.  libyaz 5.34 refuses
messages whose DEFAULTs are absent, and odd octets can crash it: it is shown nothing but what isoill has written.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.messages import Message
from benchmarks.peers import Measured, MissingPeerError, Peer
from benchmarks.timing import Run
from isoill.codec import decode

__all__ = ["load"]

_DRIVER = Path(__file__).parents[1] / "yaz.c"


class _LibYaz:
    """The driver, compiled and loaded."""

    def __init__(self, library: ctypes.CDLL) -> None:
        for timed in (library.decode, library.encode):
            timed.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
            timed.restype = ctypes.c_double
        library.round_trip.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        library.round_trip.restype = ctypes.c_int
        self._library = library
        text = ctypes.create_string_buffer(64)
        library.version(text)
        self.version = text.value.decode()

    def at(self, message: Message) -> Measured:
        octets = message.octets

        def timed(name: str) -> Run:
            function = getattr(self._library, name)

            def run(loops: int) -> float:
                taken: float = function(octets, len(octets), loops)
                if taken < 0:
                    raise ValueError(f"libyaz refuses the {message.name}")
                return taken

            return run

        def round_trip() -> object:
            result = ctypes.create_string_buffer(2 * len(octets) + 64)
            written = self._library.round_trip(octets, len(octets), result, len(result))
            if written < 0:
                raise ValueError(f"libyaz refuses the {message.name}")
            return decode(result.raw[:written])

        return Measured(timed("decode"), timed("encode"), round_trip)


def load() -> Peer:
    """Compile the driver into a temporary folder and load it from there."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise MissingPeerError("libyaz needs a C compiler to be measured")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "yaz.so"
        command = [compiler, "-O2", "-shared", "-fPIC", str(_DRIVER), "-o", str(built), "-lyaz"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            reason = next(
                (line for line in result.stderr.splitlines() if "error" in line or "cannot" in line), "no reason given"
            )
            raise MissingPeerError(f"libyaz and its headers are not installed ({reason.strip()})")
        try:
            return _LibYaz(ctypes.CDLL(str(built)))
        except OSError as error:
            raise MissingPeerError(f"libyaz cannot be loaded ({error})") from None

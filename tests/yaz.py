"""libyaz beside us: messages through its decoder and encoder, in a process of its own (``yaz.c``)."""

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path


@cache
def program() -> Path | None:
    """The filter, compiled; None where there is no C compiler or no libyaz to compile against."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    folder = tempfile.mkdtemp(prefix="isoill-yaz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Path(folder) / "yaz"
    source = Path(__file__).with_name("yaz.c")
    done = subprocess.run([compiler, "-O2", str(source), "-o", str(made), "-lyaz"], capture_output=True, check=False)
    return made if done.returncode == 0 else None


def through_yaz(messages: Iterable[bytes]) -> list[bytes]:
    """What libyaz makes of each message; no octets where it refuses one."""
    made = program()
    assert made is not None
    given = b"".join(len(message).to_bytes(4, "big") + message for message in messages)
    done = subprocess.run([str(made)], input=given, capture_output=True, check=True, timeout=60)
    found, at = [], 0
    while at < len(done.stdout):
        size = int.from_bytes(done.stdout[at : at + 4], "big")
        found.append(done.stdout[at + 4 : at + 4 + size])
        at += 4 + size
    return found

"""What several tests share."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: Byte vectors that are not part of the project: captures and cases, where the checkout has them beside it.
OUTSIDE_VECTORS = Path(os.environ.get("ISOILL_VECTORS", ROOT.parent / "shared" / "vectors"))

#: In continuous integration every optional part must be there; elsewhere its tests are skipped.
IN_CI = os.environ.get("CI") == "true"


def need(present: object, what: str) -> None:
    """Skip a test, or a module, whose optional part is missing; in continuous integration that is a failure."""
    if not present:
        if IN_CI:
            pytest.fail(f"{what} is missing, and continuous integration must have it")
        pytest.skip(f"{what} is missing", allow_module_level=True)


def need_program(name: str, package: str) -> str:
    """The path of a program; `need` says what to do without it."""
    path = shutil.which(name)
    need(path, f"{name} (Debian package {package})")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def request_octets() -> bytes:
    """The request that yaz-illclient sent: see examples/messages/README.rst."""
    return (ROOT / "examples" / "messages" / "ill-request.ber").read_bytes()

"""The examples run, and the captured message is what yaz-illclient still sends."""

import doctest
import importlib.util
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import isoill
from tests.conftest import ROOT, need_program

SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


def test_there_are_examples() -> None:
    assert SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_examples_run(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def shown() -> list[tuple[str, str]]:
    """What the pages show of scripts: each script, and its output; three dots stand for anything."""
    found = []
    for page in sorted((ROOT / "docs").rglob("*.rst")):
        for block in re.findall(r"\$ python (examples/\S+\.py)\n((?:   .*\n|\n(?=   ))*)", page.read_text()):
            found.append((block[0], textwrap.dedent(block[1])))
    return found


@pytest.mark.parametrize(("script", "output"), shown(), ids=[script for script, _ in shown()])
def test_what_the_pages_show_is_what_examples_print(script: str, output: str) -> None:
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    printed = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
    assert doctest.OutputChecker().check_output(output.strip() + "\n", printed + "\n", doctest.ELLIPSIS)


def test_yaz_illclient_sends_what_was_captured(request_octets: bytes) -> None:
    need_program("yaz-illclient", "yaz-illclient")
    spec = importlib.util.spec_from_file_location("capture", ROOT / "examples" / "messages" / "capture.py")
    assert spec is not None
    assert spec.loader is not None
    capture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(capture)
    assert capture.capture() == request_octets
    assert isinstance(isoill.decode(request_octets), isoill.ILLRequest)

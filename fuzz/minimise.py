"""The corpus of the project, made anew: of all that runs have found, the least that reaches the same code."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from fuzz.launch import ENGINES, options, program
from fuzz.seeds import documents, messages
from fuzz.targets import TARGETS
from fuzz.work import BUILD, MissingError, corpus, grown

__all__ = ["run"]

#: The engine and target that tell what reaches new code, and the targets whose inputs they are shown.
_JUDGES = (
    ("atheris", "from_json", ("from_json",)),
    ("native", "lean", tuple(target for target in TARGETS if target != "from_json")),
)


def run(files: int, octets: int) -> None:
    """Merge each kind of input, within what the kinds before it have left of the files and octets."""
    for engine, target, targets in _JUDGES:
        found = _merged(engine, target, [grown(each, name) for each in ENGINES for name in targets])
        folder, contents = corpus(target), _within(found, files, octets)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, content in enumerate(contents):
            (folder / f"{number:03}").write_bytes(content)
        size = sum(map(len, contents))
        files, octets = files - len(contents), octets - size
        print(f"{folder.name}: {len(contents)} of {len(found)} files that reach code of their own, {size:,} octets")


def _merged(engine: str, target: str, folders: list[Path]) -> list[bytes]:
    """The inputs that together reach all that is reached, the smallest first."""
    merged, first = (BUILD / "merged" / name for name in (target, f"{target}-seeds"))
    for folder in (merged, first):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for number, content in enumerate(documents() if target == "from_json" else messages()):
        (first / f"{number:03}").write_bytes(content)
    inputs = [str(folder) for folder in (*folders, corpus(target), first) if folder.is_dir()]
    how = ["-merge=1", "-use_counters=0"]  # what code is reached, and not how often
    words = [str(program(engine, target)), *options(engine, target, [*how, str(merged), *inputs])]
    done = subprocess.run(words, check=False, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise MissingError(
            f"{engine} {target} cannot be merged; its inputs must not change meanwhile: is a run going on?"
        )
    return sorted((path.read_bytes() for path in merged.iterdir()), key=lambda octets: (len(octets), octets))


def _within(found: list[bytes], files: int, octets: int) -> list[bytes]:
    """As many as the limits allow: without the smallest, which are soon found again, and without the largest."""
    kept = found[max(0, len(found) - files) :]
    while sum(map(len, kept)) > octets:
        kept.pop()
    return kept

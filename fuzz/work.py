"""Where things are, and what is said when something is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["BUILD", "CORPUS", "DICTIONARY", "ROOT", "MissingError", "corpus", "grown", "program"]

ROOT = Path(__file__).parents[1]
#: What is built, grown and found here; not part of the project.
BUILD = ROOT / "build" / "fuzz"
#: The inputs that are part of it.
CORPUS = ROOT / "fuzz" / "corpus"
DICTIONARY = ROOT / "fuzz" / "ber.dict"


class MissingError(Exception):
    """Something that fuzzing needs is not there; the text is one line for a person."""


def program(name: str, packages: str) -> str:
    """The path of a program."""
    path = shutil.which(name)
    if path is None:
        raise MissingError(f"{name} is missing (Debian: apt-get install {packages})")
    return path


def corpus(target: str) -> Path:
    """The inputs for a target that are part of the project: BER, or JSON."""
    return CORPUS / ("json" if target == "from_json" else "ber")


def grown(engine: str, target: str) -> Path:
    """Where runs keep the inputs that reached something new."""
    folder = BUILD / "grown" / f"{engine}-{target}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

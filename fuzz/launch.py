"""libFuzzer over a target as a program: to merge and to minimise, libFuzzer starts itself again by its name."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from fuzz import native
from fuzz.work import BUILD, DICTIONARY, ROOT, MissingError, corpus, grown

__all__ = ["ENGINES", "options", "program"]

#: What libFuzzer may be guided by: the compiled core, or the Python around it.
ENGINES = ("native", "atheris")


def program(engine: str, target: str) -> Path:
    """The program, made anew."""
    path = BUILD / f"{engine}-{target}"
    if engine == "native":
        words, variables = native.command()
        variables["FUZZ_TARGET"] = target
    else:
        if importlib.util.find_spec("atheris") is None:
            raise MissingError("atheris is missing (pip install atheris; 3.0.0 has wheels for CPython 3.11 to 3.13)")
        words, variables = [sys.executable, "-m", "fuzz.with_atheris", str(path), target], {"PYTHONPATH": str(ROOT)}
    lines = ["#!/bin/sh", *(f"export {name}={shlex.quote(value)}" for name, value in variables.items())]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, f'exec {shlex.join(words)} "$@"', ""]))
    path.chmod(0o755)
    return path


def options(engine: str, target: str, given: Sequence[str]) -> list[str]:
    """libFuzzer's options: ours, those given, which win, and the folders of inputs; these not where files are given."""
    findings = BUILD / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    ours = [f"-artifact_prefix={findings}/{engine}-{target}-", "-max_len=2048", "-timeout=10", "-print_final_stats=1"]
    if target != "from_json":
        ours.append(f"-dict={DICTIONARY}")
    folders = [] if any(not word.startswith("-") for word in given) else [grown(engine, target), corpus(target)]
    return [*ours, *given, *map(str, folders)]

"""libFuzzer over the compiled core, built by clang to stop at bad addresses and undefined behaviour."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from fuzz.work import BUILD, ROOT, MissingError, program

__all__ = ["command"]

_SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
#: Optimised, for speed; with isoill's own checks of its bounds, and C assertions.
_FLAGS = ["-O2", "-g", "-DISOILL_DEBUG=1", "-UNDEBUG", *_SANITIZERS]


def command() -> tuple[list[str], dict[str, str]]:
    """The fuzzer, built where it is older than its sources, and the variables that it needs besides ``FUZZ_TARGET``."""
    fuzzer, core = _build()
    return [str(fuzzer)], {
        "FUZZ_PYTHON": sys.executable,
        "FUZZ_CORE": str(core),
        "PYTHONPATH": str(ROOT),
        "PYTHONMALLOC": "malloc",  # so that every object is the sanitizer's business
        # Python leaves much behind at its end; the rest is speed, for each input makes many objects.
        "ASAN_OPTIONS": "detect_leaks=0:malloc_context_size=2:quarantine_size_mb=16:"
        + os.environ.get("ASAN_OPTIONS", ""),
        "UBSAN_OPTIONS": "print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", ""),
    }


def _build() -> tuple[Path, Path]:
    """The fuzzer, and the core for it."""
    clang = program("clang", "clang libclang-rt-dev python3-dev")
    folder = BUILD / "native"
    folder.mkdir(parents=True, exist_ok=True)
    include = f"-I{sysconfig.get_path('include')}"

    driver, fuzzer = Path(__file__).with_name("driver.c"), folder / "fuzzer"
    if _is_old(fuzzer, driver):
        _run(clang, *_FLAGS, "-fsanitize=fuzzer", include, str(driver), "-o", str(fuzzer), *_python_to_link())
    source, core = ROOT / "isoill" / "_ber.pyx", folder / f"_ber{sysconfig.get_config_var('EXT_SUFFIX')}"
    if _is_old(core, source):
        made = folder / "_ber.c"
        _run(sys.executable, "-m", "cython", "-3", str(source), "-o", str(made))
        _run(clang, *_FLAGS, "-fsanitize=fuzzer-no-link", "-shared", "-fPIC", include, str(made), "-o", str(core))
    return fuzzer, core


def _is_old(made: Path, source: Path) -> bool:
    return not made.exists() or made.stat().st_mtime < max(source.stat().st_mtime, Path(__file__).stat().st_mtime)


def _python_to_link() -> list[str]:
    """What links the running Python, shared library or not, into a program that shows its symbols to the core."""
    folder = sysconfig.get_config_var("LIBDIR" if sysconfig.get_config_var("Py_ENABLE_SHARED") else "LIBPL")
    library = f"-lpython{sysconfig.get_config_var('LDVERSION')}"
    needed = [word for name in ("LIBS", "SYSLIBS") for word in sysconfig.get_config_var(name).split()]
    return [f"-L{folder}", f"-Wl,-rpath,{folder}", library, *needed, "-Wl,--export-dynamic"]


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise MissingError(f"{Path(words[0]).name} cannot build the fuzzer ({last}): {' '.join(words)}")

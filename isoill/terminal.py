"""What commands share: errors that are one line, files that are read, JSON in UTF-8."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

__all__ = ["CommandError", "complain", "in_utf8", "opened", "printable", "read", "shown_name"]


class CommandError(Exception):
    """What ends a command: a line for standard error, and the exit code."""

    def __init__(self, line: str, code: int) -> None:
        super().__init__(line)
        self.code = code


def complain(line: str) -> None:
    """One line for a person, on standard error."""
    print(f"isoill: {line}", file=sys.stderr)


def in_utf8() -> None:
    """JSON is, whatever the terminal is."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # which JSON has, too: of a file's name


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file, or standard input; what goes wrong in opening or reading it is one line."""
    try:
        if name != "-":
            with open(name, "rb") as file:
                yield file
        elif sys.stdin is None:
            raise CommandError("standard input: it is closed", 2)
        else:
            yield sys.stdin.buffer
    except OSError as error:
        raise CommandError(f"{shown_name(name)}: {error.strerror}", 2) from None


def read(name: str) -> bytes:
    """All of a file, or of standard input."""
    with opened(name) as file:
        return file.read()


def shown_name(name: str) -> str:
    """A file's name, as a person knows it; what would not print is escaped."""
    if name == "-":
        return "standard input"
    return printable(name)


def printable(text: str) -> str:
    """A text that comes from elsewhere, on one line; what would not print, or move on the screen, is escaped."""
    return text if text.isprintable() else ascii(text)[1:-1]

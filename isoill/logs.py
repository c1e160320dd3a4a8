"""What is logged: a line for a person, and the same as fields for a program."""

from __future__ import annotations

import datetime
import json
import logging

__all__ = ["JSONLines", "Log"]


class Log:
    """A logger of the standard library, by its name; what is logged has fields.

    They stand in the line as ``name=value``, and in the record as its ``fields``.

    >>> import sys
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> logging.getLogger("isoill.example").addHandler(handler)
    >>> log = Log("isoill.example")
    >>> log.warning("refused", peer="192.0.2.7", why="not listed")
    refused peer=192.0.2.7 why="not listed"
    >>> handler.setFormatter(JSONLines())
    >>> log.warning("refused", peer="192.0.2.7")  # doctest: +ELLIPSIS
    {"time": "...", "level": "WARNING", "logger": "isoill.example", "event": "refused", "peer": "192.0.2.7"}
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, /, **fields: object) -> None:
        """Something that happens."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Something that should not, and is dealt with."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Something that a person has to look at."""
        self._log(logging.ERROR, event, fields)

    def exception(self, event: str, /, **fields: object) -> None:
        """An error that nobody thought of, with where it came from."""
        self._log(logging.ERROR, event, fields, exc_info=True)

    def _log(self, level: int, event: str, fields: dict[str, object], *, exc_info: bool = False) -> None:
        if self._logger.isEnabledFor(level):
            line = " ".join([event, *(f"{name}={_shown(value)}" for name, value in fields.items())])
            extra = {"event": event, "fields": fields}
            self._logger.log(level, "%s", line, extra=extra, exc_info=exc_info, stacklevel=3)


class JSONLines(logging.Formatter):
    """Each record as a JSON object on a line, with its fields as members."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": getattr(record, "event", None) or record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def _shown(value: object) -> str:
    """A value in a line: as it is if it is one word, and otherwise in quotes."""
    text = str(value)
    return text if text.isprintable() and text and not set(text) & set(' "=') else json.dumps(text, ensure_ascii=False)

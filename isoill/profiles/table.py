"""TOML files that people write: values of the types that are wanted, no unknown keys, errors that say where."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from isoill.errors import ILLError
from isoill.profiles.rules import blank

__all__ = ["PartnerError", "Table", "read_table", "shown_value"]

T = TypeVar("T")


class PartnerError(ILLError, ValueError):
    """A file that says something about a partner which cannot be meant; the message says what, and where."""


def read_table(path: str | os.PathLike[str], make: Callable[[Table], T], /) -> T:
    """What is made of a file.  Raises `PartnerError` with the name of the file, OSError where it cannot be read."""
    octets, name = Path(path).read_bytes(), Path(path).name
    try:
        return make(Table(_parsed(octets.decode("utf-8-sig"))))
    except UnicodeDecodeError as error:
        raise PartnerError(f"{name}: expected UTF-8, found octet {octets[error.start]:02x} at {error.start}") from None
    except PartnerError as error:
        raise PartnerError(f"{name}: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    """TOML as it is read; tomllib also has errors of its own for what is nested too deep, or too many digits."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PartnerError(f"expected TOML, found something else: {str(error).splitlines()[0]:.120}") from None


def shown_value(value: object) -> str:
    """A value of the file in an error."""
    try:
        return f"{value!r:.60}"
    except ValueError:  # a number of thousands of digits
        return f"a {type(value).__name__}"


class Table:
    """A table of the file, from which what is understood is taken out: what is left is a mistake."""

    def __init__(self, items: dict[str, Any], where: str = "", *, secret: bool = False) -> None:
        self.items, self.where, self.secret, self.known = dict(items), where, secret, list[str]()

    def place(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def shown(self, value: object) -> str:
        """A value in an error, if it is for everybody."""
        return f"a {type(value).__name__}" if self.secret else shown_value(value)

    def take(self, key: str, wanted: type | tuple[type, ...], words: str) -> Any:
        """The value of a key, None where there is none; `PartnerError` where it is of another type."""
        self.known.append(key)
        if key not in self.items:
            return None
        value = self.items.pop(key)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise PartnerError(f"{self.place(key)}: expected {words}, found {self.shown(value)}")
        return value

    def text(self, key: str) -> str | None:
        """A text of one line that says something; None where there is none."""
        value: str | None = self.take(key, str, "text")
        if value is not None and (blank(value) or not value.isprintable()):
            raise PartnerError(f"{self.place(key)}: expected a line of text, found {self.shown(value)}")
        return value

    def texts(self, key: str) -> list[str]:
        values = self.take(key, list, "a list of texts") or []
        for value in values:
            if not isinstance(value, str):
                raise PartnerError(f"{self.place(key)}: expected a list of texts, found {self.shown(value)} in it")
        return list(values)

    def below(self, key: str, *, secret: bool = False) -> Table:
        self.secret = secret
        try:
            return Table(self.take(key, dict, "a table") or {}, self.place(key), secret=secret)
        finally:
            self.secret = False

    def tables(self, key: str) -> list[Table]:
        found = self.take(key, (dict, list), "a table or several")
        several = found if isinstance(found, list) else [] if found is None else [found]
        for each in several:
            if not isinstance(each, dict):
                raise PartnerError(f"{self.place(key)}: expected a table or several, found {self.shown(each)}")
        return [Table(each, f"{self.place(key)}[{index}]") for index, each in enumerate(several)]

    def end(self) -> None:
        """Nothing may be left."""
        for key in self.items:
            place = self.place(key if key.isprintable() else ascii(key))
            raise PartnerError(f"{place:.120}: expected one of {', '.join(self.known)}, found {key!r:.60}")

"""What a value is made of: itself, and all values inside it, each with its path and its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from isoill.asn1 import Kind, Type, fields_of, type_of

__all__ = ["parts"]


def parts(value: object, /) -> Iterator[tuple[str, Type, Any]]:
    """The parts of a value of a declared class, itself first, under an empty path; no ANY is looked into.

    Paths are written as in errors of decoding, from within the value:

    >>> from isoill.types import SystemId
    >>> for path, type_, part in parts(SystemId.of("als:BVAS")):
    ...     print(path or "(all)", type_)
    (all) System-Id
    person_or_institution_symbol Person-Or-Institution-Symbol
    person_or_institution_symbol.institution_symbol ILL-String
    """
    return _inside("", type_of(type(value)), value)


def _inside(path: str, type_: Type, value: Any) -> Iterator[tuple[str, Type, Any]]:
    yield path, type_, value
    if type_.kind in (Kind.SEQUENCE, Kind.CHOICE):
        for component in fields_of(type_.python or type(value)):
            member = getattr(value, component.name, None)
            if member is not None:
                yield from _inside(f"{path}.{component.name}" if path else component.name, component.type, member)
    elif type_.kind is Kind.SEQUENCE_OF and type_.element is not None:
        for index, element in enumerate(value):
            yield from _inside(f"{path}[{index}]", type_.element, element)

"""ISBN, ISSN and ISIL: are they right, and how does ISO ILL want them?  The checks are those of python-stdnum.

>>> from isoill import ids
>>> ids.isbn("1-77100-345-6 (pbk.)")
'1771003456'
>>> ids.issn("1925-6019")
'19256019'
>>> ids.isil("de-Test")
'DE-Test'

It needs the extra: ``pip install 'isoill[ids]'``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

try:
    import stdnum.exceptions
    import stdnum.isbn
    import stdnum.isil
    import stdnum.issn
except ImportError as error:
    raise ImportError("isoill.ids needs python-stdnum: pip install 'isoill[ids]'") from error

from isoill.asn1 import type_of
from isoill.errors import ILLError
from isoill.parts import parts
from isoill.records import record
from isoill.types import ItemId, PersonOrInstitutionSymbol

__all__ = ["Fault", "IdentifierError", "faults", "isbn", "isbn10", "isil", "issn"]


class IdentifierError(ILLError, ValueError):
    """Text that is no ISBN, ISSN or ISIL: what was wanted, and what was found.

    >>> isbn("1-77100-345-7")
    Traceback (most recent call last):
    isoill.ids.IdentifierError: expected an ISBN with the right check digit, found '1-77100-345-7'
    """


@record
class Fault:
    """One identifier in a message that is wrong.

    >>> print(Fault("ILL-Request.item_id.isbn", "expected an ISBN of 10 or 13 characters, found '7'"))
    expected an ISBN of 10 or 13 characters, found '7' - at ILL-Request.item_id.isbn
    """

    #: where, as in errors of decoding
    path: str
    #: what is wanted, and what was found
    message: str

    def __str__(self) -> str:
        return f"{self.message} - at {self.path}"


# ── one identifier ─────────────────────────────────────────────────────────────────────────────────────────────────

_Wanted: TypeAlias = dict[type[stdnum.exceptions.ValidationError], str]

#: What python-stdnum misses, by the error that it raises.
_ISBN: _Wanted = {
    stdnum.exceptions.InvalidFormat: "an ISBN of digits, the last of which may be X",
    stdnum.exceptions.InvalidLength: "an ISBN of 10 or 13 characters",
    stdnum.exceptions.InvalidChecksum: "an ISBN with the right check digit",
    stdnum.exceptions.InvalidComponent: "an ISBN with 978 or 979 in front",
}
_ISSN: _Wanted = {
    stdnum.exceptions.InvalidFormat: "an ISSN of digits, the last of which may be X",
    stdnum.exceptions.InvalidLength: "an ISSN of 8 characters",
    stdnum.exceptions.InvalidChecksum: "an ISSN with the right check digit",
}
_ISIL: _Wanted = {stdnum.exceptions.InvalidComponent: "an ISIL with a registered prefix"}

#: A number as it is printed: its name, and the digits with hyphens and spaces in them; then what is said of it.
_PRINTED = re.compile(r"\s*(?:ISBN(?:-1[03])?|ISSN)?:?([0-9X\s\u00ad\u2010-\u2015\u2212-]+)", re.IGNORECASE)


def isbn(text: str, /) -> str:
    """The ISBN that a text says, in 10 or 13 characters without hyphens.

    Hyphens and spaces in it, ``ISBN`` in front and what is said of it behind are passed over; an SBN of nine digits is
    given its 0.  Raises `IdentifierError` where it is none (ISO 2108).

    >>> isbn("ISBN 978-1-77100-345-2 (pbk.)")
    '9781771003452'
    """
    return _number(_ISBN, stdnum.isbn.validate, text)


def isbn10(text: str, /) -> str:
    """The ISBN that a text says, in the 10 characters that Item-Id has for it: SIZE (10).

    Raises `IdentifierError` where it is none, and where it has no such form: only those with 978 in front have.

    >>> isbn10("978-1-77100-345-2")
    '1771003456'
    """
    number = isbn(text)
    try:
        return stdnum.isbn.to_isbn10(number)
    except stdnum.exceptions.ValidationError as error:
        raise _error("an ISBN that has a form of 10 characters", text) from error


def issn(text: str, /) -> str:
    """The ISSN that a text says, in the 8 characters that Item-Id has for it: SIZE (8), without the hyphen.

    What is around it is passed over as with `isbn`.  Raises `IdentifierError` where it is none (ISO 3297).

    >>> issn("ISSN 1925-6019 (print)")
    '19256019'
    """
    return _number(_ISSN, stdnum.issn.validate, text)


def isil(text: str, /) -> str:
    """The ISIL that a text says, its prefix in capitals; ``ISIL`` or ``isil:`` in front is passed over.

    Raises `IdentifierError` where it is none (ISO 15511), and where python-stdnum does not know its prefix: it has
    those of the countries and organizations that are registered.

    >>> isil("ISIL de-Test"), isil("isil:OCLC-TST")
    ('DE-Test', 'OCLC-TST')
    """
    symbol = re.sub(r"\A\s*ISIL[:\s]\s*", "", text, flags=re.IGNORECASE).strip()
    if not re.fullmatch("[0-9A-Za-z]{1,4}-[0-9A-Za-z:/-]+", symbol):
        raise _error("an ISIL of a prefix, a hyphen, and letters, digits, hyphens, colons or slashes", text)
    if len(symbol) > 16:
        raise _error("an ISIL of at most 16 characters", text)
    _checked(_ISIL, stdnum.isil.validate, symbol[: symbol.index("-") + 1], text)
    return stdnum.isil.format(symbol)


def _number(wanted: _Wanted, validate: Callable[[str], str], text: str) -> str:
    printed = _PRINTED.match(text)
    return _checked(wanted, validate, printed[1] if printed else text, text)


def _checked(wanted: _Wanted, validate: Callable[[str], str], number: str, text: str) -> str:
    try:
        return validate(number)
    except stdnum.exceptions.ValidationError as error:
        raise _error(wanted[type(error)], text) from error


def _error(wanted: str, text: str) -> IdentifierError:
    return IdentifierError(f"expected {wanted}, found {str(text)!r:.60}")


# ── those of a message ─────────────────────────────────────────────────────────────────────────────────────────────


def faults(value: object, /) -> list[Fault]:
    """The identifiers that are wrong in an APDU, or in any value of a declared class.

    These are ``isbn`` and ``issn`` of Item-Id, and symbols of libraries and people that look like an ISIL: those in the
    namespace ``isil:``, and those that begin with two capitals and a hyphen.  Whether they have the form and the size
    that ISO ILL wants is not looked at: `isbn10` and `issn` give it.

    >>> from pathlib import Path
    >>> from dataclasses import replace
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> faults(request)
    []
    >>> request = replace(request, item_id=replace(request.item_id, isbn="1771003457"))
    >>> print(*faults(request))
    expected an ISBN with the right check digit, found '1771003457' - at ILL-Request.item_id.isbn
    """
    name = type_of(type(value)).name
    found = []
    for path, _, part in parts(value):
        for attribute, check in _CHECKS.get(type(part), {}).items():
            text = getattr(part, attribute)
            try:
                _ = None if text is None else check(text)
            except IdentifierError as error:
                found.append(Fault(".".join([name, *filter(None, [path]), attribute]), str(error)))
    return found


def _symbol(text: str) -> None:
    if re.match("(?i:isil:)|[A-Z]{2}-", text):
        isil(text)


#: What is looked at, and by which check.
_CHECKS: Mapping[type, Mapping[str, Callable[[str], object]]] = {
    ItemId: {"isbn": isbn, "issn": issn},
    PersonOrInstitutionSymbol: {"person_symbol": _symbol, "institution_symbol": _symbol},
}

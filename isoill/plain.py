"""Values as plain dicts, lists, strings and numbers, and as JSON; lossless both ways.

Names are those of Python.  An APDU says which it is under ``"apdu"``; an absent component has no key; a CHOICE has
the one that is chosen.  Enumerations are written by name, or as the number where it is unlisted; octets in hexadecimal;
NULL as ``"NULL"``; a text that is no plain ``str`` under the name of its class, as in ``{"VisibleString": "OTTAWA"}``.
"""

from __future__ import annotations

import json
import reprlib
from typing import Any, TypeVar, overload

from isoill.asn1 import (
    NULL,
    BitString,
    Enumerated,
    Kind,
    Latin1String,
    Latin1VisibleString,
    Type,
    VisibleString,
    fields_of,
    type_of,
)
from isoill.errors import ILLError, Reason
from isoill.types import ILLAPDU

__all__ = ["PlainError", "from_dict", "from_json", "parsed", "to_dict", "to_json"]

T = TypeVar("T")

_APDU = type_of(ILLAPDU)
_APDUS = frozenset(alternative.python for alternative in _APDU.alternatives)
_TEXTS: dict[str, type[str]] = {cls.__name__: cls for cls in (VisibleString, Latin1String, Latin1VisibleString)}


class PlainError(ILLError, ValueError):
    """A dict or a JSON text that does not say a value: ``reason``, and the ``path`` to what is at fault.

    >>> from_dict({"apdu": "Recall", "protocol_version_num": "two"})
    Traceback (most recent call last):
    isoill.plain.PlainError: expected an int, found 'two' - at Recall.protocol_version_num
    """

    def __init__(self, reason: Reason, detail: str, path: str = "") -> None:
        super().__init__(reason, detail, path)
        self.reason = reason
        self.detail = detail
        self.path = path

    def __str__(self) -> str:
        return f"{self.detail} - at {self.path or 'the value'}"


def to_dict(value: object, /) -> dict[str, Any]:
    """An APDU, or any value of a declared class, as a dict of plain values.

    >>> import isoill
    >>> to_dict(isoill.SystemId.of("als:BVAS"))
    {'person_or_institution_symbol': {'institution_symbol': 'als:BVAS'}}
    """
    cls = type(value)
    name = next((base.__name__ for base in cls.__mro__ if base in _APDUS), None)
    plain: dict[str, Any] = {"apdu": name} if name else {}
    for component in fields_of(cls):
        item = getattr(value, component.name)
        if item is not None:
            plain[component.name] = _plain(component.type, item)
    return plain


def _plain(described: Type, value: Any) -> Any:
    """One value of a type as what JSON can say."""
    match described.kind:
        case Kind.SEQUENCE_OF:
            assert described.element is not None
            return [_plain(described.element, item) for item in value]
        case Kind.ENUMERATED:
            return value.name if isinstance(value, Enumerated) else int(value)
        case Kind.INTEGER:
            return int(value)
        case Kind.OCTET_STRING | Kind.ANY:
            return value.hex()
        case Kind.STRING:
            name = next((name for name, cls in _TEXTS.items() if type(value) is cls), None)
            return {name: str(value)} if name else str(value)
        case Kind.BIT_STRING:
            return {"octets": value.octets.hex(), "unused": value.unused}
        case Kind.NULL:
            return "NULL"
        case Kind.SEQUENCE | Kind.CHOICE | Kind.UNION:
            return to_dict(value)
        case _:
            return value


def to_json(value: object, /, *, indent: int | None = None) -> str:
    """`to_dict` as JSON text.

    >>> import isoill
    >>> to_json(isoill.SystemId.of("als:BVAS"))
    '{"person_or_institution_symbol": {"institution_symbol": "als:BVAS"}}'
    """
    return json.dumps(to_dict(value), ensure_ascii=False, indent=indent)


@overload
def from_dict(plain: dict[str, Any], /, *, type: None = None) -> ILLAPDU: ...
@overload
def from_dict(plain: dict[str, Any], /, *, type: type[T]) -> T: ...
def from_dict(plain: dict[str, Any], /, *, type: Any = None) -> Any:
    """The value that `to_dict` made the dict of; ``type`` is its class where it is not an APDU.

    DEFAULT components may be left out.  Raises `PlainError`.

    >>> import isoill
    >>> from_dict({"person_or_institution_symbol": {"institution_symbol": "als:BVAS"}}, type=isoill.SystemId).symbol
    'als:BVAS'
    """
    described = _APDU if type is None else type_of(type)
    return _value(described, plain, "" if described.kind is Kind.UNION else described.name)


@overload
def from_json(text: str | bytes, /, *, type: None = None) -> ILLAPDU: ...
@overload
def from_json(text: str | bytes, /, *, type: type[T]) -> T: ...
def from_json(text: str | bytes, /, *, type: Any = None) -> Any:
    """The value that `to_json` made the text of; ``type`` is its class where it is not an APDU.  Raises `PlainError`.

    >>> from_json("{")
    Traceback (most recent call last):
    isoill.plain.PlainError: expected JSON, found something else in line 1, column 2 - at the value
    """
    return from_dict(parsed(text), type=type)


def parsed(text: str | bytes, /) -> Any:
    """What a JSON text says, as plain values; `PlainError` where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except PlainError:
        raise
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise PlainError(Reason.MALFORMED_VALUE, f"expected JSON, found something else in {where}") from None
    except UnicodeDecodeError as error:
        what = f"octets that are not UTF-8 at offset {error.start}"
        raise PlainError(Reason.MALFORMED_VALUE, f"expected JSON, found {what}") from None
    except RecursionError:
        raise PlainError(Reason.LIMIT, "expected JSON, found it nested too deep") from None
    except ValueError:  # the only one left: Python reads no integers of thousands of digits
        raise PlainError(Reason.LIMIT, "expected JSON, found a number of too many digits") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, none of whose keys stands twice: the second would silently win."""
    found: dict[str, Any] = {}
    for key, item in pairs:
        if key in found:
            raise PlainError(Reason.DUPLICATE_COMPONENT, f"expected each key once, found {_shown(key)} twice")
        found[key] = item
    return found


def _refused(wanted: str, found: object, path: str) -> PlainError:
    return PlainError(Reason.WRONG_TYPE, f"expected {wanted}, found {_shown(found)}", path)


def _shown(found: object) -> str:
    """Something plain in a few characters, however deep or long it is."""
    try:
        return _SHORT.repr(found)
    except ValueError:  # an int of more digits than Python writes
        return f"{type(found).__name__} of very many digits"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def _octets(plain: object, path: str) -> bytes:
    if not isinstance(plain, str):
        raise _refused("octets in hexadecimal", plain, path)
    try:
        return bytes.fromhex(plain)
    except ValueError:
        raise _refused("octets in hexadecimal", plain, path) from None


def _value(wanted: Type, plain: Any, path: str) -> Any:
    """The value of a type that something plain stands for."""
    match wanted.kind:
        case Kind.SEQUENCE | Kind.CHOICE:
            return _instance(wanted, plain, path)
        case Kind.UNION:
            return _alternative(wanted, plain, path)
        case Kind.SEQUENCE_OF:
            if not isinstance(plain, list) or wanted.element is None:
                raise _refused("a list", plain, path)
            return tuple(_value(wanted.element, item, f"{path}[{index}]") for index, item in enumerate(plain))
        case Kind.STRING:
            return _text(plain, path)
        case Kind.ENUMERATED:
            return _member(wanted, plain, path)
        case Kind.BOOLEAN:
            if not isinstance(plain, bool):
                raise _refused("true or false", plain, path)
            return plain
        case Kind.INTEGER:
            if not isinstance(plain, int) or isinstance(plain, bool):
                raise _refused("an int", plain, path)
            return plain
        case Kind.OBJECT_IDENTIFIER:
            if not isinstance(plain, str):
                raise _refused("an object identifier as '1.0.10161.13.3'", plain, path)
            return plain
        case Kind.OCTET_STRING | Kind.ANY:
            return _octets(plain, path)
        case Kind.BIT_STRING:
            if not isinstance(plain, dict) or plain.keys() != {"octets", "unused"}:
                raise _refused("octets and unused", plain, path)
            unused = plain["unused"]
            if not isinstance(unused, int) or isinstance(unused, bool):
                raise _refused("an int", unused, f"{path}.unused")
            return BitString(_octets(plain["octets"], f"{path}.octets"), unused)
        case Kind.NULL:
            if plain != "NULL":
                raise _refused("'NULL'", plain, path)
            return NULL
        case _:
            raise _refused(wanted.name, plain, path)


def _text(plain: Any, path: str) -> str:
    if isinstance(plain, str):
        return plain
    if isinstance(plain, dict) and len(plain) == 1:
        [(name, text)] = plain.items()
        if name in _TEXTS and isinstance(text, str):
            try:
                return _TEXTS[name](text)
            except ValueError as error:
                raise PlainError(Reason.UNWRITABLE_VALUE, str(error), path) from None
    raise _refused(f"a text, or one under {', '.join(_TEXTS)}", plain, path)


def _member(wanted: Type, plain: Any, path: str) -> int:
    assert wanted.python is not None
    if isinstance(plain, str) and plain in wanted.python.__members__:
        member: int = wanted.python[plain]
        return member
    if isinstance(plain, int) and not isinstance(plain, bool):
        return next((member for member in wanted.python if member == plain), plain)
    raise PlainError(Reason.UNLISTED_VALUE, f"expected a name of {wanted.python.__name__}, found {_shown(plain)}", path)


def _alternative(wanted: Type, plain: Any, path: str) -> Any:
    """An instance of the class that is named under ``"apdu"``."""
    if not isinstance(plain, dict):
        raise _refused("a dict", plain, path)
    name = plain.get("apdu")
    for alternative in wanted.alternatives:
        if alternative.python is not None and alternative.python.__name__ == name:
            return _instance(alternative, plain, path or alternative.name)
    raise PlainError(Reason.UNLISTED_VALUE, f"expected the class of an APDU under 'apdu', found {_shown(name)}", path)


def _instance(wanted: Type, plain: Any, path: str) -> Any:
    """An instance of a declared class."""
    cls = wanted.python
    assert cls is not None
    if not isinstance(plain, dict):
        raise _refused(f"the components of {wanted.name}", plain, path)
    components = {component.name: component for component in fields_of(cls)}
    if plain.get("apdu") == cls.__name__ and "apdu" not in components:
        plain = {name: item for name, item in plain.items() if name != "apdu"}
    for name in plain:
        if name not in components:
            raise PlainError(
                Reason.UNKNOWN_COMPONENT, f"expected a component of {wanted.name}, found {_shown(name)}", path
            )
    for name, component in components.items():
        if component.required and name not in plain:
            raise PlainError(Reason.MISSING_COMPONENT, f"expected {name}, found nothing", path)
    if wanted.kind is Kind.CHOICE and len(plain) != 1:
        raise PlainError(
            Reason.UNWRITABLE_VALUE, f"expected exactly one of {', '.join(components)}, found {len(plain)}", path
        )
    return cls(**{name: _value(components[name].type, item, f"{path}.{name}") for name, item in plain.items()})

"""Object identifiers that ISO ILL messages carry: what each is called, and what type of value it stands for."""

from __future__ import annotations

import builtins
import re
from _thread import RLock
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, overload

from isoill.asn1 import Type, type_of
from isoill.records import record

__all__ = ["OID_NAMES", "Registered", "register", "registered", "registered_as"]

#: Name of each object identifier, as the Maintenance Agency's registers and their users write it.
OID_NAMES = {
    "1.0.10161.2.1": "ISO-10161-ILL-1",
    "1.0.10161.4.1000.2.1": "OCLC-ILL-Service",
    "1.0.10161.6.1": "IPIG-System-Number",
    "1.0.10161.7.1": "SICI",
    "1.0.10161.7.2": "Item-Language-Translation",
    "1.0.10161.8.1000.2.1": "OCLC-Specific-Results",
    "1.0.10161.9.1.1": "e-delivery by SMTP",
    "1.0.10161.9.1.2": "e-delivery by FTP",
    "1.0.10161.9.2": "e-delivery by fax",
    "1.0.10161.10.1000.7.1": "JEDDS-ILL-Edelivery-Parameters",
    "1.0.10161.13.1": "OCLC-Prism-ILL-Error",
    "1.0.10161.13.2": "OCLC-ILL-Request-Extension",
    "1.0.10161.13.3": "APDU-Delivery-Info",
    "1.0.10161.13.4": "ILL-Supplemental-Client-Info",
    "1.0.10161.13.5": "Forwarded-Additional-Info",
    "1.0.10161.13.6": "IPIG-Additional-User-Error-Information",
    "1.0.10161.13.7": "Suppliers-Reference",
    "1.0.10161.13.8": "Internal-Reference-Number",
    "1.0.10161.13.9": "IPIG-ILL-Request-Extension",
    "1.0.10161.13.10": "IPIG-Conditional-Reply-Extension",
    "1.0.10161.13.1000.2.2": "OCLC-ILL-Error-List",
    "1.0.10161.13.1000.2.3": "Requester-Notification-Extension",
    "1.0.10161.13.1000.2.4": "Patron-Request-Extension",
    "1.0.10161.13.1000.2.5": "Service-Request-Extension",
    "1.0.10161.13.1000.2.6": "OCLC-Shipped-Extension",
    "1.0.10161.13.1000.2.7": "Intermediary-Control",
    "1.0.10161.13.1000.2.8": "Pick-List-Extension",
    "1.2.124.10161.1": "Canadian national-bibliography-no",
    "1.2.124.10161.2": "Canadian system-no",
    "1.2.840.10003.5.1": "UNIMARC",
    "1.2.840.10003.5.2": "INTERMARC",
    "1.2.840.10003.5.10": "MARC 21",
    "1.2.840.10003.5.11": "UKMARC",
    "1.2.840.10003.5.12": "NORMARC",
    "1.2.840.10003.5.13": "LIBRIS MARC",
    "1.2.840.10003.5.14": "DanMARC",
    "1.2.840.10003.5.15": "FINMARC",
    "1.2.840.10003.5.16": "MAB",
    "1.2.840.10003.5.17": "CAN/MARC",
    "1.2.840.10003.5.18": "SBN",
    "1.2.840.10003.5.19": "PicaMARC",
    "1.2.840.10003.5.20": "AUSMARC",
    "1.2.840.10003.5.21": "IBERMARC",
    "1.2.840.10003.5.22": "CATMARC",
    "1.2.840.10003.5.23": "MALMARC",
    "1.2.840.10003.5.24": "JP MARC",
    "1.2.840.10003.5.25": "SWEMARC",
    "1.2.840.10003.5.26": "SIGLE MARC",
    "1.2.840.10003.5.27": "ISDS/ISSN MARC",
    "1.2.840.10003.5.28": "RUSMARC",
    "1.2.840.10003.5.29": "HUNMARC",
    "1.2.840.10003.5.31": "FINMARC 2000",
    "1.2.840.10003.5.32": "MARC 21-fin",
    "1.2.840.10003.5.109.10": "XML",
    "1.2.840.10003.8.1": "Z39.50 access control, prompt-1",
}


@record
class Registered:
    """A type of payload, and the object identifier under which it travels."""

    oid: str
    #: a declared class, or an annotation
    type: Any
    #: whether an extension of it is to be marked as critical
    critical: bool = False


_BY_OID: dict[str, Registered] = {}
_BY_TYPE: dict[Type, Registered] = {}
_KNOWN: dict[Any, Registered] = {}  # what was found for a class or an annotation: to read it costs as much as a payload

_REGISTERING = RLock()

T = TypeVar("T")


@overload
def register(oid: str, /, *, name: str | None = None, critical: bool = False) -> Callable[[type[T]], type[T]]: ...
@overload
def register(oid: str, type: Any, /, *, name: str | None = None, critical: bool = False) -> Registered: ...
def register(oid: str, type: Any = None, /, *, name: str | None = None, critical: bool = False) -> Any:
    """Say that values of a type travel under an object identifier: above a declared class, or called with a type.

    From then on `Apdu.extension`, `External.value` and their like find the one by the other, and what people are
    shown has the ``name`` (that of the type, where none is given) if it had none.  An object identifier has one type,
    and a type one object identifier; ValueError says so otherwise.  The same class declared again, as in a notebook,
    replaces itself.

    >>> from typing import Annotated
    >>> from isoill.asn1 import Explicit, sequence
    >>> from isoill.types import ILLString
    >>> @register("1.0.10161.13.1000.999.1")
    ... @sequence
    ... class Shelfmark:
    ...     shelf: Annotated[ILLString, Explicit(0)]
    >>> registered("1.0.10161.13.1000.999.1").type
    <class 'isoill.oids.Shelfmark'>
    >>> registered_as(Shelfmark).oid
    '1.0.10161.13.1000.999.1'
    """
    if type is None:

        def above(cls: Any) -> Any:
            register(oid, cls, name=name, critical=critical)
            return cls

        return above
    if not re.fullmatch(r"([01]\.[1-3]?[0-9]|2\.(0|[1-9][0-9]{0,19}))(\.(0|[1-9][0-9]{0,19})){0,126}", oid):
        raise ValueError(f"expected an object identifier in numbers and points, found {oid!r:.60}")
    described = type_of(type)
    entry = Registered(oid, type, critical)
    with _REGISTERING:
        for other in (_BY_OID.get(oid), _BY_TYPE.get(described)):
            if other is None or other == entry:
                continue
            if other.oid != oid or other.type is type or not _again(other.type, type):
                there = type_of(other.type)
                raise ValueError(f"expected {described} and {oid} to be free, found {there} registered as {other.oid}")
            _BY_TYPE.pop(type_of(other.type), None)
            _KNOWN.clear()
        _BY_OID[oid] = _BY_TYPE[described] = entry
        OID_NAMES.setdefault(oid, name or described.name)
    return entry


def _again(other: Any, type: Any) -> bool:
    """Whether a type is the same declaration once more, as it is when its module is loaded again."""
    classes = [isinstance(each, builtins.type) for each in (other, type)]
    if all(classes):
        return (other.__module__, other.__qualname__) == (type.__module__, type.__qualname__)
    return not any(classes) and type_of(other).name == type_of(type).name


def registered(oid: str | None, /) -> Registered | None:
    """What is registered under an object identifier; None where nothing is.

    The payloads that isoill knows are there once `isoill.payloads` is imported.
    """
    return None if oid is None else _BY_OID.get(oid)


def registered_as(type: Any, /) -> Registered:
    """What a type is registered as; LookupError where it is not."""
    found = _KNOWN.get(type) if isinstance(type, Hashable) else None
    if found is None:
        try:
            found = _BY_TYPE.get(type_of(type))
        except TypeError:  # a plain ``tuple`` or ``str`` is no type: it may be any of several
            found = None
        if found is None:
            name = getattr(type, "__name__", type)
            raise LookupError(f"expected a type that is registered under an object identifier, found {name!s:.60}")
        _KNOWN[type] = found
    return found

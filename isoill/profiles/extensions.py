"""What rules of several profiles ask of extensions, and of symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from isoill.errors import DecodeError
from isoill.oids import OID_NAMES, registered, registered_as
from isoill.payloads import APDUDeliveryInfo
from isoill.profiles.contact import Contact
from isoill.profiles.rules import EVERY_MESSAGE, Fault, Faults, Rule, Severity, Subject, shown
from isoill.types import Apdu, Extension, External, SystemId

__all__ = [
    "PAYLOAD",
    "add_delivery_info",
    "all_extensions",
    "delivery_infos",
    "externals",
    "missing",
    "symbols_without_namespace",
]


def all_extensions(subject: Subject) -> Iterator[tuple[str, Extension]]:
    """The extensions of a message, and where they are."""
    for index, extension in enumerate(getattr(subject.apdu, "extensions", None) or ()):
        yield f"extensions[{index}]", extension


def externals(subject: Subject, *oids: str) -> Iterator[tuple[str, External]]:
    """The EXTERNALs in extensions, under any of these identifiers if there are any, and where they are."""
    for path, extension in all_extensions(subject):
        try:
            external = extension.external
        except DecodeError:
            continue
        if not oids or external.direct_reference in oids:
            yield path, external


def missing(type: Any) -> Faults:
    """There has to be an extension of a registered type."""
    oid = registered_as(type).oid

    def faults(subject: Subject) -> Iterator[Fault]:
        there = list(externals(subject, oid))
        for path, external in there:
            try:
                external.value(type, strict=False)
            except DecodeError:
                yield Fault(path, "one that cannot be read")  # and why, `PAYLOAD` says
        if not there:
            yield Fault("extensions", f"none that is {OID_NAMES[oid]} ({oid})")

    return faults


def add_delivery_info(subject: Subject, contact: Contact) -> Apdu | None:
    """Say where we are and where the partner is, if that is configured, and there is nothing that it would replace."""
    info = contact.delivery_info
    there = any(externals(subject, registered_as(APDUDeliveryInfo).oid))
    return None if info is None or there else subject.apdu.with_extension(info)


def delivery_infos(subject: Subject) -> Iterator[tuple[str, str, Any]]:
    """Each list of each APDU-Delivery-Info that can be read: where it is, what it is called, and the list."""
    for path, external in externals(subject, registered_as(APDUDeliveryInfo).oid):
        try:
            info = external.value(APDUDeliveryInfo, strict=False)
        except DecodeError:
            continue  # `PAYLOAD` says so
        yield path, "sender_info", info.sender_info
        yield path, "recipient_info", info.recipient_info
        yield path, "transponder_info", info.transponder_info or ()


def _unreadable(subject: Subject) -> Iterator[Fault]:
    for path, external in externals(subject):
        entry = registered(external.direct_reference)
        if entry is not None:
            try:
                external.value(entry.type, strict=False)
            except DecodeError as error:
                yield Fault(path, f"in {external.direct_reference} another: {error}")


#: For every partner that looks into extensions.
PAYLOAD = Rule(
    id="payload",
    severity=Severity.WARNING,
    on=EVERY_MESSAGE,
    path="extensions[]",
    sentence="what an extension holds is of the type that its object identifier names",
    source="registers of the Maintenance Agency",
    faults=_unreadable,
)


def symbols_without_namespace(subject: Subject) -> Iterator[Fault]:
    """Symbols that are not ``namespace:symbol``."""
    for path, _, value in subject.parts:
        if isinstance(value, SystemId) and value.symbol is not None:
            namespace, colon, symbol = value.symbol.partition(":")
            if not (namespace and colon and symbol):
                yield Fault(f"{path}.person_or_institution_symbol", shown(value.symbol))

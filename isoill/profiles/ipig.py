"""The profile of the ILL Protocol Implementors Group (Internationally Registered Profile 01).

Of the profile itself only contents pages were to be had: what stands here is from the Maintenance Agency's
clarifications and registers.  Which services are mandatory is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from isoill.errors import DecodeError
from isoill.oids import registered, registered_as
from isoill.payloads import APDUDeliveryInfo, ItemLanguageTranslation, OCLCILLRequestExtension
from isoill.profiles.extensions import (
    PAYLOAD,
    add_delivery_info,
    all_extensions,
    delivery_infos,
    externals,
    missing,
    symbols_without_namespace,
)
from isoill.profiles.profile import Profile
from isoill.profiles.rules import EVERY_MESSAGE, Fault, Rule, Severity, Subject
from isoill.profiles.standard import STANDARD
from isoill.types import Extension, ILLRequest

__all__ = ["IPIG"]

_MOST = 25  # elements of a list in APDU-Delivery-Info


def _too_long(subject: Subject) -> Iterator[Fault]:
    for path, name, addresses in delivery_infos(subject):
        if len(addresses) > _MOST:
            yield Fault(path, f"{len(addresses)} in {name}")


def _nowhere(subject: Subject) -> Iterator[Fault]:
    for path, name, addresses in delivery_infos(subject):
        if name == "sender_info" and not any(each.transport.telecom_service_address for each in addresses):
            yield Fault(path, f"no address in {name}")


def _holds_external(extension: Extension) -> bool:
    try:
        _ = extension.external
    except DecodeError:
        return False
    return True


def _other_identifiers(subject: Subject) -> Iterator[Fault]:
    for path, extension in all_extensions(subject):
        if extension.identifier != 1 and _holds_external(extension):
            yield Fault(f"{path}.identifier", str(extension.identifier))


def _other_items(subject: Subject) -> Iterator[Fault]:
    for path, extension in all_extensions(subject):
        if extension.identifier == 1 and not _holds_external(extension):
            yield Fault(f"{path}.item", f"octets {extension.item[:8].hex()}")


def _superseded(subject: Subject) -> Iterator[Fault]:
    by = "which version 3 has replaced by IPIG-ILL-Request-Extension (1.0.10161.13.9)"
    oid = registered_as(OCLCILLRequestExtension).oid
    for path, _ in externals(subject, oid):
        yield Fault(path, f"{oid}, {by}")
    oid = registered_as(ItemLanguageTranslation).oid
    for path, external in subject.at("supplemental_item_description[]"):
        if external is not None and external.direct_reference == oid:
            yield Fault(path, f"{oid}, {by}")


def _critical(subject: Subject) -> Iterator[Fault]:
    for path, extension in all_extensions(subject):
        oid = extension.external.direct_reference if _holds_external(extension) else None
        if extension.critical and registered(oid) is None:
            yield Fault(f"{path}.critical", f"TRUE for {oid or 'no object identifier':.60}")


_REGISTER = "register of the Maintenance Agency, 1.0.10161.13.3"
_CLARIFICATION_02 = "Clarification 02 of the Maintenance Agency"

IPIG = Profile(
    name="ipig",
    title="IPIG Profile",
    summary="What is public of the profile of the ILL Protocol Implementors Group, version 3; its own text is not.",
    base=STANDARD,
    rules=(
        *STANDARD.rules,
        Rule(
            id="ipig-delivery-info",
            severity=Severity.REFUSED,
            on=EVERY_MESSAGE,
            path="extensions",
            sentence="every message has an APDU-Delivery-Info",
            source=_REGISTER,
            faults=missing(APDUDeliveryInfo),
            mend=add_delivery_info,
        ),
        Rule(
            id="ipig-delivery-lists",
            severity=Severity.REFUSED,
            on=EVERY_MESSAGE,
            path="extensions[]",
            sentence="the lists of APDU-Delivery-Info hold at most 25 elements",
            source=_REGISTER,
            faults=_too_long,
        ),
        Rule(
            id="ipig-return-address",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[]",
            sentence="the sender's address is where the answer goes, on a new connection or by mail",
            source="Implementation Test Beds of the ILL ASMA, 2002; that there must be one is inferred",
            faults=_nowhere,
        ),
        PAYLOAD,
        Rule(
            id="ipig-identifier",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[].identifier",
            sentence="an extension that holds an EXTERNAL has identifier 1, which means one of implementors",
            source=_CLARIFICATION_02,
            faults=_other_identifiers,
        ),
        Rule(
            id="ipig-external",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[].item",
            sentence="an extension with identifier 1 holds an EXTERNAL",
            source=_CLARIFICATION_02,
            faults=_other_items,
        ),
        Rule(
            id="ipig-critical",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[].critical",
            sentence="a critical extension is of a type that is registered, with the Maintenance Agency or here",
            source="inferred",
            faults=_critical,
        ),
        Rule(
            id="ipig-symbol",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="System-Id",
            sentence="a symbol is written namespace:symbol",
            source="practice of the field (Ex Libris; Implementation Test Beds; Simon Fraser University's request)",
            faults=symbols_without_namespace,
        ),
        Rule(
            id="ipig-superseded",
            severity=Severity.NOTE,
            on=(ILLRequest,),
            path="extensions[], supplemental_item_description[]",
            sentence="more about a request is said by IPIG-ILL-Request-Extension",
            source="registers of the Maintenance Agency, 13.2 and 7.2",
            faults=_superseded,
        ),
    ),
    services=STANDARD.services,
    services_source="those of the standard; which of them the profile wants is not public",
    listeners=STANDARD.listeners,
    listeners_source=STANDARD.listeners_source,
)

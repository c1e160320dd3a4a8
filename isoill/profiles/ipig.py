"""The profile of the ILL Protocol Implementors Group (Internationally Registered Profile 01).

Of the profile itself only contents pages were to be had: what stands here is from the Maintenance Agency's
clarifications and registers.  Which services are mandatory is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from isoill.errors import DecodeError
from isoill.oids import registered, registered_as
from isoill.payloads import APDUDeliveryInfo, OCLCILLRequestExtension
from isoill.profiles.profile import Listener, Profile
from isoill.profiles.rules import EVERY_MESSAGE, Fault, Rule, Severity, Subject, shown
from isoill.profiles.standard import STANDARD
from isoill.services import Transport
from isoill.types import Apdu, External, ILLRequest, SystemId

__all__ = [
    "IPIG",
    "add_delivery_info",
    "delivery_info_missing",
    "delivery_infos",
    "extensions",
    "symbols_without_namespace",
]

_MOST = 25  # elements of a list in APDU-Delivery-Info


def extensions(subject: Subject, *oids: str) -> Iterator[tuple[str, External]]:
    """The extensions that hold an EXTERNAL, under any of these identifiers if there are any, and where they are."""
    for index, extension in enumerate(getattr(subject.apdu, "extensions", None) or ()):
        try:
            external = extension.external
        except DecodeError:
            continue
        if not oids or external.direct_reference in oids:
            yield f"extensions[{index}]", external


def delivery_info_missing(subject: Subject) -> Iterator[Fault]:
    """There is no APDU-Delivery-Info."""
    if not any(extensions(subject, registered_as(APDUDeliveryInfo).oid)):
        yield Fault("extensions", "none that is APDU-Delivery-Info (1.0.10161.13.3)")


def add_delivery_info(subject: Subject, profile: Profile) -> Apdu | None:
    """Say where we are and where the partner is, if that is configured."""
    info = profile.delivery_info
    return None if info is None else subject.apdu.with_extension(info)


def symbols_without_namespace(subject: Subject) -> Iterator[Fault]:
    """Symbols that are not ``namespace:symbol``."""
    for path, _, value in subject.parts:
        if isinstance(value, SystemId) and value.symbol is not None:
            namespace, colon, symbol = value.symbol.partition(":")
            if not (namespace and colon and symbol):
                yield Fault(f"{path}.person_or_institution_symbol", shown(value.symbol))


def delivery_infos(subject: Subject) -> Iterator[tuple[str, APDUDeliveryInfo]]:
    """Each APDU-Delivery-Info that can be read, and where it is."""
    for path, external in extensions(subject, registered_as(APDUDeliveryInfo).oid):
        try:
            yield path, external.value(APDUDeliveryInfo, strict=False)
        except DecodeError:
            continue


def _unreadable(subject: Subject) -> Iterator[Fault]:
    for path, external in extensions(subject):
        entry = registered(external.direct_reference)
        if entry is not None:
            try:
                external.value(entry.type, strict=False)
            except DecodeError as error:
                yield Fault(path, f"in {external.direct_reference}: {error}")


def _too_long(subject: Subject) -> Iterator[Fault]:
    for path, info in delivery_infos(subject):
        for name in ("sender_info", "recipient_info", "transponder_info"):
            elements = getattr(info, name) or ()
            if len(elements) > _MOST:
                yield Fault(path, f"{len(elements)} in {name}")


def _nowhere(subject: Subject) -> Iterator[Fault]:
    for path, info in delivery_infos(subject):
        if not any(each.transport.telecom_service_address for each in info.sender_info):
            yield Fault(path, "no address in sender_info")


def _other_identifiers(subject: Subject) -> Iterator[Fault]:
    for index, extension in enumerate(getattr(subject.apdu, "extensions", None) or ()):
        if extension.identifier != 1:
            yield Fault(f"extensions[{index}].identifier", str(extension.identifier))


def _other_items(subject: Subject) -> Iterator[Fault]:
    for index, extension in enumerate(getattr(subject.apdu, "extensions", None) or ()):
        try:
            _ = extension.external
        except DecodeError:
            yield Fault(f"extensions[{index}].item", f"octets {extension.item[:8].hex()}")


def _superseded(subject: Subject) -> Iterator[Fault]:
    for path, _ in extensions(subject, registered_as(OCLCILLRequestExtension).oid, "1.0.10161.7.2"):
        yield Fault(path, "one that version 3 has replaced by IPIG-ILL-Request-Extension (1.0.10161.13.9)")


def _critical(subject: Subject) -> Iterator[Fault]:
    for index, extension in enumerate(getattr(subject.apdu, "extensions", None) or ()):
        try:
            oid = extension.external.direct_reference
        except DecodeError:
            oid = None
        if extension.critical and registered(oid) is None:
            yield Fault(f"extensions[{index}].critical", f"TRUE for {oid or 'no object identifier'}")


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
            faults=delivery_info_missing,
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
            source="Implementation Test Beds of the ILL ASMA, 2002",
            faults=_nowhere,
        ),
        Rule(
            id="ipig-payload",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[]",
            sentence="what an extension holds is of the type that its object identifier names",
            source="registers of the Maintenance Agency",
            faults=_unreadable,
        ),
        Rule(
            id="ipig-identifier",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[].identifier",
            sentence="an extension of implementors has identifier 1",
            source=_CLARIFICATION_02,
            faults=_other_identifiers,
        ),
        Rule(
            id="ipig-external",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[].item",
            sentence="an extension of implementors holds an EXTERNAL",
            source=_CLARIFICATION_02,
            faults=_other_items,
        ),
        Rule(
            id="ipig-critical",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[].critical",
            sentence="a critical extension is one that the other side knows",
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
            path="extensions[]",
            sentence="more about a request is said by IPIG-ILL-Request-Extension",
            source="registers of the Maintenance Agency, 13.2 and 7.2",
            faults=_superseded,
        ),
    ),
    services=STANDARD.services,
    listeners=(
        Listener(Transport.CONNECTION, 1611),
        Listener(Transport.CONNECTION, 499, duplex=True),
        Listener(Transport.MAIL),
    ),
)

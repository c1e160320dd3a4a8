"""Alma of Ex Libris, as its ISO ILL profile for developers says.

Left out, as there is nothing to break: that electronic delivery is asked for as service 2, that no expiry is the
default of the expiry-flag, and how Alma matches what it is sent beside the item.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from isoill.asn1 import Latin1String
from isoill.payloads import APDUDeliveryInfo
from isoill.profiles.contact import Contact
from isoill.profiles.extensions import PAYLOAD, add_delivery_info, delivery_infos, missing
from isoill.profiles.profile import Listener, Profile, Service, Support
from isoill.profiles.rules import (
    EVERY_MESSAGE,
    Fault,
    Rule,
    Severity,
    Subject,
    blank,
    checked,
    every,
    filled,
    refuse,
    shown,
    together,
)
from isoill.profiles.standard import STANDARD
from isoill.services import Role, Transport
from isoill.types import (
    Apdu,
    Cancel,
    CancelReply,
    CheckedIn,
    Expired,
    ILLAnswer,
    ILLRequest,
    Message,
    Received,
    Renew,
    RenewAnswer,
    Returned,
    Shipped,
    TransactionResults,
    TransactionType,
)

__all__ = ["ALMA"]

_SOURCE = "Alma's ISO ILL profile (Ex Libris Developer Network, resource sharing, peer to peer)"

_SERVICES = (
    Service(ILLRequest, Role.REQUESTER, Support.REQUIRED),
    Service(Received, Role.REQUESTER, Support.SUPPORTED),
    Service(Returned, Role.REQUESTER, Support.SUPPORTED),
    Service(Cancel, Role.REQUESTER, Support.SUPPORTED),
    Service(Renew, Role.REQUESTER, Support.SUPPORTED),
    Service(Message, Role.REQUESTER, Support.OPTIONAL),
    Service(Shipped, Role.RESPONDER, Support.SUPPORTED),
    Service(CheckedIn, Role.RESPONDER, Support.SUPPORTED),
    Service(ILLAnswer, Role.RESPONDER, Support.REQUIRED, "unfilled"),
    Service(ILLAnswer, Role.RESPONDER, Support.REFUSED, "all but unfilled"),
    Service(CancelReply, Role.RESPONDER, Support.OPTIONAL),
    Service(RenewAnswer, Role.RESPONDER, Support.OPTIONAL),
    Service(Message, Role.RESPONDER, Support.OPTIONAL),
    Service(Expired, Role.RESPONDER, Support.SUPPORTED),
)
_LISTED = tuple({service.message for service in _SERVICES})

#: What Alma requires of each message, and that it says something; most of it is mandatory in the standard's types too.
_REQUIRED: dict[type[Apdu], tuple[str, ...]] = {
    ILLRequest: ("delivery_address", "ill_service_type", "item_id"),
    Shipped: ("shipped_service_type",),
    ILLAnswer: ("transaction_results",),
    CancelReply: ("answer",),
    Received: ("date_received", "shipped_service_type"),
    Returned: ("date_returned",),
    CheckedIn: ("date_checked_in",),
    Message: ("note",),
}


def _required(subject: Subject) -> Iterator[Fault]:
    yield from filled(*_REQUIRED.get(type(subject.apdu), ()))(subject)


def _not_listed(subject: Subject) -> Iterator[Fault]:
    if not isinstance(subject.apdu, _LISTED):
        yield Fault("", subject.name)


def _no_reason(subject: Subject) -> bool:
    unfilled = subject.value("transaction_results") == TransactionResults.UNFILLED
    return unfilled and subject.value("results_explanation") is None


def _renewed(subject: Subject) -> bool:
    return subject.value("answer") is True


def _aliases(subject: Subject) -> Iterator[Fault]:
    for path, name, addresses in delivery_infos(subject):
        count = sum(len(each.aliases or ()) for each in addresses)
        if count:
            yield Fault(path, f"{count} in {name}")


def _add_delivery_info(subject: Subject, contact: Contact) -> Apdu | None:
    """Without aliases, which Alma does not know."""
    own, partner = (
        tuple(replace(each, aliases=None) for each in addresses)
        for addresses in (contact.own_addresses, contact.partner_addresses)
    )
    return add_delivery_info(subject, replace(contact, own_addresses=own, partner_addresses=partner))


def _nothing_to_match(subject: Subject) -> Iterator[Fault]:
    if all(blank(subject.value(f"item_id.{name}")) for name in ("national_bibliography_no", "isbn", "title")):
        yield Fault("item_id.title", "none of the three")


def _mailed(subject: Subject) -> Iterator[Fault]:
    if subject.transport is Transport.MAIL:
        yield Fault("", "mail")


ALMA = Profile(
    name="alma",
    title="Alma",
    summary="Alma as borrower and as lender, by what Ex Libris tells developers.",
    base=STANDARD,
    rules=(
        *STANDARD.rules,
        PAYLOAD,
        Rule(
            id="alma-unfilled",
            severity=Severity.REFUSED,
            on=(ILLAnswer,),
            path="transaction_results",
            sentence="Alma knows one answer, unfilled (3)",
            source=_SOURCE,
            faults=checked(
                "transaction_results", lambda result: None if result == TransactionResults.UNFILLED else shown(result)
            ),
        ),
        Rule(
            id="alma-reason",
            severity=Severity.REFUSED,
            on=(ILLAnswer,),
            path="results_explanation.unfilled_results",
            sentence="an answer unfilled says the reason",
            source=_SOURCE,
            faults=filled("results_explanation.unfilled_results", when=_no_reason),
        ),
        Rule(
            id="alma-required",
            severity=Severity.REFUSED,
            on=tuple(_REQUIRED),
            path=", ".join(dict.fromkeys(path for paths in _REQUIRED.values() for path in paths)),
            sentence="Alma requires this component",
            source=_SOURCE,
            faults=_required,
        ),
        Rule(
            id="alma-renewed",
            severity=Severity.REFUSED,
            on=(RenewAnswer,),
            path="date_due",
            sentence="a Renew-Answer that says yes says until when",
            source=_SOURCE,
            faults=filled("date_due", when=_renewed),
        ),
        Rule(
            id="alma-version",
            severity=Severity.REFUSED,
            on=EVERY_MESSAGE,
            path="protocol_version_num",
            sentence="Alma speaks version 2",
            source=_SOURCE,
            faults=checked("protocol_version_num", lambda number: None if number == 2 else shown(number)),
        ),
        Rule(
            id="alma-simple",
            severity=Severity.REFUSED,
            on=(ILLRequest, Shipped),
            path="transaction_type",
            sentence="Alma has simple transactions",
            source=_SOURCE,
            faults=refuse("transaction_type", TransactionType.CHAINED, TransactionType.PARTITIONED),
        ),
        Rule(
            id="alma-flags",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="retry_flag, forward_flag",
            sentence="Alma supports neither retry-flag nor forward-flag",
            source=_SOURCE,
            faults=together(refuse("retry_flag", True), refuse("forward_flag", True)),
        ),
        Rule(
            id="alma-service",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="",
            sentence="Alma lists the messages that it supports",
            source=_SOURCE,
            faults=_not_listed,
        ),
        Rule(
            id="alma-delivery-info",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions",
            sentence="Alma recommends an APDU-Delivery-Info, by which it knows sender and receiver",
            source=_SOURCE,
            faults=missing(APDUDeliveryInfo),
            mend=_add_delivery_info,
        ),
        Rule(
            id="alma-aliases",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions[]",
            sentence="Alma does not support aliases",
            source=_SOURCE,
            faults=_aliases,
        ),
        Rule(
            id="alma-text",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="ILL-String",
            sentence="Alma reads text as UTF-8",
            source=_SOURCE,
            faults=every("ILL-String", lambda text: shown(text) if isinstance(text, Latin1String) else None),
        ),
        Rule(
            id="alma-match",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="item_id.title",
            sentence="Alma finds the item by national-bibliography-no, ISBN or title",
            source=_SOURCE,
            faults=_nothing_to_match,
        ),
        Rule(
            id="alma-transport",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="",
            sentence="Alma listens to TCP",
            source=_SOURCE,
            faults=_mailed,
        ),
    ),
    services=_SERVICES,
    services_source=_SOURCE,
    listeners_source=f"{_SOURCE}; that it is simplex is inferred",
    listeners=(Listener(Transport.CONNECTION, 9001),),
)

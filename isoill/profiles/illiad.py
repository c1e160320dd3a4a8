"""ILLiad of Atlas Systems, as its documentation says."""

from __future__ import annotations

from collections.abc import Iterator

from isoill.payloads import APDUDeliveryInfo
from isoill.profiles.extensions import PAYLOAD, add_delivery_info, missing, symbols_without_namespace
from isoill.profiles.profile import Listener, Profile, Service, Support
from isoill.profiles.rules import EVERY_MESSAGE, Fault, Rule, Severity, Subject, checked, filled, refuse, shown
from isoill.profiles.standard import STANDARD
from isoill.services import Role, Transport
from isoill.types import (
    Cancel,
    CancelReply,
    ConditionalReply,
    Expired,
    ExpiryFlag,
    ForwardNotification,
    ILLAnswer,
    ILLRequest,
    Lost,
    Message,
    Overdue,
    Recall,
    Received,
    Shipped,
    StatusQuery,
)

__all__ = ["ILLIAD"]

_KB = "Atlas Systems, ILLiad knowledge base"
#: Reasons that ILLiad's list says ISO does not use; the module has 21 and 22.
_UNKNOWN_REASONS = (21, 22, 26)


def _too_early(subject: Subject) -> Iterator[Fault]:
    if subject.own_history and not any(isinstance(apdu, Shipped) for apdu in subject.own_history):
        yield Fault("", "none in the history")


def _expires(subject: Subject) -> bool:
    return bool(subject.value("search_type.expiry_flag") == ExpiryFlag.OTHER_DATE)


ILLIAD = Profile(
    name="illiad",
    title="ILLiad",
    summary="ILLiad by the documentation of Atlas Systems; it keeps to the standard's state tables in what it sends.",
    base=STANDARD,
    rules=(
        *STANDARD.rules,
        PAYLOAD,
        Rule(
            id="illiad-delivery-info",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="extensions",
            sentence="on the simplex port 1611 the answer goes to the address in APDU-Delivery-Info",
            source="IPIG profile; that ILLiad needs it is inferred",
            faults=missing(APDUDeliveryInfo),
            mend=add_delivery_info,
        ),
        Rule(
            id="illiad-symbol",
            severity=Severity.WARNING,
            on=EVERY_MESSAGE,
            path="System-Id",
            sentence="ILLiad knows a site by prefix:symbol",
            source=f"{_KB} 10543",
            faults=symbols_without_namespace,
        ),
        Rule(
            id="illiad-title",
            severity=Severity.NOTE,
            on=(ILLRequest,),
            path="item_id.title",
            sentence="RLG ILL Manager, which ILLiad also works with, requires a title",
            source=f"{_KB} 10525",
            faults=filled("item_id.title"),
        ),
        Rule(
            id="illiad-expiry",
            severity=Severity.NOTE,
            on=(ILLRequest,),
            path="search_type.expiry_date",
            sentence="on the expiry-date ILLiad answers Expired",
            source=f"{_KB} 10495",
            faults=checked("search_type.expiry_date", shown, when=_expires),
        ),
        Rule(
            id="illiad-reason",
            severity=Severity.WARNING,
            on=(ILLAnswer,),
            path="results_explanation.unfilled_results.reason_unfilled",
            sentence="ILLiad takes mandatory-messaging-not-supported (21), expiry-not-supported (22) and 26 for unused",
            source="Atlas Systems, reasons for cancellation (support article 360011907433)",
            faults=checked(
                "results_explanation.unfilled_results.reason_unfilled",
                lambda reason: shown(reason) if reason in _UNKNOWN_REASONS else None,
            ),
        ),
        Rule(
            id="illiad-received",
            severity=Severity.WARNING,
            on=(Received,),
            path="",
            sentence="ILLiad expects Shipped before Received, and itself holds Received back until then",
            source=f"{_KB} 10162; that it expects the same is inferred",
            faults=_too_early,
        ),
        Rule(
            id="illiad-forward",
            severity=Severity.NOTE,
            on=(ForwardNotification,),
            path="",
            sentence="ILLiad does not forward so: it answers unfilled, and the borrower asks the other library",
            source="docs.atlas-sys.com, ILLiad 10.0, Lending: Forwarding Requests via ISO ILL",
            faults=lambda subject: [Fault("", "a Forward-Notification")],
        ),
        Rule(
            id="illiad-condition",
            severity=Severity.NOTE,
            on=(ConditionalReply,),
            path="answer",
            sentence="ILLiad does not alert the lender to a Conditional-Reply that says no",
            source="docs.atlas-sys.com, ILLiad 10.0, Processing with ISO",
            faults=refuse("answer", False),
        ),
    ),
    services_source=f"docs.atlas-sys.com, ILLiad 10.0, Processing with ISO, and {_KB}; the list is not complete",
    services=(
        Service(ILLRequest, Role.REQUESTER, Support.SUPPORTED),
        Service(Cancel, Role.REQUESTER, Support.SUPPORTED),
        Service(ConditionalReply, Role.REQUESTER, Support.SUPPORTED),
        Service(Received, Role.REQUESTER, Support.SUPPORTED, "held back until Shipped"),
        Service(Lost, Role.REQUESTER, Support.SUPPORTED),
        Service(StatusQuery, Role.REQUESTER, Support.SUPPORTED),
        Service(Message, Role.REQUESTER, Support.SUPPORTED),
        Service(ILLAnswer, Role.RESPONDER, Support.SUPPORTED),
        Service(Shipped, Role.RESPONDER, Support.SUPPORTED),
        Service(CancelReply, Role.RESPONDER, Support.SUPPORTED),
        Service(Recall, Role.RESPONDER, Support.SUPPORTED),
        Service(Overdue, Role.RESPONDER, Support.SUPPORTED),
        Service(Expired, Role.RESPONDER, Support.SUPPORTED),
        Service(Message, Role.RESPONDER, Support.SUPPORTED),
    ),
    listeners_source=f"{_KB} 10720",
    listeners=(Listener(Transport.CONNECTION, 1611),),
)

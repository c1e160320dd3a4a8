"""Who sends what: the roles of a transaction, the services and events of the standard, the two kinds of transport."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

from isoill.asn1 import type_of
from isoill.types import (
    Apdu,
    Cancel,
    CancelReply,
    CheckedIn,
    ConditionalReply,
    Damaged,
    Expired,
    ForwardNotification,
    ILLAnswer,
    ILLRequest,
    Lost,
    Message,
    Overdue,
    Recall,
    Received,
    Renew,
    RenewAnswer,
    Returned,
    Shipped,
    StatusOrErrorReport,
    StatusQuery,
    TransactionResults,
)

__all__ = ["SENDERS", "Direction", "Event", "Role", "Transport", "event_of"]


class Role(enum.StrEnum):
    """The part that a system plays in a transaction.

    >>> Role("requester") is Role.REQUESTER
    True
    """

    #: asks for an item: the borrower
    REQUESTER = "requester"
    #: is asked for it: the lender
    RESPONDER = "responder"
    #: is asked, and asks others: responder to the one side and requester to the other
    INTERMEDIARY = "intermediary"

    @property
    def side(self) -> Role:
        """Whose state tables are kept in one transaction: an intermediary is the responder of the one who asks it."""
        return Role.REQUESTER if self is Role.REQUESTER else Role.RESPONDER


class Transport(enum.StrEnum):
    """How messages travel, as far as the standard's rules depend on it.

    >>> Transport("mail") is Transport.MAIL
    True
    """

    #: store-and-forward: the receiver has nothing but the message
    MAIL = "mail"
    #: connection-oriented: TCP, duplex (499) or simplex (1611)
    CONNECTION = "connection"


_REQUESTER = frozenset({Role.REQUESTER})
_RESPONDER = frozenset({Role.RESPONDER})
_EITHER = _REQUESTER | _RESPONDER

#: Who sends each message.  An intermediary sends what the role sends that it plays there, and Forward-Notification.
SENDERS: Mapping[type[Apdu], frozenset[Role]] = MappingProxyType(
    {
        ILLRequest: _REQUESTER,
        ForwardNotification: frozenset({Role.INTERMEDIARY, Role.RESPONDER}),
        Shipped: _RESPONDER,
        ILLAnswer: _RESPONDER,
        ConditionalReply: _REQUESTER,
        Cancel: _REQUESTER,
        CancelReply: _RESPONDER,
        Received: _REQUESTER,
        Recall: _RESPONDER,
        Returned: _REQUESTER,
        CheckedIn: _RESPONDER,
        Overdue: _RESPONDER,
        Renew: _REQUESTER,
        RenewAnswer: _RESPONDER,
        Lost: _EITHER,
        Damaged: _EITHER,
        Message: _EITHER,
        StatusQuery: _EITHER,
        StatusOrErrorReport: _EITHER,
        Expired: _RESPONDER,
    }
)


class Direction(enum.StrEnum):
    """Whether one side sends a message or receives it: the standard's request and indication.

    >>> Direction.SEND.other
    <Direction.RECEIVE: 'receive'>
    """

    SEND = "send"
    RECEIVE = "receive"

    @property
    def other(self) -> Direction:
        """What the same message is to the other side."""
        return Direction.RECEIVE if self is Direction.SEND else Direction.SEND


class Event(enum.StrEnum):
    """What can happen in a transaction: the messages, told apart by their answers where the state tables do.

    >>> Event("Cancel-Reply no") is Event.CANCEL_REPLY_NO
    True
    """

    ILL_REQUEST = "ILL-Request"
    #: the service of a responder that passes the request on, of which the requester sees a Forward-Notification
    FORWARD = "Forward"
    FORWARD_NOTIFICATION = "Forward-Notification"
    SHIPPED = "Shipped"
    ANSWER_CONDITIONAL = "ILL-Answer conditional"
    ANSWER_RETRY = "ILL-Answer retry"
    ANSWER_UNFILLED = "ILL-Answer unfilled"
    ANSWER_LOCATIONS_PROVIDED = "ILL-Answer locations-provided"
    ANSWER_WILL_SUPPLY = "ILL-Answer will-supply"
    ANSWER_HOLD_PLACED = "ILL-Answer hold-placed"
    ANSWER_ESTIMATE = "ILL-Answer estimate"
    CONDITIONAL_REPLY_YES = "Conditional-Reply yes"
    CONDITIONAL_REPLY_NO = "Conditional-Reply no"
    CANCEL = "Cancel"
    CANCEL_REPLY_YES = "Cancel-Reply yes"
    CANCEL_REPLY_NO = "Cancel-Reply no"
    RECEIVED = "Received"
    RECALL = "Recall"
    RETURNED = "Returned"
    CHECKED_IN = "Checked-In"
    OVERDUE = "Overdue"
    RENEW = "Renew"
    RENEW_ANSWER_YES = "Renew-Answer yes"
    RENEW_ANSWER_NO = "Renew-Answer no"
    LOST = "Lost"
    DAMAGED = "Damaged"
    MESSAGE = "Message"
    STATUS_QUERY = "Status-Query"
    STATUS_OR_ERROR_REPORT = "Status-Or-Error-Report"
    #: the responder's timer runs out
    EXPIRED = "Expired"


def event_of(apdu: Apdu, direction: Direction) -> Event:
    """The event that a message is to the side that sends or receives it.

    Raises ValueError where an ILL-Answer has none of the seven results, as lenient reading lets through.

    >>> from isoill import CancelReply, DateTimeOfService, ServiceDateTime, TransactionId
    >>> reply = CancelReply(
    ...     protocol_version_num=2,
    ...     transaction_id=TransactionId(transaction_group_qualifier="7", transaction_qualifier="1"),
    ...     service_date_time=ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261122")),
    ...     answer=False,
    ... )
    >>> event_of(reply, Direction.SEND)
    <Event.CANCEL_REPLY_NO: 'Cancel-Reply no'>
    """
    name = type_of(type(apdu)).name
    if isinstance(apdu, ILLAnswer):
        results = apdu.transaction_results
        if not isinstance(results, TransactionResults):
            raise ValueError(f"expected one of the seven transaction-results, found {results}")
        return Event(f"{name} {results.asn1_name}")
    if isinstance(apdu, (ConditionalReply, CancelReply, RenewAnswer)):
        return Event(f"{name} {'yes' if apdu.answer else 'no'}")
    if isinstance(apdu, ForwardNotification) and direction is Direction.SEND:
        return Event.FORWARD
    return Event(name)

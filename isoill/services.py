"""Who sends what: the roles of a transaction, the services of the standard, the two kinds of transport."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

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
)

__all__ = ["SENDERS", "Role", "Transport"]


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

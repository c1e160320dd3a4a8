"""Which states the two ends of a transaction can be in at the same time, as the state tables have it.

Both tables here follow from those of `isoill.transitions`: they are what comes out when all conversations are gone
through in which each side sends what the strict table allows, and bears what the lenient one does.  A test does that
again, and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from isoill.services import Role
from isoill.transitions import STATES, State

__all__ = ["POSSIBLE", "SETTLED", "compatible"]


def _states(words: str) -> frozenset[State]:
    return frozenset(map(State, words.split()))


_TRACKED = "CANCEL-PENDING SHIPPED RENEW-PENDING RENEW-OVERDUE OVERDUE RECALL CHECKED-IN"
_AFTER_REQUEST = "IN-PROCESS NOT-SUPPLIED CONDITIONAL CANCEL-PENDING CANCELLED SHIPPED OVERDUE RECALL CHECKED-IN LOST"

#: For each state of the requester, those of the responder when every message has arrived, and in order.
SETTLED: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.IDLE: _states("IDLE"),
        State.PENDING: _states("IN-PROCESS"),
        State.NOT_SUPPLIED: _states("NOT-SUPPLIED"),
        State.CONDITIONAL: _states("CONDITIONAL"),
        State.CANCEL_PENDING: _states("CANCEL-PENDING"),
        State.CANCELLED: _states("CANCELLED"),
        # a Cancel that crossed the Shipped is still to be answered; and a Checked-In ends it wherever it stands
        State.SHIPPED: _states("CANCEL-PENDING SHIPPED CHECKED-IN"),
        State.RECEIVED: _states("CANCEL-PENDING SHIPPED CHECKED-IN"),
        State.RENEW_PENDING: _states("RENEW-PENDING CHECKED-IN"),
        State.RENEW_OVERDUE: _states("RENEW-OVERDUE CHECKED-IN"),
        State.OVERDUE: _states("OVERDUE CHECKED-IN"),
        State.NOT_RECEIVED_OVERDUE: _states("OVERDUE CHECKED-IN"),
        State.RECALL: _states("RECALL CHECKED-IN"),
        # the responder only notes a Returned
        State.RETURNED: _states(_TRACKED),
        State.LOST: _states("CHECKED-IN LOST"),
    }
)

#: The same when messages may have been lost, or come late, or in another order.
POSSIBLE: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.IDLE: _states("IDLE"),
        State.PENDING: _states(f"IDLE {_AFTER_REQUEST}"),
        State.NOT_SUPPLIED: _states(_AFTER_REQUEST),
        State.CONDITIONAL: _states(_AFTER_REQUEST),
        State.CANCEL_PENDING: _states(f"IDLE {_AFTER_REQUEST}"),
        State.CANCELLED: _states("CANCELLED"),
        State.SHIPPED: _states("CANCEL-PENDING SHIPPED OVERDUE RECALL CHECKED-IN LOST"),
        State.RECEIVED: _states(f"{_TRACKED} LOST"),
        State.RENEW_PENDING: _states(f"{_TRACKED} LOST"),
        State.RENEW_OVERDUE: _states(f"{_TRACKED} LOST"),
        State.OVERDUE: _states(f"{_TRACKED} LOST"),
        State.NOT_RECEIVED_OVERDUE: _states("OVERDUE RECALL CHECKED-IN LOST"),
        State.RECALL: _states("RECALL CHECKED-IN LOST"),
        State.RETURNED: _states(f"{_TRACKED} LOST"),
        State.LOST: _states(f"{_TRACKED} LOST"),
    }
)


def compatible(requester: State, responder: State, *, settled: bool = False) -> bool:
    """Whether the two ends can stand so; ``settled`` if nothing was lost and nothing is on the way.

    A responder in FORWARD is out of it: the requester goes on with another.

    >>> compatible(State.PENDING, State.SHIPPED), compatible(State.PENDING, State.SHIPPED, settled=True)
    (True, False)
    >>> compatible(State.CANCELLED, State.SHIPPED)
    False
    """
    if requester not in STATES[Role.REQUESTER] or responder not in STATES[Role.RESPONDER]:
        raise ValueError(f"expected a state of each role, found {requester} and {responder}")
    if responder is State.FORWARD:
        return requester is not State.IDLE
    return responder in (SETTLED if settled else POSSIBLE)[requester]

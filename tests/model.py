"""Every conversation that two sides can have by the state tables, as far as states and not words are concerned.

The sides keep to the strict table in what they send, and to the lenient one in what they bear.  Each is its state,
whether the item is a loan (None as long as it has not gone), and whether a Cancel, or a Checked-In, went before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from isoill.services import Direction, Event, Role
from isoill.transitions import EVENTS, Outcome, Predicate, State, cell

SEND, RECEIVE = Direction.SEND, Direction.RECEIVE

#: One of each kind whose rows are alike, and nothing that changes no state.
EVENTS_LOOKED_AT = frozenset(Event) - {
    Event.ANSWER_RETRY,
    Event.ANSWER_LOCATIONS_PROVIDED,
    Event.ANSWER_ESTIMATE,
    Event.ANSWER_HOLD_PLACED,
    Event.ANSWER_WILL_SUPPLY,
    Event.DAMAGED,
    Event.MESSAGE,
    Event.STATUS_QUERY,
    Event.STATUS_OR_ERROR_REPORT,
    Event.FORWARD,  # from then on the requester talks to another
}


class Side(NamedTuple):
    """What one side knows."""

    role: Role
    state: State = State.IDLE
    loan: bool | None = None
    cancelling: bool = False
    checked_in: bool = False

    def outcome(self, direction: Direction, event: Event, *, lenient: bool) -> Outcome | None:
        holds = {
            None: True,
            Predicate.LOAN: self.loan is not False,
            Predicate.OUT: self.loan is not False and not self.checked_in,
            Predicate.GONE: self.loan is not None,
            Predicate.LENT: self.loan is True,
            Predicate.HERE: self.loan is None,
            Predicate.PERMITTED: True,
            Predicate.REPEAT: True,  # these change no state
            Predicate.CANCELLING: self.cancelling,
        }
        for each in cell(self.role, self.state, direction, event).outcomes:
            if holds[each.predicate] and (lenient or not each.lenient):
                return each
        return None

    def after(self, event: Event, outcome: Outcome, loan: bool | None) -> Side:
        goes = event in (Event.SHIPPED, Event.RECEIVED) and self.loan is None
        return Side(
            self.role,
            outcome.to,
            loan if goes else self.loan,
            self.cancelling or event is Event.CANCEL,
            self.checked_in or event is Event.CHECKED_IN,
        )

    def sends(self) -> Iterator[tuple[Side, Message]]:
        """What it may send, and what it is then; what would only be a repeat is none of it."""
        for event in EVENTS[self.role][SEND]:
            outcome = self.outcome(SEND, event, lenient=False) if event in EVENTS_LOOKED_AT else None
            if outcome is not None and not (outcome.to is self.state and outcome.remark == "repeat"):
                open_ = event is Event.SHIPPED and self.loan is None
                for loan in (True, False) if open_ else (self.loan,):
                    yield self.after(event, outcome, loan), (event, loan)


#: An event, and for a Shipped whether it is of a loan.
Message: TypeAlias = tuple[Event, bool | None]
#: Both sides, and what is on the way to the responder and to the requester: in order, or just all that ever was.
Queued: TypeAlias = tuple[Side, Side, tuple[Message, ...], tuple[Message, ...]]
Scattered: TypeAlias = tuple[Side, Side, frozenset[Message], frozenset[Message]]


class Violation(NamedTuple):
    """What one side sent by the tables, and the other may not receive by them."""

    role: Role
    state: State
    event: Event


def in_order(depth: int) -> tuple[set[tuple[State, State]], set[Violation], set[Violation]]:
    """Conversations over a channel that loses nothing, with so many messages on the way to each side at most.

    The pairs of states in which nothing is on the way; what was refused; and what only the lenient table took.
    """
    start: Queued = (Side(Role.REQUESTER), Side(Role.RESPONDER), (), ())
    seen, todo = {start}, deque([start])
    settled, refused, borne = set(), set(), set()
    while todo:
        one, other, to_other, to_one = todo.popleft()
        found: list[Queued] = []
        if not to_other and not to_one:
            settled.add((one.state, other.state))
        if len(to_other) < depth:
            found += [(side, other, (*to_other, message), to_one) for side, message in one.sends()]
        if len(to_one) < depth:
            found += [(one, side, to_other, (*to_one, message)) for side, message in other.sends()]
        for side, queue in ((one, to_one), (other, to_other)):
            if queue:
                event, loan = queue[0]
                outcome = side.outcome(RECEIVE, event, lenient=True)
                if outcome is None:
                    refused.add(Violation(side.role, side.state, event))
                    continue
                if outcome.lenient:
                    borne.add(Violation(side.role, side.state, event))
                then = side.after(event, outcome, loan)
                found.append((then, other, to_other, to_one[1:]) if side is one else (one, then, to_other[1:], to_one))
        todo.extend(node for node in found if node not in seen)
        seen.update(found)
    return settled, refused, borne


def out_of_order() -> set[tuple[State, State]]:
    """The pairs of states over a channel that may lose a message, and deliver it whenever and as often as it likes."""
    start: Scattered = (Side(Role.REQUESTER), Side(Role.RESPONDER), frozenset(), frozenset())
    seen, todo = {start}, [start]
    while todo:
        one, other, to_other, to_one = todo.pop()
        found: list[Scattered] = [(side, other, to_other | {message}, to_one) for side, message in one.sends()]
        found += [(one, side, to_other, to_one | {message}) for side, message in other.sends()]
        for event, loan in to_one:
            outcome = one.outcome(RECEIVE, event, lenient=True)
            if outcome is not None:
                found.append((one.after(event, outcome, loan), other, to_other, to_one))
        for event, loan in to_other:
            outcome = other.outcome(RECEIVE, event, lenient=True)
            if outcome is not None:
                found.append((one, other.after(event, outcome, loan), to_other, to_one))
        todo.extend(node for node in found if node not in seen)
        seen.update(found)
    return {(one.state, other.state) for one, other, _, _ in seen}

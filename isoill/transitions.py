"""The state tables of requester and responder: what may happen in which state, what comes of it, and how that is known.

The standard's own tables (ISO 10161-1, Annex A) are not public.  These are put together from implementations and from
official clarifications, and every cell says from which; a cell that names none is inferred from the logic of the
protocol.  There are two tables in one.  The *strict* one is what isoill sends, and what it calls a violation; the
*lenient* one is what real partners do and can be borne: a cell with ``~`` is in the lenient table only.

A row below reads like a row of the printed table: the event, and the cells of the states in which there is something to
say; all others are ``X``, not allowed.  A cell is written ``~NEXT marks if predicate (remark)``, the next state being
``=`` where it stays, and the marks those of `Evidence`; several outcomes of one cell are parted by ``;``, and the first
whose predicate holds is taken.

>>> from isoill.services import Direction, Event, Role
>>> print(cell(Role.REQUESTER, State.PENDING, Direction.SEND, Event.CANCEL))
requester, PENDING, send Cancel: CANCEL-PENDING [k v e]
>>> print(cell(Role.RESPONDER, State.IN_PROCESS, Direction.RECEIVE, Event.RECEIVED))
responder, IN-PROCESS, receive Received: ~SHIPPED [e s n] (the item went without a message), date and RETURN are noted
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from isoill.records import record
from isoill.services import Direction, Event, Role
from isoill.types import CurrentState

__all__ = [
    "EVENTS",
    "STATES",
    "TERMINAL",
    "Cell",
    "Evidence",
    "Outcome",
    "Predicate",
    "State",
    "cell",
    "cells",
    "open_cells",
]


class State(enum.StrEnum):
    """Where a transaction stands, as one side sees it.

    >>> State.PENDING.current_state
    CurrentState.PENDING
    >>> State.of(CurrentState.SHIPPED)
    <State.SHIPPED: 'SHIPPED'>
    """

    #: before the request; there is no such Current-State, and a report says UNKNOWN
    IDLE = "IDLE"
    NOT_SUPPLIED = "NOT-SUPPLIED"
    PENDING = "PENDING"
    IN_PROCESS = "IN-PROCESS"
    FORWARD = "FORWARD"
    CONDITIONAL = "CONDITIONAL"
    CANCEL_PENDING = "CANCEL-PENDING"
    CANCELLED = "CANCELLED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    RENEW_PENDING = "RENEW-PENDING"
    NOT_RECEIVED_OVERDUE = "NOT-RECEIVED-OVERDUE"
    RENEW_OVERDUE = "RENEW-OVERDUE"
    OVERDUE = "OVERDUE"
    RETURNED = "RETURNED"
    CHECKED_IN = "CHECKED-IN"
    RECALL = "RECALL"
    LOST = "LOST"
    #: of a transaction that one does not hold; in reports only
    UNKNOWN = "UNKNOWN"

    @property
    def current_state(self) -> CurrentState:
        """The value by which a report tells the other side."""
        return CurrentState.UNKNOWN if self is State.IDLE else CurrentState[self.name]

    @classmethod
    def of(cls, current_state: CurrentState) -> State:
        """The state that a report tells; a partner's may be one that its role has not here: a responder's RECEIVED."""
        return cls[current_state.name]


class Evidence(enum.Enum):
    """From which a cell of the tables is known; ``.value`` says what that is."""

    K = "k-int/iso10161, state_transitions.json"
    V = "VDX: its help, and UnityUK's"
    E = "LIBOL (eMicLib): what it asks before each action"
    S = "Auto-Graphics SHAREit and VERSO: manuals"
    L = "Aleph: which Current-State it reports"
    A = "Atlas (ILLiad) and Alma: their pages"
    C = "Clarification 03 of the Maintenance Agency"
    N = "National Library of Australia: questions and answers"

    @property
    def mark(self) -> str:
        """The letter by which the tables name it."""
        return self.name.lower()


class Predicate(enum.StrEnum):
    """What must be true beside the state: the protocol variables that a cell looks at."""

    #: RETURN (10161-1, 8.2.2; p5 of Table A-3): the item is to come back, as far as is known; it is no copy
    LOAN = "loan"
    #: the item is to come back, and no Checked-In has said that it has
    OUT = "out"
    #: the item was sent, with or without a Shipped
    GONE = "gone"
    #: it was, and is to come back, as far as is known
    LENT = "lent"
    #: it was not
    HERE = "here"
    #: the request has permission-to-forward
    PERMITTED = "permitted"
    #: the same service went before
    REPEAT = "repeat"
    #: a Cancel went before
    CANCELLING = "cancelling"


@record
class Outcome:
    """What comes of an event: the next state, on which condition, in which table, and how that is known."""

    to: State
    #: None where it always holds
    predicate: Predicate | None
    #: in the lenient table only
    lenient: bool
    #: none where it is inferred
    evidence: tuple[Evidence, ...]
    #: what kind of event it is then, in a few words: a repeat, a duplicate, a crossing
    remark: str = ""
    #: what the side does beside going to the next state; nothing where that is all
    action: str = ""


@record
class Cell:
    """One cell of the tables; no outcomes means that it is not allowed."""

    role: Role
    state: State
    direction: Direction
    event: Event
    #: the first whose predicate holds is taken
    outcomes: tuple[Outcome, ...] = ()
    #: for what is not allowed, how that is known
    evidence: tuple[Evidence, ...] = ()
    #: for what is not allowed, why
    remark: str = ""

    @property
    def answer(self) -> str:
        """How something is answered that is not allowed; nothing where it is, or would be our own."""
        if self.outcomes or self.direction is Direction.SEND or self.event is Event.STATUS_OR_ERROR_REPORT:
            return ""
        return {State.IDLE: "unknown-transaction-id", State.FORWARD: "already-forwarded"}.get(
            self.state, "state-transition-prohibited"
        )

    def __str__(self) -> str:
        contents = "; ".join(map(self._outcome, self.outcomes)) or self._known("X", self.evidence, self.remark)
        return f"{self.role}, {self.state}, {self.direction} {self.event}: {contents}"

    def _outcome(self, outcome: Outcome) -> str:
        to = f"{'~' * outcome.lenient}{'=' if outcome.to is self.state else outcome.to}"
        known = self._known(to, outcome.evidence, outcome.remark, outcome.predicate)
        return f"{known}, {outcome.action}" if outcome.action else known

    @staticmethod
    def _known(to: str, evidence: tuple[Evidence, ...], remark: str, predicate: Predicate | None = None) -> str:
        marks = f" [{' '.join(each.mark for each in evidence)}]" if evidence else ""
        return f"{to}{marks}{f' if {predicate}' if predicate else ''}{f' ({remark})' if remark else ''}"


_REQUESTER, _RESPONDER = Role.REQUESTER, Role.RESPONDER
_SEND, _GET = Direction.SEND, Direction.RECEIVE
_CELL = re.compile(r"(~?)([A-Z-]+|=)(?: ([kveslacn]+))?(?: if ([a-z]+))?(?: \((.*)\))?")

#: The states of each side, the processing phase first, in the order in which the tables print them.
STATES: Mapping[Role, tuple[State, ...]] = MappingProxyType(
    {
        Role.REQUESTER: (
            State.IDLE,
            State.PENDING,
            State.NOT_SUPPLIED,
            State.CONDITIONAL,
            State.CANCEL_PENDING,
            State.CANCELLED,
            State.SHIPPED,
            State.RECEIVED,
            State.RENEW_PENDING,
            State.RENEW_OVERDUE,
            State.OVERDUE,
            State.NOT_RECEIVED_OVERDUE,
            State.RECALL,
            State.RETURNED,
            State.LOST,
        ),
        Role.RESPONDER: (
            State.IDLE,
            State.IN_PROCESS,
            State.NOT_SUPPLIED,
            State.FORWARD,
            State.CONDITIONAL,
            State.CANCEL_PENDING,
            State.CANCELLED,
            State.SHIPPED,
            State.RENEW_PENDING,
            State.RENEW_OVERDUE,
            State.OVERDUE,
            State.RECALL,
            State.CHECKED_IN,
            State.LOST,
        ),
    }
)

#: The states in which a transaction ends.  For a copy, the requester's RECEIVED and the responder's SHIPPED do, too.
TERMINAL: Mapping[Role, frozenset[State]] = MappingProxyType(
    {
        Role.REQUESTER: frozenset({State.NOT_SUPPLIED, State.CANCELLED, State.RETURNED, State.LOST}),
        Role.RESPONDER: frozenset({State.NOT_SUPPLIED, State.FORWARD, State.CANCELLED, State.CHECKED_IN, State.LOST}),
    }
)

_FAILURES = (Event.ANSWER_RETRY, Event.ANSWER_UNFILLED, Event.ANSWER_LOCATIONS_PROVIDED, Event.ANSWER_ESTIMATE)
_HOPES = (Event.ANSWER_WILL_SUPPLY, Event.ANSWER_HOLD_PLACED)

_CELLS: dict[tuple[Role, State, Direction, Event], Cell] = {}


def _row(
    role: Role,
    directions: Direction | tuple[Direction, ...],
    events: Event | tuple[Event, ...],
    *,
    when: Predicate | None = None,
    does: str = "",
    **written: str,
) -> None:
    """A row: its events, a predicate that holds for all of its cells, what is done in them, and they by their states.

    What is said again is not done again.
    """
    for direction in (directions,) if isinstance(directions, Direction) else directions:
        for event in (events,) if isinstance(events, Event) else events:
            for name, contents in written.items():
                state = State[name]
                assert state in STATES[role], name
                key = (role, state, direction, event)
                assert key not in _CELLS, key
                _CELLS[key] = _cell(key, contents, when, does)


def _cell(key: tuple[Role, State, Direction, Event], contents: str, when: Predicate | None, does: str) -> Cell:
    outcomes = []
    for each in contents.split("; "):
        match = _CELL.fullmatch(each)
        assert match is not None, each
        lenient, to, marks, predicate, remark = match.groups(default="")
        evidence = tuple(each for each in Evidence if each.mark in marks)
        if to == "X":
            return Cell(*key, evidence=evidence, remark=remark)
        outcomes.append(
            Outcome(
                to=key[1] if to == "=" else State(to),
                predicate=Predicate(predicate) if predicate else when,
                lenient=bool(lenient),
                evidence=evidence,
                remark=remark,
                action="" if remark in ("repeat", "duplicate") else does,
            )
        )
    return Cell(*key, tuple(outcomes))


# ── requester, processing phase ────────────────────────────────────────────────────────────────────────────────────

_row(
    _REQUESTER,
    _SEND,
    Event.ILL_REQUEST,
    IDLE="PENDING ke",
    PENDING="= k (repeat)",
    NOT_SUPPLIED="X (a retry is a new transaction)",
)
_row(_REQUESTER, _SEND, Event.CONDITIONAL_REPLY_YES, PENDING="= k (repeat)", CONDITIONAL="PENDING kve")
_row(
    _REQUESTER,
    _SEND,
    Event.CONDITIONAL_REPLY_NO,
    NOT_SUPPLIED="= if repeat (repeat)",
    CONDITIONAL="NOT-SUPPLIED kv",
)
_row(
    _REQUESTER,
    _SEND,
    Event.CANCEL,
    PENDING="CANCEL-PENDING kev",
    CONDITIONAL="CANCEL-PENDING e",
    CANCEL_PENDING="= k (repeat)",
)
_row(
    _REQUESTER,
    _GET,
    Event.FORWARD_NOTIFICATION,
    does="the new responder is noted",
    PENDING="= v",
    NOT_SUPPLIED="=",
    CANCEL_PENDING="=",
)
_row(
    _REQUESTER,
    _GET,
    Event.ANSWER_CONDITIONAL,
    PENDING="CONDITIONAL esv",
    CONDITIONAL="= (duplicate)",
    CANCEL_PENDING="= (crossing)",
)
_row(
    _REQUESTER,
    _GET,
    _FAILURES,
    PENDING="NOT-SUPPLIED esv",
    NOT_SUPPLIED="= (duplicate)",
    CONDITIONAL="~NOT-SUPPLIED e",
    CANCEL_PENDING="NOT-SUPPLIED (crossing)",
)
_row(_REQUESTER, _GET, _HOPES, PENDING="= vs", CANCEL_PENDING="= (crossing)")
_row(_REQUESTER, _GET, Event.CANCEL_REPLY_YES, CANCEL_PENDING="CANCELLED esv", CANCELLED="= (duplicate)")
_row(
    _REQUESTER,
    _GET,
    Event.EXPIRED,
    PENDING="NOT-SUPPLIED a",
    NOT_SUPPLIED="= (duplicate)",
    CONDITIONAL="NOT-SUPPLIED",
    CANCEL_PENDING="NOT-SUPPLIED (crossing)",
)

# ── requester, tracking phase, and what is in both ─────────────────────────────────────────────────────────────────

_row(
    _REQUESTER,
    _GET,
    Event.CANCEL_REPLY_NO,
    PENDING="= (duplicate)",
    CANCEL_PENDING="PENDING se",
    SHIPPED="= e (crossing)",
    RECEIVED="~= if cancelling (crossing)",
    RENEW_PENDING="~= if cancelling (crossing)",
    RENEW_OVERDUE="~= if cancelling (crossing)",
    OVERDUE="~= if cancelling (crossing)",
    NOT_RECEIVED_OVERDUE="~= if cancelling (crossing)",
    RECALL="~= if cancelling (crossing)",
    RETURNED="~= if cancelling (crossing)",
    LOST="~= if cancelling (crossing)",
)
_row(
    _REQUESTER,
    _GET,
    Event.SHIPPED,
    does="RETURN is set, and the date due noted",
    PENDING="SHIPPED ves",
    CONDITIONAL="~SHIPPED",
    CANCEL_PENDING="SHIPPED (crossing)",
    SHIPPED="= (duplicate)",
    RECEIVED="= na (late: Received went first)",
    RENEW_PENDING="=",
    RENEW_OVERDUE="=",
    OVERDUE="=",
    NOT_RECEIVED_OVERDUE="=",
    RECALL="=",
    RETURNED="=",
)
_row(
    _REQUESTER,
    _SEND,
    Event.RECEIVED,
    PENDING="~RECEIVED esn",
    SHIPPED="RECEIVED ves",
    RECEIVED="= (repeat)",
    OVERDUE="= (repeat)",
    NOT_RECEIVED_OVERDUE="OVERDUE",
    RECALL="=",
)
_row(
    _REQUESTER,
    _SEND,
    Event.RENEW,
    when=Predicate.OUT,
    SHIPPED="X ev",
    RECEIVED="RENEW-PENDING ves",
    RENEW_PENDING="= (repeat)",
    RENEW_OVERDUE="= e (repeat)",
    OVERDUE="RENEW-OVERDUE vs",
    NOT_RECEIVED_OVERDUE="~RENEW-OVERDUE e",
    RECALL="X e",
    RETURNED="X e",
    LOST="X e",
)
_row(
    _REQUESTER,
    _SEND,
    Event.RETURNED,
    when=Predicate.LOAN,
    SHIPPED="X e",
    RECEIVED="RETURNED ves",
    RENEW_PENDING="RETURNED e",
    RENEW_OVERDUE="RETURNED e",
    OVERDUE="RETURNED es",
    NOT_RECEIVED_OVERDUE="RETURNED e",
    RECALL="RETURNED e",
    RETURNED="= (repeat)",
)
_row(
    _REQUESTER,
    _SEND,
    Event.LOST,
    PENDING="~LOST e",
    CANCEL_PENDING="~LOST e",
    SHIPPED="LOST e",
    RECEIVED="LOST esv",
    RENEW_PENDING="LOST",
    RENEW_OVERDUE="LOST",
    OVERDUE="LOST s",
    NOT_RECEIVED_OVERDUE="LOST",
    RECALL="LOST",
    RETURNED="LOST",
    LOST="= (repeat)",
)
# before the item went there is no RETURN to look at
_row(_REQUESTER, _GET, Event.RECALL, PENDING="~RECALL e", CANCEL_PENDING="~RECALL e")
_row(
    _REQUESTER,
    _GET,
    Event.RECALL,
    when=Predicate.LOAN,
    SHIPPED="RECALL v",
    RECEIVED="RECALL se",
    RENEW_PENDING="RECALL",
    RENEW_OVERDUE="RECALL",
    OVERDUE="RECALL",
    NOT_RECEIVED_OVERDUE="RECALL",
    RECALL="= (duplicate)",
    RETURNED="= (crossing)",
    LOST="=",
)
_row(
    _REQUESTER,
    _GET,
    Event.OVERDUE,
    does="the date due is noted",
    PENDING="~NOT-RECEIVED-OVERDUE",
    CANCEL_PENDING="~NOT-RECEIVED-OVERDUE",
)
_row(
    _REQUESTER,
    _GET,
    Event.OVERDUE,
    when=Predicate.LOAN,
    does="the date due is noted",
    SHIPPED="NOT-RECEIVED-OVERDUE vs",
    RECEIVED="OVERDUE vse",
    RENEW_PENDING="RENEW-OVERDUE",
    RENEW_OVERDUE="OVERDUE se (refuses the renewal)",
    OVERDUE="= (duplicate)",
    NOT_RECEIVED_OVERDUE="= (duplicate)",
    RECALL="=",
    RETURNED="= (crossing)",
    LOST="=",
)
_row(
    _REQUESTER,
    _GET,
    Event.RENEW_ANSWER_YES,
    does="the new date due is noted",
    RECEIVED="= s (unasked renewal)",
    RENEW_PENDING="RECEIVED s",
    RENEW_OVERDUE="RECEIVED s",
    OVERDUE="~RECEIVED",
    RECALL="=",
    RETURNED="= (crossing)",
    LOST="~= (crossing)",
)
_row(
    _REQUESTER,
    _GET,
    Event.RENEW_ANSWER_NO,
    RECEIVED="= (duplicate)",
    RENEW_PENDING="RECEIVED s (LIBOL goes to OVERDUE)",
    RENEW_OVERDUE="OVERDUE se",
    OVERDUE="= (duplicate)",
    RECALL="=",
    RETURNED="=",
    LOST="~= (crossing)",
)
_row(
    _REQUESTER,
    _GET,
    Event.CHECKED_IN,
    does="the transaction is closed",
    SHIPPED="= evs (final)",
    RECEIVED="= evs (final)",
    RENEW_PENDING="= (final)",
    RENEW_OVERDUE="= (final)",
    OVERDUE="= evs (final)",
    NOT_RECEIVED_OVERDUE="= (final)",
    RECALL="= evs (final)",
    RETURNED="= (final)",
    LOST="= (final)",
)
_row(
    _REQUESTER,
    _GET,
    Event.LOST,
    PENDING="~LOST e",
    CANCEL_PENDING="~LOST e",
    SHIPPED="LOST e",
    RECEIVED="LOST e",
    RENEW_PENDING="LOST e",
    RENEW_OVERDUE="LOST e",
    OVERDUE="LOST e",
    NOT_RECEIVED_OVERDUE="LOST e",
    RECALL="LOST e",
    RETURNED="LOST",
    LOST="= (duplicate)",
)

# ── responder, processing phase ────────────────────────────────────────────────────────────────────────────────────

_row(
    _RESPONDER,
    _GET,
    Event.ILL_REQUEST,
    does="the expiry timer starts",
    IDLE="IN-PROCESS kv",
    IN_PROCESS="= k (duplicate)",
    NOT_SUPPLIED="= k (duplicate)",
    FORWARD="= k (duplicate)",
    CONDITIONAL="= k (duplicate)",
    CANCEL_PENDING="= (duplicate)",
    CANCELLED="= (duplicate)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.FORWARD,
    does="the ILL-Request is sent onward, and a Forward-Notification back",
    IN_PROCESS="FORWARD if permitted",
    FORWARD="= (repeat)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.ANSWER_CONDITIONAL,
    IN_PROCESS="CONDITIONAL sve",
    CONDITIONAL="= (repeat)",
)
_row(
    _RESPONDER,
    _SEND,
    _FAILURES,
    IN_PROCESS="NOT-SUPPLIED esv",
    NOT_SUPPLIED="= if repeat (repeat)",
    CONDITIONAL="~NOT-SUPPLIED e",
)
_row(_RESPONDER, _SEND, Event.ANSWER_WILL_SUPPLY, does="the expiry timer stops", IN_PROCESS="= sv")
_row(_RESPONDER, _SEND, Event.ANSWER_HOLD_PLACED, IN_PROCESS="= sv")
_row(
    _RESPONDER,
    _SEND,
    Event.CANCEL_REPLY_YES,
    CANCEL_PENDING="CANCELLED es if here",
    CANCELLED="= (repeat)",
)
_row(
    _RESPONDER,
    _GET,
    Event.CONDITIONAL_REPLY_YES,
    IN_PROCESS="= (duplicate)",
    NOT_SUPPLIED="~= (crossing)",
    CONDITIONAL="IN-PROCESS ve",
)
_row(_RESPONDER, _GET, Event.CONDITIONAL_REPLY_NO, NOT_SUPPLIED="= (duplicate)", CONDITIONAL="NOT-SUPPLIED ev")
_row(
    _RESPONDER,
    _SEND,
    Event.EXPIRED,
    does="an Expired is sent",
    IN_PROCESS="NOT-SUPPLIED a",
    CONDITIONAL="NOT-SUPPLIED",
    CANCEL_PENDING="NOT-SUPPLIED if here",
)

# ── responder, tracking phase, and what is in both ─────────────────────────────────────────────────────────────────

_row(
    _RESPONDER,
    _SEND,
    Event.CANCEL_REPLY_NO,
    IN_PROCESS="= if repeat (repeat)",
    CANCEL_PENDING="SHIPPED e if gone; IN-PROCESS es",
    SHIPPED="= if repeat (repeat)",
)
_row(
    _RESPONDER,
    _GET,
    Event.CANCEL,
    IN_PROCESS="CANCEL-PENDING esv",
    NOT_SUPPLIED="= (crossing)",
    FORWARD="= (crossing)",  # and already-forwarded answers it
    CONDITIONAL="CANCEL-PENDING e",
    CANCEL_PENDING="= (duplicate)",
    CANCELLED="= (duplicate)",
    SHIPPED="CANCEL-PENDING es (the answer is no, which returns to SHIPPED)",
    OVERDUE="~= (crossing)",
    RECALL="~= (crossing)",
    CHECKED_IN="~= (crossing)",
    LOST="~= (crossing)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.SHIPPED,
    does="RETURN is set, and the date due noted",
    IN_PROCESS="SHIPPED ves",
    CONDITIONAL="X e",
    CANCEL_PENDING="~SHIPPED",
    SHIPPED="= if repeat (repeat); = (late: Received came first)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.RECALL,
    when=Predicate.LOAN,
    SHIPPED="RECALL c",
    RENEW_PENDING="RECALL",
    RENEW_OVERDUE="RECALL s",
    OVERDUE="RECALL s",
    RECALL="= (repeat)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.OVERDUE,
    when=Predicate.LOAN,
    does="the date due is noted",
    SHIPPED="OVERDUE c",
    RENEW_PENDING="RENEW-OVERDUE",
    RENEW_OVERDUE="OVERDUE s (refuses the renewal)",
    OVERDUE="= (repeat)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.RENEW_ANSWER_YES,
    does="the new date due is noted",
    SHIPPED="~= s (unasked renewal)",
    RENEW_PENDING="SHIPPED e",
    RENEW_OVERDUE="SHIPPED e",
    OVERDUE="~SHIPPED",
)
_row(
    _RESPONDER,
    _SEND,
    Event.RENEW_ANSWER_NO,
    SHIPPED="= if repeat (repeat)",
    RENEW_PENDING="SHIPPED (LIBOL goes to OVERDUE)",
    RENEW_OVERDUE="OVERDUE s",
    OVERDUE="= if repeat (repeat)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.CHECKED_IN,
    when=Predicate.LOAN,
    does="the transaction is closed",
    SHIPPED="CHECKED-IN csv",
    RENEW_PENDING="CHECKED-IN",
    RENEW_OVERDUE="CHECKED-IN s",
    OVERDUE="CHECKED-IN s",
    RECALL="CHECKED-IN",
    CHECKED_IN="= (repeat)",
)
_row(
    _RESPONDER,
    _SEND,
    Event.LOST,
    IN_PROCESS="~LOST",
    SHIPPED="LOST",
    RENEW_PENDING="LOST",
    RENEW_OVERDUE="LOST s",
    OVERDUE="LOST s",
    RECALL="LOST",
    LOST="= (repeat)",
)
_row(
    _RESPONDER,
    _GET,
    Event.RECEIVED,
    does="date and RETURN are noted",
    IN_PROCESS="~SHIPPED nes (the item went without a message)",
    CANCEL_PENDING="~= if gone (crossing)",
    SHIPPED="= l",
    RENEW_PENDING="=",
    RENEW_OVERDUE="=",
    OVERDUE="=",
    RECALL="=",
    CHECKED_IN="~= (crossing)",
    LOST="~= (crossing)",
)
_row(
    _RESPONDER,
    _GET,
    Event.RENEW,
    when=Predicate.LOAN,
    CANCEL_PENDING="~RENEW-PENDING if lent (crossing)",
    SHIPPED="RENEW-PENDING vs",
    RENEW_PENDING="= (duplicate)",
    RENEW_OVERDUE="= (duplicate)",
    OVERDUE="RENEW-OVERDUE s",
    RECALL="= (crossing)",
    CHECKED_IN="~= (crossing)",
    LOST="~= (crossing)",
)
_row(
    _RESPONDER,
    _GET,
    Event.RETURNED,
    when=Predicate.LOAN,
    does="the date is noted",
    CANCEL_PENDING="~= if lent (crossing)",
    SHIPPED="= l",
    RENEW_PENDING="=",
    RENEW_OVERDUE="=",
    OVERDUE="=",
    RECALL="=",
    CHECKED_IN="= (crossing)",
    LOST="~= (crossing)",
)
_row(
    _RESPONDER,
    _GET,
    Event.LOST,
    IN_PROCESS="~LOST",
    CANCEL_PENDING="~LOST if gone (crossing)",
    SHIPPED="LOST e",
    RENEW_PENDING="LOST e",
    RENEW_OVERDUE="LOST e",
    OVERDUE="LOST e",
    RECALL="LOST e",
    CHECKED_IN="=",
    LOST="= (duplicate)",
)

# ── both sides, every state but IDLE: what changes none ───────────────────────────────────────────────────────────────

for _role in STATES:
    _begun: Any = {state.name: "= ve" for state in STATES[_role] if state is not State.IDLE}
    _row(_role, (_SEND, _GET), (Event.DAMAGED, Event.MESSAGE, Event.STATUS_OR_ERROR_REPORT), **_begun)
    _row(_role, _SEND, Event.STATUS_QUERY, **_begun)
    _row(_role, _GET, Event.STATUS_QUERY, does="a Status-Or-Error-Report with the history answers it", **_begun)


def _of(role: Role, direction: Direction) -> tuple[Event, ...]:
    found = {key[3] for key in _CELLS if key[0] is role and key[2] is direction}
    return tuple(event for event in Event if event in found)


#: What each side can send and receive in some state, in the order in which the standard lists its services.
EVENTS: Mapping[Role, Mapping[Direction, tuple[Event, ...]]] = MappingProxyType(
    {role: MappingProxyType({direction: _of(role, direction) for direction in Direction}) for role in STATES}
)

_OPEN: dict[tuple[Role, State, Direction], tuple[Cell, ...]] = {}
for _cell_ in sorted(
    (each for each in _CELLS.values() if each.outcomes), key=lambda each: tuple(Event).index(each.event)
):
    _key = (_cell_.role, _cell_.state, _cell_.direction)
    _OPEN[_key] = (*_OPEN.get(_key, ()), _cell_)


def cell(role: Role, state: State, direction: Direction, event: Event) -> Cell:
    """What the tables say of an event in a state; a cell that they do not print says that it is not allowed.

    An intermediary is the responder of the one who asks it: its cells are the responder's.
    """
    return _CELLS.get((role.side, state, direction, event)) or Cell(role.side, state, direction, event)


def open_cells(role: Role, state: State, direction: Direction) -> tuple[Cell, ...]:
    """The cells of a state in which something is allowed, on some condition at least, in the order of `Event`.

    >>> [each.event.value for each in open_cells(Role.REQUESTER, State.IDLE, Direction.SEND)]
    ['ILL-Request']
    """
    return _OPEN.get((role.side, state, direction), ())


def cells(role: Role) -> Iterator[Cell]:
    """Every cell of a side's tables: each event of each direction in each state."""
    for direction, events in EVENTS[role].items():
        for event in events:
            for state in STATES[role]:
                yield cell(role, state, direction, event)

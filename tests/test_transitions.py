"""The state tables, cell by cell, against a listing that was written apart from them."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import pytest

from isoill.services import SENDERS, Direction, Event, Role
from isoill.transitions import EVENTS, STATES, TERMINAL, Cell, Evidence, Predicate, State, cell, cells, open_cells
from isoill.types import CurrentState
from tests.conftest import ROOT

ALWAYS = (Event.DAMAGED, Event.MESSAGE, Event.STATUS_QUERY, Event.STATUS_OR_ERROR_REPORT)


class Line(NamedTuple):
    """One line of the listing."""

    role: Role
    direction: Direction
    event: Event
    state: State
    strict: State | None
    lenient: State | None
    evidence: frozenset[str]
    when: str
    remark: str


def listing() -> list[Line]:
    lines = []
    for text in (ROOT / "tests" / "state_tables.txt").read_text().splitlines():
        if text.startswith("#"):
            continue
        role, direction, event, state, strict, lenient, evidence, when, remark = map(str.strip, text.split("|"))
        lines.append(
            Line(
                Role(role),
                Direction(direction),
                Event(event),
                State(state),
                None if strict == "X" else State(strict),
                None if lenient == "X" else State(lenient),
                frozenset(evidence) - {"-"},
                when,
                remark,
            )
        )
    return lines


LISTING = listing()
GET, REQUESTER, RESPONDER = Direction.RECEIVE, Role.REQUESTER, Role.RESPONDER

#: What the lenient table has beyond the listing: messages that cross on the way although neither side did wrong.
#: tests/test_agreement.py finds that there are no more of them, and what would come of each without its cell.
CROSSINGS = {
    **{
        (REQUESTER, GET, Event.CANCEL_REPLY_NO, state): state
        for state in STATES[REQUESTER][STATES[REQUESTER].index(State.SHIPPED) + 1 :]
    },
    (REQUESTER, GET, Event.RENEW_ANSWER_YES, State.LOST): State.LOST,
    (REQUESTER, GET, Event.RENEW_ANSWER_NO, State.LOST): State.LOST,
    (RESPONDER, GET, Event.CONDITIONAL_REPLY_YES, State.NOT_SUPPLIED): State.NOT_SUPPLIED,
    **{
        (RESPONDER, GET, Event.CANCEL, state): state
        for state in (State.OVERDUE, State.RECALL, State.CHECKED_IN, State.LOST)
    },
    **{
        (RESPONDER, GET, event, state): state
        for event in (Event.RECEIVED, Event.RENEW)
        for state in (State.CHECKED_IN, State.LOST)
    },
    (RESPONDER, GET, Event.RETURNED, State.LOST): State.LOST,
    (RESPONDER, GET, Event.RECEIVED, State.CANCEL_PENDING): State.CANCEL_PENDING,
    (RESPONDER, GET, Event.RETURNED, State.CANCEL_PENDING): State.CANCEL_PENDING,
    (RESPONDER, GET, Event.RENEW, State.CANCEL_PENDING): State.RENEW_PENDING,
    (RESPONDER, GET, Event.LOST, State.CANCEL_PENDING): State.LOST,
}
#: What may be repeated, and the listing does not say so: the answer no, from which the state went back to SHIPPED.
REPEATS = {(RESPONDER, Direction.SEND, Event.CANCEL_REPLY_NO, State.SHIPPED): {State.SHIPPED}}


def by_key() -> dict[tuple[Role, Direction, Event, State], list[Line]]:
    found = defaultdict(list)
    for line in LISTING:
        found[line.role, line.direction, line.event, line.state].append(line)
    return dict(found)


@pytest.mark.parametrize(
    ("key", "lines"), by_key().items(), ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_every_cell_is_as_listed(key: tuple[Role, Direction, Event, State], lines: list[Line]) -> None:
    role, direction, event, state = key
    found = cell(role, state, direction, event)
    strict = {each.to for each in found.outcomes if not each.lenient}
    lenient = {each.to for each in found.outcomes}
    assert strict == {line.strict for line in lines if line.strict is not None} | REPEATS.get(key, set())
    if key in CROSSINGS:
        assert all(line.lenient is None for line in lines)
        assert lenient == {CROSSINGS[key]}
        assert {each.remark for each in found.outcomes} == {"crossing"}
        assert not any(each.evidence for each in found.outcomes)
    else:
        assert lenient - strict == {line.lenient for line in lines if line.lenient is not None} - strict
    evidence = {each.mark for outcome in found.outcomes for each in outcome.evidence}
    evidence |= {each.mark for each in found.evidence}
    assert evidence == frozenset().union(*(line.evidence for line in lines))


#: What the listing says of when a cell holds, as predicates; a cell may ask more where "repeat" is remarked.
WHEN: dict[str, set[Predicate | None]] = {
    "-": {None, Predicate.REPEAT, Predicate.CANCELLING},
    "loan": {Predicate.LOAN, Predicate.OUT},
    "permitted": {Predicate.PERMITTED},
    "here": {None},  # it is what is left when the item has not gone
    "gone": {Predicate.GONE},
}


@pytest.mark.parametrize(
    "line", [line for line in LISTING if line.lenient is not None], ids=lambda line: "-".join(line[:4])
)
def test_every_cell_holds_when_the_listing_says(line: Line) -> None:
    outcomes = cell(line.role, line.state, line.direction, line.event).outcomes
    outcome = next(each for each in outcomes if each.to is line.lenient)
    if (
        line.state is State.CANCEL_PENDING
        and line.event in (Event.CANCEL_REPLY_YES, Event.EXPIRED)
        and line.role is RESPONDER
    ):
        assert outcome.predicate is Predicate.HERE  # once the item has gone, the answer is no
    else:
        assert outcome.predicate in WHEN[line.when]
    if line.remark != "-":
        assert line.remark in outcome.remark


def test_the_listing_has_every_event_but_those_that_change_nothing() -> None:
    listed = {(line.role, line.direction, line.event, line.state) for line in LISTING}
    every = {
        (each.role, each.direction, each.event, each.state)
        for role in STATES
        for each in cells(role)
        if each.event not in ALWAYS
    }
    assert every <= listed
    assert all(not cell(role, state, direction, event).outcomes for role, direction, event, state in listed - every)


@pytest.mark.parametrize("role", STATES)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("event", ALWAYS)
def test_what_changes_nothing_is_allowed_in_every_state_but_idle(
    role: Role, direction: Direction, event: Event
) -> None:
    for state in STATES[role]:
        found = cell(role, state, direction, event)
        if state is State.IDLE:
            assert not found.outcomes
        else:
            [outcome] = found.outcomes
            assert (outcome.to, outcome.predicate, outcome.lenient) == (state, None, False)
            assert outcome.evidence == (Evidence.V, Evidence.E)


def test_an_event_is_sent_by_those_who_send_its_message() -> None:
    senders = {cls.__name__: roles for cls, roles in SENDERS.items()}
    for role in STATES:
        for event in EVENTS[role][Direction.SEND]:
            name = event.split(" ")[0].replace("-", "")
            name = {"Forward": "ForwardNotification"}.get(name, name)
            assert role in senders[name], (role, event)


def test_what_one_side_sends_the_other_side_receives() -> None:
    seen_as = {Event.FORWARD: Event.FORWARD_NOTIFICATION}
    for role, other in ((Role.REQUESTER, Role.RESPONDER), (Role.RESPONDER, Role.REQUESTER)):
        sent = {seen_as.get(event, event) for event in EVENTS[role][Direction.SEND]}
        assert sent == set(EVENTS[other][Direction.RECEIVE])


@pytest.mark.parametrize("role", STATES)
def test_no_state_is_left_out(role: Role) -> None:
    assert TERMINAL[role] <= set(STATES[role])
    reached = {outcome.to for each in cells(role) for outcome in each.outcomes}
    assert reached == set(STATES[role]) - {State.IDLE}


def test_states_are_those_of_current_state_and_idle() -> None:
    assert [state.name for state in State if state is not State.IDLE] == [state.name for state in CurrentState]
    assert all(State.of(state.current_state) is state for state in State if state is not State.IDLE)
    assert State.IDLE.current_state is CurrentState.UNKNOWN


def test_an_intermediary_has_the_cells_of_a_responder() -> None:
    key = (State.IN_PROCESS, Direction.SEND, Event.FORWARD)
    assert cell(Role.INTERMEDIARY, *key) == cell(Role.RESPONDER, *key)


@pytest.mark.parametrize("role", STATES)
def test_open_cells_are_those_in_which_something_is_allowed(role: Role) -> None:
    for state in STATES[role]:
        for direction in Direction:
            by_event = [cell(role, state, direction, event) for event in EVENTS[role][direction]]
            assert open_cells(role, state, direction) == tuple(each for each in by_event if each.outcomes)


def test_what_is_not_allowed_has_its_answer() -> None:
    """tests/test_transaction.py has what is really answered."""
    for role in STATES:
        for each in cells(role):
            answered = not each.outcomes and each.direction is GET and each.event is not Event.STATUS_OR_ERROR_REPORT
            assert bool(each.answer) is answered
    assert cell(RESPONDER, State.IDLE, GET, Event.CANCEL).answer == "unknown-transaction-id"
    assert cell(RESPONDER, State.FORWARD, GET, Event.RECEIVED).answer == "already-forwarded"
    assert cell(RESPONDER, State.SHIPPED, GET, Event.CONDITIONAL_REPLY_YES).answer == "state-transition-prohibited"


def test_a_cell_says_all_of_itself() -> None:
    def said(role: Role, state: State, direction: Direction, event: Event) -> str:
        return str(cell(role, state, direction, event)).partition(": ")[2]

    assert said(RESPONDER, State.CANCEL_PENDING, Direction.SEND, Event.CANCEL_REPLY_NO) == (
        "SHIPPED [e] if gone; IN-PROCESS [e s]"
    )
    assert said(REQUESTER, State.SHIPPED, Direction.SEND, Event.RENEW) == "X [v e]"
    assert said(REQUESTER, State.NOT_SUPPLIED, Direction.SEND, Event.ILL_REQUEST) == "X (a retry is a new transaction)"
    assert said(REQUESTER, State.CANCELLED, Direction.SEND, Event.CANCEL) == "X"
    assert said(RESPONDER, State.SHIPPED, Direction.SEND, Event.RENEW_ANSWER_YES) == (
        "~= [s] (unasked renewal), the new date due is noted"
    )
    assert said(RESPONDER, State.IDLE, GET, Event.ILL_REQUEST) == "IN-PROCESS [k v], the expiry timer starts"
    assert said(RESPONDER, State.IN_PROCESS, GET, Event.ILL_REQUEST) == "= [k] (duplicate)"
    assert isinstance(cell(RESPONDER, State.IDLE, GET, Event.LOST), Cell)

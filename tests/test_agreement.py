"""What can be at both ends at once, gone through; and what crosses on the way although neither side did wrong."""

from __future__ import annotations

from functools import cache

import pytest

from isoill.agreement import POSSIBLE, SETTLED, compatible
from isoill.services import Role
from isoill.transitions import STATES, State
from tests import model
from tests.test_transitions import CROSSINGS


@cache
def in_order() -> tuple[set[tuple[State, State]], set[model.Violation], set[model.Violation]]:
    return model.in_order(3)


def test_two_sides_that_keep_to_the_tables_refuse_each_other_nothing() -> None:
    _, refused, _ = in_order()
    assert refused == set()


def test_more_messages_on_the_way_bring_nothing_new() -> None:
    assert model.in_order(4) == in_order()


def test_what_was_added_to_the_lenient_table_is_what_crosses() -> None:
    _, _, borne = in_order()
    reached = {(role, event, state) for role, state, event in borne}
    added = {(role, event, state) for role, _, event, state in CROSSINGS}
    assert reached <= added
    # and the others are beside them in the same row: they need messages to overtake each other, or to be repeated
    assert {(role, event) for role, event, _ in added} == {(role, event) for role, event, _ in reached}


def test_settled_pairs_are_those_that_the_tables_lead_to() -> None:
    settled, _, _ = in_order()
    assert settled == {(one, other) for one, others in SETTLED.items() for other in others}


def test_possible_pairs_are_those_that_the_tables_lead_to() -> None:
    assert model.out_of_order() == {(one, other) for one, others in POSSIBLE.items() for other in others}


@pytest.mark.parametrize("requester", STATES[Role.REQUESTER])
def test_compatible_asks_the_tables(requester: State) -> None:
    for responder in STATES[Role.RESPONDER]:
        if responder is State.FORWARD:
            assert compatible(requester, responder) is (requester is not State.IDLE)
        else:
            assert compatible(requester, responder) is (responder in POSSIBLE[requester])
            assert compatible(requester, responder, settled=True) is (responder in SETTLED[requester])


def test_states_of_the_other_role_are_no_pair() -> None:
    with pytest.raises(ValueError, match="expected a state of each role, found IN-PROCESS and SHIPPED"):
        compatible(State.IN_PROCESS, State.SHIPPED)

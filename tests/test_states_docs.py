"""What the documentation prints of the state tables comes from them, and nothing is missing."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from isoill.agreement import compatible
from isoill.services import Direction, Event, Role
from isoill.transitions import EVENTS, STATES, TERMINAL, Evidence, Predicate, State, cell, cells
from tests.conftest import ROOT

if TYPE_CHECKING:
    from docutils import nodes
else:
    # not wanted of every version of Python: the documentation is built with one
    nodes = pytest.importorskip("docutils.nodes")
    pytest.importorskip("sphinx")

sys.path.append(str(ROOT / "docs" / "_ext"))
diagrams, states = import_module("diagrams"), import_module("states")

TABLES = [(role, phase) for role in STATES for phase in diagrams.PHASES]
ALWAYS = (Event.DAMAGED, Event.MESSAGE, Event.STATUS_QUERY, Event.STATUS_OR_ERROR_REPORT)
REQUESTER, RESPONDER, SEND, GET = Role.REQUESTER, Role.RESPONDER, Direction.SEND, Direction.RECEIVE


def grid(table: nodes.table) -> dict[tuple[str, str], nodes.entry]:
    """The cells of a table by the heads of their row and column."""
    head, *body = (list(row.findall(nodes.entry)) for row in table.findall(nodes.row))
    columns = [entry.astext() for entry in head]
    return {
        (row[0].astext(), column): entry for row in body for column, entry in zip(columns[1:], row[1:], strict=True)
    }


def explained(node: nodes.Element) -> list[str]:
    """What is said of each letter or sign to who rests on it."""
    return [each["explanation"] for each in node.findall(nodes.abbreviation)]


@pytest.mark.parametrize("role", STATES)
def test_the_phases_have_all_states_between_them(role: Role) -> None:
    processing, tracking = (diagrams.columns(role, phase) for phase in diagrams.PHASES)
    assert processing + tracking == STATES[role]
    assert tracking[0] is State.SHIPPED


@pytest.mark.parametrize(("role", "phase"), TABLES)
def test_every_event_that_can_happen_in_a_phase_has_a_row(role: Role, phase: str) -> None:
    listed = [(row.direction, event) for row in states.rows(role, phase) for event in row.events]
    possible = {
        (direction, event)
        for direction, events in EVENTS[role].items()
        for event in events
        if any(cell(role, state, direction, event).outcomes for state in diagrams.columns(role, phase))
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == {(direction, event) for direction, event in possible if event not in ALWAYS}


@pytest.mark.parametrize(("role", "phase"), TABLES)
def test_events_that_share_a_row_have_the_same_cells(role: Role, phase: str) -> None:
    for row in states.rows(role, phase):
        for event in row.events:
            found = [cell(role, state, row.direction, event) for state in diagrams.columns(role, phase)]
            contents = [(each.outcomes, each.evidence, each.remark) for each in found]
            assert contents == [(each.outcomes, each.evidence, each.remark) for each in row.cells]


@pytest.mark.parametrize("role", STATES)
def test_nothing_that_the_tables_say_is_left_out(role: Role) -> None:
    rows = [(phase, row) for phase in diagrams.PHASES for row in states.rows(role, phase)]
    shown = {
        (row.direction, event, state)
        for phase, row in rows
        for event in row.events
        for state in diagrams.columns(role, phase)
    }
    for each in cells(role):
        if each.event not in ALWAYS and (each.outcomes or each.evidence or each.remark):
            assert (each.direction, each.event, each.state) in shown


@pytest.mark.parametrize(("role", "phase"), TABLES)
def test_a_table_has_the_cells_of_its_rows(role: Role, phase: str) -> None:
    rows = states.rows(role, phase)
    found = grid(states.state_table(role, phase))
    assert len(found) == len(rows) * len(diagrams.columns(role, phase))
    for each, entry in zip((each for row in rows for each in row.cells), found.values(), strict=True):
        sources = [source.value for outcome in each.outcomes for source in outcome.evidence]
        assert explained(entry) == sources + [source.value for source in each.evidence]
        for outcome in each.outcomes:
            assert ("=" if outcome.to is each.state else outcome.to) in entry.astext()
            assert outcome.remark in entry.astext()
        assert ("states-not" in entry["classes"]) is (not each.outcomes)
        lenient = bool(each.outcomes) and all(outcome.lenient for outcome in each.outcomes)
        assert ("states-lenient" in entry["classes"]) is lenient
        inferred = [span.astext() for span in entry.findall(nodes.inline) if "states-inferred" in span["classes"]]
        assert len(inferred) == sum(not outcome.evidence for outcome in each.outcomes) + (
            not each.outcomes and not each.evidence
        )


#: With what is done beside.
SHIPPED = "receive Shipped\n\nRETURN is set, and the date due noted."


@pytest.mark.parametrize(
    ("role", "phase", "row", "column", "text"),
    [
        (REQUESTER, "processing", "send Cancel", "PENDING", "CANCEL-PENDINGkve"),
        (REQUESTER, "processing", "send Received", "PENDING", "~RECEIVEDesn"),
        (REQUESTER, "processing", SHIPPED, "CONDITIONAL", "~SHIPPED"),
        (REQUESTER, "processing", SHIPPED, "IDLE", "X"),
        (REQUESTER, "processing", "send ILL-Request", "NOT-SUPPLIED", "X (a retry is a new transaction)"),
        (
            REQUESTER,
            "processing",
            "receive ILL-Answer retry, unfilled, locations-provided, estimate",
            "PENDING",
            "NOT-SUPPLIEDves",
        ),
        (REQUESTER, "tracking", "send Renew if out", "SHIPPED", "Xve"),
        (REQUESTER, "tracking", SHIPPED, "RECEIVED", "=an (late: Received went first)"),
        (REQUESTER, "tracking", "receive Cancel-Reply no", "LOST", "~= if cancelling (crossing)"),
        (RESPONDER, "processing", "send Cancel-Reply no", "CANCEL-PENDING", "SHIPPEDe if gone\n\nIN-PROCESSes"),
        (RESPONDER, "tracking", "send Recall if loan", "SHIPPED", "RECALLc"),
    ],
)
def test_a_cell_is_printed_with_all_that_it_says(role: Role, phase: str, row: str, column: str, text: str) -> None:
    assert grid(states.state_table(role, phase))[row, column].astext() == text


def test_the_states_in_which_it_ends_are_marked() -> None:
    for role, phase in TABLES:
        head = next(iter(states.state_table(role, phase).findall(nodes.thead)))
        marked = {entry.astext() for entry in head.findall(nodes.entry) if "states-terminal" in entry["classes"]}
        assert marked == TERMINAL[role] & set(diagrams.columns(role, phase))


@pytest.mark.parametrize("role", STATES)
def test_what_has_no_row_is_told_below(role: Role) -> None:
    assert states.always(role) == ALWAYS
    assert states.unchanging(role).astext() == (
        "Damaged, Message, Status-Query and Status-Or-Error-Report change no state, "
        "and may be sent and received in every state but IDLEve."
    )


def test_the_legend_has_every_letter_and_condition() -> None:
    evidence = grid(states.evidence_table())
    assert {letter: evidence[letter, "Source"].astext() for letter, _ in evidence} == {
        each.mark: each.value for each in Evidence
    }
    conditions = grid(states.predicate_table())
    assert [head for head, _ in conditions] == [f"if {each}" for each in Predicate]
    assert all(entry.astext() for entry in conditions.values())


@pytest.mark.parametrize("role", STATES)
def test_cells_are_counted_once(role: Role) -> None:
    found = {head: int(entry.astext()) for (head, side), entry in grid(states.count_table()).items() if side == role}
    every = [each for each in cells(role) if each.event not in ALWAYS]
    assert found.pop("all cells") == len(every) == sum(found.values())
    strict = [each for each in every if any(not outcome.lenient for outcome in each.outcomes)]
    assert sum(found[f"allowed in both tables, {known}"] for known in states.KNOWN) == len(strict)
    sourced = [each for each in every if each.outcomes and any(outcome.evidence for outcome in each.outcomes)]
    kinds = ("allowed in both tables", "allowed in the lenient table only")
    assert sum(found[f"{kind}, sourced"] for kind in kinds) == len(sourced)


def test_the_table_of_pairs_is_that_of_agreement() -> None:
    pairs = grid(states.agreement_table())
    assert len(pairs) == len(STATES[REQUESTER]) * len(STATES[RESPONDER])
    for (one, other), entry in pairs.items():
        requester, responder = State(one), State(other)
        [word] = explained(entry)
        assert entry.astext() == states.SIGNS[word]
        assert (word != "impossible") is compatible(requester, responder)
        assert (word == "settled") is compatible(requester, responder, settled=True)

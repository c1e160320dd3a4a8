"""What Sphinx needs in order to show the state tables of isoill; nothing that they say is written down twice.

``.. state-table:: requester processing`` is one of the four tables, ``.. state-evidence::`` says how a cell is written
and how it is known, ``.. agreement-table::`` has the pairs of states of both ends.  All that they show comes from
`isoill.transitions` and `isoill.agreement`.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from diagrams import PHASES, columns, together
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from isoill.agreement import compatible
from isoill.services import Direction, Event, Role
from isoill.transitions import EVENTS, STATES, TERMINAL, Cell, Evidence, Outcome, Predicate, State, cell, cells

# ── what is in a table ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """The cells of one or several events: those of the first, from which the others do not differ."""

    direction: Direction
    events: tuple[Event, ...]
    cells: tuple[Cell, ...]

    @property
    def predicate(self) -> Predicate | None:
        """That of all its cells, if it is the same: it stands at the head of the row then."""
        found = {outcome.predicate for each in self.cells for outcome in each.outcomes}
        return found.pop() if len(found) == 1 else None

    @property
    def action(self) -> str:
        """What is done beside going on to the next state, where the event is no repeat and no duplicate."""
        return "; ".join(dict.fromkeys(each.action for cell in self.cells for each in cell.outcomes if each.action))


@functools.cache
def always(role: Role) -> tuple[Event, ...]:
    """The events that are allowed in every state but IDLE, and change none: they have no rows."""

    def stays(each: Cell) -> bool:
        outcomes = [(outcome.to, outcome.lenient, outcome.predicate) for outcome in each.outcomes]
        return outcomes == ([] if each.state is State.IDLE else [(each.state, False, None)])

    found = {each.event for each in cells(role)} - {each.event for each in cells(role) if not stays(each)}
    return tuple(event for event in Event if event in found)


def rows(role: Role, phase: str) -> list[Row]:
    """The rows of a table; an event that is not allowed anywhere in the phase has none."""
    alike: dict[object, Row] = {}
    for direction, events in EVENTS[role].items():
        for event in events:
            found = tuple(cell(role, state, direction, event) for state in columns(role, phase))
            if event not in always(role) and any(each.outcomes for each in found):
                key = direction, *((each.outcomes, each.evidence, each.remark) for each in found)
                row = alike.setdefault(key, Row(direction, (), found))
                alike[key] = replace(row, events=(*row.events, event))
    return list(alike.values())


def _sources(each: Cell) -> set[Evidence]:
    """All that a cell is known from."""
    return {*each.evidence, *(source for outcome in each.outcomes for source in outcome.evidence)}


#: What a cell can say, and how it can be known.
KINDS = ("allowed in both tables", "allowed in the lenient table only", "not allowed")
KNOWN = ("sourced", "inferred")


def counts(role: Role) -> Counter[tuple[str, str]]:
    """How many cells of each kind there are, and how many of them are sourced and inferred."""
    found: Counter[tuple[str, str]] = Counter()
    for each in cells(role):
        if each.event not in always(role):
            strict = any(not outcome.lenient for outcome in each.outcomes)
            kind = KINDS[0 if strict else 1 if each.outcomes else 2]
            found[kind, KNOWN[0 if _sources(each) else 1]] += 1
    return found


# ── how it is shown ────────────────────────────────────────────────────────────────────────────────────────────────


def _span(text: str, *classes: str) -> nodes.inline:
    return nodes.inline("", text, classes=[f"states-{each}" for each in classes])


def _entry(*lines: Iterable[nodes.Node], classes: Sequence[str] = ()) -> nodes.entry:
    paragraphs = (nodes.paragraph("", "", *line) for line in lines)
    return nodes.entry("", *paragraphs, classes=[f"states-{each}" for each in classes])


def _plain(text: str) -> nodes.entry:
    return _entry([nodes.Text(text)])


def _marks(evidence: Iterable[Evidence]) -> list[nodes.Node]:
    """The letters of the evidence; who rests on one is told what it means."""
    letters = [nodes.abbreviation("", each.mark, explanation=each.value) for each in evidence]
    return [nodes.superscript("", "", *letters)] if letters else []


def _known(to: str, evidence: tuple[Evidence, ...], when: Predicate | None, remark: str) -> list[nodes.Node]:
    """One outcome; what no evidence stands behind is told apart."""
    line: list[nodes.Node] = [_span(to) if evidence else _span(to, "inferred"), *_marks(evidence)]
    line += [nodes.Text(" "), _span(f"if {when}", "aside")] if when else []
    line += [nodes.Text(" "), _span(f"({remark})", "aside")] if remark else []
    return line


def _outcome(outcome: Outcome, state: State, *, when: Predicate | None) -> list[nodes.Node]:
    to = f"{'~' * outcome.lenient}{'=' if outcome.to is state else outcome.to}"
    return _known(to, outcome.evidence, None if outcome.predicate is when else outcome.predicate, outcome.remark)


def _cell(each: Cell, *, when: Predicate | None = None) -> nodes.entry:
    """A cell, without the predicate that stands at the head of its row."""
    if not each.outcomes:
        return _entry(_known("X", each.evidence, None, each.remark), classes=["not"])
    lenient = all(outcome.lenient for outcome in each.outcomes)
    lines = (_outcome(outcome, each.state, when=when) for outcome in each.outcomes)
    return _entry(*lines, classes=["lenient"] if lenient else [])


def _table(head: Sequence[nodes.entry], body: Iterable[Sequence[nodes.entry]], *classes: str) -> nodes.table:
    """A table whose first column is the head of its rows."""
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec("", colwidth=10, stub=1 if not number else 0) for number in range(len(head))]
    group += nodes.thead("", nodes.row("", *head))
    group += nodes.tbody("", *(nodes.row("", *row) for row in body))
    # what isoill puts between quotation marks or hyphens, it means to the letter
    return nodes.table("", group, classes=["states", *classes], support_smartquotes=False)


def _state(state: State, role: Role) -> nodes.entry:
    return _entry([nodes.Text(state)], classes=["terminal"] if state in TERMINAL[role] else [])


def state_table(role: Role, phase: str) -> nodes.table:
    """One of the four tables."""
    body = []
    for row in rows(role, phase):
        line: list[nodes.Node] = [_span(row.direction, row.direction), nodes.Text(f" {together(row.events)}")]
        line += [nodes.Text(" "), _span(f"if {row.predicate}", "aside")] if row.predicate else []
        lines = [line, [_span(f"{row.action[:1].upper()}{row.action[1:]}.", "aside")]] if row.action else [line]
        body.append([_entry(*lines), *(_cell(each, when=row.predicate) for each in row.cells)])
    head = [_plain("Event"), *(_state(state, role) for state in columns(role, phase))]
    return _table(head, body, "states-table")


def unchanging(role: Role) -> nodes.paragraph:
    """The sentence below a table, on the events that have no row."""
    *first, last = always(role)
    named = {source for each in cells(role) if each.event in always(role) for source in _sources(each)}
    evidence = [source for source in Evidence if source in named]
    text = f"{', '.join(first)} and {last} change no state, and may be sent and received in every state but IDLE"
    return nodes.paragraph("", text, *_marks(evidence), nodes.Text("."), classes=["states-note"])


def reading_table() -> nodes.table:
    """How a cell is written."""
    samples = (
        (_entry([_span("SHIPPED")], [_span("=")]), "the next state; = where the state stays"),
        (_entry([_span("X")], classes=["not"]), "not allowed"),
        (
            _entry([_span("~SHIPPED")], classes=["lenient"]),
            "in the lenient table only: borne from a partner, and sent only if that is asked for",
        ),
        (
            _entry([_span("SHIPPED"), *_marks([Evidence.V, Evidence.E])]),
            "known from these sources, whose letters are explained below",
        ),
        (_entry([_span("SHIPPED", "inferred")]), "inferred from the logic of the protocol: no source"),
        (
            _entry([_span("SHIPPED"), nodes.Text(" "), _span("if gone", "aside")], [_span("IN-PROCESS")]),
            "on a condition; of several the first that holds is taken",
        ),
        (
            _entry([_span("="), nodes.Text(" "), _span("(crossing)", "aside")]),
            "what kind of event it is then; what stands under the event is done unless it is a repeat or a duplicate",
        ),
    )
    return _table([_plain("Written"), _plain("Meaning")], [[sample, _plain(text)] for sample, text in samples])


def evidence_table() -> nodes.table:
    """The letters, and how many cells each is named in."""
    named = Counter(
        source for role in STATES for each in cells(role) if each.event not in always(role) for source in _sources(each)
    )
    body = [[_plain(each.mark), _plain(each.value), _plain(str(named[each]))] for each in Evidence]
    return _table([_plain("Letter"), _plain("Source"), _plain("Cells")], body)


def predicate_table() -> nodes.table:
    """The conditions, as `Predicate` explains them."""
    comments = ModuleAnalyzer.for_module(Predicate.__module__).find_attr_docs()
    body = [
        [_entry([_span(f"if {each}", "aside")]), _plain(" ".join(comments[Predicate.__name__, each.name]).strip())]
        for each in Predicate
    ]
    return _table([_plain("Condition"), _plain("Meaning")], body)


def count_table() -> nodes.table:
    """How many cells there are, and how they are known."""
    found = {role: counts(role) for role in STATES}
    body = [["all cells", *(each.total() for each in found.values())]]
    body += [[f"{kind}, {known}", *(each[kind, known] for each in found.values())] for kind in KINDS for known in KNOWN]
    return _table([_plain("Cells"), *map(_plain, found)], [[_plain(str(each)) for each in row] for row in body])


#: What the table of pairs says of one, and its sign.
SIGNS = {"settled": "●", "possible": "○", "impossible": "·"}


def standing(requester: State, responder: State) -> str:
    """Whether both ends can stand so: settled, or possible where messages are lost or on the way, or impossible."""
    if compatible(requester, responder, settled=True):
        return "settled"
    return "possible" if compatible(requester, responder) else "impossible"


def agreement_table() -> nodes.table:
    """The pairs of states, the requester's in rows and the responder's in columns."""
    body = []
    for requester in STATES[Role.REQUESTER]:
        found = [standing(requester, responder) for responder in STATES[Role.RESPONDER]]
        signs = (_entry([nodes.abbreviation("", SIGNS[each], explanation=each)], classes=[each]) for each in found)
        body.append([_plain(requester), *signs])
    head = [_entry([_span(state, "upright")]) for state in STATES[Role.RESPONDER]]
    return _table([_plain("requester \\ responder"), *head], body, "states-pairs")


# ── directives ─────────────────────────────────────────────────────────────────────────────────────────────────────


class StateTable(SphinxDirective):
    """One of the four state tables, and the sentence below it."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        role, phase = self.arguments
        if role not in STATES or phase not in PHASES:
            raise self.error(f"expected requester or responder, and {' or '.join(PHASES)}, found {role} {phase}")
        return [state_table(Role(role), phase), unchanging(Role(role))]


class StateEvidence(SphinxDirective):
    """The legend of the tables."""

    def run(self) -> list[nodes.Node]:
        numbers = "How much is known, without the messages that change nothing:"
        tables = [reading_table(), evidence_table(), predicate_table()]
        return [*tables, nodes.paragraph("", numbers), count_table()]


class AgreementTable(SphinxDirective):
    """The pairs of states that both ends can be in."""

    def run(self) -> list[nodes.Node]:
        meanings = ", ".join(f"{sign} {word}" for word, sign in SIGNS.items())
        return [agreement_table(), nodes.paragraph("", f"{meanings}.")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_directive("state-table", StateTable)
    app.add_directive("state-evidence", StateEvidence)
    app.add_directive("agreement-table", AgreementTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Draws the state diagrams of the documentation: ``python docs/_ext/diagrams.py``, which needs ``dot`` of Graphviz.

What is in them follows from `isoill.transitions`; how it is laid out is said here, and worked out by Graphviz.  What a
picture shows is also in its titles, so that `read` finds it again, and a test can tell whether it is current.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from isoill.services import Direction, Event, Role
from isoill.transitions import STATES, TERMINAL, Predicate, State, cells

COMMAND = "python docs/_ext/diagrams.py"
PHASES = ("processing", "tracking")

#: As it is usual for state machines.
MARKS: Mapping[Direction, str] = {Direction.SEND: "!", Direction.RECEIVE: "?"}


def columns(role: Role, phase: str) -> tuple[State, ...]:
    """The states of a phase; tracking begins with SHIPPED."""
    states = STATES[role]
    shipped = states.index(State.SHIPPED)
    return states[:shipped] if phase == "processing" else states[shipped:]


def together(events: Iterable[Event]) -> str:
    """Several events in few words: ``ILL-Answer retry, unfilled``."""
    grouped = groupby((event.partition(" ") for event in events), key=lambda parts: parts[0])
    return ", ".join(f"{name} {', '.join(answer for _, _, answer in parts)}".strip() for name, parts in grouped)


# ── what is drawn ──────────────────────────────────────────────────────────────────────────────────────────────────


class Transition(NamedTuple):
    """A change of state that the tables allow."""

    before: State
    after: State
    lenient: bool
    direction: Direction
    event: Event
    predicate: Predicate | None


def transitions(role: Role, phase: str) -> Iterator[Transition]:
    """Those of a picture: that of processing has all that begin or end there."""
    processing = columns(role, "processing")
    for each in cells(role):
        for outcome in each.outcomes:
            touches = each.state in processing or outcome.to in processing
            if outcome.to is not each.state and touches == (phase == "processing"):
                after, lenient, predicate = outcome.to, outcome.lenient, outcome.predicate
                yield Transition(each.state, after, lenient, each.direction, each.event, predicate)


@dataclass(frozen=True)
class Box:
    """A state as it is drawn."""

    state: State
    terminal: bool


@dataclass(frozen=True)
class Arrow:
    """An arrow as it is drawn, and the lines that are written on it."""

    #: several if it begins at the frame around them
    tails: tuple[State, ...]
    head: State
    lenient: bool
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        """What is read of it where no picture is seen."""
        return f"{', '.join(self.tails)} → {self.head}"


@dataclass(frozen=True)
class Layout:
    """What Graphviz is told about a picture, beside what is in it."""

    #: from the top; what is not named comes below, and arrows to a higher row go upwards
    rows: tuple[tuple[State, ...], ...]
    #: states in a frame: what is the same for all of them is one arrow from it
    frame: tuple[State, ...] = ()
    #: two states that stand side by side, with the arrow between them
    beside: tuple[State, State] | None = None


LAYOUTS: Mapping[tuple[Role, str], Layout] = {
    (Role.REQUESTER, "processing"): Layout(
        rows=((State.IDLE, State.RECEIVED), (State.PENDING,), (State.CONDITIONAL,), (State.CANCEL_PENDING,)),
        frame=(State.PENDING, State.CANCEL_PENDING),
    ),
    (Role.REQUESTER, "tracking"): Layout(
        rows=(
            (State.SHIPPED,),
            (State.RECEIVED,),
            (State.NOT_RECEIVED_OVERDUE, State.RENEW_PENDING),
            (State.RENEW_OVERDUE,),
            (State.OVERDUE,),
        ),
        frame=(
            State.RECEIVED,
            State.RENEW_PENDING,
            State.RENEW_OVERDUE,
            State.OVERDUE,
            State.NOT_RECEIVED_OVERDUE,
        ),
    ),
    (Role.RESPONDER, "processing"): Layout(
        rows=((State.IDLE,), (State.IN_PROCESS,), (State.CONDITIONAL,), (State.CANCEL_PENDING,)),
        beside=(State.CANCEL_PENDING, State.NOT_SUPPLIED),
    ),
    (Role.RESPONDER, "tracking"): Layout(
        rows=((State.SHIPPED,), (State.RENEW_PENDING,), (State.RENEW_OVERDUE,), (State.OVERDUE,)),
        frame=(State.SHIPPED, State.RENEW_PENDING, State.RENEW_OVERDUE, State.OVERDUE),
    ),
}


def boxes(role: Role, phase: str) -> list[Box]:
    """The states of a picture: those of the phase, and those of the other to or from which an arrow goes."""
    ends = {state for each in transitions(role, phase) for state in (each.before, each.after)}
    return [
        Box(state, terminal=state in TERMINAL[role])
        for state in STATES[role]
        if state in ends or state in columns(role, phase)
    ]


def arrows(role: Role, phase: str) -> list[Arrow]:
    """The arrows of a picture."""
    frame = LAYOUTS[role, phase].frame
    every = list(transitions(role, phase))
    merged: dict[tuple[tuple[State, ...], State, bool], list[Transition]] = {}
    for each in every:
        tails: tuple[State, ...] = (each.before,)
        if each.before in frame and all(each._replace(before=state) in every for state in frame):
            if each.before is not frame[0]:
                continue
            tails = frame
        merged.setdefault((tails, each.after, each.lenient), []).append(each)
    order = STATES[role].index
    ordered = sorted(merged, key=lambda key: (order(key[0][0]), -len(key[0]), order(key[1]), key[2]))
    return [Arrow(*key, tuple(_lines(merged[key]))) for key in ordered]


def _lines(merged: list[Transition]) -> Iterator[str]:
    """What is written on an arrow: a line for each kind of message, or more if its answers are many."""

    def kind(each: Transition) -> tuple[Direction, str, Predicate | None]:
        return each.direction, each.event.partition(" ")[0], each.predicate

    for (direction, _, predicate), alike in groupby(merged, key=kind):
        words = f"{'~' * merged[0].lenient}{MARKS[direction]} {together(each.event for each in alike)}"
        yield from textwrap.wrap(words + (f" if {predicate}" if predicate else ""), 26, break_on_hyphens=False)


# ── how it is drawn ────────────────────────────────────────────────────────────────────────────────────────────────

_INK, _PALE = "#1f2933", "#5f6b77"
_COLOURS = {"!": "#0b5cad", "?": "#a34700"}
_FONT = "Helvetica, Arial, sans-serif"
_GRAPH = f"""
graph [compound=true newrank=true nodesep=0.14 ranksep=0.22 pad=0.1 fontname="{_FONT}" fontsize=8.5]
node [shape=box style="rounded,filled" height=0.34 margin="0.12,0.05" fontname="{_FONT}" fontsize=9.5]
edge [arrowsize=0.65]
"""


def _colour(lines: Iterable[str]) -> str:
    """That of what is sent or of what is received, and ink where an arrow has both."""
    marks = {line.lstrip("~")[0] for line in lines} & _COLOURS.keys()
    return _COLOURS[marks.pop()] if len(marks) == 1 else _INK


def _dot(role: Role, phase: str) -> str:
    """A picture in the language of Graphviz.  What is written on an arrow is a node in it: so no arrow goes across."""
    layout = LAYOUTS[role, phase]
    inside, outside = [f'"{state}"' for state in layout.frame], []
    for box in boxes(role, phase):
        name = box.state.replace("RECEIVED-", "RECEIVED-\\n")  # the longest, in two lines
        look = f'label="{name}" peripheries={1 + box.terminal} '
        if box.state not in columns(role, phase):
            look += f'color="#b4bdc6" fontcolor="{_PALE}" fillcolor="#f6f7f8"'
        else:
            look += f'color="{_INK}" fontcolor="{_INK}" fillcolor="{"#e4e9ed" if box.terminal else "#ffffff"}"'
        outside.append(f'"{box.state}" [{look}]')
    for number, arrow in enumerate(arrows(role, phase)):
        framed = len(arrow.tails) > 1
        chip = f'arrow{number} [shape=plain style="" fontsize=8.5 label={_label(arrow.lines)}]'
        (inside if {arrow.head, *arrow.tails} <= {*layout.frame} else outside).append(chip)
        # a frame is left by its first state, but for what may be borne: that goes below
        tail = arrow.tails[-1 if arrow.lenient else 0]
        look = f'color="{_colour(arrow.lines)}" style={"dashed" if arrow.lenient else "solid"}'
        if _row(layout, arrow.head) < _row(layout, tail):
            outside.append(f'"{arrow.head}" -> arrow{number} [dir=back {look}]')
            outside.append(f'arrow{number} -> "{tail}" [dir=none {look} {"lhead=cluster" if framed else ""}]')
        else:
            outside.append(f'"{tail}" -> arrow{number} [dir=none {look} {"ltail=cluster" if framed else ""}]')
            outside.append(f'arrow{number} -> "{arrow.head}" [{look}]')
        if (tail, arrow.head) == layout.beside:
            outside.append(f'{{ rank=same "{tail}" arrow{number} "{arrow.head}" }}')
    frame = f'label="each of these" labelloc=t labeljust=l fontcolor="{_PALE}" color="#c9d2d9" fillcolor="#f2f5f7"'
    if inside:
        outside.insert(0, f'subgraph cluster {{ style="rounded,filled" {frame} {"; ".join(inside)} }}')
    return "\n".join(["digraph {", _GRAPH, *outside, "}"])


def _row(layout: Layout, state: State) -> int:
    return next((number for number, row in enumerate(layout.rows) if state in row), len(layout.rows))


def _label(lines: Iterable[str]) -> str:
    """The lines, each in its colour; one that goes on has that of the line before."""
    rows, colour = [], _INK
    for line in lines:
        colour = _colour([line]) if line.lstrip("~")[0] in _COLOURS else colour
        rows.append(f'<tr><td><font color="{colour}">{escape(line)}</font></td></tr>')
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>>'


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────

_SVG = "http://www.w3.org/2000/svg"
_KEPT = ("path", "polygon", "polyline", "text")
#: What there is no pen for, in the words of older and newer versions.
_UNSEEN = ("transparent", "none")


def path_of(role: Role, phase: str) -> Path:
    """Where a picture is kept."""
    return Path(__file__).parents[1] / "_static" / f"states-{role}-{phase}.svg"


def draw(role: Role, phase: str) -> str:
    """A picture, drawn by Graphviz; of what Graphviz writes, only the shapes, and in our order."""
    done = subprocess.run(["dot", "-Tsvg"], input=_dot(role, phase), capture_output=True, text=True, check=True)
    drawn = ElementTree.fromstring(done.stdout)
    canvas = drawn.find(f"{{{_SVG}}}g")
    assert canvas is not None
    shapes: dict[str, list[ElementTree.Element]] = {}
    for group in canvas.iterfind(f"{{{_SVG}}}g"):
        name = group.findtext(f"{{{_SVG}}}title", "")
        ends = [end for end in name.split("->") if end.startswith("arrow")] or [name]
        kept = (each for each in group.iter() if each.tag.partition("}")[2] in _KEPT)
        shapes.setdefault(ends[0], []).extend(each for each in kept if each.get("stroke") not in _UNSEEN)
    size = {key: drawn.attrib[key] for key in ("width", "height", "viewBox")}
    title = f"The states of the {role}: {phase}"
    svg = ElementTree.Element("svg", {"xmlns": _SVG, **size, "role": "img", "font-family": _FONT})
    ElementTree.SubElement(svg, "title").text = title
    ElementTree.SubElement(svg, "rect", width="100%", height="100%", rx="6", fill="#ffffff")
    # dot writes "scale(1 1) rotate(0) translate(4 393)"
    inner = ElementTree.SubElement(
        svg, "g", transform="translate" + canvas.attrib["transform"].rpartition("translate")[2]
    )
    if LAYOUTS[role, phase].frame:
        _add(inner, "frame", ", ".join(LAYOUTS[role, phase].frame), shapes["cluster"])
    for number, arrow in enumerate(arrows(role, phase)):
        _add(inner, "arrow", arrow.title, shapes[f"arrow{number}"])
    for box in boxes(role, phase):
        _add(inner, "state", box.state, shapes[box.state])
    ElementTree.indent(svg, " ")
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _add(canvas: ElementTree.Element, kind: str, title: str, shapes: list[ElementTree.Element]) -> None:
    group = ElementTree.SubElement(canvas, "g", {"class": kind})
    ElementTree.SubElement(group, "title").text = title
    for shape in shapes:
        attributes = {key: value for key, value in shape.attrib.items() if key != "font-family"}
        ElementTree.SubElement(group, shape.tag.partition("}")[2], attributes).text = shape.text


def read(svg: str) -> tuple[list[Box], list[Arrow]]:
    """What a picture shows: its states, and its arrows with what is written on them."""
    found_boxes, found_arrows = [], []
    for group in ElementTree.fromstring(svg).iter(f"{{{_SVG}}}g"):
        title = group.findtext(f"{{{_SVG}}}title", "")
        lines = tuple(each.text or "" for each in group.iterfind(f"{{{_SVG}}}text"))
        paths = group.findall(f"{{{_SVG}}}path")
        if group.get("class") == "state":
            if "".join(lines) != title:
                raise ValueError(f"expected {title} to be written in its box, found {lines}")
            found_boxes.append(Box(State(title), terminal=len(paths) == 2))
        elif group.get("class") == "arrow":
            tails, _, head = title.partition(" → ")
            lenient = all("stroke-dasharray" in each.attrib for each in paths)
            found_arrows.append(Arrow(tuple(map(State, tails.split(", "))), State(head), lenient, lines))
    return found_boxes, found_arrows


def main() -> None:
    """Draw all of them."""
    if shutil.which("dot") is None:
        sys.exit("dot is missing, which draws the diagrams: install Graphviz (Debian package graphviz)")
    for role, phase in LAYOUTS:
        path_of(role, phase).write_text(draw(role, phase), encoding="utf-8")


if __name__ == "__main__":
    main()

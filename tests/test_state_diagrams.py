"""The state diagrams of the documentation show what the tables say now; Graphviz is not asked."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from isoill.services import Direction, Event, Role
from isoill.transitions import STATES, TERMINAL, Predicate, State, cells
from tests.conftest import ROOT

sys.path.append(str(ROOT / "docs" / "_ext"))
diagrams = import_module("diagrams")

PICTURES = [(role, phase) for role in STATES for phase in diagrams.PHASES]
#: before, after, only in the lenient table, direction, event, predicate
Change = tuple[State, State, bool, Direction, Event, Predicate | None]


def picture(role: Role, phase: str) -> str:
    text: str = diagrams.path_of(role, phase).read_text(encoding="utf-8")
    return text


@pytest.mark.parametrize(("role", "phase"), PICTURES)
def test_a_picture_is_current(role: Role, phase: str) -> None:
    boxes, arrows = diagrams.read(picture(role, phase))
    message = f"the tables have changed since the picture was drawn; run {diagrams.COMMAND}"
    assert boxes == diagrams.boxes(role, phase), message
    assert arrows == diagrams.arrows(role, phase), message


def shown(role: Role, phase: str) -> list[Change]:
    """What the arrows of a picture say, read from what is written on them."""
    found = []
    for arrow in diagrams.read(picture(role, phase))[1]:
        for tilde, mark, words in re.findall(r"(~?)([!?]) ([^~!?]+)", " ".join(arrow.lines)):
            events, _, predicate = words.strip().partition(" if ")
            message, _, answers = events.partition(" ")
            for answer in answers.split(", "):
                event = Event(f"{message} {answer}".strip())
                direction = Direction.SEND if mark == "!" else Direction.RECEIVE
                assert arrow.lenient is bool(tilde)
                change = arrow.head, arrow.lenient, direction, event, Predicate(predicate) if predicate else None
                found += [(tail, *change) for tail in arrow.tails]
    return found


@pytest.mark.parametrize("role", STATES)
def test_every_change_of_state_is_in_one_picture(role: Role) -> None:
    drawn = [change for phase in diagrams.PHASES for change in shown(role, phase)]
    wanted = [
        (each.state, outcome.to, outcome.lenient, each.direction, each.event, outcome.predicate)
        for each in cells(role)
        for outcome in each.outcomes
        if outcome.to is not each.state
    ]
    assert sorted(drawn, key=repr) == sorted(wanted, key=repr)


@pytest.mark.parametrize("role", STATES)
def test_every_state_has_a_box_and_the_last_ones_a_double_border(role: Role) -> None:
    boxes = {box.state: box.terminal for phase in diagrams.PHASES for box in diagrams.read(picture(role, phase))[0]}
    assert boxes == {state: state in TERMINAL[role] for state in STATES[role]}


@pytest.mark.parametrize(("role", "phase"), PICTURES)
def test_a_picture_says_nothing_of_where_it_was_drawn(role: Role, phase: str) -> None:
    text = picture(role, phase)
    assert not re.search("<!|<[?]|raphviz|cluster|/home|xlink", text)
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_another_word_in_a_picture_is_noticed() -> None:
    key = Role.REQUESTER, "processing"
    for word, other in (
        ("! Cancel<", "! Lost<"),
        ("PENDING → CONDITIONAL", "PENDING → CANCELLED"),
        ("PENDING, CANCEL-PENDING → SHIPPED", "PENDING → SHIPPED"),
        ("stroke-dasharray", "stroke-dashoffset"),
    ):
        assert word in picture(*key)
        assert diagrams.read(picture(*key).replace(word, other))[1] != diagrams.arrows(*key)


def test_a_box_with_another_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected IDLE to be written in its box"):
        diagrams.read(picture(Role.REQUESTER, "processing").replace(">IDLE</text>", ">IDEAL</text>"))


def test_without_graphviz_it_says_so_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "docs" / "_ext" / "diagrams.py")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "dot is missing, which draws the diagrams: install Graphviz (Debian package graphviz)\n"

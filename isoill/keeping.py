"""How transactions are kept: as plain values, for JSON; what is none of them is refused, and it is said where."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any, TypeVar

from isoill.errors import Reason
from isoill.facts import Step
from isoill.plain import PlainError, from_dict, to_dict
from isoill.services import Direction, Event, event_of
from isoill.transitions import State
from isoill.types import Apdu

__all__ = ["Members", "step_from", "step_to_dict"]

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)


class Members:
    """The members of a JSON object, each of the kind that is asked for; `PlainError` where it is not."""

    def __init__(self, plain: Any, path: str) -> None:
        if not isinstance(plain, dict):
            raise PlainError(Reason.WRONG_TYPE, f"expected an object, found {type(plain).__name__}", path)
        self._plain = plain
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._plain

    def get(self, name: str, kind: type[T]) -> T:
        """A member that must be there, of a type of JSON."""
        if name not in self._plain:
            raise PlainError(Reason.MISSING_COMPONENT, f"expected {name}, found none", self._path)
        found = self._plain[name]
        if type(found) is not kind:
            raise self.refused(name, f"expected {_KINDS[kind]}, found {type(found).__name__}")
        return found

    def one_of(self, name: str, kind: type[E]) -> E:
        """A member that is one of several texts."""
        text = self.get(name, str)
        try:
            return kind(text)
        except ValueError:
            raise self.refused(name, f"expected one of {', '.join(kind)}, found {text!r:.60}") from None

    def value(self, name: str, kind: type[T]) -> T | None:
        """A member that is a value of a declared class, or is not there."""
        return self._value(name, kind) if name in self._plain else None

    def apdu(self, name: str) -> Apdu:
        """A member that is a message."""
        found: Apdu = self._value(name, None)
        return found

    def each(self, name: str) -> Iterator[Members]:
        """The objects of a list."""
        for index, plain in enumerate(self.get(name, list)):
            yield Members(plain, f"{self._where(name)}[{index}]")

    def refused(self, name: str, detail: str) -> PlainError:
        """What is wrong with a member."""
        return PlainError(Reason.MALFORMED_VALUE, detail, self._where(name))

    def _value(self, name: str, kind: Any) -> Any:
        plain = self.get(name, dict)
        try:
            return from_dict(plain, type=kind)
        except PlainError as error:
            path = ".".join(each for each in (self._where(name), error.path) if each)
            raise PlainError(error.reason, error.detail, path) from None

    def _where(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


_KINDS: dict[type[Any], str] = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


def step_to_dict(step: Step) -> dict[str, Any]:
    """A step of a history."""
    plain: dict[str, Any] = {
        "direction": step.direction.value,
        "before": step.before.value,
        "event": step.event.value,
        "after": step.after.value,
    }
    if step.lenient:
        plain["lenient"] = True
    if step.remark:
        plain["remark"] = step.remark
    if step.apdu is not None:
        plain["apdu"] = to_dict(step.apdu)
    return plain


def step_from(members: Members) -> Step:
    """The step that `step_to_dict` made plain."""
    direction, apdu = members.one_of("direction", Direction), members.apdu("apdu")
    event = members.one_of("event", Event)
    try:
        told: str = event_of(apdu, direction)
    except ValueError as error:
        told = str(error)
    if event != told:
        raise members.refused("event", f"expected {told}, which is what the message says, found {event}")
    return Step(
        before=members.one_of("before", State),
        event=event,
        after=members.one_of("after", State),
        direction=direction,
        apdu=apdu,
        lenient=members.get("lenient", bool) if "lenient" in members else False,
        remark=members.get("remark", str) if "remark" in members else "",
    )

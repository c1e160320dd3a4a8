"""What a rule is, what it finds, and what it looks at.  No rule stands here."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self, TypeAlias, TypeVar

from isoill.asn1 import Enumerated, Type, fields_of, type_of
from isoill.parts import parts
from isoill.profiles.contact import Contact
from isoill.records import record
from isoill.services import Role, Transport
from isoill.types import Apdu, ILLRequest

__all__ = [
    "EVERY_MESSAGE",
    "Fault",
    "Faults",
    "Finding",
    "Rule",
    "Severity",
    "Subject",
    "Test",
    "blank",
    "checked",
    "every",
    "filled",
    "present",
    "refuse",
    "shown",
    "together",
]


class Severity(enum.StrEnum):
    """What comes of it if a rule is broken."""

    #: the message breaks what is mandatory, and will, or may, not be accepted
    REFUSED = "refused"
    #: it may be accepted, and something will go wrong, or get lost
    WARNING = "warning"
    #: good to know
    NOTE = "note"


@record
class Finding:
    """One place where a message breaks a rule."""

    #: the id of the rule
    rule: str
    #: the rule's
    severity: Severity
    #: where, as in errors of decoding: ``ILL-Request.item_id.title``
    path: str
    #: what is wanted, and what was found
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.message} - at {self.path} [{self.rule}]"


@record
class Fault:
    """Where a rule is broken, within the message, and what was found there."""

    #: within the message; empty for the message itself
    path: str
    #: in a few words
    found: str


@record
class Subject:
    """What a rule looks at: a message, and what is known about its circumstances; `of` makes it."""

    apdu: Apdu
    #: what the message is made of (`isoill.parts`), worked out once for all rules
    parts: tuple[tuple[str, Type, Any], ...]
    #: of the sender; None where it is not said
    role: Role | None = None
    transport: Transport | None = None
    today: datetime.date | None = None
    #: earlier messages of the transaction, the oldest first; for an intermediary, those of the one it serves as well
    history: tuple[Apdu, ...] = ()

    @classmethod
    def of(
        cls,
        apdu: Apdu,
        *,
        role: Role | str | None = None,
        transport: Transport | str | None = None,
        today: datetime.date | None = None,
        history: Iterable[Apdu] = (),
    ) -> Self:
        """A message in its circumstances; ValueError for a role or a transport that is none."""
        return cls(
            apdu,
            tuple(parts(apdu)),
            role=None if role is None else _one_of(Role, "role", role),
            transport=None if transport is None else _one_of(Transport, "transport", transport),
            today=today.date() if isinstance(today, datetime.datetime) else today,
            history=tuple(history),
        )

    @property
    def name(self) -> str:
        """What the standard calls the message: ``ILL-Request``."""
        return type_of(type(self.apdu)).name

    @property
    def own_history(self) -> tuple[Apdu, ...]:
        """The earlier messages of the same transaction."""
        return tuple(apdu for apdu in self.history if apdu.transaction_id == self.apdu.transaction_id)

    @property
    def requests(self) -> tuple[ILLRequest, ...]:
        """The requests in the history, of the same transaction or of the one that led to it."""
        return tuple(apdu for apdu in self.history if isinstance(apdu, ILLRequest))

    def at(self, path: str) -> Iterator[tuple[str, Any]]:
        """The values at a path within the message, ``[]`` standing for each element; None once where the way ends.

        >>> from isoill.types import Cancel, ServiceDateTime, TransactionId, DateTimeOfService
        >>> cancel = Cancel(
        ...     protocol_version_num=2,
        ...     transaction_id=TransactionId(transaction_group_qualifier="7", transaction_qualifier="1"),
        ...     service_date_time=ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261122")),
        ... )
        >>> list(Subject.of(cancel).at("transaction_id.initial_requester_id"))
        [('transaction_id.initial_requester_id', None)]
        """
        return _follow(self.apdu, "", path.split("."))

    def value(self, path: str) -> Any:
        """The one value at a path without lists; None where the way ends."""
        value: Any = self.apdu
        for step in path.split("."):
            value = getattr(value, step, None)
        return value


E = TypeVar("E", bound=enum.StrEnum)


def _one_of(cls: type[E], what: str, value: str) -> E:
    try:
        return cls(value)
    except ValueError:
        raise ValueError(f"{what}: expected one of {', '.join(cls)}, found {value!r:.60}") from None


def _follow(value: Any, so_far: str, steps: list[str]) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield so_far, value
        return
    step, *rest = steps
    name = step.removesuffix("[]")
    here = f"{so_far}.{name}" if so_far else name
    inside = getattr(value, name, None)
    if inside is None:
        yield ".".join([here, *rest]), None
    elif name == step:
        yield from _follow(inside, here, rest)
    else:
        for index, element in enumerate(inside):
            yield from _follow(element, f"{here}[{index}]", rest)


Faults: TypeAlias = Callable[[Subject], Iterable[Fault]]
#: Says what is wrong with a value, in a few words; None where nothing is.
Test: TypeAlias = Callable[[Any], str | None]


@record(kw_only=True)
class Rule:
    """One thing that a message has to keep to, where it is known from, and how breaches are found."""

    id: str
    severity: Severity
    #: the messages it is about; none means every message
    on: tuple[type[Apdu], ...] = ()
    #: where it looks, within the message, or the name of the type that it looks at wherever that is
    path: str
    #: what is wanted, as a sentence
    sentence: str
    #: where this is known from
    source: str
    faults: Faults
    #: gives the message in which the rule is kept, from what is known of the two sides; None where that is a guess
    mend: Callable[[Subject, Contact], Apdu | None] | None = None

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Where the message breaks the rule."""
        if self.on and not isinstance(subject.apdu, self.on):
            return
        for fault in self.faults(subject):
            path = f"{subject.name}.{fault.path}" if fault.path else subject.name
            yield Finding(self.id, self.severity, path, f"{self.sentence}; found {fault.found}")


#: For `Rule.on`: a rule about all twenty.
EVERY_MESSAGE: tuple[type[Apdu], ...] = ()


# ── the ways in which most rules look ──────────────────────────────────────────────────────────────────────────────


def present(*paths: str, when: Callable[[Subject], bool] = lambda subject: True) -> Faults:
    """What is at each path has to be there."""

    def faults(subject: Subject) -> Iterator[Fault]:
        if when(subject):
            for path in paths:
                for where, value in subject.at(path):
                    if value is None:
                        yield Fault(where, "none")

    return faults


def blank(value: Any) -> bool:
    """Whether there is nothing: None, no text that can be read, no element, no component that is not blank itself."""
    if isinstance(value, str):
        return not any(character.isprintable() and not character.isspace() for character in value)
    if hasattr(value, "__components__"):
        return all(blank(getattr(value, component.name)) for component in fields_of(type(value)))
    return value is None or value == ()


def filled(*paths: str, when: Callable[[Subject], bool] = lambda subject: True) -> Faults:
    """What is at each path has to be there, and to say something."""

    def faults(subject: Subject) -> Iterator[Fault]:
        if when(subject):
            for path in paths:
                for where, value in subject.at(path):
                    if blank(value):
                        yield Fault(where, "none" if value is None else "one with nothing in it")

    return faults


def checked(path: str, test: Test, *, when: Callable[[Subject], bool] = lambda subject: True) -> Faults:
    """What is at the path, if it is there, has to pass a test."""

    def faults(subject: Subject) -> Iterator[Fault]:
        if when(subject):
            for where, value in subject.at(path):
                found = None if value is None else test(value)
                if found is not None:
                    yield Fault(where, found)

    return faults


def every(name: str, test: Test) -> Faults:
    """All values of a type, wherever they are in the message, have to pass a test.

    ``ILL-String`` stands for the types that are one by another name, too.
    """
    is_text = name == "ILL-String"

    def faults(subject: Subject) -> Iterator[Fault]:
        for where, type_, value in subject.parts:
            if type_.name == name or (is_text and len(type_.strings) > 1):
                found = test(value)
                if found is not None:
                    yield Fault(where, found)

    return faults


def together(*several: Faults) -> Faults:
    """What any of these finds."""
    return lambda subject: [fault for faults in several for fault in faults(subject)]


def refuse(path: str, *values: object, when: Callable[[Subject], bool] = lambda subject: True) -> Faults:
    """What is at the path must not be one of these values."""
    return checked(path, lambda value: shown(value) if value in values else None, when=when)


def shown(value: object) -> str:
    """A value in a message for people: names of the standard, text in quotes and not too long."""
    if isinstance(value, Enumerated):
        return value.asn1_name
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        value = str(value)  # without the name of a class of ours
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    return f"{value!r:.60}"

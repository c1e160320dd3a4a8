"""What a person can do in a transaction, in the words of the command line: ``shipped --date-due 2026-12-24``."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from isoill.asn1 import Enumerated
from isoill.records import record
from isoill.services import Direction
from isoill.types import (
    Apdu,
    Conditions,
    ILLServiceType,
    LocationInfo,
    ReasonLocsProvided,
    ReasonNotAvailable,
    ReasonUnfilled,
    ReasonWillSupply,
    SystemId,
)

if TYPE_CHECKING:
    from isoill.transaction import Transaction

__all__ = ["OPTIONS", "SERVICES", "Option", "Service", "add_options"]

E = TypeVar("E", bound=Enumerated)
Make = Callable[..., Apdu]


@record
class Option:
    """What can be said of a service."""

    name: str
    metavar: str
    help: str
    read: Callable[[str], Any]

    @property
    def flag(self) -> str:
        """As it is written."""
        return f"--{self.name.replace('_', '-')}"


def _day(text: str) -> datetime.date:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day as YYYY-MM-DD, found {text!r:.40}") from None


def _service_type(text: str) -> ILLServiceType:
    kinds = {"loan": ILLServiceType.LOAN, "copy": ILLServiceType.COPY_NON_RETURNABLE}
    if text not in kinds:
        raise argparse.ArgumentTypeError(f"expected loan or copy, found {text!r:.40}")
    return kinds[text]


#: Every option, by its name.
OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        option.name: option
        for option in (
            Option("date", "YYYY-MM-DD", "the day on which it happened; else today", _day),
            Option("date_due", "YYYY-MM-DD", "when the item is due", _day),
            Option("desired_due_date", "YYYY-MM-DD", "until when it is wanted", _day),
            Option("date_available", "YYYY-MM-DD", "when it should be there, or may be asked for again", _day),
            Option("reply_by", "YYYY-MM-DD", "until when the conditions stand", _day),
            Option("reason", "REASON", "by its name in the standard, or its number", str),
            Option("condition", "CONDITION", "by its name in the standard, or its number", str),
            Option("location", "SYMBOL", "a library that may have it; several times", str),
            Option("cost", "TEXT", "what it would cost", str),
            Option("service_type", "loan|copy", "what was sent", _service_type),
            Option("note", "TEXT", "a word to the other side", str),
        )
    }
)


@record
class Service:
    """A service, and what can be said of it."""

    name: str
    #: whether yes or no has to be said
    answers: bool
    #: names of options, those that are needed first
    options: tuple[str, ...]
    needed: int
    make: Make

    def message(self, transaction: Transaction, *, answer: bool | None, given: Mapping[str, Any], now: Any) -> Apdu:
        """The message.  Raises ValueError for what cannot be said of it, and for what has to be."""
        for name in given:
            if name not in self.options:
                takes = ", ".join(OPTIONS[each].flag for each in self.options) or "no option"
                raise ValueError(f"{self.name}: expected {takes}, found {OPTIONS[name].flag}")
        for name in self.options[: self.needed]:
            if name not in given:
                raise ValueError(f"{self.name}: expected {OPTIONS[name].flag}, found none")
        if self.answers and answer is None:
            raise ValueError(f"{self.name}: expected yes or no, found neither")
        if answer is not None and not self.answers:
            raise ValueError(f"{self.name}: expected neither yes nor no, found {'yes' if answer else 'no'}")
        said = {"answer": answer} if self.answers else {}
        return self.make(transaction, now=now, **said, **given)


def _member(kind: type[E], text: str) -> E:
    """A value of an enumeration by its name or number."""
    for each in kind:
        if text in (str(each.value), each.asn1_name) or text.lower().replace("_", "-") == each.asn1_name.lower():
            return each
    names = ", ".join(each.asn1_name for each in kind)
    raise ValueError(f"expected one of {names}, found {text!r:.40}")


def _renamed(method: str, **names: str) -> Make:
    """A method of the transaction, some of whose arguments have a shorter name here."""

    def make(transaction: Transaction, **given: Any) -> Apdu:
        made: Apdu = getattr(transaction, method)(**{names.get(name, name): value for name, value in given.items()})
        return made

    return make


def _with_reason(method: str, kind: type[Enumerated], option: str = "reason", **names: str) -> Make:
    """A method whose first argument is a value of an enumeration."""

    def make(transaction: Transaction, **given: Any) -> Apdu:
        first = [_member(kind, given.pop(option))] if option in given else []
        given = {names.get(name, name): value for name, value in given.items()}
        made: Apdu = getattr(transaction, method)(*first, **given)
        return made

    return make


def _locations(transaction: Transaction, *, location: list[str], reason: str | None = None, **given: Any) -> Apdu:
    places = [LocationInfo(location_id=SystemId.of(each)) for each in location]
    why = None if reason is None else _member(ReasonLocsProvided, reason)
    return transaction.locations_provided(places, reason=why, **given)


def _repeat(transaction: Transaction, *, now: datetime.datetime | None) -> Apdu:
    """The last that we sent, once more."""
    sent = [apdu for direction, apdu in transaction.messages if direction is Direction.SEND]
    if not sent:
        raise ValueError("expected a message that was sent, found none")
    return transaction.repeat(sent[-1], now=now)


def _rows() -> tuple[Service, ...]:
    def one(name: str, make: Make | None = None, *options: str, needed: int = 0, answers: bool = False) -> Service:
        method = make or _renamed(name.replace("-", "_"))
        return Service(name, answers, (*options, "note"), needed, method)

    return (
        # the responder's
        one(
            "shipped",
            _renamed("shipped", date="date_shipped", service_type="shipped_service_type"),
            "date_due",
            "date",
            "service_type",
        ),
        one(
            "conditional",
            _with_reason("conditional", Conditions, "condition", reply_by="date_for_reply"),
            "condition",
            "reply_by",
            needed=1,
        ),
        one(
            "retry", _with_reason("retry", ReasonNotAvailable, date_available="retry_date"), "reason", "date_available"
        ),
        one("unfilled", _with_reason("unfilled", ReasonUnfilled), "reason", needed=1),
        one("locations-provided", _locations, "location", "reason", needed=1),
        one(
            "will-supply",
            _with_reason("will_supply", ReasonWillSupply, date_available="supply_date"),
            "reason",
            "date_available",
            needed=1,
        ),
        one(
            "hold-placed",
            _renamed("hold_placed", date_available="estimated_date_available"),
            "date_available",
            needed=1,
        ),
        one("estimate", _renamed("estimate", cost="cost_estimate"), "cost", needed=1),
        one("cancel-reply", answers=True),
        one("recall"),
        one("checked-in", _renamed("checked_in", date="date_checked_in"), "date"),
        one("overdue", None, "date_due"),
        one("renew-answer", None, "date_due", answers=True),
        Service("expired", False, (), 0, _renamed("expired")),
        # the requester's
        one("conditional-reply", answers=True),
        one("cancel"),
        one(
            "received",
            _renamed("received", date="date_received", service_type="shipped_service_type"),
            "date",
            "service_type",
        ),
        one("returned", _renamed("returned", date="date_returned"), "date"),
        one("renew", None, "desired_due_date"),
        # of both
        one("lost"),
        one("damaged"),
        Service("message", False, ("note",), 1, _renamed("message")),
        one("status-query"),
        one("status-report"),
        Service("repeat", False, (), 0, _repeat),
    )


#: Every service, by its name.
SERVICES: Mapping[str, Service] = MappingProxyType({service.name: service for service in _rows()})


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of all services, for a parser."""
    for option in OPTIONS.values():
        action = "append" if option.name == "location" else "store"
        parser.add_argument(option.flag, metavar=option.metavar, type=option.read, action=action, help=option.help)

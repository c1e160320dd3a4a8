"""What a mock peer is told to do: for each message that may come, lists of actions, from a TOML file or from values."""

from __future__ import annotations

import argparse
import enum
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

from isoill.acting import OPTIONS, SERVICES, Service
from isoill.profiles.table import PartnerError, Table, read_table, shown_value
from isoill.records import record
from isoill.services import Event, Role
from isoill.transaction import Transaction
from isoill.types import (
    Apdu,
    DateTimeOfService,
    ILLRequest,
    ILLServiceType,
    ItemId,
    MessageRequirement,
    RequesterOptionalMessagesType,
    ServiceDateTime,
    SystemId,
    TransactionId,
    TransactionType,
)

__all__ = ["Action", "Say", "Script", "Wait", "Word"]


class Word(enum.StrEnum):
    """An action that is one word."""

    #: what the peer does where no script says anything
    USUAL = "usual"
    #: do not take the message, and answer with an error report
    REFUSE = "refuse"
    #: do not take the message, as if it had been lost
    IGNORE = "ignore"
    #: do not take the message, and break the connection off
    DROP = "drop"
    #: the octets of the last message once more; ``repeat`` is the standard's way, with a date-time of its own
    DUPLICATE = "duplicate"
    #: octets that are no message
    GARBAGE = "garbage"


#: With these the message that came is not taken, so that no transaction can go on.
_NOT_TAKING = (Word.REFUSE, Word.IGNORE, Word.DROP)
_HALF, _WAIT = "half", "wait"
#: What `Option.flag` is in a text.
_FLAGS = {option.flag: option for option in OPTIONS.values()}


@record
class Say:
    """Send a message, in the words of ``isoill act``: ``shipped --date-due 2026-12-24``."""

    service: Service
    #: of those that say yes or no
    answer: bool | None
    #: values of options, by name
    given: Mapping[str, Any]
    #: only the first half of its octets, and then the end of the connection
    half: bool = False

    def message(self, transaction: Transaction) -> Apdu:
        """The message.  Raises ValueError for what the transaction does not know."""
        return self.service.message(transaction, answer=self.answer, given=self.given, now=None)


@record
class Wait:
    """Do nothing for a while."""

    seconds: float


Action: TypeAlias = Say | Wait | Word


@record
class Script:
    """Lists of actions for messages, by their names in `isoill.Event`.

    The first list is for the first message of that kind, the next for the next, the last for all that follow.  One
    list may stand for itself.  What is not named is answered as usual.

    >>> script = Script.of({"ILL-Request": [["drop"], ["wait 0.5", "unfilled --reason not-owned"]], "Renew": []})
    >>> script.actions(Event.ILL_REQUEST, 0)
    (<Word.DROP: 'drop'>,)
    >>> script.actions(Event.ILL_REQUEST, 7)[0]
    Wait(seconds=0.5)
    >>> script.actions(Event.CANCEL, 0)
    (<Word.USUAL: 'usual'>,)
    >>> Script.of({"Renew": ["renew-answer"]})
    Traceback (most recent call last):
    isoill.profiles.table.PartnerError: Renew[0]: renew-answer: expected yes or no, found neither
    """

    lists: Mapping[Event, tuple[tuple[Action, ...], ...]]

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[Any]], /) -> Self:
        """The script that values mean.  Raises `isoill.profiles.PartnerError`."""
        return cls._made(Table({name: _lists_of(value) for name, value in lists.items()}))

    @classmethod
    def load(cls, path: str | os.PathLike[str], /) -> Self:
        """The script of a TOML file.  Raises `isoill.profiles.PartnerError`, OSError where it cannot be read."""
        return read_table(path, cls._made)

    def actions(self, event: Event, number: int) -> tuple[Action, ...]:
        """What is done with the message of that kind which ``number`` have come before."""
        lists = self.lists.get(event)
        return (Word.USUAL,) if lists is None else lists[min(number, len(lists) - 1)]

    @property
    def drops(self) -> bool:
        """Whether any list breaks a connection off."""
        return any(Word.DROP in actions for lists in self.lists.values() for actions in lists)

    @classmethod
    def _made(cls, table: Table) -> Self:
        lists: dict[Event, tuple[tuple[Action, ...], ...]] = {}
        for event in Event:
            if event is not Event.FORWARD:  # of which Forward-Notification is what comes
                found = table.take(event, list, "a list of actions, or of lists of them")
                if found is not None:
                    lists[event] = _lists(found, table.place(event))
        table.end()
        return cls(lists)


def takes(actions: Sequence[Action]) -> bool:
    """Whether the message to which these are the answer is taken."""
    return not any(isinstance(each, Word) and each in _NOT_TAKING for each in actions)


def read_action(text: object, where: str = "action") -> Action:
    """The action that a text means.  Raises `isoill.profiles.PartnerError`."""
    if not isinstance(text, str):
        raise PartnerError(f"{where}: expected an action, found {shown_value(text)}")
    try:
        words = shlex.split(text)
    except ValueError:
        raise PartnerError(f"{where}: expected a quotation mark behind each other, found {shown_value(text)}") from None
    try:
        return _action(words)
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise PartnerError(f"{where}: {error}") from None


def _lists_of(value: Any) -> Any:
    """Tuples of values are as good as lists."""
    return [_lists_of(each) for each in value] if isinstance(value, (list, tuple)) else value


def _lists(found: list[Any], where: str) -> tuple[tuple[Action, ...], ...]:
    if not any(isinstance(each, list) for each in found):
        return (_list(found, where),)
    for index, each in enumerate(found):
        if not isinstance(each, list):
            raise PartnerError(f"{where}[{index}]: expected a list of actions beside others, found {shown_value(each)}")
    return tuple(_list(each, f"{where}[{index}]") for index, each in enumerate(found))


def _list(found: list[Any], where: str) -> tuple[Action, ...]:
    actions = tuple(read_action(each, f"{where}[{index}]") for index, each in enumerate(found))
    taken = takes(actions)
    for index, action in enumerate(actions):
        place = f"{where}[{index}]"
        if index and _ends(actions[index - 1]):
            raise PartnerError(
                f"{place}: expected nothing behind the end of the connection, found {found[index]!r:.60}"
            )
        if not taken and (isinstance(action, Say) or action is Word.USUAL):
            raise PartnerError(
                f"{place}: expected no answer to a message that is not taken, found {found[index]!r:.60}"
            )
    return actions


def _ends(action: Action) -> bool:
    return action is Word.DROP or (isinstance(action, Say) and action.half)


def _action(words: list[str]) -> Action:
    name, *rest = words or [""]
    if name == _WAIT:
        return Wait(_seconds(rest))
    if name == _HALF:
        name, *rest = rest or [""]
        return _say(name, rest, half=True)
    if name in tuple(Word):
        if rest:
            raise ValueError(f"expected nothing behind {name}, found {rest[0]!r:.40}")
        return Word(name)
    return _say(name, rest)


def _seconds(words: list[str]) -> float:
    text = " ".join(words)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise ValueError(f"expected a number of seconds behind wait, found {text!r:.40}")
    return seconds


def _say(name: str, words: list[str], *, half: bool = False) -> Say:
    if name not in SERVICES:
        known = ", ".join(SERVICES if half else [*Word, _WAIT, _HALF, *SERVICES])
        raise ValueError(f"expected one of {known}, found {name!r:.40}")
    answer: bool | None = None
    given: dict[str, Any] = {}
    left = iter(words)
    for word in left:
        if word in ("yes", "no") and answer is None:
            answer = word == "yes"
            continue
        option = _FLAGS.get(word)
        if option is None:
            known = ", ".join(OPTIONS[each].flag for each in SERVICES[name].options)
            raise ValueError(f"{name}: expected {known or 'nothing more'}, found {word!r:.40}")
        value = next(left, None)
        if value is None:
            raise ValueError(f"{name}: expected {option.metavar} behind {word}, found none")
        read = option.read(value)
        if option.name == "location":  # there may be several
            given.setdefault(option.name, []).append(read)
        elif option.name in given:
            raise ValueError(f"{name}: expected {word} once, found it twice")
        else:
            given[option.name] = read
    say = Say(SERVICES[name], answer, given, half)
    say.message(_specimen())  # so that what is wrong with it is said here
    return say


def _specimen() -> Transaction:
    """A transaction in which anything can be said: an item has been lent."""
    may = MessageRequirement.DESIRES
    request = ILLRequest(
        protocol_version_num=2,
        transaction_id=TransactionId(transaction_group_qualifier="1", transaction_qualifier="1"),
        service_date_time=ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261121", time="101500")),
        requester_id=SystemId.of("EX:MSL"),
        transaction_type=TransactionType.SIMPLE,
        ill_service_type=(ILLServiceType.LOAN,),
        requester_optional_messages=RequesterOptionalMessagesType(
            can_send_received=True, can_send_returned=True, requester_shipped=may, requester_checked_in=may
        ),
        item_id=ItemId(title="Anne of Green Gables"),
    )
    transaction = Transaction(role=Role.RESPONDER)
    transaction.receive(request)
    transaction.send(transaction.shipped(date_due="20261224"))
    return transaction

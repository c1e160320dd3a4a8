"""What is known of a transaction: the messages so far, and what follows from them."""

from __future__ import annotations

import copy
import datetime
import hashlib
from dataclasses import replace
from typing import Self

from isoill.codec import encode
from isoill.records import record
from isoill.services import Direction, Event, Role
from isoill.stamps import day_of, key_of, moment_of
from isoill.transitions import TERMINAL, State
from isoill.types import (
    Apdu,
    CheckedIn,
    DateDue,
    DateTimeOfService,
    ExpiryFlag,
    ForwardNotification,
    ILLAnswer,
    ILLRequest,
    ILLServiceType,
    Overdue,
    Received,
    Renew,
    RenewAnswer,
    ResponderOptionalMessagesType,
    Returned,
    ServiceDateTime,
    Shipped,
    StatusOrErrorReport,
    StatusQuery,
    SystemId,
    TransactionId,
    TransactionResults,
    TransactionType,
)

__all__ = ["Facts", "Step"]

_WHENEVER = ServiceDateTime(date_time_of_this_service=DateTimeOfService(date=""))

#: Messages that say nothing of where a transaction stands, so that no report of its history is about them.
_ASKING = (StatusQuery, StatusOrErrorReport)
#: The states in which the timer of a request may run, of either side.
_TIMED = frozenset({State.PENDING, State.IN_PROCESS, State.CONDITIONAL, State.CANCEL_PENDING})
#: Messages for which History-Report.most-recent-service has no number.
_UNNAMED = frozenset({Overdue, Renew})


@record(kw_only=True)
class Step:
    """One thing that happened in a transaction, or did not, and what came of it.

    >>> step = Step(before=State.IDLE, event=Event.EXPIRED, after=State.IDLE, direction=Direction.SEND, remark="why")
    >>> print(step)
    no Expired: IDLE (why)
    """

    before: State
    event: Event
    after: State
    #: the message to send to the other side, which counts as sent; in a history it is a step of its own
    reply: Apdu | None = None
    #: who it was that did it: we sent, or we received
    direction: Direction
    #: the message; None where a timer has not run out
    apdu: Apdu | None = None
    #: whether only the lenient table has it
    lenient: bool = False
    #: what the table says of it beside the state: a repeat, a duplicate, a crossing
    remark: str = ""
    #: whether the very same message came before, so that it was not taken again
    duplicate: bool = False

    def __str__(self) -> str:
        if self.apdu is None:
            return f"no {self.event}: {self.after} ({self.remark})"
        change = f"{self.before} -> {self.after}" if self.before is not self.after else f"{self.after}"
        remarks = "; ".join(filter(None, [self.remark, "in the lenient table only" if self.lenient else ""]))
        return f"{self.direction} {self.event}: {change}{f' ({remarks})' if remarks else ''}"


class Facts:
    """What one side knows of a transaction; `isoill.Transaction` is one that can do something."""

    def __init__(
        self, role: Role, identity: SystemId | None, optional_messages: ResponderOptionalMessagesType | None
    ) -> None:
        self._role = role
        self._identity = identity
        self._optional_messages = optional_messages
        self._history: list[Step] = []
        self._seen: set[tuple[Direction, Event]] = set()
        #: the places in the history of what was sent and received, by what tells services apart
        self._places: dict[tuple[Direction, Event, DateTimeOfService], list[int]] = {}
        #: the same by what they say: of as many of them as were asked for once, and how many that were
        self._said: dict[tuple[Direction, Event, DateTimeOfService], tuple[int, dict[bytes, int]]] = {}
        #: which services bear a date-time
        self._sharing: dict[DateTimeOfService, set[tuple[Direction, Event]]] = {}
        #: what is asked for with every message is kept at hand, as a history may be long
        self._latest: ServiceDateTime | None = None
        self._latest_moment: datetime.datetime | None = None
        self._last_move: Step | None = None
        self._moved_at = 0
        self._last_named: Step | None = None
        self._state = State.IDLE
        self._request: ILLRequest | None = None
        self._transaction_id: TransactionId | None = None
        self._requester_id: SystemId | None = None
        self._responder_id: SystemId | None = None
        self._shipped_service_type: ILLServiceType | None = None
        self._date_due: DateDue | None = None
        self._date_received: datetime.date | None = None
        self._date_returned: datetime.date | None = None
        self._date_checked_in: datetime.date | None = None
        self._checked_in = False
        self._results: TransactionResults | None = None
        self._forwarded: ForwardNotification | None = None
        self._wishes: ResponderOptionalMessagesType | None = None

    @property
    def role(self) -> Role:
        """The part that we play."""
        return self._role

    @property
    def side(self) -> Role:
        """Requester or responder: whose tables are ours."""
        return self._role.side

    @property
    def state(self) -> State:
        """Where it stands, as we see it."""
        return self._state

    @property
    def history(self) -> tuple[Step, ...]:
        """What happened, the oldest first; what was refused is not in it, nor what was told to be a duplicate."""
        return tuple(self._history)

    @property
    def messages(self) -> tuple[tuple[Direction, Apdu], ...]:
        """What was sent and received, the oldest first: from which `Transaction.replay` makes it again."""
        return tuple((step.direction, step.apdu) for step in self._history if step.apdu is not None)

    @property
    def request(self) -> ILLRequest | None:
        """The ILL-Request with which it began; None as long as it has not."""
        return self._request

    @property
    def transaction_id(self) -> TransactionId | None:
        """What its messages carry; from the Shipped of a partitioned transaction on, that of the sub-transaction."""
        return self._transaction_id

    @property
    def requester_id(self) -> SystemId | None:
        """Who asks, if a message has said so."""
        return self._requester_id

    @property
    def responder_id(self) -> SystemId | None:
        """Who is asked, if a message has said so; the new one where the request was forwarded."""
        return self._responder_id

    @property
    def identity(self) -> SystemId | None:
        """Who we are: as told, or as the messages have it."""
        return self._identity or (self._requester_id if self.side is Role.REQUESTER else self._responder_id)

    @property
    def partner(self) -> SystemId | None:
        """Who the other side is, if a message has said so."""
        return self._responder_id if self.side is Role.REQUESTER else self._requester_id

    @property
    def optional_messages(self) -> ResponderOptionalMessagesType | None:
        """Which optional messages we send and want, as the responder."""
        return self._optional_messages

    @property
    def stamps(self) -> tuple[ServiceDateTime, ...]:
        """When the messages so far were sent."""
        return tuple(step.apdu.service_date_time for step in self._history if step.apdu is not None)

    @property
    def latest(self) -> ServiceDateTime | None:
        """The latest of `stamps`; None as long as nothing has happened."""
        return self._latest

    @property
    def shipped_service_type(self) -> ILLServiceType | None:
        """Loan or copy, as it was shipped, or was received where no Shipped has come; None as long as that is open."""
        return self._shipped_service_type

    @property
    def returnable(self) -> bool | None:
        """RETURN (10161-1, 8.2.2): whether the item is to come back; None as long as that is open."""
        kind = self._shipped_service_type
        return {ILLServiceType.LOAN: True, ILLServiceType.COPY_NON_RETURNABLE: False}.get(kind) if kind else None

    @property
    def date_due(self) -> DateDue | None:
        """When the item is due, as the responder said last."""
        return self._date_due

    @property
    def date_received(self) -> datetime.date | None:
        """When the requester received the item: a fact that is noted, and no state of the responder."""
        return self._date_received

    @property
    def date_returned(self) -> datetime.date | None:
        """When the requester returned the item: a fact, too."""
        return self._date_returned

    @property
    def date_checked_in(self) -> datetime.date | None:
        """When the responder had the item back."""
        return self._date_checked_in

    @property
    def results(self) -> TransactionResults | None:
        """The last answer to the request."""
        return self._results

    @property
    def expiry(self) -> datetime.date | None:
        """The last day of the request, while the timer runs: it is the responder's, and a person may see it anywhere.

        It runs while the request is in process, and stops with will-supply.  None without one, or if it is no date.
        """
        search = None if self._request is None else self._request.search_type
        promised = {(each, Event.ANSWER_WILL_SUPPLY) for each in Direction} & self._seen
        if search is None or promised or self.gone or self._state not in _TIMED:
            return None
        match search.expiry_flag:
            case ExpiryFlag.NEED_BEFORE_DATE:
                return day_of(search.need_before_date)
            case ExpiryFlag.OTHER_DATE:
                return day_of(search.expiry_date)
            case _:
                return None

    @property
    def ended(self) -> bool:
        """Whether nothing more is due from either side, though there may be things to say.

        So it is in a terminal state, after Checked-In, and for a copy once it has gone (responder) or come (requester).
        """
        copied = State.RECEIVED if self.side is Role.REQUESTER else State.SHIPPED
        copy_there = self._state is copied and self.returnable is False
        return self._state in TERMINAL[self.side] or self._checked_in or copy_there

    @property
    def may_be_partitioned(self) -> bool:
        """Whether the request permits, or is, a partitioned transaction."""
        request = self._request
        third = None if request is None else request.third_party_info_type
        partitioned = request is not None and request.transaction_type is TransactionType.PARTITIONED
        return partitioned or (third is not None and third.permission_to_partition)

    @property
    def gone(self) -> bool:
        """Whether the item has gone, be it with a Shipped or without."""
        return self._shipped_service_type is not None

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # what a history is made of does not change, and it does

    def _note(self, step: Step) -> None:
        """Make a step part of the transaction, and take from its message what later ones depend on."""
        apdu = step.apdu
        assert apdu is not None
        when = apdu.service_date_time
        again = when.date_time_of_original_service is not None and self._places_of(step.direction, step.event, when)
        self._history.append(step)
        self._state = step.after
        self._seen.add((step.direction, step.event))
        self._index(step, apdu)
        if not again:  # what is said again may be older than what was said since
            self._learn(step.direction, apdu)

    def _learn(self, direction: Direction, apdu: Apdu) -> None:
        """Take from a message what later ones depend on."""
        if self._requester_id is None:
            self._requester_id = apdu.requester_id
        if self._responder_id is None and not isinstance(apdu, ForwardNotification):
            self._responder_id = apdu.responder_id
        match apdu:
            case ILLRequest() if self._request is None:
                self._request = apdu
                self._transaction_id = apdu.transaction_id
            case ForwardNotification():
                self._forwarded = apdu
                if direction is Direction.RECEIVE:
                    self._responder_id = apdu.responder_id
            case ILLAnswer(transaction_results=TransactionResults() as results):
                self._results = results
                self._wishes = apdu.responder_optional_messages or self._wishes
            case Shipped():
                self._shipped_service_type = apdu.shipped_service_type
                self._date_due = apdu.supply_details.date_due or self._date_due
                self._wishes = apdu.responder_optional_messages or self._wishes
                self._follow(apdu)
            case Received():
                self._date_received = self._date_received or day_of(apdu.date_received)
                self._shipped_service_type = self._shipped_service_type or apdu.shipped_service_type
            case Returned():
                self._date_returned = self._date_returned or day_of(apdu.date_returned)
            case CheckedIn():
                self._checked_in = True
                self._date_checked_in = self._date_checked_in or day_of(apdu.date_checked_in)
            case Overdue():
                self._date_due = apdu.date_due
            case RenewAnswer(answer=True):
                self._date_due = apdu.date_due or self._date_due

    def _follow(self, shipped: Shipped) -> None:
        """From Shipped on, who talks to whom.

        A requester talks to the one who sent it: a responder whose Forward-Notification was lost, it may be.  In a
        partitioned transaction requester and supplier talk to each other, by the id of the sub-transaction.
        """
        partitioned = shipped.transaction_type is TransactionType.PARTITIONED and self.may_be_partitioned
        if self.side is Role.RESPONDER:
            if partitioned and self._transaction_id is not None:
                self._requester_id = self._transaction_id.initial_requester_id or self._requester_id
            return
        self._responder_id = (
            (shipped.supplier_id if partitioned else None) or shipped.responder_id or self._responder_id
        )
        if partitioned:
            self._transaction_id = shipped.transaction_id

    def _index(self, step: Step, apdu: Apdu) -> None:
        """Note where in the history things are that are looked for later."""
        place, key = len(self._history) - 1, key_of(apdu.service_date_time)
        self._places.setdefault((step.direction, step.event, key), []).append(place)
        self._sharing.setdefault(key, set()).add((step.direction, step.event))
        moment = moment_of(apdu.service_date_time)
        if self._latest is None or (
            moment is not None and (self._latest_moment is None or moment > self._latest_moment)
        ):
            self._latest, self._latest_moment = apdu.service_date_time, moment
        if step.before is not step.after:
            self._last_move, self._moved_at = step, place
        if not isinstance(apdu, _ASKING) and type(apdu) not in _UNNAMED:
            self._last_named = step

    def _places_of(self, direction: Direction, event: Event, when: ServiceDateTime) -> list[int]:
        """Where in the history the services are that were first invoked at the same time."""
        return self._places.get((direction, event, key_of(when)), [])

    def _said_before(self, direction: Direction, event: Event, apdu: Apdu) -> int | None:
        """Where in the history the same message is: of the same type, first invoked at the same time, saying the same.

        None where it may be another: the state has moved since, and the date-time does not tell services apart, as it
        has no time of day, or other services bear it, too.  What says of itself that it is a repeat is one; and of a
        transaction there is only one request.
        """
        when = apdu.service_date_time
        if event is Event.ILL_REQUEST and self._request is not None:
            return 0 if _words(apdu) == _words(self._request) else None
        key = key_of(when)
        if not self._places_of(direction, event, when):
            return None
        place = self._words_at(direction, event, when).get(_words(apdu))
        if place is None or when.date_time_of_original_service is not None or self._moved_at <= place:
            return place
        tells = key.time is not None and len(self._sharing[key]) == 1
        return place if tells else None

    def _words_at(self, direction: Direction, event: Event, when: ServiceDateTime) -> dict[bytes, int]:
        """What the services said that were first invoked at the same time, and where in the history."""
        places, key = self._places_of(direction, event, when), (direction, event, key_of(when))
        known, said = self._said.get(key, (0, {}))
        for place in places[known:]:
            apdu = self._history[place].apdu
            assert apdu is not None
            said[_words(apdu)] = place
        self._said[key] = (len(places), said)
        return said


def _words(apdu: Apdu) -> bytes:
    """What a message says, whenever it says it."""
    return hashlib.blake2b(encode(replace(apdu, service_date_time=_WHENEVER)), digest_size=16).digest()

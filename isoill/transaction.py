"""A transaction, as one side keeps it: what may happen next, what came of what happened, what the protocol answers.

No I/O, no clock, no randomness: time is an argument, and what a transaction is follows from the messages in it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Self, TypedDict, Unpack

from isoill import transitions
from isoill.agreement import compatible
from isoill.asn1 import type_of
from isoill.codec import encode, unknown_critical
from isoill.composing import Composer
from isoill.errors import LocalProtocolError, RemoteProtocolError
from isoill.facts import Step
from isoill.keeping import Members, step_from, step_to_dict
from isoill.matching import same_transaction, shown
from isoill.plain import parsed, to_dict
from isoill.problems import apdu_type_of, error_report, refusal
from isoill.services import Direction, Event, Role, event_of
from isoill.transitions import STATES, Cell, Outcome, Predicate, State
from isoill.types import (
    AlreadyForwarded,
    Apdu,
    Cancel,
    CurrentState,
    DateTimeOfService,
    Expired,
    GeneralProblem,
    ILLRequest,
    MessageRequirement,
    ProtocolVersionNum,
    ProviderErrorReport,
    ReasonUnfilled,
    ResponderOptionalMessagesType,
    ServiceDateTime,
    Shipped,
    StateTransitionProhibited,
    StatusOrErrorReport,
    StatusQuery,
    SystemId,
    TransactionIdProblem,
    TransactionType,
    UserErrorReport,
    iso_date,
)

__all__ = ["Options", "Step", "Transaction"]

#: What each predicate asks for, as the reason why something is not allowed.
_WHY_NOT: Mapping[Predicate, str] = {
    Predicate.LOAN: "the item is a copy, which does not come back",
    Predicate.OUT: "the item is a copy, or it was checked in",
    Predicate.GONE: "the item has not gone",
    Predicate.LENT: "the item has not gone, or is a copy",
    Predicate.HERE: "the item has gone already",
    Predicate.PERMITTED: "the request has no permission-to-forward",
    Predicate.REPEAT: "there was none that this could repeat",
    Predicate.CANCELLING: "there was no Cancel",
}


class Options(TypedDict, total=False):
    """What a `Transaction` may be told beside its role; see there."""

    strict: bool
    identity: SystemId | None
    optional_messages: ResponderOptionalMessagesType | None
    honours_expiry: bool


class Transaction(Composer):
    """One transaction, as requester or as responder keeps it.

    An intermediary is the responder of the one who asks it, and the requester of those whom it asks: see
    `isoill.Intermediary`.  As the role of one transaction, ``intermediary`` is a responder that passes requests on.

    ``strict`` is how the other side is judged: without it by the lenient table.  ``identity`` is who we are, for
    messages that must say so where the request does not.  A responder may say with ``optional_messages`` which of them
    it sends and wants; a request that requires one which it does not send, or the other way round, is answered with
    mandatory-messaging-not-supported at once, as one with an expiry date is with expiry-not-supported where
    ``honours_expiry`` is False.  Let one thread at a time use a transaction.

    >>> from pathlib import Path
    >>> import datetime, isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> requester, responder = isoill.Transaction(role="requester"), isoill.Transaction(role="responder")
    >>> print(requester.send(request))
    send ILL-Request: IDLE -> PENDING
    >>> print(responder.receive(request))
    receive ILL-Request: IDLE -> IN-PROCESS
    >>> shipped = responder.shipped(date_due=datetime.date(2026, 12, 24), now=datetime.datetime(2026, 11, 22, 9, 30))
    >>> print(responder.send(shipped))
    send Shipped: IN-PROCESS -> SHIPPED
    >>> print(requester.receive(shipped))
    receive Shipped: PENDING -> SHIPPED
    >>> print(*requester.allowed, sep=", ")
    Received, Lost, Damaged, Message, Status-Query, Status-Or-Error-Report
    >>> requester.send(requester.renew())
    Traceback (most recent call last):
    isoill.errors.LocalProtocolError: expected one of Received, Lost, Damaged, Message, Status-Query, \
Status-Or-Error-Report to be sent, found Renew - at the requester's transaction in state SHIPPED
    """

    def __init__(
        self,
        *,
        role: Role | str,
        strict: bool = False,
        identity: SystemId | None = None,
        optional_messages: ResponderOptionalMessagesType | None = None,
        honours_expiry: bool = True,
    ) -> None:
        super().__init__(Role(role), identity, optional_messages)
        self._strict = strict
        self._honours_expiry = honours_expiry

    # ── what may happen ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def strict(self) -> bool:
        """Whether the other side is judged by the strict table."""
        return self._strict

    @property
    def options(self) -> Options:
        """What it was told beside its role, to make another like it."""
        return {
            "strict": self._strict,
            "identity": self._identity,
            "optional_messages": self._optional_messages,
            "honours_expiry": self._honours_expiry,
        }

    @property
    def allowed(self) -> tuple[Event, ...]:
        """What we may send now, by the strict table: a menu for a screen.

        Expired is in it while the timer runs only, and a repeat where there is something to be repeated; `may` has all.
        """
        menu = []
        for event, outcome in self._open(Direction.SEND, lenient=False):
            nothing_to_repeat = outcome.remark == "repeat" and (Direction.SEND, event) not in self._seen
            if not nothing_to_repeat and (event is not Event.EXPIRED or self.expiry is not None):
                menu.append(event)
        return tuple(menu)

    @property
    def repeats(self) -> tuple[Event, ...]:
        """Those of `allowed` that would only say again what was said: better sent as a `repeat`, and not in a menu."""
        outcomes = {event: self._outcome(Direction.SEND, event, lenient=False) for event in self.allowed}
        return tuple(event for event, outcome in outcomes.items() if outcome is not None and outcome.remark == "repeat")

    def may(self, direction: Direction | str, *, lenient: bool = False) -> tuple[Event, ...]:
        """What we may send, or the other side may, by either table."""
        return tuple(event for event, _ in self._open(Direction(direction), lenient=lenient))

    @property
    def wanted(self) -> Mapping[Event, MessageRequirement]:
        """The optional messages that we may send now and have not sent, and how much the other side wants each."""
        if self.side is Role.REQUESTER:
            theirs = self._wishes
            wishes = (
                {}
                if theirs is None
                else {Event.RECEIVED: theirs.responder_received, Event.RETURNED: theirs.responder_returned}
            )
        else:
            ours = None if self._request is None else self._request.requester_optional_messages
            wishes = (
                {}
                if ours is None
                else {Event.SHIPPED: ours.requester_shipped, Event.CHECKED_IN: ours.requester_checked_in}
            )
        allowed = self.allowed
        return {
            event: wish
            for event, wish in wishes.items()
            if event in allowed and (Direction.SEND, event) not in self._seen
        }

    @property
    def objection(self) -> ReasonUnfilled | None:
        """Why the request has to be answered unfilled, whatever the library would do; None where nothing says so.

        One side requires a message that the other cannot send; or the request has an expiry that is not honoured.
        """
        if self._request is None or self.side is Role.REQUESTER:
            return None
        if not self._honours_expiry and self.expiry is not None:
            return ReasonUnfilled.EXPIRY_NOT_SUPPORTED
        ours, theirs = self._optional_messages, self._request.requester_optional_messages
        if ours is None:
            return None
        promises = (
            (theirs.requester_shipped, ours.can_send_shipped),
            (theirs.requester_checked_in, ours.can_send_checked_in),
            (ours.responder_received, theirs.can_send_received),
            (ours.responder_returned, theirs.can_send_returned),
        )
        if any(wish is MessageRequirement.REQUIRES and not can for wish, can in promises):
            return ReasonUnfilled.MANDATORY_MESSAGING_NOT_SUPPORTED
        return None

    def has_id(self, apdu: Apdu, /) -> bool:
        """Whether a message has the id of this transaction, so far as it goes (`isoill.matching`)."""
        ours = self._transaction_id
        return ours is not None and same_transaction(ours, apdu.transaction_id, self._requester_id, apdu.requester_id)

    def concerns(self, apdu: Apdu, /) -> bool:
        """Whether a message is of this transaction: it has its id, or may give it one."""
        if self._request is None or self._transaction_id is None or self.has_id(apdu):
            return True
        theirs, asker = apdu.transaction_id, apdu.requester_id
        partitioned = isinstance(apdu, Shipped) and apdu.transaction_type is TransactionType.PARTITIONED
        if partitioned and self.may_be_partitioned:
            # requester and supplier go on by the id of the sub-transaction
            theirs = replace(theirs, sub_transaction_qualifier=self._transaction_id.sub_transaction_qualifier)
            return same_transaction(self._transaction_id, theirs, self._requester_id, asker)
        # from then on there are two: an intermediary may have had something to say before
        return same_transaction(self._request.transaction_id, theirs, self._requester_id, asker)

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, apdu: Apdu, /, *, lenient: bool = False) -> Step:
        """Note that we send a message.  Raises `LocalProtocolError` where we may not, and nothing is changed.

        `EncodeError` says that a message has no octets, as its components are of the wrong type: it can neither be sent
        nor kept.  ``lenient`` is for what only the lenient table has, as a Received where no Shipped has come.
        """
        self._check_type(apdu)
        try:
            event = event_of(apdu, Direction.SEND)
        except ValueError as error:
            name = type_of(type(apdu)).name
            raise LocalProtocolError(str(error), role=self._role, state=self._state, event=name) from None
        by_table = self._outcome(Direction.SEND, event, lenient=lenient)
        outcome = self._repeat(event, apdu, by_table)
        if outcome is None:
            why = "it repeats what is over" if by_table is not None else self._why_not(Direction.SEND, event)
            raise self._may_not(event, why)
        if not self.concerns(apdu):
            detail = f"expected transaction-id {shown(self._transaction_id)}, found {shown(apdu.transaction_id)}"
            raise LocalProtocolError(detail, role=self._role, state=self._state, event=event)
        return self._take(Direction.SEND, event, apdu, outcome)

    def receive(self, apdu: Apdu, /, *, now: datetime.datetime | None = None) -> Step:
        """Note that the other side has sent a message, and make the answer where the protocol asks for one.

        The answer, if there is one, counts as sent.  Raises `RemoteProtocolError` where the other side may not send
        this, and nothing is changed; `EncodeError` as `send` does.  ``now`` is for the answer.
        """
        return self._answered(self._receive(apdu, now), now)

    def _receive(self, apdu: Apdu, now: datetime.datetime | None) -> Step:
        """What is received, without the answer."""
        self._check_type(apdu)
        self._check_version(apdu, now)
        self._check_id(apdu, now)
        try:
            event = event_of(apdu, Direction.RECEIVE)
        except ValueError as error:
            problem = ProviderErrorReport(general_problem=GeneralProblem.MISTYPED_APDU)
            raise self._refusal(apdu, str(error), problem, now) from None
        if self._said_before(Direction.RECEIVE, event, apdu) is not None:
            return Step(
                before=self._state,
                event=event,
                after=self._state,
                direction=Direction.RECEIVE,
                apdu=apdu,
                remark="duplicate",
                duplicate=True,
            )
        self._check_critical(apdu, event, now)
        if isinstance(apdu, ILLRequest) and self._request is not None and apdu.item_id != self._request.item_id:
            problem = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.DUPLICATE_TRANSACTION_ID)
            detail = f"expected a new transaction-id for another item, found {shown(apdu.transaction_id)} again"
            raise self._refusal(apdu, detail, problem, now, event)
        outcome = self._outcome(Direction.RECEIVE, event, lenient=not self._strict)
        if outcome is None:
            raise self._may_not_either(apdu, event, now)
        if isinstance(apdu, StatusOrErrorReport) and apdu.status_report is not None:
            outcome = replace(outcome, remark=self._beside(apdu.status_report.provider_status_report))
        return self._take(Direction.RECEIVE, event, apdu, outcome)

    def expire(self, *, today: datetime.date | datetime.datetime) -> Step:
        """Let the responder's timer run: on the days after `expiry`, the request ends and the reply is the Expired.

        Otherwise nothing happens, and the remark of the step says why.  A ``datetime`` gives the message its time, too.
        """
        if not isinstance(today, datetime.date):
            raise TypeError(f"expected today as a date, found {type(today).__name__}")
        day = today.date() if isinstance(today, datetime.datetime) else today
        outcome = self._outcome(Direction.SEND, Event.EXPIRED, lenient=False)
        if self.side is Role.REQUESTER:
            remark = "the timer is the responder's"
        elif outcome is None or self.expiry is None:
            remark = "no timer runs"
        elif day <= self.expiry:
            remark = f"it may be answered until {self.expiry}"
        else:
            when = DateTimeOfService.of(today) if isinstance(today, datetime.datetime) else _whole_day(today)
            apdu = self._make(Expired, ServiceDateTime(date_time_of_this_service=when), None)
            return replace(self._take(Direction.SEND, Event.EXPIRED, apdu, outcome), reply=apdu)
        return Step(before=self._state, event=Event.EXPIRED, after=self._state, direction=Direction.SEND, remark=remark)

    # ── how it is kept ─────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def replay(
        cls, messages: Iterable[tuple[Direction, Apdu]], /, *, role: Role | str, **options: Unpack[Options]
    ) -> Self:
        """The transaction that these messages make, the oldest first; ``options`` are those of a new one.

        What was sent by the lenient table is taken; nothing is answered, as the answers are among the messages.

        >>> from pathlib import Path
        >>> import isoill
        >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
        >>> Transaction.replay([(Direction.RECEIVE, request)], role="responder").state
        <State.IN_PROCESS: 'IN-PROCESS'>
        """
        transaction = cls(role=role, **options)
        for direction, apdu in messages:
            if Direction(direction) is Direction.SEND:
                transaction.send(apdu, lenient=True)
            else:
                transaction._receive(apdu, None)
        return transaction

    @classmethod
    def resume(cls, steps: Iterable[Step], /, *, role: Role | str, **options: Unpack[Options]) -> Self:
        """The transaction with this history, the oldest step first; ``options`` are those of a new one.

        Unlike `replay` it judges nothing: the steps are taken as they were, whatever the tables say now.  Raises
        ValueError where one does not follow from the one before.

        >>> from pathlib import Path
        >>> import isoill
        >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
        >>> before = Transaction.replay([(Direction.RECEIVE, request)], role="responder")
        >>> Transaction.resume(before.history, role="responder") == before
        True
        """
        transaction = cls(role=role, **options)
        for step in steps:
            fault = transaction._gap(step)
            if fault is not None:
                raise ValueError(f"{fault[1]} - at {fault[0]} of step {len(transaction._history)}")
            transaction._note(step)
        return transaction

    def to_dict(self) -> dict[str, Any]:
        """The transaction as plain values, for JSON; `from_dict` makes it again."""
        plain: dict[str, Any] = {"role": self._role.value, "strict": self._strict}
        if self._identity is not None:
            plain["identity"] = to_dict(self._identity)
        if self._optional_messages is not None:
            plain["optional_messages"] = to_dict(self._optional_messages)
        return {
            **plain,
            "honours_expiry": self._honours_expiry,
            "history": [step_to_dict(step) for step in self._history],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], /) -> Self:
        """The transaction that `to_dict` made plain.  States are taken as they were, whatever the tables say now.

        Raises `PlainError` for what `to_dict` does not make.
        """
        members = Members(plain, "")
        transaction = cls(
            role=members.one_of("role", Role),
            strict=members.get("strict", bool),
            identity=members.value("identity", SystemId),
            optional_messages=members.value("optional_messages", ResponderOptionalMessagesType),
            honours_expiry=members.get("honours_expiry", bool),
        )
        for each in members.each("history"):
            step = step_from(each)
            fault = transaction._gap(step)
            if fault is not None:
                raise each.refused(*fault)
            transaction._note(step)
        return transaction

    def _gap(self, step: Step) -> tuple[str, str] | None:
        """Why a step cannot be the next of the history: the member at fault, and what is wrong with it."""
        if step.before is not self._state:
            return "before", f"expected {self._state}, found {step.before}"
        if step.after not in STATES[self.side]:
            return "after", f"expected a state of the {self.side}, found {step.after}"
        if self._request is None and not isinstance(step.apdu, ILLRequest):
            return "apdu", f"expected an ILL-Request to begin with, found {step.event}"
        return None

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes, /) -> Self:
        """The transaction that `to_json` made the text of.  Raises `PlainError`.

        >>> transaction = Transaction(role="responder")
        >>> Transaction.from_json(transaction.to_json()) == transaction
        True
        """
        return cls.from_dict(parsed(text))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Transaction):
            return NotImplemented
        return (self._role, self.options) == (other._role, other.options) and self._history == other._history

    __hash__ = None  # type: ignore[assignment] # it changes

    def __repr__(self) -> str:
        name = "" if self._transaction_id is None else f" {shown(self._transaction_id)}"
        return f"<Transaction{name}: {self._role} in {self._state}>"

    # ── inside ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _outcome(self, direction: Direction, event: Event, *, lenient: bool) -> Outcome | None:
        """What the table says comes of an event; None where it is not allowed."""
        return self._chosen(transitions.cell(self.side, self._state, direction, event), lenient=lenient)

    def _open(self, direction: Direction, *, lenient: bool) -> Iterator[tuple[Event, Outcome]]:
        """All that is allowed now, and what would come of it."""
        for cell in transitions.open_cells(self.side, self._state, direction):
            outcome = self._chosen(cell, lenient=lenient)
            if outcome is not None:
                yield cell.event, outcome

    def _chosen(self, cell: Cell, *, lenient: bool) -> Outcome | None:
        for outcome in cell.outcomes:
            if (lenient or not outcome.lenient) and self._holds(outcome.predicate, cell.direction, cell.event):
                return outcome
        return None

    def _holds(self, predicate: Predicate | None, direction: Direction, event: Event) -> bool:
        match predicate:
            case None:
                return True
            case Predicate.LOAN:
                return self.returnable is not False
            case Predicate.OUT:
                return self.returnable is not False and not self._checked_in
            case Predicate.GONE:
                return self.gone
            case Predicate.LENT:
                return self.gone and self.returnable is not False
            case Predicate.HERE:
                return not self.gone
            case Predicate.PERMITTED:
                third = None if self._request is None else self._request.third_party_info_type
                return third is not None and third.permission_to_forward
            case Predicate.REPEAT:
                return (direction, event) in self._seen
            case Predicate.CANCELLING:
                return bool({(each, Event.CANCEL) for each in Direction} & self._seen)

    def _why_not(self, direction: Direction, event: Event) -> str:
        """What stands against an event, beside the state."""
        cell = transitions.cell(self.side, self._state, direction, event)
        reasons = [
            _WHY_NOT[outcome.predicate]
            if outcome.predicate is not None and not self._holds(outcome.predicate, direction, event)
            else "only the lenient table has it"
            for outcome in cell.outcomes
        ]
        return reasons[0] if reasons else cell.remark

    def _take(self, direction: Direction, event: Event, apdu: Apdu, outcome: Outcome) -> Step:
        step = Step(
            before=self._state,
            event=event,
            after=outcome.to,
            direction=direction,
            apdu=apdu,
            lenient=outcome.lenient,
            remark=outcome.remark,
        )
        self._note(step)
        return step

    def _beside(self, theirs: int) -> str:
        """What the other side says of its state, and whether that goes with ours when no message is on the way."""
        # of a responder these two are what it has noted (Aleph reports SHIPPED for both, others the notes)
        noted = self.side is Role.REQUESTER and theirs in (CurrentState.RECEIVED, CurrentState.RETURNED)
        state = State.SHIPPED if noted else State.of(theirs) if isinstance(theirs, CurrentState) else State.UNKNOWN
        name = theirs.asn1_name.upper() if isinstance(theirs, CurrentState) else str(theirs)
        requester, responder = (self._state, state) if self.side is Role.REQUESTER else (state, self._state)
        known = requester in STATES[Role.REQUESTER] and responder in STATES[Role.RESPONDER]
        if known and compatible(requester, responder, settled=True):
            return f"the other side is in {name}"
        return (
            f"the other side is in {name}, which does not go with {self._state}: a message was lost, or is on its way"
        )

    def _repeat(self, event: Event, apdu: Apdu, outcome: Outcome | None) -> Outcome | None:
        """What comes of a message of ours that was sent before: nothing.

        It may be sent as long as the state is the one to which the first has led, or the table lets it be repeated.
        """
        place = self._said_before(Direction.SEND, event, apdu)
        if place is None:
            return outcome
        if self._moved_at <= place:
            strict = self._outcome(Direction.SEND, event, lenient=False)
            stays = strict is not None and strict.to is self._state
            return strict if stays else Outcome(self._state, None, False, (), "repeat")
        # who does not say that it is a repeat may mean another of the same date-time
        repeated = apdu.service_date_time.date_time_of_original_service is not None
        return None if repeated and outcome is not None and outcome.to is not self._state else outcome

    def _answered(self, step: Step, now: datetime.datetime | None) -> Step:
        """The step, with the answer that the protocol asks for; to a repeated query, too: the first may be lost."""
        reply: Apdu
        if isinstance(step.apdu, ILLRequest) and self.objection is not None and step.before is State.IDLE:
            reply = self.unfilled(self.objection, now=now)
        elif isinstance(step.apdu, StatusQuery):
            reply = self.status_report(now=now)
        elif isinstance(step.apdu, Cancel) and self._state is State.FORWARD:
            reply = error_report(step.apdu, self._already_forwarded(), now=now)
        else:
            return step
        event = event_of(reply, Direction.SEND)
        outcome = self._outcome(Direction.SEND, event, lenient=False)
        assert outcome is not None, event
        self._take(Direction.SEND, event, reply, outcome)
        return replace(step, after=self._state, reply=reply)

    # ── what may not happen ────────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _check_type(apdu: Apdu) -> None:
        if not isinstance(apdu, Apdu):
            raise TypeError(f"expected a message, found {type(apdu).__name__}")
        encode(apdu)  # what has no octets could not be sent, nor stored

    def _check_version(self, apdu: Apdu, now: datetime.datetime | None) -> None:
        """Versions 1 and 2 are known; 0 is what yaz-illclient sends where it is not told, and borne."""
        version = apdu.protocol_version_num
        if version not in tuple(ProtocolVersionNum) and (self._strict or version != 0):
            problem = ProviderErrorReport(general_problem=GeneralProblem.PROTOCOL_VERSION_NOT_SUPPORTED)
            raise self._refusal(apdu, f"expected protocol-version-num 1 or 2, found {version}", problem, now)

    def _check_id(self, apdu: Apdu, now: datetime.datetime | None) -> None:
        if not self.concerns(apdu):
            problem = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.UNKNOWN_TRANSACTION_ID)
            detail = f"expected transaction-id {shown(self._transaction_id)}, found {shown(apdu.transaction_id)}"
            raise self._refusal(apdu, detail, problem, now)

    def _check_critical(self, apdu: Apdu, event: Event, now: datetime.datetime | None) -> None:
        """Who does not know a critical extension must not act on the message."""
        unknown = unknown_critical(apdu)
        if unknown:
            problem = ProviderErrorReport(general_problem=GeneralProblem.OTHER)
            detail = f"expected critical extensions of a known kind, found {len(unknown)} of an unknown one"
            raise self._refusal(apdu, detail, problem, now, event)

    def _may_not(self, event: Event, why: str) -> LocalProtocolError:
        detail = f"expected {_one_of(self.allowed)} to be sent, found {event}{f' ({why})' if why else ''}"
        return LocalProtocolError(
            detail, role=self._role, state=self._state, event=event, why=why, allowed=self.allowed
        )

    def _may_not_either(self, apdu: Apdu, event: Event, now: datetime.datetime | None) -> RemoteProtocolError:
        allowed = self.may(Direction.RECEIVE, lenient=not self._strict)
        problem: ProviderErrorReport | UserErrorReport
        if self._state is State.IDLE:
            problem = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.UNKNOWN_TRANSACTION_ID)
        elif self._state is State.FORWARD:
            problem = self._already_forwarded()
        else:
            problem = ProviderErrorReport(
                state_transition_prohibited=StateTransitionProhibited(
                    apdu_type=apdu_type_of(apdu), current_state=self._state.current_state
                )
            )
        why = self._why_not(Direction.RECEIVE, event)
        detail = f"expected {_one_of(allowed)} to come, found {event}{f' ({why})' if why else ''}"
        return self._refusal(apdu, detail, problem, now, event, why=why, allowed=allowed)

    def _already_forwarded(self) -> UserErrorReport:
        assert self._forwarded is not None
        to = AlreadyForwarded(
            responder_id=self._forwarded.responder_id, responder_address=self._forwarded.responder_address
        )
        return UserErrorReport(already_forwarded=to)

    def _refusal(
        self,
        apdu: Apdu,
        detail: str,
        problem: ProviderErrorReport | UserErrorReport,
        now: datetime.datetime | None,
        event: str = "",
        **told: Any,
    ) -> RemoteProtocolError:
        return refusal(apdu, detail, problem, now, role=self._role, state=self._state, event=event, **told)


def _whole_day(day: datetime.date) -> DateTimeOfService:
    return DateTimeOfService(date=iso_date(day))


def _one_of(events: tuple[Event, ...]) -> str:
    return f"one of {', '.join(events)}" if len(events) > 1 else "".join(events) or "nothing"

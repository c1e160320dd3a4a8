"""A conversation, replayed as both of its sides: what each message did to them, what was not allowed, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from isoill.agreement import compatible
from isoill.asn1 import Enumerated, fields_of, type_of
from isoill.errors import LocalProtocolError, RemoteProtocolError
from isoill.facts import Step
from isoill.matching import same_transaction
from isoill.records import record
from isoill.services import SENDERS, Direction, Event, Role, event_of
from isoill.stamps import day_of
from isoill.transaction import Transaction
from isoill.transitions import State, cell
from isoill.types import Apdu, ILLRequest, Shipped, StatusOrErrorReport, StatusQuery, SystemId, TransactionId

__all__ = ["Change", "Complaint", "Conversation", "Explained", "Replay", "Standing", "as_json", "as_lines"]

_REQUESTER, _RESPONDER = _SIDES = (Role.REQUESTER, Role.RESPONDER)
#: What either side may say at any time: it tells no one what to do next.
_ANY_TIME = frozenset({Event.DAMAGED, Event.MESSAGE, Event.STATUS_QUERY, Event.STATUS_OR_ERROR_REPORT})
#: The longest of what messages say that is shown, in characters: they may say a megabyte.
_MOST = 40


@record
class Change:
    """What a message did to the state of one side.

    >>> print(Change(State.PENDING, State.SHIPPED))
    PENDING -> SHIPPED
    """

    before: State
    after: State

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}"


@record
class Complaint:
    """Why a side may not send a message, or does not take it.

    >>> print(Complaint("expected Received to be sent, found Renew", ("Received",)))
    expected Received to be sent, found Renew
    """

    #: what was wanted, what was there, whose transaction it is and in which state
    detail: str
    #: what might have been instead: each an `Event`
    allowed: tuple[str, ...]
    #: what the report of it would tell the sender; None where none would be sent
    problem: str | None = None

    def __str__(self) -> str:
        return f"{self.detail} [{self.problem}]" if self.problem else self.detail


@record(kw_only=True)
class Explained:
    """One message, and what came of it at both sides."""

    #: its place among all messages of the replay, from 1
    order: int
    #: where it came from, for people
    file: str
    #: its place in the file, from 1
    number: int
    #: the transaction that it belongs to
    transaction_id: TransactionId
    apdu: Apdu
    #: requester or responder
    sender: Role
    #: whether the kind of message says who sent it, or whoever replays it did; if not, it is taken to be so
    sender_told: bool
    requester: Change
    responder: Change
    #: what the strict table has against its being sent
    illegal: Complaint | None
    #: what the receiver has against it
    refused: Complaint | None
    #: what else there is to know
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the standard calls the message."""
        return type_of(type(self.apdu)).name

    @property
    def event(self) -> str:
        """The same with the answer that it gives, as far as it can be read."""
        return _event(self.apdu, Direction.RECEIVE) or self.name

    @property
    def place(self) -> str:
        """The file, and which of its messages it is."""
        return self.file if self.number == 1 else f"{self.file}, message {self.number}"

    @property
    def wrong(self) -> bool:
        """Whether anyone objects to it."""
        return self.illegal is not None or self.refused is not None


@record(kw_only=True)
class Standing:
    """Where one side stands after all messages."""

    role: Role
    #: its symbol, or else its name; None where no message has said either
    name: str | None
    state: State
    #: what it may send next, by the strict table; what may be said at any time is left out
    allowed: tuple[Event, ...]


@record(kw_only=True)
class Conversation:
    """One transaction: its messages, and where both sides stand after them."""

    transaction_id: TransactionId
    messages: tuple[Explained, ...]
    requester: Standing
    responder: Standing
    #: when the item is due, as the messages write it; None where none has said it
    date_due: str | None


class Replay:
    """Messages in the order of time, each sent by one side of its transaction and received by the other.

    A side may send what the strict table allows; what it does not is told, and then taken by the lenient table, as real
    systems do.  ``strict`` is how the receiver judges.  ``sender`` is who has sent the messages that do not tell:
    without it, a report comes from the side that was last asked, or spoken to wrongly, and all others come from the
    requester.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> requester, replay = isoill.Transaction(role="requester"), Replay()
    >>> _ = requester.send(request)
    >>> for number, apdu in enumerate([request, requester.received()], 1):
    ...     message = replay.take("loan.ber", number, apdu)
    >>> print(message.requester, message.illegal is not None, *message.notes, sep="\\n")
    PENDING -> RECEIVED
    True
    the requester goes on all the same: the lenient table has it
    the responder takes it by the lenient table: the item went without a message
    >>> replay.conversations[0].requester.state
    <State.RECEIVED: 'RECEIVED'>
    """

    def __init__(self, *, strict: bool = False, sender: Role | str | None = None) -> None:
        self._strict = strict
        self._sender = None if sender is None else Role(sender)
        if self._sender not in (None, *_SIDES):
            raise ValueError(f"expected requester or responder as the sender, found {self._sender}")
        self._taken = 0
        #: by group and transaction: it is for the transactions to say which of these are theirs
        self._dialogues: dict[tuple[str, str], list[_Dialogue]] = {}

    def take(self, file: str, number: int, apdu: Apdu) -> Explained:
        """Let the message be sent and received; ``file`` and ``number`` say where it stands."""
        self._taken += 1
        dialogue = self._dialogue_of(apdu)
        explained = dialogue.take(self._taken, file, number, apdu)
        for other in self._group_of(apdu):
            if other is not dialogue and dialogue.parts_to(other, apdu):
                other.goes_on_with(dialogue)
        return explained

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """The transactions so far, in the order of their first messages."""
        dialogues = [each for group in self._dialogues.values() for each in group]
        return tuple(each.conversation for each in sorted(dialogues, key=lambda each: each.messages[0].order))

    def _group_of(self, apdu: Apdu) -> list[_Dialogue]:
        theirs = apdu.transaction_id
        return self._dialogues.setdefault((theirs.transaction_group_qualifier, theirs.transaction_qualifier), [])

    def _dialogue_of(self, apdu: Apdu) -> _Dialogue:
        theirs, group = apdu.transaction_id, self._group_of(apdu)
        # the Shipped of a sub-transaction concerns the transaction above it, too, and is said on to it
        nearest = sorted(group, key=lambda each: each.sub_transaction_qualifier != theirs.sub_transaction_qualifier)
        concerned = [dialogue for dialogue in nearest if dialogue.concerns(apdu)]
        if concerned:
            waiting = [each for each in concerned if each.waits_for_item] if isinstance(apdu, Shipped) else []
            return (waiting or concerned)[0]
        group.append(_Dialogue(apdu, self._strict, self._sender))
        return group[-1]


class _Dialogue:
    """Both sides of one transaction, and what they have said."""

    def __init__(self, first: Apdu, strict: bool, sender: Role | None) -> None:
        self._first = first
        self._strict = strict
        self._sender = sender
        self._sides = {role: Transaction(role=role, strict=strict) for role in _SIDES}
        #: where each side was before it received its last message
        self._earlier: dict[Role, State] = {}
        #: the side that waits for a report
        self._waiting: Role | None = None
        self.messages: list[Explained] = []

    @property
    def sub_transaction_qualifier(self) -> str | None:
        return self._first.transaction_id.sub_transaction_qualifier

    def concerns(self, apdu: Apdu) -> bool:
        """Whether a message belongs to it: a side that has begun says so; before, the first message does."""
        begun = [side for side in self._sides.values() if side.transaction_id is not None]
        if begun:
            return any(side.concerns(apdu) for side in begun)
        first = self._first
        return same_transaction(first.transaction_id, apdu.transaction_id, first.requester_id, apdu.requester_id)

    @property
    def waits_for_item(self) -> bool:
        """Whether the requester has asked, and no Shipped has come."""
        requester = self._sides[_REQUESTER]
        return requester.request is not None and not requester.gone

    def parts_to(self, other: _Dialogue, apdu: Apdu) -> bool:
        """Whether, by this message, our requester goes on with the responder of the other, a sub-transaction."""
        parted = isinstance(apdu, Shipped) and self._sides[_REQUESTER].transaction_id == other._first.transaction_id
        return parted and self._first.transaction_id != other._first.transaction_id

    def goes_on_with(self, above: _Dialogue) -> None:
        """From here on the requester of the transaction above is ours."""
        self._sides[_REQUESTER] = above._sides[_REQUESTER]

    def take(self, order: int, file: str, number: int, apdu: Apdu) -> Explained:
        sender, told = self._sender_of(apdu)
        notes = [*self._before(sender, apdu)]
        requester, responder = self._states
        illegal, sent = self._send(sender, apdu)
        refused, received = self._receive(_other(sender), apdu)
        notes += sent + received
        wrong = illegal is not None or refused is not None
        if isinstance(apdu, StatusQuery) or (wrong and not isinstance(apdu, StatusOrErrorReport)):
            self._waiting = sender
        if not compatible(*self._states, settled=True):
            notes.append("the two sides disagree: requester {}, responder {}".format(*self._states))
        message = Explained(
            order=order,
            file=file,
            number=number,
            transaction_id=self._first.transaction_id,
            apdu=apdu,
            sender=sender,
            sender_told=told,
            requester=Change(requester, self._sides[_REQUESTER].state),
            responder=Change(responder, self._sides[_RESPONDER].state),
            illegal=illegal,
            refused=refused,
            notes=tuple(notes),
        )
        self.messages.append(message)
        return message

    def _sender_of(self, apdu: Apdu) -> tuple[Role, bool]:
        """Who has sent a message, and whether that is known."""
        senders = [role for role in _SIDES if role in SENDERS[type(apdu)]]
        if len(senders) == 1:
            return senders[0], True
        if self._sender is not None:
            return self._sender, True
        if isinstance(apdu, StatusOrErrorReport) and self._waiting is not None:
            return _other(self._waiting), False
        return _REQUESTER, False

    def _before(self, sender: Role, apdu: Apdu) -> Iterator[str]:
        """What is to be known before the message; who the responder is may have changed."""
        if not self.messages and not isinstance(apdu, ILLRequest):
            yield "no ILL-Request of this transaction came before"
        responder = self._sides[_RESPONDER]
        forwarded = responder.request if responder.state is State.FORWARD else None
        if sender is _RESPONDER and forwarded is not None and _event(apdu, Direction.SEND) not in responder.allowed:
            # who forwards a request has no more to say of it; the new responder has, and it was asked for the same
            asked = [(Direction.RECEIVE, forwarded)]
            self._sides[_RESPONDER] = Transaction.replay(asked, role=_RESPONDER, strict=self._strict)
            yield "the request was forwarded: from here on the responder is the new one"

    def _send(self, sender: Role, apdu: Apdu) -> tuple[Complaint | None, list[str]]:
        side = self._sides[sender]
        apdu = _as_known(side, apdu)
        try:
            return None, _remarks(sender, side.send(apdu))
        except LocalProtocolError as error:
            illegal = Complaint(str(error), error.allowed)
        notes = self._crossed(sender, apdu)
        try:
            step = side.send(apdu, lenient=True)
        except LocalProtocolError:
            return illegal, [*notes, f"the {sender} stays in {side.state}: the lenient table does not have it either"]
        remark = f" ({step.remark})" if step.remark else ""
        return illegal, [*notes, f"the {sender} goes on all the same: the lenient table has it{remark}"]

    def _crossed(self, sender: Role, apdu: Apdu) -> list[str]:
        """Whether the sender might have sent it before it received what it did last."""
        earlier, event = self._earlier.get(sender), _event(apdu, Direction.SEND)
        if earlier is None or event is None:
            return []
        outcomes = cell(sender, earlier, Direction.SEND, event).outcomes
        if not any(not each.lenient and each.remark != "repeat" for each in outcomes):
            return []
        return [f"it may have crossed what the {sender} received last: until then it was in {earlier}"]

    def _receive(self, receiver: Role, apdu: Apdu) -> tuple[Complaint | None, list[str]]:
        side = self._sides[receiver]
        before = side.state
        try:
            # what it answers by itself changes no state, so that the real answer may still come
            step = side.receive(_as_known(side, apdu))
        except RemoteProtocolError as error:
            return Complaint(str(error), error.allowed, _problem(error.report)), []
        if side.state is not before:
            self._earlier[receiver] = before
        answer = []
        if step.reply is not None:
            answer = [f"the {receiver} would answer with {type_of(type(step.reply)).name}"]
        return None, _remarks(receiver, step) + answer

    @property
    def _states(self) -> tuple[State, State]:
        return self._sides[_REQUESTER].state, self._sides[_RESPONDER].state

    @property
    def conversation(self) -> Conversation:
        due = self._sides[_RESPONDER].date_due or self._sides[_REQUESTER].date_due
        return Conversation(
            transaction_id=self._first.transaction_id,
            messages=tuple(self.messages),
            requester=self._standing(_REQUESTER),
            responder=self._standing(_RESPONDER),
            date_due=None if due is None else due.date_due_field,
        )

    def _standing(self, role: Role) -> Standing:
        component = "requester_id" if role is _REQUESTER else "responder_id"
        known: list[SystemId | None] = [getattr(each, component) for each in (*self._sides.values(), self._first)]
        side = self._sides[role]
        return Standing(
            role=role,
            name=next((name for each in known if each is not None and (name := each.symbol or each.name)), None),
            state=side.state,
            allowed=tuple(event for event in side.allowed if event not in _ANY_TIME),
        )


def _other(role: Role) -> Role:
    return _RESPONDER if role is _REQUESTER else _REQUESTER


def _event(apdu: Apdu, direction: Direction) -> Event | None:
    """The event that a message is; None for an ILL-Answer with none of the seven results."""
    try:
        return event_of(apdu, direction)
    except ValueError:
        return None


def _as_known(side: Transaction, apdu: Apdu) -> Apdu:
    """The message under the id by which a side knows the transaction.

    In a partitioned transaction requester and supplier go on by the id of the sub-transaction, and the responder here
    stands for the supplier, too.
    """
    if side.transaction_id is None or side.concerns(apdu):
        return apdu
    return replace(apdu, transaction_id=side.transaction_id, requester_id=side.requester_id)


def _remarks(role: Role, step: Step) -> list[str]:
    """What the tables say of a step; of the first, they speak of a timer, which is no part of a replay."""
    if step.before is State.IDLE:
        return []
    if step.lenient:
        return [f"the {role} takes it by the lenient table{f': {step.remark}' if step.remark else ''}"]
    return [f"the {role}: {step.remark}"] if step.remark else []


def _problem(report: StatusOrErrorReport | None) -> str | None:
    """What a report of an error tells, in the words of the standard."""
    error = None if report is None else report.error_report
    chosen = error and (error.provider_error_report or error.user_error_report)
    if not chosen:
        return None
    for component in fields_of(type(chosen)):
        value = getattr(chosen, component.name)
        if value is not None:
            return value.asn1_name if isinstance(value, Enumerated) else component.asn1_name
    return None


# ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────


def as_lines(conversation: Conversation) -> Iterator[str]:
    """The transaction as a block: a line for each message, below it what is to be said of it, and how it all stands.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> replay = Replay()
    >>> _ = replay.take("request.ber", 1, request)
    >>> for line in list(as_lines(replay.conversations[0]))[:3]:
    ...     print(line)
    transaction 2026-00142/1                     requester isoill:MAIN  responder isoill:HILL
      1  request.ber  requester sends ILL-Request  PENDING                IN-PROCESS
      now: requester PENDING, responder IN-PROCESS
    """
    sides = (conversation.requester, conversation.responder)
    heading = f"transaction {_shown(conversation.transaction_id)}"
    rows = [[heading, *(f"{side.role} {_cut(side.name)}" if side.name else side.role for side in sides)]]
    places = max(len(each.place) for each in conversation.messages)
    orders = max(len(str(each.order)) for each in conversation.messages)
    for each in conversation.messages:
        what = f"  {each.order:>{orders}}  {each.place:{places}}  {each.sender} sends {each.event}"
        rows.append([what, each.requester.after, each.responder.after])
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    yield _printable(lines[0])
    for each, line in zip(conversation.messages, lines[1:], strict=True):
        guessed = "" if each.sender_told else f"  (sender not told; taken for the {each.sender}'s)"
        yield _printable(line + guessed)
        for remark in _below(each):
            yield _printable(f"  {'':{orders}}  {remark}")
    due = "" if conversation.date_due is None else f", due {_day(conversation.date_due)}"
    yield _printable(f"  now: {', '.join(f'{side.role} {side.state}' for side in sides)}{due}")
    for side in sides:
        yield f"       {side.role} may send {', '.join(side.allowed) or 'nothing more'}"


def _below(message: Explained) -> Iterator[str]:
    if message.illegal is not None:
        yield f"illegal: {message.illegal}"
    if message.refused is not None:
        yield f"refused: {message.refused}"
    for note in message.notes:
        yield f"note: {note}"


def _shown(transaction_id: TransactionId) -> str:
    """Group, transaction and sub-transaction."""
    parts = (
        transaction_id.transaction_group_qualifier,
        transaction_id.transaction_qualifier,
        transaction_id.sub_transaction_qualifier,
    )
    return "/".join(_cut(part) for part in parts if part is not None)


def _day(text: str) -> str:
    """An ISO-Date as people write it; what is none, as it is."""
    day = day_of(text)
    return _cut(text) if day is None else day.isoformat()


def _cut(text: str) -> str:
    return text[:_MOST]


def _printable(line: str) -> str:
    """No message can write to a terminal what its reader would take for something else."""
    if line.isprintable():
        return line
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)


# ── for programs ───────────────────────────────────────────────────────────────────────────────────────────────────


def as_json(message: Explained) -> str:
    """One line: the message, who sent it, what it did to both sides, and what is to be said of it.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> as_json(Replay().take("request.ber", 1, request))[:92]
    '{"file": "request.ber", "message": 1, "transaction": "2026-00142/1", "apdu": "ILL-Request", '
    """
    illegal, refused = message.illegal, message.refused
    return json.dumps(
        {
            "file": message.file,
            "message": message.number,
            "transaction": _shown(message.transaction_id),
            "apdu": message.name,
            "sender": message.sender,
            "sender_told": message.sender_told,
            "requester": _change(message.requester),
            "responder": _change(message.responder),
            "illegal": illegal and {"detail": illegal.detail, "allowed": illegal.allowed},
            "refused": refused and {"detail": refused.detail, "problem": refused.problem, "allowed": refused.allowed},
            "notes": message.notes,
        },
        ensure_ascii=False,
    )


def _change(change: Change) -> dict[str, str]:
    return {"before": change.before, "after": change.after}

"""A library system between a requester and those who may supply: a responder to the one, a requester to the others.

The standard has one figure for each of the two roles of an intermediary, and no public table: so it is a pair of
transactions here, with rules of what is relayed from the one to the other.  The rules are inferred.
"""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self

from isoill.composing import reply_address
from isoill.errors import LocalProtocolError
from isoill.facts import Step
from isoill.keeping import Members
from isoill.matching import is_among
from isoill.plain import parsed, to_dict
from isoill.records import record
from isoill.services import Event, Role
from isoill.transaction import Transaction
from isoill.transitions import TERMINAL, State
from isoill.types import (
    Apdu,
    ILLAnswer,
    ILLRequest,
    ReasonUnfilled,
    SendToListEntry,
    Shipped,
    SystemAddress,
    SystemId,
    ThirdPartyInfoType,
    TransactionType,
)

__all__ = ["FROM_REQUESTER", "FROM_RESPONDER", "Intermediary", "Outgoing", "Relay", "Relayed"]


class Relay(enum.Enum):
    """What an intermediary does with what one side says."""

    #: it says the same to the other side
    PASS_ON = "says the same to the other side"
    #: it asks the next of the send-to-list; where none is left it says the same to the requester
    ASK_NEXT = "asks the next responder; where none is left, says the same to the requester"
    #: it says the same if a responder is at work on the request, and agrees itself if none is
    PASS_ON_OR_AGREE = "says the same to the responder at work; where none is, agrees itself"
    #: it keeps it to itself
    KEEP = "keeps it; a Status-Query is answered from its own state"


#: What becomes of what a responder sends.
FROM_RESPONDER: Mapping[Event, Relay] = MappingProxyType(
    {
        Event.ANSWER_CONDITIONAL: Relay.PASS_ON,
        Event.ANSWER_WILL_SUPPLY: Relay.PASS_ON,
        Event.ANSWER_HOLD_PLACED: Relay.PASS_ON,
        Event.ANSWER_RETRY: Relay.ASK_NEXT,
        Event.ANSWER_UNFILLED: Relay.ASK_NEXT,
        Event.ANSWER_LOCATIONS_PROVIDED: Relay.ASK_NEXT,
        Event.ANSWER_ESTIMATE: Relay.ASK_NEXT,
        Event.EXPIRED: Relay.ASK_NEXT,
        Event.SHIPPED: Relay.PASS_ON,
        Event.CANCEL_REPLY_YES: Relay.PASS_ON,
        Event.CANCEL_REPLY_NO: Relay.PASS_ON,
        Event.RECALL: Relay.PASS_ON,
        Event.CHECKED_IN: Relay.PASS_ON,
        Event.OVERDUE: Relay.PASS_ON,
        Event.RENEW_ANSWER_YES: Relay.PASS_ON,
        Event.RENEW_ANSWER_NO: Relay.PASS_ON,
        Event.LOST: Relay.PASS_ON,
        Event.DAMAGED: Relay.PASS_ON,
        Event.MESSAGE: Relay.PASS_ON,
        Event.FORWARD_NOTIFICATION: Relay.KEEP,
        Event.STATUS_QUERY: Relay.KEEP,
        Event.STATUS_OR_ERROR_REPORT: Relay.KEEP,
    }
)

#: What becomes of what the requester sends.
FROM_REQUESTER: Mapping[Event, Relay] = MappingProxyType(
    {
        Event.ILL_REQUEST: Relay.KEEP,
        Event.CONDITIONAL_REPLY_YES: Relay.PASS_ON,
        Event.CONDITIONAL_REPLY_NO: Relay.PASS_ON,
        Event.CANCEL: Relay.PASS_ON_OR_AGREE,
        Event.RECEIVED: Relay.PASS_ON,
        Event.RETURNED: Relay.PASS_ON,
        Event.RENEW: Relay.PASS_ON,
        Event.LOST: Relay.PASS_ON,
        Event.DAMAGED: Relay.PASS_ON,
        Event.MESSAGE: Relay.PASS_ON,
        Event.STATUS_QUERY: Relay.KEEP,
        Event.STATUS_OR_ERROR_REPORT: Relay.KEEP,
    }
)

_CANCEL_REPLIES = (Event.CANCEL_REPLY_YES, Event.CANCEL_REPLY_NO)


@record
class Outgoing:
    """A message that is to be sent, and to whom."""

    #: which side it goes to
    to: Role
    #: who that is, as far as is known
    system: SystemId | None
    apdu: Apdu
    #: where that is, as far as the caller or the send-to-list has said
    address: SystemAddress | None = None


@record
class Relayed:
    """What came of a message that an intermediary received, or of what it did."""

    #: what was received, or the timer did; None for what the intermediary did by itself
    step: Step | None
    #: to be sent, in this order; they are part of their transactions already
    outgoing: tuple[Outgoing, ...]
    #: why something that should have gone to the other side could not
    withheld: tuple[LocalProtocolError, ...] = ()


class Intermediary:
    """One transaction as it passes through an intermediary: the requester's, and those with the responders it asks.

    It begins with the requester's ILL-Request.  Then the intermediary does one of three things with it, each of which
    the request has to permit:

    `forward`
        passes the request on, and is out of it; the new responder talks to the requester, by the same id.
    `chain`
        asks a responder itself, in a sub-transaction, and relays everything as long as the item is out.
    `partition`
        does the same until Shipped; from then on requester and supplier talk to each other.

    >>> from pathlib import Path
    >>> from dataclasses import replace
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> permitted = isoill.ThirdPartyInfoType(permission_to_chain=True)
    >>> intermediary = Intermediary(identity=isoill.SystemId.of("als:BETWEEN"))
    >>> _ = intermediary.receive(replace(request, third_party_info_type=permitted))
    >>> [asked] = intermediary.chain(isoill.SystemId.of("als:LENDS")).outgoing
    >>> asked.to.value, asked.system.symbol, asked.apdu.transaction_id.sub_transaction_qualifier
    ('responder', 'als:LENDS', '1')
    >>> lender = isoill.Transaction(role="responder")
    >>> _ = lender.receive(asked.apdu)
    >>> [told] = intermediary.receive(lender.shipped(date_due="20261224")).outgoing
    >>> told.to.value, told.apdu.supplier_id.symbol, intermediary.upstream.state.value
    ('requester', 'als:LENDS', 'SHIPPED')
    """

    def __init__(self, *, identity: SystemId, strict: bool = False) -> None:
        self._identity = identity
        self._strict = strict
        self._upstream = Transaction(role=Role.INTERMEDIARY, identity=identity, strict=strict)
        self._downstream: list[Transaction] = []
        self._addresses: list[SystemAddress | None] = []

    @property
    def identity(self) -> SystemId:
        """Who the intermediary is."""
        return self._identity

    @property
    def upstream(self) -> Transaction:
        """The transaction with the requester, in which we are the responder."""
        return self._upstream

    @property
    def downstream(self) -> tuple[Transaction, ...]:
        """The sub-transactions with those that were asked, in which we are the requester; the last is at work."""
        return tuple(self._downstream)

    @property
    def already_tried(self) -> tuple[SystemId, ...]:
        """Who was asked so far: before the request came here, we ourselves, and by us."""
        before = self._third.already_tried_list or ()
        us = () if is_among(self._identity, before) else (self._identity,)
        asked = [each.request.responder_id for each in self._downstream if each.request is not None]
        return (*before, *us, *(each for each in asked if each is not None))

    @property
    def send_to_list(self) -> tuple[SendToListEntry, ...]:
        """What of the requester's send-to-list is still to be asked, in its order."""
        return tuple(each for each in self._third.send_to_list or () if not is_among(each.system_id, self._not_to_ask))

    @property
    def ended(self) -> bool:
        """Whether there is nothing more for us to do: it has ended, or goes on without us, and nobody works on it."""
        below = self._at_work
        asked = below is not None and below.state in (State.PENDING, State.CONDITIONAL, State.CANCEL_PENDING)
        return (self._upstream.ended or self._parted) and not asked

    # ── what the intermediary does ─────────────────────────────────────────────────────────────────────────────────

    def forward(self, responder_id: SystemId, /, **options: Any) -> Relayed:
        """FORWARD: pass the request on; the options are those of `Transaction.forward`.

        Raises `LocalProtocolError` where the request does not permit it, or it is too late.
        """
        self._check_open()
        forwarding = self._upstream.forward(responder_id, **options)
        self._upstream.send(forwarding.notification)
        return Relayed(
            None,
            (
                Outgoing(Role.RESPONDER, responder_id, forwarding.request),
                Outgoing(Role.REQUESTER, self._upstream.requester_id, forwarding.notification),
            ),
        )

    def chain(
        self,
        responder_id: SystemId,
        /,
        *,
        address: SystemAddress | None = None,
        now: datetime.datetime | None = None,
    ) -> Relayed:
        """Ask a responder in a sub-transaction, and relay for its whole life.

        Raises `LocalProtocolError` where the request does not permit it, or where it was answered or is with another.
        """
        return self._ask(TransactionType.CHAINED, responder_id, address, now)

    def partition(
        self,
        responder_id: SystemId,
        /,
        *,
        address: SystemAddress | None = None,
        now: datetime.datetime | None = None,
    ) -> Relayed:
        """Ask a responder in a sub-transaction, and relay until it ships; ``address`` is where the requester finds it.

        Raises as `chain` does.
        """
        return self._ask(TransactionType.PARTITIONED, responder_id, address, now)

    def refuse(self, *, now: datetime.datetime | None = None, note: str | None = None) -> Relayed:
        """Tell the requester that the request cannot be sent onward, and that it is unfilled.

        Raises `LocalProtocolError` where it was answered, or is with a responder.
        """
        self._check_open()
        report = self._upstream.cannot_send_onward(now=now, note=note)
        self._upstream.send(report)
        answer = self._upstream.unfilled(
            ReasonUnfilled.POLICY_PROBLEM, now=now, already_tried_list=self.already_tried or None
        )
        self._upstream.send(answer)
        requester = self._upstream.requester_id
        return Relayed(None, tuple(Outgoing(Role.REQUESTER, requester, each) for each in (report, answer)))

    def receive(self, apdu: Apdu, /, *, now: datetime.datetime | None = None) -> Relayed:
        """Note what one of the sides has sent, and make what goes to the other and back.

        Raises `RemoteProtocolError` as `Transaction.receive` does.
        """
        below = next((each for each in self._downstream if each.has_id(apdu)), None)
        if below is None:
            return self._from_requester(apdu, now)
        return self._from_responder(below, apdu, now)

    def expire(self, *, today: datetime.date | datetime.datetime) -> Relayed:
        """Let the timer of the request run, as `Transaction.expire` does; a responder at work is told to stop."""
        step = self._upstream.expire(today=today)
        back = self._reply(Role.REQUESTER, self._upstream, step)
        below = self._at_work
        if step.reply is None or below is None:
            return Relayed(step, back)
        now = today if isinstance(today, datetime.datetime) else None
        return self._pass_on(step, back, below, Role.RESPONDER, below.cancel(now=now))

    # ── how it is kept ─────────────────────────────────────────────────────────────────────────────────────────────

    def to_json(self) -> str:
        """All of it as JSON text; `from_json` makes it again."""
        plain = {
            "identity": to_dict(self._identity),
            "strict": self._strict,
            "upstream": self._upstream.to_dict(),
            "downstream": [
                {"transaction": each.to_dict(), **({} if address is None else {"address": to_dict(address)})}
                for each, address in zip(self._downstream, self._addresses, strict=True)
            ],
        }
        return json.dumps(plain, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes, /) -> Self:
        """The intermediary that `to_json` made the text of.  Raises `PlainError`.

        >>> import isoill
        >>> intermediary = Intermediary(identity=isoill.SystemId.of("als:BETWEEN"))
        >>> Intermediary.from_json(intermediary.to_json()) == intermediary
        True
        """
        members = Members(parsed(text), "")
        identity = members.value("identity", SystemId)
        if identity is None:
            raise members.refused("identity", "expected it, found none")
        made = cls(identity=identity, strict=members.get("strict", bool))
        made._upstream = Transaction.from_dict(members.get("upstream", dict))
        for each in members.each("downstream"):
            made._downstream.append(Transaction.from_dict(each.get("transaction", dict)))
            made._addresses.append(each.value("address", SystemAddress))
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Intermediary):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment] # it changes

    def __repr__(self) -> str:
        below = f", {self._downstream[-1]!r}" if self._downstream else ""
        return f"<Intermediary: {self._upstream!r}{below}>"

    # ── inside ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _request(self) -> ILLRequest:
        assert self._upstream.request is not None
        return self._upstream.request

    @property
    def _third(self) -> ThirdPartyInfoType:
        request = self._upstream.request
        return (None if request is None else request.third_party_info_type) or ThirdPartyInfoType()

    @property
    def _not_to_ask(self) -> tuple[SystemId, ...]:
        """Who was asked, and who asks."""
        asks = self._upstream.requester_id
        return self.already_tried if asks is None else (*self.already_tried, asks)

    @property
    def _at_work(self) -> Transaction | None:
        """The sub-transaction that goes on, if there is one."""
        last = self._downstream[-1] if self._downstream else None
        return None if last is None or last.state is State.NOT_SUPPLIED or last.state is State.CANCELLED else last

    @property
    def _parted(self) -> bool:
        """Whether requester and supplier go on without us."""
        kind = None if not self._downstream else self._downstream[-1].request
        return kind is not None and kind.transaction_type is TransactionType.PARTITIONED and self._upstream.gone

    def _may_not(self, wanted: str, found: str) -> LocalProtocolError:
        return LocalProtocolError(
            f"expected {wanted}, found {found}",
            role=Role.INTERMEDIARY,
            state=self._upstream.state,
            event=Event.ILL_REQUEST,
            allowed=self._upstream.allowed,
        )

    def _check_open(self) -> None:
        """The request is still to be answered, and nobody works on it."""
        if self._upstream.state is State.IDLE:
            raise self._may_not("an ILL-Request to begin with", "none")
        if self._upstream.state is not State.IN_PROCESS:
            raise self._may_not("a request that is in process", f"one that is in {self._upstream.state}")
        if self._at_work is not None:
            raise self._may_not("no responder at work", repr(self._at_work))

    def _ask(
        self, kind: TransactionType, to: SystemId, address: SystemAddress | None, now: datetime.datetime | None
    ) -> Relayed:
        self._check_open()
        request, third = self._request, self._third
        permitted = third.permission_to_chain if kind is TransactionType.CHAINED else third.permission_to_partition
        if is_among(to, self._not_to_ask):
            raise self._may_not(
                "a responder that was not asked, and does not ask", to.symbol or to.name or "one without a name"
            )
        if kind is TransactionType.PARTITIONED and request.transaction_id.sub_transaction_qualifier is not None:
            # the supplier could not tell whom to talk to: who asks us is not who began
            raise self._may_not("the transaction of the initial requester", "a sub-transaction, which can be chained")
        if not permitted:
            name = "permission-to-chain" if kind is TransactionType.CHAINED else "permission-to-partition"
            raise self._may_not(f"{name} in the request", "none")
        initial = third.initial_requester_address or reply_address(request)
        if kind is TransactionType.PARTITIONED and initial is None:
            raise self._may_not("the address of the requester, for the supplier", "none in the request")
        return Relayed(None, (self._sub_request(kind, to, initial, address, now),))

    def _sub_request(
        self,
        kind: TransactionType,
        to: SystemId,
        initial: SystemAddress | None,
        address: SystemAddress | None,
        now: datetime.datetime | None,
    ) -> Outgoing:
        request, third = self._request, self._third
        above = request.transaction_id.sub_transaction_qualifier
        number = str(len(self._downstream) + 1)
        sub = self._upstream.relayed(request, now=now)
        sub = replace(
            sub,
            transaction_id=replace(
                request.transaction_id,
                # both are mandatory in a sub-transaction (TR-1, TR-2)
                initial_requester_id=request.transaction_id.initial_requester_id or self._upstream.requester_id,
                sub_transaction_qualifier=number if above is None else f"{above}.{number}",
            ),
            requester_id=self._identity,
            responder_id=to,
            transaction_type=kind,
            retry_flag=False,
            forward_flag=False,
            third_party_info_type=replace(
                third,
                initial_requester_address=initial,
                already_tried_list=self.already_tried or None,
            ),
        )
        below = Transaction(role=Role.REQUESTER, identity=self._identity, strict=self._strict)
        below.send(sub)
        self._downstream.append(below)
        self._addresses.append(address)
        return Outgoing(Role.RESPONDER, to, sub, address)

    def _from_requester(self, apdu: Apdu, now: datetime.datetime | None) -> Relayed:
        step = self._upstream.receive(apdu, now=now)
        back = self._reply(Role.REQUESTER, self._upstream, step)
        below = self._at_work
        relay = FROM_REQUESTER[step.event]
        if relay is Relay.KEEP or step.duplicate or self._parted:
            return Relayed(step, back)
        if step.event is Event.CANCEL and self._upstream.gone:  # it crossed our Shipped, which is the answer
            reply = self._upstream.cancel_reply(answer=False, now=now)
            return self._pass_on(step, back, self._upstream, Role.REQUESTER, reply)
        if below is not None:
            return self._pass_on(step, back, below, Role.RESPONDER, below.relayed(apdu, now=now))
        if relay is Relay.PASS_ON_OR_AGREE and step.after is State.CANCEL_PENDING:
            reply = self._upstream.cancel_reply(answer=True, now=now)
            return self._pass_on(step, back, self._upstream, Role.REQUESTER, reply)
        return Relayed(step, back)

    def _from_responder(self, below: Transaction, apdu: Apdu, now: datetime.datetime | None) -> Relayed:
        step = below.receive(apdu, now=now)
        back = self._reply(Role.RESPONDER, below, step)
        relay = FROM_RESPONDER[step.event]
        # whoever was asked to stop because the request had ended answers us, and nobody else
        ours = self._upstream.state in TERMINAL[Role.RESPONDER] and step.event in _CANCEL_REPLIES
        if relay is Relay.KEEP or step.duplicate or self._parted or ours:
            return Relayed(step, back)
        if relay is Relay.ASK_NEXT:
            return self._after_failure(step, back, below, apdu, now)
        message: Apdu = self._upstream.relayed(apdu, now=now)
        if isinstance(message, Shipped):
            message = self._shipped(message, below)
        return self._pass_on(step, back, self._upstream, Role.REQUESTER, message)

    def _shipped(self, message: Shipped, below: Transaction) -> Shipped:
        """The requester learns who supplies; in a partitioned transaction also where, and by which id to go on."""
        assert below.request is not None
        kind, sub_transaction_id = below.request.transaction_type, below.request.transaction_id
        message = replace(
            message,
            transaction_type=self._request.transaction_type,
            supplier_id=message.supplier_id or below.responder_id,
            intermediary_id=self._identity,
        )
        if kind is not TransactionType.PARTITIONED:
            return message
        # whom the requester goes on with knows the id of this sub-transaction, and not of those below it
        message = replace(message, supplier_id=below.request.responder_id)
        address = message.responder_address or self._addresses[self._downstream.index(below)]
        return replace(message, transaction_type=kind, transaction_id=sub_transaction_id, responder_address=address)

    def _after_failure(
        self,
        step: Step,
        back: tuple[Outgoing, ...],
        below: Transaction,
        apdu: Apdu,
        now: datetime.datetime | None,
    ) -> Relayed:
        if self._upstream.state is State.CANCEL_PENDING:  # nothing will come, which is what is wanted
            reply = self._upstream.cancel_reply(answer=True, now=now)
            return self._pass_on(step, back, self._upstream, Role.REQUESTER, reply)
        left = self.send_to_list
        if left and self._upstream.state is State.IN_PROCESS and below.request is not None:
            asked = self._ask(below.request.transaction_type, left[0].system_id, left[0].system_address, now)
            return Relayed(step, (*back, *asked.outgoing))
        message: Apdu = self._upstream.relayed(apdu, now=now)
        if isinstance(message, ILLAnswer):
            message = replace(message, already_tried_list=self.already_tried)
        return self._pass_on(step, back, self._upstream, Role.REQUESTER, message)

    def _reply(self, to: Role, transaction: Transaction, step: Step) -> tuple[Outgoing, ...]:
        return () if step.reply is None else (Outgoing(to, transaction.partner, step.reply),)

    def _pass_on(self, step: Step, back: tuple[Outgoing, ...], other: Transaction, to: Role, message: Apdu) -> Relayed:
        system = other.partner  # who is asked now; after a partitioned Shipped it is another
        try:
            other.send(message, lenient=True)  # if the one side did what can be borne, the other can bear it
        except LocalProtocolError as error:
            return Relayed(step, back, (error,))
        address = self._addresses[self._downstream.index(other)] if to is Role.RESPONDER else None
        return Relayed(step, (*back, Outgoing(to, system, message, address)))

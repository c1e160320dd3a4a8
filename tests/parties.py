"""Two sides of a transaction and the channel between them, which loses, repeats and reorders."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import isoill
from isoill import (
    Apdu,
    Conditions,
    Event,
    ILLRequest,
    ILLServiceType,
    LocationInfo,
    ReasonUnfilled,
    ReasonWillSupply,
    RemoteProtocolError,
    Role,
    StatusOrErrorReport,
    SystemAddress,
    SystemId,
    Transaction,
)
from isoill.agreement import compatible
from tests.conftest import ROOT

DUE = datetime.date(2026, 12, 24)
ADDRESS = SystemAddress(telecom_service_identifier="TCP/IP", telecom_service_address="ill.example.org:1611")
_OCTETS = (ROOT / "examples" / "messages" / "ill-request.ber").read_bytes()


def asked(**components: Any) -> ILLRequest:
    """A request for a loan, as yaz-illclient wrote it, with some components of our own."""
    request = isoill.decode(_OCTETS)
    assert isinstance(request, ILLRequest)
    return replace(request, **{"extensions": None, **components})


#: Ways to say that nothing will come.
FAILURES = (Event.ANSWER_RETRY, Event.ANSWER_UNFILLED, Event.ANSWER_LOCATIONS_PROVIDED, Event.ANSWER_ESTIMATE)

#: A message of each event, from what the transaction knows.
MAKERS: Mapping[Event, Callable[[Transaction], Apdu]] = {
    Event.ANSWER_CONDITIONAL: lambda tx: tx.conditional(Conditions.CHARGES),
    Event.ANSWER_RETRY: lambda tx: tx.retry(),
    Event.ANSWER_UNFILLED: lambda tx: tx.unfilled(ReasonUnfilled.NOT_OWNED),
    Event.ANSWER_LOCATIONS_PROVIDED: lambda tx: tx.locations_provided(
        [LocationInfo(location_id=SystemId.of("als:BVIV"))]
    ),
    Event.ANSWER_WILL_SUPPLY: lambda tx: tx.will_supply(ReasonWillSupply.IN_PROCESS),
    Event.ANSWER_HOLD_PLACED: lambda tx: tx.hold_placed(DUE),
    Event.ANSWER_ESTIMATE: lambda tx: tx.estimate("10 EUR"),
    Event.CONDITIONAL_REPLY_YES: lambda tx: tx.conditional_reply(answer=True),
    Event.CONDITIONAL_REPLY_NO: lambda tx: tx.conditional_reply(answer=False),
    Event.CANCEL: lambda tx: tx.cancel(),
    Event.CANCEL_REPLY_YES: lambda tx: tx.cancel_reply(answer=True),
    Event.CANCEL_REPLY_NO: lambda tx: tx.cancel_reply(answer=False),
    Event.SHIPPED: lambda tx: tx.shipped(date_due=DUE, shipped_service_type=tx.shipped_service_type),
    Event.RECEIVED: lambda tx: tx.received(),
    Event.RECALL: lambda tx: tx.recall(),
    Event.RETURNED: lambda tx: tx.returned(),
    Event.CHECKED_IN: lambda tx: tx.checked_in(),
    Event.OVERDUE: lambda tx: tx.overdue(date_due=DUE),
    Event.RENEW: lambda tx: tx.renew(),
    Event.RENEW_ANSWER_YES: lambda tx: tx.renew_answer(answer=True, date_due=DUE),
    Event.RENEW_ANSWER_NO: lambda tx: tx.renew_answer(answer=False),
    Event.LOST: lambda tx: tx.lost(),
    Event.DAMAGED: lambda tx: tx.damaged(),
    Event.MESSAGE: lambda tx: tx.message("hallo"),
    Event.STATUS_QUERY: lambda tx: tx.status_query(),
    Event.STATUS_OR_ERROR_REPORT: lambda tx: tx.status_report(),
    Event.EXPIRED: lambda tx: tx.expired(),
    Event.FORWARD: lambda tx: tx.forward(SystemId.of("als:NEXT"), initial_requester_address=ADDRESS).notification,
}


def known(side: Transaction) -> dict[str, Any]:
    """All that a side knows; what it has looked up is no part of that."""
    return {name: value for name, value in vars(side).items() if name != "_said"}


#: Messages that change nothing, and ends of the matter: there are so many that a conversation would seldom get on.
_ALWAYS = (Event.DAMAGED, Event.MESSAGE, Event.STATUS_QUERY, Event.STATUS_OR_ERROR_REPORT)


def moves(side: Transaction) -> list[Event]:
    """What a side may do, more often what leads on than what leads nowhere or to the end."""
    menu = [event for event in side.allowed if event not in side.repeats]
    news = [event for event in menu if event not in _ALWAYS]
    on = [event for event in news if event not in {*FAILURES, Event.EXPIRED, Event.LOST, Event.CONDITIONAL_REPLY_NO}]
    return on * 12 + menu


class Parties:
    """A requester and a responder, and what is on the way to each of them."""

    def __init__(self, request: ILLRequest, *, copy: bool = False) -> None:
        self.requester = Transaction(role=Role.REQUESTER)
        self.responder = Transaction(role=Role.RESPONDER)
        self.copy = copy
        self.on_the_way: list[tuple[Role, Apdu]] = []
        self.refused: list[RemoteProtocolError] = []
        self.requester.send(request)
        self.on_the_way.append((Role.RESPONDER, request))

    def side(self, role: Role) -> Transaction:
        return self.requester if role is Role.REQUESTER else self.responder

    def send(self, role: Role, event: Event) -> None:
        """Send a message that the menu has; an ILL-Request there is a repeat."""
        side = self.side(role)
        assert event in side.allowed
        if event is Event.ILL_REQUEST:
            assert side.request is not None
            apdu: Apdu = side.repeat(side.request)
        elif event is Event.SHIPPED and self.copy:
            apdu = side.shipped(shipped_service_type=ILLServiceType.COPY_NON_RETURNABLE)
        else:
            apdu = MAKERS[event](side)
        step = side.send(apdu)
        assert (step.event, step.after) == (event, side.state)
        self._post(role, apdu)

    def repeat(self, role: Role, number: int) -> None:
        """Send something once more that was sent before, as the standard says how, if it may still be said."""
        side = self.side(role)
        sent = [step.apdu for step in side.history if step.direction is isoill.Direction.SEND and step.apdu is not None]
        if sent:
            apdu = side.repeat(sent[number % len(sent)])
            try:
                side.send(apdu)
            except isoill.LocalProtocolError:
                pass  # it is too late
            else:
                self._post(role, apdu)

    def deliver(self, number: int, *, keep: bool = False) -> None:
        """Let one of the messages arrive; ``keep`` lets it come again."""
        if not self.on_the_way:
            return
        number %= len(self.on_the_way)
        role, apdu = self.on_the_way[number]
        if not keep:
            del self.on_the_way[number]
        side = self.side(role)
        before = (side.state, len(side.history))
        try:
            step = side.receive(apdu)
        except RemoteProtocolError as error:
            self.refused.append(error)
            answer = error.report
            after = before
        else:
            answer = step.reply
            after = (step.after, len(side.history))
        assert (side.state, len(side.history)) == after
        assert not (isinstance(apdu, StatusOrErrorReport) and answer)
        if answer is not None:
            assert isoill.decode(isoill.encode(answer)) == answer
            self._post(role, answer)

    def deliver_to(self, role: Role) -> None:
        """Let the first of the messages to one side arrive."""
        first = next((number for number, (to, _) in enumerate(self.on_the_way) if to is role), None)
        if first is not None:
            self.deliver(first)

    def lose(self, number: int) -> None:
        if self.on_the_way:
            del self.on_the_way[number % len(self.on_the_way)]

    def settle(self) -> None:
        """Let all that is on the way arrive, in order, and what answers it."""
        for _ in range(1_000):
            if not self.on_the_way:
                return
            self.deliver(0)
        raise AssertionError("expected an end of messages, found more and more")

    def check(self, *, settled: bool = False) -> None:
        states = self.requester.state, self.responder.state
        assert compatible(*states, settled=settled), states

    def check_kept(self) -> None:
        """Both ends can be stored, and replayed."""
        for side in (self.requester, self.responder):
            assert known(Transaction.from_json(side.to_json())) == known(side)
            again = Transaction.replay(side.messages, role=side.role)
            assert again == side

    def _post(self, sender: Role, apdu: Apdu) -> None:
        self.on_the_way.append((Role.RESPONDER if sender is Role.REQUESTER else Role.REQUESTER, apdu))

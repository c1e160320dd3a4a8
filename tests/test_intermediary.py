"""Loans that pass through an intermediary: forwarded, chained and partitioned."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import isoill
from isoill import (
    Apdu,
    Direction,
    Event,
    ILLRequest,
    Intermediary,
    LocalProtocolError,
    ReasonUnfilled,
    RemoteProtocolError,
    Role,
    State,
    StatusOrErrorReport,
    SystemId,
    Transaction,
    TransactionType,
)
from isoill.intermediary import FROM_REQUESTER, FROM_RESPONDER, Outgoing, Relayed
from isoill.transitions import EVENTS
from isoill.types import (
    Conditions,
    ExpiryFlag,
    Message,
    ReasonWillSupply,
    SearchType,
    SendToListEntry,
    SystemAddress,
    ThirdPartyInfoType,
)
from tests.parties import ADDRESS, DUE, asked

ASKS, BETWEEN = SystemId.of("als:ASKS"), SystemId.of("als:BETWEEN")
FIRST, SECOND, THIRD = (SystemId.of(f"als:{name}") for name in ("FIRST", "SECOND", "THIRD"))
AT_WORK = (State.PENDING, State.IN_PROCESS) * 2
ON_LOAN = (State.RECEIVED, State.SHIPPED) * 2
STANDARD = isoill.get_profile("standard")


def request(**permissions: Any) -> ILLRequest:
    third = ThirdPartyInfoType(**{"initial_requester_address": ADDRESS, **permissions})
    return asked(requester_id=ASKS, responder_id=BETWEEN, third_party_info_type=third)


class Chain:
    """A requester, an intermediary, and lenders by their ids: each message goes where it is addressed."""

    def __init__(self, request: ILLRequest) -> None:
        self.requester = Transaction(role=Role.REQUESTER)
        self.intermediary = Intermediary(identity=BETWEEN)
        self.lenders: dict[SystemId | None, Transaction] = {}
        self.withheld: list[LocalProtocolError] = []
        self.passed: list[Apdu] = []
        self.requester.send(request)
        self.relay(self.intermediary.receive(request))

    def relay(self, relayed: Relayed) -> None:
        self.withheld += relayed.withheld
        for outgoing in relayed.outgoing:
            self.passed.append(outgoing.apdu)
            assert STANDARD.check(outgoing.apdu, transport="mail", history=[]) == []
            self.deliver(outgoing)

    def deliver(self, outgoing: Outgoing) -> None:
        if outgoing.to is Role.REQUESTER:
            side = self.requester
        else:
            side = self.lenders.setdefault(outgoing.system, Transaction(role=Role.RESPONDER))
        reply = side.receive(outgoing.apdu).reply
        if reply is not None:
            self.relay(self.intermediary.receive(reply))
        kept = Intermediary.from_json(self.intermediary.to_json())
        assert kept == self.intermediary

    def tell(self, side: Transaction, apdu: Apdu) -> None:
        side.send(apdu)
        self.relay(self.intermediary.receive(apdu))

    @property
    def states(self) -> tuple[State, ...]:
        """Of the requester, of the two halves of the intermediary, of the lender at work."""
        below = self.intermediary.downstream[-1]
        return (
            self.requester.state,
            self.intermediary.upstream.state,
            below.state,
            self.lenders[below.responder_id].state,
        )


def test_a_chained_loan_from_request_to_check_in() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    requester, lender = chain.requester, chain.lenders[FIRST]
    sub = lender.request
    assert sub is not None
    assert (sub.transaction_type, sub.requester_id, sub.responder_id) == (TransactionType.CHAINED, BETWEEN, FIRST)
    assert sub.transaction_id == replace(
        asked().transaction_id,
        initial_requester_id=asked().transaction_id.initial_requester_id or ASKS,
        sub_transaction_qualifier="1",
    )
    conversation: list[tuple[Transaction, Callable[[], Apdu], tuple[State, ...]]] = [
        (lender, lambda: lender.conditional(Conditions.CHARGES), (State.CONDITIONAL,) * 4),
        (requester, lambda: requester.conditional_reply(answer=True), AT_WORK),
        (lender, lambda: lender.will_supply(ReasonWillSupply.IN_PROCESS), AT_WORK),
        (lender, lambda: lender.shipped(date_due=DUE), (State.SHIPPED,) * 4),
        (requester, requester.received, ON_LOAN),
        (requester, requester.renew, (State.RENEW_PENDING,) * 4),
        (lender, lambda: lender.renew_answer(answer=True, date_due="20270120"), ON_LOAN),
        (lender, lender.overdue, (State.OVERDUE,) * 4),
        (lender, lender.recall, (State.RECALL,) * 4),
        (requester, requester.damaged, (State.RECALL,) * 4),
        (requester, lambda: requester.message("sorry"), (State.RECALL,) * 4),
        (requester, requester.returned, (State.RETURNED, State.RECALL) * 2),
        (lender, lender.checked_in, (State.RETURNED, State.CHECKED_IN) * 2),
    ]
    for side, make, states in conversation:
        chain.tell(side, make())
        assert chain.states == states
    assert chain.withheld == []
    assert chain.intermediary.ended
    assert requester.responder_id == BETWEEN
    assert requester.date_due == isoill.DateDue(date_due_field="20270120")
    [shipped] = [step.apdu for step in requester.history if isinstance(step.apdu, isoill.Shipped)]
    assert (shipped.supplier_id, shipped.intermediary_id) == (FIRST, BETWEEN)
    assert (shipped.transaction_type, shipped.transaction_id) == (TransactionType.SIMPLE, requester.transaction_id)


def test_the_send_to_list_is_asked_in_its_order_until_one_supplies() -> None:
    to = tuple(SendToListEntry(system_id=each) for each in (SECOND, FIRST, THIRD))
    chain = Chain(request(permission_to_chain=True, send_to_list=to, already_tried_list=(SystemId.of("als:ZERO"),)))
    chain.relay(chain.intermediary.chain(FIRST))
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].unfilled(ReasonUnfilled.LOST))
    assert [*chain.lenders] == [FIRST, SECOND]
    second = chain.lenders[SECOND].request
    assert second is not None
    assert second.transaction_id.sub_transaction_qualifier == "2"
    assert second.third_party_info_type is not None
    assert second.third_party_info_type.already_tried_list == (SystemId.of("als:ZERO"), BETWEEN, FIRST)
    chain.relay(chain.intermediary.receive(expired_of(chain.lenders[SECOND])))
    chain.tell(chain.lenders[THIRD], chain.lenders[THIRD].unfilled(ReasonUnfilled.NOT_OWNED, note="never had it"))
    assert chain.requester.state is State.NOT_SUPPLIED
    answer = chain.requester.history[-1].apdu
    assert isinstance(answer, isoill.ILLAnswer)
    assert answer.already_tried_list == (SystemId.of("als:ZERO"), BETWEEN, FIRST, SECOND, THIRD)
    assert answer.responder_note == "never had it"
    assert chain.intermediary.send_to_list == ()
    assert chain.intermediary.ended


def test_the_list_says_where_they_are() -> None:
    first, second = (SystemAddress(telecom_service_address=f"{name}.example.org:1611") for name in ("first", "second"))
    to = (
        SendToListEntry(system_id=FIRST, system_address=first),
        SendToListEntry(system_id=SECOND, system_address=second),
    )
    intermediary = Intermediary(identity=BETWEEN)
    intermediary.receive(request(permission_to_partition=True, send_to_list=to))
    entry = intermediary.send_to_list[0]
    [asked_] = intermediary.partition(entry.system_id, address=entry.system_address).outgoing
    assert asked_.address == first
    lender = Transaction.replay([(Direction.RECEIVE, asked_.apdu)], role="responder")
    [asked_] = intermediary.receive(lender.unfilled(ReasonUnfilled.LOST)).outgoing
    assert (asked_.system, asked_.address) == (SECOND, second)
    lender = Transaction.replay([(Direction.RECEIVE, asked_.apdu)], role="responder")
    [told] = intermediary.receive(lender.shipped(date_due=DUE)).outgoing
    assert isinstance(told.apdu, isoill.Shipped)
    assert told.apdu.responder_address == second
    assert told.address is None


def test_a_request_that_expires_is_called_back_from_who_works_on_it() -> None:
    expiring = SearchType(expiry_flag=ExpiryFlag.OTHER_DATE, expiry_date="20261201")
    chain = Chain(replace(request(permission_to_chain=True), search_type=expiring))
    chain.relay(chain.intermediary.expire(today=datetime.date(2026, 12, 1)))
    assert chain.requester.state is State.PENDING
    chain.relay(chain.intermediary.chain(FIRST))
    chain.relay(chain.intermediary.expire(today=datetime.datetime(2026, 12, 2, 3)))
    assert chain.states == (State.NOT_SUPPLIED, State.NOT_SUPPLIED, State.CANCEL_PENDING, State.CANCEL_PENDING)
    alone = Intermediary(identity=BETWEEN)
    alone.receive(replace(request(permission_to_chain=True), search_type=expiring))
    assert [each.to for each in alone.expire(today=datetime.date(2026, 12, 2)).outgoing] == [Role.REQUESTER]


@pytest.mark.parametrize("how", ["forward", "chain"])
def test_a_password_is_not_passed_on(how: str) -> None:
    logon = isoill.payloads.PromptObject.logon("100-000-001", "secret")
    info = isoill.payloads.APDUDeliveryInfo(sender_info=(), recipient_info=())
    asks = request(permission_to_chain=True, permission_to_forward=True).with_extension(logon).with_extension(info)
    kept = isoill.payloads.InternalReference()
    intermediary = Intermediary(identity=BETWEEN)
    intermediary.receive(asks.with_extension(kept))
    onward = getattr(intermediary, how)(FIRST).outgoing[0].apdu
    assert isinstance(onward, ILLRequest)
    assert [extension.external.direct_reference for extension in onward.extensions or ()] == ["1.0.10161.13.8"]
    assert b"secret" not in isoill.encode(onward)


def expired_of(lender: Transaction) -> Apdu:
    expired = lender.expired()
    lender.send(expired)
    return expired


def test_expired_is_said_on_where_nobody_is_left() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    chain.relay(chain.intermediary.receive(expired_of(chain.lenders[FIRST])))
    assert chain.states == (State.NOT_SUPPLIED,) * 4
    assert chain.requester.history[-1].event is Event.EXPIRED


@pytest.mark.parametrize("yes", [True, False])
def test_a_cancel_goes_through_and_its_answer_comes_back(yes: bool) -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    chain.tell(chain.requester, chain.requester.cancel())
    assert chain.states == (State.CANCEL_PENDING,) * 4
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].cancel_reply(answer=yes))
    assert chain.states == ((State.CANCELLED,) * 4 if yes else AT_WORK)


def test_a_cancel_that_nobody_works_on_is_agreed_to() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.tell(chain.requester, chain.requester.cancel())
    assert (chain.requester.state, chain.intermediary.upstream.state) == (State.CANCELLED, State.CANCELLED)


def test_a_refusal_that_crosses_a_cancel_is_a_yes() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    lender = chain.lenders[FIRST]
    unfilled = lender.unfilled(ReasonUnfilled.LOST)
    lender.send(unfilled)
    chain.tell(chain.requester, chain.requester.cancel())
    chain.relay(chain.intermediary.receive(unfilled))
    assert (chain.requester.state, chain.intermediary.upstream.state) == (State.CANCELLED, State.CANCELLED)


def test_a_query_is_answered_by_the_intermediary() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    passed = len(chain.passed)
    chain.tell(chain.requester, chain.requester.status_query())
    [report] = chain.passed[passed:]
    assert isinstance(report, StatusOrErrorReport)
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].status_query())
    assert len(chain.passed) == passed + 2
    assert [step.event for step in chain.lenders[FIRST].history][-2:] == [
        Event.STATUS_QUERY,
        Event.STATUS_OR_ERROR_REPORT,
    ]


def test_what_comes_twice_goes_on_once() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    note = chain.requester.message("when?")
    chain.tell(chain.requester, note)
    chain.relay(chain.intermediary.receive(note))
    assert [type(step.apdu) for step in chain.lenders[FIRST].history].count(Message) == 1


def test_what_cannot_be_said_on_is_withheld_and_said_why() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].shipped(date_due=DUE))
    chain.tell(chain.requester, chain.requester.received())
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].recall())
    renewing = chain.requester.renew()
    relayed = chain.intermediary.receive(renewing)  # it crossed the Recall
    assert relayed.outgoing == ()
    [error] = relayed.withheld
    assert (error.state, error.event) == (State.RECALL, Event.RENEW)


def test_a_partitioned_loan_goes_on_without_the_intermediary() -> None:
    chain = Chain(request(permission_to_partition=True))
    supplier_address = replace(ADDRESS, telecom_service_address="first.example.org:1611")
    chain.relay(chain.intermediary.partition(FIRST, address=supplier_address))
    requester, lender = chain.requester, chain.lenders[FIRST]
    chain.tell(lender, lender.shipped(date_due=DUE))
    [shipped] = [step.apdu for step in requester.history if isinstance(step.apdu, isoill.Shipped)]
    assert shipped.transaction_type is TransactionType.PARTITIONED
    assert (shipped.supplier_id, shipped.intermediary_id) == (FIRST, BETWEEN)
    assert shipped.responder_address == supplier_address
    assert chain.intermediary.ended
    assert requester.partner == FIRST
    assert lender.partner == asked().transaction_id.initial_requester_id
    assert requester.transaction_id == lender.transaction_id
    conversation: list[tuple[Transaction, Transaction, Callable[[], Apdu]]] = [
        (requester, lender, requester.received),
        (requester, lender, requester.renew),
        (lender, requester, lambda: lender.renew_answer(answer=False)),
        (requester, lender, requester.returned),
        (lender, requester, lender.checked_in),
    ]
    for sender, receiver, make in conversation:
        apdu = make()
        sender.send(apdu)
        receiver.receive(apdu)
    assert (requester.state, lender.state) == (State.RETURNED, State.CHECKED_IN)
    assert chain.intermediary.upstream.state is State.SHIPPED
    assert Transaction.from_json(requester.to_json()) == requester


def test_a_forwarded_loan_from_request_to_check_in() -> None:
    chain = Chain(request(permission_to_forward=True))
    chain.relay(chain.intermediary.forward(FIRST, responder_address=ADDRESS))
    assert chain.intermediary.ended
    requester, lender = chain.requester, chain.lenders[FIRST]
    assert requester.responder_id == FIRST
    assert (lender.partner, lender.transaction_id) == (ASKS, requester.transaction_id)
    conversation: list[tuple[Transaction, Transaction, Callable[[], Apdu]]] = [
        (lender, requester, lambda: lender.shipped(date_due=DUE)),
        (requester, lender, requester.received),
        (requester, lender, requester.returned),
        (lender, requester, lender.checked_in),
    ]
    for sender, receiver, make in conversation:
        apdu = make()
        assert STANDARD.check(apdu, transport="mail") == []
        sender.send(apdu)
        receiver.receive(apdu)
    assert (requester.state, lender.state) == (State.RETURNED, State.CHECKED_IN)
    late = chain.intermediary.receive(requester.message("are you there?"))
    assert late.outgoing == ()


def test_a_request_that_was_forwarded_to_us_can_go_further() -> None:
    """A sub-transaction of an intermediary above us is one of ours."""
    above = Intermediary(identity=SystemId.of("als:ABOVE"))
    above.receive(request(permission_to_chain=True))
    [sub] = above.chain(BETWEEN).outgoing
    assert isinstance(sub.apdu, ILLRequest)
    below = Intermediary(identity=BETWEEN)
    below.receive(sub.apdu)
    [further] = below.chain(FIRST).outgoing
    assert further.apdu.transaction_id == replace(sub.apdu.transaction_id, sub_transaction_qualifier="1.1")
    lender = Transaction(role=Role.RESPONDER)
    lender.receive(further.apdu)
    shipped = lender.shipped(date_due=DUE)
    lender.send(shipped)
    [up] = below.receive(shipped).outgoing
    [top] = above.receive(up.apdu).outgoing
    assert isinstance(top.apdu, isoill.Shipped)
    assert top.apdu.supplier_id == FIRST


@pytest.mark.parametrize(
    ("permission", "how", "name"),
    [
        ("permission_to_partition", "chain", "permission-to-chain"),
        ("permission_to_chain", "partition", "permission-to-partition"),
    ],
)
def test_what_the_request_does_not_permit(permission: str, how: str, name: str) -> None:
    intermediary = Intermediary(identity=BETWEEN)
    with pytest.raises(LocalProtocolError, match="expected an ILL-Request to begin with, found none"):
        getattr(intermediary, how)(FIRST)
    intermediary.receive(request(**{permission: True}))
    with pytest.raises(LocalProtocolError, match=f"expected {name} in the request, found none"):
        getattr(intermediary, how)(FIRST)
    with pytest.raises(LocalProtocolError, match="the request has no permission-to-forward"):
        intermediary.forward(FIRST)
    relayed = intermediary.refuse(note="no way")
    report, answer = (each.apdu for each in relayed.outgoing)
    assert isinstance(report, StatusOrErrorReport)
    assert report.error_report is not None
    assert report.error_report.user_error_report == isoill.UserErrorReport(
        intermediary_problem=isoill.IntermediaryProblem.CANNOT_SEND_ONWARD
    )
    assert isinstance(answer, isoill.ILLAnswer)
    assert intermediary.upstream.state is State.NOT_SUPPLIED


def test_one_responder_at_a_time() -> None:
    intermediary = Intermediary(identity=BETWEEN)
    intermediary.receive(request(permission_to_chain=True, permission_to_partition=True))
    intermediary.chain(FIRST)
    with pytest.raises(
        LocalProtocolError, match=r"expected no responder at work, found <Transaction .*requester in PENDING>"
    ):
        intermediary.chain(SECOND)
    refused = Intermediary(identity=BETWEEN)
    refused.receive(request(permission_to_chain=True))
    refused.refuse()
    with pytest.raises(LocalProtocolError, match="expected a request that is in process, found one that is in NOT-SUP"):
        refused.chain(FIRST)
    nowhere = Intermediary(identity=BETWEEN)
    nowhere.receive(request(permission_to_partition=True, initial_requester_address=None))
    with pytest.raises(LocalProtocolError, match="expected the address of the requester, for the supplier"):
        nowhere.partition(FIRST)


def test_what_is_with_a_responder_is_not_given_to_another() -> None:
    intermediary = Intermediary(identity=BETWEEN)
    intermediary.receive(request(permission_to_chain=True, permission_to_forward=True))
    intermediary.chain(FIRST)
    before = intermediary.to_json()
    attempts: list[Callable[[], Relayed]] = [
        lambda: intermediary.forward(SECOND),
        intermediary.refuse,
        lambda: intermediary.chain(SECOND),
    ]
    for refused in attempts:
        with pytest.raises(LocalProtocolError, match="expected no responder at work"):
            refused()
    assert intermediary.to_json() == before


def test_what_is_answered_is_not_refused() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].shipped(date_due=DUE))
    before = chain.intermediary.to_json()
    with pytest.raises(LocalProtocolError, match="found one that is in SHIPPED"):
        chain.intermediary.refuse()
    assert chain.intermediary.to_json() == before


def test_what_is_new_goes_on_though_the_table_calls_it_a_duplicate() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    lender = chain.lenders[FIRST]
    chain.tell(lender, lender.conditional(Conditions.CHARGES))
    chain.tell(lender, lender.conditional(Conditions.LIBRARY_USE_ONLY))
    said = [step.apdu for step in chain.requester.history if step.event is Event.ANSWER_CONDITIONAL]
    assert len(said) == 2
    assert chain.withheld == []


@pytest.mark.parametrize("yes", [True, False])
def test_the_answer_of_who_was_called_back_is_ours_alone(yes: bool) -> None:
    expiring = SearchType(expiry_flag=ExpiryFlag.OTHER_DATE, expiry_date="20261201")
    chain = Chain(replace(request(permission_to_chain=True), search_type=expiring))
    chain.relay(chain.intermediary.chain(FIRST))
    relayed = chain.intermediary.expire(today=datetime.date(2026, 12, 2))
    assert str(relayed.step) == "send Expired: IN-PROCESS -> NOT-SUPPLIED"
    chain.relay(relayed)
    assert not chain.intermediary.ended
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].cancel_reply(answer=yes))
    assert (chain.withheld, chain.intermediary.ended) == ([], yes)
    assert str(chain.intermediary.expire(today=datetime.date(2026, 12, 3)).step) == (
        "no Expired: NOT-SUPPLIED (no timer runs)"
    )


def test_a_cancel_that_crosses_shipped_is_answered_by_the_intermediary() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    cancel, lender = chain.requester.cancel(), chain.lenders[FIRST]
    chain.requester.send(cancel)
    chain.tell(lender, lender.shipped(date_due=DUE))
    chain.relay(chain.intermediary.receive(cancel))
    assert chain.states == (State.SHIPPED,) * 4
    assert chain.requester.history[-1].event is Event.CANCEL_REPLY_NO
    chain.tell(chain.requester, chain.requester.received())
    chain.tell(lender, lender.checked_in())
    assert chain.withheld == []
    assert chain.intermediary.ended


def test_nobody_is_asked_who_was_asked_or_asks() -> None:
    to = tuple(SendToListEntry(system_id=each) for each in (BETWEEN, FIRST, ASKS, SECOND))
    chain = Chain(request(permission_to_chain=True, send_to_list=to, already_tried_list=(THIRD,)))
    for each in (BETWEEN, THIRD, ASKS, SystemId.of("als:ASKS", name="Again")):
        with pytest.raises(LocalProtocolError, match="expected a responder that was not asked, and does"):
            chain.intermediary.chain(each)
    assert [each.system_id for each in chain.intermediary.send_to_list] == [FIRST, SECOND]
    chain.relay(chain.intermediary.chain(FIRST))
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].unfilled(ReasonUnfilled.LOST))
    assert [*chain.lenders] == [FIRST, SECOND]


def test_below_a_sub_transaction_there_are_chains_only() -> None:
    """Who supplies could not tell whom to talk to: who asks us is not who began."""
    above = Intermediary(identity=SystemId.of("als:ABOVE"))
    above.receive(request(permission_to_chain=True, permission_to_partition=True))
    [sub] = above.partition(BETWEEN, address=ADDRESS).outgoing
    below = Intermediary(identity=BETWEEN)
    below.receive(sub.apdu)
    with pytest.raises(LocalProtocolError, match="found a sub-transaction, which can be chained"):
        below.partition(FIRST)
    [further] = below.chain(FIRST).outgoing
    lender = Transaction.replay([(Direction.RECEIVE, further.apdu)], role="responder")
    shipped = lender.shipped(date_due=DUE)
    lender.send(shipped)
    [up] = below.receive(shipped).outgoing
    assert up.system == SystemId.of("als:ABOVE")
    [top] = above.receive(up.apdu).outgoing
    assert isinstance(top.apdu, isoill.Shipped)
    # the requester goes on with who knows this id, and that is the one below us
    assert (top.apdu.supplier_id, top.apdu.transaction_id) == (BETWEEN, sub.apdu.transaction_id)
    received = Transaction.replay(
        [(Direction.SEND, request(permission_to_partition=True)), (Direction.RECEIVE, top.apdu)], role="requester"
    ).received()
    [passed] = below.receive(received).outgoing
    assert lender.receive(passed.apdu).after is State.SHIPPED


def test_who_was_asked_by_another_spelling_is_not_asked_again() -> None:
    to = (SendToListEntry(system_id=SystemId.of("als:FIRST", name="The first")),)
    chain = Chain(request(permission_to_chain=True, send_to_list=to))
    chain.relay(chain.intermediary.chain(FIRST))
    chain.tell(chain.lenders[FIRST], chain.lenders[FIRST].unfilled(ReasonUnfilled.LOST))
    assert chain.requester.state is State.NOT_SUPPLIED


def test_a_sub_request_is_neither_a_retry_nor_forwarded() -> None:
    intermediary = Intermediary(identity=BETWEEN, strict=True)
    intermediary.receive(replace(request(permission_to_chain=True), retry_flag=True, forward_flag=True))
    [asked_] = intermediary.chain(FIRST).outgoing
    assert isinstance(asked_.apdu, ILLRequest)
    assert (asked_.apdu.retry_flag, asked_.apdu.forward_flag) == (False, False)
    assert Intermediary.from_json(intermediary.to_json()).upstream.strict


def test_a_message_of_neither_side_is_refused() -> None:
    chain = Chain(request(permission_to_chain=True))
    chain.relay(chain.intermediary.chain(FIRST))
    odd = replace(
        chain.requester.cancel(),
        transaction_id=replace(asked().transaction_id, transaction_qualifier="another"),
    )
    with pytest.raises(RemoteProtocolError, match=r"expected transaction-id .*, found .*another"):
        chain.intermediary.receive(odd)


def test_every_event_has_a_rule_of_relay() -> None:
    assert set(FROM_RESPONDER) == set(EVENTS[Role.REQUESTER][Direction.RECEIVE])
    assert set(FROM_REQUESTER) == set(EVENTS[Role.RESPONDER][Direction.RECEIVE])


def test_an_intermediary_shows_itself() -> None:
    intermediary = Intermediary(identity=BETWEEN)
    assert repr(intermediary) == "<Intermediary: <Transaction: intermediary in IDLE>>"
    assert intermediary.identity == BETWEEN
    assert intermediary != Intermediary(identity=FIRST)
    assert intermediary != "one"

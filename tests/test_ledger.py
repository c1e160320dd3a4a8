"""Which transaction a message belongs to, and how many a partner may have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import isoill
from isoill import (
    ILLRequest,
    ItemId,
    Ledger,
    ReasonUnfilled,
    RemoteProtocolError,
    Role,
    State,
    SystemId,
    Transaction,
    TransactionId,
    TransactionIdProblem,
)
from isoill.matching import same_system, same_transaction
from isoill.types import ILLServiceType, ProviderErrorReport, ThirdPartyInfoType, UnableToPerform, UserErrorReport
from tests.parties import DUE, asked

ONE, OTHER = SystemId.of("als:ONE"), SystemId.of("als:OTHER")


def numbered(group: str, *, by: SystemId | None = ONE, initial: bool = True, **components: Any) -> ILLRequest:
    """A request as Simon Fraser's: the group has the number, and the qualifier is always 1."""
    name = TransactionId(
        initial_requester_id=by if initial else None, transaction_group_qualifier=group, transaction_qualifier="1"
    )
    return asked(transaction_id=name, requester_id=by, **components)


def problem_of(error: RemoteProtocolError) -> Any:
    report = error.report.error_report
    return report.provider_error_report or report.user_error_report


INVALID = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.INVALID_TRANSACTION_ID)
UNKNOWN = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.UNKNOWN_TRANSACTION_ID)
LIMIT = UserErrorReport(unable_to_perform=UnableToPerform.RESOURCE_LIMITATION)


def test_the_qualifier_alone_tells_nothing() -> None:
    ledger = Ledger()
    for group in ("248705", "248706"):
        assert ledger.receive(numbered(group)).new
    assert ledger.receive(numbered("248705", by=OTHER)).new  # another library's number
    assert len(ledger) == len(list(ledger)) == 3
    cancel = Transaction.replay([(isoill.Direction.SEND, numbered("248706"))], role="requester").cancel()
    receipt = ledger.receive(cancel)
    assert (receipt.new, receipt.step.after) == (False, State.CANCEL_PENDING)
    assert receipt.transaction.transaction_id == numbered("248706").transaction_id
    assert [each.state for each in ledger].count(State.CANCEL_PENDING) == 1


@pytest.mark.parametrize("initial", [True, False])
def test_an_id_may_leave_out_who_began(initial: bool) -> None:
    ledger = Ledger()
    opened = ledger.receive(numbered("7", initial=initial)).transaction
    ledger.receive(numbered("7", by=OTHER, initial=initial))
    message = opened.message("hallo")
    for ours in (True, False):
        name = replace(message.transaction_id, initial_requester_id=ONE if ours else None)
        note = replace(message, transaction_id=name, requester_id=ONE, note=f"hallo {ours}")
        assert ledger.receive(note).transaction is opened
    lost = replace(
        message, transaction_id=replace(message.transaction_id, initial_requester_id=None), requester_id=None
    )
    with pytest.raises(
        RemoteProtocolError, match="expected an initial-requester-id that tells 2 transactions apart"
    ) as caught:
        ledger.receive(lost)
    assert problem_of(caught.value) == INVALID


def test_one_that_is_alone_needs_no_name() -> None:
    ledger = Ledger()
    opened = ledger.receive(numbered("7")).transaction
    name = replace(opened.message("hallo").transaction_id, initial_requester_id=None)
    assert (
        ledger.receive(replace(opened.message("hallo"), transaction_id=name, requester_id=None)).transaction is opened
    )


def test_spaces_around_numbers_are_nothing() -> None:
    ledger = Ledger()
    opened = ledger.receive(numbered("17 ")).transaction
    note = opened.message("hallo")
    trimmed = replace(note, transaction_id=replace(note.transaction_id, transaction_group_qualifier="17"))
    assert ledger.receive(trimmed).transaction is opened


def test_a_request_of_one_who_may_be_another_is_new() -> None:
    ledger = Ledger()
    ledger.receive(numbered("7"))
    assert ledger.receive(numbered("7", by=SystemId.named("Omega Library"), item_id=ItemId(title="Another"))).new


def test_what_is_no_message_is_a_type_error() -> None:
    nothing: Any = None
    with pytest.raises(TypeError, match="expected a message, found NoneType"):
        Ledger().receive(nothing)


def test_what_is_new_and_what_comes_again() -> None:
    ledger = Ledger()
    assert ledger.receive(numbered("7")).new
    again = ledger.receive(numbered("7"))
    assert (again.new, again.step.remark) == (False, "duplicate")
    with pytest.raises(RemoteProtocolError, match="for another item") as caught:
        ledger.receive(numbered("7", item_id=ItemId(title="Another")))
    assert problem_of(caught.value).transaction_id_problem is TransactionIdProblem.DUPLICATE_TRANSACTION_ID
    assert len(ledger) == 1


def test_a_message_of_no_transaction_is_refused() -> None:
    known = Transaction.replay([(isoill.Direction.SEND, numbered("7"))], role="requester")
    ledger = Ledger()
    with pytest.raises(RemoteProtocolError, match="expected a transaction-id that is known, found 7/1") as caught:
        ledger.receive(known.status_query())
    assert problem_of(caught.value) == UNKNOWN
    assert str(caught.value).endswith(" - at the message")
    with pytest.raises(RemoteProtocolError) as again:
        ledger.receive(caught.value.report)
    assert again.value.report is None


def test_both_sides_in_one_ledger() -> None:
    ledger = Ledger()
    ours = ledger.begin(numbered("7"))
    with pytest.raises(ValueError, match="expected a new transaction-id, found that of <Transaction 7/1"):
        ledger.begin(numbered("7"))
    theirs = ledger.receive(numbered("7")).transaction  # the library asks itself
    assert (ours.role, theirs.role) == (Role.REQUESTER, Role.RESPONDER)
    shipped = theirs.shipped(date_due=DUE)
    theirs.send(shipped)
    assert ledger.receive(shipped).transaction is ours
    received = ours.received()
    ours.send(received)
    assert ledger.receive(received).transaction is theirs
    assert ledger.find(ours.lost()) == (theirs,)
    assert ledger.find(ours.lost(), role=Role.REQUESTER) == (ours,)
    assert ledger.find(ours.lost(), role="intermediary") == (theirs,)
    assert ledger.find(ours.lost(), role="requester") == (ours,)


def test_a_partner_has_so_many_open_transactions_and_no_more() -> None:
    ledger = Ledger(open_per_partner=2)
    opened = [ledger.receive(numbered(group)).transaction for group in "12"]
    with pytest.raises(RemoteProtocolError, match="expected 2 open transactions at most") as caught:
        ledger.receive(numbered("3"))
    assert problem_of(caught.value) == LIMIT
    assert ledger.receive(numbered("1")).step.remark == "duplicate"
    assert ledger.receive(numbered("3", by=OTHER)).new
    opened[0].send(opened[0].unfilled(ReasonUnfilled.LOST))
    opened[1].send(opened[1].shipped(shipped_service_type=ILLServiceType.COPY_NON_RETURNABLE))
    assert (ledger.count_open("als:ONE"), ledger.count_open("als:OTHER"), ledger.count_open("nobody")) == (0, 1, 0)
    assert ledger.receive(numbered("3")).new


def test_the_caller_may_know_better_who_sent_it() -> None:
    ledger = Ledger(open_per_partner=1)
    ledger.receive(numbered("1"), partner="192.0.2.7")
    with pytest.raises(RemoteProtocolError, match="open transactions"):
        ledger.receive(numbered("2", by=OTHER), partner="192.0.2.7")
    assert ledger.receive(numbered("2"), partner="192.0.2.8").new


def test_a_request_that_is_refused_opens_nothing() -> None:
    ledger = Ledger()
    with pytest.raises(RemoteProtocolError, match="protocol-version-num"):
        ledger.receive(numbered("7", protocol_version_num=9))
    assert len(ledger) == 0
    assert ledger.receive(numbered("7")).new


def test_a_transaction_takes_so_many_messages_and_no_more() -> None:
    ledger = Ledger(messages_per_transaction=3)
    opened = ledger.receive(numbered("7")).transaction
    for text in ("one", "two"):
        ledger.receive(opened.message(text))
    with pytest.raises(RemoteProtocolError, match="expected 3 messages at most") as caught:
        ledger.receive(opened.message("three"))
    assert problem_of(caught.value) == LIMIT


def test_transactions_are_taken_in_and_let_go() -> None:
    first = Ledger()
    opened = first.receive(numbered("7")).transaction
    kept = Transaction.from_json(opened.to_json())
    second = Ledger([kept], open_per_partner=1)
    with pytest.raises(RemoteProtocolError):
        second.receive(numbered("8"))
    second.remove(kept)
    assert len(second) == 0
    with pytest.raises(ValueError, match="expected a transaction of this ledger"):
        second.remove(kept)
    with pytest.raises(RemoteProtocolError, match="found 7/1"):
        second.receive(opened.message("late"))
    assert second.receive(numbered("8")).new
    with pytest.raises(ValueError, match="expected a transaction that has begun"):
        second.add(Transaction(role="requester"))


def test_a_transaction_is_taken_in_once() -> None:
    ledger = Ledger()
    opened = ledger.receive(numbered("7")).transaction
    for again in (opened, Transaction.from_json(opened.to_json())):
        with pytest.raises(ValueError, match="expected a new transaction-id, found that of <Transaction 7/1"):
            ledger.add(again)
    assert ledger.receive(opened.message("hallo")).transaction is opened
    other = ledger.receive(numbered("7", by=OTHER)).transaction
    ledger.remove(opened)
    assert list(ledger) == [other]
    assert (ledger.count_open("als:ONE"), ledger.count_open("als:OTHER")) == (0, 1)


def test_ended_transactions_count_for_nobody() -> None:
    opened = Ledger().receive(numbered("7")).transaction
    opened.send(opened.unfilled(ReasonUnfilled.LOST))
    assert Ledger([opened]).count_open("als:ONE") == 0


def test_who_asks_is_the_requester_or_who_began() -> None:
    ledger = Ledger()
    ledger.receive(replace(numbered("7"), requester_id=None))
    ledger.receive(replace(numbered("8", by=SystemId.named("The library")), requester_id=None))
    assert (ledger.count_open("als:ONE"), ledger.count_open("The library")) == (1, 1)


def test_options_that_are_none_are_refused_at_once() -> None:
    options: Any = {"stric": True}
    with pytest.raises(TypeError, match="stric"):
        Ledger(**options)


def test_options_are_those_of_the_transactions() -> None:
    ledger = Ledger(strict=True, identity=OTHER)
    opened = ledger.receive(numbered("7")).transaction
    assert (opened.strict, opened.identity) == (True, OTHER)
    assert ledger.begin(numbered("8")).strict


def test_a_partitioned_shipped_is_found_by_the_id_of_the_sub_transaction() -> None:
    ledger = Ledger()
    ours = ledger.begin(numbered("7", third_party_info_type=ThirdPartyInfoType(permission_to_partition=True)))
    sub = replace(
        numbered("7"),
        transaction_type=isoill.TransactionType.PARTITIONED,
        transaction_id=replace(numbered("7").transaction_id, sub_transaction_qualifier="1"),
    )
    supplier = Transaction.replay([(isoill.Direction.RECEIVE, sub)], role="responder")
    assert ledger.receive(supplier.shipped(date_due=DUE)).transaction is ours
    assert ours.transaction_id == sub.transaction_id


def test_each_sub_transaction_has_its_own() -> None:
    ledger = Ledger()
    subs = [
        replace(
            numbered("7"),
            transaction_type=isoill.TransactionType.PARTITIONED,
            transaction_id=replace(numbered("7").transaction_id, sub_transaction_qualifier=number),
        )
        for number in "12"
    ]
    ours = [ledger.begin(sub) for sub in subs]
    for mine, sub in zip(ours, subs, strict=True):
        supplier = Transaction.replay([(isoill.Direction.RECEIVE, sub)], role="responder")
        assert ledger.receive(supplier.shipped(date_due=DUE)).transaction is mine


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (SystemId.of("a:B"), SystemId.of("a:B ", name="B"), True),
        (SystemId.of("a:B", name="B"), SystemId.of("a:C", name="B"), False),
        (SystemId.named("B"), SystemId.of("a:B", name="B"), True),
        (SystemId.named("B"), SystemId.named("C"), False),
        (SystemId.named("B"), SystemId.of("a:B"), True),
        (None, SystemId.of("a:B"), True),
    ],
)
def test_the_same_library(one: SystemId | None, other: SystemId, same: bool) -> None:
    assert same_system(one, other) is same
    assert same_system(other, one) is same


def test_the_same_transaction_has_the_same_sub_transaction() -> None:
    name = TransactionId(transaction_group_qualifier="7", transaction_qualifier="1")
    assert same_transaction(name, name)
    assert not same_transaction(name, replace(name, sub_transaction_qualifier="1"))
    assert not same_transaction(name, replace(name, transaction_group_qualifier="8"))
    assert not same_transaction(name, replace(name, transaction_qualifier="2"))

"""What a transaction does with messages, beside what the tables say: tests/test_transitions.py has those."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import isoill
from isoill import (
    CurrentState,
    DateDue,
    DateTimeOfService,
    Direction,
    Event,
    Extension,
    External,
    GeneralProblem,
    ILLRequest,
    ILLServiceType,
    LocalProtocolError,
    MessageRequirement,
    MostRecentService,
    ReasonUnfilled,
    RemoteProtocolError,
    RequesterOptionalMessagesType,
    ResponderOptionalMessagesType,
    Role,
    SearchType,
    ServiceDateTime,
    State,
    StatusOrErrorReport,
    SystemId,
    Transaction,
    TransactionIdProblem,
)
from isoill.transitions import cell
from isoill.types import Conditions, ExpiryFlag, ProviderErrorReport, ReasonNotAvailable, ReasonWillSupply
from tests.parties import ADDRESS, DUE, MAKERS, asked, known


def pair(request: ILLRequest | None = None, **options: Any) -> tuple[Transaction, Transaction]:
    """Both sides, after the request; ``options`` are the responder's."""
    requester, responder = Transaction(role="requester"), Transaction(role="responder", **options)
    request = request or asked()
    requester.send(request)
    responder.receive(request)
    return requester, responder


def pass_on(sender: Transaction, receiver: Transaction, apdu: isoill.Apdu) -> isoill.Step:
    """Send a message, and receive it."""
    sender.send(apdu)
    return receiver.receive(apdu)


def on_loan(**components: Any) -> tuple[Transaction, Transaction]:
    requester, responder = pair()
    pass_on(responder, requester, responder.shipped(date_due=DUE, **components))
    pass_on(requester, responder, requester.received())
    return requester, responder


def told_by(error: RemoteProtocolError) -> str:
    """What the report says is wrong, in the standard's words: the alternatives that were chosen."""
    problem = error.problem
    if isinstance(problem, ProviderErrorReport) and problem.transaction_id_problem is not None:
        return problem.transaction_id_problem.asn1_name
    names = [name for name in problem.__dataclass_fields__ if getattr(problem, name) is not None]
    return ", ".join(names).replace("_", "-")


def prohibited(error: RemoteProtocolError) -> Any:
    return error.report.error_report.provider_error_report.state_transition_prohibited


# ── a loan, from beginning to end ──────────────────────────────────────────────────────────────────────────────────


def test_a_loan_with_everything() -> None:
    requester, responder = pair()
    states = [(requester.state, responder.state)]
    conversation: list[tuple[str, Callable[[], isoill.Apdu]]] = [
        ("responder", lambda: responder.conditional(Conditions.CHARGES)),
        ("requester", lambda: requester.conditional_reply(answer=True)),
        ("responder", lambda: responder.will_supply(ReasonWillSupply.BEING_PROCESSED_FOR_SUPPLY)),
        ("responder", lambda: responder.shipped(date_due=DUE)),
        ("requester", requester.received),
        ("requester", lambda: requester.renew(desired_due_date=datetime.date(2027, 1, 31))),
        ("responder", lambda: responder.renew_answer(answer=True, date_due=datetime.date(2027, 1, 20))),
        ("responder", responder.overdue),
        ("requester", requester.renew),
        ("responder", lambda: responder.renew_answer(answer=False)),
        ("responder", responder.recall),
        ("requester", requester.returned),
        ("responder", responder.checked_in),
    ]
    for sender, make in conversation:
        one, other = (requester, responder) if sender == "requester" else (responder, requester)
        pass_on(one, other, make())
        states.append((requester.state, responder.state))
    assert states == [
        (State.PENDING, State.IN_PROCESS),
        (State.CONDITIONAL, State.CONDITIONAL),
        (State.PENDING, State.IN_PROCESS),
        (State.PENDING, State.IN_PROCESS),
        (State.SHIPPED, State.SHIPPED),
        (State.RECEIVED, State.SHIPPED),
        (State.RENEW_PENDING, State.RENEW_PENDING),
        (State.RECEIVED, State.SHIPPED),
        (State.OVERDUE, State.OVERDUE),
        (State.RENEW_OVERDUE, State.RENEW_OVERDUE),
        (State.OVERDUE, State.OVERDUE),
        (State.RECALL, State.RECALL),
        (State.RETURNED, State.RECALL),
        (State.RETURNED, State.CHECKED_IN),
    ]
    assert requester.ended
    assert responder.ended
    assert requester.date_due == responder.date_due == DateDue(date_due_field="20270120")
    assert responder.date_received is not None
    assert responder.date_returned is not None
    assert requester.date_checked_in is not None


def test_a_step_says_what_happened() -> None:
    requester, responder = pair()
    shipped = responder.shipped(date_due=DUE)
    assert responder.send(shipped) == isoill.Step(
        before=State.IN_PROCESS, event=Event.SHIPPED, after=State.SHIPPED, direction=Direction.SEND, apdu=shipped
    )
    step = requester.receive(shipped)
    assert (step.before, step.event, step.after, step.reply) == (State.PENDING, Event.SHIPPED, State.SHIPPED, None)
    assert requester.history[-1] == step
    assert [str(each) for each in requester.history] == [
        "send ILL-Request: IDLE -> PENDING",
        "receive Shipped: PENDING -> SHIPPED",
    ]


# ── what may not happen ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_we_may_not_send_says_state_event_and_what_is_allowed() -> None:
    requester, _ = pair()
    before = requester.to_json()
    with pytest.raises(LocalProtocolError) as caught:
        requester.send(requester.renew())
    assert str(caught.value) == (
        "expected one of ILL-Request, Cancel, Damaged, Message, Status-Query, "
        "Status-Or-Error-Report to be sent, found Renew - at the requester's transaction in state PENDING"
    )
    assert (caught.value.role, caught.value.state, caught.value.event) == (Role.REQUESTER, State.PENDING, Event.RENEW)
    assert (caught.value.why, caught.value.allowed) == ("", requester.allowed)
    assert requester.to_json() == before


def test_what_the_other_side_may_not_send_says_the_same_and_has_the_report() -> None:
    requester, responder = pair()
    before = responder.to_json()
    with pytest.raises(RemoteProtocolError) as caught:
        responder.receive(requester.renew())
    assert str(caught.value) == (
        "expected one of ILL-Request, Conditional-Reply yes, Cancel, Received, Lost, Damaged, Message, Status-Query, "
        "Status-Or-Error-Report to come, found Renew - at the responder's transaction in state IN-PROCESS"
    )
    report = caught.value.report
    assert isinstance(isoill.decode(isoill.encode(report)), StatusOrErrorReport)
    assert prohibited(caught.value).apdu_type.asn1_name == "rENEW"
    assert prohibited(caught.value).current_state is CurrentState.IN_PROCESS
    assert caught.value.problem == report.error_report.provider_error_report
    assert report.error_report.report_source is isoill.ReportSource.PROVIDER
    assert report.error_report.correlation_information == "Renew 20261121 101501"
    assert report.transaction_id == requester.transaction_id
    assert responder.to_json() == before


def test_a_report_is_never_answered_by_a_report() -> None:
    requester, responder = pair()
    with pytest.raises(RemoteProtocolError) as caught:
        responder.receive(requester.renew())
    requester.receive(caught.value.report)  # it changes nothing
    assert requester.state is State.PENDING
    for transaction in (Transaction(role="responder"), Transaction(role="requester")):
        with pytest.raises(RemoteProtocolError) as again:
            transaction.receive(caught.value.report)
        assert (again.value.report, again.value.problem) == (None, None)


@pytest.mark.parametrize("role", ["requester", "responder"])
def test_before_the_request_there_is_no_transaction(role: str) -> None:
    requester, _ = pair()
    with pytest.raises(RemoteProtocolError, match="Status-Query") as caught:
        Transaction(role=role).receive(requester.status_query())
    problem = caught.value.report.error_report.provider_error_report
    assert problem == ProviderErrorReport(transaction_id_problem=TransactionIdProblem.UNKNOWN_TRANSACTION_ID)


def test_what_may_not_come_is_answered_as_the_table_says() -> None:
    requester, forwarding = pair(forwardable())
    forwarding.send(forwarding.forward(SystemId.of("als:NEXT"), initial_requester_address=ADDRESS).notification)
    for transaction in (Transaction(role="responder"), Transaction(role="requester"), forwarding, requester, pair()[1]):
        for event, make in MAKERS.items():
            if event in (Event.FORWARD, Event.STATUS_OR_ERROR_REPORT):
                continue
            apdu = make(pair()[1])
            found = cell(transaction.side, transaction.state, Direction.RECEIVE, event)
            fresh = Transaction.from_json(transaction.to_json())
            if found.answer:
                with pytest.raises(RemoteProtocolError) as caught:
                    fresh.receive(apdu)
                assert told_by(caught.value) == found.answer
            elif not any(outcome.predicate for outcome in found.outcomes):
                assert fresh.receive(apdu).after is found.outcomes[0].to


def test_what_one_may_not_say_has_its_reason() -> None:
    requester, responder = pair()
    with pytest.raises(LocalProtocolError, match=r"found Received \(only the lenient table has it\)") as caught:
        requester.send(requester.received())
    assert caught.value.why == "only the lenient table has it"
    with pytest.raises(LocalProtocolError, match=r"found Forward \(the request has no permission-to-forward\)"):
        responder.send(responder.forward(SystemId.of("als:BVAS"), initial_requester_address=ADDRESS).notification)
    pass_on(responder, requester, responder.unfilled(ReasonUnfilled.LOST))
    with pytest.raises(LocalProtocolError, match=r"found ILL-Request \(a retry is a new transaction\)"):
        requester.send(asked())
    with pytest.raises(LocalProtocolError, match=r"found ILL-Answer retry \(there was none that this could repeat\)"):
        responder.send(responder.retry())


def test_a_message_of_another_transaction_is_refused_on_both_sides() -> None:
    requester, responder = pair()
    other = replace(requester.cancel(), transaction_id=replace(asked().transaction_id, transaction_qualifier="other"))
    with pytest.raises(LocalProtocolError, match=r"expected transaction-id .*, found .*other"):
        requester.send(other)
    with pytest.raises(RemoteProtocolError, match=r"expected transaction-id .*, found .*other") as caught:
        responder.receive(other)
    assert caught.value.report.transaction_id == other.transaction_id
    problem = caught.value.report.error_report.provider_error_report
    assert problem.transaction_id_problem is TransactionIdProblem.UNKNOWN_TRANSACTION_ID


def test_an_id_that_was_used_for_another_item_is_a_duplicate() -> None:
    _, responder = pair()
    other = replace(asked(), item_id=isoill.ItemId(title="Another"))
    with pytest.raises(RemoteProtocolError, match="expected a new transaction-id for another item") as caught:
        responder.receive(other)
    problem = caught.value.report.error_report.provider_error_report
    assert problem.transaction_id_problem is TransactionIdProblem.DUPLICATE_TRANSACTION_ID


@pytest.mark.parametrize(
    ("version", "strict", "taken"), [(1, True, True), (0, False, True), (0, True, False), (3, False, False)]
)
def test_versions_that_are_known(version: int, strict: bool, taken: bool) -> None:
    responder = Transaction(role="responder", strict=strict)
    request = asked(protocol_version_num=version)
    if taken:
        assert responder.receive(request).after is State.IN_PROCESS
        return
    with pytest.raises(RemoteProtocolError, match=f"expected protocol-version-num 1 or 2, found {version}") as caught:
        responder.receive(request)
    problem = caught.value.report.error_report.provider_error_report
    assert problem.general_problem is GeneralProblem.PROTOCOL_VERSION_NOT_SUPPORTED
    assert caught.value.report.protocol_version_num == 2


def test_a_critical_extension_that_is_not_known_is_not_passed_over() -> None:
    unknown = Extension.of(External.of("1.2.3.4", b"\x05\x00"), critical=True)
    with pytest.raises(RemoteProtocolError, match="expected critical extensions of a known kind") as caught:
        Transaction(role="responder").receive(replace(asked(), extensions=(unknown,)))
    problem = caught.value.report.error_report.provider_error_report
    assert problem.general_problem is GeneralProblem.OTHER
    harmless = replace(unknown, critical=False)
    assert Transaction(role="responder").receive(replace(asked(), extensions=(harmless,))).after is State.IN_PROCESS


def test_an_answer_that_is_none_of_the_seven_is_mistyped() -> None:
    requester, responder = pair()
    odd: Any = 99
    answer = replace(responder.unfilled(ReasonUnfilled.LOST), transaction_results=odd)
    with pytest.raises(RemoteProtocolError, match="expected one of the seven transaction-results, found 99") as caught:
        requester.receive(answer)
    problem = caught.value.report.error_report.provider_error_report
    assert problem.general_problem is GeneralProblem.MISTYPED_APDU
    with pytest.raises(LocalProtocolError, match="found 99"):
        responder.send(answer)


@pytest.mark.parametrize("wrong", [datetime.date(2026, 11, 22), "20261122"])
def test_times_and_days_are_of_their_types(wrong: Any) -> None:
    requester, responder = pair(EXPIRING)
    with pytest.raises(TypeError, match="expected now as a datetime, found"):
        requester.cancel(now=wrong)
    today: Any = str(wrong)
    with pytest.raises(TypeError, match="expected today as a date, found str"):
        responder.expire(today=today)
    with pytest.raises(ValueError, match="expected a date as YYYYMMDD, found '2026-12-24'"):
        responder.shipped(date_due="2026-12-24")


def test_copies_have_histories_of_their_own() -> None:
    requester, _ = pair()
    for twin in (copy.copy(requester), copy.deepcopy(requester), pickle.loads(pickle.dumps(requester))):
        assert twin == requester
        twin.send(twin.cancel())
        assert requester.state is State.PENDING
        assert len(requester.history) == 1


def test_who_we_are_goes_into_messages() -> None:
    us = SystemId.of("als:US")
    _, responder = pair(asked(responder_id=None), identity=us)
    assert responder.shipped().responder_id == us
    requester = Transaction(role="requester", identity=us)
    requester.send(asked(requester_id=None))
    assert requester.cancel().requester_id == us


def test_who_forwarded_is_named_in_the_history() -> None:
    requester, first = pair(forwardable())
    forwarding = first.forward(SystemId.of("als:NEXT"), initial_requester_address=ADDRESS)
    pass_on(first, requester, forwarding.notification)
    report = requester.status_report().status_report
    assert report is not None
    assert report.user_status_report.initiator_of_most_recent_service == SystemId.of("als:FIRST")


def test_a_note_is_repeated_in_reports_as_far_as_it_is_short() -> None:
    requester, responder = pair()
    responder.receive(requester.message("x" * 100_000))
    report = responder.status_report().status_report
    assert report is not None
    assert report.user_status_report.most_recent_service_note == "x" * 2_000


def test_what_is_no_message_is_a_type_error() -> None:
    nothing: Any = b"a"
    with pytest.raises(TypeError, match="expected a message, found bytes"):
        Transaction(role="responder").receive(nothing)
    with pytest.raises(TypeError, match="expected a message, found bytes"):
        Transaction(role="requester").send(nothing)


def test_a_role_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="borrower"):
        Transaction(role="borrower")
    assert Transaction(role=Role.INTERMEDIARY).side is Role.RESPONDER


# ── strict and lenient ─────────────────────────────────────────────────────────────────────────────────────────────


def test_received_before_shipped_is_borne_and_said() -> None:
    requester, responder = pair()
    received = requester.received()
    step = requester.send(received, lenient=True)
    assert (step.after, step.lenient) == (State.RECEIVED, True)
    step = responder.receive(received)
    assert (step.after, step.lenient) == (State.SHIPPED, True)
    assert str(step) == (
        "receive Received: IN-PROCESS -> SHIPPED (the item went without a message; in the lenient table only)"
    )
    step = pass_on(responder, requester, responder.shipped(date_due=DUE))  # late
    assert (step.after, step.remark) == (State.RECEIVED, "late: Received went first")


def test_a_strict_side_refuses_what_a_lenient_one_bears() -> None:
    requester, responder = pair(strict=True)
    with pytest.raises(RemoteProtocolError, match="only the lenient table has it"):
        responder.receive(requester.received())
    assert responder.strict
    assert Event.RECEIVED not in responder.may("receive")
    assert Event.RECEIVED in responder.may("receive", lenient=True)


EXPIRING = asked(search_type=SearchType(expiry_flag=ExpiryFlag.OTHER_DATE, expiry_date="20261201"))
STAGES: dict[str, Callable[[], tuple[Transaction, Transaction]]] = {
    "asked": pair,
    "expiring": lambda: pair(EXPIRING),
    "forwardable": lambda: pair(forwardable()),
    "conditional": lambda: after(pair(), Event.ANSWER_CONDITIONAL),
    "cancelled": lambda: after(pair(), Event.CANCEL),
    "unfilled": lambda: after(pair(), Event.ANSWER_UNFILLED),
    "shipped": lambda: after(pair(), Event.SHIPPED),
    "on loan": on_loan,
    "a copy": lambda: on_loan(shipped_service_type=ILLServiceType.COPY_NON_RETURNABLE),
    "renewing": lambda: after(on_loan(), Event.RENEW),
    "overdue": lambda: after(on_loan(), Event.OVERDUE),
    "renewing overdue": lambda: after(on_loan(), Event.OVERDUE, Event.RENEW),
    "recalled": lambda: after(on_loan(), Event.RECALL),
    "returned": lambda: after(on_loan(), Event.RETURNED),
    "checked in": lambda: after(on_loan(), Event.CHECKED_IN),
    "lost": lambda: after(on_loan(), Event.LOST),
}


def after(sides: tuple[Transaction, Transaction], *events: Event) -> tuple[Transaction, Transaction]:
    """Both sides, after whoever may has said these."""
    for event in events:
        sender, receiver = sides if event in sides[0].allowed else sides[::-1]
        pass_on(sender, receiver, MAKERS[event](sender))
    return sides


@pytest.mark.parametrize("stage", STAGES)
def test_allowed_is_what_send_takes(stage: str) -> None:
    for side in STAGES[stage]():
        plain = side.to_json()
        for event, make in MAKERS.items():
            fresh = Transaction.from_json(plain)
            if event in side.allowed:
                assert fresh.send(make(side)).event is event
            elif event in side.may("send"):  # it may be sent, and no menu has it
                cells = cell(side.side, side.state, Direction.SEND, event).outcomes
                assert side.expiry is None if event is Event.EXPIRED else cells[0].remark == "repeat"
            else:
                with pytest.raises(LocalProtocolError) as caught:
                    fresh.send(make(side))
                assert caught.value.allowed == side.allowed
                assert fresh.to_json() == plain


@pytest.mark.parametrize("role", ["requester", "responder"])
def test_nothing_is_allowed_before_it_begins_but_the_request(role: str) -> None:
    assert Transaction(role=role).allowed == ((Event.ILL_REQUEST,) if role == "requester" else ())


# ── repeats, duplicates, crossings ─────────────────────────────────────────────────────────────────────────────────


def test_the_same_message_twice_is_taken_once() -> None:
    requester, responder = on_loan()
    renew = requester.renew()
    pass_on(requester, responder, renew)
    pass_on(responder, requester, responder.renew_answer(answer=True))
    before = responder.to_json()
    step = responder.receive(renew)  # it went round by another way
    assert step.duplicate
    assert (step.before, step.after, step.remark, step.reply) == (State.SHIPPED, State.SHIPPED, "duplicate", None)
    assert responder.to_json() == before
    assert pass_on(requester, responder, requester.renew()).after is State.RENEW_PENDING  # another one


def test_a_repeat_says_when_the_first_was_sent() -> None:
    requester, responder = pair()
    shipped = responder.shipped(date_due=DUE, now=datetime.datetime(2026, 11, 22, 9, 30))
    responder.send(shipped)
    again = responder.repeat(shipped, now=datetime.datetime(2026, 11, 25, 8))
    assert again.service_date_time == ServiceDateTime.of(
        datetime.datetime(2026, 11, 25, 8), datetime.datetime(2026, 11, 22, 9, 30)
    )
    assert responder.send(again).remark == "repeat"
    assert requester.receive(again).after is State.SHIPPED  # the first never came
    step = requester.receive(shipped)  # and then it did
    assert (step.after, step.remark) == (State.SHIPPED, "duplicate")
    third = responder.repeat(again)
    assert third.service_date_time.date_time_of_original_service == shipped.service_date_time.date_time_of_this_service
    assert requester.receive(third).remark == "duplicate"


def test_a_request_that_comes_again_is_taken_silently_in_every_state() -> None:
    requester, responder = on_loan()
    assert responder.receive(asked()).remark == "duplicate"
    again = requester.repeat(asked())
    assert responder.receive(again).remark == "duplicate"
    assert responder.state is State.SHIPPED


def test_two_messages_of_one_day_without_a_time_are_two() -> None:
    requester, responder = pair()
    day = ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261122"))
    one, other = (replace(requester.message(text), service_date_time=day) for text in ("first", "second"))
    assert [responder.receive(each).remark for each in (one, one, other)] == ["", "duplicate", ""]


def test_where_all_date_times_are_the_same_the_table_tells_what_is_new() -> None:
    requester, responder = pair()
    when = asked().service_date_time
    cancel = replace(requester.cancel(), service_date_time=when)
    no = replace(responder.cancel_reply(answer=False), service_date_time=when)
    for _ in range(2):
        assert pass_on(requester, responder, cancel).after is State.CANCEL_PENDING
        assert pass_on(responder, requester, no).after is State.PENDING
    assert responder.receive(asked()).remark == "duplicate"


def test_what_is_over_is_not_repeated() -> None:
    requester, responder = pair()
    cancel = requester.cancel()
    pass_on(requester, responder, cancel)
    assert requester.send(requester.repeat(cancel)).remark == "repeat"
    pass_on(responder, requester, responder.cancel_reply(answer=False))
    with pytest.raises(LocalProtocolError, match=r"found Cancel \(it repeats what is over\)"):
        requester.send(requester.repeat(cancel))
    assert pass_on(requester, responder, requester.cancel()).after is State.CANCEL_PENDING  # a new one


def test_what_was_said_last_may_be_said_again_whatever_the_table_says() -> None:
    requester, responder = on_loan()
    pass_on(requester, responder, requester.renew())
    yes = responder.renew_answer(answer=True, date_due=DUE)
    responder.send(yes)  # and it is lost
    again = responder.repeat(yes)
    assert str(responder.send(again)) == "send Renew-Answer yes: SHIPPED (repeat)"
    assert requester.receive(again).after is State.RECEIVED
    assert Transaction.replay(responder.messages, role="responder") == responder
    with pytest.raises(LocalProtocolError, match="only the lenient table has it"):  # it does not say that it repeats
        responder.send(responder.renew_answer(answer=True, date_due=DUE))


def test_a_repeat_brings_no_old_date_back() -> None:
    requester, responder = on_loan()
    shipped = responder.history[1].apdu
    assert isinstance(shipped, isoill.Shipped)
    pass_on(requester, responder, requester.renew())
    pass_on(responder, requester, responder.renew_answer(answer=True, date_due="20270131"))
    again = responder.repeat(shipped)
    responder.send(again)
    assert requester.receive(again).duplicate
    assert requester.date_due == responder.date_due == DateDue(date_due_field="20270131")


def test_a_repeat_that_says_something_else_is_none() -> None:
    requester, responder = pair()
    day = ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261122"))
    one, lost = (replace(requester.message(text), service_date_time=day) for text in ("first", "second"))
    responder.receive(one)
    assert not responder.receive(requester.repeat(lost)).duplicate
    when = requester.repeat(asked()).service_date_time
    with pytest.raises(RemoteProtocolError, match="for another item"):
        responder.receive(replace(asked(), item_id=isoill.ItemId(title="Another"), service_date_time=when))


def test_a_second_renewal_of_a_day_without_times_is_one() -> None:
    requester, responder = on_loan()
    day = ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261123"))
    renew = replace(requester.renew(), service_date_time=day)
    for hour in (12, 15):
        requester.send(renew)
        assert responder.receive(renew).after is State.RENEW_PENDING
        assert responder.receive(renew).duplicate
        pass_on(responder, requester, responder.renew_answer(answer=False, now=datetime.datetime(2026, 11, 23, hour)))


def test_a_message_that_has_no_octets_is_not_taken() -> None:
    _, responder = pair()
    before = responder.to_json()
    odd: Any = "LOST"
    with pytest.raises(isoill.EncodeError, match="reason_unfilled"):
        responder.send(responder.unfilled(odd))
    responder.receive(pair()[0].cancel())
    with pytest.raises(isoill.EncodeError, match="expected bool, found str"):
        responder.send(responder.cancel_reply(odd))
    assert responder.state is State.CANCEL_PENDING
    assert before in Transaction.from_json(before).to_json()


def test_the_time_of_a_message_does_not_grow_with_the_history() -> None:
    """What is looked for is found by what it says: many messages of one date-time are no list to go through."""
    requester, responder = pair()
    when = asked().service_date_time
    notes = [replace(requester.message(str(number)), service_date_time=when) for number in range(3_000)]
    assert not any(responder.receive(note).duplicate for note in notes)
    assert responder.receive(notes[-1]).duplicate
    assert len(responder.history) == 3_001


def test_what_the_item_must_be_for_a_cancel_to_be_crossed() -> None:
    """A Cancel is open: what comes of the rest depends on whether the item has gone, and is to come back."""
    late = (Event.RECEIVED, Event.RENEW, Event.RETURNED, Event.LOST)
    for kind, taken in (
        (None, ()),
        (ILLServiceType.LOAN, late),
        (ILLServiceType.COPY_NON_RETURNABLE, (Event.RECEIVED, Event.LOST)),
    ):
        requester, responder = pair()
        if kind is not None:
            responder.send(responder.shipped(shipped_service_type=kind))
        responder.receive(requester.cancel())
        for event in late:
            fresh = Transaction.from_json(responder.to_json())
            assert fresh.state is State.CANCEL_PENDING
            if event in taken:
                assert fresh.receive(MAKERS[event](requester)).lenient
            else:
                with pytest.raises(RemoteProtocolError, match=r"the item has not gone|or is a copy"):
                    fresh.receive(MAKERS[event](requester))


@pytest.mark.parametrize("stage", ["shipped", "on loan", "overdue", "renewing", "recalled", "checked in", "lost"])
def test_the_request_may_be_said_again_without_saying_that(stage: str) -> None:
    requester, responder = STAGES[stage]()
    again = replace(asked(), service_date_time=requester.message("x").service_date_time)
    assert responder.receive(again).duplicate


def test_cancel_crosses_shipped() -> None:
    requester, responder = pair()
    cancel, shipped = requester.cancel(), responder.shipped(date_due=DUE)
    requester.send(cancel)
    responder.send(shipped)
    assert str(requester.receive(shipped)) == "receive Shipped: CANCEL-PENDING -> SHIPPED (crossing)"
    assert responder.receive(cancel).after is State.CANCEL_PENDING
    with pytest.raises(LocalProtocolError, match=r"found Cancel-Reply yes \(the item has gone already\)"):
        responder.send(responder.cancel_reply(answer=True))
    received = requester.received()
    requester.send(received)
    assert responder.receive(received).lenient  # before the answer
    no = responder.cancel_reply(answer=False)
    assert responder.send(no).after is State.SHIPPED
    assert requester.receive(no).after is State.RECEIVED


def test_a_cancel_is_answered_either_way() -> None:
    requester, responder = pair()
    pass_on(requester, responder, requester.cancel())
    pass_on(responder, requester, responder.cancel_reply(answer=False))
    assert (requester.state, responder.state) == (State.PENDING, State.IN_PROCESS)
    pass_on(requester, responder, requester.cancel())
    pass_on(responder, requester, responder.cancel_reply(answer=True))
    assert (requester.state, responder.state) == (State.CANCELLED, State.CANCELLED)


def test_renew_crosses_recall() -> None:
    requester, responder = on_loan()
    renew, recall = requester.renew(), responder.recall()
    requester.send(renew)
    responder.send(recall)
    assert requester.receive(recall).after is State.RECALL
    assert responder.receive(renew).after is State.RECALL
    pass_on(requester, responder, requester.returned())
    pass_on(responder, requester, responder.checked_in())
    assert (requester.state, responder.state) == (State.RETURNED, State.CHECKED_IN)


# ── what the item is, and what is wanted ───────────────────────────────────────────────────────────────────────────


def test_copies_are_not_returned_renewed_or_recalled() -> None:
    requester, responder = pair()
    assert (requester.returnable, requester.ended) == (None, False)
    pass_on(responder, requester, responder.shipped(shipped_service_type=ILLServiceType.COPY_NON_RETURNABLE))
    assert responder.ended
    pass_on(requester, responder, requester.received())
    assert requester.returnable is False
    assert requester.ended
    tracked = {Event.RENEW, Event.RETURNED, Event.RECALL, Event.OVERDUE, Event.CHECKED_IN}
    assert not tracked & {*requester.allowed, *responder.allowed}
    assert {Event.LOST, Event.DAMAGED} <= {*requester.allowed} & {*responder.allowed}
    for sender, receiver, apdu in (
        (requester, responder, requester.renew()),
        (requester, responder, requester.returned()),
        (responder, requester, responder.recall()),
        (responder, requester, responder.overdue(date_due=DUE)),
    ):
        with pytest.raises(LocalProtocolError, match="the item is a copy"):
            sender.send(apdu)
        with pytest.raises(RemoteProtocolError, match="the item is a copy"):
            receiver.receive(apdu)


def test_what_was_shipped_counts_and_not_what_was_wished() -> None:
    requester, responder = pair(asked(ill_service_type=(ILLServiceType.COPY_NON_RETURNABLE,)))
    pass_on(responder, requester, responder.shipped(shipped_service_type=ILLServiceType.LOAN, date_due=DUE))
    pass_on(requester, responder, requester.received())
    assert requester.returnable is True
    assert Event.RETURNED in requester.allowed


def test_checked_in_without_returned_closes_the_transaction() -> None:
    requester, responder = on_loan()
    step = pass_on(responder, requester, responder.checked_in())
    assert (step.after, step.remark, requester.ended) == (State.RECEIVED, "final", True)
    with pytest.raises(LocalProtocolError, match="or it was checked in"):
        requester.send(requester.renew())


MUST = MessageRequirement.REQUIRES
WOULD = MessageRequirement.DESIRES
NOT = MessageRequirement.NEITHER


def wishes(received: bool, returned: bool, shipped: MessageRequirement, checked_in: MessageRequirement) -> ILLRequest:
    return asked(
        requester_optional_messages=RequesterOptionalMessagesType(
            can_send_received=received,
            can_send_returned=returned,
            requester_shipped=shipped,
            requester_checked_in=checked_in,
        )
    )


def terms(shipped: bool, checked_in: bool, received: MessageRequirement, returned: MessageRequirement) -> Any:
    return ResponderOptionalMessagesType(
        can_send_shipped=shipped,
        can_send_checked_in=checked_in,
        responder_received=received,
        responder_returned=returned,
    )


@pytest.mark.parametrize(
    ("request_", "ours", "met"),
    [
        (wishes(True, True, MUST, MUST), terms(True, True, MUST, MUST), True),
        (wishes(True, True, WOULD, NOT), terms(False, False, WOULD, NOT), True),
        (wishes(True, True, MUST, NOT), terms(False, True, NOT, NOT), False),
        (wishes(True, True, NOT, MUST), terms(True, False, NOT, NOT), False),
        (wishes(False, True, NOT, NOT), terms(True, True, MUST, NOT), False),
        (wishes(True, False, NOT, NOT), terms(True, True, NOT, MUST), False),
        (wishes(False, False, MUST, MUST), None, True),
    ],
)
def test_a_message_that_is_required_and_cannot_be_sent(request_: ILLRequest, ours: Any, met: bool) -> None:
    responder = Transaction(role="responder", optional_messages=ours)
    step = responder.receive(request_)
    if met:
        assert (step.reply, step.after) == (None, State.IN_PROCESS)
        return
    assert isinstance(step.reply, isoill.ILLAnswer)
    assert step.reply.results_explanation is not None
    assert step.reply.results_explanation.unfilled_results == isoill.UnfilledResults(
        reason_unfilled=ReasonUnfilled.MANDATORY_MESSAGING_NOT_SUPPORTED
    )
    assert step.after is responder.state is State.NOT_SUPPLIED
    assert [str(each) for each in responder.history] == [
        "receive ILL-Request: IDLE -> IN-PROCESS",
        "send ILL-Answer unfilled: IN-PROCESS -> NOT-SUPPLIED",
    ]


def test_what_the_other_side_wants_to_be_told() -> None:
    requester, responder = pair(wishes(True, True, WOULD, MUST), optional_messages=terms(True, True, MUST, WOULD))
    assert responder.wanted == {Event.SHIPPED: WOULD}
    assert requester.wanted == {}
    pass_on(responder, requester, responder.shipped(date_due=DUE))
    assert (requester.wanted, responder.wanted) == ({Event.RECEIVED: MUST}, {Event.CHECKED_IN: MUST})
    pass_on(requester, responder, requester.received())
    assert requester.wanted == {Event.RETURNED: WOULD}
    pass_on(requester, responder, requester.returned())
    pass_on(responder, requester, responder.checked_in())
    assert (requester.wanted, responder.wanted) == ({}, {})


# ── the expiry timer ───────────────────────────────────────────────────────────────────────────────────────────────


def until(flag: ExpiryFlag, **dates: str) -> ILLRequest:
    return asked(search_type=SearchType(expiry_flag=flag, **dates))


FIRST = datetime.date(2026, 12, 1)


@pytest.mark.parametrize(
    ("request_", "expiry"),
    [
        (EXPIRING, FIRST),
        (until(ExpiryFlag.NEED_BEFORE_DATE, need_before_date="20261201"), FIRST),
        (until(ExpiryFlag.NEED_BEFORE_DATE, expiry_date="20261201"), None),
        (until(ExpiryFlag.OTHER_DATE, need_before_date="20261201"), None),
        (until(ExpiryFlag.OTHER_DATE, expiry_date="20261301"), None),
        (until(ExpiryFlag.NO_EXPIRY, need_before_date="20261201", expiry_date="20261201"), None),
        (asked(search_type=None), None),
    ],
)
def test_the_expiry_is_the_date_that_the_flag_names(request_: ILLRequest, expiry: datetime.date | None) -> None:
    _, responder = pair(request_)
    assert responder.expiry == expiry


def test_when_the_date_has_passed_the_request_ends() -> None:
    requester, responder = pair(EXPIRING)
    step = responder.expire(today=FIRST)
    assert (step.before, step.after, step.reply) == (State.IN_PROCESS, State.IN_PROCESS, None)
    assert str(step) == "no Expired: IN-PROCESS (it may be answered until 2026-12-01)"
    step = responder.expire(today=FIRST + datetime.timedelta(days=1))
    assert (step.before, step.after) == (State.IN_PROCESS, State.NOT_SUPPLIED)
    assert isinstance(step.reply, isoill.Expired)
    assert step.reply.service_date_time.date_time_of_this_service == DateTimeOfService(date="20261202")
    assert requester.receive(step.reply).after is State.NOT_SUPPLIED
    with pytest.raises(LocalProtocolError, match="found ILL-Answer unfilled"):  # ILLiad's example
        responder.send(responder.unfilled(ReasonUnfilled.LOST))
    assert responder.expire(today=datetime.date(2027, 1, 1)).remark == "no timer runs"


def test_a_time_of_day_goes_into_the_message() -> None:
    _, responder = pair(EXPIRING)
    step = responder.expire(today=datetime.datetime(2026, 12, 2, 0, 5))
    assert step.reply is not None
    assert step.reply.service_date_time.date_time_of_this_service == DateTimeOfService(date="20261202", time="000500")


def test_the_timer_stops() -> None:
    late = datetime.date(2027, 1, 1)
    stopping: list[Callable[[Transaction], isoill.Apdu]] = [
        lambda tx: tx.will_supply(ReasonWillSupply.IN_PROCESS),
        lambda tx: tx.shipped(date_due=DUE),
        lambda tx: tx.unfilled(ReasonUnfilled.LOST),
    ]
    for make in stopping:
        _, responder = pair(EXPIRING)
        responder.send(make(responder))
        assert responder.expiry is None
        assert responder.expire(today=late).remark == "no timer runs"
    going_on: list[Callable[[Transaction], isoill.Apdu]] = [
        lambda tx: tx.hold_placed(FIRST),
        lambda tx: tx.conditional(Conditions.CHARGES),
    ]
    for make in going_on:
        _, responder = pair(EXPIRING)
        responder.send(make(responder))
        assert responder.expire(today=late).after is State.NOT_SUPPLIED


def test_the_timer_is_the_responders() -> None:
    requester, _ = pair(EXPIRING)
    assert requester.expire(today=datetime.date(2027, 1, 1)).remark == "the timer is the responder's"
    assert requester.state is State.PENDING
    assert requester.expiry == FIRST


def test_an_expiry_that_is_not_honoured_is_answered_at_once() -> None:
    step = Transaction(role="responder", honours_expiry=False).receive(EXPIRING)
    assert isinstance(step.reply, isoill.ILLAnswer)
    assert step.reply.results_explanation is not None
    assert step.reply.results_explanation.unfilled_results is not None
    assert step.reply.results_explanation.unfilled_results.reason_unfilled is ReasonUnfilled.EXPIRY_NOT_SUPPORTED
    assert step.after is State.NOT_SUPPLIED


# ── status ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def status(transaction: Transaction, query: isoill.Apdu) -> isoill.StatusReport:
    reply = transaction.receive(query).reply
    assert isinstance(reply, StatusOrErrorReport)
    assert reply.status_report is not None
    assert isoill.decode(isoill.encode(reply)) == reply
    return reply.status_report


def test_a_query_is_answered_with_the_history() -> None:
    requester, responder = pair(asked(requester_id=SystemId.of("als:ASKS"), responder_id=SystemId.of("als:LENDS")))
    pass_on(
        responder, requester, responder.will_supply(ReasonWillSupply.IN_PROCESS, now=datetime.datetime(2026, 11, 23))
    )
    shipped = responder.shipped(date_due=DUE, now=datetime.datetime(2026, 11, 24), note="with care")
    pass_on(responder, requester, shipped)
    report = status(responder, requester.status_query())
    item = asked().item_id
    assert report == isoill.StatusReport(
        user_status_report=isoill.HistoryReport(
            date_requested="20261121",
            author=item.author,
            title=item.title,
            author_of_article=item.author_of_article,
            title_of_article=item.title_of_article,
            date_of_last_transition="20261124",
            most_recent_service=MostRecentService.SHIPPED,
            date_of_most_recent_service="20261124",
            initiator_of_most_recent_service=SystemId.of("als:LENDS"),
            shipped_service_type=ILLServiceType.LOAN,
            transaction_results=isoill.TransactionResults.WILL_SUPPLY,
            most_recent_service_note="with care",
        ),
        provider_status_report=CurrentState.SHIPPED,
    )


def test_a_query_is_answered_in_every_state_that_a_transaction_can_be_in() -> None:
    requester, responder = pair()
    reached = set()
    conversation: list[tuple[Transaction, Transaction, Callable[[], isoill.Apdu]]] = [
        (requester, responder, lambda: requester.message("hallo")),
        (responder, requester, lambda: responder.conditional(Conditions.CHARGES)),
        (requester, responder, requester.cancel),
        (responder, requester, lambda: responder.cancel_reply(answer=False)),
        (responder, requester, lambda: responder.shipped(date_due=DUE)),
        (requester, responder, requester.received),
        (requester, responder, requester.renew),
        (responder, requester, responder.overdue),
        (responder, requester, lambda: responder.renew_answer(answer=False)),
        (responder, requester, responder.recall),
        (requester, responder, requester.returned),
        (responder, requester, responder.checked_in),
        (requester, responder, requester.lost),
    ]
    for one, other, make in conversation:
        pass_on(one, other, make())
        for asking, asked_ in ((requester, responder), (responder, requester)):
            query = asking.status_query()
            asking.send(query)
            before = asked_.state
            report = status(asked_, query)
            assert asked_.state is before
            assert report.provider_status_report is before.current_state
            reached.add((asked_.side, before))
    assert len(reached) == 20


def test_a_query_that_comes_twice_is_answered_twice() -> None:
    requester, responder = pair()
    query = requester.status_query()
    assert status(responder, query).provider_status_report is CurrentState.IN_PROCESS
    again = responder.receive(query)
    assert again.remark == "duplicate"
    assert isinstance(again.reply, StatusOrErrorReport)


def test_overdue_and_renew_have_no_number_in_a_report() -> None:
    requester, responder = on_loan()
    pass_on(requester, responder, requester.renew())
    history = status(responder, requester.status_query()).user_status_report
    assert history.most_recent_service is MostRecentService.RECEIVED
    pass_on(responder, requester, responder.renew_answer(answer=True))
    history = status(requester, responder.status_query()).user_status_report
    assert history.most_recent_service is MostRecentService.RENEW_ANSWER


def test_a_side_that_nobody_has_named_is_named_by_its_role() -> None:
    _, responder = pair(asked(requester_id=None, responder_id=None))
    responder.send(responder.unfilled(ReasonUnfilled.LOST))
    history = responder.status_report().status_report
    assert history is not None
    assert history.user_status_report.initiator_of_most_recent_service == SystemId.named("responder")
    named = Transaction(role="responder", identity=SystemId.of("als:LENDS"))
    named.receive(asked(responder_id=None))
    named.send(named.unfilled(ReasonUnfilled.LOST))
    report = named.status_report().status_report
    assert report is not None
    assert report.user_status_report.initiator_of_most_recent_service == SystemId.of("als:LENDS")


def test_a_report_that_does_not_go_with_our_state_is_noticed() -> None:
    requester, responder = pair()
    responder.send(responder.shipped(date_due=DUE))  # and it is lost
    step = requester.receive(responder.status_report())
    assert (step.after, step.remark) == (
        State.PENDING,
        "the other side is in SHIPPED, which does not go with PENDING: a message was lost, or is on its way",
    )
    assert pair()[0].receive(pair()[1].status_report()).remark == "the other side is in IN-PROCESS"


@pytest.mark.parametrize("theirs", [CurrentState.RECEIVED, CurrentState.RETURNED])
def test_a_responder_that_reports_received_or_returned_is_understood(theirs: CurrentState) -> None:
    requester, responder = on_loan()
    report = responder.status_report()
    assert report.status_report is not None
    odd = replace(report, status_report=replace(report.status_report, provider_status_report=theirs))
    assert requester.receive(odd).remark == f"the other side is in {theirs.name}"


# ── forward, retry, messages ───────────────────────────────────────────────────────────────────────────────────────


def forwardable() -> ILLRequest:
    third = isoill.ThirdPartyInfoType(
        permission_to_forward=True,
        permission_to_change_send_to_list=True,
        send_to_list=tuple(isoill.SendToListEntry(system_id=SystemId.of(each)) for each in ("als:NEXT", "als:THEN")),
    )
    return asked(responder_id=SystemId.of("als:FIRST"), third_party_info_type=third)


def test_what_was_said_last_counts() -> None:
    requester, responder = pair(
        optional_messages=terms(True, True, MessageRequirement.DESIRES, MessageRequirement.NEITHER)
    )
    pass_on(responder, requester, responder.hold_placed(DUE))
    assert requester.may("send", lenient=True)
    assert requester._wishes is not None
    pass_on(responder, requester, responder.shipped(date_due=DUE, responder_id=SystemId.of("als:NEW")))
    assert requester.responder_id == SystemId.of("als:NEW")
    pass_on(requester, responder, requester.received(date_received="20261201"))
    again = requester.received(
        date_received="20261224", shipped_service_type=ILLServiceType.COPY_NON_RETURNABLE, note="again"
    )
    pass_on(requester, responder, again)
    assert responder.date_received == datetime.date(2026, 12, 1)
    assert responder.returnable is True
    pass_on(responder, requester, responder.overdue(date_due="20261230"))
    assert requester.date_due == DateDue(date_due_field="20261230")
    requester.receive(responder.shipped())  # it says nothing of a date
    assert requester.date_due == DateDue(date_due_field="20261230")


@pytest.mark.parametrize(
    ("wanted", "given", "kind"),
    [
        ((ILLServiceType.COPY_NON_RETURNABLE,), {}, ILLServiceType.COPY_NON_RETURNABLE),
        ((ILLServiceType.LOCATIONS, ILLServiceType.LOAN), {}, ILLServiceType.LOAN),
        ((ILLServiceType.LOCATIONS,), {}, ILLServiceType.LOAN),
        ((ILLServiceType.COPY_NON_RETURNABLE,), {"date_due": DUE}, ILLServiceType.LOAN),
        (
            (ILLServiceType.COPY_NON_RETURNABLE,),
            {"supply_details": isoill.SupplyDetails(date_due=DateDue(date_due_field="20261224"))},
            ILLServiceType.LOAN,
        ),
        (
            (ILLServiceType.LOAN,),
            {"date_due": DUE, "shipped_service_type": ILLServiceType.COPY_NON_RETURNABLE},
            ILLServiceType.COPY_NON_RETURNABLE,
        ),
    ],
)
def test_what_is_shipped_where_nobody_says(wanted: Any, given: Any, kind: ILLServiceType) -> None:
    requester, responder = pair(asked(ill_service_type=wanted))
    shipped = responder.shipped(**given)
    assert shipped.shipped_service_type is kind
    pass_on(responder, requester, shipped)
    assert requester.received().shipped_service_type is kind
    assert responder.shipped(date_due=None).shipped_service_type is kind


def test_the_day_of_shipping_is_the_one_that_is_given() -> None:
    _, responder = pair()
    details = isoill.SupplyDetails(date_shipped="20261101")
    assert responder.shipped(supply_details=details).supply_details.date_shipped == "20261101"
    assert responder.shipped(supply_details=details, date_shipped="20261102").supply_details.date_shipped == "20261102"


def test_only_who_permits_it_is_given_a_sub_transaction() -> None:
    requester, responder = pair()
    sub = replace(asked().transaction_id, sub_transaction_qualifier="77")
    shipped = replace(
        responder.shipped(date_due=DUE),
        transaction_type=isoill.TransactionType.PARTITIONED,
        supplier_id=SystemId.of("als:SECOND"),
    )
    with pytest.raises(RemoteProtocolError, match="expected transaction-id"):
        requester.receive(replace(shipped, transaction_id=sub))
    requester.receive(shipped)
    assert (requester.transaction_id, requester.responder_id) == (asked().transaction_id, asked().responder_id)


def test_who_forwards_stays_who_it_is() -> None:
    me = SystemId.of("als:ME")
    _, first = pair(replace(forwardable(), responder_id=None), identity=me)
    first.send(first.forward(SystemId.of("als:NEXT"), initial_requester_address=ADDRESS).notification)
    assert first.identity == me
    assert first.responder_id is None
    report = first.status_report().status_report
    assert report is not None
    assert report.user_status_report.initiator_of_most_recent_service == me
    assert report.user_status_report.most_recent_service is MostRecentService.FORWARD


def test_who_was_tried_is_not_tried_twice() -> None:
    request = forwardable()
    third = request.third_party_info_type
    assert third is not None
    tried = (SystemId.of("als:FIRST", name="The first"),)
    for change in (True, False):
        permitted = replace(third, already_tried_list=tried, permission_to_change_send_to_list=change)
        _, first = pair(replace(request, third_party_info_type=permitted))
        onward = first.forward(SystemId.of("als:NEXT", name="x"), initial_requester_address=ADDRESS).request
        assert onward.third_party_info_type is not None
        assert onward.third_party_info_type.already_tried_list == tried
        assert len(onward.third_party_info_type.send_to_list or ()) == (1 if change else 2)


def test_forward_passes_the_request_on_and_says_so() -> None:
    request = forwardable()
    requester, first = pair(request)
    forwarding = first.forward(
        SystemId.of("als:NEXT"),
        responder_address=ADDRESS,
        initial_requester_address=ADDRESS,
        reason_unfilled=ReasonUnfilled.NOT_OWNED,
        note="they have it",
        forward_note="for a good customer",
    )
    onward = forwarding.request
    assert onward.transaction_id == request.transaction_id
    assert (onward.forward_flag, onward.forward_note) == (True, "for a good customer")
    assert (onward.requester_id, onward.responder_id) == (request.requester_id, SystemId.of("als:NEXT"))
    assert onward.third_party_info_type == isoill.ThirdPartyInfoType(
        permission_to_forward=True,
        permission_to_change_send_to_list=True,
        initial_requester_address=ADDRESS,
        send_to_list=(isoill.SendToListEntry(system_id=SystemId.of("als:THEN")),),
        already_tried_list=(SystemId.of("als:FIRST"),),
    )
    for each in (onward, forwarding.notification):
        why = each.extension(isoill.payloads.ForwardedAddInfo)
        assert why is not None
        assert why.reason_unfilled is ReasonUnfilled.NOT_OWNED
        assert isoill.get_profile("standard").check(each, transport="mail") == []
    assert first.send(forwarding.notification).after is State.FORWARD
    assert first.ended
    step = requester.receive(forwarding.notification)
    assert (step.event, step.after) == (Event.FORWARD_NOTIFICATION, State.PENDING)
    assert requester.responder_id == SystemId.of("als:NEXT")
    assert requester.cancel().responder_id == SystemId.of("als:NEXT")

    second = Transaction(role="responder")
    second.receive(onward)
    pass_on(second, requester, second.shipped(date_due=DUE))
    assert requester.state is State.SHIPPED


def test_who_has_forwarded_says_to_whom() -> None:
    requester, first = pair(forwardable())
    forwarding = first.forward(SystemId.of("als:NEXT"), responder_address=ADDRESS, initial_requester_address=ADDRESS)
    first.send(forwarding.notification)
    assert first.receive(requester.repeat(forwardable())).remark == "duplicate"
    step = first.receive(requester.cancel())  # it crossed
    assert step.after is State.FORWARD
    assert isinstance(step.reply, StatusOrErrorReport)
    report = step.reply.error_report
    with pytest.raises(RemoteProtocolError) as caught:
        first.receive(requester.received())
    for each in (report, caught.value.report.error_report):
        assert each is not None
        assert each.report_source is isoill.ReportSource.USER
        assert each.user_error_report == isoill.UserErrorReport(
            already_forwarded=isoill.AlreadyForwarded(responder_id=SystemId.of("als:NEXT"), responder_address=ADDRESS)
        )
    assert first.status_report().status_report is not None


def test_forward_wants_to_know_who_and_where() -> None:
    third = isoill.ThirdPartyInfoType(permission_to_forward=True)
    _, first = pair(asked(third_party_info_type=third, responder_id=None))
    with pytest.raises(ValueError, match="expected the identity of the intermediary, found none"):
        first.forward(SystemId.of("als:NEXT"))
    _, first = pair(asked(third_party_info_type=third), identity=SystemId.of("als:FIRST"))
    with pytest.raises(ValueError, match="expected initial_requester_address, found none"):
        first.forward(SystemId.of("als:NEXT"))
    info = isoill.payloads.APDUDeliveryInfo(
        sender_info=(isoill.payloads.APDUDeliveryParameters.of("TCP/IP", "ill.example.org:1611"),), recipient_info=()
    )
    _, first = pair(asked(third_party_info_type=third).with_extension(info), identity=SystemId.of("als:FIRST"))
    onward = first.forward(SystemId.of("als:NEXT")).request
    assert onward.third_party_info_type is not None
    assert onward.third_party_info_type.initial_requester_address == ADDRESS


def test_a_retry_is_a_new_transaction() -> None:
    requester, responder = pair()
    pass_on(responder, requester, responder.retry(ReasonNotAvailable.ON_HOLD, retry_date=DUE))
    assert requester.state is State.NOT_SUPPLIED
    again = requester.request_again("2", now=datetime.datetime(2026, 12, 24, 9), note="as you said")
    assert (again.retry_flag, again.requester_note) == (True, "as you said")
    assert again.transaction_id == replace(asked().transaction_id, transaction_qualifier="2")
    assert pair(again)[1].state is State.IN_PROCESS
    with pytest.raises(ValueError, match="expected a new transaction_qualifier"):
        requester.request_again(asked().transaction_id.transaction_qualifier)


def test_messages_carry_ids_version_and_time() -> None:
    _, responder = pair(asked(protocol_version_num=1))
    recall = responder.recall(
        now=datetime.datetime(2026, 11, 30, 8, 15), note="please", requester_id=SystemId.of("als:ME")
    )
    assert recall == isoill.Recall(
        protocol_version_num=1,
        transaction_id=asked().transaction_id,
        service_date_time=ServiceDateTime.of(datetime.datetime(2026, 11, 30, 8, 15)),
        requester_id=SystemId.of("als:ME"),
        responder_id=asked().responder_id,
        responder_note="please",
    )


def test_without_a_time_each_message_is_a_second_later() -> None:
    requester, responder = pair()
    pass_on(responder, requester, responder.hold_placed(DUE))
    pass_on(requester, responder, requester.message("thanks"))
    times = [stamp.date_time_of_this_service.time for stamp in responder.stamps]
    assert times == ["101500", "101501", "101502"]


def test_a_transaction_that_has_not_begun_makes_no_messages() -> None:
    with pytest.raises(ValueError, match="expected a transaction that has begun with an ILL-Request"):
        Transaction(role="requester").cancel()
    with pytest.raises(ValueError, match="expected a transaction that has begun with an ILL-Request"):
        Transaction(role="responder").status_report()
    _, responder = pair()
    with pytest.raises(ValueError, match="expected date_due, found none"):
        responder.overdue()


@pytest.mark.parametrize("error", [LocalProtocolError, RemoteProtocolError])
def test_errors_are_pickled_and_copied(error: type[isoill.ProtocolError]) -> None:
    requester, responder = pair()
    with pytest.raises(error) as caught:
        (requester.send if error is LocalProtocolError else responder.receive)(requester.renew())
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert type(again) is error
        assert (str(again), vars(again)) == (str(caught.value), vars(caught.value))


# ── how it is kept ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_transaction_is_kept_as_json() -> None:
    for transaction in on_loan():
        kept = Transaction.from_json(transaction.to_json())
        assert known(kept) == known(transaction)
        assert (kept.state, kept.allowed, kept.date_due) == (
            transaction.state,
            transaction.allowed,
            transaction.date_due,
        )
        renewed = [each for each in (transaction, kept) if Event.RENEW in each.allowed]
        for each in renewed:
            each.send(each.renew())
        assert kept == transaction
    with_options = Transaction(
        role="intermediary",
        strict=True,
        identity=SystemId.of("als:ME"),
        optional_messages=terms(True, True, WOULD, NOT),
        honours_expiry=False,
    )
    assert Transaction.from_json(with_options.to_json()) == with_options
    assert with_options != Transaction(role="intermediary")
    assert with_options != "a transaction"


def changed(plain: Any, path: list[str | int], value: Any) -> Any:
    """Plain values with another at a path; without the last if the value is None."""
    plain = json.loads(json.dumps(plain))
    inside = plain
    for step in path[:-1]:
        inside = inside[step]
    if value is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return plain


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["role"], "borrower", "expected one of requester, responder, intermediary, found 'borrower' - at role"),
        (["role"], None, "expected role, found none - at the value"),
        (["strict"], 1, "expected true or false, found int - at strict"),
        (["identity"], {"x": 1}, "expected a component of System-Id, found 'x' - at identity.System-Id"),
        (["history"], {}, "expected a list, found dict - at history"),
        (["history", 0], "step", "expected an object, found str - at history[0]"),
        (["history", 0, "apdu"], None, "expected apdu, found none - at history[0]"),
        (["history", 0, "before"], "PENDING", "expected IDLE, found PENDING - at history[0].before"),
        (["history", 1, "before"], "IDLE", "expected PENDING, found IDLE - at history[1].before"),
        (["history", 1, "after"], "IN-PROCESS", "expected a state of the requester, found IN-PROCESS - at history[1]"),
        (["history", 1, "event"], "Lost", "expected Shipped, which is what the message says, found Lost - at history"),
        (["history", 1, "event"], "Odd", "expected one of ILL-Request, Forward"),
        (["history", 1, "apdu", "apdu"], "Odd", "history[1].apdu"),
        (["history", 0], {}, "expected direction, found none - at history[0]"),
    ],
)
def test_what_is_no_transaction_is_not_taken_for_one(path: list[str | int], value: Any, message: str) -> None:
    requester, _ = on_loan()
    with pytest.raises(isoill.PlainError) as caught:
        Transaction.from_dict(changed(requester.to_dict(), path, value))
    assert message in str(caught.value)


def test_a_history_begins_with_a_request() -> None:
    requester, _ = on_loan()
    plain = requester.to_dict()
    plain["history"] = [{**plain["history"][1], "before": "IDLE"}]
    with pytest.raises(isoill.PlainError, match="expected an ILL-Request to begin with, found Shipped"):
        Transaction.from_dict(plain)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"role": "requester"}', b"\xff", "[" * 100_000])
def test_what_is_no_json_is_not_taken_for_it(text: str | bytes) -> None:
    with pytest.raises(isoill.PlainError):
        Transaction.from_json(text)


def test_a_transaction_is_replayed_from_its_messages() -> None:
    requester, responder = pair()
    requester.send(requester.received(), lenient=True)
    responder.receive(requester.history[-1].apdu or pytest.fail("no message"))
    responder.receive(requester.status_query())
    for transaction in (requester, responder):
        again = Transaction.replay(transaction.messages, role=transaction.role)
        assert again.state is transaction.state
        assert again.messages == transaction.messages


def test_a_transaction_shows_itself_without_its_contents() -> None:
    requester, _ = pair()
    name = asked().transaction_id
    shown = f"{name.transaction_group_qualifier}/{name.transaction_qualifier}"
    assert repr(requester) == f"<Transaction {shown}: requester in PENDING>"
    assert repr(Transaction(role="responder")) == "<Transaction: responder in IDLE>"

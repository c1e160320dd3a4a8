"""The mock peer, over real sockets: what each kind of partner does by itself, each action of a script, the command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import isoill
from isoill import (
    Apdu,
    DecodeError,
    Event,
    ILLServiceType,
    RemoteProtocolError,
    Role,
    State,
    SystemId,
    Transaction,
    blocking,
)
from isoill.aio import Link, Server, connect, serve
from isoill.connection import ApduReceived, ConnectionEnded, ProtocolViolation
from isoill.payloads import (
    AdditionalUserErrorReportInfo,
    APDUDeliveryInfo,
    APDUDeliveryParameters,
    PromptObject,
)
from isoill.profiles import PROFILES, PartnerError, Severity
from isoill.testing import MockPeer, Script
from tests.conftest import ROOT, need_program
from tests.links import REQUEST, UNKNOWN, run, soon
from tests.parties import asked

ORIGINAL = isoill.decode(REQUEST)
assert isinstance(ORIGINAL, isoill.ILLRequest)
#: With OCLC's logon.
LOGGED_ON: isoill.ILLRequest = ORIGINAL


def names(apdus: Sequence[Apdu]) -> list[str]:
    return [type(each).__name__ for each in apdus]


def telling(apdu: Any, port: int) -> Any:
    """A message that says where answers go."""
    where = APDUDeliveryParameters.of("TCP/IP", f"127.0.0.1:{port}")
    return apdu.with_extension(APDUDeliveryInfo(sender_info=(where,), recipient_info=()))


async def answer(link: Link) -> Any:
    """The next message."""
    received = await link.receive(timeout=20)
    assert received is not None
    return received.apdu


async def events(link: Link) -> list[Any]:
    """All that comes until the end of the connection."""
    found: list[Any] = []
    while some := await soon(link.batch()):
        found += some
    return found


class Library:
    """A system under test: it listens, and keeps what comes."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.came: asyncio.Queue[Any] = asyncio.Queue()

    async def next(self) -> Any:
        return await soon(self.came.get())


@contextlib.asynccontextmanager
async def library(*, duplex: bool = False) -> AsyncIterator[Library]:
    async def handler(link: Link) -> None:
        while some := await link.batch():
            for event in some:
                if event != ConnectionEnded():
                    here.came.put_nowait(event.apdu if isinstance(event, ApduReceived) else event)

    async with serve(handler, duplex=duplex) as server:
        here = Library(server)
        yield here


# ── what such partners usually do ──────────────────────────────────────────────────────────────────────────────────


def test_a_loan_from_request_to_checked_in() -> None:
    async def main() -> None:
        ours = Transaction(role=Role.REQUESTER)
        async with MockPeer(duplex=True) as peer, connect(peer.host, peer.port) as link:

            async def say(apdu: isoill.ILLAPDU, *answers: Event) -> None:
                ours.send(apdu)
                await link.send(apdu)
                for event in answers:
                    assert ours.receive(await answer(link)).event is event

            await say(asked(), Event.SHIPPED)
            assert ours.date_due is not None
            assert ours.date_due.date_due_field == "20261219"  # the request is of 21 November
            await say(ours.received())
            await say(ours.status_query(), Event.STATUS_OR_ERROR_REPORT)
            await say(ours.renew(), Event.RENEW_ANSWER_YES)
            assert ours.date_due.date_due_field == "20270116"
            await say(ours.renew(desired_due_date="20270214"), Event.RENEW_ANSWER_YES)
            assert ours.date_due.date_due_field == "20270214"
            await say(ours.returned(), Event.CHECKED_IN)
            [theirs] = peer.transactions
            assert theirs.date_checked_in is not None
            assert (ours.ended, theirs.ended) == (True, True)
            assert names(peer.received) == names([apdu for way, apdu in ours.messages if way == "send"])
            assert list(peer.sent) == [apdu for way, apdu in ours.messages if way == "receive"]
            assert (peer.refused, peer.failures) == ((), ())

    run(main())


def test_a_copy_has_no_date_due() -> None:
    async def main() -> None:
        async with MockPeer(duplex=True) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked(ill_service_type=(ILLServiceType.LOCATIONS, ILLServiceType.COPY_NON_RETURNABLE)))
            shipped = await answer(link)
            assert shipped.shipped_service_type is ILLServiceType.COPY_NON_RETURNABLE
            assert shipped.supply_details.date_due is None

    run(main())


@pytest.mark.parametrize(("silent", "state"), [(True, State.CANCELLED), (False, State.SHIPPED)])
def test_a_cancel_is_accepted_as_long_as_nothing_has_gone(silent: bool, state: State) -> None:
    async def main() -> None:
        ours = Transaction(role=Role.REQUESTER)
        ours.send(asked())
        script: dict[str, list[str]] = {"ILL-Request": []} if silent else {}
        async with MockPeer(duplex=True, script=script) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked(), ours.cancel())
            assert await link.finish()
            assert peer.sent[-1] == (await events(link))[-2].apdu
            assert isinstance(peer.sent[-1], isoill.CancelReply)
            assert peer.sent[-1].answer is silent
            assert peer.transactions[0].state is state

    run(main())


def test_what_may_not_come_is_refused_by_a_report() -> None:
    async def main() -> None:
        ours = Transaction(role=Role.REQUESTER)
        ours.send(asked())
        async with MockPeer(duplex=True) as peer, connect(peer.host, peer.port) as link:
            await link.send(ours.returned())
            report = await answer(link)
            problem = report.error_report.provider_error_report
            assert problem.transaction_id_problem is isoill.TransactionIdProblem.UNKNOWN_TRANSACTION_ID
            await link.send(UNKNOWN)
            assert (await answer(link)).error_report.provider_error_report.general_problem is not None
            assert [type(each) for each in peer.refused] == [RemoteProtocolError, DecodeError]
            assert names(peer.received) == ["Returned"]
            assert names(peer.sent) == ["StatusOrErrorReport"] * 2
            assert peer.transactions == ()

    run(main())


def test_a_repeated_message_is_not_answered_again() -> None:
    async def main() -> None:
        ours = Transaction(role=Role.REQUESTER)
        ours.send(asked())
        async with MockPeer(duplex=True) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked(), asked(), ours.repeat(asked()), ours.status_query())
            assert names([await answer(link), await answer(link)]) == ["Shipped", "StatusOrErrorReport"]
            assert names(peer.received) == ["ILLRequest"] * 3 + ["StatusQuery"]

    run(main())


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_partner_sends_by_itself_breaks_no_rule_of_its_own(name: str) -> None:
    async def main() -> None:
        ours = Transaction(role=Role.REQUESTER)
        request = telling(LOGGED_ON, 1)
        ours.send(request)
        later = [ours.received(), ours.renew(), ours.status_query(), ours.returned()]
        async with MockPeer(name, duplex=True) as peer, connect(peer.host, peer.port) as link:
            await link.send(request, *[telling(each, 1) for each in later])
            assert await link.finish()
            assert peer.refused == ()
            assert peer.transactions[0].ended
            sent = peer.sent
        assert {"Shipped", "RenewAnswer", "CheckedIn", "StatusOrErrorReport"} == set(names(sent))
        for number, apdu in enumerate(sent):
            findings = peer.profile.check(apdu, history=[request, *sent[:number]])
            assert [each for each in findings if each.severity is Severity.REFUSED] == []

    run(main())


# ── what is said of kinds of partners ──────────────────────────────────────────────────────────────────────────────


def test_oclc_acknowledges_a_request_on_the_same_connection() -> None:
    async def main() -> None:
        async with MockPeer("oclc") as peer, connect(peer.host, peer.port) as link:
            await link.send(LOGGED_ON)
            report = await answer(link)
            assert report.status_report.provider_status_report is isoill.CurrentState.IN_PROCESS
            assert isinstance(await answer(link), isoill.Shipped)

    run(main())


def test_oclc_wants_the_logon_in_the_first_request_of_a_connection() -> None:
    async def main() -> None:
        stranger = LOGGED_ON.without_extension(PromptObject)
        name = replace(stranger.transaction_id, transaction_qualifier="2")
        async with MockPeer("oclc") as peer:
            async with connect(peer.host, peer.port) as link:
                await link.send(stranger)
                error = (await answer(link)).error_report
                assert error.user_error_report.security_problem is not None
                await link.send(LOGGED_ON, replace(stranger, transaction_id=name))
                assert names([await answer(link) for _ in range(4)]) == ["StatusOrErrorReport", "Shipped"] * 2
            async with connect(peer.host, peer.port) as link:
                await link.send(replace(stranger, transaction_id=replace(name, transaction_qualifier="3")))
                assert (await answer(link)).error_report is not None
            assert len(peer.transactions) == 2
            assert [getattr(error, "event", "") for error in peer.refused] == ["ILL-Request"] * 2

    run(main())


def test_what_a_profile_refuses_is_refused_and_the_report_names_the_element() -> None:
    async def main() -> None:
        wrong = replace(LOGGED_ON, delivery_address=None, protocol_version_num=1)
        async with MockPeer("alma", duplex=True) as peer, connect(peer.host, peer.port) as link:
            await link.send(wrong)
            report = await answer(link)
            assert peer.transactions == ()
        details = report.extension(AdditionalUserErrorReportInfo)
        assert [each.missing_required_element for each in details] == ["ILL-REQUEST.delivery-address", None]
        assert details[1].unrecognized_data.element == "ILL-REQUEST.protocol-version-num"
        assert details[1].unrecognized_data.expected_format == "Alma speaks version 2; found 1"
        assert report.note.startswith("Alma requires this component; found none - at ILL-Request.delivery_address")

    run(main())


def test_alma_says_where_it_is_in_all_that_it_sends() -> None:
    async def main() -> None:
        async with library() as here, MockPeer("alma", script={"Cancel": ["refuse"]}) as peer:
            assert not peer.duplex
            request = telling(asked(), here.server.port)
            ours = Transaction(role=Role.REQUESTER)
            ours.send(request)
            async with connect(peer.host, peer.port, duplex=False) as link:
                await link.send(request, ours.status_query(), ours.conditional_reply(answer=True), ours.cancel())
            for _ in range(4):
                info = (await here.next()).extension(APDUDeliveryInfo)
                assert info.sender_info[0].transport.telecom_service_address == f"127.0.0.1:{peer.port}"
                there = info.recipient_info[0].transport.telecom_service_address
                assert there == f"127.0.0.1:{here.server.port}"
            assert names(peer.sent) == ["Shipped", *["StatusOrErrorReport"] * 3]

    run(main())


def test_alma_as_requester_takes_no_answer_but_unfilled() -> None:
    async def main() -> None:
        theirs = Transaction(role=Role.RESPONDER)
        reports: list[Any] = []

        async def handler(link: Link) -> None:
            theirs.receive(await answer(link))
            await link.send(theirs.conditional(isoill.Conditions.CHARGES))
            reports.append(await answer(link))

        async with serve(handler) as server, MockPeer("alma", duplex=True) as peer:
            transaction = await peer.ask(asked(), to=f"127.0.0.1:{server.port}")
            await peer.wait(received=1, sent=2)
            assert transaction.state is State.PENDING
        [detail] = reports[0].extension(AdditionalUserErrorReportInfo)
        assert detail.unrecognized_data.element == "ILL-ANSWER.transaction-results"

    run(main())


def test_illiad_holds_received_until_shipped() -> None:
    async def main() -> None:
        theirs = Transaction(role=Role.RESPONDER)
        async with library() as here, MockPeer("illiad") as peer:
            transaction = await peer.ask(asked(), to=f"127.0.0.1:{here.server.port}")
            request = await here.next()
            theirs.receive(request)
            await peer.act(transaction, "received --note 'at last'", "message --note 'is it on its way?'")
            assert names([await here.next()]) == ["Message"]
            async with connect(peer.host, peer.port, duplex=False) as link:
                await link.send(theirs.shipped())
            received = await here.next()
            assert received.requester_note == "at last"
            assert names(peer.sent) == ["ILLRequest", "Message", "Received"]
            assert request.extension(APDUDeliveryInfo) is not None

    run(main())


def test_others_send_received_when_they_are_told_to() -> None:
    async def main() -> None:
        async with library() as here, MockPeer() as peer:
            transaction = await peer.ask(asked(), to=f"127.0.0.1:{here.server.port}")
            await peer.act(transaction, "received")
            assert names([await here.next(), await here.next()]) == ["ILLRequest", "Received"]
            assert transaction.state is State.PENDING  # the table does not have it

    run(main())


# ── connections ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_on_simplex_connections_answers_go_where_they_are_told_to_go() -> None:
    async def main() -> None:
        async with library() as here, MockPeer(answer_to=f"127.0.0.1:{here.server.port}") as peer:
            async with connect(peer.host, peer.port, duplex=False) as link:
                await link.send(telling(asked(), 1), UNKNOWN)
                assert await link.finish()
            assert names([await here.next(), await here.next()]) == ["Shipped", "StatusOrErrorReport"]
            assert peer.failures == ()

    run(main())


def test_what_cannot_be_sent_is_told() -> None:
    async def main() -> None:
        async with MockPeer() as peer:
            async with connect(peer.host, peer.port, duplex=False) as link:
                await link.send(asked())
            with pytest.raises(TimeoutError) as caught:
                await peer.wait(received=1, sent=1, timeout=0.1)
            assert str(caught.value) == (
                "expected 1 received and 1 sent within 0.1 s, found ILLRequest received and none sent; expected"
                " answer_to, or an APDU-Delivery-Info that says where answers go by TCP, found neither"
            ).replace("ILLRequest", "ILL-Request")

    run(main())


def test_an_answer_that_nobody_takes_is_told() -> None:
    async def main() -> None:
        async def refuse(link: Link) -> None:
            await link.batch()
            link.abort()

        told = asyncio.Event()
        async with (
            serve(refuse, duplex=False) as server,
            MockPeer(watch=lambda word, what: told.set() if word == "failed" else None) as peer,
        ):
            async with connect(peer.host, peer.port, duplex=False) as link:
                await link.send(telling(asked(), server.port))
            await soon(told.wait())
            assert len(peer.sent) == 1
            assert peer.failures[0].startswith("expected ")
            assert peer.failures[0].endswith(f"at 127.0.0.1 port {server.port}")

    run(main())


def test_a_requester_asks_and_goes_on_by_itself() -> None:
    async def main() -> None:
        theirs = Transaction(role=Role.RESPONDER)
        done = asyncio.Event()

        async def handler(link: Link) -> None:
            theirs.receive(await answer(link))
            for make in (lambda: theirs.conditional(isoill.Conditions.CHARGES), theirs.shipped):
                apdu = make()
                theirs.send(apdu)
                await link.send(apdu)
                theirs.receive(await answer(link))
            done.set()

        async with serve(handler) as server, MockPeer(duplex=True, identity=SystemId.of("EX:MOCK")) as peer:
            request = replace(asked(), requester_id=None)
            transaction = await peer.ask(request, to=f"127.0.0.1:{server.port}")
            await soon(done.wait())
            assert theirs.date_received is not None
            assert transaction.state is State.RECEIVED
            assert names(peer.sent) == ["ILLRequest", "ConditionalReply", "Received"]
            with pytest.raises(ValueError, match="expected a new transaction-id"):
                await peer.ask(request, to=f"127.0.0.1:{server.port}")

    run(main())


def test_a_request_that_nobody_takes_is_no_transaction() -> None:
    async def main() -> None:
        async with MockPeer() as peer:
            async with serve(lambda link: asyncio.sleep(0)) as server:
                port = server.port
            with pytest.raises(ConnectionError, match="to accept a connection"):
                await peer.ask(asked(), to=f"127.0.0.1:{port}")
            assert (peer.transactions, peer.sent) == ((), ())

    run(main())


def test_what_is_done_without_being_asked_goes_on_the_connection_of_the_transaction_or_on_a_new_one() -> None:
    async def main() -> None:
        async with library(duplex=True) as here, MockPeer(duplex=True) as peer:
            async with connect(peer.host, peer.port) as link:
                await link.send(telling(asked(), here.server.port))
                assert names([await answer(link)]) == ["Shipped"]
                await peer.act(peer.transactions[0], "recall --note please")
                assert (await answer(link)).responder_note == "please"
            await peer.act(peer.transactions[0], "overdue")
            assert names([await here.next()]) == ["Overdue"]
            with pytest.raises(ValueError, match="expected what needs no message that has come, found 'drop'"):
                await peer.act(peer.transactions[0], "drop")
            with pytest.raises(PartnerError, match=r"^action 1: expected one of"):
                await peer.act(peer.transactions[0], "recall", "nonsense")
            assert names(peer.sent) == ["Shipped", "Recall", "Overdue"]

    run(main())


# ── actions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lists_of_a_script_are_used_one_after_the_other() -> None:
    async def main() -> None:
        script = {"ILL-Request": [["unfilled --reason not-owned"], ["shipped --date-due 2026-12-24", "recall"]]}
        async with MockPeer(duplex=True, script=script) as peer, connect(peer.host, peer.port) as link:
            for number in ("1", "2", "3"):
                request = asked()
                name = replace(request.transaction_id, transaction_qualifier=number)
                await link.send(replace(request, transaction_id=name))
            unfilled = await answer(link)
            reason = unfilled.results_explanation.unfilled_results.reason_unfilled
            assert reason is isoill.ReasonUnfilled.NOT_OWNED
            for _ in range(2):
                assert (await answer(link)).supply_details.date_due.date_due_field == "20261224"
                assert isinstance(await answer(link), isoill.Recall)

    run(main())


def test_what_the_state_table_does_not_allow_is_sent_where_the_script_says_so() -> None:
    async def main() -> None:
        script = {"ILL-Request": ["checked-in", "usual"]}
        async with MockPeer("alma", duplex=True, script=script) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked())
            assert names([await answer(link), await answer(link)]) == ["CheckedIn", "Shipped"]
            assert [step.event for step in peer.transactions[0].history] == [Event.ILL_REQUEST, Event.SHIPPED]

    run(main())


def test_silence_takes_a_message_and_ignore_does_not() -> None:
    async def main() -> None:
        ours = Transaction(role=Role.REQUESTER)
        ours.send(asked())
        script = {"ILL-Request": [["ignore"], []], "Status-Query": [["usual"], []]}
        async with MockPeer(duplex=True, script=script) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked(), ours.status_query())
            assert (await answer(link)).error_report is not None
            assert peer.transactions == ()
            await link.send(asked(), ours.status_query(), ours.status_query(note="well?"))
            assert (await answer(link)).status_report.provider_status_report is isoill.CurrentState.IN_PROCESS
            assert await link.finish()
            assert len(peer.received) == 5
            assert len(peer.sent) == 2

    run(main())


def test_refuse() -> None:
    async def main() -> None:
        script = {"ILL-Request": [["refuse"], ["usual"]]}
        async with MockPeer(duplex=True, script=script) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked())
            error = (await answer(link)).error_report
            assert error.user_error_report.unable_to_perform is isoill.UnableToPerform.OTHER
            assert (len(peer.refused), peer.transactions) == (1, ())
            await link.send(asked())
            assert isinstance(await answer(link), isoill.Shipped)

    run(main())


@pytest.mark.parametrize("duplex", [True, False])
def test_drop_breaks_the_connection_off_so_that_the_sender_knows(duplex: bool) -> None:
    async def main() -> None:
        async with library() as here:
            script = {"ILL-Request": [["wait 0.01", "drop"], ["usual"]]}
            request = telling(asked(), here.server.port)
            async with MockPeer("alma", duplex=duplex, script=script) as peer:
                async with connect(peer.host, peer.port, duplex=duplex) as link:
                    await link.send(request)
                    assert not await link.finish()
                assert (len(peer.received), peer.sent, peer.transactions) == (1, (), ())
                async with connect(peer.host, peer.port, duplex=duplex) as link:
                    await link.send(request)
                    assert isinstance(await (answer(link) if duplex else here.next()), isoill.Shipped)

    run(main())


def test_repeat_and_duplicate_say_the_same_once_more() -> None:
    async def main() -> None:
        script: dict[str, list[Any]] = {
            "ILL-Request": ["usual", "repeat", "duplicate"],
            "Status-Query": [["duplicate"]],
        }
        ours = Transaction(role=Role.REQUESTER)
        ours.send(asked())
        async with MockPeer(duplex=True, script=script) as peer, connect(peer.host, peer.port) as link:
            await link.send(asked(), ours.status_query())
            found = [await soon(link.receive()) for _ in range(4)]
            assert None not in found
            shipped, repeated, duplicate, last = (each for each in found if each is not None)
            first = shipped.apdu.service_date_time.date_time_of_this_service
            assert repeated.apdu.service_date_time.date_time_of_original_service == first
            assert repeated.octets == duplicate.octets == last.octets != shipped.octets
            assert names(peer.sent) == ["Shipped", "Shipped"]
            assert ours.receive(shipped.apdu).event is Event.SHIPPED
            assert all(ours.receive(each.apdu).duplicate for each in (repeated, duplicate))

    run(main())


def test_garbage_is_no_message() -> None:
    async def main() -> None:
        async with MockPeer(duplex=True, script={"ILL-Request": ["usual", "garbage"]}) as peer:
            async with connect(peer.host, peer.port) as link:
                await link.send(asked())
                await link.finish()
                assert [type(each) for each in await events(link)] == [
                    ApduReceived,
                    ProtocolViolation,
                    ConnectionEnded,
                ]
            assert names(peer.sent) == ["Shipped"]

    run(main())


@pytest.mark.parametrize("duplex", [True, False])
def test_half_a_message_and_then_the_end(duplex: bool) -> None:
    async def main() -> None:
        script = {"ILL-Request": ["half unfilled --reason lost"], "Status-Query": ["shipped"]}
        ours = Transaction(role=Role.REQUESTER)
        async with library() as here, MockPeer("illiad", duplex=duplex, script=script) as peer:
            request = telling(asked(), here.server.port)
            ours.send(request)
            async with connect(peer.host, peer.port, duplex=duplex) as link:
                await link.send(request)
                ended = (await events(link))[-1] if duplex else await here.next()
                assert isinstance(ended, ConnectionEnded)
                assert isinstance(ended.error, isoill.TruncatedError)
            assert (peer.sent, peer.failures) == ((), ())
            async with connect(peer.host, peer.port, duplex=duplex) as link:
                await link.send(ours.status_query())
                assert isinstance(await (answer(link) if duplex else here.next()), isoill.Shipped)
            assert peer.transactions[0].state is State.SHIPPED

    run(main())


def test_a_long_wait_does_not_outlive_the_peer() -> None:
    async def main() -> None:
        for duplex in (True, False):
            async with MockPeer(duplex=duplex, script={"ILL-Request": ["wait 1000", "usual"]}) as peer:
                link = await connect(peer.host, peer.port, duplex=duplex)
                await link.send(asked())
                await peer.wait(received=1)
            link.abort()
            await link.aclose()
            assert peer.sent == ()

    run(main())


def test_what_a_transaction_does_not_know_is_told() -> None:
    async def main() -> None:
        async with MockPeer(duplex=True, script={"ILL-Request": ["overdue", "duplicate", "shipped"]}) as peer:
            async with connect(peer.host, peer.port) as link:
                await link.send(asked())
                assert names([await answer(link)]) == ["Shipped"]
            assert len(peer.failures) == 2
            assert peer.failures[0].startswith("expected date_due, found none")

    run(main())


# ── scripts ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Cancle = []", "Cancle: expected one of ILL-Request, .*, found 'Cancle'"),
        ('Cancel = "cancel-reply yes"', "Cancel: expected a list of actions, or of lists of them, found 'cancel-reply"),
        ("Cancel = [3]", r"Cancel\[0\]: expected an action, found 3"),
        ('Cancel = [["ignore"], "ignore"]', r"Cancel\[1\]: expected a list of actions beside others, found 'ignore'"),
        ('Cancel = [["ignore"], [["ignore"]]]', r"Cancel\[1\]\[0\]: expected an action, found \['ignore'\]"),
        ('Cancel = ["cancel-replies yes"]', r"Cancel\[0\]: expected one of usual, .*, repeat, found 'cancel-replies'"),
        ('Cancel = ["cancel-reply"]', r"Cancel\[0\]: cancel-reply: expected yes or no, found neither"),
        ('Cancel = ["cancel-reply no --due x"]', r"Cancel\[0\]: cancel-reply: expected --note, found '--due'"),
        ('Renew = ["renew-answer yes --date-due soon"]', r"Renew\[0\]: expected a day as YYYY-MM-DD, found 'soon'"),
        ('Renew = ["renew-answer yes --date-due"]', r"Renew\[0\]: renew-answer: expected YYYY-MM-DD behind --date-due"),
        ('Renew = ["message --note a --note b"]', r"Renew\[0\]: message: expected --note once, found it twice"),
        ("Renew = ['message --note \"a']", r"Renew\[0\]: expected a quotation mark behind each other, found "),
        ('ILL-Request = ["unfilled --reason bored"]', r"ILL-Request\[0\]: expected one of in-use-on-loan, .*'bored'"),
        ('ILL-Request = ["wait"]', r"ILL-Request\[0\]: expected a number of seconds behind wait, found ''"),
        ('ILL-Request = ["wait -1"]', r"ILL-Request\[0\]: expected a number of seconds behind wait, found '-1'"),
        ('ILL-Request = ["garbage more"]', r"ILL-Request\[0\]: expected nothing behind garbage, found 'more'"),
        ('ILL-Request = ["half drop"]', r"ILL-Request\[0\]: expected one of shipped, .*, found 'drop'"),
        ('ILL-Request = ["drop", "garbage"]', r"ILL-Request\[1\]: expected nothing behind the end of the connection"),
        ('ILL-Request = ["shipped", "drop"]', r"ILL-Request\[0\]: expected no answer to a message that is not taken"),
        ("Cancel", "expected TOML, found something else"),
    ],
)
def test_a_script_that_cannot_be_meant(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "partner.toml"
    path.write_text(text)
    with pytest.raises(PartnerError, match=f"^partner.toml: {message}"):
        Script.load(path)


def test_a_script_of_a_file_is_that_of_its_values(tmp_path: Path) -> None:
    path = tmp_path / "partner.toml"
    path.write_text('"Renew" = []\n"ILL-Answer conditional" = [["wait 1"], ["usual"]]')
    script = Script.load(path)
    assert script == Script.of({"Renew": (), "ILL-Answer conditional": (["wait 1"], ["usual"])})
    assert MockPeer(script=path).script == MockPeer(script=script).script == script
    with pytest.raises(PartnerError, match=r"^Renew\[0\]: expected"):
        MockPeer(script={"Renew": ["nonsense"]})


def test_the_script_of_the_documentation(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "mock.rst").read_text()
    block = page.partition(".. code-block:: toml\n")[2].partition("\n>>>")[0]
    path = tmp_path / "script.toml"
    path.write_text(block)
    script = Script.load(path)
    assert [len(script.lists[event]) for event in (Event.ILL_REQUEST, Event.CANCEL, Event.RENEW)] == [3, 1, 1]
    assert script.actions(Event.RENEW, 0) == ()


def test_a_peer_that_was_not_entered_listens_nowhere() -> None:
    with pytest.raises(RuntimeError, match="expected a peer that listens"):
        assert MockPeer().port


# ── without asyncio ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_peer_in_a_thread() -> None:
    with MockPeer("oclc").running() as peer:
        with blocking.connect(peer.host, peer.port) as link:
            link.send(LOGGED_ON)
            found = [link.receive(timeout=20) for _ in range(2)]
            assert [None if each is None else type(each.apdu).__name__ for each in found] == [
                "StatusOrErrorReport",
                "Shipped",
            ]
            [transaction] = peer.transactions
            peer.act(transaction, "recall")
            recall = link.receive(timeout=20)
            assert recall is not None
            assert isinstance(recall.apdu, isoill.Recall)
        peer.wait(received=1, sent=3)
        assert (peer.refused, peer.failures) == ((), ())
        with MockPeer(duplex=True).running() as other:
            asked_for = other.ask(asked(), to=f"{peer.host}:{peer.port}")
            other.wait(received=1)
            assert asked_for.state is State.PENDING
            assert isinstance(peer.refused[0], RemoteProtocolError)


def test_yaz_illclient_is_content_with_oclc(tmp_path: Path) -> None:
    """It was written for OCLC: it sends its logon, and waits for a report on the same connection."""
    program = need_program("yaz-illclient", "yaz-illclient")
    parameters = runpy.run_path(str(ROOT / "examples" / "messages" / "capture.py"))["PARAMETERS"]
    said = [text for name, value in parameters.items() for text in ("-D", f"ill,{name}={value}")]
    with MockPeer("oclc").running() as peer:
        where = f"{peer.host}:{peer.port}"
        logon = ("-o", "-u", "100-000-001", "-p", "example")
        done = [
            subprocess.run([program, *some, *said, where], cwd=tmp_path, capture_output=True, check=False, timeout=60)
            for some in ((), logon)
        ]
        assert b"authorization and password are wanted" in done[0].stdout
        assert done[1].stdout.endswith(b"\nOk\n")
        assert names(peer.received) == ["ILLRequest", "ILLRequest"]
        assert [str(error).partition(";")[0] for error in peer.refused] == [
            "the first request on a connection brings authorization and password"
        ]
        assert len(peer.transactions) == 1


# ── what needs no extra ────────────────────────────────────────────────────────────────────────────────────────────


def loaded(statement: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.modules['hypothesis'] = sys.modules['asn1tools'] = None; {statement}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_peer_needs_no_extra_and_strategies_say_which() -> None:
    done = loaded("from isoill.testing import MockPeer, Script, rewritten; print(MockPeer('alma'))")
    assert (done.stdout, done.stderr) == ("<MockPeer alma>\n", "")
    done = loaded("from isoill.testing import apdus")
    last = done.stderr.splitlines()[-1]
    assert last == "ImportError: isoill.testing needs hypothesis: pip install 'isoill[testing]'"


def test_the_names_of_the_package() -> None:
    import isoill.testing as package  # noqa: PLC0415

    assert set(package.__all__) <= set(dir(package))
    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        assert package.nonsense


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "isoill", "mock", *arguments]


@contextlib.contextmanager
def playing(*arguments: str) -> Any:
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_what_comes_and_goes(number: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('"ILL-Request" = ["unfilled --reason not-owned"]')
    with playing("--profile", "alma", "--listen", "127.0.0.1:0", "--duplex", "--script", str(script)) as process:
        line = process.stdout.readline()
        port = int(line.split(":")[2].split()[0])
        assert line == f"isoill: alma listens on 127.0.0.1:{port} (duplex)\n"
        with blocking.connect("127.0.0.1", port) as link:
            link.send(asked(), replace(asked(), delivery_address=None))
            assert link.receive(timeout=20) is not None
            assert link.receive(timeout=20) is not None
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0
    came = "received ILL-Request of 2026-00142/1"
    assert out.splitlines() == [
        came,
        "sent ILL-Answer of 2026-00142/1",
        came,
        "sent Status-Or-Error-Report of 2026-00142/1",
    ]
    assert err.startswith("isoill: refused: Alma requires this component; found none - at ILL-Request.delivery_address")


def test_the_command_in_json() -> None:
    with playing("--profile", "oclc", "--listen", "127.0.0.1:0", "--json") as process:
        told = json.loads(process.stdout.readline())
        assert told == {
            "listening": f"127.0.0.1:{told['port']}",
            "host": "127.0.0.1",
            "port": told["port"],
            "duplex": True,
            "profile": "oclc",
        }
        with blocking.connect("127.0.0.1", told["port"]) as link:
            link.send(LOGGED_ON)
        process.send_signal(signal.SIGTERM)
        lines = list(map(json.loads, process.communicate(timeout=20)[0].splitlines()))
    assert [(each["what"], each["apdu"]) for each in lines] == [
        ("received", "ILL-Request"),
        ("sent", "Status-Or-Error-Report"),
        ("sent", "Shipped"),
    ]
    assert isoill.from_dict(lines[0]["message"]) == LOGGED_ON


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "nonsense"], "--profile: expected one of standard, .*, or a FILE.toml, found 'nonsense'"),
        (["--profile", "none.toml"], "none.toml: No such file or directory"),
        (["--listen", "1:2:3"], "--listen: expected HOST:PORT, found '1:2:3'"),
        (["--listen", "192.0.2.1:1611"], "--listen: 192.0.2.1:1611: "),
        (["--answer-to", "nowhere"], "--answer-to: expected HOST:PORT, found 'nowhere'"),
        (["--listen", "127.0.0.1:0", "--script", "none.toml"], "none.toml: No such file or directory"),
    ],
)
def test_the_command_called_wrongly(arguments: list[str], message: str) -> None:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(f"isoill: {message}", done.stderr)
    assert done.stderr.count("\n") == 1

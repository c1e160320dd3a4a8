"""A conversation replayed as both sides: what is said of each message, and how the command prints it."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import isoill
from isoill import Apdu, Role, State, SystemId, Transaction
from isoill.cli import main
from isoill.explaining import Explained, Replay, as_json, as_lines
from isoill.testing import apdus
from isoill.types import ILLRequest, ReasonUnfilled, SystemAddress, ThirdPartyInfoType, TransactionType
from tests.conftest import ROOT

REQUEST = isoill.decode((ROOT / "examples" / "messages" / "ill-request.ber").read_bytes(), type=ILLRequest)
DUE = datetime.date(2026, 12, 24)
ADDRESS = SystemAddress(telecom_service_identifier="TCP/IP", telecom_service_address="ill.example.org:1611")


class Library:
    """Both sides, as they compose their messages; what is said goes into ``said``."""

    def __init__(self, request: ILLRequest = REQUEST) -> None:
        self.requester, self.responder = Transaction(role="requester"), Transaction(role="responder")
        self.said: list[Apdu] = []
        self.asks(request)

    def asks(self, apdu: Apdu) -> Apdu:
        """The requester says it."""
        self.requester.send(apdu, lenient=True)
        self.responder.receive(apdu)
        self.said.append(apdu)
        return apdu

    def answers(self, apdu: Apdu) -> Apdu:
        """The responder says it."""
        self.responder.send(apdu, lenient=True)
        self.requester.receive(apdu)
        self.said.append(apdu)
        return apdu


def lent(request: ILLRequest = REQUEST) -> Library:
    """A loan, from the request to the return."""
    library = Library(request)
    library.answers(library.responder.shipped(date_due=DUE))
    library.asks(library.requester.received())
    library.asks(library.requester.renew())
    library.answers(library.responder.renew_answer(True, date_due="20270110"))
    library.asks(library.requester.returned())
    library.answers(library.responder.checked_in())
    return library


def replayed(
    messages: Iterable[Apdu], *, strict: bool = False, sender: str | None = None
) -> tuple[Replay, list[Explained]]:
    replay = Replay(strict=strict, sender=sender)
    return replay, [replay.take("file.ber", number, apdu) for number, apdu in enumerate(messages, 1)]


def lines_of(replay: Replay) -> list[str]:
    return [line for conversation in replay.conversations for line in as_lines(conversation)]


# ── what is said of messages ───────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_loan_is_legal() -> None:
    replay, messages = replayed(lent().said)
    assert not any(message.wrong for message in messages)
    assert [message.sender for message in messages] == [
        Role.REQUESTER,
        Role.RESPONDER,
        Role.REQUESTER,
        Role.REQUESTER,
        Role.RESPONDER,
        Role.REQUESTER,
        Role.RESPONDER,
    ]
    assert all(message.sender_told for message in messages)
    assert not any("disagree" in note for message in messages for note in message.notes)
    [conversation] = replay.conversations
    assert (conversation.requester.state, conversation.responder.state) == (State.RETURNED, State.CHECKED_IN)
    assert (conversation.requester.name, conversation.responder.name) == ("isoill:MAIN", "isoill:HILL")
    assert conversation.date_due == "20270110"
    lines = lines_of(replay)
    assert re.fullmatch(
        r"transaction 2026-00142/1 +requester isoill:MAIN {2}responder isoill:HILL",
        lines[0],
    )
    assert re.fullmatch(r" {2}1 {2}file.ber +requester sends ILL-Request +PENDING +IN-PROCESS", lines[1])
    assert re.fullmatch(r" {2}2 {2}file.ber, message 2 {2}responder sends Shipped +SHIPPED +SHIPPED", lines[2])
    assert "  now: requester RETURNED, responder CHECKED-IN, due 2027-01-10" in lines
    assert not any(line.strip().startswith(("illegal", "refused")) for line in lines)


def test_states_stand_below_the_names_of_the_sides() -> None:
    lines = lines_of(replayed(lent().said)[0])
    rows = [line for line in lines if re.match(r"  \d", line)]
    assert {row[lines[0].index("requester ") :].split("  ")[0] for row in rows} <= set(State)
    assert {row[lines[0].index("responder ") :] for row in rows} <= set(State)


def test_received_before_shipped_is_illegal_and_taken_leniently() -> None:
    library = Library()
    library.asks(library.requester.received())
    _, [_, received] = replayed(library.said)
    assert received.illegal is not None
    assert "found Received (only the lenient table has it)" in received.illegal.detail
    assert "the requester's transaction in state PENDING" in received.illegal.detail
    assert "Cancel" in received.illegal.allowed
    assert received.refused is None
    assert (received.requester.after, received.responder.after) == (State.RECEIVED, State.SHIPPED)
    assert received.notes == (
        "the requester goes on all the same: the lenient table has it",
        "the responder takes it by the lenient table: the item went without a message",
    )


def test_a_strict_receiver_refuses_it_and_the_sides_disagree() -> None:
    library = Library()
    library.asks(library.requester.received())
    replay, [_, received] = replayed(library.said, strict=True)
    assert received.refused is not None
    assert received.refused.problem == "state-transition-prohibited"
    assert "Cancel" in received.refused.allowed
    assert received.notes[-1] == "the two sides disagree: requester RECEIVED, responder IN-PROCESS"
    lines = [line.strip() for line in lines_of(replay)]
    refusals = [line for line in lines if line.startswith("refused: ")]
    assert [line.rpartition(" ")[2] for line in refusals] == ["[state-transition-prohibited]"]


def test_a_cancel_after_received_may_not_be_sent() -> None:
    """The responder cannot know that: to it the Cancel may have crossed the Shipped."""
    library = Library()
    library.answers(library.responder.shipped(date_due=DUE))
    library.asks(library.requester.received())
    _, messages = replayed([*library.said, library.requester.cancel()])
    cancel = messages[-1]
    assert cancel.illegal is not None
    assert "Returned" in cancel.illegal.allowed
    assert "the requester stays in RECEIVED: the lenient table does not have it either" in cancel.notes
    assert cancel.requester.after is State.RECEIVED


def test_a_cancel_after_not_supplied_is_illegal_and_a_renew_is_refused() -> None:
    library = Library()
    library.answers(library.responder.unfilled(ReasonUnfilled.IN_USE_ON_LOAN))
    replay, messages = replayed([*library.said, library.requester.cancel(), library.requester.renew()])
    assert [message.wrong for message in messages] == [False, False, True, True]
    renew = messages[-1]
    assert renew.refused is not None
    assert renew.refused.problem == "state-transition-prohibited"
    lines = lines_of(replay)
    assert any("responder sends ILL-Answer unfilled" in line for line in lines)
    assert "       requester may send nothing more" in lines


def test_mixed_transactions_are_told_apart() -> None:
    """As one of them names the initial requester only now and then: the transactions say what is theirs."""
    one = lent().said
    two = [
        replace(apdu, transaction_id=replace(apdu.transaction_id, transaction_group_qualifier="2026-00143"))
        for apdu in one
    ]
    two[1:] = [
        replace(apdu, transaction_id=replace(apdu.transaction_id, initial_requester_id=None)) for apdu in two[1:]
    ]
    replay, messages = replayed([apdu for both in zip(one, two, strict=True) for apdu in both])
    assert not any(message.wrong for message in messages)
    assert [[message.order for message in conversation.messages] for conversation in replay.conversations] == [
        [1, 3, 5, 7, 9, 11, 13],
        [2, 4, 6, 8, 10, 12, 14],
    ]
    headings = [line.split()[1] for line in lines_of(replay) if line.startswith("transaction")]
    assert headings == ["2026-00142/1", "2026-00143/1"]


def test_two_libraries_may_use_the_same_numbers() -> None:
    other = replace(
        REQUEST,
        transaction_id=replace(REQUEST.transaction_id, initial_requester_id=SystemId.of("isoill:BAY")),
        requester_id=SystemId.of("isoill:BAY"),
    )
    replay, messages = replayed([*lent().said, *lent(other).said])
    assert not any(message.wrong for message in messages)
    assert [conversation.requester.name for conversation in replay.conversations] == ["isoill:MAIN", "isoill:BAY"]


def test_a_status_query_is_answered_by_the_report_among_the_messages() -> None:
    library = Library()
    query = library.requester.status_query()
    report = library.responder.receive(query).reply
    assert report is not None
    _, messages = replayed([*library.said, query, report, library.requester.cancel()])
    assert not any(message.wrong for message in messages)
    assert "the responder would answer with Status-Or-Error-Report" in messages[1].notes
    assert [(message.sender, message.sender_told) for message in messages[1:3]] == [
        (Role.REQUESTER, False),
        (Role.RESPONDER, False),
    ]
    assert messages[2].notes == ("the requester: the other side is in IN-PROCESS",)


def test_a_report_is_taken_for_the_answer_to_what_was_wrong() -> None:
    library = Library()
    library.answers(library.responder.unfilled(ReasonUnfilled.IN_USE_ON_LOAN))
    report = library.requester.status_report()
    late = library.responder.shipped()
    replay, messages = replayed([*library.said, report, late, report])
    assert [message.sender for message in messages if message.apdu is report] == [Role.REQUESTER, Role.REQUESTER]
    assert messages[-2].refused is not None
    lines = [line for line in lines_of(replay) if "Report" in line and "sends" in line]
    assert len(lines) == 2
    assert all(line.endswith("(sender not told; taken for the requester's)") for line in lines)
    refused_renew = [*library.said, library.requester.renew(), report]
    assert replayed(refused_renew)[1][-1].sender is Role.RESPONDER


def test_who_replays_may_tell_the_sender() -> None:
    library = Library()
    library.answers(library.responder.shipped(date_due=DUE))
    lost = library.responder.lost()
    _, messages = replayed([*library.said, lost])
    assert (messages[-1].sender, messages[-1].sender_told) == (Role.REQUESTER, False)
    replay, messages = replayed([*library.said, lost], sender="responder")
    assert (messages[-1].sender, messages[-1].sender_told) == (Role.RESPONDER, True)
    assert messages[0].sender is Role.REQUESTER
    assert not any("not told" in line for line in lines_of(replay))
    with pytest.raises(ValueError, match="expected requester or responder as the sender, found intermediary"):
        Replay(sender=Role.INTERMEDIARY)


def test_without_a_request_nothing_is_known() -> None:
    library = Library()
    shipped = library.responder.shipped(date_due=DUE)
    replay, messages = replayed([shipped, REQUEST, shipped])
    first = messages[0]
    assert first.illegal is not None
    assert first.illegal.allowed == ()
    assert first.refused is not None
    assert first.refused.problem == "unknown-transaction-id"
    assert first.notes[0] == "no ILL-Request of this transaction came before"
    assert not any(message.wrong for message in messages[1:])
    [conversation] = replay.conversations
    assert conversation.requester.state is State.SHIPPED


def test_a_forwarded_request_goes_on_with_another_responder() -> None:
    request = replace(REQUEST, third_party_info_type=ThirdPartyInfoType(permission_to_forward=True))
    library = Library(request)
    forwarding = library.responder.forward(SystemId.of("isoill:BAY"), initial_requester_address=ADDRESS)
    other = Transaction(role="responder")
    other.receive(forwarding.request)
    cancel = library.requester.cancel()
    shipped = other.shipped(date_due=DUE)
    replay, messages = replayed([request, forwarding.request, forwarding.notification, shipped])
    assert not any(message.wrong for message in messages)
    assert "the request was forwarded: from here on the responder is the new one" in messages[-1].notes
    [conversation] = replay.conversations
    assert conversation.responder.state is State.SHIPPED
    _, messages = replayed([request, forwarding.notification, cancel])
    assert messages[-1].notes[-1] == "the responder would answer with Status-Or-Error-Report"
    assert messages[-1].responder.after is State.FORWARD


def test_a_partitioned_transaction_goes_on_by_another_id() -> None:
    request = replace(REQUEST, transaction_type=TransactionType.PARTITIONED)
    library = Library(request)
    below = replace(request.transaction_id, sub_transaction_qualifier="A")
    shipped = library.responder.shipped(date_due=DUE, transaction_id=below, supplier_id=SystemId.of("isoill:BAY"))
    library.requester.receive(shipped)
    received = library.requester.received()
    assert received.transaction_id == below
    told = replace(library.responder.message("It is in two volumes."), transaction_id=below)
    replay, messages = replayed([request, shipped, received, told], sender="responder")
    assert not any(message.wrong for message in messages)
    [conversation] = replay.conversations
    assert (conversation.requester.state, conversation.responder.state) == (State.RECEIVED, State.SHIPPED)
    assert conversation.responder.name == "isoill:BAY"


def test_the_same_message_twice() -> None:
    library = Library()
    library.answers(library.responder.shipped(date_due=DUE))
    _, messages = replayed([*library.said, library.said[-1]])
    assert messages[-1].notes == ("the responder: repeat", "the requester: duplicate")
    assert not messages[-1].wrong


def test_an_answer_without_a_result() -> None:
    """As lenient reading lets through."""
    library = Library()
    answer = replace(library.responder.unfilled(ReasonUnfilled.IN_USE_ON_LOAN), transaction_results=99)  # type: ignore[arg-type]
    replay, messages = replayed([REQUEST, answer])
    assert messages[-1].illegal is not None
    assert messages[-1].refused is not None
    assert messages[-1].refused.problem == "mistyped-APDU"
    assert any("responder sends ILL-Answer " in line for line in lines_of(replay))


def test_no_message_can_write_to_the_terminal() -> None:
    """Nor is a line as long as a message may be."""
    evil = "\x1b[2J" + "x" * 10_000
    ids = replace(REQUEST.transaction_id, transaction_group_qualifier=evil)
    request = replace(REQUEST, transaction_id=ids, requester_id=SystemId.of(evil))
    library = Library(request)
    library.answers(library.responder.shipped(date_due=isoill.DateDue(date_due_field=evil)))
    replay, messages = replayed([*library.said, library.requester.cancel()])
    lines = lines_of(replay)
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 500
    assert all("\x1b" not in as_json(message) for message in messages)


@given(st.lists(apdus(), max_size=4), st.booleans(), st.sampled_from([None, "requester", "responder"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_messages_can_be_replayed(messages: list[Apdu], strict: bool, sender: str | None) -> None:
    """Those that begin with no request, and the same as messages of one transaction that has begun."""
    known = [replace(apdu, transaction_id=REQUEST.transaction_id, protocol_version_num=2) for apdu in messages]
    replay, explained = replayed([*messages, REQUEST, *known], strict=strict, sender=sender)
    assert sum(len(conversation.messages) for conversation in replay.conversations) == len(explained)
    assert all(line.isprintable() for line in lines_of(replay))
    for message in explained:
        assert json.loads(as_json(message))["apdu"] == message.name


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────


def written(folder: Path, **messages: Apdu) -> list[str]:
    """Files of one message each, by their names."""
    for name, apdu in messages.items():
        (folder / f"{name}.ber").write_bytes(isoill.encode(apdu))
    return [str(folder / f"{name}.ber") for name in messages]


def test_the_command_prints_a_block_for_each_transaction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(REQUEST, transaction_id=replace(REQUEST.transaction_id, transaction_qualifier="2"))
    files = written(tmp_path, request=REQUEST, other=other)
    assert main(["explain", *files]) == 0
    shown = capsys.readouterr()
    assert [line.split()[1] for line in shown.out.splitlines() if line.startswith("transaction")] == [
        "2026-00142/1",
        "2026-00142/2",
    ]
    assert shown.out.splitlines().count("") == 1
    assert shown.err == ""


def test_the_command_goes_on_behind_a_broken_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library()
    shipped = library.responder.shipped(date_due=DUE)
    files = written(tmp_path, request=REQUEST, shipped=shipped)
    broken, empty = tmp_path / "broken.ber", tmp_path / "empty.ber"
    broken.write_bytes(b"\x61\x05\x30")
    empty.write_bytes(b"\r\n")
    assert main(["explain", files[0], str(broken), str(empty), files[1]]) == 1
    shown = capsys.readouterr()
    assert "  now: requester SHIPPED, responder SHIPPED, due 2026-12-24" in shown.out.splitlines()
    assert [line.split(": ")[1] for line in shown.err.splitlines()] == [str(broken), str(empty)]
    assert main(["explain", str(tmp_path / "none.ber"), *files]) == 2
    shown = capsys.readouterr()
    assert "No such file" in shown.err
    assert "requester SHIPPED" in shown.out


def test_the_command_is_strict_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library()
    library.asks(library.requester.received())
    files = written(tmp_path, request=library.said[0], received=library.said[1])
    assert main(["explain", *files]) == 1
    shown = [line.split(": ")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert ("illegal" in shown, "refused" in shown) == (True, False)
    assert main(["explain", "--strict", *files]) == 1
    shown = [line.split(": ")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert ("illegal" in shown, "refused" in shown) == (True, True)


def test_the_command_is_told_the_sender(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library()
    files = written(tmp_path, request=REQUEST, message=library.responder.message("It is on its way."))
    assert main(["explain", *files]) == 0
    assert "requester sends Message" in capsys.readouterr().out
    assert main(["explain", "--sender", "responder", *files]) == 0
    assert "responder sends Message" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main(["explain", "--sender", "intermediary", *files])
    assert caught.value.code == 2


def test_the_command_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library()
    (tmp_path / "both.ber").write_bytes(isoill.encode(REQUEST) + b"\r\n" + isoill.encode(library.requester.received()))
    assert main(["explain", "--json", "--strict", str(tmp_path / "both.ber")]) == 1
    request, received = map(json.loads, capsys.readouterr().out.splitlines())
    assert request == {
        "file": str(tmp_path / "both.ber"),
        "message": 1,
        "transaction": "2026-00142/1",
        "apdu": "ILL-Request",
        "sender": "requester",
        "sender_told": True,
        "requester": {"before": "IDLE", "after": "PENDING"},
        "responder": {"before": "IDLE", "after": "IN-PROCESS"},
        "illegal": None,
        "refused": None,
        "notes": [],
    }
    assert received["message"] == 2
    assert sorted(received["illegal"]) == ["allowed", "detail"]
    assert sorted(received["refused"]) == ["allowed", "detail", "problem"]
    assert received["refused"]["problem"] == "state-transition-prohibited"
    assert "the two sides disagree: requester RECEIVED, responder IN-PROCESS" in received["notes"]


def test_the_reference_shows_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library()
    shipped = library.answers(library.responder.shipped(date_due=DUE))
    query = library.asks(library.requester.status_query())
    report = library.responder.status_report()
    written(tmp_path, request=REQUEST, shipped=shipped, query=query, report=report, renew=library.requester.renew())
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "request.ber", "shipped.ber", "query.ber", "report.ber", "renew.ber"]) == 1
    page = (ROOT / "docs" / "reference" / "cli.rst").read_text(encoding="utf-8")
    shown = page.partition("   $ isoill explain request.ber shipped.ber query.ber report.ber renew.ber\n")[2]
    assert shown.startswith("".join(f"   {line}\n" for line in capsys.readouterr().out.splitlines()))


def test_a_cancel_that_crossed_the_shipped_is_said_to_have_crossed_it() -> None:
    library = Library()
    shipped, cancel = library.responder.shipped(date_due="20261224"), library.requester.cancel()
    library.answers(shipped)
    _, messages = replayed([*library.said, cancel])
    assert messages[-1].illegal is not None
    assert "it may have crossed what the requester received last: until then it was in PENDING" in messages[-1].notes
    assert str(messages[-1].responder) == "SHIPPED -> CANCEL-PENDING"


def test_a_partitioned_loan_is_followed_from_the_one_transaction_into_the_other() -> None:
    address = isoill.SystemAddress(telecom_service_identifier="TCP/IP", telecom_service_address="a.example.org:1611")
    permitted = isoill.ThirdPartyInfoType(permission_to_partition=True, initial_requester_address=address)
    asked = replace(REQUEST, third_party_info_type=permitted)
    requester, supplier = Transaction(role="requester"), Transaction(role="responder")
    between = isoill.Intermediary(identity=SystemId.of("als:BETWEEN"))
    requester.send(asked)
    between.receive(asked)
    [sub] = between.partition(SystemId.of("als:LENDS"), address=address).outgoing
    supplier.receive(sub.apdu)
    below = supplier.shipped(date_due="20261224")
    supplier.send(below)
    [above] = between.receive(below).outgoing
    requester.receive(above.apdu)
    received = requester.received()
    replay, messages = replayed([asked, sub.apdu, below, above.apdu, received])
    assert not any(message.wrong for message in messages)
    main, lower = replay.conversations
    assert [type(each.apdu).__name__ for each in main.messages] == ["ILLRequest", "Shipped"]
    assert [type(each.apdu).__name__ for each in lower.messages] == ["ILLRequest", "Shipped", "Received"]
    assert (main.requester.state, main.responder.state) == (State.RECEIVED, State.SHIPPED)
    assert (lower.requester.state, lower.responder.state) == (State.RECEIVED, State.SHIPPED)

"""What a desk does with a message: who may send it, what answers it, and where that goes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import isoill
from isoill import (
    Apdu,
    ILLRequest,
    LocalProtocolError,
    ReasonUnfilled,
    ReasonWillSupply,
    RemoteProtocolError,
    Role,
    State,
    StatusOrErrorReport,
    SystemAddress,
    SystemId,
    Transaction,
    TransactionId,
)
from isoill.addresses import Address
from isoill.partners import Partners, load_partners
from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters, PromptObject
from isoill.types import ExpiryFlag, SearchType, UnableToPerform
from tests.parties import DUE, asked
from tests.stores import cluster, need_store, postgresql, where

need_store()

from isoill.desk import Desk, Origin, Taken, UnknownError  # noqa: E402
from isoill.store import Queued, Store, key_of_id  # noqa: E402

__all__ = ["cluster", "postgresql", "where"]

NOW = datetime.datetime(2026, 11, 22, 12, 0, 0)
MSL, HILL, LAKE, POND, SEA = map(SystemId.of, ("EX:MSL", "EX:HIL", "EX:LAK", "EX:POND", "EX:SEA"))
HERE, DUPLEX = Origin(source="127.0.0.1"), Origin(source="127.0.0.1", answers=True)
NOT_KNOWN = "this sender is not known here, or may not send this"
PARTNERS = """
[own]
symbol = "EX:MSL"
address = "ill.msl.example.org:1611"
[mail]
from = "ill@msl.example.org"
[partners.hill]
symbols = ["EX:HIL", "EX:HILB"]
address = "ill.hill.example.org:1611"
profile = "ipig"
[partners.bay]
symbol = "EX:BAY"
address = "ill.bay.example.org"
profile = "oclc"
logon = { user = "msl", password = "s3cret" }
[partners.lake]
symbol = "EX:LAK"
networks = ["192.0.2.0/24", "2001:db8::/32"]
[partners.pond]
symbol = "EX:POND"
networks = ["203.0.113.0/24"]
[partners.post]
symbol = "EX:POST"
address = "ill@post.example.org"
profile = "ipig"
"""


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    with Store(where) as found:
        yield found


@pytest.fixture
def partners(tmp_path: Path) -> Partners:
    path = tmp_path / "partners.toml"
    path.write_text(PARTNERS)
    return load_partners(path)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def known(partners: Partners) -> Desk:
    """A desk with partners."""
    return Desk(partners)


def come(partners: Partners, *names: str, duplex: bool = False) -> Origin:
    """From where these may send."""
    may = tuple(map(partners.__getitem__, names))
    return Origin(source="192.0.2.7", partners=may, answers=duplex)


def numbered(group: str = "7", *, by: SystemId | None = HILL, of: SystemId | None = MSL, **more: Any) -> ILLRequest:
    name = TransactionId(initial_requester_id=by, transaction_group_qualifier=group, transaction_qualifier="1")
    return asked(transaction_id=name, requester_id=by, responder_id=of, **more)


def delivered(apdu: Apdu, place: str, service: str = "TCP/IP") -> Any:
    """A message that says where answers go."""
    sender = APDUDeliveryParameters.of(service, place)
    info = APDUDeliveryInfo(sender_info=(sender,), recipient_info=(sender,))
    return apdu.with_extension(info)


def take(store: Store, desk: Desk, apdu: Apdu, origin: Origin = HERE, *, now: datetime.datetime = NOW) -> Taken:
    with store.writing([key_of_id(apdu.transaction_id)]) as rows:
        return desk.receive(rows, apdu, isoill.encode(apdu), origin, now=now)


def begin(store: Store, desk: Desk, request: ILLRequest, to: Any) -> int:
    with store.writing([key_of_id(request.transaction_id)]) as rows:
        return desk.begin(rows, request, to=to, now=NOW)


def send(store: Store, desk: Desk, number: int, *make: Callable[[Transaction], Apdu]) -> Sequence[Queued]:
    def all_of(transaction: Transaction) -> Iterator[Apdu]:
        yield from (each(transaction) for each in make)

    with store.writing() as rows:
        return desk.send(rows, number, all_of, now=NOW)


def transaction(store: Store, number: int | None) -> Transaction:
    assert number is not None
    with store.reading() as rows:
        kept = rows.kept(number)
    assert kept is not None
    return kept.transaction


def address(store: Store, number: int | None) -> str | None:
    assert number is not None
    with store.reading() as rows:
        kept = rows.kept(number)
    assert kept is not None
    return kept.address


def outbox(store: Store) -> list[tuple[str, str | None, str | None]]:
    """What waits: kind, partner, address."""
    with store.reading() as rows:
        return [(each.apdu, each.partner, each.address) for each in rows.outbox()]


def steps(store: Store, number: int | None) -> list[str]:
    return [f"{step.direction} {step.event}" for step in transaction(store, number).history]


def answers(taken: Taken) -> list[Any]:
    return [isoill.decode(each) for each in taken.answers]


def problem(taken: Taken) -> Any:
    assert isinstance(taken.error, RemoteProtocolError)
    assert taken.error.report is not None
    report = taken.error.report.error_report
    assert report is not None
    return report.provider_error_report or report.user_error_report


def their(request: ILLRequest) -> Transaction:
    """The transaction as its requester has it."""
    asks = Transaction(role=Role.REQUESTER)
    asks.send(request)
    return asks


# ── what comes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_on_a_duplex_connection_is_acknowledged_at_once(store: Store, desk: Desk) -> None:
    taken = take(store, desk, numbered(), DUPLEX)
    assert (taken.new, taken.error, str(taken.step)) == (True, None, "receive ILL-Request: IDLE -> IN-PROCESS")
    [report] = answers(taken)
    assert isinstance(report, StatusOrErrorReport)
    assert report.error_report is None
    assert report.status_report is not None
    assert (report.requester_id, report.responder_id) == (HILL, MSL)
    assert len(taken.answers[0]) > 130  # or libyaz takes it for HTTP
    assert steps(store, taken.transaction) == ["receive ILL-Request", "send Status-Or-Error-Report"]
    assert outbox(store) == []  # who does not get it asks again
    with store.reading() as rows:
        assert [row.sent for row in rows.messages(taken.transaction or 0)] == [None, NOW.timestamp()]


def test_and_again_when_it_is_repeated(store: Store, desk: Desk) -> None:
    first = take(store, desk, numbered(), DUPLEX)
    again = take(store, desk, numbered(), DUPLEX, now=NOW + datetime.timedelta(minutes=5))
    assert again.step is not None
    assert (again.transaction, again.new, again.step.duplicate) == (first.transaction, False, True)
    assert [type(each) for each in answers(again)] == [StatusOrErrorReport]
    assert steps(store, first.transaction) == ["receive ILL-Request", "send Status-Or-Error-Report"]
    assert again.answers == first.answers  # the same octets, and whoever repeats for ever fills no disk


def test_what_else_a_partner_was_told_is_no_acknowledgement(store: Store, desk: Desk) -> None:
    request = numbered()
    number = take(store, desk, request).transaction  # over simplex, where it is not acknowledged
    told = take(store, desk, their(request).status_query(), DUPLEX)
    first, again = (take(store, desk, request, DUPLEX) for _ in range(2))
    assert first.answers != told.answers
    assert again.answers == first.answers
    assert [each.note is None for each in answers(told) + answers(first)] == [True, False]
    assert steps(store, number)[2:] == ["send Status-Or-Error-Report"] * 2


def test_what_a_partner_says_is_no_acknowledgement_of_ours(store: Store, desk: Desk) -> None:
    """Even if it says the same."""
    request = numbered()
    [acknowledged] = answers(take(store, desk, numbered("8"), DUPLEX))
    take(store, desk, request)
    echo = their(request).status_report(note=acknowledged.note)
    assert take(store, desk, echo).error is None
    first, again = (take(store, desk, request, DUPLEX) for _ in range(2))
    assert first.answers not in {(), (isoill.encode(echo),)}
    assert again.answers == first.answers


@pytest.mark.parametrize(("name", "symbol"), [("hill", "EX:HIL"), ("bay", "EX:BAY"), ("lake", "EX:LAK")])
def test_whatever_the_partner_wants_it_is_acknowledged_once(
    store: Store, known: Desk, partners: Partners, name: str, symbol: str
) -> None:
    request = numbered(by=SystemId.of(symbol))
    first, *more = (take(store, known, request, come(partners, name, duplex=True)) for _ in range(3))
    assert first.new
    assert len(first.answers) == 1
    assert [each.answers for each in more] == [first.answers] * 2
    assert steps(store, first.transaction) == ["receive ILL-Request", "send Status-Or-Error-Report"]


def test_nothing_answers_a_request_on_a_simplex_connection(store: Store, desk: Desk) -> None:
    first, again = (take(store, desk, numbered()) for _ in range(2))
    assert (first.answers, again.answers, outbox(store)) == ((), (), [])
    assert steps(store, first.transaction) == ["receive ILL-Request"]


def test_a_question_is_answered_where_that_can_be(store: Store, desk: Desk) -> None:
    request = numbered()
    taken = take(store, desk, delivered(request, "127.0.0.1:7000"))
    query = their(request).status_query()
    assert take(store, desk, query).answers == ()
    assert outbox(store) == [("Status-Or-Error-Report", None, "127.0.0.1:7000 simplex")]
    homeless = numbered("8")
    take(store, desk, homeless)
    assert take(store, desk, their(homeless).status_query()).answers == ()
    assert len(outbox(store)) == 1  # nobody knows where to
    [report] = answers(take(store, desk, replace(query, note="once more"), DUPLEX))
    assert report.status_report is not None
    assert len(outbox(store)) == 1  # not there, too
    assert steps(store, taken.transaction)[-1] == "send Status-Or-Error-Report"


def test_what_is_refused_is_kept_and_told(store: Store, desk: Desk) -> None:
    cancel = their(numbered()).cancel()
    duplex, simplex = (take(store, desk, cancel, origin) for origin in (DUPLEX, HERE))
    assert (duplex.transaction, duplex.step, simplex.answers) == (None, None, ())
    [report] = answers(duplex)
    assert report.error_report is not None
    assert report == duplex.error.report  # type: ignore[union-attr]
    assert outbox(store) == []
    with store.reading() as rows:
        told, untold = rows.refused()
        assert (told.octets, told.source, told.report) == (isoill.encode(cancel), "127.0.0.1", duplex.answers[0])
        assert (untold.report, untold.error) == (None, str(simplex.error))
        assert list(rows.transactions()) == []


def test_a_refusal_goes_to_where_the_message_says(store: Store, known: Desk, partners: Partners) -> None:
    """Over simplex it goes to the file's address, or else to one that the message may name; and to nobody else's."""
    take(store, Desk(), delivered(their(numbered()).cancel(), "127.0.0.1:7000"))
    take(store, known, their(numbered()).cancel(), come(partners, "hill"))
    theirs = replace(their(numbered(by=LAKE)).cancel(), requester_id=LAKE)
    take(store, known, delivered(theirs, "192.0.2.9:7000"), come(partners, "lake", "hill"))
    take(store, known, delivered(theirs, "127.0.0.1:7000"), come(partners, "hill", "post"))
    assert outbox(store) == [
        ("Status-Or-Error-Report", None, "127.0.0.1:7000 simplex"),
        ("Status-Or-Error-Report", "hill", "ill.hill.example.org:1611 simplex"),
        ("Status-Or-Error-Report", "lake", "192.0.2.9:7000 simplex"),
    ]
    with store.reading() as rows:
        assert [each.partner for each in rows.refused()] == [None, "hill", "lake", None]


def test_octets_that_are_no_message(store: Store, known: Desk, partners: Partners) -> None:
    octets = b"\x61\x03hi!"
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(octets)
    report = isoill.report_of(caught.value, octets)
    with store.writing() as rows:
        told = known.refuse(rows, octets, caught.value, report, come(partners, "hill", duplex=True), now=NOW)
        untold = known.refuse(rows, octets, caught.value, report, come(partners, "hill", "lake"), now=NOW)
        known.refuse(rows, octets, caught.value, report, come(partners, "hill"), now=NOW)
        known.refuse(rows, octets, caught.value, None, come(partners, "hill", duplex=True), now=NOW)
        assert [each.octets for each in rows.refused()] == [octets] * 4
    [answer] = told
    assert isinstance(isoill.decode(answer), StatusOrErrorReport)
    assert untold == ()
    assert outbox(store) == [("Status-Or-Error-Report", "hill", "ill.hill.example.org:1611 simplex")]


def test_only_reports_go_back_the_same_way(store: Store, desk: Desk) -> None:
    """What waits for a partner stays in the outbox, in its order, until a connection to it has a claim on it."""
    request = numbered()
    number = take(store, desk, request).transaction
    assert number is not None
    queued = send(
        store, desk, number, lambda tx: tx.will_supply(ReasonWillSupply.IN_PROCESS), lambda tx: tx.message("hallo")
    )
    assert [(each.address, each.claimed_by) for each in queued] == [(None, None)] * 2
    taken = take(store, desk, their(request).status_query(), DUPLEX)
    assert [type(each) for each in answers(taken)] == [StatusOrErrorReport]
    assert take(store, desk, their(request).message("and?"), DUPLEX).answers == ()
    assert [apdu for apdu, _, _ in outbox(store)] == ["ILL-Answer will-supply", "Message"]
    with store.writing() as rows:
        assert rows.claim("node", now=NOW.timestamp(), lease=9, limit=9) == []  # nobody knows where to
        for each in queued:
            [claimed] = rows.claim("node", now=NOW.timestamp(), lease=9, limit=9, transactions=[number])
            assert claimed == each
            rows.gone([claimed.number], now=NOW.timestamp())


def test_a_hook_is_asked_about_what_is_new(store: Store) -> None:
    desk, request = Desk(decides=True), numbered()
    number = take(store, desk, request).transaction

    def undecided() -> list[int]:
        with store.writing() as rows:
            found = rows.claim_undecided("node", now=0, lease=-1, limit=9)
        assert {of for _, of in found} <= {number}
        return [message for message, _ in found]

    [first] = undecided()
    take(store, desk, request)  # a repeat
    take(store, desk, their(request).status_query(), DUPLEX)  # the protocol answers it
    take(store, desk, their(request).status_report())  # nobody does
    assert undecided() == [first]
    take(store, desk, their(request).cancel())
    assert len(undecided()) == 2
    take(store, Desk(), numbered("8"))
    assert len(undecided()) == 2


# ── who may ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_touches_the_transaction_of_another(store: Store, known: Desk, partners: Partners) -> None:
    request = numbered()
    number = take(store, known, request, come(partners, "hill")).transaction
    assert address(store, number) is None
    for cancel in (
        their(request).cancel(),
        replace(their(request).cancel(), requester_id=LAKE),
        replace(their(request).cancel(), requester_id=None),
    ):
        taken = take(store, known, delivered(cancel, "192.0.2.9:7000"), come(partners, "lake"))
        assert taken.transaction is None
        assert taken.error is not None
    with store.reading() as rows:  # nor can anybody see that there is one
        assert "expected a transaction-id that is known" in [*rows.refused()][-1].error
    assert steps(store, number) == ["receive ILL-Request"]
    # what tells of it goes to nobody by the address of the other
    assert [each for each in outbox(store) if each[1] != "lake"] == []
    assert take(store, known, their(request).cancel(), come(partners, "lake", "hill")).error is None
    assert transaction(store, number).state is State.CANCEL_PENDING


def test_no_refusal_goes_to_the_partner_of_the_transaction(store: Store, known: Desk, partners: Partners) -> None:
    request = delivered(numbered(by=POND), "203.0.113.9:7000")
    number = take(store, known, request, come(partners, "pond")).transaction
    assert address(store, number) == "203.0.113.9:7000 simplex"
    assert take(store, known, their(request).cancel(), come(partners, "lake")).error is not None
    assert outbox(store) == []


def test_nor_is_in_the_way_of_its_numbers(store: Store, known: Desk, partners: Partners) -> None:
    """Though two have the same id, each is its partner's; who does not say whose is meant is refused."""
    request = numbered()
    stolen = replace(request, requester_id=LAKE)  # in an id of hill's
    own = numbered(by=LAKE)  # the same numbers, but by its own name
    numbers = [
        take(store, known, each, come(partners, who)).transaction
        for each, who in ((stolen, "lake"), (request, "hill"), (own, "lake"))
    ]
    assert len({*numbers}) == 3
    nameless = replace(their(request).cancel(), requester_id=None, responder_id=None)
    for desk, origin in ((known, come(partners, "hill", "lake")), (Desk(), HERE)):
        assert take(store, desk, nameless, origin).error is not None
    assert take(store, known, nameless, come(partners, "hill")).transaction == numbers[1]
    assert [transaction(store, each).state for each in numbers] == [
        State.IN_PROCESS,
        State.CANCEL_PENDING,
        State.IN_PROCESS,
    ]


@pytest.mark.parametrize("names", [(), ("hill",), ("hill", "lake", "post")])
def test_a_sender_that_is_not_known_is_refused(store: Store, known: Desk, partners: Partners, names: Any) -> None:
    taken = take(store, known, numbered(by=SEA), come(partners, *names, duplex=True))
    assert problem(taken).security_problem == NOT_KNOWN
    assert [each.error_report is not None for each in answers(taken)] == [True]
    assert str(taken.error).startswith("expected a sender that may send from there, found another")
    with store.reading() as rows:
        assert list(rows.transactions()) == []


def test_a_message_that_names_nobody(store: Store, known: Desk, partners: Partners) -> None:
    request = numbered()
    take(store, known, request, come(partners, "hill"))
    nameless = replace(their(request).cancel(), requester_id=None, responder_id=None)
    nobodys = replace(nameless, transaction_id=numbered("8").transaction_id)
    several = take(store, known, nobodys, come(partners, "hill", "lake"))
    assert "found one of 2" in str(several.error)
    assert take(store, known, nameless, come(partners, "hill", "lake")).error is None  # by whose transaction it is
    asks = replace(
        numbered("9", by=None), transaction_id=replace(numbered("9").transaction_id, initial_requester_id=None)
    )
    assert problem(take(store, known, asks, come(partners, "hill", "lake"))).security_problem
    assert take(store, known, asks, come(partners, "hill")).new  # by where it comes from


@pytest.mark.parametrize("names", [None, ("hill",)])
def test_who_answers_may_only_answer(store: Store, known: Desk, partners: Partners, names: Any) -> None:
    """On a connection of ours there are only the transactions of which something was sent on it."""
    to = Address.of("192.0.2.7:7000") if names is None else partners["hill"]
    asked_for, another = (begin(store, known, numbered(group, by=MSL, of=HILL), to) for group in "12")
    may = None if names is None else tuple(map(partners.__getitem__, names))
    origin = Origin(source="192.0.2.7", partners=may, answers=True, about=frozenset({asked_for}))
    there = []
    for group in "12":
        lends = Transaction(role=Role.RESPONDER, identity=HILL)
        lends.receive(numbered(group, by=MSL, of=HILL))
        there.append(lends.will_supply(ReasonWillSupply.IN_PROCESS))
    taken = take(store, known, there[0], origin)
    assert (taken.transaction, taken.error) == (asked_for, None)
    for apdu in (there[1], numbered("3"), their(numbered("4")).cancel()):
        refused = take(store, known, apdu, origin)
        assert problem(refused).security_problem == NOT_KNOWN
        assert "expected an answer to what was sent on this connection" in str(refused.error)
        [report] = answers(refused)
        assert report.error_report is not None
    nothing = replace(origin, about=frozenset())
    assert problem(take(store, known, there[0], nothing)).security_problem == NOT_KNOWN
    assert steps(store, asked_for) == ["send ILL-Request", "receive ILL-Answer will-supply"]
    assert steps(store, another) == ["send ILL-Request"]
    with store.reading() as rows:
        assert [row.number for row in rows.transactions()] == [asked_for, another]
        assert len(list(rows.refused())) == 4
    assert take(store, known, there[1], replace(origin, about=None)).transaction == another


def test_who_answers_a_request_that_went_to_an_address(store: Store, known: Desk, partners: Partners) -> None:
    """It is the one whom it names, and where it names nobody the first who answers."""
    named, open_ = (
        begin(store, known, numbered(group, by=MSL, of=of), Address.of("127.0.0.1:7000"))
        for group, of in (("1", HILL), ("2", None))
    )
    hills = begin(store, known, numbered("3", by=MSL, of=None), partners["hill"])
    for number, group, who, system, fine in (
        (hills, "3", "lake", LAKE, False),
        (hills, "3", "hill", HILL, True),
        (named, "1", "lake", LAKE, False),
        (named, "1", "hill", HILL, True),
        (open_, "2", "lake", LAKE, True),
        (open_, "2", "hill", HILL, False),
    ):
        lends = Transaction(role=Role.RESPONDER, identity=system)
        lends.receive(numbered(group, by=MSL, of=system))
        taken = take(store, known, lends.will_supply(ReasonWillSupply.IN_PROCESS), come(partners, who))
        assert (taken.transaction == number) is fine, (group, who)


def test_a_request_that_was_forwarded(store: Store, known: Desk, partners: Partners) -> None:
    third = isoill.ThirdPartyInfoType(permission_to_forward=True)
    request = numbered(by=MSL, of=HILL, third_party_info_type=third)
    number = begin(store, known, request, partners["hill"])
    passes = Transaction(role=Role.RESPONDER, identity=HILL)
    passes.receive(request)
    place = SystemAddress(telecom_service_identifier="TCP/IP", telecom_service_address="192.0.2.9:7000")
    forwarding = passes.forward(LAKE, responder_address=place, initial_requester_address=place)
    lends = Transaction(role=Role.RESPONDER, identity=LAKE)
    lends.receive(forwarding.request)
    shipped = lends.shipped(date_due=DUE, shipped_service_type=lends.shipped_service_type)
    assert take(store, known, shipped, come(partners, "lake")).error is not None  # nobody has said so yet
    assert take(store, known, forwarding.notification, come(partners, "hill")).transaction == number
    assert address(store, number) is None  # hill may not say that we connect to lake's machine
    taken = take(store, known, replace(shipped, responder_address=place), come(partners, "lake"))
    assert (taken.transaction, taken.error) == (number, None)
    assert transaction(store, number).state is State.SHIPPED
    [queued] = send(store, known, number, lambda tx: tx.received())
    assert (queued.partner, queued.address) == ("lake", "192.0.2.9:7000 simplex")
    late: Apdu = replace(passes.message("and?"), responder_id=HILL)
    assert take(store, known, late, come(partners, "hill")).error is not None  # it is lake's now


@pytest.mark.parametrize(
    ("who", "place", "wanted"),
    [
        (None, "127.0.0.1:7000", "127.0.0.1:7000 simplex"),
        (None, "[::1]:499", "[::1]:499 duplex"),
        (None, "192.0.2.7:7000", None),  # without partners this machine alone
        (None, "localhost:7000", None),  # a name is no number
        ("lake", "192.0.2.9:7000", "192.0.2.9:7000 simplex"),
        ("lake", "[2001:db8::9]:499", "[2001:db8::9]:499 duplex"),
        ("lake", "127.0.0.1:7000", None),
        ("lake", "198.51.100.1:7000", None),
        ("lake", "lake.example.org:7000", None),
        ("hill", "192.0.2.9:7000", None),  # the file says nothing of its networks
    ],
)
def test_where_answers_may_go(store: Store, partners: Partners, who: str | None, place: str, wanted: Any) -> None:
    request = delivered(numbered(by=LAKE if who == "lake" else HILL), place)
    desk, origin = (Desk(), HERE) if who is None else (Desk(partners), come(partners, who))
    number = take(store, desk, request, origin).transaction
    assert address(store, number) == wanted
    assert number is not None
    [queued] = send(store, desk, number, lambda tx: tx.unfilled(ReasonUnfilled.LOST))
    assert queued.address == ("ill.hill.example.org:1611 simplex" if who == "hill" else wanted)


def test_a_mailbox_in_a_message_is_no_place_for_answers(store: Store, known: Desk, partners: Partners) -> None:
    request = delivered(numbered(by=LAKE), "victim@example.org", "SMTP")
    assert address(store, take(store, known, request, come(partners, "lake")).transaction) is None


# ── how many ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_open_transactions_are_counted_in_the_store(where: str, partners: Partners) -> None:
    desk = Desk(partners, open_per_partner=2)
    numbers = []
    for group in "12":  # another node each time
        with Store(where) as store:
            numbers.append(take(store, desk, numbered(group), come(partners, "hill")).transaction)
    with Store(where) as store:
        refused = take(store, desk, numbered("3"), come(partners, "hill", duplex=True))
        assert problem(refused).unable_to_perform is UnableToPerform.RESOURCE_LIMITATION
        assert take(store, desk, numbered("3", by=LAKE), come(partners, "lake")).new
        assert take(store, desk, numbered("1"), come(partners, "hill")).error is None  # a repeat is none more
        assert numbers[0] is not None
        send(store, desk, numbers[0], lambda tx: tx.unfilled(ReasonUnfilled.LOST))
        assert take(store, desk, numbered("3"), come(partners, "hill")).new


def test_without_partners_they_count_to_the_machine(store: Store) -> None:
    desk = Desk(open_per_partner=1)
    assert take(store, desk, numbered("1")).new
    assert problem(take(store, desk, numbered("2", by=LAKE))).unable_to_perform is not None
    assert take(store, desk, numbered("2", by=LAKE), Origin(source="::1")).new


def test_a_transaction_takes_so_many_messages(store: Store) -> None:
    desk, request = Desk(messages_per_transaction=3), numbered()
    number = take(store, desk, request).transaction
    for text in "ab":
        assert take(store, desk, their(request).message(text)).error is None
    refused = take(store, desk, their(request).message("c"))
    assert problem(refused).unable_to_perform is UnableToPerform.RESOURCE_LIMITATION
    assert len(steps(store, number)) == 3


# ── what goes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_transaction_of_ours(store: Store, known: Desk, partners: Partners) -> None:
    request = numbered(by=MSL, of=HILL)
    number = begin(store, known, request, partners["hill"])
    assert outbox(store) == [("ILL-Request", "hill", "ill.hill.example.org:1611 simplex")]
    with pytest.raises(ValueError, match="expected a new transaction-id, found that of <Transaction 7/1"):
        begin(store, known, request, partners["hill"])
    with store.reading() as rows:
        assert known.belonging(rows, their(request).cancel()) == number
        lends = Transaction(role=Role.RESPONDER)
        lends.receive(request)
        with pytest.raises(UnknownError, match="expected Shipped to belong to one transaction, found 0 of that id"):
            known.belonging(rows, lends.shipped(date_due=DUE, shipped_service_type=lends.shipped_service_type))
        with pytest.raises(UnknownError, match="expected Cancel to belong to one transaction, found 0"):
            known.belonging(rows, their(numbered("8", by=MSL)).cancel())
        assert rows.count_open("hill", 9) == 0
    assert len(outbox(store)) == 1
    plain = begin(store, Desk(), numbered("9"), Address.of("127.0.0.1:499"))
    assert outbox(store)[-1] == ("ILL-Request", None, "127.0.0.1:499 duplex")
    assert plain != number


def test_both_sides_of_one_transaction(store: Store, known: Desk, partners: Partners) -> None:
    """A library that asks itself, or an intermediary: the numbers of the two are told apart by the message."""
    request = numbered(by=HILL, of=MSL)
    ours = begin(store, Desk(), request, Address.of("127.0.0.1:7000"))
    theirs = take(store, Desk(), request).transaction
    assert theirs not in {None, ours}
    with store.reading() as rows:
        lends = transaction(store, theirs)
        answer = lends.will_supply(ReasonWillSupply.IN_PROCESS)
        assert known.belonging(rows, answer) == theirs
        assert known.belonging(rows, their(request).cancel()) == ours
        with pytest.raises(UnknownError, match="found 2"):
            known.belonging(rows, lends.message("from which?"))


def test_what_may_not_be_sent_is_not_written(store: Store, desk: Desk) -> None:
    number = take(store, desk, numbered()).transaction
    assert number is not None
    with pytest.raises(LocalProtocolError):
        send(store, desk, number, lambda tx: tx.will_supply(ReasonWillSupply.IN_PROCESS), lambda tx: tx.checked_in())
    assert steps(store, number) == ["receive ILL-Request"]
    assert outbox(store) == []
    with pytest.raises(UnknownError, match="expected the number of a transaction, found 99"):
        send(store, desk, 99, lambda tx: tx.message("hallo"))


def test_messages_are_written_as_the_partner_wants_them(store: Store, known: Desk, partners: Partners) -> None:
    first = begin(store, known, numbered("1", by=MSL, of=HILL), partners["hill"])
    begin(store, known, numbered("2", by=MSL, of=SystemId.of("EX:POST")), partners["post"])
    begin(store, known, numbered("3", by=MSL, of=SystemId.of("EX:BAY")), partners["bay"])
    with store.reading() as rows:
        hills, posts, bays = (isoill.decode(each.octets) for each in rows.outbox())
        assert [row.octets for row in rows.messages(first)] == [isoill.encode(hills)]  # it is what is kept, too
    for apdu, service, place in (
        (hills, "TCP/IP", "ill.msl.example.org:1611"),
        (posts, "TCP/IP", "ill.msl.example.org:1611"),
    ):
        info = apdu.extension(APDUDeliveryInfo)
        assert info is not None
        assert (info.sender_info[0].transport.telecom_service_identifier) == service
        assert (info.sender_info[0].transport.telecom_service_address) == place
    assert bays.extension(PromptObject) == PromptObject.logon("msl", "s3cret")
    assert hills.extension(PromptObject) is None


def test_the_timer(store: Store, desk: Desk) -> None:
    today = NOW.date()
    until = SearchType(expiry_flag=ExpiryFlag.OTHER_DATE, expiry_date=f"{today:%Y%m%d}")
    timed, open_, answered = (
        take(store, desk, delivered(numbered(group, search_type=search), "127.0.0.1:7000")).transaction
        for group, search in (("1", until), ("2", None), ("3", until))
    )
    assert answered is not None
    send(store, desk, answered, lambda tx: tx.will_supply(ReasonWillSupply.IN_PROCESS))
    later = NOW + datetime.timedelta(days=1)
    with store.writing() as rows:
        assert rows.expiring(today) == []
        assert rows.expiring(later.date()) == [timed]
        assert desk.expire(rows, timed or 0, now=NOW) == ()
        [expired] = desk.expire(rows, timed or 0, now=later)
        assert (expired.apdu, expired.address) == ("Expired", "127.0.0.1:7000 simplex")
        assert rows.expiring(later.date()) == []
        for number in (timed, open_, answered, 99):
            assert desk.expire(rows, number or 0, now=later) == ()
    assert transaction(store, timed).history[-1].apdu is not None
    assert transaction(store, timed).ended


# ── at the same time ───────────────────────────────────────────────────────────────────────────────────────────────


def test_one_request_that_comes_fifty_times_at_once(where: str) -> None:
    request, desk = numbered(), Desk()
    with Store(where) as one, Store(where) as two, ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(lambda n: take((one, two)[n % 2], desk, request, DUPLEX), range(50)))
        assert [each.error for each in taken] == [None] * 50
        assert sum(each.new for each in taken) == 1
        assert len({each.transaction for each in taken}) == 1
        assert all(len(each.answers) == 1 for each in taken)
        assert len({each.answers for each in taken}) == 1
        with one.reading() as rows:
            assert len(list(rows.transactions())) == 1


def test_what_two_people_do_at_once_is_done_once(where: str) -> None:
    desk = Desk()
    with Store(where) as one, Store(where) as two, ThreadPoolExecutor(8) as pool:
        request = numbered()
        number = take(one, desk, request).transaction

        def make(tx: Transaction) -> list[Apdu]:
            return [] if tx.ended else [tx.unfilled(ReasonUnfilled.LOST)]

        def refuse(n: int) -> bool:
            with (one, two)[n % 2].writing([key_of_id(request.transaction_id)]) as rows:
                try:
                    return bool(desk.send(rows, number or 0, make, now=NOW))
                except LocalProtocolError:
                    return False

        assert sum(pool.map(refuse, range(16))) == 1
        assert len(outbox(one)) == 1

"""Nodes that talk to each other over real sockets, in one loop: transports, hooks, the outbox, and who does harm."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import os
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import isoill
from isoill import Direction, Event, aio
from isoill.addresses import Address
from isoill.agreement import compatible
from tests.conftest import need
from tests.links import run, soon
from tests.nodes import request
from tests.stores import cluster, need_store, postgresql

need_store()

from isoill.desk import Desk  # noqa: E402 - which needs what is there now
from isoill.node import Asked, Decide, Node  # noqa: E402
from isoill.partners import load_partners  # noqa: E402
from isoill.store import Queued, Store, key_of_id  # noqa: E402

__all__ = ["cluster", "postgresql"]

OFTEN = (0.02,) * 500
SEND, RECEIVE = Direction.SEND, Direction.RECEIVE
#: A whole loan as its responder sees it.
LOAN = [
    (RECEIVE, Event.ILL_REQUEST),
    (SEND, Event.SHIPPED),
    (RECEIVE, Event.RECEIVED),
    (RECEIVE, Event.RETURNED),
    (SEND, Event.CHECKED_IN),
]
MIRRORED = [(RECEIVE if direction is SEND else SEND, event) for direction, event in LOAN]


def lends(asked: Asked) -> Iterable[isoill.Apdu]:
    """A whole loan, on either side; one answer is two messages."""
    transaction, event = asked.transaction, asked.step.event
    if event is Event.ILL_REQUEST:
        return [transaction.shipped()]
    if event is Event.SHIPPED:
        return [transaction.received(), transaction.returned()]
    return [transaction.checked_in()] if event is Event.RETURNED else []


def begin(store: Store, apdu: isoill.ILLRequest, to: Any, desk: Desk | None = None) -> int:
    """Have a request in the outbox; ``to`` is a partner, or an address."""
    receiver = Address.of(to) if isinstance(to, str) else to
    with store.writing([key_of_id(apdu.transaction_id)]) as rows:
        return (desk or Desk()).begin(rows, apdu, to=receiver, now=datetime.datetime.now())


def act(store: Store, number: int, make: Callable[[isoill.Transaction], isoill.Apdu]) -> None:
    """What a person does, in another process as far as the node can tell."""
    with store.writing() as rows:
        Desk().send(rows, number, lambda transaction: [make(transaction)], now=datetime.datetime.now())


def outbox(store: Store) -> list[Queued]:
    with store.reading() as rows:
        return list(rows.outbox())


def history(store: Store, number: int = 1) -> list[tuple[Direction, Event]]:
    """What has happened, but for acknowledgements of a request: of these there is one for each repeat."""
    with store.reading() as rows:
        kept = rows.kept(number)
    steps = () if kept is None else kept.transaction.history
    return [(step.direction, step.event) for step in steps if step.event is not Event.STATUS_OR_ERROR_REPORT]


def state(store: Store, number: int = 1) -> isoill.State:
    with store.reading() as rows:
        kept = rows.kept(number)
    assert kept is not None
    return kept.transaction.state


async def until(true: Callable[[], Any]) -> None:
    """Wait for what the nodes will make true."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


async def agree(requester: Store, responder: Store) -> None:
    """A whole loan has happened, each message once, on both sides, and nothing is to be sent."""
    await until(lambda: history(responder) == LOAN and history(requester) == MIRRORED)
    await until(lambda: not outbox(requester) and not outbox(responder))
    assert compatible(state(requester), state(responder), settled=True)
    with responder.reading() as rows:
        kept = rows.kept(1)
    assert kept is not None
    times = [str(step.apdu.service_date_time) for step in kept.transaction.history if step.apdu is not None]
    assert len(set(times)) == len(times), "two messages of one time: a repeat of one may not be known"


@pytest.fixture
def stores(tmp_path: Path) -> Any:
    with Store(tmp_path / "one.db") as one, Store(tmp_path / "two.db") as two:
        yield one, two


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that look more often than they would."""
    monkeypatch.setattr("isoill.courier._POLL", 0.05)
    monkeypatch.setattr("isoill.node._LETTERS", 0.1)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


# ── transports ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["simplex", "duplex"])
def test_a_loan(mode: str, stores: tuple[Store, Store]) -> None:
    requester, responder = stores

    async def loan() -> None:
        async with Node(requester, decide=lends) as one, Node(responder, decide=lends) as two:
            duplex = mode == "duplex"
            back, there = await one.listen(duplex=duplex), await two.listen(duplex=duplex)
            apdu = request("142", answers_to=f"127.0.0.1:{back.port}")
            begin(requester, apdu, f"127.0.0.1:{there.port} {mode}")
            await agree(requester, responder)
            assert two.figures()["open"] == 0 or duplex

    run(loan())


def test_a_partner_without_an_address_is_answered_where_it_connects(stores: tuple[Store, Store]) -> None:
    """All that the responder has to say goes on the connections that the requester opens."""
    requester, responder = stores

    async def answers(asked: Asked) -> isoill.Apdu | None:
        return asked.transaction.shipped() if asked.step.event is Event.ILL_REQUEST else None

    async def loan() -> None:
        async with Node(requester, retries=OFTEN) as one, Node(responder, decide=answers) as two:
            await one.start()
            there = await two.listen()
            begin(requester, request("142"), f"127.0.0.1:{there.port} duplex")
            await until(lambda: state(responder) is isoill.State.SHIPPED if history(responder) else False)
            # by now the requester may have gone; what it asks next brings the answer along
            if state(requester) is not isoill.State.SHIPPED:
                act(requester, 1, lambda transaction: transaction.status_query())
            await until(lambda: (RECEIVE, Event.SHIPPED) in history(requester))
            await until(lambda: not outbox(responder))

    run(loan())


def partner_file(path: Path, own: str, other: str, *lines: str, top: str = "") -> Path:
    """Partners of ``own``: one, whose symbol is ``other``."""
    path.write_text("\n".join([f"[own]\nsymbol = '{own}'", top, f"[partners.other]\nsymbol = '{other}'", *lines]))
    return path


def test_by_tls(stores: tuple[Store, Store], tmp_path: Path) -> None:
    """Partners are known by their certificates; who has none, or one of another authority, gets nowhere."""
    try:
        import trustme  # noqa: PLC0415 - an optional part
    except ImportError:
        need(None, "trustme")
        raise
    requester, responder = stores
    authority, another = trustme.CA(), trustme.CA()

    def context(purpose: ssl.Purpose, *names: str, issued_by: Any = authority) -> ssl.SSLContext:
        made = ssl.create_default_context(purpose)
        authority.configure_trust(made)
        if names:
            issued_by.issue_cert(*names).configure_cert(made)
        if purpose is ssl.Purpose.CLIENT_AUTH:
            made.verify_mode = ssl.CERT_REQUIRED
        return made

    async def loan() -> None:
        def partners(name: str, other: str, port: int = 0) -> Any:
            own, theirs = f"isoill:{name}", f"isoill:{other}"
            reached = [f"address = 'localhost:{port}'", "transport = 'duplex'", "tls = true"] if port else []
            certificate = f"certificate = '{other.lower()}.example.org'"
            return load_partners(partner_file(tmp_path / f"{name}.toml", own, theirs, certificate, *reached))

        hill = Node(
            responder,
            partners=partners("HILL", "MAIN"),
            decide=lends,
            ssl=context(ssl.Purpose.SERVER_AUTH, "hill.example.org"),
        )
        async with hill:
            there = await hill.listen(ssl=context(ssl.Purpose.CLIENT_AUTH, "localhost", "hill.example.org"))
            known = partners("MAIN", "HILL", there.port)
            main = Node(
                requester,
                partners=known,
                decide=lends,
                retries=OFTEN,
                ssl=context(ssl.Purpose.SERVER_AUTH, "main.example.org"),
            )
            async with main:
                await main.start()
                begin(requester, request("142"), known["other"], Desk(known))
                await until(lambda: (SEND, Event.SHIPPED) in history(responder))
                for client in (
                    context(ssl.Purpose.SERVER_AUTH),
                    context(ssl.Purpose.SERVER_AUTH, "main.example.org", issued_by=another),
                    context(ssl.Purpose.SERVER_AUTH, "stranger.example.org"),
                ):
                    with contextlib.suppress(OSError):
                        async with aio.connect("localhost", there.port, ssl=client) as link:
                            await link.send(request("stranger"))
                            assert await soon(link.receive()) is None
            assert hill.figures()["failed_handshakes"] == 2
            assert hill.figures()["refused_certificate"] == 1
        with responder.reading() as rows:
            assert [(row.group_qualifier, row.partner) for row in rows.transactions()] == [("142", "other")]

    run(loan())


def test_by_mail(stores: tuple[Store, Store], tmp_path: Path) -> None:
    """Letters go to a mail server, which puts them into maildirs, out of which the nodes take them."""
    try:
        from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - an optional part
    except ImportError:
        need(None, "aiosmtpd")
        raise
    requester, responder = stores
    letters = 0

    class Postman:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            nonlocal letters
            for each in envelope.rcpt_tos:
                letters += 1
                folder = tmp_path / each.partition("@")[0]
                (folder / "tmp" / f"{letters}.host").write_bytes(envelope.content)
                (folder / "tmp" / f"{letters}.host").rename(folder / "new" / f"{letters}.host")
            return "250 it is in the box"

    def partners(name: str, other: str, port: int) -> Any:
        for part in ("new", "cur", "tmp"):
            (tmp_path / name.lower() / part).mkdir(parents=True)
        mail = (
            f"[mail]\nsmtp = '127.0.0.1:{port}'\nfrom = '{name.lower()}@example.org'\n"
            f"maildir = '{tmp_path / name.lower()}'"
        )
        address = f"address = '{other.lower()}@example.org'"
        own, theirs = f"isoill:{name}", f"isoill:{other}"
        file = partner_file(tmp_path / f"{name}.toml", own, theirs, address, "transport = 'mail'", top=mail)
        return load_partners(file)

    async def loan() -> None:
        loop = asyncio.get_running_loop()
        post_office = await loop.create_server(lambda: SMTP(Postman(), loop=loop), "127.0.0.1", 0)
        port = post_office.sockets[0].getsockname()[1]
        main, hill = partners("MAIN", "HILL", port), partners("HILL", "MAIN", port)
        async with (
            Node(requester, partners=main, decide=lends, name="main") as one,
            Node(responder, partners=hill, decide=lends, name="hill") as two,
        ):
            await one.start()
            await two.start()
            begin(requester, request("142"), main["other"], Desk(main))
            await agree(requester, responder)
            await until(lambda: letters == len(list(tmp_path.glob("*/cur/*"))))
        post_office.close()
        await post_office.wait_closed()

    run(loan())
    assert not [path for name in ("main", "hill") for path in (tmp_path / name / "new").iterdir()]


def test_two_nodes_on_one_postgresql_send_nothing_twice(postgresql: str) -> None:
    received: list[bytes] = []

    async def receives(link: aio.Link) -> None:
        async for each in link:
            received.append(each.octets)

    async def sends() -> None:
        with Store(postgresql) as store, Store(postgresql) as another:
            async with (
                aio.serve(receives, duplex=False) as server,
                Node(store, name="one") as one,
                Node(another, name="two") as two,
            ):
                await one.start()
                await two.start()
                for number in range(200):
                    begin(store, request(f"{number}"), f"127.0.0.1:{server.port} simplex")
                await until(lambda: not outbox(store))
                assert one.figures()["outbox_sent"] + two.figures()["outbox_sent"] == 200

    run(sends())
    assert len(received) == len(set(received)) == 200


# ── hooks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def asked_once(store: Store, decide: Decide, back: int, there: Callable[[], Awaitable[None]]) -> None:
    """A request comes to a node with this hook."""
    async with Node(store, decide=decide, retries=OFTEN) as node:
        server = await node.listen()
        async with aio.connect("127.0.0.1", server.port) as link:
            await link.send(request("142", answers_to=f"127.0.0.1:{back}"))
            assert await soon(link.receive())
            await there()


def test_a_hook_that_raises_is_asked_again(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store, _ = stores
    monkeypatch.setattr("isoill.node.LEASE", 0.2)
    monkeypatch.setattr("isoill.node._UNDECIDED", 0.1)
    times = 0

    async def decide(asked: Asked) -> isoill.Apdu:
        nonlocal times
        times += 1
        if times < 3:
            raise KeyError("the catalogue is not there")
        return asked.transaction.unfilled(isoill.ReasonUnfilled.NOT_OWNED)

    async def answered() -> None:
        await until(lambda: len(history(store)) == 2)

    run(asked_once(store, decide, 9, answered))
    assert times == 3
    assert history(store) == [(RECEIVE, Event.ILL_REQUEST), (SEND, Event.ANSWER_UNFILLED)]
    assert "the catalogue is not there" in caplog.text


def test_a_hook_that_answers_what_it_may_not_is_not_asked_again(
    stores: tuple[Store, Store], caplog: pytest.LogCaptureFixture
) -> None:
    store, _ = stores

    def decide(asked: Asked) -> isoill.Apdu:
        return asked.transaction.checked_in()

    async def told() -> None:
        await until(lambda: "may not be sent" in caplog.text)
        await until(lambda: not undecided(store))

    run(asked_once(store, decide, 9, told))
    assert history(store) == [(RECEIVE, Event.ILL_REQUEST)]


def undecided(store: Store) -> list[int]:
    """The messages that the hook has still to answer."""
    with store.reading() as rows:
        return [each.number for row in rows.transactions() for each in rows.messages(row.number) if each.undecided]


def test_what_a_hook_had_not_answered_is_asked_after_a_restart(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    begun = asyncio.Event()

    async def never(asked: Asked) -> None:
        begun.set()
        await asyncio.Event().wait()

    run(asked_once(store, never, 9, begun.wait))  # type: ignore[arg-type]
    assert len(undecided(store)) == 1

    def decides(asked: Asked) -> isoill.Apdu:
        return asked.transaction.unfilled(isoill.ReasonUnfilled.NOT_OWNED)

    async def again() -> None:
        async with Node(store, decide=decides) as node:
            await node.listen()
            await until(lambda: len(history(store)) == 2)

    run(again())
    assert undecided(store) == []


def test_two_nodes_that_ask_their_hooks_send_one_answer(stores: tuple[Store, Store]) -> None:
    """A claim that is over while the hook is at work: it is asked a second time, and answers once."""
    store, _ = stores
    asked_for = 0

    async def both() -> None:
        gate = asyncio.Event()

        async def decide(asked: Asked) -> isoill.Apdu:
            nonlocal asked_for
            asked_for += 1
            if asked_for == 2:
                gate.set()
            await gate.wait()
            return asked.transaction.unfilled(isoill.ReasonUnfilled.NOT_OWNED)

        async with (
            Node(store, decide=decide, name="one") as one,
            Node(store, decide=decide, name="two") as two,
        ):
            server = await one.listen()
            async with aio.connect("127.0.0.1", server.port) as link:
                await link.send(request("142", answers_to="127.0.0.1:9"))
                await until(lambda: asked_for == 1)
                with store.writing() as rows:
                    rows.release("one")
                await two.listen()
                await until(lambda: asked_for == 2 and not undecided(store))
            await until(lambda: one.tally.decided + two.tally.decided == 2)

    run(both())
    assert history(store) == [(RECEIVE, Event.ILL_REQUEST), (SEND, Event.ANSWER_UNFILLED)]


# ── the outbox ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_fails_is_a_matter_for_a_person(stores: tuple[Store, Store], caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens there; after the last try it says so, and a person has it tried again."""
    store, other = stores

    async def tries() -> None:
        async with Node(store, retries=(0.01, 0.01)) as one, Node(other) as two:
            await one.start()
            with contextlib.closing(await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)) as taken:
                port = taken.sockets[0].getsockname()[1]
            begin(store, request("142"), f"127.0.0.1:{port} simplex")
            await until(lambda: outbox(store)[0].state == "failed")
            assert outbox(store)[0].tries == 3
            assert "accept a connection" in (outbox(store)[0].error or "")
            assert [each.levelno for each in caplog.records if "given up" in each.message] == [logging.ERROR]
            await two.listen(port=port, duplex=False)
            with store.writing() as rows:
                rows.retry(None, now=0.0)
            await until(lambda: not outbox(store))
            assert history(other) == [(RECEIVE, Event.ILL_REQUEST)]

    run(tries())


def test_a_connection_that_breaks_behind_the_message(stores: tuple[Store, Store]) -> None:
    """The peer has all of it, and resets: so it is sent again, and known for a repeat."""
    requester, responder = stores

    async def breaks() -> None:
        async with Node(requester, retries=OFTEN) as one, Node(responder) as two:
            await one.start()
            there, broken = await two.listen(duplex=False), 0

            async def between(link: aio.Link) -> None:
                nonlocal broken
                async for received in link:
                    async with aio.connect("127.0.0.1", there.port, duplex=False) as onward:
                        await onward.send(received.octets)
                        assert await onward.finish()
                    broken += 1
                    if broken < 3:
                        raise ConnectionResetError("the acknowledgement is lost")

            logging.getLogger("isoill.aio").disabled = True  # it tells of a handler that failed, which is so
            try:
                async with aio.serve(between, duplex=False) as middle:
                    begin(requester, request("142"), f"127.0.0.1:{middle.port} simplex")
                    await until(lambda: not outbox(requester))
            finally:
                logging.getLogger("isoill.aio").disabled = False
            assert two.tally.taken == 3
            assert two.tally.repeated == 2
            assert history(responder) == [(RECEIVE, Event.ILL_REQUEST)]

    run(breaks())


def test_a_partner_that_hangs_does_not_keep_the_others_waiting(stores: tuple[Store, Store]) -> None:
    requester, responder = stores

    async def hangs(link: aio.Link) -> None:
        await asyncio.Event().wait()

    async def sends() -> None:
        deadlines = aio.Deadlines(close=60)
        async with Node(requester, deadlines=deadlines) as one, Node(responder) as two:
            await one.start()
            there = await two.listen(duplex=False)
            silent = await aio.serve(hangs, duplex=False)
            for number in range(100):
                begin(requester, request(f"hangs-{number}"), f"127.0.0.1:{silent.port} simplex")
            begin(requester, request("142"), f"127.0.0.1:{there.port} simplex")
            await until(lambda: history(responder))
            await silent.shutdown(grace=0)
            await one.stop(grace=0)

    run(sends())


def test_what_waits_for_a_partner_goes_when_it_says_something(stores: tuple[Store, Store], tmp_path: Path) -> None:
    requester, responder = stores

    async def wakes() -> None:
        async with Node(responder) as two:
            there = await two.listen(duplex=False)
            file = tmp_path / "partners.toml"
            file.write_text(
                "[own]\nsymbol = 'isoill:MAIN'\n[partners.hill]\nsymbol = 'isoill:HILL'\n"
                f"address = '127.0.0.1:{there.port}'\nnetworks = ['127.0.0.0/8']\n"
            )
            partners = load_partners(file)
            number = begin(requester, request("142"), partners["hill"], Desk(partners))
            with requester.writing() as rows:  # it could not be sent a while ago
                [waiting] = rows.claim("dead", now=2e9, lease=0, limit=1)
                rows.not_gone([waiting.number], "nobody is there", now=2e9, waits=(3600,))
            assert number == 1
            async with Node(requester, partners=partners) as one:
                back = await one.listen()
                assert outbox(requester)
                async with aio.connect("127.0.0.1", back.port) as link:
                    await link.send(from_hill("143"))
                    await until(lambda: not outbox(requester))
            assert history(responder) == [(RECEIVE, Event.ILL_REQUEST)]

    run(wakes())


def from_hill(group: str) -> isoill.ILLRequest:
    """A request of the partner isoill:HILL."""
    apdu, hill = request(group), isoill.SystemId.of("isoill:HILL")
    return replace(apdu, requester_id=hill, transaction_id=replace(apdu.transaction_id, initial_requester_id=hill))


def test_several_answers_go_one_behind_the_other_to_who_has_no_address(stores: tuple[Store, Store]) -> None:
    _, responder = stores

    def answers(asked: Asked) -> Iterable[isoill.Apdu]:
        return [asked.transaction.message("soon"), asked.transaction.shipped()]

    async def asks() -> None:
        async with Node(responder, decide=answers) as node:
            server = await node.listen()
            async with aio.connect("127.0.0.1", server.port) as link:
                await link.send(request("142"))
                received = [await link.receive(timeout=20) for _ in range(3)]
            kinds = [type(each.apdu) for each in received if each is not None]
            assert kinds == [isoill.StatusOrErrorReport, isoill.Message, isoill.Shipped]
            await until(lambda: not outbox(responder))

    run(asks())


def test_what_waits_for_a_partner_without_an_address_goes_when_it_connects(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    _, responder = stores
    file = partner_file(tmp_path / "partners.toml", "isoill:MAIN", "isoill:HILL", "networks = ['127.0.0.0/8']")
    partners = load_partners(file)

    async def comes_back() -> None:
        async with Node(responder, partners=partners) as node:
            server = await node.listen()
            async with aio.connect("127.0.0.1", server.port) as link:
                await link.send(from_hill("142"))
                assert await link.receive(timeout=20) is not None
            with responder.writing() as rows:
                Desk(partners).send(rows, 1, lambda lent: [lent.shipped()], now=datetime.datetime.now())
            assert [each.apdu for each in outbox(responder)] == ["Shipped"]
            async with aio.connect("127.0.0.1", server.port) as link:  # and says nothing
                received = await link.receive(timeout=20)
                assert received is not None
                assert isinstance(received.apdu, isoill.Shipped)
            await until(lambda: not outbox(responder))

    run(comes_back())


def test_who_is_in_no_file_is_heard_of_what_was_sent_there_and_of_nothing_else(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    store, _ = stores
    file = partner_file(tmp_path / "partners.toml", "isoill:MAIN", "isoill:HILL", "networks = ['127.0.0.0/8']")
    partners, asked = load_partners(file), from_hill("142")
    cancel = isoill.Transaction(role="requester")
    cancel.send(asked)

    async def rogue(link: aio.Link) -> None:
        assert await link.receive() is not None
        await link.send(cancel.cancel(), from_hill("143"))
        async for _ in link:  # what it is told of that
            pass

    async def forged() -> None:
        async with aio.serve(rogue) as elsewhere, Node(store, partners=partners) as node:
            server = await node.listen()
            async with aio.connect("127.0.0.1", server.port) as link:
                await link.send(asked)
                assert await link.receive(timeout=20) is not None
            begin(store, request("144"), f"127.0.0.1:{elsewhere.port} duplex")
            await until(lambda: node.tally.refused == 2)
        assert history(store) == [(RECEIVE, Event.ILL_REQUEST)]
        with store.reading() as rows:
            assert [row.group_qualifier for row in rows.transactions()] == ["142", "144"]

    run(forged())


# ── who does harm ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_partner_opens_only_so_many(stores: tuple[Store, Store]) -> None:
    store, _ = stores

    async def floods() -> None:
        async with Node(store, open_per_partner=3) as node:
            server = await node.listen()
            async with aio.connect("127.0.0.1", server.port) as link:
                await link.send(*(request(f"{number}") for number in range(10)))
                reports = [received.apdu for _ in range(10) if (received := await soon(link.receive())) is not None]
            assert node.tally.refused == 7
        refused = [
            each.error_report for each in reports if isinstance(each, isoill.StatusOrErrorReport) and each.error_report
        ]
        assert len(refused) == 7
        assert {each.user_error_report.unable_to_perform for each in refused if each.user_error_report} == {
            isoill.types.UnableToPerform.RESOURCE_LIMITATION
        }

    run(floods())


def test_who_is_slow_or_silent(stores: tuple[Store, Store]) -> None:
    """Each is put out after its deadline, others are served in between, and no file stays open."""
    store, _ = stores
    deadlines = aio.Deadlines(message=0.3, idle=0.3, write=0.3, close=0.3)
    octets = isoill.encode(request("half"))

    async def harm() -> None:
        before = open_files()
        async with Node(store, deadlines=deadlines, caps=aio.Caps(connections=8, per_address=8)) as node:
            server = await node.listen()
            streams = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(6)]
            for _, writer in streams[:3]:
                writer.write(octets[:100])  # the others are silent
            async with aio.connect("127.0.0.1", server.port) as link:
                await link.send(request("142"))
                assert await soon(link.receive())
            for reader, writer in streams:
                with contextlib.suppress(OSError):
                    await soon(reader.read())
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            await until(lambda: node.figures()["open"] == 0)
            assert node.figures()["deadlines"] >= 6
        del reader, writer, streams
        assert open_files() <= before + 1  # a connection of SQLite's, in the pool

    run(harm())


def test_stopped_while_busy(stores: tuple[Store, Store]) -> None:
    """What was acknowledged is kept, and nothing else is claimed or left open."""
    store, _ = stores

    async def busy() -> None:
        acknowledged: set[str] = set()

        async def pump(name: str, port: int) -> None:
            for number in range(1_000):
                group = f"{name}-{number}"
                async with aio.connect("127.0.0.1", port) as link:
                    await link.send(request(group))
                    if await link.receive() is None:
                        return
                    acknowledged.add(group)

        async with Node(store) as node:
            server = await node.listen()
            pumps = [asyncio.create_task(pump(name, server.port)) for name in "abc"]
            await until(lambda: len(acknowledged) > 10)
            await node.stop()
            await asyncio.gather(*pumps, return_exceptions=True)
        with store.reading() as rows:
            groups = [row.group_qualifier for row in rows.transactions()]
        assert len(set(groups)) == len(groups)
        assert acknowledged <= set(groups)

    run(busy())

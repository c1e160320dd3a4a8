"""The commands of a node, as processes of their own: serve, send, transactions, act and outbox."""

from __future__ import annotations

import json
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import isoill
from isoill.agreement import compatible
from tests.nodes import Served, command, eventually, objects, request
from tests.stores import need_store

need_store()

from isoill.store import Store  # noqa: E402 - which is there now

#: Tries that come soon, and many, as somebody is killed here now and then.
OFTEN = ("--retry", ",".join(["0.2"] * 100))


def a_port() -> int:
    """One that was free just now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port: int = listening.getsockname()[1]
        return port


def written(path: Path, *apdus: isoill.Apdu) -> Path:
    path.write_bytes(b"".join(map(isoill.encode, apdus)))
    return path


class Library:
    """One side: a node as a process, and a person at its command line."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir()
        self.store = folder / "ill.db"
        self.served = Served(self.store, *OFTEN, *options, log=folder / "log")

    def crash(self) -> None:
        """Killed, and started again."""
        self.served.kill()
        self.served.begin()

    def act(self, *words: str, crash: bool = False) -> None:
        """Do something in the only transaction; with ``crash`` the node dies at the same time."""
        if crash:
            self.served.kill()
        done = command("act", "1", *words, "--store", self.store)
        assert done.returncode == 0, done.stderr
        if crash:
            self.served.begin()

    def events(self) -> tuple[str, list[tuple[str, str]]]:
        """The state of the only transaction, and what has happened, without the acknowledgements of a request."""
        with Store(self.store) as store, store.reading() as rows:
            row = rows.row(1)
            steps = [(each.direction, each.event) for each in rows.messages(1)]
        # of these there is one more for each repeat
        return row.state if row else "", [each for each in steps if each[1] != isoill.Event.STATUS_OR_ERROR_REPORT]

    def becomes(self, state: str, *, messages: int) -> None:
        """Wait until the only transaction is in a state, after so many messages but for acknowledgements."""

        def is_so() -> bool:
            found, events = self.events()
            return found == state and len(events) == messages

        eventually(is_so, f"expected {state} after {messages} messages, found another")

    def is_quiet(self) -> bool:
        with Store(self.store) as store, store.reading() as rows:
            return list(rows.outbox()) == []


@pytest.fixture(params=["simplex", "duplex"])
def libraries(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Library, Library]]:
    """A requester and a responder."""
    options = ["--duplex"] if request.param == "duplex" else []
    requester, responder = Library(tmp_path / "requester", *options), Library(tmp_path / "responder", *options)
    with requester.served, responder.served:
        yield requester, responder


def ask(requester: Library, responder: Library) -> None:
    """A request of one library to the other."""
    mode = "duplex" if requester.served.told["duplex"] else "simplex"
    apdu = request("142", answers_to=requester.served.address)
    file = written(requester.store.parent / "request.ber", apdu)
    to = f"{responder.served.address} {mode}"
    done = command("send", file, "--to", to, "--store", requester.store)
    assert done.returncode == 0, done.stderr


def agree(requester: Library, responder: Library) -> None:
    """Both sides have the same history, each its own way round, and nothing is to be sent."""
    eventually(lambda: requester.is_quiet() and responder.is_quiet(), "expected two empty outboxes")
    other = {"send": "receive", "receive": "send"}
    (one_state, one), (other_state, two) = requester.events(), responder.events()
    assert one == [(other[direction], event) for direction, event in two]
    assert len(set(one)) == len(one)
    assert compatible(isoill.State(one_state), isoill.State(other_state), settled=True)


def test_a_loan(libraries: tuple[Library, Library]) -> None:
    """Both are killed, between messages and with one in the outbox, and the loan comes to its end."""
    requester, responder = libraries
    ask(requester, responder)
    responder.becomes("IN-PROCESS", messages=1)
    responder.crash()
    responder.act("shipped", "--date-due", "2026-12-24", crash=True)
    requester.becomes("SHIPPED", messages=2)
    requester.crash()
    requester.act("received", crash=True)
    responder.becomes("SHIPPED", messages=3)
    requester.act("returned")
    responder.becomes("SHIPPED", messages=4)
    responder.crash()
    responder.act("checked-in")
    requester.becomes("RETURNED", messages=5)
    agree(requester, responder)


def test_a_refusal(libraries: tuple[Library, Library]) -> None:
    requester, responder = libraries
    responder.served.kill()  # the request waits for it
    ask(requester, responder)
    eventually(lambda: [each for each in objects("outbox", "--store", requester.store) if each["tries"]], "no try")
    requester.crash()
    responder.served.begin()
    responder.becomes("IN-PROCESS", messages=1)
    responder.act("unfilled", "--reason", "not-owned", crash=True)
    requester.becomes("NOT-SUPPLIED", messages=2)
    agree(requester, responder)


# ── each command ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one request in it, that is to go where nobody listens."""
    file = written(tmp_path / "request.ber", request("142"))
    done = command("send", file, "--to", f"127.0.0.1:{a_port()} simplex", "--store", tmp_path / "ill.db")
    assert (done.returncode, done.stdout) == (0, "transaction 1: 142/1, in the outbox\n")
    return tmp_path / "ill.db"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "ill.db", "--duplex", log=tmp_path / "log") as served:
        yield served


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_and_ends_in_order(how: signal.Signals, tmp_path: Path) -> None:
    served = Served(tmp_path / "ill.db", log=tmp_path / "log")
    assert served.told == {
        "listening": served.address,
        "host": "127.0.0.1",
        "port": served.port,
        "duplex": False,
        "store": str(tmp_path / "ill.db"),
    }
    assert served.end(how) == 0
    assert "Traceback" not in served.log.read_text()


def test_send_prints_what_comes_back(served: Served, tmp_path: Path) -> None:
    file = written(tmp_path / "request.ber", request("142"))
    for _ in range(2):
        done = command("send", file, "--to", served.address)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Status-Or-Error-Report\n")
    done = command("send", file, "--to", served.address, "--json")
    [report] = map(json.loads, done.stdout.splitlines())
    assert isinstance(isoill.from_dict(report), isoill.StatusOrErrorReport)
    assert len(objects("transactions", "--store", served.store)) == 1


def test_send_of_what_is_refused(served: Served, tmp_path: Path) -> None:
    transaction = isoill.Transaction(role="requester")
    transaction.send(request("142"))
    done = command("send", written(tmp_path / "cancel.ber", transaction.cancel()), "--to", served.address)
    assert done.returncode == 1
    assert "error-report" in done.stdout


def test_a_transaction_is_listed_and_shown(store: Path) -> None:
    [listed] = objects("transactions", "--store", store)
    changed = listed.pop("changed")
    assert changed[4] == "-"
    assert {name: listed[name] for name in ("transaction", "id", "role", "state", "ended", "title")} == {
        "transaction": 1,
        "id": "142/1",
        "role": "requester",
        "state": "PENDING",
        "ended": False,
        "title": "Anne of Green Gables",
    }
    for name in ("1", "142/1"):
        [shown] = objects("transactions", name, "--store", store)
        [step] = shown["history"]
        assert (step["direction"], step["event"], step["before"], step["after"]) == (
            "send",
            "ILL-Request",
            "IDLE",
            "PENDING",
        )
        assert "Cancel" in shown["allowed"]
        done = command("transactions", name, "--store", store)
        assert done.stdout.splitlines()[0].startswith("transaction 1: 142/1, requester")
        assert done.stdout.splitlines()[-1].startswith("allowed next: ")
    assert "142/1  Anne of Green Gables" in command("transactions", "--store", store).stdout


def test_act_only_as_the_table_allows(store: Path) -> None:
    done = command("act", "1", "checked-in", "--store", store)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    [acted] = objects("act", "142/1", "cancel", "--note", "no longer wanted", "--store", store)
    assert (acted["transaction"], acted["event"], acted["after"]) == (1, "Cancel", "CANCEL-PENDING")
    [shown] = objects("transactions", "1", "--store", store)
    assert [each["event"] for each in shown["history"]] == ["ILL-Request", "Cancel"]


def test_the_outbox_is_listed_dropped_and_tried_again(store: Path) -> None:
    [waiting] = objects("outbox", "--store", store)
    assert (waiting["message"], waiting["apdu"], waiting["state"], waiting["tries"]) == (1, "ILL-Request", "waiting", 0)
    with Served(store, "--retry", "0", log=store.parent / "log"):
        # at once, and once more
        eventually(lambda: objects("outbox", "--store", store)[0]["state"] == "failed", "it has not failed")
    [failed] = objects("outbox", "--store", store)
    assert (failed["tries"], failed["next"]) == (2, None)
    assert "to accept a connection" in failed["error"]
    assert "failed" in command("outbox", "--store", store).stdout
    assert command("outbox", "drop", "1", "--store", store).returncode == 0
    assert objects("outbox", "--store", store)[0]["state"] == "dropped"
    assert command("outbox", "retry", "1", "--store", store).returncode == 0
    assert objects("outbox", "--store", store)[0]["state"] == "waiting"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("serve --listen nowhere", 2, "--listen: expected HOST:PORT"),
        ("serve --listen 127.0.0.1:0 --hook nothing", 2, "--hook: expected MODULE:FUNCTION"),
        ("serve --listen 127.0.0.1:0 --hook nothing:at_all", 2, "--hook: expected a module"),
        ("serve --listen 127.0.0.1:0 --tls-key key.pem", 2, "--tls-key: expected --tls-cert"),
        ("serve --listen 127.0.0.1:0 --tls-cert none.pem", 2, "expected PEM files"),
        ("serve --listen 127.0.0.1:0 --partners none.toml", 2, "none.toml"),
        ("serve --listen 127.0.0.1:0 --store mysql://host/ill", 2, "expected sqlite or postgresql"),
        ("serve --listen 127.0.0.1:0 --store request.ber", 2, "expected a database"),
        ("serve --listen 192.0.2.1:0", 2, "--listen: "),
        ("send none.ber --to 127.0.0.1:9", 2, "none.ber"),
        ("send request.ber --to nowhere", 2, "--to: expected HOST:PORT"),
        ("send request.ber --to 127.0.0.1:1", 1, "127.0.0.1:1: "),
        ("send request.ber --to hill --store ill.db", 2, "--to: expected HOST:PORT"),
        ("send request.ber --to 127.0.0.1:9 --store ill.db", 1, "expected a new transaction-id"),
        ("transactions --store none.db", 2, "expected a store"),
        ("transactions 7 --store ill.db", 1, "expected the number of a transaction"),
        ("transactions anne --store ill.db", 1, "expected the number or the id"),
        ("act 7 cancel --store ill.db", 1, "expected the number of a transaction"),
        ("act 1 cancel --date-due 2026-12-24 --store ill.db", 1, "cancel: expected --note"),
        ("act 1 message --store ill.db", 1, "message: expected --note"),
        ("outbox drop --store ill.db", 2, "outbox drop: expected numbers"),
        ("outbox drop 7 --store ill.db", 1, "outbox drop: expected messages"),
        ("outbox list 7 --store ill.db", 2, "expected list, retry or drop"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: str, code: int, told: str, store: Path) -> None:
    done = command(*arguments.split(), cwd=store.parent)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("isoill: ")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        taken = f"127.0.0.1:{listening.getsockname()[1]}"
        done = command("serve", "--listen", taken, "--store", tmp_path / "ill.db")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


# ── a full disk ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_a_full_disk_and_room_again(served: Served, tmp_path: Path) -> None:
    """What cannot be written is not acknowledged; the node goes on, and takes it when there is room."""
    import resource  # noqa: PLC0415 - of Unix

    first = written(tmp_path / "1.ber", request("1"))
    assert command("send", first, "--to", served.address).returncode == 0
    _, most = resource.prlimit(served.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (1, most))
    second = written(tmp_path / "2.ber", request("2"))
    for _ in range(2):
        done = command("send", second, "--to", served.address)
        assert (done.returncode, done.stdout) == (1, ""), done.stdout
    resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (most, most))
    assert [each["id"] for each in objects("transactions", "--store", served.store)] == ["1/1"]
    done = command("send", second, "--to", served.address)
    assert (done.returncode, done.stdout[:22]) == (0, "Status-Or-Error-Report"), done.stderr
    assert [each["id"] for each in objects("transactions", "--store", served.store)] == ["1/1", "2/1"]

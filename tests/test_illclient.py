"""yaz-illclient, a program that others wrote, sends requests to ``isoill serve --duplex``."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need_program
from tests.nodes import Served, objects
from tests.stores import need_store

need_store()

#: What its source says: 0 for a Status-Or-Error-Report, 7 for one with an error in it, 6 for anything else.
ACCEPTED, REFUSED = 0, 7
GROUP = "transaction-id,transaction-group-qualifier"
ASKER = "transaction-id,initial-requester-id,person-or-institution-symbol,institution"
TITLE = "item-id,title"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "ill.db", "--duplex", log=tmp_path / "log") as served:
        yield served


def send(served: Served, components: dict[str, str] | None = None) -> int:
    """Have it send a request, with these components; gives its exit code, which it explains in a word."""
    program = need_program("yaz-illclient", "yaz-illclient")
    given = [part for name, value in (components or {}).items() for part in ("-D", f"ill,{name}={value}")]
    done = subprocess.run(
        [program, *given, served.address],
        capture_output=True,
        check=False,
        cwd=served.log.parent,  # where it writes a file
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode == ACCEPTED) == (done.stdout.strip() == b"Ok"), done
    return done.returncode


def test_without_a_component(served: Served) -> None:
    assert send(served) == ACCEPTED
    [transaction] = objects("transactions", "--store", served.store)
    assert (transaction["role"], transaction["state"]) == ("responder", "IN-PROCESS")


def test_the_same_twice_is_one_transaction(served: Served) -> None:
    request = {GROUP: "142", ASKER: "isoill:MAIN", TITLE: "Anne of Green Gables"}
    assert [send(served, request) for _ in range(2)] == [ACCEPTED, ACCEPTED]
    [transaction] = objects("transactions", "--store", served.store)
    assert (transaction["id"].split("/")[0], transaction["title"]) == ("142", "Anne of Green Gables")
    [shown] = objects("transactions", transaction["transaction"], "--store", served.store)
    assert [each["event"] for each in shown["history"] if each["direction"] == "receive"] == ["ILL-Request"]
    assert objects("outbox", "--store", served.store) == []


def test_another_item_under_the_same_id_is_refused(served: Served) -> None:
    request = {GROUP: "142", ASKER: "isoill:MAIN", TITLE: "Anne of Green Gables"}
    assert send(served, request) == ACCEPTED
    assert send(served, {**request, TITLE: "Emily of New Moon"}) == REFUSED
    assert len(objects("transactions", "--store", served.store)) == 1


def test_no_answer_looks_like_http_to_it(served: Served, tmp_path: Path) -> None:
    # libyaz 5.34 takes three printable octets for HTTP, and waits for the end of that: a tag, a length of one octet
    # from 32 to 126, and 30; what makes an answer short is a request that says little
    for number in range(1, 4):
        assert send(served, {GROUP: "1" * number, TITLE: "A"}) == ACCEPTED
    from isoill.store import Store  # noqa: PLC0415 - it needs the extra

    with Store(tmp_path / "ill.db") as store, store.reading() as rows:
        sent = [
            each.octets for row in rows.transactions() for each in rows.messages(row.number) if each.direction == "send"
        ]
    assert len(sent) == 3
    assert all(octets[1] > 0x7F for octets in sent), "a length of one octet"

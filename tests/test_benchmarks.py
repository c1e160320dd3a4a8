"""The benchmarks run and their peers read what isoill writes; nothing here looks at a clock."""

from __future__ import annotations

import functools
import json
from collections import Counter
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import chart, limits, memory, noding, peers
from benchmarks.hostile import FAMILIES, STREAMS, Family
from benchmarks.messages import NAMES, from_folder, our_own
from benchmarks.table import Table
from benchmarks.timing import Timings, interleave
from isoill.codec import examine
from isoill.errors import Limits
from tests.conftest import need

MESSAGES = {message.name: message for message in our_own()}


@functools.cache
def load(name: str) -> peers.Peer | peers.MissingPeerError:
    """A peer, or why there is none."""
    try:
        return peers.load(name)
    except peers.MissingPeerError as missing:
        return missing


def peer_or_skip(name: str) -> peers.Peer:
    """A peer; its absence skips the test, and in continuous integration fails it."""
    peer = load(name)
    if isinstance(peer, peers.MissingPeerError):
        (pytest.fail if peers.required() else pytest.skip)(str(peer))
    return peer


@pytest.mark.parametrize("message", NAMES)
@pytest.mark.parametrize("name", ["isoill", *peers.NAMES])
def test_a_peer_reads_and_writes_each_message(name: str, message: str) -> None:
    measured = peer_or_skip(name).at(MESSAGES[message])
    assert measured.round_trip() == MESSAGES[message].value
    assert measured.decode(1) > 0
    assert measured.encode(1) > 0


def test_the_messages_are_as_large_as_they_are_said_to_be() -> None:
    sizes = {name: (len(message.octets), message.objects) for name, message in MESSAGES.items()}
    assert sizes == {
        "request": (1629, 48),
        "shipped": (566, 26),
        "answer": (614, 41),
        "status": (337, 17),
        "message": (240, 13),
    }


def test_messages_are_read_from_a_folder(tmp_path: Path) -> None:
    for message in MESSAGES.values():
        (tmp_path / f"std_{message.name}.ber").write_bytes(message.octets)
    assert from_folder(tmp_path) == our_own()


@pytest.mark.parametrize("what", command.WHAT)
def test_each_benchmark_makes_a_table(what: str) -> None:
    if what == "memory" and not memory.possible():
        pytest.skip("there is no /proc/self/statm here")
    if what == "node":
        need(noding.possible(), "isoill[store], or /proc")
    found = {name: peer for name in ("msgspec",) if not isinstance(peer := load(name), peers.MissingPeerError)}
    (table,) = command.tables([what], our_own(), found, quick=True)
    names = [row[0] for row in table.rows]
    assert names == list(table.figures)
    if what in ("decode", "encode", "peek", "lenient", "payload", "stream"):
        assert names == list(NAMES)
    elif what == "import":
        assert names == ["isoill", "isoill.codec", "asyncio"]
    elif what == "transaction":
        assert names == ["decoding them", "both sides", "to_json", "from_json", "replay"]
    elif what == "node":
        assert names == ["node", "echo"]
        assert all(len(each["kib"]) == len(each["files"]) == 5 for each in table.figures.values())
    elif what == "limits":
        assert set(names) > {family.name for family in FAMILIES}
    else:
        assert names == ["isoill", *found]
    assert len({len(row) for row in [table.header, *table.rows]}) == 1


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    command.main(["peek", "--quick", "--json", str(file)])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")][1:] == list(
        NAMES
    )
    assert list(json.loads(file.read_text())) == ["environment", "quick", "peek"]


@pytest.mark.parametrize("arguments", [["decade"], ["peek", "--chart", "chart.svg"]])
def test_what_cannot_be_measured_or_drawn_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert "python -m benchmarks: error: " in capsys.readouterr().err


def test_the_same_figures_make_the_same_chart(tmp_path: Path) -> None:
    if find_spec("matplotlib") is None:
        (pytest.fail if peers.required() else pytest.skip)("matplotlib is not installed")
    tables = [
        Table(name, "", [], [], {"request": {"peer_by_isoill": {"libyaz": slower, "pyasn1": 400.0}}})
        for name, slower in (("decode", 1.4), ("encode", 4.0))
    ]
    files = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for file in files:
        chart.draw(tables, file)
    one, two = (file.read_bytes() for file in files)
    assert one == two
    assert b"libyaz (C)" in one


def test_a_missing_peer_is_named_or_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert peers.available(["nobody"]) == {}
    assert "nobody is left out: nobody is not installed" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit, match="nobody is not installed"):
        peers.available(["nobody"])


def test_ratios_are_taken_within_a_round() -> None:
    timings = Timings({"ours": (10.0, 100.0, 12.0), "theirs": (20.0, 200.0, 20.0)})
    assert timings.ratio("ours", "theirs") == 0.5
    assert timings.median("ours") == 12.0


def test_each_competitor_runs_once_in_each_round() -> None:
    calls: list[tuple[str, int]] = []

    def run(name: str, nanoseconds: float, loops: int) -> float:
        calls.append((name, loops))
        return nanoseconds

    runs = {name: functools.partial(run, name, each) for name, each in (("quick", 10.0), ("slow", 5_000.0))}
    timings = interleave(runs, rounds=3, slice_ns=1_000)
    assert timings.rounds == {"quick": (10.0,) * 3, "slow": (5_000.0,) * 3}
    rounds = calls[-6:]
    assert [sorted(rounds[i : i + 2]) for i in (0, 2, 4)] == [[("quick", 100), ("slow", 1)]] * 3


@pytest.mark.parametrize("family", [*FAMILIES, *STREAMS], ids=lambda family: family.name)
def test_a_family_is_as_large_as_it_is_wanted(family: Family) -> None:
    for size in (1 << 16, 1 << 17):
        assert 0.95 * size < len(family.make(size)) <= size


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if family.deviation is not None], ids=lambda family: family.name
)
def test_a_family_of_deviations_has_many(family: Family) -> None:
    found = Counter(each.reason for each in examine(family.make(1 << 12), limits=limits.WIDEST).deviations)
    assert family.deviation is not None
    assert found.most_common(1)[0] == (family.deviation, found[family.deviation])
    assert found[family.deviation] >= 3


def test_the_widest_limits_are_the_widest() -> None:
    for field in fields(Limits):
        with pytest.raises(ValueError, match=field.name):
            replace(limits.WIDEST, **{field.name: getattr(limits.WIDEST, field.name) + 1})


def test_growth_is_that_of_what_takes_long_enough_to_tell() -> None:
    assert limits.growth([1_000.0, 10_000.0, 400_000.0, 900_000.0]) == 40.0
    assert limits.growth([1_000.0, 10_000.0]) is None
    cost = limits.Cost("accepted", {1_000: 1_000.0, 8_000: 900_000.0}, 1.0, None)
    assert cost.microseconds == 0.1125

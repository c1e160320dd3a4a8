"""``python -m benchmarks``: the tables, and if asked for, the same as JSON and as a chart."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    chart,
    conversing,
    convert,
    hold,
    imports,
    lenient,
    limits,
    memory,
    noding,
    payload,
    peeking,
    stream,
)
from benchmarks.messages import Message, from_folder, our_own
from benchmarks.peers import Peer, available
from benchmarks.table import Table

__all__ = ["WHAT", "main", "tables"]

#: A benchmark, from the messages, the peers and whether it is to be quick.
Benchmark = Callable[[Sequence[Message], Mapping[str, Peer], bool], Table]

WHAT: dict[str, Benchmark] = {
    "decode": lambda messages, peers, quick: convert.run("decode", messages, peers, quick=quick),
    "encode": lambda messages, peers, quick: convert.run("encode", messages, peers, quick=quick),
    "peek": lambda messages, peers, quick: peeking.run(messages, peers, quick=quick),
    "lenient": lambda messages, peers, quick: lenient.run(messages, quick=quick),
    "payload": lambda messages, peers, quick: payload.run(messages, quick=quick),
    "stream": lambda messages, peers, quick: stream.run(messages, quick=quick),
    "transaction": lambda messages, peers, quick: conversing.run(messages, quick=quick),
    "node": lambda messages, peers, quick: noding.run(messages, quick=quick),
    "import": lambda messages, peers, quick: imports.run(quick=quick),
    "memory": lambda messages, peers, quick: memory.run(messages[0], peers, quick=quick),
    "hold": lambda messages, peers, quick: hold.run(messages[0], peers, quick=quick),
    "limits": lambda messages, peers, quick: limits.run(quick=quick),
}


def tables(
    what: Sequence[str], messages: Sequence[Message], peers: Mapping[str, Peer], *, quick: bool
) -> Iterator[Table]:
    """Run what is named, in the order of `WHAT`."""
    for name, run in WHAT.items():
        if name in what:
            yield run(messages, peers, quick)


def _environment(peers: Mapping[str, Peer]) -> dict[str, Any]:
    """What the figures hold for."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "peers": {name: peer.version for name, peer in peers.items()},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast isoill is, and beside what.")
    parser.add_argument("what", nargs="*", metavar="what", help=f"any of {', '.join(WHAT)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="prove that everything works; its figures mean nothing")
    parser.add_argument("--messages", type=Path, metavar="DIR", help="measure DIR/std_request.ber and so on instead")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw decode and encode (needs matplotlib)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, unrounded")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, print, write."""
    parser = _parser()
    options = parser.parse_args(arguments)
    for name in options.what:
        if name not in WHAT:
            parser.error(f"one of {', '.join(WHAT)} is wanted, found {name!r}")
    what = options.what or list(WHAT)
    if "memory" in what and not memory.possible():
        if options.what:
            parser.error("memory is read from /proc/self/statm, which is not here")
        print("benchmarks: memory is left out: there is no /proc/self/statm here", file=sys.stderr)
        what.remove("memory")
    if "node" in what and not noding.possible():
        if options.what:
            parser.error("node needs the extra store: pip install 'isoill[store]', and /proc")
        print("benchmarks: node is left out: it needs the extra store, and /proc", file=sys.stderr)
        what.remove("node")
    if options.chart and not {"decode", "encode"} & set(what):
        parser.error("the chart is of decode and encode: name one of them, or nothing")
    if options.chart and importlib.util.find_spec("matplotlib") is None:
        parser.error("the chart needs matplotlib")
    messages = from_folder(options.messages) if options.messages else our_own()
    peers = available() if {"decode", "encode", "peek", "memory", "hold"} & set(what) else {}

    environment = _environment(peers)
    versions = "".join(f", {name} {version}" for name, version in environment["peers"].items())
    print(f"{environment['python']}, {environment['system']}, {environment['processors']} processors{versions}")
    if options.quick:
        print("quick: these figures show that everything works, and nothing else")
    done = []
    for table in tables(what, messages, peers, quick=options.quick):
        print(f"\n{table}", flush=True)
        done.append(table)

    if options.json:
        found = {"environment": environment, "quick": options.quick, **{table.name: table.figures for table in done}}
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.chart:
        chart.draw([table for table in done if table.name in ("decode", "encode")], options.chart)


if __name__ == "__main__":
    main()

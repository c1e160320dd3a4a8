"""``python -m fuzz``: isoill under octets that nobody would send."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from fuzz import dictionary, differential, launch, minimise
from fuzz.targets import TARGETS
from fuzz.work import DICTIONARY, MissingError

__all__ = ["main"]

_DESCRIPTION = """\
Fuzz isoill.  fuzz/README.rst says what each kind checks, and what to do with a finding.

  python -m fuzz native lean -max_total_time=60     the compiled core under sanitizers, at high speed
  python -m fuzz native lean build/fuzz/findings/native-lean-crash-1234  one input again
  python -m fuzz atheris from_json -runs=100000     the Python around it
  python -m fuzz yaz --seconds 60                   beside libyaz
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one kind: 0 if nothing is found, 1 or libFuzzer's own code if something is, 2 if it cannot be done."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    to_libfuzzer = words[2:] if words[:1] in [[engine] for engine in launch.ENGINES] else []
    options = _parser().parse_args(words[: len(words) - len(to_libfuzzer)])
    try:
        if options.kind in launch.ENGINES:
            program = str(launch.program(options.kind, options.target))
            os.execv(program, [program, *launch.options(options.kind, options.target, to_libfuzzer)])
        if options.kind == "yaz":
            if options.files:
                return differential.replay(options.files)
            seconds = 60.0 if options.executions is None and options.seconds is None else options.seconds
            return differential.run(options.executions, seconds, options.seed)
        if options.kind == "minimise":
            minimise.run(options.files, options.octets)
        else:
            DICTIONARY.write_text(dictionary.text())
    except MissingError as error:
        print(f"fuzz: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    for name, about in (
        ("native", "fuzz the compiled core, which clang builds with its sanitizers"),
        ("atheris", "fuzz isoill's Python with atheris"),
    ):
        more = "What follows is for libFuzzer: options (-help=1 lists them), or files, which are then run once each."
        kind = kinds.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.  {more}")
        kind.add_argument("target", choices=TARGETS, metavar="TARGET", help=f"one of {', '.join(TARGETS)}")
    yaz = kinds.add_parser("yaz", help="beside libyaz", description="Compare with libyaz on mutated messages.")
    yaz.add_argument("--executions", type=int, metavar="N", help="stop after so many messages")
    yaz.add_argument("--seconds", type=float, metavar="S", help="stop after so long; 60 if neither is given")
    yaz.add_argument("--seed", type=int, default=0, metavar="N", help="the same gives the same messages (%(default)s)")
    yaz.add_argument("files", nargs="*", type=Path, metavar="FILE", help="compare these instead")
    about = "make fuzz/corpus anew of all that runs have found"
    small = kinds.add_parser("minimise", help=about, description=f"{about[0].upper()}{about[1:]}.")
    small.add_argument("--files", type=int, default=300, metavar="N", help="at most so many (%(default)s)")
    small.add_argument("--octets", type=int, default=100_000, metavar="N", help="at most, in all (%(default)s)")
    about = "make fuzz/ber.dict anew from the declarations"
    kinds.add_parser("dictionary", help=about, description=f"{about[0].upper()}{about[1:]}.")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""isoill beside libyaz on mutated messages: every difference is explained, or it is a finding."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import isoill
from fuzz.beside_yaz import Crash, answers
from fuzz.explained import EXPLANATIONS, Case, Difference, Explanation
from fuzz.mutate import mutated, parsed
from fuzz.seeds import messages
from fuzz.work import BUILD

__all__ = ["compare", "difference", "run"]

_AT_ONCE = 4_000  # messages for one process of libyaz, which takes a while to start
_SHOWN = 5  # findings of a run that are printed; all are kept


def difference(case: Case) -> Difference | None:
    """What the two disagree on, if anything."""
    by_yaz = case.by_yaz
    if isinstance(by_yaz, Crash):
        return Difference.CRASHES
    if isinstance(case.read, isoill.DecodeError):
        return Difference.TAKES if by_yaz else None
    if not by_yaz:
        return Difference.REFUSES
    try:
        return None if isoill.decode(by_yaz) == case.read else Difference.CHANGES
    except isoill.DecodeError:
        return Difference.CHANGES


def _explanation(found: Difference, case: Case) -> Explanation | None:
    for explanation in EXPLANATIONS:
        if explanation.difference is found and explanation.holds(case):
            return explanation
    return None


def _read(octets: bytes) -> isoill.ILLAPDU | isoill.DecodeError:
    try:
        return isoill.decode(octets)
    except isoill.DecodeError as error:
        return error.with_traceback(None)


def compare(inputs: Sequence[bytes]) -> tuple[Counter[Explanation | None], list[tuple[Difference, Case]], Counter[str]]:
    """What was explained, how often, and None for agreement; what was not explained; and the outcomes."""
    explained: Counter[Explanation | None] = Counter()
    outcomes: Counter[str] = Counter()
    unexplained: list[tuple[Difference, Case]] = []
    for octets, by_yaz in zip(inputs, answers(inputs), strict=True):
        case = Case(octets, _read(octets), by_yaz)
        found = difference(case)
        if found is None:
            outcomes["both refuse" if isinstance(case.read, isoill.DecodeError) else "both read the same"] += 1
            continue
        outcomes[found.value] += 1
        explanation = _explanation(found, case)
        if explanation is None:
            unexplained.append((found, case))
        else:
            explained[explanation] += 1
    return explained, unexplained, outcomes


def run(executions: int | None, seconds: float | None, seed: int) -> int:
    """Compare until one of the two is reached; print the counts; 1 if there was a finding."""
    rng = random.Random(seed)
    valid = messages()
    trees = [parsed(octets) for octets in valid]
    explained: Counter[Explanation | None] = Counter()
    outcomes: Counter[str] = Counter()
    findings: list[Path] = []
    done, began = 0, time.monotonic()
    while (executions is None or done < executions) and (seconds is None or time.monotonic() - began < seconds):
        number = _AT_ONCE if executions is None else min(_AT_ONCE, executions - done)
        inputs = [mutated(rng.choice(valid), rng, rng.choice(trees)) for _ in range(number)]
        some, unexplained, ended = compare(inputs)
        explained.update(some)
        outcomes.update(ended)
        done += number
        for found, case in unexplained:
            findings.append(_kept(found, case))
            if len(findings) <= _SHOWN:
                print(f"finding: {found.value}; isoill: {_said(case)}\n  {findings[-1]}", flush=True)
    took = time.monotonic() - began
    _print(done, took, explained, outcomes, findings)
    return 1 if findings else 0


def replay(files: Iterable[Path]) -> int:
    """Compare what is in files, and say of each what came of it; 1 if there was a finding."""
    bad = 0
    for path in files:
        octets = path.read_bytes()
        case = Case(octets, _read(octets), answers([octets])[0])
        found = difference(case)
        explanation = None if found is None else _explanation(found, case)
        verdict = "no difference" if found is None else f"{found.value}: {explanation.text if explanation else '?'}"
        print(f"{path}: {verdict}; isoill: {_said(case)}")
        bad |= found is not None and explanation is None
    return int(bad)


def _said(case: Case) -> str:
    return str(case.read) if isinstance(case.read, isoill.DecodeError) else type(case.read).__name__


def _kept(found: Difference, case: Case) -> Path:
    """The file in which a finding is kept."""
    folder = BUILD / "findings"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"yaz-{found.name.lower()}-{hashlib.sha1(case.octets).hexdigest()}"
    path.write_bytes(case.octets)
    return path


def _print(
    done: int, took: float, explained: Counter[Explanation | None], outcomes: Counter[str], findings: list[Path]
) -> None:
    print(f"{done:,} messages compared in {took:,.0f} seconds, {done / max(took, 0.001):,.0f} a second")
    for outcome, number in outcomes.most_common():
        print(f"{number:12,}  {outcome}")
    for difference_ in Difference:
        print(f"{difference_.value}:")
        for explanation in EXPLANATIONS:
            if explanation.difference is difference_:
                print(f"{explained[explanation]:12,}  {explanation.text}")
    print(f"{len(findings):12,}  not explained" + (f": see {BUILD / 'findings'}" if findings else ""))

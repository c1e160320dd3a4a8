"""What several profiles say of several messages: as lines, as a matrix, as JSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence

from isoill.asn1 import type_of
from isoill.codec import Examination
from isoill.profiles import Finding, Profile, Role, Severity, Transport
from isoill.records import record
from isoill.types import Apdu

__all__ = ["Checked", "as_json", "as_lines", "as_matrix", "checked"]

_SEVERITIES = tuple(Severity)  # the worst first


@record
class Checked:
    """One message, and what each profile finds in it."""

    #: where it came from, for people
    place: str
    apdu: Apdu
    #: by the name of the profile
    findings: dict[str, list[Finding]]

    @property
    def name(self) -> str:
        """What the standard calls the message."""
        return type_of(type(self.apdu)).name

    def worst(self, profile: str) -> Severity | None:
        """The worst that a profile finds; None where it finds nothing."""
        there = {finding.severity for finding in self.findings[profile]}
        return next((severity for severity in _SEVERITIES if severity in there), None)

    @property
    def refused(self) -> bool:
        """Whether any of the profiles would refuse it."""
        return any(self.worst(name) is Severity.REFUSED for name in self.findings)


def checked(
    place: str,
    examination: Examination,
    profiles: Sequence[Profile],
    *,
    role: Role | None = None,
    transport: Transport | None = None,
    today: datetime.date | None = None,
    history: Sequence[Apdu] = (),
) -> Checked:
    """Let each profile look; where the octets themselves deviate is a warning of rule ``encoding``, in each."""
    octets = [
        Finding("encoding", Severity.WARNING, each.path, f"{each.detail} (offset {each.offset})")
        for each in examination.deviations
    ]
    apdu = examination.apdu
    found = {
        profile.name: octets + profile.check(apdu, role=role, transport=transport, today=today, history=history)
        for profile in profiles
    }
    return Checked(place, apdu, {name: sorted(each, key=_rank) for name, each in found.items()})


def _rank(finding: Finding) -> int:
    return _SEVERITIES.index(finding.severity)


def as_lines(result: Checked) -> Iterator[str]:
    """The message, and each finding once, with the profiles that have it where there are several."""
    several = len(result.findings) > 1
    yield f"{result.place}: {result.name}{'' if several else ': ' + _summary(*result.findings.values())}"
    by_finding: dict[Finding, list[str]] = {}
    for name, findings in result.findings.items():
        for finding in findings:
            by_finding.setdefault(finding, []).append(name)
    for finding in sorted(by_finding, key=_rank):
        names = by_finding[finding]
        who = "all" if len(names) == len(result.findings) else ", ".join(names)
        yield f"  {finding}{f' ({who})' if several else ''}"


def _plural(severity: Severity, count: int) -> str:
    return severity if count == 1 or severity is Severity.REFUSED else f"{severity}s"


def _summary(findings: list[Finding]) -> str:
    counts = [(sum(each.severity is severity for each in findings), severity) for severity in _SEVERITIES]
    words = [f"{count} {_plural(severity, count)}" for count, severity in counts if count]
    return ", ".join(words) or "nothing found"


def as_matrix(results: Sequence[Checked], profiles: Sequence[Profile]) -> Iterator[str]:
    """A line for each message, a column for each profile, and in it the worst that is found."""
    names = [profile.name for profile in profiles]
    rows = [["", "", *names]]
    rows += [[each.place, each.name, *(each.worst(name) or "ok" for name in names)] for each in results]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def as_json(result: Checked) -> str:
    """One line: the place, the message, and for each profile its verdict and findings."""
    return json.dumps(
        {
            "place": result.place,
            "apdu": result.name,
            "profiles": {
                name: {"verdict": result.worst(name) or "ok", "findings": list(map(_finding, findings))}
                for name, findings in result.findings.items()
            },
        },
        ensure_ascii=False,
    )


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "path": finding.path,
        "message": finding.message,
    }

"""The statement of conformance: each item is there, and so is the test that it names."""

import subprocess
import sys

from isoill.conformance import as_text, registered_payloads, statement
from isoill.oids import OID_NAMES
from isoill.profiles import PROFILES
from isoill.services import SENDERS
from tests.conftest import ROOT


def test_every_test_that_is_named_is_there() -> None:
    named = {item.test for section in statement() for item in section.items} - {""}
    files = sorted({test.partition("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=120).stdout
    collected = set(listed.splitlines())
    assert {
        test for test in named if not {test, test.partition("[")[0]} & collected and not _has(test, collected)
    } == set()


def _has(test: str, collected: set[str]) -> bool:
    """A test that is named without its parameters stands for all of them."""
    return "[" not in test and any(each.startswith(f"{test}[") for each in collected)


def test_everything_is_in_it() -> None:
    sections = {section.letter: section for section in statement()}
    assert len(sections["B"].items) == len(SENDERS) == 20
    assert len(sections["F"].items) == len(registered_payloads())
    rules = {rule.id for profile in PROFILES.values() for rule in profile.rules}
    stated = {item.what for letter in "GHIJK" for item in sections[letter].items}
    assert stated == rules
    for section in statement():
        assert [item.number for item in section.items] == [
            f"{section.letter}.{number}" for number in range(1, len(section.items) + 1)
        ]
        assert all(len(item.says) == len(section.columns) for item in section.items)


def test_every_message_payload_and_rule_is_shown_by_a_test() -> None:
    for section in statement():
        if section.letter in "BCDFGHIJK":
            assert all(item.test for item in section.items), section.title


def test_what_has_a_name_and_no_type_is_known() -> None:
    """Object identifiers that stand for something else than a type: syntaxes, and modes of delivery."""
    without = OID_NAMES.keys() - {payload.oid for payload in registered_payloads()}
    others = {oid for oid in without if not oid.startswith(("1.2.840.10003.5.", "1.0.10161.9."))}
    assert {oid for oid in others if OID_NAMES[oid] != "ISO-10161-ILL-1"} == set()


def test_the_page_has_every_item() -> None:
    page = as_text()
    for section in statement():
        assert f"{section.letter}. {section.title}" in page
        for item in section.items:
            assert f"* - {item.number}\n     - {item.what}\n" in page

"""ISBN, ISSN and ISIL: what is taken, what is refused and how that is said, and where a message has them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

import isoill
from isoill.testing import values
from tests.conftest import need

need(find_spec("stdnum"), "python-stdnum (extra ids)")
from isoill import ids  # noqa: E402


@pytest.mark.parametrize(
    ("check", "text", "number"),
    [
        (ids.isbn, "1771003456", "1771003456"),
        (ids.isbn, "1-77100-345-6", "1771003456"),
        (ids.isbn, " 1 77100 345 6 ", "1771003456"),
        (ids.isbn, "1-77100-345-6 (pbk.)", "1771003456"),
        (ids.isbn, "1771003456pbk.", "1771003456"),
        (ids.isbn, "1771003456 : $12.95", "1771003456"),
        (ids.isbn, "1\u201377100\u2013345\u20136", "1771003456"),
        (ids.isbn, "ISBN 1-77100-345-6", "1771003456"),
        (ids.isbn, "isbn-13: 978-1-77100-345-2", "9781771003452"),
        (ids.isbn, "9781771003452 (v. 1)", "9781771003452"),
        (ids.isbn, "000000006x", "000000006X"),
        (ids.isbn, "00-000019-1", "0000000191"),
        (ids.isbn10, "1-77100-345-6", "1771003456"),
        (ids.isbn10, "978-1-77100-345-2", "1771003456"),
        (ids.isbn10, "978-0-00-000006-4", "000000006X"),
        (ids.issn, "19256019", "19256019"),
        (ids.issn, "1925-6019", "19256019"),
        (ids.issn, "ISSN 1925-6019 (online)", "19256019"),
        (ids.issn, "2000-009x", "2000009X"),
        (ids.isil, "DE-1", "DE-1"),
        (ids.isil, "de-1a", "DE-1a"),
        (ids.isil, " ISIL AU-ACT:TEST/2 ", "AU-ACT:TEST/2"),
        (ids.isil, "isil:oclc-tst", "OCLC-tst"),
        (ids.isil, "US-1234567890123", "US-1234567890123"),
    ],
)
def test_what_is_right(check: Callable[[str], str], text: str, number: str) -> None:
    assert check(text) == number
    assert check(isoill.VisibleString(text)) == number


SHAPE = "expected an ISIL of a prefix, a hyphen, and letters, digits, hyphens, colons or slashes"


@pytest.mark.parametrize(
    ("check", "text", "message"),
    [
        (ids.isbn, "", "expected an ISBN of digits, the last of which may be X, found ''"),
        (ids.isbn, "none", "expected an ISBN of digits, the last of which may be X, found 'none'"),
        (ids.isbn, "17710X3456", "expected an ISBN of digits, the last of which may be X, found '17710X3456'"),
        (ids.isbn, "177100345", "expected an ISBN with the right check digit, found '177100345'"),
        (ids.isbn, "17710034567", "expected an ISBN of 10 or 13 characters, found '17710034567'"),
        (ids.isbn, "1-77100-345-7 (pbk.)", "expected an ISBN with the right check digit, found '1-77100-345-7 (pbk.)'"),
        (ids.isbn, "9781771003453", "expected an ISBN with the right check digit, found '9781771003453'"),
        (ids.isbn, "9771925601009", "expected an ISBN with 978 or 979 in front, found '9771925601009'"),
        (ids.isbn10, "9781771003453", "expected an ISBN with the right check digit, found '9781771003453'"),
        (ids.isbn10, "9791099999993", "expected an ISBN that has a form of 10 characters, found '9791099999993'"),
        (ids.issn, "1925-6010", "expected an ISSN with the right check digit, found '1925-6010'"),
        (ids.issn, "1925-601", "expected an ISSN of 8 characters, found '1925-601'"),
        (ids.issn, "1925-601?", "expected an ISSN of 8 characters, found '1925-601?'"),
        (ids.issn, "?", "expected an ISSN of digits, the last of which may be X, found '?'"),
        (ids.isil, "WW-1", "expected an ISIL with a registered prefix, found 'WW-1'"),
        (ids.isil, "US-12345678901234", "expected an ISIL of at most 16 characters, found 'US-12345678901234'"),
        *((ids.isil, text, f"{SHAPE}, found {text!r}") for text in ("", "DE", "DE-", "-1", "DE 1", "DE-ü", "ABCDE-1")),
    ],
)
def test_what_is_wrong(check: Callable[[str], str], text: str, message: str) -> None:
    with pytest.raises(ids.IdentifierError) as caught:
        check(text)
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, isoill.ILLError)


def test_a_message_does_not_grow_with_the_input() -> None:
    with pytest.raises(ids.IdentifierError) as caught:
        ids.isbn("7" * 100_000)
    assert str(caught.value) == "expected an ISBN of 10 or 13 characters, found '" + "7" * 59


@given(st.text() | st.text("0123456789Xx- IiSsBbNnLl:/"))
def test_any_text_has_an_answer(text: str) -> None:
    for check in ids.isbn, ids.isbn10, ids.issn, ids.isil:
        try:
            number = check(text)
        except ids.IdentifierError:
            continue
        assert check(number) == number


# ── in messages ────────────────────────────────────────────────────────────────────────────────────────────────────


def request_with(request_octets: bytes, item: isoill.ItemId, *tried: str) -> isoill.ILLRequest:
    request = isoill.decode(request_octets)
    assert isinstance(request, isoill.ILLRequest)
    third_parties = isoill.ThirdPartyInfoType(
        send_to_list=(isoill.SendToListEntry(system_id=isoill.SystemId.of("isil:DE-")),),
        already_tried_list=tuple(map(isoill.SystemId.of, tried)),
    )
    return replace(
        request,
        item_id=item,
        third_party_info_type=third_parties,
        requester_id=isoill.SystemId(
            person_or_institution_symbol=isoill.PersonOrInstitutionSymbol(person_symbol="ISIL:ww-1")
        ),
        responder_id=isoill.SystemId.of("isil:DE-1", name="WW-1"),
    )


def test_the_faults_of_a_request(request_octets: bytes) -> None:
    tried = ("als:BVAS", "nlc-bnc:OONL", "WW-1", "DE-1", "oclc:XXX", "US-", "exl:US-1")
    item = isoill.ItemId(isbn="1771003457", issn="1925-6010", title="WW-1")
    request = request_with(request_octets, item, *tried)
    assert ids.faults(request) == [
        ids.Fault(
            "ILL-Request.requester_id.person_or_institution_symbol.person_symbol",
            "expected an ISIL with a registered prefix, found 'ISIL:ww-1'",
        ),
        ids.Fault("ILL-Request.item_id.isbn", "expected an ISBN with the right check digit, found '1771003457'"),
        ids.Fault("ILL-Request.item_id.issn", "expected an ISSN with the right check digit, found '1925-6010'"),
        ids.Fault(
            "ILL-Request.third_party_info_type.send_to_list[0].system_id"
            ".person_or_institution_symbol.institution_symbol",
            f"{SHAPE}, found 'isil:DE-'",
        ),
        ids.Fault(
            "ILL-Request.third_party_info_type.already_tried_list[2].person_or_institution_symbol.institution_symbol",
            "expected an ISIL with a registered prefix, found 'WW-1'",
        ),
        ids.Fault(
            "ILL-Request.third_party_info_type.already_tried_list[5].person_or_institution_symbol.institution_symbol",
            f"{SHAPE}, found 'US-'",
        ),
    ]
    assert str(ids.faults(request.item_id)[0]) == (
        "expected an ISBN with the right check digit, found '1771003457' - at Item-Id.isbn"
    )


def test_paths_are_those_of_errors(request_octets: bytes) -> None:
    """What `faults` names can be found in a dict of the message by the same path."""
    request = request_with(request_octets, isoill.ItemId(isbn="?"), "WW-1")
    for fault in ids.faults(request):
        value: object = request
        for step in fault.path.replace("[", ".[").split(".")[1:]:
            value = value[int(step[1:-1])] if isinstance(value, tuple) else getattr(value, step)
        assert repr(value) in fault.message


def test_right_ones_are_no_fault(request_octets: bytes) -> None:
    assert ids.faults(isoill.decode(request_octets)) == []
    for isbn in "1771003456", "9781771003452", "1-77100-345-6 (pbk.)":
        assert ids.faults(isoill.ItemId(isbn=isbn, issn="19256019")) == []


@given(values(isoill.ILLRequest, constrained=False))
def test_any_request_has_an_answer(request: isoill.ILLRequest) -> None:
    for fault in ids.faults(request):
        assert fault.path.startswith("ILL-Request.")
        assert fault.message.startswith("expected an IS")


# ── without python-stdnum ──────────────────────────────────────────────────────────────────────────────────────────


def test_without_stdnum_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['stdnum'] = None; import isoill; import isoill.ids"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ImportError: isoill.ids needs python-stdnum: pip install 'isoill[ids]'"


def test_isoill_does_not_load_it() -> None:
    code = "import sys, isoill; print('isoill.ids' in sys.modules, 'stdnum' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"

"""Errors back to the wire: which report answers octets that cannot be read."""

from __future__ import annotations

import datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

import isoill
from isoill import DecodeError, GeneralProblem, Reason, StatusOrErrorReport, TransactionId, report_of
from isoill.asn1 import fields_of, type_of
from isoill.payloads import AdditionalUserErrorReportInfo, UnrecognizedData, UserErrorDetail
from isoill.problems import GENERAL_PROBLEMS, element_of
from isoill.types import ILLAPDU
from tests.conftest import ROOT

OCTETS = (ROOT / "examples" / "messages" / "ill-request.ber").read_bytes()
REQUEST: Any = isoill.decode(OCTETS)


def answered(octets: bytes, **options: Any) -> tuple[DecodeError, StatusOrErrorReport]:
    with pytest.raises(DecodeError) as caught:
        isoill.decode(octets)
    report = report_of(caught.value, octets, **options)
    assert report is not None
    assert isoill.decode(isoill.encode(report)) == report
    return caught.value, report


def general_problem(report: StatusOrErrorReport) -> Any:
    assert report.error_report is not None
    assert report.error_report.provider_error_report is not None
    assert report.error_report.report_source is isoill.ReportSource.PROVIDER
    return report.error_report.provider_error_report.general_problem


def details(report: StatusOrErrorReport) -> tuple[UserErrorDetail, ...]:
    return report.extension(AdditionalUserErrorReportInfo) or ()


def replaced(old: str, new: str) -> bytes:
    before, after = bytes.fromhex(old), bytes.fromhex(new)
    assert OCTETS.count(before) == 1
    assert len(before) == len(after)
    return OCTETS.replace(before, after)


#: Of yaz-illclient's request: transaction-type [5] 1.
TYPE = "850101"


def test_every_reason_for_which_octets_are_refused_has_its_problem() -> None:
    encoding_only = {Reason.WRONG_TYPE, Reason.UNWRITABLE_VALUE}
    assert set(GENERAL_PROBLEMS) == set(Reason) - encoding_only


def test_a_value_that_is_not_listed_is_mistyped() -> None:
    error, report = answered(replaced(TYPE, "850109"))
    assert general_problem(report) is GeneralProblem.MISTYPED_APDU
    assert details(report) == (
        UserErrorDetail(
            unrecognized_data=UnrecognizedData(
                element="ILL-REQUEST.transaction-type",
                expected_format="expected a listed value of Transaction-Type, found 9",
            )
        ),
    )
    assert report.note == str(error)
    assert report.transaction_id == REQUEST.transaction_id
    assert (report.requester_id, report.responder_id) == (REQUEST.requester_id, REQUEST.responder_id)


def test_a_component_that_is_missing_is_named() -> None:
    """A Received of nothing but its head."""
    head = "800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313232".replace(" ", "")
    octets = bytes.fromhex(f"68{len(head) // 2 + 2:02x}30{len(head) // 2:02x}{head}")
    _, report = answered(octets)
    assert general_problem(report) is GeneralProblem.BADLY_STRUCTURED_APDU
    assert details(report) == (UserErrorDetail(missing_required_element="RECEIVED.date-received"),)
    assert report.transaction_id == TransactionId(transaction_group_qualifier="1", transaction_qualifier="2")
    assert report.error_report is not None
    assert report.error_report.correlation_information == "Received 20261122"


def test_octets_that_are_no_apdu_are_not_recognized() -> None:
    _, report = answered(b"\x75" + OCTETS[1:])
    assert general_problem(report) is GeneralProblem.UNRECOGNIZED_APDU
    assert report.transaction_id == REQUEST.transaction_id
    _, report = answered(b"UNB+UNOA:1'")
    assert general_problem(report) is GeneralProblem.UNRECOGNIZED_APDU
    assert report.transaction_id.transaction_group_qualifier == "unknown"
    assert report.service_date_time.date_time_of_this_service.date == "00000000"


def test_a_later_version_is_said_to_be_one() -> None:
    _, report = answered(replaced("800102a1", "800103a1").replace(bytes.fromhex(TYPE), bytes.fromhex("850109")))
    assert general_problem(report) is GeneralProblem.PROTOCOL_VERSION_NOT_SUPPORTED
    assert report.protocol_version_num == 2


@pytest.mark.parametrize("size", [0, 1, 3, 40, 200, len(OCTETS) - 1])
def test_a_message_that_is_cut_is_badly_structured(size: int) -> None:
    _, report = answered(OCTETS[:size])
    assert general_problem(report) is GeneralProblem.BADLY_STRUCTURED_APDU
    known = size >= 200  # by then the transaction-id and the date-time are there
    assert (report.transaction_id == REQUEST.transaction_id) is known


def test_what_goes_over_the_limits_is_another_problem() -> None:
    with pytest.raises(isoill.LimitError) as caught:
        isoill.decode(OCTETS, limits=isoill.Limits(elements=10))
    report = report_of(caught.value, OCTETS)
    assert report is not None
    assert general_problem(report) is GeneralProblem.OTHER


def test_a_length_that_cannot_be_is_of_the_structure() -> None:
    _, report = answered(OCTETS[:1] + b"\xe3" + OCTETS[2:])
    assert general_problem(report) is GeneralProblem.BADLY_STRUCTURED_APDU


def test_a_report_is_not_answered_by_a_report() -> None:
    report = answered(b"")[1]
    with pytest.raises(ValueError, match="expected a message that is no report"):
        isoill.error_report(report, isoill.UserErrorReport(security_problem="who are you?"))


@pytest.mark.parametrize("padding", [b"", b"\r\n", b"\0"])
def test_a_report_that_cannot_be_read_is_not_answered(padding: bytes) -> None:
    octets = padding + b"\x73\x02\x30\x00"
    with pytest.raises(DecodeError) as caught:
        isoill.decode(octets)
    assert report_of(caught.value, octets) is None


def test_the_time_is_an_argument() -> None:
    now = datetime.datetime(2026, 11, 22, 9, 30)
    for octets in (replaced(TYPE, "850109"), b"\x75\x00"):
        _, report = answered(octets, now=now)
        assert report.service_date_time == isoill.ServiceDateTime.of(now)
    _, report = answered(replaced(TYPE, "850109"))
    assert report.service_date_time.date_time_of_this_service.moment == datetime.datetime(2026, 11, 21, 10, 15, 1)


@given(st.integers(0, len(OCTETS) - 1), st.binary(min_size=1, max_size=3), st.integers(0, len(OCTETS)))
def test_whatever_cannot_be_read_is_answered(place: int, octets: bytes, end: int) -> None:
    broken = (OCTETS[:place] + octets + OCTETS[place + len(octets) :])[: max(end, 1)]
    try:
        isoill.decode(broken)
    except DecodeError as error:
        report = report_of(error, broken)
        assert report is not None or broken[0] == 0x73
        if report is not None:
            assert isoill.decode(isoill.encode(report)) == report


@given(st.binary(max_size=60))
def test_any_octets_that_cannot_be_read_are_answered(octets: bytes) -> None:
    try:
        isoill.decode(octets)
    except DecodeError as error:
        report = report_of(error, memoryview(octets))
        assert report is None or isoill.decode(isoill.encode(report)) == report


@pytest.mark.parametrize(
    ("path", "element"),
    [
        ("ILL-Request.item_id.title", "ILL-REQUEST.item-id.title"),
        ("ILL-Request.item_id.issn", "ILL-REQUEST.item-id.iSSN"),
        ("ILL-Request.ill_service_type[0]", "ILL-REQUEST.iLL-service-type"),
        (
            "ILL-Request.third_party_info_type.send_to_list[2].system_id",
            "ILL-REQUEST.third-party-info-type.send-to-list.system-id",
        ),
        ("Overdue.extensions[0].item", "OVERDUE.overdue-extensions.item"),
        (
            "ILL-Answer.results_explanation.unfilled_results.reason_unfilled",
            "ILL-ANSWER.results-explanation.unfilled-results.reason-unfilled",
        ),
        ("Lost.no_such_thing.inside", "LOST.no-such-thing.inside"),
        ("Item-Id.title", "ITEM-ID.title"),
        ("", ""),
    ],
)
def test_elements_are_written_as_the_ipig_does(path: str, element: str) -> None:
    assert element_of(path) == element


def test_every_component_of_every_message_has_its_name() -> None:
    for alternative in type_of(ILLAPDU).alternatives:
        assert alternative.python is not None
        for component in fields_of(alternative.python):
            name = f"{alternative.name.upper()}.{component.asn1_name}"
            assert element_of(f"{alternative.name}.{component.name}") == name

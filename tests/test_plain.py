"""Values as dicts and JSON, and what is said of those that say no value."""

import dataclasses
import json
from typing import Any

import pytest

import isoill
from isoill.asn1 import NULL, BitString, Latin1String, Latin1VisibleString, VisibleString
from isoill.plain import PlainError


def test_a_message_is_readable(request_octets: bytes) -> None:
    plain = isoill.to_dict(isoill.decode(request_octets))
    assert plain["apdu"] == "ILLRequest"
    assert plain["item_id"]["item_type"] == "MONOGRAPH"
    assert plain["ill_service_type"] == ["LOAN"]
    assert plain["retry_flag"] is False
    assert plain["extensions"][1] == {"identifier": 1, "critical": False, "item": "280b060528cf310d02a0023000"}
    assert "cost_info_type" not in plain


def test_json_is_lossless(request_octets: bytes) -> None:
    apdu = isoill.decode(request_octets)
    text = isoill.to_json(apdu, indent=2)
    assert isoill.from_json(text) == apdu
    assert isoill.from_json(text.encode()) == apdu
    assert isoill.encode(isoill.from_json(isoill.to_json(apdu))) == isoill.encode(apdu)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (
            isoill.SystemAddress(telecom_service_address=VisibleString("x")),
            {"telecom_service_address": {"VisibleString": "x"}},
        ),
        (
            isoill.SystemAddress(telecom_service_address=Latin1String("é")),
            {"telecom_service_address": {"Latin1String": "é"}},
        ),
        (
            isoill.SystemAddress(telecom_service_address=Latin1VisibleString("é")),
            {"telecom_service_address": {"Latin1VisibleString": "é"}},
        ),
        (isoill.DamagedPortion(complete_document=NULL), {"complete_document": "NULL"}),
        (isoill.DamagedPortion(specific_units=(2**150, -1)), {"specific_units": [2**150, -1]}),
        (isoill.ExternalEncoding(arbitrary=BitString(b"\x80", 7)), {"arbitrary": {"octets": "80", "unused": 7}}),
        (isoill.ExternalEncoding(octet_aligned=b""), {"octet_aligned": ""}),
        (
            isoill.External.of("1.2.3", b"\x05\x00"),
            {"direct_reference": "1.2.3", "encoding": {"single_asn1_type": "0500"}},
        ),
        (isoill.UnfilledResults(reason_unfilled=99), {"reason_unfilled": 99}),  # type: ignore[arg-type]
    ],
)
def test_every_kind_of_value(value: Any, plain: dict[str, Any]) -> None:
    assert isoill.to_dict(value) == plain
    again = isoill.from_dict(json.loads(json.dumps(plain)), type=type(value))
    assert again == value
    assert repr(again) == repr(value)


def test_a_message_may_be_named_and_asked_for(request_octets: bytes) -> None:
    class Ours(isoill.ILLRequest):
        """Somebody's own class."""

    apdu = isoill.decode(request_octets)
    assert isoill.from_dict(isoill.to_dict(apdu), type=isoill.ILLRequest) == apdu
    ours = Ours(**{name: getattr(apdu, name) for name in apdu.__dataclass_fields__})
    assert isoill.from_dict(isoill.to_dict(ours)) == apdu
    named = dataclasses.replace(apdu, protocol_version_num=isoill.ProtocolVersionNum.VERSION_2)
    assert isoill.to_dict(named)["protocol_version_num"] == 2
    with pytest.raises(PlainError, match="found 'apdu'"):
        isoill.from_dict(isoill.to_dict(apdu), type=isoill.Recall)


def test_what_is_refused_is_shown_in_few_characters() -> None:
    deep: Any = "x"
    for _ in range(10_000):
        deep = [deep]
    for value in (deep, 10**5000, "x" * 10_000):
        with pytest.raises(PlainError) as caught:
            isoill.from_dict({"renewable": value, "date_due_field": "x"}, type=isoill.DateDue)
        assert len(str(caught.value)) < 200


def test_a_listed_number_is_its_member() -> None:
    made = isoill.from_dict({"reason_unfilled": 17}, type=isoill.UnfilledResults)
    assert made.reason_unfilled is isoill.ReasonUnfilled.NOT_FOUND_AS_CITED


def test_defaults_may_be_left_out() -> None:
    assert isoill.from_json('{"date_due_field": "20261224"}', type=isoill.DateDue).renewable is True


@pytest.mark.parametrize(
    ("plain", "type_", "reason", "path", "detail"),
    [
        ([], None, "WRONG_TYPE", "", "expected a dict, found []"),
        ({}, None, "UNLISTED_VALUE", "", "expected the class of an APDU under 'apdu', found None"),
        ({"apdu": ["x"]}, None, "UNLISTED_VALUE", "", "found ['x']"),
        ({"apdu": "Apdu"}, None, "UNLISTED_VALUE", "", "found 'Apdu'"),
        ({"apdu": "Recall"}, None, "MISSING_COMPONENT", "Recall", "expected protocol_version_num, found nothing"),
        ({"colour": 1}, isoill.SystemId, "UNKNOWN_COMPONENT", "System-Id", "found 'colour'"),
        ({"symbol": "x"}, isoill.SystemId, "UNKNOWN_COMPONENT", "System-Id", "found 'symbol'"),
        ("x", isoill.SystemId, "WRONG_TYPE", "System-Id", "expected the components of System-Id, found 'x'"),
        ({}, isoill.DamagedPortion, "UNWRITABLE_VALUE", "Damaged-Details.damaged-portion", "found 0"),
        (
            {"specific_units": 5},
            isoill.DamagedPortion,
            "WRONG_TYPE",
            "Damaged-Details.damaged-portion.specific_units",
            "expected a list",
        ),
        (
            {"specific_units": [1, 2.5]},
            isoill.DamagedPortion,
            "WRONG_TYPE",
            "Damaged-Details.damaged-portion.specific_units[1]",
            "2.5",
        ),
        (
            {"specific_units": [True]},
            isoill.DamagedPortion,
            "WRONG_TYPE",
            "Damaged-Details.damaged-portion.specific_units[0]",
            "True",
        ),
        (
            {"complete_document": None},
            isoill.DamagedPortion,
            "WRONG_TYPE",
            "Damaged-Details.damaged-portion.complete_document",
            "'NULL'",
        ),
        ({"date_due_field": 20261224}, isoill.DateDue, "WRONG_TYPE", "Date-Due.date_due_field", "expected a text"),
        (
            {"date_due_field": {"Latin1String": "x"}},
            isoill.DateDue,
            "UNWRITABLE_VALUE",
            "Date-Due.date_due_field",
            "plain str",
        ),
        ({"date_due_field": {"str": "x"}}, isoill.DateDue, "WRONG_TYPE", "Date-Due.date_due_field", "{'str': 'x'}"),
        (
            {"date_due_field": "x", "renewable": "yes"},
            isoill.DateDue,
            "WRONG_TYPE",
            "Date-Due.renewable",
            "true or false",
        ),
        (
            {"reason_unfilled": "LATE"},
            isoill.UnfilledResults,
            "UNLISTED_VALUE",
            "Unfilled-Results.reason_unfilled",
            "'LATE'",
        ),
        (
            {"reason_unfilled": None},
            isoill.UnfilledResults,
            "UNLISTED_VALUE",
            "Unfilled-Results.reason_unfilled",
            "None",
        ),
        (
            {"octet_aligned": "xx"},
            isoill.ExternalEncoding,
            "WRONG_TYPE",
            "EXTERNAL.encoding.octet_aligned",
            "hexadecimal",
        ),
        ({"octet_aligned": 5}, isoill.ExternalEncoding, "WRONG_TYPE", "EXTERNAL.encoding.octet_aligned", "hexadecimal"),
        (
            {"arbitrary": "80"},
            isoill.ExternalEncoding,
            "WRONG_TYPE",
            "EXTERNAL.encoding.arbitrary",
            "octets and unused",
        ),
        (
            {"arbitrary": {"octets": "80", "unused": "7"}},
            isoill.ExternalEncoding,
            "WRONG_TYPE",
            "EXTERNAL.encoding.arbitrary.unused",
            "expected an int",
        ),
        (
            {"direct_reference": 1, "encoding": {"octet_aligned": ""}},
            isoill.External,
            "WRONG_TYPE",
            "EXTERNAL.direct_reference",
            "1",
        ),
    ],
)
def test_what_says_no_value_is_said_to(plain: Any, type_: Any, reason: str, path: str, detail: str) -> None:
    with pytest.raises(PlainError) as caught:
        isoill.from_dict(plain, type=type_)
    assert (caught.value.reason.name, caught.value.path) == (reason, path)
    assert detail in str(caught.value)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "expected JSON"),
        ("{", "expected JSON"),
        (b"\xff\xfe", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ("9" * 5000, "expected JSON"),
        ('{"apdu": 1, "apdu": 2}', "expected each key once, found 'apdu' twice"),
    ],
)
def test_what_is_no_json_is_said_to(text: str | bytes, detail: str) -> None:
    with pytest.raises(PlainError, match=detail):
        isoill.from_json(text)

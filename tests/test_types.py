"""The declared types as Python values."""

import copy
import dataclasses
import datetime
import enum
import inspect
import pickle
import re
from typing import Any

import pytest

import isoill
from isoill import types
from isoill.asn1 import Enumerated, fields_of, type_of
from isoill.types import apdus, common, delivery, enums, reports, request, results, strings

MODULES = [apdus, common, delivery, enums, reports, request, results, strings]
DECLARED: list[type[Any]] = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and value.__module__ == module.__name__
]

RECALL = isoill.Recall(
    protocol_version_num=2,
    transaction_id=isoill.TransactionId(
        initial_requester_id=isoill.SystemId.of("als:BVAS"), transaction_group_qualifier="1", transaction_qualifier="2"
    ),
    service_date_time=isoill.ServiceDateTime.of(datetime.datetime(2003, 6, 6, 19, 55, 43)),
)


@pytest.mark.parametrize("cls", DECLARED, ids=lambda cls: cls.__name__)
def test_docstrings_begin_with_the_asn1_name(cls: type[Any]) -> None:
    doc = inspect.getdoc(cls) or ""
    name = type_of(cls).name
    inline = (
        "." in name or " " in name or cls is isoill.Apdu or (issubclass(cls, enum.Enum) and not doc.startswith(name))
    )
    if inline:  # the type has no name of its own in the module: what holds it is named
        assert re.match(r"[A-Z].{20}", doc), doc
    else:
        assert doc.startswith(f"{name}: "), doc


def test_twenty_apdus_in_the_order_of_their_tags() -> None:
    alternatives = type_of(isoill.ILLAPDU).alternatives
    assert [alternative.tag.number for alternative in alternatives if alternative.tag] == list(range(1, 21))
    assert all(issubclass(alternative.python, isoill.Apdu) for alternative in alternatives if alternative.python)
    numbers = {member.asn1_name.lower(): int(member) for member in isoill.ILLAPDUType}
    assert numbers == {alternative.name.lower(): number for number, alternative in enumerate(alternatives, 1)}


def test_public_names_are_there_and_sorted_by_origin() -> None:
    assert all(hasattr(isoill, name) for name in isoill.__all__)
    assert not hasattr(isoill, "get_profiles")
    assert set(types.__all__) <= set(isoill.__all__)


@pytest.mark.parametrize(
    ("made", "symbol", "name"),
    [
        (isoill.SystemId.of("oclc:OON"), "oclc:OON", None),
        (isoill.SystemId.of("oclc:OON", name="Ottawa"), "oclc:OON", "Ottawa"),
        (isoill.SystemId(), None, None),
        (
            isoill.SystemId(
                person_or_institution_symbol=isoill.PersonOrInstitutionSymbol(person_symbol=""),
                name_of_person_or_institution=isoill.NameOfPersonOrInstitution(name_of_person="Ann"),
            ),
            "",
            "Ann",
        ),
    ],
)
def test_system_ids(made: isoill.SystemId, symbol: str | None, name: str | None) -> None:
    assert (made.symbol, made.name) == (symbol, name)


def test_dates_and_times() -> None:
    moment = datetime.datetime(2003, 6, 6, 19, 55, 43, 999)
    made = isoill.ServiceDateTime.of(moment, moment - datetime.timedelta(days=1))
    assert made.date_time_of_this_service == isoill.DateTimeOfService(date="20030606", time="195543")
    assert made.date_time_of_this_service.moment == moment.replace(microsecond=0)
    assert made.date_time_of_original_service is not None
    assert made.date_time_of_original_service.date == "20030605"
    assert isoill.DateTimeOfService(date="20030606").moment == datetime.datetime(2003, 6, 6)
    assert isoill.iso_date(datetime.date(812, 1, 2)) == "08120102"
    assert isoill.time_of("0930") == datetime.time(9, 30)


@pytest.mark.parametrize("text", ["19991332", "2003066", "2003 606", "٢٠٠٣٠٦٠٦", ""])
def test_what_is_no_date_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a date|month|day"):
        isoill.date_of(text)


@pytest.mark.parametrize("text", ["2560", "19554", "", "196060", "1x00"])
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a time|hour|minute|second"):
        isoill.time_of(text)


def test_repr_shows_what_is_set_and_reads_back() -> None:
    shown = repr(RECALL)
    assert "responder_id" not in shown
    assert eval(shown, vars(isoill)) == RECALL


def test_repr_leaves_defaults_out() -> None:
    assert repr(isoill.DateDue(date_due_field="20261224")) == "DateDue(date_due_field='20261224')"
    assert repr(isoill.DateDue(date_due_field="20261224", renewable=False)).endswith("renewable=False)")


def test_values_behave_as_values() -> None:
    again = copy.deepcopy(RECALL)
    assert again == RECALL
    assert again is not RECALL
    assert hash(again) == hash(RECALL)
    assert pickle.loads(pickle.dumps(RECALL)) == RECALL
    assert copy.copy(RECALL) == RECALL
    noted = dataclasses.replace(RECALL, responder_note="now")
    assert noted != RECALL
    assert noted.responder_note == "now"
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECALL.responder_note = "later"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        RECALL.colour = "red"  # type: ignore[attr-defined]
    match RECALL:
        case isoill.Recall(transaction_id=isoill.TransactionId(transaction_qualifier=qualifier)):
            assert qualifier == "2"
        case _:
            pytest.fail("a Recall was wanted")


def test_decoded_values_behave_as_made_ones(request_octets: bytes) -> None:
    apdu = isoill.decode(request_octets)
    assert pickle.loads(pickle.dumps(apdu)) == apdu
    assert copy.deepcopy(apdu) == apdu
    assert hash(copy.copy(apdu)) == hash(apdu)
    assert dataclasses.replace(apdu, requester_id=None) != apdu


def test_components_are_given_by_name_only() -> None:
    with pytest.raises(TypeError):
        isoill.SystemId(None)  # type: ignore[call-arg]


def test_enumerations_know_the_standard_s_names() -> None:
    assert isoill.CurrentState.NOT_SUPPLIED.asn1_name == "nOT-SUPPLIED"
    assert isoill.ReasonUnfilled.IN_USE_ON_LOAN.asn1_name == "in-use-on-loan"
    assert isoill.ExpiryFlag(1) is isoill.ExpiryFlag.NEED_BEFORE_DATE
    assert repr(isoill.MediumType.PRINTED) == "MediumType.PRINTED"
    assert all(issubclass(cls, Enumerated) for cls in DECLARED if issubclass(cls, enum.Enum))


def test_the_tagging_traps_are_declared_as_the_module_has_them() -> None:
    lines = {
        (cls.__name__, component.name): str(component)
        for cls in DECLARED
        if hasattr(cls, "__components__")
        for component in fields_of(cls)
    }
    assert lines["Overdue", "extensions"] == "overdue-extensions [49] EXPLICIT SEQUENCE OF Extension OPTIONAL"
    assert lines["Recall", "extensions"] == "recall-extensions [49] IMPLICIT SEQUENCE OF Extension OPTIONAL"
    assert lines["WillSupplyResults", "supply_date"] == "supply-date [1] EXPLICIT ISO-Date OPTIONAL"
    assert lines["UnitsPerMediumType", "medium"] == "medium [0] EXPLICIT Supply-Medium-Type"
    assert lines["UnitsPerMediumType", "no_of_units"] == "no-of-units [1] EXPLICIT INTEGER (1..9999)"
    assert lines["ConditionalResults", "proposed_delivery_service"] == (
        "proposed-delivery-service Delivery-Service OPTIONAL"
    )

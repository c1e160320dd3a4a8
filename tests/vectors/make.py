"""Write one message for each APDU: ``python -m tests.vectors.make`` from the project's root.

The values are ours.  ``NAME.ber`` is written by the reference encoder (`isoill.testing.reference`, asn1tools over
``specs/``), ``NAME.yaz.ber`` is what libyaz makes of it: see README.rst.
"""

import datetime
from pathlib import Path
from typing import Any

import isoill
from isoill import (
    ConditionalResults,
    DateDue,
    DeliveryAddress,
    Extension,
    External,
    ExternalEncoding,
    HistoryReport,
    LocationInfo,
    ServiceDateTime,
    SystemAddress,
    SystemId,
    TransactionId,
)
from isoill.testing import reference
from tests.yaz import through_yaz

BORROWER = SystemId.of("isoill:MAIN", name="Main Street Library")
LENDER = SystemId.of("isoill:HILL")
NOTE = "Bücher für Żaneta, 本"
EXTENSION = Extension(identifier=1, item=isoill.encode(External.of("1.0.10161.13.2", b"\x30\x00")))
COMMON: dict[str, Any] = {
    "protocol_version_num": 2,
    "transaction_id": TransactionId(
        initial_requester_id=BORROWER, transaction_group_qualifier="2026-00142", transaction_qualifier="1"
    ),
    "service_date_time": ServiceDateTime.of(
        datetime.datetime(2026, 11, 21, 10, 15), datetime.datetime(2026, 11, 20, 9, 0)
    ),
    "requester_id": BORROWER,
    "responder_id": LENDER,
    "extensions": (EXTENSION,),
}
DUE = DateDue(date_due_field="20270115", renewable=False)
PLACES = (
    LocationInfo(
        location_id=SystemId.of("isoill:BAY"),
        location_address=SystemAddress(telecom_service_identifier="SMTP", telecom_service_address="ill@bay.example"),
        location_note=NOTE,
    ),
    LocationInfo(location_id=SystemId.of("isoill:FALLS")),
)
ELECTRONIC = isoill.ElectronicDeliveryService(
    e_delivery_service=isoill.EDeliveryService(e_delivery_mode="1.0.10161.9.1.1", e_delivery_parameters=b"\x30\x00"),
    document_type=isoill.DocumentType(document_type_id="1.2.840.10003.5.109.1", document_type_parameters=b"\x05\x00"),
    e_delivery_details=isoill.EDeliveryDetails(e_delivery_address=SystemAddress(telecom_service_address="a@b.example")),
    delivery_time="120000",
)

MESSAGES: list[isoill.ILLAPDU] = [
    isoill.ILLRequest(
        **COMMON,
        transaction_type=isoill.TransactionType.CHAINED,
        delivery_address=DeliveryAddress(
            postal_address=isoill.PostalAddress(
                name_of_person_or_institution=isoill.NameOfPersonOrInstitution(name_of_person="Żaneta Müller"),
                extended_postal_delivery_address="Main Street Library\r\n12 Main Street",
                city="Charlottetown",
            )
        ),
        delivery_service=isoill.DeliveryService(electronic_delivery=(ELECTRONIC,)),
        ill_service_type=(isoill.ILLServiceType.COPY_NON_RETURNABLE, isoill.ILLServiceType.LOAN),
        responder_specific_service=External(
            direct_reference="1.0.10161.4.1000.2.1",
            encoding=ExternalEncoding(octet_aligned=b"\x30\x03\x80\x01\x02"),
        ),
        requester_optional_messages=isoill.RequesterOptionalMessagesType(
            can_send_received=True,
            can_send_returned=True,
            requester_shipped=isoill.MessageRequirement.DESIRES,
            requester_checked_in=isoill.MessageRequirement.NEITHER,
        ),
        search_type=isoill.SearchType(
            level_of_service="N", need_before_date="20261224", expiry_flag=isoill.ExpiryFlag.NEED_BEFORE_DATE
        ),
        supply_medium_info_type=(
            isoill.SupplyMediumInfoType(supply_medium_type=isoill.SupplyMediumType.PHOTOCOPY),
            isoill.SupplyMediumInfoType(
                supply_medium_type=isoill.SupplyMediumType.MICROFORM, medium_characteristics="35 mm"
            ),
        ),
        client_id=isoill.ClientId(client_name="Blythe, Gilbert", client_identifier="21001"),
        item_id=isoill.ItemId(
            item_type=isoill.ItemType.SERIAL,
            title="Journal of Apiculture",
            volume_issue="12(3)",
            pagination="1-17",
            national_bibliography_no=External(
                direct_reference="1.2.124.10161.1", encoding=ExternalEncoding(single_asn1_type=b"\x30\x00")
            ),
            issn="12345679",
            system_no=External(
                indirect_reference=3, encoding=ExternalEncoding(arbitrary=isoill.BitString(b"\xa0\x50"))
            ),
        ),
        supplemental_item_description=(External.of("1.2.840.10003.5.10", b"\x04\x03abc"),),
        cost_info_type=isoill.CostInfoType(
            maximum_cost=isoill.Amount(currency_code="CAD", monetary_value="35.00"), will_pay_fee=True
        ),
        copyright_compliance="ccg",
        third_party_info_type=isoill.ThirdPartyInfoType(
            permission_to_forward=True,
            preference=isoill.Preference.ORDERED,
            send_to_list=(isoill.SendToListEntry(system_id=LENDER, account_number="17"),),
            already_tried_list=(BORROWER,),
        ),
        forward_flag=True,
        requester_note=NOTE,
        forward_note="passed on",
    ),
    isoill.ForwardNotification(**COMMON, intermediary_id=SystemId.of("isoill:HUB"), notification_note=NOTE),
    isoill.Shipped(
        **COMMON,
        supplier_id=LENDER,
        shipped_service_type=isoill.ILLServiceType.LOAN,
        supply_details=isoill.SupplyDetails(
            date_shipped="20261122",
            date_due=DUE,
            chargeable_units=1,
            cost=isoill.Amount(monetary_value="12.50"),
            shipped_conditions=isoill.ShippedConditions.LIBRARY_USE_ONLY,
            shipped_via=isoill.ShippedVia(physical_delivery="courier"),
            no_of_units_per_medium=(
                isoill.UnitsPerMediumType(medium=isoill.SupplyMediumType.PRINTED, no_of_units=300),
            ),
        ),
        return_to_address=isoill.PostalAddress(city="Halifax"),
        responder_note=NOTE,
    ),
    isoill.ILLAnswer(
        **COMMON,
        transaction_results=isoill.TransactionResults.CONDITIONAL,
        results_explanation=isoill.ResultsExplanation(
            conditional_results=ConditionalResults(
                conditions=isoill.Conditions.PROPOSED_DELIVERY_SERVICE,
                date_for_reply="20261201",
                locations=PLACES,
                proposed_delivery_service=isoill.DeliveryService(physical_delivery="van"),
            )
        ),
        already_tried_list=(),
    ),
    isoill.ConditionalReply(**COMMON, answer=True, requester_note=NOTE),
    isoill.Cancel(**COMMON, requester_note=NOTE),
    isoill.CancelReply(**COMMON, answer=False),
    isoill.Received(**COMMON, date_received="20261125", shipped_service_type=isoill.ILLServiceType.LOAN),
    isoill.Recall(**COMMON, responder_note=NOTE),
    isoill.Returned(
        **COMMON,
        date_returned="20270110",
        returned_via="courier",
        insured_for=isoill.Amount(currency_code="CAD", monetary_value="100"),
    ),
    isoill.CheckedIn(**COMMON, date_checked_in="20270114"),
    isoill.Overdue(**COMMON, date_due=DUE, responder_note=NOTE),
    isoill.Renew(**COMMON, desired_due_date="20270215"),
    isoill.RenewAnswer(**COMMON, answer=True, date_due=DateDue(date_due_field="20270215")),
    isoill.Lost(**COMMON, note=NOTE),
    isoill.Damaged(
        **COMMON,
        damaged_details=isoill.DamagedDetails(
            document_type_id="1.2.3", damaged_portion=isoill.DamagedPortion(specific_units=(1, 128, 70_000))
        ),
    ),
    isoill.Message(**COMMON, note=NOTE),
    isoill.StatusQuery(**COMMON),
    isoill.StatusOrErrorReport(
        **COMMON,
        status_report=isoill.StatusReport(
            user_status_report=HistoryReport(
                date_requested="20261121",
                title="Journal of Apiculture",
                date_of_last_transition="20261122",
                most_recent_service=isoill.MostRecentService.FORWARD,
                date_of_most_recent_service="20261122",
                initiator_of_most_recent_service=LENDER,
                transaction_results=isoill.TransactionResults.WILL_SUPPLY,
            ),
            provider_status_report=isoill.CurrentState.IN_PROCESS,
        ),
        error_report=isoill.ErrorReport(
            correlation_information="2026-00142",
            report_source=isoill.ReportSource.PROVIDER,
            provider_error_report=isoill.ProviderErrorReport(
                state_transition_prohibited=isoill.StateTransitionProhibited(
                    apdu_type=isoill.ILLAPDUType.RENEW, current_state=isoill.CurrentState.SHIPPED
                )
            ),
        ),
        note=NOTE,
    ),
    isoill.Expired(**COMMON),
]


def main() -> None:
    """Write the vectors beside this file."""
    folder = Path(__file__).parent
    octets = [reference.encode(message) for message in MESSAGES]
    for number, (written, by_yaz) in enumerate(zip(octets, through_yaz(octets), strict=True), 1):
        name = isoill.ILLAPDUType(number).name.lower().replace("_", "-")
        assert by_yaz, f"libyaz refuses {name}"
        (folder / f"{name}.ber").write_bytes(written)
        (folder / f"{name}.yaz.ber").write_bytes(by_yaz)


if __name__ == "__main__":
    main()

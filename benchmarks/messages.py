"""The five messages that are measured: invented, and as full as the fullest that libraries send."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isoill.asn1 import fields_of
from isoill.codec import decode, encode
from isoill.types import (
    ILLAPDU,
    Amount,
    ClientId,
    ConditionalResults,
    Conditions,
    CostInfoType,
    CurrentState,
    DateDue,
    DateTimeOfService,
    DeliveryAddress,
    DeliveryService,
    ExpiryFlag,
    Extension,
    External,
    HistoryReport,
    ILLAnswer,
    ILLRequest,
    ILLServiceType,
    ItemId,
    ItemType,
    LocationInfo,
    MediumType,
    MessageRequirement,
    MostRecentService,
    NameOfPersonOrInstitution,
    PlaceOnHoldType,
    PostalAddress,
    Preference,
    RequesterOptionalMessagesType,
    ResponderOptionalMessagesType,
    ResultsExplanation,
    SearchType,
    SendToListEntry,
    ServiceDateTime,
    Shipped,
    ShippedConditions,
    ShippedVia,
    StatusOrErrorReport,
    StatusReport,
    SupplyDetails,
    SupplyMediumInfoType,
    SupplyMediumType,
    SystemAddress,
    SystemId,
    ThirdPartyInfoType,
    TransactionId,
    TransactionResults,
    TransactionType,
    UnitsPerMediumType,
)
from isoill.types import Message as MessageApdu

__all__ = ["NAMES", "Message", "from_folder", "objects_in", "our_own"]

#: The messages, the headline case first.
NAMES = ("request", "shipped", "answer", "status", "message")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: as a value, and as octets with every DEFAULT written, which libyaz insists on."""

    name: str
    value: ILLAPDU
    octets: bytes

    @property
    def objects(self) -> int:
        """How many instances of declared classes the value is made of."""
        return objects_in(self.value)


def objects_in(value: Any) -> int:
    """How many instances of declared classes a value is made of.

    >>> objects_in(SystemId.of("als:HBR"))
    2
    """
    if isinstance(value, tuple):
        return sum(map(objects_in, value))
    if not hasattr(value, "__components__"):
        return 0
    return 1 + sum(objects_in(getattr(value, component.name)) for component in fields_of(type(value)))


def our_own() -> tuple[Message, ...]:
    """The five messages of this module."""
    values: tuple[ILLAPDU, ...] = (_request(), _shipped(), _answer(), _status(), _message())
    return tuple(Message(name, value, encode(value)) for name, value in zip(NAMES, values, strict=True))


def from_folder(folder: Path) -> tuple[Message, ...]:
    """The same five out of a folder that holds ``std_request.ber`` and so on; DEFAULTs that they omit are written."""
    values = [decode((folder / f"std_{name}.ber").read_bytes()) for name in NAMES]
    return tuple(Message(name, value, encode(value)) for name, value in zip(NAMES, values, strict=True))


# ── what the five have in common ───────────────────────────────────────────────────────────────────────────────────

_BORROWER = SystemId.of("als:HBRU", name="Harbour University")
_LENDER = SystemId.of("als:PINE", name="Pine County Regional Library Svc")
_TRANSACTION = TransactionId(
    initial_requester_id=SystemId.of("als:HBRU"),
    transaction_group_qualifier="HBRU-LOANS-2025-A",
    transaction_qualifier="000731946",
    sub_transaction_qualifier="2",
)
_TIMES = ServiceDateTime(
    date_time_of_this_service=DateTimeOfService(date="20250917", time="143005"),
    date_time_of_original_service=DateTimeOfService(date="20250916", time="090000"),
)
_READER = ClientId(client_name="Okafor, Adaeze M", client_status="Student", client_identifier="314")
_DEPOT = PostalAddress(
    name_of_person_or_institution=NameOfPersonOrInstitution(name_of_institution="Pine County Regional Library Svc"),
    extended_postal_delivery_address="Document Supply, Dock Two",
    street_and_number="40 Old Railway Terrace",
    city="Kestrel",
    region="YT",
    country="CANADA",
    postal_code="Y1A 9Z9",
)
_LENDER_PROMISES = ResponderOptionalMessagesType(
    can_send_shipped=True,
    can_send_checked_in=True,
    responder_received=MessageRequirement.DESIRES,
    responder_returned=MessageRequirement.REQUIRES,
)
_NEXT = (
    SendToListEntry(system_id=SystemId.of("MOSS")),
    SendToListEntry(
        system_id=SystemId.of("PINE"),
        account_number="ACC317",
        system_address=SystemAddress(telecom_service_identifier="SMTP", telecom_service_address="loan@pine.ex"),
    ),
)
_TRIED = (
    SystemId.of("HBRU"),
    SystemId(name_of_person_or_institution=NameOfPersonOrInstitution(name_of_institution="Saltmarsh Town Library")),
    SystemId.of("FERN", name="Fernhill College, Main Library"),
)


def _extension(arc: int, address: PostalAddress | SystemAddress) -> Extension:
    """An extension under the arc that is set aside for examples; no codec here looks inside it."""
    return Extension(identifier=1, critical=True, item=encode(External.of(f"2.999.13.{arc}", encode(address))))


# ── the five ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _request() -> ILLRequest:
    return ILLRequest(
        protocol_version_num=2,
        transaction_id=_TRANSACTION,
        service_date_time=_TIMES,
        requester_id=_BORROWER,
        responder_id=_LENDER,
        transaction_type=TransactionType.CHAINED,
        delivery_address=DeliveryAddress(
            postal_address=_DEPOT,
            electronic_address=SystemAddress(
                telecom_service_identifier="SMTP", telecom_service_address="supply@pine.example"
            ),
        ),
        delivery_service=DeliveryService(physical_delivery="Night van"),
        billing_address=DeliveryAddress(
            postal_address=PostalAddress(
                name_of_person_or_institution=NameOfPersonOrInstitution(
                    name_of_institution="Harbour University, Finance"
                ),
                extended_postal_delivery_address="Accounts Payable, Room 120B",
                street_and_number="1 Lighthouse Parade",
                city="Gullport",
                region="NS",
                country="CANADA",
                postal_code="B0A 0B0",
            ),
            electronic_address=SystemAddress(
                telecom_service_identifier="SMTP", telecom_service_address="ap@hbru.example"
            ),
        ),
        ill_service_type=(ILLServiceType.COPY_NON_RETURNABLE, ILLServiceType.LOAN, ILLServiceType.LOCATIONS),
        requester_optional_messages=RequesterOptionalMessagesType(
            can_send_received=True,
            can_send_returned=True,
            requester_shipped=MessageRequirement.REQUIRES,
            requester_checked_in=MessageRequirement.DESIRES,
        ),
        search_type=SearchType(
            level_of_service="2",
            need_before_date="20251031",
            expiry_flag=ExpiryFlag.OTHER_DATE,
            expiry_date="20251115",
        ),
        supply_medium_info_type=(
            SupplyMediumInfoType(
                supply_medium_type=SupplyMediumType.PHOTOCOPY, medium_characteristics="Colour plates, please"
            ),
            SupplyMediumInfoType(supply_medium_type=SupplyMediumType.MICROFORM),
        ),
        place_on_hold=PlaceOnHoldType.NO,
        client_id=ClientId(client_name="Okafor, Adaeze M", client_status="Student", client_identifier="60017000283146"),
        item_id=ItemId(
            item_type=ItemType.SERIAL,
            held_medium_type=MediumType.PRINTED,
            call_number="VK1015 .T53 1987",
            author="Society of Tidal Surveyors",
            title="Annals of Estuarine Navigation and Pilotage",
            sub_title="new series",
            place_of_publication="Gullport, N.S.",
            publisher="The Lantern and Buoy Press",
            series_title_number="Section C, no. 7",
            volume_issue="vol. 31 no. 4",
            publication_date="1987",
            author_of_article="Virtanen, Aino and Baptiste, Leo",
            title_of_article="Drifting sandbanks and the keeping of harbour charts since 1860",
            pagination="207-226",
            issn="00000019",
            additional_no_letters="LOCAL 5550193",
            verification_reference_source="Union list 1999, p. 88",
        ),
        cost_info_type=CostInfoType(
            account_number="ACC317",
            maximum_cost=Amount(currency_code="CAD", monetary_value="27.50"),
            reciprocal_agreement=True,
            will_pay_fee=True,
            payment_provided=True,
        ),
        copyright_compliance="CCG",
        third_party_info_type=ThirdPartyInfoType(
            permission_to_forward=True,
            permission_to_chain=True,
            permission_to_partition=True,
            permission_to_change_send_to_list=True,
            initial_requester_address=SystemAddress(
                telecom_service_identifier="SMTP", telecom_service_address="ill-in@lib.hbru.example"
            ),
            preference=Preference.ORDERED,
            send_to_list=_NEXT,
            already_tried_list=_TRIED,
        ),
        retry_flag=True,
        forward_flag=True,
        requester_note="Any edition will do; the reader sails early on the twelfth.",
        forward_note="Passed on by HBRU",
        extensions=(
            _extension(3, _DEPOT),
            _extension(4, SystemAddress(telecom_service_address="aokafor@hbru.ex")),
        ),
    )


def _shipped() -> Shipped:
    return Shipped(
        protocol_version_num=2,
        transaction_id=_TRANSACTION,
        service_date_time=_TIMES,
        requester_id=_BORROWER,
        responder_id=_LENDER,
        responder_address=SystemAddress(
            telecom_service_identifier="SMTP", telecom_service_address="dispatch@supply.pine.example"
        ),
        supplier_id=SystemId.of("PINE"),
        client_id=_READER,
        transaction_type=TransactionType.CHAINED,
        shipped_service_type=ILLServiceType.LOAN,
        responder_optional_messages=_LENDER_PROMISES,
        supply_details=SupplyDetails(
            date_shipped="20250918",
            date_due=DateDue(date_due_field="20251018", renewable=False),
            chargeable_units=5,
            cost=Amount(currency_code="CAD", monetary_value="12.25"),
            shipped_conditions=ShippedConditions.LIBRARY_USE_ONLY,
            shipped_via=ShippedVia(physical_delivery="Night van"),
            insured_for=Amount(monetary_value="80.00"),
            no_of_units_per_medium=(UnitsPerMediumType(medium=SupplyMediumType.PRINTED, no_of_units=5),),
        ),
        return_to_address=_DEPOT,
        responder_note="Spine is loose; go gently.",
    )


def _answer() -> ILLAnswer:
    def holder(symbol: str, name: str) -> LocationInfo:
        return LocationInfo(
            location_id=SystemId.of(symbol, name=name),
            location_address=SystemAddress(
                telecom_service_identifier="SMTP", telecom_service_address=f"ill@{symbol.lower()}.ex"
            ),
            location_note="On shelf today",
        )

    return ILLAnswer(
        protocol_version_num=2,
        transaction_id=_TRANSACTION,
        service_date_time=_TIMES,
        requester_id=_BORROWER,
        responder_id=_LENDER,
        transaction_results=TransactionResults.CONDITIONAL,
        results_explanation=ResultsExplanation(
            conditional_results=ConditionalResults(
                conditions=Conditions.LIBRARY_USE_ONLY,
                date_for_reply="20251002",
                locations=(
                    holder("PINE", "Pine County Library"),
                    holder("MOSS", "Moss Valley Library"),
                ),
                proposed_delivery_service=DeliveryService(physical_delivery="Night van"),
            )
        ),
        send_to_list=_NEXT,
        already_tried_list=_TRIED,
        responder_optional_messages=_LENDER_PROMISES,
        responder_note="Reading room only, if so.",
    )


def _status() -> StatusOrErrorReport:
    return StatusOrErrorReport(
        protocol_version_num=2,
        transaction_id=_TRANSACTION,
        service_date_time=_TIMES,
        requester_id=_BORROWER,
        responder_id=_LENDER,
        status_report=StatusReport(
            user_status_report=HistoryReport(
                date_requested="20250911",
                author="L. Baptiste",
                title="Sea Marks",
                date_of_last_transition="20250914",
                most_recent_service=MostRecentService.SHIPPED,
                date_of_most_recent_service="20250915",
                initiator_of_most_recent_service=SystemId.of("MOSS"),
                shipped_service_type=ILLServiceType.LOAN,
                transaction_results=TransactionResults.WILL_SUPPLY,
                most_recent_service_note="Left with the courier.",
            ),
            provider_status_report=CurrentState.SHIPPED,
        ),
        note="As asked today.",
    )


def _message() -> MessageApdu:
    return MessageApdu(
        protocol_version_num=2,
        transaction_id=_TRANSACTION,
        service_date_time=_TIMES,
        requester_id=_BORROWER,
        responder_id=_LENDER,
        note="Please add the map in the pocket.",
    )

"""What partners accept: each rule with a message that breaks it and one that does not; real messages by hand."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isoill
from isoill.asn1 import Kind, Type, fields_of, type_of
from isoill.payloads import (
    APDUDeliveryInfo,
    APDUDeliveryParameters,
    IPIGILLRequestExtension,
    ItemLanguageTranslation,
    OCLCILLRequestExtension,
    Payment,
    PromptObject,
    RequestDetail,
    WantedLanguage,
)
from isoill.profiles import PROFILES, Contact, Finding, Profile, Role, Rule, Severity, Support, Transport, get_profile
from isoill.services import SENDERS
from isoill.testing import apdus
from tests.conftest import OUTSIDE_VECTORS, need

TODAY = datetime.date(2026, 11, 22)

# ── messages that keep every rule ──────────────────────────────────────────────────────────────────────────────────

BORROWER, LENDER, THIRD = (isoill.SystemId.of(symbol) for symbol in ("EX:MSL", "EX:HIL", "EX:TOM"))
BORROWER_INFO, LENDER_INFO = (
    APDUDeliveryParameters.of("TCP/IP", address) for address in ("ill.msl.example.org:1611", "ill.hil.example.org:1611")
)
LOGON = PromptObject.logon("100-000-001", "example")
ADDRESS = isoill.DeliveryAddress(
    postal_address=isoill.PostalAddress(street_and_number="1 Main Street", city="Springfield")
)
TRANSACTION = isoill.TransactionId(
    initial_requester_id=BORROWER, transaction_group_qualifier="2026-00142", transaction_qualifier="1"
)


def moment(day: str, time: str | None = "101500") -> isoill.ServiceDateTime:
    return isoill.ServiceDateTime(date_time_of_this_service=isoill.DateTimeOfService(date=day, time=time))


def made(cls: Any, **components: Any) -> Any:
    """A message of the one transaction, with an APDU-Delivery-Info from its sender."""
    from_borrower = SENDERS[cls] == {Role.REQUESTER}
    infos = (BORROWER_INFO, LENDER_INFO) if from_borrower else (LENDER_INFO, BORROWER_INFO)
    apdu: isoill.Apdu = cls(
        **{
            "protocol_version_num": 2,
            "transaction_id": TRANSACTION,
            "service_date_time": moment("20261122"),
            "requester_id": BORROWER,
            "responder_id": LENDER,
            **components,
        }
    )
    return apdu.with_extension(APDUDeliveryInfo(sender_info=infos[:1], recipient_info=infos[1:]))


LOAN = isoill.ILLServiceType.LOAN
WISHES = isoill.RequesterOptionalMessagesType(
    can_send_received=True,
    can_send_returned=True,
    requester_shipped=isoill.MessageRequirement.DESIRES,
    requester_checked_in=isoill.MessageRequirement.DESIRES,
)
REQUEST = made(
    isoill.ILLRequest,
    service_date_time=moment("20261121"),
    delivery_address=ADDRESS,
    ill_service_type=(LOAN,),
    requester_optional_messages=WISHES,
    search_type=isoill.SearchType(need_before_date="20261224", expiry_flag=isoill.ExpiryFlag.NEED_BEFORE_DATE),
    item_id=isoill.ItemId(
        title="Anne of Green Gables", isbn="0306406152", issn="03784371", verification_reference_source="catalogue"
    ),
)
ITEM = REQUEST.item_id
UNFILLED = isoill.ResultsExplanation(
    unfilled_results=isoill.UnfilledResults(reason_unfilled=isoill.ReasonUnfilled.NOT_FOUND_AS_CITED)
)
ANSWER = made(isoill.ILLAnswer, transaction_results=isoill.TransactionResults.UNFILLED, results_explanation=UNFILLED)
SHIPPED = made(isoill.Shipped, shipped_service_type=LOAN, supply_details=isoill.SupplyDetails(date_shipped="20261122"))
HISTORY = isoill.HistoryReport(
    date_of_last_transition="20261122",
    most_recent_service=isoill.MostRecentService.SHIPPED,
    date_of_most_recent_service="20261122",
    initiator_of_most_recent_service=LENDER,
    shipped_service_type=LOAN,
)
STATUS = isoill.StatusReport(user_status_report=HISTORY, provider_status_report=isoill.CurrentState.SHIPPED)
REPORT = made(isoill.StatusOrErrorReport, status_report=STATUS)
MESSAGE = made(isoill.Message, note="The parcel has arrived wet.")
RENEW_ANSWER = made(isoill.RenewAnswer, answer=True, date_due=isoill.DateDue(date_due_field="20270131"))
FORWARDED = made(isoill.ForwardNotification, intermediary_id=LENDER, responder_id=THIRD)
CHECKED_IN = made(isoill.CheckedIn, date_checked_in="20261122")
RECEIVED = made(isoill.Received, date_received="20261122", shipped_service_type=LOAN)
RETURNED = made(isoill.Returned, date_returned="20261122")
DAMAGED = made(isoill.Damaged)
CONDITIONAL_REPLY = made(isoill.ConditionalReply, answer=True)
BY_ANY_MEANS = (
    REQUEST, ANSWER, SHIPPED, MESSAGE, RENEW_ANSWER, CHECKED_IN, RECEIVED, RETURNED,
    made(isoill.Cancel), made(isoill.CancelReply, answer=True), made(isoill.Renew), made(isoill.Expired),
)  # fmt: skip
OCLC_REQUEST = REQUEST.with_extension(LOGON).with_extension(OCLCILLRequestExtension())

# ── messages that break one ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Broken:
    """A message that breaks one rule and no other of the same profile, and where."""

    profile: str
    rule: str
    apdu: Any
    path: str
    said: dict[str, Any] = field(default_factory=dict)


def electronic(**components: Any) -> isoill.ElectronicDeliveryService:
    address = isoill.SystemAddress(telecom_service_identifier="SMTP", telecom_service_address="x@example.org")
    return isoill.ElectronicDeliveryService(
        e_delivery_details=isoill.EDeliveryDetails(e_delivery_address=address), **components
    )


def item(**components: Any) -> Any:
    return replace(REQUEST, item_id=replace(ITEM, **components))


def search(**components: Any) -> Any:
    return replace(REQUEST, search_type=isoill.SearchType(**components))


def third_party(**components: Any) -> isoill.ThirdPartyInfoType:
    return isoill.ThirdPartyInfoType(**components)


def supply(**components: Any) -> Any:
    return replace(SHIPPED, supply_details=isoill.SupplyDetails(**components))


def answer(results: isoill.TransactionResults, **explanation: Any) -> Any:
    explained = isoill.ResultsExplanation(**explanation) if explanation else None
    return replace(ANSWER, transaction_results=results, results_explanation=explained)


def oclc(apdu: Any, **components: Any) -> Any:
    """As OCLC wants it, with the logon and its extension."""
    return replace(apdu, **components).with_extension(LOGON).with_extension(OCLCILLRequestExtension())


def extended(apdu: Any, **components: Any) -> Any:
    """The first extension altered."""
    return replace(apdu, extensions=(replace(apdu.extensions[0], **components), *apdu.extensions[1:]))


def held(apdu: Any, oid: str, octets: str) -> Any:
    """One more extension."""
    extension = isoill.Extension.of(isoill.External.of(oid, bytes.fromhex(octets)))
    return replace(apdu, extensions=(*apdu.extensions, extension))


def delivery(sender: Any, recipient: Any = ()) -> Any:
    return MESSAGE.with_extension(APDUDeliveryInfo(sender_info=tuple(sender), recipient_info=tuple(recipient)))


SUB = replace(TRANSACTION, sub_transaction_qualifier="1")
Results = isoill.TransactionResults
CONDITIONS = isoill.ConditionalResults(conditions=isoill.Conditions.CHARGES)
WILL_SUPPLY = isoill.WillSupplyResults(reason_will_supply=isoill.ReasonWillSupply.IN_PROCESS)
BY_FAX, BY_MAIL = electronic(e_delivery_description="fax"), electronic(e_delivery_description="mail")
EMPTY = isoill.ExternalEncoding(single_asn1_type=bytes.fromhex("3000"))
USER_ERROR = isoill.UserErrorReport(unable_to_perform=isoill.UnableToPerform.NOT_AVAILABLE)
PROVIDER_ERROR = isoill.ProviderErrorReport(general_problem=isoill.GeneralProblem.OTHER)
TRIED = third_party(already_tried_list=(THIRD,))
HOME = isoill.SystemAddress(telecom_service_identifier="SMTP", telecom_service_address="msl@example.org")


MEDIA = (isoill.SupplyMediumInfoType(supply_medium_type=isoill.SupplyMediumType.PRINTED),) * 7
FORWARDED_INFO = third_party(initial_requester_address=HOME, already_tried_list=(THIRD,))
BROKEN_PARCEL = replace(
    DAMAGED, damaged_details=isoill.DamagedDetails(damaged_portion=isoill.DamagedPortion(complete_document=isoill.NULL))
)
NOWHERE = isoill.DeliveryAddress(postal_address=isoill.PostalAddress(), electronic_address=isoill.SystemAddress())


def error(source: isoill.ReportSource, **reports: Any) -> Any:
    report = isoill.ErrorReport(correlation_information="1", report_source=source, **reports)
    return replace(REPORT, status_report=None, error_report=report)


QUERY = made(isoill.StatusQuery)
HISTORY_PATH = "Status-Or-Error-Report.status_report.user_status_report"


def report(**components: Any) -> Any:
    return replace(REPORT, status_report=replace(STATUS, user_status_report=replace(HISTORY, **components)))


IFM = OCLCILLRequestExtension(payment_method="IFM")
IPIG_IFM = (RequestDetail(payment_method=(Payment(oclc_ifm=isoill.NULL),)),)
EUROS = isoill.CostInfoType(maximum_cost=isoill.Amount(currency_code="EUR", monetary_value="35"))

BROKEN = [
    Broken("standard", "ID-1", replace(SHIPPED, requester_id=None), "Shipped.requester_id", {"transport": "mail"}),
    Broken(
        "standard", "ID-1", replace(SHIPPED, responder_id=None), "Shipped.responder_id", {"transport": Transport.MAIL}
    ),
    Broken("standard", "ID-2", replace(FORWARDED, intermediary_id=None), "Forward-Notification.intermediary_id"),
    Broken("standard", "ID-2", replace(FORWARDED, responder_id=None), "Forward-Notification.responder_id"),
    Broken("standard", "ID-3", replace(SHIPPED, supplier_id=isoill.SystemId()), "Shipped.supplier_id"),
    Broken(
        "standard",
        "TR-1",
        replace(MESSAGE, transaction_id=replace(SUB, initial_requester_id=None)),
        "Message.transaction_id.initial_requester_id",
    ),
    Broken(
        "standard",
        "TR-2",
        replace(REQUEST, transaction_type=isoill.TransactionType.CHAINED),
        "ILL-Request.transaction_id.sub_transaction_qualifier",
    ),
    Broken(
        "standard",
        "TR-2",
        replace(REQUEST, third_party_info_type=TRIED),
        "ILL-Request.transaction_id.sub_transaction_qualifier",
        {"role": Role.INTERMEDIARY},
    ),
    Broken("standard", "RO-1", SHIPPED, "Shipped", {"role": "requester"}),
    Broken("standard", "DT-1", replace(CHECKED_IN, date_checked_in="20260230"), "Checked-In.date_checked_in"),
    Broken("standard", "DT-1", search(need_before_date="soon"), "ILL-Request.search_type.need_before_date"),
    Broken(
        "standard",
        "DT-2",
        replace(MESSAGE, service_date_time=moment("20261122", "1015")),
        "Message.service_date_time.date_time_of_this_service.time",
    ),
    Broken(
        "standard",
        "DT-3",
        replace(MESSAGE, service_date_time=moment("20261121", None)),
        "Message.service_date_time.date_time_of_this_service.time",
        {"history": [REQUEST]},
    ),
    Broken("standard", "ST-1", replace(MESSAGE, note=" wet"), "Message.note"),
    Broken("standard", "ST-1", replace(MESSAGE, note=""), "Message.note"),
    Broken("standard", "ST-1", replace(MESSAGE, note="\x01 \x02"), "Message.note"),
    Broken("standard", "ST-1", replace(RETURNED, returned_via="post "), "Returned.returned_via"),
    Broken("standard", "ST-2", replace(MESSAGE, note=isoill.VisibleString("$ 7")), "Message.note"),
    Broken("standard", "RQ-1", replace(REQUEST, ill_service_type=()), "ILL-Request.ill_service_type"),
    Broken("standard", "RQ-1", replace(REQUEST, ill_service_type=(LOAN,) * 6), "ILL-Request.ill_service_type"),
    Broken("standard", "RQ-2", replace(REQUEST, supply_medium_info_type=()), "ILL-Request.supply_medium_info_type"),
    Broken(
        "standard",
        "RQ-2",
        replace(
            REQUEST,
            supply_medium_info_type=(isoill.SupplyMediumInfoType(supply_medium_type=isoill.SupplyMediumType.PRINTED),)
            * 8,
        ),
        "ILL-Request.supply_medium_info_type",
    ),
    Broken(
        "standard",
        "RQ-5",
        replace(REQUEST, third_party_info_type=third_party()),
        "ILL-Request.third_party_info_type.already_tried_list",
        {"history": [replace(REQUEST, service_date_time=moment("20261120"), third_party_info_type=TRIED)]},
    ),
    Broken(
        "standard",
        "AN-4",
        answer(
            Results.WILL_SUPPLY,
            will_supply_results=replace(
                WILL_SUPPLY,
                electronic_delivery_service=replace(
                    BY_FAX,
                    e_delivery_service=isoill.EDeliveryService(
                        e_delivery_mode="1.0.10161.9.2", e_delivery_parameters=bytes.fromhex("0500")
                    ),
                ),
            ),
        ),
        "ILL-Answer.results_explanation.will_supply_results.electronic_delivery_service",
        {"history": [replace(REQUEST, delivery_service=isoill.DeliveryService(electronic_delivery=(BY_FAX,)))]},
    ),
    *(
        Broken("standard", "AN-3", answer(result, **{name: explained}), "ILL-Answer.responder_specific_results")
        for result, name, explained in (
            (
                Results.CONDITIONAL,
                "conditional_results",
                isoill.ConditionalResults(conditions=isoill.Conditions.RESPONDER_SPECIFIC),
            ),
            (
                Results.RETRY,
                "retry_results",
                isoill.RetryResults(reason_not_available=isoill.ReasonNotAvailable.RESPONDER_SPECIFIC),
            ),
            (
                Results.LOCATIONS_PROVIDED,
                "locations_results",
                isoill.LocationsResults(
                    reason_locs_provided=isoill.ReasonLocsProvided.RESPONDER_SPECIFIC, locations=()
                ),
            ),
            (
                Results.WILL_SUPPLY,
                "will_supply_results",
                isoill.WillSupplyResults(reason_will_supply=isoill.ReasonWillSupply.RESPONDER_SPECIFIC),
            ),
        )
    ),
    Broken(
        "illiad",
        "illiad-reason",
        answer(
            Results.UNFILLED,
            unfilled_results=isoill.UnfilledResults(
                reason_unfilled=isoill.ReasonUnfilled.MANDATORY_MESSAGING_NOT_SUPPORTED
            ),
        ),
        "ILL-Answer.results_explanation.unfilled_results.reason_unfilled",
    ),
    Broken(
        "alma",
        "alma-flags",
        replace(REQUEST, forward_flag=True, third_party_info_type=FORWARDED_INFO),
        "ILL-Request.forward_flag",
    ),
    Broken("alma", "alma-unfilled", answer(0), "ILL-Answer.transaction_results"),  # type: ignore[arg-type] # as read leniently
    Broken("standard", "V2-2", replace(BROKEN_PARCEL, protocol_version_num=0), "Damaged.damaged_details"),
    Broken("standard", "RQ-3", replace(REQUEST, forward_flag=True), "ILL-Request.third_party_info_type"),
    Broken(
        "standard",
        "RQ-3",
        replace(REQUEST, transaction_type=isoill.TransactionType.PARTITIONED, transaction_id=SUB),
        "ILL-Request.third_party_info_type",
    ),
    Broken(
        "standard",
        "RQ-3",
        replace(REQUEST, transaction_type=isoill.TransactionType.CHAINED, transaction_id=SUB),
        "ILL-Request.third_party_info_type",
        {"history": [replace(REQUEST, service_date_time=moment("20261120"), third_party_info_type=TRIED)]},
    ),
    Broken(
        "standard",
        "RQ-4",
        replace(REQUEST, forward_flag=True, third_party_info_type=TRIED),
        "ILL-Request.third_party_info_type.initial_requester_address",
    ),
    Broken(
        "standard",
        "RQ-5",
        replace(REQUEST, forward_flag=True, third_party_info_type=third_party(initial_requester_address=HOME)),
        "ILL-Request.third_party_info_type.already_tried_list",
    ),
    Broken(
        "standard",
        "RQ-6",
        search(need_before_date="20261224", expiry_date="20261231"),
        "ILL-Request.search_type.expiry_date",
    ),
    Broken(
        "standard",
        "RQ-6",
        search(expiry_flag=isoill.ExpiryFlag.NEED_BEFORE_DATE),
        "ILL-Request.search_type.need_before_date",
    ),
    Broken("standard", "RQ-6", search(expiry_flag=isoill.ExpiryFlag.OTHER_DATE), "ILL-Request.search_type.expiry_date"),
    Broken("standard", "RQ-7", item(isbn="9780306406157"), "ILL-Request.item_id.isbn"),
    Broken("standard", "RQ-7", item(isbn="0306406153"), "ILL-Request.item_id.isbn"),
    Broken("standard", "RQ-7", item(issn="0378-4371"), "ILL-Request.item_id.issn"),
    Broken("standard", "LS-1", search(level_of_service="rush"), "ILL-Request.search_type.level_of_service"),
    Broken(
        "standard",
        "V2-1",
        replace(
            REQUEST, protocol_version_num=1, delivery_service=isoill.DeliveryService(electronic_delivery=(BY_FAX,))
        ),
        "ILL-Request.delivery_service.electronic_delivery",
    ),
    Broken(
        "standard",
        "V2-1",
        replace(supply(shipped_via=isoill.ShippedVia(electronic_delivery=BY_FAX)), protocol_version_num=1),
        "Shipped.supply_details.shipped_via.electronic_delivery",
    ),
    Broken(
        "standard",
        "V2-1",
        replace(
            answer(
                Results.CONDITIONAL,
                conditional_results=replace(
                    CONDITIONS, proposed_delivery_service=isoill.DeliveryService(physical_delivery="van")
                ),
            ),
            protocol_version_num=1,
        ),
        "ILL-Answer.results_explanation.conditional_results.proposed_delivery_service",
    ),
    Broken(
        "standard",
        "V2-2",
        replace(
            DAMAGED,
            protocol_version_num=1,
            damaged_details=isoill.DamagedDetails(damaged_portion=isoill.DamagedPortion(complete_document=isoill.NULL)),
        ),
        "Damaged.damaged_details",
    ),
    Broken("standard", "AN-1", answer(Results.CONDITIONAL), "ILL-Answer.results_explanation"),
    Broken("standard", "AN-1", answer(Results.LOCATIONS_PROVIDED), "ILL-Answer.results_explanation"),
    Broken("standard", "AN-1", answer(Results.ESTIMATE), "ILL-Answer.results_explanation"),
    Broken(
        "standard",
        "AN-2",
        answer(Results.UNFILLED, conditional_results=CONDITIONS),
        "ILL-Answer.results_explanation",
    ),
    Broken(
        "standard",
        "AN-3",
        answer(
            Results.UNFILLED,
            unfilled_results=isoill.UnfilledResults(reason_unfilled=isoill.ReasonUnfilled.RESPONDER_SPECIFIC),
        ),
        "ILL-Answer.responder_specific_results",
    ),
    Broken(
        "standard",
        "AN-4",
        answer(Results.WILL_SUPPLY, will_supply_results=replace(WILL_SUPPLY, electronic_delivery_service=BY_MAIL)),
        "ILL-Answer.results_explanation.will_supply_results.electronic_delivery_service",
        {"history": [replace(REQUEST, delivery_service=isoill.DeliveryService(electronic_delivery=(BY_FAX,)))]},
    ),
    Broken("standard", "SD-1", supply(chargeable_units=0), "Shipped.supply_details.chargeable_units"),
    Broken(
        "standard",
        "SD-1",
        supply(
            no_of_units_per_medium=tuple(
                isoill.UnitsPerMediumType(medium=isoill.SupplyMediumType.PRINTED, no_of_units=number)
                for number in (1, 10_000)
            )
        ),
        "Shipped.supply_details.no_of_units_per_medium[1].no_of_units",
    ),
    Broken(
        "standard",
        "AM-1",
        supply(cost=isoill.Amount(monetary_value="$35")),
        "Shipped.supply_details.cost.monetary_value",
    ),
    Broken(
        "standard",
        "AM-1",
        supply(cost=isoill.Amount(currency_code="usd", monetary_value="35")),
        "Shipped.supply_details.cost.currency_code",
    ),
    Broken("standard", "SR-1", replace(REPORT, status_report=None), "Status-Or-Error-Report.reason_no_report"),
    Broken(
        "standard",
        "SR-1",
        replace(REPORT, reason_no_report=isoill.ReasonNoReport.TEMPORARY),
        "Status-Or-Error-Report.reason_no_report",
    ),
    Broken(
        "standard",
        "SR-2",
        error(isoill.ReportSource.USER, user_error_report=USER_ERROR, provider_error_report=PROVIDER_ERROR),
        "Status-Or-Error-Report.error_report.provider_error_report",
    ),
    Broken(
        "standard",
        "SR-2",
        error(isoill.ReportSource.USER),
        "Status-Or-Error-Report.error_report.user_error_report",
    ),
    Broken("standard", "HR-1", report(shipped_service_type=None), f"{HISTORY_PATH}.shipped_service_type"),
    Broken(
        "standard",
        "HR-1",
        report(most_recent_service=isoill.MostRecentService.ILL_ANSWER),
        f"{HISTORY_PATH}.transaction_results",
    ),
    Broken(
        "standard",
        "HR-1",
        report(most_recent_service=isoill.MostRecentService.MESSAGE, shipped_service_type=None),
        f"{HISTORY_PATH}.shipped_service_type",
        {"history": [SHIPPED]},
    ),
    Broken("standard", "HR-1", REPORT, f"{HISTORY_PATH}.transaction_results", {"history": [ANSWER]}),
    Broken("standard", "HR-1", REPORT, f"{HISTORY_PATH}.most_recent_service_note", {"history": [MESSAGE, QUERY]}),
    Broken(
        "standard",
        "SH-1",
        report(shipped_service_type=isoill.ILLServiceType.LOCATIONS),
        f"{HISTORY_PATH}.shipped_service_type",
    ),
    Broken(
        "standard",
        "SH-1",
        replace(RECEIVED, shipped_service_type=isoill.ILLServiceType.ESTIMATE),
        "Received.shipped_service_type",
    ),
    Broken(
        "standard",
        "EX-1",
        replace(REQUEST, responder_specific_service=isoill.External(indirect_reference=3, encoding=EMPTY)),
        "ILL-Request.responder_specific_service.direct_reference",
    ),
    Broken(
        "standard",
        "ED-1",
        replace(REQUEST, delivery_service=isoill.DeliveryService(electronic_delivery=(BY_FAX, electronic()))),
        "ILL-Request.delivery_service.electronic_delivery[1]",
    ),
    Broken("ipig", "ipig-delivery-info", replace(MESSAGE, extensions=None), "Message.extensions"),
    Broken("ipig", "ipig-delivery-lists", delivery([BORROWER_INFO] * 26), "Message.extensions[0]"),
    Broken("ipig", "ipig-return-address", delivery([], [BORROWER_INFO]), "Message.extensions[0]"),
    *(
        Broken(name, "payload", held(apdu, "1.0.10161.13.8", "0500"), f"Message.extensions[{len(apdu.extensions)}]")
        for name, apdu in (("ipig", MESSAGE), ("oclc", MESSAGE), ("alma", MESSAGE), ("illiad", MESSAGE))
    ),
    Broken("ipig", "ipig-identifier", extended(MESSAGE, identifier=7), "Message.extensions[0].identifier"),
    Broken(
        "ipig",
        "ipig-external",
        replace(MESSAGE, extensions=(*MESSAGE.extensions, isoill.Extension(identifier=1, item=b"\x05\x00"))),
        "Message.extensions[1].item",
    ),
    Broken(
        "ipig",
        "ipig-critical",
        replace(
            MESSAGE,
            extensions=(
                *MESSAGE.extensions,
                isoill.Extension.of(isoill.External.of("1.0.10161.13.1000.996.1", b"\x05\x00"), critical=True),
            ),
        ),
        "Message.extensions[1].critical",
    ),
    Broken(
        "ipig",
        "ipig-symbol",
        replace(MESSAGE, responder_id=isoill.SystemId.of("HIL")),
        "Message.responder_id.person_or_institution_symbol",
    ),
    Broken("ipig", "ipig-superseded", REQUEST.with_extension(IFM), "ILL-Request.extensions[1]"),
    Broken(
        "ipig",
        "ipig-superseded",
        replace(
            REQUEST,
            supplemental_item_description=(
                isoill.External.of_octets("1.2.840.10003.5.10", b"00026"),
                isoill.External.holding((WantedLanguage(language="ANY"),), type=ItemLanguageTranslation),
            ),
        ),
        "ILL-Request.supplemental_item_description[1]",
    ),
    Broken(
        "oclc",
        "oclc-will-supply",
        answer(Results.WILL_SUPPLY, will_supply_results=WILL_SUPPLY),
        "ILL-Answer.transaction_results",
    ),
    Broken(
        "oclc",
        "oclc-conditional",
        answer(Results.CONDITIONAL, conditional_results=CONDITIONS),
        "ILL-Answer.transaction_results",
    ),
    Broken("oclc", "oclc-version", oclc(REQUEST, protocol_version_num=3), "ILL-Request.protocol_version_num"),
    Broken(
        "oclc",
        "oclc-borrower",
        oclc(REQUEST, requester_id=None, transaction_id=replace(TRANSACTION, initial_requester_id=None)),
        "ILL-Request.requester_id",
    ),
    Broken(
        "oclc",
        "oclc-service",
        oclc(REQUEST, ill_service_type=(isoill.ILLServiceType.ESTIMATE,)),
        "ILL-Request.ill_service_type",
    ),
    Broken("oclc", "oclc-title", oclc(item(title=None)), "ILL-Request.item_id.title"),
    Broken("oclc", "oclc-ship-to", oclc(REQUEST, delivery_address=NOWHERE), "ILL-Request.delivery_address"),
    Broken(
        "oclc",
        "oclc-date",
        oclc(REQUEST, search_type=isoill.SearchType()),
        "ILL-Request.search_type.need_before_date",
    ),
    Broken("alma", "alma-required", replace(REQUEST, delivery_address=NOWHERE), "ILL-Request.delivery_address"),
    Broken("oclc", "oclc-date", oclc(REQUEST, search_type=None), "ILL-Request.search_type.need_before_date"),
    Broken(
        "oclc",
        "oclc-verified",
        oclc(item(verification_reference_source=None)),
        "ILL-Request.item_id.verification_reference_source",
    ),
    Broken("oclc", "oclc-ship-to", oclc(REQUEST, delivery_address=None), "ILL-Request.delivery_address"),
    Broken(
        "oclc",
        "oclc-postal-address",
        oclc(REQUEST, delivery_address=isoill.DeliveryAddress(electronic_address=HOME)),
        "ILL-Request.delivery_address.postal_address",
    ),
    Broken("oclc", "oclc-logon", REQUEST.with_extension(OCLCILLRequestExtension()), "ILL-Request.extensions"),
    Broken(
        "oclc",
        "oclc-logon",
        oclc(REQUEST).with_extension(PromptObject(response=LOGON.response[:1] if LOGON.response else ())),
        "ILL-Request.extensions[1]",
    ),
    Broken("oclc", "oclc-extension", REQUEST.with_extension(LOGON), "ILL-Request.extensions"),
    Broken(
        "oclc",
        "oclc-need-before-today",
        OCLC_REQUEST,
        "ILL-Request.search_type.need_before_date",
        {"today": datetime.date(2026, 12, 25)},
    ),
    Broken("oclc", "oclc-copyright", oclc(REQUEST, copyright_compliance="yes"), "ILL-Request.copyright_compliance"),
    Broken("oclc", "oclc-ifm", oclc(REQUEST).with_extension(IFM), "ILL-Request.cost_info_type.maximum_cost"),
    Broken(
        "oclc",
        "oclc-ifm",
        oclc(REQUEST, cost_info_type=EUROS).with_extension(IPIG_IFM, type=IPIGILLRequestExtension),
        "ILL-Request.cost_info_type.maximum_cost.currency_code",
    ),
    Broken("oclc", "oclc-lender", oclc(REQUEST, responder_id=None), "ILL-Request.third_party_info_type.send_to_list"),
    Broken(
        "alma",
        "alma-unfilled",
        answer(Results.CONDITIONAL, conditional_results=CONDITIONS),
        "ILL-Answer.transaction_results",
    ),
    Broken("alma", "alma-unfilled", answer(Results.WILL_SUPPLY), "ILL-Answer.transaction_results"),
    Broken("alma", "alma-reason", answer(Results.UNFILLED), "ILL-Answer.results_explanation.unfilled_results"),
    Broken("alma", "alma-required", replace(REQUEST, delivery_address=None), "ILL-Request.delivery_address"),
    Broken("alma", "alma-required", replace(RECEIVED, date_received=None), "Received.date_received"),
    Broken("alma", "alma-renewed", replace(RENEW_ANSWER, date_due=None), "Renew-Answer.date_due"),
    Broken("alma", "alma-version", replace(MESSAGE, protocol_version_num=1), "Message.protocol_version_num"),
    Broken(
        "alma",
        "alma-simple",
        replace(SHIPPED, transaction_type=isoill.TransactionType.CHAINED, transaction_id=SUB),
        "Shipped.transaction_type",
    ),
    Broken("alma", "alma-flags", replace(REQUEST, retry_flag=True), "ILL-Request.retry_flag"),
    Broken("alma", "alma-service", REPORT, "Status-Or-Error-Report"),
    Broken("alma", "alma-delivery-info", replace(MESSAGE, extensions=None), "Message.extensions"),
    Broken("alma", "alma-aliases", delivery([replace(BORROWER_INFO, aliases=(BORROWER,))]), "Message.extensions[0]"),
    Broken("alma", "alma-text", replace(MESSAGE, note=isoill.Latin1String("na\xdf")), "Message.note"),
    Broken("alma", "alma-match", item(title=None, isbn=None), "ILL-Request.item_id.title"),
    Broken("alma", "alma-transport", MESSAGE, "Message", {"transport": "mail"}),
    Broken("illiad", "illiad-delivery-info", replace(MESSAGE, extensions=None), "Message.extensions"),
    Broken(
        "illiad",
        "illiad-symbol",
        replace(MESSAGE, requester_id=isoill.SystemId.of("EX:")),
        "Message.requester_id.person_or_institution_symbol",
    ),
    Broken("illiad", "illiad-title", item(title=None), "ILL-Request.item_id.title"),
    Broken(
        "illiad",
        "illiad-expiry",
        search(expiry_flag=isoill.ExpiryFlag.OTHER_DATE, expiry_date="20261231"),
        "ILL-Request.search_type.expiry_date",
    ),
    Broken(
        "illiad",
        "illiad-reason",
        answer(
            Results.UNFILLED,
            unfilled_results=isoill.UnfilledResults(reason_unfilled=isoill.ReasonUnfilled.EXPIRY_NOT_SUPPORTED),
        ),
        "ILL-Answer.results_explanation.unfilled_results.reason_unfilled",
    ),
    Broken("illiad", "illiad-received", RECEIVED, "Received", {"history": [REQUEST]}),
    Broken("illiad", "illiad-forward", FORWARDED, "Forward-Notification"),
    Broken("illiad", "illiad-condition", replace(CONDITIONAL_REPLY, answer=False), "Conditional-Reply.answer"),
]

Kept = Broken
CCL, COPY = "CCL", isoill.ILLServiceType.COPY_NON_RETURNABLE
UNITS = tuple(isoill.UnitsPerMediumType(medium=isoill.SupplyMediumType.PRINTED, no_of_units=n) for n in (1, 9999))
PARTITIONED = isoill.TransactionType.PARTITIONED
PROPOSING = replace(REQUEST, delivery_service=isoill.DeliveryService(electronic_delivery=(BY_MAIL, BY_FAX)))
OTHER = replace(TRANSACTION, transaction_qualifier="2")
DOLLARS = isoill.CostInfoType(maximum_cost=isoill.Amount(currency_code="usd", monetary_value="35"))
SPECIFIC = isoill.External.of("1.0.10161.8.1000.2.1", bytes.fromhex("3003800101"))

#: Messages that keep a rule, each by a hair.
KEPT = [
    Kept("standard", "ID-1", replace(SHIPPED, requester_id=None), "", {"transport": "connection"}),
    Kept("standard", "ID-3", replace(SHIPPED, supplier_id=isoill.SystemId.of("x")), ""),
    Kept("standard", "TR-1", replace(MESSAGE, transaction_id=replace(TRANSACTION, initial_requester_id=None)), ""),
    Kept("standard", "TR-2", replace(REQUEST, transaction_type=PARTITIONED, transaction_id=SUB), ""),
    Kept("standard", "TR-2", replace(REQUEST, forward_flag=True), "", {"role": "intermediary"}),
    Kept("standard", "DT-1", replace(CHECKED_IN, date_checked_in="20240229"), ""),
    Kept("standard", "DT-3", replace(MESSAGE, service_date_time=moment("20261123", None)), "", {"history": [REQUEST]}),
    Kept("standard", "DT-3", replace(MESSAGE, service_date_time=moment("20261121", None), transaction_id=OTHER), "",
         {"history": [REQUEST]}),
    Kept("standard", "ST-1", replace(MESSAGE, note="\twet\r\n"), ""),
    Kept("standard", "ST-2", replace(MESSAGE, note=isoill.VisibleString("7 % ?")), ""),
    Kept("standard", "ST-2", replace(MESSAGE, note="$ 7 #"), ""),
    Kept("standard", "RQ-1", replace(REQUEST, ill_service_type=(LOAN,) * 5), ""),
    Kept("standard", "RQ-2", replace(REQUEST, supply_medium_info_type=MEDIA), ""),
    Kept("standard", "RQ-3", replace(REQUEST, third_party_info_type=FORWARDED_INFO, forward_flag=True), ""),
    Kept("standard", "RQ-3", replace(REQUEST, transaction_type=isoill.TransactionType.CHAINED, transaction_id=SUB), "",
         {"history": [REQUEST]}),
    Kept("standard", "RQ-4", replace(REQUEST, third_party_info_type=FORWARDED_INFO, forward_flag=True), ""),
    Kept("standard", "RQ-5", replace(REQUEST, third_party_info_type=third_party()), ""),
    Kept("standard", "RQ-6", search(expiry_flag=isoill.ExpiryFlag.OTHER_DATE, expiry_date="20261231"), ""),
    Kept("standard", "RQ-7", item(isbn="080442957X", issn="2049-3630".replace("-", "")), ""),
    Kept("standard", "V2-1", replace(PROPOSING, protocol_version_num=2), ""),
    Kept("standard", "AN-1", answer(Results.RETRY), ""),
    Kept("standard", "AN-2", answer(Results.CONDITIONAL, conditional_results=CONDITIONS), ""),
    Kept("standard", "AN-3", replace(
        answer(Results.CONDITIONAL, conditional_results=isoill.ConditionalResults(
            conditions=isoill.Conditions.RESPONDER_SPECIFIC)), responder_specific_results=SPECIFIC), ""),
    Kept("standard", "AN-4",
         answer(Results.WILL_SUPPLY, will_supply_results=replace(WILL_SUPPLY, electronic_delivery_service=BY_FAX)), "",
         {"history": [PROPOSING]}),
    Kept("standard", "SD-1", supply(chargeable_units=9999, no_of_units_per_medium=UNITS), ""),
    Kept("standard", "AM-1", supply(cost=isoill.Amount(currency_code="USD", monetary_value="1 234,50")), ""),
    Kept("standard", "SH-1", replace(RECEIVED, shipped_service_type=COPY), ""),
    Kept("standard", "ED-1", PROPOSING, ""),
    Kept("ipig", "ipig-delivery-lists", delivery([BORROWER_INFO] * 25), ""),
    Kept("ipig", "ipig-external", replace(
        MESSAGE, extensions=(*MESSAGE.extensions, isoill.Extension(identifier=2, item=b"\x05\x00"))), ""),
    Kept("ipig", "ipig-identifier", replace(
        MESSAGE, extensions=(*MESSAGE.extensions, isoill.Extension(identifier=2, item=b"\x05\x00"))), ""),
    Kept("oclc", "oclc-version", oclc(REQUEST, protocol_version_num=1), ""),
    Kept("oclc", "oclc-borrower", oclc(REQUEST, requester_id=None), ""),
    Kept("oclc", "oclc-service", oclc(REQUEST, ill_service_type=(isoill.ILLServiceType.ESTIMATE, COPY)), ""),
    Kept("oclc", "oclc-date", oclc(search(level_of_service="1")), ""),
    Kept("oclc", "oclc-need-before-today", OCLC_REQUEST, "", {"today": datetime.datetime(2026, 12, 24, 18, 0)}),
    Kept("oclc", "oclc-copyright", oclc(REQUEST, copyright_compliance=CCL), ""),
    Kept("oclc", "oclc-ifm", oclc(REQUEST, cost_info_type=DOLLARS).with_extension(IFM), ""),
    Kept("oclc", "oclc-lender", oclc(REQUEST, responder_id=None, third_party_info_type=third_party(
        send_to_list=(isoill.SendToListEntry(system_id=LENDER),))), ""),
    Kept("alma", "alma-renewed", replace(RENEW_ANSWER, answer=False, date_due=None), ""),
    Kept("alma", "alma-match", item(title=None), ""),
    Kept("illiad", "illiad-symbol", replace(MESSAGE, requester_id=isoill.SystemId.of("a:b:c")), ""),
    Kept("illiad", "illiad-expiry", REQUEST, ""),
    Kept("illiad", "illiad-received", RECEIVED, "", {"history": [REQUEST, SHIPPED]}),
]  # fmt: skip

#: The profiles that have a rule, which their base has not.
OWN_RULES: dict[str, list[tuple[Profile, Rule]]] = {}
for _profile in PROFILES.values():
    for _rule in _profile.own_rules:
        OWN_RULES.setdefault(_rule.id, []).append((_profile, _rule))


def in_short(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.path) for finding in findings]


@pytest.mark.parametrize("rule_id", OWN_RULES)
def test_each_rule(rule_id: str) -> None:
    """What breaks it has that finding and no other; what is nearest to it and keeps it has none."""
    cases = [case for case in BROKEN if case.rule == rule_id]
    assert {profile.name for profile, _ in OWN_RULES[rule_id]} == {case.profile for case in cases}
    for case in cases:
        [rule] = [rule for profile, rule in OWN_RULES[rule_id] if profile.name == case.profile]
        [finding] = get_profile(case.profile).check(case.apdu, **{"today": TODAY} | case.said)
        assert (finding.rule, finding.path, finding.severity) == (rule_id, case.path, rule.severity)
        assert finding.message.startswith(f"{rule.sentence}; found ")
        assert not rule.on or isinstance(case.apdu, rule.on)
    for kept in KEPT:
        if kept.rule == rule_id:
            findings = get_profile(kept.profile).check(kept.apdu, **{"today": TODAY} | kept.said)
            assert rule_id not in [finding.rule for finding in findings], kept


def test_what_is_kept_is_a_rule() -> None:
    assert {(kept.profile, kept.rule) for kept in KEPT} <= {
        (profile.name, rule_id) for rule_id, several in OWN_RULES.items() for profile, _ in several
    }


GOOD = {
    "standard": (*BY_ANY_MEANS, FORWARDED, DAMAGED, CONDITIONAL_REPLY, REPORT, made(isoill.Recall), made(isoill.Lost)),
    "ipig": (*BY_ANY_MEANS, FORWARDED, REPORT),
    "oclc": (OCLC_REQUEST, *BY_ANY_MEANS[1:], REPORT),
    "alma": BY_ANY_MEANS,
    "illiad": (*BY_ANY_MEANS, CONDITIONAL_REPLY),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_keeps_the_rules_has_no_finding(name: str) -> None:
    profile = get_profile(name)
    for apdu in GOOD[name]:
        transport = "connection" if name == "alma" else "mail"
        assert profile.check(apdu, transport=transport, today=TODAY) == []
        [role, *_] = SENDERS[type(apdu)]
        assert profile.check(apdu, role=role, transport=Transport.CONNECTION, today=TODAY, history=[]) == []


def test_every_rule_is_about_something_that_there_is() -> None:
    """Each message that a rule is about is there among the good ones, or breaks it: nothing is untried."""
    for profile, rule in (each for several in OWN_RULES.values() for each in several):
        tried = {type(apdu) for apdu in GOOD[profile.name]} | {type(c.apdu) for c in BROKEN if c.rule == rule.id}
        assert set(rule.on) <= tried, rule.id
        assert rule.sentence.strip() == rule.sentence != ""
        assert rule.source != ""


# ── real messages, as a person expects who has read what is known of the partners ──────────────────────────────────

#: What a person finds who has read what is known of the partners.  Simon Fraser's request has ``$35``, no source of
#: verification, no logon and no OCLC extension (it was not meant for OCLC), aliases on both sides.  The request that
#: yaz-illclient sends with -o was meant for OCLC, has symbols without a namespace, ISSN 12345678, and the retry-flag;
#: the other one has no dates and no numbers.
CAPTURED = {
    ("sfu.ber", "standard"): [("AM-1", "cost_info_type.maximum_cost.monetary_value")],
    ("sfu.ber", "ipig"): [],
    ("sfu.ber", "oclc"): [
        ("oclc-verified", "item_id.verification_reference_source"),
        ("oclc-logon", "extensions"),
        ("oclc-extension", "extensions"),
    ],
    ("sfu.ber", "alma"): [("alma-aliases", "extensions[0]"), ("alma-aliases", "extensions[0]")],
    ("illclient_oclc.ber", "standard"): [("RQ-7", "item_id.issn")],
    ("illclient_oclc.ber", "ipig"): [
        ("ipig-delivery-info", "extensions"),
        ("ipig-symbol", "transaction_id.initial_requester_id.person_or_institution_symbol"),
        ("ipig-symbol", "requester_id.person_or_institution_symbol"),
        ("ipig-symbol", "responder_id.person_or_institution_symbol"),
        ("ipig-superseded", "extensions[1]"),
    ],
    ("illclient_oclc.ber", "oclc"): [],
    ("illclient_oclc.ber", "alma"): [("alma-flags", "retry_flag"), ("alma-delivery-info", "extensions")],
    ("illclient_params.ber", "standard"): [
        ("ID-3", "transaction_id.initial_requester_id"),
        ("ST-1", "transaction_id.transaction_group_qualifier"),
        ("ST-1", "transaction_id.transaction_qualifier"),
    ],
    ("illclient_params.ber", "oclc"): [
        ("oclc-date", "search_type.need_before_date"),
        ("oclc-logon", "extensions"),
        ("oclc-extension", "extensions"),
    ],
    ("illclient_params.ber", "alma"): [("alma-delivery-info", "extensions")],
}


@pytest.mark.parametrize(("file", "name"), CAPTURED)
def test_captured_messages(file: str, name: str) -> None:
    need((OUTSIDE_VECTORS / file).is_file(), f"{OUTSIDE_VECTORS / file}")
    apdu = isoill.decode((OUTSIDE_VECTORS / file).read_bytes())
    profile = get_profile(name)
    said: dict[str, Any] = {"transport": "connection", "today": datetime.date(2003, 6, 6)}
    inherited = [] if profile.base is None else in_short(profile.base.check(apdu, **said))
    expected = [(rule, f"ILL-Request.{path}") for rule, path in CAPTURED[file, name]]
    assert in_short(profile.check(apdu, **said)) == inherited + expected


# ── any message ────────────────────────────────────────────────────────────────────────────────────────────────────

SAID = st.fixed_dictionaries(
    {
        "role": st.none() | st.sampled_from(Role),
        "transport": st.none() | st.sampled_from(Transport),
        "today": st.none() | st.dates(),
        "history": st.lists(apdus(), max_size=2),
    }
)
CONFIGURED = [
    replace(
        profile,
        contact=Contact(
            own_addresses=(replace(BORROWER_INFO, aliases=(BORROWER,)),),
            partner_addresses=(LENDER_INFO,),
            own_id=BORROWER,
            partner_id=LENDER,
            logon=LOGON,
        ),
    )
    for profile in PROFILES.values()
]


@settings(max_examples=60, deadline=None)
@given(apdus(), SAID)
def test_any_message_can_be_checked(apdu: isoill.ILLAPDU, said: dict[str, Any]) -> None:
    """Findings come in the order of the rules, and their paths begin with the message."""
    for profile in PROFILES.values():
        findings = profile.check(apdu, **said)
        order = [rule.id for rule in profile.rules]
        assert [order.index(finding.rule) for finding in findings] == sorted(order.index(f.rule) for f in findings)
        name = type_of(type(apdu)).name
        assert all((finding.path + ".").startswith(name + ".") and str(finding) for finding in findings)


@settings(max_examples=60, deadline=None)
@given(apdus(constrained=False), SAID, st.sampled_from(CONFIGURED))
def test_what_is_prepared_is_as_promised(apdu: isoill.ILLAPDU, said: dict[str, Any], profile: Profile) -> None:
    """No finding is left that a change says to have put right; no other comes; what was prepared needs no preparing."""
    before = set(in_short(profile.check(apdu, **said)))
    prepared = profile.prepare(apdu, **said)
    after = set(in_short(profile.check(prepared.apdu, **said)))
    promised = {(change.rule, change.path) for change in prepared.changes}
    assert promised <= before
    assert not promised & after
    assert after <= before
    assert profile.prepare(prepared.apdu, **said) == replace(prepared, changes=())
    assert isoill.decode(isoill.encode(prepared.apdu)) == prepared.apdu
    assert (prepared.apdu == apdu) == (prepared.changes == ())


@pytest.mark.parametrize(
    ("name", "apdu", "said", "rules"),
    [
        ("ipig", replace(MESSAGE, extensions=None), {}, ["ipig-delivery-info"]),
        ("alma", replace(MESSAGE, extensions=None), {}, ["alma-delivery-info"]),
        ("illiad", replace(MESSAGE, extensions=None), {}, ["illiad-delivery-info"]),
        ("oclc", replace(REQUEST, extensions=None), {}, ["oclc-logon", "oclc-extension"]),
        ("standard", search(expiry_date="20261231"), {}, ["RQ-6"]),
        ("standard", replace(SHIPPED, requester_id=None, responder_id=None), {"transport": "mail"}, ["ID-1", "ID-1"]),
        ("standard", replace(MESSAGE, requester_id=None), {"transport": "mail", "role": "requester"}, ["ID-1"]),
    ],
)
def test_what_needs_no_guess_is_put_right(name: str, apdu: Any, said: dict[str, Any], rules: list[str]) -> None:
    [profile] = [each for each in CONFIGURED if each.name == name]
    prepared = profile.prepare(apdu, **said)
    assert [change.rule for change in prepared.changes] == rules
    assert profile.check(prepared.apdu, **said) == []
    assert str(prepared.changes[0]).startswith("put right: ")


def test_what_is_put_right_is_right() -> None:
    [ipig, oclc_profile] = [each for each in CONFIGURED if each.name in ("ipig", "oclc")]
    prepared: Any = ipig.prepare(replace(MESSAGE, extensions=None)).apdu
    assert prepared.extension(APDUDeliveryInfo).sender_info == (replace(BORROWER_INFO, aliases=(BORROWER,)),)
    request: Any = oclc_profile.prepare(replace(REQUEST, extensions=None)).apdu
    assert request.extension(PromptObject) == LOGON
    assert request.extension(OCLCILLRequestExtension) == OCLCILLRequestExtension()
    dated: Any = get_profile("standard").prepare(search(expiry_date="20261231")).apdu
    assert dated.search_type.expiry_flag is isoill.ExpiryFlag.OTHER_DATE
    shipped = next(each for each in CONFIGURED if each.name == "standard").prepare(
        replace(SHIPPED, requester_id=None, responder_id=None), transport="mail"
    )
    assert (shipped.apdu.requester_id, shipped.apdu.responder_id) == (LENDER, BORROWER)  # we are who ships


@pytest.mark.parametrize(
    ("name", "apdu", "said"),
    [
        ("ipig", replace(MESSAGE, extensions=None), {}),  # no address is configured
        ("standard", replace(MESSAGE, requester_id=None), {"transport": "mail"}),  # either may have sent it
        (
            "standard",
            search(need_before_date="20261224", expiry_flag=isoill.ExpiryFlag.NEED_BEFORE_DATE, expiry_date="20261231"),
            {},
        ),
        ("oclc", oclc(item(title=None)), {}),
    ],
)
def test_what_would_be_a_guess_is_left(name: str, apdu: Any, said: dict[str, Any]) -> None:
    profile = get_profile(name)
    assert profile.check(apdu, **said) != []
    assert profile.prepare(apdu, **said).changes == ()
    assert profile.prepare(apdu, **said).apdu is apdu


# ── services, listeners, names ─────────────────────────────────────────────────────────────────────────────────────


def test_services_are_sent_by_those_who_send_them() -> None:
    for profile in PROFILES.values():
        assert profile.services
        for service in profile.services:
            assert service.sender in SENDERS[service.message], service
            assert isinstance(service.support, Support)
    assert {service.message for service in get_profile("standard").services} == set(SENDERS)


def test_services_of_alma() -> None:
    """As its table for developers has them: what each side sends, required or optional."""
    services = {(each.name, each.sender.value, each.note): each.support.value for each in get_profile("alma").services}
    assert services["ILL-Request", "requester", ""] == "required"
    assert services["ILL-Answer", "responder", "unfilled"] == "required"
    assert services["ILL-Answer", "responder", "all but unfilled"] == "refused"
    assert services["Cancel-Reply", "responder", ""] == "optional"
    assert {name for name, _, _ in services} == {
        *("ILL-Request", "Received", "Returned", "Cancel", "Renew", "Message", "Shipped", "Checked-In", "ILL-Answer"),
        *("Cancel-Reply", "Renew-Answer", "Expired"),
    }


def test_where_partners_listen() -> None:
    listeners = {name: list(map(str, profile.listeners)) for name, profile in PROFILES.items()}
    assert listeners == {
        "standard": ["TCP port 1611, simplex", "TCP port 499, duplex", "mail (RFC 2503)"],
        "ipig": ["TCP port 1611, simplex", "TCP port 499, duplex", "mail (RFC 2503)"],
        "oclc": ["TCP port 499, duplex"],
        "alma": ["TCP port 9001, simplex"],
        "illiad": ["TCP port 1611, simplex"],
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: get_profile("almx"), "expected one of standard, ipig, oclc, alma, illiad, found 'almx'"),
        (
            lambda: get_profile("alma").check(MESSAGE, role="lender"),
            "role: expected one of requester, responder, intermediary, found 'lender'",
        ),
        (
            lambda: get_profile("alma").check(MESSAGE, transport="post"),
            "transport: expected one of mail, connection, found 'post'",
        ),
    ],
)
def test_what_there_is_not(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises((LookupError, ValueError), match=words):
        wrong()


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_describes_itself(name: str) -> None:
    """Every rule of its own, with its source; every service; where it listens."""
    profile = get_profile(name)
    page = profile.describe()
    for rule_id, owners in OWN_RULES.items():
        assert (f"\n{rule_id} (" in page) == (profile in [owner for owner, _ in owners])
    assert all(f"\n{rule.id} ({rule.severity})\n" in page and rule.source in page for rule in profile.own_rules)
    for service in profile.services:
        assert f"- {service.name}" in page
    for listener in profile.listeners:
        assert str(listener) in page


OTHERS_LOGON = REQUEST.with_extension(PromptObject.logon("999", "")).with_extension(OCLCILLRequestExtension())
MANY = tuple(replace(BORROWER_INFO, aliases=None) for _ in range(26))


@pytest.mark.parametrize(
    ("name", "apdu", "said", "configured"),
    [
        ("oclc", OTHERS_LOGON, {}, {}),  # another's answers stay
        ("ipig", replace(MESSAGE, extensions=None), {}, {"own_addresses": MANY}),  # it would break another rule
        ("ipig", held(replace(MESSAGE, extensions=()), "1.0.10161.13.3", "0500"), {}, {}),  # what it is, is not known
        ("standard", replace(FORWARDED, requester_id=None), {"transport": "mail"}, {}),  # who responds is a third party
        (
            "standard",
            replace(SHIPPED, requester_id=None, responder_id=BORROWER),
            {"transport": "mail"},
            {"partner_id": BORROWER},
        ),
        ("standard", search(expiry_date="never"), {}, {}),
        ("standard", search(expiry_date="20261231", need_before_date="20261224"), {}, {}),
    ],
)
def test_what_would_harm_is_left(name: str, apdu: Any, said: dict[str, Any], configured: dict[str, Any]) -> None:
    [profile] = [each for each in CONFIGURED if each.name == name]
    profile = replace(profile, contact=replace(profile.contact, **configured))
    assert profile.check(apdu, **said) != []
    assert profile.prepare(apdu, **said).apdu is apdu


def test_an_intermediary_that_asks_is_the_requester() -> None:
    [standard] = [each for each in CONFIGURED if each.name == "standard"]
    bare = replace(REQUEST, requester_id=None, responder_id=None, transaction_id=SUB)
    prepared = standard.prepare(bare, role="intermediary", transport="mail").apdu
    assert (prepared.requester_id, prepared.responder_id) == (BORROWER, LENDER)


def test_paths_of_rules_lead_somewhere() -> None:
    """Each path that a rule says it looks at is one of each message that it is about, or the name of a type."""
    types = {type_.name for cls in SENDERS for _, type_ in declared(type_of(cls), "", 6)} | {"EDIFACTString"}
    for several in OWN_RULES.values():
        for _, rule in several:
            paths = {path for cls in rule.on or SENDERS for path, _ in declared(type_of(cls), "", 6)}
            for path in filter(None, rule.path.split(", ")):
                assert path in paths or path in types, (rule.id, path)


def declared(type_: Type, path: str, depth: int) -> Iterator[tuple[str, Type]]:
    """The paths within a type, so many levels down, with [] for the elements of a list."""
    yield path, type_
    if type_.element is not None:
        yield from declared(type_.element, f"{path}[]", depth)
    elif type_.kind in (Kind.SEQUENCE, Kind.CHOICE) and type_.python is not None and depth:
        for component in fields_of(type_.python):
            yield from declared(component.type, f"{path}.{component.name}".lstrip("."), depth - 1)


def test_odd_messages_are_judged_all_the_same() -> None:
    """What a program has made of nothing is no worse than what it leaves out."""
    for name in ("transaction_id", "service_date_time", "protocol_version_num"):
        for profile in PROFILES.values():
            assert isinstance(profile.check(replace(MESSAGE, **{name: None}), history=[REQUEST]), list)
    [finding] = get_profile("oclc").check(oclc(REQUEST, protocol_version_num=10**5000))
    assert finding.message.endswith("found a number of 16610 bits")


def test_a_rule_is_a_value() -> None:
    """A profile without a rule is made by leaving it out."""
    without = replace(
        get_profile("oclc"), rules=tuple(rule for rule in get_profile("oclc").rules if rule.id != "oclc-title")
    )
    assert without.check(oclc(item(title=None))) == []
    extra = Rule(
        id="note",
        severity=Severity.NOTE,
        path="note",
        sentence="we like notes",
        source="us",
        faults=lambda subject: [] if subject.value("note") else [isoill.profiles.Fault("note", "none")],
    )
    mine = Profile(name="mine", title="Mine", summary="", rules=(extra,))
    [finding] = mine.check(CHECKED_IN)
    assert str(finding) == "note: we like notes; found none - at Checked-In.note [note]"

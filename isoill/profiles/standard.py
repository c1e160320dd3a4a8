"""The rules that the module ISO-10161-ILL-1 states in comments, beside its types.

What is mandatory, and what is forbidden, is *refused* where it is broken, and so is a date that is no day: there is no
telling what it means.  The forms of other texts are *warnings*: the field breaks them every day, and its messages
arrive.

RO-1 and LS-1 are numbers of ours, for what the module says without comment; the others are those of our list of its
comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from isoill.asn1 import Among, VisibleString
from isoill.profiles.contact import Contact
from isoill.profiles.profile import Listener, Profile, Service, Support
from isoill.profiles.rules import (
    EVERY_MESSAGE,
    Fault,
    Faults,
    Rule,
    Severity,
    Subject,
    Test,
    blank,
    checked,
    every,
    filled,
    present,
    shown,
    together,
)
from isoill.services import SENDERS, Role, Transport
from isoill.types import (
    Amount,
    Apdu,
    CheckedIn,
    Damaged,
    ElectronicDeliveryService,
    ExpiryFlag,
    ForwardNotification,
    ILLAnswer,
    ILLRequest,
    Received,
    Returned,
    ServiceDateTime,
    Shipped,
    StatusOrErrorReport,
    StatusQuery,
    SystemId,
    TransactionResults,
    TransactionType,
    date_of,
    time_of,
)
from isoill.types.enums import MostRecentService, ReasonUnfilled, ReportSource
from isoill.types.strings import EDIFACT_CHARACTERS

__all__ = ["STANDARD"]

_MODULE = "comment in the module ISO-10161-ILL-1"
_SIZE = "constraint in the module ISO-10161-ILL-1"

# ── circumstances ──────────────────────────────────────────────────────────────────────────────────────────────────


def _by_mail(subject: Subject) -> bool:
    return subject.transport is Transport.MAIL


def _by_mail_to_the_other(subject: Subject) -> bool:
    """The responder of a Forward-Notification is a third party, which ID-2 is about."""
    return _by_mail(subject) and not isinstance(subject.apdu, ForwardNotification)


def _asked_by_an_intermediary(subject: Subject) -> bool:
    """A request of an intermediary's own, which does not forward but asks."""
    return subject.role is Role.INTERMEDIARY and subject.value("forward_flag") is False  # only a request has that flag


def _sub_transaction(subject: Subject) -> bool:
    """A part of another transaction, by what it says for certain: its transaction-id has a third part."""
    qualifier = subject.value("transaction_id.sub_transaction_qualifier")
    return qualifier is not None or _asked_by_an_intermediary(subject)


def _like_a_sub_transaction(subject: Subject) -> bool:
    """The same, or it says that it is chained or partitioned: that this makes it one is inferred."""
    kind = subject.value("transaction_type")
    return _sub_transaction(subject) or kind in (TransactionType.CHAINED, TransactionType.PARTITIONED)


def _passed_on(subject: Subject) -> bool:
    """FORWARD, or a partitioned sub-transaction."""
    return subject.value("forward_flag") is True or subject.value("transaction_type") == TransactionType.PARTITIONED


def _tried_before(subject: Subject) -> bool:
    """Whether a request that led to this one says who was asked already."""
    infos = [request.third_party_info_type for request in subject.requests]
    return any(info is not None and info.already_tried_list for info in infos)


# ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _date(text: str) -> str | None:
    try:
        date_of(text)
    except ValueError:
        return shown(text)
    return None


def _time(text: str) -> str | None:
    try:
        time_of(text)
    except ValueError:
        return shown(text)
    return None if len(text) == 6 else shown(text)


def _text(text: str) -> str | None:
    if text == "":
        return "an empty text"
    if blank(text):
        return "a blank text"
    return shown(text) if text != text.strip(" ") else None


def _edifact(text: str) -> str | None:
    if not isinstance(text, VisibleString):
        return None
    others = sorted(set(text) - set(EDIFACT_CHARACTERS))
    return shown("".join(others)) if others else None


def _number_of(size: int) -> Test:
    """Digits and a check digit, which may be X for ten, of an ISBN (ISO 2108) or an ISSN (ISO 3297)."""

    def test(text: str) -> str | None:
        if not re.fullmatch(f"[0-9]{{{size - 1}}}[0-9Xx]", text):
            return shown(text)
        digits = [10 if digit in "Xx" else int(digit) for digit in text]
        weighted = sum(weight * digit for weight, digit in zip(range(size, 0, -1), digits, strict=True))
        return None if weighted % 11 == 0 else f"{shown(text)}, in which the last is no check digit"

    return test


def _units(number: int) -> str | None:
    return None if 1 <= number <= 9999 else shown(number)


def _not_the_sender(subject: Subject) -> Iterator[Fault]:
    senders = SENDERS.get(type(subject.apdu), frozenset())
    if subject.role in (Role.REQUESTER, Role.RESPONDER) and subject.role not in senders:
        yield Fault("", f"the {subject.role}")


# ── faults that need more than one value ───────────────────────────────────────────────────────────────────────────


def _second_service(subject: Subject) -> Iterator[Fault]:
    this = subject.value("service_date_time.date_time_of_this_service")
    if this is None or this.time is not None:
        return
    same_day = [earlier for earlier in subject.own_history if _day(earlier.service_date_time) == this.date]
    if same_day:
        found = f"none, and {len(same_day)} earlier on {shown(this.date)}"
        yield Fault("service_date_time.date_time_of_this_service.time", found)


def _day(moment: ServiceDateTime) -> str:
    return moment.date_time_of_this_service.date


def _expiry(subject: Subject) -> Iterator[Fault]:
    search = subject.value("search_type")
    if search is None:
        return
    if search.expiry_flag == ExpiryFlag.NEED_BEFORE_DATE and search.need_before_date is None:
        yield Fault("search_type.need_before_date", "none with expiry-flag need-Before-Date")
    if search.expiry_flag == ExpiryFlag.OTHER_DATE and search.expiry_date is None:
        yield Fault("search_type.expiry_date", "none with expiry-flag other-Date")
    if search.expiry_flag != ExpiryFlag.OTHER_DATE and search.expiry_date is not None:
        yield Fault(
            "search_type.expiry_date", f"{shown(search.expiry_date)} with expiry-flag {shown(search.expiry_flag)}"
        )


def _flag_the_expiry_date(subject: Subject, contact: Contact) -> Apdu | None:
    """A date of its own is what other-Date means; where there is another date as well, it is not known which is."""
    apdu = subject.apdu
    search = apdu.search_type if isinstance(apdu, ILLRequest) else None
    if search is None or search.expiry_flag != ExpiryFlag.NO_EXPIRY or search.need_before_date is not None:
        return None
    if search.expiry_date is None or _date(search.expiry_date) is not None:
        return None
    return replace(apdu, search_type=replace(search, expiry_flag=ExpiryFlag.OTHER_DATE))  # type: ignore[call-arg] # a request has it


def _name_both(subject: Subject, contact: Contact) -> Apdu | None:
    """Put the configured ids where they are missing; who is who, the sender's role tells."""
    if isinstance(subject.apdu, ForwardNotification):
        return None  # its responder is a third party
    sides = SENDERS[type(subject.apdu)] & {Role.REQUESTER, Role.RESPONDER}  # an intermediary is either, by the message
    if len(sides) > 1:
        sides &= {subject.role}
    if len(sides) != 1 or (contact.own_id is None and contact.partner_id is None):
        return None
    ours_is_requester = Role.REQUESTER in sides
    requester, responder = (
        (contact.own_id, contact.partner_id) if ours_is_requester else (contact.partner_id, contact.own_id)
    )
    named = subject.apdu.requester_id or requester, subject.apdu.responder_id or responder
    if named[0] == named[1]:
        return None
    return replace(subject.apdu, requester_id=named[0], responder_id=named[1])


#: Which alternative goes with which result, and whether it must be there.
_EXPLAINED = {
    TransactionResults.CONDITIONAL: ("conditional_results", True),
    TransactionResults.RETRY: ("retry_results", False),
    TransactionResults.UNFILLED: ("unfilled_results", False),
    TransactionResults.LOCATIONS_PROVIDED: ("locations_results", True),
    TransactionResults.WILL_SUPPLY: ("will_supply_results", False),
    TransactionResults.HOLD_PLACED: ("hold_placed_results", False),
    TransactionResults.ESTIMATE: ("estimate_results", True),
}


def _must_be_explained(subject: Subject) -> bool:
    _, required = _EXPLAINED.get(subject.value("transaction_results"), ("", False))
    return required


def _alternative(subject: Subject) -> Iterator[Fault]:
    explanation = subject.value("results_explanation")
    wanted, _ = _EXPLAINED.get(subject.value("transaction_results"), ("", False))
    if explanation is not None and wanted and getattr(explanation, wanted) is None:
        [there] = [name for name, _ in _EXPLAINED.values() if getattr(explanation, name) is not None]
        results = shown(subject.value("transaction_results"))
        yield Fault("results_explanation", f"{there} with transaction-results {results}")


#: The reasons of an answer, any of which may be responder-specific.
_REASONS = (
    "conditional_results.conditions",
    "retry_results.reason_not_available",
    "unfilled_results.reason_unfilled",
    "locations_results.reason_locs_provided",
    "will_supply_results.reason_will_supply",
)


def _responder_specific(subject: Subject) -> bool:
    reasons = [subject.value(f"results_explanation.{path}") for path in _REASONS]
    return ReasonUnfilled.RESPONDER_SPECIFIC in reasons  # it has the same number in all lists


def _not_proposed(subject: Subject) -> Iterator[Fault]:
    path = "results_explanation.will_supply_results.electronic_delivery_service"
    chosen = subject.value(path)
    requests = [apdu for apdu in subject.own_history if isinstance(apdu, ILLRequest)]
    if chosen is None or not requests:
        return
    services = [request.delivery_service for request in requests]
    proposed = [each for service in services if service is not None for each in service.electronic_delivery or ()]
    if _kind(chosen) not in map(_kind, proposed):
        yield Fault(path, f"one that is not among the {len(proposed)} of the request")


def _kind(service: ElectronicDeliveryService) -> tuple[Any, ...]:
    return service.e_delivery_service, service.document_type, service.e_delivery_description


def _nothing_reported(subject: Subject) -> Iterator[Fault]:
    reports = [subject.value(name) is not None for name in ("status_report", "error_report")]
    reason = subject.value("reason_no_report")
    if any(reports) and reason is not None:
        yield Fault("reason_no_report", f"{shown(reason)} beside a report")
    if not any(reports) and reason is None:
        yield Fault("reason_no_report", "none, and no report")


def _reported(subject: Subject) -> Iterator[Fault]:
    report = subject.value("error_report")
    if report is None:
        return
    for source, name in ((ReportSource.USER, "user_error_report"), (ReportSource.PROVIDER, "provider_error_report")):
        there = getattr(report, name) is not None
        if there != (report.report_source == source):
            found = "one" if there else "none"
            yield Fault(f"error_report.{name}", f"{found} with report-source {shown(report.report_source)}")


_NOTES = ("note", "requester_note", "responder_note", "notification_note", "forward_note")


def _untold(subject: Subject) -> Iterator[Fault]:
    report = subject.value("status_report.user_status_report")
    services = [each for each in subject.own_history if not isinstance(each, StatusQuery | StatusOrErrorReport)]
    if report is None:
        return
    notes = [getattr(services[-1], name, None) for name in _NOTES] if services else []
    recent = report.most_recent_service
    shipped = recent in (MostRecentService.SHIPPED, MostRecentService.RECEIVED)
    known = {
        "shipped_service_type": shipped or any(isinstance(each, Shipped | Received) for each in services),
        "transaction_results": recent == MostRecentService.ILL_ANSWER
        or any(isinstance(each, ILLAnswer) for each in services),
        "most_recent_service_note": any(note is not None for note in notes),
    }
    for name, there in known.items():
        if there and getattr(report, name) is None:
            yield Fault(f"status_report.user_status_report.{name}", "none, though there is one")


def _money(subject: Subject) -> Iterator[Fault]:
    for path, _, amount in subject.parts:
        if isinstance(amount, Amount):
            if amount.currency_code is not None and not re.fullmatch("[A-Z]{3}", amount.currency_code):
                yield Fault(f"{path}.currency_code", shown(amount.currency_code))
            if not re.fullmatch("[0-9 .,]{1,10}", amount.monetary_value):
                yield Fault(f"{path}.monetary_value", shown(amount.monetary_value))


def _nameless(system_id: SystemId) -> str | None:
    nothing = system_id.person_or_institution_symbol is None and system_id.name_of_person_or_institution is None
    return "neither" if nothing else None


def _undescribed(service: ElectronicDeliveryService) -> str | None:
    return "neither" if service.e_delivery_service is None and service.e_delivery_description is None else None


def _before_version_2(subject: Subject) -> bool:
    version = subject.value("protocol_version_num")
    return version is not None and version < 2


def _not_before_version_2(*paths: str) -> Faults:
    def faults(subject: Subject) -> Iterator[Fault]:
        if _before_version_2(subject):
            for path in paths:
                for where, value in subject.at(path):
                    if value is not None:
                        yield Fault(where, f"one in version {subject.apdu.protocol_version_num}")

    return faults


def _not_shipped(subject: Subject) -> Iterator[Fault]:
    """What the declarations limit to some values of an enumeration, which is Shipped-Service-Type."""
    for path, type_, value in subject.parts:
        for limit in type_.constraints:
            if isinstance(limit, Among) and value not in limit.values:
                yield Fault(path, shown(value))


# ── the rules ──────────────────────────────────────────────────────────────────────────────────────────────────────

_RULES = (
    Rule(
        id="ID-1",
        severity=Severity.REFUSED,
        path="requester_id, responder_id",
        sentence="requester-id and responder-id are mandatory by mail",
        source=_MODULE,
        faults=together(
            present("requester_id", when=_by_mail),
            present("responder_id", when=_by_mail_to_the_other),
        ),
        mend=_name_both,
    ),
    Rule(
        id="RO-1",
        severity=Severity.NOTE,
        on=EVERY_MESSAGE,
        path="",
        sentence="each message has its sender, the requester or the responder",
        source="the services of ISO 10160, as implementations have them",
        faults=_not_the_sender,
    ),
    Rule(
        id="ID-2",
        severity=Severity.REFUSED,
        on=(ForwardNotification,),
        path="responder_id, intermediary_id",
        sentence="a Forward-Notification has responder-id and intermediary-id",
        source=_MODULE,
        faults=present("responder_id", "intermediary_id"),
    ),
    Rule(
        id="ID-3",
        severity=Severity.REFUSED,
        path="System-Id",
        sentence="a System-Id has a symbol or a name",
        source=_MODULE,
        faults=every("System-Id", _nameless),
    ),
    Rule(
        id="TR-1",
        severity=Severity.REFUSED,
        path="transaction_id.initial_requester_id",
        sentence="in a sub-transaction the transaction-id has an initial-requester-id",
        source=_MODULE,
        faults=present("transaction_id.initial_requester_id", when=_sub_transaction),
    ),
    Rule(
        id="TR-2",
        severity=Severity.WARNING,
        path="transaction_id.sub_transaction_qualifier",
        sentence="in a sub-transaction the transaction-id has a sub-transaction-qualifier",
        source=f"{_MODULE}; how a sub-transaction is known is inferred",
        faults=present("transaction_id.sub_transaction_qualifier", when=_like_a_sub_transaction),
    ),
    Rule(
        id="DT-1",
        severity=Severity.REFUSED,
        path="ISO-Date",
        sentence="a date is a day of the calendar as YYYYMMDD (ISO 8601)",
        source=_MODULE,
        faults=every("ISO-Date", _date),
    ),
    Rule(
        id="DT-2",
        severity=Severity.WARNING,
        path="ISO-Time",
        sentence="a time is HHMMSS",
        source=_MODULE,
        faults=every("ISO-Time", _time),
    ),
    Rule(
        id="DT-3",
        severity=Severity.REFUSED,
        path="service_date_time.date_time_of_this_service.time",
        sentence="the second service of a transaction on one day, and further ones, say the time",
        source=_MODULE,
        faults=_second_service,
    ),
    Rule(
        id="ST-1",
        severity=Severity.WARNING,
        path="ILL-String",
        sentence="a text has no space at its ends, and something that can be read",
        source=_MODULE,
        faults=every("ILL-String", _text),
    ),
    Rule(
        id="ST-2",
        severity=Severity.WARNING,
        path="EDIFACTString",
        sentence="an EDIFACTString has letters, digits, space and . , - ( ) / = ! \" % & * ; < > ' + : ? only",
        source=_MODULE,
        faults=every("ILL-String", _edifact),
    ),
    Rule(
        id="RQ-1",
        severity=Severity.REFUSED,
        on=(ILLRequest,),
        path="ill_service_type",
        sentence="a request has 1 to 5 services, in order of preference",
        source=_SIZE,
        faults=checked("ill_service_type", lambda value: None if 1 <= len(value) <= 5 else str(len(value))),
    ),
    Rule(
        id="RQ-2",
        severity=Severity.REFUSED,
        on=(ILLRequest,),
        path="supply_medium_info_type",
        sentence="a request has 1 to 7 media, in order of preference",
        source=_SIZE,
        faults=checked("supply_medium_info_type", lambda value: None if 1 <= len(value) <= 7 else str(len(value))),
    ),
    Rule(
        id="RQ-3",
        severity=Severity.REFUSED,
        on=(ILLRequest,),
        path="third_party_info_type",
        sentence="what is forwarded, or partitioned, or in part tried before, has third-party-info",
        source=f"{_MODULE}; how a sub-transaction is known is inferred",
        faults=present(
            "third_party_info_type",
            when=lambda subject: _passed_on(subject) or (_like_a_sub_transaction(subject) and _tried_before(subject)),
        ),
    ),
    Rule(
        id="RQ-4",
        severity=Severity.REFUSED,
        on=(ILLRequest,),
        path="third_party_info_type.initial_requester_address",
        sentence="what is forwarded or partitioned has the initial requester's address",
        source=_MODULE,
        faults=present(
            "third_party_info_type.initial_requester_address",
            when=lambda subject: _passed_on(subject) and subject.value("third_party_info_type") is not None,
        ),
    ),
    Rule(
        id="RQ-5",
        severity=Severity.REFUSED,
        on=(ILLRequest,),
        path="third_party_info_type.already_tried_list",
        sentence="what is forwarded, or was tried before, has the list of those who were asked",
        source=_MODULE,
        faults=filled(
            "third_party_info_type.already_tried_list",
            when=lambda subject: (
                subject.value("third_party_info_type") is not None
                and (subject.value("forward_flag") is True or _tried_before(subject))
            ),
        ),
    ),
    Rule(
        id="RQ-6",
        severity=Severity.WARNING,
        on=(ILLRequest,),
        path="search_type.need_before_date, search_type.expiry_date",
        sentence="the expiry-flag says which date is the expiry date: need-before-date, or with other-Date expiry-date",
        source=f"{_MODULE}; that other-Date needs a date is inferred",
        faults=_expiry,
        mend=_flag_the_expiry_date,
    ),
    Rule(
        id="RQ-7",
        severity=Severity.WARNING,
        on=(ILLRequest,),
        path="item_id.isbn, item_id.issn",
        sentence="an ISBN has 10 characters (ISO 2108), an ISSN 8 (ISO 3297), without hyphens",
        source=f"{_SIZE}; check digits: ISO 2108, ISO 3297",
        faults=lambda subject: [
            *checked("item_id.isbn", _number_of(10))(subject),
            *checked("item_id.issn", _number_of(8))(subject),
        ],
    ),
    Rule(
        id="LS-1",
        severity=Severity.WARNING,
        on=(ILLRequest,),
        path="search_type.level_of_service",
        sentence="a level-of-service is one character",
        source=_SIZE,
        faults=checked("search_type.level_of_service", lambda value: None if len(value) == 1 else shown(value)),
    ),
    Rule(
        id="V2-1",
        severity=Severity.REFUSED,
        on=(ILLRequest, Shipped, ILLAnswer),
        path="delivery_service.electronic_delivery, supply_details.shipped_via.electronic_delivery,"
        " results_explanation.conditional_results.proposed_delivery_service",
        sentence="electronic delivery and a proposed delivery service come with protocol-version-num 2 or more",
        source=_MODULE,
        faults=_not_before_version_2(
            "delivery_service.electronic_delivery",
            "supply_details.shipped_via.electronic_delivery",
            "results_explanation.conditional_results.proposed_delivery_service",
        ),
    ),
    Rule(
        id="V2-2",
        severity=Severity.REFUSED,
        on=(Damaged,),
        path="damaged_details",
        sentence="damaged-details come with protocol-version-num 2 or more",
        source=_MODULE,
        faults=_not_before_version_2("damaged_details"),
    ),
    Rule(
        id="AN-1",
        severity=Severity.REFUSED,
        on=(ILLAnswer,),
        path="results_explanation",
        sentence="conditional, locations-provided and estimate are explained by results-explanation",
        source=_MODULE,
        faults=present("results_explanation", when=_must_be_explained),
    ),
    Rule(
        id="AN-2",
        severity=Severity.REFUSED,
        on=(ILLAnswer,),
        path="results_explanation",
        sentence="the alternative of results-explanation is the one of transaction-results",
        source=_MODULE,
        faults=_alternative,
    ),
    Rule(
        id="AN-3",
        severity=Severity.REFUSED,
        on=(ILLAnswer,),
        path="responder_specific_results",
        sentence="a reason that is responder-specific comes with responder-specific-results",
        source=_MODULE,
        faults=present("responder_specific_results", when=_responder_specific),
    ),
    Rule(
        id="AN-4",
        severity=Severity.REFUSED,
        on=(ILLAnswer,),
        path="results_explanation.will_supply_results.electronic_delivery_service",
        sentence="the electronic delivery service is one of those that the requester proposed",
        source=_MODULE,
        faults=_not_proposed,
    ),
    Rule(
        id="SD-1",
        severity=Severity.REFUSED,
        on=(Shipped,),
        path="supply_details.chargeable_units, supply_details.no_of_units_per_medium[].no_of_units",
        sentence="units are counted from 1 to 9999",
        source=_SIZE,
        faults=together(
            checked("supply_details.chargeable_units", _units),
            checked("supply_details.no_of_units_per_medium[].no_of_units", _units),
        ),
    ),
    Rule(
        id="AM-1",
        severity=Severity.WARNING,
        path="Amount",
        sentence="an amount is 1 to 10 of digits, space, point and comma, its currency three letters of ISO 4217",
        source=_SIZE,
        faults=_money,
    ),
    Rule(
        id="SR-1",
        severity=Severity.REFUSED,
        on=(StatusOrErrorReport,),
        path="reason_no_report",
        sentence="reason-no-report is there where neither report is, and only there",
        source=_MODULE,
        faults=_nothing_reported,
    ),
    Rule(
        id="SR-2",
        severity=Severity.REFUSED,
        on=(StatusOrErrorReport,),
        path="error_report.user_error_report, error_report.provider_error_report",
        sentence="an error report is the user's or the provider's, as its report-source says",
        source=_MODULE,
        faults=_reported,
    ),
    Rule(
        id="HR-1",
        severity=Severity.WARNING,
        on=(StatusOrErrorReport,),
        path="status_report.user_status_report",
        sentence="a history report has what is known: service shipped, results, the note of the last service",
        source=_MODULE,
        faults=_untold,
    ),
    Rule(
        id="SH-1",
        severity=Severity.REFUSED,
        on=(Shipped, Received, StatusOrErrorReport),
        path="shipped_service_type, status_report.user_status_report.shipped_service_type",
        sentence="what is shipped is a loan or a copy-non-returnable",
        source=_SIZE,
        faults=_not_shipped,
    ),
    Rule(
        id="EX-1",
        severity=Severity.REFUSED,
        on=(ILLRequest,),
        path="responder_specific_service.direct_reference",
        sentence="a responder-specific-service says by direct-reference what it is",
        source=_MODULE,
        faults=present(
            "responder_specific_service.direct_reference",
            when=lambda subject: subject.value("responder_specific_service") is not None,
        ),
    ),
    Rule(
        id="ED-1",
        severity=Severity.WARNING,
        path="Electronic-Delivery-Service",
        sentence="an electronic delivery service is named by object identifiers or by e-delivery-description",
        source=_MODULE,
        faults=every("Electronic-Delivery-Service", _undescribed),
    ),
)

#: The messages that a system need not send: it says so in requester- and responder-optional-messages.
_OPTIONAL = (Shipped, CheckedIn, Received, Returned)

STANDARD = Profile(
    name="standard",
    title="ISO 10161-1, version 2",
    summary=(
        "What the module ISO-10161-ILL-1 says in comments and constraints, which the codec does not judge."
        " How severe a breach is, is our judgement."
    ),
    rules=_RULES,
    services=tuple(
        Service(
            message,
            role,
            Support.OPTIONAL if message in (Shipped, CheckedIn, Received, Returned) else Support.SUPPORTED,
        )
        for message, senders in SENDERS.items()
        for role in Role
        if role in senders
    ),
    services_source="ISO 10160 by what implementations send; optional are those that optional-messages are about",
    listeners_source="IPIG profile, by the Implementation Test Beds of the ILL ASMA, 2002; RFC 2503",
    listeners=(
        Listener(Transport.CONNECTION, 1611),
        Listener(Transport.CONNECTION, 499, duplex=True),
        Listener(Transport.MAIL),
    ),
)

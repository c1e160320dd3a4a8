"""OCLC: what it accepts, and what it needs in order to send a request on.

What it says of a request that it does not take is a rejection or, for what only stops it on its way onward, the Review
File, in which a person sees to it: that is a *warning* here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from isoill.errors import DecodeError
from isoill.oids import registered_as
from isoill.payloads import IPIGILLRequestExtension, OCLCILLRequestExtension, PromptObject, PromptType
from isoill.profiles.ipig import extensions
from isoill.profiles.profile import Listener, Profile, Service, Support
from isoill.profiles.rules import Fault, Rule, Severity, Subject, checked, present, refuse, shown
from isoill.profiles.standard import STANDARD
from isoill.services import Role, Transport
from isoill.types import (
    Apdu,
    ILLAnswer,
    ILLRequest,
    ILLServiceType,
    StatusOrErrorReport,
    TransactionResults,
    date_of,
)

__all__ = ["OCLC"]

_ISO_ILL = "OCLC's rules for ISO ILL"
_ACCEPTANCE = "OCLC ILL Direct Request Planning Guide, 10.1"
_ONWARD = "OCLC ILL Direct Request Planning Guide, 10.2"
_DATES = ("level_of_service", "need_before_date", "expiry_date")


def _no_date(subject: Subject) -> Iterator[Fault]:
    if all(subject.value(f"search_type.{name}") is None for name in _DATES):
        yield Fault("search_type.need_before_date", "none of the three")


def _no_borrower(subject: Subject) -> Iterator[Fault]:
    ids = (subject.apdu.requester_id, subject.apdu.transaction_id.initial_requester_id)
    if not any(each is not None and each.symbol for each in ids):
        yield Fault("requester_id", "none")


def _neither_loan_nor_copy(subject: Subject) -> Iterator[Fault]:
    services = subject.value("ill_service_type")
    if services and not {ILLServiceType.LOAN, ILLServiceType.COPY_NON_RETURNABLE} & set(services):
        yield Fault("ill_service_type", ", ".join(map(shown, services)))


def _no_logon(subject: Subject) -> Iterator[Fault]:
    for path, external in extensions(subject, registered_as(PromptObject).oid):
        try:
            logon = external.value(PromptObject, strict=False)
        except DecodeError:
            continue
        missing = [name for name in (PromptType.USER_ID, PromptType.PASSWORD) if not logon.answer(name)]
        if missing:
            yield Fault(path, f"no {' and no '.join(map(shown, missing))}")
        return
    yield Fault("extensions", "none that is a prompt object (1.2.840.10003.8.1)")


def _log_on(subject: Subject, profile: Profile) -> Apdu | None:
    return None if profile.logon is None else subject.apdu.with_extension(profile.logon)


def _no_extension(subject: Subject) -> Iterator[Fault]:
    if not any(extensions(subject, registered_as(OCLCILLRequestExtension).oid)):
        yield Fault("extensions", "none that is OCLC-ILL-Request-Extension (1.0.10161.13.2)")


def _add_extension(subject: Subject, profile: Profile) -> Apdu | None:
    return subject.apdu.with_extension(OCLCILLRequestExtension())


def _need_before_today(subject: Subject) -> Iterator[Fault]:
    text = subject.value("search_type.need_before_date")
    if text is None or subject.today is None:
        return
    try:
        day = date_of(text)
    except ValueError:
        return  # DT-1 says so
    if day < subject.today:
        yield Fault("search_type.need_before_date", f"{day}, and today is {subject.today}")


def _pays_by_ifm(subject: Subject) -> bool:
    """Whether either of the extensions about requests says that OCLC's fee management pays."""
    try:
        old = subject.apdu.extension(OCLCILLRequestExtension, strict=False)
        new = subject.apdu.extension(IPIGILLRequestExtension, strict=False) or ()
    except DecodeError:
        return False
    if old is not None and (old.payment_method or "").strip().lower() == "ifm":
        return True
    return any(payment.oclc_ifm is not None for detail in new for payment in detail.payment_method or ())


def _no_cost(subject: Subject) -> Iterator[Fault]:
    if not _pays_by_ifm(subject):
        return
    amount = subject.value("cost_info_type.maximum_cost")
    if amount is None:
        yield Fault("cost_info_type.maximum_cost", "none")
    elif (amount.currency_code or "").upper() != "USD":
        yield Fault("cost_info_type.maximum_cost.currency_code", shown(amount.currency_code or ""))


def _no_lender(subject: Subject) -> Iterator[Fault]:
    if subject.apdu.responder_id is None and not subject.value("third_party_info_type.send_to_list"):
        yield Fault("third_party_info_type.send_to_list", "none")


def _not_postal(subject: Subject) -> bool:
    return subject.value("delivery_address") is not None


OCLC = Profile(
    name="oclc",
    title="OCLC",
    summary="OCLC's rules for ISO ILL, and those of ILL Direct Request. Host and port are agreed upon for each symbol.",
    base=STANDARD,
    rules=(
        *STANDARD.rules,
        Rule(
            id="oclc-will-supply",
            severity=Severity.REFUSED,
            on=(ILLAnswer,),
            path="transaction_results",
            sentence="OCLC does not take will-supply: send Shipped",
            source=_ISO_ILL,
            faults=refuse("transaction_results", TransactionResults.WILL_SUPPLY),
        ),
        Rule(
            id="oclc-conditional",
            severity=Severity.WARNING,
            on=(ILLAnswer,),
            path="transaction_results",
            sentence="corrections of a citation do not travel back: for a bad one answer unfilled, not-found-as-cited",
            source=_ISO_ILL,
            faults=refuse("transaction_results", TransactionResults.CONDITIONAL),
        ),
        Rule(
            id="oclc-version",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="protocol_version_num",
            sentence="OCLC takes version 1 or 2",
            source=_ACCEPTANCE,
            faults=checked("protocol_version_num", lambda number: None if number in (1, 2) else shown(number)),
        ),
        Rule(
            id="oclc-borrower",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="requester_id",
            sentence="the borrower's OCLC symbol is in requester-id or in initial-requester-id",
            source=_ACCEPTANCE,
            faults=_no_borrower,
        ),
        Rule(
            id="oclc-service",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="ill_service_type",
            sentence="OCLC takes requests for a loan or a copy",
            source=_ACCEPTANCE,
            faults=_neither_loan_nor_copy,
        ),
        Rule(
            id="oclc-title",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="item_id.title",
            sentence="OCLC takes no request without a title",
            source=f"{_ISO_ILL}; {_ACCEPTANCE}",
            faults=present("item_id.title"),
        ),
        Rule(
            id="oclc-date",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="search_type.need_before_date",
            sentence="a request has a need-before-date, an expiry-date or a level-of-service",
            source=_ISO_ILL,
            faults=_no_date,
        ),
        Rule(
            id="oclc-verified",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="item_id.verification_reference_source",
            sentence="a request says where the citation was verified",
            source=_ISO_ILL,
            faults=present("item_id.verification_reference_source"),
        ),
        Rule(
            id="oclc-ship-to",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="delivery_address",
            sentence="a request says where to ship to",
            source=_ISO_ILL,
            faults=present("delivery_address"),
        ),
        Rule(
            id="oclc-postal-address",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="delivery_address.postal_address",
            sentence="OCLC sends a request on if it can be shipped by post",
            source=_ONWARD,
            faults=present("delivery_address.postal_address", when=_not_postal),
        ),
        Rule(
            id="oclc-logon",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="extensions",
            sentence="the first request on a connection brings authorization and password",
            source=f"{_ACCEPTANCE}; Implementation Test Beds of the ILL ASMA, 2002",
            faults=_no_logon,
            mend=_log_on,
        ),
        Rule(
            id="oclc-extension",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="extensions",
            sentence="OCLC wants its extension to a request, though nothing need be in it",
            source="yaz-illclient, which was written for OCLC",
            faults=_no_extension,
            mend=_add_extension,
        ),
        Rule(
            id="oclc-need-before-today",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="search_type.need_before_date",
            sentence="OCLC sends a request on if its need-before-date is today or later",
            source=_ONWARD,
            faults=_need_before_today,
        ),
        Rule(
            id="oclc-copyright",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="copyright_compliance",
            sentence="OCLC knows ccg and ccl as copyright-compliance",
            source=_ONWARD,
            faults=checked(
                "copyright_compliance", lambda text: None if re.fullmatch("(?i)cc[gl]", text.strip()) else shown(text)
            ),
        ),
        Rule(
            id="oclc-ifm",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="cost_info_type.maximum_cost",
            sentence="who pays by IFM says the maximum cost in USD",
            source=_ONWARD,
            faults=_no_cost,
        ),
        Rule(
            id="oclc-lender",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="third_party_info_type.send_to_list",
            sentence="OCLC sends a request on if it names a lender that is valid, the first if they are ordered",
            source=_ONWARD,
            faults=_no_lender,
        ),
    ),
    services=(
        Service(ILLRequest, Role.REQUESTER, Support.REQUIRED),
        Service(StatusOrErrorReport, Role.RESPONDER, Support.SUPPORTED, "on the same connection"),
        Service(ILLAnswer, Role.RESPONDER, Support.SUPPORTED, "not will-supply"),
        Service(ILLAnswer, Role.RESPONDER, Support.REFUSED, "will-supply: send Shipped"),
    ),
    listeners=(Listener(Transport.CONNECTION, 499, duplex=True),),
)

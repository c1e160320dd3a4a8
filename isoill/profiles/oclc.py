"""OCLC: what it accepts, and what it needs in order to send a request on.

What it says of a request that it does not take is a rejection or, for what only stops it on its way onward, the Review
File, in which a person sees to it: that is a *warning* here.

Left out, as a message alone does not show it: that a transaction-id is unique in the world, that the borrower's symbol
and the lenders' are OCLC's and valid, that a request is the first on its connection.  requester-optional-messages are
required by the standard, and OCLC does not use them.  The other EXTERNALs that it knows are in `isoill.payloads`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from isoill.errors import DecodeError
from isoill.oids import registered_as
from isoill.payloads import IPIGILLRequestExtension, OCLCILLRequestExtension, PromptObject, PromptType
from isoill.profiles.contact import Contact
from isoill.profiles.extensions import PAYLOAD, externals, missing
from isoill.profiles.profile import Listener, Profile, Service, Support
from isoill.profiles.rules import Fault, Rule, Severity, Subject, blank, checked, filled, refuse, shown
from isoill.profiles.standard import STANDARD
from isoill.services import Role, Transport
from isoill.types import (
    Apdu,
    ILLAnswer,
    ILLRequest,
    ILLServiceType,
    Shipped,
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
    if all(blank(subject.value(f"search_type.{name}")) for name in _DATES):
        yield Fault("search_type.need_before_date", "none of the three")


def _no_borrower(subject: Subject) -> Iterator[Fault]:
    ids = (subject.value("requester_id"), subject.value("transaction_id.initial_requester_id"))
    if not any(each is not None and not blank(each.symbol) for each in ids):
        yield Fault("requester_id", "none")


def _neither_loan_nor_copy(subject: Subject) -> Iterator[Fault]:
    services = subject.value("ill_service_type")
    if services and not {ILLServiceType.LOAN, ILLServiceType.COPY_NON_RETURNABLE} & set(services):
        yield Fault("ill_service_type", ", ".join(map(shown, services)))


def _no_logon(subject: Subject) -> Iterator[Fault]:
    for path, external in externals(subject, registered_as(PromptObject).oid):
        try:
            logon = external.value(PromptObject, strict=False)
        except DecodeError:
            yield Fault(path, "one that cannot be read")
            return
        unsaid = [name for name in (PromptType.USER_ID, PromptType.PASSWORD) if not logon.answer(name)]
        if unsaid:
            yield Fault(path, f"no {' and no '.join(map(shown, unsaid))}")
        return
    yield Fault("extensions", "none that is a prompt object (1.2.840.10003.8.1)")


def _log_on(subject: Subject, contact: Contact) -> Apdu | None:
    there = any(externals(subject, registered_as(PromptObject).oid))  # another's answers are not ours to replace
    return None if contact.logon is None or there else subject.apdu.with_extension(contact.logon)


def _add_extension(subject: Subject, contact: Contact) -> Apdu | None:
    there = any(externals(subject, registered_as(OCLCILLRequestExtension).oid))
    return None if there else subject.apdu.with_extension(OCLCILLRequestExtension())


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


def _value(subject: Subject, type: Any) -> Any:
    """What an extension says; None where there is none that can be read."""
    try:
        return subject.apdu.extension(type, strict=False)
    except DecodeError:
        return None


def _pays_by_ifm(subject: Subject) -> bool:
    """Whether either of the extensions about requests says that OCLC's fee management pays."""
    old, new = _value(subject, OCLCILLRequestExtension), _value(subject, IPIGILLRequestExtension) or ()
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
    if blank(subject.value("responder_id")) and blank(subject.value("third_party_info_type.send_to_list")):
        yield Fault("third_party_info_type.send_to_list", "none")


def _has_address(subject: Subject) -> bool:
    return not blank(subject.value("delivery_address"))


OCLC = Profile(
    name="oclc",
    title="OCLC",
    summary="OCLC's rules for ISO ILL, and those of ILL Direct Request.",
    base=STANDARD,
    rules=(
        *STANDARD.rules,
        PAYLOAD,
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
            severity=Severity.NOTE,
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
            faults=filled("item_id.title"),
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
            faults=filled("item_id.verification_reference_source"),
        ),
        Rule(
            id="oclc-ship-to",
            severity=Severity.REFUSED,
            on=(ILLRequest,),
            path="delivery_address",
            sentence="a request says where to ship to",
            source=_ISO_ILL,
            faults=filled("delivery_address"),
        ),
        Rule(
            id="oclc-postal-address",
            severity=Severity.WARNING,
            on=(ILLRequest,),
            path="delivery_address.postal_address",
            sentence="OCLC sends a request on if it can be shipped by post",
            source=_ONWARD,
            faults=filled("delivery_address.postal_address", when=_has_address),
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
            source="yaz-illclient, which sends it empty and calls it required",
            faults=missing(OCLCILLRequestExtension),
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
            source=f"{_ONWARD}; in small letters or capitals",
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
            sentence="OCLC sends a request on if it names a lender",
            source=f"{_ONWARD}; that responder-id names one is inferred",
            faults=_no_lender,
        ),
    ),
    services_source="OCLC ILL Direct Request Planning Guide, 8 and 11; of ISO ILL the list is partial",
    services=(
        Service(ILLRequest, Role.REQUESTER, Support.REQUIRED),
        Service(StatusOrErrorReport, Role.RESPONDER, Support.SUPPORTED, "on the same connection"),
        Service(ILLAnswer, Role.RESPONDER, Support.SUPPORTED, "not will-supply"),
        Service(Shipped, Role.RESPONDER, Support.SUPPORTED, "in place of will-supply"),
        Service(ILLAnswer, Role.RESPONDER, Support.REFUSED, "will-supply: send Shipped"),
    ),
    listeners_source="OCLC ILL Direct Request Planning Guide, 8; for ISO ILL they are agreed upon for each symbol",
    listeners=(Listener(Transport.CONNECTION, 499, duplex=True),),
)

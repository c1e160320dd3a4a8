"""What was wrong with a message, as the report that tells its sender: errors back to the wire.

The report is a Status-Or-Error-Report; where the profile of the IPIG has words for it, it says in an extension
(1.0.10161.13.6) which element it is about.  Which general-problem answers which error is inferred from the names.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from isoill import _ber
from isoill.asn1 import ANY, fields_of, type_of
from isoill.codec import Octets, peek
from isoill.errors import DEFAULT_LIMITS, DecodeError, LimitError, Reason, RemoteProtocolError
from isoill.payloads import AdditionalUserErrorReportInfo, UnrecognizedData, UserErrorDetail
from isoill.stamps import key_of, stamp
from isoill.types import (
    ILLAPDU,
    Apdu,
    DateTimeOfService,
    ErrorReport,
    GeneralProblem,
    ILLAPDUType,
    ProtocolVersionNum,
    ProviderErrorReport,
    ReportSource,
    ServiceDateTime,
    StatusOrErrorReport,
    SystemId,
    TransactionId,
    UserErrorReport,
)

__all__ = [
    "GENERAL_PROBLEMS",
    "apdu_type_of",
    "correlation",
    "element_of",
    "error_report",
    "refusal",
    "report_of",
    "version_of",
]

_STRUCTURE, _TYPE = GeneralProblem.BADLY_STRUCTURED_APDU, GeneralProblem.MISTYPED_APDU

#: The general-problem that answers each reason for which octets are refused.
GENERAL_PROBLEMS: Mapping[Reason, GeneralProblem] = MappingProxyType(
    {
        Reason.NOT_BER: GeneralProblem.UNRECOGNIZED_APDU,
        Reason.TRUNCATED: _STRUCTURE,
        Reason.TRAILING_OCTETS: _STRUCTURE,
        Reason.PADDING: _STRUCTURE,
        Reason.MALFORMED_TAG: _STRUCTURE,
        Reason.MALFORMED_LENGTH: _STRUCTURE,
        Reason.MALFORMED_VALUE: _STRUCTURE,
        Reason.NON_MINIMAL: _STRUCTURE,
        Reason.END_OF_CONTENTS: _STRUCTURE,
        Reason.UNKNOWN_COMPONENT: _STRUCTURE,
        Reason.MISSING_COMPONENT: _STRUCTURE,
        Reason.DUPLICATE_COMPONENT: _STRUCTURE,
        Reason.OUT_OF_ORDER: _STRUCTURE,
        Reason.EXTRA_SEQUENCE: _STRUCTURE,
        Reason.UNEXPECTED_TAG: _TYPE,
        Reason.UNLISTED_VALUE: _TYPE,
        Reason.WRONG_FORM: _TYPE,
        Reason.IMPLICIT_TAG: _TYPE,
        Reason.EXPLICIT_TAG: _TYPE,
        Reason.MISSING_EXTERNAL: _TYPE,
        Reason.OTHER_STRING_TYPE: _TYPE,
        Reason.OTHER_PAYLOAD: _TYPE,
        Reason.LIMIT: GeneralProblem.OTHER,
    }
)

#: An error about the octets as such has this path, as no APDU is known yet.
_NO_APDU = type_of(ILLAPDU).name
#: Limits that only octets can go over that are no message: tags, lengths and numbers of absurd size.
_OF_STRUCTURE = frozenset({"tag_octets", "length_octets", "integer_octets", "oid_arc_octets"})
#: Reasons that are about one element and what it says, rather than about what is around it.
_ABOUT_ONE = frozenset({Reason.UNEXPECTED_TAG, Reason.UNLISTED_VALUE, Reason.WRONG_FORM, Reason.MALFORMED_VALUE})
_APDUS = {type_.name: type_.python for type_ in type_of(ILLAPDU).alternatives}
_TYPES = {number: _APDUS[_name] for number, _name in enumerate(_APDUS, 1)}
_HEAD = _ber.table(Apdu)
_ANY = _ber.table(ANY)
_HEAD_TAGS = b"\x80\xa1\xa2\xa3\xa4"
#: Of what is answered where the message has none that is known.
_VERSION = int(ProtocolVersionNum.VERSION_2)
_NOWHEN = DateTimeOfService(date="00000000")
_UNKNOWN = "unknown"


def error_report(
    about: Apdu,
    problem: ProviderErrorReport | UserErrorReport,
    *,
    now: datetime.datetime | None = None,
    details: Sequence[UserErrorDetail] = (),
    note: str | None = None,
) -> StatusOrErrorReport:
    """The report of a problem with a message that could be read.

    A `ProviderErrorReport` is the ILL system's, a `UserErrorReport` the library's.  Without ``now`` the report is dated
    a second after the message.  Raises ValueError for a message that is a report: none is answered by another.

    >>> from pathlib import Path
    >>> import isoill
    >>> from isoill import UserErrorReport
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> report = error_report(request, UserErrorReport(security_problem="who are you?"))
    >>> report.error_report.correlation_information
    'ILL-Request 20261121 101500'
    """
    if isinstance(about, StatusOrErrorReport):
        raise ValueError("expected a message that is no report, found Status-Or-Error-Report")
    return _report(
        (about.protocol_version_num, about.transaction_id, about.requester_id, about.responder_id),
        stamp(now, about.service_date_time),
        correlation(type_of(type(about)).name, about.service_date_time),
        problem,
        details,
        note,
    )


def refusal(
    apdu: Apdu,
    detail: str,
    problem: ProviderErrorReport | UserErrorReport,
    now: datetime.datetime | None,
    **told: Any,
) -> RemoteProtocolError:
    """The error for a message that may not come, with the report that answers it: none where it is one itself."""
    report = None if isinstance(apdu, StatusOrErrorReport) else error_report(apdu, problem, now=now, note=detail)
    return RemoteProtocolError(detail, apdu=apdu, report=report, **{"event": type_of(type(apdu)).name, **told})


def version_of(apdu: Apdu) -> int:
    """The version in which a message is answered: its own, if it is one."""
    known = apdu.protocol_version_num in tuple(ProtocolVersionNum)
    return apdu.protocol_version_num if known else int(ProtocolVersionNum.VERSION_2)


def report_of(
    error: DecodeError, data: Octets, /, *, now: datetime.datetime | None = None
) -> StatusOrErrorReport | None:
    """The report that answers octets which could not be read; None where they begin like a report themselves.

    As much of the head of the message as can be read goes into it: transaction-id, who sent it to whom, when.  Of what
    cannot be read at all the transaction is called ``unknown``, and without ``now`` the date is ``00000000``.

    >>> import isoill
    >>> octets = bytes.fromhex("6f19 3017 800102 a10aa1031b0131a2031b0132 8206 30043102 0500")
    >>> try:
    ...     isoill.decode(octets)
    ... except isoill.DecodeError as error:
    ...     report = report_of(error, octets)
    >>> report.error_report.provider_error_report.general_problem
    GeneralProblem.MISTYPED_APDU
    """
    octets = bytes(data).lstrip(b"\0\r\n")
    cls = _TYPES.get(octets[0] - 0x60) if octets else None
    if cls is StatusOrErrorReport:
        return None
    head = _head(octets)
    when = ServiceDateTime(date_time_of_this_service=_NOWHEN) if head is None else head.service_date_time
    if head is not None:
        parties = (head.protocol_version_num, head.transaction_id, head.requester_id, head.responder_id)
    else:
        parties = (_VERSION, _transaction_of(octets), None, None)
    if cls is None or error.path in ("", _NO_APDU):
        name, problem = "an APDU", GeneralProblem.UNRECOGNIZED_APDU
        if error.reason not in (Reason.UNEXPECTED_TAG, Reason.NOT_BER):
            problem = GENERAL_PROBLEMS[error.reason]
    else:
        name, problem = type_of(cls).name, GENERAL_PROBLEMS[error.reason]
    if isinstance(error, LimitError) and error.limit in _OF_STRUCTURE:
        problem = _STRUCTURE
    if head is not None and head.protocol_version_num not in tuple(ProtocolVersionNum):
        problem = GeneralProblem.PROTOCOL_VERSION_NOT_SUPPORTED
    return _report(
        parties,
        stamp(now, when),
        correlation(name, None if head is None else when),
        ProviderErrorReport(general_problem=problem),
        [_detail(error)],
        str(error),
    )


def correlation(name: str, when: ServiceDateTime | None) -> str:
    """Correlation-information: which message a report is about.  What it says is free; this is type and date-time."""
    if when is None:
        return name
    this = key_of(when)
    return " ".join(text for text in (name, this.date, this.time) if text and text.strip())


def apdu_type_of(apdu: Apdu) -> ILLAPDUType:
    """The number of a message's kind, as reports give it."""
    return ILLAPDUType[type_of(type(apdu)).name.upper().replace("-", "_")]


def element_of(path: str) -> str:
    """A path of ours as the IPIG's extensions write it, as far as it leads through declared types.

    >>> element_of("ILL-Request.item_id.isbn")
    'ILL-REQUEST.item-id.iSBN'
    """
    first, *rest = path.split(".")
    names, cls = [first.upper()], _APDUS.get(first)
    for step in rest:
        name = re.sub(r"\[\d+\]", "", step)
        found = {} if cls is None else {each.name: each for each in fields_of(cls)}
        component = found.get(name)
        names.append(name.replace("_", "-") if component is None else component.asn1_name)
        type_ = None if component is None else component.type
        while type_ is not None and type_.element is not None:
            type_ = type_.element
        cls = type_.python if type_ is not None and hasattr(type_.python, "__components__") else None
    return ".".join(names)


def _report(  # noqa: PLR0917 - it is the six things that a report is made of
    parties: tuple[int, TransactionId, SystemId | None, SystemId | None],
    when: ServiceDateTime,
    about: str,
    problem: ProviderErrorReport | UserErrorReport,
    details: Iterable[UserErrorDetail],
    note: str | None,
) -> StatusOrErrorReport:
    version, transaction_id, requester_id, responder_id = parties
    by_user = isinstance(problem, UserErrorReport)
    report = StatusOrErrorReport(
        # what is answered may be of a version that is none; the answer is of one that is
        protocol_version_num=version if version in tuple(ProtocolVersionNum) else _VERSION,
        transaction_id=transaction_id,
        service_date_time=when,
        requester_id=requester_id,
        responder_id=responder_id,
        error_report=ErrorReport(
            correlation_information=about,
            report_source=ReportSource.USER if by_user else ReportSource.PROVIDER,
            user_error_report=problem if isinstance(problem, UserErrorReport) else None,
            provider_error_report=problem if isinstance(problem, ProviderErrorReport) else None,
        ),
        note=note,
    )
    details = tuple(details)
    return report.with_extension(details, type=AdditionalUserErrorReportInfo) if details else report


def _detail(error: DecodeError) -> UserErrorDetail:
    element = element_of(error.path)
    if "." not in element:
        return UserErrorDetail(other=str(error))
    if error.reason is Reason.MISSING_COMPONENT:
        return UserErrorDetail(missing_required_element=element)
    if error.reason in _ABOUT_ONE:
        return UserErrorDetail(unrecognized_data=UnrecognizedData(element=element, expected_format=error.detail))
    return UserErrorDetail(other=f"{element}: {error.detail}")


def _head(octets: bytes) -> Apdu | None:
    """The components with which every APDU begins, if they can be read; what comes behind them is not looked at."""
    inside = _contents(octets)
    if inside[:1] == b"\x30":  # as the module has it; some leave this SEQUENCE out
        inside = _contents(inside)
    heads, offset = b"", 0
    try:
        while inside[offset] in _HEAD_TAGS:
            component, offset = _ber.read_from(_ANY, inside, offset, [], DEFAULT_LIMITS)
            heads += component
    except (DecodeError, IndexError):
        pass  # whatever is wrong here, the error that is answered says so
    try:
        head: Apdu = _ber.read(_HEAD, b"\x30\x80" + heads + b"\0\0", [], DEFAULT_LIMITS)
    except DecodeError:
        return None
    return head


def _contents(octets: bytes) -> bytes:
    """What follows the length of a value, all of it there or not."""
    length = octets[1] if len(octets) > 1 else 0
    return octets[2 + (length & 0x7F if length > 0x80 else 0) :]


def _transaction_of(octets: bytes) -> TransactionId:
    try:
        return peek(octets).transaction_id
    except DecodeError:
        return TransactionId(transaction_group_qualifier=_UNKNOWN, transaction_qualifier=_UNKNOWN)

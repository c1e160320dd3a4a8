"""How partners of a kind behave by themselves: what they answer, and what they refuse."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from isoill.asn1 import type_of
from isoill.errors import RemoteProtocolError
from isoill.payloads import UnrecognizedData, UserErrorDetail
from isoill.problems import element_of, error_report
from isoill.profiles import Finding, Profile, Severity, Subject
from isoill.profiles.rules import blank
from isoill.services import Direction, Event, Transport, event_of
from isoill.stamps import day_of
from isoill.transaction import Transaction
from isoill.types import Apdu, ILLServiceType, Renew, StatusOrErrorReport, UnableToPerform, UserErrorReport

__all__ = ["REFUSED", "Manner"]

Make = Callable[[Transaction], Apdu]

#: The problem in the report of what is refused; which of them such partners name is not known.
REFUSED = UserErrorReport(unable_to_perform=UnableToPerform.OTHER)
_STRANGER = UserErrorReport(security_problem="authorization and password are wanted")
#: What OCLC wants in the first request on a connection; of a message alone it is a warning.
_LOGON = "oclc-logon"
_LOAN = datetime.timedelta(weeks=4)


class Manner:
    """What a partner of a profile does by itself.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> transaction = Transaction.replay([(Direction.RECEIVE, request)], role="responder")
    >>> oclc = Manner(isoill.get_profile("oclc"), duplex=True)
    >>> for apdu in oclc.answers(Event.ILL_REQUEST, transaction):
    ...     print(transaction.send(apdu))
    send Status-Or-Error-Report: IN-PROCESS
    send Shipped: IN-PROCESS -> SHIPPED
    """

    def __init__(self, profile: Profile, *, duplex: bool) -> None:
        kinds = _kinds(profile)
        self._profile = profile
        #: whether a request is answered by a report at once
        self._acknowledges = "oclc" in kinds and duplex
        #: whether Received waits until Shipped has come
        self.holds_received = "illiad" in kinds

    def answers(self, event: Event, transaction: Transaction) -> Iterator[Apdu]:
        """What answers a message, as far as the state table allows it; each is to be sent before the next is made."""
        makers = _USUAL.get(event, ())
        if self._acknowledges and event is Event.ILL_REQUEST:
            makers = (Transaction.status_report, *makers)
        for make in makers:
            apdu = make(transaction)
            said = event_of(apdu, Direction.SEND)
            if said in transaction.allowed and said not in transaction.repeats:
                yield apdu

    def objection(self, apdu: Apdu, history: Iterable[Apdu], *, first: bool) -> RemoteProtocolError | None:
        """Why a message is refused, with the report that says so; None where it is not.

        ``first`` is whether no request has come on the connection before it.
        """
        findings = self._profile.check(apdu, transport=Transport.CONNECTION, history=history)
        wrong, problem = [each for each in findings if each.severity is Severity.REFUSED], REFUSED
        if first and not wrong:
            wrong, problem = [each for each in findings if each.rule == _LOGON], _STRANGER
        if not wrong:
            return None
        detail, report = f"{wrong[0].message} - at {wrong[0].path}", None
        if not isinstance(apdu, StatusOrErrorReport):
            report = error_report(apdu, problem, details=[_detail(apdu, each) for each in wrong], note=detail)
        return RemoteProtocolError(detail, apdu=apdu, report=report, event=type_of(type(apdu)).name)


def _kinds(profile: Profile | None) -> set[str]:
    """The names of a profile and of those on which it builds."""
    return set() if profile is None else {profile.name, *_kinds(profile.base)}


def _detail(apdu: Apdu, finding: Finding) -> UserErrorDetail:
    """A finding as the IPIG's extension to an error report has it."""
    element, inside = element_of(finding.path), finding.path.partition(".")[2]
    if not inside:
        return UserErrorDetail(other=finding.message)
    if "[" not in inside and blank(Subject.of(apdu).value(inside)):
        return UserErrorDetail(missing_required_element=element)
    return UserErrorDetail(unrecognized_data=UnrecognizedData(element=element, expected_format=finding.message))


def _ship(transaction: Transaction) -> Apdu:
    """A loan for four weeks, or a copy: what the request would take first."""
    request = transaction.request
    assert request is not None
    kinds = [each for each in request.ill_service_type if each in _SHIPPED]
    kind = kinds[0] if kinds else ILLServiceType.LOAN
    asked = day_of(request.service_date_time.date_time_of_this_service.date)
    due = asked + _LOAN if asked is not None and kind is ILLServiceType.LOAN else None
    return transaction.shipped(shipped_service_type=kind, date_due=due)


def _renewed(transaction: Transaction) -> Apdu:
    """Until when it was asked for, or for four weeks more."""
    renew = next(apdu for _, apdu in reversed(transaction.messages) if isinstance(apdu, Renew))
    due = None if transaction.date_due is None else day_of(transaction.date_due.date_due_field)
    start = due or day_of(renew.service_date_time.date_time_of_this_service.date)
    until = day_of(renew.desired_due_date) or (None if start is None else start + _LOAN)
    return transaction.renew_answer(answer=True, date_due=until)


_SHIPPED = (ILLServiceType.LOAN, ILLServiceType.COPY_NON_RETURNABLE)
#: What is sent for what has come; of the requester, what leads on.
_USUAL: Mapping[Event, tuple[Make, ...]] = MappingProxyType(
    {
        Event.ILL_REQUEST: (_ship,),
        Event.CONDITIONAL_REPLY_YES: (_ship,),
        Event.CANCEL: (lambda transaction: transaction.cancel_reply(answer=not transaction.gone),),
        Event.RENEW: (_renewed,),
        Event.RETURNED: (Transaction.checked_in,),
        Event.SHIPPED: (Transaction.received,),
        Event.ANSWER_CONDITIONAL: (lambda transaction: transaction.conditional_reply(answer=True),),
    }
)

"""The next message of a transaction, ids, version and date-time filled in: what `Transaction` inherits to make them.

Each method makes a message and sends nothing.  ``now`` is the time of the library, and without it a message is dated a
second after the latest of the transaction (`isoill.stamps`); days are ``datetime.date`` or an ISO-Date; ``note`` is the
note that the message has; where a method takes ``components``, every other component may be given by its name.  All of
them raise ValueError as long as there is no ILL-Request, from which they take what they do not know.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar, overload

from isoill.asn1 import fields_of
from isoill.facts import Facts, Step
from isoill.matching import is_among
from isoill.payloads import APDUDeliveryInfo, ForwardedAddInfo, PromptObject
from isoill.problems import apdu_type_of, error_report, version_of
from isoill.records import record
from isoill.services import Direction, Event, Role
from isoill.stamps import key_of, stamp
from isoill.types import (
    Apdu,
    Cancel,
    CancelReply,
    CheckedIn,
    ConditionalReply,
    ConditionalResults,
    Conditions,
    Damaged,
    DamagedDetails,
    DateDue,
    DateTimeOfService,
    EstimateResults,
    Expired,
    ForwardNotification,
    HistoryReport,
    HoldPlacedResults,
    ILLAnswer,
    ILLRequest,
    ILLServiceType,
    IntermediaryProblem,
    LocationInfo,
    LocationsResults,
    Lost,
    Message,
    MostRecentService,
    Overdue,
    ReasonLocsProvided,
    ReasonNotAvailable,
    ReasonUnfilled,
    ReasonWillSupply,
    Recall,
    Received,
    Renew,
    RenewAnswer,
    ResultsExplanation,
    RetryResults,
    Returned,
    ServiceDateTime,
    Shipped,
    StatusOrErrorReport,
    StatusQuery,
    StatusReport,
    SupplyDetails,
    SystemAddress,
    SystemId,
    ThirdPartyInfoType,
    TransactionResults,
    UnfilledResults,
    UserErrorReport,
    WillSupplyResults,
    date_of,
    iso_date,
)

__all__ = ["Composer", "Day", "Forwarding", "Now"]

A = TypeVar("A", bound=Apdu)
#: A day, as a date or as the ISO-Date that messages carry.
Day: TypeAlias = datetime.date | str
Now: TypeAlias = datetime.datetime | None

#: Characters of a note that a report repeats.
_LONGEST = 2_000
_OTHER = {Role.REQUESTER: Role.RESPONDER, Role.RESPONDER: Role.REQUESTER}
_NOTES = ("note", "notification_note", "requester_note", "responder_note")
_LOAN_OR_COPY = (ILLServiceType.LOAN, ILLServiceType.COPY_NON_RETURNABLE)


@record
class Forwarding:
    """The two messages that FORWARD puts out (Clarification 13)."""

    #: to the new responder
    request: ILLRequest
    #: to the requester; sending this is the event
    notification: ForwardNotification


class Composer(Facts):
    """Makes the messages that come next, from what is known."""

    # ── the responder's ────────────────────────────────────────────────────────────────────────────────────────────

    def shipped(
        self,
        *,
        shipped_service_type: ILLServiceType | None = None,
        date_due: DateDue | Day | None = None,
        date_shipped: Day | None = None,
        supply_details: SupplyDetails | None = None,
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> Shipped:
        """Shipped.  It is what was shipped before; or a loan if it is due; or the first that the request would take."""
        request = self._begun()
        when = self._when(now)
        details = supply_details or SupplyDetails()
        if date_shipped is not None or details.date_shipped is None:
            details = replace(details, date_shipped=_day(date_shipped, when))
        if date_due is not None:
            details = replace(details, date_due=_due(date_due))
        kind = shipped_service_type or self._kind(is_due=details.date_due is not None)
        components.setdefault("responder_optional_messages", self.optional_messages)
        components.setdefault("transaction_type", request.transaction_type)
        return self._make(Shipped, when, note, shipped_service_type=kind, supply_details=details, **components)

    def conditional(
        self,
        conditions: Conditions,
        *,
        date_for_reply: Day | None = None,
        locations: Iterable[LocationInfo] = (),
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> ILLAnswer:
        """ILL-Answer conditional: we would supply if the requester agrees."""
        results = ConditionalResults(
            conditions=conditions,
            date_for_reply=_text(date_for_reply),
            locations=tuple(locations) or None,
        )
        return self._answer(
            TransactionResults.CONDITIONAL, ResultsExplanation(conditional_results=results), now, note, components
        )

    def retry(
        self,
        reason: ReasonNotAvailable | None = None,
        *,
        retry_date: Day | None = None,
        locations: Iterable[LocationInfo] = (),
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> ILLAnswer:
        """ILL-Answer retry: we might supply later.  (The requester's new request is `request_again`.)"""
        results = RetryResults(
            reason_not_available=reason,
            retry_date=_text(retry_date),
            locations=tuple(locations) or None,
        )
        return self._answer(TransactionResults.RETRY, ResultsExplanation(retry_results=results), now, note, components)

    def unfilled(
        self,
        reason: ReasonUnfilled,
        *,
        locations: Iterable[LocationInfo] = (),
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> ILLAnswer:
        """ILL-Answer unfilled: we do not supply."""
        results = UnfilledResults(reason_unfilled=reason, locations=tuple(locations) or None)
        return self._answer(
            TransactionResults.UNFILLED, ResultsExplanation(unfilled_results=results), now, note, components
        )

    def locations_provided(
        self,
        locations: Iterable[LocationInfo],
        *,
        reason: ReasonLocsProvided | None = None,
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> ILLAnswer:
        """ILL-Answer locations-provided: others may supply."""
        results = LocationsResults(reason_locs_provided=reason, locations=tuple(locations))
        return self._answer(
            TransactionResults.LOCATIONS_PROVIDED, ResultsExplanation(locations_results=results), now, note, components
        )

    def will_supply(
        self,
        reason: ReasonWillSupply,
        *,
        supply_date: Day | None = None,
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> ILLAnswer:
        """ILL-Answer will-supply: we supply, not at once.  The expiry timer stops."""
        results = WillSupplyResults(reason_will_supply=reason, supply_date=_text(supply_date))
        return self._answer(
            TransactionResults.WILL_SUPPLY, ResultsExplanation(will_supply_results=results), now, note, components
        )

    def hold_placed(
        self, estimated_date_available: Day, *, now: Now = None, note: str | None = None, **components: Any
    ) -> ILLAnswer:
        """ILL-Answer hold-placed: the request is queued."""
        results = HoldPlacedResults(estimated_date_available=_text(estimated_date_available))
        return self._answer(
            TransactionResults.HOLD_PLACED, ResultsExplanation(hold_placed_results=results), now, note, components
        )

    def estimate(self, cost_estimate: str, *, now: Now = None, note: str | None = None, **components: Any) -> ILLAnswer:
        """ILL-Answer estimate: what it would cost."""
        results = EstimateResults(cost_estimate=cost_estimate)
        return self._answer(
            TransactionResults.ESTIMATE, ResultsExplanation(estimate_results=results), now, note, components
        )

    def cancel_reply(self, answer: bool, *, now: Now = None, note: str | None = None, **components: Any) -> CancelReply:
        """Cancel-Reply: whether the request is cancelled."""
        return self._make(CancelReply, self._when(now), note, answer=answer, **components)

    def recall(self, *, now: Now = None, note: str | None = None, **components: Any) -> Recall:
        """Recall: we want the item back now."""
        return self._make(Recall, self._when(now), note, **components)

    def checked_in(
        self, *, date_checked_in: Day | None = None, now: Now = None, note: str | None = None, **components: Any
    ) -> CheckedIn:
        """Checked-In: the item is back, today if no other day is given."""
        when = self._when(now)
        return self._make(CheckedIn, when, note, date_checked_in=_day(date_checked_in, when), **components)

    def overdue(
        self, *, date_due: DateDue | Day | None = None, now: Now = None, note: str | None = None, **components: Any
    ) -> Overdue:
        """Overdue: the loan is past its date, which is the one that we gave if no other is told."""
        due = self.date_due if date_due is None else _due(date_due)
        if due is None:
            raise ValueError("expected date_due, found none, in the arguments or in the transaction")
        return self._make(Overdue, self._when(now), note, date_due=due, **components)

    def renew_answer(
        self,
        answer: bool,
        *,
        date_due: DateDue | Day | None = None,
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> RenewAnswer:
        """Renew-Answer: whether the loan is renewed, and until when."""
        due = None if date_due is None else _due(date_due)
        return self._make(RenewAnswer, self._when(now), note, answer=answer, date_due=due, **components)

    def expired(self, *, now: Now = None, **components: Any) -> Expired:
        """Expired: the time of the request ran out; `Transaction.expire` makes it when it has."""
        return self._make(Expired, self._when(now), None, **components)

    def forward(
        self,
        responder_id: SystemId,
        *,
        responder_address: SystemAddress | None = None,
        initial_requester_address: SystemAddress | None = None,
        reason_unfilled: ReasonUnfilled | None = None,
        now: Now = None,
        note: str | None = None,
        forward_note: str | None = None,
    ) -> Forwarding:
        """The two messages of FORWARD: the request to another responder, and the notification to the requester.

        ``note`` goes to the requester and ``forward_note`` to the new responder; with ``reason_unfilled`` both have the
        IPIG's extension that says why we do not supply.  The address of the requester, which the new responder must
        have, is taken from the request or from its APDU-Delivery-Info where it is not given.  That extension and a
        logon are not passed on.  Raises ValueError where
        there is none, and where nobody says who we are (``Transaction(identity=...)``, or the request).
        """
        request = self._begun()
        us = self.responder_id or self.identity
        if us is None:
            raise ValueError(
                "expected the identity of the intermediary, found none, in the transaction or in the request"
            )
        third = request.third_party_info_type or ThirdPartyInfoType()
        address = initial_requester_address or third.initial_requester_address or reply_address(request)
        if address is None:
            raise ValueError("expected initial_requester_address, found none, in the arguments or in the request")
        tried = third.already_tried_list or ()
        left = tuple(each for each in third.send_to_list or () if not is_among(each.system_id, [responder_id]))
        when = self._when(now)
        onward = replace(
            _for_others(request),
            service_date_time=when,
            responder_id=responder_id,
            forward_flag=True,
            forward_note=forward_note,
            third_party_info_type=replace(
                third,
                initial_requester_address=address,
                already_tried_list=tried if is_among(us, tried) else (*tried, us),
                send_to_list=left or None if third.permission_to_change_send_to_list else third.send_to_list,
            ),
        )
        notification = self._make(
            ForwardNotification,
            when,
            note,
            responder_id=responder_id,
            responder_address=responder_address,
            intermediary_id=us,
        )
        if reason_unfilled is not None:
            why = ForwardedAddInfo(reason_unfilled=reason_unfilled)
            onward, notification = onward.with_extension(why), notification.with_extension(why)
        return Forwarding(onward, notification)

    # ── the requester's ────────────────────────────────────────────────────────────────────────────────────────────

    def conditional_reply(
        self, answer: bool, *, now: Now = None, note: str | None = None, **components: Any
    ) -> ConditionalReply:
        """Conditional-Reply: whether we accept the conditions."""
        return self._make(ConditionalReply, self._when(now), note, answer=answer, **components)

    def cancel(self, *, now: Now = None, note: str | None = None, **components: Any) -> Cancel:
        """Cancel: we no longer want the item."""
        return self._make(Cancel, self._when(now), note, **components)

    def received(
        self,
        *,
        date_received: Day | None = None,
        shipped_service_type: ILLServiceType | None = None,
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> Received:
        """Received: we have the item, since today if no other day is given; as loan or copy, as it was shipped."""
        when = self._when(now)
        kind = shipped_service_type or self._kind(is_due=False)
        return self._make(
            Received, when, note, date_received=_day(date_received, when), shipped_service_type=kind, **components
        )

    def returned(
        self, *, date_returned: Day | None = None, now: Now = None, note: str | None = None, **components: Any
    ) -> Returned:
        """Returned: we have sent the item back, today if no other day is given."""
        when = self._when(now)
        return self._make(Returned, when, note, date_returned=_day(date_returned, when), **components)

    def renew(
        self, *, desired_due_date: Day | None = None, now: Now = None, note: str | None = None, **components: Any
    ) -> Renew:
        """Renew: we ask to keep the item longer."""
        desired = _text(desired_due_date)
        return self._make(Renew, self._when(now), note, desired_due_date=desired, **components)

    def request_again(
        self, transaction_qualifier: str, *, now: Now = None, note: str | None = None, **components: Any
    ) -> ILLRequest:
        """The request of a new transaction, with retry-flag, for what this one did not bring.

        The group of the transaction-id stays, the qualifier is the new one.
        """
        request = self._begun()
        new = replace(
            request.transaction_id, transaction_qualifier=transaction_qualifier, sub_transaction_qualifier=None
        )
        if new == request.transaction_id:
            raise ValueError(f"expected a new transaction_qualifier, found the old one, {transaction_qualifier!r:.60}")
        components = {"requester_note": note, **components} if note is not None else components
        when = self._when(now)
        return replace(request, transaction_id=new, service_date_time=when, retry_flag=True, **components)

    # ── of both ────────────────────────────────────────────────────────────────────────────────────────────────────

    def lost(self, *, now: Now = None, note: str | None = None, **components: Any) -> Lost:
        """Lost: the item is."""
        return self._make(Lost, self._when(now), note, **components)

    def damaged(
        self,
        damaged_details: DamagedDetails | None = None,
        *,
        now: Now = None,
        note: str | None = None,
        **components: Any,
    ) -> Damaged:
        """Damaged: the item is."""
        return self._make(Damaged, self._when(now), note, damaged_details=damaged_details, **components)

    def message(self, note: str, *, now: Now = None, **components: Any) -> Message:
        """Message: something in words."""
        return self._make(Message, self._when(now), note, **components)

    def status_query(self, *, now: Now = None, note: str | None = None, **components: Any) -> StatusQuery:
        """Status-Query: where does the other side stand?"""
        return self._make(StatusQuery, self._when(now), note, **components)

    def status_report(self, *, now: datetime.datetime | None = None, note: str | None = None) -> StatusOrErrorReport:
        """Status-Or-Error-Report: where we stand, and what has happened so far.

        The most recent service is the last that the report can name: Overdue and Renew have no number there, and
        queries and reports tell nothing.  Raises ValueError for a transaction that has not begun.
        """
        request = self._begun()
        last, last_move = self._last_named, self._last_move
        assert last is not None
        assert last.apdu is not None
        assert last_move is not None
        assert last_move.apdu is not None
        forwarded = last.event is Event.FORWARD
        history = HistoryReport(
            date_requested=request.service_date_time.date_time_of_this_service.date,
            author=request.item_id.author,
            title=request.item_id.title,
            author_of_article=request.item_id.author_of_article,
            title_of_article=request.item_id.title_of_article,
            date_of_last_transition=last_move.apdu.service_date_time.date_time_of_this_service.date,
            most_recent_service=MostRecentService.FORWARD
            if forwarded
            else MostRecentService(apdu_type_of(last.apdu).value),
            date_of_most_recent_service=last.apdu.service_date_time.date_time_of_this_service.date,
            initiator_of_most_recent_service=self._initiator(last),
            shipped_service_type=self.shipped_service_type,
            transaction_results=self.results,
            most_recent_service_note=_note_of(last.apdu),
        )
        report = StatusReport(user_status_report=history, provider_status_report=self.state.current_state)
        return self._make(StatusOrErrorReport, self._when(now), note, status_report=report)

    def _initiator(self, step: Step) -> SystemId:
        """Who did it; where no message has said who the side is, its role stands for a name, as there must be one."""
        apdu = step.apdu
        if isinstance(apdu, ForwardNotification):
            return apdu.intermediary_id
        role = self.side if step.direction is Direction.SEND else _OTHER[self.side]
        told = None if apdu is None else apdu.requester_id if role is Role.REQUESTER else apdu.responder_id
        known = self.requester_id if role is Role.REQUESTER else self.responder_id
        ours = self.identity if role is self.side else None
        began = self.transaction_id.initial_requester_id if role is Role.REQUESTER and self.transaction_id else None
        return told or known or ours or began or SystemId.named(role.value)

    def error_report(
        self, about: Apdu, problem: UserErrorReport, *, now: Now = None, note: str | None = None
    ) -> StatusOrErrorReport:
        """Status-Or-Error-Report: what the library, not its system, finds wrong with a message."""
        report = error_report(about, problem, now=now, note=note)
        return replace(report, **self._head(self._when(now)))

    def cannot_send_onward(self, *, now: Now = None, note: str | None = None) -> StatusOrErrorReport:
        """The user-error-report by which an intermediary says that it cannot pass the request on."""
        problem = UserErrorReport(intermediary_problem=IntermediaryProblem.CANNOT_SEND_ONWARD)
        return self.error_report(self._begun(), problem, now=now, note=note)

    def repeat(self, apdu: A, *, now: Now = None) -> A:
        """The same service once more: the message with a new date-time, and that of the first sending."""
        original = key_of(apdu.service_date_time)
        return replace(apdu, service_date_time=self._when(now, original))

    def relayed(self, apdu: A, *, now: Now = None) -> A:
        """A message of another transaction as one of this: what an intermediary passes on.

        Ids, version and date-time are those of this transaction.  What is between the two sides alone is left out: who
        the sender is (APDU-Delivery-Info), and by which name and password it has logged on.
        """
        return replace(_for_others(apdu), **self._head(self._when(now)))

    # ── what they share ────────────────────────────────────────────────────────────────────────────────────────────

    def _begun(self) -> ILLRequest:
        if self.request is None:
            raise ValueError(f"expected a transaction that has begun with an ILL-Request, found {self!r}")
        return self.request

    def _when(self, now: Now, original: DateTimeOfService | None = None) -> ServiceDateTime:
        self._begun()
        if now is not None and not isinstance(now, datetime.datetime):
            raise TypeError(f"expected now as a datetime, found {type(now).__name__}")
        assert self._latest is not None
        return stamp(now, self._latest, original=original)

    def _kind(self, *, is_due: bool) -> ILLServiceType:
        """Loan or copy, where nobody says which."""
        if self.shipped_service_type is not None:
            return self.shipped_service_type
        if is_due:
            return ILLServiceType.LOAN
        return next((each for each in self._begun().ill_service_type if each in _LOAN_OR_COPY), ILLServiceType.LOAN)

    def _head(self, when: ServiceDateTime) -> dict[str, Any]:
        """The five components with which every message begins."""
        return {
            "protocol_version_num": version_of(self._begun()),
            "transaction_id": self.transaction_id,
            "service_date_time": when,
            "requester_id": self.requester_id or (self.identity if self.side is Role.REQUESTER else None),
            "responder_id": self.responder_id or (self.identity if self.side is Role.RESPONDER else None),
        }

    def _make(self, cls: type[A], when: ServiceDateTime, note: str | None, **components: Any) -> A:
        if note is not None:
            names = {component.name for component in fields_of(cls)}
            name = next(name for name in _NOTES if name in names)
            components = {name: note, **components}
        return cls(**{**self._head(when), **components})

    def _answer(
        self,
        results: TransactionResults,
        explanation: ResultsExplanation,
        now: Now,
        note: str | None,
        components: dict[str, Any],
    ) -> ILLAnswer:
        components.setdefault("responder_optional_messages", self.optional_messages)
        return self._make(
            ILLAnswer,
            self._when(now),
            note,
            transaction_results=results,
            results_explanation=explanation,
            **components,
        )


def _for_others(apdu: A) -> A:
    """A message without the extensions that are between its sender and its receiver alone."""
    for each in (APDUDeliveryInfo, PromptObject):
        apdu = apdu.without_extension(each)
    return apdu


def reply_address(apdu: Apdu) -> SystemAddress | None:
    """Where the sender of a message is reached: the transport of its APDU-Delivery-Info; None where there is none."""
    info = apdu.extension(APDUDeliveryInfo, strict=False)
    return info.sender_info[0].transport if info is not None and info.sender_info else None


@overload
def _text(day: Day) -> str: ...
@overload
def _text(day: None) -> None: ...
def _text(day: Day | None) -> str | None:
    """An ISO-Date; ValueError for a text that is none."""
    return iso_date(date_of(day) if isinstance(day, str) else day) if day is not None else None


def _day(day: Day | None, when: ServiceDateTime) -> str:
    return when.date_time_of_this_service.date if day is None else _text(day)


def _due(day: DateDue | Day) -> DateDue:
    return day if isinstance(day, DateDue) else DateDue(date_due_field=_text(day))


def _note_of(apdu: Apdu) -> str | None:
    note = next((note for name in _NOTES if (note := getattr(apdu, name, None)) is not None), None)
    return None if note is None else note[:_LONGEST]

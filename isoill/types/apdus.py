"""The twenty messages (APDUs), and `ILLAPDU`, any one of them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Self, TypeAlias, TypeVar, overload

from isoill.asn1 import Application, Explicit, Implicit, Name, Named, Size, sequence
from isoill.errors import DecodeError
from isoill.oids import registered_as
from isoill.types.common import (
    Amount,
    Extension,
    External,
    PostalAddress,
    RequesterOptionalMessagesType,
    ResponderOptionalMessagesType,
    ServiceDateTime,
    SupplementalItemDescription,
    SystemAddress,
    SystemId,
    TransactionId,
)
from isoill.types.delivery import DamagedDetails, DateDue, DeliveryAddress, DeliveryService, SupplyDetails
from isoill.types.enums import (
    ILLServiceType,
    PlaceOnHoldType,
    ProtocolVersionNum,
    ReasonNoReport,
    ShippedServiceType,
    TransactionResults,
    TransactionType,
)
from isoill.types.reports import ErrorReport, StatusReport
from isoill.types.request import (
    AlreadyTriedListType,
    ClientId,
    CostInfoType,
    ItemId,
    SearchType,
    SendToListType,
    SupplyMediumInfoType,
    ThirdPartyInfoType,
)
from isoill.types.results import ResultsExplanation
from isoill.types.strings import ILLString, ISODate, TransportationMode

__all__ = [
    "ILLAPDU",
    "Apdu",
    "Cancel",
    "CancelReply",
    "CheckedIn",
    "ConditionalReply",
    "Damaged",
    "Expired",
    "ForwardNotification",
    "ILLAnswer",
    "ILLRequest",
    "Lost",
    "Message",
    "Overdue",
    "Recall",
    "Received",
    "Renew",
    "RenewAnswer",
    "Returned",
    "Shipped",
    "StatusOrErrorReport",
    "StatusQuery",
]


T = TypeVar("T")


@sequence
class Apdu:
    """The five components with which every APDU begins, and the base class of the twenty.

    What extensions hold is read and written by the types of `isoill.payloads`, and by those that you register there:

    >>> import isoill
    >>> from pathlib import Path
    >>> from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters, PromptObject, PromptType
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> request.extension(PromptObject).answer(PromptType.USER_ID)
    '100-000-001'
    >>> request.extension(APDUDeliveryInfo) is None
    True
    >>> address = APDUDeliveryParameters.of("TCP/IP", "ill.example.org:1611")
    >>> request = request.with_extension(APDUDeliveryInfo(sender_info=(address,), recipient_info=()))
    >>> request.extension(APDUDeliveryInfo).sender_info[0].transport.telecom_service_address
    'ill.example.org:1611'
    """

    protocol_version_num: Annotated[int, Implicit(0), Named(ProtocolVersionNum)]
    transaction_id: Annotated[TransactionId, Implicit(1)]
    service_date_time: Annotated[ServiceDateTime, Implicit(2)]
    requester_id: Annotated[SystemId | None, Implicit(3)] = None
    responder_id: Annotated[SystemId | None, Implicit(4)] = None

    @overload
    def extension(self, type: type[T], /, *, strict: bool = True) -> T | None: ...
    @overload
    def extension(self, type: Any, /, *, strict: bool = True) -> Any: ...
    def extension(self, type: Any, /, *, strict: bool = True) -> Any:
        """The value of the first extension of a registered type; None where there is none.

        Raises `DecodeError` where there is one, and its octets are not of the type; path and offset are counted from
        the value.  Extensions of other types, and those that hold no EXTERNAL, are passed by.  LookupError where
        ``type`` is not registered.
        """
        oid = registered_as(type).oid
        for _, external in self._externals():
            if external.direct_reference == oid:
                return external.value(type, strict=strict)
        return None

    def with_extension(self, value: object, /, *, type: Any = None, critical: bool | None = None) -> Self:
        """The same message with an extension that holds the value, in place of the first of its type or as the last.

        ``type`` is wanted for a ``tuple``, whose class does not say which type is meant; ``critical`` is as the type
        was registered.  Raises as `External.holding` does.
        """
        entry = registered_as(value.__class__ if type is None else type)
        made = Extension.of(
            External.holding(value, type=entry.type), critical=entry.critical if critical is None else critical
        )
        extensions = list(self._extensions())
        places = [place for place, external in self._externals() if external.direct_reference == entry.oid]
        if places:
            extensions[places[0]] = made
        else:
            extensions.append(made)
        return self._with(extensions)

    def without_extension(self, type: Any, /) -> Self:
        """The same message without extensions of a registered type."""
        oid = registered_as(type).oid
        places = {place for place, external in self._externals() if external.direct_reference == oid}
        return self._with([each for place, each in enumerate(self._extensions()) if place not in places])

    def _with(self, extensions: list[Extension]) -> Self:
        return replace(self, extensions=tuple(extensions) or None)  # type: ignore[call-arg] # each of the twenty has them

    def _extensions(self) -> tuple[Extension, ...]:
        return getattr(self, "extensions", None) or ()

    def _externals(self) -> Iterator[tuple[int, External]]:
        """The place of each extension that holds an EXTERNAL, and that."""
        for place, extension in enumerate(self._extensions()):
            try:
                yield place, extension.external
            except DecodeError:
                continue


@sequence(Application(1))
class ILLRequest(Apdu):
    """ILL-Request: a borrower asks a lender for an item; the first message of every transaction."""

    transaction_type: Annotated[TransactionType, Implicit(5)] = TransactionType.SIMPLE
    delivery_address: Annotated[DeliveryAddress | None, Implicit(6)] = None
    delivery_service: DeliveryService | None = None
    billing_address: Annotated[DeliveryAddress | None, Implicit(8)] = None
    ill_service_type: Annotated[tuple[ILLServiceType, ...], Implicit(9), Size(1, 5), Name("iLL-service-type")]
    responder_specific_service: Annotated[External | None, Explicit(10)] = None
    requester_optional_messages: Annotated[RequesterOptionalMessagesType, Implicit(11)]
    search_type: Annotated[SearchType | None, Implicit(12)] = None
    supply_medium_info_type: Annotated[tuple[SupplyMediumInfoType, ...] | None, Implicit(13), Size(1, 7)] = None
    place_on_hold: Annotated[PlaceOnHoldType, Implicit(14)] = PlaceOnHoldType.ACCORDING_TO_RESPONDER_POLICY
    client_id: Annotated[ClientId | None, Implicit(15)] = None
    item_id: Annotated[ItemId, Implicit(16)]
    supplemental_item_description: Annotated[SupplementalItemDescription | None, Implicit(17)] = None
    cost_info_type: Annotated[CostInfoType | None, Implicit(18)] = None
    copyright_compliance: Annotated[ILLString | None, Explicit(19)] = None
    third_party_info_type: Annotated[ThirdPartyInfoType | None, Implicit(20)] = None
    retry_flag: Annotated[bool, Implicit(21)] = False
    forward_flag: Annotated[bool, Implicit(22)] = False
    requester_note: Annotated[ILLString | None, Explicit(46)] = None
    forward_note: Annotated[ILLString | None, Explicit(47)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("iLL-request-extensions")] = None


@sequence(Application(2))
class ForwardNotification(Apdu):
    """Forward-Notification: an intermediary tells the borrower which library it passed the request to."""

    responder_id: Annotated[SystemId, Implicit(4)]
    responder_address: Annotated[SystemAddress | None, Implicit(24)] = None
    intermediary_id: Annotated[SystemId, Implicit(25)]
    notification_note: Annotated[ILLString | None, Explicit(48)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("forward-notification-extensions")] = None


@sequence(Application(3))
class Shipped(Apdu):
    """Shipped: the lender has sent the item."""

    responder_address: Annotated[SystemAddress | None, Implicit(24)] = None
    intermediary_id: Annotated[SystemId | None, Implicit(25)] = None
    supplier_id: Annotated[SystemId | None, Implicit(26)] = None
    client_id: Annotated[ClientId | None, Implicit(15)] = None
    transaction_type: Annotated[TransactionType, Implicit(5)] = TransactionType.SIMPLE
    supplemental_item_description: Annotated[SupplementalItemDescription | None, Implicit(17)] = None
    shipped_service_type: Annotated[ShippedServiceType, Implicit(27)]
    responder_optional_messages: Annotated[ResponderOptionalMessagesType | None, Implicit(28)] = None
    supply_details: Annotated[SupplyDetails, Implicit(29)]
    return_to_address: Annotated[PostalAddress | None, Implicit(30)] = None
    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("shipped-extensions")] = None


@sequence(Application(4))
class ILLAnswer(Apdu):
    """ILL-Answer: the lender says what will become of the request."""

    transaction_results: Annotated[TransactionResults, Implicit(31)]
    results_explanation: Annotated[ResultsExplanation | None, Explicit(32)] = None
    responder_specific_results: Annotated[External | None, Explicit(33)] = None
    supplemental_item_description: Annotated[SupplementalItemDescription | None, Implicit(17)] = None
    send_to_list: Annotated[SendToListType | None, Implicit(23)] = None
    already_tried_list: Annotated[AlreadyTriedListType | None, Implicit(34)] = None
    responder_optional_messages: Annotated[ResponderOptionalMessagesType | None, Implicit(28)] = None
    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("ill-answer-extensions")] = None


@sequence(Application(5))
class ConditionalReply(Apdu):
    """Conditional-Reply: the borrower accepts or declines the lender's conditions."""

    answer: Annotated[bool, Implicit(35)]
    requester_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("conditional-reply-extensions")] = None


@sequence(Application(6))
class Cancel(Apdu):
    """Cancel: the borrower no longer wants the item."""

    requester_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("cancel-extensions")] = None


@sequence(Application(7))
class CancelReply(Apdu):
    """Cancel-Reply: the lender agrees to the cancellation, or does not."""

    answer: Annotated[bool, Implicit(35)]
    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("cancel-reply-extensions")] = None


@sequence(Application(8))
class Received(Apdu):
    """Received: the borrower has the item."""

    supplier_id: Annotated[SystemId | None, Implicit(26)] = None
    supplemental_item_description: Annotated[SupplementalItemDescription | None, Implicit(17)] = None
    date_received: Annotated[ISODate, Implicit(36)]
    shipped_service_type: Annotated[ShippedServiceType, Implicit(27)]
    requester_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("received-extensions")] = None


@sequence(Application(9))
class Recall(Apdu):
    """Recall: the lender wants the item back now."""

    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("recall-extensions")] = None


@sequence(Application(10))
class Returned(Apdu):
    """Returned: the borrower has sent the item back."""

    supplemental_item_description: Annotated[SupplementalItemDescription | None, Implicit(17)] = None
    date_returned: Annotated[ISODate, Implicit(37)]
    returned_via: Annotated[TransportationMode | None, Explicit(38)] = None
    insured_for: Annotated[Amount | None, Implicit(39)] = None
    requester_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("returned-extensions")] = None


@sequence(Application(11))
class CheckedIn(Apdu):
    """Checked-In: the lender has the item back."""

    date_checked_in: Annotated[ISODate, Implicit(40)]
    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("checked-in-extensions")] = None


@sequence(Application(12))
class Overdue(Apdu):
    """Overdue: the loan is past its date."""

    date_due: Annotated[DateDue, Implicit(41)]
    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Explicit(49), Name("overdue-extensions")] = None


@sequence(Application(13))
class Renew(Apdu):
    """Renew: the borrower asks to keep the item longer."""

    desired_due_date: Annotated[ISODate | None, Implicit(42)] = None
    requester_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("renew-extensions")] = None


@sequence(Application(14))
class RenewAnswer(Apdu):
    """Renew-Answer: the lender says whether the loan is renewed, and until when."""

    answer: Annotated[bool, Implicit(35)]
    date_due: Annotated[DateDue | None, Implicit(41)] = None
    responder_note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("renew-answer-extensions")] = None


@sequence(Application(15))
class Lost(Apdu):
    """Lost: one side reports the item lost."""

    note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("lost-extensions")] = None


@sequence(Application(16))
class Damaged(Apdu):
    """Damaged: one side reports the item damaged."""

    damaged_details: Annotated[DamagedDetails | None, Implicit(5)] = None
    note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("damaged-extensions")] = None


@sequence(Application(17))
class Message(Apdu):
    """Message: one side tells the other something, in words."""

    note: Annotated[ILLString, Explicit(46)]
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("message-extensions")] = None


@sequence(Application(18))
class StatusQuery(Apdu):
    """Status-Query: one side asks the other where the transaction stands."""

    note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("status-query-extensions")] = None


@sequence(Application(19))
class StatusOrErrorReport(Apdu):
    """Status-Or-Error-Report: one side says where the transaction stands, or what was wrong with a message."""

    reason_no_report: Annotated[ReasonNoReport | None, Implicit(43)] = None
    status_report: Annotated[StatusReport | None, Implicit(44)] = None
    error_report: Annotated[ErrorReport | None, Implicit(45)] = None
    note: Annotated[ILLString | None, Explicit(46)] = None
    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("status-or-error-report-extensions")] = None


@sequence(Application(20))
class Expired(Apdu):
    """Expired: the lender's time ran out and the transaction ended."""

    extensions: Annotated[tuple[Extension, ...] | None, Implicit(49), Name("expired-extensions")] = None


#: ILL-APDU: any one of the twenty.
ILLAPDU: TypeAlias = (
    ILLRequest
    | ForwardNotification
    | Shipped
    | ILLAnswer
    | ConditionalReply
    | Cancel
    | CancelReply
    | Received
    | Recall
    | Returned
    | CheckedIn
    | Overdue
    | Renew
    | RenewAnswer
    | Lost
    | Damaged
    | Message
    | StatusQuery
    | StatusOrErrorReport
    | Expired
)

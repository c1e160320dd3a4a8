"""What OCLC adds: to requests, to answers, to the control of an intermediary."""

from typing import Annotated, TypeAlias

from isoill.asn1 import Enumerated, Explicit, Implicit, Name, TypeName, sequence
from isoill.oids import register
from isoill.types.common import SystemId
from isoill.types.enums import TransactionResults
from isoill.types.results import ResultsExplanation
from isoill.types.strings import ILLString

__all__ = [
    "IntermediaryActions",
    "IntermediaryControl",
    "IntermediaryResponderControl",
    "OCLCILLRequestExtension",
    "OCLCILLService",
    "OCLCILLServiceType",
    "OCLCPrismILLError",
    "OCLCShippedExtension",
    "OCLCSpecificResults",
    "OCLCSpecificStatus",
    "PatronRequestExtension",
    "PrismILLError",
    "PrismILLErrorCode",
    "ReasonInReview",
    "ReasonInReviewList",
    "RequestedService",
    "RequesterNotificationExtension",
    "ReviewReason",
    "ServiceRequestExtension",
]


class PrismILLErrorCode(Enumerated):
    """What was wrong with a field, in OCLC-Prism-Ill-Error."""

    MISSING_REQUIRED_FIELD = 1
    INVALID_FIELD_LENGTH = 2
    INVALID_FIELD_ID = 3
    INVALID_DATA_FORMAT = 4
    INVALID_INSTITUTION_SYMBOL = 5
    RESOURCE_LIMITATION = 6
    UNKNOWN_RESULT = 7


@sequence(name="OCLC-Prism-Ill-Error element")
class PrismILLError:
    """One error, in OCLC-Prism-Ill-Error."""

    prism_ill_field_id: Annotated[int | None, Implicit(0), Name("prism-Ill-Field-Id")] = None
    prism_ill_error_code: Annotated[PrismILLErrorCode | None, Implicit(1), Name("prism-Ill-Error-Code")] = None
    prism_ill_error_text: Annotated[ILLString | None, Explicit(2), Name("prism-Ill-Error-Text")] = None


#: OCLC-Prism-Ill-Error: what was wrong with a message.
OCLCPrismILLError: TypeAlias = Annotated[tuple[PrismILLError, ...], TypeName("OCLC-Prism-Ill-Error")]
register("1.0.10161.13.1", OCLCPrismILLError)


@register("1.0.10161.13.2")
@sequence(name="OCLCILLRequestExtension")
class OCLCILLRequestExtension:
    """OCLCILLRequestExtension: what OCLC wants beside a request; IPIG-ILL-Request-Extension has superseded it.

    OCLC wants it even where nothing is in it: yaz-illclient, which was written for OCLC, sends it empty.

    >>> import isoill
    >>> isoill.encode(OCLCILLRequestExtension(payment_method="IFM")).hex()
    '3007a1051b0349464d'
    """

    client_department: Annotated[ILLString | None, Explicit(0), Name("clientDepartment")] = None
    payment_method: Annotated[ILLString | None, Explicit(1), Name("paymentMethod")] = None
    uniform_title: Annotated[ILLString | None, Explicit(2), Name("uniformTitle")] = None
    dissertation: Annotated[ILLString | None, Explicit(3)] = None
    issue_number: Annotated[ILLString | None, Explicit(4), Name("issueNumber")] = None
    volume: Annotated[ILLString | None, Explicit(5)] = None
    affiliations: Annotated[ILLString | None, Explicit(6)] = None
    source: Annotated[ILLString | None, Explicit(7)] = None


# ── in components of their own ─────────────────────────────────────────────────────────────────────────────────────


class OCLCILLServiceType(Enumerated, name="OCLCILLServiceType"):
    """OCLCILLServiceType: what OCLC should do with a request."""

    DIRECT_TO_PROFILE = 1, "directToProfile"
    DIRECT_TO_LENDER = 2, "directToLender"
    DIRECT_TO_REVIEW = 3, "directToReview"


@register("1.0.10161.4.1000.2.1")
@sequence(name="OCLCILLService")
class OCLCILLService:
    """OCLCILLService: what OCLC should do with a request; in ``responder_specific_service``."""

    oclc_ill_service_type: Annotated[OCLCILLServiceType, Implicit(0), Name("oCLCILLServiceType")]


class OCLCSpecificStatus(Enumerated, name="OCLCSpecificStatus"):
    """OCLCSpecificStatus: where OCLC has put a request."""

    REVIEW = 1
    REVIEW_IN_PROCESS = 2, "reviewInProcess"
    SAVED = 3


class ReasonInReview(Enumerated, name="ReasonInReview"):
    """ReasonInReview: why a request waits for a person."""

    REASON_UNKNOWN = 1, "reasonUnknown"
    REASON_OTHER = 2, "reasonOther"
    DIRECT_TO_REVIEW_SERVICE = 3, "directToReviewService"
    NO_BIB_RECORD_NUMBERS = 4, "noBibRecordNumbers"
    NO_BIB_RECORD_MATCHED = 5, "noBibRecordMatched"
    MULTIPLE_BIB_RECORDS_MATCHED = 6, "multipleBibRecordsMatched"
    PROBLEM_MATCHING_BIB_RECORD = 7, "problemMatchingBibRecord"
    NO_PROFILES_DEFINED = 8, "noProfilesDefined"
    NO_PROFILE_MATCHED = 9, "noProfileMatched"
    PROBLEM_MATCHING_PROFILE = 10, "problemMatchingProfile"
    HELD_BY_YOUR_LIBRARY = 11, "heldByYourLibrary"
    NO_VALID_LENDERS = 12, "noValidLenders"
    FIRST_LENDER_INVALID = 13, "firstLenderInvalid"
    NOT_ENOUGH_LENDERS = 14, "notEnoughLenders"
    SERIAL_ITEM = 15, "serialItem"
    HOLDINGS_PATH_NOT_FOUND = 16, "holdingsPathNotFound"
    INVALID_HOLDINGS_PATH = 17, "invalidHoldingsPath"
    NO_CUSTOM_HOLDINGS = 18, "noCustomHoldings"
    NO_PREFERRED_LENDERS = 19, "noPreferredLenders"
    CONSTANT_DATA_NOT_FOUND = 20, "constantDataNotFound"
    INVALID_NEED_BEFORE_DATE = 21, "invalidNeedBeforeDate"
    INVALID_COPYRIGHT_COMPLIANCE = 22, "invalidCopyrightCompliance"
    NO_SHIP_TO_ADDRESS = 23, "noShipToAddress"
    MAX_COST_INVALID_FOR_IFM = 24, "maxCostInvalidForIfm"
    PRODUCE_OPTION_IN_PROFILE_OFF = 25, "produceOptionInProfileOff"
    NO_VERIFICATION = 26, "noVerification"
    NO_TITLE = 27, "noTitle"
    NO_MAIN_TITLE = 28, "noMainTitle"
    HELD_BY_YOUR_CUSTOM_HOLDINGS_GROUP = 29, "heldByYourCustomHoldingsGroup"
    HOLDINGS_GROUP_NOT_FOUND = 30, "holdingsGroupNotFound"
    POTENTIAL_DUPLICATE_REQUEST = 31, "potentialDuplicateRequest"


@sequence(name="ReasonInReviewList element")
class ReviewReason:
    """One reason why a request waits, and words about it."""

    reason_in_review: Annotated[ReasonInReview, Implicit(0), Name("reasonInReview")]
    reason_in_review_text: Annotated[ILLString | None, Explicit(1), Name("reasonInReviewText")] = None


#: ReasonInReviewList: all reasons why a request waits.
ReasonInReviewList: TypeAlias = Annotated[tuple[ReviewReason, ...], TypeName("ReasonInReviewList")]


@register("1.0.10161.8.1000.2.1")
@sequence(name="OCLCSpecificResults")
class OCLCSpecificResults:
    """OCLCSpecificResults: where OCLC has put a request, and why; in ``responder_specific_results``."""

    oclc_specific_status: Annotated[OCLCSpecificStatus, Implicit(0), Name("oclcSpecificStatus")]
    reason_in_review_list: Annotated[ReasonInReviewList | None, Implicit(1), Name("reasonInReviewList")] = None


# ── local extensions, 13.1000.2.n ──────────────────────────────────────────────────────────────────────────────────


@register("1.0.10161.13.1000.2.3", critical=True)
@sequence
class RequesterNotificationExtension:
    """Requester-Notification-Extension: a request sent to the requester itself, past the state tables."""

    note: Annotated[ILLString, Explicit(0)]


@register("1.0.10161.13.1000.2.4", critical=True)
@sequence
class PatronRequestExtension:
    """Patron-Request-Extension: the request is a reader's, for the library's own system to see."""

    note: Annotated[ILLString, Explicit(0)]


class RequestedService(Enumerated):
    """Which message is asked for, in Service-Request-Extension: ten of the twenty, numbered as in ILL-APDU-Type."""

    SHIPPED = 3, "sHIPPED"
    ILL_ANSWER = 4, "iLL-ANSWER"
    CONDITIONAL_REPLY = 5, "cONDITIONAL-REPLY"
    CANCEL = 6, "cANCEL"
    RECEIVED = 8, "rECEIVED"
    RECALL = 9, "rECALL"
    RETURNED = 10, "rETURNED"
    CHECKED_IN = 11, "cHECKED-IN"
    RENEW = 13, "rENEW"
    RENEW_ANSWER = 14, "rENEW-ANSWER"


@register("1.0.10161.13.1000.2.5", critical=True)
@sequence
class ServiceRequestExtension:
    """Service-Request-Extension: asks the other ILL system to send a message of the kind that is named."""

    service: Annotated[RequestedService, Implicit(0)]
    note: Annotated[ILLString, Explicit(1)]


@register("1.0.10161.13.1000.2.6")
@sequence(name="OCLC-Shipped-Extension")
class OCLCShippedExtension:
    """OCLC-Shipped-Extension: how the lender is paid."""

    payment_method: Annotated[ILLString, Explicit(0), Name("paymentMethod")]


class IntermediaryActions(Enumerated):
    """Intermediary-Actions: what the intermediary tells or asks."""

    STATUS_INFORMATION = 1, "statusInformation"
    CONTROL_REQUEST = 2, "controlRequest"
    CONTROL_RELEASE = 3, "controlRelease"
    CONTROL_DENIED = 4, "controlDenied"


@sequence
class IntermediaryResponderControl:
    """Intermediary-Responder-Control: what a library that was asked has answered."""

    transaction_results: Annotated[TransactionResults, Implicit(1), Name("transactionResults")]
    results_explanation: Annotated[ResultsExplanation | None, Explicit(2), Name("resultsExplanation")] = None
    responder_id: Annotated[SystemId, Implicit(3), Name("responderId")]


@register("1.0.10161.13.1000.2.7")
@sequence
class IntermediaryControl:
    """Intermediary-Control: which library has a request, and which had it before."""

    action_flag: Annotated[IntermediaryActions, Implicit(0), Name("actionFlag")]
    last_responder: Annotated[IntermediaryResponderControl | None, Implicit(1), Name("lastResponder")] = None
    current_responder_id: Annotated[SystemId | None, Implicit(2), Name("currentResponderId")] = None

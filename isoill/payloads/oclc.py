"""What OCLC adds: to requests, to answers, to the control of an intermediary."""

from typing import Annotated, TypeAlias

from isoill.asn1 import Enumerated, Explicit, Implicit, Name, Size, TypeName, choice, sequence
from isoill.oids import register
from isoill.types.common import SystemId
from isoill.types.enums import TransactionResults
from isoill.types.results import ResultsExplanation
from isoill.types.strings import ILLString

__all__ = [
    "BarCode",
    "BarCodeSymbology",
    "IntermediaryActions",
    "IntermediaryControl",
    "IntermediaryResponderControl",
    "OCLCILLError",
    "OCLCILLErrorCode",
    "OCLCILLErrorList",
    "OCLCILLRequestExtension",
    "OCLCILLService",
    "OCLCILLServiceType",
    "OCLCPrismILLError",
    "OCLCShippedExtension",
    "OCLCSpecificResults",
    "OCLCSpecificStatus",
    "PatronRequestExtension",
    "PickListExtension",
    "PrintData",
    "PrintItem",
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

    OCLC wants it even where nothing is in it: yaz-illclient sends it empty, and calls it required.

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


class OCLCILLErrorCode(Enumerated, name="OCLCILLErrorList.errorCode"):
    """Why a message was not processed, in OCLCILLErrorList."""

    MISSING_REQUIRED_FIELD = 1, "missingRequiredField"
    MISSING_TITLE = 2, "missingTitle"
    INVALID_RESPONDER_SPECIFIC_SERVICE_TYPE = 3, "invalidResponderSpecificServiceType"
    UNSUPPORTED_ILL_SERVICE_TYPE = 4, "unsupportedILLServiceType"
    INVALID_ILL_SERVICE_TYPE = 5, "invalidILLServiceType"
    MALFORMED_DATA = 6, "malformedData"
    REQUESTER_NOT_AUTHORIZED = 7, "requesterNotAuthorized"
    REQUESTER_SYMBOL_MISSING = 8, "requesterSymbolMissing"
    INVALID_REQUESTER_SYMBOL = 9, "invalidRequesterSymbol"
    DUPLICATE_TRANSACTION_ID = 10, "duplicateTransactionId"
    INVALID_TRANSACTION_ID = 11, "invalidTransactionId"
    MALFORMED_REQUEST = 12, "malformedRequest"


@sequence(name="OCLCILLErrorList element")
class OCLCILLError:
    """One reason why a message was not processed, in OCLCILLErrorList."""

    error_code: Annotated[OCLCILLErrorCode | None, Implicit(0), Name("errorCode")] = None
    error_text: Annotated[ILLString | None, Explicit(1), Name("errorText")] = None


#: OCLCILLErrorList: in a Status-Or-Error-Report of OCLC, why it could not process a message; in use since August 1997,
#: the register of the Maintenance Agency says.
OCLCILLErrorList: TypeAlias = Annotated[tuple[OCLCILLError, ...], TypeName("OCLCILLErrorList")]
register("1.0.10161.13.1000.2.2", OCLCILLErrorList)


@register("1.0.10161.13.1000.2.3", critical=True)
@sequence
class RequesterNotificationExtension:
    """Requester-Notification-Extension: a request sent to the requester itself, past the state tables."""

    note: Annotated[ILLString, Explicit(0)]


@register("1.0.10161.13.1000.2.4", critical=True)
@sequence
class PatronRequestExtension:
    """Patron-Request-Extension: the request is a patron's; the register has no more to say than its name does."""

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


class BarCodeSymbology(Enumerated):
    """Bar-Code-Symbology: a kind of bar code.  (``CODEABAR`` is the register's spelling.)"""

    CODE_128 = 0
    CODE_25 = 1
    CODE_39 = 2
    CODE_39_EXTENDED = 3
    CODEABAR = 4
    EAN_128 = 5
    EAN_13 = 6
    EAN_13_5 = 7
    EAN_8 = 8
    EAN_8_5 = 9
    FIM_A_B = 10
    FIM_C_D = 11
    ISBN = 12
    ISBN_EAN_13 = 13
    ISSN = 14
    ISSN_EAN_13 = 15
    ITF = 16
    ITF_14 = 17
    JAN_13 = 18
    JAN_8 = 19
    MSI_PLESSEY = 20
    PHARMACODE = 21
    POSTNET = 22
    POSTNET_11 = 23
    UPC_A = 24
    UPC_A_5 = 25
    UPC_E = 26
    UPC_E_5 = 27


@sequence
class BarCode:
    """Bar-Code: a text to print as a bar code, in one of the kinds that are named, the best first."""

    bar_code_symbology: Annotated[tuple[BarCodeSymbology, ...], Implicit(0), Size(1, 5), Name("bar-Code-Symbology")]
    bar_code_string: Annotated[ILLString, Explicit(1), Name("bar-Code-String")]


@choice
class PrintData:
    """Print-Data: what to print, as text or as bar code."""

    string_content: Annotated[ILLString | None, Explicit(1), Name("string-Content")] = None
    bar_code_content: Annotated[BarCode | None, Implicit(2), Name("bar-Code-Content")] = None


@sequence
class PrintItem:
    """Print-Item: one thing to print, and what to call it."""

    label: Annotated[ILLString | None, Explicit(0)] = None
    data: PrintData


#: Pick-List-Extension: in a request, what the lender should print on the slip with which the item is fetched.
PickListExtension: TypeAlias = Annotated[tuple[PrintItem, ...], TypeName("Pick-List-Extension")]
register("1.0.10161.13.1000.2.8", PickListExtension)

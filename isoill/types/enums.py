"""The enumerations: every ENUMERATED of the module, those that it writes inside other types included."""

from typing import Annotated, TypeAlias

from isoill.asn1 import Among, Enumerated, TypeName

__all__ = [
    "Conditions",
    "CurrentState",
    "ExpiryFlag",
    "GeneralProblem",
    "ILLAPDUType",
    "ILLServiceType",
    "IntermediaryProblem",
    "ItemType",
    "MediumType",
    "MessageRequirement",
    "MostRecentService",
    "PlaceOnHoldType",
    "Preference",
    "ProtocolVersionNum",
    "ReasonLocsProvided",
    "ReasonNoReport",
    "ReasonNotAvailable",
    "ReasonUnfilled",
    "ReasonWillSupply",
    "ReportSource",
    "ShippedConditions",
    "ShippedServiceType",
    "SupplyMediumType",
    "TransactionIdProblem",
    "TransactionResults",
    "TransactionType",
    "UnableToPerform",
]


class Conditions(Enumerated):
    """What a lender asks for before it supplies, in Conditional-Results."""

    COST_EXCEEDS_LIMIT = 13
    CHARGES = 14
    PREPAYMENT_REQUIRED = 15
    LACKS_COPYRIGHT_COMPLIANCE = 16
    LIBRARY_USE_ONLY = 22
    NO_REPRODUCTION = 23
    CLIENT_SIGNATURE_REQUIRED = 24
    SPECIAL_COLLECTIONS_SUPERVISION_REQUIRED = 25
    OTHER = 27
    RESPONDER_SPECIFIC = 28
    PROPOSED_DELIVERY_SERVICE = 30


class CurrentState(Enumerated):
    """Current-State: where a transaction stands, as one side tells the other."""

    NOT_SUPPLIED = 1, "nOT-SUPPLIED"
    PENDING = 2, "pENDING"
    IN_PROCESS = 3, "iN-PROCESS"
    FORWARD = 4, "fORWARD"
    CONDITIONAL = 5, "cONDITIONAL"
    CANCEL_PENDING = 6, "cANCEL-PENDING"
    CANCELLED = 7, "cANCELLED"
    SHIPPED = 8, "sHIPPED"
    RECEIVED = 9, "rECEIVED"
    RENEW_PENDING = 10, "rENEW-PENDING"
    NOT_RECEIVED_OVERDUE = 11, "nOT-RECEIVED-OVERDUE"
    RENEW_OVERDUE = 12, "rENEW-OVERDUE"
    OVERDUE = 13, "oVERDUE"
    RETURNED = 14, "rETURNED"
    CHECKED_IN = 15, "cHECKED-IN"
    RECALL = 16, "rECALL"
    LOST = 17, "lOST"
    UNKNOWN = 18, "uNKNOWN"


class ExpiryFlag(Enumerated):
    """Whether, and by which of two dates, a request ends by itself, in Search-Type."""

    NEED_BEFORE_DATE = 1, "need-Before-Date"
    OTHER_DATE = 2, "other-Date"
    NO_EXPIRY = 3, "no-Expiry"


class GeneralProblem(Enumerated):
    """General-Problem: what is wrong with an APDU as such."""

    UNRECOGNIZED_APDU = 1, "unrecognized-APDU"
    MISTYPED_APDU = 2, "mistyped-APDU"
    BADLY_STRUCTURED_APDU = 3, "badly-structured-APDU"
    PROTOCOL_VERSION_NOT_SUPPORTED = 4
    OTHER = 5


class ILLAPDUType(Enumerated):
    """ILL-APDU-Type: the twenty messages, by the numbers of their tags."""

    ILL_REQUEST = 1, "iLL-REQUEST"
    FORWARD_NOTIFICATION = 2, "fORWARD-NOTIFICATION"
    SHIPPED = 3, "sHIPPED"
    ILL_ANSWER = 4, "iLL-ANSWER"
    CONDITIONAL_REPLY = 5, "cONDITIONAL-REPLY"
    CANCEL = 6, "cANCEL"
    CANCEL_REPLY = 7, "cANCEL-REPLY"
    RECEIVED = 8, "rECEIVED"
    RECALL = 9, "rECALL"
    RETURNED = 10, "rETURNED"
    CHECKED_IN = 11, "cHECKED-IN"
    OVERDUE = 12, "oVERDUE"
    RENEW = 13, "rENEW"
    RENEW_ANSWER = 14, "rENEW-ANSWER"
    LOST = 15, "lOST"
    DAMAGED = 16, "dAMAGED"
    MESSAGE = 17, "mESSAGE"
    STATUS_QUERY = 18, "sTATUS-QUERY"
    STATUS_OR_ERROR_REPORT = 19, "sTATUS-OR-ERROR-REPORT"
    EXPIRED = 20, "eXPIRED"


class ILLServiceType(Enumerated):
    """ILL-Service-Type: what a borrower asks for: a loan, a copy to keep, where the item is, or what it would cost."""

    LOAN = 1
    COPY_NON_RETURNABLE = 2
    LOCATIONS = 3
    ESTIMATE = 4
    RESPONDER_SPECIFIC = 5


class IntermediaryProblem(Enumerated):
    """Intermediary-Problem: why an intermediary could not go on."""

    CANNOT_SEND_ONWARD = 1


class ItemType(Enumerated):
    """Whether a monograph, a serial or something else is wanted, in Item-Id."""

    MONOGRAPH = 1
    SERIAL = 2
    OTHER = 3


class MediumType(Enumerated):
    """Medium-Type: the medium of the item as the library holds it."""

    PRINTED = 1
    MICROFORM = 3
    FILM_OR_VIDEO_RECORDING = 4
    AUDIO_RECORDING = 5
    MACHINE_READABLE = 6
    OTHER = 7


class MessageRequirement(Enumerated):
    """How much one side wants an optional message of the other: the four ENUMERATEDs inside
    Requester- and Responder-Optional-Messages-Type."""

    REQUIRES = 1
    DESIRES = 2
    NEITHER = 3


class MostRecentService(Enumerated):
    """The last service of a transaction, in History-Report; FORWARD is here and has no APDU of its own,
    OVERDUE and RENEW are not."""

    ILL_REQUEST = 1, "iLL-REQUEST"
    FORWARD = 21, "fORWARD"
    FORWARD_NOTIFICATION = 2, "fORWARD-NOTIFICATION"
    SHIPPED = 3, "sHIPPED"
    ILL_ANSWER = 4, "iLL-ANSWER"
    CONDITIONAL_REPLY = 5, "cONDITIONAL-REPLY"
    CANCEL = 6, "cANCEL"
    CANCEL_REPLY = 7, "cANCEL-REPLY"
    RECEIVED = 8, "rECEIVED"
    RECALL = 9, "rECALL"
    RETURNED = 10, "rETURNED"
    CHECKED_IN = 11, "cHECKED-IN"
    RENEW_ANSWER = 14, "rENEW-ANSWER"
    LOST = 15, "lOST"
    DAMAGED = 16, "dAMAGED"
    MESSAGE = 17, "mESSAGE"
    STATUS_QUERY = 18, "sTATUS-QUERY"
    STATUS_OR_ERROR_REPORT = 19, "sTATUS-OR-ERROR-REPORT"
    EXPIRED = 20, "eXPIRED"


class PlaceOnHoldType(Enumerated):
    """Place-On-Hold-Type: whether the lender may queue the request for an item that is out."""

    YES = 1
    NO = 2
    ACCORDING_TO_RESPONDER_POLICY = 3


class Preference(Enumerated):
    """Whether the order of the send-to-list matters, in Third-Party-Info-Type."""

    ORDERED = 1
    UNORDERED = 2


class ProtocolVersionNum(Enumerated):
    """The versions of the protocol that have names; a protocol-version-num may have any value."""

    VERSION_1 = 1
    VERSION_2 = 2


class ReasonLocsProvided(Enumerated):
    """Reason-Locs-Provided: why a lender answers with other libraries that hold the item."""

    IN_USE_ON_LOAN = 1
    IN_PROCESS = 2
    LOST = 3
    NON_CIRCULATING = 4
    NOT_OWNED = 5
    ON_ORDER = 6
    VOLUME_ISSUE_NOT_YET_AVAILABLE = 7
    AT_BINDERY = 8
    LACKING = 9
    NOT_ON_SHELF = 10
    ON_RESERVE = 11
    POOR_CONDITION = 12
    COST_EXCEEDS_LIMIT = 13
    ON_HOLD = 19
    OTHER = 27
    RESPONDER_SPECIFIC = 28


class ReasonNoReport(Enumerated):
    """Reason-No-Report: whether a status may be had later."""

    TEMPORARY = 1
    PERMANENT = 2


class ReasonNotAvailable(Enumerated):
    """Why the item cannot be had now, in Retry-Results."""

    IN_USE_ON_LOAN = 1
    IN_PROCESS = 2
    ON_ORDER = 6
    VOLUME_ISSUE_NOT_YET_AVAILABLE = 7
    AT_BINDERY = 8
    COST_EXCEEDS_LIMIT = 13
    CHARGES = 14
    PREPAYMENT_REQUIRED = 15
    LACKS_COPYRIGHT_COMPLIANCE = 16
    NOT_FOUND_AS_CITED = 17
    ON_HOLD = 19
    OTHER = 27
    RESPONDER_SPECIFIC = 28


class ReasonUnfilled(Enumerated):
    """Reason-Unfilled: why a request is refused."""

    IN_USE_ON_LOAN = 1
    IN_PROCESS = 2
    LOST = 3
    NON_CIRCULATING = 4
    NOT_OWNED = 5
    ON_ORDER = 6
    VOLUME_ISSUE_NOT_YET_AVAILABLE = 7
    AT_BINDERY = 8
    LACKING = 9
    NOT_ON_SHELF = 10
    ON_RESERVE = 11
    POOR_CONDITION = 12
    COST_EXCEEDS_LIMIT = 13
    CHARGES = 14
    PREPAYMENT_REQUIRED = 15
    LACKS_COPYRIGHT_COMPLIANCE = 16
    NOT_FOUND_AS_CITED = 17
    LOCATIONS_NOT_FOUND = 18
    ON_HOLD = 19
    POLICY_PROBLEM = 20
    MANDATORY_MESSAGING_NOT_SUPPORTED = 21
    EXPIRY_NOT_SUPPORTED = 22
    REQUESTED_DELIVERY_SERVICES_NOT_SUPPORTED = 23
    PREFERRED_DELIVERY_TIME_NOT_POSSIBLE = 24
    OTHER = 27
    RESPONDER_SPECIFIC = 28


class ReasonWillSupply(Enumerated):
    """Why an item that will be supplied is not on its way yet, in Will-Supply-Results."""

    IN_USE_ON_LOAN = 1
    IN_PROCESS = 2
    ON_ORDER = 6
    AT_BINDERY = 8
    ON_HOLD = 19
    BEING_PROCESSED_FOR_SUPPLY = 26
    OTHER = 27
    RESPONDER_SPECIFIC = 28
    ELECTRONIC_DELIVERY = 30


class ReportSource(Enumerated):
    """Report-Source: whether the library or its ILL system found the error."""

    USER = 1
    PROVIDER = 2


class ShippedConditions(Enumerated):
    """What the borrower must keep to, in Supply-Details."""

    LIBRARY_USE_ONLY = 22
    NO_REPRODUCTION = 23
    CLIENT_SIGNATURE_REQUIRED = 24
    SPECIAL_COLLECTIONS_SUPERVISION_REQUIRED = 25
    OTHER = 27


class SupplyMediumType(Enumerated):
    """Supply-Medium-Type: the medium in which an item is, or should be, supplied; Medium-Type and photocopies."""

    PRINTED = 1
    PHOTOCOPY = 2
    MICROFORM = 3
    FILM_OR_VIDEO_RECORDING = 4
    AUDIO_RECORDING = 5
    MACHINE_READABLE = 6
    OTHER = 7


class TransactionIdProblem(Enumerated):
    """Transaction-Id-Problem: what is wrong with a transaction-id."""

    DUPLICATE_TRANSACTION_ID = 1
    INVALID_TRANSACTION_ID = 2
    UNKNOWN_TRANSACTION_ID = 3


class TransactionResults(Enumerated):
    """Transaction-Results: the seven answers to a request."""

    CONDITIONAL = 1
    RETRY = 2
    UNFILLED = 3
    LOCATIONS_PROVIDED = 4
    WILL_SUPPLY = 5
    HOLD_PLACED = 6
    ESTIMATE = 7


class TransactionType(Enumerated):
    """Transaction-Type: simple with one lender, chained or partitioned through an intermediary."""

    SIMPLE = 1
    CHAINED = 2
    PARTITIONED = 3


class UnableToPerform(Enumerated):
    """Unable-To-Perform: why a service could not be carried out."""

    NOT_AVAILABLE = 1
    RESOURCE_LIMITATION = 2
    OTHER = 3


#: Shipped-Service-Type: what was shipped, a loan or a copy to keep.
ShippedServiceType: TypeAlias = Annotated[
    ILLServiceType, Among(ILLServiceType.LOAN, ILLServiceType.COPY_NON_RETURNABLE), TypeName("Shipped-Service-Type")
]

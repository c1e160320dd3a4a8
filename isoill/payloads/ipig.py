"""What the IPIG profile adds: to requests, to conditional replies, to error reports; and references of both sides."""

from typing import Annotated, TypeAlias

from isoill.asn1 import Enumerated, Explicit, Implicit, Name, Null, TypeName, choice, sequence
from isoill.oids import register
from isoill.types.request import ItemId
from isoill.types.results import UnfilledResults
from isoill.types.strings import ILLString

__all__ = [
    "AdditionalUserErrorReportInfo",
    "BankElectronicPayment",
    "CreditCard",
    "CreditCardType",
    "DepositAccount",
    "DissertationThesis",
    "DissertationThesisDetails",
    "DissertationThesisType",
    "ElementTruncated",
    "ForwardedAddInfo",
    "IPIGConditionalReplyExtension",
    "IPIGILLRequestExtension",
    "Identifier",
    "InternalReference",
    "InternalReferenceType",
    "ItemLanguage",
    "Payment",
    "PaymentType",
    "RequestDetail",
    "RequestedMaterialFormat",
    "RightsInformation",
    "SuppliersReference",
    "UnrecognizedData",
    "UnsupportedFieldLength",
    "UserErrorDetail",
]


@register("1.0.10161.13.5")
@sequence(name="Forwarded-Add-Info")
class ForwardedAddInfo(UnfilledResults):
    """Forwarded-Add-Info: in a Forward-Notification and in the request passed on, why the forwarder does not supply."""


# ── 13.6: more about an error ──────────────────────────────────────────────────────────────────────────────────────

#: Identifier: an element of a message, as ``ILL-REQUEST.item-id.title``.
Identifier: TypeAlias = Annotated[ILLString, TypeName("Identifier")]


@sequence
class ElementTruncated:
    """Element-Truncated: an element was cut off, and what is left of it."""

    element: Annotated[Identifier, Explicit(0)]
    truncated_value: Annotated[ILLString, Explicit(1)]


@sequence
class UnsupportedFieldLength:
    """Unsupported-Field-Length: an element is too short or too long."""

    element: Annotated[Identifier, Explicit(0)]
    min_length: Annotated[int | None, Explicit(1)] = None
    max_length: Annotated[int | None, Explicit(2)] = None


@sequence
class UnrecognizedData:
    """Unrecognized-Data: what an element says is not understood, and what would have been."""

    element: Annotated[Identifier, Explicit(0)]
    data: Annotated[ILLString | None, Explicit(1)] = None
    expected_format: Annotated[ILLString | None, Explicit(2)] = None
    supported_values: Annotated[ILLString | None, Explicit(3)] = None


@choice(name="Additional-User-Error-Report-Info element")
class UserErrorDetail:
    """One thing that was wrong with a message."""

    element_truncated: Annotated[ElementTruncated | None, Implicit(4)] = None
    missing_required_element: Annotated[Identifier | None, Explicit(5)] = None
    unsupported_field_length: Annotated[UnsupportedFieldLength | None, Implicit(6)] = None
    unrecognized_data: Annotated[UnrecognizedData | None, Implicit(7)] = None
    inconsistent_data: Annotated[ILLString | None, Explicit(8)] = None
    other: Annotated[ILLString | None, Explicit(9)] = None


#: Additional-User-Error-Report-Info: in a Status-Or-Error-Report, what was wrong with the message.
AdditionalUserErrorReportInfo: TypeAlias = Annotated[
    tuple[UserErrorDetail, ...], TypeName("Additional-User-Error-Report-Info")
]
register("1.0.10161.13.6", AdditionalUserErrorReportInfo)


# ── 13.7, 13.8: references ─────────────────────────────────────────────────────────────────────────────────────────


@register("1.0.10161.13.7")
@sequence
class SuppliersReference:
    """Suppliers-Reference: what the supplier calls the request, as the British Library does for its bills.

    (The number is that of the module's header; a comment inside it says 13.17.)
    """

    supplier_authority: Annotated[ILLString, Explicit(0)]
    supplier_reference: Annotated[ILLString, Explicit(1)]


@sequence
class InternalReferenceType:
    """Internal-Reference-Type: what a system calls the transaction, and whose name it is."""

    reference_authority: Annotated[ILLString | None, Explicit(0)] = None
    internal_reference: Annotated[ILLString, Explicit(1)]


@register("1.0.10161.13.8")
@sequence
class InternalReference:
    """Internal-Reference: what the two sides call the transaction in their own systems."""

    requester_reference: Annotated[InternalReferenceType | None, Implicit(0)] = None
    responder_reference: Annotated[InternalReferenceType | None, Implicit(1)] = None


# ── 13.9: more about a request ─────────────────────────────────────────────────────────────────────────────────────


class RequestedMaterialFormat(Enumerated):
    """Requested-Material-Format: in which form the item is wanted."""

    ARCHIVAL_MATERIAL = 1
    AUDIO_CASSETTE = 2
    AUDIO_CD = 3, "audio-cD"
    COMPUTER_SOFTWARE = 4
    CONFERENCE_PROCEEDINGS = 5
    DVD = 6, "dVD"
    FILM8MM = 7
    FILM16_32MM = 8
    GOVERNMENT_DOCUMENT = 9
    KIT = 10
    LEGAL_DOCUMENT = 11
    MACHINE_READABLE_COMPUTER_FILE = 12
    MANUSCRIPT = 13
    MAP = 14
    MICROFORM = 15
    MONOGRAPH_BOUND = 16
    MONOGRAPH_UNBOUND = 17
    MONOGRAPH_ELECTRONIC = 18
    MONOGRAPH_BRAILLE = 19
    MUSIC_SCORE = 20
    NEWSPAPER_BOUND = 21
    NEWSPAPER_UNBOUND = 22
    NEWSPAPER_FILM = 23
    OFFICIAL_PUBLICATION = 24
    PATENT = 25
    PHD_DISSERTATION_OWN_INSTITUTION = 26, "phD-dissertation-own-institution"
    PHD_DISSERTATION_OTHER_INSTITUTION = 27, "phD-dissertation-other-institution"
    PHOTOGRAPH = 28
    SERIAL_BOUND = 29
    SERIAL_UNBOUND = 30
    SERIAL_MICROFILM = 31
    SERIAL_MICROFICHE = 32
    SERIAL_OPAQUE = 33
    SERIAL_ELECTRONIC = 34, "serial-electonic"
    SPECIAL_COLLECTION = 35
    STANDARD = 36
    TECHNICAL_REPORT = 37
    THESIS_OWN_INSTITUTION = 38
    THESIS_OTHER_INSTITUTION = 39
    TRANSLATION = 40
    VIDEOCASSETTE = 41
    VIDEODISC = 42
    VIDEORECORDING = 43
    VIDEOTAPE = 44
    OTHER = 45


@choice(name="Dissertation-Thesis.type")
class DissertationThesisType:
    """Which degree a thesis is for, in Dissertation-Thesis."""

    phd_dissertation: Annotated[Null | None, Implicit(1), Name("phD-dissertation")] = None
    masters_thesis: Annotated[Null | None, Implicit(2)] = None
    undergraduate_honors_thesis: Annotated[Null | None, Implicit(3)] = None
    other: Annotated[ILLString | None, Explicit(4)] = None


@sequence
class DissertationThesisDetails:
    """Dissertation-Thesis-Details: who granted a degree, and when."""

    granting_institution: Annotated[ILLString | None, Explicit(1)] = None
    date_granted: Annotated[ILLString | None, Explicit(2)] = None


@sequence
class DissertationThesis:
    """Dissertation-Thesis: the item is a thesis."""

    type: Annotated[DissertationThesisType | None, Explicit(1)] = None
    details: Annotated[DissertationThesisDetails, Implicit(2)]


#: Item-Language: languages by ISO 639-2, or ``ANY``.
ItemLanguage: TypeAlias = Annotated[tuple[ILLString, ...], TypeName("Item-Language")]


@choice(name="Payment-Type.credit-card.type")
class CreditCardType:
    """Whose credit card it is, in Payment-Type."""

    visa: Annotated[Null | None, Implicit(1)] = None
    master_card: Annotated[Null | None, Implicit(2)] = None
    american_express: Annotated[Null | None, Implicit(3)] = None
    diners_club: Annotated[Null | None, Implicit(4)] = None
    other: Annotated[ILLString | None, Explicit(5)] = None


@sequence(name="Payment-Type.credit-card")
class CreditCard:
    """A credit card, in Payment-Type."""

    type: Annotated[CreditCardType, Explicit(1)]
    card_number: Annotated[ILLString, Explicit(2)]
    expiry_date: Annotated[ILLString, Explicit(3)]
    name_on_card: Annotated[ILLString, Explicit(4)]


@sequence(name="Payment-Type.deposit-account")
class DepositAccount:
    """An account with the supplier, in Payment-Type."""

    account_name: Annotated[ILLString, Explicit(1)]
    account_number: Annotated[ILLString, Explicit(2)]


@sequence(name="Payment-Type.bank-electronic-payment")
class BankElectronicPayment:
    """A transfer between banks, in Payment-Type."""

    bank_name: Annotated[ILLString, Explicit(1)]
    bank_address: Annotated[ILLString, Explicit(2)]
    routing_number: Annotated[ILLString, Explicit(3)]
    account_number: Annotated[ILLString, Explicit(4)]


@choice(name="Payment-Type element")
class Payment:
    """One way to pay."""

    reciprocal_agreement: Annotated[Null | None, Implicit(1)] = None
    prepaid: Annotated[Null | None, Implicit(2)] = None
    unesco_voucher: Annotated[Null | None, Implicit(3), Name("uNESCO-voucher")] = None
    alia_voucher: Annotated[Null | None, Implicit(4), Name("aLIA-voucher")] = None
    ifla_voucher: Annotated[Null | None, Implicit(5), Name("iFLA-voucher")] = None
    other_voucher_or_coupon: Annotated[ILLString | None, Explicit(6)] = None
    rlg_shares: Annotated[Null | None, Implicit(7), Name("rLG-shares")] = None
    oclc_ifm: Annotated[Null | None, Implicit(8), Name("oCLC-iFM")] = None
    other_payment_scheme: Annotated[ILLString | None, Explicit(9)] = None
    cash: Annotated[Null | None, Implicit(10)] = None
    check: Annotated[Null | None, Implicit(11)] = None
    credit_card: Annotated[CreditCard | None, Implicit(12)] = None
    deposit_account: Annotated[DepositAccount | None, Implicit(13)] = None
    bank_electronic_payment: Annotated[BankElectronicPayment | None, Implicit(14)] = None
    other_payment_type: Annotated[ILLString | None, Explicit(15)] = None


#: Payment-Type: the ways in which the requester can pay.
PaymentType: TypeAlias = Annotated[tuple[Payment, ...], TypeName("Payment-Type")]


@sequence
class RightsInformation:
    """Rights-Information: a declaration about copyright, by country and kind."""

    rights_information_country: Annotated[ILLString, Explicit(1)]
    rights_information_type: Annotated[ILLString, Explicit(2)]
    rights_information_value: Annotated[ILLString, Explicit(3)]


@choice(name="IPIG-ILL-Request-Extension element")
class RequestDetail:
    """One thing more about a request."""

    uniform_title: Annotated[ILLString | None, Explicit(0)] = None
    material_type: Annotated[RequestedMaterialFormat | None, Explicit(1)] = None
    responder_specific_info: Annotated[ILLString | None, Explicit(2)] = None
    dissertation_thesis: Annotated[DissertationThesis | None, Explicit(3)] = None
    volume: Annotated[ILLString | None, Explicit(4)] = None
    issue_number: Annotated[ILLString | None, Explicit(5)] = None
    affiliations: Annotated[ILLString | None, Explicit(6)] = None
    requested_material_language: Annotated[ItemLanguage | None, Explicit(7)] = None
    form_content_info: Annotated[ILLString | None, Explicit(8)] = None
    payment_method: Annotated[PaymentType | None, Explicit(9)] = None
    this_edition_only: Annotated[Null | None, Implicit(10)] = None
    unique_item_id: Annotated[ILLString | None, Explicit(11), Name("unique-item-iD")] = None
    rights_info: Annotated[RightsInformation | None, Explicit(12)] = None


#: IPIG-ILL-Request-Extension: what the profile's version 3 says of a request in place of OCLC's extension.
IPIGILLRequestExtension: TypeAlias = Annotated[tuple[RequestDetail, ...], TypeName("IPIG-ILL-Request-Extension")]
register("1.0.10161.13.9", IPIGILLRequestExtension)


@register("1.0.10161.13.10")
@sequence(name="IPIG-Conditional-Reply-Extension")
class IPIGConditionalReplyExtension:
    """IPIG-Conditional-Reply-Extension: lets a Conditional-Reply correct the citation.

    A draft: the number is the name of the file in the Maintenance Agency's register, in which ``13.X`` is printed.
    """

    item_id: Annotated[ItemId | None, Implicit(0)] = None
    copyright_compliance: Annotated[ILLString | None, Explicit(1)] = None

"""What many messages share: who, where, which transaction, when, and what travels in extensions."""

import datetime
from typing import Annotated, Any, Self, TypeAlias, TypeVar, overload

from isoill import _ber
from isoill.asn1 import (
    ANY,
    OID,
    BitString,
    Explicit,
    Holds,
    Implicit,
    Name,
    OctetString,
    Size,
    String,
    TypeName,
    Universal,
    choice,
    sequence,
    type_of,
)
from isoill.errors import DEFAULT_LIMITS, DecodeError, Reason
from isoill.oids import registered_as
from isoill.types.enums import MessageRequirement
from isoill.types.strings import (
    AmountString,
    ILLString,
    ISODate,
    ISOTime,
    PrintableString,
    date_of,
    iso_date,
    iso_time,
    time_of,
)

__all__ = [
    "Amount",
    "DateTimeOfService",
    "Extension",
    "External",
    "ExternalEncoding",
    "LocationInfo",
    "NameOfPersonOrInstitution",
    "PersonOrInstitutionSymbol",
    "PostalAddress",
    "RequesterOptionalMessagesType",
    "ResponderOptionalMessagesType",
    "ServiceDateTime",
    "SupplementalItemDescription",
    "SystemAddress",
    "SystemId",
    "TransactionId",
]


T = TypeVar("T")


@choice(name="EXTERNAL.encoding")
class ExternalEncoding:
    """How an EXTERNAL carries its value: as one BER value, as octets, or as bits."""

    single_asn1_type: Annotated[ANY | None, Explicit(0), Name("single-ASN1-type")] = None
    octet_aligned: Annotated[OctetString | None, Implicit(1)] = None
    arbitrary: Annotated[BitString | None, Implicit(2)] = None


@sequence(Universal(8), name="EXTERNAL")
class External:
    """EXTERNAL: a value of a type that is registered elsewhere, under an object identifier.

    `holding` makes one and `value` reads it, by the types of `isoill.payloads` and those that you register; `of` and
    ``octets`` are the same for octets.  What holds no value of a type that is known stays as it came.

    >>> from isoill.payloads import InternalReference, InternalReferenceType
    >>> reference = InternalReferenceType(internal_reference="7")
    >>> external = External.holding(InternalReference(requester_reference=reference))
    >>> external.direct_reference
    '1.0.10161.13.8'
    >>> external.value(InternalReference).requester_reference
    InternalReferenceType(internal_reference='7')
    >>> External.of("1.0.10161.13.2", bytes.fromhex("3000"))
    External(direct_reference='1.0.10161.13.2', encoding=ExternalEncoding(single_asn1_type=b'0\\x00'))
    """

    direct_reference: OID | None = None
    indirect_reference: int | None = None
    data_value_descriptor: Annotated[str | None, String("ObjectDescriptor")] = None
    encoding: ExternalEncoding

    @classmethod
    def of(cls, direct_reference: str, single_asn1_type: bytes) -> Self:
        """The form that ILL systems write: an object identifier, and the octets of one BER value."""
        return cls(direct_reference=direct_reference, encoding=ExternalEncoding(single_asn1_type=single_asn1_type))

    @classmethod
    def of_octets(cls, direct_reference: str, octet_aligned: bytes) -> Self:
        """The form for what is not BER, as a MARC record: an object identifier, and octets."""
        return cls(direct_reference=direct_reference, encoding=ExternalEncoding(octet_aligned=octet_aligned))

    @classmethod
    def holding(cls, value: object, /, *, type: Any = None) -> Self:
        """The form that ILL systems write, from a value of a registered type.

        ``type`` is wanted for a ``tuple`` or a ``str``, whose class does not say which type is meant.  Raises
        `EncodeError`, and LookupError where the type is not registered (`isoill.payloads.register`) or not told.
        """
        entry = registered_as(value.__class__ if type is None else type)
        return cls.of(entry.oid, _ber.write(_ber.table(entry.type), value, True))

    @property
    def octets(self) -> bytes:
        """What is held, whichever of the three ways it is carried in."""
        encoding = self.encoding
        if encoding.single_asn1_type is not None:
            return encoding.single_asn1_type
        if encoding.octet_aligned is not None:
            return encoding.octet_aligned
        return b"" if encoding.arbitrary is None else encoding.arbitrary.octets

    @overload
    def value(self, type: type[T], /, *, strict: bool = True) -> T: ...
    @overload
    def value(self, type: Any, /, *, strict: bool = True) -> Any: ...
    def value(self, type: Any, /, *, strict: bool = True) -> Any:
        """The value that is held, of a registered type, be it carried as BER or as octets that hold BER.

        Raises `DecodeError`, its path and offset counted from the value, where the direct-reference is another than
        the one of ``type`` as well; LookupError where ``type`` is not registered.
        """
        entry = registered_as(type)
        if self.direct_reference != entry.oid:
            found = self.direct_reference or "none"
            message = f"expected direct-reference {entry.oid}, found {found}"
            raise DecodeError(Reason.OTHER_PAYLOAD, message, type_of(entry.type).name, 0)
        return _ber.read(_ber.table(entry.type), self.octets, None if strict else [], DEFAULT_LIMITS)


_EXTERNAL = _ber.table(External)


@sequence
class Extension:
    """Extension: what one side adds to a message beyond the standard.

    ``identifier`` is 1 in every capture, and ``item`` then holds the octets of an EXTERNAL, whose
    direct-reference says what the extension is.  `Apdu.extension` finds one among those of a message.

    >>> extension = Extension.of(External.of("1.0.10161.13.2", bytes.fromhex("3000")))
    >>> extension.identifier, extension.external.direct_reference
    (1, '1.0.10161.13.2')
    """

    identifier: Annotated[int, Implicit(0)]
    critical: Annotated[bool, Implicit(1)] = False
    item: Annotated[ANY, Holds(External), Explicit(2)]

    @classmethod
    def of(cls, external: External, *, critical: bool = False) -> Self:
        """The extension that holds an EXTERNAL: an "implementor extension", which is what identifier 1 means."""
        return cls(identifier=1, critical=critical, item=_ber.write(_EXTERNAL, external, True))

    @property
    def external(self) -> External:
        """The EXTERNAL that is held, read leniently; `DecodeError` where it is none, as the standard admits."""
        external: External = _ber.read(_EXTERNAL, self.item, [], DEFAULT_LIMITS)
        return external


@choice
class PersonOrInstitutionSymbol:
    """Person-Or-Institution-Symbol: the symbol of a person or an institution."""

    person_symbol: Annotated[ILLString | None, Explicit(0)] = None
    institution_symbol: Annotated[ILLString | None, Explicit(1)] = None


@choice
class NameOfPersonOrInstitution:
    """Name-Of-Person-Or-Institution: the name of a person or an institution, in words."""

    name_of_person: Annotated[ILLString | None, Explicit(0)] = None
    name_of_institution: Annotated[ILLString | None, Explicit(1)] = None


@sequence
class SystemId:
    """System-Id: a person or institution, by symbol or by name.

    Symbols are written ``namespace:symbol`` in one string; `of` makes the common case from one:

    >>> SystemId.of("als:BVAS")
    SystemId(person_or_institution_symbol=PersonOrInstitutionSymbol(institution_symbol='als:BVAS'))
    >>> SystemId.of("als:BVAS").symbol
    'als:BVAS'
    """

    person_or_institution_symbol: Annotated[PersonOrInstitutionSymbol | None, Explicit(0)] = None
    name_of_person_or_institution: Annotated[NameOfPersonOrInstitution | None, Explicit(1)] = None

    @classmethod
    def of(cls, symbol: str, *, name: str | None = None) -> Self:
        """An institution by its symbol and, if given, its name."""
        return cls(
            person_or_institution_symbol=PersonOrInstitutionSymbol(institution_symbol=symbol),
            name_of_person_or_institution=None if name is None else NameOfPersonOrInstitution(name_of_institution=name),
        )

    @classmethod
    def named(cls, name: str) -> Self:
        """An institution by its name alone."""
        return cls(name_of_person_or_institution=NameOfPersonOrInstitution(name_of_institution=name))

    @property
    def symbol(self) -> str | None:
        """The symbol, be it a person's or an institution's; None where there is only a name."""
        symbol = self.person_or_institution_symbol
        if symbol is None:
            return None
        return symbol.person_symbol if symbol.institution_symbol is None else symbol.institution_symbol

    @property
    def name(self) -> str | None:
        """The name, be it a person's or an institution's; None where there is only a symbol."""
        name = self.name_of_person_or_institution
        if name is None:
            return None
        return name.name_of_person if name.name_of_institution is None else name.name_of_institution


@sequence
class SystemAddress:
    """System-Address: where messages are delivered: the kind of service and the address in it."""

    telecom_service_identifier: Annotated[ILLString | None, Explicit(0)] = None
    telecom_service_address: Annotated[ILLString | None, Explicit(1)] = None


@sequence
class PostalAddress:
    """Postal-Address: where parcels and letters are delivered."""

    name_of_person_or_institution: Annotated[NameOfPersonOrInstitution | None, Explicit(0)] = None
    extended_postal_delivery_address: Annotated[ILLString | None, Explicit(1)] = None
    street_and_number: Annotated[ILLString | None, Explicit(2)] = None
    post_office_box: Annotated[ILLString | None, Explicit(3)] = None
    city: Annotated[ILLString | None, Explicit(4)] = None
    region: Annotated[ILLString | None, Explicit(5)] = None
    country: Annotated[ILLString | None, Explicit(6)] = None
    postal_code: Annotated[ILLString | None, Explicit(7)] = None


@sequence
class TransactionId:
    """Transaction-Id: what tells one transaction from all others: the group, the one in it, and for a
    sub-transaction a third part, all given out by the initial requester.

    Compare it whole: in the field the group alone may carry the number, and every ``transaction_qualifier`` be 1.

    >>> TransactionId(transaction_group_qualifier="248705", transaction_qualifier="1").initial_requester_id is None
    True
    """

    initial_requester_id: Annotated[SystemId | None, Implicit(0)] = None
    transaction_group_qualifier: Annotated[ILLString, Explicit(1)]
    transaction_qualifier: Annotated[ILLString, Explicit(2)]
    sub_transaction_qualifier: Annotated[ILLString | None, Explicit(3)] = None


@sequence(name="Service-Date-Time.date-time-of-this-service")
class DateTimeOfService:
    """The day, and where it matters the local time, of a service.

    >>> from datetime import datetime
    >>> DateTimeOfService.of(datetime(2003, 6, 6, 19, 55, 43))
    DateTimeOfService(date='20030606', time='195543')
    """

    date: Annotated[ISODate, Implicit(0)]
    time: Annotated[ISOTime | None, Implicit(1)] = None

    @classmethod
    def of(cls, moment: datetime.datetime) -> Self:
        """The day and time of a ``datetime``, in whole seconds; local time, so a time zone is not written."""
        return cls(date=iso_date(moment.date()), time=iso_time(moment.time()))

    @property
    def moment(self) -> datetime.datetime:
        """As ``datetime``, midnight where no time is given; ValueError where the text is no date or time."""
        time = datetime.time() if self.time is None else time_of(self.time)
        return datetime.datetime.combine(date_of(self.date), time)


@sequence
class ServiceDateTime:
    """Service-Date-Time: when a service was invoked and, where it is a repeat, when it first was.

    >>> from datetime import datetime
    >>> ServiceDateTime.of(datetime(2003, 6, 6, 19, 55, 43)).date_time_of_this_service.time
    '195543'
    """

    date_time_of_this_service: Annotated[DateTimeOfService, Implicit(0)]
    date_time_of_original_service: Annotated[DateTimeOfService | None, Implicit(1)] = None

    @classmethod
    def of(cls, this: datetime.datetime, original: datetime.datetime | None = None) -> Self:
        """From the moment of this service and, for a repeat, of the first."""
        return cls(
            date_time_of_this_service=DateTimeOfService.of(this),
            date_time_of_original_service=None if original is None else DateTimeOfService.of(original),
        )


@sequence
class Amount:
    """Amount: a sum of money and its currency."""

    currency_code: Annotated[PrintableString | None, Implicit(0), Size(3, 3)] = None
    monetary_value: Annotated[AmountString, Implicit(1), Size(1, 10)]


@sequence
class RequesterOptionalMessagesType:
    """Requester-Optional-Messages-Type: which optional messages the borrower can send, and which it wants."""

    can_send_received: Annotated[bool, Implicit(0), Name("can-send-RECEIVED")]
    can_send_returned: Annotated[bool, Implicit(1), Name("can-send-RETURNED")]
    requester_shipped: Annotated[MessageRequirement, Implicit(2), Name("requester-SHIPPED")]
    requester_checked_in: Annotated[MessageRequirement, Implicit(3), Name("requester-CHECKED-IN")]


@sequence
class ResponderOptionalMessagesType:
    """Responder-Optional-Messages-Type: which optional messages the lender can send, and which it wants."""

    can_send_shipped: Annotated[bool, Implicit(0), Name("can-send-SHIPPED")]
    can_send_checked_in: Annotated[bool, Implicit(1), Name("can-send-CHECKED-IN")]
    responder_received: Annotated[MessageRequirement, Implicit(2), Name("responder-RECEIVED")]
    responder_returned: Annotated[MessageRequirement, Implicit(3), Name("responder-RETURNED")]


@sequence
class LocationInfo:
    """Location-Info: another library that may hold the item."""

    location_id: Annotated[SystemId, Implicit(0)]
    location_address: Annotated[SystemAddress | None, Implicit(1)] = None
    location_note: Annotated[ILLString | None, Explicit(2)] = None


#: Supplemental-Item-Description: further descriptions of the item, such as MARC records.
SupplementalItemDescription: TypeAlias = Annotated[tuple[External, ...], TypeName("Supplemental-Item-Description")]

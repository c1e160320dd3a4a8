"""How an item travels: addresses, services, what was sent, when it is due, what was damaged."""

from typing import Annotated

from isoill.asn1 import ANY, OID, Explicit, Implicit, Null, Range, choice, sequence
from isoill.types.common import Amount, PostalAddress, SystemAddress, SystemId
from isoill.types.enums import ShippedConditions, SupplyMediumType
from isoill.types.strings import ILLString, ISODate, ISOTime, TransportationMode

__all__ = [
    "DamagedDetails",
    "DamagedPortion",
    "DateDue",
    "DeliveryAddress",
    "DeliveryService",
    "DocumentType",
    "EDeliveryDetails",
    "EDeliveryService",
    "ElectronicDeliveryService",
    "ShippedVia",
    "SupplyDetails",
    "UnitsPerMediumType",
]


@sequence
class DeliveryAddress:
    """Delivery-Address: where the item, or the bill, goes: by post or over the network."""

    postal_address: Annotated[PostalAddress | None, Implicit(0)] = None
    electronic_address: Annotated[SystemAddress | None, Implicit(1)] = None


@sequence(name="Electronic-Delivery-Service.e-delivery-service")
class EDeliveryService:
    """A mode of electronic delivery by its object identifier, and its parameters,
    in Electronic-Delivery-Service."""

    e_delivery_mode: Annotated[OID, Implicit(0)]
    e_delivery_parameters: Annotated[ANY, Explicit(1)]


@sequence(name="Electronic-Delivery-Service.document-type")
class DocumentType:
    """A format of the document by its object identifier, and its parameters,
    in Electronic-Delivery-Service."""

    document_type_id: Annotated[OID, Implicit(2)]
    document_type_parameters: Annotated[ANY, Explicit(3)]


@choice(name="Electronic-Delivery-Service.e-delivery-details")
class EDeliveryDetails:
    """Where an electronic document goes, in Electronic-Delivery-Service."""

    e_delivery_address: Annotated[SystemAddress | None, Implicit(0)] = None
    e_delivery_id: Annotated[SystemId | None, Implicit(1)] = None


@sequence
class ElectronicDeliveryService:
    """Electronic-Delivery-Service: one way to deliver a document electronically."""

    e_delivery_service: Annotated[EDeliveryService | None, Implicit(0)] = None
    document_type: Annotated[DocumentType | None, Implicit(1)] = None
    e_delivery_description: Annotated[ILLString | None, Explicit(4)] = None
    e_delivery_details: Annotated[EDeliveryDetails, Explicit(5)]
    name_or_code: Annotated[ILLString | None, Explicit(6)] = None
    delivery_time: Annotated[ISOTime | None, Implicit(7)] = None


@choice
class DeliveryService:
    """Delivery-Service: how the item should come: carried, or sent electronically."""

    physical_delivery: Annotated[TransportationMode | None, Explicit(7)] = None
    electronic_delivery: Annotated[tuple[ElectronicDeliveryService, ...] | None, Implicit(50)] = None


@sequence
class DateDue:
    """Date-Due: when a loan is due, and whether it can be renewed."""

    date_due_field: Annotated[ISODate, Implicit(0)]
    renewable: Annotated[bool, Implicit(1)] = True


@sequence
class UnitsPerMediumType:
    """Units-Per-Medium-Type: how many units of one medium were supplied."""

    medium: Annotated[SupplyMediumType, Explicit(0)]
    no_of_units: Annotated[int, Explicit(1), Range(1, 9999)]


@choice(name="Supply-Details.shipped-via")
class ShippedVia:
    """How the item was sent, in Supply-Details."""

    physical_delivery: Annotated[TransportationMode | None, Explicit(5)] = None
    electronic_delivery: Annotated[ElectronicDeliveryService | None, Implicit(50)] = None


@sequence
class SupplyDetails:
    """Supply-Details: what was sent, when, how, on which conditions and at what cost."""

    date_shipped: Annotated[ISODate | None, Implicit(0)] = None
    date_due: Annotated[DateDue | None, Implicit(1)] = None
    chargeable_units: Annotated[int | None, Implicit(2), Range(1, 9999)] = None
    cost: Annotated[Amount | None, Implicit(3)] = None
    shipped_conditions: Annotated[ShippedConditions | None, Implicit(4)] = None
    shipped_via: ShippedVia | None = None
    insured_for: Annotated[Amount | None, Implicit(6)] = None
    return_insurance_require: Annotated[Amount | None, Implicit(7)] = None
    no_of_units_per_medium: Annotated[tuple[UnitsPerMediumType, ...] | None, Implicit(8)] = None


@choice(name="Damaged-Details.damaged-portion")
class DamagedPortion:
    """Whether all of an item is damaged, or which of its units, in Damaged-Details."""

    complete_document: Annotated[Null | None, Implicit(1)] = None
    specific_units: Annotated[tuple[int, ...] | None, Implicit(2)] = None


@sequence
class DamagedDetails:
    """Damaged-Details: which part of an item arrived damaged."""

    document_type_id: Annotated[OID | None, Implicit(0)] = None
    damaged_portion: DamagedPortion

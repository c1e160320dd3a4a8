"""APDU-Delivery-Info: where the answers to a message go, and in which encodings."""

from typing import Annotated, Self

from isoill.asn1 import Enumerated, Implicit, Size, sequence
from isoill.oids import register
from isoill.types.common import SystemAddress, SystemId

__all__ = ["APDUDeliveryInfo", "APDUDeliveryParameters", "APDUEncoding"]


class APDUEncoding(Enumerated):
    """APDU-Encoding: how messages may be written to an address."""

    EDIFACT = 1, "eDIFACT"
    BER_IN_MIME = 2, "bER-IN-MIME"
    BER = 3, "bER"


@sequence(name="APDU-Delivery-Parameters")
class APDUDeliveryParameters:
    """APDU-Delivery-Parameters: one address of a system: encodings in order of preference, and who answers there.

    >>> APDUDeliveryParameters.of("TCP/IP", "ill.example.org:1611", aliases=[SystemId.of("als:BVAS")]).encoding
    (APDUEncoding.BER,)
    >>> APDUDeliveryParameters.of("SMTP", "ill@example.org").encoding
    (APDUEncoding.BER_IN_MIME,)
    """

    encoding: Annotated[tuple[APDUEncoding, ...], Implicit(0), Size(1, 3)]
    transport: Annotated[SystemAddress, Implicit(1)]
    aliases: Annotated[tuple[SystemId, ...] | None, Implicit(2)] = None

    @classmethod
    def of(cls, service: str, address: str, *, aliases: list[SystemId] | None = None) -> Self:
        """An address by the name of the service, ``TCP/IP`` or ``SMTP``, with the encoding that goes with it."""
        encoding = APDUEncoding.BER_IN_MIME if service.upper() == "SMTP" else APDUEncoding.BER
        transport = SystemAddress(telecom_service_identifier=service, telecom_service_address=address)
        return cls(encoding=(encoding,), transport=transport, aliases=None if aliases is None else tuple(aliases))


@register("1.0.10161.13.3")
@sequence(name="APDU-Delivery-Info")
class APDUDeliveryInfo:
    """APDU-Delivery-Info: the addresses of sender, recipient and transponder; the IPIG profile wants it in every APDU.

    On a simplex connection it says where the answer goes.  The lists hold at most 25 elements (Maintenance Agency,
    stancle3).  Seen in the request of Simon Fraser University.
    """

    sender_info: Annotated[tuple[APDUDeliveryParameters, ...], Implicit(0)]
    recipient_info: Annotated[tuple[APDUDeliveryParameters, ...], Implicit(1)]
    transponder_info: Annotated[tuple[APDUDeliveryParameters, ...] | None, Implicit(2)] = None

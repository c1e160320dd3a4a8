"""Who and where the two sides of a partnership are: what a kind of partner does not say, and a message needs."""

from __future__ import annotations

from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters, PromptObject
from isoill.records import record
from isoill.types import SystemId

__all__ = ["Contact"]


@record(kw_only=True)
class Contact:
    """What `Profile.prepare` may put into messages; nothing of it need be known.

    >>> from isoill.payloads import APDUDeliveryParameters
    >>> contact = Contact(own_addresses=(APDUDeliveryParameters.of("TCP/IP", "ill.example.org:1611"),))
    >>> contact.delivery_info.sender_info[0].transport.telecom_service_address
    'ill.example.org:1611'
    """

    #: who we are
    own_id: SystemId | None = None
    #: who the partner is
    partner_id: SystemId | None = None
    #: where answers go, as APDU-Delivery-Info has it
    own_addresses: tuple[APDUDeliveryParameters, ...] = ()
    #: where the partner is, as APDU-Delivery-Info has it
    partner_addresses: tuple[APDUDeliveryParameters, ...] = ()
    #: the partner's host; for mail, its address
    host: str | None = None
    #: what OCLC wants in the first request on a connection
    logon: PromptObject | None = None

    def __repr__(self) -> str:
        return f"Contact({'' if self.host is None else f'host={self.host!r}'})"  # a logon is not for everybody

    @property
    def delivery_info(self) -> APDUDeliveryInfo | None:
        """What goes into every message as APDU-Delivery-Info; None where our own address is not known."""
        if not self.own_addresses:
            return None
        return APDUDeliveryInfo(sender_info=self.own_addresses, recipient_info=self.partner_addresses)

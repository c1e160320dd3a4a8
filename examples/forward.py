"""Forward a request that another library can fill: ``python examples/forward.py``."""

from dataclasses import replace
from pathlib import Path

import isoill
from isoill import SystemAddress, SystemId, Transaction
from isoill.payloads import PromptObject

#: Where the requester is reached; whoever gets a forwarded request has to know it.
ADDRESS = SystemAddress(telecom_service_identifier="TCP/IP", telecom_service_address="ill.main-street.example.org:1611")


def forwardable() -> isoill.ILLRequest:
    """The request, with leave to pass it on, and without the logon, which is for the one who was asked."""
    request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes(), type=isoill.ILLRequest)
    permission = isoill.ThirdPartyInfoType(permission_to_forward=True, initial_requester_address=ADDRESS)
    return replace(request, third_party_info_type=permission).without_extension(PromptObject)


def main() -> None:
    """Hill University does not have the book, Lake Public does, and says so to the one who asked."""
    request = forwardable()
    asking, hill, lake = Transaction(role="requester"), Transaction(role="responder"), Transaction(role="responder")
    print("asking:", asking.send(request))
    print("hill:  ", hill.receive(request))

    forwarding = hill.forward(
        SystemId.of("isoill:LAKE"),
        reason_unfilled=isoill.ReasonUnfilled.NOT_OWNED,
        note="Lake Public has the edition.",
    )
    print("hill:  ", hill.send(forwarding.notification))
    print("lake:  ", lake.receive(forwarding.request))
    print("asking:", asking.receive(forwarding.notification))
    assert asking.partner is not None
    print("from here on the partner is", asking.partner.symbol)

    shipped = lake.shipped(date_due="20261221")
    print("lake:  ", lake.send(shipped))
    print("asking:", asking.receive(shipped))


if __name__ == "__main__":
    main()

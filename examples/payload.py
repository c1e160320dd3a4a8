"""Read and write what extensions hold, a type of your own too: ``python examples/payload.py``."""

from pathlib import Path
from typing import Annotated

import isoill
from isoill.asn1 import Explicit, sequence
from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters, OCLCILLRequestExtension, register


@register("1.0.10161.13.1000.999.1")  # 1000.z.n: the nth object of implementor z, a number that the register gives
@sequence(name="Shelf-Extension")
class ShelfExtension:
    """Shelf-Extension: where the item stands, for the slip with which it is fetched."""

    floor: Annotated[int, Explicit(0)]
    shelf: Annotated[isoill.ILLString | None, Explicit(1)] = None


def main() -> None:
    """Fill in one extension of a request, which came empty, and add two."""
    request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    print("came:", request.extension(OCLCILLRequestExtension))
    print("came:", request.extension(ShelfExtension))

    sender = APDUDeliveryParameters.of("TCP/IP", "ill.main-street.example.org:1611")
    request = (
        request.with_extension(OCLCILLRequestExtension(payment_method="IFM"))
        .with_extension(APDUDeliveryInfo(sender_info=(sender,), recipient_info=()))
        .with_extension(ShelfExtension(floor=3, shelf="PR 9199"))
    )
    request = isoill.decode(isoill.encode(request), type=isoill.ILLRequest)
    for payload in (OCLCILLRequestExtension, ShelfExtension):
        print("goes:", request.extension(payload))
    info = request.extension(APDUDeliveryInfo)
    if info is not None:
        print("answers go to:", info.sender_info[0].transport.telecom_service_address)


if __name__ == "__main__":
    main()

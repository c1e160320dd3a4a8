"""Declare the type of an extension, and read and write it: ``python examples/payload.py``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import isoill
from isoill.asn1 import Explicit, sequence

OCLC_REQUEST_EXTENSION = "1.0.10161.13.2"


@sequence(name="OCLC-ILL-Request-Extension")
class OclcRequestExtension:
    """OCLC-ILL-Request-Extension: what OCLC once added to a request."""

    client_department: Annotated[isoill.ILLString | None, Explicit(0)] = None
    payment_method: Annotated[isoill.ILLString | None, Explicit(1)] = None
    uniform_title: Annotated[isoill.ILLString | None, Explicit(2)] = None
    dissertation: Annotated[isoill.ILLString | None, Explicit(3)] = None
    issue_number: Annotated[isoill.ILLString | None, Explicit(4)] = None
    volume: Annotated[isoill.ILLString | None, Explicit(5)] = None
    affiliations: Annotated[isoill.ILLString | None, Explicit(6)] = None
    source: Annotated[isoill.ILLString | None, Explicit(7)] = None


def value_of(extension: isoill.Extension) -> OclcRequestExtension | None:
    """What the extension holds, or None where it is another one; its ``identifier`` does not tell."""
    external = isoill.decode(extension.item, type=isoill.External)
    if external.direct_reference != OCLC_REQUEST_EXTENSION:
        return None
    octets = external.encoding.single_asn1_type or external.encoding.octet_aligned
    return None if octets is None else isoill.decode(octets, type=OclcRequestExtension)


def extension_of(value: OclcRequestExtension) -> isoill.Extension:
    """The extension that holds a value."""
    external = isoill.External.of(OCLC_REQUEST_EXTENSION, isoill.encode(value))
    return isoill.Extension(identifier=1, item=isoill.encode(external))


def main() -> None:
    """Fill in the extension of a request, which came empty."""
    request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    changed = []
    for extension in request.extensions or ():
        value = value_of(extension)
        print(f"came: {value}")
        changed.append(extension if value is None else extension_of(replace(value, payment_method="IFM")))
    request = replace(request, extensions=tuple(changed))
    for extension in isoill.decode(isoill.encode(request)).extensions or ():
        print(f"goes: {value_of(extension)}")


if __name__ == "__main__":
    main()

"""Print who asks whom for what: ``python examples/read.py [FILE]``, a file of one message or of many."""

import sys

import isoill


def name_of(system: isoill.SystemId | None) -> str:
    """The best there is to call a library by."""
    if system is None:
        return "someone"
    return system.name or system.symbol or "someone"


def main(path: str = "examples/messages/ill-request.ber") -> None:
    """Read the messages one by one; the requests among them are printed."""
    with open(path, "rb") as file:
        for apdu in isoill.iter_apdus(file):
            if isinstance(apdu, isoill.ILLRequest):
                item = apdu.item_id
                services = ", ".join(service.asn1_name for service in apdu.ill_service_type)
                print(f"{name_of(apdu.requester_id)} asks {name_of(apdu.responder_id)}: {services}")
                print(f"  {item.author or item.author_of_article}: {item.title or item.title_of_article}")
                if apdu.search_type is not None and apdu.search_type.need_before_date is not None:
                    print(f"  before {isoill.date_of(apdu.search_type.need_before_date):%d %B %Y}")


if __name__ == "__main__":
    main(*sys.argv[1:])

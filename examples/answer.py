"""Answer a request, and say that the item was sent: ``python examples/answer.py``."""

from datetime import date, datetime
from pathlib import Path

import isoill


def will_supply(request: isoill.ILLRequest, now: datetime) -> isoill.ILLAnswer:
    """The answer that the item is being made ready."""
    return isoill.ILLAnswer(
        protocol_version_num=request.protocol_version_num,
        transaction_id=request.transaction_id,
        service_date_time=isoill.ServiceDateTime.of(now),
        requester_id=request.requester_id,
        responder_id=isoill.SystemId.of("isoill:HILL", name="Hill University Library"),
        transaction_results=isoill.TransactionResults.WILL_SUPPLY,
        results_explanation=isoill.ResultsExplanation(
            will_supply_results=isoill.WillSupplyResults(
                reason_will_supply=isoill.ReasonWillSupply.BEING_PROCESSED_FOR_SUPPLY
            )
        ),
    )


def shipped(request: isoill.ILLRequest, now: datetime, due: date) -> isoill.Shipped:
    """The message that goes with the parcel."""
    return isoill.Shipped(
        protocol_version_num=request.protocol_version_num,
        transaction_id=request.transaction_id,
        service_date_time=isoill.ServiceDateTime.of(now),
        requester_id=request.requester_id,
        responder_id=isoill.SystemId.of("isoill:HILL", name="Hill University Library"),
        shipped_service_type=isoill.ILLServiceType.LOAN,
        supply_details=isoill.SupplyDetails(
            date_shipped=isoill.iso_date(now.date()),
            date_due=isoill.DateDue(date_due_field=isoill.iso_date(due)),
            shipped_via=isoill.ShippedVia(physical_delivery="post"),
        ),
        responder_note="The edition of 1908, second impression.",
    )


def main() -> None:
    """Both messages, to octets and for people."""
    request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    assert isinstance(request, isoill.ILLRequest)
    for message in (
        will_supply(request, datetime(2026, 11, 21, 14, 5)),
        shipped(request, datetime(2026, 11, 23, 9, 30), due=date(2026, 12, 21)),
    ):
        octets = isoill.encode(message)
        print(f"{len(octets)} octets")
        print(isoill.tree(message))


if __name__ == "__main__":
    main()

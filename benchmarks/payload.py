"""``payload``: what it costs to read the APDU-Delivery-Info of a message, beside decoding the message that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import Run, interleave, repeated
from isoill.codec import decode, encode
from isoill.payloads import APDUDeliveryInfo, APDUDeliveryParameters
from isoill.types import SystemId

__all__ = ["run"]


def delivery_info() -> APDUDeliveryInfo:
    """One as it is seen in the field: an address of each side, with aliases."""
    aliases = [SystemId.of("als:HBRU"), SystemId.of("nlc-bnc:HBRU")]
    return APDUDeliveryInfo(
        sender_info=(APDUDeliveryParameters.of("TCP/IP", "ill.hbru.example:1611", aliases=aliases),),
        recipient_info=(APDUDeliveryParameters.of("SMTP", "loan@pine.ex", aliases=[SystemId.of("als:PINE")]),),
    )


def _counted(run: Run, done: list[int]) -> Run:
    """The same, and how often it was done."""

    def counted(loops: int) -> float:
        done.append(loops)
        return run(loops)

    return counted


def run(messages: Sequence[Message], *, quick: bool) -> Table:
    """Time them."""
    rows, figures = [], {}
    for message in messages:
        octets = encode(message.value.with_extension(delivery_info()))
        apdu: Any = decode(octets)
        held: bytes = apdu.extensions[-1].external.octets
        runs: dict[str, Run] = {
            "message": repeated(decode, octets),
            "extension": repeated(apdu.extension, APDUDeliveryInfo),
            "octets": repeated(lambda octets: decode(octets, type=APDUDeliveryInfo), held),
        }
        done: list[int] = []
        runs["extension"] = _counted(runs["extension"], done)
        timings = interleave(runs, rounds=10 if quick else 900)
        parts = {name: timings.ratio(name, "message") for name in ("extension", "octets")}
        figures[message.name] = {
            "octets": len(octets),
            "octets_held": len(held),
            "decoded": sum(done),
            "nanoseconds": {name: timings.median(name) for name in runs},
            "by_message": parts,
        }
        cells = [f"{significant(timings.median(name))} ({ratio(part)})" for name, part in parts.items()]
        rows.append(
            [
                message.name,
                str(len(octets)),
                str(len(held)),
                f"{sum(done):,}",
                significant(timings.median("message")),
                *cells,
            ]
        )
    return Table(
        "payload",
        "nanoseconds to read an APDU-Delivery-Info (in brackets: as a part of decoding the message that holds it)",
        ["", "octets", "of these", "decoded", "message", "extension()", "its octets alone"],
        rows,
        figures,
    )

"""``transaction``: what a message costs that a transaction sends or receives, beside decoding it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import isoill
from benchmarks.messages import Message
from benchmarks.table import Table, ratio, significant
from benchmarks.timing import Run, interleave, repeated
from isoill.transaction import Transaction
from isoill.types import Apdu, ILLRequest

__all__ = ["run"]

_DUE = datetime.date(2026, 12, 24)


def _loan(request: ILLRequest) -> list[tuple[str, Apdu]]:
    """The five messages of a loan, and who sends each."""
    requester, responder = Transaction(role="requester"), Transaction(role="responder")
    conversation: list[tuple[str, Apdu]] = []

    def tell(who: str, apdu: Apdu) -> None:
        sender, receiver = (requester, responder) if who == "requester" else (responder, requester)
        sender.send(apdu)
        receiver.receive(apdu)
        conversation.append((who, apdu))

    tell("requester", request)
    tell("responder", responder.shipped(date_due=_DUE))
    tell("requester", requester.received())
    tell("requester", requester.returned())
    tell("responder", responder.checked_in())
    return conversation


def _both_sides(conversation: list[tuple[str, Apdu]]) -> None:
    """The whole conversation, from nothing to its end, as both sides keep it."""
    sides = {"requester": Transaction(role="requester"), "responder": Transaction(role="responder")}
    for who, apdu in conversation:
        for name, side in sides.items():
            if name == who:
                side.send(apdu)
            else:
                side.receive(apdu)


def run(messages: Sequence[Message], *, quick: bool) -> Table:
    """Time them."""
    request: Any = next(message.value for message in messages if isinstance(message.value, ILLRequest))
    request = replace(request, extensions=None)
    conversation = _loan(request)
    octets = [isoill.encode(apdu) for _, apdu in conversation]
    kept = Transaction(role="responder")
    for who, apdu in conversation:
        if who == "requester":
            kept.receive(apdu)
        else:
            kept.send(apdu)
    text = kept.to_json()
    runs: dict[str, Run] = {
        "decoding them": repeated(lambda octets: [isoill.decode(each) for each in octets], octets),
        "both sides": repeated(_both_sides, conversation),
        "to_json": repeated(Transaction.to_json, kept),
        "from_json": repeated(Transaction.from_json, text),
        "replay": repeated(lambda messages: Transaction.replay(messages, role="responder"), kept.messages),
    }
    timings = interleave(runs, rounds=10 if quick else 300)
    rows, figures = [], {}
    for name in runs:
        part = timings.ratio(name, "decoding them")
        rows.append([name, significant(timings.median(name)), ratio(part)])
        figures[name] = {"nanoseconds": timings.median(name), "by_decoding": part}
    return Table(
        "transaction",
        f"nanoseconds for a loan of {len(conversation)} messages: as both sides keep it, and as one side stores it",
        ["", "ns", "/ decoding them"],
        rows,
        figures,
    )

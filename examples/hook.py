"""Decide what a node answers: ``isoill serve --hook examples.hook:decide``; alone, ``python examples/hook.py``."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import isoill

if TYPE_CHECKING:
    from isoill.node import Asked

#: What stands on the shelves, and whether it may be lent.
CATALOGUE = {"Anne of Green Gables": True, "A Short-Title Catalogue": False}


def decide(asked: Asked) -> isoill.Apdu | None:
    """What isoill sends for us; None leaves it to a person, who uses ``isoill act``."""
    return answer(asked.transaction, asked.step, datetime.now())


def answer(transaction: isoill.Transaction, step: isoill.Step, now: datetime) -> isoill.Apdu | None:
    """The answer to what has come, if it needs no person."""
    match step.apdu:
        case isoill.ILLRequest(item_id=item):
            lent = CATALOGUE.get(item.title or "")
            if lent is None:
                return transaction.unfilled(isoill.ReasonUnfilled.NOT_OWNED, now=now)
            if not lent:
                return transaction.unfilled(isoill.ReasonUnfilled.NON_CIRCULATING, now=now)
            return transaction.will_supply(isoill.ReasonWillSupply.BEING_PROCESSED_FOR_SUPPLY, now=now)
        case isoill.Cancel():
            return transaction.cancel_reply(answer=step.before is not isoill.State.SHIPPED, now=now)
        case isoill.Renew():
            return transaction.renew_answer(answer=True, date_due=now + timedelta(weeks=2), now=now)
    return None


def main() -> None:
    """Ask the function as a node would, without one."""
    transaction = isoill.Transaction(role="responder")
    step = transaction.receive(isoill.decode(Path("examples/messages/ill-request.ber").read_bytes()))
    print(step)
    reply = answer(transaction, step, datetime.now())
    assert reply is not None
    print(transaction.send(reply))


if __name__ == "__main__":
    main()

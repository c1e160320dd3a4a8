"""A loan from the request to the check-in, as both of its sides see it: ``python examples/loan.py``."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import isoill
from isoill import Role, Transaction


def send(message: isoill.Apdu, sender: Transaction, receiver: Transaction) -> None:
    """One side says something, and it arrives."""
    sender.send(message)
    deliver(message, sender, receiver)


def deliver(message: isoill.Apdu, sender: Transaction, receiver: Transaction) -> None:
    """Let a message arrive as octets, and print where both sides are then; an answer counts as sent, and goes back."""
    step = receiver.receive(isoill.decode(isoill.encode(message)))
    states = {side.role: side.state for side in (sender, receiver)}
    print(f"{step.event:24}{states[Role.REQUESTER]:15}{states[Role.RESPONDER]}")
    if step.reply is not None:
        deliver(step.reply, receiver, sender)


def main() -> None:
    """The library on Main Street borrows a book from Hill University, and keeps it longer."""
    request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes(), type=isoill.ILLRequest)
    promises = replace(request.requester_optional_messages, can_send_received=True, can_send_returned=True)
    request = replace(request, requester_optional_messages=promises)  # yaz-illclient, which wrote it, sends neither
    borrower, lender = Transaction(role="requester"), Transaction(role="responder")
    send(request, borrower, lender)
    send(lender.will_supply(isoill.ReasonWillSupply.BEING_PROCESSED_FOR_SUPPLY), lender, borrower)
    send(lender.shipped(date_due=date(2026, 12, 21), now=datetime(2026, 11, 23, 9, 30)), lender, borrower)
    send(borrower.received(now=datetime(2026, 11, 25, 16, 0)), borrower, lender)
    send(borrower.status_query(now=datetime(2026, 12, 18, 10, 0)), borrower, lender)
    send(borrower.renew(note="The reader is on the last chapter."), borrower, lender)
    send(lender.renew_answer(answer=True, date_due=date(2027, 1, 11)), lender, borrower)
    send(borrower.returned(now=datetime(2027, 1, 7, 12, 0)), borrower, lender)
    send(lender.checked_in(now=datetime(2027, 1, 9, 9, 0)), lender, borrower)


if __name__ == "__main__":
    main()

"""Answer requests over TCP, on the same connection: ``python examples/responder.py``."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import isoill
from isoill import aio

LOANS = isoill.Ledger()


def lend(loan: isoill.Transaction) -> isoill.Apdu:
    """What a library says that has every book, and lends it at once for four weeks."""
    shipped = loan.shipped(date_due=datetime.now() + timedelta(weeks=4), now=datetime.now())
    loan.send(shipped)
    return shipped


async def respond(link: aio.Link) -> None:
    """Take what comes on one connection, until its end."""
    async for received in link:
        reply: isoill.Apdu | None
        try:
            receipt = LOANS.receive(received.apdu, partner=link.address, now=datetime.now())
        except isoill.RemoteProtocolError as error:
            reply = error.report
        else:
            reply = receipt.step.reply or (lend(receipt.transaction) if receipt.new else None)
        if reply is not None:
            await link.send(isoill.encode(reply))


async def main() -> None:
    """Listen, and ask as well, so that the example ends; a server alone would wait in ``server.serve_forever()``."""
    async with aio.serve(respond, "127.0.0.1", 0) as server, aio.connect("127.0.0.1", server.port) as link:
        await link.send(Path("examples/messages/ill-request.ber").read_bytes())
        received = await link.receive(timeout=10)
        print("answer:", type(received.apdu).__name__ if received else "none")
        print("ended in order:", await link.finish())
    for loan in LOANS:
        print(*loan.history, sep="\n")


if __name__ == "__main__":
    asyncio.run(main())

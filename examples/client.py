"""Send a request from a script, and print the answer: ``python examples/client.py [HOST PORT]``."""

import sys
from dataclasses import replace
from pathlib import Path

import isoill
from isoill import blocking
from isoill.testing import MockPeer


def ask(host: str, port: int) -> None:
    """Send the request of the examples on a duplex connection, and say what comes back."""
    octets = Path("examples/messages/ill-request.ber").read_bytes()
    mine = isoill.Transaction(role="requester")
    request = replace(isoill.decode(octets, type=isoill.ILLRequest), requester_note="The second edition will do, too.")
    print(mine.send(request))
    with blocking.connect(host, port, timeout=10) as peer:
        peer.send(request)
        received = peer.receive()
        if received is None:
            raise SystemExit("expected an answer, found the end of the connection")
        print(mine.receive(received.apdu))
        print("taken in order:", peer.finish())


def main() -> None:
    """Ask whom the arguments name, or else a mock peer in this program."""
    if sys.argv[1:]:
        host, port = sys.argv[1:]
        ask(host, int(port))
    else:
        with MockPeer(duplex=True).running() as library:
            ask(library.host, library.port)


if __name__ == "__main__":
    main()

"""Have yaz-illclient send a request to a socket of ours, and keep the octets: how ``ill-request.ber`` was made.

Needs the Debian package yaz-illclient.  Run as ``python examples/messages/capture.py OUT.ber``.
"""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

#: What the reader, the borrower and the lender are; every value is made up.  The names are those of libyaz.
PARAMETERS = {
    "protocol-version-num": "2",
    "transaction-id,initial-requester-id,person-or-institution-symbol,institution": "isoill:MAIN",
    "transaction-id,transaction-group-qualifier": "2026-00142",
    "transaction-id,transaction-qualifier": "1",
    "service-date-time,this,date": "20261121",
    "service-date-time,this,time": "101500",
    "requester-id,person-or-institution-symbol,institution": "isoill:MAIN",
    "requester-id,name-of-person-or-institution,name-of-institution": "Main Street Library",
    "responder-id,person-or-institution-symbol,institution": "isoill:HILL",
    "responder-id,name-of-person-or-institution,name-of-institution": "Hill University Library",
    "delivery-address,postal-address,name-of-person-or-institution,name-of-institution": "Main Street Library, ILL",
    "delivery-address,postal-address,street-and-number": "12 Main Street",
    "delivery-address,postal-address,city": "Charlottetown",
    "delivery-address,postal-address,region": "PE",
    "delivery-address,postal-address,country": "Canada",
    "delivery-address,postal-address,postal-code": "C1A 0A1",
    "billing-address,postal-address,name-of-person-or-institution,name-of-institution": "Main Street Library, Accounts",
    "billing-address,postal-address,city": "Charlottetown",
    "ill-service-type": "1",
    "search-type,level-of-service": "N",
    "search-type,need-before-date": "20261224",
    "search-type,expiry-flag": "1",
    "client-id,client-name": "Blythe, Gilbert",
    "client-id,client-status": "student",
    "client-id,client-identifier": "21001",
    "item-id,item-type": "1",
    "item-id,call-number": "PS8526 O55 A7",
    "item-id,author": "Montgomery, L. M. (Lucy Maud), 1874-1942",
    "item-id,title": "Anne of Green Gables",
    "item-id,place-of-publication": "Boston",
    "item-id,publisher": "L. C. Page",
    "item-id,publication-date": "1908",
    "item-id,verification-reference-source": "own catalogue",
    "requester-note": "The edition of 1908 if you lend it, please.",
}


def capture() -> bytes:
    """The octets that yaz-illclient writes; it is not answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        command = ["yaz-illclient", "-o", "-u", "100-000-001", "-p", "example"]
        for name, value in PARAMETERS.items():
            command += ["-D", f"ill,{name}={value}"]
        with (
            tempfile.TemporaryDirectory() as folder,  # it leaves a file req.apdu where it runs
            subprocess.Popen(
                [*command, f"127.0.0.1:{port}"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as client,
        ):
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(1)  # it waits for an answer and sends nothing more
                    octets = b""
                    try:
                        while piece := connection.recv(65536):
                            octets += piece
                    except TimeoutError:
                        pass
            finally:
                client.kill()
    return octets


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(capture())

"""Ask whether a partner will take a message, and put right what needs no guess: ``python examples/check.py``."""

import datetime
from dataclasses import replace
from pathlib import Path

import isoill


def main() -> None:
    """A request as it came from elsewhere, for a partner whose file says what is agreed."""
    partner = isoill.load_profile("examples/partners/hill.toml")
    request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    assert isinstance(request, isoill.ILLRequest)
    request = replace(request, client_id=None)

    prepared = partner.prepare(request, today=datetime.date(2026, 11, 22))
    for change in prepared.changes:
        print(change)
    for finding in partner.check(prepared.apdu, today=datetime.date(2026, 11, 22)):
        print(finding)


if __name__ == "__main__":
    main()

"""Keep a message as JSON and get the same octets back: ``python examples/as_json.py``."""

from pathlib import Path

import isoill


def main() -> None:
    """There and back."""
    apdu = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    text = isoill.to_json(apdu, indent=2)
    print(text)
    again = isoill.from_json(text)
    print("the same" if again == apdu and isoill.encode(again) == isoill.encode(apdu) else "another")


if __name__ == "__main__":
    main()

"""Sort messages by transaction without decoding them: ``python examples/route.py``."""

from collections import defaultdict
from pathlib import Path

import isoill

#: What tells one transaction from all others.
Key = tuple[str | None, str, str, str | None]


def key_of(transaction: isoill.TransactionId) -> Key:
    """All four parts: the transaction-qualifier alone is ``1`` for every request of some systems."""
    initial = transaction.initial_requester_id
    return (
        None if initial is None else initial.symbol or initial.name,
        transaction.transaction_group_qualifier,
        transaction.transaction_qualifier,
        transaction.sub_transaction_qualifier,
    )


def sort(data: bytes) -> dict[Key, list[bytes]]:
    """The octets of each message, by the transaction that it belongs to."""
    found: dict[Key, list[bytes]] = defaultdict(list)
    view = memoryview(data)
    while view:
        envelope = isoill.peek(view)
        found[key_of(envelope.transaction_id)].append(bytes(view[: envelope.length]))
        view = view[envelope.length :]
    return found


def main() -> None:
    """The same request twice, as when it is sent again."""
    data = Path("examples/messages/ill-request.ber").read_bytes()
    for key, messages in sort(data + data).items():
        kinds = ", ".join(isoill.peek(message).apdu_type.name for message in messages)
        print(f"{key}: {kinds}")


if __name__ == "__main__":
    main()

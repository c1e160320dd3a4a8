"""Whether two ids mean the same library, or the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from isoill.services import SENDERS, Role
from isoill.types import Apdu, ForwardNotification, ILLRequest, SystemId, TransactionId

__all__ = ["is_among", "same_system", "same_transaction", "senders_of", "shown"]


def same_system(one: SystemId | None, other: SystemId | None) -> bool:
    """Whether two ids may be of the same library: by their symbols if both have one, otherwise by their names.

    Where there is nothing to compare they may be.

    >>> bvas = SystemId.of("als:BVAS")
    >>> same_system(bvas, SystemId.of("als:BVAS", name="Simon Fraser University")), same_system(bvas, None)
    (True, True)
    >>> same_system(bvas, SystemId.of("als:BVIV"))
    False
    """
    if one is None or other is None:
        return True
    for mine, theirs in ((one.symbol, other.symbol), (one.name, other.name)):
        if mine is not None and theirs is not None:
            return mine.strip() == theirs.strip()
    return True


def is_among(system: SystemId, others: Iterable[SystemId]) -> bool:
    """Whether a library is one of these, by its symbol if both have one, otherwise by its name.

    >>> is_among(SystemId.of("als:BVAS"), [SystemId.of("als:BVAS", name="Simon Fraser University")])
    True
    >>> is_among(SystemId.named("Simon Fraser University"), [SystemId.of("als:BVAS")])
    False
    """
    for other in others:
        known = (system.symbol, other.symbol), (system.name, other.name)
        mine, theirs = next((pair for pair in known if None not in pair), (None, None))
        if mine is not None and theirs is not None and mine.strip() == theirs.strip():
            return True
    return False


def same_transaction(
    one: TransactionId,
    other: TransactionId,
    one_requester: SystemId | None = None,
    other_requester: SystemId | None = None,
) -> bool:
    """Whether two ids are of the same transaction: by group, transaction and sub-transaction, and who began it.

    Who began it is the initial requester, and where an id leaves that out the requester of the message.

    >>> with_requester = TransactionId(
    ...     initial_requester_id=SystemId.of("als:BVAS"), transaction_group_qualifier="7", transaction_qualifier="1"
    ... )
    >>> without = TransactionId(transaction_group_qualifier="7", transaction_qualifier="1")
    >>> same_transaction(with_requester, without)
    True
    >>> same_transaction(with_requester, without, other_requester=SystemId.of("als:BVIV"))
    False
    """
    if _qualifiers(one) != _qualifiers(other):
        return False
    return same_system(one.initial_requester_id or one_requester, other.initial_requester_id or other_requester)


def senders_of(apdu: Apdu) -> tuple[SystemId, ...]:
    """Who may have sent a message, as it says itself: one of the two sides, or both where either sends such messages.

    Empty where it does not say.  A request without a requester is from whom its transaction-id names, and a
    Forward-Notification from its intermediary: its responder is the one to whom the request went.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> [sender.symbol for sender in senders_of(request)]
    ['isoill:MAIN']
    """
    if isinstance(apdu, ForwardNotification):
        return (apdu.intermediary_id,)
    sides = {role.side for role in SENDERS.get(type(apdu), frozenset())}
    asks, answers = apdu.requester_id, apdu.responder_id
    if asks is None and isinstance(apdu, ILLRequest):
        asks = apdu.transaction_id.initial_requester_id
    told = [(Role.REQUESTER, asks), (Role.RESPONDER, answers)]
    return tuple(system for role, system in told if role in sides and system is not None)


def shown(transaction_id: TransactionId | None) -> str:
    """An id on one line, for people: group, transaction, sub-transaction; what would not print is escaped.

    >>> shown(TransactionId(transaction_group_qualifier="248705", transaction_qualifier="1"))
    '248705/1'
    """
    if transaction_id is None:
        return "none"
    parts = (
        transaction_id.transaction_group_qualifier,
        transaction_id.transaction_qualifier,
        transaction_id.sub_transaction_qualifier,
    )
    texts = (part if part.isprintable() else ascii(str(part))[1:-1] for part in parts if part is not None)
    return "/".join(f"{text!s:.40}" for text in texts)


def _qualifiers(transaction_id: TransactionId) -> tuple[str | None, ...]:
    """The three parts that are texts, without the spaces that some systems write around them."""
    parts = (
        transaction_id.transaction_group_qualifier,
        transaction_id.transaction_qualifier,
        transaction_id.sub_transaction_qualifier,
    )
    return tuple(None if part is None else part.strip() for part in parts)

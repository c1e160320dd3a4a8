"""Which partners are on a connection of theirs right now, and what was written to it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable

from isoill.aio import Link

__all__ = ["Present"]

#: Transactions that are remembered, at most: those of which a message came last.
_TRANSACTIONS = 1_000
#: Seconds after which a partner that says something more has had what was written before.
_SETTLED = 1.0


class Present:
    """The connections that partners have opened, on which they can be answered.

    It is for those of whom no address is known: all others are answered on connections of ours, whose end tells
    whether they have got it.
    """

    def __init__(self) -> None:
        self._by_transaction: OrderedDict[int, Link] = OrderedDict()
        self._by_partner: dict[str, Link] = {}
        self._written: dict[Link, list[tuple[float, int]]] = {}

    @property
    def transactions(self) -> list[int]:
        """Those whose partner is there, so far as it has said so itself."""
        return [number for number, link in self._by_transaction.items() if not link.connection.closed]

    @property
    def partners(self) -> list[str]:
        """Partners that are there, whatever they have said."""
        return [name for name, link in self._by_partner.items() if not link.connection.closed]

    @property
    def written(self) -> list[int]:
        """The numbers in the outbox of what was written to connections that have not ended."""
        return [number for each in self._written.values() for _, number in each]

    def come(self, link: Link, partner: str) -> None:
        """A partner has connected."""
        self._by_partner[partner] = link

    def heard(self, link: Link, transactions: Iterable[int]) -> list[int]:
        """A partner has said something; gives the numbers of what it has had, as it was written before."""
        for number in transactions:
            self._by_transaction[number] = link
            self._by_transaction.move_to_end(number)
        while len(self._by_transaction) > _TRANSACTIONS:
            self._by_transaction.popitem(last=False)
        before, written = time.monotonic() - _SETTLED, self._written.get(link)
        if not written:
            return []
        self._written[link] = [each for each in written if each[0] >= before]
        return [number for moment, number in written if moment < before]

    def link_of(self, transaction: int | None, partner: str | None) -> Link | None:
        """The connection on which the partner of a transaction can be answered now."""
        links = self._by_transaction.get(transaction or 0), self._by_partner.get(partner or "")
        return next((link for link in links if link is not None and not link.connection.closed), None)

    def wrote(self, link: Link, numbers: Iterable[int]) -> None:
        """Messages of the outbox are being written to a connection."""
        moment = time.monotonic()
        for number in numbers:
            self._written.setdefault(link, []).append((moment, number))

    def left(self, link: Link) -> list[int]:
        """A connection has ended; gives the numbers of what was written to it."""
        for number in [each for each, other in self._by_transaction.items() if other is link]:
            del self._by_transaction[number]
        for name in [each for each, other in self._by_partner.items() if other is link]:
            del self._by_partner[name]
        return [number for _, number in self._written.pop(link, [])]

"""All transactions of one library system: which one a message belongs to, and what is new.  It holds them in memory."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Unpack

from isoill.facts import Step
from isoill.matching import is_among, shown
from isoill.problems import refusal
from isoill.records import record
from isoill.services import SENDERS, Role
from isoill.transaction import Options, Transaction
from isoill.types import (
    Apdu,
    Damaged,
    ILLRequest,
    Message,
    ProviderErrorReport,
    StatusOrErrorReport,
    StatusQuery,
    SystemId,
    TransactionId,
    TransactionIdProblem,
    UnableToPerform,
    UserErrorReport,
)

__all__ = ["Ledger", "Receipt", "qualifiers_of"]

_UNKNOWN = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.UNKNOWN_TRANSACTION_ID)
_INVALID = ProviderErrorReport(transaction_id_problem=TransactionIdProblem.INVALID_TRANSACTION_ID)
#: Messages that a transaction may have any number of, and is where it was.
_CHANGING_NOTHING = (Damaged, Message, StatusOrErrorReport, StatusQuery)
_TOO_MANY = UserErrorReport(unable_to_perform=UnableToPerform.RESOURCE_LIMITATION)


@record
class Receipt:
    """What came of a message: the transaction it belongs to, and what happened in it."""

    transaction: Transaction
    step: Step
    #: whether the message has opened the transaction
    new: bool


class Ledger:
    """The transactions of a library system, found by the ids of messages.

    A transaction is found by the whole of its id: group, transaction and sub-transaction, and who began it; never by
    the qualifier alone, which is ``1`` in every transaction of some systems (`isoill.matching`).

    ``open_per_partner`` is how many transactions that have not ended one partner may have here as a requester, and
    ``messages_per_transaction`` how many messages are kept of one; what is more is refused as resource-limitation.
    All other options are those of the transactions that it opens.  Those that have ended are kept until you `remove`
    them.  Whether a message comes from who may send it is for the caller to ask, who knows where it comes from.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> ours, theirs = Ledger(), Ledger()
    >>> transaction = ours.begin(request)
    >>> theirs.receive(request).new, theirs.receive(request).new, len(theirs)
    (True, False, 1)
    >>> print(theirs.receive(transaction.cancel()).step)
    receive Cancel: IN-PROCESS -> CANCEL-PENDING
    """

    def __init__(
        self,
        transactions: Iterable[Transaction] = (),
        *,
        open_per_partner: int = 1_000,
        messages_per_transaction: int = 1_000,
        **options: Unpack[Options],
    ) -> None:
        Transaction(role=Role.REQUESTER, **options)  # so that what is wrong with them is said here
        self._options = options
        self._open_per_partner = open_per_partner
        self._messages_per_transaction = messages_per_transaction
        # ids may differ in what they leave out, so that these are only where to look
        self._by_qualifiers: dict[tuple[str, str], list[Transaction]] = {}
        self._open: dict[str, list[Transaction]] = {}
        for transaction in transactions:
            self.add(transaction)

    def __iter__(self) -> Iterator[Transaction]:
        for transactions in self._by_qualifiers.values():
            yield from transactions

    def __len__(self) -> int:
        return sum(map(len, self._by_qualifiers.values()))

    def begin(self, request: ILLRequest, /) -> Transaction:
        """Open a transaction as requester, with the request that is sent.

        Raises ValueError where there is one of that id.
        """
        for known in self.find(request, role=Role.REQUESTER):
            raise ValueError(f"expected a new transaction-id, found that of {known!r}")
        transaction = Transaction(role=Role.REQUESTER, **self._options)
        transaction.send(request)
        self.add(transaction)
        return transaction

    def receive(self, apdu: Apdu, /, *, partner: str | None = None, now: datetime.datetime | None = None) -> Receipt:
        """Take what a partner has sent to the transaction it belongs to; an ILL-Request of a new id opens one.

        ``partner`` is who sent it, as the caller knows from the connection or the letter: whose count it goes to.
        Without it that is whom the request names.  Raises `RemoteProtocolError`, with the report that answers.
        """
        if not isinstance(apdu, Apdu):
            raise TypeError(f"expected a message, found {type(apdu).__name__}")
        found = self.find(apdu)
        if len(found) == 1:
            [transaction] = found
            most = self._messages_per_transaction
            if isinstance(apdu, _CHANGING_NOTHING):  # the last tenth is kept for what ends it
                most -= most // 10
            if len(transaction.history) >= most:
                raise refusal(apdu, f"expected {most} messages at most", _TOO_MANY, now)
            return Receipt(transaction, transaction.receive(apdu, now=now), new=False)
        if found:
            detail = f"expected an initial-requester-id that tells {len(found)} transactions apart, found none"
            raise refusal(apdu, detail, _INVALID, now)
        if not isinstance(apdu, ILLRequest):
            raise refusal(
                apdu, f"expected a transaction-id that is known, found {shown(apdu.transaction_id)}", _UNKNOWN, now
            )
        partner = partner or _asker(apdu)
        if self.count_open(partner) >= self._open_per_partner:
            detail = f"expected {self._open_per_partner} open transactions at most, found as many before this"
            raise refusal(apdu, detail, _TOO_MANY, now)
        transaction = Transaction(role=Role.RESPONDER, **self._options)
        step = transaction.receive(apdu, now=now)
        self.add(transaction, partner=partner)
        return Receipt(transaction, step, new=True)

    def find(self, apdu: Apdu, /, *, role: Role | str | None = None) -> tuple[Transaction, ...]:
        """The transactions that a message may belong to: one, or none; more where its id leaves out who began them.

        ``role`` is ours.  Where it is not given, it is the one that does not send such messages; of a transaction in
        which we are both, the responder's for those that both send.
        """
        theirs = apdu.transaction_id
        here = self._by_qualifiers.get(qualifiers_of(theirs), [])
        if isinstance(apdu, ILLRequest):  # who may be another opens a transaction of its own
            here = [each for each in here if _same_asker(each, apdu)]
        fitting = [each for each in here if each.has_id(apdu)] or [each for each in here if each.concerns(apdu)]
        if role is None:
            senders = SENDERS.get(type(apdu), frozenset(Role))
            roles = [each for each in (Role.RESPONDER, Role.REQUESTER) if senders != {each}]
            if Role.REQUESTER not in senders:
                roles = [Role.REQUESTER]
        else:
            roles = [Role(role).side]
        for side in roles:
            found = tuple(each for each in fitting if each.side is side)
            if found:
                return found
        return ()

    def count_open(self, partner: str) -> int:
        """How many transactions that have not ended a partner has here as a requester."""
        still = [each for each in self._open.get(partner, []) if not each.ended]
        if still:
            self._open[partner] = still
        else:
            self._open.pop(partner, None)
        return len(still)

    def add(self, transaction: Transaction, /, *, partner: str | None = None) -> None:
        """Take in a transaction that has begun elsewhere, as one that was stored; ``partner`` as in `receive`."""
        request = transaction.request
        if request is None:
            raise ValueError(f"expected a transaction that has begun, found {transaction!r}")
        for known in self._by_qualifiers.get(qualifiers_of(request.transaction_id), []):
            if known.side is transaction.side and known.has_id(request) and _same_asker(known, request):
                raise ValueError(f"expected a new transaction-id, found that of {known!r}")
        self._by_qualifiers.setdefault(qualifiers_of(request.transaction_id), []).append(transaction)
        if transaction.side is Role.RESPONDER and not transaction.ended:
            self._open.setdefault(partner or _asker(request), []).append(transaction)

    def remove(self, transaction: Transaction, /) -> None:
        """Let a transaction go; what comes for it later belongs to none.  ValueError where it is not here."""
        request = transaction.request
        key = None if request is None else qualifiers_of(request.transaction_id)
        here = [] if key is None else self._by_qualifiers.get(key, [])
        left = [each for each in here if each is not transaction]
        if key is None or len(left) == len(here):
            raise ValueError(f"expected a transaction of this ledger, found {transaction!r}")
        if left:
            self._by_qualifiers[key] = left
        else:
            del self._by_qualifiers[key]
        for partner, transactions in list(self._open.items()):
            self._open[partner] = [each for each in transactions if each is not transaction]
            if not self._open[partner]:
                del self._open[partner]


def qualifiers_of(transaction_id: TransactionId) -> tuple[str, str]:
    """The two parts of an id by which a ledger looks for it, without the spaces around them."""
    return transaction_id.transaction_group_qualifier.strip(), transaction_id.transaction_qualifier.strip()


def _same_asker(transaction: Transaction, request: ILLRequest) -> bool:
    """Whether who asks is who began a transaction, as far as both are named."""
    opened = transaction.request
    one = None if opened is None else _named(opened.transaction_id.initial_requester_id) or _named(opened.requester_id)
    other = _named(request.transaction_id.initial_requester_id) or _named(request.requester_id)
    return one is None or other is None or is_among(one, [other])


def _named(system: SystemId | None) -> SystemId | None:
    """A system that has a symbol or a name; yaz-illclient sends those that have neither."""
    return system if system is not None and ((system.symbol or "").strip() or (system.name or "").strip()) else None


def _asker(request: ILLRequest) -> str:
    """Who asks, as far as the request says."""
    system = request.requester_id or request.transaction_id.initial_requester_id
    return "" if system is None else (system.symbol or system.name or "").strip()

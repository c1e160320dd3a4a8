"""What is done with a message that comes, and with one that is to go: transactions and outbox change together.

Every method works within one change of the store (`isoill.store.Rows`): what it did is on disk when that is, and
nothing of it before.  So a message counts as received once it is kept, and none is sent that was not.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Unpack

from isoill.addresses import Address
from isoill.asn1 import type_of
from isoill.codec import encode
from isoill.composing import reply_address
from isoill.errors import DecodeError, RemoteProtocolError
from isoill.facts import Step
from isoill.ledger import Ledger, qualifiers_of
from isoill.partners import Partner, Partners, in_networks
from isoill.payloads import APDUDeliveryInfo
from isoill.problems import refusal
from isoill.records import record
from isoill.services import SENDERS, Direction, Event, Role, Transport
from isoill.stamps import moment_of, stamp
from isoill.store import Kept, Queued, Rows, key_of_id
from isoill.transaction import Options, Transaction
from isoill.types import (
    Apdu,
    ForwardNotification,
    ILLRequest,
    Shipped,
    StatusOrErrorReport,
    StatusQuery,
    UserErrorReport,
)

__all__ = ["Desk", "Origin", "Taken", "UnknownError"]

#: Messages that ask for no decision: the protocol answers them, or nobody does.
_ASKING_NOTHING = (StatusQuery, StatusOrErrorReport)
#: The note of an acknowledgement, for a person.  It also makes that longer than 127 octets: libyaz 5.34 takes a message
#: that begins with three printable octets for HTTP, and waits for more; a tag, a short length and 30 are that.
_RECEIVED = "The request was received, and is kept here. An answer will follow."
_NOT_KNOWN = UserErrorReport(security_problem="this sender is not known here, or may not send this")
_LITTLE, _SECOND = datetime.timedelta(minutes=1), datetime.timedelta(seconds=1)


class UnknownError(LookupError):
    """No transaction of that number, or none to which a message belongs; the message says which."""


@record(kw_only=True)
class Origin:
    """Where a message came from."""

    #: the host, or the mailbox
    source: str
    #: who it may be from; None where anyone may send
    partners: tuple[Partner, ...] | None = None
    #: whether reports can go back the same way
    answers: bool = False
    #: the transactions that it can be about; None for any, and new ones
    about: frozenset[int] | None = None


@record(kw_only=True)
class Taken:
    """What came of a message."""

    #: its transaction in the store; None where it was refused
    transaction: int | None = None
    step: Step | None = None
    #: whether it has opened the transaction
    new: bool = False
    #: why it was refused
    error: Exception | None = None
    #: the reports that go back on the same connection: who does not get one asks again
    answers: tuple[bytes, ...] = ()


class _Ledger(Ledger):
    """Those transactions that a message may belong to, out of all that the store has."""

    def __init__(
        self, rows: Rows, here: Iterable[Kept], *, most: int, messages: int, **options: Unpack[Options]
    ) -> None:
        self._rows, self._most = rows, most
        self.kept = {id(each.transaction): each for each in here}
        transactions = [each.transaction for each in self.kept.values()]
        super().__init__(transactions, open_per_partner=most, messages_per_transaction=messages, **options)

    def add(self, transaction: Transaction, /, *, partner: str | None = None) -> None:
        # two partners may have one of the same id each: a message that does not say whose it means is refused
        assert transaction.request is not None
        self._by_qualifiers.setdefault(qualifiers_of(transaction.request.transaction_id), []).append(transaction)

    def count_open(self, partner: str) -> int:
        return self._rows.count_open(partner, self._most)


class Desk:
    """Takes messages in and gives them out, for who we are and whom we know.

    ``decides`` says that a hook answers messages: they are then kept as undecided until `send` is told that they are.

    >>> import tempfile, time
    >>> from pathlib import Path
    >>> import isoill
    >>> from isoill.store import Store
    >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
    >>> desk, origin = Desk(), Origin(source="127.0.0.1")
    >>> with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/ill.db") as store:
    ...     for _ in range(2):
    ...         with store.writing() as rows:
    ...             taken = desk.receive(rows, isoill.decode(octets), octets, origin, now=datetime.datetime.now())
    ...         print(taken.transaction, taken.step)
    1 receive ILL-Request: IDLE -> IN-PROCESS
    1 receive ILL-Request: IN-PROCESS (duplicate)
    """

    def __init__(
        self,
        partners: Partners | None = None,
        *,
        decides: bool = False,
        open_per_partner: int = 1_000,
        messages_per_transaction: int = 1_000,
    ) -> None:
        self.partners = partners
        self._decides = decides
        self._most = open_per_partner
        self._messages = messages_per_transaction

    # ── what comes ─────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, rows: Rows, apdu: Apdu, octets: bytes, origin: Origin, *, now: datetime.datetime) -> Taken:
        """Take a message that has come: it, what it changes, and what answers it, are kept."""
        may = None if origin.partners is None else [each for each in origin.partners if each.may_send(apdu)]
        # to each partner there are only its own transactions: nobody touches another's, nor is in the way of its ids
        about = origin.about
        ledger = self._ledger(
            rows,
            apdu,
            lambda kept: (
                (may is None or any(self._is_theirs(kept, each) for each in may))
                and (about is None or kept.number in about)
            ),
        )
        known = ledger.find(apdu)
        kept = ledger.kept[id(known[0])] if len(known) == 1 else None
        partner: Partner | None = None
        try:
            partner = None if may is None else self._sender(apdu, may, kept, now)
            if about is not None and kept is None:
                detail = "expected an answer to what was sent on this connection, found something else"
                raise refusal(apdu, detail, _NOT_KNOWN, now)
            counted = origin.source if partner is None else partner.name
            before = 0 if kept is None else len(kept.transaction.history)
            when = _when(None if kept is None else kept.transaction, now)
            receipt = ledger.receive(apdu, partner=counted, now=when)
        except RemoteProtocolError as error:
            told = _told(apdu, partner, anybody=origin.partners is None)
            if told is None and kept is not None:
                told = kept.address
            answers = self.refuse(rows, octets, error, error.report, origin, partner=partner, address=told, now=now)
            return Taken(error=error, answers=answers)
        if kept is None:
            kept = Kept(transaction=receipt.transaction, partner=None, counted=counted, address=None)
        kept = self._known(kept, apdu, partner)
        reports: list[bytes] = []
        if isinstance(apdu, ILLRequest) and origin.answers and receipt.step.reply is None:
            # so does OCLC on a duplex connection: yaz-illclient waits for it
            told_before = self._acknowledged(rows, kept) if receipt.step.duplicate else None
            if told_before is not None:
                reports.append(told_before)
            else:
                when = _when(receipt.transaction, now)
                receipt.transaction.send(receipt.transaction.status_report(now=when, note=_RECEIVED))
        steps = receipt.transaction.history[before:]
        asks = self._decides and not isinstance(apdu, _ASKING_NOTHING) and receipt.step.reply is None
        written = [
            octets if step.direction is Direction.RECEIVE else self._written(step, partner, now) for step in steps
        ]
        number, messages = rows.keep(kept, written, now=now.timestamp(), undecided=asks, answered=origin.answers)
        to = self._address(partner, kept.address)
        for step, message, text in zip(steps, messages, written, strict=True):
            is_report = isinstance(step.apdu, StatusOrErrorReport)
            if step.direction is Direction.RECEIVE:
                continue
            if is_report and origin.answers:
                reports.append(text)
            elif not is_report or to is not None:
                rows.queue(
                    str(step.event),
                    text,
                    transaction=number,
                    message=message,
                    partner=kept.partner,
                    address=to,
                    now=now.timestamp(),
                )
        return Taken(transaction=number, step=receipt.step, new=receipt.new, answers=tuple(reports))

    @staticmethod
    def _acknowledged(rows: Rows, kept: Kept) -> bytes | None:
        """How the request was acknowledged when it came first: who repeats it is told so once more."""
        if kept.number is not None:
            for step, row in zip(kept.transaction.history, rows.messages(kept.number), strict=False):
                ours = step.direction is Direction.SEND
                if ours and isinstance(step.apdu, StatusOrErrorReport) and step.apdu.note == _RECEIVED:
                    return bytes(row.octets)
        return None

    def refuse(
        self,
        rows: Rows,
        octets: bytes,
        error: Exception,
        report: StatusOrErrorReport | None,
        origin: Origin,
        *,
        partner: Partner | None = None,
        address: str | None = None,
        now: datetime.datetime,
    ) -> tuple[bytes, ...]:
        """Keep what has come and is no message for us; the report that tells its sender, if it can be told."""
        if partner is None and origin.partners is not None and len(origin.partners) == 1:
            [partner] = origin.partners
        name = None if partner is None else partner.name
        written = None if report is None else self._prepared(report, partner, now)
        told = written if origin.answers else None
        rows.refuse(octets, str(error), told, source=origin.source, partner=name, now=now.timestamp())
        if told is not None:
            return (told,)
        to = self._address(partner, address)
        if written is not None and to is not None:
            rows.queue(
                str(Event.STATUS_OR_ERROR_REPORT),
                written,
                transaction=None,
                message=None,
                partner=name,
                address=to,
                now=now.timestamp(),
            )
        return ()

    # ── what goes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def send(
        self,
        rows: Rows,
        number: int,
        make: Callable[[Transaction], Iterable[Apdu]],
        *,
        now: datetime.datetime,
    ) -> tuple[Queued, ...]:
        """Put messages of a transaction into the outbox, which ``make`` makes of what it is now.

        Raises `isoill.LocalProtocolError` where it may not be sent, `UnknownError` for a number that is none.
        """
        kept = rows.kept(number)
        if kept is None:
            raise UnknownError(f"expected the number of a transaction, found {number}")
        before = len(kept.transaction.history)
        for apdu in make(kept.transaction):
            kept.transaction.send(_told_apart(kept.transaction, apdu))
        return self._put_out(rows, kept, before, now)

    def begin(self, rows: Rows, request: ILLRequest, *, to: Partner | Address, now: datetime.datetime) -> int:
        """Open a transaction as requester, with a request for a partner or an address; gives its number.

        Raises ValueError where there is one of that id.
        """
        ledger = self._ledger(rows, request, lambda kept: kept.transaction.side is Role.REQUESTER)
        transaction = ledger.begin(request)
        name, address = (to.name, None) if isinstance(to, Partner) else (None, str(to))
        kept = Kept(transaction=transaction, partner=name, counted=name or "", address=address)
        [queued] = self._put_out(rows, kept, 0, now)
        assert queued.transaction is not None
        return queued.transaction

    def belonging(self, rows: Rows, apdu: Apdu) -> int:
        """The number of the transaction to which a message of ours belongs.  Raises `UnknownError`."""
        roles = {role.side for role in SENDERS[type(apdu)]}
        here = rows.alike(key_of_id(apdu.transaction_id))
        found = [each for each in here if each.transaction.side in roles and each.transaction.concerns(apdu)]
        if len(found) != 1:
            name = type_of(type(apdu)).name
            raise UnknownError(f"expected {name} to belong to one transaction, found {len(found)} of that id")
        number = found[0].number
        assert number is not None
        return number

    def expire(self, rows: Rows, number: int, *, now: datetime.datetime) -> tuple[Queued, ...]:
        """Let the timer of a request run."""
        kept = rows.kept(number)
        if kept is None:
            return ()
        before = len(kept.transaction.history)
        if kept.transaction.expire(today=now).reply is None:
            return ()
        return self._put_out(rows, kept, before, now)

    # ── inside ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _put_out(self, rows: Rows, kept: Kept, before: int, now: datetime.datetime) -> tuple[Queued, ...]:
        """Keep a transaction whose steps from ``before`` on are messages of ours, and queue those."""
        partner = self._named(kept.partner)
        to = self._address(partner, kept.address)
        steps = kept.transaction.history[before:]
        written = [self._written(step, partner, now) for step in steps]
        number, messages = rows.keep(kept, written, now=now.timestamp())
        return tuple(
            rows.queue(
                str(step.event),
                text,
                transaction=number,
                message=message,
                partner=kept.partner,
                address=to,
                now=now.timestamp(),
            )
            for step, message, text in zip(steps, messages, written, strict=True)
        )

    def _ledger(self, rows: Rows, apdu: Apdu, among: Callable[[Kept], bool]) -> _Ledger:
        here = filter(among, rows.alike(key_of_id(apdu.transaction_id)))
        own_id = None if self.partners is None else self.partners.own_id
        return _Ledger(rows, here, most=self._most, messages=self._messages, identity=own_id)

    def _sender(self, apdu: Apdu, may: Sequence[Partner], kept: Kept | None, now: datetime.datetime) -> Partner:
        """Who sent a message, of those who may; where it does not say, it is whose transaction it is."""
        if kept is not None:
            may = [each for each in may if self._is_theirs(kept, each)]
        if len(may) == 1:
            return may[0]
        found = f"one of {len(may)}" if may else "another"
        raise refusal(apdu, f"expected a sender that may send from there, found {found}", _NOT_KNOWN, now)

    @staticmethod
    def _is_theirs(kept: Kept, partner: Partner) -> bool:
        if kept.partner == partner.name:
            return True
        # a request may have been forwarded, to one that says so first; or it went to an address, to be answered by
        # whom it names
        system = kept.transaction.partner
        return kept.partner is None if system is None else partner.is_called(system)

    def _known(self, kept: Kept, apdu: Apdu, partner: Partner | None) -> Kept:
        """What a message says of its sender, and how it is reached."""
        name = kept.partner if partner is None else partner.name
        told = _told(apdu, partner, anybody=self.partners is None)
        return replace(kept, address=told or kept.address, partner=name)

    def _named(self, name: str | None) -> Partner | None:
        return None if self.partners is None else self.partners.get(name)

    @staticmethod
    def _address(partner: Partner | None, told: str | None) -> str | None:
        """Where messages go: where the file says, or else where a message has said."""
        return str(partner.address) if partner is not None and partner.address is not None else told

    def _written(self, step: Step, partner: Partner | None, now: datetime.datetime) -> bytes:
        assert step.apdu is not None
        return self._prepared(step.apdu, partner, now)

    @staticmethod
    def _prepared(apdu: Apdu, partner: Partner | None, now: datetime.datetime) -> bytes:
        """The octets of a message, as the partner wants it as far as that needs no guess."""
        if partner is not None:
            mail = partner.address is not None and partner.address.is_mail
            transport = Transport.MAIL if mail else Transport.CONNECTION
            apdu = partner.profile.prepare(apdu, transport=transport, today=now.date()).apdu
            info = partner.profile.contact.delivery_info
            if info is not None and not _has_delivery_info(apdu):
                apdu = apdu.with_extension(info)  # without it a simplex partner could not answer
        return encode(apdu)


def _has_delivery_info(apdu: Apdu) -> bool:
    try:
        return apdu.extension(APDUDeliveryInfo, strict=False) is not None
    except DecodeError:  # it is the library's, and stays as it is
        return True


def _told(apdu: Apdu, partner: Partner | None, *, anybody: bool) -> str | None:
    """Where a message says that its sender is reached, if it may say so."""
    try:
        told = reply_address(apdu)
    except DecodeError:  # an extension that cannot be read says nothing
        told = None
    if isinstance(apdu, (ForwardNotification, Shipped)):
        told = apdu.responder_address or told
    address = None if told is None else Address.named_by(told)
    known = partner is not None or anybody
    return str(address) if known and address is not None and _may_be_told(address, partner) else None


def _may_be_told(address: Address, partner: Partner | None) -> bool:
    """Whether a message may say that answers go to an address.

    Whoever may write here could otherwise have us connect to any machine that we reach: so it is this machine, or one
    of the partner's networks, and a number, as a name may come to mean another machine.
    """
    try:
        host = ipaddress.ip_address(address.host)
    except ValueError:
        return False
    if partner is None:
        return host.is_loopback
    return partner.networks is not None and in_networks(str(host), partner.networks)


def _told_apart(transaction: Transaction, apdu: Apdu) -> Apdu:
    """A message of ours at a time of its own: of what bears the time of another, a repeat may not be known for one."""
    when, latest = apdu.service_date_time, transaction.latest
    borne = {each.date_time_of_this_service for each in transaction.stamps}
    if latest is None or when.date_time_of_this_service not in borne or when.date_time_of_original_service is not None:
        return apdu
    return replace(apdu, service_date_time=stamp(None, latest))


def _when(transaction: Transaction | None, now: datetime.datetime) -> datetime.datetime | None:
    """The time for a message of ours; None, which is a second after the latest, where that is not over yet.

    Times have no fractions, and messages of one kind and time are taken for one.
    """
    latest = None if transaction is None or transaction.latest is None else moment_of(transaction.latest)
    return None if latest is not None and latest - _LITTLE < now.replace(tzinfo=None) <= latest + _SECOND else now

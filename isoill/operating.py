"""The commands that run a node and work with its store: serve, send, transactions, act, outbox, mock."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import isoill
from isoill.acting import OPTIONS, SERVICES, add_options
from isoill.addresses import Address, AddressError, host_and_port
from isoill.matching import shown
from isoill.terminal import CommandError, complain, in_utf8, opened, printable, shown_name

if TYPE_CHECKING:
    from isoill.partners import Partner, Partners
    from isoill.store import Queued, Rows, Store

__all__ = ["add_commands"]

_STORE, _PARTNERS = "ISOILL_STORE", "ISOILL_PARTNERS"
_DEFAULT_STORE = "isoill.db"
#: Seconds that `send` waits for more, once something has come back.
_QUIET = 1.0


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add them to the command line."""
    serve = commands.add_parser(
        "serve",
        help="run a node: take messages, keep them, send what is in the outbox",
        description="Take messages from partners into a store, and send what is in its outbox.",
    )
    serve.add_argument("--listen", required=True, metavar="HOST:PORT", help="where; port 0 is one that is free")
    serve.add_argument("--duplex", action="store_true", help="answer on the same connection, too (TCP port 499)")
    _add_store(serve)
    serve.add_argument("--hook", metavar="MODULE:FUNCTION", help="decides how to answer what comes; else a person does")
    serve.add_argument("--tls-cert", metavar="FILE", help="our certificate, in PEM: connections are by TLS")
    serve.add_argument("--tls-key", metavar="FILE", help="its key, if that is not in the same file")
    serve.add_argument("--tls-ca", metavar="FILE", help="whose certificates partners must have")
    serve.add_argument(
        "--retry", type=_seconds, metavar="SECONDS,...", help="between tries to send; 300,900,2400 if not told"
    )
    serve.add_argument(
        "--open-per-partner",
        type=_count,
        default=1_000,
        metavar="NUMBER",
        help="open transactions that one partner may have here; 1000 if not told",
    )
    serve.add_argument("--name", help="of this node among those that share a store; else host and port")
    serve.add_argument(
        "--json", action="store_true", help="the line that it prints, and those of its log, as JSON objects"
    )
    serve.set_defaults(run=_serve)

    send = commands.add_parser(
        "send",
        help="send messages, and print what comes back",
        description="Send messages to an address, and print what comes back; or put them into the outbox of a store.",
    )
    send.add_argument("file", metavar="FILE", help="BER messages, one or several; - is standard input")
    send.add_argument("--to", required=True, metavar="HOST:PORT", help="or a partner's name or symbol, with a store")
    send.add_argument("--simplex", action="store_true", help="nothing comes back on that connection (TCP port 1611)")
    send.add_argument(
        "--wait", type=_moments, default=5.0, metavar="SECONDS", help="for what comes back; 5 if not told"
    )
    send.add_argument("--store", metavar="FILE-or-URL", help="keep them there as ours; isoill serve sends them")
    send.add_argument("--partners", metavar="FILE", help="partners, for --to with a store")
    send.add_argument("--new-id", action="store_true", help="give requests an id and a date-time of their own")
    send.add_argument("--json", action="store_true", help="one JSON object a message, a line each")
    send.set_defaults(run=_send)

    transactions = commands.add_parser(
        "transactions",
        help="list transactions, or show one",
        description="List the transactions of a store, or show one: its history, and what is allowed next.",
    )
    transactions.add_argument("transaction", nargs="?", metavar="NUMBER", help="or its id as GROUP/QUALIFIER")
    _add_store(transactions, partners=False)
    transactions.add_argument("--json", action="store_true", help="one JSON object a transaction, a line each")
    transactions.set_defaults(run=_transactions)

    act = commands.add_parser(
        "act",
        help="send the next message of a transaction",
        description="Put the next message of a transaction into the outbox; isoill serve sends it.",
    )
    act.add_argument("transaction", metavar="NUMBER", help="of the transaction, or its id as GROUP/QUALIFIER")
    act.add_argument("service", choices=list(SERVICES), metavar="SERVICE", help=", ".join(SERVICES))
    act.add_argument("answer", nargs="?", choices=("yes", "no"), help="for the services that are an answer")
    add_options(act)
    _add_store(act)
    act.add_argument("--wait", type=_moments, default=0.0, metavar="SECONDS", help="until it is sent; 0 if not told")
    act.add_argument("--json", action="store_true", help="what was done as a JSON object")
    act.set_defaults(run=_act)

    outbox = commands.add_parser(
        "outbox",
        help="list what is to be sent, try again, or give up",
        description="List what is to be sent, or could not be; have it tried again now; give it up.",
    )
    outbox.add_argument("action", nargs="?", choices=("list", "retry", "drop"), default="list")
    outbox.add_argument("numbers", nargs="*", type=int, metavar="MESSAGE", help="its numbers; retry without one: all")
    _add_store(outbox, partners=False)
    outbox.add_argument("--json", action="store_true", help="one JSON object a message, a line each")
    outbox.set_defaults(run=_outbox)

    mock = commands.add_parser(
        "mock",
        help="play a partner, to test a system against it",
        description="Play a kind of partner: listen, answer as it does, and print what comes and goes.",
    )
    mock.add_argument(
        "--profile", default="standard", metavar="PROFILE", help="oclc, alma, illiad, ... or a partner's FILE.toml"
    )
    mock.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="HOST:PORT",
        help="where; port 0 is one that is free, without a port it is the profile's",
    )
    modes = mock.add_mutually_exclusive_group()
    modes.add_argument("--duplex", action="store_true", default=None, help="answer on the same connection")
    modes.add_argument(
        "--simplex", dest="duplex", action="store_false", default=None, help="answer on a connection of its own"
    )
    mock.add_argument("--answer-to", metavar="HOST:PORT", help="where answers go; else where messages say")
    mock.add_argument("--script", metavar="FILE.toml", help="what it does otherwise than such partners do")
    mock.add_argument("--json", action="store_true", help="one JSON object a message, a line each")
    mock.set_defaults(run=_mock)


def _add_store(parser: argparse.ArgumentParser, *, partners: bool = True) -> None:
    parser.add_argument(
        "--store",
        metavar="FILE-or-URL",
        help=f"a file for SQLite, or postgresql://...; ${_STORE}, or else {_DEFAULT_STORE}",
    )
    if partners:
        parser.add_argument(
            "--partners",
            metavar="FILE",
            help=f"who may send, and where they are; ${_PARTNERS}, or else those of the last serve",
        )


def _count(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and 0 < int(text[:12]) < 10**9):
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, found {text!r:.60}")
    return int(text)


def _moments(text: str) -> float:
    try:
        [seconds] = _seconds(text)
    except (argparse.ArgumentTypeError, ValueError):
        raise argparse.ArgumentTypeError(f"expected a number of seconds, found {text!r:.60}") from None
    return seconds


def _seconds(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(each) for each in text.split(",")) if text else ()
    except ValueError:
        values = (-1.0,)
    if not all(0 <= each < 1e9 for each in values):
        raise argparse.ArgumentTypeError(f"expected numbers of seconds with commas, found {text!r:.60}")
    return values


# ── what they share ────────────────────────────────────────────────────────────────────────────────────────────────


def _open_store(options: argparse.Namespace, *, make: bool = False) -> Store:
    """The store that is meant; only `serve` and `send` make one."""
    where = options.store or os.environ.get(_STORE) or _DEFAULT_STORE
    try:
        from isoill.store import Store, StoreError  # noqa: PLC0415
    except ImportError as error:
        raise CommandError(str(error), 2) from None
    if not make and "://" not in where and not os.path.exists(where):
        raise CommandError(f"{shown_name(where)}: expected a store, found no file of that name", 2)
    try:
        return Store(where)
    except StoreError as error:
        raise CommandError(str(error), 2) from None
    except ImportError as error:  # the driver of a database
        raise CommandError(f"store: expected its driver to be there, found none: {error}", 2) from None


@contextmanager
def _store_errors() -> Iterator[None]:
    from isoill.store import StoreError  # noqa: PLC0415

    try:
        yield
    except StoreError as error:
        raise CommandError(str(error), 2) from None


def _load_partners(options: argparse.Namespace, store: Store | None = None) -> Partners | None:
    """The partners that are meant: where nobody says which, those of the node that was last started on the store."""
    from isoill.partners import load_partners  # noqa: PLC0415
    from isoill.profiles import PartnerError  # noqa: PLC0415

    name = options.partners or os.environ.get(_PARTNERS)
    if not name and store is not None:
        with store.reading() as rows:
            remembered = rows.remembered_partners()
        name = remembered if remembered and os.path.exists(remembered) else None
    if not name:
        return None
    try:
        return load_partners(name)
    except OSError as error:
        raise CommandError(f"{shown_name(name)}: {error.strerror}", 2) from None
    except PartnerError as error:
        raise CommandError(str(error), 2) from None


def _moment(seconds: float | None) -> str | None:
    """A time of the store for a person, with the zone that we are in."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def _serve(options: argparse.Namespace) -> int:
    partners = _load_partners(options)
    name = options.partners or os.environ.get(_PARTNERS)
    with _open_store(options, make=True) as store, _store_errors():
        from isoill import serving  # noqa: PLC0415 - asyncio and all that

        with store.writing() as rows:
            rows.remember_partners(os.path.abspath(name) if name else None)
        return serving.run(options, store, partners)


def _mock(options: argparse.Namespace) -> int:
    from isoill import mocking  # noqa: PLC0415 - it is for tests

    return mocking.run(options)


# ── send ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _send(options: argparse.Namespace) -> int:
    name = shown_name(options.file)
    try:
        with opened(options.file) as file:
            apdus: list[Any] = list(isoill.iter_apdus(file))
    except isoill.DecodeError as error:
        raise CommandError(f"{name}: {error}", 1) from None
    if not apdus:
        raise CommandError(f"{name}: expected a message, found nothing", 1)
    if options.new_id:
        apdus = [_anew(apdu) if isinstance(apdu, isoill.ILLRequest) else apdu for apdu in apdus]
    if options.json:
        in_utf8()
    return _queue(options, apdus) if options.store is not None else _send_now(options, apdus)


def _anew(request: isoill.ILLRequest) -> isoill.ILLRequest:
    """A request as one of its own: of a new group, and of now."""
    now = datetime.datetime.now()
    group = f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
    return replace(
        request,
        transaction_id=replace(
            request.transaction_id, transaction_group_qualifier=group, sub_transaction_qualifier=None
        ),
        service_date_time=isoill.ServiceDateTime.of(now),
    )


def _send_now(options: argparse.Namespace, apdus: Sequence[isoill.ILLAPDU]) -> int:
    from isoill import blocking  # noqa: PLC0415

    try:
        host, port = host_and_port(options.to)
    except AddressError as error:
        hint = "; a partner's name needs --store" if options.partners else ""
        raise CommandError(f"--to: {error}{hint}", 2) from None
    duplex, errors = not options.simplex, 0
    try:
        with blocking.connect(host, port, duplex=duplex) as peer:
            peer.send(*apdus)
            until = time.monotonic() + options.wait
            while duplex and (left := until - time.monotonic()) > 0:
                try:
                    received = peer.receive(timeout=left)
                except TimeoutError:
                    break
                if received is None:
                    break
                _print(received.apdu, options.json)
                errors += (
                    isinstance(received.apdu, isoill.StatusOrErrorReport) and received.apdu.error_report is not None
                )
                until = min(until, time.monotonic() + _QUIET)
            if not peer.finish():
                complain(f"{options.to}: expected an end in order, found none: not all may have been taken")
                errors += 1
    except OSError as error:
        raise CommandError(f"{options.to}: {error.strerror or error}", 1) from None
    return min(errors, 1)


def _print(apdu: isoill.Apdu, as_json: bool) -> None:
    print(isoill.to_json(apdu) if as_json else isoill.tree(apdu), flush=True)


def _queue(options: argparse.Namespace, apdus: Sequence[isoill.ILLAPDU]) -> int:
    from isoill.desk import Desk, UnknownError  # noqa: PLC0415
    from isoill.store import key_of_id  # noqa: PLC0415

    now = datetime.datetime.now()
    with _open_store(options, make=True) as store, _store_errors():
        partners = _load_partners(options, store)
        to, desk = _receiver(options.to, partners), Desk(partners)
        for apdu in apdus:
            with store.writing([key_of_id(apdu.transaction_id)]) as rows:
                try:
                    if isinstance(apdu, isoill.ILLRequest):
                        number = desk.begin(rows, apdu, to=to, now=now)
                    else:
                        number = desk.belonging(rows, apdu)
                        desk.send(rows, number, lambda _, apdu=apdu: [apdu], now=now)  # type: ignore[misc]
                except (isoill.LocalProtocolError, ValueError, UnknownError) as error:
                    raise CommandError(str(error), 1) from None
            if options.json:
                print(json.dumps({"transaction": number, "id": shown(apdu.transaction_id)}))
            else:
                print(f"transaction {number}: {shown(apdu.transaction_id)}, in the outbox")
    return 0


def _receiver(text: str, partners: Partners | None) -> Partner | Address:
    found = None if partners is None else partners.called(text)
    if found is not None:
        return found
    try:
        return Address.of(text)
    except AddressError as error:
        known = "" if partners is None else f"a partner ({', '.join(each.name for each in partners)}), or "
        raise CommandError(f"--to: expected {known}HOST:PORT, found {text!r:.60} ({error})", 2) from None


# ── transactions, act ──────────────────────────────────────────────────────────────────────────────────────────────


def _transactions(options: argparse.Namespace) -> int:
    with _open_store(options) as store, _store_errors(), store.reading() as rows:
        if options.transaction is None:
            _list(rows, options.json)
        else:
            _show(rows, _number(rows, options.transaction), options.json)
    return 0


def _row(row: Any) -> dict[str, Any]:
    return {
        "transaction": row.number,
        "id": f"{row.group_qualifier}/{row.qualifier}",
        "role": row.role,
        "state": row.state,
        "ended": bool(row.ended),
        "partner": row.partner or row.address or row.counted or None,
        "title": row.title,
        "changed": _moment(row.changed),
    }


def _list(rows: Rows, as_json: bool) -> None:
    if as_json:
        in_utf8()
    for row in list(map(_row, rows.transactions())):  # whoever reads page by page holds no snapshot
        if as_json:
            print(json.dumps(row, ensure_ascii=False))
        else:
            first = f"{row['transaction']:>6}  {row['role']:<10} {row['state']:<20} {row['changed'][:16]}"
            print(printable(f"{first}  {row['partner'] or '-'}  {row['id']:.60}  {row['title'] or '':.80}".rstrip()))


def _number(rows: Rows, text: str) -> int:
    """The number of the transaction that a person means."""
    if text.isdecimal() and len(text) < 10:
        return int(text)
    group, slash, qualifier = text.rpartition("/")
    found = [each.number for each in rows.alike((group, qualifier))] if slash else []
    if len(found) == 1 and found[0] is not None:
        return found[0]
    if found:
        raise CommandError(f"expected one transaction of that id, found {', '.join(map(str, found))}", 1)
    raise CommandError(f"expected the number or the id of a transaction, found {text!r:.60}", 1)


def _show(rows: Rows, number: int, as_json: bool) -> None:
    kept, listed = rows.kept(number), rows.row(number)
    if kept is None or listed is None:
        raise CommandError(f"expected the number of a transaction, found {number}", 1)
    transaction = kept.transaction
    waiting = list(rows.outbox(number))
    history = [
        {
            "number": row.place,
            "direction": row.direction,
            "event": row.event,
            "before": row.before,
            "after": row.after,
            "remark": row.remark,
            "at": _moment(row.at),
            "sent": _moment(row.sent),
        }
        for row in rows.messages(number)
    ]
    allowed = [str(event) for event in transaction.allowed]
    if as_json:
        in_utf8()
        steps = [
            {**each, "apdu": isoill.to_dict(step.apdu)}
            for each, step in zip(history, transaction.history, strict=True)
            if step.apdu is not None
        ]
        told = {**_row(listed), "history": steps, "allowed": allowed, "outbox": [_queued(each) for each in waiting]}
        print(json.dumps(told, ensure_ascii=False))
        return
    row = _row(listed)
    print(printable(f"transaction {number}: {row['id']}, {row['role']}, with {row['partner'] or 'an unknown partner'}"))
    for name, value in (("title", row["title"]), ("state", row["state"]), ("due", transaction.date_due)):
        if value is not None:
            print(printable(f"{name}: {getattr(value, 'date_due_field', value)}"))
    for each, step in zip(history, transaction.history, strict=True):
        gone = "" if each["direction"] == "receive" or each["sent"] else " - in the outbox"
        print(f"{each['number']:>4}  {each['at']}  {step}{gone}")
    print(f"allowed next: {', '.join(allowed) or 'nothing'}")


def _act(options: argparse.Namespace) -> int:
    from isoill.desk import Desk, UnknownError  # noqa: PLC0415

    service = SERVICES[options.service]
    given = {name: value for name in OPTIONS if (value := getattr(options, name)) is not None}
    answer = None if options.answer is None else options.answer == "yes"
    now = datetime.datetime.now()
    with _open_store(options) as store, _store_errors():
        desk = Desk(_load_partners(options, store))
        with store.reading() as rows:
            number = _number(rows, options.transaction)
            key = rows.key(number)
        try:
            with store.writing([] if key is None else [key]) as rows:
                queued = desk.send(
                    rows,
                    number,
                    lambda transaction: [service.message(transaction, answer=answer, given=given, now=now)],
                    now=now,
                )
                kept = rows.kept(number)
        except (isoill.LocalProtocolError, ValueError, UnknownError) as error:
            raise CommandError(str(error), 1) from None
        assert kept is not None
        step = kept.transaction.history[-1]
        left = _wait(store, number, queued, options.wait)
        if options.json:
            in_utf8()
            told = {
                "transaction": number,
                "event": str(step.event),
                "before": str(step.before),
                "after": str(step.after),
            }
            print(json.dumps({**told, "messages": [each.number for each in queued], "sent": not left}))
        else:
            print(f"transaction {number}: {step}{'' if not left else ' - in the outbox'}")
            if any(each.address is None and (each.partner is None or desk.partners is not None) for each in left):
                complain("no address of the partner is known: it goes when the partner connects")
            if left and options.wait:
                found = left[0].error or "no error yet"
                complain(f"expected it to be sent within {options.wait:g} s, found it waiting: {found}")
        return int(bool(left and options.wait))


def _wait(store: Store, number: int, queued: Sequence[Queued], seconds: float) -> list[Queued]:
    """Those that are still in the outbox after so many seconds, or have failed."""
    until, numbers = time.monotonic() + seconds, {each.number for each in queued}
    while True:
        with store.reading() as rows:
            left = [each for each in rows.outbox(number) if each.number in numbers]
        if not left or time.monotonic() >= until or all(each.state == "failed" for each in left):
            return left
        time.sleep(0.1)


# ── outbox ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _outbox(options: argparse.Namespace) -> int:
    if options.action == "drop" and not options.numbers:
        raise CommandError("outbox drop: expected numbers of messages, found none", 2)
    if options.action == "list" and options.numbers:
        raise CommandError("outbox: expected list, retry or drop before numbers, found numbers", 2)
    if options.json:
        in_utf8()
    with _open_store(options) as store, _store_errors():
        if options.action == "list":
            with store.reading() as rows:
                for each in rows.outbox():
                    print(json.dumps(_queued(each)) if options.json else printable(_line(each)))
            return 0
        with store.writing() as rows:
            now = time.time()
            found = (
                rows.retry(options.numbers or None, now=now)
                if options.action == "retry"
                else rows.drop(options.numbers, now=now)
            )
        missing = sorted(set(options.numbers) - set(found))
        for number in found:
            print(json.dumps({"message": number}) if options.json else f"message {number}: {_DONE[options.action]}")
        if missing:
            found_none = ", ".join(map(str, missing))
            complain(f"outbox {options.action}: expected messages that wait or have failed, found {found_none}")
        return int(bool(missing))


_DONE = {"retry": "is tried now", "drop": "is given up"}


def _queued(each: Queued) -> dict[str, Any]:
    waiting = each.state == "waiting"
    return {
        "message": each.number,
        "transaction": each.transaction,
        "apdu": each.apdu,
        "to": each.partner or each.address,
        "state": "sending" if each.is_going(time.time()) else each.state,
        "tries": each.tries,
        "next": _moment(each.due) if waiting and each.address is not None else None,
        "error": each.error,
    }


def _line(each: Queued) -> str:
    told = _queued(each)
    when = f", next {told['next']}" if told["next"] and told["tries"] else ""
    where = told["to"] or "its partner when that connects: no address is known"
    belongs = "" if told["transaction"] is None else f" of transaction {told['transaction']}"
    error = f": {told['error']}" if told["error"] else ""
    tries = f" after {told['tries']} tries" if told["tries"] else ""
    return f"{told['message']:>6}  {told['state']:<8} {told['apdu']}{belongs} to {where}{tries}{when}{error}"

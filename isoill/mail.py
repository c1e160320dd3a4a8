"""ISO ILL by mail, as RFC 2503 has it: a mail to the messages in it, and back."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from isoill import mime
from isoill.asn1 import type_of
from isoill.codec import Octets, decode, encode, examine, peek
from isoill.errors import DEFAULT_LIMITS, DecodeError, Deviation, Limits
from isoill.framing import FrameBuffer
from isoill.mime import DEFAULT_CAPS, Caps, Entity, Problem, printable
from isoill.problems import report_of
from isoill.records import record
from isoill.types import ILLAPDU, Apdu, StatusOrErrorReport

__all__ = ["DEFAULT_CAPS", "INSTRUCTIONS", "MEDIA_TYPE", "Caps", "Letter", "Part", "Problem", "build", "parse"]

#: The media type of a message of ISO ILL (RFC 2503).
MEDIA_TYPE = "application/iso-10161-ill-1"
#: The media type of document delivery instructions, for which RFC 2503 has one as well: kept, and not looked into.
INSTRUCTIONS = "application/ill-ddi"

T = TypeVar("T")

_ENCODING, _BER = "transfer-encoding", "iso-8825-ber"  # the one legal value of the one required parameter
_KIND = "iso-10161-apdu-type"
_UNTYPED = "application/octet-stream"
#: The kinds of messages as the module calls them, by the first octet.
_KINDS = {0x60 + number: type_.name for number, type_ in enumerate(type_of(ILLAPDU).alternatives, 1)}
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,250}@[!-;=?A-~]{1,250}>")


@record
class Part:
    """A part of a letter that is ISO ILL: a message, or what should have been one, or delivery instructions."""

    #: its number in the letter, as in `isoill.mime.Problem`
    place: str
    #: in lower case: `MEDIA_TYPE`, `INSTRUCTIONS`, or ``application/octet-stream`` where a message was sent as that
    media_type: str
    #: the octets of the message, after transfer decoding
    octets: bytes
    #: the message; None where it cannot be read, and for instructions
    apdu: ILLAPDU | None = None
    #: what lenient reading has put up with in it
    deviations: tuple[Deviation, ...] = ()
    #: why it cannot be read
    error: DecodeError | None = None
    #: the report that answers what cannot be read; None where nothing is to be answered
    report: StatusOrErrorReport | None = None
    #: which kind of message the part is said to be; None where it is not said
    apdu_type: str | None = None
    #: whether it stands in a mail inside the letter, forwarded or returned: not the word of who sent the letter
    enclosed: bool = False


@record
class Letter:
    """A mail, and what of ISO ILL is in it; see `parse` for an example.

    Who sent it, and to whom, is what the header says, and anyone can write any name there.
    """

    #: the address in From; None where there is none that can be read
    sender: str | None
    #: the addresses in To and Cc
    recipients: tuple[str, ...]
    #: with the angle brackets
    message_id: str | None
    subject: str | None
    #: None where there is none that can be read; without a time zone where it says that it has none
    date: datetime.datetime | None
    #: in the order of the letter
    parts: tuple[Part, ...]
    #: what is not as RFC 2503 and MIME want it, and was put up with
    problems: tuple[Problem, ...]

    @property
    def apdus(self) -> tuple[Apdu, ...]:
        """The messages that can be read, and that are the letter's own: none of a mail inside it."""
        return tuple(part.apdu for part in self.parts if part.apdu is not None and not part.enclosed)


def parse(
    data: Octets,
    /,
    *,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    caps: Caps = DEFAULT_CAPS,
    now: datetime.datetime | None = None,
) -> Letter:
    """Read a mail: all of it, header and body, in octets; lines may end in CRLF or LF.

    Whatever the octets are, the outcome is a `Letter`: a message that cannot be read is a `Part` with an ``error`` and
    the ``report`` that answers it, dated ``now`` as by `isoill.report_of`; what else is not as it should be is an
    `isoill.mime.Problem`.  ``limits`` are those of one message, ``caps`` those of the letter.  Messages are read
    leniently, unless ``strict``.  A signature is not checked.  Raises TypeError for what are no octets.

    >>> from pathlib import Path
    >>> from datetime import UTC, datetime
    >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
    >>> mail = build(
    ...     [octets],
    ...     sender="ill@main.example.org",
    ...     recipients=["ill@hill.example.org"],
    ...     message_id="<142.1@main.example.org>",
    ...     date=datetime(2026, 11, 21, 10, 15, tzinfo=UTC),
    ... )
    >>> letter = parse(mail.as_bytes())
    >>> letter.sender, [apdu.item_id.title for apdu in letter.apdus], letter.problems
    ('ill@main.example.org', ['Anne of Green Gables'], ())
    >>> letter = parse(mail.as_bytes().replace(b"iso-8825-ber", b"iso-8825-per"))
    >>> print(letter.problems[0])
    expected transfer-encoding=iso-8825-ber, found iso-8825-per - at part 1
    """
    if not isinstance(data, Octets):
        raise TypeError(f"expected the octets of a mail, found {type(data).__name__}")
    reader = mime.Reader(bytes(data), caps)
    problems = reader.problems
    parts: list[Part] = []
    others: list[str] = []
    for entity in reader:
        if entity.media_type not in (MEDIA_TYPE, INSTRUCTIONS, _UNTYPED):
            others.append(entity.media_type)
            continue
        octets, broken = mime.transfer_decoded(entity)
        if entity.media_type == _UNTYPED and not _is_message(octets):
            others.append(entity.media_type)
            continue
        problems += [broken] if broken else []
        if entity.media_type == INSTRUCTIONS:
            parts.append(Part(entity.place, INSTRUCTIONS, octets, enclosed=entity.enclosed))
            continue
        problems += _about_entity(entity)
        part_of = partial(_part, entity=entity, strict=strict, limits=limits, now=now)
        for index, part in enumerate(_parts(octets, part_of, limits)):
            if index == 1:
                problems.append(Problem(entity.place, "one message", "more"))
            if index and not reader.counts(entity.place):
                break
            parts.append(part)
            problems += _about(part)
    if not any(part.media_type != INSTRUCTIONS for part in parts):
        found = ", ".join(sorted(set(others[:10]))) or "no part"
        problems.append(Problem("", f"a part {MEDIA_TYPE}", printable(found)))
    fields = reader.fields
    message_id = _MESSAGE_ID.search(fields.get("message-id", ""))
    return Letter(
        sender=next(iter(_addresses("from", fields)), None),
        recipients=(*_addresses("to", fields), *_addresses("cc", fields)),
        message_id=message_id and message_id[0],
        subject=_value("subject", fields, lambda header: printable(str(header), caps.field)),
        date=_value("date", fields, _moment),
        parts=tuple(parts),
        problems=tuple(problems),
    )


def build(
    apdus: Iterable[Apdu | Octets],
    /,
    *,
    sender: str,
    recipients: Iterable[str],
    message_id: str,
    date: datetime.datetime,
    subject: str | None = None,
) -> EmailMessage:
    """A mail with messages in it, ready to be sent; the same arguments make the same octets.

    ``apdus`` are messages, or octets of messages, which go as they are.  One is the mail itself; several are parts of
    a multipart/mixed.  ``sender`` and ``recipients`` are addresses, with a name or without; ``message_id`` is unique
    in the world (``email.utils.make_msgid`` makes one), and ``date`` has a time zone.  Without a ``subject`` it is the
    kind of the first message.

    Raises ValueError for what cannot stand in a mail: no messages, octets that do not begin as one, an address that is
    none, a line break in a text.  `EncodeError` is one, for a message that cannot be written.

    >>> from pathlib import Path
    >>> from datetime import UTC, datetime
    >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
    >>> mail = build(
    ...     [octets, octets],
    ...     sender="Main Library <ill@main.example.org>",
    ...     recipients=["ill@hill.example.org"],
    ...     message_id="<142.1@main.example.org>",
    ...     date=datetime(2026, 11, 21, 10, 15, tzinfo=UTC),
    ... )
    >>> mail["Subject"], mail.get_content_type(), mail.get_payload(0).get_content_type()
    ('ILL-Request and 1 more', 'multipart/mixed', 'application/iso-10161-ill-1')
    """
    contents = [_contents(each) for each in apdus]
    if not contents:
        raise ValueError("apdus: expected at least one message, found none")
    if isinstance(recipients, str):
        raise TypeError(f"recipients: expected several addresses, found the text {recipients!r:.80}")
    to = [_checked_address("recipients", each) for each in recipients]
    if not to:
        raise ValueError("recipients: expected at least one address, found none")
    if subject is None:
        subject = contents[0][0] + (f" and {len(contents) - 1} more" if len(contents) > 1 else "")
    elif not subject.isprintable():
        raise ValueError(f"subject: expected one line of text, found {subject!r:.80}")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError(f"message_id: expected <NAME@HOST>, found {message_id!r:.80}")
    if date.tzinfo is None:
        raise ValueError(f"date: expected a date with a time zone, found {date!r}")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _checked_address("sender", sender)
    mail["To"] = to
    mail["Date"] = date
    mail["Message-ID"] = message_id
    mail["Subject"] = subject
    mail["Auto-Submitted"] = "auto-generated"  # so that no one's holiday reply answers it (RFC 3834)
    if len(contents) == 1:
        _fill(mail, *contents[0])
    else:
        # no line of base64 begins with a hyphen; made from the id, so that it differs from that of a mail around this
        mail.make_mixed(boundary=f"isoill-{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
        for content in contents:
            part: Any = MIMEPart(policy=SMTP)
            _fill(part, *content)
            mail.attach(part)
    return mail


def _about_entity(entity: Entity) -> Iterator[Problem]:
    """What is wrong with what is around a message."""
    encoding = entity.parameters.get(_ENCODING)
    if entity.enclosed:
        yield Problem(entity.place, "a message of the letter itself", "one of a mail inside it")
    if entity.media_type == _UNTYPED:
        # what a gateway does not know it may call so (RFC 2046, 4.5.1); that some do it to messages is inferred
        yield Problem(entity.place, MEDIA_TYPE, _UNTYPED)
    elif encoding is None or encoding.lower() != _BER:  # that capital letters do no harm is inferred
        found = f"no {_ENCODING}" if encoding is None else printable(encoding)
        yield Problem(entity.place, f"{_ENCODING}={_BER}", found)


def _about(part: Part) -> Iterator[Problem]:
    """What is wrong with a message beside what is wrong in it."""
    if part.apdu is not None and part.apdu_type is not None:
        kind = type_of(type(part.apdu)).name
        if part.apdu_type.lower() != kind.lower():
            yield Problem(part.place, f"{_KIND}={kind}", part.apdu_type)
    if part.error is not None and _is_text(part.octets):
        yield Problem(part.place, "octets", "text in UTF-8, into which the octets were rewritten")


def _is_message(octets: bytes) -> bool:
    """Whether octets begin as a message does."""
    try:
        peek(octets)
    except DecodeError:
        return False
    return True


def _is_text(octets: bytes) -> bool:
    """Whether octets are UTF-8 beyond ASCII; those of a message never are, for the 80 of its first component."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return not octets.isascii()


def _parts(octets: bytes, part_of: Callable[[bytes], Part], limits: Limits) -> Iterator[Part]:
    """What is in the octets of an entity: one message, as it should be, or several back to back."""
    whole = part_of(octets)
    pieces: Iterator[bytes] = iter(()) if whole.error is None or _is_text(octets) else _pieces(octets, limits)
    first, second = next(pieces, b""), next(pieces, None)
    if second is None:
        yield whole
    else:
        yield from map(part_of, chain((first, second), pieces))


def _pieces(octets: bytes, limits: Limits) -> Iterator[bytes]:
    """Messages that stand back to back; the last may be anything."""
    frames, end = FrameBuffer(limits=limits), 0
    try:
        for piece in frames.feed(octets):
            end = frames.offset
            yield piece
    except DecodeError:
        pass  # which is told of the piece that begins here
    rest = octets[end:]
    if not end or rest.strip(b"\0\r\n"):
        yield rest


def _part(octets: bytes, *, entity: Entity, strict: bool, limits: Limits, now: datetime.datetime | None) -> Part:
    """A part with these octets, read."""
    apdu: ILLAPDU | None = None
    deviations: tuple[Deviation, ...] = ()
    error, report = None, None
    try:
        if strict:
            apdu = decode(octets, limits=limits)
        else:
            examination = examine(octets, limits=limits)
            apdu, deviations = examination.apdu, examination.deviations
    except DecodeError as caught:
        error = caught.with_traceback(None)  # whose frames hold all of the letter
        # what was returned may be our own, and what was forwarded is someone else's
        report = None if entity.enclosed else report_of(error, octets, now=now)
    said = entity.parameters.get(_KIND)
    return Part(
        place=entity.place,
        media_type=entity.media_type,
        octets=octets,
        apdu=apdu,
        deviations=deviations,
        error=error,
        report=report,
        apdu_type=said and printable(said),
        enclosed=entity.enclosed,
    )


def _value(name: str, fields: dict[str, str], of: Callable[[Any], T]) -> T | None:
    """What a field of the header says; None where it is not there, or cannot be read."""
    if name not in fields:
        return None
    try:
        return of(SMTP.header_factory(name, fields[name]))
    except Exception:  # the standard library's parser says in many ways that it is lost: IndexError, RecursionError
        return None


def _addresses(name: str, fields: dict[str, str]) -> tuple[str, ...]:
    found = _value(name, fields, lambda header: tuple(each.addr_spec for each in header.addresses if each.domain))
    return tuple(printable(each, 320) for each in found or ())


def _moment(header: Any) -> datetime.datetime | None:
    moment: datetime.datetime | None = header.datetime
    return moment


def _contents(apdu: Apdu | Octets) -> tuple[str, bytes]:
    """The kind of a message, and its octets."""
    if isinstance(apdu, Apdu):
        return type_of(type(apdu)).name, encode(apdu)
    if not isinstance(apdu, Octets):
        raise TypeError(f"apdus: expected messages or their octets, found {type(apdu).__name__}")
    octets = bytes(apdu)
    if not octets or octets[0] not in _KINDS:
        raise ValueError(f"apdus: expected octets that begin as a message, found {octets[:8].hex(' ') or 'none'}")
    return _KINDS[octets[0]], octets


def _checked_address(what: str, text: str) -> MailAddress:
    header: Any = None
    if text.isprintable() and len(text) <= DEFAULT_CAPS.field:
        header = _value("from", {"from": text}, lambda header: header)
    if header is not None and not header.defects and len(header.addresses) == 1:
        address: MailAddress = header.addresses[0]
        if address.username and address.domain and address.addr_spec.isascii():
            return address
    raise ValueError(f"{what}: expected an address like NAME@HOST, found {text!r:.80}")


def _fill(part: MIMEPart, kind: str, octets: bytes) -> None:
    parameters = {_ENCODING: _BER, _KIND: kind}
    maintype, subtype = MEDIA_TYPE.split("/")
    part.set_content(octets, maintype=maintype, subtype=subtype, cte="base64", params=parameters)

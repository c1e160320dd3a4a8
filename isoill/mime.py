"""The parts of a mail: found in one pass, within caps, whatever a stranger has written.

The parser of the standard library is not asked, because it takes what comes: multiparts 1,000 deep are a
RecursionError, 100,000 parts take seconds, and so do 30,000 semicolons in one Content-Type; a parameter in several
pieces whose name has a hyphen, as those of RFC 2503 have, it does not put together.
"""

from __future__ import annotations

import binascii
import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from isoill.records import record

__all__ = ["DEFAULT_CAPS", "Caps", "Entity", "Problem", "Reader", "content_type", "printable", "transfer_decoded"]


@record(kw_only=True)
class Caps:
    """The most that is read of one letter; what is more is left alone, and said in a `Problem`.

    >>> Caps(parts=10).parts
    10
    """

    #: octets of the whole (Postfix 10,240,000)
    octets: int = 10_240_000
    #: parts, multiparts among them, and messages of ISO ILL (Go's mime/multipart 1,000)
    parts: int = 1_000
    #: depth of multiparts and of mails in mails, 100 at most (Postfix 100)
    depth: int = 16
    #: octets of the header of the letter, or of a part (Postfix 102,400)
    header: int = 102_400
    #: octets of one field of a header: the time that addresses take grows with the square
    field: int = 2_048

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value: Any = getattr(self, field.name)
            most = 100 if field.name == "depth" else (1 << 31) - 1
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError(f"Caps.{field.name}: expected 1 to {most}, found {value!r}")


DEFAULT_CAPS = Caps()


@record
class Problem:
    """Something in a letter that is not as it should be, and was put up with.

    >>> print(Problem("1.2", "base64", "x-uuencode"))
    expected base64, found x-uuencode - at part 1.2
    """

    #: the number of a part, as IMAP counts them (RFC 9051, 6.4.5.1): ``1.2``; empty for the letter as such
    place: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"expected {self.wanted}, found {self.found} - at {f'part {self.place}' if self.place else 'the letter'}"


@record
class Entity:
    """A part of a mail that has no parts itself."""

    #: as in `Problem`
    place: str
    #: lower case, without parameters
    media_type: str
    #: of the Content-Type, by name in lower case
    parameters: Mapping[str, str]
    #: the Content-Transfer-Encoding in lower case; empty if there is none
    encoding: str
    #: as they stand in the mail
    octets: bytes
    #: whether it stands in a mail inside the mail
    enclosed: bool


#: The fields that are looked at, with what is folded below them.
_FIELD = re.compile(
    rb"^(content-type|content-transfer-encoding|from|to|cc|subject|date|message-id)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_MESSAGE = "message/rfc822"
#: In which a multipart or a mail may be written (RFC 2045, 6.4).
_IDENTITIES = ("", "7bit", "8bit", "binary")


class Reader:
    """Read a mail: its ``fields``, by name in lower case; the entities in it, by iterating once; its ``problems``.

    ``problems`` grows as entities are read.

    >>> reader = Reader(b"Subject: Anne\\nContent-Type: multipart/mixed; boundary=b\\n\\n--b\\n\\nGreen Gables\\n--b--")
    >>> reader.fields["subject"], [(entity.place, entity.octets) for entity in reader], reader.problems
    ('Anne', [('1', b'Green Gables')], [])
    """

    def __init__(self, data: bytes, caps: Caps = DEFAULT_CAPS) -> None:
        self.problems: list[Problem] = []
        self._data = data
        self._caps = caps
        self._counted = 0
        self.fields, self._body = self._header(0, len(data), "")

    def __iter__(self) -> Iterator[Entity]:
        if len(self._data) > self._caps.octets:
            self._tell("", f"at most {self._caps.octets} octets", "more")
        elif self._body is not None:
            end = len(self._data)
            yield from self._entity(self.fields, self._body, end, place="1", number="", depth=0, enclosed=False)

    def counts(self, place: str) -> bool:
        """Count one more part; False, and a problem, where it is one too many."""
        self._counted += 1
        if self._counted == self._caps.parts + 1:
            self._tell(place, f"at most {self._caps.parts} parts", "more")
        return self._counted <= self._caps.parts

    def _entity(
        self, header: dict[str, str], start: int, end: int, *, place: str, number: str, depth: int, enclosed: bool
    ) -> Iterator[Entity]:
        """What is in an entity; ``number`` is how the numbers of its parts begin."""
        if not self.counts(place):
            return
        deeper = depth + 1
        media_type, parameters = content_type(header.get("content-type", "text/plain"))
        encoding = without_comments(header.get("content-transfer-encoding", "")).strip().lower()
        multipart = media_type.startswith("multipart/")
        if not multipart and media_type != _MESSAGE:
            yield Entity(place, media_type, parameters, encoding, self._data[start:end], enclosed)
        elif encoding not in _IDENTITIES:
            self._tell(place, f"{printable(media_type)} in 7bit, 8bit or binary", encoding)
        elif depth == self._caps.depth:
            self._tell(place, f"at most {self._caps.depth} levels", "more")
        elif multipart:
            default = _MESSAGE if media_type == "multipart/digest" else "text/plain"
            for index, (first, last) in enumerate(self._regions(start, end, number, parameters), 1):
                if self._counted > self._caps.parts:
                    return
                at = f"{number}.{index}" if number else str(index)
                fields, body = self._header(first, last, at)
                if body is not None:
                    fields.setdefault("content-type", default)
                    yield from self._entity(fields, body, last, place=at, number=at, depth=deeper, enclosed=enclosed)
        else:
            fields, body = self._header(start, end, place)
            if body is not None:
                yield from self._entity(
                    fields, body, end, place=f"{place}.1", number=place, depth=deeper, enclosed=True
                )

    def _regions(self, start: int, end: int, place: str, parameters: Mapping[str, str]) -> Iterator[tuple[int, int]]:
        """Where the parts of a multipart begin and end; what is before and behind them is nothing (RFC 2046, 5.1)."""
        boundary = parameters.get("boundary", "").rstrip()
        if not boundary:
            self._tell(place, "a multipart with a boundary", "none")
            return
        data, begin = self._data, None
        line = re.compile(rb"--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
        for found in line.finditer(data, start, end):
            at = found.start()
            if at > start and data[at - 1] != 0x0A:
                continue
            if begin is not None:
                # the line break before a boundary belongs to it
                at -= 2 if data[at - 2 : at] == b"\r\n" else 1
                yield begin, max(begin, at)
            if found[1]:
                return
            begin = found.end()
        if begin is None:
            self._tell(place, f"a line --{printable(boundary, 70)}", "none")
        else:
            yield begin, end
            self._tell(place, f"a line --{printable(boundary, 70)}-- at the end", "none")

    def _header(self, start: int, end: int, place: str) -> tuple[dict[str, str], int | None]:
        """The fields that are looked at, the first of each name, and where the body begins: None if too far away."""
        data, most = self._data, self._caps.header
        body: int | None
        if data.startswith((b"\n", b"\r\n"), start, end):
            return {}, data.index(b"\n", start) + 1
        blank = _BLANK_LINE.search(data, start, min(end, start + most))
        if blank is not None:
            stop, body = blank.start() + 1, blank.end()
        elif end - start <= most:
            stop = body = end
        else:
            self._tell(place, f"a header of at most {most} octets", "more")
            stop, body = start + most, None
        found: dict[str, str] = {}
        for field in _FIELD.finditer(data, start, stop):
            name = field[1].decode().lower()
            if len(field[2]) > self._caps.field:
                self._tell(place, f"a field {name} of at most {self._caps.field} octets", "more")
            else:
                text = field[2].decode("utf-8", "replace")
                found.setdefault(name, text.replace("\r", "").replace("\n", "").strip())
        return found, body

    def _tell(self, place: str, wanted: str, found: str) -> None:
        self.problems.append(Problem(place, wanted, printable(found)))


_OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[^"\\(]+|.', re.DOTALL)
_COMMENT = re.compile(r"\\.|[^\\()]+|.", re.DOTALL)
_PARAMETER = re.compile(
    r';\s*([^\s=;"*]+)(?:\*([0-9]{1,3}))?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)',
    re.DOTALL,
)


def content_type(text: str) -> tuple[str, dict[str, str]]:
    """The media type in a Content-Type, in lower case, and its parameters by name, in lower case.

    Comments are left out (RFC 822), and a parameter in several pieces is put together (RFC 2231).

    >>> content_type('Text/Plain (really); Charset="a b"; name*0*=utf-8\\'\\'Anne%20; name*1="of Green Gables"')
    ('text/plain', {'charset': 'a b', 'name': 'Anne of Green Gables'})
    """
    text = without_comments(text)
    pieces: dict[str, dict[int, str]] = {}
    for name, index, extended, value in _PARAMETER.findall(text):
        number = int(index or 0)
        piece = value.strip()
        if piece.startswith('"'):
            piece = re.sub(r"\\(.)", r"\1", piece[1:].removesuffix('"'), flags=re.DOTALL)
        if extended:  # the charset stands in front of the first; the parameters that are looked at are ASCII
            piece = unquote(piece if number else piece.split("'", 2)[-1])
        pieces.setdefault(name.lower(), {}).setdefault(number, piece)
    media_type = text.partition(";")[0].strip().lower()
    return media_type, {name: "".join(found[at] for at in sorted(found)) for name, found in pieces.items()}


def without_comments(text: str) -> str:
    """A structured field without what stands in parentheses.

    >>> without_comments('base64 (as (nearly) always)')
    'base64 '
    """
    kept, at, depth = [], 0, 0
    while at < len(text):
        found = (_COMMENT if depth else _OUTSIDE).match(text, at)
        assert found is not None  # any character matches
        at = found.end()
        if found[0] == "(":
            depth += 1
        elif depth:
            depth -= found[0] == ")"
        else:
            kept.append(found[0])
    return "".join(kept)


_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_NO_QUOTED = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")


def transfer_decoded(entity: Entity) -> tuple[bytes, Problem | None]:
    """The octets that were put into an entity, and what is wrong with the way they were written.

    >>> transfer_decoded(Entity("1", "text/plain", {}, "base64", b"QW5u ZQ==", False))
    (b'Anne', None)
    >>> octets, problem = transfer_decoded(Entity("1", "text/plain", {}, "base64", b"QW5!uZQ", False))
    >>> print(octets, problem)
    b'Anne' expected base64, found 1 other characters - at part 1
    """
    match entity.encoding:
        case "base64":
            return _base64_decoded(entity)
        case "quoted-printable":
            broken = _NO_QUOTED.search(entity.octets)
            problem = broken and Problem(entity.place, "quoted-printable", f"a = alone at octet {broken.start()}")
            return binascii.a2b_qp(entity.octets), problem
        case encoding if encoding in _IDENTITIES:
            return entity.octets, None
        case encoding:
            return entity.octets, Problem(entity.place, "base64", printable(encoding))


def _base64_decoded(entity: Entity) -> tuple[bytes, Problem | None]:
    text = entity.octets.translate(None, b" \t\r\n")
    if len(text) % 4 == 0 and _BASE64.fullmatch(text):
        return binascii.a2b_base64(text), None
    # what is there by mistake is passed over, and = is the end (RFC 2045, 6.8)
    others = len(text) - len(_NO_BASE64.sub(b"", text)) - text.count(b"=")
    found = f"{others} other characters" if others else "an end that is none, or none at the end"
    letters = _NO_BASE64.sub(b"", text.partition(b"=")[0])
    if len(letters) % 4 == 1:  # six bits are no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)), Problem(entity.place, "base64", found)


def printable(text: str, most: int = 60) -> str:
    """A text of a stranger on one line, for people: cut, and without what would not print."""
    text = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[: most + 1])
    return text if len(text) <= most else f"{text[: most - 1]}…"

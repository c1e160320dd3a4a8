"""What isoill and libyaz are known to see otherwise, and how that is recognised; each was measured with libyaz 5.34.

A difference is one of four.  An explanation looks at the octets, or at what isoill made of them; it says that the known
cause is there, not that there is no other cause beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import isoill
from fuzz.beside_yaz import Crash
from fuzz.mutate import parsed
from isoill.asn1 import Kind, Type, fields_of, type_of
from isoill.records import record

__all__ = ["EXPLANATIONS", "Case", "Difference", "Explanation"]


class Difference(Enum):
    """How two readers of the same octets can disagree."""

    CRASHES = "libyaz crashes"
    REFUSES = "libyaz refuses what isoill takes"
    TAKES = "libyaz takes what isoill refuses"
    CHANGES = "libyaz writes another value than isoill has read"


@record
class Case:
    """One message on which the two differ."""

    octets: bytes
    #: the APDU, or why isoill refuses it
    read: isoill.ILLAPDU | isoill.DecodeError
    #: what libyaz makes of it, as `fuzz.beside_yaz.answers` has it
    by_yaz: bytes | Crash


@record
class Explanation:
    """A known cause."""

    difference: Difference
    text: str
    holds: Callable[[Case], bool]


def _values(described: Type, value: Any) -> Iterator[tuple[Type, Any]]:
    """Every part of a value that has no parts, with its type."""
    if value is None:
        return
    if described.kind is Kind.SEQUENCE_OF and described.element is not None:
        for item in value:
            yield from _values(described.element, item)
    elif described.kind in (Kind.SEQUENCE, Kind.CHOICE, Kind.UNION):
        for component in fields_of(type(value)):
            yield from _values(component.type, getattr(value, component.name))
    else:
        yield described, value


def _has(case: Case, is_known: Callable[[Type, Any], bool]) -> bool:
    """Whether isoill has read a part of that kind."""
    apdu = case.read
    return not isinstance(apdu, Exception) and any(is_known(*part) for part in _values(type_of(type(apdu)), apdu))


def _headers(octets: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Identifier and length of every value from left to right, as far as octets can be read that may be broken.

    An indefinite length is None.  Lengths of what is constructed are not looked at, nor are those that cannot be.
    """
    at, end = 0, len(octets)
    while at < end:
        start = at
        at += 1
        if octets[start] & 0x1F == 0x1F:
            while at < end and octets[at] & 0x80:
                at += 1
            at += 1
        identifier = octets[start:at]
        first = octets[at] if at < end else 0
        at += 1
        length: int | None = first
        if first == 0x80:
            length = None
        elif first > 0x80:
            length = int.from_bytes(octets[at : at + first - 0x80], "big")
            at += first - 0x80
        yield identifier, length
        if not identifier[0] & 0x20:
            at += length or 0


def _is_refused(case: Case, reason: isoill.Reason, words: str = "") -> bool:
    """Whether isoill refuses it for a reason, and with these words in its message."""
    return isinstance(case.read, isoill.DecodeError) and case.read.reason is reason and words in case.read.detail


# ── the causes ─────────────────────────────────────────────────────────────────────────────────────────────────────

_REASON = isoill.Reason
_STRINGS = {3, 4, 7, 12, 18, 19, 20, 22, 25, 26, 27}  # universal tag numbers
_SEGMENTS = {b"\x04", b"\x24"}  # as X.690 has them


def _is_segmented(case: Case) -> bool:
    """Whether there is a string of segments, or of none, as far as octets can tell without their types."""
    headers = list(_headers(case.octets))
    for (identifier, length), (inner, _) in zip(headers, [*headers[1:], (b"", 0)], strict=True):
        first = identifier[0]
        is_string = first < 0x40 and first & 0x1F in _STRINGS
        is_of_none = first >= 0x80 and (length == 0 or (length is None and inner == b"\0"))
        if first & 0x20 and (is_string or is_of_none or inner in _SEGMENTS):
            return True
    return False


def _has_odd_segments(case: Case) -> bool:
    """Whether a string has segments without the tag of OCTET STRING; the octets are well-formed."""
    waiting = parsed(case.octets)
    while waiting:
        value = waiting.pop()
        inside = value.inside or []
        tags = {each.identifier for each in inside}
        is_string = value.identifier[0] < 0x40 and value.identifier[0] & 0x1F in _STRINGS
        if tags - _SEGMENTS and (is_string or tags & _SEGMENTS):
            return True
        waiting += inside
    # under a tag of the module, all of them with the tag of the string: isoill writes fewer texts
    return not isinstance(case.read, Exception) and _texts(case.octets) > _texts(isoill.encode(case.read))


def _texts(octets: bytes) -> int:
    """How many values have the tag of a string type."""
    return sum(identifier[0] < 0x40 and identifier[0] & 0x1F in _STRINGS - {3, 4} for identifier, _ in _headers(octets))


def _lacks_defaults(case: Case) -> bool:
    """Whether there are fewer values than isoill would write, not counting segments and ends of contents."""

    def count(octets: bytes) -> int:
        return sum(identifier not in {b"\0", *_SEGMENTS} for identifier, _ in _headers(octets))

    return not isinstance(case.read, Exception) and count(case.octets) < count(isoill.encode(case.read))


def _is_cut_at_its_end(case: Case) -> bool:
    """Whether no more than end-of-contents octets are missing."""
    return _is_refused(case, _REASON.TRUNCATED) and any(
        not _is_truncated(case.octets + bytes(number)) for number in range(1, 9)
    )


def _is_truncated(octets: bytes) -> bool:
    try:
        isoill.decode(octets)
    except isoill.DecodeError as error:
        return error.reason is _REASON.TRUNCATED
    return False


def _is_huge_length(case: Case) -> bool:
    return any(length is not None and length >= 2**31 for _, length in _headers(case.octets))


def _is_another_message(case: Case) -> bool:
    return isinstance(case.by_yaz, bytes) and case.by_yaz[:1] != case.octets[:1]


def _is_around_nothing(case: Case) -> bool:
    return _is_refused(case, _REASON.MALFORMED_VALUE, "inside the explicit tag, found nothing") or _is_refused(
        case, _REASON.END_OF_CONTENTS, "found end-of-contents"
    )


def _is_long_integer(described: Type, value: Any) -> bool:
    return described.kind in (Kind.INTEGER, Kind.ENUMERATED) and not -(2**63) <= value < 2**63


def _is_large_oid(described: Type, value: Any) -> bool:
    if described.kind is not Kind.OBJECT_IDENTIFIER:
        return False
    arcs = [int(arc) for arc in value.split(".")]
    return len(arcs) > 19 or max(arcs) > 2**15 - 1 - 80


def _has_nul(described: Type, value: Any) -> bool:
    return described.kind is Kind.STRING and "\0" in value


def _has_unused_bits(described: Type, value: Any) -> bool:
    return described.kind is Kind.BIT_STRING and bool(value.unused)


def _is_broken_inside(described: Type, value: Any) -> bool:
    """Whether an ANY holds what is constructed and cannot be taken apart: isoill does not look inside, libyaz does."""
    waiting = parsed(value) if described.kind is Kind.ANY else []
    while waiting:
        each = waiting.pop()
        if each.inside is None and each.identifier[0] & 0x20:
            return True
        waiting += each.inside or []
    return False


def _is_descriptor(described: Type, value: Any) -> bool:
    return "ObjectDescriptor" in described.strings


_CRASHES, _REFUSES, _TAKES, _CHANGES = Difference

#: The first that holds is the one that is counted.
EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(_CRASHES, "an arc of more than 15 bits", lambda case: _has(case, _is_large_oid)),
    Explanation(_CRASHES, "an ANY that is broken inside", lambda case: _has(case, _is_broken_inside)),
    Explanation(_CRASHES, "a text in segments, or of none: it writes to no address", _is_segmented),
    Explanation(_REFUSES, "absent DEFAULTs: they are mandatory to it", _lacks_defaults),
    Explanation(_REFUSES, "segments with the tag of the string itself", _has_odd_segments),
    Explanation(_REFUSES, "an ANY that is broken inside", lambda case: _has(case, _is_broken_inside)),
    Explanation(_REFUSES, "an INTEGER of more than 64 bits", lambda case: _has(case, _is_long_integer)),
    Explanation(_REFUSES, "more than 19 arcs, or one of more than 15 bits", lambda case: _has(case, _is_large_oid)),
    Explanation(_REFUSES, "the descriptor of an EXTERNAL", lambda case: _has(case, _is_descriptor)),
    Explanation(_CHANGES, "NUL: a text ends there", lambda case: _has(case, _has_nul)),
    Explanation(_CHANGES, "unused bits: it has none", lambda case: _has(case, _has_unused_bits)),
    Explanation(_CHANGES, "OBJECT IDENTIFIER beyond its arcs", lambda case: _has(case, _is_large_oid)),
    Explanation(_CHANGES, "octets in segments: it keeps none", _is_segmented),
    Explanation(_TAKES, "octets behind the message", lambda case: _is_refused(case, _REASON.TRAILING_OCTETS)),
    Explanation(_TAKES, "a number that an ENUMERATED has not", lambda case: _is_refused(case, _REASON.UNLISTED_VALUE)),
    Explanation(_TAKES, "an explicit tag around nothing", _is_around_nothing),
    Explanation(
        _TAKES,
        "the descriptor of an EXTERNAL as GraphicString",
        lambda case: _is_refused(case, _REASON.UNEXPECTED_TAG, "expected ObjectDescriptor, found GraphicString"),
    ),
    Explanation(_TAKES, "another message inside: a CHOICE goes on where an alternative failed", _is_another_message),
    Explanation(_TAKES, "end-of-contents cut off: it reads on behind the octets", _is_cut_at_its_end),
    Explanation(_TAKES, "a length of more than 31 bits: it keeps 32", _is_huge_length),
    Explanation(
        _TAKES,
        "a BIT STRING of more than 7 unused bits",
        lambda case: _is_refused(case, _REASON.MALFORMED_VALUE, "0 to 7 unused bits"),
    ),
    Explanation(
        _TAKES,
        "a SEQUENCE in the primitive form: it goes on behind the tag",
        lambda case: _is_refused(case, _REASON.WRONG_FORM, "of the primitive form"),
    ),
    Explanation(
        _TAKES,
        "an INTEGER of no octets",
        lambda case: _is_refused(case, _REASON.MALFORMED_VALUE, "one octet or more, found none"),
    ),
    Explanation(_TAKES, "an INTEGER longer than needed", lambda case: _is_refused(case, _REASON.NON_MINIMAL)),
    Explanation(
        _TAKES,
        "an arc longer than needed",
        lambda case: _is_refused(case, _REASON.MALFORMED_VALUE, "shortest form of an arc"),
    ),
    Explanation(_TAKES, "a tag longer than needed", lambda case: _is_refused(case, _REASON.MALFORMED_TAG)),
    Explanation(
        _TAKES, "lengths of more than 8 octets", lambda case: _is_refused(case, _REASON.LIMIT, "length octets")
    ),
    Explanation(
        _TAKES, "arcs of more than 20 octets", lambda case: _is_refused(case, _REASON.LIMIT, "octets of an arc")
    ),
    Explanation(
        _TAKES,
        "end-of-contents for an ANY",
        lambda case: _is_refused(case, _REASON.END_OF_CONTENTS, "expected a value, found end-of-contents"),
    ),
    Explanation(_TAKES, "levels beyond isoill's limit", lambda case: _is_refused(case, _REASON.LIMIT, "levels")),
)

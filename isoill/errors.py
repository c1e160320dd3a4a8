"""Errors, the reasons they name, and the limits that decoding keeps.  Imports nothing of isoill but `record`."""

from __future__ import annotations

import enum
from dataclasses import fields
from typing import Any, Self

from isoill.records import record

__all__ = [
    "DEFAULT_LIMITS",
    "DecodeError",
    "Deviation",
    "EncodeError",
    "ILLError",
    "LimitError",
    "Limits",
    "LocalProtocolError",
    "ProtocolError",
    "Reason",
    "RemoteProtocolError",
    "TruncatedError",
]

#: The longest text of an error message, in characters: advisories against other decoders were about
#: messages that grew with the input.
MESSAGE_CHARACTERS = 200


class Reason(enum.Enum):
    """Why octets, or a value, were refused; ``.value`` is the phrase for a person.

    >>> Reason.TRAILING_OCTETS.value
    'trailing octets'
    """

    #: the octets end before their lengths say
    TRUNCATED = "truncated"
    #: there is more behind the value
    TRAILING_OCTETS = "trailing octets"
    #: another notation stands where BER is wanted: EDIFACT, XML, text
    NOT_BER = "not BER"
    #: octets that are no part of any APDU stand before or behind one: 00, CR, LF
    PADDING = "padding"
    #: another type stands where one is wanted
    UNEXPECTED_TAG = "unexpected tag"
    #: a SEQUENCE has no component of that tag
    UNKNOWN_COMPONENT = "unknown component"
    #: a component is required and not there
    MISSING_COMPONENT = "missing component"
    #: a component is there twice
    DUPLICATE_COMPONENT = "duplicate component"
    #: a component comes after one that it should come before
    OUT_OF_ORDER = "component out of order"
    #: an ENUMERATED has no such value
    UNLISTED_VALUE = "unlisted value"
    #: primitive where constructed is wanted, or the reverse
    WRONG_FORM = "wrong form"
    #: a SEQUENCE too many around components or elements
    EXTRA_SEQUENCE = "extra SEQUENCE"
    #: a tag that replaces where it should wrap
    IMPLICIT_TAG = "implicit tag"
    #: a tag that wraps where it should replace
    EXPLICIT_TAG = "explicit tag"
    #: the value itself where an EXTERNAL around it is meant
    MISSING_EXTERNAL = "missing EXTERNAL"
    #: text under the tag of another string type
    OTHER_STRING_TYPE = "other string type"
    #: a tag that is not in its one form
    MALFORMED_TAG = "malformed tag"
    #: a length that cannot be, or that what is around it has not
    MALFORMED_LENGTH = "malformed length"
    #: contents that the type cannot have
    MALFORMED_VALUE = "malformed value"
    #: a length or an INTEGER in more octets than it needs
    NON_MINIMAL = "non-minimal"
    #: end-of-contents octets where there is nothing to end, or none where there is
    END_OF_CONTENTS = "end-of-contents"
    #: more than `Limits` allows
    LIMIT = "limit"
    #: an EXTERNAL that holds another type of value than the one that was asked for
    OTHER_PAYLOAD = "other payload"
    #: in encoding, a value of another Python type
    WRONG_TYPE = "wrong type"
    #: in encoding, a value of the right type that has no octets
    UNWRITABLE_VALUE = "unwritable value"


class ILLError(Exception):
    """The root of every error that isoill raises on purpose."""


class _CodecError(ILLError, ValueError):
    """What decoding and encoding errors share: a reason, what happened, and where."""

    def __init__(self, reason: Reason, detail: str, path: str = "") -> None:
        if len(detail) > MESSAGE_CHARACTERS:
            detail = detail[: MESSAGE_CHARACTERS - 1] + "…"
        self.reason = reason
        self.detail = detail
        self.path = path
        super().__init__(reason, detail, path)

    def __str__(self) -> str:
        return f"{self.detail} - at {self.path or 'the value'}"


class DecodeError(_CodecError):
    """Octets that are not what was wanted.

    ``reason`` is a `Reason`; ``path`` names the place from the outermost type inwards
    (``ILL-Request.item_id.title``); ``offset`` counts octets from the start of the data given.

    >>> import isoill
    >>> try:
    ...     isoill.decode(bytes.fromhex("6500"))
    ... except isoill.DecodeError as error:
    ...     print(error.reason.name, error.path, error.offset)
    MISSING_COMPONENT Conditional-Reply 2
    """

    def __init__(self, reason: Reason, detail: str, path: str = "", offset: int = 0) -> None:
        super().__init__(reason, detail, path)
        self.offset = offset
        self.args = (reason, detail, path, offset)

    def __str__(self) -> str:
        return f"{self.detail} - at {self.path or 'the start'}, offset {self.offset}"

    def _moved(self, octets: int) -> Self:
        """The error, its offset counted from so many octets further in front."""
        self.offset += octets
        self.args = (*self.args[:3], self.offset, *self.args[4:])
        return self


class TruncatedError(DecodeError):
    """Octets that end before the lengths in them say.

    Of what is inside a length that is not all there, no more than the first tag has been looked at.  ``needed`` is the
    least number of further octets without which nothing can be said.

    >>> import isoill
    >>> try:
    ...     isoill.decode(bytes.fromhex("6582012c3082"))
    ... except isoill.TruncatedError as error:
    ...     print(error.needed, error)
    298 expected at least 298 more octets, found the end of the data - at Conditional-Reply, offset 0
    """

    def __init__(self, reason: Reason, detail: str, path: str = "", offset: int = 0, needed: int = 1) -> None:
        super().__init__(reason, detail, path, offset)
        self.needed = needed
        self.args = (reason, detail, path, offset, needed)


class LimitError(DecodeError):
    """Octets that ask for more than `Limits` allows; ``limit`` is the name of the field of `Limits`.

    >>> import isoill
    >>> try:
    ...     isoill.decode(bytes.fromhex("a203020107"), type=isoill.DamagedPortion, limits=isoill.Limits(elements=1))
    ... except isoill.LimitError as error:
    ...     print(error.limit, error.path)
    elements Damaged-Details.damaged-portion
    """

    def __init__(self, reason: Reason, detail: str, path: str = "", offset: int = 0, limit: str = "") -> None:
        super().__init__(reason, detail, path, offset)
        self.limit = limit
        self.args = (reason, detail, path, offset, limit)


class EncodeError(_CodecError):
    """A value that cannot be written: ``reason``, and the ``path`` of the component at fault.

    >>> import isoill
    >>> isoill.encode("a letter")
    Traceback (most recent call last):
    isoill.errors.EncodeError: expected a value of a declared type, found str - at the value
    """


class ProtocolError(ILLError):
    """What the state tables do not allow; see its two kinds.  The transaction is as it was."""

    def __init__(
        self,
        detail: str,
        *,
        role: str = "",
        state: str = "",
        event: str = "",
        why: str = "",
        allowed: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        #: the role of the side that says so: a `Role`
        self.role = role
        #: the state that its transaction is in, and stays in: a `State`
        self.state = state
        #: what was tried, or came: an `Event`
        self.event = event
        #: what stands against it beside the state, where something does: "the item is a copy, which does not come back"
        self.why = why
        #: what might have been instead: each an `Event`
        self.allowed = allowed

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.__dict__)

    def __str__(self) -> str:
        where = f"the {self.role}'s transaction" if self.role else "the message"
        return f"{self.detail} - at {where}{f' in state {self.state}' if self.state else ''}"


def _rebuilt(cls: type[ProtocolError], told: dict[str, Any]) -> ProtocolError:
    """An error that was pickled or copied."""
    return cls(**told)


class LocalProtocolError(ProtocolError):
    """A message that this side may not send now; ``allowed`` is what it may.

    >>> from pathlib import Path
    >>> import isoill
    >>> responder = isoill.Transaction(role="responder")
    >>> apdu = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> try:
    ...     responder.send(apdu)
    ... except isoill.LocalProtocolError as error:
    ...     print(error)
    expected nothing to be sent, found ILL-Request - at the responder's transaction in state IDLE
    """


class RemoteProtocolError(ProtocolError):
    """A message that the other side may not send now; ``report`` is the answer that the standard wants.

    ``report`` is a `StatusOrErrorReport`, or None where the message was one itself: a report is never answered by
    another.  ``apdu`` is the message.

    >>> from pathlib import Path
    >>> import isoill
    >>> requester = isoill.Transaction(role="requester")
    >>> apdu = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> try:
    ...     requester.receive(apdu)
    ... except isoill.RemoteProtocolError as error:
    ...     print(error.report.error_report.provider_error_report)
    ProviderErrorReport(transaction_id_problem=TransactionIdProblem.UNKNOWN_TRANSACTION_ID)
    """

    def __init__(self, detail: str, *, apdu: Any, report: Any, **told: Any) -> None:
        super().__init__(detail, **told)
        self.apdu = apdu
        self.report = report

    @property
    def problem(self) -> Any:
        """What the report says is wrong: a `ProviderErrorReport` or a `UserErrorReport`; None where there is none."""
        error = None if self.report is None else self.report.error_report
        return None if error is None else error.provider_error_report or error.user_error_report


@record
class Deviation:
    """Something that lenient reading put up with: what, where, and the octets it is about.

    >>> deviation = Deviation(Reason.NON_MINIMAL, "the shortest form of the length", "a longer one", "Lost", 0)
    >>> str(deviation)
    'expected the shortest form of the length, found a longer one - at Lost, offset 0'
    """

    reason: Reason
    #: what a strict writer would have sent
    wanted: str
    #: what was there instead
    found: str
    #: as in `DecodeError`
    path: str
    #: as in `DecodeError`
    offset: int
    #: the octets from the offset on that deviate: a tag, tag and length, all of it, or (where the order does) nothing
    octets: bytes = b""

    @property
    def detail(self) -> str:
        """Both in a sentence, as a `DecodeError` says it."""
        return f"expected {self.wanted}, found {self.found}"

    def __str__(self) -> str:
        return f"{self.detail} - at {self.path or 'the start'}, offset {self.offset}"


@record(kw_only=True)
class Limits:
    """The most that decoding accepts of one APDU, so that no input costs more than its size explains.

    >>> Limits(octets=4096).octets
    4096
    """

    #: octets in one APDU, 16 MiB at most (websockets 1 MiB, YAZ 16 MiB)
    octets: int = 1 << 20
    #: depth of constructed values, 256 at most (OpenSSL 30, pyasn1 100)
    depth: int = 64
    #: depth of constructed strings, 64 at most (OpenSSL 5)
    string_depth: int = 8
    #: tag-length-values in one APDU (ASN1.js 10,000)
    elements: int = 20_000
    #: octets of one tag (pyasn1 20)
    tag_octets: int = 5
    #: octets of one length, after the first, 8 at most
    length_octets: int = 8
    #: octets of one INTEGER, so that ``str`` of it stays cheap
    integer_octets: int = 20
    #: arcs of one OBJECT IDENTIFIER, 1024 at most
    oid_arcs: int = 128
    #: octets of one arc, 128 at most: what is taken of a number in decimal grows with the square of its size
    oid_arc_octets: int = 20
    #: segments of one constructed string: 500,000 empty ones are 1 MB of nothing
    segments: int = 4_096
    #: deviations that lenient reading lists of one APDU, 4096 at most: each is larger than the octets it is about
    deviations: int = 4_096
    #: octets of padding before an APDU, and behind it, in lenient reading and in streams
    padding: int = 4_096

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            most = _MOST.get(field.name, (1 << 31) - 1)
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError(f"Limits.{field.name}: expected 1 to {most}, found {value!r}")


_MOST = {
    "octets": 16 << 20,
    "depth": 256,
    "string_depth": 64,
    "tag_octets": 8,
    "length_octets": 8,
    "integer_octets": 1024,
    "oid_arcs": 1024,
    "oid_arc_octets": 128,
    "deviations": 4_096,
}

#: What `isoill.decode` keeps when nothing else is said.
DEFAULT_LIMITS = Limits()

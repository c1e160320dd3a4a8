"""Octets to APDUs and back: what most programs need of isoill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, TypeVar, overload

try:
    from isoill import _ber
except ImportError as error:  # a checkout in which `pip install -e .` has not been run hides what is installed
    raise ImportError(f"isoill has no compiled core here ({error}): in a checkout, run `pip install -e .`") from None
from isoill.errors import DEFAULT_LIMITS, DecodeError, Deviation, Limits
from isoill.framing import APDU_TABLE, FrameBuffer
from isoill.oids import registered
from isoill.records import record
from isoill.types import ILLAPDU, Apdu, Extension, External, ILLAPDUType, TransactionId

__all__ = [
    "Envelope",
    "Examination",
    "Octets",
    "decode",
    "decode_from",
    "encode",
    "examine",
    "examine_from",
    "iter_apdus",
    "peek",
]

#: What may hold octets to be read.
Octets = bytes | bytearray | memoryview

T = TypeVar("T")

_TRANSACTION_ID = 1  # the place of transaction-id in every APDU
_CHUNK = 1 << 16  # octets read from a file at once
_WIDE = Limits(octets=16 << 20, elements=1 << 24)  # for what has been read already


@record
class Envelope:
    """What `peek` finds; see there for an example."""

    #: which of the twenty the APDU is
    apdu_type: ILLAPDUType
    #: the transaction it belongs to
    transaction_id: TransactionId
    #: of the whole APDU, in octets
    length: int


@record
class Examination:
    """What `examine` finds; see there for an example."""

    apdu: ILLAPDU
    #: every place where a strict writer would have written otherwise, in the order in which they were met
    deviations: tuple[Deviation, ...]

    @property
    def unknown_critical(self) -> tuple[Extension, ...]:
        """The extensions that are critical, and of a kind that is not registered (`isoill.payloads`).

        Who does not understand a critical extension must not act on the message but answer that; so it is said here,
        though it is no deviation.

        >>> import isoill
        >>> from pathlib import Path
        >>> isoill.examine(Path("examples/messages/ill-request.ber").read_bytes()).unknown_critical
        ()
        """
        return unknown_critical(self.apdu)


def unknown_critical(apdu: Apdu) -> tuple[Extension, ...]:
    """The critical extensions of a message that nobody here knows; see `Examination.unknown_critical`."""
    import isoill.payloads  # noqa: F401, PLC0415 - they register themselves; most messages have nothing critical

    extensions: tuple[Extension, ...] = getattr(apdu, "extensions", None) or ()
    return tuple(each for each in extensions if each.critical and registered(_kind_of(each)) is None)


def _kind_of(extension: Extension) -> str | None:
    """The object identifier in the EXTERNAL of an extension."""
    try:
        return decode(extension.item, type=External, strict=False, limits=_WIDE).direct_reference
    except DecodeError:
        return None


@overload
def decode(data: Octets, /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS, type: None = None) -> ILLAPDU: ...
@overload
def decode(data: Octets, /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS, type: type[T]) -> T: ...
@overload
def decode(data: Octets, /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS, type: Any) -> Any: ...
def decode(data: Octets, /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS, type: Any = None) -> Any:
    """The APDU, or the value of ``type``, that the octets are.

    ``data`` is one whole message in BER, of any length form.  With ``strict=False`` it may deviate from the module as
    real systems do (`examine` tells how).  ``type`` is any declared class or annotation of `isoill.asn1`; without it
    one of the twenty APDUs is wanted.  Raises `DecodeError`, of which `TruncatedError` means that octets are missing
    at the end and `LimitError` that ``limits`` are exceeded.

    >>> from pathlib import Path
    >>> import isoill
    >>> apdu = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> apdu.item_id.title
    'Anne of Green Gables'
    >>> isoill.decode(bytes.fromhex("300ca00aa1081b064f4f4e3a4f4e"), type=isoill.SystemId).symbol
    'OON:ON'
    """
    return _ber.read(APDU_TABLE if type is None else _ber.table(type), data, None if strict else [], limits)


def examine(data: Octets, /, *, limits: Limits = DEFAULT_LIMITS) -> Examination:
    """Read an APDU as leniently as is safe, and list every deviation from the module; nothing is hidden.

    Raises `DecodeError` for what cannot be put up with, as `decode` does.  `isoill.dialects` has the deviations that
    are known, and who makes them.

    >>> import isoill
    >>> lost = bytes.fromhex("6f1d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231")  # no 30 inside 6f
    >>> for deviation in isoill.examine(lost).deviations:
    ...     print(deviation)
    expected a SEQUENCE inside the APPLICATION tag, found [0] - at Lost, offset 0
    """
    examination: Examination = _examine.whole(APDU_TABLE, data, limits)
    return examination


def examine_from(data: Octets, offset: int = 0, /, *, limits: Limits = DEFAULT_LIMITS) -> tuple[Examination, int]:
    """`examine` the APDU that begins at ``offset``; also the offset at which it ends, behind padding if there is any.

    Offsets of deviations count from the start of ``data``.

    >>> import isoill
    >>> from pathlib import Path
    >>> data = Path("examples/messages/ill-request.ber").read_bytes()
    >>> examination, end = isoill.examine_from(data + b"more")
    >>> examination.deviations, end == len(data)
    ((), True)
    """
    return _examine.first(APDU_TABLE, data, offset, limits)


def decode_from(
    data: Octets, offset: int = 0, /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS
) -> tuple[ILLAPDU, int]:
    """The APDU that begins at ``offset``, and the offset at which it ends: behind padding, if reading is lenient.

    Raises `DecodeError` as `decode` does, and ValueError for an offset outside the data.

    >>> from pathlib import Path
    >>> import isoill
    >>> data = Path("examples/messages/ill-request.ber").read_bytes()
    >>> apdu, end = isoill.decode_from(data + b"more")
    >>> end == len(data)
    True
    """
    apdu: ILLAPDU
    apdu, end = _ber.read_from(APDU_TABLE, data, offset, None if strict else [], limits)
    return apdu, end


def iter_apdus(
    source: Octets | BinaryIO | Iterable[Octets], /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS
) -> Iterator[ILLAPDU]:
    """The APDUs that stand back to back in ``source``, one after the other.

    ``source`` is bytes, or a file open for reading them, or an iterable of pieces, however they are cut (the body of
    an HTTP answer).  A file is read in pieces; no more than one APDU and one piece are held at a time.  An APDU that
    cannot be read ends the iteration with a `DecodeError` whose ``offset`` counts from the start of ``source``.

    >>> from pathlib import Path
    >>> import isoill
    >>> data = Path("examples/messages/ill-request.ber").read_bytes()
    >>> [type(apdu).__name__ for apdu in isoill.iter_apdus(data + data)]
    ['ILLRequest', 'ILLRequest']
    """
    frames = FrameBuffer(strict=strict, limits=limits)
    for octets in frames.feed_from(_pieces(source)):
        try:
            apdu = decode(octets, strict=strict, limits=limits)
        except DecodeError as error:
            raise error._moved(frames.offset - len(octets)) from None
        yield apdu
    frames.finish()


def _pieces(source: Octets | BinaryIO | Iterable[Octets]) -> Iterator[Octets]:
    """The octets of a source, a piece at a time."""
    if isinstance(source, Octets):
        octets = memoryview(source)
        if not octets.c_contiguous:
            raise TypeError("source: expected octets in one row, found a memoryview with gaps")
        octets = octets.cast("B")
        for at in range(0, len(octets), _CHUNK):
            yield octets[at : at + _CHUNK]
    elif hasattr(source, "read"):
        read: Callable[[int], Any] = getattr(source, "read1", source.read)  # what has come is not kept waiting for more
        while piece := read(_CHUNK):
            if not isinstance(piece, bytes | bytearray | memoryview):
                found = f"one that gives {piece!r:.40}"
                raise TypeError(f"source: expected a file open for reading bytes ('rb'), found {found}")
            yield piece
        if piece is None:
            raise TypeError("source: expected a file that waits for its octets, found a non-blocking one")
    else:
        others: Any = source  # of which not all need be what was asked for
        if isinstance(others, str) or not isinstance(others, Iterable):
            expected = "bytes, a file open for reading them, or pieces of them"
            raise TypeError(f"source: expected {expected}, found {others!r:.40}")
        yield from others


def encode(value: object, /, *, defaults: bool = True, type: Any = None) -> bytes:
    """The octets of an APDU, or of any value of a declared type: definite, minimal, always the same.

    DEFAULT components are written, as libyaz refuses their absence; ``defaults=False`` omits them.
    ``type`` is wanted for values whose class does not say which ASN.1 type is meant: a ``str``, a ``tuple``.  Raises
    `EncodeError`.

    >>> import isoill
    >>> isoill.encode(isoill.SystemId.of("OON:ON")).hex()
    '300ca00aa1081b064f4f4e3a4f4e'
    """
    return _ber.write(None if type is None else _ber.table(type), value, defaults)


def peek(data: Octets, /) -> Envelope:
    """The kind, transaction and length of the first APDU in ``data``, without decoding the rest of it.

    What comes after the transaction-id is not looked at (but for its end, where its length is indefinite), and further
    APDUs may follow.  Raises `DecodeError` for what deviates as far as the transaction-id; limits are the default ones.

    >>> from pathlib import Path
    >>> import isoill
    >>> envelope = isoill.peek(Path("examples/messages/ill-request.ber").read_bytes())
    >>> envelope.apdu_type, envelope.transaction_id.transaction_qualifier
    (ILLAPDUType.ILL_REQUEST, '1')
    """
    envelope: Envelope = _peek(data)
    return envelope


_examine = _ber.Examine(Examination)
_peek = _ber.Peek(APDU_TABLE, _TRANSACTION_ID, tuple(ILLAPDUType), Envelope)

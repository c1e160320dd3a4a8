"""Octets to APDUs and back: what most programs need of isoill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, TypeVar, overload

from isoill import _ber
from isoill.asn1 import TypeName
from isoill.errors import DEFAULT_LIMITS, Deviation, LimitError, Limits, TruncatedError
from isoill.types import ILLAPDU, ILLAPDUType, TransactionId

__all__ = ["Envelope", "Examination", "Octets", "decode", "decode_from", "encode", "examine", "iter_apdus", "peek"]

#: What may hold octets to be read.
Octets = bytes | bytearray | memoryview

T = TypeVar("T")

_APDU = _ber.table(Annotated[ILLAPDU, TypeName("ILL-APDU")])
_TRANSACTION_ID = 1  # the place of transaction-id in every APDU
_CHUNK = 1 << 16  # octets read from a file at once


@dataclass(frozen=True, slots=True)
class Envelope:
    """What `peek` finds: the kind of an APDU, the transaction it belongs to, and its length in octets."""

    apdu_type: ILLAPDUType
    transaction_id: TransactionId
    length: int


@dataclass(frozen=True, slots=True)
class Examination:
    """What `examine` finds: the APDU, and every place where a strict writer would have written otherwise."""

    apdu: ILLAPDU
    deviations: tuple[Deviation, ...]


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

    >>> import isoill
    >>> apdu = isoill.decode(open("examples/messages/ill-request.ber", "rb").read())
    >>> apdu.item_id.title
    'Anne of Green Gables'
    >>> isoill.decode(bytes.fromhex("300ca00aa1081b064f4f4e3a4f4e"), type=isoill.SystemId).symbol
    'OON:ON'
    """
    return _ber.read(_APDU if type is None else _ber.table(type), data, strict, limits)


def examine(data: Octets, /, *, limits: Limits = DEFAULT_LIMITS) -> Examination:
    """Read an APDU as leniently as is safe, and list every deviation from the module; nothing is hidden.

    >>> import isoill
    >>> late = bytes.fromhex("6f233021800102a108a1031b0131a2031b0132a20ca00a8008323032363131323183018500")
    """
    apdu, deviations = _ber.read_lenient(_APDU, data, limits)
    return Examination(apdu, deviations)


def decode_from(
    data: Octets, offset: int = 0, /, *, strict: bool = True, limits: Limits = DEFAULT_LIMITS
) -> tuple[ILLAPDU, int]:
    """The APDU that begins at ``offset``, and the offset at which it ends.

    >>> import isoill
    >>> data = open("examples/messages/ill-request.ber", "rb").read()
    >>> apdu, end = isoill.decode_from(data + b"more")
    >>> end == len(data)
    True
    """
    apdu: ILLAPDU
    apdu, end = _ber.read_from(_APDU, data, offset, strict, limits)
    return apdu, end


def encode(value: object, /, *, defaults: bool = True, type: Any = None) -> bytes:
    """The octets of an APDU, or of any value of a declared type: definite, minimal, always the same.

    DEFAULT components are written, as widespread readers refuse their absence; ``defaults=False`` omits them.
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
    APDUs may follow.

    >>> import isoill
    >>> envelope = isoill.peek(open("examples/messages/ill-request.ber", "rb").read())
    >>> envelope.apdu_type, envelope.transaction_id.transaction_qualifier
    (ILLAPDUType.ILL_REQUEST, '1')
    """
    apdu_type, transaction_id, length = _ber.peek(_APDU, data, _TRANSACTION_ID)
    return Envelope(_APDU_TYPES[apdu_type], transaction_id, length)


_APDU_TYPES = tuple(ILLAPDUType)

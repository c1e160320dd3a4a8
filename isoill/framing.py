"""Whole APDUs out of a stream of octets, however it is cut into pieces."""

from __future__ import annotations

from typing import Annotated

from isoill import _ber
from isoill.asn1 import TypeName
from isoill.errors import DEFAULT_LIMITS, Limits
from isoill.types import ILLAPDU

__all__ = ["FrameBuffer"]

APDU_TABLE = _ber.table(Annotated[ILLAPDU, TypeName("ILL-APDU")])


class FrameBuffer(_ber.Frames):
    """Feed it the octets of a stream as they come, and take the whole APDUs out of it, as octets.

    `feed` returns the buffer itself, an iterator over the APDUs that are whole by now.  When it ends, more octets are
    needed: at least ``needed`` of them.  A loop that is left early loses nothing; the rest comes with the next.

    >>> import isoill
    >>> from pathlib import Path
    >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
    >>> frames = isoill.FrameBuffer()
    >>> list(frames.feed(octets[:100])), frames.needed > 0
    ([], True)
    >>> [isoill.peek(frame).apdu_type.name for frame in frames.feed(octets[100:] + octets)]
    ['ILL_REQUEST', 'ILL_REQUEST']

    `feed_from` takes the pieces from an iterable itself, each when it is wanted, and saves the call for each:

    >>> len(list(frames.feed_from(octets[at : at + 1] for at in range(len(octets)))))
    1

    What an APDU says is not looked at, only where it ends.  So a frame may be one that `isoill.decode` refuses, even
    one of an unknown type; the next one is not disturbed by that.  Between APDUs there may be padding (00, CR, LF),
    which is passed over and counted (``padding``); with ``strict=True`` that is an error, and so is an APPLICATION tag
    without its SEQUENCE.

    What cannot be an APDU is a `DecodeError`, raised by the iterator in its turn, its ``offset`` counted from the start
    of the stream.  An APDU that announces more than ``limits.octets`` is refused as soon as its length is there, with a
    `LimitError`; that stream can go on (``can_continue``), and the APDU is passed over.  After any other error the next
    APDU cannot be told from the rest of the last, ``can_continue`` is False, and every further attempt raises the error
    again.  `finish` says what is wrong with a stream that ends inside an APDU.

    >>> frames = isoill.FrameBuffer(limits=isoill.Limits(octets=8))
    >>> for frame in frames.feed(bytes.fromhex("6f0a 30080000000000000000")):
    ...     print("never")
    Traceback (most recent call last):
    isoill.errors.LimitError: expected at most 8 octets, found more - at Lost, offset 0
    >>> frames.can_continue, [frame.hex() for frame in frames.feed(bytes.fromhex("6900"))]
    (True, ['6900'])
    """

    def __init__(self, *, strict: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(APDU_TABLE, strict, limits)

    def __repr__(self) -> str:
        return f"<FrameBuffer at offset {self.offset}, {self.held} octets held>"

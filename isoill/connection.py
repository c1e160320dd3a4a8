"""A connection without its socket: the octets that come become events, and messages become the octets to send."""

from __future__ import annotations

from collections.abc import Iterator

from isoill.asn1 import type_of
from isoill.codec import Octets, decode, encode, examine
from isoill.errors import (
    DEFAULT_LIMITS,
    DecodeError,
    Deviation,
    Limits,
    LocalProtocolError,
    RemoteProtocolError,
    TruncatedError,
)
from isoill.framing import FrameBuffer
from isoill.problems import report_of
from isoill.records import record
from isoill.types import ILLAPDU, Apdu, StatusOrErrorReport

__all__ = ["ApduReceived", "Connection", "ConnectionEnded", "Event", "ProtocolViolation"]

_PADDING = (0, 10, 13)  # as `FrameBuffer` passes over between APDUs
_HEADER = 2  # octets that a frame buffer waits for when nothing has come


@record
class ApduReceived:
    """A message has come."""

    #: the message; leniently read, where it deviates
    apdu: ILLAPDU
    #: as they came
    octets: bytes
    #: what lenient reading put up with, as `isoill.examine` lists it
    deviations: tuple[Deviation, ...] = ()


@record
class ProtocolViolation:
    """Something has come that may not; what comes next is not disturbed by it."""

    #: octets that are no APDU, or an APDU that may not come here
    error: DecodeError | RemoteProtocolError
    #: of the APDU, where it could be told from the rest: the error's offset counts from their start, otherwise from
    #: the start of the stream
    octets: bytes
    #: what answers it; None where that would answer a report, or a message on a connection that has no answers
    report: StatusOrErrorReport | None


@record
class ConnectionEnded:
    """Nothing more comes.  There is one of these, and it is the last event."""

    #: None where the other side ended between messages; otherwise a `TruncatedError` where it ended inside one, or what
    #: makes it impossible to tell where the next begins
    error: DecodeError | None = None


Event = ApduReceived | ProtocolViolation | ConnectionEnded


class Connection:
    """One end of a connection over which APDUs go back to back, without its input and output.

    Give it the octets that come (`receive_data`, of which ``b""`` is the end of what the other side sends), take the
    `events` out of it, and write what `send` returns.

    >>> from pathlib import Path
    >>> octets = Path("examples/messages/ill-request.ber").read_bytes()
    >>> connection = Connection()
    >>> connection.receive_data(octets + octets[:100])
    >>> [type(event.apdu).__name__ for event in connection.events()], connection.held
    (['ILLRequest'], 100)
    >>> connection.receive_data(b"")
    >>> for event in connection.events():
    ...     print(event.error)
    expected at least 13 more octets, found the end of the data - at ILL-Request.requester_id, offset 766

    Messages are read as leniently as `isoill.examine` does, or with ``strict=True`` as `isoill.decode`.  What cannot be
    read is a `ProtocolViolation`, with the report that answers it.  It is also the last thing before `ConnectionEnded`
    where it makes it impossible to go on.

    With ``duplex=False`` one side sends and the other receives, and has no answer on that connection (TCP port 1611
    of the IPIG profile).  ``connecting`` says which we are: who connects sends.  Where it is None the first APDU
    decides.

    >>> simplex = Connection(duplex=False, connecting=False)
    >>> simplex.send(octets)
    Traceback (most recent call last):
    isoill.errors.LocalProtocolError: expected no answer on a simplex connection, found octets - at the message
    """

    def __init__(
        self,
        *,
        duplex: bool = True,
        connecting: bool | None = None,
        strict: bool = False,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._frames = FrameBuffer(strict=strict, limits=limits)
        self._strict = strict
        self._limits = limits
        self._duplex = duplex
        self._sending = connecting  # of a simplex connection; None where it is not known yet
        self._last = -1  # the last octet that has come
        self._ended = False
        self._failed: DecodeError | None = None  # after which nothing can be read
        self._over = False
        self._closed = False
        self._received = self._sent = 0

    def __repr__(self) -> str:
        return f"<Connection with {self._received} received, {self._sent} sent, {self.held} octets held>"

    @property
    def duplex(self) -> bool:
        """Whether both sides may send."""
        return self._duplex

    @property
    def held(self) -> int:
        """Octets that have come and have not been given as events."""
        return self._frames.held

    @property
    def in_message(self) -> bool:
        """Whether part of an APDU has come, and the rest is awaited; look after the events have been taken."""
        held = self._frames.held
        if held == 0:  # then it waits for a header, or passes over an APDU that is too large
            return self._frames.needed != _HEADER
        return not (held == 1 and self._last in _PADDING)

    @property
    def ended(self) -> bool:
        """Whether nothing more is read: the other side has ended, or its octets make no sense any more."""
        return self._ended or self._failed is not None

    @property
    def closed(self) -> bool:
        """Whether we send no more."""
        return self._closed

    @property
    def received(self) -> int:
        """APDUs given as events."""
        return self._received

    @property
    def sent(self) -> int:
        """Calls of `send` that gave octets: as many APDUs."""
        return self._sent

    def receive_data(self, data: Octets, /) -> None:
        """Take octets that have come; ``b""`` says that no more will.  Nothing is read yet: `events` does.

        Raises ValueError for octets behind the end.
        """
        if not isinstance(data, Octets):
            raise TypeError(f"expected bytes, bytearray or memoryview, found {type(data).__name__}")
        if not data:
            self._ended = True
        elif self._ended:
            raise ValueError("expected nothing behind the end, found octets")
        else:
            self._frames.feed(data)
            self._last = memoryview(data).cast("B")[-1]

    def receive_eof(self) -> None:
        """The other side sends no more: ``receive_data(b"")``."""
        self.receive_data(b"")

    def events(self) -> Iterator[Event]:
        """What is whole by now, read when it is asked for.  A loop that is left early loses nothing."""
        while (event := self._next()) is not None:
            yield event

    def send(self, message: Apdu | Octets, /) -> bytes:
        """The octets to send for an APDU, or for one that is encoded already.

        Raises `LocalProtocolError` after `close`, and on the receiving side of a simplex connection; `EncodeError` for
        what cannot be written.
        """
        octets = bytes(message) if isinstance(message, Octets) else encode(message)
        if self._closed:
            raise LocalProtocolError(f"expected nothing after the end of our side, found {_name(message)}")
        if not self._duplex:
            if self._sending is False:
                raise LocalProtocolError(f"expected no answer on a simplex connection, found {_name(message)}")
            self._sending = True
        self._sent += 1
        return octets

    def close(self) -> None:
        """We send no more; the caller then closes its half of the connection."""
        self._closed = True

    def _next(self) -> Event | None:
        if self._over:
            return None
        if self._failed is not None:
            return self._end(self._failed)
        try:
            octets = next(self._frames, None)
            if octets is None:
                if not self._ended:
                    return None
                self._frames.finish()
                return self._end(None)
        except TruncatedError as error:  # most often the other side broke down: nobody waits for an answer
            return self._end(error)
        except DecodeError as error:
            if not self._frames.can_continue:
                self._failed = error
            return ProtocolViolation(error, b"", _report_without_octets(error))
        return self._read(octets)

    def _end(self, error: DecodeError | None) -> ConnectionEnded:
        self._over = True
        return ConnectionEnded(error)

    def _read(self, octets: bytes) -> Event:
        apdu: ILLAPDU
        deviations: tuple[Deviation, ...] = ()
        if not self._duplex and self._sending is None:
            self._sending = False
        try:
            if self._strict:
                apdu = decode(octets, limits=self._limits)
            else:
                examination = examine(octets, limits=self._limits)
                apdu, deviations = examination.apdu, examination.deviations
        except DecodeError as error:
            return ProtocolViolation(error, octets, report_of(error, octets))
        if not self._duplex and self._sending:
            detail = f"expected no answer on a simplex connection, found {_name(apdu)}"
            return ProtocolViolation(RemoteProtocolError(detail, apdu=apdu, report=None), octets, None)
        self._received += 1
        return ApduReceived(apdu, octets, deviations)


def _report_without_octets(error: DecodeError) -> StatusOrErrorReport | None:
    """The report about octets that were not kept; of a report, only the path tells that it is one."""
    if error.path.split(".")[0] == type_of(StatusOrErrorReport).name:
        return None
    return report_of(error, b"")


def _name(message: Apdu | Octets) -> str:
    return type_of(type(message)).name if isinstance(message, Apdu) else "octets"

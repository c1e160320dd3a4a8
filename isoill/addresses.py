"""Where messages go: host, port and transport, as people write them and as messages name them."""

from __future__ import annotations

import ipaddress
import re
from typing import Self

from isoill.errors import ILLError
from isoill.records import record
from isoill.types import SystemAddress

__all__ = ["Address", "AddressError", "host_and_port"]

#: The names of a service in a telecom-service-identifier: "TCP/IP" and "SMTP" were seen, "TCP" is inferred.
_TCP, _MAIL = ("TCP/IP", "TCP"), ("SMTP",)
#: By custom 499 is duplex, and any other port is not ([beds]).
_DUPLEX_PORT = 499
#: A host, or a literal IPv6 address in brackets, and a port.
_HOST_PORT = re.compile(r"(?:\[([^\s@\[\]]+)\]|([^\s:@\[\]]+))(?::([0-9]{1,5}))?")
_MAILBOX = re.compile(r"[^\s@<>]+@[^\s@<>]+")


class AddressError(ILLError, ValueError):
    """A text that is no address; the message says what was wanted and what was there."""


def host_and_port(text: str, *, port: int | None = None, lowest: int = 1) -> tuple[str, int]:
    """A host and its port; ``port`` stands in where the text has none.

    >>> host_and_port("ill.example.org:1611"), host_and_port("[2001:db8::7]:499")
    (('ill.example.org', 1611), ('2001:db8::7', 499))
    >>> host_and_port("ill.example.org")
    Traceback (most recent call last):
    isoill.addresses.AddressError: expected HOST:PORT, found 'ill.example.org'
    """
    found = _HOST_PORT.fullmatch(text.strip())
    number = port if found is None or found[3] is None else int(found[3])
    if found is None or number is None or not _is_literal(found[1]):
        raise AddressError(f"expected HOST:PORT, found {text!r:.80}")
    if not lowest <= number <= 65535:
        raise AddressError(f"expected a port from {lowest} to 65535, found {number}")
    return found[1] or found[2], number


def _is_literal(text: str | None) -> bool:
    """Whether what was in brackets is an IPv6 address, as nothing else may be."""
    try:
        return text is None or ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


@record
class Address:
    """Where messages go; as text, ``HOST:PORT simplex``, ``HOST:PORT duplex`` or ``NAME@HOST mail``.

    >>> address = Address.of("ill.example.org:1611 simplex")
    >>> address.host, address.port, address.duplex, str(address)
    ('ill.example.org', 1611, False, 'ill.example.org:1611 simplex')
    >>> Address.of("ill.example.org:499").duplex, str(Address.of("ill@example.org"))
    (True, 'ill@example.org mail')
    """

    #: of mail, the whole address
    host: str
    #: None for mail
    port: int | None = None
    #: whether answers may come on the same connection
    duplex: bool = False
    #: whether the connection is by TLS
    tls: bool = False

    @classmethod
    def of(cls, text: str, /) -> Self:
        """The address that a text means; without a word for the transport it is that of the port.

        Raises `AddressError`.
        """
        place, *words = text.split() or [""]
        tls = words[-1:] == ["tls"]
        mode = " ".join(words[:-1] if tls else words)
        if mode == "mail" or (not mode and "@" in place):
            if tls or not _MAILBOX.fullmatch(place):
                raise AddressError(f"expected NAME@HOST, found {text!r:.80}")
            return cls(place)
        if mode not in ("", "simplex", "duplex"):
            raise AddressError(f"expected simplex, duplex or mail, found {mode!r:.40}")
        host, port = host_and_port(place)
        return cls(host, port, duplex=mode == "duplex" or (not mode and port == _DUPLEX_PORT), tls=tls)

    @classmethod
    def named_by(cls, address: SystemAddress, /) -> Self | None:
        """What an address in a message means; None where it names no service or place that is known.

        >>> from isoill import SystemAddress
        >>> named = SystemAddress(telecom_service_identifier="TCP/IP", telecom_service_address="192.0.2.7:1611")
        >>> str(Address.named_by(named))
        '192.0.2.7:1611 simplex'
        """
        service = (address.telecom_service_identifier or "").strip().upper()
        place = (address.telecom_service_address or "").strip()
        try:
            if service in _MAIL:
                return cls.of(f"{place} mail")
            return cls.of(place) if service in _TCP and place and " " not in place and "@" not in place else None
        except AddressError:
            return None

    @property
    def is_mail(self) -> bool:
        """Whether it is a mailbox."""
        return self.port is None

    @property
    def place(self) -> str:
        """Host and port, or the mailbox."""
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        mode = "mail" if self.is_mail else "duplex" if self.duplex else "simplex"
        return f"{self.place} {mode}{' tls' if self.tls else ''}"

"""Who may connect, and who may send: by network, by certificate, and by what a message says of its sender."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from isoill.connection import ApduReceived, Event, ProtocolViolation
from isoill.errors import RemoteProtocolError
from isoill.matching import senders_of
from isoill.problems import refusal
from isoill.types import UserErrorReport

__all__ = ["Admission", "address_of"]

_PIN = "sha256:"
_NOT_KNOWN = UserErrorReport(security_problem="the sender is not known here")


class Admission:
    """Who is let in; None lets everybody in.

    ``networks`` are texts as `ipaddress.ip_network` takes them.  ``symbols`` are those of the partners that may send: a
    message that names its sender must name one of them (one that does not name it passes).  ``certificates`` gives the
    partner for a name in a client's certificate (DNS or URI of subjectAltName; the common name where there is none of
    these), or for ``sha256:`` and the digest of the certificate in DER, in hexadecimal.  ValueError for what is no
    network or no digest.

    >>> admission = Admission(networks=["192.0.2.0/24"], certificates={"ill.example.org": "OON"})
    >>> admission.admits("::ffff:192.0.2.7"), admission.admits("198.51.100.1")
    (True, False)
    >>> admission.partner_of({"subjectAltName": (("DNS", "ILL.example.org"),)}, b"")
    'OON'
    """

    def __init__(
        self,
        *,
        networks: Iterable[str] | None = None,
        symbols: Iterable[str] | None = None,
        certificates: Mapping[str, str] | None = None,
    ) -> None:
        for name, value in (("networks", networks), ("symbols", symbols)):
            if isinstance(value, str):  # of which each character would be one
                raise TypeError(f"{name}: expected several texts, found {value!r:.40}")
        self._networks = None if networks is None else [ipaddress.ip_network(each) for each in networks]
        self._symbols = None if symbols is None else frozenset(each.strip() for each in symbols)
        self._certificates = None if certificates is None else {_key(each): certificates[each] for each in certificates}

    @property
    def wants_certificates(self) -> bool:
        """Whether nobody gets in without a certificate that is known."""
        return self._certificates is not None

    def admits(self, address: str, /) -> bool:
        """Whether somebody at an address may connect."""
        if self._networks is None:
            return True
        here = ipaddress.ip_address(address_of(address))
        return any(here in network for network in self._networks)

    def partner_of(self, certificate: Mapping[str, Any], der: bytes, /) -> str | None:
        """The partner whose certificate this is, as `ssl.SSLSocket.getpeercert` gives it, and in DER; or None.

        The digest goes before names, and names in the order of the certificate.
        """
        known = self._certificates or {}
        names = [_PIN + sha256(der).hexdigest(), *_names(certificate)]
        return next((known[name] for name in names if name in known), None)

    def judge(self, event: Event, /) -> Event:
        """The event, or the violation that it is where a message comes from nobody who may send."""
        if self._symbols is None or not isinstance(event, ApduReceived):
            return event
        senders = senders_of(event.apdu)
        if not senders or any(each.symbol is not None and each.symbol.strip() in self._symbols for each in senders):
            return event
        # the symbol is a stranger's text, and may go to a log
        detail = f"expected a sender that is known, found {senders[0].symbol!a:.40}"
        error: RemoteProtocolError = refusal(event.apdu, detail, _NOT_KNOWN, None)
        return ProtocolViolation(error, event.octets, error.report)


def address_of(host: str, /) -> str:
    """An address in its one form: IPv4 where it is one in IPv6's clothes, without a zone.

    >>> address_of("::ffff:192.0.2.7"), address_of("fe80::1%eth0")
    ('192.0.2.7', 'fe80::1')
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _key(name: str) -> str:
    """A name of the mapping as names of certificates are looked up in it."""
    if not name.lower().startswith(_PIN):
        return name if ":" in name else name.lower()  # a URI is what it is; of a host name the case is nothing
    digest = name[len(_PIN) :].replace(":", "").lower()
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(f"certificates: expected sha256: and 64 hexadecimal digits, found {name!r:.100}")
    return _PIN + digest


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    alternatives = [(kind, name) for kind, name in certificate.get("subjectAltName", ()) if kind in ("DNS", "URI")]
    for kind, name in alternatives:
        yield name.lower() if kind == "DNS" else name
    if not alternatives:
        for attributes in certificate.get("subject", ()):
            yield from (value.lower() for name, value in attributes if name == "commonName")

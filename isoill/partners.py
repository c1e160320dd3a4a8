"""Who we are, and whom we deal with: a TOML file with all partners, what each may say, and where each is."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path
from typing import TypeAlias

from isoill.addresses import Address, AddressError, host_and_port
from isoill.matching import is_among, senders_of
from isoill.payloads import APDUDeliveryParameters, PromptObject
from isoill.profiles import PROFILES, Contact, Listener, PartnerError, Profile, load_profile
from isoill.profiles.rules import blank
from isoill.profiles.table import Table, read_table
from isoill.records import record
from isoill.services import Transport
from isoill.types import Apdu, SystemId

__all__ = ["MailSettings", "Network", "Partner", "Partners", "in_networks", "load_partners"]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@record(kw_only=True)
class Partner:
    """One with whom we deal."""

    #: what the file calls it
    name: str
    #: what it accepts, who it is, and who we are to it
    profile: Profile
    #: by which it calls itself in messages
    symbols: tuple[SystemId, ...] = ()
    #: where it is reached; None if only it comes to us
    address: Address | None = None
    #: from where it may connect; None where the file does not say: from its address
    networks: tuple[Network, ...] | None = None
    #: a name in its client certificate, or ``sha256:`` and the digest of that
    certificate: str | None = None

    def may_send(self, apdu: Apdu) -> bool:
        """Whether a message may be this partner's, by the names in it; it is, if it has none."""
        named = senders_of(apdu)
        return not named or any(is_among(each, self.symbols) for each in named)

    def is_called(self, system: SystemId) -> bool:
        """Whether this is one of its symbols."""
        return is_among(system, self.symbols)

    def __repr__(self) -> str:
        return f"<Partner {self.name}>"  # its profile may hold a logon


@record(kw_only=True)
class MailSettings:
    """How we send and receive by mail."""

    #: host and port of the server that takes our letters
    smtp: str
    #: our own address
    sender: str
    #: where letters to us are put; None if they come another way
    maildir: str | None = None


@record(kw_only=True)
class Partners:
    """All of them, and who we are.

    >>> partners = load_partners("examples/partners/partners.toml")
    >>> partners.own_id.symbol, [partner.name for partner in partners]
    ('EX:MSL', ['hill', 'valley', 'lake'])
    >>> str(partners["hill"].address), partners["hill"].profile.name
    ('ill.hill.example.org:1611 simplex', 'hill')
    """

    own_id: SystemId | None = None
    partners: tuple[Partner, ...] = ()
    mail: MailSettings | None = None

    def __iter__(self) -> Iterator[Partner]:
        yield from self.partners

    def __getitem__(self, name: str) -> Partner:
        """The partner of that name in the file; KeyError if there is none."""
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str | None) -> Partner | None:
        """The partner of that name in the file, if there is one."""
        return next((each for each in self.partners if each.name == name), None)

    def called(self, text: str) -> Partner | None:
        """The partner of that name in the file, or of that symbol."""
        symbol = SystemId.of(text) if text else None
        found = (each for each in self if each.name == text or (symbol is not None and each.is_called(symbol)))
        return next(found, None)

    def __repr__(self) -> str:
        return f"<Partners {', '.join(each.name for each in self.partners)}>"


def load_partners(path: str | os.PathLike[str], /) -> Partners:
    """What a file says; the how-to page about running a node says what may be in it.

    Raises `PartnerError` for what the file says wrong, OSError where it cannot be read.
    """
    return read_table(path, lambda table: _partners(table, Path(path).parent))


def _partners(table: Table, folder: Path) -> Partners:
    own = table.below("own")
    symbol, places = own.text("symbol"), _own_addresses(own)
    own.end()
    own_id = None if symbol is None else SystemId.of(symbol)
    mail = _mail(table.below("mail"), folder)
    entries = table.below("partners")
    names = list(entries.items)
    partners: list[Partner] = []
    for name in names:
        partner = _partner(entries.below(name), name, folder, own_id, places)
        for other in partners:
            for each in partner.symbols:
                if other.is_called(each):
                    raise PartnerError(f"partners.{name}: expected a symbol of its own, found that of {other.name}")
            if partner.certificate is not None and _plain(partner.certificate) == _plain(other.certificate):
                raise PartnerError(f"partners.{name}: expected a certificate of its own, found that of {other.name}")
        if partner.address is not None and partner.address.is_mail and mail is None:
            raise PartnerError(f"partners.{name}: expected a table mail for a partner by mail, found none")
        partners.append(partner)
    table.end()
    return Partners(own_id=own_id, partners=tuple(partners), mail=mail)


def _own_addresses(own: Table) -> tuple[Address, ...]:
    """One address, or several in order of preference."""
    own.known.append("address")
    given = own.items.pop("address", None)
    texts = given if isinstance(given, list) else [] if given is None else [given]
    return tuple(_address(each, own.place("address")) for each in texts)


def _address(text: object, place: str) -> Address:
    if not isinstance(text, str):
        raise PartnerError(f"{place}: expected HOST:PORT, found {text!r:.60}")
    try:
        return Address.of(text)
    except AddressError as error:
        raise PartnerError(f"{place}: {error}") from None


def _mail(table: Table, folder: Path) -> MailSettings | None:
    given = bool(table.items)
    smtp, sender, maildir = table.text("smtp"), table.text("from"), table.text("maildir")
    table.end()
    if not given:
        return None
    if sender is None:
        raise PartnerError("mail.from: expected our own address, found none")
    _address(f"{parseaddr(sender)[1] or sender} mail", "mail.from")
    try:
        host_and_port(smtp or "localhost", port=25)
    except AddressError as error:
        raise PartnerError(f"mail.smtp: {error}") from None
    where = None if maildir is None else str(folder / maildir)
    return MailSettings(smtp=smtp or "localhost:25", sender=sender, maildir=where)


def _partner(table: Table, name: str, folder: Path, own_id: SystemId | None, places: tuple[Address, ...]) -> Partner:
    if blank(name) or not name.isprintable():
        raise PartnerError(f"partners: expected a line of text as the name of a partner, found {name!r:.60}")
    base = _base(table.text("profile"), table.place("profile"), folder)
    symbols = [*filter(None, [table.text("symbol")]), *table.texts("symbols")]
    if any(map(blank, symbols)):
        raise PartnerError(f"{table.place('symbols')}: expected symbols, found {symbols!r:.60}")
    systems = tuple(map(SystemId.of, symbols)) or tuple(filter(None, [base.contact.partner_id]))
    if not systems:
        raise PartnerError(f"{table.where}: expected a symbol, found none")
    title, logon = table.text("partner"), table.below("logon", secret=True)
    address = _reached(table, base)
    networks = _networks(table)
    certificate = _certificate(table.text("certificate"), table.place("certificate"))
    user, password = logon.text("user"), logon.text("password")
    if (user is None) != (password is None):
        raise PartnerError(f"{logon.where}: expected user and password, found one of them")
    for each in (logon, table):
        each.end()
    contact = base.contact
    contact = Contact(
        own_id=own_id or contact.own_id,
        partner_id=systems[0],
        own_addresses=tuple(map(_delivery, places)) or contact.own_addresses,
        partner_addresses=contact.partner_addresses if address is None else (_delivery(address),),
        host=contact.host if address is None else address.host,
        logon=contact.logon if user is None or password is None else PromptObject.logon(user, password),
    )
    profile = replace(base, name=name, title=title or base.title, base=base, contact=contact)
    return Partner(
        name=name,
        profile=profile,
        symbols=systems,
        address=address,
        networks=networks,
        certificate=certificate,
    )


def _base(name: str | None, place: str, folder: Path) -> Profile:
    if name is None or name in PROFILES:
        return PROFILES[name or "standard"]
    if not name.lower().endswith(".toml"):
        raise PartnerError(f"{place}: expected one of {', '.join(PROFILES)}, or a FILE.toml, found {name!r:.60}")
    try:
        return load_profile(folder / name)
    except OSError as error:
        raise PartnerError(f"{place}: expected a file that can be read, found {error.strerror}: {name!r:.60}") from None


_DIGEST = re.compile("sha256[0-9a-f]{64}", re.IGNORECASE)
_MODES = ("simplex", "duplex", "mail")


def _reached(table: Table, base: Profile) -> Address | None:
    """Where the partner listens: what the entry says, and for the rest what its profile does."""
    text, mode = table.text("address"), table.text("transport")
    tls = table.take("tls", bool, "true or false")
    if mode is not None and mode not in _MODES:
        raise PartnerError(f"{table.place('transport')}: expected one of {', '.join(_MODES)}, found {mode!r:.60}")
    listener = next(iter(base.listeners), Listener(Transport.CONNECTION, 1611))
    place = text or base.contact.host
    if place is None:
        if mode is not None or tls:
            raise PartnerError(f"{table.place('address')}: expected an address, found none")
        return None
    if mode is None and "@" not in place:
        port = place.rpartition(":")[2]
        usual = {"499": True, "1611": False}.get(port, listener.duplex)
        mode = "duplex" if usual else "simplex"
    try:
        if mode == "mail" or mode is None:
            if tls:
                raise PartnerError(f"{table.place('tls')}: expected none for a partner by mail, found true")
            return Address.of(f"{place} mail")
        if text is None or _has_no_port(place):
            ports = [each.port for each in base.listeners if each.port and each.duplex == (mode == "duplex")]
            place = f"{place}:{(ports or [499 if mode == 'duplex' else 1611])[0]}"
        return Address.of(f"{place} {mode}{' tls' if tls else ''}")
    except AddressError as error:
        raise PartnerError(f"{table.place('address')}: {error}") from None


def _has_no_port(place: str) -> bool:
    return ":" not in place or place.endswith("]")


def _certificate(text: str | None, place: str) -> str | None:
    if text is not None and text.lower().startswith("sha256:") and not _DIGEST.fullmatch(text.replace(":", "")):
        raise PartnerError(f"{place}: expected sha256: and 64 hexadecimal digits, found {text!r:.100}")
    return text


def _plain(certificate: str | None) -> str | None:
    """A name or a digest in the one form in which it is compared."""
    return None if certificate is None else certificate.replace(":", "").lower()


def _networks(table: Table) -> tuple[Network, ...] | None:
    if "networks" not in table.items:
        table.known.append("networks")
        return None
    found = []
    for text in table.texts("networks"):
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise PartnerError(f"{table.place('networks')}: expected a network, found {text!r:.60}: {error}") from None
    return tuple(found)


def _delivery(address: Address) -> APDUDeliveryParameters:
    return APDUDeliveryParameters.of("SMTP" if address.is_mail else "TCP/IP", address.place)


def in_networks(host: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of several networks; an IPv4 address in IPv6 notation is IPv4.

    >>> in_networks("::ffff:192.0.2.7", [ipaddress.ip_network("192.0.2.0/24")])
    True
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)

"""A partner of your own, from a TOML file: who it is, where it is, and what it does otherwise than its base profile."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from isoill.asn1 import Kind, fields_of, type_of
from isoill.payloads import APDUDeliveryParameters, PromptObject
from isoill.profiles.alma import ALMA
from isoill.profiles.contact import Contact
from isoill.profiles.illiad import ILLIAD
from isoill.profiles.ipig import IPIG
from isoill.profiles.oclc import OCLC
from isoill.profiles.profile import Listener, Profile
from isoill.profiles.rules import Rule, Severity, filled
from isoill.profiles.standard import STANDARD
from isoill.profiles.table import PartnerError, Table, read_table, shown_value
from isoill.services import SENDERS, Transport
from isoill.types import Apdu, SystemId

__all__ = ["PROFILES", "PartnerError", "get_profile", "load_profile"]

#: The profiles that isoill brings, by name.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (STANDARD, IPIG, OCLC, ALMA, ILLIAD)}
)


def get_profile(name: str, /) -> Profile:
    """The profile of that name: ``standard``, ``ipig``, ``oclc``, ``alma``, ``illiad``.  LookupError for any other.

    >>> get_profile("alma").listeners[0].port
    9001
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise LookupError(f"expected one of {', '.join(PROFILES)}, found {name!r:.60}") from None


def load_profile(path: str | os.PathLike[str], /) -> Profile:
    """The profile of a partner, from a TOML file; the how-to page about partners says what may be in it.

    Raises `PartnerError` for what the file says wrong, OSError where it cannot be read.

    >>> profile = load_profile("examples/partners/hill.toml")
    >>> profile.title, profile.contact.host, str(profile.listeners[0])
    ('Hill University Library', 'ill.hill.example.org', 'TCP port 1611, simplex')
    """
    name = re.sub(r"(?i)\.toml$", "", Path(path).name)
    return read_table(path, lambda table: _profile(table, name))


def _profile(table: Table, name: str) -> Profile:
    title = table.text("partner")
    if title is None:
        raise PartnerError("partner: expected the partner's name, found none")
    base_name = table.text("base") or "standard"
    if base_name not in PROFILES:
        raise PartnerError(f"base: expected one of {', '.join(PROFILES)}, found {base_name!r:.60}")
    base = PROFILES[base_name]
    host = table.text("address")
    listeners = _listeners(table, base)
    symbol, own, logon = table.text("symbol"), table.below("own"), table.below("logon", secret=True)
    rules = _rules(table.below("rules"), base)
    required = _required(table.texts("require"))
    recipient = _addresses(table.tables("delivery"))
    own_symbol, sender = own.text("symbol"), _addresses(own.tables("delivery"))
    user, password = logon.text("user"), logon.text("password")
    if (user is None) != (password is None):
        raise PartnerError("logon: expected user and password, found one of them")
    for each in (own, logon, table):
        each.end()
    return Profile(
        name=name,
        title=title,
        summary=f"A partner that is {base.title} but for what its file says.",
        base=base,
        rules=(*rules, *required),
        services=base.services,
        services_source=base.services_source,
        listeners=listeners,
        listeners_source=base.listeners_source if listeners is base.listeners else "",
        contact=Contact(
            own_id=None if own_symbol is None else SystemId.of(own_symbol),
            partner_id=None if symbol is None else SystemId.of(symbol),
            own_addresses=sender,
            partner_addresses=recipient or _usual_address(host, listeners),
            host=host,
            logon=None if user is None or password is None else PromptObject.logon(user, password),
        ),
    )


_MODES = ("simplex", "duplex", "mail")


def _listeners(table: Table, base: Profile) -> tuple[Listener, ...]:
    port = table.take("port", int, "a number from 1 to 65535")
    if port is not None and not 1 <= port <= 65535:
        raise PartnerError(f"port: expected a number from 1 to 65535, found {shown_value(port)}")
    mode = table.text("transport")
    if mode is not None and mode not in _MODES:
        raise PartnerError(f"transport: expected one of {', '.join(_MODES)}, found {mode!r:.60}")
    if mode == "mail":
        if port is not None:
            raise PartnerError(f"port: expected none with mail, found {port}")
        return (Listener(Transport.MAIL),)
    if mode is None and port is None:
        return base.listeners
    usual = base.listeners[0]
    duplex = mode == "duplex" if mode is not None else port == 499 or (port != 1611 and usual.duplex)
    if port is None:
        ports = [each.port for each in base.listeners if each.duplex == duplex and each.port is not None]
        port = ports[0] if ports else 499 if duplex else 1611
    return (Listener(Transport.CONNECTION, port, duplex=duplex),)


def _usual_address(host: str | None, listeners: tuple[Listener, ...]) -> tuple[APDUDeliveryParameters, ...]:
    """What the file says of the partner's place, as APDU-Delivery-Info has it."""
    if host is None or not listeners:
        return ()
    listener = listeners[0]
    if listener.transport is Transport.MAIL:
        return (APDUDeliveryParameters.of("SMTP", host),)
    return (APDUDeliveryParameters.of("TCP/IP", f"{host}:{listener.port}"),)


def _addresses(tables: list[Table]) -> tuple[APDUDeliveryParameters, ...]:
    made = []
    for table in tables:
        service, address, aliases = table.text("service"), table.text("address"), table.texts("aliases")
        if service is None or address is None:
            found = "neither" if service is address else "one of them"
            raise PartnerError(f"{table.where}: expected service and address, found {found}")
        table.end()
        symbols = [SystemId.of(each) for each in aliases]
        made.append(APDUDeliveryParameters.of(service, address, aliases=symbols or None))
    return tuple(made)


def _rules(table: Table, base: Profile) -> list[Rule]:
    """The rules of the base, each as the file wants it, and those of other profiles that it switches on."""
    rules = []
    words = ("off", "on", *Severity)
    others = {rule.id: rule for profile in PROFILES.values() for rule in profile.rules}
    for rule in base.rules + tuple(rule for rule in others.values() if rule not in base.rules):
        setting = table.take(rule.id, (str, dict), "a severity, or a table")
        if setting is None:
            if rule in base.rules:
                rules.append(rule)
            continue
        inside = Table(setting if isinstance(setting, dict) else {"severity": setting}, table.place(rule.id))
        severity, sentence = inside.text("severity"), inside.text("sentence")
        inside.end()
        if severity is not None and severity not in words:
            raise PartnerError(f"{table.place(rule.id)}: expected one of {', '.join(words)}, found {severity!r:.60}")
        if severity != "off":
            changed = rule if severity in (None, "on") else replace(rule, severity=Severity(severity))
            rules.append(changed if sentence is None else replace(changed, sentence=sentence))
    table.end()
    return rules


#: The messages by their names in the standard.
_MESSAGES: Mapping[str, type[Apdu]] = {type_of(message).name: message for message in SENDERS}


def _required(paths: list[str]) -> list[Rule]:
    """A rule for each path that the partner wants in addition."""
    rules = []
    for path in paths:
        name, _, inside = path.partition(".")
        if name not in _MESSAGES or not inside:
            raise PartnerError(f"require: expected a path such as ILL-Request.item_id.title, found {path!r:.60}")
        _lead_on(path, _MESSAGES[name], inside)
        rules.append(
            Rule(
                id=f"require {path}",
                severity=Severity.REFUSED,
                on=(_MESSAGES[name],),
                path=inside,
                sentence="the partner wants this component",
                source="the partner's file",
                faults=filled(inside),
            )
        )
    return rules


def _lead_on(path: str, message: type[Apdu], inside: str) -> None:
    """The path has to lead somewhere."""
    type_ = type_of(message)
    for step in inside.split("."):
        inner = type_.python if type_.kind in (Kind.SEQUENCE, Kind.CHOICE) else None
        components = {} if inner is None else {c.name: c.type for c in fields_of(inner)}
        name = step.removesuffix("[]")
        if name not in components:
            raise PartnerError(f"require: expected a component of {type_}, found {step!r:.60} in {path}")
        type_ = components[name]
        if name != step:
            if type_.element is None:
                raise PartnerError(f"require: expected a list, found {name} in {path}")
            type_ = type_.element

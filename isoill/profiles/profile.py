"""What a profile is: rules, services and addresses of one kind of partner; what it can say of a message, and mend."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar, cast

from isoill.asn1 import type_of
from isoill.parts import parts
from isoill.profiles.contact import Contact
from isoill.profiles.rules import Finding, Rule, Subject
from isoill.records import record
from isoill.services import Role, Transport
from isoill.types import Apdu

__all__ = ["Change", "Listener", "Prepared", "Profile", "Service", "Support"]

A = TypeVar("A", bound=Apdu)


class Support(enum.StrEnum):
    """How a partner stands to a service."""

    #: it must be there for the partnership to work
    REQUIRED = "required"
    #: it may be there
    OPTIONAL = "optional"
    #: it is there; whether it must be is not known
    SUPPORTED = "supported"
    #: it is refused
    REFUSED = "refused"


@record
class Service:
    """One message, sent by one role, and how the partner stands to it."""

    message: type[Apdu]
    #: who sends it
    sender: Role
    support: Support
    #: for an answer, which of them; or what else there is to say
    note: str = ""

    @property
    def name(self) -> str:
        """What the standard calls the message."""
        return type_of(self.message).name


@record
class Listener:
    """Where a partner listens, if it is not said otherwise."""

    transport: Transport
    #: of TCP; None for mail
    port: int | None = None
    #: whether it answers on the same connection; on a simplex one it does not
    duplex: bool = False

    def __str__(self) -> str:
        if self.transport is Transport.MAIL:
            return "mail (RFC 2503)"
        return f"TCP port {self.port}, {'duplex' if self.duplex else 'simplex'}"


@record
class Change:
    """One thing that `Profile.prepare` has changed, and the rule that asked for it."""

    rule: str
    path: str
    #: what was wanted, and what was there
    message: str

    def __str__(self) -> str:
        return f"put right: {self.message} - at {self.path} [{self.rule}]"


@record
class Prepared(Generic[A]):
    """What `Profile.prepare` gives."""

    #: the message, as far as it could be put right
    apdu: A
    #: what was put right, in the order of the rules
    changes: tuple[Change, ...]


@record(kw_only=True)
class Profile:
    """What is known of one kind of partner, as data.

    >>> from pathlib import Path
    >>> import isoill
    >>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
    >>> oclc = isoill.get_profile("oclc")
    >>> oclc.check(request)
    []
    >>> from dataclasses import replace
    >>> findings = oclc.check(replace(request, delivery_address=None))
    >>> [(finding.rule, finding.severity.value, finding.path) for finding in findings]
    [('oclc-ship-to', 'refused', 'ILL-Request.delivery_address')]
    >>> print(*oclc.listeners)
    TCP port 499, duplex
    """

    #: a short one, for the command line
    name: str
    #: what people call it
    title: str
    #: what it is, and where it is known from, in a sentence or two
    summary: str
    #: the profile on which it builds; its rules come first
    base: Profile | None = None
    #: all of them, those of the base too
    rules: tuple[Rule, ...] = ()
    #: what each side sends, as far as it is known
    services: tuple[Service, ...] = ()
    #: where that is known from
    services_source: str = ""
    #: where the partner is reached, the most usual first
    listeners: tuple[Listener, ...] = ()
    #: where that is known from
    listeners_source: str = ""
    #: for `prepare`: who and where the two sides are
    contact: Contact = Contact()

    def check(
        self,
        apdu: Apdu,
        /,
        *,
        role: Role | str | None = None,
        transport: Transport | str | None = None,
        today: datetime.date | None = None,
        history: Iterable[Apdu] = (),
    ) -> list[Finding]:
        """Where a message breaks a rule of the partner's; an empty list is the good news.

        ``role`` is the sender's, ``transport`` how it is sent, ``today`` the day on which; rules that need what is not
        given are passed over.  So are those about earlier messages of the transaction, unless ``history`` has them, the
        oldest first.  The order is that of the rules.  Raises ValueError for a ``role`` or ``transport`` that is none.
        """
        subject = Subject.of(apdu, role=role, transport=transport, today=today, history=history)
        return [finding for rule in self.rules for finding in rule.findings(subject)]

    def prepare(
        self,
        apdu: A,
        /,
        *,
        role: Role | str | None = None,
        transport: Transport | str | None = None,
        today: datetime.date | None = None,
        history: Iterable[Apdu] = (),
    ) -> Prepared[A]:
        """The message with all that is wrong put right that needs no guess, and what was changed.

        What cannot be put right is left as it is: `check` still finds it.  Arguments are as for `check`.
        """
        subject = Subject.of(apdu, role=role, transport=transport, today=today, history=history)
        changes: list[Change] = []
        known = set(self._places(subject))
        for rule in self.rules:
            findings = [] if rule.mend is None else list(rule.findings(subject))
            mended = rule.mend(subject, self.contact) if rule.mend is not None and findings else None
            if mended is None:
                continue
            attempt = replace(subject, apdu=mended, parts=tuple(parts(mended)))
            left = set(self._places(attempt))
            if left < known:  # what puts one thing right and brings another is no help
                subject, known = attempt, left
                right = [each for each in findings if (rule.id, each.path) not in left]
                changes += [Change(rule.id, each.path, each.message) for each in right]
        return Prepared(cast(A, subject.apdu), tuple(changes))

    def _places(self, subject: Subject) -> Iterator[tuple[str, str]]:
        return ((finding.rule, finding.path) for rule in self.rules for finding in rule.findings(subject))

    def describe(self) -> str:
        """The profile as a page in reStructuredText: where the partner listens, services, rules and their sources."""
        return "\n".join(_page(self)) + "\n"

    def __repr__(self) -> str:
        return f"<Profile {self.name}>"  # rules are many, and a logon is not for everybody

    @property
    def own_rules(self) -> tuple[Rule, ...]:
        """The rules that it does not have from its base as they are."""
        inherited = () if self.base is None else self.base.rules
        return tuple(rule for rule in self.rules if rule not in inherited)


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _heading(text: str, line: str) -> list[str]:
    return [text, line * len(text), ""]


def _page(profile: Profile) -> Iterator[str]:
    yield from _heading(profile.title, "=")
    yield profile.summary
    yield ""
    yield f":Name: {profile.name}"
    if profile.base is not None:
        yield f":Builds on: {profile.base.name}"
    if profile.contact.host is not None:
        yield f":Host: {profile.contact.host}"
    if profile.listeners:
        source = f" (source: {profile.listeners_source})" if profile.listeners_source else ""
        yield f":Listens: {'; '.join(map(str, profile.listeners))}{source}"
    for name, system_id in (("We are", profile.contact.own_id), ("The partner is", profile.contact.partner_id)):
        if system_id is not None:
            yield f":{name}: {system_id.symbol or system_id.name}"
    yield ""
    yield from _heading("Services", "-")
    if profile.services_source:
        yield from (f"Source: {profile.services_source}.", "")
    for role in Role:
        services = [service for service in profile.services if service.sender is role]
        if services:
            yield f"Sent by the {role}:"
            yield ""
            for service in services:
                note = f" ({service.note})" if service.note else ""
                yield f"- {service.name}{note}: {service.support}"
            yield ""
    yield from _heading("Rules", "-")
    for rule in profile.own_rules:
        yield f"{rule.id} ({rule.severity})"
        yield f"   {_sentence(rule.sentence)}"
        yield f"   Looks at {_places(rule)}. Source: {rule.source}."
        if rule.mend is not None:
            yield "   ``prepare`` can put it right."
        yield ""
    if profile.base is not None:
        inherited = profile.base.rules
        kept = sum(rule in profile.rules for rule in inherited)
        part = f"all {kept}" if kept == len(inherited) else f"{kept} of the {len(inherited)}"
        yield f"And {part} rules of {profile.base.name}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _places(rule: Rule) -> str:
    messages = ", ".join(type_of(message).name for message in rule.on) or "every message"
    return f"{rule.path} of {messages}" if rule.path else messages

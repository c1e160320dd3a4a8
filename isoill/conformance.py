"""What isoill implements, item by item, each with the test that shows it: a statement in the manner of a PICS.

A partner's integrator lays two of these side by side.  Nothing in it is written by hand that the code can tell:
messages, roles, payloads and rules come from the declarations, and the tests from their names; a test of ours asks
whether these tests are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import isoill
from isoill import payloads
from isoill.asn1 import type_of
from isoill.oids import OID_NAMES, Registered, registered_as
from isoill.profiles import PROFILES
from isoill.records import record
from isoill.services import SENDERS, Role

__all__ = ["Item", "Section", "as_text", "registered_payloads", "statement"]


@record
class Item:
    """One line of the statement."""

    #: of the section, and the number in it: ``B.3``
    number: str
    #: what it is about
    what: str
    #: what the standard, or the register, or the rule says of it
    says: tuple[str, ...]
    #: whether, and how far
    support: str
    #: the test that shows it, as pytest calls it; nothing where there is nothing to show
    test: str = ""


@record
class Section:
    """Items of one kind."""

    letter: str
    title: str
    #: what the columns of `Item.says` are
    columns: tuple[str, ...]
    items: tuple[Item, ...]
    note: str = ""


def statement() -> tuple[Section, ...]:
    """The whole statement.

    >>> shipped = statement()[1].items[2]
    >>> shipped.what, shipped.says, shipped.support
    ('Shipped', ('3', 'responder'), 'written and read')
    >>> shipped.test
    'tests/test_vectors.py::test_own_vectors_come_back_octet_for_octet[shipped]'
    """
    return tuple(_sections())


def _sections() -> Iterator[Section]:
    yield Section("A", "Identification", ("is",), _numbered("A", _identification()))
    yield Section(
        "B",
        "Services: the twenty messages",
        ("APPLICATION tag", "sent by"),
        _numbered("B", _messages()),
        "Each is written and read with all its parameters. Which may follow which, the state tables say: section D.",
    )
    yield Section("C", "Roles", ("messages it sends",), _numbered("C", _roles()))
    yield Section(
        "D",
        "Procedures: the state tables, and what goes with them",
        ("as known from",),
        _numbered("D", _procedures()),
        "The tables of the standard are not public. Every cell of these says from where it is known.",
    )
    yield Section("E", "Transports", ("as known from",), _numbered("E", _transports()))
    yield Section(
        "F",
        "Extensions and other EXTERNALs",
        ("object identifier", "type"),
        _numbered("F", _payloads()),
        "Others are kept, and written as they came.",
    )
    for number, profile in enumerate(PROFILES.values()):
        letter = chr(ord("G") + number)
        rules = [
            (
                rule.id,
                (f"{rule.sentence[:1].upper()}{rule.sentence[1:]}", rule.severity.value),
                "checked, and put right where that is no guess" if rule.mend else "checked",
                f"tests/test_profiles.py::test_each_rule[{rule.id}]",
            )
            for rule in profile.own_rules
        ]
        title = f"Rules of the profile {profile.name}: {profile.title}"
        yield Section(letter, title, ("rule", "if broken"), _numbered(letter, rules))


#: What an item has, but for its number.
_Row = tuple[str, tuple[str, ...], str, str]


def _numbered(letter: str, rows: Iterable[_Row]) -> tuple[Item, ...]:
    return tuple(Item(f"{letter}.{number}", *row) for number, row in enumerate(rows, 1))


def _identification() -> list[_Row]:
    properties = "tests/test_properties.py"
    agreed = "tests/test_drift.py::test_the_modules_and_the_declarations_agree"
    forms = f"{properties}::test_every_legal_form_is_read"
    charsets = f"{properties}::test_text_in_every_charset_keeps_its_octets"
    edifact = "tests/test_notations.py::test_notations"
    return [
        ("Implementation", (f"isoill {isoill.__version__}",), "", ""),
        ("Protocol", ("ISO 10161-1, versions 1 and 2 by protocol-version-num",), "yes", ""),
        ("Abstract syntax", ("ISO-10161-ILL-1 (1.0.10161.2.1)",), "yes", agreed),
        ("Encoding", ("BER (ISO 8825)",), "all forms read, one written", forms),
        ("Encoding", ("EDIFACT",), "recognised, not read", edifact),
        ("Character sets", ("UTF-8, ISO 8859-1",), "read and written, octets kept", charsets),
    ]


def _messages() -> Iterator[_Row]:
    for message, senders in SENDERS.items():
        type_ = type_of(message)
        assert type_.tag is not None
        test = f"tests/test_vectors.py::test_own_vectors_come_back_octet_for_octet[{type_.name.lower()}]"
        yield type_.name, (str(type_.tag.number), _roles_of(senders)), "written and read", test


def _roles_of(senders: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in senders)


def _roles() -> Iterator[_Row]:
    cells = "tests/test_transitions.py::test_every_cell_is_as_listed"
    shown = {Role.INTERMEDIARY: "tests/test_intermediary.py::test_a_chained_loan_from_request_to_check_in"}
    support = {Role.INTERMEDIARY: "messages, and both halves by the state tables"}
    for role in Role:
        names = [type_of(message).name for message, senders in SENDERS.items() if role in senders]
        yield (
            role.value.capitalize(),
            (", ".join(names),),
            support.get(role, "messages, and the state table"),
            shown.get(role, cells),
        )


def _procedures() -> Iterator[_Row]:
    """What is known of each is said shortly; `isoill.transitions` has the evidence of every cell."""
    inferred = "inferred"
    rows = (
        ("What may not be sent is not sent", "state tables", "test_transaction", "allowed_is_what_send_takes"),
        (
            "State-transition-prohibited",
            f"its structure from the module, its use {inferred}",
            "test_transaction",
            "what_the_other_side_may_not_send_says_the_same_and_has_the_report",
        ),
        (
            "Duplicate and unknown transaction-ids",
            "k-int (duplicates), the module",
            "test_ledger",
            "what_is_new_and_what_comes_again",
        ),
        ("No report in answer to a report", inferred, "test_transaction", "a_report_is_never_answered_by_a_report"),
        ("Repeated services", "the module", "test_transaction", "a_repeat_says_when_the_first_was_sent"),
        ("Duplicated messages", inferred, "test_transaction", "the_same_message_twice_is_taken_once"),
        (
            "Messages that cross",
            f"LIBOL and {inferred}",
            "test_agreement",
            "two_sides_that_keep_to_the_tables_refuse_each_other_nothing",
        ),
        (
            "RETURN: loans and copies",
            "Clarification 03",
            "test_transaction",
            "copies_are_not_returned_renewed_or_recalled",
        ),
        (
            "Expiry timer of the responder",
            "the module, ILLiad, VDX",
            "test_transaction",
            "when_the_date_has_passed_the_request_ends",
        ),
        (
            "Optional messages that are required",
            f"reason 21 of the module, its use {inferred}",
            "test_transaction",
            "a_message_that_is_required_and_cannot_be_sent",
        ),
        (
            "Status-Query",
            "the module",
            "test_transaction",
            "a_query_is_answered_in_every_state_that_a_transaction_can_be_in",
        ),
        ("Retry as a new transaction", inferred, "test_transaction", "a_retry_is_a_new_transaction"),
        ("FORWARD", "Clarification 13", "test_transaction", "forward_passes_the_request_on_and_says_so"),
        (
            "Chained transactions",
            f"the module; what is relayed is {inferred}",
            "test_intermediary",
            "a_chained_loan_from_request_to_check_in",
        ),
        (
            "Partitioned transactions",
            f"the module; by which id they go on is {inferred}",
            "test_intermediary",
            "a_partitioned_loan_goes_on_without_the_intermediary",
        ),
        ("Protocol versions", "the module", "test_transaction", "versions_that_are_known"),
        (
            "Critical extensions",
            "Clarification 02",
            "test_transaction",
            "a_critical_extension_that_is_not_known_is_not_passed_over",
        ),
        (
            "General-problem for what cannot be read",
            f"the module; which for what is {inferred}",
            "test_problems",
            "whatever_cannot_be_read_is_answered",
        ),
    )
    for what, known, file, test in rows:
        yield what, (known,), "yes", f"tests/{file}.py::test_{test}"


def _transports() -> Iterator[_Row]:
    for listener in PROFILES["standard"].listeners:
        if listener.port is None:
            yield str(listener), ("RFC 2503",), "written and read", "tests/test_mail.py::test_what_is_built_is_read"
        else:
            test = "a_conversation" if listener.duplex else "simplex"
            yield str(listener), ("IPIG profile",), "connects and listens", f"tests/test_aio.py::test_{test}"
    rows = (
        ("APDUs back to back, without other framing", "IPIG profile", "test_connection", "any_messages_in_any_pieces"),
        ("No answer on a simplex connection", "IPIG profile", "test_connection", "simplex_receiving"),
        ("Several APDUs in one mail, one in each part", "RFC 2503", "test_mail", "several_messages_are_parts"),
        ("An APDU that cannot be read does not end a connection", "inferred", "test_aio", "violations_are_answered"),
        ("TLS, partners known by certificates", "no standard", "test_aio", "tls_and_partners"),
    )
    for what, known, file, test in rows:
        yield what, (known,), "yes", f"tests/{file}.py::test_{test}"


def registered_payloads() -> list[Registered]:
    """The payloads that isoill brings, by their object identifiers."""
    found = []
    for name in payloads.__all__:
        try:
            found.append(registered_as(getattr(payloads, name)))
        except LookupError:  # a part of one; a function
            continue
    return sorted({each.oid: each for each in found}.values(), key=lambda each: [*map(int, each.oid.split("."))])


def _payloads() -> Iterator[_Row]:
    for entry in registered_payloads():
        type_ = type_of(entry.type)
        test = f"tests/test_payloads.py::test_the_reference_agrees[{entry.oid}]"
        critical = ", critical" if entry.critical else ""
        yield OID_NAMES[entry.oid], (entry.oid, type_.name), f"written and read{critical}", test


def as_text() -> str:
    """The statement as a page in reStructuredText."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for section in statement():
        title = f"{section.letter}. {section.title}"
        yield from (title, "-" * len(title), "")
        if section.note:
            yield from (section.note, "")
        columns = ("Item", "", *(column.capitalize() for column in section.columns), "Supported", "Shown by")
        yield from (".. list-table::", "   :header-rows: 1", "")
        for cells in (columns, *(_cells(item) for item in section.items)):
            for index, cell in enumerate(cells):
                yield f"   {'* -' if index == 0 else '  -'} {cell}".rstrip()
        yield ""


def _cells(item: Item) -> tuple[str, ...]:
    shown = f"``{item.test.removeprefix('tests/')}``" if item.test else ""
    return item.number, item.what, *item.says, item.support, shown

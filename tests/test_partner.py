"""A partner of your own in a TOML file: what it changes, and what is said of a file that cannot be meant."""

from dataclasses import replace
from pathlib import Path

import pytest

import isoill
from isoill.payloads import APDUDeliveryInfo, PromptObject
from isoill.profiles import PartnerError, Profile, Severity, get_profile
from isoill.services import Transport
from tests.conftest import ROOT
from tests.test_profiles import MESSAGE, REQUEST, in_short, item

EXAMPLE = ROOT / "examples" / "partners" / "hill.toml"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "partner.toml"


def loaded(path: Path, text: str) -> Profile:
    path.write_text(text, encoding="utf-8")
    return isoill.load_profile(path)


def test_the_least_that_a_file_says(written: Path) -> None:
    """It is the standard's profile under another name."""
    profile = loaded(written, 'partner = "Tom"')
    standard = get_profile("standard")
    assert (profile.name, profile.title, profile.base) == ("partner", "Tom", standard)
    assert (profile.rules, profile.services, profile.listeners) == (
        standard.rules,
        standard.services,
        standard.listeners,
    )
    assert profile.prepare(MESSAGE).changes == ()


def test_the_example() -> None:
    profile = isoill.load_profile(str(EXAMPLE))
    ipig = get_profile("ipig")
    severities = {rule.id: rule.severity for rule in profile.rules}
    assert severities["RQ-7"] is Severity.NOTE
    assert severities["ipig-delivery-info"] is Severity.WARNING
    assert "ipig-superseded" not in severities
    assert len(severities) == len(ipig.rules) - 1 + 1
    bare = replace(REQUEST, extensions=None)
    assert in_short(profile.check(bare)) == [
        ("ipig-delivery-info", "ILL-Request.extensions"),
        ("require ILL-Request.client_id.client_status", "ILL-Request.client_id.client_status"),
    ]
    assert profile.check(bare)[0].message.startswith("Hill answers by mail where there is no APDU-Delivery-Info; found")
    info = profile.prepare(bare).apdu.extension(APDUDeliveryInfo)
    assert info is not None
    addresses = [each.transport.telecom_service_address for each in (*info.sender_info, *info.recipient_info)]
    assert addresses == ["ill.main-street.example.org:1611", "ill@main-street.example.org", "ill.hill.example.org:1611"]
    mended = profile.prepare(replace(MESSAGE, requester_id=None), role="requester", transport="mail")
    assert mended.apdu.requester_id == isoill.SystemId.of("EX:MSL")


def test_rules_are_switched_on_and_off_and_changed(written: Path) -> None:
    profile = loaded(
        written,
        """
        partner = "Tom"
        base = "ipig"
        [rules]
        ID-3 = "off"
        oclc-title = "on"
        oclc-verified = "note"
        ipig-symbol = { severity = "refused", sentence = "Tom knows namespaces only" }
        """,
    )
    apdu = replace(item(title=None, verification_reference_source=None), requester_id=isoill.SystemId.of("MSL"))
    assert [(each.rule, each.severity.value) for each in profile.check(apdu)] == [
        ("ipig-symbol", "refused"),
        ("oclc-title", "refused"),
        ("oclc-verified", "note"),
    ]
    assert profile.check(replace(REQUEST, responder_id=isoill.SystemId())) == []
    assert "Tom knows namespaces only" in profile.describe()


def test_the_logon(written: Path) -> None:
    text = 'partner = "OCLC"\nbase = "oclc"\n[logon]\nuser = "100-000-001"\npassword = "example"\n'
    prepared = loaded(written, text).prepare(REQUEST)
    assert prepared.apdu.extension(PromptObject) == PromptObject.logon("100-000-001", "example")
    assert "example" not in loaded(written, text).describe()


@pytest.mark.parametrize(
    ("lines", "listener", "address"),
    [
        ("", "TCP port 1611, simplex", "host.example.org:1611"),
        ("port = 7000", "TCP port 7000, simplex", "host.example.org:7000"),
        ("port = 499", "TCP port 499, duplex", "host.example.org:499"),
        ('transport = "duplex"', "TCP port 499, duplex", "host.example.org:499"),
        ('transport = "simplex"', "TCP port 1611, simplex", "host.example.org:1611"),
        ('transport = "duplex"\nport = 1611', "TCP port 1611, duplex", "host.example.org:1611"),
        ('base = "alma"', "TCP port 9001, simplex", "host.example.org:9001"),
        ('base = "oclc"', "TCP port 499, duplex", "host.example.org:499"),
        ('base = "oclc"\nport = 5771', "TCP port 5771, duplex", "host.example.org:5771"),
        ('transport = "mail"', "mail (RFC 2503)", "host.example.org"),
    ],
)
def test_where_the_partner_is(written: Path, lines: str, listener: str, address: str) -> None:
    profile = loaded(written, f'partner = "Tom"\naddress = "host.example.org"\n{lines}\n')
    assert str(profile.listeners[0]) == listener
    assert profile.contact.host == "host.example.org"
    [recipient] = profile.contact.partner_addresses
    assert recipient.transport.telecom_service_address == address
    service = "SMTP" if profile.listeners[0].transport is Transport.MAIL else "TCP/IP"
    assert recipient.transport.telecom_service_identifier == service


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "partner: expected the partner's name, found none"),
        ("partner = 7", "partner: expected text, found 7"),
        ('partner = "Tom', "expected TOML, found something else"),
        ('partner = "Tom"\nbase = "almx"', "base: expected one of standard, ipig, oclc, alma, illiad, found 'almx'"),
        ('partner = "Tom"\nadress = "x"', "adress: expected one of partner, base, address, port, .*, found 'adress'"),
        ('partner = "Tom"\nport = 0', "port: expected a number from 1 to 65535, found 0"),
        ('partner = "Tom"\nport = true', "port: expected a number from 1 to 65535, found True"),
        ('partner = "Tom"\nport = "1611"', "port: expected a number from 1 to 65535, found '1611'"),
        ('partner = "Tom"\ntransport = "post"', "transport: expected one of simplex, duplex, mail, found 'post'"),
        ('partner = "Tom"\ntransport = "mail"\nport = 25', "port: expected none with mail, found 25"),
        ('partner = "Tom"\nrules = 7', "rules: expected a table, found 7"),
        ('partner = "Tom"\n[rules]\nRQ-99 = "off"', "rules.RQ-99: expected one of ID-1, .*, found 'RQ-99'"),
        ('partner = "Tom"\n[rules]\nRQ-1 = "never"', "rules.RQ-1: expected one of off, on, refused, .*, found 'never'"),
        ('partner = "Tom"\n[rules]\nRQ-1 = { level = 1 }', "rules.RQ-1.level: expected one of severity, sentence"),
        ('partner = "Tom"\n[rules]\nRQ-1 = 3', "rules.RQ-1: expected a severity, or a table, found 3"),
        ('partner = "Tom"\nrequire = "ILL-Request.item_id"', "require: expected a list of texts, found 'ILL-Request"),
        ('partner = "Tom"\nrequire = [7]', "require: expected a list of texts, found 7 in it"),
        ('partner = "Tom"\nrequire = ["item_id.title"]', "require: expected a path such as ILL-Request.item_id.title"),
        ('partner = "Tom"\nrequire = ["ILL-Request"]', "require: expected a path such as ILL-Request.item_id.title"),
        (
            'partner = "Tom"\nrequire = ["ILL-Request.item_id.tittle"]',
            "require: expected a component of Item-Id, found 'tittle' in ILL-Request.item_id.tittle",
        ),
        (
            'partner = "Tom"\nrequire = ["ILL-Request.item_id.title.text"]',
            "require: expected a component of ILL-String, found 'text'",
        ),
        ('partner = "Tom"\nrequire = ["ILL-Request.item_id[].title"]', "require: expected a list, found item_id"),
        ('partner = "Tom"\n[logon]\nuser = "x"', "logon: expected user and password, found one of them"),
        ('partner = "Tom"\n[own]\nname = "x"', "own.name: expected one of symbol, delivery, found 'name'"),
        (
            'partner = "Tom"\n[[own.delivery]]\nservice = "SMTP"',
            r"own.delivery\[0\]: expected service and address, found one of them",
        ),
        (
            'partner = "Tom"\n[own]\ndelivery = ["x"]',
            "own.delivery: expected a table or several, found 'x'",
        ),
        ('partner = ""', "partner: expected a line of text, found ''"),
        ('partner = "a\\nb"', r"partner: expected a line of text, found 'a\\nb'"),
        ('partner = "Tom"\n"\\u001b[31m" = 1', r"'.x1b\[31m': expected one of"),
        ('partner = "Tom"\nport = ' + "9" * 5000, "expected TOML, found something else: Exceeds the limit"),
        ('partner = "Tom"\nport = 0x' + "f" * 5000, "port: expected a number from 1 to 65535, found a int"),
        ('partner = "Tom"\nx = ' + "[" * 5000, "expected TOML, found something else: maximum recursion"),
        ('partner = "Tom"\n[logon]\nuser = "x"\npassword = 12345678', "logon.password: expected text, found a int$"),
        ('partner = "Tom"\nlogon = "u:secret"', "logon: expected a table, found a str$"),
        ('partner = "Tom"\nown = "x"', "own: expected a table, found 'x'"),
    ],
)
def test_what_cannot_be_meant_is_said(written: Path, text: str, words: str) -> None:
    with pytest.raises(PartnerError, match=f"^partner.toml: {words}"):
        loaded(written, text)


def test_a_mark_at_the_beginning_is_no_text(written: Path) -> None:
    written.write_bytes(b'\xef\xbb\xbfpartner = "Tom"\r\n')
    assert isoill.load_profile(written).title == "Tom"


def test_a_profile_shows_no_password(written: Path) -> None:
    profile = loaded(written, 'partner = "OCLC"\nbase = "oclc"\n[logon]\nuser = "u"\npassword = "secret"\n')
    assert (repr(profile), repr(profile.contact)) == ("<Profile partner>", "Contact()")
    assert "secret" not in profile.describe()
    assert "secret" not in str(profile.prepare(REQUEST).changes)


def test_what_is_no_text(written: Path) -> None:
    written.write_bytes(b'partner = "\xff"')
    with pytest.raises(PartnerError, match=r"partner\.toml: expected UTF-8, found octet ff at 11"):
        isoill.load_profile(written)
    with pytest.raises(FileNotFoundError):
        isoill.load_profile(written.with_name("other.toml"))


def test_required_components_of_lists(written: Path) -> None:
    profile = loaded(
        written, 'partner = "Tom"\nrequire = ["ILL-Request.supply_medium_info_type[].medium_characteristics"]'
    )
    media = tuple(
        isoill.SupplyMediumInfoType(supply_medium_type=isoill.SupplyMediumType.PRINTED, medium_characteristics=text)
        for text in ("large print", None)
    )
    assert [path for _, path in in_short(profile.check(replace(REQUEST, supply_medium_info_type=media)))] == [
        "ILL-Request.supply_medium_info_type[1].medium_characteristics"
    ]

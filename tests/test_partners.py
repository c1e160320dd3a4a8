"""The file of partners: each of its keys, and each mistake that it may have."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

import isoill
from isoill import SystemId
from isoill.addresses import Address
from isoill.partners import MailSettings, Partners, in_networks, load_partners
from isoill.profiles import PROFILES, PartnerError
from tests.parties import asked

DIGEST = "sha256:" + "0123456789abcdef" * 4


def load(folder: Path, text: str) -> Partners:
    path = folder / "partners.toml"
    path.write_text(text, encoding="utf-8")
    return load_partners(path)


def one(folder: Path, lines: str, *, before: str = "") -> Partners:
    return load(folder, f'{before}\n[partners.hill]\nsymbol = "EX:HIL"\n{lines}\n')


def test_each_key(tmp_path: Path) -> None:
    partners = load(
        tmp_path,
        f"""
        [own]
        symbol = "EX:MSL"
        address = ["ill.msl.example.org:1611", "ill@msl.example.org"]
        [mail]
        smtp = "[::1]:2525"
        from = "Main Street <ill@msl.example.org>"
        maildir = "letters"
        [partners.hill]
        symbol = "EX:HIL"
        symbols = ["EX:HILB"]
        partner = "Hill University Library"
        address = "ill.hill.example.org:7000"
        transport = "duplex"
        profile = "illiad"
        networks = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]
        certificate = "{DIGEST}"
        tls = true
        logon = {{ user = "msl", password = "s3cret" }}
        """,
    )
    assert partners.own_id == SystemId.of("EX:MSL")
    assert partners.mail == MailSettings(
        smtp="[::1]:2525", sender="Main Street <ill@msl.example.org>", maildir=str(tmp_path / "letters")
    )
    hill = partners["hill"]
    assert (hill.name, hill.symbols) == ("hill", (SystemId.of("EX:HIL"), SystemId.of("EX:HILB")))
    assert hill.address == Address("ill.hill.example.org", 7000, duplex=True, tls=True)
    assert hill.networks == tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32")))
    assert hill.certificate == DIGEST
    profile = hill.profile
    assert (profile.name, profile.title) == ("hill", "Hill University Library")
    assert profile.base is PROFILES["illiad"]
    contact = profile.contact
    assert (contact.own_id, contact.partner_id) == (partners.own_id, hill.symbols[0])
    assert [each.transport.telecom_service_address for each in contact.own_addresses] == [
        "ill.msl.example.org:1611",
        "ill@msl.example.org",
    ]
    assert contact.logon is not None
    assert "s3cret" not in f"{hill!r} {partners!r}"  # what logs have
    assert repr(partners) == "<Partners hill>"


def test_who_is_who(tmp_path: Path) -> None:
    partners = load(tmp_path, '[partners.hill]\nsymbol = "EX:HIL"\n[partners.lake]\nsymbols = ["EX:LAK", "EX:LAKB"]\n')
    hill, lake = partners
    assert partners["hill"] is partners.get("hill") is partners.called("hill") is partners.called("EX:HIL") is hill
    assert partners.called("EX:LAKB") is lake
    assert partners.get("sea") is partners.get(None) is partners.called("sea") is partners.called("") is None
    with pytest.raises(KeyError, match="sea"):
        partners["sea"]
    assert hill.is_called(SystemId.of(" EX:HIL ", name="Hill"))
    assert not lake.is_called(SystemId.of("EX:HIL"))
    assert [partners.own_id, partners.mail, hill.address, hill.networks, hill.certificate] == [None] * 5


def test_a_partner_speaks_for_itself_only(tmp_path: Path) -> None:
    hill = one(tmp_path, "")["hill"]
    request = asked(requester_id=SystemId.of("EX:HIL"), responder_id=SystemId.of("EX:MSL"))
    assert hill.may_send(request)
    assert not hill.may_send(asked(requester_id=SystemId.of("EX:LAK"), responder_id=SystemId.of("EX:HIL")))
    nameless = asked(requester_id=None)
    assert not hill.may_send(nameless)  # its transaction-id names another
    query = isoill.Transaction.replay([(isoill.Direction.SEND, request)], role="requester").status_query()
    assert hill.may_send(query)
    assert hill.may_send(isoill.Transaction.replay([(isoill.Direction.RECEIVE, request)], role="responder").lost())


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("", None),
        ('address = "h.example.org:1611"', "h.example.org:1611 simplex"),
        ('address = "h.example.org:499"', "h.example.org:499 duplex"),
        ('address = "h.example.org:499"\ntransport = "simplex"', "h.example.org:499 simplex"),
        ('address = "h.example.org:7000"', "h.example.org:7000 simplex"),
        ('address = "h.example.org"', "h.example.org:1611 simplex"),
        ('address = "h.example.org"\ntransport = "simplex"', "h.example.org:1611 simplex"),
        ('address = "h.example.org"\nprofile = "alma"', "h.example.org:9001 simplex"),
        ('address = "h.example.org"\nprofile = "illiad"', "h.example.org:1611 simplex"),
        ('address = "h.example.org"\nprofile = "illiad"\ntransport = "duplex"', "h.example.org:499 duplex"),
        ('address = "[2001:db8::7]:1611"', "[2001:db8::7]:1611 simplex"),
        ('address = "[2001:db8::7]"\nprofile = "illiad"', "[2001:db8::7]:1611 simplex"),
        ('address = "h.example.org:1611"\ntls = true', "h.example.org:1611 simplex tls"),
        ('address = "h.example.org:1611"\ntls = false', "h.example.org:1611 simplex"),
        ('address = "ill@h.example.org"', "ill@h.example.org mail"),
        ('address = "ill@h.example.org"\ntransport = "mail"', "ill@h.example.org mail"),
    ],
)
def test_where_a_partner_listens(tmp_path: Path, lines: str, wanted: str | None) -> None:
    address = one(tmp_path, lines, before='[mail]\nfrom = "ill@msl.example.org"')["hill"].address
    assert (address if address is None else str(address)) == wanted


def test_a_profile_in_a_file_is_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "hill.toml").write_text(
        'partner = "Hill"\nsymbol = "EX:HIL"\nbase = "illiad"\naddress = "hill.example.org"\nport = 1700\n'
    )
    monkeypatch.chdir(tmp_path)
    hill = load(tmp_path / "there", '[partners.hill]\nprofile = "hill.toml"\n')["hill"]
    assert hill.symbols == (SystemId.of("EX:HIL"),)
    assert hill.address == Address("hill.example.org", 1700)
    assert hill.profile.base is not None
    other = load(tmp_path / "there", '[partners.hill]\nprofile = "hill.toml"\nsymbol = "EX:OTHER"\n')["hill"]
    assert other.symbols == (SystemId.of("EX:OTHER"),)  # the nearer one


MISTAKES = {
    "x = 1": "x: expected one of own, mail, partners, found 'x'",
    "own = 1": "own: expected a table, found 1",
    "partners = []": "partners: expected a table, found []",
    "[own]\nsymbols = []": "own.symbols: expected one of symbol, address, found 'symbols'",
    '[own]\nsymbol = ""': "own.symbol: expected a line of text, found ''",
    "[own]\naddress = 7": "own.address: expected HOST:PORT, found 7",
    '[own]\naddress = "host"': "own.address: expected HOST:PORT, found 'host'",
    '[own]\naddress = ["host:1", 7]': "own.address: expected HOST:PORT, found 7",
    '[mail]\nsmtp = "localhost"': "mail.from: expected our own address, found none",
    '[mail]\nfrom = "nobody"': "mail.from: expected NAME@HOST, found 'nobody mail'",
    '[mail]\nfrom = "a@b"\nsmtp = "localhost:x"': "mail.smtp: expected HOST:PORT, found 'localhost:x'",
    '[mail]\nfrom = "a@b"\nport = 25': "mail.port: expected one of smtp, from, maildir, found 'port'",
    "[partners]\nhill = 7": "partners.hill: expected a table, found 7",
    "[partners.hill]": "partners.hill: expected a symbol, found none",
    '[partners."a\\u0000b"]\nsymbol = "A"': (
        "partners: expected a line of text as the name of a partner, found 'a\\x00b'"
    ),
    "[partners.hill]\nsymbol = 7": "partners.hill.symbol: expected text, found 7",
    '[partners.hill]\nsymbols = "A"': "partners.hill.symbols: expected a list of texts, found 'A'",
    '[partners.hill]\nsymbols = ["A", ""]': "partners.hill.symbols: expected symbols, found ['A', '']",
    "[partners.hill]\nsymbols = [1]": "partners.hill.symbols: expected a list of texts, found 1 in it",
    '[partners.hill]\nsymbol = "A"\naddress = "h:0"': (
        "partners.hill.address: expected a port from 1 to 65535, found 0"
    ),
    '[partners.hill]\nsymbol = "A"\naddress = "2001:db8::7"': (
        "partners.hill.address: expected HOST:PORT, found '2001:db8::7'"
    ),
    '[partners.hill]\nsymbol = "A"\ntransport = "duplex"': "partners.hill.address: expected an address, found none",
    '[partners.hill]\nsymbol = "A"\ntls = true': "partners.hill.address: expected an address, found none",
    '[partners.hill]\nsymbol = "A"\ntls = 1': "partners.hill.tls: expected true or false, found 1",
    '[partners.hill]\nsymbol = "A"\naddress = "h:1"\ntransport = "tcp"': (
        "partners.hill.transport: expected one of simplex, duplex, mail, found 'tcp'"
    ),
    '[partners.hill]\nsymbol = "A"\naddress = "h:1"\ntransport = "mail"': (
        "partners.hill.address: expected NAME@HOST, found 'h:1 mail'"
    ),
    '[partners.hill]\nsymbol = "A"\naddress = "a@h"\ntls = true': (
        "partners.hill.tls: expected none for a partner by mail, found true"
    ),
    '[partners.hill]\nsymbol = "A"\naddress = "a@h"': (
        "partners.hill: expected a table mail for a partner by mail, found none"
    ),
    '[partners.hill]\nsymbol = "A"\nprofile = "bliss"': (
        "partners.hill.profile: expected one of standard, ipig, oclc, alma, illiad, or a FILE.toml, found 'bliss'"
    ),
    '[partners.hill]\nsymbol = "A"\nprofile = "none.toml"': (
        "partners.hill.profile: expected a file that can be read, found No such file or directory: 'none.toml'"
    ),
    '[partners.hill]\nsymbol = "A"\nprofile = "wrong.toml"': "wrong.toml: ",
    '[partners.hill]\nsymbol = "A"\nnetworks = "192.0.2.0/24"': (
        "partners.hill.networks: expected a list of texts, found '192.0.2.0/24'"
    ),
    '[partners.hill]\nsymbol = "A"\nnetworks = ["192.0.2.1/24"]': (
        "partners.hill.networks: expected a network, found '192.0.2.1/24': 192.0.2.1/24 has host bits set"
    ),
    '[partners.hill]\nsymbol = "A"\ncertificate = "sha256:12"': (
        "partners.hill.certificate: expected sha256: and 64 hexadecimal digits, found 'sha256:12'"
    ),
    '[partners.hill]\nsymbol = "A"\nlogon = { user = "u" }': (
        "partners.hill.logon: expected user and password, found one of them"
    ),
    '[partners.hill]\nsymbol = "A"\nlogon = { user = "u", password = "p", pin = "1" }': (
        "partners.hill.logon.pin: expected one of user, password, found 'pin'"
    ),
    '[partners.hill]\nsymbol = "A"\nlogon = { user = "u", password = 7 }': (
        "partners.hill.logon.password: expected text, found a int"
    ),
    '[partners.hill]\nsymbol = "A"\nport = 7': "partners.hill.port: expected one of ",
    '[partners.a]\nsymbol = "A"\n[partners.b]\nsymbols = ["B", "A"]': (
        "partners.b: expected a symbol of its own, found that of a"
    ),
    f'partners.a = {{ symbol = "A", certificate = "{DIGEST}" }}\npartners.b.symbol = "B"\n'
    f'partners.b.certificate = "{DIGEST.upper()}"': ("partners.b: expected a certificate of its own, found that of a"),
    "[own": "expected TOML, found something else: ",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_each_mistake_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.toml").write_text("partner = 7\n")
    with pytest.raises(PartnerError) as caught:
        load(tmp_path, text)
    told, wanted = str(caught.value), f"partners.toml: {MISTAKES[text]}"
    assert told == wanted or (wanted.endswith(" ") and told.startswith(wanted))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_partners(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[own]\nsymbol = "\xe9"\n')
    with pytest.raises(PartnerError, match=r"^latin.toml: expected UTF-8, found octet e9 at 16$"):
        load_partners(tmp_path / "latin.toml")


def test_networks() -> None:
    networks = [ipaddress.ip_network("192.0.2.0/24"), ipaddress.ip_network("2001:db8::/32")]
    assert in_networks("192.0.2.7", networks)
    assert in_networks("::ffff:192.0.2.7", networks)  # of a socket for both
    assert in_networks("2001:db8::7%eth0", networks)
    assert not in_networks("192.0.3.7", networks)
    assert not in_networks("2001:db9::7", networks)
    assert not in_networks("192.0.2.7", [])

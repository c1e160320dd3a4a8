"""Addresses, as people write them and as messages name them."""

from __future__ import annotations

import pytest

from isoill import ILLError, SystemAddress
from isoill.addresses import Address, AddressError, host_and_port


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ill.example.org:1611", Address("ill.example.org", 1611)),
        ("ill.example.org:499", Address("ill.example.org", 499, duplex=True)),
        ("ill.example.org:499 simplex", Address("ill.example.org", 499)),
        ("ill.example.org:9001 duplex", Address("ill.example.org", 9001, duplex=True)),
        ("ill.example.org:9001 duplex tls", Address("ill.example.org", 9001, duplex=True, tls=True)),
        ("192.0.2.7:1611 tls", Address("192.0.2.7", 1611, tls=True)),
        ("[2001:db8::7]:1611", Address("2001:db8::7", 1611)),
        ("[fe80::1%eth0]:499", Address("fe80::1%eth0", 499, duplex=True)),
        ("  ill.example.org:1611   simplex ", Address("ill.example.org", 1611)),
        ("ill@example.org", Address("ill@example.org")),
        ("ill@example.org mail", Address("ill@example.org")),
    ],
)
def test_what_people_write(text: str, wanted: Address) -> None:
    found = Address.of(text)
    assert found == wanted
    assert Address.of(str(found)) == found  # a store keeps it so
    assert found.is_mail is ("@" in text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected HOST:PORT, found ''"),
        ("ill.example.org", "expected HOST:PORT, found 'ill.example.org'"),
        (":1611", "expected HOST:PORT, found ':1611'"),
        ("2001:db8::7", "expected HOST:PORT, found '2001:db8::7'"),
        ("[2001:db8::7]", "expected HOST:PORT, found '[2001:db8::7]'"),
        ("[ill.example.org]:1611", "expected HOST:PORT, found '[ill.example.org]:1611'"),
        ("[192.0.2.7]:1611", "expected HOST:PORT, found '[192.0.2.7]:1611'"),
        ("[1::2::3]:1611", "expected HOST:PORT, found '[1::2::3]:1611'"),
        ("ill.example.org:http", "expected HOST:PORT, found 'ill.example.org:http'"),
        ("ill.example.org:\u0661\u0662", "expected HOST:PORT, found 'ill.example.org:\u0661\u0662'"),
        ("ill.example.org:0", "expected a port from 1 to 65535, found 0"),
        ("ill.example.org:65536", "expected a port from 1 to 65535, found 65536"),
        ("ill.example.org:1611 udp", "expected simplex, duplex or mail, found 'udp'"),
        ("ill.example.org:1611 simplex duplex", "expected simplex, duplex or mail, found 'simplex duplex'"),
        ("ill.example.org:1611 mail", "expected NAME@HOST, found 'ill.example.org:1611 mail'"),
        ("ill@example.org simplex", "expected HOST:PORT, found 'ill@example.org'"),
        ("ill@example.org mail tls", "expected NAME@HOST, found 'ill@example.org mail tls'"),
        ("ill@example.org tls", "expected NAME@HOST, found 'ill@example.org tls'"),
        ("<ill@example.org>", "expected NAME@HOST, found '<ill@example.org>'"),
        ("x" * 500, f"expected HOST:PORT, found '{'x' * 79}"),
    ],
)
def test_what_is_no_address(text: str, told: str) -> None:
    with pytest.raises(AddressError) as caught:
        Address.of(text)
    assert str(caught.value) == told
    assert isinstance(caught.value, ILLError)


def test_host_and_port_of_a_listener() -> None:
    assert host_and_port("0.0.0.0:0", lowest=0) == ("0.0.0.0", 0)
    assert host_and_port("localhost", port=25) == ("localhost", 25)
    assert host_and_port("[::1]", port=25) == ("::1", 25)
    with pytest.raises(AddressError, match="a port from 0 to 65535, found 70000"):
        host_and_port("localhost:70000", lowest=0)


@pytest.mark.parametrize(
    ("service", "place", "wanted"),
    [
        ("TCP/IP", "192.0.2.7:1611", "192.0.2.7:1611 simplex"),
        (" tcp ", " 192.0.2.7:499 ", "192.0.2.7:499 duplex"),
        ("TCP/IP", "[2001:db8::7]:1611", "[2001:db8::7]:1611 simplex"),
        ("SMTP", "ill@example.org", "ill@example.org mail"),
        ("smtp", "ill@example.org tls", None),
        ("SMTP", "not a mailbox", None),
        ("TCP/IP", "ill@example.org", None),  # a service with the address of another
        ("TCP/IP", "192.0.2.7:1611 duplex tls", None),  # those words are for people
        ("TCP/IP", "192.0.2.7", None),
        ("TCP/IP", "", None),
        ("TCP/IP", None, None),
        ("X.25", "192.0.2.7:1611", None),
        (None, "192.0.2.7:1611", None),
    ],
)
def test_what_messages_name(service: str | None, place: str | None, wanted: str | None) -> None:
    named = Address.named_by(SystemAddress(telecom_service_identifier=service, telecom_service_address=place))
    assert (named if named is None else str(named)) == wanted

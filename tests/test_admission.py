"""Who is let in: networks, certificates, and the senders that messages name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

import isoill
from isoill.admission import Admission
from isoill.connection import ApduReceived, ConnectionEnded, Event, ProtocolViolation
from tests.parties import asked

ADDRESSES = ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "fe80::1%eth0", "198.51.100.1"]


@pytest.mark.parametrize(
    ("networks", "admitted"),
    [
        (None, ADDRESSES),
        ([], []),
        (["192.0.2.0/24"], ADDRESSES[:2]),
        (["2001:db8::/32", "fe80::/10"], ADDRESSES[2:4]),
        (["198.51.100.1"], ADDRESSES[4:]),
    ],
)
def test_networks(networks: list[str] | None, admitted: list[str]) -> None:
    admission = Admission(networks=networks)
    assert [address for address in ADDRESSES if admission.admits(address)] == admitted


SUBJECT = ((("organizationName", "OON"),), (("commonName", "Old.example.org"),))
DER = b"the certificate"
PIN = "sha256:" + hashlib.sha256(DER).hexdigest()


@pytest.mark.parametrize(
    ("known", "certificate", "partner"),
    [
        ({"ill.example.org": "a"}, {"subjectAltName": (("DNS", "ILL.Example.org"),)}, "a"),
        ({"urn:ill:OON": "a"}, {"subjectAltName": (("DNS", "x"), ("URI", "urn:ill:OON"))}, "a"),
        ({"urn:ill:OON": "a"}, {"subjectAltName": (("URI", "urn:ill:oon"),)}, None),
        ({"two": "b", "one": "a"}, {"subjectAltName": (("DNS", "one"), ("DNS", "two"))}, "a"),
        ({"old.example.org": "a"}, {"subject": SUBJECT}, "a"),
        ({"old.example.org": "a"}, {"subject": SUBJECT, "subjectAltName": (("email", "x@y"),)}, "a"),
        ({"old.example.org": "a"}, {"subject": SUBJECT, "subjectAltName": (("DNS", "new"),)}, None),
        ({"OON": "a"}, {"subject": SUBJECT}, None),
        ({"one": "a", PIN.upper().replace("SHA", "sha"): "b"}, {"subjectAltName": (("DNS", "one"),)}, "b"),
        ({}, {"subject": SUBJECT}, None),
    ],
)
def test_certificates(known: dict[str, str], certificate: dict[str, Any], partner: str | None) -> None:
    admission = Admission(certificates=known)
    assert admission.wants_certificates
    assert admission.partner_of(certificate, DER) == partner


@pytest.mark.parametrize("pin", ["sha256:", "sha256:00", "sha256:" + "g" * 64])
def test_what_is_no_digest(pin: str) -> None:
    with pytest.raises(ValueError, match="expected sha256: and 64 hexadecimal digits, found 'sha256:"):
        Admission(certificates={pin: "OON"})


def judged(apdu: isoill.ILLAPDU, *symbols: str) -> Event:
    return Admission(symbols=symbols).judge(ApduReceived(apdu, b"octets"))


def test_senders() -> None:
    request = asked()
    assert isinstance(judged(request, "isoill:MAIN "), ApduReceived)
    violation = judged(request, "OON")
    assert isinstance(violation, ProtocolViolation)
    assert violation.octets == b"octets"
    assert str(violation.error).startswith("expected a sender that is known, found 'isoill:MAIN'")
    named = replace(request, requester_id=isoill.SystemId.named("Simon Fraser University"))
    assert isinstance(judged(named, "isoill:MAIN"), ProtocolViolation)  # a name is no symbol
    assert Admission(symbols=[]).judge(ConnectionEnded()) == ConnectionEnded()
    assert isinstance(Admission().judge(ApduReceived(request, b"")), ApduReceived)


def test_a_symbol_in_an_error_is_one_line() -> None:
    request = replace(asked(), requester_id=isoill.SystemId.of("OON:x\nWARNING: all is well" + "x" * 1000))
    violation = judged(request, "OON")
    assert isinstance(violation, ProtocolViolation)
    assert "\n" not in str(violation.error)
    assert len(str(violation.error)) < 120


def test_a_report_of_a_stranger_is_not_answered() -> None:
    transaction = isoill.Transaction(role="responder")
    transaction.receive(asked())
    report = replace(transaction.status_report(), requester_id=None, responder_id=isoill.SystemId.of("x:Y"))
    violation = judged(report, "OON")
    assert isinstance(violation, ProtocolViolation)
    assert violation.report is None

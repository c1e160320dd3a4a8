"""What octets are when they are not BER, and that no APDU is taken for that."""

import pytest
from hypothesis import given, settings

import isoill
from isoill.notations import notation_of
from isoill.testing import apdus


@pytest.mark.parametrize(
    ("octets", "notation"),
    [
        (b"UNA:+.? 'UNB+UNOB:1", "EDIFACT (UNA)"),
        (b"\r\nUNB+UNOB:1+OON+CISTI", "EDIFACT (UNB)"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"\xef\xbb\xbf<ISO18626Message/>", "XML (ISO 18626)"),
        ("<?xml?>".encode("utf-16"), "XML"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"hello, world", "text (hello, world)"),
        ("Réponse à votre demande".encode(), "text (Réponse à votre demande)"),
        ("Réponse à votre demande".encode("latin-1"), "text (Réponse à votre demande)"),
        (b"EHLO \x1b[2J\xe2\x80\xae you", "text (EHLO ?[2J? you)"),
        (b"GET / HTTP/1.1\0\0\0\0", "text (GET / HTTP/1.1)"),
        (b"Content-Type: x/y\r\n\r\n\x61\x82\x00", "text (Content-Type: x/y)"),
        (b"61820201308201fd800102", "text (BER in hexadecimal)"),
        (b"61 82 02 01 30 82 01 fd 80", "text (BER in hexadecimal)"),
        (b"YYICATCCAf2AAQKhGKAKoQ==", "text (BER in base64)"),
        (b"text", None),  # four octets are too few
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
        (b"\xb4\x82\x01\x02\x80", None),
        (b"fs0q0", None),  # these may be the beginnings of APDUs
        (b"tK0I0G0E0C0A0", None),
        (b"", None),
    ],
)
def test_notations(octets: bytes, notation: str | None) -> None:
    assert notation_of(octets) == notation


@settings(max_examples=200, deadline=None)
@given(apdus(constrained=False))
def test_no_beginning_of_an_apdu_has_another_notation(apdu: isoill.ILLAPDU) -> None:
    octets = isoill.encode(apdu)
    assert [end for end in range(min(len(octets), 100)) if notation_of(octets[:end])] == []

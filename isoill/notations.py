"""What octets are when they are not BER: EDIFACT, XML, text.  Imports nothing of isoill.

Messages go astray: to the wrong port, out of the wrong field, in the other encoding of ISO 10161-1 (EDIFACT, its
Annex B).  An error that names what came is worth more than one that names a tag.
"""

from __future__ import annotations

import codecs
import re

__all__ = ["LEAST", "MOST", "notation_of"]

#: Octets without which nothing is said: the first five of an APDU, or fewer, have one that begins no character, or 30.
LEAST = 5
#: Octets that are looked at.
MOST = 512

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Compiled when they are needed: few messages go astray, and importing isoill is to stay quick.
_XML = r"(?i)<[?!a-z_]"
_HTML = r"(?i)<(!doctype\s+html|html)\b"
_EDIFACT = r"UN[AB][^0-9A-Za-z]"
_HEXADECIMAL = r"(?:[0-9A-Fa-f]{2}[\s:]*){4,}"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"  # but for ESC, which changes character sets


def notation_of(octets: bytes) -> str | None:
    """The notation in which octets are written, for a person; None where they may well be BER.

    No APDU, and no beginning of one, is taken for a text: its first components have octets that no text has.

    >>> notation_of(b"UNA:+.? 'UNB+UNOB:1+OON+CISTI'"), notation_of(b'<?xml version="1.0"?><ISO18626Message/>')
    ('EDIFACT (UNA)', 'XML (ISO 18626)')
    >>> notation_of(b"EHLO isoill.example\\r\\n"), notation_of(bytes.fromhex("61820102"))
    ('text (EHLO isoill.example)', None)
    """
    octets = octets[:MOST]
    if len(octets) < LEAST or _may_be_an_apdu(octets):
        return None
    encoding = "utf-8"
    for mark, of_mark in _MARKS:
        if octets.startswith(mark):
            octets, encoding = octets.removeprefix(mark), of_mark
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(octets).lstrip()
    if edifact := re.match(_EDIFACT, text):
        return f"EDIFACT ({edifact[0][:3]})"
    if re.match(_HTML, text):
        return "HTML"
    if re.match(_XML, text):
        return "XML (ISO 18626)" if "ISO18626Message" in text or "illtransactions.org" in text else "XML"
    if not text or "\ufffd" in text or re.search(_CONTROL, text):
        text = _prose(octets)
    if not text:
        return None
    if re.fullmatch(_HEXADECIMAL, text[:64].rstrip()) and _begins_an_apdu(_from_hexadecimal(text)):
        return "text (BER in hexadecimal)"
    if _begins_an_apdu(_from_base64(text)):
        return "text (BER in base64)"
    line = text.splitlines()[0][:32]
    return f"text ({''.join(c if c.isprintable() else '?' for c in line)})"


def _may_be_an_apdu(octets: bytes) -> bool:
    """Whether headers of an APDU are all that can be told: their lengths may be letters, and 30 is the digit 0."""
    at = 2
    while octets[at : at + 1] == b"0":
        at += 2
    return at > 2 and 0x61 <= octets[0] <= 0x74 and len(octets) < at + 8


def _prose(octets: bytes) -> str:
    """What is text at the beginning of octets that are not all UTF-8, where no APDU begins so; mostly letters."""
    found = re.match(rb"[\t\n\r\x1b -~\xa0-\xff]{12,}", octets)
    if found is None or 0x60 <= octets[0] < 0x80:
        return ""
    letters = re.findall(rb"[0-9A-Za-z ]", found[0])
    return found[0].decode("latin-1").lstrip() if 3 * len(letters) >= 2 * len(found[0]) else ""


def _begins_an_apdu(octets: bytes) -> bool:
    """Whether octets begin with ``[APPLICATION 1]`` to ``[APPLICATION 20]`` around a SEQUENCE."""
    return len(octets) > 2 and 0x61 <= octets[0] <= 0x74 and b"\x30" in octets[2:6]


def _from_hexadecimal(text: str) -> bytes:
    digits = re.sub(r"[\s:]", "", text[:64])
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _from_base64(text: str) -> bytes:
    digits = re.sub(r"\s", "", text)
    digits = digits[: min(len(digits), 32) // 4 * 4]
    if not re.fullmatch(r"[0-9A-Za-z+/]+={0,2}", digits):
        return b""
    octets: bytes = codecs.decode(digits.encode(), "base64")
    return octets

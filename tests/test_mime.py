"""The parts of a mail: whatever a stranger has written, they are found within caps, and counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoill.mime import Caps, Entity, Problem, Reader, content_type, printable, transfer_decoded, without_comments


def read(data: bytes, **caps: int) -> tuple[list[tuple[str, bytes]], list[str]]:
    """The numbers and octets of what is in a mail, and its problems."""
    reader = Reader(data, Caps(**caps))
    return [(entity.place, entity.octets) for entity in reader], list(map(str, reader.problems))


def multipart(*parts: bytes, boundary: bytes = b"b", kind: bytes = b"mixed", end: bytes = b"--b--\n") -> bytes:
    inside = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    return b"Content-Type: multipart/" + kind + b"; boundary=" + boundary + b"\n\n" + inside + end


TEXT = b"Content-Type: text/plain\n\nAnne"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_parts_are_numbered_as_imap_does(newline: bytes) -> None:
    inner = multipart(TEXT, b"\nGilbert", boundary=b"c", end=b"--c--")
    mail = multipart(
        TEXT, inner, b"Content-Type: message/rfc822\n\n" + TEXT, b"Content-Type: message/rfc822\n\n" + inner
    )
    found, problems = read(mail.replace(b"\n", newline))
    assert not problems
    assert found == [
        ("1", b"Anne"),
        ("2.1", b"Anne"),
        ("2.2", b"Gilbert"),
        ("3.1", b"Anne"),
        ("4.1", b"Anne"),
        ("4.2", b"Gilbert"),
    ]


def test_what_stands_around_the_parts_is_nothing() -> None:
    mail = multipart(TEXT, b"\nnot --b, nor\n --b\n--bc\nnor b", end=b"--b-- \t\nbehind\n--b\n\nnothing")
    head, _, body = mail.partition(b"\n\n")
    found, problems = read(head + b"\n\nThis is a mail in MIME.\n" + body)
    assert found == [("1", b"Anne"), ("2", b"not --b, nor\n --b\n--bc\nnor b")]
    assert not problems


@pytest.mark.parametrize(
    ("mail", "found", "problems"),
    [
        (b"", [("1", b"")], []),
        (b"\n", [("1", b"")], []),
        (b"\nonly a body", [("1", b"only a body")], []),
        (b"Subject: only a header", [("1", b"")], []),
        (b"no header at all\nnor an end of it", [("1", b"")], []),
        (multipart(b"", b"\n"), [("1", b""), ("2", b"")], []),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n--b--", [("1", b""), ("2", b"")], []),
        (
            b"Content-Type: multipart/mixed\n\n--b\n",
            [],
            ["expected a multipart with a boundary, found none - at the letter"],
        ),
        (b"Content-Type: multipart/mixed; boundary=b\n\nx", [], ["expected a line --b, found none - at the letter"]),
        (
            multipart(TEXT, end=b""),
            [("1", b"Anne\n")],
            ["expected a line --b-- at the end, found none - at the letter"],
        ),
        (
            b"Content-Transfer-Encoding: base64\n" + multipart(TEXT),
            [],
            ["expected multipart/mixed in 7bit, 8bit or binary, found base64 - at part 1"],
        ),
        (
            b"Content-Transfer-Encoding: \x1b[2J\nContent-Type: multipart/\x1b[2J\n\n",
            [],
            ["expected multipart/\ufffd[2j in 7bit, 8bit or binary, found \ufffd[2j - at part 1"],
        ),
        # the outer boundary ends the inner multipart, even where it is the same one
        (multipart(multipart(TEXT, boundary=b"c", end=b""), TEXT), [("1.1", b"Anne\n"), ("2", b"Anne")], ["--c--"]),
        (multipart(multipart(TEXT)), [("2", b"Anne")], ["expected a line --b, found none - at part 1"]),
        # in a digest, a part is a mail unless it says otherwise
        (multipart(b"\nSubject: x\n\nAnne", TEXT, kind=b"digest"), [("1.1", b"Anne"), ("2", b"Anne")], []),
        # the first of two fields counts
        (b"Content-Type: text/plain\n" + multipart(TEXT), [("1", b"--b\n" + TEXT + b"\n--b--\n")], []),
    ],
)
def test_what_is_not_as_it_should_be(mail: bytes, found: list[tuple[str, bytes]], problems: list[str]) -> None:
    parts, told = read(mail)
    assert parts == found
    assert len(told) == len(problems)
    assert all(each in text for each, text in zip(problems, told, strict=True))


def nested(levels: int) -> bytes:
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(levels)
    )


@pytest.mark.parametrize("levels", [17, 1_000, 50_000])
def test_29_nested_without_end(levels: int) -> None:
    for mail, place in (
        (nested(levels) + b"\nAnne", ".".join("1" * 16)),
        (b"Content-Type: message/rfc822\n\n" * levels + TEXT, ".".join("1" * 17)),
    ):
        found, problems = read(mail)
        assert not found
        assert f"expected at most 16 levels, found more - at part {place}" in problems
        assert len(problems) <= 17  # and each of the sixteen multiparts lacks its end


def test_as_deep_as_the_cap() -> None:
    [(place, octets)], problems = read(nested(16) + b"\nAnne")
    assert (place, octets, len(problems)) == (".".join("1" * 16), b"Anne", 16)
    [(place, _)], _ = read(nested(100) + b"\nAnne", depth=100)
    assert place.count("1") == 100


class Counted(bytes):
    """Octets of a mail that count how many of them were taken out, as parts and headers."""

    taken = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.taken += len(found) if isinstance(found, bytes) else 1
        return found


@pytest.mark.parametrize("part", [TEXT, b"", nested(1), b"Content-Type: message/rfc822\n\n" + TEXT, b"Content-Type: x"])
def test_29_parts_without_end(part: bytes) -> None:
    mail = Counted(multipart(*[part] * 100_000))
    reader = Reader(mail)
    found = list(reader)
    assert len(found) <= 1_000
    assert len(reader.problems) <= 1_000
    assert sum(problem.wanted == "at most 1000 parts" for problem in reader.problems) == 1
    # no more was looked at than a thousand parts have, however many follow
    assert mail.taken <= 1_001 * (len(part) + 16)


def test_a_letter_that_is_too_large_is_not_looked_into() -> None:
    reader = Reader(b"Subject: Anne\n" + multipart(TEXT), Caps(octets=20))
    assert not list(reader)
    assert reader.fields["subject"] == "Anne"
    assert list(map(str, reader.problems)) == ["expected at most 20 octets, found more - at the letter"]


def test_a_header_of_a_megabyte() -> None:
    mail = b"Subject: Anne\nX: " + b"a\n " * 400_000 + b"\n\nbody"
    reader = Reader(mail)
    assert (reader.fields, list(reader)) == ({"subject": "Anne"}, [])
    assert list(map(str, reader.problems)) == ["expected a header of at most 102400 octets, found more - at the letter"]
    found, problems = read(multipart(mail, TEXT))
    assert found == [("2", b"Anne")]
    assert problems == ["expected a header of at most 102400 octets, found more - at part 1"]


def test_a_field_that_is_too_long_is_not_read() -> None:
    reader = Reader(b"To: " + b"a@b," * 1_000 + b"\nContent-Type: " + b"text" * 1_000 + b"\n\nAnne")
    assert [entity.media_type for entity in reader] == ["text/plain"]
    assert reader.fields == {}
    assert list(map(str, reader.problems)) == [
        "expected a field to of at most 2048 octets, found more - at the letter",
        "expected a field content-type of at most 2048 octets, found more - at the letter",
    ]


def test_fields() -> None:
    reader = Reader(b"From mbox line\nSUBJECT :a\r\n folded\n\tline\nX-To: x\nFrom:\n b\nto: \xe9\xc3\xa9\nFrom: c\n\n")
    assert reader.fields == {"subject": "a folded\tline", "from": "b", "to": "\ufffdé"}


@pytest.mark.parametrize(
    ("text", "media_type", "parameters"),
    [
        ("TEXT/Plain", "text/plain", {}),
        ("text/plain;a=b;A=c", "text/plain", {"a": "b"}),
        ('text/plain (a; b="c") ; a = "b ; \\"c\\" (d)" (e) ', "text/plain", {"a": 'b ; "c" (d)'}),
        ('text/(a (b\\) ") c)plain; a=b', "text/plain", {"a": "b"}),
        ("a/b; transfer-encoding*0=iso-; transfer-encoding*1=8825-ber", "a/b", {"transfer-encoding": "iso-8825-ber"}),
        ("a/b; x*1=b; x*0=a; x*11=d; x*2=c", "a/b", {"x": "abcd"}),
        ("a/b; x*=us-ascii'en'ILL%2DRequest", "a/b", {"x": "ILL-Request"}),
        ("a/b; x*0*=utf-8''%C3; x*1*=%A9; x*2=%20", "a/b", {"x": "\ufffd\ufffd%20"}),
        ("a/b; x*=idna''%FF%80", "a/b", {"x": "\ufffd\ufffd"}),
        ("a/b; x*=%41", "a/b", {"x": "A"}),
        ('a/b; x="no end', "a/b", {"x": "no end"}),
        ('a/b; x=""; y=; ;; =z; z', "a/b", {"x": "", "y": ""}),
        ("a/b (no end; x=y", "a/b", {}),
        ("", "", {}),
        ("; x=y", "", {"x": "y"}),
    ],
)
def test_content_type(text: str, media_type: str, parameters: dict[str, str]) -> None:
    assert content_type(text) == (media_type, parameters)


@given(st.text(st.sampled_from("ab/;=\"\\()*'0% \0\ud800é")))
def test_any_content_type(text: str) -> None:
    media_type, parameters = content_type(text)
    assert media_type == media_type.lower()
    assert all(name for name in parameters)


def test_comments_without_end() -> None:
    assert without_comments("(" * 100_000 + "a") == ""
    assert without_comments("()" * 100_000 + "a") == "a"


def decoded(octets: bytes, encoding: str) -> tuple[bytes, str]:
    found, problem = transfer_decoded(Entity("1", "a/b", {}, encoding, octets, enclosed=False))
    return found, problem.found if problem else ""


@pytest.mark.parametrize(
    ("encoding", "octets", "found", "problem"),
    [
        ("base64", b"", b"", ""),
        ("base64", b"QW5u\r\nZQ==\r\n", b"Anne", ""),
        ("base64", b"QW5uZQ", b"Anne", "an end"),
        ("base64", b"QW5uZQ=", b"Anne", "an end"),
        ("base64", b"QW5uZ", b"Ann", "an end"),
        ("base64", b"QW5u====", b"Ann", "an end"),
        ("base64", b"QW5uZQ==QW5uZQ==", b"Anne", "an end"),
        ("base64", b"====", b"", "an end"),
        ("base64", b"QW5uZQ==\n-- \nsent by a list", b"Anne", "2 other characters"),
        ("base64", b"> QW5u\n> ZQ==", b"Anne", "2 other characters"),
        ("base64", "QW5uZQ==é".encode(), b"Anne", "2 other characters"),
        ("quoted-printable", b"A=6Ene=\r\n=0A =\n", b"Anne\n ", ""),
        ("quoted-printable", b"Anne =zz = b", b"Anne =zz = b", "a = alone at octet 5"),
        ("quoted-printable", b"Anne=", b"Anne", ""),
        ("7bit", b"An\r\nne\xff", b"An\r\nne\xff", ""),
        ("8bit", b"\xff", b"\xff", ""),
        ("binary", b"\0\n\r", b"\0\n\r", ""),
        ("", b"Anne", b"Anne", ""),
        ("x-uuencode", b"Anne", b"Anne", "x-uuencode"),
        ("x\n" * 100, b"Anne", b"Anne", "x\ufffdx"),
    ],
)
def test_transfer_encodings(encoding: str, octets: bytes, found: bytes, problem: str) -> None:
    octets, told = decoded(octets, encoding)
    assert octets == found
    assert told.startswith(problem)
    assert bool(told) == bool(problem)


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "7bit"]))
def test_any_octets_in_any_encoding(octets: bytes, encoding: str) -> None:
    found, _ = decoded(octets, encoding)
    assert len(found) <= len(octets)


def test_caps_are_checked() -> None:
    for caps in ({"parts": 0}, {"depth": 101}, {"octets": 1.5}, {"field": True}):
        with pytest.raises(ValueError, match=f"Caps.{next(iter(caps))}: expected 1 to "):
            Caps(**caps)


@pytest.mark.parametrize("text", ["Anne", "a" * 60, "a" * 61, "\r\nFrom: x", "\x1b[2J", "\ud800", "\u202e"])
def test_a_stranger_writes_on_one_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 60
    assert str(Problem("1", "a", shown)).encode()

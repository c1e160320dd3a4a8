"""ISO ILL by mail: what is built is read again, and whatever a stranger has written is a finding, not a crash."""

import base64
import datetime
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, compat32
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isoill
from isoill.mail import INSTRUCTIONS, MEDIA_TYPE, Caps, Letter, build, parse
from isoill.testing import apdus, rewritten
from tests.test_malformed import CASES

LOST = bytes.fromhex("6f1f301d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
#: The same in the dialect of those who leave out the SEQUENCE.
BARE = bytes.fromhex("6f1d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")
MORNING = datetime.datetime(2026, 11, 21, 10, 15, tzinfo=datetime.UTC)
HEAD: dict[str, Any] = {
    "sender": "ill@main.example.org",
    "recipients": ["ill@hill.example.org"],
    "message_id": "<142.1@main.example.org>",
    "date": MORNING,
}
TYPE = f"{MEDIA_TYPE}; transfer-encoding=iso-8825-ber"


def built(*apdus_: Any, **other: Any) -> bytes:
    return build(apdus_, **{**HEAD, **other}).as_bytes()


def quoted(octets: bytes) -> bytes:
    """Quoted-printable as octets want it, line ends among them: all are quoted."""
    return b"=\n".join(b"".join(b"=%02X" % each for each in octets[at : at + 24]) for at in range(0, len(octets), 24))


def written(
    octets: bytes = LOST, *, kind: str = TYPE, encoding: str = "base64", body: bytes | None = None, more: str = ""
) -> bytes:
    """A part, or a mail without a sender, that has a message in it."""
    match encoding:
        case "base64":
            text = base64.encodebytes(octets)
        case "quoted-printable":
            text = quoted(octets)
        case _:
            text = octets
    head = f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n{more}\n"
    return head.encode() + (text if body is None else body)


def around(*parts: bytes, kind: str = "mixed", boundary: str = "=b") -> bytes:
    line = f"\n--{boundary}".encode()
    inside = b"".join(line + b"\n" + part for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n'.encode() + inside + line + b"--\n"


def told(letter: Letter) -> list[str]:
    return [str(problem) for problem in letter.problems]


def noted(note: Any) -> isoill.Lost:
    """A message with such a note."""
    lost = isoill.decode(LOST)
    assert isinstance(lost, isoill.Lost)
    return replace(lost, note=note)


# ── what is built is read ────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(st.lists(apdus(), min_size=1, max_size=4), st.booleans(), st.sampled_from(["\r\n", "\n"]))
def test_what_is_built_is_read(messages: list[isoill.ILLAPDU], as_octets: bool, newline: str) -> None:
    given_ = [isoill.encode(each) for each in messages] if as_octets else messages
    octets = built(*given_).replace(b"\r\n", newline.encode())
    for strict in (False, True):
        letter = parse(octets, strict=strict)
        assert list(letter.apdus) == messages
        assert [part.octets for part in letter.parts] == [isoill.encode(each) for each in messages]
        assert not letter.problems
    assert octets == built(*given_).replace(b"\r\n", newline.encode())
    assert all(len(line) <= 78 for line in octets.splitlines())


def test_one_message_is_the_mail_itself(request_octets: bytes) -> None:
    mail = build([isoill.decode(request_octets)], **HEAD)
    assert mail.get_content_type() == MEDIA_TYPE
    assert mail["Content-Type"].params == {"transfer-encoding": "iso-8825-ber", "iso-10161-apdu-type": "ILL-Request"}
    assert (mail["Content-Transfer-Encoding"], mail["MIME-Version"]) == ("base64", "1.0")
    assert mail["Auto-Submitted"] == "auto-generated"
    [part] = parse(mail.as_bytes()).parts
    assert (part.place, part.media_type, part.apdu_type, part.enclosed) == ("1", MEDIA_TYPE, "ILL-Request", False)
    # the standard library reads the same
    assert message_from_bytes(mail.as_bytes(), policy=SMTP).get_content() == isoill.encode(part.apdu)


def test_several_messages_are_parts(request_octets: bytes) -> None:
    octets = built(LOST, bytearray(request_octets), memoryview(LOST), isoill.decode(LOST))
    mail = message_from_bytes(octets, policy=SMTP)
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content() for part in mail.iter_parts()] == [LOST, request_octets, LOST, LOST]
    assert "mime-version" not in mail.get_payload(0)
    letter = parse(octets)
    assert [part.place for part in letter.parts] == ["1", "2", "3", "4"]
    assert [part.octets for part in letter.parts] == [LOST, request_octets, LOST, LOST]
    assert letter.subject == "Lost and 3 more"
    # a mail inside another has another boundary
    boundary = (mail.get_boundary() or "").encode()
    assert octets.count(boundary) == 6
    assert boundary not in built(LOST, LOST, message_id="<143@main.example.org>")


def test_the_head_of_a_letter() -> None:
    letter = parse(
        built(
            LOST,
            sender='"Möller, Ä." <ill@main.example.org>',
            recipients=["Hill <ill@hill.example.org>", "b@[192.0.2.7]"],
            subject="Grüße aus Avonlea " * 5,
            message_id=f"<{'x' * 250}@main.example.org>",
        )
    )
    assert letter.sender == "ill@main.example.org"
    assert letter.recipients == ("ill@hill.example.org", "b@[192.0.2.7]")
    assert letter.subject == ("Grüße aus Avonlea " * 5).strip()
    assert letter.message_id == f"<{'x' * 250}@main.example.org>"
    assert letter.date == MORNING
    assert parse(written()) == replace(
        letter, sender=None, recipients=(), message_id=None, subject=None, date=None, parts=parse(written()).parts
    )


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"sender": "ill@main.example.org\r\nBcc: x@example.org"}, "sender: expected an address like NAME@HOST"),
        ({"sender": "ill"}, "sender: expected an address like NAME@HOST, found 'ill'"),
        ({"sender": "a@b, c@d"}, "sender: expected an address"),
        ({"sender": "A <a@b"}, "sender: expected an address"),
        ({"sender": "a@b>"}, "sender: expected an address"),
        ({"sender": "ä@example.org"}, "sender: expected an address"),
        ({"sender": "("}, "sender: expected an address"),
        ({"sender": "(" * 2_000}, "sender: expected an address"),
        ({"sender": "a@" + "b" * 10_000}, "sender: expected an address"),
        ({"sender": ""}, "sender: expected an address"),
        ({"recipients": []}, "recipients: expected at least one address, found none"),
        ({"recipients": ["a@b", "a@b\nX: y"]}, "recipients: expected an address"),
        ({"recipients": ["all: a@b, c@d;"]}, "recipients: expected an address"),
        ({"message_id": "142@main"}, "message_id: expected <NAME@HOST>, found '142@main'"),
        ({"message_id": "<a@b>\r\nX: y"}, "message_id: expected <NAME@HOST>"),
        ({"message_id": "<a b@c>"}, "message_id: expected <NAME@HOST>"),
        ({"message_id": "<ä@c>"}, "message_id: expected <NAME@HOST>"),
        ({"subject": "a\nX: y"}, "subject: expected one line of text, found 'a"),
        ({"subject": "a\u2028b"}, "subject: expected one line of text"),
        ({"date": datetime.datetime(2026, 11, 21)}, "date: expected a date with a time zone"),
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(changed: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error.replace("(", r"\(")):
        built(LOST, **changed)


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ([], "apdus: expected at least one message, found none"),
        ([b""], "apdus: expected octets that begin as a message, found none"),
        ([LOST, b"UNA:+.? 'UNB"], "apdus: expected octets that begin as a message, found 55 4e 41"),
        ([b"\x75\x00"], "apdus: expected octets that begin as a message, found 75 00"),
        ([noted(5)], "expected"),
    ],
)
def test_what_is_no_message_is_refused(messages: list[Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        build(messages, **HEAD)


def test_wrong_types() -> None:
    for messages in (LOST, [None], ["6f"], [isoill.SystemId.of("a:b")]):
        with pytest.raises(TypeError, match="apdus: expected messages or their octets, found "):
            build(messages, **HEAD)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="recipients: expected several addresses, found the text 'a@b'"):
        built(LOST, recipients="a@b")
    for data in ("From: a@b", None, EmailMessage(), message_from_bytes(written(), policy=compat32)):
        with pytest.raises(TypeError, match="expected the octets of a mail, found "):
            parse(data)  # type: ignore[arg-type]
    assert parse(bytearray(written())) == parse(memoryview(written())) == parse(written())


# ── letters from the field, in other forms ───────────────────────────────────────────────────────────────────────

#: Mails with a message in them that are as RFC 2503 and MIME allow.
GOOD = {
    "base64": written(),
    "quoted-printable": written(encoding="quoted-printable"),
    "binary": written(encoding="binary"),
    "8bit": written(encoding="8bit"),
    "no encoding said": b"Content-Type: " + TYPE.encode() + b"\n\n" + LOST,
    "encoding in capitals": written().replace(b": base64", b": BASE64 (as always)"),
    "capital letters": written(kind='APPLICATION/ISO-10161-ILL-1; Transfer-Encoding="ISO-8825-BER"'),
    "with its kind": written(kind=f"{TYPE}; iso-10161-apdu-type=Lost"),
    "kind in capitals": written(kind=f'{TYPE}; ISO-10161-APDU-TYPE="LOST"'),
    "comments": written(kind=f"{MEDIA_TYPE} (ISO ILL; version=2) ; transfer-encoding (\\) () =) = iso-8825-ber (yes)"),
    "folded": written(kind=f"{MEDIA_TYPE};\n\ttransfer-encoding=\n iso-8825-ber"),
    "in pieces": written(kind=f"{MEDIA_TYPE}; transfer-encoding*0=iso-; transfer-encoding*1=8825-ber"),
    "with a charset": written(kind=f"{MEDIA_TYPE}; transfer-encoding*=us-ascii'en'iso%2D8825-ber"),
    "a name": written(kind=f"{TYPE}; name=request.ber", more="Content-Disposition: attachment; filename=request.ber\n"),
    "long lines": written(body=base64.b64encode(LOST)),
    "one character a line": written(body=b"\n".join(bytes([each]) for each in base64.b64encode(LOST))),
    "after a text": around(b"\nDear librarian,", written()),
    "before a list's footer": around(written(), b"Content-Type: text/html\n\n<p>sent by a list"),
    "signed": around(written(), b"Content-Type: application/pkcs7-signature\n\nxyz", kind="signed"),
    "three deep": around(around(b"\nDear librarian,", around(written(), kind="signed", boundary="d"), boundary="c")),
    "from an mbox": b"From isoill Sat Nov 21 10:15:00 2026\n" + written(),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", GOOD)
def test_letters_in_other_forms(name: str, newline: str) -> None:
    # the 0a in the message must stay: that mail may change it is why base64 is recommended
    letter = parse(LOST.join(text.replace(b"\n", newline.encode()) for text in GOOD[name].split(LOST)))
    assert letter.problems == ()
    assert letter.apdus == (isoill.decode(LOST),)
    [part] = letter.parts
    assert part.octets == LOST
    assert (part.deviations, part.error, part.report) == ((), None, None)


def test_the_line_break_at_the_end_of_a_mail_is_padding() -> None:
    """Behind octets as they are, a mail server sees to it that there is one."""
    mail = written(encoding="binary") + b"\r\n"
    [part] = parse(mail).parts
    assert part.apdu == isoill.decode(LOST)
    assert [deviation.reason for deviation in part.deviations] == [isoill.Reason.PADDING]
    [part] = parse(mail, strict=True).parts
    assert part.error is not None
    assert part.error.reason is isoill.Reason.TRAILING_OCTETS


NO_PART = f"expected a part {MEDIA_TYPE}, found {{}} - at the letter"
ENCODING = "expected transfer-encoding=iso-8825-ber, found {} - at part 1"

#: Mails that are not as they should be: how many messages can be read all the same, how many not, and what is told.
BAD: dict[str, tuple[bytes, int, int, list[str]]] = {
    "nothing": (b"", 0, 0, [NO_PART.format("text/plain")]),
    "text": (b"Subject: hello\n\nDear librarian", 0, 0, [NO_PART.format("text/plain")]),
    "other parts": (
        around(b"\nhello", b"Content-Type: image/png\n\n", b"Content-Type: \x1b[2J\n\n"),
        0,
        0,
        [NO_PART.format("\ufffd[2j, image/png, text/plain")],
    ),
    "an empty part": (written(b""), 0, 1, []),
    "a part of nothing but lines": (written(body=b"\n\n\n"), 0, 1, []),
    "a part cut off": (written(LOST[:-3]), 0, 1, []),
    "EDIFACT": (written(b"UNA:+.? 'UNB+UNOB:1'"), 0, 1, []),
    "no transfer-encoding": (written(kind=MEDIA_TYPE), 1, 0, [ENCODING.format("no transfer-encoding")]),
    "another transfer-encoding": (
        written(kind=f"{MEDIA_TYPE}; transfer-encoding=edifact"),
        1,
        0,
        [ENCODING.format("edifact")],
    ),
    "a transfer-encoding that would write to a terminal": (
        written(kind=f"{MEDIA_TYPE}; transfer-encoding=\x1b[2J{'x' * 100}"),
        1,
        0,
        [ENCODING.format(f"\ufffd[2J{'x' * 55}…")],
    ),
    "a semicolon left out": (
        written(kind=f"{MEDIA_TYPE} transfer-encoding=iso-8825-ber"),
        0,
        0,
        [NO_PART.format(f"{MEDIA_TYPE} transfer-encoding=iso-8825-ber")],
    ),
    "another kind": (
        written(kind=f"{TYPE}; iso-10161-apdu-type=Damaged"),
        1,
        0,
        ["expected iso-10161-apdu-type=Lost, found Damaged - at part 1"],
    ),
    "two messages": (written(LOST + LOST), 2, 0, ["expected one message, found more - at part 1"]),
    "a message and the rest of one": (written(LOST + LOST[:9]), 1, 1, ["expected one message, found more - at part 1"]),
    "a broken one and a good one": (
        written(LOST.replace(b"\xa2\x0c", b"\xa9\x0c") + LOST),
        1,
        1,
        ["expected one message, found more - at part 1"],
    ),
    "a message and text": (written(LOST + b"\r\n-- \r\nlist"), 1, 1, ["expected one message, found more - at part 1"]),
    "a footer behind base64": (
        written(body=base64.b64encode(LOST) + b"\n_____\nlist"),
        1,
        1,
        # what stands behind is read as base64, as LOST does not end with a =
        ["expected base64, found 5 other characters - at part 1", "expected one message, found more - at part 1"],
    ),
    "base64 that is cut": (
        written(body=base64.b64encode(LOST)[:-3]),
        0,
        1,
        ["expected base64, found an end that is none, or none at the end - at part 1"],
    ),
    "base64 in a quotation": (
        written(body=b"> " + base64.b64encode(LOST)),
        1,
        0,
        ["expected base64, found 1 other characters - at part 1"],
    ),
    "quoted-printable that is broken": (
        written(encoding="quoted-printable", body=quoted(LOST).replace(b"=80", b"=8", 1)),
        0,
        2,
        [
            "expected quoted-printable, found a = alone at octet 12 - at part 1",
            "expected one message, found more - at part 1",  # as it is longer now by an octet
        ],
    ),
    "an encoding that no one knows": (
        written(encoding="x-uuencode"),
        1,
        0,
        ["expected base64, found x-uuencode - at part 1"],
    ),
    "rewritten as UTF-8": (
        written(LOST.decode("latin-1").encode(), encoding="8bit"),
        0,
        1,
        ["expected octets, found text in UTF-8, into which the octets were rewritten - at part 1"],
    ),
    "what is no ASCII replaced": (
        written(LOST.decode(errors="replace").encode(), encoding="8bit"),
        0,
        1,
        ["expected octets, found text in UTF-8, into which the octets were rewritten - at part 1"],
    ),
    "the eighth bit lost": (written(bytes(each & 0x7F for each in LOST), encoding="7bit"), 0, 1, []),
    "octets without a type": (
        around(
            written(kind="application/octet-stream; name=request.ber"),
            written(b"PNG", kind="application/octet-stream"),
        ),
        1,
        0,
        [f"expected {MEDIA_TYPE}, found application/octet-stream - at part 1"],
    ),
    "no end": (
        around(written()).removesuffix(b"\n--=b--\n"),
        1,
        0,
        ["expected a line --=b-- at the end, found none - at the letter"],
    ),
    "no boundary": (
        around(written()).replace(b"boundary=", b"border="),
        0,
        0,
        ["expected a multipart with a boundary, found none - at the letter", NO_PART.format("no part")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_letters_that_are_not_as_they_should_be(name: str) -> None:
    mail, good, bad, problems = BAD[name]
    letter = parse(mail)
    assert told(letter) == problems
    assert letter.apdus == (isoill.decode(LOST),) * good
    broken = [part for part in letter.parts if part.error is not None]
    assert len(broken) == bad
    for part in broken:
        assert part.apdu is None
        assert part.report is not None
        assert part.error is not None
        assert part.error.__traceback__ is None
        assert isoill.decode(isoill.encode(part.report)) == part.report
    assert len(letter.parts) == good + bad


def test_deviations_are_listed_of_each_message() -> None:
    letter = parse(around(written(BARE), written()))
    assert [[each.reason.name for each in part.deviations] for part in letter.parts] == [["IMPLICIT_TAG"], []]
    assert letter.problems == ()
    letter = parse(around(written(BARE), written()), strict=True)
    assert [part.error is None for part in letter.parts] == [False, True]


@pytest.mark.parametrize("case", [case for case in CASES if "type" not in case], ids=lambda case: case["name"])
def test_messages_that_are_refused_elsewhere(case: dict[str, Any]) -> None:
    """Each of the malformed messages is a finding in a letter, too."""
    octets = bytes.fromhex(case["octets"])
    letter = parse(written(octets), strict=True)
    [part, *_] = [part for part in letter.parts if part.error is not None]
    assert part.error is not None
    if len(letter.parts) == 1:
        assert (part.error.reason.name, part.error.offset) == (case["reason"], case["offset"])
    assert b"".join(each.octets for each in letter.parts) == octets


def test_a_report_is_not_answered() -> None:
    [part] = parse(written(b"\x73\x02\x30\x00")).parts
    assert part.error is not None
    assert part.report is None


def test_the_report_is_dated_and_answers_the_sender() -> None:
    now = datetime.datetime(2026, 11, 22, 9, 0)
    [part] = parse(written(LOST.replace(b"\xa2\x0c", b"\xa9\x0c")), now=now).parts
    assert part.report is not None
    assert part.report.service_date_time.date_time_of_this_service.date == "20261122"
    assert part.report.transaction_id == isoill.decode(LOST).transaction_id
    [answer] = parse(built(part.report)).apdus
    assert answer == part.report


def test_what_was_forwarded_or_returned_is_not_the_senders_word() -> None:
    """A letter that did not arrive comes back with our own messages in it."""
    ours = built(LOST)
    returned = around(
        b"\nNo such mailbox",
        b"Content-Type: message/delivery-status\n\n",
        b"Content-Type: message/rfc822\n\n" + ours,
        kind="report",
    )
    for inside in (ours, built(LOST, LOST), written(b"broken")):
        letter = parse(around(b"\nNo such mailbox", b"Content-Type: message/rfc822\n\n" + inside, kind="report"))
        assert letter.apdus == ()
        assert letter.parts
        for part in letter.parts:
            assert part.enclosed
            assert part.report is None
            assert (
                f"expected a message of the letter itself, found one of a mail inside it - at part {part.place}"
                in told(letter)
            )
    [part] = parse(returned).parts
    assert (part.place, part.octets, part.apdu) == ("3.1", LOST, isoill.decode(LOST))
    assert parse(b"Content-Type: message/rfc822\n\n" + ours).parts[0].place == "1.1"


def test_delivery_instructions_are_kept() -> None:
    instructions = written(b"\x30\x00", kind=f"{INSTRUCTIONS}; transfer-encoding=iso-8825-ber")
    letter = parse(around(written(), instructions))
    assert letter.problems == ()
    assert letter.apdus == (isoill.decode(LOST),)
    assert [(part.media_type, part.octets, part.error) for part in letter.parts] == [
        (MEDIA_TYPE, LOST, None),
        (INSTRUCTIONS, b"\x30\x00", None),
    ]
    assert told(parse(instructions)) == [NO_PART.format("no part")]


# ── more than a letter should have: row 29 of the attack list ────────────────────────────────────────────────────


def test_29_a_hundred_thousand_parts() -> None:
    letter = parse(around(*[written()] * 100_000), caps=Caps(octets=1 << 30))
    # a multipart, and 999 parts in it
    assert len(letter.apdus) == 999
    assert told(letter) == ["expected at most 1000 parts, found more - at part 1000"]


def test_29_a_hundred_thousand_messages_in_one_part() -> None:
    letter = parse(written(LOST * 100_000, encoding="binary"))
    assert len(letter.apdus) == 1_000
    assert told(letter) == [
        "expected one message, found more - at part 1",
        "expected at most 1000 parts, found more - at part 1",
    ]


def test_29_nested_a_thousand_deep() -> None:
    for kind in ("mixed", "signed", "digest"):
        mail = written()
        for level in range(1_000):
            mail = around(mail, kind=kind, boundary=f"b{level}")
        letter = parse(mail)
        assert letter.apdus == ()
        [problem, _] = told(letter)
        assert problem == f"expected at most 16 levels, found more - at part {'.'.join('1' * 16)}"
    mail = written()
    for level in range(16):
        mail = around(mail, boundary=f"b{level}")
    assert parse(mail).apdus == (isoill.decode(LOST),)


def test_29_a_letter_and_a_message_that_are_too_large() -> None:
    octets = isoill.encode(noted("x" * (1 << 20)))
    [part] = parse(written(octets)).parts
    assert isinstance(part.error, isoill.LimitError)
    assert part.report is not None
    [part] = parse(written(octets), limits=isoill.Limits(octets=2 << 20)).parts
    assert part.apdu is not None
    letter = parse(built(octets), caps=Caps(octets=1 << 20))
    assert letter.parts == ()
    assert letter.sender == "ill@main.example.org"  # who can be told
    assert told(letter)[0] == "expected at most 1048576 octets, found more - at the letter"


@pytest.mark.parametrize(
    "text", ["(", '"', "<", "a@b,", "a:", ".", "[", "=?utf-8?q?", "\\", "\0", "é", "=?utf-7?q?+2AA-?= "]
)
@pytest.mark.parametrize("times", [1, 100, 1_500])
def test_29_fields_that_lead_parsers_astray(text: str, times: int) -> None:
    names = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding")
    letter = parse("".join(f"{name}: {text * times}\n" for name in names).encode() + b"\n" + LOST)
    assert not letter.apdus
    assert repr(letter).encode()  # nothing in it that cannot be written
    assert letter.subject is None or letter.subject.isprintable()


#: Letters whose octets are changed at random: one, and several in each of the forms of MIME.
SEEDS = [built(LOST), built(LOST, BARE, LOST), *GOOD.values(), *(mail for mail, *_ in BAD.values())]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 8))
def test_any_change_to_a_letter_is_a_finding(mail: bytes, seed: int, changes: int) -> None:
    random, octets = Random(seed), bytearray(mail or b"\n")
    for _ in range(changes):
        at, length = random.randrange(len(octets) + 1), random.randrange(1, 20)
        match random.randrange(4):
            case 0:
                octets[at:at] = random.choice(
                    [b"\n", b"\n\n", b'"', b"(", b";", b"--", b"=", b"\0", b"\xff", b"\r", b" "]
                )
            case 1:
                del octets[at : at + length]
            case 2:
                octets[at : at + length] = random.randbytes(length)
            case _:
                start = random.randrange(len(octets) + 1)
                octets[at:at] = octets[start : start + 10 * length]
    letter = parse(octets, strict=bool(seed % 2))
    assert repr(letter).encode()
    for part in letter.parts:
        assert (part.apdu is None) == (part.error is not None) or part.media_type == INSTRUCTIONS
        assert len(part.octets) <= len(octets)
    assert all(str(problem).isprintable() for problem in letter.problems)
    if letter.apdus:
        assert parse(built(*letter.apdus)).apdus == letter.apdus


@settings(deadline=None)
@given(st.binary())
def test_any_octets_are_a_letter(octets: bytes) -> None:
    assert parse(octets).problems
    assert repr(parse(written(octets, encoding="binary"))).encode()


@settings(deadline=None, max_examples=50)
@given(apdus(), st.integers(0, 2**32), st.sampled_from(["base64", "quoted-printable"]))
def test_messages_in_other_writers_forms(message: isoill.ILLAPDU, seed: int, encoding: str) -> None:
    form = rewritten(message, Random(seed), dialects=True)
    letter = parse(written(form.octets, encoding=encoding))
    assert letter.apdus == (message,)
    assert letter.parts[0].octets == form.octets
    assert letter.problems == ()

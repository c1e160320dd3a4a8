"""Letters by real mail: to a server on this machine, into a maildir, and out of it once each."""

import asyncio
import datetime
import io
import mailbox
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import isoill
from isoill.mail import Caps, build, parse
from isoill.post import DeliveryError, deliver, letters, read
from tests.conftest import ROOT, need

try:
    import aiosmtplib
    from aiosmtpd.handlers import Mailbox
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
except ImportError:
    SMTP = None  # type: ignore[assignment, misc]
need(SMTP, "aiosmtpd or aiosmtplib")

LOST = bytes.fromhex("6f1f301d800102a10aa1031b0131a2031b0132a20ca00a80083230323631313231")


class Box(Mailbox):
    """A mail server that puts letters into a maildir, and has a few recipients that it does not know."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 No such mailbox\x1b[2J"
        if address.startswith("later"):
            return "451 Try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Full(Mailbox):
    """A mail server that has no room."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "452 No room"


@asynccontextmanager
async def serving(handler: Any, **options: Any) -> AsyncIterator[int]:
    """A mail server, on a port that is free."""
    loop = asyncio.get_running_loop()
    implicit = options.pop("ssl", None)
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="mx.example.org", **options), "127.0.0.1", 0, ssl=implicit
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def maildir(path: Path) -> Path:
    box = path / "box"
    mailbox.Maildir(box)
    return box


def mail_for(*recipients: str, octets: bytes = LOST) -> EmailMessage:
    return build(
        [octets],
        sender="ill@main.example.org",
        recipients=recipients,
        message_id="<142.1@main.example.org>",
        date=datetime.datetime(2026, 11, 21, 10, 15, tzinfo=datetime.UTC),
    )


def sent(handler: Any, mail: EmailMessage, *, serve: dict[str, Any] | None = None, **options: Any) -> None:
    """Give a mail to such a server."""

    async def run() -> None:
        async with serving(handler, **(serve or {})) as port:
            await deliver(mail, host="127.0.0.1", port=port, **options)

    asyncio.run(run())


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_goes_out_and_comes_in(tmp_path: Path, request_octets: bytes) -> None:
    box = maildir(tmp_path)
    for octets in (LOST, request_octets):
        sent(Box(box), mail_for("ill@hill.example.org", octets=octets))
    waiting = list(letters(box))
    found = {part.octets for letter in waiting for part in parse(letter.octets).parts}
    assert found == {LOST, request_octets}
    for letter in waiting:
        assert parse(letter.octets).problems == ()
        assert parse(letter.octets).sender == "ill@main.example.org"


def test_refused_recipients_are_told(tmp_path: Path) -> None:
    box = maildir(tmp_path)
    mail = mail_for("ill@hill.example.org", "nobody@hill.example.org", "later@hill.example.org")
    with pytest.raises(DeliveryError, match=r"expected 127.0.0.1:\d+ to take every recipient, found nobody@") as caught:
        sent(Box(box), mail)
    assert caught.value.refused == {
        "nobody@hill.example.org": "550 No such mailbox\ufffd[2J",
        "later@hill.example.org": "451 Try again",
    }
    assert (caught.value.code, caught.value.permanent) == (451, False)
    assert len(list(letters(box))) == 1  # the others have it

    with pytest.raises(DeliveryError) as caught:
        sent(Box(box), mail_for("nobody@hill.example.org"))
    assert list(caught.value.refused) == ["nobody@hill.example.org"]
    assert (caught.value.code, caught.value.permanent) == (550, True)
    assert len(list(letters(box))) == 1


def test_a_refused_letter_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"expected 127.0.0.1:\d+ to take the letter, found 452 No room") as caught:
        sent(Full(maildir(tmp_path)), mail_for("ill@hill.example.org"))
    assert (caught.value.code, caught.value.permanent, caught.value.refused) == (452, False, {})
    assert isinstance(caught.value, isoill.ILLError)


def test_a_server_that_is_not_there_or_says_nothing() -> None:
    async def run() -> None:
        async with serving(None) as port:
            pass
        with pytest.raises(DeliveryError, match=f"expected 127.0.0.1:{port} to take the letter, found ") as caught:
            await deliver(mail_for("a@b"), host="127.0.0.1", port=port)
        assert (caught.value.code, caught.value.permanent) == (None, False)

        silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
        async with silent:
            port = silent.sockets[0].getsockname()[1]
            with pytest.raises(DeliveryError, match=f"expected 127.0.0.1:{port} to take the letter, found "):
                await deliver(mail_for("a@b"), host="127.0.0.1", port=port, timeout=0.05)
            for writer in held:
                writer.close()

    held: list[asyncio.StreamWriter] = []
    asyncio.run(run())
    assert held


def certificates(trustme: Any) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server on this machine, and for a client that trusts it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_by_tls_with_a_password(tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    server, client = certificates(trustme)
    box = maildir(tmp_path)
    asked: list[tuple[bytes, bytes, bool]] = []

    def authenticated(_: Any, session: Session, __: Any, ___: str, data: Any) -> AuthResult:
        asked.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"secret", handled=False)

    serve = {"tls_context": server, "authenticator": authenticated}
    mail = mail_for("ill@hill.example.org")
    sent(Box(box), mail, serve=serve, username="ill", password="secret", context=client)
    assert asked == [(b"ill", b"secret", True)]
    with pytest.raises(DeliveryError, match="found 535 ") as caught:
        sent(Box(box), mail, serve=serve, username="ill", password="wrong", context=client)
    assert caught.value.permanent
    assert "wrong" not in str(caught.value)
    # a password does not go to a server that offers no TLS, nor anything to one that no one vouches for
    asked.clear()
    plain = {"authenticator": authenticated, "auth_require_tls": False}
    with pytest.raises(DeliveryError, match="STARTTLS"):
        sent(Box(box), mail, serve=plain, username="ill", password="secret")
    for tls in ("offered", "starttls"):
        with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
            sent(Box(box), mail, serve=serve, tls=tls)
    assert not asked
    assert len(list(letters(box))) == 1
    sent(Box(box), mail, serve=serve, tls="starttls", context=client)
    sent(Box(box), mail, serve={"ssl": server}, tls="implicit", context=client)
    sent(Box(box), mail, serve=serve, tls="none")
    assert len(list(letters(box))) == 4


def test_without_aiosmtplib_it_is_said_what_to_install() -> None:
    code = """
import asyncio, sys
sys.modules["aiosmtplib"] = None
from isoill.post import deliver
try:
    asyncio.run(deliver(None, host="localhost"))
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "sending mail needs aiosmtplib: pip install 'isoill[mail]'\n"
    assert aiosmtplib.__name__ == "aiosmtplib"


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def put(box: Path, name: str, octets: bytes) -> None:
    (box / "new" / name).write_bytes(octets)


def test_what_is_not_taken_comes_again(tmp_path: Path) -> None:
    box = maildir(tmp_path)
    put(box, "2.b.host", b"second")
    put(box, "1.a.host", b"first")
    put(box, ".hidden", b"not a letter")
    (box / "new" / "directory").mkdir()
    for _ in range(2):  # the program ends before it has stored anything
        assert [letter.octets for letter in letters(box)] == [b"first", b"second"]
    [first, second] = letters(box)
    first.take()
    assert [letter.octets for letter in letters(box)] == [b"second"]
    with pytest.raises(FileNotFoundError):
        first.take()
    second.take()
    assert list(letters(box)) == []
    (box / "new" / "directory").rmdir()
    (box / "new" / ".hidden").unlink()
    # for the standard library they are read letters
    assert sorted(each.get_flags() for each in mailbox.Maildir(box)) == ["S", "S"]
    assert {each.get_subdir() for each in mailbox.Maildir(box)} == {"cur"}


def test_a_letter_that_another_has_taken_is_passed_over(tmp_path: Path) -> None:
    box = maildir(tmp_path)
    put(box, "1", b"first")
    put(box, "2", b"second")
    found = letters(box)
    assert next(found).octets == b"first"
    next(letters(box)).take()
    (box / "new" / "2").unlink()
    assert list(found) == []


def test_what_is_no_maildir_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected a maildir with new and cur in it, found no new - at "):
        letters(tmp_path)
    (tmp_path / "new").mkdir()
    with pytest.raises(FileNotFoundError, match="found no cur"):
        letters(str(tmp_path))


class Endless(io.RawIOBase):
    """A pipe that does not end, and counts what is read."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), 1_000)
        self.given += size
        buffer[:size] = b"x" * size
        return size


def test_of_a_letter_that_is_too_large_no_more_is_read(tmp_path: Path) -> None:
    caps = Caps(octets=100_000)
    pipe = Endless()
    octets = read(pipe, caps=caps)  # type: ignore[arg-type]
    assert len(octets) == pipe.given == 100_001
    assert str(parse(octets, caps=caps).problems[0]) == "expected at most 100000 octets, found more - at the letter"
    box = maildir(tmp_path)
    put(box, "1", b"\n" + b"x" * 200_000)
    [letter] = letters(box, caps=caps)
    assert len(letter.octets) == 100_001
    assert len(next(letters(box)).octets) == 200_001


def test_a_letter_out_of_a_pipe() -> None:
    reading, writing = os.pipe()
    octets = mail_for("a@b").as_bytes()
    with open(reading, "rb", buffering=0) as pipe:
        with open(writing, "wb") as other:
            other.write(octets)
        assert read(pipe) == octets
    with pytest.raises(TypeError, match="expected a file open for reading bytes"):
        read(io.StringIO("Subject: x"))  # type: ignore[arg-type]

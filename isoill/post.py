"""Letters out by SMTP, and in from a maildir or a pipe."""

from __future__ import annotations

import os
import pathlib
import ssl
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any, BinaryIO, Literal

from isoill.errors import ILLError
from isoill.mime import DEFAULT_CAPS, Caps, printable
from isoill.records import record

__all__ = ["DeliveryError", "Waiting", "deliver", "letters", "read"]


class DeliveryError(ILLError):
    """A letter that a mail server did not take, or not for every recipient.

    >>> str(DeliveryError("expected 192.0.2.7:25 to take the letter, found 451 try again later", code=451))
    'expected 192.0.2.7:25 to take the letter, found 451 try again later'
    """

    def __init__(self, detail: str, *, code: int | None = None, refused: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        #: what the server answered (RFC 5321, 4.2); None where it did not answer
        self.code = code
        #: what it said of each recipient that it refused; empty where it refused the letter as such
        self.refused = dict(refused or {})

    @property
    def permanent(self) -> bool:
        """Whether the server said that it is of no use to try again (5yz)."""
        return self.code is not None and self.code >= 500


async def deliver(
    message: EmailMessage,
    /,
    *,
    host: str,
    port: int = 25,
    username: str | None = None,
    password: str | None = None,
    tls: Literal["none", "offered", "starttls", "implicit"] = "offered",
    context: ssl.SSLContext | None = None,
    timeout: float = 30,
) -> None:
    """Give a mail to a mail server, for the recipients in its header.  Needs the extra: ``pip install 'isoill[mail]'``.

    With ``tls="offered"`` the connection is by TLS if the server offers STARTTLS; ``"starttls"`` insists on that, and
    ``"implicit"`` is TLS from the first octet (port 465 by custom).  A password goes by TLS, unless it is ``"none"``.
    Certificates are verified, with ``context`` if there is one.  ``timeout`` is in seconds, for each answer of the
    server.

    Raises `DeliveryError` for what the server refuses, for one that cannot be reached, and for one that does not
    answer.  Where it refuses recipients, ``refused`` has them; the others get the letter.  If the connection breaks
    when the server has all of the letter, no one knows whether it was taken; sent again, it has the same message-id.
    """
    try:
        import aiosmtplib  # noqa: PLC0415 - needed to send, and not to read
    except ImportError as error:
        raise ImportError("sending mail needs aiosmtplib: pip install 'isoill[mail]'") from error
    where = f"{host}:{port}"
    start: bool | None = {"none": False, "offered": None, "starttls": True, "implicit": False}[tls]
    if username is not None and tls == "offered":
        start = True
    options: dict[str, Any] = {"start_tls": start, "use_tls": tls == "implicit", "tls_context": context}
    try:
        refused, _ = await aiosmtplib.send(
            message, hostname=host, port=port, username=username, password=password, timeout=timeout, **options
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = {each.recipient: aiosmtplib.SMTPResponse(each.code, each.message) for each in error.recipients}
    except aiosmtplib.SMTPResponseException as error:
        found = printable(f"{error.code} {error.message}", 200)
        raise DeliveryError(f"expected {where} to take the letter, found {found}", code=error.code) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        found = printable(str(error) or type(error).__name__, 200)
        raise DeliveryError(f"expected {where} to take the letter, found {found}") from error
    if refused:
        told = {address: printable(f"{answer.code} {answer.message}", 200) for address, answer in refused.items()}
        found = printable("; ".join(f"{address}: {said}" for address, said in told.items()), 200)
        # 4yz before 5yz: as long as one may still get it, it is worth another try
        code = min(answer.code for answer in refused.values())
        raise DeliveryError(f"expected {where} to take every recipient, found {found}", code=code, refused=told)


@record
class Waiting:
    """A letter in a maildir that no one has taken; see `letters`."""

    path: pathlib.Path
    octets: bytes

    def __repr__(self) -> str:
        return f"<Waiting {self.path.name}, {len(self.octets)} octets>"  # which may be about readers

    def take(self) -> None:
        """Move it to ``cur``, as one that was seen: call it when what is in the letter is stored.

        If the program ends before that, the letter comes again; so storing it twice must do no harm, as it does none
        in a ledger.  Raises FileNotFoundError where another program has taken it in between.
        """
        # a rename is there whole or not at all; mailbox.Maildir would write the letter anew
        self.path.rename(self.path.parents[1] / "cur" / f"{self.path.name.partition(':')[0]}:2,S")


def letters(maildir: str | os.PathLike[str], /, *, caps: Caps = DEFAULT_CAPS) -> Iterator[Waiting]:
    """The letters in ``new`` of a maildir, those that came first before the others; for `isoill.mail.parse`.

    Of a letter larger than ``caps.octets`` no more is read than shows that it is.  Raises FileNotFoundError where
    there is no maildir.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     for name in ("new", "cur", "tmp"):
    ...         Path(directory, name).mkdir()
    ...     _ = Path(directory, "new", "1795000000.1.host").write_bytes(b"Subject: Anne of Green Gables\\n\\n")
    ...     for letter in letters(directory):
    ...         print(letter.octets)
    ...         letter.take()
    ...     print(list(letters(directory)), [path.name for path in Path(directory, "cur").iterdir()])
    b'Subject: Anne of Green Gables\\n\\n'
    [] ['1795000000.1.host:2,S']
    """
    root = pathlib.Path(maildir)
    for name in ("new", "cur"):
        if not (root / name).is_dir():
            raise FileNotFoundError(f"expected a maildir with new and cur in it, found no {name} - at {root}")
    return _waiting(root / "new", caps)


def read(file: BinaryIO, /, *, caps: Caps = DEFAULT_CAPS) -> bytes:
    """A letter out of a pipe, as ``sys.stdin.buffer`` is one; if larger than ``caps.octets``, an octet more than that.

    >>> import io
    >>> read(io.BytesIO(b"Subject: Anne of Green Gables\\n\\n"))
    b'Subject: Anne of Green Gables\\n\\n'
    """
    pieces, wanted = [], caps.octets + 1
    while wanted and (piece := file.read(min(wanted, 1 << 16))):
        if not isinstance(piece, bytes):
            raise TypeError(f"expected a file open for reading bytes ('rb'), found one that gives {piece!r:.40}")
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _waiting(new: pathlib.Path, caps: Caps) -> Iterator[Waiting]:
    # a name begins with the time; of those that begin with a dot, no one is to look at any (the rules of maildir)
    for path in sorted(path for path in new.iterdir() if path.is_file() and not path.name.startswith(".")):
        try:
            with path.open("rb") as file:
                octets = read(file, caps=caps)
        except FileNotFoundError:
            continue  # another program has taken it
        yield Waiting(path, octets)

"""The command line: ``isoill decode``, ``encode``, ``dump``, ``check``, ``explain``, ``profile``; and `operating`.

Exit codes: 0, all went well; 1, a message was bad, and a line on standard error says which, why and where, or it would
be refused, or was not allowed; 2, the command was called wrongly, or a file could not be read or written.
"""

from __future__ import annotations

import argparse
import codecs
import datetime
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import isoill
from isoill import operating
from isoill.dialects import speakers_of
from isoill.services import Role, Transport
from isoill.terminal import CommandError, complain, in_utf8, opened, read, shown_name

if TYPE_CHECKING:
    from isoill import verdicts
    from isoill.profiles import Profile

__all__ = ["main"]

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character shows its number
    try:
        if sys.stdout is None:
            raise CommandError("standard output: it is closed", 2)
        code: int = options.run(options)
        sys.stdout.flush()
    except CommandError as error:
        complain(str(error))
        return error.code
    except BrokenPipeError:  # whoever read our output has read enough
        _let_go_of_output()
        return 0
    except OSError as error:  # reading is seen to where it is done: it is our output that cannot be written
        _let_go_of_output()
        complain(f"standard output: {error.strerror}")
        return 2
    except MemoryError:
        complain("expected messages that memory holds, found more")
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def _let_go_of_output() -> None:
    """What is left in the buffer cannot be written at exit either."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it is for the interpreter to close


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="isoill", description="Read, check, send and answer the messages of ISO ILL (ISO 10160/10161-1)."
    )
    parser.add_argument("--version", action="version", version=f"isoill {isoill.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    decode = commands.add_parser("decode", help="print what messages say", description="Print what messages say.")
    decode.add_argument(
        "files", nargs="+", metavar="FILE", help="BER messages, one or several in each; - is standard input"
    )
    decode.add_argument("--json", action="store_true", help="one JSON object a message, a line each")
    decode.add_argument(
        "--lenient", action="store_true", help="put up with what real systems send; say it on standard error"
    )
    decode.set_defaults(run=_decode)

    encode = commands.add_parser("encode", help="make a message from JSON", description="Make messages from JSON.")
    encode.add_argument("file", metavar="FILE.json", help="JSON as decode --json prints it; - is standard input")
    encode.add_argument(
        "-o", "--output", required=True, metavar="OUT.ber", help="where the octets go; - is standard output"
    )
    encode.add_argument("--no-defaults", action="store_true", help="leave out components that have their default")
    encode.set_defaults(run=_encode)

    dump = commands.add_parser(
        "dump", help="print the octets, annotated", description="Print the tag-length-values of messages, annotated."
    )
    dump.add_argument("files", nargs="+", metavar="FILE", help="BER, whole or broken; - is standard input")
    dump.set_defaults(run=_dump)

    check = commands.add_parser(
        "check",
        help="say whether a partner will take messages",
        description="Say what in messages breaks the rules of a kind of partner; exit code 1 if one would be refused.",
    )
    check.add_argument("files", nargs="+", metavar="FILE", help="BER messages, read leniently; - is standard input")
    check.add_argument(
        "--profile",
        dest="profiles",
        action="append",
        required=True,
        metavar="PROFILE",
        help="a name (isoill profile list has them), or a partner's FILE.toml; several make a matrix",
    )
    check.add_argument(
        "--role", choices=[role.value for role in Role], help="of the sender, where the message does not tell"
    )
    check.add_argument("--transport", choices=[each.value for each in Transport], help="how it is sent")
    check.add_argument("--today", type=_day, metavar="YYYY-MM-DD", help="the day on which it is sent; else today")
    check.add_argument("--history", action="store_true", help="messages are of one time: look at the ones before too")
    check.add_argument("--json", action="store_true", help="one JSON object a message, a line each")
    check.set_defaults(run=_check)

    explain = commands.add_parser(
        "explain",
        help="replay a conversation, and say what was illegal",
        description="Replay messages as both sides of their transactions; exit code 1 if anything was illegal.",
    )
    explain.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="BER messages in the order of time, read leniently; - is standard input",
    )
    explain.add_argument("--strict", action="store_true", help="receive by the strict table, too")
    explain.add_argument(
        "--sender",
        choices=[Role.REQUESTER.value, Role.RESPONDER.value],
        help="of the messages that do not tell who sent them",
    )
    explain.add_argument("--json", action="store_true", help="one JSON object a message, a line each")
    explain.set_defaults(run=_explain)

    operating.add_commands(commands)

    profile = commands.add_parser("profile", help="print a profile", description="Print what is known of partners.")
    actions = profile.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="print a profile as a page")
    show.add_argument("profile", metavar="PROFILE", help="a name, or a partner's FILE.toml")
    show.set_defaults(run=_show_profile)
    names = actions.add_parser("list", help="print the names of the profiles")
    names.set_defaults(run=_list_profiles)
    return parser


def _day(text: str) -> datetime.date:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day as YYYY-MM-DD, found {text!r}") from None


class _Messages(Generic[T]):
    """The messages of several files, each with its file and its number there.

    What is wrong with a file is one line on standard error, and the next file's turn; ``code`` is the exit code.
    """

    def __init__(self, names: Sequence[str], read: Callable[[str], Iterator[T]]) -> None:
        self._names = names
        self._read = read
        self.code = 0

    def __iter__(self) -> Iterator[tuple[str, int, T]]:
        for name in self._names:
            number = 0
            try:
                for number, message in enumerate(self._read(name), 1):
                    yield name, number, message
                if number == 0:
                    raise CommandError(f"{shown_name(name)}: expected a message, found nothing", 1)
            except isoill.DecodeError as error:
                self._complain(f"{shown_name(name)}: {error}", 1)
            except CommandError as failure:
                self._complain(str(failure), failure.code)

    def _complain(self, line: str, code: int) -> None:
        sys.stdout.flush()  # so that it stands behind what was printed before it
        complain(line)
        self.code = max(self.code, code)


def _decode(options: argparse.Namespace) -> int:
    several = len(options.files) > 1
    if options.json:
        in_utf8()
    messages = _Messages(options.files, lambda name: _apdus(name, options.lenient))
    for name, number, apdu in messages:
        if options.json:
            print(isoill.to_json(apdu))
        else:
            if several and number == 1:
                print(f"# {shown_name(name)}")
            print(isoill.tree(apdu))
    return messages.code


def _apdus(name: str, lenient: bool) -> Iterator[isoill.ILLAPDU]:
    if not lenient:
        with opened(name) as file:
            yield from isoill.iter_apdus(file)
        return
    for examination in _examinations(name):
        for deviation in examination.deviations:
            complain(f"{shown_name(name)}: {deviation}")
        if speakers := speakers_of(examination.deviations):
            complain(f"{shown_name(name)}: these are ways of {' or '.join(speakers)}")
        yield examination.apdu


def _examinations(name: str) -> Iterator[isoill.Examination]:
    data, offset = read(name), 0
    if not data.strip(b"\0\r\n"):
        return
    while offset < len(data):
        examination, offset = isoill.examine_from(data, offset)
        yield examination


def _encode(options: argparse.Namespace) -> int:
    name = shown_name(options.file)
    written = []
    texts = _objects(read(options.file).removeprefix(codecs.BOM_UTF8))
    for number, text in enumerate(texts, 1):
        try:
            written.append(isoill.encode(isoill.from_json(text), defaults=not options.no_defaults))
        except (isoill.PlainError, isoill.EncodeError) as error:
            place = f", message {number}" if len(texts) > 1 else ""
            raise CommandError(f"{name}{place}: {error}", 1) from None
    if not written:
        raise CommandError(f"{name}: expected JSON, found nothing", 1)
    if options.output == "-":
        sys.stdout.buffer.write(b"".join(written))
        return 0
    try:
        Path(options.output).write_bytes(b"".join(written))
    except OSError as error:
        raise CommandError(f"{options.output}: {error.strerror}", 2) from None
    return 0


def _objects(text: bytes) -> list[bytes]:
    """One JSON object over several lines, or one on each line, as ``decode --json`` prints them."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
        return lines
    return [text] if text.strip() else []


def _dump(options: argparse.Namespace) -> int:
    code = 0
    for name in options.files:
        try:
            data = read(name)
        except CommandError as failure:
            complain(str(failure))
            code = failure.code
            continue
        if len(options.files) > 1:
            print(f"# {shown_name(name)}")
        if not data:
            complain(f"{shown_name(name)}: expected octets, found nothing")
            code = max(code, 1)
        else:
            print(isoill.dump(data))
    return code


def _profiles(texts: Sequence[str]) -> list[Profile]:
    """Those that isoill brings, and partners'; several may be given at once."""
    names: list[str] = []
    for text in texts:
        names += [text] if os.path.isfile(text) else text.split(",")  # pathlib has an error for a name that is too long
    profiles = list(map(_profile, names))
    for index, profile in enumerate(profiles):
        if profile.name in [other.name for other in profiles[:index]]:
            raise CommandError(f"profile: expected profiles of different names, found two that are {profile.name}", 2)
    return profiles


def _profile(name: str) -> Profile:
    """One that isoill brings, or a partner's."""
    from isoill.profiles import PROFILES, PartnerError, load_profile  # noqa: PLC0415 - most commands need none

    if name in PROFILES:
        return PROFILES[name]
    if not name.lower().endswith(".toml"):
        names = ", ".join(PROFILES)
        raise CommandError(f"profile: expected one of {names}, or a FILE.toml, found {name!r:.60}", 2)
    try:
        return load_profile(name)
    except OSError as error:
        raise CommandError(f"{shown_name(name)}: {error.strerror}", 2) from None
    except PartnerError as error:
        raise CommandError(str(error), 2) from None


def _check(options: argparse.Namespace) -> int:
    from isoill import verdicts  # noqa: PLC0415 - nor this

    profiles = _profiles(options.profiles)
    today = options.today or datetime.date.today()
    earlier: dict[isoill.TransactionId, list[isoill.Apdu]] = {}
    results: list[verdicts.Checked] = []
    messages = _Messages(options.files, _examinations)
    for name, number, examination in messages:
        place = shown_name(name) if number == 1 else f"{shown_name(name)}, message {number}"
        history = earlier.setdefault(examination.apdu.transaction_id, []) if options.history else []
        result = verdicts.checked(
            place,
            examination,
            profiles,
            role=options.role,
            transport=options.transport,
            today=today,
            history=history,
        )
        history.append(result.apdu)
        results.append(result)
    if options.json:
        in_utf8()
        lines = [verdicts.as_json(result) for result in results]
    else:
        lines = [line for result in results for line in verdicts.as_lines(result)]
        if len(profiles) > 1 and results:
            lines = [*verdicts.as_matrix(results, profiles), "", *lines]
    for line in lines:
        print(line)
    return max([messages.code, *(int(result.refused) for result in results)])


def _explain(options: argparse.Namespace) -> int:
    from isoill import explaining  # noqa: PLC0415

    replay = explaining.Replay(strict=options.strict, sender=options.sender)
    messages = _Messages(options.files, _examinations)
    explained = [replay.take(shown_name(name), number, examination.apdu) for name, number, examination in messages]
    if options.json:
        in_utf8()
        for message in explained:
            print(explaining.as_json(message))
    else:
        for index, conversation in enumerate(replay.conversations):
            if index:
                print()
            for line in explaining.as_lines(conversation):
                print(line)
    return max([messages.code, *(int(message.wrong) for message in explained)])


def _show_profile(options: argparse.Namespace) -> int:
    print(_profile(options.profile).describe(), end="")
    return 0


def _list_profiles(options: argparse.Namespace) -> int:
    from isoill.profiles import PROFILES  # noqa: PLC0415

    for profile in PROFILES.values():
        print(f"{profile.name:10}{profile.title}")
    return 0

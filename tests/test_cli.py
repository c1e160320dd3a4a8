"""The command line, as a person meets it: what is printed, what is complained of, and the exit code."""

import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import isoill
from isoill.cli import main
from tests.conftest import ROOT

LOST = isoill.Lost(
    protocol_version_num=2,
    transaction_id=isoill.TransactionId(transaction_group_qualifier="1", transaction_qualifier="1"),
    service_date_time=isoill.ServiceDateTime(date_time_of_this_service=isoill.DateTimeOfService(date="20261121")),
)
REQUEST = "examples/messages/ill-request.ber"


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "isoill", *arguments],
        input=given,
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_decode_prints_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", REQUEST]) == 0
    shown = capsys.readouterr()
    assert shown.out == isoill.tree(isoill.decode(Path(REQUEST).read_bytes())) + "\n"
    assert shown.err == ""


def test_decode_takes_several_files_and_standard_input(request_octets: bytes) -> None:
    done = run("decode", REQUEST, "-", given=request_octets * 2)
    assert done.returncode == 0
    shown = done.stdout.decode().splitlines()
    assert shown.count("ILL-Request") == 3
    assert [line for line in shown if line.startswith("#")] == [f"# {REQUEST}", "# standard input"]


def test_json_goes_out_and_comes_back(tmp_path: Path, request_octets: bytes) -> None:
    done = run("decode", "--json", "-", given=request_octets * 2)
    lines = done.stdout.decode().splitlines()
    assert [json.loads(line)["apdu"] for line in lines] == ["ILLRequest"] * 2
    (tmp_path / "two.json").write_bytes(done.stdout)
    assert main(["encode", str(tmp_path / "two.json"), "-o", str(tmp_path / "two.ber")]) == 0
    written = (tmp_path / "two.ber").read_bytes()
    assert list(isoill.iter_apdus(written)) == [isoill.decode(request_octets)] * 2
    done = run(
        "encode",
        "-",
        "-o",
        "-",
        "--no-defaults",
        given=isoill.to_json(isoill.decode(request_octets), indent=1).encode(),
    )
    assert done.stdout == isoill.encode(isoill.decode(request_octets), defaults=False)


def test_dump_shows_octets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", REQUEST, REQUEST]) == 0
    assert capsys.readouterr().out.count("[APPLICATION 1] ILL-Request (indefinite length)") == 2


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"", "expected a message, found nothing"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "expected ILL-APDU, found [9] - at ILL-APDU, offset 0"),
        (Path(ROOT / REQUEST).read_bytes()[:300], "expected at least 20 more octets, found the end of the data"),
        (b"hello, world", "expected ILL-APDU, found text (hello, world) - at ILL-APDU, offset 0"),
        (Path(ROOT / REQUEST).read_bytes() + b"\1\0", "found BOOLEAN - at ILL-APDU, offset 697"),
    ],
)
def test_a_bad_message_is_one_clear_line(
    octets: bytes, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.ber").write_bytes(octets)
    for more in ([], ["--json"], ["--lenient"]):
        assert main(["decode", str(tmp_path / "bad.ber"), *more]) == 1
        said = complaint(capsys)
        assert said.startswith(f"isoill: {tmp_path / 'bad.ber'}: ")
        if not more:
            assert line in said


def test_padding_alone_is_no_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.ber").write_bytes(b"\r\n\0")
    assert main(["decode", "--lenient", str(tmp_path / "empty.ber")]) == 1
    assert "expected a message, found nothing" in complaint(capsys)


def test_a_bad_message_does_not_stop_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", "README.rst", REQUEST, "no-such-file"]) == 2
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert [line.split(": ")[1] for line in shown.err.splitlines()] == ["README.rst", "no-such-file"]


def test_lenient_says_what_it_put_up_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "odd.ber").write_bytes(
        bytes.fromhex("6f1d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231")
    )
    assert main(["decode", str(tmp_path / "odd.ber")]) == 1
    capsys.readouterr()
    assert main(["decode", "--lenient", str(tmp_path / "odd.ber")]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].endswith("expected a SEQUENCE inside the APPLICATION tag, found [0] - at Lost, offset 0")
    assert said[1:] == [f"isoill: {tmp_path / 'odd.ber'}: these are ways of Biblio::ILL"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "expected JSON, found nothing"),
        ("{}", "expected the class of an APDU under 'apdu', found None"),
        ('{"apdu": "Lost", "note": "x"}', "expected protocol_version_num, found nothing - at Lost"),
        ("[1, 2", "expected JSON"),
        ("\ud800", "expected JSON"),
    ],
)
def test_bad_json_is_one_clear_line(text: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert main(["encode", str(tmp_path / "bad.json"), "-o", str(tmp_path / "out.ber")]) == 1
    assert line in complaint(capsys)
    assert not (tmp_path / "out.ber").exists()


@pytest.mark.parametrize("command", [["decode"], ["dump"], ["encode", "-o", "/dev/null"]])
@pytest.mark.parametrize("name", ["no-such-file", "."])
def test_a_file_that_cannot_be_read(command: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command[0], name, *command[1:]]) == 2
    assert complaint(capsys).startswith(f"isoill: {name}: ")


def test_a_file_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request_octets: bytes
) -> None:
    (tmp_path / "in.json").write_text(isoill.to_json(isoill.decode(request_octets)))
    assert main(["encode", str(tmp_path / "in.json"), "-o", str(tmp_path)]) == 2
    assert "Is a directory" in complaint(capsys)


def test_several_messages_are_lenient_about_the_right_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = bytes.fromhex("6f1d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231")
    (tmp_path / "odd.ber").write_bytes(Path(REQUEST).read_bytes() + odd)
    assert main(["decode", "--lenient", str(tmp_path / "odd.ber")]) == 0
    assert "at Lost, offset 697" in capsys.readouterr().err.splitlines()[0]


def test_one_bad_object_of_several_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = isoill.to_json(isoill.decode(Path(REQUEST).read_bytes()))
    (tmp_path / "two.json").write_text(f'{good}\n{{"apdu": "Lost"}}\n')
    assert main(["encode", str(tmp_path / "two.json"), "-o", str(tmp_path / "out.ber")]) == 1
    assert "two.json, message 2: expected protocol_version_num, found nothing - at Lost" in complaint(capsys)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written() -> None:
    for command in (["decode", REQUEST], ["dump", REQUEST], ["encode", "-", "-o", "-"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "isoill", *command],
                input=isoill.to_json(isoill.decode(Path(REQUEST).read_bytes())).encode(),
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                cwd=ROOT,
                timeout=60,
            )
        assert (done.returncode, done.stderr) == (2, b"isoill: standard output: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="closing standard input is the shell's business there")
def test_standard_input_that_is_closed() -> None:
    command = f"{sys.executable} -m isoill decode - <&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (2, b"isoill: standard input: it is closed\n")


def test_dump_of_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Empty:
        buffer = io.BytesIO(b"")

    monkeypatch.setattr("sys.stdin", Empty())
    assert main(["dump", "-"]) == 1
    assert complaint(capsys) == "isoill: standard input: expected octets, found nothing"


@pytest.mark.parametrize("arguments", [[], ["decode"], ["encode", "x.json"], ["frobnicate"]])
def test_wrong_usage(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert b"usage: isoill" in done.stderr
    assert b"Traceback" not in done.stderr


def test_version_and_help() -> None:
    assert run("--version").stdout.decode().split() == ["isoill", isoill.__version__]
    assert b"decode" in run("--help").stdout


def test_a_reader_that_stops_reading_is_no_error() -> None:
    files = " ".join([REQUEST] * 60)  # more than a pipe holds
    command = f"{sys.executable} -m isoill decode {files} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, cwd=ROOT, timeout=60)
    assert (done.stdout, done.stderr) == (f"# {REQUEST}\n".encode(), b"")


def test_json_is_utf8_on_every_terminal(tmp_path: Path) -> None:
    message = isoill.encode(dataclasses.replace(LOST, note="Brontë 本"))
    command = [sys.executable, "-m", "isoill", "decode", "--json", "-"]
    environment = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    done = subprocess.run(
        command, input=message, capture_output=True, check=True, cwd=ROOT, timeout=60, env=environment
    )
    assert isoill.encode(isoill.from_json(done.stdout)) == message


def test_standard_input_twice(request_octets: bytes) -> None:
    done = run("decode", "-", "-", given=request_octets)
    assert (done.returncode, done.stderr) == (1, b"isoill: standard input: expected a message, found nothing\n")


@pytest.mark.skipif(sys.platform == "win32", reason="closing standard output is the shell's business there")
def test_standard_output_that_is_closed() -> None:
    command = f"{sys.executable} -m isoill decode {REQUEST} >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (2, b"isoill: standard output: it is closed\n")


def test_a_terminal_that_knows_no_accents() -> None:
    message = isoill.Message(
        protocol_version_num=2,
        transaction_id=isoill.TransactionId(transaction_group_qualifier="1", transaction_qualifier="1"),
        service_date_time=isoill.ServiceDateTime(date_time_of_this_service=isoill.DateTimeOfService(date="20261121")),
        note="Brontë",
    )
    done = subprocess.run(
        [sys.executable, "-m", "isoill", "decode", "-"],
        input=isoill.encode(message),
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert done.returncode == 0
    assert rb'note: "Bront\xeb"' in done.stdout


# ── check and profile ──────────────────────────────────────────────────────────────────────────────────────────────

HILL = "examples/partners/hill.toml"


def test_check_by_one_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--profile", "oclc", "--today", "2026-11-22", REQUEST]) == 0
    assert capsys.readouterr().out == f"{REQUEST}: ILL-Request: nothing found\n"
    assert main(["check", "--profile", "oclc", "--today", "2026-12-25", REQUEST]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{REQUEST}: ILL-Request: 1 warning",
        (
            "  warning: OCLC sends a request on if its need-before-date is today or later; found 2026-12-24, and today"
            " is 2026-12-25 - at ILL-Request.search_type.need_before_date [oclc-need-before-today]"
        ),
    ]


def test_check_says_what_would_be_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--profile", "ipig", REQUEST]) == 1
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0] == f"{REQUEST}: ILL-Request: 1 refused, 1 note"
    assert lines[1].startswith("  refused: every message has an APDU-Delivery-Info; found none")
    assert lines[2].startswith("  note: ")
    assert shown.err == ""


def test_check_by_several_profiles_is_a_matrix(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lost = tmp_path / "lost.ber"
    lost.write_bytes(isoill.encode(LOST))
    profiles = ["--profile", "standard,oclc", "--profile", HILL]
    assert main(["check", *profiles, "--today", "2026-11-22", REQUEST, str(lost)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["standard", "oclc", "hill"],
        [REQUEST, "ILL-Request", "ok", "ok", "warning"],
        [str(lost), "Lost", "ok", "ok", "warning"],
        [],
    ]
    assert lines[4] == f"{REQUEST}: ILL-Request"
    assert lines[5].endswith("[ipig-delivery-info] (hill)")


def test_check_names_each_message_and_reads_leniently(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """How octets deviate is a warning of each profile: a strict reader would refuse them."""
    octets = isoill.encode(LOST)
    several = tmp_path / "several.ber"
    several.write_bytes(octets + b"\r\n" + bytes([octets[0], len(octets) - 4]) + octets[4:])
    assert main(["check", "--profile", "standard", "--profile", "ipig", str(several)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-3:] for line in lines[1:3]] == [["Lost", "warning", "refused"]] * 2
    assert f"{several}, message 2: Lost" in lines
    assert sum("[encoding] (all)" in line for line in lines) == 2


def test_check_as_json() -> None:
    done = run("check", "--json", "--profile", "ipig,oclc", "--today", "2026-11-22", REQUEST)
    assert done.returncode == 1
    [line] = done.stdout.decode().splitlines()
    result = json.loads(line)
    assert (result["place"], result["apdu"]) == (REQUEST, "ILL-Request")
    assert result["profiles"]["oclc"] == {"verdict": "ok", "findings": []}
    assert result["profiles"]["ipig"]["verdict"] == "refused"
    assert result["profiles"]["ipig"]["findings"][0] == {
        "rule": "ipig-delivery-info",
        "severity": "refused",
        "path": "ILL-Request.extensions",
        "message": "every message has an APDU-Delivery-Info; found none that is APDU-Delivery-Info (1.0.10161.13.3)",
    }


def test_check_takes_circumstances(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """By mail the ids are mandatory; with --history a second message on one day says the time."""
    lost = tmp_path / "lost.ber"
    lost.write_bytes(isoill.encode(LOST))
    check = ["check", "--profile", "standard"]
    assert main([*check, "--transport", "mail", "--role", "responder", str(lost)]) == 1
    assert "requester-id and responder-id are mandatory by mail" in capsys.readouterr().out
    assert main([*check, str(lost), str(lost)]) == 0
    assert main([*check, "--history", str(lost), str(lost)]) == 1
    assert "[DT-3]" in capsys.readouterr().out


def test_check_says_what_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    broken, empty = tmp_path / "broken.ber", tmp_path / "empty.ber"
    broken.write_bytes(b"\x61\x05\x30")
    empty.write_bytes(b"\r\n")
    for file, words in ((broken, "expected"), (empty, "expected a message, found nothing")):
        assert main(["check", "--profile", "alma", str(file), REQUEST]) == 1
        shown = capsys.readouterr()
        assert words in shown.err
        assert REQUEST in shown.out
    assert main(["check", "--profile", "alma", str(tmp_path / "none.ber")]) == 2
    assert "No such file" in complaint(capsys)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("almx", "isoill: profile: expected one of standard, ipig, oclc, alma, illiad, or a FILE.toml, found 'almx'"),
        ("none.toml", "isoill: none.toml: No such file or directory"),
        ("pyproject.toml", "isoill: pyproject.toml: partner: expected the partner's name, found none"),
    ],
)
def test_a_profile_that_there_is_not(profile: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["check", "--profile", profile, REQUEST], ["profile", "show", profile]):
        assert main(command) == 2
        assert complaint(capsys) == words


def test_a_day_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", "--profile", "alma", "--today", "tomorrow", REQUEST])
    assert caught.value.code == 2
    assert "expected a day as YYYY-MM-DD, found 'tomorrow'" in capsys.readouterr().err


def test_profiles_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "standard",
        "ipig",
        "oclc",
        "alma",
        "illiad",
    ]
    for name in ("oclc", HILL):
        assert main(["profile", "show", name]) == 0
        profile = isoill.load_profile(name) if name == HILL else isoill.get_profile(name)
        assert capsys.readouterr().out == profile.describe()


def test_check_takes_no_two_profiles_of_one_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The findings of one would hide those of the other."""
    other = tmp_path / "hill.toml"
    other.write_text('partner = "Another Hill"\n')
    for profiles in (["--profile", HILL, "--profile", str(other)], ["--profile", "alma,oclc,alma"]):
        assert main(["check", *profiles, REQUEST]) == 2
        assert "expected profiles of different names, found two that are" in complaint(capsys)


def test_check_takes_a_file_with_a_comma(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    partner = tmp_path / "hill,north.TOML"
    partner.write_text('partner = "North Hill"\n')
    assert main(["check", "--profile", str(partner), REQUEST]) == 0
    assert capsys.readouterr().out.endswith("nothing found\n")


def test_no_message_and_no_name_can_write_to_the_terminal(tmp_path: Path) -> None:
    """Nor is a finding as long as a message may be."""
    evil = "\x1b[2J\x1b[31m" + "x" * 10_000
    search = isoill.SearchType(expiry_date=evil, need_before_date=evil)
    request = isoill.decode((ROOT / REQUEST).read_bytes(), type=isoill.ILLRequest)
    request = dataclasses.replace(request, search_type=search, copyright_compliance=evil, requester_id=None)
    request = dataclasses.replace(
        request, service_date_time=isoill.ServiceDateTime(date_time_of_this_service=isoill.DateTimeOfService(date=evil))
    )
    file = tmp_path / "evil\x1b\n.ber"
    file.write_bytes(isoill.encode(request))
    done = run("check", "--profile", "standard,ipig,oclc,alma,illiad", "--history", str(file), str(file))
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout + done.stderr
    assert max(map(len, done.stdout.splitlines())) < 500


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are octets on Linux")
def test_json_of_a_file_whose_name_is_no_text(tmp_path: Path, request_octets: bytes) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.ber"
    Path(os.fsdecode(name)).write_bytes(request_octets)
    done = subprocess.run(
        [sys.executable, "-m", "isoill", "check", "--json", "--profile", "alma", name],
        capture_output=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    assert json.loads(done.stdout)["place"].endswith("\\udcff.ber")
    assert done.stderr == b""


def test_check_takes_no_profile_of_a_name_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("x" * 5000, "x" * 5000 + ".toml"):
        assert main(["check", "--profile", name, REQUEST]) == 2
        line = complaint(capsys)
        assert line.startswith("isoill: profile: expected one of") or line.endswith(": File name too long")

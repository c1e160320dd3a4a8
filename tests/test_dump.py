"""Messages for people: what `tree` and `dump` show, of whole octets and of broken ones."""

import random

import pytest

import isoill
from isoill.asn1 import NULL, BitString, VisibleString


def test_tree_has_the_names_of_the_standard(request_octets: bytes) -> None:
    lines = isoill.tree(isoill.decode(request_octets)).splitlines()
    assert lines[0] == "ILL-Request"
    assert "  protocol-version-num: 2 (version-2)" in lines
    assert '    transaction-group-qualifier: "2026-00142"' in lines
    assert "  iLL-service-type" in lines
    assert "    1: loan (1)" in lines
    assert "    requester-SHIPPED: requires (1)" in lines
    assert "          direct-reference: 1.2.840.10003.8.1 (Z39.50 access control, prompt-1)" in lines
    assert '                  string: "100-000-001"' in lines  # what an extension holds, by its registered type
    assert lines[-1] == "          OCLCILLRequestExtension"


def test_tree_of_what_holds_no_value_of_its_type() -> None:
    """Octets that the registered type does not have, or that nothing is registered for, are shown by their tags."""
    for oid in ("1.0.10161.13.8", "1.0.10161.13.1000.997.1"):
        external = isoill.External.of(oid, bytes.fromhex("0500"))
        lines = isoill.tree(isoill.Extension.of(external)).splitlines()
        assert lines[-3:] == ["      encoding", "        single-ASN1-type", "          NULL NULL"]
    recorded = isoill.External.of_octets("1.2.840.10003.5.10", b"00026nam")
    assert isoill.tree(recorded).splitlines()[-1].split(": ")[0].strip() == "octet-aligned"


def test_tree_of_every_kind_of_value() -> None:
    details = isoill.DamagedDetails(
        document_type_id="1.2.3", damaged_portion=isoill.DamagedPortion(complete_document=NULL)
    )
    assert isoill.tree(details).splitlines() == [
        "Damaged-Details",
        "  document-type-id: 1.2.3",
        "  damaged-portion",
        "    complete-document: NULL",
    ]
    assert isoill.tree(isoill.DamagedPortion(specific_units=())).splitlines()[1] == "  specific-units: (none)"
    assert isoill.tree(isoill.ExternalEncoding(arbitrary=BitString(b"\x80", 7))).splitlines()[1] == (
        "  arbitrary: 80, 7 bits unused"
    )
    assert isoill.tree(isoill.ExternalEncoding(octet_aligned=b"x" * 40)).endswith("… and 8 more octets")
    assert "99 (unlisted)" in isoill.tree(isoill.UnfilledResults(reason_unfilled=99))  # type: ignore[arg-type]
    assert (
        isoill.tree(isoill.DateDue(date_due_field=VisibleString("2026"))).splitlines()[1] == '  date-due-field: "2026"'
    )


def test_tree_goes_no_deeper_than_it_must() -> None:
    inner = b"\x05\x00"
    for _ in range(300):
        inner = isoill.encode(isoill.External.of("1.2.3", inner))
    shown = isoill.tree(isoill.Extension(identifier=1, item=inner))
    assert shown.count("EXTERNAL") < 64
    assert "more octets" in shown.splitlines()[-1]


def test_no_message_can_write_to_the_terminal() -> None:
    note = '\x1b[2J"\\\r\n\u202e\x9b\ud800'.replace("\ud800", "")
    shown = isoill.tree(isoill.LocationInfo(location_id=isoill.SystemId(), location_note=note))
    assert shown.splitlines()[-1] == r'  location-note: "\x1b[2J\"\\\r\n\u202e\x9b"'


def test_dump_of_a_real_message(request_octets: bytes) -> None:
    lines = isoill.dump(request_octets).splitlines()
    assert lines[0].split() == ["0", "61", "80", "[APPLICATION", "1]", "ILL-Request", "(indefinite", "length)"]
    assert lines[2].endswith("[0] protocol-version-num 2 (version-2)")
    assert any(line.endswith('GeneralString ILL-String "Anne of Green Gables"') for line in lines)
    assert any(
        line.endswith("OBJECT IDENTIFIER direct-reference 1.0.10161.13.2 (OCLC-ILL-Request-Extension)")
        for line in lines
    )
    assert lines[-1].split() == ["695", "00", "00", "end-of-contents"]
    assert not any(line.endswith("?") or "!" in line for line in lines)


def test_dump_of_what_is_no_ber(request_octets: bytes) -> None:
    lines = isoill.dump(b"UNA:+.? 'UNB+UNOB:1+OON'").splitlines()
    assert lines[0] == "        ! EDIFACT (UNA), which is no BER"
    assert lines[1].split()[:3] == ["0", "55", "4e"]
    padded = isoill.dump(request_octets + b"\r\n" + request_octets + b"\0").splitlines()
    found = [line.split() for line in padded if "padding" in line]
    assert [(words[0], words[1:]) for words in found] == [
        ("697", ["0d", "0a", "padding,", "2", "octets"]),
        (str(2 * 697 + 2), ["00", "padding,", "1", "octet"]),
    ]


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        ("3002", "! expected 2 more octets, found the end of the data"),
        ("3005a0051b01410500", "! expected 2 more octets, found the end of the value around it"),
        ("30", "! expected a length, found the end"),
        ("309f", "! expected a length, found 9f"),
        ("30ff", "! expected a length, found ff"),
        ("3080a000", "! expected end-of-contents, found the end"),
        ("bfffffffffffff", "! expected the end of the tag"),
        ("30028500", "[5] ? (no octets)"),
        ("3080" * 70, "! more than 64 levels: not shown"),
        ("0500" * 20_001, "! more than 20000 tag-length-values: not shown"),
        ("a0021b01", "! expected 1 more octet"),
        ("1b02c328", 'GeneralString ? "Ã("'),
        ("0202 0001", "INTEGER ? 1"),
        ("0200", "INTEGER ? (no octets) ! expected an INTEGER of one octet or more, found none"),
        ("3f1f00", "[UNIVERSAL 31] ?"),
        ("df1f0141", "[PRIVATE 31] ? 41"),
        ("8588ffffffffffffffff", "! expected very many more octets, found the end of the data"),
    ],
)
def test_dump_goes_on_to_the_break(octets: str, line: str) -> None:
    shown = isoill.dump(bytes.fromhex(octets), type=isoill.SystemAddress)
    assert line in shown


def test_dump_shows_several_messages_and_what_is_between(request_octets: bytes) -> None:
    shown = isoill.dump(request_octets + request_octets).splitlines()
    assert sum("ILL-Request (indefinite length)" in line and "APPLICATION" in line for line in shown) == 2


def test_dump_refuses_nothing(request_octets: bytes) -> None:
    chance = random.Random(10161)
    for _ in range(300):
        octets = bytearray(request_octets)
        for _ in range(chance.randrange(1, 6)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        shown = isoill.dump(octets[: chance.randrange(len(octets))] or octets)
        assert shown.lstrip().startswith("0")

"""MARC records in messages and out of them, and what they say as Item-Id.  The records are made up."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import isoill
from isoill import ItemId, ItemType
from isoill.payloads import (
    CanadianSystem,
    CanadianSystemNo,
    CanadianSystemRecordNo,
    IPIGSystemNumber,
    NumberType,
    SystemNumber,
    WellKnownSystem,
)
from tests.conftest import need

need(find_spec("pymarc"), "pymarc (extra marc)")
import pymarc  # noqa: E402

from isoill import marc  # noqa: E402

UNIMARC = "1.2.840.10003.5.1"


def described(leader: str, *fields: str) -> pymarc.Record:
    """A record from a leader and from fields as catalogues print them: ``245 10 $aTitle :$bother title``."""
    made = pymarc.Record(leader=leader)
    for field in fields:
        tag, rest = field[:3], field[4:]
        if tag < "010":
            made.fields.append(pymarc.Field(tag, data=rest))
            continue
        subfields = [pymarc.Subfield(each[0], each[1:]) for each in rest[3:].split("$")[1:]]
        made.fields.append(pymarc.Field(tag, pymarc.Indicators(rest[0], rest[1]), subfields))
    return made


BOOK = described(
    "     nam a22      a 4500",
    "001 tst00000017",
    "008 060101s2006    pcc           000 0 eng d",
    "010    $a  2006000017 ",
    "020    $a9781771003452 (hbk.)",
    "020    $a1-77100-345-6 (pbk.) :$c$12.95",
    "035    $a(OCoLC)ocm00000017$z(OCoLC)16",
    "035    $a(TST)4711",
    "100 1  $aGallant, A. B.$q(Anne Bernadette),$d1951-$eauthor.",
    "245 14 $aThe salt marshes.$nPart 2,$pBirds :$ba field guide /$cA. B. Gallant.",
    "250    $a2nd ed. /$brevised by C. Arsenault.",
    "260    $aCharlottetown, P.E.I. ;$aHalifax :$bTidewater Press,$cc2006.",
    "490 1  $aMaritime field guides ;$v7",
    "830  0 $aMaritime field guides ;$v7.",
)
ARTICLE = described(
    "     naa a22      i 4500",
    "100 1  $aMacPhail, Donald,$eauthor.",
    "245 10 $aShips and fogs :$bthe lights of the north shore /$cDonald MacPhail.",
    "264  4 $c©2011",
    "264  1 $c2012.",
    "773 0  $7nnas$tJournal of island studies.$gVol. 12, no. 3 (Fall 2012), pages 44-59$x1925-6019$w(OCoLC)4712"
    "$w(DLC)   2001000018",
    "773 0  $tAnother host$z1771003456",
)


def iso_2709(*fields: bytes, leader: bytes = b"     nam  22        4500") -> bytes:
    """A record from the octets of its fields, each with its tag in front; written here, not by pymarc."""
    directory, contents = b"", b""
    for field in fields:
        octets = field[3:] + b"\x1e"
        directory += field[:3] + b"%04d%05d" % (len(octets), len(contents))
        contents += octets
    base = 24 + len(directory) + 1
    length = base + len(contents) + 1
    return b"%05d" % length + leader[5:12] + b"%05d" % base + leader[17:] + directory + b"\x1e" + contents + b"\x1d"


def plain(record: pymarc.Record) -> list[tuple[object, ...]]:
    """What a record says, to compare."""
    return [(f.tag, f.data) if f.control_field else (f.tag, f.indicators, f.subfields) for f in record.fields]


def only(carrier: isoill.External) -> pymarc.Record:
    [record] = marc.records(carrier)
    return record


def title_of(octets: bytes, syntax: str = marc.MARC21) -> str:
    return only(isoill.External.of_octets(syntax, octets))["245"]["a"]


# ── in messages ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_syntaxes_are_those_of_the_register() -> None:
    prefix = "1.2.840.10003.5."
    assert {int(oid.removeprefix(prefix)) for oid in marc.SYNTAXES if oid != marc.MARCXML} == {
        *(1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, 32)
    }
    assert marc.SYNTAXES[UNIMARC] == "UNIMARC"
    assert marc.SYNTAXES[marc.MARC21] == "MARC 21"
    assert marc.SYNTAXES[marc.MARCXML] == "XML"


@pytest.mark.parametrize("syntax", sorted(marc.SYNTAXES))
@pytest.mark.parametrize("record", [BOOK, ARTICLE], ids=["book", "article"])
def test_a_record_comes_back(record: pymarc.Record, syntax: str) -> None:
    carrier = marc.external(record, syntax)
    assert carrier.direct_reference == syntax
    assert carrier.encoding.octet_aligned == carrier.octets
    assert plain(only(carrier)) == plain(record)


def test_a_record_is_not_changed_by_writing_it() -> None:
    record = described("     nam  22      a 4500", "245 10 $aLes marais salés")
    before = str(record)
    assert marc.external(record).octets == iso_2709(
        "24510\x1faLes marais salés".encode(), leader=b"     nam a22      a 4500"
    )
    assert str(record) == before


def test_records_travel_in_messages(request_octets: bytes) -> None:
    request = isoill.decode(request_octets)
    assert isinstance(request, isoill.ILLRequest)
    assert marc.records(request) == []
    language = isoill.External.of("1.0.10161.7.2", bytes.fromhex("3000"))
    described_by = (marc.external(BOOK), language, isoill.External(encoding=language.encoding), marc.external(ARTICLE))
    request = replace(request, supplemental_item_description=described_by)
    read = marc.records(isoill.decode(isoill.encode(request)))
    assert [plain(record) for record in read] == [plain(BOOK), plain(ARTICLE)]
    received = isoill.Received(
        protocol_version_num=2,
        transaction_id=request.transaction_id,
        service_date_time=request.service_date_time,
        supplemental_item_description=described_by[:1],
        date_received="20261130",
        shipped_service_type=isoill.ShippedServiceType.LOAN,
    )
    assert [plain(record) for record in marc.records(received)] == [plain(BOOK)]
    recall = isoill.Recall(
        protocol_version_num=2,
        transaction_id=request.transaction_id,
        service_date_time=request.service_date_time,
    )
    assert marc.records(recall) == []
    assert [plain(record) for record in marc.records(iter(described_by))] == [plain(BOOK), plain(ARTICLE)]


def test_an_octet_string_and_a_bit_string_carry_records_too() -> None:
    octets = marc.external(BOOK).octets
    long = b"\x04\x82" + len(octets).to_bytes(2, "big") + octets
    segments = (
        b"\x24\x80\x04\x05" + octets[:5] + b"\x04\x82" + (len(octets) - 5).to_bytes(2, "big") + octets[5:] + b"\0\0"
    )
    for value in long, segments:
        assert plain(only(isoill.External.of(marc.MARC21, value))) == plain(BOOK)
    bits = isoill.ExternalEncoding(arbitrary=isoill.BitString(octets))
    assert plain(only(isoill.External(direct_reference=marc.MARC21, encoding=bits))) == plain(BOOK)


def test_where_a_record_is_bad(request_octets: bytes) -> None:
    bad = isoill.External.of(marc.MARC21, bytes.fromhex("0500"))
    found = "expected an OCTET STRING: expected OCTET STRING, found NULL - at OCTET STRING, offset 0"
    request = isoill.decode(request_octets)
    assert isinstance(request, isoill.ILLRequest)
    request = replace(request, supplemental_item_description=(marc.external(BOOK), bad))
    for item, path in (
        (request, "ILL-Request.supplemental_item_description[1]"),
        ((bad,), "[0]"),
        (bad, "EXTERNAL"),
    ):
        with pytest.raises(marc.MARCError) as caught:
            marc.records(item)
        assert (caught.value.detail, caught.value.path) == (found, path)
        assert str(caught.value) == f"{found} - at {path}"
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, isoill.ILLError)


# ── ISO 2709 ───────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD = iso_2709(b"001tst17", b"24510\x1faTides")


@pytest.mark.parametrize(
    ("octets", "detail"),
    [
        (b"", "expected a leader and a directory of ISO 2709, found b''"),
        (GOOD[:24], f"expected a leader and a directory of ISO 2709, found {GOOD[:24]!r}"),
        (GOOD[:-1], f"expected {len(GOOD)} octets that end with 1d, found {len(GOOD) - 1}"),
        (GOOD + b"\n", f"expected {len(GOOD)} octets that end with 1d, found {len(GOOD) + 1}"),
        (GOOD[:-1] + b"\x1e", f"expected {len(GOOD)} octets that end with 1d, found {len(GOOD)}"),
        (
            GOOD.replace(b"00049", b"00050", 1),
            "expected the first field at offset 50, found the end of the directory at 49",
        ),
        (
            GOOD.replace(b"001000600000", b"001000500000"),
            "expected indicators and subfields, or data, and 1e at the end, found b'tst17', in field 001",
        ),
        (
            GOOD.replace(b"24500", b"24501"),
            "expected fields of 16 octets at most, found 116",
        ),
        (
            GOOD.replace(b"00006\x1e", b"99999\x1e"),
            "expected indicators and subfields, or data, and 1e at the end, found b'', in field 245",
        ),
        (
            iso_2709(b"245Tides"),
            "expected indicators and subfields, or data, and 1e at the end, found b'Tides\\x1e', in field 245",
        ),
        (
            iso_2709(b"24510\x1f\xe4T"),
            "expected indicators and subfields, or data, and 1e at the end, found b'10\\x1f\\xe4T\\x1e', in field 245",
        ),
        (
            iso_2709(b"24510\x1faTide\xe9s", leader=b"     nam a22        4500"),
            "expected text in UTF-8, as leader/09 says, found b'\\xe9s', in field 245",
        ),
    ],
)
def test_what_is_not_iso_2709_is_refused(octets: bytes, detail: str) -> None:
    with pytest.raises(marc.MARCError) as caught:
        marc.records(isoill.External.of_octets(marc.MARC21, octets))
    assert caught.value.detail == detail


def test_fields_may_be_stored_in_another_order_and_apart() -> None:
    directory = b"100000800015" + b"245001000002" + b"\x1e"
    contents = b"\0\0" + b"10\x1faTides\x1e" + b"\0\0\0" + b"1 \x1faAmi\x1e" + b"\x1d"
    octets = b"%05dnam  22%05d   4500" % (49 + len(contents), 49) + directory + contents
    record = only(isoill.External.of_octets(marc.MARC21, octets))
    assert [(field.tag, field["a"]) for field in record.fields] == [("100", "Ami"), ("245", "Tides")]


def test_fields_that_share_octets_are_refused() -> None:
    # or a record of 100,000 octets would have four thousand fields of ten thousand
    octets = b"00636" + b"nam  22" + b"00625" + b"   4500" + 50 * b"245001000000" + b"\x1e" + b"10\x1faTides\x1e\x1d"
    with pytest.raises(marc.MARCError) as caught:
        marc.records(isoill.External.of_octets(marc.MARC21, octets))
    assert caught.value.detail == "expected fields of 10 octets at most, found 500"


# ── text ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"Les marais sal\xe2es", "Les marais salés"),
        (b"\x1b$1!0d\x1b(B Ren", "人 Ren"),
        (b"\x1b$,1!0d!# !0d", "人\u3000人"),
        (b"\x1bga\x1bs and H\x1bb2\x1bsO", "α and H₂O"),
        (b"\x1b(NmAR[I\x1b(B", "Марши"),
        (b"\x1b)2\x1b)!E\xa5", "Æ"),
        (b"\x1bs\x1b$1!0d\x1bs\x1bga\x1bg", "人α"),
        (b"\x1b(B\x1b)E", ""),
    ],
)
def test_marc_8(octets: bytes, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert title_of(iso_2709(b"24510\x1fa" + octets)) == text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("octets", "detail"),
    [
        (b"\x1b$1!0", "expected text in MARC-8, as leader/09 says, found b'\\x1b$1!0', in field 245"),
        (b"\x1b$1!0d\x1b)2!", "expected text in MARC-8, as leader/09 says, found b'\\x1b$1!0d\\x1b)2!', in field 245"),
        (b"\x1b", "expected text in MARC-8, as leader/09 says, found b'\\x1b', in field 245"),
        (b"\x1b(1abc", "expected text in MARC-8, as leader/09 says, found b'\\x1b(1abc', in field 245"),
        (b"Tides \xff", "expected characters that MARC-8 has, found others in b'Tides \\xff', in field 245"),
        (b"\x1b$1~~~", "expected characters that MARC-8 has, found others in b'\\x1b$1~~~', in field 245"),
    ],
)
def test_what_is_not_marc_8_is_refused(octets: bytes, detail: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(marc.MARCError) as caught:
        title_of(iso_2709(b"24510\x1fa" + octets))
    assert caught.value.detail == detail
    assert capfd.readouterr() == ("", "")


def test_other_formats_say_nothing_of_their_text() -> None:
    assert title_of(iso_2709("2451 \x1faLes marais salés".encode()), UNIMARC) == "Les marais salés"
    assert title_of(iso_2709("2451 \x1faLes marais salés".encode("latin-1")), UNIMARC) == "Les marais salés"


# ── XML ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_xml(octets: bytes) -> isoill.External:
    return isoill.External.of_octets(marc.MARCXML, octets)


def test_xml_may_hold_several_records_or_none() -> None:
    one = marc.external(BOOK, marc.MARCXML).octets
    collection = b'<?xml version="1.0"?><collection xmlns="http://www.loc.gov/MARC21/slim">%s%s</collection>'
    assert [plain(record) for record in marc.records(in_xml(collection % (one, one)))] == [plain(BOOK)] * 2
    assert marc.records(in_xml(b"<mods xmlns='http://www.loc.gov/mods/v3'><titleInfo/></mods>")) == []
    assert marc.records(in_xml(b"<record><leader/></record>")) == []


@pytest.mark.parametrize(
    ("octets", "detail"),
    [
        (b"", "expected MARCXML, found SAXParseException('no element found')"),
        (b'<!DOCTYPE r [<!ENTITY a "a">]><r>&a;</r>', "expected MARCXML, found a document type"),
        (
            b"<record xmlns='http://www.loc.gov/MARC21/slim'><leader>short</leader></record>",
            "expected MARCXML, found RecordLeaderInvalid()",
        ),
        (
            b"<record xmlns='http://www.loc.gov/MARC21/slim'><datafield/></record>",
            "expected MARCXML, found KeyError((None, 'tag'))",
        ),
        (
            b"<?xml version='1.0' encoding='klingon'?><r/>",
            "expected MARCXML, found LookupError('unknown encoding: klingon')",
        ),
    ],
)
def test_what_is_not_marcxml_is_refused(octets: bytes, detail: str) -> None:
    with pytest.raises(marc.MARCError) as caught:
        marc.records(in_xml(octets))
    assert caught.value.detail == detail


# ── whatever comes ─────────────────────────────────────────────────────────────────────────────────────────────────


def mutations(octets: bytes, seed: int, times: int) -> Iterator[bytes]:
    """The octets with one to three of them changed, left out, put in, or all after one cut off."""
    rng = random.Random(seed)
    for _ in range(times):
        mutated = bytearray(octets)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(mutated) or 1)
            match rng.randrange(5):
                case 0:
                    mutated[at : at + 1] = bytes([rng.randrange(256)])
                case 1:
                    mutated[at : at + 1] = b""
                case 2:
                    mutated[at:at] = rng.choice((b"\x1b$1", b"\x1b(", b"\x1e", b"\x1f", b"\x1d", b"0", b"9", b"\xff"))
                case 3:
                    mutated[at : at + 1] = rng.choice((b"0", b"9", b"-", b" ", b"a", b"\x1e"))
                case _:
                    del mutated[at + rng.randrange(40) :]
        yield bytes(mutated)


MARC_8 = iso_2709(
    b"001tst", b"245  \x1faSal\xe2e \x1b$1!0d\x1b(B\x1fb\x1bga\x1bs", b"773  \x1fgv. 1, p. 2\x1fx1925-6019"
)


@pytest.mark.parametrize(
    ("syntax", "octets"),
    [
        (marc.MARC21, marc.external(BOOK).octets),
        (marc.MARC21, marc.external(ARTICLE).octets),
        (marc.MARC21, MARC_8),
        (UNIMARC, MARC_8),
        (marc.MARCXML, marc.external(ARTICLE, marc.MARCXML).octets),
    ],
    ids=["book", "article", "MARC-8", "UNIMARC", "XML"],
)
def test_only_the_documented_error_is_raised(syntax: str, octets: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    read = refused = 0
    for mutated in mutations(octets, seed=1, times=4000):
        for carrier in (
            isoill.External.of_octets(syntax, mutated),
            isoill.External.of(syntax, b"\x04\x82" + len(mutated).to_bytes(2, "big") + mutated),
        ):
            try:
                records = marc.records(carrier)
            except marc.MARCError:
                refused += 1
                continue
            for record in records:
                marc.item_id(record)
                read += 1
    assert read > 100
    assert refused > 1000
    assert capfd.readouterr() == ("", "")


# ── what cannot be written ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("syntax", [marc.MARC21, marc.MARCXML])
def test_a_record_that_would_not_come_back_is_refused(syntax: str) -> None:
    leader = "     nam a22      a 4500"
    unwritable = [
        described(leader, "245 10 $aTwo\x1flines"),
        described(leader, "245 10 $a\ud800"),
        described(leader, "001 \x1e"),
    ]
    if syntax == marc.MARC21:  # XML has no lengths
        unwritable += [
            described(leader),
            described(leader, "245 10 $a" + 9_999 * "a"),
            described(leader, *["500    $a" + 9_000 * "a"] * 12),
            described(leader, "²45 10 $aTides"),
            described(leader, "245 é0 $aTides"),
            described(leader, "245 10 $éTides"),
        ]
    for record in unwritable:
        with pytest.raises(marc.MARCError, match="expected "):
            marc.external(record, syntax)


def test_only_marc_can_be_written() -> None:
    with pytest.raises(marc.MARCError) as caught:
        marc.external(BOOK, "1.2.840.10003.5.101")
    assert str(caught.value) == (
        "expected an object identifier of isoill.marc.SYNTAXES, found '1.2.840.10003.5.101' - at the record"
    )


# ── Item-Id ────────────────────────────────────────────────────────────────────────────────────────────────────────


def system_no(*numbers: tuple[WellKnownSystem, str]) -> isoill.External:
    value = tuple([SystemNumber(type=NumberType(well_known=system), number=number) for system, number in numbers])
    return isoill.External.holding(value, type=IPIGSystemNumber)


def test_a_book() -> None:
    assert marc.item_id(BOOK) == ItemId(
        item_type=ItemType.MONOGRAPH,
        author="Gallant, A. B. (Anne Bernadette), 1951-",
        title="The salt marshes. Part 2, Birds",
        sub_title="a field guide",
        place_of_publication="Charlottetown, P.E.I.",
        publisher="Tidewater Press",
        series_title_number="Maritime field guides ; 7",
        edition="2nd ed. / revised by C. Arsenault",
        publication_date="c2006",
        isbn="1771003456",
        system_no=system_no((WellKnownSystem.LIBRARY_OF_CONGRESS, "2006000017"), (WellKnownSystem.OCLC, "ocm00000017")),
    )


def test_an_article() -> None:
    assert marc.item_id(ARTICLE) == ItemId(
        item_type=ItemType.SERIAL,
        title="Journal of island studies",
        volume_issue="Vol. 12, no. 3 (Fall 2012)",
        publication_date_of_component="2012",
        author_of_article="MacPhail, Donald",
        title_of_article="Ships and fogs : the lights of the north shore",
        pagination="44-59",
        issn="19256019",
        system_no=system_no((WellKnownSystem.OCLC, "4712"), (WellKnownSystem.LIBRARY_OF_CONGRESS, "2001000018")),
    )


@pytest.mark.parametrize(
    ("leader", "fields", "item"),
    [
        ("                  a     ", [], ItemId()),
        (
            "     nas a22      a 4500",
            ["022    $a1925-6019 (online)"],
            ItemId(item_type=ItemType.SERIAL, issn="19256019"),
        ),
        ("     ngm a22      a 4500", [], ItemId(item_type=ItemType.OTHER)),
        ("     njs a22      a 4500", [], ItemId(item_type=ItemType.SERIAL)),
        ("     nai a22      a 4500", [], ItemId(item_type=ItemType.OTHER)),
        ("     ntm a22      a 4500", [], ItemId(item_type=ItemType.MONOGRAPH)),
        # a monograph that is also in a collection
        (
            "     nam a22      a 4500",
            ["245 00 $aTides", "773 0  $tTidewater e-books"],
            ItemId(item_type=ItemType.MONOGRAPH, title="Tides"),
        ),
        # a component part whose host is not said
        (
            "     naa a22      a 4500",
            ["245 00 $aTides"],
            ItemId(item_type=ItemType.MONOGRAPH, title="Tides"),
        ),
        # a chapter
        (
            "     naa a22      a 4500",
            [
                "245 00 $aTides",
                "773 0  $7nnam$aArsenault, C.$tShores.$b3rd ed.$kMaritime guides ; 8$gp. 7-9$z1-77100-345-6",
            ],
            ItemId(
                item_type=ItemType.MONOGRAPH,
                author="Arsenault, C.",
                title="Shores",
                series_title_number="Maritime guides ; 8",
                edition="3rd ed.",
                title_of_article="Tides",
                pagination="7-9",
                isbn="1771003456",
            ),
        ),
        # related parts in two subfields, or without pages
        ("     nab a22      a 4500", ["773 0  $gVol. 3$gpp. 1-2."], ItemId(volume_issue="Vol. 3", pagination="1-2")),
        ("     nab a22      a 4500", ["773 0  $gSuppl. 3 (Spring)"], ItemId(volume_issue="Suppl. 3 (Spring)")),
        # the marks that are taken off, and those that are part of the text
        ("                  a     ", ["245 00 $aWhat is fog? /"], ItemId(title="What is fog?")),
        ("                  a     ", ["245 00 $aFog [sound recording]."], ItemId(title="Fog [sound recording]")),
        ("                  a     ", ["245 00 $aFog /.  "], ItemId(title="Fog /.")),
        ("                  a     ", ["110 2  $aMarsh Society.$bLibrary."], ItemId(author="Marsh Society. Library")),
        (
            "                  a     ",
            ["111 2  $aTides (Congress)$n(3rd :$d2004)"],
            ItemId(author="Tides (Congress) (3rd : 2004)"),
        ),
        (
            "                  c     ",
            ["245 00 $aFog /", "260    $c2006."],
            ItemId(title="Fog /", publication_date="2006."),
        ),
        ("                  n     ", ["245 00 $aFog :"], ItemId(title="Fog :")),
        # no numbers, empty subfields, and a field that only has others
        (
            "                  a     ",
            ["020    $aX-rated", "020    $a-", "022    $y1925-6019", "245 00 $a :$c/", "773 0  $tHost"],
            ItemId(),
        ),
        ("                  a     ", ["020    $a9781771003452"], ItemId(isbn="9781771003452")),
        (
            "                  a     ",
            ["264  1 $aSouris$bTidewater$c2006"],
            ItemId(place_of_publication="Souris", publisher="Tidewater", publication_date="2006"),
        ),
        ("                  a     ", ["264  3 $aSouris$bTidewater$c2006"], ItemId()),
    ],
)
def test_other_records(leader: str, fields: list[str], item: ItemId) -> None:
    record = described(leader, *fields)
    assert marc.item_id(record) == item


def test_the_record_of_a_book() -> None:
    item = replace(marc.item_id(BOOK), call_number="QL 685", verification_reference_source="catalogue")
    assert str(marc.record(item)).splitlines() == [
        "=LDR       nam a22     3c 4500",
        "=010  \\\\$a2006000017",
        "=020  \\\\$a1771003456",
        "=035  \\\\$a(OCoLC)ocm00000017",
        "=100  1\\$aGallant, A. B. (Anne Bernadette), 1951-",
        "=245  10$aThe salt marshes. Part 2, Birds$ba field guide",
        "=250  \\\\$a2nd ed. / revised by C. Arsenault",
        "=260  \\\\$aCharlottetown, P.E.I.$bTidewater Press$cc2006",
        "=490  0\\$aMaritime field guides ; 7",
    ]


def test_the_record_of_an_article() -> None:
    assert str(marc.record(marc.item_id(ARTICLE))).splitlines() == [
        "=LDR       naa a22     3c 4500",
        "=100  1\\$aMacPhail, Donald",
        "=245  10$aShips and fogs : the lights of the north shore",
        "=260  \\\\$c2012",
        (
            "=773  0\\$tJournal of island studies$gVol. 12, no. 3 (Fall 2012), p. 44-59$x19256019"
            "$w(OCoLC)4712$w(DLC)2001000018$7nnas"
        ),
    ]


def test_numbers_of_other_kinds() -> None:
    numbers = (
        CanadianSystemRecordNo(system=CanadianSystem.OCLC, record_no="4712"),
        CanadianSystemRecordNo(system=CanadianSystem.RLIN, record_no="4713"),
    )
    canadian = isoill.External.holding(numbers, type=CanadianSystemNo)
    assert [str(field) for field in marc.record(ItemId(system_no=canadian)).fields] == ["=035  \\\\$a(OCoLC)4712"]
    assert marc.record(ItemId(system_no=system_no((WellKnownSystem.CARL, "1")))).fields == []
    assert marc.record(ItemId(system_no=isoill.External.of("1.2.3", b"\x05\x00"))).fields == []
    with pytest.raises(isoill.DecodeError):
        marc.record(ItemId(system_no=isoill.External.of("1.0.10161.6.1", b"\x05\x00")))


#: Text with anything in it that is neither a separator of ISO 2709 nor half of a character; marks at the end stay, as
#: the record says that there is no ISBD punctuation.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1d\x1e\x1f"), min_size=1).filter(
    lambda text: text == text.strip()
)
#: In 773 $g the volume and the pages are in one text, so that one cannot say "p." and the other cannot say "p. ".
volumes = st.text("0123456789().: JanFebVolno", min_size=1).filter(lambda text: text == text.strip())
pages = st.from_regex(r"[0-9]{1,4}(-[0-9]{1,4})?", fullmatch=True)
isbns = st.from_regex(r"[0-9]{9}[0-9X]|97[89][0-9]{10}", fullmatch=True)
issns = st.from_regex(r"[0-9]{7}[0-9X]", fullmatch=True)
numbers = st.from_regex(r"(ocm)?[0-9]{8}", fullmatch=True)
control_numbers = st.builds(
    lambda congress, others: system_no(*((WellKnownSystem.LIBRARY_OF_CONGRESS, each) for each in congress), *others),
    st.lists(numbers, min_size=1, max_size=1),
    st.lists(st.tuples(st.sampled_from([WellKnownSystem.OCLC, WellKnownSystem.WLN]), numbers), max_size=2),
)
SPECIAL = {"volume_issue": volumes, "pagination": pages, "isbn": isbns, "issn": issns, "system_no": control_numbers}


@st.composite
def item_ids(draw: st.DrawFn, components: list[str]) -> ItemId:
    chosen = draw(st.lists(st.sampled_from(components), unique=True))
    values: dict[str, Any] = {component: draw(SPECIAL.get(component, texts)) for component in chosen}
    return ItemId(item_type=draw(st.none() | st.sampled_from(ItemType)), **values)


def is_part(item: ItemId) -> bool:
    return any(getattr(item, component) for component in marc.PART.keys() - marc.WHOLE.keys())


@given(item_ids(list(marc.WHOLE)))
def test_an_item_comes_back_from_its_record(item: ItemId) -> None:
    record = marc.record(item)
    assert marc.item_id(record) == item
    if record.fields:
        for syntax in marc.MARC21, UNIMARC:
            assert marc.item_id(only(marc.external(record, syntax))) == item


@given(item_ids(list(marc.PART)).filter(is_part).filter(lambda item: item.title or item.volume_issue))
def test_a_part_comes_back_from_its_record(item: ItemId) -> None:
    record = marc.record(item)
    assert marc.item_id(record) == item
    assert marc.item_id(only(marc.external(record))) == item


# ── without pymarc ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_pymarc_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['pymarc'] = None; import isoill; import isoill.marc"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ImportError: isoill.marc needs pymarc: pip install 'isoill[marc]'"


def test_isoill_does_not_load_it() -> None:
    code = "import sys, isoill, isoill.payloads; print('isoill.marc' in sys.modules, 'pymarc' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"

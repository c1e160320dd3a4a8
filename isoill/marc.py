"""MARC records in messages, to and from those of pymarc; and a record of MARC 21 as the item that is wanted, and back.

``supplemental_item_description`` carries records of the item, each under the object identifier of its format:

>>> from pathlib import Path
>>> import isoill
>>> from dataclasses import replace
>>> from isoill import marc
>>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
>>> record = marc.record(request.item_id)
>>> request = replace(request, supplemental_item_description=(marc.external(record),))
>>> [read] = marc.records(isoill.decode(isoill.encode(request)))
>>> read["245"]["a"]
'Anne of Green Gables'
>>> marc.item_id(read).author
'Montgomery, L. M. (Lucy Maud), 1874-1942'

It needs the extra: ``pip install 'isoill[marc]'``.
"""

from __future__ import annotations

import copy
import io
import re
import xml.sax
import xml.sax.handler
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

try:
    import pymarc
except ImportError as error:
    raise ImportError("isoill.marc needs pymarc: pip install 'isoill[marc]'") from error

from isoill.asn1 import OctetString, type_of
from isoill.codec import decode
from isoill.errors import MESSAGE_CHARACTERS, DecodeError, ILLError
from isoill.oids import OID_NAMES, registered_as
from isoill.payloads import (
    CanadianSystem,
    CanadianSystemNo,
    IPIGSystemNumber,
    NumberType,
    SystemNumber,
    WellKnownSystem,
)
from isoill.types import Apdu, External, ItemId, ItemType

__all__ = ["MARC21", "MARCXML", "PART", "SYNTAXES", "WHOLE", "MARCError", "external", "item_id", "record", "records"]

#: MARC 21, once USMARC: ISO 2709 in UTF-8 or MARC-8.
MARC21 = "1.2.840.10003.5.10"
#: XML of any kind, which is how Z39.50 has MARCXML.
MARCXML = "1.2.840.10003.5.109.10"
#: The object identifiers under which there are MARC records, and what each is called: the record syntaxes of Z39.50
#: (its registry at the Library of Congress; YAZ has them in ``src/oid.csv``), of which those below 100 are ISO 2709.
SYNTAXES: Mapping[str, str] = {
    oid: name
    for oid, name in OID_NAMES.items()
    if re.fullmatch(r"1\.2\.840\.10003\.5\.[0-9]{1,2}", oid) or oid == MARCXML
}


class MARCError(ILLError, ValueError):
    """A MARC record that cannot be read or carried: what was wanted and found, and the ``path`` to it.

    >>> records(External.of_octets(MARC21, b"no record at all"))
    Traceback (most recent call last):
    isoill.marc.MARCError: expected a leader and a directory of ISO 2709, found b'no record at all' - at EXTERNAL
    """

    def __init__(self, detail: str, path: str = "") -> None:
        if len(detail) > MESSAGE_CHARACTERS:
            detail = detail[: MESSAGE_CHARACTERS - 1] + "…"
        super().__init__(detail, path)
        self.detail = detail
        self.path = path

    def __str__(self) -> str:
        return f"{self.detail} - at {self.path or 'the record'}"


# ── records in messages ────────────────────────────────────────────────────────────────────────────────────────────


def external(record: pymarc.Record, /, syntax: str = MARC21) -> External:
    """The record as octets of ISO 2709 in UTF-8, octet-aligned; as XML, where ``syntax`` is `MARCXML`.

    ``syntax`` is one of `SYNTAXES`.  Raises `MARCError` where it is none, and where the record would not be read back
    as it is: without fields, longer than 99,999 octets or with a field longer than 9,999, with separators in its text.

    >>> external(record(ItemId(title="Emily of New Moon"))).octets
    b'00060n   a22000373c 4500245002200000\\x1e10\\x1faEmily of New Moon\\x1e\\x1d'
    """
    if syntax not in SYNTAXES:
        raise MARCError(f"expected an object identifier of isoill.marc.SYNTAXES, found {syntax!r}")
    written = External.of_octets(syntax, _in_xml(record) if syntax == MARCXML else _in_iso_2709(record))
    read = _read(written, "")
    if not read or _content(read[0]) != _content(record):
        raise MARCError(f"expected a record that can be read back from {SYNTAXES[syntax]}, found one that cannot")
    return written


def records(item: Apdu | External | Iterable[External], /) -> list[pymarc.Record]:
    """All MARC records in the ``supplemental_item_description`` of a message, or in the EXTERNALs that are given.

    EXTERNALs of what is not in `SYNTAXES` are passed by, as is XML that is not MARCXML.  Text is read as leader/09
    says, in UTF-8 or, in MARC 21, MARC-8; where another format says nothing, as UTF-8 if it is that, and as Latin-1 if
    not (inferred).  A record is octet-aligned, or an OCTET STRING as single-ASN1-type (inferred).

    Raises `MARCError` for a record that breaks ISO 2709, its character set, or XML.  pymarc's own reader is more
    patient, and says less: ``pymarc.MARCReader(external.octets)``.

    >>> translation = External.of("1.0.10161.7.2", b"\\x30\\x00")
    >>> description = (translation, external(record(ItemId(title="Rilla of Ingleside"))))
    >>> [found["245"]["a"] for found in records(description)]
    ['Rilla of Ingleside']
    """
    if isinstance(item, External):
        return _read(item, "EXTERNAL")
    path = ""
    if isinstance(item, Apdu):
        path = f"{type_of(type(item)).name}.supplemental_item_description"
        item = getattr(item, "supplemental_item_description", None) or ()
    return [read for index, each in enumerate(item) for read in _read(each, f"{path}[{index}]")]


def _read(carrier: External, path: str) -> list[pymarc.Record]:
    if carrier.direct_reference not in SYNTAXES:
        return []
    octets = carrier.octets
    try:
        if carrier.encoding.single_asn1_type is not None:
            octets = decode(octets, type=OctetString)
        if carrier.direct_reference == MARCXML:
            return _from_xml(octets)
        return [_from_iso_2709(octets, carrier.direct_reference == MARC21)]
    except DecodeError as error:
        raise MARCError(f"expected an OCTET STRING: {error}", path) from error
    except MARCError as error:
        raise MARCError(error.detail, path) from error.__cause__


def _content(record: pymarc.Record) -> list[Any]:
    """What is compared: pymarc's records have no equality, and lengths are in the leader only once they are written."""
    fields = [(field.tag, field.data, field.indicators, field.subfields) for field in record.fields]
    return [str(record.leader)[5:9], str(record.leader)[17:20], *fields]


# ── ISO 2709 ───────────────────────────────────────────────────────────────────────────────────────────────────────
# Read here octet by octet.  pymarc's reader takes a broken record for one with other fields, and what it has to say
# goes to warnings, to the log and to standard error.

#: Leader, directory and the end of that; what else is in the leader is for cataloguers.
_HEAD = re.compile(rb"([0-9]{5})[ -~]{4}([ -~])[ -~]{2}([0-9]{5})[ -~]{7}((?:[0-9A-Za-z]{3}[0-9]{9})+)\x1e")
_ENTRY = re.compile(rb"(...)(....)(.....)")
_CONTROL_FIELD = re.compile(rb"([^\x1d-\x1f]*)\x1e")
_DATA_FIELD = re.compile(rb"([ -~])([ -~])((?:\x1f[!-~][^\x1d-\x1f]*)*)\x1e")


def _from_iso_2709(octets: bytes, is_marc21: bool) -> pymarc.Record:
    head = _HEAD.match(octets)
    if head is None:
        raise MARCError(f"expected a leader and a directory of ISO 2709, found {octets[:40]!r}")
    length, coding, base, directory = head.groups()
    if int(length) != len(octets) or octets[-1:] != b"\x1d":
        raise MARCError(f"expected {int(length)} octets that end with 1d, found {len(octets)}")
    if int(base) != head.end():
        raise MARCError(
            f"expected the first field at offset {int(base)}, found the end of the directory at {head.end()}"
        )
    entries = [(tag.decode(), int(size), int(start)) for tag, size, start in _ENTRY.findall(directory)]
    room, wanted = len(octets) - int(base) - 1, sum(size for _, size, _ in entries)
    if wanted > room:  # fields that share octets would make much of little
        raise MARCError(f"expected fields of {room} octets at most, found {wanted}")
    text = _from_utf_8 if coding == b"a" else _from_marc_8 if is_marc21 else _from_whatever
    read = pymarc.Record(leader=octets[:24].decode())
    for tag, size, start in entries:
        begin = int(base) + start
        try:
            read.fields.append(_field(tag, octets[begin : begin + size], text))
        except MARCError as error:
            raise MARCError(f"{error.detail}, in field {tag}") from error.__cause__
    return read


def _field(tag: str, octets: bytes, text: Callable[[bytes], str]) -> pymarc.Field:
    if tag.isdigit() and tag < "010":
        if control := _CONTROL_FIELD.fullmatch(octets):
            return pymarc.Field(tag, data=text(control[1]))
    elif data := _DATA_FIELD.fullmatch(octets):
        subfields = [pymarc.Subfield(chr(each[0]), text(each[1:])) for each in data[3].split(b"\x1f")[1:]]
        return pymarc.Field(tag, pymarc.Indicators(data[1].decode(), data[2].decode()), subfields)
    raise MARCError(f"expected indicators and subfields, or data, and 1e at the end, found {octets[:40]!r}")


def _in_iso_2709(record: pymarc.Record) -> bytes:
    try:
        return copy.deepcopy(record).as_marc()  # of a copy, as it says in the leader what it wrote
    except ValueError as error:  # surrogates, and tags such as "²"
        raise MARCError(f"expected tags and text that ISO 2709 and UTF-8 have, found {error}") from error


# ── text ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_utf_8(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MARCError(f"expected text in UTF-8, as leader/09 says, found {octets[error.start :][:8]!r}") from error


def _from_whatever(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


#: MARC-8: octets of the sets in use, and escape sequences that bring in others (MARC 21 Specifications for Record
#: Structure, Character Sets, and Exchange Media).
_MARC_8 = re.compile(
    rb"""(?: [^\x1b]                                    # of the sets in use, at first ASCII and ANSEL
           | \x1b [gbps]                                # Greek symbols, subscripts, superscripts, ASCII again
           | \x1b [(,)-] (?:[234BENQS]|!E)              # another set instead of one of the two
           | \x1b \$ ,? 1 (?:[ -~]{3})* (?=\x1b[(,gbps$]|\Z)  # East Asian, three octets a character
         )*""",
    re.VERBOSE,
)
#: What pymarc stumbles over, and the same in other words: ANSEL, whose intermediate octets are two, and the escape
#: sequences of two octets, after which it wants a character.
_UNDERSTOOD = (
    (re.compile(rb"(?<=\x1b[(,)-])!E"), b"E"),
    (re.compile(rb"(?<=\x1b)s"), b"(B"),
    (re.compile(rb"(?<=\x1b)(?=[gbp])"), b"("),
)


def _from_marc_8(octets: bytes) -> str:
    if not _MARC_8.fullmatch(octets):
        raise MARCError(f"expected text in MARC-8, as leader/09 says, found {octets[:40]!r}")
    understood = octets
    for pattern, replacement in _UNDERSTOOD:
        understood = pattern.sub(replacement, understood)
    text: str = pymarc.marc8_to_unicode(understood, hide_utf8_warnings=True)
    if text.count(" ") > octets.count(b" "):  # pymarc's way with a character that it does not know
        raise MARCError(f"expected characters that MARC-8 has, found others in {octets[:40]!r}")
    return text


# ── XML ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _NoDTD(xml.sax.handler.LexicalHandler):
    """MARCXML needs no document type, and the entities of one make much of little."""

    def startDTD(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: N802 - of xml.sax
        raise MARCError("expected MARCXML, found a document type")


def _from_xml(octets: bytes) -> list[pymarc.Record]:
    handler: Any = pymarc.XmlHandler(strict=True)  # type: ignore[no-untyped-call]
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_namespaces, True)
    parser.setProperty(xml.sax.handler.property_lexical_handler, _NoDTD())
    parser.setContentHandler(handler)
    try:
        parser.parse(io.BytesIO(octets))
    except MARCError:
        raise
    except Exception as error:  # pymarc wants attributes to be there, and expat names of encodings to be known
        raise MARCError(f"expected MARCXML, found {error!r}") from error
    found: list[pymarc.Record] = handler.records
    return found


def _in_xml(record: pymarc.Record) -> bytes:
    octets: bytes = pymarc.record_to_xml(record, namespace=True)  # type: ignore[no-untyped-call]
    return octets


# ── what a record of MARC 21 says, as Item-Id ──────────────────────────────────────────────────────────────────────

#: Fields and the subfields in them; the first that is there is read, and the first of all is written.
Places: TypeAlias = tuple[str, ...]

_NAMES = ("100abcdq", "110abcdn", "111acdenq")

#: Where a record has the components of Item-Id, if it describes the item as a whole.
WHOLE: Mapping[str, Places] = {
    "author": _NAMES,
    "title": ("245anp",),
    "sub_title": ("245b",),
    "place_of_publication": ("260a", "264a"),
    "publisher": ("260b", "264b"),
    "series_title_number": ("490av", "440av", "830av"),
    "edition": ("250ab",),
    "publication_date": ("260c", "264c"),
    "isbn": ("020a",),
    "issn": ("022a",),
    "system_no": ("010a", "035a"),
}

#: Where it has them if it describes a part of the item, such as an article; the item is then in 773.
PART: Mapping[str, Places] = {
    "author": ("773a",),
    "title": ("773t",),
    "series_title_number": ("773k",),
    "volume_issue": ("773g",),
    "edition": ("773b",),
    "publication_date_of_component": ("260c", "264c"),
    "author_of_article": _NAMES,
    "title_of_article": ("245abnp",),
    "pagination": ("773g",),
    "isbn": ("773z",),
    "issn": ("773x",),
    "system_no": ("773w",),
}

#: Leader/06 (type of record) and /07 (bibliographic level) by which an item type is written; 773 $7 ends with them too.
_MATERIALS = {ItemType.MONOGRAPH: "am", ItemType.SERIAL: "as", ItemType.OTHER: "pc"}
#: Item types of language material by leader/07; serials are that in any material, and all else is OTHER.
_LEVELS = {"a": ItemType.MONOGRAPH, "b": ItemType.SERIAL, "m": ItemType.MONOGRAPH, "s": ItemType.SERIAL}
#: MARC codes of organizations, which are before the numbers in 035 and 773 $w.
_ORGANIZATIONS = {
    "OCoLC": WellKnownSystem.OCLC,
    "DLC": WellKnownSystem.LIBRARY_OF_CONGRESS,
    "WaOLN": WellKnownSystem.WLN,
}
#: Indicators that are not two blanks; 245 is traced and begins with no article.
_INDICATORS = {"100": "1 ", "245": "10", "490": "0 ", "773": "0 "}


def item_id(record: pymarc.Record, /) -> ItemId:
    """What a record of MARC 21 says, as Item-Id: `WHOLE` has the places, and `PART` those in a component part.

    A component part (leader/07 is a or b, and there is a 773) is an article or a chapter, and 773 is what it is in.
    ``item_type`` is from leader/06-07, or from 773 $7.  Of several ISBNs the first of ten characters is taken.  Numbers
    of the Library of Congress, OCLC and WLN go to ``system_no``, as IPIG-system-number.  In 773 $g the pagination is
    what follows ``p.``

    ISBD punctuation at the end is taken off, unless leader/18 says that there is none: ``/ : ; , =``, and a full stop
    after three letters, a digit or a bracket (inferred: after fewer letters it belongs to an abbreviation).

    >>> described = pymarc.Record(leader="     nam a22      a 4500")
    >>> title = pymarc.Field("245", pymarc.Indicators("1", "0"), [pymarc.Subfield("a", "Rilla of Ingleside /")])
    >>> described.fields.append(title)
    >>> item_id(described)
    ItemId(item_type=ItemType.MONOGRAPH, title='Rilla of Ingleside')
    """
    leader = str(record.leader)
    is_part = leader[7] in ("a", "b") and "773" in record
    punctuated = leader[18] not in ("c", "n")
    found: dict[str, Any] = {}
    for component, places in (PART if is_part else WHOLE).items():
        texts = [text for place in places for text in _texts(record, place, punctuated)]
        found[component] = _READ.get(component, _first)(texts)
    material = (_first(_texts(record, "7737", False)) or "")[2:4] if is_part else leader[6:8]
    return ItemId(item_type=_item_type(material), **found)


def record(item_id: ItemId, /) -> pymarc.Record:
    """The record of MARC 21 that says what an Item-Id says, in the first of the places of `WHOLE`.

    Where the Item-Id names a part of the item - article, pages, volume - the record is that of the part, by `PART`.
    Names are in 100, as Item-Id does not say whose they are; leader/18 is c: no ISBD punctuation ends the subfields.

    What the tables do not list is left out; and of ``system_no`` what is neither IPIG-system-number nor the Canadian
    SystemNo, and numbers of other systems than `item_id` knows.  Raises `DecodeError` where ``system_no`` is not of the
    type that its object identifier stands for.

    >>> article = ItemId(title="Shores", issn="19256019", volume_issue="12(3)", pagination="4-9")
    >>> print(str(record(article)).rstrip())
    =LDR       naa a22     3c 4500
    =773  0\\$tShores$g12(3), p. 4-9$x19256019
    """
    is_part = any(getattr(item_id, component) for component in PART.keys() - WHOLE.keys())
    places = PART if is_part else WHOLE
    values = {component: getattr(item_id, component) for component in places if component != "system_no"}
    if is_part:
        pages = values.pop("pagination")
        values["volume_issue"] = ", ".join(filter(None, [values["volume_issue"], pages and f"p. {pages}"]))
    fields: dict[str, list[list[pymarc.Subfield]]] = {}
    for component, text in values.items():
        if text:
            tag, code = places[component][0][:3], places[component][0][3]
            fields.setdefault(tag, [[]])[0].append(pymarc.Subfield(code, str(text)))
    for code, number in _numbers(item_id.system_no):
        if is_part:
            fields.setdefault("773", [[]])[0].append(pymarc.Subfield("w", f"({code}){number}"))
        elif code == "DLC":
            fields.setdefault("010", []).append([pymarc.Subfield("a", number)])
        else:
            fields.setdefault("035", []).append([pymarc.Subfield("a", f"({code}){number}")])
    material = "  " if item_id.item_type is None else _MATERIALS[item_id.item_type]
    if is_part:
        if item_id.item_type is not None:
            fields.setdefault("773", [[]])[0].append(pymarc.Subfield("7", f"nn{material}"))
        material = "aa"
    made = pymarc.Record(leader=f"     n{material} a22     3c 4500")
    for tag, each in sorted(fields.items()):
        indicators = pymarc.Indicators(*_INDICATORS.get(tag, "  "))
        made.fields.extend(pymarc.Field(tag, indicators, subfields) for subfields in each)
    return made


#: The tag of a field, and a text that is in it.
_Found: TypeAlias = tuple[str, str]

#: What ISBD puts between one element and the next, and after what it is that a full stop ends an element.
_MARKS = tuple("/:;,=")
_ENDING = re.compile(r"(?:\w{3}|[0-9)\]])\.\Z")
#: Where the pages begin in ``Vol. 2, no. 2 (Feb. 1976), p. 195-230``, as 773 $g has it.
_PAGES = re.compile(r"(?:^|[ ,])(?:pp?\.|pages?\b)")
#: A number, and the code of the organization that gave it.
_CONTROL_NUMBER = re.compile(r"\(([^()]+)\)(.+)", re.DOTALL)


def _texts(record: pymarc.Record, place: str, punctuated: bool) -> Iterator[_Found]:
    """The texts at a place: of several subfields one text, of one that is repeated several."""
    tag, codes = place[:3], place[3:]
    fields = [field for field in record.get_fields(tag) if tag != "264" or field.indicator2 == "1"]  # 1 is publication
    for field in fields[:1] if tag == "773" else fields:  # one host, not something of each
        texts = field.get_subfields(*codes)
        for text in texts if len(codes) == 1 else [" ".join(texts)]:
            stripped = text.strip()
            if punctuated and (stripped.endswith(_MARKS) or _ENDING.search(stripped[-4:])):
                stripped = stripped[:-1].rstrip()
            if stripped:
                yield tag, stripped


def _first(found: Iterable[_Found]) -> str | None:
    return next((text for _, text in found), None)


def _isbn(found: Iterable[_Found]) -> str | None:
    numbers = _standard_numbers(found)
    return next((number for number in numbers if len(number) == 10), numbers[0] if numbers else None)


def _issn(found: Iterable[_Found]) -> str | None:
    numbers = _standard_numbers(found)
    return numbers[0] if numbers else None


def _standard_numbers(found: Iterable[_Found]) -> list[str]:
    """Without hyphens, and without what is said of them: ``0-7710-9999-1 (pbk.)``."""
    matches = (re.match("[0-9][0-9Xx-]*", text) for _, text in found)
    return [match[0].replace("-", "") for match in matches if match]


def _volume(found: Iterable[_Found]) -> str | None:
    return _related_parts(found)[0]


def _pages(found: Iterable[_Found]) -> str | None:
    return _related_parts(found)[1]


def _related_parts(found: Iterable[_Found]) -> tuple[str | None, str | None]:
    text = ", ".join(text for _, text in found)
    pages = _PAGES.search(text)
    if pages is None:
        return text or None, None
    return text[: pages.start()].rstrip(" ,") or None, text[pages.end() :].strip() or None


def _system_no(found: Iterable[_Found]) -> External | None:
    numbers = []
    for tag, text in found:
        match = _CONTROL_NUMBER.fullmatch(f"(DLC){text}" if tag == "010" else text)
        if match and match[1] in _ORGANIZATIONS:
            kind = NumberType(well_known=_ORGANIZATIONS[match[1]])
            numbers.append(SystemNumber(type=kind, number=match[2].strip()))
    return External.holding(tuple(numbers), type=IPIGSystemNumber) if numbers else None


#: What is made of the texts of a component, where it is more than to take the first.
_READ: Mapping[str, Callable[[list[_Found]], Any]] = {
    "isbn": _isbn,
    "issn": _issn,
    "volume_issue": _volume,
    "pagination": _pages,
    "system_no": _system_no,
}


def _item_type(material: str) -> ItemType | None:
    """From leader/06-07, or the same two in 773 $7; None where these are blank or not there."""
    if not material.strip():
        return None
    found = _LEVELS.get(material[1:], ItemType.OTHER)
    return found if found is ItemType.SERIAL or material[0] in ("a", "t") else ItemType.OTHER


def _numbers(system_no: External | None) -> Iterator[tuple[str, str]]:
    """The code of an organization, and its number."""
    if system_no is None:
        return
    if system_no.direct_reference == registered_as(IPIGSystemNumber).oid:
        codes = {system: code for code, system in _ORGANIZATIONS.items()}
        for each in system_no.value(IPIGSystemNumber, strict=False):
            if each.type.well_known in codes:
                yield codes[each.type.well_known], str(each.number)
    elif system_no.direct_reference == registered_as(CanadianSystemNo).oid:
        for number in system_no.value(CanadianSystemNo, strict=False):
            if number.system is CanadianSystem.OCLC:
                yield "OCoLC", str(number.record_no)

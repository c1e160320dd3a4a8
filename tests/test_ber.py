"""Every legal form of BER is read; one form is written.  The octets are written out by hand."""

from typing import Annotated, Any

import pytest

import isoill
from isoill import _ber
from isoill.asn1 import (
    ANY,
    NULL,
    OID,
    BitString,
    Enumerated,
    Explicit,
    Implicit,
    Latin1String,
    Latin1VisibleString,
    Null,
    OctetString,
    String,
    VisibleString,
    choice,
    sequence,
)
from isoill.types import External, ExternalEncoding, ILLString, ISODate, SystemId, UnitsPerMediumType, WillSupplyResults


class Flavour(Enumerated):
    SWEET = 1
    SOUR = 300
    BITTER = -2


@sequence
class High:
    low: Annotated[int | None, Implicit(30)] = None
    high: Annotated[int | None, Implicit(31)] = None
    higher: Annotated[tuple[int, ...] | None, Implicit(127)] = None
    wrapped: Annotated[int | None, Explicit(50)] = None


@choice
class Nested:
    one: Annotated[int | None, Explicit(1)] = None
    two: Annotated[Null | None, Implicit(2)] = None


@sequence
class Holder:
    nested: Nested | None = None
    either: Annotated[Nested | None, Explicit(9)] = None
    bits: Annotated[BitString | None, Implicit(10)] = None
    octets: Annotated[OctetString | None, Implicit(11)] = None
    anything: Annotated[ANY | None, Explicit(12)] = None


@sequence
class HighText:
    date: Annotated[str, String("VisibleString"), Implicit(36)]


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


#: type, octets in the form that is written, value
CANONICAL: list[tuple[Any, str, Any]] = [
    (bool, "0101ff", True),
    (bool, "010100", False),
    (int, "020100", 0),
    (int, "02017f", 127),
    (int, "02020080", 128),
    (int, "020180", -128),
    (int, "0202ff7f", -129),
    (int, "02087fffffffffffffff", 2**63 - 1),
    (int, "02088000000000000000", -(2**63)),
    (int, "0209008000000000000000", 2**63),
    (int, "0209ff7fffffffffffffff", -(2**63) - 1),
    (int, "0214" + "7f" + "ff" * 19, 2**159 - 1),
    (int, "0214" + "80" + "00" * 19, -(2**159)),
    (Null, "0500", NULL),
    (OID, "060528cf310d03", "1.0.10161.13.3"),
    (OID, "0603883703", "2.999.3"),
    (OID, "060100", "0.0"),
    (OID, "06014f", "1.39"),
    (OID, "060150", "2.0"),
    (OID, "060c" + "2a" + "83" + "ff" * 9 + "7f", f"1.2.{2**72 - 1}"),
    (BitString, "03020780", BitString(b"\x80", 7)),
    (BitString, "030100", BitString(b"")),
    (OctetString, "0402cafe", b"\xca\xfe"),
    (OctetString, "0400", b""),
    (ILLString, "1b024869", "Hi"),
    (ILLString, "1b00", ""),
    (ILLString, "1a024869", VisibleString("Hi")),
    (ILLString, "1b02c3a9", "é"),
    (ILLString, "1b01e9", Latin1String("é")),
    (ILLString, "1a01e9", Latin1VisibleString("é")),
    (ILLString, "1b04f09f939a", "📚"),
    (ILLString, "1b0300411b", "\0A\x1b"),
    (ILLString, "1b8180" + "41" * 128, "A" * 128),
    (ILLString, "1b820100" + "41" * 256, "A" * 256),
    (ISODate, "1a083230323631313231", "20261121"),
    (ISODate, "1a08" + "ff" * 8, Latin1String("ÿ" * 8)),
    (Flavour, "0a0101", Flavour.SWEET),
    (Flavour, "0a02012c", Flavour.SOUR),
    (Flavour, "0a01fe", Flavour.BITTER),
    (tuple[int, ...], "3000", ()),
    (tuple[int, ...], "3006020101020102", (1, 2)),
    (tuple[int, ...], "303c" + "020105" * 20, (5,) * 20),
    (High, "3000", High()),
    (High, "300a9e01019f1f0102bf7f00", High(low=1, high=2, higher=())),
    (High, "3006bf3203020105", High(wrapped=5)),
    (Holder, "3005a103020107", Holder(nested=Nested(one=7))),
    (Holder, "30028200", Holder(nested=Nested(two=NULL))),
    (Holder, "3004a9028200", Holder(either=Nested(two=NULL))),
    (Holder, "300b8a0206408b0168ac020500", Holder(bits=BitString(b"\x40", 6), octets=b"h", anything=b"\x05\x00")),
    (ANY, "30800000", b"\x30\x80\0\0"),
    (
        WillSupplyResults,
        "3011a0030a0101a10a1a083230323631313231",
        WillSupplyResults(reason_will_supply=isoill.ReasonWillSupply.IN_USE_ON_LOAN, supply_date="20261121"),
    ),
    (
        UnitsPerMediumType,
        "300aa0030a0102a103020103",
        UnitsPerMediumType(medium=isoill.SupplyMediumType.PHOTOCOPY, no_of_units=3),
    ),
    (
        External,
        "280806022a03a0020500",
        External(direct_reference="1.2.3", encoding=ExternalEncoding(single_asn1_type=b"\x05\x00")),
    ),
    (External, "2806020109810168", External(indirect_reference=9, encoding=ExternalEncoding(octet_aligned=b"h"))),
    (
        External,
        "280c06022a030702696482020640",
        External(
            direct_reference="1.2.3",
            data_value_descriptor="id",
            encoding=ExternalEncoding(arbitrary=BitString(b"\x40", 6)),
        ),
    ),
]


@pytest.mark.parametrize(("type_", "text", "value"), CANONICAL, ids=lambda item: str(item)[:40])
def test_the_form_that_is_written(type_: Any, text: str, value: Any) -> None:
    read = isoill.decode(octets(text), type=type_)
    assert read == value
    assert repr(read) == repr(value)
    assert type(read) is type(value)
    assert isoill.encode(value, type=type_).hex() == text


#: type, octets in another legal form, octets in the form that is written
OTHER_FORMS: list[tuple[Any, str, str]] = [
    (bool, "010105", "0101ff"),
    # lengths: long, longer than needed, indefinite
    (int, "02810105", "020105"),
    (int, "0284000000 0105", "020105"),
    (tuple[int, ...], "30800201010000", "3003020101"),
    (tuple[int, ...], "3080 02 01 01 020102 0000", "3006020101020102"),
    (Holder, "3080a1800201070000 0000", "3005a103020107"),
    (Holder, "3080a98082000000 0000", "3004a9028200"),
    (Holder, "3007a180 020107 0000", "3005a103020107"),
    (Holder, "3008 ac80 3080 0000 0000", "3006ac0430800000"),  # an ANY is kept as it came
    (Holder, "3009 ac80 3003 020101 0000", "3007ac053003020101"),
    (SystemId, "3080 a080 a180 1b0149 0000 0000 0000", "3007a005a1031b0149"),
    # constructed strings: segments tagged 04 as X.690 8.23 has them, or as the type itself; nested; empty
    (ILLString, "3b06040148 040169", "1b024869"),
    (ILLString, "3b06 1b0148 1b0169", "1b024869"),
    (ILLString, "3a06 040148 1a0169", "1a024869"),
    (ILLString, "3b80 040148 2403040169 0000", "1b024869"),
    (ILLString, "3b80 2480 040148 0000 3b031b0169 0000", "1b024869"),
    (ILLString, "3b00", "1b00"),
    (ILLString, "3b0a 0401c3 0401a9 0400 0400", "1b02c3a9"),  # a character cut in two
    (ISODate, "3a80 040432303236 04 04 31313231 0000", "1a083230323631313231"),
    (OctetString, "2406 0401ca 0401fe", "0402cafe"),
    (BitString, "2308 03 02 00 ff 03 02 07 80", "030307ff80"),
    (BitString, "2380 0302 00ff 2304 0302 0780 0000", "030307ff80"),
    (Holder, "3006 ab04 0402cafe", "30048b02cafe"),
    (Holder, "3008 ab80 0402cafe 0000", "30048b02cafe"),
    # constructed under an implicit tag in the high form, as Received.date-received [36] has it
    (HighText, "300a bf2407 0402 3230 0401 32", "30069f2403323032"),
    # any octet but 00 is TRUE
    (isoill.DateDue, "300d 8008 3230323631323234 8101 01", "300d800832303236313232348101ff"),
]


@pytest.mark.parametrize(("type_", "text", "canonical"), OTHER_FORMS)
def test_other_forms_are_read(type_: Any, text: str, canonical: str) -> None:
    read = isoill.decode(octets(text), type=type_)
    assert isoill.encode(read, type=type_).hex() == canonical
    deviations: list[isoill.Deviation] = []
    assert _ber.read(_ber.table(type_), octets(text), deviations, isoill.DEFAULT_LIMITS) == read
    assert {deviation.reason for deviation in deviations} <= {isoill.Reason.NON_MINIMAL}

"""Numbers of records, in ``national_bibliography_no`` and ``system_no``.

The same system has another number in each list: OCLC is 4 in the IPIG's and 3 in the Canadian one.  Where a number
begins with ``ocm``, ``ocn`` or ``on`` it is OCLC's, whatever the list says (inferred).
"""

from typing import Annotated, TypeAlias

from isoill.asn1 import Enumerated, Explicit, Name, Size, String, TypeName, choice, sequence
from isoill.oids import register
from isoill.types.common import SystemId
from isoill.types.strings import ILLString

__all__ = [
    "CanadianNationalBibliography",
    "CanadianNationalBibliographyNo",
    "CanadianNationalBibliographyRecordNo",
    "CanadianRecordNo",
    "CanadianSystem",
    "CanadianSystemNo",
    "CanadianSystemRecordNo",
    "IPIGSystemNumber",
    "NumberType",
    "SystemNumber",
    "WellKnownSystem",
]


class WellKnownSystem(Enumerated):
    """Well-Known-System: whose number it is, in IPIG-system-number."""

    LIBRARY_OF_CONGRESS = 1, "library-of-Congress"
    BNB = 2, "bNB"
    CANADIANA = 3
    OCLC = 4, "oCLC"
    DIALOG = 5
    RLIN = 6, "rLIN"
    WLN = 7, "wLN"
    CARL = 8, "cARL"


@choice(name="IPIG-system-number.type")
class NumberType:
    """Whose number it is, in IPIG-system-number: one of those that all know, or another."""

    well_known: Annotated[WellKnownSystem | None, Explicit(1)] = None
    other: Annotated[SystemId | None, Explicit(2)] = None


@sequence(name="IPIG-system-number element")
class SystemNumber:
    """One number, and whose it is.

    >>> SystemNumber(type=NumberType(well_known=WellKnownSystem.OCLC), number="ocm00012345")
    SystemNumber(type=NumberType(well_known=WellKnownSystem.OCLC), number='ocm00012345')
    """

    type: NumberType
    database_id: Annotated[ILLString | None, Explicit(3), Name("database-ID")] = None
    number: Annotated[ILLString, Explicit(4)]


#: IPIG-system-number: numbers of the item's record in systems; for both components.
IPIGSystemNumber: TypeAlias = Annotated[tuple[SystemNumber, ...], TypeName("IPIG-system-number")]
register("1.0.10161.6.1", IPIGSystemNumber)

# ── the national library of Canada ─────────────────────────────────────────────────────────────────────────────────

#: Record-no: the number of a record.
CanadianRecordNo: TypeAlias = Annotated[
    str, String("GeneralString", "VisibleString"), Size(1, 50), TypeName("Record-no")
]


class CanadianNationalBibliography(Enumerated, name="National-bibliography"):
    """National-bibliography: which one a number is of."""

    BRITISH_NATIONAL_BIBLIOGRAPHY = 1
    CANADIANA = 2
    LCCN = 3
    OTHER = 4


class CanadianSystem(Enumerated, name="System"):
    """System: whose number it is.  (OCLC is 4 in IPIG-system-number.)"""

    DOBIS = 1
    CANDOC = 2
    OCLC = 3
    RLIN = 4
    UTLAS = 5
    OTHER = 6


@sequence(name="National-bibliography-no element")
class CanadianNationalBibliographyRecordNo:
    """One number, and the bibliography it is of."""

    national_bibliography: CanadianNationalBibliography
    record_no: CanadianRecordNo


@sequence(name="System-no element")
class CanadianSystemRecordNo:
    """One number, and whose it is; the name of the system is part of it only with ``OTHER``."""

    system: CanadianSystem
    record_no: CanadianRecordNo


#: National-bibliography-no: numbers in national bibliographies, by the national library of Canada; it is provisional.
CanadianNationalBibliographyNo: TypeAlias = Annotated[
    tuple[CanadianNationalBibliographyRecordNo, ...], Size(1, 10), TypeName("National-bibliography-no")
]
register("1.2.124.10161.1", CanadianNationalBibliographyNo)

#: System-no: numbers in systems, by the national library of Canada; OCLC uses it for its own numbers.
CanadianSystemNo: TypeAlias = Annotated[tuple[CanadianSystemRecordNo, ...], Size(1, 10), TypeName("System-no")]
register("1.2.124.10161.2", CanadianSystemNo)

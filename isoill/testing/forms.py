"""Octets as others write them: in any form that BER allows, and as real systems deviate from the module.

A writer of its own, in plain Python.  At each place it takes one of the ways in which the same value may be written;
`isoill.encode` always takes the first.
"""

from __future__ import annotations

from random import Random
from typing import Annotated, Any

from isoill.asn1 import (
    STRING_TAGS,
    BitString,
    Component,
    Kind,
    Latin1String,
    Tag,
    TagClass,
    Type,
    TypeName,
    VisibleString,
    fields_of,
    type_of,
)
from isoill.codec import encode
from isoill.errors import Reason
from isoill.records import record
from isoill.types import ILLAPDU

__all__ = ["Written", "rewritten"]


@record
class Written:
    """What `rewritten` gives; see there."""

    octets: bytes
    #: the reason and the path of each deviation, in no particular order
    deviations: tuple[tuple[Reason, str], ...]


def rewritten(value: Any, random: Random, /, *, rate: float = 0.1, dialects: bool = False, type: Any = None) -> Written:
    """A value as another writer might have written it, in a form that every reader of BER has to read.

    Lengths are indefinite, strings are cut into segments, TRUE is any octet but 0, DEFAULTs are absent; each at about
    ``rate`` of the places where that can be, as ``random`` has it.  With ``dialects`` the rules are broken as well, in
    the ways that `isoill.examine` puts up with, and ``deviations`` says how and where.  ``type`` is as for
    `isoill.encode`; without it the value is an APDU, and a TypeError is raised if it is not.

    >>> import isoill
    >>> cancel = isoill.decode(bytes.fromhex("661f 301d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231"))
    >>> written = rewritten(cancel, Random(8), rate=0.2, dialects=True)
    >>> examination = isoill.examine(written.octets)
    >>> examination.apdu == cancel
    True
    >>> sorted(d.reason.name for d in examination.deviations) == sorted(reason.name for reason, _ in written.deviations)
    True
    """
    writer = _Writer(random, rate, dialects)
    described = type_of(Annotated[ILLAPDU, TypeName("ILL-APDU")] if type is None else type)
    for each in described.alternatives:
        if each.python is value.__class__:
            described = each
    if described.kind is Kind.UNION:
        raise TypeError(f"expected an APDU, or a value and its type, found {value!r:.40}")
    octets = writer.value(described, value, described.name)
    if type is None and writer.deviates(Reason.PADDING, described.name):
        octets += random.choice([b"\r\n", b"\0" * 7])
    return Written(octets, tuple(writer.deviations))


_SEQUENCE = Tag(TagClass.UNIVERSAL, 16, explicit=False)
#: What no type of the module has.
_UNKNOWN = b"\xc9\0"
#: String types that are met where others are meant (ILL-String is GeneralString or VisibleString).
_OTHER_STRINGS = [STRING_TAGS[name] for name in ("UTF8String", "PrintableString", "T61String", "IA5String")]


class _Writer:
    def __init__(self, random: Random, rate: float, dialects: bool) -> None:
        self.random = random
        self.rate = rate
        self.dialects = dialects
        self.deviations: list[tuple[Reason, str]] = []

    def chance(self) -> bool:
        return self.random.random() < self.rate

    def deviates(self, reason: Reason, path: str) -> bool:
        """Whether to deviate here: if so, it is noted."""
        if not (self.dialects and self.chance()):
            return False
        self.deviations.append((reason, path))
        return True

    def tlv(self, tag: Tag, constructed: bool, contents: bytes, path: str) -> bytes:
        """A tag-length-value."""
        first = tag.tag_class << 6 | constructed << 5
        universal = tag.tag_class is TagClass.UNIVERSAL
        if tag.number > 30 or (not universal and self.deviates(Reason.MALFORMED_TAG, path)):
            identifier = bytes([first | 31, tag.number])
        else:
            identifier = bytes([first | tag.number])
        if constructed and self.chance():
            return identifier + b"\x80" + contents + b"\0\0"
        n = len(contents)
        if self.deviates(Reason.NON_MINIMAL, path):
            return identifier + b"\x84" + n.to_bytes(4, "big") + contents
        if n < 0x80:
            return identifier + bytes([n]) + contents
        octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
        return identifier + bytes([0x80 | len(octets)]) + octets + contents

    def value(self, described: Type, value: Any, path: str) -> bytes:
        """A value under the tag of its own type."""
        if described.kind is Kind.CHOICE:
            [component] = [each for each in fields_of(value.__class__) if getattr(value, each.name) is not None]
            return self.component(component, getattr(value, component.name), f"{path}.{component.name}")
        if described.kind is Kind.ANY:
            if described.holds is not None and value[0] != 0x28 and self.dialects:
                self.deviations.append((Reason.MISSING_EXTERNAL, path))
            return bytes(value)
        tag = described.tag
        if tag is not None and tag.explicit:
            if self.deviates(Reason.IMPLICIT_TAG, path):
                return self.tlv(tag, True, self.sequence(value, path), path)
            return self.tlv(tag, True, self.tlv(_SEQUENCE, *self.contents(described, value, path), path), path)
        constructed, contents = self.contents(described, value, path)
        if described.kind is Kind.STRING:
            number = STRING_TAGS[described.strings[-1 if isinstance(value, VisibleString) else 0]]
            if value.__class__ is str and not constructed and self.deviates(Reason.OTHER_STRING_TYPE, path):
                number = self.random.choice(_OTHER_STRINGS)
            tag = Tag(TagClass.UNIVERSAL, number, explicit=False)
        elif tag is None:
            tag = Tag(*described.leading_tags[0], explicit=False)
        return self.tlv(tag, constructed, contents, path)

    def component(self, component: Component, value: Any, path: str) -> bytes:
        """A component under its own tag."""
        described, tag = component.type, component.tag
        if tag is None:
            return self.value(described, value, path)
        if tag.explicit:
            if self.may_be_bare(described, value) and self.deviates(Reason.IMPLICIT_TAG, path):
                return self.tlv(tag, *self.bare(described, value, path), path)
            return self.tlv(tag, True, self.value(described, value, path), path)
        if described.kind in _SIMPLE and self.deviates(Reason.EXPLICIT_TAG, path):
            return self.tlv(tag, True, self.value(described, value, path), path)
        return self.tlv(tag, *self.contents(described, value, path), path)

    def may_be_bare(self, described: Type, value: Any) -> bool:
        """Whether the contents of a value may stand in an explicit tag without their own tag, and be told from it."""
        if described.kind is Kind.ANY and described.holds is not None:
            contents = value[2:]
            return len(contents) < 0x80 and value[:2] == bytes([0x28, len(contents)]) and contents.startswith(b"\x06")
        if not described.takes_implicit_tag or described.kind in (Kind.STRING, Kind.OCTET_STRING, Kind.BIT_STRING):
            return False
        return _Writer(self.random, 0, dialects=False).contents(described, value, "")[1] != b""

    def bare(self, described: Type, value: Any, path: str) -> tuple[bool, bytes]:
        """As `contents`, in the one form in which they can be told from a whole value."""
        if described.kind is Kind.ANY:
            return True, value[2:]
        plain = _Writer(self.random, 0, dialects=True)
        contents = plain.contents(described, value, path)
        self.deviations += plain.deviations
        return contents

    def contents(self, described: Type, value: Any, path: str) -> tuple[bool, bytes]:
        """Whether a value is constructed, and what stands behind its length."""
        match described.kind:
            case Kind.SEQUENCE:
                contents = self.sequence(value, path)
                may = all((TagClass.UNIVERSAL, 16) not in each.leading_tags for each in fields_of(value.__class__))
                if may and self.deviates(Reason.EXTRA_SEQUENCE, path):
                    contents = self.tlv(_SEQUENCE, True, contents, path)
                return True, contents
            case Kind.SEQUENCE_OF:
                return True, self.elements(described, value, path)
            case Kind.STRING:
                return self.cut(value.encode("latin-1" if isinstance(value, Latin1String) else "utf-8"))
            case Kind.OCTET_STRING:
                return self.cut(value)
            case Kind.BIT_STRING:
                assert isinstance(value, BitString)
                return False, bytes([value.unused]) + value.octets
            case Kind.BOOLEAN:
                return False, bytes([self.random.randint(1, 255) if value and self.chance() else 0xFF * value])
            case Kind.INTEGER | Kind.ENUMERATED:
                number = int(value)
                octets = number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)
                if len(octets) < 20 and self.deviates(Reason.NON_MINIMAL, path):
                    octets = (b"\xff" if number < 0 else b"\0") + octets
                return False, octets
            case _:  # OBJECT IDENTIFIER and NULL have one form
                octets = encode(value, type=described)
                return False, octets[2:] if octets[1] < 0x80 else octets[2 + octets[1] - 0x80 :]

    def sequence(self, value: Any, path: str) -> bytes:
        """The components of a SEQUENCE; where the rules are broken, one of them twice, late, or one that is unknown."""
        written: list[tuple[str, bytes]] = []
        last: tuple[Component, Any] | None = None
        for component in fields_of(value.__class__):
            each = getattr(value, component.name)
            where = f"{path}.{component.name}"
            if each is None or (component.has_default and each == component.default and self.chance()):
                continue
            written.append((where, self.component(component, each, where)))
            last = component, each
        if last is None:
            return b""
        if self.deviates(Reason.UNKNOWN_COMPONENT, path):
            written.insert(self.random.randint(1, len(written)), ("", _UNKNOWN))
        elif self.deviates(Reason.DUPLICATE_COMPONENT, written[-1][0]):
            plain = _Writer(self.random, 0, dialects=False)
            written.append(("", plain.component(*last, "")))
        elif len(written) > 1 and self.deviates(Reason.OUT_OF_ORDER, written[-2][0]):
            written[-2:] = written[-1], written[-2]
        return b"".join(octets for _, octets in written)

    def elements(self, described: Type, values: Any, path: str) -> bytes:
        """The elements of a SEQUENCE OF; where the rules are broken, with a SEQUENCE around them."""
        element = described.element
        assert element is not None
        octets = b"".join(self.value(element, each, f"{path}[{index}]") for index, each in enumerate(values))
        sequences = element.kind is Kind.SEQUENCE and (TagClass.UNIVERSAL, 16) in element.leading_tags
        # one SEQUENCE in another may be a list of one or an element of a SEQUENCE too many: it does not matter which
        may = element.kind in _SIMPLE or (sequences and len(values) > 1)
        if may and self.deviates(Reason.EXTRA_SEQUENCE, path):
            return self.tlv(_SEQUENCE, True, octets, path)
        return octets

    def cut(self, octets: bytes) -> tuple[bool, bytes]:
        """A string whole, or in segments (X.690 8.7.3.2)."""
        if not self.chance():
            return False, octets
        at = self.random.randint(0, len(octets))
        tag = Tag(TagClass.UNIVERSAL, 4, explicit=False)
        plain = _Writer(self.random, 0, dialects=False)
        return True, b"".join(plain.tlv(tag, False, part, "") for part in (octets[:at], octets[at:]))


_SIMPLE = (Kind.BOOLEAN, Kind.INTEGER, Kind.ENUMERATED, Kind.OBJECT_IDENTIFIER, Kind.NULL)

"""Strategies for hypothesis, derived from the declarations: no type is listed here, so none is forgotten.

Whatever they give can be written by `isoill.encode` and read back by `isoill.decode` within its default limits.
They shrink towards a smaller message: what is optional is absent, what has a default has it, a CHOICE takes its
simplest alternative, text is empty.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Annotated, Any, AnyStr, TypeVar, overload

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from isoill.asn1 import (
    NULL,
    Alphabet,
    Among,
    BitString,
    Constraint,
    Kind,
    Latin1String,
    Latin1VisibleString,
    Range,
    Size,
    Type,
    TypeName,
    VisibleString,
    fields_of,
    type_of,
)
from isoill.codec import encode
from isoill.errors import DEFAULT_LIMITS
from isoill.types import ILLAPDU, EDIFACTString, iso_date, iso_time

__all__ = ["apdus", "values"]

T = TypeVar("T")
C = TypeVar("C", bound=Constraint)

# ── what is public ─────────────────────────────────────────────────────────────────────────────────────────────────


def apdus(*, constrained: bool = True) -> SearchStrategy[ILLAPDU]:
    """Any of the twenty APDUs, with anything in it that the module admits.

    >>> from hypothesis import find
    >>> from isoill.types import Recall
    >>> recall = find(apdus(), lambda apdu: isinstance(apdu, Recall))
    >>> recall.responder_note is None, recall.transaction_id.transaction_qualifier
    (True, '')

    ``constrained`` is as for `values`.
    """
    apdu: SearchStrategy[ILLAPDU] = values(Annotated[ILLAPDU, TypeName("ILL-APDU")], constrained=constrained)
    return apdu


@overload
def values(annotation: type[T], /, *, constrained: bool = True) -> SearchStrategy[T]: ...
@overload
def values(annotation: Any, /, *, constrained: bool = True) -> SearchStrategy[Any]: ...
def values(annotation: Any, /, *, constrained: bool = True) -> SearchStrategy[Any]:
    """Values of a declared class, an enumeration, an annotation of `isoill.asn1` or a union of classes.

    >>> from hypothesis import find
    >>> from isoill.types import ILLString, ItemType, SystemId
    >>> find(values(SystemId), lambda system_id: True)
    SystemId()
    >>> find(values(tuple[SystemId, ...]), lambda system_ids: len(system_ids) > 1)
    (SystemId(), SystemId())
    >>> find(values(ItemType), lambda item_type: item_type > 1)
    ItemType.SERIAL
    >>> find(values(ILLString), lambda text: isinstance(text, VisibleString))
    VisibleString('')

    The sizes, ranges, alphabets and subsets that the declarations state are kept, EDIFACTString's in an ILL-String that
    goes as VisibleString too, and so is what an ANY should hold; unless ``constrained`` is false: the decoder does not
    judge them.  What a string type
    itself admits is not among them: other text may have any character, as it may on the wire.

    >>> from isoill.types import ItemId
    >>> find(values(ItemId), lambda item: item.isbn is not None).isbn
    '0000000000'
    >>> find(values(ItemId, constrained=False), lambda item: item.isbn is not None).isbn
    ''
    """

    def is_within_limits(value: object) -> bool:
        return len(encode(value, type=annotation)) <= DEFAULT_LIMITS.octets

    return _of(type_of(annotation), constrained).filter(is_within_limits)


# ── types ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def _of(type_: Type, constrained: bool) -> SearchStrategy[Any]:
    """The strategy of a type, made once; deferred, as a type may have itself inside."""
    return st.deferred(lambda: _STRATEGIES[type_.kind](type_, constrained))


def _sequence(type_: Type, constrained: bool) -> SearchStrategy[Any]:
    components = []
    for component in fields_of(_python(type_)):
        strategy = _of(component.type, constrained)
        if component.has_default:
            strategy = st.just(component.default) | strategy
        components.append((component.name, component.optional, strategy))

    @st.composite
    def build(draw: DrawFn) -> Any:
        made = {name: draw(strategy) for name, optional, strategy in components if not optional or draw(st.booleans())}
        return _python(type_)(**made)

    return build()


def _sequence_of(type_: Type, constrained: bool) -> SearchStrategy[Any]:
    assert type_.element is not None
    size = _constraint(type_, Size, constrained) or Size(0, 3)
    return st.lists(_of(type_.element, constrained), min_size=size.least, max_size=size.most).map(tuple)


def _choice(type_: Type, constrained: bool) -> SearchStrategy[Any]:
    cls = _python(type_)
    return st.one_of([st.builds(cls, **{c.name: _of(c.type, constrained)}) for c in fields_of(cls)])


def _union(type_: Type, constrained: bool) -> SearchStrategy[Any]:
    return st.one_of([_of(alternative, constrained) for alternative in type_.alternatives])


def _enumerated(type_: Type, constrained: bool) -> SearchStrategy[Any]:
    among = _constraint(type_, Among, constrained)
    return st.sampled_from(tuple(among.values if among else _python(type_)))


def _integer(type_: Type, constrained: bool) -> SearchStrategy[int]:
    if within := _constraint(type_, Range, constrained):
        return st.integers(within.least, within.most)
    named = st.sampled_from([int(value) for value in type_.named]) if type_.named else st.nothing()
    return named | st.integers(-128, 127) | _integers


def _string(type_: Type, constrained: bool) -> SearchStrategy[str]:
    """All the ways in which text is carried: as one string type or the other, in UTF-8 or in Latin-1."""
    size = _constraint(type_, Size, constrained)
    alphabet = _constraint(type_, Alphabet, constrained)
    second = "VisibleString" in type_.strings[1:]  # as in ILL-String, whose second form is EDIFACTString
    forms = [_texts(size, alphabet)]
    if second:
        edifact = _constraint(type_of(EDIFACTString), Alphabet, constrained)
        forms.append(_texts(size, edifact).map(VisibleString))
    if alphabet is None:
        latin1 = _latin1_texts(size)
        forms.append(latin1.map(Latin1String))
        if second and not constrained:
            forms.append(latin1.map(Latin1VisibleString))
    anything = st.one_of(forms)
    return _mostly(_USUAL[type_.name], anything) if type_.name in _USUAL else anything


def _python(type_: Type) -> Any:
    """The class of a SEQUENCE, CHOICE or ENUMERATED."""
    return type_.python


def _constraint(type_: Type, wanted: type[C], constrained: bool) -> C | None:
    """The constraint of the wanted kind, if there is one and it is to be kept."""
    found = (constraint for constraint in type_.constraints if isinstance(constraint, wanted))
    return next(found, None) if constrained else None


# ── text ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_LATIN1 = st.characters(max_codepoint=0xFF)
_ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)

#: What long runs of random characters seldom hit: combining marks, other scripts, beyond the BMP, controls, escapes.
_TELLING = (
    "",
    "Anne of Green Gables",
    "Cafe\u0301",
    "Bibliothèque Ç",
    "国立国会図書館",
    "Библиотека",
    "\U0001d11e\U0001f4da",
    "\0",
    "line\r\nline\t\x7f",
    "\u200f\u202eright to left",
    "\ufeff\ufffd\uffff",
    "\x1b(B",
    "\x80\x9f",
)

#: How often a text is repeated: seldom, and then to where lengths take two, three and four octets.
_TIMES = st.sampled_from((1,) * 93 + (16,) * 3 + (60,) * 3 + (16_000,))


@st.composite
def _repeated(draw: DrawFn, seeds: SearchStrategy[AnyStr]) -> AnyStr:
    times: int = draw(_TIMES)
    return draw(seeds) * times


def _texts(size: Size | None, alphabet: Alphabet | None) -> SearchStrategy[str]:
    """Text of all characters but surrogates, which no encoding has."""
    if alphabet is not None:
        least, most = (size.least, size.most) if size else (0, 12)
        return st.text(alphabet.characters, min_size=least, max_size=most)
    if size is not None:
        ascii_text = st.text(_ASCII, min_size=size.least, max_size=size.most)
        return ascii_text | st.text(min_size=size.least, max_size=size.most)
    return _repeated(st.text(_ASCII, max_size=12)) | _repeated(st.text(max_size=12)) | st.sampled_from(_TELLING)


@st.composite
def _latin1_texts(draw: DrawFn, size: Size | None) -> str:
    """Text whose octets in Latin-1 are not UTF-8: there is a character that begins a sequence, and none goes on."""
    begin = draw(st.characters(min_codepoint=0xC2, max_codepoint=0xF4))
    if size is not None:
        return draw(st.text(_LATIN1, min_size=size.least - 1, max_size=size.most - 1)) + begin
    return draw(_repeated(st.text(_LATIN1, max_size=8))) + begin + draw(st.text(_ASCII, max_size=8))


def _mostly(usual: SearchStrategy[T], rare: SearchStrategy[T]) -> SearchStrategy[T]:
    return st.integers(0, 9).flatmap(lambda n: rare if n == 9 else usual)


#: Texts that mean something, and are mostly meant to.
_USUAL: Mapping[str, SearchStrategy[str]] = {
    "ISO-Date": st.dates().map(iso_date),
    "ISO-Time": st.times().map(iso_time),
}

# ── numbers, octets, identifiers ───────────────────────────────────────────────────────────────────────────────────

_MOST = 1 << 8 * DEFAULT_LIMITS.integer_octets - 1
_integers = st.integers(-_MOST, _MOST - 1)
_octets = _repeated(st.binary(max_size=12))


@st.composite
def _bit_strings(draw: DrawFn) -> BitString:
    octets = draw(_octets)
    return BitString(octets, draw(st.integers(0, 7)) if octets else 0)


_MOST_ARC = (1 << 7 * DEFAULT_LIMITS.oid_arc_octets) - 1
_arcs = st.integers(0, 127) | st.integers(0, _MOST_ARC)
#: The first two arcs share octets, so that under 2 the second has no bound of 39.
_roots = st.tuples(st.integers(0, 1), st.integers(0, 39)) | st.tuples(st.just(2), st.integers(0, _MOST_ARC - 80))


_most_arcs = DEFAULT_LIMITS.oid_arcs - 2


@st.composite
def _oids(draw: DrawFn) -> str:
    arcs = draw(st.lists(_arcs, max_size=6)) * draw(st.sampled_from((1,) * 97 + (16, 64, _most_arcs)))
    return ".".join(map(str, (*draw(_roots), *arcs[:_most_arcs])))


# ── ANY ────────────────────────────────────────────────────────────────────────────────────────────────────────────
# Written here octet by octet: our own encoder knows only the forms that it would write itself.


def _length(n: int, extra: int) -> bytes:
    """The length n, in ``extra`` more octets than it needs."""
    if n < 0x80 and not extra:
        return bytes([n])
    octets = max(1, (n.bit_length() + 7) // 8) + max(0, extra - (n < 0x80))
    return bytes([0x80 | octets]) + n.to_bytes(octets, "big")


def _identifier(tag_class: int, number: int, constructed: bool) -> bytes:
    first = tag_class << 6 | constructed << 5
    if number < 31:
        return bytes([first | number])
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.insert(0, 0x80 | number & 0x7F)
    return bytes([first | 31, *octets])


def _primitive(identifier: bytes, contents: bytes, extra: int = 0) -> bytes:
    return identifier + _length(len(contents), extra) + contents


def _constructed(identifier: bytes, parts: list[bytes], extra: int | None) -> bytes:
    """Of indefinite length where ``extra`` is None."""
    contents = b"".join(parts)
    return identifier + b"\x80" + contents + b"\0\0" if extra is None else _primitive(identifier, contents, extra)


def _external(oid: str, value: bytes) -> bytes:
    """What an extension holds in every capture: an EXTERNAL that names what it carries."""
    reference = encode(oid, type=Annotated[str, Kind.OBJECT_IDENTIFIER])
    return _constructed(b"\x28", [reference, _constructed(b"\xa0", [value], 0)], 0)


_high = st.integers(31, (1 << 7 * (DEFAULT_LIMITS.tag_octets - 1)) - 1)
_own_class = st.integers(1, 3)  # application, context, private
_extra = st.sampled_from((0, 0, 0, 0, 1, 2, 4))
_universal_values: SearchStrategy[bytes] = st.one_of(
    st.just(b"\x05\0"),
    st.booleans().map(lambda value: b"\x01\x01" + (b"\xff" if value else b"\0")),
    st.integers(-128, 127).map(lambda n: _primitive(b"\x02", n.to_bytes(1, "big", signed=True))),
    st.builds(_primitive, st.sampled_from([b"\x04", b"\x0c", b"\x1a", b"\x1b"]), st.binary(max_size=12), _extra),
)
_own_values = st.builds(
    _primitive,
    st.builds(_identifier, _own_class, st.integers(0, 30) | _high, st.just(False)),
    _octets,
    _extra,
)
_constructed_identifiers = st.sampled_from([b"\x30", b"\x31"]) | st.builds(
    _identifier, _own_class, st.integers(0, 30) | _high, st.just(True)
)


def _around(inner: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    parts = st.lists(inner, max_size=3)
    return st.builds(_constructed, _constructed_identifiers, parts, _extra | st.none()) | st.builds(
        _external, _oids(), inner
    )


_anys = st.recursive(_universal_values | _own_values, _around, max_leaves=5)


def _any(type_: Type, constrained: bool) -> SearchStrategy[bytes]:
    if type_.holds is None or not constrained:
        return _anys
    return _of(type_.holds, constrained).map(functools.partial(encode, type=type_.holds))


_STRATEGIES: Mapping[Kind, Callable[[Type, bool], SearchStrategy[Any]]] = {
    Kind.BOOLEAN: lambda *_: st.booleans(),
    Kind.INTEGER: _integer,
    Kind.BIT_STRING: lambda *_: _bit_strings(),
    Kind.OCTET_STRING: lambda *_: _octets,
    Kind.NULL: lambda *_: st.just(NULL),
    Kind.OBJECT_IDENTIFIER: lambda *_: _oids(),
    Kind.STRING: _string,
    Kind.ENUMERATED: _enumerated,
    Kind.SEQUENCE: _sequence,
    Kind.SEQUENCE_OF: _sequence_of,
    Kind.CHOICE: _choice,
    Kind.UNION: _union,
    Kind.ANY: _any,
}

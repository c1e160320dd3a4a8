"""The strategies reach all that they claim to reach, and shrink to what is simplest."""

import contextlib
import datetime
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING
from typing import Annotated, Any, get_args

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

import isoill.types
from isoill.asn1 import (
    NULL,
    OID,
    Alphabet,
    Among,
    BitString,
    Component,
    Explicit,
    Implicit,
    Kind,
    Latin1String,
    Latin1VisibleString,
    Named,
    OctetString,
    Range,
    Size,
    Type,
    VisibleString,
    choice,
    fields_of,
    sequence,
    type_of,
)
from isoill.codec import decode, encode
from isoill.errors import DEFAULT_LIMITS
from isoill.testing import apdus, values

#: Everything that is declared: classes, enumerations and aliases; not the helper functions beside them.
DECLARED: dict[str, Any] = {}
for name in isoill.types.__all__:
    try:
        type_of(getattr(isoill.types, name))
    except TypeError:
        continue
    DECLARED[name] = getattr(isoill.types, name)

APDUS = [arm.python for arm in type_of(isoill.types.ILLAPDU).alternatives]
CLASSES = [cls for cls in DECLARED.values() if hasattr(cls, "__components__")]

#: The same examples each time.
SEEDED = settings(derandomize=True, database=None, deadline=None, phases=[Phase.generate])
SHRUNK = settings(derandomize=True, database=None, deadline=None)


def sample(strategy: SearchStrategy[Any], size: int) -> list[Any]:
    """The first examples of a strategy, the same each time."""
    found = []

    @settings(SEEDED, max_examples=size)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def unreached(strategy: SearchStrategy[Any], wanted: Iterable[Any], seen_in: Callable[[Any], set[Any]]) -> set[Any]:
    """What is wanted and not seen in the first examples, be they many; it takes no more of them than it needs."""
    left = set(wanted)

    def is_all(seen: set[Any]) -> bool:
        left.difference_update(seen)
        return not left

    with contextlib.suppress(NoSuchExample):
        find(strategy.map(seen_in), is_all, settings=settings(SEEDED, max_examples=2_000))
    return left


def parts(type_: Type, value: Any) -> Iterator[tuple[Type, Any]]:
    """A value and all those inside it, each with its type."""
    yield type_, value
    if type_.kind is Kind.UNION:
        yield from parts(type_of(type(value)), value)
    elif type_.kind is Kind.SEQUENCE_OF:
        assert type_.element is not None
        for element in value:
            yield from parts(type_.element, element)
    elif type_.kind in (Kind.SEQUENCE, Kind.CHOICE):
        for component in fields_of(type(value)):
            member = getattr(value, component.name)
            if member is not None:
                yield from parts(component.type, member)


# ── every component, every alternative, every value ────────────────────────────────────────────────────────────────


def states(component: Component) -> set[Any]:
    """What a component can be, as far as its declaration tells."""
    wanted: set[Any] = {"absent"} if component.optional else set()
    if component.has_default:
        wanted |= {"default", "not default"}
    elif component.type.kind is Kind.SEQUENCE_OF:
        least = next((size.least for size in component.type.constraints if isinstance(size, Size)), 0)
        wanted |= {"none", "one", "several"} if least == 0 else {"one", "several"}
    elif component.type.kind is Kind.BOOLEAN:
        wanted |= {True, False}
    else:
        wanted |= {"present"}
    return wanted


def state(component: Component, value: Any) -> Any:
    """What a component is, in the words of `states`."""
    if value is None:
        return "absent"
    if component.has_default:
        return "default" if value == component.default else "not default"
    if component.type.kind is Kind.SEQUENCE_OF:
        return "none" if not value else "one" if len(value) == 1 else "several"
    return value if component.type.kind is Kind.BOOLEAN else "present"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_component_is_reached_in_every_state(cls: type[Any]) -> None:
    is_choice = type_of(cls).kind is Kind.CHOICE
    wanted = {(c.name, it) for c in fields_of(cls) for it in states(c) if not (is_choice and it == "absent")}

    def seen_in(value: Any) -> set[Any]:
        return {(c.name, state(c, getattr(value, c.name))) for c in fields_of(cls)}

    assert unreached(values(cls), wanted, seen_in) == set()


def test_every_apdu_is_reached() -> None:
    assert unreached(apdus(), APDUS, lambda apdu: {type(apdu)}) == set()


ENUMERATIONS = {name: it for name, it in DECLARED.items() if type_of(it).kind is Kind.ENUMERATED}


@pytest.mark.parametrize("annotation", ENUMERATIONS.values(), ids=ENUMERATIONS)
def test_every_value_of_an_enumeration_is_reached(annotation: Any) -> None:
    type_ = type_of(annotation)
    members: Any = type_.python
    among = [value for limit in type_.constraints if isinstance(limit, Among) for value in limit.values]
    assert set(sample(values(annotation), 100)) == set(among or members)
    assert set(sample(values(annotation, constrained=False), 100)) == set(members)


def test_a_union_an_annotation_and_a_tuple_have_strategies() -> None:
    two = isoill.types.Recall | isoill.types.Lost
    assert unreached(values(two), get_args(two), lambda value: {type(value)}) == set()
    assert {len(value) for value in sample(values(tuple[isoill.types.SystemId, ...]), 30)} >= {0, 1, 2}
    assert {type(value) for value in sample(values(int), 10)} == {int}


# ── what the values of each kind can be ────────────────────────────────────────────────────────────────────────────


def octets_of(text: str) -> int:
    return len(text.encode("utf-8"))


def has(least: int, most: int) -> Callable[[str], bool]:
    return lambda text: any(least <= ord(character) <= most for character in text)


def is_of(cls: type) -> Callable[[Any], bool]:
    return lambda value: type(value) is cls


TEXTS: dict[str, Callable[[str], bool]] = {
    "empty": lambda text: text == "",
    "NUL": has(0, 0),
    "control": has(1, 0x1F),
    "escape": has(0x1B, 0x1B),
    "Latin-1 range in UTF-8": lambda text: not isinstance(text, Latin1String) and has(0xA0, 0xFF)(text),
    "C1 control": has(0x80, 0x9F),
    "combining": has(0x300, 0x36F),
    "Cyrillic": has(0x400, 0x4FF),
    "CJK": has(0x4E00, 0x9FFF),
    "astral": has(0x10000, 0x10FFFF),
    "over 127 octets": lambda text: 127 < octets_of(text) <= 255,
    "over 255 octets": lambda text: 255 < octets_of(text) <= 65_535,
    "over 65535 octets": lambda text: octets_of(text) > 65_535,
    "str": is_of(str),
    "VisibleString": is_of(VisibleString),
    "VisibleString in UTF-8": lambda text: type(text) is VisibleString and not text.isascii(),
    "Latin1String": is_of(Latin1String),
    "Latin1VisibleString": is_of(Latin1VisibleString),
    "long Latin1String": lambda text: isinstance(text, Latin1String) and len(text) > 255,
}


def is_date(text: str) -> bool:
    try:
        return bool(datetime.datetime.strptime(text, "%Y%m%d"))
    except ValueError:
        return False


DATES: dict[str, Callable[[str], bool]] = {
    "a date": lambda text: is_date(text) and len(text) == 8,
    "no date": lambda text: not is_date(text),
    "Latin1String": is_of(Latin1String),
}

INTEGERS: dict[str, Callable[[int], bool]] = {
    "zero": lambda number: number == 0,
    "negative": lambda number: number < 0,
    "one octet": lambda number: 0 < number < 128,
    "over 64 bits": lambda number: number >= 1 << 64,
    "under 64 bits": lambda number: number < -(1 << 64),
    "20 octets": lambda number: number >= 1 << 151,
    "20 octets, negative": lambda number: number < -(1 << 151),
}

OIDS: dict[str, Callable[[str], bool]] = {
    "root 0": lambda oid: oid.startswith("0."),
    "root 1": lambda oid: oid.startswith("1."),
    "root 2": lambda oid: oid.startswith("2."),
    "second arc over 39": lambda oid: int(oid.split(".")[1]) > 39,
    "second arc over 64 bits": lambda oid: int(oid.split(".")[1]) > 1 << 64,
    "two arcs": lambda oid: oid.count(".") == 1,
    "128 arcs": lambda oid: oid.count(".") == 127,
    "an arc over 64 bits": lambda oid: any(int(arc) > 1 << 64 for arc in oid.split(".")[2:]),
    "an arc of 20 octets": lambda oid: any(int(arc) >= 1 << 133 for arc in oid.split(".")[2:]),
}

ANYS: dict[str, Callable[[bytes], bool]] = {
    "NULL": lambda octets: octets == b"\5\0",
    "primitive": lambda octets: not octets[0] & 0x20,
    "constructed": lambda octets: octets[0] & 0x20 > 0,
    "indefinite": lambda octets: octets[0] & 0x1F < 0x1F and octets[1] == 0x80,
    "indefinite inside definite": lambda octets: octets[0] == 0x30 and 0 < octets[1] < 0x80 and octets[3] == 0x80,
    "indefinite inside indefinite": lambda octets: octets[1:2] + octets[3:4] == b"\x80\x80" and octets[2] & 0x20 > 0,
    "EXTERNAL": lambda octets: octets[0] == 0x28,
    "application tag": lambda octets: octets[0] >> 6 == 1,
    "private tag": lambda octets: octets[0] >> 6 == 3,
    "tag of two octets": lambda octets: octets[0] & 0x1F == 0x1F and octets[1] < 0x80,
    "tag of five octets": lambda octets: octets[0] & 0x1F == 0x1F and all(octet & 0x80 for octet in octets[1:4]),
    "length longer than needed": lambda octets: octets[0] & 0x1F < 0x1F and octets[1] == 0x81 and octets[2] < 0x80,
    "over 255 octets": lambda octets: len(octets) > 255,
}

BITS: dict[str, Callable[[BitString], bool]] = {
    "none": lambda bits: bits == BitString(b""),
    "all of an octet": lambda bits: bits.octets != b"" and bits.unused == 0,
    "7 unused": lambda bits: bits.unused == 7,
    "unused that are not zero": lambda bits: bits.unused > 0 and bits.octets[-1] % (1 << bits.unused) > 0,
}

OCTETS: dict[str, Callable[[bytes], bool]] = {
    "none": lambda octets: octets == b"",
    "over 127": lambda octets: len(octets) > 127,
    "over 65535": lambda octets: len(octets) > 65_535,
}

EXTERNALS: dict[str, Callable[[isoill.types.External], bool]] = {
    "single-ASN1-type": lambda external: external.encoding.single_asn1_type is not None,
    "octet-aligned": lambda external: external.encoding.octet_aligned is not None,
    "arbitrary": lambda external: external.encoding.arbitrary is not None,
    "no reference": lambda external: external.direct_reference is None and external.indirect_reference is None,
    "both references": lambda external: None not in (external.direct_reference, external.indirect_reference),
    "descriptor": lambda external: external.data_value_descriptor is not None,
    "Latin-1 descriptor": lambda external: isinstance(external.data_value_descriptor, Latin1String),
}

VERSIONS: dict[str, Callable[[int], bool]] = {
    "version 1": lambda number: number == 1,
    "version 2": lambda number: number == 2,
    "another": lambda number: number > 2,
}

KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ILLString": (isoill.types.ILLString, TEXTS),
    "ISODate": (isoill.types.ISODate, DATES),
    "INTEGER": (int, INTEGERS),
    "named INTEGER": (Annotated[int, Named(isoill.types.ProtocolVersionNum)], VERSIONS),
    "OID": (OID, OIDS),
    "ANY": (Annotated[bytes, Kind.ANY], ANYS),
    "BIT STRING": (BitString, BITS),
    "OCTET STRING": (OctetString, OCTETS),
    "EXTERNAL": (isoill.types.External, EXTERNALS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_sort_of_value_is_reached(kind: str) -> None:
    annotation, conditions = KINDS[kind]

    def seen_in(value: Any) -> set[str]:
        return {name for name, condition in conditions.items() if condition(value)}

    assert unreached(values(annotation, constrained=False), conditions, seen_in) == set()


def test_null_has_one_value() -> None:
    assert sample(values(type(NULL)), 5) == [NULL]


def test_most_dates_are_dates() -> None:
    found = sample(values(isoill.types.ISODate), 200)
    assert sum(map(is_date, found)) > 100


# ── constraints ────────────────────────────────────────────────────────────────────────────────────────────────────


def keeps(constraint: Any, value: Any) -> bool:
    match constraint:
        case Size(least, most):
            return least <= len(value) <= most
        case Range(least, most):
            return bool(least <= value <= most)
        case Alphabet(characters):
            return set(value) <= set(characters)
        case Among():
            return value in constraint.values
    raise AssertionError(constraint)


CONSTRAINED: list[tuple[type[Any], str]] = [
    (cls, c.name) for cls in CLASSES for c in fields_of(cls) if c.type.constraints
]


@pytest.mark.parametrize("cls", dict.fromkeys(cls for cls, _ in CONSTRAINED))
def test_constraints_are_kept(cls: type[Any]) -> None:
    for value in sample(values(cls), 40):
        for type_, part in parts(type_of(cls), value):
            assert all(keeps(constraint, part) for constraint in type_.constraints), (type_, part)


@pytest.mark.parametrize(("cls", "name"), CONSTRAINED, ids=lambda it: getattr(it, "__name__", it))
def test_constraints_are_lifted(cls: type[Any], name: str) -> None:
    [component] = [component for component in fields_of(cls) if component.name == name]

    def breaks_all(value: Any) -> bool:
        part = getattr(value, name)
        return part is not None and not any(keeps(constraint, part) for constraint in component.type.constraints)

    assert find(values(cls, constrained=False), breaks_all, settings=settings(SEEDED, max_examples=2_000))


def test_values_fit_into_the_limits() -> None:
    assert all(len(encode(apdu)) <= DEFAULT_LIMITS.octets for apdu in sample(apdus(constrained=False), 50))


# ── shrinking, recursion, imports ──────────────────────────────────────────────────────────────────────────────────


def test_a_message_shrinks_to_a_small_one() -> None:
    assert len(encode(find(apdus(), lambda apdu: True, settings=SHRUNK))) < 100


def test_a_choice_shrinks_to_the_first_of_equals() -> None:
    assert find(values(isoill.types.PersonOrInstitutionSymbol), lambda _: True, settings=SHRUNK).person_symbol == ""


@sequence
class Tree:
    """A SEQUENCE with a list of a CHOICE that has the SEQUENCE again, as supplemental client information is."""

    branches: Annotated[tuple[int, ...], Implicit(0)]


@choice
class Branch:
    leaf: Annotated[int | None, Implicit(0)] = None
    tree: Annotated[Tree | None, Explicit(1)] = None


@pytest.fixture
def recursive_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    [flat] = fields_of(Tree)
    branches = Component(
        name="branches", asn1_name="branches", type=type_of(tuple[Branch, ...]), tag=flat.tag, default=MISSING
    )
    monkeypatch.setattr(Tree, "__components__", (branches,))


@pytest.mark.usefixtures("recursive_tree")
def test_a_type_may_have_itself_inside() -> None:
    def height(tree: Any) -> int:
        return 1 + max((height(branch.tree) for branch in tree.branches if branch.tree), default=0)

    trees = sample(values(Tree), 100)
    assert max(map(height, trees)) >= 3
    assert all(decode(encode(tree), type=Tree) == tree for tree in trees)


@pytest.mark.parametrize(
    ("missing", "statement", "message"),
    [
        (
            "hypothesis",
            "from isoill.testing import apdus",
            "isoill.testing needs hypothesis: pip install 'isoill[testing]'",
        ),
        (
            "asn1tools",
            "import isoill.testing; isoill.testing.reference.decode(b'')",
            "isoill.testing.reference needs asn1tools: pip install 'isoill[testing]'",
        ),
    ],
)
def test_a_missing_extra_is_told_in_one_line(missing: str, statement: str, message: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; {statement}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == f"ImportError: {message}"

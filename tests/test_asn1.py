"""The vocabulary: what a declaration says, and which declarations cannot be meant."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import pytest

import isoill.payloads
from isoill import _ber
from isoill.asn1 import (
    ANY,
    NULL,
    OID,
    Application,
    BitString,
    Enumerated,
    Explicit,
    Implicit,
    Kind,
    Latin1String,
    Name,
    Null,
    String,
    TagClass,
    TypeName,
    Universal,
    VisibleString,
    choice,
    fields_of,
    sequence,
    type_of,
)

Text = Annotated[str, String("GeneralString")]
Either = Annotated[str, String("GeneralString", "VisibleString")]


@choice
class Arms:
    left: Annotated[int | None, Implicit(7)] = None
    right: Annotated[Text | None, Explicit(8)] = None


class Colour(Enumerated):
    RED = 1


@sequence(Application(1))
class First:
    pass


@sequence(Application(2))
class Second:
    pass


def two_tags() -> None:
    @sequence
    class Bad:
        name: Annotated[int, Implicit(0), Explicit(1)]


def default_on_optional() -> None:
    @sequence
    class Bad:
        name: Annotated[int | None, Implicit(0)] = 3


def optional_without_none() -> None:
    @sequence
    class Bad:
        name: Annotated[int, Implicit(0)] = None  # type: ignore[assignment]


def untagged_any() -> None:
    @sequence
    class Bad:
        name: ANY


def ambiguous_choice() -> None:
    @sequence
    class Bad:
        first: Annotated[int, Implicit(7)]
        name: Arms | None = None


def same_tag_twice() -> None:
    @sequence
    class Bad:
        first: Annotated[int, Implicit(0)]
        name: Annotated[Text, Explicit(0)]


def same_universal_type_twice() -> None:
    @choice
    class Bad:
        first: int | None = None
        name: int | None = None


def implicit_choice() -> None:
    @sequence
    class Bad:
        name: Annotated[Arms, Implicit(0)]


def implicit_choice_of_strings() -> None:
    @sequence
    class Bad:
        name: Annotated[Either, Implicit(0)]


def implicit_any() -> None:
    @sequence
    class Bad:
        name: Annotated[ANY, Implicit(0)]


def required_alternative() -> None:
    @choice
    class Bad:
        first: Annotated[int | None, Implicit(0)] = None
        name: Annotated[int, Implicit(1)]


def untagged_union() -> None:
    @sequence
    class Bad:
        name: First | Second


def implicit_tag_around_an_application_tag() -> None:
    @sequence
    class Bad:
        name: Annotated[First, Implicit(0)]


def default_of_another_type() -> None:
    @sequence
    class Bad:
        name: Annotated[int, Implicit(0)] = "3"  # type: ignore[assignment]


def default_of_another_enumeration() -> None:
    @sequence
    class Bad:
        name: Annotated[Colour, Implicit(0)] = 1  # type: ignore[assignment]


def another_python_type() -> None:
    @sequence
    class Bad:
        name: Annotated[float, Kind.OCTET_STRING, Implicit(0)]


def text_that_is_no_str() -> None:
    @sequence
    class Bad:
        name: Annotated[int, String("GeneralString"), Implicit(0)]


def no_asn1_type() -> None:
    @sequence
    class Bad:
        name: Annotated[float, Implicit(0)]


def pair() -> None:
    @sequence
    class Bad:
        name: Annotated[tuple[int, int], Implicit(0)]


def tagged_elements() -> None:
    @sequence
    class Bad:
        name: Annotated[tuple[Annotated[int, Implicit(0)], ...], Implicit(0)]


def unknown_name() -> None:
    @sequence
    class Bad:
        name: "Missing"  # type: ignore[name-defined]  # noqa: F821

    fields_of(Bad)  # until then it may be declared below


@choice
class Endless:
    again: "Endless | None" = None
    other: Annotated[int | None, Implicit(0)] = None


@sequence
class Tree:
    name: Annotated[str, String("GeneralString"), Explicit(0)]
    fruit: "Annotated[Fruit | None, Implicit(1)]" = None
    branches: "Annotated[tuple[Tree, ...] | None, Implicit(2)]" = None
    evergreen: Annotated[bool, Implicit(3)] = False


@sequence
class Fruit:
    seed: Annotated[Tree | None, Implicit(0)] = None


def test_a_type_may_hold_itself() -> None:
    """What is declared below is found when it is wanted, defaults included."""
    assert [str(component) for component in fields_of(Tree)] == [
        "name [0] EXPLICIT GeneralString",
        "fruit [1] IMPLICIT Fruit OPTIONAL",
        "branches [2] IMPLICIT SEQUENCE OF Tree OPTIONAL",
        "evergreen [3] IMPLICIT BOOLEAN DEFAULT FALSE",
    ]
    tree = Tree(name="oak", branches=(Tree(name="", fruit=Fruit(seed=Tree(name="acorn", evergreen=True))),))
    octets = bytes.fromhex("301fa0051b036f616ba216 3014a0021b00 a10ea00ca0071b0561636f726e8301ff".replace(" ", ""))
    assert isoill.encode(tree, defaults=False) == octets
    assert isoill.decode(octets, type=Tree) == tree


def test_threads_that_meet_at_a_type_that_holds_itself() -> None:
    """The first use reads the declaration; whoever comes while it is read waits, and is told nothing wrong."""
    code = """
import threading
from isoill.asn1 import fields_of
from isoill.payloads import ClientInfoContent, ClientInfoData
barrier, found = threading.Barrier(8), []
def read(cls):
    barrier.wait()
    found.append(len(fields_of(cls)))
threads = [threading.Thread(target=read, args=(cls,)) for cls in (ClientInfoContent, ClientInfoData) * 4]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sorted(found))
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert (done.stdout.strip(), done.stderr) == ("[2, 2, 2, 2, 7, 7, 7, 7]", "")


def test_a_type_cannot_begin_with_itself() -> None:
    with pytest.raises(TypeError, match="Endless: begins with itself"):
        fields_of(Endless)


@pytest.mark.parametrize(
    ("declare", "wanted"),
    [
        (two_tags, r"Bad\.name: one tag is wanted, found \[0\] IMPLICIT and \[1\] EXPLICIT"),
        (default_on_optional, r"Bad\.name: an optional component is None when absent and has no default, found 3"),
        (optional_without_none, r"Bad\.name: a component that may be None"),
        (untagged_any, r"Bad\.name: an ANY without a tag is ambiguous"),
        (ambiguous_choice, r"Bad\.name: begins with \[CONTEXT 7\] as first does"),
        (same_tag_twice, r"Bad\.name: begins with \[CONTEXT 0\] as first does"),
        (same_universal_type_twice, r"Bad\.name: begins with \[UNIVERSAL 2\] as first does"),
        (implicit_choice, r"Bad\.name: \[0\] IMPLICIT cannot replace the tag of Arms"),
        (implicit_choice_of_strings, r"Bad\.name: \[0\] IMPLICIT cannot replace"),
        (implicit_any, r"Bad\.name: \[0\] IMPLICIT cannot replace the tag of ANY"),
        (required_alternative, r"Bad\.name: an alternative of a CHOICE is written name"),
        (untagged_union, r"Bad\.name: a union without a tag is not a component"),
        (implicit_tag_around_an_application_tag, r"Bad\.name: \[0\] IMPLICIT cannot replace the tag of First"),
        (default_of_another_type, r"Bad\.name: a default of INTEGER is wanted, found '3'"),
        (default_of_another_enumeration, r"Bad\.name: a default of Colour is wanted, found 1"),
        (another_python_type, r"Bad\.name: OCTET STRING is not known of .*float"),
        (text_that_is_no_str, r"Bad\.name: a string type is known of str, found .*int"),
        (no_asn1_type, r"Bad\.name: no ASN.1 type is known for .*float"),
        (pair, r"Bad\.name: a SEQUENCE OF is written"),
        (tagged_elements, r"the elements of a SEQUENCE OF take no tag, found .*Tag"),
        (unknown_name, r"Bad\.name: name 'Missing' is not defined"),
    ],
)
def test_wrong_declarations_name_the_field(declare: Callable[[], None], wanted: str) -> None:
    with pytest.raises(TypeError, match=wanted):
        declare()


def test_tag_numbers_have_one_or_two_octets() -> None:
    with pytest.raises(TypeError, match="0 to 127"):
        Implicit(128)


def test_a_choice_has_alternatives() -> None:
    with pytest.raises(TypeError, match="Bad: a CHOICE of one alternative or more is wanted"):

        @choice
        class Bad:
            pass


@pytest.mark.parametrize(
    "names", [(), ("GeneralString", "GeneralString"), ("VisibleString", "GeneralString"), ("A", "B", "C")]
)
def test_string_types_are_one_or_another_and_visible_string(names: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match="wanted"):
        String(*names)


def test_a_string_type_must_be_known() -> None:
    with pytest.raises(TypeError, match="found 'BMPString'"):
        String("BMPString")


def test_a_declaration_is_read_back() -> None:
    class Colour(Enumerated):
        RED = 1
        SEA_GREEN = 2, "seaGreen"

    @sequence(Application(9), name="Its-Name")
    class Thing:
        shade: ClassVar[str] = "not a component"
        colour: Annotated[Colour, Implicit(0)] = Colour.SEA_GREEN
        names: Annotated[tuple[Text, ...], Implicit(1), Name("nAMES")]
        arms: Arms | None = None
        there: Annotated[Null | None, Implicit(2)] = None

    assert type_of(Thing).name == "Its-Name"
    assert type_of(Thing).leading_tags == ((TagClass.APPLICATION, 9),)
    assert [str(component) for component in fields_of(Thing)] == [
        "colour [0] IMPLICIT Colour DEFAULT seaGreen",
        "nAMES [1] IMPLICIT SEQUENCE OF GeneralString",
        "arms Arms OPTIONAL",
        "there [2] IMPLICIT NULL OPTIONAL",
    ]
    colour, names, arms, _ = fields_of(Thing)
    assert (colour.has_default, colour.required, names.required, arms.optional) == (True, False, True, True)
    assert repr(Thing(names=("a",), there=NULL)) == "Thing(names=('a',), there=NULL)"


def test_fields_of_wants_a_declared_class() -> None:
    with pytest.raises(TypeError, match="@sequence or @choice is wanted"):
        fields_of(int)


def test_a_base_class_gives_its_components_first() -> None:
    @sequence
    class Base:
        one: Annotated[int, Implicit(1)]
        two: Annotated[int | None, Implicit(2)] = None

    @sequence
    class Derived(Base):
        two: Annotated[int, Implicit(2)]
        zero: Annotated[int, Implicit(0)]

    assert [component.name for component in fields_of(Derived)] == ["one", "two", "zero"]
    assert fields_of(Derived)[1].required
    assert fields_of(Base)[1].optional


def test_a_choice_has_exactly_one_member() -> None:
    assert Arms(left=0).left == 0
    with pytest.raises(ValueError, match="Arms: exactly one of left, right is wanted, found none"):
        Arms()
    with pytest.raises(ValueError, match="found left and right"):
        Arms(left=1, right="x")
    assert dataclasses.replace(Arms(left=1), left=None, right="x") == Arms(right="x")


def test_texts_that_are_no_plain_str() -> None:
    assert repr(VisibleString("a")) == "VisibleString('a')"
    assert Latin1String("é") == "é"
    with pytest.raises(ValueError, match="ISO 8859-1"):
        Latin1String("€")
    with pytest.raises(ValueError, match="use a plain str"):
        Latin1String("plain")
    with pytest.raises(ValueError, match="use a plain str"):
        Latin1String("Ã©")  # whose octets are é in UTF-8


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (bool, Kind.BOOLEAN),
        (int, Kind.INTEGER),
        (Null, Kind.NULL),
        (BitString, Kind.BIT_STRING),
        (OID, Kind.OBJECT_IDENTIFIER),
        (ANY, Kind.ANY),
        (tuple[int, ...], Kind.SEQUENCE_OF),
        (Arms, Kind.CHOICE),
    ],
)
def test_annotations_stand_for_types(annotation: Any, kind: Kind) -> None:
    assert type_of(annotation).kind is kind


def test_an_alias_of_an_alias_has_its_own_name() -> None:
    text = Annotated[str, String("GeneralString"), TypeName("Text")]
    assert type_of(text).name == "Text"
    assert type_of(Annotated[text, TypeName("Title")]).name == "Title"
    assert type_of(isoill.payloads.SICI).name == "SICI"


def test_an_enumeration_is_called_as_its_class_or_as_it_says() -> None:
    class PrintRun(Enumerated):
        FIRST = 1

    class Edition(Enumerated, name="edition-code"):
        FIRST = 1

    assert (type_of(PrintRun).name, type_of(Edition).name) == ("Print-Run", "edition-code")
    assert Edition(1) is Edition.FIRST


def test_the_core_numbers_kinds_alike() -> None:
    """_ber.pyx has the numbers of `Kind` once more, in C; the universal ones are the tags."""
    assert [int(kind) for kind in Kind] == list(range(1, 14))
    assert repr(_ber.table(Arms)) == "<Table of Arms>"


def test_the_core_wants_slots_and_tags() -> None:
    @sequence
    class Wide:
        pass

    assert _ber.table(Wide).components == ()

    @sequence(Universal(8))
    class Tagged:
        number: int

    @sequence
    class Holder:
        tagged: Tagged

    octets = _ber.write(None, Holder(tagged=Tagged(number=5)), True)
    assert octets.hex() == "30052803020105"

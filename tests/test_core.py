"""The compiled core with declarations and values that ILL's own never reach."""

import dataclasses
import gc
import weakref
from typing import Annotated, Any

import pytest

import isoill
from isoill import _ber
from isoill.asn1 import (
    Application,
    Enumerated,
    Explicit,
    Implicit,
    OctetString,
    String,
    choice,
    fields_of,
    sequence,
)

RECALL = isoill.Recall(
    protocol_version_num=2,
    transaction_id=isoill.TransactionId(transaction_group_qualifier="1", transaction_qualifier="2"),
    service_date_time=isoill.ServiceDateTime(date_time_of_this_service=isoill.DateTimeOfService(date="20261121")),
)


def nested_choices(depth: int) -> list[type[Any]]:
    """Classes of which each holds the next behind an explicit tag of two octets; the last holds a text."""

    @choice
    class Innermost:
        a: Annotated[str | None, String("GeneralString"), Explicit(40)] = None

    found: list[type[Any]] = [Innermost]
    for _ in range(depth):

        @choice
        class Outer:
            a: Annotated[found[0] | None, Explicit(40)] = None  # type: ignore[valid-type]

        found.insert(0, Outer)
    return found


@pytest.mark.parametrize("length", [*range(3880, 4100, 7), 16_000, 16_384, 65_400])
def test_heads_find_room_whatever_the_depth(length: int) -> None:
    """Where the contents just fit into the buffer, what goes before them is what overflows."""
    classes = nested_choices(30)
    value: Any = "x" * length
    for cls in reversed(classes):
        value = cls(a=value)
    assert isoill.decode(isoill.encode(value), type=classes[0]) == value
    lists: Any = OctetString
    listed: Any = b"x" * length
    for _ in range(30):
        lists, listed = tuple[lists, ...], (listed,)
    assert isoill.decode(isoill.encode(listed, type=lists), type=lists) == listed


def test_endless_nesting_is_let_go_and_not_written() -> None:
    """Constructors do not look at types, so that a value can be nested against its declaration."""
    value: Any = None
    for _ in range(200_000):
        value = isoill.SystemId(person_or_institution_symbol=value)
    with pytest.raises(isoill.EncodeError, match="expected PersonOrInstitutionSymbol, found SystemId"):
        isoill.encode(value)
    del value
    assert gc.collect() >= 0


def test_subclasses_and_finalizers_are_let_go() -> None:
    gone = []

    class Ours(isoill.SystemId):
        """With a dict and weak references, as a plain subclass has."""

        def __del__(self) -> None:
            gone.append(self.symbol)

    ours = Ours(person_or_institution_symbol=isoill.PersonOrInstitutionSymbol(person_symbol="x"))
    assert isoill.encode(ours).hex() == "3007a005a0031b0178"
    reference = weakref.ref(ours)
    del ours
    assert gone == ["x"]
    assert reference() is None


def test_lists_of_messages_keep_path_and_depth() -> None:
    either = tuple[isoill.Recall | isoill.Renew, ...]
    octets = isoill.encode((RECALL,) * 100, type=either)
    assert isoill.decode(octets, type=either) == (RECALL,) * 100
    assert isoill.decode(octets, type=tuple[isoill.Recall, ...]) == (RECALL,) * 100
    place = octets.rindex(b"\x80\x01\x02")
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(octets[:place] + b"\x8a" + octets[place + 1 :], type=either)
    assert caught.value.path.endswith("[99]")
    with pytest.raises(isoill.EncodeError) as refused:
        isoill.encode((*[RECALL] * 3, dataclasses.replace(RECALL, requester_id=5)), type=either)  # type: ignore[arg-type]
    assert refused.value.path.endswith("[3].requester_id")


def test_untagged_components_with_several_tags() -> None:
    @sequence
    class Number:
        kind: isoill.ItemType
        number: isoill.ILLString

    @sequence
    class Envelope:
        recall: isoill.Recall
        note: isoill.ILLString | None = None

    for value in (
        Number(kind=isoill.ItemType.SERIAL, number="1"),
        Number(kind=isoill.ItemType.SERIAL, number=isoill.VisibleString("1")),
    ):
        read = isoill.decode(isoill.encode(value), type=Number)
        assert (read, repr(read)) == (value, repr(value))
    envelope = Envelope(recall=RECALL, note="x")
    assert isoill.decode(isoill.encode(envelope), type=Envelope) == envelope
    assert isoill.decode(bytes.fromhex("3008 0a0102 3b03 040131"), type=Number).number == "1"


def test_declarations_that_the_core_cannot_hold() -> None:
    @sequence(Application(40))
    class High:
        number: Annotated[int, Implicit(0)]

    @sequence(Application(40))
    class Alike:
        number: Annotated[int, Implicit(0)]

    @sequence
    class TwoClasses:
        one: Annotated[int | None, Implicit(40)] = None
        two: High | None = None

    class Empty(Enumerated):
        pass

    class Wide(Enumerated):
        ONE = 1
        MANY = 2**40

    @sequence
    class Bag(dict):  # type: ignore[type-arg]
        number: Annotated[int, Implicit(0)]

    for type_ in (High | Alike, TwoClasses, Empty, Wide, Bag, int | None):
        with pytest.raises(TypeError):
            isoill.decode(b"\x30\x00", type=type_)


def test_tables_are_made_by_table_only() -> None:
    empty = _ber.Table()
    with pytest.raises(TypeError, match="made by table"):
        _ber.read(empty, b"\x30\x00", None, isoill.DEFAULT_LIMITS)
    with pytest.raises(TypeError, match="made by table"):
        _ber.read_from(empty, b"\x30\x00", 0, None, isoill.DEFAULT_LIMITS)
    with pytest.raises(TypeError, match="made by table"):
        _ber.write(empty, RECALL, True)
    assert _ber.table(isoill.SystemId) is _ber.table(isoill.SystemId)
    first = _ber.table(Annotated[str, String("GeneralString")])
    assert _ber.table(Annotated[str, String("GeneralString")]) is first


def test_names_of_components_do_not_clash_with_anything() -> None:
    @sequence
    class Odd:
        self: Annotated[int, Implicit(0)]
        set_x: Annotated[bool, Implicit(1)] = False
        x: Annotated[int | None, Implicit(2)] = None

    odd = Odd(self=1, x=3)
    assert isoill.decode(isoill.encode(odd), type=Odd) == odd
    assert [component.name for component in fields_of(Odd)] == ["self", "set_x", "x"]

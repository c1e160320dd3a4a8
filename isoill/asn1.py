"""The vocabulary in which the types are declared, and `fields_of`, which reads a declaration back.

A declaration is a dataclass whose annotations carry the tags, so that it reads like the ASN.1 line beside it:

>>> from typing import Annotated
>>> @sequence
... class Colour:
...     red: Annotated[int, Implicit(0)]
...     name: Annotated[str | None, String("GeneralString"), Explicit(1)] = None
>>> for component in fields_of(Colour):
...     print(component)
red [0] IMPLICIT INTEGER
name [1] EXPLICIT GeneralString OPTIONAL
>>> Colour(red=255)
Colour(red=255)

Everything else is derived: the tables of the compiled core, the JSON form, the dump, the strategies, the reference.
"""

from __future__ import annotations

import enum
import functools
import operator
import re
import sys
import types
import typing
from _thread import RLock  # threading has it too, and much else to import
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform

from isoill.records import record

__all__ = [
    "ANY",
    "NULL",
    "OID",
    "Alphabet",
    "Among",
    "Application",
    "BitString",
    "Component",
    "Constraint",
    "Enumerated",
    "Explicit",
    "Holds",
    "Implicit",
    "Kind",
    "Latin1String",
    "Latin1VisibleString",
    "Name",
    "Named",
    "Null",
    "OctetString",
    "Range",
    "Size",
    "String",
    "Tag",
    "TagClass",
    "Type",
    "TypeName",
    "Universal",
    "VisibleString",
    "choice",
    "fields_of",
    "sequence",
    "type_of",
]

# ── values that Python has no type for ─────────────────────────────────────────────────────────────────────────────


class Null(enum.Enum):
    """NULL: present or absent, and nothing else.  Its one value is `NULL`."""

    NULL = "NULL"

    def __repr__(self) -> str:
        return "NULL"


#: The value of a NULL that is present.
NULL = Null.NULL


@record
class BitString:
    """BIT STRING: whole octets and how many of the last one's bits (0 to 7) do not count.

    >>> BitString(b"\\xf0", unused=4)
    BitString(octets=b'\\xf0', unused=4)
    """

    octets: bytes
    unused: int = 0


class VisibleString(str):
    """Text that came, and goes back, as VisibleString where a plain ``str`` goes as GeneralString.

    >>> VisibleString("OTTAWA") == "OTTAWA"
    True
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"


class Latin1String(str):
    """Text that came, and goes back, in ISO 8859-1: octets that are not UTF-8.

    Text whose octets in Latin-1 would be read as UTF-8 by the next reader is refused.

    >>> Latin1String("Müller").encode("latin-1")
    b'M\\xfcller'
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Latin1String:
        try:
            octets = text.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(f"expected text of ISO 8859-1, found {text[:40]!r}") from None
        try:
            octets.decode("utf-8")
        except UnicodeDecodeError:
            return super().__new__(cls, text)
        raise ValueError(f"expected text whose Latin-1 octets are not UTF-8, found {text[:40]!r}: use a plain str")

    __repr__ = VisibleString.__repr__


class Latin1VisibleString(Latin1String, VisibleString):
    """Text that came as VisibleString, in ISO 8859-1, against that type's own alphabet."""

    __slots__ = ()


class Enumerated(enum.IntEnum):
    """The base of every ENUMERATED: members are ints that know their name in the standard.

    The ASN.1 name is the member's, in lower case with hyphens; where the module spells it otherwise, the
    spelling is the second item of the declaration.  The name of the type is the class's, hyphenated; where the module
    has another, it is the ``name`` of the class statement.

    >>> class Medium(Enumerated, name="MediumCode"):
    ...     PAPER = 1
    ...     CD_ROM = 2, "cD-ROM"
    >>> Medium(1).asn1_name, Medium.CD_ROM.asn1_name, Medium.CD_ROM.value
    ('paper', 'cD-ROM', 2)
    >>> type_of(Medium).name
    'MediumCode'
    """

    _value_: int
    _spelling: str
    __type_name__: ClassVar[str]

    def __init_subclass__(cls, *, name: str | None = None) -> None:
        super().__init_subclass__()
        cls.__type_name__ = _hyphenated(cls.__name__) if name is None else name

    def __new__(cls, value: int, spelling: str = "") -> Enumerated:
        member = int.__new__(cls, value)
        member._value_ = value
        member._spelling = spelling
        return member

    @property
    def asn1_name(self) -> str:
        """The name as the module writes it."""
        return self._spelling or self.name.lower().replace("_", "-")

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


# ── tags ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class TagClass(enum.IntEnum):
    """The two top bits of an identifier octet."""

    UNIVERSAL = 0
    APPLICATION = 1
    CONTEXT = 2
    PRIVATE = 3


@record
class Tag:
    """One tag of a declaration: class, number, and whether it wraps (explicit) or replaces (implicit)."""

    tag_class: TagClass
    number: int
    explicit: bool

    def __post_init__(self) -> None:
        if not 0 <= self.number <= 127:
            raise TypeError(f"a tag number from 0 to 127 is wanted, found {self.number}")

    def __str__(self) -> str:
        prefix = "" if self.tag_class is TagClass.CONTEXT else f"{self.tag_class.name} "
        return f"[{prefix}{self.number}] {'EXPLICIT' if self.explicit else 'IMPLICIT'}"


def Implicit(number: int) -> Tag:  # noqa: N802 - reads as the ASN.1 keyword
    """``[number] IMPLICIT``: the tag replaces the type's own."""
    return Tag(TagClass.CONTEXT, number, explicit=False)


def Explicit(number: int) -> Tag:  # noqa: N802 - reads as the ASN.1 keyword
    """``[number]`` under the module's default of EXPLICIT TAGS: the tag wraps the type's own."""
    return Tag(TagClass.CONTEXT, number, explicit=True)


def Application(number: int) -> Tag:  # noqa: N802 - reads as the ASN.1 keyword
    """``[APPLICATION number]``, explicit: it holds a universal SEQUENCE."""
    return Tag(TagClass.APPLICATION, number, explicit=True)


def Universal(number: int) -> Tag:  # noqa: N802 - reads as the ASN.1 keyword
    """``[UNIVERSAL number] IMPLICIT``, as EXTERNAL is defined."""
    return Tag(TagClass.UNIVERSAL, number, explicit=False)


# ── what an annotation may say beside the tag ──────────────────────────────────────────────────────────────────────


class Kind(enum.IntEnum):
    """The shapes that the compiled core knows."""

    BOOLEAN = 1
    INTEGER = 2
    BIT_STRING = 3
    OCTET_STRING = 4
    NULL = 5
    OBJECT_IDENTIFIER = 6
    STRING = 7
    ENUMERATED = 8
    SEQUENCE = 9
    SEQUENCE_OF = 10
    CHOICE = 11
    UNION = 12  # a CHOICE whose value is the alternative itself: only the APDU
    ANY = 13

    @property
    def asn1_name(self) -> str:
        """The name as ASN.1 writes it."""
        return self.name.replace("_", " ")


_UNIVERSAL = {
    Kind.BOOLEAN: 1,
    Kind.INTEGER: 2,
    Kind.BIT_STRING: 3,
    Kind.OCTET_STRING: 4,
    Kind.NULL: 5,
    Kind.OBJECT_IDENTIFIER: 6,
    Kind.ENUMERATED: 10,
    Kind.SEQUENCE: 16,
    Kind.SEQUENCE_OF: 16,
}

#: The string types and their universal tag numbers.
STRING_TAGS = {
    "ObjectDescriptor": 7,
    "UTF8String": 12,
    "NumericString": 18,
    "PrintableString": 19,
    "T61String": 20,
    "IA5String": 22,
    "GraphicString": 25,
    "VisibleString": 26,
    "GeneralString": 27,
}


#: What to call the universal tag numbers.
UNIVERSAL_NAMES = {
    1: "BOOLEAN",
    2: "INTEGER",
    3: "BIT STRING",
    4: "OCTET STRING",
    5: "NULL",
    6: "OBJECT IDENTIFIER",
    8: "EXTERNAL",
    9: "REAL",
    10: "ENUMERATED",
    16: "SEQUENCE",
    17: "SET",
    23: "UTCTime",
    24: "GeneralizedTime",
} | {number: name for name, number in STRING_TAGS.items()}


class String:
    """A ``str`` of one string type; or of a CHOICE of two, of which the second is VisibleString.

    A plain ``str`` takes the first, a `VisibleString` the second.
    """

    __slots__ = ("names",)

    def __init__(self, *names: str) -> None:
        for name in names:
            if name not in STRING_TAGS:
                raise TypeError(f"a string type is wanted ({', '.join(STRING_TAGS)}), found {name!r}")
        if len(names) not in (1, 2) or names[1:] not in ((), ("VisibleString",)) or len(set(names)) < len(names):
            raise TypeError(
                f"one string type is wanted, or another and VisibleString, found {', '.join(names) or 'none'}"
            )
        self.names = names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, String) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)


@record
class Name:
    """The component's name in the module, where replacing ``_`` by ``-`` does not give it."""

    text: str


@record
class TypeName:
    """The name in the module of a type that is an alias in Python."""

    text: str


@record
class Named:
    """The names that a named INTEGER gives to some of its values; any other value is as good."""

    values: type[Enumerated]


@record
class Size:
    """``SIZE (least..most)``, in characters or elements; kept by the strategies, never by the decoder."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"SIZE ({self.least})" if self.least == self.most else f"SIZE ({self.least}..{self.most})"


@record
class Range:
    """``(least..most)`` of an INTEGER; kept by the strategies, never by the decoder."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least}..{self.most}"


@record
class Alphabet:
    """``FROM (characters)``; kept by the strategies, never by the decoder."""

    characters: str

    def __str__(self) -> str:
        return f'FROM ("{self.characters}")'


class Among:
    """A subset of an ENUMERATED, as ``Shipped-Service-Type``; kept by the strategies, never by the decoder."""

    __slots__ = ("values",)

    def __init__(self, *values: Enumerated) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Among) and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __str__(self) -> str:
        return " | ".join(value.asn1_name for value in self.values)


Constraint = Size | Range | Alphabet | Among


@record
class Holds:
    """What an ANY should hold by agreement, where the module leaves it open: ``Annotated[ANY, Holds(External)]``.

    Anything else is read all the same; lenient reading lists it.

    >>> from isoill.types import Extension
    >>> fields_of(Extension)[-1].type.holds.name
    'EXTERNAL'
    """

    type: Any


#: ANY: the octets of one whole tag-length-value, whatever it is.
ANY = Annotated[bytes, Kind.ANY]
#: OBJECT IDENTIFIER: arcs in decimal, with points between them.
OID = Annotated[str, Kind.OBJECT_IDENTIFIER]
#: OCTET STRING.
OctetString = Annotated[bytes, Kind.OCTET_STRING]


# ── what a declaration says, read back ─────────────────────────────────────────────────────────────────────────────


@record(kw_only=True)
class Type:
    """One ASN.1 type, as an annotation or a declared class gives it."""

    kind: Kind
    #: the name in the module, or the ASN.1 keyword
    name: str
    #: the class of a SEQUENCE, CHOICE or ENUMERATED
    python: type[Any] | None = None
    #: what a SEQUENCE OF is of
    element: Type | None = None
    #: what an ANY should hold (`Holds`)
    holds: Type | None = None
    #: the alternatives of a union, in order
    alternatives: tuple[Type, ...] = ()
    #: the string types that a STRING may be, the one of a plain ``str`` first
    strings: tuple[str, ...] = ()
    #: the tag that the declaration itself carries: ``[APPLICATION 1]``, ``[UNIVERSAL 8]``
    tag: Tag | None = None
    #: names of some values of an INTEGER
    named: type[Enumerated] | None = None
    constraints: tuple[Constraint, ...] = ()

    @property
    def leading_tags(self) -> tuple[tuple[TagClass, int], ...]:
        """The tags with which a value of the type may begin; empty for ANY, which may begin with all."""
        if self.tag is not None:
            return ((self.tag.tag_class, self.tag.number),)
        if self.kind is Kind.STRING:
            return tuple((TagClass.UNIVERSAL, STRING_TAGS[name]) for name in self.strings)
        if self.kind is Kind.UNION:
            return tuple(tag for alternative in self.alternatives for tag in alternative.leading_tags)
        if self.kind is Kind.CHOICE:
            assert self.python is not None
            return tuple(tag for component in fields_of(self.python) for tag in component.leading_tags)
        if self.kind is Kind.ANY:
            return ()
        return ((TagClass.UNIVERSAL, _UNIVERSAL[self.kind]),)

    @property
    def takes_implicit_tag(self) -> bool:
        """Whether a tag may replace the type's own: not where there is none, a choice of several, or one around it."""
        explicit = self.tag is not None and self.tag.explicit
        return self.kind not in (Kind.CHOICE, Kind.UNION, Kind.ANY) and len(self.strings) <= 1 and not explicit

    def __str__(self) -> str:
        return self.name


@record(kw_only=True)
class Component:
    """One component of a SEQUENCE, or one alternative of a CHOICE; ``str`` of it is its ASN.1 line."""

    #: the attribute in Python
    name: str
    #: the name in the module
    asn1_name: str
    type: Type
    tag: Tag | None
    optional: bool = False
    #: the DEFAULT, or `dataclasses.MISSING`
    default: Any

    @property
    def has_default(self) -> bool:
        """Whether the module gives a DEFAULT."""
        return self.default is not MISSING

    @property
    def required(self) -> bool:
        """Neither OPTIONAL nor with a DEFAULT."""
        return not self.optional and self.default is MISSING

    @property
    def leading_tags(self) -> tuple[tuple[TagClass, int], ...]:
        """The tags with which the component may begin."""
        if self.tag is not None:
            return ((self.tag.tag_class, self.tag.number),)
        return self.type.leading_tags

    @property
    def notation(self) -> str:
        """Tag and type, as in ``[2] IMPLICIT Service-Date-Time``."""
        return f"{self.tag} {self.type}" if self.tag else str(self.type)

    def __str__(self) -> str:
        words = [self.asn1_name, self.notation]
        if self.type.constraints and not self.type.strings:
            words.append(f"({', '.join(map(str, self.type.constraints))})")
        if self.optional:
            words.append("OPTIONAL")
        elif self.has_default:
            default = self.default
            words.append(f"DEFAULT {default.asn1_name if isinstance(default, Enumerated) else str(default).upper()}")
        return " ".join(words)


def fields_of(cls: type[Any]) -> tuple[Component, ...]:
    """The components of a SEQUENCE, or the alternatives of a CHOICE, in the order of the module."""
    try:
        components: tuple[Component, ...] | _Later = cls.__components__
    except AttributeError:
        raise TypeError(f"a class made with @sequence or @choice is wanted, found {cls!r}") from None
    return cls.__components__.read() if isinstance(components, _Later) else components


#: Kinds that an annotation names, and the Python type that carries each.
_CARRIED = {Kind.ANY: bytes, Kind.OCTET_STRING: bytes, Kind.OBJECT_IDENTIFIER: str}
_PLAIN: dict[Any, Kind] = {bool: Kind.BOOLEAN, int: Kind.INTEGER, Null: Kind.NULL, BitString: Kind.BIT_STRING}


def type_of(annotation: Any) -> Type:
    """The type that an annotation, or a declared class, or a union of them, stands for.

    >>> type_of(Annotated[str, String("GeneralString", "VisibleString")]).leading_tags
    ((<TagClass.UNIVERSAL: 0>, 27), (<TagClass.UNIVERSAL: 0>, 26))
    """
    if isinstance(annotation, Type):
        return annotation
    bare, extras = _strip(annotation)
    names = [extra.text for extra in extras if isinstance(extra, TypeName)]  # the last is the outermost alias's
    constraints = tuple(extra for extra in extras if isinstance(extra, Constraint))

    def make(kind: Kind, default_name: str, **more: Any) -> Type:
        return Type(kind=kind, name=names[-1] if names else default_name, constraints=constraints, **more)

    for extra in extras:
        if isinstance(extra, Kind):
            if bare is not _CARRIED.get(extra):
                raise TypeError(f"{extra.asn1_name} is not known of {bare}")
            holds = next((type_of(other.type) for other in extras if isinstance(other, Holds)), None)
            return make(extra, extra.asn1_name, holds=holds)
        if isinstance(extra, String):
            if bare is not str:
                raise TypeError(f"a string type is known of str, found {bare}")
            return make(Kind.STRING, " | ".join(extra.names), strings=extra.names)
    if isinstance(bare, type) and "__type__" in bare.__dict__:
        declared: Type = bare.__dict__["__type__"]
        return declared
    if typing.get_origin(bare) is tuple:
        element, *rest = typing.get_args(bare)
        if rest != [...]:
            raise TypeError(f"a SEQUENCE OF is written tuple[X, ...], found {annotation}")
        if any(isinstance(extra, Tag) for extra in _strip(element)[1]):
            raise TypeError(f"the elements of a SEQUENCE OF take no tag, found {element}: make a CHOICE of one of them")
        of = type_of(element)
        return make(Kind.SEQUENCE_OF, f"SEQUENCE OF {of}", element=of)
    if isinstance(bare, types.UnionType):
        arms = tuple(type_of(arm) for arm in typing.get_args(bare))
        return make(Kind.UNION, " | ".join(arm.name for arm in arms), alternatives=arms)
    if isinstance(bare, type) and issubclass(bare, Enumerated):
        return make(Kind.ENUMERATED, bare.__type_name__, python=bare)
    if bare in _PLAIN:
        named = next((extra.values for extra in extras if isinstance(extra, Named)), None)
        return make(_PLAIN[bare], _PLAIN[bare].asn1_name, named=named)
    raise TypeError(f"no ASN.1 type is known for {annotation}")


def _strip(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without its ``Annotated``, and what that carried."""
    if typing.get_origin(annotation) is Annotated:
        bare, *extras = typing.get_args(annotation)
        return bare, tuple(extras)
    return annotation, ()


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """``X | None`` as X, and whether there was a None."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        arms = typing.get_args(annotation)
        rest = [arm for arm in arms if arm is not type(None)]
        if len(rest) < len(arms):
            return functools.reduce(operator.or_, rest), True
    return annotation, False


def _hyphenated(name: str) -> str:
    """``StatusOrErrorReport`` as ``Status-Or-Error-Report``: the rule of names, backwards."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=ILL)(?=[A-Z])|(?<=APDU)(?=[A-Z])", "-", name)


def _component(owner: str, name: str, annotation: Any, default: Any, *, alternative: bool) -> Component:
    """Read one annotated attribute; a declaration that cannot be meant is a TypeError that names it."""
    where = f"{owner}.{name}"
    bare, extras = _strip(annotation)
    bare, optional = _without_none(bare)
    tags = [extra for extra in extras if isinstance(extra, Tag)]
    rest = tuple(extra for extra in extras if not isinstance(extra, Tag | Name))
    if len(tags) > 1:
        raise TypeError(f"{where}: one tag is wanted, found {' and '.join(map(str, tags))}")
    tag = tags[0] if tags else None
    try:
        type_ = type_of(Annotated[bare, *rest] if rest else bare)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None
    if optional and default is not None:
        raise TypeError(f"{where}: an optional component is None when absent and has no default, found {default!r}")
    if not optional and default is None:
        raise TypeError(f"{where}: a component that may be None is wanted for the default None")
    if alternative and not optional:
        raise TypeError(f"{where}: an alternative of a CHOICE is written {name}: ... | None = None")
    if tag is not None and not tag.explicit and not type_.takes_implicit_tag:
        raise TypeError(f"{where}: {tag} cannot replace the tag of {type_}, which has none of its own")
    if tag is None and type_.kind is Kind.ANY:
        raise TypeError(f"{where}: an ANY without a tag is ambiguous")
    if tag is None and type_.kind is Kind.UNION:
        raise TypeError(f"{where}: a union without a tag is not a component; a class made with @choice may be")
    if not optional and default is not MISSING and not _may_be(type_, default):
        raise TypeError(f"{where}: a default of {type_} is wanted, found {default!r}")
    spelling = next((extra.text for extra in extras if isinstance(extra, Name)), name.replace("_", "-"))
    default = MISSING if optional else default
    return Component(name=name, asn1_name=spelling, type=type_, tag=tag, optional=optional, default=default)


def _may_be(type_: Type, default: Any) -> bool:
    """Whether a value can be the DEFAULT of a type; of the constructed types isoill knows none."""
    if type_.kind is Kind.ENUMERATED:
        return type(default) is type_.python
    carriers = {Kind.BOOLEAN: bool, Kind.INTEGER: int, Kind.STRING: str, Kind.OBJECT_IDENTIFIER: str}
    return type(default) is carriers.get(type_.kind)


class _UndeclaredError(TypeError):
    """An annotation in quotes names what is not declared, or not yet."""


_READING = RLock()  # so that a class that is under way is met again by the thread that reads it, and by no other


class _Later:
    """Stands for the components of a class that names one which is declared below it; read when they are wanted."""

    def __init__(self, cls: type[Any], *, alternative: bool) -> None:
        self.cls, self.alternative, self.under_way = cls, alternative, False

    def read(self) -> tuple[Component, ...]:
        with _READING:
            if self.cls.__components__ is not self:  # another thread was here first
                return fields_of(self.cls)
            if self.under_way:
                raise TypeError(f"{self.cls.__name__}: begins with itself, and so without end")
            self.under_way = True
            try:
                defaults = {field.name: field.default for field in fields(self.cls)}
                components = _components(self.cls, defaults, alternative=self.alternative)
            finally:
                self.under_way = False
            self.cls.__components__ = components
            return components


def _components(cls: type[Any], defaults: Mapping[str, Any], *, alternative: bool) -> tuple[Component, ...]:
    """Read a class and its bases; two components that begin alike cannot be told apart."""
    bases = [base for base in reversed(cls.__mro__[1:]) if "__components__" in base.__dict__]
    found: dict[str, Component] = {c.name: c for base in bases for c in fields_of(base)}
    for name, written in cls.__annotations__.items():
        annotation: Any = written
        if isinstance(annotation, str):  # from __future__ import annotations
            try:
                annotation = eval(annotation, vars(sys.modules[cls.__module__]))
            except NameError as error:
                raise _UndeclaredError(f"{cls.__name__}.{name}: {error}") from None
        if annotation is ClassVar or typing.get_origin(annotation) is ClassVar:
            continue
        default = defaults.get(name, MISSING)
        found[name] = _component(cls.__name__, name, annotation, default, alternative=alternative)
    taken: dict[tuple[TagClass, int], str] = {}
    for component in found.values():
        for tag in component.leading_tags:
            other = taken.setdefault(tag, component.name)
            if other != component.name:
                raise TypeError(
                    f"{cls.__name__}.{component.name}: begins with [{tag[0].name} {tag[1]}] as {other} does;"
                    " they cannot be told apart"
                )
    return tuple(found.values())


def _declare(cls: type[Any], kind: Kind, tag: Tag | None, name: str | None) -> type[Any]:
    """Make the dataclass and hang on it what `fields_of` and `type_of` read."""
    components: tuple[Component, ...] | None
    try:
        components = _components(cls, cls.__dict__, alternative=kind is Kind.CHOICE)
    except _UndeclaredError:
        components = None
    if kind is Kind.CHOICE and components == ():
        raise TypeError(f"{cls.__name__}: a CHOICE of one alternative or more is wanted, found none")
    made: type[Any] = record(kw_only=True)(cls)
    made.__components__ = _Later(made, alternative=kind is Kind.CHOICE) if components is None else components
    made.__type__ = Type(kind=kind, name=name or _hyphenated(cls.__name__), python=made, tag=tag)
    setattr(made, "__repr__", _repr)  # noqa: B010 - mypy takes it for a bound method
    return made


def _repr(self: Any) -> str:
    """Only what is set."""
    shown = []
    for component in fields_of(type(self)):
        value = getattr(self, component.name)
        if value is not None and not (component.has_default and value == component.default):
            shown.append(f"{component.name}={value!r}")
    return f"{type(self).__name__}({', '.join(shown)})"


def _exactly_one(self: Any) -> None:
    """The ``__post_init__`` of a CHOICE."""
    chosen = [c.name for c in fields_of(type(self)) if getattr(self, c.name) is not None]
    if len(chosen) != 1:
        names = ", ".join(c.name for c in fields_of(type(self)))
        raise ValueError(
            f"{type(self).__name__}: exactly one of {names} is wanted, found {' and '.join(chosen) or 'none'}"
        )


T = TypeVar("T")


@typing.overload
def sequence(cls: type[T], /) -> type[T]: ...
@typing.overload
def sequence(tag: Tag | None = None, /, *, name: str | None = None) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True)
def sequence(tag: Any = None, /, *, name: str | None = None) -> Any:
    """Declare a SEQUENCE: ``@sequence``, or ``@sequence(Application(1))`` where the type carries a tag.

    The class becomes a frozen, slotted, keyword-only dataclass.  ``name`` is the name in the module where the
    class's own, hyphenated, is not.
    """
    if isinstance(tag, type):
        return _declare(tag, Kind.SEQUENCE, None, None)
    return lambda cls: _declare(cls, Kind.SEQUENCE, tag, name)


@typing.overload
def choice(cls: type[T], /) -> type[T]: ...
@typing.overload
def choice(*, name: str | None = None) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True)
def choice(cls: Any = None, /, *, name: str | None = None) -> Any:
    """Declare a CHOICE: a dataclass of which exactly one member is set.

    >>> @choice
    ... class Answer:
    ...     yes: Annotated[Null | None, Implicit(0)] = None
    ...     no: Annotated[str | None, String("GeneralString"), Explicit(1)] = None
    >>> Answer(no="closed")
    Answer(no='closed')
    >>> Answer()
    Traceback (most recent call last):
    ValueError: Answer: exactly one of yes, no is wanted, found none
    """

    def declare(cls: type[Any]) -> type[Any]:
        cls.__post_init__ = _exactly_one
        return _declare(cls, Kind.CHOICE, None, name)

    return declare if cls is None else declare(cls)

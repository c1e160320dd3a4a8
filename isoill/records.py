"""`record`: a frozen, slotted dataclass that is quick to make.  Imports nothing of isoill.

``dataclasses.dataclass(frozen=True)`` compiles six functions for each class, and isoill has ninety classes: that was
half of its import time.  Here the dataclass has what `dataclasses` looks at (`fields`, `replace`, `asdict` work); its
``__init__`` alone is compiled for it, and the other methods are shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

__all__ = ["record"]

T = TypeVar("T")


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True)
def record(cls: Any = None, /, *, kw_only: bool = False) -> Any:
    """Make a class a frozen, slotted dataclass, compared and hashed by its fields.

    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1) == Point(1, 0), hash(Point(2)) == hash(Point(2))
    (Point(x=1, y=0), True, True)
    >>> Point(1).x = 2
    Traceback (most recent call last):
    dataclasses.FrozenInstanceError: cannot assign to field 'x'
    """
    if cls is None:
        return lambda cls: _made(cls, kw_only)
    return _made(cls, kw_only)


def _made(cls: type[Any], kw_only: bool) -> type[Any]:
    # dataclasses lets no class inherit from a frozen one unless it makes that frozen in its own way
    frozen: list[Any] = [
        base.__dict__["__dataclass_params__"] for base in cls.__mro__[1:] if "__values__" in base.__dict__
    ]
    for parameters in frozen:
        parameters.frozen = False
    try:
        made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    finally:
        for parameters in frozen:
            parameters.frozen = True
    made.__dataclass_params__.frozen = True
    names = [field.name for field in fields(made)]
    made.__values__ = staticmethod(attrgetter(*names) if names else lambda self: ())
    made.__init__ = _init(made)
    for name, method in vars(_Shared).items():
        if name in _SHARED and name not in cls.__dict__:
            setattr(made, name, method)
    result: type[Any] = made
    return result


def _init(made: Any) -> Any:
    """The one method that differs: it writes the slots by their descriptors, past the frozen ``__setattr__``."""
    positional, body = ["_record_self"], []
    named: list[str] = []
    names: dict[str, Any] = {}
    for field in fields(made):
        name = field.name
        names[f"_record_set_{name}"] = getattr(made, name).__set__
        names[f"_record_default_{name}"] = field.default
        parameter = name if field.default is MISSING else f"{name}=_record_default_{name}"
        (named if field.kw_only else positional).append(parameter)
        body.append(f"    _record_set_{name}(_record_self, {name})")
    if hasattr(made, "__post_init__"):
        body.append("    _record_self.__post_init__()")
    parameters = ", ".join([*positional, *(["*", *named] if named else [])])
    exec("\n".join([f"def __init__({parameters}):", *body, "    return None"]), names)
    init = names["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__module__ = made.__module__
    init.__annotations__ = {field.name: field.type for field in fields(made)} | {"return": None}
    return init


class _Shared:
    """The methods that every record has."""

    __values__: Any
    __dataclass_fields__: Any

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        equal: bool = self.__values__(self) == self.__values__(other)
        return equal

    def __hash__(self) -> int:
        return hash(self.__values__(self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
        return f"{type(self).__qualname__}({shown})"

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dataclass_fields__:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.__dataclass_fields__:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    def __getstate__(self) -> list[Any]:
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def __setstate__(self, state: list[Any]) -> None:
        for name, value in zip(self.__dataclass_fields__, state, strict=True):
            object.__setattr__(self, name, value)


_SHARED = {"__eq__", "__hash__", "__repr__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"}

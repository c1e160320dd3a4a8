from typing import Any, TypeAlias, final

from isoill.asn1 import Component, Type
from isoill.errors import Deviation, Limits

_Readable: TypeAlias = bytes | bytearray | memoryview

DEBUG: bool

@final
class Table:
    @property
    def type(self) -> Type: ...
    @property
    def components(self) -> tuple[Component, ...]: ...

@final
class Peek:
    def __init__(self, table: Table, component: int, kinds: tuple[Any, ...], record: type[Any], /) -> None: ...
    def __call__(self, data: _Readable, /) -> Any: ...

def table(type: Any, /) -> Table: ...
def read(table: Table, data: _Readable, deviations: list[Deviation] | None, limits: Limits, /) -> Any: ...
def read_from(
    table: Table, data: _Readable, offset: int, deviations: list[Deviation] | None, limits: Limits, /
) -> tuple[Any, int]: ...
def write(table: Table | None, value: object, defaults: bool, /) -> bytes: ...

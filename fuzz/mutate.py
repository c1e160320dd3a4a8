"""Messages that are nearly right: BER as a tree of tag-length-values, edited, and written again with right lengths.

Octets changed at random seldom get past the first length; a component that is dropped, moved or tagged otherwise gets
to the rules about components.  All that is random comes from the one `random.Random` that is given.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

__all__ = ["Value", "mutated", "parsed", "written"]

_DEEPEST = 100  # levels that are taken apart; what is below stays octets


class Value:
    """One tag-length-value: its identifier octets, what is in it, and how its length is written."""

    __slots__ = ("contents", "extra", "identifier", "indefinite", "inside")

    def __init__(self, identifier: bytes, contents: bytes = b"", inside: list[Value] | None = None) -> None:
        self.identifier = identifier
        self.contents = contents  # of what is primitive, or was not taken apart
        self.inside = inside
        self.indefinite = False
        self.extra = 0  # octets of length more than are needed

    def copy(self) -> Value:
        """The same, with nothing in common."""
        inside = None if self.inside is None else [value.copy() for value in self.inside]
        same = Value(self.identifier, self.contents, inside)
        same.indefinite, same.extra = self.indefinite, self.extra
        return same


def parsed(data: bytes) -> list[Value]:
    """The values that the octets are; what cannot be taken apart is left out at the end, and inside is left whole."""
    found: list[Value] = []
    _parse(data, 0, len(data), found, 0)
    return found


def _parse(data: bytes, at: int, end: int, found: list[Value], depth: int, *, indefinite: bool = False) -> int | None:
    """Take apart what is between two offsets; where it ended, or None if it cannot be done to the end."""
    while at < end:
        start, first = at, data[at]
        if indefinite and data[at : at + 2] == b"\0\0":
            return at + 2
        at += 1
        if first & 0x1F == 0x1F:
            while at < end and data[at] & 0x80:
                at += 1
            at += 1
        if at >= end:
            return None
        value = Value(data[start:at])
        length = data[at]
        at += 1
        if length == 0x80:
            value.inside, value.indefinite = [], True
            ended = _parse(data, at, end, value.inside, depth + 1, indefinite=True) if depth < _DEEPEST else None
            if ended is None:
                return None
            found.append(value)
            at = ended
            continue
        if length > 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[at : at + octets], "big")
            at += octets
        if length > end - at:
            return None
        if first & 0x20 and depth < _DEEPEST:
            inside: list[Value] = []
            if _parse(data, at, at + length, inside, depth + 1) is not None:
                value.inside = inside
        if value.inside is None:
            value.contents = data[at : at + length]
        found.append(value)
        at += length
    return None if indefinite else at


def written(values: Sequence[Value]) -> bytes:
    """The octets of the values, one after the other."""
    return b"".join(map(_write, values))


def _write(value: Value) -> bytes:
    octets = value.contents if value.inside is None else b"".join(map(_write, value.inside))
    if value.indefinite:
        return value.identifier + b"\x80" + octets + b"\0\0"
    size = len(octets)
    if not value.extra and size < 0x80:
        return value.identifier + bytes((size,)) + octets
    count = (size.bit_length() + 7) // 8 + value.extra
    return value.identifier + bytes((0x80 | count,)) + size.to_bytes(count, "big") + octets


# ── edits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#: From values in a list and the index of one of them to something else; the last is the whole message.
_Edit = Callable[[random.Random, list[Value], int, list[Value]], None]


def _anywhere(rng: random.Random, values: list[Value]) -> tuple[list[Value], int]:
    """A place in a tree: the values among which something stands, and its index.  The walk down ends by chance."""
    while True:
        at = rng.randrange(len(values))
        inside = values[at].inside
        if not inside or rng.random() < 0.15:
            return values, at
        values = inside


def _drop(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    del around[at]


def _duplicate(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    around.insert(rng.randrange(len(around) + 1), around[at].copy())


def _swap(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    other = rng.randrange(len(around))
    around[at], around[other] = around[other], around[at]


def _retag(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """The tag of another value, a neighbour's number, or any."""
    value = around[at]
    form = value.identifier[0] & 0x20
    which = rng.randrange(3)
    if which == 0:
        siblings, other = _anywhere(rng, whole)
        value.identifier = siblings[other].identifier
    elif which == 1 and len(value.identifier) == 1:
        value.identifier = bytes([(value.identifier[0] & 0xE0) | (value.identifier[0] + rng.choice((-1, 1))) % 31])
    elif which == 2:
        number = rng.randrange(50)
        first = rng.randrange(4) << 6 | form
        value.identifier = bytes([first | number]) if number < 31 else bytes([first | 0x1F, number])


def _flip_form(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """Constructed for primitive, or the reverse."""
    value = around[at]
    value.identifier = bytes([value.identifier[0] ^ 0x20]) + value.identifier[1:]
    value.indefinite = False


_WRAPPERS = [b"\x30", *(bytes([0xA0 | number]) for number in range(8))]


def _wrap(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """A SEQUENCE or a tag around one value, or around all that is inside it."""
    value, identifier = around[at], rng.choice(_WRAPPERS)
    if value.inside and rng.random() < 0.5:
        value.inside = [Value(identifier, inside=value.inside)]
    else:
        around[at] = Value(identifier, inside=[value])


def _unwrap(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """What is inside in place of what is around it."""
    inside = around[at].inside
    if inside is not None:
        around[at : at + 1] = inside


def _merge_tags(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """The tag in place of the one inside it: IMPLICIT for EXPLICIT."""
    value = around[at]
    if value.inside is not None and len(value.inside) == 1:
        [inner] = value.inside
        value.inside, value.contents = inner.inside, inner.contents
        form = 0x20 if inner.inside is not None else 0
        value.identifier = bytes([value.identifier[0] & 0xDF | form]) + value.identifier[1:]
        value.indefinite = value.indefinite and bool(form)


def _make_indefinite(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    if around[at].inside is not None:
        around[at].indefinite = not around[at].indefinite


def _lengthen(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """More octets of length than are needed."""
    around[at].extra = rng.choice((1, 1, 2, 3, 7))


def _segment(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """A primitive value as a constructed one of OCTET STRINGs, or of values with its own tag."""
    value = around[at]
    if value.inside is not None:
        return
    tag = rng.choice((b"\x04", b"\x04", value.identifier))
    cuts = sorted(rng.randrange(len(value.contents) + 1) for _ in range(rng.randrange(3)))
    bounds = [0, *cuts, len(value.contents)]
    value.inside = [Value(tag, value.contents[a:b]) for a, b in pairwise(bounds)]
    value.identifier = bytes([value.identifier[0] | 0x20]) + value.identifier[1:]
    value.contents = b""


_OCTETS = bytes([0x00, 0x01, 0x02, 0x1B, 0x20, 0x7F, 0x80, 0x81, 0xC3, 0xE9, 0xFC, 0xFF])


def _change_contents(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """Octets of a primitive value set, added or taken away."""
    value = around[at]
    if value.inside is not None:
        return
    octets = bytearray(value.contents)
    where = rng.randrange(len(octets) + 1)
    which = rng.randrange(4)
    if which == 0 and where < len(octets):
        octets[where] = rng.choice(_OCTETS) if rng.random() < 0.7 else rng.randrange(256)
    elif which == 1:
        octets[where:where] = bytes([rng.choice(_OCTETS)]) * rng.choice((1, 1, 1, 4, 8, 20))
    elif which == 2:
        del octets[where : where + rng.choice((1, 1, 2, 100))]
    else:
        octets[:1] = bytes([rng.randrange(32)])
    value.contents = bytes(octets)


def _copy_from_elsewhere(rng: random.Random, around: list[Value], at: int, whole: list[Value]) -> None:
    """A copy of some other value of this message, in place of this one."""
    siblings, other = _anywhere(rng, whole)
    around[at] = siblings[other].copy()


_EDITS: tuple[_Edit, ...] = (
    _drop,
    _duplicate,
    _swap,
    _retag,
    _flip_form,
    _wrap,
    _unwrap,
    _merge_tags,
    _make_indefinite,
    _lengthen,
    _segment,
    _change_contents,
    _change_contents,
    _change_contents,
    _copy_from_elsewhere,
)


def mutated(data: bytes, rng: random.Random, other: list[Value] | None = None) -> bytes:
    """The octets with one to four things done to them; ``other`` is a message of which a part may be taken."""
    values = parsed(data)
    if not values:
        return _broken(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        if not values:
            break
        around, at = _anywhere(rng, values)
        if other and rng.random() < 0.08:
            siblings, index = _anywhere(rng, other)
            around[at] = siblings[index].copy()
        else:
            rng.choice(_EDITS)(rng, around, at, values)
    octets = written(values)
    return _broken(octets, rng) if rng.random() < 0.1 else octets


def _broken(octets: bytes, rng: random.Random) -> bytes:
    """The octets with a few of them changed, whatever they mean, or cut off, or with more behind."""
    broken = bytearray(octets)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(broken) + 1)
        which = rng.randrange(6)
        if which <= 1 and at < len(broken):
            broken[at] ^= 1 << rng.randrange(8)
        elif which == 2 and at < len(broken):
            broken[at] = rng.choice(_OCTETS)
        elif which == 3:
            broken[at:at] = bytes([rng.choice(_OCTETS)])
        elif which == 4:
            del broken[at : at + rng.choice((1, 2, 3))]
        elif rng.random() < 0.5:
            del broken[at:]
        else:
            broken += rng.randbytes(rng.randrange(4))
    return bytes(broken)

"""libyaz beside us: messages through its decoder and encoder, by the filter that the fuzzers use."""

from collections.abc import Sequence

from fuzz.beside_yaz import answers
from fuzz.work import MissingError


def program() -> bool:
    """Whether there is a C compiler, and a libyaz to compile against."""
    try:
        return answers([]) == []
    except MissingError:
        return False


def through_yaz(messages: Sequence[bytes]) -> list[bytes]:
    """What libyaz makes of each message; no octets where it refuses one."""
    found = []
    for answer in answers(messages):
        assert isinstance(answer, bytes), "libyaz crashed"
        found.append(answer)
    return found

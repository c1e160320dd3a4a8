"""Find the message that one's own program cannot take: ``python examples/fuzzing.py`` (needs the extra ``testing``)."""

from hypothesis import find, given, settings

import isoill
from isoill.testing import apdus, reference

#: The reference takes its time when it is first called; and nothing is left on the disk.
SETTINGS = settings(deadline=None, database=None, max_examples=50)


def summary(apdu: isoill.ILLAPDU) -> str:
    """The program under test: a line about a message.  It takes for granted that there is a name."""
    assert apdu.requester_id is not None
    return f"{type(apdu).__name__} of {apdu.requester_id.name}"


@settings(SETTINGS)
@given(apdus())
def test_the_reference_agrees(apdu: isoill.ILLAPDU) -> None:
    """What isoill writes is read alike by a decoder that shares no code with it, or not read at all."""
    try:
        found = reference.decode(isoill.encode(apdu))
    except reference.Refused:
        return
    assert found == apdu


def fails(apdu: isoill.ILLAPDU) -> bool:
    """Whether the program cannot take it."""
    try:
        summary(apdu)
    except AssertionError:
        return True
    return False


def main() -> None:
    """A smaller message with which it still goes wrong."""
    print(isoill.tree(find(apdus(), fails, settings=SETTINGS)))
    test_the_reference_agrees()
    print("the reference agrees")


if __name__ == "__main__":
    main()

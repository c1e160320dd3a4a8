"""The table of dialects: what each says is so."""

import pytest

import isoill
from isoill.dialects import DIALECTS, Dialect, speakers_of
from isoill.errors import Reason

#: Reasons of `DecodeError` that lenient reading never puts up with; those of encoding, and of what an EXTERNAL
#: was asked for, are no matter of reading messages.
REFUSED = {
    "TRUNCATED", "TRAILING_OCTETS", "NOT_BER", "UNEXPECTED_TAG", "MISSING_COMPONENT", "WRONG_FORM", "MALFORMED_LENGTH",
    "MALFORMED_VALUE", "END_OF_CONTENTS", "LIMIT", "OTHER_PAYLOAD", "WRONG_TYPE", "UNWRITABLE_VALUE",
}  # fmt: skip


def test_every_reason_is_refused_or_somebodys_dialect() -> None:
    assert {dialect.reason.name for dialect in DIALECTS} == {reason.name for reason in Reason} - REFUSED


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: f"{dialect.reason.name}: {dialect.what[:40]}")
def test_each_example_speaks_its_dialect_and_no_other(dialect: Dialect) -> None:
    examination = isoill.examine(dialect.octets)
    [deviation] = examination.deviations
    assert dialect.explains(deviation)
    assert deviation.wanted
    assert deviation.found
    # what is written again is what a strict writer would have sent: all that is kept of an unlisted value is the number
    again = isoill.encode(examination.apdu)
    kept = {Reason.UNLISTED_VALUE, Reason.MISSING_EXTERNAL}
    assert {each.reason for each in isoill.examine(again).deviations} == {dialect.reason} & kept
    if dialect.reason not in kept:
        assert isoill.decode(again) == examination.apdu
    # strict reading takes what is legal BER: a padded length, and any ANY
    if dialect.reason in (Reason.NON_MINIMAL, Reason.MISSING_EXTERNAL):
        assert isoill.decode(dialect.octets) == examination.apdu
    else:
        with pytest.raises(isoill.DecodeError) as caught:
            isoill.decode(dialect.octets)
        assert not isinstance(caught.value, isoill.LimitError)


def test_speakers() -> None:
    by_biblio = [dialect.octets for dialect in DIALECTS if dialect.speaker == "Biblio::ILL"]
    assert [speakers_of(isoill.examine(octets).deviations) for octets in by_biblio] == [("Biblio::ILL",)] * 4
    assert speakers_of(()) == ()
    inferred = next(dialect for dialect in DIALECTS if not dialect.seen)
    mixed = isoill.examine(by_biblio[0]).deviations + isoill.examine(inferred.octets).deviations
    assert speakers_of(mixed) == ()
    zero = next(dialect.octets for dialect in DIALECTS if dialect.reason is Reason.UNLISTED_VALUE)
    assert speakers_of(isoill.examine(zero).deviations) == ("yaz-illclient",)
    assert speakers_of(isoill.examine(zero[:-1] + b"\x63").deviations) == ()


def test_each_is_sourced() -> None:
    for dialect in DIALECTS:
        assert dialect.seen != dialect.source.startswith("inferred")

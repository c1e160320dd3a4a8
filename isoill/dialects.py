"""The dialects of ISO ILL that lenient reading puts up with, and who speaks each: one table.

A dialect is a way to write what the module does not allow.  The table says which `Reason` lenient reading gives it,
whether it was *seen* (in a capture, in a writer's own declarations, or measured) or only *inferred*, and from what; and
it has a message that speaks it, which the tests read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from isoill.errors import Deviation, Reason
from isoill.records import record

__all__ = ["DIALECTS", "Dialect", "speakers_of"]


@record(kw_only=True)
class Dialect:
    """One way to deviate, and who does.

    >>> dialect = DIALECTS[0]
    >>> dialect.speaker, dialect.seen, dialect.reason.name
    ('Biblio::ILL', True, 'IMPLICIT_TAG')
    """

    reason: Reason
    #: what is written instead of what
    what: str
    #: the software, or "" where it is not known who
    speaker: str
    #: where in a message: a regular expression that the path of a deviation matches whole
    where: str = ".*"
    #: what is found there: a regular expression too
    found: str = ".*"
    #: how it is known
    source: str
    #: a message that speaks it and otherwise deviates in nothing, in hexadecimal
    example: str

    @property
    def seen(self) -> bool:
        """Whether it was seen; otherwise it is inferred from what people who write by hand get wrong."""
        return self.speaker != ""

    @property
    def octets(self) -> bytes:
        """The example."""
        return bytes.fromhex(self.example)

    def explains(self, deviation: Deviation) -> bool:
        """Whether a deviation is one that a speaker of this dialect makes."""
        if deviation.reason is not self.reason:
            return False
        return bool(re.fullmatch(self.where, deviation.path) and re.fullmatch(self.found, deviation.found))


def speakers_of(deviations: Iterable[Deviation], /) -> tuple[str, ...]:
    """The software that is known to write each of the deviations; none where there are none, or none is known.

    >>> import isoill
    >>> speakers_of(isoill.examine(DIALECTS[0].octets).deviations)
    ('Biblio::ILL',)
    """
    found: set[str] | None = None
    for deviation in deviations:
        speakers = {dialect.speaker for dialect in DIALECTS if dialect.seen and dialect.explains(deviation)}
        found = speakers if found is None else found & speakers
    return tuple(sorted(found or ()))


_BIBLIO = "Biblio::ILL"
_ITS_FILES = "the test messages of the Perl distribution Biblio-ILL-ISO, 2003"
_ITS_MODULE = "the declarations in the Perl distribution Biblio-ILL-ISO, 2003"
_MEASURED = "measured, libyaz 5.34"

# The examples are the least Lost message, or the least of another kind, with one thing wrong; written by hand.
DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        reason=Reason.IMPLICIT_TAG,
        what="the APPLICATION tag in place of the SEQUENCE, not around it; in all messages but the request",
        speaker=_BIBLIO,
        where=r"[\w-]+",
        source=_ITS_FILES,
        example="6f1d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231",
    ),
    Dialect(
        reason=Reason.EXTRA_SEQUENCE,
        what="a SEQUENCE too many inside an implicit tag (date-due, supply-details, status-report, optional messages of"
        " the responder, results), and around each element of a list of locations",
        speaker=_BIBLIO,
        source=_ITS_FILES,
        example="6c2e302c 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf290c300a80083230323631323231",
    ),
    Dialect(
        reason=Reason.IMPLICIT_TAG,
        what="a tag in place of what it should wrap: units-per-medium, reason-will-supply, supply-date, and the"
        " return-to-address of Will-Supply-Results",
        speaker=_BIBLIO,
        where=r".*\.(medium|no_of_units|reason_will_supply|supply_date|return_to_address)",
        source=_ITS_MODULE,
        example="642d302b 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 9f1f0105 bf2007a505300380011a",
    ),
    Dialect(
        reason=Reason.IMPLICIT_TAG,
        what="the extensions of Overdue tagged as those of every other message; Overdue alone lacks the word IMPLICIT",
        speaker=_BIBLIO,
        where=r"Overdue\.extensions",
        source=_ITS_MODULE,
        example="6c40303e 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf290a80083230323631323231"
        "bf3111300f800101a20a280806022803a0020500",
    ),
    Dialect(
        reason=Reason.UNLISTED_VALUE,
        what="0 for an ENUMERATED that it was not told; kept as the number",
        speaker="yaz-illclient",
        found="0",
        source="captured, yaz-illclient 5.34",
        example="64233021 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 9f1f0100",
    ),
    Dialect(
        reason=Reason.OTHER_STRING_TYPE,
        what="GraphicString for the descriptor of an EXTERNAL, which is an ObjectDescriptor",
        speaker="libyaz",
        where=r".*\.data_value_descriptor",
        source=_MEASURED,
        example="6a393037 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231"
        "b10d280b06022803190164a0020500 9f25083230323631313330",
    ),
    Dialect(
        reason=Reason.OTHER_STRING_TYPE,
        what="UTF8String, PrintableString, IA5String or T61String for an ILL-String",
        speaker="",
        source="inferred: ILL-String is a choice of two string types, and few languages have either",
        example="6f263024 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf2e040c02c3a9",
    ),
    Dialect(
        reason=Reason.MISSING_EXTERNAL,
        what="an extension whose item is the value itself, without an EXTERNAL that names it",
        speaker="",
        source="inferred: the module has ANY there, and only the IPIG profile says EXTERNAL",
        example="6f2c302a 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf310a3008800101a203020107",
    ),
    Dialect(
        reason=Reason.IMPLICIT_TAG,
        what="an extension whose item has the components of an EXTERNAL, without its tag",
        speaker="",
        where=r".*\.extensions\[\d+\]\.item",
        source="inferred: nearly every other tag of the module is IMPLICIT",
        example="6f31302f 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231"
        "bf310f300d800101a20806022803a0020500",
    ),
    Dialect(
        reason=Reason.EXPLICIT_TAG,
        what="a tag around what it should replace",
        speaker="",
        source="inferred: the module is EXPLICIT TAGS, and says IMPLICIT nearly everywhere",
        example="65253023 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf23030101ff",
    ),
    Dialect(
        reason=Reason.OUT_OF_ORDER,
        what="components in another order than the module's",
        speaker="",
        source="inferred: it has the tags of [3], [26], [15] in that order, and writers sort",
        example="6f1f301d 800102 a20ca00a80083230323631313231 a10aa1031b0131a2031b0132",
    ),
    Dialect(
        reason=Reason.DUPLICATE_COMPONENT,
        what="a component twice; the first is taken",
        speaker="",
        source="inferred",
        example="6f2d302b 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 a20ca00a80083230323631313231",
    ),
    Dialect(
        reason=Reason.UNKNOWN_COMPONENT,
        what="a component that the module has not; its octets are kept in the deviation",
        speaker="",
        source="inferred: amendments after version 2, and additions of a vendor's own",
        example="6f243022 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 bf3c020500",
    ),
    Dialect(
        reason=Reason.NON_MINIMAL,
        what="a length, or an INTEGER, in more octets than it needs",
        speaker="",
        source="inferred: writers that leave room for a length of fixed size and fill it in later",
        example="6f82001f301d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231",
    ),
    Dialect(
        reason=Reason.MALFORMED_TAG,
        what="a tag below 31 in the form for higher ones",
        speaker="",
        source="inferred: writers that have one form for all tags",
        example="6f20301e 9f000102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231",
    ),
    Dialect(
        reason=Reason.PADDING,
        what="00, CR or LF before a message or behind it",
        speaker="",
        source="inferred: bodies of mail, and blocks of fixed size",
        example="6f1f301d 800102 a10aa1031b0131a2031b0132 a20ca00a80083230323631313231 0d0a",
    ),
)

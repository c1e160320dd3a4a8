"""Messages as Biblio::ILL writes them: each is read, each deviation listed, and libyaz reads what is written again.

Its declarations (the Perl distribution Biblio-ILL-ISO, 2003) were read for the facts below; its files are not here.
"""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

import isoill
from isoill.asn1 import Component, Kind, Tag, TagClass, Type, type_of
from isoill.dialects import speakers_of
from isoill.testing import apdus
from isoill.testing.forms import _Writer
from tests.conftest import need
from tests.vectors.make import MESSAGES
from tests.yaz import program, through_yaz

#: What it declares as ``EXPLICIT SEQUENCE``, so that its writer puts a SEQUENCE inside an IMPLICIT tag as well.
EXPLICIT = {
    "Already-Forwarded", "Conditional-Results", "Damaged-Details", "Date-Due", "Electronic-Delivery-Service",
    "Electronic-Delivery-Service.document-type", "Electronic-Delivery-Service.e-delivery-service", "Error-Report",
    "Estimate-Results", "History-Report", "Hold-Placed-Results", "Location-Info", "Locations-Results",
    "Responder-Optional-Messages-Type", "Retry-Results", "State-Transition-Prohibited", "Status-Report",
    "Supply-Details", "Supply-Medium-Info-Type", "Unfilled-Results", "Units-Per-Medium-Type", "Will-Supply-Results",
}  # fmt: skip
#: What the module tags explicitly and it does not: its parser takes a tag to be IMPLICIT unless the type is a CHOICE.
IMPLICIT = {"medium", "no_of_units", "reason_will_supply", "supply_date", "return_to_address"}


class Biblio(_Writer):
    """Deviates by rule, where its base class does so by chance."""

    def __init__(self) -> None:
        super().__init__(Random(0), 0, dialects=True)
        self.tagged_explicitly: set[str] = set()

    def deviates(self, reason: isoill.Reason, path: str) -> bool:
        name = path.rpartition(".")[2]
        if reason is isoill.Reason.IMPLICIT_TAG and (
            path == "Overdue.extensions" or ("." not in path and path != "ILL-Request")
            or (name in IMPLICIT and path != "Shipped.return_to_address")
        ):  # fmt: skip
            self.deviations.append((reason, path))
            return True
        return False

    def component(self, component: Component, value: Any, path: str) -> bytes:
        if component.tag is not None and component.tag.explicit:
            self.tagged_explicitly.add(path)
        return super().component(component, value, path)

    def contents(self, described: Type, value: Any, path: str) -> tuple[bool, bytes]:
        constructed, contents = super().contents(described, value, path)
        if described.name in EXPLICIT and path not in self.tagged_explicitly and contents:
            self.deviations.append((isoill.Reason.EXTRA_SEQUENCE, path))
            contents = self.tlv(Tag(TagClass.UNIVERSAL, 16, explicit=False), True, contents, path)
        return constructed, contents


def check(apdu: isoill.ILLAPDU) -> bytes:
    """Write it as Biblio::ILL does, read that; returns what is written again."""
    described = type_of(type(apdu))
    writer = Biblio()
    octets = writer.value(described, apdu, described.name)
    examination = isoill.examine(octets)
    assert examination.apdu == apdu
    listed = sorted((each.reason.name, each.path) for each in examination.deviations)
    assert listed == sorted((reason.name, path) for reason, path in writer.deviations)
    known = [each for each in examination.deviations if each.reason is not isoill.Reason.MISSING_EXTERNAL]
    assert not known or "Biblio::ILL" in speakers_of(known)
    if known:
        with pytest.raises(isoill.DecodeError):
            isoill.decode(octets)
    return isoill.encode(examination.apdu)


def test_its_twenty_messages() -> None:
    assert {type(message) for message in MESSAGES} == {each.python for each in type_of(isoill.ILLAPDU).alternatives}
    written = [check(message) for message in MESSAGES]
    need(program(), "a C compiler or libyaz (Debian packages build-essential and libyaz-dev)")
    assert [isoill.decode(by_yaz) for by_yaz in through_yaz(written)] == MESSAGES


@settings(max_examples=200, deadline=None)
@given(apdus())
def test_any_message(apdu: isoill.ILLAPDU) -> None:
    assert isoill.decode(check(apdu)) == apdu


def test_the_names_are_those_of_the_module() -> None:
    waiting: list[Type] = list(type_of(isoill.ILLAPDU).alternatives)
    names: set[str] = set()
    while waiting:
        described = waiting.pop()
        if described.element is not None:
            waiting.append(described.element)
        if described.kind in (Kind.SEQUENCE, Kind.CHOICE) and described.name not in names:
            assert described.python is not None
            waiting += [component.type for component in described.python.__components__]
        names.add(described.name)
    assert names >= EXPLICIT

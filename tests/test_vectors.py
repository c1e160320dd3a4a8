"""Messages as octets: those of the project, and those beside it where they are there."""

from pathlib import Path

import pytest

import isoill
from isoill.testing import reference
from tests.conftest import OUTSIDE_VECTORS, need
from tests.vectors.make import MESSAGES
from tests.yaz import program, through_yaz

OWN = Path(__file__).parent / "vectors"
RECANONICAL = sorted(OWN.glob("*.ber"))


@pytest.mark.parametrize("path", [p for p in RECANONICAL if not p.stem.endswith(".yaz")], ids=lambda p: p.stem)
def test_own_vectors_come_back_octet_for_octet(path: Path) -> None:
    octets = path.read_bytes()
    apdu = isoill.decode(octets)
    assert isoill.encode(apdu) == octets
    assert isoill.from_json(isoill.to_json(apdu)) == apdu
    assert isoill.examine(octets).deviations == ()
    assert isoill.decode(isoill.encode(apdu, defaults=False)) == apdu
    assert isoill.ILLAPDUType(isoill.peek(octets).apdu_type).name == path.stem.upper().replace("-", "_")


@pytest.mark.parametrize("path", [p for p in RECANONICAL if p.stem.endswith(".yaz")], ids=lambda p: p.stem)
def test_what_libyaz_wrote_is_the_same_value(path: Path) -> None:
    assert isoill.decode(path.read_bytes()) == isoill.decode((OWN / path.name.replace(".yaz", "")).read_bytes())


def test_there_is_one_for_each_apdu() -> None:
    names = {path.stem for path in RECANONICAL}
    assert len(names) == 40
    assert {f"{name}.yaz" for name in names if not name.endswith(".yaz")} == {n for n in names if n.endswith(".yaz")}


def test_they_are_still_made_the_same_way() -> None:
    need(program(), "a C compiler or libyaz (Debian packages build-essential and libyaz-dev)")
    for number, message in enumerate(MESSAGES, 1):
        name = isoill.ILLAPDUType(number).name.lower().replace("_", "-")
        written = reference.encode(message)
        assert written == (OWN / f"{name}.ber").read_bytes()
        assert through_yaz([written]) == [(OWN / f"{name}.yaz.ber").read_bytes()]


# ── vectors that are not part of the project ─────────────────────────────────────────────────────────────────────


def outside(name: str) -> bytes:
    need((OUTSIDE_VECTORS / name).is_file(), f"the vector {OUTSIDE_VECTORS / name}")
    return (OUTSIDE_VECTORS / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("sfu.ber", "written"),
        ("illclient_params.ber", "other"),
        ("illclient_oclc.ber", "other"),
        ("std_request.ber", "defaults omitted"),
        ("std_shipped.ber", "defaults omitted"),
        ("std_answer.ber", "defaults omitted"),
        ("std_status.ber", "defaults omitted"),
        ("std_message.ber", "defaults omitted"),
        ("yaz_std_request.ber", "other"),
        ("form_constructed_string.ber", "other"),
        ("form_edifact_visible.ber", "written"),
        ("form_indef_everywhere_outer.ber", "other"),
        ("ext_any_external.ber", "written"),
        ("ext_systemno_octet.ber", "written"),
        ("overdue_ext_explicit.ber", "written"),
        ("default_omitted.ber", "defaults omitted"),
    ],
)
def test_legal_vectors(name: str, form: str) -> None:
    octets = outside(name)
    apdu = isoill.decode(octets)
    written = isoill.encode(apdu, defaults=form != "defaults omitted")
    assert (written == octets) == (form != "other")
    assert isoill.decode(written) == apdu
    examination = isoill.examine(octets)
    assert examination.apdu == apdu
    # the module allows anything as the item of an extension; this one has no EXTERNAL around it
    without_external = ["MISSING_EXTERNAL"] if name == "overdue_ext_explicit.ber" else []
    assert [deviation.reason.name for deviation in examination.deviations] == without_external
    assert isoill.from_json(isoill.to_json(apdu)) == apdu


def test_what_libyaz_made_of_the_request() -> None:
    assert isoill.decode(outside("yaz_std_request.ber")) == isoill.decode(outside("std_request.ber"))


def test_the_field_s_own_amount_is_kept() -> None:
    apdu = isoill.decode(outside("sfu.ber"))
    assert isinstance(apdu, isoill.ILLRequest)
    assert apdu.cost_info_type is not None
    assert apdu.cost_info_type.maximum_cost == isoill.Amount(currency_code="USD", monetary_value="$35")
    assert apdu.extensions is not None
    externals = [isoill.decode(extension.item, type=isoill.External) for extension in apdu.extensions]
    assert [external.direct_reference for external in externals] == ["1.0.10161.13.3", "1.0.10161.13.4"]


@pytest.mark.parametrize(
    ("name", "reason", "offset", "deviations"),
    [
        (
            "illclient_empty.ber",
            "UNLISTED_VALUE",
            77,
            [
                ("UNLISTED_VALUE", "ILL-Request.transaction_type"),
                ("UNLISTED_VALUE", "ILL-Request.ill_service_type[0]"),
                ("UNLISTED_VALUE", "ILL-Request.requester_optional_messages.requester_shipped"),
                ("UNLISTED_VALUE", "ILL-Request.requester_optional_messages.requester_checked_in"),
                ("UNLISTED_VALUE", "ILL-Request.search_type.expiry_flag"),
                ("UNLISTED_VALUE", "ILL-Request.place_on_hold"),
                ("UNLISTED_VALUE", "ILL-Request.item_id.item_type"),
            ],
        ),
        (
            "msg_03.shipped.ber",
            "UNEXPECTED_TAG",
            4,
            [
                ("IMPLICIT_TAG", "Shipped"),
                ("EXTRA_SEQUENCE", "Shipped.supply_details"),
                ("EXTRA_SEQUENCE", "Shipped.supply_details.date_due"),
                ("EXTRA_SEQUENCE", "Shipped.supply_details.no_of_units_per_medium[0]"),
                ("IMPLICIT_TAG", "Shipped.supply_details.no_of_units_per_medium[0].medium"),
                ("IMPLICIT_TAG", "Shipped.supply_details.no_of_units_per_medium[0].no_of_units"),
            ],
        ),
        ("msg_09.recall.ber", "UNEXPECTED_TAG", 3, [("IMPLICIT_TAG", "Recall")]),
        (
            "overdue_ext_implicit.ber",
            "UNEXPECTED_TAG",
            54,
            [("IMPLICIT_TAG", "Overdue.extensions"), ("MISSING_EXTERNAL", "Overdue.extensions[0].item")],
        ),
        ("bad_unknown_member.ber", "UNKNOWN_COMPONENT", 86, [("UNKNOWN_COMPONENT", "ILL-Request")]),
    ],
)
def test_vectors_that_deviate(name: str, reason: str, offset: int, deviations: list[tuple[str, str]]) -> None:
    octets = outside(name)
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(octets)
    assert (caught.value.reason.name, caught.value.offset) == (reason, offset)
    examination = isoill.examine(octets)
    assert [(deviation.reason.name, deviation.path) for deviation in examination.deviations] == deviations
    assert isoill.decode(octets, strict=False) == examination.apdu
    again = isoill.decode(isoill.encode(examination.apdu), strict=False)
    assert again == examination.apdu


def test_trailing_octets_are_refused_and_located() -> None:
    octets = outside("bad_trailing.ber")
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(octets)
    assert (caught.value.reason, caught.value.offset) == (isoill.Reason.TRAILING_OCTETS, 86)
    assert isoill.decode_from(octets)[1] == 86


def test_overdue_s_extensions_are_the_same_either_way() -> None:
    explicit = isoill.decode(outside("overdue_ext_explicit.ber"))
    assert isoill.decode(outside("overdue_ext_implicit.ber"), strict=False) == explicit

"""What is refused, and what is said of it: ``malformed/cases.toml`` and families of hostile octets."""

import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest

import isoill

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "malformed" / "cases.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case: dict[str, Any]) -> None:
    octets = bytes.fromhex(case["octets"])
    wanted = getattr(isoill, case["type"]) if "type" in case else None
    with pytest.raises(isoill.DecodeError) as caught:
        isoill.decode(octets, type=wanted)
    error = caught.value
    assert (error.reason.name, error.path, error.offset) == (case["reason"], case["path"], case["offset"])
    assert isinstance(error, isoill.TruncatedError) == ("needed" in case)
    assert isinstance(error, isoill.LimitError) == ("limit" in case)
    if isinstance(error, isoill.TruncatedError):
        assert error.needed == case["needed"]
    if isinstance(error, isoill.LimitError):
        assert error.limit == case["limit"]
    assert str(error).endswith(f"- at {error.path}, offset {error.offset}")
    assert len(error.detail) <= 200
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)


def nested(header: str, times: int) -> bytes:
    return bytes.fromhex(header) * times


def item(contents: bytes) -> bytes:
    """The octets of an Extension that holds them as its item."""
    size = len(contents)
    inside = b"\x80\x01\x01\xa2\x84" + size.to_bytes(4, "big") + contents
    return b"\x30\x84" + len(inside).to_bytes(4, "big") + inside


def test_an_any_of_indefinite_lengths_is_kept_as_it_came() -> None:
    octets = nested("3080", 60) + nested("0000", 60)
    extension = isoill.decode(item(octets), type=isoill.Extension)
    assert extension.item == octets
    assert isoill.decode(isoill.encode(extension), type=isoill.Extension) == extension


@pytest.mark.parametrize("octets", [nested("3080", 100_000), nested("3080", 63) + nested("0000", 63)])
def test_an_any_too_deep_is_refused(octets: bytes) -> None:
    with pytest.raises(isoill.LimitError) as caught:
        isoill.decode(item(octets), type=isoill.Extension)
    assert (caught.value.limit, caught.value.path) == ("depth", "Extension.item")


@pytest.mark.parametrize(
    ("octets", "type_", "limit"),
    [
        # 100,000 empty segments; 256,000 INTEGERs; 1 MiB and four octets; strings nested 20,000 deep
        (b"\x3b\x84\x00\x03\x0d\x40" + b"\x04\x00" * 100_000, isoill.ILLString, "segments"),
        (b"\xa2\x84\x00\x0b\xb8\x00" + b"\x02\x01\x07" * 256_000, isoill.DamagedPortion, "elements"),
        (b"\x30\x83\x10\x00\x00" + b"\x00" * (1 << 20), isoill.SystemId, "octets"),
        (b"\x3b\x80" + b"\x24\x80" * 20_000, isoill.ILLString, "string_depth"),
    ],
)
def test_families_end_at_a_limit(octets: bytes, type_: Any, limit: str) -> None:
    with pytest.raises(isoill.LimitError) as caught:
        isoill.decode(octets, type=type_)
    assert caught.value.limit == limit
    assert caught.value.reason is isoill.Reason.LIMIT


@pytest.mark.parametrize(
    ("limit", "enough", "octets", "type_"),
    [
        ("octets", 8, "a206020101020102", isoill.DamagedPortion),
        ("elements", 3, "a206020101020102", isoill.DamagedPortion),
        ("integer_octets", 2, "a20402020100", isoill.DamagedPortion),
        ("depth", 3, "3007a005a1031b0178", isoill.SystemId),  # the SEQUENCE and two explicit tags
        ("string_depth", 2, "3b0524030401 41", isoill.ILLString),
        ("segments", 2, "3b06040141040142", isoill.ILLString),
        ("oid_arcs", 3, "280806022a03a0020500", isoill.External),
        ("length_octets", 2, "1b82000141", isoill.ILLString),
    ],
)
def test_limits_may_be_set(limit: str, enough: int, octets: str, type_: Any) -> None:
    data = bytes.fromhex(octets)
    assert isoill.decode(data, type=type_, limits=isoill.Limits(**{limit: enough})) is not None
    with pytest.raises(isoill.LimitError) as caught:
        isoill.decode(data, type=type_, limits=isoill.Limits(**{limit: enough - 1}))
    assert caught.value.limit == limit


@pytest.mark.parametrize("values", [{"depth": 0}, {"octets": 1 << 25}, {"elements": True}, {"segments": "many"}])
def test_limits_are_checked(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Limits\.\w+: expected 1 to"):
        isoill.Limits(**values)


@pytest.mark.parametrize("data", ["text", None, 7, [1]])
def test_what_holds_no_octets_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError, match="expected bytes, bytearray or memoryview"):
        isoill.decode(data)


def test_limits_must_be_limits() -> None:
    with pytest.raises(TypeError, match="expected Limits"):
        isoill.decode(b"", limits={"depth": 3})  # type: ignore[call-overload]

"""What travels in EXTERNALs: real ones, all that are registered against the reference, and how they get in and out."""

import re
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoill import oids
from isoill.asn1 import NULL, BitString, Explicit, Implicit, TypeName, sequence
from isoill.codec import decode, encode
from isoill.conformance import registered_payloads
from isoill.errors import DecodeError, Reason, TruncatedError
from isoill.oids import OID_NAMES
from isoill.payloads import (
    SICI,
    APDUDeliveryInfo,
    APDUDeliveryParameters,
    APDUEncoding,
    CanadianSystem,
    CanadianSystemNo,
    CanadianSystemRecordNo,
    ClientInfoContent,
    ClientInfoData,
    ClientInfoType,
    EDeliveryParameters,
    IntermediaryActions,
    IntermediaryControl,
    InternalReference,
    InternalReferenceType,
    IPIGILLRequestExtension,
    IPIGSystemNumber,
    NumberType,
    OCLCILLRequestExtension,
    PatronRequestExtension,
    Payment,
    PromptObject,
    PromptType,
    Registered,
    RequestDetail,
    RequestedMaterialFormat,
    StandardClientInfoType,
    SupplementalClientInfo,
    SystemNumber,
    WellKnownSystem,
    register,
    registered,
    registered_as,
)
from isoill.testing import apdus, reference, values
from isoill.types import (
    ILLAPDU,
    DateTimeOfService,
    Extension,
    External,
    ExternalEncoding,
    ILLRequest,
    ILLString,
    Recall,
    ServiceDateTime,
    SystemAddress,
    SystemId,
    TransactionId,
)
from tests.conftest import OUTSIDE_VECTORS, need
from tests.test_properties import exactly, has_loose_bits, is_beyond_the_reference

# ── real ones ──────────────────────────────────────────────────────────────────────────────────────────────────────


def outside(name: str) -> Any:
    """The request of that name, of the vectors that are not part of the project."""
    path = OUTSIDE_VECTORS / name
    need(path.exists(), str(path))
    request = decode(path.read_bytes())
    assert isinstance(request, ILLRequest)
    return request


def held(request: ILLRequest) -> list[tuple[str | None, bytes]]:
    """What the extensions hold."""
    externals = [extension.external for extension in request.extensions or ()]
    return [(external.direct_reference, external.octets) for external in externals]


def by_mail(address: str, *symbols: str) -> APDUDeliveryParameters:
    """An address as Simon Fraser University writes it."""
    transport = SystemAddress(telecom_service_identifier="SMTP", telecom_service_address=address)
    aliases = tuple(SystemId.of(symbol) for symbol in symbols)
    return APDUDeliveryParameters(encoding=(APDUEncoding.BER_IN_MIME,), transport=transport, aliases=aliases)


def test_the_request_of_simon_fraser_university() -> None:
    request = outside("sfu.ber")
    assert [oid for oid, _ in held(request)] == ["1.0.10161.13.3", "1.0.10161.13.4"]
    delivery = request.extension(APDUDeliveryInfo)
    assert delivery == APDUDeliveryInfo(
        sender_info=(by_mail("rss_in@delos.lib.sfu.ca", "als:BVAS", "nlc-bnc:BVAS"),),
        recipient_info=(by_mail("DChristensen@westman.wave.ca", "als:MWPL"),),
    )
    client = request.extension(SupplementalClientInfo)
    assert client == (
        ClientInfoData(
            info_type=ClientInfoType(standard=StandardClientInfoType.E_MAIL_INFO),
            info_content=(ClientInfoContent(string_content="smackena@sfu.ca"),),
        ),
    )
    assert [encode(delivery), encode(client, type=SupplementalClientInfo)] == [octets for _, octets in held(request)]
    assert request.with_extension(delivery).with_extension(client, type=SupplementalClientInfo) == request


def check_logon(request: ILLRequest, user_id: str, password: str) -> None:
    """What yaz-illclient sends to OCLC: who asks, and an extension with nothing in it."""
    assert [oid for oid, _ in held(request)] == ["1.2.840.10003.8.1", "1.0.10161.13.2"]
    prompt = request.extension(PromptObject)
    assert prompt == PromptObject.logon(user_id, password)
    assert (prompt.answer(PromptType.USER_ID), prompt.answer(PromptType.PASSWORD)) == (user_id, password)
    assert prompt.answer(PromptType.SESSION_ID) is None
    assert request.extension(OCLCILLRequestExtension) == OCLCILLRequestExtension()
    assert [encode(prompt), encode(OCLCILLRequestExtension())] == [octets for _, octets in held(request)]
    assert request.with_extension(prompt).with_extension(OCLCILLRequestExtension()) == request


def test_a_logon_of_yaz() -> None:
    check_logon(outside("illclient_oclc.ber"), "100-310-658", "secret")


def test_the_logon_in_the_example(request_octets: bytes) -> None:
    request = decode(request_octets)
    assert isinstance(request, ILLRequest)
    check_logon(request, "100-000-001", "example")


# ── all that are registered ────────────────────────────────────────────────────────────────────────────────────────


PAYLOADS = {payload.oid: payload.type for payload in registered_payloads()}


@pytest.mark.parametrize("oid", PAYLOADS)
def test_the_reference_agrees(oid: str) -> None:
    payload = PAYLOADS[oid]

    @settings(max_examples=40, deadline=None)
    @given(st.booleans().flatmap(lambda constrained: values(payload, constrained=constrained)))
    def check(value: Any) -> None:
        octets = encode(value, type=payload)
        assert exactly(decode(octets, type=payload)) == exactly(value)
        assert exactly(External.holding(value, type=payload).value(payload)) == exactly(value)
        if not is_beyond_the_reference(payload, value):
            assert exactly(reference.decode(octets, payload)) == exactly(value)
        if not has_loose_bits(payload, value):
            assert reference.encode(value, type=payload) == octets

    check()


def test_what_changes_the_meaning_of_a_message_is_critical() -> None:
    critical = {payload.oid for payload in registered_payloads() if payload.critical}
    assert critical == {"1.0.10161.13.1000.2.3", "1.0.10161.13.1000.2.4", "1.0.10161.13.1000.2.5"}


def test_a_payload_has_a_name() -> None:
    assert PAYLOADS.keys() <= OID_NAMES.keys()
    assert OID_NAMES["1.0.10161.13.3"] == "APDU-Delivery-Info"
    assert OID_NAMES["1.0.10161.7.1"] == "SICI"  # that of the type


def test_client_information_holds_itself() -> None:
    information = ClientInfoData(info_type=ClientInfoType(local="shelf"), info_content=())
    for _ in range(10):
        contents = (ClientInfoContent(nested=information), ClientInfoContent(defined_number=7))
        information = ClientInfoData(info_type=ClientInfoType(local="more"), info_content=contents)
    octets = encode(information)
    assert decode(octets, type=ClientInfoData) == reference.decode(octets, ClientInfoData) == information
    assert reference.encode(information) == octets


WRITTEN: dict[str, tuple[Any, Any, str]] = {
    "NULL, an explicit ENUMERATED, a CHOICE in a CHOICE": (
        IPIGILLRequestExtension,
        (
            RequestDetail(this_edition_only=NULL),
            RequestDetail(material_type=RequestedMaterialFormat.DVD),
            RequestDetail(payment_method=(Payment(oclc_ifm=NULL), Payment(other_payment_type="stamps"))),
        ),
        "30 17  8a 00  a1 03 0a 01 06  a9 0e 30 0c  88 00  af 08 1b 06 73 74 61 6d 70 73",
    ),
    "components of ISO-10161-ILL-1": (
        IntermediaryControl,
        IntermediaryControl(
            action_flag=IntermediaryActions.CONTROL_REQUEST, current_responder_id=SystemId.of("OCLC:OCL")
        ),
        "30 13  80 01 02  a2 0e a0 0c a1 0a 1b 08 4f 43 4c 43 3a 4f 43 4c",
    ),
    "a CHOICE without a tag": (
        IPIGSystemNumber,
        (
            SystemNumber(type=NumberType(well_known=WellKnownSystem.OCLC), number="1"),
            SystemNumber(type=NumberType(other=SystemId()), number="2"),
        ),
        "30 17  30 0a a1 03 0a 01 04 a4 03 1b 01 31  30 09 a2 02 30 00 a4 03 1b 01 32",
    ),
    "components without tags": (
        CanadianSystemNo,
        (CanadianSystemRecordNo(system=CanadianSystem.OCLC, record_no="ocm1"),),
        "30 0b  30 09 0a 01 03 1b 04 6f 63 6d 31",
    ),
}


@pytest.mark.parametrize(("payload", "value", "octets"), WRITTEN.values(), ids=WRITTEN)
def test_the_octets_of_a_payload(payload: Any, value: Any, octets: str) -> None:
    assert encode(value, type=payload) == bytes.fromhex(octets)
    assert decode(bytes.fromhex(octets), type=payload) == value


# ── in and out of an EXTERNAL ──────────────────────────────────────────────────────────────────────────────────────

REFERENCE = InternalReference(requester_reference=InternalReferenceType(internal_reference="7"))
DELIVERY = APDUDeliveryInfo(sender_info=(by_mail("ill@example.org"),), recipient_info=())


def test_an_external_holds_a_value() -> None:
    external = External.holding(REFERENCE)
    assert external == External.of("1.0.10161.13.8", encode(REFERENCE))
    assert external.value(InternalReference) == REFERENCE
    assert encode(External.holding(InternalReference())) == bytes.fromhex("28 0b 06 05 28 cf 31 0d 08 a0 02 30 00")


def test_an_external_holds_a_value_whose_class_does_not_tell() -> None:
    external = External.holding(("GEDI", "Ariel FTP"), type=EDeliveryParameters)
    assert external.direct_reference == "1.0.10161.10.1000.7.1"
    assert external.value(EDeliveryParameters) == ("GEDI", "Ariel FTP")
    assert External.holding("0095-4403", type=SICI).direct_reference == "1.0.10161.7.1"
    with pytest.raises(LookupError, match="expected a type that is registered under an object identifier, found tuple"):
        External.holding(("GEDI", "Ariel FTP"))


@pytest.mark.parametrize(
    "encoding",
    [
        ExternalEncoding(single_asn1_type=encode(REFERENCE)),
        ExternalEncoding(octet_aligned=encode(REFERENCE)),
        ExternalEncoding(arbitrary=BitString(encode(REFERENCE))),
    ],
    ids=["single-ASN1-type", "octet-aligned", "arbitrary"],
)
def test_a_value_is_read_however_it_is_carried(encoding: ExternalEncoding) -> None:
    assert External(direct_reference="1.0.10161.13.8", encoding=encoding).value(InternalReference) == REFERENCE


@pytest.mark.parametrize(
    ("external", "found"),
    [
        (External.holding(DELIVERY), "1.0.10161.13.3"),
        (External(encoding=ExternalEncoding(single_asn1_type=encode(REFERENCE))), "none"),
    ],
    ids=["another", "none"],
)
def test_another_payload_is_told(external: External, found: str) -> None:
    with pytest.raises(DecodeError) as raised:
        external.value(InternalReference)
    assert raised.value.reason is Reason.OTHER_PAYLOAD
    assert raised.value.detail == f"expected direct-reference 1.0.10161.13.8, found {found}"
    assert (raised.value.path, raised.value.offset) == ("Internal-Reference", 0)


BROKEN: dict[str, tuple[str, Reason, str, int]] = {
    "nothing": ("", Reason.TRUNCATED, "", 0),
    "cut off": ("30 04 a0 00 a1", Reason.TRUNCATED, "", 0),
    "more behind it": ("30 04 a0 00 a1 00 00", Reason.TRAILING_OCTETS, "", 6),
    "another type": ("31 04 a0 00 a1 00", Reason.UNEXPECTED_TAG, "", 0),
    "a list left out": ("30 02 a0 00", Reason.MISSING_COMPONENT, ".recipient_info", 4),
    "within a list": (
        "30 0b a0 07 30 05 a0 03 0a 01 01 a1 00",
        Reason.MISSING_COMPONENT,
        ".sender_info[0].transport",
        11,
    ),
    "no such value": (
        "30 0d a0 09 30 07 a0 03 0a 01 09 a1 00 a1 00",
        Reason.UNLISTED_VALUE,
        ".sender_info[0].encoding[0]",
        8,
    ),
}


@pytest.mark.parametrize(("octets", "reason", "path", "offset"), BROKEN.values(), ids=BROKEN)
def test_a_broken_payload_is_told_with_its_place(octets: str, reason: Reason, path: str, offset: int) -> None:
    external = External.of_octets("1.0.10161.13.3", bytes.fromhex(octets))
    for read in (external.value, recall(Extension.of(external)).extension):
        with pytest.raises(DecodeError) as raised:
            read(APDUDeliveryInfo)
        assert (raised.value.reason, raised.value.offset) == (reason, offset)
        assert raised.value.path == f"APDU-Delivery-Info{path}"
        assert isinstance(raised.value, TruncatedError) == (reason is Reason.TRUNCATED)


def test_a_payload_may_be_read_leniently() -> None:
    external = External.of("1.0.10161.13.2", bytes.fromhex("30 05 81 03 49 46 4d"))  # implicit around an ILL-String
    message = recall(Extension.of(external))
    for read in (external.value, message.extension):
        with pytest.raises(DecodeError) as raised:
            read(OCLCILLRequestExtension)
        assert (raised.value.path, raised.value.offset) == ("OCLCILLRequestExtension.payment_method", 2)
        assert read(OCLCILLRequestExtension, strict=False) == OCLCILLRequestExtension(payment_method="IFM")


@pytest.mark.parametrize("annotation", [SystemId, ILLString, tuple[SystemId, ...], int])
def test_only_what_is_registered_is_looked_for(annotation: Any) -> None:
    message = recall()
    for look in (registered_as, External.holding(REFERENCE).value, message.extension, message.without_extension):
        with pytest.raises(LookupError, match="expected a type that is registered under an object identifier, found "):
            look(annotation)
    for hold in (External.holding, message.with_extension):
        with pytest.raises(LookupError, match="expected a type that is registered under an object identifier, found "):
            hold(SystemId(), type=annotation)


# ── in the extensions of a message ─────────────────────────────────────────────────────────────────────────────────


def recall(*extensions: Extension) -> Recall:
    """A small message with these extensions."""
    return Recall(
        protocol_version_num=2,
        transaction_id=TransactionId(transaction_group_qualifier="1", transaction_qualifier="1"),
        service_date_time=ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261121")),
        extensions=extensions or None,
    )


#: Not registered; not an EXTERNAL at all; not even the identifier that stands for one.
UNKNOWN = (
    Extension.of(External.of("1.0.10161.13.1000.999.9", bytes.fromhex("0500")), critical=True),
    Extension(identifier=1, item=bytes.fromhex("0500")),
    Extension(identifier=2, item=bytes.fromhex("300b06092a864886f70d010101")),
)


def test_an_extension_is_added_and_taken_away() -> None:
    message = recall().with_extension(DELIVERY)
    assert message.extensions == (Extension.of(External.holding(DELIVERY)),)
    assert message.extension(APDUDeliveryInfo) == DELIVERY
    assert message.extension(InternalReference) is None
    assert decode(encode(message)) == message
    assert message.without_extension(InternalReference) == message
    assert message.without_extension(APDUDeliveryInfo) == recall()


def test_an_extension_is_put_in_the_place_of_the_first_of_its_type() -> None:
    first, second = Extension.of(External.holding(DELIVERY)), Extension.of(External.holding(REFERENCE))
    message = recall(first, second, first)
    other = APDUDeliveryInfo(sender_info=(), recipient_info=())
    assert message.with_extension(other).extensions == (Extension.of(External.holding(other)), second, first)
    assert message.extension(APDUDeliveryInfo) == DELIVERY
    assert message.without_extension(APDUDeliveryInfo) == recall(second)


def test_extensions_that_are_not_known_stay() -> None:
    message = recall(*UNKNOWN)
    assert message.extension(APDUDeliveryInfo) is None
    more = message.with_extension(DELIVERY)
    assert more.extensions == (*UNKNOWN, Extension.of(External.holding(DELIVERY)))
    assert more.extension(APDUDeliveryInfo) == DELIVERY
    assert more.without_extension(APDUDeliveryInfo) == message
    assert decode(encode(more)) == more


def test_an_extension_is_critical_as_registered_or_as_asked() -> None:
    note = PatronRequestExtension(note="for a reader")

    def marks(message: Recall) -> list[bool]:
        return [extension.critical for extension in message.extensions or ()]

    assert marks(recall().with_extension(note).with_extension(DELIVERY)) == [True, False]
    assert marks(recall().with_extension(note, critical=False).with_extension(DELIVERY, critical=True)) == [False, True]


def test_a_value_whose_class_does_not_tell_is_added_by_its_type() -> None:
    languages = (RequestDetail(requested_material_language=("eng", "ANY")),)
    message = recall().with_extension(languages, type=IPIGILLRequestExtension)
    assert message.extension(IPIGILLRequestExtension) == languages


@settings(max_examples=100, deadline=None)
@given(apdus())
def test_every_message_takes_an_extension(apdu: ILLAPDU) -> None:
    more = apdu.with_extension(DELIVERY)
    assert type(more) is type(apdu)
    assert more.extension(APDUDeliveryInfo) == DELIVERY
    assert exactly(decode(encode(more))) == exactly(more)
    assert more.without_extension(APDUDeliveryInfo).extension(APDUDeliveryInfo) is None


# ── types of one's own ─────────────────────────────────────────────────────────────────────────────────────────────


@sequence
class Shelf:
    mark: Annotated[ILLString, Explicit(0)]
    floor: Annotated[int | None, Implicit(1)] = None


OWN = "1.0.10161.13.1000.999.1"


def test_a_type_of_ones_own() -> None:
    assert registered(OWN) is None
    assert register(OWN, critical=True)(Shelf) is Shelf
    assert registered(OWN) == registered_as(Shelf) == Registered(OWN, Shelf, critical=True)
    assert oids.OID_NAMES[OWN] == "Shelf"
    message = recall().with_extension(Shelf(mark="QA 76"))
    assert [extension.critical for extension in message.extensions or ()] == [True]
    again = decode(encode(message))
    assert isinstance(again, Recall)
    assert again.extension(Shelf) == Shelf(mark="QA 76")


def test_an_alias_of_ones_own() -> None:
    shelves = Annotated[tuple[Shelf, ...], TypeName("Shelves")]
    register(OWN, shelves, name="all shelves")
    assert oids.OID_NAMES[OWN] == "all shelves"
    external = External.holding((Shelf(mark="a"), Shelf(mark="b", floor=-1)), type=shelves)
    assert external.value(shelves) == (Shelf(mark="a"), Shelf(mark="b", floor=-1))


def test_a_name_that_is_known_stays() -> None:
    register("1.0.10161.2.1", Shelf, name="shelf")
    assert oids.OID_NAMES["1.0.10161.2.1"] == "ISO-10161-ILL-1"


def test_registering_again_changes_nothing() -> None:
    first = register(OWN, Shelf)
    assert register(OWN, Shelf) == first == registered(OWN)


CONFLICTS: dict[str, tuple[str, Any, bool, str]] = {
    "the identifier has a type": (
        "1.0.10161.13.3",
        Shelf,
        False,
        "expected Shelf and 1.0.10161.13.3 to be free, found APDU-Delivery-Info registered as 1.0.10161.13.3",
    ),
    "the type has an identifier": (
        OWN,
        APDUDeliveryInfo,
        False,
        f"expected APDU-Delivery-Info and {OWN} to be free, found APDU-Delivery-Info registered as 1.0.10161.13.3",
    ),
    "critical or not": (
        "1.0.10161.13.3",
        APDUDeliveryInfo,
        True,
        (
            "expected APDU-Delivery-Info and 1.0.10161.13.3 to be free,"
            " found APDU-Delivery-Info registered as 1.0.10161.13.3"
        ),
    ),
    "words": ("shelf", Shelf, False, "expected an object identifier in numbers and points, found 'shelf'"),
    "one number": ("1", Shelf, False, "expected an object identifier in numbers and points, found '1'"),
    "no such second number": (
        "1.40",
        Shelf,
        False,
        "expected an object identifier in numbers and points, found '1.40'",
    ),
    "no such root": ("3.1", Shelf, False, "expected an object identifier in numbers and points, found '3.1'"),
    "a zero before": ("1.01", Shelf, False, "expected an object identifier in numbers and points, found '1.01'"),
}


@pytest.mark.parametrize(("oid", "payload", "critical", "message"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_cannot_be_registered(oid: str, payload: Any, critical: bool, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        register(oid, payload, critical=critical)
    assert registered(OWN) is None
    assert registered_as(APDUDeliveryInfo) == Registered("1.0.10161.13.3", APDUDeliveryInfo)


def test_nothing_is_registered_as_nothing() -> None:
    assert registered(None) is None
    assert registered("1.2.3") is None

"""ILL-Supplemental-Client-Info: what there is to say of the reader beyond Client-Id."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from isoill.asn1 import Enumerated, Explicit, Implicit, Name, TypeName, choice, sequence
from isoill.oids import register
from isoill.types.common import Amount, PostalAddress, SystemId
from isoill.types.strings import ILLString

__all__ = [
    "ClientInfoContent",
    "ClientInfoData",
    "ClientInfoType",
    "StandardClientInfoType",
    "StatusCode",
    "SupplementalClientInfo",
]


class StandardClientInfoType(Enumerated):
    """Standard-Client-Info-Type: what a piece of information is about."""

    ID_INFO = 0, "idInfo"
    NAME_INFO = 1, "nameInfo"
    CONTACT_INFO = 2, "contactInfo"
    STATUS_INFO = 3, "statusInfo"
    OTHER_INFO = 4, "otherInfo"
    HOME_ADDRESS_INFO = 5, "homeAddressInfo"
    WORK_ADDRESS_INFO = 6, "workAddressInfo"
    FAX_NUMBER = 7, "faxNumber"
    VOICE_NUMBER = 8, "voiceNumber"
    PAGER_NUMBER = 9, "pagerNumber"
    E_MAIL_INFO = 10, "eMailInfo"
    NOTES = 101
    MAXIMUM_COST = 102, "maximumCost"
    BILLING_INFO = 103, "billingInfo"
    SYSTEM_ID_NO = 21, "systemIdNo"
    SOCIAL_SECURITY_NO = 22, "socialSecurityNo"
    ACCOUNT_NO = 23, "accountNo"
    DRIVERS_LICENCE_NO = 24, "driversLicenceNo"
    OTHER = 25
    WHOLE_NAME = 30, "wholeName"
    LAST_NAME = 31, "lastName"
    FIRST_NAME = 32, "firstName"
    INITIALS = 33
    PREFIX = 34
    SUFFIX = 35
    NAME = 40
    DEPARTMENT = 100
    STREET_AND_NUMBER = 41, "streetAndNumber"
    ADDITIONAL_INFO = 42, "additionalInfo"
    BOX_ADDRESS = 43, "boxAddress"
    CITY_TOWN = 44
    STATE_PROV_REGION = 45
    COUNTRY = 46
    POSTAL_CODE = 47, "postalCode"
    TELEPHONE_COUNTRY_CODE = 50, "telephoneCountryCode"
    TELEPHONE_AREA_CODE = 51, "telephoneAreaCode"
    TELEPHONE_LOCAL_NUMBER = 52, "telephoneLocalNumber"
    TELEPHONE_EXTENSION = 53, "teleponeExtension"
    E_MAIL_SERVICE = 60, "eMailService"
    E_MAIL_ADDRESS = 61, "eMailAddress"


class StatusCode(Enumerated, name="StatusCode"):
    """StatusCode: what kind of reader it is."""

    UNDERGRADUATE = 0
    GRADUATE = 1
    FACULTY = 2
    STAFF = 3
    VISITOR = 4
    GENERAL_USER = 5, "generalUser"
    JUVENILE = 6
    VIP = 7
    SUBSCRIBER = 8
    SUSPENDED = 9
    OTHER = 10
    UNSPECIFIED = 11


@choice(name="ClientInfoType")
class ClientInfoType:
    """ClientInfoType: what a piece of information is about, by number or in words."""

    standard: Annotated[StandardClientInfoType | None, Explicit(1)] = None
    local: Annotated[ILLString | None, Explicit(2)] = None


@choice(name="ClientInfoContent")
class ClientInfoContent:
    """ClientInfoContent: a piece of information, which may be made of others."""

    string_content: Annotated[ILLString | None, Explicit(1), Name("stringContent")] = None
    postal_address: Annotated[PostalAddress | None, Implicit(2), Name("postalAddress")] = None
    name_or_id: Annotated[SystemId | None, Implicit(3), Name("nameOrId")] = None
    status_code: Annotated[StatusCode | None, Implicit(4), Name("statusCode")] = None
    defined_number: Annotated[int | None, Implicit(5), Name("definedNumber")] = None
    nested: Annotated[ClientInfoData | None, Implicit(6)] = None
    amount: Annotated[Amount | None, Implicit(7)] = None


@sequence(name="ClientInfoData")
class ClientInfoData:
    """ClientInfoData: what the information is about, and the information.

    >>> ClientInfoData(
    ...     info_type=ClientInfoType(standard=StandardClientInfoType.E_MAIL_INFO),
    ...     info_content=(ClientInfoContent(string_content="reader@example.org"),),
    ... ).info_content[0].string_content
    'reader@example.org'
    """

    info_type: Annotated[ClientInfoType, Name("infoType")]
    info_content: Annotated[tuple[ClientInfoContent, ...], Implicit(3), Name("infoContent")]


#: SupplementalClientInfo: all there is to say of a reader; seen in the request of Simon Fraser University.
SupplementalClientInfo: TypeAlias = Annotated[tuple[ClientInfoData, ...], TypeName("SupplementalClientInfo")]
register("1.0.10161.13.4", SupplementalClientInfo)

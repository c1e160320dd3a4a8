"""What a request says: for whom, of which item, how hard to look, at what cost, by which others."""

from typing import Annotated, TypeAlias

from isoill.asn1 import Explicit, Implicit, Name, Size, TypeName, sequence
from isoill.types.common import Amount, External, SystemAddress, SystemId
from isoill.types.enums import ExpiryFlag, ItemType, MediumType, Preference, SupplyMediumType
from isoill.types.strings import AccountNumber, ILLString, ISODate

__all__ = [
    "AlreadyTriedListType",
    "ClientId",
    "CostInfoType",
    "ItemId",
    "SearchType",
    "SendToListEntry",
    "SendToListType",
    "SupplyMediumInfoType",
    "ThirdPartyInfoType",
]


@sequence
class ClientId:
    """Client-Id: the reader for whom the item is wanted."""

    client_name: Annotated[ILLString | None, Explicit(0)] = None
    client_status: Annotated[ILLString | None, Explicit(1)] = None
    client_identifier: Annotated[ILLString | None, Explicit(2)] = None


@sequence
class ItemId:
    """Item-Id: the item wanted, as a citation."""

    item_type: Annotated[ItemType | None, Implicit(0)] = None
    held_medium_type: Annotated[MediumType | None, Implicit(1)] = None
    call_number: Annotated[ILLString | None, Explicit(2)] = None
    author: Annotated[ILLString | None, Explicit(3)] = None
    title: Annotated[ILLString | None, Explicit(4)] = None
    sub_title: Annotated[ILLString | None, Explicit(5)] = None
    sponsoring_body: Annotated[ILLString | None, Explicit(6)] = None
    place_of_publication: Annotated[ILLString | None, Explicit(7)] = None
    publisher: Annotated[ILLString | None, Explicit(8)] = None
    series_title_number: Annotated[ILLString | None, Explicit(9)] = None
    volume_issue: Annotated[ILLString | None, Explicit(10)] = None
    edition: Annotated[ILLString | None, Explicit(11)] = None
    publication_date: Annotated[ILLString | None, Explicit(12)] = None
    publication_date_of_component: Annotated[ILLString | None, Explicit(13)] = None
    author_of_article: Annotated[ILLString | None, Explicit(14)] = None
    title_of_article: Annotated[ILLString | None, Explicit(15)] = None
    pagination: Annotated[ILLString | None, Explicit(16)] = None
    national_bibliography_no: Annotated[External | None, Explicit(17)] = None
    isbn: Annotated[ILLString | None, Explicit(18), Size(10, 10), Name("iSBN")] = None
    issn: Annotated[ILLString | None, Explicit(19), Size(8, 8), Name("iSSN")] = None
    system_no: Annotated[External | None, Explicit(20)] = None
    additional_no_letters: Annotated[ILLString | None, Explicit(21)] = None
    verification_reference_source: Annotated[ILLString | None, Explicit(22)] = None


@sequence
class SearchType:
    """Search-Type: how hard, and until when, the lender should look."""

    level_of_service: Annotated[ILLString | None, Explicit(0), Size(1, 1)] = None
    need_before_date: Annotated[ISODate | None, Implicit(1)] = None
    expiry_flag: Annotated[ExpiryFlag, Implicit(2)] = ExpiryFlag.NO_EXPIRY
    expiry_date: Annotated[ISODate | None, Implicit(3)] = None


@sequence
class CostInfoType:
    """Cost-Info-Type: who pays, and how much at most."""

    account_number: Annotated[AccountNumber | None, Explicit(0)] = None
    maximum_cost: Annotated[Amount | None, Implicit(1)] = None
    reciprocal_agreement: Annotated[bool, Implicit(2)] = False
    will_pay_fee: Annotated[bool, Implicit(3)] = False
    payment_provided: Annotated[bool, Implicit(4)] = False


@sequence(name="Send-To-List-Type element")
class SendToListEntry:
    """One library that should be asked next, in Send-To-List-Type."""

    system_id: Annotated[SystemId, Implicit(0)]
    account_number: Annotated[AccountNumber | None, Explicit(1)] = None
    system_address: Annotated[SystemAddress | None, Implicit(2)] = None


#: Send-To-List-Type: the libraries that should be asked, in turn if preference is ordered.
SendToListType: TypeAlias = Annotated[tuple[SendToListEntry, ...], TypeName("Send-To-List-Type")]


#: Already-Tried-List-Type: the libraries that were asked already.
AlreadyTriedListType: TypeAlias = Annotated[tuple[SystemId, ...], TypeName("Already-Tried-List-Type")]


@sequence
class ThirdPartyInfoType:
    """Third-Party-Info-Type: what an intermediary may do with the request, and who was or should be asked."""

    permission_to_forward: Annotated[bool, Implicit(0)] = False
    permission_to_chain: Annotated[bool, Implicit(1)] = False
    permission_to_partition: Annotated[bool, Implicit(2)] = False
    permission_to_change_send_to_list: Annotated[bool, Implicit(3)] = False
    initial_requester_address: Annotated[SystemAddress | None, Implicit(4)] = None
    preference: Annotated[Preference, Implicit(5)] = Preference.UNORDERED
    send_to_list: Annotated[SendToListType | None, Implicit(6)] = None
    already_tried_list: Annotated[AlreadyTriedListType | None, Implicit(7)] = None


@sequence
class SupplyMediumInfoType:
    """Supply-Medium-Info-Type: a medium in which the borrower would take the item."""

    supply_medium_type: Annotated[SupplyMediumType, Implicit(0)]
    medium_characteristics: Annotated[ILLString | None, Explicit(1)] = None

"""The seven answers to a request."""

from typing import Annotated

from isoill.asn1 import Explicit, Implicit, choice, sequence
from isoill.types.common import LocationInfo, PostalAddress
from isoill.types.delivery import DeliveryService, ElectronicDeliveryService
from isoill.types.enums import (
    Conditions,
    MediumType,
    ReasonLocsProvided,
    ReasonNotAvailable,
    ReasonUnfilled,
    ReasonWillSupply,
)
from isoill.types.strings import ILLString, ISODate

__all__ = [
    "ConditionalResults",
    "EstimateResults",
    "HoldPlacedResults",
    "LocationsResults",
    "ResultsExplanation",
    "RetryResults",
    "UnfilledResults",
    "WillSupplyResults",
]


@sequence
class ConditionalResults:
    """Conditional-Results: the lender would supply if the borrower agrees."""

    conditions: Annotated[Conditions, Implicit(0)]
    date_for_reply: Annotated[ISODate | None, Implicit(1)] = None
    locations: Annotated[tuple[LocationInfo, ...] | None, Implicit(2)] = None
    proposed_delivery_service: DeliveryService | None = None


@sequence
class RetryResults:
    """Retry-Results: the lender might supply later."""

    reason_not_available: Annotated[ReasonNotAvailable | None, Implicit(0)] = None
    retry_date: Annotated[ISODate | None, Implicit(1)] = None
    locations: Annotated[tuple[LocationInfo, ...] | None, Implicit(2)] = None


@sequence
class UnfilledResults:
    """Unfilled-Results: the lender does not supply."""

    reason_unfilled: Annotated[ReasonUnfilled, Implicit(0)]
    locations: Annotated[tuple[LocationInfo, ...] | None, Implicit(1)] = None


@sequence
class LocationsResults:
    """Locations-Results: the lender names others that may supply."""

    reason_locs_provided: Annotated[ReasonLocsProvided | None, Implicit(0)] = None
    locations: Annotated[tuple[LocationInfo, ...], Implicit(1)]


@sequence
class WillSupplyResults:
    """Will-Supply-Results: the lender will supply, not at once."""

    reason_will_supply: Annotated[ReasonWillSupply, Explicit(0)]
    supply_date: Annotated[ISODate | None, Explicit(1)] = None
    return_to_address: Annotated[PostalAddress | None, Explicit(2)] = None
    locations: Annotated[tuple[LocationInfo, ...] | None, Implicit(3)] = None
    electronic_delivery_service: Annotated[ElectronicDeliveryService | None, Explicit(4)] = None


@sequence
class HoldPlacedResults:
    """Hold-Placed-Results: the lender has queued the request."""

    estimated_date_available: Annotated[ISODate, Implicit(0)]
    hold_placed_medium_type: Annotated[MediumType | None, Implicit(1)] = None
    locations: Annotated[tuple[LocationInfo, ...] | None, Implicit(2)] = None


@sequence
class EstimateResults:
    """Estimate-Results: the lender says what it would cost."""

    cost_estimate: Annotated[ILLString, Explicit(0)]
    locations: Annotated[tuple[LocationInfo, ...] | None, Implicit(1)] = None


@choice(name="ILL-Answer.results-explanation")
class ResultsExplanation:
    """The details of an answer, one form for each of the seven, in ILL-Answer.

    >>> from isoill.types import ReasonUnfilled
    >>> ResultsExplanation(unfilled_results=UnfilledResults(reason_unfilled=ReasonUnfilled.NOT_OWNED))
    ResultsExplanation(unfilled_results=UnfilledResults(reason_unfilled=ReasonUnfilled.NOT_OWNED))
    """

    conditional_results: Annotated[ConditionalResults | None, Explicit(1)] = None
    retry_results: Annotated[RetryResults | None, Explicit(2)] = None
    unfilled_results: Annotated[UnfilledResults | None, Explicit(3)] = None
    locations_results: Annotated[LocationsResults | None, Explicit(4)] = None
    will_supply_results: Annotated[WillSupplyResults | None, Explicit(5)] = None
    hold_placed_results: Annotated[HoldPlacedResults | None, Explicit(6)] = None
    estimate_results: Annotated[EstimateResults | None, Explicit(7)] = None

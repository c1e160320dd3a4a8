"""Status and error reports."""

from typing import Annotated

from isoill.asn1 import Explicit, Implicit, Name, choice, sequence
from isoill.types.common import SystemAddress, SystemId
from isoill.types.enums import (
    CurrentState,
    GeneralProblem,
    ILLAPDUType,
    IntermediaryProblem,
    MostRecentService,
    ReportSource,
    ShippedServiceType,
    TransactionIdProblem,
    TransactionResults,
    UnableToPerform,
)
from isoill.types.strings import ILLString, ISODate, SecurityProblem

__all__ = [
    "AlreadyForwarded",
    "ErrorReport",
    "HistoryReport",
    "ProviderErrorReport",
    "StateTransitionProhibited",
    "StatusReport",
    "UserErrorReport",
]


@sequence
class HistoryReport:
    """History-Report: what has happened in a transaction so far."""

    date_requested: Annotated[ISODate | None, Implicit(0)] = None
    author: Annotated[ILLString | None, Explicit(1)] = None
    title: Annotated[ILLString | None, Explicit(2)] = None
    author_of_article: Annotated[ILLString | None, Explicit(3)] = None
    title_of_article: Annotated[ILLString | None, Explicit(4)] = None
    date_of_last_transition: Annotated[ISODate, Implicit(5)]
    most_recent_service: Annotated[MostRecentService, Implicit(6)]
    date_of_most_recent_service: Annotated[ISODate, Implicit(7)]
    initiator_of_most_recent_service: Annotated[SystemId, Implicit(8)]
    shipped_service_type: Annotated[ShippedServiceType | None, Implicit(9)] = None
    transaction_results: Annotated[TransactionResults | None, Implicit(10)] = None
    most_recent_service_note: Annotated[ILLString | None, Explicit(11)] = None


@sequence
class StatusReport:
    """Status-Report: the history of a transaction and the state it is in."""

    user_status_report: Annotated[HistoryReport, Implicit(0)]
    provider_status_report: Annotated[CurrentState, Implicit(1)]


@sequence
class AlreadyForwarded:
    """Already-Forwarded: the request went on to another library already."""

    responder_id: Annotated[SystemId, Implicit(0)]
    responder_address: Annotated[SystemAddress | None, Implicit(1)] = None


@choice
class UserErrorReport:
    """User-Error-Report: an error found by the library."""

    already_forwarded: Annotated[AlreadyForwarded | None, Implicit(0)] = None
    intermediary_problem: Annotated[IntermediaryProblem | None, Implicit(1)] = None
    security_problem: Annotated[SecurityProblem | None, Explicit(2)] = None
    unable_to_perform: Annotated[UnableToPerform | None, Implicit(3)] = None


@sequence
class StateTransitionProhibited:
    """State-Transition-Prohibited: an APDU that may not come in this state."""

    apdu_type: Annotated[ILLAPDUType, Implicit(0), Name("aPDU-type")]
    current_state: Annotated[CurrentState, Implicit(1)]


@choice
class ProviderErrorReport:
    """Provider-Error-Report: an error found by the ILL system."""

    general_problem: Annotated[GeneralProblem | None, Implicit(0)] = None
    transaction_id_problem: Annotated[TransactionIdProblem | None, Implicit(1)] = None
    state_transition_prohibited: Annotated[StateTransitionProhibited | None, Implicit(2)] = None


@sequence
class ErrorReport:
    """Error-Report: what was wrong with a message, and whose side found it."""

    correlation_information: Annotated[ILLString, Explicit(0)]
    report_source: Annotated[ReportSource, Implicit(1)]
    user_error_report: Annotated[UserErrorReport | None, Explicit(2)] = None
    provider_error_report: Annotated[ProviderErrorReport | None, Explicit(3)] = None

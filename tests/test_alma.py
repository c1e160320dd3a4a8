"""Alma's table of events, each run from end to end over octets: what Alma sends and takes as either side.

Every message goes as BER, is read leniently, and is one that the profile of Alma does not refuse.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TypeAlias

import pytest

import isoill
from isoill import (
    Apdu,
    ExpiryFlag,
    ILLRequest,
    ReasonUnfilled,
    Role,
    SearchType,
    Severity,
    State,
    SystemId,
    Transaction,
)
from isoill.profiles import Support
from tests.parties import DUE, asked

ALMA = isoill.get_profile("alma")
TODAY = datetime.datetime(2026, 11, 22, 9, 30)
EXPIRES = SearchType(expiry_flag=ExpiryFlag.OTHER_DATE, expiry_date="20261201")
LATER = datetime.datetime(2026, 12, 2, 3, 0)

Maker: TypeAlias = Callable[[Transaction, datetime.datetime], Apdu]


def expired(tx: Transaction, now: datetime.datetime) -> Apdu:
    reply = tx.expire(today=LATER).reply
    assert reply is not None
    return reply


#: Each line of the table: who, what, and the states of requester and responder after it.
REQUEST = ("requester", None, State.PENDING, State.IN_PROCESS)
SHIPPED = ("responder", lambda tx, now: tx.shipped(date_due=DUE, now=now), State.SHIPPED, State.SHIPPED)
RECEIVED = ("requester", lambda tx, now: tx.received(now=now), State.RECEIVED, State.SHIPPED)
RENEW = ("requester", lambda tx, now: tx.renew(desired_due_date=DUE, now=now), State.RENEW_PENDING, State.RENEW_PENDING)
RETURNED = ("requester", lambda tx, now: tx.returned(now=now), State.RETURNED, State.SHIPPED)
CHECKED_IN = ("responder", lambda tx, now: tx.checked_in(now=now), State.RETURNED, State.CHECKED_IN)
CANCEL = ("requester", lambda tx, now: tx.cancel(now=now), State.CANCEL_PENDING, State.CANCEL_PENDING)


def line(who: str, make: Maker, requester: State, responder: State) -> tuple[str, Maker, State, State]:
    return who, make, requester, responder


CONVERSATIONS: dict[str, list[tuple[str, Maker | None, State, State]]] = {
    "a loan": [REQUEST, SHIPPED, RECEIVED, RETURNED, CHECKED_IN],
    "a loan with messages": [
        REQUEST,
        line("requester", lambda tx, now: tx.message("when?", now=now), State.PENDING, State.IN_PROCESS),
        line("responder", lambda tx, now: tx.message("soon", now=now), State.PENDING, State.IN_PROCESS),
        SHIPPED,
        RECEIVED,
        RETURNED,
        CHECKED_IN,
    ],
    "unfilled": [
        REQUEST,
        line(
            "responder",
            lambda tx, now: tx.unfilled(ReasonUnfilled.NOT_ON_SHELF, now=now),
            State.NOT_SUPPLIED,
            State.NOT_SUPPLIED,
        ),
    ],
    "expired": [REQUEST, line("responder", expired, State.NOT_SUPPLIED, State.NOT_SUPPLIED)],
    "cancelled": [
        REQUEST,
        CANCEL,
        line("responder", lambda tx, now: tx.cancel_reply(answer=True, now=now), State.CANCELLED, State.CANCELLED),
    ],
    "not cancelled": [
        REQUEST,
        CANCEL,
        line("responder", lambda tx, now: tx.cancel_reply(answer=False, now=now), State.PENDING, State.IN_PROCESS),
        SHIPPED,
        RECEIVED,
        RETURNED,
        CHECKED_IN,
    ],
    "renewed": [
        REQUEST,
        SHIPPED,
        RECEIVED,
        RENEW,
        line(
            "responder",
            lambda tx, now: tx.renew_answer(answer=True, date_due="20270131", now=now),
            State.RECEIVED,
            State.SHIPPED,
        ),
        RETURNED,
        CHECKED_IN,
    ],
    "not renewed": [
        REQUEST,
        SHIPPED,
        RECEIVED,
        RENEW,
        line("responder", lambda tx, now: tx.renew_answer(answer=False, now=now), State.RECEIVED, State.SHIPPED),
        RETURNED,
        CHECKED_IN,
    ],
    "checked in without a Returned": [
        REQUEST,
        SHIPPED,
        RECEIVED,
        line("responder", lambda tx, now: tx.checked_in(now=now), State.RECEIVED, State.CHECKED_IN),
    ],
}


def request() -> ILLRequest:
    return asked(
        requester_id=SystemId.of("exl:OURS"),
        responder_id=SystemId.of("exl:THEIRS"),
        search_type=EXPIRES,
        service_date_time=isoill.ServiceDateTime.of(TODAY),
    )


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_events_of_alma(conversation: list[tuple[str, Maker | None, State, State]]) -> None:
    sides = {each: Transaction(role=each) for each in ("requester", "responder")}
    now = TODAY
    for who, make, requester, responder in conversation:
        sender, receiver = sides[who], sides["responder" if who == "requester" else "requester"]
        apdu = request() if make is None else make(sender, now)
        if not isinstance(apdu, isoill.Expired):  # which `expire` has sent
            sender.send(apdu)
        examination = isoill.examine(isoill.encode(apdu))
        assert examination.deviations == ()
        findings = ALMA.check(examination.apdu, role=who, transport="connection", today=now.date())
        assert [each for each in findings if each.severity is Severity.REFUSED] == []
        step = receiver.receive(examination.apdu, now=now)
        assert (step.reply, step.lenient) == (None, False)
        assert (sides["requester"].state, sides["responder"].state) == (requester, responder)
        now += datetime.timedelta(days=1)
    assert all(side.ended for side in sides.values())


def test_the_conversations_have_every_event_of_the_table() -> None:
    sent: dict[Role, set[str]] = {Role.REQUESTER: set(), Role.RESPONDER: set()}
    for conversation in CONVERSATIONS.values():
        sides = {each: Transaction(role=each) for each in ("requester", "responder")}
        for who, make, _, _ in conversation:
            sender, receiver = sides[who], sides["responder" if who == "requester" else "requester"]
            apdu = request() if make is None else make(sender, TODAY)
            if not isinstance(apdu, isoill.Expired):
                sender.send(apdu)
            receiver.receive(apdu)
        for side in sides.values():
            sent[side.side] |= {step.event.split(" ")[0] for step in side.history if step.direction == "send"}
    for service in ALMA.services:
        if service.support is not Support.REFUSED:
            assert service.name in sent[service.sender], service

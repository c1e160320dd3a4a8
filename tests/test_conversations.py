"""Conversations of two sides over a bad channel: whatever happens to the messages, the two ends fit each other."""

from __future__ import annotations

import sys

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import isoill
from isoill import Event, Role, State
from tests.conftest import IN_CI
from tests.parties import Parties, asked, moves

ROLES = st.sampled_from([Role.REQUESTER, Role.RESPONDER])
NUMBERS = st.integers(0, 359)


class Conversation(RuleBasedStateMachine):
    """Each side does what its menu has.  Some begin with a request that came, or with an item that was lent."""

    parties: Parties

    @initialize(lent=st.integers(0, 3), copy=st.booleans(), forwardable=st.booleans())
    def begin(self, lent: int, copy: bool, forwardable: bool) -> None:
        third = isoill.ThirdPartyInfoType(permission_to_forward=forwardable)
        self.parties = Parties(asked(third_party_info_type=third), copy=copy)
        for role, event in ((Role.RESPONDER, None), (Role.RESPONDER, Event.SHIPPED), (Role.REQUESTER, Event.RECEIVED))[
            :lent
        ]:
            if event is not None:
                self.parties.send(role, event)
            self.parties.settle()

    @rule(role=ROLES, number=NUMBERS)
    def send(self, role: Role, number: int) -> None:
        menu = moves(self.parties.side(role))
        if menu:
            self.parties.send(role, menu[number % len(menu)])

    @rule(role=ROLES, number=NUMBERS)
    def tell(self, role: Role, number: int) -> None:
        """Send something, and all arrives."""
        self.send(role, number)
        self.parties.settle()

    @rule(role=ROLES, number=NUMBERS)
    def repeat(self, role: Role, number: int) -> None:
        self.parties.repeat(role, number)

    @rule(role=ROLES)
    def deliver(self, role: Role) -> None:
        self.parties.deliver_to(role)


class GoodChannel(Conversation):
    """Over a channel that keeps the order nobody refuses anything."""

    def teardown(self) -> None:
        if hasattr(self, "parties"):
            self.parties.settle()
            self.parties.check(settled=Event.FORWARD not in seen_by(self.parties))
            self.parties.check_kept()
            refused = [error for error in self.parties.refused if error.state is not State.FORWARD]
            assert refused == []


def seen_by(parties: Parties) -> set[Event]:
    return {step.event for step in parties.responder.history}


class BadChannel(Conversation):
    """Whatever a channel does that loses, repeats and reorders, the two ends fit each other."""

    @rule(number=NUMBERS)
    def deliver_any(self, number: int) -> None:
        self.parties.deliver(number)

    @rule(number=NUMBERS)
    def deliver_and_keep(self, number: int) -> None:
        self.parties.deliver(number, keep=True)

    @rule(number=NUMBERS)
    def lose(self, number: int) -> None:
        self.parties.lose(number)

    @rule(role=ROLES, number=NUMBERS)
    def say_again(self, role: Role, number: int) -> None:
        """A repeat that does not say that it is one."""
        repeats = self.parties.side(role).repeats
        if repeats:
            self.parties.send(role, repeats[number % len(repeats)])

    @invariant()
    def the_two_ends_are_compatible(self) -> None:
        if hasattr(self, "parties"):
            self.parties.check()

    def teardown(self) -> None:
        if hasattr(self, "parties"):
            self.parties.settle()
            self.parties.check()


#: Ten thousand conversations where it is asked for, once: the other versions of Python would have the same.
CONVERSATIONS = 10_000 if IN_CI and sys.version_info[:2] == (3, 11) else 500

TestBadChannel = BadChannel.TestCase
TestBadChannel.settings = settings(max_examples=CONVERSATIONS, stateful_step_count=20)
TestGoodChannel = GoodChannel.TestCase
TestGoodChannel.settings = settings(max_examples=CONVERSATIONS // 10, stateful_step_count=20)

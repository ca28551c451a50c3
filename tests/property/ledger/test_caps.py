"""Yearly caps over random histories of holds, merges, splits and successions, beside a model of a few dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from core.db import session, transaction
from core.errors import DomainError
from core.invariants import verify
from core.permissions import SYSTEM
from settlement import queries, steps
from settlement.queries.invariants import INVARIANTS
from settlement.rules.chart import Cap
from tests.factories.settlement import JANUARY, new_order_id
from tests.property.ledger.test_histories import undone

CAP_FEN = 1_000
YEAR = 2026
NEXT_YEAR = 2027
PROGRAMME = "city_plus"
CAPS = {None: CAP_FEN, PROGRAMME: CAP_FEN}

Pick = st.integers(0, 10**6)


@dataclass
class Group:
    """One group or team: its orders, and what it carries of groups it left, by order."""

    orders: dict[int, int] = field(default_factory=dict)
    carried: dict[int, int] = field(default_factory=dict)

    @property
    def use(self) -> int:
        """What counts against its cap."""
        return sum(self.orders.values()) + sum(self.carried.values())


@dataclass
class Told:
    """The model and the ledger, told the same."""

    programme: str | None
    groups: dict[str, Group] = field(default_factory=dict)
    live: dict[int, str] = field(default_factory=dict)
    founded: int = 0

    def found(self, owner: str | None = None) -> str:
        self.founded += 1
        name = owner or f"controller:{self.founded}"
        self.groups[name] = Group()
        return name

    def owner(self, pick: int) -> str:
        return sorted(self.groups)[pick % len(self.groups)]

    def grant(self, one: int, two: int) -> None:
        owner, wanted, order_id = self.owner(one), two % 700 + 1, new_order_id()
        with transaction():
            granted = steps.grant_hold(
                order_id=order_id,
                cap_owner=owner,
                year=YEAR,
                wanted_fen=wanted,
                cap_fen=CAP_FEN,
                programme=self.programme,
                actor=SYSTEM,
                now=JANUARY,
            )
        assert granted == min(wanted, max(0, CAP_FEN - self.groups[owner].use))
        if granted:
            self.groups[owner].orders[order_id] = granted
            self.live[order_id] = owner

    def lower(self, one: int, two: int) -> None:
        order_id, group = self.picked(one)
        held = group.orders[order_id]
        with transaction():
            steps.reduce_hold(order_id=order_id, to_fen=two % held, programme=self.programme, actor=SYSTEM, now=JANUARY)
        self.counts(order_id, group, two % held)
        if two % held == 0:
            del self.live[order_id]

    def consume(self, one: int, two: int) -> None:
        order_id, group = self.picked(one)
        amount = two % (group.orders[order_id] + 1)
        with transaction():
            steps.consume_hold(
                order_id=order_id, amount_fen=amount, programme=self.programme, actor=SYSTEM, now=JANUARY
            )
        self.counts(order_id, group, amount)
        del self.live[order_id]

    def move_away(self, one: int, two: int) -> None:
        """A claim handed in in the next year leaves this one's cap."""
        order_id, group = self.picked(one)
        with transaction():
            steps.move_hold(
                order_id=order_id,
                to_year=NEXT_YEAR,
                cap_fen=10**9,
                programme=self.programme,
                actor=SYSTEM,
                now=JANUARY,
            )
        self.counts(order_id, group, 0)
        del group.orders[order_id], self.live[order_id]

    def merge(self, one: int, two: int) -> None:
        absorbed, into = self.owner(one), self.owner(two)
        if absorbed == into:
            return
        with transaction():
            steps.merge_caps(
                source=f"change:{new_order_id()}",
                absorbed=absorbed,
                into=into,
                from_year=YEAR,
                caps=CAPS,
                actor=SYSTEM,
                now=JANUARY,
            )
        gone, grown = self.groups.pop(absorbed), self.groups[into]
        grown.orders |= gone.orders
        every = gone.carried | grown.carried
        grown.carried = {order: fen for order, fen in every.items() if order not in grown.orders}
        self.live = {order: into if owner == absorbed else owner for order, owner in self.live.items()}

    def split(self, one: int, two: int) -> None:
        """Some leave for a controller nobody knew, every other time for one that has use of its own."""
        left = self.owner(one)
        self.leave(left, self.found() if two % 2 else self.owner(two))

    def leave(self, left: str, heir: str) -> None:
        with transaction():
            steps.carry_caps(
                source=f"change:{new_order_id()}",
                left=left,
                heir=heir,
                from_year=YEAR,
                caps=CAPS,
                actor=SYSTEM,
                now=JANUARY,
            )
        joined = self.groups[heir]
        every = self.groups[left].carried | self.groups[left].orders
        joined.carried |= {order: fen for order, fen in every.items() if fen and order not in joined.orders}

    def succeed(self, one: int, two: int) -> None:
        """A team with some use goes into a group."""
        team = self.found(f"team:{self.founded + 1}")
        self.grant(sorted(self.groups).index(team), two)
        self.merge(sorted(self.groups).index(team), one)

    def counts(self, order_id: int, group: Group, fen: int) -> None:
        """What a hold came down to counts wherever it does."""
        group.orders[order_id] = fen
        for other in self.groups.values():
            if order_id in other.carried:
                other.carried[order_id] = fen

    def picked(self, pick: int) -> tuple[int, Group]:
        order_id = sorted(self.live)[pick % len(self.live)]
        return order_id, self.groups[self.live[order_id]]

    def check(self) -> None:
        for owner, group in self.groups.items():
            assert queries.cap_used(Cap(owner, YEAR, self.programme)) == group.use, owner


ACTIONS: list[Callable[[Told, int, int], None]] = [
    Told.grant,
    Told.grant,
    Told.lower,
    Told.consume,
    Told.move_away,
    Told.merge,
    Told.split,
    Told.succeed,
]


@settings(max_examples=30)
@given(
    programme=st.sampled_from([None, PROGRAMME]),
    history=st.lists(st.tuples(st.sampled_from(ACTIONS), Pick, Pick), min_size=4, max_size=25),
)
def test_caps_hold_over_any_history_of_merges_splits_and_successions(
    app: Flask, programme: str | None, history: list[tuple[Callable[[Told, int, int], None], int, int]]
) -> None:
    with undone():
        told = Told(programme)
        for _ in range(3):
            told.found()
        for action, one, two in history:
            try:
                action(told, one, two)
            except (DomainError, ZeroDivisionError):
                continue
            told.check()
        session().flush()
        assert verify(INVARIANTS) == []

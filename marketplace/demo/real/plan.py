"""Which orders there will be: by whom, of what, how far they come and what befalls them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import cycle

from core.clock import SHANGHAI
from marketplace.demo.real import cast, timeline
from marketplace.demo.real.cast import Cast
from marketplace.demo.real.deals import Deal, Member, Offered, Slot, Stage, Turn
from marketplace.demo.real.offers import Catalogue
from vouchers.rules.facts import PaymentMode

DIRECT, FULL = PaymentMode.DIRECT_DEDUCTION, PaymentMode.FULL_PAYMENT
UNMET_NEED = "省内暂无同型号设备可用于该方法"
FIRMS_A_WAVE = (16, 18, 14)
LEAST_FEN, GREATEST_FEN = 200_000, 6_000_000
FIRST_HOUR, LAST_HOUR, SLOT_HOURS = 8, 20, 2


@dataclass(frozen=True)
class Kind:
    """So many orders of one kind, in direct deduction and in full payment; ``by_hour`` books instrument time."""

    direct: int
    full: int
    goes_to: Stage = Stage.CONFIRMED
    turn: Turn = Turn.NONE
    by_hour: bool = False


FIRST_WAVE = [
    Kind(26, 26),
    Kind(5, 5, by_hour=True),
    Kind(2, 2, turn=Turn.LESS),
    Kind(1, 1, turn=Turn.LESS, by_hour=True),
    Kind(2, 2, turn=Turn.MORE),
    Kind(2, 2, Stage.PLACED, Turn.DECLINED),
    Kind(1, 1, Stage.PLACED, Turn.DECLINED, by_hour=True),
    Kind(2, 2, Stage.PLACED, Turn.LAPSED),
    Kind(0, 1, Stage.PLACED, Turn.CANCELLED, by_hour=True),
    Kind(1, 0, Stage.ACCEPTED, Turn.CANCELLED),
    Kind(1, 0, Stage.CONTRACTED, Turn.CANCELLED),
    Kind(1, 2, Stage.PAID, Turn.CANCELLED),
    Kind(0, 1, Stage.IN_SERVICE, Turn.CANCELLED),
]
SECOND_WAVE = [
    Kind(13, 13),
    Kind(3, 3, by_hour=True),
    Kind(2, 2, turn=Turn.LESS),
    Kind(3, 3, turn=Turn.MORE),
    Kind(4, 4, turn=Turn.RETURNED),
    Kind(1, 1, turn=Turn.OVERDUE),
    Kind(4, 2, turn=Turn.REJECTED),
    Kind(3, 3, turn=Turn.PARTIAL),
    Kind(1, 2, turn=Turn.SENT_BACK),
    Kind(1, 1, turn=Turn.SENT_BACK_REJECTED),
    Kind(1, 1, turn=Turn.WITHDRAWN),
    Kind(1, 2, Stage.PLACED, Turn.DECLINED),
    Kind(1, 1, Stage.PLACED, Turn.LAPSED),
    Kind(1, 1, Stage.PAID, Turn.CANCELLED),
    Kind(1, 1, Stage.IN_SERVICE, Turn.CANCELLED),
]
THIRD_WAVE = [
    Kind(2, 2, Stage.ACCEPTED),
    Kind(2, 2, Stage.CONTRACTED),
    Kind(2, 2, Stage.PAID),
    Kind(1, 1, Stage.IN_SERVICE),
    Kind(1, 1, Stage.IN_SERVICE, by_hour=True),
    Kind(2, 2, Stage.DELIVERED),
    Kind(2, 2, Stage.COMPLETED),
    Kind(2, 2, Stage.SUBMITTED),
    Kind(2, 2, Stage.REVIEWED),
    Kind(1, 2, Stage.SUMMARISED),
    Kind(6, 6),
]
LATEST = [Kind(3, 3, Stage.PLACED)]
"""Placed on the last day, so that nobody has answered them yet."""


@dataclass
class Plan:
    """The orders by wave; what scenes of their own add is appended to the wave it moves with."""

    first: list[Deal]
    second: list[Deal]
    third: list[Deal]
    latest: list[Deal]

    @property
    def everything(self) -> list[Deal]:
        """All orders of the story."""
        return [*self.first, *self.second, *self.third, *self.latest]


@dataclass
class Calendar:
    """Which hours of which instrument are still free in the plan."""

    next_hour: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(lambda: FIRST_HOUR))

    def take(self, instrument_id: int, day: date) -> Slot | None:
        """The next free slot of a day, None where the day is full."""
        hour = self.next_hour[instrument_id, day]
        if hour + SLOT_HOURS > LAST_HOUR:
            return None
        self.next_hour[instrument_id, day] = hour + SLOT_HOURS
        return Slot(datetime.combine(day, time(hour), SHANGHAI), SLOT_HOURS)


@dataclass
class Planner:
    """Draws firms, services and quantities, the same each time."""

    people: Cast
    offers: Catalogue
    chance: random.Random
    calendar: Calendar = field(default_factory=Calendar)

    def make(self) -> Plan:
        """Every wave with firms of its own, so that a debt in one wave blocks nobody in it."""
        chosen = self.chance.sample(self.people.eligible_firms, sum(FIRMS_A_WAVE))
        firms = [chosen[: FIRMS_A_WAVE[0]], chosen[FIRMS_A_WAVE[0] : sum(FIRMS_A_WAVE[:2])], chosen[-FIRMS_A_WAVE[2] :]]
        return Plan(
            first=self._wave(FIRST_WAVE, firms[0], timeline.FIRST.served),
            second=[
                *self._wave(SECOND_WAVE, firms[1], timeline.SECOND.served),
                *self._team(),
                *self._outside(firms[1]),
            ],
            third=self._wave(THIRD_WAVE, firms[2], timeline.THIRD.served),
            latest=self._wave(LATEST, firms[2], timeline.LAST_DAY),
        )

    def deal(self, member: Member, service: Offered, mode: PaymentMode, worth_fen: int) -> Deal:
        """An order worth about so much."""
        quantity = Decimal(max(2, worth_fen // service.unit_price_fen))
        return Deal(member, member.username, member.username, service, quantity, mode)

    def _wave(self, kinds: Sequence[Kind], firms: Sequence[Member], served: date) -> list[Deal]:
        turns = cycle(firms)
        return [deal for kind in kinds for deal in self._of_kind(kind, turns, served)]

    def _of_kind(self, kind: Kind, firms: Iterator[Member], served: date) -> Iterator[Deal]:
        for mode in [DIRECT] * kind.direct + [FULL] * kind.full:
            deal = self._any(next(firms), mode)
            if kind.by_hour:
                deal = self._booking(deal.beneficiary, mode, served)
            deal.goes_to, deal.turn = kind.goes_to, kind.turn
            yield deal

    def _any(self, firm: Member, mode: PaymentMode) -> Deal:
        worth = self.chance.randrange(LEAST_FEN, GREATEST_FEN)
        return self.deal(firm, self.chance.choice(self.offers.listed), mode, worth)

    def _booking(self, firm: Member, mode: PaymentMode, day: date) -> Deal:
        for service in self.offers.by_hour:
            if service.instrument_id is None:
                continue
            slot = self.calendar.take(service.instrument_id, day)
            if slot is not None:
                quantity = Decimal(slot.hours)
                return Deal(firm, firm.username, firm.username, service, quantity, mode, slot=slot)
        raise LookupError(f"more bookings planned on {day} than the instruments have hours")

    def _team(self) -> list[Deal]:
        """The team orders itself and through its incubator; its incubator claims what it paid in full (V16 team)."""
        team = self.people.team
        deals = []
        for mode, by in ((FULL, team.username), (FULL, cast.INCUBATOR), (DIRECT, team.username)):
            deal = self._any(team, mode)
            deal.by, deal.claimed_by = by, cast.INCUBATOR
            deals.append(deal)
        return deals

    def _outside(self, firms: Sequence[Member]) -> list[Deal]:
        """From outside the province: full payment, and only for a need it cannot meet (V16 out)."""
        deals = []
        for firm, service in zip(firms, self.offers.outside, strict=False):
            deal = self.deal(firm, service, FULL, LEAST_FEN * 5)
            deal.unmet_need = UNMET_NEED
            deals.append(deal)
        return deals

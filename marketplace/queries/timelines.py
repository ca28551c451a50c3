"""The story of an order: who did what and when, what waits now, with whom and until when, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from accounts.permissions import Role
from accounts.queries import acts_for
from accounts.queries.names import usernames
from core.audit import AuditEntry, history
from core.db import session
from core.permissions import SYSTEM, Actor
from core.workdays import Countdown, WorkingCalendar, load_calendar
from marketplace.models import Order
from marketplace.queries.completion import completion_due
from marketplace.states import PAYABLE, OrderState
from settlement.queries import OrderMoney
from vouchers.models import Claim
from vouchers.queries.claim_timelines import ClaimTimeline, Place, claim_timeline
from vouchers.queries.claims import dossier_of, visible_claims
from vouchers.rules.way import Holder, Station


class Party(StrEnum):
    """Whose turn it was or is."""

    BENEFICIARY = "beneficiary"
    PROVIDER = "provider"
    CITY_BUREAU = "city_bureau"
    PROVINCE = "province"
    FINANCE = "finance"
    SYSTEM = "system"


class Step(StrEnum):
    """What an order needs, in the order of the deal; ``shortfall`` only where a deduction was refused (V16(1)),
    ``repayment`` only where subsidy is clawed back."""

    ACCEPT = "accept"
    CONTRACT = "contract"
    PAY = "pay"
    START = "start"
    DELIVER = "deliver"
    COMPLETE = "complete"
    SHORTFALL = "shortfall"
    CLAIM = "claim"
    SUBSIDY = "subsidy"
    REPAYMENT = "repayment"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened. ``username`` is there for one's own people only: of the other side the role must do."""

    at: datetime
    action: str
    role: str
    party: Party
    username: str | None
    note: str | None
    state: str | None
    data: Mapping[str, Any]

    @property
    def consent_id(self) -> int | None:
        """The provider's standing consent that an acceptance rests on, if it does."""
        return self.data.get("consent_id")

    @property
    def moved_to(self) -> tuple[datetime, datetime] | None:
        """The slot that a booking was moved to, start and end, if this is what happened."""
        if "starts_at" not in self.data:
            return None
        return datetime.fromisoformat(self.data["starts_at"]), datetime.fromisoformat(self.data["ends_at"])


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits now, for whom, and by when it is to be done, where there is a day."""

    step: Step
    parties: tuple[Party, ...]
    due: Countdown | None = None

    @property
    def by(self) -> date | None:
        """The last day."""
        return None if self.due is None else self.due.last_day

    @property
    def overdue(self) -> bool:
        """Whether the last day is over."""
        return self.due is not None and self.due.overdue


@dataclass(frozen=True, slots=True)
class OrderTimeline:
    """``ahead`` are the steps after those that wait; none where the order has ended.

    ``claim`` is the way of its claim from completion on, where there is one in sight.
    """

    entries: Sequence[TimelineEntry]
    waiting: Sequence[Waiting]
    ahead: Sequence[Step]
    claim: ClaimTimeline | None = None


_PARTY_OF: Mapping[str, Party] = {
    Role.PROVIDER: Party.PROVIDER,
    Role.CITY_BUREAU: Party.CITY_BUREAU,
    Role.PROVINCE: Party.PROVINCE,
    SYSTEM.role: Party.SYSTEM,
}
"""Everybody else who acts on an order is on the user's side: enterprise, team, incubator."""

_PARTY_OF_HOLDER: Mapping[Holder, Party] = {
    Holder.BENEFICIARY: Party.BENEFICIARY,
    Holder.INCUBATOR: Party.BENEFICIARY,
    Holder.PROVIDER: Party.PROVIDER,
    Holder.CITY_BUREAU: Party.CITY_BUREAU,
    Holder.PROVINCE: Party.PROVINCE,
    Holder.FINANCE: Party.FINANCE,
}
"""An incubator hands in on its team's side."""

_STEP_AT = {Station.SUBMISSION: Step.CLAIM, Station.REPAYMENT: Step.REPAYMENT}
_STANDS_AT = {
    OrderState.PLACED: Step.ACCEPT,
    OrderState.ACCEPTED: Step.CONTRACT,
    OrderState.CONTRACTED: Step.START,
    OrderState.IN_SERVICE: Step.DELIVER,
    OrderState.DELIVERED: Step.COMPLETE,
}


_WAY = (Step.ACCEPT, Step.CONTRACT, Step.PAY, Step.START, Step.DELIVER, Step.COMPLETE)


def order_timeline(order: Order, *, money: OrderMoney, actor: Actor, today: date) -> OrderTimeline:
    """The story of an order found to be the actor's; the number of its queries does not grow with it."""
    own, calendar = acts_for(actor), load_calendar()
    claim = session().scalar(visible_claims(actor).where(Claim.order_id == order.id)) if order.completed_on else None
    way = None
    if claim is not None:
        found = dossier_of(claim, today=today, calendar=calendar)
        way = claim_timeline(found, actor=actor, today=today, own=own, calendar=calendar)
    waiting = list(_waiting(order, money, way, calendar, today))
    return OrderTimeline(_entries(order, own), waiting, _ahead(order, waiting), way)


def _entries(order: Order, own: set[int]) -> list[TimelineEntry]:
    entries = history(Order.__tablename__, order.id)
    colleagues = {entry.actor_user_id for entry in entries if entry.actor_organisation_id in own}
    names = usernames(number for number in colleagues if number is not None)
    return [_entry(entry, names) for entry in entries]


def _entry(entry: AuditEntry, names: Mapping[int, str]) -> TimelineEntry:
    note = entry.data.get("note")
    return TimelineEntry(
        at=entry.at,
        action=entry.action,
        role=entry.actor_role,
        party=_PARTY_OF.get(entry.actor_role, Party.BENEFICIARY),
        username=None if entry.actor_user_id is None else names.get(entry.actor_user_id),
        note=None if note is None else str(note),
        state=entry.to_state,
        data=entry.data,
    )


def _waiting(
    order: Order, money: OrderMoney, way: ClaimTimeline | None, calendar: WorkingCalendar, today: date
) -> Iterator[Waiting]:
    match order.state:
        case OrderState.PLACED:
            yield Waiting(Step.ACCEPT, (Party.PROVIDER,), calendar.countdown(today, order.respond_by))
        case OrderState.ACCEPTED:
            yield Waiting(Step.CONTRACT, _unsigned(order))
        case OrderState.CONTRACTED:
            yield Waiting(Step.START, (Party.PROVIDER,))
        case OrderState.IN_SERVICE:
            yield Waiting(Step.DELIVER, (Party.PROVIDER,), calendar.countdown(today, order.expected_completion))
        case OrderState.DELIVERED:
            last_day = completion_due(order)
            due = None if last_day is None else calendar.countdown(today, last_day)
            yield Waiting(Step.COMPLETE, (Party.BENEFICIARY, Party.PROVIDER), due)
    if order.state in PAYABLE and money.due_fen > 0:
        yield Waiting(Step.PAY, (Party.BENEFICIARY,))
    if money.shortfall_fen > 0:
        yield Waiting(Step.SHORTFALL, (Party.BENEFICIARY,))
    if way is not None and way.now is not None:
        yield _of_claim(way.now)


def _unsigned(order: Order) -> tuple[Party, ...]:
    signed = {Party.BENEFICIARY: order.beneficiary_signed_at, Party.PROVIDER: order.provider_signed_at}
    return tuple(party for party, at in signed.items() if at is None)


def _of_claim(place: Place) -> Waiting:
    """A claim waits for who hands it in, for an office, or for who pays back."""
    return Waiting(_STEP_AT.get(place.station, Step.SUBSIDY), (_PARTY_OF_HOLDER[place.holder],), place.due)


def _ahead(order: Order, waiting: Sequence[Waiting]) -> list[Step]:
    """The steps that follow; a claim only where a voucher pays a part."""
    at = _STANDS_AT.get(order.state)
    waits = {each.step for each in waiting}
    if at is None:
        return [Step.SUBSIDY] if Step.CLAIM in waits else []
    way = [*_WAY, *([Step.CLAIM, Step.SUBSIDY] if order.subsidy_fen > 0 else [])]
    return [step for step in way[way.index(at) + 1 :] if step not in waits]

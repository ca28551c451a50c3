"""What a provider asks of bookings of an instrument, and what of it a slot or a user's other bookings offend.

Lengths are minutes, quotas count the booked time without buffers. Weeks begin on Monday, weeks and months are those of
Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.clock import SHANGHAI, add_months, start_of_day, today
from core.errors import Reason, reason
from instruments.rules.opening import MINUTES_A_DAY, Interval

SHARING_RULES = "V10"
"""Providers publish their own rules of sharing; what they ask of bookings is part of them."""
MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRules:
    """What is asked of every booking of an instrument; None asks nothing, and the pack's limits hold anyway.

    Starts lie on multiples of ``step_minutes`` after midnight, and lengths are multiples of it. ``before_minutes`` and
    ``after_minutes`` are kept free around each booking. A quota is of one user organisation: hours in a week and a
    month, and bookings that have not ended. ``makeup_weekday``: as which weekday (1 Monday … 7 Sunday) the instrument
    opens on a weekend day that is worked. ``qualified_only``: for users whom the provider has trained or
    approved (ADR 0233).
    """

    min_minutes: int | None = None
    max_minutes: int | None = None
    step_minutes: int | None = None
    before_minutes: int = 0
    after_minutes: int = 0
    lead_minutes: int = 0
    horizon_days: int | None = None
    week_hours: int | None = None
    month_hours: int | None = None
    open_bookings: int | None = None
    closed_on_holidays: bool = False
    makeup_weekday: int | None = None
    qualified_only: bool = False

    @property
    def has_quota(self) -> bool:
        """Whether what a user has booked already counts."""
        return not (self.week_hours is None and self.month_hours is None and self.open_bookings is None)

    def held(self, slot: Interval) -> Interval:
        """The slot with the time that is kept free around it."""
        before, after = timedelta(minutes=self.before_minutes), timedelta(minutes=self.after_minutes)
        return Interval(slot.start - before, slot.end + after)

    def reach(self, horizon: timedelta) -> timedelta:
        """How far ahead a booking may begin, where the pack allows ``horizon``."""
        return horizon if self.horizon_days is None else min(horizon, timedelta(days=self.horizon_days))


NO_RULES = BookingRules()


def rules_faults(rules: BookingRules, *, longest: timedelta, horizon: timedelta) -> list[Reason]:
    """Every way in which rules contradict themselves, or ask for what the pack's limits never allow."""
    faults = []
    least, most, step = rules.min_minutes or 1, rules.max_minutes, rules.step_minutes or 1
    pack_most = int(longest / timedelta(minutes=1))
    if most is not None and most < least:
        faults.append(reason("rules_length_reversed", field="max_minutes"))
    elif -(-least // step) * step > min(most or pack_most, pack_most):
        faults.append(reason("rules_no_length", field="step_minutes" if rules.step_minutes else "min_minutes"))
    if MINUTES_A_DAY % step:
        faults.append(reason("rules_step_uneven", field="step_minutes"))
    if timedelta(minutes=rules.lead_minutes) > rules.reach(horizon):
        faults.append(reason("rules_lead_past_horizon", field="lead_minutes"))
    if rules.week_hours is not None and rules.month_hours is not None and rules.month_hours < rules.week_hours:
        faults.append(reason("rules_quota_reversed", field="month_hours"))
    return faults


def length_faults(slot: Interval, rules: BookingRules) -> Iterator[Reason]:
    """Too short or long a slot, or one off the grid."""
    minutes = (slot.end - slot.start) / timedelta(minutes=1)
    step = rules.step_minutes
    if rules.min_minutes is not None and minutes < rules.min_minutes:
        yield reason(
            "slot_too_short", article=SHARING_RULES, field="ends_at", length=hours_and_minutes(rules.min_minutes)
        )
    if rules.max_minutes is not None and minutes > rules.max_minutes:
        yield reason(
            "slot_longer_than_offered",
            article=SHARING_RULES,
            field="ends_at",
            length=hours_and_minutes(rules.max_minutes),
        )
    if step is not None and (slot.start - start_of_day(today(slot.start))) % timedelta(minutes=step):
        yield reason("slot_off_grid", article=SHARING_RULES, field="starts_at", minutes=step)
    if step is not None and minutes % step:
        yield reason("slot_length_off_grid", article=SHARING_RULES, field="ends_at", minutes=step)


def lead_faults(slot: Interval, rules: BookingRules, *, now: datetime) -> Iterator[Reason]:
    """A slot that begins sooner than the provider can be ready."""
    if now <= slot.start < now + timedelta(minutes=rules.lead_minutes):
        yield reason(
            "slot_too_soon", article=SHARING_RULES, field="starts_at", length=hours_and_minutes(rules.lead_minutes)
        )


def quota_faults(slot: Interval, own: Sequence[Interval], rules: BookingRules, *, now: datetime) -> Iterator[Reason]:
    """What a further slot of a user with the bookings ``own`` would exceed; each week and month it touches counts."""
    if rules.open_bookings is not None and sum(each.end > now for each in own) >= rules.open_bookings:
        yield reason("slot_quota_open", article=SHARING_RULES, field="starts_at", count=rules.open_bookings)
    booked = (*own, slot)
    if rules.week_hours is not None and _most(booked, weeks_of(slot)) > timedelta(hours=rules.week_hours):
        yield reason("slot_quota_week", article=SHARING_RULES, field="ends_at", hours=rules.week_hours)
    if rules.month_hours is not None and _most(booked, months_of(slot)) > timedelta(hours=rules.month_hours):
        yield reason("slot_quota_month", article=SHARING_RULES, field="ends_at", hours=rules.month_hours)


def hours_and_minutes(minutes: int) -> str:
    """A length as h:mm."""
    return f"{minutes // MINUTES_AN_HOUR}:{minutes % MINUTES_AN_HOUR:02d}"


def counted_since(slot_start: datetime, now: datetime) -> datetime:
    """From when on a user's bookings count towards a quota."""
    day = today(slot_start)
    return min(now, start_of_day(min(_monday(day), day.replace(day=1))))


def _most(bookings: Sequence[Interval], periods: Iterable[Interval]) -> timedelta:
    return max(booked_within(bookings, each) for each in periods)


def booked_within(bookings: Sequence[Interval], period: Interval) -> timedelta:
    """How much of a period bookings take up."""
    within = (min(each.end, period.end) - max(each.start, period.start) for each in bookings if each.overlaps(period))
    return sum(within, timedelta())


def weeks_of(slot: Interval) -> Iterator[Interval]:
    """The weeks that a period touches."""
    day, end = _monday(today(slot.start)), slot.end.astimezone(SHANGHAI).date()
    while day <= end:
        yield Interval(start_of_day(day), start_of_day(day + timedelta(days=7)))
        day += timedelta(days=7)


def months_of(slot: Interval) -> Iterator[Interval]:
    """The months that a period touches."""
    day, end = today(slot.start).replace(day=1), slot.end.astimezone(SHANGHAI).date()
    while day <= end:
        yield Interval(start_of_day(day), start_of_day(add_months(day, 1)))
        day = add_months(day, 1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())

"""What was booked of an instrument beside what people logged and sensors measured, and where these differ (S19)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from core.errors import Reason, reason
from instruments.rules.opening import Interval, free_intervals, join
from instruments.rules.readings import within
from instruments.rules.usage import hours_of

LONGEST_DAYS = 31
"""Days that are compared together."""


class Compared(StrEnum):
    """What a row of the comparison is about."""

    BOOKING = "booking"
    CLOSURE = "closure"
    MAINTENANCE = "maintenance"
    USE = "use"
    RUNNING = "running"


class Difference(StrEnum):
    """Where booking, log and sensor do not agree."""

    NOT_USED = "not_used"
    NOT_LOGGED = "not_logged"
    RAN_LONGER = "ran_longer"
    RAN_UNBOOKED = "ran_unbooked"
    LOGGED_NOT_RUN = "logged_not_run"


@dataclass(frozen=True, slots=True)
class Booked:
    """Time that was taken: the number of the booking, closure or maintenance window, and of the order of a booking."""

    id: int
    kind: Compared
    slot: Interval
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the log that counts, with its order and booking where it has them, who operated the instrument, and
    for how many samples; None where nobody counted."""

    id: int
    slot: Interval
    order_id: int | None = None
    booking_id: int | None = None
    operator: str = ""
    samples: int | None = None


@dataclass(slots=True)
class Beside:
    """One row: a time that was taken, logged or measured, and what the other two say of it. Hours are None where
    nothing is known: nobody logged, or no sensor told anything then."""

    kind: Compared
    slot: Interval
    booking_id: int | None = None
    order_id: int | None = None
    logged: list[Logged] = field(default_factory=list)
    ran: list[Interval] = field(default_factory=list)
    is_told: bool = False
    differences: list[Difference] = field(default_factory=list)

    @property
    def times(self) -> list[Interval]:
        """Its own time and that of its log."""
        return [self.slot, *(each.slot for each in self.logged)]

    @property
    def use_ids(self) -> list[int]:
        """The entries of the log that belong to it."""
        return [each.id for each in self.logged]

    @property
    def booked_hours(self) -> Decimal | None:
        """Hours of the booking."""
        return hours_of([self.slot]) if self.kind is Compared.BOOKING else None

    @property
    def logged_hours(self) -> Decimal | None:
        """Hours by the log."""
        return hours_of(each.slot for each in self.logged) if self.logged else None

    @property
    def measured_hours(self) -> Decimal | None:
        """Hours it ran, those beyond the slot that belong to it too."""
        return hours_of(self.ran) if self.ran or self.is_told else None


def compare(
    *,
    booked: Sequence[Booked],
    logged: Sequence[Logged],
    ran: Sequence[Interval],
    told: Collection[Interval],
    tolerance: timedelta,
    now: datetime,
) -> list[Beside]:
    """Rows in order of time: each booking, closure and maintenance window; each use logged without one; and what ran
    beside all of them. What ran on without a break after a row belongs to it.

    ``told`` are the slots within which a sensor said anything; ``tolerance`` is what readings cannot tell apart.
    """
    rows = [_of_booking(each, logged) for each in booked]
    taken = {use.id for row in rows for use in row.logged}
    rows += [
        Beside(Compared.USE, use.slot, order_id=use.order_id, logged=[use]) for use in logged if use.id not in taken
    ]
    left = join(ran)
    for row in rows:
        row.ran = join(part for each in row.times for part in within(left, each))
        row.is_told = any(each in told for each in row.times)
    claimed = [each for row in rows for each in row.times]
    for stretch in free_intervals(left, claimed):
        beside = _followed(rows, stretch)
        if beside is None:
            rows.append(Beside(Compared.RUNNING, stretch, ran=[stretch], is_told=True))
        else:
            beside.ran.append(stretch)
    for row in rows:
        row.differences = _differences(row, tolerance=tolerance, now=now)
    return sorted(
        (row for row in rows if row.differences or row.kind is not Compared.RUNNING), key=lambda row: row.slot
    )


def _of_booking(booked: Booked, logged: Iterable[Logged]) -> Beside:
    row = Beside(booked.kind, booked.slot, order_id=booked.order_id, booking_id=booked.id)
    row.logged = [use for use in logged if _belongs(use, booked)]
    return row


def _belongs(use: Logged, booked: Booked) -> bool:
    """An entry names its booking or its order; what names neither belongs where it lies."""
    if use.booking_id is not None or use.order_id is not None:
        return use.booking_id == booked.id or (use.order_id is not None and use.order_id == booked.order_id)
    return booked.kind is Compared.MAINTENANCE and use.slot.overlaps(booked.slot)


def _followed(rows: Iterable[Beside], stretch: Interval) -> Beside | None:
    """The row whose time went on in a stretch, or began in it."""
    ends = [(row, each) for row in rows for each in row.times]
    before = (row for row, each in ends if each.end == stretch.start and row.ran)
    after = (row for row, each in ends if each.start == stretch.end and row.ran)
    return next(before, None) or next(after, None)


def _differences(row: Beside, *, tolerance: timedelta, now: datetime) -> list[Difference]:
    if row.kind is Compared.RUNNING:
        return [Difference.RAN_UNBOOKED] if row.slot.end - row.slot.start > tolerance else []
    if row.kind in (Compared.CLOSURE, Compared.MAINTENANCE) or row.slot.end > now:
        return []
    found = []
    has_run = bool(row.ran)
    if row.kind is Compared.BOOKING and not row.logged:
        found.append(Difference.NOT_LOGGED if has_run else Difference.NOT_USED)
    if row.logged and row.is_told and not has_run:
        found.append(Difference.LOGGED_NOT_RUN)
    beyond = free_intervals(row.ran, row.times)
    if sum((each.end - each.start for each in beyond), timedelta()) > tolerance:
        found.append(Difference.RAN_LONGER)
    return found


def longest_faults(first: date, last: date) -> list[Reason]:
    """Why a range of days cannot be compared."""
    if last < first:
        return [reason("slot_reversed", field="last_day")]
    if (last - first).days >= LONGEST_DAYS:
        return [reason("slot_window_too_long", field="last_day", days=LONGEST_DAYS)]
    return []

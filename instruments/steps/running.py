"""Deriving when instruments ran from what their sensors told. What is derived may be derived anew at any time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or

from core import outbox
from core.clock import end_of_day, start_of_day, today
from core.db import require_transaction
from instruments.models import RunningStretch, SensorDayDue, SensorPlacement, SensorReading
from instruments.policy import reading_terms
from instruments.queries.sensors import orders_within
from instruments.rules.opening import Interval
from instruments.rules.readings import running_stretches, within

RUN_DERIVED = "instruments.run_derived"
"""Topic of the event that what sensors tell of an order's time changed: ``{"order_id": …}``."""

_FOREVER = timedelta(days=36_500)

_DAYS_WITH_READINGS = text(
    "INSERT INTO sensor_day_due (sensor_id, day)"
    " SELECT DISTINCT sensor_id, (at AT TIME ZONE 'Asia/Shanghai')::date FROM sensor_reading"
    " WHERE at >= :since AND at < :until AND (CAST(:sensor AS bigint) IS NULL OR sensor_id = :sensor)"
    " UNION SELECT DISTINCT sensor_id, day FROM running_stretch"
    " WHERE starts_at >= :since AND starts_at < :until AND (CAST(:sensor AS bigint) IS NULL OR sensor_id = :sensor)"
    " ON CONFLICT (sensor_id, day) DO NOTHING"
)


def mark_days(days: Iterable[tuple[int, date]]) -> None:
    """Have days of sensors derived anew. Their rows are held until the commit, so that nobody derives a day of which
    readings are still to be committed."""
    rows = [{"sensor_id": sensor, "day": day} for sensor, day in sorted(set(days))]
    if rows:
        marked = insert_or(SensorDayDue).values(rows)
        held = marked.on_conflict_do_update(
            index_elements=[SensorDayDue.sensor_id, SensorDayDue.day], set_={"day": marked.excluded.day}
        )
        require_transaction().execute(held)


def mark_period(since: datetime, until: datetime, *, sensor_id: int | None = None) -> None:
    """Have every day of a period derived anew of which there is anything, of one sensor or of all."""
    require_transaction().execute(_DAYS_WITH_READINGS, {"since": since, "until": until, "sensor": sensor_id})


def days_around(at: datetime, *, gap: timedelta) -> set[date]:
    """The days whose stretches a reading may change: it ends what began before it and begins what comes after."""
    return {today(at - gap), today(at), today(at + gap)}


def derive_day(sensor_id: int, day: date, *, now: datetime) -> None:
    """Put what a sensor told of a day in the place of what was derived before, and tell above of the orders of it."""
    current = require_transaction()
    gap = reading_terms(day).gap
    window = Interval(start_of_day(day), end_of_day(day))
    told = (
        select(SensorReading.at, SensorReading.running)
        .where(
            SensorReading.sensor_id == sensor_id,
            SensorReading.at >= window.start - gap,
            SensorReading.at <= window.end + gap,
        )
        .order_by(SensorReading.at)
    )
    readings = [(at, running) for at, running in current.execute(told)]
    stretches = within(running_stretches(readings, gap=gap), window)
    placed = select(SensorPlacement).where(
        SensorPlacement.sensor_id == sensor_id,
        SensorPlacement.during.op("&&")(func.tstzrange(window.start, window.end, "[)")),
    )
    rows = [
        (placement.instrument_id, part.start, part.end)
        for placement in current.scalars(placed)
        for part in within(
            stretches, Interval(placement.during.start, placement.during.end or placement.during.start + _FOREVER)
        )
    ]
    of_day = (RunningStretch.sensor_id == sensor_id, RunningStretch.day == day)
    before = select(RunningStretch.instrument_id, RunningStretch.starts_at, RunningStretch.ends_at).where(*of_day)
    known = {tuple(row) for row in current.execute(before)}
    if known == set(rows):
        return
    current.execute(delete(RunningStretch).where(*of_day))
    if rows:
        current.execute(
            insert(RunningStretch),
            [
                {"sensor_id": sensor_id, "day": day, "instrument_id": number, "starts_at": start, "ends_at": end}
                for number, start, end in rows
            ],
        )
    for order_id in orders_within({row[0] for row in known | set(rows)}, window):
        outbox.emit(RUN_DERIVED, {"order_id": order_id}, now=now)

"""Readings of sensors on their way in, and what is derived of them (S19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text, update

from core.clock import today
from core.db import require_transaction, transaction
from core.errors import Reason, Unauthenticated, reason
from instruments.models import IngestKey, IotSensor, SensorBatch, SensorDayDue, SensorReading
from instruments.policy import reading_terms
from instruments.queries.sensors import live_key, placements_of
from instruments.rules.readings import ARTICLE, Reading, ReadingTerms, time_faults
from instruments.steps.running import days_around, derive_day, mark_days, mark_period

USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a key was used last."""
DAYS_AT_ONCE = 50

_KNOWN = text(
    "SELECT r.sensor_id, r.at, r.sequence, r.running, r.power_w, r.run_seconds, r.samples"
    " FROM unnest(CAST(:sensors AS bigint[]), CAST(:instants AS timestamptz[])) AS w (sensor_id, at)"
    " JOIN sensor_reading r USING (sensor_id, at)"
    " UNION"
    " SELECT r.sensor_id, r.at, r.sequence, r.running, r.power_w, r.run_seconds, r.samples"
    " FROM unnest(CAST(:sensors AS bigint[]), CAST(:sequences AS bigint[])) AS w (sensor_id, sequence)"
    " JOIN sensor_reading r USING (sensor_id, sequence)"
)


class IngestKeyRefused(Unauthenticated):
    """The key is unknown or has ended."""

    code = "ingest_key_refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: what it says, or why it cannot be read."""

    number: int
    reading: Reading | None
    faults: Sequence[Reason] = ()


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken, with every reason."""

    line: int
    reasons: Sequence[Reason]


@dataclass(slots=True)
class Taken:
    """What came of a batch. ``rows`` are the readings that are new; ``late`` of them came late."""

    batch_id: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    duplicates: int = 0
    late: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """How many readings were new."""
        return len(self.rows)


def take_batch(*, lines: Sequence[Line], token: str, now: datetime) -> Taken:
    """Take what is new of a batch. A reading that was taken before is counted and dropped, a faulty line is refused
    with its reasons while the others are taken: the same batch may come any number of times.

    The sensors are locked first, so that of two batches at once the second sees the first. Raises
    :class:`IngestKeyRefused`.
    """
    with transaction() as current:
        key = live_key(token, now=now)
        if key is None:
            raise IngestKeyRefused
        terms = reading_terms(today(now))
        sensors = _locked(key, {line.reading.serial for line in lines if line.reading is not None})
        taken = _sorted_out(lines, key=key, sensors=sensors, terms=terms, now=now)
        batch = SensorBatch(
            key_id=key.id,
            received_at=now,
            taken=taken.taken,
            duplicates=taken.duplicates,
            late=taken.late,
            refused=len(taken.refused),
        )
        current.add(batch)
        current.flush()
        taken.batch_id = batch.id
        if taken.rows:
            current.execute(insert(SensorReading), [{**row, "batch_id": batch.id} for row in taken.rows])
            mark_days((row["sensor_id"], day) for row in taken.rows for day in days_around(row["at"], gap=terms.gap))
        _note_use(key, now)
        return taken


def derive_due(*, now: datetime) -> int:
    """Derive what is due, some days at a time; returns how many days that were. A day that somebody else derives just
    now is left to him."""
    done = 0
    while True:
        with transaction() as current:
            due = (
                select(SensorDayDue)
                .order_by(SensorDayDue.sensor_id, SensorDayDue.day)
                .limit(DAYS_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            days = [(each.sensor_id, each.day, each) for each in current.scalars(due)]
            for _, _, each in days:
                current.delete(each)
            current.flush()
            for sensor_id, day, _ in days:
                derive_day(sensor_id, day, now=now)
        if not days:
            return done
        done += len(days)


def derive_anew(*, since: datetime, until: datetime, now: datetime) -> int:
    """Derive a whole period anew from the readings; returns how many days of sensors that were."""
    with transaction():
        mark_period(since, until)
    return derive_due(now=now)


def _locked(key: IngestKey, serials: Iterable[str]) -> Mapping[str, IotSensor]:
    """The sensors of the key's provider by serial, locked in one order."""
    found = (
        select(IotSensor)
        .where(IotSensor.provider_id == key.provider_id, IotSensor.serial.in_(list(serials)))
        .order_by(IotSensor.id)
        .with_for_update(key_share=True)
    )
    return {each.serial: each for each in require_transaction().scalars(found)}


def _sorted_out(
    lines: Sequence[Line], *, key: IngestKey, sensors: Mapping[str, IotSensor], terms: ReadingTerms, now: datetime
) -> Taken:
    taken = Taken()
    placed = placements_of(each.id for each in sensors.values()) if key.instrument_id is not None else {}
    rows: list[tuple[int, dict[str, Any]]] = []
    for line in lines:
        faults = list(line.faults)
        if line.reading is not None:
            sensor = sensors.get(line.reading.serial)
            row = None if sensor is None else _row(line.reading, sensor, terms=terms, now=now)
            faults += time_faults(line.reading.at, now=now, terms=terms)
            if sensor is None:
                faults.append(reason("sensor_unknown", article=ARTICLE, field="sensor", serial=line.reading.serial))
            elif row is None:
                faults.append(reason("reading_says_nothing", article=ARTICLE, field="running"))
            elif key.instrument_id is not None and not any(
                each.instrument_id == key.instrument_id
                and each.during.start <= line.reading.at
                and (each.during.end is None or line.reading.at < each.during.end)
                for each in placed.get(sensor.id, ())
            ):
                faults.append(reason("sensor_elsewhere", article=ARTICLE, field="sensor", serial=sensor.serial))
            if row is not None and not faults:
                rows.append((line.number, row))
        if faults:
            taken.refused.append(RefusedLine(line.number, faults))
    _part(rows, taken)
    taken.refused.sort(key=lambda each: each.line)
    taken.late = sum(bool(row["is_late"]) for row in taken.rows)
    return taken


def _row(reading: Reading, sensor: IotSensor, *, terms: ReadingTerms, now: datetime) -> dict[str, Any] | None:
    """The reading as its table has it; None where it does not tell whether the instrument runs."""
    running = reading.runs(sensor.running_from_w)
    if running is None:
        return None
    return {
        "sensor_id": sensor.id,
        "at": reading.at,
        "sequence": reading.sequence,
        "running": running,
        "power_w": reading.power_w,
        "run_seconds": reading.run_seconds,
        "samples": reading.samples,
        "is_late": now - reading.at > terms.late_after,
    }


def _part(rows: Sequence[tuple[int, dict[str, Any]]], taken: Taken) -> None:
    """Tell what is new from what came before, in this batch or an earlier one. The same instant or sequence number with
    something else in it is no duplicate: it is refused."""
    by_instant: dict[tuple[int, datetime], Mapping[str, Any]] = {}
    by_sequence: dict[tuple[int, int], Mapping[str, Any]] = {}

    def remember(row: Mapping[str, Any]) -> None:
        by_instant[row["sensor_id"], row["at"]] = row
        if row["sequence"] is not None:
            by_sequence[row["sensor_id"], row["sequence"]] = row

    for row in _known([row for _, row in rows]):
        remember(row)
    for number, row in rows:
        same = by_instant.get((row["sensor_id"], row["at"]))
        numbered = None if row["sequence"] is None else by_sequence.get((row["sensor_id"], row["sequence"]))
        if same is None and numbered is None:
            taken.rows.append(row)
            remember(row)
        elif same is not None and _content(same) == _content(row):
            taken.duplicates += 1
        else:
            taken.refused.append(RefusedLine(number, [reason("reading_contradicts", article=ARTICLE, field="at")]))


def _known(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Readings on record with the instant or the number of one of these."""
    if not rows:
        return []
    asked = {
        "sensors": [row["sensor_id"] for row in rows],
        "instants": [row["at"] for row in rows],
        "sequences": [row["sequence"] for row in rows],
    }
    return [dict(row) for row in require_transaction().execute(_KNOWN, asked).mappings()]


def _content(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("sequence", "running", "power_w", "run_seconds", "samples"))


def _note_use(key: IngestKey, now: datetime) -> None:
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        require_transaction().execute(update(IngestKey).where(IngestKey.id == key.id).values(last_used_at=now))

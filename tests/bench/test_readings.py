"""Readings of sensors on their way in beside a bare COPY and bare INSERTs of the very same rows, and a year of what
came of them added up beside a bare sum.

A batch is read, judged line by line, compared with what is known, written, and its days are marked; COPY and INSERT are
given what came of that. They take turns on one database, the best of each counts, by the clock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from core import clock
from core.db import db, transaction
from core.workdays import load_calendar
from instruments.models import Instrument
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import utilisation
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.province import seed_province
from tests.bench.serving import Ground, fresh_ground
from tests.bench.sizes import ROUNDS

SENSORS = 50
BATCH = 5_000
READINGS = int(os.environ.get("BENCH_READINGS", "50000"))
INSTRUMENTS = int(os.environ.get("BENCH_WATCHED", "1000"))
SHARE = 0.1
"""The least rate of readings through HTTP, as a share of bare INSERTs'."""
YEAR = Days(date(2025, 1, 1), date(2025, 12, 31))
SUM_RATIO = 12.0
"""How many times as long as a bare sum of the stretches a year of a provider may take."""
COLUMNS = "sensor_id, at, sequence, running, power_w, run_seconds, samples, is_late, batch_id"


@pytest.fixture
def ground() -> Iterator[Ground]:
    with fresh_ground("readings") as found:
        yield found


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Gateway:
    """A provider's sensors and the key with which they tell."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        signed = self.client.post(
            "/api/v1/tokens", json={"username": "provider-jinan", "password": demo_password()}
        ).get_json()
        self.headers = {"Authorization": f"Bearer {signed['token']}"}
        for number in range(SENSORS):
            self.post("/sensors", {"serial": f"S-{number}"}, number)
        key = self.post("/ingest-keys", {"label": "bench"}, "key")
        self.told_by = {"Authorization": f"Bearer {key['token']}"}

    def post(self, path: str, body: Any, once: object) -> Any:
        headers = {**self.headers, "Idempotency-Key": f"bench{path}{once}"}
        answer = self.client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    def hand_in(self, batches: list[list[dict[str, Any]]]) -> dict[str, int]:
        """Hand in batch by batch; what was new, known and late in all."""
        sums = {"taken": 0, "duplicates": 0, "late": 0}
        for batch in batches:
            answer = self.client.post("/api/v1/sensor-readings", json={"readings": batch}, headers=self.told_by)
            assert answer.status_code == 201, answer.text
            told = answer.get_json()
            assert told["refused"] == []
            sums = {name: count + told[name] for name, count in sums.items()}
        return sums


def batches(*, minutes_ago: float) -> list[list[dict[str, Any]]]:
    """Readings of all sensors, every second up to some minutes ago, as a gateway collects them."""
    last = clock.now() - timedelta(minutes=minutes_ago)
    each = [
        {
            "sensor": f"S-{number % SENSORS}",
            "at": (last - timedelta(seconds=number // SENSORS)).isoformat(),
            "running": number % 7 > 0,
            "power_w": "118.5",
        }
        for number in range(READINGS)
    ]
    return [each[start : start + BATCH] for start in range(0, len(each), BATCH)]


def test_readings_against_copy_and_insert(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(ground.config)
    with app.app_context(), psycopg.connect(ground.owner_url, autocommit=True) as connection:
        seed_province(now=clock.now())
        db.session.remove()
        gateway = Gateway(app)
        spent: list[tuple[float, float, float, float, float]] = []
        for _ in range(ROUNDS):
            given, late = batches(minutes_ago=1), batches(minutes_ago=60 * 24)
            new = timed(lambda given=given: gateway.hand_in(given))  # type: ignore[misc]
            rows = connection.execute(f"SELECT {COLUMNS} FROM sensor_reading").fetchall()
            again = timed(lambda given=given: gateway.hand_in(given))  # type: ignore[misc]
            come_late = timed(lambda late=late: gateway.hand_in(late))  # type: ignore[misc]
            assert len(rows) == READINGS
            empty(connection)
            copied = timed(lambda rows=rows: copy_in(connection, rows))  # type: ignore[misc]
            empty(connection)
            inserted = timed(lambda rows=rows: insert_in(connection, rows))  # type: ignore[misc]
            empty(connection)
            spent.append((new, again, come_late, copied, inserted))
        db.session.remove()
        db.engine.dispose()
    new, again, come_late, copied, inserted = (min(each) for each in zip(*spent, strict=True))
    with capsys.disabled():
        print(
            f"\n{READINGS} readings in batches of {BATCH}: {READINGS / new:,.0f} a second through HTTP,"
            f" {READINGS / again:,.0f} known ones, {READINGS / come_late:,.0f} late ones;"
            f" COPY {READINGS / copied:,.0f}, INSERT {READINGS / inserted:,.0f};"
            f" shares {copied / new:.2f} and {inserted / new:.2f}"
        )
    assert inserted / new >= SHARE


def copy_in(connection: psycopg.Connection, rows: list[Any]) -> None:
    with connection.cursor().copy(f"COPY sensor_reading ({COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def insert_in(connection: psycopg.Connection, rows: list[Any]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO sensor_reading ({COLUMNS}) VALUES ({', '.join(['%s'] * 9)})", rows)


def empty(connection: psycopg.Connection) -> None:
    """As the owner, past the guard that the log of readings is only added to."""
    with connection.transaction():
        connection.execute("ALTER TABLE sensor_reading DISABLE TRIGGER USER")
        connection.execute("DELETE FROM sensor_reading")
        connection.execute("ALTER TABLE sensor_reading ENABLE TRIGGER USER")
    connection.execute("VACUUM ANALYZE sensor_reading")


def test_a_year_of_a_provider_against_a_bare_sum(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(ground.config)
    with app.app_context(), psycopg.connect(ground.owner_url, autocommit=True) as connection:
        seed_province(now=clock.now())
        provider = lived_a_year(connection)
        calendar = load_calendar(since=YEAR.first - timedelta(days=1))

        def ours() -> None:
            with transaction():
                (found,) = utilisation(
                    Instrument.provider_id == provider, YEAR, calendar=calendar, by=UtilisationBy.PROVIDER
                )
            assert found.measured > 0

        def bare() -> None:
            connection.execute(BARE, [provider]).fetchall()

        turns = [(timed(ours), timed(bare)) for _ in range(ROUNDS)]
        db.session.remove()
        db.engine.dispose()
    mine, sums = (min(each) for each in zip(*turns, strict=True))
    with capsys.disabled():
        print(f"\na year of {INSTRUMENTS} instruments: {mine:.2f} s, bare sums {sums:.2f} s, ratio {mine / sums:.2f}")
    assert mine / sums <= SUM_RATIO


BARE = """
SELECT sum(seconds) FROM (
  SELECT extract(epoch FROM r.ends_at - r.starts_at) AS seconds FROM running_stretch r
    JOIN instrument i ON i.id = r.instrument_id WHERE i.provider_id = %s AND r.day BETWEEN '2025-01-01' AND '2025-12-31'
  UNION ALL
  SELECT extract(epoch FROM u.ends_at - u.starts_at) FROM instrument_use u JOIN instrument i ON i.id = u.instrument_id
   WHERE u.starts_at < '2026-01-01' AND u.ends_at > '2025-01-01'
  UNION ALL
  SELECT extract(epoch FROM upper(o.during) - lower(o.during)) FROM occupancy o
    JOIN instrument i ON i.id = o.instrument_id WHERE o.live) AS told
"""
"""The same times read and summed, with no hours of opening, no day cut and nothing put together."""


def lived_a_year(connection: psycopg.Connection) -> int:
    """A provider with instruments that were open, booked, used and measured on every day of a year; its number."""
    (provider, user) = connection.execute(
        "SELECT i.provider_id, u.id FROM instrument i JOIN user_account u ON u.organisation_id = i.provider_id"
        " ORDER BY i.id LIMIT 1"
    ).fetchone() or (0, 0)
    given = {"provider": provider, "user": user, "count": INSTRUMENTS}
    for statement in LIVED:
        connection.execute(statement, given if "%(" in statement else None)
    connection.execute("VACUUM ANALYZE")
    return int(provider)


_COPIED = "external_id LIKE 'bench-%%'"
LIVED = (
    "DELETE FROM sensor_placement",
    """INSERT INTO instrument SELECT (jsonb_populate_record(i, jsonb_build_object(
         'id', 1000000 + n, 'external_id', 'bench-' || n, 'published_at', '2024-01-01', 'state', 'published'))).*
       FROM instrument i, generate_series(1, %(count)s) n
      WHERE i.id = (SELECT min(id) FROM instrument WHERE provider_id = %(provider)s)""",
    f"""INSERT INTO opening_hours (instrument_id, weekday, opens_minute, closes_minute)
       SELECT id, w, 480, 1200 FROM instrument, generate_series(1, 7) w WHERE {_COPIED} AND %(count)s > 0""",
    f"""INSERT INTO iot_sensor (provider_id, serial, registered_by, registered_at)
       SELECT provider_id, external_id, %(user)s, '2024-01-01' FROM instrument WHERE {_COPIED}""",
    f"""INSERT INTO sensor_placement (sensor_id, instrument_id, during, placed_by, placed_at)
       SELECT s.id, i.id, '[2024-01-01,)', %(user)s, '2024-01-01'
         FROM instrument i JOIN iot_sensor s ON s.serial = i.external_id WHERE i.{_COPIED}""",
    """INSERT INTO running_stretch (sensor_id, instrument_id, day, starts_at, ends_at)
       SELECT p.sensor_id, p.instrument_id, d::date, d::date + h * interval '1 hour',
              d::date + (h + 1) * interval '1 hour'
         FROM generate_series(timestamp '2025-01-01', '2025-12-31', '1 day') d, sensor_placement p,
              unnest(ARRAY[1, 4, 7, 10]) h""",
    """INSERT INTO instrument_use (instrument_id, purpose, starts_at, ends_at, operator, remarks, why, is_late,
              withdrawn, logged_by, logged_at)
       SELECT p.instrument_id, 'own', d::date + interval '1 hour', d::date + interval '5 hours', 'x', '', '', false,
              false, %(user)s, d
         FROM sensor_placement p, generate_series(timestamp '2025-01-01', '2025-12-31', '1 day') d""",
    """INSERT INTO occupancy (instrument_id, kind, during, live, order_id, organisation_id, note, created_at)
       SELECT p.instrument_id, 'booking', tstzrange(d::date + interval '1 hour', d::date + interval '3 hours'), true,
              1000000 + row_number() OVER (), %(provider)s, '', d
         FROM sensor_placement p, generate_series(timestamp '2025-01-01', '2025-12-31', '1 day') d""",
)

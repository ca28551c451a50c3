"""Utilisation by day: hours booked, used and measured against those an instrument could be used."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from core import clock
from core.clock import SHANGHAI, end_of_day, start_of_day
from core.db import require_transaction, transaction
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Instrument, InstrumentUse, IotSensor, Occupancy, RunningStretch, SensorPlacement
from instruments.queries.availability import terms_of
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import Utilisation, utilisation
from instruments.rules.booking import BookingRules
from instruments.rules.opening import Interval, WeeklyHours, free_intervals, open_intervals
from instruments.rules.readings import within
from instruments.rules.terms import OccupancyKind, UsePurpose
from instruments.rules.usage import hours_of
from tests.factories.accounts import headers_of, make_bureau, make_provider, make_province, user_of
from tests.factories.instruments import ALWAYS, make_draft, make_instrument
from tests.support.opening import MONDAY, make_opened, rulesets, seasons, weeks

API = "/api/v1"
FIRST = clock.today(MONDAY)
_orders = itertools.count(1)
FORTNIGHT = Days(FIRST, FIRST + timedelta(days=15))


def at(day: int, hour: int, minute: int = 0, *, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def occupy(instrument: Instrument, start: datetime, end: datetime, kind: OccupancyKind = OccupancyKind.BOOKING) -> None:
    is_booking = kind is OccupancyKind.BOOKING
    whose = {"order_id": next(_orders), "organisation_id": instrument.provider_id} if is_booking else {}
    row = {"kind": kind, "during": Span(start, end), "live": True, "note": "", "created_at": start}
    _put(Occupancy, {"instrument_id": instrument.id, **row, **whose})


def use(instrument: Instrument, start: datetime, end: datetime, purpose: UsePurpose = UsePurpose.OWN) -> None:
    said = {"operator": "操作员", "remarks": "", "why": "", "is_late": False, "withdrawn": False}
    logged = {"logged_by": user_of(instrument.provider).id, "logged_at": end}
    times = {"starts_at": start, "ends_at": end}
    _put(InstrumentUse, {"instrument_id": instrument.id, "purpose": purpose, **times, **said, **logged})


def watch(
    instrument: Instrument, since: datetime, until: datetime | None = None, *runs: tuple[datetime, datetime]
) -> None:
    """A sensor at an instrument that saw it run; each run within a day."""
    by = user_of(instrument.provider).id
    sensor = _put(
        IotSensor,
        {
            "provider_id": instrument.provider_id,
            "serial": f"S-{instrument.id}-{since:%m%d}",
            "registered_by": by,
            "registered_at": since,
        },
    )
    placed = {"sensor_id": sensor, "instrument_id": instrument.id, "during": Span(since, until)}
    _put(SensorPlacement, {**placed, "placed_by": by, "placed_at": since})
    for start, end in runs:
        ran = {"sensor_id": sensor, "instrument_id": instrument.id, "day": clock.today(start)}
        _put(RunningStretch, {**ran, "starts_at": start, "ends_at": end})


def _put(model: Any, row: dict[str, Any]) -> int:
    with transaction():
        return int(require_transaction().execute(insert(model).returning(model.id), [row]).scalar_one())


def figures(instrument: Instrument, days: Days = FORTNIGHT) -> dict[date | None, Utilisation]:
    calendar = load_calendar(since=days.first - timedelta(days=1))
    found = utilisation(
        Instrument.id == instrument.id, days, calendar=calendar, by=UtilisationBy.INSTRUMENT, per_day=True
    )
    return {each.day: each for each in found}


stretch = st.tuples(st.integers(0, 15 * 24), st.integers(1, 40))


def _apart(stretches: Iterable[tuple[int, int]]) -> list[Interval]:
    """Those of some stretches, in hours after Monday, that begin when the one before has ended."""
    found: list[Interval] = []
    for start, length in sorted(stretches):
        begins = MONDAY + timedelta(hours=start)
        if not found or found[-1].end <= begins:
            found.append(Interval(begins, begins + timedelta(hours=length)))
    return found


@settings(max_examples=20)
@example(week=[], ranges=[], rules=BookingRules(), of_provider=True, taken=[(0, 1)], uses=[])
@given(weeks, seasons, rulesets, st.booleans(), st.lists(stretch, max_size=6), st.lists(stretch, max_size=4))
def test_hours_of_a_day_are_those_of_the_rules(
    app: Flask,
    week: list[WeeklyHours],
    ranges: list[tuple[int, int, list[WeeklyHours]]],
    rules: BookingRules,
    of_provider: bool,
    taken: list[tuple[int, int]],
    uses: list[tuple[int, int]],
) -> None:
    """For random weeks, seasons, holidays and worked Saturdays: usable is what is open and neither closed nor in
    maintenance; bookings are cut at midnight; uses that overlap count once."""
    now = MONDAY - timedelta(days=3)
    with clock.at(now):
        instrument = make_opened(week, ranges, rules, of_provider=of_provider, now=now)
    kinds = list(OccupancyKind)
    occupied = [(each, kinds[number % 3]) for number, each in enumerate(_apart(taken))]
    for each, kind in occupied:
        occupy(instrument, each.start, each.end, kind)
    used = [Interval(MONDAY + timedelta(hours=s), MONDAY + timedelta(hours=s + n)) for s, n in uses]
    for each in used:
        use(instrument, each.start, each.end)
    terms = terms_of(instrument, since=MONDAY, now=now)
    opened = open_intervals(terms.opening, MONDAY, end_of_day(FORTNIGHT.last))
    usable = free_intervals(opened, [each for each, kind in occupied if kind is not OccupancyKind.BOOKING])
    booked = [each for each, kind in occupied if kind is OccupancyKind.BOOKING]
    found = figures(instrument)
    for number in range(FORTNIGHT.count):
        day = FIRST + timedelta(days=number)
        whole = Interval(start_of_day(day), end_of_day(day))
        expected = [hours_of(within(each, whole)) for each in (usable, booked, used)]
        row = found.get(day)
        told = [Decimal(0)] * 3 if row is None else [row.usable, row.booked, row.used]
        assert told == expected, day


def test_measured_hours_stand_beside_the_days_with_a_sensor(app: Flask) -> None:
    """Two sensors that saw the same count once; hours of days without one are no measure of anything. Maintenance is no
    use, and what was withdrawn none either."""
    with clock.at(at(1, 9)):
        instrument = make_instrument(hours=ALWAYS)
    night = (at(3, 22), at(4, 0)), (at(4, 0), at(4, 3))
    watch(instrument, at(3, 0), at(5, 0), *night)
    watch(instrument, at(4, 0), at(5, 0), (at(4, 2), at(4, 6)))
    use(instrument, at(3, 20), at(4, 6))
    use(instrument, at(5, 8), at(5, 12), UsePurpose.MAINTENANCE)
    days = figures(instrument, Days(date(2026, 9, 1), date(2026, 9, 5)))
    told = [days[date(2026, 9, day)] for day in (3, 4, 5)]
    assert [each.measured for each in told] == [2, 6, 0]
    assert [each.used for each in told] == [4, 6, 0]
    assert [each.watched for each in told] == [24, 24, 0]
    assert [each.measured_rate for each in told] == [Decimal("0.083"), Decimal("0.250"), None]


def test_everybody_reads_the_utilisation_of_his_own_scope(client: FlaskClient) -> None:
    """By instrument, provider, city and province; a booking over midnight is cut; retired and unpublished instruments
    have no time to be used."""
    jinan, heze = make_provider("370100"), make_provider("371700")
    with clock.at(at(1, 9)):
        first, second = make_instrument(jinan, hours=ALWAYS), make_instrument(jinan, hours=ALWAYS)
        other = make_instrument(heze, hours=ALWAYS)
        make_draft(jinan)
    occupy(first, at(3, 18), at(4, 6))
    occupy(other, at(3, 0), at(4, 0))

    def asked(owner: Any, by: str, **said: Any) -> list[dict[str, Any]]:
        query = {"first_day": "2026-09-03", "last_day": "2026-09-03", "by": by, **said}
        answer = client.get(f"{API}/utilisation", query_string=query, headers=headers_of(owner))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["items"]
        return found

    assert [(each["instrument_id"], each["booked"]) for each in asked(jinan, "instrument")] == [
        (first.id, "6"),
        (second.id, "0"),
    ]
    assert [
        (each["name"], each["usable"], each["booked_rate"]) for each in asked(make_bureau("371700"), "provider")
    ] == [(heze.name, "24", "1")]
    cities = asked(make_province(), "city")
    assert [(each["city"], each["usable"], each["booked"]) for each in cities] == [
        ("370100", "48", "6"),
        ("371700", "24", "24"),
    ]
    (whole,) = asked(make_province(), "province", last_day="2026-09-04", days="true")
    assert [(each["day"], each["usable"], each["booked"]) for each in whole["days"]] == [
        ("2026-09-03", "72", "30"),
        ("2026-09-04", "72", "6"),
    ]
    assert asked(make_province(), "instrument", city="371700")[0]["instrument_id"] == other.id
    reversed_days = {"first_day": "2026-09-03", "last_day": "2026-09-01"}
    refused = client.get(f"{API}/utilisation", query_string=reversed_days, headers=headers_of(jinan))
    assert (refused.status_code, refused.get_json()["reasons"][0]["code"]) == (422, "slot_reversed")

"""Opening hours of ranges of days; what is open throughout a period, in SQL as in the rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core import clock
from core.db import session, transaction
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Instrument
from instruments.queries.availability import terms_of
from instruments.queries.opening import open_throughout
from instruments.rules.booking import BookingRules
from instruments.rules.opening import Interval, WeeklyHours, open_intervals
from instruments.steps import SlotRefused, book
from tests.factories.accounts import actor_of, headers_of, keyed, make_enterprise, make_provider
from tests.factories.instruments import make_instrument, next_slot
from tests.support.opening import MONDAY, make_opened, rulesets, seasons, weeks

API = "/api/v1/instruments"


def test_a_season_holds_in_place_of_the_week_until_it_is_removed(client: FlaskClient) -> None:
    """In availability, for a booking, and no longer afterwards."""
    instrument, slot = make_instrument(), next_slot()
    day = clock.today(slot.start)
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}"
    evening = [{"weekday": day.isoweekday(), "opens": "19:00", "closes": "21:00"}]
    given = {"name": "暑假", "first_day": day.isoformat(), "last_day": day.isoformat(), "hours": evening}
    made = client.post(f"{path}/opening-seasons", json=given, headers=keyed(owner))
    assert made.status_code == 201
    assert made.get_json() == {"id": made.get_json()["id"], **given}
    assert client.get(f"{path}/opening-seasons").get_json() == {"items": [made.get_json()]}
    with pytest.raises(SlotRefused) as refused:
        book_slot(instrument.id, slot)
    assert [each.code for each in refused.value.reasons] == ["slot_outside_opening_hours"]
    midnight = clock.start_of_day(day)
    window = {"from": midnight.isoformat(), "to": (midnight + timedelta(days=1)).isoformat()}
    (free,) = client.get(f"{path}/availability", query_string=window).get_json()["free"]
    assert datetime.fromisoformat(free["starts_at"]) == midnight + timedelta(hours=19)
    season = f"{path}/opening-seasons/{made.get_json()['id']}"
    assert [client.delete(season, headers=owner).status_code for _ in range(2)] == [204, 404]
    book_slot(instrument.id, slot)


def book_slot(instrument_id: int, slot: Span) -> None:
    firm = make_enterprise()
    with transaction():
        book(
            order_id=1,
            instrument_id=instrument_id,
            during=slot,
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=actor_of(firm),
            now=clock.now(),
        )


def test_faults_of_a_season_are_named_at_once(client: FlaskClient) -> None:
    """What overlaps, and what is wrong with its hours; another's season is not to be found."""
    instrument = make_instrument()
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}/opening-seasons"
    given = {"name": "学期", "first_day": "2026-09-01", "last_day": "2026-12-31", "hours": []}
    made = client.post(path, json=given, headers=keyed(owner)).get_json()
    hours = [{"weekday": 1, "opens": "08:00", "closes": "12:00"}, {"weekday": 1, "opens": "11:00", "closes": "13:00"}]
    wrong = {**given, "first_day": "2026-12-31", "last_day": "2027-01-31", "hours": hours}
    refused = client.post(path, json=wrong, headers=keyed(owner))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "hours_refused")
    assert [each["code"] for each in refused.get_json()["reasons"]] == ["season_overlaps", "slot_hours_overlap"]
    unread = client.post(path, json={"first_day": "soon", "hours": [{}]}, headers=keyed(owner))
    assert {each["field"].partition(".")[0] for each in unread.get_json()["reasons"]} == {
        "name",
        "first_day",
        "last_day",
        "hours",
    }
    other = make_instrument()
    elsewhere = f"{API}/{other.id}/opening-seasons/{made['id']}"
    assert client.delete(elsewhere, headers=headers_of(other.provider)).status_code == 404
    assert client.delete(f"{path}/{made['id']}", headers=headers_of(make_provider())).status_code == 403


def test_the_database_keeps_seasons_apart(app: Flask) -> None:
    """Whoever goes past the service, too; days that follow each other are apart."""
    instrument, other = make_instrument(), make_instrument()
    put = text(
        "INSERT INTO opening_season (instrument_id, name, first_day, last_day)"
        " VALUES (:instrument, '段', :first_day, '2026-07-10')"
    )
    session().execute(put, {"instrument": instrument.id, "first_day": date(2026, 7, 10)})
    session().execute(put, {"instrument": other.id, "first_day": date(2026, 7, 1)})
    with pytest.raises(IntegrityError, match="ex_opening_season_days"):
        session().execute(put, {"instrument": instrument.id, "first_day": date(2026, 7, 1)})


windows = st.lists(st.tuples(st.integers(0, 14 * 24), st.integers(1, 60)), min_size=4, max_size=10)


@settings(max_examples=50)
@given(weeks, seasons, rulesets, st.booleans(), windows)
def test_open_throughout_is_the_same_in_sql_as_in_the_rules(
    app: Flask,
    week: list[WeeklyHours],
    ranges: list[tuple[int, int, list[WeeklyHours]]],
    rules: BookingRules,
    of_provider: bool,
    asked: list[tuple[int, int]],
) -> None:
    """For random weeks, ranges of days and rules of the provider or the instrument, over holidays, a worked Saturday
    and midnight; and where it is open for some of the time alone, it is not open throughout."""
    now = MONDAY - timedelta(days=3)
    with clock.at(now):
        instrument = make_opened(week, ranges, rules, of_provider=of_provider, now=now)
        terms = terms_of(instrument, since=MONDAY, now=now)
        opened = open_intervals(terms.opening, MONDAY, MONDAY + timedelta(days=20))
        exact = [(each.start, each.end) for each in opened if each.end - each.start < timedelta(days=5)]
        hourly = [
            (MONDAY + timedelta(hours=start), MONDAY + timedelta(hours=start + length)) for start, length in asked
        ]
        calendar = load_calendar(since=clock.today(MONDAY) - timedelta(days=1))
        for start, end in [*exact, *hourly, *((start, end + timedelta(minutes=1)) for start, end in exact)]:
            by_rules = open_intervals(terms.opening, start, end) == [Interval(start, end)]
            among = select(Instrument.id).where(Instrument.id == instrument.id)
            found = session().scalars(open_throughout(start, end, calendar=calendar, among=among)).all()
            assert (found == [instrument.id]) == by_rules, (start, end)

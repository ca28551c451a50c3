"""S4, S19: sensors, their keys, and readings that come late, twice, contradictory, ahead or from nobody known."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core import clock
from core.db import session, transaction
from core.invariants import verify
from core.permissions import VISITOR
from core.types import Span
from core.workdays import load_calendar
from instruments.cli import derive_command
from instruments.models import Instrument, RunningStretch, SensorBatch, SensorReading
from instruments.queries.sensors import measured_hours, orders_within
from instruments.queries.usage_invariants import INVARIANTS
from instruments.rules.booking import BookingRules
from instruments.rules.opening import Interval
from instruments.schemas.sensors import MOST_READINGS
from instruments.service.booking_rules import set_provider_rules
from instruments.service.readings import derive_due
from instruments.steps.booking import book
from tests.factories.accounts import actor_of, headers_of, keyed, make_bureau, make_enterprise, make_provider
from tests.factories.instruments import make_instrument

API = "/api/v1"
NOON = datetime(2026, 3, 2, 12, tzinfo=clock.SHANGHAI)
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.at(NOON):
        yield


def ago(minutes: float) -> str:
    return (NOON - timedelta(minutes=minutes)).isoformat()


def post(
    client: FlaskClient, instrument: Instrument, path: str, body: Json | None = None, *, expect: int = 201
) -> Json:
    answer = client.post(f"{API}{path}", json=body or {}, headers=keyed(headers_of(instrument.provider)))
    assert answer.status_code == expect, answer.text
    found: Json = answer.get_json()
    return found


def sensor_at(client: FlaskClient, instrument: Instrument, serial: str = "S-1", **said: Any) -> int:
    """A sensor placed at an instrument a day ago."""
    number = int(post(client, instrument, "/sensors", {"serial": serial, **said})["id"])
    since = {"instrument_id": instrument.id, "starts_at": ago(24 * 60)}
    post(client, instrument, f"/sensors/{number}/placement", since)
    return number


def key_of(client: FlaskClient, instrument: Instrument, **said: Any) -> str:
    return str(post(client, instrument, "/ingest-keys", {"label": "网关", **said})["token"])


def hand_in(client: FlaskClient, token: str, *readings: Json, expect: int = 201) -> Json:
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post(f"{API}/sensor-readings", json={"readings": list(readings)}, headers=headers)
    assert answer.status_code == expect, answer.text
    found: Json = answer.get_json()
    return found


def reading(minutes: float, running: bool | None = True, **said: Any) -> Json:
    told = {} if running is None else {"running": running}
    return {"sensor": "S-1", "at": ago(minutes), **told, **said}


def counts(answer: Json) -> tuple[int, int, int, int]:
    return answer["taken"], answer["duplicates"], answer["late"], len(answer["refused"])


def codes(answer: Json) -> dict[int, list[str]]:
    return {each["line"]: [why["code"] for why in each["reasons"]] for each in answer["refused"]}


def ran(client: FlaskClient, instrument: Instrument) -> str:
    derive_due(now=clock.now())
    period = {"from": ago(3 * 24 * 60), "to": ago(-60)}
    headers = headers_of(instrument.provider)
    answer = client.get(f"{API}/instruments/{instrument.id}/running", query_string=period, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["hours"])


def test_s19_readings_are_taken_once_late_ones_marked_and_faulty_lines_refused_by_themselves(
    client: FlaskClient,
) -> None:
    instrument = make_instrument()
    sensor_at(client, instrument)
    token = key_of(client, instrument)
    batch = [reading(90, sequence=1), reading(70, sequence=2), reading(50, False, sequence=3)]
    assert counts(hand_in(client, token, *batch)) == (3, 0, 2, 0)
    assert counts(hand_in(client, token, *batch)) == (0, 3, 0, 0), "the same batch again changes nothing"
    mixed = hand_in(
        client,
        token,
        reading(40),
        reading(40),
        reading(-6),
        reading(32 * 24 * 60),
        {**reading(30), "sensor": "S-9"},
        reading(20, None),
        reading(50, True, sequence=3),
        {"sensor": "S-1", "at": "gestern", "power_w": -1, "what": 1},
        reading(10, sequence=1),
    )
    assert counts(mixed) == (1, 1, 0, 7)
    assert codes(mixed) == {
        3: ["reading_ahead"],
        4: ["reading_too_old"],
        5: ["sensor_unknown"],
        6: ["reading_says_nothing"],
        7: ["reading_contradicts"],
        8: ["field", "field", "field"],
        9: ["reading_contradicts"],
    }
    assert counts(hand_in(client, token, reading(-5))) == (1, 0, 0, 0), "a clock may be five minutes ahead"
    total = session().scalar(select(func.count()).select_from(SensorReading))
    noted = session().execute(select(func.sum(SensorBatch.taken), func.sum(SensorBatch.duplicates))).one()
    assert (total, *noted) == (5, 5, 4)


def test_running_hours_follow_the_readings_also_those_that_come_late_and_out_of_order(client: FlaskClient) -> None:
    """60 minutes known at first, in two parts; a reading in between that comes late closes the gap."""
    instrument = make_instrument()
    sensor_at(client, instrument)
    token = key_of(client, instrument)
    hand_in(client, token, reading(20, False), reading(120), reading(40), reading(100))
    assert ran(client, instrument) == "0.67"
    hand_in(client, token, reading(70))
    assert ran(client, instrument) == "1.67"
    derive_due(now=clock.now())
    before = session().scalars(select(RunningStretch.starts_at)).all()
    session().commit()
    result = client.application.test_cli_runner().invoke(derive_command, ["--from", "2026-03-01", "--to", "2026-03-02"])
    assert (result.exit_code, result.output) == (0, "derived 1 days of sensors\n")
    assert session().scalars(select(RunningStretch.starts_at)).all() == before
    assert verify(INVARIANTS) == []


def test_hours_measured_for_an_order_leave_the_time_kept_free_around_its_slot_out(client: FlaskClient) -> None:
    """It ran from 9:30 to 11:30 for a slot from 10 to 11 with half an hour kept free before and after."""
    instrument, firm = make_instrument(), make_enterprise()
    sensor_at(client, instrument)
    rules = BookingRules(before_minutes=30, after_minutes=30)
    set_provider_rules(rules=rules, actor=actor_of(instrument.provider), now=clock.now())
    ahead = clock.now() - timedelta(days=1)
    begins, ends = NOON - timedelta(hours=2), NOON - timedelta(hours=1)
    with clock.at(ahead), transaction():
        book(
            order_id=1,
            instrument_id=instrument.id,
            during=Span(begins, ends),
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=VISITOR,
            now=ahead,
        )
    hand_in(client, key_of(client, instrument), *(reading(minutes, minutes > 30) for minutes in range(150, 0, -30)))
    assert ran(client, instrument) == "2"
    assert measured_hours(1) == 1
    assert orders_within([instrument.id], Interval(ends, ends + timedelta(minutes=30))) == []
    assert orders_within([instrument.id], Interval(begins, ends)) == [1]


def test_a_stretch_over_midnight_is_told_by_day(client: FlaskClient) -> None:
    instrument = make_instrument()
    sensor_at(client, instrument)
    token = key_of(client, instrument)
    midnight = 12 * 60
    hand_in(client, token, reading(midnight + 10), reading(midnight - 20, False))
    assert ran(client, instrument) == "0.5"
    days = session().execute(select(RunningStretch.day, RunningStretch.starts_at, RunningStretch.ends_at)).all()
    assert sorted((each.day.day, (each.ends_at - each.starts_at).seconds // 60) for each in days) == [(1, 10), (2, 20)]


def test_power_tells_where_the_sensor_has_a_threshold(client: FlaskClient) -> None:
    instrument = make_instrument()
    sensor_at(client, instrument, running_from_w="100")
    token = key_of(client, instrument)
    hand_in(client, token, reading(30, None, power_w="100.5"), reading(10, None, power_w="99"), reading(5, None))
    assert ran(client, instrument) == "0.33"
    told = session().execute(select(SensorReading.running, SensorReading.power_w).order_by(SensorReading.at)).all()
    assert [tuple(each) for each in told] == [(True, Decimal("100.5")), (False, Decimal(99))]


def test_what_a_sensor_says_is_about_the_instrument_it_was_at(client: FlaskClient) -> None:
    """Moved half-way, and put on record only afterwards: what was derived follows."""
    here = make_instrument()
    there = make_instrument(here.provider)
    number = sensor_at(client, here)
    token = key_of(client, here)
    hand_in(client, token, *(reading(minutes) for minutes in (60, 45, 30, 15, 0)))
    assert (ran(client, here), ran(client, there)) == ("1", "0")
    moved = post(client, here, f"/sensors/{number}/placement", {"instrument_id": there.id, "starts_at": ago(30)})
    assert [each["instrument_id"] for each in moved["placements"]] == [there.id, here.id]
    assert (ran(client, here), ran(client, there)) == ("0.5", "0.5")
    early = {"instrument_id": here.id, "starts_at": ago(40)}
    refused = post(client, here, f"/sensors/{number}/placement", early, expect=422)
    assert [each["code"] for each in refused["reasons"]] == ["sensor_placed_then"]
    post(client, here, f"/sensors/{number}/removal", {"ends_at": ago(15)})
    assert (ran(client, here), ran(client, there)) == ("0.5", "0.25")
    again = post(client, here, f"/sensors/{number}/removal", expect=422)
    assert [each["code"] for each in again["reasons"]] == ["sensor_nowhere"]
    assert verify(INVARIANTS) == []


def test_a_key_opens_nothing_but_readings_and_ends(client: FlaskClient) -> None:
    """Shown once, kept as a digest, replaced with a day's overlap, revoked at once."""
    instrument = make_instrument()
    sensor_at(client, instrument)
    issued = post(client, instrument, "/ingest-keys", {"label": "网关"})
    token, number = issued["token"], issued["key"]["id"]
    bearer = {"Authorization": f"Bearer {token}"}
    for method, path in (("get", "/me"), ("get", "/sensors"), ("get", "/bookings"), ("post", "/ingest-keys")):
        assert getattr(client, method)(f"{API}{path}", headers=keyed(bearer)).status_code == 403, path
    owner = headers_of(instrument.provider)
    assert client.post(f"{API}/sensor-readings", json={"readings": []}, headers=owner).status_code == 403
    listed = client.get(f"{API}/ingest-keys", headers=owner)
    assert token.partition(".")[2] not in listed.text
    assert listed.get_json()["items"][0]["last_used_at"] is None
    hand_in(client, token, reading(1))
    assert client.get(f"{API}/ingest-keys", headers=owner).get_json()["items"][0]["last_used_at"] is not None
    fresh = post(client, instrument, f"/ingest-keys/{number}/replacement")["token"]
    hand_in(client, token, reading(2))
    with clock.at(NOON + timedelta(hours=24)):
        assert hand_in(client, token, reading(3), expect=401)["code"] == "token_refused"
        hand_in(client, fresh, reading(4))
    other = post(client, instrument, "/ingest-keys", {"label": "备用"})
    post(client, instrument, f"/ingest-keys/{other['key']['id']}/revocation")
    hand_in(client, other["token"], reading(5), expect=401)
    ended = post(client, instrument, f"/ingest-keys/{other['key']['id']}/revocation", expect=409)
    assert ended["code"] == "ingest_key_ended"
    hand_in(client, f"{token.partition('.')[0]}.{'x' * 43}", reading(6), expect=401)


def test_a_key_of_one_instrument_takes_no_readings_of_others_and_none_of_another_provider(client: FlaskClient) -> None:
    here = make_instrument()
    there = make_instrument(here.provider)
    sensor_at(client, here, "S-1")
    sensor_at(client, there, "S-2")
    narrow = key_of(client, here, instrument_id=here.id)
    answer = hand_in(client, narrow, reading(2), {**reading(1), "sensor": "S-2"})
    assert (counts(answer), codes(answer)) == ((1, 0, 0, 1), {2: ["sensor_elsewhere"]})
    stranger = make_instrument()
    assert codes(hand_in(client, key_of(client, stranger), reading(1))) == {1: ["sensor_unknown"]}
    post(client, stranger, "/ingest-keys", {"label": "网关", "instrument_id": here.id}, expect=404)
    period = {"from": ago(60), "to": ago(0)}
    path = f"{API}/instruments/{here.id}/running"
    assert client.get(path, query_string=period, headers=headers_of(make_provider())).status_code == 404
    assert client.get(path, query_string=period, headers=headers_of(make_bureau("371700"))).status_code == 404


def test_hostile_batches_are_refused_whole_and_cheaply(client: FlaskClient) -> None:
    """Too many lines, none, no list, more than the limit of a body; a line of anything is refused by itself."""
    instrument = make_instrument()
    sensor_at(client, instrument)
    token = key_of(client, instrument)
    hand_in(client, token, *([reading(1)] * (MOST_READINGS + 1)), expect=422)
    hand_in(client, token, expect=422)
    headers = {"Authorization": f"Bearer {token}"}
    wrong: list[Any] = [{"readings": "x"}, {"readings": {}}, [], {"lines": []}]
    for body in wrong:
        answer = client.post(f"{API}/sensor-readings", json=body, headers=headers)
        assert answer.status_code in (400, 422), body
    huge = client.post(
        f"{API}/sensor-readings", data=b"x" * (3 << 20), headers=headers, content_type="application/json"
    )
    assert huge.status_code == 413
    odd: list[Any] = [None, 1, [], "x", {"sensor": "S" * 65}, {**reading(1), "sequence": 2**63}, reading(1)]
    mixed = hand_in(client, token, *odd)
    assert (mixed["taken"], sorted(codes(mixed))) == (1, [1, 2, 3, 4, 5, 6])
    assert session().scalar(select(func.count()).select_from(SensorReading)) == 1


def test_readings_are_never_changed(app: Flask, client: FlaskClient) -> None:
    instrument = make_instrument()
    sensor_at(client, instrument)
    hand_in(client, key_of(client, instrument), reading(1))
    for change in ("UPDATE sensor_reading SET running = false", "DELETE FROM sensor_reading"):
        with pytest.raises(DBAPIError), transaction() as current:
            current.execute(text(change))

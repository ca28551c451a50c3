"""S4: alarms about mandatory instruments of which no sensor tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit import history
from core.db import session
from instruments.jobs import JOBS
from instruments.models import AlarmReminder, Instrument, SensorAlarm
from instruments.rules.terms import Funding
from instruments.service.alarms import close_alarms, keep_alarms
from instruments.service.listings import resume_listing, suspend_listing
from tests.factories.accounts import actor_of, headers_of, keyed, make_bureau, make_provider
from tests.factories.instruments import make_instrument

API = "/api/v1"
Json = dict[str, Any]


def at(day: str, time: str = "06:20") -> datetime:
    """An instant of a day."""
    return datetime.fromisoformat(f"{day}T{time}:00+08:00").astimezone(UTC)


@pytest.fixture(autouse=True)
def published() -> Iterator[None]:
    """What is made is made, and public, on the first of March."""
    with clock.at(at("2026-03-01", "00:00")):
        yield


def make_mandatory(city: str, **said: Any) -> Instrument:
    return make_instrument(make_provider(city), **{"funding": Funding.FISCAL, "value_fen": 30_000_000, **said})


def send(client: FlaskClient, instrument: Instrument, path: str, body: Json, *, expect: int = 201) -> Json:
    answer = client.post(f"{API}{path}", json=body, headers=keyed(headers_of(instrument.provider)))
    assert answer.status_code == expect, answer.text
    found: Json = answer.get_json()
    return found


def tell(client: FlaskClient, instrument: Instrument, token: str, when: datetime) -> None:
    """A sensor at the instrument tells something at an instant."""
    headers = {"Authorization": f"Bearer {token}"}
    said = {"readings": [{"sensor": "S-1", "at": when.isoformat(), "running": False}]}
    with clock.at(when + timedelta(seconds=5)):
        assert client.post(f"{API}/sensor-readings", json=said, headers=headers).get_json()["taken"] == 1


def place(client: FlaskClient, instrument: Instrument) -> str:
    """A sensor at the instrument; answers the token it tells with."""
    number = send(client, instrument, "/sensors", {"serial": "S-1"})["id"]
    since = {"instrument_id": instrument.id, "starts_at": clock.now().isoformat()}
    send(client, instrument, f"/sensors/{number}/placement", since)
    return str(send(client, instrument, "/ingest-keys", {"label": "网关"})["token"])


def alarms(instrument: Instrument) -> list[SensorAlarm]:
    found = select(SensorAlarm).where(SensorAlarm.instrument_id == instrument.id).order_by(SensorAlarm.id)
    return list(session().scalars(found.execution_options(populate_existing=True)))


def states(instrument: Instrument) -> list[tuple[str, str | None]]:
    return [(each.state.value, each.ended_for and each.ended_for.value) for each in alarms(instrument)]


def told(instrument: Instrument) -> list[tuple[str, int, int]]:
    found = select(AlarmReminder).where(AlarmReminder.provider_id == instrument.provider_id)
    return [(f"{each.on:%m-%d}", each.opened, each.standing) for each in session().scalars(found.order_by("id"))]


def test_s4_silence_is_alarmed_about_once_told_again_and_ends_with_the_next_reading(client: FlaskClient) -> None:
    watched = make_mandatory("370700")
    bare = make_instrument(watched.provider, funding=Funding.PARTLY_FISCAL, value_fen=50_000_000)
    cheap = make_instrument(watched.provider, funding=Funding.FISCAL, value_fen=29_999_999)
    private = make_instrument(watched.provider, funding=Funding.PRIVATE, value_fen=50_000_000)
    token = place(client, watched)
    tell(client, watched, token, at("2026-03-05", "12:00"))
    keep_alarms(now=at("2026-03-08", "00:00"))
    assert states(bare) == [], "seven days are not over yet"
    keep_alarms(now=at("2026-03-09"))
    assert [(states(bare), states(watched)), states(cheap), states(private)] == [([("open", None)], []), [], []]
    keep_alarms(now=at("2026-03-13"))
    keep_alarms(now=at("2026-03-13"))
    assert states(watched) == [("open", None)], "and once only"
    assert alarms(watched)[0].since == at("2026-03-05", "12:00")
    assert told(watched) == [("03-09", 1, 1), ("03-13", 1, 2)]
    keep_alarms(now=at("2026-03-26"))
    keep_alarms(now=at("2026-03-27"))
    assert told(watched)[2:] == [("03-27", 0, 2)], "told again after two weeks"
    tell(client, watched, token, at("2026-03-27", "09:00"))
    close_alarms(now=at("2026-03-27", "09:10"))
    assert (states(watched), states(bare)) == ([("closed", "reading")], [("open", None)])
    assert [each.action for each in history("sensor_alarm", alarms(watched)[0].id)] == ["open", "end"]


def test_a_late_reading_of_long_ago_ends_no_alarm_and_an_older_one_of_elsewhere_counts_not(client: FlaskClient) -> None:
    here = make_mandatory("370900")
    token = place(client, here)
    keep_alarms(now=at("2026-03-20"))
    headers = {"Authorization": f"Bearer {token}"}
    said = {"readings": [{"sensor": "S-1", "at": at("2026-03-02").isoformat(), "running": True}]}
    with clock.at(at("2026-03-20", "08:00")):
        assert client.post(f"{API}/sensor-readings", json=said, headers=headers).get_json()["late"] == 1
    close_alarms(now=at("2026-03-20", "08:10"))
    assert states(here) == [("open", None)]


def test_the_owner_says_why_and_the_bureau_reads_it_until_the_day_is_over(client: FlaskClient) -> None:
    made = make_mandatory("371000")
    bureau, elsewhere = headers_of(make_bureau("371000")), headers_of(make_bureau("371100"))
    keep_alarms(now=at("2026-03-09"))
    (alarm,) = alarms(made)
    path = f"/sensor-alarms/{alarm.id}"
    answer = {"reason": "repair", "note": "待厂家更换电源", "back_on": "2026-03-20"}
    with clock.at(at("2026-03-10")):
        for day, code in (("2026-03-10", "alarm_back_on_past"), ("2026-06-09", "alarm_back_on_far")):
            refused = send(client, made, f"{path}/answer", {**answer, "back_on": day}, expect=422)
            assert [each["code"] for each in refused["reasons"]] == [code]
        forbidden = client.post(f"{API}{path}/answer", json=answer, headers=keyed(bureau))
        assert forbidden.status_code == 403, "its owner alone answers"
        assert send(client, made, f"{path}/answer", answer)["state"] == "answered"
        shown = client.get(f"{API}/sensor-alarms?state=answered&watch=none&city=371000", headers=bureau).get_json()
        assert [(each["id"], each["reason"], each["note"]) for each in shown["items"]] == [
            (alarm.id, "repair", "待厂家更换电源")
        ]
        assert client.get(f"{API}/sensor-alarms?watch=silent", headers=bureau).get_json()["items"] == []
        assert client.get(f"{API}{path}", headers=elsewhere).status_code == 404
    keep_alarms(now=at("2026-03-20"))
    assert (states(made), told(made)) == ([("answered", None)], [("03-09", 1, 1)])
    keep_alarms(now=at("2026-03-21"))
    assert (states(made), told(made)[1:]) == ([("open", None)], [("03-21", 1, 1)])


def test_what_is_public_no_more_is_not_demanded_and_after_its_return_the_days_run_anew(client: FlaskClient) -> None:
    made, cheaper = make_mandatory("371500"), make_mandatory("371300")
    keep_alarms(now=at("2026-03-09"))
    owner = actor_of(made.provider)
    suspend_listing(instrument_id=made.id, note="维修", actor=owner, now=at("2026-03-10"))
    resume_listing(instrument_id=made.id, note="", actor=owner, now=at("2026-03-10", "07:00"))
    headers = headers_of(cheaper.provider)
    with clock.at(at("2026-03-10")):
        changed = client.patch(f"{API}/instruments/{cheaper.id}", json={"value_fen": 20_000_000}, headers=headers)
        assert changed.status_code == 200, changed.text
    close_alarms(now=at("2026-03-10", "08:00"))
    assert (states(made), states(cheaper)) == ([("closed", "suspended")], [("closed", "not_demanded")])
    keep_alarms(now=at("2026-03-17"))
    assert len(alarms(made)) == 1, "six days and some hours"
    keep_alarms(now=at("2026-03-18"))
    assert states(made)[1:] == [("open", None)]


def test_the_worker_keeps_alarms_by_jobs_of_its_own(client: FlaskClient) -> None:
    made = make_mandatory("371400")
    jobs = {each.name: each for each in JOBS}
    jobs["instruments.keep_alarms"].run(at("2026-03-09"), at("2026-03-09"))
    assert states(made) == [("open", None)]
    token = place(client, made)
    tell(client, made, token, at("2026-03-09", "10:00"))
    jobs["instruments.close_alarms"].run(at("2026-03-09", "10:10"), at("2026-03-09", "10:10"))
    assert states(made) == [("closed", "reading")]

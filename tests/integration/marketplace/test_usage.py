"""S19: who comes to a booking and leaves it, what an order used, and what that does to the record of its service."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core import clock
from core.db import session, transaction
from core.outbox import OutboxEvent
from instruments.service.readings import derive_due
from marketplace.app import HANDLERS
from marketplace.demo.client import DemoClient
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY, order, service_id, walk
from vouchers.models import ClaimFlag, RecordAmendment

TEN = MONDAY + timedelta(hours=1)
Json = dict[str, Any]


def booked(client: DemoClient, *, until: str = "service-start", hours: int = 2) -> Json:
    """An order of machine time from ten o'clock on, taken so far."""
    slot = {"starts_at": TEN.isoformat(), "ends_at": (TEN + timedelta(hours=hours)).isoformat()}
    placed = order(client, "sme-heze", service_id("demo-ms-hour"), **slot)
    return walk(client, placed, user="sme-heze", until=until)


def minutes_past_ten(minutes: int) -> datetime:
    return TEN + timedelta(minutes=minutes)


def attend(
    client: DemoClient, user: str, deal: Json, step: str, body: Json | None = None, *, expect: int = 201
) -> Json:
    return client.post(user, f"/orders/{deal['id']}/{step}", body or {}, expect=expect)


def codes(answer: Json) -> list[str]:
    return [each["code"] for each in answer["reasons"]]


def deliver_events() -> None:
    """What the worker does within a second; it hands over what is committed, which nothing is within a test."""
    for event in session().scalars(select(OutboxEvent).order_by(OutboxEvent.id)).all():
        topic, payload = event.topic, event.payload
        with transaction():
            for handler in HANDLERS.get(topic, ()):
                handler(payload, clock.now())


def test_s19_check_in_and_check_out_give_the_actual_hours_beside_the_booked_ones(province: DemoClient) -> None:
    deal = booked(province)
    with clock.at(minutes_past_ten(15)):
        assert attend(province, "provider-jinan", deal, "check-out", expect=409)["code"] == "not_checked_in"
        came = attend(province, "provider-jinan", deal, "check-in", {"at": minutes_past_ten(10).isoformat()})
        assert (came["came_at"], came["logged_hours"]) == ("2026-03-02T02:10:00+00:00", None)
        assert attend(province, "provider-jinan", deal, "check-in", expect=409)["code"] == "attended_already"
    with clock.at(minutes_past_ten(100)):
        left = attend(province, "provider-jinan", deal, "check-out", {"samples": 7, "operator": "演示操作员"})
        assert (left["booked_hours"], left["logged_hours"]) == ("2", "1.5")
        (entry,) = province.get("provider-jinan", f"/instruments/{left['instrument_id']}/uses")["items"]
        assert (entry["order_id"], entry["booking_id"], entry["samples"]) == (deal["id"], left["id"], 7)
        for reader in ("sme-heze", "provider-jinan", "bureau-jinan", "province"):
            (shown,) = province.get(reader, "/bookings")["items"]
            assert (shown["booked_hours"], shown["logged_hours"]) == ("2", "1.5")
        assert province.get("bureau-heze", "/bookings")["items"] == []
        assert province.get("sme-jinan", "/bookings")["items"] == []
        assert verify_everything()[1] == []


def test_s19_users_check_in_by_themselves_where_the_instrument_lets_them(province: DemoClient) -> None:
    """At the present moment only; what another instant was, its owner says."""
    deal = booked(province)
    instrument = province.get("sme-heze", "/bookings")["items"][0]["instrument_id"]
    with clock.at(minutes_past_ten(5)):
        assert attend(province, "sme-heze", deal, "check-in", expect=403)["code"] == "users_do_not_check_in"
        province.put("provider-jinan", f"/instruments/{instrument}/attendance", {"users_check_in": True})
        dated = attend(province, "sme-heze", deal, "check-in", {"at": TEN.isoformat()}, expect=422)
        assert codes(dated) == ["attendance_is_now"]
        assert attend(province, "sme-heze", deal, "check-in")["came_at"] == "2026-03-02T02:05:00+00:00"
        attend(province, "sme-jinan", deal, "check-out", expect=404)
    with clock.at(minutes_past_ten(65)):
        assert attend(province, "sme-heze", deal, "check-out")["logged_hours"] == "1"


def test_nobody_comes_before_the_contract_long_before_the_booking_or_after_it(province: DemoClient) -> None:
    """S17: no use before the service has started."""
    early = booked(province, until="contract:user", hours=1)
    assert attend(province, "provider-jinan", early, "check-in", expect=409)["code"] == "not_served_yet"
    late = {"at": (MONDAY - timedelta(hours=1)).isoformat()}
    started = province.post("provider-jinan", f"/orders/{early['id']}/payment")
    assert started["outstanding_fen"] == 0
    province.post("provider-jinan", f"/orders/{early['id']}/service-start")
    assert codes(attend(province, "provider-jinan", early, "check-in", late, expect=422)) == ["use_before_service"]
    with clock.at(minutes_past_ten(60)):
        assert codes(attend(province, "provider-jinan", early, "check-in", expect=422)) == ["attendance_over"]
    sampled = walk(
        province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze", until="service-start"
    )
    assert attend(province, "provider-jinan", sampled, "check-in", expect=409)["code"] == "nothing_booked"


def test_what_an_order_used_is_logged_by_its_provider_on_instruments_of_its_service(province: DemoClient) -> None:
    deal = walk(
        province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze", until="service-start"
    )
    foreign = instrument_of(province, "demo-sem")
    use = {
        "instrument_id": foreign,
        "starts_at": (MONDAY - timedelta(days=1)).isoformat(),
        "ends_at": minutes_past_ten(0).isoformat(),
        "operator": "演示操作员",
    }
    with clock.at(minutes_past_ten(30)):
        path = f"/orders/{deal['id']}/uses"
        refused = province.post("provider-jinan", path, use, expect=422)
        assert codes(refused) == ["use_of_other_instrument", "use_before_service"]
        right = {**use, "instrument_id": instrument_of(province, "demo-ms"), "starts_at": MONDAY.isoformat()}
        logged = province.post("provider-jinan", path, right)
        assert (logged["purpose"], logged["order_id"], logged["booking_id"]) == ("order", deal["id"], None)
        assert province.post("sme-heze", path, right, expect=403)["code"] == "forbidden"


def instrument_of(client: DemoClient, external_id: str) -> int:
    found = {each["external_id"]: each["id"] for each in client.pages("provider-jinan", "/instruments")}
    return int(found[external_id])


def test_what_is_logged_late_amends_the_record_of_the_service_by_event(province: DemoClient) -> None:
    """What was logged by completion stands beside the record at once; what comes later, by event."""
    deal = booked(province, until="delivery", hours=8)
    instrument = instrument_of(province, "demo-ms")
    path, evening = f"/orders/{deal['id']}", TEN + timedelta(hours=9)
    whole = {
        "instrument_id": instrument,
        "starts_at": TEN.isoformat(),
        "ends_at": (TEN + timedelta(hours=8)).isoformat(),
        "operator": "演示操作员",
    }
    with clock.at(evening):
        first = province.post("provider-jinan", f"{path}/uses", whole)
        done = province.post("sme-heze", f"{path}/completion", {"completed_on": "2026-03-02"})
        assert amendments(done) == [Decimal(8)]
        deliver_events()
        assert amendments(done) == [Decimal(8)], "what the record knows already is not said again"
        mended = {**whole, "ends_at": (TEN + timedelta(hours=2)).isoformat(), "why": "实际两小时"}
        del mended["instrument_id"]
        province.post("provider-jinan", f"/instruments/{instrument}/uses/{first['id']}/correction", mended)
        assert amendments(done) == [Decimal(8)]
        deliver_events()
        assert amendments(done) == [Decimal(8), Decimal(2)]
        latest = province.get("provider-jinan", f"/instruments/{instrument}/uses")["items"][-1]
        province.post(
            "provider-jinan", f"/instruments/{instrument}/uses/{latest['id']}/withdrawal", {"why": "误记他单"}
        )
        deliver_events()
        assert amendments(done) == [Decimal(8), Decimal(2), Decimal(0)]
        assert session().scalars(select(ClaimFlag)).all() == [], "nobody decides about a draft yet"
        assert verify_everything()[1] == []


def test_what_sensors_tell_of_all_its_time_counts_before_the_log(province: DemoClient) -> None:
    """Booked and logged for two hours, run for one: what is read after completion amends the record by event."""
    deal = booked(province, until="delivery")
    instrument = instrument_of(province, "demo-ms")
    sensor = province.post("provider-jinan", "/sensors", {"serial": "S-1"})["id"]
    since = {"instrument_id": instrument, "starts_at": MONDAY.isoformat()}
    province.post("provider-jinan", f"/sensors/{sensor}/placement", since)
    token = province.post("provider-jinan", "/ingest-keys", {"label": "网关"})["token"]
    use = {"starts_at": TEN.isoformat(), "ends_at": minutes_past_ten(120).isoformat(), "operator": "演示操作员"}
    with clock.at(minutes_past_ten(180)):
        province.post("provider-jinan", f"/orders/{deal['id']}/uses", {**use, "instrument_id": instrument})
        done = province.post("sme-heze", f"/orders/{deal['id']}/completion", {"completed_on": "2026-03-02"})
        assert amendments(done) == [Decimal(2)]
        told = [
            {"sensor": "S-1", "at": minutes_past_ten(minutes).isoformat(), "running": minutes < 90}
            for minutes in range(30, 130, 10)
        ]
        answer = province.app.test_client().post(
            "/api/v1/sensor-readings", json={"readings": told}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.get_json()["taken"] == 10
        derive_due(now=clock.now())
        deliver_events()
        assert amendments(done) == [Decimal(2), Decimal(1)]
        beside = f"/instruments/{instrument}/comparison"
        (row,) = province.get("bureau-jinan", beside, first_day="2026-03-02", last_day="2026-03-02")["items"]
        assert (row["kind"], row["order_id"], row["differences"]) == ("booking", deal["id"], [])
        assert (row["booked_hours"], row["logged_hours"], row["measured_hours"]) == ("2", "2", "1")
        assert verify_everything()[1] == []


def amendments(done: Json) -> list[Decimal]:
    """The hours the log told the record of a claim, one after the other."""
    found = select(RecordAmendment.logged_hours).where(RecordAmendment.claim_id == done["claim_id"])
    hours = list(session().scalars(found.order_by(RecordAmendment.id)))
    session().commit()
    return hours

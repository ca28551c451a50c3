"""Moving and shortening a booking before the contract, under the rules of a new one (V12 hold, S17, invariant 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from core import clock
from core.db import db, session
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.integration.marketplace.test_races import counted, race
from tests.support.deal import MONDAY, ask, order, service_id, walk

HOURLY = "demo-ms-hour"
TUESDAY = MONDAY.replace(hour=0) + timedelta(days=1)
RULES = {
    "step_minutes": 30,
    "before_minutes": 15,
    "after_minutes": 30,
    "lead_minutes": 120,
    "horizon_days": 20,
    "week_hours": 5,
    "open_bookings": 2,
}


def slot(hour: float, length: float = 2, *, day: int = 0) -> dict[str, str]:
    """So many hours after Tuesday's midnight."""
    start = TUESDAY + timedelta(days=day, hours=hour)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=length)).isoformat()}


def book(client: DemoClient, user: str = "sme-heze", **wanted: Any) -> Json:
    return order(client, user, service_id(HOURLY), **wanted)


def move(client: DemoClient, placed: Json, wanted: dict[str, str], *, user: str = "sme-heze") -> tuple[int, Json]:
    return client.attempt(user, f"/orders/{placed['id']}/booking-change", wanted)


def codes(answer: Json) -> list[str]:
    return [each["code"] for each in answer["reasons"]]


def test_a_moved_booking_keeps_its_sums_and_frees_its_old_slot(province: DemoClient) -> None:
    """The same length costs the same; who provides is told, and the story says where it went."""
    placed = book(province, **slot(10))
    status, moved = move(province, placed, slot(14))
    assert (status, moved["state"]) == (201, "placed")
    assert moved["starts_at"] > placed["starts_at"]
    money = ("price_fen", "subsidy_fen", "self_pay_fen", "contract_fen", "quantity", "booked_quantity")
    assert [moved[name] for name in money] == [placed[name] for name in money]
    assert book(province, "sme-jinan", **slot(10))["state"] == "placed"
    story = province.get("provider-jinan", f"/orders/{placed['id']}/timeline")["entries"]
    assert [(each["action"], each["moved_to"]) for each in story] == [
        ("place", None),
        ("reschedule", [moved["starts_at"], moved["ends_at"]]),
    ]
    assert verify_everything()[1] == []


def test_v12_hold_a_shortened_booking_is_charged_as_used(province: DemoClient) -> None:
    """V12 hold: the hold stays until completion, which prices what was booked last and releases the difference; the
    provider may state no more than that."""
    placed = book(province, **slot(10))
    status, shorter = move(province, placed, slot(10, 0.5))
    assert (status, shorter["quantity"], shorter["booked_quantity"]) == (201, "2", "0.5")
    assert shorter["subsidy_fen"] == placed["subsidy_fen"]
    with clock.at(TUESDAY + timedelta(hours=12)):
        walk(province, placed, user="sme-heze", until="delivery")
        path = f"/orders/{placed['id']}/completion"
        more = province.post("provider-jinan", path, {"completed_on": "2026-03-03", "quantity": "2"}, expect=422)
        assert codes(more) == ["provider_raises_quantity"]
        done = province.post("provider-jinan", path, {"completed_on": "2026-03-03"})
        assert (done["price_fen"] * 4, done["subsidy_fen"] * 4) == (placed["price_fen"], placed["subsidy_fen"])
        assert done["outstanding_fen"] == 0
        assert verify_everything()[1] == []


def test_only_the_user_moves_and_only_before_a_side_has_signed(province: DemoClient) -> None:
    """S17: the contract names the time. The provider declines or cancels instead."""
    placed = book(province, **slot(10))
    assert move(province, placed, slot(14), user="provider-jinan")[0] == 403
    assert move(province, placed, slot(14), user="sme-jinan")[0] == 404
    walk(province, placed, user="sme-heze", until="acceptance")
    status, moved = move(province, placed, slot(14))
    assert (status, moved["state"]) == (201, "accepted")
    province.post("provider-jinan", f"/orders/{placed['id']}/contract")
    assert move(province, placed, slot(10))[1]["code"] == "contract_begun"
    province.post("sme-heze", f"/orders/{placed['id']}/contract")
    assert move(province, placed, slot(10))[1]["code"] == "state_forbids"
    sampled = order(province, "sme-heze", service_id("demo-ms-sample"))
    assert move(province, sampled, slot(10))[1]["code"] == "nothing_booked"


def test_every_fault_is_named_at_once_and_the_old_slot_stays(province: DemoClient) -> None:
    """Longer than ordered, outside the hours, or nothing new."""
    placed = book(province, **slot(10))
    status, longer = move(province, placed, slot(19, 3))
    assert (status, codes(longer)) == (422, ["rebooking_longer", "slot_outside_opening_hours"])
    assert codes(move(province, placed, slot(10))[1]) == ["rebooking_same_slot"]
    assert codes(move(province, placed, slot(10, -1))[1]) == ["slot_reversed"]
    kept = province.get("sme-heze", f"/orders/{placed['id']}")
    assert (kept["starts_at"], kept["ends_at"]) == (placed["starts_at"], placed["ends_at"])
    assert verify_everything()[1] == []


def test_v12_cap_a_booking_does_not_move_into_the_year_of_another_hold(province: DemoClient) -> None:
    """V12 cap: held in the year of the expected completion."""
    late = datetime(2026, 12, 14, 9, tzinfo=clock.SHANGHAI)
    with clock.at(late):
        placed = book(province, **{name: at.replace("2026-03-03", "2026-12-15") for name, at in slot(10).items()})
        assert placed["expected_completion"].startswith("2026-12")
        wanted = {name: at.replace("2026-03-03", "2026-12-31") for name, at in slot(10).items()}
        status, refused = move(province, placed, wanted)
        assert (status, codes(refused)) == (422, ["rebooking_other_year"])
        assert refused["reasons"][0]["article"] == "V12 cap"


@contextmanager
def undone() -> Iterator[None]:
    """What is written within is not there afterwards."""
    point = db.engines[None].begin_nested()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        session().rollback()
        point.rollback()


@pytest.fixture
def among_others(province: DemoClient) -> Json:
    """A booking of two hours beside another of its user's and one of somebody else, under every kind of rule."""
    placed = book(province, **slot(10))
    book(province, **slot(9, 3, day=1))
    book(province, "sme-jinan", **slot(14))
    province.put("provider-jinan", f"/instruments/{placed['instrument_id']}/booking-rules", RULES)
    return placed


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    day=st.integers(-1, 22), hour=st.integers(0, 47).map(lambda at: at / 2), length=st.sampled_from([0.5, 0.75, 1.5, 2])
)
@example(day=0, hour=11.0, length=1.0)
@example(day=0, hour=12.5, length=1.5)
@example(day=0, hour=16.25, length=0.75)
@example(day=1, hour=15.0, length=2)
def test_a_move_is_answered_as_a_new_booking_is_without_the_old_one(
    province: DemoClient, among_others: Json, day: int, hour: float, length: float
) -> None:
    """By everything that is asked of bookings: hours, lengths, grid, time kept free, lead, horizon, quotas, others."""
    wanted = slot(hour, length, day=day)
    assume(wanted != slot(10))
    with undone():
        status, moved = move(province, among_others, wanted)
    with undone():
        province.post("sme-heze", f"/orders/{among_others['id']}/cancellation", {})
        body = {"service_id": among_others["service_id"], "payment_mode": "direct_deduction", **wanted}
        asked_status, asked = province.attempt("sme-heze", "/quotes", body)
    assert status == asked_status, (moved, asked)
    assert status == 201 or (moved["code"] == "slot_taken") == (asked["code"] == "slot_taken")
    assert status == 201 or sorted(codes(moved)) == sorted(codes(asked))


def test_of_many_who_move_to_one_slot_one_gets_it(committed_province: DemoClient) -> None:
    """Invariant 5: with a new booking among them; whoever comes too late keeps what he had."""
    client, users = committed_province, ["sme-heze", "sme-jinan", "sme-jinan-sibling", "team-weifang"]
    mine = [(user, book(client, user, **slot(9 + 2 * number))) for number, user in enumerate(users)]
    fresh = ask(client, "sme-heze", service_id(HOURLY), **slot(10, day=3))["id"]
    calls = [
        (user, f"/orders/{each['id']}/booking-change", slot(10, day=3), f"move-{each['id']}") for user, each in mine
    ]
    answers = race(client, [*calls, ("sme-heze", "/orders", {"quote_id": fresh}, "fresh")])
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    assert {each.get_json()["code"] for each in answers if each.status_code == 409} == {"slot_taken"}
    won = int(answers[-1].status_code == 201)
    assert counted("SELECT count(*) FROM occupancy WHERE live") == len(mine) + won
    assert verify_everything()[1] == []

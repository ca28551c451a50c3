"""V12, V14: fees published for bookings given up late or not come to: a debt of the user's own, paid by no voucher."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.queries.orders import orders_ahead
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY, ask, order, service_id, walk
from tests.support.pages import PageClient

HOURLY = "demo-ms-hour"
START = MONDAY + timedelta(days=2)
SLOT = {"starts_at": START.isoformat(), "ends_at": (START + timedelta(hours=2)).isoformat()}
TERMS = {"free_cancellation_hours": 24, "late_cancellation_percent": 30, "no_show_percent": 50}
HOUR = timedelta(hours=1)


def publish(client: DemoClient, **terms: Any) -> Json:
    """The provider publishes its terms of cancellation, from today on."""
    return client.patch("provider-jinan", f"/services/{service_id(HOURLY)}", terms or TERMS)


@pytest.fixture
def accepted(province: DemoClient) -> Json:
    """An accepted order of two hours under published terms."""
    publish(province)
    return walk(province, order(province, "sme-heze", service_id(HOURLY), **SLOT), user="sme-heze", until="acceptance")


def cancel(client: DemoClient, user: str, placed: Json) -> Json:
    return client.post(user, f"/orders/{placed['id']}/cancellation", {})


def fee(ended: Json) -> tuple[str, str | None, int | None]:
    return ended["state"], ended["fee_kind"], ended["fee_fen"]


def test_v14_the_terms_are_published_with_the_price_and_part_of_the_quote(province: DemoClient) -> None:
    """V14: a version by date; a quote from before it is not ordered, as its user agreed to something else."""
    before = ask(province, "sme-heze", service_id(HOURLY), **SLOT)
    assert [before[name] for name in TERMS] == [None, None, None]
    assert [publish(province)[name] for name in TERMS] == list(TERMS.values())
    refused = province.post("sme-heze", "/orders", {"quote_id": before["id"]}, expect=409)
    assert refused["code"] == "price_changed"
    quoted = ask(province, "sme-heze", service_id(HOURLY), **SLOT)
    assert [quoted[name] for name in TERMS] == list(TERMS.values())
    assert quoted["price_fen"] == before["price_fen"]
    placed = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    assert datetime.fromisoformat(placed["free_cancellation_until"]) == START - 24 * HOUR
    prices = province.get(None, f"/services/{service_id(HOURLY)}/prices")["items"]
    assert [each["no_show_percent"] for each in prices] == [50, None]
    half = province.patch(
        "provider-jinan", f"/services/{service_id(HOURLY)}", {"free_cancellation_hours": None}, expect=422
    )
    assert [each["code"] for each in half["reasons"]] == ["service_cancellation_incomplete"]
    assert verify_everything()[1] == []


@pytest.mark.parametrize(
    ("hours_before", "kind", "percent"), [(24, None, 0), (23.9, "late_cancellation", 30), (-1, "late_cancellation", 30)]
)
def test_giving_a_booking_up_late_costs_what_was_published(
    province: DemoClient, accepted: Json, hours_before: float, kind: str | None, percent: int
) -> None:
    """The last free instant included; payments, hold and slot go as ever, and the fee stands apart from them."""
    with clock.at(START - hours_before * HOUR):
        ended = cancel(province, "sme-heze", accepted)
        assert fee(ended) == ("cancelled", kind, accepted["price_fen"] * percent // 100 or None)
        assert (ended["outstanding_fen"], ended["shortfall_fen"]) == (0, 0)
        assert verify_everything()[1] == []


def test_nothing_is_owed_before_acceptance_nor_where_the_provider_gives_up(
    province: DemoClient, accepted: Json
) -> None:
    """A user's own late decision alone costs."""
    later = {name: (MONDAY + timedelta(hours=hours)).isoformat() for name, hours in (("starts_at", 2), ("ends_at", 3))}
    unanswered = order(province, "sme-heze", service_id(HOURLY), **later)
    assert fee(cancel(province, "sme-heze", unanswered)) == ("cancelled", None, None)
    with clock.at(START - HOUR):
        assert fee(cancel(province, "provider-jinan", accepted)) == ("cancelled", None, None)


def test_v12_a_contracted_order_is_refunded_whole_and_its_fee_is_no_part_of_it(
    province: DemoClient, accepted: Json
) -> None:
    """V12: no voucher pays a fee: the hold is free again, nothing is due, and no claim can come of it."""
    paid = walk_from_contract(province, accepted)
    with clock.at(START - HOUR):
        ended = cancel(province, "sme-heze", accepted)
        assert fee(ended) == ("cancelled", "late_cancellation", accepted["price_fen"] * 30 // 100)
        assert (paid["outstanding_fen"], ended["outstanding_fen"], ended["paid_fen"], ended["claim_id"]) == (
            0,
            0,
            0,
            None,
        )
        story = province.get("sme-heze", f"/orders/{accepted['id']}/timeline")
        assert story["entries"][-1]["action"] == "cancel"
        assert verify_everything()[1] == []


def slot_from(start: datetime) -> Json:
    """An hour."""
    return {"starts_at": start.isoformat(), "ends_at": (start + HOUR).isoformat()}


def instrument_of(client: DemoClient, placed: Json) -> int:
    bookings = client.get("sme-heze", "/bookings")["items"]
    (number,) = (each["instrument_id"] for each in bookings if each["order_id"] == placed["id"])
    return int(number)


def test_nothing_is_owed_where_the_instrument_is_out_of_service_and_its_users_are_told(
    province: DemoClient, accepted: Json
) -> None:
    """Who booked is told why; the booking is given up for nothing, or moved to the day it is expected back."""
    number = instrument_of(province, accepted)
    other = order(province, "sme-jinan", service_id(HOURLY), **slot_from(START + 3 * HOUR))
    walk(province, other, user="sme-jinan", until="acceptance")
    ahead = province.get("provider-jinan", "/bookings", instrument_id=number, ends_after=MONDAY.isoformat())["items"]
    assert [each["order_id"] for each in ahead] == [other["id"], accepted["id"]]
    with clock.at(START - HOUR):
        path = f"/instruments/{number}/suspension"
        past = {"expected_back_on": clock.today(MONDAY).isoformat()}
        refused = province.post("provider-jinan", path, past, expect=422)
        assert [each["code"] for each in refused["reasons"]] == ["interruption_unexplained", "interruption_back_past"]
        back = clock.today(START) + timedelta(days=5)
        province.post("provider-jinan", path, {"note": "离子源检修", "expected_back_on": back.isoformat()})
        assert province.get("sme-heze", f"/instruments/{number}/interruption")["note"] == "离子源检修"
        province.get("team-weifang", f"/instruments/{number}/interruption", expect=404)
        assert [each.id for each in orders_ahead(number, at=clock.now())] == [accepted["id"], other["id"]]
        page = PageClient(province.app.test_client()).sign_in("sme-heze").get(f"/orders/{accepted['id']}").text
        assert all(word in page for word in ("仪器暂停开放", "离子源检修", "查找同类仪器"))
        early, late = (slot_from(START + timedelta(days=days)) for days in (2, 5))
        path = f"/orders/{other['id']}/booking-change"
        assert province.post("sme-jinan", path, early, expect=409)["code"] == "instrument_not_published"
        assert province.post("sme-jinan", path, late)["state"] == "accepted"
        assert fee(cancel(province, "sme-heze", accepted)) == ("cancelled", None, None)
        assert verify_everything()[1] == []


def test_who_does_not_come_owes_what_was_published(province: DemoClient, accepted: Json) -> None:
    """Said by the provider once the booking is over, unless somebody came."""
    path = f"/orders/{accepted['id']}/no-show"
    with clock.at(START + HOUR):
        assert province.post("provider-jinan", path, {}, expect=409)["code"] == "booking_not_over"
    with clock.at(START + 2 * HOUR):
        assert province.post("sme-heze", path, {}, expect=403)["code"] == "forbidden"
        ended = province.post("provider-jinan", path, {"note": "电话未接"})
        assert fee(ended) == ("cancelled", "no_show", accepted["price_fen"] * 50 // 100)
        assert ended["ended_reason"] == "电话未接"
        assert verify_everything()[1] == []


def test_who_came_did_not_stay_away(province: DemoClient, accepted: Json) -> None:
    """S19: check-in and the log of use speak against it."""
    with clock.at(START):
        for user, step in (
            ("provider-jinan", "contract"),
            ("sme-heze", "contract"),
            ("provider-jinan", "service-start"),
        ):
            province.post(user, f"/orders/{accepted['id']}/{step}", {})
        province.post("provider-jinan", f"/orders/{accepted['id']}/check-in", {})
    with clock.at(START + 3 * HOUR):
        refused = province.post("provider-jinan", f"/orders/{accepted['id']}/no-show", {}, expect=409)
        assert refused["code"] == "user_came"


def test_a_fee_is_not_dodged_by_moving(province: DemoClient, accepted: Json) -> None:
    """Once giving it up would cost something, a booking stays where it is."""
    wanted = {
        name: (START + timedelta(days=7, hours=hours)).isoformat() for name, hours in (("starts_at", 0), ("ends_at", 2))
    }
    with clock.at(START - HOUR):
        status, refused = province.attempt("sme-heze", f"/orders/{accepted['id']}/booking-change", wanted)
        assert (status, [each["code"] for each in refused["reasons"]]) == (422, ["rebooking_late"])
    with clock.at(START - 25 * HOUR):
        assert province.attempt("sme-heze", f"/orders/{accepted['id']}/booking-change", wanted)[0] == 201


def walk_from_contract(client: DemoClient, accepted: Json) -> Json:
    """Signed by both sides and paid."""
    path = f"/orders/{accepted['id']}"
    for user, step in (("provider-jinan", "contract"), ("sme-heze", "contract"), ("provider-jinan", "payment")):
        paid = client.post(user, f"{path}/{step}", {})
    return paid


def test_a_provider_waives_a_fee_with_its_reason_once(province: DemoClient, accepted: Json) -> None:
    """V14: the user is told and reads why; the fee stays on record, and the list finds orders by it."""
    path = f"/orders/{accepted['id']}/fee-waiver"
    said = {"reason": "设备临时故障"}
    assert province.post("provider-jinan", path, said, expect=409)["code"] == "no_fee_due"
    with clock.at(START - HOUR):
        ended = cancel(province, "sme-heze", accepted)
        assert province.post("sme-heze", path, said, expect=403)["code"] == "forbidden"
        waived = province.post("provider-jinan", path, said)
        assert (fee(waived), waived["fee_waiver"]) == (fee(ended), "设备临时故障")
        assert province.post("provider-jinan", path, said, expect=409)["code"] == "no_fee_due"
        for kind, count in (("late_cancellation", 1), ("no_show", 0)):
            assert len(province.get("sme-heze", "/orders", fee_kind=kind)["items"]) == count
        story = province.get("sme-heze", f"/orders/{accepted['id']}/timeline")["entries"]
        assert (story[-1]["action"], story[-1]["note"]) == ("waive", "设备临时故障")
        assert verify_everything()[1] == []

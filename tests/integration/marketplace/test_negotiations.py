"""Prices by negotiation: requests, rounds of offers, and the deal at what was agreed (V13, V14, ADR 0237)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from marketplace.service.negotiations import expire_offers
from tests.support.deal import MONDAY, approve, ask, hand_in, service_id, walk
from tests.support.pages import PageClient
from tests.support.world.catalogue import SERVICE

GOLD: Json = {"title": "金靶", "kind": "consumable", "unit": "片", "quantity": "1.5", "unit_price_fen": 5_050}
SOONER: Json = {"title": "加急", "kind": "express", "unit": "次", "quantity": "1", "unit_price_fen": 20_000}
OFFER: Json = {
    "price_unit": "sample",
    "quantity": "10",
    "unit_price_fen": 8_000,
    "lines": [GOLD, SOONER],
    "turnaround_days": 12,
    "valid_until": "2026-03-09",
    "conditions": "样品由使用方提供",
    "cost_fen": 150_000,
    "cost_basis": "成本核算表",
}
USER, PROVIDER = "sme-heze", "provider-jinan"


@pytest.fixture
def negotiated(province: DemoClient) -> int:
    """A published service without a price."""
    said = {**SERVICE, "title": "工艺开发", "by_negotiation": True, "price_fen": None, "price_unit": None}
    instruments = province.get(PROVIDER, f"/services/{service_id('demo-ms-sample')}")["instruments"]
    made = province.post(PROVIDER, "/services", {**said, "instrument_ids": [each["id"] for each in instruments]})
    province.post(PROVIDER, f"/services/{made['id']}/publication")
    return int(made["id"])


def request(province: DemoClient, service: int, **expected: Any) -> Json:
    said = {"service_id": service, "subject": "镀膜工艺", "extent": "10 个样品", "needed_until": "2026-04-30"}
    return province.post(USER, "/negotiations", said, **expected)


def offered(province: DemoClient, service: int, **changes: Any) -> Json:
    path = f"/negotiations/{request(province, service)['id']}"
    return province.post(PROVIDER, f"{path}/offers", {**OFFER, **changes})


def agreement(found: Json, *, mode: str = "direct_deduction") -> Json:
    return {"offer_id": found["offers"][-1]["id"], "payment_mode": mode}


def test_v14_a_service_by_negotiation_has_no_price_and_no_quote(province: DemoClient, negotiated: int) -> None:
    """Neither sums beside it, nor a request where a price is published; everything wrong is named at once."""
    shown = province.get(None, f"/services/{negotiated}")
    assert (shown["by_negotiation"], shown["price_fen"], shown["price_unit"]) == (True, None, None)
    wish = {"service_id": negotiated, "quantity": "1", "payment_mode": "full_payment"}
    assert province.post(USER, "/quotes", wish, expect=409)["code"] == "price_by_negotiation"
    priced = service_id("demo-ms-sample")
    assert request(province, priced, expect=409)["code"] == "price_published"
    refused = province.patch(PROVIDER, f"/services/{priced}", {"by_negotiation": True}, expect=422)
    assert {each["field"] for each in refused["reasons"]} >= {"price_fen", "price_unit"}
    late = {"needed_from": "2026-03-01", "needed_until": "2026-02-01", "service_id": negotiated}
    faults = province.post(USER, "/negotiations", {**late, "subject": "工艺", "extent": "一批"}, expect=422)
    assert {each["code"] for each in faults["reasons"]} == {"negotiation_dates_reversed", "negotiation_dates_over"}
    page = PageClient(province.app.test_client()).sign_in(USER)
    assert "议价" in page.get(f"/services/{negotiated}").text
    sent_on = page.get(f"/quotes/new?service_id={negotiated}").response
    assert (sent_on.status_code, sent_on.location) == (303, f"/negotiations/new?service_id={negotiated}")


def test_v13_an_offer_names_all_its_faults_and_is_at_cost(province: DemoClient, negotiated: int) -> None:
    """800.00 + 75.75 + 200.00 = 1,075.75: a cost of 1,075.74 refuses it."""
    path = f"/negotiations/{request(province, negotiated)['id']}/offers"
    wrong = {"valid_until": "2026-03-01", "quantity": "1.5", "cost_fen": 30_000, "cost_basis": " "}
    refused = province.post(PROVIDER, path, {**OFFER, **wrong}, expect=422)
    assert {each["code"] for each in refused["reasons"]} == {
        "offer_valid_past",
        "service_quantity_not_whole",
        "service_price_above_cost",
        "service_cost_basis_missing",
    }
    unstated = province.post(PROVIDER, path, {**OFFER, "cost_fen": None}, expect=422)
    assert [each["code"] for each in unstated["reasons"]] == ["offer_cost_missing"]
    assert province.post(PROVIDER, path, {**OFFER, "cost_fen": 107_574}, expect=422)
    made = province.post(PROVIDER, path, {**OFFER, "cost_fen": 107_575})
    assert (made["state"], made["offers"][0]["price_fen"]) == ("offered", 107_575)
    assert province.post(PROVIDER, path, OFFER, expect=409)["code"] == "state_forbids"
    huge = {"quantity": "1000000", "unit_price_fen": 10**15}
    other = f"/negotiations/{request(province, negotiated)['id']}/offers"
    codes = {each["code"] for each in province.post(PROVIDER, other, {**OFFER, **huge}, expect=422)["reasons"]}
    assert "service_price_too_large" in codes


def test_v12_base_what_is_agreed_is_ordered_once_and_goes_to_the_claim(province: DemoClient, negotiated: int) -> None:
    """Over two rounds. The voucher shares what counts: 60% of 875.75 is 525.45; nine samples and one slide are used:
    720.00 + 50.50 = 770.50, of which it pays 462.30."""
    made = offered(province, negotiated, unit_price_fen=9_000)
    path = f"/negotiations/{made['id']}"
    province.post(USER, f"{path}/change-request", {"note": "单价请到 80 元"})
    again = province.post(PROVIDER, f"{path}/offers", OFFER)
    assert [each["outcome"] for each in again["offers"]] == ["change_asked", None]
    assert province.post(USER, f"{path}/agreement", agreement(made), expect=409)["code"] == "offer_over"
    quote = province.post(USER, f"{path}/agreement", agreement(again))
    assert (quote["price_fen"], quote["base_fen"], quote["subsidy_fen"]) == (107_575, 87_575, 52_545)
    assert (quote["negotiation_id"], quote["turnaround_days"], quote["price_group"]) == (made["id"], 12, None)
    assert [(line["kind"], line["sum_fen"], line["counts"]) for line in quote["lines"]] == [
        ("service", 80_000, True),
        ("consumable", 7_575, True),
        ("express", 20_000, False),
    ]
    other = province.post(USER, f"{path}/agreement", agreement(again, mode="full_payment"))
    placed = province.post(USER, "/orders", {"quote_id": quote["id"]})
    assert (placed["price_fen"], placed["subsidy_fen"], placed["negotiation_id"]) == (107_575, 52_545, made["id"])
    twice = province.post(USER, "/orders", {"quote_id": other["id"]}, expect=409)
    assert (twice["code"], province.get(USER, path)["state"]) == ("offer_over", "ordered")
    page = PageClient(province.app.test_client()).sign_in(PROVIDER).get(f"/orders/{placed['id']}")
    assert f"议价 {made['id']}" in page.text
    assert path in page.reader.links
    walk(province, placed, user=USER, until="delivery")
    used = [{"extra_id": 1, "quantity": "1"}, {"extra_id": 2, "quantity": "0"}]
    stated = {"completed_on": "2026-03-02", "quantity": "9", "extras": used}
    done = province.post(PROVIDER, f"/orders/{placed['id']}/completion", stated)
    assert (done["price_fen"], done["subsidy_fen"]) == (77_050, 46_230)
    claim = hand_in(province, done, claimant=PROVIDER, number="26370000000000009931")
    assert (claim["base_fen"], claim["claimed_fen"]) == (77_050, 46_230)
    approve(province, claim["id"], bureau="bureau-heze")
    assert verify_everything()[1] == []


def test_offers_expire_by_themselves_and_are_taken_back_before_they_are_agreed_to(
    province: DemoClient, negotiated: int
) -> None:
    """On the day after its last one nothing is agreed or ordered, whether or not the worker ran; both are told."""
    made, agreed, back = (offered(province, negotiated) for _ in range(3))
    quote = province.post(USER, f"/negotiations/{agreed['id']}/agreement", agreement(agreed))
    taken = province.post(PROVIDER, f"/negotiations/{back['id']}/offer-withdrawal", {"note": "价格有误"})
    assert (taken["state"], taken["offers"][0]["outcome"]) == ("asked", "taken_back")
    assert province.post(USER, f"/negotiations/{back['id']}/agreement", agreement(back), expect=409)
    with clock.at(MONDAY + timedelta(days=7)):
        assert expire_offers(now=clock.now()) == 0
        again = province.post(USER, f"/negotiations/{agreed['id']}/agreement", agreement(agreed))
        assert again["expires_at"] <= "2026-03-09T16:00:00+00:00"
    with clock.at(MONDAY + timedelta(days=8)):
        for found in (made, agreed):
            refused = province.post(USER, f"/negotiations/{found['id']}/agreement", agreement(found), expect=409)
            assert refused["code"] == "offer_over"
        assert province.post(USER, "/orders", {"quote_id": quote["id"]}, expect=409)["code"] == "quote_expired"
        assert (expire_offers(now=clock.now()), expire_offers(now=clock.now())) == (2, 0)
        states = {each["state"] for each in province.get(USER, "/negotiations", state="expired")["items"]}
        assert states == {"expired"}
        renewed = {**OFFER, "valid_until": "2026-03-31"}
        province.post(PROVIDER, f"/negotiations/{made['id']}/offers", renewed)
        assert province.post(USER, f"/negotiations/{made['id']}/decline", {"note": "另有安排"})["state"] == "declined"
    assert verify_everything()[1] == []


def test_an_order_at_an_agreed_price_books_a_slot_as_any_other(province: DemoClient, negotiated: int) -> None:
    """Hours that were agreed on are those of the slot; the price of the day does not matter."""
    hours = {"price_unit": "hour", "quantity": "2", "unit_price_fen": 20_000, "lines": []}
    made = offered(province, negotiated, **hours)
    path, said = f"/negotiations/{made['id']}/agreement", agreement(made, mode="full_payment")
    slot = {"starts_at": "2026-03-03T09:00:00+08:00", "ends_at": "2026-03-03T12:00:00+08:00"}
    refused = province.post(USER, path, {**said, **slot}, expect=422)
    assert [each["code"] for each in refused["reasons"]] == ["service_quantity_differs"]
    assert province.get(USER, f"/negotiations/{made['id']}")["state"] == "offered"
    quote = province.post(USER, path, {**said, **slot, "ends_at": "2026-03-03T11:00:00+08:00"})
    priced = {"by_negotiation": False, "price_fen": 1_000, "price_unit": "sample"}
    province.patch(PROVIDER, f"/services/{negotiated}", {**priced, "cost_fen": 9_000, "cost_basis": "核算表"})
    placed = province.post(USER, "/orders", {"quote_id": quote["id"]})
    assert placed["price_fen"] == 40_000
    assert ask(province, USER, negotiated)["price_fen"] == 1_000
    assert verify_everything()[1] == []

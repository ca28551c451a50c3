"""Extras and consumables of a service: published by day, ordered with it, shared by the voucher where they count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY, approve, ask, hand_in, order, service_id, walk
from tests.support.pages import PageClient

AT_COST: Json = {"cost_fen": 20_000, "cost_basis": "成本核算表"}
NEXT_DAY = MONDAY + timedelta(days=1)
GOLD: Json = {"title": "金靶", "unit": "片", "kind": "consumable", "price_fen": 5_050, **AT_COST}
SOONER: Json = {"title": "加急", "unit": "次", "kind": "express", "price_fen": 20_000, **AT_COST}


@pytest.fixture
def sample() -> int:
    """The service by the sample at 800.00."""
    return service_id("demo-ms-sample")


def offer(province: DemoClient, service: int, extra: Json, **expected: Any) -> Json:
    """Publish an extra of a service."""
    return province.post("provider-jinan", f"/services/{service}/extras", extra, **expected)


def wants(*extras: tuple[Json, str]) -> list[Json]:
    """So much of extras."""
    return [{"extra_id": extra["id"], "quantity": quantity} for extra, quantity in extras]


def test_v12_base_a_voucher_shares_consumables_and_no_express_service(province: DemoClient, sample: int) -> None:
    """800.00 + 1.5 × 50.50 (75.75) + 200.00 for doing it sooner: 60% of 875.75 is 525.45, the rest is the user's."""
    gold, sooner = offer(province, sample, GOLD), offer(province, sample, SOONER)
    quoted = ask(province, "sme-heze", sample, extras=wants((gold, "1.5"), (sooner, "1")))
    assert (quoted["price_fen"], quoted["base_fen"]) == (107_575, 87_575)
    assert (quoted["entitlement_fen"], quoted["subsidy_fen"], quoted["self_pay_fen"]) == (52_545, 52_545, 55_030)
    told = [(line["kind"], line["quantity"], line["sum_fen"], line["counts"]) for line in quoted["lines"]]
    assert told == [
        ("service", "1", 80_000, True),
        ("consumable", "1.5", 7_575, True),
        ("express", "1", 20_000, False),
    ]
    placed = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    assert (placed["price_fen"], placed["subsidy_fen"], placed["lines"]) == (107_575, 52_545, quoted["lines"])
    assert verify_everything()[1] == []


def test_v12_hold_the_quantities_used_settle_every_line_and_the_claim(province: DemoClient, sample: int) -> None:
    """Two slides instead of three and nothing sooner: 800.00 + 101.00, of which the voucher pays 540.60; the invoice
    is of the whole fee. What counts governs to the city's review."""
    gold, sooner = offer(province, sample, GOLD), offer(province, sample, SOONER)
    placed = order(province, "sme-heze", sample, extras=wants((gold, "3"), (sooner, "1")))
    walk(province, placed, user="sme-heze", until="delivery")
    path = f"/orders/{placed['id']}/completion"
    stated = {"completed_on": "2026-03-02", "extras": wants((gold, "4"), ({"id": 999_999}, "1"))}
    refused = province.post("provider-jinan", path, stated, expect=422)
    assert {each["code"] for each in refused["reasons"]} == {"provider_raises_extra", "extra_not_offered"}
    used = wants((gold, "2"), (sooner, "1"))
    done = province.post("provider-jinan", path, {"completed_on": "2026-03-02", "extras": used})
    assert (done["price_fen"], done["subsidy_fen"], done["self_pay_fen"]) == (110_100, 54_060, 56_040)
    claim = hand_in(province, done, claimant="provider-jinan", number="26370000000000009901")
    assert (claim["base_fen"], claim["claimed_fen"]) == (90_100, 54_060)
    record = province.get("provider-jinan", f"/claims/{claim['id']}")["record"]
    assert (record["actual_fen"], sum(line["sum_fen"] for line in record["lines"])) == (110_100, 110_100)
    page = PageClient(province.app.test_client()).sign_in("bureau-heze").get(f"/claims/{claim['id']}").text
    for words in ("加急", "不计入，由使用方自付（V12）", "计入 ¥901.00", "¥1,101.00"):
        assert words in page
    approve(province, claim["id"], bureau="bureau-heze")
    assert verify_everything()[1] == []


def test_v12_base_lines_that_were_not_used_cost_nothing(province: DemoClient, sample: int) -> None:
    """And what is not said was used as ordered."""
    gold, sooner = offer(province, sample, GOLD), offer(province, sample, SOONER)
    placed = order(province, "sme-heze", sample, extras=wants((gold, "1"), (sooner, "1")), payment_mode="full_payment")
    walk(province, placed, user="sme-heze", until="delivery")
    stated = {"completed_on": "2026-03-02", "extras": wants((sooner, "0"))}
    done = province.post("sme-heze", f"/orders/{placed['id']}/completion", stated)
    assert [line["sum_fen"] for line in done["lines"]] == [80_000, 5_050, 0]
    assert (done["price_fen"], done["subsidy_fen"]) == (85_050, 51_030)
    assert verify_everything()[1] == []


def test_v14_extras_cost_what_is_published_on_the_day_of_the_order(province: DemoClient, sample: int) -> None:
    """A quote of the day before is refused once the price is another one, or the extra is not offered any more."""
    gold = offer(province, sample, GOLD)
    prices = f"/services/{sample}/extras/{gold['id']}/prices"
    province.post("provider-jinan", prices, {"valid_from": "2026-03-03", "price_fen": 6_000, **AT_COST})
    early = order(province, "sme-heze", sample, extras=wants((gold, "1")))
    with clock.at(MONDAY + timedelta(hours=12)):
        late = ask(province, "sme-heze", sample, extras=wants((gold, "1")))
    with clock.at(NEXT_DAY):
        refused = province.post("sme-heze", "/orders", {"quote_id": late["id"]}, expect=409)
        assert refused["code"] == "price_changed"
        assert ask(province, "sme-heze", sample, extras=wants((gold, "1")))["price_fen"] == 86_000
        province.post("provider-jinan", prices, {"price_fen": None})
        gone = ask_in_vain(province, sample, wants((gold, "1")))
        assert [each["code"] for each in gone["reasons"]] == ["extra_not_offered"]
        done = walk(province, early, user="sme-heze", completed_on="2026-03-03")
    assert done["price_fen"] == 85_050
    assert verify_everything()[1] == []


def test_s18_lists_of_services_say_what_may_be_ordered_with_them_and_which_are_instant(
    province: DemoClient, sample: int
) -> None:
    """Extras at today's prices, those of other groups too; one that is announced is not offered yet. Three queries for
    all of a list. The catalogue's cards say which instruments are confirmed at once."""
    gold = offer(province, sample, {**GOLD, "own_price_fen": 4_000})
    offer(province, sample, {**SOONER, "valid_from": "2026-03-03"})
    path = f"/services/{sample}"
    shown = next(each for each in province.get(None, "/services")["items"] if each["id"] == sample)
    told = {"id": gold["id"], "title": "金靶", "unit": "片", "kind": "consumable", "price_fen": 5_050}
    assert shown["extras"] == [{**told, "own_price_fen": 4_000, "outside_price_fen": None}]
    assert (shown["is_instant"], shown) == (False, province.get(None, path))
    cards = PageClient(province.app.test_client())
    assert "可即时确认预约" not in cards.get("/instruments?q=质谱").text
    province.post("provider-jinan", f"{path}/consents", {"direct_deduction": True})
    assert province.get(None, path)["is_instant"] is True
    assert "可即时确认预约" in cards.get("/instruments?q=质谱").text


def test_an_order_that_no_sum_can_hold_is_refused_with_the_limit(province: DemoClient) -> None:
    """10^13 fen a sample is a price, a million of them is none: told, where it ended in the database before."""
    dear = service_id("demo-nmr-sample")
    province.patch("provider-outside", f"/services/{dear}", {"price_fen": 10**13})
    wish = {"service_id": dear, "payment_mode": "full_payment", "quantity": "1000000"}
    refused = province.post("sme-heze", "/quotes", wish, expect=422)
    (fault,) = refused["reasons"]
    assert (fault["code"], fault["field"]) == ("service_price_too_large", "quantity")
    assert "10,000,000,000,000.00" in fault["text"]


def ask_in_vain(province: DemoClient, service: int, extras: list[Json]) -> Json:
    """A quote that is refused."""
    body = {"service_id": service, "payment_mode": "direct_deduction", "quantity": "1", "extras": extras}
    return province.post("sme-heze", "/quotes", body, expect=422)


def test_every_fault_of_wanted_extras_is_named_at_once(province: DemoClient, sample: int) -> None:
    """Those of other services are none of this one."""
    gold = offer(province, sample, GOLD)
    other = offer(province, service_id("demo-ms-hour"), SOONER)
    refused = ask_in_vain(province, sample, wants((gold, "1"), (gold, "2"), (other, "1")))
    assert [each["code"] for each in refused["reasons"]] == ["extra_twice", "extra_not_offered"]
    zero = ask_in_vain(province, sample, wants((gold, "0")))
    assert zero["reasons"][0]["field"] == "extras.0.quantity"


def test_v14_a_price_is_announced_taken_back_and_never_changed(province: DemoClient, sample: int) -> None:
    """Nothing of the past, and what has begun stays."""
    gold = offer(province, sample, {**GOLD, "own_price_fen": 4_000, "outside_price_fen": 9_000})
    path = f"/services/{sample}/extras/{gold['id']}/prices"
    said = {"valid_from": "2026-03-01", "own_price_fen": 0}
    refused = province.post("provider-jinan", path, said, expect=422)
    assert {each["code"] for each in refused["reasons"]} == {
        "extra_price_past",
        "extra_price_missing",
        "service_price_zero",
    }
    ahead = province.post("provider-jinan", path, {"valid_from": "2026-04-01", "price_fen": 6_000, **AT_COST})
    begun = province.post("provider-jinan", f"{path}/{gold['price_id']}/withdrawal", {}, expect=409)
    assert begun["code"] == "price_begun"
    province.post("provider-jinan", f"{path}/{ahead['id']}/withdrawal", {})
    (shown,) = province.get("sme-heze", f"/services/{sample}/extras")["items"]
    assert (shown["price_fen"], [each["withdrawn_at"] is None for each in shown["versions"]]) == (5_050, [True, False])


def test_the_forms_ask_for_quantities_and_the_papers_show_every_line(province: DemoClient, sample: int) -> None:
    """The quote, the order, the contract; at the completion the form begins with what was ordered."""
    gold = offer(province, sample, GOLD)
    user = PageClient(province.app.test_client()).sign_in("sme-heze")
    form = user.get(f"/quotes/new?service_id={sample}")
    assert "金靶：¥50.50 / 片" in form.text
    typed = {"quantity": "1", "payment_mode": "direct_deduction", f"extra_{gold['id']}": "2"}
    shown = user.send(f"/quotes/new?service_id={sample}", typed)
    for words in ("金靶 · 耗材", "2 片", "¥101.00", "计入 ¥901.00"):
        assert words in shown.text
    quoted = province.get("sme-heze", "/quotes")["items"][0]
    placed = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    walk(province, placed, user="sme-heze", until="delivery")
    for page in (f"/orders/{placed['id']}", f"/orders/{placed['id']}/contract-document"):
        assert "¥101.00" in user.get(page).text
    path = f"/orders/{placed['id']}/completion"
    assert "金靶（片）的实际数量" in user.get(path).text
    user.send(path, {"completed_on": "2026-03-02", "quantity": "1", f"extra_{gold['id']}": "1"})
    done = province.get("sme-heze", f"/orders/{placed['id']}")
    assert (done["price_fen"], done["subsidy_fen"]) == (85_050, 51_030)


def test_v13_a_fiscally_built_provider_states_the_cost_of_its_extras(province: DemoClient, sample: int) -> None:
    """And charges no more, whoever pays."""
    bare = {**GOLD, "cost_fen": None, "cost_basis": ""}
    refused = offer(province, sample, bare, expect=422)
    assert [(each["code"], each["article"]) for each in refused["reasons"]] == [("extra_cost_missing", "V13")]
    dear = offer(province, sample, {**GOLD, "outside_price_fen": 20_001, "cost_basis": " "}, expect=422)
    assert {(each["code"], each["field"]) for each in dear["reasons"]} == {
        ("service_price_above_cost", "outside_price_fen"),
        ("service_cost_basis_missing", "cost_basis"),
    }

"""What an order costs by the published terms: versions, least charge, hours rounded up; sums add up to the fen."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from marketplace.demo.client import DemoClient
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY, ask, order, service_id, walk
from tests.support.pages import PageClient

NEXT_DAY = MONDAY + timedelta(days=1)
SLOT = {"starts_at": NEXT_DAY.isoformat(), "ends_at": (NEXT_DAY + timedelta(minutes=100)).isoformat()}


def priced(province: DemoClient, service: int, **terms: object) -> None:
    """Change what a service costs today."""
    province.patch("provider-jinan", f"/services/{service}", terms)


def test_v14_hours_are_charged_in_the_published_steps_and_not_below_the_least_charge(province: DemoClient) -> None:
    """100 minutes at 400.00 an hour in half hours: 2 hours, 800.00; 0.5 hours at completion: the least charge, 500.00,
    of which the voucher still pays 60%."""
    machine = service_id("demo-ms-hour")
    priced(province, machine, billing_step_minutes=30, minimum_charge_fen=50_000)
    quoted = ask(province, "sme-heze", machine, **SLOT)
    assert (quoted["quantity"], quoted["billed_quantity"], quoted["price_fen"]) == ("1.67", "2", 80_000)
    assert (quoted["price_group"], quoted["turnaround_days"]) == ("in_province", 5)
    assert quoted["expected_completion"] == "2026-03-10"
    placed = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    assert (placed["price_fen"], placed["expected_completion"]) == (80_000, "2026-03-10")
    with clock.at(NEXT_DAY + timedelta(hours=8)):
        done = walk(province, placed, user="sme-heze", quantity="0.5", completed_on="2026-03-03")
    assert (done["price_fen"], done["subsidy_fen"], done["self_pay_fen"]) == (50_000, 30_000, 20_000)
    claim = PageClient(province.app.test_client()).sign_in("provider-jinan").get(f"/claims/{done['claim_id']}").text
    for words in ("约定单价 ¥400.00", "省内价", "约定最低收费 ¥500.00", "不足 30 分钟按 30 分钟计"):
        assert words in claim
    assert verify_everything()[1] == []


def test_v14_an_order_takes_the_price_of_the_day_it_is_placed(province: DemoClient) -> None:
    """The slot lies after the new price began; the order was placed before, and keeps the old one to the end."""
    sample = service_id("demo-ms-sample")
    ahead = {"valid_from": "2026-03-03", "price_fen": 90_000}
    province.post("provider-jinan", f"/services/{sample}/prices", ahead)
    placed = order(province, "sme-heze", sample)
    assert placed["price_fen"] == 80_000
    with clock.at(MONDAY + timedelta(hours=12)):
        late = ask(province, "sme-jinan", sample)
        assert late["price_fen"] == 80_000
    with clock.at(NEXT_DAY):
        refused = province.post("sme-jinan", "/orders", {"quote_id": late["id"]}, expect=409)
        assert refused["code"] == "price_changed"
        assert ask(province, "sme-jinan", sample)["price_fen"] == 90_000
        done = walk(province, placed, user="sme-heze", completed_on="2026-03-03")
        assert done["price_fen"] == 80_000
    assert verify_everything()[1] == []


def test_the_pages_say_whose_price_it_is_and_how_it_comes_about(province: DemoClient) -> None:
    """On the quote, on the order and in the contract."""
    machine = service_id("demo-ms-hour")
    priced(province, machine, billing_step_minutes=60, minimum_charge_fen=100_000)
    quoted = ask(province, "sme-heze", machine, **SLOT)
    user = PageClient(province.app.test_client()).sign_in("sme-heze")
    shown = user.get(f"/quotes/{quoted['id']}").text
    for words in ("省内价", "按 2 小时计（不足 60 分钟按 60 分钟计）", "¥1,000.00（按单价计为 ¥800.00，低于最低收费）"):
        assert words in shown
    placed = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    assert "低于最低收费" in user.get(f"/orders/{placed['id']}").text
    walk(province, placed, user="sme-heze", until="contract:user")
    assert "低于最低收费" in user.get(f"/orders/{placed['id']}/contract-document").text

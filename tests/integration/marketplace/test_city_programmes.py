"""Programmes of cities beside the province's voucher (V6), which are data of a pack alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from core import clock
from core.db import session
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from settlement.queries import aid_holds_of
from tests.support.deal import MONDAY, ask, bank_csv, confirm, hand_in, order, service_id, walk
from tests.support.packs import copied_pack, in_force
from tests.support.pages import PageClient
from vouchers.jobs import expire_drafts

OWN = "shandong_innovation_voucher"
PROGRAMMES = [
    {
        "code": "city_plus",
        "zh": "演示市协同支持",
        "en": "Demo city's co-support",
        "fund": "demo_city_plus",
        "beneficiary_in": "371700",
        "rate": "0.30",
        "annual_cap_fen": 5_000_000,
        "order_max_fen": 2_000_000,
        "reference": "演示市科字〔2026〕1号",
    },
    {
        "code": "county_plus",
        "zh": "演示区协同支持",
        "en": "Demo county's co-support",
        "fund": "demo_county_plus",
        "beneficiary_in": "371702",
        "rate": "0.50",
        "annual_cap_fen": 2_500_000,
        "reference": "演示区科字〔2026〕2号",
    },
]
INVOICE = "26372000000087654321"


@pytest.fixture
def cities(province: DemoClient, tmp_path: Path) -> Iterator[DemoClient]:
    """The demo province, one of whose cities and one of whose counties add programmes of their own."""
    entry = {"from": MONDAY.date().replace(month=1), "value": PROGRAMMES, "unit": "programme", "reference": "V6"}
    with in_force(copied_pack(tmp_path, lambda vouchers: vouchers.update(city_programmes=[entry]))):
        yield province


def sums(record: Json) -> tuple[int, int, int, int]:
    return record["price_fen"], record["subsidy_fen"], record["other_aid_fen"], record["self_pay_fen"]


def programme_payables(client: DemoClient, order_id: int) -> dict[str, Json]:
    found = client.get("finance-maker", "/payables", order_id=order_id)["items"]
    return {payable["programme"]: payable for payable in found}


def pay(client: DemoClient, programme: str, *, appropriation_fen: int) -> Json:
    """Open a programme's fund and pay its whole queue."""
    fund = {"year": 2026, "appropriation_fen": appropriation_fen, "reference": "拨款文件", "programme": programme}
    client.post("finance-maker", "/funds", fund)
    batch = client.post("finance-maker", "/settlement-batches", {"cutoff": "2026-03-02", "programme": programme})
    path = f"/settlement-batches/{batch['id']}"
    client.post("finance-checker", f"{path}/approval")
    client.post("finance-maker", f"{path}/exportation")
    payouts = client.get("finance-maker", f"{path}/payouts")["items"]
    client.upload("finance-maker", f"{path}/bank-returns", bank_csv(payouts, {}), "return.csv")
    return client.post("finance-maker", f"{path}/closing")


def told(client: DemoClient, path: str, programme: str, *, who: str = "sme-heze") -> list[tuple[str, int, int]]:
    """What the explanation tells of one programme's part, every step of which follows and rests on its article."""
    found = client.get(who, f"{path}/explanation")
    assert found["replay_differences"] == []
    assert all(each["follows"] for each in found["steps"])
    steps = [each for each in found["steps"] if each["programme"] == programme]
    assert {each["article"] for each in steps} == {"V6"}
    return [(each["kind"], each["before_fen"], each["after_fen"]) for each in steps]


def words_of(client: DemoClient, summary_id: int) -> str:
    """The text of a summary's PDF."""
    content = client.download("province", f"/review-summaries/{summary_id}/document")
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def assert_sound() -> None:
    session().rollback()
    assert verify_everything()[1] == []


def test_v6_all_aid_together_never_exceeds_the_fee_and_follows_the_deduction(cities: DemoClient) -> None:
    service = service_id("demo-pilot-time")
    quote = ask(cities, "sme-heze", service)
    assert sums(quote) == (10_000_000, 6_000_000, 4_000_000, 0)
    assert [(aid["programme"], aid["amount_fen"]) for aid in quote["aids"]] == [
        ("city_plus", 2_000_000),  # 30%, at most 20,000.00 an order
        ("county_plus", 2_000_000),  # 50%, but only so much of the fee is left
    ]
    placed = cities.post("sme-heze", "/orders", {"quote_id": quote["id"]})
    done = walk(cities, placed, user="sme-heze")
    assert sums(done) == (10_000_000, 6_000_000, 4_000_000, 0)
    assert told(cities, f"/quotes/{quote['id']}", "city_plus") == [
        ("entitlement", 10_000_000, 3_000_000),
        ("hold", 3_000_000, 2_000_000),
    ]
    claim = hand_in(cities, done, claimant="provider-jinan", number=INVOICE)
    confirm(cities, [claim["id"]], bureau="bureau-heze", amounts={claim["id"]: 3_000_001})

    shown = cities.get("provider-jinan", f"/claims/{claim['id']}")
    assert [(aid["programme"], aid["confirmed_fen"]) for aid in shown["aids"]] == [
        ("city_plus", 1_000_000),  # in proportion, rounded down
        ("county_plus", 1_000_000),
    ]
    told_of = told(cities, f"/claims/{claim['id']}", "county_plus", who="provider-jinan")
    assert told_of == [
        ("entitlement", 10_000_000, 5_000_000),
        ("hold", 5_000_000, 2_000_000),
        ("completion", 2_000_000, 2_000_000),
        ("invoice", 2_000_000, 2_000_000),
        ("approval", 2_000_000, 1_000_000),
        ("confirmation", 1_000_000, 1_000_000),
    ]
    printed = words_of(cities, shown["summary_id"])
    for words in (
        "市县配套（元）",
        "演示市协同支持 10,000.00 元",
        "省市县合计 50,000.01 元",
        "人民币伍万元零壹分",
    ):
        assert words in printed, printed
    payables = programme_payables(cities, placed["id"])
    assert {name: each["amount_fen"] for name, each in payables.items()} == {
        OWN: 3_000_001,
        "demo_city_plus": 1_000_000,
        "demo_county_plus": 1_000_000,
    }
    assert len({(each["payee_id"], each["account_number"]) for each in payables.values()}) == 1
    owed = cities.get("sme-heze", f"/orders/{placed['id']}")["shortfall_fen"]
    assert owed == 10_000_000 - 3_000_001 - 2_000_000
    assert_sound()
    assert_revoked_partly_paid(cities, placed, claim, refused_fen=owed)


def assert_revoked_partly_paid(client: DemoClient, placed: Json, claim: Json, *, refused_fen: int) -> None:
    """V16(1), V21: what was paid is the provider's to pay back; what was not is the user's debt beside what it paid."""
    pay(client, "demo_city_plus", appropriation_fen=2_000_000)
    (debt,) = client.get("sme-heze", "/shortfalls")["items"]
    client.post("provider-jinan", f"/shortfalls/{debt['id']}/payment", {"reference": "补缴"})
    revoked = client.post("province", f"/claims/{claim['id']}/revocation", {"opinion": "查实不符"})
    assert (revoked["state"], revoked["approved_fen"], revoked["confirmed_fen"]) == ("revoked", 0, 0)
    assert {(aid["approved_fen"], aid["confirmed_fen"]) for aid in revoked["aids"]} == {(0, 0)}
    assert [each["amount_fen"] for each in revoked["reviews"]] == [3_000_001, 3_000_001], "history stays"
    assert revoked["waits_for"] == "payee"
    (debt,) = client.get("sme-heze", "/shortfalls")["items"]
    assert (debt["state"], debt["amount_fen"], debt["paid_fen"]) == ("open", 9_000_000, refused_fen)
    asked = ask(client, "sme-heze", service_id("demo-ms-sample"))
    assert [each["code"] for each in asked["hindrances"]] == ["shortfall_unpaid"]
    page = PageClient(client.app.test_client()).sign_in("sme-heze")
    shown = page.get(f"/orders/{placed['id']}").text
    for words in ("差额（使用方向供给方补缴）", "¥90,000.00", "已拨付后追回（由供给方退还）", "¥10,000.00"):
        assert words in shown, words
    assert "未予核定" not in shown
    assert "¥0.00（原为 ¥30,000.01，已撤销）" in page.get(f"/claims/{claim['id']}").text
    assert_sound()
    client.post("provider-jinan", f"/shortfalls/{debt['id']}/payment", {"reference": "再补缴"})
    assert ask(client, "sme-heze", service_id("demo-ms-sample"))["hindrances"] == []
    assert_sound()


def test_v6_each_programme_pays_from_its_own_fund_and_takes_back_its_own_part(cities: DemoClient) -> None:
    placed = order(cities, "sme-heze", service_id("demo-pilot-time"), payment_mode="full_payment")
    done = walk(cities, placed, user="sme-heze")
    claim = hand_in(cities, done, claimant="sme-heze", number=INVOICE)
    confirm(cities, [claim["id"]], bureau="bureau-heze")
    fund = {"year": 2026, "appropriation_fen": 1, "reference": "拨款文件", "programme": "unheard-of"}
    status, refused = cities.attempt("finance-maker", "/funds", fund)
    assert (status, refused["code"]) == (422, "programme_unknown")

    batch = pay(cities, "demo_city_plus", appropriation_fen=2_000_000)
    assert (batch["programme"], batch["total_fen"], batch["state"]) == ("demo_city_plus", 2_000_000, "closed")
    payables = programme_payables(cities, placed["id"])
    assert {name: each["state"] for name, each in payables.items()} == {
        OWN: "due",
        "demo_city_plus": "paid",
        "demo_county_plus": "due",
    }
    clawback = {"payable_id": payables["demo_city_plus"]["id"], "amount_fen": 500_000, "cause": "核查发现"}
    opened = cities.post("province", "/clawbacks", clawback)
    cities.post("finance-maker", f"/clawbacks/{opened['id']}/recovery", {"amount_fen": 500_000, "reference": "R1"})
    funds = {each["programme"]: each for each in cities.get("finance-maker", "/funds")["items"]}
    assert funds["demo_city_plus"]["available_fen"] == 500_000
    assert_sound()


def test_v6_a_programme_has_a_yearly_cap_of_its_own_and_dead_orders_free_it(cities: DemoClient) -> None:
    service = service_id("demo-pilot-time")
    first = order(cities, "sme-heze", service)
    again = ask(cities, "sme-heze", service)
    assert [(aid["cap_room_fen"], aid["amount_fen"]) for aid in again["aids"]] == [
        (3_000_000, 2_000_000),
        (500_000, 500_000),
    ]
    assert sums(again) == (10_000_000, 6_000_000, 2_500_000, 1_500_000)
    stale = ask(cities, "sme-heze", service)
    cities.post("sme-heze", "/orders", {"quote_id": again["id"]})
    assert cities.attempt("sme-heze", "/orders", {"quote_id": stale["id"]})[0] == 409

    cities.post("provider-jinan", f"/orders/{first['id']}/decline", {"reason": "设备检修"})
    assert {hold.state for hold in aid_holds_of(first["id"]).values()} == {"released"}
    assert ask(cities, "sme-heze", service)["aids"][1]["cap_room_fen"] == 2_000_000
    assert ask(cities, "sme-jinan", service)["aids"] == []
    assert_sound()


def test_v6_an_expired_claim_frees_the_programmes_caps_and_the_user_owes_nothing(cities: DemoClient) -> None:
    done = walk(cities, order(cities, "sme-heze", service_id("demo-pilot-time")), user="sme-heze")
    with clock.at(MONDAY + timedelta(days=250)):
        expire_drafts(clock.now(), clock.now())
    shown = cities.get("provider-jinan", f"/claims/{done['claim_id']}")
    assert shown["state"] == "expired"
    assert {hold.state for hold in aid_holds_of(done["id"]).values()} == {"released"}
    assert cities.get("sme-heze", f"/orders/{done['id']}")["shortfall_fen"] == 0
    assert_sound()

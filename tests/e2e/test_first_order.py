"""One order, from the catalogue to the bank file, in both flows, through the HTTP API alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.support.deal import (
    DECLARED,
    MONDAY,
    PDF,
    add_materials,
    ask,
    bank_csv,
    confirm,
    hand_in,
    order,
    service_id,
    walk,
)

pytestmark = pytest.mark.slow

DIRECT = {"user": "sme-heze", "claimant": "provider-jinan", "mode": "direct_deduction", "paid_fen": 6_000_000}
FULL = {"user": "sme-heze", "claimant": "sme-heze", "mode": "full_payment", "paid_fen": 6_000_000}
TEAM = {"user": "team-weifang", "claimant": "incubator-weifang", "mode": "full_payment", "paid_fen": 4_000_000}


def completed(province: DemoClient, user: str, mode: str) -> Json:
    """A completed order of 100,000.00."""
    placed = order(province, user, service_id("demo-pilot-time"), payment_mode=mode)
    return walk(province, placed, user=user)


def settle(province: DemoClient, cutoff: str, outcomes: dict[int, str] | None = None) -> Json:
    """Prepare, approve by another person, export, bank return, close."""
    batch = province.post("finance-maker", "/settlement-batches", {"cutoff": cutoff})
    path = f"/settlement-batches/{batch['id']}"
    assert province.post("finance-maker", f"{path}/approval", expect=403)
    province.post("finance-checker", f"{path}/approval")
    exported = province.post("finance-maker", f"{path}/exportation")
    payouts = province.get("finance-maker", f"{path}/payouts")["items"]
    assert exported["total_fen"] == sum(payout["amount_fen"] for payout in payouts)
    province.upload("finance-maker", f"{path}/bank-returns", bank_csv(payouts, outcomes or {}), "回单.csv")
    return province.post("finance-maker", f"{path}/closing")


@pytest.mark.parametrize("flow", [DIRECT, FULL, TEAM], ids=["direct", "full", "team"])
def test_from_the_catalogue_to_the_bank_file(province: DemoClient, flow: dict[str, object]) -> None:
    """V16: the subsidy reaches the provider in direct deduction, else the user; a team's goes by its incubator."""
    user, claimant = str(flow["user"]), str(flow["claimant"])
    found = province.get(None, "/instruments", q="中试")
    assert found["total"] == 1
    done = completed(province, user, str(flow["mode"]))
    claim = hand_in(province, done, claimant=claimant, number="26372000000012345678")
    assert claim["state"] == "submitted"
    confirm(province, [claim["id"]], bureau="bureau-weifang" if user == "team-weifang" else "bureau-heze")
    province.post(
        "finance-maker", "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "鲁财教〔2026〕1号"}
    )
    closed = settle(province, "2026-03-10")
    assert (closed["state"], closed["total_fen"]) == ("closed", flow["paid_fen"])
    paid = province.get(claimant, f"/claims/{claim['id']}")
    assert (paid["state"], paid["payment"]["state"], paid["payment"]["paid_fen"]) == (
        "confirmed",
        "paid",
        flow["paid_fen"],
    )
    assert verify_everything()[1] == []


def test_repeated_exports_are_identical_bytes(province: DemoClient) -> None:
    """V17 pay: exporting twice gives identical bytes, in each format."""
    done = completed(province, "sme-heze", "direct_deduction")
    claim = hand_in(province, done, claimant="provider-jinan", number="26372000000012345678")
    confirm(province, [claim["id"]], bureau="bureau-heze")
    province.post("province", "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
    batch = province.post("finance-maker", "/settlement-batches", {"cutoff": "2026-03-10"})
    path = f"/settlement-batches/{batch['id']}"
    province.post("finance-checker", f"{path}/approval")
    province.post("finance-maker", f"{path}/exportation")
    for kind in ("xlsx", "csv"):
        first = province.download("finance-maker", f"{path}/export", format=kind)
        province.post("finance-maker", f"{path}/exportation")
        assert province.download("finance-maker", f"{path}/export", format=kind) == first
        assert len(first) > 100


def test_v3_claims_are_paid_strictly_in_order_while_the_fund_lasts(province: DemoClient) -> None:
    """V3: fund 100,000.00, claims 60,000 + 60,000 + 30,000: the second and third wait, and say so."""
    claims = []
    for number, (quantity, invoice) in enumerate([("1", None), ("1", None), ("1", 5_000_000)]):
        placed = order(province, "sme-heze", service_id("demo-pilot-time"), quantity=quantity)
        done = walk(province, placed, user="sme-heze")
        claims.append(
            hand_in(
                province, done, claimant="provider-jinan", number=f"2637200000001234567{number}", amount_fen=invoice
            )
        )
    assert [claim["claimed_fen"] for claim in claims] == [6_000_000, 6_000_000, 3_000_000]
    confirm(province, [claim["id"] for claim in claims], bureau="bureau-heze")
    province.post("province", "/funds", {"year": 2026, "appropriation_fen": 10_000_000, "reference": "预算"})
    batch = province.post("finance-maker", "/settlement-batches", {"cutoff": "2026-03-10"})
    assert (batch["line_count"], batch["total_fen"]) == (1, 6_000_000)
    assert (batch["waiting_count"], batch["waiting_fen"]) == (2, 9_000_000)
    assert verify_everything()[1] == []


def test_a_failed_payout_waits_for_correction_and_goes_into_the_next_batch(province: DemoClient) -> None:
    """A failure leaves the money owed: corrected, the next batch pays it, and nothing is paid twice."""
    done = completed(province, "sme-heze", "full_payment")
    claim = hand_in(province, done, claimant="sme-heze", number="26372000000012345678")
    confirm(province, [claim["id"]], bureau="bureau-heze")
    province.post("province", "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
    settle(province, "2026-03-10", {1: "failed"})
    (payable,) = province.get("finance-maker", "/payables")["items"]
    assert payable["state"] == "failed"
    province.post("finance-maker", f"/payables/{payable['id']}/correction", {"note": "户名已核对"})
    with clock.at(MONDAY + timedelta(days=14)):
        closed = settle(province, "2026-03-25")
    assert closed["total_fen"] == 6_000_000
    assert province.get("sme-heze", f"/claims/{claim['id']}")["payment"]["paid_fen"] == 6_000_000
    assert verify_everything()[1] == []


@pytest.mark.parametrize(("decision", "owed_fen"), [("reject", 6_000_000), ("approve", 1_000_000)])
def test_v16_1_what_was_deducted_and_not_approved_is_owed(province: DemoClient, decision: str, owed_fen: int) -> None:
    """V16(1): refused: the user owes 60,000; approved 50,000: it owes 10,000; until paid, no new direct deduction."""
    done = completed(province, "sme-heze", "direct_deduction")
    claim = hand_in(province, done, claimant="provider-jinan", number="26372000000012345678")
    if decision == "reject":
        province.post("bureau-heze", f"/claims/{claim['id']}/city-review", {"decision": "reject", "opinion": "虚假"})
    else:
        confirm(province, [claim["id"]], bureau="bureau-heze", amounts={claim["id"]: 5_000_000})
    (shortfall,) = province.get("sme-heze", "/shortfalls")["items"]
    assert shortfall["amount_fen"] == owed_fen
    sample = service_id("demo-ms-sample")
    blocked = province.post("sme-heze", "/orders", {"quote_id": ask(province, "sme-heze", sample)["id"]}, expect=409)
    assert blocked["code"] == "shortfall_unpaid"
    order(province, "sme-heze", sample, payment_mode="full_payment")
    province.post(
        "provider-jinan", f"/shortfalls/{shortfall['id']}/payment", {"amount_fen": owed_fen, "reference": "补缴1"}
    )
    assert order(province, "sme-heze", sample)["state"] == "placed"
    assert verify_everything()[1] == []


def test_v16_2_a_refused_claim_in_full_payment_leaves_no_debt(province: DemoClient) -> None:
    """V16(2): refused in full payment: no debt, and the hold is free again."""
    before = ask(province, "sme-heze", service_id("demo-ms-sample"))["cap_room_fen"]
    done = completed(province, "sme-heze", "full_payment")
    claim = hand_in(province, done, claimant="sme-heze", number="26372000000012345678")
    province.post("bureau-heze", f"/claims/{claim['id']}/city-review", {"decision": "reject", "opinion": "不符"})
    assert province.get("sme-heze", "/shortfalls")["items"] == []
    assert ask(province, "sme-heze", service_id("demo-ms-sample"))["cap_room_fen"] == before
    assert verify_everything()[1] == []


def test_v18_an_unstamped_summary_cannot_be_sent(province: DemoClient) -> None:
    """V18: dispatch before the stamp is refused; the province cannot confirm what was not dispatched."""
    done = completed(province, "sme-heze", "direct_deduction")
    claim = hand_in(province, done, claimant="provider-jinan", number="26372000000012345678")
    province.post("bureau-heze", f"/claims/{claim['id']}/city-review", {"decision": "approve", "opinion": "同意"})
    summary = province.post("bureau-heze", "/review-summaries", {"claim_ids": [claim["id"]]})
    path = f"/review-summaries/{summary['id']}"
    assert province.post("bureau-heze", f"{path}/dispatch", expect=409)["code"] == "state_forbids"
    early = province.post(
        "province", f"/claims/{claim['id']}/provincial-confirmation", {"decision": "confirm"}, expect=409
    )
    assert early["code"] == "summary_not_dispatched"
    province.upload("bureau-heze", f"{path}/stamp", PDF, "盖章.pdf")
    assert province.post("bureau-heze", f"{path}/dispatch")["state"] == "dispatched"


def test_v6_a_foreign_claim_is_missing(province: DemoClient) -> None:
    """V6: a 济南 reviewer opening a 菏泽 claim gets the same answer as for one that does not exist."""
    done = completed(province, "sme-heze", "full_payment")
    foreign = province.get("bureau-jinan", f"/claims/{done['claim_id']}", expect=404)
    assert foreign == province.get("bureau-jinan", "/claims/999999", expect=404)
    assert province.get("bureau-heze", f"/claims/{done['claim_id']}")["id"] == done["claim_id"]


def test_v12_base_an_unpaid_fee_supports_no_claim(province: DemoClient) -> None:
    """V12 base: the cost incurred; what the user has not paid yet cannot be claimed on, and that is said."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    walk(province, placed, user="sme-heze", until="contract:user")
    for step in ("service-start", "delivery"):
        province.post("provider-jinan", f"/orders/{placed['id']}/{step}")
    done = province.post("sme-heze", f"/orders/{placed['id']}/completion", {"completed_on": "2026-03-02"})
    add_materials(province, done, claimant="provider-jinan", number="26372000000012345678")
    path = f"/claims/{done['claim_id']}/submission"
    refused = province.post("provider-jinan", path, {"declarations": DECLARED}, expect=422)
    assert [(each["code"], each["article"]) for each in refused["reasons"]] == [("fee_unpaid", "V12 base")]
    province.post("provider-jinan", f"/orders/{placed['id']}/payment")
    assert province.post("provider-jinan", path, {"declarations": DECLARED})["state"] == "submitted"

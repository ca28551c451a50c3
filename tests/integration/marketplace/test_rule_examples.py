"""Examples of rules that no single package can show, told through the API. docs/rules.md maps rules to tests."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.queries import find_user, verified_account
from core import clock, policy
from core.db import transaction
from core.policy import PolicyMissing
from instruments.rules.listing import duplicate_review_needed
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.province import demo_uscc
from marketplace.jobs import JOBS
from marketplace.reports.verification import verify_everything
from tests.support.deal import (
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

INVOICE = "26372000000012345678"
NEWCOMER: dict[str, Any] = {
    "kind": "enterprise",
    "name": "演示菏泽新来科技有限公司",
    "uscc": demo_uscc(77),
    "county": "371702",
    "legal_representative": "演示新人",
    "phone": "0530-5550077",
    "address": "演示路77号",
    "has_rd_base": True,
    "staff": 30,
    "revenue_fen": 100_000_000,
    "orderly_finances": True,
    "username": "sme-newcomer",
    "password": "voucher-demo-2026",
    "truthful": True,
}


def submitted(province: DemoClient, user: str = "sme-heze", mode: str = "direct_deduction") -> Json:
    """A claim of 60,000.00 (40,000.00 for a firm of 济南) that waits for its bureau."""
    placed = order(province, user, service_id("demo-pilot-time"), payment_mode=mode)
    done = walk(province, placed, user=user)
    claimant = "provider-jinan" if mode == "direct_deduction" else user
    return hand_in(province, done, claimant=claimant, number=INVOICE)


def test_v2_v15_a_pending_enterprise_is_refused_and_an_approved_one_orders(province: DemoClient) -> None:
    """V2, V15: registration alone gives nothing; the approval of its bureau gives everything, without another step."""
    membership = province.post(None, "/memberships", NEWCOMER)
    sample = service_id("demo-ms-sample")
    wish = {"service_id": sample, "quantity": "1", "payment_mode": "direct_deduction"}
    refused = province.post("sme-newcomer", "/quotes", wish, expect=409)
    assert (refused["code"], refused["reasons"][0]["article"]) == ("not_a_member", "V15")
    province.post("bureau-heze", f"/memberships/{membership['id']}/review", {"decision": "approve", "opinion": "同意"})
    assert order(province, "sme-newcomer", sample)["subsidy_fen"] == 48_000


def test_v2_v15_a_suspended_enterprise_orders_no_more(province: DemoClient) -> None:
    """V2, V15: a quote asked for before the suspension is not turned into an order after it."""
    quote = ask(province, "sme-heze", service_id("demo-ms-sample"))
    (membership,) = province.get("sme-heze", "/memberships")["items"]
    province.post("bureau-heze", f"/memberships/{membership['id']}/suspension", {"opinion": "待核查"})
    refused = province.post("sme-heze", "/orders", {"quote_id": quote["id"]}, expect=409)
    assert refused["code"] == "not_a_member"


@pytest.mark.parametrize("finance", ["finance-maker", "finance-checker"])
def test_v4_finance_funds_and_reads_and_decides_no_claim(province: DemoClient, finance: str) -> None:
    """V4: the finance department reads claims and funds; city opinion and confirmation are not its own."""
    claim = submitted(province)
    path = f"/claims/{claim['id']}"
    assert province.get(finance, path)["state"] == "submitted"
    province.post(finance, f"{path}/city-review", {"decision": "approve", "opinion": "同意"}, expect=403)
    province.post(finance, f"{path}/provincial-confirmation", {"decision": "confirm"}, expect=403)
    fund = {"year": 2026, "appropriation_fen": 100_000_000, "reference": "鲁财教〔2026〕1号"}
    assert province.post("finance-maker", "/funds", fund)["available_fen"] == 100_000_000
    assert len(province.get(finance, "/funds")["items"]) == 1


def test_v5_a_delegated_agency_prepares_and_confirms_nothing(province: DemoClient) -> None:
    """V5: it may collect a summary; reviewing, stamping, sending and confirming are refused."""
    claim = submitted(province)
    path = f"/claims/{claim['id']}"
    agency = "delegated-agency"
    province.post(agency, f"{path}/city-review", {"decision": "approve", "opinion": "同意"}, expect=403)
    province.post("bureau-heze", f"{path}/city-review", {"decision": "approve", "opinion": "同意"})
    summary = province.post(agency, "/review-summaries", {"claim_ids": [claim["id"]]})
    province.upload(agency, f"/review-summaries/{summary['id']}/stamp", PDF, "章.pdf", expect=403)
    province.upload("bureau-heze", f"/review-summaries/{summary['id']}/stamp", PDF, "章.pdf")
    province.post(agency, f"/review-summaries/{summary['id']}/dispatch", expect=403)
    province.post("bureau-heze", f"/review-summaries/{summary['id']}/dispatch")
    refused = province.post(agency, f"{path}/provincial-confirmation", {"decision": "confirm"}, expect=403)
    assert refused["code"] == "forbidden"
    assert province.get("province", path)["state"] == "summarised"


def test_v6_a_citys_finance_bureau_reads_its_city(province: DemoClient) -> None:
    """V6: 菏泽's finance bureau sees the claim of its firm, not that of 济南's, and decides neither."""
    mine = submitted(province)
    placed = order(province, "sme-jinan", service_id("demo-ms-sample"), payment_mode="full_payment")
    foreign = walk(province, placed, user="sme-jinan")
    listed = province.get("city-finance-heze", "/claims")["items"]
    assert [claim["id"] for claim in listed] == [mine["id"]]
    province.get("city-finance-heze", f"/claims/{foreign['claim_id']}", expect=404)
    body = {"decision": "approve", "opinion": "同意"}
    province.post("city-finance-heze", f"/claims/{mine['id']}/city-review", body, expect=403)


def test_v11_a_service_without_a_published_instrument_gets_no_voucher(province: DemoClient) -> None:
    """V11: no shared, published instrument behind it: no subsidy, and nothing can be deducted."""
    made = province.post("provider-jinan", "/services", {**COMPLETE, "instrument_ids": []})
    province.post("provider-jinan", f"/services/{made['id']}/publication")
    quote = ask(province, "sme-heze", made["id"])
    assert (quote["eligible"], quote["subsidy_fen"], quote["self_pay_fen"]) == (False, 0, quote["price_fen"])
    assert [reason["article"] for reason in quote["reasons"]] == ["V11"]
    refused = province.post("sme-heze", "/orders", {"quote_id": quote["id"]}, expect=422)
    assert (refused["code"], refused["reasons"][0]["article"]) == ("deduction_refused", "V11")


COMPLETE: dict[str, Any] = {
    "title": "理论计算",
    "kind": "commissioned_analysis",
    "content": "计算材料性质。",
    "process": "提交结构，出具报告。",
    "equipment": "计算集群",
    "phone": "0531-80000004",
    "price_fen": 10_000,
    "price_unit": "sample",
    "turnaround_days": 5,
}


@pytest.mark.parametrize(
    "missing", ["content", "process", "equipment", "phone", "price_fen", "price_unit", "turnaround_days"]
)
def test_v14_a_service_that_keeps_one_thing_to_itself_is_not_published(province: DemoClient, missing: str) -> None:
    """V14: a service without a price cannot be published, nor one without any other point."""
    given = {name: value for name, value in COMPLETE.items() if name != missing}
    made = province.post("provider-jinan", "/services", given)
    refused = province.post("provider-jinan", f"/services/{made['id']}/publication", expect=422)
    assert [(reason["field"], reason["article"]) for reason in refused["reasons"]] == [(missing, "V14")]


def test_v16_no_claim_without_an_order(province: DemoClient) -> None:
    """V16: nobody can make a claim; only a completed order opens one, and not before."""
    province.post("sme-heze", "/claims", {"amount_fen": 6_000_000}, expect=405)
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    delivered = walk(province, placed, user="sme-heze", until="delivery")
    assert delivered["claim_id"] is None
    assert province.get("provider-jinan", "/claims")["items"] == []
    done = province.post("sme-heze", f"/orders/{placed['id']}/completion", {"completed_on": "2026-03-02"})
    assert [claim["id"] for claim in province.get("provider-jinan", "/claims")["items"]] == [done["claim_id"]]


@pytest.mark.parametrize("mode", ["direct_deduction", "full_payment"])
def test_v16_the_provider_agrees_the_payment_mode_by_accepting(province: DemoClient, mode: str) -> None:
    """V16: before acceptance nothing can be signed or paid; afterwards the mode stands as ordered."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"), payment_mode=mode)
    path = f"/orders/{placed['id']}"
    assert province.post("provider-jinan", f"{path}/contract", expect=409)["code"] == "state_forbids"
    assert province.post("provider-jinan", f"{path}/payment", expect=409)["code"] == "state_forbids"
    accepted = province.post("provider-jinan", f"{path}/acceptance")
    assert (accepted["state"], accepted["payment_mode"]) == ("accepted", mode)


def test_v13_a_plain_receipt_and_v8_3_a_missing_declaration_are_refused(province: DemoClient) -> None:
    """V13 when it is handed in, V8(3) at the submission; mended, the claim goes through."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    done = walk(province, placed, user="sme-heze")
    path = f"/claims/{done['claim_id']}"
    add_materials(province, done, claimant="provider-jinan", number=INVOICE)
    invoice = province.get("provider-jinan", path)["materials"][-1]["invoice"]
    receipt = {
        "kind": "invoice",
        "invoice_number": "26370000000000000001",
        "invoice_type": "receipt",
        "seller_uscc": invoice["seller_uscc"],
        "buyer_uscc": invoice["buyer_uscc"],
        "amount_incl_tax_fen": 10_000_000,
        "issued_on": done["completed_on"],
    }
    refused = province.upload("provider-jinan", f"{path}/materials", PDF, "收据.pdf", expect=422, **receipt)
    assert [(reason["article"], reason["field"]) for reason in refused["reasons"]] == [("V13", "invoice_type")]
    refused = province.post(
        "provider-jinan", f"{path}/submission", {"declarations": {"main_business": True}}, expect=422
    )
    assert [(reason["article"], reason["field"]) for reason in refused["reasons"]] == [
        ("V8(3)", "declarations.rd_base")
    ]


def test_v16_team_a_team_submits_itself_and_is_refused(province: DemoClient) -> None:
    """V16 team: its own user is told that the incubator hands in; the incubator does."""
    placed = order(province, "team-weifang", service_id("demo-pilot-time"), payment_mode="full_payment")
    done = walk(province, placed, user="team-weifang")
    path = f"/claims/{done['claim_id']}"
    refused = province.post("team-weifang", f"{path}/submission", {"declarations": {}}, expect=403)
    assert [reason["article"] for reason in refused["reasons"]] == ["V16 team"]
    assert hand_in(province, done, claimant="incubator-weifang", number=INVOICE)["state"] == "submitted"


@pytest.mark.parametrize(("handed_in_on", "taken"), [("2026-09-02", True), ("2026-09-03", False)])
def test_v17_six_months_from_completion(province: DemoClient, handed_in_on: str, taken: bool) -> None:
    """V17: completed 2026-03-02: the last day is 2026-09-02; the day after the claim is refused."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    done = walk(province, placed, user="sme-heze")
    claim = province.get("provider-jinan", f"/claims/{done['claim_id']}")
    assert claim["last_day"] == "2026-09-02"
    add_materials(province, done, claimant="provider-jinan", number=INVOICE)
    with clock.at(datetime.fromisoformat(f"{handed_in_on}T10:00:00+08:00")):
        body = {"declarations": {"rd_base": True, "main_business": True}}
        path = f"/claims/{claim['id']}/submission"
        answer = province.post("provider-jinan", path, body, expect=201 if taken else 422)
    if not taken:
        assert [reason["article"] for reason in answer["reasons"]] == ["V17"]


def test_v17_order_no_step_is_skipped(province: DemoClient) -> None:
    """V17 order: no opinion before submission, no confirmation before the opinion, no payment before confirmation."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    done = walk(province, placed, user="sme-heze")
    path = f"/claims/{done['claim_id']}"
    opinion = {"decision": "approve", "opinion": "同意"}
    assert province.post("bureau-heze", f"{path}/city-review", opinion, expect=409)["code"] == "state_forbids"
    hand_in(province, done, claimant="provider-jinan", number=INVOICE)
    early = province.post("province", f"{path}/provincial-confirmation", {"decision": "confirm"}, expect=409)
    assert early["code"] == "state_forbids"
    province.post("province", "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
    nothing = province.post("finance-maker", "/settlement-batches", {"cutoff": "2026-03-10"}, expect=422)
    assert [reason["code"] for reason in nothing["reasons"]] == ["nothing_due"]


def test_v19_v21_a_clawback_is_linked_to_its_payment_and_misconduct_blocks(province: DemoClient) -> None:
    """V19, V21: paid 60,000: a clawback of 60,000 of that payment; the user is refused under V8(2) from then on."""
    claim = submitted(province, mode="full_payment")
    confirm(province, [claim["id"]], bureau="bureau-heze")
    province.post("province", "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
    batch = pay_out(province)
    (payable,) = province.get("finance-maker", "/payables")["items"]
    body = {
        "payable_id": payable["id"],
        "amount_fen": 6_000_000,
        "cause": "飞行抽查发现虚假材料",
        "misconduct": True,
        "sanction_until": "2028-05-31",
    }
    clawback = province.post("province", "/clawbacks", body)
    linked = (clawback["payable_id"], clawback["batch_id"], clawback["line_no"], clawback["open_fen"])
    assert linked == (payable["id"], batch["id"], 1, 6_000_000)
    assert province.post("province", "/clawbacks", {**body, "amount_fen": 1}, expect=422)["code"] == (
        "clawback_too_large"
    )
    quote = ask(province, "sme-heze", service_id("demo-ms-sample"))
    assert (quote["eligible"], [reason["article"] for reason in quote["reasons"]]) == (False, ["V8(2)"])
    assert quote["cap_room_fen"] == 44_000_000, "V12 hold: a clawback gives no room back"
    assert verify_everything()[1] == []


def pay_out(province: DemoClient) -> Json:
    """A batch from preparation to closing, everything paid."""
    batch = province.post("finance-maker", "/settlement-batches", {"cutoff": "2026-03-10"})
    path = f"/settlement-batches/{batch['id']}"
    province.post("finance-checker", f"{path}/approval")
    province.post("finance-maker", f"{path}/exportation")
    payouts = province.get("finance-maker", f"{path}/payouts")["items"]
    province.upload("finance-maker", f"{path}/bank-returns", bank_csv(payouts, {}), "回单.csv")
    return province.post("finance-maker", f"{path}/closing")


@pytest.mark.parametrize("day", ["2025-01-23", "2030-01-24"])
def test_v23_an_order_outside_the_measures_term_is_refused(province: DemoClient, day: str) -> None:
    """V23: the day before its first and the day after its last: nothing is deducted, and no version is named."""
    sample = service_id("demo-ms-sample")
    with clock.at(datetime.fromisoformat(f"{day}T09:00:00+08:00")):
        # On the earlier day nothing has a price yet: what is changed of a service publishes what it costs that day.
        province.patch("provider-jinan", f"/services/{sample}", {"phone": "0531-80000009"})
        quote = ask(province, "sme-jinan", sample)
        assert (quote["eligible"], quote["subsidy_fen"], quote["policy_version"]) == (False, 0, None)
        refused = province.post("sme-jinan", "/orders", {"quote_id": quote["id"]}, expect=422)
    assert refused["code"] == "deduction_refused"
    assert "V23" in [reason["article"] for reason in refused["reasons"]]


def test_s18_fees_are_public(province: DemoClient) -> None:
    """S18: a visitor reads what every published service costs, and by which unit."""
    services = province.get(None, "/services", limit=100)["items"]
    assert {service["price_unit"] for service in services} == {"hour", "sample", "time"}
    assert all(service["price_fen"] > 0 for service in services)


def test_s21_rights_are_agreed_before_the_service(province: DemoClient) -> None:
    """S19, S21: without a word on intellectual property nothing is signed; the standard contract has one."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    path = f"/orders/{placed['id']}"
    province.post("provider-jinan", f"{path}/acceptance")
    points = ("content", "confidentiality", "damages", "breach", "disputes")
    silent = {"terms": dict.fromkeys(points, "双方约定")}
    refused = province.post("provider-jinan", f"{path}/contract", silent, expect=422)
    assert [reason["field"] for reason in refused["reasons"]] == ["terms.intellectual_property"]
    signed = province.post("provider-jinan", f"{path}/contract")
    assert signed["contract_terms"]["intellectual_property"]
    assert signed["provider_signed_at"] is not None


def test_s27_the_threshold_of_duplicate_purchase_reviews_is_the_policys() -> None:
    """S27: 500,000.00 of provincial money yes; 499,999.99 no."""
    least = policy.current().at(date(2026, 3, 1))["instruments.duplicate_purchase_review_min_fen"]
    assert duplicate_review_needed(50_000_000, review_min_fen=least)
    assert not duplicate_review_needed(49_999_999, review_min_fen=least)


def test_s31_the_measure_on_sharing_has_its_term() -> None:
    """S31: nothing of it on 2025-02-01 and 2030-02-02; in force on the days between."""
    pack = policy.current()
    for day in (date(2025, 2, 2), date(2030, 2, 1)):
        assert pack.at(day).entry("instruments.term").reference == "S31"
    for day in (date(2025, 2, 1), date(2030, 2, 2)):
        with pytest.raises(PolicyMissing):
            pack.at(day)["instruments.term"]
    assert pack.within(date(2031, 1, 1), term="instruments.term") == date(2030, 2, 1)


def test_v12_facts_of_an_order_stay_when_the_firm_moves_its_group(province: DemoClient) -> None:
    """V12 facts: a controller that takes over after the order leaves its hold with the one it was placed under."""
    firm = province.get("sme-heze", "/me")["organisation"]["id"]
    seller = {"name": "演示原控制人", "since": "2025-01-02", "source": "登记"}
    left = province.post("bureau-heze", f"/organisations/{firm}/controllers", seller)["controller"]["id"]
    quote = ask(province, "sme-heze", service_id("demo-pilot-time"))
    done = walk(province, province.post("sme-heze", "/orders", {"quote_id": quote["id"]}), user="sme-heze")
    with clock.at(MONDAY + timedelta(days=1)):
        buyer = {"name": "演示新控制人", "since": "2026-03-03", "source": "变更登记"}
        province.post("bureau-heze", f"/organisations/{firm}/controllers", buyer, expect=409)
        body = {"kind": "naming", "organisation_ids": [firm], "new_name": buyer["name"], "evidence": buyer["source"]}
        change = province.post("bureau-heze", "/controller-changes", {**body, "effective_on": buyer["since"]})
        decision = {"decision": "approve", "opinion": "属实"}
        province.post("province", f"/controller-changes/{change['id']}/review", decision)
        assert ask(province, "sme-heze", service_id("demo-ms-sample"))["cap_room_fen"] == 44_000_000
        claim = hand_in(province, done, claimant="provider-jinan", number=INVOICE)
    assert claim["claimed_fen"] == 6_000_000
    assert province.get("province", f"/ledger/accounts/cap/controller:{left}/2026")["pending_fen"] == 6_000_000
    assert verify_everything()[1] == []


def test_v12_hold_an_unanswered_order_lapses_and_slot_and_hold_are_free(province: DemoClient) -> None:
    """V12 hold: unanswered for five working days: both are free again, and another firm may take the slot."""
    before = ask(province, "sme-heze", service_id("demo-ms-sample"))["cap_room_fen"]
    starts_at = MONDAY + timedelta(days=14)
    slot = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}
    placed = order(province, "sme-heze", service_id("demo-ms-hour"), **slot)
    taken = {"service_id": service_id("demo-ms-hour"), "payment_mode": "direct_deduction", **slot}
    assert province.post("sme-jinan", "/quotes", taken, expect=409)["code"] == "slot_taken"
    (lapse,) = (job for job in JOBS if job.name == "lapse_unanswered_orders")
    with clock.at(MONDAY + timedelta(days=8)):
        lapse.run(clock.now(), clock.now())
        assert province.get("sme-heze", f"/orders/{placed['id']}")["state"] == "lapsed"
        assert ask(province, "sme-heze", service_id("demo-ms-sample"))["cap_room_fen"] == before
        assert order(province, "sme-jinan", service_id("demo-ms-hour"), **slot)["state"] == "placed"


def test_v8_4_shared_phone_account_and_address_are_flags(province: DemoClient) -> None:
    """V8(4): none of them refuses; each is named for the reviewer, and so is a holding of 3%."""
    user, provider = (find_user(name) for name in ("sme-heze", "provider-jinan"))
    assert user is not None
    assert provider is not None
    mine, theirs = user.organisation, provider.organisation
    with transaction():
        mine.phone, mine.address = theirs.phone, theirs.address
        account, other = verified_account(mine.id), verified_account(theirs.id)
        assert account is not None
        assert other is not None
        account.account_number = other.account_number
    share = {"holder_id": mine.id, "held_id": theirs.id, "percent": "3", "since": "2025-01-01", "source": "章程"}
    province.post("bureau-heze", "/holdings", share)
    quote = ask(province, "sme-heze", service_id("demo-ms-sample"))
    assert (quote["eligible"], quote["flags"]) == (
        True,
        ["one_way_holding", "shared_address", "shared_bank_account", "shared_phone"],
    )


def test_invariant_14_a_file_that_no_longer_matches_is_not_given_out_and_named(province: DemoClient) -> None:
    """Invariant 14: whoever changes a stored file on disk is found out, by its reader and by verify."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    done = walk(province, placed, user="sme-heze")
    content = PDF.replace(b"%%EOF", b"% only here\n%%EOF")
    path = f"/claims/{done['claim_id']}/materials"
    material = province.upload("provider-jinan", path, content, "合同.pdf", kind="service_contract")
    digest = hashlib.sha256(content).hexdigest()
    on_disk = Path(province.app.config["FILES_DIR"]) / digest[:2] / digest
    assert on_disk.read_bytes() == content
    assert verify_everything()[1] == []
    on_disk.write_bytes(content.replace(b"only", b"now "))
    refused = province.get("provider-jinan", f"{path}/{material['id']}", expect=409)
    assert refused["code"] == "file_altered"
    assert [offence.number for offence in verify_everything()[1]] == [14]
    on_disk.unlink()
    assert [offence.row["fault"] for offence in verify_everything()[1]] == ["missing"]

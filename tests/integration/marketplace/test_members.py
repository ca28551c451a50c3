"""What a move, a suspension and a residence mean for quotes, orders and claims (V7, V12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from accounts.queries import organisation
from accounts.service.changes import apply_due_changes
from core import clock
from core.db import session
from core.invariants import verify
from marketplace.demo.client import DemoClient
from marketplace.queries.invariants import INVARIANTS
from marketplace.reports.desk import desk
from tests.factories.accounts import actor_of
from tests.support.deal import PDF, ask, confirm, hand_in, order, service_id, walk
from tests.support.packs import copied_pack, in_force

SAMPLE = "demo-ms-sample"
MOVE_DAY = datetime(2026, 3, 9, tzinfo=clock.SHANGHAI)


def me(client: DemoClient, user: str) -> int:
    return int(client.get(user, "/me")["organisation"]["id"])


@pytest.mark.parametrize("second", [-1, 1])
def test_v12_the_rate_follows_the_seat_of_the_moment_an_order_is_placed(province: DemoClient, second: int) -> None:
    """菏泽 60%, 济南 40%: a second before midnight the old one, a second after it the new one, worker or not."""
    moved = province.upload(
        "sme-heze",
        "/member-changes",
        PDF,
        "licence.pdf",
        organisation_id=me(province, "sme-heze"),
        effective_on="2026-03-09",
        county="370102",
        reason="迁址",
    )
    province.post("bureau-jinan", f"/member-changes/{moved['id']}/review", {"decision": "approve"})
    with clock.at(MOVE_DAY + timedelta(seconds=second)):
        rate = ask(province, "sme-heze", service_id(SAMPLE))["rate"]
    assert rate == ("0.60" if second < 0 else "0.40")


def test_v12_facts_orders_and_claims_of_before_keep_their_county_and_their_city(province: DemoClient) -> None:
    sample = service_id(SAMPLE)
    placed = order(province, "sme-heze", sample)
    moved: dict[str, Any] = province.upload(
        "sme-heze",
        "/member-changes",
        PDF,
        "licence.pdf",
        organisation_id=me(province, "sme-heze"),
        effective_on="2026-03-09",
        county="370102",
        reason="迁址",
    )
    province.post("bureau-jinan", f"/member-changes/{moved['id']}/review", {"decision": "approve"})
    with clock.at(MOVE_DAY + timedelta(hours=9)):
        apply_due_changes(now=clock.now())
        later = order(province, "sme-heze", sample)
        done = walk(province, placed, user="sme-heze", completed_on="2026-03-09")
        province.get("bureau-heze", f"/claims/{done['claim_id']}")
        province.get("bureau-jinan", f"/claims/{done['claim_id']}", expect=404)
        province.get("bureau-heze", f"/orders/{placed['id']}")
        province.get("bureau-heze", f"/orders/{later['id']}", expect=404)
        handed_in = hand_in(province, done, claimant="provider-jinan", number="25370000000000000099")
    assert (placed["subsidy_fen"], later["subsidy_fen"] * 6) == (done["subsidy_fen"], placed["subsidy_fen"] * 4)
    assert handed_in["state"] == "submitted"


def test_a_change_of_name_leaves_the_account_in_use_and_asks_for_it_anew(province: DemoClient) -> None:
    """The code stays, so V8 judges the same firm; the account is paid to until another is verified."""
    firm = me(province, "sme-heze")
    accounts = f"/organisations/{firm}/bank-accounts"
    (verified,) = province.get("sme-heze", accounts)["items"]
    placed = order(province, "sme-heze", service_id(SAMPLE), payment_mode="full_payment")
    renamed = province.upload(
        "sme-heze",
        "/member-changes",
        PDF,
        "licence.pdf",
        organisation_id=firm,
        effective_on="2026-03-02",
        name="演示菏泽更名有限公司",
        reason="更名",
    )
    province.post("bureau-heze", f"/member-changes/{renamed['id']}/review", {"decision": "approve"})
    (kept,) = province.get("sme-heze", accounts)["items"]
    assert (verified["bears_owners_name"], kept["bears_owners_name"], kept["state"]) == (True, False, "verified")
    assert "accounts_to_renew" in waiting_keys(firm)
    assert ask(province, "sme-heze", service_id(SAMPLE))["eligible"]

    done = walk(province, placed, user="sme-heze")
    claim = hand_in(province, done, claimant="sme-heze", number="25370000000000000077")
    confirm(province, [claim["id"]], bureau="bureau-heze")
    (payable,) = province.get("finance-maker", "/payables", order_id=placed["id"])["items"]
    assert payable["account_number"] == verified["account_number"]

    details = {name: verified[name] for name in ("bank_name", "cnaps_code", "account_number")}
    province.post("sme-heze", accounts, {**details, "holder_name": verified["holder_name"]}, expect=422)
    fresh = province.post("sme-heze", accounts, {**details, "holder_name": "演示菏泽更名有限公司"})
    province.post("bureau-heze", f"/bank-accounts/{fresh['id']}/verification", {"decision": "verify"})
    assert "accounts_to_renew" not in waiting_keys(firm)


def waiting_keys(firm: int) -> set[str]:
    """What stands on the desk of a firm."""
    return {each.key for each in desk(actor_of(organisation(firm)), now=clock.now())}


def test_v7_an_incubator_sees_how_its_resident_stands_and_may_do_nothing_for_it(province: DemoClient) -> None:
    placed = order(province, "sme-heze", service_id(SAMPLE))
    host = me(province, "incubator-weifang")
    asked = province.post("sme-heze", "/residences", {"incubator_id": host, "since": "2026-01-05"})
    here = f"/residences/{asked['id']}"
    province.get("incubator-weifang", f"{here}/progress", expect=404)
    province.post("incubator-weifang", f"{here}/answer", {"decision": "accept"})
    seen = province.get("incubator-weifang", f"{here}/progress")
    done = walk(province, placed, user="sme-heze")
    claimed = province.get("incubator-weifang", f"{here}/progress")["claims"]
    province.upload("incubator-weifang", f"{here}/advice", PDF, "plan.pdf", advice="请补充检测方案")
    advised = province.get("sme-heze", f"{here}/advice")["items"]

    for path in (f"/orders/{placed['id']}", f"/claims/{done['claim_id']}", f"/memberships/{host}"):
        province.get("incubator-weifang", path, expect=404)
    province.post("incubator-weifang", f"/orders/{placed['id']}/cancellation", {"reason": "x"}, expect=404)
    province.post("incubator-weifang", f"/claims/{done['claim_id']}/withdrawal", expect=404)
    province.post(
        "incubator-weifang",
        "/quotes",
        {
            "service_id": service_id(SAMPLE),
            "payment_mode": "full_payment",
            "quantity": "1",
            "beneficiary_id": me(province, "sme-heze"),
        },
        expect=404,
    )
    province.post("sme-heze", f"{here}/ending")
    province.get("incubator-weifang", f"{here}/progress", expect=404)

    assert [(each["id"], each["state"]) for each in seen["orders"]] == [(placed["id"], "placed")]
    assert "provider" not in str(seen)
    assert [each["id"] for each in claimed] == [done["claim_id"]]
    assert [(each["advice"], each["filename"]) for each in advised] == [("请补充检测方案", "plan.pdf")]


def test_v8_1_where_the_pack_says_so_overdue_figures_stop_orders(province: DemoClient, tmp_path: Path) -> None:
    """The demo's figures are those of 2025; those of 2026 may be renewed until the grace of 30 June 2027 ends."""
    wish = {"service_id": service_id(SAMPLE), "payment_mode": "direct_deduction", "quantity": "1"}

    def stop(content: dict[str, Any]) -> None:
        content["overdue_figures_refuse_orders"][0]["value"] = True

    with in_force(copied_pack(tmp_path, stop, file="members")):
        with clock.at(datetime(2027, 6, 30, 23, 59, 59, tzinfo=clock.SHANGHAI)):
            province.post("sme-heze", "/quotes", wish)
        with clock.at(datetime(2027, 7, 1, tzinfo=clock.SHANGHAI)):
            refused = province.post("sme-heze", "/quotes", wish, expect=409)
    assert refused["code"] == "figures_overdue"


def test_a_suspended_member_places_no_order_and_its_orders_go_on(province: DemoClient) -> None:
    sample = service_id(SAMPLE)
    placed = order(province, "sme-heze", sample)
    number = province.get("sme-heze", "/memberships")["items"][0]["id"]
    province.post("bureau-heze", f"/memberships/{number}/suspension", {"opinion": "核查", "article": "V8(2)"})
    wish = {"service_id": sample, "payment_mode": "direct_deduction", "quantity": "1"}
    refused = province.post("sme-heze", "/quotes", wish, expect=409)
    accepted = province.post("provider-jinan", f"/orders/{placed['id']}/acceptance")
    (statement,) = [each for each in INVARIANTS if each.name == "no order was placed while its user was suspended"]
    kept = verify([statement])
    session().execute(text("UPDATE suspension SET began_at = began_at - interval '1 hour'"))
    bent = verify([statement])

    assert refused["code"] == "not_a_member"
    assert accepted["state"] == "accepted"
    assert kept == []
    assert [each.row["order"] for each in bent] == [placed["id"]]

"""Flags of claims over HTTP: raised with their evidence, decided with a reason, silent about every sum and state."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from accounts.models import Organisation
from accounts.queries import organisation
from core import audit, clock
from core.db import session, transaction
from core.http.api import API_PREFIX as API
from core.invariants import verify
from core.permissions import SYSTEM
from tests.factories.accounts import (
    headers_of,
    keyed,
    make_bureau,
    make_enterprise,
    make_holding,
    make_provider,
    make_province,
)
from tests.factories.vouchers import (
    FULL,
    add_materials,
    bring,
    claimant_of,
    clear_flags,
    confirm,
    make_claim,
    paper_of,
    review,
    reviewer_of,
    send_up,
    submit,
    summarise,
)
from vouchers.jobs import look_for_flags
from vouchers.models import Claim, ClaimFlag
from vouchers.queries.flags import flags_of, undecided
from vouchers.queries.invariants import INVARIANTS
from vouchers.rules.claims import MaterialKind, ReviewDecision
from vouchers.service.claims import Upload, add_material
from vouchers.service.reviews import ConfirmationRefused
from vouchers.states import ClaimState, FlagState
from vouchers.steps.flags import amend_record

Json = dict[str, Any]
SUBMITTED = ClaimState.SUBMITTED


def flags(client: FlaskClient, claim: Claim, reader: Organisation | None = None) -> dict[str, Json]:
    """The flags of a claim by kind, as the bureau of its city reads them."""
    headers = headers_of(reader or make_bureau(claim.city))
    answer = client.get(f"{API}/claims/{claim.id}/flags", headers=headers)
    assert answer.status_code == 200, answer.text
    return {flag["kind"]: flag for flag in answer.get_json()["items"]}


def post(client: FlaskClient, who: Organisation, path: str, body: Json, *, expect: int = 201) -> Json:
    answer = client.post(f"{API}{path}", json=body, headers=keyed(headers_of(who)))
    assert answer.status_code == expect, answer.text
    found: Json = answer.get_json()
    return found


def hand_in_with(claim: Claim, content: bytes) -> Claim:
    """Submit a claim whose result proof is this file."""
    add_materials(claim)
    add_material(
        claim_id=claim.id,
        kind=MaterialKind.RESULT_PROOF,
        upload=Upload(io.BytesIO(content), "报告.pdf"),
        invoice=None,
        completed_on=None,
        actor=claimant_of(claim),
        now=clock.now(),
    )
    return submit(claim)


def test_each_suspicion_of_the_record_is_raised_with_its_evidence_and_changes_no_sum(client: FlaskClient) -> None:
    """V8(4), V13 and the design decisions: relations of the order and of today, price, cost, hours."""
    user, provider = (
        make_enterprise(phone="0530-5550000"),
        make_provider(phone="05305550000", address="济南市历下区1号"),
    )
    make_holding(user, provider, "3")
    seen = {
        "unit_price_fen": 2_000_000,
        "published_price_fen": 1_000_000,
        "usual_prices_fen": (1_000_000, 900_000, 1_100_000),
        "cost_fen": 1_500_000,
        "cost_basis": "鲁价费〔2024〕1号",
        "booked_hours": "8",
        "charged_hours": "10.00",
    }
    claim = bring(make_claim(user, provider, seen=seen), SUBMITTED)
    found = flags(client, claim)
    assert found.keys() == {"one_way_holding", "shared_phone", "price_deviation", "price_above_cost", "hours_deviation"}
    assert found["one_way_holding"]["evidence"] == {
        "at_order": True,
        "today": True,
        "user_holds_percent": "3.0000",
        "provider_holds_percent": "0",
    }
    assert found["shared_phone"]["evidence"]["shared"] == "0530-5550000"
    assert found["price_deviation"]["evidence"]["far_from"] == ["published", "usual"]
    assert found["price_above_cost"]["evidence"]["cost_basis"] == "鲁价费〔2024〕1号"
    assert found["hours_deviation"]["evidence"]["charged"] == "10.00"
    assert {flag["state"] for flag in found.values()} == {"raised"}
    needed = {kind for kind, flag in found.items() if flag["finding_needed"]}
    assert needed == found.keys()
    plain = bring(make_claim(), SUBMITTED)
    assert (claim.claimed_fen, claim.state, flags(client, plain)) == (plain.claimed_fen, plain.state, {})
    assert undecided([claim.id, plain.id]) == {claim.id: 5}
    # Handed in again with the same facts, the same is not raised twice.
    review(claim, ReviewDecision.RETURN)
    submit(claim)
    assert len(flags_of(claim.id)) == 5


def test_one_job_in_two_orders_and_one_file_in_two_claims(client: FlaskClient) -> None:
    """Both claims are flagged with the second submission, each flag once, and neither is approved before a finding."""
    user, provider = make_enterprise(), make_provider()
    first = bring(make_claim(user, provider, base_fen=50_000_000), SUBMITTED)
    assert flags(client, first) == {}
    second = make_claim(user, provider, base_fen=50_000_000)
    hand_in_with(second, paper_of(first, MaterialKind.RESULT_PROOF))
    found = flags(client, second)
    assert found.keys() == {"split_orders", "same_document"}
    assert [each["order_id"] for each in found["split_orders"]["evidence"]["orders"]] == [
        first.order_id,
        second.order_id,
    ]
    assert found["split_orders"]["evidence"]["crossed"] == ["watched_sum"]
    assert [each["claim_id"] for each in found["same_document"]["evidence"]["elsewhere"]] == [first.id]
    assert [each["claim_id"] for each in flags(client, first)["same_document"]["evidence"]["elsewhere"]] == [second.id]
    assert flags(client, first).keys() == {"split_orders", "same_document"}
    look_for_flags(clock.now(), clock.now())
    assert len(flags_of(first.id)) == 2
    approve = {"decision": "approve", "opinion": "同意"}
    for claim in (first, second):
        refused = post(client, make_bureau(claim.city), f"/claims/{claim.id}/city-review", approve, expect=422)
        assert [each["code"] for each in refused["reasons"]] == ["flag_undecided"] * 2
    clear_flags(second)
    assert review(second, ReviewDecision.APPROVE).state == ClaimState.CITY_APPROVED
    assert first.state == SUBMITTED


def test_v17_a_completion_long_after_the_delivery_is_flagged_and_told_on_the_way(client: FlaskClient) -> None:
    """What suspects nobody, when it was delivered and completed, everybody reads; the flag officials alone."""
    claim = bring(make_claim(seen={"delivered_on": clock.today(clock.now()) - timedelta(days=31)}), SUBMITTED)
    assert flags(client, claim)["late_completion"]["evidence"]["days"] == 31
    user = organisation(claim.beneficiary_id)
    told = client.get(f"{API}/claims/{claim.id}/timeline", headers=headers_of(user)).get_json()["entries"][0]
    days = (claim.completed_on - timedelta(days=31), claim.completed_on)
    assert (told["action"], told["delivered_on"], told["completed_on"]) == ("open", *(day.isoformat() for day in days))


def test_v6_a_file_in_another_city_is_told_without_its_claim(client: FlaskClient) -> None:
    there = bring(make_claim(make_enterprise("370102")), SUBMITTED)
    here = hand_in_with(make_claim(), paper_of(there, MaterialKind.RESULT_PROOF))
    (seen,) = flags(client, here)["same_document"]["evidence"]["elsewhere"]
    assert {name: seen[name] for name in ("claim_id", "city", "beneficiary_id", "provider_id")} == dict.fromkeys(
        ("claim_id", "city", "beneficiary_id", "provider_id")
    )
    (known,) = flags(client, here, make_province())["same_document"]["evidence"]["elsewhere"]
    assert (known["claim_id"], known["city"]) == (there.id, "370100")


def test_many_claims_in_the_last_days_are_flagged_for_the_claimant(client: FlaskClient) -> None:
    """Completed on 2025-09-05, their last day is 2026-03-05: the tenth claim in three days is a burst."""
    provider, user, done = make_provider(), make_enterprise(), date(2025, 9, 5)
    claims = [make_claim(user, provider, base_fen=100_000, completed_on=done) for _ in range(10)]
    handed_in = [bring(claim, SUBMITTED) for claim in claims]
    alike = {"invoice_differs", "split_orders"}
    assert flags(client, handed_in[-2]).keys() == alike, "all were invoiced before their order, and ordered at once"
    evidence = flags(client, handed_in[-1])["burst"]["evidence"]
    assert (evidence["deadline"], evidence["claims"], evidence["usual_claims"]) == ("expiry", 10, "0.00")


def test_an_approval_waits_for_every_finding_and_the_parties_never_learn_of_it(client: FlaskClient) -> None:
    """Undecided: 422 with each flag named. Cleared with a reason: approved, audited, the sum as it was."""
    user, provider = make_enterprise(address="菏泽市牡丹区1号"), make_provider(address="菏泽市 牡丹区1号")
    claim = bring(make_claim(user, provider), SUBMITTED)
    bureau, path = make_bureau(claim.city), f"/claims/{claim.id}"
    (flag,) = flags(client, claim).values()
    approve = {"decision": "approve", "opinion": "同意"}
    refused = post(client, bureau, f"{path}/city-review", approve, expect=422)
    assert [(each["code"], each["field"]) for each in refused["reasons"]] == [("flag_undecided", f"flags.{flag['id']}")]
    for party in (user, provider):
        assert client.get(f"{API}{path}/flags", headers=headers_of(party)).status_code == 403
        shown = client.get(f"{API}{path}", headers=headers_of(party)).get_json()
        assert shown["flags"] == []
        assert {event["action"] for event in shown["history"]} == {"open", "add_material", "submit"}
    assert client.get(f"{API}{path}", headers=headers_of(bureau)).get_json()["flags"] == ["shared_address"]
    finding = f"{path}/flags/{flag['id']}/finding"
    post(client, bureau, finding, {"finding": "cleared", "reason": " "}, expect=422)
    post(client, make_bureau("370100"), finding, {"finding": "cleared", "reason": "外市"}, expect=404)
    post(client, make_province(), finding, {"finding": "cleared", "reason": "市局在审"}, expect=409)
    post(client, bureau, f"{path}/flags/999999999/finding", {"finding": "cleared", "reason": "无此项"}, expect=404)
    decided = post(client, bureau, finding, {"finding": "cleared", "reason": "同一园区办公"})
    assert (decided["state"], decided["finding"]) == ("cleared", "同一园区办公")
    entries = audit.history("claim_flag", flag["id"])
    assert [(entry.action, entry.to_state) for entry in entries] == [("raise", "raised"), ("clear", "cleared")]
    assert entries[1].data["note"] == "同一园区办公"
    before_fen = claim.claimed_fen
    approved = post(client, bureau, f"{path}/city-review", approve)
    assert (approved["state"], approved["approved_fen"]) == ("city_approved", before_fen)
    post(client, bureau, finding, {"finding": "upheld", "reason": "改判"}, expect=409)


def test_an_upheld_flag_has_a_consequence_or_a_reason_for_none(client: FlaskClient) -> None:
    user, provider = make_enterprise(), make_provider()
    make_holding(provider, user, "50")
    claim = bring(make_claim(user, provider), SUBMITTED)
    bureau, path = make_bureau(claim.city), f"/claims/{claim.id}"
    (flag,) = flags(client, claim).values()
    post(client, bureau, f"{path}/flags/{flag['id']}/finding", {"finding": "upheld", "reason": "持股属实"})
    approve = {"decision": "approve", "opinion": "同意"}
    refused = post(client, bureau, f"{path}/city-review", approve, expect=422)
    assert [each["code"] for each in refused["reasons"]] == ["flag_upheld_without_consequence"]
    explained = {**approve, "despite_flags": "持股未影响交易条件"}
    assert post(client, bureau, f"{path}/city-review", explained)["approved_fen"] == claim.claimed_fen
    other = bring(make_claim(user, provider), SUBMITTED)
    raised = flags(client, other)
    assert raised.keys() == {"one_way_holding", "split_orders"}
    for flag in raised.values():
        post(client, bureau, f"/claims/{other.id}/flags/{flag['id']}/finding", {"finding": "upheld", "reason": "属实"})
    cut = post(client, bureau, f"/claims/{other.id}/city-review", {**approve, "amount_fen": other.claimed_fen - 1})
    assert cut["approved_fen"] == other.claimed_fen - 1


def test_a_rejection_or_return_waits_for_no_finding(client: FlaskClient) -> None:
    user, provider = make_enterprise(), make_provider()
    make_holding(user, provider, "3")
    for decision, state in ((ReviewDecision.RETURN, "returned"), (ReviewDecision.REJECT, "rejected")):
        claim = bring(make_claim(user, provider, mode=FULL), SUBMITTED)
        assert undecided([claim.id])
        assert review(claim, decision).state == state


def test_what_appears_after_the_citys_review_is_for_the_province(client: FlaskClient) -> None:
    """A holding entered later is raised by night; nothing is confirmed before the province decided about it."""
    user, provider = make_enterprise(), make_provider()
    claim = bring(make_claim(user, provider), ClaimState.CITY_APPROVED)
    send_up(summarise(claim))
    make_holding(user, provider, "60")
    look_for_flags(clock.now(), clock.now())
    (flag,) = flags(client, claim, make_province()).values()
    assert (flag["kind"], flag["evidence"]["at_order"]) == ("subsidiary", False)
    with pytest.raises(ConfirmationRefused):
        confirm(claim)
    found = {"finding": "cleared", "reason": "持股在下单之后"}
    post(client, make_province(), f"/claims/{claim.id}/flags/{flag['id']}/finding", found)
    assert confirm(claim).state == ClaimState.CONFIRMED


def test_v8_3_the_reviewer_ticks_what_was_declared(client: FlaskClient) -> None:
    """An approval that says a declaration does not hold is refused; one that says nothing says that they hold."""
    claim = bring(make_claim(), SUBMITTED)
    bureau, path = make_bureau(claim.city), f"/claims/{claim.id}/city-review"
    approve = {"decision": "approve", "opinion": "同意", "findings": {"rd_base": True}}
    refused = post(client, bureau, path, approve, expect=422)
    assert [(each["article"], each["field"]) for each in refused["reasons"]] == [("V8(3)", "findings.main_business")]
    ticked = {**approve, "findings": {"rd_base": True, "main_business": True}}
    assert post(client, bureau, path, ticked)["reviews"][0]["findings"] == ticked["findings"]
    plain = bring(make_claim(), ClaimState.CITY_APPROVED)
    assert plain.reviews[0].findings == {"rd_base": True, "main_business": True}


def test_late_readings_amend_the_record_and_raise_what_they_tell(client: FlaskClient) -> None:
    claim = bring(make_claim(seen={"booked_hours": "8", "charged_hours": "8.00"}), SUBMITTED)
    for hours in ("7.50", "2.00"):
        with transaction():
            amend_record(
                order_id=claim.order_id,
                logged_hours=Decimal(hours),
                source="传感器 S1",
                actor=SYSTEM,
                now=clock.now(),
            )
    evidence = flags(client, claim)["hours_deviation"]["evidence"]
    assert (evidence["beyond"], evidence["logged"], claim.record["charged_hours"]) == (["logged"], "2.00", "8.00")


@pytest.mark.usefixtures("app")
def test_what_is_always_true_of_flags_bites() -> None:
    user, provider = make_enterprise(), make_provider()
    claim = bring(make_claim(user, provider), ClaimState.CITY_APPROVED)
    assert verify(INVARIANTS) == []
    early, bureau = clock.now() - timedelta(hours=1), reviewer_of(claim)
    with transaction() as current:
        flag = ClaimFlag(
            claim_id=claim.id,
            kind="burst",
            about="x",
            evidence={},
            finding_needed=True,
            raised_at=early,
            state=FlagState.RAISED,
            finding="",
        )
        current.add(flag)
        audit.record(actor=SYSTEM, now=early, action="raise", subject=flag, to_state=FlagState.RAISED)
    (offence,) = verify(INVARIANTS)
    assert offence.name == "flags: none waited for a finding when its claim was approved or confirmed"
    with transaction():
        flag.decided_by, flag.decided_at, flag.finding = bureau.user_id, early, "属实"
        flag.state = FlagState.UPHELD
        audit.record(
            actor=SYSTEM, now=early, action="uphold", subject=flag, from_state="raised", to_state=FlagState.UPHELD
        )
    (offence,) = verify(INVARIANTS)
    assert offence.name == "flags: an upheld one has a consequence, a lesser sum or a reason for none"
    session().rollback()

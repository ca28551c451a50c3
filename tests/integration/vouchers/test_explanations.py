"""Every sum is explained: the decision judged again by the policy kept with it and by today's, and each step since."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from core import clock
from core.db import session
from core.invariants import verify
from tests.databases import Database
from tests.factories.accounts import actor_of, make_enterprise, make_provider
from tests.factories.vouchers import (
    FULL,
    add_materials,
    assessment_of,
    bring,
    claimant_of,
    clear_flags,
    confirm,
    invoice_of,
    make_claim,
    place,
    review,
    send_up,
    submit,
    summarise,
)
from tests.support.packs import copied_pack, in_force
from vouchers.models import PolicySnapshot
from vouchers.queries.explanations import Explanation, explain, explain_order
from vouchers.queries.invariants import INVARIANTS
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision
from vouchers.states import ClaimState

DECEMBER = datetime(2025, 12, 20, 10, tzinfo=clock.SHANGHAI)
CHANGED = date(2026, 4, 1)


def steps(found: Explanation) -> list[tuple[str, int, int]]:
    return [(each.step.kind.value, each.step.before_fen, each.step.after_fen) for each in found.steps]


def raised_to(rate: str) -> Any:
    """The raised rate is another one from a day on; the entry before it ends."""

    def change(content: dict[str, Any]) -> None:
        (entry,) = content["subsidy_rates"]
        rows = [{**row, "rate": rate if row["rate"] == "0.60" else row["rate"]} for row in entry["value"]]
        entry["to"] = CHANGED - timedelta(days=1)
        content["subsidy_rates"].append({**entry, "from": CHANGED, "to": None, "value": rows})
        del content["subsidy_rates"][1]["to"]

    return change


def rewritten(content: dict[str, Any]) -> None:
    """The raised rate of the first day on is another one: history is rewritten in place."""
    for row in content["subsidy_rates"][0]["value"]:
        row["rate"] = "0.50"


def test_every_step_of_a_claim_is_told_and_follows(app: Flask) -> None:
    """V12, V17: fee, hold, smaller actual fee, lesser invoice, part approved, sent back, approved again, confirmed."""
    claim = make_claim(actual_fen=9_000_000)
    add_materials(claim, invoice=invoice_of(claim, amount_fen=8_000_000))
    submit(claim)
    review(claim, ReviewDecision.RETURN)
    submit(claim)
    clear_flags(claim)
    review(claim, ReviewDecision.APPROVE, amount_fen=4_000_000)
    send_up(summarise(claim))
    confirm(claim, ConfirmationDecision.SEND_BACK)
    review(claim, ReviewDecision.APPROVE, amount_fen=4_500_000)
    send_up(summarise(claim))
    confirm(claim)
    found = explain(claim.id, actor=claimant_of(claim))
    assert steps(found) == [
        ("entitlement", 10_000_000, 6_000_000),
        ("hold", 6_000_000, 6_000_000),
        ("completion", 6_000_000, 5_400_000),
        ("invoice", 5_400_000, 4_800_000),
        ("return", 4_800_000, 4_800_000),
        ("invoice", 4_800_000, 4_800_000),
        ("approval", 4_800_000, 4_000_000),
        ("send_back", 4_000_000, 4_800_000),
        ("approval", 4_800_000, 4_500_000),
        ("confirmation", 4_500_000, 4_500_000),
    ]
    assert (found.unfollowed, found.stands_at_fen, found.differences, found.replay_differences) == (
        0,
        4_500_000,
        [],
        [],
    )
    returned = found.steps[4]
    assert (returned.step.article, returned.inputs["defects"]) == ("V17 return", ["合同缺页"])
    assert "cap_room_fen" not in found.steps[1].inputs  # the provider hands it in, and is not told its user's cap
    assert verify(INVARIANTS) == []


def test_another_year_with_too_little_room_is_a_step(app: Flask) -> None:
    """V12 cap: completed in 2025, first handed in in 2026, where 1,000,000 fen are left."""
    user, provider = make_enterprise(), make_provider()
    with clock.at(DECEMBER):
        claim = make_claim(user, provider, completed_on=DECEMBER.date())
    place(assessment_of(user, provider, base_fen=81_666_666))
    add_materials(claim)
    submit(claim)
    found = explain(claim.id, actor=actor_of(user))
    kind, before_fen, after_fen = steps(found)[3]
    assert (kind, before_fen, after_fen) == ("year", 6_000_000, 1_000_001)
    assert found.steps[3].inputs == {
        "from_year": 2025,
        "year": 2026,
        "cap_fen": 50_000_000,
        "cap_room_fen": 1_000_001,
    }
    assert found.steps[3].step.follows
    assert verify(INVARIANTS) == []


def test_the_ends_of_orders_and_claims_are_steps(app: Flask) -> None:
    """V12 hold: released, withdrawn, expired, rejected, revoked: each ends at nothing."""
    ends = {
        ClaimState.WITHDRAWN: "withdrawal",
        ClaimState.EXPIRED: "expiry",
        ClaimState.REJECTED: "rejection",
    }
    user, provider = make_enterprise(), make_provider()
    for state, kind in ends.items():
        claim = bring(make_claim(user, provider, base_fen=1_000_000), state)
        found = explain(claim.id, actor=actor_of(user))
        assert steps(found)[-1] == (kind, 600_000, 0)
    assert verify(INVARIANTS) == []


def test_a_change_takes_effect_at_its_date_and_old_decisions_keep_theirs(app: Flask, tmp_path: Path) -> None:
    """V23: a rate of 70% from 2026-04-01 on; what was decided in March is 60% and replays to the same."""
    user, provider = make_enterprise(), make_provider()
    with in_force(copied_pack(tmp_path, raised_to("0.70"))):
        before = make_claim(user, provider, mode=FULL)
        with clock.at(datetime(2026, 4, 1, 10, tzinfo=clock.SHANGHAI)):
            after = make_claim(user, provider, mode=FULL)
            add_materials(before)
            submit(before)
            old, new = (explain(claim.id, actor=actor_of(user)) for claim in (before, after))
    assert (old.taken.subsidy_fen, new.taken.subsidy_fen) == (6_000_000, 7_000_000)
    assert old.taken.policy_version != new.taken.policy_version
    assert (new.taken.policy_version or "").startswith("shandong-2026-04-01+")
    for found in (old, new):
        assert (found.differences, found.replay_differences) == ([], [])
    assert old.stands_at_fen == 6_000_000
    assert session().query(PolicySnapshot).count() == 2


def test_a_pack_rewritten_in_place_is_found_out_and_the_kept_policy_still_explains(app: Flask, tmp_path: Path) -> None:
    """V12 facts: the stored policy gives what was decided; the text of today does not, and that is said."""
    user = make_enterprise()
    order_id = place(assessment_of(user, make_provider()))
    with in_force(copied_pack(tmp_path, rewritten)):
        found = explain_order(order_id, tells_of_user=True)
    assert found.replay_differences == []
    assert found.differences == ["policy_version", "rate", "entitlement_fen", "subsidy_fen"]
    assert found.replay.by_today is not None
    assert found.replay.by_today.subsidy_fen == 5_000_000
    assert explain_order(order_id, tells_of_user=True).differences == []


def test_a_county_that_left_the_list_is_said(app: Flask, tmp_path: Path) -> None:
    """A division list without the user's county cannot judge it; the kept policy can."""

    def without_county(content: dict[str, Any]) -> None:
        (entry,) = content["counties"]
        entry["value"] = [each for each in entry["value"] if each["code"] != "371702"]

    order_id = place(assessment_of(make_enterprise(), make_provider()))
    with in_force(copied_pack(tmp_path, without_county, file="places")):
        found = explain_order(order_id, tells_of_user=True)
    assert (found.differences, found.replay_differences) == (["county"], [])


def test_a_decision_that_was_tampered_with_differs_from_its_kept_policy(
    committed_app: Flask, database: Database
) -> None:
    """Past all guards of the database: the facts say otherwise than the sum, and the replay says so."""
    assert committed_app.name
    order_id = place(assessment_of(make_enterprise(), make_provider()))
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE entitlement_decision SET facts = jsonb_set(facts, '{base_fen}', '100')")
        connection.commit()
    session().rollback()
    found = explain_order(order_id, tells_of_user=True)
    assert found.replay_differences == ["entitlement_fen", "subsidy_fen"]

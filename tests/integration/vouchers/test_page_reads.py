"""What pages of claims read: the cap of a year, what a resubmission changed, what waits for a review."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from core import clock
from core.db import session
from tests.factories.accounts import (
    actor_of,
    make_bureau,
    make_controller,
    make_enterprise,
    make_incubator,
    make_provider,
    make_team,
)
from tests.factories.vouchers import (
    DECLARED,
    FULL,
    add,
    add_materials,
    assessment_of,
    bring,
    claimant_of,
    invoice_of,
    make_claim,
    place,
    review,
    submit,
)
from tests.support.queries import counted_queries
from vouchers.models import Claim, Material
from vouchers.queries.resubmissions import MaterialChange, rounds
from vouchers.queries.review_queue import queue_rows, review_queue
from vouchers.queries.yearly import yearly_use, yearly_uses
from vouchers.rules.claims import MaterialKind, ReviewDecision
from vouchers.service import claims
from vouchers.service.claims import Upload
from vouchers.states import ClaimState


def test_siblings_use_is_one_sum(app: Flask) -> None:
    """V12 cap: one's own holds and use by themselves, what siblings took as one sum, the rest as room."""
    controller = make_controller()
    one, other = make_enterprise(controller=controller), make_enterprise(controller=controller)
    provider = make_provider()
    place(assessment_of(one, provider, base_fen=10_000_000))
    bring(make_claim(one, provider, base_fen=5_000_000), ClaimState.CONFIRMED)
    place(assessment_of(other, provider, base_fen=20_000_000))
    use = yearly_use(one.id, year=2026, now=clock.now())
    assert (use.own_held_fen, use.own_used_fen, use.siblings_fen) == (6_000_000, 3_000_000, 12_000_000)
    assert use.room_fen == 50_000_000 - 21_000_000
    assert (use.cap_fen, use.article) == (50_000_000, "V12")
    assert yearly_use(one.id, year=2027, now=clock.now()).room_fen == 50_000_000


def test_a_released_hold_is_no_use(app: Flask) -> None:
    """V12 hold: what was rejected is room again."""
    user = make_enterprise()
    bring(make_claim(user), ClaimState.REJECTED)
    use = yearly_use(user.id, year=2026, now=clock.now())
    assert (use.own_held_fen, use.own_used_fen, use.siblings_fen, use.room_fen) == (0, 0, 0, 50_000_000)


def test_a_team_has_a_cap_of_its_own(app: Flask) -> None:
    """V12 cap: an incubator's teams each with theirs, asked at once."""
    incubator = make_incubator()
    teams = [make_team(incubator) for _ in range(3)]
    place(assessment_of(teams[0], make_provider(), base_fen=1_000_000, mode=FULL))
    uses = yearly_uses([each.id for each in teams], year=2026, now=clock.now())
    assert [uses[each.id].room_fen for each in teams] == [49_600_000, 50_000_000, 50_000_000]
    assert uses[teams[0].id].cap_owner == f"team:{teams[0].id}"


def test_caps_are_asked_for_at_once(app: Flask) -> None:
    """Three queries, however many organisations."""
    numbers = [make_enterprise().id for _ in range(5)]
    with counted_queries() as made:
        yearly_uses(numbers, year=2026, now=clock.now())
    assert len(made) == 3


def resubmitted(claim: Claim) -> Claim:
    """A claim that was returned and handed in again with another contract and invoice and one paper more."""
    add_materials(claim)
    submit(claim)
    review(claim, ReviewDecision.RETURN)
    hand_in(claim, MaterialKind.SERVICE_CONTRACT, b"%PDF-1.4\nsigned\n%%EOF\n")
    add(claim, MaterialKind.RESULT_PROOF)
    add(claim, MaterialKind.INVOICE, invoice=invoice_of(claim, amount_fen=9_000_000, number="26379999999999999999"))
    hand_in(claim, MaterialKind.OTHER, b"%PDF-1.4\nnote\n%%EOF\n")
    claims.submit(
        claim_id=claim.id,
        declarations={**DECLARED, "extra": True},
        actor=claimant_of(claim),
        now=clock.now(),
    )
    session().expire_all()
    return claim


def hand_in(claim: Claim, kind: MaterialKind, content: bytes) -> None:
    """One paper with a content of its own."""
    claims.add_material(
        claim_id=claim.id,
        kind=kind,
        upload=Upload(io.BytesIO(content), f"{kind}-2.pdf"),
        invoice=None,
        completed_on=None,
        actor=claimant_of(claim),
        now=clock.now(),
    )


def test_what_a_resubmission_changed(app: Flask) -> None:
    """V17 return: per round the materials, the invoice's fields, declarations and sum, and the defects before it."""
    first, second = rounds(resubmitted(make_claim()))
    assert (first.number, first.changes, first.defects) == (1, [], [])
    assert {each.change for each in first.materials} == {MaterialChange.ADDED}
    assert (second.number, second.defects, second.opinion) == (2, ["合同缺页"], "审核意见")
    by_kind = {each.material.kind: each.change for each in second.materials}
    assert by_kind[MaterialKind.SERVICE_CONTRACT] is MaterialChange.REPLACED
    assert by_kind[MaterialKind.RESULT_PROOF] is MaterialChange.UNCHANGED
    assert by_kind[MaterialKind.OTHER] is MaterialChange.ADDED
    changes = {each.field: (each.before, each.after) for each in second.changes}
    assert changes["amount_incl_tax_fen"] == (10_000_000, 9_000_000)
    assert changes["invoice_number"][1] == "26379999999999999999"
    assert changes["declaration.extra"] == (None, True)
    assert changes["claimed_fen"] == (6_000_000, 5_400_000)
    before, after = changes["service_contract"]
    assert isinstance(before, Material)
    assert before.file.sha256 != after.file.sha256
    assert not {"issued_on", "seller_uscc", "result_proof", "innovation_relevance_proof"} & set(changes)


def test_rounds_are_read_at_once(app: Flask) -> None:
    """One query each for history, materials and reviews, and none a round."""
    claim = resubmitted(make_claim())
    with counted_queries() as two:
        rounds(claim)
    review(claim, ReviewDecision.RETURN)
    submit(claim)
    session().expire_all()
    with counted_queries() as three:
        assert len(rounds(claim)) == 3
    assert len(three) == len(two) <= 4


def test_the_queue_is_of_ones_own_city(app: Flask) -> None:
    """V6: submitted and sent-back claims of the city, and no other state."""
    heze = [bring(make_claim(), state) for state in (ClaimState.SUBMITTED, ClaimState.SENT_BACK)]
    bring(make_claim(), ClaimState.RETURNED)
    bring(make_claim(make_enterprise("370102")), ClaimState.SUBMITTED)
    found = session().scalars(review_queue(actor_of(make_bureau("371700"))).order_by(Claim.submitted_at, Claim.id))
    assert [each.id for each in found] == [each.id for each in heze]


@pytest.mark.parametrize(("days", "age"), [(0, 0), (1, 1), (4, 4), (5, 4), (6, 4), (7, 5)])
def test_age_counts_working_days(app: Flask, days: int, age: int) -> None:
    """A claim handed in on Monday 2026-03-02 is four working days old on Friday and all of its weekend."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    (row,) = queue_rows([claim], actor=actor_of(make_bureau("371700")), today=date(2026, 3, 2) + timedelta(days=days))
    assert (row.age_days, row.since, row.is_resubmission) == (age, date(2026, 3, 2), False)


def test_a_resubmission_is_told_apart(app: Flask) -> None:
    """The age is that of the last submission."""
    with clock.at(datetime(2026, 2, 25, 2, tzinfo=clock.SHANGHAI)):
        claim = make_claim()
        add_materials(claim)
        submit(claim)
        review(claim, ReviewDecision.RETURN)
    submit(claim)
    (row,) = queue_rows([claim], actor=actor_of(make_bureau("371700")), today=date(2026, 3, 3))
    assert (row.is_resubmission, row.age_days) == (True, 1)

"""Many claims with one confirmation: all by their own checks, or none with every ground; what must be true of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.kinds import InterestKind
from accounts.permissions import Role
from accounts.queries import organisation
from accounts.service import interests
from core import clock
from core.db import session
from core.permissions import Actor
from tests.databases import Database
from tests.factories.accounts import actor_of, make_bureau, make_province, make_user
from tests.factories.vouchers import bring, make_claim, review, send_up, summarise
from tests.support.bending import broken_by
from tests.support.finance import browser
from vouchers.models import Claim, ClaimReview, ReviewBatch
from vouchers.queries.review_invariants import REVIEW_INVARIANTS
from vouchers.rules.claims import ReviewDecision
from vouchers.rules.reviewing import Phrase
from vouchers.service import batches, cases
from vouchers.service.batches import BatchRefused
from vouchers.states import ClaimState

HEZE = "371700"


def submitted() -> Claim:
    return bring(make_claim(), ClaimState.SUBMITTED)


def approve(claims: list[Claim], actor: Actor, *, total_fen: int | None = None) -> ReviewBatch:
    return batches.approve_batch(
        claim_ids=[claim.id for claim in claims],
        total_fen=sum(claim.claimed_fen for claim in claims) if total_fen is None else total_fen,
        phrases=[Phrase.COMPLETE],
        opinion="",
        actor=actor,
        now=clock.now(),
    )


@pytest.mark.usefixtures("app")
def test_all_are_approved_with_one_confirmation() -> None:
    claims = [submitted(), submitted()]
    officer = actor_of(make_bureau(HEZE))
    batch = approve(claims, officer)
    assert (batch.claim_ids, batch.total_fen) == ([claim.id for claim in claims], 12_000_000)
    assert {claim.state for claim in claims} == {ClaimState.CITY_APPROVED}
    said = session().scalars(select(ClaimReview).where(ClaimReview.batch_id == batch.id)).all()
    assert {each.opinion for each in said} == {"材料齐全，符合规定"}


@pytest.mark.usefixtures("app")
def test_one_ground_refuses_all_and_every_ground_is_named() -> None:
    """Held by a colleague, not handed in, another's city, tied to a party, another sum: nothing is decided."""
    bureau = make_bureau(HEZE)
    officer, colleague = actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()
    free, held, tied, returned = submitted(), submitted(), submitted(), bring(make_claim(), ClaimState.RETURNED)
    cases.take(claim_id=held.id, reason="", actor=colleague, now=clock.now())
    interests.declare(
        user_id=None,
        organisation_id=None,
        uscc=organisation(tied.beneficiary_id).uscc,
        name="",
        kind=InterestKind.FAMILY,
        since=clock.today(clock.now()),
        until=None,
        note="",
        actor=officer,
        now=clock.now(),
    )
    with pytest.raises(BatchRefused) as unready:
        approve([free, returned], officer, total_fen=1)
    assert {each.code for each in unready.value.reasons} == {"batch_claim", "batch_total_differs"}
    with pytest.raises(BatchRefused) as refused:
        approve([free, held, tied], officer)
    grounds = {each.code: each.text.zh for each in refused.value.reasons}
    assert grounds.keys() == {"case_held", "conflict_interest"}
    assert f"申请 {held.id}：" in grounds["case_held"]
    assert f"申请 {tied.id}：" in grounds["conflict_interest"]
    session().expire_all()
    assert free.state is ClaimState.SUBMITTED
    assert session().scalars(select(ReviewBatch)).all() == []


@pytest.mark.usefixtures("app")
def test_the_province_confirms_a_whole_summary() -> None:
    claims = [bring(make_claim(), ClaimState.CITY_APPROVED) for _ in range(2)]
    summary = send_up(summarise(*claims))
    province = actor_of(make_province())
    given = {"summary_id": summary.id, "phrases": [], "opinion": "同意", "actor": province, "now": clock.now()}
    with pytest.raises(BatchRefused):
        batches.confirm_summary(total_fen=1, **given)  # type: ignore[arg-type]
    batch = batches.confirm_summary(total_fen=summary.total_fen, **given)  # type: ignore[arg-type]
    assert batch.summary_id == summary.id
    assert {claim.state for claim in claims} == {ClaimState.CONFIRMED}
    with pytest.raises(BatchRefused):
        batches.confirm_summary(total_fen=0, **given)  # type: ignore[arg-type]


def test_pages_show_sums_and_the_total_in_words_before_the_confirmation(app: Flask) -> None:
    claims = [submitted(), submitted()]
    bureau = browser(app, make_bureau(HEZE))
    chosen = bureau.send("/review/batch", {"claim_ids": [str(claim.id) for claim in claims]})
    assert "¥120,000.00" in chosen.text
    assert "人民币壹拾贰万元整" in chosen.text
    address = "/review/batch/approval?claims=" + ",".join(str(claim.id) for claim in claims)
    silent = bureau.send(address, {"opinion": " "})
    assert silent.status == 422
    assert "V17" in silent.text
    session().expire_all()
    assert {claim.state for claim in claims} == {ClaimState.SUBMITTED}
    done = bureau.send(address, {"phrases": ["complete"], "opinion": ""})
    assert "已批量通过 2 项申请" in done.text
    assert "目前没有可以一并办理的申请" in bureau.get("/review/batch").text


def offended(database: Database, bend: str) -> set[str]:
    """The statements that a bent row breaks."""
    return {each.name.partition(":")[0] for each in broken_by(database, bend, REVIEW_INVARIANTS)}


def test_what_must_be_true_of_reviews_bites(committed_app: Flask, database: Database) -> None:
    """A decision past a holder, by somebody tied, a batch of another sum, a summary of another total."""
    assert committed_app.name
    bureau = make_bureau(HEZE)
    officer, other = actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()
    start = clock.now()
    with clock.at(start):
        held, many = submitted(), [submitted(), submitted()]
        cases.take(claim_id=held.id, reason="", actor=officer, now=clock.now())
        interests.declare(
            user_id=None,
            organisation_id=None,
            uscc=organisation(held.beneficiary_id).uscc,
            name="",
            kind=InterestKind.OTHER,
            since=clock.today(start),
            until=None,
            note="",
            actor=other,
            now=clock.now(),
        )
    with clock.at(start + timedelta(hours=1)):
        review(held, ReviewDecision.APPROVE, actor=officer)
        approve(many, officer)
        summarise(*many)
    assert offended(database, "UPDATE review_case SET last_day = last_day") == set()
    assert offended(
        database,
        f"UPDATE claim_review SET reviewer_id = {other.user_id}, at = at - interval '1 minute' "
        f"WHERE claim_id = {held.id}",
    ) == {"reviews"}
    assert offended(database, "UPDATE review_batch SET total_fen = total_fen + 1") == {"batches"}
    assert offended(database, "UPDATE review_summary SET total_fen = total_fen + 1") == {"summaries"}

"""V17 order, V18: city review, stamped summaries, provincial confirmation, and what each leaves behind in the books."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from accounts.kinds import AdverseKind
from accounts.queries import organisation
from core import audit, clock
from core.db import session, transaction
from core.errors import Forbidden, NotFound
from core.states import StateForbids
from settlement.models import Payable, Shortfall
from settlement.queries import cap_room, hold_of, unpaid_shortfalls
from tests.factories.accounts import (
    actor_of,
    make_adverse_record,
    make_agency,
    make_bureau,
    make_enterprise,
    make_incubator,
    make_provider,
    make_province,
    make_team,
)
from tests.factories.vouchers import (
    FULL,
    PDF,
    add_materials,
    bring,
    claimant_of,
    clear_flags,
    confirm,
    invoice_of,
    make_claim,
    review,
    send_up,
    submit,
    summarise,
)
from vouchers.jobs import expire_drafts, reject_overdue_returns
from vouchers.models import Claim
from vouchers.queries.claims import dossier
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision
from vouchers.service import reviews, spot_checks, summaries
from vouchers.service.reviews import ConfirmationRefused, ReviewRefused, SamePerson, SummaryNotDispatched
from vouchers.service.spot_checks import FrameCriteria, FrameEmpty
from vouchers.service.summaries import SummaryRefused
from vouchers.states import ClaimState, SummaryState

pytestmark = pytest.mark.usefixtures("app")
CAP_FEN = 50_000_000


def room(claim: Claim) -> int:
    return cap_room(cap_owner=claim.decision.cap_owner, year=claim.year, cap_fen=CAP_FEN)


def payable(claim: Claim) -> Payable | None:
    return session().scalar(select(Payable).where(Payable.source == claim.source))


def debt(claim: Claim) -> int:
    found = session().scalar(select(Shortfall.amount_fen).where(Shortfall.order_id == claim.order_id))
    return found or 0


def test_v16_1_approved_in_full_the_provider_is_owed_the_deducted_sum() -> None:
    """100,000 at 60%: the provider is paid 60,000."""
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    owed = payable(claim)
    assert owed is not None
    assert (owed.payee_id, owed.amount_fen) == (claim.provider_id, 6_000_000)
    assert (debt(claim), room(claim)) == (0, CAP_FEN - 6_000_000)
    assert claim.submitted_by in owed.involved_user_ids
    assert claim.reviewed_by in owed.involved_user_ids
    assert claim.confirmed_by in owed.involved_user_ids


def test_v16_1_approved_in_part_the_user_owes_the_rest() -> None:
    """Approved 50,000 of 60,000: the user owes 10,000, from the confirmation on."""
    claim = bring(make_claim(), ClaimState.SUMMARISED, amount_fen=5_000_000)
    assert debt(claim) == 0
    confirm(claim)
    owed = payable(claim)
    assert owed is not None
    assert (owed.amount_fen, debt(claim)) == (5_000_000, 1_000_000)
    assert len(unpaid_shortfalls(claim.beneficiary_id)) == 1
    assert room(claim) == CAP_FEN - 5_000_000


def test_v16_1_refused_the_user_owes_all_and_the_hold_is_free() -> None:
    """Refused: the user owes 60,000."""
    claim = bring(make_claim(), ClaimState.REJECTED)
    assert (debt(claim), room(claim), payable(claim)) == (6_000_000, CAP_FEN, None)


def test_v16_2_reduced_in_full_payment_no_debt_arises() -> None:
    part = bring(make_claim(mode=FULL), ClaimState.SUMMARISED, amount_fen=5_000_000)
    confirm(part)
    refused = bring(make_claim(mode=FULL), ClaimState.REJECTED)
    owed = payable(part)
    assert owed is not None
    assert (owed.payee_id, owed.amount_fen) == (part.beneficiary_id, 5_000_000)
    assert (debt(part), debt(refused), room(refused)) == (0, 0, CAP_FEN)


def test_v16_1_a_smaller_invoice_leaves_the_difference_with_the_user() -> None:
    """Deducted 60,000, invoiced 50,000 at 60%: the provider gets 30,000 and the user owes 30,000."""
    claim = make_claim()
    add_materials(claim, invoice=invoice_of(claim, amount_fen=5_000_000))
    submit(claim)
    clear_flags(claim)
    review(claim, ReviewDecision.APPROVE)
    send_up(summarise(claim))
    confirm(claim)
    assert (claim.confirmed_fen, debt(claim)) == (3_000_000, 3_000_000)


@pytest.mark.parametrize("mode", ["direct_deduction", "full_payment"])
def test_v12_hold_withdrawn_or_expired_is_free_and_the_user_owes_nothing(mode: str) -> None:
    """V16(1): the provider lets the claim expire."""
    for state in (ClaimState.WITHDRAWN, ClaimState.EXPIRED):
        claim = bring(make_claim(mode=FULL) if mode == "full_payment" else make_claim(), state)
        assert (claim.state, room(claim), debt(claim)) == (state, CAP_FEN, 0)


def test_v17_drafts_expire_by_themselves_after_their_last_day_only() -> None:
    claim = make_claim()
    for now in (clock.end_of_day(claim.last_day) - timedelta(seconds=1), clock.end_of_day(claim.last_day)):
        assert claim.state is ClaimState.DRAFT
        with clock.at(now):
            expire_drafts(clock.now(), clock.now())
    session().refresh(claim)
    assert claim.state is ClaimState.EXPIRED
    expire_drafts(clock.end_of_day(claim.last_day), clock.now())
    assert [entry.action for entry in audit.history("claim", claim.id)] == ["open", "expire"]


def test_v17_return_not_mended_in_time_counts_as_rejected() -> None:
    claim = bring(make_claim(), ClaimState.RETURNED)
    assert claim.correct_by is not None
    for now in (clock.end_of_day(claim.correct_by) - timedelta(seconds=1), clock.end_of_day(claim.correct_by)):
        assert claim.state is ClaimState.RETURNED
        with clock.at(now):
            reject_overdue_returns(clock.now(), clock.now())
    session().refresh(claim)
    assert (claim.state, room(claim), debt(claim)) == (ClaimState.REJECTED, CAP_FEN, 6_000_000)


def test_v17_return_all_defects_stand_with_the_claim() -> None:
    claim = make_claim()
    add_materials(claim)
    submit(claim)
    reviews.review(
        claim_id=claim.id,
        decision=ReviewDecision.RETURN,
        amount_fen=None,
        opinion="请补正",
        defects=["合同缺页", "发票模糊"],
        actor=actor_of(make_bureau(claim.city)),
        now=clock.now(),
    )
    assert [review.defects for review in claim.reviews] == [["合同缺页", "发票模糊"]]
    submit(claim)
    assert review(claim, ReviewDecision.APPROVE).state is ClaimState.CITY_APPROVED


@pytest.mark.parametrize(
    ("decision", "amount_fen", "opinion", "defects", "fields"),
    [
        (ReviewDecision.APPROVE, None, " ", [], ["opinion"]),
        (ReviewDecision.APPROVE, 0, "同意", [], ["amount_fen"]),
        (ReviewDecision.APPROVE, 6_000_001, "同意", [], ["amount_fen"]),
        (ReviewDecision.APPROVE, None, "同意", ["缺页"], ["defects"]),
        (ReviewDecision.RETURN, 5, "", [], ["opinion", "defects", "amount_fen"]),
        (ReviewDecision.REJECT, 5, "不同意", ["缺页"], ["defects", "amount_fen"]),
    ],
)
def test_a_review_that_contradicts_itself_is_refused_with_every_fault(
    decision: ReviewDecision, amount_fen: int | None, opinion: str, defects: list[str], fields: list[str]
) -> None:
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    with pytest.raises(ReviewRefused) as caught:
        reviews.review(
            claim_id=claim.id,
            decision=decision,
            amount_fen=amount_fen,
            opinion=opinion,
            defects=defects,
            actor=actor_of(make_bureau(claim.city)),
            now=clock.now(),
        )
    assert [reason.field for reason in caught.value.reasons] == fields


def test_v6_a_bureau_reviews_only_claims_of_its_city() -> None:
    """济南 opens a 菏泽 claim: the same answer as for one that does not exist."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    with pytest.raises(NotFound) as foreign:
        review(claim, ReviewDecision.APPROVE, actor=actor_of(make_bureau("370100")))
    with pytest.raises(NotFound) as missing:
        dossier(claim.id + 1_000_000, actor=actor_of(make_bureau("370100")), today=date(2026, 3, 2))
    assert (type(foreign.value), foreign.value.text) == (type(missing.value), missing.value.text)


def test_v5_a_delegated_agency_decides_nothing() -> None:
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    agency = actor_of(make_agency())
    with pytest.raises(Forbidden):
        review(claim, ReviewDecision.APPROVE, actor=agency)
    bring_on = review(claim, ReviewDecision.APPROVE)
    summary = summaries.make_summary(claim_ids=[bring_on.id], actor=agency, now=clock.now())
    with pytest.raises(Forbidden):
        summaries.dispatch(summary_id=summary.id, actor=agency, now=clock.now())
    send_up(summary)
    with pytest.raises(Forbidden):
        reviews.confirm(
            claim_id=claim.id, decision=ConfirmationDecision.CONFIRM, opinion="", actor=agency, now=clock.now()
        )


def test_v18_an_unstamped_summary_cannot_be_sent() -> None:
    summary = summarise(bring(make_claim(), ClaimState.CITY_APPROVED))
    with pytest.raises(StateForbids):
        summaries.dispatch(summary_id=summary.id, actor=actor_of(make_bureau("371700")), now=clock.now())
    assert send_up(summary).state is SummaryState.DISPATCHED


def test_v18_only_claims_of_a_dispatched_summary_can_be_confirmed() -> None:
    claim = bring(make_claim(), ClaimState.CITY_APPROVED)
    summary = summarise(claim)
    with pytest.raises(SummaryNotDispatched):
        confirm(claim)
    send_up(summary)
    assert confirm(claim).state is ClaimState.CONFIRMED


def test_v18_a_summary_names_every_claim_that_does_not_belong() -> None:
    approved = bring(make_claim(), ClaimState.CITY_APPROVED)
    submitted = bring(make_claim(), ClaimState.SUBMITTED)
    foreign = bring(make_claim(make_enterprise("370102")), ClaimState.CITY_APPROVED)
    with pytest.raises(SummaryRefused) as caught:
        summaries.make_summary(
            claim_ids=[approved.id, submitted.id, foreign.id], actor=actor_of(make_bureau("371700")), now=clock.now()
        )
    assert [reason.code for reason in caught.value.reasons] == ["summary_claim_missing", "summary_claim_not_approved"]
    with pytest.raises(SummaryRefused):
        summaries.make_summary(claim_ids=[approved.id, foreign.id], actor=actor_of(make_agency()), now=clock.now())
    assert approved.state is ClaimState.CITY_APPROVED


def test_a_claim_sent_back_goes_through_a_new_review_and_a_new_summary() -> None:
    claim = bring(make_claim(), ClaimState.SENT_BACK)
    assert (claim.summary_id, claim.approved_fen) == (None, None)
    review(claim, ReviewDecision.APPROVE, amount_fen=4_000_000)
    send_up(summarise(claim))
    assert confirm(claim).confirmed_fen == 4_000_000
    assert debt(claim) == 2_000_000
    assert [review.decision for review in claim.reviews] == ["approve", "send_back", "approve", "confirm"]


def test_a_send_back_needs_an_opinion() -> None:
    claim = bring(make_claim(), ClaimState.SUMMARISED)
    with pytest.raises(ReviewRefused):
        reviews.confirm(
            claim_id=claim.id,
            decision=ConfirmationDecision.SEND_BACK,
            opinion=" ",
            actor=actor_of(make_province()),
            now=clock.now(),
        )


def test_v8_2_is_judged_again_at_confirmation() -> None:
    claim = bring(make_claim(), ClaimState.SUMMARISED)
    make_adverse_record(organisation(claim.beneficiary_id), AdverseKind.SERIOUS_ILLEGALITY, date(2026, 2, 1))
    with pytest.raises(ConfirmationRefused) as caught:
        confirm(claim)
    assert [reason.article for reason in caught.value.reasons] == ["V8(2)"]
    held = hold_of(claim.order_id)
    assert held is not None
    assert (claim.state, held.held_fen, payable(claim)) == (ClaimState.SUMMARISED, 6_000_000, None)


def test_v16_team_the_payee_is_the_verified_account_the_incubator_named() -> None:
    team = make_team(make_incubator("371702"))
    claim = bring(make_claim(team, mode=FULL), ClaimState.CONFIRMED)
    owed = payable(claim)
    assert owed is not None
    assert owed.payee_id == team.id
    assert owed.holder_name.startswith("团队代表")


def test_without_a_verified_account_nothing_is_confirmed() -> None:
    claim = bring(make_claim(provider=make_provider(bank_account=False)), ClaimState.SUMMARISED)
    with pytest.raises(ConfirmationRefused) as caught:
        confirm(claim)
    assert [reason.code for reason in caught.value.reasons] == ["payee_without_account"]


def test_submitter_reviewer_and_confirmer_are_different_people() -> None:
    """Invariant 10: whoever submitted does not review, whatever role he has by then."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    bureau = actor_of(make_bureau(claim.city))
    with transaction():
        claim.submitted_by = bureau.user_id
    with pytest.raises(SamePerson):
        review(claim, ReviewDecision.APPROVE, actor=bureau)


def test_the_story_says_who_has_it_until_when_and_what_is_next() -> None:
    claim = make_claim()
    mine = claimant_of(claim)
    draft = dossier(claim.id, actor=mine, today=date(2026, 3, 2))
    assert (draft.waits_for, draft.due_on) == ("claimant", claim.last_day)
    bring(claim, ClaimState.CONFIRMED)
    done = dossier(claim.id, actor=mine, today=date(2026, 3, 2))
    assert done.waits_for == "finance"
    assert done.payable is not None
    story = [entry.action for entry in done.history if entry.to_state]
    assert story == ["open", "submit", "approve", "summarise", "confirm"]


def test_v19_a_spot_check_is_drawn_from_a_stored_frame_and_seed() -> None:
    confirmed = [bring(make_claim(), ClaimState.CONFIRMED).id for _ in range(3)]
    bring(make_claim(), ClaimState.SUMMARISED)
    today = clock.today(clock.now())
    check = spot_checks.draw_spot_check(
        criteria=FrameCriteria(confirmed_from=today, confirmed_to=today),
        by_strata=False,
        size=2,
        seed="2026-1",
        why="季度抽查",
        actor=actor_of(make_province()),
        now=clock.now(),
    )
    assert check.frame == confirmed
    assert len(check.drawn) == 2
    assert set(check.drawn) <= set(confirmed)
    with pytest.raises(FrameEmpty):
        spot_checks.draw_spot_check(
            criteria=FrameCriteria(confirmed_from=date(2025, 1, 1), confirmed_to=date(2025, 1, 2)),
            by_strata=False,
            size=2,
            seed=None,
            why="无",
            actor=actor_of(make_province()),
            now=clock.now(),
        )
    with pytest.raises(Forbidden):
        spot_checks.draw_spot_check(
            criteria=FrameCriteria(confirmed_from=today, confirmed_to=today),
            by_strata=False,
            size=1,
            seed=None,
            why="无",
            actor=actor_of(make_bureau("371700")),
            now=clock.now(),
        )


def test_the_stamped_copy_is_kept() -> None:
    summary = send_up(summarise(bring(make_claim(), ClaimState.CITY_APPROVED)))
    assert summary.stamp_file is not None
    assert summary.stamp_file.size_bytes == len(PDF)

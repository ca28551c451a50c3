"""Every state of a claim and a summary against every action: exactly the tables are possible, the rest is refused."""

import io
from collections.abc import Callable

import pytest

from core import audit, clock
from core.db import session, transaction
from core.errors import DomainError
from core.permissions import SYSTEM
from core.states import StateForbids
from settlement.queries import hold_of
from tests.factories.accounts import actor_of, make_bureau
from tests.factories.vouchers import DECLARED, PDF, bring, claimant_of, confirm, make_claim, review, send_up, summarise
from vouchers.models import Claim, ReviewSummary
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision
from vouchers.service import claims, summaries
from vouchers.service.claims import Upload
from vouchers.service.summaries import SummaryRefused
from vouchers.states import CLAIM, DEAD, SUMMARY, ClaimAction, ClaimState, SummaryAction, SummaryState
from vouchers.steps import revoke_claim

pytestmark = pytest.mark.usefixtures("app")

HOLDS_NOTHING = (*DEAD, ClaimState.CONFIRMED)


def _expire(claim: Claim) -> None:
    with clock.at(clock.end_of_day(claim.last_day)):
        claims.expire(claim_id=claim.id, now=clock.now())


def _withdraw(claim: Claim) -> None:
    claims.withdraw(claim_id=claim.id, actor=claimant_of(claim), now=clock.now())


def _submit(claim: Claim) -> None:
    claims.submit(claim_id=claim.id, declarations=DECLARED, actor=claimant_of(claim), now=clock.now())


def _revoke(claim: Claim) -> None:
    with transaction():
        revoke_claim(source=claim.source, actor=SYSTEM, now=clock.now(), note="追回")


DO: dict[ClaimAction, Callable[[Claim], object]] = {
    ClaimAction.SUBMIT: _submit,
    ClaimAction.EXPIRE: _expire,
    ClaimAction.WITHDRAW: _withdraw,
    ClaimAction.APPROVE: lambda claim: review(claim, ReviewDecision.APPROVE),
    ClaimAction.RETURN: lambda claim: review(claim, ReviewDecision.RETURN),
    ClaimAction.REJECT: lambda claim: review(claim, ReviewDecision.REJECT),
    ClaimAction.SUMMARISE: summarise,
    ClaimAction.SEND_BACK: lambda claim: confirm(claim, ConfirmationDecision.SEND_BACK),
    ClaimAction.CONFIRM: confirm,
    ClaimAction.REVOKE: _revoke,
}


def claim_in(state: ClaimState) -> Claim:
    if state is not ClaimState.REVOKED:
        return bring(make_claim(), state)
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    _revoke(claim)
    return claim


@pytest.mark.parametrize("state", list(ClaimState))
def test_each_action_does_what_the_table_says_and_nothing_else(state: ClaimState) -> None:
    """A returned claim is rejected by the calendar, not by a reviewer; expiry of what is no draft does nothing."""
    for action, do in DO.items():
        target = CLAIM.target(state, action)
        if target is not None and (state, action) == (ClaimState.RETURNED, ClaimAction.REJECT):
            continue  # by the job: test_reviews
        claim = claim_in(state)
        steps = len(audit.history("claim", claim.id))
        if target is not None:
            if state is ClaimState.DRAFT and action is ClaimAction.SUBMIT:
                continue  # needs its materials: bring() goes that way in all other states
            do(claim)
        elif action is ClaimAction.EXPIRE:
            do(claim)
        else:
            with pytest.raises((StateForbids, SummaryRefused)):
                do(claim)
        session().refresh(claim)
        assert claim.state is (target or state), action
        assert len(audit.history("claim", claim.id)) == steps + (target is not None)
        held = hold_of(claim.order_id)
        assert held is not None
        assert (held.held_fen == 0) is (claim.state in HOLDS_NOTHING), action


def test_the_history_of_a_claim_leads_to_its_state() -> None:
    """Invariant 9."""
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    state = None
    for entry in audit.history("claim", claim.id):
        if entry.to_state is None:
            continue
        assert entry.from_state == state
        state = entry.to_state
    assert state == claim.state


def test_every_state_can_be_reached_and_every_action_is_tried() -> None:
    assert {state for (state, _) in CLAIM.table} | set(CLAIM.table.values()) == set(ClaimState)
    assert CLAIM.names() == {action.value for action in DO}


def test_summaries_follow_their_table() -> None:
    bureau = actor_of(make_bureau("371700"))

    def in_state(state: SummaryState) -> ReviewSummary:
        summary = summarise(bring(make_claim(), ClaimState.CITY_APPROVED))
        if state is SummaryState.STAMPED:
            stamp(summary)
        return send_up(summary) if state is SummaryState.DISPATCHED else summary

    def stamp(summary: ReviewSummary) -> None:
        upload = Upload(io.BytesIO(PDF), "stamped.pdf")
        summaries.stamp(
            summary_id=summary.id, upload=upload, number=None, total_fen=None, actor=bureau, now=clock.now()
        )

    def dispatch(summary: ReviewSummary) -> None:
        summaries.dispatch(summary_id=summary.id, actor=bureau, now=clock.now())

    for state in SummaryState:
        for action, do in ((SummaryAction.STAMP, stamp), (SummaryAction.DISPATCH, dispatch)):
            summary = in_state(state)
            target = SUMMARY.target(state, action)
            if target is None:
                with pytest.raises(StateForbids):
                    do(summary)
            else:
                do(summary)
            session().refresh(summary)
            assert summary.state is (target or state)


def test_the_facts_of_a_claim_cannot_be_changed_even_past_the_service() -> None:
    """V12 facts, V12 hold: the database refuses it."""
    for column, value in (("subsidy_fen", 1), ("city", "370100"), ("claimed_fen", 7_000_000), ("record", {})):
        claim = make_claim()
        with pytest.raises(Exception, match="frozen"), transaction():
            setattr(claim, column, value)


def test_decisions_are_never_changed() -> None:
    claim = make_claim()
    with pytest.raises(Exception, match=r"never changed|permission denied"), transaction():
        claim.decision.held_fen = 1


def test_the_confirmer_is_told_what_is_missing_before_anything_moves() -> None:
    claim = bring(make_claim(), ClaimState.CITY_APPROVED)
    with pytest.raises(DomainError):
        confirm(claim)
    session().refresh(claim)
    assert claim.state is ClaimState.CITY_APPROVED

"""Shortfalls written off, paid in instalments and corrected: the provider proposes, an office decides (V16(1))."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from accounts.kinds import ChangeDecision, InterestKind
from accounts.permissions import Role
from accounts.queries import organisation
from accounts.service import interests
from accounts.steps import ConflictOfInterest
from core import clock
from core.errors import Forbidden
from core.invariants import verify
from core.permissions import Actor
from marketplace.notifications.rules import SUBJECTS
from settlement.models import Shortfall, ShortfallProposal
from settlement.queries.invariants import INVARIANTS
from settlement.queries.trade import find_shortfall, order_money, payments_of, unpaid_shortfalls
from settlement.service import shortfall_remedies as remedies
from settlement.service import shortfalls
from settlement.states import PaymentState, ShortfallState
from settlement.steps.payments import PaymentTooLarge
from settlement.steps.proposals import DebtMoved, EntryCorrected, InstalmentsPast, NothingOpen, ProposalOpen
from tests.factories.accounts import actor_of, user_with_role
from tests.factories.settlement import AFTER, checker, make_shortfall, maker
from tests.support.finance import browser

FIRST = date(2026, 2, 28)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def creditor(shortfall: Shortfall) -> Actor:
    return actor_of(organisation(shortfall.creditor_id))


def confirm(shortfall: Shortfall, amount_fen: int, reference: str = "T1") -> None:
    shortfalls.confirm_payment(
        shortfall_id=shortfall.id,
        amount_fen=amount_fen,
        reference=reference,
        actor=creditor(shortfall),
        now=AFTER,
    )


def write_off(shortfall: Shortfall, *, actor: Actor | None = None) -> ShortfallProposal:
    return remedies.propose_write_off(
        shortfall_id=shortfall.id, cause="企业注销", actor=actor or creditor(shortfall), now=AFTER
    )


def in_parts(shortfall: Shortfall, *, first_due_on: date = FIRST) -> ShortfallProposal:
    return remedies.propose_instalments(
        shortfall_id=shortfall.id,
        count=3,
        first_due_on=first_due_on,
        cause="资金周转困难",
        actor=creditor(shortfall),
        now=AFTER,
    )


def decide(proposal: ShortfallProposal, decision: str = "approve", *, actor: Actor | None = None) -> ShortfallProposal:
    return remedies.decide(
        proposal_id=proposal.id,
        decision=ChangeDecision(decision),
        opinion="同意",
        actor=actor or checker(),
        now=AFTER,
    )


def recalled(shortfall: Shortfall, step: str) -> date | None:
    """The day before which the debtor is reminded after a step."""
    (told,) = SUBJECTS["shortfall"].steps[step]
    assert told.task
    assert told.due is not None
    return told.due(as_it_stands(shortfall))


def as_it_stands(shortfall: Shortfall) -> Shortfall:
    return find_shortfall(shortfall.id, actor=checker())


def test_v16_1_what_a_provider_gives_up_is_written_off_by_two_persons(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000)
    confirm(shortfall, 1_000)
    with pytest.raises(Forbidden):
        write_off(shortfall, actor=maker())
    proposal = write_off(shortfall)
    with pytest.raises(ProposalOpen):
        in_parts(shortfall)
    tied = user_with_role(Role.FINANCE_CHECKER).as_actor()
    interests.declare(
        user_id=None,
        organisation_id=None,
        uscc=organisation(shortfall.debtor_id).uscc,
        name=organisation(shortfall.debtor_id).name,
        kind=InterestKind.FAMILY,
        since=date(2020, 1, 1),
        until=None,
        note="",
        actor=tied,
        now=AFTER,
    )
    with pytest.raises(ConflictOfInterest):
        decide(proposal, actor=tied)
    decided = decide(proposal, actor=user_with_role(Role.PROVINCE).as_actor())
    after = as_it_stands(shortfall)
    assert (after.state, after.written_off_fen, after.open_fen) == (ShortfallState.WRITTEN_OFF, 5_000, 0)
    assert order_money(shortfall.order_id).shortfall_fen == 0
    assert unpaid_shortfalls(shortfall.debtor_id) == []
    assert [each.article for each in decided.reasons] == ["V16(1)"]
    with pytest.raises(NothingOpen):
        write_off(shortfall)
    assert verify(INVARIANTS) == []
    assert "已核销" in browser(app, Role.AUDITOR).get(f"/shortfalls/{shortfall.id}").text


def test_v16_1_nothing_is_decided_that_moved_since(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000)
    proposal = write_off(shortfall)
    confirm(shortfall, 1_000)
    with pytest.raises(DebtMoved):
        decide(proposal)
    decide(proposal, "refuse")
    assert (as_it_stands(shortfall).open_fen, verify(INVARIANTS)) == (5_000, [])


def test_v16_1_instalments_are_due_part_by_part_and_recalled(app: Flask) -> None:
    """Each payment has the next part due, and the debtor is told its day; orders stay blocked till the end."""
    shortfall = make_shortfall(deducted_fen=6_000)
    with pytest.raises(InstalmentsPast):
        in_parts(shortfall, first_due_on=date(2026, 1, 1))
    decide(in_parts(shortfall))
    assert recalled(shortfall, "agree_plan") == FIRST
    confirm(shortfall, 2_500)
    assert recalled(shortfall, "pay_part") == date(2026, 3, 28)
    shown = browser(app, Role.FINANCE_MAKER).get(f"/shortfalls/{shortfall.id}").text
    assert "第 2 期：2026-03-28 前 ¥20.00，已付 ¥5.00" in shown
    assert [each.id for each in unpaid_shortfalls(shortfall.debtor_id)] == [shortfall.id]
    confirm(shortfall, 3_500, "T2")
    assert as_it_stands(shortfall).state is ShortfallState.PAID
    assert verify(INVARIANTS) == []


@pytest.mark.parametrize("right_fen", [0, 600])
def test_v16_1_a_wrong_payment_is_reversed_and_the_right_one_made(app: Flask, right_fen: int) -> None:
    shortfall = make_shortfall(deducted_fen=6_000)
    confirm(shortfall, 6_000)
    (wrong,) = payments_of(shortfall.order_id)
    about: dict[str, Any] = {"shortfall_id": shortfall.id, "payment_id": wrong.id, "cause": "多记一个零"}
    decided = decide(remedies.propose_correction(**about, right_fen=right_fen, actor=creditor(shortfall), now=AFTER))
    after = as_it_stands(shortfall)
    assert (after.state, after.paid_fen) == (ShortfallState.OPEN, right_fen)
    first, *made = payments_of(shortfall.order_id)
    assert (first.state, decided.transaction_id is not None) == (PaymentState.CORRECTED, True)
    assert [(each.amount_fen, each.corrects_id, each.reference) for each in made] == (
        [(600, first.id, "T1")] if right_fen else []
    )
    assert order_money(shortfall.order_id).received_fen == right_fen
    with pytest.raises(EntryCorrected):
        remedies.propose_correction(**about, right_fen=1, actor=creditor(shortfall), now=AFTER)
    assert verify(INVARIANTS) == []


def test_v16_1_a_correction_never_takes_more_than_is_owed(app: Flask) -> None:
    shortfall = make_shortfall(deducted_fen=6_000)
    confirm(shortfall, 1_000)
    (wrong,) = payments_of(shortfall.order_id)
    too_much = remedies.propose_correction(
        shortfall_id=shortfall.id,
        payment_id=wrong.id,
        right_fen=6_001,
        cause="x",
        actor=creditor(shortfall),
        now=AFTER,
    )
    with pytest.raises(PaymentTooLarge):
        decide(too_much)

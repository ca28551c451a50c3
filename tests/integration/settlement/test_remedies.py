"""Clawbacks written off, paid back in instalments, and corrected: one person proposes, another decides (V21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from accounts.kinds import ChangeDecision
from accounts.permissions import Role
from core import clock
from core.invariants import verify
from settlement.models import Clawback, ClawbackProposal
from settlement.queries import bearings
from settlement.queries.clawbacks import find_clawback
from settlement.queries.funds import funds_of_year
from settlement.queries.invariants import INVARIANTS
from settlement.service import clawbacks, remedies
from settlement.states import ClawbackState
from settlement.steps.proposals import (
    DebtMoved,
    EntryCorrected,
    InstalmentsPast,
    NothingOpen,
    ProposalOpen,
    ProposalOwn,
)
from tests.factories.accounts import user_with_role
from tests.factories.settlement import AFTER, checker, clawed_back, maker
from tests.support.finance import browser

FIRST = date(2026, 2, 28)


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def recover(clawback: Clawback, amount_fen: int, reference: str = "R1") -> None:
    clawbacks.record_recovery(
        clawback_id=clawback.id, amount_fen=amount_fen, reference=reference, actor=maker(), now=AFTER
    )


def decide(proposal: ClawbackProposal, decision: str = "approve") -> ClawbackProposal:
    return remedies.decide(
        proposal_id=proposal.id, decision=ChangeDecision(decision), opinion="同意", actor=checker(), now=AFTER
    )


def as_it_stands(clawback: Clawback) -> Clawback:
    return find_clawback(clawback.id, actor=checker(), lock=False)


def test_v21_what_never_comes_back_is_written_off_by_two_persons(app: Flask) -> None:
    clawback = clawed_back()
    recover(clawback, 1_000)
    alone = maker()
    proposal = remedies.propose_write_off(clawback_id=clawback.id, cause="企业注销", actor=alone, now=AFTER)
    with pytest.raises(ProposalOpen):
        remedies.propose_write_off(clawback_id=clawback.id, cause="x", actor=alone, now=AFTER)
    decided = decide(proposal)
    after = as_it_stands(clawback)
    assert (after.state, after.written_off_fen, after.open_fen) == (ClawbackState.WRITTEN_OFF, 5_000, 0)
    assert decided.transaction_id is not None
    assert [each.article for each in decided.reasons] == ["V21"]
    with pytest.raises(NothingOpen):
        remedies.propose_write_off(clawback_id=clawback.id, cause="x", actor=alone, now=AFTER)
    assert verify(INVARIANTS) == []
    assert "已核销" in browser(app, Role.AUDITOR).get(f"/clawbacks/{clawback.id}").text


def test_v21_nobody_decides_his_own_and_nothing_that_moved_since(app: Flask) -> None:
    clawback = clawed_back()
    province = user_with_role(Role.PROVINCE).as_actor()
    proposal = remedies.propose_write_off(clawback_id=clawback.id, cause="企业注销", actor=province, now=AFTER)
    with pytest.raises(ProposalOwn):
        remedies.decide(
            proposal_id=proposal.id, decision=ChangeDecision.APPROVE, opinion="同意", actor=province, now=AFTER
        )
    recover(clawback, 1_000)
    with pytest.raises(DebtMoved):
        decide(proposal)
    decide(proposal, "refuse")
    assert as_it_stands(clawback).written_off_fen == 0
    assert verify(INVARIANTS) == []


def test_v21_instalments_are_due_part_by_part(app: Flask) -> None:
    clawback = clawed_back()
    with pytest.raises(InstalmentsPast):
        remedies.propose_instalments(
            clawback_id=clawback.id, count=3, first_due_on=date(2026, 1, 1), cause="困难", actor=maker(), now=AFTER
        )
    decide(
        remedies.propose_instalments(
            clawback_id=clawback.id, count=3, first_due_on=FIRST, cause="资金周转困难", actor=maker(), now=AFTER
        )
    )
    assert as_it_stands(clawback).due_on == FIRST
    recover(clawback, 2_500)
    assert as_it_stands(clawback).due_on == date(2026, 3, 28)
    assert overdue(clawback.payee_id, FIRST + timedelta(days=1)) == []
    assert overdue(clawback.payee_id, date(2026, 3, 29)) == [clawback.id]
    shown = browser(app, Role.FINANCE_MAKER).get(f"/clawbacks/{clawback.id}").text
    assert "第 2 期：2026-03-28 前 ¥20.00，已付 ¥5.00" in shown
    recover(clawback, 3_500, "R2")
    assert as_it_stands(clawback).state is ClawbackState.RECOVERED
    assert verify(INVARIANTS) == []


@pytest.mark.parametrize("right_fen", [0, 600])
def test_v21_a_wrong_entry_is_reversed_and_the_right_one_made(app: Flask, right_fen: int) -> None:
    clawback = clawed_back()
    recover(clawback, 6_000)
    (before,) = funds_of_year(2026)
    (wrong,) = as_it_stands(clawback).recoveries
    correction: dict[str, Any] = {"clawback_id": clawback.id, "recovery_id": wrong.id, "cause": "多记一个零"}
    decide(remedies.propose_correction(**correction, right_fen=right_fen, actor=maker(), now=AFTER))
    after = as_it_stands(clawback)
    assert (after.state, after.recovered_fen) == (ClawbackState.OPEN, right_fen)
    (fund,) = funds_of_year(2026)
    assert fund.available_fen == before.available_fen - 6_000 + right_fen
    with pytest.raises(EntryCorrected):
        remedies.propose_correction(**correction, right_fen=1, actor=maker(), now=AFTER)
    assert verify(INVARIANTS) == []


def overdue(payee_id: int, on: date) -> list[int]:
    """The clawbacks of a payee that are overdue on a day."""
    return [each.id for each in bearings([payee_id], [], year=on.year, on=on).overdue[payee_id]]

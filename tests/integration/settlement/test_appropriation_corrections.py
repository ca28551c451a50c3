"""Appropriations entered wrongly are corrected by two persons, by an entry that names the wrong one (V3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from accounts.kinds import ChangeDecision
from accounts.permissions import Role
from core import clock
from core.invariants import verify
from core.permissions import Actor
from settlement.models import AppropriationCorrection, Fund
from settlement.queries.funds import find_fund, fund_status
from settlement.queries.invariants import INVARIANTS
from settlement.service import appropriation_corrections as corrections
from settlement.service import funds
from settlement.steps.funds import FundTooSmall
from settlement.steps.proposals import EntryCorrected, ProposalOpen, ProposalOwn
from tests.factories.accounts import make_province, make_user, user_with_role
from tests.factories.settlement import AFTER, make_fund, make_payable, maker, prepare
from tests.support.finance import browser


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def propose(fund: Fund, right_fen: int, *, entry: int = 0, actor: Actor | None = None) -> AppropriationCorrection:
    return corrections.propose_correction(
        fund_id=fund.id,
        appropriation_id=fund_status(fund).appropriations[entry].id,
        right_fen=right_fen,
        cause="录入有误",
        actor=actor or maker(),
        now=AFTER,
    )


def decide(
    proposal: AppropriationCorrection, decision: str = "approve", *, actor: Actor | None = None
) -> AppropriationCorrection:
    return corrections.decide_correction(
        correction_id=proposal.id,
        decision=ChangeDecision(decision),
        opinion="以文件为准",
        actor=actor or user_with_role(Role.PROVINCE).as_actor(),
        now=AFTER,
    )


def test_v3_a_wrong_appropriation_is_made_right_by_an_entry_that_names_it(app: Flask) -> None:
    """100.00 were entered for 1,000.00; a reduction of 5.00 for 50.00."""
    fund = make_fund(10_000)
    funds.decrease_fund(fund_id=fund.id, amount_fen=500, reference="减", actor=maker(), now=AFTER)
    province = user_with_role(Role.PROVINCE).as_actor()
    first = propose(fund, 100_000, actor=province)
    with pytest.raises(ProposalOpen):
        propose(fund, 1, entry=1)
    with pytest.raises(ProposalOwn):
        decide(first, actor=province)
    another = make_user(Role.PROVINCE, make_province()).as_actor()
    assert decide(first, actor=another).transaction_id is not None
    decide(propose(fund, 5_000, entry=1))
    after = fund_status(find_fund(fund.id))
    granted, reduced, more, less = after.appropriations
    assert (after.appropriation_fen, after.available_fen) == (95_000, 95_000)
    assert [(each.amount_fen, each.corrects_id) for each in (more, less)] == [
        (90_000, granted.id),
        (-4_500, reduced.id),
    ]
    for entry in (0, 2):
        with pytest.raises(EntryCorrected):
            propose(fund, 1, entry=entry)
    assert verify(INVARIANTS) == []
    shown = browser(app, Role.AUDITOR).get(f"/funds/{fund.id}").text
    assert "以文件为准" in shown
    assert f"记录 {granted.id} 应为 ¥1,000.00" in shown
    assert "更正拨款" in browser(app, Role.AUDITOR).get("/ledger/statements/province").text


def test_v3_no_correction_goes_below_what_is_committed(app: Flask) -> None:
    fund = make_fund(10_000)
    make_payable(6_000)
    prepare()
    with pytest.raises(FundTooSmall) as refused:
        decide(propose(fund, 5_999))
    assert "40.00" in str(refused.value)


def test_v3_a_correction_to_what_is_committed_is_the_least(app: Flask) -> None:
    fund = make_fund(10_000)
    make_payable(6_000)
    prepare()
    decide(propose(fund, 6_000))
    assert fund_status(find_fund(fund.id)).available_fen == 0
    assert verify(INVARIANTS) == []

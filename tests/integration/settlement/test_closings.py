"""Closing a year's fund: two persons decide what is carried over and what lapses (V3); reduced appropriations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from accounts.kinds import ChangeDecision
from accounts.permissions import Role
from core import clock
from core.invariants import verify
from core.permissions import Actor
from core.states import StateForbids
from settlement.models import Fund, FundClosing
from settlement.queries.funds import find_fund, fund_status, funds_of_year
from settlement.queries.invariants import INVARIANTS
from settlement.service import batches, funds
from settlement.service.funds import ClosingOpen, ClosingOwn, FundClosed, FundMoved
from settlement.steps.funds import FundBusy, FundTooSmall, FundYearRuns
from tests.factories.accounts import make_province, make_user, user_with_role
from tests.factories.settlement import AFTER, answer, make_fund, make_payable, maker, prepare, send
from tests.support.finance import browser

NEXT_YEAR = datetime(2027, 1, 11, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _after_the_year() -> Iterator[None]:
    with clock.at(NEXT_YEAR):
        yield


def province() -> Actor:
    return user_with_role(Role.PROVINCE).as_actor()


def propose(fund: Fund, carried_fen: int, *, actor: Actor | None = None, now: datetime = NEXT_YEAR) -> FundClosing:
    return funds.propose_closing(
        fund_id=fund.id,
        carried_fen=carried_fen,
        reference="鲁财教〔2027〕2号",
        cause="年终结余",
        actor=actor or maker(),
        now=now,
    )


def decide(closing: FundClosing, decision: str = "approve", *, actor: Actor | None = None) -> FundClosing:
    return funds.decide_closing(
        closing_id=closing.id,
        decision=ChangeDecision(decision),
        opinion="同意",
        actor=actor or province(),
        now=NEXT_YEAR,
    )


def test_v3_the_rest_of_a_year_is_carried_over_or_lapses(app: Flask) -> None:
    """100.00 less 40.00 paid: 45.00 go to the next year's fund, which is opened for it, and 15.00 lapse."""
    fund = make_fund(10_000)
    make_payable(4_000)
    batch = send(prepare())
    with pytest.raises(FundBusy) as busy:
        propose(fund, 0)
    assert batch.number in str(busy.value)
    answer(batch)
    batches.close(batch_id=batch.id, actor=maker(), now=NEXT_YEAR)
    decide(propose(fund, 4_500))
    old, (new,) = fund_status(find_fund(fund.id)), funds_of_year(2027)
    assert (old.appropriation_fen, old.paid_fen, old.available_fen, old.is_closed) == (4_000, 4_000, 0, True)
    assert (new.appropriation_fen, new.available_fen) == (4_500, 4_500)
    assert [(each.kind.value, each.amount_fen) for each in old.appropriations] == [
        ("granted", 10_000),
        ("carried_out", -4_500),
        ("lapsed", -1_500),
    ]
    for change in (funds.increase_fund, funds.decrease_fund):
        with pytest.raises(FundClosed):
            change(fund_id=fund.id, amount_fen=1, reference="x", actor=maker(), now=NEXT_YEAR)
    assert verify(INVARIANTS) == []
    shown = browser(app, Role.PROVINCE).get(f"/funds/{fund.id}")
    assert "结转下年 ¥45.00，收回 ¥15.00" in shown.text
    assert "上年结转" in browser(app, Role.AUDITOR).get(f"/funds/{new.id}").text


def test_v3_nobody_decides_what_he_proposed_nor_before_the_year_is_over(app: Flask) -> None:
    fund = make_fund(10_000)
    alone = province()
    with pytest.raises(FundYearRuns):
        propose(fund, 0, now=AFTER)
    with pytest.raises(FundTooSmall):
        propose(fund, 10_001)
    closing = propose(fund, 10_000, actor=alone)
    with pytest.raises(ClosingOpen):
        propose(fund, 0)
    with pytest.raises(ClosingOwn):
        decide(closing, actor=alone)
    another = make_user(Role.PROVINCE, make_province()).as_actor()
    refused = decide(closing, "refuse", actor=another)
    assert refused.state.value == "refused"
    assert [each.article for each in refused.reasons] == ["V3"]
    with pytest.raises(StateForbids):
        decide(closing, actor=another)
    assert fund_status(fund).available_fen == 10_000


def test_v3_a_fund_that_moved_since_is_proposed_anew(app: Flask) -> None:
    fund = make_fund(10_000)
    closing = propose(fund, 10_000)
    funds.decrease_fund(fund_id=fund.id, amount_fen=1_000, reference="核减", actor=maker(), now=NEXT_YEAR)
    with pytest.raises(FundMoved):
        decide(closing)
    assert verify(INVARIANTS) == []


def test_v3_an_appropriation_is_reduced_by_what_nothing_is_committed_of(app: Flask) -> None:
    fund = make_fund(10_000)
    make_payable(4_000)
    prepare()
    with pytest.raises(FundTooSmall):
        funds.decrease_fund(fund_id=fund.id, amount_fen=6_001, reference="核减", actor=maker(), now=NEXT_YEAR)
    funds.decrease_fund(fund_id=fund.id, amount_fen=6_000, reference="核减", actor=maker(), now=NEXT_YEAR)
    after = fund_status(find_fund(fund.id))
    assert (after.appropriation_fen, after.committed_fen, after.available_fen) == (4_000, 4_000, 0)
    assert verify(INVARIANTS) == []

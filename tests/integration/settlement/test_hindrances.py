"""What the files for a bank cannot tell is left out before a batch is sealed; what failed is corrected by payouts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import verified_account
from core import clock
from core.db import session, transaction
from core.invariants import verify
from core.permissions import SYSTEM
from settlement.models import Payable
from settlement.queries.invariants import INVARIANTS
from settlement.service import payables
from settlement.service.payables import PayoutNotStuck
from settlement.states import PayableState
from settlement.steps.batches import NothingToSettle
from tests.factories.accounts import make_enterprise
from tests.factories.settlement import AFTER, CUTOFF, answer, make_fund, make_payable, maker, payouts_of, prepare, send
from tests.integration.settlement.test_payers import decide, propose
from tests.support.finance import browser

LONG = "菏泽市高新区第一材料科技有限公司"


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def payee_called(holder_name: str) -> Organisation:
    payee = make_enterprise()
    rename(payee, holder_name)
    return payee


def rename(payee: Organisation, holder_name: str) -> None:
    with transaction():
        account = verified_account(payee.id)
        assert account is not None
        account.holder_name = holder_name


def bank_takes_names_of(longest: int) -> None:
    decide(
        propose(
            columns=["end_to_end_id=编号", f"holder_name:{longest}=户名", "account_number=账号", "amount=金额"],
            valid_from=date(2026, 1, 13),
        )
    )


def state_of(payable: Payable) -> PayableState:
    session().refresh(payable)
    return payable.state


def test_a_payout_the_bank_cannot_take_is_left_out_and_the_rest_goes_on(app: Flask) -> None:
    make_fund(1_000)
    bank_takes_names_of(8)
    payee = payee_called(LONG)
    claims = [make_payable(100, payee=payee_called("甲公司")), make_payable(200, payee=payee)]
    claims += [make_payable(300, payee=payee_called("乙公司")), make_payable(50, payee=payee)]

    batch = prepare(now=AFTER + timedelta(minutes=1))

    assert [payout.amount_fen for payout in payouts_of(batch)] == [100, 300]
    assert list(map(state_of, claims)) == [PayableState.IN_BATCH, PayableState.FAILED] * 2
    assert verify(INVARIANTS) == []
    send(batch)
    page = browser(app, payee)
    assert f"“{LONG}”超过银行可接收的 8 个字符" in page.get(f"/payables/{claims[1].id}").text

    rename(payee, "丙公司")
    for claim in (claims[1], claims[3]):
        payables.correct(payable_id=claim.id, note="账户名称已更正", actor=maker(), now=AFTER)
    again = prepare(cutoff=CUTOFF + timedelta(days=1), now=AFTER + timedelta(minutes=2))
    assert [(payout.amount_fen, payout.line_count) for payout in payouts_of(again)] == [(250, 2)]
    assert verify(INVARIANTS) == []


def test_where_nothing_else_is_due_the_hindrance_is_told_and_the_worker_takes_it_out(app: Flask) -> None:
    make_fund(1_000)
    bank_takes_names_of(8)
    payee = payee_called(LONG)
    claim = make_payable(100, payee=payee)
    later = AFTER + timedelta(minutes=1)
    with pytest.raises(NothingToSettle) as nothing:
        prepare(now=later)
    assert [each.code for each in nothing.value.reasons] == ["account_too_long"]
    assert state_of(claim) is PayableState.DUE
    assert payables.refuse_hindered(actor=SYSTEM, now=later) == 1
    assert state_of(claim) is PayableState.FAILED
    assert verify(INVARIANTS) == []

    rename(payee, "丙公司")
    payables.correct(payable_id=claim.id, note="账户名称已更正", actor=maker(), now=AFTER)
    assert [payout.holder_name for payout in payouts_of(prepare(now=later))] == ["丙公司"]


def test_all_claims_of_a_failed_payout_are_queued_again_by_one_act(app: Flask) -> None:
    make_fund(1_000)
    payee = payee_called("甲公司")
    claims = [make_payable(amount, payee=payee) for amount in (100, 200, 300)]
    batch = send(prepare())
    answer(batch, "failed")
    rename(payee, "乙公司")

    path = f"/settlement-batches/{batch.id}/payouts/1"
    page = browser(app, Role.FINANCE_MAKER)
    assert f"{path}/correction" in page.get(path).html
    assert "已更正" in page.send(f"{path}/correction", {"note": "户名已更正"}).text

    assert set(map(state_of, claims)) == {PayableState.DUE}
    with pytest.raises(PayoutNotStuck):
        payables.correct_payout(batch_id=batch.id, payout_no=1, note="再次", actor=maker(), now=AFTER)
    again = prepare(cutoff=CUTOFF + timedelta(days=1))
    assert [(payout.holder_name, payout.line_count) for payout in payouts_of(again)] == [("乙公司", 3)]
    assert verify(INVARIANTS) == []

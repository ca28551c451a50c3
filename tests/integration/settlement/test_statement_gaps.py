"""Statements of an account follow one another; each gap is shown until it is closed or explained (V17 pay)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.permissions import Role
from core import clock
from core.db import session
from core.invariants import verify
from core.states import StateForbids
from settlement.models import BankStatement, StatementGap
from settlement.queries.differences import Comparison, differences
from settlement.queries.invariants import INVARIANTS
from settlement.queries.suspense import bank_waiting
from settlement.service import bank_statements, statement_gaps
from settlement.service.bank_files import BankReturnRefused
from settlement.states import GapKind, GapState
from tests.factories.settlement import AFTER, maker
from tests.support.bank import OURS, Entry, camt_of, numbered
from tests.support.finance import browser

MISSING, TWICE, BALANCE = GapKind.MISSING, GapKind.TWICE, GapKind.BALANCE


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def take(content: bytes) -> BankStatement:
    return bank_statements.record_statement(
        stream=io.BytesIO(content), filename="statement.xml", actor=maker(), now=AFTER
    )


def gaps() -> list[tuple[GapKind, GapState, int | None, int | None]]:
    found = session().scalars(select(StatementGap).order_by(StatementGap.id).execution_options(populate_existing=True))
    return [(each.kind, each.state, each.first_no, each.last_no) for each in found]


def compared() -> list[str]:
    """What finance's comparison names, while ``verify`` names nothing."""
    assert verify(INVARIANTS) == []
    return [offence.row["kind"] for offence in differences(Comparison.STATEMENTS)]


def test_v17_pay_a_missing_statement_is_a_gap_until_it_comes(app: Flask) -> None:
    take(numbered(1, Entry(100), opening_fen=0))
    take(numbered(5, Entry(100, reference="E"), opening_fen=400))
    assert gaps() == [(MISSING, GapState.OPEN, 2, 4)]
    assert (bank_waiting().gaps.count, compared()) == (1, ["missing"])

    between = take(numbered(3, opening_fen=200))
    assert between.told_count == between.suspense_count == 0, "a day without entries is a statement too"
    assert gaps()[1:] == [(MISSING, GapState.OPEN, 2, 2), (MISSING, GapState.OPEN, 4, 4)]
    take(numbered(2, Entry(100, reference="B"), opening_fen=100))
    take(numbered(4, Entry(200, reference="D"), opening_fen=200))
    assert {state for _, state, *_ in gaps()} == {GapState.CLOSED}
    assert (bank_waiting().gaps.count, compared()) == (0, [])

    again = take(numbered(3, opening_fen=200) + b"\n")
    assert again.id == between.id, "the same in another file"
    assert len(between.accounts) == 1


def test_v17_pay_balances_that_do_not_follow_and_a_number_that_came_twice_are_gaps(app: Flask) -> None:
    tomorrow = date(2026, 1, 13)
    take(numbered(None, Entry(100), opening_fen=0, day=tomorrow - timedelta(1)))
    take(numbered(None, Entry(5, reference="2"), opening_fen=90, day=tomorrow))
    take(camt_of([Entry(7, reference="3")]))
    assert (gaps(), compared()) == ([(BALANCE, GapState.OPEN, None, None)], ["balance"])

    take(numbered(1, Entry(1, reference="X"), opening_fen=95, day=tomorrow, account=OURS))
    take(numbered(1, Entry(2, reference="Y"), opening_fen=95, day=tomorrow))
    assert gaps()[1:] == [(TWICE, GapState.OPEN, None, None)]
    (of_balance, twice) = session().scalars(select(StatementGap).order_by(StatementGap.id)).all()
    for gap in (of_balance, twice):
        statement_gaps.explain(gap_id=gap.id, note="银行更正", actor=maker(), now=AFTER)
    assert (bank_waiting().gaps.count, compared()) == (0, [])
    with pytest.raises(StateForbids):
        statement_gaps.explain(gap_id=twice.id, note="再次说明", actor=maker(), now=AFTER)
    take(numbered(2, opening_fen=97, day=tomorrow))
    assert len(gaps()) == 2, "the later one of the two counts from then on"


def test_v17_pay_weeks_over_the_end_of_a_year_follow(app: Flask) -> None:
    weeks = ((51, "2025-12-15", 21), (52, "2025-12-22", 28), (53, "2025-12-29", 2), (1, "2026-01-03", 9))
    for at, (number, begun, closed) in enumerate(weeks):
        day = date(2026, 1, closed) if closed < 15 else date(2025, 12, closed)
        period = f"<FrToDt><FrDtTm>{begun}T00:00:00</FrDtTm><ToDtTm>{day}T23:59:59</ToDtTm></FrToDt><Bal>".encode()
        whole = numbered(number, Entry(100, reference=begun), opening_fen=at * 100, day=day)
        take(whole.replace(b"<Bal>", period, 1))
    assert (gaps(), compared()) == ([], [])


def test_v17_pay_nothing_is_no_statement(app: Flask) -> None:
    with pytest.raises(BankReturnRefused):
        take(camt_of([]))


def test_v17_pay_finance_sees_gaps_where_it_works_and_explains_them(app: Flask) -> None:
    take(numbered(1, Entry(100), opening_fen=0))
    maker_page = browser(app, Role.FINANCE_MAKER)
    take(numbered(3, Entry(100, reference="C"), opening_fen=150))
    assert "缺少第 2 号对账单" in maker_page.get("/bank-statements").text
    assert "缺少第 2 号对账单" in maker_page.get("/bank-statements?export=csv").text
    assert "不连续的银行对账单" in maker_page.get("/finance").text
    assert "statements of an account follow" in maker_page.get("/finance/differences?of=statements").text
    (gap,) = session().scalars(select(StatementGap)).all()
    listed = maker_page.get("/statement-gaps?state=open").html
    path = f"/statement-gaps/{gap.id}/explanation"
    assert path in listed
    sent = maker_page.send(path, {"note": "银行跳号"}, action=path)
    assert "缺口已说明" in sent.text
    assert "银行跳号" in sent.text

"""Cut-offs put on another day by hand or batched before theirs is over, and what the worker does then (V17 pay)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.permissions import Role
from core import clock
from core.db import session
from core.errors import Forbidden
from core.invariants import verify
from settlement.jobs import prepare_due_batches
from settlement.models import CutoffChange, SettlementBatch
from settlement.pages.schedule import latest_scheduled, next_scheduled
from settlement.queries.invariants import INVARIANTS
from settlement.service import batches, cutoffs
from settlement.service.batches import CutoffAhead
from settlement.service.cutoffs import CutoffChangeRefused, CutoffHasBatch
from tests.factories.settlement import AFTER, CUTOFF, JANUARY, checker, make_fund, make_payable, maker, prepare
from tests.support.finance import browser

NOMINAL = date(2026, 1, 25)
"""A Sunday, moved to Monday the 26th by the policy."""
EARLIER = date(2026, 1, 21)


def test_v17_pay_the_worker_goes_by_the_day_a_person_chose(app: Flask) -> None:
    make_fund(10_000)
    make_payable(100)
    with pytest.raises(Forbidden):
        cutoffs.change_cutoff(nominal=NOMINAL, day=EARLIER, why="春节", actor=maker(), now=AFTER)

    found = cutoffs.change_cutoff(nominal=NOMINAL, day=EARLIER, why="春节前兑付", actor=checker(), now=AFTER)

    assert (found.day, found.reason) == (EARLIER, "春节前兑付")
    with pytest.raises(CutoffAhead):
        batches.prepare(cutoff=date(2026, 1, 22), actor=maker(), now=AFTER)
    after = AFTER + timedelta(days=9)
    prepare_due_batches(after, after)
    assert [batch.cutoff for batch in session().scalars(select(SettlementBatch))] == [EARLIER]
    with pytest.raises(CutoffHasBatch):
        cutoffs.change_cutoff(nominal=NOMINAL, day=date(2026, 1, 23), why="再改", actor=checker(), now=AFTER)
    assert [(each.nominal, each.day) for each in session().scalars(select(CutoffChange))] == [(NOMINAL, EARLIER)]


def test_what_is_over_or_no_working_day_is_refused_with_its_reasons(app: Flask) -> None:
    make_fund(10_000)
    make_payable(100)
    prepare()

    with pytest.raises(CutoffChangeRefused) as refused:
        cutoffs.change_cutoff(nominal=date(2026, 1, 10), day=date(2026, 1, 11), why="x", actor=checker(), now=AFTER)

    assert [reason.code for reason in refused.value.reasons] == [
        "cutoff_over",
        "cutoff_day_over",
        "cutoff_no_working_day",
    ]


def test_the_calendar_shows_the_change_and_why(app: Flask) -> None:
    page = browser(app, Role.FINANCE_CHECKER)
    here = "/settlement-cutoffs/2030-01-25/day"

    assert "改到前后两个截止日之间" in page.get(here).text
    sent = page.send(here, {"day": "2030-01-22", "reason": "春节前兑付"})

    assert "（调整：春节前兑付）" in sent.text
    assert "不在前后两个截止日之间" in page.send(here, {"day": "2030-03-26", "reason": "x"}).text
    assert page.get("/settlement-cutoffs/2030-01-26/day").status == 404
    assert browser(app, Role.FINANCE_MAKER).get(here).status == 403


def test_the_last_cutoff_of_a_year_may_lie_in_january(app: Flask) -> None:
    december, moved = date(2029, 12, 25), date(2030, 1, 3)
    assert next_scheduled(moved).nominal == date(2030, 1, 10)

    cutoffs.change_cutoff(nominal=december, day=moved, why="年终结账", actor=checker(), now=AFTER)

    assert (next_scheduled(date(2030, 1, 1)).nominal, next_scheduled(moved).day) == (december, moved)
    assert [each.nominal for each in latest_scheduled(date(2030, 1, 4), past=1)] == [date(2030, 1, 10), december]


def test_v17_pay_who_is_confirmed_after_an_early_batch_is_not_left_behind(app: Flask) -> None:
    """The night after the cut-off pays what it holds and an early batch does not, in one more batch, once."""
    make_fund(10_000_000)
    make_payable(100)
    early = prepare(now=JANUARY)
    assert (early.is_early, early.total_fen) == (True, 100)
    late = make_payable(200, now=JANUARY + timedelta(hours=1))

    prepare_due_batches(AFTER, AFTER)
    prepare_due_batches(AFTER + timedelta(days=1), AFTER)

    first, second = sorted(session().scalars(select(SettlementBatch)).all(), key=lambda batch: batch.id)
    assert first.id == early.id
    assert (second.cutoff, second.total_fen) == (CUTOFF + timedelta(days=1), 200)
    assert late.batch_id == second.id


def test_an_early_batch_that_holds_everything_gets_no_other(app: Flask) -> None:
    """Nor does one of a cut-off whose day was over, nor a discarded one."""
    make_fund(10_000_000)
    make_payable(100)
    early = prepare(now=JANUARY)
    prepare_due_batches(AFTER, AFTER)
    assert [batch.id for batch in session().scalars(select(SettlementBatch))] == [early.id]
    make_payable(200, now=JANUARY + timedelta(hours=1))
    batches.discard(batch_id=early.id, actor=maker(), now=JANUARY)
    prepare_due_batches(AFTER, AFTER)
    assert [batch.id for batch in session().scalars(select(SettlementBatch))] == [early.id]
    timely = prepare(now=AFTER)
    assert not timely.is_early
    make_payable(300, now=AFTER)
    prepare_due_batches(AFTER + timedelta(days=1), AFTER)
    assert {batch.id for batch in session().scalars(select(SettlementBatch))} == {early.id, timely.id}


def test_v17_pay_the_rest_of_an_early_batched_cutoff_takes_nothing_of_later_days(app: Flask) -> None:
    """Neither of the minutes between midnight and the worker's round, nor of the day after, in no later night."""
    make_fund(10_000_000)
    make_payable(100)
    early = prepare(now=JANUARY)
    midnight = clock.end_of_day(CUTOFF)
    make_payable(200, now=midnight + timedelta(minutes=10))
    round_ = midnight + timedelta(minutes=15)

    prepare_due_batches(round_, round_)
    make_payable(300, now=AFTER)
    second_night = round_ + timedelta(days=1)
    prepare_due_batches(second_night, second_night)

    assert [batch.id for batch in session().scalars(select(SettlementBatch))] == [early.id]


def test_v17_pay_the_rest_is_told_apart_from_what_came_later(app: Flask) -> None:
    """A worker that was down takes only what belongs to the cut-off, and counts nothing else as waiting."""
    make_fund(400)
    make_payable(100)
    prepare(now=JANUARY)
    left = [make_payable(fen, now=JANUARY + timedelta(hours=1)) for fen in (200, 150)]
    later = make_payable(50, now=AFTER)
    third_night = clock.end_of_day(CUTOFF) + timedelta(days=2, minutes=15)

    prepare_due_batches(third_night, third_night)
    prepare_due_batches(third_night + timedelta(days=1), third_night)

    rest = session().scalars(select(SettlementBatch).order_by(SettlementBatch.id.desc())).all()[0]
    assert (rest.cutoff, rest.total_fen) == (CUTOFF + timedelta(days=1), 200)
    assert (rest.waiting_count, rest.waiting_fen) == (1, 150)
    assert (left[0].batch_id, left[1].batch_id, later.batch_id) == (rest.id, None, None)


@pytest.mark.parametrize("has_next_fund", [False, True])
def test_v17_pay_the_rest_of_a_cutoff_on_new_years_eve_is_paid_by_its_own_year(app: Flask, has_next_fund: bool) -> None:
    """Though it is dated 1 January of a year whose calendar is provisional and whose fund may not be there yet."""
    december = date(2026, 12, 31)
    ahead = datetime(2026, 12, 29, 2, tzinfo=UTC)
    fund = make_fund(10_000_000)
    if has_next_fund:
        make_fund(10_000_000, year=2027)
    cutoffs.change_cutoff(nominal=date(2026, 12, 25), day=december, why="年终结账", actor=checker(), now=JANUARY)
    make_payable(100, now=ahead)
    batches.prepare(cutoff=december, actor=maker(), now=ahead)
    late = make_payable(200, now=ahead + timedelta(hours=1))
    night = clock.end_of_day(december) + timedelta(minutes=15)

    prepare_due_batches(night, night)
    prepare_due_batches(night + timedelta(days=1), night)

    rest = session().scalars(select(SettlementBatch).where(SettlementBatch.id == late.batch_id)).one()
    assert (rest.cutoff, rest.fund_id, rest.total_fen) == (date(2027, 1, 1), fund.id, 200)
    assert rest.number == f"20270101-{fund.id}-01"
    assert len(session().scalars(select(SettlementBatch)).all()) == 2
    assert verify(INVARIANTS) == []

"""Batches: the queue in strict order, one batch a cut-off, different people, sealed lines (V3, V17 pay)."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from accounts.permissions import Role
from accounts.queries import organisation
from core.db import session, transaction
from core.errors import Forbidden
from core.permissions import SYSTEM
from core.states import StateForbids
from core.workdays import YearNotPublished
from settlement import steps
from settlement.jobs import prepare_due_batches
from settlement.models import LedgerAccount, LedgerPosting, LedgerTransaction, Payable
from settlement.queries.batches import batches as all_batches
from settlement.queries.batches import sealed_content
from settlement.queries.funds import find_fund, fund_status
from settlement.queries.payables import queue_places
from settlement.rules import postings
from settlement.rules.chart import AccountRef, TransactionKind
from settlement.rules.postings import Entry, Owed
from settlement.rules.seal import seal
from settlement.service import batches, funds
from settlement.service.batches import ApproverPrepared, CutoffAhead
from settlement.states import BatchState, PayableState
from settlement.steps import PayableExists, PayableInBatch
from settlement.steps.batches import NothingToSettle, PreparerInvolved
from tests.factories.accounts import make_finance, make_user, user_with_role
from tests.factories.settlement import (
    AFTER,
    CUTOFF,
    JANUARY,
    answer,
    checker,
    lines_of,
    make_fund,
    make_payable,
    maker,
    prepare,
    send,
)

FURTHER_LINE = """
    INSERT INTO batch_line
    SELECT batch_id, 99, payable_id, 9, source, order_id, amount_fen, payout_no
      FROM batch_line"""


def state_of(payable: Payable) -> PayableState:
    session().refresh(payable)
    return payable.state


def test_v3_the_second_waits_and_the_third_does_not_overtake_it(app: Flask) -> None:
    """Fund 100,000, claims 60,000 + 60,000 + 30,000: the second and third wait."""
    make_fund(10_000_000)
    claims = [make_payable(fen) for fen in (6_000_000, 6_000_000, 3_000_000)]

    batch = prepare()

    assert [line.payable_id for line in lines_of(batch)] == [claims[0].id]
    assert [state_of(claim) for claim in claims] == [PayableState.IN_BATCH, PayableState.DUE, PayableState.DUE]
    assert (batch.total_fen, batch.waiting_count, batch.waiting_fen) == (6_000_000, 2, 9_000_000)


def test_v3_the_waiting_say_so(app: Flask) -> None:
    make_fund(10_000_000)
    claims = [make_payable(fen) for fen in (6_000_000, 6_000_000, 3_000_000)]

    places = queue_places(claims, today=JANUARY.date())

    assert [places[claim.id].waiting is not None for claim in claims] == [False, True, True]
    assert [places[claim.id].ahead_count for claim in claims] == [0, 1, 2]
    reason = places[claims[2].id].waiting
    assert reason is not None
    assert (reason.code, reason.article) == ("waits_for_money", "V3")
    assert "120,000.00" in reason.text.zh


def test_v3_further_money_reaches_the_waiting(app: Flask) -> None:
    fund = make_fund(10_000_000)
    make_payable(6_000_000)
    make_payable(6_000_000)
    prepare()
    funds.increase_fund(fund_id=fund.id, amount_fen=2_000_000, reference="追加", actor=maker(), now=AFTER)

    later = prepare(cutoff=date(2026, 1, 13))

    assert later.total_fen == 6_000_000
    status = fund_status(find_fund(fund.id))
    assert (status.appropriation_fen, status.committed_fen, status.available_fen) == (12_000_000, 12_000_000, 0)


def test_what_was_confirmed_after_the_cutoff_is_left_for_the_next(app: Flask) -> None:
    make_fund(10_000_000)
    make_payable(100)
    late = make_payable(100, now=AFTER)

    batch = prepare()

    assert (batch.line_count, batch.waiting_count) == (1, 0)
    assert state_of(late) is PayableState.DUE


def test_v17_pay_asking_again_answers_with_the_same_batch(app: Flask) -> None:
    make_fund(10_000_000)
    make_payable(100)
    first = prepare()
    make_payable(100)

    assert prepare().id == first.id
    assert first.line_count == 1


def test_nothing_due_no_fund_and_no_money_are_said(app: Flask) -> None:
    with pytest.raises(NothingToSettle) as empty:
        prepare()
    make_payable(100)
    with pytest.raises(NothingToSettle) as unfunded:
        prepare()
    make_fund(99)
    with pytest.raises(NothingToSettle) as short:
        prepare()

    assert [r.code for r in empty.value.reasons] == ["nothing_due", "no_fund"]
    assert [r.code for r in unfunded.value.reasons] == ["no_fund"]
    assert [r.code for r in short.value.reasons] == ["fund_exhausted"]
    assert not session().scalars(all_batches()).all()


def test_a_cutoff_after_the_next_scheduled_one_is_refused(app: Flask) -> None:
    with pytest.raises(CutoffAhead):
        prepare(cutoff=date(2026, 1, 13), now=JANUARY)


def test_a_year_whose_calendar_is_not_published_is_refused(app: Flask) -> None:
    with pytest.raises(YearNotPublished, match="2027"):
        prepare(cutoff=date(2027, 1, 11), now=AFTER + timedelta(days=365))


def test_v17_pay_the_scheduled_cutoffs_of_january_2026(app: Flask) -> None:
    days = [found.day for found in batches.scheduled_cutoffs(year=2026)]

    assert days[:2] == [date(2026, 1, 12), date(2026, 1, 26)]
    assert len(days) == 24


def test_the_worker_prepares_the_cutoff_whose_day_is_over_once(app: Flask) -> None:
    make_fund(10_000_000)
    make_payable(100)

    prepare_due_batches(JANUARY, JANUARY)
    assert not session().scalars(all_batches(cutoff=CUTOFF)).all()
    prepare_due_batches(AFTER, AFTER)
    prepare_due_batches(AFTER + timedelta(days=1), AFTER)

    made = session().scalars(all_batches(cutoff=CUTOFF)).all()
    assert [batch.prepared_by for batch in made] == [None]


def test_the_worker_does_not_make_a_discarded_batch_again(app: Flask) -> None:
    make_fund(10_000_000)
    make_payable(100)
    batches.discard(batch_id=prepare().id, actor=maker(), now=AFTER)

    prepare_due_batches(AFTER, AFTER)

    assert len(session().scalars(all_batches(cutoff=CUTOFF)).all()) == 1


def test_i10_the_preparer_does_not_approve(app: Flask) -> None:
    make_fund(100)
    make_payable(100)
    both = checker()
    batch = prepare()
    session().execute(text("UPDATE settlement_batch SET prepared_by = :user"), {"user": both.user_id})
    session().commit()

    with pytest.raises(ApproverPrepared):
        batches.approve(batch_id=batch.id, actor=both, now=AFTER)


def test_i10_who_is_behind_a_claim_neither_prepares_nor_approves(app: Flask) -> None:
    preparer = make_user(Role.FINANCE_MAKER, make_finance()).as_actor()
    approver = make_user(Role.FINANCE_CHECKER, make_finance()).as_actor()
    make_fund(100)
    make_payable(100, involved_user_ids=[u.user_id for u in (preparer, approver) if u.user_id])

    assert maker() != preparer
    with pytest.raises(PreparerInvolved):
        prepare(actor=preparer)
    batch = prepare()
    with pytest.raises(PreparerInvolved):
        batches.approve(batch_id=batch.id, actor=approver, now=AFTER)
    assert batches.approve(batch_id=batch.id, actor=checker(), now=AFTER).state is BatchState.APPROVED


def test_roles_of_the_pay_run(app: Flask) -> None:
    make_fund(100)
    make_payable(100)
    batch = prepare()

    for role in (Role.PROVINCE, Role.AUDITOR, Role.FINANCE_CHECKER, Role.DELEGATED_AGENCY, Role.ADMIN):
        with pytest.raises(Forbidden):
            prepare(actor=user_with_role(role).as_actor())
    with pytest.raises(Forbidden):
        batches.approve(batch_id=batch.id, actor=maker(), now=AFTER)


def test_a_discarded_batch_gives_its_payables_back_at_their_places(app: Flask) -> None:
    make_fund(100)
    claims = [make_payable(60), make_payable(40)]
    queue = [claim.queue_no for claim in claims]
    batches.discard(batch_id=prepare().id, actor=maker(), now=AFTER)

    assert [state_of(claim) for claim in claims] == [PayableState.DUE, PayableState.DUE]
    again = prepare()

    assert again.number.endswith("-02")
    assert [line.attempt for line in lines_of(again)] == [2, 2]
    assert [claim.queue_no for claim in claims] == queue


def test_an_approved_batch_is_discarded_by_a_checker_until_its_files_are_made(app: Flask) -> None:
    make_fund(100)
    claim = make_payable(100)
    batch = prepare()
    batches.approve(batch_id=batch.id, actor=checker(), now=AFTER)

    with pytest.raises(Forbidden):
        batches.discard(batch_id=batch.id, actor=maker(), now=AFTER)
    batches.discard(batch_id=batch.id, actor=checker(), now=AFTER)

    assert state_of(claim) is PayableState.DUE
    again = prepare()
    batches.approve(batch_id=again.id, actor=checker(), now=AFTER)
    batches.export(batch_id=again.id, actor=maker(), now=AFTER)
    with pytest.raises(StateForbids):
        batches.discard(batch_id=again.id, actor=checker(), now=AFTER)


def test_i6_one_claim_is_payable_once(app: Flask) -> None:
    claim = make_payable(100)

    with pytest.raises(PayableExists):
        make_payable(100, order_id=claim.order_id)


def test_i6_a_revoked_claim_is_never_paid(app: Flask) -> None:
    make_fund(1_000)
    kept, revoked = make_payable(100), make_payable(100)
    with transaction():
        steps.cancel_payable(source=revoked.source, article="V21", actor=SYSTEM, now=JANUARY)

    batch = prepare()

    assert [line.payable_id for line in lines_of(batch)] == [kept.id]
    assert state_of(revoked) is PayableState.CANCELLED
    with pytest.raises(StateForbids), transaction():
        steps.cancel_payable(source=revoked.source, article="V21", actor=SYSTEM, now=JANUARY)


def test_a_payable_in_a_batch_is_cancelled_only_after_the_batch_is_discarded(app: Flask) -> None:
    make_fund(1_000)
    claim = make_payable(100)
    batch = prepare()

    with pytest.raises(PayableInBatch), transaction():
        steps.cancel_payable(source=claim.source, article="V21", actor=SYSTEM, now=JANUARY)
    batches.discard(batch_id=batch.id, actor=maker(), now=AFTER)
    with transaction():
        steps.cancel_payable(source=claim.source, article="V21", actor=SYSTEM, now=JANUARY)

    assert state_of(claim) is PayableState.CANCELLED


def test_i8_the_seal_can_be_recomputed_from_the_batch(app: Flask) -> None:
    make_fund(1_000)
    for fen in (100, 200, 300):
        make_payable(fen)

    batch = prepare()

    assert batch.content_sha256 == seal(sealed_content(batch))
    assert batch.total_fen == sum(line.amount_fen for line in lines_of(batch)) == 600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE batch_line SET amount_fen = 1",
        "DELETE FROM batch_line",
        "TRUNCATE batch_line",
        FURTHER_LINE,
        "UPDATE settlement_batch SET total_fen = total_fen + 1",
        "UPDATE settlement_batch SET content_sha256 = NULL",
        "DELETE FROM settlement_batch",
    ],
)
def test_i8_a_sealed_batch_never_changes(app: Flask, statement: str) -> None:
    make_fund(1_000)
    make_payable(100)
    send(prepare())

    with pytest.raises(DBAPIError, match=r"never changed|sealed|permission denied"):
        session().execute(text(statement))


def test_i15_the_fund_is_never_overdrawn(app: Flask) -> None:
    fund = make_fund(1_000)
    make_payable(1_000)
    prepare()

    status = fund_status(find_fund(fund.id))
    assert (status.available_fen, status.committed_fen, status.paid_fen) == (0, 1_000, 0)
    with pytest.raises(DBAPIError, match="lower_bound"):
        session().execute(text("UPDATE ledger_account SET pending_fen = -1001 WHERE kind = 'fund'"))


def posted_by(kind: TransactionKind) -> set[Entry]:
    """What the latest transaction of a kind posted."""
    latest = select(func.max(LedgerTransaction.id)).where(LedgerTransaction.kind == kind).scalar_subquery()
    rows = session().execute(
        select(LedgerAccount, LedgerPosting.layer, LedgerPosting.amount_fen)
        .join(LedgerPosting, LedgerPosting.account_id == LedgerAccount.id)
        .where(LedgerPosting.transaction_id == latest)
    )
    return {Entry(AccountRef(account.kind, account.owner, account.year), layer, fen) for account, layer, fen in rows}


def test_what_the_database_posts_for_many_is_what_the_rules_say(app: Flask) -> None:
    """Batches and bank returns are posted by set-based SQL; the pure rules say what it must come to."""
    fund = make_fund(10_000)
    payees = [make_payable(100).payee_id, make_payable(200).payee_id]
    make_payable(400, payee=organisation(payees[0]))
    batch = send(prepare())
    assert posted_by(TransactionKind.BATCH_COMMITTED) == set(
        postings.batch_committed(programme=fund.programme, year=2026, owed={payees[0]: Owed(500), payees[1]: Owed(200)})
    )

    answer(batch, {1: "paid", 2: "failed"})
    assert posted_by(TransactionKind.PAYOUT_SETTLED) == set(
        postings.batch_resolved(
            programme=fund.programme, year=2026, paid={payees[0]: Owed(500)}, unpaid={payees[1]: Owed(200)}
        )
    )

    answer(batch, {1: "returned"})
    assert posted_by(TransactionKind.PAYOUT_RETURNED) == set(
        postings.payout_returned(programme=fund.programme, year=2026, returned={payees[0]: Owed(500)})
    )


def test_what_the_database_posts_for_many_stands_in_one_order(app: Flask) -> None:
    """By account, however the planner joins: the fund, made before its payees, comes first."""
    make_fund(10_000)
    for _ in range(8):
        make_payable(100)
    prepare()
    latest = select(func.max(LedgerTransaction.id)).where(LedgerTransaction.kind == TransactionKind.BATCH_COMMITTED)
    posted = select(LedgerPosting.account_id).where(LedgerPosting.transaction_id == latest.scalar_subquery())
    accounts = session().scalars(posted.order_by(LedgerPosting.id)).all()
    assert len(accounts) == 9
    assert accounts == sorted(accounts)

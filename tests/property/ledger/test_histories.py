"""Money is conserved over random histories of holds, deals, payables, batches, bank returns and clawbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from accounts.models import Organisation
from core.db import db, session, transaction
from core.errors import DomainError
from core.invariants import verify
from core.permissions import SYSTEM, Actor
from settlement import queries, steps
from settlement.models import Clawback, Fund, LedgerAccount, Payable, SettlementBatch
from settlement.queries.funds import find_fund, fund_status
from settlement.queries.invariants import INVARIANTS
from settlement.rules.chart import AccountKind, Book
from settlement.service import batches, clawbacks, funds, payables
from settlement.states import BatchState, PayableState
from tests.factories.accounts import actor_of, make_enterprise, make_provider, make_province
from tests.factories.settlement import (
    AFTER,
    JANUARY,
    answer,
    checker,
    hold,
    make_payable,
    maker,
    new_order_id,
    payouts_of,
)

CAP_FEN = 10_000
OWNERS = ("controller:1", "team:2")
YEARS = (2025, 2026)
FIRST_CUTOFF = date(2026, 1, 12)

Pick = st.integers(0, 10**6)


@dataclass
class History:
    """What a history has made so far, and the money that must be there in the end."""

    user: Organisation
    provider: Organisation
    fund: Fund
    province: Actor
    appropriated_fen: int = 100
    recovered_fen: int = 0
    orders: list[int] = field(default_factory=list)
    payables: list[Payable] = field(default_factory=list)
    batches: list[SettlementBatch] = field(default_factory=list)
    clawbacks: list[Clawback] = field(default_factory=list)
    days: int = 0

    @property
    def now(self) -> datetime:
        return AFTER + timedelta(days=self.days)

    def grant(self, one: int, two: int) -> None:
        order_id = new_order_id()
        owner, year = OWNERS[one % 2], YEARS[two % 2]
        room = queries.cap_room(cap_owner=owner, year=year, cap_fen=CAP_FEN)
        granted = hold(order_id, one % 4_000, cap_owner=owner, year=year, cap_fen=CAP_FEN)
        assert granted == min(one % 4_000, room)
        self.orders.append(order_id)

    def release(self, one: int, two: int) -> None:
        with transaction():
            steps.release_hold(order_id=self.orders[one % len(self.orders)], actor=SYSTEM, now=self.now)

    def reduce(self, one: int, two: int) -> None:
        with transaction():
            steps.reduce_hold(
                order_id=self.orders[one % len(self.orders)], to_fen=two % 4_000, actor=SYSTEM, now=self.now
            )

    def move(self, one: int, two: int) -> None:
        with transaction():
            steps.move_hold(
                order_id=self.orders[one % len(self.orders)],
                to_year=YEARS[two % 2],
                cap_fen=CAP_FEN,
                actor=SYSTEM,
                now=self.now,
            )

    def consume(self, one: int, two: int) -> None:
        with transaction():
            steps.consume_hold(
                order_id=self.orders[one % len(self.orders)], amount_fen=two % 4_000, actor=SYSTEM, now=self.now
            )

    def deal(self, one: int, two: int) -> None:
        """A direct-deduction order: charged, paid in part, perhaps refunded, confirmed in part, the rest owed."""
        order_id = new_order_id()
        self_pay, subsidy = one % 500 + 1, two % 700 + 1
        confirmed = one % (subsidy + 1)
        with transaction():
            steps.charge_order(
                order_id=order_id,
                user_id=self.user.id,
                provider_id=self.provider.id,
                self_pay_fen=self_pay,
                subsidy_receivable_fen=subsidy,
                actor=SYSTEM,
                now=self.now,
            )
            steps.record_payment(order_id=order_id, amount_fen=self_pay, reference="T", actor=SYSTEM, now=self.now)
            steps.refund_order(order_id=order_id, amount_fen=two % self_pay, actor=SYSTEM, now=self.now)
        if confirmed:
            self.payables.append(make_payable(confirmed, payee=self.provider, order_id=order_id, now=self.now))
        if confirmed < subsidy:
            with transaction():
                steps.open_shortfall(
                    order_id=order_id,
                    debtor_id=self.user.id,
                    creditor_id=self.provider.id,
                    amount_fen=subsidy - confirmed,
                    article="V16(1)",
                    actor=SYSTEM,
                    now=self.now,
                )
        money = queries.order_money(order_id)
        assert (money.subsidy_assigned_fen, money.shortfall_fen) == (confirmed, subsidy - confirmed)
        assert money.due_fen + money.received_fen == self_pay

    def confirm(self, one: int, two: int) -> None:
        self.payables.append(make_payable(one % 400 + 1, payee=self.user, now=self.now))

    def cancel(self, one: int, two: int) -> None:
        with transaction():
            steps.cancel_payable(
                source=self.payables[one % len(self.payables)].source, article="V21", actor=SYSTEM, now=self.now
            )

    def appropriate(self, one: int, two: int) -> None:
        funds.increase_fund(
            fund_id=self.fund.id, amount_fen=one % 900 + 1, reference="追加", actor=maker(), now=self.now
        )
        self.appropriated_fen += one % 900 + 1

    def prepare(self, one: int, two: int) -> None:
        batch = batches.prepare(cutoff=FIRST_CUTOFF + timedelta(days=self.days), actor=maker(), now=self.now)
        if batch not in self.batches:
            self.batches.append(batch)
        self.days += 1

    def discard(self, one: int, two: int) -> None:
        batches.discard(batch_id=self._batch(one).id, actor=maker(), now=self.now)

    def send(self, one: int, two: int) -> None:
        batch = self._batch(one)
        if batch.state is BatchState.PREPARED:
            batches.approve(batch_id=batch.id, actor=checker(), now=self.now)
        batches.export(batch_id=batch.id, actor=maker(), now=self.now)

    def answer(self, one: int, two: int) -> None:
        batch = self._batch(one)
        said = ("paid", "failed", "returned", None)
        chosen = {each.payout_no: said[(two >> each.payout_no) % 4] for each in payouts_of(batch)}
        answer(batch, {number: status for number, status in chosen.items() if status}, now=self.now)

    def close(self, one: int, two: int) -> None:
        batches.close(batch_id=self._batch(one).id, actor=maker(), now=self.now)

    def correct(self, one: int, two: int) -> None:
        payables.correct(
            payable_id=self.payables[one % len(self.payables)].id, note="更正", actor=maker(), now=self.now
        )

    def claw_back(self, one: int, two: int) -> None:
        self.clawbacks.append(
            clawbacks.claw_back(
                payable_id=self.payables[one % len(self.payables)].id,
                source=None,
                amount_fen=two % 400 + 1,
                cause="抽查",
                misconduct=False,
                misconduct_by=None,
                sanction_until=None,
                actor=self.province,
                now=self.now,
            )
        )

    def recover(self, one: int, two: int) -> None:
        amount = two % 200 + 1
        clawbacks.record_recovery(
            clawback_id=self.clawbacks[one % len(self.clawbacks)].id,
            amount_fen=amount,
            reference="R",
            actor=maker(),
            now=self.now,
        )
        self.recovered_fen += amount

    def _batch(self, one: int) -> SettlementBatch:
        batch = self.batches[one % len(self.batches)]
        session().refresh(batch)
        return batch

    def assert_conserved(self) -> None:
        """The fund has what was appropriated, less what is committed or paid, plus what was recovered.

        Each book is zero.
        """
        by_state: dict[PayableState, int] = dict.fromkeys(PayableState, 0)
        for payable in self.payables:
            session().refresh(payable)
            by_state[payable.state] += payable.amount_fen
        status = fund_status(find_fund(self.fund.id))
        assert status.committed_fen == by_state[PayableState.IN_BATCH]
        assert status.paid_fen == by_state[PayableState.PAID] - self.recovered_fen
        assert status.available_fen == self.appropriated_fen - status.committed_fen - status.paid_fen
        totals = session().execute(
            select(LedgerAccount.book, text("sum(posted_fen)"), text("sum(pending_fen)")).group_by(LedgerAccount.book)
        )
        assert {book: (int(posted), int(pending)) for book, posted, pending in totals} == dict.fromkeys(Book, (0, 0))


ACTIONS: list[Callable[[History, int, int], None]] = [
    History.grant,
    History.release,
    History.reduce,
    History.move,
    History.consume,
    History.deal,
    History.confirm,
    History.confirm,
    History.cancel,
    History.appropriate,
    History.prepare,
    History.prepare,
    History.discard,
    History.send,
    History.send,
    History.answer,
    History.answer,
    History.close,
    History.correct,
    History.claw_back,
    History.recover,
]


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens within is rolled back, so that each history begins with an empty ledger."""
    session().rollback()
    connection: Any = db.engines[None]
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        session().rollback()
        session().expunge_all()
        savepoint.rollback()


@settings(max_examples=25)
@given(
    history=st.lists(st.tuples(st.sampled_from(ACTIONS), Pick, Pick), min_size=5, max_size=40),
)
def test_money_is_conserved_over_any_history(
    app: Flask, history: list[tuple[Callable[[History, int, int], None], int, int]]
) -> None:
    with undone():
        told = History(
            user=make_enterprise(),
            provider=make_provider(),
            fund=funds.open_fund(year=2026, appropriation_fen=100, reference="拨款", actor=maker(), now=JANUARY),
            province=actor_of(make_province()),
        )
        hold(new_order_id(), 1, cap_fen=CAP_FEN)
        told.deal(1, 1)
        for action, one, two in history:
            try:
                action(told, one, two)
            except (DomainError, ZeroDivisionError):
                continue  # refused, or nothing there yet to act on: it must have changed nothing
        told.assert_conserved()
        offences = verify(INVARIANTS)
        assert offences == []
        caps = session().scalars(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.CAP))
        assert all(0 <= cap.balance_fen <= CAP_FEN for cap in caps)

"""Funds, payables and batches, made through the steps and services themselves.

Everything needs an application context.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import TypeVar

from sqlalchemy import select

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import verified_account
from core import clock
from core.db import session, transaction
from core.money import fen_to_yuan
from core.permissions import SYSTEM, Actor
from settlement import steps
from settlement.models import BankReturn, BatchLine, BatchPayout, Clawback, Fund, Payable, SettlementBatch, Shortfall
from settlement.service import bank_returns, batches, clawbacks, funds
from tests.factories.accounts import make_enterprise, make_provider, user_with_role

T = TypeVar("T")

CAP_FEN = 50_000_000
"""The yearly cap these tests work with."""

JANUARY = datetime(2026, 1, 8, 2, 0, tzinfo=UTC)
"""A working day before the first cut-off of 2026."""
CUTOFF = date(2026, 1, 12)
"""The cut-off of 2026-01-10, a Saturday, moved to the next working day."""
AFTER = datetime(2026, 1, 13, 2, 0, tzinfo=UTC)
"""The day after that cut-off."""
VALUE_DATE = date(2026, 1, 13)

_orders = itertools.count(1_000)


def new_order_id() -> int:
    """An order number nobody used yet; the ledger keeps it opaquely."""
    return next(_orders)


def in_transaction(work: Callable[[], T]) -> T:
    """The result of ``work`` within a transaction of its own."""
    with transaction():
        return work()


def maker() -> Actor:
    """Somebody who prepares batches."""
    return user_with_role(Role.FINANCE_MAKER).as_actor()


def checker() -> Actor:
    """Somebody who approves batches."""
    return user_with_role(Role.FINANCE_CHECKER).as_actor()


def make_fund(appropriation_fen: int, *, year: int = 2026, now: datetime = JANUARY) -> Fund:
    """A year's fund."""
    return funds.open_fund(
        year=year, appropriation_fen=appropriation_fen, reference="鲁财教〔2026〕1号", actor=maker(), now=now
    )


def make_payable(
    amount_fen: int,
    *,
    payee: Organisation | None = None,
    order_id: int | None = None,
    involved_user_ids: Iterable[int] = (),
    now: datetime = JANUARY,
) -> Payable:
    """A confirmed claim in the queue, of a new enterprise unless told whose."""
    payee = payee or make_enterprise()
    order = order_id or new_order_id()
    with transaction():
        account = verified_account(payee.id)
        assert account is not None
        return steps.create_payable(
            source=f"claim:{order}",
            order_id=order,
            payee_id=payee.id,
            account=account,
            amount_fen=amount_fen,
            involved_user_ids=list(involved_user_ids),
            actor=SYSTEM,
            now=now,
        )


def hold(
    order_id: int,
    wanted_fen: int,
    *,
    cap_owner: str = "controller:1",
    year: int = 2026,
    cap_fen: int = CAP_FEN,
    now: datetime = JANUARY,
) -> int:
    """A hold on a yearly cap; what was granted."""
    with transaction():
        return steps.grant_hold(
            order_id=order_id,
            cap_owner=cap_owner,
            year=year,
            wanted_fen=wanted_fen,
            cap_fen=cap_fen,
            actor=SYSTEM,
            now=now,
        )


def charge(
    order_id: int,
    *,
    self_pay_fen: int,
    subsidy_fen: int,
    user: Organisation | None = None,
    provider: Organisation | None = None,
) -> tuple[Organisation, Organisation]:
    """A charged order; its user and provider."""
    user, provider = user or make_enterprise(), provider or make_provider()
    with transaction():
        steps.charge_order(
            order_id=order_id,
            user_id=user.id,
            provider_id=provider.id,
            self_pay_fen=self_pay_fen,
            subsidy_receivable_fen=subsidy_fen,
            actor=SYSTEM,
            now=JANUARY,
        )
    return user, provider


def make_shortfall(*, deducted_fen: int, approved_fen: int = 0) -> Shortfall:
    """A direct-deduction order whose deducted sum was approved in part or not at all."""
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=4_000_000, subsidy_fen=deducted_fen)
    if approved_fen:
        make_payable(approved_fen, payee=provider, order_id=order_id)
    with transaction():
        return steps.open_shortfall(
            order_id=order_id,
            debtor_id=user.id,
            creditor_id=provider.id,
            amount_fen=deducted_fen - approved_fen,
            article="V16(1)",
            actor=SYSTEM,
            now=JANUARY,
        )


def prepare(*, cutoff: date = CUTOFF, actor: Actor | None = None, now: datetime = AFTER) -> SettlementBatch:
    """The batch of a cut-off."""
    return batches.prepare(cutoff=cutoff, actor=actor or maker(), now=now)


def send(batch: SettlementBatch, *, now: datetime = AFTER) -> SettlementBatch:
    """Approve a batch and make its files."""
    batches.approve(batch_id=batch.id, actor=checker(), now=now)
    return batches.export(batch_id=batch.id, actor=maker(), now=now)


def lines_of(batch: SettlementBatch) -> list[BatchLine]:
    """The lines of a batch in their order."""
    found = select(BatchLine).where(BatchLine.batch_id == batch.id).order_by(BatchLine.line_no)
    return list(session().scalars(found))


def payouts_of(batch: SettlementBatch) -> list[BatchPayout]:
    """The payouts of a batch in their order."""
    found = select(BatchPayout).where(BatchPayout.batch_id == batch.id).order_by(BatchPayout.payout_no)
    return list(session().scalars(found))


def bank_csv(
    batch: SettlementBatch,
    statuses: dict[int, str] | str = "paid",
    *,
    value_date: date | None = None,
    encoding: str = "utf-8-sig",
) -> bytes:
    """A bank's answer of the day of approval or another: one status for all payouts, or statuses by their numbers
    (only those)."""
    day = value_date or clock.today(batch.approved_at or AFTER)
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(["payout_no", "account_number", "amount", "status", "reason", "value_date"])
    for payout in payouts_of(batch):
        status = statuses if isinstance(statuses, str) else statuses.get(payout.payout_no)
        if not payout.amount_fen:
            continue
        if status is not None:
            reason = "" if status == "paid" else "账号与户名不符"
            amount = fen_to_yuan(payout.amount_fen)
            writer.writerow([payout.payout_no, payout.account_number, amount, status, reason, day.isoformat()])
    return target.getvalue().encode(encoding)


def answer(
    batch: SettlementBatch,
    statuses: dict[int, str] | str = "paid",
    *,
    actor: Actor | None = None,
    now: datetime = AFTER,
) -> BankReturn:
    """Take in a bank's answer."""
    return take_in(batch, bank_csv(batch, statuses), actor=actor, now=now)


def take_in(batch: SettlementBatch, content: bytes, *, actor: Actor | None = None, now: datetime = AFTER) -> BankReturn:
    """Take in a bank's file."""
    return bank_returns.record_bank_return(
        batch_id=batch.id,
        stream=io.BytesIO(content),
        filename="return.csv",
        actor=actor or maker(),
        now=now,
    )


def paid_payable(amount_fen: int, *, payee: Organisation | None = None) -> Payable:
    """A payable that was paid, in a fund just large enough."""
    make_fund(amount_fen)
    payable = make_payable(amount_fen, payee=payee)
    answer(send(prepare()))
    session().refresh(payable)
    return payable


def claw_back(payable: Payable, amount_fen: int) -> Clawback:
    """So much of a paid payable is to come back, by the province's decision."""
    return clawbacks.claw_back(
        payable_id=payable.id,
        source=None,
        amount_fen=amount_fen,
        cause="材料不实",
        misconduct=False,
        misconduct_by=None,
        sanction_until=None,
        actor=user_with_role(Role.PROVINCE).as_actor(),
        now=AFTER,
    )


def clawed_back(amount_fen: int = 6_000) -> Clawback:
    """A payable that was paid and is to come back whole."""
    return claw_back(paid_payable(amount_fen), amount_fen)

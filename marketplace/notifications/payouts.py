"""What one answer of the bank says to each payee: what arrived, in one notice, and what did not, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from core.audit import AuditEntry
from core.db import session
from settlement.models import BankReturnLine, BatchLine, BatchPayout, Payable
from settlement.states import PayoutOutcome

_FIRST_BENEATH = (BatchLine.batch_id == BatchPayout.batch_id) & (BatchLine.line_no == BatchPayout.first_line_no)
_BENEATH = (BatchLine.batch_id == BatchPayout.batch_id) & (BatchLine.payout_no == BatchPayout.payout_no)
_ANSWERED = (BankReturnLine.batch_id == BatchPayout.batch_id) & (BankReturnLine.payout_no == BatchPayout.payout_no)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What one payee was paid by one batch."""

    payee_id: int
    payable_id: int
    amount_fen: int


def arrived(entry: AuditEntry) -> Iterable[Arrived]:
    """For each payee the sum that arrived, less what was netted, with the first of its payables."""
    found = (
        select(BatchPayout.payee_id, func.min(BatchLine.payable_id), func.sum(BankReturnLine.amount_fen))
        .join(BatchLine, _FIRST_BENEATH)
        .join(BankReturnLine, _ANSWERED)
        .where(
            BankReturnLine.bank_return_id == entry.data["bank_return_id"],
            BankReturnLine.outcome == PayoutOutcome.PAID,
        )
        .group_by(BatchPayout.payee_id)
        .order_by(BatchPayout.payee_id)
    )
    return [Arrived(payee, payable, int(fen)) for payee, payable, fen in session().execute(found)]


def not_arrived(entry: AuditEntry) -> Sequence[Payable]:
    """The payables whose money the bank could not place or sent back."""
    found = (
        select(Payable)
        .join(BatchLine, BatchLine.payable_id == Payable.id)
        .join(BatchPayout, _BENEATH)
        .join(BankReturnLine, _ANSWERED)
        .where(
            BankReturnLine.bank_return_id == entry.data["bank_return_id"],
            BankReturnLine.outcome != PayoutOutcome.PAID,
        )
        .order_by(Payable.id)
    )
    return session().scalars(found).all()

"""Reads of bank returns: the one of a file, and the one that told an outcome first."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ARRAY, Integer, any_, literal, select

from core.db import session
from settlement.models import BankReturn, BankReturnLine, SettlementBatch


def return_of_file(batch: SettlementBatch, sha256: str) -> BankReturn | None:
    """The return that was made of the same bytes."""
    return session().scalar(
        select(BankReturn).where(
            BankReturn.batch_id == batch.id, BankReturn.sha256 == sha256, BankReturn.suspense_id.is_(None)
        )
    )


def return_that_told(batch: SettlementBatch, payout_nos: Collection[int]) -> BankReturn:
    """The latest return that said anything of these payouts; there is one."""
    found = (
        select(BankReturn)
        .join(BankReturnLine, BankReturnLine.bank_return_id == BankReturn.id)
        .where(
            BankReturn.batch_id == batch.id, BankReturnLine.payout_no == any_(literal(list(payout_nos), ARRAY(Integer)))
        )
        .order_by(BankReturn.part.desc())
        .limit(1)
    )
    return session().scalars(found).one()

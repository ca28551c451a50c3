"""What became of payouts: the bank's answers, and those no bank hears of because all of them was netted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Date, Integer, Text, text

from core.types import Enumerated, Fen
from settlement.states import PayoutOutcome

SAID_SQL = """
    SELECT batch_id, payout_no, outcome, late, amount_fen, reason, value_date, bank_return_id FROM bank_return_line
     UNION ALL
    SELECT p.batch_id, p.payout_no, 'paid', false, 0, '', (b.exported_at AT TIME ZONE 'Asia/Shanghai')::date, NULL
      FROM batch_payout p JOIN settlement_batch b ON b.id = p.batch_id
     WHERE p.amount_fen = 0 AND b.exported_at IS NOT NULL"""
"""A row for each thing said of a payout; one that was returned after it was paid has two, the second ``late``."""

SAID = (
    text(SAID_SQL)
    .columns(
        batch_id=BigInteger,
        payout_no=Integer,
        outcome=Enumerated(PayoutOutcome),
        late=Boolean,
        amount_fen=Fen,
        reason=Text,
        value_date=Date,
        bank_return_id=BigInteger,
    )
    .subquery("said")
)

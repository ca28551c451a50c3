"""What was said last of every payout and of every line, for queries to build upon."""

from __future__ import annotations

from settlement.queries.outcomes import SAID_SQL

PAYOUT_OUTCOMES = f"""
    SELECT p.batch_id, p.payout_no, p.payee_id, p.account_id, p.gross_fen, p.netted_fen, p.amount_fen,
           b.state AS batch_state,
           (SELECT r.outcome FROM ({SAID_SQL}) r
             WHERE r.batch_id = p.batch_id AND r.payout_no = p.payout_no ORDER BY r.late DESC LIMIT 1) AS outcome
      FROM batch_payout p JOIN settlement_batch b ON b.id = p.batch_id"""

OUTCOMES = f"""
    SELECT l.batch_id, l.line_no, l.payout_no, l.payable_id, l.attempt, l.amount_fen, p.batch_state, p.outcome
      FROM batch_line l JOIN ({PAYOUT_OUTCOMES}) p ON p.batch_id = l.batch_id AND p.payout_no = l.payout_no"""

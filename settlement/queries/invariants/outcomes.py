"""What the bank said last of every line, for queries to build upon."""

from __future__ import annotations

OUTCOMES = """
    SELECT l.batch_id, l.line_no, l.payable_id, l.attempt, l.account_id, l.amount_fen, b.state AS batch_state,
           (SELECT r.outcome FROM bank_return_line r
             WHERE r.batch_id = l.batch_id AND r.line_no = l.line_no ORDER BY r.late DESC LIMIT 1) AS outcome
      FROM batch_line l JOIN settlement_batch b ON b.id = l.batch_id"""

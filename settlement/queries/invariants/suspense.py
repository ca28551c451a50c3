"""Invariants 2, 8, 9 and 10: money that matched nothing is in the books until two persons said what it is."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.states import SUSPENSE_TRANSITIONS

INVARIANTS: list[Invariant] = [
    Invariant(
        2,
        "suspense holds what no two persons have explained yet",
        """
        SELECT a.id AS ledger_account, coalesce(a.owner, s.programme) AS programme, -a.posted_fen AS posted_fen,
               s.fen AS waiting_fen
          FROM (SELECT id, owner, posted_fen FROM ledger_account WHERE kind = 'suspense') a
          FULL JOIN (SELECT programme, sum(CASE WHEN credit THEN amount_fen ELSE -amount_fen END)
                                FILTER (WHERE state <> 'settled') AS fen
                       FROM bank_suspense GROUP BY programme) s ON s.programme = a.owner
         WHERE coalesce(-a.posted_fen, 0) <> coalesce(s.fen, 0)
        """,
    ),
    Invariant(
        8,
        "an entry in suspense is posted once, and cleared once it is settled",
        """
        SELECT s.id AS bank_suspense, s.state, s.amount_fen, opened.kind, count(cleared.id) AS cleared
          FROM bank_suspense s
          LEFT JOIN ledger_transaction opened ON opened.id = s.transaction_id
          LEFT JOIN ledger_transaction cleared
            ON cleared.reverses_id = s.transaction_id AND cleared.kind = 'suspense_cleared'
         GROUP BY s.id, opened.id
        HAVING opened.kind IS DISTINCT FROM 'suspense_opened'
            OR opened.source IS DISTINCT FROM 'bank_statement:' || s.statement_id
            OR count(cleared.id) <> CASE s.state WHEN 'settled' THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        8,
        "money in suspense that was a payout's brought that payout back",
        """
        SELECT s.id AS bank_suspense, s.state, s.resolution, s.amount_fen, r.id AS bank_return, r.returned_fen
          FROM bank_suspense s LEFT JOIN bank_return r ON r.suspense_id = s.id
         WHERE (r.id IS NOT NULL) <> (s.state = 'settled' AND s.resolution = 'payout_return')
            OR (r.id IS NOT NULL AND (NOT s.credit OR (r.returned_fen, r.returned_count, r.paid_count + r.failed_count)
                                                      <> (s.amount_fen, 1, 0)))
        """,
    ),
    Invariant(
        8,
        "money in suspense that came for a clawback is booked to it once, in whole",
        """
        SELECT s.id AS bank_suspense, s.state, s.resolution, s.amount_fen, s.clawback_id AS clawback,
               r.id AS recovery, r.amount_fen AS recovered_fen, r.clawback_id AS booked_to
          FROM bank_suspense s LEFT JOIN recovery r ON r.suspense_id = s.id
         WHERE (r.id IS NOT NULL) <> (s.state = 'settled' AND s.resolution = 'clawback_recovery')
            OR (s.clawback_id IS NOT NULL) <> (s.resolution IS NOT DISTINCT FROM 'clawback_recovery')
            OR (r.id IS NOT NULL AND (NOT s.credit OR (r.clawback_id, r.amount_fen, r.recorded_by)
                                                      IS DISTINCT FROM (s.clawback_id, s.amount_fen, s.settled_by)))
        """,
    ),
    Invariant(
        8,
        "a statement left in suspense what it says",
        """
        SELECT t.id AS bank_statement, t.suspense_count, count(s.id) AS entries
          FROM bank_statement t LEFT JOIN bank_suspense s ON s.statement_id = t.id
         GROUP BY t.id HAVING count(s.id) <> t.suspense_count
        """,
    ),
    Invariant(
        10,
        "money in suspense is explained by one person and settled by another",
        """
        SELECT id AS bank_suspense, state, proposed_by, settled_by FROM bank_suspense
         WHERE settled_by = proposed_by OR (state = 'settled' AND (settled_by IS NULL OR proposed_by IS NULL))
        """,
    ),
    replay("bank_suspense", SUSPENSE_TRANSITIONS),
]

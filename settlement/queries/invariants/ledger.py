"""Invariants 1 and 2: transactions and balances."""

from __future__ import annotations

from core.invariants import Invariant
from settlement.rules.chart import AccountKind

_YEARLY = ", ".join(f"'{kind}'" for kind in (AccountKind.CAP, AccountKind.AID_CAP, AccountKind.FUND))

INVARIANTS: list[Invariant] = [
    Invariant(
        1,
        "ledger transactions balance in each book and layer",
        """
        SELECT p.transaction_id AS ledger_transaction, a.book, p.layer, sum(p.amount_fen) AS off_fen
          FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
         GROUP BY p.transaction_id, a.book, p.layer HAVING sum(p.amount_fen) <> 0
        """,
    ),
    Invariant(
        1,
        "ledger transactions have at least two postings",
        """
        SELECT t.id AS ledger_transaction, t.kind, count(p.id) AS postings
          FROM ledger_transaction t LEFT JOIN ledger_posting p ON p.transaction_id = t.id
         GROUP BY t.id HAVING count(p.id) < 2
        """,
    ),
    Invariant(
        1,
        "pending transactions are resolved once and never by more than they hold",
        """
        SELECT t.id AS ledger_transaction, p.account_id AS ledger_account, p.amount_fen AS opened_fen, r.resolved_fen
          FROM ledger_transaction t
          JOIN ledger_posting p ON p.transaction_id = t.id AND p.layer = 'pending'
          LEFT JOIN LATERAL (
               SELECT -coalesce(sum(rp.amount_fen), 0) AS resolved_fen,
                      count(DISTINCT rt.id) FILTER (WHERE rt.part = 0) AS whole
                 FROM ledger_transaction rt JOIN ledger_posting rp ON rp.transaction_id = rt.id
                WHERE rt.resolves_id = t.id AND rp.account_id = p.account_id AND rp.layer = 'pending') r ON true
         WHERE t.phase = 'pending'
           AND ((r.whole > 0 AND r.resolved_fen <> p.amount_fen)
                OR abs(r.resolved_fen) > abs(p.amount_fen) OR r.resolved_fen * sign(p.amount_fen) < 0)
        """,
    ),
    Invariant(
        2,
        "stored balances equal their postings",
        """
        SELECT a.id AS ledger_account, a.kind, a.owner, a.year, a.posted_fen, a.pending_fen,
               coalesce(s.posted_fen, 0) AS posted_by_postings_fen,
               coalesce(s.pending_fen, 0) AS pending_by_postings_fen
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, sum(amount_fen) FILTER (WHERE layer = 'posted') AS posted_fen,
                            sum(amount_fen) FILTER (WHERE layer = 'pending') AS pending_fen
                       FROM ledger_posting GROUP BY account_id) s ON s.account_id = a.id
         WHERE a.posted_fen <> coalesce(s.posted_fen, 0) OR a.pending_fen <> coalesce(s.pending_fen, 0)
        """,
    ),
    Invariant(
        2,
        "accounts stay within their bounds",
        f"""
        SELECT id AS ledger_account, kind, owner, year, posted_fen + pending_fen AS balance_fen, min_fen, max_fen
          FROM ledger_account
         WHERE posted_fen + pending_fen < min_fen OR posted_fen + pending_fen > max_fen
            OR (kind IN ({_YEARLY}) AND (min_fen IS DISTINCT FROM 0 OR year = 0))
        """,
    ),
]

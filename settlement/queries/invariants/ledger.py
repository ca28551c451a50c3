"""Invariants 1 to 3: transactions, balances, caps."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.rules.chart import AccountKind
from settlement.states import HOLD_TRANSITIONS

_YEARLY = ", ".join(f"'{kind}'" for kind in (AccountKind.CAP, AccountKind.FUND))

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
    Invariant(
        3,
        "caps: 0 <= held + consumed <= the cap in force when holds were granted",
        """
        SELECT a.id AS ledger_account, a.owner, a.year, a.posted_fen + a.pending_fen AS used_fen, a.max_fen, c.cap_fen
          FROM ledger_account a
          LEFT JOIN LATERAL (
               SELECT max((t.data ->> 'cap_fen')::bigint) AS cap_fen
                 FROM ledger_posting p JOIN ledger_transaction t ON t.id = p.transaction_id
                WHERE p.account_id = a.id AND t.kind = 'hold_granted') c ON true
         WHERE a.kind = 'cap'
           AND (a.posted_fen < 0 OR a.pending_fen < 0
                OR (c.cap_fen IS NOT NULL AND (a.max_fen IS NULL OR a.max_fen < a.posted_fen + a.pending_fen
                                               OR a.posted_fen + a.pending_fen > c.cap_fen)))
        """,
    ),
    Invariant(
        3,
        "holds on caps equal the pending transactions behind them",
        """
        SELECT h.id AS cap_hold, h.order_id, h.state, h.held_fen, h.consumed_fen, t.kind,
               s.pending_fen, s.posted_fen
          FROM cap_hold h
          JOIN ledger_transaction t ON t.id = h.transaction_id
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE p.layer = 'pending'), 0) AS pending_fen,
                      coalesce(sum(p.amount_fen) FILTER (WHERE p.layer = 'posted'), 0) AS posted_fen
                 FROM ledger_posting p JOIN ledger_transaction x ON x.id = p.transaction_id
                 JOIN ledger_account a ON a.id = p.account_id
                WHERE x.order_id = h.order_id AND a.kind = 'cap') s ON true
         WHERE s.pending_fen <> h.held_fen OR s.posted_fen <> h.consumed_fen
            OR t.order_id IS DISTINCT FROM h.order_id
            OR t.kind <> CASE h.state WHEN 'live' THEN 'hold_granted' WHEN 'consumed' THEN 'hold_consumed'
                                      ELSE 'hold_released' END
            OR (h.state = 'live' AND EXISTS (SELECT FROM ledger_transaction r WHERE r.resolves_id = t.id))
        """,
    ),
    Invariant(
        3,
        "every held sum belongs to a hold",
        """
        SELECT a.id AS ledger_account, a.owner, a.year, a.pending_fen, a.posted_fen, coalesce(h.held_fen, 0) AS held_fen
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, sum(held_fen) AS held_fen, sum(consumed_fen) AS consumed_fen
                       FROM cap_hold GROUP BY account_id) h ON h.account_id = a.id
         WHERE a.kind = 'cap'
           AND (a.pending_fen <> coalesce(h.held_fen, 0) OR a.posted_fen <> coalesce(h.consumed_fen, 0))
        """,
    ),
    replay("cap_hold", HOLD_TRANSITIONS),
]

"""Invariant 3: yearly caps, of the province's voucher and of city programmes, with what merged and split groups did."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.states import HOLD_TRANSITIONS

_CAPS = "a.kind IN ('cap', 'aid_cap')"


def _holds_equal_postings(table: str, kind: str, *, same_programme: str) -> Invariant:
    return Invariant(
        3,
        f"holds of {table} equal the pending transactions behind them",
        f"""
        SELECT h.id AS {table}, h.order_id, h.state, h.held_fen, h.consumed_fen, t.kind,
               s.pending_fen, s.posted_fen
          FROM {table} h
          JOIN ledger_transaction t ON t.id = h.transaction_id
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE p.layer = 'pending'), 0) AS pending_fen,
                      coalesce(sum(p.amount_fen) FILTER (WHERE p.layer = 'posted'), 0) AS posted_fen
                 FROM ledger_posting p JOIN ledger_transaction x ON x.id = p.transaction_id
                 JOIN ledger_account a ON a.id = p.account_id
                WHERE x.order_id = h.order_id AND a.kind = '{kind}' AND {same_programme}) s ON true
         WHERE s.pending_fen <> h.held_fen OR s.posted_fen <> h.consumed_fen
            OR t.order_id IS DISTINCT FROM h.order_id
            OR t.kind <> CASE h.state WHEN 'live' THEN 'hold_granted' WHEN 'consumed' THEN 'hold_consumed'
                                      ELSE 'hold_released' END
            OR (h.state = 'live' AND EXISTS (SELECT FROM ledger_transaction r WHERE r.resolves_id = t.id))
        """,
    )


INVARIANTS: list[Invariant] = [
    Invariant(
        3,
        "caps: 0 <= held + consumed <= the cap in force when holds were granted, or the overhang a change recorded",
        f"""
        SELECT a.id AS ledger_account, a.owner, a.year, a.posted_fen + a.pending_fen AS used_fen, a.max_fen, c.cap_fen,
               c.carried_fen, m.merged_fen
          FROM ledger_account a
          LEFT JOIN LATERAL (
               SELECT max((t.data ->> 'cap_fen')::bigint) AS cap_fen,
                      max((t.data ->> 'used_after_fen')::bigint) AS carried_fen
                 FROM ledger_posting p JOIN ledger_transaction t ON t.id = p.transaction_id
                WHERE p.account_id = a.id AND t.kind IN ('hold_granted', 'cap_carried')) c ON true
          LEFT JOIN LATERAL (
               SELECT max(y.cap_fen + y.overhang_fen) AS merged_fen
                 FROM cap_merge_year y WHERE y.into_account_id = a.id) m ON true
         WHERE {_CAPS}
           AND (a.posted_fen < 0 OR a.pending_fen < 0
                OR (c.cap_fen IS NOT NULL AND (a.max_fen IS NULL OR a.max_fen < a.posted_fen + a.pending_fen))
                OR a.posted_fen + a.pending_fen > greatest(c.cap_fen, c.carried_fen, m.merged_fen))
        """,
    ),
    Invariant(
        3,
        "no hold is granted without room: what is held and used after it is within the cap in force",
        f"""
        SELECT s.transaction_id AS ledger_transaction, s.account_id AS ledger_account, s.used_fen, s.cap_fen
          FROM (SELECT p.transaction_id, p.account_id, p.amount_fen, t.kind, t.data ->> 'renews' AS renews,
                       (t.data ->> 'cap_fen')::bigint AS cap_fen,
                       sum(p.amount_fen) OVER (PARTITION BY p.account_id ORDER BY p.transaction_id, p.id) AS used_fen
                  FROM ledger_posting p JOIN ledger_transaction t ON t.id = p.transaction_id
                  JOIN ledger_account a ON a.id = p.account_id
                 WHERE {_CAPS}) s
         WHERE s.kind = 'hold_granted' AND s.renews IS NULL AND s.used_fen > s.cap_fen
        """,
    ),
    Invariant(
        3,
        "what stood on a cap when a split carried use onto it is what is recorded of it",
        f"""
        SELECT s.transaction_id AS ledger_transaction, s.account_id AS ledger_account, s.used_fen, s.used_after_fen
          FROM (SELECT p.transaction_id, p.account_id, t.kind,
                       (t.data ->> 'used_after_fen')::bigint AS used_after_fen,
                       sum(p.amount_fen) OVER (PARTITION BY p.account_id ORDER BY p.transaction_id, p.id) AS used_fen
                  FROM ledger_posting p JOIN ledger_transaction t ON t.id = p.transaction_id
                  JOIN ledger_account a ON a.id = p.account_id
                 WHERE {_CAPS}) s
         WHERE s.kind = 'cap_carried' AND s.used_fen <> s.used_after_fen
        """,
    ),
    Invariant(
        3,
        "what a split carried of a hold is what that holds or has used now, once on each cap and never on its own",
        """
        SELECT k.id AS cap_carry, k.root, k.amount_fen, h.counted_fen
          FROM cap_carry k
          JOIN ledger_account a ON a.id = k.account_id
          LEFT JOIN (SELECT 'order:' || order_id AS root, 'cap' AS kind, '' AS programme, year, account_id,
                            held_fen + consumed_fen AS counted_fen
                       FROM cap_hold
                      UNION ALL
                     SELECT 'order:' || order_id, 'aid_cap', programme, year, account_id, held_fen + consumed_fen
                       FROM aid_hold) h
            ON h.root = k.root AND h.kind = a.kind AND h.programme = split_part(a.owner, '@', 2)
         WHERE k.live AND k.root LIKE 'order:%'
           AND (h.counted_fen IS DISTINCT FROM k.amount_fen OR h.year <> a.year OR h.account_id = k.account_id
                OR EXISTS (SELECT FROM cap_carry o
                            WHERE o.live AND o.root = k.root AND o.account_id = k.account_id AND o.id <> k.id))
        """,
    ),
    _holds_equal_postings("cap_hold", "cap", same_programme="true"),
    _holds_equal_postings("aid_hold", "aid_cap", same_programme="split_part(a.owner, '@', 2) = h.programme"),
    Invariant(
        3,
        "every held sum belongs to a hold, every used one to a hold or to what a split carried along",
        f"""
        SELECT a.id AS ledger_account, a.owner, a.year, a.pending_fen, a.posted_fen,
               coalesce(h.held_fen, 0) AS held_fen, coalesce(h.consumed_fen, 0) AS consumed_fen,
               coalesce(k.carried_fen, 0) AS carried_fen
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, sum(held_fen) AS held_fen, sum(consumed_fen) AS consumed_fen
                       FROM (SELECT account_id, held_fen, consumed_fen FROM cap_hold
                              UNION ALL SELECT account_id, held_fen, consumed_fen FROM aid_hold) every
                      GROUP BY account_id) h ON h.account_id = a.id
          LEFT JOIN (SELECT account_id, sum(amount_fen) AS carried_fen FROM cap_carry WHERE live
                      GROUP BY account_id) k ON k.account_id = a.id
         WHERE {_CAPS}
           AND (a.pending_fen <> coalesce(h.held_fen, 0)
                OR a.posted_fen <> coalesce(h.consumed_fen, 0) + coalesce(k.carried_fen, 0))
        """,
    ),
    Invariant(
        3,
        "an owner that was merged into another has nothing left in the years since",
        f"""
        SELECT m.id AS cap_merge, m.absorbed, a.id AS ledger_account, a.year, a.posted_fen, a.pending_fen
          FROM cap_merge m
          JOIN ledger_account a ON split_part(a.owner, '@', 1) = m.absorbed AND a.year >= m.from_year AND {_CAPS}
         WHERE a.posted_fen <> 0 OR a.pending_fen <> 0
        """,
    ),
    Invariant(
        3,
        "the overhang a merge recorded is what it left above the cap in force",
        """
        SELECT y.id AS cap_merge_year, y.cap_fen, y.used_after_fen, y.overhang_fen
          FROM cap_merge_year y
         WHERE y.overhang_fen <> greatest(0, y.used_after_fen - y.cap_fen)
            OR y.used_after_fen < y.held_fen + y.consumed_fen
        """,
    ),
    replay("cap_hold", HOLD_TRANSITIONS),
    replay("aid_hold", HOLD_TRANSITIONS),
]

"""Invariants 8, 9 and 10: batches pay from the account that was in force, which two persons decided on."""

from __future__ import annotations

from accounts.states import PROPOSAL_TRANSITIONS
from core.invariants import Invariant, replay

INVARIANTS: list[Invariant] = [
    Invariant(
        8,
        "a batch pays from the account that was in force when it was prepared",
        """
        SELECT b.id AS settlement_batch, b.number, b.programme, b.paying_account_id AS paying_account, f.id AS in_force
          FROM settlement_batch b
          LEFT JOIN LATERAL (
               SELECT p.id FROM paying_account p
                WHERE p.programme IN (b.programme, '*') AND p.state = 'approved' AND p.reviewed_at <= b.prepared_at
                  AND p.valid_from <= (b.prepared_at AT TIME ZONE 'Asia/Shanghai')::date
                ORDER BY p.programme = b.programme DESC, p.valid_from DESC, p.reviewed_at DESC, p.id DESC
                LIMIT 1) f ON true
         WHERE b.paying_account_id IS NOT NULL AND b.paying_account_id IS DISTINCT FROM f.id
        """,
    ),
    Invariant(
        10,
        "a paying account is proposed by one person and decided by another",
        """
        SELECT id AS paying_account, programme, state, proposed_by, reviewed_by FROM paying_account
         WHERE proposed_by = reviewed_by
            OR (reviewed_at IS NOT NULL AND (proposed_by IS NULL) <> (reviewed_by IS NULL))
        """,
    ),
    replay("paying_account", PROPOSAL_TRANSITIONS),
]

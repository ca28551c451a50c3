"""What must always be true of payments through the gateway (4, 9, 12, 13)."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.rules.gateway import GRACE
from settlement.states import ACCOUNT_TRANSITIONS, REFUND_TRANSITIONS

INVARIANTS: list[Invariant] = [
    Invariant(
        4,
        "each online payment that succeeded matches one intent of the gateway",
        """
        SELECT m.id AS payment, m.state, m.amount_fen, g.intent_id, g.received_fen
          FROM payment m LEFT JOIN gateway_payment g ON g.payment_id = m.id
         WHERE m.method <> 'bank_transfer' AND (
               g.payment_id IS NULL
               OR m.state IN ('succeeded', 'refunded')
                  AND (g.intent_id IS NULL OR g.received_fen <> m.amount_fen OR g.ask_at IS NOT NULL))
         UNION ALL
        SELECT m.id, m.state, m.amount_fen, g.intent_id, g.received_fen
          FROM payment m JOIN gateway_payment g ON g.payment_id = m.id
         WHERE m.method = 'bank_transfer'
        """,
    ),
    Invariant(
        4,
        "only what succeeded is posted",
        """
        SELECT id AS payment, state, transaction_id FROM payment
         WHERE (transaction_id IS NOT NULL) <> (state IN ('succeeded', 'refunded', 'corrected'))
        """,
    ),
    Invariant(
        4,
        "what went back through the gateway is what was refunded of the payment",
        """
        SELECT m.id AS payment, m.refunded_fen, coalesce(r.amount_fen, 0) AS sent_back_fen
          FROM payment m
          LEFT JOIN (SELECT payment_id, sum(amount_fen) AS amount_fen FROM gateway_refund
                      WHERE transaction_id IS NOT NULL GROUP BY payment_id) r ON r.payment_id = m.id
         WHERE m.method <> 'bank_transfer' AND m.refunded_fen <> coalesce(r.amount_fen, 0)
        """,
    ),
    Invariant(
        4,
        "a refund through the gateway equals its posting; one without is of a payment that was held",
        """
        SELECT r.id AS gateway_refund, r.payment_id AS payment, r.amount_fen, s.amount_fen AS posted_fen, m.state
          FROM gateway_refund r JOIN payment m ON m.id = r.payment_id
          LEFT JOIN LATERAL (
               SELECT -sum(p.amount_fen) AS amount_fen
                 FROM ledger_transaction t JOIN ledger_posting p ON p.transaction_id = t.id
                 JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'received'
                WHERE t.id = r.transaction_id AND t.reverses_id = m.transaction_id) s ON true
         WHERE r.transaction_id IS NOT NULL AND s.amount_fen IS DISTINCT FROM r.amount_fen
            OR r.transaction_id IS NULL AND m.transaction_id IS NOT NULL
        """,
    ),
    Invariant(
        4,
        "the gateway never gives back more than it took",
        """
        SELECT g.payment_id AS payment, g.received_fen, r.amount_fen AS sent_back_fen
          FROM gateway_payment g
          JOIN (SELECT payment_id, sum(amount_fen) AS amount_fen FROM gateway_refund
                 WHERE state IN ('created', 'unknown', 'succeeded') GROUP BY payment_id) r USING (payment_id)
         WHERE r.amount_fen > g.received_fen
        """,
    ),
    Invariant(
        9,
        "no attempt outlives its term without being asked about, and shown to a person where nothing is told",
        # Judged by the worker's own last round, so that a stopped worker is no fault of the data.
        f"""
        SELECT m.id AS payment, m.state, g.expires_at, g.ask_at, g.flagged_at
          FROM payment m JOIN gateway_payment g ON g.payment_id = m.id
         WHERE m.state IN ('created', 'unknown')
           AND (g.ask_at IS NULL
                OR g.flagged_at IS NULL AND g.expires_at + interval '{int(GRACE.total_seconds())} seconds' <
                   (SELECT max(started_at) FROM job_run WHERE job = 'gateway' AND finished_at IS NOT NULL
                       AND error IS NULL))
        """,
    ),
    Invariant(
        13,
        "a call of the gateway has its effect once: it is open and asked about, or done",
        """
        SELECT id AS gateway_event, event_id, ask_at, processed_at FROM gateway_event
         WHERE (processed_at IS NULL) <> (ask_at IS NOT NULL)
        """,
    ),
    replay("gateway_refund", REFUND_TRANSITIONS),
    replay("gateway_account", ACCOUNT_TRANSITIONS),
    Invariant(
        9,
        "gateway_dispute: history ends in the present state",
        """
        SELECT d.id AS gateway_dispute, d.state,
               (SELECT to_state FROM audit_entry WHERE subject_kind = 'gateway_dispute' AND subject_id = d.id
                 ORDER BY id DESC LIMIT 1) AS told
          FROM gateway_dispute d
         WHERE d.state IS DISTINCT FROM
               (SELECT to_state FROM audit_entry WHERE subject_kind = 'gateway_dispute' AND subject_id = d.id
                 ORDER BY id DESC LIMIT 1)
        """,
    ),
]

"""Invariants 4 and 17: what user and provider owe each other."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.states import PAYMENT_TRANSITIONS, SHORTFALL_TRANSITIONS

INVARIANTS: list[Invariant] = [
    Invariant(
        4,
        "what an order was charged is due, received, receivable, assigned, owed or forgone",
        """
        SELECT c.id AS order_charge, c.order_id, c.self_pay_fen, c.subsidy_fen, s.sold_fen, s.due_fen
          FROM order_charge c
          LEFT JOIN LATERAL (
               SELECT -coalesce(sum(p.amount_fen) FILTER (
                          WHERE a.kind = 'sales' AND t.kind IN ('order_charged', 'charge_adjusted')), 0) AS sold_fen,
                      coalesce(sum(p.amount_fen) FILTER (WHERE a.kind = 'due_from_user' AND t.kind IN
                          ('order_charged', 'charge_adjusted')), 0) AS due_fen
                 FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                 JOIN ledger_transaction t ON t.id = p.transaction_id
                WHERE a.book = 'trade' AND a.owner = 'order:' || c.order_id) s ON true
         WHERE s.sold_fen <> c.self_pay_fen + c.subsidy_fen OR s.due_fen <> c.self_pay_fen
        """,
    ),
    Invariant(
        4,
        "payments and refunds equal their postings",
        """
        SELECT m.id AS payment, m.order_id, m.amount_fen, m.refunded_fen, s.received_fen, s.refunded_fen AS
        posted_refunds_fen
          FROM payment m
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE t.id = m.transaction_id), 0) AS received_fen,
                      -coalesce(sum(p.amount_fen) FILTER (WHERE t.reverses_id = m.transaction_id), 0) AS refunded_fen
                 FROM ledger_transaction t JOIN ledger_posting p ON p.transaction_id = t.id
                 JOIN ledger_account a ON a.id = p.account_id
                WHERE a.kind = 'received' AND (t.id = m.transaction_id OR t.reverses_id = m.transaction_id)) s ON true
         WHERE m.state IN ('succeeded', 'refunded')
           AND (s.received_fen <> m.amount_fen OR s.refunded_fen <> m.refunded_fen)
        """,
    ),
    Invariant(
        4,
        "shortfalls equal what is posted as owed and paid",
        """
        SELECT f.id AS shortfall, f.order_id, f.amount_fen, f.paid_fen, s.opened_fen, s.paid_fen AS posted_paid_fen
          FROM shortfall f
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) AS opened_fen,
                      -coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen < 0), 0) AS paid_fen
                 FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                WHERE a.kind = 'shortfall' AND a.owner = 'order:' || f.order_id) s ON true
         WHERE s.opened_fen <> f.amount_fen OR s.paid_fen <> f.paid_fen
        """,
    ),
    Invariant(
        17,
        "an order's shortfall is what was deducted less what was approved and not revoked unpaid",
        """
        SELECT f.id AS shortfall, f.order_id, f.amount_fen, c.subsidy_fen AS deducted_fen,
               p.amount_fen AS approved_fen
          FROM shortfall f JOIN order_charge c ON c.order_id = f.order_id
          LEFT JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount_fen FROM payable
                              WHERE order_id = f.order_id AND payee_id = f.creditor_id
                                AND state <> 'cancelled') p ON true
         WHERE f.amount_fen <> c.subsidy_fen - p.amount_fen
            OR (f.debtor_id, f.creditor_id) IS DISTINCT FROM (c.user_id, c.provider_id)
        """,
    ),
    Invariant(
        17,
        "what is assigned of an order's deduction is what its payables to the provider owe, paid or claimed back",
        """
        SELECT c.id AS order_charge, c.order_id, a.posted_fen AS assigned_fen, p.amount_fen AS payables_fen
          FROM order_charge c
          JOIN ledger_account a ON a.kind = 'subsidy_assigned' AND a.owner = 'order:' || c.order_id
          LEFT JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount_fen FROM payable
                              WHERE order_id = c.order_id AND payee_id = c.provider_id
                                AND state <> 'cancelled') p ON true
         WHERE a.posted_fen <> p.amount_fen
        """,
    ),
    replay("payment", PAYMENT_TRANSITIONS),
    replay("shortfall", SHORTFALL_TRANSITIONS),
]

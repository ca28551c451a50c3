"""Invariants 4 and 17: what user and provider owe each other."""

from __future__ import annotations

from accounts.states import PROPOSAL_TRANSITIONS
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
         WHERE m.state IN ('succeeded', 'refunded', 'corrected')
           AND (s.received_fen <> m.amount_fen
                OR s.refunded_fen <> CASE WHEN m.state = 'corrected' THEN m.amount_fen ELSE m.refunded_fen END)
        """,
    ),
    Invariant(
        4,
        "shortfalls equal what is posted as owed, paid, given back and written off",
        """
        SELECT f.id AS shortfall, f.order_id, f.amount_fen, f.paid_fen, f.written_off_fen, s.opened_fen,
               s.paid_fen AS posted_paid_fen, s.written_off_fen AS posted_written_off_fen
          FROM shortfall f
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE t.kind = 'shortfall_opened'), 0) AS opened_fen,
                      -coalesce(sum(p.amount_fen) FILTER (WHERE t.kind = 'shortfall_written_off'), 0)
                          AS written_off_fen,
                      -coalesce(sum(p.amount_fen) FILTER (
                          WHERE t.kind NOT IN ('shortfall_opened', 'shortfall_written_off')), 0) AS paid_fen
                 FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
                 JOIN ledger_transaction t ON t.id = p.transaction_id
                WHERE a.kind = 'shortfall' AND a.owner = 'order:' || f.order_id) s ON true
         WHERE s.opened_fen <> f.amount_fen OR s.paid_fen <> f.paid_fen OR s.written_off_fen <> f.written_off_fen
        """,
    ),
    Invariant(
        4,
        "what was paid of a shortfall is its payments less what went back",
        """
        SELECT f.id AS shortfall, f.paid_fen, coalesce(m.fen, 0) AS payments_fen
          FROM shortfall f
          LEFT JOIN (SELECT shortfall_id, sum(amount_fen - refunded_fen) AS fen FROM payment
                      WHERE state IN ('succeeded', 'refunded') GROUP BY shortfall_id) m ON m.shortfall_id = f.id
         WHERE f.paid_fen <> coalesce(m.fen, 0)
        """,
    ),
    Invariant(
        10,
        "what is written off of a shortfall is what two persons decided",
        """
        SELECT f.id AS shortfall, f.written_off_fen, d.fen AS decided_fen
          FROM shortfall f
          LEFT JOIN (SELECT shortfall_id, sum(amount_fen) AS fen, bool_or(reviewed_by = proposed_by) AS alone
                       FROM shortfall_proposal WHERE remedy = 'write_off' AND state = 'approved'
                      GROUP BY shortfall_id) d ON d.shortfall_id = f.id
         WHERE f.written_off_fen <> coalesce(d.fen, 0) OR d.alone
        """,
    ),
    Invariant(
        10,
        "a payment is corrected once, by two persons, and made anew by what they decided",
        """
        SELECT m.id AS payment, m.state, m.shortfall_id AS shortfall, d.id AS shortfall_proposal,
               d.amount_fen AS right_fen, n.id AS made_anew, n.amount_fen
          FROM payment m
          LEFT JOIN shortfall_proposal d ON d.payment_id = m.id AND d.state = 'approved'
          LEFT JOIN payment n ON n.corrects_id = m.id
         WHERE (m.state = 'corrected') <> (d.id IS NOT NULL) OR d.reviewed_by = d.proposed_by
            OR (n.id IS NOT NULL OR d.amount_fen > 0)
               AND (n.amount_fen, n.shortfall_id) IS DISTINCT FROM (d.amount_fen, m.shortfall_id)
        """,
    ),
    Invariant(
        4,
        "instalments of a shortfall add up to the sum they are a plan for",
        """
        SELECT p.id AS shortfall_proposal, p.shortfall_id AS shortfall, p.amount_fen, sum(i.amount_fen) AS planned_fen
          FROM shortfall_proposal p LEFT JOIN shortfall_instalment i ON i.proposal_id = p.id
         GROUP BY p.id
        HAVING CASE WHEN p.remedy = 'instalments' THEN coalesce(sum(i.amount_fen), 0) <> p.amount_fen
                    ELSE count(i.id) > 0 END
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
    replay("shortfall_proposal", PROPOSAL_TRANSITIONS),
]

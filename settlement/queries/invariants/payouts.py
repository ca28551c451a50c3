"""Invariants 6 and 7: every claim is paid at most once, to one payee; clawbacks take back no more than was paid.

Payables are not replayed from audit entries: batches and bank returns move many at once with one entry, so
their history is that of their lines, which invariant 6 follows.
"""

from __future__ import annotations

from accounts.states import PROPOSAL_TRANSITIONS
from core.invariants import Invariant, replay
from settlement.queries.invariants.outcomes import OUTCOMES, PAYOUT_OUTCOMES
from settlement.states import CLAWBACK_TRANSITIONS, STOP_TRANSITIONS

INVARIANTS: list[Invariant] = [
    Invariant(
        6,
        "a payable is paid at most once: gross paid - returned <= confirmed",
        f"""
        WITH said AS ({OUTCOMES})
        SELECT p.id AS payable, p.source, p.amount_fen, p.state, p.paid_fen,
               coalesce(sum(said.amount_fen) FILTER (WHERE said.outcome = 'paid'), 0) AS net_paid_fen
          FROM payable p LEFT JOIN said ON said.payable_id = p.id
         GROUP BY p.id
        HAVING coalesce(sum(said.amount_fen) FILTER (WHERE said.outcome = 'paid'), 0) > p.amount_fen
            OR coalesce(sum(said.amount_fen) FILTER (WHERE said.outcome = 'paid'), 0) <> p.paid_fen
        """,
    ),
    Invariant(
        6,
        "a payable stands in one live batch at most, and where its state says",
        f"""
        WITH said AS ({OUTCOMES}), latest AS (
            SELECT DISTINCT ON (payable_id) * FROM said ORDER BY payable_id, attempt DESC)
        SELECT p.id AS payable, p.source, p.state, p.batch_id, p.attempts, latest.batch_id AS last_batch,
               latest.outcome, latest.batch_state
          FROM payable p LEFT JOIN latest ON latest.payable_id = p.id
         WHERE p.attempts <> coalesce(latest.attempt, 0)
            OR (p.state = 'in_batch' AND (latest.batch_id IS DISTINCT FROM p.batch_id OR latest.outcome IS NOT NULL
                                          OR latest.batch_state NOT IN ('prepared', 'approved', 'exported')))
            OR (p.state IN ('paid', 'failed', 'returned') AND (p.state <> 'failed' OR p.batch_id IS NOT NULL)
                AND (latest.batch_id IS DISTINCT FROM p.batch_id OR latest.outcome IS DISTINCT FROM p.state))
            OR ((p.state IN ('due', 'cancelled') OR (p.state = 'failed' AND p.batch_id IS NULL))
                AND latest.batch_id IS NOT NULL
                AND latest.batch_state <> 'discarded' AND latest.outcome IS DISTINCT FROM 'failed'
                AND latest.outcome IS DISTINCT FROM 'returned')
        UNION ALL
        SELECT p.id, p.source, p.state, p.batch_id, p.attempts, said.batch_id, said.outcome, said.batch_state
          FROM said JOIN payable p ON p.id = said.payable_id
         WHERE said.attempt < p.attempts AND said.batch_state <> 'discarded'
           AND (said.outcome IS NULL OR said.outcome = 'paid')
        """,
    ),
    Invariant(
        6,
        "what failed without a batch was refused when one was prepared",
        """
        SELECT p.id AS payable, p.source, p.state, p.holder_name, p.account_number
          FROM payable p
         WHERE p.state = 'failed' AND p.batch_id IS NULL
           AND (SELECT e.action FROM audit_entry e
                 WHERE e.subject_kind = 'payable' AND e.subject_id = p.id AND e.to_state IS NOT NULL
                   AND e.from_state IS DISTINCT FROM e.to_state
                 ORDER BY e.id DESC LIMIT 1) IS DISTINCT FROM 'refuse'
        """,
    ),
    Invariant(
        6,
        "payables equal what is posted as owed, paid and cancelled",
        """
        SELECT a.id AS ledger_account, a.owner, a.posted_fen, a.pending_fen, s.owed_fen, s.on_its_way_fen
          FROM ledger_account a
          LEFT JOIN (SELECT account_id,
                            coalesce(sum(amount_fen) FILTER (WHERE state NOT IN ('paid', 'cancelled')), 0) AS owed_fen,
                            coalesce(sum(amount_fen) FILTER (WHERE state = 'in_batch'), 0) AS on_its_way_fen
                       FROM payable GROUP BY account_id) s ON s.account_id = a.id
         WHERE a.kind = 'payable'
           AND (-a.posted_fen <> coalesce(s.owed_fen, 0) OR a.pending_fen <> coalesce(s.on_its_way_fen, 0))
        """,
    ),
    Invariant(
        6,
        "0 <= clawed back <= paid - returned, and as clawbacks say",
        """
        SELECT p.id AS payable, p.source, p.paid_fen, p.clawed_back_fen, coalesce(c.fen, 0) AS clawbacks_fen
          FROM payable p
          LEFT JOIN (SELECT payable_id, sum(amount_fen) AS fen FROM clawback GROUP BY payable_id) c
            ON c.payable_id = p.id
         WHERE p.clawed_back_fen < 0 OR p.clawed_back_fen > p.paid_fen OR p.clawed_back_fen <> coalesce(c.fen, 0)
        """,
    ),
    Invariant(
        6,
        "clawbacks equal what is posted as claimed, recovered and netted",
        f"""
        WITH said AS ({PAYOUT_OUTCOMES})
        SELECT NULL AS clawback, a.id AS ledger_account, a.owner, a.posted_fen, coalesce(c.open_fen, 0) AS open_fen
          FROM ledger_account a
          LEFT JOIN (SELECT payee_id, sum(amount_fen - recovered_fen - written_off_fen) AS open_fen,
                            sum(netting_fen) AS netting_fen
                       FROM clawback GROUP BY payee_id) c
            ON a.owner = 'organisation:' || c.payee_id
         WHERE a.kind = 'clawback_receivable'
           AND (a.posted_fen <> coalesce(c.open_fen, 0) OR -a.pending_fen <> coalesce(c.netting_fen, 0))
        UNION ALL
        SELECT c.id, NULL, 'organisation:' || c.payee_id, c.recovered_fen, coalesce(r.fen, 0) + coalesce(n.fen, 0)
          FROM clawback c
          LEFT JOIN (SELECT clawback_id, sum(amount_fen) AS fen FROM recovery GROUP BY clawback_id) r
            ON r.clawback_id = c.id
          LEFT JOIN (SELECT n.clawback_id, sum(n.amount_fen) AS fen
                       FROM batch_netting n JOIN said ON said.batch_id = n.batch_id AND said.payout_no = n.payout_no
                      WHERE said.outcome = 'paid' GROUP BY n.clawback_id) n ON n.clawback_id = c.id
         WHERE c.recovered_fen <> coalesce(r.fen, 0) + coalesce(n.fen, 0)
        """,
    ),
    Invariant(
        6,
        "nothing is put into a batch while it is stopped",
        """
        SELECT s.id AS payment_stop, s.payable_id AS payable, l.batch_id AS settlement_batch, s.ordered_at, s.ended_at,
               b.prepared_at
          FROM payment_stop s
          JOIN batch_line l ON l.payable_id = s.payable_id
          JOIN settlement_batch b ON b.id = l.batch_id
         WHERE b.prepared_at > s.ordered_at AND b.prepared_at < coalesce(s.ended_at, 'infinity')
        """,
    ),
    Invariant(
        6,
        "a payable is stopped while a stop of it stands, and only then",
        """
        SELECT p.id AS payable, p.source, p.state, p.stopped, s.id AS payment_stop
          FROM payable p LEFT JOIN payment_stop s ON s.payable_id = p.id AND s.state = 'standing'
         WHERE p.stopped <> (s.id IS NOT NULL) OR (p.stopped AND p.state NOT IN ('due', 'failed', 'returned'))
        """,
    ),
    Invariant(
        7,
        "one order has one payee and one payable of each programme",
        """
        SELECT order_id, count(*) AS payables, count(DISTINCT payee_id) AS payees
          FROM payable WHERE state <> 'cancelled' GROUP BY order_id
        HAVING count(DISTINCT payee_id) > 1 OR count(*) > count(DISTINCT programme)
        """,
    ),
    Invariant(
        7,
        "the payee is the user or the provider of the order",
        """
        SELECT p.id AS payable, p.source, p.order_id, p.payee_id, c.user_id, c.provider_id
          FROM payable p JOIN order_charge c ON c.order_id = p.order_id
         WHERE p.payee_id NOT IN (c.user_id, c.provider_id)
        """,
    ),
    Invariant(
        7,
        "every account paid to was a verified account of the payee",
        """
        SELECT p.id AS payable, p.source, p.payee_id, p.account_number, p.holder_name
          FROM payable p
         WHERE NOT EXISTS (
               SELECT FROM bank_account b
                WHERE b.organisation_id = p.payee_id AND b.verified_at IS NOT NULL
                  AND (b.holder_name, b.bank_name, b.cnaps_code, b.account_number)
                      = (p.holder_name, p.bank_name, p.cnaps_code, p.account_number))
        """,
    ),
    Invariant(
        6,
        "what is written off of clawbacks is posted, as two persons decided",
        """
        SELECT c.id AS clawback, c.written_off_fen, coalesce(d.fen, 0) AS decided_fen, coalesce(p.fen, 0) AS posted_fen
          FROM clawback c
          LEFT JOIN (SELECT clawback_id, sum(amount_fen) AS fen, bool_or(reviewed_by = proposed_by) AS alone
                       FROM clawback_proposal WHERE remedy = 'write_off' AND state = 'approved'
                      GROUP BY clawback_id) d ON d.clawback_id = c.id
          LEFT JOIN (SELECT t.reverses_id, sum(p.amount_fen) AS fen
                       FROM ledger_transaction t JOIN ledger_posting p ON p.transaction_id = t.id AND p.amount_fen > 0
                      WHERE t.kind = 'clawback_written_off' GROUP BY t.reverses_id) p
            ON p.reverses_id = c.transaction_id
         WHERE c.written_off_fen <> coalesce(d.fen, 0) OR c.written_off_fen <> coalesce(p.fen, 0) OR d.alone
        """,
    ),
    Invariant(
        6,
        "a correction takes back exactly the recovery it names",
        """
        SELECT r.id AS recovery, r.clawback_id AS clawback, r.amount_fen, o.amount_fen AS corrected_fen
          FROM recovery r
          LEFT JOIN recovery o ON o.id = r.corrects_id
          LEFT JOIN ledger_transaction t ON t.id = r.transaction_id
         WHERE r.amount_fen < 0
           AND (o.id IS NULL OR r.amount_fen <> -o.amount_fen OR r.clawback_id <> o.clawback_id
                OR t.reverses_id IS DISTINCT FROM o.transaction_id)
        """,
    ),
    Invariant(
        6,
        "instalments add up to the sum they are a plan for",
        """
        SELECT p.id AS clawback_proposal, p.clawback_id AS clawback, p.amount_fen, sum(i.amount_fen) AS planned_fen
          FROM clawback_proposal p LEFT JOIN instalment i ON i.proposal_id = p.id
         GROUP BY p.id
        HAVING CASE WHEN p.remedy = 'instalments' THEN coalesce(sum(i.amount_fen), 0) <> p.amount_fen
                    ELSE count(i.id) > 0 END
        """,
    ),
    replay("clawback", CLAWBACK_TRANSITIONS),
    replay("clawback_proposal", PROPOSAL_TRANSITIONS),
    replay("payment_stop", STOP_TRANSITIONS),
]

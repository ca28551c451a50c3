"""Invariant 15: no fund pays more than was appropriated."""

from __future__ import annotations

from accounts.states import PROPOSAL_TRANSITIONS
from core.invariants import Invariant, replay
from settlement.queries.invariants.outcomes import PAYOUT_OUTCOMES

INVARIANTS: list[Invariant] = [
    Invariant(
        15,
        "funds: 0 <= committed + paid <= appropriation",
        """
        SELECT f.id AS fund, f.programme, f.year, s.appropriated_fen, -m.pending_fen AS committed_fen,
               s.appropriated_fen - m.posted_fen AS paid_fen
          FROM fund f
          JOIN ledger_account m ON m.id = f.account_id
          LEFT JOIN (SELECT fund_id, sum(amount_fen) AS appropriated_fen FROM appropriation GROUP BY fund_id) s
            ON s.fund_id = f.id
          LEFT JOIN ledger_account c ON c.kind = 'appropriation' AND c.owner = m.owner AND c.year = m.year
         WHERE m.posted_fen + m.pending_fen < 0 OR m.pending_fen > 0 OR m.posted_fen > coalesce(s.appropriated_fen, 0)
            OR coalesce(-c.posted_fen, 0) <> coalesce(s.appropriated_fen, 0)
            OR (m.kind, m.owner, m.year) IS DISTINCT FROM ('fund', f.programme, f.year)
        """,
    ),
    Invariant(
        15,
        "what a fund committed is in batches that wait for the bank, what it paid in payouts that were paid",
        f"""
        WITH said AS ({PAYOUT_OUTCOMES})
        SELECT f.id AS fund, f.year, -m.pending_fen AS committed_fen, coalesce(s.waiting_fen, 0) AS waiting_payouts_fen,
               a.fen - m.posted_fen AS paid_fen, coalesce(s.paid_fen, 0) AS paid_payouts_fen,
               coalesce(r.fen, 0) AS recovered_fen
          FROM fund f
          JOIN ledger_account m ON m.id = f.account_id
          JOIN (SELECT fund_id, sum(amount_fen) AS fen FROM appropriation GROUP BY fund_id) a ON a.fund_id = f.id
          LEFT JOIN (SELECT b.fund_id,
                            sum(said.amount_fen) FILTER (WHERE said.outcome IS NULL AND b.state <> 'discarded')
                                AS waiting_fen,
                            sum(said.amount_fen) FILTER (WHERE said.outcome = 'paid') AS paid_fen
                       FROM said JOIN settlement_batch b ON b.id = said.batch_id
                      GROUP BY b.fund_id) s ON s.fund_id = f.id
          LEFT JOIN (SELECT b.fund_id, sum(x.amount_fen) AS fen
                       FROM recovery x JOIN clawback c ON c.id = x.clawback_id
                       JOIN settlement_batch b ON b.id = c.batch_id GROUP BY b.fund_id) r ON r.fund_id = f.id
         WHERE -m.pending_fen <> coalesce(s.waiting_fen, 0)
            OR a.fen - m.posted_fen <> coalesce(s.paid_fen, 0) - coalesce(r.fen, 0)
        """,
    ),
    Invariant(
        15,
        "what is carried out of one fund is carried into the next",
        """
        SELECT transaction_id AS ledger_transaction, sum(amount_fen) AS off_fen
          FROM appropriation WHERE kind IN ('carried_out', 'carried_in')
         GROUP BY transaction_id HAVING sum(amount_fen) <> 0
        """,
    ),
    Invariant(
        10,
        "a fund is closed by two persons, and by the sums they decided",
        """
        SELECT f.id AS fund, c.carried_fen, c.lapsed_fen, a.carried_fen AS carried_out_fen, a.lapsed_fen AS taken_fen
          FROM fund f
          LEFT JOIN (SELECT fund_id, sum(carried_fen) AS carried_fen, sum(lapsed_fen) AS lapsed_fen,
                            bool_or(reviewed_by = proposed_by) AS alone
                       FROM fund_closing WHERE state = 'approved' GROUP BY fund_id) c ON c.fund_id = f.id
          LEFT JOIN (SELECT fund_id, -sum(amount_fen) FILTER (WHERE kind = 'carried_out') AS carried_fen,
                            -sum(amount_fen) FILTER (WHERE kind = 'lapsed') AS lapsed_fen
                       FROM appropriation GROUP BY fund_id) a ON a.fund_id = f.id
         WHERE coalesce(c.carried_fen, 0) <> coalesce(a.carried_fen, 0)
            OR coalesce(c.lapsed_fen, 0) <> coalesce(a.lapsed_fen, 0) OR c.alone
        """,
    ),
    Invariant(
        10,
        "an appropriation is corrected by a posted entry that names it, as two persons decided",
        """
        SELECT a.id AS appropriation, a.fund_id AS fund, a.amount_fen, n.id AS correcting, n.amount_fen AS change_fen,
               c.id AS appropriation_correction, c.amount_fen AS right_fen
          FROM appropriation a
          LEFT JOIN appropriation n ON n.corrects_id = a.id
          LEFT JOIN ledger_transaction t ON t.id = n.transaction_id
          LEFT JOIN appropriation_correction c ON c.appropriation_id = a.id AND c.state = 'approved'
         WHERE (n.id IS NOT NULL OR c.id IS NOT NULL)
           AND (abs(a.amount_fen + coalesce(n.amount_fen, 0)) IS DISTINCT FROM c.amount_fen
                OR c.reviewed_by = c.proposed_by OR n.fund_id <> a.fund_id
                OR n.id IS NOT NULL AND t.reverses_id IS DISTINCT FROM a.transaction_id)
        """,
    ),
    replay("fund_closing", PROPOSAL_TRANSITIONS),
    replay("appropriation_correction", PROPOSAL_TRANSITIONS),
]

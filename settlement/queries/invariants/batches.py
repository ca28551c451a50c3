"""Invariants 8 and 10: batches are what their lines, files and postings say, and are made by different people."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.queries.invariants.outcomes import OUTCOMES
from settlement.rules.seal import SEAL_SQL
from settlement.states import BATCH_TRANSITIONS

INVARIANTS: list[Invariant] = [
    Invariant(
        8,
        "a batch's total and seal are those of its lines",
        f""" SELECT b.id AS settlement_batch, b.number,
        b.line_count, b.total_fen, s.line_count AS lines, s.total_fen AS lines_fen
          FROM settlement_batch b
          LEFT JOIN LATERAL (
               SELECT count(*) AS line_count, coalesce(sum(l.amount_fen), 0) AS total_fen, {SEAL_SQL} AS seal,
                      max(l.line_no) AS last_no
                 FROM batch_line l WHERE l.batch_id = b.id) s ON true
         WHERE b.content_sha256 IS NULL OR b.content_sha256 IS DISTINCT FROM s.seal
            OR b.line_count <> s.line_count OR b.total_fen <> s.total_fen OR s.last_no IS DISTINCT FROM s.line_count
        """,
    ),
    Invariant(
        8,
        "a batch's total is its postings",
        """
        SELECT b.id AS settlement_batch, b.number, b.total_fen, s.committed_fen, s.fund_fen
          FROM settlement_batch b JOIN fund f ON f.id = b.fund_id
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) AS committed_fen,
                      -coalesce(sum(p.amount_fen) FILTER (WHERE p.account_id = f.account_id), 0) AS fund_fen
                 FROM ledger_posting p WHERE p.transaction_id = b.transaction_id) s ON true
         WHERE s.committed_fen <> b.total_fen OR s.fund_fen <> b.total_fen
        """,
    ),
    Invariant(
        8,
        "a batch's lines are posted to their payees",
        """
        SELECT b.id AS settlement_batch, b.number, x.account_id AS ledger_account, x.lines_fen, x.posted_fen
          FROM settlement_batch b JOIN fund f ON f.id = b.fund_id
          CROSS JOIN LATERAL (
               SELECT coalesce(l.account_id, p.account_id) AS account_id,
                      coalesce(l.fen, 0) AS lines_fen, coalesce(p.amount_fen, 0) AS posted_fen
                 FROM (SELECT account_id, sum(amount_fen) AS fen
                         FROM batch_line WHERE batch_id = b.id GROUP BY account_id) l
                 FULL JOIN (SELECT account_id, amount_fen FROM ledger_posting
                             WHERE transaction_id = b.transaction_id AND account_id <> f.account_id) p
                   ON p.account_id = l.account_id) x
         WHERE x.lines_fen <> x.posted_fen
        """,
    ),
    Invariant(
        8,
        "lines belong to a batch and say what their payable says",
        """
        SELECT l.batch_id AS settlement_batch, l.line_no, l.payable_id AS payable, l.amount_fen, p.amount_fen AS
        payable_fen
          FROM batch_line l
          LEFT JOIN settlement_batch b ON b.id = l.batch_id
          LEFT JOIN payable p ON p.id = l.payable_id
         WHERE b.id IS NULL OR p.id IS NULL OR b.programme <> p.programme
            OR (l.source, l.order_id, l.payee_id, l.account_id, l.amount_fen)
               IS DISTINCT FROM (p.source, p.order_id, p.payee_id, p.account_id, p.amount_fen)
        """,
    ),
    Invariant(
        8,
        "a batch's files carry its control sum and its bytes",
        """
        SELECT b.id AS settlement_batch, b.number, f.format, f.control_sum_fen, b.total_fen, f.sha256, s.sha256
        AS stored
          FROM batch_file f
          JOIN settlement_batch b ON b.id = f.batch_id
          LEFT JOIN stored_file s ON s.id = f.file_id
         WHERE f.control_sum_fen <> b.total_fen OR f.line_count <> b.line_count OR f.sha256 IS DISTINCT FROM s.sha256
        UNION ALL
        SELECT b.id, b.number, NULL, NULL, b.total_fen, NULL, NULL
          FROM settlement_batch b
         WHERE b.state IN ('exported', 'closed') AND NOT EXISTS (SELECT FROM batch_file f WHERE f.batch_id = b.id)
        """,
    ),
    Invariant(
        8,
        "bank returns are the sums of their lines and of their postings",
        """
        SELECT r.id AS bank_return, r.batch_id AS settlement_batch, r.paid_fen, r.failed_fen, r.returned_fen,
               s.paid_fen AS lines_paid_fen, t.posted_fen
          FROM bank_return r
          JOIN settlement_batch b ON b.id = r.batch_id JOIN fund f ON f.id = b.fund_id
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(amount_fen) FILTER (WHERE outcome = 'paid'), 0) AS paid_fen,
                      coalesce(sum(amount_fen) FILTER (WHERE outcome = 'failed'), 0) AS failed_fen,
                      coalesce(sum(amount_fen) FILTER (WHERE outcome = 'returned'), 0) AS returned_fen,
                      coalesce(sum(amount_fen) FILTER (WHERE late), 0) AS late_fen,
                      count(*) AS lines
                 FROM bank_return_line l WHERE l.bank_return_id = r.id) s ON true
          LEFT JOIN LATERAL (
               SELECT -coalesce(sum(p.amount_fen), 0) AS posted_fen
                 FROM ledger_transaction x JOIN ledger_posting p ON p.transaction_id = x.id
                WHERE x.source = 'bank_return:' || r.id AND p.layer = 'posted'
                  AND p.account_id = f.account_id) t ON true
         WHERE (r.paid_fen, r.failed_fen, r.returned_fen) IS DISTINCT FROM (s.paid_fen, s.failed_fen, s.returned_fen)
            OR r.paid_count + r.failed_count + r.returned_count <> s.lines
            OR t.posted_fen <> s.paid_fen - s.late_fen
        """,
    ),
    Invariant(
        8,
        "what the bank said is said of a line of the batch",
        """
        SELECT r.bank_return_id AS bank_return, r.batch_id AS settlement_batch, r.line_no, r.amount_fen
          FROM bank_return_line r
          LEFT JOIN batch_line l ON l.batch_id = r.batch_id AND l.line_no = r.line_no
          LEFT JOIN bank_return a ON a.id = r.bank_return_id AND a.batch_id = r.batch_id
         WHERE l.batch_id IS NULL OR a.id IS NULL OR l.payable_id <> r.payable_id OR l.amount_fen <> r.amount_fen
            OR (r.late AND NOT EXISTS (SELECT FROM bank_return_line e
                                        WHERE e.batch_id = r.batch_id AND e.line_no = r.line_no AND e.outcome = 'paid'))
        """,
    ),
    Invariant(
        8,
        "a closed batch has an outcome for every line and nothing pending",
        f"""
        WITH said AS ({OUTCOMES})
        SELECT batch_id AS settlement_batch, line_no, batch_state FROM said
         WHERE batch_state = 'closed' AND outcome IS NULL
        """,
    ),
    Invariant(
        10,
        "batch preparer and approver differ from each other and from all behind the claims",
        """
        SELECT b.id AS settlement_batch, b.number, b.prepared_by, b.approved_by, p.id AS payable, p.involved_user_ids
          FROM settlement_batch b
          JOIN batch_line l ON l.batch_id = b.id
          JOIN payable p ON p.id = l.payable_id
         WHERE b.prepared_by = ANY (p.involved_user_ids) OR b.approved_by = ANY (p.involved_user_ids)
            OR b.prepared_by = b.approved_by
        """,
    ),
    replay("settlement_batch", BATCH_TRANSITIONS),
]

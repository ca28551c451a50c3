"""Invariants 8 and 10: batches are what their lines, files and postings say, and are made by different people."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.queries.invariants.outcomes import PAYOUT_OUTCOMES
from settlement.rules.seal import LINES_SEAL_VERSION, SEAL_OF_ITS_VERSION_SQL
from settlement.states import BATCH_TRANSITIONS

INVARIANTS: list[Invariant] = [
    Invariant(
        8,
        "a batch's total and seal are those of its payouts and lines",
        f"""
        SELECT b.id AS settlement_batch, b.number, b.line_count, b.total_fen, l.line_count AS lines,
               p.amount_fen AS payouts_fen, b.gross_fen, l.amount_fen AS lines_fen
          FROM settlement_batch b
          LEFT JOIN LATERAL (
               SELECT count(*) AS line_count, coalesce(sum(l.amount_fen), 0) AS amount_fen, max(l.line_no) AS last_no
                 FROM batch_line l WHERE l.batch_id = b.id) l ON true
          LEFT JOIN LATERAL (
               SELECT count(*) AS payout_count, coalesce(sum(p.gross_fen), 0) AS gross_fen,
                      coalesce(sum(p.netted_fen), 0) AS netted_fen, coalesce(sum(p.amount_fen), 0) AS amount_fen,
                      max(p.payout_no) AS last_no
                 FROM batch_payout p WHERE p.batch_id = b.id) p ON true
         WHERE b.content_sha256 IS NULL
            OR b.content_sha256 IS DISTINCT FROM {SEAL_OF_ITS_VERSION_SQL}
            OR (b.line_count, b.gross_fen) IS DISTINCT FROM (l.line_count, l.amount_fen)
            OR (b.payout_count, b.gross_fen, b.netted_fen, b.total_fen)
               IS DISTINCT FROM (p.payout_count, p.gross_fen, p.netted_fen, p.amount_fen)
            OR l.last_no IS DISTINCT FROM l.line_count OR p.last_no IS DISTINCT FROM p.payout_count
        """,
    ),
    Invariant(
        8,
        "a batch's total is its postings",
        """
        SELECT b.id AS settlement_batch, b.number, b.total_fen, b.gross_fen, s.committed_fen, s.fund_fen
          FROM settlement_batch b JOIN fund f ON f.id = b.fund_id
          LEFT JOIN LATERAL (
               SELECT coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) AS committed_fen,
                      -coalesce(sum(p.amount_fen) FILTER (WHERE p.account_id = f.account_id), 0) AS fund_fen
                 FROM ledger_posting p WHERE p.transaction_id = b.transaction_id) s ON true
         WHERE s.committed_fen <> b.gross_fen OR s.fund_fen <> b.total_fen
        """,
    ),
    Invariant(
        8,
        "a batch's payouts are posted to their payees, what they net to the payees' clawbacks",
        """
        SELECT b.id AS settlement_batch, b.number, x.account_id AS ledger_account, x.payouts_fen, x.posted_fen
          FROM settlement_batch b JOIN fund f ON f.id = b.fund_id
          CROSS JOIN LATERAL (
               SELECT coalesce(l.account_id, p.account_id) AS account_id,
                      coalesce(l.fen, 0) AS payouts_fen, coalesce(p.amount_fen, 0) AS posted_fen
                 FROM (SELECT account_id, sum(gross_fen) AS fen
                         FROM batch_payout WHERE batch_id = b.id GROUP BY account_id
                        UNION ALL
                       SELECT a.id, -sum(o.netted_fen)
                         FROM batch_payout o
                         LEFT JOIN ledger_account a
                           ON a.kind = 'clawback_receivable' AND a.owner = 'organisation:' || o.payee_id
                        WHERE o.batch_id = b.id AND o.netted_fen > 0 GROUP BY a.id) l
                 FULL JOIN (SELECT account_id, amount_fen FROM ledger_posting
                             WHERE transaction_id = b.transaction_id AND account_id <> f.account_id) p
                   ON p.account_id = l.account_id) x
         WHERE x.payouts_fen <> x.posted_fen
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
          LEFT JOIN batch_payout o ON o.batch_id = l.batch_id AND o.payout_no = l.payout_no
          LEFT JOIN payable p ON p.id = l.payable_id
         WHERE b.id IS NULL OR o.batch_id IS NULL OR p.id IS NULL OR b.programme <> p.programme
            OR (l.source, l.order_id, o.payee_id, o.account_id, l.amount_fen)
               IS DISTINCT FROM (p.source, p.order_id, p.payee_id, p.account_id, p.amount_fen)
            OR (p.batch_id = l.batch_id
                AND (o.holder_name, o.bank_name, o.cnaps_code, o.account_number)
                    IS DISTINCT FROM (p.holder_name, p.bank_name, p.cnaps_code, p.account_number))
        """,
    ),
    Invariant(
        8,
        "a payout is its lines less its nettings",
        """
        SELECT coalesce(o.batch_id, l.batch_id, n.batch_id) AS settlement_batch,
               coalesce(o.payout_no, l.payout_no, n.payout_no) AS payout_no,
               o.gross_fen, l.fen AS lines_fen, o.netted_fen, n.fen AS nettings_fen, o.amount_fen
          FROM batch_payout o
          FULL JOIN (SELECT batch_id, payout_no, count(*) AS line_count, sum(amount_fen) AS fen,
                            min(line_no) AS first_no, max(line_no) AS last_no
                       FROM batch_line GROUP BY batch_id, payout_no) l USING (batch_id, payout_no)
          FULL JOIN (SELECT batch_id, payout_no, sum(amount_fen) AS fen
                       FROM batch_netting GROUP BY batch_id, payout_no) n USING (batch_id, payout_no)
          LEFT JOIN settlement_batch b ON b.id = o.batch_id
         WHERE b.id IS NULL OR (o.line_count, o.gross_fen) IS DISTINCT FROM (l.line_count, l.fen)
            OR o.first_line_no <> l.first_no OR l.last_no - l.first_no + 1 <> l.line_count
            OR o.netted_fen <> coalesce(n.fen, 0) OR o.amount_fen <> o.gross_fen - o.netted_fen
        """,
    ),
    Invariant(
        8,
        "a batch has one payout for each account of a payee",
        f"""
        SELECT o.batch_id AS settlement_batch, o.payee_id, o.account_number, array_agg(o.payout_no) AS payout_nos
          FROM batch_payout o JOIN settlement_batch b ON b.id = o.batch_id
         WHERE b.seal_version > {LINES_SEAL_VERSION}
         GROUP BY o.batch_id, o.payee_id, o.account_id, o.holder_name, o.bank_name, o.cnaps_code, o.account_number
        HAVING count(*) > 1
        """,
    ),
    Invariant(
        8,
        "nettings are of clawbacks of the payee and the programme, and never more than is claimed back",
        f"""
        WITH said AS ({PAYOUT_OUTCOMES})
        SELECT c.id AS clawback, n.batch_id AS settlement_batch, n.payout_no, n.amount_fen AS netted_fen, c.netting_fen,
               c.recovered_fen, c.amount_fen
          FROM batch_netting n
          JOIN clawback c ON c.id = n.clawback_id
          JOIN batch_payout o ON o.batch_id = n.batch_id AND o.payout_no = n.payout_no
          JOIN settlement_batch b ON b.id = n.batch_id
          JOIN settlement_batch paid_by ON paid_by.id = c.batch_id
         WHERE c.payee_id <> o.payee_id OR paid_by.programme <> b.programme OR c.opened_at > b.prepared_at
        UNION ALL
        SELECT c.id, NULL, NULL, s.waiting_fen, c.netting_fen, c.recovered_fen, c.amount_fen
          FROM clawback c
          LEFT JOIN (SELECT n.clawback_id, sum(n.amount_fen) AS waiting_fen
                       FROM batch_netting n JOIN said ON said.batch_id = n.batch_id AND said.payout_no = n.payout_no
                      WHERE said.outcome IS NULL AND said.batch_state <> 'discarded'
                      GROUP BY n.clawback_id) s ON s.clawback_id = c.id
         WHERE c.netting_fen <> coalesce(s.waiting_fen, 0) OR c.recovered_fen + c.netting_fen > c.amount_fen
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
         WHERE f.control_sum_fen <> b.total_fen OR f.sha256 IS DISTINCT FROM s.sha256
            OR f.line_count <> (SELECT count(*) FROM batch_payout p WHERE p.batch_id = b.id AND p.amount_fen > 0)
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
        "a bank's answer is kept as the file that was handed in",
        """
        SELECT r.id AS bank_return, r.batch_id AS settlement_batch, r.sha256, s.sha256 AS stored
          FROM bank_return r LEFT JOIN stored_file s ON s.id = r.file_id
         WHERE r.sha256 IS DISTINCT FROM s.sha256
        """,
    ),
    Invariant(
        8,
        "what the bank said is said of a payout of the batch",
        """
        SELECT r.bank_return_id AS bank_return, r.batch_id AS settlement_batch, r.payout_no, r.amount_fen
          FROM bank_return_line r
          LEFT JOIN batch_payout o ON o.batch_id = r.batch_id AND o.payout_no = r.payout_no
          LEFT JOIN bank_return a ON a.id = r.bank_return_id AND a.batch_id = r.batch_id
         WHERE o.batch_id IS NULL OR a.id IS NULL OR o.amount_fen <> r.amount_fen
            OR (r.late AND NOT EXISTS (SELECT FROM bank_return_line e
                                        WHERE e.batch_id = r.batch_id AND e.payout_no = r.payout_no
                                          AND e.outcome = 'paid'))
        """,
    ),
    Invariant(
        8,
        "a closed batch has an outcome for every payout and nothing pending",
        f"""
        WITH said AS ({PAYOUT_OUTCOMES})
        SELECT batch_id AS settlement_batch, payout_no, batch_state FROM said
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

"""The statements that make a batch of the queue: one each, whatever the number of claims."""

from __future__ import annotations

from sqlalchemy import text

from settlement.rules.seal import SEAL_SQL
from settlement.steps.nettings import NETTABLE_SQL

TAKE = text(
    f"""
    WITH owed AS MATERIALIZED (
        SELECT id, payee_id, open_fen, sum(open_fen) OVER (PARTITION BY payee_id ORDER BY id) AS until_fen
          FROM ({NETTABLE_SQL}) open
    ), netted AS (
        SELECT p.id, greatest(0, sum(p.amount_fen) OVER earlier - d.fen)
                     - greatest(0, sum(p.amount_fen) OVER earlier - p.amount_fen - d.fen) AS cost_fen
          FROM payable p JOIN (SELECT payee_id, sum(open_fen) AS fen FROM owed GROUP BY payee_id) d
            ON d.payee_id = p.payee_id
         WHERE p.programme = :programme AND p.state = 'due' AND NOT p.stopped AND p.confirmed_at < :until
        WINDOW earlier AS (PARTITION BY p.payee_id ORDER BY p.queue_no)
    ), queue AS (
        SELECT p.id, sum(coalesce(n.cost_fen, p.amount_fen)) OVER (ORDER BY p.queue_no) AS running_fen
          FROM payable p LEFT JOIN netted n ON n.id = p.id
         WHERE p.programme = :programme AND p.state = 'due' AND NOT p.stopped AND p.confirmed_at < :until
    ), moved AS (
        UPDATE payable p SET state = 'in_batch', batch_id = :batch_id, attempts = p.attempts + 1
          FROM queue q
         WHERE p.id = q.id AND q.running_fen <= :available_fen
        RETURNING p.id, p.queue_no, p.attempts, p.source, p.order_id, p.amount_fen, p.payee_id, p.account_id,
                  p.holder_name, p.bank_name, p.cnaps_code, p.account_number,
                  CAST(:user_id AS bigint) = ANY (p.involved_user_ids) AS involved
    ), grouped AS (
        SELECT payee_id, account_id, holder_name, bank_name, cnaps_code, account_number,
               min(queue_no) AS first_queue_no, max(queue_no) AS last_queue_no, count(*) AS line_count,
               sum(amount_fen)::bigint AS gross_fen, bool_or(involved) AS involved
          FROM moved
         GROUP BY payee_id, account_id, holder_name, bank_name, cnaps_code, account_number
    ), numbered AS MATERIALIZED (
        SELECT *, row_number() OVER (ORDER BY first_queue_no) AS payout_no,
               1 + sum(line_count) OVER (ORDER BY first_queue_no) - line_count AS first_line_no
          FROM grouped
    ), claimed AS (
        SELECT payout_no, payee_id, gross_fen,
               sum(gross_fen) OVER (PARTITION BY payee_id ORDER BY payout_no) AS until_fen
          FROM numbered WHERE payee_id IN (SELECT payee_id FROM owed)
    ), netting AS MATERIALIZED (
        SELECT c.payout_no, o.id AS clawback_id,
               least(c.until_fen, o.until_fen) - greatest(c.until_fen - c.gross_fen, o.until_fen - o.open_fen) AS fen
          FROM claimed c JOIN owed o
            ON o.payee_id = c.payee_id AND o.until_fen > c.until_fen - c.gross_fen
           AND c.until_fen > o.until_fen - o.open_fen
    ), kept_back AS (
        UPDATE clawback c SET netting_fen = c.netting_fen + n.fen
          FROM (SELECT clawback_id, sum(fen) AS fen FROM netting GROUP BY clawback_id) n
         WHERE c.id = n.clawback_id
    ), payouts AS (
        INSERT INTO batch_payout (batch_id, payout_no, payee_id, account_id, holder_name, bank_name, cnaps_code,
                                  account_number, first_line_no, line_count, gross_fen, netted_fen, amount_fen)
        SELECT :batch_id, p.payout_no, p.payee_id, p.account_id, p.holder_name, p.bank_name, p.cnaps_code,
               p.account_number, p.first_line_no, p.line_count, p.gross_fen, coalesce(n.fen, 0),
               p.gross_fen - coalesce(n.fen, 0)
          FROM numbered p LEFT JOIN (SELECT payout_no, sum(fen) AS fen FROM netting GROUP BY payout_no) n
            ON n.payout_no = p.payout_no
    ), nettings AS (
        INSERT INTO batch_netting (batch_id, payout_no, clawback_id, amount_fen)
        SELECT :batch_id, payout_no, clawback_id, fen FROM netting
    ), lines AS (
        INSERT INTO batch_line (batch_id, line_no, payout_no, payable_id, attempt, source, order_id, amount_fen)
        SELECT :batch_id, row_number() OVER (ORDER BY p.payout_no, m.queue_no), p.payout_no, m.id, m.attempts,
               m.source, m.order_id, m.amount_fen
          FROM moved m JOIN numbered p
            ON p.account_id = m.account_id
           AND (p.payee_id, p.holder_name, p.bank_name, p.cnaps_code, p.account_number)
               IS NOT DISTINCT FROM (m.payee_id, m.holder_name, m.bank_name, m.cnaps_code, m.account_number)
    )
    SELECT count(*) AS payouts, coalesce(bool_or(involved), false) AS involved, max(last_queue_no) AS last_queue_no
      FROM numbered
    """
)
"""The queue's prefix becomes payouts with their lines beneath, less what the payees owe.

A claim costs the fund what goes to the bank for it: of a payee's claims in their order the first ones settle what it
owes. Payouts are numbered by their first claim's place in the queue, lines by payout and place.
"""

MEMORY = text("SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)")
"""For sorting and joining many claims; a batch is prepared by nobody else at the same time. Compiling its statements
takes longer than they gain by it."""

ENTRIES = """
    SELECT account_id, 'pending' AS layer, amount_fen
      FROM (SELECT account_id, sum(gross_fen)::bigint AS amount_fen
              FROM batch_payout WHERE batch_id = :batch_id GROUP BY account_id
            UNION ALL
            SELECT a.id, -sum(p.netted_fen)::bigint
              FROM batch_payout p
              JOIN ledger_account a ON a.kind = 'clawback_receivable' AND a.owner = 'organisation:' || p.payee_id
             WHERE p.batch_id = :batch_id AND p.netted_fen > 0 GROUP BY a.id
            UNION ALL
            SELECT CAST(:fund_account_id AS bigint), -sum(amount_fen)::bigint
              FROM batch_payout WHERE batch_id = :batch_id) e
     WHERE amount_fen <> 0"""

UNDO = """
    SELECT account_id, layer, -amount_fen AS amount_fen FROM ledger_posting WHERE transaction_id = :committed_id"""

SUM_UP = text(
    """
    UPDATE settlement_batch b
       SET transaction_id = :transaction_id, waiting_count = :waiting_count, waiting_fen = :waiting_fen,
           line_count = s.line_count, payout_count = s.payout_count, gross_fen = s.gross_fen,
           netted_fen = s.netted_fen, total_fen = s.amount_fen
      FROM (SELECT count(*) AS payout_count, sum(line_count) AS line_count, sum(gross_fen) AS gross_fen,
                   sum(netted_fen) AS netted_fen, sum(amount_fen) AS amount_fen
              FROM batch_payout WHERE batch_id = :batch_id) s
     WHERE b.id = :batch_id
    """
)

READ_IN_ORDER = text("SELECT set_config('enable_sort', :sorting, true)")
"""The keys of what was written just now give its order; the planner, which has no statistics of it yet, would sort."""

SEAL = text(f"UPDATE settlement_batch b SET content_sha256 = {SEAL_SQL} WHERE b.id = :batch_id")

"""Confirmed claims in any number, made set-based, and the raw statement that a batch is measured against."""

from __future__ import annotations

import psycopg

CLAIMS_A_PAYEE = 10

_MAKE = """
    SET session_replication_role = replica;

    CREATE TEMPORARY TABLE owed ON COMMIT DROP AS
    SELECT no, 1000000 + no::bigint * 7919 % ({claims} / {share}) AS payee_id,
           100000 + no::bigint * 7919 % 4900000 AS amount_fen
      FROM generate_series(1, {claims}) AS no;

    INSERT INTO ledger_account (book, kind, owner, year, posted_fen, pending_fen, min_fen, max_fen, party_id)
    SELECT 'public_money', kind, 'organisation:' || payee_id, 0, sign * fen, 0,
           CASE kind WHEN 'granted' THEN 0 END, CASE kind WHEN 'payable' THEN 0 END, payee_id
      FROM (SELECT payee_id, sum(amount_fen) AS fen FROM owed GROUP BY payee_id) payee,
           (VALUES ('granted', 1), ('payable', -1)) AS side (kind, sign);

    INSERT INTO ledger_transaction (kind, phase, part, source, at, actor_role, article, data)
    SELECT 'payable_confirmed', 'posted', 0, 'payee:' || party_id, '2026-01-08T02:00Z', 'system', 'V17 order', '{{}}'
      FROM ledger_account WHERE kind = 'payable';

    INSERT INTO ledger_posting (transaction_id, account_id, layer, amount_fen)
    SELECT t.id, a.id, 'posted', a.posted_fen
      FROM ledger_account a JOIN ledger_transaction t ON t.source = 'payee:' || a.party_id
     WHERE a.kind IN ('granted', 'payable');

    INSERT INTO payable (programme, source, order_id, payee_id, account_id, amount_fen, state, holder_name, bank_name,
                         cnaps_code, account_number, involved_user_ids, confirmed_at, transaction_id, attempts,
                         paid_fen, clawed_back_fen)
    SELECT f.programme, 'claim:' || o.no, o.no, o.payee_id, a.id, o.amount_fen, 'due',
           '菏泽市第' || o.payee_id || '材料科技有限公司', '中国工商银行菏泽第' || o.payee_id % 307 || '支行',
           (102475000000 + o.payee_id % 307)::text, '6222021602' || lpad(o.payee_id::text, 9, '0'),
           ARRAY[900001, 900002, 900003], '2026-01-08T02:00Z', t.id, 0, 0, 0
      FROM owed o
      JOIN ledger_account a ON a.kind = 'payable' AND a.party_id = o.payee_id
      JOIN ledger_transaction t ON t.source = 'payee:' || o.payee_id
      CROSS JOIN fund f
     ORDER BY o.no;
    """

_RAW_TABLES = """
    CREATE TABLE raw_batch (id bigint PRIMARY KEY, line_count integer NOT NULL, total_fen bigint NOT NULL);
    CREATE TABLE raw_line (batch_id bigint NOT NULL, line_no integer NOT NULL, payable_id bigint NOT NULL UNIQUE,
        source text NOT NULL, order_id bigint NOT NULL, payee_id bigint NOT NULL, holder_name text NOT NULL,
        bank_name text NOT NULL, cnaps_code text NOT NULL, account_number text NOT NULL, amount_fen bigint NOT NULL,
        PRIMARY KEY (batch_id, line_no));
    CREATE TABLE raw_posting (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch_id bigint NOT NULL,
        account_id bigint NOT NULL, amount_fen bigint NOT NULL);
    CREATE TABLE raw_audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL,
        action text NOT NULL, sha256 bytea NOT NULL);
    """

RAW = """
    WITH queue AS (
        SELECT id, sum(amount_fen) OVER (ORDER BY queue_no) AS running_fen
          FROM payable WHERE programme = %(programme)s AND state = 'due' AND NOT stopped AND confirmed_at < %(until)s
    ), moved AS (
        UPDATE payable p SET state = 'in_batch', batch_id = 1, attempts = p.attempts + 1
          FROM queue q WHERE p.id = q.id AND q.running_fen <= %(available)s
        RETURNING p.*
    ), line AS (
        INSERT INTO raw_line (batch_id, line_no, payable_id, source, order_id, payee_id, holder_name, bank_name,
                              cnaps_code, account_number, amount_fen)
        SELECT 1, row_number() OVER (ORDER BY queue_no), id, source, order_id, payee_id, holder_name, bank_name,
               cnaps_code, account_number, amount_fen
          FROM moved
        RETURNING *
    ), posting AS (
        INSERT INTO raw_posting (batch_id, account_id, amount_fen)
        SELECT 1, account_id, sum(amount_fen) FROM moved GROUP BY account_id
    ), batch AS (
        INSERT INTO raw_batch (id, line_count, total_fen) SELECT 1, count(*), sum(amount_fen) FROM moved
    )
    INSERT INTO raw_audit (at, action, sha256)
    SELECT now(), 'prepare', sha256(string_agg(sha256(convert_to(json_build_array(
               line_no, payable_id, source, order_id, payee_id, holder_name, bank_name, cnaps_code, account_number,
               amount_fen)::text, 'UTF8')), ''::bytea ORDER BY line_no))
      FROM line
    """


def make_claims(connection: psycopg.Connection, count: int) -> None:
    """So many confirmed claims of a tenth as many payees, in the queue of the one fund there is."""
    connection.execute(_MAKE.format(claims=count, share=CLAIMS_A_PAYEE))
    connection.execute(_RAW_TABLES)
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")

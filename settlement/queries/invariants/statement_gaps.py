"""Invariants 8 and 9: where statements of an account do not follow each other, a gap says so, and nowhere else."""

from __future__ import annotations

from core.invariants import Invariant, replay
from settlement.states import GAP_TRANSITIONS

_FOUND = """
    WITH told AS (
      SELECT id, account, page, is_last, day, made_at, opening_fen, closing_fen,
             coalesce(electronic_no, legal_no) AS no, extract(year FROM day) AS year,
             CASE WHEN coalesce(electronic_no, legal_no) IS NOT NULL THEN lead(id) OVER (
               PARTITION BY account, extract(year FROM day), coalesce(electronic_no, legal_no), page ORDER BY id
             ) END AS newer_id
        FROM account_statement),
    chain AS (
      SELECT id, no, year, page, opening_fen, lag(id) OVER place AS before_id, lag(no) OVER place AS before_no,
             lag(year) OVER place AS before_year, lag(page) OVER place AS before_page,
             lag(is_last) OVER place AS before_is_last, lag(closing_fen) OVER place AS before_fen
        FROM told WHERE newer_id IS NULL
      WINDOW place AS (
        PARTITION BY account ORDER BY year, coalesce(no, 0), page, day, made_at NULLS FIRST, id)),
    judged AS (
      SELECT before_id, id AS after_id, opening_fen, before_fen,
             coalesce(no = before_no AND year = before_year AND page = before_page + 1, false) AS is_next_page,
             coalesce(before_is_last AND page = 1 AND (no = before_no + 1 OR (no = 1 AND year > before_year)), false)
               AS is_next, no IS NOT NULL AND before_no IS NOT NULL AS is_numbered
        FROM chain WHERE before_id IS NOT NULL),
    found AS (
      SELECT 'twice' AS kind, id AS before_id, newer_id AS after_id FROM told WHERE newer_id IS NOT NULL
      UNION ALL
      SELECT 'missing', before_id, after_id FROM judged WHERE is_numbered AND NOT is_next_page AND NOT is_next
      UNION ALL
      SELECT 'balance', before_id, after_id FROM judged
       WHERE (is_next OR NOT is_numbered) AND NOT is_next_page AND opening_fen <> before_fen)
"""
"""The same as :func:`settlement.rules.bank_files.sequence.gaps_of`, of all accounts at once."""

INVARIANTS: list[Invariant] = [
    Invariant(
        8,
        "a gap stands wherever statements of an account do not follow, and only there",
        f"""
        {_FOUND}
        SELECT g.id AS statement_gap, g.state, coalesce(g.kind, f.kind) AS kind,
               coalesce(g.before_id, f.before_id) AS before_id, coalesce(g.after_id, f.after_id) AS after_id
          FROM found f FULL JOIN (SELECT * FROM statement_gap WHERE state <> 'closed') g
            ON (g.kind, g.before_id, g.after_id) = (f.kind, f.before_id, f.after_id)
         WHERE g.id IS NULL OR f.kind IS NULL
        """,
    ),
    replay("statement_gap", GAP_TRANSITIONS),
]

FOLLOWING = Invariant(
    8,
    "statements of an account follow one another",
    """
    SELECT g.id AS statement_gap, g.kind, g.account, g.first_no, g.last_no, g.expected_fen, g.found_fen,
           b.statement_id AS before_statement, a.statement_id AS bank_statement
      FROM statement_gap g
      JOIN account_statement b ON b.id = g.before_id
      JOIN account_statement a ON a.id = g.after_id
     WHERE g.state = 'open'
    """,
)
"""No statement of ``verify``: the bank has to mend it, not the database. Finance's day compares it."""

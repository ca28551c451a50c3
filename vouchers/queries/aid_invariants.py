"""Invariants 4, 6, 7 and 17 of what programmes of cities pay beside the voucher (V6)."""

from __future__ import annotations

from core.invariants import Invariant

INVARIANTS = [
    Invariant(
        4,
        "aids: confirmed ≤ approved ≤ claimed ≤ aid ≤ what was decided and floor(rate × base); with the subsidy ≤ fee",
        """
        SELECT a.id AS claim_aid, c.id AS claim, d.amount_fen, a.aid_fen, a.claimed_fen, a.approved_fen, a.confirmed_fen
          FROM claim_aid a JOIN claim c ON c.id = a.claim_id
          LEFT JOIN LATERAL (
               SELECT x.amount_fen, x.rate FROM entitlement_decision e,
                      jsonb_to_recordset(e.aids) AS x (programme text, amount_fen bigint, rate numeric)
                WHERE e.id = c.decision_id AND x.programme = a.programme) d ON true
         WHERE d.amount_fen IS NULL OR a.aid_fen > d.amount_fen
            OR a.aid_fen > floor(least(c.contract_fen, c.actual_fen) * d.rate)
            OR a.claimed_fen > floor(c.base_fen * d.rate)
            OR a.claimed_fen > a.aid_fen OR a.approved_fen > a.claimed_fen OR a.confirmed_fen > a.approved_fen
        UNION ALL
        SELECT NULL, c.id, NULL, sum(a.aid_fen), sum(a.claimed_fen), NULL, NULL
          FROM claim_aid a JOIN claim c ON c.id = a.claim_id
         GROUP BY c.id
        HAVING c.subsidy_fen + sum(a.aid_fen) > least(c.contract_fen, c.actual_fen)
            OR c.claimed_fen + sum(a.claimed_fen) > greatest(c.base_fen, 0)
        """,
    ),
    Invariant(
        4,
        "decisions: aid stands beside a subsidy only, and with it never exceeds the fee",
        """
        SELECT d.id AS entitlement_decision, d.order_id, d.base_fen, d.held_fen, s.aid_fen
          FROM entitlement_decision d
         CROSS JOIN LATERAL (SELECT COALESCE(sum(x.amount_fen), 0) AS aid_fen
                               FROM jsonb_to_recordset(d.aids) AS x (amount_fen bigint)) s
         WHERE s.aid_fen > 0 AND (NOT d.eligible OR d.held_fen = 0 OR d.held_fen + s.aid_fen > d.base_fen)
        """,
    ),
    Invariant(
        4,
        "aids: a live claim asks for no more than the programme holds, a confirmed one used up what it was granted",
        """
        SELECT a.id AS claim_aid, c.state, a.claimed_fen, a.confirmed_fen, h.held_fen, h.consumed_fen
          FROM claim_aid a JOIN claim c ON c.id = a.claim_id
          LEFT JOIN aid_hold h ON h.order_id = c.order_id AND h.programme = a.programme
         WHERE (c.state IN ('draft', 'submitted', 'returned', 'city_approved', 'summarised', 'sent_back')
                AND (a.claimed_fen > COALESCE(h.held_fen, 0) OR c.year <> COALESCE(h.year, c.year)))
            OR (c.state IN ('confirmed', 'revoked') AND a.confirmed_fen <> COALESCE(h.consumed_fen, 0))
            OR (c.state IN ('confirmed', 'revoked')) <> (a.confirmed_fen IS NOT NULL)
        """,
    ),
    Invariant(
        4,
        "aids: the steps of each lead to what it stands at now, those of an ended order to nothing",
        """
        SELECT d.order_id, x.programme, s.after_fen, now.fen AS stands_at_fen
          FROM entitlement_decision d
          CROSS JOIN LATERAL jsonb_to_recordset(d.aids) AS x (programme text)
          LEFT JOIN claim c ON c.order_id = d.order_id
          LEFT JOIN claim_aid a ON a.claim_id = c.id AND a.programme = x.programme
          LEFT JOIN aid_hold h ON h.order_id = d.order_id AND h.programme = x.programme
          JOIN LATERAL (SELECT after_fen FROM entitlement_step
                         WHERE order_id = d.order_id AND programme = x.programme ORDER BY id DESC LIMIT 1) s ON true
          CROSS JOIN LATERAL (SELECT CASE
              WHEN c.id IS NULL THEN CASE WHEN h.state = 'live' THEN h.held_fen ELSE 0 END
              WHEN c.state IN ('expired', 'withdrawn', 'rejected', 'revoked') THEN 0
              ELSE COALESCE(a.confirmed_fen, a.approved_fen, a.claimed_fen, 0) END AS fen) now
         WHERE s.after_fen <> now.fen
        """,
    ),
    Invariant(
        4,
        "summaries: a line's aid is what follows from the approval while the claim waits in it",
        """
        SELECT l.summary_id AS review_summary, l.claim_id AS claim, l.aid_fen, sum(a.approved_fen) AS approved_fen
          FROM review_summary_claim l
          JOIN claim c ON c.id = l.claim_id AND c.summary_id = l.summary_id
          JOIN claim_aid a ON a.claim_id = c.id
         WHERE c.state IN ('summarised', 'confirmed')
         GROUP BY l.summary_id, l.claim_id, l.aid_fen
        HAVING l.aid_fen <> sum(a.approved_fen)
        """,
    ),
    Invariant(
        6,
        "payables of programmes: each is for one confirmed aid of a confirmed claim, of its fund, sum and payee",
        """
        SELECT p.id AS payable, p.source, p.amount_fen, p.programme, c.state, a.confirmed_fen, a.fund
          FROM payable p
          LEFT JOIN claim_aid a ON 'aid:' || a.id = p.source
          LEFT JOIN claim c ON c.id = a.claim_id
         WHERE p.source LIKE 'aid:%'
           AND (a.id IS NULL OR c.state NOT IN ('confirmed', 'revoked') OR a.confirmed_fen <> p.amount_fen
                OR a.fund <> p.programme OR p.payee_id <> c.payee_id OR p.order_id <> c.order_id)
        UNION ALL
        SELECT NULL, 'aid:' || a.id, a.confirmed_fen, a.fund, c.state, a.confirmed_fen, a.fund
          FROM claim_aid a JOIN claim c ON c.id = a.claim_id
         WHERE a.confirmed_fen > 0 AND NOT EXISTS (SELECT FROM payable p WHERE p.source = 'aid:' || a.id)
        """,
    ),
    Invariant(
        7,
        "an order's payables go to one account of one payee, whatever programme pays them",
        """
        SELECT c.id AS claim, p.id AS payable, o.id AS other_payable
          FROM claim c
          JOIN payable p ON p.source = 'claim:' || c.id
          JOIN claim_aid a ON a.claim_id = c.id
          JOIN payable o ON o.source = 'aid:' || a.id
         WHERE p.payee_id <> o.payee_id
            OR (p.attempts <= 1 AND o.attempts <= 1
                AND (p.account_number, p.holder_name) <> (o.account_number, o.holder_name))
        """,
    ),
    Invariant(
        17,
        "aids: a dead claim holds nothing of a programme's cap",
        """
        SELECT c.id AS claim, c.state, h.programme, h.held_fen
          FROM claim c JOIN aid_hold h ON h.order_id = c.order_id
         WHERE c.state IN ('expired', 'withdrawn', 'rejected', 'confirmed', 'revoked') AND h.state = 'live'
        """,
    ),
    Invariant(
        12,
        "every aid of a claim is in the audit trail",
        """
        SELECT a.id AS claim_aid FROM claim_aid a
         WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.subject_kind = 'claim_aid' AND e.subject_id = a.id)
        """,
    ),
]

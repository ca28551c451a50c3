"""What must always be true of decisions, claims and summaries; each query returns the rows that break it."""

from __future__ import annotations

from core.invariants import Invariant, replay
from vouchers.queries.aid_invariants import INVARIANTS as AIDS
from vouchers.queries.invoice_invariants import INVOICE_INVARIANTS
from vouchers.queries.review_invariants import REVIEW_INVARIANTS
from vouchers.queries.supervision_invariants import INVARIANTS as SUPERVISION
from vouchers.states import CLAIM, FLAG, SUMMARY

INVARIANTS = [
    *AIDS,
    Invariant(
        3,
        "caps: a firm whose controller is known has nothing left on its own cap in the years since",
        """
        SELECT a.id AS ledger_account, a.owner, a.year, a.posted_fen, a.pending_fen, t.since
          FROM (SELECT organisation_id, min(since) AS since FROM controller_tenure GROUP BY organisation_id) t
          JOIN ledger_account a ON split_part(a.owner, '@', 1) = 'organisation:' || t.organisation_id
           AND a.kind IN ('cap', 'aid_cap') AND a.year >= extract(year FROM t.since)
         WHERE a.posted_fen <> 0 OR a.pending_fen <> 0
        """,
    ),
    Invariant(
        4,
        "claims: confirmed ≤ approved ≤ claimed ≤ subsidy ≤ floor(rate × base) and ≤ what was held",
        """
        SELECT c.id AS claim, d.held_fen, c.subsidy_fen, c.claimed_fen, c.approved_fen, c.confirmed_fen
          FROM claim c JOIN entitlement_decision d ON d.id = c.decision_id
         WHERE c.subsidy_fen > d.held_fen
            OR c.subsidy_fen > floor(least(c.contract_fen, c.actual_fen) * d.rate)
            OR c.claimed_fen > least(c.subsidy_fen, floor(c.base_fen * d.rate))
            OR c.approved_fen > c.claimed_fen
            OR c.confirmed_fen > c.approved_fen
        """,
    ),
    Invariant(
        4,
        "decisions: no subsidy where ineligible, else at most floor(rate × base)",
        """
        SELECT id AS entitlement_decision, order_id, held_fen, entitlement_fen
          FROM entitlement_decision
         WHERE (NOT eligible AND (held_fen <> 0 OR entitlement_fen <> 0))
            OR (eligible AND entitlement_fen <> floor(rate * base_fen))
            OR held_fen > entitlement_fen
        """,
    ),
    Invariant(
        4,
        "claims: a live claim asks for no more than its order holds, a confirmed one used up what it was granted",
        """
        SELECT c.id AS claim, c.state, c.claimed_fen, c.confirmed_fen, h.held_fen, h.consumed_fen
          FROM claim c LEFT JOIN cap_hold h ON h.order_id = c.order_id
         WHERE (c.state IN ('draft', 'submitted', 'returned', 'city_approved', 'summarised', 'sent_back')
                AND (c.claimed_fen > COALESCE(h.held_fen, 0) OR c.year <> COALESCE(h.year, c.year)))
            OR (c.state IN ('confirmed', 'revoked') AND c.confirmed_fen <> COALESCE(h.consumed_fen, 0))
        """,
    ),
    Invariant(
        6,
        "payables: each has a confirmed claim in a stamped, dispatched summary, and its sum",
        """
        SELECT p.id AS payable, p.source, p.amount_fen, c.state, c.confirmed_fen, s.state AS summary
          FROM payable p
          LEFT JOIN claim c ON 'claim:' || c.id = p.source
          LEFT JOIN review_summary s ON s.id = c.summary_id
          LEFT JOIN review_summary_claim l ON l.summary_id = s.id AND l.claim_id = c.id
         WHERE p.source LIKE 'claim:%'
           AND (c.id IS NULL OR c.state NOT IN ('confirmed', 'revoked') OR c.confirmed_fen <> p.amount_fen
                OR s.state IS DISTINCT FROM 'dispatched' OR s.stamp_file_id IS NULL
                OR l.approved_fen IS DISTINCT FROM c.approved_fen)
        """,
    ),
    Invariant(
        6,
        "claims: each confirmed sum has one payable",
        """
        SELECT c.id AS claim, c.confirmed_fen FROM claim c
         WHERE c.state IN ('confirmed', 'revoked') AND c.confirmed_fen > 0
           AND NOT EXISTS (SELECT FROM payable p WHERE p.source = 'claim:' || c.id)
        """,
    ),
    Invariant(
        7,
        "claims: the payee is the provider in direct deduction, else the user, and its payable is to him",
        """
        SELECT c.id AS claim, c.payment_mode, c.payee_id, p.payee_id AS paid_to
          FROM claim c LEFT JOIN payable p ON p.source = 'claim:' || c.id
         WHERE c.payee_id NOT IN (c.provider_id, c.beneficiary_id) OR p.payee_id <> c.payee_id
        """,
    ),
    Invariant(
        10,
        "claims: submitter, reviewers and confirmer are different people",
        """
        SELECT c.id AS claim, c.submitted_by, c.reviewed_by, c.confirmed_by
          FROM claim c
         WHERE c.submitted_by IN (c.reviewed_by, c.confirmed_by) OR c.reviewed_by = c.confirmed_by
            OR EXISTS (SELECT FROM claim_review r WHERE r.claim_id = c.id
                        AND (r.reviewer_id = c.submitted_by
                             OR (r.reviewer_id = c.confirmed_by AND r.decision NOT IN ('confirm', 'send_back'))))
        """,
    ),
    Invariant(
        14,
        "materials: a certified document's file is the one the claim keeps, and it stood when the claim took it",
        """
        SELECT m.id AS claim_material, m.claim_id AS claim, d.id AS organisation_document
          FROM claim_material m
          JOIN claim c ON c.id = m.claim_id
          JOIN organisation_document d ON d.id = m.document_id
         WHERE m.file_id <> d.file_id
            OR d.organisation_id NOT IN (c.claimant_id, c.beneficiary_id)
            OR (c.claimant_id = c.provider_id AND d.organisation_id <> c.claimant_id)
            OR d.valid_until < (m.added_at AT TIME ZONE 'Asia/Shanghai')::date
            OR NOT EXISTS (SELECT FROM audit_entry a
                            WHERE a.subject_kind = 'organisation_document' AND a.subject_id = d.id
                              AND a.action = 'certify' AND a.at <= m.added_at)
        """,
    ),
    Invariant(
        16,
        "invoices: a number supports one claim that lives or was paid, and no other dead one",
        """
        SELECT i.number, count(*) AS claims, min(c.id) AS claim, min(c.state) AS state
          FROM claim_invoice i JOIN claim c ON c.id = i.claim_id
         WHERE i.live
         GROUP BY i.number
        HAVING count(*) > 1 OR bool_or(c.state IN ('expired', 'withdrawn', 'rejected'))
            OR bool_or(c.state = 'revoked'
                       AND NOT EXISTS (SELECT FROM payable p WHERE p.order_id = c.order_id AND p.paid_fen > 0))
        """,
    ),
    Invariant(
        16,
        "invoices: the seller is the provider and the buyer the user or, for a team, its incubator",
        """
        SELECT c.id AS claim, i.number, i.seller_uscc, i.buyer_uscc
          FROM claim c
          JOIN claim_invoice i ON i.claim_id = c.id AND i.live
          JOIN organisation provider ON provider.id = c.provider_id
          JOIN organisation buyer ON buyer.id = c.beneficiary_id
          LEFT JOIN organisation host ON host.id = buyer.incubator_id AND buyer.kind = 'team'
         WHERE c.state NOT IN ('draft', 'returned')
           AND (i.seller_uscc <> provider.uscc
                OR i.buyer_uscc IS DISTINCT FROM buyer.uscc
                   AND (host.id IS NULL OR i.buyer_uscc IS DISTINCT FROM host.uscc))
        """,
    ),
    Invariant(
        16,
        "claims: one that was handed in and lives has an invoice",
        """
        SELECT c.id AS claim, c.state FROM claim c
         WHERE c.state IN ('submitted', 'city_approved', 'summarised', 'sent_back', 'confirmed')
           AND NOT EXISTS (SELECT FROM claim_invoice i WHERE i.claim_id = c.id AND i.live)
        """,
    ),
    Invariant(
        17,
        "claims: a dead claim holds nothing of a cap",
        """
        SELECT c.id AS claim, c.state, h.held_fen
          FROM claim c JOIN cap_hold h ON h.order_id = c.order_id
         WHERE c.state IN ('expired', 'withdrawn', 'rejected', 'confirmed', 'revoked') AND h.state = 'live'
        """,
    ),
    Invariant(
        17,
        "claims: in direct deduction refused, reduced or revoked, the debt is deducted − granted or paid; else none",
        """
        WITH owed AS (
          SELECT c.id, c.order_id, c.state,
                 CASE WHEN c.payment_mode <> 'direct_deduction' THEN 0
                      WHEN c.state = 'rejected' THEN c.subsidy_fen + a.aid_fen
                      WHEN c.state = 'confirmed'
                      THEN c.subsidy_fen + a.aid_fen - c.confirmed_fen - a.confirmed_fen
                      WHEN c.state = 'revoked' THEN c.subsidy_fen + a.aid_fen - p.paid_fen
                      ELSE 0 END AS due_fen
            FROM claim c
           CROSS JOIN LATERAL (SELECT COALESCE(sum(aid_fen), 0) AS aid_fen,
                                      COALESCE(sum(confirmed_fen), 0) AS confirmed_fen
                                 FROM claim_aid WHERE claim_id = c.id) a
           CROSS JOIN LATERAL (SELECT COALESCE(sum(paid_fen), 0) AS paid_fen
                                 FROM payable WHERE order_id = c.order_id AND state <> 'cancelled') p)
        SELECT o.id AS claim, o.state, o.due_fen, s.amount_fen AS shortfall_fen
          FROM owed o LEFT JOIN shortfall s ON s.order_id = o.order_id
         WHERE o.due_fen <> COALESCE(s.amount_fen, 0)
        """,
    ),
    Invariant(
        4,
        "decisions: each with its policy kept has its steps, the first from the fee and the second to what was held",
        """
        SELECT d.id AS entitlement_decision, d.order_id, s.before_fen, s.after_fen, d.base_fen, d.held_fen
          FROM entitlement_decision d
          LEFT JOIN LATERAL (SELECT min(before_fen) FILTER (WHERE kind = 'entitlement') AS before_fen,
                                    min(after_fen) FILTER (WHERE kind = 'hold') AS after_fen, count(*) AS steps
                               FROM entitlement_step
                              WHERE order_id = d.order_id AND programme IS NULL
                                AND kind IN ('entitlement', 'hold')) s ON true
         WHERE d.snapshot_id IS NOT NULL
           AND (s.steps <> 2 OR s.before_fen IS DISTINCT FROM d.base_fen OR s.after_fen IS DISTINCT FROM d.held_fen)
        """,
    ),
    Invariant(
        14,
        "decisions: the policy kept with them matches its digest",
        """
        SELECT id AS policy_snapshot, version, digest
          FROM policy_snapshot WHERE digest <> encode(sha256(convert_to(content, 'UTF8')), 'hex')
        """,
    ),
    Invariant(
        4,
        "steps: each begins where the one before ended",
        """
        SELECT * FROM (
          SELECT id AS entitlement_step, order_id, programme, kind, before_fen,
                 lag(after_fen) OVER (PARTITION BY order_id, programme ORDER BY id) AS ended_fen
            FROM entitlement_step) s
         WHERE ended_fen <> before_fen
        """,
    ),
    Invariant(
        4,
        "steps: each is what its inputs make it",
        """
        SELECT id AS entitlement_step, order_id, programme, kind, before_fen, after_fen, inputs FROM (
          SELECT s.*, CASE
              WHEN kind = 'entitlement' AND (inputs->>'eligible')::boolean
                THEN floor((inputs->>'base_fen')::numeric * (inputs->>'rate')::numeric)
              WHEN kind IN ('hold', 'year')
                THEN least(before_fen, (inputs->>'cap_room_fen')::numeric, (inputs->>'order_max_fen')::numeric,
                           (inputs->>'left_fen')::numeric)
              WHEN kind IN ('completion', 'invoice')
                THEN least(before_fen, (inputs->>'left_fen')::numeric,
                           floor(least((inputs->>'contract_fen')::numeric, (inputs->>'actual_fen')::numeric,
                                       (inputs->>'invoice_fen')::numeric) * (inputs->>'rate')::numeric))
              WHEN kind = 'restoration'
                THEN least((inputs->>'held_fen')::numeric, (inputs->>'left_fen')::numeric,
                           floor(least((inputs->>'contract_fen')::numeric, (inputs->>'actual_fen')::numeric,
                                       (inputs->>'invoice_fen')::numeric) * (inputs->>'rate')::numeric))
              WHEN kind = 'approval' AND (inputs->>'of_fen')::numeric = 0 THEN 0
              WHEN kind = 'approval' AND jsonb_exists(inputs, 'of_fen')
                THEN floor(before_fen * (inputs->>'approved_fen')::numeric / (inputs->>'of_fen')::numeric)
              WHEN kind = 'approval' THEN (inputs->>'approved_fen')::numeric
              WHEN kind IN ('return', 'send_back') THEN (inputs->>'claimed_fen')::numeric
              WHEN kind = 'confirmation' THEN before_fen
              ELSE 0 END AS again_fen
            FROM entitlement_step s) computed
         WHERE again_fen IS DISTINCT FROM after_fen
        """,
    ),
    Invariant(
        4,
        "claims: the steps lead to what the claim stands at now, those of an ended order to nothing",
        """
        SELECT d.order_id, c.id AS claim, c.state, s.after_fen, now.fen AS stands_at_fen
          FROM entitlement_decision d
          LEFT JOIN claim c ON c.order_id = d.order_id
          LEFT JOIN cap_hold h ON h.order_id = d.order_id
          LEFT JOIN LATERAL (SELECT after_fen FROM entitlement_step
                              WHERE order_id = d.order_id AND programme IS NULL ORDER BY id DESC LIMIT 1) s ON true
          CROSS JOIN LATERAL (SELECT CASE
              WHEN c.id IS NULL THEN CASE WHEN h.state = 'live' THEN h.held_fen ELSE 0 END
              WHEN c.state IN ('expired', 'withdrawn', 'rejected', 'revoked') THEN 0
              ELSE COALESCE(c.confirmed_fen, c.approved_fen, c.claimed_fen) END AS fen) now
         WHERE d.snapshot_id IS NOT NULL AND s.after_fen IS DISTINCT FROM now.fen
        """,
    ),
    Invariant(
        9,
        "flags: none waited for a finding when its claim was approved or confirmed",
        """
        SELECT c.id AS claim, c.state, f.id AS claim_flag, f.kind, f.raised_at
          FROM claim_flag f
          JOIN claim c ON c.id = f.claim_id
         WHERE f.finding_needed AND f.state = 'raised'
           AND ((c.state IN ('city_approved', 'summarised', 'confirmed', 'revoked')
                 AND f.raised_at < (SELECT max(r.at) FROM claim_review r
                                     WHERE r.claim_id = c.id AND r.decision = 'approve'))
             OR (c.state IN ('confirmed', 'revoked') AND f.raised_at < c.confirmed_at))
        """,
    ),
    Invariant(
        9,
        "flags: an upheld one has a consequence, a lesser sum or a reason for none",
        """
        SELECT c.id AS claim, r.id AS claim_review, f.id AS claim_flag
          FROM claim c
          JOIN LATERAL (SELECT * FROM claim_review a WHERE a.claim_id = c.id AND a.decision = 'approve'
                         ORDER BY a.id DESC LIMIT 1) r ON true
          JOIN claim_flag f ON f.claim_id = c.id AND f.state = 'upheld' AND f.decided_at <= r.at
         WHERE c.state IN ('city_approved', 'summarised', 'confirmed', 'revoked')
           AND r.amount_fen >= c.claimed_fen AND r.despite_flags = ''
        """,
    ),
    *REVIEW_INVARIANTS,
    *INVOICE_INVARIANTS,
    replay("claim", CLAIM),
    replay("claim_flag", FLAG),
    replay("review_summary", SUMMARY),
    *SUPERVISION,
]

"""What must always be true of spot checks, inspections, findings, misconduct and appeals (V19, V21)."""

from __future__ import annotations

from core.invariants import Invariant, replay
from vouchers.states import APPEAL, FINDING, INSPECTION, MISCONDUCT

_INVOLVED = """
    SELECT c.id AS claim_id, unnest(ARRAY[c.submitted_by, c.reviewed_by, c.confirmed_by]) AS user_id FROM claim c
    UNION SELECT r.claim_id, r.reviewer_id FROM claim_review r
    UNION SELECT c.id, unnest(p.involved_user_ids) FROM claim c JOIN payable p ON p.order_id = c.order_id"""

INVARIANTS = [
    Invariant(
        9,
        "spot checks: what was drawn is what seed and frame draw",
        """
        WITH parts AS (
            SELECT id, seed, size, frame AS members, drawn FROM spot_check WHERE jsonb_array_length(strata) = 0
            UNION ALL
            SELECT k.id, k.seed, (part->>'size')::integer, part->'members', k.drawn
              FROM spot_check k, jsonb_array_elements(k.strata) part),
        ranked AS (
            SELECT p.id, p.size, m.value AS member,
                   row_number() OVER (PARTITION BY p.id, p.members
                                      ORDER BY sha256(convert_to(p.seed || ':' || m.value, 'UTF8')), m.value::bigint)
                       AS place
              FROM parts p, jsonb_array_elements_text(p.members) m),
        again AS (SELECT id, member FROM ranked WHERE place <= size),
        then_drawn AS (SELECT k.id, d.value AS member FROM spot_check k, jsonb_array_elements_text(k.drawn) d)
        SELECT coalesce(a.id, t.id) AS spot_check, coalesce(a.member, t.member) AS claim,
               CASE WHEN a.id IS NULL THEN 'drawn then, not again' ELSE 'drawn again, not then' END AS fault
          FROM again a FULL JOIN then_drawn t ON t.id = a.id AND t.member = a.member
         WHERE a.id IS NULL OR t.id IS NULL
        """,
    ),
    Invariant(
        9,
        "spot checks: the strata of a frame are the frame",
        """
        SELECT k.id AS spot_check
          FROM spot_check k
         WHERE jsonb_array_length(k.strata) > 0
           AND (SELECT array_agg(m.value::bigint ORDER BY m.value::bigint)
                  FROM jsonb_array_elements(k.strata) part, jsonb_array_elements_text(part->'members') m)
               IS DISTINCT FROM
               (SELECT array_agg(f.value::bigint ORDER BY f.value::bigint) FROM jsonb_array_elements_text(k.frame) f)
        """,
    ),
    Invariant(
        9,
        "inspections: each is of a claim that was drawn",
        """
        SELECT i.id AS inspection, i.spot_check_id AS spot_check, i.claim_id AS claim
          FROM inspection i JOIN spot_check k ON k.id = i.spot_check_id
         WHERE NOT k.drawn @> to_jsonb(i.claim_id)
        """,
    ),
    Invariant(
        10,
        "inspections: nobody inspects a claim he submitted, reviewed, confirmed or paid",
        f"""
        SELECT i.id AS inspection, i.claim_id AS claim, s.user_id
          FROM inspection i JOIN inspection_inspector s ON s.inspection_id = i.id
          JOIN ({_INVOLVED}) involved ON involved.claim_id = i.claim_id AND involved.user_id = s.user_id
        """,
    ),
    Invariant(
        10,
        "findings and appeals: who inspected decides neither, and who decided first no appeal",
        """
        SELECT f.id AS inspection_finding, NULL AS misconduct_appeal, f.decided_by
          FROM inspection_finding f
          JOIN inspection_inspector s ON s.inspection_id = f.inspection_id AND s.user_id = f.decided_by
        UNION ALL
        SELECT d.finding_id, a.id, a.decided_by
          FROM misconduct_appeal a JOIN misconduct_decision d ON d.id = a.decision_id
          LEFT JOIN inspection_finding f ON f.id = d.finding_id
         WHERE a.decided_by IN (d.decided_by, f.decided_by)
            OR EXISTS (SELECT FROM inspection_inspector s
                        WHERE s.inspection_id = f.inspection_id AND s.user_id = a.decided_by)
        """,
    ),
    Invariant(
        9,
        "misconduct: a sanction in force has a record that counts, a suspended or annulled one has none",
        """
        SELECT d.id AS misconduct_decision, d.state, d.record_id AS adverse_record, r.annulled_at, r.until,
               d.sanction_until
          FROM misconduct_decision d JOIN adverse_record r ON r.id = d.record_id
         WHERE (d.state IN ('in_force', 'reduced')) <> (r.annulled_at IS NULL)
            OR r.organisation_id <> d.organisation_id OR r.until IS DISTINCT FROM d.sanction_until
        """,
    ),
    Invariant(
        9,
        "misconduct: no decision about an order rests on a record that was annulled before",
        """
        SELECT e.id AS entitlement_decision, r.id AS adverse_record, r.annulled_at, e.decided_at
          FROM adverse_record r
          JOIN entitlement_decision e ON e.beneficiary_id = r.organisation_id AND e.decided_at > r.annulled_at
          CROSS JOIN jsonb_array_elements(coalesce(e.facts->'beneficiary'->'adverse_records', '[]')) known
         WHERE known->>'kind' = r.kind AND known->>'from' = r.since::text
           AND known->>'to' IS NOT DISTINCT FROM r.until::text
           AND NOT EXISTS (SELECT FROM adverse_record o
                            WHERE o.organisation_id = r.organisation_id AND o.kind = r.kind AND o.since = r.since
                              AND o.until IS NOT DISTINCT FROM r.until
                              AND (o.annulled_at IS NULL OR o.annulled_at > e.decided_at))
        """,
    ),
    Invariant(
        12,
        "supervision: every record has an audit entry",
        """
        SELECT h.kind AS subject_kind, h.id
          FROM (SELECT 'spot_check' AS kind, id FROM spot_check UNION ALL SELECT 'inspection', id FROM inspection
                UNION ALL SELECT 'inspection_finding', id FROM inspection_finding
                UNION ALL SELECT 'misconduct_decision', id FROM misconduct_decision
                UNION ALL SELECT 'misconduct_appeal', id FROM misconduct_appeal) h
         WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.subject_kind = h.kind AND e.subject_id = h.id)
        """,
    ),
    replay("inspection", INSPECTION),
    replay("inspection_finding", FINDING),
    replay("misconduct_decision", MISCONDUCT),
    replay("misconduct_appeal", APPEAL),
]

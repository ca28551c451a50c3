"""What must always be true of the accounts tables (RULES.md, "Always true")."""

from __future__ import annotations

from accounts.states import (
    BANK_ACCOUNT_TRANSITIONS,
    CHANGE_TRANSITIONS,
    DOCUMENT_TRANSITIONS,
    MEMBERSHIP_TRANSITIONS,
    RENEWAL_TRANSITIONS,
    RESIDENCE_TRANSITIONS,
)
from core.invariants import Invariant, replay

INVARIANTS = [
    Invariant(
        3,
        "an organisation has one controller on any day",
        """
        SELECT one.organisation_id, one.id AS tenure, other.id AS other_tenure
        FROM controller_tenure one
        JOIN controller_tenure other ON other.organisation_id = one.organisation_id AND other.id > one.id
        WHERE daterange(one.since, one.until, '[)') && daterange(other.since, other.until, '[)')
        """,
    ),
    Invariant(
        3,
        "an organisation sits in one place on any day",
        """
        SELECT one.organisation_id, one.id AS seat, other.id AS other_seat
        FROM organisation_seat one
        JOIN organisation_seat other ON other.organisation_id = one.organisation_id AND other.id > one.id
        WHERE daterange(one.since, one.until, '[)') && daterange(other.since, other.until, '[)')
        """,
    ),
    Invariant(
        3,
        "an organisation's county is one that it has on record, and a team sits where its incubator does",
        """
        SELECT o.id AS organisation, o.county, o.city
        FROM organisation o
        LEFT JOIN organisation host ON host.id = o.incubator_id
        WHERE CASE WHEN o.kind = 'team' THEN (o.county, o.city) IS DISTINCT FROM (host.county, host.city)
              ELSE o.county IS NOT NULL AND NOT EXISTS (
                  SELECT FROM organisation_seat s
                  WHERE s.organisation_id = o.id AND s.county = o.county AND s.city IS NOT DISTINCT FROM o.city) END
        """,
    ),
    Invariant(
        7,
        "an organisation has at most one verified bank account",
        """
        SELECT organisation_id, count(*) AS accounts
        FROM bank_account
        WHERE state = 'verified'
        GROUP BY organisation_id
        HAVING count(*) > 1
        """,
    ),
    replay("membership", MEMBERSHIP_TRANSITIONS),
    replay("bank_account", BANK_ACCOUNT_TRANSITIONS),
    replay("figures_renewal", RENEWAL_TRANSITIONS),
    replay("member_change", CHANGE_TRANSITIONS),
    replay("residence", RESIDENCE_TRANSITIONS),
    Invariant(
        9,
        "a member is suspended while a suspension of it runs, and only then",
        """
        SELECT m.id AS membership, m.state, s.id AS suspension
        FROM suspension s JOIN membership m ON m.id = s.membership_id
        WHERE s.began_at IS NOT NULL AND s.ended_at IS NULL AND m.state <> 'suspended'
        """,
    ),
    Invariant(
        10,
        "a renewal and a change are decided by another person than who asked",
        """
        SELECT 'figures_renewal' AS kind, id FROM figures_renewal WHERE reviewed_by = handed_in_by
        UNION ALL
        SELECT 'member_change', id FROM member_change WHERE reviewed_by = requested_by
        """,
    ),
    Invariant(
        10,
        "what stands on record is annulled by another person than who entered it",
        """
        SELECT 'adverse_record' AS kind, id FROM adverse_record WHERE annulled_by = entered_by
        UNION ALL SELECT 'holding', id FROM holding WHERE annulled_by = entered_by
        UNION ALL SELECT 'joint_establishment', id FROM joint_establishment WHERE annulled_by = entered_by
        """,
    ),
    Invariant(
        3,
        "a change that was taken back left no seat",
        """
        SELECT s.id AS seat, c.id AS member_change
        FROM organisation_seat s JOIN member_change c ON c.id = s.change_id
        WHERE c.state IN ('submitted', 'refused', 'withdrawn')
        """,
    ),
    Invariant(
        11,
        "a change was decided by the bureau of the city it moves to, or by the province where it names none",
        """
        SELECT c.id AS member_change, c.city, a.kind AS authority, a.city AS authority_city
        FROM member_change c
        JOIN user_account u ON u.id = c.reviewed_by
        JOIN organisation a ON a.id = u.organisation_id
        WHERE NOT ((a.kind = 'city_bureau' AND a.city = c.city) OR (a.kind = 'province' AND c.city IS NULL))
        """,
    ),
    Invariant(
        12,
        "every approved member handed in each document it had to, or owes it by a day",
        """
        SELECT m.id AS membership, required.kind AS document
        FROM membership m
        CROSS JOIN LATERAL jsonb_array_elements_text(m.required_documents) AS required(kind)
        WHERE m.state IN ('approved', 'suspended')
          AND NOT jsonb_exists(m.owed_documents, required.kind)
          AND NOT EXISTS (
              SELECT FROM membership_document d WHERE d.membership_id = m.id AND d.kind = required.kind)
          AND NOT EXISTS (
              SELECT FROM organisation_document d
              WHERE d.organisation_id = m.organisation_id AND d.kind = required.kind AND d.decided_at IS NOT NULL)
        """,
    ),
    replay("organisation_document", DOCUMENT_TRANSITIONS),
    Invariant(
        10,
        "a document is certified by another person than who handed it in",
        """
        SELECT id AS organisation_document, added_by, decided_by
        FROM organisation_document
        WHERE decided_by = added_by OR (state IN ('certified', 'refused') AND decided_by IS NULL)
        """,
    ),
    Invariant(
        11,
        "a document was certified by the bureau of its organisation's city, or from outside by the province",
        """
        SELECT d.id AS organisation_document, o.city, a.kind AS authority, a.city AS authority_city
        FROM organisation_document d
        JOIN organisation o ON o.id = d.organisation_id
        JOIN user_account u ON u.id = d.decided_by
        JOIN organisation a ON a.id = u.organisation_id
        WHERE NOT ((a.kind = 'city_bureau' AND o.in_province
                    AND (a.city = o.city
                         OR EXISTS (SELECT FROM organisation_seat s
                                     WHERE s.organisation_id = COALESCE(o.incubator_id, o.id) AND s.city = a.city)))
                   OR (a.kind = 'province' AND NOT o.in_province))
        """,
    ),
    Invariant(
        10,
        "a registration is reviewed by another person than its submitter",
        """
        SELECT id AS membership, submitted_by, reviewed_by
        FROM membership
        WHERE reviewed_by = submitted_by
           OR (state IN ('approved', 'returned', 'suspended') AND reviewed_by IS NULL)
        """,
    ),
    Invariant(
        10,
        "a bank account is verified by another person than who named it",
        """
        SELECT id AS bank_account, named_by, verified_by
        FROM bank_account
        WHERE verified_by = named_by OR (state = 'verified' AND verified_by IS NULL)
        """,
    ),
    Invariant(
        11,
        "a member was reviewed by the bureau of its city, or from outside by the province",
        """
        SELECT m.id AS membership, o.city AS member_city, a.kind AS authority, a.city AS authority_city
        FROM membership m
        JOIN organisation o ON o.id = m.organisation_id
        JOIN user_account u ON u.id = m.reviewed_by
        JOIN organisation a ON a.id = u.organisation_id
        WHERE m.state <> 'submitted'
          AND NOT ((a.kind = 'city_bureau' AND o.in_province
                    AND (a.city = o.city
                         OR EXISTS (SELECT FROM organisation_seat s
                                     WHERE s.organisation_id = COALESCE(o.incubator_id, o.id) AND s.city = a.city)))
                   OR (a.kind = 'province' AND NOT o.in_province))
        """,
    ),
    Invariant(
        12,
        "every fact of standing has its audit entry",
        """
        WITH facts (kind, id) AS (
            SELECT 'controller_tenure', id FROM controller_tenure
            UNION ALL SELECT 'adverse_record', id FROM adverse_record
            UNION ALL SELECT 'holding', id FROM holding
            UNION ALL SELECT 'joint_establishment', id FROM joint_establishment
            UNION ALL SELECT 'beneficiary_figures', id FROM beneficiary_figures
            UNION ALL SELECT 'suspension', id FROM suspension
            UNION ALL SELECT 'adverse_import', id FROM adverse_import
            UNION ALL SELECT 'residence_advice', id FROM residence_advice)
        SELECT facts.kind, facts.id
        FROM facts
        WHERE NOT EXISTS (
            SELECT FROM audit_entry WHERE subject_kind = facts.kind AND subject_id = facts.id)
        """,
    ),
]
"""Each returns the offending rows, none when all is well."""

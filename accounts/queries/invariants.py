"""What must always be true of the accounts tables (RULES.md, "Always true")."""

from __future__ import annotations

from accounts.states import BANK_ACCOUNT_TRANSITIONS, DOCUMENT_TRANSITIONS, MEMBERSHIP_TRANSITIONS
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
        WHERE NOT ((a.kind = 'city_bureau' AND o.in_province AND a.city = o.city)
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
          AND NOT ((a.kind = 'city_bureau' AND o.in_province AND a.city = o.city)
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
            UNION ALL SELECT 'beneficiary_figures', id FROM beneficiary_figures)
        SELECT facts.kind, facts.id
        FROM facts
        WHERE NOT EXISTS (
            SELECT FROM audit_entry WHERE subject_kind = facts.kind AND subject_id = facts.id)
        """,
    ),
]
"""Each returns the offending rows, none when all is well."""

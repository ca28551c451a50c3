"""What must always be true of invoices, what was read of them, and credit invoices (16)."""

from __future__ import annotations

from core.invariants import Invariant, replay
from vouchers.rules.invoices.numbers import CANONICAL
from vouchers.states import CREDIT

COUNTED = "greatest(0, least(i.amount_incl_tax_fen - i.credited_fen, coalesce(i.eligible_fen, i.amount_incl_tax_fen)))"
"""What an invoice supports, as vouchers.rules.invoices.credits.counted_fen says it."""

NUMBER = f"'{CANONICAL}'"
"""The one form of a number, as vouchers.rules.invoices.numbers makes it."""

PLAIN = "ltrim(regexp_replace(normalize(number, NFKC), '[^0-9]', '', 'g'), '0')"
"""What is left of a number without everything that was ever put around it. No two forms have as many digits then."""

_CREDITS = replay("credit_invoice", CREDIT)

INVOICE_INVARIANTS = [
    Invariant(
        _CREDITS.number,
        _CREDITS.name,
        f"""
        SELECT f.* FROM ({_CREDITS.sql}) f
         WHERE NOT EXISTS (SELECT FROM audit_entry e -- from before credit invoices had states
                            WHERE e.subject_kind = 'credit_invoice' AND e.subject_id = f.credit_invoice
                              AND e.action = 'register_credit' AND e.to_state IS NULL)
        """,
    ),
    Invariant(
        16,
        "invoices: every number has its one form, so that none supports two claims",
        f"""
        SELECT 'claim_invoice' AS what, i.id, i.number FROM claim_invoice i WHERE i.number !~ {NUMBER}
        UNION ALL
        SELECT 'credit_invoice', c.id, c.number || ' of ' || c.original_number FROM credit_invoice c
         WHERE c.number !~ {NUMBER} OR c.original_number !~ {NUMBER}
        """,
    ),
    Invariant(
        16,
        "invoices: no two that support claims are the same one in another writing",
        f"""
        SELECT {PLAIN} AS same, array_agg(claim_id ORDER BY claim_id) AS claims,
               array_agg(number ORDER BY claim_id) AS numbers
          FROM claim_invoice WHERE live
         GROUP BY {PLAIN} HAVING count(*) > 1
        """,
    ),
    Invariant(
        16,
        "invoices: the file is the one that was handed in, and supports one live claim",
        """
        SELECT i.id AS claim_invoice, i.number, i.source_sha256, f.sha256
          FROM claim_invoice i
          JOIN claim_material m ON m.id = i.material_id
          JOIN stored_file f ON f.id = m.file_id
         WHERE i.source_sha256 IS NOT NULL
           AND (i.source_sha256 <> f.sha256
                OR i.live AND EXISTS (SELECT FROM claim_invoice o
                                       WHERE o.live AND o.source_sha256 = i.source_sha256 AND o.id <> i.id))
        """,
    ),
    Invariant(
        16,
        "invoices: one behind a paid sum supports that claim alone, though it was revoked",
        """
        WITH behind AS (
            SELECT DISTINCT ON (i.claim_id) i.*
              FROM claim_invoice i JOIN claim c ON c.id = i.claim_id
             WHERE EXISTS (SELECT FROM payable p WHERE p.order_id = c.order_id AND p.paid_fen > 0)
             ORDER BY i.claim_id, i.id DESC)
        SELECT b.claim_id AS claim, b.number, b.live, o.claim_id AS other_claim
          FROM behind b
          LEFT JOIN claim_invoice o
            ON o.claim_id <> b.claim_id AND (o.number = b.number OR o.source_sha256 = b.source_sha256)
               AND (o.live OR o.id IN (SELECT id FROM behind))
         WHERE NOT b.live OR o.id IS NOT NULL
        """,
    ),
    Invariant(
        6,
        "claims: nothing stays paid after a revocation that is not claimed back",
        """
        SELECT c.id AS claim, p.id AS payable, p.paid_fen, p.clawed_back_fen
          FROM claim c JOIN payable p ON p.order_id = c.order_id
         WHERE c.state = 'revoked' AND p.paid_fen > p.clawed_back_fen
        """,
    ),
    Invariant(
        16,
        "invoices: what was read is of the same file and says the same number and sum",
        """
        SELECT i.id AS claim_invoice, i.number, r.id AS invoice_reading, r.facts ->> 'number' AS read_number
          FROM claim_invoice i
          JOIN invoice_reading r ON r.id = i.reading_id
          JOIN stored_file f ON f.id = r.file_id
         WHERE r.claim_id <> i.claim_id OR r.source_sha256 <> i.source_sha256 OR r.source_sha256 <> f.sha256
            OR r.facts ->> 'number' <> i.number
            OR (r.facts ->> 'amount_incl_tax_fen')::bigint <> i.amount_incl_tax_fen
        """,
    ),
    Invariant(
        16,
        "invoices: what credit invoices took back stands on the invoice",
        """
        SELECT i.id AS claim_invoice, i.number, i.credited_fen, sum(c.amount_incl_tax_fen) AS taken_back_fen
          FROM claim_invoice i LEFT JOIN credit_invoice c ON c.original_number = i.number AND c.state = 'in_force'
         WHERE i.live
         GROUP BY i.id
        HAVING i.credited_fen <> COALESCE(sum(c.amount_incl_tax_fen), 0)
        """,
    ),
    Invariant(
        10,
        "credit invoices: another person than who entered one decides what waits, a third one annuls",
        """
        SELECT c.id AS credit_invoice, c.state, c.registered_by, c.decided_by, c.annulled_by
          FROM credit_invoice c
         WHERE c.decided_by = c.registered_by OR c.annulled_by IN (c.registered_by, c.decided_by)
            OR (c.state IN ('in_force', 'annulled') AND c.decided_by IS NULL
                AND EXISTS (SELECT FROM audit_entry e
                             WHERE e.subject_kind = 'credit_invoice' AND e.subject_id = c.id
                               AND e.action = 'register_credit' AND (e.data ->> 'waits')::boolean))
        """,
    ),
    Invariant(
        17,
        "credit invoices: no payment stays stopped for those of an invoice that are all annulled",
        """
        SELECT s.id AS payment_stop, s.payable_id AS payable, s.occasion
          FROM payment_stop s
          JOIN credit_invoice c ON s.occasion = 'credit:' || c.number AND c.state = 'annulled'
         WHERE s.state = 'standing'
           AND NOT EXISTS (SELECT FROM credit_invoice o
                            WHERE o.original_number = c.original_number AND o.state = 'in_force')
        """,
    ),
    Invariant(
        4,
        "claims: under review no more stays held than the whole invoice could give",
        """
        SELECT c.id AS claim, c.state, c.claimed_fen, h.held_fen, i.amount_incl_tax_fen
          FROM claim c
          JOIN claim_invoice i ON i.claim_id = c.id AND i.live
          JOIN entitlement_decision d ON d.id = c.decision_id
          JOIN cap_hold h ON h.order_id = c.order_id AND h.state = 'live'
         WHERE c.state IN ('submitted', 'sent_back', 'city_approved', 'summarised')
           AND h.held_fen > floor(least(c.contract_fen, c.actual_fen, i.amount_incl_tax_fen) * d.rate)
        """,
    ),
    Invariant(
        16,
        "claims: one that waits for its review asks for no more than is left of its invoice, an approved one for no "
        "more than its lines support",
        f"""
        SELECT c.id AS claim, c.base_fen, i.amount_incl_tax_fen, i.credited_fen, i.eligible_fen
          FROM claim c JOIN claim_invoice i ON i.claim_id = c.id AND i.live
         WHERE (c.state = 'submitted' AND i.amount_incl_tax_fen > i.credited_fen
                AND c.base_fen > i.amount_incl_tax_fen - i.credited_fen)
            OR (c.state IN ('city_approved', 'summarised', 'confirmed') AND i.credited_fen = 0
                AND c.base_fen > {COUNTED})
        """,
    ),
    Invariant(
        16,
        "claims: what is granted beyond a credited invoice is paid, with the bank, or was stopped",
        f"""
        SELECT c.id AS claim, c.confirmed_fen, i.number, i.credited_fen, p.state
          FROM claim c
          JOIN claim_invoice i ON i.claim_id = c.id AND i.live
          JOIN entitlement_decision d ON d.id = c.decision_id
          JOIN payable p ON p.source = 'claim:' || c.id
         WHERE c.state = 'confirmed' AND p.state NOT IN ('paid', 'in_batch') AND i.credited_fen > 0
           AND c.confirmed_fen > floor(least(c.contract_fen, c.actual_fen, {COUNTED}) * d.rate)
           AND NOT EXISTS (SELECT FROM payment_stop s WHERE s.payable_id = p.id)
        """,
    ),
]

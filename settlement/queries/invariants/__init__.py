"""What must always be true of money, as queries that return the offending rows (RULES, "Always true")."""

from __future__ import annotations

from core.invariants import Invariant
from settlement.queries.invariants import (
    batches,
    caps,
    funds,
    gateway,
    ledger,
    payers,
    payouts,
    statement_gaps,
    suspense,
    trade,
)

AUDITED = [
    Invariant(
        12,
        "every change of money has an audit entry",
        """
        SELECT h.kind AS subject_kind, h.id
          FROM (SELECT 'cap_hold' AS kind, id FROM cap_hold UNION ALL SELECT 'payable', id FROM payable
                UNION ALL SELECT 'aid_hold', id FROM aid_hold UNION ALL SELECT 'cap_merge', id FROM cap_merge
                UNION ALL SELECT 'cap_carry', id FROM cap_carry
                UNION ALL SELECT 'settlement_batch', id FROM settlement_batch UNION ALL SELECT 'fund', id FROM fund
                UNION ALL SELECT 'fund_closing', id FROM fund_closing
                UNION ALL SELECT 'clawback_proposal', id FROM clawback_proposal
                UNION ALL SELECT 'shortfall_proposal', id FROM shortfall_proposal
                UNION ALL SELECT 'appropriation_correction', id FROM appropriation_correction
                UNION ALL SELECT 'clawback', id FROM clawback UNION ALL SELECT 'shortfall', id FROM shortfall
                UNION ALL SELECT 'payment_stop', id FROM payment_stop
                UNION ALL SELECT 'bank_suspense', id FROM bank_suspense
                UNION ALL SELECT 'bank_statement', id FROM bank_statement
                UNION ALL SELECT 'statement_gap', id FROM statement_gap
                UNION ALL SELECT 'cutoff_change', id FROM cutoff_change
                UNION ALL SELECT 'paying_account', id FROM paying_account
                UNION ALL SELECT 'gateway_refund', id FROM gateway_refund
                UNION ALL SELECT 'gateway_dispute', id FROM gateway_dispute
                UNION ALL SELECT 'gateway_account', id FROM gateway_account
                UNION ALL SELECT 'payment', id FROM payment UNION ALL SELECT 'order_charge', id FROM order_charge) h
         WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.subject_kind = h.kind AND e.subject_id = h.id)
        """,
    ),
]

INVARIANTS: list[Invariant] = [
    *ledger.INVARIANTS,
    *caps.INVARIANTS,
    *trade.INVARIANTS,
    *payouts.INVARIANTS,
    *payers.INVARIANTS,
    *batches.INVARIANTS,
    *funds.INVARIANTS,
    *gateway.INVARIANTS,
    *suspense.INVARIANTS,
    *statement_gaps.INVARIANTS,
    *AUDITED,
]

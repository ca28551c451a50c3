"""The HTTP routes of money."""

from core.http import Blueprint
from settlement.api.appropriation_corrections import corrections
from settlement.api.batches import batches
from settlement.api.debts import clawbacks, shortfalls
from settlement.api.funds import closings, funds
from settlement.api.ledger import ledger
from settlement.api.payables import payables
from settlement.api.payers import payers
from settlement.api.payments import accounts, disputes, payments, refunds
from settlement.api.remedies import proposals
from settlement.api.shortfall_remedies import shortfall_proposals
from settlement.api.statements import statements
from settlement.api.stops import payment_stops
from settlement.api.suspense import bank_statements
from settlement.api.webhooks import webhooks

BLUEPRINTS: list[Blueprint] = [
    funds,
    closings,
    corrections,
    payables,
    payment_stops,
    batches,
    payers,
    bank_statements,
    shortfalls,
    clawbacks,
    proposals,
    shortfall_proposals,
    ledger,
    statements,
    payments,
    refunds,
    disputes,
    accounts,
    webhooks,
]

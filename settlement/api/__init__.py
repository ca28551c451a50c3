"""The HTTP routes of money."""

from core.http import Blueprint
from settlement.api.batches import batches
from settlement.api.debts import clawbacks, shortfalls
from settlement.api.funds import closings, funds
from settlement.api.ledger import ledger
from settlement.api.payables import payables
from settlement.api.payments import accounts, disputes, payments, refunds
from settlement.api.statements import statements
from settlement.api.stops import payment_stops
from settlement.api.suspense import bank_statements
from settlement.api.webhooks import webhooks

BLUEPRINTS: list[Blueprint] = [
    funds,
    closings,
    payables,
    payment_stops,
    batches,
    bank_statements,
    shortfalls,
    clawbacks,
    ledger,
    statements,
    payments,
    refunds,
    disputes,
    accounts,
    webhooks,
]

"""Pages of settlement, with their menu entries."""

from core.pages import Pages
from settlement.pages.bank_statements import bank_statements
from settlement.pages.batch_actions import batch_actions
from settlement.pages.batches import batches
from settlement.pages.clawbacks import clawbacks
from settlement.pages.cutoffs import cutoffs
from settlement.pages.finance import finance
from settlement.pages.funds import funds
from settlement.pages.gateway_account import gateway_account
from settlement.pages.ledger import ledger
from settlement.pages.payables import payables
from settlement.pages.payment_actions import payment_actions
from settlement.pages.payments import disputes, payments
from settlement.pages.shortfalls import shortfalls
from settlement.pages.statements import statements
from settlement.pages.stops import stops
from settlement.pages.suspense import suspense

PAGES: list[Pages] = [
    finance,
    batches,
    batch_actions,
    suspense,
    bank_statements,
    payables,
    stops,
    funds,
    payments,
    payment_actions,
    disputes,
    gateway_account,
    shortfalls,
    clawbacks,
    cutoffs,
    ledger,
    statements,
]

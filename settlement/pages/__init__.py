"""Pages of settlement, with their menu entries."""

from core.pages import Pages
from settlement.pages.appropriation_corrections import appropriation_corrections
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
from settlement.pages.payers import payers
from settlement.pages.payment_actions import payment_actions
from settlement.pages.payments import disputes, payments
from settlement.pages.refunds import refunds
from settlement.pages.remedies import remedies
from settlement.pages.shortfall_remedies import shortfall_remedies
from settlement.pages.shortfalls import shortfalls
from settlement.pages.statement_gaps import statement_gaps
from settlement.pages.statements import statements
from settlement.pages.stops import stops
from settlement.pages.suspense import suspense

PAGES: list[Pages] = [
    finance,
    batches,
    batch_actions,
    suspense,
    bank_statements,
    statement_gaps,
    payables,
    payers,
    stops,
    funds,
    appropriation_corrections,
    payments,
    payment_actions,
    disputes,
    refunds,
    gateway_account,
    shortfalls,
    shortfall_remedies,
    clawbacks,
    remedies,
    cutoffs,
    ledger,
    statements,
]

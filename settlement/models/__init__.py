"""Columns and constraints of the package's tables."""

from settlement.models.bank_statements import AccountStatement, BankStatement, StatementGap
from settlement.models.batches import (
    BankReturn,
    BankReturnLine,
    BatchFile,
    BatchLine,
    BatchNetting,
    BatchPayout,
    SettlementBatch,
)
from settlement.models.caps import AidHold, CapCarry, CapHold, CapMerge, CapMergeYear
from settlement.models.clawbacks import Clawback, Recovery
from settlement.models.cutoffs import CutoffChange
from settlement.models.funds import Appropriation, Fund, FundClosing
from settlement.models.gateway import GatewayAccount, GatewayDispute, GatewayEvent, GatewayPayment, GatewayRefund
from settlement.models.ledger import LedgerAccount, LedgerPosting, LedgerTransaction
from settlement.models.payables import Payable
from settlement.models.payers import PayingAccount
from settlement.models.proposals import (
    AppropriationCorrection,
    ClawbackProposal,
    Instalment,
    ShortfallInstalment,
    ShortfallProposal,
)
from settlement.models.stops import PaymentStop
from settlement.models.suspense import BankSuspense
from settlement.models.trade import OrderCharge, Payment, Shortfall

__all__ = [
    "AccountStatement",
    "AidHold",
    "Appropriation",
    "AppropriationCorrection",
    "BankReturn",
    "BankReturnLine",
    "BankStatement",
    "BankSuspense",
    "BatchFile",
    "BatchLine",
    "BatchNetting",
    "BatchPayout",
    "CapCarry",
    "CapHold",
    "CapMerge",
    "CapMergeYear",
    "Clawback",
    "ClawbackProposal",
    "CutoffChange",
    "Fund",
    "FundClosing",
    "GatewayAccount",
    "GatewayDispute",
    "GatewayEvent",
    "GatewayPayment",
    "GatewayRefund",
    "Instalment",
    "LedgerAccount",
    "LedgerPosting",
    "LedgerTransaction",
    "OrderCharge",
    "Payable",
    "PayingAccount",
    "Payment",
    "PaymentStop",
    "Recovery",
    "SettlementBatch",
    "Shortfall",
    "ShortfallInstalment",
    "ShortfallProposal",
    "StatementGap",
]

"""Columns and constraints of the package's tables."""

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
from settlement.models.stops import PaymentStop
from settlement.models.suspense import BankStatement, BankSuspense
from settlement.models.trade import OrderCharge, Payment, Shortfall

__all__ = [
    "AidHold",
    "Appropriation",
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
    "CutoffChange",
    "Fund",
    "FundClosing",
    "GatewayAccount",
    "GatewayDispute",
    "GatewayEvent",
    "GatewayPayment",
    "GatewayRefund",
    "LedgerAccount",
    "LedgerPosting",
    "LedgerTransaction",
    "OrderCharge",
    "Payable",
    "Payment",
    "PaymentStop",
    "Recovery",
    "SettlementBatch",
    "Shortfall",
]

"""Columns and constraints of the package's tables."""

from settlement.models.batches import BankReturn, BankReturnLine, BatchFile, BatchLine, SettlementBatch
from settlement.models.clawbacks import Clawback, Recovery
from settlement.models.funds import Appropriation, Fund
from settlement.models.ledger import CapHold, LedgerAccount, LedgerPosting, LedgerTransaction
from settlement.models.payables import Payable
from settlement.models.stops import PaymentStop
from settlement.models.trade import OrderCharge, Payment, Shortfall

__all__ = [
    "Appropriation",
    "BankReturn",
    "BankReturnLine",
    "BatchFile",
    "BatchLine",
    "CapHold",
    "Clawback",
    "Fund",
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

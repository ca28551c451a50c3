"""Parts of use cases that write money, called by the packages above inside their own transaction.

They are grouped by noun: ``holds``, ``charges``, ``payments``, ``deductions``, ``payables``; the rest serves
settlement itself.
"""

from settlement.queries.payables import PayableMissing
from settlement.steps.caps import OwnerAbsorbed, carry_caps, merge_caps
from settlement.steps.charges import ChargeBelowPaid, OrderCharged, OrderNotCharged, adjust_charge, charge_order
from settlement.steps.deductions import (
    ShortfallExists,
    SubsidyExceedsDeduction,
    forgo_subsidy,
    open_shortfall,
)
from settlement.steps.gateway import PAYING_ONLINE, open_attempt
from settlement.steps.holds import (
    HoldExists,
    HoldMissing,
    HoldTooSmall,
    consume_hold,
    grant_hold,
    lock_caps,
    move_hold,
    reduce_hold,
    release_hold,
)
from settlement.steps.payables import (
    PayableExists,
    cancel_payable,
    create_payable,
)
from settlement.steps.payments import (
    PaymentExists,
    PaymentTooLarge,
    RefundTooLarge,
    cancel_charge,
    record_payment,
    refund_order,
)
from settlement.steps.stops import PayableInBatch, PaymentStopped, lift_stop, stop_payable

__all__ = [
    "PAYING_ONLINE",
    "ChargeBelowPaid",
    "HoldExists",
    "HoldMissing",
    "HoldTooSmall",
    "OrderCharged",
    "OrderNotCharged",
    "OwnerAbsorbed",
    "PayableExists",
    "PayableInBatch",
    "PayableMissing",
    "PaymentExists",
    "PaymentStopped",
    "PaymentTooLarge",
    "RefundTooLarge",
    "ShortfallExists",
    "SubsidyExceedsDeduction",
    "adjust_charge",
    "cancel_charge",
    "cancel_payable",
    "carry_caps",
    "charge_order",
    "consume_hold",
    "create_payable",
    "forgo_subsidy",
    "grant_hold",
    "lift_stop",
    "lock_caps",
    "merge_caps",
    "move_hold",
    "open_attempt",
    "open_shortfall",
    "record_payment",
    "reduce_hold",
    "refund_order",
    "release_hold",
    "stop_payable",
]

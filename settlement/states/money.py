"""States of what settlement keeps, and the tables of what may follow what."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class HoldState(StrEnum):
    """Where a hold on a yearly cap stands (V12 hold)."""

    LIVE = "live"
    CONSUMED = "consumed"
    RELEASED = "released"


class HoldAction(StrEnum):
    """What moves a hold."""

    MOVE = "move"
    REDUCE = "reduce"
    CONSUME = "consume"
    RELEASE = "release"


HOLD_TRANSITIONS: Transitions[HoldState] = Transitions(
    {
        (HoldState.LIVE, HoldAction.MOVE): HoldState.LIVE,
        (HoldState.LIVE, HoldAction.REDUCE): HoldState.LIVE,
        (HoldState.LIVE, HoldAction.CONSUME): HoldState.CONSUMED,
        (HoldState.LIVE, HoldAction.RELEASE): HoldState.RELEASED,
    },
    initial=HoldState.LIVE,
)


class PayableState(StrEnum):
    """Where a confirmed claim stands on its way to the payee's account."""

    DUE = "due"
    IN_BATCH = "in_batch"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class PayableAction(StrEnum):
    """What moves a payable. Batches and bank returns move many at once, by set-based statements of the same table."""

    PREPARE = "prepare"
    DISCARD = "discard"
    PAY = "pay"
    FAIL = "fail"
    RETURN = "return"
    CORRECT = "correct"
    CANCEL = "cancel"
    STOP = "stop"
    REFUSE = "refuse"


PAYABLE_TRANSITIONS: Transitions[PayableState] = Transitions(
    {
        (PayableState.DUE, PayableAction.PREPARE): PayableState.IN_BATCH,
        (PayableState.DUE, PayableAction.CANCEL): PayableState.CANCELLED,
        (PayableState.DUE, PayableAction.STOP): PayableState.DUE,
        (PayableState.DUE, PayableAction.REFUSE): PayableState.FAILED,
        (PayableState.FAILED, PayableAction.STOP): PayableState.FAILED,
        (PayableState.RETURNED, PayableAction.STOP): PayableState.RETURNED,
        (PayableState.IN_BATCH, PayableAction.DISCARD): PayableState.DUE,
        (PayableState.IN_BATCH, PayableAction.PAY): PayableState.PAID,
        (PayableState.IN_BATCH, PayableAction.FAIL): PayableState.FAILED,
        (PayableState.IN_BATCH, PayableAction.RETURN): PayableState.RETURNED,
        (PayableState.PAID, PayableAction.RETURN): PayableState.RETURNED,
        (PayableState.FAILED, PayableAction.CORRECT): PayableState.DUE,
        (PayableState.RETURNED, PayableAction.CORRECT): PayableState.DUE,
    },
    initial=PayableState.DUE,
)


class BatchState(StrEnum):
    """Where a settlement batch stands (V17 pay)."""

    PREPARED = "prepared"
    APPROVED = "approved"
    EXPORTED = "exported"
    CLOSED = "closed"
    DISCARDED = "discarded"


class BatchAction(StrEnum):
    """What moves a batch; exporting an exported one again gives the same files."""

    APPROVE = "approve"
    DISCARD = "discard"
    EXPORT = "export"
    CLOSE = "close"


BATCH_TRANSITIONS: Transitions[BatchState] = Transitions(
    {
        (BatchState.PREPARED, BatchAction.APPROVE): BatchState.APPROVED,
        (BatchState.PREPARED, BatchAction.DISCARD): BatchState.DISCARDED,
        (BatchState.APPROVED, BatchAction.DISCARD): BatchState.DISCARDED,
        (BatchState.APPROVED, BatchAction.EXPORT): BatchState.EXPORTED,
        (BatchState.EXPORTED, BatchAction.EXPORT): BatchState.EXPORTED,
        (BatchState.EXPORTED, BatchAction.CLOSE): BatchState.CLOSED,
    },
    initial=BatchState.PREPARED,
)


class PayoutOutcome(StrEnum):
    """What the bank says of one payout."""

    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"


class PaymentState(StrEnum):
    """Where a payment from user to provider stands. One that is held does not fit what was asked for: nothing of it is
    posted before a person has looked at it."""

    CREATED = "created"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    REFUNDED = "refunded"
    CORRECTED = "corrected"


class PaymentAction(StrEnum):
    """What moves a payment; a part refund leaves it succeeded."""

    SUCCEED = "succeed"
    FAIL = "fail"
    LOSE_SIGHT = "lose_sight"
    REAPPEAR = "reappear"
    HOLD_BACK = "hold_back"
    RELEASE = "release"
    REFUND_PART = "refund_part"
    REFUND = "refund"
    CORRECT = "correct"


PAYMENT_TRANSITIONS: Transitions[PaymentState] = Transitions(
    {
        (PaymentState.CREATED, PaymentAction.SUCCEED): PaymentState.SUCCEEDED,
        (PaymentState.CREATED, PaymentAction.FAIL): PaymentState.FAILED,
        (PaymentState.CREATED, PaymentAction.LOSE_SIGHT): PaymentState.UNKNOWN,
        (PaymentState.UNKNOWN, PaymentAction.SUCCEED): PaymentState.SUCCEEDED,
        (PaymentState.UNKNOWN, PaymentAction.FAIL): PaymentState.FAILED,
        (PaymentState.UNKNOWN, PaymentAction.REAPPEAR): PaymentState.CREATED,
        (PaymentState.CREATED, PaymentAction.HOLD_BACK): PaymentState.HELD,
        (PaymentState.UNKNOWN, PaymentAction.HOLD_BACK): PaymentState.HELD,
        (PaymentState.FAILED, PaymentAction.HOLD_BACK): PaymentState.HELD,
        (PaymentState.HELD, PaymentAction.RELEASE): PaymentState.FAILED,
        (PaymentState.SUCCEEDED, PaymentAction.REFUND_PART): PaymentState.SUCCEEDED,
        (PaymentState.SUCCEEDED, PaymentAction.REFUND): PaymentState.REFUNDED,
        (PaymentState.SUCCEEDED, PaymentAction.CORRECT): PaymentState.CORRECTED,
    },
    initial=PaymentState.CREATED,
)


OPEN_PAYMENTS = (PaymentState.CREATED, PaymentState.UNKNOWN)
"""States of an attempt that may still take the user's money."""


class RefundState(StrEnum):
    """Where a refund through the gateway stands; ``transferred`` was paid back by bank after the gateway failed."""

    CREATED = "created"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TRANSFERRED = "transferred"


class RefundAction(StrEnum):
    """What moves a refund. Banks may send back what the gateway took for refunded."""

    SUCCEED = "succeed"
    FAIL = "fail"
    LOSE_SIGHT = "lose_sight"
    REAPPEAR = "reappear"
    TRY_AGAIN = "try_again"
    TRANSFER = "transfer"


REFUND_TRANSITIONS: Transitions[RefundState] = Transitions(
    {
        (RefundState.CREATED, RefundAction.SUCCEED): RefundState.SUCCEEDED,
        (RefundState.CREATED, RefundAction.FAIL): RefundState.FAILED,
        (RefundState.CREATED, RefundAction.LOSE_SIGHT): RefundState.UNKNOWN,
        (RefundState.UNKNOWN, RefundAction.REAPPEAR): RefundState.CREATED,
        (RefundState.UNKNOWN, RefundAction.SUCCEED): RefundState.SUCCEEDED,
        (RefundState.UNKNOWN, RefundAction.FAIL): RefundState.FAILED,
        (RefundState.SUCCEEDED, RefundAction.FAIL): RefundState.FAILED,
        (RefundState.FAILED, RefundAction.TRY_AGAIN): RefundState.CREATED,
        (RefundState.FAILED, RefundAction.TRANSFER): RefundState.TRANSFERRED,
    },
    initial=RefundState.CREATED,
)

OPEN_REFUNDS = (RefundState.CREATED, RefundState.UNKNOWN)
"""States of a refund whose end the gateway still has to tell."""


class AccountState(StrEnum):
    """How far a provider's account at the gateway is; only a ready one is paid to."""

    CREATED = "created"
    PENDING = "pending"
    READY = "ready"
    RESTRICTED = "restricted"


class AccountAction(StrEnum):
    """What moves an account at the gateway."""

    AWAIT = "await_details"
    OPEN = "enable"
    RESTRICT = "restrict"


ACCOUNT_TRANSITIONS: Transitions[AccountState] = Transitions(
    {
        (AccountState.CREATED, AccountAction.AWAIT): AccountState.PENDING,
        (AccountState.CREATED, AccountAction.OPEN): AccountState.READY,
        (AccountState.PENDING, AccountAction.OPEN): AccountState.READY,
        (AccountState.READY, AccountAction.RESTRICT): AccountState.RESTRICTED,
        (AccountState.RESTRICTED, AccountAction.OPEN): AccountState.READY,
    },
    initial=AccountState.CREATED,
)


class DisputeState(StrEnum):
    """Where a dispute stands, in the gateway's own words."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"


OPEN_DISPUTES = (
    DisputeState.WARNING_NEEDS_RESPONSE,
    DisputeState.WARNING_UNDER_REVIEW,
    DisputeState.NEEDS_RESPONSE,
    DisputeState.UNDER_REVIEW,
)
"""States of a dispute that is not decided."""
UNANSWERED_DISPUTES = (DisputeState.WARNING_NEEDS_RESPONSE, DisputeState.NEEDS_RESPONSE)
"""States of a dispute that the provider must answer at the gateway."""


class ShortfallState(StrEnum):
    """Whether a user still owes the refused part of a deducted sum (V16(1))."""

    OPEN = "open"
    PAID = "paid"
    WRITTEN_OFF = "written_off"


class ShortfallAction(StrEnum):
    """What moves a shortfall. One grows, paid or not, where what was confirmed beside it is revoked unpaid; what was
    paid of it may be given back, or have been recorded by mistake."""

    PAY_PART = "pay_part"
    PAY = "pay"
    OWE_MORE = "owe_more"
    AGREE_PLAN = "agree_plan"
    WRITE_OFF = "write_off"
    REFUND = "refund"
    CORRECT = "correct"


SHORTFALL_TRANSITIONS: Transitions[ShortfallState] = Transitions(
    {
        (ShortfallState.OPEN, ShortfallAction.PAY_PART): ShortfallState.OPEN,
        (ShortfallState.OPEN, ShortfallAction.PAY): ShortfallState.PAID,
        (ShortfallState.OPEN, ShortfallAction.OWE_MORE): ShortfallState.OPEN,
        (ShortfallState.PAID, ShortfallAction.OWE_MORE): ShortfallState.OPEN,
        (ShortfallState.WRITTEN_OFF, ShortfallAction.OWE_MORE): ShortfallState.OPEN,
        (ShortfallState.OPEN, ShortfallAction.AGREE_PLAN): ShortfallState.OPEN,
        (ShortfallState.OPEN, ShortfallAction.WRITE_OFF): ShortfallState.WRITTEN_OFF,
        **{
            (state, action): ShortfallState.OPEN
            for state in ShortfallState
            for action in (ShortfallAction.REFUND, ShortfallAction.CORRECT)
        },
    },
    initial=ShortfallState.OPEN,
)


class ClawbackState(StrEnum):
    """Whether a clawed back sum has come back, or never will (V19, V21)."""

    OPEN = "open"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


class ClawbackAction(StrEnum):
    """What moves a clawback: money that comes back, or what a payout of the same payee keeps back for it."""

    RECOVER_PART = "recover_part"
    RECOVER = "recover"
    NET_PART = "net_part"
    NET = "net"
    UNDO_NETTING = "undo_netting"
    AGREE_PLAN = "agree_plan"
    WRITE_OFF = "write_off"
    CORRECT = "correct"


CLAWBACK_TRANSITIONS: Transitions[ClawbackState] = Transitions(
    {
        (ClawbackState.OPEN, ClawbackAction.RECOVER_PART): ClawbackState.OPEN,
        (ClawbackState.OPEN, ClawbackAction.RECOVER): ClawbackState.RECOVERED,
        (ClawbackState.OPEN, ClawbackAction.NET_PART): ClawbackState.OPEN,
        (ClawbackState.OPEN, ClawbackAction.NET): ClawbackState.RECOVERED,
        (ClawbackState.OPEN, ClawbackAction.UNDO_NETTING): ClawbackState.OPEN,
        (ClawbackState.RECOVERED, ClawbackAction.UNDO_NETTING): ClawbackState.OPEN,
        (ClawbackState.WRITTEN_OFF, ClawbackAction.UNDO_NETTING): ClawbackState.OPEN,
        (ClawbackState.OPEN, ClawbackAction.AGREE_PLAN): ClawbackState.OPEN,
        (ClawbackState.OPEN, ClawbackAction.WRITE_OFF): ClawbackState.WRITTEN_OFF,
        (ClawbackState.OPEN, ClawbackAction.CORRECT): ClawbackState.OPEN,
        (ClawbackState.RECOVERED, ClawbackAction.CORRECT): ClawbackState.OPEN,
        (ClawbackState.WRITTEN_OFF, ClawbackAction.CORRECT): ClawbackState.OPEN,
    },
    initial=ClawbackState.OPEN,
)


class StopState(StrEnum):
    """Whether a stop of payment stands (V19)."""

    STANDING = "standing"
    LIFTED = "lifted"
    FINAL = "final"


class StopAction(StrEnum):
    """What ends a stop: the payable is paid in its turn again, or never."""

    LIFT = "lift"
    MAKE_FINAL = "make_final"


STOP_TRANSITIONS: Transitions[StopState] = Transitions(
    {
        (StopState.STANDING, StopAction.LIFT): StopState.LIFTED,
        (StopState.STANDING, StopAction.MAKE_FINAL): StopState.FINAL,
    },
    initial=StopState.STANDING,
)

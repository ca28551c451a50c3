"""What waits in settlement: how much, and since when the oldest of it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from accounts.states import ProposalState
from core.db import session
from settlement.models import (
    AppropriationCorrection,
    BatchPayout,
    Clawback,
    ClawbackProposal,
    Fund,
    GatewayDispute,
    GatewayPayment,
    GatewayRefund,
    LedgerAccount,
    Payable,
    Payment,
    SettlementBatch,
    ShortfallProposal,
)
from settlement.queries.outcomes import SAID
from settlement.states import (
    OPEN_DISPUTES,
    OPEN_PAYMENTS,
    BatchState,
    ClawbackState,
    PayableState,
    PaymentState,
    RefundState,
)


@dataclass(frozen=True)
class Pile:
    """Records that wait: how many, their sum in fen, and the instant since which the oldest waits."""

    count: int = 0
    fen: int = 0
    since: datetime | None = None


NOTHING = Pile()


def payables_waiting() -> dict[PayableState, Pile]:
    """Payables that are neither settled nor stopped, by state, dated by their confirmation."""
    unsettled = (PayableState.DUE, PayableState.FAILED, PayableState.RETURNED)
    found = (
        select(Payable.state, func.count(), func.sum(Payable.amount_fen), func.min(Payable.confirmed_at))
        .where(Payable.state.in_(unsettled), ~Payable.stopped)
        .group_by(Payable.state)
    )
    return {state: Pile(count, int(fen), since) for state, count, fen, since in session().execute(found)}


def stopped_queue(year: int) -> Pile:
    """Due payables that the fund of a year does not reach: none overtakes a waiting one (V3)."""
    queue = (
        select(
            Payable.programme,
            Payable.amount_fen,
            Payable.confirmed_at,
            func.sum(Payable.amount_fen)
            .over(order_by=Payable.queue_no, partition_by=Payable.programme)
            .label("running_fen"),
        )
        .where(Payable.state == PayableState.DUE, ~Payable.stopped)
        .subquery()
    )
    money = (
        select(Fund.programme, (LedgerAccount.posted_fen + LedgerAccount.pending_fen).label("fen"))
        .join(LedgerAccount, LedgerAccount.id == Fund.account_id)
        .where(Fund.year == year)
        .subquery()
    )
    return _pile(
        select(func.count(), func.sum(queue.c.amount_fen), func.min(queue.c.confirmed_at))
        .select_from(queue)
        .outerjoin(money, money.c.programme == queue.c.programme)
        .where(queue.c.running_fen > func.coalesce(money.c.fen, 0))
    )


def batches_to_approve(*, besides: int | None = None) -> Pile:
    """Prepared batches, perhaps without those that one user prepared and so cannot approve (invariant 10)."""
    found = _batches(SettlementBatch.prepared_at).where(SettlementBatch.state == BatchState.PREPARED)
    if besides is not None:
        found = found.where(SettlementBatch.prepared_by.is_distinct_from(besides))
    return _pile(found)


def batches_to_export() -> Pile:
    """Approved batches without files."""
    return _pile(_batches(SettlementBatch.approved_at).where(SettlementBatch.state == BatchState.APPROVED))


@dataclass(frozen=True)
class SentBatches:
    """Exported batches: those on every payout of which the bank has reported, and the others."""

    answered: Pile = NOTHING
    awaited: Pile = NOTHING


def exported_batches() -> SentBatches:
    """Batches whose files went to the bank."""
    said = exists().where(SAID.c.batch_id == BatchPayout.batch_id, SAID.c.payout_no == BatchPayout.payout_no)
    silent = exists().where(BatchPayout.batch_id == SettlementBatch.id, ~said)
    sent = _batches(SettlementBatch.exported_at).where(SettlementBatch.state == BatchState.EXPORTED)
    found = _parted(sent, silent)
    return SentBatches(answered=found.get(False, NOTHING), awaited=found.get(True, NOTHING))


def open_clawbacks() -> Pile:
    """What has not come back yet."""
    open_fen = Clawback.amount_fen - Clawback.recovered_fen - Clawback.written_off_fen
    return _pile(
        select(func.count(), func.sum(open_fen), func.min(Clawback.opened_at)).where(
            Clawback.state == ClawbackState.OPEN
        )
    )


def overdue_clawbacks(on: date) -> Pile:
    """What should have come back before a day and has not."""
    open_fen = Clawback.amount_fen - Clawback.recovered_fen - Clawback.written_off_fen
    return _pile(
        select(func.count(), func.sum(open_fen), func.min(Clawback.opened_at)).where(
            Clawback.state == ClawbackState.OPEN, Clawback.due_on < on
        )
    )


Decided = type[ClawbackProposal] | type[ShortfallProposal] | type[AppropriationCorrection]


def proposals_waiting(kind: Decided, *, besides: int | None = None) -> Pile:
    """What waits to be decided, perhaps without what one user proposed and so cannot decide."""
    found = select(func.count(), func.sum(kind.amount_fen), func.min(kind.proposed_at)).where(
        kind.state == ProposalState.PROPOSED
    )
    return _pile(found if besides is None else found.where(kind.proposed_by != besides))


def open_disputes() -> Pile:
    """What banks contest and the gateway has not decided."""
    return _pile(
        select(func.count(), func.sum(GatewayDispute.amount_fen), func.min(GatewayDispute.opened_at)).where(
            GatewayDispute.state.in_(OPEN_DISPUTES)
        )
    )


@dataclass(frozen=True)
class TroubledPayments:
    """Online payments a person must look at.

    ``held`` do not fit what was asked for, and nothing of them is posted before; of ``flagged`` the term is long over
    and the gateway tells no end.
    """

    held: Pile = NOTHING
    flagged: Pile = NOTHING


def troubled_payments() -> TroubledPayments:
    """Online payments that wait for a person."""
    held = Payment.state == PaymentState.HELD
    flagged = exists().where(GatewayPayment.payment_id == Payment.id, GatewayPayment.flagged_at.is_not(None))
    troubled = or_(held, and_(Payment.state.in_(OPEN_PAYMENTS), flagged))
    sums = select(func.count(), func.sum(Payment.amount_fen), func.min(Payment.recorded_at)).where(troubled)
    found = _parted(sums, held)
    return TroubledPayments(held=found.get(True, NOTHING), flagged=found.get(False, NOTHING))


def failed_refunds() -> Pile:
    """Refunds the gateway could not make: asked for again, or paid back by bank."""
    return _pile(
        select(func.count(), func.sum(GatewayRefund.amount_fen), func.min(GatewayRefund.requested_at)).where(
            GatewayRefund.state == RefundState.FAILED
        )
    )


def live_cutoffs(since: date) -> dict[date, str]:
    """The cut-offs from a day on that have a batch which was not discarded, with its number; that of each programme."""
    found = (
        select(SettlementBatch.cutoff, func.string_agg(SettlementBatch.number, ", "))
        .where(SettlementBatch.cutoff >= since, SettlementBatch.state != BatchState.DISCARDED)
        .group_by(SettlementBatch.cutoff)
    )
    return dict(session().execute(found).tuples().all())


def _batches(since: object) -> Select[tuple[int, int, datetime]]:
    return select(func.count(), func.sum(SettlementBatch.total_fen), func.min(since))


def _parted(sums: Select[tuple[int, int, datetime]], by: ColumnElement[bool]) -> dict[bool, Pile]:
    """The same sums where something is so and where it is not."""
    is_so = by.label("is_so")
    rows = session().execute(sums.add_columns(is_so).group_by(is_so))
    return {so: Pile(count, int(fen or 0), since) for count, fen, since, so in rows}


def _pile(found: Select[tuple[int, int, datetime]]) -> Pile:
    count, fen, since = session().execute(found).one()
    return Pile(count, int(fen or 0), since)

"""Reads of payables, and of the queue they wait in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, exists, func, select

from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound, Reason, Refused, reason
from core.money import yuan_text
from core.permissions import Actor
from settlement.models import BatchLine, BatchPayout, Fund, LedgerAccount, OrderCharge, Payable
from settlement.queries.batches import LineAnswered, lines_with_outcomes
from settlement.queries.outcomes import SAID
from settlement.queries.scope import concerns_visible, sees_all
from settlement.states import PayableState, PayoutOutcome

_SHOWN_DIGITS = 4


ARTICLE = "V19"
"""Stops and clawbacks name a payable."""


class PayableUnnamed(Refused):
    """Name the payable by its number or by its source, one of the two."""

    code = "payable_unnamed"


class PayableMissing(NotFound):
    """There is no such payable for this actor."""

    code = "payable_missing"


@dataclass(frozen=True)
class QueuePlace:
    """Where a due payable stands: how many and how much are before it, and whether the money reaches it (V3)."""

    ahead_count: int
    ahead_fen: int
    available_fen: int
    fund_year: int
    waiting: Reason | None

    @property
    def waiting_shown(self) -> dict[str, str | None] | None:
        """The reason as the API shows it."""
        return None if self.waiting is None else self.waiting.as_json()


@dataclass(frozen=True)
class PayableView:
    """A payable as one actor sees it."""

    payable: Payable
    account_number: str
    place: QueuePlace | None


@dataclass(frozen=True)
class Payout:
    """One time a payable stood in a batch, and what the bank said last of its payout.

    ``netted_fen`` is what that payout, of which the payable may be a part, keeps back for clawbacks.
    """

    batch_id: int
    line_no: int
    payout_no: int
    netted_fen: int
    outcome: PayoutOutcome | None
    reason: str | None
    value_date: date | None


@dataclass(frozen=True)
class PayableDetail(PayableView):
    """A payable with every attempt to pay it."""

    payouts: Sequence[Payout]


def visible_payables(
    actor: Actor, *, state: PayableState | None = None, order_id: int | None = None, programme: str | None = None
) -> Select[tuple[Payable]]:
    """Payables an actor may see: payees and users of the order their own, a city those of its organisations (V6)."""
    of_its_user = exists(
        select(OrderCharge.id).where(
            OrderCharge.order_id == Payable.order_id, concerns_visible(actor, OrderCharge.user_id)
        )
    )
    found = select(Payable).where(concerns_visible(actor, Payable.payee_id) | of_its_user)
    if state is not None:
        found = found.where(Payable.state == state)
    if order_id is not None:
        found = found.where(Payable.order_id == order_id)
    if programme is not None:
        found = found.where(Payable.programme == programme)
    return found


def find_payable(payable_id: int, *, actor: Actor, lock: bool = False) -> Payable:
    """The payable if the actor may see it; raises :class:`PayableMissing`."""
    found = visible_payables(actor).where(Payable.id == payable_id)
    if lock:
        found = found.with_for_update(of=Payable).execution_options(populate_existing=True)
    payable = session().scalar(found)
    if payable is None:
        raise PayableMissing
    return payable


def stuck_in(payout: BatchPayout) -> Select[tuple[Payable]]:
    """The payables of a payout that failed or came back and were not corrected yet."""
    return (
        select(Payable)
        .join(BatchLine, (BatchLine.payable_id == Payable.id) & (BatchLine.attempt == Payable.attempts))
        .where(
            BatchLine.batch_id == payout.batch_id,
            BatchLine.payout_no == payout.payout_no,
            Payable.batch_id == payout.batch_id,
            Payable.state.in_((PayableState.FAILED, PayableState.RETURNED)),
        )
        .order_by(Payable.id)
    )


def locked_stuck(payout: BatchPayout) -> Sequence[Payable]:
    """The same, locked."""
    locked = stuck_in(payout).with_for_update(of=Payable).execution_options(populate_existing=True)
    return session().scalars(locked).all()


def payable_of(source: str) -> Payable | None:
    """The payable made for a source such as ``claim:12``, if there is one."""
    return session().scalar(select(Payable).where(Payable.source == source))


def names_one(payable_id: int | None, source: str | None) -> bool:
    """Whether a payable is named by its number or its source, one of the two."""
    return (payable_id is None) != (source is None)


def payable_unnamed() -> PayableUnnamed:
    """The refusal of a payable named twice or not at all."""
    return PayableUnnamed(reasons=[reason("payable_unnamed", article=ARTICLE, field="payable_id")])


def named_payable(payable_id: int | None, source: str | None, *, actor: Actor) -> Payable:
    """The payable that a caller names by its number or its source, if the actor may see it.

    Raises :class:`PayableUnnamed` and :class:`PayableMissing`.
    """
    if not names_one(payable_id, source):
        raise payable_unnamed()
    found = payable_of(source) if source is not None else None
    if source is not None and found is None:
        raise PayableMissing
    return find_payable(payable_id or (found.id if found is not None else 0), actor=actor)


def views_of(payables: Sequence[Payable], *, actor: Actor, today: date) -> list[PayableView]:
    """Payables as an actor sees them, in the order given; account numbers are masked but for payee and finance."""
    places = queue_places(payables, today=today)
    own = acts_for(actor)
    return [
        PayableView(
            payable=payable,
            account_number=payable.account_number
            if sees_all(actor) or payable.payee_id in own
            else f"****{payable.account_number[-_SHOWN_DIGITS:]}",
            place=places.get(payable.id),
        )
        for payable in payables
    ]


def queue_places(payables: Sequence[Payable], *, today: date) -> dict[int, QueuePlace]:
    """The places of those that are due and not stopped, by id, judged by this year's fund."""
    due = [payable for payable in payables if payable.state is PayableState.DUE and not payable.stopped]
    if not due:
        return {}
    queue = (
        select(
            Payable.id,
            (func.row_number().over(order_by=Payable.queue_no, partition_by=Payable.programme) - 1).label("count"),
            (
                func.sum(Payable.amount_fen).over(order_by=Payable.queue_no, partition_by=Payable.programme)
                - Payable.amount_fen
            ).label("fen"),
        )
        .where(
            Payable.state == PayableState.DUE,
            ~Payable.stopped,
            Payable.queue_no <= max(payable.queue_no for payable in due),
        )
        .subquery()
    )
    rows = session().execute(select(queue).where(queue.c.id.in_([payable.id for payable in due])))
    ahead = {payable_id: (int(count), int(fen)) for payable_id, count, fen in rows}
    available = _available(today.year)
    return {
        payable.id: QueuePlace(
            ahead_count=ahead[payable.id][0],
            ahead_fen=ahead[payable.id][1],
            fund_year=today.year,
            available_fen=available.get(payable.programme, 0),
            waiting=_why_waiting(
                payable.amount_fen, ahead[payable.id][1], available.get(payable.programme), today.year
            ),
        )
        for payable in due
    }


def detail_of(payable_id: int, *, actor: Actor, today: date) -> PayableDetail:
    """A payable with every attempt to pay it; raises :class:`PayableMissing`."""
    payable = find_payable(payable_id, actor=actor)
    view = views_of([payable], actor=actor, today=today)[0]
    return PayableDetail(view.payable, view.account_number, view.place, payouts_of(payable))


def payouts_of(payable: Payable) -> list[Payout]:
    """Every line a payable stood in, with what the bank said last of each, the earliest first."""
    found = select(BatchLine).where(BatchLine.payable_id == payable.id).order_by(BatchLine.attempt)
    return [_payout(each) for each in lines_with_outcomes(session().scalars(found).all())]


def payables_of_order(order_id: int) -> Sequence[Payable]:
    """Every payable of an order, the earliest confirmed first."""
    return session().scalars(select(Payable).where(Payable.order_id == order_id).order_by(Payable.queue_no)).all()


def sums_by_state(payables: Select[tuple[Payable]]) -> dict[PayableState, int]:
    """The confirmed sums of payables by their state, in fen."""
    found = payables.with_only_columns(Payable.state, func.sum(Payable.amount_fen)).group_by(Payable.state)
    return {state: int(fen) for state, fen in session().execute(found)}


def value_dates(payables: Sequence[Payable]) -> dict[int, date]:
    """The bank's date of the payout of those that are paid, by id."""
    paid = [payable.id for payable in payables if payable.state is PayableState.PAID]
    if not paid:
        return {}
    found = (
        select(BatchLine.payable_id, func.max(SAID.c.value_date))
        .join(SAID, (SAID.c.batch_id == BatchLine.batch_id) & (SAID.c.payout_no == BatchLine.payout_no))
        .where(BatchLine.payable_id.in_(paid), SAID.c.outcome == PayoutOutcome.PAID)
        .group_by(BatchLine.payable_id)
    )
    return dict(session().execute(found).tuples().all())


def _payout(answered: LineAnswered) -> Payout:
    return Payout(
        batch_id=answered.line.batch_id,
        line_no=answered.line.line_no,
        payout_no=answered.line.payout_no,
        netted_fen=answered.payout.netted_fen,
        outcome=answered.said.outcome,
        reason=answered.said.reason,
        value_date=answered.said.value_date,
    )


def _available(year: int) -> dict[str, int]:
    """What is left in each programme's fund of a year."""
    found = (
        select(Fund.programme, LedgerAccount.posted_fen + LedgerAccount.pending_fen)
        .join(LedgerAccount, LedgerAccount.id == Fund.account_id)
        .where(Fund.year == year)
    )
    return dict(session().execute(found).tuples().all())


def _why_waiting(amount_fen: int, ahead_fen: int, available_fen: int | None, year: int) -> Reason | None:
    if available_fen is None:
        return reason("no_fund", article="V3", year=year)
    if ahead_fen + amount_fen <= available_fen:
        return None
    return reason(
        "waits_for_money",
        article="V3",
        year=year,
        ahead=yuan_text(ahead_fen),
        amount=yuan_text(amount_fen),
        available=yuan_text(available_fen),
    )

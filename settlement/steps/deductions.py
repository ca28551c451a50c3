"""The part deducted from a price for the subsidy (V16(1)).

Assigned when confirmed, owed when refused or revoked unpaid, forgone when expired.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.errors import Conflict
from core.money import yuan_text
from core.permissions import Actor
from settlement.models import OrderCharge, Payment, Shortfall
from settlement.queries.proposals import plan_of
from settlement.rules import postings
from settlement.rules.chart import AccountKind, TransactionKind
from settlement.rules.methods import PaymentMethod, PaymentPurpose
from settlement.rules.postings import Entries
from settlement.states import SHORTFALL_TRANSITIONS, ShortfallAction
from settlement.steps.attempts import give_up_attempts
from settlement.steps.charges import find_charge, locked_charge, locked_trade, post_trade
from settlement.steps.payments import add_payment, book_payment, give_back, payment_too_large
from settlement.steps.proposals import follow_plan, move

DEDUCTION_ARTICLE = "V16(1)"


class SubsidyExceedsDeduction(Conflict):
    """More subsidy would be assigned or refused than was deducted from the price and not settled yet."""

    code = "subsidy_exceeds_deduction"
    article = "V16(1)"


class ShortfallExists(Conflict):
    """There is a shortfall for this order already."""

    code = "shortfall_exists"


def assign_subsidy(*, order_id: int, payee_id: int, amount_fen: int, actor: Actor, now: datetime) -> None:
    """Take a confirmed sum off the provider's subsidy receivable; nothing to do where the payee is the user.

    Raises :class:`SubsidyExceedsDeduction`.
    """
    charge = find_charge(order_id)
    if charge is None or charge.provider_id != payee_id:
        return
    _off(
        AccountKind.SUBSIDY_RECEIVABLE,
        charge,
        postings.subsidy_assigned(order_id=order_id, amount_fen=amount_fen),
        amount_fen,
        TransactionKind.SUBSIDY_ASSIGNED,
        actor=actor,
        now=now,
    )


def forgo_subsidy(*, order_id: int, actor: Actor, now: datetime) -> int:
    """Write off what the provider lost by letting its claim expire: the user owes nothing (V16(1)). Returns the sum."""
    charge = find_charge(order_id)
    if charge is None:
        return 0
    lost = locked_trade(AccountKind.SUBSIDY_RECEIVABLE, charge).balance_fen
    if lost > 0:
        _off(
            AccountKind.SUBSIDY_RECEIVABLE,
            charge,
            postings.subsidy_forgone(order_id=order_id, amount_fen=lost),
            lost,
            TransactionKind.SUBSIDY_FORGONE,
            actor=actor,
            now=now,
        )
    return lost


def open_shortfall(
    *,
    order_id: int,
    debtor_id: int,
    creditor_id: int,
    amount_fen: int,
    article: str,
    actor: Actor,
    now: datetime,
) -> Shortfall:
    """Turn a refused part of the deducted sum into the user's debt to the provider (V16(1)).

    Raises :class:`OrderNotCharged`, :class:`ShortfallExists` and :class:`SubsidyExceedsDeduction`.
    """
    current = require_transaction()
    charge = locked_charge(order_id)
    if current.scalars(select(Shortfall.id).where(Shortfall.order_id == order_id)).first() is not None:
        raise ShortfallExists(order=order_id)
    made = _off(
        AccountKind.SUBSIDY_RECEIVABLE,
        charge,
        postings.shortfall_opened(order_id=order_id, amount_fen=amount_fen),
        amount_fen,
        TransactionKind.SHORTFALL_OPENED,
        article=article,
        actor=actor,
        now=now,
    )
    return _record_shortfall(
        Shortfall(
            order_id=order_id,
            debtor_id=debtor_id,
            creditor_id=creditor_id,
            amount_fen=amount_fen,
            article=article,
            transaction_id=made,
        ),
        actor=actor,
        now=now,
    )


def owe_unpaid(*, order_id: int, payee_id: int, amount_fen: int, actor: Actor, now: datetime) -> None:
    """Turn a confirmed sum that will never be paid into the user's debt to the provider, beside what was refused.

    Nothing to do where the payee is the user. Raises :class:`SubsidyExceedsDeduction`.
    """
    owed = _locked_shortfall(order_id)
    charge = find_charge(order_id)
    if charge is None or charge.provider_id != payee_id:
        return
    made = _off(
        AccountKind.SUBSIDY_ASSIGNED,
        charge,
        postings.shortfall_of_unpaid(order_id=order_id, amount_fen=amount_fen),
        amount_fen,
        TransactionKind.SHORTFALL_OPENED,
        actor=actor,
        now=now,
    )
    if owed is None:
        shortfall = Shortfall(
            order_id=order_id,
            debtor_id=charge.user_id,
            creditor_id=charge.provider_id,
            amount_fen=amount_fen,
            article=DEDUCTION_ARTICLE,
            transaction_id=made,
        )
        _record_shortfall(shortfall, actor=actor, now=now)
        return
    owed.amount_fen += amount_fen
    move(owed, ShortfallAction.OWE_MORE, owed.open_fen, added_fen=amount_fen, actor=actor, now=now)
    follow_plan(owed, plan_of(owed))


def settle_shortfall(
    shortfall: Shortfall,
    *,
    amount_fen: int,
    reference: str,
    corrects_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> Payment:
    """Record a payment, whole or part, of a locked shortfall; ``corrects_id`` is the entry it is made in place of.

    What the user began to pay online meanwhile is given up. Raises :class:`PaymentTooLarge` and
    :class:`PaymentExists`.
    """
    give_up_online(shortfall, actor=actor, now=now)
    _lower_shortfall(shortfall, amount_fen=amount_fen, reference=reference, actor=actor, now=now)
    return add_payment(
        locked_charge(shortfall.order_id),
        postings.shortfall_paid(order_id=shortfall.order_id, amount_fen=amount_fen),
        kind=TransactionKind.SHORTFALL_PAID,
        amount_fen=amount_fen,
        reference=reference,
        method=PaymentMethod.BANK_TRANSFER,
        shortfall=shortfall,
        corrects_id=corrects_id,
        actor=actor,
        now=now,
    )


def give_up_online(shortfall: Shortfall, *, actor: Actor, now: datetime) -> None:
    """What the user began to pay of it online is given up."""
    give_up_attempts(shortfall.order_id, purpose=PaymentPurpose.SHORTFALL, actor=actor, now=now)


def refund_shortfall_payment(
    payment: Payment, shortfall: Shortfall, part_fen: int, *, actor: Actor, now: datetime
) -> None:
    """Give back part of a locked payment of a locked shortfall: it is owed again."""
    posted = post_trade(
        locked_charge(shortfall.order_id),
        postings.shortfall_payment_undone(order_id=shortfall.order_id, amount_fen=part_fen),
        TransactionKind.SHORTFALL_REFUNDED,
        article=DEDUCTION_ARTICLE,
        reverses_id=payment.transaction_id,
        actor=actor,
        now=now,
    )
    owe_again(shortfall, ShortfallAction.REFUND, amount_fen=part_fen, actor=actor, now=now)
    give_back(payment, part_fen, transaction_id=posted, actor=actor, now=now)


def owe_again(shortfall: Shortfall, action: ShortfallAction, *, amount_fen: int, actor: Actor, now: datetime) -> None:
    """What was paid of a locked shortfall and went back, or never came, is open again."""
    shortfall.paid_fen -= amount_fen
    move(shortfall, action, amount_fen, actor=actor, now=now)
    follow_plan(shortfall, plan_of(shortfall))


def book_shortfall_payment(payment: Payment, shortfall: Shortfall, *, actor: Actor, now: datetime) -> None:
    """Post a payment through the gateway of a locked shortfall. Raises :class:`PaymentTooLarge`."""
    _lower_shortfall(shortfall, amount_fen=payment.amount_fen, reference=payment.reference, actor=actor, now=now)
    book_payment(
        payment,
        locked_charge(shortfall.order_id),
        postings.shortfall_paid(order_id=shortfall.order_id, amount_fen=payment.amount_fen),
        kind=TransactionKind.SHORTFALL_PAID,
        actor=actor,
        now=now,
    )


def _locked_shortfall(order_id: int) -> Shortfall | None:
    """Before the charge and its accounts, as whoever pays a shortfall locks them."""
    found = select(Shortfall).where(Shortfall.order_id == order_id).with_for_update()
    return require_transaction().scalars(found.execution_options(populate_existing=True)).one_or_none()


def _record_shortfall(shortfall: Shortfall, *, actor: Actor, now: datetime) -> Shortfall:
    shortfall.written_off_fen = 0
    shortfall.paid_fen, shortfall.state, shortfall.opened_at = 0, SHORTFALL_TRANSITIONS.initial, now
    require_transaction().add(shortfall)
    audit.record(
        actor=actor,
        now=now,
        action="open",
        subject=shortfall,
        to_state=shortfall.state,
        data={"amount_fen": shortfall.amount_fen, "article": shortfall.article},
    )
    return shortfall


def _lower_shortfall(shortfall: Shortfall, *, amount_fen: int, reference: str, actor: Actor, now: datetime) -> None:
    if amount_fen > shortfall.open_fen > 0:
        raise payment_too_large(amount_fen, shortfall.open_fen, article="V16(1)")
    action = ShortfallAction.PAY if amount_fen == shortfall.open_fen else ShortfallAction.PAY_PART
    move(shortfall, action, amount_fen, reference=reference, actor=actor, now=now)
    shortfall.paid_fen += amount_fen
    follow_plan(shortfall, plan_of(shortfall))


def _off(
    account: AccountKind,
    charge: OrderCharge,
    entries: Entries,
    amount_fen: int,
    kind: TransactionKind,
    *,
    actor: Actor,
    now: datetime,
    article: str = DEDUCTION_ARTICLE,
) -> int:
    open_fen = locked_trade(account, charge).balance_fen
    if amount_fen > open_fen:
        raise SubsidyExceedsDeduction(amount=yuan_text(amount_fen), open=yuan_text(open_fen))
    made = post_trade(charge, entries, kind, article=article, actor=actor, now=now)
    audit.record(actor=actor, now=now, action=kind.value, subject=charge, data={"amount_fen": amount_fen})
    return made

"""What people do about payments online: begin one for a shortfall, ask how it stands, give it up, give money back."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.errors import Conflict, Refused
from core.money import yuan_text
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import GatewayRefund, Payment
from settlement.queries.payments import find_payment, find_refund
from settlement.queries.trade import find_shortfall
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.states import (
    OPEN_PAYMENTS,
    REFUND_TRANSITIONS,
    PaymentState,
    RefundAction,
    RefundState,
)
from settlement.steps import gateway as attempts
from settlement.steps import refund_answers
from settlement.steps.attempts import give_up as mark_given_up
from settlement.steps.deductions import refund_shortfall_payment
from settlement.steps.payments import RefundTooLarge, refund_payment
from settlement.steps.refunds import send_back


class NotOnline(Conflict):
    """This was not paid online; the gateway knows nothing of it."""

    code = "payment_not_online"


class NothingToGiveUp(Conflict):
    """This payment is over, or has taken money."""

    code = "payment_over"


class NotRefundable(Conflict):
    """Nothing of this payment can be given back now."""

    code = "payment_not_refundable"
    article = "V16"


class RefundWhole(Refused):
    """What was never posted goes back in one sum."""

    code = "refund_whole"
    article = "V16"


def pay_shortfall(
    *,
    shortfall_id: int,
    amount_fen: int | None,
    method: PaymentMethod,
    public_url: str,
    actor: Actor,
    now: datetime,
) -> Payment:
    """The user begins to pay a shortfall online; without an amount, all that is open."""
    with transaction():
        shortfall = find_shortfall(shortfall_id, actor=actor, lock=True)
        authorise(actor, permissions.its_debtor, shortfall)
        return attempts.open_attempt(
            order_id=shortfall.order_id,
            amount_fen=shortfall.open_fen if amount_fen is None else amount_fen,
            method=method,
            shortfall=shortfall,
            public_url=public_url,
            actor=actor,
            now=now,
        )


def inquire(*, payment_id: int, actor: Actor, now: datetime) -> Payment:
    """Have the gateway asked at once; it is, after the commit. Raises :class:`NotOnline`."""
    with transaction():
        attempt = _attempt(payment_id, actor)
        if attempt.payment.state in OPEN_PAYMENTS:
            attempt.details.ask_at = now
        return attempt.payment


def give_up(*, payment_id: int, actor: Actor, now: datetime) -> Payment:
    """The payer does not want to pay after all; what was paid meanwhile counts all the same. Finance closes one that is
    held and took nothing.

    Raises :class:`NotOnline` and :class:`NothingToGiveUp`.
    """
    with transaction():
        attempt = _attempt(payment_id, actor)
        if attempt.payment.state is PaymentState.HELD:
            authorise(actor, permissions.may_release_held)
        else:
            authorise(actor, permissions.its_payer, attempt.payment)
        if attempt.payment.state not in attempts.UNDER_WAY or attempt.details.received_fen > 0:
            raise NothingToGiveUp
        mark_given_up(attempt.details, actor=actor, now=now)
        return attempt.payment


def refund(*, payment_id: int, amount_fen: int | None, actor: Actor, now: datetime) -> Payment:
    """Give back what was paid online: the provider what it received, in part or whole; finance a payment that is held.

    The sum is due again unless the charge is lowered; of a shortfall it is owed again. Raises :class:`NotOnline`,
    :class:`NotRefundable`, :class:`RefundWhole` and ``RefundTooLarge``.
    """
    with transaction():
        attempt = _attempt(payment_id, actor)
        payment = attempt.payment
        if payment.state is PaymentState.HELD:
            authorise(actor, permissions.may_release_held)
            _send_held_back(attempt, amount_fen=amount_fen, actor=actor, now=now)
            return payment
        authorise(actor, permissions.its_payee, payment)
        if payment.state is not PaymentState.SUCCEEDED:
            raise NotRefundable
        room = payment.amount_fen - payment.refunded_fen
        part = room if amount_fen is None else amount_fen
        if part > room:
            raise RefundTooLarge(amount=yuan_text(part))
        if attempt.shortfall is None:
            refund_payment(payment, part, attempt.charge, actor=actor, now=now)
        else:
            refund_shortfall_payment(payment, attempt.shortfall, part, actor=actor, now=now)
        return payment


def retry_refund(*, refund_id: int, actor: Actor, now: datetime) -> GatewayRefund:
    """Ask for a failed refund once more, under a new key."""
    with transaction():
        locked = _refund(refund_id, actor)
        apply(locked.refund, RefundAction.TRY_AGAIN, transitions=REFUND_TRANSITIONS, actor=actor, now=now)
        locked.refund.tries += 1
        locked.refund.refund_id = locked.refund.status = locked.refund.failure = None
        locked.refund.first_sent_at = locked.refund.flagged_at = None
        locked.refund.asks, locked.refund.ask_at = 0, now
        return locked.refund


def note_transfer(*, refund_id: int, reference: str, actor: Actor, now: datetime) -> GatewayRefund:
    """A failed refund was paid back by bank transfer."""
    with transaction():
        locked = _refund(refund_id, actor)
        apply(
            locked.refund,
            RefundAction.TRANSFER,
            transitions=REFUND_TRANSITIONS,
            actor=actor,
            now=now,
            data={"reference": reference},
        )
        refund_answers.release_held(locked.attempt, now=now)
        return locked.refund


def _attempt(payment_id: int, actor: Actor) -> attempts.Attempt:
    payment = find_payment(payment_id, actor=actor)
    if payment.method not in GATEWAY_METHODS:
        raise NotOnline
    return attempts.locked_attempt(payment_id)


def _refund(refund_id: int, actor: Actor) -> refund_answers.LockedRefund:
    found = find_refund(refund_id, actor=actor)
    authorise(actor, permissions.may_mend_refund, found.payment)
    return refund_answers.locked_refund(refund_id)


def _send_held_back(attempt: attempts.Attempt, *, amount_fen: int | None, actor: Actor, now: datetime) -> None:
    """All that a held payment took goes back, once."""
    details = attempt.details
    if details.received_fen == 0 or details.intent_id is None:
        raise NotRefundable
    if amount_fen not in (None, details.received_fen):
        raise RefundWhole
    if refund_answers.refunds_of(attempt.payment.id, RefundState.FAILED, RefundState.CREATED, RefundState.UNKNOWN):
        raise NotRefundable
    send_back(attempt.payment, amount_fen=details.received_fen, transaction_id=None, actor=actor, now=now)

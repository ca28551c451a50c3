"""Asking the gateway about payments and refunds: record and commit, call, record.

Nothing is locked and no transaction is open while the gateway is asked. What it does is found out by asking again with
the same key, never guessed, so each of these may stop anywhere and be begun anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select

from core.db import leave_transaction, session, transaction
from core.failpoints import failpoint
from core.permissions import SYSTEM
from settlement.gateways import gateway, gateway_is_on
from settlement.models import GatewayPayment, GatewayRefund, Payment
from settlement.rules.gateway import (
    Ask,
    Denied,
    Lost,
    Opening,
    RefundOrder,
    Remote,
    RemoteRefund,
    next_ask,
    next_refund_ask,
    pause,
)
from settlement.rules.methods import PaymentMethod
from settlement.states import OPEN_PAYMENTS, OPEN_REFUNDS, PaymentState
from settlement.steps import gateway as attempts
from settlement.steps import refund_answers as refunds

log = structlog.get_logger()


@dataclass(frozen=True)
class Question:
    """What is asked about an attempt next, with all it takes; ``first``: nothing was sent of it before."""

    ask: Ask
    opening: Opening
    intent_id: str | None
    session_id: str | None
    first: bool
    first_sent_at: datetime


ROUNDS = 3
"""How many questions in a row one attempt is worth: begin it, see it declined, cancel it."""


class Unreachable(Exception):
    """The gateway gave no usable answer; whoever asks for many leaves the rest for later."""


def pursue(payment_id: int, *, now: datetime) -> None:
    """Bring an attempt and the refunds of it as far as the gateway lets them; what is lost is left for the worker."""
    if not gateway_is_on():
        return
    try:
        carry_out(payment_id, now=now)
        for refund_id in open_refunds(payment_id):
            carry_out_refund(refund_id, now=now)
    except Unreachable as lost:
        log.warning("gateway_unreachable", payment_id=payment_id, why=str(lost))


def carry_out(payment_id: int, *, now: datetime) -> None:
    """Ask what is next about an attempt until the user, or nobody, is next. Raises :class:`Unreachable`."""
    for _ in range(ROUNDS):
        question = _ask(payment_id, now=now)
        if question is None:
            return
        failpoint("settlement.gateway.noted")
        try:
            remote = _told(question)
        except Lost as lost:
            if question.ask in (Ask.OPEN, Ask.SEARCH):
                with transaction():
                    attempts.lose_sight(attempts.locked_attempt(payment_id), now=now)
            raise Unreachable(str(lost)) from lost
        except Denied as denied:
            _was_denied(question, payment_id, denied, now=now)
            return
        failpoint("settlement.gateway.told")
        with transaction():
            attempt = attempts.locked_attempt(payment_id)
            if remote is None:
                attempts.fail(attempt, attempts.NEVER_ARRIVED, now=now)
            else:
                attempts.take_answer(attempt, remote, now=now)
            again = attempt.details.ask_at is not None and attempt.details.ask_at <= now
            failpoint("settlement.gateway.taken")
        if not again:
            return


def carry_out_refund(refund_id: int, *, now: datetime) -> None:
    """Ask for a refund, or how it stands. Raises :class:`Unreachable`."""
    with transaction():
        locked = refunds.locked_refund(refund_id)
        refund, details = locked.refund, locked.attempt.details
        if refund.state not in OPEN_REFUNDS or details.intent_id is None:
            refund.ask_at = None
            return
        ask = next_refund_ask(
            known=refund.refund_id is not None and refund.status is not None,
            first_sent_at=refund.first_sent_at,
            now=now,
        )
        first = refund.first_sent_at is None
        refund.first_sent_at = refund.first_sent_at or now
        refund.ask_at, refund.asks = now + pause(refund.asks), refund.asks + 1
        order = RefundOrder(
            reference=locked.attempt.payment.reference,
            key=refund.key,
            intent_id=details.intent_id,
            amount_fen=refund.amount_fen,
        )
        known = refund.refund_id
    failpoint("settlement.refund.noted")
    try:
        remote = _refund_told(ask, order, known, first=first)
    except Lost as lost:
        with transaction():
            if ask is not Ask.LOOK:
                refunds.lose_sight_of_refund(refunds.locked_refund(refund_id).refund, now=now)
        raise Unreachable(str(lost)) from lost
    except Denied as denied:
        with transaction():
            refused = refunds.locked_refund(refund_id).refund
            if ask is Ask.OPEN and first and refused.state in OPEN_REFUNDS:
                refunds.fail_refund(refused, denied.code, now=now)
            else:
                refunds.flag(refused, now=now, denied=denied.code)
        return
    failpoint("settlement.refund.told")
    with transaction():
        locked = refunds.locked_refund(refund_id)
        if remote is not None:
            refunds.take_refund_answer(locked, remote, now=now)
        elif locked.refund.state in OPEN_REFUNDS:
            refunds.fail_refund(locked.refund, attempts.NEVER_ARRIVED, now=now)
        failpoint("settlement.refund.taken")


def open_refunds(payment_id: int) -> Sequence[int]:
    """The refunds of a payment whose end the gateway still has to tell."""
    found = select(GatewayRefund.id).where(
        GatewayRefund.payment_id == payment_id, GatewayRefund.state.in_(OPEN_REFUNDS)
    )
    return session().scalars(found.order_by(GatewayRefund.id)).all()


def _ask(payment_id: int, *, now: datetime) -> Question | None:
    """Decide and note the next question, with all that is needed to put it; None where nothing is left to ask."""
    with transaction():
        attempt = attempts.locked_attempt(payment_id)
        payment, details = attempt.payment, attempt.details
        closing = payment.state is PaymentState.HELD and details.given_up_at is not None and details.received_fen == 0
        if payment.state not in OPEN_PAYMENTS and not closing:
            details.ask_at = None
            return None
        ask = next_ask(
            known=details.intent_id is not None or details.session_id is not None,
            first_sent_at=details.first_sent_at,
            expires_at=details.expires_at,
            given_up=details.given_up_at is not None,
            now=now,
        )
        if closing and ask is not Ask.CANCEL:
            attempts.release(attempt, actor=SYSTEM, now=now)
            return None
        if ask is Ask.DROP:
            attempts.fail(attempt, attempts.NEVER_SENT, now=now)
            return None
        first = details.first_sent_at is None
        # That it was asked stands before any answer can, so that a reply that is lost is looked for.
        details.first_sent_at = details.first_sent_at or now
        details.ask_at, details.asks = now + pause(details.asks), details.asks + 1
        return Question(
            ask=ask,
            opening=_opening(payment, details),
            intent_id=details.intent_id,
            session_id=details.session_id,
            first=first,
            first_sent_at=details.first_sent_at,
        )


def _opening(payment: Payment, details: GatewayPayment) -> Opening:
    return Opening(
        reference=payment.reference,
        order_id=payment.order_id,
        method=payment.method,
        amount_fen=payment.amount_fen,
        account=details.account,
        description=f"{payment.order_id}-{payment.id}",
        return_url=details.return_url,
        expires_at=details.expires_at,
    )


def _told(question: Question) -> Remote | None:
    """Put the question; None where the gateway has never heard of it."""
    leave_transaction()
    asked, intent_id, session_id = gateway(), question.intent_id, question.session_id
    if question.ask is Ask.CANCEL:
        try:
            return asked.cancel(intent_id=intent_id, session_id=session_id)
        except Denied:
            # What cannot be cancelled any more was paid, or is being paid.
            return asked.look(intent_id=intent_id, session_id=session_id)
    if question.ask is Ask.LOOK:
        return asked.look(intent_id=intent_id, session_id=session_id)
    if question.ask is Ask.OPEN:
        try:
            return asked.open(question.opening)
        except Denied:
            if question.first:
                raise
            # It was sent before: what is denied now may have been done then.
    opening = question.opening
    return asked.search(
        reference=opening.reference, session=opening.method is PaymentMethod.CARD, since=question.first_sent_at
    )


def _refund_told(ask: Ask, order: RefundOrder, known: str | None, *, first: bool) -> RemoteRefund | None:
    leave_transaction()
    asked = gateway()
    if ask is Ask.LOOK and known is not None:
        return asked.look_at_refund(known)
    if ask is Ask.OPEN:
        try:
            return asked.refund(order)
        except Denied:
            if first:
                raise
    return asked.search_refund(intent_id=order.intent_id, key=order.key)


def _was_denied(question: Question, payment_id: int, denied: Denied, *, now: datetime) -> None:
    """Take in a denial. Only that of a first request says that nothing was begun; any other leaves things as they were
    for the next time."""
    if question.ask is Ask.OPEN and question.first:
        with transaction():
            attempts.fail(attempts.locked_attempt(payment_id), denied.code, now=now)
        return
    log.warning("gateway_denies", payment_id=payment_id, ask=question.ask.value, code=denied.code)

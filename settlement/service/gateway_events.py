"""The gateway's calls: verified, stored as they came, then acted upon once, in whatever order they come."""

from __future__ import annotations

import json
from datetime import datetime

import structlog
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from core import audit
from core.db import leave_transaction, require_transaction, session, transaction
from core.errors import Malformed
from core.failpoints import failpoint
from core.permissions import SYSTEM
from settlement.gateways import gateway, webhook_secrets
from settlement.models import GatewayAccount, GatewayDispute, GatewayEvent, GatewayPayment, GatewayRefund, Payment
from settlement.rules.gateway import Concern, Denied, EventSubject, Lost, RemoteDispute, concern_of, pause
from settlement.rules.signature import is_signed
from settlement.service.gateway_accounts import refresh
from settlement.service.online import Unreachable, carry_out_refund
from settlement.states import OPEN_REFUNDS, DisputeState, RefundState
from settlement.steps import gateway as attempts
from settlement.steps import refund_answers as refunds

log = structlog.get_logger()

DONE = "done"
STRANGE = "strange"
IGNORED = "ignored"


class SignatureRefused(Malformed):
    """The call is not signed by the gateway, or was signed too long ago."""

    code = "signature_refused"


class EventUnreadable(Malformed):
    """The call is signed but is no event."""

    code = "event_unreadable"


def take_event(*, body: bytes, signature: str, now: datetime) -> int | None:
    """Store a call of the gateway; its number, or None where it was stored before.

    Raises :class:`SignatureRefused` and :class:`EventUnreadable`.
    """
    if not is_signed(body, signature, secrets=webhook_secrets(), at=int(now.timestamp())):
        raise SignatureRefused
    try:
        told = json.loads(body)
        event_id, kind, about = told["id"], told["type"], concern_of(told["data"]["object"])
        if not (isinstance(event_id, str) and isinstance(kind, str)):
            raise EventUnreadable
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as unreadable:
        raise EventUnreadable from unreadable
    with transaction() as current:
        return current.execute(
            insert(GatewayEvent)
            .values(
                event_id=event_id,
                kind=kind,
                subject=about.subject,
                object_id=about.object_id,
                intent_id=about.intent_id,
                reference=about.reference,
                body=body,
                received_at=now,
                asks=0,
                ask_at=now,
            )
            .on_conflict_do_nothing(index_elements=["event_id"])
            .returning(GatewayEvent.id)
        ).scalar_one_or_none()


def process_event(event_id: int, *, now: datetime) -> None:
    """Act upon a stored call, unless it was done. Raises :class:`Unreachable`; the worker does it later then."""
    with transaction():
        event = _locked_event(event_id)
        if event.processed_at is not None:
            return
        event.ask_at, event.asks = now + pause(event.asks), event.asks + 1
        about = Concern(event.subject, event.object_id, event.intent_id, event.reference)
    failpoint("settlement.call.stored")
    try:
        outcome = _act(about, now=now)
    except Lost as lost:
        raise Unreachable(str(lost)) from lost
    except Denied as denied:
        log.warning("gateway_denies", event=event_id, code=denied.code)
        outcome = STRANGE
    failpoint("settlement.call.acted")
    with transaction():
        event = _locked_event(event_id)
        if event.processed_at is None:
            event.processed_at, event.outcome, event.ask_at = now, outcome, None


def _locked_event(event_id: int) -> GatewayEvent:
    found = select(GatewayEvent).where(GatewayEvent.id == event_id).with_for_update()
    return require_transaction().scalars(found.execution_options(populate_existing=True)).one()


def _act(about: Concern, *, now: datetime) -> str:
    if about.subject is EventSubject.PAYMENT:
        return _look_at_payment(about, now=now)
    if about.subject is EventSubject.REFUND:
        return _look_at_refunds(about, now=now)
    if about.subject is EventSubject.DISPUTE:
        return _look_at_dispute(about.object_id, now=now)
    if about.subject is EventSubject.ACCOUNT:
        return _look_at_account(about.object_id, now=now)
    return IGNORED


def _look_at_payment(about: Concern, *, now: datetime) -> str:
    """How the payment stands now. Where the call overtook the reply to our own request, its number is learnt here."""
    payment_id = _payment_of(about)
    if payment_id is None:
        return IGNORED
    by_page = about.object_id != about.intent_id
    details = session().get(GatewayPayment, payment_id)
    page = about.object_id if by_page else (details.session_id if details is not None else None)
    leave_transaction()
    remote = gateway().look(intent_id=None if page else about.object_id, session_id=page)
    with transaction():
        attempts.take_answer(attempts.locked_attempt(payment_id), remote, now=now)
    return DONE


def _payment_of(about: Concern) -> int | None:
    """Our attempt, by the gateway's number of it or by our reference."""
    known = [GatewayPayment.session_id == about.object_id, GatewayPayment.intent_id == about.object_id]
    if about.intent_id is not None:
        known.append(GatewayPayment.intent_id == about.intent_id)
    if about.reference is not None:
        known.append(Payment.reference == about.reference)
    found = (
        select(GatewayPayment.payment_id)
        .join(Payment, Payment.id == GatewayPayment.payment_id)
        .where(or_(*known))
        .order_by(GatewayPayment.payment_id)
        .limit(1)
    )
    return session().scalar(found)


def _look_at_refunds(about: Concern, *, now: datetime) -> str:
    payment_id = _payment_of(about)
    if payment_id is None:
        return IGNORED
    watched = (*OPEN_REFUNDS, RefundState.SUCCEEDED)
    found = select(GatewayRefund).where(GatewayRefund.payment_id == payment_id, GatewayRefund.state.in_(watched))
    for refund in [
        (each.id, each.refund_id, each.state) for each in session().scalars(found.order_by(GatewayRefund.id))
    ]:
        _look_at_refund(*refund, now=now)
    return DONE


def _look_at_refund(own_id: int, refund_id: str | None, state: RefundState, *, now: datetime) -> None:
    if refund_id is None or state in OPEN_REFUNDS:
        carry_out_refund(own_id, now=now)
        return
    leave_transaction()
    remote = gateway().look_at_refund(refund_id)
    with transaction():
        refunds.take_refund_answer(refunds.locked_refund(own_id), remote, now=now)


def _look_at_dispute(dispute_id: str, *, now: datetime) -> str:
    leave_transaction()
    remote = gateway().dispute(dispute_id)
    if remote.status not in set(DisputeState):
        return STRANGE
    with transaction():
        payment_id = _payment_of(Concern(EventSubject.DISPUTE, dispute_id, remote.intent_id))
        if payment_id is None:
            return IGNORED
        _note_dispute(payment_id, remote, now=now)
    return DONE


def _note_dispute(payment_id: int, remote: RemoteDispute, *, now: datetime) -> None:
    current = require_transaction()
    attempts.locked_attempt(payment_id)
    dispute = current.scalars(
        select(GatewayDispute).where(GatewayDispute.dispute_id == remote.dispute_id).with_for_update()
    ).one_or_none()
    before = None if dispute is None else dispute.state
    if dispute is None:
        dispute = GatewayDispute(
            payment_id=payment_id, dispute_id=remote.dispute_id, currency=remote.currency, opened_at=now
        )
        current.add(dispute)
    dispute.amount_fen, dispute.reason = remote.amount_fen, remote.reason
    dispute.state, dispute.due_by, dispute.changed_at = DisputeState(remote.status), remote.due_by, now
    if before is not dispute.state:
        audit.record(
            actor=SYSTEM,
            now=now,
            action="dispute",
            subject=dispute,
            from_state=before,
            to_state=dispute.state,
            data={"amount_fen": remote.amount_fen, "reason": remote.reason, "payment_id": payment_id},
        )


def _look_at_account(account: str, *, now: datetime) -> str:
    found = session().scalar(select(GatewayAccount.id).where(GatewayAccount.account == account))
    if found is None:
        return IGNORED
    refresh(found, now=now)
    return DONE

"""Payments through a gateway that declines, loses replies, stays silent, and calls in any order."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import HeldTransaction, NestedTransaction, leave_transaction, session, transaction
from core.invariants import verify
from core.permissions import SYSTEM
from settlement import steps
from settlement.models import GatewayDispute, GatewayEvent, GatewayRefund
from settlement.queries import order_money
from settlement.queries.invariants import INVARIANTS
from settlement.queries.trade import find_shortfall
from settlement.rules.gateway import GRACE, KEY_LIFE, TERM
from settlement.rules.methods import PaymentMethod, PaymentPurpose
from settlement.service import gateway_events, online, payments, shortfalls
from settlement.service.gateway_events import EventUnreadable, SignatureRefused
from settlement.states import DisputeState, PaymentState, RefundState, ShortfallState
from settlement.steps.gateway import AccountNotReady, AttemptUnderWay, MethodNotOnline, open_attempt
from settlement.steps.payments import PaymentTooLarge, RefundTooLarge
from tests.factories.accounts import actor_of, make_provider
from tests.factories.gateway import (
    PUBLIC_URL,
    begin,
    charged_order,
    deliver,
    details_of,
    gateway_off,
    make_payee,
    payment_of,
    use_gateway,
    work,
)
from tests.factories.settlement import JANUARY, maker
from tests.support.fake_stripe import FakeStripe, Fault
from tests.support.stripe_server import serving

SOON = JANUARY + timedelta(minutes=1)
LATER = JANUARY + TERM + GRACE + timedelta(minutes=1)


@pytest.fixture
def fake(app: Flask) -> Iterator[FakeStripe]:
    with serving() as (made, base):
        use_gateway(base)
        yield made
        gateway_off()


def sound() -> None:
    session().expire_all()
    assert verify(INVARIANTS) == []


def paid(order_id: int) -> int:
    return order_money(order_id).received_fen


@pytest.mark.parametrize("method", [PaymentMethod.ALIPAY, PaymentMethod.WECHAT_PAY, PaymentMethod.CARD])
def test_nothing_is_posted_before_the_money_came(fake: FakeStripe, method: PaymentMethod) -> None:
    provider = make_payee(fake)
    order_id = charged_order(provider)
    payment_id = begin(order_id, method=method)
    online.pursue(payment_id, now=JANUARY)
    details = details_of(payment_id)
    assert payment_of(payment_id).state is PaymentState.CREATED
    assert details.next_url
    assert (details.qr_data is not None) == (method is PaymentMethod.WECHAT_PAY)
    assert paid(order_id) == 0
    fake.pay(details.session_id or details.intent_id or "")
    for event in fake.events:
        assert deliver(fake, event)
        assert not deliver(fake, event)
    assert payment_of(payment_id).state is PaymentState.SUCCEEDED
    assert paid(order_id) == fake.received_fen == 4_000
    assert details_of(payment_id).intent_id in fake.intents
    assert details_of(payment_id).next_url is None
    work(SOON)
    sound()


@pytest.mark.parametrize("fault", [Fault.LOSE_REPLY, Fault.SILENT, Fault.ERROR_AFTER, Fault.GARBLED])
@pytest.mark.parametrize("method", [PaymentMethod.ALIPAY, PaymentMethod.CARD])
def test_a_lost_reply_is_found_out_and_pays_once(fake: FakeStripe, fault: Fault, method: PaymentMethod) -> None:
    order_id = charged_order(make_payee(fake))
    payment_id = begin(order_id, method=method)
    fake.faults.append(fault)
    online.pursue(payment_id, now=JANUARY)
    assert payment_of(payment_id).state is PaymentState.UNKNOWN
    work(SOON)
    assert payment_of(payment_id).state is PaymentState.CREATED
    assert len(fake.intents) + len(fake.sessions) == 1
    sound()


def test_a_request_that_never_arrived_is_sent_again_and_one_too_old_is_searched_for(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    arrived, absent = charged_order(provider), charged_order(provider)
    first, second = begin(arrived), begin(absent)
    for payment_id, fault in ((first, Fault.LOSE_REPLY), (second, Fault.CUT)):
        fake.faults.append(fault)
        online.pursue(payment_id, now=JANUARY)
        assert payment_of(payment_id).state is PaymentState.UNKNOWN
    fake.keys.clear()
    much_later = JANUARY + KEY_LIFE + timedelta(minutes=1)
    work(much_later)
    assert payment_of(second).state is PaymentState.FAILED
    assert details_of(second).failure == "never_arrived"
    # The other was begun, found, and is past its term: cancelled before anybody may pay it.
    work(much_later + timedelta(hours=1))
    assert payment_of(first).state is PaymentState.FAILED
    assert [each["status"] for each in fake.intents.values()] == ["canceled"]
    sound()


def test_a_call_may_overtake_the_reply(fake: FakeStripe) -> None:
    order_id = charged_order(make_payee(fake))
    payment_id = begin(order_id)
    fake.faults.append(Fault.LOSE_REPLY)
    online.pursue(payment_id, now=JANUARY)
    intent_id = next(iter(fake.intents))
    assert details_of(payment_id).intent_id is None
    fake.pay(intent_id)
    for event in reversed(fake.events):
        deliver(fake, event)
    assert payment_of(payment_id).state is PaymentState.SUCCEEDED
    assert details_of(payment_id).intent_id == intent_id
    work(SOON)
    assert paid(order_id) == fake.received_fen == 4_000
    sound()


def test_a_call_whose_question_was_lost_waits_for_the_worker(fake: FakeStripe) -> None:
    payment_id = begin(charged_order(make_payee(fake)))
    online.pursue(payment_id, now=JANUARY)
    fake.pay(details_of(payment_id).intent_id or "")
    fake.faults.append(Fault.SILENT)
    with pytest.raises(online.Unreachable):
        deliver(fake, fake.events[-1])
    assert session().scalars(select(GatewayEvent.processed_at)).one() is None
    work(SOON)
    assert payment_of(payment_id).state is PaymentState.SUCCEEDED
    assert session().scalars(select(GatewayEvent.outcome)).one() == "done"
    sound()


def test_what_is_declined_is_cancelled_before_it_is_over(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    at_once, afterwards = begin(charged_order(provider)), begin(charged_order(provider))
    fake.decline_at_once = True
    online.pursue(at_once, now=JANUARY)
    assert payment_of(at_once).state is PaymentState.FAILED
    assert details_of(at_once).failure == "card_declined"
    fake.decline_at_once = False
    online.pursue(afterwards, now=JANUARY)
    fake.decline(details_of(afterwards).intent_id or "")
    deliver(fake, fake.events[-1])
    work(SOON)
    assert payment_of(afterwards).state is PaymentState.FAILED
    assert {each["status"] for each in fake.intents.values()} == {"canceled"}
    sound()


def test_one_attempt_at_a_time_and_only_what_the_provider_can_be_paid(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    order_id = charged_order(provider)
    with pytest.raises(PaymentTooLarge):
        begin(order_id, amount_fen=4_001)
    with pytest.raises(MethodNotOnline):
        begin(order_id, method=PaymentMethod.BANK_TRANSFER)
    with pytest.raises(AccountNotReady):
        begin(charged_order(make_provider()))
    payment_id = begin(order_id, amount_fen=1_000)
    with pytest.raises(AttemptUnderWay):
        begin(order_id, amount_fen=3_000)
    online.pursue(payment_id, now=JANUARY)
    fake.pay(details_of(payment_id).intent_id or "")
    work(SOON)
    rest = begin(order_id, amount_fen=3_000)
    online.pursue(rest, now=JANUARY)
    fake.pay(details_of(rest).intent_id or "")
    work(SOON)
    assert paid(order_id) == fake.received_fen == 4_000
    sound()


@pytest.mark.parametrize(
    ("bent", "named"),
    [
        ({"amount": 3_999}, {"amount_fen"}),
        ({"currency": "usd"}, {"currency"}),
        ({"transfer_data": {"destination": "acct_other"}}, {"account"}),
    ],
)
def test_what_differs_waits_for_a_person(fake: FakeStripe, bent: dict[str, object], named: set[str]) -> None:
    order_id = charged_order(make_payee(fake))
    payment_id = begin(order_id)
    fake.bend = bent
    online.pursue(payment_id, now=JANUARY)
    assert payment_of(payment_id).state is PaymentState.HELD
    assert set(details_of(payment_id).held_for or {}) == named
    assert paid(order_id) == 0
    with pytest.raises(AttemptUnderWay):
        begin(order_id)
    sound()
    payments.give_up(payment_id=payment_id, actor=maker(), now=SOON)
    work(SOON)
    assert payment_of(payment_id).state is PaymentState.FAILED
    assert next(iter(fake.intents.values()))["status"] == "canceled"
    sound()


def test_money_that_is_due_no_more_is_held_and_goes_back_whole(fake: FakeStripe) -> None:
    """The provider confirms a transfer while the user pays online: one of the two is too much."""
    order_id = charged_order(make_payee(fake))
    payment_id = begin(order_id)
    online.pursue(payment_id, now=JANUARY)
    fake.pay(details_of(payment_id).intent_id or "")
    with transaction():
        steps.record_payment(order_id=order_id, amount_fen=4_000, reference="T1", actor=SYSTEM, now=JANUARY)
    assert details_of(payment_id).given_up_at is not None
    work(SOON)
    assert payment_of(payment_id).state is PaymentState.HELD
    assert paid(order_id) == 4_000
    sound()
    with pytest.raises(payments.RefundWhole):
        payments.refund(payment_id=payment_id, amount_fen=1, actor=maker(), now=SOON)
    payments.refund(payment_id=payment_id, amount_fen=None, actor=maker(), now=SOON)
    work(SOON)
    assert payment_of(payment_id).state is PaymentState.FAILED
    assert fake.refunded_fen == 4_000
    assert paid(order_id) == 4_000
    sound()


def test_giving_up_cancels_and_what_was_paid_before_counts(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    stopped, late = charged_order(provider), charged_order(provider)
    first, second = begin(stopped, method=PaymentMethod.CARD), begin(late)
    for payment_id, order_id in ((first, stopped), (second, late)):
        online.pursue(payment_id, now=JANUARY)
        with transaction():
            steps.attempts.give_up_attempts(order_id, purpose=PaymentPurpose.ORDER, actor=SYSTEM, now=JANUARY)
    fake.pay(details_of(second).intent_id or "")
    work(SOON)
    assert payment_of(first).state is PaymentState.FAILED
    assert next(iter(fake.sessions.values()))["status"] == "expired"
    assert payment_of(second).state is PaymentState.SUCCEEDED
    assert (paid(stopped), paid(late)) == (0, 4_000)
    sound()


def paid_online(fake: FakeStripe, order_id: int) -> int:
    payment_id = begin(order_id)
    online.pursue(payment_id, now=JANUARY)
    fake.pay(details_of(payment_id).intent_id or "")
    work(SOON)
    assert payment_of(payment_id).state is PaymentState.SUCCEEDED
    return payment_id


def refunds_of(payment_id: int) -> list[GatewayRefund]:
    session().expire_all()
    return list(session().scalars(select(GatewayRefund).where(GatewayRefund.payment_id == payment_id)))


@pytest.mark.parametrize("fault", [None, Fault.LOSE_REPLY, Fault.SILENT, Fault.CUT, Fault.ERROR_BEFORE])
def test_a_cancelled_order_is_refunded_once(fake: FakeStripe, fault: Fault | None) -> None:
    order_id = charged_order(make_payee(fake))
    payment_id = paid_online(fake, order_id)
    with transaction():
        assert steps.cancel_charge(order_id=order_id, actor=SYSTEM, now=SOON) == 4_000
    sound()
    if fault is not None:
        fake.faults.append(fault)
    work(SOON)
    work(SOON + timedelta(hours=1))
    assert [each.state for each in refunds_of(payment_id)] == [RefundState.SUCCEEDED]
    assert payment_of(payment_id).state is PaymentState.REFUNDED
    assert (paid(order_id), fake.refunded_fen, len(fake.refunds)) == (0, 4_000, 1)
    sound()


def test_refunds_on_request_in_part_and_those_that_fail(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    order_id = charged_order(provider)
    payment_id = paid_online(fake, order_id)
    actor = actor_of(provider)
    with pytest.raises(RefundTooLarge):
        payments.refund(payment_id=payment_id, amount_fen=4_001, actor=actor, now=SOON)
    payments.refund(payment_id=payment_id, amount_fen=1_500, actor=actor, now=SOON)
    fake.refund_status = "pending"
    online.pursue(payment_id, now=SOON)
    (refund,) = refunds_of(payment_id)
    assert refund.state is RefundState.CREATED
    assert order_money(order_id).due_fen == 1_500
    fake.settle_refund(refund.refund_id or "", "succeeded")
    deliver(fake, fake.events[-1])
    assert refunds_of(payment_id)[0].state is RefundState.SUCCEEDED
    fake.settle_refund(refund.refund_id or "", "failed")
    deliver(fake, fake.events[-1])
    assert refunds_of(payment_id)[0].state is RefundState.FAILED
    sound()
    fake.refund_status = "succeeded"
    payments.retry_refund(refund_id=refund.id, actor=actor, now=SOON)
    work(SOON)
    assert refunds_of(payment_id)[0].state is RefundState.SUCCEEDED
    assert fake.refunded_fen == 1_500
    payments.refund(payment_id=payment_id, amount_fen=None, actor=actor, now=SOON)
    fake.refund_status = "failed"
    work(SOON)
    failed = refunds_of(payment_id)[1]
    assert failed.state is RefundState.FAILED
    payments.note_transfer(refund_id=failed.id, reference="T9", actor=actor, now=SOON)
    assert payment_of(payment_id).state is PaymentState.REFUNDED
    sound()


def test_disputes_are_recorded_and_move_nothing(fake: FakeStripe) -> None:
    order_id = charged_order(make_payee(fake))
    payment_id = paid_online(fake, order_id)
    intent_id = details_of(payment_id).intent_id or ""
    fake.dispute(intent_id)
    fake.dispute(intent_id, "lost")
    for event in (fake.events[-1], fake.events[-2], fake.events[-1]):
        deliver(fake, event)
    (dispute,) = session().scalars(select(GatewayDispute)).all()
    assert (dispute.payment_id, dispute.amount_fen, dispute.state) == (payment_id, 4_000, DisputeState.LOST)
    assert paid(order_id) == 4_000
    sound()


def test_a_silent_gateway_does_not_hold_up_the_worker_and_the_overdue_are_shown(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    numbers = [begin(charged_order(provider)) for _ in range(4)]
    fake.faults.extend([Fault.SILENT] * 20)
    before = len(fake.requests)
    work(JANUARY)
    assert len(fake.requests) - before == 2
    work(LATER)
    assert all(details_of(number).flagged_at == LATER for number in numbers)
    fake.faults.clear()
    work(LATER + timedelta(hours=1))
    assert {payment_of(number).state for number in numbers} <= {PaymentState.CREATED, PaymentState.FAILED}
    sound()


def test_shortfalls_are_paid_online_too(fake: FakeStripe) -> None:
    provider = make_payee(fake)
    order_id = charged_order(provider, self_pay_fen=1_000, subsidy_fen=2_000)
    with transaction():
        parties = order_money(order_id)
        assert parties.subsidy_receivable_fen == 2_000
        charge = steps.charges.locked_charge(order_id)
        shortfall = steps.open_shortfall(
            order_id=order_id,
            debtor_id=charge.user_id,
            creditor_id=provider.id,
            amount_fen=2_000,
            article="V16(1)",
            actor=SYSTEM,
            now=JANUARY,
        )
        made = open_attempt(
            order_id=order_id,
            amount_fen=1_500,
            method=PaymentMethod.ALIPAY,
            shortfall=shortfall,
            public_url=PUBLIC_URL,
            actor=SYSTEM,
            now=JANUARY,
        )
        payment_id, shortfall_id = made.id, shortfall.id
    other = begin(order_id, amount_fen=1_000)
    for number in (payment_id, other):
        online.pursue(number, now=JANUARY)
        fake.pay(details_of(number).intent_id or "")
    work(SOON)
    assert order_money(order_id).shortfall_fen == 500
    shortfalls.confirm_payment(
        shortfall_id=shortfall_id, amount_fen=None, reference="T2", actor=actor_of(provider), now=SOON
    )
    assert (order_money(order_id).shortfall_fen, paid(order_id)) == (0, 3_000)
    sound()
    actor = actor_of(provider)
    with pytest.raises(RefundTooLarge):
        payments.refund(payment_id=payment_id, amount_fen=1_501, actor=actor, now=SOON)
    payments.refund(payment_id=payment_id, amount_fen=400, actor=actor, now=SOON)
    assert (order_money(order_id).shortfall_fen, paid(order_id)) == (400, 2_600)
    fake.faults.append(Fault.LOSE_REPLY)
    work(SOON)
    assert refunds_of(payment_id)[0].state is RefundState.UNKNOWN
    work(LATER)
    payments.refund(payment_id=payment_id, amount_fen=None, actor=actor, now=LATER)
    work(LATER)
    assert (order_money(order_id).shortfall_fen, paid(order_id), fake.refunded_fen) == (1_500, 1_500, 1_500)
    assert find_shortfall(shortfall_id, actor=SYSTEM).state is ShortfallState.OPEN
    assert payment_of(payment_id).state is PaymentState.REFUNDED
    assert [refund.state for refund in refunds_of(payment_id)] == [RefundState.SUCCEEDED] * 2
    sound()


def test_calls_are_taken_signed_only(fake: FakeStripe) -> None:
    body, headers = fake.signed({"id": "evt_1"}, at=int(JANUARY.timestamp()))
    with pytest.raises(EventUnreadable):
        gateway_events.take_event(body=body, signature=headers["Stripe-Signature"], now=JANUARY)
    with pytest.raises(SignatureRefused):
        gateway_events.take_event(body=body + b" ", signature=headers["Stripe-Signature"], now=JANUARY)
    event = {"id": "evt_2", "type": "payout.paid", "data": {"object": {"object": "payout", "id": "po_1"}}}
    assert deliver(fake, event)
    assert session().scalars(select(GatewayEvent.outcome)).one() == "ignored"


def test_the_gateway_is_never_asked_within_a_transaction(fake: FakeStripe) -> None:
    make_payee(fake)
    before = len(fake.requests)
    with pytest.raises(HeldTransaction), transaction():
        leave_transaction()
    with pytest.raises(NestedTransaction), transaction():
        online.carry_out(1, now=JANUARY)
    assert len(fake.requests) == before

"""However payments, faults, calls and refunds follow one another, the ledger ends where the gateway's books end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from accounts.models import Organisation
from core.db import session, transaction
from core.errors import DomainError
from core.invariants import verify
from core.permissions import SYSTEM, Actor
from settlement import steps
from settlement.models import GatewayPayment, GatewayRefund, Payment
from settlement.queries import order_money
from settlement.queries.invariants import INVARIANTS
from settlement.rules.gateway import TERM
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.service import online, payments
from settlement.service.online import Unreachable
from settlement.states import OPEN_PAYMENTS, OPEN_REFUNDS, PaymentState, RefundState
from tests.factories.accounts import actor_of, make_enterprise
from tests.factories.gateway import begin, charged_order, deliver, gateway_off, make_payee, use_gateway, work
from tests.factories.settlement import JANUARY, maker
from tests.support.fake_stripe import FakeStripe, Fault
from tests.support.isolation import rolled_back
from tests.support.stripe_server import serving

SUM_FEN = 1_000
ORDERS = 3
FAULTS = (Fault.LOSE_REPLY, Fault.CUT, Fault.ERROR_AFTER, Fault.ERROR_BEFORE, Fault.GARBLED)


@dataclass
class History:
    """What happened so far at one provider."""

    fake: FakeStripe
    provider: Organisation
    orders: list[int]
    now: datetime = JANUARY
    transfers: int = 0

    def begin(self, one: int, two: int) -> None:
        method = GATEWAY_METHODS[two % len(GATEWAY_METHODS)]
        payment_id = begin(self._order(one), amount_fen=two % SUM_FEN + 1, method=method, now=self.now)
        if two % 5:
            online.pursue(payment_id, now=self.now)

    def pay(self, one: int, two: int) -> None:
        waiting = [each["id"] for each in self.fake.intents.values() if each["status"] == "requires_action"]
        waiting += [each["id"] for each in self.fake.sessions.values() if each["status"] == "open"]
        if waiting:
            self.fake.pay(waiting[one % len(waiting)])

    def decline(self, one: int, two: int) -> None:
        waiting = [each["id"] for each in self.fake.intents.values() if each["status"] == "requires_action"]
        if waiting:
            self.fake.decline(waiting[one % len(waiting)])

    def call(self, one: int, two: int) -> None:
        """Any event so far, be it told already or not."""
        if self.fake.events:
            try:
                deliver(self.fake, self.fake.events[one % len(self.fake.events)], now=self.now)
            except Unreachable:
                return

    def go_wrong(self, one: int, two: int) -> None:
        self.fake.faults.append(FAULTS[one % len(FAULTS)])

    def refund(self, one: int, two: int) -> None:
        found = session().scalars(select(Payment.id).where(Payment.method.in_(GATEWAY_METHODS))).all()
        if found:
            payments.refund(
                payment_id=found[one % len(found)], amount_fen=two % SUM_FEN + 1, actor=self._actor(), now=self.now
            )

    def refuse_refunds(self, one: int, two: int) -> None:
        self.fake.refund_status = ("succeeded", "pending", "failed")[one % 3]

    def transfer(self, one: int, two: int) -> None:
        with transaction():
            steps.record_payment(
                order_id=self._order(one),
                amount_fen=two % SUM_FEN + 1,
                reference=f"T{self.transfers}",
                actor=SYSTEM,
                now=self.now,
            )
        self.transfers += 1

    def cancel(self, one: int, two: int) -> None:
        with transaction():
            steps.cancel_charge(order_id=self._order(one), actor=SYSTEM, now=self.now)

    def work(self, one: int, two: int) -> None:
        self.now += timedelta(minutes=one % 40 + 1)
        work(self.now)

    def end(self) -> None:
        """No more faults: everything is told and asked, and people mend what waits for them."""
        self.fake.faults.clear()
        self.fake.refund_status = "succeeded"
        for refund in [each for each in self.fake.refunds.values() if each["status"] == "pending"]:
            self.fake.settle_refund(refund["id"], "succeeded")
        for event in list(self.fake.events):
            deliver(self.fake, event, now=self.now)
        for _ in range(4):
            self.now += TERM + timedelta(minutes=1)
            work(self.now)
            self._mend()
            work(self.now)

    def _mend(self) -> None:
        for refund_id in (
            session().scalars(select(GatewayRefund.id).where(GatewayRefund.state == RefundState.FAILED)).all()
        ):
            payments.retry_refund(refund_id=refund_id, actor=maker(), now=self.now)
        held = select(Payment.id).where(Payment.state == PaymentState.HELD)
        for payment_id in session().scalars(held).all():
            try:
                payments.refund(payment_id=payment_id, amount_fen=None, actor=maker(), now=self.now)
            except payments.NotRefundable:
                continue

    def _order(self, one: int) -> int:
        return self.orders[one % len(self.orders)]

    def _actor(self) -> Actor:
        return actor_of(self.provider)


KINDS = (
    *("begin", "begin", "pay", "pay", "pay", "decline", "call", "call"),
    *("go_wrong", "refund", "refuse_refunds", "transfer", "cancel", "work", "work"),
)
"""What happens more often stands here more often."""
STEPS = st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6), st.integers(0, 10**6))


@settings(max_examples=12)
@given(steps_taken=st.lists(STEPS, min_size=5, max_size=25))
def test_the_ledger_ends_where_the_gateways_books_end(
    shared_app: Flask, steps_taken: list[tuple[str, int, int]]
) -> None:
    with rolled_back(shared_app), serving() as (fake, base):
        use_gateway(base)
        provider, user = make_payee(fake), make_enterprise()
        history = History(
            fake, provider, [charged_order(provider, user=user, self_pay_fen=SUM_FEN) for _ in range(ORDERS)]
        )
        for name, one, two in steps_taken:
            try:
                getattr(history, name)(one, two)
            except DomainError:
                session().rollback()
        history.end()
        session().expire_all()
        assert verify(INVARIANTS) == []
        assert_books_agree(history)
        gateway_off()


def assert_books_agree(history: History) -> None:
    """Nothing is left open, each intent that was paid is one payment, and both sides kept the same money."""
    current, fake = session(), history.fake
    assert current.scalars(select(Payment.id).where(Payment.state.in_((*OPEN_PAYMENTS, PaymentState.HELD)))).all() == []
    assert current.scalars(select(GatewayRefund.id).where(GatewayRefund.state.in_(OPEN_REFUNDS))).all() == []
    paid = {each["id"] for each in fake.intents.values() if each["status"] == "succeeded"}
    known = set(current.scalars(select(GatewayPayment.intent_id).where(GatewayPayment.received_fen > 0)))
    assert known == paid
    by_bank = current.scalar(
        select(func.coalesce(func.sum(Payment.amount_fen - Payment.refunded_fen), 0)).where(
            Payment.method == PaymentMethod.BANK_TRANSFER, Payment.order_id.in_(history.orders)
        )
    )
    received = sum(order_money(order_id).received_fen for order_id in history.orders)
    assert received - int(by_bank or 0) == fake.received_fen - fake.refunded_fen

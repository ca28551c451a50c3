"""Payments through a gateway: a provider that can be paid online, and a user that begins to."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from accounts.models import Organisation
from core.config import StripeSettings
from core.db import session, transaction
from core.permissions import SYSTEM
from settlement.gateways import init_gateway
from settlement.gateways.stripe import StripeGateway
from settlement.models import GatewayPayment, Payment
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.service import gateway_accounts, gateway_events, watch
from settlement.steps.gateway import open_attempt
from tests.factories.accounts import actor_of, make_provider
from tests.factories.settlement import JANUARY, charge, new_order_id
from tests.support.fake_stripe import SECRET, TIMEOUT_SECONDS, FakeStripe, Json

PUBLIC_URL = "https://vouchers.example"


def use_gateway(base: str) -> None:
    """Have the present application pay through the gateway at ``base``."""
    init_gateway(
        current_app._get_current_object(),  # type: ignore[attr-defined]
        StripeSettings(api_base=base, secret_key="sk_test", webhook_secrets=(SECRET,), timeout_seconds=1),
    )
    current_app.extensions["payment_gateway"] = StripeGateway(
        base=base, secret_key="sk_test", timeout_seconds=TIMEOUT_SECONDS
    )


def gateway_off() -> None:
    """Have the present application pay nothing online any more."""
    current_app.extensions["payment_gateway"] = None


def make_payee(fake: FakeStripe, *, now: datetime = JANUARY) -> Organisation:
    """A provider whose account at the gateway is ready for everything."""
    provider = make_provider()
    account = gateway_accounts.enrol(actor=actor_of(provider), now=now)
    account_id = account.id
    gateway_accounts.refresh(account_id, now=now)
    fake.enable(session().get_one(type(account), account_id).account or "", *GATEWAY_METHODS)
    gateway_accounts.refresh(account_id, now=now)
    fake.events.clear()
    return provider


def charged_order(
    provider: Organisation, *, self_pay_fen: int = 4_000, subsidy_fen: int = 0, user: Organisation | None = None
) -> int:
    """An order the user owes ``self_pay_fen`` for."""
    order_id = new_order_id()
    charge(order_id, user=user, provider=provider, self_pay_fen=self_pay_fen, subsidy_fen=subsidy_fen)
    return order_id


def begin(
    order_id: int,
    *,
    amount_fen: int = 4_000,
    method: PaymentMethod = PaymentMethod.ALIPAY,
    now: datetime = JANUARY,
) -> int:
    """An attempt that is recorded, and not sent yet; its number."""
    with transaction():
        made = open_attempt(
            order_id=order_id, amount_fen=amount_fen, method=method, public_url=PUBLIC_URL, actor=SYSTEM, now=now
        )
        return made.id


def payment_of(payment_id: int) -> Payment:
    """As it stands in the database."""
    session().expire_all()
    return session().get_one(Payment, payment_id)


def details_of(payment_id: int) -> GatewayPayment:
    """The gateway's side of it."""
    session().expire_all()
    return session().get_one(GatewayPayment, payment_id)


def deliver(fake: FakeStripe, event: Json, *, now: datetime = JANUARY) -> bool:
    """The gateway calls with an event; whether it was new."""
    body, headers = fake.signed(event, at=int(now.timestamp()))
    stored = gateway_events.take_event(body=body, signature=headers["Stripe-Signature"], now=now)
    if stored is not None:
        gateway_events.process_event(stored, now=now)
    return stored is not None


def work(now: datetime = JANUARY) -> None:
    """A round of the worker."""
    watch.ask_about_all(now=now)

"""Every request of ours is one that Stripe's own specification takes, and every answer of that shape is understood."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from settlement.gateways.stripe import StripeGateway
from settlement.rules.gateway import Denied, Opening, RefundOrder
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from tests.support.stripe_mock import serving, stripe_mock

NOW = datetime(2026, 1, 8, 2, 0, tzinfo=UTC)
MONEY_FEN = 4_000


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    program = stripe_mock()
    if program is None:
        # A build machine that cannot check this has checked nothing.
        assert not os.environ.get("CI"), "neither stripe-mock nor Go is installed"
        pytest.skip("neither stripe-mock nor Go is installed")
    with serving(program) as address:
        yield address


@pytest.fixture
def stripe(base: str) -> StripeGateway:
    return StripeGateway(base=base, secret_key="sk_test_123", timeout_seconds=30)


def opening(method: PaymentMethod) -> Opening:
    return Opening(
        reference=f"payment-{method}",
        order_id=7,
        method=method,
        amount_fen=MONEY_FEN,
        account="acct_123",
        description="7-1",
        return_url="https://vouchers.example/payments/1",
        expires_at=NOW,
    )


@pytest.mark.parametrize("method", GATEWAY_METHODS)
def test_each_way_to_pay_is_asked_for_as_specified(stripe: StripeGateway, method: PaymentMethod) -> None:
    told = stripe.open(opening(method))
    assert (told.session_id is not None) is (method is PaymentMethod.CARD)
    assert told.intent_id is not None or told.session_id is not None


CALLS: dict[str, Callable[[StripeGateway], object]] = {
    "look": lambda stripe: stripe.look(intent_id="pi_123", session_id=None),
    "look at a page": lambda stripe: stripe.look(intent_id=None, session_id="cs_123"),
    "cancel": lambda stripe: stripe.cancel(intent_id="pi_123", session_id=None),
    "cancel a page": lambda stripe: stripe.cancel(intent_id=None, session_id="cs_123"),
    "search": lambda stripe: stripe.search(reference="none", session=False, since=NOW),
    "search among pages": lambda stripe: stripe.search(reference="none", session=True, since=NOW),
    "refund": lambda stripe: stripe.refund(
        RefundOrder(reference="payment-1", key="refund-1-1", intent_id="pi_123", amount_fen=1)
    ),
    "look at a refund": lambda stripe: stripe.look_at_refund("re_123"),
    "search for a refund": lambda stripe: stripe.search_refund(intent_id="pi_123", key="none"),
    "dispute": lambda stripe: stripe.dispute("dp_123"),
    "open an account": lambda stripe: stripe.open_account(reference="account-1", organisation_id=3),
    "look at an account": lambda stripe: stripe.look_at_account("acct_123"),
    "onboarding": lambda stripe: stripe.onboarding_link(
        account="acct_123", return_url="https://vouchers.example/gateway-account"
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_as_specified(stripe: StripeGateway, name: str) -> None:
    CALLS[name](stripe)


def test_the_mock_refuses_what_is_not_specified(stripe: StripeGateway) -> None:
    """So the tests above show something."""
    with pytest.raises(Denied):
        stripe._call("POST", "/v1/payment_intents", {"amount": 1, "currency": "cny", "unheard_of": True})

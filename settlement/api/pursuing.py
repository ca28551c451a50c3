"""After what a call recorded is committed, the gateway is asked, and the answer shows how things stand then."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app

from core import clock
from core.http import current_actor
from settlement.queries.payments import account_at_gateway, find_payment, payment_view
from settlement.schemas.payments import GatewayAccountSchema, PaymentSchema
from settlement.service.gateway_accounts import AccountMissing, onboard
from settlement.service.online import pursue

View = Callable[..., Response]


def pursued(key: str | None = None) -> Callable[[View], View]:
    """For a view that answers a payment, at ``key`` of its answer or as the whole of it, perhaps none.

    A repeated call with the same key has one effect, and shows the payment as it stands by then.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def pursuing(*args: Any, **kwargs: Any) -> Response:
            response = view(*args, **kwargs)
            body = response.get_json()
            payment = body if key is None else body[key]
            if payment is not None:
                shown = _pursue(int(payment["id"]))
                body = shown if key is None else {**body, key: shown}
                response.set_data(current_app.json.dumps(body))
            return response

        return pursuing

    return decorate


def _pursue(payment_id: int) -> dict[str, Any]:
    pursue(payment_id, now=clock.now())
    shown: dict[str, Any] = PaymentSchema().dump(payment_view(find_payment(payment_id, actor=current_actor())))
    return shown


def linked(view: View) -> View:
    """For opening a provider's account: made at the gateway, and answered with a new address for completing it."""

    @wraps(view)
    def linking(*args: Any, **kwargs: Any) -> Response:
        response = view(*args, **kwargs)
        account = account_at_gateway(current_actor().organisation_id)
        if account is None:
            raise AccountMissing
        back = f"{current_app.config['PUBLIC_URL']}/gateway-account"
        url = onboard(account.id, return_url=back, now=clock.now())
        stands = account_at_gateway(current_actor().organisation_id)
        response.set_data(current_app.json.dumps({**GatewayAccountSchema().dump(stands), "url": url}))
        return response

    return linking

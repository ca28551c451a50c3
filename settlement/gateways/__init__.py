"""Payment gateways: the port, Stripe behind it, and which one this application uses.

The other way to pay is a bank transfer: nobody is asked about it, the provider that received it confirms it.
"""

from __future__ import annotations

from flask import Flask, current_app

from core.config import StripeSettings
from core.errors import Conflict
from settlement.gateways.port import Gateway
from settlement.gateways.stripe import StripeGateway

__all__ = ["Gateway", "GatewayOff", "StripeGateway", "gateway", "gateway_is_on", "init_gateway", "webhook_secrets"]

_GATEWAY = "payment_gateway"
_SECRETS = "payment_gateway_secrets"


class GatewayOff(Conflict):
    """Nothing is paid online here; pay by bank transfer."""

    code = "gateway_off"


def init_gateway(app: Flask, settings: StripeSettings) -> None:
    """Have the application use Stripe; without a key, nothing."""
    app.extensions[_SECRETS] = settings.webhook_secrets
    app.extensions[_GATEWAY] = (
        None
        if settings.secret_key is None
        else StripeGateway(
            base=settings.api_base, secret_key=settings.secret_key, timeout_seconds=settings.timeout_seconds
        )
    )


def gateway_is_on() -> bool:
    """Whether anything can be paid online."""
    return current_app.extensions.get(_GATEWAY) is not None


def gateway() -> Gateway:
    """The gateway in use; raises :class:`GatewayOff`."""
    found: Gateway | None = current_app.extensions.get(_GATEWAY)
    if found is None:
        raise GatewayOff
    return found


def webhook_secrets() -> tuple[str, ...]:
    """What the gateway signs its calls with."""
    found: tuple[str, ...] = current_app.extensions[_SECRETS]
    return found

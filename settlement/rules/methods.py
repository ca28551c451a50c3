"""How and for what a user pays a provider."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethod(StrEnum):
    """The way money takes to the provider."""

    BANK_TRANSFER = "bank_transfer"
    CARD = "card"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"


GATEWAY_METHODS = (PaymentMethod.CARD, PaymentMethod.ALIPAY, PaymentMethod.WECHAT_PAY)
"""What a user pays online. A bank transfer is confirmed by the provider that received it."""


class PaymentPurpose(StrEnum):
    """What a payment is for."""

    ORDER = "order"
    SHORTFALL = "shortfall"

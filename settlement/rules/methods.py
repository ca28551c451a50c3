"""How and for what a user pays a provider."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethod(StrEnum):
    """The way money takes to the provider."""

    BANK_TRANSFER = "bank_transfer"


class PaymentPurpose(StrEnum):
    """What a payment is for."""

    ORDER = "order"
    SHORTFALL = "shortfall"

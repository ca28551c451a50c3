"""The service record: what was agreed and done, frozen at completion and handed down with the claim.

Review and confirmation read this snapshot only, so nothing here needs to ask the deal or the instruments again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from core.kinds import ServiceKind
from vouchers.rules.facts import PaymentMode


@dataclass(frozen=True, kw_only=True)
class ServiceRecord:
    """One completed service.

    ``contract_fen`` is the agreed fee, ``actual_fen`` the fee for the actual quantity, both with tax. Quantities and
    hours are decimal numbers as text. ``details`` is whatever else belongs to the snapshot (documents, price history,
    readings), as JSON.
    """

    order_id: int
    beneficiary_id: int
    provider_id: int
    title: str
    service_kind: ServiceKind
    payment_mode: PaymentMode
    completed_on: date
    contract_fen: int
    actual_fen: int
    price_unit: str
    unit_price_fen: int
    ordered_quantity: str
    actual_quantity: str
    booked_hours: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The record as it is stored with the claim."""
        return {**asdict(self), "completed_on": self.completed_on.isoformat(), "details": dict(self.details)}

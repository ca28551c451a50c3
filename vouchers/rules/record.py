"""The service record: what was agreed and done, frozen at completion and handed down with the claim.

Review and confirmation read this snapshot only, so nothing here needs to ask the deal or the instruments again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from core.kinds import ServiceKind
from vouchers.rules.facts import PaymentMode
from vouchers.rules.flags.completion import CompletionSeen
from vouchers.rules.flags.hours import HoursSeen
from vouchers.rules.flags.prices import PriceSeen
from vouchers.rules.flags.splitting import PairOrder


@dataclass(frozen=True, kw_only=True)
class ServiceRecord:
    """One completed service.

    ``contract_fen`` is the agreed fee, ``actual_fen`` the fee for the actual quantity, both with tax;
    ``counted_contract_fen`` and ``counted_actual_fen`` are their parts that count (V12 base), and ``lines`` what the
    fee consists of where there is more than the service. Quantities and hours are decimal numbers as text;
    ``charged_hours`` are those the fee is for, before they are rounded up to steps, where time is priced by the hour.
    ``price_group`` names whose published price the unit price is, ``minimum_charge_fen`` the least the fee could be,
    ``billing_step_minutes`` the steps to which hours are rounded up in it; None where there was no such term.
    ``published_price_fen`` is the provider's price of a unit at completion, ``usual_prices_fen`` what its last
    completed services of that kind and unit cost, ``cost_fen`` and ``cost_basis`` what a fiscally built provider
    states as its cost (V13). ``related_orders`` are the pair's other orders around this one. ``details`` is whatever
    else belongs to the snapshot, as JSON.
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
    placed_on: date | None = None
    delivered_on: date | None = None
    counted_contract_fen: int | None = None
    counted_actual_fen: int | None = None
    lines: tuple[Mapping[str, Any], ...] = ()
    price_group: str | None = None
    minimum_charge_fen: int | None = None
    billing_step_minutes: int | None = None
    booked_hours: str | None = None
    charged_hours: str | None = None
    published_price_fen: int | None = None
    usual_prices_fen: tuple[int, ...] = ()
    cost_fen: int | None = None
    cost_basis: str = ""
    related_orders: tuple[PairOrder, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def costs_fen(self) -> tuple[int, int]:
        """What counts of the agreed fee and of the actual one (V12 base); all of them where nothing else is said."""
        contract_fen, actual_fen = self.counted_contract_fen, self.counted_actual_fen
        return (
            self.contract_fen if contract_fen is None else contract_fen,
            self.actual_fen if actual_fen is None else actual_fen,
        )

    def as_json(self) -> dict[str, Any]:
        """The record as it is stored with the claim."""
        return {
            **asdict(self),
            "lines": [dict(each) for each in self.lines],
            "completed_on": self.completed_on.isoformat(),
            "placed_on": None if self.placed_on is None else self.placed_on.isoformat(),
            "delivered_on": None if self.delivered_on is None else self.delivered_on.isoformat(),
            "usual_prices_fen": list(self.usual_prices_fen),
            "related_orders": [
                {**asdict(order), "placed_on": order.placed_on.isoformat()} for order in self.related_orders
            ],
            "details": dict(self.details),
        }


def prices_in(record: Mapping[str, Any]) -> PriceSeen:
    """The price of a stored record beside the published, usual and stated ones."""
    return PriceSeen(
        unit_price_fen=record["unit_price_fen"],
        published_fen=record.get("published_price_fen"),
        usual_fen=tuple(record.get("usual_prices_fen", ())),
        cost_fen=record.get("cost_fen"),
        cost_basis=record.get("cost_basis", ""),
    )


def hours_in(record: Mapping[str, Any], *, logged: Decimal | None) -> HoursSeen:
    """The hours of a stored record beside those an instrument logged, as far as readings came."""
    return HoursSeen(charged=_hours(record, "charged_hours"), booked=_hours(record, "booked_hours"), logged=logged)


def completion_in(record: Mapping[str, Any]) -> CompletionSeen:
    """The stated completion of a stored record beside its delivery."""
    delivered_on = record.get("delivered_on")
    return CompletionSeen(
        delivered_on=None if delivered_on is None else date.fromisoformat(delivered_on),
        completed_on=date.fromisoformat(record["completed_on"]),
    )


def related_orders_in(record: Mapping[str, Any]) -> list[PairOrder]:
    """The pair's other orders of a stored record."""
    return [
        PairOrder(
            **{
                **order,
                "placed_on": date.fromisoformat(order["placed_on"]),
                "kind": ServiceKind(order["kind"]),
            }
        )
        for order in record.get("related_orders", ())
    ]


def _hours(record: Mapping[str, Any], name: str) -> Decimal | None:
    hours = record.get(name)
    return None if hours is None else Decimal(hours)

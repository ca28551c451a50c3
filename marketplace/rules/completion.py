"""When and with what a service may be completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from core.errors import Reason, reason
from instruments.rules.extras import FIELD, WantedExtra, wanted_faults


def completion_faults(
    *, completed_on: date, today: date, started_on: date, quantity: Decimal, ordered: Decimal, by_provider: bool
) -> list[Reason]:
    """Every fault of a completion: a date before the service began or in the future, and more than was ordered
    said by the provider alone, as only the beneficiary may agree to pay more."""
    faults: list[Reason] = []
    if completed_on > today:
        faults.append(reason("completed_in_future", article="V17", field="completed_on", today=today))
    if completed_on < started_on:
        faults.append(reason("completed_before_start", article="S17", field="completed_on", started_on=started_on))
    if by_provider and quantity > ordered:
        faults.append(reason("provider_raises_quantity", article="V12 hold", field="quantity", ordered=ordered))
    return faults


def used_faults(used: Sequence[WantedExtra], *, ordered: Mapping[int, Decimal], by_provider: bool) -> list[Reason]:
    """Every fault of the quantities of extras that were used: none that was not ordered, and more only by the user."""
    faults = wanted_faults(used, offered=ordered)
    for each in used:
        if by_provider and each.quantity > ordered.get(each.extra_id, each.quantity):
            faults.append(
                reason(
                    "provider_raises_extra",
                    article="V12 hold",
                    field=FIELD,
                    extra=each.extra_id,
                    ordered=ordered[each.extra_id],
                )
            )
    return faults

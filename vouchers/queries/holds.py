"""What the orders of one user hold and have used of a yearly cap."""

from __future__ import annotations

from sqlalchemy import Select, select

from settlement.models import CapHold
from settlement.states import HoldState
from vouchers.models import EntitlementDecision


def holds_of(organisation_id: int, *, year: int) -> Select[tuple[CapHold, EntitlementDecision]]:
    """Every order of the user that holds or has used something of the year's cap, with its decision."""
    return (
        select(CapHold, EntitlementDecision)
        .join(EntitlementDecision, EntitlementDecision.order_id == CapHold.order_id)
        .where(
            EntitlementDecision.beneficiary_id == organisation_id,
            CapHold.year == year,
            CapHold.state.in_((HoldState.LIVE, HoldState.CONSUMED)),
        )
    )

"""The state machine of orders accepts exactly its table, every state tried with every action."""

from __future__ import annotations

from itertools import product

import pytest

from core.states import StateForbids, allowed_target
from marketplace.states import LIVE, ORDER, PAYABLE, OrderAction, OrderState

ALLOWED = {
    "placed": {
        "accept": "accepted",
        "decline": "declined",
        "lapse": "lapsed",
        "cancel": "cancelled",
        "reschedule": "placed",
    },
    "accepted": {"contract": "contracted", "cancel": "cancelled", "reschedule": "accepted"},
    "contracted": {"start": "in_service", "cancel": "cancelled"},
    "in_service": {"deliver": "delivered", "cancel": "cancelled"},
    "delivered": {"complete": "completed"},
}
"""The design's table, written down independently."""


@pytest.mark.parametrize(("state", "action"), list(product(OrderState, OrderAction)))
def test_every_state_against_every_action(state: OrderState, action: OrderAction) -> None:
    target = ALLOWED.get(state.value, {}).get(action.value)
    if target is not None:
        assert allowed_target(state, action, transitions=ORDER) == target
        return
    with pytest.raises(StateForbids) as refused:
        allowed_target(state, action, transitions=ORDER)
    assert refused.value.extra == {"state": state.value, "allowed": sorted(ALLOWED.get(state.value, {}))}


def test_no_action_leads_out_of_an_end() -> None:
    """Declined, lapsed, cancelled and completed orders stay so."""
    ends = {state for state in OrderState if not ORDER.actions(state)}
    assert ends == {OrderState.DECLINED, OrderState.LAPSED, OrderState.CANCELLED, OrderState.COMPLETED}


def test_a_payment_needs_a_contract() -> None:
    """S17: nothing is paid before both sides have signed."""
    assert set(PAYABLE) < set(LIVE)
    assert OrderState.ACCEPTED not in PAYABLE

"""State machines accept exactly their tables (invariant 9)."""

from enum import StrEnum
from typing import Any

import pytest

from core.states import Transitions
from settlement import states

MACHINES: dict[str, tuple[type[StrEnum], type[StrEnum], Transitions[Any], str]] = {
    "hold": (
        states.HoldState,
        states.HoldAction,
        states.HOLD_TRANSITIONS,
        "live move live; live reduce live; live consume consumed; live release released",
    ),
    "payable": (
        states.PayableState,
        states.PayableAction,
        states.PAYABLE_TRANSITIONS,
        (
            "due prepare in_batch; due cancel cancelled; in_batch discard due; in_batch pay paid; in_batch fail failed;"
            " in_batch return returned; paid return returned; failed correct due; returned correct due;"
            " due stop due; due refuse failed; failed stop failed; returned stop returned"
        ),
    ),
    "batch": (
        states.BatchState,
        states.BatchAction,
        states.BATCH_TRANSITIONS,
        (
            "prepared approve approved; prepared discard discarded; approved discard discarded;"
            " approved export exported; exported export exported; exported close closed"
        ),
    ),
    "statement gap": (
        states.GapState,
        states.GapAction,
        states.GAP_TRANSITIONS,
        "open close closed; open explain explained; explained close closed",
    ),
    "payment": (
        states.PaymentState,
        states.PaymentAction,
        states.PAYMENT_TRANSITIONS,
        (
            "created succeed succeeded; created fail failed; created lose_sight unknown; unknown succeed succeeded;"
            " unknown fail failed; succeeded refund_part succeeded; succeeded refund refunded;"
            " unknown reappear created; created hold_back held; unknown hold_back held; failed hold_back held;"
            " held release failed; succeeded correct corrected"
        ),
    ),
    "gateway refund": (
        states.RefundState,
        states.RefundAction,
        states.REFUND_TRANSITIONS,
        (
            "created succeed succeeded; created fail failed; created lose_sight unknown; unknown reappear created;"
            " unknown succeed succeeded; unknown fail failed; succeeded fail failed; failed try_again created;"
            " failed transfer transferred"
        ),
    ),
    "gateway account": (
        states.AccountState,
        states.AccountAction,
        states.ACCOUNT_TRANSITIONS,
        (
            "created await_details pending; created enable ready; pending enable ready; ready restrict restricted;"
            " restricted enable ready"
        ),
    ),
    "shortfall": (
        states.ShortfallState,
        states.ShortfallAction,
        states.SHORTFALL_TRANSITIONS,
        (
            "open pay_part open; open pay paid; open owe_more open; paid owe_more open; written_off owe_more open;"
            " open agree_plan open; open write_off written_off; open refund open; paid refund open;"
            " written_off refund open; open correct open; paid correct open; written_off correct open"
        ),
    ),
    "clawback": (
        states.ClawbackState,
        states.ClawbackAction,
        states.CLAWBACK_TRANSITIONS,
        (
            "open recover_part open; open recover recovered; open net_part open; open net recovered;"
            " open undo_netting open; recovered undo_netting open; written_off undo_netting open;"
            " open write_off written_off; open correct open; recovered correct open; written_off correct open;"
            " open agree_plan open"
        ),
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_tried_against_every_action(name: str) -> None:
    state_kind, action_kind, transitions, expected = MACHINES[name]
    allowed = {tuple(step.split()) for step in expected.split("; ")}

    found = {
        (state.value, action.value, target.value)
        for state in state_kind
        for action in action_kind
        if (target := transitions.target(state, action)) is not None
    }

    assert found == allowed
    assert transitions.names() == {action.value for action in action_kind}


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_can_be_reached(name: str) -> None:
    state_kind, _, transitions, _ = MACHINES[name]
    reached = {transitions.initial}
    for _ in state_kind:
        reached |= {target for (origin, _), target in transitions.table.items() if origin in reached}

    assert reached == set(state_kind)


def test_outcomes_lead_along_the_table_of_payables() -> None:
    actions = (states.PayableAction.PAY, states.PayableAction.FAIL, states.PayableAction.RETURN)
    targets = [states.PAYABLE_TRANSITIONS.target(states.PayableState.IN_BATCH, action) for action in actions]

    assert [target.value for target in targets if target] == [outcome.value for outcome in states.PayoutOutcome]

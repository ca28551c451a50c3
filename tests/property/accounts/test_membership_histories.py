"""Random histories of a membership: only the table's moves succeed, and replaying the audit trail gives the state."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.kinds import ReviewDecision
from accounts.models import Membership
from accounts.queries import is_approved_member
from accounts.queries.invariants import INVARIANTS
from accounts.service import memberships as service
from accounts.service import suspensions
from accounts.states import MembershipState
from core import audit, clock
from core.db import session
from core.invariants import verify
from core.permissions import Actor
from core.states import StateForbids
from tests.factories.accounts import actor_of, make_bureau, make_enterprise, membership

MOVES = {
    ("submitted", "approve"): "approved",
    ("submitted", "return"): "returned",
    ("returned", "submit"): "submitted",
    ("approved", "suspend"): "suspended",
    ("suspended", "resume"): "approved",
}
ACTIONS = sorted({action for _, action in MOVES})


def act(action: str, membership_id: int, member: Actor, bureau: Actor) -> None:
    now = clock.now()
    if action == "submit":
        service.resubmit(membership_id=membership_id, changes={"staff": 42}, actor=member, now=now)
    elif action == "suspend":
        suspensions.suspend(membership_id=membership_id, opinion="核查", actor=bureau, now=now)
    elif action == "resume":
        suspensions.resume(membership_id=membership_id, opinion="核查完毕", actor=bureau, now=now)
    else:
        service.review(
            membership_id=membership_id,
            decision=ReviewDecision(action),
            opinion="意见",
            defects=[],
            actor=bureau,
            now=now,
        )


@pytest.mark.usefixtures("app")
@settings(max_examples=15)
@given(actions=st.lists(st.sampled_from(ACTIONS), max_size=12))
def test_exactly_the_tables_moves_succeed(actions: Sequence[str]) -> None:
    firm = make_enterprise("371702", approved=False)
    identifier, organisation = membership(firm).id, firm.id
    member, bureau = actor_of(firm), actor_of(make_bureau("371700"))
    expected = "submitted"
    for action in actions:
        target = MOVES.get((expected, action))
        if target is None:
            with pytest.raises(StateForbids):
                act(action, identifier, member, bureau)
        else:
            act(action, identifier, member, bureau)
            expected = target

    state = session().get_one(Membership, identifier).state
    assert state.value == expected
    assert is_approved_member(organisation, on=clock.today(clock.now())) is (state is MembershipState.APPROVED)
    assert audit.history("membership", identifier)[-1].to_state == expected
    assert verify(INVARIANTS) == []

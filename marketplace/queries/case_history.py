"""What was ordered, as cases on which a change of policy can be tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from accounts.queries import cap_owner
from core import clock, policy
from core.clock import end_of_day, start_of_day
from core.db import session
from marketplace.models import Order, Quote
from marketplace.states import OrderState
from vouchers.models import EntitlementDecision
from vouchers.rules.policy import judging
from vouchers.schemas.history import case_line

ENDED_EARLY = (OrderState.DECLINED, OrderState.LAPSED, OrderState.CANCELLED)
"""Orders that came to nothing and used nothing of any cap."""

CONTROLLER = "controller:"
AT_ONCE = 1000


def ordered_cases(*, since: date | None, until: date | None) -> Iterator[str]:
    """A case for each order placed in a period that did not end early, in the order placed, with or without a voucher.

    The facts are those frozen with the order, or with its quote where it got no voucher. Firms and controllers are
    told apart by their numbers alone.
    """
    asks_place = judging(policy.current(), clock.today(clock.now())).policy.looks_at_providers_place
    facts = func.coalesce(EntitlementDecision.facts, Quote.facts)
    found = (
        select(facts, Order.beneficiary_id, EntitlementDecision.cap_owner, Order.placed_at)
        .join(Quote, Quote.id == Order.quote_id)
        .outerjoin(EntitlementDecision, EntitlementDecision.order_id == Order.id)
        .where(Order.state.not_in(ENDED_EARLY), facts.is_not(None))
        .order_by(Order.id)
        .execution_options(yield_per=AT_ONCE)
    )
    if since is not None:
        found = found.where(Order.placed_at >= start_of_day(since))
    if until is not None:
        found = found.where(Order.placed_at < end_of_day(until))
    for frozen, firm, owner, placed_at in session().execute(found).tuples():
        group = owner or cap_owner(firm, clock.today(placed_at))
        controller = group.removeprefix(CONTROLLER) if group.startswith(CONTROLLER) else None
        yield case_line(frozen, firm=str(firm), controller=controller, says_providers_place=asks_place)

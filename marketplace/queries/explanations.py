"""Why a quote or an order gets what it gets."""

from __future__ import annotations

from accounts.queries import seat
from core import clock
from core.errors import NotFound
from core.permissions import Actor
from marketplace.models import Order, Quote
from marketplace.queries.orders import READS_ITS_CITY, find_order
from marketplace.queries.quotes import find_quote
from vouchers.permissions import may_read_users_facts
from vouchers.queries.explanations import Explanation, explain_answer
from vouchers.queries.explanations import explain_order as explain_decision
from vouchers.rules.replay import Taken


class FactsMissing(NotFound):
    """The quote is from before its facts were kept with it."""

    code = "facts_missing"


def explain_quote(quote_id: int, *, actor: Actor) -> Explanation:
    """The explanation of a quote of the actor's own; raises QuoteMissing and :class:`FactsMissing`."""
    quote = find_quote(quote_id, actor=actor)
    return _of_quote(quote, subject="quote", number=quote_id, order_id=None, tells_of_user=True)


def explain_order(order_id: int, *, actor: Actor) -> Explanation:
    """The explanation of an order in the actor's sight; one without a voucher as its quote was judged.

    Raises OrderMissing and :class:`FactsMissing`.
    """
    order = find_order(order_id, actor=actor)
    tells = may_read_users_facts(actor) and not _looks_from_elsewhere(actor, order)
    if order.eligible:
        return explain_decision(order.id, tells_of_user=tells)
    return _of_quote(order.quote, subject="order", number=order.id, order_id=order.id, tells_of_user=tells)


def _looks_from_elsewhere(actor: Actor, order: Order) -> bool:
    """Whether an office of a city sees the order for its provider's sake and not for its user's (V6)."""
    of_a_city = actor.role in READS_ITS_CITY and actor.city is not None
    return of_a_city and seat(order.beneficiary_id, clock.today(order.placed_at)).city != actor.city


def _of_quote(quote: Quote, *, subject: str, number: int, order_id: int | None, tells_of_user: bool) -> Explanation:
    if quote.facts is None:
        raise FactsMissing
    taken = Taken(
        judged_on=clock.today(quote.created_at),
        policy_version=quote.policy_version,
        eligible=quote.eligible,
        rate=quote.rate,
        base_fen=quote.base_fen,
        entitlement_fen=quote.entitlement_fen,
        cap_room_fen=quote.cap_room_fen,
        subsidy_fen=quote.subsidy_fen,
        reasons=quote.reasons,
        aids=quote.aids,
    )
    return explain_answer(
        subject=subject,
        number=number,
        order_id=order_id,
        taken=taken,
        facts=quote.facts,
        snapshot_id=quote.snapshot_id,
        year=quote.expected_completion.year,
        at=quote.created_at,
        tells_of_user=tells_of_user,
    )

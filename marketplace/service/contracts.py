"""The service contract, signed by each side before the service (S17), and the start of the service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accounts.queries import organisation
from core import audit
from core.db import transaction
from core.errors import Conflict
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from marketplace.models import Order
from marketplace.permissions import is_party, is_provider_side
from marketplace.queries import find_order
from marketplace.rules.contracts import standard_terms
from marketplace.states import ORDER, OrderAction
from marketplace.steps.placing import money_of
from settlement import steps as settlement


class TermsDiffer(Conflict):
    """The other side signed other terms; sign those or agree first."""

    code = "terms_differ"
    article = "S17"


class SignedAlready(Conflict):
    """This side has signed already."""

    code = "signed_already"
    article = "S17"


def sign_contract(*, order_id: int, terms: Mapping[str, str] | None, actor: Actor, now: datetime) -> Order:
    """One side signs; the second signature makes the contract and the price due.

    The first may bring ``terms`` for the six points of S17, else the standard contract is taken. The second signs the
    same; other terms raise :class:`TermsDiffer`.
    """
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_party, order)
        allowed_target(order.state, OrderAction.CONTRACT, transitions=ORDER)
        _settle_terms(order, terms)
        _sign(order, actor=actor, now=now)
        if order.beneficiary_signed_at is None or order.provider_signed_at is None:
            audit.record(actor=actor, now=now, action="sign", subject=order, data={"terms": order.contract_terms})
            return order
        apply(
            order,
            OrderAction.CONTRACT,
            transitions=ORDER,
            actor=actor,
            now=now,
            data={**money_of(order), "terms": order.contract_terms},
        )
        settlement.charge_order(
            order_id=order.id,
            user_id=order.beneficiary_id,
            provider_id=order.provider_id,
            self_pay_fen=order.due_to_provider_fen,
            subsidy_receivable_fen=order.deducted_fen,
            actor=actor,
            now=now,
        )
        return order


def start_service(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """The provider begins; before both signatures the state forbids it (S17)."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        apply(order, OrderAction.START, transitions=ORDER, actor=actor, now=now)
        order.started_at = now
        return order


def _settle_terms(order: Order, terms: Mapping[str, str] | None) -> None:
    if order.contract_terms is None:
        order.contract_terms = (
            dict(terms)
            if terms is not None
            else standard_terms(
                title=order.quote.title,
                provider=organisation(order.provider_id).name,
                beneficiary=organisation(order.beneficiary_id).name,
            )
        )
    elif terms is not None and dict(terms) != order.contract_terms:
        raise TermsDiffer(extra={"terms": order.contract_terms})


def _sign(order: Order, *, actor: Actor, now: datetime) -> None:
    if is_provider_side(actor, order):
        if order.provider_signed_at is not None:
            raise SignedAlready
        order.provider_signed_by, order.provider_signed_at = actor.user_id, now
        return
    if order.beneficiary_signed_at is not None:
        raise SignedAlready
    order.beneficiary_signed_by, order.beneficiary_signed_at = actor.user_id, now

"""Who may do what with quotes, orders and reports."""

from __future__ import annotations

from accounts.permissions import (
    auditor,
    authority,
    beneficiary,
    city_finance,
    finance,
    incubator,
    official_reader,
    provider,
)
from accounts.queries import acts_for
from core.permissions import Actor, permission
from marketplace.models import Order

may_ask_quotes = beneficiary | incubator
may_place_orders = beneficiary | incubator
may_sign = beneficiary | incubator | provider
may_complete = beneficiary | incubator | provider
may_cancel = beneficiary | incubator | provider
may_read_orders = beneficiary | incubator | provider | official_reader | finance | auditor
may_read_figures = authority | city_finance | auditor


@permission
def is_beneficiary_side(actor: Actor, order: Order) -> bool:
    """The beneficiary itself, or the incubator of a team."""
    return order.beneficiary_id in acts_for(actor)


@permission
def is_provider_side(actor: Actor, order: Order) -> bool:
    """The provider of the order."""
    return provider(actor) and order.provider_id == actor.organisation_id


is_party = is_beneficiary_side | is_provider_side

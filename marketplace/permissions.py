"""Who may do what with quotes, orders and reports."""

from __future__ import annotations

from accounts.permissions import (
    auditor,
    authority,
    beneficiary,
    city_bureau,
    city_finance,
    finance,
    incubator,
    member,
    official_reader,
    provider,
    province,
    signed_in,
)
from accounts.queries import acts_for
from core.permissions import Actor, permission
from marketplace.models import DisclosureApplication, EvaluationLine, Negotiation, Order, UnmetNeed

may_ask_quotes = beneficiary | incubator
may_place_orders = beneficiary | incubator
may_sign = beneficiary | incubator | provider
may_complete = beneficiary | incubator | provider
may_cancel = beneficiary | incubator | provider
may_pay_online = beneficiary | incubator
may_pay = may_pay_online | provider
may_read_orders = beneficiary | incubator | provider | official_reader | finance | auditor
may_read_figures = authority | city_finance | auditor
may_read_reports = city_bureau | city_finance | province | auditor
may_write_reports = city_bureau
may_receive_reports = province
may_apply_for_disclosure = signed_in
may_answer_disclosure = city_bureau | province
may_answer_consultation = member | incubator
may_read_disclosures = signed_in
may_read_evaluations = provider | authority | city_finance | auditor
"""Each its own: a provider itself, a city's offices that city (V6), a bureau its own officers; the province all."""
may_complain = beneficiary | incubator
may_name = province
may_read_namings = beneficiary | incubator | provider | authority | city_finance | auditor
"""Of a complaint and a naming those it is about, of a naming the offices of the city and the province."""
may_answer_namings = provider
may_refer = province
may_read_referrals = province | auditor
may_freeze_evaluations = province
may_comment_evaluations = provider | city_bureau
may_state_needs = beneficiary | incubator
may_read_needs = beneficiary | incubator | authority | auditor
may_answer_needs = authority
may_ask_for_offers = beneficiary | incubator
may_make_offers = provider
may_read_negotiations = may_ask_for_offers | may_make_offers
may_grade = province
may_award = province
may_demand_rectification = province
may_report_rectification = provider


@permission
def is_beneficiary_side(actor: Actor, order: Order) -> bool:
    """The beneficiary itself, or the incubator of a team."""
    return order.beneficiary_id in acts_for(actor)


@permission
def is_provider_side(actor: Actor, order: Order) -> bool:
    """The provider of the order."""
    return provider(actor) and order.provider_id == actor.organisation_id


is_party = is_beneficiary_side | is_provider_side


@permission
def is_asking_for_offer(actor: Actor, negotiation: Negotiation) -> bool:
    """The user who asked, or the incubator of a team."""
    return negotiation.beneficiary_id in acts_for(actor)


@permission
def is_asked_for_offer(actor: Actor, negotiation: Negotiation) -> bool:
    """The provider of the service."""
    return provider(actor) and negotiation.provider_id == actor.organisation_id


@permission
def is_office_of(actor: Actor, application: DisclosureApplication) -> bool:
    """The bureau that was applied to, or the province where no city was."""
    if city_bureau(actor):
        return actor.city is not None and application.city == actor.city
    return province(actor) and application.city is None


@permission
def is_evaluated(actor: Actor, line: EvaluationLine) -> bool:
    """The provider or the bureau of the city that the figures are about."""
    if city_bureau(actor):
        return actor.city is not None and line.city == actor.city
    return provider(actor) and line.organisation_id == actor.organisation_id


@permission
def is_users_side_of_need(actor: Actor, need: UnmetNeed) -> bool:
    """Who stated it, or the incubator of a team."""
    return need.organisation_id in acts_for(actor)


@permission
def is_office_of_need(actor: Actor, need: UnmetNeed) -> bool:
    """The bureau of the user's city, or the province."""
    return province(actor) or (actor.city is not None and need.city == actor.city)


may_answer_need = may_answer_needs & is_office_of_need

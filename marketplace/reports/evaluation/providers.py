"""What providers are measured by: answers to orders, the promised turnaround, claims, and what they publish (V20)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Select, and_, case, cast, func, literal, select
from sqlalchemy.orm import aliased

from accounts.kinds import OrganisationKind
from accounts.models import Membership, Organisation
from accounts.states import MembershipState
from core.audit import AuditEntry
from core.permissions import SYSTEM
from core.workdays import load_calendar
from instruments.models import Instrument, Service
from instruments.policy import listing_policy
from instruments.queries.details import listing_deadlines
from instruments.rules.deadlines import last_begun
from instruments.states import ServiceState
from marketplace.models import Delivery, Order
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.evaluation.cases import Lasted, Scope, case_row
from marketplace.reports.times import CLAIM_REVIEW, answered, working_days_between
from marketplace.states import OrderAction, OrderState
from vouchers.models import Claim
from vouchers.states import ClaimAction

_ANSWERS = (OrderAction.ACCEPT, OrderAction.DECLINE, OrderAction.LAPSE)
_TAKEN = (
    OrderState.ACCEPTED,
    OrderState.CONTRACTED,
    OrderState.IN_SERVICE,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
)


def acceptance(scope: Scope) -> Select[Any]:
    """Orders placed in the period and answered or lapsed; a hit was answered on or before its last day."""
    entry = AuditEntry
    in_time = and_(entry.action != OrderAction.LAPSE, shanghai_day(entry.at) <= Order.respond_by)
    lasted = Lasted(Order.placed_at, case((entry.action != OrderAction.LAPSE, entry.at)))
    return _answered_orders(scope, hit=in_time, lasted=lasted)


def lapsed(scope: Scope) -> Select[Any]:
    """The same orders; a hit was never answered."""
    return _answered_orders(scope, hit=AuditEntry.action == OrderAction.LAPSE, lasted=Lasted(Order.placed_at))


def declined(scope: Scope) -> Select[Any]:
    """The same orders; a hit was declined, with the reason given."""
    return _answered_orders(scope, hit=AuditEntry.action == OrderAction.DECLINE, lasted=Lasted(Order.placed_at))


def turnaround(scope: Scope) -> Select[Any]:
    """Orders taken whose promised day lies in the period and is over or kept; a hit was delivered by that day (V14)."""
    kept = and_(Delivery.delivered_at.is_not(None), shanghai_day(Delivery.delivered_at) <= Order.expected_completion)
    return _promised(
        scope,
        case_row(
            owner=Order.provider_id,
            key=Order.id,
            kind=Order,
            case_id=Order.id,
            hit=kept,
            lasted=Lasted(Order.placed_at, Delivery.delivered_at),
        ),
    )


def delay(scope: Scope) -> Select[Any]:
    """Those of them that were late, by how many working days; a hit is not delivered to this day."""
    delivered_on = func.coalesce(shanghai_day(Delivery.delivered_at), cast(literal(scope.today), Date))
    late_days = working_days_between(Order.expected_completion, delivered_on)
    return _promised(
        scope,
        case_row(
            owner=Order.provider_id,
            key=Order.id,
            kind=Order,
            case_id=Order.id,
            hit=Delivery.delivered_at.is_(None),
            lasted=Lasted(Order.placed_at, days=late_days),
        ),
    ).where(delivered_on > Order.expected_completion)


def cancelled(scope: Scope) -> Select[Any]:
    """Orders accepted in the period; a hit was cancelled by the provider afterwards, though its user had not stayed
    away."""
    accepted, ended = aliased(AuditEntry), aliased(AuditEntry)
    return (
        case_row(
            owner=Order.provider_id,
            key=Order.id,
            kind=Order,
            case_id=Order.id,
            hit=func.coalesce(ended.actor_organisation_id == Order.provider_id, False) & ~ended.data.has_key("no_show"),
            lasted=Lasted(accepted.at),
            note=Order.ended_reason,
        )
        .select_from(Order)
        .join(accepted, _of_order(accepted, OrderAction.ACCEPT))
        .outerjoin(ended, _of_order(ended, OrderAction.CANCEL))
        .where(scope.holds(accepted.at))
    )


def claims_returned(scope: Scope) -> Select[Any]:
    """Claims of the provider's own that a city answered in the period; a hit was returned for correction."""
    return _own_claims(scope, ClaimAction.RETURN)


def claims_refused(scope: Scope) -> Select[Any]:
    """The same claims; a hit was rejected."""
    return _own_claims(scope, ClaimAction.REJECT)


def unpublished(scope: Scope) -> Select[Any]:
    """Providers approved for longer than the policy's term, as of today; a hit offers no service at all (V14)."""
    offers = select(Service.id).where(
        Service.provider_id == Membership.organisation_id, Service.state == ServiceState.PUBLISHED
    )
    since = shanghai_day(Membership.reviewed_at)
    age_days = working_days_between(since, cast(literal(scope.today), Date))
    return (
        case_row(
            owner=Membership.organisation_id,
            key=Membership.organisation_id,
            kind=Organisation,
            case_id=Membership.organisation_id,
            hit=~offers.exists(),
            lasted=Lasted(Membership.reviewed_at, days=age_days),
        )
        .select_from(Membership)
        .where(
            Membership.kind == OrganisationKind.PROVIDER,
            Membership.state == MembershipState.APPROVED,
            age_days > scope.publishing_days,
        )
    )


def unlisted(scope: Scope) -> Select[Any]:
    """Instruments that must be listed and are not, as of today; a hit is past its term (S2, S13)."""
    last_day = last_begun(load_calendar(), listing_policy(scope.today).listing_due_working_days, due_before=scope.today)
    wanted = listing_deadlines(actor=SYSTEM, on=scope.today, overdue=False).with_only_columns(Instrument.id)
    age_days = working_days_between(Instrument.accepted_on, cast(literal(scope.today), Date))
    return (
        case_row(
            owner=Instrument.provider_id,
            key=Instrument.id,
            kind=Instrument,
            case_id=Instrument.id,
            hit=Instrument.accepted_on <= last_day,
            lasted=Lasted(Instrument.created_at, days=age_days),
        )
        .select_from(Instrument)
        .where(Instrument.id.in_(wanted))
    )


def _answered_orders(scope: Scope, *, hit: Any, lasted: Lasted) -> Select[Any]:
    return (
        case_row(
            owner=Order.provider_id,
            key=Order.id,
            kind=Order,
            case_id=Order.id,
            hit=hit,
            lasted=lasted,
            note=Order.ended_reason,
        )
        .select_from(Order)
        .join(AuditEntry, _of_order(AuditEntry, *_ANSWERS))
        .where(scope.holds(Order.placed_at))
    )


def _promised(scope: Scope, cases: Select[Any]) -> Select[Any]:
    """Orders taken and not given up, delivered or past the promised day."""
    return (
        cases.select_from(Order)
        .outerjoin(Delivery, Delivery.order_id == Order.id)
        .where(
            Order.state.in_(_TAKEN),
            scope.holds_day(Order.expected_completion),
            Delivery.delivered_at.is_not(None) | (Order.expected_completion < scope.today),
        )
    )


def _own_claims(scope: Scope, action: ClaimAction) -> Select[Any]:
    reviews = answered(CLAIM_REVIEW)
    return (
        case_row(
            owner=Claim.provider_id,
            key=reviews.c.entry_id,
            kind=Claim,
            case_id=Claim.id,
            hit=reviews.c.action == action,
            lasted=Lasted(reviews.c.since, reviews.c.at),
            note=reviews.c.note,
        )
        .select_from(Claim)
        .join(reviews, reviews.c.subject_id == Claim.id)
        .where(Claim.claimant_id == Claim.provider_id, scope.holds(reviews.c.at))
    )


def _of_order(entry: Any, *actions: OrderAction) -> Any:
    return and_(entry.subject_kind == Order.__tablename__, entry.subject_id == Order.id, entry.action.in_(actions))

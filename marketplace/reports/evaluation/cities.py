"""What cities are measured by: how fast they review, what they return and refuse, and what the province undid (V20)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CompoundSelect, Date, Select, and_, cast, literal, select, union_all

from accounts.models import Membership, Organisation
from accounts.states import MembershipState
from core.audit import AuditEntry
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.evaluation.cases import Lasted, Scope, case_row
from marketplace.reports.times import (
    CLAIM_REVIEW,
    REGISTRATION_REVIEW,
    SUMMARISING,
    answered,
    working_days_between,
)
from vouchers.models import Claim, ReviewSummary, SummaryClaim
from vouchers.queries.review_queue import WAITING, waiting_since
from vouchers.states import ClaimAction

_BY_THE_PROVINCE = (ClaimAction.CONFIRM, ClaimAction.SEND_BACK, ClaimAction.REVOKE)
_OVERTURNED = (ClaimAction.SEND_BACK, ClaimAction.REVOKE)


def registration_review(scope: Scope) -> Select[Any]:
    """Registrations answered in the period, from each submission; a hit was answered within the policy's term."""
    reviews = answered(REGISTRATION_REVIEW)
    lasted = Lasted(reviews.c.since, reviews.c.at)
    return (
        case_row(
            owner=Organisation.city,
            key=reviews.c.entry_id,
            kind=Membership,
            case_id=Membership.id,
            hit=lasted.working_days <= scope.registration_days,
            lasted=lasted,
        )
        .select_from(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .join(reviews, reviews.c.subject_id == Membership.id)
        .where(Organisation.city.is_not(None), scope.holds(reviews.c.at))
    )


def claim_review(scope: Scope) -> Select[Any]:
    """Reviews of claims answered in the period; a hit was answered within the policy's term."""
    return _reviews(scope)


def returns(scope: Scope) -> Select[Any]:
    """The same reviews; a hit returned the claim for correction."""
    return _reviews(scope, ClaimAction.RETURN)


def refusals(scope: Scope) -> Select[Any]:
    """The same reviews; a hit rejected the claim."""
    return _reviews(scope, ClaimAction.REJECT)


def overturned(scope: Scope) -> Select[Any]:
    """What the province decided in the period about claims the city approved; a hit sent back or revoked."""
    entry = AuditEntry
    return (
        case_row(
            owner=Claim.city,
            key=entry.id,
            kind=Claim,
            case_id=Claim.id,
            hit=entry.action.in_(_OVERTURNED),
            lasted=Lasted(entry.at),
            note=entry.data["note"].astext,
        )
        .select_from(Claim)
        .join(entry, and_(entry.subject_kind == Claim.__tablename__, entry.subject_id == Claim.id))
        .where(entry.action.in_(_BY_THE_PROVINCE), scope.holds(entry.at))
    )


def dispatch(scope: Scope) -> Select[Any]:
    """Claims of summaries dispatched in the period, from their approval to the dispatch; every one is a hit."""
    taken = answered(SUMMARISING)
    return (
        case_row(
            owner=ReviewSummary.city,
            key=taken.c.entry_id,
            kind=ReviewSummary,
            case_id=ReviewSummary.id,
            hit=literal(value=True),
            lasted=Lasted(taken.c.since, ReviewSummary.dispatched_at),
        )
        .select_from(ReviewSummary)
        .join(SummaryClaim, SummaryClaim.summary_id == ReviewSummary.id)
        .join(
            taken,
            and_(
                taken.c.subject_id == SummaryClaim.claim_id,
                cast(taken.c.data["summary_id"].astext, BigInteger) == ReviewSummary.id,
            ),
        )
        .where(scope.holds(ReviewSummary.dispatched_at))
    )


def waiting_claims(scope: Scope) -> Select[Any]:
    """Claims that wait for the city today, by their age in working days; a hit is past the policy's term."""
    since = waiting_since()
    age_days = working_days_between(shanghai_day(since), cast(literal(scope.today), Date))
    return (
        case_row(
            owner=Claim.city,
            key=Claim.id,
            kind=Claim,
            case_id=Claim.id,
            hit=age_days > scope.review_days,
            lasted=Lasted(since, days=age_days),
        )
        .select_from(Claim)
        .where(Claim.state.in_(WAITING))
    )


def waiting_registrations(scope: Scope) -> Select[Any]:
    """Registrations that wait for the city today, by their age; a hit is past the policy's term."""
    since = Membership.submitted_at
    age_days = working_days_between(shanghai_day(since), cast(literal(scope.today), Date))
    return (
        case_row(
            owner=Organisation.city,
            key=Membership.id,
            kind=Membership,
            case_id=Membership.id,
            hit=age_days > scope.registration_days,
            lasted=Lasted(since, days=age_days),
        )
        .select_from(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Organisation.city.is_not(None), Membership.state == MembershipState.SUBMITTED)
    )


def missed(scope: Scope) -> CompoundSelect[Any]:
    """Registrations and claims answered in the period or waiting today; a hit is past its term, answered or not."""
    answers = union_all(registration_review(scope), claim_review(scope)).subquery()
    waits = union_all(waiting_registrations(scope), waiting_claims(scope)).subquery()
    return union_all(_missed(answers, late=~answers.c.hit, sign=1), _missed(waits, late=waits.c.hit, sign=-1))


def _missed(cases: Any, *, late: Any, sign: int) -> Select[Any]:
    """Keys of what waits are negative, so that they never meet those of the trail."""
    instead = {"hit": late.label("hit"), "key": (cases.c.key * sign).label("key")}
    return select(*(instead.get(column.key, column) for column in cases.c))


def _reviews(scope: Scope, action: ClaimAction | None = None) -> Select[Any]:
    reviews = answered(CLAIM_REVIEW)
    lasted = Lasted(reviews.c.since, reviews.c.at)
    in_time = lasted.working_days <= scope.review_days
    return (
        case_row(
            owner=Claim.city,
            key=reviews.c.entry_id,
            kind=Claim,
            case_id=Claim.id,
            hit=in_time if action is None else reviews.c.action == action,
            lasted=lasted,
            note=reviews.c.note,
        )
        .select_from(Claim)
        .join(reviews, reviews.c.subject_id == Claim.id)
        .where(scope.holds(reviews.c.at))
    )

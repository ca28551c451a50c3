"""What officers decided: how many, of what kind, how fast, and what was undone afterwards. For auditors and bureaus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from accounts.models import (
    BankAccount,
    ControllerChange,
    FiguresRenewal,
    MemberChange,
    Membership,
    OrganisationDocument,
    TeamSuccession,
    UserInterest,
)
from accounts.permissions import Role
from accounts.states import (
    BankAccountAction,
    ChangeAction,
    DocumentAction,
    MembershipAction,
    ProposalAction,
    RenewalAction,
)
from core.audit import AuditEntry
from core.db import Model
from instruments.models import Instrument
from marketplace.reports.evaluation.cases import Lasted, Scope, case_row
from marketplace.reports.times import CLAIM_REVIEW, REGISTRATION_REVIEW, Wait, answered
from vouchers.models import Appeal, Claim, ClaimReview, Finding, ReviewSummary
from vouchers.states import AppealAction, ClaimAction, FindingAction, SummaryAction

OFFICERS = (Role.CITY_BUREAU, Role.PROVINCE)
"""Whose decisions the table shows."""

_OF_CLAIMS = (
    ClaimAction.APPROVE,
    ClaimAction.RETURN,
    ClaimAction.REJECT,
    ClaimAction.CONFIRM,
    ClaimAction.SEND_BACK,
    ClaimAction.REVOKE,
)
DECISIONS: Mapping[type[Model], Sequence[str]] = {
    Claim: _OF_CLAIMS,
    ReviewSummary: (SummaryAction.STAMP, SummaryAction.DISPATCH),
    Membership: (
        MembershipAction.APPROVE,
        MembershipAction.RETURN,
        MembershipAction.SUSPEND,
        MembershipAction.RESUME,
    ),
    FiguresRenewal: (RenewalAction.CONFIRM, RenewalAction.RETURN),
    MemberChange: (ChangeAction.APPROVE, ChangeAction.REFUSE),
    OrganisationDocument: (DocumentAction.CERTIFY, DocumentAction.REFUSE),
    BankAccount: (BankAccountAction.VERIFY, BankAccountAction.REFUSE),
    ControllerChange: tuple(ProposalAction),
    TeamSuccession: tuple(ProposalAction),
    Instrument: ("publish", "return", "suspend", "resume"),
    Finding: (FindingAction.UPHOLD, FindingAction.DISMISS),
    Appeal: tuple(AppealAction),
}
"""What counts as a decision of an officer, by kind of record."""

_SENT_AWAY = (ClaimAction.RETURN, ClaimAction.REJECT, ClaimAction.SEND_BACK, ProposalAction.REFUSE)


def decisions(scope: Scope) -> Select[Any]:
    """Every decision of the period; a hit sent the case away: returned, refused, rejected or sent back."""
    entry = AuditEntry
    return _of_trail(scope, hit=entry.action.in_(_SENT_AWAY)).where(_is_decision())


def claim_reviews(scope: Scope) -> Select[Any]:
    """Claims a city's officer answered in the period; a hit was answered within the policy's term."""
    return _answers(scope, CLAIM_REVIEW, Claim, scope.review_days)


def registrations(scope: Scope) -> Select[Any]:
    """Registrations answered in the period; a hit was answered within the policy's term."""
    return _answers(scope, REGISTRATION_REVIEW, Membership, scope.registration_days)


def overturned(scope: Scope) -> Select[Any]:
    """Claims approved or confirmed in the period; a hit was sent back or revoked after that."""
    entry, later = AuditEntry, aliased(AuditEntry)
    undone = case(
        (entry.action == ClaimAction.CONFIRM, later.action == ClaimAction.REVOKE),
        else_=later.action.in_((ClaimAction.SEND_BACK, ClaimAction.REVOKE)),
    )
    was_undone = (
        select(later.id)
        .where(
            later.subject_kind == entry.subject_kind, later.subject_id == entry.subject_id, later.id > entry.id, undone
        )
        .exists()
    )
    approving = and_(
        entry.subject_kind == Claim.__tablename__, entry.action.in_((ClaimAction.APPROVE, ClaimAction.CONFIRM))
    )
    return _of_trail(scope, hit=was_undone).where(approving)


def conflicts(scope: Scope) -> Select[Any]:
    """Interests declared in the period; a hit was voided as mistaken."""
    return (
        case_row(
            owner=UserInterest.user_id,
            key=UserInterest.id,
            kind=UserInterest,
            case_id=UserInterest.id,
            hit=UserInterest.voided_at.is_not(None),
            lasted=Lasted(UserInterest.entered_at),
            note=UserInterest.name,
        )
        .select_from(UserInterest)
        .where(scope.holds(UserInterest.entered_at))
    )


def in_batches(scope: Scope) -> Select[Any]:
    """Reviews of claims in the period; a hit was one of many decided with one confirmation."""
    return (
        case_row(
            owner=ClaimReview.reviewer_id,
            key=ClaimReview.id,
            kind=Claim,
            case_id=ClaimReview.claim_id,
            hit=ClaimReview.batch_id.is_not(None),
            lasted=Lasted(ClaimReview.at),
            note=ClaimReview.decision,
        )
        .select_from(ClaimReview)
        .where(scope.holds(ClaimReview.at))
    )


def by_kind(scope: Scope, user_id: int) -> Select[Any]:
    """How many decisions of which kind an officer made: subject kind, action, count."""
    entry = AuditEntry
    return (
        select(entry.subject_kind, entry.action, func.count())
        .where(entry.actor_user_id == user_id, scope.holds(entry.at), _is_decision())
        .group_by(entry.subject_kind, entry.action)
        .order_by(entry.subject_kind, entry.action)
    )


def _is_decision() -> ColumnElement[bool]:
    entry = AuditEntry
    known = (
        and_(entry.subject_kind == model.__tablename__, entry.action.in_(actions))
        for model, actions in DECISIONS.items()
    )
    return and_(entry.actor_role.in_(OFFICERS), or_(*known))


def _of_trail(scope: Scope, *, hit: Any) -> Select[Any]:
    entry = AuditEntry
    return (
        case_row(
            owner=entry.actor_user_id,
            key=entry.id,
            kind=entry.subject_kind,
            case_id=entry.subject_id,
            hit=hit,
            lasted=Lasted(entry.at),
            note=entry.action,
        )
        .select_from(entry)
        .where(entry.actor_user_id.is_not(None), scope.holds(entry.at))
    )


def _answers(scope: Scope, wait: Wait, model: type[Model], term_days: int) -> Select[Any]:
    reviews = answered(wait)
    lasted = Lasted(reviews.c.since, reviews.c.at)
    return (
        case_row(
            owner=reviews.c.user_id,
            key=reviews.c.entry_id,
            kind=model,
            case_id=reviews.c.subject_id,
            hit=lasted.working_days <= term_days,
            lasted=lasted,
            note=reviews.c.action,
        )
        .select_from(reviews)
        .where(reviews.c.user_id.is_not(None), scope.holds(reviews.c.at))
    )

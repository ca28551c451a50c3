"""What grades, awards and checks of a rectification rest on (S24-S26)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from accounts.states import ProposalState
from core.grounds import Ground, ground
from marketplace.rules.grading import GRADING, Grade
from marketplace.states import AwardState, RectificationState


def grade_grounds(
    state: ProposalState,
    *,
    grade: Grade,
    points: Decimal | None,
    proposal: Grade | None,
    cause: str,
    decided_on: datetime,
    opinion: str,
) -> list[Ground]:
    """The grade and who decided it, what the points proposed, and why it differs."""
    shown = None if points is None else str(points)
    found = [
        ground(
            "evaluation_graded",
            article=GRADING,
            state=state,
            grade=grade,
            decided_on=decided_on,
            opinion=opinion,
        ),
        ground("evaluation_points", article=GRADING, points=shown, proposal=proposal),
    ]
    return [*found, ground("evaluation_cause", article=GRADING, cause=cause)] if cause else found


def award_grounds(
    state: AwardState,
    *,
    amount_fen: int,
    limit_fen: int,
    year: int,
    cause: str,
    decided_on: datetime,
    opinion: str,
    document: str | None,
    document_on: date | None,
    revoked_on: datetime | None,
    revoked_why: str | None,
) -> list[Ground]:
    """The sum against the limit of a unit, the document it was decided by, and its revocation."""
    found = [
        ground(
            "evaluation_award",
            article=GRADING,
            state=state,
            amount_fen=amount_fen,
            limit_fen=limit_fen,
            year=year,
            cause=cause,
            decided_on=decided_on,
            opinion=opinion,
            document=document,
            document_on=document_on,
        )
    ]
    if revoked_on is not None:
        found.append(ground("evaluation_award_revoked", article=GRADING, revoked_on=revoked_on, why=revoked_why))
    return found


def rectification_grounds(
    state: RectificationState,
    *,
    demand: str,
    due_on: date,
    report: str | None,
    checked_on: datetime,
    finding: str | None,
) -> list[Ground]:
    """What was demanded by when, what was reported, and what the check found."""
    return [
        ground(
            "evaluation_rectification",
            article=GRADING,
            state=state,
            demand=demand,
            due_on=due_on,
            report=report,
            checked_on=checked_on,
            finding=finding,
        )
    ]

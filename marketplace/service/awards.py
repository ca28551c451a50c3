"""Awards after the yearly evaluation: proposed, decided by another officer with document and day, revoked with reason;
all of a unit for a year never more than the policy's limit (S24-S26). Paying them is no part of this service."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import ChangeDecision
from core import audit, clock, policy
from core.db import transaction
from core.errors import Forbidden, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.turns import queue_for
from marketplace.models import EvaluationAward, EvaluationGrade
from marketplace.permissions import may_award
from marketplace.queries.grades import awarded_fen, find_award, find_grade, grades_in_force
from marketplace.queries.snapshots import find_line
from marketplace.reports.evaluation.scores import scheme_of_line
from marketplace.rules.grading import GRADING, award_faults, award_limit
from marketplace.states import AWARD, AwardAction


class AwardRefused(Refused):
    """The award has faults; all of them are named."""

    code = "evaluation_award_refused"


class AwardOwn(Forbidden):
    """Who proposed the award does not decide it."""

    code = "evaluation_award_own"


def propose_award(*, grade_id: int, amount_fen: int, cause: str, actor: Actor, now: datetime) -> EvaluationAward:
    """Propose a sum in fen for a published grade that the policy awards. Raises :class:`AwardRefused`."""
    with transaction() as current:
        authorise(actor, may_award)
        grade = find_grade(grade_id, actor=actor)
        line = find_line(grade.line_id, actor=actor)
        year = line.snapshot.year
        _one_at_a_time(line.organisation_id, year)
        limit = award_limit(policy.current(), date(year, 12, 31))
        award = EvaluationAward(
            grade_id=grade.id,
            organisation_id=line.organisation_id,
            year=year,
            amount_fen=amount_fen,
            limit_fen=limit.fen,
            article=limit.article,
            cause=cause,
            state=AWARD.initial,
            opinion="",
            proposed_by=actor.user_id,
            proposed_at=now,
        )
        _fits(award, grade, actor=actor)
        current.add(award)
        current.flush()
        audit.record(actor=actor, now=now, action="propose", subject=award, to_state=award.state, data=_about(award))
        return award


def decide_award(
    *,
    award_id: int,
    decision: ChangeDecision,
    opinion: str,
    document_number: str | None,
    document_on: date | None,
    actor: Actor,
    now: datetime,
) -> EvaluationAward:
    """Another officer decides; what is approved has the number and day of its document, today or earlier.

    Raises :class:`AwardOwn`, :class:`AwardRefused` and ``StateForbids``.
    """
    with transaction():
        authorise(actor, may_award)
        known = find_award(award_id, actor=actor)
        _one_at_a_time(known.organisation_id, known.year)
        award = find_award(award_id, actor=actor, lock=True)
        approved = decision is ChangeDecision.APPROVE
        action = AwardAction.APPROVE if approved else AwardAction.REFUSE
        allowed_target(award.state, action, transitions=AWARD)
        if award.proposed_by == actor.user_id:
            raise AwardOwn(reasons=[reason("evaluation_award_own", article=GRADING)])
        if approved:
            _documented(document_number, document_on, today=clock.today(now))
            _fits(award, find_grade(award.grade_id, actor=actor), actor=actor)
            award.document_number, award.document_on = document_number, document_on
        award.opinion, award.decided_by, award.decided_at = opinion, actor.user_id, now
        apply(award, action, transitions=AWARD, actor=actor, now=now, note=opinion, data=_about(award))
        return award


def revoke_award(*, award_id: int, why: str, actor: Actor, now: datetime) -> EvaluationAward:
    """Take an approved award back; its sum no longer counts against the limit. Raises ``StateForbids``."""
    with transaction():
        authorise(actor, may_award)
        award = find_award(award_id, actor=actor, lock=True)
        apply(award, AwardAction.REVOKE, transitions=AWARD, actor=actor, now=now, note=why, data=_about(award))
        award.revoked_why, award.revoked_by, award.revoked_at = why, actor.user_id, now
        return award


def _fits(award: EvaluationAward, grade: EvaluationGrade, *, actor: Actor) -> None:
    """Raise with every fault where the grade is not awarded, not in force, not public, or the limit is passed."""
    line = find_line(grade.line_id, actor=actor)
    scheme = scheme_of_line(line)
    in_force = grades_in_force([line.id]).get(line.id)
    others = awarded_fen(award.organisation_id, award.year, besides=award.id)
    faults = award_faults(
        award.amount_fen,
        others_fen=others,
        limit_fen=award.limit_fen,
        is_in_force=in_force is not None and in_force.id == grade.id,
        is_published=line.snapshot.publication is not None,
        may_be_awarded=scheme is not None and scheme.may_be_awarded(grade.grade),
    )
    refuse_all(faults, error=AwardRefused)


def _documented(number: str | None, on: date | None, *, today: date) -> None:
    faults = []
    if not number:
        faults.append(reason("evaluation_award_document", article=GRADING, field="document_number"))
    if on is None or on > today:
        faults.append(reason("evaluation_award_document_day", article=GRADING, field="document_on"))
    refuse_all(faults, error=AwardRefused)


def _one_at_a_time(organisation_id: int | None, year: int) -> None:
    """All awards of a unit for a year are looked at by one transaction at a time: their sum has a limit."""
    queue_for(f"awards of organisation {organisation_id} for {year}")


def _about(award: EvaluationAward) -> dict[str, object]:
    return {"organisation_id": award.organisation_id, "year": award.year, "amount_fen": award.amount_fen}

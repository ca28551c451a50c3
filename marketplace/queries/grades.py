"""Reads of grades, awards and rectifications: what is public of a published year, the rest for whom it concerns
(S24-S26)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import aliased, joinedload

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import visible_organisations
from accounts.states import ProposalState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from marketplace.models import (
    EvaluationAward,
    EvaluationGrade,
    EvaluationLine,
    EvaluationPublication,
    EvaluationRectification,
    EvaluationSnapshot,
)
from marketplace.permissions import may_read_evaluations
from marketplace.rules.grading import Grade
from marketplace.states import AwardState

_READS_ALL = frozenset({Role.PROVINCE, Role.AUDITOR})
COUNTED = (AwardState.PROPOSED, AwardState.APPROVED)
"""Awards that take up the limit of a unit."""


class GradeMissing(NotFound):
    """There is no such grade for this actor."""

    code = "evaluation_grade_missing"


class AwardMissing(NotFound):
    """There is no such award for this actor."""

    code = "evaluation_award_missing"


class RectificationMissing(NotFound):
    """There is no such rectification for this actor."""

    code = "evaluation_rectification_missing"


def visible_grades(
    actor: Actor, *, year: int | None = None, line_id: int | None = None, state: ProposalState | None = None
) -> Select[tuple[EvaluationGrade]]:
    """Every version that was approved of a published year, for everybody; all of them for province and auditor."""
    found = (
        select(EvaluationGrade)
        .join(EvaluationLine, EvaluationLine.id == EvaluationGrade.line_id)
        .options(joinedload(EvaluationGrade.line).joinedload(EvaluationLine.snapshot))
        .where(_sees_grades(actor))
    )
    if year is not None:
        of_year = select(EvaluationSnapshot.id).where(EvaluationSnapshot.year == year)
        found = found.where(EvaluationLine.snapshot_id.in_(of_year))
    if line_id is not None:
        found = found.where(EvaluationGrade.line_id == line_id)
    return found if state is None else found.where(EvaluationGrade.state == state)


def find_grade(grade_id: int, *, actor: Actor, lock: bool = False) -> EvaluationGrade:
    """A grade the actor may see, locked and read afresh if asked; raises :class:`GradeMissing`."""
    found = visible_grades(actor).where(EvaluationGrade.id == grade_id)
    if lock:
        found = found.with_for_update(of=EvaluationGrade).execution_options(populate_existing=True)
    grade = session().scalar(found)
    if grade is None:
        raise GradeMissing
    return grade


def grades_in_force(line_ids: Collection[int]) -> dict[int, EvaluationGrade]:
    """The latest approved version of each line that has one, in one query."""
    later = aliased(EvaluationGrade)
    newer = select(later.id).where(
        later.line_id == EvaluationGrade.line_id,
        later.state == ProposalState.APPROVED,
        later.version > EvaluationGrade.version,
    )
    found = select(EvaluationGrade).where(
        EvaluationGrade.line_id.in_(line_ids), EvaluationGrade.state == ProposalState.APPROVED, ~newer.exists()
    )
    return {each.line_id: each for each in session().scalars(found)}


def grades_known(lines: Collection[EvaluationLine], *, actor: Actor) -> dict[int, Grade]:
    """The grade in force of each line whose grade the actor may know: once it is published, everybody."""
    reads_all = actor.role in _READS_ALL
    known = [each.id for each in lines if reads_all or each.snapshot.publication is not None]
    return {line_id: each.grade for line_id, each in grades_in_force(known).items()} if known else {}


def versions_of(line_id: int) -> int:
    """How many versions of a grade a line has, whatever became of them."""
    counted = select(func.coalesce(func.max(EvaluationGrade.version), 0)).where(EvaluationGrade.line_id == line_id)
    return session().scalar(counted) or 0


def open_grade(line_id: int) -> EvaluationGrade | None:
    """The version that waits to be decided, if there is one."""
    waiting = EvaluationGrade.state == ProposalState.PROPOSED
    return session().scalar(select(EvaluationGrade).where(EvaluationGrade.line_id == line_id, waiting))


def ungraded_lines(snapshot_id: int) -> list[EvaluationLine]:
    """Lines of providers that have neither a grade in force nor one that waits."""
    live = select(EvaluationGrade.line_id).where(EvaluationGrade.state != ProposalState.REFUSED)
    found = (
        select(EvaluationLine)
        .where(
            EvaluationLine.snapshot_id == snapshot_id,
            EvaluationLine.organisation_id.is_not(None),
            EvaluationLine.id.not_in(live),
        )
        .options(joinedload(EvaluationLine.snapshot))
    )
    return list(session().scalars(found.order_by(EvaluationLine.id)))


def without_grade(snapshot_id: int) -> list[EvaluationLine]:
    """Lines of providers that have no grade in force, also those that have one waiting."""
    in_force = select(EvaluationGrade.line_id).where(EvaluationGrade.state == ProposalState.APPROVED)
    found = select(EvaluationLine).where(
        EvaluationLine.snapshot_id == snapshot_id,
        EvaluationLine.organisation_id.is_not(None),
        EvaluationLine.id.not_in(in_force),
    )
    return list(session().scalars(found.options(joinedload(EvaluationLine.snapshot))))


def waiting_grades(snapshot_id: int) -> list[EvaluationGrade]:
    """Versions of a year that wait to be decided, locked and read afresh."""
    lines = select(EvaluationLine.id).where(EvaluationLine.snapshot_id == snapshot_id)
    found = select(EvaluationGrade).where(
        EvaluationGrade.line_id.in_(lines), EvaluationGrade.state == ProposalState.PROPOSED
    )
    locked = found.order_by(EvaluationGrade.id).with_for_update(of=EvaluationGrade)
    return list(session().scalars(locked.execution_options(populate_existing=True)))


def visible_awards(
    actor: Actor, *, year: int | None = None, organisation_id: int | None = None, state: AwardState | None = None
) -> Select[tuple[EvaluationAward]]:
    """Awards that were approved, for everybody, revoked ones with them; all for province and auditor."""
    seen = true() if actor.role in _READS_ALL else EvaluationAward.document_number.is_not(None)
    found = select(EvaluationAward).where(seen)
    for column, value in (
        (EvaluationAward.year, year),
        (EvaluationAward.organisation_id, organisation_id),
        (EvaluationAward.state, state),
    ):
        if value is not None:
            found = found.where(column == value)
    return found


def find_award(award_id: int, *, actor: Actor, lock: bool = False) -> EvaluationAward:
    """An award the actor may see, locked and read afresh if asked; raises :class:`AwardMissing`."""
    found = visible_awards(actor).where(EvaluationAward.id == award_id)
    if lock:
        found = found.with_for_update(of=EvaluationAward).execution_options(populate_existing=True)
    award = session().scalar(found)
    if award is None:
        raise AwardMissing
    return award


def awarded_fen(organisation_id: int, year: int, *, besides: int | None = None) -> int:
    """What awards of a unit for a year make that are proposed or approved, in fen; ``besides`` one of them."""
    found = select(func.coalesce(func.sum(EvaluationAward.amount_fen), 0)).where(
        EvaluationAward.organisation_id == organisation_id,
        EvaluationAward.year == year,
        EvaluationAward.state.in_(COUNTED),
    )
    if besides is not None:
        found = found.where(EvaluationAward.id != besides)
    return int(session().scalar(found) or 0)


def visible_rectifications(actor: Actor) -> Select[tuple[EvaluationRectification]]:
    """Those of the providers an actor reads about: itself, those of its city, all."""
    found = select(EvaluationRectification).join(
        Organisation, Organisation.id == EvaluationRectification.organisation_id
    )
    return found.where(visible_organisations(actor))


def find_rectification(rectification_id: int, *, actor: Actor, lock: bool = False) -> EvaluationRectification:
    """A rectification the actor may see, locked and read afresh if asked; raises :class:`RectificationMissing`."""
    found = visible_rectifications(actor).where(EvaluationRectification.id == rectification_id)
    if lock:
        found = found.with_for_update(of=EvaluationRectification).execution_options(populate_existing=True)
    rectification = session().scalar(found)
    if rectification is None:
        raise RectificationMissing
    return rectification


def rectification_of(grade_id: int) -> EvaluationRectification | None:
    """What follows from a grade, if anything was demanded."""
    return session().scalar(select(EvaluationRectification).where(EvaluationRectification.grade_id == grade_id))


def _sees_grades(actor: Actor) -> ColumnElement[bool]:
    if may_read_evaluations(actor) and actor.role in _READS_ALL:
        return true()
    published = EvaluationLine.snapshot_id.in_(select(EvaluationPublication.snapshot_id))
    return and_(published, EvaluationGrade.state == ProposalState.APPROVED)

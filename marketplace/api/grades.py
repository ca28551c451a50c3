"""Grades, awards and rectifications after the yearly evaluation over HTTP (S24-S26)."""

from __future__ import annotations

from typing import Any

from accounts.permissions import anyone
from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from marketplace.api.snapshots import lines, snapshots
from marketplace.models import EvaluationAward, EvaluationGrade, EvaluationRectification
from marketplace.permissions import (
    may_award,
    may_demand_rectification,
    may_grade,
    may_read_evaluations,
    may_report_rectification,
)
from marketplace.queries.grades import (
    AwardMissing,
    GradeMissing,
    RectificationMissing,
    find_award,
    find_grade,
    find_rectification,
    visible_awards,
    visible_grades,
    visible_rectifications,
)
from marketplace.queries.snapshots import EvaluationLineMissing, EvaluationSnapshotMissing
from marketplace.schemas.grades import (
    AwardDecisionSchema,
    AwardQuerySchema,
    AwardRevocationSchema,
    AwardSchema,
    GradeDecisionSchema,
    GradeOpinionSchema,
    GradeQuerySchema,
    GradeSchema,
    GradesSchema,
    NewAwardSchema,
    NewGradeSchema,
    NewRectificationSchema,
    RectificationCheckSchema,
    RectificationReportSchema,
    RectificationSchema,
)
from marketplace.service import awards as award_service
from marketplace.service import grades as grade_service
from marketplace.service import rectifications as rectification_service
from marketplace.service.awards import AwardOwn, AwardRefused
from marketplace.service.grades import GradeOpen, GradeOwn, GradeRefused
from marketplace.service.rectifications import RectificationDemanded, RectificationLate, RectificationRefused

grades = Blueprint(
    "evaluation-grades", __name__, url_prefix="/evaluation-grades", description="Grades of providers' years (S24)."
)
awards = Blueprint(
    "evaluation-awards", __name__, url_prefix="/evaluation-awards", description="Awards for grades (S24-S26)."
)
rectifications = Blueprint(
    "evaluation-rectifications",
    __name__,
    url_prefix="/evaluation-rectifications",
    description="What providers put right after an insufficient grade (S24).",
)


@lines.route("/<int:line_id>/grades", methods=["POST"])
@allow(may_grade)
@problems(EvaluationLineMissing, GradeRefused, GradeOpen)
@idempotent
@lines.arguments(NewGradeSchema)
@lines.response(201, GradeSchema)
def propose_grade(given: dict[str, Any], line_id: int) -> EvaluationGrade:
    """Propose a provider's grade

    After the term of comments; with a reason where it is not what the points propose. Another officer decides.
    """
    return grade_service.propose_grade(line_id=line_id, **given, actor=current_actor(), now=clock.now())


@snapshots.route("/<int:snapshot_id>/grade-proposals", methods=["POST"])
@allow(may_grade)
@problems(EvaluationSnapshotMissing, GradeRefused)
@idempotent
@snapshots.response(201, GradesSchema)
def propose_all(snapshot_id: int) -> dict[str, Any]:
    """Propose every grade by its points

    For each provider that has none; who has too little data is left out.
    """
    made = grade_service.propose_all(snapshot_id=snapshot_id, actor=current_actor(), now=clock.now())
    return {"count": len(made), "items": made}


@snapshots.route("/<int:snapshot_id>/grade-approvals", methods=["POST"])
@allow(may_grade)
@problems(EvaluationSnapshotMissing)
@idempotent
@snapshots.arguments(GradeOpinionSchema)
@snapshots.response(201, GradesSchema)
def approve_all(given: dict[str, Any], snapshot_id: int) -> dict[str, Any]:
    """Approve every grade that is what the points propose

    Those that another officer proposed; the others are decided one by one.
    """
    done = grade_service.approve_all(snapshot_id=snapshot_id, **given, actor=current_actor(), now=clock.now())
    return {"count": len(done), "items": done}


@grades.route("", methods=["GET"])
@allow(anyone)
@grades.arguments(GradeQuerySchema, location="query")
@grades.response(200, page_schema(GradeSchema))
def list_grades(wanted: dict[str, Any]) -> dict[str, Any]:
    """Grades of providers

    Every approved version of a published year, for everybody; all of them for province and auditor.
    """
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    return page_of(visible_grades(current_actor(), **wanted), cursor=cursor, limit=limit, key=EvaluationGrade.id)


@grades.route("/<int:grade_id>", methods=["GET"])
@allow(anyone)
@problems(GradeMissing)
@grades.response(200, GradeSchema)
def show_grade(grade_id: int) -> EvaluationGrade:
    """A version of a grade

    With what it rests on.
    """
    return find_grade(grade_id, actor=current_actor())


@grades.route("/<int:grade_id>/decision", methods=["POST"])
@allow(may_grade)
@problems(GradeMissing, GradeOwn, StateForbids)
@idempotent
@grades.arguments(GradeDecisionSchema)
@grades.response(201, GradeSchema)
def decide_grade(given: dict[str, Any], grade_id: int) -> EvaluationGrade:
    """Approve or refuse a grade

    By another officer than proposed it.
    """
    return grade_service.decide_grade(grade_id=grade_id, **given, actor=current_actor(), now=clock.now())


@grades.route("/<int:grade_id>/awards", methods=["POST"])
@allow(may_award)
@problems(GradeMissing, EvaluationLineMissing, AwardRefused)
@idempotent
@grades.arguments(NewAwardSchema)
@grades.response(201, AwardSchema)
def propose_award(given: dict[str, Any], grade_id: int) -> EvaluationAward:
    """Propose an award

    For a published grade that the policy awards; all awards of a unit for a year stay within the policy's limit.
    """
    return award_service.propose_award(grade_id=grade_id, **given, actor=current_actor(), now=clock.now())


@grades.route("/<int:grade_id>/rectification", methods=["POST"])
@allow(may_demand_rectification)
@problems(GradeMissing, EvaluationLineMissing, RectificationRefused, RectificationDemanded)
@idempotent
@grades.arguments(NewRectificationSchema)
@grades.response(201, RectificationSchema)
def demand_rectification(given: dict[str, Any], grade_id: int) -> EvaluationRectification:
    """Demand that a provider puts things right

    After the published lowest grade; once.
    """
    return rectification_service.demand_rectification(
        grade_id=grade_id, **given, actor=current_actor(), now=clock.now()
    )


@awards.route("", methods=["GET"])
@allow(anyone)
@awards.arguments(AwardQuerySchema, location="query")
@awards.response(200, page_schema(AwardSchema))
def list_awards(wanted: dict[str, Any]) -> dict[str, Any]:
    """Awards

    Those that were approved, for everybody; all of them for province and auditor.
    """
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    return page_of(visible_awards(current_actor(), **wanted), cursor=cursor, limit=limit, key=EvaluationAward.id)


@awards.route("/<int:award_id>", methods=["GET"])
@allow(anyone)
@problems(AwardMissing)
@awards.response(200, AwardSchema)
def show_award(award_id: int) -> EvaluationAward:
    """An award

    With what it rests on.
    """
    return find_award(award_id, actor=current_actor())


@awards.route("/<int:award_id>/decision", methods=["POST"])
@allow(may_award)
@problems(AwardMissing, AwardOwn, AwardRefused, StateForbids)
@idempotent
@awards.arguments(AwardDecisionSchema)
@awards.response(201, AwardSchema)
def decide_award(given: dict[str, Any], award_id: int) -> EvaluationAward:
    """Approve or refuse an award

    By another officer than proposed it, with number and day of the document. It is paid outside of this service.
    """
    return award_service.decide_award(award_id=award_id, **given, actor=current_actor(), now=clock.now())


@awards.route("/<int:award_id>/revocation", methods=["POST"])
@allow(may_award)
@problems(AwardMissing, StateForbids)
@idempotent
@awards.arguments(AwardRevocationSchema)
@awards.response(201, AwardSchema)
def revoke_award(given: dict[str, Any], award_id: int) -> EvaluationAward:
    """Revoke an award

    With a reason. Its sum no longer counts against the limit.
    """
    return award_service.revoke_award(award_id=award_id, **given, actor=current_actor(), now=clock.now())


@rectifications.route("", methods=["GET"])
@allow(may_read_evaluations)
@rectifications.arguments(CursorSchema, location="query")
@rectifications.response(200, page_schema(RectificationSchema))
def list_rectifications(wanted: dict[str, Any]) -> dict[str, Any]:
    """What providers have to put right

    A provider its own, a city's offices those of its providers, province and auditor all.
    """
    found = visible_rectifications(current_actor())
    return page_of(found, cursor=wanted.get("cursor"), limit=wanted["limit"], key=EvaluationRectification.id)


@rectifications.route("/<int:rectification_id>", methods=["GET"])
@allow(may_read_evaluations)
@problems(RectificationMissing)
@rectifications.response(200, RectificationSchema)
def show_rectification(rectification_id: int) -> EvaluationRectification:
    """What a provider has to put right

    With its report and what the check found.
    """
    return find_rectification(rectification_id, actor=current_actor())


@rectifications.route("/<int:rectification_id>/report", methods=["POST"])
@allow(may_report_rectification)
@problems(RectificationMissing, RectificationLate, StateForbids)
@idempotent
@rectifications.arguments(RectificationReportSchema)
@rectifications.response(201, RectificationSchema)
def report_rectification(given: dict[str, Any], rectification_id: int) -> EvaluationRectification:
    """Report what was put right

    By the provider, until the last day of its term.
    """
    return rectification_service.report_rectification(
        rectification_id=rectification_id, **given, actor=current_actor(), now=clock.now()
    )


@rectifications.route("/<int:rectification_id>/check", methods=["POST"])
@allow(may_demand_rectification)
@problems(RectificationMissing, RectificationRefused, StateForbids)
@idempotent
@rectifications.arguments(RectificationCheckSchema)
@rectifications.response(201, RectificationSchema)
def check_rectification(given: dict[str, Any], rectification_id: int) -> EvaluationRectification:
    """Say what the check found

    Put right, to be reported again within the term, or not put right; without a report only when the term is over.
    """
    return rectification_service.check_rectification(
        rectification_id=rectification_id, **given, actor=current_actor(), now=clock.now()
    )

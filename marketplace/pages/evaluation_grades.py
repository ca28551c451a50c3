"""Grades, awards and rectifications as pages: for the province, the evaluated, and everybody once it is public
(S24-S26)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, url_for

from accounts.permissions import anyone
from accounts.states import ProposalState
from core.http import allow, current_actor
from core.pages import Column, EmptySchema, Form, NavEntry, Pages, Table, link_to, table_page
from core.pages.language import t, term
from core.pages.tables import choice
from core.permissions import Actor
from marketplace.models import EvaluationGrade, EvaluationLine
from marketplace.pages.evaluation_awards import button, case_page
from marketplace.pages.provider_cases import step
from marketplace.permissions import (
    may_award,
    may_demand_rectification,
    may_grade,
    may_read_evaluations,
)
from marketplace.queries.grades import (
    find_grade,
    rectification_of,
    visible_grades,
)
from marketplace.queries.snapshots import find_line, find_snapshot
from marketplace.reports.evaluation.scores import scheme_of_line, score_of
from marketplace.rules.grading import Grade
from marketplace.schemas.grades import (
    GradeDecisionSchema,
    GradeOpinionSchema,
    NewAwardSchema,
    NewGradeSchema,
    NewRectificationSchema,
)
from marketplace.service import awards as award_service
from marketplace.service import grades as grade_service
from marketplace.service import rectifications as rectification_service

grades = Pages(
    "evaluation_grade_pages",
    __name__,
    navigation=(NavEntry("evaluation_grades", "evaluation_grade_pages.index", "find", anyone, order=46),),
    links={
        "evaluation_grade": ("evaluation_grade_pages.one", "grade_id"),
    },
)

GRADES = Table(
    name="evaluation-grades",
    key=EvaluationGrade.id,
    default_sort="-number",
    empty="page.evaluation_grades.empty",
    filters=[choice("grade", EvaluationGrade.grade, Grade), choice("state", EvaluationGrade.state, ProposalState)],
    columns=[
        Column(
            "number", lambda row: row.id, sort=EvaluationGrade.id, link=lambda row: link_to("evaluation_grade", row.id)
        ),
        Column("year", lambda row: str(row.line.snapshot.year)),
        Column(
            "evaluated", lambda row: row.line.figures["name"], link=lambda row: link_to("evaluation_line", row.line_id)
        ),
        Column("version", lambda row: row.version, kind="number", sort=EvaluationGrade.version),
        Column("grade", lambda row: row.grade, kind="term", sort=EvaluationGrade.grade),
        Column("points", lambda row: row.points, kind="number", sort=EvaluationGrade.points),
        Column("state", lambda row: row.state, kind="state", sort=EvaluationGrade.state),
        Column("decided_at", lambda row: row.decided_at, kind="moment", sort=EvaluationGrade.decided_at),
    ],
)


@grades.get("/evaluation-grades")
@allow(anyone)
def index() -> Any:
    """Grades in sight: what is public, all for province and auditor."""
    actions = [{"label": t("page.evaluation_awards.title"), "href": url_for("evaluation_follow_up_pages.awards")}]
    return table_page(GRADES, visible_grades(current_actor()), title="page.evaluation_grades.title", actions=actions)


@grades.get("/evaluation-grades/<int:grade_id>")
@allow(anyone)
def one(grade_id: int) -> str:
    """A version of a grade with what it rests on."""
    actor = current_actor()
    grade = find_grade(grade_id, actor=actor)
    return case_page(
        "page.evaluation_grade",
        facts=list(_grade_facts(grade)),
        state=term(grade.state),
        reasons=grade.reasons,
        actions=list(_grade_actions(grade, actor=actor)),
        back=_line_page(grade),
    )


@grades.route("/evaluation-lines/<int:line_id>/grade", methods=["GET", "POST"])
@allow(may_grade)
def propose(line_id: int) -> Response:
    """Propose a provider's grade, the one its points propose at first."""
    line = find_line(line_id, actor=current_actor())
    score = score_of(line)
    initial = {} if score is None or score.proposal is None else {"grade": score.proposal}
    form = Form(NewGradeSchema, name="evaluation_grade_new", widgets={"grade": "radio"}, initial=initial)
    facts: list[tuple[str, object]] = [
        ("column.year", str(line.snapshot.year)),
        ("column.evaluated", line.figures["name"]),
    ]
    if score is not None:
        facts.append(("column.points", t("score.no_data") if score.points is None else str(score.points)))
        facts.append(("column.covered", str(score.covered)))
    return step(link_to("evaluation_line", line.id), form, grade_service.propose_grade, facts=facts, line_id=line.id)


@grades.route("/evaluation-years/<int:snapshot_id>/grade-proposals", methods=["GET", "POST"])
@allow(may_grade)
def propose_all(snapshot_id: int) -> Response:
    """Propose every grade by its points."""
    return _of_year(snapshot_id, Form(EmptySchema, name="evaluation_grades_all"), grade_service.propose_all)


@grades.route("/evaluation-years/<int:snapshot_id>/grade-approvals", methods=["GET", "POST"])
@allow(may_grade)
def approve_all(snapshot_id: int) -> Response:
    """Approve every waiting grade that is what the points propose."""
    return _of_year(snapshot_id, Form(GradeOpinionSchema, name="evaluation_grades_approval"), grade_service.approve_all)


@grades.route("/evaluation-grades/<int:grade_id>/decision", methods=["GET", "POST"])
@allow(may_grade)
def decide(grade_id: int) -> Response:
    """Approve or refuse a grade that another officer proposed."""
    grade = find_grade(grade_id, actor=current_actor())
    form = Form(GradeDecisionSchema, name="evaluation_grade_decision", widgets={"decision": "radio"})
    here = link_to("evaluation_grade", grade.id)
    return step(here, form, grade_service.decide_grade, facts=list(_grade_facts(grade)), grade_id=grade.id)


@grades.route("/evaluation-grades/<int:grade_id>/award", methods=["GET", "POST"])
@allow(may_award)
def propose_award(grade_id: int) -> Response:
    """Propose an award for a grade."""
    grade = find_grade(grade_id, actor=current_actor())
    form = Form(NewAwardSchema, name="evaluation_award_new")
    here = link_to("evaluation_grade", grade.id)
    return step(here, form, award_service.propose_award, facts=list(_grade_facts(grade)), grade_id=grade.id)


@grades.route("/evaluation-grades/<int:grade_id>/rectification", methods=["GET", "POST"])
@allow(may_demand_rectification)
def demand(grade_id: int) -> Response:
    """Demand that things are put right."""
    grade = find_grade(grade_id, actor=current_actor())
    form = Form(NewRectificationSchema, name="evaluation_rectification_new")
    here, act = link_to("evaluation_grade", grade.id), rectification_service.demand_rectification
    return step(here, form, act, facts=list(_grade_facts(grade)), grade_id=grade.id)


def _of_year(snapshot_id: int, form: Form, act: Any) -> Response:
    snapshot = find_snapshot(snapshot_id, actor=current_actor())
    facts = [("column.year", str(snapshot.year))]
    return step(link_to("evaluation_year", snapshot.id), form, act, facts=facts, snapshot_id=snapshot.id)


def _line_page(grade: EvaluationGrade) -> str:
    return link_to("evaluation_line", grade.line_id)


def _grade_facts(grade: EvaluationGrade) -> Iterator[tuple[str, object]]:
    yield "column.year", str(grade.line.snapshot.year)
    yield "column.evaluated", grade.line.figures["name"]
    yield "column.version", str(grade.version)
    yield "column.grade", term(grade.grade)
    yield "column.points", t("score.no_data") if grade.points is None else str(grade.points)
    yield "column.proposal", None if grade.proposal is None else term(grade.proposal)
    if grade.decided_at is None:
        yield "column.cause", grade.cause or None


def _grade_actions(grade: EvaluationGrade, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do about a grade."""
    if may_grade(actor) and grade.state is ProposalState.PROPOSED and actor.user_id != grade.proposed_by:
        yield button("evaluation_grade_decision", "evaluation_grade_pages.decide", grade_id=grade.id, primary=True)
    if grade.state is not ProposalState.APPROVED or grade.line.snapshot.publication is None:
        return
    scheme = scheme_of_line(grade.line)
    if may_award(actor) and scheme is not None and scheme.may_be_awarded(grade.grade):
        yield button("evaluation_award_new", "evaluation_grade_pages.propose_award", grade_id=grade.id)
    if grade.grade is Grade.UNQUALIFIED and may_read_evaluations(actor):
        yield from _follow_up(grade, actor=actor)


def _follow_up(grade: EvaluationGrade, *, actor: Actor) -> Iterator[dict[str, Any]]:
    known = rectification_of(grade.id)
    if known is None:
        if may_demand_rectification(actor):
            yield button("evaluation_rectification_new", "evaluation_grade_pages.demand", grade_id=grade.id)
    else:
        label, href = t("page.evaluation_rectification.title"), link_to("evaluation_rectification", known.id)
        yield {"label": label, "href": href}


def line_actions(line: EvaluationLine, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """What may be done about the grade of a provider's line."""
    if may_grade(actor) and scheme_of_line(line) is not None:
        yield button("evaluation_grade_new", "evaluation_grade_pages.propose", line_id=line.id)

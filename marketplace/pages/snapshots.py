"""Yearly evaluations as pages: frozen, commented on by the evaluated, answered, published (V20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, render_template, url_for
from sqlalchemy import Select, func

from accounts.permissions import anyone
from core import clock, policy
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, t
from core.permissions import Actor
from instruments.policy import city_names
from marketplace.models import EvaluationComment, EvaluationLine, EvaluationSnapshot
from marketplace.pages.evaluation_grades import line_actions
from marketplace.pages.evaluation_scores import cases_address, score_facts, score_rows
from marketplace.pages.evaluation_tables import figure_words, percent
from marketplace.permissions import (
    is_evaluated,
    may_comment_evaluations,
    may_freeze_evaluations,
    may_grade,
    may_read_evaluations,
)
from marketplace.queries.grades import grades_known
from marketplace.queries.snapshots import find_comment, find_line, find_snapshot, visible_lines, visible_snapshots
from marketplace.reports.evaluation.figures import Evaluated, Figure, Measure
from marketplace.reports.evaluation.frozen import changes_since, figures_in, middle_in, whose_line
from marketplace.reports.evaluation.scores import reads_about, score_of
from marketplace.rules.grading import Grade
from marketplace.rules.snapshots import may_still_comment, years_to_freeze
from marketplace.schemas.snapshots import EvaluationTextSchema, EvaluationYearSchema
from marketplace.service import snapshots as service

snapshots = Pages(
    "evaluation_year_pages",
    __name__,
    navigation=(NavEntry("evaluation_years", "evaluation_year_pages.index", "find", anyone, order=45),),
    links={
        "evaluation_year": ("evaluation_year_pages.one", "snapshot_id"),
        "evaluation_line": ("evaluation_year_pages.line", "line_id"),
    },
)

YEARS = Table(
    name="evaluation-years",
    key=EvaluationSnapshot.id,
    default_sort="-year",
    empty="page.evaluation_years.empty",
    columns=[
        Column(
            "year",
            lambda row: str(row.year),
            sort=EvaluationSnapshot.year,
            link=lambda row: link_to("evaluation_year", row.id),
        ),
        Column("taken_at", lambda row: row.taken_at, kind="moment", sort=EvaluationSnapshot.taken_at),
        Column("comment_by", lambda row: row.comment_by, kind="day", sort=EvaluationSnapshot.comment_by),
        Column("published_at", lambda row: row.publication and row.publication.published_at, kind="moment"),
    ],
)


def _of_kind(query: Select[Any], value: str) -> Select[Any]:
    return query.where(EvaluationLine.city.is_(None) if value == Evaluated.PROVIDERS else EvaluationLine.city != "")


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(_NAME.icontains(value, autoescape=True))


def _kinds() -> list[tuple[str, str]]:
    return [(each.value, t(f"page.evaluation_{each}.title")) for each in (Evaluated.PROVIDERS, Evaluated.CITIES)]


@dataclass(frozen=True, slots=True)
class GradedLine:
    """A line with its points and, as far as its reader may know it, its grade in force."""

    line: EvaluationLine
    points: Decimal | None
    grade: Grade | None


def _graded(lines: Sequence[EvaluationLine]) -> list[GradedLine]:
    """Lines of a page with their grades, in one query; before publication only the province and the auditor know."""
    known = grades_known(lines, actor=current_actor())
    scored = [(each, score_of(each)) for each in lines]
    return [GradedLine(line, None if score is None else score.points, known.get(line.id)) for line, score in scored]


_NAME = func.jsonb_extract_path_text(EvaluationLine.figures, "name")
LINES = Table(
    name="evaluation-lines",
    key=EvaluationLine.id,
    default_sort="number",
    empty="page.evaluation_year.empty",
    prepare=_graded,
    filters=[Filter("whose", _of_kind, options=_kinds), Filter("q", _named)],
    columns=[
        Column(
            "number",
            lambda row: row.line.id,
            sort=EvaluationLine.id,
            link=lambda row: link_to("evaluation_line", row.line.id),
        ),
        Column("evaluated", lambda row: row.line.figures["name"], sort=_NAME),
        Column("kind", lambda row: t(f"page.evaluation_{whose_line(row.line)}.title")),
        Column("grade", lambda row: row.grade, kind="term"),
        Column("points", lambda row: row.points, kind="number"),
        Column("figures", lambda row: " · ".join(_in_short(row.line))),
    ],
)


@snapshots.get("/evaluation-years")
@allow(anyone)
def index() -> Any:
    """Yearly evaluations: published ones, and all for those who read evaluations."""
    actor = current_actor()
    label, href = t("page.evaluation_freeze.title"), url_for("evaluation_year_pages.freeze")
    actions = [{"label": label, "href": href, "primary": True}] if may_freeze_evaluations(actor) else []
    return table_page(YEARS, visible_snapshots(actor), title="page.evaluation_years.title", actions=actions)


@snapshots.route("/evaluation-years/new", methods=["GET", "POST"])
@allow(may_freeze_evaluations)
def freeze() -> Response:
    """Freeze the evaluation of a year."""
    years = years_to_freeze(policy.current(), clock.today(clock.now()))

    def effect(given: dict[str, Any]) -> Done:
        made = service.freeze_evaluation(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("evaluation_year", made.id), "page.evaluation_freeze.done")

    form = Form(
        EvaluationYearSchema,
        name="evaluation_freeze",
        options={"year": [(str(year), str(year)) for year in years]},
        initial={"year": years[0]} if years else {},
    )
    return form_page(form, effect=effect, back=url_for("evaluation_year_pages.index"), confirms=True)


@snapshots.get("/evaluation-years/<int:snapshot_id>")
@allow(anyone)
def one(snapshot_id: int) -> Any:
    """A yearly evaluation with the lines in sight."""
    actor = current_actor()
    snapshot = find_snapshot(snapshot_id, actor=actor)
    may_grade_it = may_grade(actor) and snapshot.inputs.get("scheme") is not None
    may_publish = may_freeze_evaluations(actor) and snapshot.publication is None
    href = url_for("evaluation_year_pages.publish", snapshot_id=snapshot.id)
    actions = [{"label": t("page.evaluation_publication.title"), "href": href, "primary": True}] if may_publish else []
    if may_grade_it and snapshot.publication is None:
        for form, view in (("evaluation_grades_all", "propose_all"), ("evaluation_grades_approval", "approve_all")):
            href = url_for(f"evaluation_grade_pages.{view}", snapshot_id=snapshot.id)
            actions.append({"label": t(f"page.{form}.title"), "href": href})
    return table_page(
        LINES,
        visible_lines(actor, snapshot_id=snapshot.id),
        title="page.evaluation_year.title",
        template="marketplace/evaluation_year.html",
        snapshot=snapshot,
        actions=actions,
    )


@snapshots.route("/evaluation-years/<int:snapshot_id>/publication", methods=["GET", "POST"])
@allow(may_freeze_evaluations)
def publish(snapshot_id: int) -> Response:
    """Make it public with comments and answers."""
    snapshot = find_snapshot(snapshot_id, actor=current_actor())
    form = Form(EmptySchema, name="evaluation_publication")
    here = link_to("evaluation_year", snapshot.id)
    facts = [("column.year", str(snapshot.year)), ("column.comment_by", day(snapshot.comment_by))]
    return _step(here, form, service.publish_evaluation, facts=facts, snapshot_id=snapshot.id)


@snapshots.get("/evaluation-lines/<int:line_id>")
@allow(anyone)
def line(line_id: int) -> str:
    """The frozen figures of one, with comments, answers and what differs now."""
    actor = current_actor()
    found = find_line(line_id, actor=actor)
    reads = may_read_evaluations(actor)
    changes = changes_since(found) if reads else []
    reads_cases = reads and reads_about(found, actor=actor)
    score = score_of(found)
    names = city_names(clock.today(clock.now()))
    return render_template(
        "marketplace/evaluation_line.html",
        line=found,
        seat=names.get(found.figures["place"] or "", found.figures["place"]),
        rows=[
            {
                "name": t(measure.text_key),
                "definition": t(f"{measure.text_key}.definition"),
                "measure": measure,
                "figure": figure,
                "middle": middle_in(found.snapshot.inputs, measure),
                "few": 0 < figure.n < found.snapshot.inputs["small_sample"],
                "href": cases_address(found, measure.key) if reads_cases else None,
            }
            for measure, figure in figures_in(found)
        ],
        grade=grades_known([found], actor=actor).get(found.id),
        score_facts=[] if score is None else list(score_facts(found, score)),
        score_rows=[] if score is None else score_rows(found, score, reads=reads_cases),
        comparable=changes is not None,
        changes=[
            (t(each.measure.text_key), _words(each.measure, each.frozen), _words(each.measure, each.now))
            for each in changes or ()
        ],
        reads=reads,
        percent=percent,
        may_reply=may_freeze_evaluations(actor),
        actions=list(_actions(found, actor=actor, reads_cases=reads_cases and score is not None)),
    )


@snapshots.route("/evaluation-lines/<int:line_id>/comment", methods=["GET", "POST"])
@allow(may_comment_evaluations)
def comment(line_id: int) -> Response:
    """The evaluated comment on their figures."""
    found = find_line(line_id, actor=current_actor())
    form = Form(EvaluationTextSchema, name="evaluation_comment")
    facts = [("column.comment_by", day(found.snapshot.comment_by))]
    return _step(link_to("evaluation_line", found.id), form, service.comment_on, facts=facts, line_id=found.id)


@snapshots.route("/evaluation-comments/<int:comment_id>/reply", methods=["GET", "POST"])
@allow(may_freeze_evaluations)
def reply(comment_id: int) -> Response:
    """The province answers a comment."""
    found: EvaluationComment = find_comment(comment_id, actor=current_actor())
    form = Form(EvaluationTextSchema, name="evaluation_reply")
    facts = [("column.evaluated", found.line.figures["name"]), ("page.evaluation_line.comment", found.text)]
    return _step(link_to("evaluation_line", found.line_id), form, service.reply_to, facts=facts, comment_id=found.id)


def _actions(found: EvaluationLine, *, actor: Actor, reads_cases: bool) -> Iterator[dict[str, Any]]:
    """What this actor may do about a line today, and look into."""
    today = clock.today(clock.now())
    if is_evaluated(actor, found) and may_still_comment(found.snapshot.comment_by, today):
        href = url_for("evaluation_year_pages.comment", line_id=found.id)
        yield {"label": t("page.evaluation_comment.title"), "href": href, "primary": True}
    yield from line_actions(found, actor=actor)
    if reads_cases:
        href = url_for("evaluation_score_pages.instruments", line_id=found.id)
        yield {"label": t("page.evaluation_instruments.title"), "href": href}


def _step(here: str, form: Form, act: Callable[..., object], *, facts: Any, **known: Any) -> Response:
    """A form about a record, and back to it."""

    def effect(given: dict[str, Any]) -> Done:
        act(**known, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


def _in_short(row: EvaluationLine) -> Iterator[str]:
    """The figures of the table of everybody, in words."""
    for measure, figure in figures_in(row):
        if measure.listed and figure.n:
            yield f"{t(measure.text_key)} {figure_words(measure, figure)}"


def _words(measure: Measure, figure: Figure) -> str:
    return figure_words(measure, figure) or "0"

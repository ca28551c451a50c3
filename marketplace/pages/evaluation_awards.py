"""Awards after grades, and what has to be put right: pages for the province, the provider, and everybody (S24-S26)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for

from accounts.permissions import anyone
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.money import yuan_text
from core.pages import Column, Form, NavEntry, Pages, Table, link_to, table_page
from core.pages.language import day, t, term
from core.pages.tables import choice
from core.permissions import Actor
from marketplace.models import EvaluationAward, EvaluationRectification
from marketplace.pages.provider_cases import step
from marketplace.permissions import (
    may_award,
    may_demand_rectification,
    may_name,
    may_read_evaluations,
    may_report_rectification,
)
from marketplace.queries.grades import find_award, find_rectification, visible_awards, visible_rectifications
from marketplace.rules.rectification import may_still_report
from marketplace.schemas.grades import (
    AwardDecisionSchema,
    AwardRevocationSchema,
    RectificationCheckSchema,
    RectificationReportSchema,
)
from marketplace.service import awards as award_service
from marketplace.service import rectifications as rectification_service
from marketplace.states import AwardState, RectificationState

follow_up = Pages(
    "evaluation_follow_up_pages",
    __name__,
    navigation=(
        NavEntry(
            "rectifications", "evaluation_follow_up_pages.rectifications", "oversight", may_read_evaluations, order=13
        ),
    ),
    links={
        "evaluation_award": ("evaluation_follow_up_pages.award", "award_id"),
        "evaluation_rectification": ("evaluation_follow_up_pages.rectification", "rectification_id"),
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """An award or rectification with the name of its provider."""

    record: Any
    organisation: str


def _rows(found: Sequence[EvaluationAward | EvaluationRectification]) -> list[Row]:
    names = organisation_names(each.organisation_id for each in found)
    return [Row(each, names[each.organisation_id]) for each in found]


AWARDS = Table(
    name="evaluation-awards",
    key=EvaluationAward.id,
    default_sort="-number",
    empty="page.evaluation_awards.empty",
    prepare=_rows,
    filters=[choice("state", EvaluationAward.state, AwardState)],
    columns=[
        Column(
            "number",
            lambda row: row.record.id,
            sort=EvaluationAward.id,
            link=lambda row: link_to("evaluation_award", row.record.id),
        ),
        Column("year", lambda row: str(row.record.year), sort=EvaluationAward.year),
        Column("organisation", lambda row: row.organisation),
        Column("amount", lambda row: row.record.amount_fen, kind="money", sort=EvaluationAward.amount_fen),
        Column("document", lambda row: row.record.document_number),
        Column("document_on", lambda row: row.record.document_on, kind="day", sort=EvaluationAward.document_on),
        Column("state", lambda row: row.record.state, kind="state", sort=EvaluationAward.state),
    ],
)
RECTIFICATIONS = Table(
    name="evaluation-rectifications",
    key=EvaluationRectification.id,
    default_sort="-number",
    empty="page.evaluation_rectifications.empty",
    prepare=_rows,
    filters=[choice("state", EvaluationRectification.state, RectificationState)],
    columns=[
        Column(
            "number",
            lambda row: row.record.id,
            sort=EvaluationRectification.id,
            link=lambda row: link_to("evaluation_rectification", row.record.id),
        ),
        Column("organisation", lambda row: row.organisation),
        Column("due_on", lambda row: row.record.due_on, kind="day", sort=EvaluationRectification.due_on),
        Column("state", lambda row: row.record.state, kind="state", sort=EvaluationRectification.state),
        Column("checked_at", lambda row: row.record.checked_at, kind="moment", sort=EvaluationRectification.checked_at),
    ],
)


@follow_up.get("/evaluation-awards")
@allow(anyone)
def awards() -> Any:
    """Awards in sight: approved ones, all for province and auditor."""
    back = url_for("evaluation_grade_pages.index")
    return table_page(AWARDS, visible_awards(current_actor()), title="page.evaluation_awards.title", back=back)


@follow_up.get("/evaluation-awards/<int:award_id>")
@allow(anyone)
def award(award_id: int) -> str:
    """An award with what it rests on."""
    actor = current_actor()
    found = find_award(award_id, actor=actor)
    return case_page(
        "page.evaluation_award",
        facts=list(_award_facts(found)),
        state=term(found.state),
        reasons=found.reasons,
        actions=list(_award_actions(found, actor=actor)),
        back=url_for("evaluation_follow_up_pages.awards"),
    )


@follow_up.route("/evaluation-awards/<int:award_id>/decision", methods=["GET", "POST"])
@allow(may_award)
def decide_award(award_id: int) -> Response:
    """Approve or refuse an award, with its document."""
    found = find_award(award_id, actor=current_actor())
    form = Form(AwardDecisionSchema, name="evaluation_award_decision", widgets={"decision": "radio"})
    here = link_to("evaluation_award", found.id)
    return step(here, form, award_service.decide_award, facts=list(_award_facts(found)), award_id=found.id)


@follow_up.route("/evaluation-awards/<int:award_id>/revocation", methods=["GET", "POST"])
@allow(may_award)
def revoke_award(award_id: int) -> Response:
    """Take an award back."""
    found = find_award(award_id, actor=current_actor())
    form = Form(AwardRevocationSchema, name="evaluation_award_revocation")
    here = link_to("evaluation_award", found.id)
    return step(here, form, award_service.revoke_award, facts=list(_award_facts(found)), award_id=found.id)


@follow_up.get("/evaluation-rectifications")
@allow(may_read_evaluations)
def rectifications() -> Any:
    """What has to be put right, by whom and by when."""
    found = visible_rectifications(current_actor())
    return table_page(RECTIFICATIONS, found, title="page.evaluation_rectifications.title")


@follow_up.get("/evaluation-rectifications/<int:rectification_id>")
@allow(may_read_evaluations)
def rectification(rectification_id: int) -> str:
    """What one provider has to put right, with report and finding."""
    actor = current_actor()
    found = find_rectification(rectification_id, actor=actor)
    return case_page(
        "page.evaluation_rectification",
        facts=list(_rectification_facts(found)),
        state=term(found.state),
        reasons=found.reasons,
        actions=list(_rectification_actions(found, actor=actor)),
        back=url_for("evaluation_follow_up_pages.rectifications"),
    )


@follow_up.route("/evaluation-rectifications/<int:rectification_id>/report", methods=["GET", "POST"])
@allow(may_report_rectification)
def report(rectification_id: int) -> Response:
    """The provider reports what it did."""
    found = find_rectification(rectification_id, actor=current_actor())
    form = Form(RectificationReportSchema, name="evaluation_rectification_report")
    return _about(found, form, rectification_service.report_rectification)


@follow_up.route("/evaluation-rectifications/<int:rectification_id>/check", methods=["GET", "POST"])
@allow(may_demand_rectification)
def check(rectification_id: int) -> Response:
    """The province says what it found."""
    found = find_rectification(rectification_id, actor=current_actor())
    form = Form(RectificationCheckSchema, name="evaluation_rectification_check", widgets={"result": "radio"})
    return _about(found, form, rectification_service.check_rectification)


def _about(found: EvaluationRectification, form: Form, act: Any) -> Response:
    here, facts = link_to("evaluation_rectification", found.id), list(_rectification_facts(found))
    return step(here, form, act, facts=facts, rectification_id=found.id)


def case_page(title: str, **shown: Any) -> str:
    """One record: its facts, what may be done about it, and what its decision rests on."""
    return render_template("marketplace/evaluation_case.html", title=title, **shown)


def button(form: str, endpoint: str, *, primary: bool = False, **known: int) -> dict[str, Any]:
    """A button that leads to a form about a record."""
    values: dict[str, Any] = dict(known)
    return {"label": t(f"page.{form}.title"), "href": url_for(endpoint, **values), "primary": primary}


def _award_facts(found: EvaluationAward) -> Iterator[tuple[str, object]]:
    yield "column.year", str(found.year)
    yield "column.organisation", organisation_names([found.organisation_id])[found.organisation_id]
    yield "column.amount", yuan_text(found.amount_fen)
    yield "column.award_limit", yuan_text(found.limit_fen)
    if found.decided_at is None:
        yield "column.cause", found.cause


def _award_actions(found: EvaluationAward, *, actor: Actor) -> Iterator[dict[str, Any]]:
    if may_award(actor) and found.state is AwardState.PROPOSED and actor.user_id != found.proposed_by:
        yield button(
            "evaluation_award_decision", "evaluation_follow_up_pages.decide_award", award_id=found.id, primary=True
        )
    if may_award(actor) and found.state is AwardState.APPROVED:
        yield button("evaluation_award_revocation", "evaluation_follow_up_pages.revoke_award", award_id=found.id)


def _rectification_facts(found: EvaluationRectification) -> Iterator[tuple[str, object]]:
    yield "column.organisation", organisation_names([found.organisation_id])[found.organisation_id]
    yield "column.due_on", day(found.due_on)
    yield "column.demand", found.demand
    yield "column.report", found.report


def _rectification_actions(found: EvaluationRectification, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do; who failed may be named."""
    own = may_report_rectification(actor) and found.organisation_id == actor.organisation_id
    today = clock.today(clock.now())
    if own and found.state is RectificationState.DEMANDED and may_still_report(found.due_on, today):
        yield button(
            "evaluation_rectification_report",
            "evaluation_follow_up_pages.report",
            rectification_id=found.id,
            primary=True,
        )
    is_open = found.state in (RectificationState.DEMANDED, RectificationState.REPORTED)
    if may_demand_rectification(actor) and is_open:
        yield button(
            "evaluation_rectification_check",
            "evaluation_follow_up_pages.check",
            rectification_id=found.id,
            primary=True,
        )
    if may_name(actor) and found.state is RectificationState.FAILED:
        yield {"label": t("page.naming_new.title"), "href": url_for("naming_pages.new")}

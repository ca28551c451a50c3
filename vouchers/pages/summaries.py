"""Summaries: approved claims of a city on one sheet, stamped and sent up (V18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import Response, render_template, request, url_for
from werkzeug.datastructures import FileStorage

from accounts.policy import city_names
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.money import in_capitals
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t, yuan
from core.pages.tables import choice
from core.permissions import Actor
from vouchers.models import ReviewSummary
from vouchers.pages.claim_table import options_of
from vouchers.pages.explaining import percent
from vouchers.permissions import may_confirm, may_prepare_summaries, may_read_summaries, may_stamp
from vouchers.queries.summaries import (
    claims_to_summarise,
    find_document,
    find_stamped_copy,
    find_summary,
    line_counts,
    summary_lines,
    visible_summaries,
    waiting_in,
)
from vouchers.schemas.summaries import MAX_CLAIMS, NewSummarySchema, StampSchema
from vouchers.service import summaries as service
from vouchers.service.claims import Upload
from vouchers.states import SUMMARY, SummaryAction, SummaryState

summaries = Pages(
    "summary_pages",
    __name__,
    url_prefix="/review-summaries",
    navigation=(NavEntry("summaries", "summary_pages.index", "claims", may_read_summaries, order=30),),
    links={"summary": ("summary_pages.one", "summary_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A summary as the table shows it."""

    summary: ReviewSummary
    city: str
    claims: int


def _rows(found: Sequence[ReviewSummary]) -> list[Row]:
    counts = line_counts(each.id for each in found)
    names = city_names(clock.today(clock.now()))
    return [Row(each, names.get(each.city, each.city), counts.get(each.id, 0)) for each in found]


SUMMARIES = Table(
    name="summaries",
    key=ReviewSummary.id,
    default_sort="-summary",
    empty="page.summaries.empty",
    prepare=_rows,
    filters=[choice("state", ReviewSummary.state, SummaryState)],
    columns=[
        Column(
            "summary",
            lambda row: row.summary.id,
            sort=ReviewSummary.id,
            link=lambda row: link_to("summary", row.summary.id),
        ),
        Column("city", lambda row: row.city, sort=ReviewSummary.city),
        Column("claims", lambda row: row.claims, kind="number"),
        Column("summary_total", lambda row: row.summary.total_fen, kind="money", sort=ReviewSummary.total_fen),
        Column("state", lambda row: row.summary.state, kind="state", sort=ReviewSummary.state),
        Column("made_at", lambda row: row.summary.created_at, kind="moment", sort=ReviewSummary.created_at),
        Column("dispatched_at", lambda row: row.summary.dispatched_at, kind="moment", sort=ReviewSummary.dispatched_at),
    ],
)


@summaries.get("")
@allow(may_read_summaries)
def index() -> Any:
    """The summaries in sight, the latest first."""
    actor = current_actor()
    actions = [{"label": t("page.summary_new.title"), "href": url_for("summary_pages.new"), "primary": True}]
    return table_page(
        SUMMARIES,
        visible_summaries(actor),
        title="page.summaries.title",
        actions=actions if may_prepare_summaries(actor) else [],
    )


@summaries.route("/new", methods=["GET", "POST"])
@allow(may_prepare_summaries)
def new() -> Response:
    """Choose among the approved claims of one city."""
    actor = current_actor()
    waiting = claims_to_summarise(actor, limit=MAX_CLAIMS)
    cities = sorted({each.city for each in waiting})
    city = request.args.get("city") or (cities[0] if cities else actor.city)
    chosen = [each for each in waiting if each.city == city]

    def effect(given: dict[str, Any]) -> Done:
        made = service.make_summary(**given, actor=actor, now=clock.now())
        return Done(link_to("summary", made.id), "page.summary_new.done", {"total": yuan(made.total_fen)})

    form = Form(
        NewSummarySchema,
        name="summary_new",
        options={"claim_ids": options_of(chosen, sum_fen=lambda claim: claim.approved_fen)},
        initial={"claim_ids": [each.id for each in chosen]},
    )
    names = city_names(clock.today(clock.now()))
    return form_page(
        form,
        effect=effect,
        back=url_for("summary_pages.index"),
        template="vouchers/summary_new.html",
        count=len(chosen),
        total_fen=sum(each.approved_fen or 0 for each in chosen),
        city=names.get(city or ""),
        others=[(names[each], url_for("summary_pages.new", city=each)) for each in cities if each != city],
    )


@summaries.get("/<int:summary_id>")
@allow(may_read_summaries)
def one(summary_id: int) -> str:
    """One summary as it is printed and stamped."""
    actor = current_actor()
    summary = find_summary(summary_id, actor=actor)
    lines = summary_lines(summary_id)
    aid_fen = sum(each.aid_fen for each in lines)
    parties = {party for each in lines for party in (each.claim.beneficiary_id, each.claim.provider_id)}
    return render_template(
        "vouchers/summary.html",
        summary=summary,
        lines=lines,
        names=organisation_names(parties),
        city=city_names(clock.today(clock.now())).get(summary.city, summary.city),
        capitals=in_capitals(summary.total_fen),
        aid_fen=aid_fen,
        aid_capitals=in_capitals(aid_fen),
        percent=percent,
        actions=_actions(summary, actor),
    )


@summaries.route("/<int:summary_id>/stamp", methods=["GET", "POST"])
@allow(may_stamp)
def stamp(summary_id: int) -> Response:
    """Hand in the stamped copy."""
    summary = find_summary(summary_id, actor=current_actor())

    def effect(given: dict[str, Any]) -> Done:
        file: FileStorage = given.pop("file")
        upload = Upload(cast(BinaryIO, file.stream), file.filename or "")
        service.stamp(summary_id=summary_id, upload=upload, **given, actor=current_actor(), now=clock.now())
        return Done(link_to("summary", summary_id), "page.summary_stamp.done")

    form = Form(StampSchema, name="summary_stamp", required=["number", "total_fen"])
    return form_page(form, effect=effect, back=link_to("summary", summary_id), facts=_facts(summary))


@summaries.route("/<int:summary_id>/dispatch", methods=["GET", "POST"])
@allow(may_stamp)
def dispatch(summary_id: int) -> Response:
    """Send it up to the province."""
    summary = find_summary(summary_id, actor=current_actor())

    def effect(_given: dict[str, Any]) -> Done:
        service.dispatch(summary_id=summary_id, actor=current_actor(), now=clock.now())
        return Done(link_to("summary", summary_id), "page.summary_dispatch.done")

    form = Form(EmptySchema, name="summary_dispatch")
    return form_page(form, effect=effect, back=link_to("summary", summary_id), confirms=True, facts=_facts(summary))


@summaries.get("/<int:summary_id>/stamped-copy")
@allow(may_read_summaries)
def stamped_copy(summary_id: int) -> Response:
    """The stamped copy, as an attachment."""
    return attachment(find_stamped_copy(summary_id, actor=current_actor()))


@summaries.get("/<int:summary_id>/document")
@allow(may_read_summaries)
def document(summary_id: int) -> Response:
    """The PDF, as an attachment."""
    return attachment(find_document(summary_id, actor=current_actor()))


def _actions(summary: ReviewSummary, actor: Actor) -> list[dict[str, Any]]:
    if may_confirm(actor) and summary.state is SummaryState.DISPATCHED and waiting_in(summary.id):
        href = url_for("review_batch_pages.confirm", summary_id=summary.id)
        return [{"label": t("page.summary_confirmation.title"), "href": href, "primary": True}]
    if not may_stamp(actor):
        return []
    forms = {SummaryAction.STAMP: "stamp", SummaryAction.DISPATCH: "dispatch"}
    return [
        {
            "label": t(f"page.summary_{forms[action]}.title"),
            "href": url_for(f"summary_pages.{forms[action]}", summary_id=summary.id),
            "primary": True,
        }
        for action in map(SummaryAction, SUMMARY.actions(summary.state))
    ]


def _facts(summary: ReviewSummary) -> list[tuple[str, object]]:
    return [("column.summary", summary.known_as), ("column.summary_total", yuan(summary.total_fen))]

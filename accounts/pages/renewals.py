"""Yearly renewal of figures: the list, one with its evidence, handing in and reviewing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from sqlalchemy import Select
from werkzeug.datastructures import FileStorage

from accounts.models import FiguresRenewal, Organisation
from accounts.pages.parts import events_of
from accounts.permissions import city_bureau, enterprise, may_read_standing, may_renew_figures, may_review_renewal
from accounts.queries.organisations import figures, find_organisation
from accounts.queries.renewals import RenewalMissing, find_renewal, visible_renewals
from accounts.rules.registration import last_completed_year
from accounts.schemas.changes import NewRenewalSchema, RenewalReviewSchema
from accounts.service import renewals as service
from accounts.states import RENEWAL_TRANSITIONS, RenewalAction, RenewalState
from core import audit, clock
from core.files import StoredFile
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t, yes_no, yuan
from core.pages.tables import choice
from core.permissions import Actor, authorise

renewals = Pages(
    "renewal_pages",
    __name__,
    navigation=(NavEntry("renewals", "renewal_pages.index", "members", may_read_standing, order=15),),
    links={"renewal": ("renewal_pages.one", "renewal_id")},
)

_OPEN = frozenset({RenewalState.OPEN, RenewalState.OVERDUE, RenewalState.RETURNED})


@dataclass(frozen=True, slots=True)
class Row:
    """A renewal as the table shows it; how many days are left, where it still must be handed in."""

    renewal: FiguresRenewal
    days_left: int | None


def _rows(found: Sequence[FiguresRenewal]) -> list[Row]:
    return [Row(each, days_left(each)) for each in found]


def days_left(renewal: FiguresRenewal) -> int | None:
    """Days until it is due, less than none once it is overdue; None where it is handed in."""
    return (renewal.due_on - clock.today(clock.now())).days if renewal.state in _OPEN else None


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.name.icontains(value, autoescape=True))


RENEWALS = Table(
    name="renewals",
    key=FiguresRenewal.id,
    default_sort="due_on",
    empty="page.renewals.empty",
    prepare=_rows,
    filters=[choice("state", FiguresRenewal.state, RenewalState), Filter("q", _named)],
    columns=[
        Column(
            "number",
            lambda row: row.renewal.id,
            sort=FiguresRenewal.id,
            link=lambda row: link_to("renewal", row.renewal.id),
        ),
        Column("organisation", lambda row: row.renewal.organisation.name, sort=Organisation.name),
        Column("year", lambda row: row.renewal.year, sort=FiguresRenewal.year),
        Column("state", lambda row: row.renewal.state, kind="state", sort=FiguresRenewal.state),
        Column("due_on", lambda row: row.renewal.due_on, kind="day", sort=FiguresRenewal.due_on),
        Column("days_left", lambda row: row.days_left, kind="number"),
        Column("handed_in_at", lambda row: row.renewal.handed_in_at, kind="moment", sort=FiguresRenewal.handed_in_at),
    ],
)


@renewals.get("/figures-renewals")
@allow(may_read_standing)
def index() -> Any:
    """The renewals in sight: renewed, waiting, overdue."""
    return table_page(RENEWALS, visible_renewals(current_actor()), title="page.renewals.title")


@renewals.get("/figures-renewals/<int:renewal_id>")
@allow(may_read_standing)
def one(renewal_id: int) -> str:
    """One renewal with what was stated and what came of it."""
    actor = current_actor()
    renewal = find_renewal(renewal_id, actor=actor)
    return render_template(
        "accounts/record_page.html",
        title=t("page.renewal.title", year=renewal.year),
        index=("page.renewals.title", url_for("renewal_pages.index")),
        state=renewal.state,
        lead=f"page.renewal.next.{renewal.state.value}",
        owner=renewal.organisation,
        facts=_facts(renewal),
        evidence=_evidence(renewal),
        reasons=renewal.reasons,
        events=events_of(audit.history("figures_renewal", renewal.id), "figures_renewal"),
        actions=_actions(renewal, actor),
    )


@renewals.get("/figures-renewals/<int:renewal_id>/evidence")
@allow(may_read_standing)
def evidence(renewal_id: int) -> Response:
    """The document that shows the figures, as an attachment."""
    found = find_renewal(renewal_id, actor=current_actor()).file
    if found is None:
        raise RenewalMissing
    return attachment(found)


@renewals.route("/organisations/<int:organisation_id>/renewal", methods=["GET", "POST"])
@allow(enterprise)
def renew(organisation_id: int) -> Response:
    """Hand in the figures of the last completed year, or those of one returned."""
    organisation = find_organisation(organisation_id, actor=current_actor())
    authorise(current_actor(), may_renew_figures, organisation)
    year = last_completed_year(clock.today(clock.now()))
    known = figures(organisation.id, year)
    stated = (
        {} if known is None else {name: getattr(known, name) for name in ("staff", "revenue_fen", "orderly_finances")}
    )
    form = Form(
        NewRenewalSchema,
        name="renewal_new",
        initial={"year": year, **stated},
        fixed={"organisation_id": organisation.id},
    )

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given.pop("file")
        made = service.renew_figures(
            **given,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("renewal", made.id), "page.renewal_new.done")

    back = url_for("renewal_pages.index")
    return form_page(form, effect=effect, back=back, facts=[("column.organisation", organisation.name)])


@renewals.route("/figures-renewals/<int:renewal_id>/review", methods=["GET", "POST"])
@allow(city_bureau)
def review(renewal_id: int) -> Response:
    """Confirm the figures, or return them and say why."""
    renewal = find_renewal(renewal_id, actor=current_actor())
    authorise(current_actor(), may_review_renewal, renewal.organisation)
    here = link_to("renewal", renewal.id)

    def effect(given: dict[str, Any]) -> Done:
        service.review_renewal(renewal_id=renewal_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.renewal_review.done")

    form = Form(RenewalReviewSchema, name="renewal_review", widgets={"decision": "radio"})
    shown = [("column.organisation", renewal.organisation.name), *_facts(renewal)]
    return form_page(form, effect=effect, back=here, confirms=True, facts=shown, evidence=_evidence(renewal))


def _evidence(renewal: FiguresRenewal) -> tuple[StoredFile, str] | None:
    """The document that shows the figures and where it is handed over; none before it was handed in."""
    if renewal.file is None:
        return None
    return renewal.file, url_for("renewal_pages.evidence", renewal_id=renewal.id)


def _facts(renewal: FiguresRenewal) -> list[tuple[str, object]]:
    found = figures(renewal.organisation_id, renewal.year)
    shown: list[tuple[str, object]] = [
        ("column.year", str(renewal.year)),
        ("column.due_on", renewal.due_on.isoformat()),
        ("column.days_left", days_left(renewal)),
    ]
    if found is not None:
        shown += [
            ("column.staff", str(found.staff)),
            ("column.revenue", yuan(found.revenue_fen)),
            ("column.orderly_finances", yes_no(found.orderly_finances)),
        ]
    return [*shown, ("fact.opinion", renewal.opinion)] if renewal.opinion else shown


def _actions(renewal: FiguresRenewal, actor: Actor) -> list[dict[str, Any]]:
    allowed = RENEWAL_TRANSITIONS.actions(renewal.state)
    found = []
    if RenewalAction.HAND_IN in allowed and may_renew_figures(actor, renewal.organisation):
        found.append(
            ("page.renewal_new.title", url_for("renewal_pages.renew", organisation_id=renewal.organisation_id))
        )
    if RenewalAction.CONFIRM in allowed and may_review_renewal(actor, renewal.organisation):
        found.append(("page.renewal_review.title", url_for("renewal_pages.review", renewal_id=renewal.id)))
    return [{"label": t(label), "href": href, "primary": True} for label, href in found]

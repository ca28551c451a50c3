"""Organisations: the list, one with what is on record about it, and entering authorities and incubators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for
from sqlalchemy import Select

from accounts.kinds import MEMBER_KINDS, OrganisationKind
from accounts.models import Organisation
from accounts.pages.organisation_parts import actions_of, record_of
from accounts.pages.parts import cities, counties, facts_of, place_of
from accounts.permissions import admin, incubator, may_create_organisation, official_reader, signed_in
from accounts.queries.organisations import find_organisation, listed_organisations
from accounts.schemas.organisations import NewOrganisationSchema
from accounts.service import organisations as service
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.tables import choice

organisations = Pages(
    "organisation_pages",
    __name__,
    url_prefix="/organisations",
    navigation=(
        NavEntry("organisations", "organisation_pages.index", "members", official_reader | incubator | admin, order=30),
    ),
    links={"organisation": ("organisation_pages.one", "organisation_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """An organisation as the table shows it."""

    organisation: Organisation
    place: str | None


def _rows(found: Sequence[Organisation]) -> list[Row]:
    return [Row(each, place_of(each)) for each in found]


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.name.icontains(value, autoescape=True))


ORGANISATIONS = Table(
    name="organisations",
    key=Organisation.id,
    default_sort="organisation",
    empty="page.organisations.empty",
    prepare=_rows,
    filters=[choice("kind", Organisation.kind, OrganisationKind), Filter("q", _named)],
    columns=[
        Column(
            "organisation",
            lambda row: row.organisation.name,
            sort=Organisation.name,
            link=lambda row: link_to("organisation", row.organisation.id),
        ),
        Column("kind", lambda row: row.organisation.kind, kind="term", sort=Organisation.kind),
        Column("uscc", lambda row: row.organisation.uscc, sort=Organisation.uscc),
        Column("place", lambda row: row.place, sort=Organisation.county),
        Column("created_at", lambda row: row.organisation.created_at, kind="moment", sort=Organisation.created_at),
    ],
)


@organisations.get("")
@allow(signed_in)
def index() -> Any:
    """The organisations in sight."""
    actor = current_actor()
    return table_page(
        ORGANISATIONS,
        listed_organisations(actor),
        title="page.organisations.title",
        template="accounts/organisations.html",
        may_create=may_create_organisation(actor),
    )


@organisations.get("/<int:organisation_id>")
@allow(signed_in)
def one(organisation_id: int) -> str:
    """One organisation with everything on record about it that its reader may know."""
    actor = current_actor()
    organisation = find_organisation(organisation_id, actor=actor)
    return render_template(
        "accounts/organisation.html",
        organisation=organisation,
        facts=facts_of(organisation),
        record=record_of(organisation, actor=actor),
        actions=actions_of(organisation, actor=actor),
    )


@organisations.route("/new", methods=["GET", "POST"])
@allow(may_create_organisation)
def create() -> Response:
    """Enter an authority or an incubator; the province enters incubators only."""
    kinds = [kind for kind in OrganisationKind if kind not in MEMBER_KINDS]
    if not admin(current_actor()):
        kinds = [OrganisationKind.INCUBATOR]
    form = Form(
        NewOrganisationSchema,
        name="organisation_new",
        options={
            "kind": [(kind.value, term(kind)) for kind in kinds],
            "county": counties(),
            "city": cities(),
        },
    )

    def effect(given: dict[str, Any]) -> Done:
        made = service.create_organisation(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("organisation", made.id), "page.organisation_new.done")

    return form_page(form, effect=effect, back=_index())


def _index() -> str:
    return url_for("organisation_pages.index")

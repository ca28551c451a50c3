"""Registrations: the queue, one with its documents, and the review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from sqlalchemy import Select, case, func
from werkzeug.datastructures import FileStorage

from accounts.models import Membership, Organisation
from accounts.pages.membership_parts import actions_of, checklist_of, said_with, shown_value, stated_facts
from accounts.pages.membership_review import decided, review_form
from accounts.pages.parts import events_of, facts_of, place_of
from accounts.permissions import (
    authority,
    enterprise,
    incubator,
    may_read_memberships,
    may_review_membership,
    may_submit_membership,
    may_suspend_membership,
    official_reader,
    provider,
)
from accounts.queries.applications import dossier
from accounts.queries.memberships import find_document, find_membership, visible_memberships
from accounts.schemas.memberships import (
    MembershipOpinionSchema,
    MembershipSuspensionSchema,
    NewMembershipDocumentSchema,
)
from accounts.service import memberships as service
from accounts.service import suspensions
from accounts.states import MembershipState
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.tables import choice
from core.permissions import Permission, authorise

memberships = Pages(
    "membership_pages",
    __name__,
    url_prefix="/memberships",
    navigation=(NavEntry("memberships", "membership_pages.index", "members", may_read_memberships, order=10),),
    links={"membership": ("membership_pages.one", "membership_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A registration as the table shows it; how many days it has waited, where it waits."""

    membership: Membership
    place: str | None
    waiting_days: int | None


def _rows(found: Sequence[Membership]) -> list[Row]:
    today = clock.today(clock.now())
    return [Row(each, place_of(each.organisation), _waiting(each, today)) for each in found]


def _waiting(membership: Membership, today: date) -> int | None:
    if membership.state is not MembershipState.SUBMITTED:
        return None
    return (today - clock.today(membership.submitted_at)).days


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.name.icontains(value, autoescape=True))


_WAITING = case((Membership.state == MembershipState.SUBMITTED, -func.extract("epoch", Membership.submitted_at)))
"""The longer one waits the greater; none where nothing waits."""

MEMBERSHIPS = Table(
    name="memberships",
    key=Membership.id,
    default_sort="-waiting_days",
    empty="page.memberships.empty",
    prepare=_rows,
    filters=[choice("state", Membership.state, MembershipState), Filter("q", _named)],
    columns=[
        Column(
            "number",
            lambda row: row.membership.id,
            sort=Membership.id,
            link=lambda row: link_to("membership", row.membership.id),
        ),
        Column("organisation", lambda row: row.membership.organisation.name, sort=Organisation.name),
        Column("kind", lambda row: row.membership.kind, kind="term", sort=Membership.kind),
        Column("place", lambda row: row.place),
        Column("state", lambda row: row.membership.state, kind="state", sort=Membership.state),
        Column("submitted_at", lambda row: row.membership.submitted_at, kind="moment", sort=Membership.submitted_at),
        Column("waiting_days", lambda row: row.waiting_days, sort=_WAITING, kind="number"),
    ],
)


@memberships.get("")
@allow(may_read_memberships)
def index() -> Any:
    """The registrations in sight, those that wait longest first."""
    return table_page(MEMBERSHIPS, visible_memberships(current_actor()), title="page.memberships.title")


@memberships.get("/<int:membership_id>")
@allow(may_read_memberships)
def one(membership_id: int) -> str:
    """One registration: what was stated, what was handed in, what came of it."""
    actor = current_actor()
    found = dossier(membership_id, actor=actor, on=clock.today(clock.now()))
    return render_template(
        "accounts/membership.html",
        dossier=found,
        membership=found.membership,
        facts=facts_of(found.organisation) + stated_facts(found),
        checklist=checklist_of(found),
        as_text=shown_value,
        notes=found.notes if official_reader(actor) else [],
        events=events_of(list(found.history), "membership", note=said_with),
        actions=actions_of(found, actor=actor),
    )


@memberships.route("/<int:membership_id>/review", methods=["GET", "POST"])
@allow(authority)
def review(membership_id: int) -> Response:
    """Approve or return, the documents and remarks beside the form."""
    actor = current_actor()
    found = dossier(membership_id, actor=actor, on=clock.today(clock.now()))
    form, rows = review_form(found)

    def act(given: dict[str, Any]) -> object:
        return service.review(membership_id=membership_id, **decided(given), actor=current_actor(), now=clock.now())

    return _step(
        membership_id,
        form,
        act,
        permission=may_review_membership,
        confirms=True,
        template="accounts/membership_review.html",
        rows=rows,
        as_text=shown_value,
        checklist=checklist_of(found),
        dossier=found,
        membership=found.membership,
        stated=facts_of(found.organisation) + stated_facts(found),
    )


@memberships.route("/<int:membership_id>/suspension", methods=["GET", "POST"])
@allow(authority)
def suspend(membership_id: int) -> Response:
    """Suspend a member."""
    return _step(
        membership_id,
        Form(MembershipSuspensionSchema, name="membership_suspension", ends=True),
        lambda given: suspensions.suspend(membership_id=membership_id, **given, actor=current_actor(), now=clock.now()),
        permission=may_suspend_membership,
        confirms=True,
    )


@memberships.route("/<int:membership_id>/resumption", methods=["GET", "POST"])
@allow(authority)
def resume(membership_id: int) -> Response:
    """End a suspension."""
    return _step(
        membership_id,
        Form(MembershipOpinionSchema, name="membership_resumption"),
        lambda given: suspensions.resume(membership_id=membership_id, **given, actor=current_actor(), now=clock.now()),
        permission=may_suspend_membership,
    )


@memberships.route("/<int:membership_id>/documents", methods=["GET", "POST"])
@allow(enterprise | provider | incubator)
def add_document(membership_id: int) -> Response:
    """Hand in a document."""

    def act(given: dict[str, Any]) -> object:
        upload: FileStorage = given["file"]
        return service.add_document(
            membership_id=membership_id,
            kind=given["kind"],
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )

    form = Form(NewMembershipDocumentSchema, name="membership_document")
    return _step(membership_id, form, act, permission=may_submit_membership)


@memberships.get("/<int:membership_id>/documents/<int:document_id>")
@allow(may_read_memberships)
def download(membership_id: int, document_id: int) -> Response:
    """A document, as an attachment."""
    return attachment(find_document(membership_id, document_id, actor=current_actor()).file)


def _step(
    membership_id: int, form: Form, act: Any, *, permission: Permission, confirms: bool = False, **shown: Any
) -> Response:
    """A step of a registration: its form, and back to the registration with word of what was done."""
    found = find_membership(membership_id, actor=current_actor())
    authorise(current_actor(), permission, found.organisation)
    here = url_for("membership_pages.one", membership_id=membership_id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(here, f"page.{form.name}.done")

    facts = [("column.number", found.id), ("column.organisation", found.organisation.name)]
    return form_page(form, effect=effect, back=here, confirms=confirms, facts=facts, **shown)

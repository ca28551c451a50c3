"""Changes of members' facts: the list, one old beside new, asking for one, reviewing and withdrawing."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from sqlalchemy import Select
from werkzeug.datastructures import FileStorage

from accounts import policy
from accounts.kinds import OrganisationKind
from accounts.models import MemberChange, Organisation
from accounts.pages.parts import counties, events_of
from accounts.permissions import (
    authority,
    enterprise,
    incubator,
    may_read_changes,
    may_request_change,
    may_review_change,
    provider,
)
from accounts.queries.changes import decides_withdrawal, find_change, visible_changes
from accounts.queries.organisations import find_organisation
from accounts.schemas.changes import (
    ChangeReviewSchema,
    NewChangeSchema,
    WithdrawalReviewSchema,
    WithdrawalSchema,
)
from accounts.service import changes as service
from accounts.states import CHANGE_TRANSITIONS, ChangeAction, ChangeState
from core import audit, clock
from core.files import StoredFile
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import Actor, authorise

changes = Pages(
    "change_pages",
    __name__,
    navigation=(NavEntry("changes", "change_pages.index", "members", may_read_changes, order=17),),
    links={"change": ("change_pages.one", "change_id")},
)

_FIELDS = ("name", "legal_representative", "phone", "address")


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.name.icontains(value, autoescape=True))


CHANGES = Table(
    name="changes",
    key=MemberChange.id,
    default_sort="-number",
    empty="page.changes.empty",
    filters=[choice("state", MemberChange.state, ChangeState), Filter("q", _named)],
    columns=[
        Column("number", lambda row: row.id, sort=MemberChange.id, link=lambda row: link_to("change", row.id)),
        Column("organisation", lambda row: row.organisation.name, sort=Organisation.name),
        Column("state", lambda row: row.state, kind="state", sort=MemberChange.state),
        Column("effective_on", lambda row: row.effective_on, kind="day", sort=MemberChange.effective_on),
        Column("moves_city", lambda row: row.moves_city, kind="flag"),
        Column("requested_at", lambda row: row.requested_at, kind="moment", sort=MemberChange.requested_at),
    ],
)


@changes.get("/member-changes")
@allow(may_read_changes)
def index() -> Any:
    """The changes in sight."""
    return table_page(CHANGES, visible_changes(current_actor()), title="page.changes.title")


@changes.get("/member-changes/<int:change_id>")
@allow(may_read_changes)
def one(change_id: int) -> str:
    """One change, old beside new."""
    actor = current_actor()
    change = find_change(change_id, actor=actor)
    return render_template(
        "accounts/record_page.html",
        title=t("page.change.title", number=change.id),
        index=("page.changes.title", url_for("change_pages.index")),
        state=change.state,
        lead=f"page.change.next.{change.state.value}",
        owner=change.organisation if actor.city in (None, change.organisation.city) else None,
        facts=_facts(change),
        compared=_compared(change),
        evidence=_evidence(change),
        reasons=change.reasons,
        events=events_of(audit.history("member_change", change.id), "member_change"),
        actions=_actions(change, actor),
    )


@changes.get("/member-changes/<int:change_id>/evidence")
@allow(may_read_changes)
def evidence(change_id: int) -> Response:
    """The document that shows the change, as an attachment."""
    return attachment(find_change(change_id, actor=current_actor()).file)


@changes.route("/organisations/<int:organisation_id>/changes", methods=["GET", "POST"])
@allow(enterprise | provider | incubator)
def request_change(organisation_id: int) -> Response:
    """Ask for a change; what is left blank stays as it is."""
    organisation = find_organisation(organisation_id, actor=current_actor())
    authorise(current_actor(), may_request_change, organisation)
    is_firm, is_team = (organisation.kind is kind for kind in (OrganisationKind.ENTERPRISE, OrganisationKind.TEAM))
    form = Form(
        NewChangeSchema,
        name="change_new",
        options={"county": counties()} if organisation.in_province else None,
        leave_out=[*([] if is_firm else ["controller"]), *(["county"] if is_team else [])],
        fixed={"organisation_id": organisation.id},
    )

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given["file"]
        made = service.request_change(
            organisation_id=organisation_id,
            change=given["change"],
            reason_given=given["reason"],
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("change", made.id), "page.change_new.done")

    back = link_to("organisation", organisation.id)
    return form_page(form, effect=effect, back=back, facts=[("column.organisation", organisation.name)])


@changes.route("/member-changes/<int:change_id>/review", methods=["GET", "POST"])
@allow(authority)
def review(change_id: int) -> Response:
    """Approve or refuse a change."""
    change = find_change(change_id, actor=current_actor())
    authorise(current_actor(), may_review_change, change)
    here = link_to("change", change.id)

    def effect(given: dict[str, Any]) -> Done:
        service.review_change(change_id=change_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.change_review.done")

    form = Form(
        ChangeReviewSchema,
        name="change_review",
        widgets={"decision": "radio"},
        leave_out=() if change.controller else ("controller_id",),
    )
    compared = [(label, f"{before or '—'} → {after}") for label, before, after in _compared(change)]
    shown = [*_facts(change), *compared]
    return form_page(form, effect=effect, back=here, confirms=True, facts=shown, evidence=_evidence(change))


@changes.route("/member-changes/<int:change_id>/withdrawal", methods=["GET", "POST"])
@allow(enterprise | provider | incubator | authority)
def withdraw(change_id: int) -> Response:
    """Take a change back: at once before it is reviewed, for another person's decision before its day."""
    actor = current_actor()
    change = find_change(change_id, actor=actor)
    if not may_request_change(actor, change.organisation):
        authorise(actor, may_review_change, change)
    here = link_to("change", change.id)

    def effect(given: dict[str, Any]) -> Done:
        service.withdraw_change(change_id=change_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.change_withdrawal.done")

    form = Form(WithdrawalSchema, name="change_withdrawal", ends=True)
    return form_page(form, effect=effect, back=here, facts=_facts(change))


@changes.route("/member-changes/<int:change_id>/withdrawal-review", methods=["GET", "POST"])
@allow(authority)
def review_withdrawal(change_id: int) -> Response:
    """Decide whether an approved change is taken back."""
    change = find_change(change_id, actor=current_actor())
    if not decides_withdrawal(current_actor(), change):
        authorise(current_actor(), may_review_change, change)
    here = link_to("change", change.id)

    def effect(given: dict[str, Any]) -> Done:
        service.review_withdrawal(change_id=change_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.change_withdrawal_review.done")

    form = Form(WithdrawalReviewSchema, name="change_withdrawal_review", widgets={"decision": "radio"})
    return form_page(form, effect=effect, back=here, confirms=True, facts=_facts(change))


def _evidence(change: MemberChange) -> tuple[StoredFile, str]:
    """The document that shows it, and where it is handed over."""
    return change.file, url_for("change_pages.evidence", change_id=change.id)


def _facts(change: MemberChange) -> list[tuple[str, object]]:
    cities = policy.city_names(clock.today(clock.now()))
    shown: list[tuple[str, object]] = [
        ("column.organisation", change.organisation.name),
        ("column.uscc", change.organisation.uscc),
        ("column.effective_on", change.effective_on.isoformat()),
        ("field_label.reason", change.reason),
    ]
    if change.moves_city:
        shown += [
            ("fact.from_city", cities.get(change.from_city or "", change.from_city)),
            ("fact.to_city", cities.get(change.city or "", change.city)),
        ]
    if change.withdrawal_reason:
        shown.append(("fact.withdrawal_reason", change.withdrawal_reason))
    return [*shown, ("fact.opinion", change.opinion)] if change.opinion else shown


def _compared(change: MemberChange) -> list[tuple[str, object, object]]:
    """What it changes: label, what stands there, what shall stand there."""
    known, member = policy.county_names(clock.today(clock.now())), change.organisation
    found: list[tuple[str, object, object]] = []
    if change.county is not None:
        present = "" if change.applied_at else known.get(member.county or "", member.county)
        found.append(("field_label.county", present, known.get(change.county, change.county)))
    for name in _FIELDS:
        wanted = getattr(change, name)
        if wanted is not None:
            found.append((f"field_label.{name}", "" if change.applied_at else getattr(member, name), wanted))
    if change.controller is not None:
        found.append(("field_label.controller", "", change.controller))
    return found


def _actions(change: MemberChange, actor: Actor) -> list[dict[str, Any]]:
    allowed = CHANGE_TRANSITIONS.actions(change.state)
    found = []
    if ChangeAction.APPROVE in allowed and may_review_change(actor, change):
        found.append(("change_review", "change_pages.review", True))
    member, reviews = may_request_change(actor, change.organisation), may_review_change(actor, change)
    ahead = change.effective_on > clock.today(clock.now())
    if (ChangeAction.WITHDRAW in allowed and member) or (
        ChangeAction.ASK_WITHDRAWAL in allowed and ahead and (member or reviews)
    ):
        found.append(("change_withdrawal", "change_pages.withdraw", False))
    others = change.withdrawal_asked_by != actor.user_id
    if ChangeAction.KEEP in allowed and ahead and others and decides_withdrawal(actor, change):
        found.append(("change_withdrawal_review", "change_pages.review_withdrawal", True))
    return [
        {"label": t(f"page.{form}.title"), "href": url_for(view, change_id=change.id), "primary": primary}
        for form, view, primary in found
    ]

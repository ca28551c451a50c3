"""Interests of officers: one's own, and all of them for the administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, url_for

from accounts.kinds import InterestKind
from accounts.models import UserInterest
from accounts.permissions import admin, may_end_interest, may_keep_interests, may_read_interests
from accounts.queries.interests import find_interest, officers, visible_interests
from accounts.queries.names import usernames
from accounts.schemas.interests import InterestEndingSchema, InterestVoidingSchema, NewInterestSchema
from accounts.service import interests as service
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, table_page, term
from core.pages.forms import Options
from core.pages.language import t
from core.pages.tables import choice

interests = Pages(
    "interest_pages",
    __name__,
    url_prefix="/interests",
    navigation=(NavEntry("interests", "interest_pages.index", "members", may_read_interests, order=70),),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An interest as the table shows it."""

    interest: UserInterest
    officer: str

    @property
    def ending(self) -> str | None:
        """Where it is ended, or taken back by the administrator."""
        actor = current_actor()
        if self.interest.voided_at is not None:
            return None
        if self.interest.until is None and may_end_interest(actor, self.interest):
            return url_for("interest_pages.end", interest_id=self.interest.id)
        return url_for("interest_pages.void", interest_id=self.interest.id) if admin(actor) else None


def _rows(found: Sequence[UserInterest]) -> list[Row]:
    names = usernames(each.user_id for each in found)
    return [Row(each, names[each.user_id]) for each in found]


def _action(row: Row) -> str:
    if row.ending is None:
        return ""
    return t("page.interest_ending.title" if row.interest.until is None else "page.interest_voiding.title")


INTERESTS = Table(
    name="interests",
    key=UserInterest.id,
    default_sort="-since",
    empty="page.interests.empty",
    prepare=_rows,
    filters=[choice("kind", UserInterest.kind, InterestKind)],
    columns=[
        Column("officer", lambda row: row.officer),
        Column("organisation", lambda row: row.interest.name or row.interest.uscc, sort=UserInterest.name),
        Column("uscc", lambda row: row.interest.uscc),
        Column("interest_kind", lambda row: row.interest.kind, kind="term", sort=UserInterest.kind),
        Column("since", lambda row: row.interest.since, kind="day", sort=UserInterest.since),
        Column("until", lambda row: row.interest.until, kind="day", sort=UserInterest.until),
        Column("voided_at", lambda row: row.interest.voided_at, kind="moment", sort=UserInterest.voided_at),
        Column("action", _action, link=lambda row: row.ending),
    ],
)


@interests.get("")
@allow(may_read_interests)
def index() -> Any:
    """What ties the officers in sight to others."""
    actor = current_actor()
    actions = [{"label": t("page.interest_new.title"), "href": url_for("interest_pages.new"), "primary": True}]
    return table_page(
        INTERESTS,
        visible_interests(actor),
        title="page.interests.title",
        actions=actions if may_keep_interests(actor) else [],
    )


@interests.route("/new", methods=["GET", "POST"])
@allow(may_keep_interests)
def new() -> Response:
    """Declare one; the administrator says whose."""
    actor = current_actor()

    def effect(given: dict[str, Any]) -> Done:
        service.declare(**given, actor=actor, now=clock.now())
        return Done(url_for("interest_pages.index"), "page.interest_new.done")

    own = {} if admin(actor) else {"user_id": actor.user_id}
    form = Form(
        NewInterestSchema,
        name="interest_new",
        fixed=own,
        required=["user_id"] if not own else [],
        options=None if own else {"user_id": _officers()},
    )
    return form_page(form, effect=effect, back=url_for("interest_pages.index"))


@interests.route("/<int:interest_id>/end", methods=["GET", "POST"])
@allow(may_keep_interests)
def end(interest_id: int) -> Response:
    """Say when it ended."""

    def effect(given: dict[str, Any]) -> Done:
        service.end(interest_id=interest_id, **given, actor=current_actor(), now=clock.now())
        return Done(url_for("interest_pages.index"), "page.interest_ending.done")

    return _about(interest_id, Form(InterestEndingSchema, name="interest_ending"), effect)


@interests.route("/<int:interest_id>/voiding", methods=["GET", "POST"])
@allow(admin)
def void(interest_id: int) -> Response:
    """Take a mistaken one back."""

    def effect(given: dict[str, Any]) -> Done:
        service.void(interest_id=interest_id, **given, actor=current_actor(), now=clock.now())
        return Done(url_for("interest_pages.index"), "page.interest_voiding.done")

    return _about(interest_id, Form(InterestVoidingSchema, name="interest_voiding", ends=True), effect)


def _officers() -> Options:
    return [(str(each.id), f"{each.username} · {each.organisation.name}") for each in officers()]


def _about(interest_id: int, form: Form, effect: Any) -> Response:
    interest = find_interest(interest_id, actor=current_actor())
    facts = [
        ("column.organisation", interest.name or interest.uscc),
        ("column.interest_kind", term(interest.kind)),
        ("column.since", interest.since),
    ]
    return form_page(form, effect=effect, back=url_for("interest_pages.index"), facts=facts)

"""Users, for the administrator: making them, switching them off and on, helping those who forgot the password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template, url_for
from sqlalchemy import Select

from accounts.models import User
from accounts.pages.parts import events_of
from accounts.permissions import ROLES_OF_KIND, Role, admin, may_create_user
from accounts.queries.names import organisation_names
from accounts.queries.organisations import find_organisation
from accounts.queries.second_factors import confirmed_factor
from accounts.queries.users import user as find_user
from accounts.queries.users import users as known_users
from accounts.rules.users import Credentials
from accounts.schemas.sessions import NewPasswordRecoverySchema
from accounts.schemas.users import NewUserSchema
from accounts.service import recoveries
from accounts.service import users as service
from accounts.service.recoveries import IssuedRecovery
from core import clock
from core.audit import history
from core.http import allow, current_actor
from core.pages import (
    Column,
    Done,
    EmptySchema,
    Filter,
    Form,
    NavEntry,
    Pages,
    Table,
    form_page,
    link_to,
    table_page,
    term,
)
from core.pages.language import t
from core.pages.tables import choice

users = Pages(
    "user_pages",
    __name__,
    navigation=(NavEntry("users", "user_pages.index", "members", may_create_user, order=60),),
    links={"user": ("user_pages.one", "user_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A user as the table shows it."""

    user: User
    organisation: str


def _rows(found: Sequence[User]) -> list[Row]:
    names = organisation_names({each.organisation_id for each in found})
    return [Row(each, names[each.organisation_id]) for each in found]


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(User.username.icontains(value, autoescape=True))


USERS = Table(
    name="users",
    key=User.id,
    default_sort="username",
    empty="page.users.empty",
    prepare=_rows,
    filters=[choice("role", User.role, Role), Filter("q", _named)],
    columns=[
        Column(
            "username",
            lambda row: row.user.username,
            sort=User.username,
            link=lambda row: link_to("user", row.user.id),
        ),
        Column("role", lambda row: row.user.role, kind="term", sort=User.role),
        Column(
            "organisation",
            lambda row: row.organisation,
            link=lambda row: link_to("organisation", row.user.organisation_id),
        ),
        Column("active", lambda row: row.user.active, kind="flag", sort=User.active),
        Column("created_at", lambda row: row.user.created_at, kind="moment", sort=User.created_at),
    ],
)


@users.get("/users")
@allow(may_create_user)
def index() -> Any:
    """Everybody who may sign in."""
    return table_page(USERS, known_users(), title="page.users.title")


@users.get("/users/<int:user_id>")
@allow(may_create_user)
def one(user_id: int) -> str:
    """One user and what may be done about the account."""
    found = find_user(user_id)
    return render_template(
        "accounts/user.html",
        user=found,
        organisation=organisation_names([found.organisation_id])[found.organisation_id],
        factor=confirmed_factor(found.id),
        events=events_of(history("user_account", found.id), "user"),
        actions=_actions(found),
    )


@users.route("/organisations/<int:organisation_id>/users", methods=["GET", "POST"])
@allow(may_create_user)
def create(organisation_id: int) -> Response:
    """A further user of an organisation."""
    organisation = find_organisation(organisation_id, actor=current_actor())
    form = Form(
        NewUserSchema,
        name="user_new",
        fixed={"organisation_id": organisation_id},
        options={"role": [(role.value, term(role)) for role in ROLES_OF_KIND[organisation.kind]]},
    )
    form["username"].attributes["autocomplete"] = "off"
    form["password"].attributes["autocomplete"] = "new-password"

    def effect(given: dict[str, Any]) -> Done:
        made = service.create_user(
            organisation_id=organisation_id,
            role=given["role"],
            credentials=Credentials(username=given["username"], password=given["password"]),
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("user", made.id), "page.user_new.done")

    facts = [("column.organisation", organisation.name)]
    return form_page(form, effect=effect, back=link_to("organisation", organisation_id), facts=facts)


@users.route("/users/<int:user_id>/deactivation", methods=["GET", "POST"])
@allow(may_create_user)
def deactivate(user_id: int) -> Response:
    """Switch a user off."""
    return _switch(user_id, "user_deactivation", active=False)


@users.route("/users/<int:user_id>/activation", methods=["GET", "POST"])
@allow(may_create_user)
def activate(user_id: int) -> Response:
    """Switch a user on again."""
    return _switch(user_id, "user_activation", active=True)


@users.route("/users/<int:user_id>/recovery", methods=["GET", "POST"])
@allow(admin)
def issue_recovery(user_id: int) -> Response:
    """A recovery code, answered directly and shown this once: no cookie and no address ever holds it."""
    found = find_user(user_id)
    here = link_to("user", user_id)
    issued: list[IssuedRecovery] = []

    def effect(given: dict[str, Any]) -> Done:
        issued.append(recoveries.issue_recovery(user_id=user_id, **given, actor=current_actor(), now=clock.now()))
        return Done(here)

    form = Form(NewPasswordRecoverySchema, name="user_recovery")
    facts = [("field_label.username", found.username)]
    answer = form_page(form, effect=effect, back=here, facts=facts, confirms=True, keyed=False)
    if not issued:
        return answer
    return make_response(render_template("accounts/recovery_issued.html", user=found, issued=issued[0], back=here))


def _switch(user_id: int, name: str, *, active: bool) -> Response:
    found = find_user(user_id)
    here = link_to("user", user_id)

    def effect(_given: dict[str, Any]) -> Done:
        service.set_active(user_id=user_id, active=active, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{name}.done")

    form = Form(EmptySchema, name=name, ends=not active)
    facts = [("field_label.username", found.username)]
    return form_page(form, effect=effect, back=here, facts=facts, confirms=not active)


def _actions(found: User) -> list[dict[str, Any]]:
    """Nobody switches off or recovers the account in use."""
    if found.id == current_actor().user_id:
        return []
    if not found.active:
        return [_button("activate", "user_activation", found, primary=True)]
    return [
        _button("issue_recovery", "user_recovery", found, primary=True),
        {**_button("deactivate", "user_deactivation", found), "danger": True},
    ]


def _button(view: str, form: str, found: User, *, primary: bool = False) -> dict[str, Any]:
    return {
        "label": t(f"page.{form}.title"),
        "href": url_for(f"user_pages.{view}", user_id=found.id),
        "primary": primary,
    }

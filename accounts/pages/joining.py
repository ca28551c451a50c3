"""Joining: enterprises and providers by themselves, teams by their incubator."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from werkzeug.datastructures import FileStorage

from accounts import policy
from accounts.kinds import DocumentKind, MemberKind, OrganisationKind
from accounts.models import Membership
from accounts.pages.parts import counties
from accounts.permissions import anyone, incubator
from accounts.rules.registration import last_completed_year
from accounts.rules.rounds import DOCUMENT
from accounts.schemas.memberships import RegistrationSchema
from accounts.service import memberships
from accounts.steps.memberships import Upload
from core import clock
from core.http import Schema, UploadField, allow, current_actor
from core.http.address import client_address
from core.pages import Done, Form, NavEntry, Pages, form_page, link_to
from core.pages.forms import FormField

joining = Pages(
    "joining_pages",
    __name__,
    navigation=(NavEntry("new_team", "joining_pages.team", "members", incubator, order=20),),
    links={"join": ("joining_pages.choose", "")},
)

BANK = ("bank_account.holder_name", "bank_account.bank_name", "bank_account.cnaps_code", "bank_account.account_number")
NOT_OF_AN_ENTERPRISE = ("institution_kind", "has_sharing_rules", "fiscal", "rd_need")
NOT_OF_A_PROVIDER = (
    "has_rd_base",
    "rd_need",
    "controller",
    "figures_year",
    "staff",
    "revenue_fen",
    "orderly_finances",
)
NOT_OF_A_TEAM = (
    "uscc",
    "county",
    "legal_representative",
    "institution_kind",
    "has_sharing_rules",
    "fiscal",
    "has_rd_base",
    "controller",
    "figures_year",
    "staff",
    "revenue_fen",
    "orderly_finances",
)
REQUIRED_OF_AN_ENTERPRISE = ("uscc", "county", "legal_representative", "staff", "revenue_fen", "truthful")
REQUIRED_OF_A_PROVIDER = ("county", "legal_representative", "institution_kind", "truthful")
REQUIRED_OF_A_TEAM = ("rd_need", "truthful")


def document_field(kind: DocumentKind) -> str:
    """The field in which a document of a kind is handed in with the registration."""
    return f"{DOCUMENT}{kind.value}"


GROUPS = (
    (
        "page.join.group.organisation",
        (
            "name",
            "uscc",
            "county",
            "institution_kind",
            "legal_representative",
            "phone",
            "address",
            "has_rd_base",
            "has_sharing_rules",
            "fiscal",
            "rd_need",
            "controller",
        ),
    ),
    ("page.join.group.figures", ("figures_year", "staff", "revenue_fen", "orderly_finances")),
    ("page.join.group.bank", BANK),
    ("page.join.group.documents", tuple(document_field(kind) for kind in DocumentKind)),
    ("page.join.group.account", ("username", "password", "truthful")),
)
"""How the fields stand together; what a form does not have is passed over."""


@joining.get("/join")
@allow(anyone)
def choose() -> str:
    """Who may join, and how."""
    return render_template("accounts/join.html")


@joining.route("/join/enterprise", methods=["GET", "POST"])
@allow(anyone)
def enterprise() -> Response:
    """An enterprise registers (V8)."""
    form = registration_form(MemberKind.ENTERPRISE, NOT_OF_AN_ENTERPRISE, REQUIRED_OF_AN_ENTERPRISE)
    return _join(form, options_of_counties=False)


@joining.route("/join/provider", methods=["GET", "POST"])
@allow(anyone)
def provider() -> Response:
    """A provider registers (V10)."""
    form = registration_form(MemberKind.PROVIDER, NOT_OF_A_PROVIDER, REQUIRED_OF_A_PROVIDER)
    form["county"].attributes["list"] = "counties"
    return _join(form, options_of_counties=True)


@joining.route("/teams/new", methods=["GET", "POST"])
@allow(incubator)
def team() -> Response:
    """An incubator registers one of its teams (V9)."""
    form = registration_form(MemberKind.TEAM, NOT_OF_A_TEAM, REQUIRED_OF_A_TEAM)

    def effect(given: dict[str, Any]) -> Done:
        made = _register(given)
        return Done(link_to("membership", made.id), "page.join_team.done")

    back = url_for("membership_pages.index")
    return form_page(form, effect=effect, back=back, template="accounts/joining.html", groups=groups_of(form))


def registration_form(kind: MemberKind, leave_out: tuple[str, ...], required: tuple[str, ...]) -> Form:
    """The form in which a kind of member registers; its bank account may follow later, so none of it is required."""
    form = Form(
        _schema(kind),
        name=f"join_{kind.value}",
        options={"county": counties()} if kind is MemberKind.ENTERPRISE else None,
        leave_out=leave_out,
        fixed={"kind": kind.value, "submit": True},
        required=required,
        initial={"figures_year": last_completed_year(clock.today(clock.now()))},
    )
    for path in BANK:
        form[path].required = False
    form["username"].attributes["autocomplete"] = "username"
    form["password"].attributes["autocomplete"] = "new-password"
    return form


def _schema(kind: MemberKind) -> type[Schema]:
    """The registration with a field for each document that its kind may have to bring."""
    rules = policy.member_rules(clock.today(clock.now()))
    kinds = rules.required_documents(OrganisationKind(kind.value), in_province=True)
    return cast(type[Schema], RegistrationSchema.from_dict({document_field(each): UploadField() for each in kinds}))


def _register(given: dict[str, Any]) -> Membership:
    """Register with the documents that were handed in; whatever is missing is named at once."""
    uploads: dict[str, FileStorage] = given.pop("uploads", {})
    documents = [
        Upload(DocumentKind(name.removeprefix(DOCUMENT)), cast(BinaryIO, each.stream), each.filename or "")
        for name, each in uploads.items()
    ]
    return memberships.register(
        **given, documents=documents, address=client_address(), actor=current_actor(), now=clock.now()
    )


def groups_of(form: Form) -> list[tuple[str, list[FormField]]]:
    """The fields of a form in their groups, without groups of nothing."""
    fields = {each.name: each for each in form}
    found = [(heading, [fields[path] for path in paths if path in fields]) for heading, paths in GROUPS]
    return [(heading, some) for heading, some in found if some]


def _join(form: Form, *, options_of_counties: bool) -> Response:
    def effect(given: dict[str, Any]) -> Done:
        _register(given)
        return Done(url_for("session_pages.sign_in", next=url_for("membership_pages.index")), "page.join.done")

    return form_page(
        form,
        effect=effect,
        back=url_for("joining_pages.choose"),
        template="accounts/joining.html",
        groups=groups_of(form),
        counties=counties() if options_of_counties else [],
    )

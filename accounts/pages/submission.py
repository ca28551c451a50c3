"""Handing a returned registration in again, with what was stated before to be mended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, url_for

from accounts.kinds import OrganisationKind, Subject
from accounts.pages.joining import (
    BANK,
    NOT_OF_A_PROVIDER,
    NOT_OF_A_TEAM,
    NOT_OF_AN_ENTERPRISE,
    REQUIRED_OF_A_PROVIDER,
    REQUIRED_OF_A_TEAM,
    REQUIRED_OF_AN_ENTERPRISE,
    groups_of,
)
from accounts.pages.membership_parts import checklist_of
from accounts.pages.parts import counties
from accounts.permissions import enterprise, incubator, may_submit_membership, provider
from accounts.queries.applications import Dossier, application_of, dossier_of
from accounts.queries.memberships import find_membership
from accounts.rules.registration import Application
from accounts.schemas.memberships import ResubmissionSchema
from accounts.service import memberships as service
from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, Pages, form_page, term
from core.pages.language import t
from core.permissions import authorise

submission = Pages("submission_pages", __name__, url_prefix="/memberships")

_LEFT_OUT = {
    OrganisationKind.ENTERPRISE: NOT_OF_AN_ENTERPRISE,
    OrganisationKind.PROVIDER: NOT_OF_A_PROVIDER,
    OrganisationKind.TEAM: NOT_OF_A_TEAM,
}
_FIELDS_OF = {Subject.FIGURES: ("staff", "revenue_fen"), Subject.BANK_ACCOUNT: ("bank_account.account_number",)}
"""Fields that stand for what has several."""
_REQUIRED = {
    OrganisationKind.ENTERPRISE: REQUIRED_OF_AN_ENTERPRISE,
    OrganisationKind.PROVIDER: REQUIRED_OF_A_PROVIDER,
    OrganisationKind.TEAM: REQUIRED_OF_A_TEAM,
}


@submission.route("/<int:membership_id>/submission", methods=["GET", "POST"])
@allow(enterprise | provider | incubator)
def resubmit(membership_id: int) -> Response:
    """The registration as it stands, each field to be mended."""
    membership = find_membership(membership_id, actor=current_actor())
    authorise(current_actor(), may_submit_membership, membership.organisation)
    stated = application_of(membership)
    form = Form(
        ResubmissionSchema,
        name="membership_submission",
        initial=asdict(stated),
        options={"county": counties()} if membership.kind is OrganisationKind.ENTERPRISE else None,
        leave_out=_LEFT_OUT[membership.kind],
        required=("name", *_REQUIRED[membership.kind]),
    )
    for path in BANK:
        form[path].required = False
    found = dossier_of(membership, on=clock.today(clock.now()))
    name_beside(form, found)
    here = url_for("membership_pages.one", membership_id=membership_id)

    def effect(given: dict[str, Any]) -> Done:
        service.resubmit(
            membership_id=membership_id,
            changes=_changed(given["changes"], stated),
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(here, "page.membership_submission.done")

    return form_page(
        form,
        effect=effect,
        back=here,
        template="accounts/membership_submission.html",
        groups=groups_of(form),
        membership=membership,
        dossier=found,
        checklist=checklist_of(found),
    )


def name_beside(form: Form, dossier: Dossier) -> None:
    """Put each defect of the return beside the field it is about."""
    for each in dossier.findings:
        for path in _FIELDS_OF.get(each.about, (each.about.value,)):
            if path in form.fields:
                said = " ".join(part for part in (term(each.standard) if each.standard else "", each.note) if part)
                form[path].hint = t("page.membership_submission.defect", said=said)


def _changed(typed: dict[str, Any], stated: Application) -> dict[str, Any]:
    """What was really changed; the form sends everything."""
    return {name: value for name, value in typed.items() if value != getattr(stated, name)}

"""The form of a review: the decision, and beside each field and document what is wrong with it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from accounts.kinds import OrganisationKind, StandardDefect, Subject
from accounts.queries.applications import Dossier
from accounts.rules.rounds import Finding, document_subject
from accounts.schemas.memberships import MembershipReviewSchema
from core.http import EnumField, Schema, TextField
from core.pages import Form, term
from core.pages.forms import FormField
from core.pages.language import t

NOTE_LENGTH = 500

_OF_ALL = (Subject.NAME, Subject.PHONE, Subject.ADDRESS, Subject.BANK_ACCOUNT)
_OF_KIND = {
    OrganisationKind.ENTERPRISE: (
        Subject.USCC,
        Subject.COUNTY,
        Subject.LEGAL_REPRESENTATIVE,
        Subject.HAS_RD_BASE,
        Subject.CONTROLLER,
        Subject.FIGURES,
    ),
    OrganisationKind.PROVIDER: (
        Subject.USCC,
        Subject.COUNTY,
        Subject.LEGAL_REPRESENTATIVE,
        Subject.INSTITUTION_KIND,
        Subject.HAS_SHARING_RULES,
        Subject.FISCAL,
    ),
    OrganisationKind.TEAM: (Subject.RD_NEED,),
}

Row = tuple[str, FormField, FormField]
"""What a defect may be about in words, its choice from the catalogue, and its words."""


class FindingFormSchema(Schema):
    """What is wrong with one field or document; nothing where both are left blank."""

    standard = EnumField(StandardDefect, allow_none=True, load_default=None)
    note = TextField(min_length=0, load_default="", max_length=NOTE_LENGTH)


def review_form(dossier: Dossier) -> tuple[Form, list[Row]]:
    """The form, and its rows for single defects: of what is stated and of each document, the documents first."""
    subjects = _subjects(dossier)
    form = Form(
        MembershipReviewSchema.from_dict({each.value: fields.Nested(FindingFormSchema) for each in subjects}),
        name="membership_review",
        widgets={"decision": "radio"},
        leave_out=("findings",),
    )
    for each in subjects:
        form[f"{each.value}.standard"].label = t("page.membership_review.usual")
    return form, [(term(each), form[f"{each.value}.standard"], form[f"{each.value}.note"]) for each in subjects]


def decided(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent as the service takes it: each filled row is a finding."""
    findings = [Finding(about, **given.pop(about.value)) for about in Subject if about.value in given]
    return {**given, "findings": [each for each in findings if each.standard is not None or each.note]}


def _subjects(dossier: Dossier) -> list[Subject]:
    handed_in = {each.kind for each in dossier.membership.documents}
    documents = [*dossier.required_documents, *sorted(handed_in - {*dossier.required_documents})]
    return [*(document_subject(kind) for kind in documents), *_OF_ALL, *_OF_KIND[dossier.membership.kind]]

"""What the claimant does: materials, submission, withdrawal."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, request
from werkzeug.datastructures import FileStorage

from accounts.models import OrganisationDocument
from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page, link_to
from core.pages.language import day, say, t, term, yuan
from core.permissions import Actor
from vouchers.models import Claim
from vouchers.pages.claim_parts import material_checklist
from vouchers.permissions import may_ask_to_hand_in
from vouchers.queries.certified import offered
from vouchers.queries.claims import find_claim
from vouchers.queries.completeness import invoice_parties, is_enterprises, policy_of
from vouchers.queries.material_kinds import material_text
from vouchers.rules.claims import InvoiceType, MaterialKind
from vouchers.schemas.claims import SubmissionSchema
from vouchers.schemas.materials import CertifiedMaterialSchema, NewClaimMaterialSchema, invoice_of
from vouchers.service import claims as service
from vouchers.service.claims import Upload
from vouchers.steps.guards import require_claimant

claim_forms = Pages("claim_form_pages", __name__, url_prefix="/claims")

INVOICE_FIELDS = (
    "invoice_number",
    "invoice_type",
    "seller_uscc",
    "buyer_uscc",
    "amount_incl_tax_fen",
    "issued_on",
)
_MAY_BE_EMPTY = "buyer_uscc"
"""An invoice made out to the members of a team names no buyer's code."""


@claim_forms.route("/<int:claim_id>/materials", methods=["GET", "POST"])
@allow(may_ask_to_hand_in)
def add_material(claim_id: int) -> Response:
    """One file with what it says; ``kind`` in the address says which."""
    actor = current_actor()
    claim = _own_claim(claim_id, actor=actor)
    kind = _asked_kind(claim)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given["file"]
        service.add_material(
            claim_id=claim_id,
            kind=given["kind"],
            upload=Upload(cast(BinaryIO, upload.stream), upload.filename or ""),
            invoice=invoice_of(given),
            completed_on=given.get("completed_on"),
            actor=actor,
            now=clock.now(),
        )
        return Done(_page_of(claim), "page.claim_material.done", {"kind": say(material_text(kind))})

    return form_page(
        _material_form(claim, kind),
        effect=effect,
        back=_page_of(claim),
        template="vouchers/material_form.html",
        kind=kind,
        claim=claim,
    )


@claim_forms.route("/<int:claim_id>/certified-materials", methods=["GET", "POST"])
@allow(may_ask_to_hand_in)
def use_document(claim_id: int) -> Response:
    """A certified document instead of a new upload, beside what the claim needs."""
    actor = current_actor()
    claim = _own_claim(claim_id, actor=actor)
    documents = offered(claim, on=clock.today(clock.now()))

    def effect(given: dict[str, Any]) -> Done:
        material = service.use_document(claim_id=claim_id, **given, actor=actor, now=clock.now())
        return Done(_page_of(claim), "page.claim_certified.done", {"kind": say(material_text(material.kind))})

    return form_page(
        Form(
            CertifiedMaterialSchema,
            name="claim_certified",
            options={"document_id": [(str(each.id), _document_label(each)) for each in documents]},
        ),
        effect=effect,
        back=_page_of(claim),
        template="vouchers/certified_form.html",
        offered=documents,
        checklist_items=material_checklist(claim),
    )


@claim_forms.route("/<int:claim_id>/submission", methods=["GET", "POST"])
@allow(may_ask_to_hand_in)
def submit(claim_id: int) -> Response:
    """Hand the claim in: what it declares, beside what it has and lacks."""
    actor = current_actor()
    claim = _own_claim(claim_id, actor=actor)

    def effect(given: dict[str, Any]) -> Done:
        service.submit(claim_id=claim_id, **given, actor=actor, now=clock.now())
        return Done(_page_of(claim), "page.claim_submission.done", {"number": claim_id})

    form = Form(
        SubmissionSchema,
        name="claim_submission",
        initial={"declarations": claim.declarations},
        leave_out=[*([] if is_enterprises(claim) else ["declarations"]), *([] if claim.open_defects else ["answers"])],
    )
    return form_page(
        form,
        effect=effect,
        back=_page_of(claim),
        confirms=True,
        template="vouchers/submission.html",
        checklist_items=material_checklist(claim),
        defects=claim.open_defects,
        facts=_facts(claim),
    )


@claim_forms.route("/<int:claim_id>/withdrawal", methods=["GET", "POST"])
@allow(may_ask_to_hand_in)
def withdraw(claim_id: int) -> Response:
    """Give the claim up before its review."""
    actor = current_actor()
    claim = _own_claim(claim_id, actor=actor)

    def effect(_given: dict[str, Any]) -> Done:
        service.withdraw(claim_id=claim_id, actor=actor, now=clock.now())
        return Done(_page_of(claim), "page.claim_withdrawal.done", {"number": claim_id})

    form = Form(EmptySchema, name="claim_withdrawal", ends=True)
    return form_page(form, effect=effect, back=_page_of(claim), confirms=True, facts=_facts(claim))


def _document_label(document: OrganisationDocument) -> str:
    """What it shows, what tells it apart, whose it is, and its last day."""
    told = [term(document.kind), document.title, document.organisation.name, document.file.filename]
    if document.valid_until is not None:
        told.append(t("certified.until", day=day(document.valid_until)))
    return " · ".join(each for each in told if each)


def _own_claim(claim_id: int, *, actor: Actor) -> Claim:
    """A claim that the actor hands in; others are told whose task it is before they type anything."""
    claim = find_claim(claim_id, actor=actor)
    require_claimant(actor, claim)
    return claim


def _asked_kind(claim: Claim) -> str:
    """The kind in the address where the policy knows it; else any other paper."""
    asked = request.args.get("kind", "")
    return asked if asked in policy_of(claim).material_kinds else MaterialKind.OTHER.value


def _material_form(claim: Claim, kind: str) -> Form:
    """Only the fields that belong to the kind; what is known already stands in them."""
    of_invoice = kind == MaterialKind.INVOICE
    left_out = [] if of_invoice else list(INVOICE_FIELDS)
    if kind != MaterialKind.RESULT_PROOF:
        left_out.append("completed_on")
    required = [name for name in INVOICE_FIELDS if of_invoice and name != _MAY_BE_EMPTY]
    return Form(
        NewClaimMaterialSchema,
        name="claim_material",
        fixed={"kind": kind},
        leave_out=left_out,
        required=required,
        initial=_known(claim, kind),
    )


def _known(claim: Claim, kind: str) -> dict[str, Any]:
    if kind == MaterialKind.RESULT_PROOF:
        return {"completed_on": claim.completed_on}
    if kind != MaterialKind.INVOICE:
        return {}
    parties = invoice_parties(claim)
    return {
        "invoice_type": InvoiceType.E_VAT_SPECIAL,
        "seller_uscc": parties.seller_uscc,
        "buyer_uscc": claim.beneficiary.uscc,
    }


def _facts(claim: Claim) -> list[tuple[str, object]]:
    return [
        ("column.claim", claim.id),
        ("column.service", claim.record["title"]),
        ("fact.completed_on", claim.completed_on.isoformat()),
        ("column.claimed", yuan(claim.claimed_fen)),
        ("column.due_on", None if claim.due_on is None else claim.due_on.isoformat()),
    ]


def _page_of(claim: Claim) -> str:
    return link_to("claim", claim.id)

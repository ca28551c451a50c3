"""Claims: the list, one claim with its way, and the reasons for its sum."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from accounts.queries import organisations
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import NavEntry, Pages, say, table_page
from vouchers.pages.claim_parts import (
    aid_words,
    flag_words,
    material_checklist,
    next_actions,
    next_words,
    payment_of,
    replaced_materials,
    sums_bar,
    upload_actions,
)
from vouchers.pages.claim_story import claim_events
from vouchers.pages.claim_table import claims_table
from vouchers.pages.comparing import differences, invoice_rows
from vouchers.pages.explaining import explanation_page
from vouchers.pages.flag_words import flag_views
from vouchers.permissions import may_read_claims
from vouchers.queries.claim_timelines import claim_timeline
from vouchers.queries.claims import dossier, find_material, visible_claims
from vouchers.queries.explanations import explain
from vouchers.queries.invoices import judged_lines
from vouchers.queries.material_kinds import material_text

claims = Pages(
    "claim_pages",
    __name__,
    url_prefix="/claims",
    navigation=(NavEntry("claims", "claim_pages.index", "claims", may_read_claims, order=20),),
    links={"claim": ("claim_pages.one", "claim_id")},
)


@claims.app_template_filter("material")
def material_name(kind: str) -> str:
    """What a file proves, in the reader's language."""
    return say(material_text(kind))


@claims.get("")
@allow(may_read_claims)
def index() -> Any:
    """The claims in sight, the latest first."""
    actor = current_actor()
    return table_page(claims_table(actor), visible_claims(actor), title="page.claims.title")


@claims.get("/<int:claim_id>")
@allow(may_read_claims)
def one(claim_id: int) -> str:
    """One claim: its sums, its papers, who has it, what is next."""
    actor = current_actor()
    today = clock.today(clock.now())
    found = dossier(claim_id, actor=actor, today=today)
    claim = found.claim
    # read once and held here, so that whatever below asks for a party by its number finds it in the session
    parties = organisations({claim.beneficiary_id, claim.provider_id, claim.claimant_id, claim.payee_id})
    timeline = claim_timeline(found, actor=actor, today=today)
    return render_template(
        "vouchers/claim.html",
        claim=claim,
        found=found,
        next_words=next_words(found),
        names={number: each.name for number, each in parties.items()},
        bar=sums_bar(claim),
        aids=aid_words(claim),
        payable_url=payment_of(found, actor=actor),
        checklist_items=material_checklist(claim),
        rounds=differences(claim, history=found.history),
        replaced=replaced_materials(claim),
        flags=flag_words(claim),
        events=claim_events(timeline),
        revocation=found.revocation,
        suspicions=flag_views(claim, actor=actor),
        actions=next_actions(claim, actor=actor),
        uploads=upload_actions(claim, actor=actor),
        compared=invoice_rows(claim, today=today),
        lines=judged_lines(claim.invoice),
    )


@claims.get("/<int:claim_id>/explanation")
@allow(may_read_claims)
def explanation(claim_id: int) -> str:
    """Why a claim is worth what it is, and whether the same facts are judged alike today."""
    return explanation_page(explain(claim_id, actor=current_actor()))


@claims.get("/<int:claim_id>/materials/<int:material_id>")
@allow(may_read_claims)
def download(claim_id: int, material_id: int) -> Response:
    """A material, as an attachment."""
    return attachment(find_material(claim_id, material_id, actor=current_actor()).file)

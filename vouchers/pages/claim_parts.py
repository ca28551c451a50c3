"""Parts of the pages of a claim: its sums, what it needs, what its files are, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from core import clock
from core.pages import MoneyBar, MoneyPart, link_to, say
from core.pages.language import day, has_text, t, text_or, yuan
from core.permissions import Actor
from settlement.permissions import may_read_payables
from vouchers.models import Claim, ClaimAid, Material
from vouchers.permissions import is_claimant, may_confirm, may_review
from vouchers.queries.aids import aids_of
from vouchers.queries.claims import Dossier
from vouchers.queries.completeness import Needed, needed_materials
from vouchers.queries.material_kinds import material_text
from vouchers.rules.claims import MaterialKind
from vouchers.rules.flags.kinds import facts_only
from vouchers.rules.way import Station
from vouchers.states import CLAIM, DEAD, OPEN_FOR_MATERIALS, ClaimAction, ClaimState

_ASKED = {ClaimState.DRAFT: "money.to_claim", ClaimState.RETURNED: "money.to_mend"}
"""What is asked for while it is with the claimant; else it is claimed and waits for its review."""
_REVIEWS = {ClaimAction.APPROVE, ClaimAction.RETURN, ClaimAction.REJECT}


def sums_bar(claim: Claim) -> MoneyBar:
    """The order's subsidy by how far it is: confirmed, approved, claimed, and what is not asked for or not granted."""
    return MoneyBar(t("money.of_subsidy"), [part for part in _sums(claim) if part.fen > 0])


def _sums(claim: Claim) -> Iterator[MoneyPart]:
    if claim.state is ClaimState.REVOKED:
        yield MoneyPart("other", t("money.revoked"), claim.confirmed_fen or 0)
    elif claim.confirmed_fen is not None:
        yield MoneyPart("used", t("money.confirmed"), claim.confirmed_fen)
    elif claim.approved_fen is not None:
        yield MoneyPart("voucher", t("money.approved"), claim.approved_fen)
    rest_fen = claim.claimed_fen - (claim.approved_fen or 0)
    if claim.approved_fen is None and claim.state not in DEAD:
        yield MoneyPart("held", t(_ASKED.get(claim.state, "money.claimed")), rest_fen)
    else:
        yield MoneyPart("other", t("money.not_granted"), rest_fen)
    yield MoneyPart("room", t("money.not_claimed"), claim.subsidy_fen - claim.claimed_fen)


def next_words(found: Dossier) -> str:
    """Where the claim stands and what follows, also where a credit invoice, a stop or a clawback changed that."""
    claim = found.claim
    if found.stands_at is Station.REPAYMENT:
        last_days = [each.due_on for each in found.open_clawbacks if each.due_on is not None]
        owed = yuan(sum(each.open_fen for each in found.open_clawbacks))
        return t("page.claim.next.repayment", amount=owed, day=day(min(last_days)) if last_days else "—")
    if found.stopped:
        return t("page.claim.next.stopped")
    if claim.due_on is not None and claim.invoice is None and any(each.credited_fen for each in claim.invoices):
        return t("page.claim.next.credited")
    usual = f"page.claim.next.{claim.state}"
    paying = usual if found.payable is None else f"{usual}.{found.payable.state}"
    return t(paying if has_text(paying) else usual)


def material_checklist(claim: Claim) -> list[tuple[bool, str, str | None]]:
    """Every item its kind of service needs: there with the name of its file, or missing with its article."""
    return [(each.missing is None, say(material_text(each.kind)), _noted(each)) for each in _needed(claim)]


def _needed(claim: Claim) -> list[Needed]:
    return needed_materials(claim, today=clock.today(clock.now()))


def _noted(needed: Needed) -> str | None:
    if needed.missing is not None:
        return f"{say(needed.missing)}（{needed.missing.article}）"
    if needed.certified is not None:
        return t("material.from_certified", name=needed.certified.file.filename)
    return None if needed.material is None else needed.material.file.filename


def replaced_materials(claim: Claim) -> list[Material]:
    """Earlier versions, the latest first."""
    return [each for each in reversed(claim.materials) if not each.live]


def flag_words(claim: Claim) -> list[str]:
    """What every reader must know, in words; suspicions are told apart, and to officials only."""
    return [text_or(f"flag.{flag}", flag) for flag in facts_only(claim.flags)]


def aid_words(claim: Claim) -> list[str]:
    """What each programme of a city pays beside the subsidy: its name, document and how far its sum is (V6)."""
    return [
        t(
            "page.claim.aid",
            name=say(each.name),
            reference=each.reference,
            claimed=yuan(each.aid.claimed_fen),
            granted=yuan(_granted(each.aid)),
        )
        for each in aids_of(claim)
    ]


def _granted(aid: ClaimAid) -> int:
    return (aid.standing_approved_fen if aid.confirmed_fen is None else aid.standing_confirmed_fen) or 0


def payment_of(found: Dossier, *, actor: Actor) -> str | None:
    """The page of a claim's payment, for whoever may open it."""
    if found.payable is None or not may_read_payables(actor):
        return None
    return link_to("payable", found.payable.id)


def next_actions(claim: Claim, *, actor: Actor) -> list[dict[str, Any]]:
    """What the reader may do now, in the order of V17; what ends the claim comes last."""
    return sorted(_actions(claim, actor), key=lambda action: bool(action["danger"]))


def upload_actions(claim: Claim, *, actor: Actor) -> list[dict[str, Any]]:
    """An upload for each needed item, missing ones first in line, and for other papers."""
    if not is_claimant(actor, claim) or claim.state not in OPEN_FOR_MATERIALS:
        return []
    needed = [
        _upload(
            claim,
            each.kind,
            key="upload.add" if each.material is None else "upload.replace",
            primary=each.missing is not None,
        )
        for each in _needed(claim)
    ]
    certified = {
        "label": t("page.claim_certified.title"),
        "href": url_for("claim_form_pages.use_document", claim_id=claim.id),
        "primary": False,
    }
    reads = {
        "label": t("page.invoice_reading.title"),
        "href": url_for("invoice_pages.read", claim_id=claim.id),
        "primary": claim.invoice is None,
    }
    return [reads, *needed, _upload(claim, MaterialKind.OTHER, key="upload.add", primary=False), certified]


def _upload(claim: Claim, kind: str, *, key: str, primary: bool) -> dict[str, Any]:
    return {
        "label": t(key, kind=say(material_text(kind))),
        "href": url_for("claim_form_pages.add_material", claim_id=claim.id, kind=str(kind)),
        "primary": primary,
    }


def _actions(claim: Claim, actor: Actor) -> Iterator[dict[str, Any]]:
    allowed = set(CLAIM.actions(claim.state))
    if is_claimant(actor, claim):
        if ClaimAction.SUBMIT in allowed:
            yield _button("claim_submission", "claim_form_pages.submit", claim)
        if ClaimAction.WITHDRAW in allowed:
            yield _button("claim_withdrawal", "claim_form_pages.withdraw", claim, danger=True)
    if may_review(actor) and allowed & _REVIEWS and claim.state is not ClaimState.RETURNED:
        yield _button("city_review", "claim_review_pages.review", claim)
    if may_confirm(actor) and ClaimAction.CONFIRM in allowed:
        yield _button("confirmation", "confirmation_pages.confirm", claim)
    if may_confirm(actor) and ClaimAction.REVOKE in allowed:
        yield _button("revocation", "confirmation_pages.revoke", claim, danger=True)


def _button(form: str, endpoint: str, claim: Claim, *, danger: bool = False) -> dict[str, Any]:
    return {
        "label": t(f"page.{form}.title"),
        "href": url_for(endpoint, claim_id=claim.id),
        "primary": not danger,
        "danger": danger,
    }

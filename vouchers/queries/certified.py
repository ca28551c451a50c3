"""Certified documents that a claim may use instead of new uploads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from accounts.models import OrganisationDocument
from accounts.queries import standing_documents
from accounts.queries.documents import OrganisationDocumentMissing, find_organisation_document
from core.permissions import Actor
from vouchers.models import Claim, Material
from vouchers.rules.claims import MaterialKind, material_kind_of
from vouchers.rules.policy import VoucherPolicy
from vouchers.states import OPEN_FOR_MATERIALS


def owners(claim: Claim) -> set[int]:
    """Whose documents it may use: its claimant's, and those of the user for whom the claimant acts (V16 team)."""
    if claim.claimant_id == claim.provider_id:
        return {claim.claimant_id}
    return {claim.claimant_id, claim.beneficiary_id}


def offered(claim: Claim, *, on: date) -> Sequence[OrganisationDocument]:
    """The certified documents that stand on a day and that the claim may use, the latest first."""
    return standing_documents(owners(claim), on=on)


def offered_for(claim: Claim, *, on: date, policy: VoucherPolicy) -> dict[str, OrganisationDocument]:
    """The certified document that stands for each kind of material, the claimant's own before the user's."""
    own_latest_last = sorted(
        offered(claim, on=on), key=lambda each: (each.organisation_id == claim.claimant_id, each.id)
    )
    by_kind = {material_kind_of(each.kind.value, policy=policy): each for each in own_latest_last}
    by_kind.pop(MaterialKind.OTHER.value, None)
    return by_kind


def find_offered(claim: Claim, document_id: int, *, actor: Actor) -> OrganisationDocument:
    """A document that the claim may use if it stands; raises OrganisationDocumentMissing."""
    document = find_organisation_document(document_id, actor=actor)
    if document.organisation_id not in owners(claim):
        raise OrganisationDocumentMissing
    return document


def lapsed_materials(claim: Claim, *, on: date) -> list[Material]:
    """Materials whose certified document no longer stands on a day; once handed in they are the claim's for good."""
    if claim.state not in OPEN_FOR_MATERIALS:
        return []
    return [each for each in claim.live_materials if each.document is not None and not each.document.stands_on(on)]

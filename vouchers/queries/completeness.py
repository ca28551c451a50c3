"""What a claim has and what it lacks, by the rules that its submission is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts import queries as accounts
from accounts.kinds import OrganisationKind
from accounts.models import OrganisationDocument
from core import policy
from core.errors import Reason
from vouchers.models import Claim, Material
from vouchers.queries.certified import lapsed_materials, offered_for
from vouchers.rules.claims import Parties, lapsed_documents, missing_materials
from vouchers.rules.policy import VoucherPolicy, judging
from vouchers.states import OPEN_FOR_MATERIALS


@dataclass(frozen=True)
class Needed:
    """One item of V16 files: the material that counts, the certified document that will, or why it is wanted."""

    kind: str
    material: Material | None
    certified: OrganisationDocument | None
    missing: Reason | None


def policy_of(claim: Claim) -> VoucherPolicy:
    """The policy of the day on which its order was placed (V12 facts)."""
    return judging(policy.current(), claim.decision.judged_on).policy


def needed_materials(claim: Claim, *, today: date) -> list[Needed]:
    """Every item that its kind of service needs (V16 files), in the order of the measure."""
    judged_by = policy_of(claim)
    lapsed = {material.kind for material in lapsed_materials(claim, on=today)}
    present = {material.kind: material for material in claim.live_materials}
    counting = present.keys() - lapsed
    is_open = claim.state in OPEN_FOR_MATERIALS
    certified = offered_for(claim, on=today, policy=judged_by) if is_open else {}
    certified = {kind: document for kind, document in certified.items() if kind not in counting}
    missing = missing_materials(present, kind=claim.service_kind, policy=judged_by)
    missing += lapsed_documents(lapsed, kind=claim.service_kind, policy=judged_by)
    missing_by_field = {each.field: each for each in missing}
    return [
        Needed(
            kind,
            present.get(kind),
            certified.get(kind),
            None if kind in certified else missing_by_field.get(f"materials.{kind}"),
        )
        for kind in judged_by.required_materials(claim.service_kind)
    ]


def invoice_parties(claim: Claim) -> Parties:
    """Whose codes the invoice must carry. A team has none: its incubator's, or none on one made out to its members."""
    user = accounts.organisation(claim.beneficiary_id)
    buyers: set[str | None] = {user.uscc}
    if user.kind is OrganisationKind.TEAM and user.incubator is not None:
        buyers.add(user.incubator.uscc)
    return Parties(seller_uscc=accounts.organisation(claim.provider_id).uscc, buyer_usccs=frozenset(buyers))


def is_enterprises(claim: Claim) -> bool:
    """Whether an enterprise uses the voucher; a team declares nothing."""
    return accounts.organisation(claim.beneficiary_id).kind is OrganisationKind.ENTERPRISE

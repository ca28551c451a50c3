"""Putting files into a claim: new uploads, and certified documents of its claimant."""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import OrganisationDocument
from core import audit
from core.db import require_transaction
from core.files import StoredFile
from core.permissions import Actor
from vouchers.models import Claim, Material
from vouchers.queries.certified import lapsed_materials, offered_for
from vouchers.rules.claims import MaterialKind
from vouchers.rules.policy import VoucherPolicy


def put_material(
    claim: Claim,
    *,
    kind: str,
    file: StoredFile,
    document: OrganisationDocument | None = None,
    completed_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> Material:
    """Put a file into a locked claim; it takes the place of an earlier one of its kind (``other`` adds up)."""
    current = require_transaction()
    _supersede(claim, kind)
    material = Material(
        kind=kind,
        file=file,
        document=document,
        completed_on=completed_on,
        live=True,
        added_by=actor.user_id,
        added_at=now,
    )
    claim.materials.append(material)
    current.flush()
    data = {"material_id": material.id, "kind": kind, "sha256": file.sha256}
    certified = {} if document is None else {"document_id": document.id}
    audit.record(actor=actor, now=now, action="add_material", subject=claim, data=data | certified)
    return material


def take_certified(claim: Claim, *, today: date, judged_by: VoucherPolicy, actor: Actor, now: datetime) -> None:
    """Let certified documents stand for what a claim needs and lacks, or for those that no longer stand."""
    lapsed = {each.kind for each in lapsed_materials(claim, on=today)}
    present = {each.kind for each in claim.live_materials} - lapsed
    lacking = [kind for kind in judged_by.required_materials(claim.service_kind) if kind not in present]
    found = offered_for(claim, on=today, policy=judged_by) if lacking else {}
    for kind in lacking:
        if kind in found:
            put_material(claim, kind=kind, file=found[kind].file, document=found[kind], actor=actor, now=now)


def _supersede(claim: Claim, kind: str) -> None:
    if kind == MaterialKind.OTHER:
        return
    for material in claim.live_materials:
        if material.kind == kind:
            material.live = False
            if material.invoice is not None:
                material.invoice.live = False
    require_transaction().flush()

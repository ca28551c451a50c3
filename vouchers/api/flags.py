"""Flags of claims over HTTP, for officials."""

from __future__ import annotations

from typing import Any

from accounts.steps import ConflictOfInterest
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, problems
from core.states import StateForbids
from vouchers.permissions import may_find_flags, may_read_flags
from vouchers.queries.claims import ClaimMissing, find_claim
from vouchers.queries.flags import FlagMissing, ShownFlag, shown_flag, shown_flags
from vouchers.schemas.flags import FlagFindingSchema, FlagSchema, FlagsSchema
from vouchers.service import flags as service
from vouchers.service.flags import FindingRefused
from vouchers.service.reviews import SamePerson
from vouchers.steps.cases import CaseHeld

flags = Blueprint("claim_flags", __name__, url_prefix="/claims", description="Flags of claims and their findings.")


@flags.route("/<int:claim_id>/flags", methods=["GET"])
@allow(may_read_flags)
@problems(ClaimMissing)
@flags.response(200, FlagsSchema)
def list_flags(claim_id: int) -> dict[str, list[ShownFlag]]:
    """The flags of a claim

    What is suspected, on what evidence, and what reviewers found. For officials: who a flag is about never reads it.
    """
    actor = current_actor()
    return {"items": shown_flags(find_claim(claim_id, actor=actor), actor=actor)}


@flags.route("/<int:claim_id>/flags/<int:flag_id>/finding", methods=["POST"])
@allow(may_find_flags)
@problems(ClaimMissing, FlagMissing, FindingRefused, SamePerson, ConflictOfInterest, CaseHeld, StateForbids)
@idempotent
@flags.arguments(FlagFindingSchema)
@flags.response(201, FlagSchema)
def find(given: dict[str, Any], claim_id: int, flag_id: int) -> ShownFlag:
    """Uphold or clear a flag

    With a reason, by the city while it reviews the claim; by the province about what was raised since. A claim is
    approved only when each of its flags has a finding; an upheld one has a consequence or is explained.
    """
    actor = current_actor()
    flag = service.find(
        claim_id=claim_id,
        flag_id=flag_id,
        finding=given["finding"],
        reason_given=given["reason"],
        actor=actor,
        now=clock.now(),
    )
    return shown_flag(flag, actor=actor)

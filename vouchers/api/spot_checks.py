"""Spot checks over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.errors import Refused
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from vouchers.models import SpotCheck
from vouchers.permissions import may_draw, may_read_spot_checks
from vouchers.queries.spot_checks import Replay, SpotCheckMissing, all_spot_checks, find_spot_check, replay_of
from vouchers.schemas.spot_checks import NewSpotCheckSchema, ReplaySchema, SpotCheckSchema
from vouchers.service import spot_checks as service
from vouchers.service.spot_checks import FrameEmpty

spot_checks = Blueprint(
    "spot-checks", __name__, url_prefix="/spot-checks", description="Reproducible draws of confirmed claims (V19)."
)


@spot_checks.route("", methods=["POST"])
@allow(may_draw)
@problems(FrameEmpty, Refused)
@idempotent
@spot_checks.arguments(NewSpotCheckSchema)
@spot_checks.response(201, SpotCheckSchema)
def draw(given: dict[str, Any]) -> SpotCheck:
    """Draw a spot check

    From the claims confirmed in a period, perhaps of one city, provider, user or kind, or from some sum. Seed and frame
    are kept, so that anybody can repeat the draw. Of each drawn claim an inspection is planned.
    """
    return service.draw_spot_check(**given, actor=current_actor(), now=clock.now())


@spot_checks.route("", methods=["GET"])
@allow(may_read_spot_checks)
@spot_checks.arguments(CursorSchema, location="query")
@spot_checks.response(200, page_schema(SpotCheckSchema))
def list_spot_checks(given: dict[str, Any]) -> dict[str, Any]:
    """Spot checks

    All that were drawn.
    """
    return page_of(all_spot_checks(), cursor=given.get("cursor"), limit=given["limit"], key=SpotCheck.id)


@spot_checks.route("/<int:check_id>", methods=["GET"])
@allow(may_read_spot_checks)
@problems(SpotCheckMissing)
@spot_checks.response(200, SpotCheckSchema)
def show(check_id: int) -> SpotCheck:
    """A spot check

    With its seed, frame and draw.
    """
    return find_spot_check(check_id)


@spot_checks.route("/<int:check_id>/replay", methods=["GET"])
@allow(may_read_spot_checks)
@problems(SpotCheckMissing)
@spot_checks.response(200, ReplaySchema)
def replay(check_id: int) -> Replay:
    """A spot check drawn again

    Out of its stored seed and frame, and whether it is the same.
    """
    return replay_of(check_id)

"""Groups that merge or split, and teams that became enterprises, over HTTP (V12 cap)."""

from __future__ import annotations

from typing import Any

from accounts.models import ControllerChange, ControllerTenure, TeamSuccession
from accounts.permissions import (
    authority,
    incubator,
    may_propose_group_change,
    may_read_group_changes,
    may_read_successions,
    may_review_group_change,
)
from accounts.permissions import city_bureau as may_decide_successions
from accounts.queries.controllers import ControllerMissing
from accounts.queries.groups import (
    GroupChangeMissing,
    SuccessionMissing,
    find_group_change,
    find_succession,
    visible_group_changes,
    visible_successions,
)
from accounts.queries.organisations import OrganisationMissing
from accounts.schemas.standing import NewTenureSchema, TenureSchema
from accounts.service.standing import StandingRefused
from accounts.steps.groups import GroupMoving
from accounts.steps.standing import ControllerMerged, TenureOverlaps
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement.steps import OwnerAbsorbed
from vouchers.schemas.groups import (
    GroupChangeDetailSchema,
    GroupChangeSchema,
    NewGroupChangeSchema,
    NewSuccessionSchema,
    ProposalQuerySchema,
    ProposalReviewSchema,
    SuccessionDetailSchema,
    SuccessionSchema,
)
from vouchers.service import groups, naming, successions
from vouchers.service.groups import GroupChangeOpen, GroupChangeRefused, ProposerDecides
from vouchers.service.naming import NamingReviewed
from vouchers.service.successions import SuccessionExists, SuccessionRefused

controller_changes = Blueprint(
    "controller_changes",
    __name__,
    url_prefix="/controller-changes",
    description="Groups that merge or split in mid-year and firms whose controller is named, with what they used.",
)
organisation_controllers = Blueprint(
    "organisation_controllers",
    __name__,
    url_prefix="/organisations/<int:organisation_id>/controllers",
    description="Who controls an organisation (V12 cap).",
)
team_successions = Blueprint(
    "team_successions",
    __name__,
    url_prefix="/team-successions",
    description="Teams that became enterprises and keep their history.",
)


@organisation_controllers.route("", methods=["POST"])
@allow(authority)
@problems(OrganisationMissing, ControllerMissing, StandingRefused, NamingReviewed, TenureOverlaps, ControllerMerged)
@idempotent
@organisation_controllers.arguments(NewTenureSchema)
@organisation_controllers.response(201, TenureSchema)
def set_controller(given: dict[str, Any], organisation_id: int) -> ControllerTenure:
    """Say who controls an organisation from a day on

    Of one that has used and holds nothing of a yearly cap; the tenure that runs until then ends. For every other firm,
    for a day ahead and for a controller whose name others have too, propose a change of kind `naming`.
    """
    return naming.set_controller(organisation_id=organisation_id, **given, actor=current_actor(), now=clock.now())


@controller_changes.route("", methods=["POST"])
@allow(may_propose_group_change)
@problems(ControllerMissing, OrganisationMissing, GroupChangeRefused, GroupChangeOpen)
@idempotent
@controller_changes.arguments(NewGroupChangeSchema)
@controller_changes.response(201, GroupChangeDetailSchema)
def propose_change(given: dict[str, Any]) -> ControllerChange:
    """Propose a merge, a split or who controls a firm

    By the bureau of a city that has a firm of the group, or the province; a naming by the bureau of the firm. Nothing
    changes until another person of the province approves it.
    """
    return groups.propose(**given, actor=current_actor(), now=clock.now())


@controller_changes.route("", methods=["GET"])
@allow(may_read_group_changes)
@controller_changes.arguments(ProposalQuerySchema, location="query")
@controller_changes.response(200, page_schema(GroupChangeSchema))
def list_changes(given: dict[str, Any]) -> dict[str, Any]:
    """Merges and splits in sight"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_group_changes(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=ControllerChange.id)


@controller_changes.route("/<int:change_id>", methods=["GET"])
@allow(may_read_group_changes)
@problems(GroupChangeMissing)
@controller_changes.response(200, GroupChangeDetailSchema)
def show_change(change_id: int) -> ControllerChange:
    """A merge or split

    With what it did to the yearly caps.
    """
    return find_group_change(change_id, actor=current_actor())


@controller_changes.route("/<int:change_id>/review", methods=["POST"])
@allow(may_review_group_change)
@problems(
    GroupChangeMissing,
    StateForbids,
    ProposerDecides,
    GroupChangeRefused,
    OwnerAbsorbed,
    TenureOverlaps,
    ControllerMerged,
    GroupMoving,
)
@idempotent
@controller_changes.arguments(ProposalReviewSchema)
@controller_changes.response(201, GroupChangeDetailSchema)
def review_change(given: dict[str, Any], change_id: int) -> ControllerChange:
    """Decide a merge, a split or who controls a firm

    Approving it, on its day or later, moves the firms and their use: a merge adds both groups' use and live holds, a
    split lets the use count for those who left too, a firm whose controller was not known brings its own along.
    """
    return groups.review(change_id=change_id, **given, actor=current_actor(), now=clock.now())


@team_successions.route("", methods=["POST"])
@allow(incubator)
@problems(OrganisationMissing, SuccessionRefused, SuccessionExists)
@idempotent
@team_successions.arguments(NewSuccessionSchema)
@team_successions.response(201, SuccessionDetailSchema)
def propose_succession(given: dict[str, Any]) -> TeamSuccession:
    """Propose that a team became an enterprise

    By its incubator; the enterprise is an approved member, named by its code.
    """
    return successions.propose(**given, actor=current_actor(), now=clock.now())


@team_successions.route("", methods=["GET"])
@allow(may_read_successions)
@team_successions.arguments(ProposalQuerySchema, location="query")
@team_successions.response(200, page_schema(SuccessionSchema))
def list_successions(given: dict[str, Any]) -> dict[str, Any]:
    """Successions in sight"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_successions(current_actor(), **given), cursor=cursor, limit=limit, key=TeamSuccession.id)


@team_successions.route("/<int:succession_id>", methods=["GET"])
@allow(may_read_successions)
@problems(SuccessionMissing)
@team_successions.response(200, SuccessionDetailSchema)
def show_succession(succession_id: int) -> TeamSuccession:
    """A succession

    With what it did to the yearly caps.
    """
    return find_succession(succession_id, actor=current_actor())


@team_successions.route("/<int:succession_id>/review", methods=["POST"])
@allow(may_decide_successions)
@problems(SuccessionMissing, StateForbids, ProposerDecides, SuccessionRefused, OwnerAbsorbed)
@idempotent
@team_successions.arguments(ProposalReviewSchema)
@team_successions.response(201, SuccessionDetailSchema)
def review_succession(given: dict[str, Any], succession_id: int) -> TeamSuccession:
    """Decide a succession

    By the bureau of the team's city. Approved, the team's membership ends, its use counts on the cap of its firm, and
    the firm sees the team's orders and claims; those under way go on.
    """
    return successions.review(succession_id=succession_id, **given, actor=current_actor(), now=clock.now())

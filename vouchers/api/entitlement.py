"""What users can still use of a year's cap, over HTTP (V12 cap)."""

from __future__ import annotations

from typing import Any

from accounts.models import Organisation
from accounts.queries.organisations import OrganisationMissing
from core import clock
from core.http import Blueprint, allow, current_actor, page_of, page_schema, problems
from vouchers.permissions import may_read_entitlement
from vouchers.queries.yearly import YearlyUse, find_user, users_in_sight, yearly_use, yearly_uses
from vouchers.schemas.entitlement import EntitlementListQuerySchema, EntitlementQuerySchema, EntitlementSchema

entitlement = Blueprint(
    "entitlement", __name__, url_prefix="/entitlement", description="The yearly cap of users: held, used and left."
)


@entitlement.route("", methods=["GET"])
@allow(may_read_entitlement)
@entitlement.arguments(EntitlementListQuerySchema, location="query")
@entitlement.response(200, page_schema(EntitlementSchema))
def list_entitlement(given: dict[str, Any]) -> dict[str, Any]:
    """The year's cap of those one acts for

    One's own; an incubator's teams'.
    """
    now = clock.now()
    year = given.get("year") or clock.today(now).year
    users = users_in_sight(current_actor())
    page = page_of(users, cursor=given.get("cursor"), limit=given["limit"], key=Organisation.id)
    uses = yearly_uses([user.id for user in page["items"]], year=year, now=now)
    return {**page, "items": [uses[user.id] for user in page["items"]]}


@entitlement.route("/<int:organisation_id>", methods=["GET"])
@allow(may_read_entitlement)
@problems(OrganisationMissing)
@entitlement.arguments(EntitlementQuerySchema, location="query")
@entitlement.response(200, EntitlementSchema)
def show(given: dict[str, Any], organisation_id: int) -> YearlyUse:
    """The year's cap of a user

    What it holds and has used itself, and what all others under the same actual controller do, as one sum that names
    nobody.
    """
    now = clock.now()
    user = find_user(organisation_id, actor=current_actor())
    return yearly_use(user.id, year=given.get("year") or clock.today(now).year, now=now)

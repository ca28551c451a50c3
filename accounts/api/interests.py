"""Interests of officers over HTTP."""

from __future__ import annotations

from typing import Any

from accounts import service
from accounts.models import UserInterest
from accounts.permissions import admin, may_keep_interests, may_read_interests
from accounts.queries.interests import InterestMissing, visible_interests
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.users import UserMissing
from accounts.schemas.interests import (
    InterestEndingSchema,
    InterestQuerySchema,
    InterestSchema,
    InterestVoidingSchema,
    NewInterestSchema,
)
from accounts.service.interests import InterestEnded, InterestRefused, OthersInterest
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems

interests = Blueprint(
    "interests", __name__, url_prefix="/interests", description="What ties officers to those they decide about."
)


@interests.route("", methods=["GET"])
@allow(may_read_interests)
@interests.arguments(InterestQuerySchema, location="query")
@interests.response(200, page_schema(InterestSchema))
def list_interests(given: dict[str, Any]) -> dict[str, Any]:
    """Interests in sight

    One's own; all of them for the administrator and the auditor.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_interests(current_actor(), **given), cursor=cursor, limit=limit, key=UserInterest.id)


@interests.route("", methods=["POST"])
@allow(may_keep_interests)
@problems(InterestRefused, OthersInterest, OrganisationMissing, UserMissing)
@idempotent
@interests.arguments(NewInterestSchema)
@interests.response(201, InterestSchema)
def declare(given: dict[str, Any]) -> UserInterest:
    """Declare an interest

    A former employer, family, a holding. While it lasts, and for the cooling period after it, the officer decides
    nothing about that organisation.
    """
    return service.interests.declare(**given, actor=current_actor(), now=clock.now())


@interests.route("/<int:interest_id>/end", methods=["POST"])
@allow(may_keep_interests)
@problems(InterestMissing, InterestRefused, InterestEnded, OthersInterest)
@idempotent
@interests.arguments(InterestEndingSchema)
@interests.response(201, InterestSchema)
def end(given: dict[str, Any], interest_id: int) -> UserInterest:
    """End an interest

    The cooling period counts from its last day. Officers end what they declared themselves, not before today; all else
    is the administrator's.
    """
    return service.interests.end(interest_id=interest_id, **given, actor=current_actor(), now=clock.now())


@interests.route("/<int:interest_id>/voiding", methods=["POST"])
@allow(admin)
@problems(InterestMissing, InterestEnded)
@idempotent
@interests.arguments(InterestVoidingSchema)
@interests.response(201, InterestSchema)
def void(given: dict[str, Any], interest_id: int) -> UserInterest:
    """Take back a mistaken declaration

    By the administrator, with the reason; it is kept.
    """
    return service.interests.void(interest_id=interest_id, **given, actor=current_actor(), now=clock.now())

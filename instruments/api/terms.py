"""Terms of listings over HTTP (S13, S14)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.models import Instrument, ReportedChange
from instruments.permissions import may_offer, may_read_deadlines, may_report_changes
from instruments.queries.details import deadlines, listing_deadlines
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.terms import (
    ReportedChangeMissing,
    change_deadlines,
    changes_in_scope,
    in_city,
    open_changes,
)
from instruments.schemas.terms import (
    ChangeWithdrawalSchema,
    DeadlineQuerySchema,
    DeadlineSchema,
    NewReportedChangeSchema,
    ReportedChangeSchema,
    ReportedChangesSchema,
)
from instruments.service import changes as service
from instruments.service.changes import ChangeNotFollowed
from instruments.steps.describing import InstrumentRefused

terms = Blueprint(
    "listing_terms", __name__, url_prefix="/instruments", description="What is to be listed, and updated, in time."
)
reported_changes = Blueprint(
    "reported_changes", __name__, url_prefix="/reported-changes", description="Changes that listings have to tell."
)


@terms.route("/listing-deadlines", methods=["GET"])
@allow(may_read_deadlines)
@terms.arguments(DeadlineQuerySchema, location="query")
@terms.response(200, page_schema(DeadlineSchema))
def listings(given: dict[str, Any]) -> dict[str, Any]:
    """Listings still to be made

    Mandatory instruments that are accepted and not yet public, with their last day (S13); overdue ones alone if asked.
    """
    on, city = clock.today(clock.now()), given.pop("city", None)
    query = listing_deadlines(actor=current_actor(), on=on, overdue=given.pop("overdue"))
    page = page_of(query if city is None else query.where(in_city(city)), **given, key=Instrument.id)
    return {**page, "items": deadlines(page["items"], on=on)}


@terms.route("/update-deadlines", methods=["GET"])
@allow(may_read_deadlines)
@terms.arguments(DeadlineQuerySchema, location="query")
@terms.response(200, page_schema(ReportedChangeSchema))
def updates(given: dict[str, Any]) -> dict[str, Any]:
    """Listings still to be updated

    Changes of listed instruments that their listings do not tell yet, with the last day (S14); overdue ones alone if
    asked.
    """
    on, city = clock.today(clock.now()), given.pop("city", None)
    query = open_changes(actor=current_actor(), on=on, overdue=given.pop("overdue"))
    page = page_of(query if city is None else query.where(in_city(city)), **given, key=ReportedChange.id)
    return {**page, "items": change_deadlines(page["items"], on=on)}


@terms.route("/<int:instrument_id>/reported-changes", methods=["GET"])
@allow(may_read_deadlines)
@problems(InstrumentMissing)
@terms.response(200, ReportedChangesSchema)
def list_changes(instrument_id: int) -> dict[str, Any]:
    """Reported changes of an instrument

    For its owner and the authorities, whatever became of them.
    """
    found = changes_in_scope(instrument_id, actor=current_actor())
    return {"items": change_deadlines(found, on=clock.today(clock.now()))}


@terms.route("/<int:instrument_id>/reported-changes", methods=["POST"])
@allow(may_report_changes)
@problems(InstrumentMissing, InstrumentRefused, StateForbids)
@idempotent
@terms.arguments(NewReportedChangeSchema)
@terms.response(201, ReportedChangeSchema)
def report(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Report a change

    By the owner, or by the authority in charge: something about a listed instrument changed, and its listing is to tell
    it within the term of S14.
    """
    made = service.report_change(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
    return _shown(made)


@reported_changes.route("/<int:change_id>/following", methods=["POST"])
@allow(may_offer)
@problems(ReportedChangeMissing, StateForbids, ChangeNotFollowed)
@idempotent
@reported_changes.response(201, ReportedChangeSchema)
def follow(change_id: int) -> dict[str, Any]:
    """State that the listing tells a change

    By the owner, after changing the listing; refused while it says what it said when the change was reported.
    """
    return _shown(service.follow_change(change_id=change_id, actor=current_actor(), now=clock.now()))


@reported_changes.route("/<int:change_id>/withdrawal", methods=["POST"])
@allow(may_report_changes)
@problems(ReportedChangeMissing, StateForbids)
@idempotent
@reported_changes.arguments(ChangeWithdrawalSchema)
@reported_changes.response(201, ReportedChangeSchema)
def withdraw(given: dict[str, Any], change_id: int) -> dict[str, Any]:
    """Take a report back

    By the organisation that reported the change.
    """
    return _shown(service.withdraw_change(change_id=change_id, **given, actor=current_actor(), now=clock.now()))


def _shown(change: ReportedChange) -> dict[str, Any]:
    (found,) = change_deadlines([change], on=clock.today(clock.now()))
    return found

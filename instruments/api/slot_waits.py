"""Waiting for slots over HTTP."""

from __future__ import annotations

from typing import Any

from accounts.queries.beneficiaries import BeneficiaryMissing, BeneficiaryUnclear
from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.models import SlotWait
from instruments.permissions import may_ask_for_it, may_read_waits
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.slot_waits import PlacedWait, SlotWaitMissing, placed, see_wait, waits_in_sight
from instruments.schemas.slot_waits import NewSlotWaitSchema, SlotWaitSchema
from instruments.service import slot_waits as service
from instruments.service.slot_waits import SlotWaitRefused
from instruments.steps import InstrumentNotPublished

slot_waits = Blueprint(
    "slot_waits", __name__, url_prefix="", description="Waiting for slots that somebody else has, in order of asking."
)


@slot_waits.route("/slot-waits", methods=["GET"])
@allow(may_read_waits)
@slot_waits.arguments(CursorSchema, location="query")
@slot_waits.response(200, page_schema(SlotWaitSchema))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """What one waits for

    And waited for, also of an incubator's teams; of a provider who waits for its instruments.
    """
    page = page_of(waits_in_sight(current_actor()), **given, key=SlotWait.id)
    return {**page, "items": placed(page["items"])}


@slot_waits.route("/slot-waits/<int:wait_id>", methods=["GET"])
@allow(may_read_waits)
@problems(SlotWaitMissing)
@slot_waits.response(200, SlotWaitSchema)
def show(wait_id: int) -> PlacedWait:
    """How it stands with who waits"""
    return placed([see_wait(wait_id, actor=current_actor())])[0]


@slot_waits.route("/instruments/<int:instrument_id>/slot-waits", methods=["POST"])
@allow(may_ask_for_it)
@problems(InstrumentMissing, InstrumentNotPublished, SlotWaitRefused, BeneficiaryMissing, BeneficiaryUnclear)
@idempotent
@slot_waits.arguments(NewSlotWaitSchema)
@slot_waits.response(201, SlotWaitSchema)
def ask(given: dict[str, Any], instrument_id: int) -> PlacedWait:
    """Wait for a slot

    That somebody else has. When it becomes free the first who asked is told and has a while to book it, then the next.
    Nothing is held: until it is booked, anybody may book it.
    """
    wait = service.wait_for_slot(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
    return placed([wait])[0]


@slot_waits.route("/slot-waits/<int:wait_id>/withdrawal", methods=["POST"])
@allow(may_ask_for_it)
@problems(SlotWaitMissing, StateForbids)
@idempotent
@slot_waits.response(201, SlotWaitSchema)
def withdraw(wait_id: int) -> PlacedWait:
    """Wait no more

    Or decline what was offered; the next is told.
    """
    return placed([service.stop_waiting(wait_id=wait_id, actor=current_actor(), now=clock.now())])[0]

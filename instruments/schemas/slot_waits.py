"""What goes in and out about waiting for slots."""

from __future__ import annotations

from typing import Any

from marshmallow import pre_dump

from core.http import CountField, EnumField, IdField, InstantField, Schema
from instruments.queries.slot_waits import PlacedWait
from instruments.states import SlotWaitState


class NewSlotWaitSchema(Schema):
    """The slot one would have."""

    starts_at = InstantField(required=True, metadata={"description": "Start."})
    ends_at = InstantField(required=True, metadata={"description": "End, not part of it."})
    beneficiary_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "An incubator names the team it asks for."}
    )


class SlotWaitSchema(Schema):
    """Somebody who waits for a slot."""

    id = IdField(required=True, metadata={"description": "Its number."})
    instrument_id = IdField(required=True, metadata={"description": "The instrument."})
    organisation_id = IdField(required=True, metadata={"description": "The enterprise or team that waits."})
    starts_at = InstantField(required=True, metadata={"description": "Start of the slot."})
    ends_at = InstantField(required=True, metadata={"description": "End of the slot, not part of it."})
    state = EnumField(SlotWaitState, required=True, metadata={"description": "How it stands."})
    ahead = CountField(
        required=True,
        allow_none=True,
        metadata={"description": "How many wait for the same time and are told before; null once one waits no more."},
    )
    offered_at = InstantField(required=True, allow_none=True, metadata={"description": "Since when the slot is free."})
    book_by = InstantField(
        required=True, allow_none=True, metadata={"description": "Until when to book it before the next is told."}
    )
    asked_at = InstantField(required=True, metadata={"description": "When it was asked."})

    @pre_dump
    def flatten(self, shown: PlacedWait, **_: Any) -> dict[str, Any]:
        """The slot as two instants, and the place."""
        wait = shown.wait
        kept = ("id", "instrument_id", "organisation_id", "state", "offered_at", "book_by", "asked_at")
        slot = {"starts_at": wait.during.start, "ends_at": wait.during.end, "ahead": shown.ahead}
        return {**{name: getattr(wait, name) for name in kept}, **slot}

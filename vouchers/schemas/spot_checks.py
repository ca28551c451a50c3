"""Spot checks as the API takes and shows them (V19)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from core.http import (
    CountField,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
)
from core.kinds import ServiceKind
from vouchers.service.spot_checks import FrameCriteria


class NewSpotCheckSchema(Schema):
    """What to draw from."""

    confirmed_from = DayField(required=True, metadata={"description": "First day of confirmation."})
    confirmed_to = DayField(required=True, metadata={"description": "Last day of confirmation, included."})
    city = TextField(
        load_default=None, allow_none=True, max_length=6, metadata={"description": "Only claims of this city, by code."}
    )
    provider_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "Only claims for services of this provider."}
    )
    beneficiary_id = IdField(load_default=None, allow_none=True, metadata={"description": "Only claims of this user."})
    service_kind = EnumField(
        ServiceKind, load_default=None, allow_none=True, metadata={"description": "Only services of this kind."}
    )
    min_confirmed_fen = FenField(
        load_default=None, allow_none=True, metadata={"description": "Only confirmed sums from this one, in fen."}
    )
    by_strata = FlagField(
        load_default=False, metadata={"description": "Whether dear claims weigh more, in the strata of the policy."}
    )
    size = CountField(
        required=True, minimum=1, maximum=10_000, metadata={"description": "How many claims to draw; fewer if few."}
    )
    seed = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "The seed; one is made where none is given."},
    )
    reason = TextField(required=True, max_length=500, metadata={"description": "Why it is drawn."})

    @post_load
    def _criteria(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        rest = {name: data[name] for name in ("by_strata", "size", "seed")}
        criteria = {name: value for name, value in data.items() if name not in rest and name != "reason"}
        return {**rest, "why": data["reason"], "criteria": FrameCriteria(**criteria)}


class CriteriaSchema(Schema):
    """What a frame was narrowed to; null does not narrow. Empty for draws from before there was more than a period."""

    confirmed_from = TextField(metadata={"format": "date", "description": "First day of confirmation."})
    confirmed_to = TextField(metadata={"format": "date", "description": "Last day of confirmation."})
    city = TextField(allow_none=True, metadata={"description": "Code of the city."})
    provider_id = IdField(allow_none=True, metadata={"description": "The provider."})
    beneficiary_id = IdField(allow_none=True, metadata={"description": "The user."})
    service_kind = TextField(allow_none=True, metadata={"description": "Kind of the service."})
    min_confirmed_fen = FenField(allow_none=True, metadata={"description": "The least confirmed sum, in fen."})


class StratumSchema(Schema):
    """A part of the frame that is drawn for itself."""

    from_fen = FenField(required=True, metadata={"description": "Confirmed sum from which it begins, in fen."})
    weight = CountField(required=True, metadata={"description": "What each of its claims weighs."})
    size = CountField(required=True, metadata={"description": "How many of it are drawn."})
    members = fields.List(
        IdField(metadata={"description": "Number of a claim."}), required=True, metadata={"description": "Its claims."}
    )


class SpotCheckSchema(Schema):
    """A draw that anybody can repeat from seed and frame."""

    id = IdField(required=True, metadata={"description": "Number of the spot check."})
    seed = TextField(required=True, metadata={"description": "The seed."})
    size = CountField(required=True, metadata={"description": "How many were wanted."})
    reason = TextField(required=True, metadata={"description": "Why it was drawn."})
    criteria = fields.Nested(CriteriaSchema, required=True, metadata={"description": "What the frame was narrowed to."})
    frame = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        metadata={"description": "The claims it was drawn from."},
    )
    strata = fields.List(
        fields.Nested(StratumSchema),
        required=True,
        metadata={"description": "The parts of the frame that were drawn each for itself; none: the whole frame was."},
    )
    drawn = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        metadata={"description": "Those whose SHA-256 over `seed:number` is least, in each stratum or the frame."},
    )
    drawn_at = InstantField(required=True, metadata={"description": "When it was drawn."})


class ReplaySchema(Schema):
    """A draw made again out of its stored seed and frame."""

    spot_check_id = IdField(required=True, attribute="check.id", metadata={"description": "The spot check."})
    seed = TextField(required=True, attribute="check.seed", metadata={"description": "The seed."})
    frame_sha256 = TextField(
        required=True,
        metadata={"description": "SHA-256 over the numbers of the frame, ascending, separated by commas."},
    )
    drawn = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        attribute="check.drawn",
        metadata={"description": "What was drawn then."},
    )
    replayed = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        metadata={"description": "What is drawn again."},
    )
    same = FlagField(required=True, metadata={"description": "Whether it is the same."})

"""Reviews of purchases, in and out (S27)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, pre_dump, validate

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from core.http.schemas import fault
from instruments.rules.purchases import MOST_KEPT, FoundBy, PurchaseDecision
from instruments.states import PurchaseReviewState

PROSE = 2000
NAME = 200
HOURS = ("usable_hours", "booked_hours", "used_hours", "booked_rate", "free_hours")


class PurchaseFieldsSchema(Schema):
    """What a buyer states."""

    name = TextField(required=True, max_length=NAME, metadata={"description": "What is to be bought."})
    category = TextField(
        required=True,
        max_length=NAME,
        metadata={"description": "Class in words, or 2, 4 or 6 digits of the national ones."},
    )
    specifications = TextField(
        required=True, max_length=PROSE, metadata={"description": "Words of its specification, the weightiest first."}
    )
    value_fen = FenField(required=True, minimum=1, metadata={"description": "Price of one in fen."})
    provincial_fen = FenField(required=True, minimum=1, metadata={"description": "Provincial money in it, in fen."})
    funding_source = TextField(
        required=True, max_length=NAME, metadata={"description": "Project or budget the provincial money comes from."}
    )
    county = TextField(
        required=True, max_length=6, metadata={"description": "Six-digit code of the county where it is to stand."}
    )
    why = TextField(
        required=True, max_length=PROSE, metadata={"description": "Why sharing what there is does not serve."}
    )


class PurchaseQuerySchema(CursorSchema):
    """Which reviews."""

    state = EnumField(PurchaseReviewState, load_default=None, metadata={"description": "Only those in this state."})
    city = TextField(load_default=None, max_length=6, metadata={"description": "Only those of buyers of this city."})
    year = CountField(
        load_default=None, minimum=2000, maximum=2200, metadata={"description": "Only those of this year."}
    )


class PurchaseDecisionSchema(Schema):
    """What the province says."""

    decision = EnumField(
        PurchaseDecision,
        required=True,
        metadata={"description": "justified, share (instruments that were found serve), or return for correction."},
    )
    instrument_ids = fields.List(
        IdField(),
        load_default=list,
        validate=validate.Length(max=MOST_KEPT, error=fault("invalid")),
        metadata={"description": "With share: which of the instruments found then serve."},
    )
    opinion = TextField(required=True, max_length=PROSE, metadata={"description": "Why."})


class PurchaseLookSchema(Schema):
    """One search that was made."""

    by = EnumField(FoundBy, required=True, metadata={"description": "What it looked for."})
    q = TextField(required=True, metadata={"description": "Its words, or empty."})
    category = TextField(required=True, metadata={"description": "The class it was cut to, or empty."})
    total = CountField(required=True, metadata={"description": "How many instruments it found."})


def _hours(description: str) -> DecimalField:
    return DecimalField(required=True, allow_none=True, metadata={"description": description})


class ComparableInstrumentSchema(Schema):
    """An instrument as it was when the catalogue was searched; hours are null where nothing was known of its time."""

    id = IdField(required=True, metadata={"description": "Number of the instrument."})
    name = TextField(required=True, metadata={"description": "Its name then."})
    model = TextField(required=True, metadata={"description": "Its model."})
    provider = TextField(required=True, metadata={"description": "Whose it was."})
    city = TextField(required=True, metadata={"description": "Code of the city where it stood; empty if none."})
    value_fen = FenField(required=True, allow_none=True, metadata={"description": "Its value in fen, if told."})
    found_by = fields.List(EnumField(FoundBy), required=True, metadata={"description": "What found it."})
    words = fields.List(
        TextField(), required=True, metadata={"description": "Words of the specification that its own texts hold."}
    )
    usable_hours = _hours("Hours it could be used from used_from to used_until.")
    booked_hours = _hours("Hours booked of these.")
    used_hours = _hours("Hours used by the log.")
    booked_rate = _hours("Booked of usable; null where nothing was usable.")
    free_hours = _hours("Hours open and not booked from then to free_until.")


class PurchaseSearchSchema(Schema):
    """What the catalogue held when the purchase was handed in."""

    round = CountField(required=True, metadata={"description": "Which handing-in it belongs to, from 1."})
    made_at = InstantField(required=True, metadata={"description": "When."})
    asked = fields.Nested(PurchaseFieldsSchema, required=True, metadata={"description": "What was stated then."})
    looks = fields.List(
        fields.Nested(PurchaseLookSchema), required=True, metadata={"description": "The searches made."}
    )
    comparables = fields.List(
        fields.Nested(ComparableInstrumentSchema),
        required=True,
        metadata={"description": "The closest found, closest first."},
    )
    used_from = DayField(required=True, metadata={"description": "First day of the hours used."})
    used_until = DayField(required=True, metadata={"description": "Last day of them."})
    free_until = DayField(required=True, metadata={"description": "Last day of the free hours."})

    @pre_dump
    def with_kinds(self, kept: Any, **_: Any) -> dict[str, Any]:
        """Hours as numbers and ways as such: they are kept as text."""
        return {**{name: getattr(kept, name) for name in self.fields}, **read_search(kept)}


class PurchaseReviewSchema(PurchaseFieldsSchema):
    """A purchase, what the catalogue held against it, and what the province says."""

    id = IdField(required=True, metadata={"description": "Number of the record."})
    number = TextField(required=True, metadata={"description": "Number of the review, such as CZ2026-00001."})
    organisation_id = IdField(required=True, metadata={"description": "Who buys."})
    city = TextField(required=True, allow_none=True, metadata={"description": "The buyer's city when it asked."})
    state = EnumField(PurchaseReviewState, required=True, metadata={"description": "Where it stands."})
    round = CountField(required=True, metadata={"description": "How often it was handed in."})
    asked_at = InstantField(required=True, metadata={"description": "When it was handed in last."})
    decision = EnumField(
        PurchaseDecision, required=True, allow_none=True, metadata={"description": "What the province decided."}
    )
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When."})
    opinion = TextField(required=True, min_length=0, metadata={"description": "What it says to it."})
    share_ids = fields.List(IdField(), required=True, metadata={"description": "Instruments that serve instead."})
    searches = fields.List(
        fields.Nested(PurchaseSearchSchema), required=True, metadata={"description": "Each round's search, all kept."}
    )
    reasons = grounds_field("What the decision rests on; empty before.")


def read_search(kept: Any) -> dict[str, Any]:
    """The looks and comparables of a search with numbers and enums where they are kept as text."""
    return {
        "looks": [{**each, "by": FoundBy(each["by"])} for each in kept.looks],
        "comparables": [
            {
                **each,
                **{name: None if each[name] is None else Decimal(each[name]) for name in HOURS},
                "found_by": [FoundBy(by) for by in each["found_by"]],
            }
            for each in kept.comparables
        ],
    }

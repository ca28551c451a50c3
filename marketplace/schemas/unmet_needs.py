"""Needs the province may not meet, in and out (V16 out)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump, validate

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from core.http.schemas import fault
from instruments.queries.saved_searches import wanted_of
from instruments.schemas.saved_searches import KeptFiltersSchema
from marketplace.queries.unmet_needs import NeedView
from marketplace.rules.unmet_needs import NeedOutcome
from marketplace.states import UnmetNeedState

PROSE = 1500
"""With its number before it, why fits where a quote says it."""
MOST_PROPOSED = 50


class NeedFieldsSchema(Schema):
    """What a user states."""

    subject = TextField(required=True, max_length=200, metadata={"description": "What is to be examined or made."})
    methods = TextField(
        required=True, max_length=PROSE, metadata={"description": "By which methods, to which figures or standards."}
    )
    needed_from = DayField(load_default=None, allow_none=True, metadata={"description": "From when on."})
    needed_until = DayField(load_default=None, allow_none=True, metadata={"description": "By when."})
    why = TextField(
        required=True, max_length=PROSE, metadata={"description": "Why nothing that was found in the province serves."}
    )
    beneficiary_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "For which of its teams an incubator states it; else left out."},
    )


class NewNeedSchema(NeedFieldsSchema):
    """A need, with the search of the catalogue it rests on."""

    search = fields.Nested(
        KeptFiltersSchema, required=True, metadata={"description": "The search, which is made again and kept."}
    )


class NeedQuerySchema(CursorSchema):
    """Which statements."""

    state = EnumField(UnmetNeedState, load_default=None, metadata={"description": "Only those in this state."})
    city = TextField(load_default=None, max_length=6, metadata={"description": "Only those of users of this city."})
    year = CountField(
        load_default=None, minimum=2000, maximum=2200, metadata={"description": "Only those of this year."}
    )


class NeedAnswerSchema(Schema):
    """What an office proposes: published instruments and services, by their numbers."""

    instrument_ids = fields.List(
        IdField(),
        load_default=list,
        validate=validate.Length(max=MOST_PROPOSED, error=fault("invalid")),
        metadata={"description": "Instruments that may serve."},
    )
    service_ids = fields.List(
        IdField(),
        load_default=list,
        validate=validate.Length(max=MOST_PROPOSED, error=fault("invalid")),
        metadata={"description": "Services that may serve."},
    )
    opinion = TextField(
        min_length=0, load_default="", max_length=PROSE, metadata={"description": "What the office says to it."}
    )


class NeedClosingSchema(Schema):
    """With what a statement is closed."""

    outcome = EnumField(
        NeedOutcome, required=True, metadata={"description": "Whether the province does not meet the need, or does."}
    )
    note = TextField(min_length=0, load_default="", max_length=PROSE, metadata={"description": "Why."})


class FoundSchema(Schema):
    """An instrument as the search found it when the need was stated."""

    id = IdField(required=True, metadata={"description": "Number of the instrument."})
    name = TextField(required=True, metadata={"description": "Its name then."})
    model = TextField(required=True, metadata={"description": "Its model."})
    provider = TextField(required=True, metadata={"description": "Whose it was."})
    city = TextField(required=True, metadata={"description": "Code of the city where it stood; empty if none."})


class ProposedSchema(Schema):
    """What an office proposed."""

    kind = TextField(required=True, metadata={"description": "instrument or service."})
    id = IdField(required=True, metadata={"description": "Its number."})
    name = TextField(required=True, metadata={"description": "What it is called."})


class NeedSchema(NeedFieldsSchema):
    """A stated need with its evidence and its answer."""

    id = IdField(required=True, metadata={"description": "Number of the record."})
    number = TextField(required=True, metadata={"description": "Number of the statement, such as XQ2026-00001."})
    state = EnumField(UnmetNeedState, required=True, metadata={"description": "Where it stands."})
    beneficiary_id = IdField(required=True, metadata={"description": "Whose need it is."})
    city = TextField(required=True, allow_none=True, metadata={"description": "The user's city when it was stated."})
    search = fields.Nested(KeptFiltersSchema, required=True, metadata={"description": "The search it rests on."})
    found_total = CountField(required=True, metadata={"description": "How many instruments that search found then."})
    found_first = fields.List(
        fields.Nested(FoundSchema), required=True, metadata={"description": "The first of them, as they were."}
    )
    stated_at = InstantField(required=True, metadata={"description": "When it was stated."})
    proposals = fields.List(
        fields.Nested(ProposedSchema), required=True, metadata={"description": "What the office proposed."}
    )
    opinion = TextField(required=True, min_length=0, metadata={"description": "What the office says to it."})
    answered_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was answered last."})
    outcome = EnumField(
        NeedOutcome, required=True, allow_none=True, metadata={"description": "With what it was closed."}
    )
    closing_note = TextField(required=True, min_length=0, metadata={"description": "Why it was closed."})
    closed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was closed."})
    withdrawn_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was taken back."})
    reasons = grounds_field()

    @pre_dump
    def flatten(self, shown: NeedView, **_: Any) -> dict[str, Any]:
        """Its search with instants and terms, its proposals by name."""
        need = shown.need
        wanted = wanted_of(need.filters)
        derived = {
            "beneficiary_id": need.organisation_id,
            "search": {name: getattr(wanted, name) for name in need.filters},
            "proposals": shown.proposed,
        }
        return {**{name: getattr(need, name) for name in self.fields if name not in derived}, **derived}

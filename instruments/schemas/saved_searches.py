"""Kept searches in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CountField, DayField, EnumField, IdField, InstantField, Schema, TextField
from instruments.queries.saved_searches import NOT_KEPT, KeptSearch, wanted_of
from instruments.schemas.instruments import SearchSchema
from instruments.states import SavedSearchState

NAME = 100


class KeptFiltersSchema(SearchSchema):
    """What a kept search asks for: the filters of a search of the catalogue."""

    class Meta:
        exclude = ("cursor", "limit", *sorted(NOT_KEPT))


class SavedSearchNameSchema(Schema):
    """What a kept search is called."""

    name = TextField(
        required=True, max_length=NAME, metadata={"description": "Its name, which the user gives to one search only."}
    )


class NewSavedSearchSchema(SavedSearchNameSchema):
    """A search to keep."""

    search = fields.Nested(KeptFiltersSchema, required=True, metadata={"description": "What it asks for."})


class LookSchema(Schema):
    """A day's look that found something."""

    on = DayField(required=True, metadata={"description": "The day."})
    since = InstantField(
        required=True, metadata={"description": "What was published after this instant was looked at."}
    )
    until = InstantField(required=True, metadata={"description": "Up to this one."})
    found = CountField(required=True, metadata={"description": "How many instruments answered."})


class SavedSearchSchema(SavedSearchNameSchema):
    """A kept search, of which its user is told once a day at most."""

    id = IdField(required=True, metadata={"description": "Number of the kept search."})
    state = EnumField(SavedSearchState, required=True, metadata={"description": "Whether it is looked at each day."})
    search = fields.Nested(KeptFiltersSchema, required=True, metadata={"description": "What it asks for."})
    created_at = InstantField(required=True, metadata={"description": "When it was saved."})
    looked_until = InstantField(
        required=True, metadata={"description": "What was published up to this instant has been looked at."}
    )
    last_found = fields.Nested(
        LookSchema, required=True, allow_none=True, metadata={"description": "The latest look that found anything."}
    )

    @pre_dump
    def flatten(self, shown: KeptSearch, **_: Any) -> dict[str, Any]:
        """Its filters alone, as instants and terms."""
        kept = shown.kept
        wanted = wanted_of(kept.filters)
        return {
            **{name: getattr(kept, name) for name in ("id", "name", "state", "created_at", "looked_until")},
            "search": {name: getattr(wanted, name) for name in kept.filters},
            "last_found": shown.last_found,
        }

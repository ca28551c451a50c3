"""Suggestions out, and what answers questions about the catalogue."""

from __future__ import annotations

from marshmallow import fields, validate

from core.http import EnumField, IdField, Schema, TextField
from instruments.queries.suggestions import SuggestionKind


class AnsweredSchema(Schema):
    """What answered a question about the catalogue."""

    source = TextField(
        required=True,
        validate=validate.OneOf(("index", "database")),
        metadata={"description": "What answered: the search index, or the database."},
    )
    fallback = TextField(
        required=True,
        allow_none=True,
        validate=validate.OneOf(("missing", "broken", "behind")),
        metadata={"description": "Why the database answered although the index should have; else null."},
    )
    behind_seconds = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "How long the oldest change not yet in the index has waited; null where unknown."},
    )


class SuggestionQuerySchema(Schema):
    """What was typed so far."""

    q = TextField(
        min_length=0, max_length=200, required=True, metadata={"description": "What was typed so far, pinyin too."}
    )


class SuggestionSchema(Schema):
    """Something that may be meant."""

    kind = EnumField(
        SuggestionKind,
        required=True,
        metadata={"description": "What it is of: name, model, category, provider, service."},
    )
    text = TextField(required=True, metadata={"description": "As it is written; to be searched for."})
    provider = IdField(
        required=True, allow_none=True, metadata={"description": "Number of the provider whose name it is; else null."}
    )


class SuggestionsSchema(AnsweredSchema):
    """Suggestions, by kind, the likeliest first."""

    items = fields.List(fields.Nested(SuggestionSchema), required=True, metadata={"description": "What may be meant."})

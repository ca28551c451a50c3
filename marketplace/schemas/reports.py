"""What reports show over the API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CountField, CursorSchema, DayField, IdField, InstantField, Schema, TextField
from marketplace.reports.policy_table import Article, PolicyRow
from marketplace.reports.trail import TrailLine


class TrailQuerySchema(CursorSchema):
    """Which entries of the audit trail are wanted."""

    subject_kind = TextField(load_default=None, max_length=60, metadata={"description": "Kind of record."})
    subject_id = IdField(load_default=None, metadata={"description": "Number of the record."})
    action = TextField(load_default=None, max_length=60, metadata={"description": "What was done."})
    words = TextField(
        load_default=None,
        max_length=200,
        metadata={"description": "Looked for in names of users and organisations, and in what went with the entry."},
    )
    since = DayField(load_default=None, metadata={"description": "First day."})
    until = DayField(load_default=None, metadata={"description": "Last day."})


class TrailMarkSchema(Schema):
    """An entry at one end of what is sealed."""

    id = IdField(required=True, metadata={"description": "Number of the entry."})
    at = TextField(
        required=True, allow_none=True, metadata={"description": "When it was written; null where it is gone."}
    )


class AuditHeadSchema(Schema):
    """The newest seal over the audit trail and what all seals cover, signed with the key of the seals."""

    format = CountField(required=True, metadata={"description": "Version of this form."})
    number = IdField(required=True, metadata={"description": "Number of the newest seal."})
    digest = TextField(required=True, metadata={"description": "Its digest, which stands for everything before."})
    key_mark = TextField(required=True, metadata={"description": "Which key sealed and signed."})
    sealed_at = TextField(required=True, metadata={"description": "When the newest seal was made."})
    entries = CountField(required=True, metadata={"description": "How many entries all seals cover."})
    first = fields.Nested(TrailMarkSchema, required=True, metadata={"description": "The first of them."})
    last = fields.Nested(TrailMarkSchema, required=True, metadata={"description": "The last of them."})
    waiting = CountField(required=True, metadata={"description": "How many entries wait for a seal."})
    exported_at = TextField(required=True, metadata={"description": "When this was exported."})
    signature = TextField(required=True, metadata={"description": "HMAC-SHA256 over all the rest."})


class TrailEntrySchema(Schema):
    """One entry of the audit trail."""

    id = IdField(required=True, metadata={"description": "Number of the entry."})
    at = InstantField(required=True, metadata={"description": "When it happened."})
    username = TextField(required=True, allow_none=True, metadata={"description": "Who did it; null for the system."})
    organisation = TextField(required=True, allow_none=True, metadata={"description": "On whose behalf."})
    role = TextField(required=True, metadata={"description": "As what."})
    action = TextField(required=True, metadata={"description": "What was done."})
    subject_kind = TextField(required=True, metadata={"description": "Kind of the record."})
    subject_id = IdField(required=True, metadata={"description": "Number of the record."})
    from_state = TextField(required=True, allow_none=True, metadata={"description": "State before."})
    to_state = TextField(required=True, allow_none=True, metadata={"description": "State after."})
    data = fields.Dict(
        keys=fields.String(metadata={"description": "What it is."}),
        values=fields.Raw(allow_none=True, metadata={"description": "Its value."}),
        required=True,
        metadata={"description": "What went with it."},
    )

    @pre_dump
    def flatten(self, line: TrailLine, **_: Any) -> dict[str, Any]:
        """The entry and the names beside it."""
        entry = line.entry
        return {
            "id": entry.id,
            "at": entry.at,
            "username": line.username,
            "organisation": line.organisation,
            "role": entry.actor_role,
            "action": entry.action,
            "subject_kind": entry.subject_kind,
            "subject_id": entry.subject_id,
            "from_state": entry.from_state,
            "to_state": entry.to_state,
            "data": entry.data,
        }


class PolicyQuerySchema(Schema):
    """For which day."""

    on = DayField(load_default=None, metadata={"description": "The day; today if left out."})


class PolicyValueSchema(Schema):
    """One value in force."""

    key = TextField(required=True, metadata={"description": "Its name in the policy pack."})
    name = TextField(required=True, metadata={"description": "What it is, in Chinese."})
    name_en = TextField(required=True, metadata={"description": "What it is, in English."})
    value = TextField(required=True, max_length=5000, metadata={"description": "What it says, in Chinese."})
    value_en = TextField(required=True, max_length=5000, metadata={"description": "What it says, in English."})
    since = DayField(required=True, metadata={"description": "Since when."})
    until = DayField(required=True, allow_none=True, metadata={"description": "Until when, where that is known."})
    reference = TextField(required=True, metadata={"description": "The articles or decisions it rests on."})

    @pre_dump
    def flatten(self, row: PolicyRow, **_: Any) -> dict[str, Any]:
        """The texts by language."""
        return {
            "key": row.key,
            "name": row.name.zh,
            "name_en": row.name.en,
            "value": row.value.zh,
            "value_en": row.value.en,
            "since": row.since,
            "until": row.until,
            "reference": row.reference,
        }


class ArticleSchema(Schema):
    """One article in a sentence."""

    article = TextField(required=True, metadata={"description": "Its number, V for vouchers, S for sharing."})
    text = TextField(required=True, metadata={"description": "Its gist in Chinese."})
    text_en = TextField(required=True, metadata={"description": "Its gist in English."})

    @pre_dump
    def flatten(self, article: Article, **_: Any) -> dict[str, Any]:
        """The gist by language."""
        return {"article": article.number, "text": article.gist.zh, "text_en": article.gist.en}


class PolicySchema(Schema):
    """The policy in force on a day."""

    version = TextField(
        required=True, allow_none=True, metadata={"description": "The version of the pack; null where nothing holds."}
    )
    values = fields.List(
        fields.Nested(PolicyValueSchema), required=True, metadata={"description": "Every value in force."}
    )
    articles = fields.List(
        fields.Nested(ArticleSchema), required=True, metadata={"description": "Every article that is applied."}
    )

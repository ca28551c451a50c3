"""Notices and mail settings as the API shows them."""

from __future__ import annotations

from accounts.kinds import MailLanguage, MailRhythm
from accounts.rules.codes import MAX_WRITTEN
from accounts.rules.users import EMAIL_MAX_LENGTH
from core.http import CountField, CursorSchema, DayField, EnumField, FlagField, IdField, InstantField, Schema, TextField


class NoticeQuerySchema(CursorSchema):
    """Which notices."""

    waiting = FlagField(metadata={"description": "Only tasks that still wait, or only what does not."})
    unread = FlagField(metadata={"description": "Only what the user has not read, or only what he has."})


class NoticeSchema(Schema):
    """One notice."""

    id = IdField(required=True, attribute="notice.id", metadata={"description": "Number of the notice."})
    key = TextField(required=True, attribute="notice.key", metadata={"description": "What it is about, as a name."})
    text = TextField(required=True, metadata={"description": "The sentence in Chinese."})
    text_en = TextField(required=True, metadata={"description": "The sentence in English."})
    task = FlagField(required=True, attribute="notice.task", metadata={"description": "Whether it waits for somebody."})
    due_on = DayField(
        required=True, allow_none=True, attribute="notice.due_on", metadata={"description": "The last day, if any."}
    )
    subject_kind = TextField(
        required=True, attribute="notice.subject_kind", metadata={"description": "The kind of record it is about."}
    )
    subject_id = IdField(
        required=True, attribute="notice.subject_id", metadata={"description": "Number of that record."}
    )
    path = TextField(required=True, allow_none=True, metadata={"description": "Address of the page to go to."})
    raised_at = InstantField(
        required=True, attribute="notice.raised_at", metadata={"description": "When it was written."}
    )
    settled_at = InstantField(
        required=True,
        allow_none=True,
        attribute="notice.settled_at",
        metadata={"description": "When what waited was done; null while it waits and for what is no task."},
    )
    read_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When this user read it; null if he has not."}
    )


class ReadNoticesSchema(Schema):
    """How many notices were new."""

    count = CountField(required=True, metadata={"description": "How many had not been read."})


class MailSettingSchema(Schema):
    """Where and how often a user wants mail."""

    address = TextField(
        required=True, max_length=EMAIL_MAX_LENGTH, metadata={"description": "The address mail goes to."}
    )
    rhythm = EnumField(
        MailRhythm, required=True, metadata={"description": "Never, each notice at once, or a digest a day."}
    )
    language = EnumField(MailLanguage, load_default=MailLanguage.ZH, metadata={"description": "The language of mail."})


class ShownMailSettingSchema(Schema):
    """A user's mail setting with whether the address is proven."""

    address = TextField(
        required=True, allow_none=True, metadata={"description": "The address; null if none was given."}
    )
    rhythm = EnumField(MailRhythm, required=True, metadata={"description": "How often."})
    language = EnumField(MailLanguage, required=True, metadata={"description": "The language of mail."})
    confirmed_at = InstantField(
        required=True,
        allow_none=True,
        metadata={"description": "When the address was proven by its code; before that nothing else goes there."},
    )


class MailCodeSchema(Schema):
    """The code that was sent to the address."""

    code = TextField(required=True, max_length=MAX_WRITTEN, metadata={"description": "The code, as it was sent."})

"""Disclosure on application over HTTP (V18)."""

from __future__ import annotations

from marshmallow import fields, validate

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from core.http.schemas import fault
from marketplace.rules.disclosure import Applicant, DisclosedRecord, DisclosureAnswer
from marketplace.states import DisclosureState

LONG = 5_000
MAX_GROUNDS = 20


class DisclosureQuerySchema(CursorSchema):
    """Which applications are wanted."""

    state = EnumField(DisclosureState, metadata={"description": "Only applications in this state."})


class NewDisclosureSchema(Schema):
    """An application for disclosure."""

    city = TextField(
        load_default=None,
        allow_none=True,
        max_length=6,
        metadata={"description": "Code of the city whose bureau is applied to; the province without it."},
    )
    applicant_kind = EnumField(Applicant, required=True, metadata={"description": "A person or an organisation."})
    applicant_name = TextField(required=True, max_length=200, metadata={"description": "Who applies."})
    contact = TextField(required=True, max_length=200, metadata={"description": "A phone number or an address."})
    wanted = TextField(required=True, max_length=LONG, metadata={"description": "What information is wanted."})
    about_kind = EnumField(
        DisclosedRecord,
        load_default=None,
        allow_none=True,
        metadata={"description": "The kind of record that it is about, if it is known."},
    )
    about_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "The number of that record, if it is known."}
    )


class DisclosureExtensionSchema(Schema):
    """Why the answer is put off."""

    why = TextField(required=True, max_length=LONG, metadata={"description": "The reason."})


class NewConsultationSchema(Schema):
    """A question to whoever the information is about."""

    organisation_id = IdField(required=True, metadata={"description": "Who is asked."})
    question = TextField(required=True, max_length=LONG, metadata={"description": "What is to be given out, and why."})


class ConsultationAnswerSchema(Schema):
    """What whoever was asked says."""

    consents = fields.Boolean(required=True, metadata={"description": "Whether it may be given out."})
    statement = TextField(
        load_default="", min_length=0, max_length=LONG, metadata={"description": "The reasons, if any."}
    )


class DisclosureAnswerSchema(Schema):
    """The answer to an application."""

    decision = EnumField(DisclosureAnswer, required=True, metadata={"description": "Grant, in part, or refuse."})
    grounds = fields.List(
        TextField(max_length=60, metadata={"description": "A ground of the closed list of the policy."}),
        load_default=list,
        validate=validate.Length(max=MAX_GROUNDS, error=fault("length", min=0, max=MAX_GROUNDS)),
        metadata={"description": "Why it is refused, in part or in whole."},
    )
    opinion = TextField(required=True, max_length=LONG, metadata={"description": "What the office writes."})
    use_sheet = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether the platform makes the redacted sheet of the record that is named."},
    )
    file = UploadField(load_default=None, metadata={"description": "What is given out, as the officer redacted it."})


class ConsultationSchema(Schema):
    """A question to whoever the information is about, and what he said."""

    id = IdField(required=True, metadata={"description": "Its number."})
    application_id = IdField(required=True, metadata={"description": "The application."})
    organisation_id = IdField(required=True, metadata={"description": "Who is asked."})
    question = TextField(required=True, max_length=LONG, metadata={"description": "What is to be given out, and why."})
    asked_at = InstantField(required=True, metadata={"description": "When."})
    answer_by = DayField(required=True, metadata={"description": "The last day of the answer."})
    consents = fields.Boolean(required=True, allow_none=True, metadata={"description": "What was answered."})
    statement = TextField(required=True, min_length=0, max_length=LONG, metadata={"description": "The reasons."})
    answered_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was answered."})
    lapsed_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When its last day went by without an answer."}
    )


class DisclosureSchema(NewDisclosureSchema):
    """An application for disclosure, and where it stands."""

    id = IdField(required=True, metadata={"description": "Its number."})
    number = TextField(required=True, metadata={"description": "The number of the file."})
    state = EnumField(DisclosureState, required=True, metadata={"description": "Where it stands."})
    received_at = InstantField(required=True, metadata={"description": "When it was received."})
    due_on = DayField(
        required=True,
        metadata={"description": "The last day of the answer as it stands; it is later while others are asked."},
    )
    paused_on = DayField(
        required=True, allow_none=True, metadata={"description": "Since when the term rests, as others are asked."}
    )
    extended_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was put off."})
    extension_reason = TextField(
        required=True, min_length=0, max_length=LONG, metadata={"description": "Why it was put off."}
    )
    grounds = fields.List(TextField(), required=True, metadata={"description": "The grounds of a refusal."})
    reasons = grounds_field("What putting the answer off and the answer itself rest on; empty before.")
    opinion = TextField(required=True, min_length=0, max_length=LONG, metadata={"description": "The answer."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was answered."})
    withdrawn_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was withdrawn."})

"""Residences in incubators and their advice as the API shows them (V7)."""

from __future__ import annotations

from typing import Any

from marshmallow import pre_dump

from accounts.kinds import ResidenceDecision
from accounts.models import ResidenceAdvice
from accounts.states import ResidenceState
from core.http import CursorSchema, DayField, EnumField, IdField, InstantField, Schema, TextField, UploadField


class IncubatorSchema(Schema):
    """An incubator by name."""

    id = IdField(required=True, metadata={"description": "Number of the organisation."})
    name = TextField(required=True, metadata={"description": "Its name."})
    county = TextField(required=True, metadata={"description": "Six-digit code of its county."})


class NewResidenceSchema(Schema):
    """Where a firm says that it resides."""

    incubator_id = IdField(required=True, metadata={"description": "The incubator."})
    since = DayField(required=True, metadata={"description": "Since which day."})


class ResidenceSchema(Schema):
    """A residence and where it stands."""

    id = IdField(required=True, metadata={"description": "Number of the residence."})
    state = EnumField(ResidenceState, required=True, metadata={"description": "Where it stands."})
    enterprise_id = IdField(required=True, metadata={"description": "The firm."})
    enterprise = TextField(required=True, attribute="enterprise.name", metadata={"description": "Its name."})
    incubator_id = IdField(required=True, metadata={"description": "The incubator."})
    incubator = TextField(required=True, attribute="incubator.name", metadata={"description": "Its name."})
    since = DayField(required=True, metadata={"description": "Since which day."})
    until = DayField(required=True, allow_none=True, metadata={"description": "Until which day; null while open."})
    asked_at = InstantField(required=True, metadata={"description": "When the firm asked."})
    answered_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was answered."})


class ResidenceQuerySchema(CursorSchema):
    """Which residences to list."""

    state = EnumField(ResidenceState, metadata={"description": "Only this state; `asked` waits for an answer."})


class ResidenceAnswerSchema(Schema):
    """What the incubator answers."""

    decision = EnumField(ResidenceDecision, required=True, metadata={"description": "Accept or decline."})


class NewAdviceSchema(Schema):
    """What an incubator advises."""

    advice = TextField(required=True, max_length=2000, metadata={"description": "The advice."})
    file = UploadField(
        metadata={"description": "A document prepared for the firm, if any: PDF, PNG, JPEG, OFD or XML."}
    )


class AdviceSchema(Schema):
    """A piece of advice."""

    id = IdField(required=True, metadata={"description": "Number of the advice."})
    residence_id = IdField(required=True, metadata={"description": "Number of the residence."})
    advice = TextField(required=True, max_length=2000, metadata={"description": "The advice."})
    filename = TextField(
        required=True, allow_none=True, metadata={"description": "Name of the document prepared; null if none."}
    )
    given_at = InstantField(required=True, metadata={"description": "When it was given."})

    @pre_dump
    def _with_name(self, given: ResidenceAdvice, **_: Any) -> dict[str, Any]:
        return {
            "id": given.id,
            "residence_id": given.residence_id,
            "advice": given.advice,
            "filename": None if given.file is None else given.file.filename,
            "given_at": given.given_at,
        }

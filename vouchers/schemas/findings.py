"""Findings of inspections, answers, decisions and what they cost, as the API takes and shows them (V19)."""

from __future__ import annotations

from marshmallow import fields

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from vouchers.rules.supervision import FindingSeverity
from vouchers.schemas.supervision import LONG
from vouchers.service.findings import FindingDecision
from vouchers.states import FindingState


class FindingQuerySchema(CursorSchema):
    """Which findings to list."""

    state = EnumField(FindingState, metadata={"description": "Only those of this state."})


class FindingAnswerSchema(Schema):
    """What a party says to a finding."""

    text = TextField(required=True, max_length=LONG, metadata={"description": "What it has to say."})
    file = UploadField(load_default=None, metadata={"description": "A file that shows it, if there is one."})


class FindingDecisionSchema(Schema):
    """What the province says of a finding."""

    decision = EnumField(FindingDecision, required=True, metadata={"description": "Uphold or dismiss."})
    opinion = TextField(required=True, max_length=LONG, metadata={"description": "Why."})


class FindingClawbackSchema(Schema):
    """What must come back for a finding."""

    payable_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Which payment of the order; left out, the only one that was made."},
    )
    amount_fen = FenField(required=True, minimum=1, metadata={"description": "How much, in fen."})
    cause = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class FindingMoneySchema(Schema):
    """What was claimed back for a finding."""

    ordered_fen = FenField(required=True, metadata={"description": "Claimed back, in fen."})
    recovered_fen = FenField(required=True, metadata={"description": "Come back, in fen."})
    open_fen = FenField(required=True, metadata={"description": "Still to come back, in fen."})
    clawback_ids = fields.List(
        IdField(metadata={"description": "Number of a clawback."}),
        required=True,
        metadata={"description": "The clawbacks, the earliest first."},
    )


class InspectionFindingSchema(Schema):
    """A finding with its answer, its decision and its money."""

    id = IdField(required=True, attribute="finding.id", metadata={"description": "Its number."})
    inspection_id = IdField(required=True, attribute="finding.inspection_id", metadata={"description": "Of which."})
    organisation_id = IdField(
        required=True, attribute="finding.organisation_id", metadata={"description": "Against whom."}
    )
    severity = EnumField(
        FindingSeverity, required=True, attribute="finding.severity", metadata={"description": "How grave."}
    )
    article = TextField(required=True, attribute="finding.article", metadata={"description": "What it offends."})
    statement = TextField(
        required=True, max_length=LONG, attribute="finding.statement", metadata={"description": "What was found."}
    )
    state = EnumField(
        FindingState, required=True, attribute="finding.state", metadata={"description": "Where it stands."}
    )
    answer_by = DayField(
        required=True, allow_none=True, attribute="finding.answer_by", metadata={"description": "Last day to answer."}
    )
    answer = TextField(
        required=True,
        allow_none=True,
        max_length=LONG,
        attribute="finding.answer",
        metadata={"description": "What the party said."},
    )
    answered_at = InstantField(
        required=True, allow_none=True, attribute="finding.answered_at", metadata={"description": "When it answered."}
    )
    opinion = TextField(
        required=True,
        allow_none=True,
        max_length=LONG,
        attribute="finding.opinion",
        metadata={"description": "Why the province decided so."},
    )
    decided_at = InstantField(
        required=True, allow_none=True, attribute="finding.decided_at", metadata={"description": "When it decided."}
    )
    reasons = grounds_field("What the province's decision rests on; empty before.", attribute="finding.reasons")
    money = fields.Nested(FindingMoneySchema, required=True, metadata={"description": "What must come back for it."})
    misconduct_decision_id = IdField(
        required=True,
        allow_none=True,
        attribute="decision_id",
        metadata={"description": "The decision of misconduct made on it."},
    )

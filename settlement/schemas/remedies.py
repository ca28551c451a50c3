"""What two persons propose and decide about debts and wrong entries, as the API shows it."""

from __future__ import annotations

from marshmallow import fields

from accounts.kinds import ChangeDecision
from accounts.states import ProposalState
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from settlement.rules.remedies import Remedy

MOST_INSTALMENTS = 60


class CauseSchema(Schema):
    """Why something is proposed."""

    cause = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class NewInstalmentsSchema(CauseSchema):
    """A plan of monthly parts."""

    count = CountField(
        required=True, minimum=2, maximum=MOST_INSTALMENTS, metadata={"description": "How many monthly parts."}
    )
    first_due_on = DayField(required=True, metadata={"description": "By when the first part is paid."})


class NewCorrectionSchema(CauseSchema):
    """What a wrong entry should have said."""

    recovery_id = IdField(required=True, metadata={"description": "The entry that is wrong."})
    right_fen = FenField(required=True, metadata={"description": "What really came back, in fen; 0 for nothing."})


class RemedyReviewSchema(Schema):
    """What another person says about it."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "Approve or refuse."})
    opinion = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class RemedyQuerySchema(CursorSchema):
    """Which proposals to list."""

    state = EnumField(ProposalState, metadata={"description": "Only those of this state."})


class InstalmentSchema(Schema):
    """One part of a plan."""

    number = CountField(required=True, metadata={"description": "Its place in the plan."})
    due_on = DayField(required=True, metadata={"description": "By when it is paid."})
    amount_fen = FenField(required=True, metadata={"description": "How much, in fen."})


class ProposalSchema(Schema):
    """What one person proposes about money and another decides."""

    id = IdField(required=True, metadata={"description": "Its number."})
    amount_fen = FenField(
        required=True, metadata={"description": "What was open then; of a correction what is right, in fen."}
    )
    cause = TextField(required=True, metadata={"description": "Why it was proposed."})
    state = EnumField(ProposalState, required=True, metadata={"description": "Where it stands."})
    opinion = TextField(required=True, min_length=0, metadata={"description": "Why it was decided so."})
    proposed_at = InstantField(required=True, metadata={"description": "When it was proposed."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    reasons = grounds_field("What the decision rests on; empty before there is one.")


class DebtProposalSchema(ProposalSchema):
    """What is proposed about a debt."""

    remedy = EnumField(Remedy, required=True, metadata={"description": "What is proposed."})
    instalments = fields.List(
        fields.Nested(InstalmentSchema), required=True, metadata={"description": "The plan, if it is one."}
    )


class ClawbackProposalSchema(DebtProposalSchema):
    """What one person proposes about a clawback and another decides (V21)."""

    clawback_id = IdField(required=True, metadata={"description": "The clawback."})
    recovery_id = IdField(required=True, allow_none=True, metadata={"description": "The entry to be corrected."})


class ShortfallProposalSchema(DebtProposalSchema):
    """What the provider proposes about a shortfall and an office decides (V16(1))."""

    shortfall_id = IdField(required=True, metadata={"description": "The shortfall."})
    payment_id = IdField(required=True, allow_none=True, metadata={"description": "The payment to be corrected."})


class NewPaymentCorrectionSchema(CauseSchema):
    """What a transfer that was confirmed wrongly really was."""

    payment_id = IdField(required=True, metadata={"description": "The payment that is wrong."})
    right_fen = FenField(required=True, metadata={"description": "What really came, in fen; 0 for nothing."})


class NewAppropriationCorrectionSchema(CauseSchema):
    """What an entry of an appropriation should have said."""

    appropriation_id = IdField(required=True, metadata={"description": "The entry that is wrong."})
    right_fen = FenField(
        required=True, metadata={"description": "What the document says, in fen and without sign; 0 for nothing."}
    )


class AppropriationCorrectionSchema(ProposalSchema):
    """What one person says an entry of an appropriation should have said, and another decides (V3)."""

    fund_id = IdField(required=True, metadata={"description": "The fund."})
    appropriation_id = IdField(required=True, metadata={"description": "The entry to be corrected."})


class CorrectionQuerySchema(CursorSchema):
    """Which corrections of appropriations to list."""

    fund_id = IdField(load_default=None, metadata={"description": "Only those of this fund."})

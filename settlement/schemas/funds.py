"""Funds as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from accounts.kinds import ChangeDecision
from accounts.states import ProposalState
from core.http import (
    CountField,
    CursorSchema,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from settlement.rules.funding import AppropriationKind
from settlement.schemas.ledger import SignedFenField

FIRST_YEAR = 2025
LAST_YEAR = 2199


class NewFundSchema(Schema):
    """A year's appropriation."""

    year = CountField(
        required=True, minimum=FIRST_YEAR, maximum=LAST_YEAR, metadata={"description": "The calendar year."}
    )
    appropriation_fen = FenField(required=True, minimum=1, metadata={"description": "What is appropriated, in fen."})
    reference = TextField(
        required=True, max_length=200, metadata={"description": "The document the appropriation rests on."}
    )
    programme = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "The programme it pays for; the province's own where it is left out (V6)."},
    )


class NewAppropriationSchema(Schema):
    """Further money for a fund."""

    amount_fen = FenField(required=True, minimum=1, metadata={"description": "What is added, in fen."})
    reference = TextField(
        required=True, max_length=200, metadata={"description": "The document the appropriation rests on."}
    )


class AppropriationSchema(Schema):
    """One sum put into a fund or taken out of it."""

    id = IdField(required=True, metadata={"description": "Its number."})
    kind = EnumField(AppropriationKind, required=True, metadata={"description": "Why."})
    amount_fen = SignedFenField(
        required=True, metadata={"description": "The sum, in fen; negative where it was taken out."}
    )
    corrects_id = IdField(required=True, allow_none=True, metadata={"description": "The entry it corrects."})
    reference = TextField(required=True, metadata={"description": "The document it rests on."})
    entered_at = InstantField(required=True, metadata={"description": "When it was entered."})


class FundSchema(Schema):
    """A fund with its sums; appropriation = available + committed + paid."""

    id = IdField(required=True, metadata={"description": "Its number."})
    programme = TextField(required=True, metadata={"description": "The programme it pays for."})
    year = CountField(required=True, metadata={"description": "The calendar year."})
    appropriation_fen = FenField(required=True, metadata={"description": "All appropriations together, in fen."})
    committed_fen = FenField(
        required=True, metadata={"description": "In batches that the bank has not answered, in fen."}
    )
    paid_fen = FenField(required=True, metadata={"description": "Paid, less what was returned or recovered, in fen."})
    available_fen = FenField(required=True, metadata={"description": "What further batches may pay, in fen."})
    due_fen = FenField(
        required=True, metadata={"description": "Confirmed claims of the programme waiting for a batch, in fen."}
    )
    created_at = InstantField(required=True, metadata={"description": "When it was opened."})
    appropriations = fields.List(
        fields.Nested(AppropriationSchema),
        required=True,
        metadata={"description": "Every appropriation, the earliest first."},
    )
    is_closed = FlagField(required=True, metadata={"description": "Whether it was decided about its rest."})


class ReductionSchema(Schema):
    """What is taken out of an appropriation again."""

    amount_fen = FenField(required=True, minimum=1, metadata={"description": "What is taken out, in fen."})
    reference = TextField(required=True, max_length=200, metadata={"description": "The document it rests on."})


class NewClosingSchema(Schema):
    """What shall become of the rest of a past year's fund."""

    carried_fen = FenField(
        required=True, metadata={"description": "What goes to the next year's fund, in fen; all else lapses."}
    )
    reference = TextField(required=True, max_length=200, metadata={"description": "The document it rests on."})
    cause = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class ClosingReviewSchema(Schema):
    """What another person of the province says about it."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "Approve or refuse."})
    opinion = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class ClosingQuerySchema(CursorSchema):
    """Which closings to list."""

    fund_id = IdField(load_default=None, metadata={"description": "Only those of this fund."})


class ClosingSchema(Schema):
    """A decision about the rest of a past year's fund, proposed by one person and taken by another (V3)."""

    id = IdField(required=True, metadata={"description": "Its number."})
    fund_id = IdField(required=True, metadata={"description": "The fund."})
    year = CountField(required=True, attribute="fund.year", metadata={"description": "Its year."})
    carried_fen = FenField(required=True, metadata={"description": "What goes to the next year's fund, in fen."})
    lapsed_fen = FenField(required=True, metadata={"description": "What goes back to the treasury, in fen."})
    reference = TextField(required=True, metadata={"description": "The document it rests on."})
    cause = TextField(required=True, metadata={"description": "Why it was proposed."})
    state = EnumField(ProposalState, required=True, metadata={"description": "Where it stands."})
    opinion = TextField(required=True, min_length=0, metadata={"description": "Why it was decided so; empty before."})
    proposed_at = InstantField(required=True, metadata={"description": "When it was proposed."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    reasons = grounds_field("What the decision rests on; empty before there is one.")


class QueueQuerySchema(Schema):
    """Whose queue, and what might be appropriated further."""

    programme = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "The programme; the province's own where it is left out (V6)."},
    )
    appropriation_fen = FenField(
        load_default=0, metadata={"description": "A further appropriation to reckon with, in fen."}
    )


class ReachSchema(Schema):
    """How far the money of this year reaches into the queue of what is due."""

    available_fen = FenField(required=True, metadata={"description": "What the fund can still pay, in fen."})
    extra_fen = FenField(required=True, metadata={"description": "The further appropriation, in fen."})
    paid_count = CountField(required=True, metadata={"description": "How many it would pay."})
    paid_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    waiting_count = CountField(required=True, metadata={"description": "How many would still wait."})
    waiting_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    next_fen = FenField(required=True, metadata={"description": "What the first that waits lacks, in fen."})

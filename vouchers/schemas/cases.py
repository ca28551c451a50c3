"""Cases, opinions, the queue and decisions about many claims, as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
    grounds_field,
)
from core.http.schemas import fault
from core.kinds import ServiceKind
from vouchers.queries.review_queue import Holding
from vouchers.rules.facts import PaymentMode
from vouchers.rules.reviewing import BatchKind, CaseEnding, CheckItem, Phrase, Recommendation
from vouchers.schemas.claims import ClaimSummarySchema, PhrasesField

MAX_CHOSEN = 1000


class AssignmentSchema(Schema):
    """Taking a case."""

    reason = TextField(
        load_default="",
        min_length=0,
        max_length=500,
        metadata={"description": "Needed to take it over from somebody else: why."},
    )


class CaseSchema(Schema):
    """A case in an officer's hands."""

    id = IdField(required=True, metadata={"description": "Number of the case."})
    claim_id = IdField(required=True, metadata={"description": "The claim."})
    office_id = IdField(required=True, metadata={"description": "The holder's office."})
    holder_id = IdField(required=True, metadata={"description": "Who holds it."})
    taken_at = InstantField(required=True, metadata={"description": "Since when."})
    last_day = DayField(required=True, metadata={"description": "The last day of the hold; then it lapses."})
    reason = TextField(required=True, metadata={"description": "Why it was taken over, if it was."})
    ended_at = InstantField(required=True, allow_none=True, metadata={"description": "When it ended."})
    ending = EnumField(CaseEnding, required=True, allow_none=True, metadata={"description": "How it ended."})


class NewOpinionSchema(Schema):
    """An opinion about a claim, for the offices alone."""

    recommendation = EnumField(
        Recommendation, load_default=None, allow_none=True, metadata={"description": "What should be decided."}
    )
    amount_fen = FenField(
        load_default=None, allow_none=True, metadata={"description": "With `approve` or `confirm`: the sum."}
    )
    checklist = fields.Dict(
        keys=EnumField(CheckItem, metadata={"description": "What was looked at."}),
        values=FlagField(metadata={"description": "Whether it is in order."}),
        load_default=dict,
        metadata={"description": "What was looked at, and whether it is in order; the rest was not looked at."},
    )
    phrases = PhrasesField()
    opinion = TextField(
        load_default="",
        min_length=0,
        max_length=2000,
        metadata={"description": "The opinion; may be left out where a phrase says it."},
    )


class OpinionSchema(Schema):
    """An opinion about a claim."""

    id = IdField(required=True, metadata={"description": "Number of the opinion."})
    claim_id = IdField(required=True, metadata={"description": "The claim."})
    office_id = IdField(required=True, metadata={"description": "The author's office."})
    author_id = IdField(required=True, metadata={"description": "Who gave it."})
    recommendation = EnumField(
        Recommendation, required=True, allow_none=True, metadata={"description": "What should be decided."}
    )
    amount_fen = FenField(required=True, allow_none=True, metadata={"description": "The sum, if one was named."})
    checklist = fields.Dict(
        keys=TextField(metadata={"description": "What was looked at."}),
        values=fields.Boolean(metadata={"description": "Whether it is in order."}),
        required=True,
        metadata={"description": "What was looked at, and whether it is in order."},
    )
    opinion = TextField(required=True, metadata={"description": "The opinion."})
    at = InstantField(required=True, metadata={"description": "When it was given."})


class PhraseSchema(Schema):
    """A standard sentence of opinions."""

    code = EnumField(Phrase, required=True, metadata={"description": "Its code."})
    text = TextField(required=True, metadata={"description": "In Chinese, as it is kept."})
    text_en = TextField(required=True, metadata={"description": "In English."})


class QueueQuerySchema(CursorSchema):
    """Which waiting claims are wanted."""

    service_kind = EnumField(ServiceKind, metadata={"description": "Only claims for this kind of service."})
    payment_mode = EnumField(PaymentMode, metadata={"description": "Only claims in this mode."})
    min_fen = FenField(metadata={"description": "Only claims of at least this sum."})
    max_fen = FenField(metadata={"description": "Only claims of at most this sum."})
    flagged = FlagField(metadata={"description": "Only claims with flags to decide, or only those without."})
    held = EnumField(Holding, metadata={"description": "Only claims that nobody holds, oneself, or somebody."})
    overdue = FlagField(metadata={"description": "Only claims whose term is over, or only the others."})


class HolderSchema(Schema):
    """Who holds a case."""

    office_id = IdField(required=True, attribute="case.office_id", metadata={"description": "The holder's office."})
    holder_id = IdField(required=True, attribute="case.holder_id", metadata={"description": "Who holds it."})
    last_day = DayField(required=True, attribute="case.last_day", metadata={"description": "The last day of the hold."})


class QueuedClaimSchema(ClaimSummarySchema):
    """A claim in the queue, where nothing is due of its claimant."""

    class Meta(ClaimSummarySchema.Meta):
        exclude = ("due",)


class QueueRowSchema(Schema):
    """A claim that waits for its review."""

    claim = fields.Nested(QueuedClaimSchema, required=True, metadata={"description": "The claim."})
    since = DayField(required=True, metadata={"description": "Since when it waits."})
    age_days = CountField(required=True, metadata={"description": "For how many working days it waits."})
    due_on = DayField(required=True, metadata={"description": "The last day of the review's term."})
    overdue = fields.Boolean(required=True, metadata={"description": "Whether that day is over."})
    is_resubmission = fields.Boolean(required=True, metadata={"description": "Whether it was handed in before."})
    undecided_flags = CountField(required=True, metadata={"description": "How many of its flags wait for a finding."})
    held = fields.Nested(
        HolderSchema, required=True, allow_none=True, metadata={"description": "Who holds it; null where nobody does."}
    )
    conflicts = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "Why oneself does not decide it."}
    )
    batchable = fields.Boolean(
        required=True, metadata={"description": "Whether oneself may approve it together with others."}
    )


class ChosenField(fields.List[int]):
    """Numbers of claims, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            IdField(metadata={"description": "Number of a claim."}),
            required=True,
            validate=validate.Length(min=1, max=MAX_CHOSEN, error=fault("length", min=1, max=MAX_CHOSEN)),
            **kwargs,
        )


class NewReviewBatchSchema(Schema):
    """Approving claims in full, together."""

    claim_ids = ChosenField(metadata={"description": "Claims free of flags; the pack says how many at most."})
    total_fen = FenField(
        required=True, metadata={"description": "Their claimed sums together, as the confirmer saw them."}
    )
    phrases = PhrasesField()
    opinion = TextField(
        load_default="", min_length=0, max_length=2000, metadata={"description": "The opinion about each of them."}
    )


class SummaryConfirmationSchema(Schema):
    """Confirming all claims of a summary, together."""

    total_fen = FenField(
        required=True, metadata={"description": "The sum of what is still to be confirmed, as the confirmer saw it."}
    )
    phrases = PhrasesField()
    opinion = TextField(
        load_default="", min_length=0, max_length=2000, metadata={"description": "The opinion about each of them."}
    )


class ReviewBatchSchema(Schema):
    """Claims that were decided together."""

    id = IdField(required=True, metadata={"description": "Number of the decision."})
    kind = EnumField(BatchKind, required=True, metadata={"description": "A city's review or the confirmation."})
    summary_id = IdField(required=True, allow_none=True, metadata={"description": "The summary that was confirmed."})
    claim_ids = fields.List(
        IdField(metadata={"description": "Number of a claim."}), required=True, metadata={"description": "The claims."}
    )
    total_fen = FenField(required=True, metadata={"description": "The granted sum."})
    opinion = TextField(required=True, metadata={"description": "The opinion."})
    decided_by = IdField(required=True, metadata={"description": "Who decided."})
    decided_at = InstantField(required=True, metadata={"description": "When."})
    reasons = grounds_field("What the one confirmation rests on; each claim has its own besides.")

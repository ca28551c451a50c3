"""Claims over HTTP: what is handed in, what reviewers say, what is shown."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
    current_actor,
    grounds_field,
)
from core.http.schemas import fault
from core.kinds import ServiceKind
from settlement.states import ClawbackState
from vouchers.permissions import may_read_flags
from vouchers.rules.claims import ConfirmationDecision, Declaration, ReviewDecision
from vouchers.rules.facts import PaymentMode
from vouchers.rules.flags.kinds import facts_only
from vouchers.rules.reviewing import Phrase
from vouchers.schemas.aids import ClaimAidSchema
from vouchers.schemas.materials import ClaimMaterialSchema
from vouchers.schemas.timelines import CountdownSchema
from vouchers.states import ClaimState

MAX_DEFECTS = 50


class ClaimQuerySchema(CursorSchema):
    """Which claims are wanted."""

    state = EnumField(ClaimState, metadata={"description": "Only claims in this state."})


class DeclarationsSchema(Schema):
    """What an enterprise declares (V8(3)); a team declares nothing."""

    rd_base = FlagField(
        load_default=False, metadata={"description": f"`{Declaration.RD_BASE}`: the enterprise has an R&D base."}
    )
    main_business = FlagField(
        load_default=False,
        metadata={"description": f"`{Declaration.MAIN_BUSINESS}`: the activity relates to its main business."},
    )


class SubmissionSchema(Schema):
    """Handing a claim in."""

    declarations = fields.Nested(
        DeclarationsSchema,
        load_default=dict,
        metadata={"description": "The declarations of V8(3); both are needed for an enterprise."},
    )
    answers = fields.List(
        TextField(max_length=500, metadata={"description": "What was mended."}),
        load_default=list,
        validate=validate.Length(max=MAX_DEFECTS, error=fault("length", min=0, max=MAX_DEFECTS)),
        metadata={
            "description": "After a return: what was mended, one for each defect in their order, as far as there is "
            "something to say; the reviewer reads them item by item."
        },
    )


class ReviewFindingsSchema(Schema):
    """What the bureau ticks of an enterprise's declarations (V8(3))."""

    rd_base = FlagField(
        load_default=False, metadata={"description": "The enterprise has an R&D base, as the bureau found."}
    )
    main_business = FlagField(
        load_default=False,
        metadata={"description": "The activity relates to its main business, as the bureau found."},
    )


class PhrasesField(fields.List[Any]):
    """Standard phrases of an opinion; they stand before what is written."""

    def __init__(self) -> None:
        super().__init__(
            EnumField(Phrase, metadata={"description": "A standard phrase, as `GET /review-phrases` lists them."}),
            load_default=list,
            validate=validate.Length(max=len(Phrase), error=fault("length", min=0, max=len(Phrase))),
            metadata={"description": "Standard phrases that stand before the opinion."},
        )


class CityReviewSchema(Schema):
    """What the city bureau decides."""

    decision = EnumField(ReviewDecision, required=True, metadata={"description": "Approve, return or reject."})
    amount_fen = FenField(
        load_default=None,
        allow_none=True,
        metadata={"description": "With `approve`: the approved sum, at most the claimed one; all of it by default."},
    )
    phrases = PhrasesField()
    opinion = TextField(
        load_default="",
        min_length=0,
        max_length=2000,
        metadata={"description": "The bureau's opinion; may be left out where a phrase says it."},
    )
    findings = fields.Nested(
        ReviewFindingsSchema,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "With `approve`: what the bureau found of the enterprise's declarations (V8(3)); one that "
            "does not hold keeps the claim from being approved. Left out, an approval says that they hold."
        },
    )
    despite_flags = TextField(
        load_default="",
        min_length=0,
        max_length=2000,
        metadata={"description": "With `approve`: why nothing is cut although a flag was upheld."},
    )
    defects = fields.List(
        TextField(max_length=500, metadata={"description": "One defect."}),
        load_default=list,
        validate=validate.Length(max=MAX_DEFECTS, error=fault("length", min=0, max=MAX_DEFECTS)),
        metadata={"description": "With `return`: everything that must be mended, all at once."},
    )

    @validates_schema(skip_on_field_errors=False)
    def says_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A review has an opinion or a phrase."""
        if not data.get("opinion") and not data.get("phrases"):
            raise ValidationError(fault("required"), "opinion")


class ConfirmationSchema(Schema):
    """What the province decides."""

    decision = EnumField(ConfirmationDecision, required=True, metadata={"description": "Confirm or send back."})
    phrases = PhrasesField()
    opinion = TextField(
        load_default="",
        min_length=0,
        max_length=2000,
        metadata={"description": "The opinion; it or a phrase is needed with `send_back`."},
    )


class RevocationSchema(Schema):
    """Stopping a payment."""

    opinion = TextField(required=True, max_length=2000, metadata={"description": "Why it is stopped."})


class ClaimReviewSchema(Schema):
    """One decision of the city or the province."""

    decision = TextField(required=True, metadata={"description": "approve, return, reject, confirm or send_back."})
    amount_fen = FenField(required=True, allow_none=True, metadata={"description": "The granted sum, if any."})
    article = TextField(required=True, metadata={"description": "The article such a decision rests on."})
    opinion = TextField(required=True, max_length=2000, metadata={"description": "The opinion."})
    defects = fields.List(
        TextField(metadata={"description": "One defect."}),
        required=True,
        metadata={"description": "What must be mended."},
    )
    findings = fields.Dict(
        keys=fields.String(),
        values=fields.Boolean(),
        required=True,
        metadata={"description": "What the city found of the declarations of V8(3), on an approval."},
    )
    at = InstantField(required=True, metadata={"description": "When it was decided."})


class ClaimEventSchema(Schema):
    """One step of a claim's story."""

    at = InstantField(required=True, metadata={"description": "When it happened."})
    action = TextField(required=True, metadata={"description": "What was done."})
    actor_role = TextField(required=True, metadata={"description": "Role of who did it."})
    from_state = TextField(required=True, allow_none=True, metadata={"description": "The state before."})
    to_state = TextField(required=True, allow_none=True, metadata={"description": "The state after."})


class ClaimSummarySchema(Schema):
    """A claim in a list."""

    id = IdField(required=True, metadata={"description": "Number of the claim."})
    order_id = IdField(required=True, metadata={"description": "Number of the order."})
    state = EnumField(ClaimState, required=True, metadata={"description": "Where it stands."})
    beneficiary_id = IdField(required=True, metadata={"description": "The user's organisation."})
    provider_id = IdField(required=True, metadata={"description": "The provider's organisation."})
    claimant_id = IdField(required=True, metadata={"description": "The organisation that hands it in."})
    payee_id = IdField(required=True, metadata={"description": "The organisation that is paid."})
    city = TextField(required=True, metadata={"description": "Code of the city whose bureau reviews it."})
    service_kind = EnumField(ServiceKind, required=True, metadata={"description": "What was bought."})
    payment_mode = EnumField(PaymentMode, required=True, metadata={"description": "Who paid first."})
    completed_on = DayField(required=True, metadata={"description": "When the service was completed."})
    last_day = DayField(required=True, metadata={"description": "Last day of the first submission (V17)."})
    year = FenField(required=True, metadata={"description": "Year of the cap it counts in."})
    base_fen = FenField(required=True, metadata={"description": "Lesser of contract, actual fee and invoice."})
    subsidy_fen = FenField(required=True, metadata={"description": "The order's subsidy at completion."})
    claimed_fen = FenField(required=True, metadata={"description": "What is claimed of it."})
    approved_fen = FenField(
        required=True,
        allow_none=True,
        attribute="standing_approved_fen",
        metadata={"description": "What the city approved; 0 once revoked, `reviews` keep what it was."},
    )
    confirmed_fen = FenField(
        required=True,
        allow_none=True,
        attribute="standing_confirmed_fen",
        metadata={"description": "What is confirmed; 0 once revoked, `reviews` keep what it was."},
    )
    flags = fields.List(
        TextField(metadata={"description": "A flag."}),
        required=True,
        metadata={
            "description": "What a reader must know: old figures, a cap that cut the sum, a changed controller. "
            "Officials also read the kinds of its flags; no flag decides by itself."
        },
    )
    submitted_at = InstantField(required=True, allow_none=True, metadata={"description": "Last submission."})
    first_submitted_at = InstantField(
        required=True,
        allow_none=True,
        metadata={"description": "First submission, which stays through returns: it decides term and year (V17)."},
    )
    correct_by = DayField(required=True, allow_none=True, metadata={"description": "Last day of a correction."})
    summary_id = IdField(required=True, allow_none=True, metadata={"description": "The summary it is in."})
    due = fields.Nested(
        CountdownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "How long the claimant still has; null where nothing is due of him."},
    )

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What is not told around a claim is read from it; suspicions are told to officials only (V19)."""
        found = super().get_attribute(obj if hasattr(obj, attr) else obj.claim, attr, default)
        return facts_only(found) if attr == "flags" and not may_read_flags(current_actor()) else found


class ClaimPaymentSchema(Schema):
    """How far the payment of a confirmed claim is."""

    state = TextField(required=True, metadata={"description": "State of the payable."})
    amount_fen = FenField(required=True, metadata={"description": "What is owed."})
    paid_fen = FenField(required=True, metadata={"description": "What was paid, less what the bank sent back."})
    stopped = FlagField(
        required=True,
        metadata={"description": "Whether it is stopped until the province lifts that or revokes the claim (V19)."},
    )
    clawed_back_fen = FenField(required=True, metadata={"description": "What of it is claimed back (V19, V21)."})
    recovered_fen = FenField(required=True, metadata={"description": "What of that came back."})


class ClaimClawbackSchema(Schema):
    """What is claimed back of a paid claim."""

    id = IdField(required=True, metadata={"description": "Number of the clawback."})
    amount_fen = FenField(required=True, metadata={"description": "What is claimed back."})
    recovered_fen = FenField(required=True, metadata={"description": "What came back so far."})
    state = EnumField(ClawbackState, required=True, metadata={"description": "Open, or recovered entirely."})
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    opened_at = InstantField(required=True, metadata={"description": "When it was opened."})
    due_on = DayField(required=True, allow_none=True, metadata={"description": "The last day to pay it back."})


class ClaimSchema(ClaimSummarySchema):
    """A claim with materials, reviews, story, deadlines and payment."""

    record = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "The service record frozen at completion.", "additionalProperties": True},
    )
    declarations = fields.Dict(
        keys=fields.String(),
        values=fields.Boolean(),
        required=True,
        metadata={"description": "What was declared with the last submission."},
    )
    materials = fields.List(
        fields.Nested(ClaimMaterialSchema), required=True, metadata={"description": "Its files, earlier ones too."}
    )
    reviews = fields.List(
        fields.Nested(ClaimReviewSchema), required=True, metadata={"description": "What reviewers decided."}
    )
    reasons = grounds_field(
        "What each decision of the city and the province rests on, the earliest first; empty before the first."
    )
    history = fields.List(fields.Nested(ClaimEventSchema), required=True, metadata={"description": "Its story so far."})
    actions = fields.List(
        TextField(metadata={"description": "An action."}),
        required=True,
        metadata={"description": "What its state allows, whoever may do it."},
    )
    waits_for = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Who acts next: claimant, city_bureau, province, finance or payee; null at the end."},
    )
    due_on = DayField(
        required=True, allow_none=True, metadata={"description": "By when the claimant has to act, where he has to."}
    )
    aids = fields.List(
        fields.Nested(ClaimAidSchema),
        required=True,
        metadata={"description": "What programmes of cities pay beside the subsidy (V6)."},
    )
    payment = fields.Nested(
        ClaimPaymentSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Its payment, once confirmed."},
    )
    clawbacks = fields.List(
        fields.Nested(ClaimClawbackSchema),
        required=True,
        metadata={"description": "What is claimed back of all that province and cities paid for it, in order."},
    )

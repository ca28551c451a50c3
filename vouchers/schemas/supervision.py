"""Spot checks, inspections, findings, misconduct and appeals over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from accounts.schemas.fields import FlagField
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
    UploadField,
)
from core.http.schemas import fault
from core.kinds import ServiceKind
from vouchers.rules.supervision import AppealDecision, FindingSeverity, MisconductKind, Seriousness
from vouchers.service.findings import FindingDecision
from vouchers.service.inspections import ChecklistAnswer
from vouchers.service.spot_checks import FrameCriteria
from vouchers.states import AppealState, FindingState, InspectionState, MisconductState

MAX_INSPECTORS = 20
MAX_ITEMS = 100
FILE = {"description": "The file: PDF, PNG, JPEG, OFD or XML; its content decides."}
LONG = 4000


class NewSpotCheckSchema(Schema):
    """What to draw from."""

    confirmed_from = DayField(required=True, metadata={"description": "First day of confirmation."})
    confirmed_to = DayField(required=True, metadata={"description": "Last day of confirmation, included."})
    city = TextField(
        load_default=None, allow_none=True, max_length=6, metadata={"description": "Only claims of this city, by code."}
    )
    provider_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "Only claims for services of this provider."}
    )
    beneficiary_id = IdField(load_default=None, allow_none=True, metadata={"description": "Only claims of this user."})
    service_kind = EnumField(
        ServiceKind, load_default=None, allow_none=True, metadata={"description": "Only services of this kind."}
    )
    min_confirmed_fen = FenField(
        load_default=None, allow_none=True, metadata={"description": "Only confirmed sums from this one, in fen."}
    )
    by_strata = FlagField(
        load_default=False, metadata={"description": "Whether dear claims weigh more, in the strata of the policy."}
    )
    size = CountField(
        required=True, minimum=1, maximum=10_000, metadata={"description": "How many claims to draw; fewer if few."}
    )
    seed = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "The seed; one is made where none is given."},
    )
    reason = TextField(required=True, max_length=500, metadata={"description": "Why it is drawn."})

    @post_load
    def _criteria(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        rest = {name: data[name] for name in ("by_strata", "size", "seed")}
        criteria = {name: value for name, value in data.items() if name not in rest and name != "reason"}
        return {**rest, "why": data["reason"], "criteria": FrameCriteria(**criteria)}


class CriteriaSchema(Schema):
    """What a frame was narrowed to; null does not narrow. Empty for draws from before there was more than a period."""

    confirmed_from = TextField(metadata={"format": "date", "description": "First day of confirmation."})
    confirmed_to = TextField(metadata={"format": "date", "description": "Last day of confirmation."})
    city = TextField(allow_none=True, metadata={"description": "Code of the city."})
    provider_id = IdField(allow_none=True, metadata={"description": "The provider."})
    beneficiary_id = IdField(allow_none=True, metadata={"description": "The user."})
    service_kind = TextField(allow_none=True, metadata={"description": "Kind of the service."})
    min_confirmed_fen = FenField(allow_none=True, metadata={"description": "The least confirmed sum, in fen."})


class StratumSchema(Schema):
    """A part of the frame that is drawn for itself."""

    from_fen = FenField(required=True, metadata={"description": "Confirmed sum from which it begins, in fen."})
    weight = CountField(required=True, metadata={"description": "What each of its claims weighs."})
    size = CountField(required=True, metadata={"description": "How many of it are drawn."})
    members = fields.List(
        IdField(metadata={"description": "Number of a claim."}), required=True, metadata={"description": "Its claims."}
    )


class SpotCheckSchema(Schema):
    """A draw that anybody can repeat from seed and frame."""

    id = IdField(required=True, metadata={"description": "Number of the spot check."})
    seed = TextField(required=True, metadata={"description": "The seed."})
    size = CountField(required=True, metadata={"description": "How many were wanted."})
    reason = TextField(required=True, metadata={"description": "Why it was drawn."})
    criteria = fields.Nested(CriteriaSchema, required=True, metadata={"description": "What the frame was narrowed to."})
    frame = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        metadata={"description": "The claims it was drawn from."},
    )
    strata = fields.List(
        fields.Nested(StratumSchema),
        required=True,
        metadata={"description": "The parts of the frame that were drawn each for itself; none: the whole frame was."},
    )
    drawn = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        metadata={"description": "Those whose SHA-256 over `seed:number` is least, in each stratum or the frame."},
    )
    drawn_at = InstantField(required=True, metadata={"description": "When it was drawn."})


class ReplaySchema(Schema):
    """A draw made again out of its stored seed and frame."""

    spot_check_id = IdField(required=True, attribute="check.id", metadata={"description": "The spot check."})
    seed = TextField(required=True, attribute="check.seed", metadata={"description": "The seed."})
    frame_sha256 = TextField(
        required=True,
        metadata={"description": "SHA-256 over the numbers of the frame, ascending, separated by commas."},
    )
    drawn = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        attribute="check.drawn",
        metadata={"description": "What was drawn then."},
    )
    replayed = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        metadata={"description": "What is drawn again."},
    )
    same = FlagField(required=True, metadata={"description": "Whether it is the same."})


class InspectionQuerySchema(CursorSchema):
    """Which inspections to list."""

    state = EnumField(InspectionState, metadata={"description": "Only those of this state."})
    claim_id = IdField(metadata={"description": "Only those of this claim."})


class InspectionAssignmentSchema(Schema):
    """Who goes, and when."""

    inspector_ids = fields.List(
        IdField(metadata={"description": "Number of a user: an officer of the province or of the claim's city."}),
        required=True,
        validate=validate.Length(min=1, max=MAX_INSPECTORS, error=fault("length", min=1, max=MAX_INSPECTORS)),
        metadata={"description": "The officers; none of them had a part in the claim."},
    )
    visit_on = DayField(required=True, metadata={"description": "Day of the visit; the party is not told."})


class ChecklistAnswerSchema(Schema):
    """What inspectors say of one item of the policy's checklist."""

    item = TextField(required=True, max_length=100, metadata={"description": "Code of the item."})
    met = FlagField(required=True, metadata={"description": "Whether it is as it should be."})
    remark = TextField(
        load_default="", min_length=0, max_length=1000, metadata={"description": "What was seen; may be empty."}
    )


class VisitSchema(Schema):
    """What was seen on the day of the visit."""

    visited_on = DayField(required=True, metadata={"description": "The day."})
    account = TextField(required=True, max_length=LONG, metadata={"description": "What was seen and said."})
    checklist = fields.List(
        fields.Nested(ChecklistAnswerSchema),
        required=True,
        validate=validate.Length(max=MAX_ITEMS, error=fault("length", min=0, max=MAX_ITEMS)),
        metadata={"description": "Every item of the policy's list once."},
    )

    @post_load
    def _answers(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "checklist": [ChecklistAnswer(**each) for each in data["checklist"]]}


class EvidenceSchema(Schema):
    """A file that was brought along."""

    file = UploadField(required=True, metadata=FILE)
    title = TextField(required=True, max_length=200, metadata={"description": "What it shows."})


class NewFindingSchema(Schema):
    """What was found against a party of the claim."""

    organisation_id = IdField(required=True, metadata={"description": "The user, provider or incubator."})
    severity = EnumField(
        FindingSeverity, required=True, metadata={"description": "How grave; a refusal has a call of its own."}
    )
    article = TextField(required=True, max_length=40, metadata={"description": "The article it offends, such as V11."})
    statement = TextField(required=True, max_length=LONG, metadata={"description": "What was found."})


class RefusalSchema(Schema):
    """A party that refused to cooperate."""

    organisation_id = IdField(required=True, metadata={"description": "The user, provider or incubator."})
    statement = TextField(required=True, max_length=LONG, metadata={"description": "How it refused."})


class InspectionStopSchema(Schema):
    """Why the payments of a claim are stopped."""

    cause = TextField(required=True, max_length=2000, metadata={"description": "Why they are stopped."})


class InspectorSchema(Schema):
    """An officer on an inspection."""

    user_id = IdField(required=True, metadata={"description": "The user."})
    username = TextField(required=True, attribute="user.username", metadata={"description": "The user name."})


class EvidenceItemSchema(Schema):
    """A file of an inspection."""

    id = IdField(required=True, metadata={"description": "Number of the file here."})
    title = TextField(required=True, metadata={"description": "What it shows."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Its name."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its SHA-256."})


class InspectionSummarySchema(Schema):
    """The inspection of a drawn claim."""

    id = IdField(required=True, metadata={"description": "Its number."})
    spot_check_id = IdField(required=True, metadata={"description": "The draw."})
    claim_id = IdField(required=True, metadata={"description": "The claim."})
    state = EnumField(InspectionState, required=True, metadata={"description": "Where it stands."})
    visit_on = DayField(required=True, allow_none=True, metadata={"description": "Day of the visit as planned."})
    visited_on = DayField(required=True, allow_none=True, metadata={"description": "Day of the visit."})
    concluded_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was concluded."})
    closed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was closed."})


class InspectionSchema(Schema):
    """An inspection with its inspectors and what they saw; of the parties each sees its own findings alone."""

    id = IdField(required=True, attribute="inspection.id", metadata={"description": "Its number."})
    spot_check_id = IdField(required=True, attribute="inspection.spot_check_id", metadata={"description": "The draw."})
    claim_id = IdField(required=True, attribute="inspection.claim_id", metadata={"description": "The claim."})
    state = EnumField(
        InspectionState, required=True, attribute="inspection.state", metadata={"description": "Where it stands."}
    )
    visit_on = DayField(
        required=True,
        allow_none=True,
        attribute="inspection.visit_on",
        metadata={"description": "Day of the visit as planned."},
    )
    visited_on = DayField(
        required=True, allow_none=True, attribute="inspection.visited_on", metadata={"description": "Day of the visit."}
    )
    concluded_at = InstantField(
        required=True,
        allow_none=True,
        attribute="inspection.concluded_at",
        metadata={"description": "When it was concluded."},
    )
    closed_at = InstantField(
        required=True,
        allow_none=True,
        attribute="inspection.closed_at",
        metadata={"description": "When it was closed."},
    )
    account = TextField(
        required=True,
        allow_none=True,
        max_length=LONG,
        attribute="inspection.account",
        metadata={"description": "What was seen."},
    )
    checklist = fields.List(
        fields.Nested(ChecklistAnswerSchema),
        required=True,
        attribute="inspection.checklist",
        metadata={"description": "Item by item."},
    )
    inspectors = fields.List(
        fields.Nested(InspectorSchema),
        required=True,
        attribute="inspection.inspectors",
        metadata={"description": "Who carried it out."},
    )
    evidence = fields.List(
        fields.Nested(EvidenceItemSchema), required=True, metadata={"description": "Files; none for the parties."}
    )
    finding_ids = fields.List(
        IdField(metadata={"description": "Number of a finding."}),
        required=True,
        metadata={"description": "What was found, as far as the reader may see it."},
    )


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
    money = fields.Nested(FindingMoneySchema, required=True, metadata={"description": "What must come back for it."})
    misconduct_decision_id = IdField(
        required=True,
        allow_none=True,
        attribute="decision_id",
        metadata={"description": "The decision of misconduct made on it."},
    )


class MisconductQuerySchema(CursorSchema):
    """Which decisions to list."""

    state = EnumField(MisconductState, metadata={"description": "Only those of this state."})
    organisation_id = IdField(metadata={"description": "Only those about this organisation."})


class NewMisconductSchema(Schema):
    """A decision of misconduct."""

    organisation_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "About whom; left out, whom the finding is against."},
    )
    finding_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "The upheld finding it rests on, if any."}
    )
    kind = EnumField(MisconductKind, required=True, metadata={"description": "What was done."})
    seriousness = EnumField(
        Seriousness, required=True, metadata={"description": "Serious misconduct is sanctioned and blocks (V8(2))."}
    )
    occurred_on = DayField(required=True, metadata={"description": "When it occurred."})
    sanction_until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Last day of the sanction of a serious one."}
    )
    notice = TextField(required=True, max_length=LONG, metadata={"description": "The text for the public."})
    grounds = TextField(required=True, max_length=LONG, metadata={"description": "What it rests on."})


class MisconductSchema(Schema):
    """A decision of misconduct."""

    id = IdField(required=True, metadata={"description": "Its number."})
    organisation_id = IdField(required=True, metadata={"description": "About whom."})
    finding_id = IdField(required=True, allow_none=True, metadata={"description": "The finding it rests on."})
    kind = EnumField(MisconductKind, required=True, metadata={"description": "What was done."})
    seriousness = EnumField(Seriousness, required=True, metadata={"description": "How serious."})
    occurred_on = DayField(required=True, metadata={"description": "When it occurred."})
    sanction_until = DayField(
        required=True, allow_none=True, metadata={"description": "Last day of the sanction as it stands."}
    )
    notice = TextField(required=True, max_length=LONG, metadata={"description": "The text for the public."})
    grounds = TextField(required=True, max_length=LONG, metadata={"description": "What it rests on."})
    state = EnumField(MisconductState, required=True, metadata={"description": "Whether it has its effect."})
    record_id = IdField(
        required=True, allow_none=True, metadata={"description": "The adverse record of a serious one."}
    )
    appeal_by = DayField(required=True, metadata={"description": "Last day to appeal."})
    appeal_id = IdField(required=True, allow_none=True, metadata={"description": "The appeal, if there is one."})
    decided_at = InstantField(required=True, metadata={"description": "When it was decided."})


class AppealQuerySchema(CursorSchema):
    """Which appeals to list."""

    state = EnumField(AppealState, metadata={"description": "Only those of this state."})


class NewAppealSchema(Schema):
    """An appeal."""

    grounds = TextField(required=True, max_length=LONG, metadata={"description": "Why the decision is wrong."})
    file = UploadField(load_default=None, metadata={"description": "A file that shows it, if there is one."})


class AppealFileSchema(Schema):
    """A file handed in with an appeal."""

    file = UploadField(required=True, metadata=FILE)


class SanctionSuspensionSchema(Schema):
    """Why a sanction rests."""

    note = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class AppealDecisionSchema(Schema):
    """What becomes of an appeal."""

    decision = EnumField(AppealDecision, required=True, metadata={"description": "Dismiss, reduce or annul."})
    sanction_until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Last day of a reduced sanction."}
    )
    opinion = TextField(required=True, max_length=LONG, metadata={"description": "Why."})


class AppealItemSchema(Schema):
    """A file of an appeal."""

    id = IdField(required=True, metadata={"description": "Number of the file here."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Its name."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its SHA-256."})


class AppealSchema(Schema):
    """An appeal against a decision of misconduct."""

    id = IdField(required=True, metadata={"description": "Its number."})
    decision_id = IdField(required=True, metadata={"description": "The decision it is against."})
    grounds = TextField(required=True, max_length=LONG, metadata={"description": "Why the decision is wrong."})
    state = EnumField(AppealState, required=True, metadata={"description": "What became of it."})
    files = fields.List(fields.Nested(AppealItemSchema), required=True, metadata={"description": "Its files."})
    suspended_at = InstantField(
        required=True, allow_none=True, metadata={"description": "Since when the sanction rests; null: it applies."}
    )
    opinion = TextField(
        required=True, allow_none=True, max_length=LONG, metadata={"description": "Why it was decided so."}
    )
    sanction_until = DayField(
        required=True, allow_none=True, metadata={"description": "Last day of a reduced sanction."}
    )
    filed_at = InstantField(required=True, metadata={"description": "When it was filed."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})

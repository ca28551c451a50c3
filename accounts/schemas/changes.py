"""Renewed figures and changes of members' facts as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import post_load

from accounts.kinds import ChangeDecision, RenewalDecision
from accounts.rules.seats import Change
from accounts.schemas.organisations import FiguresSchema
from accounts.states import ChangeState, RenewalState
from core.http import (
    CountField,
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


class NewRenewalSchema(FiguresSchema):
    """A year's figures with the document that shows them."""

    organisation_id = IdField(required=True, metadata={"description": "Whose figures they are."})
    file = UploadField(required=True, metadata={"description": "Financial statement: PDF, PNG, JPEG, OFD or XML."})


class RenewalSchema(Schema):
    """A renewal and where it stands."""

    id = IdField(required=True, metadata={"description": "Number of the renewal."})
    organisation_id = IdField(required=True, metadata={"description": "Whose it is."})
    organisation = TextField(required=True, attribute="organisation.name", metadata={"description": "Its name."})
    year = CountField(required=True, metadata={"description": "The accounting year."})
    state = EnumField(RenewalState, required=True, metadata={"description": "Where it stands."})
    due_on = DayField(required=True, metadata={"description": "The last day to hand it in."})
    handed_in_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was handed in."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When the bureau decided."})
    opinion = TextField(min_length=0, required=True, metadata={"description": "What the bureau said."})
    reasons = grounds_field("What its review rests on, with the figures it was about; empty before it.")


class RenewalQuerySchema(CursorSchema):
    """Which renewals to list."""

    state = EnumField(RenewalState, metadata={"description": "Only this state, such as `overdue`."})
    year = CountField(minimum=1980, maximum=2200, metadata={"description": "Only this accounting year."})


class RenewalReviewSchema(Schema):
    """What the bureau says about renewed figures."""

    decision = EnumField(RenewalDecision, required=True, metadata={"description": "Confirm or return."})
    opinion = TextField(
        min_length=0, load_default="", max_length=2000, metadata={"description": "Why; required to return."}
    )


class NewChangeSchema(Schema):
    """What a member wants to change; what is not given stays as it is."""

    organisation_id = IdField(required=True, metadata={"description": "Whose facts change."})
    effective_on = DayField(
        required=True, metadata={"description": "From which day on; orders placed before keep what was frozen."}
    )
    county = TextField(max_length=6, metadata={"description": "Six-digit code of the county it moves to."})
    name = TextField(max_length=200, metadata={"description": "New registered name."})
    legal_representative = TextField(max_length=100, metadata={"description": "New legal representative."})
    phone = TextField(max_length=40, metadata={"description": "New phone."})
    address = TextField(max_length=300, metadata={"description": "New address."})
    controller = TextField(
        max_length=200, metadata={"description": "New actual controller; the province decides (V12 cap)."}
    )
    reason = TextField(required=True, max_length=500, metadata={"description": "Why, and where it is registered."})
    file = UploadField(
        required=True, metadata={"description": "The document that shows it: PDF, PNG, JPEG, OFD or XML."}
    )

    @post_load
    def _change(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        rest = {name: data.pop(name) for name in ("organisation_id", "reason", "file")}
        return {**rest, "change": Change(**data)}


class WithdrawalSchema(Schema):
    """Why a change is taken back."""

    why = TextField(
        min_length=0, load_default="", max_length=500, metadata={"description": "Why; required once it is approved."}
    )


class WithdrawalReviewSchema(Schema):
    """Whether an approved change is taken back."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "Take it back, or keep it."})
    opinion = TextField(
        min_length=0, load_default="", max_length=2000, metadata={"description": "Why; required to keep it."}
    )


class ChangeSchema(Schema):
    """A change and where it stands."""

    id = IdField(required=True, metadata={"description": "Number of the change."})
    organisation_id = IdField(required=True, metadata={"description": "Whose facts change."})
    organisation = TextField(required=True, attribute="organisation.name", metadata={"description": "Its name."})
    state = EnumField(ChangeState, required=True, metadata={"description": "Where it stands."})
    effective_on = DayField(required=True, metadata={"description": "From which day on."})
    from_city = TextField(
        required=True, allow_none=True, metadata={"description": "City of the bureau in charge until then."}
    )
    city = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "City of the bureau that reviews it; null where the province does."},
    )
    county = TextField(required=True, allow_none=True, metadata={"description": "New county; null if it stays."})
    name = TextField(required=True, allow_none=True, metadata={"description": "New name; null if it stays."})
    legal_representative = TextField(
        required=True, allow_none=True, metadata={"description": "New legal representative; null if the same."}
    )
    phone = TextField(required=True, allow_none=True, metadata={"description": "New phone; null if it stays."})
    address = TextField(required=True, allow_none=True, metadata={"description": "New address; null if it stays."})
    controller = TextField(
        required=True, allow_none=True, metadata={"description": "New actual controller; null if the same."}
    )
    reason = TextField(required=True, metadata={"description": "Why."})
    requested_at = InstantField(required=True, metadata={"description": "When it was asked for."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    opinion = TextField(min_length=0, required=True, metadata={"description": "What the bureau said."})
    applied_at = InstantField(required=True, allow_none=True, metadata={"description": "When it took effect."})
    reasons = grounds_field(
        "What its review rests on, what each new fact is about, and what was decided last on taking it back; empty "
        "before the review."
    )
    withdrawal_asked_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When taking it back was last asked for."}
    )
    withdrawal_reason = TextField(
        required=True, allow_none=True, metadata={"description": "Why it shall not take effect."}
    )


class ChangeQuerySchema(CursorSchema):
    """Which changes to list."""

    state = EnumField(ChangeState, metadata={"description": "Only this state; `submitted` is the queue."})


class ChangeReviewSchema(Schema):
    """What the bureau says about a change."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "Approve or refuse."})
    opinion = TextField(
        min_length=0, load_default="", max_length=2000, metadata={"description": "Why; required to refuse."}
    )
    controller_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The new controller where it is on record already; else one of its name is entered."},
    )

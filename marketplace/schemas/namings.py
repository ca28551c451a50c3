"""Complaints, namings, restrictions and referrals in requests and answers (V20, S29)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump, validate

from accounts.kinds import RestrictionKind
from core import clock
from core.http import CursorSchema, DayField, EnumField, IdField, InstantField, Schema, TextField, grounds_field
from core.http.schemas import fault
from core.policy import article_name
from marketplace.rules.naming import NAMING, NamingCause, NamingDecision
from marketplace.states import ComplaintState, NamingState, ReferralState

LONG = 4000
SHORT = 200
_REQUIRED = [validate.Length(min=1, error=fault("required"))]


class NewComplaintSchema(Schema):
    """A complaint about a refused order."""

    account = TextField(
        required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "What happened, in one's words."}
    )


class CaseOpinionSchema(Schema):
    """Why something is decided."""

    opinion = TextField(
        required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "Why it is decided like this."}
    )


class ComplaintQuerySchema(CursorSchema):
    """Which complaints."""

    state = EnumField(ComplaintState, load_default=None, metadata={"description": "Only in this state."})


class ComplaintSchema(Schema):
    """A user's complaint that a provider refused an order."""

    id = IdField(required=True, metadata={"description": "Number of the complaint."})
    order_id = IdField(required=True, metadata={"description": "Number of the order."})
    provider_id = IdField(required=True, metadata={"description": "Number of the provider."})
    complainant_id = IdField(required=True, metadata={"description": "Number of the user."})
    account = TextField(required=True, metadata={"description": "What happened, as the user says."})
    state = EnumField(ComplaintState, required=True, metadata={"description": "What became of it."})
    filed_at = InstantField(required=True, metadata={"description": "When it was filed."})
    opinion = TextField(required=True, allow_none=True, metadata={"description": "Why it was dismissed."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    reasons = grounds_field("What the decision on it rests on; empty before.")


class NewNamingSchema(Schema):
    """Why a provider may be named."""

    organisation_id = IdField(
        load_default=None, metadata={"description": "The provider; known where there is a complaint or an order."}
    )
    complaint_id = IdField(load_default=None, metadata={"description": "The complaint it rests on."})
    order_id = IdField(load_default=None, metadata={"description": "The refused order it rests on."})
    cause = EnumField(NamingCause, required=True, metadata={"description": "For what."})
    facts = TextField(
        required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "The facts it is told."}
    )


class NamingAnswerSchema(Schema):
    """What a provider answers."""

    answer = TextField(
        required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "What it says to the facts."}
    )


class NamingDecisionSchema(CaseOpinionSchema):
    """Whether a provider is named, and what it is restricted in."""

    decision = EnumField(NamingDecision, required=True, metadata={"description": "name or dismiss."})
    restrictions = fields.List(
        EnumField(RestrictionKind),
        load_default=list,
        metadata={"description": "What it may not do; at least one where it is named."},
    )
    until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Last day of the restrictions, this day included."}
    )
    notice = TextField(
        load_default=None, allow_none=True, max_length=LONG, metadata={"description": "What is made public."}
    )


class NamingQuerySchema(CursorSchema):
    """Which namings."""

    state = EnumField(NamingState, load_default=None, metadata={"description": "Only in this state."})
    organisation_id = IdField(load_default=None, metadata={"description": "Only of this provider."})


class RestrictionSchema(Schema):
    """What a provider may not do, and till when."""

    id = IdField(required=True, metadata={"description": "Number of the restriction."})
    organisation_id = IdField(required=True, metadata={"description": "Number of the provider."})
    kind = EnumField(RestrictionKind, required=True, metadata={"description": "What it may not do."})
    since = DayField(required=True, metadata={"description": "First day."})
    until = DayField(required=True, metadata={"description": "Last day, this day included."})
    lifted_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was lifted early."})
    lifted_why = TextField(required=True, allow_none=True, metadata={"description": "Why it was lifted."})
    reasons = grounds_field("What it rests on, and why it ended early.")


class RestrictionLiftingSchema(Schema):
    """Why a restriction ends early."""

    why = TextField(required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "Why it is lifted."})


class NamingSchema(Schema):
    """A provider that is heard about a refusal, or was named for it.

    What is not public is null for those who merely know that it was named.
    """

    id = IdField(required=True, metadata={"description": "Number of the naming."})
    organisation_id = IdField(required=True, metadata={"description": "Number of the provider."})
    cause = EnumField(NamingCause, required=True, metadata={"description": "For what."})
    state = EnumField(NamingState, required=True, metadata={"description": "How far it has come."})
    notice = TextField(required=True, allow_none=True, metadata={"description": "What is public of it."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    order_id = IdField(required=True, allow_none=True, metadata={"description": "The refused order."})
    complaint_id = IdField(required=True, allow_none=True, metadata={"description": "The complaint."})
    facts = TextField(required=True, allow_none=True, metadata={"description": "What it was told."})
    answer_by = DayField(required=True, allow_none=True, metadata={"description": "Last day of its answer."})
    answer = TextField(required=True, allow_none=True, metadata={"description": "What it answered."})
    opinion = TextField(required=True, allow_none=True, metadata={"description": "Why it was decided like this."})
    restrictions = fields.List(
        fields.Nested(RestrictionSchema), required=True, metadata={"description": "What it is restricted in."}
    )
    reasons = grounds_field(
        "What the decision rests on; what was told, answered and opined only for those who may read it. Empty before."
    )

    @pre_dump
    def flatten(self, view: Any, **_: Any) -> dict[str, Any]:
        """A naming as its reader may see it."""
        naming, private = view.naming, view.private
        return {
            "id": naming.id,
            "organisation_id": naming.organisation_id,
            "cause": naming.cause,
            "state": naming.state,
            "notice": naming.notice,
            "decided_at": naming.decided_at,
            "restrictions": view.restrictions,
            "reasons": view.reasons,
            **{
                name: getattr(naming, name) if private else None
                for name in ("order_id", "complaint_id", "facts", "answer_by", "answer", "opinion")
            },
        }


class NamedProviderSchema(Schema):
    """A provider that is named at present, as everybody may know."""

    id = IdField(required=True, metadata={"description": "Number of the naming."})
    organisation = TextField(required=True, metadata={"description": "Name of the provider."})
    cause = EnumField(NamingCause, required=True, metadata={"description": "For what it was named."})
    article = TextField(required=True, metadata={"description": "The article of the measure it rests on."})
    since = DayField(required=True, metadata={"description": "First day of its restrictions."})
    until = DayField(required=True, metadata={"description": "Last day of its restrictions, this day included."})

    @pre_dump
    def add_article(self, row: Any, **_: Any) -> dict[str, Any]:
        """What is public of a naming, with its article as the province numbers it."""
        return {**row._mapping, "article": article_name(NAMING)}  # noqa: SLF001 (a row's mapping is its public face)


class NewReferralSchema(Schema):
    """Which institution is reported, to whom and why."""

    organisation_id = IdField(required=True, metadata={"description": "The fiscal institution."})
    naming_id = IdField(load_default=None, metadata={"description": "The naming before it."})
    department = TextField(
        required=True, max_length=SHORT, validate=_REQUIRED, metadata={"description": "The department it belongs to."}
    )
    facts = TextField(required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "What happened."})


class SendingSchema(Schema):
    """When the document went out."""

    sent_on = DayField(
        load_default=lambda: clock.today(clock.now()), metadata={"description": "The day; today if left out."}
    )


class ReplySchema(Schema):
    """What the department answered."""

    reply = TextField(required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "Its answer."})
    replied_on = DayField(required=True, metadata={"description": "The day of the answer."})


class ReferralQuerySchema(CursorSchema):
    """Which referrals."""

    state = EnumField(ReferralState, load_default=None, metadata={"description": "Only in this state."})


class ReferralSchema(Schema):
    """A fiscal institution that was reported to its department."""

    id = IdField(required=True, metadata={"description": "Number of the referral."})
    organisation_id = IdField(required=True, metadata={"description": "Number of the institution."})
    naming_id = IdField(required=True, allow_none=True, metadata={"description": "The naming before it."})
    department = TextField(required=True, metadata={"description": "To whom."})
    facts = TextField(required=True, metadata={"description": "What happened."})
    state = EnumField(ReferralState, required=True, metadata={"description": "How far it has come."})
    prepared_at = InstantField(required=True, metadata={"description": "When it was written."})
    sent_on = DayField(required=True, allow_none=True, metadata={"description": "When it went out."})
    reply = TextField(required=True, allow_none=True, metadata={"description": "What the department answered."})
    replied_on = DayField(required=True, allow_none=True, metadata={"description": "When it answered."})

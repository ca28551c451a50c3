"""Timelines and deadlines as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from core.http import (
    CountField,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
)
from vouchers.queries.claim_timelines import StationPhase
from vouchers.rules.way import Holder, Station
from vouchers.states import ClaimState

MOST_DAYS = 100_000


class CountdownSchema(Schema):
    """How long there is to a last day, which counts in full."""

    last_day = DayField(required=True, metadata={"description": "The last day, in Asia/Shanghai."})
    days_left = CountField(
        required=True,
        minimum=-MOST_DAYS,
        maximum=MOST_DAYS,
        metadata={"description": "Days after today; 0 on the last day, negative once it is over."},
    )
    working_days_left = CountField(
        required=True, maximum=MOST_DAYS, metadata={"description": "How many of them are official working days."}
    )
    provisional = FlagField(
        required=True,
        metadata={"description": "Whether a year's official calendar is not published yet, so that it may still move."},
    )


class ClaimHappeningSchema(Schema):
    """One thing that happened on the way of a claim."""

    at = InstantField(required=True, metadata={"description": "When."})
    subject = TextField(
        required=True, metadata={"description": "What it was about: claim, summary, payable, batch or clawback."}
    )
    action = TextField(
        required=True,
        metadata={"description": "What was done; the bank's answers are bank_paid, bank_failed and bank_returned."},
    )
    holder = EnumField(Holder, required=True, metadata={"description": "Which party did it."})
    role = TextField(required=True, metadata={"description": "In which role; `system` for the service, `bank`."})
    username = TextField(
        required=True, allow_none=True, metadata={"description": "Who it was, of one's own people only."}
    )
    note = TextField(required=True, allow_none=True, metadata={"description": "What was said with it."})
    state = TextField(required=True, allow_none=True, metadata={"description": "The state it led to, if it did."})
    kind = TextField(required=True, allow_none=True, metadata={"description": "Which kind of material, if one."})
    value_date = DayField(required=True, allow_none=True, metadata={"description": "The bank's date of a payout."})
    delivered_on = DayField(
        required=True, allow_none=True, metadata={"description": "With the opening: when the service was delivered."}
    )
    completed_on = DayField(
        required=True,
        allow_none=True,
        metadata={"description": "With the opening: the completion that was stated, with which the validity begins."},
    )
    reason = fields.Nested(
        ReasonSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "What ended the claim where nobody decided: the term that passed; or what a credit invoice "
            "did to it."
        },
    )
    amount_fen = FenField(
        required=True, allow_none=True, metadata={"description": "Of a clawback: what is claimed, or came back."}
    )
    due_on = DayField(
        required=True, allow_none=True, metadata={"description": "With a clawback: the last day to pay it back."}
    )


class ClaimStationSchema(Schema):
    """A station on the way of a claim."""

    station = EnumField(Station, required=True, metadata={"description": "Which, in the order of V17."})
    phase = EnumField(StationPhase, required=True, metadata={"description": "Behind, where it stands now, or next."})
    holder = EnumField(Holder, required=True, metadata={"description": "Whose turn it is there."})
    since = InstantField(
        required=True, allow_none=True, metadata={"description": "Since when it stands there; null elsewhere."}
    )
    due = fields.Nested(
        CountdownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "By when, where the policy gives a day; null elsewhere."},
    )
    stopped = FlagField(
        required=True,
        metadata={
            "description": "Whether its payment is stopped until the province lifts that or revokes the claim (V19)."
        },
    )


class ClaimTimelineSchema(Schema):
    """Who has a claim, since when, what is next, and by when."""

    claim_id = IdField(required=True, metadata={"description": "Number of the claim."})
    state = EnumField(ClaimState, required=True, metadata={"description": "Where it stands."})
    ended = FlagField(
        required=True,
        metadata={"description": "Whether nothing is next: paid with nothing to come back, or ended otherwise."},
    )
    entries = fields.List(
        fields.Nested(ClaimHappeningSchema),
        required=True,
        metadata={"description": "What happened, the earliest first."},
    )
    stations = fields.List(
        fields.Nested(ClaimStationSchema),
        required=True,
        metadata={
            "description": "The whole way, from submission to payment, and the repayment while something is to come "
            "back; empty once it has ended."
        },
    )

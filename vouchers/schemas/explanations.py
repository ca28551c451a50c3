"""Explanations over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import DayField, FenField, IdField, InstantField, ReasonSchema, Schema, TextField
from core.http.schemas import MAX_SUM_FEN
from vouchers.queries.explanations import ExplainedStep, Explanation
from vouchers.schemas.claims import ClaimClawbackSchema


def _json(said: str) -> fields.Dict:
    metadata = {"description": said, "additionalProperties": True}
    return fields.Dict(keys=fields.String(), required=True, metadata=metadata)


def _sum(said: str, **given: Any) -> FenField:
    return FenField(required=True, maximum=MAX_SUM_FEN, metadata={"description": said}, **given)


class StepSchema(Schema):
    """One step of a sum: what it was made of, and whether it can be computed again from that alone."""

    kind = TextField(required=True, metadata={"description": "What the step did, such as hold, invoice or approval."})
    programme = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "The city's programme it is a step of; null for the province's voucher."},
    )
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    text = TextField(required=True, metadata={"description": "The step in a sentence, in Chinese."})
    text_en = TextField(required=True, metadata={"description": "The same in English."})
    at = InstantField(required=True, metadata={"description": "When it was taken."})
    before_fen = _sum("The sum before it.")
    after_fen = _sum("The sum after it.")
    again_fen = _sum("What its inputs give when it is computed again.")
    follows = fields.Boolean(required=True, metadata={"description": "Whether that is the sum after it."})
    inputs = _json("What it was made of; a provider is not told its user's cap.")

    @pre_dump
    def flatten(self, found: ExplainedStep, **_: Any) -> dict[str, Any]:
        """The step with its moment."""
        step = found.step
        return {
            "kind": step.kind.value,
            "programme": step.programme,
            "article": step.article,
            "text": step.says.zh,
            "text_en": step.says.en,
            "at": found.at,
            "before_fen": step.before_fen,
            "after_fen": step.after_fen,
            "again_fen": step.again_fen,
            "follows": step.follows,
            "inputs": found.inputs,
        }


class ExplanationSchema(Schema):
    """A decision with what it rests on, whether the same facts are judged alike, and every step of its sum since."""

    claim_id = IdField(required=True, allow_none=True, metadata={"description": "Number of the claim, if of one."})
    order_id = IdField(required=True, allow_none=True, metadata={"description": "Number of the order, if placed."})
    quote_id = IdField(required=True, allow_none=True, metadata={"description": "Number of the quote, if of one."})
    judged_on = DayField(required=True, metadata={"description": "Day of the quote or order."})
    policy_version = TextField(required=True, allow_none=True, metadata={"description": "The version that judged it."})
    facts = _json("The frozen facts, as a quote case; a provider is not told its user's size and cap.")
    eligible = fields.Boolean(required=True, metadata={"description": "Whether a voucher pays a part."})
    rate = TextField(required=True, allow_none=True, metadata={"description": "The rate, such as 0.60."})
    base_fen = _sum("The agreed fee.")
    entitlement_fen = _sum("The rate's share of it.")
    cap_room_fen = _sum("What was left of the cap; null for a provider.", allow_none=True)
    held_fen = _sum("What was held, or would be held on a quote.")
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        required=True,
        metadata={"description": "Grounds of a refusal, by article; a provider is not told those about its user."},
    )
    steps = fields.List(
        fields.Nested(StepSchema),
        required=True,
        metadata={"description": "Every step from the fee to what is paid, the first first."},
    )
    clawbacks = fields.List(
        fields.Nested(ClaimClawbackSchema),
        required=True,
        metadata={"description": "What was claimed back of what was paid for it, the earliest first (V19, V21)."},
    )
    stands_at_fen = _sum("Where the last step left the voucher.")
    aid_stands_at_fen = _sum("Where the last steps left what programmes of cities add, all together.")
    replay_differences = fields.List(
        TextField(metadata={"description": "Name of a field."}),
        required=True,
        allow_none=True,
        metadata={
            "description": "What the same facts give differently by the policy that was kept with the decision; empty "
            "unless something is wrong, null where no policy was kept yet."
        },
    )
    differences = fields.List(
        TextField(metadata={"description": "Name of a field."}),
        required=True,
        metadata={
            "description": "What the same facts give differently by the policy as written today; empty if nothing."
        },
    )

    @pre_dump
    def flatten(self, found: Explanation, **_: Any) -> dict[str, Any]:
        """The decision and its number under one name each."""
        taken = found.taken
        return {
            "claim_id": found.number if found.subject == "claim" else None,
            "order_id": found.order_id,
            "quote_id": found.number if found.subject == "quote" else None,
            "judged_on": taken.judged_on,
            "policy_version": taken.policy_version,
            "facts": found.facts,
            "eligible": taken.eligible,
            "rate": found.rate,
            "base_fen": taken.base_fen,
            "entitlement_fen": taken.entitlement_fen,
            "cap_room_fen": found.cap_room_fen,
            "held_fen": taken.subsidy_fen,
            "reasons": found.reasons,
            "steps": list(found.steps),
            "clawbacks": list(found.clawbacks),
            "stands_at_fen": found.stands_at_fen,
            "aid_stands_at_fen": found.aid_stands_at_fen,
            "replay_differences": found.replay_differences,
            "differences": found.differences,
        }

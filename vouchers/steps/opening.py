"""Completion opens the draft claim from the frozen service record."""

from __future__ import annotations

from datetime import datetime

from accounts import queries as accounts
from accounts.kinds import OrganisationKind
from accounts.policy import places
from core import audit, policy
from core.db import require_transaction
from core.permissions import Actor
from core.workdays import load_calendar
from settlement.queries import hold_of
from settlement.steps import reduce_hold
from vouchers.models import Claim, EntitlementDecision
from vouchers.queries.entitlement import decision_of
from vouchers.rules.amounts import reduced_subsidy
from vouchers.rules.policy import judging
from vouchers.rules.record import ServiceRecord
from vouchers.rules.steps import StepKind, rate_text
from vouchers.rules.validity import submission_window
from vouchers.states import CLAIM
from vouchers.steps.aids import end_aids, open_aids
from vouchers.steps.reasoning import note_step

PROVIDER_CLAIMS = "provider"
"""The party named by vouchers.claimants that claims in its own name; the other is the beneficiary."""


def open_claim(*, record: ServiceRecord, actor: Actor, now: datetime) -> Claim | None:
    """Open the draft claim of a completed order, or nothing where it holds no subsidy.

    The base is the lesser of contract and actual fee; the subsidy never rises, and what a smaller fee leaves over is
    released (V12 hold).
    """
    current = require_transaction()
    decision = decision_of(record.order_id)
    contract_fen, actual_fen = record.costs_fen
    base_fen = min(contract_fen, actual_fen)
    held = hold_of(record.order_id)
    held_fen = 0 if held is None else held.held_fen
    subsidy_fen = _subsidy(decision, base_fen, held_fen=held_fen)
    reduce_hold(order_id=record.order_id, to_fen=subsidy_fen, actor=actor, now=now)
    if subsidy_fen == 0:
        nothing = {"rate": None, "left_fen": 0}
        end_aids(order_id=record.order_id, kind=StepKind.COMPLETION, inputs=nothing, actor=actor, now=now)
        _note(decision, record, claim_id=None, held_fen=held_fen, subsidy_fen=subsidy_fen, now=now)
        return None
    judged_by = judging(policy.current(), decision.judged_on).policy
    window = submission_window(record.completed_on, policy=judged_by, working_days=load_calendar())
    claimant_id, payee_id = _parties(
        record, provider_claims=judged_by.claimants[record.payment_mode] == PROVIDER_CLAIMS
    )
    claim = Claim(
        order_id=record.order_id,
        decision=decision,
        beneficiary_id=decision.beneficiary_id,
        provider_id=decision.provider_id,
        claimant_id=claimant_id,
        payee_id=payee_id,
        city=_city_of(decision),
        service_kind=record.service_kind,
        payment_mode=record.payment_mode,
        record=record.as_json(),
        state=CLAIM.initial,
        completed_on=record.completed_on,
        last_day=window.last_day,
        year=decision.year,
        contract_fen=contract_fen,
        actual_fen=actual_fen,
        base_fen=base_fen,
        subsidy_fen=subsidy_fen,
        claimed_fen=subsidy_fen,
        declarations={},
        flags=list(decision.flags),
        opened_at=now,
    )
    current.add(claim)
    audit.record(
        actor=actor,
        now=now,
        action="open",
        subject=claim,
        to_state=claim.state,
        data={
            "order_id": record.order_id,
            "base_fen": base_fen,
            "subsidy_fen": subsidy_fen,
            "completed_on": record.completed_on.isoformat(),
            "delivered_on": None if record.delivered_on is None else record.delivered_on.isoformat(),
        },
    )
    open_aids(claim, actor=actor, now=now)
    _note(decision, record, claim_id=claim.id, held_fen=held_fen, subsidy_fen=subsidy_fen, now=now)
    return claim


def _city_of(decision: EntitlementDecision) -> str:
    """The city whose bureau reviews it: that of the county frozen when the order was placed (V12 facts)."""
    county: str = decision.facts["beneficiary"]["county"]
    return places(decision.judged_on).cities[county]


def _subsidy(decision: EntitlementDecision, base_fen: int, *, held_fen: int) -> int:
    """What is left of the hold for the fee; nothing where the order was not eligible."""
    if not decision.eligible or decision.rate is None:
        return 0
    return reduced_subsidy(held_fen, actual_base_fen=base_fen, rate=decision.rate)


def _note(
    decision: EntitlementDecision,
    record: ServiceRecord,
    *,
    claim_id: int | None,
    held_fen: int,
    subsidy_fen: int,
    now: datetime,
) -> None:
    contract_fen, actual_fen = record.costs_fen
    own_fen = record.actual_fen - actual_fen
    inputs = {
        "contract_fen": contract_fen,
        "actual_fen": actual_fen,
        **({"own_fen": own_fen} if own_fen else {}),
        "rate": rate_text(decision.rate),
        "completed_on": record.completed_on.isoformat(),
    }
    note_step(
        StepKind.COMPLETION,
        order_id=record.order_id,
        claim_id=claim_id,
        before_fen=held_fen,
        after_fen=subsidy_fen,
        inputs=inputs,
        now=now,
    )


def _parties(record: ServiceRecord, *, provider_claims: bool) -> tuple[int, int]:
    """Who claims and who is paid (V16): the provider, or the user, whose incubator claims for a team (V16 team)."""
    if provider_claims:
        return record.provider_id, record.provider_id
    user = accounts.organisation(record.beneficiary_id)
    if user.kind is OrganisationKind.TEAM and user.incubator_id is not None:
        return user.incubator_id, user.id
    return user.id, user.id

"""What programmes of cities pay beside the voucher (V6): held, lowered, moved, confirmed and let go with it.

Aid follows the order's payment mode, so one order has one payee and one account (invariant 7): it is deducted or paid
back as the subsidy is, and each programme's part is a payable against that programme's own fund.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import BankAccount
from core import audit
from core.db import require_transaction
from core.permissions import Actor
from settlement.models import AidHold
from settlement.queries import aid_holds_of
from settlement.rules.chart import Cap
from settlement.states import HoldState
from settlement.steps import (
    consume_hold,
    create_payable,
    grant_hold,
    lock_caps,
    move_hold,
    reduce_hold,
    release_hold,
)
from vouchers.models import Claim, ClaimAid
from vouchers.queries.entitlement import Assessment
from vouchers.rules.aids import Aid, in_proportion, reduced_aid
from vouchers.rules.steps import StepKind, rate_text, settling_kind
from vouchers.steps.aid_reasoning import note_aid_step, note_aid_year, note_hold_step


def lock_caps_of(assessment: Assessment) -> None:
    """Lock every cap an order will hold on, the voucher's and the programmes', in one order. The voucher's alone is
    locked by whoever holds on it."""
    own = Cap(assessment.cap_owner, assessment.year)
    aided = [_cap(assessment, aid) for aid in assessment.aids if aid.amount_fen > 0]
    if aided:
        lock_caps([own, *aided])


def hold_aids(*, order_id: int, assessment: Assessment, actor: Actor, now: datetime) -> int:
    """Hold each programme's aid on its cap; returns what was held of all, less than assessed where room shrank."""
    held_fen = 0
    for aid in assessment.aids:
        if aid.amount_fen > 0:
            held_fen += grant_hold(
                order_id=order_id,
                cap_owner=assessment.cap_owner,
                year=assessment.year,
                wanted_fen=aid.amount_fen,
                cap_fen=aid.cap_fen,
                programme=aid.programme,
                actor=actor,
                now=now,
            )
    return held_fen


def release_aids(*, order_id: int, actor: Actor, now: datetime) -> int:
    """Give back all that an order holds on the caps of programmes; returns what became free."""
    return sum(
        release_hold(order_id=order_id, programme=hold.programme, actor=actor, now=now)
        for hold in _live_holds(order_id)
    )


def end_aids(*, order_id: int, kind: StepKind, inputs: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Give back the aid of an order of which no claim will come, and say why."""
    for hold in _live_holds(order_id):
        note_hold_step(kind, hold, claim_id=None, after_fen=0, now=now, inputs=inputs)
        release_hold(order_id=order_id, programme=hold.programme, actor=actor, now=now)


def note_aids_end(claim: Claim, kind: StepKind, *, now: datetime, **inputs: Any) -> None:
    """The aid of a claim ends with it; call it before the claim's state changes."""
    for aid in _by_programme(claim):
        note_aid_step(kind, claim, aid, after_fen=0, now=now, **inputs)


def note_aids_back(claim: Claim, kind: StepKind, *, now: datetime) -> None:
    """A claim goes back: of its aid stands again what was claimed."""
    for aid in _by_programme(claim):
        note_aid_step(kind, claim, aid, after_fen=aid.claimed_fen, now=now, claimed_fen=aid.claimed_fen)


def open_aids(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """The aid of a claim just opened: lowered with the actual cost, and never more than the subsidy leaves of it."""
    current = require_transaction()
    holds = {hold.programme: hold for hold in _live_holds(claim.order_id)}
    left_fen = claim.base_fen - claim.subsidy_fen
    sums = dict.fromkeys(holds, 0)
    for frozen in claim.decision.aids:
        name, rate = frozen["programme"], Decimal(frozen["rate"])
        if name in holds:
            cost = {
                "contract_fen": claim.contract_fen,
                "actual_fen": claim.actual_fen,
                "rate": rate_text(rate),
                "left_fen": left_fen,
            }
            sums[name] = reduced_aid(holds[name].held_fen, base_fen=claim.base_fen, rate=rate, left_fen=left_fen)
            left_fen -= sums[name]
            completion = StepKind.COMPLETION
            note_hold_step(completion, holds[name], claim_id=claim.id, after_fen=sums[name], now=now, inputs=cost)
        if sums.get(name):
            aid = ClaimAid(programme=name, fund=frozen["fund"], aid_fen=sums[name], claimed_fen=sums[name])
            claim.aids.append(aid)
            current.flush()
            audit.record(actor=actor, now=now, action="open", subject=aid, data=_said(claim, aid))
    for name in sorted(sums):
        reduce_hold(order_id=claim.order_id, to_fen=sums[name], programme=name, actor=actor, now=now)


def settle_aids(claim: Claim, *, most_base_fen: int, most_fen: int, actor: Actor, now: datetime) -> None:
    """At submission: the holds go to the claim's year, and aid follows the cost as the subsidy did.

    Beside a subsidy of nothing there is no aid. As much stays held as there would be beside a subsidy of ``most_fen``
    for a cost of ``most_base_fen``.
    """
    frozen = {each["programme"]: each for each in claim.decision.aids}
    for aid in _by_programme(claim):
        _settle_year(claim, aid, cap_fen=frozen[aid.programme]["cap_fen"], actor=actor, now=now)
    left_fen = 0 if claim.claimed_fen == 0 else claim.base_fen - claim.claimed_fen
    most_left_fen = 0 if most_fen == 0 else most_base_fen - most_fen
    holds = aid_holds_of(claim.order_id)
    for aid in claim.aids:
        rate = Decimal(frozen[aid.programme]["rate"])
        held_fen = holds[aid.programme].held_fen if aid.programme in holds else 0
        claimed_fen = reduced_aid(held_fen, base_fen=claim.base_fen, rate=rate, left_fen=left_fen)
        most_aid_fen = max(
            claimed_fen, reduced_aid(held_fen, base_fen=most_base_fen, rate=rate, left_fen=most_left_fen)
        )
        note_aid_step(
            settling_kind(before_fen=aid.claimed_fen, after_fen=claimed_fen),
            claim,
            aid,
            after_fen=claimed_fen,
            now=now,
            held_fen=held_fen,
            contract_fen=claim.contract_fen,
            actual_fen=claim.actual_fen,
            invoice_fen=None if claim.invoice is None else claim.invoice.counted_fen,
            rate=rate_text(rate),
            left_fen=left_fen,
        )
        aid.claimed_fen = claimed_fen
        left_fen -= aid.claimed_fen
        most_left_fen -= most_aid_fen
        reduce_hold(order_id=claim.order_id, to_fen=most_aid_fen, programme=aid.programme, actor=actor, now=now)
        audit.record(actor=actor, now=now, action="submit", subject=aid, data=_said(claim, aid))


def approve_aids(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """The city approved all or a part of the subsidy: aid follows in proportion, rounded down."""
    for aid in claim.aids:
        given = {"approved_fen": claim.approved_fen or 0, "of_fen": claim.claimed_fen}
        approved_fen = in_proportion(aid.claimed_fen, **given)
        note_aid_step(StepKind.APPROVAL, claim, aid, after_fen=approved_fen, now=now, **given)
        aid.approved_fen = approved_fen
        audit.record(actor=actor, now=now, action="approve", subject=aid, data=_said(claim, aid))


def unapprove_aids(claim: Claim) -> None:
    """A claim that goes back has nothing approved."""
    for aid in claim.aids:
        aid.approved_fen = None


def confirm_aids(claim: Claim, *, account: BankAccount | None, actor: Actor, now: datetime) -> int:
    """Use the holds up and owe each programme's part to the claim's payee; returns the sum of all."""
    for aid in _by_programme(claim):
        granted_fen = aid.approved_fen or 0
        note_aid_step(StepKind.CONFIRMATION, claim, aid, after_fen=granted_fen, now=now)
        aid.confirmed_fen = granted_fen
        consume_hold(
            order_id=claim.order_id, amount_fen=aid.confirmed_fen, programme=aid.programme, actor=actor, now=now
        )
        audit.record(actor=actor, now=now, action="confirm", subject=aid, data=_said(claim, aid))
        if aid.confirmed_fen > 0 and account is not None:
            create_payable(
                source=aid.source,
                order_id=claim.order_id,
                payee_id=claim.payee_id,
                account=account,
                amount_fen=aid.confirmed_fen,
                involved_user_ids=[u for u in (claim.submitted_by, claim.reviewed_by) if u is not None],
                programme=aid.fund,
                actor=actor,
                now=now,
            )
    return sum(aid.confirmed_fen or 0 for aid in claim.aids)


def _cap(assessment: Assessment, aid: Aid) -> Cap:
    return Cap(assessment.cap_owner, assessment.year, aid.programme)


def _settle_year(claim: Claim, aid: ClaimAid, *, cap_fen: int, actor: Actor, now: datetime) -> None:
    """The hold of a programme goes to the claim's year; of the aid remains at most what had room there."""
    hold = aid_holds_of(claim.order_id).get(aid.programme)
    from_year = None if hold is None else hold.year
    moved_fen = move_hold(
        order_id=claim.order_id,
        to_year=claim.year,
        cap_fen=cap_fen,
        programme=aid.programme,
        actor=actor,
        now=now,
    )
    if hold is not None and from_year not in (None, claim.year):
        note_aid_year(claim, aid, hold, from_year=from_year, moved_fen=moved_fen, cap_fen=cap_fen, now=now)
    aid.claimed_fen = min(aid.claimed_fen, moved_fen)


def _live_holds(order_id: int) -> list[AidHold]:
    """By the name of their programme, in which order their caps are locked."""
    holds = aid_holds_of(order_id)
    return [holds[name] for name in sorted(holds) if holds[name].state is HoldState.LIVE]


def _by_programme(claim: Claim) -> list[ClaimAid]:
    """In the order in which the caps of programmes are locked."""
    return sorted(claim.aids, key=lambda aid: aid.programme)


def _said(claim: Claim, aid: ClaimAid) -> dict[str, Any]:
    return {
        "claim_id": claim.id,
        "programme": aid.programme,
        "aid_fen": aid.aid_fen,
        "claimed_fen": aid.claimed_fen,
        "approved_fen": aid.approved_fen,
        "confirmed_fen": aid.confirmed_fen,
    }

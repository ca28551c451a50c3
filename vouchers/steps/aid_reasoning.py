"""Writing down each step of what programmes of cities add, beside the voucher's own (V6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from settlement.models import AidHold
from settlement.queries import cap_used
from settlement.rules.chart import Cap
from settlement.rules.room import cap_room_fen
from vouchers.models import Claim, ClaimAid
from vouchers.rules.aids import ARTICLE
from vouchers.rules.steps import StepKind
from vouchers.steps.reasoning import note_step


def note_hold_step(
    kind: StepKind, hold: AidHold, *, claim_id: int | None, after_fen: int, now: datetime, inputs: Mapping[str, Any]
) -> None:
    """A step of what an order holds of a programme while nothing is claimed yet; call it before the hold changes."""
    note_step(
        kind,
        order_id=hold.order_id,
        claim_id=claim_id,
        before_fen=hold.held_fen,
        after_fen=after_fen,
        inputs=dict(inputs),
        now=now,
        article=ARTICLE,
        programme=hold.programme,
    )


def note_aid_step(kind: StepKind, claim: Claim, aid: ClaimAid, *, after_fen: int, now: datetime, **inputs: Any) -> None:
    """A step of a claim's aid from what it stood at before; call it before its own sums change."""
    note_step(
        kind,
        order_id=claim.order_id,
        claim_id=claim.id,
        before_fen=aid.standing_fen,
        after_fen=after_fen,
        inputs=inputs,
        now=now,
        article=ARTICLE,
        programme=aid.programme,
    )


def note_aid_year(
    claim: Claim, aid: ClaimAid, hold: AidHold, *, from_year: int, moved_fen: int, cap_fen: int, now: datetime
) -> None:
    """The hold of a programme moved to the claim's year, where it found room for so much."""
    room_fen = moved_fen
    if moved_fen >= aid.claimed_fen:
        used_fen = cap_used(Cap(hold.cap_owner, hold.year, aid.programme))
        room_fen += cap_room_fen(cap_fen=cap_fen, used_fen=used_fen)
    note_aid_step(
        StepKind.YEAR,
        claim,
        aid,
        after_fen=min(aid.claimed_fen, moved_fen),
        now=now,
        from_year=from_year,
        year=claim.year,
        cap_fen=cap_fen,
        cap_room_fen=room_fen,
    )

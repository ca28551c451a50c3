"""Spot checks (V19): the province draws confirmed claims from a stored frame with a stored seed."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import select

from core import audit, clock
from core.db import transaction
from core.errors import Refused, reason
from core.permissions import Actor, authorise
from vouchers.models import Claim, SpotCheck
from vouchers.permissions import may_draw
from vouchers.rules.draws import draw
from vouchers.states import ClaimState

SEED_BYTES = 16


class FrameEmpty(Refused):
    """No confirmed claim lies in the period."""

    code = "frame_empty"


def draw_spot_check(
    *,
    confirmed_from: date,
    confirmed_to: date,
    size: int,
    seed: str | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> SpotCheck:
    """Draw ``size`` of the claims confirmed from one day to another, both included; without a seed one is made."""
    with transaction() as current:
        authorise(actor, may_draw)
        if confirmed_to < confirmed_from:
            raise Refused(reasons=[reason("draw_reversed", article="V19", field="confirmed_to")])
        frame = list(
            current.scalars(
                select(Claim.id)
                .where(
                    Claim.state == ClaimState.CONFIRMED,
                    Claim.confirmed_at >= clock.start_of_day(confirmed_from),
                    Claim.confirmed_at < clock.end_of_day(confirmed_to),
                )
                .order_by(Claim.id)
            )
        )
        if not frame:
            raise FrameEmpty
        chosen = seed or secrets.token_hex(SEED_BYTES)
        check = SpotCheck(
            seed=chosen,
            size=size,
            reason=why,
            frame=frame,
            drawn=draw(frame, seed=chosen, size=size),
            drawn_by=actor.user_id,
            drawn_at=now,
        )
        current.add(check)
        audit.record(actor=actor, now=now, action="draw", subject=check, data={"seed": chosen, "drawn": check.drawn})
        return check

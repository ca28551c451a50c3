"""Spot checks (V19): the province draws confirmed claims from a stored frame with a stored seed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from core import audit, clock, policy
from core.db import require_transaction, transaction
from core.errors import Refused, reason
from core.kinds import ServiceKind
from core.permissions import Actor, authorise
from vouchers.models import Claim, Inspection, SpotCheck
from vouchers.permissions import may_draw
from vouchers.rules.draws import draw_again, frame_digest, stratified
from vouchers.rules.supervision_policy import supervision_policy
from vouchers.states import INSPECTION, ClaimState

SEED_BYTES = 16


class FrameEmpty(Refused):
    """No confirmed claim lies in the period."""

    code = "frame_empty"


@dataclass(frozen=True, kw_only=True)
class FrameCriteria:
    """Which confirmed claims are drawn from. Days are included; what is None does not narrow."""

    confirmed_from: date
    confirmed_to: date
    city: str | None = None
    provider_id: int | None = None
    beneficiary_id: int | None = None
    service_kind: ServiceKind | None = None
    min_confirmed_fen: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored with the draw."""
        return {
            "confirmed_from": self.confirmed_from.isoformat(),
            "confirmed_to": self.confirmed_to.isoformat(),
            "city": self.city,
            "provider_id": self.provider_id,
            "beneficiary_id": self.beneficiary_id,
            "service_kind": None if self.service_kind is None else self.service_kind.value,
            "min_confirmed_fen": self.min_confirmed_fen,
        }


def draw_spot_check(
    *,
    criteria: FrameCriteria,
    size: int,
    by_strata: bool,
    seed: str | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> SpotCheck:
    """Draw ``size`` of the claims that fit the criteria, and plan an inspection of each.

    ``by_strata``: dear claims weigh more, as the policy says. Without a seed one is made. Raises :class:`FrameEmpty`.
    """
    with transaction() as current:
        authorise(actor, may_draw)
        if criteria.confirmed_to < criteria.confirmed_from:
            raise Refused(reasons=[reason("draw_reversed", article="V19", field="confirmed_to")])
        sums_fen = _frame(criteria)
        if not sums_fen:
            raise FrameEmpty(reasons=[reason("frame_empty", article="V19", field="confirmed_from")])
        strata = []
        if by_strata:
            bounds = supervision_policy(policy.current(), clock.today(now)).strata
            strata = [part.as_json() for part in stratified(sums_fen, bounds=bounds, size=size)]
        frame, chosen = sorted(sums_fen), seed or secrets.token_hex(SEED_BYTES)
        check = SpotCheck(
            seed=chosen,
            size=size,
            reason=why,
            frame=frame,
            drawn=draw_again(frame, strata=strata, seed=chosen, size=size),
            criteria=criteria.as_json(),
            strata=strata,
            drawn_by=actor.user_id,
            drawn_at=now,
        )
        current.add(check)
        data = {"seed": chosen, "frame_sha256": frame_digest(frame), "drawn": check.drawn}
        audit.record(actor=actor, now=now, action="draw", subject=check, data=data)
        _plan_inspections(check, actor=actor, now=now)
        return check


def _frame(criteria: FrameCriteria) -> dict[int, int]:
    """The claims that fit, with their confirmed sums in fen."""
    found = select(Claim.id, Claim.confirmed_fen).where(
        Claim.state == ClaimState.CONFIRMED,
        Claim.confirmed_at >= clock.start_of_day(criteria.confirmed_from),
        Claim.confirmed_at < clock.end_of_day(criteria.confirmed_to),
    )
    for column, wanted in (
        (Claim.city, criteria.city),
        (Claim.provider_id, criteria.provider_id),
        (Claim.beneficiary_id, criteria.beneficiary_id),
        (Claim.service_kind, criteria.service_kind),
    ):
        if wanted is not None:
            found = found.where(column == wanted)
    if criteria.min_confirmed_fen is not None:
        found = found.where(Claim.confirmed_fen >= criteria.min_confirmed_fen)
    return {claim_id: confirmed_fen or 0 for claim_id, confirmed_fen in require_transaction().execute(found)}


def _plan_inspections(check: SpotCheck, *, actor: Actor, now: datetime) -> None:
    current = require_transaction()
    planned = [
        Inspection(spot_check_id=check.id, claim_id=claim_id, state=INSPECTION.initial, planned_at=now, checklist=[])
        for claim_id in check.drawn
    ]
    current.add_all(planned)
    current.flush()
    for each in planned:
        data = {"claim_id": each.claim_id, "spot_check_id": check.id}
        audit.record(actor=actor, now=now, action="plan", subject=each, to_state=each.state, data=data)

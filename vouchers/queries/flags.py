"""Reads of the flags about claims."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from core.db import session
from vouchers.models import ClaimFlag
from vouchers.states import FlagState


def undecided(claim_ids: Collection[int]) -> dict[int, int]:
    """How many flags of each claim wait for a finding; claims without any are not in the answer."""
    if not claim_ids:
        return {}
    rows = session().execute(
        select(ClaimFlag.claim_id, func.count().label("number"))
        .where(ClaimFlag.claim_id.in_(claim_ids), ClaimFlag.state == FlagState.RAISED)
        .group_by(ClaimFlag.claim_id)
    )
    return {row.claim_id: row.number for row in rows}

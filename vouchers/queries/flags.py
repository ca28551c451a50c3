"""Reads of the flags about claims: how many wait, and their evidence as far as a reader may know it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from accounts.permissions import Role
from core.db import session
from core.errors import NotFound
from core.permissions import SYSTEM, Actor
from vouchers.models import Claim, ClaimFlag
from vouchers.rules.flags.documents import within_city
from vouchers.states import FlagState

_READS_EVERY_CITY = frozenset({Role.PROVINCE, Role.AUDITOR})


class FlagMissing(NotFound):
    """The claim has no such flag for this actor."""

    code = "flag_missing"


@dataclass(frozen=True)
class ShownFlag:
    """A flag with its evidence cut to what its reader may know."""

    flag: ClaimFlag
    evidence: dict[str, Any]


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


def flags_of(claim_id: int) -> Sequence[ClaimFlag]:
    """Every flag ever raised about a claim, the first before the others."""
    return session().scalars(select(ClaimFlag).where(ClaimFlag.claim_id == claim_id).order_by(ClaimFlag.id)).all()


def find_flag(claim: Claim, flag_id: int, *, lock: bool = False) -> ClaimFlag:
    """A flag of a claim already found to be the actor's; raises :class:`FlagMissing`."""
    found = select(ClaimFlag).where(ClaimFlag.id == flag_id, ClaimFlag.claim_id == claim.id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    flag = session().scalar(found)
    if flag is None:
        raise FlagMissing
    return flag


def shown_flags(claim: Claim, *, actor: Actor) -> list[ShownFlag]:
    """The flags of a claim the actor may see; claims of other cities are not named to those of one city (V6)."""
    return [shown_flag(flag, actor=actor) for flag in flags_of(claim.id)]


def shown_flag(flag: ClaimFlag, *, actor: Actor) -> ShownFlag:
    """One flag with its evidence cut to what the actor may know."""
    reads_all = (
        actor == SYSTEM
        or actor.role in _READS_EVERY_CITY
        or (actor.role == Role.DELEGATED_AGENCY and actor.city is None)
    )
    return ShownFlag(flag, dict(flag.evidence) if reads_all else within_city(flag.evidence, actor.city))

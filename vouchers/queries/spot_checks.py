"""Reads of spot checks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select

from core.db import session
from core.errors import NotFound
from vouchers.models import Claim, Inspection, SpotCheck
from vouchers.rules.draws import draw_again, frame_digest


class SpotCheckMissing(NotFound):
    """There is no such spot check."""

    code = "spot_check_missing"


@dataclass(frozen=True)
class Replay:
    """A draw made again out of its stored seed and frame."""

    check: SpotCheck
    frame_sha256: str
    replayed: list[int]

    @property
    def same(self) -> bool:
        """Whether the same claims are drawn again."""
        return self.replayed == self.check.drawn


def all_spot_checks() -> Select[tuple[SpotCheck]]:
    """Every draw."""
    return select(SpotCheck)


def find_spot_check(check_id: int) -> SpotCheck:
    """A draw by number; raises :class:`SpotCheckMissing`."""
    found = session().get(SpotCheck, check_id)
    if found is None:
        raise SpotCheckMissing
    return found


def replay_of(check_id: int) -> Replay:
    """A draw made again; raises :class:`SpotCheckMissing`."""
    check = find_spot_check(check_id)
    again = draw_again(check.frame, strata=check.strata, seed=check.seed, size=check.size)
    return Replay(check, frame_digest(check.frame), again)


def inspections_of(check: SpotCheck) -> Select[tuple[Inspection]]:
    """The inspections of the claims that a draw took."""
    return select(Inspection).join(Claim, Claim.id == Inspection.claim_id).where(Inspection.spot_check_id == check.id)

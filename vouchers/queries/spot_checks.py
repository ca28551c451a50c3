"""Reads of spot checks."""

from __future__ import annotations

from sqlalchemy import Select, select

from core.db import session
from core.errors import NotFound
from vouchers.models import Claim, SpotCheck


class SpotCheckMissing(NotFound):
    """There is no such spot check."""

    code = "spot_check_missing"


def all_spot_checks() -> Select[tuple[SpotCheck]]:
    """Every draw."""
    return select(SpotCheck)


def find_spot_check(check_id: int) -> SpotCheck:
    """A draw by number; raises :class:`SpotCheckMissing`."""
    found = session().get(SpotCheck, check_id)
    if found is None:
        raise SpotCheckMissing
    return found


def drawn_claims(check: SpotCheck) -> Select[tuple[Claim]]:
    """The claims that a draw took."""
    return select(Claim).where(Claim.id.in_(check.drawn))

"""What merges, splits and successions need to know of caps, and what they did to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import aliased

from accounts.queries.groups import controller_cap
from core import policy
from core.db import session
from settlement.models import CapCarry, CapMerge, CapMergeYear, LedgerAccount
from settlement.rules.chart import AccountKind
from vouchers.rules.policy import judging

__all__ = ["CapEffect", "caps_in_force", "controller_cap", "effects_of"]


@dataclass(frozen=True)
class CapEffect:
    """What a change did to one cap of one year, in fen: what came onto it, what stood on it then, what hung over."""

    owner: str
    year: int
    programme: str | None
    moved_fen: int
    used_after_fen: int | None
    overhang_fen: int


def caps_in_force(on: date) -> dict[str | None, int]:
    """The yearly caps of a day: the voucher's under None, those of city programmes under their codes."""
    judged_by = judging(policy.current(), on).policy
    return {None: judged_by.annual_cap_fen} | {each.code: each.annual_cap_fen for each in judged_by.city_programmes}


def effects_of(source: str) -> Sequence[CapEffect]:
    """What an approved change did to caps; empty where nothing had been used."""
    account = aliased(LedgerAccount)
    merged = session().execute(
        select(CapMerge.merged_into, CapMergeYear)
        .join(CapMergeYear, CapMergeYear.merge_id == CapMerge.id)
        .where(CapMerge.source == source)
        .order_by(CapMergeYear.id)
    )
    carried = session().execute(
        select(account.owner, account.year, account.kind, CapCarry.amount_fen)
        .join(account, account.id == CapCarry.account_id)
        .where(CapCarry.source == source)
        .order_by(CapCarry.id)
    )
    return [
        *(
            CapEffect(
                into,
                year.year,
                year.programme,
                year.held_fen + year.consumed_fen,
                year.used_after_fen,
                year.overhang_fen,
            )
            for into, year in merged
        ),
        *(
            CapEffect(owner, year, owner.partition("@")[2] if kind is AccountKind.AID_CAP else None, fen, None, 0)
            for owner, year, kind, fen in carried
        ),
    ]

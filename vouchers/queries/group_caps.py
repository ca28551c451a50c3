"""What merges, splits and successions need to know of caps, and what they did to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from accounts.queries.groups import controller_cap
from core import policy
from core.db import session
from settlement.models import AidHold, CapCarry, CapHold, CapMerge, CapMergeYear, LedgerAccount
from settlement.rules.chart import AID_OF, AccountKind
from settlement.states import HoldState
from vouchers.models import EntitlementDecision
from vouchers.rules.policy import judging

__all__ = ["CapEffect", "caps_in_force", "controller_cap", "effects_of", "has_used", "own_cap"]


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


def own_cap(organisation_id: int) -> str:
    """The owner of the yearly cap of a firm whose controller is not known."""
    return f"organisation:{organisation_id}"


def has_used(organisation_id: int, *, since: date) -> bool:
    """Whether a firm holds anything of a yearly cap, or has used anything of those since the year of a day."""
    for hold in (CapHold, AidHold):
        found = (
            select(hold.id)
            .join(EntitlementDecision, EntitlementDecision.order_id == hold.order_id)
            .where(
                EntitlementDecision.beneficiary_id == organisation_id,
                or_(
                    hold.state == HoldState.LIVE,
                    and_(hold.state == HoldState.CONSUMED, hold.year >= since.year),
                ),
            )
        )
        if session().scalar(found.limit(1)) is not None:
            return True
    own = own_cap(organisation_id)
    inherited = select(LedgerAccount.id).where(
        LedgerAccount.kind.in_((AccountKind.CAP, AccountKind.AID_CAP)),
        or_(LedgerAccount.owner == own, LedgerAccount.owner.startswith(own + AID_OF, autoescape=True)),
        LedgerAccount.year >= since.year,
        LedgerAccount.posted_fen + LedgerAccount.pending_fen > 0,
    )
    return session().scalar(inherited.limit(1)) is not None


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

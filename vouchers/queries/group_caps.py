"""What merges, splits, namings and successions need to know of caps, what they would do to them, and what they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from accounts.models import ControllerChange
from accounts.queries.controllers import namesakes_of, tenures
from accounts.queries.groups import controller_cap, visible_to_all
from accounts.rules.standing import same_by
from accounts.states import ChangeKind, ProposalState
from core import clock, policy
from core.db import session
from core.permissions import Actor
from settlement.models import (
    AidHold,
    CapHold,
    CapMerge,
    CapMergeYear,
    LedgerAccount,
    LedgerPosting,
    LedgerTransaction,
)
from settlement.queries.caps import NOBODY, account_cap, is_cap_of, planned_carry, planned_merge
from settlement.rules.chart import AccountKind, TransactionKind
from settlement.rules.room import cap_room_fen, overhang_fen
from settlement.states import HoldState
from vouchers.models import EntitlementDecision
from vouchers.rules.policy import judging

__all__ = [
    "CapEffect",
    "CapLeft",
    "cap_left",
    "caps_in_force",
    "controller_cap",
    "effects_foreseen",
    "effects_of",
    "effects_told",
    "has_used",
    "own_cap",
]


@dataclass(frozen=True, kw_only=True)
class CapEffect:
    """What a change does or did to one cap of one year, in fen.

    What comes onto it, what stands on it then and what is left or hangs over; None where it was not recorded.
    ``freed_fen`` is how much more the firms that move may hold than before: known of what is foreseen. ``owner`` is
    None for a controller that is not on record yet.
    """

    owner: str | None
    year: int
    programme: str | None
    moved_fen: int
    used_after_fen: int | None
    overhang_fen: int
    room_fen: int | None
    freed_fen: int | None = None


@dataclass(frozen=True)
class CapLeft:
    """The cap a firm leaves when its controller is named: that of a controller, where others may stay, or its own."""

    owner: str
    is_group: bool


def caps_in_force(on: date) -> dict[str | None, int]:
    """The yearly caps of a day: the voucher's under None, those of city programmes under their codes."""
    judged_by = judging(policy.current(), on).policy
    return {None: judged_by.annual_cap_fen} | {each.code: each.annual_cap_fen for each in judged_by.city_programmes}


def own_cap(organisation_id: int) -> str:
    """The owner of the yearly cap of a firm whose controller is not known."""
    return f"organisation:{organisation_id}"


def cap_left(organisation_id: int) -> CapLeft:
    """Which cap a firm leaves that comes under a controller, or under another one."""
    known = tenures(organisation_id)
    if known:
        return CapLeft(controller_cap(known[-1].controller_id), is_group=True)
    return CapLeft(own_cap(organisation_id), is_group=False)


def has_used(organisation_id: int, *, since: date) -> bool:
    """Whether a firm holds anything of a yearly cap, or has used anything of those since the year of a day.

    So it is where the cap it leaves has been used at all: no firm of a group has room of its own.
    """
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
    counted = select(LedgerAccount.id).where(
        or_(*(is_cap_of(owner) for owner in {own_cap(organisation_id), cap_left(organisation_id).owner})),
        LedgerAccount.year >= since.year,
        LedgerAccount.posted_fen + LedgerAccount.pending_fen > 0,
    )
    return session().scalar(counted.limit(1)) is not None


def effects_told(change: ControllerChange, *, actor: Actor, now: datetime) -> Sequence[CapEffect]:
    """What a change did to caps, while it waits what it would do: the latter only for who sees every city (V6)."""
    if change.state is not ProposalState.PROPOSED:
        return effects_of(change.source)
    return effects_foreseen(change, now=now) if visible_to_all(actor) else []


def effects_foreseen(change: ControllerChange, *, now: datetime) -> Sequence[CapEffect]:
    """What approving a proposed change would do to caps as they stand now: what its decision computes, too."""
    caps, from_year = caps_in_force(clock.today(now)), change.effective_on.year
    if change.controller_id is not None:
        left = CapLeft(controller_cap(change.controller_id), is_group=change.kind is ChangeKind.SPLIT)
    else:
        left = cap_left(change.organisation_ids[0])
    number = change.into_id or same_by(change.new_note, namesakes_of(change.new_name))
    heir = NOBODY if number is None else controller_cap(number)
    planned = planned_carry if left.is_group else planned_merge
    return [
        CapEffect(
            owner=heir or None,
            year=move.year,
            programme=move.programme,
            moved_fen=move.moved_fen,
            used_after_fen=move.used_after_fen,
            overhang_fen=move.overhang_fen,
            room_fen=move.room_fen,
            freed_fen=move.freed_fen,
        )
        for move in planned(left.owner, heir, from_year=from_year, caps=caps)
    ]


def effects_of(source: str) -> Sequence[CapEffect]:
    """What an approved change did to caps; empty where nothing had been used."""
    return [*_merged(source), *_carried(source)]


def _merged(source: str) -> Iterator[CapEffect]:
    found = session().execute(
        select(CapMerge.merged_into, CapMergeYear)
        .join(CapMergeYear, CapMergeYear.merge_id == CapMerge.id)
        .where(CapMerge.source == source)
        .order_by(CapMergeYear.id)
    )
    for into, year in found:
        yield CapEffect(
            owner=into,
            year=year.year,
            programme=year.programme,
            moved_fen=year.held_fen + year.consumed_fen,
            used_after_fen=year.used_after_fen,
            overhang_fen=year.overhang_fen,
            room_fen=cap_room_fen(cap_fen=year.cap_fen, used_fen=year.used_after_fen),
        )


def _carried(source: str) -> Iterator[CapEffect]:
    """As the ledger wrote it then: what is carried comes down later with its holds."""
    used_after, cap_in_force = (
        func.max(LedgerTransaction.data[name].as_integer()) for name in ("used_after_fen", "cap_fen")
    )
    found = session().execute(
        select(LedgerAccount, func.sum(LedgerPosting.amount_fen), used_after, cap_in_force)
        .join(LedgerPosting, LedgerPosting.account_id == LedgerAccount.id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerPosting.transaction_id)
        .where(
            LedgerTransaction.source == source,
            LedgerTransaction.kind == TransactionKind.CAP_CARRIED,
            LedgerAccount.kind.in_((AccountKind.CAP, AccountKind.AID_CAP)),
        )
        .group_by(LedgerAccount.id)
        .order_by(LedgerAccount.id)
    )
    for account, moved_fen, used_fen, cap_fen in found:
        cap = account_cap(account)
        yield CapEffect(
            owner=cap.owner,
            year=cap.year,
            programme=cap.programme,
            moved_fen=moved_fen,
            used_after_fen=used_fen,
            overhang_fen=0 if used_fen is None else overhang_fen(cap_fen=cap_fen, used_fen=used_fen),
            room_fen=None if used_fen is None else cap_room_fen(cap_fen=cap_fen, used_fen=used_fen),
        )

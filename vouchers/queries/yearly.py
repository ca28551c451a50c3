"""What can still be used of a year's cap: one's own use, and that of all siblings as one sum (V12 cap)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from accounts.queries.caps import cap_owners
from core import clock, policy
from core.db import session
from settlement.models import CapHold, LedgerAccount
from settlement.rules.chart import AccountKind
from settlement.rules.room import cap_room_fen
from settlement.states import HoldState
from vouchers.models import EntitlementDecision
from vouchers.rules.policy import judging

CAP = "V12"


@dataclass(frozen=True, slots=True)
class YearlyUse:
    """The cap of one organisation in one year, in fen.

    ``own_held_fen`` is held by orders on their way, ``own_used_fen`` was confirmed. ``siblings_fen`` is what others
    under the same controller hold and have used, as one sum that names nobody, and what one's own orders of another
    time used while it stood under this cap. ``room_fen`` is what an order may still hold.
    """

    organisation_id: int
    year: int
    cap_owner: str
    cap_fen: int
    own_held_fen: int
    own_used_fen: int
    siblings_fen: int
    room_fen: int
    article: str = CAP


def yearly_use(organisation_id: int, *, year: int, now: datetime) -> YearlyUse:
    """The cap of an enterprise or team; whether the actor may know it is the caller's to say."""
    return yearly_uses([organisation_id], year=year, now=now)[organisation_id]


def yearly_uses(organisation_ids: Collection[int], *, year: int, now: datetime) -> dict[int, YearlyUse]:
    """The caps of several enterprises or teams by number, in three queries: an incubator's teams, for example."""
    today = clock.today(now)
    cap_fen = judging(policy.current(), today).policy.annual_cap_fen
    owners = cap_owners(organisation_ids, today)
    balances = _balances(set(owners.values()), year)
    own = _own(owners, year)
    return {
        number: _use(number, owner, year, cap_fen, balances.get(owner, 0), own.get((number, owner), (0, 0)))
        for number, owner in owners.items()
    }


def _use(number: int, owner: str, year: int, cap_fen: int, balance_fen: int, own: tuple[int, int]) -> YearlyUse:
    held_fen, used_fen = own
    return YearlyUse(
        organisation_id=number,
        year=year,
        cap_owner=owner,
        cap_fen=cap_fen,
        own_held_fen=held_fen,
        own_used_fen=used_fen,
        siblings_fen=balance_fen - held_fen - used_fen,
        room_fen=cap_room_fen(cap_fen=cap_fen, used_fen=balance_fen),
    )


def _balances(owners: Collection[str], year: int) -> dict[str, int]:
    found = select(LedgerAccount.owner, LedgerAccount.posted_fen + LedgerAccount.pending_fen).where(
        LedgerAccount.kind == AccountKind.CAP, LedgerAccount.owner.in_(owners), LedgerAccount.year == year
    )
    return dict(session().execute(found).tuples().all())


def _own(owners: dict[int, str], year: int) -> dict[tuple[int, str], tuple[int, int]]:
    """Held and used by each organisation's own orders, on the cap it uses today."""
    held = case((CapHold.state == HoldState.LIVE, CapHold.held_fen), else_=0)
    used = case((CapHold.state == HoldState.CONSUMED, CapHold.consumed_fen), else_=0)
    rows = session().execute(
        select(EntitlementDecision.beneficiary_id, CapHold.cap_owner, func.sum(held), func.sum(used))
        .join(CapHold, CapHold.order_id == EntitlementDecision.order_id)
        .where(EntitlementDecision.beneficiary_id.in_(owners), CapHold.year == year)
        .group_by(EntitlementDecision.beneficiary_id, CapHold.cap_owner)
    )
    return {(number, owner): (int(held_fen), int(used_fen)) for number, owner, held_fen, used_fen in rows}

"""What can still be used of a year's cap: one's own use, and that of all siblings as one sum (V12 cap)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, select

from accounts.kinds import BENEFICIARY_KINDS
from accounts.models import Organisation
from accounts.queries import acts_for
from accounts.queries.caps import cap_owners
from accounts.queries.organisations import OrganisationMissing
from core import clock, policy
from core.db import session
from core.permissions import Actor
from settlement.models import CapHold, LedgerAccount
from settlement.rules.chart import AccountKind
from settlement.rules.room import cap_room_fen, overhang_fen
from settlement.states import HoldState
from vouchers.models import EntitlementDecision
from vouchers.rules.policy import judging

CAP = "V12"


@dataclass(frozen=True, slots=True)
class CapPart:
    """What one firm holds and has used of a cap; ``organisation_id`` is None for the others of its group together."""

    organisation_id: int | None
    held_fen: int
    consumed_fen: int


@dataclass(frozen=True, slots=True)
class YearlyUse:
    """The cap of one organisation in one year, in fen.

    ``own_held_fen`` is held by orders on their way, ``own_used_fen`` was confirmed. ``siblings_fen`` is what others
    under the same controller hold and have used, as one sum that names nobody, and what one's own orders of another
    time used while it stood under this cap; ``siblings_held_fen`` of it is held. ``room_fen`` is what an order may
    still hold, ``overhang_fen`` by how much the use of merged groups is above the cap (invariant 3).
    """

    organisation_id: int
    year: int
    cap_owner: str
    cap_fen: int
    own_held_fen: int
    own_used_fen: int
    siblings_fen: int
    siblings_held_fen: int
    room_fen: int
    overhang_fen: int
    article: str = CAP

    @property
    def held_fen(self) -> int:
        """What the whole group holds."""
        return self.own_held_fen + self.siblings_held_fen

    @property
    def consumed_fen(self) -> int:
        """What was confirmed for the whole group."""
        return self.own_used_fen + self.siblings_fen - self.siblings_held_fen

    @property
    def parts(self) -> list[CapPart]:
        """One's own part, and that of the others together where there is any."""
        own = CapPart(self.organisation_id, self.own_held_fen, self.own_used_fen)
        others = CapPart(None, self.siblings_held_fen, self.siblings_fen - self.siblings_held_fen)
        return [own, others] if self.siblings_fen else [own]


def users_in_sight(actor: Actor) -> Select[tuple[Organisation]]:
    """The enterprises and teams whose cap an actor may know: its own, and an incubator's teams."""
    return select(Organisation).where(Organisation.kind.in_(BENEFICIARY_KINDS), Organisation.id.in_(acts_for(actor)))


def find_user(organisation_id: int, *, actor: Actor) -> Organisation:
    """The enterprise or team if the actor may know its cap; raises OrganisationMissing."""
    user = session().scalar(users_in_sight(actor).where(Organisation.id == organisation_id))
    if user is None:
        raise OrganisationMissing
    return user


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
        number: _use(number, owner, year, cap_fen, balances.get(owner, (0, 0)), own.get((number, owner), (0, 0)))
        for number, owner in owners.items()
    }


def _use(number: int, owner: str, year: int, cap_fen: int, group: tuple[int, int], own: tuple[int, int]) -> YearlyUse:
    held_fen, used_fen = own
    balance_fen = sum(group)
    return YearlyUse(
        organisation_id=number,
        year=year,
        cap_owner=owner,
        cap_fen=cap_fen,
        own_held_fen=held_fen,
        own_used_fen=used_fen,
        siblings_fen=balance_fen - held_fen - used_fen,
        siblings_held_fen=group[0] - held_fen,
        room_fen=cap_room_fen(cap_fen=cap_fen, used_fen=balance_fen),
        overhang_fen=overhang_fen(cap_fen=cap_fen, used_fen=balance_fen),
    )


def _balances(owners: Collection[str], year: int) -> dict[str, tuple[int, int]]:
    """Held and used by all orders on each cap."""
    found = select(LedgerAccount.owner, LedgerAccount.pending_fen, LedgerAccount.posted_fen).where(
        LedgerAccount.kind == AccountKind.CAP, LedgerAccount.owner.in_(owners), LedgerAccount.year == year
    )
    return {owner: (held_fen, used_fen) for owner, held_fen, used_fen in session().execute(found)}


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

"""Reads of what stands on yearly caps, and of what a merge or a separation would do to them (V12 cap).

A carry names its root: ``order:3``, whose hold stands on another cap; carries from before holds were followed one by
one name the owner of that cap, ``controller:3``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_

from core.db import session
from settlement.models import AidHold, CapCarry, CapHold, CapMerge, LedgerAccount
from settlement.rules.carrying import CapMove, Carried, Standing, carry_move, merge_move
from settlement.rules.chart import AID_OF, ORDER_OWNER, AccountKind, AccountRef, Cap, cap_of, order_owner
from settlement.states import HoldState

CapsInForce = Mapping[str | None, int]
"""The yearly cap in force by city programme; None is the province's voucher."""

NOBODY = ""
"""The owner of a cap that nothing stands on yet: of a controller that is not on record."""


def caps_of(owner: str, from_year: int) -> list[Cap]:
    """The caps of an owner that anything was ever held on, of a year and later ones."""
    found = select(LedgerAccount).where(is_cap_of(owner), LedgerAccount.year >= from_year).order_by(LedgerAccount.id)
    return [account_cap(account) for account in session().scalars(found)]


def is_cap_of(owner: str) -> ColumnElement[bool]:
    """Accounts of the yearly caps of an owner, of the voucher and of city programmes."""
    aided = LedgerAccount.owner.startswith(owner + AID_OF, autoescape=True)
    return or_(
        and_(LedgerAccount.kind == AccountKind.CAP, LedgerAccount.owner == owner),
        and_(LedgerAccount.kind == AccountKind.AID_CAP, aided),
    )


def account_cap(account: LedgerAccount) -> Cap:
    """The cap an account counts."""
    return cap_of(AccountRef(account.kind, account.owner, account.year))


def standing_on(cap: Cap) -> Standing:
    """What stands on a cap now."""
    return standings([cap])[cap]


def standings(caps: Collection[Cap]) -> dict[Cap, Standing]:
    """What stands on these caps now; nothing on those that were never used."""
    accounts = _accounts(caps)
    ids = [account.id for account in accounts.values()]
    own = _own(ids)
    carried: dict[int, list[CapCarry]] = {number: [] for number in ids}
    for carry in session().scalars(_live_carries(ids)):
        carried[carry.account_id].append(carry)
    homes = _homes({cap: carried[account.id] for cap, account in accounts.items()})
    found = {}
    for cap in caps:
        account = accounts.get(cap)
        found[cap] = Standing(
            owner=cap.owner,
            own={} if account is None else own[account.id],
            carried={}
            if account is None
            else {each.root: Carried(each.amount_fen, homes[cap, each.root]) for each in carried[account.id]},
        )
    return found


def carries_on(account_id: int) -> list[CapCarry]:
    """What a cap carries now, by root."""
    return list(session().scalars(_live_carries([account_id])))


def carries_of(order_id: int, *, programme: str | None) -> list[tuple[CapCarry, Cap]]:
    """Where else the hold of an order counts, each with the cap."""
    kind = AccountKind.CAP if programme is None else AccountKind.AID_CAP
    rows = session().execute(
        select(CapCarry, LedgerAccount)
        .join(LedgerAccount, LedgerAccount.id == CapCarry.account_id)
        .where(CapCarry.root == order_owner(order_id), CapCarry.live, LedgerAccount.kind == kind)
        .order_by(CapCarry.id)
        .execution_options(populate_existing=True)
    )
    found = [(carry, account_cap(account)) for carry, account in rows]
    return [(carry, cap) for carry, cap in found if cap.programme == programme]


def planned_merge(absorbed: str, into: str, *, from_year: int, caps: CapsInForce) -> list[CapMove]:
    """What a merge would do to each cap of the absorbed owner, of a year and later ones."""
    return _planned(merge_move, absorbed, into, from_year=from_year, caps=caps)


def planned_carry(left: str, heir: str, *, from_year: int, caps: CapsInForce) -> list[CapMove]:
    """What leaving an owner's group for another's would do to each cap, of a year and later ones."""
    return _planned(carry_move, left, heir, from_year=from_year, caps=caps)


def _planned(
    move: Callable[[Standing, Standing, Cap, int], CapMove], left: str, heir: str, *, from_year: int, caps: CapsInForce
) -> list[CapMove]:
    targets = {cap: Cap(heir, cap.year, cap.programme) for cap in caps_of(left, from_year)}
    every = [*targets, *targets.values()]
    stand, accounts = standings(every), _accounts(every)
    return [
        move(stand[cap], stand[target], cap, caps.get(cap.programme, accounts[cap].max_fen or 0))
        for cap, target in targets.items()
    ]


def owner_in(owner: str, year: int) -> str:
    """Whose cap of a year an owner's use belongs to: its own, or that of whom it was merged into."""
    while (into := _merged_into(owner, year)) is not None:
        owner = into
    return owner


def _merged_into(owner: str, year: int) -> str | None:
    found = select(CapMerge.merged_into).where(CapMerge.absorbed == owner, CapMerge.from_year <= year)
    return session().scalar(found)


def _accounts(caps: Collection[Cap]) -> dict[Cap, LedgerAccount]:
    wanted = [(cap.account.kind.value, cap.account.owner, cap.year) for cap in caps]
    found = session().scalars(
        select(LedgerAccount)
        .where(tuple_(LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.year).in_(wanted))
        .execution_options(populate_existing=True)
    )
    return {account_cap(account): account for account in found}


def _own(account_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """What the holds on each account hold and used, by root."""
    found: dict[int, dict[str, int]] = {number: {} for number in account_ids}
    for model in (CapHold, AidHold):
        rows = session().execute(
            select(model.account_id, model.order_id, model.held_fen + model.consumed_fen).where(
                model.account_id.in_(account_ids), model.state.in_((HoldState.LIVE, HoldState.CONSUMED))
            )
        )
        for account_id, order_id, fen in rows:
            found[account_id][order_owner(order_id)] = fen
    return found


def _live_carries(account_ids: Collection[int]) -> Select[tuple[CapCarry]]:
    found = select(CapCarry).where(CapCarry.account_id.in_(account_ids), CapCarry.live).order_by(CapCarry.root)
    return found.execution_options(populate_existing=True)


def _homes(carried: Mapping[Cap, Collection[CapCarry]]) -> dict[tuple[Cap, str], str]:
    """Whose cap each of these uses stands on itself."""
    roots = {each.root for carries in carried.values() for each in carries}
    orders = {int(root.removeprefix(ORDER_OWNER)) for root in roots if root.startswith(ORDER_OWNER)}
    owners: dict[tuple[str | None, str], str] = {}
    if orders:
        for order_id, owner in session().execute(
            select(CapHold.order_id, CapHold.cap_owner).where(CapHold.order_id.in_(orders))
        ):
            owners[None, order_owner(order_id)] = owner
        for order_id, programme, owner in session().execute(
            select(AidHold.order_id, AidHold.programme, AidHold.cap_owner).where(AidHold.order_id.in_(orders))
        ):
            owners[programme, order_owner(order_id)] = owner
    return {
        (cap, each.root): owners.get((cap.programme, each.root)) or owner_in(each.root, cap.year)
        for cap, carries in carried.items()
        for each in carries
    }

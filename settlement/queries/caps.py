"""Reads of what stands on yearly caps, and of what a merge or a separation would do to them (V12 cap).

A carry names its root: ``order:3``, whose hold stands on another cap; carries from before holds were followed one by
one name the owner of that cap, ``controller:3``.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, or_, select

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


def account_of(cap: Cap) -> LedgerAccount | None:
    """The account of a cap as it stands now, if anything was ever held on it."""
    ref = cap.account
    return session().scalar(
        select(LedgerAccount)
        .where(LedgerAccount.kind == ref.kind, LedgerAccount.owner == ref.owner, LedgerAccount.year == ref.year)
        .execution_options(populate_existing=True)
    )


def in_force(caps: CapsInForce, cap: Cap) -> int:
    """The yearly cap in force; of a programme that is not named any more what its account was bounded by counts."""
    known = caps.get(cap.programme)
    if known is not None:
        return known
    account = account_of(cap)
    return 0 if account is None else account.max_fen or 0


def standing_on(cap: Cap) -> Standing:
    """What stands on a cap now."""
    account = account_of(cap)
    if account is None:
        return Standing(owner=cap.owner, own={}, carried={})
    model = CapHold if cap.programme is None else AidHold
    own = session().execute(
        select(model.order_id, model.held_fen + model.consumed_fen).where(
            model.account_id == account.id, model.state.in_((HoldState.LIVE, HoldState.CONSUMED))
        )
    )
    carried = carries_on(account.id)
    homes = _homes(carried, cap)
    return Standing(
        owner=cap.owner,
        own={order_owner(order_id): fen for order_id, fen in own},
        carried={each.root: Carried(each.amount_fen, homes[each.root]) for each in carried},
    )


def carries_on(account_id: int) -> list[CapCarry]:
    """What a cap carries now, by root."""
    found = select(CapCarry).where(CapCarry.account_id == account_id, CapCarry.live).order_by(CapCarry.root)
    return list(session().scalars(found.execution_options(populate_existing=True)))


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
    return [
        merge_move(
            standing_on(cap),
            standing_on(Cap(into, cap.year, cap.programme)),
            year=cap.year,
            programme=cap.programme,
            cap_fen=in_force(caps, cap),
        )
        for cap in caps_of(absorbed, from_year)
    ]


def planned_carry(left: str, heir: str, *, from_year: int, caps: CapsInForce) -> list[CapMove]:
    """What leaving an owner's group for another's would do to each cap, of a year and later ones."""
    return [
        carry_move(
            standing_on(cap),
            standing_on(Cap(heir, cap.year, cap.programme)),
            year=cap.year,
            programme=cap.programme,
            cap_fen=in_force(caps, cap),
        )
        for cap in caps_of(left, from_year)
    ]


def owner_in(owner: str, year: int) -> str:
    """Whose cap of a year an owner's use belongs to: its own, or that of whom it was merged into."""
    while (into := _merged_into(owner, year)) is not None:
        owner = into
    return owner


def _merged_into(owner: str, year: int) -> str | None:
    found = select(CapMerge.merged_into).where(CapMerge.absorbed == owner, CapMerge.from_year <= year)
    return session().scalar(found)


def _homes(carried: list[CapCarry], cap: Cap) -> dict[str, str]:
    """Whose cap each of these uses stands on itself."""
    orders = {int(each.root.removeprefix(ORDER_OWNER)) for each in carried if each.root.startswith(ORDER_OWNER)}
    model = CapHold if cap.programme is None else AidHold
    found = select(model.order_id, model.cap_owner).where(model.order_id.in_(orders))
    if cap.programme is not None:
        found = found.where(AidHold.programme == cap.programme)
    homes = {order_owner(order_id): owner for order_id, owner in session().execute(found)}
    return homes | {each.root: owner_in(each.root, cap.year) for each in carried if each.root not in homes}

"""Reads of yearly caps and holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ARRAY, BigInteger, Date, SmallInteger, Text, any_, bindparam, or_, select

from core.db import session
from core.gathering import Gathering
from settlement.models import AidHold, CapHold, Clawback, LedgerAccount
from settlement.rules.chart import AccountKind, AccountRef, Cap
from settlement.rules.room import cap_room_fen
from settlement.states import ClawbackState


@dataclass(frozen=True, slots=True)
class Overdue:
    """A clawback that its payee has not paid back in time."""

    id: int
    open_fen: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Bearings:
    """What money has to say to an order: what each party owes overdue, and what is held and consumed of caps."""

    overdue: Mapping[int, tuple[Overdue, ...]]
    used_fen: Mapping[Cap, int]


_BALANCE = LedgerAccount.posted_fen + LedgerAccount.pending_fen
_PARTIES = bindparam("parties", type_=ARRAY(BigInteger))
_OWNERS = bindparam("owners", type_=ARRAY(Text))
_BEARINGS = Gathering(
    clawbacks=select(
        Clawback.payee_id,
        Clawback.id,
        (Clawback.amount_fen - Clawback.recovered_fen - Clawback.written_off_fen).label("open_fen"),
        Clawback.due_on,
    )
    .where(
        Clawback.payee_id == any_(_PARTIES),
        Clawback.state == ClawbackState.OPEN,
        Clawback.due_on < bindparam("on", type_=Date),
    )
    .order_by(Clawback.id),
    caps=select(LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.year, _BALANCE.label("used_fen")).where(
        or_(LedgerAccount.kind == AccountKind.CAP, LedgerAccount.kind == AccountKind.AID_CAP),
        LedgerAccount.owner == any_(_OWNERS),
        LedgerAccount.year == bindparam("year", type_=SmallInteger),
    ),
)


def bearings(parties: Collection[int], caps: Collection[Cap], *, year: int, on: date) -> Bearings:
    """What parties owe overdue on a day, the earliest opened first, and what is used of caps of one year, in fen; each
    is answered. Nothing is held by asking."""
    found = _BEARINGS.read(parties=list(parties), owners=[cap.account.owner for cap in caps], year=year, on=on)
    used = {AccountRef(each.kind, each.owner, each.year): each.used_fen for each in found["caps"]}
    owed = found["clawbacks"]
    return Bearings(
        {
            party: tuple(Overdue(each.id, each.open_fen, each.due_on) for each in owed if each.payee_id == party)
            for party in parties
        },
        {cap: used.get(cap.account, 0) for cap in caps},
    )


def cap_room(*, cap_owner: str, year: int, cap_fen: int) -> int:
    """What is left of a yearly cap, in fen; nothing is held by asking."""
    return cap_room_fen(cap_fen=cap_fen, used_fen=cap_used(Cap(cap_owner, year)))


def cap_used(cap: Cap) -> int:
    """What is held and consumed of a yearly cap, in fen."""
    ref = cap.account
    used = session().scalar(
        select(_BALANCE).where(
            LedgerAccount.kind == ref.kind,
            LedgerAccount.owner == ref.owner,
            LedgerAccount.year == ref.year,
        )
    )
    return used or 0


def aid_holds_of(order_id: int) -> dict[str, AidHold]:
    """The holds of an order on the caps of city programmes, by programme, in whatever state (V6)."""
    found = select(AidHold).where(AidHold.order_id == order_id).execution_options(populate_existing=True)
    return {hold.programme: hold for hold in session().scalars(found)}


def hold_of(order_id: int) -> CapHold | None:
    """The hold of an order in whatever state (``live``, ``consumed``, ``released``).

    None where nothing was ever held.
    """
    return session().scalar(
        select(CapHold).where(CapHold.order_id == order_id).execution_options(populate_existing=True)
    )

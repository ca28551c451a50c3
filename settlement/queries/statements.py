"""Statements of account and the trial balance, cut to whom they concern."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true

from accounts.models import ControllerTenure, Organisation
from accounts.policy import city_names
from accounts.queries import visible_organisations
from core.clock import end_of_day, start_of_day
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement import permissions
from settlement.models import LedgerAccount, LedgerPosting, LedgerTransaction
from settlement.queries.ledger import CAP_KINDS, CONTROLLER
from settlement.queries.scope import sees_all
from settlement.rules.chart import AID_OF, AccountKind, Book
from settlement.rules.statements import Party, PartyKind, PartyUnreadable, Period, Section, party_of


class StatementMissing(NotFound):
    """There is nobody of that name whose books this actor may read."""

    code = "statement_missing"


class StatementCityUnknown(NotFound):
    """The province has no city of this code, nor do the books; those it has are named."""

    code = "statement_city_unknown"


def find_party(code: str, *, actor: Actor, on: date) -> Party:
    """The party whose statement the actor may read: itself, its city, anybody for who reads all.

    Cities are those of the day; one that the province had before is found as long as something stands in its books.
    Raises :class:`StatementMissing` and, for who reads all, :class:`StatementCityUnknown`.
    """
    try:
        party = party_of(code)
    except PartyUnreadable as unreadable:
        raise StatementMissing from unreadable
    if not _may_read(party, actor):
        raise StatementMissing
    cities = city_names(on)
    if party.city is not None and party.city not in cities and not _has_books(party, actor=actor, on=on):
        known = "、".join(f"{number} {name}" for number, name in cities.items())
        raise StatementCityUnknown(city=party.city, known=known)
    return party


def own_party(actor: Actor) -> str:
    """The code of the party whose statement an actor reads first."""
    if sees_all(actor):
        return PartyKind.PROVINCE.value
    if permissions.reads_its_city(actor) and actor.city is not None:
        return f"{PartyKind.CITY}:{actor.city}"
    return f"{PartyKind.ORGANISATION}:{actor.organisation_id}"


def sections(
    party: Party, period: Period, *, actor: Actor, book: Book | None = None, kind: AccountKind | None = None
) -> list[Section]:
    """Opening, movement and closing of each kind of account and layer, from one reading of the ledger."""
    first = start_of_day(period.since)
    inside = LedgerTransaction.at >= first
    amount = LedgerPosting.amount_fen
    found = (
        select(
            LedgerAccount.book,
            LedgerAccount.kind,
            LedgerPosting.layer,
            func.coalesce(func.sum(amount).filter(~inside), 0),
            func.coalesce(func.sum(amount).filter(inside, amount > 0), 0),
            func.coalesce(-func.sum(amount).filter(inside, amount < 0), 0),
            func.count().filter(inside),
        )
        .select_from(LedgerPosting)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerPosting.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(
            LedgerTransaction.at < end_of_day(period.until),
            accounts_of(party, actor=actor, on=period.until),
            *_chosen(book, kind),
        )
        .group_by(LedgerAccount.book, LedgerAccount.kind, LedgerPosting.layer)
        .order_by(LedgerAccount.book, LedgerAccount.kind, LedgerPosting.layer)
    )
    return [
        Section(book_, kind_, layer, int(opening), int(debit), int(credit), count)
        for book_, kind_, layer, opening, debit, credit, count in session().execute(found)
    ]


def lines(
    party: Party, period: Period, *, actor: Actor, book: Book | None = None, kind: AccountKind | None = None
) -> Select[tuple[LedgerPosting]]:
    """The postings of a statement."""
    return (
        select(LedgerPosting)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerPosting.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(
            LedgerTransaction.at >= start_of_day(period.since),
            LedgerTransaction.at < end_of_day(period.until),
            accounts_of(party, actor=actor, on=period.until),
            *_chosen(book, kind),
        )
    )


def accounts_of(party: Party, *, actor: Actor, on: date) -> ColumnElement[bool]:
    """The accounts a statement is made of.

    A cap that several firms share tells of all of them, so that it stands in a firm's statement only for who reads
    all; others see its balance among the accounts.
    """
    if party.kind is PartyKind.PROVINCE:
        return true()
    if party.kind is PartyKind.CITY:
        members = select(Organisation.id).where(Organisation.city == party.city)
        owners = [
            select(func.concat(kind, Organisation.id)).where(Organisation.city == party.city) for kind in _CAP_OWNERS
        ]
        whose = func.split_part(LedgerAccount.owner, AID_OF, 1)
        return or_(
            LedgerAccount.party_id.in_(members),
            LedgerAccount.counterparty_id.in_(members),
            and_(LedgerAccount.kind.in_(CAP_KINDS), or_(*(whose.in_(each) for each in owners))),
        )
    number = party.organisation_id
    caps = [f"{kind}{number}" for kind in _CAP_OWNERS]
    whose = func.split_part(LedgerAccount.owner, AID_OF, 1)
    own = or_(
        LedgerAccount.party_id == number,
        LedgerAccount.counterparty_id == number,
        and_(LedgerAccount.kind.in_(CAP_KINDS), whose.in_(caps)),
    )
    if not sees_all(actor):
        return own
    controlled = exists().where(
        ControllerTenure.organisation_id == number,
        whose == func.concat(CONTROLLER, ControllerTenure.controller_id),
        ControllerTenure.since <= on,
        or_(ControllerTenure.until.is_(None), ControllerTenure.until > on),
    )
    return or_(own, and_(LedgerAccount.kind.in_(CAP_KINDS), controlled))


def trial_balance(on: date) -> Sequence[Section]:
    """What stands in each book, kind and layer at the end of a day; debits and credits are all there ever were."""
    amount = LedgerPosting.amount_fen
    found = (
        select(
            LedgerAccount.book,
            LedgerAccount.kind,
            LedgerPosting.layer,
            func.coalesce(func.sum(amount).filter(amount > 0), 0),
            func.coalesce(-func.sum(amount).filter(amount < 0), 0),
            func.count(),
        )
        .select_from(LedgerPosting)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerPosting.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerTransaction.at < end_of_day(on))
        .group_by(LedgerAccount.book, LedgerAccount.kind, LedgerPosting.layer)
        .order_by(LedgerAccount.book, LedgerPosting.layer, LedgerAccount.kind)
    )
    return [
        Section(book, kind, layer, 0, int(debit), int(credit), count)
        for book, kind, layer, debit, credit, count in session().execute(found)
    ]


def _may_read(party: Party, actor: Actor) -> bool:
    if sees_all(actor):
        return party.organisation_id is None or _is_there(Organisation.id == party.organisation_id)
    if party.kind is PartyKind.PROVINCE:
        return False
    if party.kind is PartyKind.CITY:
        return permissions.reads_its_city(actor) and actor.city == party.city
    return _is_there(Organisation.id == party.organisation_id, visible_organisations(actor))


def _has_books(party: Party, *, actor: Actor, on: date) -> bool:
    found = select(LedgerAccount.id).where(accounts_of(party, actor=actor, on=on))
    return session().scalar(found.limit(1)) is not None


def _is_there(*conditions: ColumnElement[bool]) -> bool:
    return session().scalar(select(Organisation.id).where(*conditions)) is not None


def _chosen(book: Book | None, kind: AccountKind | None) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if book is not None:
        chosen.append(LedgerAccount.book == book)
    if kind is not None:
        chosen.append(LedgerAccount.kind == kind)
    return chosen


_CAP_OWNERS = ("organisation:", "team:")
"""Owners of caps that one party has alone begin so, before its number."""

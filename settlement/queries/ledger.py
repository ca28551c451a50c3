"""Reads of ledger accounts with their balances and postings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, exists, func, literal, or_, select

from accounts.models import ControllerTenure, Organisation
from accounts.queries import visible_organisations
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import LedgerAccount, LedgerPosting, LedgerTransaction
from settlement.queries.scope import concerns_visible, sees_all
from settlement.rules.chart import AID_OF, AccountKind, Book, Layer, Phase, TransactionKind
from settlement.rules.statements import article_of

_LAST_YEAR = 2199
CAP_KINDS = (AccountKind.CAP, AccountKind.CAP_CONTRA, AccountKind.AID_CAP, AccountKind.AID_CAP_CONTRA)
CONTROLLER = "controller:"
"""Owners of caps that several firms share begin so."""


class LedgerAccountMissing(NotFound):
    """There is no such account for this actor."""

    code = "ledger_account_missing"


@dataclass(frozen=True)
class AccountBalance:
    """One kind of account of one owner, in one year or (``year`` None) in all of them together; sums in fen.

    ``is_sum_alone``: its reader is a firm of the controller or its city, and single postings would tell of the others.
    """

    book: Book
    kind: AccountKind
    owner: str
    year: int | None
    posted_fen: int
    pending_fen: int
    balance_fen: int
    min_fen: int | None
    max_fen: int | None
    account_ids: Sequence[int]
    is_sum_alone: bool


@dataclass(frozen=True)
class BookTotal:
    """All accounts of one kind together; sums in fen, debit positive."""

    book: Book
    kind: AccountKind
    count: int
    posted_fen: int
    pending_fen: int


@dataclass(frozen=True)
class PostingLine:
    """A posting with the transaction that made it."""

    id: int
    transaction_id: int
    year: int
    kind: TransactionKind
    phase: Phase
    layer: Layer
    amount_fen: int
    source: str
    order_id: int | None
    resolves_id: int | None
    reverses_id: int | None
    article: str | None
    at: datetime
    account_kind: AccountKind
    owner: str


def known_kind(name: str) -> AccountKind:
    """The kind of account of that name; raises :class:`LedgerAccountMissing` for none."""
    try:
        return AccountKind(name)
    except ValueError as unknown:
        raise LedgerAccountMissing from unknown


def visible_accounts(actor: Actor, *, today: date) -> Select[tuple[LedgerAccount]]:
    """The accounts an actor may see: its own, its city's, and the caps these use today; all for who reads all."""
    return select(LedgerAccount).where(_visible(actor, today))


def trial_totals() -> list[BookTotal]:
    """What stands in each book by kind of account; each book as a whole is zero."""
    found = (
        select(
            LedgerAccount.book,
            LedgerAccount.kind,
            func.count(),
            func.sum(LedgerAccount.posted_fen),
            func.sum(LedgerAccount.pending_fen),
        )
        .group_by(LedgerAccount.book, LedgerAccount.kind)
        .order_by(LedgerAccount.book, LedgerAccount.kind)
    )
    return [
        BookTotal(book, kind, count, int(posted), int(pending))
        for book, kind, count, posted, pending in session().execute(found)
    ]


def account_balance(*, kind: AccountKind, owner: str, year: int | None, actor: Actor, today: date) -> AccountBalance:
    """The account with its balances.

    Raises :class:`LedgerAccountMissing` for one that is not there or not the actor's.
    """
    found = visible_accounts(actor, today=today).where(LedgerAccount.kind == kind, LedgerAccount.owner == owner)
    if year is not None:
        found = found.where(LedgerAccount.year == (year if year <= _LAST_YEAR else -1))
    accounts = session().scalars(found.execution_options(populate_existing=True)).all()
    if not accounts:
        raise LedgerAccountMissing
    only = accounts[0] if len(accounts) == 1 else None
    return AccountBalance(
        book=accounts[0].book,
        kind=kind,
        owner=owner,
        year=year if only is None else only.year or year,
        posted_fen=sum(account.posted_fen for account in accounts),
        pending_fen=sum(account.pending_fen for account in accounts),
        balance_fen=sum(account.balance_fen for account in accounts),
        min_fen=None if only is None else only.min_fen,
        max_fen=None if only is None else only.max_fen,
        account_ids=[account.id for account in accounts],
        is_sum_alone=kind in CAP_KINDS and owner.startswith(CONTROLLER) and not sees_all(actor),
    )


def postings_on(balance: AccountBalance) -> Select[tuple[LedgerPosting]]:
    """The postings behind a balance; none where its reader may know their sum alone."""
    shown = [] if balance.is_sum_alone else balance.account_ids
    return select(LedgerPosting).where(LedgerPosting.account_id.in_(shown))


def of_kind(postings: Select[tuple[LedgerPosting]], kind: TransactionKind) -> Select[tuple[LedgerPosting]]:
    """Only the postings of transactions of one kind."""
    return postings.where(
        exists().where(LedgerTransaction.id == LedgerPosting.transaction_id, LedgerTransaction.kind == kind)
    )


def described(postings: Sequence[LedgerPosting]) -> list[PostingLine]:
    """Postings with their transactions, in the order given."""
    rows = session().execute(
        select(LedgerPosting, LedgerTransaction, LedgerAccount.year, LedgerAccount.kind, LedgerAccount.owner)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerPosting.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerPosting.id.in_([posting.id for posting in postings]))
    )
    lines = {posting.id: _line(posting, made, year, kind, owner) for posting, made, year, kind, owner in rows}
    return [lines[posting.id] for posting in postings]


def _line(
    posting: LedgerPosting, made: LedgerTransaction, year: int, account_kind: AccountKind, owner: str
) -> PostingLine:
    return PostingLine(
        id=posting.id,
        transaction_id=made.id,
        year=year,
        kind=made.kind,
        phase=made.phase,
        layer=posting.layer,
        amount_fen=posting.amount_fen,
        source=made.source,
        order_id=made.order_id,
        resolves_id=made.resolves_id,
        reverses_id=made.reverses_id,
        article=article_of(made.kind, made.article),
        at=made.at,
        account_kind=account_kind,
        owner=owner,
    )


def _visible(actor: Actor, today: date) -> ColumnElement[bool]:
    """Accounts of the actor's own organisations or city, and the caps these use today."""
    if sees_all(actor):
        return literal(True)  # noqa: FBT003 - the SQL constant
    mine: ColumnElement[bool] = concerns_visible(actor, LedgerAccount.party_id, LedgerAccount.counterparty_id)
    return or_(mine, and_(LedgerAccount.kind.in_(CAP_KINDS), _of_its_cap(actor, today)))


def _of_its_cap(actor: Actor, today: date) -> ColumnElement[bool]:
    """Caps of organisations and teams the actor sees, and of whoever controls one of them today."""
    owner: Any = func.split_part(LedgerAccount.owner, ":", 1)
    whose: Any = func.split_part(LedgerAccount.owner, AID_OF, 1)
    number: Any = case(
        (whose.regexp_match("^[a-z]+:[0-9]{1,18}$"), func.split_part(whose, ":", 2)),
        else_="0",
    ).cast(BigInteger)
    its_own = exists(select(Organisation.id).where(Organisation.id == number, visible_organisations(actor)))
    controlled = exists(
        select(ControllerTenure.id)
        .join(Organisation, Organisation.id == ControllerTenure.organisation_id)
        .where(
            ControllerTenure.controller_id == number,
            ControllerTenure.since <= today,
            or_(ControllerTenure.until.is_(None), ControllerTenure.until > today),
            visible_organisations(actor),
        )
    )
    return or_(and_(owner.in_(["organisation", "team"]), its_own), and_(owner == "controller", controlled))

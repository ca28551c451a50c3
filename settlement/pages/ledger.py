"""The books: accounts in sight, one account with its postings, and what stands in each book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from sqlalchemy import Select, func, or_, select

from accounts.models import Organisation
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Filter, NavEntry, Pages, Table, link_to, table_page, term
from core.pages.language import t
from core.pages.links import links, source_link
from core.pages.tables import choice
from core.permissions import Actor
from settlement import permissions
from settlement.models import LedgerAccount, LedgerPosting
from settlement.pages.words import (
    links_of_sources,
    owner_names,
    owner_number_words,
    source_words,
)
from settlement.queries.ledger import (
    PostingLine,
    account_balance,
    described,
    known_kind,
    of_kind,
    postings_on,
    trial_totals,
    visible_accounts,
)
from settlement.queries.owners import ORGANISATIONS
from settlement.rules.chart import AccountKind, Book, Layer, TransactionKind
from settlement.rules.statements import PartyKind

ledger = Pages(
    "ledger_pages",
    __name__,
    url_prefix="/ledger",
    navigation=(NavEntry("ledger", "ledger_pages.index", "money", permissions.may_read_ledger, order=80),),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An account as the table shows it."""

    account: LedgerAccount
    owner: str


def _rows(found: Sequence[LedgerAccount]) -> list[Row]:
    names = owner_names(each.owner for each in found)
    return [Row(each, names[each.owner]) for each in found]


@dataclass(frozen=True, slots=True)
class Posted:
    """A posting as the table shows it."""

    line: PostingLine
    source_href: str | None


def _posted(found: Sequence[LedgerPosting]) -> list[Posted]:
    lines = described(found)
    hrefs = links_of_sources([(line.source, line.order_id) for line in lines], actor=current_actor())
    return [Posted(line, hrefs[line.source]) for line in lines]


def _of_year(query: Select[Any], value: str) -> Select[Any]:
    if not value.isdecimal() or len(value) > 4:
        raise ValueError(value)
    return query.where(LedgerAccount.year == int(value))


def _of_owner(query: Select[Any], value: str) -> Select[Any]:
    """Accounts of an owner by its code, or by a part of the name of an organisation."""
    named = select(Organisation.id).where(Organisation.name.icontains(value, autoescape=True)).subquery()
    codes = [select(func.concat(f"{kind}:", named.c.id)) for kind in sorted(ORGANISATIONS)]
    return query.where(or_(LedgerAccount.owner == value, *(LedgerAccount.owner.in_(each) for each in codes)))


ACCOUNTS = Table(
    name="ledger-accounts",
    key=LedgerAccount.id,
    default_sort="account_kind",
    empty="page.ledger.empty",
    prepare=_rows,
    filters=[
        choice("book", LedgerAccount.book, Book),
        choice("account_kind", LedgerAccount.kind, AccountKind),
        Filter("owner", _of_owner),
        Filter("account_year", _of_year),
    ],
    columns=[
        Column(
            "account_kind",
            lambda row: row.account.kind,
            kind="term",
            sort=LedgerAccount.kind,
            link=lambda row: account_url(row.account.kind, row.account.owner, row.account.year or None),
        ),
        Column("owner", lambda row: row.owner, sort=LedgerAccount.owner),
        Column("owner_number", lambda row: owner_number_words(row.account.owner)),
        Column("year", lambda row: str(row.account.year) if row.account.year else None, sort=LedgerAccount.year),
        Column("book", lambda row: row.account.book, kind="term", sort=LedgerAccount.book),
        Column("posted", lambda row: row.account.posted_fen, kind="money", sort=LedgerAccount.posted_fen),
        Column("pending", lambda row: row.account.pending_fen, kind="money", sort=LedgerAccount.pending_fen),
        Column("balance", lambda row: row.account.balance_fen, kind="money"),
    ],
)

POSTINGS = Table(
    name="postings",
    key=LedgerPosting.id,
    default_sort="-posting",
    empty="page.account.empty",
    prepare=_posted,
    filters=[
        choice("layer", LedgerPosting.layer, Layer),
        Filter(
            "transaction_kind",
            lambda query, value: of_kind(query, TransactionKind(value)),
            options=lambda: [(member.value, term(member)) for member in TransactionKind],
        ),
    ],
    columns=[
        Column("posting", lambda row: row.line.id, sort=LedgerPosting.id),
        Column("at", lambda row: row.line.at, kind="moment"),
        Column("transaction_kind", lambda row: row.line.kind, kind="term"),
        Column("phase", lambda row: row.line.phase, kind="term"),
        Column("layer", lambda row: row.line.layer, kind="term", sort=LedgerPosting.layer),
        Column("amount", lambda row: row.line.amount_fen, kind="money", sort=LedgerPosting.amount_fen),
        Column("what_for", lambda row: source_words(row.line.source), link=lambda row: row.source_href),
        Column("order", lambda row: row.line.order_id, link=lambda row: _order_link(row.line.order_id)),
        Column("article", lambda row: row.line.article),
    ],
)


@ledger.get("")
@allow(permissions.may_read_ledger)
def index() -> Any:
    """The accounts in sight; for those who read all, what stands in each book too."""
    actor = current_actor()
    return table_page(
        ACCOUNTS,
        visible_accounts(actor, today=clock.today(clock.now())),
        title="page.ledger.title",
        template="settlement/ledger.html",
        actions=_books_of(actor),
        totals=trial_totals() if permissions.reads_all_money(actor) else [],
    )


def _books_of(actor: Actor) -> list[dict[str, Any]]:
    """The statement, and the trial balance for who reads all."""
    actions = [{"label": t("page.statement.title"), "href": url_for("statement_pages.mine")}]
    if permissions.reads_all_money(actor):
        trial = url_for("statement_pages.trial_balance")
        actions.append({"label": t("page.trial_balance.title"), "href": trial})
    return actions


@ledger.get("/accounts/<kind>/<owner>")
@allow(permissions.may_read_ledger)
def account(kind: str, owner: str) -> Any:
    """An account over all years."""
    return _shown(kind, owner, None)


@ledger.get("/accounts/<kind>/<owner>/<int:year>")
@allow(permissions.may_read_ledger)
def account_of_year(kind: str, owner: str, year: int) -> Any:
    """An account of one year."""
    return _shown(kind, owner, year)


def account_url(kind: AccountKind, owner: str, year: int | None) -> str:
    """The page of an account."""
    if year is None:
        return url_for("ledger_pages.account", kind=kind.value, owner=owner)
    return url_for("ledger_pages.account_of_year", kind=kind.value, owner=owner, year=year)


def _shown(kind: str, owner: str, year: int | None) -> Any:
    today = clock.today(clock.now())
    balance = account_balance(kind=known_kind(kind), owner=owner, year=year, actor=current_actor(), today=today)
    shown = {
        "balance": balance,
        "owner": owner_names([owner])[owner],
        "owner_href": source_link(owner),
        "statement_href": _statement_of(owner),
        "heading": t("page.account.title", kind=term(balance.kind)),
    }
    if balance.is_sum_alone:
        return render_template("settlement/account.html", view=None, **shown)
    return table_page(
        POSTINGS, postings_on(balance), title="page.account.title", template="settlement/account.html", **shown
    )


def _statement_of(owner: str) -> str | None:
    """The statement of an organisation whose account it is."""
    return url_for("statement_pages.one", party=owner) if owner.startswith(PartyKind.ORGANISATION) else None


def _order_link(order_id: int | None) -> str | None:
    return link_to("order", order_id) if order_id is not None and "order" in links() else None

"""Statements of account and the trial balance, on the page and as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from flask import Response, abort, render_template, request, send_file, url_for

from accounts.policy import city_names
from core import clock
from core.files import PDF as STORED_PDF
from core.http import allow, current_actor
from core.http.attachment import download
from core.pages import Column, NavEntry, Pages, Table, export_links, list_file, table_page, term
from core.pages.language import say, t
from core.pages.tables import typed_day
from core.permissions import Actor
from settlement import permissions
from settlement.models import LedgerPosting
from settlement.pages.words import links_of_sources, owner_names, source_words
from settlement.queries import statement_files as files
from settlement.queries import statements as queries
from settlement.queries.ledger import PostingLine, described
from settlement.queries.scope import sees_all
from settlement.rules.chart import AccountKind, Book, Layer
from settlement.rules.statements import Party, PartyKind, Period, Section, period_of

statements = Pages(
    "statement_pages",
    __name__,
    url_prefix="/ledger",
    navigation=(NavEntry("statement", "statement_pages.mine", "money", permissions.may_read_ledger, order=85),),
)

XLSX, PDF = "xlsx", "pdf"

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the table shows it."""

    line: PostingLine
    owner: str
    href: str


@dataclass(frozen=True)
class Asked:
    """What a request asks a statement of, and which of its fields could not be read."""

    period: Period
    book: Book | None
    kind: AccountKind | None
    faults: frozenset[str]

    @property
    def chosen(self) -> dict[str, Any]:
        """Which accounts."""
        return {"book": self.book, "kind": self.kind}


def _rows(found: Sequence[LedgerPosting]) -> list[Row]:
    lines = described(found)
    names = owner_names(line.owner for line in lines)
    hrefs = _addresses(lines)
    return [Row(line, names[line.owner], hrefs[line.id]) for line in lines]


LINES = Table(
    name="statement",
    key=LedgerPosting.id,
    default_sort="posting",
    empty="page.statement.empty",
    prepare=_rows,
    columns=[
        Column("posting", lambda row: row.line.id, sort=LedgerPosting.id),
        Column("at", lambda row: row.line.at, kind="moment"),
        Column("account_kind", lambda row: row.line.account_kind, kind="term"),
        Column("owner", lambda row: row.owner),
        Column("layer", lambda row: row.line.layer, kind="term"),
        Column("transaction_kind", lambda row: row.line.kind, kind="term"),
        Column("what_for", lambda row: source_words(row.line.source), link=lambda row: row.href),
        Column("article", lambda row: row.line.article),
        Column("amount", lambda row: row.line.amount_fen, kind="money", sort=LedgerPosting.amount_fen),
    ],
)


@dataclass(frozen=True, slots=True)
class SumRow:
    """What the accounts of a book and layer come to, beneath them in the file."""

    book: Book
    layer: Layer
    kind: str
    debit_fen: int
    credit_fen: int

    @property
    def closing_fen(self) -> int:
        """Nothing, in a trial balance that is right."""
        return self.debit_fen - self.credit_fen


TRIAL = [
    Column("book", lambda row: row.book, kind="term"),
    Column("layer", lambda row: row.layer, kind="term"),
    Column("account_kind", lambda row: row.kind, kind="term"),
    Column("debit", lambda row: row.debit_fen, kind="money"),
    Column("credit", lambda row: row.credit_fen, kind="money"),
    Column("balance", lambda row: row.closing_fen, kind="money"),
]


@statements.get("/statement")
@allow(permissions.may_read_ledger)
def mine() -> Any:
    """The statement of whoever asks: its own, its city's, the province's."""
    actor = current_actor()
    return _shown(_found(queries.own_party(actor), actor), actor)


@statements.get("/statements/<party>")
@allow(permissions.may_read_ledger)
def one(party: str) -> Any:
    """The statement of a party in sight."""
    actor = current_actor()
    return _shown(_found(party, actor), actor)


@statements.get("/statements/<party>/<ending>")
@allow(permissions.may_read_ledger)
def download_one(party: str, ending: str) -> Response:
    """The statement as a workbook or a document."""
    actor, asked = current_actor(), _asked()
    if ending not in (XLSX, PDF):
        abort(404)
    whose = _found(party, actor)
    statement = files.statement_of(whose, asked.period, actor=actor, **asked.chosen, address=_addresses)
    name = f"{statement.filename}.{ending}"
    if ending == XLSX:
        return send_file(files.statement_xlsx(statement), mimetype=files.XLSX, as_attachment=True, download_name=name)
    return download(files.statement_pdf(statement), media_type=STORED_PDF, filename=name)


@statements.get("/trial-balance")
@allow(permissions.reads_all_money)
def trial_balance() -> Any:
    """What stands in each book at the end of a day."""
    typed = request.args.get("on", "")
    day = _day(typed) or clock.today(clock.now())
    rows = queries.trial_balance(day)
    return list_file(f"trial-balance-{day}", TRIAL, [*rows, *_sum_rows(rows)]) or render_template(
        "settlement/trial_balance.html",
        on=day,
        rows=rows,
        totals=dict(_by_book(rows)),
        unreadable=bool(typed) and _day(typed) is None,
        files=export_links(),
    )


def _found(code: str, actor: Actor) -> Party:
    return queries.find_party(code, actor=actor, on=clock.today(clock.now()))


def _shown(party: Party, actor: Actor) -> Any:
    asked = _asked()
    query = queries.lines(party, asked.period, actor=actor, **asked.chosen)
    passed: dict[str, Any] = {
        name: request.args[name] for name in ("since", "until", "book", "account_kind") if name in request.args
    }
    return table_page(
        LINES,
        query,
        title="page.statement.title",
        template="settlement/statement.html",
        party=party,
        name=say(files.party_name(party)),
        asked=asked,
        sums=queries.sections(party, asked.period, actor=actor, **asked.chosen),
        books=_options(Book),
        kinds=_options(AccountKind),
        parties=_parties() if sees_all(actor) else [],
        is_firm=party.kind is PartyKind.ORGANISATION and not sees_all(actor),
        files=[
            (ending.upper(), url_for("statement_pages.download_one", party=party.code, ending=ending, **passed))
            for ending in (XLSX, PDF)
        ],
    )


def _asked() -> Asked:
    """The period and accounts of the request; what cannot be read counts as left out."""
    faults = set()
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        typed = request.args.get(name, "").strip()
        days[name] = _day(typed)
        if typed and days[name] is None:
            faults.add(name)
    today = clock.today(clock.now())
    period = period_of(since=days["since"], until=days["until"], today=today)
    if period.until < period.since:
        faults.add("until")
        period = period_of(since=days["since"], until=days["since"], today=today)
    return Asked(period, _member(Book, "book"), _member(AccountKind, "account_kind"), frozenset(faults))


def _day(typed: str) -> date | None:
    try:
        return typed_day(typed)
    except ValueError:
        return None


def _member(enum: type[E], name: str) -> E | None:
    typed = request.args.get(name, "")
    return enum(typed) if typed in set(enum) else None


def _options(enum: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, term(member)) for member in enum]


def _parties() -> list[tuple[str, str]]:
    """The province and its cities, each with the address of its statement."""
    cities = city_names(clock.today(clock.now()))
    codes = [(PartyKind.PROVINCE.value, t("statement.province"))]
    codes += [(f"{PartyKind.CITY}:{code}", name) for code, name in cities.items()]
    return [(url_for("statement_pages.one", party=code), name) for code, name in codes]


def _sum_rows(rows: Sequence[Section]) -> list[SumRow]:
    return [SumRow(book, layer, t("statement.total"), *sums) for (book, layer), *sums in files.totals(rows)]


def _by_book(rows: Sequence[Any]) -> list[tuple[tuple[str, str], tuple[int, int]]]:
    return [((book.value, layer.value), (debit, credit)) for (book, layer), debit, credit in files.totals(rows)]


def _addresses(lines: Sequence[PostingLine]) -> dict[int, str]:
    """The page of what each line is about where the reader may open it, else of its account."""
    hrefs = links_of_sources([(line.source, line.order_id) for line in lines], actor=current_actor())
    return {
        line.id: hrefs[line.source] or url_for("ledger_pages.account", kind=line.account_kind.value, owner=line.owner)
        for line in lines
    }

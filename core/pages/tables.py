"""Tables that sort, filter, page and export what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, cast
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request
from sqlalchemy import Select, func, select
from werkzeug.datastructures import MultiDict

from core.db import session
from core.http.edge import current_actor
from core.pages.columns import Column, SortKey
from core.pages.language import t, term
from core.pages.table_files import EXPORT, MAX_SHEET_ROWS, SheetTooLong, csv_file, list_file, xlsx_file
from core.permissions import Permission

PAGE_ROWS = 25
COUNTED_ROWS = 100_000
"""Beyond so many matches a table says "more than"."""
EXPORT_CHUNK = 1_000

SORT = "sort"
PAGE = "page"
_OWN = (SORT, PAGE, EXPORT)


Applies = Callable[[Select[Any], str], Select[Any]]


@dataclass(frozen=True)
class Filter:
    """One filter, label ``filter.<name>``: a text, or a choice where ``options`` are given, or a ``day``.

    ``apply`` narrows the query by what was entered; what it cannot read it leaves unnarrowed by raising ValueError,
    which the table shows as a fault of the filter.
    """

    name: str
    apply: Applies
    options: Callable[[], Sequence[tuple[str, str]]] | None = None
    kind: str = "text"

    @property
    def label(self) -> str:
        """The label in the language of the request."""
        return t(f"filter.{self.name}")


def choice(name: str, column: SortKey, enum: type[StrEnum]) -> Filter:
    """A filter by the members of an enum."""
    return Filter(
        name,
        lambda query, value: query.where(column == enum(value)),
        options=lambda: [(member.value, term(member)) for member in enum],
    )


def typed_day(typed: str) -> date:
    """A day whose instants the calendar reaches; raises ValueError, as filters do."""
    day = date.fromisoformat(typed)
    if not date.min.year < day.year < date.max.year:
        raise ValueError(typed)
    return day


@dataclass(frozen=True, slots=True)
class Lead:
    """Where an empty table leads those who may go there: a place by its name, and the text key of the button."""

    place: str
    label: str
    permission: Permission


@dataclass(frozen=True)
class Table:
    """A table named ``name``; ``empty`` is the text key of what to do where there is nothing.

    ``prepare`` turns the rows of a page into what the columns read, in bulk: names of organisations and sums come
    from one query a page, not from one a row. ``key`` is a unique column that settles ties.
    """

    name: str
    columns: Sequence[Column]
    key: SortKey
    empty: str
    filters: Sequence[Filter] = ()
    default_sort: str = ""
    prepare: Callable[[Sequence[Any]], Sequence[Any]] = list
    scalars: bool = True
    lead: Lead | None = None

    @property
    def shown(self) -> list[tuple[Column, list[Column]]]:
        """The columns of a page, each with those that stand beneath it."""
        shown: list[tuple[Column, list[Column]]] = []
        for column in self.columns:
            if column.beneath:
                shown[-1][1].append(column)
            else:
                shown.append((column, []))
        return shown


@dataclass
class TableView:
    """A table as the template shows it."""

    table: Table
    rows: Sequence[Any]
    total: int
    page: int
    sort: str
    typed: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-min(self.total, COUNTED_ROWS) // PAGE_ROWS))

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the table."""
        return any(self.typed.values())

    @property
    def lead(self) -> Lead | None:
        """Where to go from an empty table, for those who may."""
        lead = self.table.lead
        return lead if lead is not None and lead.permission(current_actor()) else None

    @property
    def counted(self) -> str:
        """How many rows match, as a sentence."""
        more = self.total > COUNTED_ROWS
        return t("table.more_than" if more else "table.count", count=min(self.total, COUNTED_ROWS))

    def href(self, **changes: object) -> str:
        """This page with other parameters."""
        kept = MultiDict((name, value) for name, value in request.args.items(multi=True) if name not in _OWN)
        now: dict[str, object] = {SORT: self.sort if self.sort != self.table.default_sort else "", PAGE: ""}
        for name, value in {**now, **changes}.items():
            if value not in ("", None):
                kept[name] = str(value)
        query = urlencode(list(kept.items(multi=True)))
        return f"{request.path}?{query}" if query else request.path

    def sorted_by(self, column: Column) -> str | None:
        """``ascending``, ``descending`` or None."""
        if self.sort.lstrip("-") != column.key:
            return None
        return "descending" if self.sort.startswith("-") else "ascending"

    def sort_href(self, column: Column) -> str:
        """The address that sorts by a column, or turns its order round."""
        return self.href(sort=f"-{column.key}" if self.sorted_by(column) == "ascending" else column.key)


def table_page(table: Table, query: Select[Any], *, title: str, template: str = "table_page.html", **shown: Any) -> Any:
    """A page that is a table: ``title`` is a text key, ``<title>.lead`` says what happens next.

    The same address answers the fragment for htmx and, with ``export=csv|xlsx``, the file of everything that matches.
    """
    wanted = request.args.get(EXPORT, "")
    if wanted in EXPORTS:
        return EXPORTS[wanted](table, _narrowed(table, query)[0])
    view = table_view(table, query)
    return _answer(view, title=title, template=template, **shown)


def rows_page(table: Table, rows: Sequence[Any], *, title: str, template: str = "table_page.html", **shown: Any) -> Any:
    """The same of rows that are worked out and stand in no table; the filters only say what cannot be read."""
    file = list_file(table.name, table.columns, rows)
    return file or _answer(rows_view(table, rows), title=title, template=template, **shown)


def rows_view(table: Table, rows: Sequence[Any]) -> TableView:
    """One page of rows that are worked out."""
    _, typed, faults = _narrowed(table, select())
    page = min(_whole(request.args.get(PAGE)), max(1, -(-len(rows) // PAGE_ROWS)))
    shown = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    return TableView(table, table.prepare(shown), len(rows), page, "", typed, faults)


def _answer(view: TableView, *, title: str, template: str, **shown: Any) -> Response:
    if request.headers.get("HX-Target") == f"table-{view.table.name}":
        answer = make_response(render_template("table_fragment.html", view=view))
    else:
        answer = make_response(render_template(template, view=view, title=title, **shown))
    answer.vary.add("HX-Target")  # or the way back shows a kept fragment for the page
    return answer


def table_view(table: Table, query: Select[Any]) -> TableView:
    """One page of a table as the request asks for it: two queries and those of ``prepare``."""
    narrowed, typed, faults = _narrowed(table, query)
    counted = narrowed.with_only_columns(table.key).order_by(None).limit(COUNTED_ROWS + 1).subquery()
    total = session().execute(select(func.count()).select_from(counted)).scalar_one()
    last = max(1, -(-min(total, COUNTED_ROWS) // PAGE_ROWS))
    page = min(_whole(request.args.get(PAGE)), last)
    sort = _sort(table)
    ordered = _ordered(table, narrowed, sort).limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)
    found = session().execute(ordered)
    rows = list(found.scalars().unique()) if table.scalars else list(found.all())
    return TableView(table, table.prepare(rows), total, page, sort, typed, faults)


def _narrowed(table: Table, query: Select[Any]) -> tuple[Select[Any], dict[str, str], dict[str, str]]:
    typed: dict[str, str] = {}
    faults: dict[str, str] = {}
    for each in table.filters:
        value = request.args.get(each.name, "").strip()[:200]
        typed[each.name] = value
        if value:
            try:
                query = each.apply(query, value)
            except ValueError:
                faults[each.name] = t("table.filter_unreadable")
    return query, typed, faults


def _sort(table: Table) -> str:
    wanted = request.args.get(SORT, "")
    known = {column.key for column in table.columns if column.sort is not None}
    return wanted if wanted.lstrip("-") in known else table.default_sort


def _ordered(table: Table, query: Select[Any], sort: str) -> Select[Any]:
    by = {column.key: column.sort for column in table.columns}
    chosen = by.get(sort.lstrip("-"))
    down = sort.startswith("-")
    query = query.order_by(None)
    if chosen is not None:
        query = query.order_by(chosen.desc().nulls_last() if down else chosen.asc().nulls_last())
    return query.order_by(table.key.desc() if down or chosen is None else table.key.asc())


def _whole(typed: str | None) -> int:
    return max(1, int(typed)) if typed and typed.isdecimal() and len(typed) < 8 else 1


# -- export ----------------------------------------------------------------------------------------------------------


def _rows(table: Table, query: Select[Any]) -> Iterator[Any]:
    """Every matching row, prepared in chunks, so that memory stays flat."""
    ordered = _ordered(table, query, _sort(table)).execution_options(yield_per=EXPORT_CHUNK)
    found = session().execute(ordered)
    for chunk in (found.scalars() if table.scalars else found).partitions(EXPORT_CHUNK):
        yield from table.prepare(list(cast(Iterable[Any], chunk)))


def _as_csv(table: Table, query: Select[Any]) -> Response:
    return csv_file(table.name, table.columns, _rows(table, query))


def _as_xlsx(table: Table, query: Select[Any]) -> Response:
    """Raises :class:`SheetTooLong` before anything is written."""
    whole = query.with_only_columns(table.key).order_by(None).limit(MAX_SHEET_ROWS + 1).subquery()
    if session().execute(select(func.count()).select_from(whole)).scalar_one() > MAX_SHEET_ROWS:
        raise SheetTooLong
    return xlsx_file(table.name, table.columns, _rows(table, query))


EXPORTS: Mapping[str, Callable[[Table, Select[Any]], Response]] = {"csv": _as_csv, "xlsx": _as_xlsx}

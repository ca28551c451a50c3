"""Search: filters, ranking, exact totals and facets, keyset paging.

PostgreSQL answers from a GIN index over tokens; the port is :func:`search`, so that an index beside the database can
stand behind it later (ADR 0041).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    values,
)
from sqlalchemy.dialects.postgresql import INT4RANGE, TSTZRANGE
from sqlalchemy.dialects.postgresql import Range as SqlRange
from sqlalchemy.orm import joinedload

from accounts.queries import organisations
from core.clock import SHANGHAI, today
from core.db import session
from core.errors import Malformed, Refused, reason
from core.permissions import Actor
from core.texts import text
from instruments.models import Instrument, Occupancy, OpeningHours
from instruments.policy import city_names, county_names
from instruments.queries.instruments import in_scope, visible
from instruments.rules.opening import MINUTES_A_WEEK
from instruments.rules.search import normalise, query_tokens
from instruments.rules.terms import Funding
from instruments.states import ListingState

FACETS = ("city", "county", "category", "provider", "funding")
FACET_VALUES = 50
"""The most frequent values shown of a facet; counts are exact."""
LONGEST_FREE_WINDOW = timedelta(days=7)
NO_VALUE = -1
MAX_ID = 2**63 - 1
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What no text column holds: NUL and lone surrogates."""


class Sort(StrEnum):
    """Orders of a result; a minus turns it round."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    NAME = "name"
    VALUE = "value"
    VALUE_DESCENDING = "-value"


class SearchRefused(Refused):
    """The search contradicts itself; every fault is named."""

    code = "search_refused"


class SearchCursorUnknown(Malformed):
    """The cursor belongs to no such search."""

    code = "cursor_unknown"


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for. ``category`` is a label, or two, four or six digits of the national classes."""

    q: str = ""
    city: str | None = None
    county: str | None = None
    category: str | None = None
    provider: int | None = None
    funding: Funding | None = None
    state: ListingState | None = None
    min_value_fen: int | None = None
    max_value_fen: int | None = None
    free_from: datetime | None = None
    free_to: datetime | None = None
    sort: Sort | None = None
    facets: Sequence[str] = field(default=FACETS)


@dataclass(frozen=True)
class _Key:
    """One sort key: its expression and direction."""

    expression: Any
    descending: bool
    is_text: bool = False


def search(wanted: Search, *, cursor: str | None, limit: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """``items``, ``next_cursor``, the exact ``total`` and ``facets`` that follow the filters.

    Raises :class:`SearchRefused` for reversed or too long windows and ranges, :class:`SearchCursorUnknown`.
    """
    _check(wanted)
    conditions = _conditions(wanted, actor)
    keys = _keys(wanted)
    total, facets = _counts(wanted, conditions, today(now))
    found = select(Instrument, *(key.expression.label(f"k{n}") for n, key in enumerate(keys)))
    found = found.where(*conditions).options(joinedload(Instrument.provider))
    if cursor is not None:
        found = found.where(_after(keys, _read_cursor(cursor, keys)))
    ordered = found.order_by(*(k.expression.desc() if k.descending else k.expression.asc() for k in keys))
    rows = session().execute(ordered.limit(limit + 1)).all()
    page = rows[:limit]
    return {
        "items": [row[0] for row in page],
        "next_cursor": _write_cursor(list(page[-1][1:])) if len(rows) > limit else None,
        "total": total,
        "facets": facets,
    }


def matching(wanted: Search, *, actor: Actor) -> Select[tuple[Instrument]]:
    """All that a search finds, in no order: for a file of everything. Raises :class:`SearchRefused`."""
    _check(wanted)
    return select(Instrument).where(*_conditions(wanted, actor))


def _check(wanted: Search) -> None:
    faults = []
    if (wanted.free_from is None) != (wanted.free_to is None):
        faults.append(reason("search_window_half", field="free_from"))
    if wanted.free_from is not None and wanted.free_to is not None:
        if wanted.free_to <= wanted.free_from:
            faults.append(reason("search_window_reversed", field="free_to"))
        elif wanted.free_to - wanted.free_from > LONGEST_FREE_WINDOW:
            faults.append(reason("search_window_too_long", field="free_to", days=LONGEST_FREE_WINDOW.days))
    low, high = wanted.min_value_fen, wanted.max_value_fen
    if low is not None and high is not None and high < low:
        faults.append(reason("search_values_reversed", field="max_value_fen"))
    unknown = [name for name in wanted.facets if name not in FACETS]
    if unknown:
        known = ", ".join(FACETS)
        faults.append(reason("search_facet_unknown", field="facets", found=", ".join(unknown), known=known))
    if faults:
        raise SearchRefused(reasons=faults)


def _conditions(wanted: Search, actor: Actor) -> list[ColumnElement[bool]]:
    scope = visible(actor) if wanted.state is None else _of_state(wanted.state, actor)
    conditions: list[ColumnElement[bool]] = [scope]
    words = query_tokens(wanted.q)
    if words:
        conditions.append(Instrument.tokens.contains(words))
    elif wanted.q.strip():
        conditions.append(literal(value=False))
    conditions += [
        col == value
        for col, value in (
            (Instrument.city, wanted.city),
            (Instrument.county, wanted.county),
            (Instrument.provider_id, wanted.provider),
            (Instrument.funding, wanted.funding),
        )
        if value is not None
    ]
    if wanted.category is not None:
        conditions.append(_category(wanted.category))
    if wanted.min_value_fen is not None:
        conditions.append(Instrument.value_fen >= wanted.min_value_fen)
    if wanted.max_value_fen is not None:
        conditions.append(Instrument.value_fen <= wanted.max_value_fen)
    if wanted.free_from is not None and wanted.free_to is not None:
        conditions += _free(wanted.free_from, wanted.free_to)
    return conditions


def _of_state(state: ListingState, actor: Actor) -> ColumnElement[bool]:
    if state is ListingState.PUBLISHED:
        return Instrument.state == state
    return and_(Instrument.state == state, in_scope(actor))


def _category(category: str) -> ColumnElement[bool]:
    if category.isdecimal() and len(category) in (2, 4, 6):
        return or_(
            Instrument.category_code.between(category, category + "9" * (6 - len(category))),
            Instrument.category == category,
        )
    return Instrument.category == category


def _free(start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    """Open throughout, by the week as minutes (wrapping round Sunday night), and not taken by anything live."""
    local = start.astimezone(SHANGHAI)
    first = local.weekday() * 24 * 60 + local.hour * 60 + local.minute
    seconds = (end - start).total_seconds() + local.second
    last = first + int(-(-seconds // 60))
    shift = values(column("by", Integer), name="shift").data([(-MINUTES_A_WEEK,), (0,), (MINUTES_A_WEEK,)])
    opens = (OpeningHours.weekday - 1) * 24 * 60 + shift.c.by
    stretch = func.int4range(
        cast(opens + OpeningHours.opens_minute, Integer), cast(opens + OpeningHours.closes_minute, Integer)
    )
    open_throughout = (
        select(literal(1))
        .select_from(OpeningHours)
        .join(shift, literal(value=True))
        .where(OpeningHours.instrument_id == Instrument.id)
        .having(func.range_agg(stretch).op("@>")(cast(SqlRange(first, last), INT4RANGE)))
        .correlate(Instrument)
    )
    taken = exists().where(
        Occupancy.live,
        _int8(Occupancy.instrument_id).op("&&")(_int8(Instrument.id)),
        Occupancy.during.op("&&")(cast(SqlRange(start, end), TSTZRANGE)),
    )
    return [exists(open_throughout), ~taken]


def _int8(key: Any) -> ColumnElement[Any]:
    """The key as the exclusion constraint's index holds it."""
    return func.int8range(key, key, "[]")


def _keys(wanted: Search) -> list[_Key]:
    sort = wanted.sort or (Sort.RELEVANCE if wanted.q.strip() else Sort.NEWEST)
    by_id = _Key(Instrument.id, descending=sort in (Sort.NEWEST, Sort.RELEVANCE))
    if sort is Sort.RELEVANCE and wanted.q.strip():
        return [_Key(_score(wanted.q), descending=True), by_id]
    if sort is Sort.NAME:
        return [_Key(Instrument.name, descending=False, is_text=True), by_id]
    if sort in (Sort.VALUE, Sort.VALUE_DESCENDING):
        value = func.coalesce(Instrument.value_fen, cast(NO_VALUE, BigInteger))
        return [_Key(value, descending=sort is Sort.VALUE_DESCENDING), by_id]
    return [by_id]


def _score(q: str) -> ColumnElement[int]:
    """The name before the model, the model before the rest; the whole before its beginning before a part."""
    wanted = normalise(q)
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    name, model = func.lower(Instrument.name), func.lower(Instrument.model)
    return case(
        (name == wanted, 5),
        (name.like(f"{escaped}%"), 4),
        (name.like(f"%{escaped}%"), 3),
        (model == wanted, 3),
        (model.like(f"%{escaped}%"), 2),
        else_=1,
    )


def _after(keys: list[_Key], last: list[Any]) -> ColumnElement[bool]:
    """Rows behind ``last`` in the order of the keys, which may differ in direction."""
    steps = []
    for position, key in enumerate(keys):
        same = [k.expression == v for k, v in zip(keys[:position], last[:position], strict=True)]
        value = last[position]
        steps.append(and_(*same, key.expression < value if key.descending else key.expression > value))
    return or_(*steps)


def _write_cursor(last: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, keys: list[_Key]) -> list[Any]:
    try:
        last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as unknown:
        raise SearchCursorUnknown from unknown
    if not isinstance(last, list) or len(last) != len(keys):
        raise SearchCursorUnknown
    for value, key in zip(last, keys, strict=True):
        if not (_is_name(value) if key.is_text else _is_number(value)):
            raise SearchCursorUnknown
    return last


def _is_name(value: object) -> bool:
    return isinstance(value, str) and not UNSTORABLE.search(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_ID


def _counts(
    wanted: Search, conditions: list[ColumnElement[bool]], on: date
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exact total and, in the same pass over the rows, each facet."""
    columns = {
        "city": Instrument.city,
        "county": Instrument.county,
        "category": Instrument.category,
        "provider": Instrument.provider_id,
        "funding": Instrument.funding,
    }
    names = [name for name in FACETS if name in wanted.facets]
    if not names:
        return session().scalar(select(func.count()).select_from(Instrument).where(*conditions)) or 0, {}
    chosen = [columns[name] for name in names]
    grouped: Select[Any] = (
        select(func.grouping(*chosen).label("level"), func.count().label("count"), *chosen)
        .where(*conditions)
        .group_by(func.grouping_sets(tuple_(), *(tuple_(each) for each in chosen)))
    )
    total = 0
    facets: dict[str, list[tuple[Any, int]]] = {name: [] for name in names}
    everything = (1 << len(names)) - 1
    for row in session().execute(grouped):
        if row[0] == everything:
            total = row[1]
            continue
        position = next(n for n in range(len(names)) if not row[0] >> (len(names) - 1 - n) & 1)
        facets[names[position]].append((row[2 + position], row[1]))
    return total, {name: _labelled(name, found, on) for name, found in facets.items()}


def _labelled(name: str, found: list[tuple[Any, int]], on: date) -> list[dict[str, Any]]:
    top = sorted(found, key=lambda pair: (-pair[1], str(pair[0])))[:FACET_VALUES]
    labels = _labels(name, [value for value, _ in top], on)
    return [{"value": str(value), "label": labels.get(value) or str(value), "count": count} for value, count in top]


def _labels(name: str, found: list[Any], on: date) -> dict[Any, str]:
    if name == "city":
        return city_names(on)
    if name == "county":
        return county_names(on)
    if name == "provider":
        return {key: each.name for key, each in organisations(found).items()}
    if name == "funding":
        return {value: text(f"instruments.funding.{value}").zh for value in found}
    return {}

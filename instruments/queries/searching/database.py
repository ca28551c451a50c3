"""The database answers: from a GIN index over tokens, with totals and facets in one pass (ADR 0041)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from core.db import session
from instruments.models import Instrument
from instruments.queries.searching.asked import FACETS, Search, Sort
from instruments.queries.searching.conditions import accepts_at_once, band, open_to_vouchers
from instruments.queries.searching.cursors import Key
from instruments.queries.searching.labels import Counted
from instruments.rules.search import normalise

NO_VALUE = -1


@dataclass(frozen=True)
class Page:
    """Instruments of one page with the sort keys of the last one; ``more`` where others follow."""

    items: Sequence[Instrument]
    last: Sequence[Key]
    more: bool


NOTHING = Page([], [], more=False)


@dataclass(frozen=True)
class _Key:
    """One sort key: its expression and direction."""

    expression: Any
    descending: bool


def page(wanted: Search, those: list[ColumnElement[bool]], *, after: list[Key] | None, limit: int, city: str) -> Page:
    """The instruments that meet the conditions, behind ``after`` in the order asked for; ``city`` is that of the county
    to be near."""
    keys = _keys(wanted, city)
    found = select(Instrument, *(key.expression.label(f"k{n}") for n, key in enumerate(keys)))
    found = found.where(*those).options(joinedload(Instrument.provider))
    if after is not None:
        found = found.where(_after(keys, after))
    ordered = found.order_by(*(k.expression.desc() if k.descending else k.expression.asc() for k in keys))
    rows = session().execute(ordered.limit(limit + 1)).all()
    shown = rows[:limit]
    return Page([row[0] for row in shown], list(shown[-1][1:]) if shown else [], len(rows) > limit)


def counts(wanted: Search, those: list[ColumnElement[bool]]) -> tuple[int, dict[str, Counted]]:
    """The exact total of the instruments that meet the conditions and, in the same pass over the rows, each facet."""
    columns: dict[str, Any] = {
        "city": Instrument.city,
        "county": Instrument.county,
        "category": Instrument.category,
        "category_code": func.left(Instrument.category_code, wanted.code_length),
        "provider": Instrument.provider_id,
        "value_band": band(),
        "funding": Instrument.funding,
        "kind": Instrument.kind,
        "iot_sensor": case((Instrument.iot_sensor, "true"), else_="false"),
        "vouchers": case((open_to_vouchers(), "true"), else_="false"),
        "instant": case((accepts_at_once(), "true"), else_="false"),
    }
    names = [name for name in FACETS if name in wanted.facets]
    if not names:
        return session().scalar(select(func.count()).select_from(Instrument).where(*those)) or 0, {}
    rows = select(*(columns[name].label(name) for name in names)).where(*those).subquery()
    chosen = [rows.c[name] for name in names]
    grouped: Select[Any] = select(func.grouping(*chosen).label("level"), func.count().label("count"), *chosen).group_by(
        func.grouping_sets(tuple_(), *(tuple_(each) for each in chosen))
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
    return total, dict(facets)


def _keys(wanted: Search, city: str) -> list[_Key]:
    order = wanted.order
    score = [_Key(_score(wanted.q), descending=True)] if wanted.q.strip() else []
    newest = _Key(Instrument.id, descending=True)
    if order is Sort.RELEVANCE:
        return [*score, newest]
    if order is Sort.NEAR:
        near = case((Instrument.county == wanted.near, 2), (Instrument.city == city, 1), else_=0)
        return [_Key(near, descending=True), *score, newest]
    if order is Sort.NEWEST:
        return [newest]
    by_id = _Key(Instrument.id, descending=False)
    if order is Sort.NAME:
        return [_Key(Instrument.name, descending=False), by_id]
    value = func.coalesce(Instrument.value_fen, cast(NO_VALUE, BigInteger))
    return [_Key(value, descending=order is Sort.VALUE_DESCENDING), by_id]


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


def _after(keys: list[_Key], last: list[Key]) -> ColumnElement[bool]:
    """Rows behind ``last`` in the order of the keys, which may differ in direction."""
    steps = []
    for position, key in enumerate(keys):
        same = [k.expression == v for k, v in zip(keys[:position], last[:position], strict=True)]
        value = last[position]
        steps.append(and_(*same, key.expression < value if key.descending else key.expression > value))
    return or_(*steps)

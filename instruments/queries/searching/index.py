"""The index answers: exact totals and facets, and pages in orders that no change of the index shuffles.

Relevance is no score but a row of levels, from the whole name down to the rest, and within a level the newest first: so
a cursor is a level and a number, whatever the engine's segments look like, and page 500 costs what page 1 does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any

from tantivy import Occur, Order, Query

from instruments.queries.searching.asked import FACET_VALUES, FACETS, Search, Sort
from instruments.queries.searching.cursors import Key
from instruments.queries.searching.engine import all_of, any_of, between, term
from instruments.queries.searching.labels import Counted
from instruments.queries.searching.layout import (
    CODES,
    OPENS,
    ORDER_BY_NAME,
    SCHEDULE,
    beginning,
    name_key,
    name_of_key,
    price_field,
    schema,
)
from instruments.queries.searching.reading import Opened
from instruments.rules.classes import is_class
from instruments.rules.pinyin import may_be_pinyin
from instruments.rules.search import is_latin, normalise, query_parts, query_tokens

ASKED_VALUES = 2 * FACET_VALUES
ALL_VALUES = 60_000
"""Values of one facet that are looked at where the most frequent ones alone do not decide; the engine's own limit."""
COUNTED_KEPT = 512
FIELDS = {"provider": "provider", "iot_sensor": "sensor"}
"""Where a facet's field has another name."""


@dataclass(frozen=True)
class Found:
    """Numbers of instruments on a page with their sort keys; ``more`` where others may follow: behind ``last``, by
    default the last one shown."""

    keys: Sequence[tuple[Key, ...]]
    more: bool
    last: Sequence[Key] | None = None

    @property
    def ids(self) -> list[int]:
        return [int(each[-1]) for each in self.keys]

    @property
    def end(self) -> Sequence[Key] | None:
        """Where to go on; None at the end."""
        return (self.last or self.keys[-1]) if self.more else None


@dataclass(frozen=True)
class _Stage:
    """A part of a result that comes before all later ones: what begins its sort keys, and what belongs to it."""

    prefix: tuple[int, ...]
    query: Query


def counts(opened: Opened, wanted: Search) -> tuple[int, dict[str, Counted]]:
    """The exact total and each facet."""
    asked = Asked(opened, wanted)
    kept = _remembered(opened.moment, replace(wanted, sort=None, near=None, facets=asked.facets))
    if not kept:
        kept.append(counted(asked))
    return kept[0]


def page(opened: Opened, wanted: Search, *, after: Sequence[Key] | None, limit: int, city: str) -> Found:
    """The instruments behind ``after`` in the order asked for; ``city`` is that of the county to be near."""
    return page_of(Asked(opened, wanted), after=after, limit=limit, city=city)


def page_of(asked: Asked, *, after: Sequence[Key] | None, limit: int, city: str) -> Found:
    """The same of a search that is read already."""
    keys: list[tuple[Key, ...]] = []
    for stage in _stages(asked, city):
        begun = None
        if after is not None:
            reached = tuple(after[: len(stage.prefix)])
            if stage.prefix > reached:
                continue
            begun = tuple(after[len(stage.prefix) :]) if stage.prefix == reached else None
        left = limit + 1 - len(keys)
        keys += [(*stage.prefix, *key) for key in _within(asked, stage.query, begun, left)]
        if len(keys) > limit:
            break
    return Found(keys[:limit], len(keys) > limit)


class Asked:
    """A search as the index reads it. Of a free time it knows whether an instrument opens at all."""

    def __init__(self, opened: Opened, wanted: Search) -> None:
        self.opened = opened
        self.searcher = opened.searcher
        self.index = opened.index
        self.wanted = wanted
        self.words = query_tokens(wanted.q)
        self.facets = tuple(name for name in FACETS if name in wanted.facets)
        self.filters = list(self._filters())

    def among(self, numbers: Collection[int]) -> Asked:
        """The same of these instruments alone."""
        narrowed = Asked(self.opened, self.wanted)
        narrowed.filters.append(Query.term_set_query(schema(), "id", list(numbers)) if numbers else Query.empty_query())
        return narrowed

    def opening(self, schedules: Sequence[str], taken: Collection[int]) -> Asked:
        """The same of those that open by one of these schedules, without those that are taken."""
        narrowed = Asked(self.opened, self.wanted)
        open_ones = Query.term_set_query(schema(), SCHEDULE, list(schedules)) if schedules else Query.empty_query()
        without = [(Occur.MustNot, Query.term_set_query(schema(), "id", list(taken)))] if taken else []
        narrowed.filters.append(Query.boolean_query([(Occur.Must, open_ones), *without]))
        return narrowed

    def values_of(self, field: str, most: int) -> list[str] | None:
        """The values of a field among what is found; None where there are more than ``most``."""
        terms = {"field": field, "size": most + 1, "segment_size": most + 1}
        buckets = self.searcher.aggregate(self.query, {"values": {"terms": terms}})["values"]["buckets"]
        return None if len(buckets) > most else [str(each["key"]) for each in buckets]

    def first_by(self, field: str, many: int) -> list[int]:
        """The numbers of the first instruments by a field that is a number."""
        hits = self.searcher.search(self.query, limit=many, count=False, order_by_field=field, order=Order.Asc).hits
        numbers = self.searcher.fast_field_values("id", [address for _, address in hits])
        return [int(number or 0) for number in numbers]

    @property
    def query(self) -> Query:
        if self.wanted.q.strip() and not self.words:
            return Query.empty_query()
        found = [*(self.word("words", each) for each in self.words), *self.filters]
        return all_of(found) if found else Query.all_query()

    def word(self, field: str, word: str) -> Query:
        """That a field holds a word of the query. Letters that nobody's texts hold are read as pinyin of the name."""
        if not is_latin(word):
            return term(field, word)
        parts = query_parts(word)
        if may_be_pinyin(word) and self._is_unknown(word, parts):
            return Query.regex_query(schema(), "pinyin", f"{word}.*") if field != "model" else Query.empty_query()
        return any_of([term(field, word), all_of([term(field, each) for each in parts])])

    def _is_unknown(self, word: str, parts: Sequence[str]) -> bool:
        """Whether no document has a word, neither as its tokens say nor within a word."""
        return not any(
            all(self.searcher.doc_freq("words", each) for each in group)
            and self.searcher.search(all_of([term("words", each) for each in group]), limit=1, count=False).hits
            for group in ([word], parts)
        )

    def _filters(self) -> Iterator[Query]:
        wanted = self.wanted
        for field, value in (
            ("city", wanted.city),
            ("county", wanted.county),
            ("provider", wanted.provider),
            ("funding", wanted.funding and wanted.funding.value),
            ("kind", wanted.kind and wanted.kind.value),
            ("value_band", wanted.value_band and wanted.value_band.value),
            ("sensor", _flag(wanted.iot_sensor)),
            ("vouchers", _flag(wanted.vouchers)),
            ("instant", _flag(wanted.instant)),
        ):
            if value is not None:
                yield term(field, value)
        if wanted.free_from is not None:
            yield term(OPENS, "true")
        if wanted.category is not None:
            named = term("category", wanted.category)
            is_code = is_class(wanted.category)
            yield any_of([term(CODES[len(wanted.category)], wanted.category), named]) if is_code else named
        if wanted.min_value_fen is not None or wanted.max_value_fen is not None:
            yield between("value", wanted.min_value_fen or 0, wanted.max_value_fen)
        if wanted.asks_price:
            yield between(price_field(wanted.price_unit), wanted.min_price_fen or 0, wanted.max_price_fen)


def _stages(asked: Asked, city: str) -> Iterator[_Stage]:
    """The parts of a result in their order, each without what an earlier one has."""
    wanted = asked.wanted
    near = list(_nearness(wanted, city)) if wanted.order is Sort.NEAR else [((), None)]
    levels = list(_levels(asked)) if wanted.order in (Sort.RELEVANCE, Sort.NEAR) else [((), None)]
    for place, nearby in _apart(near):
        for level, matching in _apart(levels):
            narrowed = [each for each in (asked.query, nearby, matching) if each is not None]
            yield _Stage((*place, *level), all_of(narrowed))


_Part = tuple[tuple[int, ...], Query | None]


def _nearness(wanted: Search, city: str) -> Iterator[_Part]:
    yield (2,), term("county", wanted.near)
    yield (1,), term("city", city)
    yield (0,), None


def _levels(asked: Asked) -> Iterator[_Part]:
    """The whole name, its beginning, a part of it or the whole model, name and model together, the rest."""
    if not asked.words:
        yield from [((0,), None)] if asked.wanted.q.strip() else [((), None)]
        return
    plain = normalise(asked.wanted.q)
    in_name = all_of([asked.word("name", each) for each in asked.words])
    in_either = [any_of([asked.word("name", each), asked.word("model", each)]) for each in asked.words]
    yield (5,), term("whole", plain)
    yield (4,), all_of([term("begins", beginning(plain)), in_name])
    yield (3,), any_of([in_name, term("whole_model", plain)])
    yield (2,), all_of(in_either)
    if len(asked.words) > 1:
        yield (1,), any_of(in_either)
    yield (0,), None


def _apart(parts: Sequence[_Part]) -> Iterator[_Part]:
    """Parts that follow one another, each without those before it; None stands for all."""
    before: list[Query] = []
    for prefix, query in parts:
        if not before:
            yield prefix, query
        else:
            kept = Query.all_query() if query is None else query
            yield prefix, Query.boolean_query([(Occur.Must, kept), *((Occur.MustNot, each) for each in before)])
        if query is not None:
            before.append(query)


def _within(asked: Asked, query: Query, after: tuple[Key, ...] | None, many: int) -> list[tuple[Key, ...]]:
    """The sort keys behind ``after`` of what a query finds, in the order asked for."""
    order = asked.wanted.order
    if order is Sort.NAME:
        return [(name_of_key(str(name)), number) for name, number in _by_name(asked, query, after, many)]
    if order in (Sort.VALUE, Sort.VALUE_DESCENDING):
        return list(_by_value(asked, query, after, many))
    last = None if after is None else int(after[0])
    return [(number,) for number in _by_id(asked, query, last, many, newest=True)]


def _by_id(asked: Asked, query: Query, after: int | None, many: int, *, newest: bool) -> list[int]:
    if after is not None:
        beyond = between("id", None, after, open_ends=True) if newest else between("id", after, None, open_ends=True)
        query = all_of([query, beyond])
    order = Order.Desc if newest else Order.Asc
    hits = asked.searcher.search(query, limit=many, count=False, order_by_field="id", order=order).hits
    return [number for number, _ in hits]


def _by_name(asked: Asked, query: Query, after: tuple[Key, ...] | None, many: int) -> list[tuple[str, int]]:
    ordering = _Ordering(asked, query, ORDER_BY_NAME, Order.Asc)
    begun = None if after is None else (name_key(str(after[0])), int(after[1]))
    return [(str(name), number) for name, number in ordering.behind(begun, many)]


def _by_value(asked: Asked, query: Query, after: tuple[Key, ...] | None, many: int) -> list[tuple[int, int]]:
    order = Order.Desc if asked.wanted.order is Sort.VALUE_DESCENDING else Order.Asc
    begun = None if after is None else (int(after[0]), int(after[1]))
    return [(int(value), number) for value, number in _Ordering(asked, query, "value", order).behind(begun, many)]


@dataclass(frozen=True)
class _Ordering:
    """What a query finds by a field, and by number where that is equal: the engine alone leaves equal ones in the order
    of its segments, which every merge changes."""

    asked: Asked
    query: Query
    field: str
    order: Order

    def behind(self, after: tuple[Key, int] | None, many: int) -> list[tuple[Key, int]]:
        query, found = self.query, []
        if after is not None:
            found = self._equal(after[0], after[1], many)
            query = all_of([query, self._beyond(after[0])])
        left = many - len(found)
        if left <= 0:
            return found
        searcher = self.asked.searcher
        hits = searcher.search(query, limit=left, count=False, order_by_field=self.field, order=self.order).hits
        numbers = searcher.fast_field_values("id", [address for _, address in hits])
        pairs = [(value, int(number or 0)) for (value, _), number in zip(hits, numbers, strict=True)]
        cut = pairs[-1][0] if len(pairs) == left else None
        whole = [pair for pair in pairs if cut is None or pair[0] != cut]
        found += _tied(whole)
        if cut is not None:
            found += self._equal(cut, None, many - len(found))
        return found

    def _equal(self, value: Key, after: int | None, many: int) -> list[tuple[Key, int]]:
        same = term(self.field, value) if self.field == ORDER_BY_NAME else between(self.field, int(value), int(value))
        numbers = _by_id(self.asked, all_of([self.query, same]), after, many, newest=False)
        return [(value, number) for number in numbers]

    def _beyond(self, value: Key) -> Query:
        if self.field == ORDER_BY_NAME:
            return self.asked.index.parse_query(f"{ORDER_BY_NAME}:{{{value} TO *}}")
        low, high = (None, int(value)) if self.order is Order.Desc else (int(value), None)
        return between(self.field, low, high, open_ends=True)


def _tied(pairs: Sequence[tuple[Key, int]]) -> list[tuple[Key, int]]:
    """Runs of equal values, each in the order of numbers; the values keep their order."""
    return [pair for _, run in groupby(pairs, key=lambda pair: pair[0]) for pair in sorted(run)]


def count(asked: Asked) -> int:
    """How many there are."""
    total: int = asked.searcher.search(asked.query, limit=1, order_by_field="id").count  # type: ignore[attr-defined]
    return total


def counted(asked: Asked) -> tuple[int, dict[str, Counted]]:
    """How many there are, and each facet."""
    names, wanted, searcher, query = asked.facets, asked.wanted, asked.searcher, asked.query
    total = count(asked)
    if not names:
        return total, {}
    fields = {name: CODES[wanted.code_length] if name == "category_code" else FIELDS.get(name, name) for name in names}
    found = searcher.aggregate(query, {name: _terms(field, ASKED_VALUES) for name, field in fields.items()})
    facets: dict[str, Counted] = {}
    for name, field in fields.items():
        answer = found[name]
        if _is_undecided(answer):
            answer = searcher.aggregate(query, {name: _terms(field, ALL_VALUES)})[name]
        facets[name] = [(each["key"], each["doc_count"]) for each in answer["buckets"]]
    return total, facets


def _terms(field: str, size: int) -> dict[str, Any]:
    """All segments are asked for all their values: cut earlier, the counts would be estimates."""
    return {"terms": {"field": field, "size": size, "segment_size": ALL_VALUES}}


def _is_undecided(answer: dict[str, Any]) -> bool:
    """Whether values that were cut off are as frequent as the last one shown, so that their order decides."""
    buckets = answer["buckets"]
    if answer["sum_other_doc_count"] == 0 or len(buckets) <= FACET_VALUES:
        return False
    return bool(buckets[-1]["doc_count"] == buckets[FACET_VALUES - 1]["doc_count"])


def _flag(value: object) -> str | None:
    return None if value is None else str(value).lower()


@lru_cache(maxsize=COUNTED_KEPT)
def _remembered(moment: tuple[Any, ...], wanted: Search) -> list[tuple[int, dict[str, Counted]]]:
    """A place for what was counted of a search at one moment of the index: the pages of a result count it once."""
    return []

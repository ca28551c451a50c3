"""What somebody may be typing, from the index: it holds what is listed, so whatever is suggested is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from tantivy import Occur, Query

from instruments.queries.searching.asked import Search
from instruments.queries.searching.engine import all_of, any_of, term
from instruments.queries.searching.index import Asked
from instruments.queries.searching.layout import ORDER_BY_NAME, SERVICE, SHOWN_MODEL, beginning, name_of_key, schema
from instruments.queries.searching.reading import Opened
from instruments.rules.pinyin import may_be_pinyin
from instruments.rules.search import is_latin, normalise, query_parts, query_tokens

COUNTED_VALUES = 200
"""Values looked at in each segment: the most frequent ones are among them."""
KEPT = 2_048


class SuggestionKind(StrEnum):
    """What is suggested."""

    NAME = "name"
    MODEL = "model"
    CATEGORY = "category"
    PROVIDER = "provider"
    SERVICE = "service"


MOST = {
    SuggestionKind.NAME: 8,
    SuggestionKind.MODEL: 4,
    SuggestionKind.CATEGORY: 3,
    SuggestionKind.PROVIDER: 3,
    SuggestionKind.SERVICE: 3,
}
"""So many of each kind, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A value that may be meant: a text, or the number of a provider."""

    kind: SuggestionKind
    value: str | int


def meant(opened: Opened, typed: str) -> list[Meant]:
    """What may be meant, by kind; remembered until the index changes."""
    kept = _remembered(opened.moment, normalise(typed))
    if not kept:
        kept.append(list(_meant(_Typed(opened, typed))))
    return kept[0]


def holds(text: str, words: Sequence[str]) -> bool:
    """Whether a text has each word of a query, model numbers also written together (h7650 in H-7650)."""
    plain = normalise(text)
    together = "".join(each for each in plain if each.isalnum())
    return all(each in plain or each in together for each in words)


class _Typed:
    """What somebody typed, as queries of the index. Latin letters may be a word or pinyin, and mean both."""

    def __init__(self, opened: Opened, typed: str) -> None:
        self.plain = normalise(typed)
        self.words = query_tokens(typed)
        self.asked = Asked(opened, Search())

    def within(self, field: str, *, pinyin: str | None = None) -> Query:
        """That a field holds every word."""
        return all_of([self._word(field, each, pinyin) for each in self.words])

    def begun(self) -> Query:
        """That a name begins so."""
        return all_of([term("begins", beginning(self.plain)), self.within("name")])

    def most(self, query: Query, field: str, many: int) -> list[Any]:
        """The most frequent values of a field among what a query finds; their text decides among equals."""
        terms = {"field": field, "size": COUNTED_VALUES, "segment_size": COUNTED_VALUES}
        found = self.asked.searcher.aggregate(query, {"values": {"terms": terms}})["values"]["buckets"]
        ordered = sorted(found, key=lambda each: (-each["doc_count"], str(each["key"])))
        return [each["key"] for each in ordered if each["key"] != ""][:many]

    def _word(self, field: str, word: str, pinyin: str | None) -> Query:
        if not is_latin(word):
            return term(field, word)
        either = [term(field, word)]
        if field in ("name", "model"):
            either.append(all_of([term(field, each) for each in query_parts(word)]))
        if pinyin is not None and may_be_pinyin(word):
            either.append(Query.regex_query(schema(), pinyin, f"{word}.*"))
        return any_of(either)


def _meant(typed: _Typed) -> Iterator[Meant]:
    if not typed.words:
        return
    for name in _names(typed):
        yield Meant(SuggestionKind.NAME, name)
    for kind, query, field in (
        (SuggestionKind.MODEL, typed.within("model"), SHOWN_MODEL),
        (SuggestionKind.CATEGORY, typed.within("category_words", pinyin="category_words"), "category"),
        (SuggestionKind.PROVIDER, typed.within("provider_words", pinyin="provider_words"), "provider"),
    ):
        for value in typed.most(query, field, MOST[kind]):
            yield Meant(kind, value if isinstance(value, str) else int(value))
    # An instrument has services of other names too.
    offered = typed.most(typed.within("service_words"), SERVICE, COUNTED_VALUES)
    for title in [each for each in offered if holds(each, typed.words)][: MOST[SuggestionKind.SERVICE]]:
        yield Meant(SuggestionKind.SERVICE, title)


def _names(typed: _Typed) -> list[str]:
    """Names that begin so, then those that hold it, written or in pinyin."""
    most = MOST[SuggestionKind.NAME]
    begun = typed.begun()
    found = typed.most(begun, ORDER_BY_NAME, most)
    if len(found) < most:
        others = [(Occur.Must, typed.within("name", pinyin="pinyin")), (Occur.MustNot, begun)]
        found += typed.most(Query.boolean_query(others), ORDER_BY_NAME, most - len(found))
    return [name_of_key(each) for each in found]


@lru_cache(maxsize=KEPT)
def _remembered(moment: tuple[Any, ...], plain: str) -> list[list[Meant]]:
    """A place for what was suggested at one moment of the index."""
    return []

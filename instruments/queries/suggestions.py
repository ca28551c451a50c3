"""What somebody may be typing: names, models, categories, providers and services of what is listed.

The index answers; while it is missing, broken or behind, the database does, which understands no pinyin and looks
through a bounded number of matches. Either suggests only what a search then finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import exists, func, select

from accounts.models import Organisation
from accounts.queries.names import organisation_names
from core.db import session
from instruments.models import Instrument, Service, ServiceInstrument
from instruments.queries.searching.conditions import words_found
from instruments.queries.searching.hits import hits
from instruments.queries.searching.reading import IndexUnusable, Opened, behind, by_index
from instruments.queries.searching.suggesting import MOST, Meant, SuggestionKind, holds, meant
from instruments.rules.search import is_latin, normalise, query_tokens
from instruments.states import ListingState, ServiceState

__all__ = ["Suggested", "Suggestion", "SuggestionKind", "suggest"]

READ = 500
"""Matches the database looks through: while somebody types, a bounded look must do."""
LATIN_FROM = 2
"""Letters or figures before anything is suggested; of Chinese one character is enough."""
ABOUT = {
    SuggestionKind.NAME: Instrument.name,
    SuggestionKind.MODEL: Instrument.model,
    SuggestionKind.CATEGORY: Instrument.category,
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One of them: ``text`` as it is written, ``provider`` the number where it is a provider's name."""

    kind: SuggestionKind
    text: str
    provider: int | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """Suggestions by kind, the likeliest first; what answered, and why it was not the index where it was not."""

    items: Sequence[Suggestion]
    source: str
    fallback: str | None = None
    behind_seconds: float | None = None


def suggest(typed: str) -> Suggested:
    """What may be meant by what was typed so far; nothing for a single letter."""
    try:
        return by_index(partial(_by_index, typed=typed))
    except IndexUnusable as unusable:
        found = list(_by_database(typed)) if _is_enough(typed) else []
        names = organisation_names(_providers_in(found))
        return Suggested(list(_named(found, names)), "database", unusable.why, _rounded(unusable.behind_seconds))


def _by_index(present: Opened, *, typed: str) -> Suggested:
    found = meant(present, typed) if _is_enough(typed) else []
    read = hits([], providers=_providers_in(found), classes=[], reader=present.generation.reader)
    seconds = behind(read.waiting)
    return Suggested(list(_named(found, read.names.providers)), "index", behind_seconds=_rounded(seconds))


def _is_enough(typed: str) -> bool:
    words = query_tokens(typed)
    return any(not is_latin(each) or len(each) >= LATIN_FROM for each in words)


def _providers_in(found: Sequence[Meant]) -> list[int]:
    return [int(each.value) for each in found if each.kind is SuggestionKind.PROVIDER]


def _named(found: Sequence[Meant], names: Mapping[int, str]) -> Iterator[Suggestion]:
    """Providers by name; one that has gone meanwhile is left out."""
    for each in found:
        if each.kind is not SuggestionKind.PROVIDER:
            yield Suggestion(each.kind, str(each.value))
        elif (name := names.get(int(each.value))) is not None:
            yield Suggestion(each.kind, name, int(each.value))


def _by_database(typed: str) -> Iterator[Meant]:
    words, plain = query_tokens(typed), normalise(typed)
    listed = Instrument.state == ListingState.PUBLISHED
    rows = session().execute(select(*ABOUT.values()).where(listed, *words_found(typed)).limit(READ)).all()
    for place, kind in enumerate(ABOUT):
        for value in _most((row[place] for row in rows), words, plain, many=MOST[kind]):
            yield Meant(kind, value)
    for provider in _providers(words):
        yield Meant(SuggestionKind.PROVIDER, provider)
    for title in _most(_titles(words), words, plain, many=MOST[SuggestionKind.SERVICE]):
        yield Meant(SuggestionKind.SERVICE, title)


def _most(texts: Iterable[str], words: Sequence[str], plain: str, *, many: int) -> list[str]:
    """Those that hold the words: what begins so first, then the most frequent."""
    counted = Counter(each for each in texts if each and holds(each, words))
    ordered = sorted(counted, key=lambda each: (not normalise(each).startswith(plain), -counted[each], each))
    return ordered[:many]


def _providers(words: Sequence[str]) -> Sequence[int]:
    has_listed = exists().where(Instrument.provider_id == Organisation.id, Instrument.state == ListingState.PUBLISHED)
    name = func.lower(Organisation.name)
    found = select(Organisation.id).where(*(func.strpos(name, each) > 0 for each in words), has_listed)
    return session().scalars(found.order_by(Organisation.name).limit(MOST[SuggestionKind.PROVIDER])).all()


def _titles(words: Sequence[str]) -> Sequence[str]:
    listed = exists().where(
        ServiceInstrument.service_id == Service.id,
        Instrument.id == ServiceInstrument.instrument_id,
        Instrument.state == ListingState.PUBLISHED,
    )
    found = select(Service.title).where(Service.state == ServiceState.PUBLISHED, Service.tokens.contains(words), listed)
    return session().scalars(found.limit(READ)).all()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)

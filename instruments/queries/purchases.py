"""Reviews of purchases: who reads which, and what the catalogue holds that is comparable (S27)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from accounts.models import Organisation
from accounts.queries import visible_organisations
from core.clock import today
from core.db import session
from core.errors import NotFound
from core.permissions import VISITOR, Actor
from core.workdays import load_calendar
from instruments.models import DuplicatePurchaseReview, Instrument
from instruments.policy import purchase_policy
from instruments.queries.catalogue import Search, search
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import Utilisation, utilisation
from instruments.rules.near_words import shorter_words
from instruments.rules.purchases import (
    MOST_KEPT,
    MOST_WORDS,
    FoundBy,
    closeness,
    specification_words,
    words_met,
)
from instruments.states import PurchaseReviewState

LOOKED_AT = 50
"""So many instruments of each search are compared; how many it found in all is told beside."""


class PurchaseReviewMissing(NotFound):
    """There is no such review for this actor."""

    code = "purchase_review_missing"


def purchase_reviews(
    actor: Actor, *, state: PurchaseReviewState | None = None, city: str | None = None, year: int | None = None
) -> Select[tuple[DuplicatePurchaseReview]]:
    """Reviews in the actor's scope, perhaps of one state, city or year only."""
    review = DuplicatePurchaseReview
    buyers = select(Organisation.id).where(visible_organisations(actor))
    found = select(review).where(review.organisation_id.in_(buyers)).options(selectinload(review.searches))
    for column, wanted in ((review.state, state), (review.city, city), (review.year, year)):
        if wanted is not None:
            found = found.where(column == wanted)
    return found


def find_purchase_review(review_id: int, *, actor: Actor, lock: bool = False) -> DuplicatePurchaseReview:
    """A review in the actor's scope; raises :class:`PurchaseReviewMissing`."""
    found = purchase_reviews(actor).where(DuplicatePurchaseReview.id == review_id)
    if lock:
        locked = found.with_for_update(key_share=True, of=DuplicatePurchaseReview)
        found = locked.execution_options(populate_existing=True)
    review = session().scalar(found)
    if review is None:
        raise PurchaseReviewMissing
    return review


def waiting_purchases(actor: Actor) -> Select[tuple[DuplicatePurchaseReview]]:
    """Reviews that wait for the province."""
    return purchase_reviews(actor, state=PurchaseReviewState.ASKED)


def purchases_to_mend(actor: Actor) -> Select[tuple[DuplicatePurchaseReview]]:
    """The actor's own that were returned."""
    return purchase_reviews(actor, state=PurchaseReviewState.RETURNED)


@dataclass(slots=True)
class _Found:
    """An instrument with the ways it was found."""

    instrument: Instrument
    by: list[FoundBy] = field(default_factory=list)
    met: list[str] = field(default_factory=list)


def evidence(*, name: str, category: str, specifications: str, now: datetime) -> dict[str, Any]:
    """What the catalogue holds that is comparable, as everybody finds it now: ``looks``, ``comparables`` with their
    hours, and the days these are of; all of it fit to be kept."""
    on = today(now)
    policy = purchase_policy(on)
    past = Days(on - timedelta(days=policy.look_back_days), on - timedelta(days=1))
    ahead = Days(on, on + timedelta(days=policy.look_ahead_days - 1))
    words = specification_words(specifications)[:MOST_WORDS]
    looks, found = _looked(name, category, words, now=now)
    closest = sorted(found.values(), key=lambda each: closeness(each.by, each.met))[:MOST_KEPT]
    numbers = [each.instrument.id for each in closest]
    used, free = _hours(numbers, past), _hours(numbers, ahead)
    return {
        "looks": looks,
        "comparables": [_kept(each, used, free) for each in closest],
        "used_from": past.first,
        "used_until": past.last,
        "free_until": ahead.last,
    }


def _looked(
    name: str, category: str, words: Sequence[str], *, now: datetime
) -> tuple[list[dict[str, Any]], dict[int, _Found]]:
    """Each search with what it found in all, and the instruments by number."""
    looks: list[dict[str, Any]] = []
    found: dict[int, _Found] = {}

    def look(by: FoundBy, wanted: Search) -> int:
        answer = search(wanted, cursor=None, limit=LOOKED_AT, actor=VISITOR, now=now)
        total: int = answer["total"]
        looks.append({"by": by.value, "q": wanted.q, "category": wanted.category or "", "total": total})
        for each in answer["items"]:
            kept = found.setdefault(each.id, _Found(each, met=words_met(words, _texts(each))))
            if by not in kept.by:
                kept.by.append(by)
        return total

    if not look(FoundBy.NAME, Search(q=name, facets=())):
        for shorter in shorter_words(name):
            look(FoundBy.NEAR, Search(q=shorter, facets=()))
    for by, wanted in _of_the_class(category, words):
        look(by, wanted)
    return looks, found


def _of_the_class(category: str, words: Sequence[str]) -> Iterator[tuple[FoundBy, Search]]:
    for word in words:
        yield FoundBy.SPECIFICATION, Search(q=word, category=category, facets=())
    yield FoundBy.CLASS, Search(category=category, facets=())


def _texts(instrument: Instrument) -> list[str]:
    said = [instrument.name, instrument.name_en, instrument.model, instrument.maker]
    return [*said, instrument.specifications, instrument.functions, instrument.description]


def _hours(numbers: Sequence[int], days: Days) -> Mapping[int, Utilisation]:
    if not numbers:
        return {}
    calendar = load_calendar(since=days.first - timedelta(days=1))
    rows = utilisation(Instrument.id.in_(numbers), days, calendar=calendar, by=UtilisationBy.INSTRUMENT)
    return {int(each.key or 0): each for each in rows}


def _kept(each: _Found, used: Mapping[int, Utilisation], free: Mapping[int, Utilisation]) -> dict[str, Any]:
    """What is kept of an instrument; hours are null where nothing is known of its time, which is not none."""
    instrument = each.instrument
    past, ahead = used.get(instrument.id), free.get(instrument.id)
    rate = None if past is None else past.booked_rate
    return {
        "id": instrument.id,
        "name": instrument.name,
        "model": instrument.model,
        "provider": instrument.provider.name,
        "city": instrument.city,
        "value_fen": instrument.value_fen,
        "found_by": [by.value for by in each.by],
        "words": each.met,
        "usable_hours": None if past is None else str(past.usable),
        "booked_hours": None if past is None else str(past.booked),
        "used_hours": None if past is None else str(past.used),
        "booked_rate": None if rate is None else str(rate),
        "free_hours": None if ahead is None else str(max(ahead.usable - ahead.booked, ahead.usable * 0)),
    }

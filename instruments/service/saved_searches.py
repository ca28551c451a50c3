"""Searches that users keep: saved, renamed, paused, deleted; and the look, once a day, for what newly answers them."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from accounts.permissions import signed_in
from accounts.queries.users import lock_user
from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import start_of_day, today
from core.db import transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply
from instruments.models import SavedSearch, SavedSearchLook
from instruments.policy import saved_searches_max
from instruments.queries.catalogue import Search, matching
from instruments.queries.saved_searches import (
    filters_of,
    find_saved_search,
    has_name,
    kept_count,
    lock_to_look_at,
    published_between,
    to_look_at,
    wanted_of,
)
from instruments.states import SAVED_SEARCH

log = structlog.get_logger()


class SavedSearchRefused(Refused):
    """The search cannot be kept like this; every fault is named."""

    code = "saved_search_refused"


class TooManySavedSearches(Conflict):
    """The user keeps as many searches as the policy allows."""

    code = "too_many_saved_searches"


def save_search(*, name: str, wanted: Search, actor: Actor, now: datetime) -> SavedSearch:
    """Keep a search under a name of the actor's own choice; what is published from now on is looked at.

    Raises :class:`SavedSearchRefused`, :class:`TooManySavedSearches`, and ``SearchRefused`` where the search
    contradicts itself.
    """
    with transaction() as current:
        authorise(actor, signed_in)
        matching(wanted, actor=actor)
        user_id = user_id_of(actor)
        lock_user(user_id)
        most = saved_searches_max(today(now))
        if kept_count(actor) >= most:
            raise TooManySavedSearches(reasons=[reason("saved_searches_full", limit=most)])
        faults = [*_name_faults(name, actor=actor), *_over_faults(wanted, now=now)]
        refuse_all(faults, error=SavedSearchRefused)
        kept = SavedSearch(
            user_id=user_id,
            name=name,
            filters=filters_of(wanted),
            state=SAVED_SEARCH.initial,
            created_at=now,
            looked_until=now,
        )
        current.add(kept)
        audit.record(actor=actor, now=now, action="create", subject=kept, to_state=kept.state)
        return kept


def rename_search(*, saved_search_id: int, name: str, actor: Actor, now: datetime) -> SavedSearch:
    """Give it another name. Raises :class:`SavedSearchRefused`."""
    with transaction():
        authorise(actor, signed_in)
        lock_user(user_id_of(actor))
        kept = find_saved_search(saved_search_id, actor=actor, lock=True)
        refuse_all(_name_faults(name, actor=actor, besides=kept.id), error=SavedSearchRefused)
        kept.name = name
        audit.record(actor=actor, now=now, action="rename", subject=kept)
        return kept


def pause_search(*, saved_search_id: int, actor: Actor, now: datetime) -> SavedSearch:
    """Look no more until it is resumed."""
    with transaction():
        authorise(actor, signed_in)
        kept = find_saved_search(saved_search_id, actor=actor, lock=True)
        apply(kept, "pause", transitions=SAVED_SEARCH, actor=actor, now=now)
        return kept


def resume_search(*, saved_search_id: int, actor: Actor, now: datetime) -> SavedSearch:
    """Look again, at what is published from now on: nobody is told of the time in between."""
    with transaction():
        authorise(actor, signed_in)
        kept = find_saved_search(saved_search_id, actor=actor, lock=True)
        apply(kept, "resume", transitions=SAVED_SEARCH, actor=actor, now=now)
        kept.looked_until = now
        return kept


def delete_search(*, saved_search_id: int, actor: Actor, now: datetime) -> None:
    """Keep it no longer; of what it was nothing is left."""
    with transaction():
        authorise(actor, signed_in)
        kept = find_saved_search(saved_search_id, actor=actor, lock=True)
        apply(kept, "delete", transitions=SAVED_SEARCH, actor=actor, now=now)
        kept.name, kept.filters = "", {}


def look_for_news(*, now: datetime) -> int:
    """Look, for each kept search in force, at what was published up to the beginning of today; returns how many found
    anything.

    Midnight lies hours before the look, so what was published just before and committed just after it is seen. Each
    look is a transaction of its own with its row of the day: what a crash leaves is taken up again, and nothing is
    found twice. One that cannot be asked stops no other: it is left as it was, and its failure raised at the end.
    """
    until, found, failures = start_of_day(today(now)), 0, []
    for number in to_look_at(until):
        try:
            found += _look(number, until=until, now=now)
        except Exception as failure:
            if isinstance(failure, DBAPIError) and failure.connection_invalidated:
                raise
            log.exception("saved_search_not_looked_at", saved_search=number)
            failures.append(failure)
    if failures:
        raise failures[0]
    return found


def _look(number: int, *, until: datetime, now: datetime) -> bool:
    with transaction() as current:
        kept = lock_to_look_at(number, until=until)
        if kept is None:
            return False
        since, wanted = kept.looked_until, wanted_of(kept.filters)
        kept.looked_until = until
        if wanted.free_to is not None and wanted.free_to <= now:
            return False
        answering = published_between(wanted, since=since, until=until).subquery()
        found = current.scalar(select(func.count()).select_from(answering)) or 0
        look = insert(SavedSearchLook).values(
            saved_search_id=kept.id, on=today(now), since=since, until=until, found=found, looked_at=now
        )
        current.execute(look)
        if found:
            audit.record(actor=SYSTEM, now=now, action="find", subject=kept, data={"found": found, "name": kept.name})
        return found > 0


def _name_faults(name: str, *, actor: Actor, besides: int | None = None) -> list[Reason]:
    return [reason("saved_search_named_so", field="name")] if has_name(name, actor=actor, besides=besides) else []


def _over_faults(wanted: Search, *, now: datetime) -> list[Reason]:
    """A time that has passed is free nowhere any more."""
    over = wanted.free_to is not None and wanted.free_to <= now
    return [reason("saved_search_over", field="search.free_to")] if over else []

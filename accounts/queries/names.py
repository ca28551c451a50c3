"""Names in bulk: one query for a whole page. Who may see them is the caller's to say."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from accounts.models import Organisation, User
from core.db import session


def organisation_names(ids: Iterable[int]) -> dict[int, str]:
    """The names of organisations by number."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = session().execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted)))
    return dict(found.tuples().all())


def usernames(ids: Iterable[int]) -> dict[int, str]:
    """The user names by number."""
    wanted = set(ids)
    if not wanted:
        return {}
    return dict(session().execute(select(User.id, User.username).where(User.id.in_(wanted))).tuples().all())

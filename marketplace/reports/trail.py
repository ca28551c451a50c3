"""The audit trail for those who read it: searched, with who and what by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, Text, cast, select

from accounts.models import Organisation, User
from accounts.queries.names import organisation_names, usernames
from core.audit import AuditEntry
from core.clock import end_of_day, start_of_day
from core.db import session
from core.errors import NotFound


class EntryMissing(NotFound):
    """There is no such entry in the trail."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class TrailSearch:
    """What is looked for; everything given must fit. ``words`` are looked for in names and in what went with it."""

    subject_kind: str | None = None
    subject_id: int | None = None
    action: str | None = None
    words: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class TrailLine:
    """An entry with the names of who acted; the system and visitors have none."""

    entry: AuditEntry
    username: str | None
    organisation: str | None


def trail(wanted: TrailSearch | None = None) -> Select[tuple[AuditEntry]]:
    """The entries that fit, in no order yet; for the auditor, who reads everything."""
    return narrowed(select(AuditEntry), wanted or TrailSearch())


def narrowed(found: Select[tuple[AuditEntry]], wanted: TrailSearch) -> Select[tuple[AuditEntry]]:
    """Those of a selection that fit."""
    if wanted.subject_kind:
        found = found.where(AuditEntry.subject_kind == wanted.subject_kind)
    if wanted.subject_id is not None:
        found = found.where(AuditEntry.subject_id == wanted.subject_id)
    if wanted.action:
        found = found.where(AuditEntry.action == wanted.action)
    if wanted.since is not None:
        found = found.where(AuditEntry.at >= start_of_day(wanted.since))
    if wanted.until is not None:
        found = found.where(AuditEntry.at < end_of_day(wanted.until))
    return found if not wanted.words else _with_words(found, wanted.words)


def described(entries: Sequence[AuditEntry]) -> list[TrailLine]:
    """Entries with the names of who acted, in two queries however many they are."""
    users = usernames({each.actor_user_id for each in entries if each.actor_user_id is not None})
    organisations = organisation_names(
        {each.actor_organisation_id for each in entries if each.actor_organisation_id is not None}
    )
    return [
        TrailLine(
            each,
            None if each.actor_user_id is None else users.get(each.actor_user_id),
            None if each.actor_organisation_id is None else organisations.get(each.actor_organisation_id),
        )
        for each in entries
    ]


def record_history(subject_kind: str, subject_id: int) -> list[TrailLine]:
    """Everything that happened to one record, oldest first; raises :class:`EntryMissing` where nothing did."""
    found = trail(TrailSearch(subject_kind=subject_kind, subject_id=subject_id)).order_by(AuditEntry.id)
    entries = list(session().scalars(found))
    if not entries:
        raise EntryMissing
    return described(entries)


def kept(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What went with an entry, as names and values; what is empty is left out."""
    return [(name, value) for name, value in data.items() if value not in (None, "", [], {})]


def _with_words(found: Select[tuple[AuditEntry]], words: str) -> Select[tuple[AuditEntry]]:
    """Narrowed to entries whose actor or whose data has these words."""
    by_user = select(User.id).where(User.username.icontains(words, autoescape=True))
    by_organisation = select(Organisation.id).where(Organisation.name.icontains(words, autoescape=True))
    return found.where(
        AuditEntry.actor_user_id.in_(by_user)
        | AuditEntry.actor_organisation_id.in_(by_organisation)
        | cast(AuditEntry.data, Text).icontains(words, autoescape=True)
    )

"""The audit trail for the auditor: searched, and one record's whole history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, url_for
from sqlalchemy import Select

from accounts.permissions import auditor
from core.audit import AuditEntry
from core.http import allow
from core.http.schemas import MAX_ID
from core.pages import Column, Event, Filter, NavEntry, Pages, Table, table_page
from core.pages.tables import typed_day
from marketplace.pages.trail_facts import details
from marketplace.pages.trail_words import action_word, actions, change_words, kind_word, kinds, record_page, who
from marketplace.reports.trail import TrailLine, TrailSearch, described, narrowed, record_history, trail

trail_pages = Pages(
    "trail_pages",
    __name__,
    url_prefix="/trail",
    navigation=(NavEntry("trail", "trail_pages.index", "oversight", auditor, order=40),),
)


def _record_href(line: TrailLine) -> str:
    entry = line.entry
    return url_for("trail_pages.record", kind=entry.subject_kind, record_id=entry.subject_id)


def _number(typed: str) -> int:
    """A number a record may have; for any other it is that of none."""
    number = int(typed)
    return number if 0 < number <= MAX_ID else 0


def _by(name: str, read: Callable[[str], Any] = str) -> Callable[[Select[Any], str], Select[Any]]:
    """Narrows by one thing that is looked for; what cannot be read raises ValueError."""
    return lambda query, typed: narrowed(query, TrailSearch(**{name: read(typed)}))


TRAIL = Table(
    name="trail",
    key=AuditEntry.id,
    default_sort="-entry",
    empty="page.trail.empty",
    prepare=described,
    filters=[
        Filter("subject_kind", _by("subject_kind"), options=kinds),
        Filter("subject_id", _by("subject_id", _number)),
        Filter("action", _by("action"), options=actions),
        Filter("from", _by("since", typed_day), kind="day"),
        Filter("to", _by("until", typed_day), kind="day"),
        Filter("q", _by("words")),
    ],
    columns=[
        Column("entry", lambda line: line.entry.id, sort=AuditEntry.id),
        Column("at", lambda line: line.entry.at, kind="moment"),
        Column("who", who),
        Column("action", lambda line: action_word(line.entry.action)),
        Column(
            "record", lambda line: f"{kind_word(line.entry.subject_kind)} {line.entry.subject_id}", link=_record_href
        ),
        Column("change", lambda line: change_words(line.entry)),
        Column("details", lambda line: details(line.entry.data)),
    ],
)


@trail_pages.get("")
@allow(auditor)
def index() -> Any:
    """Every change of money or state, the latest first."""
    return table_page(TRAIL, trail(), title="page.trail.title")


@trail_pages.get("/<kind>/<int:record_id>")
@allow(auditor)
def record(kind: str, record_id: int) -> str:
    """Everything that happened to one record."""
    return render_template(
        "marketplace/trail_record.html",
        kind=kind_word(kind),
        record_id=record_id,
        href=record_page(kind, record_id),
        events=[_event(line) for line in record_history(kind, record_id)],
    )


def _event(line: TrailLine) -> Event:
    words = [action_word(line.entry.action), change_words(line.entry)]
    return Event(
        title=" · ".join(part for part in words if part),
        at=line.entry.at,
        who=who(line),
        note=details(line.entry.data) or None,
    )

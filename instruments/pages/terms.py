"""Terms of listings: what is still to be listed (S13) and updated (S14), and the reports of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, url_for
from sqlalchemy import Select

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import (
    Column,
    Done,
    EmptySchema,
    Filter,
    Form,
    NavEntry,
    Pages,
    Table,
    form_page,
    link_to,
    table_page,
    term,
)
from core.pages.language import day, t
from core.pages.tables import choice
from core.permissions import Actor, authorise
from core.workdays import WorkingCalendar
from instruments.models import Instrument, ReportedChange
from instruments.pages.reviews import DUE, NAME, PROVIDER
from instruments.permissions import (
    is_reporter,
    may_judge,
    may_manage,
    may_offer,
    may_read_deadlines,
    may_report_changes,
)
from instruments.policy import city_names
from instruments.queries.details import listing_deadlines
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import due_days, overdue_alone, search_instruments
from instruments.queries.terms import (
    change_deadlines,
    changes_of,
    find_change,
    in_city,
    open_changes,
    overdue_changes,
)
from instruments.rules.deadlines import ChangeKind
from instruments.schemas.terms import ChangeWithdrawalSchema, NewReportedChangeSchema
from instruments.service import changes as service
from instruments.states import ListingState, ReportedChangeState

terms = Pages(
    "term_pages",
    __name__,
    url_prefix="/instruments",
    navigation=(
        NavEntry("listing_deadlines", "term_pages.listings", "catalogue", may_read_deadlines, order=40),
        NavEntry("update_deadlines", "term_pages.updates", "catalogue", may_read_deadlines, order=41),
    ),
    links={"listing_deadlines": ("term_pages.listings", "")},
)

OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Row:
    """An instrument with its provider and its last day; for an update also what changed."""

    instrument: Instrument
    provider: str
    due_on: date | None
    is_overdue: bool
    change: ReportedChange | None = None


def _listing_rows(found: Sequence[Instrument]) -> list[Row]:
    on = clock.today(clock.now())
    names = organisation_names({each.provider_id for each in found})
    due = due_days(found, on=on)
    return [Row(each, names[each.provider_id], due.get(each.id), due.get(each.id, on) < on) for each in found]


def _update_rows(found: Sequence[ReportedChange]) -> list[Row]:
    names = organisation_names({each.provider_id for each in found})
    rows = change_deadlines(found, on=clock.today(clock.now()))
    return [
        Row(each["instrument"], names[each["change"].provider_id], each["due_on"], each["overdue"], each["change"])
        for each in rows
    ]


def _overdue(narrow: Callable[..., Select[Any]]) -> Filter:
    """Only what is overdue today, as ``narrow`` has it."""

    def applied(found: Select[Any], typed: str) -> Select[Any]:
        if typed != OVERDUE:
            raise ValueError(typed)
        return narrow(found, on=clock.today(clock.now()))

    return Filter("overdue", applied, options=lambda: [(OVERDUE, t("filter.overdue_only"))])


def _cities() -> list[tuple[str, str]]:
    return list(city_names(clock.today(clock.now())).items())


WORDS = Filter("q", search_instruments)
CITY = Filter("city", lambda found, city: found.where(in_city(city)), options=_cities)

LISTINGS = Table(
    name="listing-deadlines",
    key=Instrument.id,
    default_sort="accepted_on",
    empty="page.listing_deadlines.empty",
    prepare=_listing_rows,
    filters=[
        WORDS,
        CITY,
        choice("state", Instrument.state, ListingState),
        _overdue(overdue_alone),
    ],
    columns=[
        NAME,
        PROVIDER,
        Column("accepted_on", lambda row: row.instrument.accepted_on, kind="day", sort=Instrument.accepted_on),
        DUE,
        Column("overdue", lambda row: row.is_overdue, kind="flag"),
        Column("state", lambda row: row.instrument.state, kind="state", sort=Instrument.state),
    ],
)
UPDATES = Table(
    name="update-deadlines",
    key=ReportedChange.id,
    default_sort="changed_on",
    empty="page.update_deadlines.empty",
    prepare=_update_rows,
    filters=[
        WORDS,
        CITY,
        choice("change", ReportedChange.kind, ChangeKind),
        _overdue(overdue_changes),
    ],
    columns=[
        NAME,
        PROVIDER,
        Column("what_changed", lambda row: row.change.kind, kind="term", sort=ReportedChange.kind),
        Column("changed_on", lambda row: row.change.changed_on, kind="day", sort=ReportedChange.changed_on),
        Column("update_due_on", lambda row: row.due_on, kind="day"),
        Column("overdue", lambda row: row.is_overdue, kind="flag"),
        Column("note", lambda row: row.change.note),
    ],
)


@terms.get("/listing-deadlines")
@allow(may_read_deadlines)
def listings() -> Any:
    """Mandatory instruments that are accepted and not yet public."""
    found = listing_deadlines(actor=current_actor(), on=clock.today(clock.now()), overdue=False)
    return table_page(LISTINGS, found, title="page.listing_deadlines.title")


@terms.get("/update-deadlines")
@allow(may_read_deadlines)
def updates() -> Any:
    """Changes that listings do not tell yet."""
    found = open_changes(actor=current_actor(), on=clock.today(clock.now()), overdue=False)
    return table_page(UPDATES, found, title="page.update_deadlines.title")


@terms.route("/<int:instrument_id>/reported-changes/new", methods=["GET", "POST"])
@allow(may_report_changes)
def report(instrument_id: int) -> Response:
    """Say that something changed."""
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage | may_judge, instrument)
    here = link_to("instrument", instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        service.report_change(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.reported_change_new.done")

    facts = [("column.instrument", instrument.name), ("column.provider", instrument.provider.name)]
    return form_page(Form(NewReportedChangeSchema, name="reported_change_new"), effect=effect, back=here, facts=facts)


@terms.route("/reported-changes/<int:change_id>/following", methods=["GET", "POST"])
@allow(may_offer)
def follow(change_id: int) -> Response:
    """The listing tells it by now."""
    change = find_change(change_id, actor=current_actor())
    authorise(current_actor(), may_manage, change)
    return _ending(
        change,
        Form(EmptySchema, name="change_following"),
        lambda _given: service.follow_change(change_id=change_id, actor=current_actor(), now=clock.now()),
    )


@terms.route("/reported-changes/<int:change_id>/withdrawal", methods=["GET", "POST"])
@allow(may_report_changes)
def withdraw(change_id: int) -> Response:
    """Who reported it takes it back."""
    change = find_change(change_id, actor=current_actor())
    authorise(current_actor(), is_reporter, change)
    return _ending(
        change,
        Form(ChangeWithdrawalSchema, name="change_report_withdrawal", ends=True),
        lambda given: service.withdraw_change(change_id=change_id, **given, actor=current_actor(), now=clock.now()),
    )


def _ending(change: ReportedChange, form: Form, act: Any) -> Response:
    here = link_to("instrument", change.instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(here, f"page.{form.name}.done")

    facts = [
        ("column.instrument", change.instrument.name),
        ("column.what_changed", term(change.kind)),
        ("column.changed_on", day(change.changed_on)),
        ("column.note", change.note),
    ]
    return form_page(form, effect=effect, back=here, facts=facts)


def changes_shown(instrument: Instrument, *, actor: Actor, on: date, calendar: WorkingCalendar) -> list[dict[str, Any]]:
    """Reports about an instrument with what its reader may do about each, the latest first."""
    return [
        {**each, "actions": list(_actions(each["change"], actor))}
        for each in change_deadlines(changes_of(instrument.id), on=on, calendar=calendar)
    ]


def _actions(change: ReportedChange, actor: Actor) -> Iterator[dict[str, Any]]:
    if change.state is not ReportedChangeState.OPEN:
        return
    if may_manage(actor, change):
        yield {
            "label": t("page.change_following.title"),
            "href": url_for("term_pages.follow", change_id=change.id),
            "primary": True,
        }
    if is_reporter(actor, change):
        yield {
            "label": t("page.change_report_withdrawal.title"),
            "href": url_for("term_pages.withdraw", change_id=change.id),
            "danger": True,
        }

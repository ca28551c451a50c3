"""The log of an instrument, entries and corrections; and bookings beside what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, url_for
from sqlalchemy import Select, func

from accounts.queries.names import organisation_names
from core import clock
from core.clock import end_of_day, start_of_day
from core.http import allow, current_actor
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import moment, t
from core.pages.tables import choice, typed_day
from core.permissions import authorise
from instruments.models import Instrument, InstrumentUse, Occupancy
from instruments.permissions import (
    may_ask_for_it,
    may_have_calendars,
    may_log_use,
    may_manage,
    may_read_bookings,
    may_read_use,
)
from instruments.queries.usage import (
    attended,
    corrections_of,
    find_logged_instrument,
    find_use,
    users_check_in,
    uses_of,
    visible_bookings,
)
from instruments.rules.terms import UsePurpose
from instruments.rules.usage import hours_of
from instruments.schemas.usage import AttendanceRuleSchema, NewUseSchema, UseCorrectionSchema, UseWithdrawalSchema
from instruments.service import usage as service
from instruments.states import ListingState

usage = Pages("usage_pages", __name__, url_prefix="/instruments/<int:instrument_id>")
bookings = Pages(
    "booking_pages",
    __name__,
    url_prefix="/bookings",
    navigation=(NavEntry("bookings", "booking_pages.booked", "deal", may_read_bookings, order=30),),
)

OWN_PURPOSES = [each for each in UsePurpose if each is not UsePurpose.ORDER]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log as the table shows it."""

    use: InstrumentUse
    corrected_by: int | None

    @property
    def stands(self) -> bool:
        """Whether it counts."""
        return self.corrected_by is None and not self.use.withdrawn


def _entries(found: Sequence[InstrumentUse]) -> list[Entry]:
    corrected = corrections_of(found)
    return [Entry(each, corrected.get(each.id)) for each in found]


def _corrected(entry: Entry) -> str | None:
    """The address at which an entry is corrected, for whoever may."""
    may = entry.stands and may_log_use(current_actor())
    return url_for("usage_pages.correct", instrument_id=entry.use.instrument_id, use_id=entry.use.id) if may else None


LOG = Table(
    name="instrument-uses",
    key=InstrumentUse.id,
    empty="page.uses.empty",
    default_sort="-starts_at",
    prepare=_entries,
    filters=[
        choice("purpose", InstrumentUse.purpose, UsePurpose),
        Filter(
            "used_from",
            lambda query, typed: query.where(InstrumentUse.starts_at >= start_of_day(typed_day(typed))),
            kind="day",
        ),
        Filter(
            "used_to",
            lambda query, typed: query.where(InstrumentUse.starts_at < end_of_day(typed_day(typed))),
            kind="day",
        ),
    ],
    columns=[
        Column("number", lambda row: row.use.id, kind="number", link=_corrected),
        Column("use_starts", lambda row: row.use.starts_at, kind="moment", sort=InstrumentUse.starts_at),
        Column("use_ends", lambda row: row.use.ends_at, kind="moment", beneath=True),
        Column("hours", lambda row: hours_of([row.use.interval]), kind="number"),
        Column("use_purpose", lambda row: row.use.purpose, kind="term", sort=InstrumentUse.purpose),
        Column("order", lambda row: row.use.order_id, kind="number", link=lambda row: _order(row.use)),
        Column("operator", lambda row: row.use.operator),
        Column("samples", lambda row: row.use.samples, kind="number"),
        Column("remarks", lambda row: row.use.remarks, beneath=True),
        Column("is_late", lambda row: row.use.is_late, kind="flag"),
        Column("logged_at", lambda row: row.use.logged_at, kind="moment", sort=InstrumentUse.logged_at),
        Column("use_corrects", lambda row: row.use.corrects_id, kind="number"),
        Column("why", lambda row: row.use.why, beneath=True),
        Column("use_stands", lambda row: row.stands, kind="flag"),
    ],
)


def _order(use: InstrumentUse) -> str | None:
    return None if use.order_id is None else link_to("order", use.order_id)


@usage.get("/uses")
@allow(may_read_use)
def index(instrument_id: int) -> Any:
    """Every entry ever made, what counts and what was corrected; as a file too."""
    actor = current_actor()
    instrument = find_logged_instrument(instrument_id, actor=actor)
    beside = {
        "label": t("page.comparison.title"),
        "href": url_for("comparison_pages.index", instrument_id=instrument.id),
    }
    actions: list[dict[str, Any]] = [beside]
    if may_manage(actor, instrument):
        actions = [
            {
                "label": t("page.use_new.title"),
                "href": url_for("usage_pages.new", instrument_id=instrument.id),
                "primary": True,
            },
            {
                "label": t("page.attendance_rule.title"),
                "href": url_for("usage_pages.attendance", instrument_id=instrument.id),
            },
            beside,
        ]
    return table_page(LOG, uses_of(instrument.id, everything=True), title="page.uses.title", actions=actions)


@usage.route("/uses/new", methods=["GET", "POST"])
@allow(may_log_use)
def new(instrument_id: int) -> Response:
    """What the owner did with it by itself."""
    instrument = _own(instrument_id)
    form = Form(
        NewUseSchema,
        name="use_new",
        initial={"purpose": UsePurpose.OWN, "operator": current_actor().username},
        options={"purpose": [(each.value, term(each)) for each in OWN_PURPOSES]},
        widgets={"remarks": "textarea"},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.log_own_use(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
        return Done(_log(instrument_id), "page.use_new.done")

    return form_page(form, effect=effect, back=_log(instrument_id), facts=_about(instrument))


@usage.route("/uses/<int:use_id>/correction", methods=["GET", "POST"])
@allow(may_log_use)
def correct(instrument_id: int, use_id: int) -> Response:
    """Another entry in the place of a wrong one."""
    instrument = _own(instrument_id)
    wrong = find_use(instrument_id, use_id)
    names = ("starts_at", "ends_at", "operator", "samples", "remarks")
    form = Form(
        UseCorrectionSchema,
        name="use_correction",
        initial={name: getattr(wrong, name) for name in names},
        widgets={"remarks": "textarea"},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.correct_use(instrument_id=instrument_id, use_id=use_id, **given, actor=current_actor(), now=clock.now())
        return Done(_log(instrument_id), "page.use_correction.done")

    facts = [*_about(instrument), *_facts(wrong)]
    withdrawal = {
        "label": t("page.use_withdrawal.title"),
        "href": url_for("usage_pages.withdraw", instrument_id=instrument_id, use_id=use_id),
        "danger": True,
    }
    return form_page(form, effect=effect, back=_log(instrument_id), facts=facts, actions=[withdrawal])


@usage.route("/uses/<int:use_id>/withdrawal", methods=["GET", "POST"])
@allow(may_log_use)
def withdraw(instrument_id: int, use_id: int) -> Response:
    """An entry that was none."""
    instrument = _own(instrument_id)
    wrong = find_use(instrument_id, use_id)

    def effect(given: dict[str, Any]) -> Done:
        service.withdraw_use(
            instrument_id=instrument_id, use_id=use_id, **given, actor=current_actor(), now=clock.now()
        )
        return Done(_log(instrument_id), "page.use_withdrawal.done")

    return form_page(
        Form(UseWithdrawalSchema, name="use_withdrawal", ends=True),
        effect=effect,
        back=_log(instrument_id),
        confirms=True,
        facts=[*_about(instrument), *_facts(wrong)],
    )


@usage.route("/attendance", methods=["GET", "POST"])
@allow(may_log_use)
def attendance(instrument_id: int) -> Response:
    """Whether users check in by themselves."""
    instrument = _own(instrument_id)
    form = Form(
        AttendanceRuleSchema,
        name="attendance_rule",
        initial={"users_check_in": users_check_in(instrument_id)},
    )

    def effect(given: dict[str, Any]) -> Done:
        service.let_users_check_in(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
        return Done(_log(instrument_id), "page.attendance_rule.done")

    return form_page(form, effect=effect, back=_log(instrument_id), facts=_about(instrument))


# -- bookings ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as the table shows it, with the name of who made it."""

    found: Any
    user: str | None


def _booked(rows: Sequence[Occupancy]) -> list[Booked]:
    names = organisation_names({each.organisation_id for each in rows if each.organisation_id is not None})
    return [Booked(each, names.get(each.booking.organisation_id or 0)) for each in attended(rows)]


def _with_words(found: Select[Any], words: str) -> Select[Any]:
    return found.where(Instrument.name.icontains(words, autoescape=True))


BOOKINGS = Table(
    name="bookings",
    key=Occupancy.id,
    empty="page.bookings.empty",
    prepare=_booked,
    filters=[
        Filter("q", _with_words),
        Filter(
            "used_from",
            lambda query, typed: query.where(func.upper(Occupancy.slot) > start_of_day(typed_day(typed))),
            kind="day",
        ),
        Filter(
            "used_to",
            lambda query, typed: query.where(func.lower(Occupancy.slot) < end_of_day(typed_day(typed))),
            kind="day",
        ),
    ],
    columns=[
        Column("order", lambda row: row.found.booking.order_id, kind="number", link=lambda row: _of_order(row.found)),
        Column(
            "instrument",
            lambda row: row.found.instrument.name,
            sort=Instrument.name,
            link=lambda row: _of_instrument(row.found.instrument),
        ),
        Column("out_of_service", lambda row: _out_of_service(row.found.instrument), kind="state", beneath=True),
        Column("user", lambda row: row.user),
        Column("booked_from", lambda row: row.found.booking.slot.start, kind="moment", sort=func.lower(Occupancy.slot)),
        Column("booked_to", lambda row: row.found.booking.slot.end, kind="moment", beneath=True),
        Column("booked_hours", lambda row: row.found.booked_hours, kind="number"),
        Column("came_at", lambda row: row.found.came_at, kind="moment"),
        Column("left_at", lambda row: row.found.left_at, kind="moment", beneath=True),
        Column("logged_hours", lambda row: row.found.logged_hours, kind="number"),
    ],
)


@bookings.get("")
@allow(may_read_bookings)
def booked() -> Any:
    """Hours booked beside those that were used."""
    actor = current_actor()
    calendar = {"label": t("page.calendar_addresses.title"), "href": url_for("calendar_address_pages.index")}
    actions = [calendar] if may_have_calendars(actor) else []
    return table_page(BOOKINGS, visible_bookings(actor), title="page.bookings.title", actions=actions)


def _out_of_service(instrument: Instrument) -> ListingState | None:
    """Its state where it takes no bookings."""
    return None if instrument.state is ListingState.PUBLISHED else instrument.state


def _of_instrument(instrument: Instrument) -> str | None:
    """Its page, for those to whom it is open while it is out of service."""
    is_open = instrument.state is ListingState.PUBLISHED or not may_ask_for_it(current_actor())
    return link_to("instrument", instrument.id) if is_open else None


def _of_order(found: Any) -> str | None:
    return link_to("order", found.booking.order_id)


def _own(instrument_id: int) -> Instrument:
    instrument = find_logged_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    return instrument


def _log(instrument_id: int) -> str:
    return url_for("usage_pages.index", instrument_id=instrument_id)


def _about(instrument: Instrument) -> list[tuple[str, str]]:
    return [("column.instrument", instrument.name), ("field_label.model", instrument.model)]


def _facts(use: InstrumentUse) -> list[tuple[str, str]]:
    return [
        ("column.use_purpose", term(use.purpose)),
        ("column.use_starts", moment(use.starts_at)),
        ("column.use_ends", moment(use.ends_at)),
        ("column.operator", use.operator),
        ("column.remarks", use.remarks),
    ]

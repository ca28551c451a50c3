"""Slots one waits for: asked for beside the calendar, listed, shown with what may be done, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for

from accounts.permissions import provider
from accounts.queries.beneficiaries import own_teams
from accounts.queries.names import organisation_names
from core import clock
from core.clock import SHANGHAI
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import moment, t
from core.pages.tables import choice
from instruments.models import Instrument, SlotWait
from instruments.pages.calendars import LISTED, taken
from instruments.pages.quoting import quote_href
from instruments.permissions import may_ask_for_it, may_read_waits
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import offered_services
from instruments.queries.slot_waits import PlacedWait, find_wait, placed, see_wait, waits_about_named, waits_in_sight
from instruments.queries.usage import instruments_named
from instruments.schemas.slot_waits import NewSlotWaitSchema
from instruments.service import slot_waits as service
from instruments.states import OPEN_WAITS, SlotWaitState

slot_wait_pages = Pages(
    "slot_wait_pages",
    __name__,
    navigation=(NavEntry("slot_waits", "slot_wait_pages.index", "deal", may_read_waits, order=35),),
    links={
        "slot_wait": ("slot_wait_pages.one", "wait_id"),
        "slot_wait_new": ("slot_wait_pages.new", "instrument_id"),
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody who waits, as the table shows it."""

    shown: PlacedWait
    instrument: Instrument
    user: str

    @property
    def wait(self) -> SlotWait:
        """What is kept of it."""
        return self.shown.wait


def _rows(found: Sequence[SlotWait]) -> list[Row]:
    known = instruments_named({each.instrument_id for each in found})
    names = organisation_names({each.organisation_id for each in found})
    return [Row(each, known[each.wait.instrument_id], names[each.wait.organisation_id]) for each in placed(found)]


WAITS = Table(
    name="slot-waits",
    key=SlotWait.id,
    empty="page.slot_waits.empty",
    prepare=_rows,
    filters=[Filter("q", waits_about_named), choice("state", SlotWait.state, SlotWaitState)],
    columns=[
        Column("slot", lambda row: row.wait.during.start, kind="moment", link=lambda row: link_to_wait(row.wait)),
        Column("slot_ends", lambda row: row.wait.during.end, kind="moment", beneath=True),
        Column(
            "instrument", lambda row: row.instrument.name, link=lambda row: link_to("instrument", row.instrument.id)
        ),
        Column("user", lambda row: row.user),
        Column("state", lambda row: row.wait.state, kind="state", sort=SlotWait.state),
        Column("ahead", lambda row: row.shown.ahead, kind="number"),
        Column("book_by", lambda row: row.wait.book_by, kind="moment", sort=SlotWait.book_by),
    ],
)


def link_to_wait(wait: SlotWait) -> str:
    """The page of one."""
    return link_to("slot_wait", wait.id)


@slot_wait_pages.get("/slot-waits")
@allow(may_read_waits)
def index() -> Any:
    """What one waits and waited for; to a provider who waits for its instruments."""
    actor = current_actor()
    title = "page.slot_waits_asked.title" if provider(actor) else "page.slot_waits.title"
    return table_page(WAITS, waits_in_sight(actor), title=title)


@slot_wait_pages.route("/instruments/<int:instrument_id>/slot-waits/new", methods=["GET", "POST"])
@allow(may_ask_for_it)
def new(instrument_id: int) -> Response:
    """Ask beside what is taken."""
    actor, now = current_actor(), clock.now()
    instrument, teams = find_instrument(instrument_id, actor=actor), own_teams(actor)
    form = Form(
        NewSlotWaitSchema,
        name="slot_wait_new",
        leave_out={"beneficiary_id"} if teams is None else set(),
        required=[] if teams is None else ["beneficiary_id"],
        options={} if teams is None else {"beneficiary_id": teams},
        initial={name: said for name in ("starts_at", "ends_at") if (said := request.args.get(name))},
    )

    def effect(given: dict[str, Any]) -> Done:
        made = service.wait_for_slot(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
        return Done(link_to_wait(made), "page.slot_wait_new.done")

    return form_page(
        form,
        effect=effect,
        back=link_to("instrument", instrument.id),
        template="instruments/slot_wait_new.html",
        instrument=instrument,
        taken=taken(instrument, now, now + LISTED, actor=actor),
        days=LISTED.days,
        week=True,
    )


@slot_wait_pages.get("/slot-waits/<int:wait_id>")
@allow(may_read_waits)
def one(wait_id: int) -> str:
    """How it stands, and where its user books once it is free."""
    actor = current_actor()
    (row,) = _rows([see_wait(wait_id, actor=actor)])
    is_own = may_ask_for_it(actor)
    withdrawal = {
        "label": t("page.slot_wait_withdrawal.title"),
        "href": url_for("slot_wait_pages.withdraw", wait_id=wait_id),
        "danger": True,
    }
    return render_template(
        "instruments/slot_wait.html",
        wait=row.wait,
        facts=_facts(row),
        next_words=t(f"page.slot_wait.next.{row.wait.state.value}") if is_own else t("page.slot_waits_asked.next"),
        actions=[*_offers(row), withdrawal] if is_own and row.wait.state in OPEN_WAITS else [],
    )


@slot_wait_pages.route("/slot-waits/<int:wait_id>/withdrawal", methods=["GET", "POST"])
@allow(may_ask_for_it)
def withdraw(wait_id: int) -> Response:
    """Wait no more."""
    (row,) = _rows([find_wait(wait_id, actor=current_actor())])
    here = link_to_wait(row.wait)

    def effect(_given: dict[str, Any]) -> Done:
        service.stop_waiting(wait_id=wait_id, actor=current_actor(), now=clock.now())
        return Done(here, "page.slot_wait_withdrawal.done")

    return form_page(
        Form(EmptySchema, name="slot_wait_withdrawal", ends=True), effect=effect, back=here, facts=_facts(row)
    )


def _offers(row: Row) -> list[dict[str, Any]]:
    """Where the free slot is booked: a quote for each service of the instrument."""
    if row.wait.state is not SlotWaitState.OFFERED:
        return []
    bounds = (("starts_at", row.wait.during.start), ("ends_at", row.wait.during.end))
    slot = "".join(f"&{name}={_typed(at)}" for name, at in bounds)
    found = ((each, quote_href(each, row.instrument)) for each in offered_services(row.instrument))
    return [{"label": each.title, "href": f"{href}{slot}", "primary": True} for each, href in found if href]


def _typed(at: Any) -> str:
    """An instant as a form takes it: the time of day in Asia/Shanghai."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def _facts(row: Row) -> list[tuple[str, str]]:
    facts = [
        ("column.instrument", row.instrument.name),
        ("column.slot", moment(row.wait.during.start)),
        ("column.slot_ends", moment(row.wait.during.end)),
        ("column.user", row.user),
    ]
    if row.shown.ahead is not None:
        facts.append(("column.ahead", t("slot_wait.ahead", count=row.shown.ahead)))
    if row.wait.book_by is not None:
        facts.append(("column.book_by", moment(row.wait.book_by)))
    return facts

"""Instruments imported free of duty: the list, the record of one, and recording it (S5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import Response, url_for
from sqlalchemy import Select
from werkzeug.datastructures import FileStorage

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, t, term
from core.permissions import authorise
from instruments.models import Instrument
from instruments.permissions import may_manage, may_offer, may_read_deadlines
from instruments.policy import duty_free_supervision_months
from instruments.queries.duty_free import (
    DutyFree,
    DutyFreeRecordMissing,
    duty_free_instruments,
    find_duty_free,
    record_of,
    with_records,
    with_status,
)
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import search_instruments
from instruments.rules.duty_free import DutyFreeStatus
from instruments.schemas.duty_free import DutyFreeFieldsSchema, NewDutyFreeSchema
from instruments.service import duty_free as service

duty_free_pages = Pages(
    "duty_free_pages",
    __name__,
    url_prefix="/instruments",
    navigation=(NavEntry("duty_free", "duty_free_pages.index", "catalogue", may_read_deadlines, order=47),),
    links={"duty_free_imports": ("duty_free_pages.index", "")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """One as the list shows it."""

    found: DutyFree
    provider: str

    @property
    def record(self) -> Any:
        """What is on record of it."""
        return self.found.record


def _rows(found: Sequence[Instrument]) -> list[Row]:
    names = organisation_names({each.provider_id for each in found})
    standing = with_records(found, on=clock.today(clock.now()))
    return [Row(each, names[each.instrument.provider_id]) for each in standing]


def _status(found: Select[Any], typed: str) -> Select[Any]:
    return found.where(with_status(DutyFreeStatus(typed), on=clock.today(clock.now())))


def _record_link(row: Row) -> str | None:
    """The paper; where it is missing, for the owner, where it is handed in."""
    number = row.found.instrument.id
    if row.record is not None:
        return url_for("duty_free_pages.document", instrument_id=number)
    may = may_manage(current_actor(), row.found.instrument)
    return url_for("duty_free_pages.record", instrument_id=number) if may else None


DUTY_FREE = Table(
    name="duty-free-imports",
    key=Instrument.id,
    empty="page.duty_free.empty",
    prepare=_rows,
    filters=[
        Filter("q", search_instruments),
        Filter("duty_free_status", _status, options=lambda: [(each.value, term(each)) for each in DutyFreeStatus]),
    ],
    columns=[
        Column(
            "instrument",
            lambda row: row.found.instrument.name,
            sort=Instrument.name,
            link=lambda row: link_to("instrument", row.found.instrument.id),
        ),
        Column("provider", lambda row: row.provider),
        Column("listing_state", lambda row: row.found.instrument.state, kind="state", sort=Instrument.state),
        Column("duty_free_status", lambda row: row.found.status, kind="term", link=_record_link),
        Column("declaration_number", lambda row: row.record and row.record.declaration_number),
        Column("released_on", lambda row: row.record and row.record.released_on, kind="day"),
        Column("supervised_until", lambda row: row.record and row.record.supervised_until, kind="day"),
        Column("sharing_leave", lambda row: row.record and row.record.leave, kind="term"),
    ],
)


@duty_free_pages.get("/duty-free-imports")
@allow(may_read_deadlines)
def index() -> Any:
    """Those in sight with their records; the same list as a file."""
    found = duty_free_instruments(current_actor(), on=clock.today(clock.now()))
    return table_page(DUTY_FREE, found, title="page.duty_free.title")


@duty_free_pages.get("/<int:instrument_id>/duty-free-import/document")
@allow(may_read_deadlines)
def document(instrument_id: int) -> Response:
    """The paper."""
    found = find_duty_free(instrument_id, actor=current_actor(), on=clock.today(clock.now()))
    if found.record is None:
        raise DutyFreeRecordMissing
    return attachment(found.record.file)


@duty_free_pages.route("/<int:instrument_id>/duty-free-import", methods=["GET", "POST"])
@allow(may_offer)
def record(instrument_id: int) -> Response:
    """The owner hands in what customs has on record."""
    actor = current_actor()
    instrument = find_instrument(instrument_id, actor=actor)
    authorise(actor, may_manage, instrument)
    known = record_of(instrument_id)
    names = DutyFreeFieldsSchema().fields
    form = Form(
        NewDutyFreeSchema,
        name="duty_free_record",
        initial={"declaration_number": instrument.duty_free_record}
        if known is None
        else {name: getattr(known, name) for name in names},
        widgets={"leave": "radio"},
    )
    here = link_to("instrument", instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given.pop("file")
        service.record_duty_free(
            instrument_id=instrument_id,
            **given,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=actor,
            now=clock.now(),
        )
        return Done(here, "page.duty_free_record.done")

    months = duty_free_supervision_months(clock.today(clock.now()))
    facts: list[tuple[str, object]] = [
        ("column.instrument", instrument.name),
        ("fact.supervision", t("page.duty_free_record.months", months=months)),
    ]
    if known is not None:
        facts.append(("column.supervised_until", day(known.supervised_until)))
    return form_page(form, effect=effect, back=here, facts=facts)

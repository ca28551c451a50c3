"""A provider's sensors and the keys they report with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import moment, t
from instruments.models import IngestKey, Instrument, IotSensor
from instruments.permissions import may_keep_sensors
from instruments.queries.listings import choosable_instruments
from instruments.queries.sensors import find_key, find_sensor, last_readings, own_keys, own_sensors, placements_of
from instruments.queries.usage import instruments_named
from instruments.schemas.sensors import NewKeySchema, NewSensorSchema, PlacementSchema, RemovalSchema
from instruments.service import sensors as service
from instruments.service.sensors import IssuedKey

sensors = Pages(
    "sensor_pages",
    __name__,
    url_prefix="/sensors",
    navigation=(NavEntry("sensors", "sensor_pages.index", "catalogue", may_keep_sensors, order=40),),
)
keys = Pages("ingest_key_pages", __name__, url_prefix="/ingest-keys")

MOST_CHOICES = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A sensor as the table shows it."""

    sensor: IotSensor
    instrument: Instrument | None
    since: datetime | None
    last_at: datetime | None


def _rows(found: Sequence[IotSensor]) -> list[Row]:
    numbers = [each.id for each in found]
    placed = {sensor: each[0] for sensor, each in placements_of(numbers).items() if each[0].during.end is None}
    known = instruments_named({each.instrument_id for each in placed.values()})
    told = last_readings(numbers)
    rows = []
    for each in found:
        at = placed.get(each.id)
        rows.append(
            Row(
                each,
                None if at is None else known[at.instrument_id],
                None if at is None else at.during.start,
                told.get(each.id),
            )
        )
    return rows


SENSORS = Table(
    name="sensors",
    key=IotSensor.id,
    empty="page.sensors.empty",
    prepare=_rows,
    columns=[
        Column(
            "serial",
            lambda row: row.sensor.serial,
            sort=IotSensor.serial,
            link=lambda row: url_for("sensor_pages.place", sensor_id=row.sensor.id),
        ),
        Column(
            "instrument",
            lambda row: row.instrument.name if row.instrument else None,
            link=lambda row: link_to("instrument", row.instrument.id) if row.instrument else None,
        ),
        Column("placed_since", lambda row: row.since, kind="moment"),
        Column("running_from_w", lambda row: row.sensor.running_from_w, kind="number"),
        Column("last_reading_at", lambda row: row.last_at, kind="moment"),
    ],
)

KEYS = Table(
    name="ingest-keys",
    key=IngestKey.id,
    empty="page.ingest_keys.empty",
    columns=[
        Column(
            "key_label",
            lambda row: row.label,
            link=lambda row: url_for("ingest_key_pages.replace", key_id=row.id) if row.is_live(clock.now()) else None,
        ),
        Column("key_prefix", lambda row: row.prefix),
        Column("issued_at", lambda row: row.issued_at, kind="moment", sort=IngestKey.issued_at),
        Column("last_used_at", lambda row: row.last_used_at, kind="moment", sort=IngestKey.last_used_at),
        Column("key_ends_at", lambda row: row.ends_at, kind="moment", sort=IngestKey.ends_at),
    ],
)


@sensors.get("")
@allow(may_keep_sensors)
def index() -> Any:
    """Sensors with where they are and when they said something last."""
    actions = [
        {"label": t("page.sensor_new.title"), "href": url_for("sensor_pages.new"), "primary": True},
        {"label": t("page.ingest_keys.title"), "href": url_for("ingest_key_pages.index_of_keys")},
    ]
    return table_page(SENSORS, own_sensors(current_actor()), title="page.sensors.title", actions=actions)


@sensors.route("/new", methods=["GET", "POST"])
@allow(may_keep_sensors)
def new() -> Response:
    """One more."""
    back = url_for("sensor_pages.index")

    def effect(given: dict[str, Any]) -> Done:
        made = service.register_sensor(**given, actor=current_actor(), now=clock.now())
        return Done(url_for("sensor_pages.place", sensor_id=made.id), "page.sensor_new.done")

    return form_page(Form(NewSensorSchema, name="sensor_new"), effect=effect, back=back)


@sensors.route("/<int:sensor_id>/placement", methods=["GET", "POST"])
@allow(may_keep_sensors)
def place(sensor_id: int) -> Response:
    """Where it is from now on, or since when it has been."""
    sensor = find_sensor(sensor_id, actor=current_actor())
    form = Form(PlacementSchema, name="sensor_placement", options={"instrument_id": _instruments()})
    back = url_for("sensor_pages.index")

    def effect(given: dict[str, Any]) -> Done:
        service.place_sensor(sensor_id=sensor_id, **given, actor=current_actor(), now=clock.now())
        return Done(back, "page.sensor_placement.done")

    removal = {
        "label": t("page.sensor_removal.title"),
        "href": url_for("sensor_pages.remove", sensor_id=sensor_id),
        "danger": True,
    }
    return form_page(form, effect=effect, back=back, facts=_facts(sensor), actions=[removal])


@sensors.route("/<int:sensor_id>/removal", methods=["GET", "POST"])
@allow(may_keep_sensors)
def remove(sensor_id: int) -> Response:
    """It is nowhere any more."""
    sensor = find_sensor(sensor_id, actor=current_actor())
    back = url_for("sensor_pages.index")

    def effect(given: dict[str, Any]) -> Done:
        service.remove_sensor(sensor_id=sensor_id, **given, actor=current_actor(), now=clock.now())
        return Done(back, "page.sensor_removal.done")

    form = Form(RemovalSchema, name="sensor_removal", ends=True)
    return form_page(form, effect=effect, back=back, facts=_facts(sensor))


@keys.get("")
@allow(may_keep_sensors)
def index_of_keys() -> Any:
    """Keys, with when they were used last."""
    new_key = {"label": t("page.ingest_key_new.title"), "href": url_for("ingest_key_pages.issue"), "primary": True}
    return table_page(KEYS, own_keys(current_actor()), title="page.ingest_keys.title", actions=[new_key])


@keys.route("/new", methods=["GET", "POST"])
@allow(may_keep_sensors)
def issue() -> Response:
    """A key, answered directly and shown this once: no cookie and no address ever holds it."""
    issued: list[IssuedKey] = []
    back = url_for("ingest_key_pages.index_of_keys")

    def effect(given: dict[str, Any]) -> Done:
        issued.append(service.issue_key(**given, actor=current_actor(), now=clock.now()))
        return Done(back)

    form = Form(NewKeySchema, name="ingest_key_new", options={"instrument_id": [("", "—"), *_instruments()]})
    answer = form_page(form, effect=effect, back=back, keyed=False)
    return _issued(issued[0]) if issued else answer


@keys.route("/<int:key_id>/replacement", methods=["GET", "POST"])
@allow(may_keep_sensors)
def replace(key_id: int) -> Response:
    """Another key for the same."""
    key = find_key(key_id, actor=current_actor())
    issued: list[IssuedKey] = []
    back = url_for("ingest_key_pages.index_of_keys")

    def effect(_given: dict[str, Any]) -> Done:
        issued.append(service.replace_key(key_id=key_id, actor=current_actor(), now=clock.now()))
        return Done(back)

    revocation = {
        "label": t("page.ingest_key_revocation.title"),
        "href": url_for("ingest_key_pages.revoke", key_id=key_id),
        "danger": True,
    }
    answer = form_page(
        Form(EmptySchema, name="ingest_key_replacement"),
        effect=effect,
        back=back,
        keyed=False,
        facts=_key_facts(key),
        actions=[revocation],
    )
    return _issued(issued[0]) if issued else answer


@keys.route("/<int:key_id>/revocation", methods=["GET", "POST"])
@allow(may_keep_sensors)
def revoke(key_id: int) -> Response:
    """It ends at once."""
    key = find_key(key_id, actor=current_actor())
    back = url_for("ingest_key_pages.index_of_keys")

    def effect(_given: dict[str, Any]) -> Done:
        service.revoke_key(key_id=key_id, actor=current_actor(), now=clock.now())
        return Done(back, "page.ingest_key_revocation.done")

    form = Form(EmptySchema, name="ingest_key_revocation", ends=True)
    return form_page(form, effect=effect, back=back, confirms=True, facts=_key_facts(key))


def _issued(issued: IssuedKey) -> Response:
    back = url_for("ingest_key_pages.index_of_keys")
    return make_response(render_template("instruments/ingest_key_issued.html", issued=issued, back=back))


def _instruments() -> list[tuple[str, str]]:
    found = choosable_instruments(current_actor(), limit=MOST_CHOICES)
    return [(str(each.id), each.name) for each in found]


def _facts(sensor: IotSensor) -> list[tuple[str, str]]:
    (row,) = _rows([sensor])
    facts = [("column.serial", sensor.serial)]
    if row.instrument is not None and row.since is not None:
        facts += [("column.instrument", row.instrument.name), ("column.placed_since", moment(row.since))]
    if row.last_at is not None:
        facts.append(("column.last_reading_at", moment(row.last_at)))
    return facts


def _key_facts(key: IngestKey) -> list[tuple[str, str]]:
    return [("column.key_label", key.label), ("column.key_prefix", key.prefix)]

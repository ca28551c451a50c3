"""Parts of the page of an instrument: its facts, how its listing stands, what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.queries.names import organisation_names
from core.audit import history
from core.pages import Event, term
from core.pages.language import day, moment, t, text_or, yes_no, yuan
from instruments.models import Instrument
from instruments.pages.classes import class_said
from instruments.policy import city_names, county_names
from instruments.queries.duty_free import record_of

Facts = list[tuple[str, Any]]


def about(instrument: Instrument, *, on: date) -> Facts:
    """What anybody may know; what is not said is left out."""
    cities, counties = city_names(on), county_names(on)
    place = " ".join(filter(None, (cities.get(instrument.city), counties.get(instrument.county), instrument.address)))
    unit = instrument.reference_price_unit
    price = None if unit is None else t("price.per", price=yuan(instrument.reference_price_fen), unit=term(unit))
    facts = [
        ("field_label.model", instrument.model),
        ("field_label.maker", instrument.maker),
        ("field_label.category", instrument.category),
        ("field_label.category_code", class_said(instrument.category_code)),
        ("column.value", None if instrument.value_fen is None else yuan(instrument.value_fen)),
        ("field_label.funding", term(instrument.funding)),
        ("fact.instrument_kind", term(instrument.kind)),
        ("field_label.external_use", term(instrument.external_use)),
        ("fact.reference_price", price),
        ("fact.place", place),
        ("field_label.acquired_on", instrument.acquired_on and day(instrument.acquired_on)),
        ("field_label.iot_sensor", yes_no(instrument.iot_sensor)),
        ("field_label.external_id", instrument.external_id),
        ("column.number", str(instrument.id)),
    ]
    return [(key, value) for key, value in [*facts, *_supervised(instrument, on=on)] if value]


def _supervised(instrument: Instrument, *, on: date) -> Facts:
    """Until when customs supervises a duty-free import, and to whom or what for that limits its use (S5)."""
    record = record_of(instrument.id) if instrument.duty_free else None
    if record is None or record.supervised_until < on:
        return []
    return [("column.supervised_until", day(record.supervised_until)), ("fact.sharing_limits", record.limits)]


def listing_facts(listing: Mapping[str, Any]) -> Facts:
    """How the listing stands, for its owner and the authorities."""
    facts = [
        ("fact.obligation", term(listing["obligation"])),
        ("field_label.accepted_on", listing["accepted_on"] and day(listing["accepted_on"])),
        ("fact.listing_due_on", listing["due_on"] and day(listing["due_on"])),
        ("fact.changed_on", listing["changed_on"] and day(listing["changed_on"])),
        ("fact.update_due_on", listing["update_due_on"] and day(listing["update_due_on"])),
        ("fact.secrecy_exempted_on", listing["secrecy_exempted_on"] and day(listing["secrecy_exempted_on"])),
        ("fact.submitted_at", listing["submitted_at"] and moment(listing["submitted_at"])),
        ("fact.reviewed_at", listing["reviewed_at"] and moment(listing["reviewed_at"])),
        ("fact.review_opinion", listing["opinion"]),
    ]
    return [(key, value) for key, value in facts if value]


def next_key(instrument: Instrument, *, is_inside: bool) -> str:
    """The text that says what happens next, to the public or to those whom the listing concerns."""
    return f"page.instrument.next.{instrument.state.value}" if is_inside else "page.instrument.next.public"


def listing_events(instrument: Instrument) -> list[Event]:
    """What happened, as the audit trail has it."""
    entries = history("instrument", instrument.id)
    names = organisation_names({each.actor_organisation_id for each in entries if each.actor_organisation_id})
    return [
        Event(
            title=text_or(f"event.instrument.{each.action}", each.action),
            at=each.at,
            who=names.get(each.actor_organisation_id or 0),
            note=each.data.get("note"),
        )
        for each in entries
    ]

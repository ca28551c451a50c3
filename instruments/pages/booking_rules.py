"""Rules of bookings: a provider's for all its instruments, and one instrument's own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page
from core.pages.language import t
from core.permissions import authorise
from instruments.models import Instrument
from instruments.pages.calendars import WEEKDAYS
from instruments.permissions import may_manage, may_offer
from instruments.queries.booking_rules import booking_rules, own_provider_rules
from instruments.queries.instruments import find_instrument
from instruments.rules.booking import BookingRules, hours_and_minutes
from instruments.schemas.booking_rules import BookingRulesSchema
from instruments.service import booking_rules as service

booking_rule_pages = Pages("booking_rule_pages", __name__, url_prefix="/instruments")

LENGTHS = ("min_minutes", "max_minutes", "lead_minutes")
"""What is said in hours and minutes."""


@booking_rule_pages.route("/booking-rules", methods=["GET", "POST"])
@allow(may_offer)
def for_all() -> Response:
    """What one asks of bookings of all one's instruments."""
    here = url_for("own_instrument_pages.index")

    def effect(given: dict[str, Any]) -> Done:
        service.set_provider_rules(rules=BookingRules(**given), actor=current_actor(), now=clock.now())
        return Done(here, "page.provider_rules.done")

    return form_page(_form("provider_rules", own_provider_rules(current_actor())), effect=effect, back=here)


@booking_rule_pages.route("/<int:instrument_id>/booking-rules", methods=["GET", "POST"])
@allow(may_offer)
def for_one(instrument_id: int) -> Response:
    """What one asks of bookings of one instrument, begun from what holds for it."""
    instrument = _own(instrument_id)
    here = _page_of(instrument)

    def effect(given: dict[str, Any]) -> Done:
        service.set_instrument_rules(
            instrument_id=instrument_id, rules=BookingRules(**given), actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.booking_rules.done")

    return form_page(_form("booking_rules", booking_rules(instrument)), effect=effect, back=here)


@booking_rule_pages.route("/<int:instrument_id>/booking-rules/removal", methods=["GET", "POST"])
@allow(may_offer)
def drop(instrument_id: int) -> Response:
    """Have an instrument follow its provider's rules again."""
    here = _page_of(_own(instrument_id))

    def effect(_given: dict[str, Any]) -> Done:
        service.drop_instrument_rules(instrument_id=instrument_id, actor=current_actor(), now=clock.now())
        return Done(here, "page.booking_rules_removal.done")

    return form_page(Form(EmptySchema, name="booking_rules_removal"), effect=effect, back=here)


def said_rules(rules: BookingRules) -> list[str]:
    """What is asked, each in a sentence; nothing is said of what is not."""
    return [_said(name, value) for name, value in asdict(rules).items() if value]


def _said(name: str, value: int) -> str:
    if name in LENGTHS:
        return t(f"rule.{name}", length=hours_and_minutes(value))
    if name == "makeup_weekday":
        return t(f"rule.{name}", day=t(f"weekday.{WEEKDAYS[value - 1]}"))
    return t(f"rule.{name}") if value is True else t(f"rule.{name}", count=value)


def _form(name: str, rules: BookingRules) -> Form:
    days = [(str(number), t(f"weekday.{day}")) for number, day in enumerate(WEEKDAYS, start=1)]
    return Form(BookingRulesSchema, name=name, initial=asdict(rules), options={"makeup_weekday": days})


def _own(instrument_id: int) -> Instrument:
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    return instrument


def _page_of(instrument: Instrument) -> str:
    return url_for("instrument_pages.one", instrument_id=instrument.id)

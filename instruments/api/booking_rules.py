"""What providers ask of bookings, over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, problems
from instruments.permissions import may_offer, may_search
from instruments.queries.booking_rules import own_provider_rules, shown_rules
from instruments.queries.instruments import InstrumentMissing, find_instrument
from instruments.rules.booking import BookingRules
from instruments.schemas.booking_rules import BookingRulesSchema, InstrumentRulesSchema
from instruments.service import booking_rules as service
from instruments.service.booking_rules import RulesRefused

booking_rules = Blueprint(
    "booking_rules", __name__, url_prefix="", description="What providers ask of bookings of their instruments."
)


@booking_rules.route("/booking-rules", methods=["GET"])
@allow(may_offer)
@booking_rules.response(200, BookingRulesSchema)
def of_provider() -> BookingRules:
    """One's own rules of bookings

    They hold for all of one's instruments that have no rules of their own.
    """
    return own_provider_rules(current_actor())


@booking_rules.route("/booking-rules", methods=["PUT"])
@allow(may_offer)
@problems(RulesRefused)
@booking_rules.arguments(BookingRulesSchema)
@booking_rules.response(200, BookingRulesSchema)
def set_for_provider(given: dict[str, Any]) -> BookingRules:
    """Set one's own rules of bookings

    All of them at once, for instruments without rules of their own. Bookings made before stand.
    """
    return service.set_provider_rules(rules=BookingRules(**given), actor=current_actor(), now=clock.now())


@booking_rules.route("/instruments/<int:instrument_id>/booking-rules", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing)
@booking_rules.response(200, InstrumentRulesSchema)
def of_instrument(instrument_id: int) -> dict[str, Any]:
    """The rules of bookings of an instrument

    Its own, or those of its provider. What holds for all bookings is in the policy.
    """
    return shown_rules(find_instrument(instrument_id, actor=current_actor()))


@booking_rules.route("/instruments/<int:instrument_id>/booking-rules", methods=["PUT"])
@allow(may_offer)
@problems(InstrumentMissing, RulesRefused)
@booking_rules.arguments(BookingRulesSchema)
@booking_rules.response(200, InstrumentRulesSchema)
def set_for_instrument(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Give an instrument rules of its own

    All of them at once; its provider's hold for it no longer. Bookings made before stand.
    """
    rules = service.set_instrument_rules(
        instrument_id=instrument_id, rules=BookingRules(**given), actor=current_actor(), now=clock.now()
    )
    return {"is_own": True, "rules": rules}


@booking_rules.route("/instruments/<int:instrument_id>/booking-rules", methods=["DELETE"])
@allow(may_offer)
@problems(InstrumentMissing)
@booking_rules.response(204)
def drop(instrument_id: int) -> None:
    """Take an instrument's own rules back

    It follows its provider's again.
    """
    service.drop_instrument_rules(instrument_id=instrument_id, actor=current_actor(), now=clock.now())

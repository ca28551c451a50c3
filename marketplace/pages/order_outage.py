"""What the page of an order says where the instrument it booked is out of service (ADR 0240)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from core.db import session
from core.pages.language import day, moment, t
from core.pages.links import place
from instruments.models import Instrument
from instruments.queries.interruptions import open_interruption
from marketplace.models import Order
from marketplace.states import ORDER, OrderAction


@dataclass(frozen=True, slots=True)
class Outage:
    """In words; ``similar`` leads to instruments of its class, for the user."""

    title: str
    lead: str
    facts: list[tuple[str, object]]
    similar: str | None


def outage_of(order: Order, *, uses: bool) -> Outage | None:
    """Why, until about when, and what the user may do; None where it is in service or the order is over."""
    instrument_id = order.quote.instrument_id
    if instrument_id is None or not order.has_booking or OrderAction.CANCEL not in ORDER.actions(order.state):
        return None
    found = open_interruption(instrument_id)
    if found is None:
        return None
    back = found.expected_back_on
    facts: list[tuple[str, object]] = [
        ("fact.out_of_service_since", moment(found.began_at)),
        ("fact.out_of_service_why", found.note),
        ("fact.expected_back_on", None if back is None else day(back)),
    ]
    return Outage(
        title=t(f"page.order.outage.{found.kind.value}"),
        lead=t(f"page.order.outage_lead.{'uses' if uses else 'provides'}"),
        facts=[(label, value) for label, value in facts if value],
        similar=_similar(instrument_id) if uses else None,
    )


def _similar(instrument_id: int) -> str:
    """The catalogue cut to the class of an instrument."""
    instrument = session().get_one(Instrument, instrument_id)
    asked = {"category": instrument.category_code or instrument.category}
    return f"{place('instruments')}?{urlencode({name: value for name, value in asked.items() if value})}"

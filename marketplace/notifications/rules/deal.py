"""Orders and listings."""

from __future__ import annotations

from typing import Any

from core.audit import AuditEntry
from core.db import require_transaction
from instruments.models import Instrument
from marketplace.models import Order
from marketplace.notifications.recipients import bureau_of, of
from marketplace.notifications.rules.told import Subject, news, task
from marketplace.queries.completion import completion_due
from marketplace.queries.orders import orders_ahead

USER = of("beneficiary_id")
PROVIDER = of("provider_id")
PARTIES = of("beneficiary_id", "provider_id")


def _unanswered(entry: AuditEntry) -> list[Order]:
    """Nobody is asked about an order that a standing consent accepted."""
    order = require_transaction().get_one(Order, entry.subject_id)
    return [order] if order.consent_id is None else []


ORDER = Subject(
    Order,
    "order",
    {
        "place": (task("order.answer", PROVIDER, due=lambda order: order.respond_by, records=_unanswered),),
        "accept": (task("order.sign", PARTIES),),
        "decline": (news("order.declined", USER),),
        "lapse": (news("order.lapsed", PARTIES),),
        "cancel": (news("order.cancelled", PARTIES),),
        "contract": (task("order.serve", PROVIDER),),
        "start": (task("order.deliver", PROVIDER, due=lambda order: order.expected_completion),),
        "deliver": (task("order.complete", PARTIES, due=completion_due),),
        "complete": (),
        "reschedule": (news("order.rescheduled", PARTIES),),
        "waive": (news("order.fee_waived", USER),),
    },
    beside=frozenset({"reschedule"}),
)


def _met(entry: AuditEntry) -> list[Order]:
    """The orders whose bookings an instrument meets that goes out of service; entries from before tell nobody."""
    return orders_ahead(entry.subject_id, at=entry.at) if "why" in entry.data else []


def _back(entry: AuditEntry) -> list[Order]:
    return orders_ahead(entry.subject_id, at=entry.at) if "back" in entry.data else []


_ITS_ORDER: dict[str, Any] = {"link": "order", "link_id": lambda order: order.id}

LISTING = Subject(
    Instrument,
    "instrument",
    {
        "submit": (task("listing.review", bureau_of("provider_id")),),
        "publish": (news("listing.published", PROVIDER),),
        "return": (task("listing.returned", PROVIDER),),
        "suspend": (
            news("listing.suspended", PROVIDER),
            news("order.instrument_suspended", USER, records=_met, says=("why", "back_on"), **_ITS_ORDER),
        ),
        "resume": (
            news("listing.resumed", PROVIDER),
            news("order.instrument_back", USER, records=_back, **_ITS_ORDER),
        ),
        "retire": (news("order.instrument_retired", USER, records=_met, says=("why",), **_ITS_ORDER),),
    },
)

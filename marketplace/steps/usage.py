"""What instruments were used beside the frozen record of a service: what comes late amends it by event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.permissions import SYSTEM, Actor
from core.texts import text
from instruments.queries import logged_hours, measured_hours
from vouchers import steps as vouchers


def amend_by_use(payload: Mapping[str, Any], now: datetime) -> None:
    """Handler of the events that the log of an order changed, or what sensors tell of its time. What both say when it
    is handled counts."""
    amend_record(int(payload["order_id"]), actor=SYSTEM, now=now)


def amend_record(order_id: int, *, actor: Actor, now: datetime) -> None:
    """Put the hours an order used beside the record of its claim, if it has one: those that sensors measured where they
    tell of all its time, else those of the log."""
    measured = measured_hours(order_id)
    hours = logged_hours(order_id) if measured is None else measured
    if hours is not None:
        source = text("usage.source.log" if measured is None else "usage.source.sensors").zh
        vouchers.amend_record(order_id=order_id, logged_hours=hours, source=source, actor=actor, now=now)

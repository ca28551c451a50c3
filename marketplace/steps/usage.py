"""The log of use beside the frozen record of a service: what is logged late amends it by event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.permissions import SYSTEM, Actor
from core.texts import text
from instruments.queries import logged_hours
from vouchers import steps as vouchers


def amend_by_log(payload: Mapping[str, Any], now: datetime) -> None:
    """Handler of the event that the log of an order changed. What the log says when it is handled counts."""
    amend_record(int(payload["order_id"]), actor=SYSTEM, now=now)


def amend_record(order_id: int, *, actor: Actor, now: datetime) -> None:
    """Put the hours of the log beside the record of an order's claim, if it has both."""
    hours = logged_hours(order_id)
    if hours is not None:
        source = text("usage.source.log").zh
        vouchers.amend_record(order_id=order_id, logged_hours=hours, source=source, actor=actor, now=now)

"""The term within which a provider answers an order (V12 hold)."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.errors import Conflict, reason
from marketplace.models import Order


class AnswerTooLate(Conflict):
    """The provider's term for an answer is over; the order lapses."""

    code = "answer_too_late"


def require_in_time(order: Order, *, now: datetime) -> None:
    """Refuse an answer after the order's last day for it, whether or not the worker has run since."""
    if clock.today(now) > order.respond_by:
        raise AnswerTooLate(reasons=[reason("answer_term_over", article="V12 hold", last_day=order.respond_by)])

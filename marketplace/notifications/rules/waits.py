"""Slots that became free for those who wait for them."""

from __future__ import annotations

from datetime import date

from core.clock import today
from instruments.models import SlotWait
from marketplace.notifications.recipients import of
from marketplace.notifications.rules.told import Subject, news, task

_USER = of("organisation_id")


def _book_by(wait: SlotWait) -> date | None:
    """The day on which the turn ends; None where it has meanwhile."""
    return None if wait.book_by is None else today(wait.book_by)


SLOT_WAIT = Subject(
    SlotWait,
    "slot_wait",
    {
        "offer_slot": (task("slot_wait.free", _USER, due=_book_by),),
        "lose_slot": (news("slot_wait.lost", _USER),),
        "pass_by": (news("slot_wait.passed", _USER),),
        "book_slot": (),
        "withdraw": (),
        "expire": (),
    },
)

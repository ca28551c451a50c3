"""Terms of listings: reminders, and changes that listings have to tell (S13, S14)."""

from __future__ import annotations

from datetime import date

from core.workdays import load_calendar
from instruments.models import ReportedChange, TermReminder
from instruments.policy import listing_policy
from instruments.rules.listing import due_on
from marketplace.notifications.recipients import bureau_of, of
from marketplace.notifications.rules.told import Subject, news, task

PROVIDER = of("provider_id")


def _due(change: ReportedChange) -> date:
    terms = listing_policy(change.changed_on)
    return due_on(change.changed_on, working_days=terms.update_due_working_days, calendar=load_calendar())


_COUNTS = ("listings", "updates", "day")

TERM_REMINDER = Subject(
    TermReminder,
    "listing_deadlines",
    {
        "remind": (news("term.coming", PROVIDER, says=_COUNTS),),
        "fall_due": (
            news("term.overdue", PROVIDER, says=_COUNTS),
            news("term.missed", bureau_of("provider_id"), says=(*_COUNTS, "provider")),
        ),
    },
)
_ABOUT = {"link_id": lambda change: change.instrument_id}
REPORTED_CHANGE = Subject(
    ReportedChange,
    "instrument",
    {
        "report": (task("listing_change.follow", PROVIDER, due=_due, **_ABOUT),),
        "follow": (news("listing_change.followed", of("reporter_id"), **_ABOUT),),
        "withdraw": (news("listing_change.withdrawn", PROVIDER, **_ABOUT),),
    },
)

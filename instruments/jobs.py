"""The worker's part: waiting imports, when instruments ran, announced prices whose day has come, what newly answers
kept searches, slots that became free, terms of listings and exemptions that end, instruments without a reading, and
the search index."""

from __future__ import annotations

from datetime import datetime

from core.worker import Follower, Job
from instruments.service.alarms import close_alarms, keep_alarms
from instruments.service.imports import run_waiting_imports
from instruments.service.index_keeping import keep_index
from instruments.service.prices import begin_announced
from instruments.service.readings import derive_due
from instruments.service.saved_searches import look_for_news
from instruments.service.secrecy import keep_exemptions
from instruments.service.slot_waits import tell_waiting
from instruments.service.term_reminders import remind_of_terms


def waiting_imports(now: datetime, period: datetime) -> None:
    """Take in what is queued and go on with what a crash interrupted."""
    run_waiting_imports(now=now)


def _derive_running(now: datetime, period: datetime) -> None:
    derive_due(now=now)


def _look_for_news(now: datetime, period: datetime) -> None:
    look_for_news(now=now)


def _tell_waiting(now: datetime, period: datetime) -> None:
    tell_waiting(now=now)


def _remind_of_terms(now: datetime, period: datetime) -> None:
    remind_of_terms(now=now)


def _keep_exemptions(now: datetime, period: datetime) -> None:
    keep_exemptions(now=now)


def _keep_alarms(now: datetime, period: datetime) -> None:
    keep_alarms(now=now)


def _close_alarms(now: datetime, period: datetime) -> None:
    close_alarms(now=now)


def announced_prices(now: datetime, period: datetime) -> None:
    """Show what services cost from today on; quotes have taken it since midnight."""
    begin_announced(now=now)


JOBS = [
    Job("instruments.derive_running", "* * * * *", _derive_running),
    Job("instrument_imports", "* * * * *", waiting_imports),
    Job("instruments.look_for_news", "30 6 * * *", _look_for_news),
    Job("instruments.tell_waiting", "* * * * *", _tell_waiting),
    Job("instruments.remind_of_terms", "40 6 * * *", _remind_of_terms),
    Job("instruments.keep_exemptions", "4 0 * * *", _keep_exemptions),
    Job("instruments.keep_alarms", "20 6 * * *", _keep_alarms),
    Job("instruments.close_alarms", "*/10 * * * *", _close_alarms),
    Job("announced_prices", "1 0 * * *", announced_prices),
]
FOLLOWERS: list[Follower] = [keep_index]

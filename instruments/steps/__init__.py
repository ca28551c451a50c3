"""Parts of use cases that need an open transaction. What upper packages use is listed here."""

from instruments.steps.attendance import (
    AttendedAlready,
    NotCheckedIn,
    NothingBooked,
    UsersDoNotCheckIn,
    check_in,
    check_out,
)
from instruments.steps.booking import InstrumentNotPublished, SlotRefused, book, keep_calendar, rebook, release
from instruments.steps.running import RUN_DERIVED
from instruments.steps.usage import USE_LOGGED, Used, UseRefused, log_use

__all__ = [
    "RUN_DERIVED",
    "USE_LOGGED",
    "AttendedAlready",
    "InstrumentNotPublished",
    "NotCheckedIn",
    "NothingBooked",
    "SlotRefused",
    "UseRefused",
    "Used",
    "UsersDoNotCheckIn",
    "book",
    "check_in",
    "check_out",
    "keep_calendar",
    "log_use",
    "rebook",
    "release",
]

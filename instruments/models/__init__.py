"""Columns and constraints of the package's tables."""

from instruments.models.calendars import BookingRule, Occupancy, OpeningHours, OpeningSeason, SeasonHours
from instruments.models.imports import ImportJob, ImportRowError
from instruments.models.instruments import Instrument
from instruments.models.prices import PRICE_TERMS, ServicePrice
from instruments.models.saved_searches import SavedSearch, SavedSearchLook
from instruments.models.services import Service, ServiceInstrument
from instruments.models.usage import Attendance, AttendanceRule, InstrumentUse

__all__ = [
    "PRICE_TERMS",
    "Attendance",
    "AttendanceRule",
    "BookingRule",
    "ImportJob",
    "ImportRowError",
    "Instrument",
    "InstrumentUse",
    "Occupancy",
    "OpeningHours",
    "OpeningSeason",
    "SavedSearch",
    "SavedSearchLook",
    "SeasonHours",
    "Service",
    "ServiceInstrument",
    "ServicePrice",
]

"""Columns and constraints of the package's tables."""

from instruments.models.calendars import Occupancy, OpeningHours
from instruments.models.imports import ImportJob, ImportRowError
from instruments.models.instruments import Instrument
from instruments.models.saved_searches import SavedSearch, SavedSearchLook
from instruments.models.services import Service, ServiceInstrument

__all__ = [
    "ImportJob",
    "ImportRowError",
    "Instrument",
    "Occupancy",
    "OpeningHours",
    "SavedSearch",
    "SavedSearchLook",
    "Service",
    "ServiceInstrument",
]

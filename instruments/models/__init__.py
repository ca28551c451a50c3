"""Columns and constraints of the package's tables."""

from instruments.models.calendars import Occupancy, OpeningHours
from instruments.models.imports import ImportContent, ImportJob, ImportRowError
from instruments.models.instruments import Instrument
from instruments.models.services import Service, ServiceInstrument

__all__ = [
    "ImportContent",
    "ImportJob",
    "ImportRowError",
    "Instrument",
    "Occupancy",
    "OpeningHours",
    "Service",
    "ServiceInstrument",
]

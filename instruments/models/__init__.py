"""Columns and constraints of the package's tables."""

from instruments.models.alarms import AlarmReminder, SensorAlarm
from instruments.models.calendar_addresses import CalendarAddress
from instruments.models.calendars import BookingRule, Occupancy, OpeningHours, OpeningSeason, SeasonHours
from instruments.models.classes import InstrumentClass
from instruments.models.consents import ServiceConsent
from instruments.models.duty_free import DutyFreeImport
from instruments.models.extras import ExtraPrice, ServiceExtra
from instruments.models.imports import ImportJob, ImportRowError
from instruments.models.instruments import Instrument
from instruments.models.interruptions import ListingInterruption
from instruments.models.photos import InstrumentPhoto
from instruments.models.prices import PRICE_TERMS, ServicePrice
from instruments.models.purchases import DuplicatePurchaseReview, PurchaseSearch
from instruments.models.qualifications import Qualification, QualificationInstrument
from instruments.models.saved_searches import SavedSearch, SavedSearchLook
from instruments.models.secrecy import SecrecyExemption
from instruments.models.sensors import (
    IngestKey,
    IotSensor,
    RunningStretch,
    SensorBatch,
    SensorDayDue,
    SensorPlacement,
    SensorReading,
)
from instruments.models.services import Service, ServiceInstrument
from instruments.models.slot_waits import SlotWait
from instruments.models.terms import ReportedChange, TermReminder, TermReminderLine
from instruments.models.usage import Attendance, AttendanceRule, InstrumentUse

__all__ = [
    "PRICE_TERMS",
    "AlarmReminder",
    "Attendance",
    "AttendanceRule",
    "BookingRule",
    "CalendarAddress",
    "DuplicatePurchaseReview",
    "DutyFreeImport",
    "ExtraPrice",
    "ImportJob",
    "ImportRowError",
    "IngestKey",
    "Instrument",
    "InstrumentClass",
    "InstrumentPhoto",
    "InstrumentUse",
    "IotSensor",
    "ListingInterruption",
    "Occupancy",
    "OpeningHours",
    "OpeningSeason",
    "PurchaseSearch",
    "Qualification",
    "QualificationInstrument",
    "ReportedChange",
    "RunningStretch",
    "SavedSearch",
    "SavedSearchLook",
    "SeasonHours",
    "SecrecyExemption",
    "SensorAlarm",
    "SensorBatch",
    "SensorDayDue",
    "SensorPlacement",
    "SensorReading",
    "Service",
    "ServiceConsent",
    "ServiceExtra",
    "ServiceInstrument",
    "ServicePrice",
    "SlotWait",
    "TermReminder",
    "TermReminderLine",
]

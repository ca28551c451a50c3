"""The catalogue's part of the HTTP API."""

from instruments.api.alarms import sensor_alarms
from instruments.api.booking_rules import booking_rules
from instruments.api.calendar_addresses import calendar_addresses, calendar_feeds
from instruments.api.comparing import comparisons
from instruments.api.consents import consents
from instruments.api.duty_free import duty_free
from instruments.api.extras import service_extras
from instruments.api.imports import instrument_imports
from instruments.api.instruments import instruments
from instruments.api.national_lists import national_lists
from instruments.api.photos import photos
from instruments.api.purchases import purchases
from instruments.api.qualifications import qualifications
from instruments.api.saved_searches import saved_searches
from instruments.api.seasons import opening_seasons
from instruments.api.secrecy import secrecy_exemptions
from instruments.api.sensors import keys, readings, running, sensors
from instruments.api.services import services
from instruments.api.slot_waits import slot_waits
from instruments.api.syncing import instrument_sync
from instruments.api.terms import reported_changes, terms
from instruments.api.usage import bookings, uses
from instruments.api.utilisation import utilised

BLUEPRINTS = [
    instruments,
    terms,
    secrecy_exemptions,
    purchases,
    duty_free,
    reported_changes,
    national_lists,
    photos,
    instrument_sync,
    services,
    consents,
    service_extras,
    instrument_imports,
    saved_searches,
    uses,
    bookings,
    booking_rules,
    opening_seasons,
    calendar_addresses,
    calendar_feeds,
    slot_waits,
    qualifications,
    sensors,
    keys,
    readings,
    running,
    comparisons,
    sensor_alarms,
    utilised,
]

__all__ = ["BLUEPRINTS"]

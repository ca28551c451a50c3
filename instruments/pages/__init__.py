"""Pages of instruments, with their menu entries."""

from core.pages import Pages
from instruments.pages.alarms import sensor_alarm_pages
from instruments.pages.booking_rules import booking_rule_pages
from instruments.pages.calendar_addresses import calendar_address_pages
from instruments.pages.catalogue import catalogue
from instruments.pages.closures import closures
from instruments.pages.comparing import comparison
from instruments.pages.consents import consent_pages
from instruments.pages.duty_free import duty_free_pages
from instruments.pages.extras import extra_pages
from instruments.pages.hours import hours
from instruments.pages.imports import imports
from instruments.pages.instruments import instruments
from instruments.pages.listing import listing
from instruments.pages.national_lists import national_list_pages
from instruments.pages.own_instruments import own
from instruments.pages.own_services import own_service_pages
from instruments.pages.photos import photos
from instruments.pages.prices import price_pages
from instruments.pages.purchases import purchase_pages
from instruments.pages.qualifications import qualification_pages
from instruments.pages.reviews import reviews
from instruments.pages.saved_searches import saved
from instruments.pages.seasons import season_pages
from instruments.pages.secrecy import exemption_pages
from instruments.pages.sensors import keys, sensors
from instruments.pages.services import services
from instruments.pages.slot_waits import slot_wait_pages
from instruments.pages.terms import terms
from instruments.pages.usage import bookings, usage
from instruments.pages.utilisation import utilised

PAGES: list[Pages] = [
    catalogue,
    instruments,
    own,
    listing,
    hours,
    booking_rule_pages,
    season_pages,
    calendar_address_pages,
    slot_wait_pages,
    qualification_pages,
    closures,
    services,
    own_service_pages,
    price_pages,
    consent_pages,
    extra_pages,
    national_list_pages,
    photos,
    imports,
    reviews,
    terms,
    exemption_pages,
    sensor_alarm_pages,
    purchase_pages,
    duty_free_pages,
    saved,
    usage,
    bookings,
    comparison,
    sensors,
    keys,
    utilised,
]

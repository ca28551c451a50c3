"""Always-true statements about the catalogue and its calendars."""

from __future__ import annotations

from core.invariants import Invariant, replay
from instruments.queries.usage_invariants import INVARIANTS as USAGE
from instruments.states import IMPORT, LISTING, SERVICE

INVARIANTS = [
    Invariant(
        5,
        "live bookings, closures and maintenance windows of one instrument do not overlap",
        """
        SELECT a.instrument_id, a.id AS occupancy, b.id AS other, a.during, b.during AS other_during
          FROM occupancy a JOIN occupancy b
            ON b.instrument_id = a.instrument_id AND b.id > a.id AND b.during && a.during
         WHERE a.live AND b.live
        """,
    ),
    Invariant(
        5,
        "a slot lies within the time its booking takes up, and a slot apart from it is of a booking",
        """
        SELECT id AS occupancy, instrument_id, during, booked FROM occupancy
         WHERE booked IS NOT NULL AND (kind <> 'booking' OR isempty(booked) OR NOT booked <@ during)
        """,
    ),
    Invariant(
        9,
        "an instrument's own rules of bookings are its provider's",
        """
        SELECT r.id AS booking_rule, r.instrument_id FROM booking_rule r JOIN instrument i ON i.id = r.instrument_id
         WHERE r.provider_id <> i.provider_id
        """,
    ),
    Invariant(
        9,
        "a public instrument was reviewed by somebody else than who submitted it",
        """
        SELECT id AS instrument, state, submitted_by, reviewed_by FROM instrument
         WHERE state IN ('published', 'suspended', 'retired')
           AND (reviewed_by IS NULL OR submitted_by IS NULL OR reviewed_by = submitted_by)
        """,
    ),
    Invariant(
        9,
        "a published service says everything V14 asks for",
        """
        SELECT id AS service, external_id FROM service
         WHERE state = 'published'
           AND (content = '' OR process = '' OR equipment = '' OR phone = ''
                OR price_fen IS NULL OR price_unit IS NULL OR turnaround_days IS NULL)
        """,
    ),
    Invariant(
        9,
        "no duty-free instrument is public without its record (S5)",
        "SELECT id AS instrument FROM instrument WHERE state = 'published' AND duty_free AND duty_free_record = ''",
    ),
    Invariant(
        9,
        "a service rests on instruments of its own provider",
        """
        SELECT s.id AS service, i.id AS instrument FROM service s
          JOIN service_instrument t ON t.service_id = s.id JOIN instrument i ON i.id = t.instrument_id
         WHERE i.provider_id <> s.provider_id
        """,
    ),
    *USAGE,
    replay("instrument", LISTING),
    replay("service", SERVICE),
    replay("import_job", IMPORT),
]

"""Always-true statements about the catalogue and its calendars."""

from __future__ import annotations

from core.invariants import Invariant, replay
from instruments.queries.usage_invariants import INVARIANTS as USAGE
from instruments.states import (
    EXEMPTION,
    IMPORT,
    LISTING,
    PURCHASE_REVIEW,
    QUALIFICATION,
    REPORTED_CHANGE,
    SENSOR_ALARM,
    SERVICE,
    SLOT_WAIT,
)

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
                OR turnaround_days IS NULL
                OR num_nulls(price_fen, price_unit) <> CASE WHEN by_negotiation THEN 2 ELSE 0 END)
        """,
    ),
    Invariant(
        9,
        "a published service shows a version of its price that was in force",
        """
        SELECT s.id AS service, s.priced_on, p.id AS service_price FROM service s
          LEFT JOIN LATERAL (SELECT * FROM service_price p
                              WHERE p.service_id = s.id AND p.withdrawn_at IS NULL AND p.valid_from <= s.priced_on
                              ORDER BY p.valid_from DESC, p.id DESC LIMIT 1) p ON true
         WHERE s.state = 'published'
           AND (p.id IS NULL
                OR (s.price_fen, s.price_unit, s.by_negotiation, s.own_price_fen, s.outside_price_fen,
                    s.minimum_charge_fen, s.billing_step_minutes, s.turnaround_days, s.cost_fen, s.cost_basis,
                    s.free_cancellation_hours, s.late_cancellation_percent, s.no_show_percent)
                   IS DISTINCT FROM
                   (p.price_fen, p.price_unit, p.by_negotiation, p.own_price_fen, p.outside_price_fen,
                    p.minimum_charge_fen, p.billing_step_minutes, p.turnaround_days, p.cost_fen, p.cost_basis,
                    p.free_cancellation_hours, p.late_cancellation_percent, p.no_show_percent))
        """,
    ),
    Invariant(
        9,
        "prices begin on or after the day they were published, and none is withdrawn once it has begun",
        """
        SELECT id AS service_price, valid_from, set_at, withdrawn_at FROM service_price
         WHERE valid_from < (set_at AT TIME ZONE 'Asia/Shanghai')::date
            OR valid_from <= (withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date
        """,
    ),
    Invariant(
        9,
        "prices of extras begin on or after the day they were published, and none is withdrawn once it has begun",
        """
        SELECT id AS extra_price, valid_from, set_at, withdrawn_at FROM extra_price
         WHERE valid_from < (set_at AT TIME ZONE 'Asia/Shanghai')::date
            OR valid_from <= (withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date
        """,
    ),
    Invariant(
        9,
        "a service shows its standing consent in force, and nothing else",
        """
        SELECT s.id AS service, s.consent_id, c.id AS in_force FROM service s
          LEFT JOIN service_consent c ON c.service_id = s.id AND c.revoked_at IS NULL
         WHERE s.consent_id IS DISTINCT FROM c.id
        """,
    ),
    Invariant(
        9,
        "no duty-free instrument is public without its record (S5)",
        "SELECT id AS instrument FROM instrument WHERE state = 'published' AND duty_free AND duty_free_record = ''",
    ),
    Invariant(
        14,
        "a photo is a picture that its instrument's owner handed in",
        """
        SELECT p.id AS instrument_photo, f.media_type, f.owner_id FROM instrument_photo p
          JOIN stored_file f ON f.id = p.file_id JOIN instrument i ON i.id = p.instrument_id
         WHERE f.media_type NOT IN ('image/jpeg', 'image/png') OR f.owner_id IS DISTINCT FROM i.provider_id
        """,
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
    Invariant(
        12,
        "every secret address of a calendar has the entries of its issue and its end",
        """
        SELECT c.id AS calendar_address FROM calendar_address c
         WHERE EXISTS (
           SELECT FROM (VALUES ('issue', c.issued_at), ('revoke', c.ended_at)) AS said (action, at)
            WHERE said.at IS NOT NULL AND NOT EXISTS (
              SELECT FROM audit_entry a
               WHERE a.subject_kind = 'calendar_address' AND a.subject_id = c.id
                 AND a.action = said.action AND a.at = said.at))
        """,
    ),
    Invariant(
        9,
        "of those who wait for one time at most one is told to book it, and none waits for it twice",
        """
        SELECT a.id AS slot_wait, b.id AS other FROM slot_wait a
          JOIN slot_wait b ON b.instrument_id = a.instrument_id AND b.id > a.id AND b.during && a.during
         WHERE (a.state = 'offered' AND b.state = 'offered')
            OR (a.organisation_id = b.organisation_id
                AND a.state IN ('waiting', 'offered') AND b.state IN ('waiting', 'offered'))
        """,
    ),
    Invariant(
        9,
        "a reminder of terms counts the terms it tells of",
        """
        SELECT r.id AS term_reminder, r.listings, r.updates FROM term_reminder r
          LEFT JOIN term_reminder_line l ON l.reminder_id = r.id
         GROUP BY r.id
        HAVING (r.listings, r.updates, r.first_due_on) IS DISTINCT FROM
               (count(*) FILTER (WHERE l.term = 'listing'), count(*) FILTER (WHERE l.term = 'update'), min(l.due_on))
            OR bool_or(l.step <> r.step)
        """,
    ),
    Invariant(
        9,
        "an instrument is exempt for secrecy while an exemption is in force, with its filing (S23)",
        """
        SELECT i.id AS instrument, e.id AS secrecy_exemption FROM instrument i
          LEFT JOIN secrecy_exemption e ON e.instrument_id = i.id AND e.state = 'in_force'
         WHERE (i.secrecy_exempted_on, i.secrecy_reference)
               IS DISTINCT FROM (e.filed_on, coalesce(e.reference, ''))
            OR (e.id IS NOT NULL AND i.state = 'published')
        """,
    ),
    Invariant(
        10,
        "an exemption for secrecy was endorsed and filed by two persons, neither of its owner (S23)",
        """
        SELECT e.id AS secrecy_exemption, e.reviewed_by, e.decided_by FROM secrecy_exemption e
          JOIN instrument i ON i.id = e.instrument_id
          JOIN user_account u ON u.id IN (e.reviewed_by, e.decided_by)
         WHERE e.reviewed_by = e.decided_by OR u.organisation_id = i.provider_id
        """,
    ),
    Invariant(
        9,
        "a qualification is about instruments of the provider that decides about it, and was decided by that provider",
        """
        SELECT q.id AS qualification, q.provider_id, q.decided_by, i.id AS instrument FROM qualification q
          LEFT JOIN qualification_instrument t ON t.qualification_id = q.id
          LEFT JOIN instrument i ON i.id = t.instrument_id
          LEFT JOIN user_account d ON d.id = q.decided_by
          LEFT JOIN user_account r ON r.id = q.revoked_by
         WHERE i.provider_id IS DISTINCT FROM q.provider_id OR q.organisation_id = q.provider_id
            OR d.organisation_id <> q.provider_id OR r.organisation_id <> q.provider_id
        """,
    ),
    Invariant(
        9,
        "a purchase has the search of each of its rounds, and shares what that search found (S27)",
        """
        SELECT r.id AS duplicate_purchase_review, r.round, count(s.id) AS searches
          FROM duplicate_purchase_review r LEFT JOIN purchase_search s ON s.review_id = r.id
         GROUP BY r.id
        HAVING count(s.id) <> r.round OR max(s.round) <> r.round
            OR NOT (to_jsonb(r.share_ids) <@ coalesce((array_agg(
                   jsonb_path_query_array(s.comparables, '$[*].id') ORDER BY s.round DESC))[1], '[]'))
        """,
    ),
    Invariant(
        10,
        "a purchase is decided by nobody of its buyer (S27)",
        """
        SELECT r.id AS duplicate_purchase_review, r.decided_by FROM duplicate_purchase_review r
          JOIN user_account u ON u.id = r.decided_by
         WHERE u.organisation_id = r.organisation_id OR r.decided_by = r.asked_by
        """,
    ),
    Invariant(
        9,
        "what was taken out of the catalogue says since when and why, and nothing in it does (V14)",
        """
        SELECT i.id AS instrument, i.state, n.id AS listing_interruption, n.kind FROM instrument i
          LEFT JOIN listing_interruption n ON n.instrument_id = i.id AND n.ended_at IS NULL
         WHERE CASE WHEN i.state IN ('suspended', 'retired') THEN i.state ELSE '' END <> coalesce(n.kind, '')
        """,
    ),
    Invariant(
        9,
        "no instrument that customs bars from sharing was published while it was supervised (S5)",
        """
        SELECT i.id AS instrument, i.published_at, d.supervised_until FROM instrument i
          JOIN duty_free_import d ON d.instrument_id = i.id
         WHERE i.state = 'published' AND d.leave = 'barred'
           AND (i.published_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN d.released_on AND d.supervised_until
           AND d.recorded_at <= i.published_at
        """,
    ),
    *USAGE,
    replay("instrument", LISTING),
    replay("qualification", QUALIFICATION),
    replay("reported_change", REPORTED_CHANGE),
    replay("secrecy_exemption", EXEMPTION),
    replay("sensor_alarm", SENSOR_ALARM),
    replay("service", SERVICE),
    replay("duplicate_purchase_review", PURCHASE_REVIEW),
    replay("import_job", IMPORT),
    replay("slot_wait", SLOT_WAIT),
]

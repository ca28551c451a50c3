"""Always-true statements about the use of instruments."""

from __future__ import annotations

from core.invariants import Invariant

INVARIANTS = [
    Invariant(
        9,
        "what one sensor tells of when an instrument ran does not overlap",
        """
        SELECT a.id AS running_stretch, b.id AS other FROM running_stretch a
          JOIN running_stretch b ON b.sensor_id = a.sensor_id AND b.day = a.day AND b.id > a.id
         WHERE a.starts_at < b.ends_at AND b.starts_at < a.ends_at
        """,
    ),
    Invariant(
        9,
        "an instrument ran where its sensor was",
        """
        SELECT r.id AS running_stretch, r.sensor_id AS iot_sensor, r.instrument_id AS instrument FROM running_stretch r
         WHERE NOT EXISTS (
                 SELECT FROM sensor_placement p
                  WHERE p.sensor_id = r.sensor_id AND p.instrument_id = r.instrument_id
                    AND p.during @> tstzrange(r.starts_at, r.ends_at))
           AND NOT EXISTS (SELECT FROM sensor_day_due d WHERE d.sensor_id = r.sensor_id AND d.day = r.day)
        """,
    ),
    Invariant(
        9,
        "nothing known by then had been heard of an instrument when an alarm about it was opened (S4)",
        """
        SELECT a.id AS sensor_alarm, r.sensor_id AS iot_sensor, r.at FROM sensor_alarm a
          JOIN sensor_placement p ON p.instrument_id = a.instrument_id AND p.placed_at < a.opened_at
          JOIN sensor_reading r ON r.sensor_id = p.sensor_id AND p.during @> r.at
           AND r.at > a.since AND r.at < a.opened_at
          JOIN sensor_batch b ON b.id = r.batch_id
         -- A batch that was on its way when the alarm was opened was not known yet.
         WHERE b.received_at < a.opened_at - interval '1 hour'
        """,
    ),
    Invariant(
        12,
        "every entry of the log of use has its audit entry, with the same times",
        """
        SELECT u.id AS instrument_use FROM instrument_use u
         WHERE NOT EXISTS (
           SELECT FROM audit_entry a
            WHERE a.subject_kind = 'instrument_use' AND a.subject_id = u.id
              AND (a.data ->> 'starts_at')::timestamptz = u.starts_at
              AND (a.data ->> 'ends_at')::timestamptz = u.ends_at)
        """,
    ),
    Invariant(
        9,
        "a correction in the log of use is of the same instrument, purpose and order",
        """
        SELECT c.id AS instrument_use, w.id AS corrected FROM instrument_use c
          JOIN instrument_use w ON w.id = c.corrects_id
         WHERE (c.instrument_id, c.purpose, c.order_id) IS DISTINCT FROM (w.instrument_id, w.purpose, w.order_id)
            OR c.logged_at < w.logged_at
        """,
    ),
    Invariant(
        9,
        "nobody left a booking who had not come to it before",
        """
        SELECT o.id AS attendance, o.occupancy_id AS occupancy FROM attendance o
         WHERE o.kind = 'check_out' AND NOT EXISTS (
           SELECT FROM attendance i
            WHERE i.occupancy_id = o.occupancy_id AND i.kind = 'check_in' AND i.at < o.at)
        """,
    ),
]

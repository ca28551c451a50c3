"""Always-true statements about the use of instruments."""

from __future__ import annotations

from core.invariants import Invariant

INVARIANTS = [
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

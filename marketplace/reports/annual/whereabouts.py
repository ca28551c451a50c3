"""In which city somebody was, as SQL: frozen with an order or a quote, else where it sat at the time (V12 facts)."""

from __future__ import annotations


def sat_in(organisation: str, at: str) -> str:
    """The city an organisation sat in at a moment: a team where its incubator did; before the first seat, in that."""
    day = f"({at} AT TIME ZONE 'Asia/Shanghai')::date"
    return (
        "(SELECT COALESCE((SELECT s.city FROM organisation_seat s "
        "WHERE s.organisation_id = COALESCE(g.incubator_id, g.id) "
        f"ORDER BY ({day} >= s.since AND (s.until IS NULL OR {day} < s.until)) DESC, s.since LIMIT 1), g.city) "
        f"FROM organisation g WHERE g.id = {organisation})"
    )


def frozen_city(facts: str, party: str, *, otherwise: str) -> str:
    """The city of the county that a case froze of a party (V12 facts)."""
    return f"COALESCE(CAST(:city_of_county AS jsonb) ->> ({facts} -> '{party}' ->> 'county'), {otherwise})"


def decided_for(decision: str) -> str:
    """The city frozen with a decision about an entitlement."""
    otherwise = sat_in(f"{decision}.beneficiary_id", f"{decision}.decided_at")
    return frozen_city(f"{decision}.facts", "beneficiary", otherwise=otherwise)


CITIES_OF_ORDER = (
    "LEFT JOIN entitlement_decision e ON e.order_id = d.id CROSS JOIN LATERAL (SELECT "
    f"{frozen_city('e.facts', 'beneficiary', otherwise=sat_in('d.beneficiary_id', 'd.placed_at'))} AS user_city, "
    f"{frozen_city('e.facts', 'provider', otherwise=sat_in('d.provider_id', 'd.placed_at'))} AS provider_city) w"
)
"""Both cities of an order ``d``: ``w.user_city`` and ``w.provider_city``."""

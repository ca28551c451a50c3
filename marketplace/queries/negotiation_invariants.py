"""Always-true statements about prices by negotiation (ADR 0237)."""

from __future__ import annotations

from core.invariants import Invariant, replay
from marketplace.states import NEGOTIATION

LINE_SUM = "round((e->>'unit_price_fen')::numeric * (e->>'quantity')::numeric)"

INVARIANTS = [
    replay("negotiation", NEGOTIATION),
    Invariant(
        4,
        "an offer comes to what its lines do, and a fiscally built provider asks no more than it costs (V13)",
        f"""SELECT f.id AS negotiation_offer, f.price_fen, f.cost_fen
             FROM negotiation_offer f
            WHERE f.price_fen > f.cost_fen
               OR f.price_fen <> round(f.unit_price_fen * f.quantity)
                  + COALESCE((SELECT sum({LINE_SUM}) FROM jsonb_array_elements(f.lines) e), 0)
               OR EXISTS (SELECT FROM jsonb_array_elements(f.lines) e WHERE (e->>'sum_fen')::numeric <> {LINE_SUM})""",
    ),
    Invariant(
        4,
        "a quote at an agreed price is its user's, on an offer agreed to before, to the fen and while it stood",
        """SELECT q.id AS quote, q.offer_id, q.price_fen, f.price_fen AS offered_fen, f.outcome, f.answered_at
             FROM quote q
             LEFT JOIN negotiation_offer f ON f.id = q.offer_id AND f.negotiation_id = q.negotiation_id
             LEFT JOIN negotiation n ON n.id = f.negotiation_id
            WHERE q.offer_id IS NOT NULL
              AND (n.id IS NULL OR f.outcome IS DISTINCT FROM 'agreed' OR f.answered_at > q.created_at
                   OR f.valid_until < (q.created_at AT TIME ZONE 'Asia/Shanghai')::date
                   OR (q.beneficiary_id, q.provider_id, q.service_id) <> (n.beneficiary_id, n.provider_id, n.service_id)
                   OR (q.price_unit, q.quantity, q.unit_price_fen, q.price_fen, q.turnaround_days)
                      <> (f.price_unit, f.quantity, f.unit_price_fen, f.price_fen, f.turnaround_days)
                   OR q.minimum_charge_fen IS NOT NULL OR q.billing_step_minutes IS NOT NULL
                   OR jsonb_array_length(q.extras) <> jsonb_array_length(f.lines))""",
    ),
    Invariant(
        9,
        "a negotiation has an open offer while it is offered, one agreed to while that stands, and at most one order",
        """SELECT n.id AS negotiation, n.state, f.outcome, o.orders
             FROM negotiation n
             LEFT JOIN LATERAL (SELECT outcome FROM negotiation_offer f WHERE f.negotiation_id = n.id
                                 ORDER BY f.id DESC LIMIT 1) f ON true
             LEFT JOIN LATERAL (SELECT count(o.id) AS orders, count(q.id) AS quotes FROM quote q
                                  LEFT JOIN "order" o ON o.quote_id = q.id WHERE q.negotiation_id = n.id) o ON true
             LEFT JOIN LATERAL (SELECT count(*) AS made FROM negotiation_offer f WHERE f.negotiation_id = n.id
                                   AND f.outcome IS NULL) w ON true
            WHERE w.made <> CASE n.state WHEN 'offered' THEN 1 ELSE 0 END
               OR (n.state IN ('agreed', 'ordered') AND f.outcome IS DISTINCT FROM 'agreed')
               OR o.orders <> CASE n.state WHEN 'ordered' THEN 1 ELSE 0 END""",
    ),
]

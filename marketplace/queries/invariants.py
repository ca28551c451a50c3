"""What must always be true of quotes and orders, across the packages below."""

from __future__ import annotations

from accounts.states import PROPOSAL_TRANSITIONS
from core.invariants import Invariant, replay
from marketplace.queries.negotiation_invariants import INVARIANTS as NEGOTIATIONS
from marketplace.states import (
    ANNUAL_REPORT,
    AWARD,
    COMPLAINT,
    DISCLOSURE,
    NAMING,
    ORDER,
    RECTIFICATION,
    REFERRAL,
    SERIES,
    UNMET_NEED,
)


def _charged(quantity: str, used: str = "e->>'quantity'", *, counted: bool = False) -> str:
    """What a quantity costs by the terms of the quote ``q`` with its extras, in fen; ``used`` is how much of the extra
    ``e``, and ``counted`` leaves out those that do not count (V12 base)."""
    steps = "(60 / q.billing_step_minutes)"
    billed = f"CASE WHEN q.billing_step_minutes IS NULL THEN {quantity} ELSE ceil({quantity} * {steps}) / {steps} END"
    each = f"round((e->>'unit_price_fen')::numeric * ({used})::numeric)"
    wanted = "WHERE (e->>'counts')::boolean" if counted else ""
    extras = f"SELECT sum({each}) FROM jsonb_array_elements(q.extras) e {wanted}"
    service = f"GREATEST(round(q.unit_price_fen * {billed}), COALESCE(q.minimum_charge_fen, 0))"
    return f"({service} + COALESCE(({extras}), 0))"


ACTUAL = ("COALESCE(o.actual_quantity, o.quantity)", "COALESCE(o.actual_extras->>(e->>'extra_id'), e->>'quantity')")
"""How much of the service and of an extra was used, of an order that is not completed how much was ordered."""


INVARIANTS = [
    replay("order", ORDER),
    replay("booking_series", SERIES),
    replay("complaint", COMPLAINT),
    replay("naming", NAMING),
    replay("referral", REFERRAL),
    replay("annual_report", ANNUAL_REPORT),
    replay("disclosure_application", DISCLOSURE),
    replay("unmet_need", UNMET_NEED),
    *NEGOTIATIONS,
    Invariant(
        4,
        "an order supported out of the province says why the province cannot meet the need",
        """SELECT o.id AS "order", o.quote_id AS quote, q.unmet_need_id AS unmet_need
             FROM "order" o JOIN quote q ON q.id = o.quote_id
            WHERE o.eligible AND q.facts #>> '{provider,in_province}' = 'false'
              AND (o.payment_mode <> 'full_payment' OR btrim(COALESCE(q.unmet_need, '')) = '')""",
    ),
    Invariant(
        4,
        "a quote rests on a need that its own user stated before, and names it",
        """SELECT q.id AS quote, n.id AS unmet_need, n.organisation_id AS organisation
             FROM quote q JOIN unmet_need n ON n.id = q.unmet_need_id
            WHERE n.organisation_id <> q.beneficiary_id OR n.stated_at > q.created_at
               OR NOT starts_with(q.unmet_need, n.number)""",
    ),
    Invariant(
        9,
        "an order is accepted by its provider, or by a standing consent of its own to such orders, not taken back",
        """SELECT o.id AS "order", o.consent_id, e.actor_role, e.data ->> 'consent_id' AS consent_named
             FROM "order" o
             JOIN quote q ON q.id = o.quote_id
             JOIN audit_entry e ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.action = 'accept'
             LEFT JOIN service_consent c ON c.id = o.consent_id AND c.service_id = q.service_id
                  AND c.given_at <= o.placed_at
                  AND (c.direct_deduction OR o.payment_mode <> 'direct_deduction')
                  AND NOT EXISTS (SELECT FROM audit_entry r
                                   WHERE r.subject_kind = 'service_consent' AND r.subject_id = c.id
                                     AND r.action = 'take_back_consent' AND r.id < e.id)
            WHERE CASE WHEN o.consent_id IS NULL THEN e.actor_role <> 'provider'
                       ELSE c.id IS NULL OR e.actor_role <> 'system'
                            OR e.data ->> 'consent_id' IS DISTINCT FROM o.consent_id::text END""",
    ),
    replay("evaluation_grade", PROPOSAL_TRANSITIONS),
    replay("evaluation_award", AWARD),
    replay("evaluation_rectification", RECTIFICATION),
    Invariant(
        3,
        "awards of a unit for a year are never more than the least limit they were proposed under",
        """SELECT organisation_id AS organisation, year, sum(amount_fen) AS awarded_fen, min(limit_fen) AS limit_fen
             FROM evaluation_award WHERE state IN ('proposed', 'approved')
            GROUP BY organisation_id, year HAVING sum(amount_fen) > min(limit_fen)""",
    ),
    Invariant(
        10,
        "an approved award rests on an approved grade of its provider and year, and two officers decided each",
        """SELECT a.id AS evaluation_award, a.organisation_id, a.year, g.id AS grade, g.state, l.organisation_id
             FROM evaluation_award a
             JOIN evaluation_grade g ON g.id = a.grade_id
             JOIN evaluation_line l ON l.id = g.line_id
             JOIN evaluation_snapshot s ON s.id = l.snapshot_id
            WHERE a.state IN ('approved', 'revoked')
              AND (g.state <> 'approved' OR l.organisation_id IS DISTINCT FROM a.organisation_id OR s.year <> a.year
                   OR a.decided_by = a.proposed_by OR g.decided_by = g.proposed_by)""",
    ),
    Invariant(
        9,
        "a published year has an approved grade of every provider that anything was proposed for",
        """SELECT DISTINCT l.id AS evaluation_line, l.snapshot_id
             FROM evaluation_line l
             JOIN evaluation_publication p ON p.snapshot_id = l.snapshot_id
             JOIN evaluation_grade g ON g.line_id = l.id AND g.proposed_at < p.published_at
            WHERE NOT EXISTS (SELECT FROM evaluation_grade a WHERE a.line_id = l.id AND a.state = 'approved')""",
    ),
    Invariant(
        10,
        "a restriction stands on a naming that another officer opened than decided it",
        """SELECT r.id AS provider_restriction, r.source, n.state, n.opened_by, n.decided_by, r.imposed_by
             FROM provider_restriction r LEFT JOIN naming n ON r.source = 'naming:' || n.id
            WHERE n.id IS NULL OR n.state <> 'named' OR n.opened_by = n.decided_by
               OR r.imposed_by <> n.decided_by OR r.organisation_id <> n.organisation_id""",
    ),
    Invariant(
        9,
        "the term of an application for disclosure rests while somebody is asked, and then only",
        """SELECT a.id AS disclosure_application, a.paused_on
             FROM disclosure_application a
            WHERE a.state = 'received'
              AND (a.paused_on IS NOT NULL) <> EXISTS (
                    SELECT FROM disclosure_consultation c
                     WHERE c.application_id = a.id AND c.answered_at IS NULL AND c.lapsed_at IS NULL)""",
    ),
    Invariant(
        12,
        "a yearly report has an edition for each time it was submitted",
        """SELECT r.id AS annual_report, r.state, e.editions, s.submissions
             FROM annual_report r
             LEFT JOIN LATERAL (SELECT count(*) AS editions, max(round) AS rounds FROM annual_report_edition
                                 WHERE report_id = r.id) e ON true
             LEFT JOIN LATERAL (SELECT count(*) AS submissions FROM audit_entry
                                 WHERE subject_kind = 'annual_report' AND subject_id = r.id
                                   AND action = 'submit') s ON true
            WHERE e.editions <> s.submissions OR e.editions <> COALESCE(e.rounds, 0)
               OR (r.first_submitted_at IS NULL) <> (e.editions = 0)""",
    ),
    Invariant(
        4,
        "what a yearly report says of sums agreed with the books when it was submitted",
        """SELECT e.report_id AS annual_report, e.round, c.value AS differs
             FROM annual_report_edition e, jsonb_array_elements(e.content #> '{figures,checks}') c
            WHERE c.value -> 'left' <> c.value -> 'right'""",
    ),
    Invariant(
        4,
        "a quote has the price its group paid on its day, for its quantity",
        f"""SELECT q.id AS quote, q.price_id, q.price_group, q.unit_price_fen, q.price_fen
             FROM quote q LEFT JOIN service_price p ON p.id = q.price_id
            WHERE q.price_fen <> {_charged("q.quantity")}
               OR (p.id IS NOT NULL
                   AND (p.service_id <> q.service_id OR p.withdrawn_at IS NOT NULL
                        OR p.valid_from > (q.created_at AT TIME ZONE 'Asia/Shanghai')::date
                        OR (q.free_cancellation_hours, q.late_cancellation_percent, q.no_show_percent)
                           IS DISTINCT FROM
                           (p.free_cancellation_hours, p.late_cancellation_percent, p.no_show_percent)
                        OR (q.offer_id IS NULL
                            AND (p.by_negotiation
                                 OR (q.price_unit, q.minimum_charge_fen, q.billing_step_minutes, q.turnaround_days)
                                    IS DISTINCT FROM
                                    (p.price_unit, p.minimum_charge_fen, p.billing_step_minutes, p.turnaround_days)
                                 OR q.unit_price_fen <> CASE q.price_group WHEN 'own' THEN p.own_price_fen
                                                        WHEN 'outside' THEN p.outside_price_fen
                                                        ELSE p.price_fen END))))""",
    ),
    Invariant(
        4,
        "an order costs what its quantity does by its quote, the actual one once it is completed",
        f"""SELECT o.id AS "order", o.quantity, o.actual_quantity, o.contract_fen, o.price_fen
             FROM "order" o JOIN quote q ON q.id = o.quote_id
            WHERE o.contract_fen <> q.price_fen
               OR o.price_fen <> {_charged(*ACTUAL)}""",
    ),
    Invariant(
        4,
        "the lines of a quote's extras are of its service, at the price its group paid on its day",
        """SELECT q.id AS quote, e->>'extra_id' AS extra, e->>'sum_fen' AS sum_fen
             FROM quote q, jsonb_array_elements(q.extras) e
             LEFT JOIN service_extra x ON x.id = (e->>'extra_id')::bigint
             LEFT JOIN extra_price p ON p.id = (e->>'price_id')::bigint AND p.extra_id = x.id
            WHERE (q.offer_id IS NULL
                   AND (x.id IS NULL OR p.id IS NULL OR x.service_id <> q.service_id OR p.withdrawn_at IS NOT NULL
                        OR p.valid_from > (q.created_at AT TIME ZONE 'Asia/Shanghai')::date
                        OR (e->>'title', e->>'unit', e->>'kind') <> (x.title, x.unit, x.kind)
                        OR (e->>'unit_price_fen')::bigint
                           IS DISTINCT FROM CASE e->>'price_group' WHEN 'own' THEN p.own_price_fen
                                            WHEN 'outside' THEN p.outside_price_fen ELSE p.price_fen END))
               OR (e->>'sum_fen')::numeric <> round((e->>'unit_price_fen')::numeric * (e->>'quantity')::numeric)""",
    ),
    Invariant(
        4,
        "a voucher shares the lines of an order that count, and no others",
        f"""SELECT o.id AS "order", d.base_fen, c.contract_fen, c.actual_fen
             FROM "order" o JOIN quote q ON q.id = o.quote_id
             JOIN entitlement_decision d ON d.order_id = o.id LEFT JOIN claim c ON c.order_id = o.id
            WHERE d.base_fen <> {_charged("o.quantity", counted=True)}
               OR c.contract_fen <> {_charged("o.quantity", counted=True)}
               OR c.actual_fen <> {_charged(*ACTUAL, counted=True)}""",
    ),
    Invariant(
        4,
        "an order's subsidy, other aid and self-pay make its price",
        """SELECT id AS "order", price_fen, subsidy_fen, other_aid_fen, self_pay_fen FROM "order"
            WHERE subsidy_fen + other_aid_fen + self_pay_fen <> price_fen
               OR subsidy_fen < 0 OR other_aid_fen < 0 OR self_pay_fen < 0""",
    ),
    Invariant(
        4,
        "the price of a deducted order with a decided claim is self-pay, the debt, and what is granted or clawed back",
        """SELECT o.id AS "order", c.state, o.price_fen, o.self_pay_fen, g.granted_fen, g.clawed_back_fen,
                  s.amount_fen AS shortfall_fen
             FROM "order" o
             JOIN claim c ON c.order_id = o.id AND c.state IN ('confirmed', 'rejected', 'revoked')
             LEFT JOIN shortfall s ON s.order_id = o.id
             LEFT JOIN LATERAL (
                  SELECT COALESCE(sum(amount_fen - clawed_back_fen), 0) AS granted_fen,
                         COALESCE(sum(clawed_back_fen), 0) AS clawed_back_fen
                    FROM payable WHERE order_id = o.id AND state <> 'cancelled') g ON true
            WHERE o.payment_mode = 'direct_deduction'
              AND (o.self_pay_fen + g.granted_fen + g.clawed_back_fen + COALESCE(s.amount_fen, 0) <> o.price_fen
                   OR (c.state <> 'confirmed' AND g.granted_fen <> 0))""",
    ),
    Invariant(
        4,
        "an ineligible order has no subsidy, an eligible one at most floor(rate x base) and at most its hold",
        """SELECT o.id AS "order", o.eligible, o.subsidy_fen, d.rate, o.price_fen, o.contract_fen, d.held_fen
             FROM "order" o LEFT JOIN entitlement_decision d ON d.order_id = o.id
            WHERE o.subsidy_fen > 0
              AND (NOT o.eligible OR d.id IS NULL OR o.subsidy_fen > d.held_fen
                   OR o.subsidy_fen > floor(d.rate * LEAST(o.price_fen, o.contract_fen)))""",
    ),
    Invariant(
        4,
        "paid <= confirmed <= city-approved <= claimed <= held",
        """SELECT c.id AS claim, p.paid_fen, c.confirmed_fen, c.approved_fen, c.claimed_fen, d.held_fen
             FROM claim c
             JOIN entitlement_decision d ON d.order_id = c.order_id
             LEFT JOIN (SELECT source, sum(amount_fen) FILTER (WHERE state = 'paid') AS paid_fen
                          FROM payable GROUP BY source) p ON p.source = 'claim:' || c.id
            WHERE c.claimed_fen > d.held_fen
               OR c.approved_fen > c.claimed_fen
               OR c.confirmed_fen > c.approved_fen
               OR COALESCE(p.paid_fen, 0) > COALESCE(c.confirmed_fen, 0)""",
    ),
    Invariant(
        9,
        "no order was placed while its user was suspended",
        """SELECT o.id AS "order", o.placed_at, s.id AS suspension
             FROM "order" o
             JOIN membership m ON m.organisation_id = o.beneficiary_id
             JOIN suspension s ON s.membership_id = m.id
            WHERE o.placed_at > s.began_at AND (s.ended_at IS NULL OR o.placed_at < s.ended_at)""",
    ),
    Invariant(
        5,
        "an order that ended early keeps no slot",
        """SELECT o.id AS "order", o.state, b.id AS occupancy
             FROM "order" o JOIN occupancy b ON b.order_id = o.id AND b.live
            WHERE o.state IN ('declined', 'lapsed', 'cancelled')""",
    ),
    Invariant(
        5,
        "an order has booked the slot it names, on its instrument, no longer than what was ordered",
        """SELECT o.id AS "order", o.state, o.moved_to, q.during AS ordered, b.id AS occupancy, b.during
             FROM "order" o
             JOIN quote q ON q.id = o.quote_id
             LEFT JOIN occupancy b ON b.order_id = o.id AND b.live
            WHERE q.instrument_id IS NOT NULL AND q.during IS NOT NULL
              AND o.state IN ('placed', 'accepted', 'contracted', 'in_service', 'delivered')
              AND (b.id IS NULL OR b.instrument_id <> q.instrument_id
                   OR COALESCE(b.booked, b.during) <> COALESCE(o.moved_to, q.during)
                   OR upper(o.moved_to) - lower(o.moved_to) > upper(q.during) - lower(q.during))""",
    ),
    Invariant(
        4,
        "a fee is of a cancelled booking, what its quote says of what was booked, and its user's own",
        """SELECT o.id AS "order", o.state, o.fee_kind, o.fee_fen, e.at, e.actor_role, c.id AS claim
             FROM "order" o
             JOIN quote q ON q.id = o.quote_id
             LEFT JOIN audit_entry e ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.action = 'cancel'
             LEFT JOIN claim c ON c.order_id = o.id
            WHERE o.fee_kind IS NOT NULL
              AND (o.state <> 'cancelled' OR q.during IS NULL OR c.id IS NOT NULL OR e.id IS NULL
                   OR (e.data ->> 'fee_fen')::bigint IS DISTINCT FROM o.fee_fen
                   OR e.from_state NOT IN ('accepted', 'contracted', 'in_service')
                   OR o.fee_fen > floor(o.contract_fen * CASE o.fee_kind WHEN 'no_show' THEN q.no_show_percent
                                                         ELSE q.late_cancellation_percent END / 100.0)
                   OR CASE o.fee_kind
                      WHEN 'no_show' THEN e.actor_role <> 'provider' OR e.at < upper(COALESCE(o.moved_to, q.during))
                      ELSE e.actor_role = 'provider'
                           OR e.at <= lower(COALESCE(o.moved_to, q.during)) - q.free_cancellation_hours * interval '1 h'
                      END)""",
    ),
    Invariant(
        4,
        "nobody owes a fee for a booking whose instrument was out of service",
        """SELECT o.id AS "order", o.fee_kind, n.id AS listing_interruption
             FROM "order" o
             JOIN quote q ON q.id = o.quote_id
             JOIN audit_entry e ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.action = 'cancel'
             JOIN listing_interruption n ON n.instrument_id = q.instrument_id AND n.began_at < e.at
            WHERE o.fee_kind IS NOT NULL
              AND (COALESCE(n.ended_at, 'infinity') > e.at
                   OR tstzrange(n.began_at, n.ended_at) && COALESCE(o.moved_to, q.during))""",
    ),
    Invariant(
        17,
        "an order that ended early keeps no hold",
        """SELECT o.id AS "order", o.state, h.held_fen
             FROM "order" o JOIN cap_hold h ON h.order_id = o.id AND h.state = 'live'
            WHERE o.state IN ('declined', 'lapsed', 'cancelled')""",
    ),
    Invariant(
        4,
        "a live order holds what it says the voucher pays",
        """SELECT o.id AS "order", o.state, o.subsidy_fen, h.held_fen, h.state AS hold
             FROM "order" o LEFT JOIN cap_hold h ON h.order_id = o.id
            WHERE o.state IN ('placed', 'accepted', 'contracted', 'in_service', 'delivered')
              AND o.subsidy_fen <> CASE WHEN h.state = 'live' THEN h.held_fen ELSE 0 END""",
    ),
    Invariant(
        4,
        "an order's other aid is what it holds of city programmes, once completed what its claim says",
        """SELECT o.id AS "order", o.state, o.other_aid_fen, h.held_fen, c.aid_fen
             FROM "order" o
             LEFT JOIN LATERAL (SELECT COALESCE(sum(held_fen), 0) AS held_fen FROM aid_hold
                                 WHERE order_id = o.id AND state = 'live') h ON true
             LEFT JOIN LATERAL (SELECT COALESCE(sum(a.aid_fen), 0) AS aid_fen
                                  FROM claim k JOIN claim_aid a ON a.claim_id = k.id WHERE k.order_id = o.id) c ON true
            WHERE (o.state IN ('placed', 'accepted', 'contracted', 'in_service', 'delivered')
                   AND o.other_aid_fen <> h.held_fen)
               OR (o.state = 'completed' AND o.other_aid_fen <> c.aid_fen)
               OR (o.state IN ('declined', 'lapsed', 'cancelled') AND h.held_fen <> 0)
               OR (o.other_aid_fen > 0 AND o.subsidy_fen = 0)""",
    ),
    Invariant(
        7,
        "a claim's payee is the provider in direct deduction and the user in full payment",
        """SELECT o.id AS "order", o.payment_mode, c.payee_id
             FROM "order" o JOIN claim c ON c.order_id = o.id
            WHERE c.payee_id <> CASE o.payment_mode WHEN 'direct_deduction' THEN o.provider_id
                                                    ELSE o.beneficiary_id END""",
    ),
    Invariant(
        4,
        "a contracted order is charged what the user owes the provider",
        """SELECT o.id AS "order", o.payment_mode, o.self_pay_fen, o.price_fen, g.self_pay_fen AS charged_fen,
                  g.subsidy_fen AS deducted_fen
             FROM "order" o LEFT JOIN order_charge g ON g.order_id = o.id
            WHERE o.state IN ('contracted', 'in_service', 'delivered', 'completed')
              AND (g.self_pay_fen IS DISTINCT FROM
                  CASE o.payment_mode WHEN 'direct_deduction' THEN o.self_pay_fen ELSE o.price_fen END
               OR g.subsidy_fen IS DISTINCT FROM
                  CASE o.payment_mode WHEN 'direct_deduction' THEN o.subsidy_fen + o.other_aid_fen ELSE 0 END)""",
    ),
    Invariant(
        9,
        "a series of bookings has orders once it is placed, each for a slot of its own",
        """SELECT b.id AS booking_series, b.state, q.id AS quote, s.id AS series_slot, o.id AS "order"
             FROM booking_series b JOIN quote q ON q.series_id = b.id
             LEFT JOIN series_slot s ON s.quote_id = q.id LEFT JOIN "order" o ON o.quote_id = q.id
            WHERE s.series_id IS DISTINCT FROM b.id OR s.during <> q.during OR q.instrument_id <> b.instrument_id
               OR q.beneficiary_id <> b.beneficiary_id OR (o.id IS NOT NULL AND b.state <> 'placed')
               OR (o.id IS NOT NULL AND jsonb_array_length(s.reasons) > 0)
               OR (b.state = 'placed' AND o.id IS NULL AND jsonb_array_length(s.reasons) = 0)""",
    ),
    Invariant(
        12,
        "every order's placing is in the audit trail",
        """SELECT o.id AS "order" FROM "order" o
            WHERE NOT EXISTS (SELECT 1 FROM audit_entry a
                               WHERE a.subject_kind = 'order' AND a.subject_id = o.id AND a.action = 'place')""",
    ),
]

"""What a city's yearly report counts: every figure with the query it comes from.

A measure is one SQL expression over ``y``, a year with its first instant (``since``) and the first one after it
(``until``) in Asia/Shanghai, and ``:city``. Its definition in words is ``annual.definition.<key>``. Claims, orders and
quotes belong to the city that was frozen with them; what is done about members to the city in which they sat that day.
Who moves takes nothing along, so that a report of a year says the same whenever it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.dialects import postgresql

from accounts.kinds import MemberKind
from core.kinds import ServiceKind
from marketplace.reports.annual.whereabouts import CITIES_OF_ORDER, decided_for, frozen_city, sat_in
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.times import CLAIM_REVIEW, answered, working_days_between
from marketplace.states import OrderState
from settlement.queries.outcomes import SAID_SQL
from vouchers.models import Claim
from vouchers.rules.facts import PaymentMode
from vouchers.states import ClaimState


class Unit(StrEnum):
    """What a figure is in."""

    COUNT = "count"
    FEN = "fen"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: ``sql`` is an expression that gives it for a year."""

    key: str
    sql: str
    unit: Unit = Unit.COUNT


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Counts and sums by one dimension: ``sql`` gives rows of ``label``, ``count`` and ``fen`` for a year.

    ``words`` is the enum whose words the labels are; without one they are names, or codes of cities.
    """

    key: str
    sql: str
    words: type[StrEnum] | None = None
    has_fen: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """A figure of the report, in fen, and the same over the books. They must agree."""

    key: str
    figure: str
    right: str

    @property
    def left(self) -> str:
        """The query of the very figure that is shown."""
        return next(each.sql for measures in SECTIONS.values() for each in measures if each.key == self.figure)


_LAST_MOMENT = "LEAST(y.until - interval '1 second', CAST(:as_of AS timestamptz))"
"""The end of the year, or now while it runs."""

TOP = 10
"""How many users and providers a report names."""


def _within(column: str) -> str:
    return f"{column} >= y.since AND {column} < y.until"


def _steps(kind: str, action: str, join: str, where: str = "c.city = :city") -> str:
    """How often something happened to records, by the audit trail."""
    return (
        f"SELECT count(*) FROM audit_entry a {join} "
        f"WHERE a.subject_kind = '{kind}' AND a.action = '{action}' AND {_within('a.at')} AND {where}"
    )


def _of_claims(kind: str, action: str) -> str:
    return _steps(kind, action, "JOIN claim c ON c.id = a.subject_id")


def _of_members(action: str) -> str:
    return _steps(
        "membership",
        action,
        "JOIN membership m ON m.id = a.subject_id",
        f"{sat_in('m.organisation_id', 'a.at')} = :city",
    )


def _of_orders(action: str) -> str:
    return _steps("order", action, f'JOIN "order" d ON d.id = a.subject_id {CITIES_OF_ORDER}', "w.user_city = :city")


_ORDERS = (
    f'FROM "order" d {CITIES_OF_ORDER} JOIN organisation p ON p.id = d.provider_id '
    f"JOIN quote q ON q.id = d.quote_id WHERE {_within('d.placed_at')}"
)
_OWN_ORDERS = f"{_ORDERS} AND w.user_city = :city"
_TO_OTHERS = f"{_OWN_ORDERS} AND p.in_province AND w.provider_city IS DISTINCT FROM w.user_city"
_FROM_OTHERS = f"{_ORDERS} AND w.provider_city = :city AND w.user_city IS DISTINCT FROM w.provider_city"
_OUTSIDE = f"{_OWN_ORDERS} AND NOT p.in_province"
_QUOTES = (
    f"FROM quote q WHERE {_within('q.created_at')} "
    f"AND {frozen_city('q.facts', 'beneficiary', otherwise=sat_in('q.beneficiary_id', 'q.created_at'))} = :city"
)

_RECEIVED = f"FROM claim c WHERE c.city = :city AND {_within('c.first_submitted_at')}"
_CONFIRMED_THEN = f"c.city = :city AND c.state IN ('confirmed', 'revoked') AND {_within('c.confirmed_at')}"
_CONFIRMED = f"FROM claim c WHERE {_CONFIRMED_THEN}"
_APPROVED = (
    "FROM claim c JOIN LATERAL (SELECT max(v.at) AS at FROM claim_review v "
    "WHERE v.claim_id = c.id AND v.decision = 'approve') w ON true "
    f"WHERE c.city = :city AND c.approved_fen IS NOT NULL AND {_within('w.at')}"
)
_SAID = (
    "SELECT n.payable_id, n.amount_fen, r.outcome, r.late, coalesce(a.recorded_at, o.exported_at) AS recorded_at "
    f"FROM ({SAID_SQL}) r JOIN batch_line n ON n.batch_id = r.batch_id AND n.payout_no = r.payout_no "
    "JOIN settlement_batch o ON o.id = r.batch_id LEFT JOIN bank_return a ON a.id = r.bank_return_id"
)
"""What was said of each claim of a batch, and when: by the bank, or with the files where all of it was netted."""
_CAME_BACK = (
    "SELECT clawback_id, amount_fen, recorded_at FROM recovery UNION ALL "
    "SELECT n.clawback_id, CASE WHEN r.late THEN -n.amount_fen ELSE n.amount_fen END, "
    f"coalesce(a.recorded_at, o.exported_at) FROM ({SAID_SQL}) r "
    "JOIN batch_netting n ON n.batch_id = r.batch_id AND n.payout_no = r.payout_no "
    "JOIN settlement_batch o ON o.id = r.batch_id LEFT JOIN bank_return a ON a.id = r.bank_return_id "
    "WHERE r.late OR r.outcome = 'paid'"
)
"""What came back of clawbacks: as money, or netted against a payout that was paid, less what was undone late."""
_PAID_LINES = (
    f"FROM ({_SAID}) l JOIN payable p ON p.id = l.payable_id "
    "JOIN claim c ON p.source = 'claim:' || c.id "
    f"WHERE c.city = :city AND {_within('l.recorded_at')}"
)
_AID_LINES = (
    f"FROM ({_SAID}) l JOIN payable p ON p.id = l.payable_id "
    "JOIN claim c ON c.order_id = p.order_id AND p.source <> 'claim:' || c.id "
    f"WHERE c.city = :city AND {_within('l.recorded_at')}"
)
_NET_PAID = "COALESCE(sum(l.amount_fen * CASE WHEN l.outcome = 'paid' THEN 1 WHEN l.late THEN -1 ELSE 0 END), 0)"

_DIALECT: Any = postgresql.dialect
"""What the statements are written for; their parameters stay named."""


def _reviews() -> str:
    """A city's reviews answered in the year, as everywhere (``marketplace.reports.times``), each with its time."""
    waits = answered(CLAIM_REVIEW)
    timed = (
        select(working_days_between(shanghai_day(waits.c.since), shanghai_day(waits.c.at)).label("working_days"))
        .join(Claim, Claim.id == waits.c.subject_id)
        .where(
            Claim.city == literal_column(":city"),
            waits.c.at >= literal_column("y.since"),
            waits.c.at < literal_column("y.until"),
        )
    )
    written = timed.compile(dialect=_DIALECT(paramstyle="named"), compile_kwargs={"literal_binds": True})
    return f"FROM ({written}) r"


_REVIEWS = _reviews()
_INSPECTED = "FROM inspection x JOIN claim c ON c.id = x.claim_id WHERE c.city = :city AND"
_BACK = "FROM clawback k JOIN payable p ON p.id = k.payable_id JOIN claim c ON c.order_id = p.order_id"
_CLAWBACKS = f"{_BACK} WHERE c.city = :city AND"
_FLAGS = "SELECT count(*) FROM claim_flag f JOIN claim c ON c.id = f.claim_id WHERE c.city = :city AND"

SECTIONS: dict[str, tuple[Measure, ...]] = {
    "members": (
        Measure("members_registered", _of_members("approve")),
        Measure(
            "renewals_confirmed",
            _steps(
                "figures_renewal",
                "confirm",
                "JOIN figures_renewal r ON r.id = a.subject_id",
                f"{sat_in('r.organisation_id', 'a.at')} = :city",
            ),
        ),
        Measure("members_suspended", _of_members("suspend")),
        Measure("members_ended", _of_members("end")),
        Measure(
            "members_approved",
            "SELECT count(*) FROM (SELECT DISTINCT ON (a.subject_id) a.subject_id, a.to_state FROM audit_entry a "
            "WHERE a.subject_kind = 'membership' AND a.to_state IS NOT NULL AND a.at < y.until "
            "ORDER BY a.subject_id, a.id DESC) s JOIN membership m ON m.id = s.subject_id "
            f"WHERE s.to_state = 'approved' AND {sat_in('m.organisation_id', _LAST_MOMENT)} = :city",
        ),
    ),
    "demand": (
        Measure("quotes", f"SELECT count(*) {_QUOTES}"),
        Measure("orders", f"SELECT count(*) {_OWN_ORDERS}"),
        Measure("orders_price_fen", f"SELECT COALESCE(sum(d.price_fen), 0) {_OWN_ORDERS}", Unit.FEN),
        Measure("orders_completed", _of_orders("complete")),
        Measure("orders_declined", _of_orders("decline")),
        Measure("orders_lapsed", _of_orders("lapse")),
        Measure("orders_cancelled", _of_orders("cancel")),
    ),
    "claims": (
        Measure("claims_received", f"SELECT count(*) {_RECEIVED}"),
        Measure("claims_approved", f"SELECT count(*) {_APPROVED}"),
        Measure("claims_returned", _of_claims("claim", "return")),
        Measure("claims_refused", _of_claims("claim", "reject")),
        Measure("claims_expired", _of_claims("claim", "expire")),
        Measure("claims_withdrawn", _of_claims("claim", "withdraw")),
        Measure("claims_confirmed", f"SELECT count(*) {_CONFIRMED}"),
        Measure("claims_confirmed_undone", f"SELECT count(*) {_CONFIRMED} AND c.state = 'revoked'"),
        Measure("claims_revoked", _of_claims("claim", "revoke")),
        Measure(
            "summaries_dispatched",
            f"SELECT count(*) FROM review_summary s WHERE s.city = :city AND {_within('s.dispatched_at')}",
        ),
    ),
    "money": (
        Measure("claimed_fen", f"SELECT COALESCE(sum(c.claimed_fen), 0) {_RECEIVED}", Unit.FEN),
        Measure("approved_fen", f"SELECT COALESCE(sum(c.approved_fen), 0) {_APPROVED}", Unit.FEN),
        Measure("confirmed_fen", f"SELECT COALESCE(sum(c.confirmed_fen), 0) {_CONFIRMED}", Unit.FEN),
        Measure(
            "confirmed_undone_fen",
            f"SELECT COALESCE(sum(c.confirmed_fen), 0) {_CONFIRMED} AND c.state = 'revoked'",
            Unit.FEN,
        ),
        Measure(
            "confirmed_paid_fen",
            "SELECT COALESCE(sum(p.paid_fen), 0) FROM payable p JOIN claim c ON p.source = 'claim:' || c.id "
            f"WHERE {_CONFIRMED_THEN}",
            Unit.FEN,
        ),
        Measure(
            "revoked_fen",
            "SELECT COALESCE(sum(c.confirmed_fen), 0) FROM audit_entry a JOIN claim c ON c.id = a.subject_id "
            f"WHERE a.subject_kind = 'claim' AND a.action = 'revoke' AND {_within('a.at')} AND c.city = :city",
            Unit.FEN,
        ),
        Measure(
            "cap_used_fen",
            "SELECT COALESCE(sum(c.confirmed_fen), 0) FROM claim c "
            "WHERE c.city = :city AND c.state IN ('confirmed', 'revoked') AND c.year = y.year",
            Unit.FEN,
        ),
        Measure("paid_fen", f"SELECT {_NET_PAID} {_PAID_LINES}", Unit.FEN),
        Measure(
            "aid_confirmed_fen",
            "SELECT COALESCE(sum(i.confirmed_fen), 0) FROM claim_aid i JOIN claim c ON c.id = i.claim_id "
            f"WHERE {_CONFIRMED_THEN}",
            Unit.FEN,
        ),
        Measure("aid_paid_fen", f"SELECT {_NET_PAID} {_AID_LINES}", Unit.FEN),
    ),
    "reach": (
        Measure("users_supported", f"SELECT count(DISTINCT c.beneficiary_id) {_CONFIRMED}"),
        Measure(
            "controllers_supported",
            "SELECT count(DISTINCT e.cap_owner) FROM claim c JOIN entitlement_decision e ON e.id = c.decision_id "
            f"WHERE {_CONFIRMED_THEN}",
        ),
        Measure(
            "caps_reached",
            "SELECT count(*) FROM ledger_account l WHERE l.kind = 'cap' AND l.year = y.year "
            "AND l.posted_fen + l.pending_fen >= :cap_fen AND EXISTS (SELECT FROM cap_hold h "
            "JOIN entitlement_decision e ON e.order_id = h.order_id "
            f"WHERE h.account_id = l.id AND {decided_for('e')} = :city)",
        ),
        Measure(
            "orders_cut_by_cap",
            "SELECT count(*) FROM entitlement_decision e "
            f"WHERE e.flags ? 'cap_limited' AND {_within('e.decided_at')} AND {decided_for('e')} = :city",
        ),
        Measure("orders_to_other_cities", f"SELECT count(*) {_TO_OTHERS}"),
        Measure("orders_to_other_cities_fen", f"SELECT COALESCE(sum(d.price_fen), 0) {_TO_OTHERS}", Unit.FEN),
        Measure("orders_from_other_cities", f"SELECT count(*) {_FROM_OTHERS}"),
        Measure("orders_from_other_cities_fen", f"SELECT COALESCE(sum(d.price_fen), 0) {_FROM_OTHERS}", Unit.FEN),
        Measure("orders_out_of_province", f"SELECT count(*) {_OUTSIDE}"),
        Measure("orders_out_of_province_fen", f"SELECT COALESCE(sum(d.price_fen), 0) {_OUTSIDE}", Unit.FEN),
    ),
    "reviews": (
        Measure("reviews", f"SELECT count(*) {_REVIEWS}"),
        Measure(
            "review_days_median",
            f"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY r.working_days) {_REVIEWS}",
            Unit.DAYS,
        ),
        Measure("review_days_max", f"SELECT max(r.working_days) {_REVIEWS}", Unit.DAYS),
        Measure("reviews_overdue", f"SELECT count(*) {_REVIEWS} WHERE r.working_days > :review_working_days"),
    ),
    "supervision": (
        Measure("inspections", f"SELECT count(*) {_INSPECTED} {_within('x.concluded_at')}"),
        Measure(
            "findings_upheld",
            "SELECT count(*) FROM inspection_finding f JOIN inspection x ON x.id = f.inspection_id "
            "JOIN claim c ON c.id = x.claim_id WHERE c.city = :city AND f.state = 'upheld' "
            f"AND {_within('f.decided_at')}",
        ),
        Measure("clawbacks", f"SELECT count(*) {_CLAWBACKS} {_within('k.opened_at')}"),
        Measure(
            "clawbacks_fen",
            f"SELECT COALESCE(sum(k.amount_fen), 0) {_CLAWBACKS} {_within('k.opened_at')}",
            Unit.FEN,
        ),
        Measure(
            "recovered_fen",
            f"SELECT COALESCE(sum(v.amount_fen), 0) FROM ({_CAME_BACK}) v JOIN clawback k ON k.id = v.clawback_id "
            "JOIN payable p ON p.id = k.payable_id JOIN claim c ON c.order_id = p.order_id "
            f"WHERE c.city = :city AND {_within('v.recorded_at')}",
            Unit.FEN,
        ),
        Measure(
            "misconduct",
            "SELECT count(*) FROM misconduct_decision x WHERE x.state <> 'annulled' "
            f"AND {_within('x.decided_at')} AND {sat_in('x.organisation_id', 'x.decided_at')} = :city",
        ),
        Measure("flags_raised", f"{_FLAGS} {_within('f.raised_at')}"),
        Measure("flags_upheld", f"{_FLAGS} f.state = 'upheld' AND {_within('f.decided_at')}"),
        Measure("flags_cleared", f"{_FLAGS} f.state = 'cleared' AND {_within('f.decided_at')}"),
    ),
}
"""The figures of a report, section by section."""


def _orders_by(column: str) -> str:
    return f"SELECT {column}::text AS label, count(*) AS count, sum(d.price_fen) AS fen {_OWN_ORDERS} GROUP BY 1"


def _claims_by(column: str) -> str:
    return f"SELECT {column}::text AS label, count(*) AS count, sum(c.claimed_fen) AS fen {_RECEIVED} GROUP BY 1"


def _flow(rows: str, other: str) -> str:
    return f"SELECT w.{other}_city AS label, count(*) AS count, sum(d.price_fen) AS fen {rows} GROUP BY 1"


def _top(party: str) -> str:
    return (
        "SELECT o.name AS label, count(*) AS count, sum(c.confirmed_fen) AS fen FROM claim c "
        f"JOIN organisation o ON o.id = c.{party}_id WHERE {_CONFIRMED_THEN} "
        f"GROUP BY o.id, o.name ORDER BY fen DESC, o.id LIMIT {TOP}"
    )


def _members_by_kind(action: str) -> str:
    return (
        "SELECT m.kind AS label, count(*) AS count, NULL::bigint AS fen FROM audit_entry a "
        "JOIN membership m ON m.id = a.subject_id "
        f"WHERE a.subject_kind = 'membership' AND a.action = '{action}' AND {_within('a.at')} "
        f"AND {sat_in('m.organisation_id', 'a.at')} = :city "
        "GROUP BY 1"
    )


BREAKDOWNS: tuple[Breakdown, ...] = (
    Breakdown("members_registered_by_kind", _members_by_kind("approve"), MemberKind, has_fen=False),
    Breakdown("members_suspended_by_kind", _members_by_kind("suspend"), MemberKind, has_fen=False),
    Breakdown("members_ended_by_kind", _members_by_kind("end"), MemberKind, has_fen=False),
    Breakdown(
        "quotes_by_mode",
        f"SELECT q.payment_mode AS label, count(*) AS count, sum(q.price_fen) AS fen {_QUOTES} GROUP BY 1",
        PaymentMode,
    ),
    Breakdown("orders_by_mode", _orders_by("d.payment_mode"), PaymentMode),
    Breakdown("orders_by_kind", _orders_by("q.service_kind"), ServiceKind),
    Breakdown("orders_by_state", _orders_by("d.state"), OrderState),
    Breakdown("claims_by_mode", _claims_by("c.payment_mode"), PaymentMode),
    Breakdown("claims_by_kind", _claims_by("c.service_kind"), ServiceKind),
    Breakdown("claims_by_state", _claims_by("c.state"), ClaimState),
    Breakdown("orders_to_cities", _flow(_TO_OTHERS, "provider")),
    Breakdown("orders_from_cities", _flow(_FROM_OTHERS, "user")),
    Breakdown(
        "aid_by_programme",
        "SELECT i.programme AS label, count(*) AS count, sum(i.confirmed_fen) AS fen FROM claim_aid i "
        f"JOIN claim c ON c.id = i.claim_id WHERE {_CONFIRMED_THEN} GROUP BY 1",
    ),
    Breakdown("top_users", _top("beneficiary")),
    Breakdown("top_providers", _top("provider")),
)
"""The tables of a report."""

_LEDGER = (
    "FROM ledger_transaction t JOIN ledger_posting g ON g.transaction_id = t.id "
    "JOIN ledger_account l ON l.id = g.account_id"
)

CHECKS: tuple[Check, ...] = (
    Check(
        "confirmed",
        "confirmed_fen",
        f"SELECT COALESCE(-sum(g.amount_fen), 0) {_LEDGER} JOIN claim c ON t.source = 'claim:' || c.id "
        f"WHERE c.city = :city AND t.kind = 'payable_confirmed' AND l.kind = 'payable' AND {_within('c.confirmed_at')}",
    ),
    Check(
        "consumed",
        "cap_used_fen",
        "SELECT COALESCE(sum(h.consumed_fen), 0) FROM cap_hold h JOIN claim c ON c.order_id = h.order_id "
        "WHERE c.city = :city AND h.year = y.year AND h.state = 'consumed'",
    ),
    Check(
        "paid_to_date",
        "confirmed_paid_fen",
        f"SELECT {_NET_PAID} FROM ({_SAID}) l JOIN payable p ON p.id = l.payable_id "
        f"JOIN claim c ON p.source = 'claim:' || c.id WHERE c.city = :city AND {_within('c.confirmed_at')}",
    ),
    Check(
        "clawed_back",
        "clawbacks_fen",
        f"SELECT COALESCE(sum(g.amount_fen), 0) {_LEDGER} JOIN clawback k ON k.transaction_id = t.id "
        "JOIN payable p ON p.id = k.payable_id JOIN claim c ON c.order_id = p.order_id "
        f"WHERE c.city = :city AND l.kind = 'clawback_receivable' AND {_within('k.opened_at')}",
    ),
)
"""What must agree between figures and books before a report is believed."""

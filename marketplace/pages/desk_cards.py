"""The cards of a desk: what waits in words, how urgent it is, and where it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from flask import url_for

from accounts.permissions import Role
from accounts.states import ProposalState
from core.pages.language import day, t, yuan
from core.workdays import WorkingCalendar
from marketplace.reports.desk import DeskItem
from marketplace.states import AwardState
from vouchers.pages.claim_story import countdown_words

Place = tuple[str, Mapping[str, Any]]


def _place(endpoint: str, **query: str) -> Place:
    return endpoint, MappingProxyType(query)


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "accounts_to_renew": _place("profile_pages.show"),
        "grades_to_decide": _place("evaluation_grade_pages.index", state=ProposalState.PROPOSED.value),
        "awards_to_decide": _place("evaluation_follow_up_pages.awards", state=AwardState.PROPOSED.value),
        "rectifications_to_check": _place("evaluation_follow_up_pages.rectifications"),
        "rectifications_to_report": _place("evaluation_follow_up_pages.rectifications"),
        "appeals_to_decide": _place("misconduct_pages.index"),
        "bank_accounts_to_verify": _place("organisation_pages.index"),
        "bank_returns_to_record": _place("batch_pages.index", state="exported"),
        "fund_closings_to_decide": _place("fund_pages.index"),
        "payments_held": _place("payment_pages.index", state="held"),
        "payments_flagged": _place("payment_pages.index", looked_after="flagged"),
        "refunds_failed": _place("payment_pages.index", looked_after="refund_failed"),
        "batches_to_approve": _place("batch_pages.index", state="prepared"),
        "batches_to_close": _place("batch_pages.index", state="exported"),
        "batches_to_export": _place("batch_pages.index", state="approved"),
        "clawback_proposals_to_decide": _place("remedy_pages.index", state="proposed"),
        "shortfall_proposals_to_decide": _place("shortfall_remedy_pages.index", state="proposed"),
        "corrections_to_decide": _place("appropriation_correction_pages.index", state="proposed"),
        "disputes_to_answer": _place("dispute_pages.contested"),
        "cases_in_hand": _place("claim_review_pages.queue", held="mine"),
        "changes_to_review": _place("change_pages.index", state="submitted"),
        "claims_returned": _place("claim_pages.index", state="returned"),
        "claims_to_confirm": _place("confirmation_pages.queue"),
        "claims_to_hand_in": _place("claim_pages.index", state="draft"),
        "claims_to_review": _place("claim_review_pages.queue"),
        "claims_to_summarise": _place("summary_pages.new"),
        "clawbacks_open": _place("clawback_pages.index", state="open"),
        "clawbacks_to_pay": _place("clawback_pages.index", state="open"),
        "clawbacks_to_recover": _place("clawback_pages.index", state="open"),
        "completions_to_state": _place("order_pages.index", state="delivered"),
        "consultations_to_answer": _place("consultation_pages.questions"),
        "contracts_to_sign": _place("order_pages.index", state="accepted"),
        "deliveries_due": _place("order_pages.index", state="in_service"),
        "documents_owed": _place("membership_pages.index"),
        "documents_to_certify": _place("document_pages.index", document_state="pending"),
        "entries_unsealed": _place("trail_pages.index"),
        "figures_to_renew": _place("renewal_pages.index"),
        "findings_to_answer": _place("finding_pages.index", state="notified"),
        "findings_to_decide": _place("finding_pages.index"),
        "fund_left": _place("fund_pages.index"),
        "group_changes_proposed": _place("group_change_pages.index", state="proposed"),
        "group_changes_to_decide": _place("group_change_pages.index", state="proposed"),
        "imports_running": _place("import_pages.index"),
        "inspections_to_assign": _place("inspection_pages.index", state="planned"),
        "inspections_to_carry_out": _place("inspection_pages.index"),
        "last_seal": _place("verification_pages.index"),
        "listings_overdue": _place("term_pages.listings", overdue="overdue"),
        "exemptions_to_decide": _place("exemption_pages.index"),
        "qualifications_to_decide": _place("qualification_pages.index", state="asked"),
        "sensors_silent": _place("sensor_alarm_pages.index"),
        "purchases_to_decide": _place("purchase_pages.index", state="asked"),
        "duty_free_missing": _place("duty_free_pages.index", duty_free_status="missing"),
        "purchases_returned": _place("purchase_pages.index", state="returned"),
        "updates_due": _place("term_pages.updates"),
        "updates_overdue": _place("term_pages.updates", overdue="overdue"),
        "listings_returned": _place("own_instrument_pages.index", state="returned"),
        "listings_to_review": _place("review_pages.index"),
        "memberships_to_review": _place("membership_pages.index", state="submitted"),
        "misconduct_to_appeal": _place("misconduct_pages.index", state="in_force"),
        "money_to_come": _place("payable_pages.index"),
        "next_cutoff": _place("cutoff_pages.index"),
        "orders_to_accept": _place("order_pages.index", state="placed", sort="placed_at"),
        "orders_unanswered": _place("order_pages.index", state="placed"),
        "organisations": _place("organisation_pages.index"),
        "payables_due": _place("payable_pages.index", state="due"),
        "payables_to_correct": _place("payable_pages.index", state="failed"),
        "payables_without_money": _place("payable_pages.index", state="due"),
        "payments_due": _place("order_pages.index", unpaid="unpaid"),
        "payments_stopped": _place("stop_pages.index", state="standing"),
        "payments_to_confirm": _place("order_pages.index", unpaid="unpaid"),
        "quotes_valid": _place("quote_pages.index", valid="valid"),
        "registrations_returned": _place("membership_pages.index", state="returned"),
        "renewals_overdue": _place("renewal_pages.index", state="overdue"),
        "renewals_to_confirm": _place("renewal_pages.index", state="waiting"),
        "residences_to_answer": _place("residence_pages.index", state="asked"),
        "services_to_start": _place("order_pages.index", state="contracted"),
        "shortfalls_to_pay": _place("shortfall_pages.index", state="open"),
        "shortfalls_to_receive": _place("shortfall_pages.index", state="open"),
        "stops_to_decide": _place("stop_pages.index", state="standing"),
        "credits_to_decide": _place("credit_pages.index", state="waiting"),
        "credits_to_claw_back": _place("credit_pages.index", effect="clawback_due"),
        "suspense_to_explain": _place("suspense_pages.index", state="open"),
        "statement_gaps": _place("statement_gap_pages.index", state="open"),
        "suspense_to_settle": _place("suspense_pages.index", state="proposed"),
        "successions_proposed": _place("succession_pages.index", state="proposed"),
        "successions_to_decide": _place("succession_pages.index", state="proposed"),
        "disclosures_to_answer": _place("disclosure_pages.index", state="received"),
        "annual_report_to_submit": _place("annual_report_pages.index"),
        "annual_reports_overdue": _place("annual_report_pages.index", state="overdue"),
        "annual_reports_to_receive": _place("annual_report_pages.index", state="submitted"),
        "summaries_to_send": _place("summary_pages.index", state="stamped"),
        "summaries_to_stamp": _place("summary_pages.index", state="open"),
        "users_active": _place("user_pages.index"),
        "users_inactive": _place("user_pages.index"),
    }
)
"""The list in which each thing that waits is found, narrowed to it."""

READ_ONLY: Mapping[str, Place] = MappingProxyType(
    {
        "claims_to_review": _place("claim_pages.index", state="submitted"),
        "claims_to_summarise": _place("claim_pages.index", state="city_approved"),
    }
)
"""Where a city's finance bureau reads what others do."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card: its figure, what it counts, and what else is known of it."""

    key: str
    figure: str
    href: str
    is_fact: bool
    is_overdue: bool
    notes: tuple[str, ...]

    @property
    def label(self) -> str:
        """What waits."""
        return t(f"desk.{self.key}")


def card_of(item: DeskItem, *, role: str, today: date, calendar: WorkingCalendar) -> Card:
    """A desk item as its card."""
    places = {**PLACES, **READ_ONLY} if role == Role.CITY_FINANCE else PLACES
    endpoint, query = places[item.key]
    overdue = item.due is not None and item.due < today and not item.is_fact
    return Card(
        key=item.key,
        figure=_figure(item),
        href=url_for(endpoint, **query),
        is_fact=item.is_fact,
        is_overdue=overdue,
        notes=tuple(_notes(item, overdue=overdue, today=today, calendar=calendar)),
    )


def _figure(item: DeskItem) -> str:
    """The count, but the sum of a fund and the day of a cut-off."""
    if item.key == "fund_left":
        return yuan(item.amount_fen)
    if item.key == "next_cutoff":
        return day(item.due)
    return f"{item.count:,}"


def _notes(item: DeskItem, *, overdue: bool, today: date, calendar: WorkingCalendar) -> list[str]:
    notes: list[str] = []
    if item.amount_fen is not None and item.key != "fund_left":
        notes.append(t("desk.note.amount", amount=yuan(item.amount_fen)))
    if item.due is not None and item.key != "next_cutoff":
        notes.append(t("desk.note.overdue" if overdue else "desk.note.due", day=day(item.due)))
        left = countdown_words(calendar.countdown(today, item.due))
        notes += [left] if left else []
    if item.age_days is not None:
        notes.append(t("desk.note.age", days=item.age_days, day=day(item.oldest)))
    elif item.oldest is not None:
        notes.append(t("desk.note.oldest", day=day(item.oldest)))
    if item.is_provisional:
        notes.append(t("desk.note.provisional"))
    return notes

"""The schema of a policy pack: every value the service reads, by its key; whatever else a pack holds is a fault.

A value of ``places`` that is not named here is an area: a list of division codes that rates and programmes speak of.
Values without which the service does without are in ``OPTIONAL``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from accounts.kinds import AdverseKind, DocumentKind, IncubatorLevel, Relation, RestrictionKind
from core.http import CountField, DecimalField, EnumField, FenField, Schema, TextField
from core.http.schemas import MAX_SUM_FEN, fault
from core.kinds import ExtraKind, ServiceKind
from marketplace.rules.contracts import ContractPoint
from marketplace.rules.grading import WHOLE, Grade, Indicator, IndicatorGroup, ReadAs
from vouchers.rules.claims import Declaration, InvoiceType
from vouchers.rules.facts import Exclusion, Obstacle, PaymentMode
from vouchers.rules.flags import FlagKind

DIVISION = re.compile("[0-9]{6}")
CODE = re.compile("[a-z][a-z0-9_]{0,59}")
LAST_DAY_OF_EVERY_MONTH = 28


def _text(pattern: re.Pattern[str] | None = None, **kwargs: Any) -> TextField:
    shape = [] if pattern is None else [validate.Regexp(f"({pattern.pattern})$", error=fault("pattern"))]
    return TextField(required=True, validate=shape, max_length=1000, **kwargs)


def _many(inner: fields.Field[Any], *, least: int = 1) -> fields.List[Any]:
    return fields.List(inner, required=True, validate=validate.Length(min=least, error=fault("too_few", min=least)))


def _words(enum: type[StrEnum], *, least: int = 0) -> fields.List[Any]:
    return _many(EnumField(enum), least=least)


def _rows(schema: type[Schema], *, least: int = 1) -> fields.List[Any]:
    return _many(fields.Nested(schema), least=least)


def _rate(**kwargs: Any) -> DecimalField:
    return DecimalField(places=4, minimum=Decimal(0), maximum=Decimal(1), **kwargs)


def _ratio() -> DecimalField:
    return DecimalField(places=4, minimum=Decimal(0), maximum=Decimal(1000), required=True)


def _truth() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def _sum() -> FenField:
    return FenField(required=True, maximum=MAX_SUM_FEN)


def _count(least: int = 0, most: int = 2_000_000_000) -> CountField:
    return CountField(required=True, minimum=least, maximum=most)


class MonthDayField(fields.Field[str]):
    """A day of every year, as ``01-20``."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        try:
            date.fromisoformat(f"2001-{value}")
        except ValueError as wrong:
            raise ValidationError(fault("not_a_month_day")) from wrong
        return str(value)


class CitySchema(Schema):
    """A city."""

    code = _text(DIVISION)
    name = _text()


class CountySchema(Schema):
    """A county, or a county-level area of the list."""

    code = _text(DIVISION)
    name = _text()
    city = _text(DIVISION)
    kind = TextField(required=True, validate=validate.OneOf(("county", "zone")))


class SupportedSchema(Schema):
    """A kind of service with its group and names."""

    code = EnumField(ServiceKind, required=True)
    group = _text(CODE)
    zh = _text()
    en = _text()


class ExcludedSchema(Schema):
    """An activity that is never supported."""

    code = EnumField(Exclusion, required=True)
    zh = _text()
    en = _text()


class StratumSchema(Schema):
    """The sum from which a stratum of confirmed claims begins, and the weight of each of its claims."""

    from_fen = _sum()
    weight = _count(1)


class NamedSchema(Schema):
    """A code with its names, such as a kind of material."""

    code = _text(CODE)
    zh = _text()
    en = _text()


class RestrictableSchema(Schema):
    """What a provider may be restricted in."""

    code = EnumField(RestrictionKind, required=True)
    zh = _text()
    en = _text()


class IndicatorSchema(Schema):
    """An indicator of the yearly evaluation: its weight, and the values that earn nothing and all of it."""

    measure = EnumField(Indicator, required=True)
    group = EnumField(IndicatorGroup, required=True)
    weight = _count(1, WHOLE)
    reading = EnumField(ReadAs, required=True)
    zero = _ratio()
    full = _ratio()

    @validates_schema
    def differ(self, data: dict[str, Any], **_: Any) -> None:
        """Between two equal values nothing can be earned."""
        if data["zero"] == data["full"]:
            raise ValidationError(fault("zero_is_full"), "full")


class GradeSchema(Schema):
    """The points from which a grade is proposed, and whether it may be awarded."""

    grade = EnumField(Grade, required=True)
    from_points = DecimalField(places=2, minimum=Decimal(0), maximum=Decimal(WHOLE), required=True)
    may_be_awarded = fields.Boolean(required=True)


def _make_the_whole(indicators: list[dict[str, Any]]) -> None:
    """The weights of all indicators make 100."""
    if sum(each["weight"] for each in indicators) != WHOLE:
        raise ValidationError(fault("weights_not_whole", whole=WHOLE))


class RateSchema(Schema):
    """A rate with where its beneficiary, and perhaps its provider, sits."""

    rate = _rate(required=True)
    beneficiary_in = _text()
    provider_in = TextField()


class ProgrammeSchema(Schema):
    """A city's own programme beside the voucher."""

    code = _text(CODE)
    zh = _text()
    en = _text()
    fund = _text(CODE)
    beneficiary_in = _text()
    rate = _rate(required=True)
    annual_cap_fen = _sum()
    order_max_fen = FenField(maximum=MAX_SUM_FEN)
    reference = _text()


class ArticleSchema(Schema):
    """An article: its number, what it says, and how the service's rules name it where that differs."""

    article = _text()
    rule = TextField()
    zh = _text()
    en = _text()


SCHEMA: Mapping[str, fields.Field[Any]] = {
    "articles.voucher_measure": _rows(ArticleSchema),
    "articles.sharing_measure": _rows(ArticleSchema),
    "places.province": _text(re.compile("[0-9]{2}")),
    "places.province_name": _text(),
    "places.cities": _rows(CitySchema),
    "places.counties": _rows(CountySchema),
    "services.supported": _rows(SupportedSchema),
    "services.excluded": _rows(ExcludedSchema, least=0),
    "materials.kinds": _rows(NamedSchema),
    "vouchers.term": _text(),
    "vouchers.staff_min": _count(),
    "vouchers.staff_max": _count(1),
    "vouchers.revenue_max_fen": _sum(),
    "vouchers.adverse_years_back": _count(),
    "vouchers.misconduct_blocks_while_sanctioned": _truth(),
    "vouchers.incident_records": _words(AdverseKind),
    "vouchers.listing_records": _words(AdverseKind),
    "vouchers.refused_relations": _words(Relation),
    "vouchers.flagged_relations": _words(Relation),
    "vouchers.subsidiary_above_percent": DecimalField(required=True, maximum=Decimal(100)),
    "vouchers.refused_obstacles": _words(Obstacle),
    "vouchers.incubator_levels": _words(IncubatorLevel),
    "vouchers.out_of_province_modes": _words(PaymentMode),
    "vouchers.subsidy_rates": _rows(RateSchema),
    "vouchers.annual_cap_fen": _sum(),
    "vouchers.city_programmes": _rows(ProgrammeSchema, least=0),
    "vouchers.materials": fields.Dict(required=True, keys=_text(CODE), values=_many(_text(CODE))),
    "vouchers.eligible_extras": _words(ExtraKind),
    "vouchers.tax_invoice_types": _words(InvoiceType, least=1),
    "vouchers.claimants": fields.Dict(
        required=True,
        keys=EnumField(PaymentMode),
        values=TextField(validate=validate.OneOf(("provider", "beneficiary"))),
        validate=validate.Length(min=1, error=fault("too_few", min=1)),
    ),
    "vouchers.required_declarations": _words(Declaration),
    "vouchers.validity_months": _count(1, 120),
    "vouchers.validity_moves_to_working_day": _truth(),
    "vouchers.correction_working_days": _count(1, 1000),
    "vouchers.answer_working_days": _count(1, 1000),
    "vouchers.quote_valid_hours": _count(1, 10_000),
    "vouchers.reminder_days": _many(_count(), least=0),
    "vouchers.annual_report_due": MonthDayField(required=True),
    "settlement.cutoff_days": _many(_count(1, LAST_DAY_OF_EVERY_MONTH)),
    "settlement.cutoff_moves_to_working_day": _truth(),
    "settlement.payment_order": TextField(required=True, validate=validate.Equal("confirmation")),
    "settlement.unpaid_shortfall_blocks_direct_deduction": _truth(),
    "settlement.currency": TextField(required=True, validate=validate.Equal("CNY")),
    "settlement.programme": _text(CODE),
    "settlement.clawback_working_days": _count(1, 1000),
    "instruments.term": _text(),
    "instruments.mandatory_listing_min_fen": _sum(),
    "instruments.listing_due_working_days": _count(1, 1000),
    "instruments.update_due_working_days": _count(1, 1000),
    "instruments.listing_reminder_working_days": _count(0, 1000),
    "instruments.secrecy_exemption_max_months": _count(1, 1000),
    "instruments.contract_points": _words(ContractPoint, least=1),
    "instruments.award_max_fen": _sum(),
    "instruments.duplicate_purchase_review_min_fen": _sum(),
    "instruments.duty_free_supervision_months": _count(1, 1000),
    "instruments.duplicate_purchase_look_back_days": _count(1, 366),
    "instruments.duplicate_purchase_look_ahead_days": _count(1, 366),
    "instruments.booking_max_days": _count(1, 3660),
    "instruments.booking_horizon_days": _count(1, 3660),
    "instruments.saved_searches_max": _count(1, 1000),
    "instruments.calendar_reads_an_hour": _count(1, 3600),
    "instruments.slot_wait_term_minutes": _count(1, 44_640),
    "instruments.slot_waits_max": _count(1, 1000),
    "instruments.usage_back_days": _count(1, 3660),
    "instruments.usage_late_after_days": _count(0, 3660),
    "instruments.check_in_early_minutes": _count(0, 1440),
    "instruments.reading_late_after_minutes": _count(0, 100_000),
    "instruments.reading_back_days": _count(1, 3660),
    "instruments.reading_ahead_seconds": _count(0, 86_400),
    "instruments.reading_gap_minutes": _count(1, 1440),
    "instruments.sensor_silence_days": _count(1, 366),
    "instruments.alarm_reminder_days": _count(1, 366),
    "instruments.alarm_answer_max_days": _count(1, 366),
    "members.registration_documents": fields.Dict(
        required=True, keys=_text(CODE), values=_many(EnumField(DocumentKind), least=0)
    ),
    "members.documents_may_be_owed": _truth(),
    "members.owed_documents_working_days": _count(),
    "members.figures_due": MonthDayField(required=True),
    "members.figures_grace_end": MonthDayField(required=True),
    "members.overdue_figures_refuse_orders": _truth(),
    "members.suspension_articles": _many(_text()),
    "members.change_days_ahead": _count(1, 3660),
    "reviews.city_review_working_days": _count(1, 1000),
    "reviews.confirmation_working_days": _count(1, 1000),
    "reviews.case_hold_working_days": _count(1, 1000),
    "reviews.batch_max_claims": _count(1),
    "reviews.interest_cooling_months": _count(),
    "reviews.summary_number": _text(),
    "supervision.spot_check_strata": _rows(StratumSchema),
    "supervision.inspectors_min": _count(1),
    "supervision.inspection_checklist": _rows(NamedSchema),
    "supervision.finding_answer_working_days": _count(1, 1000),
    "supervision.sanction_years_max": _count(1, 100),
    "supervision.appeal_working_days": _count(1, 1000),
    "evaluation.registration_review_working_days": _count(1, 1000),
    "evaluation.publishing_working_days": _count(1, 1000),
    "evaluation.small_sample": _count(),
    "evaluation.comment_working_days": _count(1, 1000),
    "evaluation.hearing_working_days": _count(1, 1000),
    "evaluation.restriction_months_max": _count(1, 1200),
    "evaluation.restrictions": _rows(RestrictableSchema),
    "grading.indicators": fields.List(
        fields.Nested(IndicatorSchema), required=True, validate=[validate.Length(min=1), _make_the_whole]
    ),
    "grading.grades": _rows(GradeSchema),
    "grading.coverage_min": _count(1, WHOLE),
    "grading.rectification_working_days": _count(1, 1000),
    "reports.annual_report_moves_to_working_day": _truth(),
    "reports.annual_report_reminder_days": _many(_count(), least=0),
    "reports.annual_report_number": _text(),
    "disclosure.answer_working_days": _count(1, 1000),
    "disclosure.extension_working_days": _count(1, 1000),
    "disclosure.consultation_working_days": _count(1, 1000),
    "disclosure.refusal_grounds": _rows(NamedSchema),
    "disclosure.consulted_grounds": _many(_text(CODE), least=0),
    "disclosure.reminder_days": _many(_count(), least=0),
    "disclosure.application_number": _text(),
    "abuse.finding_needed": _words(FlagKind),
    "abuse.split_orders": _count(2),
    "abuse.split_within_days": _count(1),
    "abuse.split_title_likeness": _rate(required=True),
    "abuse.split_price_ratio": _ratio(),
    "abuse.split_watched_fen": _sum(),
    "abuse.price_ratio": _ratio(),
    "abuse.price_sample": _count(1),
    "abuse.price_sample_min": _count(1),
    "abuse.hours_ratio": _ratio(),
    "abuse.completion_days": _count(),
    "abuse.burst_days": _count(1),
    "abuse.burst_claims": _count(1),
    "abuse.burst_ratio": _ratio(),
    "abuse.burst_usual_days": _count(1),
    "invoices.service_items": _many(_text(), least=0),
    "invoices.ineligible_items": _many(_text(), least=0),
    "invoices.days_before_order": _count(),
    "invoices.unknown_credit_max_fen": _sum(),
}

AREA: fields.Field[Any] = _many(_text(DIVISION))

OPTIONAL = frozenset(
    {
        "vouchers.city_programmes",
        "vouchers.eligible_extras",
        *(key for key in SCHEMA if key.startswith(("members.", "invoices."))),
    }
)
"""Without them the service asks nothing or adds nothing."""

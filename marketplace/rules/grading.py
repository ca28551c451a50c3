"""From figures to points and a proposed grade: indicators with weights of the policy; what has no data earns and costs
nothing (S24-S26). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from core.errors import Reason, reason
from core.money import yuan_text
from core.policy import PolicyPack

GRADING = "S24"
TERM = "grading.indicators"
AWARDS = "instruments.award_max_fen"
RECTIFICATION = "grading.rectification_working_days"
WHOLE = 100
"""What the weights of all indicators make, and the most points there are."""
_PLACES = Decimal("0.01")


class Indicator(StrEnum):
    """What may be an indicator: measures of providers by name."""

    LISTED_IN_TIME = "listed_in_time"
    UPDATED_IN_TIME = "updated_in_time"
    SENSORS = "sensors"
    USED = "used"
    SERVICES = "services"
    BOOKINGS = "bookings"
    HOURS_LOGGED = "hours_logged"
    ACCEPTANCE = "acceptance"
    LAPSED = "lapsed"
    DECLINED = "declined"
    TURNAROUND = "turnaround"
    DELAY = "delay"
    CANCELLED = "cancelled"
    COMPLAINTS = "complaints"
    PRICED = "priced"
    CONTRACTS = "contracts"
    NAMED = "named"
    ADVERSE = "adverse"


class IndicatorGroup(StrEnum):
    """What indicators are about."""

    OPENNESS = "openness"
    USE = "use"
    SERVICE = "service"
    COMPLIANCE = "compliance"


class ReadAs(StrEnum):
    """What of a figure is scored. Cases and hits are counts over records kept here whole: none of them is a true
    nought; a share or a time without a case is no data."""

    SHARE = "share"
    DAYS = "days"
    CASES = "cases"
    HITS = "hits"


class Grade(StrEnum):
    """The grades of the national evaluation of sharing: 优秀, 良好, 合格, 较差."""

    EXCELLENT = "excellent"
    GOOD = "good"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """One indicator: ``zero`` earns nothing, ``full`` the whole ``weight``, what lies between its part of it."""

    measure: Indicator
    group: IndicatorGroup
    weight: int
    reading: ReadAs
    zero: Decimal
    full: Decimal


@dataclass(frozen=True, slots=True)
class GradeRule:
    """The points from which a grade is proposed, and whether it may be awarded money."""

    grade: Grade
    from_points: Decimal
    may_be_awarded: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """Indicators, grades from the best down, and the weight that must have data before a grade is proposed."""

    indicators: tuple[IndicatorRule, ...]
    grades: tuple[GradeRule, ...]
    coverage_min: int

    def may_be_awarded(self, grade: Grade) -> bool:
        """Whether a grade may be awarded money."""
        return any(each.may_be_awarded for each in self.grades if each.grade is grade)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a figure says: cases, hits, and the median in working days where it is a time."""

    cases: int
    hits: int
    days: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What one indicator earned; ``value`` and ``points`` are None where there is no data."""

    rule: IndicatorRule
    value: Decimal | None
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class Score:
    """Marks, the weight that has data, points of 100 over that weight, and the grade they propose."""

    marks: tuple[Mark, ...]
    covered: int
    points: Decimal | None
    proposal: Grade | None


def scheme_of(pack: PolicyPack, day: date) -> dict[str, Any]:
    """The scheme of a day as it is kept with an evaluation: plain values, decimals as text."""
    edition = pack.nearest(day, term=TERM)
    return {
        "indicators": [dict(each) for each in edition["grading.indicators"]],
        "grades": [dict(each) for each in edition["grading.grades"]],
        "coverage_min": edition["grading.coverage_min"],
    }


def scheme_in(kept: Mapping[str, Any]) -> Scheme:
    """A scheme as it was kept."""
    indicators = (
        IndicatorRule(
            Indicator(each["measure"]),
            IndicatorGroup(each["group"]),
            each["weight"],
            ReadAs(each["reading"]),
            Decimal(each["zero"]),
            Decimal(each["full"]),
        )
        for each in kept["indicators"]
    )
    grades = (
        GradeRule(Grade(each["grade"]), Decimal(each["from_points"]), each["may_be_awarded"]) for each in kept["grades"]
    )
    best_first = sorted(grades, key=lambda each: each.from_points, reverse=True)
    return Scheme(tuple(indicators), tuple(best_first), kept["coverage_min"])


def score(scheme: Scheme, readings: Mapping[Indicator, Reading]) -> Score:
    """What the readings earn; an indicator that is not among them has no source, and so no data."""
    marks = tuple(_mark(rule, readings.get(rule.measure)) for rule in scheme.indicators)
    covered = sum(each.rule.weight for each in marks if each.points is not None)
    points = _total(marks, covered)
    proposal = None if points is None or covered < scheme.coverage_min else graded(scheme.grades, points)
    return Score(marks, covered, points, proposal)


def graded(grades: Sequence[GradeRule], points: Decimal) -> Grade:
    """The best grade whose points are reached; reaching them exactly is enough."""
    return next((each.grade for each in grades if points >= each.from_points), grades[-1].grade)


def _mark(rule: IndicatorRule, reading: Reading | None) -> Mark:
    value = None if reading is None else _value(rule.reading, reading)
    if value is None:
        return Mark(rule, None, None)
    reached = (value - rule.zero) / (rule.full - rule.zero)
    points = rule.weight * min(max(reached, Decimal(0)), Decimal(1))
    return Mark(rule, value, points.quantize(_PLACES, ROUND_HALF_UP))


def _value(read_as: ReadAs, reading: Reading) -> Decimal | None:
    match read_as:
        case ReadAs.CASES:
            return Decimal(reading.cases)
        case ReadAs.HITS:
            return Decimal(reading.hits)
        case ReadAs.DAYS:
            return reading.days
        case ReadAs.SHARE:
            return round(Decimal(reading.hits) / reading.cases, 4) if reading.cases else None


def _total(marks: Sequence[Mark], covered: int) -> Decimal | None:
    """Points of 100 over the weight that has data."""
    if not covered:
        return None
    earned = sum((each.points for each in marks if each.points is not None), Decimal(0))
    return (earned * WHOLE / covered).quantize(_PLACES, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class AwardLimit:
    """What a unit may be awarded for a year at most, in fen, and the reference of the policy that says so."""

    fen: int
    article: str


def award_limit(pack: PolicyPack, day: date) -> AwardLimit:
    """The limit of a day, or of the nearest one that the pack covers."""
    entry = pack.nearest(day, term=AWARDS).entry(AWARDS)
    return AwardLimit(entry.value, entry.reference)


def rectification_days(pack: PolicyPack, day: date) -> int:
    """The working days to put things right after an insufficient grade."""
    days: int = pack.nearest(day, term=RECTIFICATION)[RECTIFICATION]
    return days


def grade_faults(
    grade: Grade, *, proposal: Grade | None, cause: str, is_provider: bool, is_published: bool
) -> list[Reason]:
    """Why a grade cannot be proposed like this: only providers of a scored year are graded, and another grade than the
    points propose, or a correction of what is public, says why."""
    found = []
    if not is_provider:
        found.append(reason("evaluation_grade_unscored", article=GRADING))
    if not cause and grade is not proposal:
        found.append(reason("evaluation_grade_cause", article=GRADING, field="cause"))
    elif not cause and is_published:
        found.append(reason("evaluation_grade_correction", article=GRADING, field="cause"))
    return found


def award_faults(
    amount_fen: int, *, others_fen: int, limit_fen: int, is_in_force: bool, is_published: bool, may_be_awarded: bool
) -> list[Reason]:
    """Why a sum cannot be awarded; the limit itself is allowed, a fen more is not."""
    found = []
    if not is_published:
        found.append(reason("evaluation_award_unpublished", article=GRADING))
    if not is_in_force:
        found.append(reason("evaluation_award_superseded", article=GRADING))
    if not may_be_awarded:
        found.append(reason("evaluation_award_grade", article=GRADING))
    if others_fen + amount_fen > limit_fen:
        found.append(
            reason(
                "evaluation_award_limit",
                article=GRADING,
                field="amount_fen",
                limit=yuan_text(limit_fen),
                others=yuan_text(others_fen),
            )
        )
    return found

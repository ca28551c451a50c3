"""S2, S4, S5, S14, S23, S27, V14, prices, opening hours, search tokens, merging."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core.clock import SHANGHAI
from core.kinds import ServiceKind
from core.states import Transitions
from instruments.rules.booking import NO_RULES
from instruments.rules.imports.rows import InstrumentRow, ServiceRow
from instruments.rules.listing import (
    ListingFacts,
    Obligation,
    advice,
    defects,
    due_on,
    duplicate_review_needed,
    obligation,
    obstacles,
)
from instruments.rules.merging import merged_instrument, merged_service
from instruments.rules.opening import (
    MINUTES_A_DAY,
    Interval,
    Opening,
    WeeklyHours,
    free_intervals,
    hours_faults,
    open_intervals,
)
from instruments.rules.pricing import price, quantity_faults, slot_quantity
from instruments.rules.search import query_tokens, tokens
from instruments.rules.services import ServiceFacts, cost_faults, cost_is_missing, missing_for_publication
from instruments.rules.slots import Terms, slot_faults
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit
from instruments.states import IMPORT, LISTING, SERVICE, ImportState, ListingState, ServiceState

LEAST = 30_000_000
FISCAL = ListingFacts(
    kind=InstrumentKind.INSTRUMENT,
    funding=Funding.FISCAL,
    value_fen=LEAST,
    name="质谱仪",
    category="质谱仪器",
    iot_sensor=True,
)
MANDATORY, OPTIONAL = Obligation.MANDATORY, Obligation.OPTIONAL


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of June 2026 in Shanghai; the 1st is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("kind", "funding", "value_fen", "expected"),
    [
        (InstrumentKind.INSTRUMENT, Funding.FISCAL, 30_000_000, MANDATORY),
        (InstrumentKind.INSTRUMENT, Funding.FISCAL, 29_999_999, OPTIONAL),
        (InstrumentKind.INSTRUMENT, Funding.PARTLY_FISCAL, 30_000_000, MANDATORY),
        (InstrumentKind.INSTRUMENT, Funding.PRIVATE, 50_000_000, OPTIONAL),
        (InstrumentKind.INSTRUMENT, Funding.FISCAL, None, OPTIONAL),
        (InstrumentKind.FACILITY, Funding.PARTLY_FISCAL, 1, MANDATORY),
        (InstrumentKind.FACILITY, Funding.FISCAL, None, MANDATORY),
        (InstrumentKind.FACILITY, Funding.PRIVATE, 50_000_000, OPTIONAL),
    ],
)
def test_what_must_be_listed(
    kind: InstrumentKind, funding: Funding, value_fen: int | None, expected: Obligation
) -> None:
    """S2, S4: 300,000.00 fiscal is mandatory, 299,999.99 optional, 500,000 private optional."""
    facts = replace(FISCAL, kind=kind, funding=funding, value_fen=value_fen)
    assert obligation(facts, mandatory_min_fen=LEAST) is expected


def test_a_filed_secrecy_exemption_lifts_the_duty() -> None:
    """S23: until then it counts as unlisted."""
    exempted = replace(FISCAL, secrecy_exempted_on=date(2025, 3, 1))
    assert obligation(FISCAL, mandatory_min_fen=LEAST) is MANDATORY
    assert obligation(exempted, mandatory_min_fen=LEAST) is OPTIONAL
    assert [each.code for each in obstacles(exempted)] == ["instrument_secret"]


def test_sensors_are_demanded_of_mandatory_ones_and_encouraged_on_others() -> None:
    """S4."""
    bare = replace(FISCAL, iot_sensor=False)
    assert [each.article for each in defects(bare, mandatory_min_fen=LEAST)] == ["S4"]
    assert advice(bare, mandatory_min_fen=LEAST) == []
    private = replace(bare, funding=Funding.PRIVATE)
    assert defects(private, mandatory_min_fen=LEAST) == []
    assert [each.article for each in advice(private, mandatory_min_fen=LEAST)] == ["S4"]
    cheap = replace(private, value_fen=LEAST - 1)
    assert advice(cheap, mandatory_min_fen=LEAST) == []
    assert len(advice(replace(cheap, kind=InstrumentKind.FACILITY), mandatory_min_fen=LEAST)) == 1


def test_a_duty_free_import_needs_its_record() -> None:
    """S5."""
    assert obstacles(FISCAL) == []
    assert [each.article for each in obstacles(replace(FISCAL, duty_free=True))] == ["S5"]
    assert obstacles(replace(FISCAL, duty_free=True, duty_free_record="海关备案1号")) == []


def test_all_obstacles_come_at_once() -> None:
    """Name, category, value, use."""
    empty = replace(FISCAL, name="", category="", value_fen=None, external_use=ExternalUse.CLOSED)
    assert [each.field for each in obstacles(empty)] == ["name", "category", "value_fen", "external_use"]


class PlainWeek:
    """Weekends only."""

    def add_working_days(self, day: date, count: int) -> date:
        """The count-th weekday after the day."""
        while count:
            day += timedelta(days=1)
            count -= day.isoweekday() <= 5
        return day


def test_a_term_counts_from_the_day_after() -> None:
    """S13, S14."""
    assert due_on(date(2026, 6, 1), working_days=30, calendar=PlainWeek()) == date(2026, 7, 13)


@pytest.mark.parametrize(("fen", "needed"), [(50_000_000, True), (49_999_999, False)])
def test_duplicate_purchase_review(fen: int, *, needed: bool) -> None:
    """S27: 500,000 yes; 499,999.99 no."""
    assert duplicate_review_needed(fen, review_min_fen=50_000_000) is needed


def test_v14_names_everything_a_service_lacks() -> None:
    """V14."""
    nothing = ServiceFacts(
        content="", process="", equipment="", price_fen=None, price_unit=None, phone="", turnaround_days=None
    )
    assert [each.field for each in missing_for_publication(nothing)] == [
        "content",
        "process",
        "equipment",
        "price_fen",
        "price_unit",
        "phone",
        "turnaround_days",
    ]
    assert [each.field for each in missing_for_publication(replace(nothing, price_fen=0, phone="1"))] == [
        "content",
        "process",
        "equipment",
        "price_fen",
        "price_unit",
        "turnaround_days",
    ]


@pytest.mark.parametrize(
    ("unit_price", "quantity", "expected"),
    [(50_000, "2", 100_000), (3_333, "0.5", 1_667), (3_333, "1.5", 5_000), (1, "0.49", 0), (1, "0.5", 1), (7, "3", 21)],
)
def test_a_price_is_rounded_once_half_up_to_the_fen(unit_price: int, quantity: str, expected: int) -> None:
    """Unit price times quantity."""
    assert price(unit_price, Decimal(quantity)) == expected


@pytest.mark.parametrize(
    ("unit", "minutes", "expected"),
    [
        (PriceUnit.HOUR, 120, "2.00"),
        (PriceUnit.HOUR, 100, "1.67"),
        (PriceUnit.HOUR, 90, "1.50"),
        (PriceUnit.DAY, 60, "1"),
        (PriceUnit.DAY, 24 * 60, "1"),
        (PriceUnit.DAY, 24 * 60 + 1, "2"),
    ],
)
def test_time_is_counted_in_begun_units(unit: PriceUnit, minutes: int, expected: str) -> None:
    """Hundredths of an hour, or days of 24 hours."""
    assert slot_quantity(unit, timedelta(minutes=minutes)) == Decimal(expected)


def test_samples_have_no_length() -> None:
    """Only time is counted by a slot."""
    with pytest.raises(ValueError, match="not priced by time"):
        slot_quantity(PriceUnit.SAMPLE, timedelta(hours=1))


@pytest.mark.parametrize(
    ("unit", "quantity", "expected"),
    [
        (PriceUnit.SAMPLE, "1", []),
        (PriceUnit.SAMPLE, "1.5", ["service_quantity_not_whole"]),
        (PriceUnit.HOUR, "1.5", []),
        (PriceUnit.TIME, "-0.5", ["service_quantity_out_of_range", "service_quantity_not_whole"]),
        (PriceUnit.HOUR, "1000001", ["service_quantity_out_of_range"]),
    ],
)
def test_faults_of_a_quantity(unit: PriceUnit, quantity: str, expected: list[str]) -> None:
    """Above zero, not beyond reason, whole for samples and times."""
    assert [each.code for each in quantity_faults(unit, Decimal(quantity))] == expected


def test_opening_hours_become_instants_across_midnight() -> None:
    """Monday 22:00 to 26:00 and Tuesday 2:00 to 4:00 are one stretch."""
    week = [WeeklyHours(1, 22 * 60, 26 * 60), WeeklyHours(2, 2 * 60, 4 * 60)]
    assert open_intervals(Opening(tuple(week)), at(1, 0), at(8, 0)) == [Interval(at(1, 22), at(2, 4))]
    assert open_intervals(Opening(tuple(week)), at(2, 1), at(2, 3)) == [Interval(at(2, 1), at(2, 3))]
    assert open_intervals(Opening(tuple(week)), at(3, 0), at(7, 0)) == []


def test_day_and_night_is_one_stretch() -> None:
    """Seven times 0:00 to 24:00."""
    week = [WeeklyHours(day, 0, MINUTES_A_DAY) for day in range(1, 8)]
    assert open_intervals(Opening(tuple(week)), at(1, 5), at(20, 7)) == [Interval(at(1, 5), at(20, 7))]


def test_what_is_free_is_open_and_not_taken() -> None:
    """Touching, overlapping and outlying blocks."""
    opened = [Interval(at(1, 8), at(1, 18))]
    taken = [
        Interval(at(1, 7), at(1, 9)),
        Interval(at(1, 12), at(1, 13)),
        Interval(at(1, 13), at(1, 14)),
        Interval(at(1, 20), at(1, 21)),
    ]
    assert free_intervals(opened, taken) == [Interval(at(1, 9), at(1, 12)), Interval(at(1, 14), at(1, 18))]
    assert free_intervals(opened, [Interval(at(1, 0), at(2, 0))]) == []


def test_a_week_wraps_round_sunday_night() -> None:
    """Sunday 20:00 to 26:00 meets Monday 1:00."""
    sunday, monday = WeeklyHours(7, 20 * 60, 26 * 60), WeeklyHours(1, 60, 120)
    assert [each.field for each in hours_faults([monday, sunday])] == ["hours.1"]
    assert hours_faults([replace(monday, opens=120, closes=180), sunday]) == []
    assert len(hours_faults([WeeklyHours(0, 0, 1), WeeklyHours(8, 5, 5), WeeklyHours(1, 0, 1441)])) == 4


def test_faults_of_a_slot_come_together() -> None:
    """Past, too long, too far."""
    week = [WeeklyHours(day, 480, 1080) for day in range(1, 6)]

    def found(slot: Interval, hours: list[WeeklyHours]) -> list[str]:
        terms = Terms(
            opening=Opening(tuple(hours)), rules=NO_RULES, longest=timedelta(days=2), horizon=timedelta(days=5)
        )
        return [each.code for each in slot_faults(slot, terms=terms, own=(), now=at(10, 0))]

    assert found(Interval(at(10, 9), at(10, 10)), week) == []
    assert found(Interval(at(10, 9), at(10, 19)), week) == ["slot_outside_opening_hours"]
    assert found(Interval(at(10, 9), at(10, 10)), []) == ["slot_no_opening_hours"]
    assert found(Interval(at(1, 9), at(10, 10)), week) == ["slot_in_the_past", "slot_too_long"]
    assert found(Interval(at(20, 9), at(20, 10)), week) == ["slot_too_far"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("飞行时间质谱仪", "时间"),
        ("H-7650", "h7650"),
        ("H-7650", "H-7650"),
        ("ＬＴＱ Orbitrap", "ltq orbi"),
        ("X射线衍射仪", "x射线"),
        ("走査電子顕微鏡（ＳＥＭ）", "電子"),
        ("Mössbauer", "mössb"),
    ],
)
def test_tokens_of_a_query_are_among_those_of_what_it_finds(text: str, query: str) -> None:
    """Pairs, beginnings, joined model numbers, full width."""
    wanted = query_tokens(query)
    assert wanted
    assert set(wanted) <= set(tokens([text]))


def test_signs_are_no_words() -> None:
    """A query without any word finds nothing rather than everything."""
    assert query_tokens(" …—%_' ") == []
    assert tokens(["…", ""]) == []


ROW = InstrumentRow(line=2, external_id="A", name="质谱仪", model="M", value_fen=5, category_code="010101")


def test_a_row_overwrites_what_it_says_and_keeps_what_it_leaves_blank() -> None:
    """Blank, unknown and None never erase."""
    known = merged_instrument(replace(ROW, funding=Funding.FISCAL, iot_sensor=True), None)
    after = merged_instrument(replace(ROW, name="新名", model="", value_fen=None, category_code=""), known)
    assert (after["name"], after["model"], after["value_fen"]) == ("新名", "M", 5)
    assert (after["funding"], after["iot_sensor"], after["category"]) == (Funding.FISCAL, True, "010101")
    assert "新名" in after["tokens"]
    assert merged_instrument(replace(ROW, iot_sensor=False), known)["iot_sensor"] is False


def test_the_line_is_no_part_of_what_a_row_says() -> None:
    """A file in another order changes nothing."""
    assert ROW.mark == replace(ROW, line=9).mark
    assert ROW.mark != replace(ROW, model="N").mark


def test_a_service_row_keeps_the_phone_entered_by_hand() -> None:
    """Price lists do not have one."""
    row = ServiceRow(
        line=2,
        external_id="S",
        title="拉伸",
        kind=ServiceKind.COMMISSIONED_ANALYSIS,
        content="室温",
        price_fen=100,
        price_unit=PriceUnit.SAMPLE,
    )
    known = {**merged_service(row, None), "phone": "0531-1"}
    assert merged_service(replace(row, price_fen=200), known)["phone"] == "0531-1"


@pytest.mark.parametrize(
    ("transitions", "states", "expected"),
    [
        (
            LISTING,
            ListingState,
            {
                "draft submit submitted",
                "returned submit submitted",
                "submitted publish published",
                "submitted return returned",
                "published suspend suspended",
                "suspended resume published",
                "published retire retired",
            },
        ),
        (
            SERVICE,
            ServiceState,
            {"draft publish published", "withdrawn publish published", "published withdraw withdrawn"},
        ),
        (
            IMPORT,
            ImportState,
            {"queued start running", "running finish done", "queued refuse refused", "running refuse refused"},
        ),
    ],
)
def test_state_tables_are_exactly_as_designed(
    transitions: Transitions[ListingState], states: type[ListingState], expected: set[str]
) -> None:
    """Every state against every action."""
    found = {
        f"{state} {action} {target}"
        for state in states
        for action in transitions.names()
        if (target := transitions.target(state, action)) is not None
    }
    assert found == expected


@pytest.mark.parametrize(
    ("price_fen", "is_fiscal", "cost_fen", "codes"),
    [
        (10_000, True, 10_000, []),
        (10_001, True, 10_000, ["service_price_above_cost"]),
        (10_001, False, 10_000, []),
        (10_001, True, None, []),
    ],
)
def test_v13_a_fiscal_provider_charges_no_more_than_its_stated_cost(
    price_fen: int, *, is_fiscal: bool, cost_fen: int | None, codes: list[str]
) -> None:
    """V13: a cost not stated yet is a defect to mend and refuses nothing."""
    facts = ServiceFacts(
        content="",
        process="",
        equipment="",
        price_fen=price_fen,
        price_unit=None,
        phone="",
        turnaround_days=None,
        is_fiscal=is_fiscal,
        cost_fen=cost_fen,
        cost_basis="成本核算表",
    )
    assert [each.code for each in cost_faults(facts)] == codes
    assert cost_is_missing(facts) is (is_fiscal and cost_fen is None)

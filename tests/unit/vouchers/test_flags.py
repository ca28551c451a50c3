"""Every rule of the flags at the edges of its figures. None of them judges: facts in, suspicions out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core import policy
from core.kinds import ServiceKind
from vouchers.rules.claims import MaterialKind
from vouchers.rules.flags import FlagKind, Found
from vouchers.rules.flags.bursts import HandedIn, burst_flags
from vouchers.rules.flags.completion import CompletionSeen, completion_flags
from vouchers.rules.flags.documents import DocumentSeen, Elsewhere, document_flags, within_city
from vouchers.rules.flags.hours import HoursSeen, hours_flags
from vouchers.rules.flags.kinds import facts_only
from vouchers.rules.flags.policy import AbusePolicy, read
from vouchers.rules.flags.prices import PriceSeen, price_flags
from vouchers.rules.flags.relations import RelationsSeen, relation_flags
from vouchers.rules.flags.splitting import PairOrder, is_similar, split_flags

DAY = date(2026, 3, 2)
FIGURES: AbusePolicy = read(policy.load_pack(policy.DEFAULT_PACK).at(DAY))
CAP_FEN = 50_000_000


def test_an_approval_waits_for_a_finding_about_every_kind() -> None:
    assert FIGURES.finding_needed == set(FlagKind)


# -- relations ---------------------------------------------------------------------------------------------------------

NOTHING = {
    "user_holds_percent": "0",
    "provider_holds_percent": "0",
    "same_controller": False,
    "same_legal_representative": False,
}


def seen(at_order: set[str] | None = None, today: set[str] | None = None, **details: object) -> RelationsSeen:
    return RelationsSeen(
        at_order=at_order or set(),
        today=today or set(),
        details={**NOTHING, **details},
        shared={"shared_phone": "0531-1"},
    )


def test_v8_4_a_lesser_holding_is_flagged_with_its_percentages() -> None:
    (found,) = relation_flags(seen({"one_way_holding"}, {"one_way_holding"}, user_holds_percent="3.0000"))
    assert (found.kind, found.evidence) == (
        FlagKind.ONE_WAY_HOLDING,
        {"at_order": True, "today": True, "user_holds_percent": "3.0000", "provider_holds_percent": "0"},
    )


def test_v8_4_what_is_gone_or_appeared_since_the_order_is_said_so() -> None:
    (gone,) = relation_flags(seen({"shared_phone"}))
    assert gone.evidence == {"at_order": True, "today": False}
    (came,) = relation_flags(seen(None, {"shared_phone"}))
    assert came.evidence == {"at_order": False, "today": True, "shared": "0531-1"}
    (control,) = relation_flags(seen(None, {"common_control"}, same_controller=True))
    assert (control.evidence["same_controller"], control.evidence["same_legal_representative"]) == (True, False)
    assert relation_flags(seen()) == []


def test_other_evidence_is_another_flag_and_the_same_is_not() -> None:
    before = relation_flags(seen(None, {"one_way_holding"}, user_holds_percent="3"))
    same = relation_flags(seen(None, {"one_way_holding"}, user_holds_percent="3"))
    other = relation_flags(seen(None, {"one_way_holding"}, user_holds_percent="4"))
    assert before[0].about == same[0].about != other[0].about


# -- one job in several orders -----------------------------------------------------------------------------------------


def an_order(
    number: int = 1, *, after_days: int = 0, contract_fen: int = FIGURES.split_watched_fen // 2, **other: object
) -> PairOrder:
    made = PairOrder(
        order_id=number,
        placed_on=DAY + timedelta(days=after_days),
        title=f"复合材料疲劳试验 第{number}批",
        kind=ServiceKind.COMMISSIONED_ANALYSIS,
        price_unit="sample",
        unit_price_fen=1_000_000,
        contract_fen=contract_fen,
        entitlement_fen=contract_fen * 6 // 10,
        year=2026,
    )
    return replace(made, **other)  # type: ignore[arg-type]


def split(order: PairOrder, *others: PairOrder) -> list[Found]:
    return split_flags(order, others, annual_cap_fen=CAP_FEN, policy=FIGURES)


def test_two_similar_orders_are_flagged_whatever_their_sum() -> None:
    (found,) = split(an_order(1, contract_fen=1), an_order(2, contract_fen=1))
    assert (found.about, found.evidence["crossed"], found.evidence["limit_orders"]) == ("1,2", [], 2)
    assert split(an_order(1)) == []


def test_similar_orders_that_together_reach_the_watched_sum_are_said_to() -> None:
    half = FIGURES.split_watched_fen // 2
    (found,) = split(an_order(1, contract_fen=half), an_order(2, contract_fen=half))
    assert (found.kind, found.about) == (FlagKind.SPLIT_ORDERS, "1,2")
    assert found.evidence["crossed"] == ["watched_sum"]
    assert (found.evidence["total_fen"], found.evidence["entitlement_fen"]) == (2 * half, 2 * half * 6 // 10)
    assert [each["order_id"] for each in found.evidence["orders"]] == [1, 2]
    (less,) = split(an_order(1, contract_fen=half), an_order(2, contract_fen=half - 1))
    assert less.evidence["crossed"] == []


def test_an_order_that_reaches_the_sum_alone_crosses_nothing_by_another() -> None:
    whole = FIGURES.split_watched_fen
    (found,) = split(an_order(1, contract_fen=whole), an_order(2, contract_fen=whole))
    assert found.evidence["crossed"] == []


@pytest.mark.parametrize(("days", "flagged"), [(30, True), (31, False), (-30, True), (-31, False)])
def test_orders_count_together_within_thirty_days(days: int, flagged: bool) -> None:
    assert bool(split(an_order(1), an_order(2, after_days=days))) is flagged


def test_the_thirty_days_lie_anywhere_around_the_order_but_are_thirty() -> None:
    """Ten days before and twenty-five after are thirty-five apart: they are never taken together."""
    early, late = an_order(2, after_days=-10, contract_fen=1), an_order(3, after_days=25, contract_fen=2)
    assert [found.about for found in split(an_order(1, contract_fen=1), early, late)] == ["1,3"]
    nearer = replace(late, placed_on=DAY + timedelta(days=20))
    assert [found.about for found in split(an_order(1, contract_fen=1), early, nearer)] == ["1,2,3"]


def test_orders_in_two_years_that_one_cap_would_not_hold_are_said_to_be() -> None:
    big = an_order(1, contract_fen=45_000_000, year=2026)
    (found,) = split(big, an_order(2, contract_fen=45_000_000, year=2027))
    assert found.evidence["crossed"] == ["yearly_cap"]
    (one_year,) = split(big, an_order(2, contract_fen=45_000_000, year=2026))
    fits = an_order(2, contract_fen=45_000_000, year=2027, entitlement_fen=CAP_FEN - big.entitlement_fen)
    (both_fit,) = split(big, fits)
    assert (one_year.evidence["crossed"], both_fit.evidence["crossed"]) == ([], [])


def test_only_alike_orders_are_one_job() -> None:
    first = an_order(1)
    assert is_similar(first, an_order(2), policy=FIGURES)
    assert not is_similar(first, an_order(2, kind=ServiceKind.MACHINE_TIME), policy=FIGURES)
    assert not is_similar(first, an_order(2, title="电镜观察"), policy=FIGURES)
    assert not is_similar(first, an_order(2, price_unit="hour"), policy=FIGURES)
    assert is_similar(first, an_order(2, unit_price_fen=1_250_000), policy=FIGURES)
    assert not is_similar(first, an_order(2, unit_price_fen=1_250_001), policy=FIGURES)
    assert not is_similar(first, first, policy=FIGURES)


# -- prices and hours --------------------------------------------------------------------------------------------------


def priced(unit_price_fen: int, **given: object) -> list[Found]:
    seen_price = PriceSeen(**{"unit_price_fen": unit_price_fen, "published_fen": None, **given})  # type: ignore[arg-type]
    return price_flags(seen_price, policy=FIGURES)


def test_a_price_is_far_beyond_the_ratio_either_way() -> None:
    assert priced(13_000, published_fen=10_000) == []
    (dear,) = priced(13_001, published_fen=10_000)
    assert dear.evidence["far_from"] == ["published"]
    assert dear.evidence["published"] == {"price_fen": 10_000, "ratio": "1.30"}
    assert priced(10_000, published_fen=13_000) == []
    assert [each.kind for each in priced(10_000, published_fen=13_001)] == [FlagKind.PRICE_DEVIATION]
    assert priced(10_000, published_fen=None) == []


def test_the_usual_price_is_the_median_of_enough_services() -> None:
    assert priced(20_000, usual_fen=(10_000,) * (FIGURES.price_sample_min - 1)) == []
    (found,) = priced(20_000, usual_fen=(9_000, 10_000, 40_000))
    assert found.evidence["usual"] == {"price_fen": 10_000, "ratio": "2.00", "services": 3}
    old = (20_000,) * FIGURES.price_sample + (1,) * 50
    assert priced(20_000, usual_fen=old) == []


def test_v13_a_fiscal_provider_charges_no_more_than_its_cost() -> None:
    assert priced(10_000, cost_fen=10_000, cost_basis="鲁价费〔2024〕1号") == []
    (found,) = priced(10_001, cost_fen=10_000, cost_basis="鲁价费〔2024〕1号")
    assert found.kind is FlagKind.PRICE_ABOVE_COST
    assert found.evidence == {"unit_price_fen": 10_001, "cost_fen": 10_000, "cost_basis": "鲁价费〔2024〕1号"}


def hours(charged: str | None, booked: str | None, logged: str | None = None) -> list[Found]:
    numbers = (None if each is None else Decimal(each) for each in (charged, booked, logged))
    return hours_flags(HoursSeen(*numbers), policy=FIGURES)


def test_hours_beyond_the_booked_or_logged_ones_are_flagged() -> None:
    assert hours("8.80", "8") == []
    (over,) = hours("8.81", "8")
    assert (over.kind, over.evidence["beyond"]) == (FlagKind.HOURS_DEVIATION, ["booked"])
    (unused,) = hours("8", "8", "2.5")
    assert (unused.evidence["beyond"], unused.evidence["logged"]) == (["logged"], "2.5")
    assert hours("8", None) == hours(None, "8") == []


# -- completion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "flagged"), [(FIGURES.completion_days, False), (FIGURES.completion_days + 1, True)])
def test_v17_a_completion_stated_long_after_the_delivery_is_flagged(days: int, flagged: bool) -> None:
    """The six months begin with the completion, which a party could state late."""
    seen_days = CompletionSeen(delivered_on=DAY, completed_on=DAY + timedelta(days=days))
    found = completion_flags(seen_days, policy=FIGURES)
    assert [(each.kind, each.evidence["days"]) for each in found] == [(FlagKind.LATE_COMPLETION, days)] * flagged
    assert completion_flags(replace(seen_days, delivered_on=None), policy=FIGURES) == []


# -- documents ---------------------------------------------------------------------------------------------------------

SHA = "a" * 64


def elsewhere(claim_id: int, city: str = "371700") -> Elsewhere:
    return Elsewhere(claim_id=claim_id, kind=MaterialKind.RESULT_PROOF, city=city, beneficiary_id=5, provider_id=6)


def document(*others: Elsewhere) -> list[Found]:
    mine = DocumentSeen(kind=MaterialKind.RESULT_PROOF, material_id=9, sha256=SHA, elsewhere=others)
    return document_flags([mine])


def test_the_same_file_in_another_claim_is_flagged_and_a_further_one_again() -> None:
    assert document() == []
    (found,) = document(elsewhere(3), elsewhere(2))
    assert [each["claim_id"] for each in found.evidence["elsewhere"]] == [2, 3]
    assert found.about == document(elsewhere(2), elsewhere(3))[0].about
    assert found.about != document(elsewhere(2))[0].about


def test_v6_of_a_claim_elsewhere_a_city_reads_only_that_there_is_one() -> None:
    (found,) = document(elsewhere(2), elsewhere(3, city="370100"))
    (own, foreign) = within_city(found.evidence, "371700")["elsewhere"]
    assert (own["claim_id"], own["beneficiary_id"]) == (2, 5)
    assert (foreign["claim_id"], foreign["city"], foreign["beneficiary_id"], foreign["provider_id"]) == (None,) * 4
    assert within_city({"total_fen": 1}, "371700") == {"total_fen": 1}


# -- bursts ------------------------------------------------------------------------------------------------------------


def late(number: int, *, on: date, days_left: int) -> HandedIn:
    return HandedIn(number, on, on + timedelta(days=days_left))


def crowd(size: int, *, days_left: int, on: date = DAY) -> tuple[HandedIn, list[HandedIn]]:
    made = [late(number, on=on, days_left=days_left) for number in range(size)]
    return made[0], made[1:]


def test_many_claims_in_the_last_days_of_their_validity_are_flagged() -> None:
    claim, others = crowd(FIGURES.burst_claims, days_left=FIGURES.burst_days - 1)
    (found,) = burst_flags(claim, others, policy=FIGURES)
    assert (found.kind, found.evidence["deadline"]) == (FlagKind.BURST, "expiry")
    assert (found.evidence["claims"], found.evidence["usual_claims"]) == (FIGURES.burst_claims, "0.00")
    assert burst_flags(claim, others[1:], policy=FIGURES) == []
    assert burst_flags(*crowd(FIGURES.burst_claims, days_left=FIGURES.burst_days), policy=FIGURES) == []


def test_the_last_days_of_a_year_count_alike_and_both_ends_of_the_stretch_too() -> None:
    first = date(2026, 12, 31) - timedelta(days=FIGURES.burst_days - 1)
    claim, others = crowd(FIGURES.burst_claims - 1, days_left=100, on=first)
    last = HandedIn(99, date(2026, 12, 31), date(2027, 5, 1))
    (found,) = burst_flags(claim, [*others, last], policy=FIGURES)
    assert (found.about, found.evidence["from"], found.evidence["to"]) == (
        "year_end:2026",
        first.isoformat(),
        "2026-12-31",
    )
    day_before = [replace(each, on=first - timedelta(days=1)) for each in (claim, *others)]
    assert burst_flags(day_before[0], [*day_before[1:], last], policy=FIGURES) == []


def test_a_claimant_that_always_hands_in_much_is_no_burst() -> None:
    claim, others = crowd(FIGURES.burst_claims, days_left=3)
    usual = FIGURES.burst_claims * FIGURES.burst_usual_days // (FIGURES.burst_days * int(FIGURES.burst_ratio))
    before = [late(1000 + number, on=DAY - timedelta(days=number + 1), days_left=100) for number in range(usual)]
    assert burst_flags(claim, [*others, *before], policy=FIGURES)
    more = late(5000, on=DAY - timedelta(days=2), days_left=100)
    assert burst_flags(claim, [*others, *before, more], policy=FIGURES) == []


# -- who reads what ----------------------------------------------------------------------------------------------------


def test_the_parties_read_facts_and_no_suspicion() -> None:
    assert facts_only(["burst", "cap_limited", "figures_outdated", "shared_phone", "controller_changed"]) == [
        "cap_limited",
        "figures_outdated",
        "controller_changed",
    ]

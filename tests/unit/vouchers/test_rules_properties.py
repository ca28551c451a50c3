"""Properties of the pure rules: the price splits exactly, nothing rises above the cap, more cost is never less aid."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core import policy
from core.clock import add_months
from core.errors import Reason
from core.kinds import ServiceKind
from vouchers.rules.amounts import reduced_subsidy, room, split
from vouchers.rules.decision import ARTICLES, Decision, decide
from vouchers.rules.draws import draw
from vouchers.rules.eligibility import OF_THE_USER
from vouchers.rules.exclusions import service_faults
from vouchers.rules.facts import (
    AdverseKind,
    AdverseRecord,
    Case,
    Enterprise,
    Exclusion,
    IncubatorLevel,
    Obstacle,
    OverdueClawback,
    PaymentMode,
    Provider,
    Relation,
    Service,
    Team,
)
from vouchers.rules.frozen import freeze, thaw, without_user
from vouchers.rules.policy import judging

PACK = policy.current()
JUDGED_BY = judging(PACK, date(2026, 1, 1)).policy
COUNTIES = sorted(JUDGED_BY.places.counties)

days = st.dates(date(2023, 1, 1), date(2032, 12, 31))
sums = st.integers(0, 10**12)
counties = st.sampled_from([*COUNTIES, "110101", "320505"])
records = st.builds(
    lambda kind, since, length: AdverseRecord(
        kind, since, None if length is None else date.fromordinal(since.toordinal() + length)
    ),
    st.sampled_from(AdverseKind),
    days,
    st.none() | st.integers(0, 1500),
)
enterprises = st.builds(
    Enterprise,
    counties,
    st.integers(0, 600),
    st.integers(0, 3 * 10**10),
    st.booleans(),
    st.lists(records, max_size=3).map(tuple),
)
teams = st.builds(Team, counties, st.sampled_from(IncubatorLevel), st.none() | st.just("91370102MA3DD9A42C"))
providers = st.builds(Provider, st.booleans(), st.lists(st.sampled_from(Relation), max_size=2).map(tuple), st.just(()))
services = st.builds(
    Service,
    st.sampled_from(ServiceKind),
    st.none() | st.sampled_from(Exclusion),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
cases = st.builds(
    Case,
    days,
    st.sampled_from(PaymentMode),
    sums,
    st.integers(0, 10**8),
    enterprises | teams,
    providers,
    services,
    st.none() | st.just("省内无此设备"),
)


def check(case: Case, decision: Decision) -> None:
    assert decision.subsidy_fen + decision.self_pay_fen == case.base_fen
    assert 0 <= decision.subsidy_fen <= min(decision.entitlement_fen, decision.cap_room_fen)
    assert decision.cap_room_fen == max(0, JUDGED_BY.annual_cap_fen - case.cap_used_fen)
    assert decision.eligible is (decision.reasons == ())
    if not decision.eligible:
        assert (decision.entitlement_fen, decision.subsidy_fen) == (0, 0)
    assert ("cap_limited" in decision.flags) is (decision.subsidy_fen < decision.entitlement_fen)


@given(cases)
def test_every_decision_splits_the_price_and_names_its_articles(case: Case) -> None:
    decision = decide(case, pack=PACK)
    check(case, decision)
    ranks = [ARTICLES.index(reason.article or "") for reason in decision.reasons]
    assert ranks == sorted(set(ranks))
    in_term = date(2025, 1, 24) <= case.on <= date(2030, 1, 23)
    assert (decision.policy_version is not None) is in_term
    assert any(reason.article == "V23" for reason in decision.reasons) is not in_term
    assert (decision.rate is None) is not case.beneficiary.county.startswith("37")


@given(cases)
def test_frozen_facts_replay_to_the_same_decision(case: Case) -> None:
    """V12 facts."""
    assert thaw(freeze(case)) == case
    assert decide(thaw(freeze(case)), pack=PACK) == decide(case, pack=PACK)


def test_v21_an_overdue_clawback_of_the_user_is_named_with_sum_and_day() -> None:
    owed = (OverdueClawback(3, 10_000, date(2026, 4, 14)), OverdueClawback(5, 1, date(2026, 4, 15)))
    case = Case(
        on=date(2026, 5, 6),
        payment_mode=PaymentMode.FULL_PAYMENT,
        base_fen=100,
        cap_used_fen=0,
        beneficiary=Enterprise(COUNTIES[0], 30, 100, orderly_finances=True),
        provider=Provider(in_province=True),
        service=Service(ServiceKind.MACHINE_TIME),
        obstacles=(Obstacle.PROVIDER_SANCTIONED, Obstacle.USER_CLAWBACK_OVERDUE),
        overdue_clawbacks=owed,
    )
    assert thaw(freeze(case)) == case
    assert "overdue_clawbacks" not in without_user(freeze(case)), "it is not the provider's to know"
    (found,) = decide(case, pack=PACK).reasons
    assert found.code in OF_THE_USER
    for named in ("追回 3，尚欠 100.00 元，应于 2026-04-14（含当日）前缴回", "追回 5，尚欠 0.01 元"):
        assert named in found.text.zh
    before = decide(replace(case, obstacles=case.obstacles[1:], overdue_clawbacks=()), pack=PACK).reasons
    assert [each.text.zh for each in before] == ["使用方有逾期未缴回的追回款。"]


@given(sums, sums, st.sampled_from(["0.40", "0.60"]), st.integers(0, 10**8))
def test_a_dearer_service_never_gets_less(one: int, other: int, rate: str, room_fen: int) -> None:
    cheap, dear = sorted((one, other))
    less, more = (split(base, rate=Decimal(rate), cap_room_fen=room_fen) for base in (cheap, dear))
    assert less.subsidy_fen <= more.subsidy_fen <= room_fen
    assert less.self_pay_fen <= more.self_pay_fen


@given(sums, st.integers(0, 10**9), st.sampled_from(["0.40", "0.60"]))
def test_a_held_subsidy_never_rises(actual_fen: int, held_fen: int, rate: str) -> None:
    """V12 hold."""
    left = reduced_subsidy(held_fen, actual_base_fen=actual_fen, rate=Decimal(rate))
    assert left <= held_fen
    assert left <= Decimal(rate) * actual_fen


@given(st.integers(0, 10**9))
def test_room_is_never_negative(used_fen: int) -> None:
    """V12 cap."""
    assert 0 <= room(used_fen, policy=JUDGED_BY) <= JUDGED_BY.annual_cap_fen


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
def test_months_later_keeps_the_day_or_takes_the_months_last(day: date, months: int) -> None:
    """V17."""
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (date.fromordinal(later.toordinal() + 1).day == 1))


@given(st.sets(st.integers(1, 10**6), min_size=1, max_size=50), st.text(min_size=1, max_size=10), st.integers(1, 60))
def test_a_draw_is_reproducible_and_within_its_frame(frame: set[int], seed: str, size: int) -> None:
    """V19."""
    printable = seed.encode("utf-8", "replace").decode()
    drawn = draw(frame, seed=printable, size=size)
    assert drawn == draw(sorted(frame, reverse=True), seed=printable, size=size)
    assert set(drawn) <= frame
    assert len(drawn) == min(size, len(frame))


def test_a_different_seed_draws_differently() -> None:
    """V19."""
    assert draw(range(1, 1000), seed="a", size=10) != draw(range(1, 1000), seed="b", size=10)


def test_grounds_of_one_article_are_one_reason() -> None:
    firm = Enterprise("371702", 2, 10**11, orderly_finances=True)
    case = Case(
        date(2026, 3, 1),
        PaymentMode.FULL_PAYMENT,
        100,
        0,
        firm,
        Provider(in_province=True),
        Service(ServiceKind.MACHINE_TIME, has_published_instrument=False),
    )
    reasons: tuple[Reason, ...] = decide(case, pack=PACK).reasons
    assert [reason.article for reason in reasons] == ["V8(1)", "V11"]
    assert "职工人数" in reasons[0].text.zh
    assert "营业收入" in reasons[0].text.zh


def test_v11_an_unsupported_kind_is_named_in_words() -> None:
    known = judging(PACK, date(2026, 3, 1)).policy
    without = dict(known.service_groups)
    del without[ServiceKind.MACHINE_TIME]
    (told,) = service_faults(Service(ServiceKind.MACHINE_TIME), policy=replace(known, service_groups=without))
    assert (told.article, told.text) == (
        "V11",
        ("服务类型“仪器机时”不在支持范围内。", "The service kind 'machine hours' is not supported."),
    )

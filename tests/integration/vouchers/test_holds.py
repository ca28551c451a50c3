"""V12: assessment from the facts on record, holds on the yearly cap, and their release."""

from datetime import date

import pytest

from accounts.kinds import AdverseKind, IncubatorLevel
from core import clock, policy
from core.db import transaction
from core.permissions import SYSTEM
from settlement.queries import cap_room, hold_of
from tests.factories.accounts import (
    make_adverse_record,
    make_controller,
    make_enterprise,
    make_holding,
    make_incubator,
    make_provider,
    make_team,
)
from tests.factories.vouchers import FULL, assessment_of, complete, place
from vouchers.queries.entitlement import decision_of
from vouchers.rules.decision import decide
from vouchers.rules.frozen import thaw
from vouchers.steps import RoomShrank, hold, release

CAP_FEN = 50_000_000
pytestmark = pytest.mark.usefixtures("app")


def room(owner: str, year: int = 2026) -> int:
    return cap_room(cap_owner=owner, year=year, cap_fen=CAP_FEN)


def test_v12_the_rate_follows_the_user() -> None:
    provider = make_provider("370100")
    assert assessment_of(make_enterprise("371702"), provider).subsidy_fen == 6_000_000
    assert assessment_of(make_enterprise("370102"), provider).subsidy_fen == 4_000_000
    assert assessment_of(make_enterprise("370832"), provider).subsidy_fen == 6_000_000


def test_v12_a_team_sits_where_its_incubator_sits() -> None:
    team = make_team(make_incubator("371702"))
    assert assessment_of(team, make_provider()).subsidy_fen == 6_000_000


def test_v9_a_team_in_a_city_level_incubator_is_refused() -> None:
    team = make_team(make_incubator(level=IncubatorLevel.CITY))
    assert [reason.article for reason in assessment_of(team, make_provider()).reasons] == ["V9"]


def test_v8_4_mutual_holdings_refuse_and_a_lesser_one_is_a_flag() -> None:
    user, mutual, lesser = make_enterprise(), make_provider(), make_provider()
    make_holding(user, mutual, "5")
    make_holding(mutual, user, "5")
    make_holding(user, lesser, "3")
    assert [reason.article for reason in assessment_of(user, mutual).reasons] == ["V8(4)"]
    flagged = assessment_of(user, lesser)
    assert flagged.eligible
    assert flagged.flags == ("one_way_holding",)


def test_v8_4_a_shared_telephone_is_a_flag() -> None:
    user, provider = make_enterprise(phone="0530-1234567"), make_provider(phone="05301234567")
    assert assessment_of(user, provider).flags == ("shared_phone",)


def test_v8_2_a_record_refuses() -> None:
    user = make_enterprise()
    make_adverse_record(user, AdverseKind.ABNORMAL_OPERATIONS, date(2025, 11, 3), date(2025, 12, 1))
    assert [reason.article for reason in assessment_of(user, make_provider()).reasons] == ["V8(2)"]


def test_figures_of_an_earlier_year_are_taken_and_flagged() -> None:
    """V8(1): those of the last completed accounting year; where they are not stated yet, the latest, with a flag."""
    user, provider = make_enterprise(), make_provider()
    with clock.at(clock.start_of_day(date(2027, 2, 1))):
        found = assessment_of(user, provider)
    assert found.eligible
    assert found.flags == ("figures_outdated",)


def test_v11_an_order_without_a_published_instrument_gets_nothing() -> None:
    found = assessment_of(make_enterprise(), make_provider(), has_published_instrument=False)
    assert [reason.article for reason in found.reasons] == ["V11"]
    assert found.subsidy_fen == 0


def test_v16_out_needs_full_payment_and_a_stated_need() -> None:
    user, outside = make_enterprise(), make_provider(in_province=False)
    assert not assessment_of(user, outside).eligible
    assert assessment_of(user, outside, mode=FULL, unmet_need="省内无此设备").eligible


def test_v12_hold_is_taken_and_released_in_one_transaction() -> None:
    assessment = assessment_of(make_enterprise(), make_provider())
    order_id = place(assessment)
    assert room(assessment.cap_owner) == CAP_FEN - 6_000_000
    with transaction():
        assert release(order_id=order_id, reason="declined", actor=SYSTEM, now=clock.now()) == 6_000_000
    assert room(assessment.cap_owner) == CAP_FEN


def test_v12_cap_is_shared_by_the_enterprises_of_one_controller() -> None:
    """The group has used 480,000 and is entitled to 60,000: gets 20,000."""
    controller = make_controller()
    one, other = make_enterprise(controller=controller), make_enterprise(controller=controller)
    provider = make_provider()
    place(assessment_of(one, provider, base_fen=80_000_000))
    found = assessment_of(other, provider)
    assert (found.entitlement_fen, found.cap_room_fen, found.subsidy_fen) == (6_000_000, 2_000_000, 2_000_000)
    assert "cap_limited" in found.flags
    place(found)
    assert room(found.cap_owner) == 0


def test_v12_cap_is_of_the_year_of_the_expected_completion() -> None:
    user, provider = make_enterprise(), make_provider()
    later = assessment_of(user, provider, expected_completion=date(2027, 1, 5))
    place(later)
    assert (later.year, room(later.cap_owner, 2026), room(later.cap_owner, 2027)) == (
        2027,
        CAP_FEN,
        CAP_FEN - 6_000_000,
    )


def test_v12_cap_of_a_team_is_its_own() -> None:
    host = make_incubator("371702")
    one, other = make_team(host), make_team(host)
    provider = make_provider()
    place(assessment_of(one, provider, base_fen=80_000_000))
    assert assessment_of(other, provider).cap_room_fen == CAP_FEN


def test_v12_hold_less_room_than_quoted_is_refused_and_nothing_is_held() -> None:
    user, provider = make_enterprise(), make_provider()
    quoted = assessment_of(user, provider, base_fen=50_000_000)
    place(assessment_of(user, provider, base_fen=50_000_000))
    with pytest.raises(RoomShrank) as caught, transaction():
        hold(order_id=77, assessment=quoted, actor=SYSTEM, now=clock.now())
    assert caught.value.extra == {"room_fen": 20_000_000}
    assert hold_of(77) is None
    assert room(quoted.cap_owner) == 20_000_000


def test_v12_facts_are_frozen_and_replay() -> None:
    """What is entered afterwards changes nothing about the decision."""
    user = make_enterprise()
    order_id = place(assessment_of(user, make_provider()))
    make_adverse_record(user, AdverseKind.FRAUD, date(2026, 1, 1))
    decision = decision_of(order_id)
    replayed = decide(thaw(decision.facts), pack=policy.current())
    assert replayed.eligible
    assert replayed.subsidy_fen == decision.held_fen
    assert replayed.policy_version == decision.policy_version


def test_v12_hold_a_smaller_fee_releases_the_difference_and_a_larger_one_is_self_pay() -> None:
    user, provider = make_enterprise(), make_provider()
    small = assessment_of(user, provider)
    less = complete(place(small), small, actual_fen=5_000_000)
    large = assessment_of(user, provider)
    more = complete(place(large), large, actual_fen=20_000_000)
    assert less is not None
    assert more is not None
    assert (less.base_fen, less.subsidy_fen) == (5_000_000, 3_000_000)
    assert (more.base_fen, more.subsidy_fen) == (10_000_000, 6_000_000)
    assert room(small.cap_owner) == CAP_FEN - 9_000_000


def test_an_order_without_subsidy_opens_no_claim() -> None:
    refused = assessment_of(make_enterprise(staff=2), make_provider())
    assert complete(place(refused), refused) is None


def test_a_fee_of_nothing_gives_the_hold_back() -> None:
    free = assessment_of(make_enterprise(), make_provider())
    assert complete(place(free), free, actual_fen=0) is None
    assert room(free.cap_owner) == CAP_FEN

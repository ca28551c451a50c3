"""Nobody decides about what he entered, nor about those he is tied to, while the tie lasts and for the time after."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.kinds import InterestKind
from accounts.kinds import ReviewDecision as MembershipDecision
from accounts.models import BeneficiaryFigures, ControllerChange, Membership
from accounts.permissions import Role
from accounts.queries import organisation
from accounts.queries.parties import parties_of
from accounts.rules.interests import bars
from accounts.service import interests, memberships
from accounts.service.interests import InterestEnded, InterestRefused, OthersInterest
from accounts.steps import ConflictOfInterest
from core import clock
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from tests.factories.accounts import (
    actor_of,
    make_bureau,
    make_enterprise,
    make_incubator,
    make_operator,
    make_provider,
    make_province,
    make_team,
    make_user,
)
from tests.factories.vouchers import bring, confirm, make_claim, review
from vouchers.queries.review_queue import queue_rows
from vouchers.rules.claims import ReviewDecision
from vouchers.service import cases
from vouchers.states import ClaimState

pytestmark = pytest.mark.usefixtures("app")
HEZE = "371700"


def declare(officer: Actor, uscc: str | None, *, by: Actor | None = None, **changed: object) -> int:
    given: dict[str, object] = {
        "user_id": officer.user_id,
        "organisation_id": None,
        "uscc": uscc,
        "name": "原单位",
        "kind": InterestKind.EMPLOYER,
        "since": date(2015, 7, 1),
        "until": None,
        "note": "",
    }
    made = interests.declare(**(given | changed), actor=by or officer, now=clock.now())  # type: ignore[arg-type]
    return made.id


@pytest.mark.parametrize("side", ["beneficiary_id", "provider_id"])
def test_nobody_reviews_his_former_employer(side: str) -> None:
    """Neither reviews nor takes the case; the queue marks it; a colleague does it."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    bureau = make_bureau(HEZE)
    officer, colleague = actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()
    declare(officer, organisation(getattr(claim, side)).uscc, until=date(2025, 6, 30))
    with pytest.raises(ConflictOfInterest) as refused:
        review(claim, ReviewDecision.APPROVE, actor=officer)
    assert [each.code for each in refused.value.reasons] == ["conflict_interest"]
    with pytest.raises(ConflictOfInterest):
        cases.take(claim_id=claim.id, reason="", actor=officer, now=clock.now())
    (row,) = queue_rows([claim], actor=officer, today=date(2026, 3, 2))
    assert ([each.code for each in row.conflicts], row.batchable) == (["conflict_interest"], False)
    review(claim, ReviewDecision.APPROVE, actor=colleague)


def test_the_province_confirms_nothing_of_those_it_is_tied_to() -> None:
    claim = bring(make_claim(), ClaimState.SUMMARISED)
    declare(make_actor_of_province(), organisation(claim.provider_id).uscc)
    with pytest.raises(ConflictOfInterest):
        confirm(claim)


def make_actor_of_province() -> Actor:
    return actor_of(make_province())


def test_a_teams_incubator_counts_as_a_party() -> None:
    """A team has no code; it may be named by its number."""
    host = make_incubator()
    team = make_team(host)
    claim = bring(make_claim(team), ClaimState.SUBMITTED)
    bureau = make_bureau(claim.city)
    officer, other = actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()
    declare(officer, None, organisation_id=host.id)
    declare(other, None, organisation_id=team.id, kind=InterestKind.FAMILY)
    for tied in (officer, other):
        with pytest.raises(ConflictOfInterest):
            review(claim, ReviewDecision.APPROVE, actor=tied)


def test_whoever_stated_the_figures_does_not_review() -> None:
    """An officer who entered them for the firm leaves its claims to a colleague."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    officer = actor_of(make_bureau(HEZE))
    session().add(
        BeneficiaryFigures(
            organisation_id=claim.beneficiary_id,
            year=2023,
            staff=50,
            revenue_fen=1,
            orderly_finances=True,
            stated_by=officer.user_id,
            stated_at=clock.now(),
        )
    )
    session().commit()
    with pytest.raises(ConflictOfInterest) as refused:
        review(claim, ReviewDecision.APPROVE, actor=officer)
    assert [each.code for each in refused.value.reasons] == ["conflict_stated_figures"]


def test_v15_nobody_reviews_the_membership_of_those_he_is_tied_to() -> None:
    firm = make_enterprise(approved=False)
    waiting = session().query(Membership).filter_by(organisation_id=firm.id).one()
    officer = actor_of(make_bureau(HEZE))
    declare(officer, firm.uscc)
    with pytest.raises(ConflictOfInterest):
        memberships.review(
            membership_id=waiting.id,
            decision=MembershipDecision.APPROVE,
            opinion="",
            defects=[],
            actor=officer,
            now=clock.now(),
        )


def test_interests_are_kept_by_the_officer_or_the_administrator() -> None:
    """They are ended, or voided by the administrator with a reason; never changed."""
    bureau = make_bureau(HEZE)
    officer, colleague = actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()
    admin = actor_of(make_operator())
    code = make_provider().uscc
    with pytest.raises(OthersInterest):
        declare(officer, code, by=colleague)
    kept = declare(officer, code, by=admin)
    with pytest.raises(NotFound):
        interests.end(interest_id=kept, until=date(2026, 1, 1), actor=colleague, now=clock.now())
    interests.end(interest_id=kept, until=date(2026, 1, 1), actor=admin, now=clock.now())
    with pytest.raises(InterestEnded):
        interests.end(interest_id=kept, until=date(2026, 1, 2), actor=admin, now=clock.now())
    voided = interests.void(interest_id=kept, reason="登记有误", actor=admin, now=clock.now())
    assert voided.void_reason == "登记有误"
    with pytest.raises(InterestRefused) as faulty:
        declare(officer, "123", since=date(2026, 3, 3), until=date(2026, 3, 1))
    assert {each.code for each in faulty.value.reasons} == {
        "uscc_invalid",
        "interest_in_future",
        "interest_reversed",
    }
    with pytest.raises(InterestRefused):
        declare(actor_of(make_enterprise()), code, by=admin)


def test_the_same_declaration_given_again_is_one() -> None:
    officer, code = actor_of(make_bureau(HEZE)), make_provider().uscc
    assert declare(officer, code) == declare(officer, code)
    assert declare(officer, code, kind=InterestKind.FAMILY) != declare(officer, code)


def test_a_tie_reaches_a_change_of_groups_over_its_firms_and_the_controllers() -> None:
    """And nothing that is about others; a supplier the firm merely deals with is none of its parties."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    firm, provider = organisation(claim.beneficiary_id), organisation(claim.provider_id)
    change = ControllerChange(organisation_ids=[firm.id], controller_id=None, into_id=None)
    assert set(change.concerns["organisation.id"]) == {firm.id}
    assert {each.id for each in parties_of(claim)} == {firm.id, provider.id}
    assert [each.id for each in parties_of(firm)] == [firm.id]


def test_nobody_ends_his_own_conflict_by_a_date() -> None:
    """Neither what the administrator entered nor, with a day that has passed, what the officer declared."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    officer, admin = actor_of(make_bureau(HEZE)), actor_of(make_operator())
    code, today = organisation(claim.beneficiary_id).uscc, clock.today(clock.now())
    entered = declare(officer, code, by=admin)
    with pytest.raises(OthersInterest):
        interests.end(interest_id=entered, until=today, actor=officer, now=clock.now())
    own = declare(officer, code, kind=InterestKind.FAMILY)
    with pytest.raises(InterestRefused) as backdated:
        interests.end(interest_id=own, until=date(2015, 7, 2), actor=officer, now=clock.now())
    assert [each.code for each in backdated.value.reasons] == ["interest_backdated"]
    interests.end(interest_id=own, until=today, actor=officer, now=clock.now())
    with pytest.raises(ConflictOfInterest) as refused:
        review(claim, ReviewDecision.APPROVE, actor=officer)
    assert [each.code for each in refused.value.reasons] == ["conflict_interest", "conflict_interest"]


@pytest.mark.parametrize(
    ("until", "on", "barred"),
    [
        (None, date(2026, 3, 2), True),
        (None, date(2015, 6, 30), False),
        (date(2023, 3, 2), date(2026, 3, 2), True),
        (date(2023, 3, 1), date(2026, 3, 2), False),
    ],
)
def test_the_cooling_period_ends_months_after_the_tie(until: date | None, on: date, barred: bool) -> None:
    """Thirty-six months after 2023-03-02 are over with 2026-03-02."""
    assert bars(since=date(2015, 7, 1), until=until, on=on, cooling_months=36) is barred

"""What waits for an officer beside his queue: proposals on the desks, what the night found, cases that lapsed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import current_app, g

from accounts import queries as accounts
from accounts.kinds import ChangeDecision
from accounts.models import Notice
from accounts.permissions import Role
from accounts.queries import acts_for
from accounts.queries.groups import SuccessionMissing, find_succession
from accounts.queries.notices import own_notices
from accounts.queries.organisations import OrganisationMissing, find_organisation
from accounts.states import ChangeKind
from core import clock
from core.db import session
from core.permissions import Actor
from marketplace.notifications.telling import tell
from marketplace.reports.desk import desk
from tests.factories.accounts import (
    actor_of,
    make_bureau,
    make_controller,
    make_enterprise,
    make_holding,
    make_incubator,
    make_province,
    make_team,
    make_tenure,
    make_user,
)
from tests.factories.vouchers import FULL, bring, make_claim, review
from tests.support.settling import settle
from vouchers.jobs import lapse_held_cases, look_for_flags
from vouchers.models import Claim
from vouchers.queries.claims import visible_claims
from vouchers.rules.claims import ReviewDecision
from vouchers.schemas.groups import SuccessionDetailSchema
from vouchers.service import cases, groups, successions
from vouchers.states import ClaimState

HEZE = "371700"


def waiting(actor: Actor) -> dict[str, bool]:
    """What a desk shows of proposals, and whether it is only to be known."""
    items = desk(actor, now=clock.now())
    return {each.key: each.is_fact for each in items if each.key.startswith(("group_", "successions_"))}


def told(actor: Actor) -> set[str]:
    """The notices to somebody that are not done, once everything that happened has been told."""
    session().commit()
    settle()
    tell(now=clock.now())
    found = own_notices(actor).where(Notice.settled_at.is_(None))
    return {each.key for each in session().scalars(found) if each.key.startswith(("case.", "claim.flagged"))}


@pytest.mark.usefixtures("app")
def test_v12_cap_a_merge_waits_at_the_province_for_another_than_who_proposed_it() -> None:
    absorbed, into = make_controller(), make_controller()
    for each in (absorbed, into):
        make_tenure(make_enterprise("371702"), each, since=clock.today(clock.now()) - timedelta(days=300))
    bureau, province = actor_of(make_bureau(HEZE)), actor_of(make_province())
    change = groups.propose(
        kind=ChangeKind.MERGE,
        controller_id=absorbed.id,
        into_id=into.id,
        new_name="",
        new_note="",
        organisation_ids=[],
        effective_on=clock.today(clock.now()),
        evidence="合并协议",
        actor=bureau,
        now=clock.now(),
    )
    assert waiting(bureau) == {"group_changes_proposed": True}
    assert waiting(province) == {"group_changes_to_decide": False}
    assert waiting(actor_of(make_bureau("370100"))) == {}
    groups.review(
        change_id=change.id, decision=ChangeDecision.REFUSE, opinion="不属实", actor=province, now=clock.now()
    )
    assert waiting(bureau) == waiting(province) == {}


@pytest.mark.usefixtures("app")
def test_v12_cap_a_succession_waits_at_the_bureau_of_the_teams_city() -> None:
    team, firm = make_team(), make_enterprise("371702")
    host = accounts.organisation(team.incubator_id or 0)
    incubator, bureau = actor_of(host), actor_of(make_bureau(team.city or ""))
    succession = successions.propose(
        team_id=team.id,
        enterprise_uscc=firm.uscc or "",
        effective_on=clock.today(clock.now()),
        evidence="营业执照",
        actor=incubator,
        now=clock.now(),
    )
    assert waiting(incubator) == {"successions_proposed": True}
    assert waiting(bureau) == {"successions_to_decide": False}
    assert waiting(actor_of(team)) == waiting(actor_of(firm)) == {}
    own, of_firm = (seen_by(each, succession.id) for each in (incubator, actor_of(firm)))
    assert (own["evidence"], own["effects"]) == ("营业执照", [])
    assert (of_firm["state"], of_firm["evidence"]) == ("proposed", "")  # it may object, and learns nothing of the team
    assert acts_for(actor_of(firm)) == {firm.id}
    successions.review(
        succession_id=succession.id, decision=ChangeDecision.REFUSE, opinion="不属实", actor=bureau, now=clock.now()
    )
    assert waiting(incubator) == waiting(bureau) == {}
    assert seen_by(actor_of(team), succession.id)["opinion"] == "不属实"
    with pytest.raises(SuccessionMissing):
        seen_by(actor_of(firm), succession.id)


@pytest.mark.usefixtures("app")
def test_each_side_of_an_approved_succession_sees_what_is_its_own() -> None:
    """The firm acts for the team it was and knows what came to its cap; the incubator learns nothing of the firm."""
    host = make_incubator("371702")
    team, firm = make_team(host), make_enterprise("371702")
    claim = make_claim(user=team, mode=FULL)
    bring(make_claim(user=firm), ClaimState.SUBMITTED)
    incubator, bureau = actor_of(host), actor_of(make_bureau(HEZE))
    succession = successions.propose(
        team_id=team.id,
        enterprise_uscc=firm.uscc or "",
        effective_on=clock.today(clock.now()),
        evidence="营业执照",
        actor=incubator,
        now=clock.now(),
    )
    successions.review(
        succession_id=succession.id, decision=ChangeDecision.APPROVE, opinion="属实", actor=bureau, now=clock.now()
    )
    own, of_firm = (seen_by(each, succession.id) for each in (incubator, actor_of(firm)))
    assert (own["evidence"], own["effects"]) == ("营业执照", [])
    assert (of_firm["evidence"], len(of_firm["effects"])) == ("营业执照", 1)
    for each in (incubator, actor_of(team)):
        assert {seen.id for seen in session().scalars(visible_claims(each))} == {claim.id}
        with pytest.raises(OrganisationMissing):
            find_organisation(firm.id, actor=each)


def seen_by(actor: Actor, succession_id: int) -> dict[str, Any]:
    """A succession as the API answers somebody."""
    with current_app.test_request_context():
        g.actor = actor
        shown: dict[str, Any] = SuccessionDetailSchema().dump(find_succession(succession_id, actor=actor))
    return shown


def submitted() -> Claim:
    return bring(make_claim(), ClaimState.SUBMITTED)


def suspect(claim: Claim) -> None:
    """A holding is entered later, and the night finds it."""
    make_holding(accounts.organisation(claim.beneficiary_id), accounts.organisation(claim.provider_id), "60")
    session().commit()
    look_for_flags(clock.now(), clock.now())


@pytest.mark.usefixtures("committed_app")
def test_what_the_night_finds_is_told_to_who_holds_the_case_or_to_the_queue() -> None:
    bureau = make_bureau(HEZE)
    holder, colleague = actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()
    held, free = submitted(), submitted()
    cases.take(claim_id=held.id, reason="", actor=holder, now=clock.now())
    suspect(held)
    assert (told(holder), told(colleague)) == ({"claim.flagged"}, set())
    suspect(free)
    assert told(colleague) == {"claim.flagged"}
    review(held, ReviewDecision.REJECT, actor=holder)
    review(free, ReviewDecision.REJECT, actor=holder)
    assert told(holder) == told(colleague) == set()

    again = submitted()
    case = cases.take(claim_id=again.id, reason="", actor=holder, now=clock.now())
    with clock.at(clock.end_of_day(case.last_day)):
        lapse_held_cases(clock.now(), clock.now())
        assert told(holder) == {"case.lapsed", "case.free_again"}
        assert told(colleague) == {"case.free_again"}

"""Misconduct on record: what it blocks and for how long, and appeals against it (V21, V8(2))."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.models import AdverseRecord
from accounts.queries import adverse_facts
from core import clock
from core.db import session
from core.errors import Forbidden
from core.permissions import Actor
from core.states import StateForbids
from tests.factories.accounts import (
    actor_of,
    make_enterprise,
    make_provider,
    make_province,
    make_team,
)
from tests.factories.supervision import (
    officer,
    serious_misconduct,
    sound,
    today,
    upheld_finding,
)
from tests.factories.vouchers import (
    FULL,
    PDF,
    add_materials,
    assessment_of,
    bring,
    confirm,
    make_claim,
    send_up,
    submit,
    summarise,
)
from vouchers.queries.explanations import explain
from vouchers.rules.facts import Obstacle
from vouchers.rules.supervision import AppealDecision, MisconductKind, Seriousness
from vouchers.service import misconduct
from vouchers.service.claims import SubmissionRefused, Upload
from vouchers.service.misconduct import AppealFiled, AppealLate, AppealRefused, MisconductRefused, SameDecider
from vouchers.service.reviews import ConfirmationRefused
from vouchers.states import ClaimState, MisconductState

pytestmark = pytest.mark.usefixtures("app")


def test_v8_2_v21_serious_misconduct_blocks_while_its_sanction_lasts() -> None:
    """Misconduct 2024-06-01 with a sanction to 2027-05-31: refused in 2026, also at submission and confirmation."""
    user = make_enterprise()
    draft, reviewed = make_claim(user), make_claim(user)
    add_materials(draft)
    bring(reviewed, ClaimState.CITY_APPROVED)
    send_up(summarise(reviewed))
    decided = serious_misconduct(user.id, occurred_on=date(2024, 6, 1), until=date(2027, 5, 31))
    refused = assessment_of(user, make_provider())
    assert [each.article for each in refused.reasons] == ["V8(2)"]
    with pytest.raises(SubmissionRefused):
        submit(draft)
    with pytest.raises(ConfirmationRefused):
        confirm(reviewed)
    with clock.at(clock.end_of_day(date(2027, 5, 31))):
        assert adverse_facts(user.id)[0].until == date(2027, 5, 31)
        after = assessment_of(user, make_provider())
        assert "V8(2)" not in [each.article for each in after.reasons if each.code == "adverse_record"]
    assert decided.appeal_by == date(2026, 3, 23)
    sound()


def test_v21_general_misconduct_is_recorded_and_blocks_nobody() -> None:
    user = make_enterprise()
    given: dict[str, Any] = {
        "organisation_id": user.id,
        "finding_id": None,
        "kind": MisconductKind.OTHER,
        "occurred_on": today(),
        "notice": "公示",
        "grounds": "记录不全",
        "actor": actor_of(make_province()),
        "now": clock.now(),
    }
    made = misconduct.decide_misconduct(**given, seriousness=Seriousness.GENERAL, sanction_until=None)
    assert (made.record_id, made.state) == (None, MisconductState.IN_FORCE)
    assert assessment_of(user, make_provider()).eligible
    faulty = [
        (Seriousness.GENERAL, today()),
        (Seriousness.SERIOUS, None),
        (Seriousness.SERIOUS, today() - timedelta(days=1)),
        (Seriousness.SERIOUS, date(2031, 3, 3)),
    ]
    for seriousness, until in faulty:
        with pytest.raises(MisconductRefused):
            misconduct.decide_misconduct(**given, seriousness=seriousness, sanction_until=until)
    longest = misconduct.decide_misconduct(**given, seriousness=Seriousness.SERIOUS, sanction_until=date(2031, 3, 2))
    assert longest.record_id is not None


def test_v21_providers_incubators_and_teams_under_a_sanction_get_no_voucher_orders() -> None:
    provider, team = make_provider(), make_team()
    assert team.incubator_id is not None
    for accused, found in (
        (provider.id, {Obstacle.PROVIDER_SANCTIONED}),
        (team.incubator_id, {Obstacle.PROVIDER_SANCTIONED, Obstacle.INCUBATOR_SANCTIONED}),
        (team.id, {Obstacle.PROVIDER_SANCTIONED, Obstacle.INCUBATOR_SANCTIONED, Obstacle.TEAM_SANCTIONED}),
    ):
        serious_misconduct(accused, until=date(2026, 12, 31))
        refused = assessment_of(team, provider)
        assert set(refused.facts["obstacles"]) == found
        assert [each.article for each in refused.reasons] == ["V21"]
    with clock.at(clock.end_of_day(date(2026, 12, 31))):
        assert assessment_of(team, provider).facts.get("obstacles", []) == []


def appeal(decision_id: int, actor: Actor) -> int:
    upload = Upload(io.BytesIO(PDF), "appeal.pdf")
    return misconduct.file_appeal(
        decision_id=decision_id, grounds="认定有误", upload=upload, actor=actor, now=clock.now()
    ).id


def decide_appeal(appeal_id: int, decision: AppealDecision, *, by: Actor, until: date | None = None) -> None:
    misconduct.decide_appeal(
        appeal_id=appeal_id, decision=decision, sanction_until=until, opinion="复核意见", actor=by, now=clock.now()
    )


def records_of(organisation_id: int) -> list[AdverseRecord]:
    session().expire_all()
    found = select(AdverseRecord).where(AdverseRecord.organisation_id == organisation_id).order_by(AdverseRecord.id)
    return list(session().scalars(found))


def test_v21_an_appeal_is_decided_by_another_and_annulled_records_stay_and_block_nobody() -> None:
    user, first, second = make_enterprise(), actor_of(make_province()), officer()
    decided = serious_misconduct(user.id, until=date(2027, 5, 31))
    frozen = assessment_of(user, make_provider()).facts
    with pytest.raises(Forbidden):
        appeal(decided.id, first)
    with clock.at(clock.end_of_day(decided.appeal_by)), pytest.raises(AppealLate):
        appeal(decided.id, actor_of(user))
    filed = appeal(decided.id, actor_of(user))
    with pytest.raises(AppealFiled):
        appeal(decided.id, actor_of(user))
    assert not assessment_of(user, make_provider()).eligible, "an appeal suspends nothing by itself"
    with pytest.raises(SameDecider):
        decide_appeal(filed, AppealDecision.ANNUL, by=first)
    with pytest.raises(SameDecider):
        misconduct.suspend_sanction(appeal_id=filed, note="待查", actor=first, now=clock.now())

    misconduct.suspend_sanction(appeal_id=filed, note="待查", actor=second, now=clock.now())
    assert assessment_of(user, make_provider()).eligible
    sound()
    decide_appeal(filed, AppealDecision.ANNUL, by=second)
    (record,) = records_of(user.id)
    assert (record.annulled_by, record.annulled_why, record.until) == (second.user_id, "待查", date(2027, 5, 31))
    assert assessment_of(user, make_provider()).eligible
    assert frozen["beneficiary"]["adverse_records"], "what was frozen keeps what it rested on"
    with pytest.raises(StateForbids):
        decide_appeal(filed, AppealDecision.DISMISS, by=second)
    sound()


def test_v21_a_reduced_or_resumed_sanction_is_a_new_record_that_names_the_one_before() -> None:
    second, user = officer(), make_enterprise()
    decided = serious_misconduct(user.id, occurred_on=date(2024, 6, 1), until=date(2027, 5, 31))
    filed = appeal(decided.id, actor_of(user))
    for until in (None, date(2027, 5, 31), date(2026, 3, 1)):
        with pytest.raises(AppealRefused):
            decide_appeal(filed, AppealDecision.REDUCE, by=second, until=until)
    decide_appeal(filed, AppealDecision.REDUCE, by=second, until=date(2026, 6, 30))
    before, after = records_of(user.id)
    assert (before.annulled_why, after.corrects_id, after.until) == ("复核意见", before.id, date(2026, 6, 30))
    assert (decided.state, decided.record_id) == (MisconductState.REDUCED, after.id)
    with clock.at(clock.end_of_day(date(2026, 6, 30))):
        assert assessment_of(user, make_provider()).eligible

    other = make_enterprise()
    kept = serious_misconduct(other.id, until=date(2027, 5, 31))
    filed = appeal(kept.id, actor_of(other))
    misconduct.suspend_sanction(appeal_id=filed, note="待查", actor=second, now=clock.now())
    decide_appeal(filed, AppealDecision.DISMISS, by=second)
    before, after = records_of(other.id)
    assert (after.corrects_id, after.annulled_at, kept.state) == (before.id, None, MisconductState.IN_FORCE)
    assert not assessment_of(other, make_provider()).eligible
    sound()


def test_v21_misconduct_rests_on_an_upheld_grave_finding_and_its_people_decide_no_appeal() -> None:
    claim = bring(make_claim(mode=FULL), ClaimState.CONFIRMED)
    finding = upheld_finding(claim)
    made = misconduct.decide_misconduct(
        organisation_id=None,
        finding_id=finding.id,
        kind=MisconductKind.FRAUD,
        seriousness=Seriousness.SERIOUS,
        occurred_on=claim.completed_on,
        sanction_until=date(2027, 12, 31),
        notice="公示",
        grounds="见核查发现",
        actor=officer(),
        now=clock.now(),
    )
    assert made.organisation_id == claim.beneficiary_id
    filed = appeal(made.id, actor_of(finding.organisation))
    inspector = session().get_one(type(finding.inspection.inspectors[0].user), finding.inspection.inspector_ids[0])
    for involved in (inspector.as_actor(), actor_of(make_province())):
        with pytest.raises(SameDecider):
            decide_appeal(filed, AppealDecision.DISMISS, by=involved)
    decide_appeal(filed, AppealDecision.DISMISS, by=officer())
    assert explain(claim.id, actor=actor_of(make_province())) is not None
    sound()

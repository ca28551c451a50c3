"""From the draw to the sanction and its appeal: spot checks, inspections, findings, misconduct (V19, V21, V8(2))."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import AdverseRecord
from accounts.permissions import Role
from accounts.queries import adverse_facts, organisation
from core import clock
from core.db import session
from core.errors import Forbidden
from core.invariants import verify
from core.permissions import Actor
from core.states import StateForbids
from settlement.queries.invariants import INVARIANTS as MONEY
from settlement.queries.payables import payable_of
from settlement.service import clawbacks
from settlement.steps.clawbacks import ClawbackTooLarge
from tests.factories.accounts import (
    actor_of,
    make_bureau,
    make_city_finance,
    make_enterprise,
    make_provider,
    make_province,
    make_team,
    make_user,
)
from tests.factories.settlement import answer as bank_answer
from tests.factories.settlement import make_fund, maker, prepare, send
from tests.factories.supervision import (
    assign,
    draw,
    inspection_of,
    note,
    officer,
    serious_misconduct,
    told_finding,
    upheld_finding,
    visit,
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
from vouchers.models import Claim
from vouchers.queries.explanations import explain
from vouchers.queries.inspections import FindingMissing, InspectionMissing, find_finding, find_inspection, views_of
from vouchers.queries.invariants import INVARIANTS
from vouchers.queries.spot_checks import replay_of
from vouchers.rules.facts import Obstacle
from vouchers.rules.supervision import AppealDecision, FindingSeverity, MisconductKind, Seriousness
from vouchers.service import findings, inspections, misconduct
from vouchers.service.claims import SubmissionRefused, Upload
from vouchers.service.findings import (
    AnswerAwaited,
    AnswerLate,
    FindingDecision,
    FindingNotUpheld,
    InspectorDecides,
    PayoutUnclear,
)
from vouchers.service.inspections import FindingsUndecided, InspectionRefused, NotAnInspector, NothingToStop
from vouchers.service.misconduct import AppealFiled, AppealLate, AppealRefused, MisconductRefused, SameDecider
from vouchers.service.reviews import ConfirmationRefused
from vouchers.service.reviews import revoke as revoke_claim
from vouchers.states import ClaimState, FindingState, InspectionState, MisconductState

pytestmark = pytest.mark.usefixtures("app")


def confirmed(**given: Any) -> Claim:
    return bring(make_claim(**given), ClaimState.CONFIRMED)


def today() -> date:
    return clock.today(clock.now())


def sound() -> None:
    session().rollback()
    assert verify([*INVARIANTS, *MONEY]) == []


def codes(refused: pytest.ExceptionInfo[InspectionRefused]) -> list[str]:
    return [each.code for each in refused.value.reasons]


def test_v19_a_frame_is_narrowed_and_drawn_again_by_anybody(app: Flask) -> None:
    provider = make_provider()
    claims = [confirmed(provider=provider, base_fen=fen) for fen in (1_000_000, 10_000_000, 40_000_000)]
    other = confirmed()

    narrowed = draw(provider_id=provider.id, min_confirmed_fen=5_000_000)
    assert narrowed.frame == narrowed.drawn == [claims[1].id, claims[2].id]
    assert narrowed.criteria["provider_id"] == provider.id

    check = draw(size=2, by_strata=True)
    assert check.frame == sorted([*(claim.id for claim in claims), other.id])
    assert sorted(member for part in check.strata for member in part["members"]) == check.frame
    assert sum(part["size"] for part in check.strata) == len(check.drawn) == 2
    assert claims[2].id in check.drawn, "the stratum of the dearest weighs most"
    found = replay_of(check.id)
    assert found.same
    again = app.test_cli_runner().invoke(args=["vouchers", "spot-check", "replay", str(check.id), "--json"])
    assert again.exit_code == 0, again.output
    assert found.frame_sha256 in again.output
    sound()


def test_v19_inspectors_are_two_officers_who_had_no_part_in_the_claim() -> None:
    claim = confirmed()
    inspection, one = inspection_of(claim), officer()
    with pytest.raises(InspectionRefused) as refused:
        assign(inspection, actor_of(make_province()))
    assert codes(refused) == ["inspectors_few", "inspector_involved"]
    foreign, firm = actor_of(make_bureau("370100")), actor_of(organisation(claim.beneficiary_id))
    with pytest.raises(InspectionRefused) as refused:
        assign(inspection, one, foreign, firm, actor_of(make_bureau(claim.city)))
    assert sorted(codes(refused)) == [
        "inspector_interested",
        "inspector_involved",
        "inspector_no_officer",
        "inspector_no_officer",
    ]
    colleague = make_user(Role.CITY_BUREAU, make_bureau(claim.city)).as_actor()
    assert assign(inspection, one, colleague).inspector_ids == sorted([one.user_id or 0, colleague.user_id or 0])
    with pytest.raises(NotAnInspector):
        visit(inspection, officer())


def test_v19_a_visit_is_unannounced_and_a_finding_is_told_answered_and_decided_by_another() -> None:
    claim = confirmed()
    inspection, one, other = inspection_of(claim), officer(), officer()
    assign(inspection, one, other)
    user, bureau = actor_of(organisation(claim.beneficiary_id)), actor_of(make_bureau(claim.city))
    provider, finance = actor_of(organisation(claim.provider_id)), actor_of(make_city_finance(claim.city))
    visit(inspection, one)
    for stranger in (user, provider, bureau, finance):
        with pytest.raises(InspectionMissing):
            find_inspection(inspection.id, actor=stranger)
    upload = Upload(io.BytesIO(PDF), "evidence.pdf")
    inspections.add_evidence(inspection_id=inspection.id, upload=upload, title="照片", actor=other, now=clock.now())
    finding = note(inspection, other)
    with pytest.raises(FindingMissing):
        find_finding(finding.id, actor=user)
    assert inspections.conclude(inspection_id=inspection.id, actor=one, now=clock.now()).state == "found_faulty"

    for reader in (user, bureau, finance):
        assert find_finding(finding.id, actor=reader).state is FindingState.NOTIFIED
    with pytest.raises(FindingMissing):
        find_finding(finding.id, actor=provider)
    decide: dict[str, Any] = {"finding_id": finding.id, "decision": FindingDecision.UPHOLD, "opinion": "证据确凿"}
    with pytest.raises(AnswerAwaited):
        findings.decide(**decide, actor=actor_of(make_province()), now=clock.now())
    findings.answer(finding_id=finding.id, text="不认可", upload=None, actor=user, now=clock.now())
    with pytest.raises(StateForbids):
        findings.answer(finding_id=finding.id, text="再次", upload=None, actor=user, now=clock.now())
    with pytest.raises(InspectorDecides):
        findings.decide(**decide, actor=one, now=clock.now())
    with pytest.raises(FindingsUndecided):
        inspections.close(inspection_id=inspection.id, actor=actor_of(make_province()), now=clock.now())
    assert findings.decide(**decide, actor=actor_of(make_province()), now=clock.now()).state is FindingState.UPHELD
    closed = inspections.close(inspection_id=inspection.id, actor=actor_of(make_province()), now=clock.now())
    assert closed.state is InspectionState.CLOSED
    sound()


def test_v19_the_term_to_answer_ends_with_its_last_day() -> None:
    finding = told_finding(confirmed())
    user = actor_of(finding.organisation)
    assert finding.answer_by == date(2026, 3, 16), "ten working days after Monday 2026-03-02"
    with clock.at(clock.end_of_day(finding.answer_by)):
        with pytest.raises(AnswerLate):
            findings.answer(finding_id=finding.id, text="迟", upload=None, actor=user, now=clock.now())
        decided = findings.decide(
            finding_id=finding.id,
            decision=FindingDecision.DISMISS,
            opinion="证据不足",
            actor=actor_of(make_province()),
            now=clock.now(),
        )
    assert decided.state is FindingState.DISMISSED
    with pytest.raises(FindingNotUpheld):
        claw_back(finding.id, 1)


def claw_back(finding_id: int, amount_fen: int) -> object:
    return findings.claw_back(
        finding_id=finding_id,
        payable_id=None,
        amount_fen=amount_fen,
        cause="弄虚作假",
        actor=actor_of(make_province()),
        now=clock.now(),
    )


def test_v19_a_refusal_to_cooperate_is_a_finding_by_itself_and_what_is_unpaid_is_stopped() -> None:
    claim = confirmed()
    inspection, one = inspection_of(claim), officer()
    assign(inspection, one, officer())
    (stop,) = inspections.stop_payments(
        inspection_id=inspection.id, cause="存疑", actor=actor_of(make_province()), now=clock.now()
    )
    assert stop.occasion == f"inspection:{inspection.id}"
    refusal: dict[str, Any] = {
        "inspection_id": inspection.id,
        "statement": "拒绝进入",
        "actor": one,
        "now": clock.now(),
    }
    stranger = make_enterprise()
    with pytest.raises(InspectionRefused):
        inspections.meet_refusal(organisation_id=stranger.id, **refusal)
    concluded = inspections.meet_refusal(organisation_id=claim.provider_id, **refusal)
    assert concluded.state is InspectionState.REFUSED_COOPERATION
    assert [each.severity for each in concluded.findings] == [FindingSeverity.REFUSAL]
    revoke_claim(claim_id=claim.id, opinion="拒不配合", actor=actor_of(make_province()), now=clock.now())
    session().refresh(stop)
    assert stop.state == "final"
    with pytest.raises(NothingToStop):
        inspections.stop_payments(
            inspection_id=inspection.id, cause="存疑", actor=actor_of(make_province()), now=clock.now()
        )
    sound()


def test_v19_v21_money_comes_back_for_an_upheld_finding_and_never_more_than_was_paid() -> None:
    """Paid 60,000: the clawback is linked to the payment, and the finding shows what is still open."""
    make_fund(10_000_000)
    claim = confirmed()
    finding = upheld_finding(claim, against=claim.provider_id)
    with pytest.raises(PayoutUnclear):
        claw_back(finding.id, 1)
    bank_answer(send(prepare(cutoff=date(2026, 3, 10), now=clock.now())))
    with pytest.raises(ClawbackTooLarge):
        claw_back(finding.id, 6_000_001)
    claw_back(finding.id, 6_000_000)
    (view,) = views_of([finding])
    (made,) = view.money.clawbacks
    payable = payable_of(claim.source)
    assert payable is not None
    assert (made.payable_id, made.batch_id, made.due_on) == (payable.id, payable.batch_id, date(2026, 4, 14))
    clawbacks.record_recovery(clawback_id=made.id, amount_fen=1_000_000, reference="R1", actor=maker(), now=clock.now())
    (view,) = views_of([finding])
    assert (view.money.ordered_fen, view.money.recovered_fen, view.money.open_fen) == (6_000_000, 1_000_000, 5_000_000)

    user, other = make_enterprise(), make_provider()
    assert assessment_of(user, organisation(claim.provider_id)).eligible
    with clock.at(clock.end_of_day(date(2026, 4, 14))):
        late = assessment_of(user, organisation(claim.provider_id))
        assert [(each.code, each.article) for each in late.reasons] == [("obstacle_provider_clawback_overdue", "V21")]
        assert late.facts["obstacles"] == [Obstacle.PROVIDER_CLAWBACK_OVERDUE]
        assert assessment_of(user, other).eligible
    sound()


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
    claim = confirmed(mode=FULL)
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

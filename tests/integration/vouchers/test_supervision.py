"""From the draw to what is paid back: spot checks, inspections, findings, clawbacks (V19, V21)."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from flask import Flask

from accounts.permissions import Role
from accounts.queries import organisation
from core import clock
from core.db import session
from core.states import StateForbids
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
    sound,
    told_finding,
    upheld_finding,
    visit,
)
from tests.factories.vouchers import (
    PDF,
    assessment_of,
    bring,
    make_claim,
)
from vouchers.models import Claim
from vouchers.queries.inspections import FindingMissing, InspectionMissing, find_finding, find_inspection, views_of
from vouchers.queries.spot_checks import replay_of
from vouchers.rules.facts import Obstacle
from vouchers.rules.supervision import FindingSeverity
from vouchers.service import findings, inspections
from vouchers.service.claims import Upload
from vouchers.service.findings import (
    AnswerAwaited,
    AnswerLate,
    FindingDecision,
    FindingNotUpheld,
    InspectorDecides,
    PayoutUnclear,
)
from vouchers.service.inspections import FindingsUndecided, InspectionRefused, NotAnInspector, NothingToStop
from vouchers.service.reviews import revoke as revoke_claim
from vouchers.states import ClaimState, FindingState, InspectionState

pytestmark = pytest.mark.usefixtures("app")


def confirmed(**given: Any) -> Claim:
    return bring(make_claim(**given), ClaimState.CONFIRMED)


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

"""The always-true queries of supervision, each loud where its rows are bent."""

from __future__ import annotations

from datetime import date

from flask import Flask

from core import clock
from core.db import session
from core.invariants import verify
from tests.databases import Database
from tests.factories.accounts import actor_of
from tests.factories.supervision import draw, officer, serious_misconduct, upheld_finding
from tests.factories.vouchers import FULL, bring, make_claim
from tests.support.bending import assert_each_bites
from vouchers.queries.supervision_invariants import INVARIANTS
from vouchers.rules.supervision import AppealDecision
from vouchers.service import misconduct
from vouchers.states import ClaimState


def test_tampering_is_named(committed_app: Flask, database: Database) -> None:
    """Each always-true query bites: rows bent past all guards are named."""
    assert committed_app.name
    claim = bring(make_claim(mode=FULL), ClaimState.CONFIRMED)
    finding = upheld_finding(claim)
    draw(by_strata=True, size=1)
    decided = serious_misconduct(finding.organisation_id, until=date(2027, 5, 31))
    now = clock.now()
    filed = misconduct.file_appeal(
        decision_id=decided.id, grounds="认定有误", upload=None, actor=actor_of(finding.organisation), now=now
    )
    misconduct.decide_appeal(
        appeal_id=filed.id,
        decision=AppealDecision.DISMISS,
        sanction_until=None,
        opinion="维持",
        actor=officer(),
        now=now,
    )
    session().rollback()
    assert verify(INVARIANTS) == []
    assert_each_bites(database, BENDS, INVARIANTS)


BENDS = {
    "spot checks: what was drawn": "UPDATE spot_check SET drawn = '[999]'",
    "spot checks: the strata": "UPDATE spot_check SET frame = frame || '[999]' WHERE jsonb_array_length(strata) > 0",
    "inspections: each is": "UPDATE spot_check SET drawn = '[999]'",
    "inspections: nobody": """UPDATE inspection_inspector SET user_id =
        (SELECT c.confirmed_by FROM inspection i JOIN claim c ON c.id = i.claim_id WHERE i.id = inspection_id)
        WHERE user_id = (SELECT min(user_id) FROM inspection_inspector)""",
    "findings and appeals": "UPDATE misconduct_appeal SET decided_by = (SELECT decided_by FROM misconduct_decision)",
    "misconduct: a sanction": "UPDATE adverse_record SET annulled_at = now(), annulled_why = 'x'",
    "misconduct: no decision": """WITH annulled AS (
        UPDATE adverse_record SET annulled_at = '2020-01-01', annulled_why = 'x' RETURNING *)
        UPDATE entitlement_decision e SET facts = jsonb_set(facts, '{beneficiary,adverse_records}', jsonb_build_array(
               jsonb_build_object('kind', r.kind, 'from', r.since, 'to', r.until)))
          FROM annulled r WHERE r.organisation_id = e.beneficiary_id""",
    "supervision: every record": "DELETE FROM audit_entry WHERE subject_kind = 'inspection_finding'",
    "inspection: history": "UPDATE inspection SET state = 'visited'",
    "inspection_finding: history": "UPDATE inspection_finding SET state = 'dismissed'",
    "misconduct_decision: history": "UPDATE misconduct_decision SET state = 'reduced'",
    "misconduct_appeal: history": "UPDATE misconduct_appeal SET state = 'annulled'",
}
"""A bend of rows for each invariant, by how its name begins."""

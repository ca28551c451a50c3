"""What reviewers' decisions about claims, flags and inspections rest on. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.grounds import Ground
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision
from vouchers.rules.flags.kinds import FlagKind
from vouchers.rules.grounds import finding_grounds, inspection_grounds
from vouchers.rules.review_grounds import (
    credit_grounds,
    flag_grounds,
    review_grounds,
    revocation_ground,
    together_grounds,
)
from vouchers.rules.reviewing import BatchKind
from vouchers.rules.supervision import FindingSeverity
from vouchers.states import FindingState, FlagState

MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)


def rests_on(found: list[Ground]) -> list[tuple[str, str | None]]:
    return [(each.code, each.article) for each in found]


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (ReviewDecision.APPROVE, ("claim_approved", "V17 order")),
        (ReviewDecision.RETURN, ("claim_returned", "V17 return")),
        (ReviewDecision.REJECT, ("claim_rejected", "V17 order")),
        (ConfirmationDecision.CONFIRM, ("claim_confirmed", "V17 order")),
        (ConfirmationDecision.SEND_BACK, ("claim_sent_back", "V17 order")),
    ],
)
def test_v17_a_review_tells_its_opinion_and_every_defect_and_tick(
    decision: ReviewDecision | ConfirmationDecision, expected: tuple[str, str]
) -> None:
    found = review_grounds(
        decision,
        amount_fen=5_000_000,
        decided_on=MOMENT,
        opinion="属实",
        defects=["缺合同"],
        findings={"rd_base": True, "main_business": False},
    )
    assert rests_on(found) == [
        expected,
        ("claim_defect", expected[1]),
        ("declaration_found", "V8(3)"),
        ("declaration_found", "V8(3)"),
    ]
    assert found[0].inputs["opinion"] == "属实"
    assert [each.inputs for each in found[2:]] == [
        {"declaration": "rd_base", "holds": True},
        {"declaration": "main_business", "holds": False},
    ]


def test_v8_a_suspected_relation_rests_on_its_article_and_all_else_on_supervision() -> None:
    related = {kind for kind in FlagKind if _of_flag(kind, FlagState.UPHELD)[0].article == "V8(4)"}
    assert {kind.value for kind in related} == {
        "one_way_holding",
        "mutual_holding",
        "subsidiary",
        "co_built",
        "common_control",
        "shared_phone",
        "shared_bank_account",
        "shared_address",
    }
    assert rests_on(_of_flag(FlagKind.BURST, FlagState.CLEARED)) == [("flag_cleared", "V19")]
    assert rests_on(_of_flag(FlagKind.CO_BUILT, FlagState.UPHELD)) == [("flag_upheld", "V8(4)")]
    assert revocation_ground(on=MOMENT, opinion="拒不配合").article == "V19"


def _of_flag(kind: FlagKind, state: FlagState) -> list[Ground]:
    return flag_grounds(state, kind=kind, raised_on=MOMENT, decided_on=MOMENT, finding="已说明")


def test_v17_claims_decided_together_are_named_with_their_sum() -> None:
    for kind, code in (
        (BatchKind.CITY_REVIEW, "claims_approved_together"),
        (BatchKind.CONFIRMATION, "claims_confirmed_together"),
    ):
        found = together_grounds(kind, claims=[3, 4], total_fen=6_000_000, decided_on=MOMENT, opinion="属实")
        assert rests_on(found) == [(code, "V17 order"), ("claims_together", "V17 order")]
        assert found[1].text.zh == "涉及兑付申请 3、4，合计 60,000.00 元。"


@pytest.mark.parametrize(
    ("refused", "faulty", "code"),
    [
        (True, True, "inspection_refused"),
        (False, True, "inspection_faulty"),
        (False, False, "inspection_clean"),
    ],
)
def test_v19_an_inspection_tells_what_was_seen(refused: bool, faulty: bool, code: str) -> None:
    found = inspection_grounds(
        refused=refused,
        faulty=faulty,
        visited_on=date(2026, 3, 2),
        account="现场核查",
        unmet=["invoice_genuine"],
        concluded_on=MOMENT,
        closed_on=MOMENT,
    )
    assert rests_on(found) == [(code, "V19"), ("inspection_seen", "V19"), ("inspection_closed", "V19")]
    assert found[1].inputs == {"visited_on": "2026-03-02", "account": "现场核查", "unmet": ["invoice_genuine"]}


def test_v19_a_finding_tells_the_article_it_offends_and_the_answer() -> None:
    for state, code in ((FindingState.UPHELD, "finding_upheld"), (FindingState.DISMISSED, "finding_dismissed")):
        found = finding_grounds(
            article="V11",
            severity=FindingSeverity.MINOR,
            statement="记录不全",
            found_on=MOMENT,
            answer=None,
            answered_on=None,
            answer_by=date(2026, 3, 20),
            state=state,
            decided_on=MOMENT,
            opinion="证据充分",
        )
        assert rests_on(found) == [(code, "V19"), ("finding_stated", "V11"), ("finding_answered", "V19")]
        assert "无" in found[2].text.zh


def test_v13_a_credit_invoice_tells_its_decision_and_annulment_to_those_told_of_them() -> None:
    stated: dict[str, Any] = {"number": "2", "original_number": "1", "amount_fen": 5, "issued_on": date(2026, 3, 1)}
    told: dict[str, Any] = {"decided_on": MOMENT, "opinion": "已核对", "annulled_on": MOMENT, "why": "号码录错"}
    assert rests_on(credit_grounds(taken=True, **stated, **told)) == [
        ("credit_taken", "V13"),
        ("credit_annulled", "V13"),
        ("credit_stated", "V13"),
    ]
    untold: dict[str, Any] = {**told, "annulled_on": None, "why": None}
    assert rests_on(credit_grounds(taken=False, **stated, **untold))[0] == ("credit_rejected", "V13")
    assert credit_grounds(taken=False, **stated, **{**untold, "opinion": None}) == []

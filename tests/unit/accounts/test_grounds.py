"""What decisions about members rest on: article by article, with what was stated. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.kinds import ChangeDecision, DocumentKind, RenewalDecision, RestrictionKind, ReviewDecision
from accounts.rules.grounds import (
    change_grounds,
    registration_grounds,
    renewal_grounds,
    restriction_grounds,
    resumption_ground,
    suspension_ground,
)
from core.grounds import Ground

DECIDED = datetime(2026, 3, 2, 1, tzinfo=UTC)
LICENCE = DocumentKind.LICENCE.value
FIGURES = {"figures_year": 2025, "staff": 120, "revenue_fen": 5_000_000_000, "orderly_finances": True}


def rests_on(found: list[Ground]) -> list[tuple[str, str | None]]:
    return [(each.code, each.article) for each in found]


def registration(decision: ReviewDecision, **given: Any) -> list[Ground]:
    return registration_grounds(
        decision,
        round_no=2,
        submitted_on=DECIDED,
        decided_on=DECIDED,
        **{"opinion": "", "stated": {}, "documents": [], "owed": [], "defects": [], "findings": [], **given},
    )


def test_v15_an_approval_names_what_was_stated_and_which_documents_are_owed() -> None:
    found = registration(ReviewDecision.APPROVE, stated={"figures": FIGURES}, documents=[LICENCE], owed=[LICENCE])
    assert rests_on(found) == [
        ("registration_approved", "V15"),
        ("stated_figures", "V8(1)"),
        ("stated_finances", "V8(2)"),
        ("registration_documents", "V15"),
    ]
    assert found[0].inputs["round"] == 2
    assert found[1].inputs == {"year": 2025, "staff": 120, "revenue_fen": 5_000_000_000}
    assert found[1].text.zh.endswith("职工 120 人，营业收入 50,000,000.00 元。")
    assert found[-1].inputs["owed"] == [LICENCE]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"rd_need": "测试", "figures": {"staff": None}}, ("stated_need", "V9")),
        ({"institution_kind": "university", "has_sharing_rules": True}, ("stated_institution", "V10")),
    ],
)
def test_v9_v10_teams_and_providers_are_judged_by_their_own_articles(
    stated: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in rests_on(registration(ReviewDecision.APPROVE, stated=stated))


def test_v15_a_return_names_every_defect() -> None:
    found = registration(
        ReviewDecision.RETURN,
        defects=["执照看不清"],
        findings=[{"about": "uscc", "standard": None, "note": "与执照不符"}],
    )
    assert rests_on(found) == [
        ("registration_returned", "V15"),
        ("registration_defect", "V15"),
        ("registration_finding", "V15"),
    ]
    assert found[1].inputs == {"defect": "执照看不清"}
    assert found[2].inputs == {"about": "uscc", "standard": None, "note": "与执照不符"}


@pytest.mark.parametrize(
    ("decision", "code"),
    [(RenewalDecision.CONFIRM, "renewal_confirmed"), (RenewalDecision.RETURN, "renewal_returned")],
)
def test_v8_1_a_renewal_is_decided_on_its_figures(decision: RenewalDecision, code: str) -> None:
    found = renewal_grounds(
        decision,
        year=2025,
        staff=120,
        revenue_fen=1,
        orderly_finances=False,
        handed_in_on=DECIDED,
        due_on=date(2026, 6, 30),
        decided_on=DECIDED,
        opinion="",
    )
    assert rests_on(found) == [
        (code, "V8(1)"),
        ("renewal_handed_in", "V8(1)"),
        ("stated_figures", "V8(1)"),
        ("stated_finances", "V8(2)"),
    ]
    assert found[3].inputs == {"orderly_finances": False}


def test_v12_a_change_rests_on_what_each_new_fact_moves() -> None:
    wanted = {"county": "371702", "controller": "李某", "name": None, "phone": "0530-1"}
    found = change_grounds(
        ChangeDecision.APPROVE,
        effective_on=date(2026, 4, 1),
        wanted=wanted,
        why="迁址",
        decided_on=DECIDED,
        opinion="",
    )
    assert rests_on(found) == [
        ("change_approved", "V15"),
        ("change_of_county", "V12"),
        ("change_of_controller", "V12 cap"),
        ("change_of_phone", "V15"),
    ]
    refused = change_grounds(
        ChangeDecision.REFUSE, effective_on=date(2026, 4, 1), wanted={}, why="x", decided_on=DECIDED, opinion="无证明"
    )
    assert rests_on(refused) == [("change_refused", "V15")]


def test_a_suspension_rests_on_the_article_named_else_on_its_vetting() -> None:
    since = date(2026, 3, 1)
    assert suspension_ground(article="V8(2)", since=since, until=None, why="x").article == "V8(2)"
    assert suspension_ground(article=None, since=since, until=None, why="x").article == "V15"
    assert resumption_ground(on=DECIDED, why="").inputs == {"on": "2026-03-02", "why": ""}


def test_v20_a_restriction_tells_why_it_ended_early() -> None:
    given: dict[str, Any] = {"kind": next(iter(RestrictionKind)), "since": date(2026, 3, 1), "until": date(2026, 9, 1)}
    assert rests_on(restriction_grounds(**given, lifted_on=None, lifted_why=None)) == [("restriction_imposed", "V20")]
    lifted = restriction_grounds(**given, lifted_on=DECIDED, lifted_why="已改正")
    assert lifted[-1].inputs == {"lifted_on": "2026-03-02", "lifted_why": "已改正"}

"""What decisions on a member's records rest on: accounts, documents, groups, successions, entries. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.kinds import AdverseKind, ChangeDecision, DocumentKind, VerificationDecision
from accounts.rules.grounds import withdrawal_grounds
from accounts.rules.record_grounds import (
    account_grounds,
    adverse_grounds,
    document_grounds,
    group_change_grounds,
    holding_grounds,
    joint_grounds,
    succession_grounds,
)
from accounts.states import ChangeKind
from core.grounds import Ground
from core.sources import source_text

DAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)
OPEN: dict[str, Any] = {"ended_on": None, "ended_source": None, "annulled_on": None, "why": None}


def rests_on(found: list[Ground]) -> list[tuple[str, str | None]]:
    return [(each.code, each.article) for each in found]


@pytest.mark.parametrize(("of_team", "article"), [(True, "V16 team"), (False, "V15")])
def test_v16_an_account_rests_on_the_article_of_whose_it_is(of_team: bool, article: str) -> None:
    stated = {"holder_name": "甲", "bank_name": "乙", "cnaps_code": "1", "account_number": "2"}
    for decision, code in (
        (VerificationDecision.VERIFY, "account_verified"),
        (VerificationDecision.REFUSE, "account_refused"),
    ):
        found = account_grounds(
            decision, of_team=of_team, named_on=MOMENT, decided_on=MOMENT, opinion="户名不符", **stated
        )
        assert rests_on(found) == [(code, article), ("account_stated", article)]
        assert found[0].inputs == {"decided_on": "2026-03-02", "opinion": "户名不符"}
        assert found[1].inputs == {**stated, "named_on": "2026-03-02"}


def test_v15_a_document_is_certified_or_not_and_a_change_taken_back_or_kept() -> None:
    for certified, code in ((True, "document_certified"), (False, "document_refused")):
        found = document_grounds(
            certified=certified,
            kind=DocumentKind.LICENCE,
            title="",
            filename="a.pdf",
            valid_until=DAY,
            handed_in_on=MOMENT,
            decided_on=MOMENT,
            opinion="清晰",
        )
        assert rests_on(found) == [(code, "V15"), ("document_stated", "V15")]
        assert "营业执照" in found[1].text.zh
    for decision, code in ((ChangeDecision.APPROVE, "change_taken_back"), (ChangeDecision.REFUSE, "change_kept")):
        found = withdrawal_grounds(decision, effective_on=DAY, why="不搬了", decided_on=MOMENT, opinion="同意")
        assert rests_on(found) == [(code, "V15"), ("change_withdrawal", "V15")]
        assert found[1].inputs == {"why": "不搬了", "opinion": "同意"}


@pytest.mark.parametrize(
    ("kind", "code", "inputs"),
    [
        (ChangeKind.MERGE, "groups_merge", {"controller": 1, "into": 2}),
        (ChangeKind.SPLIT, "group_splits", {"controller": 1, "firms": [7], "new_name": "新"}),
        (ChangeKind.NAMING, "controller_named", {"firms": [7], "into": 2, "new_name": "新"}),
    ],
)
def test_v12_a_change_of_groups_says_what_it_does_to_the_cap(
    kind: ChangeKind, code: str, inputs: dict[str, object]
) -> None:
    for decision, first in (
        (ChangeDecision.APPROVE, "group_change_approved"),
        (ChangeDecision.REFUSE, "group_change_refused"),
    ):
        found = group_change_grounds(
            decision,
            kind=kind,
            controller=1,
            into=2,
            new_name="新",
            firms=[7],
            effective_on=DAY,
            evidence="协议",
            proposed_on=MOMENT,
            decided_on=MOMENT,
            opinion="属实",
        )
        assert rests_on(found) == [(first, "V12 cap"), (code, "V12 cap"), ("change_evidence", "V12 cap")]
        assert found[1].inputs == {**inputs, "effective_on": "2026-03-02"}


def test_v12_a_succession_keeps_what_only_the_teams_side_reads_in_grounds_of_their_own() -> None:
    for decision, code in (
        (ChangeDecision.APPROVE, "succession_approved"),
        (ChangeDecision.REFUSE, "succession_refused"),
    ):
        found = succession_grounds(
            decision,
            team=3,
            enterprise=4,
            effective_on=DAY,
            evidence="注册",
            proposed_on=MOMENT,
            decided_on=MOMENT,
            opinion="属实",
        )
        assert rests_on(found) == [(code, "V12 cap"), ("change_evidence", "V9"), ("succession_opinion", "V9")]
        assert {"evidence", "opinion"}.isdisjoint(found[0].inputs)


def test_v8_an_entry_tells_its_source_its_end_and_its_annulment() -> None:
    later = {"ended_on": MOMENT, "ended_source": "移出公告", "annulled_on": MOMENT, "why": "误登"}
    codes = ["entry_ended", "entry_annulled"]
    since: dict[str, Any] = {"since": DAY, "until": None, "entered_on": MOMENT}
    for given, added in ((OPEN, []), (later, codes)):
        found = adverse_grounds(kind=AdverseKind.FRAUD, source=source_text("finding:3"), **since, **given)
        assert rests_on(found) == [(code, "V8(2)") for code in ["adverse_entered", *added]]
        assert "核查发现 3" in found[0].text.zh
        held = holding_grounds(holder=1, held=2, percent=Decimal("5.0000"), source="登记", **since, **given)
        assert rests_on(held) == [(code, "V8(4)") for code in ["holding_entered", *added]]
        assert held[0].inputs["percent"] == "5"
        both = joint_grounds(sides=(1, 2), source="登记", **since, **given)
        assert rests_on(both) == [(code, "V8(4)") for code in ["joint_entered", *added]]
    assert [each.inputs.get("source", each.inputs.get("why")) for each in both[1:]] == ["移出公告", "误登"]

"""What the naming of a provider rests on, and what of it is public. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.grounds import ground
from marketplace.rules.grounds import Hearing, naming_grounds
from marketplace.rules.naming import NamingCause, NamingDecision

MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)
RESTRICTED = ground("restriction_lifted", article="V20", lifted_on=MOMENT, lifted_why="x")
HEARING = Hearing(facts="拒绝三次", answer_by=date(2026, 2, 20), answer=None, opinion="属实")


def test_v20_who_may_read_the_case_reads_what_was_told_answered_and_opined() -> None:
    found = naming_grounds(
        NamingDecision.NAME, cause=NamingCause.REFUSAL, decided_on=MOMENT, hearing=HEARING, restrictions=[RESTRICTED]
    )
    assert [each.code for each in found] == [
        "provider_named",
        "naming_facts",
        "naming_answer",
        "naming_opinion",
        "restriction_lifted",
    ]
    assert {each.article for each in found} == {"V20"}
    assert found[2].text.zh == "供给方的答复：无"


def test_v20_the_public_reads_the_cause_and_the_restrictions_alone() -> None:
    found = naming_grounds(
        NamingDecision.DISMISS, cause=NamingCause.REFUSAL, decided_on=MOMENT, hearing=None, restrictions=[]
    )
    assert [(each.code, each.inputs) for each in found] == [
        ("naming_dismissed", {"cause": "refusal", "decided_on": "2026-03-02"})
    ]

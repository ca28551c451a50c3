"""What decisions of misconduct and on appeals rest on. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from vouchers.rules.grounds import appeal_grounds, misconduct_grounds
from vouchers.rules.supervision import MisconductKind, Seriousness
from vouchers.states import AppealState, MisconductState

MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)
UNTIL = date(2027, 5, 31)


@pytest.mark.parametrize(
    ("state", "sanction"),
    [
        (MisconductState.IN_FORCE, ("sanction_blocks", "V8(2)")),
        (MisconductState.REDUCED, ("sanction_blocks", "V8(2)")),
        (MisconductState.SUSPENDED, ("sanction_rests", "V21")),
        (MisconductState.ANNULLED, ("sanction_annulled", "V21")),
    ],
)
def test_v21_serious_misconduct_tells_its_sanction_as_it_stands(
    state: MisconductState, sanction: tuple[str, str]
) -> None:
    found = misconduct_grounds(
        kind=MisconductKind.FRAUD,
        seriousness=Seriousness.SERIOUS,
        occurred_on=date(2026, 1, 5),
        decided_on=MOMENT,
        grounds="伪造合同",
        finding_id=3,
        state=state,
        sanction_until=UNTIL,
    )
    assert [(each.code, each.article) for each in found] == [
        ("misconduct_decided", "V21"),
        ("misconduct_finding", "V21"),
        sanction,
    ]
    assert found[0].inputs["kind"] == "fraud"
    assert found[2].inputs["sanction_until"] == "2027-05-31"


def test_v21_misconduct_without_finding_and_sanction_rests_on_its_grounds_alone() -> None:
    found = misconduct_grounds(
        kind=MisconductKind.OTHER,
        seriousness=Seriousness.GENERAL,
        occurred_on=date(2026, 1, 5),
        decided_on=MOMENT,
        grounds="x",
        finding_id=None,
        state=MisconductState.IN_FORCE,
        sanction_until=None,
    )
    assert [each.code for each in found] == ["misconduct_decided"]


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"state": AppealState.FILED}, []),
        ({"state": AppealState.FILED, "suspended_on": MOMENT}, ["appeal_filed", "appeal_suspends"]),
        ({"state": AppealState.DISMISSED, "decided_on": MOMENT}, ["appeal_filed", "appeal_dismissed"]),
        (
            {"state": AppealState.REDUCED, "decided_on": MOMENT, "sanction_until": UNTIL, "suspended_on": MOMENT},
            ["appeal_filed", "appeal_suspends", "appeal_reduces"],
        ),
        ({"state": AppealState.ANNULLED, "decided_on": MOMENT}, ["appeal_filed", "appeal_annuls"]),
    ],
)
def test_v21_an_appeal_tells_what_was_decided_on_it(given: dict[str, Any], codes: list[str]) -> None:
    nothing = {
        "suspended_on": None,
        "suspended_why": "待查",
        "decided_on": None,
        "opinion": "理由",
        "sanction_until": None,
    }
    found = appeal_grounds(grounds="不实", filed_on=MOMENT, **{**nothing, **given})
    assert [each.code for each in found] == codes
    assert {each.article for each in found} <= {"V21"}

"""What stops of payment and clawbacks rest on. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from settlement.rules.grounds import batch_grounds, clawback_grounds, stop_grounds
from settlement.states import StopState

MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        (StopState.STANDING, ["payment_stopped"]),
        (StopState.LIFTED, ["payment_stopped", "stop_lifted"]),
        (StopState.FINAL, ["payment_stopped", "stop_made_final"]),
    ],
)
def test_v19_a_stop_tells_its_sum_its_cause_and_how_it_ended(state: StopState, codes: list[str]) -> None:
    ended = None if state is StopState.STANDING else MOMENT
    found = stop_grounds(
        article="V19",
        amount_fen=6_000_000,
        cause="待查",
        ordered_on=MOMENT,
        state=state,
        ended_on=ended,
        ending=None if ended is None else "查清",
    )
    assert [each.code for each in found] == codes
    assert {each.article for each in found} == {"V19"}
    assert found[0].inputs == {"amount_fen": 6_000_000, "cause": "待查", "ordered_on": "2026-03-02"}


def test_v21_a_clawback_names_the_payout_it_takes_back() -> None:
    found = clawback_grounds(
        article="V21",
        amount_fen=6_000_000,
        batch="20260310-1-01",
        line_no=2,
        cause="虚假发票",
        opened_on=MOMENT,
        due_on=date(2026, 4, 1),
        misconduct=True,
    )
    assert [each.code for each in found] == ["clawback_opened", "clawback_of_payout", "clawback_misconduct"]
    assert found[1].inputs == {"batch": "20260310-1-01", "line_no": 2, "due_on": "2026-04-01"}
    assert {each.article for each in found} == {"V21"}


def test_v17_a_pay_run_tells_what_it_pays_and_what_waits() -> None:
    found = batch_grounds(
        number="B1",
        cutoff=date(2026, 3, 10),
        line_count=2,
        total_fen=6_000_000,
        waiting_count=0,
        waiting_fen=0,
        approved_on=datetime(2026, 3, 10, 1, tzinfo=UTC),
    )
    assert [(each.code, each.article) for each in found] == [
        ("pay_run_approved", "V17 pay"),
        ("pay_run_waiting", "V17 pay"),
    ]
    assert "2 笔，合计 60,000.00 元" in found[0].text.zh

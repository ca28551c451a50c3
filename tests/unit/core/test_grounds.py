"""Grounds of decisions: one sentence in two languages that names what it was taken on; sources in words."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.grounds import ground
from core.http import GroundSchema
from core.sources import source_text


def test_a_ground_tells_its_inputs_in_words_and_as_they_are() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    told = ground("payment_stopped", article="V19", amount_fen=6_000_000, cause="待查", ordered_on=late)
    assert told.text.zh == "2026-03-02 起暂停拨付 60,000.00 元。原因：待查"
    assert told.text.en == "The payment of CNY 60,000.00 was stopped on 2026-03-02. Why: 待查"
    assert GroundSchema().dump(told) == {
        "code": "payment_stopped",
        "article": "V19",
        "text": told.text.zh,
        "text_en": told.text.en,
        "inputs": {"amount_fen": 6_000_000, "cause": "待查", "ordered_on": "2026-03-02"},
    }


def test_what_was_not_said_is_said_to_be_nothing() -> None:
    told = ground("membership_suspended", article="V15", since=date(2026, 3, 1), until=None, why="x")
    assert "至 无 前有效" in told.text.zh
    assert told.inputs == {"since": "2026-03-01", "until": None, "why": "x"}


def test_braces_that_people_type_are_text() -> None:
    assert ground("registration_defect", article="V15", defect="{round} {0}").text.zh == "需补正：{round} {0}"


def test_sources_have_words_and_written_ones_stand() -> None:
    assert source_text("finding:3") == ("核查发现 3", "Finding 3")
    assert source_text("clawback:7") == ("追回 7", "Clawback 7")
    assert source_text("province") == ("省科技厅决定", "Decision of the province")
    for written in ("国家企业信用信息公示系统", "claim", "province:1", "finding: 3", "no_such:1"):
        assert source_text(written) == (written, written)

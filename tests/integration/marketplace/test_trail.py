"""The audit trail as its readers find things in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.db import session
from marketplace.demo.client import DemoClient
from marketplace.reports.trail import EntryMissing, TrailSearch, described, record_history, trail
from tests.support.deal import MONDAY, order, service_id, walk
from tests.support.queries import counted_queries

SAMPLE = "demo-ms-sample"
TODAY = MONDAY.date()


@pytest.fixture
def placed(province: DemoClient) -> int:
    """An order that was accepted, and one that was declined with words that are patterns elsewhere."""
    first = order(province, "sme-heze", service_id(SAMPLE))
    walk(province, first, user="sme-heze", until="acceptance")
    second = order(province, "sme-jinan", service_id(SAMPLE))
    province.post("provider-jinan", f"/orders/{second['id']}/decline", {"reason": "100%_满"})
    return int(first["id"])


def found(**wanted: object) -> list[tuple[str, int, str]]:
    entries = session().scalars(trail(TrailSearch(**wanted))).all()  # type: ignore[arg-type]
    return sorted({(each.subject_kind, each.subject_id, each.action) for each in entries})


def test_entries_are_found_by_record_action_day_and_words(province: DemoClient, placed: int) -> None:
    assert found(subject_kind="order", subject_id=placed) == [("order", placed, "accept"), ("order", placed, "place")]
    assert [kind for kind, _, action in found(action="decline")] == ["order"]
    assert {action for _, _, action in found(words="sme-heze", subject_kind="order")} == {"place"}
    assert found(words="100%_满") == found(action="decline")
    assert found(words="1__") == []
    assert found(since=TODAY + timedelta(days=1)) == []
    assert found(until=TODAY - timedelta(days=1)) == []
    assert found(since=TODAY, until=TODAY, action="decline")


def test_the_history_of_a_record_names_who_acted_in_few_queries(province: DemoClient, placed: int) -> None:
    with counted_queries() as made:
        lines = record_history("order", placed)
    assert [(line.entry.action, line.username) for line in lines] == [
        ("place", "sme-heze"),
        ("accept", "provider-jinan"),
    ]
    assert all(line.organisation for line in lines)
    assert len(made) <= 3
    with counted_queries() as many:
        assert len(described(list(session().scalars(trail())))) > 50
    assert len(many) <= 3


def test_what_never_happened_has_no_history(province: DemoClient) -> None:
    with pytest.raises(EntryMissing):
        record_history("order", 999_999)


def test_the_auditor_reads_it_over_the_api_page_by_page(province: DemoClient, placed: int) -> None:
    page = province.get("auditor", "/audit-entries", subject_kind="order", limit=1)
    assert [item["action"] for item in page["items"]] == ["decline"]
    assert page["items"][0]["data"]["note"] == "100%_满"
    rest = province.get("auditor", "/audit-entries", subject_kind="order", cursor=page["next_cursor"])
    assert [item["username"] for item in rest["items"]] == ["sme-jinan", "provider-jinan", "sme-heze"]


def test_the_policy_is_open_to_everybody_for_any_day(province: DemoClient) -> None:
    today = province.get(None, "/policy")
    assert {"vouchers.annual_cap_fen", "instruments.term"} <= {each["key"] for each in today["values"]}
    assert today["articles"][0]["article"] == "V2"
    early = province.get(None, "/policy", on=date(2024, 1, 1).isoformat())
    assert (early["version"], early["values"], early["articles"]) == (None, [], [])

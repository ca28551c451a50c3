"""What waits for whoever signed in, counted against what the lists of the API show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.queries import actor_of
from core import clock
from core.http.api import API_PREFIX
from core.permissions import SYSTEM
from marketplace.demo.client import DemoClient
from marketplace.reports.desk import DeskItem, desk
from tests.integration.access.cast import CAST, VISITOR
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.queries import counted_queries
from tests.support.world import World

MAX_QUERIES = 12
TODAY = MONDAY.date()

Counts = Callable[[dict[str, Any]], bool]


def every(_: dict[str, Any]) -> bool:
    return True


@pytest.mark.parametrize(
    ("user", "key", "path", "counts"),
    [
        ("sme-heze", "quotes_valid", "/quotes", None),
        ("sme-heze", "contracts_to_sign", "/orders?state=accepted", lambda row: row["beneficiary_signed_at"] is None),
        ("sme-heze", "completions_to_state", "/orders?state=delivered", every),
        ("sme-heze", "payments_due", "/orders", lambda row: row["outstanding_fen"] > 0),
        ("sme-heze", "shortfalls_to_pay", "/shortfalls", lambda row: row["state"] == "open"),
        ("sme-jinan", "claims_to_hand_in", "/claims?state=draft", every),
        ("incubator-weifang", "claims_to_hand_in", "/claims?state=draft", every),
        ("incubator-weifang", "orders_unanswered", "/orders?state=placed", every),
        ("sme-heze-returned", "registrations_returned", "/memberships?state=returned", every),
        ("provider-jinan", "orders_to_accept", "/orders?state=placed", every),
        ("provider-jinan", "contracts_to_sign", "/orders?state=accepted", lambda row: not row["provider_signed_at"]),
        ("provider-jinan", "payments_to_confirm", "/orders", lambda row: row["outstanding_fen"] > 0),
        ("provider-jinan", "services_to_start", "/orders?state=contracted", every),
        ("provider-jinan", "deliveries_due", "/orders?state=in_service", every),
        ("provider-jinan", "shortfalls_to_receive", "/shortfalls?state=open", every),
        ("provider-jinan", "clawbacks_to_pay", "/clawbacks", lambda row: row["state"] == "open"),
        ("bureau-heze", "claims_to_review", "/claims?state=submitted", every),
        ("bureau-heze", "claims_to_summarise", "/claims?state=city_approved", every),
        ("bureau-heze", "memberships_to_review", "/memberships?state=submitted", every),
        ("bureau-heze", "summaries_to_stamp", "/review-summaries?state=open", every),
        ("bureau-heze", "summaries_to_send", "/review-summaries?state=stamped", every),
        ("bureau-jinan", "listings_to_review", "/instruments?state=submitted", every),
        ("finance-checker", "batches_to_approve", "/settlement-batches?state=prepared", every),
        ("finance-maker", "batches_to_export", "/settlement-batches?state=approved", every),
        ("finance-maker", "payables_due", "/payables?state=due", lambda row: not row["stopped"]),
        ("sme-heze", "findings_to_answer", "/findings?state=notified", every),
        ("sme-heze-approved", "misconduct_to_appeal", "/misconduct-decisions", lambda row: row["appeal_id"] is None),
        ("provider-jinan", "payments_stopped", "/payment-stops?state=standing", every),
        ("province", "findings_to_decide", "/findings?state=answered", every),
        ("province", "appeals_to_decide", "/appeals?state=filed", every),
        ("finance-maker", "clawbacks_to_recover", "/clawbacks", lambda row: row["state"] == "open"),
        ("admin", "users_active", "/users", lambda row: row["active"]),
    ],
)
def test_a_desk_counts_what_the_list_shows(world: World, user: str, key: str, path: str, counts: Counts | None) -> None:
    """Neither more nor less than the same person finds by the API."""
    item = desk_of(world, user)[key]
    rows = listed(world, user, path)
    if counts is None:
        ordered = {row["quote_id"] for row in listed(world, user, "/orders")}
        wanted = sum(row["id"] not in ordered for row in rows)
    else:
        wanted = sum(counts(row) for row in rows)
    assert item.count == wanted > 0


def test_a_desk_says_since_when_until_when_and_for_how_much(world: World) -> None:
    """The oldest, the most urgent, the sum; for reviews the age in working days (V20)."""
    provider = desk_of(world, "provider-jinan")
    answers = provider["orders_to_accept"]
    assert (answers.oldest, answers.due) == (TODAY, date(2026, 3, 9))
    assert provider["claims_to_hand_in"].due == date(2026, 9, 2)
    assert not answers.is_fact
    assert provider["money_to_come"].is_fact
    reviews = desk_of(world, "bureau-heze", days=7)["claims_to_review"]
    assert (reviews.oldest, reviews.age_days) == (TODAY, 5)
    submitted = listed(world, "bureau-heze", "/claims?state=submitted")
    assert reviews.amount_fen == sum(claim["claimed_fen"] for claim in submitted)


def test_what_waits_for_the_province(world: World) -> None:
    """Claims of dispatched summaries only; the others are still the city's (V18)."""
    found = desk_of(world, "province")
    assert found["claims_to_confirm"].count == 1
    assert found["fund_left"].amount_fen == world.client.get("finance-maker", "/funds")["items"][0]["available_fen"]


def test_finance_knows_its_next_cutoff(world: World) -> None:
    """V17 pay: the next of the 10th and 25th, as a fact."""
    cutoff = desk_of(world, "finance-maker")["next_cutoff"]
    assert (cutoff.due, cutoff.is_fact, cutoff.is_provisional) == (date(2026, 3, 10), True, False)
    assert "batches_to_approve" not in desk_of(world, "finance-maker")


def test_listings_past_their_term_wait_for_their_provider(province: DemoClient) -> None:
    """S13: mandatory instruments accepted more than 30 working days ago and not yet public."""
    make_overdue(province, 2)
    found = {item.key: item for item in desk(actor_of("provider-jinan"), now=MONDAY)}
    assert found["listings_overdue"].count == 2


def test_deadlines_are_listed_with_one_look_at_the_calendar(province: DemoClient) -> None:
    """The list asks as often for five overdue listings as for one."""
    asked = []
    for more in (1, 4):
        make_overdue(province, more)
        with counted_queries() as made:
            rows = province.get("provider-jinan", "/instruments/listing-deadlines", overdue="true")["items"]
        asked.append((len(rows), len(made)))
    assert [rows for rows, _ in asked] == [1, 5]
    assert asked[0][1] == asked[1][1]


def make_overdue(client: DemoClient, count: int) -> None:
    """Dear fiscal instruments that were accepted a year ago and never listed."""
    facts = {"name": "演示逾期仪器", "value_fen": 30_000_000, "funding": "fiscal", "accepted_on": "2025-03-03"}
    for _ in range(count):
        client.post("provider-jinan", "/instruments", facts)


def test_a_team_hands_nothing_in(world: World) -> None:
    """V16 team: its incubator does."""
    assert "claims_to_hand_in" not in desk_of(world, "team-weifang")


def test_nobody_sees_what_waits_for_others(world: World) -> None:
    """V6: another city's bureau has no claims to review, another member but the documents it owes itself."""
    assert "claims_to_review" not in desk_of(world, "bureau-qingdao")
    assert set(desk_of(world, "provider-qingdao")) == {"documents_owed", "rectifications_to_report"}
    with on(world):
        assert desk(SYSTEM, now=MONDAY) == []


@pytest.mark.parametrize("user", [user for user in CAST if user != VISITOR])
def test_a_desk_asks_little(world: World, user: str) -> None:
    """The same few queries however much waits."""
    with on(world):
        actor = actor_of(user)
        with counted_queries() as made:
            desk(actor, now=MONDAY)
    assert len(made) <= MAX_QUERIES, "\n".join(made)


@contextmanager
def on(world: World) -> Iterator[None]:
    """The world's database on its Monday."""
    with rolled_back(world.client.app), clock.at(MONDAY):
        yield


def desk_of(world: World, user: str, *, days: int = 0) -> dict[str, DeskItem]:
    """What waits for a user, some days later."""
    with on(world):
        return {item.key: item for item in desk(actor_of(user), now=MONDAY + timedelta(days=days))}


def listed(world: World, user: str, path: str) -> list[dict[str, Any]]:
    """Everything a list of the API shows a user."""
    token = world.token(user)
    mark = "&" if "?" in path else "?"
    with on(world):
        answer = world.client.app.test_client().get(
            f"{API_PREFIX}{path}{mark}limit=200", headers={"Authorization": f"Bearer {token}"}
        )
    rows: list[dict[str, Any]] = answer.get_json()["items"]
    return rows

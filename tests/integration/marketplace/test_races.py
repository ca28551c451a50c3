"""Clients racing over HTTP, with real commits: for one slot, for the last of a cap, with one key.

That these races bite is shown where the guards live: each is taken away there and the race is seen to happen (the
race tests of instruments, settlement and core).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from core import clock
from core.db import session
from marketplace.demo.client import DemoClient
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY, ask, service_id

CLIENTS = 40
SLOT = {
    "starts_at": (MONDAY + timedelta(days=1)).isoformat(),
    "ends_at": (MONDAY + timedelta(days=1, hours=2)).isoformat(),
}


def race(client: DemoClient, calls: Sequence[tuple[str, str, dict[str, Any], str]]) -> list[Any]:
    """Make every call (user, path, body, key) at the same moment from a thread of its own; returns the answers."""
    tokens = {user: client.token(user) for user, *_ in calls}
    ready = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def call(number: int, user: str, path: str, body: dict[str, Any], key: str) -> None:
        headers = {"Authorization": f"Bearer {tokens[user]}", "Idempotency-Key": key}
        with clock.at(MONDAY), client.app.app_context():
            ready.wait()
            answers[number] = client.app.test_client().post(f"/api/v1{path}", json=body, headers=headers)

    threads = [threading.Thread(target=call, args=(number, *each)) for number, each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def until_served(client: DemoClient, calls: list[tuple[str, str, dict[str, Any], str]]) -> Counter[int]:
    """Race, and repeat with the same key what was answered 503 with Retry-After, as a client does."""
    seen: Counter[int] = Counter()
    while calls:
        answers = race(client, calls)
        assert all("Retry-After" in each.headers for each in answers if each.status_code == 503)
        seen.update(each.status_code for each in answers if each.status_code != 503)
        calls = [call for call, each in zip(calls, answers, strict=True) if each.status_code == 503]
    return seen


def orders(quotes: Sequence[tuple[str, int]]) -> list[tuple[str, str, dict[str, Any], str]]:
    """One order call for each (user, quote)."""
    return [(user, "/orders", {"quote_id": quote}, f"race-{quote}") for user, quote in quotes]


def test_forty_bookings_for_one_slot_give_one(committed_province: DemoClient) -> None:
    """Invariant 5: one 201 and thirty-nine 409 slot_taken; no other status, nothing half-written."""
    hour = service_id("demo-ms-hour")
    users = ["sme-heze", "sme-jinan", "sme-jinan-sibling", "team-weifang"]
    quotes = [(user, ask(committed_province, user, hour, **SLOT)["id"]) for user in users * (CLIENTS // 4)]
    assert until_served(committed_province, orders(quotes)) == {201: 1, 409: CLIENTS - 1}
    assert counted("SELECT count(*) FROM occupancy WHERE live") == 1
    assert counted('SELECT count(*) FROM "order"') == 1
    assert counted("SELECT count(*) FROM cap_hold") == 1
    assert verify_everything()[1] == []


def test_one_quote_gives_one_order(committed_province: DemoClient) -> None:
    """With keys of their own, whoever comes too late is told that the quote is used."""
    sample = ask(committed_province, "sme-heze", service_id("demo-ms-sample"))["id"]
    calls = [("sme-heze", "/orders", {"quote_id": sample}, f"again-{number}") for number in range(8)]
    assert until_served(committed_province, calls) == {201: 1, 409: 7}
    fund = {"year": 2027, "appropriation_fen": 100, "reference": "演示指标文"}
    opened = [("province", "/funds", fund, f"fund-{number}") for number in range(6)]
    assert until_served(committed_province, opened) == {201: 1, 409: 5}
    assert counted("SELECT count(*) FROM fund WHERE year = 2027") == 1
    assert verify_everything()[1] == []


def test_forty_sibling_orders_never_exceed_the_cap(committed_province: DemoClient) -> None:
    """V12 cap: 12 x 40,000.00 are held; 40 orders of both siblings of 4,000.00 each race for the 20,000.00 left."""
    pilot = service_id("demo-pilot-time")
    first = ask(committed_province, "sme-jinan", pilot, quantity="12")
    committed_province.post("sme-jinan", "/orders", {"quote_id": first["id"]})
    sample = service_id("demo-ms-sample")
    users = ["sme-jinan", "sme-jinan-sibling"]
    quotes = [(user, ask(committed_province, user, sample, quantity="12.0")["id"]) for user in users * (CLIENTS // 2)]
    assert until_served(committed_province, orders(quotes)) == {201: 5, 409: CLIENTS - 5}
    assert cap_used() == 48_000_000 + 5 * 384_000
    assert verify_everything()[1] == []


def test_forty_posts_with_one_key_have_one_effect(committed_province: DemoClient) -> None:
    """Invariant 13: one order, and everybody gets its answer, byte for byte."""
    quote = ask(committed_province, "sme-heze", service_id("demo-ms-sample"))["id"]
    answers = race(committed_province, [("sme-heze", "/orders", {"quote_id": quote}, "one-key")] * CLIENTS)
    served = [each for each in answers if each.status_code != 503]
    assert {each.status_code for each in served} == {201}
    assert len({each.get_data() for each in served}) == 1
    assert counted('SELECT count(*) FROM "order"') == 1
    assert sum("Idempotency-Replayed" not in each.headers for each in served) == 1
    assert committed_province.post("sme-heze", "/orders", {"quote_id": quote + 1}, key="one-key", expect=409)[
        "code"
    ] == ("idempotency_key_reused")


def test_one_report_however_often_it_is_opened_at_once(committed_province: DemoClient) -> None:
    """V18 report: whoever comes second is answered with the one report."""
    calls = [("bureau-jinan", "/annual-reports", {"year": MONDAY.year}, f"report-{number}") for number in range(6)]
    answers = race(committed_province, calls)
    assert [each.status_code for each in answers] == [201] * len(calls)
    assert len({each.get_json()["id"] for each in answers}) == 1
    assert counted("SELECT count(*) FROM audit_entry WHERE subject_kind = 'annual_report'") == 1


def counted(query: str) -> int:
    """The single number a query gives."""
    found = session().execute(text(query)).scalar_one()
    session().rollback()
    return int(found)


def cap_used() -> int:
    """What the sibling firms' controller holds and has used, in fen."""
    return counted("SELECT sum(posted_fen + pending_fen) FROM ledger_account WHERE kind = 'cap'")


def test_a_merge_while_orders_are_placed_leaves_nothing_on_the_old_cap(committed_province: DemoClient) -> None:
    """Invariant 3: whoever places meanwhile holds on the cap his firm uses then, or is given a new quote."""
    client = committed_province
    service = service_id("demo-pilot-time")
    firm = client.get("sme-jinan", "/me")["organisation"]["id"]
    (tenure,) = client.get("province", f"/organisations/{firm}/controllers")["items"]
    other = client.get("sme-heze", "/me")["organisation"]["id"]
    known = {"name": "演示合并集团", "since": "2025-01-02", "source": "登记"}
    into = client.post("bureau-heze", f"/organisations/{other}/controllers", known)["controller"]["id"]
    body = {"kind": "merge", "controller_id": tenure["controller"]["id"], "into_id": into}
    papers = {"effective_on": "2026-03-02", "evidence": "合并协议"}
    change = client.post("bureau-jinan", "/controller-changes", {**body, **papers})
    users = ["sme-jinan", "sme-jinan-sibling", "sme-heze"] * 3
    quotes = [(user, ask(client, user, service)["id"]) for user in users]
    calls: list[tuple[str, str, dict[str, Any], str]] = [
        (user, "/orders", {"quote_id": quote}, f"merge-order-{quote}") for user, quote in quotes
    ]
    decision = {"decision": "approve", "opinion": "属实"}
    calls.append(("province", f"/controller-changes/{change['id']}/review", decision, "merge-decision"))

    seen = until_served(client, calls)

    assert set(seen) <= {201, 409}
    assert client.get("province", f"/controller-changes/{change['id']}")["state"] == "approved"
    old = session().scalar(
        text("SELECT coalesce(sum(posted_fen + pending_fen), 0) FROM ledger_account WHERE kind = 'cap' AND owner = :o"),
        {"o": f"controller:{tenure['controller']['id']}"},
    )
    assert old == 0
    session().rollback()
    assert verify_everything()[1] == []

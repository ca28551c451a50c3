"""Why a quote and an order get what they get, over HTTP: who may ask, what is told, and that it replays."""

from __future__ import annotations

from marketplace.demo.client import DemoClient
from tests.support.deal import ask, order, service_id, walk


def test_a_quote_is_explained_and_replays(province: DemoClient) -> None:
    """V12 facts: the facts are frozen with the quote; fee, entitlement and cap are its steps."""
    quote = ask(province, "sme-heze", service_id("demo-pilot-time"))
    found = province.get("sme-heze", f"/quotes/{quote['id']}/explanation")
    assert (found["quote_id"], found["order_id"], found["claim_id"]) == (quote["id"], None, None)
    assert (found["differences"], found["replay_differences"]) == ([], [])
    assert [(step["kind"], step["article"], step["after_fen"]) for step in found["steps"]] == [
        ("entitlement", "V12", 6_000_000),
        ("hold", "V12 cap", 6_000_000),
    ]
    assert all(step["follows"] and step["text"] and step["text_en"] for step in found["steps"])
    assert found["facts"]["beneficiary"]["county"] == "371702"


def test_a_refused_quote_is_explained_with_its_articles(province: DemoClient) -> None:
    """V11 x: a batch test gets nothing, and the explanation says by which article."""
    quote = ask(province, "sme-heze", service_id("demo-pilot-time"), excluded="batch_test", payment_mode="full_payment")
    found = province.get("sme-heze", f"/quotes/{quote['id']}/explanation")
    assert [reason["article"] for reason in found["reasons"]] == ["V11 x"]
    assert (found["held_fen"], found["differences"], found["replay_differences"]) == (0, [], [])
    assert [step["after_fen"] for step in found["steps"]] == [0, 0]
    placed = province.post("sme-heze", "/orders", {"quote_id": quote["id"]})
    of_order = province.get("provider-jinan", f"/orders/{placed['id']}/explanation")
    assert (of_order["order_id"], of_order["quote_id"], of_order["stands_at_fen"]) == (placed["id"], None, 0)
    assert [reason["article"] for reason in of_order["reasons"]] == ["V11 x"]
    assert of_order["cap_room_fen"] is None


def test_an_order_is_explained_to_both_sides_each_as_it_may_know(province: DemoClient) -> None:
    """V6: the provider, and the bureau of the provider's city, are not told the user's size and cap."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    done = walk(province, placed, user="sme-heze")
    path = f"/orders/{placed['id']}/explanation"
    own, official = (province.get(who, path) for who in ("sme-heze", "bureau-heze"))
    assert [step["kind"] for step in own["steps"]] == ["entitlement", "hold", "completion"]
    assert own["stands_at_fen"] == done["subsidy_fen"]
    assert own["facts"] == official["facts"]
    assert "staff" in own["facts"]["beneficiary"]
    for outsider in ("provider-jinan", "bureau-jinan"):
        told = province.get(outsider, path)
        assert told["facts"]["beneficiary"] == {"kind": "enterprise", "county": "371702"}
        assert "cap_room_fen" not in told["steps"][1]["inputs"]
        assert told["stands_at_fen"] == own["stands_at_fen"]

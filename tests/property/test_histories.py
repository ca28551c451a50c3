"""Random histories of orders, claims, reviews, batches and returns, beside a small model that knows only the rules.

After each history every sum is what the model says, nothing was lost or made, and replaying the audit trail gives
today's states (``verify`` contains both).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.reports.verification import verify_everything
from tests.support.deal import DECLARED, MONDAY, PDF, STEPS, add_materials, ask, bank_csv, service_id
from tests.support.isolation import rolled_back

CAP_FEN = 50_000_000
FUND_FEN = 30_000_000
USERS = {
    "sme-heze": ("heze", Decimal("0.60"), "bureau-heze"),
    "sme-jinan": ("group", Decimal("0.40"), "bureau-jinan"),
    "sme-jinan-sibling": ("group", Decimal("0.40"), "bureau-jinan"),
    "team-weifang": ("team", Decimal("0.40"), "bureau-weifang"),
}
"""Whose cap each user uses, its rate and its bureau."""
PRICES = {"demo-pilot-time": 10_000_000, "demo-ms-sample": 80_000}
MODES = ["direct_deduction", "full_payment"]


@dataclass
class Deal:
    """What the model knows of one order."""

    number: int
    user: str
    mode: str
    unit_fen: int
    quantity: int
    price_fen: int
    subsidy_fen: int
    answer: dict[str, Any]
    step: int = 0
    live: bool = True
    claim: str | None = None
    claim_id: int = 0
    granted_fen: int = 0
    invoices: int = 0
    paid: str | None = None

    @property
    def is_direct(self) -> bool:
        return self.mode == "direct_deduction"


@dataclass
class World:
    """The service on one side, the model on the other."""

    client: DemoClient
    draw: Callable[[st.SearchStrategy[Any]], Any]
    deals: list[Deal] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=lambda: {"heze": 0, "group": 0, "team": 0})
    shortfalls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(USERS, 0))
    queue: list[Deal] = field(default_factory=list)
    fund_left: int = FUND_FEN
    batches: int = 0
    numbers: Any = field(default_factory=lambda: itertools.count(10**19))

    def free(self, deal: Deal, amount_fen: int) -> None:
        self.used[USERS[deal.user][0]] -= amount_fen


def place(world: World) -> None:
    user, key = world.draw(st.sampled_from(sorted(USERS))), world.draw(st.sampled_from(sorted(PRICES)))
    mode, quantity = world.draw(st.sampled_from(MODES)), world.draw(st.integers(1, 9))
    owner, rate, _ = USERS[user]
    quote = ask(world.client, user, service_id(key), quantity=str(quantity), payment_mode=mode)
    price = PRICES[key] * quantity
    subsidy = min(int(price * rate), CAP_FEN - world.used[owner])
    assert (quote["price_fen"], quote["subsidy_fen"], quote["self_pay_fen"]) == (price, subsidy, price - subsidy)
    assert quote["cap_room_fen"] == CAP_FEN - world.used[owner]
    if mode == "direct_deduction" and world.shortfalls[user]:
        world.client.post(user, "/orders", {"quote_id": quote["id"]}, expect=409)
        return
    placed = world.client.post(user, "/orders", {"quote_id": quote["id"]})
    world.used[owner] += subsidy
    world.deals.append(Deal(placed["id"], user, mode, PRICES[key], quantity, price, subsidy, placed))


def advance(world: World, deal: Deal) -> None:
    path, step = f"/orders/{deal.number}", STEPS[deal.step]
    deal.step += 1
    if step == "payment" and deal.answer["outstanding_fen"] == 0:
        return
    if step != "completion":
        actor = deal.user if step == "contract:user" else "provider-jinan"
        deal.answer = world.client.post(actor, f"{path}/{step.partition(':')[0]}")
        return
    actual = world.draw(st.integers(1, 2 * deal.quantity))
    body = {"completed_on": "2026-03-02", "quantity": str(actual)}
    deal.answer = world.client.post(deal.user, f"{path}/completion", body)
    kept = min(deal.subsidy_fen, int(min(deal.price_fen, deal.unit_fen * actual) * USERS[deal.user][1]))
    world.free(deal, deal.subsidy_fen - kept)
    deal.price_fen, deal.subsidy_fen = deal.unit_fen * actual, kept
    assert (deal.answer["price_fen"], deal.answer["subsidy_fen"]) == (deal.price_fen, kept)
    assert deal.answer["self_pay_fen"] == deal.price_fen - kept
    if kept:
        deal.claim, deal.claim_id = "draft", deal.answer["claim_id"]
    if deal.answer["outstanding_fen"]:
        deal.answer = world.client.post("provider-jinan", f"{path}/payment")
    assert deal.answer["paid_fen"] == (deal.price_fen - kept if deal.is_direct else deal.price_fen)


def give_up(world: World, deal: Deal) -> None:
    declined = deal.step == 0 and world.draw(st.booleans())
    actor = "provider-jinan" if declined else deal.user
    ended = world.client.post(actor, f"/orders/{deal.number}/{'decline' if declined else 'cancellation'}")
    assert (ended["paid_fen"], ended["outstanding_fen"]) == (0, 0)
    world.free(deal, deal.subsidy_fen)
    deal.live = False


def hand_in(world: World, deal: Deal) -> None:
    claimant = claimant_of(deal)
    if deal.claim == "draft":
        add_materials(world.client, deal.answer, claimant=claimant, number=str(next(world.numbers)))
    claim = world.client.post(claimant, f"/claims/{deal.claim_id}/submission", {"declarations": DECLARED})
    assert (claim["state"], claim["claimed_fen"]) == ("submitted", deal.subsidy_fen)
    deal.claim = "submitted"


def withdraw(world: World, deal: Deal) -> None:
    world.client.post(claimant_of(deal), f"/claims/{deal.claim_id}/withdrawal")
    world.free(deal, deal.subsidy_fen)
    deal.claim = "withdrawn"


def review(world: World, deal: Deal) -> None:
    decision = world.draw(st.sampled_from(["approve", "partial", "return", "reject"]))
    body: dict[str, Any] = {"decision": decision, "opinion": "意见"}
    if decision == "return":
        body["defects"] = ["缺页"]
    if decision == "partial":
        deal.granted_fen = world.draw(st.integers(1, deal.subsidy_fen))
        body |= {"decision": "approve", "amount_fen": deal.granted_fen}
    world.client.post(USERS[deal.user][2], f"/claims/{deal.claim_id}/city-review", body)
    if decision == "approve":
        deal.granted_fen = deal.subsidy_fen
    deal.claim = {"return": "returned", "reject": "rejected"}.get(decision, "city_approved")
    if decision == "reject":
        world.free(deal, deal.subsidy_fen)
        owe(world, deal, deal.subsidy_fen)


def confirm(world: World, deal: Deal) -> None:
    bureau = USERS[deal.user][2]
    summary = world.client.post(bureau, "/review-summaries", {"claim_ids": [deal.claim_id]})
    world.client.upload(bureau, f"/review-summaries/{summary['id']}/stamp", PDF, "章.pdf")
    world.client.post(bureau, f"/review-summaries/{summary['id']}/dispatch")
    path = f"/claims/{deal.claim_id}/provincial-confirmation"
    if world.draw(st.booleans()) and world.draw(st.booleans()):
        world.client.post("province", path, {"decision": "send_back", "opinion": "复核"})
        deal.claim, deal.granted_fen = "submitted", 0
        return
    world.client.post("province", path, {"decision": "confirm"})
    deal.claim, deal.paid = "confirmed", "due"
    world.free(deal, deal.subsidy_fen - deal.granted_fen)
    owe(world, deal, deal.subsidy_fen - deal.granted_fen)
    world.queue.append(deal)


def settle(world: World) -> None:
    world.batches += 1
    day = MONDAY + timedelta(days=world.batches)
    due = [deal for deal in world.queue if deal.paid == "due"]
    expected = list(itertools.takewhile(lambda pair: pair[1] <= world.fund_left, running(due)))
    with clock.at(day):
        body = {"cutoff": day.date().isoformat()}
        if not expected:
            world.client.post("finance-maker", "/settlement-batches", body, expect=422)
            return
        batch = world.client.post("finance-maker", "/settlement-batches", body)
        path = f"/settlement-batches/{batch['id']}"
        world.client.post("finance-checker", f"{path}/approval")
        world.client.post("finance-maker", f"{path}/exportation")
        lines = world.client.get("finance-maker", f"{path}/lines", limit=200)["items"]
        assert [line["amount_fen"] for line in lines] == [deal.granted_fen for deal, _ in expected]
        outcomes = {line["line_no"]: world.draw(st.sampled_from(["paid", "paid", "failed"])) for line in lines}
        world.client.upload("finance-maker", f"{path}/bank-returns", bank_csv(lines, outcomes), "回单.csv")
        world.client.post("finance-maker", f"{path}/closing")
        for line, (deal, _) in zip(lines, expected, strict=True):
            deal.paid = outcomes[line["line_no"]]
            if deal.paid == "paid":
                world.fund_left -= deal.granted_fen
            else:
                world.client.post("finance-maker", f"/payables/{line['payable_id']}/correction", {"note": "已核对"})
                deal.paid = "due"


def pay_shortfalls(world: World, user: str) -> None:
    for shortfall in world.client.get(user, "/shortfalls", limit=200)["items"]:
        if shortfall["state"] == "open":
            body = {"amount_fen": shortfall["amount_fen"], "reference": f"补缴{shortfall['id']}"}
            world.client.post("provider-jinan", f"/shortfalls/{shortfall['id']}/payment", body)
    world.shortfalls[user] = 0


def owe(world: World, deal: Deal, amount_fen: int) -> None:
    if deal.is_direct and amount_fen:
        world.shortfalls[deal.user] += amount_fen


def claimant_of(deal: Deal) -> str:
    if deal.is_direct:
        return "provider-jinan"
    return "incubator-weifang" if deal.user == "team-weifang" else deal.user


def running(deals: list[Deal]) -> list[tuple[Deal, int]]:
    """Each deal with the sum up to and including it."""
    return list(zip(deals, itertools.accumulate(deal.granted_fen for deal in deals), strict=True))


CLAIM_ACTIONS: dict[str, list[Callable[[World, Deal], None]]] = {
    "draft": [hand_in],
    "returned": [hand_in],
    "submitted": [review, review, review, withdraw],
    "city_approved": [confirm],
}


def choices(world: World) -> list[Callable[[], None]]:
    """Everything the model says may happen next."""
    found: list[Callable[[], None]] = [lambda: place(world), lambda: settle(world)]
    for deal in world.deals:
        if deal.live and deal.step < len(STEPS):
            found += [lambda deal=deal: advance(world, deal)] * 3  # type: ignore[misc]
            if deal.step < STEPS.index("delivery"):
                found.append(lambda deal=deal: give_up(world, deal))  # type: ignore[misc]
        found += [lambda deal=deal, act=act: act(world, deal) for act in CLAIM_ACTIONS.get(deal.claim or "", [])]  # type: ignore[misc]
    found += [lambda user=user: pay_shortfalls(world, user) for user, owed in world.shortfalls.items() if owed]  # type: ignore[misc]
    return found


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_money_is_conserved_over_random_histories(shared_province: Flask, data: st.DataObject) -> None:
    """Invariants 1 to 17 and the model's sums hold after any history; what is paid was confirmed, held and entitled."""
    with rolled_back(shared_province), clock.at(MONDAY):
        client = DemoClient(shared_province, passwords={}, default_password=demo_password())
        client.post("province", "/funds", {"year": 2026, "appropriation_fen": FUND_FEN, "reference": "预算"})
        world = World(client, data.draw)
        for _ in range(data.draw(st.integers(5, 45), label="length")):
            data.draw(st.sampled_from(choices(world)))()
        sample = service_id("demo-ms-sample")
        for user, (owner, _, _) in USERS.items():
            assert ask(client, user, sample)["cap_room_fen"] == CAP_FEN - world.used[owner]
            owed = sum(each["amount_fen"] for each in client.get(user, "/shortfalls", state="open")["items"])
            assert owed == world.shortfalls[user]
        paid = [deal.granted_fen for deal in world.queue if deal.paid == "paid"]
        assert sum(paid) == FUND_FEN - world.fund_left
        assert verify_everything()[1] == []

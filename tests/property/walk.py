"""Walking members, orders and claims over HTTP, with the model beside every step."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from flask import Flask
from hypothesis.stateful import RuleBasedStateMachine

from accounts.models import User
from accounts.queries.users import find_user
from accounts.steps.tokens import issue_token
from core import clock
from core.db import transaction
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.property.model import PROVIDER, Clawback, Deal, Firm, Model, after_working_days
from tests.support.deal import DECLARED, STEPS, add_materials, approve, ask, confirm
from tests.support.isolation import rolled_back

DECEMBER = datetime(2025, 12, 15, 9, 0, tzinfo=clock.SHANGHAI)
LAST_DAY = datetime(2026, 10, 30, tzinfo=clock.SHANGHAI)
"""So that every deadline lies in a year whose working days are official."""
PRICES = {"demo-pilot-time": 10_000_000, "demo-ms-sample": 80_000}
LAST_TO_GIVE_UP = STEPS.index("delivery")


class Wish(NamedTuple):
    """Which firm, taken modulo their count, wants what, and how many steps it goes at once."""

    pick: int
    key: str
    is_direct: bool
    quantity: int
    steps: int


def admitted(usernames: list[str]) -> dict[str, str]:
    """Tokens of users for as long as any history lasts: signing in costs more than all that it is wanted for."""
    with transaction():
        return {
            name: issue_token(user=_known(name), lifetime=LAST_DAY - DECEMBER, now=clock.now()).token
            for name in usernames
        }


class Walk(RuleBasedStateMachine):
    """The service on one side, the model on the other. ``app`` has the demo province of December."""

    app: Flask
    tokens: dict[str, str]
    services: dict[str, tuple[int, int]]
    """Number and turnaround in days, by how the province of the demo calls them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = DECEMBER
        self.model = Model()
        self.client = DemoClient(self.app, passwords={}, default_password=demo_password())
        self.client.tokens.update(self.tokens)
        self.serials = itertools.count(1)
        self.cutoffs: set[date] = set()
        self.open = ExitStack()
        self.open.enter_context(rolled_back(self.app))
        self.frozen = self.open.enter_context(ExitStack())
        self.frozen.enter_context(clock.at(self.now))

    def teardown(self) -> None:
        try:
            with self.app.app_context():
                assert verify_everything()[1] == []
        finally:
            self.open.close()

    def _know(self, user: str, *, rate: str, bureau: str, hands_in_by: str | None = None) -> None:
        me = self.client.get(user, "/me")["organisation"]["id"]
        known = self.client.pages(bureau, "/memberships")
        membership = next(each for each in known if each["organisation"]["id"] == me)
        group = f"team:{me}" if hands_in_by else f"organisation:{me}"
        if not hands_in_by:
            tenures = self.client.get(bureau, f"/organisations/{me}/controllers")["items"]
            group = f"controller:{tenures[-1]['controller']['id']}" if tenures else group
        self.model.firms[user] = Firm(user, group, Decimal(rate), bureau, me, membership["id"], hands_in_by)

    def _change(self, proposer: str, **change: object) -> Json:
        """A change of controllers from today, proposed by a bureau and approved by the province."""
        body = {**change, "effective_on": self._today(), "evidence": "工商变更登记"}
        made = self.client.post(proposer, "/controller-changes", body)
        review = {"decision": "approve", "opinion": "核实"}
        return self.client.post("province", f"/controller-changes/{made['id']}/review", review)

    def _place(self, wish: Wish) -> None:
        firm, (service, turnaround_days) = self._firm(wish.pick), self.services[wish.key]
        asked = {
            "payment_mode": "direct_deduction" if wish.is_direct else "full_payment",
            "quantity": str(wish.quantity),
        }
        if firm.suspended:
            self.client.post(firm.user, "/quotes", {"service_id": service, **asked}, expect=409)
            return
        quote = ask(self.client, firm.user, service, **asked)
        year = after_working_days(self.now.date(), turnaround_days).year
        price = PRICES[wish.key] * wish.quantity
        subsidy = self.model.entitled(firm, price, year, self.now.date())
        assert (quote["price_fen"], quote["subsidy_fen"], quote["self_pay_fen"]) == (price, subsidy, price - subsidy)
        assert quote["cap_room_fen"] == self.model.room(firm.group, year)
        if wish.is_direct and self.model.owed[firm.user]:
            self.client.post(firm.user, "/orders", {"quote_id": quote["id"]}, expect=409)
            return
        placed = self.client.post(firm.user, "/orders", {"quote_id": quote["id"]})
        deal = Deal(
            number=placed["id"],
            firm=firm,
            is_direct=wish.is_direct,
            unit_fen=PRICES[wish.key],
            quantity=wish.quantity,
            price_fen=price,
            subsidy_fen=subsidy,
            owner=firm.group,
            year=year,
            placed_on=self.now.date(),
        )
        self.model.place(deal)
        self._go_on(deal, steps=wish.steps, actual=wish.quantity)

    def _go_on(self, deal: Deal, *, steps: int, actual: int) -> None:
        for _ in range(steps):
            if deal.is_live:
                self._step(deal, actual=actual)
            elif deal.claim in ("draft", "returned"):
                self._hand_in(deal)
            elif deal.claim == "submitted":
                self._approve(deal, deal.claimed_fen)
            elif deal.claim == "city_approved":
                confirm(self.client, [deal.claim_id], bureau=deal.firm.bureau, approved=True)
                self.model.confirm(deal)

    def _hand_in(self, deal: Deal) -> None:
        claimant = self._claimant(deal)
        if deal.claim == "draft":
            done = self.client.get(deal.firm.user, f"/orders/{deal.number}")
            add_materials(self.client, done, claimant=claimant, number=f"2637{deal.number:016}")
        self.client.post(claimant, f"/claims/{deal.claim_id}/submission", {"declarations": DECLARED})
        self.model.hand_in(deal, self.now.year)

    def _approve(self, deal: Deal, amount_fen: int) -> None:
        approve(self.client, deal.claim_id, bureau=deal.firm.bureau, amount_fen=amount_fen)
        self.model.approve(deal, amount_fen)

    def _step(self, deal: Deal, *, actual: int) -> None:
        path, step = f"/orders/{deal.number}", STEPS[deal.step]
        deal.step += 1
        shown = self.client.get(deal.firm.user, path)
        if step == "payment" and shown["outstanding_fen"] == 0:
            return
        if step != "completion":
            actor = deal.firm.user if step == "contract:user" else PROVIDER
            self.client.post(actor, f"{path}/{step.partition(':')[0]}")
            return
        body = {"completed_on": self._today(), "quantity": str(actual)}
        done = self.client.post(deal.firm.user, f"{path}/completion", body)
        self.model.complete(deal, actual, self.now.date())
        assert (done["price_fen"], done["subsidy_fen"]) == (deal.price_fen, deal.subsidy_fen)
        assert done["self_pay_fen"] == deal.price_fen - deal.subsidy_fen
        if deal.claim:
            deal.claim_id = done["claim_id"]
        if done["outstanding_fen"]:
            done = self.client.post(PROVIDER, f"{path}/payment")
        assert done["paid_fen"] == (deal.price_fen - deal.subsidy_fen if deal.is_direct else deal.price_fen)

    def _today(self) -> str:
        return self.now.date().isoformat()

    def _firm(self, pick: int) -> Firm:
        return self.model.firms[sorted(self.model.firms)[pick % len(self.model.firms)]]

    def _alone(self) -> list[Firm]:
        return [firm for firm in self.model.firms.values() if firm.group.startswith("organisation:")]

    def _groups(self) -> list[str]:
        """The controllers there are, in the order in which they came to be known."""
        known = dict.fromkeys(firm.group for firm in self.model.firms.values())
        return [group for group in known if group.startswith("controller:")]

    def _free_to_merge(self) -> list[str]:
        """Groups none of whose firms came in today: a change comes after every one on record."""
        busy = {firm.group for firm in self.model.firms.values() if firm.grouped_on == self.now.date()}
        return [group for group in self._groups() if group not in busy]

    def _live(self) -> list[Deal]:
        return [deal for deal in self.model.deals if deal.is_live]

    def _early(self) -> list[Deal]:
        return [deal for deal in self._live() if deal.step < LAST_TO_GIVE_UP]

    def _under_way(self) -> list[Deal]:
        return [*self._live(), *self._claims("draft", "returned", "submitted", "city_approved")]

    def _claims(self, *states: str) -> list[Deal]:
        return [deal for deal in self.model.deals if deal.claim in states]

    def _paid(self) -> list[Deal]:
        return [deal for deal in self.model.deals if deal.paid == "paid" and deal.clawed_fen < deal.granted_fen]

    def _open_clawbacks(self) -> list[Clawback]:
        return [each for each in self.model.clawbacks if each.is_open]

    def _claimant(self, deal: Deal) -> str:
        return PROVIDER if deal.is_direct else deal.firm.hands_in_by or deal.firm.user


def _known(username: str) -> User:
    found = find_user(username)
    assert found is not None, username
    return found

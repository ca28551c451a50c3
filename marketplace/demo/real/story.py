"""The story from the first import to the closed books."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from accounts import policy
from core import clock
from core.db import session
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.real import books, cast, claiming, intake, payout, people, scenes, timeline
from marketplace.demo.real.agenda import Agenda
from marketplace.demo.real.cast import Cast
from marketplace.demo.real.deals import Deal, Member, Turn
from marketplace.demo.real.offers import offer_everything
from marketplace.demo.real.outcome import Outcome
from marketplace.demo.real.payout import PaidBatch
from marketplace.demo.real.plan import Plan, Planner
from marketplace.demo.real.show import Teller
from marketplace.demo.real.sources import (
    CHINESE_INVENTORY,
    CHINESE_SHARING_SITE,
    FIRMS,
    JAPANESE_CRAWL,
    PRICE_LIST,
    US_FACILITY,
    Folder,
)
from marketplace.demo.real.trading import Disagreement
from marketplace.demo.real.waves import Waves
from marketplace.models import Order
from marketplace.reports.verification import verify_everything
from settlement.states import PayableState
from vouchers.jobs import expire_drafts, reject_overdue_returns
from vouchers.states import ClaimState

SEED = 20260105


class NotEmpty(RuntimeError):
    """The story is told on a database without orders only."""


def tell(app: Flask, path: Path, teller: Teller) -> Outcome:
    """Tell the whole story, in an application context of ``app``.

    Raises :class:`NotEmpty`, ``FilesMissing``, ``UnexpectedAnswer`` and ``Disagreement``.
    """
    folder = Folder(path)
    folder.check()
    if session().scalar(select(func.count()).select_from(Order)):
        raise NotEmpty("this database has orders already; the story needs one of its own")
    password = demo_password()
    client = DemoClient(app, passwords={}, default_password=password)
    outcome = Outcome()
    with timeline.at(timeline.OPENING):
        gathered = _Gathering(client, folder, password, teller, outcome).gather()
    with timeline.at(timeline.LISTINGS):
        planner = _planner(client, gathered, teller, outcome)
    _Telling(client, planner, planner.make(), teller, outcome).run()
    return outcome


def _planner(client: DemoClient, gathered: Cast, teller: Teller, outcome: Outcome) -> Planner:
    """Publish what can be ordered."""
    teller.chapter("Listings and services")
    offers = offer_everything(client, gathered.provider, gathered.outside, seed=SEED)
    outcome.listings_returned = offers.listings_returned
    outcome.met[scenes.ZERO_PRICE] += offers.zero_prices_refused
    teller.say(
        f"{len(offers.listed) + 1} services of the list, {len(offers.by_hour)} by the hour, "
        f"{len(offers.outside)} from outside, all on published instruments"
    )
    return Planner(gathered, offers, random.Random(SEED))  # noqa: S311 - a story, the same each time


@dataclass(frozen=True)
class _Gathering:
    """Files imported, everybody registered and reviewed."""

    client: DemoClient
    folder: Folder
    password: str
    teller: Teller
    outcome: Outcome

    def gather(self) -> Cast:
        self.teller.chapter("Authorities, providers and files")
        people.open_offices(self.client, self.password)
        incubator_uscc = people.open_incubator(self.client, self.password)
        team = people.register_team(self.client, self.password)
        home, outside = self._providers()
        self._import(home.name, outside.name)
        self.teller.chapter(f"Firms of {FIRMS}")
        firms = self.folder.firms(policy.places(clock.today(clock.now())).cities.keys())
        asked = people.register_firms(self.client, firms, self.password, seed=SEED)
        registered = list(self.teller.following("registering firms", asked, total=len(firms)))
        members = [each.member for each in registered if each.member is not None]
        self.outcome.firms_read, self.outcome.firms_registered = len(firms), len(members)
        self.outcome.firms_refused = people.refusals(registered)
        everybody = [home, outside, team, *members]
        self.outcome.members_returned = people.review_members(self.client, everybody)
        self.teller.firms(self.outcome)
        siblings = people.make_siblings(self.client, members)
        return Cast(home, outside, members, team, incubator_uscc, siblings)

    def _providers(self) -> tuple[Member, Member]:
        institutions = self.folder.institutions()
        home_body, outside_body = people.choose_provider(institutions), people.choose_outside(institutions)
        home = people.register_provider(self.client, *home_body, people.PROVIDER_SERIAL, self.password)
        outside = people.register_provider(self.client, *outside_body, people.OUTSIDE_SERIAL, self.password)
        self.teller.say(f"{home.name} offers in the province, {outside.name} from outside")
        return home, outside

    def _import(self, home: str, outside: str) -> None:
        owners = {CHINESE_INVENTORY: home, CHINESE_SHARING_SITE: outside, PRICE_LIST: home}
        for name in (JAPANESE_CRAWL, CHINESE_INVENTORY, CHINESE_SHARING_SITE, US_FACILITY, PRICE_LIST):
            count = intake.take_in(self.folder.file(name), provider=owners.get(name))
            self.outcome.files.append(count)
            self.teller.file(count)


@dataclass
class _Telling:
    """Three waves of orders, two batches, and the books."""

    client: DemoClient
    planner: Planner
    plan: Plan
    teller: Teller
    outcome: Outcome
    batches: list[PaidBatch] = field(default_factory=list)
    failed: list[Deal] = field(default_factory=list)

    def run(self) -> None:
        agenda, plan = Agenda(), self.plan
        waves = Waves(self.client, self.planner.people, self.teller, self.outcome)
        agenda.at(timeline.FIRST.placed, 13, self._refused_quotes)
        agenda.at(timeline.SECOND.placed, 13, self._siblings)
        agenda.at(timeline.THIRD.placed, 13, self._shortfalls)
        waves.schedule(agenda, timeline.FIRST, plan.first)
        waves.schedule(agenda, timeline.SECOND, plan.second)
        waves.schedule(agenda, timeline.THIRD, plan.third)
        agenda.at(timeline.FIRST.placed, 15, self._taken_slots)
        agenda.at(timeline.FIRST.submitted, 16, self._missing_materials)
        agenda.at(timeline.SECOND.submitted, 16, self._team_hands_in)
        agenda.at(timeline.FIRST_CUTOFF, 15, self._first_batch)
        agenda.at(timeline.FIRST_ANSWER, 16, self._first_answer)
        agenda.at(timeline.CORRECTIONS, 14, self._corrections)
        agenda.at(timeline.SECOND_CUTOFF, 9, self._second_reviews)
        agenda.at(timeline.SECOND_CUTOFF, 15, self._second_batch)
        agenda.at(timeline.SECOND_ANSWER, 16, self._second_answer)
        agenda.at(timeline.LATE_RETURN, 10, self._late_return)
        agenda.at(timeline.LAST_DAY, 1, self._nightly)
        agenda.at(timeline.LAST_DAY, 10, lambda: waves.place(plan.latest))
        agenda.at(timeline.LAST_DAY, 18, self._close_books)
        agenda.run()

    # scenes

    def _refused_quotes(self) -> None:
        scenes.refused_quotes(self.client, self.planner, self.outcome.met)

    def _taken_slots(self) -> None:
        scenes.slots_are_taken_once(self.client, self.plan.first, self.plan.first[0], self.outcome.met)

    def _missing_materials(self) -> None:
        lacking = next(deal for deal in self.plan.first if deal.claim_state is ClaimState.DRAFT)
        if claiming.missing_materials_refused(self.client, lacking) > 1:
            self.outcome.met[scenes.NO_MATERIALS] += 1

    def _siblings(self) -> None:
        self.plan.second += scenes.siblings_meet_the_cap(self.client, self.planner, self.outcome.met)

    def _team_hands_in(self) -> None:
        scenes.team_is_told_who_hands_in(self.client, self.plan.second, self.planner.people, self.outcome.met)

    def _shortfalls(self) -> None:
        owing = [deal for deal in self.plan.second if deal.is_direct and deal.turn is Turn.REJECTED]
        self.plan.third += scenes.shortfalls_are_paid(self.client, self.planner, owing, self.outcome.met)

    # money

    def _first_batch(self) -> None:
        """The fund's first appropriation is just what is due, and the batch takes it all."""
        due_fen = sum(deal.confirmed_fen for deal in self.plan.first)
        payout.open_fund(self.client, due_fen)
        self.outcome.appropriated_fen += due_fen
        self._prepare(timeline.FIRST_CUTOFF, self.plan.first)

    def _first_answer(self) -> None:
        self.failed = payout.answer_with_failures(self.client, self.batches[0], self.plan.first)
        self.outcome.failed_payouts = len(self.failed)

    def _corrections(self) -> None:
        payout.correct(self.client, self.failed)
        payout.close(self.client, self.batches[0])
        self.teller.say(f"{len(self.failed)} payouts failed; their accounts are corrected, the next batch pays them")

    def _second_reviews(self) -> None:
        self.outcome.summaries += claiming.review_again(self.client, self.plan.second)

    def _second_batch(self) -> None:
        """What failed before keeps its place; the money ends before the last in the queue, which waits (V3)."""
        deals = [*self.plan.first, *self.plan.second]
        fund = next(self.client.pages(cast.FINANCE_MAKER, "/funds"))
        queue = list(self.client.pages(cast.FINANCE_MAKER, "/payables", state=PayableState.DUE.value))
        own_due_fen = sum(deal.confirmed_fen for deal in payout.unpaid(deals))
        if own_due_fen != fund["due_fen"]:
            raise Disagreement(f"due before the second batch: {fund['due_fen']}, the story says {own_due_fen}")
        tranche_fen = own_due_fen - queue[-1]["amount_fen"] - fund["available_fen"]
        payout.increase_fund(self.client, fund["id"], tranche_fen)
        self.outcome.appropriated_fen += tranche_fen
        self._prepare(timeline.SECOND_CUTOFF, deals)

    def _second_answer(self) -> None:
        batch = self.batches[1]
        payout.answer_all_paid(self.client, batch, [*self.plan.first, *self.plan.second])
        payout.close(self.client, batch)
        self.outcome.requeued_and_paid = sum(1 for deal in self.failed if deal.paid_out_fen)

    def _late_return(self) -> None:
        late = payout.come_back(self.client, self.batches[1], [*self.plan.first, *self.plan.second])
        self.teller.say(f"the payout of order {late.order_id} came back after its batch was closed")

    def _prepare(self, cutoff: date, deals: list[Deal]) -> None:
        self.teller.chapter(f"{cutoff}: batch")
        batch = payout.prepare(self.client, cutoff, deals)
        self.batches.append(batch)
        self.outcome.batches.append(batch)
        self.teller.say(f"batch {batch.number}: {len(batch.payouts)} payouts, {batch.waiting_count} waiting for money")

    # the end

    def _nightly(self) -> None:
        """What the worker does: returned claims that nobody mended are rejected, drafts expire (V17)."""
        now = clock.now()
        expire_drafts(now, now)
        reject_overdue_returns(now, now)
        for deal in self.plan.everything:
            if deal.turn is Turn.OVERDUE and deal.claim_state is ClaimState.RETURNED:
                deal.reject()

    def _close_books(self) -> None:
        deals, outcome = self.plan.everything, self.outcome
        outcome.deals = deals
        books.compare_orders(self.client, deals)
        outcome.orders_by_state, outcome.claims_by_state = books.compare_states(deals)
        outcome.money = books.Money.of(deals)
        outcome.balances = books.compare(outcome.money, appropriated_fen=outcome.appropriated_fen)
        outcome.checks, outcome.offences = verify_everything()

"""Open statistics and figures by city, counted against what the lists of the API show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import clock
from core.db import session
from marketplace.demo.client import DemoClient
from marketplace.reports.cities import CityFigures, city_figures, figures_of
from marketplace.reports.figures import FEW, OUTSIDE
from marketplace.reports.statistics import KEPT_SECONDS, OpenStatistics, StatisticsCache, open_statistics
from settlement.models import Payable
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.queries import counted_queries
from tests.support.world import World
from vouchers.states import ClaimState

TODAY = MONDAY.date()
HEZE, JINAN, QINGDAO = "371700", "370100", "370200"


@pytest.fixture
def held(world: World) -> Iterator[World]:
    """The world on its Monday."""
    with rolled_back(world.client.app), clock.at(MONDAY):
        yield world


def listed(world: World, path: str) -> list[dict[str, Any]]:
    """Everything a list of the API shows to the province."""
    return list(world.client.pages("province", path))


def counts(world: World) -> OpenStatistics:
    """Counted afresh."""
    return open_statistics(now=MONDAY, cache=None)


def test_the_catalogue_is_counted(held: World) -> None:
    """Instruments and what they are worth, providers, services."""
    found = counts(held)
    instruments = listed(held, "/instruments")
    assert found.instruments == len(instruments) > 0
    assert found.instrument_value_fen == sum(each["value_fen"] or 0 for each in instruments)
    members = listed(held, "/memberships")
    approved = [each for each in members if each["kind"] == "provider" and each["state"] == "approved"]
    assert found.providers == len(approved)
    assert found.services == len(listed(held, "/services"))
    assert sum(each.count for each in found.instruments_by_category) == found.instruments
    assert sum(each.count for each in found.services_by_kind) == found.services


def test_every_city_is_there_and_outside(held: World) -> None:
    """16 cities in the order of the division list, those with nothing too, and whoever sits in none."""
    found = counts(held)
    for dimension in (found.instruments_by_city, found.providers_by_city, found.completed_by_city):
        assert len(dimension) == 17
        assert (dimension[0].key, dimension[-1].key) == (JINAN, OUTSIDE)
    assert sum(each.count for each in found.instruments_by_city) == found.instruments
    assert sum(each.count for each in found.providers_by_city) == found.providers
    assert next(each for each in found.providers_by_city if each.key == OUTSIDE).count == 1
    assert [each.key for each in found.subsidy_by_city] == [each.key for each in found.instruments_by_city[:-1]]


def test_services_done_by_month_kind_and_year(held: World) -> None:
    """Each dimension adds up; the months go up to this one without a gap."""
    found = counts(held)
    completed = [each for each in listed(held, "/orders") if each["state"] == "completed"]
    assert found.orders_completed == len(completed) > FEW
    for dimension in (
        found.completed_by_month,
        found.completed_by_city,
        found.completed_by_kind,
        found.completed_by_year,
    ):
        assert sum(each.count for each in dimension) == found.orders_completed
    assert [each.key for each in found.completed_by_month[-2:]] == ["2026-02", "2026-03"]
    assert found.completed_by_month[-1].fen == sum(each["price_fen"] for each in completed)
    assert found.completed_by_year[0].key == "2026"


def test_subsidy_confirmed_and_paid(held: World) -> None:
    """What the province confirmed and what reached the payees."""
    found = counts(held)
    confirmed = [each for each in listed(held, "/claims") if each["state"] == "confirmed"]
    assert found.subsidy.count == len(confirmed)
    assert found.subsidy.confirmed_fen == sum(each["confirmed_fen"] for each in confirmed)
    payables = list(held.client.pages("finance-maker", "/payables"))
    assert found.subsidy.paid_fen == sum(each["paid_fen"] for each in payables) > 0
    assert found.subsidy_by_year[0].key == "2026"
    heze = next(each for each in found.subsidy_by_city if each.key == HEZE)
    assert (heze.count, heze.confirmed_fen) == (found.subsidy.count, found.subsidy.confirmed_fen)


def test_the_sum_of_a_few_deals_is_left_out(held: World) -> None:
    """One or two deals would tell what a single user paid."""
    found = counts(held)
    few = [each for each in found.completed_by_city if 0 < each.count < FEW]
    assert few
    assert all(each.fen is None for each in few)


def test_open_statistics_ask_five_times(held: World) -> None:
    """However much there is to count."""
    with counted_queries() as made:
        counts(held)
    assert len(made) == 5


def test_figures_are_kept_for_minutes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second visitor within five minutes costs nothing; later ones see new figures. A held clock keeps nothing."""
    cache = StatisticsCache()
    start = MONDAY.replace(minute=0)
    monkeypatch.setattr(clock, "is_held", lambda: False)
    with rolled_back(world.client.app):
        first = open_statistics(now=start, cache=cache)
        with counted_queries() as made:
            assert open_statistics(now=start + timedelta(seconds=KEPT_SECONDS - 1), cache=cache) is first
        assert made == []
        assert open_statistics(now=start + timedelta(seconds=KEPT_SECONDS), cache=cache) is not first
    monkeypatch.undo()
    with rolled_back(world.client.app), clock.at(MONDAY):
        assert open_statistics(now=MONDAY, cache=cache) is not open_statistics(now=MONDAY, cache=cache)


def test_nobody_waits_for_figures_that_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one thread counts anew, the others take the last figures."""
    cache = StatisticsCache()
    monkeypatch.setattr(clock, "is_held", lambda: False)
    with rolled_back(world.client.app):
        first = open_statistics(now=MONDAY, cache=cache)
        with cache.lock, counted_queries() as made:
            assert open_statistics(now=MONDAY + timedelta(seconds=KEPT_SECONDS), cache=cache) is first
        assert made == []


def by_city(found: list[CityFigures]) -> dict[str, CityFigures]:
    return {each.city: each for each in found}


def test_figures_of_each_city(held: World) -> None:
    """Members, orders, claims by state and sums, as the province finds them in its lists."""
    found = by_city(city_figures(today=TODAY))
    assert len(found) == 16
    claims = [each for each in listed(held, "/claims") if each["city"] == HEZE]
    heze = found[HEZE]
    states = {ClaimState(state): sum(each["state"] == state for each in claims) for state in ClaimState}
    assert heze.claims == {state: count for state, count in states.items() if count}
    handed_in = [each for each in claims if each["submitted_at"] is not None]
    assert heze.claimed_fen == sum(each["claimed_fen"] for each in handed_in)
    assert heze.approved_fen == sum(each["approved_fen"] or 0 for each in claims)
    assert heze.confirmed_fen == sum(each["confirmed_fen"] or 0 for each in claims if each["state"] == "confirmed")
    assert heze.paid_fen == sum(session().scalars(Payable.__table__.select().with_only_columns(Payable.paid_fen)))
    assert (heze.waiting, heze.oldest_waiting, heze.oldest_age_days) == (states[ClaimState.SUBMITTED], TODAY, 0)
    assert found[JINAN].instruments == len([each for each in listed(held, "/instruments") if each["city"] == JINAN])
    assert found[QINGDAO].providers == 1
    assert found["371000"] == CityFigures("371000")


def test_a_city_alone_has_the_same_figures(held: World) -> None:
    """V6: a bureau's own summary is its line of the province's table."""
    assert figures_of(HEZE, today=TODAY) == by_city(city_figures(today=TODAY))[HEZE]


def test_figures_of_a_year(held: World) -> None:
    """Orders by the year of placing, claims by that of their cap."""
    whole, before = figures_of(HEZE, today=TODAY, year=2026), figures_of(HEZE, today=TODAY, year=2025)
    assert whole.orders == figures_of(HEZE, today=TODAY).orders > 0
    assert (before.orders, before.claims, before.review_days, before.users) == (0, {}, None, whole.users)


def test_reviews_are_timed_from_the_submission(held: World) -> None:
    """All reviews of the world are of its Monday; one that is answered two days later moves the average."""
    before = figures_of(HEZE, today=TODAY)
    assert before.review_days == Decimal("0.0")
    waiting = held.ids["submitted claim"]
    with clock.at(MONDAY + timedelta(days=2)):
        verdict = {"decision": "approve", "opinion": "同意"}
        reviewer = DemoClient(held.client.app, passwords={}, default_password=held.client.default_password)
        reviewer.post("bureau-heze", f"/claims/{waiting}/city-review", verdict)
    after = figures_of(HEZE, today=date(2026, 3, 4))
    assert after.reviews == before.reviews + 1
    assert after.review_days == round(Decimal(2) / after.reviews, 1)


def test_the_oldest_claim_ages_by_working_days(held: World) -> None:
    """V20: a week later it has waited for five."""
    assert figures_of(HEZE, today=TODAY + timedelta(days=7)).oldest_age_days == 5


def test_figures_by_city_ask_as_often_for_all_as_for_one(held: World) -> None:
    """A few queries for the whole province."""
    with counted_queries() as all_of_them:
        city_figures(today=TODAY)
    with counted_queries() as one:
        figures_of(HEZE, today=TODAY)
    assert len(all_of_them) == len(one) <= 11

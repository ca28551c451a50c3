"""V13, V14: what services cost, by day and by group; the past never changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from accounts.models import Organisation
from core import clock
from core.db import session, transaction
from core.workdays import load_calendar
from instruments.models import Service
from instruments.queries import Offer, offer, published_price
from instruments.queries.instruments import find_service
from instruments.queries.prices import price_on
from instruments.rules.imports.rows import ServiceRow
from instruments.rules.terms import PriceGroup, PriceUnit
from instruments.service.prices import begin_announced
from instruments.steps.importing import Outcome, import_batch, prepare
from instruments.steps.owners import Owners, owner_of
from tests.factories.accounts import (
    actor_of,
    headers_of,
    keyed,
    make_controller,
    make_enterprise,
    make_incubator,
    make_provider,
    make_team,
    make_tenure,
)
from tests.factories.instruments import make_service

API = "/api/v1/services"
DAY = timedelta(days=1)


def cost(service: Service, user: Organisation | None = None, *, now: datetime | None = None) -> Offer:
    """What one sample costs a user."""
    return offer(
        service_id=service.id,
        organisation_id=(user or make_enterprise()).id,
        instrument_id=None,
        starts_at=None,
        ends_at=None,
        quantity=Decimal(1),
        calendar=load_calendar(),
        now=now or clock.now(),
    )


def sampled(provider: Organisation | None = None, *, price_fen: int = 10_000) -> Service:
    """A published service priced by the sample."""
    return make_service(provider, price_fen=price_fen, price_unit=PriceUnit.SAMPLE)


def day_after(days: int) -> str:
    """A day so many from today."""
    return (clock.today(clock.now()) + timedelta(days=days)).isoformat()


def test_v14_a_price_is_announced_ahead_and_quotes_take_the_version_of_their_day(client: FlaskClient) -> None:
    """V14: what is left out stays; the days before are charged as published for them."""
    service = sampled()
    owner, path = headers_of(service.provider), f"{API}/{service.id}"
    said = {"valid_from": day_after(3), "price_fen": 12_000, "turnaround_days": 8}
    made = client.post(f"{path}/prices", json=said, headers=keyed(owner))
    assert made.status_code == 201, made.text
    announced = made.get_json()
    assert (announced["price_fen"], announced["price_unit"], announced["turnaround_days"]) == (12_000, "sample", 8)
    now = clock.now()
    for days, price_fen, turnaround in ((0, 10_000, 5), (2, 10_000, 5), (3, 12_000, 8), (9, 12_000, 8)):
        found = cost(service, now=now + days * DAY)
        assert (found.price_fen, found.turnaround_days) == (price_fen, turnaround), days
    assert client.get(path).get_json()["price_fen"] == 10_000
    history = client.get(f"{path}/prices").get_json()["items"]
    assert [(each["price_fen"], each["valid_from"]) for each in history] == [
        (12_000, day_after(3)),
        (10_000, day_after(0)),
    ]


def test_v14_an_announced_price_is_shown_once_its_day_has_come(client: FlaskClient) -> None:
    """By the worker, and by any change made before it came round."""
    early, late = sampled(), sampled()
    now = clock.now()
    for service in (early, late):
        said = {"valid_from": day_after(2), "price_fen": 9_000}
        client.post(f"{API}/{service.id}/prices", json=said, headers=keyed(headers_of(service.provider)))
    assert begin_announced(now=now + DAY) == 0
    with clock.at(now + 2 * DAY):
        changed = client.patch(f"{API}/{early.id}", json={"phone": "1"}, headers=headers_of(early.provider))
        assert (changed.status_code, changed.get_json()["price_fen"]) == (200, 9_000)
        assert begin_announced(now=clock.now()) == 1
        assert begin_announced(now=clock.now()) == 0
        assert client.get(f"{API}/{late.id}").get_json()["price_fen"] == 9_000
    assert len(client.get(f"{API}/{early.id}/prices").get_json()["items"]) == 2


def test_v14_services_that_cost_the_same_have_each_a_price_of_their_own(client: FlaskClient) -> None:
    """V14: what is in force for one service says nothing about another."""
    provider = make_provider()
    alike = [sampled(provider), sampled(provider), sampled()]
    assert len({cost(each).price_id for each in alike}) == 3


def test_a_change_of_today_is_a_version_and_a_change_of_words_is_none(client: FlaskClient) -> None:
    """V14: each price that was ever published stays to be read."""
    service = sampled()
    owner, path = headers_of(service.provider), f"{API}/{service.id}"
    client.patch(path, json={"price_fen": 11_000}, headers=owner)
    client.patch(path, json={"phone": "0531-2"}, headers=owner)
    client.patch(path, json={"price_fen": 11_000, "turnaround_days": 6}, headers=owner)
    history = client.get(f"{path}/prices").get_json()["items"]
    assert [(each["price_fen"], each["turnaround_days"]) for each in history] == [
        (11_000, 6),
        (11_000, 5),
        (10_000, 5),
    ]
    assert cost(service).price_id == history[0]["id"]


def test_a_draft_has_no_history_and_a_withdrawn_one_goes_on_from_what_it_says(client: FlaskClient) -> None:
    """Nothing unpublished is kept as if it had been."""
    service = make_service(price_fen=10_000, price_unit=PriceUnit.SAMPLE, published=False)
    owner, path = headers_of(service.provider), f"{API}/{service.id}"
    client.patch(path, json={"price_fen": 11_000}, headers=owner)
    assert client.get(f"{path}/prices", headers=owner).get_json()["items"] == []
    said = {"valid_from": day_after(2), "price_fen": 9_000}
    refused = client.post(f"{path}/prices", json=said, headers=keyed(owner))
    assert refused.status_code == 409
    client.post(f"{path}/publication", headers=keyed(owner))
    client.post(f"{path}/withdrawal", headers=keyed(owner))
    client.post(f"{path}/publication", headers=keyed(owner))
    assert [each["price_fen"] for each in client.get(f"{path}/prices").get_json()["items"]] == [11_000]


def test_an_announced_price_is_taken_back_until_its_day(client: FlaskClient) -> None:
    """And stays in the history."""
    service = sampled()
    owner, path = headers_of(service.provider), f"{API}/{service.id}/prices"
    made = client.post(path, json={"valid_from": day_after(2), "price_fen": 9_000}, headers=keyed(owner)).get_json()
    first = client.get(path).get_json()["items"][-1]
    begun = client.post(f"{path}/{first['id']}/withdrawal", headers=keyed(owner))
    assert (begun.status_code, begun.get_json()["code"]) == (409, "price_begun")
    gone = client.post(f"{path}/{made['id']}/withdrawal", headers=keyed(owner))
    assert gone.status_code == 201
    assert gone.get_json()["withdrawn_at"] is not None
    assert cost(service, now=clock.now() + 5 * DAY).price_fen == 10_000
    assert len(client.get(path).get_json()["items"]) == 2
    assert client.post(f"{path}/999999/withdrawal", headers=keyed(owner)).status_code == 404


def test_every_fault_of_an_announced_price_is_named_at_once(client: FlaskClient) -> None:
    """V13 and V14."""
    service = sampled(make_provider(fiscal=True))
    owner, path = headers_of(service.provider), f"{API}/{service.id}/prices"
    said = {"valid_from": day_after(0), "price_fen": 0, "outside_price_fen": 12_000, "cost_fen": 9_000}
    said |= {"billing_step_minutes": 15, "turnaround_days": None}
    refused = client.post(path, json=said, headers=keyed(owner))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "price_refused")
    assert {(each["code"], each["field"]) for each in refused.get_json()["reasons"]} >= {
        ("service_price_zero", "price_fen"),
        ("service_turnaround_days_missing", "turnaround_days"),
        ("service_step_without_hours", "billing_step_minutes"),
        ("service_price_above_cost", "outside_price_fen"),
        ("price_not_ahead", "valid_from"),
        ("service_cost_basis_missing", "cost_basis"),
    }
    odd = client.post(path, json={"valid_from": day_after(2), "billing_step_minutes": 7}, headers=keyed(owner))
    assert odd.status_code == 422
    assert [each["field"] for each in odd.get_json()["reasons"]] == ["billing_step_minutes"]


def test_the_database_refuses_a_price_in_the_past(client: FlaskClient) -> None:
    """V14: whoever writes it."""
    service = sampled()
    with pytest.raises(DBAPIError) as refused, transaction() as current:
        current.execute(
            text(
                "INSERT INTO service_price (service_id, valid_from, price_fen, price_unit, turnaround_days, cost_basis,"
                " set_at) VALUES (:service, '2020-01-01', 1, 'sample', 1, '', now())"
            ),
            {"service": service.id},
        )
    assert isinstance(refused.value.orig, psycopg.errors.CheckViolation)
    with pytest.raises(DBAPIError) as kept, transaction() as current:
        current.execute(text("UPDATE service_price SET price_fen = 1"))
    assert isinstance(kept.value.orig, psycopg.errors.InsufficientPrivilege)


def test_each_group_is_charged_its_published_price(client: FlaskClient) -> None:
    """Own organisation and group, users of the province, users from outside; by what is on record."""
    provider = make_provider()
    service = sampled(provider)
    owner, path = headers_of(provider), f"{API}/{service.id}"
    client.patch(path, json={"own_price_fen": 6_000, "outside_price_fen": 15_000}, headers=owner)
    group = make_controller()
    sibling, stranger, moved = make_enterprise(), make_enterprise(), make_enterprise()
    for organisation in (provider, sibling):
        make_tenure(organisation, group)
    make_tenure(stranger, make_controller())
    host = make_incubator()
    make_tenure(host, group)
    with transaction():
        session().execute(
            text("UPDATE organisation_seat SET in_province = false WHERE organisation_id = :id"), {"id": moved.id}
        )
    expected = {
        provider: (PriceGroup.OWN, 6_000),
        sibling: (PriceGroup.OWN, 6_000),
        make_team(host): (PriceGroup.OWN, 6_000),
        stranger: (PriceGroup.IN_PROVINCE, 10_000),
        make_team(): (PriceGroup.IN_PROVINCE, 10_000),
        moved: (PriceGroup.OUTSIDE, 15_000),
    }
    for user, (price_group, price_fen) in expected.items():
        found = cost(service, user)
        assert (found.price_group, found.price_fen) == (price_group, price_fen), user.name
    today = clock.today(clock.now())
    for price_group, price_fen in expected.values():
        assert published_price(service.id, group=price_group, on=today).price_fen == price_fen


def test_a_group_without_a_price_of_its_own_pays_what_the_province_pays(client: FlaskClient) -> None:
    """And the quote names that price."""
    provider = make_provider()
    assert cost(sampled(provider), provider).price_group is PriceGroup.IN_PROVINCE


def imported(service: Service, *, price_fen: int, dry_run: bool = False) -> Outcome:
    """A price list with one line about a service."""
    row = ServiceRow(
        line=2,
        external_id=service.external_id,
        title=service.title,
        kind=service.kind,
        content=service.content,
        price_fen=price_fen,
        price_unit=PriceUnit.SAMPLE,
    )
    owners = Owners(places=None, fixed=owner_of(service.provider))  # type: ignore[arg-type]
    with transaction():
        return import_batch(
            [prepare(row)], owners=owners, dry_run=dry_run, actor=actor_of(service.provider), now=clock.now()
        )


def test_a_price_list_writes_versions_of_what_is_published(client: FlaskClient) -> None:
    """What the list does not say stays, the prices of groups too."""
    service = sampled()
    owner, path = headers_of(service.provider), f"{API}/{service.id}"
    client.patch(path, json={"own_price_fen": 6_000}, headers=owner)
    assert imported(service, price_fen=13_000, dry_run=True).changed == 1
    assert cost(service).price_fen == 10_000
    assert imported(service, price_fen=13_000).changed == 1
    assert imported(service, price_fen=13_000).unchanged == 1
    found = client.get(f"{path}/prices").get_json()["items"]
    assert [(each["price_fen"], each["own_price_fen"]) for each in found] == [
        (13_000, 6_000),
        (10_000, 6_000),
        (10_000, None),
    ]
    assert cost(service).price_fen == 13_000


def test_v13_a_price_list_raises_no_published_price_above_the_stated_cost(client: FlaskClient) -> None:
    """V13: the line is refused, and what is published stays."""
    service = sampled(make_provider(fiscal=True))
    stated = {"cost_fen": 10_000, "cost_basis": "成本核算表"}
    client.patch(f"{API}/{service.id}", json=stated, headers=headers_of(service.provider))
    outcome = imported(service, price_fen=10_001)
    assert [each.code for each in outcome.refused[0].reasons] == ["service_price_above_cost"]
    assert cost(service).price_fen == 10_000


def test_a_service_never_published_has_no_price_of_a_day(client: FlaskClient) -> None:
    """Nor is it offered."""
    service = make_service(published=False)
    assert price_on(service.id, clock.today(clock.now())) is None
    assert find_service(service.id, actor=actor_of(service.provider)).priced_on is None

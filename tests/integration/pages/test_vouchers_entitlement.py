"""What can still be used this year: one's own use, siblings as one sum that names nobody, and the orders (V12 cap)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from core import clock
from tests.factories.accounts import (
    make_bureau,
    make_controller,
    make_enterprise,
    make_incubator,
    make_provider,
    make_team,
    make_tenure,
)
from tests.factories.vouchers import FULL, assessment_of, bring, make_claim, place
from tests.support.finance import browser, in_english, queries_of
from tests.support.queries import MANY
from vouchers.states import ClaimState

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


def test_used_held_and_left_make_up_the_cap(app: Flask) -> None:
    user = make_enterprise()
    bring(make_claim(user), ClaimState.CONFIRMED)
    order_id = place(assessment_of(user, make_provider(), base_fen=1_000_000))
    page = browser(app, user).get("/entitlement")
    assert page.status == 200
    for shown in ("¥500,000.00", "¥60,000.00", "¥6,000.00", "¥434,000.00", "V12"):
        assert shown in page.text
    assert f"/orders/{order_id}" in page.reader.links
    assert "冻结中" in page.text
    assert "已使用" in page.text


def test_siblings_are_one_sum_and_nobody_is_named(app: Flask) -> None:
    """All enterprises of one actual controller share a cap; which they are is none of each other's business."""
    user, others = make_enterprise(), [make_enterprise(), make_enterprise()]
    controller = make_controller()
    for each in (user, *others):
        make_tenure(each, controller)
    foreign = [place(assessment_of(each, make_provider(), base_fen=1_000_000)) for each in others]
    page = browser(app, user).get("/entitlement")
    assert "同一控制人其他企业合计" in page.text
    assert "¥12,000.00" in page.text
    assert "¥488,000.00" in page.text
    assert not any(each.name in page.text for each in others)
    assert controller.name not in page.text
    assert not any(f"/orders/{order_id}" in page.html for order_id in foreign)


def test_an_order_of_next_year_counts_there(app: Flask) -> None:
    user = make_enterprise()
    order_id = place(assessment_of(user, make_provider(), base_fen=1_000_000, expected_completion=date(2027, 1, 20)))
    client = browser(app, user)
    assert f"/orders/{order_id}" not in client.get("/entitlement").html
    assert f"/orders/{order_id}" in client.get(f"/entitlement/{user.id}?year=2027").reader.links
    assert "还没有订单占用额度" in client.get("/entitlement?year=1900").text


def test_an_incubator_sees_each_of_its_teams(app: Flask) -> None:
    incubator = make_incubator()
    team, other = make_team(incubator), make_team(make_incubator())
    make_claim(team, mode=FULL)
    client = browser(app, incubator)
    overview = client.get("/entitlement")
    assert team.name in overview.text
    assert other.name not in overview.text
    page = client.get(f"/entitlement/{team.id}")
    assert page.status == 200
    assert "每个创业团队单独计算年度上限" in page.text
    assert client.get(f"/entitlement/{other.id}").status == 404
    assert client.get(f"/entitlement/{incubator.id}").status == 404
    assert browser(app, team).get("/entitlement").status == 200


def test_nobody_else_looks_into_a_firms_year(app: Flask) -> None:
    user = make_enterprise()
    assert browser(app, make_enterprise()).get(f"/entitlement/{user.id}").status == 404
    for stranger in (make_provider(), make_bureau(user.city or "")):
        assert browser(app, stranger).get(f"/entitlement/{user.id}").status == 403


def test_it_reads_in_english_too(app: Flask) -> None:
    page = in_english(browser(app, make_enterprise())).get("/entitlement")
    assert "vouchers in 2026" in page.text
    assert "Left" in page.text


def test_it_asks_as_much_for_many_orders_or_teams_as_for_one(app: Flask) -> None:
    incubator, provider = make_incubator(), make_provider()
    team = make_team(incubator)
    make_claim(team, provider, mode=FULL, base_fen=10_000)
    client = browser(app, incubator)
    paths = ("/entitlement", f"/entitlement/{team.id}")
    one = [queries_of(client, path) for path in paths]
    for _ in range(MANY):
        make_claim(team, provider, mode=FULL, base_fen=10_000)
    for _ in range(MANY):
        make_team(incubator)
    assert [queries_of(client, path) for path in paths] == one
    assert max(one) <= 20

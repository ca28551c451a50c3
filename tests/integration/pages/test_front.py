"""What everybody may open: the front page, help for every role, the policy in force."""

from __future__ import annotations

import pytest
from flask import Flask

from accounts.permissions import Role
from core.texts import catalogue
from marketplace.demo.accounts import demo_accounts
from marketplace.demo.client import DemoClient
from tests.support.pages import PageClient


def visitor(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client())


def test_the_front_page_searches_instruments(province: DemoClient) -> None:
    page = visitor(province).get("/")
    assert page.status == 200
    (search,) = [form for form in page.reader.forms if form.method == "get"]
    assert search.action == "/instruments"
    assert search.values == {"q": [""]}
    assert page.html.count('<ol class="steps"') == 1
    for link in ("/policy", "/help", "/sign-in", "/api/v1/openapi.json"):
        assert any(each.startswith(link) for each in page.reader.links), link


def test_the_front_page_shows_a_chart_by_city_and_the_governing_articles(province: DemoClient) -> None:
    page = visitor(province).get("/")
    assert page.html.count('<figure class="chart"') == 1
    assert "济南市" in page.text
    policy = visitor(province).get("/policy").html
    links = [each for each in page.reader.links if each.startswith("/policy#")]
    assert len(links) == 6
    assert all(f'id="{each.partition("#")[2]}"' in policy for each in links)


def test_demo_accounts_stand_on_the_front_page_only_where_they_exist(province: DemoClient) -> None:
    text = visitor(province).get("/").text
    assert all(account.username in text for account in demo_accounts())


def test_an_empty_service_shows_no_demo_accounts(app: Flask) -> None:
    page = PageClient(app.test_client()).get("/")
    assert page.status == 200
    assert "演示账号" not in page.text


def test_every_role_is_told_what_it_does() -> None:
    missing = [role for role in Role if f"help.{role.value}.1" not in catalogue()]
    assert missing == []


@pytest.mark.parametrize(("user", "role"), [("sme-heze", "企业用户"), ("auditor", "审计")])
def test_help_begins_with_ones_own_role(province: DemoClient, user: str, role: str) -> None:
    page = visitor(province).sign_in(user).get("/help")
    assert f"您的角色：{role}" in page.text


def test_the_policy_names_its_articles_and_its_dates(province: DemoClient) -> None:
    page = visitor(province).get("/policy")
    assert page.status == 200
    for shown in ("500,000.00 元", "V12 cap", "60%", "2025-01-24", "2030-01-23"):
        assert shown in page.text
    assert 'href="#article-V8-1"' in page.html
    assert 'id="article-V8-1"' in page.html


def test_the_policy_of_another_day_can_be_read(province: DemoClient) -> None:
    client = visitor(province)
    before = client.get("/policy?on=2020-01-01")
    assert "2020-01-01 没有生效的政策" in before.text
    unreadable = client.get("/policy?on=tomorrow")
    assert unreadable.status == 200
    assert "日期无法识别" in unreadable.text


def test_every_link_within_the_policy_leads_somewhere(province: DemoClient) -> None:
    page = visitor(province).get("/policy")
    inside = {link.removeprefix("#") for link in page.reader.links if link.startswith("#")}
    assert [each for each in inside if f'id="{each}"' not in page.html] == []


@pytest.mark.parametrize("path", ["/", "/help", "/policy"])
def test_public_pages_read_in_english_too(province: DemoClient, path: str) -> None:
    client = visitor(province)
    client.client.get("/language/en")
    page = client.get(path)
    assert page.status == 200
    assert '<html lang="en">' in page.html

"""The policy as a table people can read."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from flask import Flask

from core import policy
from core.texts import text
from marketplace.reports.policy_table import articles, policy_changes, policy_rows, policy_version
from tests.architecture.test_texts import CHINESE

MONDAY = date(2026, 3, 2)
BEFORE_SHARING = date(2025, 1, 24)


def test_every_value_in_force_is_named_in_both_languages_and_says_its_article_or_who_decided(app: Flask) -> None:
    rows = policy_rows(MONDAY)
    lists = {"places.cities", "places.counties", "places.province", "places.province_name"}
    in_force = {key for key in policy.current().at(MONDAY).entries if not key.startswith("articles.")}
    assert {row.key for row in rows} == in_force - lists
    for row in rows:
        assert CHINESE.search(row.name.zh), row.key
        assert not CHINESE.search(row.name.en), row.key
        assert row.value.zh, row.key
        assert CHINESE.search(text(f"policy.section.{row.section}").zh), row.section
        assert row.articles or row.decided_here or row.section == "places", row.key


def test_values_are_shown_as_people_read_them(app: Flask) -> None:
    shown = {row.key: row.value for row in policy_rows(MONDAY)}
    figure = policy.current().at(MONDAY)["vouchers.annual_cap_fen"]
    assert Decimal(shown["vouchers.annual_cap_fen"].zh.removesuffix(" 元").replace(",", "")) * 100 == figure
    assert shown["vouchers.subsidy_rates"].en.count("60%") == 2
    assert "枣庄市" in shown["places.raised_rate_cities"].zh
    assert shown["vouchers.validity_moves_to_working_day"].en == "yes"
    raw = {key: re.findall("[a-z]+_[a-z_]+", row.zh) for key, row in shown.items() if CHINESE.search(row.zh)}
    assert {key: words for key, words in raw.items() if words} == {}
    assert "涉及商业秘密" in shown["disclosure.consulted_grounds"].zh
    assert "省外供给方：营业执照或登记证" in shown["members.registration_documents"].zh


def test_v23_a_day_has_what_was_in_force_on_it(app: Flask) -> None:
    before = {row.key for row in policy_rows(BEFORE_SHARING)}
    assert "vouchers.annual_cap_fen" in before
    assert "instruments.mandatory_listing_min_fen" not in before
    assert policy_version(BEFORE_SHARING) != policy_version(MONDAY)
    assert {article.number[0] for article in articles(BEFORE_SHARING)} == {"V"}
    assert policy_rows(date(2024, 1, 1)) == []
    assert policy_version(date(2024, 1, 1)) is None


def test_every_article_that_a_value_names_is_explained(app: Flask) -> None:
    explained = {article.number for article in articles(MONDAY)}
    named = {article.partition(" ")[0] for row in policy_rows(MONDAY) for article in row.articles}
    assert named - explained - {"S26"} == set()
    for article in articles(MONDAY):
        assert CHINESE.search(article.gist.zh)
        assert not CHINESE.search(article.gist.en)


def test_changes_of_the_pack_are_told_with_those_still_ahead(app: Flask) -> None:
    told = policy_changes(BEFORE_SHARING)
    assert [change.is_ahead for change in told] == [True, False]
    assert all(change.names for change in told)

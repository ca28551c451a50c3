"""Every page of the access table, as the first user of each role that may open it: what it asks, weighs and carries."""

from __future__ import annotations

import gzip
import re
from functools import cache

import pytest
from sqlalchemy import text as sql

from core.db import session
from core.pages.assets import STATIC
from core.texts import ROOT
from tests.integration.access.cast import VISITOR
from tests.integration.access.table import Trial
from tests.support.isolation import rolled_back
from tests.support.queries import counted_queries
from tests.support.visits import PAGE_ROWS, openings, visit
from tests.support.world import World

MAX_QUERIES = 20
MAX_BYTES = 100_000
OPENINGS = list(openings())
CHINESE = re.compile("[\u4e00-\u9fff]+")
INLINE = re.compile(
    r"""<[^>]*\s(style|on[a-z]+|hx-on[^=\s]*)\s*=|<style|javascript:|<script(?![^>]*\snonce=)""", re.IGNORECASE
)


def named(opening: tuple[str, Trial, str]) -> str:
    name, _, user = opening
    return f"{name} {user}"


@pytest.mark.parametrize("opening", OPENINGS, ids=named)
def test_a_page_asks_little_weighs_little_and_carries_nothing_inline(
    world: World, opening: tuple[str, Trial, str]
) -> None:
    """At most 20 queries; under 100 kB gzipped with styles and scripts; nothing inline; its policy in the header."""
    name, trial, user = opening
    if user != VISITOR:
        world.session(user)  # signing in is no part of the page
    with counted_queries() as made:
        answer = visit(world, PAGE_ROWS[name], trial, user)
    assert len(made) <= MAX_QUERIES, "\n".join(made)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return
    html = answer.get_data(as_text=True)
    assert wire_bytes(html) < MAX_BYTES
    assert INLINE.search(html) is None, INLINE.search(html)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert html.count("<h1") == 1


@pytest.mark.parametrize("opening", OPENINGS, ids=named)
def test_english_pages_are_english(world: World, opening: tuple[str, Trial, str]) -> None:
    """The count of untranslated texts is zero: Chinese on an English page is data, and stands in the database so."""
    name, trial, user = opening
    answer = visit(world, PAGE_ROWS[name], trial, user, language="en")
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return
    known = data_of(world)
    shown = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True).replace("中文", ""))
    untranslated = sorted({found for found in CHINESE.findall(shown) if found not in known})
    assert untranslated == []


@cache
def data_of(world: World) -> str:
    """Everything the database and the policy packs hold, as one text."""
    app = world.client.app
    with rolled_back(app):
        tables = session().execute(
            sql("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        )
        rows = [
            session().execute(sql(f"SELECT string_agg(t::text, E'\\n') FROM \"{table}\" t")).scalar() or ""
            for (table,) in tables.all()
        ]
    return "\n".join([*rows, *(path.read_text("utf-8") for path in (ROOT / "policies").rglob("*.yaml"))])


def wire_bytes(html: str) -> int:
    """What a first visit costs: the page and each style and script it names, gzipped."""
    names = set(re.findall(r'(?:src|href)="/assets/([^"]+\.(?:css|js|svg))"', html))
    return len(gzip.compress(html.encode())) + sum((STATIC / f"{name}.gz").stat().st_size for name in names)

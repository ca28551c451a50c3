"""Stored markup runs nowhere: every page of a province in which every text is an attack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from core.config import var_dir_of
from core.db import db
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.province import seed_province
from tests.browser.conftest import OpenPage
from tests.browser.test_every_page import OPENINGS, named
from tests.databases import Server
from tests.integration.access.cast import CAST, VISITOR
from tests.integration.access.table import Trial
from tests.support.browser import LiveServer, enter, troubles
from tests.support.deal import MONDAY
from tests.support.markup import EVALUATED, MARK, poison
from tests.support.visits import PAGE_ROWS, address_of
from tests.support.world import World

pytestmark = pytest.mark.slow

FOREIGN = """
[...document.querySelectorAll("main *, header *")].filter((each) =>
  [...each.attributes].some((one) => /^(on|srcdoc|hx-on)/.test(one.name)
    || (/^(href|src|action)$/.test(one.name) && /^\\s*javascript:/i.test(one.value)))
  || (each.tagName === "SCRIPT" && !each.nonce)
  || each.tagName === "IFRAME"
  || (each.tagName === "IMG" && each.getAttribute("src") === "x")
).map((each) => each.outerHTML.slice(0, 200))
"""


@pytest.fixture(scope="module")
def poisoned(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, LiveServer]]:
    """A province in which everything has happened, and then every text was spoiled behind the service's back."""
    database = server.clone(f"poisoned_{os.getpid()}")
    app = create_app(database.config(var_dir_of({"VAR_DIR": str(tmp_path_factory.mktemp("poisoned") / "var")})))
    try:
        with app.app_context(), clock.at(MONDAY):
            seed_province(now=clock.now())
            made = World(DemoClient(app, passwords={}, default_password=demo_password())).build()
        for user in CAST:
            if user != VISITOR:
                made.session(user)
        taken = poison(database.url)
        assert {
            "organisation.name",
            "instrument.name",
            "service.title",
            "claim_review.opinion",
            "stored_file.filename",
        } <= {*taken}
        assert len(taken) > 40, taken
        with LiveServer(app) as serving:
            yield made, serving
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        server.drop(database)


@pytest.mark.parametrize("opening", OPENINGS, ids=named)
def test_what_was_typed_is_only_ever_shown(
    poisoned: tuple[World, LiveServer], open_page: OpenPage, opening: tuple[str, Trial, str]
) -> None:
    """Nothing of it runs, becomes an element or an attribute, is evaluated, or even has to be stopped by the policy."""
    world, live = poisoned
    name, trial, user = opening
    page = open_page(live)
    enter(page.context, live, None if user == VISITOR else world.session(user))
    answer = page.goto(address_of(world, PAGE_ROWS[name], trial))
    assert answer is not None
    assert answer.status == 200, page.locator("main").inner_text()[:300]
    for summary in page.locator("details:not([open]) > summary").element_handles():
        if summary.is_visible():
            summary.press("Enter")  # a menu opened before it may cover it
    assert page.evaluate("window.ran") is None
    assert page.evaluate(FOREIGN) == []
    assert EVALUATED not in page.content()
    assert troubles(page) == []


def test_the_corpus_would_run_where_nothing_is_done_against_it(
    poisoned: tuple[Any, LiveServer], open_page: OpenPage
) -> None:
    """Counter-test: the same text as markup, on a page without a policy, does run."""
    page = open_page(poisoned[1])
    page.set_content(f"<main><p><img src=x onerror='{MARK}'></p></main>")
    page.wait_for_function("window.ran === 1")
    assert page.evaluate(FOREIGN) != []

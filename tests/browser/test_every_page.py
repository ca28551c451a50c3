"""Every page of the access table in a browser, as the first user who may open it, and the desks of all roles.

Axe finds nothing at either width, nothing is wider than the screen, the policy refuses nothing, and a first visit stays
below its weight. Pictures of each page are left in var/screenshots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from core.config import PROJECT, Config
from marketplace.app import create_app
from tests.browser.conftest import OpenPage
from tests.integration.access.cast import CAST, VISITOR
from tests.integration.access.table import Trial
from tests.support.browser import HEIGHT, WIDTHS, LiveServer, axe, enter, screenshot, troubles, wire_bytes
from tests.support.visits import PAGE_ROWS, address_of, answers_file, openings, page_routes
from tests.support.world import World

pytestmark = pytest.mark.slow

FIRST_VISIT_BYTES = 100_000
NO_PAGE = re.compile(r"/language/|\.(csv|ics)$|/events$")
"""What sends the browser on, or writes a file or data as it answers."""
OF_WIDTH = ("target-size", "scrollable-region-focusable")
"""What may differ between a desk and a telephone; all else is asked at the desk."""
DESK = "GET /home"
"""Shows each role something of its own."""


def _chosen() -> Iterator[tuple[str, Trial, str]]:
    app = create_app(Config.from_env({"VAR_DIR": str(PROJECT / "var"), "SECRET_KEY": "only for tests"}))
    files = {name for name, endpoint in page_routes(app) if answers_file(app, endpoint)}
    assert files
    seen: set[str] = set()
    for opening in openings():
        name = opening[0]
        if name not in files and not NO_PAGE.search(name) and (name == DESK or name not in seen):
            seen.add(name)
            yield opening


OPENINGS = list(_chosen())


def named(opening: tuple[str, Trial, str]) -> str:
    """A page and who looks at it, as the name of a file."""
    name, trial, user = opening
    page = re.sub(r"[^a-z0-9]+", "-", re.sub(r"<[^>]*>", "one", name.removeprefix("GET "))).strip("-")
    number = PAGE_ROWS[name].trials.index(trial)
    return f"{page or 'front'}{f'-{number}' if number else ''}-{CAST[user] if user != VISITOR else VISITOR}"


@pytest.fixture
def page(everything: tuple[World, LiveServer], open_page: OpenPage) -> Page:
    """A page of the province in which everything has happened."""
    return open_page(everything[1])


@pytest.mark.parametrize("opening", OPENINGS, ids=named)
def test_a_page_is_light_fits_and_has_no_barrier(
    everything: tuple[World, LiveServer], page: Page, opening: tuple[str, Trial, str]
) -> None:
    """WCAG 2.2 AA as far as axe sees, 360 px, 100 kB, and a content policy that has nothing to refuse."""
    world, live = everything
    name, trial, user = opening
    enter(page.context, live, None if user == VISITOR else world.session(user))
    with wire_bytes(page) as wire:
        answer = page.goto(address_of(world, PAGE_ROWS[name], trial))
    assert answer is not None
    assert answer.status == 200
    assert wire.bytes < FIRST_VISIT_BYTES, wire.answers
    assert screenshot(page, named(opening)) == [0] * len(WIDTHS)
    assert axe(page) == []
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    assert axe(page, rules=OF_WIDTH) == []
    assert troubles(page) == []

"""A browser, and the application behind a port with real commits for it to look at.

`live` is the demo province of Monday 2026-03-02, new for each test; `everything` a province in which everything has
happened once, made once a run, for looking at pages without changing them.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from core import clock
from core.config import var_dir_of
from core.db import db
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.province import seed_province
from tests.databases import Database, Server
from tests.support.browser import (
    ARGUMENTS,
    HEIGHT,
    PATIENCE_SECONDS,
    WIDTHS,
    LiveServer,
    find_chromium,
    troubles,
    watch,
)
from tests.support.deal import MONDAY
from tests.support.world import World

OpenPage = Callable[..., Page]

# -- the application -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def seeded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path]]:
    """The demo province as a database nobody is connected to, and its files."""
    database = server.clone(f"browser_{os.getpid()}")
    folder = var_dir_of({"VAR_DIR": str(tmp_path_factory.mktemp("seeded") / "var")})
    app = create_app(database.config(folder))
    with app.app_context(), clock.at(MONDAY):
        seed_province(now=clock.now())
    _let_go(app)
    yield database, folder
    server.drop(database)


@pytest.fixture
def live(server: Server, seeded: tuple[Database, Path], tmp_path: Path) -> Iterator[LiveServer]:
    """The demo province behind a port, for this test alone."""
    source, folder = seeded
    database = server.copy(source, f"live_{os.getpid()}_{uuid.uuid4().hex[:8]}")
    shutil.copytree(folder, tmp_path / "var")
    app = create_app(database.config(tmp_path / "var"))
    try:
        with LiveServer(app) as serving:
            yield serving
    finally:
        _let_go(app)
        server.drop(database)


@pytest.fixture(scope="session")
def everything(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, LiveServer]]:
    """A province in which everything has happened once, behind a port; not to be changed by a test."""
    database = server.clone(f"everything_{os.getpid()}")
    app = create_app(database.config(var_dir_of({"VAR_DIR": str(tmp_path_factory.mktemp("everything") / "var")})))
    try:
        with app.app_context(), clock.at(MONDAY):
            seed_province(now=clock.now())
            made = World(DemoClient(app, passwords={}, default_password=demo_password())).build()
        with LiveServer(app) as serving:
            yield made, serving
    finally:
        _let_go(app)
        server.drop(database)


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


# -- the browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; without one these tests are skipped on one's own machine and fail where all must run."""
    found = find_chromium()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium on this machine, and CI=true")
    if found is None:
        pytest.skip("no Chromium on this machine: install one, or name it in CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for the run."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages, each in a browser profile of its own: ``open_page(live, width=360, language="en")``.

    At the end of the test none of them may have met trouble: a refusal by the content policy or an error of a script.
    """
    opened: list[Page] = []

    def open_one(server: LiveServer, *, width: int = WIDTHS[0], language: str = "zh", script: bool = True) -> Page:
        context = browser.new_context(
            base_url=server.url,
            viewport={"width": width, "height": HEIGHT},
            locale="zh-CN" if language == "zh" else "en-GB",
            timezone_id="America/New_York",  # the times shown are those of Asia/Shanghai all the same
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = context.new_page()
        if script:
            page.clock.set_fixed_time(server.instant)
        watch(page)
        opened.append(page)
        return page

    yield open_one
    met = [trouble for page in opened for trouble in troubles(page)]
    for page in opened:
        page.context.close()
    assert met == []

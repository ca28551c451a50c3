"""Driving a real browser: opening pages as somebody, and what is asked of every page."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakKeyDictionary

from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Page
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from core import clock
from core.assets_build import MODULES
from core.config import PROJECT
from core.http.edge import SESSION_TOKEN
from marketplace.demo.accounts import demo_password
from tests.support.deal import MONDAY

WIDTHS = (1280, 360)
"""The widths every page is looked at in: a desk and a small telephone."""
HEIGHT = 900
STEP_MS = 20
SCREENSHOTS = PROJECT / "var" / "screenshots"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PLACES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Where to look, in this order: without its windows Chromium needs a third of the time."""
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
REFUSALS = "Failed to load resource: the server responded with a status of 4"
"""What the browser logs where a page refuses something; refusing is no trouble."""

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_WATCH = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  `policy: ${event.violatedDirective} refuses ${event.blockedURI} ${event.sample}`));
"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

PATIENCE_SECONDS = 30

_troubles: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()


def find_chromium() -> str | None:
    """The browser of this machine: CHROMIUM, or what is on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    found = next(filter(None, map(shutil.which, PLACES)), None)
    return found or (str(MAC) if MAC.exists() else None)


# -- the server --------------------------------------------------------------------------------------------------------


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing of each request."""


class LiveServer:
    """The application behind a port of this machine, its clock held at ``instant`` in every request."""

    def __init__(self, app: Flask, *, instant: datetime = MONDAY) -> None:
        self.app = app
        self.instant = instant
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self._idle = threading.Condition()
        self._under_way = 0
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        # An answer still under way holds a connection that nobody would close once the engine is disposed of.
        with self._idle:
            self._idle.wait_for(lambda: self._under_way == 0, timeout=PATIENCE_SECONDS)
        self._server.server_close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["HTTP_ACCEPT_ENCODING"] = "gzip"  # budgets are of gzip, which every browser takes
        # a thread of its own does not inherit the clock of the test
        with self._counted(), clock.at(self.instant):
            chunks = self.app.wsgi_app(environ, start_response)
            try:
                return list(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()


# -- as somebody -------------------------------------------------------------------------------------------------------


def watch(page: Page) -> None:
    """Note from now on what goes wrong in a page: refused by its policy, errors of scripts, failed answers."""
    noted: list[str] = []
    _troubles[page] = noted

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSALS):
            noted.append(message.text)

    def asked(dialog: Dialog) -> None:
        noted.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.add_init_script(_WATCH)
    page.on("console", said)
    page.on("pageerror", lambda error: noted.append(str(error)))
    page.on("dialog", asked)


def troubles(page: Page) -> list[str]:
    """What went wrong in a page so far."""
    return list(_troubles[page])


def forget_troubles(page: Page) -> None:
    """What a test has brought about itself, such as a broken line, is no trouble of the page."""
    _troubles[page].clear()


def csp_violations(page: Page) -> list[str]:
    """What the page's content policy has refused so far."""
    return [each for each in _troubles[page] if "policy" in each.lower()]


def sign_in(page: Page, username: str, password: str | None = None) -> None:
    """Sign in through the form, as people do."""
    page.goto("/sign-in")
    form = page.locator("main form").filter(has=page.locator("[name=password]"))
    form.locator("[name=username]").fill(username)
    form.locator("[name=password]").fill(password or demo_password())
    form.locator("button:not([type=button])").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def sign_out(page: Page) -> None:
    """Sign out through the menu."""
    page.locator("[data-menu] > summary").click()
    page.locator("form[action$='/sign-out'] button").click()
    page.wait_for_load_state()


def enter(context: BrowserContext, live: LiveServer, token: str | None, *, language: str = "zh") -> None:
    """Put the cookie of a session that exists already into the browser; None is a visitor."""
    app = live.app
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    kept = {"lang": language} if token is None else {"lang": language, SESSION_TOKEN: token}
    name = app.config["SESSION_COOKIE_NAME"]
    address = live.url.replace("http:", "https:") if app.config["SESSION_COOKIE_SECURE"] else live.url
    context.clear_cookies()
    context.add_cookies([{"name": name, "value": serializer.dumps(kept), "url": address}])


# -- what is asked of every page ---------------------------------------------------------------------------------------


@cache
def _axe_source() -> str:
    return (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")


def axe(page: Page, *, exclude: tuple[str, ...] = (), rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice, or against some rules only, one line a finding."""
    wanted = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": AXE_TAGS}
    page.evaluate(_axe_source())  # past the policy of the page, which stays as it is
    found = page.evaluate(
        "([runOnly, exclude]) => axe.run({include: [['html']], exclude}, {runOnly, resultTypes: ['violations']})",
        [wanted, [[each] for each in exclude]],
    )
    return [
        f"{violation['id']} ({violation['impact']}): {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def screenshot(page: Page, name: str) -> list[int]:
    """Write ``var/screenshots/<name>-<width>.png`` at each width; by how many pixels the page is too wide at each."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    wider = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        wider.append(int(page.evaluate(_OVERFLOW)))
        _photograph(page, SCREENSHOTS / f"{name}-{width}.png")
    if before is not None:
        page.set_viewport_size(before)
    return wider


def _photograph(page: Page, path: Path) -> None:
    """Once more where the browser itself could not: it says so now and then of a page that it draws a moment later."""
    try:
        page.screenshot(path=path, full_page=True)
    except Error as failed:
        if "Unable to capture screenshot" not in failed.message:
            raise
        page.screenshot(path=path, full_page=True)


@dataclass
class Wire:
    """What came over the wire, with headers, in bytes, and each answer by its address."""

    answers: dict[str, int]

    @property
    def bytes(self) -> int:
        return sum(self.answers.values())


@contextmanager
def wire_bytes(page: Page) -> Iterator[Wire]:
    """Count what the browser fetches within the block, its cache empty."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    addresses: dict[str, str] = {}
    pending: set[str] = set()
    wire = Wire({})

    def asked(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]
        pending.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], event["requestId"])
        pending.discard(event["requestId"])
        if not address.startswith("data:"):
            wire.answers[address] = wire.answers.get(address, 0) + int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", finished)
    session.on("Network.loadingFailed", lambda event: pending.discard(event["requestId"]))
    try:
        yield wire
        page.wait_for_load_state("load")
        while pending:
            page.wait_for_timeout(STEP_MS)
    finally:
        session.detach()

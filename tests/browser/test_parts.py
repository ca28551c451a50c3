"""The scripts and styles of the pages in a real browser: menus, dialogs, languages, weight, and what axe finds."""

from __future__ import annotations

from tests.browser.conftest import OpenPage
from tests.support.browser import LiveServer, axe, csp_violations, screenshot, sign_in, sign_out, wire_bytes

FIRST_VISIT_BYTES = 100_000


def test_the_front_page_is_light_fits_and_has_no_barrier(live: LiveServer, open_page: OpenPage) -> None:
    """Under 100 kB at the first visit, as wide as the screen, nothing found by axe, nothing refused by its policy."""
    page = open_page(live)
    with wire_bytes(page) as wire:
        page.goto("/")
    assert 0 < wire.bytes < FIRST_VISIT_BYTES, wire.answers
    assert screenshot(page, "front") == [0, 0]
    assert axe(page) == []
    assert csp_violations(page) == []


def test_signing_in_and_out_works_by_keyboard(live: LiveServer, open_page: OpenPage) -> None:
    """The menu opens with Enter, closes with Escape and gives the focus back."""
    page = open_page(live)
    sign_in(page, "sme-heze")
    menu = page.locator("[data-menu]")
    menu.locator("> summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    sign_out(page)
    page.goto("/home")
    assert "/sign-in" in page.url


def test_a_refused_form_is_read_from_its_faults(live: LiveServer, open_page: OpenPage) -> None:
    """After a refusal the focus is on the list of faults."""
    page = open_page(live)
    page.goto("/sign-in")
    page.locator("main form [name=username]").fill("nobody")
    page.locator("main form button:not([type=button])").first.click()
    page.locator(".error-summary").wait_for()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.locator("main form [name=username]").input_value() == "nobody"
    assert axe(page) == []


def test_pages_work_without_scripts(live: LiveServer, open_page: OpenPage) -> None:
    """Scripts only better them."""
    page = open_page(live, script=False)
    sign_in(page, "sme-heze")
    page.locator("[data-menu] > summary").click()
    assert page.locator(".site-nav a").first.is_visible()
    page.locator("form[action$='/sign-out'] button").click()
    page.goto("/home")
    assert "/sign-in" in page.url

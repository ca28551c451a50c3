"""What scripts add to pages, in a real browser and under the pages' own content policy: calendars, charts, dialogs,
uploads. What the policy refuses, or a script gets wrong, fails the test that opened the page.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.support.browser import LiveServer, axe, enter, forget_troubles, sign_in, wire_bytes
from tests.support.deal import PDF
from tests.support.world import World

CALENDAR_PARTS = (".calendar [role=columnheader]", ".calendar [role=rowheader]")
"""Headings of FullCalendar's own that stand empty."""
BIG = PDF + b"%" * 400_000


def opened_calendar(page: Page, service: str) -> None:
    """A request for a quote with its calendar open."""
    sign_in(page, "sme-heze")
    page.goto("/services?q=" + service)
    page.locator(f"main a:has-text('{service}')").first.click()
    page.locator("main a[href*='/quotes/new']").first.click()
    page.wait_for_url("**/quotes/new*")  # a click does not wait for its page, and a count does not wait at all
    instruments = page.locator("main a[href*='instrument_id=']")
    page.locator("[data-calendar]").or_(instruments).first.wait_for()
    if page.locator("[data-calendar]").count() == 0:
        instruments.first.click()
    page.locator("[data-calendar] button").click()
    page.locator(".event-closed").first.wait_for()
    page.wait_for_load_state("networkidle")  # what is still being fetched when a page is left counts as a failure


def test_a_slot_drawn_in_the_calendar_fills_the_form(live: LiveServer, open_page: OpenPage) -> None:
    """In the wall time of Shanghai, though the browser is in New York; closed hours cannot be drawn over."""
    page = open_page(live)
    with wire_bytes(page) as wire:
        opened_calendar(page, "质谱机时共享")
    assert any("/calendar." in address for address in wire.answers)
    start, end = page.locator("[name=starts_at]"), page.locator("[name=ends_at]")
    page.set_viewport_size({"width": 1280, "height": 1800})
    box = page.locator("[role=gridcell][data-date='2026-03-04']").bounding_box()
    assert box is not None
    # the day shows the hours from 7 to 22
    hour = box["height"] / 15

    def draw(first: float, last: float) -> None:
        x = box["x"] + box["width"] / 2
        page.mouse.move(x, box["y"] + (first - 7) * hour + 4)
        page.mouse.down()
        page.mouse.move(x, box["y"] + (first - 6.5) * hour, steps=4)
        page.mouse.move(x, box["y"] + (last - 7) * hour - 4, steps=4)
        page.mouse.up()

    draw(10, 12)
    expect(start).to_have_value("2026-03-04T10:00")
    expect(end).to_have_value("2026-03-04T12:00")
    draw(7, 9)
    expect(start).to_have_value("2026-03-04T10:00")
    assert axe(page, exclude=CALENDAR_PARTS) == []


def test_a_calendar_once_opened_opens_by_itself(live: LiveServer, open_page: OpenPage) -> None:
    """The browser has the library by then; the month is one click away, the telephone sees three days."""
    page = open_page(live)
    opened_calendar(page, "质谱机时共享")
    page.set_viewport_size({"width": 360, "height": 900})
    page.reload()
    page.locator(".event-closed").first.wait_for()
    expect(page.locator("[data-calendar] button:has-text('3天')")).to_be_visible()
    page.locator("[data-calendar] button:has-text('月')").click()
    page.locator("[data-calendar] [data-date='2026-03-31']").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_chart_is_drawn_when_it_is_opened(everything: tuple[World, LiveServer], open_page: OpenPage) -> None:
    """ECharts comes then and not before; its figures stay a table."""
    world, live = everything
    page = open_page(live)
    enter(page.context, live, world.session("province"))
    with wire_bytes(page) as before:
        page.goto("/figures")
    assert not any("/chart." in address for address in before.answers)
    figure = page.locator("[data-chart]").first
    figure.locator("button").click()
    figure.locator(".chart-stage svg").wait_for()
    assert axe(page) == []


def test_what_cannot_be_undone_is_asked_once(everything: tuple[World, LiveServer], open_page: OpenPage) -> None:
    """Escape and No leave everything as it was, and the focus where it was."""
    world, live = everything
    page = open_page(live)
    enter(page.context, live, world.session("sme-heze"))
    page.goto(f"/orders/{world.ids['placed order']}/cancellation")
    button, dialog = page.locator("form[data-confirm] button").first, page.locator("dialog[open]")
    button.click()
    expect(dialog).to_be_visible()
    expect(dialog.locator("button").last).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    button.click()
    dialog.locator("button").last.click()
    expect(dialog).to_have_count(0)
    assert page.url.endswith("/cancellation")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_upload_shows_how_far_it_is(live: LiveServer, open_page: OpenPage, language: str) -> None:
    """A refused one keeps the chosen file beside its faults; one taken leads on; one that breaks off says so."""
    page = open_page(live)
    sign_in(page, "provider-jinan")
    page.goto("/language/" + language)
    page.goto("/instrument-imports/new")
    chosen = page.locator("input[type=file]")
    send = page.locator("form[data-upload] button:not([type=button])")

    chosen.set_input_files({"name": "list.pdf", "mimeType": "application/pdf", "buffer": BIG})
    page.route("**/instrument-imports/new", lambda route: route.abort())
    send.click()
    expect(page.locator(".upload-state[data-failed]")).to_be_visible()
    page.unroute("**/instrument-imports/new")
    forget_troubles(page)

    send.click()
    page.locator(".error-summary").wait_for()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert chosen.evaluate("input => input.files[0].name") == "list.pdf"
    assert axe(page) == []

    table = "外部编号,仪器名称\nA1,光谱仪\n".encode()
    chosen.set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": table})
    send.click()
    page.wait_for_url(lambda address: not address.endswith("/new"))
    page.go_back()
    expect(chosen).to_be_visible()

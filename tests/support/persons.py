"""People at their browsers: open pages, fill in forms, send them, say yes where they are asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from playwright.sync_api import FilePayload, Locator, Page

from tests.support.browser import LiveServer, sign_in

OpenPage = Callable[..., Page]
Files = Mapping[str, tuple[str, bytes]]


class Visitor:
    """Somebody nobody knows, in a browser of one's own."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.username = "a visitor"

    @property
    def words(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def go(self, path: str) -> Self:
        """Open a page by its address."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.ok, f"{self.username} at {path}: {answer.status} {self.words[:500]}"
        return self

    def tick(self, field: str, *values: str) -> Self:
        """Tick some of the boxes of a field."""
        for value in values:
            self.form.locator(f"[name='{field}'][value='{value}']").check()
        return self

    def follow(self, part_of_address: str) -> Self:
        """Follow the first visible link of the page that leads there."""
        self.page.locator(f"main a[href*='{part_of_address}']").first.click()
        self.page.wait_for_load_state()
        return self

    def open_row(self) -> Self:
        """Open what the first row of the page's table is about."""
        self.page.locator("main tbody a").first.click()
        self.page.wait_for_load_state()
        return self

    def fill(self, files: Files | None = None, **typed: str) -> Self:
        """Fill in fields by name; dots of names are written as two underscores."""
        for field, value in typed.items():
            self._fill(self.form.locator(f"[name='{field.replace('__', '.')}']"), value)
        for field, (filename, content) in (files or {}).items():
            upload = FilePayload(name=filename, mimeType="application/octet-stream", buffer=content)
            self.form.locator(f"[name='{field}']").set_input_files(upload)
        return self

    def send(self) -> Self:
        """Press the button of the form, agree where asked, and wait for the next page, which has no faults to tell."""
        before = self.page.url
        self.form.locator("button:not([type=button])").first.click()
        if self.form_asks:
            self.page.locator("dialog[open] button").first.click()
        self.page.wait_for_url(lambda address: address != before)
        self.page.wait_for_load_state()
        assert self.page.locator(".error-summary").count() == 0, self.words
        return self

    @property
    def form(self) -> Locator:
        """The form of the page, or the step on it that asks before it is taken."""
        return self.page.locator("main form.form[method=post], main form[data-confirm]").first

    @property
    def form_asks(self) -> bool:
        """Whether the page asks once more before the form is sent."""
        return self.page.locator("dialog[open]").count() > 0

    @property
    def number(self) -> int:
        """The number of the record whose page this is."""
        found = re.search(r"/(\d+)(?:[/?#]|$)", self.page.url)
        assert found is not None, self.page.url
        return int(found[1])

    def download(self, part_of_address: str) -> bytes:
        """What a link hands over; it must come as an attachment."""
        with self.page.expect_download() as waiting:
            self.page.locator(f"main a[href*='{part_of_address}']").first.click()
        return Path(waiting.value.path()).read_bytes()

    @staticmethod
    def _fill(field: Locator, value: str) -> None:
        kind = field.first.evaluate("each => each.type || each.tagName")
        if kind == "radio":
            field.and_(field.page.locator(f"[value='{value}']")).check()
        elif kind == "checkbox":
            field.first.check()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)


class Person(Visitor):
    """Somebody signed in, in a browser of one's own and in one language."""

    def __init__(self, page: Page, username: str, *, language: str) -> None:
        super().__init__(page)
        self.username = username
        if language == "en":
            page.goto("/language/en")
        sign_in(page, username)


def people(live: LiveServer, open_page: OpenPage, *, language: str) -> Callable[[str], Person]:
    """Whoever is asked for, signed in once."""
    known: dict[str, Person] = {}

    def person(username: str) -> Person:
        if username not in known:
            known[username] = Person(open_page(live, language=language), username, language=language)
        return known[username]

    return person

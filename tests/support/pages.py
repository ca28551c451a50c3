"""A browser without scripts: signs in through the page, follows redirects, sends forms as they stand in the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.demo.accounts import demo_password

Files = dict[str, tuple[bytes, str]]


@dataclass
class FoundForm:
    """A form of a page: where it goes and what stands in it."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """Collects forms, links and visible text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[FoundForm] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._inside: FoundForm | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "title"):
            self._hidden += 1
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._inside = FoundForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._inside)
        if self._inside is not None and "name" in given:
            self._field(tag, given, dict(attrs))
        if tag == "option" and self._select and self._inside is not None and "selected" in dict(attrs):
            self._inside.values[self._select] = [given.get("value", "")]

    def _field(self, tag: str, given: dict[str, str], attrs: dict[str, str | None]) -> None:
        form = self._inside
        if form is None:
            return
        name = given["name"]
        if tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in attrs:
                form.values.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "input" and given.get("type") != "file":
            form.values.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select = name
            form.values.setdefault(name, [""])
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "title"):
            self._hidden -= 1
        if tag == "form":
            self._inside = None
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._area and self._inside is not None:
            value = self._inside.values[self._area][0]
            self._inside.values[self._area] = [value.removeprefix("\n")]
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area and self._inside is not None:
            self._inside.values[self._area][0] += data
        elif not self._hidden and data.strip():
            self.words.append(data.strip())


@dataclass
class PageAnswer:
    """A page as it came."""

    response: TestResponse

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def html(self) -> str:
        """The source."""
        return self.response.get_data(as_text=True)

    @property
    def reader(self) -> Reader:
        """The page, read."""
        reader = Reader()
        reader.feed(self.html)
        return reader

    @property
    def text(self) -> str:
        """The words a person sees."""
        return " ".join(self.reader.words)

    def form(self, action: str = "") -> FoundForm:
        """The POST form whose address contains ``action``; the layout's sign-out form only if asked for."""
        found = [
            form
            for form in self.reader.forms
            if form.method == "post"
            and action in form.action
            and ("sign-out" in action or "sign-out" not in form.action)
        ]
        assert found, f"no form for {action!r} on the page: {self.text[:2000]}"
        return found[0]


class PageClient:
    """Walks through pages as one user; ``sign_in`` first, or stay a visitor."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def sign_in(self, username: str, password: str | None = None) -> PageClient:
        """Through the page, by password."""
        answer = self.send("/sign-in", {"username": username, "password": password or demo_password()}, follow=False)
        assert answer.status == 303, answer.text
        return self

    def get(self, path: str, **headers: str) -> PageAnswer:
        """One page, redirects not followed."""
        return PageAnswer(
            self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        )

    def send(
        self,
        path: str,
        values: dict[str, Any] | None = None,
        *,
        files: Files | None = None,
        action: str = "",
        follow: bool = True,
    ) -> PageAnswer:
        """Open the page at ``path``, fill in its form and send it; follows the redirect unless told not to."""
        page = self.get(path)
        assert page.status == 200, f"{path}: {page.status} {page.text[:500]}"
        form = page.form(action)
        data: dict[str, Any] = {**form.values, **(values or {})}
        for name, (content, filename) in (files or {}).items():
            data[name] = (BytesIO(content), filename)
        content_type = "multipart/form-data" if files else None
        answer = self.client.post(form.action or path, data=data, content_type=content_type, follow_redirects=False)
        if follow and answer.status_code == 303:
            return self.get(answer.headers["Location"])
        return PageAnswer(answer)

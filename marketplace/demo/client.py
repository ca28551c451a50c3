"""Calling the service's own HTTP API from within, as users of the demo province do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from http import HTTPStatus
from io import BytesIO
from ipaddress import IPv4Address
from time import sleep
from typing import Any, TypeVar

from flask import Flask

from core.http.api import API_PREFIX

Json = dict[str, Any]
BUSY_RETRIES = 5
FIRST_VISITOR = IPv4Address("10.0.0.1")
T = TypeVar("T")
R = TypeVar("R")


class UnexpectedAnswer(RuntimeError):
    """A call was answered with another status than the story expects."""


class DemoClient:
    """Signs users in as they come and calls the API for them, with a fresh key for each change.

    Tokens that have run out are renewed, so a story may move the clock.
    """

    def __init__(self, app: Flask, *, passwords: Mapping[str, str], default_password: str = "") -> None:
        self.app = app
        self.passwords = dict(passwords)
        self.default_password = default_password
        self.tokens: dict[str, str] = {}
        self.keys = itertools.count(1)
        self.visitors = itertools.count()
        self.run = id(self)

    def get(self, user: str | None, path: str, *, expect: int = 200, **query: Any) -> Json:
        """GET as ``user`` (a visitor where None)."""
        return self._call("GET", user, path, expect=expect, query_string=query)

    def post(
        self,
        user: str | None,
        path: str,
        body: Json | None = None,
        *,
        expect: int = 201,
        key: str | None = None,
    ) -> Json:
        """POST JSON as ``user``."""
        return self._call("POST", user, path, expect=expect, key=key, json=body or {})

    def attempt(self, user: str | None, path: str, body: Json | None = None) -> tuple[int, Json]:
        """POST what may be refused: the status and the answer or the problem document."""
        answer = self._answer("POST", user, path, json=body or {})
        return answer.status_code, answer.get_json()

    def patch(self, user: str, path: str, body: Json, *, expect: int = 200) -> Json:
        """PATCH JSON as ``user``."""
        return self._call("PATCH", user, path, expect=expect, json=body)

    def put(self, user: str, path: str, body: Json, *, expect: int = 200) -> Json:
        """PUT JSON as ``user``."""
        return self._call("PUT", user, path, expect=expect, json=body)

    def pages(self, user: str | None, path: str, *, limit: int = 200, **query: Any) -> Iterator[Json]:
        """Every item of a list, page after page."""
        cursor: Json = {}
        while True:
            page = self.get(user, path, limit=limit, **query, **cursor)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do the same for many, a few at once; the answers in the order of ``items``."""
        return list(self.stream(work, items))

    def stream(self, work: Callable[[T], R], items: Iterable[T], *, at_once: int = 2) -> Iterator[R]:
        """Do the same for many, a few at once, each at this moment's clock; the answers in the order of ``items``."""
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            asked = [pool.submit(copy_context().run, work, item) for item in items]
            for done in asked:
                yield done.result()

    def upload(
        self,
        user: str,
        path: str,
        content: bytes,
        filename: str,
        *,
        expect: int = 201,
        **fields: Any,
    ) -> Json:
        """POST a file with form fields as ``user``."""
        form = {name: str(value) for name, value in fields.items()}
        return self._call("POST", user, path, expect=expect, form=form, file=(content, filename))

    def download(self, user: str, path: str, **query: Any) -> bytes:
        """GET a file as ``user``."""
        content: bytes = self._answer("GET", user, path, query_string=query).get_data()
        return content

    def _call(self, method: str, user: str | None, path: str, *, expect: int, **options: Any) -> Json:
        answer = self._answer(method, user, path, **options)
        if answer.status_code != expect:
            shown = answer.get_data(as_text=True)
            raise UnexpectedAnswer(f"{method} {path} as {user}: {answer.status_code}, not {expect}: {shown}")
        found: Json = answer.get_json() if answer.get_data() else {}
        return found

    def _answer(self, method: str, user: str | None, path: str, *, key: str | None = None, **options: Any) -> Any:
        """One call with one key: signed in anew where the token ran out, asked again where the service is busy."""
        key = key or f"demo-{self.run}-{next(self.keys)}"
        answer = self._open(method, user, path, key=key, **options)
        if user is not None and answer.status_code == HTTPStatus.UNAUTHORIZED:
            self.tokens.pop(user, None)
            answer = self._open(method, user, path, key=key, **options)
        for _ in range(BUSY_RETRIES):
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            sleep(float(answer.headers.get("Retry-After", 1)))
            answer = self._open(method, user, path, key=key, **options)
        return answer

    def _open(self, method: str, user: str | None, path: str, *, key: str, **options: Any) -> Any:
        headers = {"Idempotency-Key": key}
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        else:
            # Visitors come from addresses of their own, as in life: what one may do is bounded by address.
            options["environ_overrides"] = {"REMOTE_ADDR": str(FIRST_VISITOR + next(self.visitors))}
        if "file" in options:
            content, filename = options.pop("file")
            options["data"] = {**options.pop("form"), "file": (BytesIO(content), filename)}
        with self.app.app_context():
            return self.app.test_client().open(f"{API_PREFIX}{path}", method=method, headers=headers, **options)

    def token(self, user: str) -> str:
        """The bearer token of ``user``, signing in where there is none yet."""
        if user not in self.tokens:
            credentials = {"username": user, "password": self.passwords.get(user, self.default_password)}
            with self.app.app_context():
                answer = self.app.test_client().post(f"{API_PREFIX}/tokens", json=credentials)
            if answer.status_code != HTTPStatus.CREATED:
                raise UnexpectedAnswer(f"signing in {user}: {answer.status_code} {answer.get_data(as_text=True)}")
            self.tokens[user] = answer.get_json()["token"]
        return self.tokens[user]

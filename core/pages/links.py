"""Addresses of records by their kind, so that a lower package links to an upper one without knowing it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request, url_for
from werkzeug.routing import Map

from core.errors import Way

_EXTENSION = "page_links"
_NUMBERED = re.compile(r"([a-z_]+):([0-9]{1,18})")


PAGE_OF = {"settlement_batch": "batch"}
"""Kinds of records whose pages go by another name than their tables."""


class LinkUnknown(KeyError):
    """No package has registered a page for this kind of record."""


def register_link(app_links: dict[str, tuple[str, str]], kind: str, endpoint: str, variable: str) -> None:
    """Name the endpoint of a kind of record and the variable that takes its number."""
    if kind in app_links:
        raise ValueError(f"two pages for {kind}")
    app_links[kind] = (endpoint, variable)


def link_to(kind: str, record_id: int) -> str:
    """The address of a record's page, or of the list that its kind leads to; raises :class:`LinkUnknown`."""
    try:
        endpoint, variable = links()[kind]
    except KeyError as unknown:
        raise LinkUnknown(kind) from unknown
    numbers: dict[str, Any] = {variable: record_id} if variable else {}
    return url_for(endpoint, **numbers)


def way_href(way: Way) -> str:
    """The address to which a refusal leads, with what is filled in there."""
    href = link_to(way.place, way.record_id)
    return f"{href}?{urlencode(way.typed)}" if way.typed else href


def source_link(source: str) -> str | None:
    """The page of what a source such as ``claim:12`` names, where there is one."""
    found = _NUMBERED.fullmatch(source)
    return link_to(found[1], int(found[2])) if found and found[1] in links() else None


def place(kind: str) -> str:
    """The address of a page that is about no record, such as ``sign_in``; raises :class:`LinkUnknown`."""
    try:
        return url_for(links()[kind][0])
    except KeyError as unknown:
        raise LinkUnknown(kind) from unknown


def path_of(kind: str | None, record_id: int | None) -> str:
    """The whole address of a page for where no request is at hand, as in mail; of the start page without a kind."""
    root = str(current_app.config["PUBLIC_URL"]).rstrip("/")
    if kind is None:
        return f"{root}/"
    try:
        endpoint, variable = links()[kind]
    except KeyError as unknown:
        raise LinkUnknown(kind) from unknown
    numbers: dict[str, Any] = {variable: record_id} if variable else {}
    rules: Map = current_app.url_map
    return root + rules.bind("", url_scheme="http").build(endpoint, numbers)


def links() -> dict[str, tuple[str, str]]:
    """Every registered kind with its endpoint and variable."""
    found: dict[str, tuple[str, str]] = current_app.extensions.setdefault(_EXTENSION, {})
    return found


def safe_target(wanted: str | None, *, fallback: str) -> str:
    """``wanted`` if it is a path of this site, else ``fallback``: nobody is sent to another site."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return fallback
    if any(ord(character) < 0x20 for character in wanted):
        return fallback
    path = wanted.partition("?")[0].partition("#")[0]
    rules: Map = current_app.url_map
    return wanted if rules.bind_to_environ(request.environ).test(path, method="GET") else fallback

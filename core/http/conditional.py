"""Entity tags over HTTP: answers carry the version of their record, changes and repeated looks name one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request
from werkzeug.http import quote_etag

from core.conditions import Condition

V = TypeVar("V", bound=Callable[..., Any])

CONDITIONS = "__conditions__"
"""The attribute of a view that says which conditions it takes: header → description."""
ETAG_HEADER = {
    "ETag": {"description": "The version of the record, for If-Match and If-None-Match.", "schema": {"type": "string"}}
}
"""For the documentation of an answer that carries a version."""

IF_MATCH = {"If-Match": "The versions (ETag) the change may rest on, or * for any; 412 where the record is another."}
IF_NEW = {"If-None-Match": "With * it is only made where there is none yet; 412 where there is."}
IF_CHANGED = {"If-None-Match": "Versions (ETag) that the reader has: 304 without a body where nothing has changed."}


def conditional(*headers: dict[str, str]) -> Callable[[V], V]:
    """Document the conditions a view takes. It reads them with :func:`asked_condition` or :func:`is_known`."""

    def decorate(view: V) -> V:
        setattr(view, CONDITIONS, {name: said for each in headers for name, said in each.items()})
        return view

    return decorate


def asked_condition() -> Condition:
    """The condition that the request's headers name. A weak tag never matches, as nobody may change by one."""
    tags = request.if_match
    names_versions = "If-Match" in request.headers and not tags.star_tag
    return Condition(
        versions=frozenset(tags.as_set()) if names_versions else None,
        must_exist=tags.star_tag,
        must_be_new=request.if_none_match.star_tag,
    )


def is_known(version: str) -> bool:
    """Whether the reader names this version as one he has."""
    return request.if_none_match.contains_weak(version)


def tagged(shown: Any, version: str, *, status: int = 200) -> tuple[Any, int, dict[str, str]]:
    """An answer with its version; whoever keeps it asks again before using it."""
    return shown, status, _headers(version)


def not_modified(version: str) -> Response:
    """304: what the reader has is what there is."""
    return Response(status=304, headers=_headers(version))


def _headers(version: str) -> dict[str, str]:
    return {"ETag": quote_etag(version), "Cache-Control": "private, no-cache", "Vary": "Authorization"}

"""What happens around every view: who acts, whether he may, and what may not even reach the service."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import IO, Any, ParamSpec, TypeVar

from flask import Flask, Request, Response, current_app, g, request, session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map

from core.errors import Forbidden, Malformed, NotFound, Reason, Refused, Unauthenticated
from core.http.schemas import MAX_ID
from core.permissions import VISITOR, Actor, Permission, authorise
from core.texts import text

P = ParamSpec("P")
R = TypeVar("R")

ALLOWED = "__allowed__"
"""The attribute of a view function that holds its permission."""

TAKES_QUERY = "__takes_query__"
"""The attribute of an API view that says whether it reads query parameters; pages read what they like."""

MAX_TEXT_BYTES = 2 << 20
"""What a body without files may have; it is kept in memory, while files go to the disk as they come in."""
FORM_WITH_FILES = "multipart/form-data"

BESIDE_FILES_BYTES = 1 << 20
"""What the fields of a form may have beside its file."""
FILE_LIMIT = "__file_limit__"
"""The attribute of a view that takes larger files than others: the setting that says how large."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,64}")

ActorLoader = Callable[[str], Actor | None]
_loader: list[ActorLoader] = []
_session_loader: list[ActorLoader] = []

SESSION_TOKEN = "sid"  # noqa: S105
"""Where the signed cookie keeps the token of the server-side session."""

_NO_PAGES = ("/api/", "/assets/", "/healthz", "/readyz", "/metrics")
"""Paths of machines and of what belongs to nobody: no session is read there, answers are problem documents."""


class RouteUndecided(Forbidden):
    """Nobody has decided who may call this route, so nobody may."""

    code = "route_undecided"


class TokenRefused(Unauthenticated):
    """The bearer token is unknown, expired or revoked."""

    code = "token_refused"


class UnreadableCharacters(Malformed):
    """The address holds characters that no record can have."""

    code = "unreadable_characters"


class QueryUnknown(Refused):
    """This call does not take these query parameters."""

    code = "query_unknown"


class RecordNumber(IntegerConverter):
    """A positive bigint in a path; anything larger is no record.

    Python refuses to read numbers of thousands of digits, hence the bound already in the pattern.
    """

    regex = "[0-9]{1,19}"

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = MAX_ID) -> None:
        super().__init__(map, fixed_digits, min, max)


def set_actor_loader(loader: ActorLoader) -> None:
    """Name the function that turns a bearer token into an actor (accounts does)."""
    _loader[:] = [loader]


def set_session_loader(loader: ActorLoader) -> None:
    """Name the function that turns the token of a page session into an actor (accounts does)."""
    _session_loader[:] = [loader]


def is_page(asked: Request) -> bool:
    """Whether a request is for a page: those take sessions, all others bearer tokens only."""
    return not asked.path.startswith(_NO_PAGES)


def current_actor() -> Actor:
    """Who acts in this request; VISITOR where nobody is signed in."""
    actor: Actor = g.get("actor", VISITOR)
    return actor


def allow(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Say who may call a route. Refused before any argument is read."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            authorise(current_actor(), permission)
            if request.args and not getattr(guarded, TAKES_QUERY, True):
                raise QueryUnknown(reasons=[reason_of(name) for name in sorted(request.args)])
            return view(*args, **kwargs)

        setattr(guarded, ALLOWED, permission)
        return guarded

    return decorate


def takes_files_up_to(setting: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a route take files as large as another setting than ``FILE_LIMIT_BYTES`` says. Stands below :func:`allow`:
    who may not call the route sends no more than to any other."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, FILE_LIMIT, setting)
        return view

    return decorate


def reason_of(parameter: str) -> Reason:
    """An unknown query parameter as a reason."""
    return Reason("field", None, text("field.unknown"), parameter)


def init_edge(app: Flask) -> None:
    """Install the checks before and the headers after every request."""
    app.url_map.converters["int"] = RecordNumber
    app.request_class = TidyRequest
    app.before_request(_bound_body)
    app.before_request(_identify)
    app.before_request(_require_decision)
    app.before_request(_widen_body)
    app.after_request(_headers)


class TidyRequest(Request):
    """A request that closes the files of a form also where the form was refused half-way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._buffers: list[IO[bytes]] = []

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        buffer = super()._get_file_stream(*args, **kwargs)
        self._buffers.append(buffer)
        return buffer

    def close(self) -> None:
        """Called at the end of the request."""
        super().close()
        for buffer in self._buffers:
            buffer.close()


def _bound_body() -> None:
    """Cut what is kept in memory. Of a body that states no length werkzeug gives the first part as if it were all, so
    that one is read here, to a byte over the limit."""
    if request.mimetype == FORM_WITH_FILES:
        return
    limit = min(MAX_TEXT_BYTES, current_app.config["MAX_CONTENT_LENGTH"] or MAX_TEXT_BYTES)
    request.max_content_length = limit
    if request.method in _WITH_BODY and request.content_length is None:
        request.max_content_length = limit + 1
        if len(request.get_data(cache=True)) > limit:
            raise RequestEntityTooLarge


def _identify() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    if "\x00" in request.path or b"%00" in request.query_string:
        raise UnreadableCharacters
    g.actor = VISITOR
    if is_page(request):
        g.actor = _from_session()
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return
    actor = _loader[0](token.strip()) if scheme.lower() == "bearer" and _loader else None
    if actor is None:
        raise TokenRefused
    g.actor = actor


def _from_session() -> Actor:
    """Who the session cookie stands for; a token that is no longer live is dropped from it."""
    token = session.get(SESSION_TOKEN)
    if not isinstance(token, str) or not _session_loader:
        return VISITOR
    actor = _session_loader[0](token)
    if actor is None:
        session.pop(SESSION_TOKEN)
    return actor or VISITOR


def _require_decision() -> None:
    if request.endpoint is None:
        return
    if request.endpoint == "static":
        raise NotFound
    if request.method == "OPTIONS":
        return
    if not hasattr(current_app.view_functions[request.endpoint], ALLOWED):
        raise RouteUndecided


def _widen_body() -> None:
    """Before anything reads the form: whoever may call the route that takes large files may send one."""
    view = current_app.view_functions.get(request.endpoint or "")
    setting = getattr(view, FILE_LIMIT, None)
    if setting is not None and request.mimetype == FORM_WITH_FILES and getattr(view, ALLOWED)(g.actor):
        request.max_content_length = current_app.config[setting] + BESIDE_FILES_BYTES


def _headers(response: Response) -> Response:
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response

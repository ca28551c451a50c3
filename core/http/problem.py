"""Every error as ``application/problem+json`` (RFC 9457) in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import structlog
from flask import Flask, Response, current_app, json, request
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from core.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Malformed,
    NoRoom,
    NotFound,
    PreconditionFailed,
    Reason,
    Refused,
    TooLarge,
    TooManyAttempts,
    Unauthenticated,
    WrongMediaType,
)
from core.http.edge import is_page
from core.http.schemas import split_fault
from core.room import lacks_room
from core.texts import Text, text

log = structlog.get_logger()

STATUS: dict[type[DomainError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    WrongMediaType: 415,
    Refused: 422,
    TooManyAttempts: 429,
    Busy: 503,
    NoRoom: 507,
}

FAILING_STATE = "58030"
"""What the database says where its disk does not read or write (``io_error``)."""

RETRY_AFTER_SECONDS = 1

ProblemPage = Callable[[int, str, Text, list[dict[str, Any]]], Response]
_page: list[ProblemPage] = []


class TemporarilyBusy(Busy):
    """A lock, a connection or the database itself could not be had in time."""

    code = "busy"


class StorageFull(NoRoom):
    """The disk that files are kept on, or grow on meanwhile, is full, or that of the database."""

    code = "storage_full"


class StorageFailing(Busy):
    """The disk of the database does not read or write."""

    code = "storage_failing"


class FieldsInvalid(Refused):
    """Fields are missing, unknown or malformed; every one is named."""

    code = "invalid_fields"


class ValueUnstorable(Refused):
    """The input holds a value that the database cannot store."""

    code = "value_unstorable"


class RequestTooLarge(TooLarge):
    """The request as a whole is over the limit."""

    code = "request_too_large"


def status_of(error: type[DomainError]) -> int:
    """The HTTP status of an error class."""
    return next(status for base, status in STATUS.items() if issubclass(error, base))


def set_problem_page(render: ProblemPage) -> None:
    """Name the function that shows a problem to a person."""
    _page[:] = [render]


def problem(status: int, code: str, shown: Text, reasons: list[dict[str, Any]], extra: Mapping[str, Any]) -> Response:
    """A problem document; ``title`` is Chinese, ``title_en`` English. A reader of pages gets a page."""
    if _page and is_page(request):
        return _hinted(_page[0](status, code, shown, reasons), status)
    body = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "title": shown.zh,
        "title_en": shown.en,
        "reasons": reasons,
        **extra,
    }
    # What a caller sent may be named in its own refusal, and need not be valid text.
    shown_bytes = json.dumps(body).encode("utf-8", "replace")
    response = Response(shown_bytes, status=status, content_type="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return _hinted(response, status)


def _hinted(response: Response, status: int) -> Response:
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def register_problems(app: Flask) -> None:
    """Answer every exception of the application with a problem document."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _no_connection)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(Exception, _unforeseen)


CODES = {400: Malformed.code, 404: NotFound.code, 413: RequestTooLarge.code, 422: FieldsInvalid.code}
"""The codes of what Flask itself refuses."""


def _domain(error: DomainError) -> Response:
    return problem(status_of(type(error)), error.code, error.text, [r.as_json() for r in error.reasons], error.extra)


def _http(error: HTTPException) -> Response:
    data = getattr(error, "data", None) or {}
    reasons = [r.as_json() for r in field_faults(data.get("messages", {}))]
    status = error.code or 500
    code = CODES.get(status, error.name.lower().replace(" ", "_"))
    known = f"http.{status}"
    shown = text(known) if known in _texts() else Text(error.name, error.name)
    response = problem(status, code, shown, reasons, {})
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _texts() -> set[str]:
    return {f"http.{status}" for status in (400, 404, 405, 406, 413, 415, 422, 500)}


def field_faults(messages: Any) -> Iterator[Reason]:
    """Marshmallow's messages ``{location: {field: ...}}`` as reasons, each with the path of its field."""
    for location, faults in messages.items() if isinstance(messages, dict) else ():
        for path, message in _flatten(faults, ""):
            yield Reason("field", None, split_fault(message), path or location)


def _flatten(faults: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(faults, dict):
        for name, inner in faults.items():
            here = path if name == "_schema" else f"{path}.{name}".lstrip(".")
            yield from _flatten(inner, here)
    elif isinstance(faults, list):
        for inner in faults:
            yield from _flatten(inner, path)
    else:
        yield path, str(faults)


def _database(error: DBAPIError) -> Response:
    refused = unavailable(error)
    if refused is not None:
        return _domain(refused)
    if isinstance(error, DataError):
        # The fields should have refused it; the database did, so nothing was written.
        log.error("value_unstorable", path=request.path, exc_info=error)
        return _domain(ValueUnstorable())
    return _unforeseen(error)


def unavailable(error: DBAPIError) -> DomainError | None:
    """What to answer where the database could not do what it was asked, so that the same may be tried again; logged.

    None where it was asked for something wrong. Of a connection that is gone nobody knows whether it had committed, so
    it is never said that nothing was kept.
    """
    said = error.orig if isinstance(error.orig, psycopg.Error) else psycopg.Error()
    if error.connection_invalidated or said.diag.severity_nonlocalized in {"FATAL", "PANIC"}:
        found: DomainError | None = TemporarilyBusy()
    elif lacks_room(error):
        found = StorageFull()
    elif said.sqlstate == FAILING_STATE:
        found = StorageFailing()
    else:
        found = TemporarilyBusy() if isinstance(error, OperationalError) else None
    if found is not None:
        tell = log.warning if isinstance(found, TemporarilyBusy) else log.error
        tell(f"database_{found.code}", path=request.path, error=str(error.orig))
    return found


def _no_connection(error: PoolTimeout) -> Response:
    log.warning("no_connection_free", path=request.path, error=str(error))
    return _domain(TemporarilyBusy())


def _system(error: OSError) -> Response:
    if lacks_room(error):
        log.error("storage_full", path=request.path, error=str(error))
        return _domain(StorageFull())
    return _unforeseen(error)


def _unforeseen(error: Exception) -> Response:
    if current_app.config.get("PROPAGATE_EXCEPTIONS") is True:
        raise error
    log.error("unforeseen_error", path=request.path, method=request.method, exc_info=error)
    return problem(500, "internal_error", text("http.500"), [], {})

"""What protects the pages: the session cookie, CSRF, and the content security policy."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect

from core.errors import Malformed
from core.http.edge import SESSION_TOKEN, is_page

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_CARRIED = ("lang",)
"""What survives the change of a session."""

csrf = CSRFProtect()


class FormStale(Malformed):
    """The form was made for another session, or for none."""

    code = "form_stale"


def init_security(app: Flask, *, secure_cookies: bool) -> None:
    """Cookies, CSRF before and policy headers after every page."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if secure_cookies else "session",
        SESSION_COOKIE_SECURE=secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(app)
    app.before_request(_check_csrf)
    app.after_request(_protect)


def enter(token: str) -> None:
    """Begin a new cookie session on a server-side one: nothing but the language is carried over."""
    leave()
    session[SESSION_TOKEN] = token


def leave() -> None:
    """Forget the server-side session, and all but the language."""
    kept = {name: session[name] for name in _CARRIED if name in session}
    session.clear()
    session.update(kept)


def session_token() -> str | None:
    """The token in the cookie, if there is one."""
    found = session.get(SESSION_TOKEN)
    return found if isinstance(found, str) else None


def nonce() -> str:
    """The nonce of this answer's scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _check_csrf() -> None:
    if is_page(request) and request.method not in _SAFE_METHODS:
        try:
            csrf.protect()
        except CSRFError as stale:
            raise FormStale from stale


def _protect(response: Response) -> Response:
    if not is_page(request):
        return response
    response.headers.setdefault("Content-Security-Policy", _policy())
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    response.headers.setdefault("Cache-Control", "no-store" if session_token() else "private, no-cache")
    return response


def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce()}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )

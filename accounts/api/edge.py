"""Bearer tokens at the edge of HTTP."""

from __future__ import annotations

from flask import request

from accounts import queries
from core import clock
from core.permissions import Actor


def load_actor(token: str) -> Actor | None:
    """Who a bearer token stands for; given to core.http by the application factory."""
    return queries.resolve_actor(token, now=clock.now())


def presented_token() -> str:
    """The bearer token of this request, which the edge has already accepted."""
    return request.headers.get("Authorization", "").partition(" ")[2].strip()

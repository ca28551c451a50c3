"""Bearer tokens at the edge of HTTP."""

from __future__ import annotations

from flask import request


def presented_token() -> str:
    """The bearer token of this request, which the edge has already accepted."""
    return request.headers.get("Authorization", "").partition(" ")[2].strip()

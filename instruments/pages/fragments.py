"""Parts of pages that htmx asks for."""

from __future__ import annotations

from flask import request


def is_fragment() -> bool:
    """Whether a part of a page is asked for; whoever opens its address by itself gets a whole page."""
    return "HX-Request" in request.headers

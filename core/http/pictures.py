"""Pictures that a page shows: served as what they were judged to be, and unable to be anything else."""

from __future__ import annotations

from flask import Response
from werkzeug.http import quote_etag

from core.files import StoredFile, open_file
from core.http.conditional import is_known


def picture(stored: StoredFile) -> Response:
    """A stored picture for an ``<img>``. Opened by itself it runs and loads nothing; whoever keeps it asks again before
    showing it, as it may have been taken away."""
    if is_known(stored.sha256):
        response = Response(status=304)
    else:
        response = Response(open_file(stored), content_type=stored.media_type)
        response.headers.set("Content-Disposition", "inline", filename=stored.filename)
    response.headers["ETag"] = quote_etag(stored.sha256)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

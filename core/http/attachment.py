"""Stored files on their way out."""

from __future__ import annotations

import io

from flask import Response, send_file

from core.files import StoredFile, open_file


def attachment(stored: StoredFile) -> Response:
    """A stored file as an attachment: what somebody handed in is never shown as a page of this site."""
    content = io.BytesIO(open_file(stored))
    return send_file(content, mimetype=stored.media_type, as_attachment=True, download_name=stored.filename)

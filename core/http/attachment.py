"""Files on their way out: a browser keeps them and shows none as a page of this site."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from flask import Response, send_file

from core.files import CHUNK_BYTES, StoredFile, open_file, open_stream

SENT_WHOLE_BYTES = CHUNK_BYTES


def attachment(stored: StoredFile) -> Response:
    """A stored file as somebody handed it in, or as it was written; a large one is sent part by part."""
    if stored.size_bytes <= SENT_WHOLE_BYTES:
        return download(open_file(stored), media_type=stored.media_type, filename=stored.filename)
    content = open_stream(stored)
    response = send_file(content, mimetype=stored.media_type, as_attachment=True, download_name=stored.filename)
    response.response = _parts(content)
    response.content_length = stored.size_bytes
    return response


def download(content: bytes, *, media_type: str, filename: str) -> Response:
    """A file made for this answer."""
    return send_file(io.BytesIO(content), mimetype=media_type, as_attachment=True, download_name=filename)


def download_written(content: BinaryIO, *, media_type: str, filename: str) -> Response:
    """A file made for this answer, written to the disk; it is closed once it is sent."""
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    response = send_file(content, mimetype=media_type, as_attachment=True, download_name=filename)
    response.response = _parts(content)
    response.content_length = size
    return response


def _parts(content: BinaryIO) -> Iterator[bytes]:
    """The file to its end, closed then even where nobody closes the answer."""
    with content:
        while part := content.read(CHUNK_BYTES):
            yield part

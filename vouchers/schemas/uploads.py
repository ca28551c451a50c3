"""Files of multipart requests, as services take them."""

from __future__ import annotations

from typing import BinaryIO, cast

from werkzeug.datastructures import FileStorage

from vouchers.service.claims import Upload


def upload_of(file: FileStorage) -> Upload:
    """A file as it came in."""
    return Upload(cast(BinaryIO, file.stream), file.filename or "")


def upload_or_none(file: FileStorage | None) -> Upload | None:
    """A file that may be left out."""
    return None if file is None else upload_of(file)

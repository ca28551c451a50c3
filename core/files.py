"""Files by content: each is stored once under its SHA-256, and read back only if it still matches."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import obstore
from flask import current_app
from obstore.store import LocalStore
from sqlalchemy import BigInteger, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, require_transaction, session
from core.errors import Conflict, NotFound, Refused, TooLarge, WrongMediaType
from core.types import UTC, identity_key

CHUNK = 1024 * 1024

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
OFD = "application/ofd"
XML = "application/xml"
CSV = "text/csv"
TEXT = "text/plain"

DOCUMENT_TYPES = frozenset({PDF, PNG, JPEG, OFD, XML})
"""What a material, a contract or a stamped summary may be."""

TABLE_TYPES = frozenset({CSV, TEXT, XLSX, XLS})
"""What an import or a bank file may be."""


class FileTooLarge(TooLarge):
    """The file is over the limit."""

    code = "file_too_large"


class FileTypeRefused(WrongMediaType):
    """The content of the file is of a type that is not taken here, whatever its name says."""

    code = "file_type_refused"


class FileEmpty(Refused):
    """The file has no content."""

    code = "file_empty"


class FileAltered(Conflict):
    """A stored file no longer matches its recorded SHA-256."""

    code = "file_altered"


class FileLost(Conflict):
    """A stored file is no longer there."""

    code = "file_lost"


class FileUnknown(NotFound):
    """There is no such file for this actor."""

    code = "not_found"


class StoredFile(Model):
    """A file that was taken in or written out: its checksum, size and type, and whose it is."""

    __tablename__ = "stored_file"

    id: Mapped[int] = identity_key()
    sha256: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTC)


def store_file(
    stream: BinaryIO,
    *,
    filename: str,
    owner_id: int | None,
    now: datetime,
    known: frozenset[str] = DOCUMENT_TYPES,
    limit_bytes: int | None = None,
) -> StoredFile:
    """Take in a file of one of the ``known`` media types; its content decides the type, not its name.

    ``limit_bytes`` defaults to the configured limit; no more than one byte over it is ever read. The content is
    durable before the row is written, so a row never names a missing file. Raises FileTooLarge, FileEmpty and
    FileTypeRefused. Needs a transaction.
    """
    current = require_transaction()
    limit = upload_limit() if limit_bytes is None else limit_bytes
    name = safe_name(filename)
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise FileTooLarge(filename=name, limit=limit)
    if not content:
        raise FileEmpty(filename=name)
    media_type = sniff(content, name)
    if media_type not in known:
        raise FileTypeRefused(filename=name, found=media_type, known=", ".join(sorted(known)))
    sha256 = hashlib.sha256(content).hexdigest()
    _put(sha256, content)
    stored = StoredFile(
        sha256=sha256,
        size_bytes=len(content),
        media_type=media_type,
        filename=name,
        owner_id=owner_id,
        created_at=now,
    )
    current.add(stored)
    current.flush()
    return stored


def store_content(content: bytes, *, filename: str, media_type: str, owner_id: int | None, now: datetime) -> StoredFile:
    """Keep a file that this service wrote itself, such as a batch's export."""
    return store_file(
        io.BytesIO(content),
        filename=filename,
        owner_id=owner_id,
        now=now,
        known=frozenset({media_type}),
        limit_bytes=len(content),
    )


def upload_limit() -> int:
    """How many bytes an upload may have, as configured."""
    return int(current_app.config["FILE_LIMIT_BYTES"])


def stored_file(file_id: int) -> StoredFile:
    """The row of a file; raises :class:`FileUnknown`."""
    found = session().scalars(select(StoredFile).where(StoredFile.id == file_id)).one_or_none()
    if found is None:
        raise FileUnknown
    return found


def open_file(stored: StoredFile) -> bytes:
    """The content of a stored file; raises :class:`FileAltered` where it no longer matches its checksum and
    :class:`FileLost` where it is gone."""
    try:
        content = bytes(obstore.get(_store(), _path(stored.sha256)).bytes())
    except FileNotFoundError as gone:
        raise FileLost(sha256=stored.sha256) from gone
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise FileAltered(sha256=stored.sha256)
    return content


def altered_files() -> list[dict[str, object]]:
    """Every stored file that is missing or no longer matches (invariant 14), for ``flask verify``."""
    faults: list[dict[str, object]] = []
    for stored in session().scalars(select(StoredFile).order_by(StoredFile.id)):
        try:
            open_file(stored)
        except FileAltered:
            faults.append({"stored_file": stored.id, "sha256": stored.sha256, "fault": "altered"})
        except FileLost:
            faults.append({"stored_file": stored.id, "sha256": stored.sha256, "fault": "missing"})
    return faults


def safe_name(filename: str) -> str:
    """The last part of a name without control characters, at most 200 characters."""
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(c for c in last if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF).strip(" .")
    return clean[-200:] or "file"


def sniff(content: bytes, filename: str) -> str:
    """The media type by content; the name only tells apart what looks alike (XLSX and OFD are both ZIP)."""
    ending = filename.rsplit(".", 1)[-1].lower()
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"PK\x03\x04"):
        return OFD if ending == "ofd" else XLSX if ending in ("xlsx", "xls") else "application/zip"
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return XLS
    if b"\x00" in content[:4096]:
        return "application/octet-stream"
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return XML
    return CSV if ending == "csv" else TEXT


def _put(sha256: str, content: bytes) -> None:
    """Write the content unless it is there; obstore writes aside and renames, so no reader sees half a file.

    It leaves what it wrote to the system's cache, so the file and its folder are brought to the disk here.
    """
    path = _path(sha256)
    try:
        if bytes(obstore.get(_store(), path).bytes()) == content:
            return
    except FileNotFoundError:
        pass  # not stored yet: this is the first of its content
    obstore.put(_store(), path, content)
    written = _folder() / path
    for place in (written, written.parent, written.parent.parent):
        _to_disk(place)


def _to_disk(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _store() -> LocalStore:
    return LocalStore(prefix=_folder(), mkdir=True)


def _folder() -> Path:
    return Path(cast(str, current_app.config["FILES_DIR"]))

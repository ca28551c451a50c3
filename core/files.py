"""Files by content: each is stored once under its SHA-256, and read back only if it still matches.

What strangers hand in is judged from its name, its first bytes and its ends before it is read whole.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from flask import current_app
from sqlalchemy import BigInteger, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from core import file_store
from core.db import Model, require_transaction, session
from core.errors import Conflict, NotFound, Reason, Refused, TooLarge, WrongMediaType, refuse_all
from core.failpoints import failpoint
from core.types import UTC, identity_key
from core.uploads.archives import ArchiveLimits, ArchiveRefused, check_archive, check_directory
from core.uploads.names import ending_faults, name_faults
from core.uploads.shapes import has_markup, jpeg_faults, pdf_faults, png_faults
from core.uploads.xml import XmlLimits, XmlRefused, check_xml

HEAD_BYTES = 4096
"""As much as it takes to know what a file is."""
CHUNK_BYTES = 1 << 20

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
OFD = "application/ofd"
XML = "application/xml"
CSV = "text/csv"
TEXT = "text/plain"
ZIP = "application/zip"
GIF = "image/gif"
HTML = "text/html"
BINARY = "application/octet-stream"

DOCUMENT_TYPES = frozenset({PDF, PNG, JPEG, OFD, XML})
"""What a material, a contract or a stamped summary may be."""

TABLE_TYPES = frozenset({CSV, TEXT, XLSX, XLS})
"""What an import or a bank file may be."""

ENDINGS: dict[str, frozenset[str]] = {
    PDF: frozenset({"pdf"}),
    PNG: frozenset({"png"}),
    JPEG: frozenset({"jpg", "jpeg"}),
    OFD: frozenset({"ofd"}),
    XML: frozenset({"xml"}),
    XLSX: frozenset({"xlsx", "xls"}),
    XLS: frozenset({"xls", "xlsx"}),
    CSV: frozenset({"csv"}),
    TEXT: frozenset({"txt", "csv", "xls"}),
}
"""How files of a type are named; offices name workbooks of one kind, and tables of text, like those of the other."""

OFD_LIMITS = ArchiveLimits(total_bytes=64 << 20)


class FileTooLarge(TooLarge):
    """The file is over the limit."""

    code = "file_too_large"


class FileTypeRefused(WrongMediaType):
    """The content of the file is of a type that is not taken here, whatever its name says."""

    code = "file_type_refused"


class FileEmpty(Refused):
    """The file has no content."""

    code = "file_empty"


class FileNameRefused(Refused):
    """The name of the file hides something; every fault is named."""

    code = "file_name_refused"


class FileHostile(Refused):
    """The file is more than one thing, or hides something behind its end."""

    code = "file_hostile"


UPLOAD_PROBLEMS = (
    FileTooLarge,
    FileTypeRefused,
    FileEmpty,
    FileNameRefused,
    FileHostile,
    ArchiveRefused,
    XmlRefused,
)
"""Everything that an uploaded file may be refused for."""


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
    __table_args__ = (Index("ix_stored_file_sha256", "sha256"),)

    id: Mapped[int] = identity_key()
    sha256: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTC)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was judged and read. ``name`` is fit to be kept."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The checksum it is kept under."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class LargeUpload:
    """A file that was judged and stays where it came in, to be read as a stream. ``name`` is fit to be kept."""

    name: str
    media_type: str
    stream: BinaryIO
    sha256: str


def judge_upload(
    stream: BinaryIO, *, filename: str, known: frozenset[str], limit_bytes: int, xml_limits: XmlLimits | None = None
) -> LargeUpload:
    """The same as :func:`read_upload` for a file that one can go back in and that is too large to be held in memory."""
    name = _fit_name(filename)
    media_type = _sized_and_judged(stream, name, known, limit_bytes, xml_limits)
    digest = hashlib.file_digest(cast(io.BytesIO, stream), "sha256").hexdigest()
    stream.seek(0)
    return LargeUpload(name, media_type, stream, digest)


def read_upload(
    stream: BinaryIO,
    *,
    filename: str,
    known: frozenset[str] = DOCUMENT_TYPES,
    limit_bytes: int | None = None,
    xml_limits: XmlLimits | None = None,
) -> Upload:
    """Judge a file of one of the ``known`` media types and read it; its content decides the type, not its name.

    The name is judged first, then size, first bytes and ends, then what the type asks for; only what passed all that is
    read whole. ``limit_bytes`` defaults to the configured limit; no more than one byte over it is ever read, and an XML
    may hold as much as ``xml_limits`` say. Raises
    :class:`FileNameRefused`, :class:`FileTooLarge`, :class:`FileEmpty`, :class:`FileTypeRefused`,
    :class:`FileHostile`, :class:`core.uploads.archives.ArchiveRefused` and :class:`core.uploads.xml.XmlRefused`.
    """
    name = _fit_name(filename)
    limit = upload_limit() if limit_bytes is None else limit_bytes
    if not stream.seekable():
        stream = io.BytesIO(stream.read(limit + 1))
    media_type = _sized_and_judged(stream, name, known, limit, xml_limits)
    return Upload(name, media_type, stream.read(limit + 1))


def _fit_name(filename: str) -> str:
    refuse_all(name_faults(filename), error=FileNameRefused)
    return safe_name(filename)


def _sized_and_judged(
    stream: BinaryIO, name: str, known: frozenset[str], limit: int, xml_limits: XmlLimits | None
) -> str:
    """The media type of a file that one can go back in; it stands at its start again."""
    _require_size(stream.seek(0, io.SEEK_END), limit=limit, name=name)
    stream.seek(0)
    return _judged(stream, name, known, xml_limits)


def _require_size(size: int, *, limit: int, name: str) -> None:
    if size > limit:
        raise FileTooLarge(filename=name, limit=limit)
    if size == 0:
        raise FileEmpty(filename=name)


def _judged(stream: BinaryIO, name: str, known: frozenset[str], xml_limits: XmlLimits | None) -> str:
    """The media type, once nothing speaks against the file; the stream stands at its start again."""
    head = stream.read(HEAD_BYTES)
    media_type = sniff(head, name)
    if media_type not in known:
        raise FileTypeRefused(filename=name, found=media_type, known=", ".join(sorted(known)))
    refuse_all(ending_faults(name, media_type, ENDINGS), error=FileNameRefused)
    refuse_all(_faults_of(stream, media_type, xml_limits), error=FileHostile)
    stream.seek(0)
    return media_type


def _faults_of(stream: BinaryIO, media_type: str, xml_limits: XmlLimits | None) -> list[Reason]:
    """What a type asks for. Workbooks are inflated where they are read, with limits of their own."""
    match media_type:
        case "application/pdf":
            return pdf_faults(stream)
        case "image/png":
            return png_faults(stream)
        case "image/jpeg":
            return jpeg_faults(stream)
        case "application/ofd":
            check_archive(stream, OFD_LIMITS)
        case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
            check_directory(stream)
        case "application/xml":
            check_xml(stream, limits=xml_limits)
    return []


def store_file(
    stream: BinaryIO,
    *,
    filename: str,
    owner_id: int | None,
    now: datetime,
    known: frozenset[str] = DOCUMENT_TYPES,
    limit_bytes: int | None = None,
) -> StoredFile:
    """Take in a file of one of the ``known`` media types, as :func:`read_upload` judges it. Needs a transaction."""
    require_transaction()
    upload = read_upload(stream, filename=filename, known=known, limit_bytes=limit_bytes)
    return store_upload(upload, owner_id=owner_id, now=now)


def store_upload(upload: Upload, *, owner_id: int | None, now: datetime) -> StoredFile:
    """Keep a file that was judged. The content is durable before the row is written, so a row never names a missing
    file. Needs a transaction."""
    require_transaction()
    kept = file_store.keep(upload.content)
    return record_file(kept, filename=upload.name, media_type=upload.media_type, owner_id=owner_id, now=now)


def store_large(upload: LargeUpload, *, owner_id: int | None, now: datetime) -> StoredFile:
    """The same for a file that is not held in memory."""
    require_transaction()
    upload.stream.seek(0)
    kept = file_store.keep_written(lambda target: shutil.copyfileobj(upload.stream, target, CHUNK_BYTES))
    return record_file(kept, filename=upload.name, media_type=upload.media_type, owner_id=owner_id, now=now)


def keep_written(write: Callable[[BinaryIO], None]) -> file_store.Kept:
    """Write a file of any size, part by part, before it is recorded; no lock need be held meanwhile."""
    return file_store.keep_written(write)


def record_file(
    kept: file_store.Kept, *, filename: str, media_type: str, owner_id: int | None, now: datetime
) -> StoredFile:
    """The row of a file that is on the disk already. Needs a transaction."""
    current = require_transaction()
    stored = StoredFile(
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        media_type=media_type,
        filename=filename,
        owner_id=owner_id,
        created_at=now,
    )
    current.add(stored)
    current.flush()
    failpoint("core.files.named")
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


def upload_limit(setting: str = "FILE_LIMIT_BYTES") -> int:
    """How many bytes an upload may have, as configured."""
    return int(current_app.config[setting])


def stored_file(file_id: int) -> StoredFile:
    """The row of a file; raises :class:`FileUnknown`."""
    found = session().scalars(select(StoredFile).where(StoredFile.id == file_id)).one_or_none()
    if found is None:
        raise FileUnknown
    return found


def open_file(stored: StoredFile) -> bytes:
    """The content of a stored file, read whole; raises as :func:`open_stream` does."""
    with open_stream(stored) as content:
        return content.read()


def open_stream(stored: StoredFile) -> BinaryIO:
    """A stored file, open at its start, once it was summed.

    Raises :class:`FileAltered` where it no longer matches its checksum and :class:`FileLost` where it is gone.
    """
    content = _opened(stored.sha256)
    if hashlib.file_digest(content, "sha256").hexdigest() != stored.sha256:
        content.close()
        raise FileAltered(sha256=stored.sha256)
    content.seek(0)
    return content


def stored_chunks(sha256: str) -> Iterator[bytes]:
    """The content kept under a checksum, piece by piece and unchecked; raises :class:`FileLost` where it is gone."""
    with _opened(sha256) as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


def keep_content(source: Path, *, sha256: str) -> None:
    """Take in a file whose checksum is known to be right, without reading it whole, unless it is there already."""
    if _holds(sha256):
        return

    def copy(target: BinaryIO) -> None:
        with source.open("rb") as content:
            shutil.copyfileobj(content, target, CHUNK_BYTES)

    kept = file_store.keep_written(copy)
    if kept.sha256 != sha256:
        raise FileAltered(sha256=sha256)


def altered_files() -> list[dict[str, object]]:
    """Every stored file that is missing or no longer matches (invariant 14), for ``flask verify``."""
    faults: list[dict[str, object]] = []
    for stored in session().scalars(select(StoredFile).order_by(StoredFile.id)):
        try:
            open_stream(stored).close()
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
        return OFD if ending == "ofd" else XLSX if ending in ("xlsx", "xls") else ZIP
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return XLS
    if content.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if b"\x00" in content[:HEAD_BYTES]:
        return BINARY
    if has_markup(content):
        return HTML
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml" if ending != "xml" else b"<"):
        return XML
    return CSV if ending == "csv" else TEXT


def _opened(sha256: str) -> io.BufferedReader:
    try:
        return file_store.path_of(sha256).open("rb")
    except FileNotFoundError as gone:
        raise FileLost(sha256=sha256) from gone


def _holds(sha256: str) -> bool:
    try:
        with _opened(sha256) as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == sha256
    except FileLost:
        return False

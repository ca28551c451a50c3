"""Files are kept by content; invariant 14: each matches its recorded SHA-256."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from flask import Flask

from core.db import NoTransaction, session, transaction
from core.errors import NotFound
from core.files import (
    CSV,
    DOCUMENT_TYPES,
    GIF,
    HTML,
    JPEG,
    OFD,
    PDF,
    PNG,
    TABLE_TYPES,
    TEXT,
    XLS,
    XLSX,
    XML,
    FileAltered,
    FileEmpty,
    FileLost,
    FileTooLarge,
    FileTypeRefused,
    StoredFile,
    altered_files,
    keep_written,
    open_file,
    open_stream,
    record_file,
    safe_name,
    sniff,
    store_content,
    store_file,
    stored_file,
)
from core.invariants import file_offences

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
END = b"\n%%EOF\n"
PDF_FILE = b"%PDF-1.7\n" + b"x" * 100 + END


class Endless(io.RawIOBase):
    """An upload that never ends; counts what is read of it."""

    taken = 0

    def read(self, size: int = -1, /) -> bytes:
        assert size >= 0, "read without a limit"
        self.taken += size
        return b"%PDF-".ljust(size, b"x")


def store(content: bytes = PDF_FILE, filename: str = "a.pdf", known: frozenset[str] = DOCUMENT_TYPES) -> StoredFile:
    with transaction():
        return store_file(io.BytesIO(content), filename=filename, owner_id=None, now=NOW, known=known)


def place(app: Flask, stored: StoredFile) -> Path:
    return Path(app.config["FILES_DIR"]) / stored.sha256[:2] / stored.sha256


@pytest.mark.parametrize(
    ("content", "filename", "expected"),
    [
        (b"%PDF-1.4", "a.exe", PDF),
        (b"\x89PNG\r\n\x1a\n", "a.pdf", PNG),
        (b"\xff\xd8\xff\xe0", "a", JPEG),
        (b"PK\x03\x04", "invoice.OFD", OFD),
        (b"PK\x03\x04", "a.xlsx", XLSX),
        (b"PK\x03\x04", "unit.xls", XLSX),
        (b"PK\x03\x04", "a.docx", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", XLS),
        (b"\xef\xbb\xbf <?xml version='1.0'?>", "a.txt", XML),
        ("名称,原值".encode("gb18030"), "a.CSV", CSV),
        ("名称".encode(), "a.txt", TEXT),
        (b"MZ\x00", "a.pdf", "application/octet-stream"),
        ("名称".encode("utf-16"), "a.csv", CSV),
        ("a,b".encode("utf-16"), "a.csv", "application/octet-stream"),
        (b"<html>", "a.xml", HTML),
        (b"<EInvoice/>", "a.xml", XML),
        (b"GIF89a/*", "a.csv", GIF),
    ],
)
def test_the_content_decides_the_type(content: bytes, filename: str, expected: str) -> None:
    """The name only tells apart what looks alike."""
    assert sniff(content, filename) == expected


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("合同.pdf", "合同.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fake\\path\\a.pdf", "a.pdf"),
        ("a\x00b\n\x1b[31m.pdf", "ab[31m.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("\ud800a.pdf", "a.pdf"),
        ("", "file"),
        ("..", "file"),
        ("dir/", "file"),
        ("   ", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_are_a_last_part_without_tricks(given: str, kept: str) -> None:
    """No paths, no control or direction characters, no lone surrogates, never empty."""
    assert safe_name(given) == kept


def test_a_file_is_kept_and_read_back(app: Flask) -> None:
    """With its checksum, size, type and name."""
    stored = store(filename="合同.pdf")
    assert stored.sha256 == hashlib.sha256(PDF_FILE).hexdigest()
    assert (stored.size_bytes, stored.media_type, stored.filename) == (len(PDF_FILE), PDF, "合同.pdf")
    assert open_file(stored_file(stored.id)) == PDF_FILE
    assert altered_files() == []


def test_the_same_content_is_stored_once(app: Flask) -> None:
    """Under two rows with names of their own."""
    first, second = store(), store(filename="b.pdf")
    assert (first.id, first.filename) != (second.id, second.filename)
    assert place(app, first) == place(app, second)
    assert len(list(place(app, first).parent.iterdir())) == 1


def test_a_file_over_the_limit_is_not_read_to_its_end(app: Flask) -> None:
    """One byte over is enough to know."""
    endless = Endless()
    with pytest.raises(FileTooLarge), transaction():
        store_file(endless, filename="a.pdf", owner_id=None, now=NOW, limit_bytes=1000)  # type: ignore[arg-type]
    assert endless.taken == 1001


@pytest.mark.parametrize(("size", "fits"), [(999, True), (1000, True), (1001, False)])
def test_the_limit_includes_itself(app: Flask, size: int, fits: bool) -> None:
    """And names the file and the figure."""
    stream = io.BytesIO(b"%PDF-".ljust(size - len(END), b"x") + END)
    if fits:
        with transaction():
            assert store_file(stream, filename="a.pdf", owner_id=None, now=NOW, limit_bytes=1000).size_bytes == size
        return
    with pytest.raises(FileTooLarge, match=r"a\.pdf.*1000"), transaction():
        store_file(stream, filename="a.pdf", owner_id=None, now=NOW, limit_bytes=1000)


@pytest.mark.parametrize(
    ("content", "filename", "known", "error"),
    [
        (b"", "a.pdf", DOCUMENT_TYPES, FileEmpty),
        (b"MZ\x00\x01", "a.pdf", DOCUMENT_TYPES, FileTypeRefused),
        (b"text", "a.pdf", DOCUMENT_TYPES, FileTypeRefused),
        (PDF_FILE, "a.csv", TABLE_TYPES, FileTypeRefused),
        (b"PK\x03\x04", "a.zip", TABLE_TYPES, FileTypeRefused),
    ],
)
def test_refused_files_leave_nothing(
    app: Flask, content: bytes, filename: str, known: frozenset[str], error: type[Exception]
) -> None:
    """Empty ones, and types that are not taken here."""
    files = Path(app.config["FILES_DIR"])
    before, kept = session().query(StoredFile).count(), set(files.rglob("*"))
    with pytest.raises(error):
        store(content, filename, known)
    assert session().query(StoredFile).count() == before
    assert set(files.rglob("*")) == kept


def test_an_altered_file_is_not_handed_out(app: Flask) -> None:
    """Invariant 14: neither read nor passed over by verify; storing the content again mends it."""
    stored = store()
    place(app, stored).write_bytes(b"%PDF-1.7\nforged")
    with pytest.raises(FileAltered, match=stored.sha256):
        open_file(stored)
    assert altered_files() == [{"stored_file": stored.id, "sha256": stored.sha256, "fault": "altered"}]
    assert [offence.number for offence in file_offences()] == [14]
    store()
    assert open_file(stored) == PDF_FILE


def test_a_missing_file_is_noticed(app: Flask) -> None:
    """Invariant 14."""
    stored = store()
    place(app, stored).unlink()
    with pytest.raises(FileLost, match=stored.sha256):
        open_file(stored)
    assert altered_files() == [{"stored_file": stored.id, "sha256": stored.sha256, "fault": "missing"}]


def test_what_the_service_writes_itself(app: Flask) -> None:
    """Of exactly the type it says."""
    with transaction():
        stored = store_content(b"a,b\n", filename="batch.csv", media_type=CSV, owner_id=3, now=NOW)
    assert (stored.media_type, stored.owner_id) == (CSV, 3)
    with pytest.raises(FileTypeRefused), transaction():
        store_content(b"a,b\n", filename="batch.xlsx", media_type=XLSX, owner_id=3, now=NOW)


def test_the_content_is_on_the_disk_before_the_row(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file before it gets its name, then its folder and the folder above are brought there."""
    synced: list[Path] = []
    real = os.fsync

    def counted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    stored = store(b"%PDF-1.7 synced" + END)
    written = place(app, stored)
    aside = written.parent.parent / ".writing"
    assert [synced[0].parent, *synced[1:]] == [aside, written.parent, written.parent.parent]
    assert list(aside.iterdir()) == []


def test_a_large_file_is_written_part_by_part_and_read_in_parts(app: Flask) -> None:
    """Its checksum and size are known at its end; only then is it recorded."""
    parts = [bytes([number]) * 100_000 for number in range(30)]
    kept = keep_written(lambda target: target.writelines(parts))
    with transaction():
        stored = record_file(kept, filename="batch.xml", media_type=XML, owner_id=3, now=NOW)

    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(b"".join(parts)).hexdigest(), 3_000_000)
    with open_stream(stored) as content:
        assert content.read(200_001) == parts[0] + parts[1] + b"\x02"


def test_what_was_not_written_to_its_end_is_not_kept(app: Flask) -> None:
    """Neither where writing fails nor where its process is killed: what that left goes with the next file."""
    files = Path(app.config["FILES_DIR"])

    def fails(target: BinaryIO) -> None:
        target.write(b"half of it")
        raise OSError(errno.ENOSPC, "no space left")

    keep_written(lambda target: cast(None, target.write(b"whole")))
    before = set(files.rglob("*"))
    with pytest.raises(OSError, match="no space left"):
        keep_written(fails)
    assert set(files.rglob("*")) == before

    killed = os.fork()
    if not killed:
        keep_written(lambda target: os.kill(os.getpid(), signal.SIGKILL))
    os.waitpid(killed, 0)
    assert len(set(files.rglob("*")) - before) == 1
    keep_written(lambda target: cast(None, target.write(b"whole")))
    assert set(files.rglob("*")) == before


def test_files_need_a_transaction_and_a_row(app: Flask) -> None:
    """A number without a row is not found."""
    with pytest.raises(NoTransaction):
        store_file(io.BytesIO(PDF_FILE), filename="a.pdf", owner_id=None, now=NOW)
    with pytest.raises(NotFound):
        stored_file(10**9)

"""Files that nobody means well with, and streams that tell how much of them was read."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

MB = 1 << 20
HUNDRED_MB = 100 * MB
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 100 + b"\xff\xd9"
PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>'
SCRIPT = b"<html><script>alert(1)</script></html>"


class Counted(io.BytesIO):
    """A stream that counts the bytes read from it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        given = super().read(size)
        self.taken += len(given)
        return given


class Endless(io.RawIOBase):
    """A body of one repeated byte behind a start; ``size`` bytes long, never held in memory."""

    def __init__(self, start: bytes, *, size: int, seekable: bool = True) -> None:
        self.start = start
        self.size = size
        self.at = 0
        self.taken = 0
        self._seekable = seekable

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._seekable

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def read(self, size: int = -1, /) -> bytes:
        wanted = self.size - self.at if size < 0 else min(size, self.size - self.at)
        given = self.start[self.at : self.at + wanted]
        given += b"x" * (wanted - len(given))
        self.at += len(given)
        self.taken += len(given)
        return given

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        given = self.read(len(buffer))
        buffer[: len(given)] = given
        return len(given)


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    """Fail where Python's peak of memory in between rises by more than ``limit`` bytes."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit, f"{peak:,} bytes"


def archive(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """A ZIP of some entries."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as made:
        for name, data in entries:
            # The day of an entry is a fixed one: the bytes stand in the names of tests, which all workers must share.
            made.writestr(zipfile.ZipInfo(name), data, compress_type=compression)
        made.comment = comment
    return content.getvalue()


def ofd(*entries: tuple[str, bytes]) -> bytes:
    """A ZIP that begins as an OFD does."""
    return archive(("OFD.xml", PROLOG + b"<OFD/>"), *entries)


def lying_archive(size: int) -> bytes:
    """Its directory says ten bytes, its entry has ``size``."""
    content = bytearray(ofd(("a.xml", b" " * size)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.rindex(signature) + offset, 10)
    return bytes(content)


def overlapping_archive() -> bytes:
    """Two entries of the directory name the same bytes."""
    content = bytearray(archive(("a.xml", b"a" * 500), ("b.xml", b"b" * 500), compression=zipfile.ZIP_STORED))
    second = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, second + 42, 0)
    return bytes(content)


def linked_archive() -> bytes:
    """An entry that is a link to elsewhere."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    return content.getvalue()


def png(*chunks: bytes) -> bytes:
    """A PNG of chunks by name, each empty."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", 0) + kind + b"\0\0\0\0" for kind in chunks)


ENTITY_BOMB = (
    PROLOG
    + b"<!DOCTYPE a [<!ENTITY x0 'lol'>"
    + b"".join(b"<!ENTITY x%d '%s'>" % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><a>&x9;</a>"
)
OUTSIDE = PROLOG + b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"
PARAMETER = PROLOG + b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x.dtd'> %x;]><a/>"

HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "entity bomb": ("a.xml", ENTITY_BOMB, "xml_document_type"),
    "outside entity": ("a.xml", OUTSIDE, "xml_document_type"),
    "outside parameter entity": ("a.xml", PARAMETER, "xml_document_type"),
    "document type alone": ("a.xml", PROLOG + b"<!DOCTYPE a><a/>", "xml_document_type"),
    "deep elements": ("a.xml", PROLOG + b"<a>" * 5_000, "xml_too_large"),
    "attributes": ("a.xml", PROLOG + b"<a " + b" ".join(b"x%d='1'" % n for n in range(100)) + b"/>", "xml_too_large"),
    "two documents": ("a.xml", PROLOG + b"<a/><b/>", "xml_broken"),
    "ratio bomb": ("a.ofd", ofd(("a.xml", b" " * (8 * MB))), "archive_ratio"),
    "many entries": ("a.ofd", ofd(*((f"{n}.xml", b"") for n in range(1_001))), "archive_entries"),
    "nested archive": ("a.ofd", ofd(("inner.zip", archive(("a", b"a")))), "archive_nested"),
    "nested archive in disguise": ("a.ofd", ofd(("inner.xml", archive(("a", b"a")))), "archive_nested"),
    "lying directory": ("a.ofd", lying_archive(2_000_000), "archive_broken"),
    "overlapping entries": ("a.ofd", overlapping_archive(), "archive_broken"),
    "entry that climbs": ("a.ofd", ofd(("../../etc/cron.d/x", b"x")), "archive_path"),
    "entry from the root": ("a.ofd", ofd(("/etc/passwd", b"x")), "archive_path"),
    "entry of a drive": ("a.ofd", ofd(("C:\\x.exe", b"x")), "archive_path"),
    "entry with a line break": ("a.ofd", ofd(("a\nb", b"x")), "archive_path"),
    "entry that is a link": ("a.ofd", linked_archive(), "archive_path"),
    "archive with a comment": ("a.ofd", archive(("OFD.xml", b"<OFD/>"), comment=SCRIPT), "archive_not_alone"),
    "something behind the archive": ("a.ofd", ofd() + SCRIPT, "archive_not_alone"),
    "two archives": ("a.ofd", ofd() + ofd(), "archive_not_alone"),
    "PDF and ZIP": ("a.pdf", PDF + archive(("a", b"a")), "file_is_also_archive"),
    "ZIP in whose comment a PDF ends": (
        "a.pdf",
        PDF + archive(("a", b"a"), comment=b"%%EOF\n"),
        "file_is_also_archive",
    ),
    "PDF and HTML": ("a.pdf", b"%PDF-1.7\n" + SCRIPT + b"\n%%EOF\n", "file_is_also_markup"),
    "PDF, then HTML": ("a.pdf", PDF + SCRIPT, "file_behind_end"),
    "PDF without end": ("a.pdf", b"%PDF-1.7\n" + b"x" * 70_000, "file_without_end"),
    "PDF that never ends, with markup": ("a.pdf", b"%PDF-1.7\n" + b"x" * 2_000 + SCRIPT, "file_without_end"),
    "PDF, then another file": ("a.pdf", PDF + b"x" * 2_000, "file_behind_end"),
    "PNG, then script": ("a.png", png(b"IHDR", b"IEND") + SCRIPT, "file_behind_end"),
    "PNG without end": ("a.png", png(b"IHDR", b"IDAT") + b"x" * 70_000, "file_without_end"),
    "JPEG, then script": ("a.jpg", JPEG + SCRIPT, "file_behind_end"),
    "JPEG and ZIP": ("a.jpg", JPEG + archive(("a", b"a"), comment=b"\xff\xd9"), "file_is_also_archive"),
    "path in the name": ("../../a.pdf", PDF, "file_name_path"),
    "path of a drive": ("C:\\a.pdf", PDF, "file_name_path"),
    "zero byte in the name": ("a.exe\x00.pdf", PDF, "file_name_hidden"),
    "direction character in the name": ("a\u202efdp.xml", PDF, "file_name_hidden"),
    "program behind a document": ("a.pdf.exe", PDF, "file_name_runs"),
    "document behind a page": ("a.html.pdf", PDF, "file_name_runs"),
    "another type's ending": ("a.png", PDF, "file_name_contradicts"),
}
"""Name, content and the reason it is refused for, by what it is."""

OTHER_TYPES: dict[str, tuple[str, bytes]] = {
    "GIF and script": ("a.pdf", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)"),
    "page": ("a.xml", PROLOG + SCRIPT),
    "drawing with a script": ("a.xml", PROLOG + b"<svg onload='x'/>"),
    "program": ("a.pdf", b"MZ\x90\x00" + b"\0" * 100),
    "ZIP": ("a.pdf", archive(("a", b"a"))),
    "XML in two-byte characters": ("a.xml", ENTITY_BOMB.decode().encode("utf-16")),
}
"""What is of no type that is taken as a document."""

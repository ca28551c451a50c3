"""A spreadsheet is a ZIP written by somebody else: what it would become is measured before anything opens it."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import Reason, Refused, reason

CHUNK_BYTES = 1 << 16
CELL_REFERENCE = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
LONGEST_CELL_TAG = 512
"""Bytes kept between chunks so that a tag split by a chunk border is still seen."""


class ArchiveRefused(Refused):
    """The spreadsheet would unpack into more than the service takes."""

    code = "import_archive_refused"


@dataclass(frozen=True)
class ArchiveLimits:
    """What a spreadsheet may unpack to. Engineering limits, no policy: a real list of 100,000 rows stays far below."""

    entries: int = 1_000
    ratio: int = 100
    ratio_floor_bytes: int = 1 << 20
    total_bytes: int = 300 << 20
    cells: int = 25_000_000


def check_archive(stream: BinaryIO, limits: ArchiveLimits) -> None:
    """Raise :class:`ArchiveRefused` with every fault; the directory is judged first, then the real inflated bytes.

    The directory can lie, so each entry is also inflated into nothing, only as far as the limits reach. The furthest
    cell reference counts as well: one cell in the last corner of a sheet makes a reader allocate the whole sheet.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            faults = _directory_faults(archive, limits)
            if not faults:
                faults = _content_faults(archive, stream, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as broken:
        raise ArchiveRefused(reasons=[reason("import_archive_broken")]) from broken
    finally:
        stream.seek(0)
    if faults:
        raise ArchiveRefused(reasons=faults)


def _directory_faults(archive: zipfile.ZipFile, limits: ArchiveLimits) -> list[Reason]:
    entries = archive.infolist()
    faults: list[Reason] = []
    if len(entries) > limits.entries:
        faults.append(reason("import_archive_entries", found=len(entries), limit=limits.entries))
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        faults.append(reason("import_archive_total", found=total, limit=limits.total_bytes))
    faults += [
        reason("import_archive_ratio", name=entry.filename, limit=limits.ratio)
        for entry in entries
        if entry.file_size > limits.ratio_floor_bytes and entry.file_size > limits.ratio * max(entry.compress_size, 1)
    ]
    if len({entry.filename for entry in entries}) < len(entries):
        faults.append(reason("import_archive_broken"))
    if any(entry.flag_bits & 0x1 for entry in entries):
        faults.append(reason("import_archive_encrypted"))
    return faults


def _content_faults(archive: zipfile.ZipFile, stream: BinaryIO, limits: ArchiveLimits) -> list[Reason]:
    total = 0
    for entry in archive.infolist():
        is_sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
        extent = _Extent()
        size = 0
        for chunk in _inflated(entry, stream):
            size += len(chunk)
            total += len(chunk)
            if size > entry.file_size:
                return [reason("import_archive_broken")]
            if total > limits.total_bytes:
                return [reason("import_archive_total", found=total, limit=limits.total_bytes)]
            if is_sheet:
                extent.see(chunk)
        if extent.cells > limits.cells:
            return [reason("import_archive_cells", found=extent.cells, limit=limits.cells)]
    return []


def _inflated(entry: zipfile.ZipInfo, stream: BinaryIO):  # type: ignore[no-untyped-def]
    """The entry's bytes as its local header points to them, whatever size the directory claims."""
    stream.seek(entry.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("local header")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    stream.seek(entry.header_offset + 30 + names)
    left = entry.compress_size
    if entry.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (raw := stream.read(min(CHUNK_BYTES, left))):
            left -= len(raw)
            yield raw
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("compression method")
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and not engine.eof and (raw := stream.read(min(CHUNK_BYTES, left))):
        left -= len(raw)
        pending = raw
        while pending:
            yield engine.decompress(pending, CHUNK_BYTES)
            pending = engine.unconsumed_tail


class _Extent:
    """The furthest row and column that a worksheet's cells name."""

    def __init__(self) -> None:
        self.rows = 0
        self.columns = 0
        self._rest = b""

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def see(self, chunk: bytes) -> None:
        window = self._rest + chunk
        for match in CELL_REFERENCE.finditer(window):
            self.rows = max(self.rows, int(match[2]))
            self.columns = max(self.columns, _column_number(match[1]))
        self._rest = window[-LONGEST_CELL_TAG:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number

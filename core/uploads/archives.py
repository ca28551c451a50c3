"""A ZIP written by somebody else: what it would become is measured before anything opens it."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from core.errors import Reason, Refused, reason
from core.uploads.shapes import TAIL_BYTES

CHUNK_BYTES = 1 << 16
CELL_REFERENCE = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
LONGEST_CELL_TAG = 512
"""Bytes kept between chunks so that a tag split by a chunk border is still seen."""
LOCAL_HEADER_BYTES = 30
END_BYTES = 22

_LOCAL, _CENTRAL_END = b"PK\x03\x04", b"PK\x05\x06"
_ARCHIVES = (_LOCAL, b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ")
_ARCHIVE_ENDINGS = (".zip", ".jar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".tar", ".ofd", ".xlsx", ".docx")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


class ArchiveRefused(Refused):
    """The ZIP is broken, hides something, or would unpack into more than the service takes."""

    code = "archive_refused"


@dataclass(frozen=True)
class ArchiveLimits:
    """What a ZIP may unpack to. Engineering limits, no policy: a real list of 100,000 rows stays far below.

    ``directory_bytes`` bounds what is read to know the entries.
    """

    entries: int = 1_000
    ratio: int = 100
    ratio_floor_bytes: int = 1 << 20
    total_bytes: int = 300 << 20
    cells: int = 25_000_000
    directory_bytes: int = 4 << 20


def check_directory(stream: BinaryIO, limits: ArchiveLimits | None = None) -> None:
    """Raise :class:`ArchiveRefused` with every fault that the directory of a ZIP shows; nothing is inflated.

    The file must be the archive and nothing else: nothing before it, behind it, or between its entries and directory.
    """
    _refuse(_faults(stream, limits or ArchiveLimits(), inflates=False))


def check_archive(stream: BinaryIO, limits: ArchiveLimits | None = None) -> None:
    """Raise :class:`ArchiveRefused` with every fault; the directory is judged first, then the real inflated bytes.

    The directory can lie, so each entry is also inflated into nothing, only as far as the limits reach. The furthest
    cell reference counts as well: one cell in the last corner of a sheet makes a reader allocate the whole sheet.
    """
    _refuse(_faults(stream, limits or ArchiveLimits(), inflates=True))


def read_entry(stream: BinaryIO, name: str, *, limit_bytes: int) -> bytes | None:
    """The content of one entry of a checked archive, None where there is none of that name.

    Raises :class:`ArchiveRefused` where it inflates into more than ``limit_bytes``.
    """
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        if name not in archive.namelist():
            return None
        entry = archive.getinfo(name)
        kept = bytearray()
        for chunk in _inflated(entry, stream):
            kept += chunk
            if len(kept) > limit_bytes:
                raise ArchiveRefused(reasons=[reason("archive_total", found=len(kept), limit=limit_bytes)])
        return bytes(kept)


def _refuse(faults: list[Reason]) -> None:
    if faults:
        raise ArchiveRefused(reasons=faults)


def _faults(stream: BinaryIO, limits: ArchiveLimits, *, inflates: bool) -> list[Reason]:
    try:
        oversized = _end_faults(stream, limits)
        if oversized:
            return oversized
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            faults = _directory_faults(archive, limits)
            return _content_faults(archive, stream, limits) if inflates and not faults else faults
    except _BROKEN:
        return [reason("archive_broken")]
    finally:
        stream.seek(0)


def _end_faults(stream: BinaryIO, limits: ArchiveLimits) -> list[Reason]:
    """The archive's last record, before the directory that it names is read."""
    size = stream.seek(0, io.SEEK_END)
    if size < END_BYTES:
        return [reason("archive_broken")]
    stream.seek(size - END_BYTES)
    end = stream.read(END_BYTES)
    # A comment would push the record forward: what stands behind it is hidden from whoever reads only the entries.
    if not end.startswith(_CENTRAL_END) or end[-2:] != b"\x00\x00":
        stream.seek(max(0, size - TAIL_BYTES))
        return [reason("archive_not_alone" if _CENTRAL_END in stream.read(TAIL_BYTES) else "archive_broken")]
    entries, length, start = (int.from_bytes(end[a:b], "little") for a, b in ((10, 12), (12, 16), (16, 20)))
    if entries > limits.entries or length > limits.directory_bytes:
        return [reason("archive_entries", found=entries, limit=limits.entries)]
    stream.seek(0)
    if start + length != size - END_BYTES or (entries and stream.read(len(_LOCAL)) != _LOCAL):
        return [reason("archive_not_alone")]
    return []


def _directory_faults(archive: zipfile.ZipFile, limits: ArchiveLimits) -> list[Reason]:
    entries = archive.infolist()
    faults: list[Reason] = []
    if len(entries) > limits.entries:
        faults.append(reason("archive_entries", found=len(entries), limit=limits.entries))
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        faults.append(reason("archive_total", found=total, limit=limits.total_bytes))
    faults += [
        reason("archive_ratio", name=entry.filename, limit=limits.ratio)
        for entry in entries
        if entry.file_size > limits.ratio_floor_bytes and entry.file_size > limits.ratio * max(entry.compress_size, 1)
    ]
    faults += [reason("archive_path", name=_shown(entry)) for entry in entries if _leads_astray(entry)]
    nested = [entry for entry in entries if entry.filename.lower().endswith(_ARCHIVE_ENDINGS)]
    faults += [reason("archive_nested", name=_shown(entry)) for entry in nested]
    if len({entry.filename for entry in entries}) < len(entries) or _overlap(entries):
        faults.append(reason("archive_broken"))
    if any(entry.flag_bits & 0x1 for entry in entries):
        faults.append(reason("archive_encrypted"))
    return faults


def _leads_astray(entry: zipfile.ZipInfo) -> bool:
    """Whether whoever unpacks it by name would write elsewhere, or through a link."""
    # zipfile cuts names at a zero byte; what the archive really says is kept beside.
    name = entry.orig_filename
    hidden = any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in name)
    leads_out = name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or name[1:2] == ":"
    return hidden or leads_out or stat.S_ISLNK(entry.external_attr >> 16)


def _shown(entry: zipfile.ZipInfo) -> str:
    return "".join(each if each.isprintable() else "?" for each in entry.orig_filename)[:200]


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether two entries share bytes, by which a small file unpacks into much (no ratio shows it)."""
    spans = sorted(
        (each.header_offset, each.header_offset + LOCAL_HEADER_BYTES + each.compress_size) for each in entries
    )
    return any(end > start for (_, end), (start, _) in pairwise(spans))


def _content_faults(archive: zipfile.ZipFile, stream: BinaryIO, limits: ArchiveLimits) -> list[Reason]:
    total = 0
    for entry in archive.infolist():
        is_sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
        extent = _Extent()
        size = 0
        for chunk in _inflated(entry, stream):
            if size == 0 and chunk.startswith(_ARCHIVES):
                return [reason("archive_nested", name=_shown(entry))]
            size += len(chunk)
            total += len(chunk)
            if size > entry.file_size:
                return [reason("archive_broken")]
            if total > limits.total_bytes:
                return [reason("archive_total", found=total, limit=limits.total_bytes)]
            if is_sheet:
                extent.see(chunk)
        if extent.cells > limits.cells:
            return [reason("archive_cells", found=extent.cells, limit=limits.cells)]
    return []


def _inflated(entry: zipfile.ZipInfo, stream: BinaryIO) -> Iterator[bytes]:
    """The entry's bytes as its local header points to them, whatever size the directory claims."""
    stream.seek(entry.header_offset)
    header = stream.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(_LOCAL):
        raise zipfile.BadZipFile("local header")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    stream.seek(entry.header_offset + LOCAL_HEADER_BYTES + names)
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

"""From bytes to records: CSV in whatever encoding it came, XLSX and XLS, each record with the line it began on."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Protocol

from core.errors import Refused, TooLarge, WrongMediaType, reason
from core.late import LateModule
from core.uploads.archives import ArchiveLimits, check_archive

if TYPE_CHECKING:
    import charset_normalizer
    import python_calamine
else:
    charset_normalizer, python_calamine = LateModule("charset_normalizer"), LateModule("python_calamine")

SNIFF_BYTES = 4096
SAMPLE_BYTES = 1 << 20
WHOLE_TO_BROKEN = 3
"""More whole characters to a broken one than this, and a text was UTF-8."""
DELIMITERS = ",\t;，"
"""What may stand between the cells of a CSV, the usual one first."""


class FileKind(StrEnum):
    """The three kinds of file that can hold a list."""

    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"


class FileOverLimit(TooLarge):
    """The file is larger than an import takes."""

    code = "import_file_too_large"


class NotATable(WrongMediaType):
    """The file is no CSV, XLSX or XLS, whatever its name says."""

    code = "import_not_a_table"


class FileUnreadable(Refused):
    """The file is a CSV or a spreadsheet, but broken as a whole."""

    code = "import_file_unreadable"


@dataclass(frozen=True)
class FileLimits:
    """What an import takes. Engineering limits, no policy; the command line may take more than an upload."""

    size_bytes: int = 500 << 20
    archive: ArchiveLimits = field(default_factory=ArchiveLimits)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table. ``line`` is the physical line of the file (CSV) or the row of the sheet, from 1."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)


class TableFile(Protocol):
    """A file of one or more tables; reading a table twice gives the same records."""

    kind: FileKind

    def sheets(self) -> list[str]:
        """Names of the tables in it; a CSV has one, named ''."""

    def records(self, sheet: str) -> Iterator[Record]:
        """Every record of one table, blank ones included; raises :class:`FileUnreadable`."""


def open_table(stream: BinaryIO, *, limits: FileLimits | None = None) -> TableFile:
    """The file behind a seekable stream, told by its first bytes and never by its name.

    Raises :class:`FileOverLimit`, :class:`NotATable`, :class:`FileUnreadable` or
    :class:`~core.uploads.archives.ArchiveRefused`. The stream must stay open while records are read.
    """
    limits = limits or FileLimits()
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > limits.size_bytes:
        raise FileOverLimit(size=size, limit=limits.size_bytes)
    head = stream.read(SNIFF_BYTES)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        check_archive(stream, limits.archive)
        if not _is_workbook(stream):
            raise NotATable(reasons=[reason("import_zip_no_workbook")])
        return SheetFile(stream, FileKind.XLSX)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return SheetFile(stream, FileKind.XLS)
    if not head.strip():
        raise FileUnreadable(reasons=[reason("import_file_empty")])
    if not _looks_like_text(head):
        raise NotATable(reasons=[reason("import_binary")])
    return CsvFile(stream)


def _is_workbook(stream: BinaryIO) -> bool:
    with zipfile.ZipFile(stream) as archive:
        found = "xl/workbook.xml" in archive.namelist()
    stream.seek(0)
    return found


def _looks_like_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return b"\x00" not in head and not head.startswith((b"%PDF", b"\x89PNG", b"\x1f\x8b", b"\xff\xd8\xff"))


class CsvFile:
    """A CSV file. UTF-8 is tried first, then GB18030 (which includes GBK), then the encoding is guessed."""

    kind = FileKind.CSV

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.encoding = detect_encoding(stream)
        self.delimiter = self._detect_delimiter()

    def sheets(self) -> list[str]:
        return [""]

    def records(self, sheet: str) -> Iterator[Record]:
        self.stream.seek(0)
        text = io.TextIOWrapper(self.stream, self.encoding, newline="")
        try:
            yield from self._parse(text)
        finally:
            text.detach()

    def _parse(self, text: io.TextIOWrapper) -> Iterator[Record]:
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                fault = reason("import_csv_broken", line=line, detail=str(broken))
                raise FileUnreadable(reasons=[fault]) from broken
            yield Record(line, tuple(cells))

    def _detect_delimiter(self) -> str:
        self.stream.seek(0)
        head = self.stream.read(SAMPLE_BYTES).decode(self.encoding, errors="ignore").lstrip("\ufeff\r\n")
        first_line = head.splitlines()[0] if head else ""
        return max(DELIMITERS, key=first_line.count)


def detect_encoding(stream: BinaryIO) -> str:
    """The encoding the whole file can be read in; raises :class:`FileUnreadable` where there is none.

    UTF-8 with a few bytes broken would be read as GB18030 too, as characters that nobody wrote: it is refused.
    """
    if _decodes(stream, "utf-8-sig"):
        return "utf-8-sig"
    if _is_broken_utf8(stream):
        raise FileUnreadable(reasons=[reason("import_encoding_broken")])
    if _decodes(stream, "gb18030"):
        return "gb18030"
    stream.seek(0)
    guess = charset_normalizer.from_bytes(stream.read(SAMPLE_BYTES)).best()
    if guess is None or not _decodes(stream, guess.encoding):
        raise FileUnreadable(reasons=[reason("import_encoding_unknown")])
    return guess.encoding


def _is_broken_utf8(stream: BinaryIO) -> bool:
    """Whether all but a few of the characters beyond ASCII are UTF-8; those of other encodings hardly ever are."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    whole = broken = 0
    while chunk := stream.read(SAMPLE_BYTES):
        decoded = decoder.decode(chunk)
        wrong = decoded.count("\ufffd")
        broken += wrong
        whole += sum(not character.isascii() for character in decoded) - wrong
    broken += decoder.decode(b"", final=True).count("\ufffd")
    return whole > broken * WHOLE_TO_BROKEN


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := stream.read(SAMPLE_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class SheetFile:
    """An XLSX or XLS workbook."""

    def __init__(self, stream: BinaryIO, kind: FileKind) -> None:
        self.kind = kind
        stream.seek(0)
        try:
            self._workbook = python_calamine.CalamineWorkbook.from_filelike(stream)
        except python_calamine.PasswordError as locked:
            raise FileUnreadable(reasons=[reason("archive_encrypted")]) from locked
        except (python_calamine.CalamineError, OSError, ValueError) as broken:
            raise FileUnreadable(reasons=[reason("import_sheet_broken", detail=str(broken))]) from broken

    def sheets(self) -> list[str]:
        return list(self._workbook.sheet_names)

    def records(self, sheet: str) -> Iterator[Record]:
        try:
            rows = self._workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except (python_calamine.CalamineError, OSError, ValueError) as broken:
            raise FileUnreadable(reasons=[reason("import_sheet_broken", detail=str(broken))]) from broken
        for number, row in enumerate(rows, start=1):
            yield Record(number, tuple(cell_text(cell) for cell in row))


def cell_text(cell: object) -> str:
    """A spreadsheet cell as the text a CSV would hold: 12.0 is ``12``, a date is ISO."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | float):
        shown = format(Decimal(repr(cell)), "f")
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)

"""Files made of a sealed batch: equal content gives equal bytes, whenever and wherever they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from settlement.rules.exports.content import BatchContent, ExportFormat
from settlement.rules.exports.delimited import write_csv
from settlement.rules.exports.pain001 import write_pain001
from settlement.rules.exports.printed import write_pdf
from settlement.rules.exports.treasury import write_treasury
from settlement.rules.exports.workbook import write_xlsx

__all__ = ["FILE_KINDS", "FOR_BANKS", "BatchContent", "ExportFormat", "FileKind"]


@dataclass(frozen=True, slots=True)
class FileKind:
    """How a format is made and named; ``write`` needs no more memory for more payouts."""

    media_type: str
    ending: str
    write: Callable[[BatchContent, BinaryIO], None]


FILE_KINDS: Mapping[ExportFormat, FileKind] = {
    ExportFormat.XLSX: FileKind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", write_xlsx
    ),
    ExportFormat.CSV: FileKind("text/csv", "csv", write_csv),
    ExportFormat.PAIN_001: FileKind("application/xml", "pain.001.xml", write_pain001),
    ExportFormat.TREASURY: FileKind("application/xml", "treasury.xml", write_treasury),
    ExportFormat.PDF: FileKind("application/pdf", "pdf", write_pdf),
}
"""How each format is made."""

FOR_BANKS = frozenset({ExportFormat.CSV, ExportFormat.PAIN_001, ExportFormat.TREASURY})
"""What tells somebody to pay; an order without a payment would be none."""

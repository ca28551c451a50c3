"""Files made of a sealed batch: equal payouts give equal bytes, whenever and wherever they are made."""

from settlement.rules.exports.content import BatchContent, ExportFormat, FileKind, PayoutView, purpose
from settlement.rules.exports.delimited import csv_bytes
from settlement.rules.exports.workbook import ExportTooLarge, xlsx_bytes

__all__ = ["FILE_KINDS", "BatchContent", "ExportFormat", "ExportTooLarge", "FileKind", "PayoutView", "purpose"]

FILE_KINDS: dict[ExportFormat, FileKind] = {
    ExportFormat.XLSX: FileKind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", xlsx_bytes
    ),
    ExportFormat.CSV: FileKind("text/csv", "csv", csv_bytes),
}
"""How each format is made."""

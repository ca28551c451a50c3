"""What banks answer, read without touching anything: equal bytes give equal answers and equal faults."""

from __future__ import annotations

from datetime import date
from typing import BinaryIO

from settlement.rules.bank_files.answers import (
    Answer,
    BankFileKind,
    Control,
    Fault,
    FaultCode,
    Movement,
    Owned,
    Reading,
    Whole,
)
from settlement.rules.bank_files.documents import DOCUMENT_LIMITS, check_document, kind_of
from settlement.rules.bank_files.statements import read_statement
from settlement.rules.bank_files.status_reports import read_status_report
from settlement.rules.bank_files.tables import read_table

__all__ = [
    "DOCUMENT_LIMITS",
    "Answer",
    "BankFileKind",
    "Control",
    "Fault",
    "FaultCode",
    "Movement",
    "Owned",
    "Reading",
    "Whole",
    "read_bank_file",
]

HEAD_BYTES = 64
_BLANK = b"\xef\xbb\xbf \t\r\n"


def read_bank_file(stream: BinaryIO, *, today: date, currency: str, checked: bool = False) -> Reading:
    """The answers of a bank's file of any kind, told by its content, and every fault of form. The file is read from its
    start, part by part where it is XML; ``checked`` says that an upload judged to be XML has just passed with
    :data:`DOCUMENT_LIMITS`.

    Raises a :class:`core.errors.DomainError` with its reasons for what cannot be opened safely, or not at all.
    """
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head.lstrip(_BLANK).startswith(b"<"):
        return read_table(stream, today=today)
    if not checked:
        check_document(stream)
    kind = kind_of(stream)
    if isinstance(kind, Fault):
        return Reading(BankFileKind.PAIN_002, faults=(kind,))
    if kind is BankFileKind.PAIN_002:
        return read_status_report(stream, today=today, currency=currency)
    return read_statement(stream, kind, today=today, currency=currency)

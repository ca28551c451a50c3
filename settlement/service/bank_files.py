"""Reading what banks send: judged as every upload is, told by its content, refused with every fault at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import BinaryIO

from core.errors import Reason, Refused, reason
from core.files import CSV, TEXT, XLS, XLSX, XML, Upload, read_upload
from core.money import CURRENCY
from core.tables.files import FileOverLimit, FileUnreadable, NotATable
from core.texts import text
from core.uploads.archives import ArchiveRefused
from core.uploads.xml import XmlRefused
from settlement.rules.bank_files import DOCUMENT_LIMITS, Fault, FaultCode, Reading, read_bank_file

ARTICLE = "V17 pay"
BANK_FILES = frozenset({CSV, TEXT, XLSX, XLS, XML})
"""What a bank's answer may be."""

_UNREADABLE = (FileUnreadable, NotATable, FileOverLimit, ArchiveRefused, XmlRefused)


class BankReturnRefused(Refused):
    """The file has faults and was refused as a whole; each is named with its line."""

    code = "bank_return_refused"


def read_bank_upload(stream: BinaryIO, *, filename: str, limit_bytes: int | None = None) -> Upload:
    """A bank's file, judged; a document of many payouts may be larger than one of an invoice.

    ``limit_bytes`` is for files that came by no upload; the configured limit holds for those that did.
    """
    return read_upload(stream, filename=filename, known=BANK_FILES, limit_bytes=limit_bytes, xml_limits=DOCUMENT_LIMITS)


def read_answers(content: bytes, *, today: date) -> Reading:
    """What the file says; raises :class:`BankReturnRefused` for one that cannot be opened at all."""
    try:
        return read_bank_file(content, today=today, currency=CURRENCY)
    except _UNREADABLE as broken:
        reasons = broken.reasons or (Reason(broken.code, ARTICLE, broken.text),)
        raise BankReturnRefused(reasons=reasons, count=len(reasons)) from broken


def refuse_faults(faults: Sequence[Fault]) -> None:
    """Raise :class:`BankReturnRefused` with every fault, if there is any."""
    if faults:
        raise BankReturnRefused(reasons=[_reason(fault) for fault in faults], count=len(faults))


def _reason(fault: Fault) -> Reason:
    reported = fault.code is FaultCode.ALREADY_REPORTED
    value = text(f"term.PayoutOutcome.{fault.value}") if reported else fault.value
    return reason(
        fault.code.value,
        article=ARTICLE,
        field=f"line {fault.row}",
        row=fault.row,
        value=value,
        expected=fault.expected,
    )

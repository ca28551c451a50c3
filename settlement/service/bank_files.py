"""Reading what banks send: judged as every upload is, told by its content, refused with every fault at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from core import clock
from core.errors import Reason, Refused, reason
from core.files import CSV, TEXT, XLS, XLSX, XML, LargeUpload, judge_upload, upload_limit
from core.money import CURRENCY
from core.tables.files import FileOverLimit, FileUnreadable, NotATable
from core.texts import text
from core.uploads.archives import ArchiveRefused
from core.uploads.xml import XmlRefused
from settlement.queries.payers import our_account_numbers
from settlement.rules.bank_files import DOCUMENT_LIMITS, Fault, FaultCode, Reading, read_bank_file

ARTICLE = "V17 pay"
BANK_FILES = frozenset({CSV, TEXT, XLSX, XLS, XML})
"""What a bank's answer may be."""

BANK_FILE_LIMIT = "BANK_FILE_LIMIT_BYTES"
"""The setting that says how large an uploaded one may be: 100,000 answers are far larger than any other document."""

_UNREADABLE = (FileUnreadable, NotATable, FileOverLimit, ArchiveRefused, XmlRefused)


Content = BinaryIO | LargeUpload
"""A file, or one that :func:`judge_bank_upload` judged just now: as XML it need not be checked a second time."""


class BankReturnRefused(Refused):
    """The file has faults and was refused as a whole; each is named with its line."""

    code = "bank_return_refused"


def judge_bank_upload(stream: BinaryIO, *, filename: str, limit_bytes: int | None = None) -> LargeUpload:
    """A bank's file, judged; it stays on the disk, where it came in.

    ``limit_bytes`` is for files that came by no upload; the configured limit holds for those that did.
    """
    limit = upload_limit(BANK_FILE_LIMIT) if limit_bytes is None else limit_bytes
    return judge_upload(stream, filename=filename, known=BANK_FILES, limit_bytes=limit, xml_limits=DOCUMENT_LIMITS)


def read_answers(content: Content, *, now: datetime) -> Reading:
    """What the file says, with a fault for each statement of an account that never paid for us.

    Raises :class:`BankReturnRefused` for a file that cannot be opened at all.
    """
    # Judging checks what it takes for XML; text without a declaration is found to be XML only when it is read.
    checked = isinstance(content, LargeUpload) and content.media_type == XML
    stream = content.stream if isinstance(content, LargeUpload) else content
    try:
        reading = read_bank_file(stream, today=clock.today(now), currency=CURRENCY, checked=checked)
    except _UNREADABLE as broken:
        reasons = broken.reasons or (Reason(broken.code, ARTICLE, broken.text),)
        raise BankReturnRefused(reasons=reasons, count=len(reasons)) from broken
    return replace(reading, faults=(*reading.faults, *_foreign(reading, now=now)))


def _foreign(reading: Reading, *, now: datetime) -> list[Fault]:
    ours = our_account_numbers(now=now) if reading.accounts else set()
    if not ours:
        return []
    strangers = [each for each in reading.accounts if each.account not in ours]
    return [Fault(FaultCode.ACCOUNT_FOREIGN, each.line, each.account) for each in strangers]


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

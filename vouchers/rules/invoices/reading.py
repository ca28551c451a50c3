"""One way in for every file an invoice may come as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import Reason
from core.uploads.xml import parse_xml
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.ofd import read_ofd
from vouchers.rules.invoices.pdf import read_pdf
from vouchers.rules.invoices.xml import read_document

READER_VERSION = "2"
"""Goes up with each change of what is read; every reading keeps the version that made it."""


class InvoiceFormat(StrEnum):
    """What kind of file was read."""

    XML = "xml"
    OFD = "ofd"
    PDF = "pdf"
    PICTURE = "picture"


_FORMATS = {
    "application/xml": InvoiceFormat.XML,
    "application/ofd": InvoiceFormat.OFD,
    "application/pdf": InvoiceFormat.PDF,
}


@dataclass(frozen=True)
class Reading:
    """What was read of a file, and every fault in it. Without ``invoice`` people must read it."""

    format: InvoiceFormat
    invoice: ReadInvoice | None
    faults: tuple[Reason, ...]


def read_invoice(content: bytes, media_type: str) -> Reading:
    """Read a file that was judged already (core.files.read_upload).

    Raises core.uploads.xml.XmlRefused and core.uploads.archives.ArchiveRefused.
    """
    found: ReadInvoice | None = None
    faults: list[Reason] = []
    as_what = _FORMATS.get(media_type, InvoiceFormat.PICTURE)
    match as_what:
        case InvoiceFormat.XML:
            found, faults = read_document(parse_xml(content))
        case InvoiceFormat.OFD:
            found, faults = read_ofd(content)
        case InvoiceFormat.PDF:
            found, faults = read_pdf(content)
        case InvoiceFormat.PICTURE:
            pass  # pictures are read by people
    return Reading(as_what, found, tuple(faults))

"""What an OFD says of itself: the data of its directory (`CustomData`), and the XML of the invoice attached to it."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from dataclasses import fields, replace
from xml.etree.ElementTree import Element

from core.errors import Reason, reason
from core.uploads.archives import check_archive, read_entry
from core.uploads.xml import XmlRefused, parse_xml
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.fields import ARTICLE, MISSING, day_of, fen_of, local_name
from vouchers.rules.invoices.numbers import canonical_number, number_faults
from vouchers.rules.invoices.xml import NEW, OLD, read_document, type_of_number

ENTRY_BYTES = 4 << 20
MAX_ATTACHMENTS = 10
DIRECTORY = "OFD.xml"


def read_ofd(content: bytes) -> tuple[ReadInvoice | None, list[Reason]]:
    """The invoice in a checked OFD, None where it holds none; what its two sources say differently is a fault.

    Raises core.uploads.archives.ArchiveRefused for an archive that is not to be opened.
    """
    stream = io.BytesIO(content)
    check_archive(stream)
    directory = _document(stream, DIRECTORY)
    if directory is None:
        return None, [reason("not_an_invoice", article=ARTICLE, field="file")]
    stated, faults = _stated(directory)
    attached, found = _attached(stream, directory)
    faults += found
    if stated is None or attached is None:
        return attached or stated, faults
    return _merged(attached, stated), [*faults, *_contradictions(attached, stated)]


def _stated(directory: Element) -> tuple[ReadInvoice | None, list[Reason]]:
    said = {
        each.get("Name", ""): "".join(each.itertext()).strip()
        for each in directory.iter()
        if local_name(each) == "CustomData"
    }
    number = said.get("发票号码")
    code = said.get("发票代码") or None
    if not number:
        return None, []
    total_fen = fen_of(said.get("价税合计", ""))
    canonical = canonical_number(number, code=code)
    stated = ReadInvoice(
        number=canonical,
        type=type_of_number(canonical),
        is_credit=total_fen is not None and total_fen < 0,
        issued_on=day_of(said.get("开票日期", "")),
        seller_name=said.get("销售方名称") or None,
        seller_uscc=(said.get("销售方纳税人识别号") or "").upper() or None,
        buyer_name=said.get("购买方名称") or None,
        buyer_uscc=(said.get("购买方纳税人识别号") or "").upper() or None,
        amount_fen=fen_of(said.get("合计金额", "")),
        tax_fen=fen_of(said.get("合计税额", "")),
        amount_incl_tax_fen=total_fen,
    )
    return stated, number_faults(number, field="invoice_number", code=code)


def _attached(stream: io.BytesIO, directory: Element) -> tuple[ReadInvoice | None, list[Reason]]:
    for path in _attachments(stream, directory):
        root = _document(stream, path)
        if root is not None and local_name(root) in (NEW, OLD):
            found, faults = read_document(root)
            # A frame without content points at what is drawn on the page; it says nothing by itself.
            if found is not None and (found != ReadInvoice() or any(each.code != MISSING for each in faults)):
                return found, faults
    return None, []


def _attachments(stream: io.BytesIO, directory: Element) -> Iterator[str]:
    """Paths of attached XML files, as the documents name them one after the other."""
    for document_path in _texts(directory, "DocRoot"):
        path = _below("", document_path)
        document = _document(stream, path)
        if document is None:
            continue
        for list_path in _texts(document, "Attachments"):
            place = _below(path, list_path)
            listed = _document(stream, place)
            if listed is not None:
                for name in _texts(listed, "FileLoc")[:MAX_ATTACHMENTS]:
                    yield _below(place, name)


def _document(stream: io.BytesIO, path: str) -> Element | None:
    content = read_entry(stream, path, limit_bytes=ENTRY_BYTES) if path.lower().endswith(".xml") else None
    if content is None:
        return None
    try:
        return parse_xml(content)
    except XmlRefused:
        # What cannot be read is not the invoice's data; the picture of it can still be read by people.
        return None


def _below(place: str, name: str) -> str:
    """A path as an entry of the archive: from its root where it begins with a slash, else beside ``place``."""
    joined = name if name.startswith("/") else posixpath.join(posixpath.dirname(place), name)
    return posixpath.normpath(joined.strip()).lstrip("/")


def _texts(root: Element, name: str) -> list[str]:
    return [(each.text or "").strip() for each in root.iter() if local_name(each) == name and (each.text or "").strip()]


def _merged(attached: ReadInvoice, stated: ReadInvoice) -> ReadInvoice:
    """The attached data, with what it leaves out from the directory."""
    missing = [field.name for field in fields(ReadInvoice) if getattr(attached, field.name) is None]
    return replace(attached, **{name: getattr(stated, name) for name in missing})


def _contradictions(attached: ReadInvoice, stated: ReadInvoice) -> list[Reason]:
    shown = {"number": "invoice_number", "type": "invoice_type"}
    return [
        reason("invoice_contradicts_itself", article=ARTICLE, field=shown.get(field.name, field.name))
        for field in fields(ReadInvoice)
        if field.name not in ("lines", "remark", "is_credit")
        and getattr(stated, field.name) is not None
        and getattr(attached, field.name) not in (None, getattr(stated, field.name))
    ]

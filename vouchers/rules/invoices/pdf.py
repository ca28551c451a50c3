"""XML that a PDF carries as an attachment, where it lies openly; whatever is built otherwise is read by people."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from core.errors import Reason
from core.uploads.xml import XmlRefused, parse_xml
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.fields import local_name
from vouchers.rules.invoices.xml import NEW, OLD, read_document

MAX_ATTACHED_BYTES = 4 << 20
MAX_ATTACHMENTS = 20
MAX_HEAD_BYTES = 2_000

_EMBEDDED = re.compile(rb"/Type\s*/EmbeddedFile\b")
_STREAM = re.compile(rb"stream\r?\n")
_END = b"endstream"
_OTHER_FILTERS = re.compile(rb"/Filter\s*\[?\s*/(?!FlateDecode)")


def read_pdf(content: bytes) -> tuple[ReadInvoice | None, list[Reason]]:
    """The invoice that a PDF carries, None where none lies openly in it."""
    for attached in _attached(content):
        try:
            root = parse_xml(attached)
        except XmlRefused:
            continue
        if local_name(root) in (NEW, OLD):
            return read_document(root)
    return None, []


def _attached(content: bytes) -> Iterator[bytes]:
    for found, _ in zip(_EMBEDDED.finditer(content), range(MAX_ATTACHMENTS), strict=False):
        begins = _STREAM.search(content, found.end(), found.end() + MAX_HEAD_BYTES)
        if begins is None:
            continue
        ends = content.find(_END, begins.end())
        head = content[max(0, found.start() - MAX_HEAD_BYTES) : begins.start()].rpartition(b" obj")[2]
        if ends < 0 or _OTHER_FILTERS.search(head):
            continue
        raw = content[begins.end() : ends]
        if b"/FlateDecode" not in head:
            yield raw[:MAX_ATTACHED_BYTES].rstrip(b"\r\n")
            continue
        inflated = _inflated(raw)
        if inflated is not None:
            yield inflated


def _inflated(raw: bytes) -> bytes | None:
    """The content of a stream, None where it is broken or longer than an invoice is."""
    engine = zlib.decompressobj()
    try:
        content = engine.decompress(raw, MAX_ATTACHED_BYTES)
    except zlib.error:
        return None
    return None if engine.unconsumed_tail else content

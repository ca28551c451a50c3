"""Where a file ends: what hides behind the end of a picture or a PDF is another file (a polyglot)."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from core.errors import Reason, reason

TAIL_BYTES = 66_000
"""As far back as the end of a ZIP can stand: its record of 22 bytes and a comment of at most 65,535."""
HEAD_BYTES = 1024
"""As far as programs look for a document's type."""
MAX_PNG_CHUNKS = 10_000
TRAILING_BYTES = 1024
"""As far before the end of a file as readers of PDFs look for its end marker."""

_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_BLANK = b"\x00\t\n\x0c\r "
_MARKUP = (b"<script", b"<html", b"<!doctype html", b"<svg", b"<iframe", b"<?php", b"<body")
_PDF_END = b"%%EOF"
_JPEG_END = b"\xff\xd9"


def pdf_faults(stream: BinaryIO) -> list[Reason]:
    """Markup at the start of a PDF, and whatever stands behind its last end marker."""
    tail = _tail(stream)
    _before, marker, rest = tail.rpartition(_PDF_END)
    return [
        *_archive_faults(tail),
        *([reason("file_is_also_markup")] if has_markup(_head(stream)) else []),
        *(_behind_end(rest) if marker else _without_end(tail, size=_size(stream))),
    ]


def jpeg_faults(stream: BinaryIO) -> list[Reason]:
    """Whatever stands behind the end marker of a JPEG."""
    tail = _tail(stream)
    _before, marker, rest = tail.rpartition(_JPEG_END)
    return [*_archive_faults(tail), *(_behind_end(rest) if marker else _without_end(tail, size=_size(stream)))]


def png_faults(stream: BinaryIO) -> list[Reason]:
    """Whether the chunks of a PNG lead from its start to its end; only their heads are read."""
    size = _size(stream)
    at, count = 8, 0
    while at + 12 <= size and count < MAX_PNG_CHUNKS:
        stream.seek(at)
        length, kind = struct.unpack(">I4s", stream.read(8))
        at, count = at + 12 + length, count + 1
        if kind == b"IEND":
            stream.seek(at)
            return _behind_end(stream.read(TRAILING_BYTES + 1))
    return _without_end(_tail(stream), size=size)


def _behind_end(rest: bytes) -> list[Reason]:
    """What stands behind an end marker: programs add a line or two there, another file is more than that."""
    bare = rest.strip(_BLANK)
    return [reason("file_behind_end")] if len(bare) > TRAILING_BYTES or has_markup(bare) else []


def _without_end(tail: bytes, *, size: int) -> list[Reason]:
    """A file that just stops: taken where all of it was looked at and none of it is markup."""
    lowered = tail.lower()
    is_whole = size <= TAIL_BYTES and not any(each in lowered for each in _MARKUP)
    return [] if is_whole else [reason("file_without_end")]


def has_markup(head: bytes) -> bool:
    """Whether something at the start of a file would make a browser read it as a page."""
    lowered = head[:HEAD_BYTES].lower()
    return any(each in lowered for each in _MARKUP)


def _archive_faults(tail: bytes) -> list[Reason]:
    """Whether a program that looks for ZIPs from their end would find one."""
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        if len(tail) - at >= _ZIP_END_BYTES:
            (comment,) = struct.unpack_from("<H", tail, at + _ZIP_END_BYTES - 2)
            if at + _ZIP_END_BYTES + comment >= len(tail):
                return [reason("file_is_also_archive")]
        at = tail.rfind(_ZIP_END, 0, at)
    return []


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(HEAD_BYTES)


def _tail(stream: BinaryIO) -> bytes:
    stream.seek(max(0, _size(stream) - TAIL_BYTES))
    return stream.read(TAIL_BYTES)


def _size(stream: BinaryIO) -> int:
    return stream.seek(0, io.SEEK_END)

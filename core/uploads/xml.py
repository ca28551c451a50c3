"""XML of strangers: no document types, no entities, nothing outside; small, shallow, and read piece by piece."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.errors import Refused, reason

PIECE_BYTES = 1 << 15
DECLARATION_BYTES = 200

_CHINESE = re.compile(rb"""encoding\s*=\s*["'](?:gbk|gb2312|gb18030)["']""", re.IGNORECASE)


class XmlRefused(Refused):
    """The XML cannot be read safely, or not at all."""

    code = "xml_refused"


@dataclass(frozen=True)
class XmlLimits:
    """What an XML document may hold. Engineering limits, no policy: an invoice of 1,000 lines stays far below."""

    size_bytes: int = 8 << 20
    elements: int = 200_000
    depth: int = 40
    attributes: int = 64


def parse_xml(content: bytes, *, limits: XmlLimits | None = None) -> Element:
    """The root of a document; raises :class:`XmlRefused` at the first piece that is not to be had."""
    builder = _Builder(limits or XmlLimits(), keeps=True)
    return _fed((content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)), builder)


def check_xml(stream: BinaryIO, *, limits: XmlLimits | None = None) -> None:
    """Raise :class:`XmlRefused` unless a stream holds one harmless document; nothing of it is kept."""
    stream.seek(0)
    _fed(iter(lambda: stream.read(PIECE_BYTES), b""), _Builder(limits or XmlLimits(), keeps=False))


def _fed(pieces: Iterable[bytes], builder: _Builder) -> Element:
    fed = _counted(pieces, builder.limits.size_bytes)
    first = next(fed, b"")
    chinese = _CHINESE.search(first[:DECLARATION_BYTES]) is not None
    decoder = codecs.getincrementaldecoder("gb18030" if chinese else "utf-8")()
    parser = DefusedXMLParser(
        target=builder,
        encoding="utf-8" if chinese else None,
        forbid_dtd=True,
        forbid_entities=True,
        forbid_external=True,
    )
    try:
        for piece in chain([first], fed):
            # expat knows no encodings of several bytes but Unicode's own.
            parser.feed(decoder.decode(piece).encode() if chinese else piece)
        root: Element = parser.close()
    except DefusedXmlException as hostile:
        raise XmlRefused(reasons=[reason("xml_document_type")]) from hostile
    except (ParseError, ValueError) as broken:
        raise XmlRefused(reasons=[reason("xml_broken", detail=str(broken))]) from broken
    return root


def _counted(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise XmlRefused(reasons=[reason("xml_too_large", limit=limit)])
        yield piece


class _Builder(TreeBuilder):
    """Builds the tree, or only counts it; stops at the first element too many."""

    def __init__(self, limits: XmlLimits, *, keeps: bool) -> None:
        super().__init__()
        self.limits = limits
        self._keeps = keeps
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        limits = self.limits
        if self._depth > limits.depth or self._elements > limits.elements or len(attributes) > limits.attributes:
            raise XmlRefused(reasons=[reason("xml_too_large", limit=limits.elements)])
        return super().start(tag, attributes) if self._keeps or self._depth == 1 else _NOTHING

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag) if self._keeps or self._depth == 0 else _NOTHING

    def data(self, text: str, /) -> None:
        if self._keeps:
            super().data(text)


_NOTHING = Element("nothing")

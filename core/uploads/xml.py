"""XML of strangers: no document types, no entities, nothing outside; small, shallow, and read piece by piece."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.errors import Refused, reason

PIECE_BYTES = 1 << 15
DECLARATION_BYTES = 200
NAMESPACE_END = "}"
"""Told to expat, so that it knows namespaces and refuses prefixes of none."""

_CHINESE = re.compile(rb"""encoding\s*=\s*["'](?:gbk|gb2312|gb18030)["']""", re.IGNORECASE)
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([\w.-]+)""")
_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
_ENCODING_ERRORS = frozenset(
    expat.errors.codes[each]
    for each in (expat.errors.XML_ERROR_UNKNOWN_ENCODING, expat.errors.XML_ERROR_INCORRECT_ENCODING)
)
_RESTS_OF_LETTERS = bytes(range(0x80, 0xC0))


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
    limits = limits or XmlLimits()
    parts = (content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES))
    pieces = _Pieces(parts, limits.size_bytes)
    parser = DefusedXMLParser(
        target=_Builder(limits), encoding=pieces.encoding, forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    with _refused_where_broken(pieces):
        for piece in pieces:
            parser.feed(piece)
        root: Element = parser.close()
    return root


def check_xml(stream: BinaryIO, *, limits: XmlLimits | None = None) -> None:
    """Raise :class:`XmlRefused` unless a stream holds one harmless document; nothing of it is kept.

    expat is asked directly: the parser of defusedxml is Python, and takes three times as long for what is only counted.
    """
    stream.seek(0)
    limits = limits or XmlLimits()
    counter = _Counter(limits)
    pieces = _Pieces(iter(lambda: stream.read(PIECE_BYTES), b""), limits.size_bytes)
    parser = expat.ParserCreate(pieces.encoding, NAMESPACE_END)
    # Entities are declared in document types only, so nothing of them is ever read.
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    with _refused_where_broken(pieces):
        for piece in pieces:
            parser.Parse(piece)
        parser.Parse(b"", True)  # noqa: FBT003 (it takes no names)


def _refuse_document_type(*_declared: object) -> None:
    raise XmlRefused(reasons=[reason("xml_document_type")])


class _Pieces:
    """A document piece by piece as expat reads it, and the encoding it is to be told; stops at the first byte too many.

    ``first`` and ``last`` are pieces as they came.
    """

    def __init__(self, pieces: Iterable[bytes], limit: int) -> None:
        self._pieces = _counted(pieces, limit)
        self.first = self.last = next(self._pieces, b"")
        chinese = _CHINESE.search(self.first[:DECLARATION_BYTES]) is not None
        # expat knows no encodings of several bytes but Unicode's own.
        self._decoder = codecs.getincrementaldecoder("gb18030")() if chinese else None
        self.encoding = "utf-8" if chinese else None

    def __iter__(self) -> Iterator[bytes]:
        for piece in chain([self.first], self._pieces):
            self.last = piece
            yield piece if self._decoder is None else self._decoder.decode(piece).encode()


@contextmanager
def _refused_where_broken(pieces: _Pieces) -> Iterator[None]:
    try:
        yield
    except DefusedXmlException as hostile:
        raise XmlRefused(reasons=[reason("xml_document_type")]) from hostile
    except (ParseError, expat.ExpatError, ValueError, LookupError) as broken:
        if _is_misencoded(broken, pieces):
            raise XmlRefused(reasons=[reason("xml_encoding")]) from broken
        raise XmlRefused(reasons=[reason("xml_broken", detail=str(broken))]) from broken


def _is_misencoded(broken: Exception, pieces: _Pieces) -> bool:
    """Whether it was the encoding that broke a document: one that is not known, or bytes that are no letters of it."""
    if not isinstance(broken, ParseError | expat.ExpatError):
        return True
    declared = _DECLARED.search(pieces.first[:DECLARATION_BYTES])
    if broken.code != _INVALID_TOKEN or (declared is not None and declared[1].lower() != b"utf-8"):
        return broken.code in _ENCODING_ERRORS
    try:
        # A letter may have begun in the piece before, and may end in the next.
        codecs.getincrementaldecoder("utf-8")().decode(pieces.last.lstrip(_RESTS_OF_LETTERS))
    except UnicodeDecodeError:
        return True
    return False


def _counted(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise XmlRefused(reasons=[reason("xml_too_large", limit=limit)])
        yield piece


class _Counter:
    """Counts elements as they begin and end; stops at the first one too many."""

    def __init__(self, limits: XmlLimits) -> None:
        self._limits = limits
        self._depth = 0
        self._elements = 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        limits = self._limits
        if self._depth > limits.depth or self._elements > limits.elements or len(attributes) > limits.attributes:
            raise XmlRefused(reasons=[reason("xml_too_large", limit=limits.elements)])

    def end(self, _tag: str) -> None:
        self._depth -= 1


class _Builder(TreeBuilder):
    """Builds the tree as far as its elements may be counted."""

    def __init__(self, limits: XmlLimits) -> None:
        super().__init__()
        self._counter = _Counter(limits)

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._counter.start(tag, attributes)
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        self._counter.end(tag)
        return super().end(tag)

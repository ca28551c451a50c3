"""Hostile files are refused from their name, first bytes and ends; what is measured is bytes read and memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from core.files import (
    DOCUMENT_TYPES,
    OFD,
    PDF,
    TABLE_TYPES,
    XLSX,
    XML,
    FileNameRefused,
    FileTooLarge,
    FileTypeRefused,
    read_upload,
)
from core.uploads.archives import ArchiveRefused, read_entry
from core.uploads.xml import PIECE_BYTES, XmlLimits, XmlRefused, check_xml, parse_xml
from tests.support import hostile
from tests.support.hostile import HUNDRED_MB, MB, Counted, Endless, memory_below

LIMIT = 20 * MB


def codes(error: DomainError) -> list[str]:
    return [each.code for each in error.reasons]


def read(stream: object, name: str, known: frozenset[str] = DOCUMENT_TYPES) -> bytes:
    return read_upload(cast(BinaryIO, stream), filename=name, known=known, limit_bytes=LIMIT).content


@pytest.mark.parametrize("kind", list(hostile.HOSTILE))
def test_hostile_files_are_refused_by_name(kind: str) -> None:
    """With the reason, and in little memory."""
    name, content, code = hostile.HOSTILE[kind]
    with memory_below(3 * MB), pytest.raises(DomainError) as refused:
        read(Counted(content), name)
    assert code in codes(refused.value)


@pytest.mark.parametrize("kind", list(hostile.OTHER_TYPES))
def test_other_types_are_known_from_their_first_bytes(kind: str) -> None:
    """Nothing behind the head is looked at."""
    name, content = hostile.OTHER_TYPES[kind]
    stream = Counted(content + b"x" * MB)
    with pytest.raises(FileTypeRefused):
        read(stream, name)
    assert stream.taken <= 4096


def test_a_body_over_the_limit_is_not_read_at_all() -> None:
    """100 MB whose size is known; where it is not, one byte over the limit is enough."""
    stream = Endless(hostile.PDF, size=HUNDRED_MB)
    with memory_below(MB), pytest.raises(FileTooLarge):
        read(stream, "a.pdf")
    assert stream.taken == 0
    blind = Endless(hostile.PDF, size=HUNDRED_MB, seekable=False)
    with memory_below(2 * LIMIT + MB), pytest.raises(FileTooLarge):
        read(blind, "a.pdf")
    assert blind.taken == LIMIT + 1


def test_a_bad_name_costs_no_byte() -> None:
    stream = Endless(hostile.PDF, size=MB)
    with pytest.raises(FileNameRefused) as refused:
        read(stream, "../\u202ea.js")
    assert codes(refused.value) == ["file_name_path", "file_name_hidden", "file_name_runs"]
    assert stream.taken == 0


@pytest.mark.parametrize(
    ("name", "start", "most"),
    [
        ("a.xml", hostile.ENTITY_BOMB, 4096 + (1 << 15)),
        ("a.xml", hostile.PROLOG + b"<a><b></c>", 4096 + (1 << 15)),
        ("a.pdf", b"%PDF-1.7\n", 4096 + 66_000 + 1024),
        ("a.jpg", b"\xff\xd8\xff\xe0", 4096 + 66_000),
        ("a.png", hostile.png(b"IHDR"), 4096 + 10_000 * 8),
        ("a.ofd", hostile.ofd(), 4096 + 22 + 66_000),
    ],
)
def test_twenty_megabytes_are_refused_by_their_head_and_tail(name: str, start: bytes, most: int) -> None:
    """Whatever else stands in them."""
    stream = Endless(start, size=LIMIT)
    with memory_below(MB), pytest.raises(DomainError):
        read(stream, name)
    assert stream.taken <= most


def test_a_bomb_is_inflated_only_as_far_as_the_limit() -> None:
    """Its directory tells the truth about each entry, and each stays below the ratio: the sum is too much."""
    entry = bytes(range(256)) * (4 * MB // 256)
    content = hostile.ofd(*((f"{n}.bin", entry[: MB // 2 + n]) for n in range(140)))
    assert len(content) < MB
    with memory_below(4 * MB), pytest.raises(ArchiveRefused) as refused:
        read(io.BytesIO(content), "a.ofd")
    assert codes(refused.value) == ["archive_total"]


def test_an_entry_is_read_up_to_its_bound() -> None:
    content = io.BytesIO(hostile.ofd(("a.xml", b"x" * 1000)))
    assert read_entry(content, "b.xml", limit_bytes=1) is None
    assert read_entry(content, "a.xml", limit_bytes=1000) == b"x" * 1000
    with pytest.raises(ArchiveRefused):
        read_entry(content, "a.xml", limit_bytes=999)


def test_xml_is_counted_while_it_comes() -> None:
    """Elements without end, and text without end."""
    elements = Endless(hostile.PROLOG + b"<a>" + b"<b/>" * 100_000, size=LIMIT)
    with memory_below(4 * MB), pytest.raises(XmlRefused):
        check_xml(cast(BinaryIO, elements), limits=XmlLimits(elements=1_000))
    assert elements.taken <= 2 << 15
    text = Endless(hostile.PROLOG + b"<a>", size=HUNDRED_MB)
    with memory_below(4 * MB), pytest.raises(XmlRefused) as refused:
        check_xml(cast(BinaryIO, text), limits=XmlLimits(size_bytes=MB))
    assert codes(refused.value) == ["xml_too_large"]
    assert text.taken <= MB + (1 << 15)


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0" encoding="UTF-8"?><a>质谱</a>'.encode("gbk"),
        "<a>质谱</a>".encode("gbk"),
        b'<?xml version="1.0" encoding="GB18030"?><a>\xff\xff</a>',
        '<?xml version="1.0" encoding="big5"?><a>質</a>'.encode("big5"),
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    ],
)
def test_xml_in_another_encoding_than_it_says_is_told_so(content: bytes) -> None:
    with pytest.raises(XmlRefused) as refused:
        parse_xml(content)
    assert codes(refused.value) == ["xml_encoding"]
    (told,) = refused.value.reasons
    assert all("GB18030" in said for said in (told.text.zh, told.text.en))


@pytest.mark.parametrize(
    "content",
    [
        "<a>质谱<</a>".encode(),
        ("<a>" + "质" * PIECE_BYTES + "<</a>").encode(),
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe4<</a>',
    ],
)
def test_xml_that_is_broken_otherwise_is_not_told_so(content: bytes) -> None:
    """Also where a letter stands across two pieces, and in an encoding of one byte."""
    with pytest.raises(XmlRefused) as refused:
        parse_xml(content)
    assert codes(refused.value) == ["xml_broken"]


XML_OF_STRANGERS = [
    b"",
    b"<a/>",
    b"<a/> behind",
    b"<a><b></c>",
    b"<a>&nothing;</a>",
    b"<p:a/>",
    b'<a b="1" b="2"/>',
    b"<!DOCTYPE a><a/>",
    b"<a><!DOCTYPE b></a>",
    hostile.ENTITY_BOMB,
    b'<?xml version="1.0" encoding="nonsense"?><a/>',
    b'<?xml version="1.0" encoding="gbk"?><a>\xff\xff</a>',
    '<?xml version="1.0" encoding="gbk"?><a>质谱</a>'.encode("gbk"),
    '<?xml version="1.0" encoding="utf-16"?><a>质谱</a>'.encode("utf-16"),
    b"<a>" * 41 + b"</a>" * 41,
    b"<a " + b" ".join(b'b%d="1"' % no for no in range(65)) + b"/>",
]
NICE = b'<?xml version="1.0"?><a b="c"><d>text &amp; more</d><!-- c --><e f="&lt;"/></a>'


def refused_for(read: Callable[[], object]) -> list[str]:
    """The codes of what was refused; none where it was taken."""
    try:
        read()
    except XmlRefused as refused:
        return codes(refused)
    return []


@pytest.mark.parametrize("content", XML_OF_STRANGERS)
def test_what_is_only_checked_is_refused_as_what_is_parsed(content: bytes) -> None:
    """Two parsers, one of which keeps nothing."""
    assert refused_for(lambda: check_xml(io.BytesIO(content))) == refused_for(lambda: parse_xml(content))


@given(st.integers(0, len(NICE)), st.integers(0, 3), st.text("<>&;!\"'/ab\0[]-?=#", max_size=3))
def test_a_spoilt_document_is_refused_both_ways(at: int, left_out: int, instead: str) -> None:
    content = NICE[:at] + instead.encode() + NICE[at + left_out :]
    assert refused_for(lambda: check_xml(io.BytesIO(content))) == refused_for(lambda: parse_xml(content))


def test_chinese_encodings_are_read() -> None:
    """What tax software of some years ago wrote."""
    root = parse_xml('<?xml version="1.0" encoding="GBK"?><发票 号="一">质谱</发票>'.encode("gbk"))
    assert (root.tag, root.get("号"), root.text) == ("发票", "一", "质谱")


@pytest.mark.parametrize(
    ("name", "content", "known", "found"),
    [
        ("合同.v2.pdf", hostile.PDF, DOCUMENT_TYPES, PDF),
        ("a", hostile.PDF, DOCUMENT_TYPES, PDF),
        ("存根.pdf", b"%PDF-1.4 cut off", DOCUMENT_TYPES, PDF),
        ("扫描.pdf", hostile.PDF + b"% scanned 2026\n", DOCUMENT_TYPES, PDF),
        ("照片.JPG", hostile.JPEG + b"\0\0", DOCUMENT_TYPES, "image/jpeg"),
        ("图.png", hostile.png(b"IHDR", b"IDAT", b"IEND"), DOCUMENT_TYPES, "image/png"),
        ("票.ofd", hostile.ofd(("Doc_0/Document.xml", b"<x/>")), DOCUMENT_TYPES, OFD),
        ("票.xml", b"<EInvoice/>", DOCUMENT_TYPES, XML),
        ("表.xls", "名称,原值\n".encode(), TABLE_TYPES, "text/plain"),
        ("unit.xls", hostile.archive(("xl/workbook.xml", b"<x/>")), TABLE_TYPES, XLSX),
    ],
)
def test_honest_files_pass(name: str, content: bytes, known: frozenset[str], found: str) -> None:
    upload = read_upload(io.BytesIO(content), filename=name, known=known, limit_bytes=LIMIT)
    assert (upload.name, upload.content, upload.media_type) == (name, content, found)

"""ISO 20022 documents, read as a stream: one element at a time, with its line, and nothing of what was read kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO

from lxml import etree

from core.errors import reason
from core.uploads.xml import XmlLimits, XmlRefused, check_xml
from settlement.rules.bank_files.answers import MAX_FACT, BankFileKind, Fault, FaultCode
from settlement.rules.bank_files.figures import day_of_iso, fen_of_decimal

DOCUMENT_LIMITS = XmlLimits(size_bytes=512 << 20, elements=40_000_000)
"""An engineering limit, no policy: a batch of 1,000,000 payouts, answered one by one, stays below."""

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:((?:pain|camt)\.[0-9]{3})\.001\.([0-9]{2})")

KNOWN: dict[BankFileKind, tuple[str, ...]] = {
    BankFileKind.PAIN_002: ("03", "10", "12"),
    BankFileKind.CAMT_053: ("02", "03", "04", "08"),
    BankFileKind.CAMT_054: ("02", "04", "08"),
}
"""The versions of each message that are read."""

Node = Any
"""An element of lxml, which has no types."""

Nodes = Iterator[tuple[str, Node]]

Parts = dict[str, Node]
"""Elements by their paths of local names, such as ``Refs/EndToEndId``."""


def check_document(stream: BinaryIO) -> None:
    """Raise :class:`core.uploads.xml.XmlRefused` for document types, entities, and what is too large or broken."""
    check_xml(stream, limits=DOCUMENT_LIMITS)
    stream.seek(0)


def kind_of(stream: BinaryIO) -> BankFileKind | Fault:
    """The message that the root's namespace names, or the fault that it is none that is read."""
    for _event, root in _events(stream, ("start",)):
        stream.seek(0)
        namespace = etree.QName(root).namespace or ""
        found = _NAMESPACE.fullmatch(namespace)
        if found is not None:
            for kind, versions in KNOWN.items():
                if kind.value == found[1] and found[2] in versions:
                    return kind
        return Fault(FaultCode.MESSAGE_UNKNOWN, root.sourceline or 0, shortened(namespace or root.tag))
    return Fault(FaultCode.EMPTY, 0)


def ended(stream: BinaryIO, names: frozenset[str]) -> Nodes:
    """Each element of these local names as it ends, in the order of the document; its content is gone when the next is
    asked for. Elements of these names within one another come from the innermost outwards."""
    for _event, node in _events(stream, ("end",), tags=tuple(f"{{*}}{name}" for name in sorted(names))):
        yield _local(node), node
        _forget(node)


def parts_of(node: Node, paths: tuple[str, ...]) -> Parts:
    """The first element at each of some paths of local names, all found in one pass over what is below a node: for
    what a file has a million times, where :func:`text_of` would begin anew for each path."""
    namespace, bracket, _name = node.tag.rpartition("}")
    below: dict[Node, _Steps] = {node: _steps(paths, namespace + bracket)}
    found: Parts = {}
    for each in node.iterdescendants():
        steps = below.get(each.getparent())
        if steps is None:
            continue
        step = steps.get(each.tag) or steps.get(_local(each))
        if step is None:
            continue
        path, further = step
        if further:
            below[each] = further
        if path and path not in found:
            found[path] = each
    return found


_Steps = dict[str, tuple[str, "_Steps"]]
"""By names: the path that ends with it, if one does, and the steps that go on below it."""


@lru_cache(maxsize=64)
def _steps(paths: tuple[str, ...], prefix: str) -> _Steps:
    first: _Steps = {}
    for path in paths:
        *above, last = path.split("/")
        steps = first
        for name in above:
            steps = steps.setdefault(name, ("", {}))[1]
        steps[last] = path, steps.get(last, ("", {}))[1]
    return _prefixed(first, prefix)


def _prefixed(steps: _Steps, prefix: str) -> _Steps:
    """Each name also with the namespace it mostly has, which saves taking that off."""
    further = {name: (path, _prefixed(below, prefix)) for name, (path, below) in steps.items()}
    return further | {f"{prefix}{name}": step for name, step in further.items()}


def text_at(parts: Parts, *paths: str) -> str:
    """The first of some paths that has a text; "" where none has."""
    for path in paths:
        found = parts.get(path)
        if found is not None and (text := (found.text or "").strip()):
            return text
    return ""


def text_of(node: Node, path: str) -> str:
    """The text at a path of local names such as ``Refs/EndToEndId``; "" where there is none."""
    found = node.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return (found.text or "").strip() if found is not None else ""


def first_text(node: Node, *paths: str) -> str:
    """The first of some paths that has a text."""
    return next((text for text in (text_of(node, path) for path in paths) if text), "")


def nodes_of(node: Node, path: str) -> list[Node]:
    """All elements at a path of local names."""
    return list(node.iterfind("/".join(f"{{*}}{name}" for name in path.split("/"))))


def line_of(node: Node) -> int:
    """The line an element begins on."""
    return int(node.sourceline or 0)


def amount_of(node: Node, *, currency: str, faults: list[Fault]) -> int | None:
    """The fen of an amount element; a fault where it is no such sum or of another currency."""
    text = (node.text or "").strip()
    fen = fen_of_decimal(text)
    if fen is None:
        faults.append(Fault(FaultCode.AMOUNT_MALFORMED, line_of(node), shortened(text)))
    if node.get("Ccy") != currency:
        faults.append(Fault(FaultCode.CURRENCY_DIFFERS, line_of(node), shortened(node.get("Ccy") or ""), currency))
        return None
    return fen


def day_at(node: Node, path: str) -> date | None:
    """The day of a choice of ``Dt`` and ``DtTm`` below a path, or of the path itself."""
    text = first_text(node, *day_paths(path))
    return day_of_iso(text) if text else None


def day_paths(path: str) -> tuple[str, str, str]:
    """Where the day of such a choice may stand."""
    return f"{path}/Dt", f"{path}/DtTm", path


def shortened(text: str) -> str:
    """A fact as long as it is kept."""
    return text[:MAX_FACT]


def _events(
    stream: BinaryIO, events: tuple[str, ...], tags: tuple[str, ...] | None = None
) -> Iterator[tuple[str, Node]]:
    stream.seek(0)
    try:
        yield from etree.iterparse(
            stream,
            events=events,
            tag=tags,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
            huge_tree=False,
        )
    except etree.XMLSyntaxError as broken:
        # One text of more than 10 MB, which is no harm to the parser that checks, is too much for this one.
        raise XmlRefused(reasons=[reason("xml_broken", detail=str(broken))]) from broken


def _local(node: Node) -> str:
    """The name without its namespace."""
    tag: str = node.tag
    return tag.rpartition("}")[2]


def _forget(node: Node) -> None:
    """The element's content, and those before it, so that memory stays flat however many there are."""
    node.clear(keep_tail=True)
    before = node.getprevious()
    if before is None:
        return
    parent, name = node.getparent(), _local(node)
    while before is not None and _local(before) == name:
        parent.remove(before)
        before = node.getprevious()

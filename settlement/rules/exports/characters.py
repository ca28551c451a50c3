"""Text on its way into XML: nothing that was typed is read as markup, and what XML 1.0 cannot carry becomes a space."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import IO

_TEXTS_AT_ONCE = 512

_NOT_IN_XML = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def carried(text: str) -> str:
    """Text without control characters, line ends and halves of characters; each becomes a space."""
    return _NOT_IN_XML.sub(" ", text)


def escaped(text: str) -> str:
    """Text that may stand in an element or an attribute."""
    return carried(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def needs_no_escape(text: str) -> bool:
    """Whether :func:`escaped` would leave a text as it is; much faster than doing it."""
    return text.isprintable() and "&" not in text and "<" not in text and ">" not in text and '"' not in text


def write_texts(texts: Iterable[str], target: IO[bytes]) -> None:
    """Write texts one after the other in UTF-8, some hundred at a time."""
    remaining = iter(texts)
    while taken := list(islice(remaining, _TEXTS_AT_ONCE)):
        target.write("".join(taken).encode())

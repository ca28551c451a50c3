"""Words for what records name opaquely: where something comes from, such as ``claim:12`` or ``finding:3``."""

from __future__ import annotations

import re

from core.texts import Text, catalogue, text

_NAMED = re.compile(r"([a-z_]+)(?::([0-9][0-9-]{0,31}))?")


def source_text(source: str) -> Text:
    """A source as people say it; what somebody wrote in words, or what has none, stands as it is."""
    named = _NAMED.fullmatch(source)
    key = f"source.{named[1]}" if named else ""
    if named is None or key not in catalogue() or (named[2] is None) == ("{number}" in catalogue()[key].zh):
        return Text(source, source)
    return text(key, number=named[2])

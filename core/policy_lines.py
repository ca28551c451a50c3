"""Where in its files a policy pack says what: the line of each value and of each of its dated entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from core.safe_yaml import SafeLoader

_KEY = re.compile(r"(?P<file>[^.\[]+)\.(?P<name>[^.\[]+)(\[(?P<entry>[^\]]*)\])?(?P<path>.*)")
SINCE = "from"
VALUE = "value"


class PackLines:
    """The lines of a pack's folder; a file that cannot be read as YAML has none."""

    def __init__(self, folder: Path) -> None:
        self._lines = {
            (path.stem, *place): line for path in sorted(folder.glob("*.yaml")) for place, line in _lines_of(path)
        }

    def place_of(self, key: str) -> str | None:
        """``vouchers.yaml:12`` for ``vouchers.staff_min``, for its entry ``…[1]`` or ``…[2025-01-24]``, or for a place
        within one (``….0.rate``); None for what stands nowhere, such as a value that is missing."""
        found = _KEY.match(key)
        if found is None:
            return None
        base = (found["file"], found["name"])
        path = tuple(part for part in found["path"].split(".") if part)
        candidates = [(*base, found["entry"], *path[:depth]) for depth in range(len(path), -1, -1)]
        line = next((self._lines[each] for each in [*candidates, base] if each in self._lines), None)
        return None if line is None else f"{found['file']}.yaml:{line}"


def _lines_of(path: Path) -> Iterator[tuple[tuple[str, ...], int]]:
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return
    for name, named_at, entries in _pairs(root):
        yield (name,), named_at
        for position, entry in enumerate(entries.value if isinstance(entries, yaml.SequenceNode) else (), 1):
            said = {field: node for field, _, node in _pairs(entry)}
            by = [str(position), *([str(said[SINCE].value)] if SINCE in said else [])]
            for each in by:
                yield (name, each), entry.start_mark.line + 1
                if VALUE in said:
                    yield from _within((name, each), said[VALUE])


def _within(place: tuple[str, ...], node: yaml.Node) -> Iterator[tuple[tuple[str, ...], int]]:
    """The lines of what a value is made of, by position and name."""
    if isinstance(node, yaml.SequenceNode):
        children = [(str(at), child.start_mark.line + 1, child) for at, child in enumerate(node.value)]
    else:
        children = list(_pairs(node))
    for name, line, child in children:
        yield (*place, name), line
        yield from _within((*place, name), child)


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, int, yaml.Node]]:
    """The names of a mapping, the line of each, and what it says."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value

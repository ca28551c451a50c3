"""Packs of a test's own: a copy of the province's, changed, and put in force for as long as a test needs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from core import policy


def copied_pack(folder: Path, change: Callable[[dict[str, Any]], None], *, file: str = "vouchers") -> Path:
    """A copy of the province's pack under its own name in a folder, with one file changed."""
    pack = folder / policy.DEFAULT_PACK.name
    shutil.copytree(policy.DEFAULT_PACK, pack)
    path = pack / f"{file}.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return pack


@contextmanager
def in_force(pack: Path) -> Iterator[policy.PolicyPack]:
    """A pack is that of the service inside; afterwards the province's own is again."""
    policy.select(pack)
    try:
        yield policy.current()
    finally:
        policy.select(policy.DEFAULT_PACK)

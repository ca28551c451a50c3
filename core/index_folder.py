"""Where an index beside the database lies: a folder for each time it was built, one of them the present one.

A rebuild fills a folder of its own and then takes the place of the one before by replacing a single file, so that
whoever reads meets the old index or the new one, never half of either. What is here knows nothing of what is indexed.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from flask import current_app

PRESENT = "present"
ABOUT = "about.json"
BROKEN = "broken"
META = "meta.json"
"""What the engine replaces with every commit."""


class IndexBusy(RuntimeError):
    """Another process of this machine is at the same work."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One built index: its folder, the reader of the outbox that keeps it, the layout it was built with."""

    path: Path
    reader: str
    layout: int
    built_at: datetime

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_broken(self) -> bool:
        """Whether somebody who read it found it unreadable."""
        return (self.path / BROKEN).exists()

    @property
    def is_whole(self) -> bool:
        """Whether its folder is there with what the engine begins to read from."""
        return (self.path / META).exists()

    def mark_broken(self) -> None:
        """Tell whoever keeps it that it cannot be read, so that it is built anew."""
        if self.path.is_dir():
            (self.path / BROKEN).touch()


def folder() -> Path:
    """The folder of this machine's index, made where it is missing."""
    found = Path(cast(str, current_app.config["SEARCH_DIR"]))
    found.mkdir(parents=True, exist_ok=True)
    return found


def present() -> Generation | None:
    """The index in force; None where there is none, or what is there cannot be read."""
    root = folder()
    try:
        name = (root / PRESENT).read_text().strip()
        about = json.loads((root / name / ABOUT).read_text())
        return Generation(
            root / name, str(about["reader"]), int(about["layout"]), datetime.fromisoformat(about["built_at"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stamp() -> tuple[int, int] | None:
    """What changes whenever another index comes into force; cheap enough to ask before each search."""
    try:
        seen = (folder() / PRESENT).stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_ino


def begin(*, layout: int, now: datetime) -> Generation:
    """A folder to build in. Its reader is named after this machine and this build, so no other index shares it."""
    name = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    path = folder() / name
    path.mkdir()
    reader = f"catalogue/{current_app.config['SEARCH_READER']}/{name}"
    (path / ABOUT).write_text(json.dumps({"reader": reader, "layout": layout, "built_at": now.isoformat()}))
    return Generation(path, reader, layout, now)


def put_in_force(generation: Generation) -> None:
    """Make a built index the present one, for every process of this machine, at once."""
    root = folder()
    draft = root / f"{PRESENT}.{os.getpid()}"
    draft.write_text(generation.name)
    draft.replace(root / PRESENT)


def others(generation: Generation) -> list[Path]:
    """The folders of earlier builds and of those that broke off."""
    return [each for each in folder().iterdir() if each.is_dir() and each != generation.path]


def remove(path: Path) -> None:
    """Delete a build; whoever still reads it keeps what it has open."""
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def alone(purpose: str, *, wait: bool) -> Iterator[None]:
    """Hold a lock of this machine while in the block, so that one process at a time builds, or keeps, the index.

    Raises :class:`IndexBusy` where it is held by another one and ``wait`` is false.
    """
    with (folder() / f"{purpose}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as held:
            raise IndexBusy(purpose) from held
        yield

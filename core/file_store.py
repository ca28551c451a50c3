"""The folder of files: each is kept once under the SHA-256 of its content, and nobody ever sees half a file."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, BinaryIO, cast

from flask import current_app

from core.failpoints import failpoint

_ASIDE = ".writing"
"""Where files grow before they have a name; what a killed process left there goes with the next file."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is on the disk, whatever becomes of the machine."""

    sha256: str
    size_bytes: int


def keep(content: bytes) -> Kept:
    """Keep what is in memory."""
    return keep_written(lambda target: cast(None, target.write(content)))


def keep_written(write: Callable[[BinaryIO], None]) -> Kept:
    """Keep what ``write`` writes into the file it is given, which it can neither read nor turn back; it is summed on
    the way, so that memory stays flat. Where ``write`` raises, nothing is kept."""
    with _aside() as growing:
        failpoint("core.files.begun")
        summed = _Summed(growing)
        write(cast(BinaryIO, summed))
        growing.flush()
        os.fsync(growing.fileno())
        failpoint("core.files.written")
        kept = Kept(summed.digest.hexdigest(), summed.size_bytes)
        place = path_of(kept.sha256)
        place.parent.mkdir(exist_ok=True)
        Path(growing.name).replace(place)
    for folder in (place.parent, place.parent.parent):
        to_disk(folder)
    failpoint("core.files.durable")
    return kept


def path_of(sha256: str) -> Path:
    """Where the file of a checksum is, or would be."""
    return _folder() / sha256[:2] / sha256


class _Summed(io.RawIOBase):
    """What is written goes on to a file and into its checksum."""

    def __init__(self, target: IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self.size_bytes = 0
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, part: Any, /) -> int:
        self.digest.update(part)
        written = self._target.write(part)
        self.size_bytes += written
        return written


@contextmanager
def _aside() -> Iterator[IO[bytes]]:
    """A locked file that goes away again unless it was given its name."""
    aside = _folder() / _ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    with _alone_in(aside):
        _clear(aside)
        growing = NamedTemporaryFile(dir=aside, delete=False)  # noqa: SIM115 - closed below, once it is locked
        fcntl.flock(growing, fcntl.LOCK_EX)
    with growing:
        try:
            yield growing
        finally:
            Path(growing.name).unlink(missing_ok=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else clears a folder before what was made there is locked."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear(aside: Path) -> None:
    """Take away what processes that are gone left behind: nobody holds its lock."""
    for left in aside.iterdir():
        try:
            with left.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError):
            continue  # it is being written, or was given its name just now
        left.unlink(missing_ok=True)


def to_disk(place: Path) -> None:
    """Have a file or folder survive a power cut."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder() -> Path:
    return Path(cast(str, current_app.config["FILES_DIR"]))

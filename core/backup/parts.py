"""The files of a backup: written so that they last, and looked at before anything is read from them."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from core.backup.errors import BackupError
from core.backup.manifest import Manifest, Part, file_path, read_file_list
from core.texts import text

CHUNK_BYTES = 1 << 20
COMPRESSION = 1
"""Of gzip: rows shrink to a fraction at the speed of a disk; a higher one costs time and gains little."""


class PartsFaulty(BackupError):
    """Parts of the backup are missing, truncated or altered; every one is named."""

    code = "parts_faulty"

    def __init__(self, faults: list[str]) -> None:
        super().__init__(count=len(faults))
        self.faults = faults

    def __str__(self) -> str:
        return "\n  ".join((super().__str__(), *self.faults))


@contextmanager
def written(place: Path) -> Iterator[BinaryIO]:
    """Write a new file of the backup, readable by its owner alone, and bring it to the disk."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # it may be a link into another backup
    place.touch(mode=0o600)
    with place.open("wb") as target:
        yield target
        target.flush()
        os.fsync(target.fileno())


@contextmanager
def packed(place: Path) -> Iterator[BinaryIO]:
    """The same for rows, which are compressed on the way."""
    with (
        written(place) as target,
        gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=target, mtime=0) as rows,
        io.BufferedWriter(cast(io.RawIOBase, rows), CHUNK_BYTES) as buffered,
    ):
        yield cast(BinaryIO, buffered)


def unpacked(place: Path) -> Iterator[bytes]:
    """The rows of a part again, piece by piece."""
    with gzip.open(place) as rows:
        while chunk := rows.read(CHUNK_BYTES):
            yield chunk


def part_of(folder: Path, path: str) -> Part:
    """Size and checksum of what was written."""
    place = folder / path
    return Part(path, place.stat().st_size, digest_of(place))


def digest_of(place: Path) -> str:
    """The SHA-256 of a file."""
    with place.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def require_whole(folder: Path, manifest: Manifest) -> None:
    """Raise :class:`PartsFaulty` unless every part is there and matches its checksum, stored files included."""
    faults = [fault for part in manifest.parts if (fault := _fault(folder, part))]
    if _fault(folder, manifest.file_list) is None:
        lost = set(manifest.lost_files)
        for sha256, size in read_file_list(folder):
            fault = None if sha256 in lost else _fault(folder, Part(file_path(sha256), size, sha256))
            if fault is not None:
                faults.append(fault)
    if faults:
        raise PartsFaulty(faults)


def _fault(folder: Path, part: Part) -> str | None:
    place = folder / part.path
    if not place.is_file():
        return text("backup.part_missing", part=part.path).both()
    size = place.stat().st_size
    if size != part.size_bytes:
        return text("backup.part_size", part=part.path, expected=part.size_bytes, found=size).both()
    if digest_of(place) != part.sha256:
        return text("backup.part_altered", part=part.path).both()
    return None

"""The manifest of a backup: what it holds with counts and checksums, sealed with the key of the audit chain.

It is written last, so a folder without one is no backup. Its seal tells an altered manifest, and a backup of another
service, before anything is restored.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from core.audit_chain import ChainHead
from core.audit_keys import KeyRing, key_mark
from core.backup.errors import BackupError
from core.file_store import to_disk

FORMAT = 1
MANIFEST = "manifest.json"
TABLES = "tables"
FILES = "files"
FILE_LIST = "files.txt"
"""One line for each stored file: its SHA-256 and its size in bytes."""


class ManifestMissing(BackupError):
    """The folder holds no manifest: no backup, or one that was broken off."""

    code = "manifest_missing"


class ManifestUnreadable(BackupError):
    """The manifest is none that this version wrote or can read."""

    code = "manifest_unreadable"


class MadeWithOtherKey(BackupError):
    """The backup was sealed with a key that is neither the present one nor one it replaced."""

    code = "made_with_other_key"


class ManifestAltered(BackupError):
    """The manifest does not match its seal."""

    code = "manifest_altered"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the backup: its path below the folder, its size and its SHA-256."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TablePart:
    """The rows of one table, in the order of ``columns``."""

    name: str
    columns: tuple[str, ...]
    rows: int
    part: Part


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``lost_files`` were missing or altered when it was taken; ``sequences`` are last values."""

    made_at: datetime
    province: str
    revision: str
    server_version: str
    tables: tuple[TablePart, ...]
    sequences: dict[str, int]
    file_count: int
    file_bytes: int
    file_list: Part
    lost_files: tuple[str, ...]
    audit_head: ChainHead | None

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(table.rows for table in self.tables)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part but the stored files themselves, whose names are their checksums."""
        return (*(table.part for table in self.tables), self.file_list)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Raises ValueError, KeyError or TypeError where it is no manifest."""
        return cls(
            made_at=datetime.fromisoformat(found["made_at"]),
            province=str(found["province"]),
            revision=str(found["revision"]),
            server_version=str(found["server_version"]),
            tables=tuple(
                TablePart(str(each["name"]), tuple(each["columns"]), int(each["rows"]), Part(**each["part"]))
                for each in found["tables"]
            ),
            sequences={str(name): int(value) for name, value in found["sequences"].items()},
            file_count=int(found["file_count"]),
            file_bytes=int(found["file_bytes"]),
            file_list=Part(**found["file_list"]),
            lost_files=tuple(found["lost_files"]),
            audit_head=None if found["audit_head"] is None else ChainHead.from_json(found["audit_head"]),
        )


def write_manifest(folder: Path, manifest: Manifest, *, key: bytes) -> None:
    """Seal the manifest and put it in its place at once, when everything it names is on the disk."""
    content = {"format": FORMAT, **json.loads(json.dumps(asdict(manifest), default=datetime.isoformat))}
    content |= {"key_mark": key_mark(key), "seal": _seal(content, key=key)}
    draft = folder / f"{MANIFEST}.new"
    with draft.open("w", encoding="utf-8") as written:
        json.dump(content, written, ensure_ascii=False, indent=1)
        written.flush()
        os.fsync(written.fileno())
    draft.replace(folder / MANIFEST)
    to_disk(folder)


def read_manifest(folder: Path, *, keys: KeyRing | None) -> Manifest:
    """The manifest, checked against its seal; without ``keys`` (they are lost) the seal is not looked at.

    Raises :class:`ManifestMissing`, :class:`ManifestUnreadable`, :class:`MadeWithOtherKey`, :class:`ManifestAltered`.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text("utf-8"))
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        mark, seal = str(content.pop("key_mark")), str(content.pop("seal"))
        manifest = Manifest.from_json(content)
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise ManifestMissing(folder=folder) from missing
    except (ValueError, KeyError, TypeError, AttributeError) as unreadable:
        raise ManifestUnreadable(folder=folder) from unreadable
    if keys is not None:
        key = keys.by_mark.get(mark)
        if key is None:
            raise MadeWithOtherKey
        if not hmac.compare_digest(seal, _seal({"format": FORMAT, **content}, key=key)):
            raise ManifestAltered(folder=folder)
    return manifest


def read_file_list(folder: Path) -> Iterator[tuple[str, int]]:
    """SHA-256 and size in bytes of every stored file of the backup."""
    with (folder / FILE_LIST).open(encoding="ascii") as lines:
        for line in lines:
            sha256, size = line.split()
            yield sha256, int(size)


def file_path(sha256: str) -> str:
    """Where a stored file lies below the folder of the backup."""
    return f"{FILES}/{sha256[:2]}/{sha256}"


def _seal(content: dict[str, Any], *, key: bytes) -> str:
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, b"backup manifest\n" + canonical.encode(), hashlib.sha256).hexdigest()

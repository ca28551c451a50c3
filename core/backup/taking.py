"""Taking a backup while the service goes on: first one snapshot of every table, then the files that snapshot names.

Files are on the disk before a row names them and never change, so none that the snapshot names can be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from core.audit_chain import ChainHead
from core.backup.errors import BackupError
from core.backup.manifest import (
    FILE_LIST,
    FILES,
    MANIFEST,
    TABLES,
    Manifest,
    TablePart,
    file_path,
    read_file_list,
    write_manifest,
)
from core.backup.parts import digest_of, packed, part_of, written
from core.backup.snapshot import columns_of, copy_statement, cursor_of, owner_engine, speak_portably
from core.file_store import to_disk
from core.files import FileLost, stored_chunks
from core.migrate import MIGRATION_LOCK

_REVISION = "SELECT version_num FROM alembic_version"
_SEQUENCES = """
    SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1
"""
_HEAD = """
    SELECT number, encode(digest, 'hex') AS digest, last_id, sealed_at FROM audit_seal ORDER BY number DESC LIMIT 1
"""
_STORED_FILES = "SELECT sha256, max(size_bytes) FROM stored_file GROUP BY sha256 ORDER BY sha256"


class BackupThere(BackupError):
    """The folder holds a complete backup, which is never written over."""

    code = "there_already"


class FolderTaken(BackupError):
    """The folder holds something that is no part of a backup."""

    code = "folder_taken"


class NotMigrated(BackupError):
    """The database has no tables of this service."""

    code = "not_migrated"


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the snapshot itself tells."""

    revision: str
    server_version: str
    tables: tuple[TablePart, ...]
    sequences: dict[str, int]
    audit_head: ChainHead | None


def take_backup(
    folder: Path, *, owner_url: str, province: str, key: bytes, now: datetime, earlier: Path | None = None
) -> Manifest:
    """Write a backup into a new folder, or go on with one that was broken off there: files it holds already are kept.

    Files of an ``earlier`` backup are linked instead of copied. Missing and altered files are named in the manifest.
    Raises :class:`BackupThere`, :class:`FolderTaken` and :class:`NotMigrated`.
    """
    _prepare(folder)
    with _snapshot(owner_url) as connection:
        rows = _take_rows(connection, folder)
    count, size, lost = _take_files(folder, earlier=earlier)
    manifest = Manifest(
        made_at=now,
        province=province,
        revision=rows.revision,
        server_version=rows.server_version,
        tables=rows.tables,
        sequences=rows.sequences,
        file_count=count,
        file_bytes=size,
        file_list=part_of(folder, FILE_LIST),
        lost_files=tuple(lost),
        audit_head=rows.audit_head,
    )
    write_manifest(folder, manifest, key=key)
    return manifest


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = {entry.name for entry in folder.iterdir()}
    if MANIFEST in present:
        raise BackupThere(folder=folder)
    if strange := present - {TABLES, FILES, FILE_LIST, f"{MANIFEST}.new"}:
        raise FolderTaken(folder=folder, found=", ".join(sorted(strange)))


@contextmanager
def _snapshot(owner_url: str) -> Iterator[Connection]:
    """One view of the whole database, which holds nobody up; migrations wait until it is closed."""
    with owner_engine(owner_url) as engine, engine.connect() as guard, engine.connect() as connection:
        guard.execution_options(isolation_level="AUTOCOMMIT")
        guard.execute(text("SELECT pg_advisory_lock_shared(:key)"), {"key": MIGRATION_LOCK})
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            speak_portably(connection)
            yield connection


def _take_rows(connection: Connection, folder: Path) -> _Rows:
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        raise NotMigrated
    tables = tuple(_take_table(connection, folder, name, columns) for name, columns in columns_of(connection).items())
    with written(folder / FILE_LIST) as listed, cursor_of(connection) as cursor:
        for sha256, size in cursor.stream(_STORED_FILES):
            listed.write(f"{sha256} {size}\n".encode())
    to_disk(folder / TABLES)
    head = connection.execute(text(_HEAD)).mappings().one_or_none()
    return _Rows(
        revision=str(connection.scalar(text(_REVISION))),
        server_version=str(connection.scalar(text("SHOW server_version"))),
        tables=tables,
        sequences={row.sequencename: row.last_value for row in connection.execute(text(_SEQUENCES))},
        audit_head=None if head is None else ChainHead(**head),
    )


def _take_table(connection: Connection, folder: Path, name: str, columns: tuple[str, ...]) -> TablePart:
    path = f"{TABLES}/{name}.copy.gz"
    with cursor_of(connection) as cursor:
        with packed(folder / path) as target, cursor.copy(copy_statement(name, columns, "TO STDOUT")) as rows:
            for row in rows:
                target.write(row)
        return TablePart(name, columns, cursor.rowcount, part_of(folder, path))


def _take_files(folder: Path, *, earlier: Path | None) -> tuple[int, int, list[str]]:
    """How many files and bytes are kept, and the checksums of those that are not as they were stored."""
    count, total, lost = 0, 0, []
    for sha256, size in read_file_list(folder):
        if _take_file(folder, sha256, size, earlier=earlier):
            count, total = count + 1, total + size
        else:
            lost.append(sha256)
    for place in (folder / FILES).glob("*") if count else ():
        to_disk(place)
    return count, total, lost


def _take_file(folder: Path, sha256: str, size: int, *, earlier: Path | None) -> bool:
    place = folder / file_path(sha256)
    if place.is_file() and place.stat().st_size == size and digest_of(place) == sha256:
        return True
    before = None if earlier is None else earlier / file_path(sha256)
    if before is not None and before.is_file() and before.stat().st_size == size:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.hardlink_to(before)
        return True
    try:
        with written(place) as target:
            for chunk in stored_chunks(sha256):
                target.write(chunk)
    except FileLost:
        place.unlink()
        return False
    if digest_of(place) != sha256:
        place.unlink()
        return False
    return True

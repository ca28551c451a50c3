"""Restoring a backup into an empty database, all of it or nothing, and its files into the folder of stored files."""

from __future__ import annotations

from pathlib import Path

from psycopg import sql
from sqlalchemy import Connection, text

from core.audit_keys import KeyRing
from core.backup.errors import BackupError
from core.backup.manifest import Manifest, TablePart, file_path, read_file_list, read_manifest
from core.backup.parts import require_whole, unpacked
from core.backup.snapshot import columns_of, copy_statement, cursor_of, owner_engine, speak_portably
from core.files import keep_content
from core.migrate import knows, upgrade_within

_RELATIONS = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p', 'S')
    ORDER BY relname LIMIT 5
"""
_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


class TargetNotEmpty(BackupError):
    """The database to restore into holds something already."""

    code = "target_not_empty"


class RevisionUnknown(BackupError):
    """The backup was taken by a newer version of the service than this one."""

    code = "revision_unknown"


class OtherTables(BackupError):
    """The backup holds other tables or columns than its version of the service has."""

    code = "other_tables"


class OtherCount(BackupError):
    """A table came out of the backup with another number of rows than the manifest says."""

    code = "other_count"


def check_backup(folder: Path, *, keys: KeyRing | None) -> Manifest:
    """The manifest, once seal and parts are found right; raises what ``read_manifest`` and ``require_whole`` do."""
    manifest = read_manifest(folder, keys=keys)
    require_whole(folder, manifest)
    return manifest


def restore_backup(folder: Path, *, owner_url: str, keys: KeyRing | None) -> Manifest:
    """Check the backup and bring it into the empty database of ``owner_url`` and the configured folder of files.

    The database has everything or, after any failure, nothing; files are kept by content, so trying again goes on where
    it broke off. An older backup is migrated to the present version. Raises what :func:`check_backup` does,
    :class:`TargetNotEmpty`, :class:`RevisionUnknown`, :class:`OtherTables` and :class:`OtherCount`.
    """
    manifest = check_backup(folder, keys=keys)
    if not knows(manifest.revision):
        raise RevisionUnknown(revision=manifest.revision)
    with owner_engine(owner_url) as engine, engine.begin() as connection:
        _require_empty(connection)
        _restore_files(folder, manifest)
        upgrade_within(connection, revision=manifest.revision)
        _restore_rows(connection, folder, manifest)
        upgrade_within(connection)
    with owner_engine(owner_url) as engine, engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return manifest


def _require_empty(connection: Connection) -> None:
    found = list(connection.scalars(text(_RELATIONS)))
    if found:
        raise TargetNotEmpty(found=", ".join(found))


def _restore_files(folder: Path, manifest: Manifest) -> None:
    lost = set(manifest.lost_files)
    for sha256, _ in read_file_list(folder):
        if sha256 not in lost:
            keep_content(folder / file_path(sha256), sha256=sha256)


def _restore_rows(connection: Connection, folder: Path, manifest: Manifest) -> None:
    """Triggers rest and foreign keys are away meanwhile; coming back, each is checked over the whole table at once."""
    speak_portably(connection)
    present = {name: set(columns) for name, columns in columns_of(connection).items()}
    if present != {table.name: set(table.columns) for table in manifest.tables}:
        raise OtherTables(revision=manifest.revision)
    foreign_keys = connection.execute(text(_FOREIGN_KEYS)).all()
    for table, name, _ in foreign_keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in manifest.tables:
        _restore_table(connection, folder, table)
    for table, name, definition in foreign_keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for sequence, value in manifest.sequences.items():
        connection.execute(
            text("SELECT setval(quote_ident(:sequence)::regclass, :value)"), {"sequence": sequence, "value": value}
        )


def _restore_table(connection: Connection, folder: Path, table: TablePart) -> None:
    name = sql.Identifier(table.name)
    with cursor_of(connection) as cursor:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        cursor.execute(sql.SQL("TRUNCATE {}").format(name))  # what migrations themselves put there
        with cursor.copy(copy_statement(table.name, table.columns, "FROM STDIN")) as rows:
            for chunk in unpacked(folder / table.part.path):
                rows.write(chunk)
        if cursor.rowcount != table.rows:
            raise OtherCount(table=table.name, expected=table.rows, found=cursor.rowcount)
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))

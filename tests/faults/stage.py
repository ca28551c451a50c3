"""A database and a folder of files that are put back to a kept state between one kill and the next."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psycopg

from core.config import Config
from core.db import db
from marketplace.app import create_app
from tests.databases import Database, Server

COUNTED_UP = "worker_leader"
"""The table with the number that every leader counts up by itself."""
RANDOM = {"payment": ["reference"], "gateway_refund": ["reference"], "idempotency_key": ["body"]}
"""Columns that differ from one run to the next."""

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_WITH_ROWS = """
    SELECT relname FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY 1"""
_UNGUARDED = "SET LOCAL session_replication_role = replica"
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"

Counts = dict[str, tuple[int, int]]
"""Of every table with rows their number and a digest of them, whatever their order."""


@dataclass(frozen=True)
class Kept:
    """A state of the database: every table with rows as it was copied out, with a digest, and where sequences stood."""

    digests: Counts
    rows: Mapping[str, bytes]
    sequences: Mapping[str, int | None]


class Stage:
    """A database and a folder of files that are put back to a kept state again and again."""

    def __init__(self, server: Server, folder: Path, env: Mapping[str, str]) -> None:
        self.server = server
        self.folder = folder
        self.database: Database = server.clone(f"faults_{os.getpid()}")
        self.env = {
            "DATABASE_URL": self.database.url,
            "VAR_DIR": str(folder / "var"),
            "SECRET_KEY": "only for tests",
            **env,
        }
        self.app = create_app(Config.from_env(self.env))
        self._kept: dict[str, Kept] = {}
        self._turned = False

    def close(self) -> None:
        """Leave nothing behind."""
        self.let_go()
        self.server.drop(self.database)

    def keep(self, name: str) -> None:
        """Remember the present state."""
        self.let_go()
        with self.looking() as connection:
            digests = self.counts(connection, left_out=False)
            rows = {table: _copied(connection, table) for table in digests}
            self._kept[name] = Kept(digests, rows, dict(connection.execute(_SEQUENCES).fetchall()))
        shutil.copytree(self.files, self.folder / f"files_{name}", copy_function=_linked)

    def restore(self, name: str) -> None:
        """Put a state back that was kept: tables that differ are filled anew, past all guards, and sequences set."""
        self.let_go()
        kept = self._kept[name]
        with self.database.connect(autocommit=True) as owner:
            owner.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}".encode())
        with self.looking() as connection, connection.transaction():
            connection.execute(_UNGUARDED)
            present = self.counts(connection, left_out=False)
            for table in sorted(kept.digests.keys() | present.keys()):
                if kept.digests.get(table) != present.get(table):
                    _fill(connection, table, kept.rows.get(table, b""), turned=self._turned)
            for sequence, last in kept.sequences.items() - set(connection.execute(_SEQUENCES).fetchall()):
                setting = "SELECT setval(%s::regclass, %s, %s)"
                connection.execute(setting, (f'"{sequence}"', last or 1, last is not None))
        shutil.rmtree(self.files)
        shutil.copytree(self.folder / f"files_{name}", self.files, copy_function=_linked, dirs_exist_ok=True)

    def turn_round(self) -> None:
        """Have every row, now and whenever it is put back, stand where the first one stood last.

        PostgreSQL moves rows as it likes, for example after a vacuum. So nothing may come of their order.
        """
        self._turned = True
        with self.looking() as connection, connection.transaction():
            connection.execute(_UNGUARDED)
            for table in self.counts(connection, left_out=False):
                _fill(connection, table, _copied(connection, table), turned=True)

    @property
    def files(self) -> Path:
        """Where the service keeps its files."""
        found = Path(self.env["VAR_DIR"]) / "files"
        found.mkdir(exist_ok=True)
        return found

    def let_go(self) -> None:
        """Close every connection of this process to the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    @contextmanager
    def looking(self) -> Iterator[psycopg.Connection]:
        """A look past all roles, once everybody else, also who was killed, is gone from the database."""
        with self.database.connect(autocommit=True) as connection:
            deadline = time.monotonic() + 60
            while cast(tuple[int], connection.execute(f"SELECT count(*) {_OTHERS}".encode()).fetchone())[0]:
                assert time.monotonic() < deadline, "somebody stays connected"
                time.sleep(0.002)
            yield connection

    def counts(self, connection: psycopg.Connection, *, left_out: bool = True) -> Counts:
        """What is in every table."""
        return counts(connection, left_out=left_out)


def counts(connection: psycopg.Connection, *, left_out: bool = True) -> Counts:
    """What is in every table that has rows; without what differs from run to run where that is ``left_out``."""
    tables = connection.execute(_WITH_ROWS).fetchall()
    digests = " UNION ALL ".join(
        _digest_of(table, left_out) for (table,) in tables if not left_out or table != COUNTED_UP
    )
    found = connection.execute(digests.encode()).fetchall()
    return {name: (rows, digest) for name, rows, digest in found if rows}


def _digest_of(table: str, left_out: bool) -> str:
    """Count and digest of a table."""
    names = ["xid", *RANDOM.get(table, [])] if left_out else []
    row = f"hashtextextended((to_jsonb(t) - '{{{','.join(names)}}}'::text[])::text, 0)"
    return f"SELECT '{table}', count(*), COALESCE(sum({row}), 0) FROM \"{table}\" t"


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT'.encode()) as rows:
        return b"".join(bytes(part) for part in rows)


def _fill(connection: psycopg.Connection, table: str, rows: bytes, *, turned: bool) -> None:
    connection.execute(f'DELETE FROM "{table}"'.encode())
    if rows:
        lines = rows.removesuffix(b"\n").split(b"\n")
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" FROM STDIN'.encode()) as target:
            target.write(b"\n".join(reversed(lines) if turned else lines) + b"\n")


def _linked(source: str, target: str) -> None:
    """The service never changes a file that is there, so a second name of it is as good as a copy."""
    os.link(source, target)

"""Databases for tests: one migrated template a session, clones of it, and nothing left behind.

Names say which machine and which process they belong to, so that several test runs share one server and a run
that was killed is cleaned up by the next one.
"""

import hashlib
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from core import migrate, postgres
from core.config import Config

MACHINE = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
OURS = re.compile(rf"ivtest_{MACHINE}_(\d+)_\w+")
SLOTS = 8


@dataclass(frozen=True)
class Database:
    """A database of its own; `url` is the owner's, the application is configured by `config`."""

    name: str
    url: str

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection:
        """A connection with the owner's rights, past all roles of the application."""
        return psycopg.connect(self.url, autocommit=autocommit)

    def config(self, var_dir: Path) -> Config:
        """The application's configuration: it connects as the role `marketplace_app`."""
        given = {"DATABASE_URL": self.url, "VAR_DIR": str(var_dir), "SECRET_KEY": "only for tests"}
        return Config.from_env(given)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on which databases may be made, as seen by the test run of process `run`."""

    url: str
    run: int

    def database(self, name: str) -> Database:
        url = make_url(self.url).set(database=name)
        return Database(name=name, url=url.render_as_string(hide_password=False))

    def name(self, purpose: str) -> str:
        return f"ivtest_{MACHINE}_{self.run}_{purpose}"

    def template(self) -> Database:
        """The migrated database all others are clones of; the first to need it makes it, others wait."""
        database = self.database(self.name("template"))
        with self._admin() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (database.name,))
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, (database.name,)).fetchone() is None:
                draft = self.database(self.name("draft"))
                self._create(connection, draft.name)
                migrate.upgrade(owner_url=draft.config(Path("/tmp")).database_owner_url)
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(draft.name), sql.Identifier(database.name)
                    )
                )
        return database

    def clone(self, purpose: str) -> Database:
        """A copy of the template."""
        template = self.template()
        database = self.database(self.name(purpose))
        with self._admin() as connection:
            self._create(connection, database.name, template=template.name)
        return database

    def copy(self, source: Database, purpose: str) -> Database:
        """A copy of a database to which nobody is connected."""
        database = self.database(self.name(purpose))
        with self._admin() as connection:
            self._create(connection, database.name, template=source.name)
        return database

    def empty(self, purpose: str) -> Database:
        """A database without anything in it, for testing the migrations themselves."""
        database = self.database(self.name(purpose))
        with self._admin() as connection:
            self._create(connection, database.name)
        return database

    def drop(self, database: Database) -> None:
        with self._admin() as connection:
            self._drop(connection, database.name)

    def drop_all(self) -> None:
        """Drops what this run made, and what runs made that are no more."""
        with self._admin() as connection:
            for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
                made = OURS.fullmatch(name)
                if made and (int(made[1]) == self.run or not _lives(int(made[1]))):
                    self._drop(connection, name)

    def _create(self, connection: psycopg.Connection, name: str, *, template: str = "template0") -> None:
        statement = "CREATE DATABASE {} TEMPLATE {}" + (" ENCODING 'UTF8'" if template == "template0" else "")
        self._drop(connection, name)
        connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))

    def _drop(self, connection: psycopg.Connection, name: str) -> None:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection


def start_embedded(var_dir: Path) -> postgres.EmbeddedServer:
    """An embedded server for this run; a second run at the same time takes the next slot."""
    for slot in range(1, SLOTS + 1):
        server = postgres.EmbeddedServer(var_dir / f"test-postgres-{slot}", fast_and_unsafe=True)
        try:
            server.start()
        except postgres.AlreadyOwned:
            continue
        return server
    raise postgres.AlreadyOwned(f"{SLOTS} test runs use {var_dir} already")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Brings a database to the newest schema, from the command line of the supervisor and from tests."""

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, pool

from core.config import PROJECT
from core.numbers import numbers_continue

MIGRATIONS = PROJECT / "migrations"
MIGRATION_LOCK = 7_210_417_530
"""Key of the advisory lock that makes a second migrating process wait for the first, and for a backup."""

CONNECTION = "connection"
"""The attribute under which migrations are handed a connection of the owner to run on."""


def upgrade(*, owner_url: str, revision: str = "head") -> None:
    """Migrates the database of this URL up to `revision`; a second process doing so waits for the first."""
    command.upgrade(_settings(owner_url), revision)


def upgrade_within(connection: Connection, *, revision: str = "head") -> None:
    """The same within the open transaction of a connection of the owner, which goes on afterwards."""
    settings = AlembicConfig(str(MIGRATIONS / "alembic.ini"))
    settings.attributes[CONNECTION] = connection
    command.upgrade(settings, revision)


def knows(revision: str) -> bool:
    """Whether this checkout has this migration."""
    script = ScriptDirectory(str(MIGRATIONS))
    return any(each.revision == revision for each in script.walk_revisions())


def is_current(*, owner_url: str) -> bool:
    """Whether the database has every migration of this checkout, and its transaction numbers go on (core.numbers)."""
    engine = create_engine(owner_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
        counts_on = numbers_continue(connection)
    return counts_on and present == set(ScriptDirectory.from_config(_settings(owner_url)).get_heads())


def _settings(owner_url: str) -> AlembicConfig:
    settings = AlembicConfig(str(MIGRATIONS / "alembic.ini"))
    settings.attributes["database_owner_url"] = owner_url
    return settings

"""Brings a database to the newest schema, from the command line of the supervisor and from tests."""

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool

from core.config import PROJECT
from core.numbers import numbers_continue

MIGRATIONS = PROJECT / "migrations"


def upgrade(*, owner_url: str, revision: str = "head") -> None:
    """Migrates the database of this URL up to `revision`; a second process doing so waits for the first."""
    command.upgrade(_settings(owner_url), revision)


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
